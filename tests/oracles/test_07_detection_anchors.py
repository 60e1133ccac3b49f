"""The references of anchors, held to torchvision and to loops, and what the text says of its pictures."""

import math

import numpy as np
import pytest
import torch
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler, BoxCoder, Matcher, SSDMatcher
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.ssd import SSD
from torchvision.ops import box_area, box_iou

from coursekit import anchor_head
from coursekit.figures import anchors as figures
from coursekit.threads import one_thread

NOTEBOOK = "07_detection/anchors"
DOUBLE = torch.float64


def draw(*shape, seed=3):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def some_boxes(num, seed=3):
    corner, side = 40 * draw(num, 2, seed=seed), 2 + 30 * draw(num, 2, seed=seed + 1)
    return torch.cat([corner, corner + side], dim=1)


# generate_anchors


@pytest.mark.parametrize("sizes", [(128, 256, 512), (33, 7)])
@pytest.mark.parametrize("ratios", [(0.5, 1.0, 2.0), (3.0,)])
def test_all_pairs_agree_with_torchvision_up_to_its_rounding(solution, sizes, ratios):
    library = AnchorGenerator((sizes,), (ratios,))
    (expected,) = library.grid_anchors([[4, 6]], [[torch.tensor(16), torch.tensor(12)]])
    mine = solution.generate_anchors((4, 6), (16, 12), torch.tensor(sizes).float(), torch.tensor(ratios), True, 0.0)
    assert mine.shape == expected.shape
    assert (mine - expected).abs().max() <= 0.5 + 1e-4
    assert torch.equal(mine.round(), expected)


@pytest.mark.parametrize("is_all", [False, True])
def test_anchors_have_the_closed_form(solution, is_all):
    sizes, ratios = torch.tensor([30.0, 10.0, 55.0], dtype=DOUBLE), torch.tensor([2.0, 0.5], dtype=DOUBLE)
    pairs = [(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (2, 1)] if is_all else [(0, 0), (1, 0), (2, 0), (0, 1)]
    made = solution.generate_anchors((3, 4), (7.0, 9.0), sizes, ratios, is_all, 0.3).reshape(3, 4, len(pairs), 4)
    for i in range(3):
        for j in range(4):
            for place, (s, r) in enumerate(pairs):
                left, top, right, bottom = made[i, j, place].tolist()
                assert (left + right) / 2 == pytest.approx((j + 0.3) * 9)
                assert (top + bottom) / 2 == pytest.approx((i + 0.3) * 7)
                assert (right - left) * (bottom - top) == pytest.approx(float(sizes[s]) ** 2)
                assert (bottom - top) / (right - left) == pytest.approx(float(ratios[r]))


def test_the_anchor_by_hand(solution):
    made = solution.generate_anchors((2, 3), (16.0, 16.0), torch.tensor([32.0]), torch.tensor([4.0]))
    assert made.reshape(2, 3, 4)[1, 2].tolist() == [32.0, -8.0, 48.0, 56.0]


def test_areas_of_128_to_512_would_be_small(solution):
    sizes = torch.tensor([128.0, 256.0, 512.0])
    assert math.sqrt(512) < 23
    assert box_area(solution.generate_anchors((1, 1), (16.0, 16.0), sizes, torch.ones(1))).tolist() == [
        16_384,
        65_536,
        262_144,
    ]


# encode_offsets and decode_offsets


@pytest.mark.parametrize("weights", [(10.0, 10.0, 5.0, 5.0), (1.0, 2.0, 4.0, 8.0)])
def test_offsets_agree_with_torchvision(solution, weights):
    boxes, anchors = some_boxes(50), some_boxes(50, seed=9)
    coder, variances = BoxCoder(weights), tuple(1 / weight for weight in weights)
    expected = coder.encode_single(boxes, anchors)
    torch.testing.assert_close(solution.encode_offsets(boxes, anchors, variances), expected, rtol=1e-12, atol=1e-12)
    offsets = 20 * draw(50, 4, seed=5) - 10
    offsets[0, 2:] = 1000.0
    expected = coder.decode_single(offsets, anchors)
    torch.testing.assert_close(solution.decode_offsets(offsets, anchors, variances), expected, rtol=1e-12, atol=1e-10)


def test_decoding_undoes_encoding(solution):
    boxes, anchors = some_boxes(50), some_boxes(50, seed=9)
    back = solution.decode_offsets(solution.encode_offsets(boxes, anchors), anchors)
    torch.testing.assert_close(back, boxes, rtol=1e-12, atol=1e-12)


def test_the_offsets_by_hand(solution):
    anchor, box = (torch.tensor([row], dtype=DOUBLE) for row in figures.EXAMPLE)
    expected = torch.tensor([[2.5, 4.0, 0.0, math.log(2) / 0.2]], dtype=DOUBLE)
    torch.testing.assert_close(solution.encode_offsets(box, anchor), expected)
    assert "0.25 and 0.40, logarithms 0.00 and 0.69" in figures.offsets().description


# assign_anchors


@pytest.mark.parametrize("force", ["none", "ties"])
def test_assignment_agrees_with_torchvision_s_matcher(solution, force):
    matcher = Matcher(0.7, 0.3, allow_low_quality_matches=force == "ties")
    for seed in range(30):
        ious = (draw(4, 9, seed=seed) * 8).round() / 8  # many ties
        ious[:, 0] = ious[:, 0].clamp(min=0.125)
        assert torch.equal(solution.assign_anchors(ious, 0.3, 0.7, force), matcher(ious))


def test_first_agrees_with_torchvision_s_ssd(solution):
    matcher = SSDMatcher(0.5)
    for seed in range(30):
        ious = draw(4, 9, seed=seed)
        assert torch.equal(solution.assign_anchors(ious, 0.5, 0.5, "first"), matcher(ious))


def test_an_untouched_object_makes_the_library_s_background_positive(solution):
    ious = torch.tensor([[0.0, 0.0, 0.0], [0.9, 0.1, 0.0]])
    assert Matcher(0.7, 0.3, allow_low_quality_matches=True)(ious).tolist() == [1, 1, 0]
    assert solution.assign_anchors(ious).tolist() == [1, -1, -1]


def test_the_table_by_hand(solution):
    table = torch.tensor([[0.8, 0.5, 0.1, 0, 0], [0.75, 0.6, 0.2, 0, 0], [0, 0.1, 0.2, 0.25, 0.25]])
    answers = {force: solution.assign_anchors(table, force=force).tolist() for force in ("none", "ties", "first")}
    assert answers == {"none": [0, -2, -1, -1, -1], "ties": [0, -2, -1, 2, 2], "first": [1, -2, -1, 2, -1]}


def photograph_counts(solution, force):
    ious = box_iou(figures.BOXES, figures.anchors())
    matches = solution.assign_anchors(ious, figures.LOW, figures.HIGH, force)
    return [(matches == k).sum().item() for k in (0, 1, 2)], matches


def test_the_spoon_has_an_anchor_by_force_alone(solution):
    none, ties, first = (photograph_counts(solution, force)[0] for force in ("none", "ties", "first"))
    assert (none, ties, first) == ([10, 8, 0], [10, 8, 1], [10, 8, 1])
    ious = box_iou(figures.BOXES, figures.anchors())
    assert 0.455 < ious[2].max() < 0.475
    w, h = figures.BOXES[2, 2] - figures.BOXES[2, 0], figures.BOXES[2, 3] - figures.BOXES[2, 1]
    assert 49 <= w <= 50
    assert 130 <= h <= 131
    assert 2.6 < h / w < 2.7
    left, top, right, bottom = figures.anchors()[ious[2].argmax()].tolist()
    assert (right - left, bottom - top) == (pytest.approx(77.8, abs=0.1), pytest.approx(155.6, abs=0.1))


def test_the_first_picture_shows_the_assignment(solution):
    counts, matches = photograph_counts(solution, "ties")
    assert torch.equal(matches, figures.matches())
    said = ", ".join(f"{name} {count}" for name, count in zip(figures.NAMES, counts, strict=True))
    assert said in figures.overview().description
    assert len(matches) == 5 * 8 * 9
    assert 0.045 < sum(counts) / len(matches) < 0.055  # "one anchor in twenty"


def test_the_figures_anchors_are_those_of_the_exercise(solution):
    sizes, ratios = torch.tensor(figures.SIZES), torch.tensor(figures.RATIOS)
    own = solution.generate_anchors(figures.GRID, figures.STRIDE, sizes, ratios, all_pairs=True)
    torch.testing.assert_close(own, figures.anchors())
    assert "5 on the left, 9 on the right" in figures.at_one_place().description


def test_the_widget_says_what_the_thresholds_make_of_an_anchor(solution):
    for place, size, ratio in (((150.0, 100.0), 110.0, 1.0), ((10.0, 10.0), 70.0, 0.5), ((299.0, 199.0), 70.0, 1.0)):
        said = figures.anchor_at(place, size, ratio).description
        j, i = int(place[0] // figures.STRIDE[1]), int(place[1] // figures.STRIDE[0])
        sizes, ratios = torch.tensor([size]), torch.tensor([ratio])
        own = solution.generate_anchors(figures.GRID, figures.STRIDE, sizes, ratios).reshape(*figures.GRID, 4)[i, j]
        ious = box_iou(figures.BOXES, own[None])
        (match,) = solution.assign_anchors(ious, figures.LOW, figures.HIGH, "none").tolist()
        words = {-1: "background", -2: "ignored"}.get(match, f"assigned to the {figures.NAMES[match]}")
        assert said.endswith(f": {words}.")
        assert f"spoon {ious[2].item():.2f}" in said


# sample_anchors


@pytest.mark.parametrize(("num", "share"), [(256, 0.5), (16, 0.25), (10, 0.5)])
def test_samples_are_as_many_as_torchvision_s(solution, num, share):
    library = BalancedPositiveNegativeSampler(num, share)
    generator = torch.Generator().manual_seed(0)
    for seed in range(10):
        matches = (draw(300, seed=seed) * 40).long() - (30 if seed % 2 else 2)
        matches = matches.clamp(-2, 3)
        labels = torch.where(matches >= 0, 1, torch.where(matches == -1, 0, -1))
        positive, negative = solution.sample_anchors(matches, generator, num, share)
        with torch.random.fork_rng():
            chosen, others = library([labels])
        assert (len(positive), len(negative)) == (chosen[0].sum().item(), others[0].sum().item())
        assert bool((matches[positive] >= 0).all())
        assert bool((matches[negative] == -1).all())
        assert len(torch.cat([positive, negative]).unique()) == len(positive) + len(negative)


# hard_negative_mining


def mined_by_loops(losses, matches, ratio, least):
    chosen = torch.zeros_like(matches, dtype=torch.bool)
    for image in range(len(losses)):
        places = range(losses.shape[1])
        chosen[image] = matches[image] >= 0
        negatives = [place for place in places if matches[image, place] == -1]
        negatives.sort(key=lambda place: (-losses[image, place].item(), place))
        count = max(ratio * int(chosen[image].sum()), least)
        for place in negatives[:count]:
            chosen[image, place] = True
    return chosen


@pytest.mark.parametrize(("ratio", "least"), [(3, 0), (1, 4), (2, 1)])
def test_hard_negatives_are_those_of_a_loop(solution, ratio, least):
    for seed in range(10):
        losses = (draw(4, 30, seed=seed) * 6).round()
        matches = ((draw(4, 30, seed=seed + 50) * 10).long() - 8).clamp(-2, 1)
        matches[0] = matches[0].clamp(max=-1)
        expected = mined_by_loops(losses, matches, ratio, least)
        assert torch.equal(solution.hard_negative_mining(losses, matches, ratio, least), expected)


def test_hard_negatives_are_those_of_torchvision_s_ssd(solution):
    """The library's own loss, of which these anchors are the summands: the sum comes to the same."""
    num, num_classes = 40, 5
    logits = 4 * draw(2, num, num_classes)
    matches = torch.full((2, num), -1)
    matches[0, 3], matches[0, 8], matches[1, 30] = 0, 1, 0
    targets = [{"boxes": some_boxes(2).float(), "labels": torch.tensor([2, 4])} for _ in range(2)]
    head = {"bbox_regression": torch.zeros(2, num, 4, dtype=DOUBLE), "cls_logits": logits}
    ssd = SSD.__new__(SSD)
    torch.nn.Module.__init__(ssd)
    ssd.box_coder, ssd.neg_to_pos_ratio = BoxCoder((10.0, 10.0, 5.0, 5.0)), 3
    anchors = [some_boxes(num).float()] * 2
    loss = ssd.compute_loss(targets, head, anchors, list(matches))["classification"]
    classes = torch.zeros(2, num, dtype=torch.int64)
    classes[0, 3], classes[0, 8], classes[1, 30] = 2, 4, 2
    each = torch.nn.functional.cross_entropy(logits.transpose(1, 2), classes, reduction="none")
    chosen = solution.hard_negative_mining(each, matches)
    torch.testing.assert_close(each[chosen].sum() / 3, loss)


def test_the_mining_by_hand(solution):
    losses = torch.tensor([[0.1, 2, 0.7, 0.9, 3, 0.7]])
    matches = torch.tensor([[-1, 1, -1, -1, -2, -1]])
    assert solution.hard_negative_mining(losses, matches)[0].nonzero().flatten().tolist() == [1, 2, 3, 5]
    assert solution.hard_negative_mining(losses, matches, ratio=2)[0].nonzero().flatten().tolist() == [1, 2, 3]


def test_a_few_hard_negatives_have_more_of_the_loss_than_the_easier_half():
    losses, positives = figures.early_losses()
    assert (positives, len(losses)) == (3, 472)
    assert losses[:9].sum() > losses[len(losses) // 2 :].sum()
    assert "472 negatives, falling steeply; the first 9" in figures.hard().description


# kmeans_anchors


def kmeans_by_loops(sides, start, steps, middle):
    def nearest(width, height, anchors):
        far = []
        for other, tall in anchors:
            shared = min(width, other) * min(height, tall)
            far.append(1 - shared / (width * height + other * tall - shared))
        return far.index(min(far))

    anchors = start.tolist()
    for _ in range(steps):
        joined = [nearest(*side, anchors) for side in sides.tolist()]
        for k in range(len(anchors)):
            mine = sides[[place for place, other in enumerate(joined) if other == k]].numpy()
            if len(mine):
                anchors[k] = list(mine.mean(axis=0) if middle == "mean" else np.median(mine, axis=0))
    return torch.tensor(anchors, dtype=DOUBLE), torch.tensor([nearest(*side, anchors) for side in sides.tolist()])


@pytest.mark.parametrize("middle", ["mean", "median"])
@pytest.mark.parametrize("steps", [0, 1, 10])
def test_k_means_is_that_of_loops(solution, middle, steps):
    for seed in range(4):
        sides = 2 + 40 * draw(60, 2, seed=seed).square()
        start = torch.cat([sides[:4], torch.tensor([[500.0, 400.0]], dtype=DOUBLE)])
        expected = kmeans_by_loops(sides, start, steps, middle)
        torch.testing.assert_close(solution.kmeans_anchors(sides, start, steps, middle), expected)


def test_the_join_by_hand(solution):
    anchors = torch.tensor([[6.0, 4.0], [2.0, 8.0]])
    box = torch.tensor([[4.0, 6.0]])
    assert solution.kmeans_anchors(box, anchors, steps=0)[1].tolist() == [0]
    torch.testing.assert_close(torch.cdist(box, anchors), torch.full((1, 2), 8**0.5))
    ious = box_iou(anchor_head.centred(box), anchor_head.centred(anchors))
    torch.testing.assert_close(ious, torch.tensor([[0.5, 12 / 28]]))


def fitted(solution):
    sides = anchor_head.sides("train")
    return solution.kmeans_anchors(sides, start=sides[:5], steps=20)[0]


def test_fitted_anchors_lie_among_the_boxes(solution):
    torch.testing.assert_close(fitted(solution), figures.fitted())
    assert "Five fitted anchors lie in it" in figures.clusters().description
    sides = anchor_head.sides("train")
    ratios = sides[:, 0] / sides[:, 1]
    assert ratios.min() > 1
    assert ratios.max() < 2
    own = fitted(solution)[:, 0] / fitted(solution)[:, 1]
    assert bool((ratios.min() < own).all())
    assert bool((own < ratios.max()).all())
    assert bool((fitted(solution) < sides.amax(dim=0)).all())
    by_hand = anchor_head.HAND_PICKED[:, 0] / anchor_head.HAND_PICKED[:, 1]
    torch.testing.assert_close(by_hand, torch.tensor([1.0, 1.0, 1.0, 2.0, 0.5]))
    assert bool((anchor_head.HAND_PICKED[2] > sides.amax(dim=0)).all())


# best_possible_recall


@pytest.mark.parametrize("threshold", [1.5, 2.0, 4.0])
def test_the_best_possible_recall_is_that_of_loops(solution, threshold):
    for seed in range(5):
        sides, anchors = 2 + 60 * draw(40, 2, seed=seed).square(), 2 + 60 * draw(6, 2, seed=seed + 20).square()
        fits = []
        for w, h in sides.tolist():
            factors = [max(w / a, a / w, h / b, b / h) for a, b in anchors.tolist()]
            fits.append(sum(factor < threshold for factor in factors))
        recall, mean = solution.best_possible_recall(sides, anchors, threshold)
        assert recall.item() == pytest.approx(sum(fit > 0 for fit in fits) / 40)
        assert mean.item() == pytest.approx(sum(fits) / 40)


def test_the_sets_of_anchors_differ_as_the_text_says(solution):
    new, by_hand = anchor_head.sides("test"), anchor_head.HAND_PICKED
    best = {
        name: box_iou(anchor_head.centred(new), anchor_head.centred(own)).amax(dim=1).mean().item()
        for name, own in (("by hand", by_hand), ("fitted", fitted(solution)))
    }
    assert 0.75 < best["by hand"] / best["fitted"] < 0.83  # "a fifth lower"
    assert 0.2 < 1 - solution.best_possible_recall(new, 4 * by_hand)[0] < 0.28  # "nearly a quarter"
    for own in (by_hand, fitted(solution)):
        assert solution.best_possible_recall(new, own)[0] == 1


# The small detector


def prepared(solution):
    placed, own = anchor_head.placed(fitted(solution)), anchor_head.boxes("train")
    tables = [box_iou(boxes, placed) for boxes in own]
    forced, free = (
        torch.stack([solution.assign_anchors(table, 0.4, 0.6, force=word) for table in tables])
        for word in ("ties", "none")
    )
    nearest = [boxes[table.argmax(dim=0)] for boxes, table in zip(own, tables, strict=True)]
    offsets = torch.stack([solution.encode_offsets(boxes, placed) for boxes in nearest])
    return placed, forced, free, offsets


def test_anchors_are_placed_in_the_order_of_the_exercise(solution):
    sizes, ratios = torch.tensor([12.0, 24.0]), torch.tensor([0.5, 2.0])
    own = solution.generate_anchors(anchor_head.GRID, (8.0, 8.0), sizes, ratios)
    one_place = solution.generate_anchors((1, 1), (0.0, 0.0), sizes, ratios)
    torch.testing.assert_close(anchor_head.placed(one_place[:, 2:] - one_place[:, :2]), own)


def test_boxes_lie_around_what_is_seen():
    for image, own in zip(anchor_head.images("train")[:5], anchor_head.boxes("train"), strict=False):
        assert image.shape == (3, 64, 96)
        assert bool((own[:, 2] > own[:, 0]).all())
        assert own[:, 2].max() <= 96
        assert own[:, 3].max() <= 64


def test_a_third_of_the_objects_have_no_anchor_without_force(solution):
    _, forced, free, _ = prepared(solution)
    own = anchor_head.boxes("train")
    without = sum(k not in row for row, boxes in zip(free.tolist(), own, strict=True) for k in range(len(boxes)))
    assert 0.28 < without / sum(map(len, own)) < 0.38
    assert 2 <= (forced >= 0).sum(dim=1).float().mean() <= 3.5


def test_hard_negatives_and_force_are_worth_what_the_text_says(solution):
    placed, forced, free, offsets = prepared(solution)
    shares = {}
    with one_thread():
        for name, matches, choose in (
            ("all", forced, lambda losses, matches: matches > -2),
            ("hard", forced, solution.hard_negative_mining),
            ("free", free, solution.hard_negative_mining),
        ):
            head = anchor_head.train(matches, offsets, choose)
            shares[name] = anchor_head.recall(head, placed, solution.decode_offsets)
    assert shares["hard"][0] > 0.94
    assert shares["all"][0] < 0.8
    assert shares["all"][0] < shares["free"][0] < shares["hard"][0] - 0.04
    assert 1 - shares["free"][1] > 2 * (1 - shares["hard"][1])  # of small ones "several times as many"
    found = anchor_head.detect(head, placed, solution.decode_offsets)
    assert len(found) == 150
    assert all(len(boxes) <= 10 for boxes, _ in found)
    assert "4 test images" in figures.found(found).description
