"""The references of one_stage, held to torchvision and to slow loops, and what the text says of its pictures."""

import math
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torchmetrics.detection import MeanAveragePrecision
from torchvision.models.detection._utils import BoxCoder, Matcher
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.fcos import FCOS, FCOSHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.retinanet import RetinaNetClassificationHead, RetinaNetRegressionHead
from torchvision.models.detection.ssd import SSD, SSDHead

from coursekit import point_detector
from coursekit.figures import one_stage as figures
from coursekit.threads import one_thread
from coursekit.two_stages import mean_average_precision

NOTEBOOK = "07_detection/one_stage"
DOUBLE = torch.float64
SSD300 = [(38, 38), (19, 19), (10, 10), (5, 5), (3, 3), (1, 1)]
SCALES, RATIOS = [0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05], [[2], [2, 3], [2, 3], [2, 3], [2], [2]]
STEPS = [8, 16, 32, 64, 100, 300]


def draw(*shape, seed=3):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def normal(*shape, seed=3):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def some_boxes(num, seed=3, room=60):
    corner, side = room * draw(num, 2, seed=seed), 3 + 40 * draw(num, 2, seed=seed + 1)
    return torch.cat([corner, corner + side], dim=1)


# default_boxes


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("steps", [None, STEPS])
@pytest.mark.parametrize("size", [(300, 300), (240, 410)])
def test_default_boxes_agree_with_torchvision(solution, size, steps, clip):
    grids = SSD300 if size == (300, 300) else [(9, 14), (5, 7), (3, 4), (2, 2), (1, 3), (1, 1)]
    library = DefaultBoxGenerator(RATIOS, scales=SCALES, steps=steps, clip=clip)
    images = ImageList(torch.zeros(1, 1, *size), [size])
    (expected,) = library(images, [torch.zeros(1, 1, *grid, dtype=DOUBLE) for grid in grids])
    mine = solution.default_boxes(size, grids, torch.tensor(SCALES, dtype=DOUBLE), RATIOS, steps, clip)
    torch.testing.assert_close(mine, expected, rtol=1e-5, atol=2e-4)


def test_ssd300_has_8732_boxes_and_the_rpn_nine_a_place(solution):
    made = solution.default_boxes((300, 300), SSD300, torch.tensor(SCALES), RATIOS, STEPS)
    assert made.shape == (8732, 4)
    assert 38 * 38 * 4 == 5776 > 0.65 * 8732
    generator = AnchorGenerator(((128, 256, 512),), ((0.5, 1.0, 2.0),))
    assert generator.num_anchors_per_location() == [9]


def test_the_default_boxes_by_hand(solution):
    size, scales, ratio = figures.BY_HAND
    made = solution.default_boxes(size, [(2, 2)], torch.tensor(scales), [[ratio]])
    expected = [[30, 15, 70, 35], [20, 10, 80, 40], [10, 20, 90, 30], [40, 5, 60, 45]]
    torch.testing.assert_close(made[:4], torch.tensor(expected).float())
    assert "four boxes" in figures.one_place().description


# ssd_head


def test_the_head_agrees_with_torchvision_at_its_own_state(solution):
    head = SSDHead([5, 3, 4], [4, 6, 1], 7).double()
    maps = [normal(2, 5, 4, 3), normal(2, 3, 2, 5), normal(2, 4, 1, 1)]
    logits, offsets = solution.ssd_head(maps, head.state_dict())
    expected = head(maps)
    torch.testing.assert_close(logits, expected["cls_logits"])
    torch.testing.assert_close(offsets, expected["bbox_regression"])


# ssd_loss


class Bare:
    """What torchvision's losses read of the detector that they belong to."""

    neg_to_pos_ratio = 3
    box_coder = BoxCoder((10.0, 10.0, 5.0, 5.0))


def test_ssd_s_loss_agrees_with_torchvision(solution):
    anchors = some_boxes(40)
    for seed in range(5):
        matches = torch.full((3, 40), -1)
        matches[0, [3, 9, 20]], matches[1, [5]] = torch.tensor([0, 1, 0]), 1
        targets = [{"boxes": some_boxes(2, seed=seed), "labels": torch.tensor([2, 1])} for _ in range(3)]
        logits, offsets = normal(3, 40, 4, seed=seed), normal(3, 40, 4, seed=seed + 50)
        outputs = {"cls_logits": logits, "bbox_regression": offsets}
        expected = SSD.compute_loss(Bare(), targets, outputs, [anchors] * 3, list(matches))
        labels = torch.stack([torch.where(m >= 0, t["labels"][m], 0) for m, t in zip(matches, targets, strict=True)])
        wanted = [Bare.box_coder.encode_single(t["boxes"][m], anchors) for m, t in zip(matches, targets, strict=True)]
        classes, boxes = solution.ssd_loss(logits, offsets, labels, torch.stack(wanted))
        torch.testing.assert_close(classes, expected["classification"])
        torch.testing.assert_close(boxes, expected["bbox_regression"])


def test_ssd_s_loss_by_hand(solution):
    each = torch.tensor([[0.9, 0.1, 0.6, 0.3], [2.0, 2.0, 2.0, 2.0]], dtype=DOUBLE)
    labels = torch.tensor([[2, 0, 0, 0], [0, 0, 0, 0]])
    p = (-each).exp()
    probabilities = torch.stack([p, (1 - p) / 2, (1 - p) / 2], dim=2)
    probabilities[0, 0] = torch.stack([(1 - p[0, 0]) / 2, (1 - p[0, 0]) / 2, p[0, 0]])
    nothing = torch.zeros(2, 4, 4, dtype=DOUBLE)
    classes, boxes = solution.ssd_loss(probabilities.log(), nothing, labels, nothing, ratio=2)
    assert classes.item() == pytest.approx(1.8)
    assert boxes.item() == 0


# retinanet


def test_assignment_agrees_with_torchvision_s_matcher(solution):
    matcher = Matcher(0.5, 0.4, allow_low_quality_matches=True)
    for seed in range(40):
        ious = (draw(4, 9, seed=seed) * 8).round() / 8  # many ties
        ious[:, 0] = ious[:, 0].clamp(min=0.125)
        labels = torch.tensor([2, 0, 2, 1])
        matches, targets = solution.retinanet_assign(ious, labels, 3)
        assert torch.equal(matches, matcher(ious))
        for anchor, row in enumerate(matches.tolist()):
            expected = [float(row >= 0 and labels[row] == kind) for kind in range(3)]
            assert targets[anchor].tolist() == expected


def test_the_table_by_hand(solution):
    ious = torch.tensor([[0.6, 0.45, 0.1, 0.2, 0.0], [0.55, 0.2, 0.3, 0.3, 0.0]])
    matches, targets = solution.retinanet_assign(ious, torch.tensor([2, 0]), 3)
    assert matches.tolist() == [0, -2, -1, -1, -1]
    assert targets.nonzero().tolist() == [[0, 2]]
    without, _ = solution.retinanet_assign(ious[:, 1:], torch.tensor([2, 0]), 3)
    assert without.tolist() == [0, 1, 1, -1]


def test_retinanet_s_losses_agree_with_torchvision(solution):
    classes_head = RetinaNetClassificationHead(8, 2, 5)
    boxes_head = RetinaNetRegressionHead(8, 2)
    boxes_head._loss_type = "l1"
    anchors = some_boxes(30)
    matches = torch.full((3, 30), -1)
    matches[0, [3, 9, 20]], matches[1, [5]] = torch.tensor([0, 1, 0]), 1
    matches[:, [1, 7]] = -2
    targets = [{"boxes": some_boxes(2, seed=k), "labels": torch.tensor([4, 1])} for k in range(3)]
    logits, offsets = normal(3, 30, 5), normal(3, 30, 4, seed=9)
    first = classes_head.compute_loss(targets, {"cls_logits": logits}, list(matches))
    second = boxes_head.compute_loss(targets, {"bbox_regression": offsets}, [anchors] * 3, list(matches))
    hot = torch.zeros(3, 30, 5, dtype=DOUBLE)
    for b, n in (matches >= 0).nonzero().tolist():
        hot[b, n, targets[b]["labels"][matches[b, n]]] = 1
    coder = boxes_head.box_coder
    wanted = torch.stack([coder.encode_single(t["boxes"][m], anchors) for m, t in zip(matches, targets, strict=True)])
    mine = solution.retinanet_loss(logits, offsets, matches, hot, wanted)
    torch.testing.assert_close(torch.stack(mine), torch.stack([first, second]))


def test_the_first_loss_is_three_hundred_times_smaller(solution):
    matches = torch.full((1, 10_000), -1)
    matches[0, :4] = 0
    hot, nothing = (matches >= 0).double()[..., None], torch.zeros(1, 10_000, 4, dtype=DOUBLE)
    loud, quiet = (
        solution.retinanet_loss(torch.full_like(hot, bias), nothing, matches, hot, nothing)[0].item()
        for bias in (0.0, -math.log(99))
    )
    assert loud == pytest.approx(324.8, abs=0.05)
    assert quiet == pytest.approx(1.13, abs=0.01)
    biases, costs = figures.losses_at_first()
    assert float(np.interp(0.0, biases, costs)) == pytest.approx(loud, rel=1e-6)
    best = biases[costs.argmin()]
    assert -3.6 < best < -2.8
    assert (np.diff(costs[biases > best + 0.5]) > 0).all()
    assert (np.diff(costs[biases < best - 0.5]) < 0).all()
    assert "lowest near -3" in figures.first_loss().description


def test_the_band_lies_between_a_third_and_three_sevenths():
    shifts, ious = figures.slide()
    discarded = shifts[(ious >= 0.4) & (ious < 0.5)]
    assert discarded.min() == pytest.approx(1 / 3, abs=0.006)
    assert discarded.max() == pytest.approx(3 / 7, abs=0.006)
    assert "from 0.5 to 0.4" in figures.bands().description


# fcos_targets


def slow_targets(boxes, grids, strides, limits, radius):
    """The definition, place by place and box by box."""
    rows, distances = [], []
    for level, ((high, wide), stride) in enumerate(zip(grids, strides, strict=True)):
        for i in range(high):
            for j in range(wide):
                x, y = (j + 0.5) * stride, (i + 0.5) * stride
                best, best_area, best_far = -1, math.inf, [0.0] * 4
                for k, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
                    edges = [x - x1, y - y1, x2 - x, y2 - y]
                    m = max(edges)
                    if min(edges) <= 0:
                        continue
                    if (level > 0 and m < limits[level - 1]) or (level < len(limits) and m > limits[level]):
                        continue
                    if abs(x - (x1 + x2) / 2) >= radius * stride or abs(y - (y1 + y2) / 2) >= radius * stride:
                        continue
                    if (x2 - x1) * (y2 - y1) < best_area:
                        best, best_area, best_far = k, (x2 - x1) * (y2 - y1), edges
                rows.append(best)
                distances.append(best_far)
    return torch.tensor(rows), torch.tensor(distances, dtype=DOUBLE)


GRIDS, STRIDES = [(8, 12), (4, 6), (2, 3)], [8.0, 16.0, 32.0]


@pytest.mark.parametrize("radius", [0.75, 1.5, math.inf])
def test_targets_agree_with_the_slow_definition(solution, radius):
    by_hand = torch.tensor(
        [[4.0, 4, 28, 20], [0, 0, 96, 64], [-40, -30, 150, 90], [12, 4, 12, 60], [32, 16, 64, 48], [32, 16, 64, 48]],
        dtype=DOUBLE,
    )  # corners on places, the image itself, larger than the image, a line, two that coincide
    whole = [some_boxes(5, seed=seed).round() for seed in range(8)]
    for boxes in (by_hand, by_hand[[4, 0]], by_hand[:0], *whole):
        for limits in ([16.0, 32.0], [24.0, 48.0]):
            matches, ltrb = solution.fcos_targets(boxes, GRIDS, STRIDES, limits, radius)
            rows, distances = slow_targets(boxes, GRIDS, STRIDES, limits, radius)
            assert torch.equal(matches, rows)
            torch.testing.assert_close(ltrb, distances)


class Asked:
    """Stands for torchvision's FCOS: keeps what the matching hands on to the head."""

    center_sampling_radius = 1.5

    def __init__(self):
        self.head = self

    def compute_loss(self, targets, outputs, anchors, matched):
        return matched


def anchors_at_places():
    """torchvision's one anchor a place, whose side is the stride."""
    parts = []
    for (high, wide), stride in zip(GRIDS, STRIDES, strict=True):
        centre = torch.cartesian_prod(torch.arange(high), torch.arange(wide)).flip(1).double() * stride + stride / 2
        parts.append(torch.cat([centre - stride / 2, centre + stride / 2], dim=1))
    return torch.cat(parts)


def test_targets_agree_with_torchvision_s_matching(solution):
    anchors, sizes = anchors_at_places(), [high * wide for high, wide in GRIDS]
    for seed in range(20):
        boxes = some_boxes(5, seed=seed)
        for own in (boxes, boxes[:0]):
            (expected,) = FCOS.compute_loss(Asked(), [{"boxes": own}], {}, [anchors], sizes)
            # Its ranges are 4 to 8 strides: 64 and 128, from level to level the same numbers.
            matches, _ = solution.fcos_targets(own, GRIDS, STRIDES, [64.0, 128.0])
            assert torch.equal(matches, expected)


def test_torchvision_loses_what_the_text_says_it_loses(solution):
    anchors, sizes = anchors_at_places(), [high * wide for high, wide in GRIDS]
    near = torch.tensor([[7.0, 7.0, 17.3, 17.0], [7.0, 7.0, 17.1, 17.0]])
    (theirs,) = FCOS.compute_loss(Asked(), [{"boxes": near}], {}, [anchors.float()], sizes)
    mine, _ = solution.fcos_targets(near, GRIDS, STRIDES, [64.0, 128.0])
    assert set(theirs.tolist()) == {-1, 0}
    assert set(mine.tolist()) == {-1, 1}
    limit = torch.tensor([[-44.0, 4.0, 84.0, 60.0]], dtype=DOUBLE)  # from (20, 28) both sides are 64
    (theirs,) = FCOS.compute_loss(Asked(), [{"boxes": limit}], {}, [anchors], sizes)
    mine, _ = solution.fcos_targets(limit, GRIDS, STRIDES, [64.0, 128.0])
    assert theirs[3 * 12 + 2] == -1
    assert mine[3 * 12 + 2] == 0


def test_the_places_by_hand(solution):
    box = torch.tensor([[4.0, 4.0, 28.0, 20.0]])
    matches, ltrb = solution.fcos_targets(box, [(3, 4), (2, 2)], [8, 16], [16])
    assert ltrb[5].tolist() == [8, 8, 16, 8]
    assert ltrb[12].tolist() == [4, 4, 20, 12]
    assert matches[0] == -1
    assert matches[5] == 0
    assert matches[12] == 0


def test_the_box_of_the_question_would_have_nobody(solution):
    box = torch.tensor([[4.0, 8.0, 28.0, 16.0]])
    matches, ltrb = solution.fcos_targets(box, [(3, 4), (2, 2)], [8, 16], [16])
    assert (matches == 0).nonzero()[:, 0].tolist() == [5, 6]
    assert (ltrb[[5, 6]].amax(dim=1) == 16).all()


def test_the_interactive_picture_shows_what_is_said(solution):
    small, middle, large = (figures.who_learns(side, 1.0, 1.5) for side in (20, 60, 120))
    assert small[0] > 0
    assert small[1:] == [0, 0]
    assert middle[1] > 0
    assert large[2] > 0
    assert large[0] == 0
    both = [side for side in range(10, 121, 2) if sum(num > 0 for num in figures.who_learns(side, 1.0, 1.5)) >= 2]
    assert both
    for side, ratio, radius in ((30, 1.0, 1.5), (40, 2.0, 0.75), (90, 0.5, 9.0)):
        grids = [(int(figures.FIELD[0] // s), int(figures.FIELD[1] // s)) for s in figures.STRIDES]
        box = torch.tensor([figures._box_of(side, ratio)], dtype=DOUBLE)
        matches, _ = solution.fcos_targets(box, grids, figures.STRIDES, figures.LIMITS, radius)
        parts = matches.split([high * wide for high, wide in grids])
        assert [int((part == 0).sum()) for part in parts] == figures.who_learns(side, ratio, radius)
    assert "at stride 8" in figures.levels().description


def test_the_overview_shows_boxes_and_places_of_all_objects():
    for made in (figures.of_ssd, figures.of_retinanet):
        assert set(made()[1][made()[1] >= 0].tolist()) == {0, 1, 2}
    assert {k for *_, k in figures.of_fcos()} == {0, 1, 2}
    assert "FCOS" in figures.overview().description


# centerness


def test_centerness_is_fcos_s(solution):
    ltrb = 0.1 + 9 * draw(50, 4)
    left, top, right, bottom = ltrb.T.tolist()
    expected = [
        math.sqrt(min(a, c) / max(a, c) * min(b, d) / max(b, d))
        for a, b, c, d in zip(left, top, right, bottom, strict=True)
    ]
    torch.testing.assert_close(solution.centerness(ltrb), torch.tensor(expected, dtype=DOUBLE))
    assert solution.centerness(torch.tensor([8.0, 8, 16, 8])).item() == pytest.approx(0.5**0.5)
    table = figures.middle_map()
    x, y = torch.meshgrid(torch.arange(90) + 0.5, torch.arange(60) + 0.5, indexing="xy")
    mine = solution.centerness(torch.stack([x, y, 90 - x, 60 - y], dim=2).double())
    np.testing.assert_allclose(table, mine.numpy(), rtol=1e-6)
    assert table.max() > 0.97
    assert table[:, 0].max() < 0.08
    assert table[0].max() < 0.1
    assert "1 in the middle" in figures.centre_map().description


# fcos_loss


def test_fcos_s_loss_agrees_with_torchvision(solution):
    anchors = anchors_at_places()
    boxes = [some_boxes(3, seed=k) for k in range(2)] + [torch.zeros(0, 4, dtype=DOUBLE)]
    labels = [torch.tensor([2, 0, 3]), torch.tensor([1, 1, 0]), torch.zeros(0, dtype=torch.int64)]
    rows = [solution.fcos_targets(own, GRIDS, STRIDES, [32.0, 64.0]) for own in boxes]
    P, head = len(anchors), FCOSHead(32, 1, 4, 1)
    side = (anchors[:, 2] - anchors[:, 0])[:, None]
    logits, distances, centres = normal(3, P, 4), 0.2 + 3 * draw(3, P, 4), normal(3, P, 1, seed=8)
    outputs = {"cls_logits": logits, "bbox_regression": distances, "bbox_ctrness": centres}
    targets = [{"boxes": b, "labels": k} for b, k in zip(boxes, labels, strict=True)]
    expected = head.compute_loss(targets, outputs, [anchors] * 3, [matches for matches, _ in rows])
    mine = solution.fcos_loss(
        logits,
        distances * side,
        centres[..., 0],
        torch.stack([torch.cat([k, torch.tensor([-1])])[m] for k, (m, _) in zip(labels, rows, strict=True)]),
        torch.stack([ltrb for _, ltrb in rows]),
    )
    names = ("classification", "bbox_regression", "bbox_ctrness")
    torch.testing.assert_close(torch.stack(mine), torch.stack([expected[n] for n in names]), rtol=1e-6, atol=1e-8)


def test_fcos_s_loss_by_hand(solution):
    said, true = torch.tensor([[[2.0, 1, 2, 1]]]), torch.tensor([[[4.0, 1, 4, 1]]])
    _, box, middle = solution.fcos_loss(torch.zeros(1, 1, 2), said, torch.zeros(1, 1), torch.tensor([[1]]), true)
    assert box.item() == pytest.approx(0.5, abs=1e-6)
    assert middle.item() == pytest.approx(math.log(2))
    wrong = F.binary_cross_entropy(torch.tensor(0.6), torch.tensor(0.6))
    assert wrong.item() == pytest.approx(0.673, abs=0.001)


# The detector


@cache
def trained(find, cost):
    levels = point_detector.GRIDS, point_detector.STRIDES, point_detector.LIMITS
    labels, targets = [], []
    for boxes, kinds in point_detector.truths("train"):
        matches, ltrb = find(boxes, *levels)
        labels.append(torch.where(matches >= 0, kinds[matches], -1))
        targets.append(ltrb)
    with one_thread():
        return point_detector.train(torch.stack(labels), torch.stack(targets), cost)


def test_the_detector_reaches_the_stated_map(solution):
    net, history = trained(solution.fcos_targets, solution.fcos_loss)
    found = point_detector.detect(net, point_detector.images("test"))
    truth = [{"boxes": own, "labels": kinds} for own, kinds in point_detector.truths("test")]
    mine = mean_average_precision(found, truth)
    assert mine > 0.6
    library = MeanAveragePrecision(iou_thresholds=[0.5])
    library.update(found, truth)
    assert mine == pytest.approx(float(library.compute()["map"]), abs=0.002)
    first, last = history[:20].mean(dim=0), history[-20:].mean(dim=0)
    assert (last[:2] < 0.5 * first[:2]).all()
    assert last[2] > 0.75 * first[2]
    assert "centre-ness by little" in figures.history(history).description
    assert "4 test images" in figures.gallery(found).description
    assert point_detector.images("test").shape[2:] == (64, 96)


def test_places_lie_where_the_exercise_has_them():
    parts = [anchors_at_places()[:, :2] + anchors_at_places()[:, 2:]]
    torch.testing.assert_close(point_detector.places().double(), torch.cat(parts) / 2)
