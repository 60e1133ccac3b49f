"""The project on detection: targets held to a slow loop, mAP to torchmetrics, the text to what was run."""

from __future__ import annotations

import math
import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchmetrics.detection import MeanAveragePrecision
from torchvision.transforms.v2 import functional as transforms
from torchvision.tv_tensors import BoundingBoxes

from coursekit import own_detector
from coursekit.figures import project_detection as figures
from coursekit.own_detector import Design, Scenes
from coursekit.two_stages import mean_average_precision

NOTEBOOK = "07_detection/project_detection"


@pytest.fixture(scope="module")
def detect(solution):
    return solution.detect  # one function for all tests: what was trained is kept


def targets_one_by_one(boxes, labels, grid, side):
    """Cell by cell, asking every object; no sort."""
    rows, columns = grid
    classes = torch.full((len(boxes), rows, columns), -1)
    places = torch.zeros(len(boxes), 4, rows, columns, dtype=boxes.dtype)
    for n, i, j in torch.ones(len(boxes), rows, columns).nonzero().tolist():
        smallest = math.inf
        for (left, top, right, bottom), label in zip(boxes[n].tolist(), labels[n].tolist(), strict=True):
            if label < 0:
                continue
            x, y = (left + right) / 2, (top + bottom) / 2
            area = (right - left) * (bottom - top)
            if j * side <= x < (j + 1) * side and i * side <= y < (i + 1) * side and area < smallest:
                smallest, classes[n, i, j] = area, label
                sizes = math.log((right - left) / side), math.log((bottom - top) / side)
                places[n, :, i, j] = torch.tensor([x / side - j, y / side - i, *sizes], dtype=boxes.dtype)
    return classes, places


@pytest.mark.parametrize("side", [8.0, 16.0, 32.0])
def test_targets_are_those_of_a_slow_loop(solution, side):
    data = own_detector.scenes(60, seed=3)
    grid = (int(64 / side), int(64 / side))
    boxes = data.boxes.double()
    came, expected = (
        solution.cell_targets(boxes, data.labels, grid, side),
        targets_one_by_one(boxes, data.labels, grid, side),
    )
    assert torch.equal(came[0], expected[0])
    torch.testing.assert_close(came[1], expected[1], rtol=0, atol=1e-12)


def test_targets_of_crowded_cells_borders_and_middles_beyond_are_those_of_a_slow_loop(solution):
    drawn = torch.Generator().manual_seed(0)
    middle = 4.0 * torch.randint(-3, 14, (40, 9, 2), generator=drawn).double()
    size = 2.0 * torch.randint(1, 5, (40, 9, 2), generator=drawn).double()
    labels = torch.randint(-1, 4, (40, 9), generator=drawn)
    boxes = torch.cat([middle - size / 2, middle + size / 2], dim=2)
    came, expected = solution.cell_targets(boxes, labels, (3, 5), 8.0), targets_one_by_one(boxes, labels, (3, 5), 8.0)
    assert torch.equal(came[0], expected[0])
    torch.testing.assert_close(came[1], expected[1], rtol=0, atol=1e-12)


def test_the_number_worked_by_hand_in_the_text(solution):
    classes, places = solution.cell_targets(torch.tensor([[[20.0, 3, 36, 19]]]), torch.tensor([[2]]), (8, 8), 8)
    assert (classes >= 0).nonzero().tolist() == [[0, 1, 3]]
    torch.testing.assert_close(places[0, :, 1, 3], torch.tensor([0.5, 0.375, math.log(2), math.log(2)]))
    assert math.log(2) == pytest.approx(0.693, abs=5e-4)


def test_reading_undoes_the_targets(solution):
    """A network that says the targets of a batch is read back as its objects: the mAP is 1."""
    data = own_detector.scenes(40, seed=5)
    design = solution.detect()
    kinds, places = solution.cell_targets(data.boxes, data.labels, (8, 8), 8)
    there = (kinds >= 0).float()
    names = F.one_hot(kinds.clamp(min=0), 5).movedim(3, 1).float()
    said = torch.cat([20 * there[:, None] - 10, places, 20 * names], dim=1)
    found = design.read(said)
    assert own_detector.fault_of(found, 40) == ""
    truth = own_detector.truths(data)
    assert mean_average_precision(found, truth, 0.9) == pytest.approx(1.0)
    for one, real in zip(found, truth, strict=True):
        sure = one["boxes"][one["scores"] > 0.5]
        torch.testing.assert_close(sure.sort(dim=0).values, real["boxes"].sort(dim=0).values, rtol=0, atol=1e-3)


def test_the_costs_of_the_reference_are_least_for_the_targets(solution):
    data = own_detector.scenes(12, seed=6)
    design = solution.detect()
    kinds, places = solution.cell_targets(data.boxes, data.labels, (8, 8), 8)
    names = F.one_hot(kinds.clamp(min=0), 5).movedim(3, 1).float()
    said = torch.cat([20 * (kinds >= 0).float()[:, None] - 10, places, 20 * names], dim=1)
    assert design.cost(said, data.boxes, data.labels) < 0.01
    assert design.cost(torch.zeros_like(said), data.boxes, data.labels) > 10


@pytest.mark.parametrize("least", [0.5, 0.75])
def test_the_map_is_that_of_torchmetrics(detect, least):
    found, truth = figures.tried(detect).answers, own_detector.truths(figures.practice().new)
    other = MeanAveragePrecision(iou_thresholds=[least])
    other.update([dict(one) for one in found], [dict(one) for one in truth])
    assert mean_average_precision(found, truth, least) == pytest.approx(other.compute()["map"].item(), abs=1e-3)


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("down", [False, True])
def test_mirrored_scenes_are_those_of_torchvision(across, down):
    data = own_detector.scenes(4, seed=1)
    came = own_detector.turned(data, across, down, False)
    for n in range(4):
        image, boxes = data.images[n], BoundingBoxes(data.boxes[n], format="XYXY", canvas_size=(64, 64))
        if across:
            image, boxes = transforms.horizontal_flip(image), transforms.horizontal_flip(boxes)
        if down:
            image, boxes = transforms.vertical_flip(image), transforms.vertical_flip(boxes)
        here = data.labels[n] >= 0
        assert torch.equal(came.images[n], image)
        assert torch.equal(came.boxes[n][here], boxes.as_subclass(torch.Tensor)[here])
        assert (came.boxes[n][~here] == 0).all()


def test_rows_and_columns_exchanged_is_a_transposition_of_images_and_boxes():
    data = own_detector.scenes(4, seed=1)
    came = own_detector.turned(data, False, False, True)
    for n, (left, top, right, bottom) in enumerate(came.boxes[:, 0].int().tolist()):
        assert torch.equal(came.images[n, :, top:bottom, left:right], data.images[n, :, left:right, top:bottom].mT)


def small():
    network = nn.Sequential(nn.Conv2d(3, 4, 8, 8), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1))

    def cost(out, boxes, labels):
        return (out.mean(dim=(2, 3)) - boxes[:, 0] / 64).square().mean()

    def read(out):
        low, high = (64 * out.mean(dim=(2, 3))).unflatten(1, (2, 2)).sort(dim=1).values.unbind(dim=1)
        boxes = torch.cat([low, high], dim=1)
        return [{"boxes": one[None], "labels": torch.tensor([0]), "scores": torch.ones(1)} for one in boxes]

    return Design(network, cost, read)


def test_an_attempt_leaves_the_global_generator_and_gives_the_same_answers_twice():
    data, before = own_detector.scenes(64, seed=2), torch.random.get_rng_state()
    first, second = (own_detector.attempt(small, data, data.images[:5]) for _ in range(2))
    assert torch.equal(before, torch.random.get_rng_state())
    assert first.losses == second.losses
    assert len(first.losses) == own_detector.STEPS
    assert sum(first.losses[-20:]) < sum(first.losses[:20])
    assert all(torch.equal(a["boxes"], b["boxes"]) for a, b in zip(first.answers, second.answers, strict=True))


def test_what_passes_the_budget_is_not_trained():
    def large():
        return Design(nn.Conv2d(3, 100, 31, 8), small().cost, small().read)

    done = own_detector.attempt(large, figures.practice().learned, figures.practice().new.images)
    assert (done.numbers, done.answers, done.losses) == (100 * (3 * 31 * 31 + 1), [], [])
    assert "not trained: the network keeps 288,400 of 100,000 numbers" in figures.judged(large)


def test_the_reference_keeps_to_the_budget_with_room(solution):
    numbers, operations = own_detector.counted(solution.detect())
    assert numbers < 0.6 * own_detector.NUMBERS
    assert operations < 0.9 * own_detector.MULTIPLY_ADDS


def answer(**changed):
    one = {"boxes": torch.tensor([[1.0, 2, 3, 4]]), "labels": torch.tensor([4]), "scores": torch.tensor([0.5])}
    return [one | changed]


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (answer(), "^$"),
        (answer(boxes=torch.zeros(0, 4), labels=torch.zeros(0).long(), scores=torch.zeros(0)), "^$"),
        (None, "read returned None for 1 images, expected a list"),
        (answer() * 2, "read returned 2 entries for 1 images"),
        ([(1, 2)], "for image 0: it is a tuple, expected a dict"),
        ([{"boxes": torch.zeros(1, 4)}], "it is a dict of boxes, expected a dict of boxes, labels and scores"),
        (answer(scores=[0.5]), "scores is a list, expected a tensor"),
        (answer(boxes=torch.zeros(4)), r"boxes have shape \(4,\), expected \(K, 4\)"),
        (
            answer(scores=torch.zeros(1, 1)),
            r"there are 1 boxes, and labels of shape \(1,\) and scores of shape \(1, 1\)",
        ),
        (answer(boxes=torch.tensor([[math.nan, 0, 1, 1]])), "boxes hold NaN"),
        (answer(scores=torch.tensor([math.inf])), "scores hold NaN or an infinity"),
        (answer(boxes=torch.zeros(1, 4).long()), "boxes are torch.int64, expected floats"),
        (answer(labels=torch.tensor([1.0])), "labels are torch.float32, expected torch.int64"),
        (answer(labels=torch.tensor([5])), "labels reach from 5 to 5, expected from 0 to 4"),
        (answer(boxes=torch.tensor([[9.0, 2, 3, 4]])), r"box \(9.0, 2.0, 3.0, 4.0\) ends before it begins"),
        (
            [{"boxes": torch.zeros(21, 4), "labels": torch.zeros(21).long(), "scores": torch.zeros(21)}],
            "there are 21 boxes, and 20 are allowed",
        ),
    ],
)
def test_answers_that_are_wrong_are_told_so(came, said):
    assert re.search(said, own_detector.fault_of(came, 1))


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (torch.ones(()).requires_grad_(), "^$"),
        (1.5, "cost returned a float, expected a tensor"),
        (torch.zeros(3), r"cost returned a tensor of shape \(3,\), expected a single number"),
        (torch.zeros(()), "the cost has no gradient"),
        (torch.tensor(math.nan).requires_grad_(), "the cost is nan"),
    ],
)
def test_costs_that_are_wrong_are_told_so(came, said):
    assert re.search(said, own_detector.fault_of_cost(came))


def test_a_design_that_is_none_is_told_so():
    assert own_detector.fault_of_design(None) == "detect returned None, expected a Design"
    assert own_detector.fault_of_design(Design) == "detect returned the class Design, expected a Design"
    assert "network is a list" in own_detector.fault_of_design(Design([], len, len))
    assert "read is a int" in own_detector.fault_of_design(Design(nn.ReLU(), len, 3))
    with pytest.raises(ValueError, match="at step 1 of 400: the cost is nan"):
        own_detector.train(
            Design(small().network, lambda out, *_: out.mean() * math.nan, len), own_detector.scenes(32, 0)
        )


def test_repeats_are_taken_away_and_nothing_else():
    truth = [{"boxes": torch.tensor([[0.0, 0, 10, 10], [20, 20, 30, 30]]), "labels": torch.tensor([1, 1])}]
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 9], [20, 20, 30, 29], [40, 40, 50, 50], [0, 0, 10, 10]])
    found = [
        {"boxes": boxes, "labels": torch.tensor([1, 1, 1, 1, 2]), "scores": torch.tensor([0.5, 0.9, 0.3, 0.2, 0.8])}
    ]
    (kept,) = own_detector.without_repeats(found, truth)
    assert sorted(kept["scores"].tolist()) == pytest.approx([0.2, 0.3, 0.8, 0.9])


# What the text says of its pictures.


def test_the_first_try_finds_next_to_nothing_and_both_names_and_places_are_wrong():
    values = figures.forgiven(figures.tried(figures.first_try).answers)
    assert values["as it is"] < 0.1
    for way in ("any shape will do", "any place near by"):
        assert 2 * values["as it is"] < values[way] < 0.4
    said = figures.overview().description
    shown, count = re.search(r"their (\d+) objects .* of which (\d+) count", said).groups()
    assert int(count) <= 0.2 * int(shown)


def test_small_cells_lose_nothing_and_large_ones_some():
    lost = [figures.lost_share(halvings) for halvings in (2, 3, 4, 5)]
    assert lost[0] == lost[1] == 0 < lost[2] < 0.01 < lost[3] < 0.05
    assert "8 × 8 = 64 cells" in figures.cells(3, 0).description


def test_three_cells_in_a_hundred_have_an_object():
    labels = figures.practice().learned.labels
    assert (labels >= 0).sum().item() / (64 * len(labels)) == pytest.approx(0.03, abs=0.005)


def test_the_reference_sees_what_is_there_and_what_it_lacks_is_names(detect):
    values = figures.forgiven(figures.tried(detect).answers)
    assert values["as it is"] > 0.85
    assert values["any shape will do"] > 0.97
    assert values["no repeats"] - values["as it is"] < 0.02
    assert f"as it is {values['as it is']:.2f}" in figures.judged(detect).description


def test_a_single_image_is_shown_with_more_answers_where_fewer_points_are_asked(detect):
    draw = figures.shown(detect)
    numbers = [int(re.search(r"Of (\d+) answers", draw(2, sure).description)[1]) for sure in (0.05, 0.95)]
    assert numbers[0] >= numbers[1]
    assert any(draw(n, 0.05).description != draw(n, 0.95).description for n in range(3))


def test_the_smallest_design_has_sixteen_numbers_and_finds_nothing(solution):
    network = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 4))
    assert own_detector.count_numbers(network) == 16


def test_scenes_have_what_the_text_says():
    data = figures.practice().learned
    assert isinstance(data, Scenes)
    assert data.images.shape == (1200, 3, 64, 64)
    assert data.boxes.shape == (1200, 3, 4)
    sizes = (data.boxes[..., 2:] - data.boxes[..., :2])[data.labels >= 0]
    assert 10 <= sizes.min() <= 13
    assert 27 <= sizes.max() <= 29
    there = data.labels >= 0
    assert there.any(dim=1).all()
    assert torch.equal(there, there.long().sort(dim=1, descending=True).values.bool())
