"""The references of evaluation, held to torchvision, scikit-learn, pycocotools' twelve numbers and loops by hand."""

import contextlib
import io
import math
import warnings

import numpy as np
import pytest
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn import metrics
from torchmetrics.detection import MeanAveragePrecision
from torchvision import ops

from coursekit.figures import evaluation as figures

NOTEBOOK = "07_detection/evaluation"
SIZES = ("all", "small", "medium", "large")


def drawn_boxes(rng, num, *, reach=30, side=20):
    """Boxes at whole places, some of them below zero, so that many IoUs are equal."""
    corner = rng.integers(-10, reach, (num, 2))
    sides = rng.integers(1, side, (num, 2))
    return torch.from_numpy(np.concatenate([corner, corner + sides], axis=1)).double()


def drawn_scores(rng, num):
    """Scores with many ties."""
    return torch.from_numpy(rng.integers(1, 9, num) / 10)


def area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def iou_of(one, other):
    """The IoU of two lists of four, by hand."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    both = max(across, 0) * max(down, 0)
    union = area(one) + area(other) - both
    return both / union if union else 0.0


# Suppression


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5])
def test_nms_is_torchvisions(solution, seed, threshold):
    rng = np.random.default_rng(seed)
    boxes, scores = drawn_boxes(rng, 40), drawn_scores(rng, 40)
    assert torch.equal(solution.nms(boxes, scores, threshold), ops.nms(boxes, scores, threshold))


@pytest.mark.parametrize("seed", range(8))
def test_nms_by_class_is_torchvisions_batched(solution, seed):
    """Boxes lie at places from 0 up, since torchvision's trick of moving each class away fails below."""
    rng = np.random.default_rng(seed)
    boxes, labels = drawn_boxes(rng, 40) + 10, torch.from_numpy(rng.integers(0, 4, 40))
    scores = torch.from_numpy(rng.permutation(40) / 40)
    came = solution.nms(boxes, scores, 0.4, labels)
    assert torch.equal(came, ops.batched_nms(boxes, scores, labels, 0.4))
    each = [torch.nonzero(labels == label)[:, 0] for label in range(4)]
    left = torch.cat([mine[ops.nms(boxes[mine], scores[mine], 0.4)] for mine in each])
    assert torch.equal(came, left[scores[left].argsort(descending=True)])


def test_of_two_points_at_one_place_both_stay(solution):
    point = torch.tensor([[3.0, 4, 3, 4]] * 2)
    scores = torch.tensor([0.5, 0.5])
    assert solution.nms(point, scores, 0.0).tolist() == ops.nms(point, scores, 0.0).tolist() == [0, 1]


def soft_by_hand(boxes, scores, factor, least):
    waiting = [[score, -place] for place, score in enumerate(scores)]
    found = []
    while waiting:
        top = max(waiting)
        if top[0] < least:
            break
        waiting.remove(top)
        found.append((-top[1], top[0]))
        for one in waiting:
            one[0] *= factor(iou_of(boxes[-top[1]], boxes[-one[1]]))
    return [place for place, _ in found], [score for _, score in found]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("method", ["linear", "gaussian"])
def test_soft_nms_is_its_definition(solution, seed, method):
    rng = np.random.default_rng(seed)
    boxes, scores = drawn_boxes(rng, 25), drawn_scores(rng, 25)
    factors = {
        "linear": lambda iou: 1 - iou if iou > 0.25 else 1.0,
        "gaussian": lambda iou: math.exp(-(iou**2) / 0.4),
    }
    came = solution.soft_nms(boxes, scores, method, iou_threshold=0.25, sigma=0.4, min_score=0.05)
    expected = soft_by_hand(boxes.tolist(), scores.tolist(), factors[method], 0.05)
    assert came[0].tolist() == expected[0]
    torch.testing.assert_close(came[1], torch.tensor(expected[1], dtype=torch.float64))


def diou_by_hand(one, other, power):
    x, y = ((one[k] + one[k + 2] - other[k] - other[k + 2]) / 2 for k in (0, 1))
    c, d = (max(one[k + 2], other[k + 2]) - min(one[k], other[k]) for k in (0, 1))
    return iou_of(one, other) - ((x * x + y * y) / (c * c + d * d)) ** power


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("power", [1.0, 0.6])
def test_diou_nms_is_its_definition(solution, seed, power):
    rng = np.random.default_rng(seed)
    boxes, scores = drawn_boxes(rng, 30), drawn_scores(rng, 30)
    rows, waiting, expected = boxes.tolist(), np.argsort(-scores.numpy(), kind="stable").tolist(), []
    while waiting:
        top = waiting.pop(0)
        expected.append(top)
        waiting = [one for one in waiting if diou_by_hand(rows[top], rows[one], power) <= 0.183]
    assert solution.diou_nms(boxes, scores, 0.183, power).tolist() == expected


@pytest.mark.parametrize("seed", range(3))
def test_diou_is_torchvisions(solution, seed):
    """Each pair of boxes by itself: the lower one goes exactly where torchvision's DIoU is above the threshold."""
    boxes = drawn_boxes(np.random.default_rng(seed), 16)
    values = ops.distance_box_iou(boxes, boxes)
    scores = torch.tensor([0.9, 0.8], dtype=torch.float64)
    for i in range(0, 16, 2):
        for step, count in ((1e-6, 2), (-1e-6, 1)):
            pair, limit = boxes[[i, i + 1]], float(values[i, i + 1]) + step
            assert len(solution.diou_nms(pair, scores, limit)) == count


# The curve, and its mean


@pytest.mark.parametrize("seed", range(6))
def test_the_curve_is_scikit_learns(solution, seed):
    """scikit-learn knows of no object that nobody detects: its recalls are ours where all are found."""
    rng = np.random.default_rng(seed)
    scores, hits = drawn_scores(rng, 30), torch.from_numpy(rng.random(30) < 0.6)
    found = int(hits.sum())
    library = metrics.precision_recall_curve(hits.numpy(), scores.numpy())
    for num in (found, found + 7):
        came = solution.precision_recall_curve(scores, hits, num)
        np.testing.assert_allclose(came[0].flip(0), library[0][:-1])
        np.testing.assert_allclose(came[1].flip(0), library[1][:-1] * found / num)
        np.testing.assert_allclose(came[2].flip(0), library[2])


def test_with_no_object_recall_is_one_as_in_scikit_learn(solution):
    scores, hits = torch.tensor([0.4, 0.9]), torch.tensor([False, False])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = metrics.precision_recall_curve(hits.numpy(), scores.numpy())
    came = solution.precision_recall_curve(scores, hits, 0)
    assert came[1].tolist() == library[1][:-1].tolist() == [1, 1]
    assert [len(part) for part in solution.precision_recall_curve(scores[:0], hits[:0], 3)] == [0, 0, 0]


def ap_by_hand(hits, num, levels):
    """The mean height of the envelope, at levels or as an area, by loops."""
    points = [(sum(hits[: k + 1]) / num, sum(hits[: k + 1]) / (k + 1)) for k in range(len(hits))]

    def height(recall):
        return max((p for r, p in points if r >= recall), default=0.0)

    if levels is not None:
        return sum(height(level) for level in levels) / len(levels)
    return sum(height(k / num) / num for k in range(1, num + 1))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("num", [19, 20, 23, 60])
def test_average_precision_is_its_definition(solution, seed, num):
    rng = np.random.default_rng(seed)
    scores, hits = drawn_scores(rng, 25), torch.from_numpy(rng.random(25) < 0.5)
    hits[torch.nonzero(hits)[19:]] = False
    ranked = hits[np.argsort(-scores.numpy(), kind="stable")].tolist()
    for levels in (None, solution.VOC_LEVELS, solution.COCO_LEVELS):
        came = solution.average_precision(scores, hits, num, levels)
        expected = ap_by_hand(ranked, num, None if levels is None else levels.tolist())
        assert float(came) == pytest.approx(expected, abs=1e-12)


def test_a_curve_without_teeth_has_scikit_learns_average_precision(solution):
    """Its area has no envelope: where precision only falls, there is no difference."""
    scores, hits = torch.arange(9.0).flip(0) / 9, torch.tensor([1, 1, 1, 1, 0, 0, 0, 0, 0]).bool()
    assert float(solution.average_precision(scores, hits, 4)) == 1
    hits = torch.tensor([1, 1, 0, 0, 0, 0, 0, 0, 1]).bool()
    expected = metrics.average_precision_score(hits.numpy(), scores.numpy())
    assert float(solution.average_precision(scores, hits, 3)) == pytest.approx(expected)


# The twelve numbers


def drawn_images(seed, num_images=5, num_classes=3, is_spoken=True, crowds=0.15, most=9):
    """Objects of all sizes, detections near them, with ties in scores and IoUs, and empty images and classes."""
    rng = np.random.default_rng(seed)
    images = []
    for number in range(num_images):
        count = 0 if number == 1 else int(rng.integers(0, most))
        sides = rng.choice([8, 16, 32, 48, 96, 128], (count, 2))  # 32² and 96² belong to two sizes
        corner = rng.integers(0, 200, (count, 2))
        objects = np.concatenate([corner, corner + sides], axis=1).astype(float)
        object_labels = rng.integers(0, num_classes - 1, count)  # the last class has none
        said, labels = [], []
        for box, label in zip(objects, object_labels, strict=True):
            for _ in range(int(rng.integers(0, 4))):
                near = box + rng.integers(-6, 7, 4)
                near[2:] = np.maximum(near[2:], near[:2] + 1)
                said.append(near)
                labels.append(label if rng.random() < 0.8 else rng.integers(0, num_classes))
        for _ in range(int(rng.integers(0, 6))):
            corner = rng.integers(0, 200, 2)
            said.append(np.concatenate([corner, corner + rng.integers(1, 130, 2)]))
            labels.append(rng.integers(0, num_classes))
        order = rng.permutation(len(said)) if is_spoken else []
        images.append(
            {
                "boxes": torch.tensor(np.array([said[k] for k in order]).reshape(-1, 4)).double(),
                "scores": drawn_scores(rng, len(order)),
                "labels": torch.tensor([int(labels[k]) for k in order], dtype=torch.int64),
                "objects": torch.from_numpy(objects.reshape(-1, 4)),
                "object_labels": torch.from_numpy(object_labels).long(),
                "crowd": torch.from_numpy(rng.random(count) < crowds),
            }
        )
    return images


def wide_and_high(box):
    left, top, right, bottom = box
    return [left, top, right - left, bottom - top]


def judged(images, num_classes):
    """pycocotools' evaluation, accumulated and summarised, without its printed lines."""
    truth, said = [], []
    for number, image in enumerate(images, start=1):
        for box, label, crowd in zip(
            image["objects"].tolist(), image["object_labels"].tolist(), image["crowd"].tolist(), strict=True
        ):
            own = {"id": len(truth) + 1, "image_id": number, "category_id": label + 1, "iscrowd": int(crowd)}
            truth.append({**own, "bbox": wide_and_high(box), "area": area(box)})
        for box, label, score in zip(
            image["boxes"].tolist(), image["labels"].tolist(), image["scores"].tolist(), strict=True
        ):
            own = {"image_id": number, "category_id": label + 1, "score": score}
            said.append({**own, "bbox": wide_and_high(box)})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "info": {},
            "images": [{"id": number} for number in range(1, len(images) + 1)],
            "categories": [{"id": label + 1} for label in range(num_classes)],
            "annotations": truth,
        }
        coco.createIndex()
        found = coco.loadRes(said) if said else _nothing_said(coco)
        judge = COCOeval(coco, found, "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return judge


def _nothing_said(coco):
    """loadRes looks at the first detection to learn of which kind they are: with none it fails."""
    found = COCO()
    found.dataset = {**coco.dataset, "annotations": []}
    found.createIndex()
    return found


def as_nan(stats):
    """pycocotools writes -1 where there is nothing to measure."""
    stats = torch.as_tensor(np.asarray(stats))
    return torch.where(stats < 0, torch.nan, stats)


def assert_twelve(solution, images, num_classes):
    came = solution.coco_numbers(images, num_classes)
    expected = as_nan(judged(images, num_classes).stats)
    torch.testing.assert_close(came, expected, rtol=0, atol=1e-12, equal_nan=True)
    return came


@pytest.mark.parametrize("seed", range(8))
def test_the_twelve_numbers_are_pycocotools(solution, seed):
    assert_twelve(solution, drawn_images(seed), 3)


@pytest.mark.parametrize("seed", range(4))
def test_the_twelve_numbers_are_pycocotools_among_many_crowds(solution, seed):
    assert_twelve(solution, drawn_images(100 + seed, num_images=3, num_classes=2, crowds=0.6, most=12), 2)


def test_the_twelve_numbers_without_detections_are_zero_or_nothing(solution):
    came = assert_twelve(solution, drawn_images(5, is_spoken=False), 3)
    assert came.nan_to_num().abs().max() == 0
    nothing = [{**image, **drawn_images(1, 2)[1]} for image in drawn_images(3, 2)]
    assert assert_twelve(solution, nothing, 3).isnan().all()


def test_the_twelve_numbers_with_more_than_a_hundred_detections(solution):
    rng = np.random.default_rng(0)
    images = drawn_images(7, num_images=2, num_classes=2)
    images[0]["boxes"] = drawn_boxes(rng, 160, reach=200, side=100)
    images[0]["scores"] = torch.from_numpy(rng.integers(1, 60, 160) / 60)
    images[0]["labels"] = torch.zeros(160, dtype=torch.int64)
    images[0]["objects"] = images[0]["boxes"][images[0]["scores"] < 0.4][:12].clone()
    images[0]["object_labels"] = torch.zeros(12, dtype=torch.int64)
    images[0]["crowd"] = torch.zeros(12, dtype=torch.bool)
    assert_twelve(solution, images, 2)


@pytest.mark.parametrize("seed", range(3))
def test_recall_of_each_class_and_size_is_pycocotools(solution, seed):
    images = drawn_images(seed, num_images=4)
    judge = judged(images, 3)
    ranges = [tuple(map(float, one)) for one in judge.params.areaRng]
    for label in range(3):
        own = [solution._of_class(image, label) for image in images]
        for place, area_range in enumerate(ranges):
            for number, most in enumerate((1, 10, 100)):
                expected = as_nan([judge.eval["recall"][:, label, place, number].mean()])[0]
                came = solution.average_recall(own, most, area_range)
                torch.testing.assert_close(came, expected, rtol=0, atol=1e-12, equal_nan=True)


@pytest.mark.parametrize("seed", range(6))
def test_who_takes_whom_is_as_in_pycocotools(solution, seed):
    images = drawn_images(seed, num_images=1, num_classes=2, crowds=0.3, most=14)
    judge = judged(images, 2)
    own = solution._of_class(images[0], 0)
    order = own["scores"].argsort(descending=True, stable=True)
    ids = (torch.nonzero(images[0]["object_labels"] == 0)[:, 0] + 1).tolist()
    for place, kind in enumerate(SIZES):
        theirs = judge.evalImgs[place]
        if theirs is None:
            continue
        low, high = judge.params.areaRng[place]
        size = ops.box_area(own["objects"])
        iou = solution.overlaps(own["boxes"][order], own["objects"], own["crowd"])
        for number, threshold in enumerate(judge.params.iouThrs):
            came = solution.match_detections(iou, threshold, (size < low) | (size > high), own["crowd"])
            named = [ids[taken] if taken >= 0 else 0 for taken in came.tolist()]
            assert named == theirs["dtMatches"][number].astype(int).tolist(), kind


def test_torchmetrics_gives_the_same_numbers(solution):
    """Its own thresholds and levels are float32, which at whole places decides: it is given pycocotools' own."""
    images = drawn_images(3, num_classes=2)
    levels, thresholds = solution.COCO_LEVELS.tolist(), solution.THRESHOLDS.tolist()
    judge = MeanAveragePrecision(rec_thresholds=levels, iou_thresholds=thresholds)
    judge.update(
        [{name: one[name] for name in ("boxes", "scores", "labels")} for one in images],
        [{"boxes": one["objects"], "labels": one["object_labels"], "iscrowd": one["crowd"].int()} for one in images],
    )
    found = judge.compute()
    names = ("map", "map_50", "map_75", "map_small", "map_medium", "map_large")
    names += ("mar_1", "mar_10", "mar_100", "mar_small", "mar_medium", "mar_large")
    theirs = as_nan([float(found[name]) for name in names])
    torch.testing.assert_close(solution.coco_numbers(images, 2), theirs, rtol=0, atol=1e-6, equal_nan=True)


def test_coco_s_levels_and_thresholds_are_pycocotools(solution):
    params = judged(drawn_images(0), 3).params
    assert solution.THRESHOLDS.tolist() == params.iouThrs.tolist()
    assert solution.COCO_LEVELS.tolist() == params.recThrs.tolist()


def test_eleven_levels_in_pycocotools_are_voc_s(solution):
    """pycocotools, asked for VOC's levels: the precision of one class at IoU 0.5."""
    images = drawn_images(2, num_classes=2, crowds=0.0)
    judge = judged(images, 2)
    judge.params.recThrs = solution.VOC_LEVELS.numpy()
    with contextlib.redirect_stdout(io.StringIO()):
        judge.accumulate()
    scores, hits, num = [], [], 0
    for image in images:
        own = solution._of_class(image, 0)
        order = own["scores"].argsort(descending=True, stable=True)
        iou = solution.overlaps(own["boxes"][order], own["objects"])
        scores.append(own["scores"][order])
        hits.append(solution.match_detections(iou, 0.5) >= 0)
        num += len(own["objects"])
    came = solution.average_precision(torch.cat(scores), torch.cat(hits), num, solution.VOC_LEVELS)
    assert float(came) == pytest.approx(judge.eval["precision"][0, :, 0, 0, 2].mean(), abs=1e-12)


# What the notebook says by hand, and its pictures


def test_three_boxes_in_a_row(solution):
    row = torch.tensor([[0.0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10]])
    table = solution.overlaps(row, row)
    assert table[0, 1] == pytest.approx(70 / 130)
    assert table[0, 2] == pytest.approx(0.25)
    scores = torch.tensor([0.9, 0.8, 0.7])
    assert solution.nms(row, scores, 0.5).tolist() == [0, 2]
    places, lowered = solution.soft_nms(row, scores, iou_threshold=0.5)
    assert places.tolist() == [0, 2, 1]
    assert lowered.tolist() == pytest.approx([0.9, 0.7, 0.170], abs=1e-3)


def test_overlap_with_a_crowd_is_the_share_of_the_box_that_lies_in_it(solution):
    boxes, crowd = torch.tensor([[0.0, 0, 4, 2], [9, 9, 10, 12]]), torch.tensor([[1.0, 0, 30, 30], [0, 0, 4, 2]])
    came = solution.overlaps(boxes, crowd, torch.tensor([True, False]))
    torch.testing.assert_close(came, torch.tensor([[0.75, 1.0], [1.0, 0.0]]))


def test_an_order_of_scores_and_nms_makes_no_difference(solution):
    """The question: scores before NMS or after it; and for Soft-NMS it does make one."""
    for one in figures.raw_detections()[:5]:
        sure = torch.nonzero(one["scores"] >= 0.3)[:, 0]
        before = sure[solution.nms(one["boxes"][sure], one["scores"][sure], 0.5, one["labels"][sure])]
        after = solution.nms(one["boxes"], one["scores"], 0.5, one["labels"])
        assert torch.equal(before, after[one["scores"][after] >= 0.3])


def test_of_the_two_pairs_one_is_thinned_by_diou(solution):
    """IoU one half in both; 0.45 on the right, where the box around both is 8 × 4."""
    inside, beside = figures.SAME_IOU.values()
    for pair, left in ((inside, 1), (beside, 2)):
        assert float(ops.box_iou(pair[:1], pair[1:])) == pytest.approx(0.5)
        assert len(solution.diou_nms(pair, torch.tensor([0.9, 0.8]), 0.48)) == left
    assert float(ops.distance_box_iou(beside[:1], beside[1:])) == pytest.approx(0.45)
    assert "an IoU of 0.50 each" in figures.same_iou().description


def test_the_factors_are_those_of_the_three_ways(solution):
    """Two boxes, one score lowered: what the picture draws at an IoU of 0.6."""
    pair = torch.tensor([[0.0, 0, 8, 1], [2, 0, 10, 1]])
    scores = torch.tensor([1.0, 0.9])
    for method, factor in (("linear", 0.4), ("gaussian", math.exp(-0.36 / 0.5))):
        assert solution.soft_nms(pair, scores, method, 0.5)[1][1].item() == pytest.approx(0.9 * factor)
    assert math.exp(-1 / 0.5) == pytest.approx(0.14, abs=0.005)
    assert "smoothly from 1 to 0.14" in figures.factors().description


def test_the_table_of_three_detections(solution):
    table = solution.overlaps(figures.DETECTIONS, figures.OBJECTS)
    expected = torch.tensor([[0.85, 0.35], [0.68, 0.63], [0.27, 0.61]])
    torch.testing.assert_close(table, expected, atol=0.005, rtol=0)
    assert solution.match_detections(table, 0.5).tolist() == [0, 1, -1]
    assert solution.match_detections(table, 0.75).tolist() == [0, -1, -1]
    assert "2: 0.68 with A, 0.63 with B" in figures.matching().description


def test_five_detections_of_four_objects(solution):
    scores = torch.tensor([0.9, 0.8, 0.8, 0.6, 0.5], dtype=torch.float64)
    hits = torch.tensor(figures.HITS)
    precision, recall, thresholds = solution.precision_recall_curve(scores, hits, figures.NUM_FOUR)
    assert thresholds.tolist() == [0.9, 0.8, 0.6, 0.5]
    assert precision.tolist() == pytest.approx([1, 2 / 3, 1 / 2, 3 / 5])
    assert recall.tolist() == [0.25, 0.5, 0.5, 0.75]
    averages = [solution.average_precision(scores, hits, 4, levels) for levels in (solution.VOC_LEVELS, None)]
    assert [float(one) for one in averages] == pytest.approx([0.564, 0.567], abs=5e-4)
    assert "heights 1.00, 0.67, 0.60, 0.00. Eleven crosses" in figures.envelope().description
    assert "a mean of 0.564" in figures.envelope().description


def test_said_twice(solution):
    """The question: copies between the right ones cost a quarter, copies behind them nothing."""
    hits = torch.tensor([True] * 3 + [False] * 3)
    for copies, expected in (([0.89, 0.79, 0.69], 0.756), ([0.3, 0.2, 0.1], 1.0)):
        scores = torch.tensor([0.9, 0.8, 0.7, *copies])
        assert float(solution.average_precision(scores, hits, 3)) == pytest.approx(expected, abs=5e-4)


def test_the_first_picture_has_seven_objects_and_many_boxes(solution):
    """The higher the threshold of NMS, the more boxes are left, and always more than there are objects."""
    raw = figures.raw_detections()[0]
    assert len(raw["objects"]) == 7
    left = [
        len(solution.nms(raw["boxes"], raw["scores"], threshold, raw["labels"])) for threshold in (0.3, 0.5, 0.7, 0.9)
    ]
    assert left == sorted(set(left))
    assert left[1] == len(figures.detections()[0]["boxes"])
    assert len(raw["boxes"]) > 5 * left[1]
    first, takes = figures.detections()[0], torch.tensor(figures.verdicts()[0])
    wrong = first["labels"][takes < 0]
    assert len(wrong) > 8
    assert (wrong == 0).float().mean() > 0.8  # red: the stripe
    assert f"shapes with {len(raw['boxes'])} boxes, the same with {left[1]}" in figures.overview().description


def test_pictures_are_twenty_of_ninety_six_rows_and_all_objects_are_small():
    pictures = figures.pictures()
    assert [tuple(image.shape) for image in pictures.images] == [(3, 96, 128)] * 20
    objects = torch.cat(pictures.boxes)
    assert float(ops.box_area(objects).max()) < 32**2
    assert float(objects.min()) >= 0
    assert torch.all(objects <= torch.tensor([128.0, 96, 128, 96]))


def test_a_high_score_shows_what_is_right_and_a_low_one_nearly_all_objects():
    """The explorer: the ends of its curve, and how it sinks where more overlap is asked for."""
    line = figures.curve(0.5)
    assert line.precision[line.scores >= 0.9].min() > 0.95
    assert line.recall[-1] > 0.95
    assert 0.35 < line.precision[-1] < 0.65
    ends = [figures.curve(iou).recall[-1] for iou in (0.5, 0.6, 0.7, 0.8, 0.9)]
    assert ends == sorted(ends, reverse=True)
    assert ends[-1] < 0.2
    for score, iou, picture in ((0.5, 0.5, 0), (0.05, 0.9, 3), (0.95, 0.7, 2)):
        shown = line.scores >= score
        said = figures.explorer(score, iou, picture).description
        assert f"a score of at least {score:.2f}" in said
        if shown.any():
            at = figures.curve(iou).precision[int(shown.sum()) - 1]
            assert f"precision {at:.2f}" in said


def test_the_detectors_numbers_are_pycocotools_and_the_picture_s(solution):
    """All is found at 0.5, and little drawn well enough at 0.75; what isn't small is nothing."""
    images = figures.detections()
    came = assert_twelve(solution, images, figures.NUM_CLASSES)
    assert came[1] > 0.9
    assert came[2] < 0.4
    assert came[[4, 5, 10, 11]].isnan().all()
    assert len(figures.NAMES) == len(came)
    values = [figures.mean_ap(iou) for iou in figures.IOUS]
    assert values == sorted(values, reverse=True)
    assert [values[0], values[5], np.mean(values)] == pytest.approx(came[[1, 2, 0]].tolist(), abs=1e-9)
    assert f"falls from {values[0]:.2f} at an IoU of 0.5" in figures.by_threshold().description


def test_twice_as_large_changes_the_sizes_alone(solution):
    """The question: boxes and objects enlarged to twice their width and height."""
    images = figures.detections()[:6]
    large = [{**one, "boxes": 2 * one["boxes"], "objects": 2 * one["objects"]} for one in images]
    once, twice = (solution.coco_numbers(some, figures.NUM_CLASSES) for some in (images, large))
    same = [0, 1, 2, 6, 7, 8]
    torch.testing.assert_close(once[same], twice[same], rtol=0, atol=0)
    assert not twice[[4, 10]].isnan().any()
