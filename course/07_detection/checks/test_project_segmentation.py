"""Checks of the project: coarse masks, and a segmenter of one's own, trained here, asked for images that nobody has
seen. Their masks stay in this file and go through no door."""

from functools import lru_cache

import pytest
import torch

from autograder.authoring import assert_equal, contract, exercise, forbid_names, integers

# coarse_labels


def drawn_masks(rng, num, height, width, num_classes, ignored=255, share=0.2):
    """Return random classes (num, height, width), about a fifth of them ignored."""
    masks = integers(rng, 0, num_classes, num, height, width)
    left_out = torch.from_numpy(rng.random((num, height, width))) < share
    return masks.masked_fill(left_out, ignored)


@exercise("coarse_labels")
def test_one_square_by_hand(student, reference):
    """Squares of 2 × 2 with a clear majority: three of four, or all."""
    masks = torch.tensor([[[0, 0, 3, 1], [0, 2, 3, 3], [2, 2, 1, 1], [2, 2, 0, 1]]])
    assert_equal(student.coarse_labels(masks, 2, 4), reference.coarse_labels(masks, 2, 4))


@exercise("coarse_labels")
def test_most_of_a_square_not_half(student, reference):
    """In squares of 3 × 3 the class that most pixels have, though fewer than half have it."""
    masks = torch.tensor([[[1, 1, 1, 3], [1, 2, 2, 3], [2, 0, 0, 0], [3, 2, 0, 3]]])
    assert_equal(student.coarse_labels(masks, 4, 4), reference.coarse_labels(masks, 4, 4))
    masks = torch.tensor([[[4, 0, 1], [4, 0, 2], [4, 3, 1]]])
    assert_equal(student.coarse_labels(masks, 3, 5), reference.coarse_labels(masks, 3, 5))


@exercise("coarse_labels")
def test_a_tie_goes_to_the_larger_number(student, reference):
    """Two and two, or four different ones: the object's number, not the ground's; of two objects the larger."""
    masks = torch.tensor([[[0, 2, 3, 1, 0, 1], [2, 0, 1, 3, 2, 3], [4, 4, 0, 0, 1, 1], [0, 0, 4, 4, 5, 5]]])
    assert_equal(student.coarse_labels(masks, 2, 6), reference.coarse_labels(masks, 2, 6))


@exercise("coarse_labels")
def test_ignored_pixels_do_not_count(student, reference):
    """Three of four pixels are ignored: the fourth decides. All four are: so is the square."""
    masks = torch.tensor([[[255, 255, 255, 255, 1, 255], [255, 0, 255, 255, 255, 0]]])
    assert_equal(student.coarse_labels(masks, 2, 2), reference.coarse_labels(masks, 2, 2))


@exercise("coarse_labels")
@pytest.mark.parametrize("ignored", [-1, 3, -100])
def test_ignored_may_be_another_number(student, reference, ignored):
    """`ignored` given: below 0, or the number after the last class."""
    masks = torch.tensor([[[ignored, ignored, 2, 0], [ignored, ignored, ignored, 0], [1, ignored, 0, 2], [2, 1, 1, 0]]])
    args = (masks, 2, 3, ignored)
    assert_equal(student.coarse_labels(*args), reference.coarse_labels(*args))


@exercise("coarse_labels", costs=0.5)
@pytest.mark.parametrize(("height", "width", "side"), [(5, 8, 2), (4, 7, 3), (3, 5, 4), (2, 3, 5)])
def test_squares_that_are_cut_off_at_the_edge(student, reference, rng, height, width, side):
    """Height or width is no multiple of the side: the pixels that there are decide."""
    args = (drawn_masks(rng, 2, height, width, 3), side, 3)
    assert_equal(student.coarse_labels(*args), reference.coarse_labels(*args))


@exercise("coarse_labels")
@pytest.mark.parametrize(("num", "height", "width", "side"), [(2, 6, 9, 3), (1, 8, 4, 4), (3, 2, 5, 1), (2, 4, 10, 2)])
def test_random_masks(student, reference, rng, num, height, width, side):
    """Random classes, a fifth of them ignored; squares of one pixel are the mask itself."""
    args = (drawn_masks(rng, num, height, width, 7), side, 7)
    assert_equal(student.coarse_labels(*args), reference.coarse_labels(*args))


contract(
    "coarse_labels",
    inputs=lambda rng, N=3, H=4, W=6: (drawn_masks(rng, N, H, W, 3), 2, 3, 255),
    dtypes=(), compare=assert_equal, digits=False, strides=True, device=True, all_at_once="NHW",
)  # fmt: skip


# segment

NUM_TRAIN, NUM_NEW, STEPS = 2000, 250, 1000
BUDGET = {"parameters": 200_000, "multiply_adds": 15_000_000}
MARKS = (0.40, 0.55, 0.72)
SECONDS = 300  # wall time at most: the steps are the budget, and a busy machine takes longer for them
LONGEST = 8000  # characters of the text of segment and of what it calls
BEHIND_THE_SCENES = (
    *("importlib", "__import__", "sys", "gc", "inspect", "_getframe", "currentframe", "get_objects", "get_referrers"),
    *("__globals__", "globals", "open", "exec", "optim", "backward", "autograd"),
)


def first_look(ns, x, y, part):
    """Return what is wrong with the network or its loss before any training, in words; "" where nothing is.

    The trainer is read anew from its file: what the notebook may have done to the one it imported plays no part.

    Args:
        x: (N, 3, 64, 64) images, and y: (N, 64, 64) their masks.
        part: "kinds", "scores" or "loss".
    """
    import importlib.util

    import torch

    found = importlib.util.find_spec("coursekit.own_segmenter")
    trainer = importlib.util.module_from_spec(found)
    found.loader.exec_module(trainer)
    try:
        model, loss = trainer.made(ns.segment)
    except ValueError as problem:
        return str(problem)[:500]
    if part == "scores":
        with torch.no_grad():
            for num in (1, 3):
                fault = trainer.fault_of_scores(model.eval()(x[:num]), num)
                if fault:
                    return fault
    if part == "loss":
        cost = loss(model.train()(x), y)
        fault = trainer.fault_of_loss(cost)
        if fault:
            return fault
        cost.backward()
        slopes = [one.grad for one in model.parameters() if one.grad is not None]
        if not all(bool(one.isfinite().all()) for one in slopes):
            return "the loss is finite, and its gradient holds NaN or an infinity"
    return ""


def counted(ns, x, y):
    """Return how many numbers the network keeps, and the multiply-adds of one image; by a trainer read anew."""
    import importlib.util

    found = importlib.util.find_spec("coursekit.own_segmenter")
    trainer = importlib.util.module_from_spec(found)
    found.loader.exec_module(trainer)
    return list(trainer.counted(*trainer.made(ns.segment), x, y))


def trained_and_asked(ns, x, y, x_new, steps, budget):
    """Return what `coursekit.own_segmenter.attempt` makes of the design, as plain data; by a trainer read anew.

    Args:
        x, x_new: uint8 images (N, 3, 64, 64), from 0 to 255, so that less goes through the door.
        y: uint8 masks.
        steps: of the training.
        budget: the arguments of a Budget.
    """
    import importlib.util

    from coursekit.recipe import Budget

    found = importlib.util.find_spec("coursekit.own_segmenter")
    trainer = importlib.util.module_from_spec(found)
    found.loader.exec_module(trainer)
    x, x_new = (one.float() / 255 for one in (x, x_new))
    try:
        done = trainer.attempt(ns.segment, x, y.long(), x_new, range(steps), Budget(**budget))
    except ValueError as problem:
        return {"fault": str(problem)[:500]}
    return {"parameters": done.parameters, "multiply_adds": done.multiply_adds, "labels": done.labels}


def small_batch(rng, num=3):
    """Return noise (num, 3, 64, 64), and masks in which only the first two classes are."""
    x = torch.from_numpy(rng.random((num, 3, 64, 64))).float()
    y = torch.zeros(num, 64, 64, dtype=torch.int64)
    y[:, 20:40, 10:50] = 1
    return x, y


@lru_cache(maxsize=2)
def drawn(seed):
    """Return images and masks to learn from, new images, their masks, and the names of the classes.

    The shapes get new numbers, so that nothing is known of a class beforehand.
    """
    from coursekit.own_segmenter import images
    from coursekit.shapes import SHAPE_NAMES

    order = torch.randperm(len(SHAPE_NAMES), generator=torch.Generator().manual_seed(seed % 2**31))
    numbers = torch.cat([torch.zeros(1, dtype=torch.int64), 1 + order])
    data = images(NUM_TRAIN + NUM_NEW, seed=seed)
    x, y = (255 * data.images).round().to(torch.uint8), numbers[data.semantic()].to(torch.uint8)
    names = ["ground", *(SHAPE_NAMES[int((order == place).nonzero())] for place in range(len(order)))]
    return x[:NUM_TRAIN], y[:NUM_TRAIN], x[NUM_TRAIN:], y[NUM_TRAIN:], names


def ious(student, rng):
    """Have the network trained, and return its IoU for each class on the new images, and the classes' names."""
    from coursekit.own_segmenter import iou_by_class

    x, y, x_new, y_new, names = drawn(int(rng.integers(2**62)))
    done = student.run(trained_and_asked, x, y, x_new, STEPS, BUDGET)
    assert isinstance(done, dict), f"{type(done).__name__} came of the training"
    assert "fault" not in done, str(done["fault"])
    refuse_beyond_the_budget(done["parameters"], done["multiply_adds"])
    labels = done["labels"]
    assert isinstance(labels, torch.Tensor), "no labels came of the training"
    assert labels.shape == y_new.shape, f"labels of shape {tuple(labels.shape)} came, expected {tuple(y_new.shape)}"
    assert labels.dtype == torch.uint8, f"labels of {labels.dtype} came, expected torch.uint8"
    assert int(labels.max()) < len(names), f"there is no class {int(labels.max())}"
    return iou_by_class(labels, y_new), names


def expect(student, rng, least):
    """Say what the mean IoU is, and that of each class, where it is too small."""
    each, names = ious(student, rng)
    mean = each.mean().item()
    said = ", ".join(f"{name} {one:.2f}" for name, one in zip(names, each.tolist(), strict=True))
    assert mean >= least, f"on new images the mean IoU is {mean:.3f}, expected at least {least:.2f}; by class: {said}"


def refuse_beyond_the_budget(parameters, multiply_adds):
    """Say by how much a network passes its budget."""
    for came, allowed, what, where in (
        (parameters, BUDGET["parameters"], "keeps {} numbers", "look which layer has most of them"),
        (multiply_adds, BUDGET["multiply_adds"], "takes {} multiply-adds an image", "look which works on large maps"),
    ):
        assert type(came) is int, f"{type(came).__name__} came for what the network {what.format('its')}"
        assert came <= allowed, f"the network {what.format(f'{came:,}')}, and the budget is {allowed:,}: {where}"


@exercise("segment", devices=("cpu",))
def test_it_returns_a_network_and_its_loss(student, rng):
    """Two things: a network, an nn.Module with parameters, and a function."""
    said = student.run(first_look, *small_batch(rng), "kinds")
    assert said == "", str(said)


@exercise("segment", devices=("cpu",))
def test_in_evaluation_it_gives_a_score_for_each_class_at_each_pixel(student, rng):
    """One image, and three: floating point scores (N, 6, 64, 64), all finite."""
    said = student.run(first_look, *small_batch(rng), "scores")
    assert said == "", str(said)


@exercise("segment", devices=("cpu",))
def test_its_loss_is_a_number_with_a_gradient(student, rng):
    """Three images with their masks, in training mode: the loss is a single finite number, and so are the slopes."""
    said = student.run(first_look, *small_batch(rng), "loss")
    assert said == "", str(said)


@exercise("segment", devices=("cpu",))
def test_its_loss_bears_masks_of_ground_alone(student, rng):
    """A batch without any object: five of six classes are absent."""
    x, y = small_batch(rng)
    said = student.run(first_look, x, torch.zeros_like(y), "loss")
    assert said == "", str(said)


@exercise("segment", devices=("cpu",))
def test_it_keeps_to_the_budget(student, rng):
    """At most 200,000 numbers, and 15 million multiply-adds for an image, in evaluation and in training."""
    came = student.run(counted, *small_batch(rng, 8))
    refuse_beyond_the_budget(*came)


@exercise("segment", devices=("cpu",))
def test_it_leaves_the_trainer_alone(student):
    """A short text: no weights learned elsewhere, no training of its own, no images drawn."""
    forbid_names(student, "segment", *BEHIND_THE_SCENES, instead="write layers and a loss, and nothing else")
    parts = student.source("segment")
    for name, one in parts.items():
        brought = {word for part in one.parts for word in part.modules}
        assert "coursekit" not in brought, f"{name} imports from coursekit: layers and a loss are all that is needed"
    longest = sum(len(one.text) for one in parts.values())
    assert longest <= LONGEST, f"the text has {longest:,} characters, expected at most {LONGEST:,}"


@exercise("segment", devices=("cpu",), attempt=True, seconds=SECONDS)
def test_after_training_its_mean_iou_is_at_least_40(student, rng):
    """1,000 steps on 2,000 images; then 250 new ones, whose masks it never sees. Less is worth nothing."""
    expect(student, rng, MARKS[0])


@exercise("segment", costs=0.3, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_after_training_its_mean_iou_is_at_least_55(student, rng):
    """The same network, the same images."""
    expect(student, rng, MARKS[1])


@exercise("segment", costs=0.3, devices=("cpu",), attempt=True, seconds=SECONDS)
def test_after_training_its_mean_iou_is_at_least_72(student, rng):
    """The same network, the same images."""
    expect(student, rng, MARKS[2])
