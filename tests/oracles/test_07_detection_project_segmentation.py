"""The project of segmentation: coarse masks held to a count by hand, its trainer to a plain loop, its measure to
scikit-learn's, its text to what was run."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from functools import cache
from itertools import product
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import jaccard_score
from torch import nn

from coursekit import own_segmenter as trainer
from coursekit.figures import project_segmentation as figures

NOTEBOOK = "07_detection/project_segmentation"


def drawn_masks(num, height, width, num_classes, ignored, seed=0):
    generator = torch.Generator().manual_seed(seed)
    masks = torch.randint(num_classes, (num, height, width), generator=generator)
    return masks.masked_fill(torch.rand(num, height, width, generator=generator) < 0.3, ignored)


def counted_by_hand(masks, side, ignored):
    """Return coarse masks by a count of each square, one by one."""
    num, height, width = masks.shape
    found = torch.full((num, -(-height // side), -(-width // side)), ignored)
    for n, row, col in product(*map(range, found.shape)):
        square = masks[n, row * side : (row + 1) * side, col * side : (col + 1) * side]
        counts = Counter(one for one in square.flatten().tolist() if one != ignored)
        if counts:
            found[n, row, col] = max(counts, key=lambda k: (counts[k], k))
    return found


# coarse_labels


@pytest.mark.parametrize("ignored", [255, -1, 4])
@pytest.mark.parametrize("side", [1, 2, 3, 5, 9])
def test_coarse_masks_are_those_counted_square_by_square(solution, side, ignored):
    for seed, (height, width) in enumerate([(6, 9), (5, 7), (1, 8), (2, 2)]):
        masks = drawn_masks(3, height, width, 4, ignored, seed)
        own = solution.coarse_labels(masks, side, 4, ignored)
        assert own.dtype == torch.int64
        assert torch.equal(own, counted_by_hand(masks, side, ignored))


def test_without_ties_coarse_masks_are_the_mode(solution):
    masks = drawn_masks(2, 6, 9, 2, 0)  # two classes and nine pixels: no ties
    squares = masks.unfold(1, 3, 3).unfold(2, 3, 3).flatten(3)
    assert torch.equal(solution.coarse_labels(masks, 3, 2), squares.mode(dim=3).values)


def test_the_squares_by_hand(solution):
    masks = torch.tensor([[[0, 0, 3, 1], [0, 2, 3, 3]]])
    assert solution.coarse_labels(masks, 2, 4).tolist() == [[[0, 3]]]
    tie = torch.tensor([[[0, 0], [4, 4]]])
    assert solution.coarse_labels(tie, 2, 5).tolist() == [[[4]]]


def test_nothing_is_lost_by_squares_of_one_pixel_and_ever_more_by_larger_ones(solution):
    scores = figures.ceilings(solution.coarse_labels)
    assert scores[0] == 1
    assert scores == sorted(scores, reverse=True)
    assert scores[1:4] == pytest.approx([0.90, 0.80, 0.65], abs=0.01)
    assert f"2: {scores[1]:.2f}, 4: {scores[2]:.2f}" in figures.ceiling(solution.coarse_labels).description


# The measure


@pytest.mark.parametrize("num_classes", [2, 6])
def test_the_iou_of_a_class_is_scikit_learns(num_classes):
    truth, guessed = (drawn_masks(2, 9, 7, num_classes, 0, seed) for seed in (1, 2))
    own = trainer.iou_by_class(guessed.to(torch.uint8), truth, num_classes)
    pairs = truth.flatten().numpy(), guessed.flatten().numpy()
    expected = jaccard_score(*pairs, labels=range(num_classes), average=None)
    torch.testing.assert_close(own, torch.from_numpy(expected))
    assert trainer.mean_iou(guessed, truth, num_classes) == pytest.approx(jaccard_score(*pairs, average="macro"))


def test_a_class_that_is_nowhere_does_not_count():
    truth, guessed = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 1, 1])
    assert trainer.iou_by_class(guessed, truth, 3)[:2].tolist() == pytest.approx([1 / 2, 2 / 3])
    assert trainer.mean_iou(guessed, truth, 3) == pytest.approx(7 / 12)


def test_the_numbers_of_the_text():
    square, beside = torch.zeros(2, 16, 16, dtype=torch.int64)
    square[2:12, 2:12], beside[2:12, 4:14] = 1, 1
    assert trainer.iou_by_class(beside, square, 2)[1].item() == pytest.approx(80 / 120)
    assert "80 pixels are in both" in figures.shifted().description
    inner = torch.zeros(16, 16, dtype=torch.int64)
    inner[3:11, 3:11] = 1
    assert trainer.iou_by_class(inner, square, 2)[1].item() < 0.67  # a pixel all around the edge
    truth = figures.masks()[figures.NUM_TRAIN :]
    ground = (truth == 0).double().mean().item()
    assert ground == pytest.approx(0.84, abs=0.01)
    assert ground == pytest.approx(5 / 6, abs=0.01)
    assert trainer.mean_iou(torch.zeros_like(truth), truth) == pytest.approx(0.14, abs=0.005)
    assert "84% of all pixels" in figures.examples().description
    assert trainer.BUDGET.multiply_adds == 15_000_000
    assert trainer.BUDGET.parameters == 200_000


# The trainer


class Tiny(nn.Module):
    """Scores of squares of 2 × 2 pixels, each by itself, enlarged."""

    def __init__(self):
        super().__init__()
        self.scores = nn.Conv2d(3, trainer.NUM_CLASSES, 2, 2)

    def forward(self, x):
        return F.interpolate(self.scores(x), scale_factor=2)


def tiny():
    return Tiny(), F.cross_entropy


@cache
def few(num=24):
    return figures.practice().images[:num], figures.masks()[:num]


def test_the_trainer_takes_the_steps_that_a_plain_loop_takes():
    x, y = few()
    own, plain = Tiny(), Tiny()
    plain.load_state_dict(own.state_dict())
    losses = trainer.train(own, F.cross_entropy, x, y, range(6))
    drawn = torch.Generator().manual_seed(trainer.SEED)
    optimizer = torch.optim.AdamW(plain.parameters(), lr=trainer.RATE, weight_decay=trainer.WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=6)
    expected = []
    for _ in range(2):
        for rows in reversed(torch.randperm(24, generator=drawn).split(8)):
            images, _ = trainer.turned(x, y, rows, drawn)
            loss = F.cross_entropy(plain(images), masks_of(images, x, y))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            expected.append(loss.item())
    assert losses == pytest.approx(expected, rel=1e-4)
    for one, other in zip(own.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def masks_of(turned, x, y):
    """Return the masks of images that were turned, found by holding them to all ways that each may be turned."""
    found = []
    for one in turned:
        ways = ((n, m, k) for n in range(len(x)) for m in (False, True) for k in range(4))
        n, mirrored, quarters = next(
            way for way in ways if torch.equal(one, (x[way[0]].flip(2) if way[1] else x[way[0]]).rot90(way[2], (1, 2)))
        )
        found.append((y[n].flip(1) if mirrored else y[n]).rot90(quarters, (0, 1)))
    return torch.stack(found)


def test_an_attempt_leaves_the_global_generator_and_gives_the_same_labels_twice():
    x, y = few()
    before = torch.random.get_rng_state()
    first, second = (trainer.attempt(tiny, x, y, x[:5], range(4)) for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(first.labels, second.labels)
    assert first.labels.dtype == torch.uint8
    assert first.labels.shape == (5, 64, 64)
    assert first.losses == second.losses
    assert len(first.losses) == 4


def test_counts_are_those_by_hand_and_leave_the_network_as_it_was():
    x, y = few(8)
    network = nn.Sequential(
        nn.Conv2d(3, 5, 3, 2, 1), nn.BatchNorm2d(5), nn.Conv2d(5, 6, 1), nn.Upsample(scale_factor=2)
    )
    before = {name: one.clone() for name, one in network.state_dict().items()}
    numbers, operations = trainer.counted(network, F.cross_entropy, x, y)
    assert numbers == 3 * 5 * 9 + 5 + 4 * 5 + 5 * 6 + 6
    assert operations == (27 * 5 + 5 * 6) * 32 * 32
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())
    numbers, operations = trainer.counted(*figures.first_try(), x, y)
    assert operations == (3 * 8 + 8 * 8 + 8 * 6) * 9 * 4096 == 5_013_504
    assert numbers == (3 * 8 + 8 * 8 + 8 * 6) * 9 + 8 + 8 + 6 == 1246


def test_what_runs_in_the_loss_or_in_training_alone_counts_too():
    x, y = few(8)
    wide = torch.zeros(10, 6, 1, 1)

    def loss(scores, masks):
        return F.cross_entropy(scores, masks) + 0 * F.conv2d(scores, wide).sum()

    asked = trainer.counted(*tiny(), x, y)[1]
    assert trainer.counted(Tiny(), loss, x, y)[1] == asked + 60 * 4096


def test_what_passes_the_budget_is_not_trained():
    x, y = few(8)

    def wide():
        return nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.Conv2d(64, 6, 3, padding=1)), F.cross_entropy

    done = trainer.attempt(wide, x, y, x)
    assert len(done.labels) == 0
    assert done.losses == []
    assert not done.keeps_to(trainer.BUDGET)


class Gives(Tiny):
    """Gives something else in evaluation mode."""

    def __init__(self, change):
        super().__init__()
        self.change = change

    def forward(self, x):
        scores = super().forward(x)
        return scores if self.training else self.change(scores)


@pytest.mark.parametrize(
    ("design", "said"),
    [
        (lambda: Tiny(), "segment returned a Tiny, expected a network and its loss"),
        (lambda: None, "segment returned None"),
        (lambda: (Tiny(),), "segment returned a tuple of 1"),
        (lambda: (Tiny, F.cross_entropy), "the first that segment returned is the class Tiny"),
        (lambda: (Tiny(), nn.CrossEntropyLoss), "the second that segment returned is the class CrossEntropyLoss"),
        (lambda: (Tiny(), 3.0), "the second that segment returned is a float"),
        (lambda: (nn.Flatten(), F.cross_entropy), "the network has no parameters"),
        (lambda: (Gives(lambda s: s[:, :5]), F.cross_entropy), r"the scores have shape \(1, 5, 64, 64\), expected \(1"),
        (lambda: (Gives(lambda s: s.argmax(1)), F.cross_entropy), r"the scores have shape \(1, 64, 64\)"),
        (lambda: (Gives(lambda s: s.long()), F.cross_entropy), "the scores are torch.int64, expected floating point"),
        (lambda: (Gives(lambda s: s * torch.nan), F.cross_entropy), "the scores hold NaN"),
        (lambda: (Gives(lambda s: [s]), F.cross_entropy), "the network gives a list, expected scores"),
        (lambda: (Tiny(), nn.CrossEntropyLoss(reduction="none")), r"at step 1 of 2: the loss has shape \(8, 64, 64\)"),
        (lambda: (Tiny(), lambda s, y: F.cross_entropy(s, y).item()), "the loss is a float, expected a tensor"),
        (lambda: (Tiny(), lambda s, y: F.cross_entropy(s.detach(), y)), "the loss has no gradient"),
        (lambda: (Tiny(), lambda s, y: F.cross_entropy(s, y) / 0), "at step 1 of 2: the loss is inf"),
    ],
)
def test_what_cannot_be_used_is_told_so(design, said):
    x, y = few(8)
    with pytest.raises(ValueError, match=said):
        trainer.attempt(design, x, y, x, range(2))


def test_a_picture_of_what_cannot_be_used_is_a_sentence():
    assert figures.judged(Tiny) == (
        "not judged: segment returned a Tiny, expected a network and its loss: an nn.Module and a function"
    )
    wide = nn.Sequential(nn.Conv2d(3, 64, 3, padding=1), nn.Conv2d(64, 6, 3, padding=1))
    assert figures.judged(lambda: (wide, F.cross_entropy)).startswith("not trained: it keeps 5,254 of 200,000 numbers")


def test_what_another_cell_does_to_the_trainer_plays_no_part_when_it_is_graded(monkeypatch):
    checks = runpy.run_path(
        str(Path(__file__).parents[2] / "solutions/07_detection/checks/test_project_segmentation.py")
    )

    class Namespace:
        segment = staticmethod(tiny)

    x, y = few(16)
    x, y = (255 * x).round().to(torch.uint8), y.to(torch.uint8)
    budget = {"parameters": 1000, "multiply_adds": 10**6}
    before = checks["trained_and_asked"](Namespace, x, y, x[:3], 2, budget)
    monkeypatch.setattr(trainer, "train", lambda *args, **settings: [])
    monkeypatch.setattr(trainer, "label", lambda model, x: torch.zeros(len(x), 64, 64, dtype=torch.uint8))
    after = checks["trained_and_asked"](Namespace, x, y, x[:3], 2, budget)
    assert torch.equal(before["labels"], after["labels"])


def test_the_shapes_get_new_numbers_and_the_ground_stays():
    checks = runpy.run_path(
        str(Path(__file__).parents[2] / "solutions/07_detection/checks/test_project_segmentation.py")
    )
    checks["drawn"].__wrapped__.__globals__.update(NUM_TRAIN=6, NUM_NEW=3)
    x, y, x_new, y_new, names = checks["drawn"](2**61 + 5)
    data = trainer.images(9, seed=2**61 + 5)
    assert (len(x), len(y), len(x_new), len(y_new)) == (6, 6, 3, 3)
    assert names[0] == "ground"
    assert sorted(names[1:]) == sorted(figures.NAMES[1:])
    drawn = torch.cat([y, y_new]).long()
    assert all(
        names[int(k)] == figures.NAMES[int(j)] for k, j in zip(drawn.flatten(), data.semantic().flatten(), strict=True)
    )
    assert (x.float() / 255 - data.images[:6]).abs().max() < 0.002 + 1e-6


# The pictures


def test_the_first_try_calls_every_shape_a_circle():
    said = figures.overview().description
    share = int(re.search(r"calls (\d+)% of what it finds circle", said)[1])
    assert share > 95
    truth = figures.masks()[figures.NUM_TRAIN :]
    assert truth.flatten().bincount()[1:].argmax() == 0  # circles have most pixels
    each = trainer.iou_by_class(figures.known().labels, truth)
    assert figures.known().labels[truth > 0].bool().double().mean() > 0.4  # it finds a good part of the shapes
    assert each.mean().item() < 0.25


def test_what_one_number_sees_is_where_its_slopes_are(solution):
    for convolutions, halvings in product((1, 2, 3), (0, 1, 2)):
        layers, before = [], 1
        for stride in [2] * halvings + [1] * convolutions:
            layers.append(nn.Conv2d(before, 2, 3, stride, 1))
            before = 2
        stack = nn.Sequential(*layers)
        for layer in stack:
            nn.init.ones_(layer.weight)
        x = torch.zeros(1, 1, 64, 64, requires_grad=True)
        out = stack(x)
        out[0, 0, out.shape[2] // 2, out.shape[3] // 2].backward()
        assert int((x.grad[0, 0].abs().sum(dim=0) > 0).sum()) == figures.sees(convolutions, halvings)
        counted = trainer.count_multiply_adds(nn.Sequential(nn.Conv2d(3, 1, 1), stack), (3, 64, 64)) - 3 * 4096
        first = (64 // (2 if halvings else 1)) ** 2 * 9 * 2
        assert figures.takes(convolutions, halvings, 2) == counted + 2 * first
    assert figures.sees(3, 0) == 7
    assert figures.sees(3, 1) == 15
    assert 16 * 16 * 9 * 4096 == 9_437_184
    assert "sees a square of 5 pixels" in figures.sight().description
    assert "no more than the budget" in figures.sight().description
    assert "more than the budget" in figures.sight(6, 0, 16).description


def test_the_reference_sees_the_shapes_that_the_first_try_does_not(solution):
    said = figures.judged(solution.segment).description
    yours, first = (float(one) for one in re.search(r"IoU (0\.\d+), of the first try (0\.\d+)", said).groups())
    assert yours > 0.78
    assert first < 0.25
    each = dict(re.findall(r"(\w+) (0\.\d\d)", said.partition("By class: ")[2]))
    assert float(each["ground"]) > float(each["circle"]) > float(each["star"]) > 0.5


def without_normalisation(module):
    """Return a network in which nothing stands in the place of each batch normalisation."""
    for name, part in module.named_children():
        setattr(module, name, nn.Identity() if isinstance(part, nn.BatchNorm2d) else without_normalisation(part))
    return module


def test_without_normalisation_the_shapes_are_lost_and_the_ground_stays(solution):
    def design():
        network, loss = solution.segment()
        return without_normalisation(network), loss

    each = trainer.iou_by_class(figures.tried(design).labels, figures.masks()[figures.NUM_TRAIN :])
    found = dict(zip(figures.NAMES, each.tolist(), strict=True))
    assert found["ground"] > 0.94
    assert found["circle"] > max(found["square"], found["triangle"], found["star"])
    assert found["star"] < 0.4
    assert each.mean() < 0.65
