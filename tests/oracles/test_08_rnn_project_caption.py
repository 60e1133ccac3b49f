"""The project of captioning: pairs of words held to torchmetrics' ROUGE-2, its trainer to a plain loop, its frozen
network to the one that was trained, its text to what was run."""

from __future__ import annotations

import fnmatch
import re
import runpy
import tomllib
from functools import cache
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchmetrics.text.rouge import ROUGEScore

from coursekit import caption_backbone as backbone
from coursekit import own_captioner as trainer
from coursekit.figures import project_caption as figures
from data_scripts.caption_backbone import Trainee, cells

NOTEBOOK = "08_rnn/project_caption"
ROOT = Path(__file__).parents[2]


# pair_f1


def rows(num, length, seed, ended):
    """Return rows of few words, each with an END somewhere, or at the end if that is asked for."""
    drawn = torch.randint(2, 6, (num, length), generator=torch.Generator().manual_seed(seed))
    if ended:
        drawn[:, -1] = 2
    return drawn


def as_text(row, start, end):
    words = row.tolist()
    words = words[: words.index(end) + 1] if end in words else words
    return " ".join(f"w{word}" for word in [start, *words])


@pytest.mark.parametrize(("said_length", "true_length"), [(7, 7), (1, 3), (12, 5), (5, 12)])
def test_pairs_are_those_of_rouge_2(solution, said_length, true_length):
    said, truth = rows(40, said_length, 1, ended=False), rows(40, true_length, 2, ended=True)
    own = solution.pair_f1(said, truth)
    assert own.dtype == torch.float64
    for one, other, came in zip(said, truth, own.tolist(), strict=True):
        rouge = ROUGEScore(rouge_keys="rouge2")(as_text(one, 1, 2), as_text(other, 1, 2))
        assert came == pytest.approx(rouge["rouge2_fmeasure"].item(), abs=1e-6)


def test_pairs_with_other_numbers_are_those_of_rouge_2(solution):
    said, truth = torch.tensor([[2, 1, 5, 2, 1]]), torch.tensor([[2, 1, 5, 0, 1]])
    rouge = ROUGEScore(rouge_keys="rouge2")(as_text(said[0], 7, 0), as_text(truth[0], 7, 0))
    assert solution.pair_f1(said, truth, 7, 0).item() == pytest.approx(rouge["rouge2_fmeasure"].item(), abs=1e-6)


def test_the_pairs_of_the_text(solution):
    said, truth = (
        torch.tensor([trainer.numbers_of(words)[1:]])
        for words in ("red star above blue circle", "red star left of blue circle")
    )
    assert solution.pair_f1(said, truth).item() == pytest.approx(8 / 13)
    assert round(8 / 13, 3) == 0.615
    assert solution.pair_f1(truth, truth).item() == 1
    assert "7 pairs wanted and 6 pairs said; 4 pairs are in both" in figures.pairs().description
    thrice = torch.tensor([trainer.numbers_of("red star red star red star")[1:]])
    once = torch.tensor([trainer.numbers_of("red star")[1:]])
    assert solution.pair_f1(thrice, once).item() == pytest.approx(2 * 3 / (7 + 3))
    assert len(solution.pair_f1(truth[:0], truth[:0])) == 0


def test_who_never_looks_has_a_tenth_of_the_pairs_and_no_caption(solution):
    truth = figures.captions()[figures.NUM_TRAIN :]
    blind = torch.tensor([trainer.numbers_of("red star above blue circle")] * len(truth))
    assert trainer.exact(blind, truth).double().mean() < 0.01
    assert solution.pair_f1(blind[:, 1:], truth[:, 1:]).mean().item() == pytest.approx(0.12, abs=0.04)


# The measure that counts


def test_a_caption_is_right_if_all_its_words_are():
    truth = torch.tensor([trainer.numbers_of("red star above blue circle")])
    for words, right in (
        ("red star above blue circle", True),
        ("red star above blue star", False),
        ("red star above blue", False),
        ("red star left of blue circle", False),
    ):
        said = torch.tensor([trainer.numbers_of(words)])
        assert trainer.exact(said, truth).tolist() == [right]
        assert trainer.exact(said[:, 1:], truth).tolist() == [right]
    never_ends = truth[:, :-2].clone()
    assert trainer.exact(never_ends, truth).tolist() == [False]
    behind = torch.cat([truth[:, :-1], torch.full((1, 5), 9)], dim=1)
    assert trainer.exact(behind, truth).tolist() == [True]


def test_places_are_counted_from_both_ends():
    truth = torch.tensor([trainer.numbers_of("red star left of blue circle")])
    said = torch.tensor([trainer.numbers_of("red cross above blue circle")])
    assert trainer.by_place(said, truth) == [1, 0, 0, 1, 1]
    assert trainer.by_place(torch.tensor([[2, 0]]), truth) == [0, 0, 0, 0, 0]


# The frozen network


def test_the_frozen_network_is_small_and_is_shipped():
    assert backbone.FILE.stat().st_size <= 170_000
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert any(fnmatch.fnmatch(backbone.FILE.name, one) for one in data["coursekit"])
    kept = backbone.backbone()
    assert not any(one.requires_grad for one in kept.parameters())
    assert sum(one.numel() for one in kept.parameters()) < 84_000


def test_what_is_kept_computes_what_was_trained():
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model, x = Trainee(), torch.rand(6, 3, 64, 64)
        for _ in range(3):
            model(torch.rand(8, 3, 64, 64))
        model.eval()
        net = backbone.Backbone()
        net.load_state_dict({name: one.float() for name, one in model.folded().items()})
        seen = {}
        model.shape.register_forward_pre_hook(lambda _, given: seen.update(maps=given[0]))
        model(x)
    assert (net(x) - seen["maps"]).abs().max() < 0.02 * seen["maps"].abs().max()


def test_the_maps_know_what_lies_at_each_place():
    """A linear map from each cell's vector, fitted to half of the scenes, names shape and colour in the others."""
    drawn, maps = figures.practice(), figures.maps()
    vectors = maps[:600].float().permute(0, 2, 3, 1).flatten(1, 2)
    half = trainer.Shapes(*(getattr(drawn, name)[:600] for name in drawn.__dataclass_fields__))
    for wanted, least in zip(cells(half), (0.8, 0.85), strict=True):
        wanted = wanted.flatten(1)
        shown = wanted > 0
        inputs = torch.cat([vectors, torch.ones(*vectors.shape[:2], 1)], dim=2)
        train, new = shown.clone(), shown.clone()
        train[300:], new[:300] = False, False
        found = torch.linalg.lstsq(inputs[train], F.one_hot(wanted[train]).float()).solution
        assert ((inputs[new] @ found).argmax(dim=1) == wanted[new]).double().mean() > least


# The data


def test_captions_are_canonical_and_scenes_hold_two_objects():
    data = trainer.scenes(200, seed=3)
    captions = trainer.captions_of(data)
    assert captions.shape == (200, trainer.LENGTH)
    assert trainer.NUM_WORDS == 17
    assert all(
        "a " + trainer.text_of(row).replace("left of ", "left of a ").replace("above ", "above a ") == said
        for row, said in zip(captions, data.captions(), strict=True)
    )
    assert {int((row == 2).nonzero()) for row in captions} == {6, 7}


def test_the_words_get_new_numbers_and_start_and_end_stay():
    checks = runpy.run_path(str(ROOT / "solutions/08_rnn/checks/test_project_caption.py"))
    checks["drawn"].__wrapped__.__globals__.update(NUM_TRAIN=6, NUM_NEW=3)
    maps, captions, maps_new, truth = checks["drawn"](2**61 + 5)
    data = trainer.scenes(9, seed=2**61 + 5)
    assert (len(maps), len(captions), len(maps_new), len(truth)) == (6, 6, 3, 3)
    before, after = trainer.captions_of(data), torch.cat([captions.long(), truth])
    pairs = {*zip(before.flatten().tolist(), after.flatten().tolist(), strict=True)}
    assert len(pairs) == len({old for old, _ in pairs}) == len({new for _, new in pairs})
    assert {(old, new) for old, new in pairs if old < 3 or new < 3} == {(0, 0), (1, 1), (2, 2)}
    assert any(old != new for old, new in pairs)


# The trainer


@cache
def few(num=24):
    return figures.maps()[:num], figures.captions()[:num]


def tiny():
    return figures.FirstTry(8), {"batch": 8, "rate": 0.01, "falls": True}


@pytest.mark.parametrize("falls", [False, True])
def test_the_trainer_takes_the_steps_that_a_plain_loop_takes(falls):
    maps, captions = few()
    own, plain = figures.FirstTry(8), figures.FirstTry(8)
    plain.load_state_dict(own.state_dict())
    losses = trainer.train(own, trainer.Recipe(8, 0.01, falls), maps, captions, range(6))
    drawn = torch.Generator().manual_seed(trainer.SEED)
    optimizer = torch.optim.AdamW(plain.parameters(), lr=0.01, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=6) if falls else None
    if not falls:
        optimizer = torch.optim.AdamW(plain.parameters(), lr=0.01, weight_decay=0.01)
    expected = []
    for _ in range(2):
        for rows in reversed(torch.randperm(24, generator=drawn).split(8)):
            loss = plain(maps[rows].float(), captions[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if schedule:
                schedule.step()
            expected.append(loss.item())
    assert losses == pytest.approx(expected, rel=1e-4)
    for one, other in zip(own.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_an_attempt_leaves_the_global_generator_and_says_the_same_twice():
    maps, captions = few()
    before = torch.random.get_rng_state()
    first, second = (trainer.attempt(tiny, maps, captions, maps[:5], lambda _: range(4)) for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(first.said, second.said)
    assert first.said.shape == (5, trainer.LONGEST)
    assert first.losses == second.losses
    assert len(first.losses) == 4
    assert trainer.Recipe(100, 0.01, True).steps == 600


def test_counts_are_those_by_hand_and_leave_the_network_as_it_was():
    maps, captions = few(8)
    model = figures.FirstTry(8)
    before = {name: one.clone() for name, one in model.state_dict().items()}
    took = trainer.counted(model, maps, captions)
    step = 3 * 8 * (24 + 8) + 8 * 17
    assert took.learning == 64 * 8 + 7 * step
    assert took.saying == 7 * 64 * 8 + 28 * step
    assert took.parameters == 65 * 8 + 17 * 24 + 3 * 8 * (24 + 8 + 2) + 9 * 17
    assert all(torch.equal(one, before[name]) for name, one in model.state_dict().items())


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (lambda: nn.LSTM(64, 16, batch_first=True), 64 * 4 * 16 * (64 + 16)),
        (lambda: nn.GRU(64, 16, batch_first=True), 64 * 3 * 16 * (64 + 16)),
        (lambda: nn.TransformerEncoderLayer(64, 4, 32, batch_first=True), 64 * 64 * (4 * 64 + 2 * 32) + 2 * 64**3),
    ],
)
def test_fused_layers_are_counted_too(layer, expected):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = layer()

        def forward(self, maps, captions):
            came = self.layer(maps.flatten(2).transpose(1, 2))
            return (came[0] if isinstance(came, tuple) else came).mean()

        def say(self, maps):
            self.forward(maps, None)
            return torch.full((len(maps), 1), 2)

    maps, captions = few(8)
    took = trainer.counted(Net(), maps, captions)
    assert took.learning == took.saying == expected


def test_what_passes_the_budget_is_not_trained():
    maps, captions = few(8)
    done = trainer.attempt(tiny, maps, captions, maps, budget=trainer.Budget(100_000, 100, 10**7))
    assert len(done.said) == 0
    assert done.losses == []
    assert not trainer.Budget(100_000, 100, 10**7).allows(done.took)


class Says(figures.FirstTry):
    """Says something else."""

    def __init__(self, change=lambda words: words, cost=lambda loss: loss):
        super().__init__(8)
        self.change, self.cost = change, cost

    def forward(self, maps, captions):
        return self.cost(super().forward(maps, captions))

    def say(self, maps):
        return self.change(super().say(maps))


GOOD = {"batch": 8, "rate": 0.01, "falls": True}


@pytest.mark.parametrize(
    ("design", "said"),
    [
        (lambda: Says(), "captioner returned a Says, expected a network and its recipe"),
        (lambda: None, "captioner returned None"),
        (lambda: (Says(),), "captioner returned a tuple of 1"),
        (lambda: (Says, GOOD), "the first that captioner returned is the class Says"),
        (lambda: (Says(), [8, 0.01, True]), "the second that captioner returned is a list"),
        (lambda: (nn.Flatten(), GOOD), "the network has no parameters"),
        (lambda: (nn.Linear(2, 2), GOOD), "the network has no method say"),
        (lambda: (Says(), {"batch": 8, "lr": 0.01}), r"the recipe has the keys \['batch', 'lr'\], expected"),
        (lambda: (Says(), GOOD | {"batch": 8.0}), "the recipe's batch is a float, expected an int"),
        (lambda: (Says(), GOOD | {"rate": "1e-3"}), "the recipe's rate is a str, expected a float"),
        (lambda: (Says(), GOOD | {"falls": 1}), "the recipe's falls is a int, expected True or False"),
        (lambda: (Says(), GOOD | {"batch": 4}), "the recipe's batch is 4, expected from 8 to 500"),
        (lambda: (Says(), GOOD | {"rate": float("nan")}), "the recipe's rate is nan, expected from"),
        (lambda: (Says(lambda words: words.tolist()), GOOD), "say returned a list, expected words"),
        (lambda: (Says(lambda words: words[0]), GOOD), r"what is said has shape \(7,\), expected \(1, T\)"),
        (lambda: (Says(lambda words: words.repeat(1, 3)), GOOD), r"has shape \(1, 21\), expected \(1, T\) with T from"),
        (lambda: (Says(lambda words: words.float()), GOOD), "what is said is torch.float32, expected torch.int64"),
        (lambda: (Says(lambda words: words + 20), GOOD), "are said, expected words from 0 to 16"),
        (lambda: (Says(cost=lambda loss: loss.item()), GOOD), "the loss is a float, expected a tensor"),
        (lambda: (Says(cost=lambda loss: loss.repeat(2)), GOOD), r"at step 1 of 2: the loss has shape \(2,\)"),
        (lambda: (Says(cost=lambda loss: loss.detach()), GOOD), "the loss has no gradient"),
        (lambda: (Says(cost=lambda loss: loss / 0), GOOD), "the loss is inf"),
    ],
)
def test_what_cannot_be_used_is_told_so(design, said):
    maps, captions = few(8)
    with pytest.raises(ValueError, match=said):
        trainer.attempt(design, maps, captions, maps, lambda _: range(2))


def test_a_picture_of_what_cannot_be_used_is_a_sentence(solution):
    assert figures.judged(Says, solution.pair_f1) == (
        "not judged: captioner returned a Says, expected a network and its recipe: an nn.Module and a dict"
    )
    wide = figures.judged(lambda: (figures.FirstTry(300), GOOD), solution.pair_f1)
    assert wide.startswith("not trained: 3")
    assert "of 200,000 numbers" in wide


def test_what_another_cell_does_to_the_trainer_plays_no_part_when_it_is_graded(monkeypatch):
    checks = runpy.run_path(str(ROOT / "solutions/08_rnn/checks/test_project_caption.py"))

    class Namespace:
        captioner = staticmethod(tiny)

    maps, captions = few(16)
    args = Namespace, maps, captions.to(torch.uint8), maps[:3], list(trainer.BUDGET), 32
    before = checks["trained_and_asked"](*args)
    monkeypatch.setattr(trainer, "train", lambda *args, **settings: [])
    monkeypatch.setattr(trainer, "say", lambda model, maps: torch.zeros(len(maps), 16, dtype=torch.int64))
    after = checks["trained_and_asked"](*args)
    assert torch.equal(before["said"], after["said"])


# The text and the pictures


def test_the_numbers_of_the_text():
    assert trainer.BUDGET == (200_000, 1_500_000, 10_000_000)
    assert trainer.READ == 20 * trainer.NUM_TRAIN == 60_000
    assert 3 * 96 * (32 + 96) == 36_864
    assert 7 * 36_864 == 258_048
    assert 64 * 64 * 64 == 262_144
    assert round(0.95**5, 2) == 0.77
    took = trainer.counted(figures.FirstTry(), figures.maps()[:8], figures.captions()[:8])
    assert took.saying / took.learning == pytest.approx(4, abs=0.2)


def test_the_first_try_knows_what_and_not_which_comes_first():
    truth = figures.captions()[figures.NUM_TRAIN :]
    said = figures.known().said
    share = trainer.exact(said, truth).double().mean()
    assert f"captions {share:.0%} rightly" in figures.overview().description
    assert share < 0.1
    assert all(0.25 < one < 0.62 for one in trainer.by_place(said, truth))
    lengths = [len(trainer.words_of(row)) for row in said]
    assert {*lengths} <= {5, 6}  # good sentences: five or six words
    assert sum("of" in trainer.text_of(row) or "above" in trainer.text_of(row) for row in said) > 0.99 * len(said)


def cells_on_objects():
    drawn = figures.practice()
    shown = [
        (scene, row, col)
        for scene in range(10)
        for row in range(8)
        for col in range(8)
        if drawn.instances[scene, 8 * row + 4, 8 * col + 4] > 0
    ]
    return shown


def test_a_cell_on_an_object_knows_its_colour_and_mostly_its_shape():
    asked = cells_on_objects()
    pairs = [(figures.shown_in(*one), figures.shown_in(*other)) for one in asked for other in figures.nearest(*one)]
    colours = sum(one.split()[0] == other.split()[0] for one, other in pairs) / len(pairs)
    wholes = sum(one == other for one, other in pairs) / len(pairs)
    assert colours > 0.9
    assert wholes > 0.75


def test_a_cell_on_the_ground_knows_that_it_is_ground():
    drawn = figures.practice()
    ground = [(s, r, c) for s in range(4) for r in range(8) for c in range(8) if figures.shown_in(s, r, c) == "ground"]
    pairs = [figures.shown_in(*other) for one in ground for other in figures.nearest(*one)]
    assert pairs.count("ground") > 0.9 * len(pairs)
    assert len(ground) > 4 * 40
    assert (drawn.instances == 0).double().mean() > 0.7


def test_cells_that_are_alike_lie_anywhere():
    """The cells most like one lie about as far away as two cells that are drawn at random."""
    asked = cells_on_objects()
    away = [max(abs(r - row), abs(c - col)) for s, r, c in asked for _, row, col in figures.nearest(s, r, c)]
    assert sum(away) / len(away) > 2
    assert figures.alike().description.startswith("Cell 2, 2 of scene 1 shows yellow star")
    others = [figures.alike(0).description, figures.alike(1, 6).description, figures.alike(1, 2, 6).description]
    assert figures.alike().description not in others


def judgement(said):
    exact = float(re.search(r"Exactly right (0\.\d+)", said)[1])
    places = dict(re.findall(r"((?:first|second) (?:colour|shape)|relation) ([01]\.\d\d)", said))
    return exact, {name: float(one) for name, one in places.items()}


def test_the_reference_says_what_the_first_try_does_not(solution):
    said = figures.judged(solution.captioner, solution.pair_f1).description
    exact, places = judgement(said)
    assert exact > 0.8
    assert list(places) == list(trainer.PLACES)
    assert min(places.values()) > 0.88
    assert float(re.search(r"mean F1 of pairs (0\.\d+)", said)[1]) > exact


def without_places(network):
    """Return the reference with nothing that tells where a cell lies: its first state is made of the cells' mean."""

    def start(maps):
        cells = network.drop(network.norm(maps.flatten(2).transpose(1, 2)))
        shorter = network.shorter(cells).relu().mean(dim=1)
        return network.first(shorter.repeat(1, 64)).tanh(), cells

    network.start = start
    return network


def test_without_places_the_order_is_lost(solution):
    def design():
        network, recipe = solution.captioner()
        return without_places(network), recipe

    exact, places = judgement(figures.judged(design, solution.pair_f1).description)
    assert 0.3 < exact < 0.6
    assert all(0.6 < one < 0.85 for one in places.values())
