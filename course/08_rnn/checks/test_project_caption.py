"""Checks of the project: a measure of captions, and a captioner of one's own, trained here, asked for scenes that
nobody has seen. Their captions stay in this file and go through no door."""

from functools import lru_cache

import pytest
import torch
import torch.nn.functional as F

from autograder.authoring import assert_close, contract, exercise, forbid_names, integers

# pair_f1


def both(student, reference, said, truth, *numbers):
    """Compare on rows that are written out as lists."""
    args = (torch.tensor(said), torch.tensor(truth), *numbers)
    assert_close(student.pair_f1(*args), reference.pair_f1(*args))


@exercise("pair_f1")
def test_the_captions_of_the_text(student, reference):
    """One relation is wrong; all is right; nothing is."""
    truth = [6, 9, 3, 4, 8, 10, 2]
    both(student, reference, [[6, 9, 5, 8, 10, 2, 0], truth, [7, 11, 5, 7, 12, 5, 7]], [truth, truth, truth])


@exercise("pair_f1")
def test_what_is_said_is_shorter_or_longer_than_the_truth(student, reference):
    """All pairs but one are right, and many are lacking; and the other way round."""
    both(student, reference, [[6, 9, 2, 0, 0, 0, 0]], [[6, 9, 3, 4, 8, 10, 2]])
    both(student, reference, [[6, 9, 3, 4, 8, 10, 2]], [[6, 9, 2, 0, 0, 0, 0]])
    both(student, reference, [[6, 9, 3, 4, 8, 10, 7, 2]], [[6, 9, 2]])


@exercise("pair_f1")
def test_the_first_and_the_last_word_count(student, reference):
    """One word alone: it is right, or wrong; the first word is wrong; the last is."""
    said = [[6, 2, 0], [7, 2, 0], [7, 9, 2], [6, 8, 2]]
    both(student, reference, said, [[6, 2, 0], [6, 2, 0], [6, 9, 2], [6, 9, 2]])


@exercise("pair_f1")
def test_a_pair_that_is_said_again_counts_as_often_as_in_the_truth(student, reference):
    """Said three times, once in the truth; said once, three times in the truth; twice and three times."""
    once, twice, thrice = [5, 6, 9, 2, 0, 0, 0, 0], [5, 6, 5, 6, 9, 2, 0, 0], [5, 6, 5, 6, 5, 6, 9, 2]
    both(student, reference, [thrice, once, twice], [once, thrice, thrice])


@exercise("pair_f1")
def test_the_words_of_a_pair_have_an_order(student, reference):
    """Two words the other way round; the two shapes of a caption changed over; words that are the same in another
    order."""
    said = [[6, 5, 2, 0, 0, 0], [8, 10, 5, 6, 9, 2], [9, 6, 5, 10, 8, 2]]
    both(student, reference, said, [[5, 6, 2, 0, 0, 0], [6, 9, 5, 8, 10, 2], [6, 9, 5, 8, 10, 2]])


@exercise("pair_f1")
def test_a_word_too_many_moves_the_pairs_and_they_still_count(student, reference):
    """The truth with a word more in front: nearly all of its pairs are there, one place later."""
    both(student, reference, [[7, 6, 9, 5, 8, 10, 2]], [[6, 9, 5, 8, 10, 2, 0]])


@exercise("pair_f1")
def test_what_stands_behind_the_end_does_not_count(student, reference):
    """Words, another end, and padding that isn't 0 behind the first end."""
    said = [[6, 9, 2, 5, 8, 2, 0], [6, 9, 2, 6, 9, 2, 6], [2, 6, 9, 2, 2, 2, 2], [6, 9, 2, 2, 2, 2, 2]]
    both(student, reference, said, [[6, 9, 2, 0, 0, 0, 0]] * 2 + [[6, 9, 2, 0, 5, 8, 2], [6, 9, 2, 0, 0, 0, 0]])


@exercise("pair_f1")
def test_a_row_without_an_end_has_no_last_pair(student, reference):
    """The captioner never stopped: all its words count, and no end."""
    both(student, reference, [[6, 9, 5], [6, 9, 6], [6, 6, 6]], [[6, 9, 5, 2, 0], [6, 9, 2, 0, 0], [6, 6, 2, 0, 0]])


@exercise("pair_f1")
def test_the_end_at_once(student, reference):
    """Nothing is said: the only pair is that of start and end."""
    both(student, reference, [[2, 2], [2, 0], [6, 2]], [[2, 0, 0], [6, 2, 0], [2, 0, 0]])


@exercise("pair_f1")
def test_start_and_end_may_be_other_numbers(student, reference):
    """`start` and `end` given: 0 and 9, then 7 and 0; 1 and 2 are words there."""
    both(student, reference, [[1, 2, 5, 9, 2], [2, 1, 9, 9, 9]], [[1, 2, 5, 9, 0], [2, 5, 1, 9, 9]], 0, 9)
    both(student, reference, [[7, 2, 5, 0, 0], [1, 1, 2, 0, 0]], [[7, 2, 3, 0, 0], [1, 2, 1, 0, 0]], 7, 0)


@exercise("pair_f1", costs=0.5)
@pytest.mark.parametrize(("num", "said", "truth"), [(4, 6, 9), (1, 5, 5), (5, 5, 5), (3, 1, 4), (2, 9, 2), (0, 3, 4)])
def test_random_rows(student, reference, rng, num, said, truth):
    """Few words, so that many pairs are said again; rows of one number; no rows at all."""
    args = integers(rng, 2, 6, num, said), integers(rng, 2, 6, num, truth)
    args[1][:, -1] = 2
    assert_close(student.pair_f1(*args), reference.pair_f1(*args))


contract(
    "pair_f1",
    inputs=lambda rng, N=3, T=5: (integers(rng, 2, 6, N, T), F.pad(integers(rng, 3, 6, N, 6), (0, 1), value=2)),
    dtypes=(), digits=False, strides=True, device=False,
)  # fmt: skip


# captioner

NUM_TRAIN, NUM_NEW = 3000, 500
BUDGET = (200_000, 1_500_000, 10_000_000)
MARKS = (0.40, 0.60, 0.80)
SECONDS = 300  # wall time at most: captions are the budget, and a busy machine takes longer for them
LONGEST = 8000  # characters of the text of captioner and of what it calls
BEHIND_THE_SCENES = (
    *("importlib", "__import__", "sys", "gc", "inspect", "_getframe", "currentframe", "get_objects", "get_referrers"),
    *("__globals__", "globals", "open", "exec", "optim", "backward", "autograd", "own_captioner", "maps_of"),
)


def first_look(ns, maps, captions, part):
    """Return what is wrong with a captioner before any training, in words; "" where nothing is.

    The trainer is read anew from its file: what the notebook may have done to the one it imported plays no part.

    Args:
        maps: (N, 64, 8, 8), and captions: (N, 8).
        part: "kinds", "words" or "loss".
    """
    import importlib.util

    import torch

    found = importlib.util.find_spec("coursekit.own_captioner")
    trainer = importlib.util.module_from_spec(found)
    found.loader.exec_module(trainer)
    try:
        model, _ = trainer.made(ns.captioner)
        if part == "words":
            for num in (1, 3):
                with torch.no_grad():
                    fault = trainer.fault_of_words(model.eval().say(maps[:num]), num)
                if fault:
                    return fault
    except ValueError as problem:
        return str(problem)[:500]
    if part == "loss":
        cost = model.train()(maps, captions)
        fault = trainer.fault_of_loss(cost)
        if fault:
            return fault
        cost.backward()
        slopes = [one.grad for one in model.parameters() if one.grad is not None]
        if not all(bool(one.isfinite().all()) for one in slopes):
            return "the loss is finite, and its gradient holds NaN or an infinity"
    return ""


def counted(ns, maps, captions):
    """Return the numbers that it keeps, and the multiply-adds of one caption, learned and said; trainer read anew."""
    import importlib.util

    found = importlib.util.find_spec("coursekit.own_captioner")
    trainer = importlib.util.module_from_spec(found)
    found.loader.exec_module(trainer)
    return list(trainer.counted(trainer.made(ns.captioner)[0], maps, captions))


def trained_and_asked(ns, maps, captions, maps_new, budget, read):
    """Return what `coursekit.own_captioner.attempt` makes of the design, as plain data; by a trainer read anew.

    Args:
        maps, maps_new: float16, and captions: uint8, so that less goes through the door.
        budget: the three numbers of a Budget.
        read: captions to learn from in all.
    """
    import importlib.util

    found = importlib.util.find_spec("coursekit.own_captioner")
    trainer = importlib.util.module_from_spec(found)
    found.loader.exec_module(trainer)
    trainer.READ = read
    try:
        done = trainer.attempt(ns.captioner, maps, captions.long(), maps_new, budget=trainer.Budget(*budget))
    except ValueError as problem:
        return {"fault": str(problem)[:500]}
    return {"took": list(done.took), "said": done.said}


def small_batch(rng, num=3):
    """Return random maps (num, 64, 8, 8), none below 0, and random captions of two lengths."""
    maps = torch.from_numpy(rng.random((num, 64, 8, 8))).float()
    captions = integers(rng, 3, 17, num, 8)
    captions[:, 0], captions[:, 7] = 1, 2
    captions[::2, 6:] = torch.tensor([2, 0])
    return maps, captions


@lru_cache(maxsize=2)
def drawn(seed):
    """Return maps and captions to learn from, maps of new scenes, and their captions.

    The words get new numbers, so that nothing is known of them beforehand.
    """
    from coursekit.caption_backbone import maps_of
    from coursekit.own_captioner import NUM_WORDS, SPECIAL, captions_of, scenes

    first = len(SPECIAL)
    order = torch.randperm(NUM_WORDS - first, generator=torch.Generator().manual_seed(seed % 2**31))
    numbers = torch.cat([torch.arange(first), first + order])
    data = scenes(NUM_TRAIN + NUM_NEW, seed=seed)
    maps, captions = maps_of(data.images), numbers[captions_of(data)]
    return maps[:NUM_TRAIN], captions[:NUM_TRAIN].to(torch.uint8), maps[NUM_TRAIN:], captions[NUM_TRAIN:]


def said_and_true(student, rng):
    """Have the captioner trained, and return what it says of the new scenes, and their captions."""
    from coursekit.own_captioner import READ, fault_of_words

    maps, captions, maps_new, truth = drawn(int(rng.integers(2**62)))
    done = student.run(trained_and_asked, maps, captions, maps_new, list(BUDGET), READ)
    assert isinstance(done, dict), f"{type(done).__name__} came of the training"
    assert "fault" not in done, str(done["fault"])
    refuse_beyond_the_budget(done["took"])
    fault = fault_of_words(done["said"], len(truth))
    assert not fault, fault
    return done["said"], truth


def expect(student, rng, least):
    """Say how many captions are exactly right, and at which places words are, where it is too few."""
    from coursekit.own_captioner import PLACES, by_place, exact

    said, truth = said_and_true(student, rng)
    share = exact(said, truth).double().mean().item()
    places = ", ".join(f"{name} {one:.2f}" for name, one in zip(PLACES, by_place(said, truth), strict=True))
    assert share >= least, (
        f"of new scenes {share:.3f} have exactly the right caption, expected at least {least:.2f}; "
        f"right by place: {places}"
    )


def refuse_beyond_the_budget(took):
    """Say by how much a captioner passes its budget."""
    says = ("keeps {} numbers", "takes {} multiply-adds to learn from a caption", "takes {} multiply-adds to say one")
    assert isinstance(took, list), f"{type(took).__name__} came for what the captioner takes"
    assert len(took) == len(says), f"{len(took)} numbers came for what the captioner takes"
    for came, allowed, what in zip(took, BUDGET, says, strict=True):
        assert type(came) is int, f"{type(came).__name__} came for what the captioner takes"
        assert came <= allowed, f"the captioner {what.format(f'{came:,}')}, and the budget is {allowed:,}"


@exercise("captioner", devices=("cpu",))
def test_it_returns_a_network_and_its_recipe(student, rng):
    """Two things: a network with a method `say`, and a dict of batch, rate and falls."""
    said = student.run(first_look, *small_batch(rng), "kinds")
    assert said == "", str(said)


@exercise("captioner", devices=("cpu",))
def test_it_says_words(student, rng):
    """One scene, and three: numbers of words (N, T), int64, from 1 to 16 for a scene."""
    said = student.run(first_look, *small_batch(rng), "words")
    assert said == "", str(said)


@exercise("captioner", devices=("cpu",))
@pytest.mark.parametrize("num", [3, 8])
def test_its_loss_is_a_number_with_a_gradient(student, rng, num):
    """Some scenes with their captions, in training mode: the loss is a single finite number, and so are the slopes."""
    said = student.run(first_look, *small_batch(rng, num), "loss")
    assert said == "", str(said)


@exercise("captioner", devices=("cpu",))
def test_it_keeps_to_the_budget(student, rng):
    """At most 200,000 numbers, 1.5 million multiply-adds to learn from a caption, and 10 million to say one."""
    came = student.run(counted, *small_batch(rng, 8))
    refuse_beyond_the_budget(came)


@exercise("captioner", devices=("cpu",))
def test_it_leaves_the_trainer_alone(student):
    """A short text: no weights learned elsewhere, no training of its own, no scenes drawn."""
    forbid_names(student, "captioner", *BEHIND_THE_SCENES, instead="write layers, a loss and a recipe alone")
    parts = student.source("captioner")
    for name, one in parts.items():
        brought = {word for part in one.parts for word in part.modules}
        assert "coursekit" not in brought, f"{name} imports from coursekit: layers, a loss and a recipe will do"
    longest = sum(len(one.text) for one in parts.values())
    assert longest <= LONGEST, f"the text has {longest:,} characters, expected at most {LONGEST:,}"


@exercise("captioner", devices=("cpu",), attempt=True, seconds=SECONDS)
def test_after_training_40_in_100_captions_are_exactly_right(student, rng):
    """60,000 captions to learn from; then 500 new scenes, whose captions it never sees. Less is worth nothing."""
    expect(student, rng, MARKS[0])


@exercise("captioner", costs=0.3, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_after_training_60_in_100_captions_are_exactly_right(student, rng):
    """The same captioner, the same scenes."""
    expect(student, rng, MARKS[1])


@exercise("captioner", costs=0.3, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_after_training_80_in_100_captions_are_exactly_right(student, rng):
    """The same captioner, the same scenes."""
    expect(student, rng, MARKS[2])
