"""Checks of the notebook on evaluation: suppression, matching, precision and recall, COCO's twelve numbers."""

import pytest
import torch

from autograder.authoring import assert_close, assert_equal, assert_parts, contract, exercise, integers, rand

DOUBLE = torch.float64


def boxes_of(*rows):
    """Return boxes (N, 4) in double."""
    return torch.tensor(rows, dtype=DOUBLE).reshape(-1, 4)


def numbers(*values):
    """Return numbers in double."""
    return torch.tensor(values, dtype=DOUBLE)


def drawn(rng, num, dtype=DOUBLE):
    """Return boxes that overlap in many ways, some below zero, and scores that all differ."""
    corner = 12 * rand(rng, num, 2, dtype=dtype) - 4
    sides = 2 + 9 * rand(rng, num, 2, dtype=dtype)
    order = torch.from_numpy(rng.permutation(num))
    return torch.cat([corner, corner + sides], dim=1), (0.2 + 0.7 * order / max(num, 1)).to(dtype)


ROW = boxes_of([0, 0, 10, 10], [3, 0, 13, 10], [6, 0, 16, 10])
EMPTY = boxes_of()
PLAIN = {"square": False}


# --- nms -----------------------------------------------------------------------------------------


@exercise("nms")
def test_a_box_that_is_gone_removes_nobody(student, reference):
    """Three boxes in a row: the first removes the second, and the third stays."""
    args = ROW, numbers(0.9, 0.8, 0.7), 0.5
    assert_equal(student.nms(*args), reference.nms(*args))


@exercise("nms")
def test_places_come_by_falling_score(student, reference):
    """Four boxes that lie apart all stay; what comes back are their places, the highest score first."""
    boxes = boxes_of([0, 0, 2, 3], [10, 0, 12, 3], [20, 0, 22, 3], [0, 9, 2, 12])
    args = boxes, numbers(0.4, 0.9, 0.1, 0.6), 0.5
    assert_equal(student.nms(*args), reference.nms(*args))


@exercise("nms")
def test_exactly_the_threshold_is_not_enough(student, reference):
    """An IoU of one half stays at a threshold of one half, and boxes that touch stay at 0."""
    half = boxes_of([0, 0, 6, 4], [2, 0, 8, 4])
    touching = boxes_of([0, 0, 2, 3], [2, 0, 4, 3], [0, 3, 2, 5])
    for boxes, threshold in ((half, 0.5), (touching, 0.0)):
        scores = numbers(0.5, 0.9, 0.7)[: len(boxes)]
        assert_equal(student.nms(boxes, scores, threshold), reference.nms(boxes, scores, threshold))


@exercise("nms")
def test_a_small_box_inside_a_large_one_stays(student, reference):
    """The IoU of nested boxes is small, however much of the small one is covered."""
    args = boxes_of([0, 0, 10, 8], [2, 2, 5, 4]), numbers(0.9, 0.5), 0.4
    assert_equal(student.nms(*args), reference.nms(*args))


@exercise("nms")
def test_of_equal_scores_the_first_box_is_higher(student, reference):
    """Ties: of boxes at one place the first is left, and boxes that lie apart come in their order."""
    boxes = boxes_of([0, 0, 4, 3], [0, 0, 4, 3], [9, 0, 12, 5], [20, 0, 22, 3])
    args = boxes, numbers(0.5, 0.5, 0.5, 0.5), 0.5
    assert_equal(student.nms(*args), reference.nms(*args))


@exercise("nms")
def test_widths_are_differences(student, reference):
    """Two small boxes with an IoU of one third: with widths of one more it would be above 0.4."""
    args = boxes_of([0, 0, 2, 1], [1, 0, 3, 1]), numbers(0.5, 0.6), 0.4
    assert_equal(student.nms(*args), reference.nms(*args))


@exercise("nms")
def test_other_labels_leave_each_other_alone(student, reference):
    """The same boxes twice, with different labels: both stay, in one list by falling score."""
    boxes = torch.cat([ROW, ROW])
    scores = numbers(0.9, 0.8, 0.3, 0.5, 0.95, 0.7)
    for labels in ([0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0], [7, 7, 7, -3, -3, -3], [2, 1, 2, 1, 2, 1]):
        args = boxes, scores, 0.5, torch.tensor(labels)
        assert_equal(student.nms(*args), reference.nms(*args))


@exercise("nms")
def test_labels_hold_also_at_negative_places(student, reference):
    """Boxes of different labels that would lie on each other if the second class were moved by the largest number."""
    boxes = boxes_of([5, 5, 10, 9], [-6, -6, -1, -2])
    args = boxes, numbers(0.9, 0.8), 0.5, torch.tensor([0, 1])
    assert_equal(student.nms(*args), reference.nms(*args))


@exercise("nms")
def test_labels_may_be_any_whole_numbers(student, reference):
    """Boxes of one class with a very large number: moved by so much, their places would be rounded away."""
    args = ROW, numbers(0.9, 0.8, 0.7), 0.5, torch.tensor([10**17] * 3)
    assert_equal(student.nms(*args), reference.nms(*args))


@exercise("nms")
@pytest.mark.parametrize("threshold", [0.1, 0.45])
def test_drawn_boxes_are_thinned_out(student, reference, rng, threshold):
    """Twelve random boxes, without labels and with three."""
    boxes, scores = drawn(rng, 12)
    for labels in (None, integers(rng, 0, 3, 12)):
        args = boxes, scores, threshold, labels
        assert_equal(student.nms(*args), reference.nms(*args))


@exercise("nms", costs=0.5)
def test_no_boxes_and_boxes_without_area(student, reference):
    """No box gives no place, as int64; two points at one place both stay."""
    for boxes in (EMPTY, boxes_of([3, 4, 3, 4], [3, 4, 3, 4])):
        scores = numbers(0.5, 0.6)[: len(boxes)]
        for labels in (None, torch.zeros(len(boxes), dtype=torch.int64)):
            args = boxes, scores, 0.0, labels
            assert_equal(student.nms(*args), reference.nms(*args))


def nms_inputs(rng, N=6, dtype=DOUBLE):
    """Boxes, scores, a threshold and labels: always as many are left."""
    boxes = torch.cat([ROW, ROW + 1])[:N].to(dtype)
    scores = numbers(0.6, 0.7, 0.8, 0.5, 0.9, 0.4)[:N].to(dtype)
    return boxes, scores, 0.5, torch.tensor([0, 1, 0, 1, 1, 0])[:N]


contract(
    "nms",
    device=False,
    inputs=nms_inputs,
    digits=False,
    forbids=["nms", "batched_nms", "_batched_nms_vanilla", "_batched_nms_coordinate_trick"],
    instead="go from the highest score down yourself",
)


# --- soft_nms ------------------------------------------------------------------------------------

SOFT = ("the places", "the scores")


def assert_soft(student, reference, *args, **settings):
    """Places first, then scores."""
    assert_parts(student.soft_nms(*args, **settings), reference.soft_nms(*args, **settings), *SOFT)


@exercise("soft_nms")
def test_the_order_changes_on_the_way(student, reference):
    """Three boxes in a row, linear, at a threshold of one half: the third overtakes the second."""
    assert_soft(student, reference, ROW, numbers(0.9, 0.8, 0.7), iou_threshold=0.5)


@exercise("soft_nms")
def test_gaussian_lowers_whatever_overlaps(student, reference):
    """The same row: also an IoU of a quarter counts, at two values of sigma."""
    for sigma in (0.5, 0.2):
        settings = {"method": "gaussian", "iou_threshold": 0.5, "sigma": sigma}
        assert_soft(student, reference, ROW, numbers(0.9, 0.8, 0.7), **settings)


@exercise("soft_nms")
def test_at_exactly_the_threshold_nothing_is_lowered(student, reference):
    """An IoU of one half at a threshold of one half."""
    boxes = boxes_of([0, 0, 6, 4], [2, 0, 8, 4])
    assert_soft(student, reference, boxes, numbers(0.9, 0.6), iou_threshold=0.5)


@exercise("soft_nms")
def test_it_ends_below_the_least_score(student, reference):
    """A score that is exactly min_score is taken, one below is not; nor is one that falls below on the way."""
    apart = boxes_of([0, 0, 2, 3], [10, 0, 12, 3], [20, 0, 22, 3])
    assert_soft(student, reference, apart, numbers(0.5, 0.25, 0.2), min_score=0.25)
    assert_soft(student, reference, ROW, numbers(0.9, 0.8, 0.1), iou_threshold=0.5, min_score=0.375)


@exercise("soft_nms")
def test_the_same_box_twice_is_lowered_to_nothing(student, reference):
    """An IoU of 1: linear leaves 0, which is taken only where min_score is 0."""
    boxes = boxes_of([0, 0, 6, 4], [0, 0, 6, 4])
    for least in (0.0, 0.001):
        assert_soft(student, reference, boxes, numbers(0.5, 0.75), min_score=least)


@exercise("soft_nms")
def test_of_equal_present_scores_the_first_is_taken(student, reference):
    """Ties, at the start and after scores were lowered: 0.5 halved is as high as 0.25."""
    boxes = boxes_of([30, 0, 33, 2], [2, 0, 8, 4], [0, 0, 6, 4], [50, 0, 53, 2])
    assert_soft(student, reference, boxes, numbers(0.25, 0.5, 0.5, 0.25), iou_threshold=0.4)


@exercise("soft_nms")
@pytest.mark.parametrize("method", ["linear", "gaussian"])
def test_drawn_boxes_are_lowered(student, reference, rng, method):
    """Nine random boxes, with settings of their own and with the defaults."""
    boxes, scores = drawn(rng, 9)
    assert_soft(student, reference, boxes, scores, method)
    assert_soft(student, reference, boxes, scores, method, iou_threshold=0.1, sigma=0.3, min_score=0.15)


def refused(ns, boxes, scores, method):
    """Probe: how a method is refused."""
    try:
        ns.soft_nms(boxes, scores, method)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "no exception"


@exercise("soft_nms", costs=0.25)
@pytest.mark.parametrize("method", ["hard", "Linear", ""])
def test_another_method_is_refused(student, reference, method):
    """Any other word is a ValueError, also for no boxes."""
    for boxes, scores in ((ROW, numbers(0.9, 0.8, 0.7)), (EMPTY, numbers())):
        came, expected = (door.run(refused, boxes, scores, method) for door in (student, reference))
        assert_equal(came, expected, what=f"the response to method={method!r}")


@exercise("soft_nms", costs=0.5)
def test_no_boxes_give_no_places_and_no_scores(student, reference):
    """Empty answers of the right kind; and two points at one place leave each other alone."""
    points = boxes_of([3, 4, 3, 4], [3, 4, 3, 4])
    for method in ("linear", "gaussian"):
        assert_soft(student, reference, EMPTY, numbers(), method)
        assert_soft(student, reference, points, numbers(0.5, 0.6), method, iou_threshold=0.0)


def use_soft_nms(ns, boxes, scores, **settings):
    """Ask by the given method, and by the linear one."""
    first = ns.soft_nms(boxes, scores, **settings)
    return *first, *ns.soft_nms(boxes, scores, **{**settings, "method": "linear"})


contract(
    "soft_nms",
    inputs=lambda rng, N=3, dtype=DOUBLE: (ROW[:N].to(dtype), numbers(0.9, 0.8, 0.7)[:N].to(dtype)),
    use=use_soft_nms,
    settings={"method": "gaussian", "iou_threshold": 0.2, "sigma": 0.8, "min_score": 0.5},
    device=False,
    forbids=["soft_nms", "nms", "batched_nms"],
    instead="look for the best of those that wait, and lower the rest",
)


# --- diou_nms ------------------------------------------------------------------------------------


@exercise("diou_nms")
def test_a_shifted_box_stays_where_a_smaller_one_goes(student, reference):
    """Two pairs with an IoU of one half, at a threshold of 0.48."""
    inside, beside = boxes_of([0, 0, 6, 4], [1, 0.5, 5, 3.5]), boxes_of([0, 0, 6, 4], [2, 0, 8, 4])
    for boxes in (inside, beside):
        args = boxes, numbers(0.9, 0.8), 0.48
        assert_equal(student.diou_nms(*args), reference.diou_nms(*args))


@exercise("diou_nms")
@pytest.mark.parametrize(
    ("threshold", "power"), [(0.445, 1.0), (0.455, 1.0), (0.27, 0.5), (0.28, 0.5), (0.6, 0.5), (0.4972, 2.0)]
)
def test_the_number_itself_decides(student, reference, threshold, power):
    """Boxes shifted to the side, whose DIoU is 0.45, 0.276 and 0.4975 at the powers 1, 0.5 and 2."""
    args = boxes_of([0, 0, 6, 4], [2, 0, 8, 4]), numbers(0.8, 0.9), threshold
    assert_equal(student.diou_nms(*args, power=power), reference.diou_nms(*args, power=power))


@exercise("diou_nms")
@pytest.mark.parametrize("threshold", [-0.63, -0.61])
def test_far_boxes_have_a_negative_diou(student, reference, threshold):
    """Middles 10 apart in a box of 12 × 4 around both: -100 / 160."""
    args = boxes_of([0, 0, 2, 4], [10, 0, 12, 4]), numbers(0.8, 0.9), threshold
    assert_equal(student.diou_nms(*args), reference.diou_nms(*args))


@exercise("diou_nms")
@pytest.mark.parametrize("threshold", [0.03, 0.05])
def test_both_directions_count(student, reference, threshold):
    """Shifted sideways and downwards, of different sizes: IoU 6/48, less 9.25/106."""
    args = boxes_of([0, 0, 5, 6], [2, 4, 9, 7]), numbers(0.8, 0.9), threshold
    assert_equal(student.diou_nms(*args), reference.diou_nms(*args))


@exercise("diou_nms")
def test_a_box_that_is_out_removes_nobody(student, reference):
    """Three boxes in a row, and the same with other scores; exactly the threshold is not enough."""
    for scores in (numbers(0.9, 0.8, 0.7), numbers(0.6, 0.7, 0.8), numbers(0.6, 0.9, 0.8)):
        args = ROW, scores, 0.4
        assert_equal(student.diou_nms(*args), reference.diou_nms(*args))
    same = boxes_of([0, 0, 6, 4], [0, 0, 6, 4])
    assert_equal(student.diou_nms(same, numbers(0.9, 0.8), 1.0), reference.diou_nms(same, numbers(0.9, 0.8), 1.0))


@exercise("diou_nms")
def test_of_equal_scores_the_first_stays(student, reference):
    """Ties: of boxes at one place the first is left, and boxes that lie apart come in their order."""
    boxes = boxes_of([0, 0, 4, 3], [0, 0, 4, 3], [9, 0, 12, 5], [20, 0, 22, 3])
    args = boxes, numbers(0.5, 0.5, 0.5, 0.5), 0.5
    assert_equal(student.diou_nms(*args), reference.diou_nms(*args))


@exercise("diou_nms")
def test_drawn_boxes_are_thinned_by_diou(student, reference, rng):
    """Twelve random boxes at three thresholds, one of them negative."""
    boxes, scores = drawn(rng, 12)
    for threshold, power in ((0.2, 1.0), (0.05, 0.6), (-0.2, 1.0)):
        args = boxes, scores, threshold
        assert_equal(student.diou_nms(*args, power=power), reference.diou_nms(*args, power=power))


@exercise("diou_nms")
@pytest.mark.parametrize("threshold", [0.445, 0.455])
def test_very_small_boxes_have_their_diou_too(student, reference, threshold):
    """The same boxes a hundred times smaller, in shares of a picture: the DIoU is 0.45 again."""
    args = boxes_of([0, 0, 0.06, 0.04], [0.02, 0, 0.08, 0.04]), numbers(0.8, 0.9), threshold
    assert_equal(student.diou_nms(*args), reference.diou_nms(*args))


@exercise("diou_nms", costs=0.5)
def test_boxes_without_area_have_an_iou_of_zero(student, reference):
    """Two lines that lie on each other, with middles 1 apart on a length of 5: 0 less 1 / 25."""
    for threshold in (-0.1, -0.03):
        args = boxes_of([0, 0, 4, 0], [1, 0, 5, 0]), numbers(0.5, 0.6), threshold
        assert_equal(student.diou_nms(*args), reference.diou_nms(*args))


@exercise("diou_nms", costs=0.5)
def test_points_at_one_place_and_no_boxes(student, reference):
    """Where there is no diagonal nothing is subtracted: at -0.1 one of two points goes, at 0 both stay."""
    points = boxes_of([3, 4, 3, 4], [3, 4, 3, 4])
    for boxes, threshold in ((points, -0.1), (points, 0.0), (EMPTY, 0.5)):
        args = boxes, numbers(0.5, 0.6)[: len(boxes)], threshold
        assert_equal(student.diou_nms(*args), reference.diou_nms(*args))


contract(
    "diou_nms",
    device=False,
    inputs=lambda rng, N=2, dtype=DOUBLE: (
        boxes_of([0, 0, 6, 4], [2, 0, 8, 4])[:N].to(dtype),
        numbers(0.8, 0.9)[:N].to(dtype),
        0.35,
    ),
    settings={"power": 0.5},
    digits=False,
    forbids=["nms", "batched_nms", "distance_box_iou", "distance_box_iou_loss", "_box_diou_iou"],
    instead="write the distance and the diagonal yourself",
)


# --- match_detections ----------------------------------------------------------------------------


def flags(text):
    """Return bools, True where the text has an x."""
    return torch.tensor([letter == "x" for letter in text], dtype=torch.bool)


def assert_takes(student, reference, rows, threshold, ignored=None, crowd=None):
    """Compare who takes whom. Rows are a table, or a list of rows."""
    iou = rows if isinstance(rows, torch.Tensor) else torch.tensor(rows, dtype=DOUBLE)
    args = iou, threshold, ignored, crowd
    assert_equal(student.match_detections(*args), reference.match_detections(*args))


@exercise("match_detections")
def test_each_takes_the_object_it_overlaps_most(student, reference):
    """Three detections of four objects, no two of the same."""
    rows = [[0.6, 0.7, 0.1, 0.0], [0.0, 0.2, 0.55, 0.8], [0.9, 0.3, 0.0, 0.0]]
    assert_takes(student, reference, rows, 0.5)


@exercise("match_detections")
def test_what_is_taken_is_not_free_and_the_next_best_is_looked_for(student, reference):
    """The second detection would rather have the first object, and takes the second; the third gets nothing."""
    assert_takes(student, reference, [[0.85, 0.35], [0.68, 0.63], [0.27, 0.61]], 0.5)
    assert_takes(student, reference, [[0.6, 0.1], [0.9, 0.2]], 0.5)


@exercise("match_detections")
def test_detections_come_in_their_order(student, reference):
    """The first detection chooses first, also where its overlap is lower, and where nobody would then go without."""
    assert_takes(student, reference, [[0.6, 0.55], [0.95, 0.1]], 0.5)


@exercise("match_detections")
def test_exactly_the_threshold_will_do(student, reference):
    """0.5 at a threshold of 0.5 is taken, a little less is not."""
    assert_takes(student, reference, [[0.5, 0.0, 0.2], [0.0, 0.4999, 0.3]], 0.5)


@exercise("match_detections")
def test_of_equal_overlaps_the_last_object_is_taken(student, reference):
    """Ties in a row go to the last object, among those that count and among the ignored ones."""
    assert_takes(student, reference, [[0.7, 0.6, 0.7, 0.0], [0.7, 0.7, 0.7, 0.6]], 0.5)
    assert_takes(student, reference, [[0.7, 0.6, 0.7, 0.0], [0.7, 0.7, 0.7, 0.6]], 0.5, flags("xxxx"))


@exercise("match_detections")
def test_objects_that_count_come_first(student, reference):
    """An ignored object with a higher overlap waits until nothing that counts is to be had."""
    rows = [[0.9, 0.6, 0.0], [0.9, 0.6, 0.7], [0.8, 0.6, 0.7]]
    assert_takes(student, reference, rows, 0.5, flags("x.."))
    assert_takes(student, reference, rows, 0.5, flags("x.x"))


@exercise("match_detections")
def test_an_ignored_object_is_taken_once(student, reference):
    """A second detection of an ignored object gets nothing."""
    assert_takes(student, reference, [[0.9, 0.1], [0.8, 0.2]], 0.5, flags("x."))


@exercise("match_detections")
def test_a_crowd_is_never_used_up(student, reference):
    """Any number of detections takes a crowd, whether it is named among the ignored or not."""
    rows = [[0.9, 0.6], [0.8, 0.7], [0.95, 0.9]]
    for ignored in (None, flags(".."), flags("x.")):
        assert_takes(student, reference, rows, 0.5, ignored, flags("x."))


@exercise("match_detections")
def test_a_free_ignored_object_and_a_crowd_compete_by_overlap(student, reference):
    """Among what does not count the higher overlap decides."""
    rows = [[0.8, 0.7, 0.0], [0.6, 0.9, 0.1], [0.6, 0.9, 0.1]]
    assert_takes(student, reference, rows, 0.5, flags(".x."), flags("x.."))


@exercise("match_detections")
@pytest.mark.parametrize("threshold", [0.3, 0.6])
def test_drawn_tables_are_matched(student, reference, rng, threshold):
    """Random overlaps of nine detections with six objects, two ignored, one a crowd."""
    iou = rand(rng, 9, 6, dtype=DOUBLE)
    assert_takes(student, reference, iou, threshold)
    assert_takes(student, reference, iou, threshold, flags(".x..x."), flags("..x..."))


@exercise("match_detections", costs=0.5)
def test_there_may_be_no_detection_or_no_object(student, reference):
    """No detection: nothing, as int64. No object: -1 for each."""
    for shape in ((0, 3), (3, 0), (0, 0)):
        none = torch.zeros(shape[1], dtype=torch.bool)
        assert_takes(student, reference, torch.zeros(shape, dtype=DOUBLE), 0.5)
        assert_takes(student, reference, torch.zeros(shape, dtype=DOUBLE), 0.5, none, none)


OVERLAPS = [[0.1, 0.9, 0.2, 0.3], [0.2, 0.15, 0.8, 0.1], [0.7, 0.35, 0.4, 0.2], [0.6, 0.5, 0.1, 0.35]]


contract(
    "match_detections",
    device=False,
    inputs=lambda rng, D=4, G=3, dtype=DOUBLE: (
        # Turned round, each of three would take another.
        (torch.tensor(OVERLAPS, dtype=DOUBLE)[:D, :G] + 0.02 * rand(rng, D, G, dtype=DOUBLE)).to(dtype),
        0.3,
        flags("x...")[:G],
        flags("..x.")[:G],
    ),
    one="DG",
    digits=False,
    forbids=["linear_sum_assignment"],
    instead="let one detection after the other choose",
)


# --- precision_recall_curve ----------------------------------------------------------------------

CURVE = ("precision", "recall", "the thresholds")


def assert_curve(student, reference, scores, is_true, num):
    """Thresholds are told apart from the rest by their name."""
    args = scores, is_true, num
    assert_parts(student.precision_recall_curve(*args), reference.precision_recall_curve(*args), *CURVE)


FIVE = numbers(0.9, 0.8, 0.8, 0.6, 0.5)


@exercise("precision_recall_curve")
def test_equal_scores_are_shown_together(student, reference):
    """Five detections, two with a score of 0.8: four points."""
    assert_curve(student, reference, FIVE, flags("x.x.x"), 4)


@exercise("precision_recall_curve")
def test_scores_come_in_any_order(student, reference):
    """Five different scores, not sorted; all objects are found."""
    assert_curve(student, reference, numbers(0.2, 0.9, 0.4, 0.7, 0.1), flags("x.xx."), 3)


@exercise("precision_recall_curve")
def test_objects_that_nobody_detects_count(student, reference):
    """Seven objects of which two are found."""
    assert_curve(student, reference, numbers(0.9, 0.6, 0.3), flags("x.x"), 7)


@exercise("precision_recall_curve")
def test_all_scores_may_be_equal(student, reference):
    """One threshold, one point; also for one detection."""
    assert_curve(student, reference, numbers(0.5, 0.5, 0.5), flags(".xx"), 3)
    assert_curve(student, reference, numbers(0.7), flags("."), 2)


@exercise("precision_recall_curve")
def test_ties_at_the_end_are_joined_too(student, reference):
    """The lowest score twice, and the highest twice."""
    assert_curve(student, reference, numbers(0.3, 0.8, 0.8, 0.3), flags("x.xx"), 5)


@exercise("precision_recall_curve")
def test_scores_that_nearly_agree_are_two(student, reference):
    """Scores that differ by a billionth have points of their own."""
    assert_curve(student, reference, numbers(0.5, 0.5 + 1e-9, 0.7), flags("x.x"), 3)


@exercise("precision_recall_curve", costs=0.5)
def test_without_objects_recall_is_one(student, reference):
    """Nothing to find: nothing was missed, and precision is 0."""
    assert_curve(student, reference, numbers(0.9, 0.4), flags(".."), 0)


@exercise("precision_recall_curve", costs=0.5)
def test_without_detections_there_is_no_point(student, reference):
    """Three empty tensors, with objects and without."""
    for num in (3, 0):
        assert_curve(student, reference, numbers(), flags(""), num)


@exercise("precision_recall_curve")
def test_drawn_detections_give_their_curve(student, reference, rng):
    """Fourteen detections whose scores are tenths, so that many are equal."""
    assert_curve(student, reference, integers(rng, 1, 9, 14).double() / 10, integers(rng, 0, 2, 14).bool(), 17)


contract(
    "precision_recall_curve",
    inputs=lambda rng, D=5, dtype=DOUBLE: (FIVE[:D].flip(0).to(dtype), flags("x.x.x")[:D], 7),
    forbids=["precision_recall_curve", "roc_curve", "binary_precision_recall_curve"],
    instead="count the right ones yourself",
)


# --- average_precision ---------------------------------------------------------------------------

ELEVEN = torch.arange(11, dtype=DOUBLE) / 10
QUARTERS = numbers(0.0, 0.25, 0.5, 0.75, 1.0)


def assert_average(student, reference, scores, is_true, num, levels=None):
    """Compare an average precision."""
    args = scores, is_true, num, levels
    assert_close(student.average_precision(*args), reference.average_precision(*args))


@exercise("average_precision")
def test_the_area_lies_under_the_envelope(student, reference):
    """Right, wrong, right, wrong, right, of four objects: 0.567."""
    assert_average(student, reference, numbers(0.9, 0.8, 0.7, 0.6, 0.5), flags("x.x.x"), 4)


@exercise("average_precision")
def test_a_tooth_is_filled(student, reference):
    """Two wrong ones first: precision rises all the way, and the best of it counts from the start."""
    assert_average(student, reference, numbers(0.9, 0.8, 0.7, 0.6, 0.5), flags("..xxx"), 3)


@exercise("average_precision")
def test_levels_take_the_envelope_where_they_are_reached(student, reference):
    """The same five at eleven levels and at others, for three objects and seven."""
    scores = numbers(0.9, 0.8, 0.7, 0.6, 0.5)
    for text, num in (("x.x.x", 7), ("..xxx", 3), (".x..x", 7)):
        for levels in (ELEVEN, numbers(0.0, 0.2, 0.6), numbers(0.37)):
            assert_average(student, reference, scores, flags(text), num, levels)


@exercise("average_precision")
def test_a_level_that_is_just_reached_counts(student, reference):
    """Recalls of 0.25, 0.5 and 0.75 at the levels 0.25, 0.5 and 0.75."""
    assert_average(student, reference, numbers(0.9, 0.8, 0.7, 0.6, 0.5), flags("x.x.x"), 4, QUARTERS)


@exercise("average_precision")
def test_a_level_that_is_nearly_reached_does_not_count(student, reference):
    """A recall of 0.5 at a level that is a ten-millionth above it."""
    assert_average(student, reference, numbers(0.9, 0.8), flags("x."), 2, numbers(0.25, 0.5 + 1e-7))


@exercise("average_precision")
def test_beyond_the_highest_recall_there_is_nothing(student, reference):
    """All right, but half of the objects missed: a half as an area, and three of five quarters."""
    for levels in (None, QUARTERS):
        assert_average(student, reference, numbers(0.9, 0.8), flags("xx"), 4, levels)


@exercise("average_precision")
def test_the_average_takes_scores_in_any_order(student, reference):
    """Detections that are not sorted."""
    for levels in (None, QUARTERS):
        assert_average(student, reference, numbers(0.2, 0.9, 0.4, 0.7, 0.1), flags("x.xx."), 6, levels)


@exercise("average_precision")
@pytest.mark.parametrize("text", [".x", "x.", "x..x", ".xx."])
def test_equal_scores_keep_their_order_and_are_not_joined(student, reference, text):
    """All scores equal: what comes first is gone through first."""
    for levels in (None, QUARTERS):
        assert_average(student, reference, torch.full((len(text),), 0.5, dtype=DOUBLE), flags(text), 2, levels)


@exercise("average_precision", costs=0.5)
def test_nothing_right_and_nothing_said_are_zero(student, reference):
    """Objects but no right detection, or none at all."""
    for levels in (None, QUARTERS):
        assert_average(student, reference, numbers(0.9, 0.4), flags(".."), 3, levels)
        assert_average(student, reference, numbers(), flags(""), 3, levels)


@exercise("average_precision", costs=0.5)
def test_no_object_is_no_number(student, reference):
    """nan, with detections and without."""
    for levels in (None, QUARTERS):
        assert_average(student, reference, numbers(0.9, 0.4), flags(".."), 0, levels)
        assert_average(student, reference, numbers(), flags(""), 0, levels)


@exercise("average_precision")
def test_drawn_detections_have_their_average(student, reference, rng):
    """Sixteen random detections of 23 objects, in all three ways."""
    scores, is_true = rand(rng, 16, dtype=DOUBLE), integers(rng, 0, 2, 16).bool()
    for levels in (None, ELEVEN, torch.arange(101, dtype=DOUBLE) / 100):
        assert_average(student, reference, scores, is_true, 23, levels)


contract(
    "average_precision",
    inputs=lambda rng, D=5, dtype=DOUBLE: (FIVE[:D].flip(0).to(dtype), flags("x.x.x")[:D], 7),
    also=[lambda rng, D=5, dtype=DOUBLE: (FIVE[:D].flip(0).to(dtype), flags("x.x.x")[:D], 7, QUARTERS.to(dtype))],
    digits=False,
    forbids=["average_precision_score", "precision_recall_curve"],
    instead="make the envelope and take its mean yourself",
)


# --- average_recall ------------------------------------------------------------------------------


def image(boxes=(), scores=(), objects=(), crowd=None, labels=None, object_labels=None):
    """Return a picture's detections and objects as the exercises take them."""
    made = {
        "boxes": boxes_of(*boxes),
        "scores": numbers(*scores),
        "objects": boxes_of(*objects),
        "crowd": flags("." * len(objects) if crowd is None else crowd),
    }
    if labels is not None:
        made["labels"] = torch.tensor(labels, dtype=torch.int64)
        made["object_labels"] = torch.tensor(object_labels, dtype=torch.int64)
    return made


def assert_recall(student, reference, images, *args):
    """Compare an average recall."""
    assert_close(student.average_recall(images, *args), reference.average_recall(images, *args))


TALL = [0, 0, 10, 20]
# By rows: the IoU with TALL is 1, 0.8 and 0.6
EXACT, GOOD, FAIR = [0, 0, 10, 20], [0, 0, 10, 16], [0, 0, 10, 12]
ASIDE = [40, 5, 60, 15]


@exercise("average_recall")
def test_ten_thresholds_are_asked(student, reference):
    """One object, found exactly, with an IoU of 0.8 and with one of 0.62."""
    for box in (EXACT, GOOD, [0, 0, 10, 12.4]):
        assert_recall(student, reference, [image([box], [0.5], [TALL])])


@exercise("average_recall")
def test_objects_of_all_images_are_counted_together(student, reference):
    """One of one found in the first picture, one of three in the second, none of one in the third."""
    second = image([ASIDE], [0.3], [TALL, ASIDE, [70, 0, 80, 9]])
    assert_recall(student, reference, [image([EXACT], [0.9], [TALL]), second, image(objects=[TALL])])


@exercise("average_recall")
def test_so_many_detections_an_image(student, reference):
    """The best ones by score, of each picture; of equal scores those that come first."""
    first = image([ASIDE, [70, 0, 80, 9], EXACT], [0.2, 0.9, 0.5], [TALL, ASIDE])
    second = image([ASIDE, EXACT], [0.5, 0.5], [TALL])
    for most in (1, 2, 3):
        assert_recall(student, reference, [first, second], most)


@exercise("average_recall", costs=0.5)
def test_a_hundred_detections_if_nothing_is_said(student, reference):
    """The only right box is number 100, and then number 101."""
    for num in (99, 100):
        wrong = [[300, 0, 310, 9]] * num
        assert_recall(student, reference, [image([EXACT, *wrong], [0.1, *[0.5] * num], [TALL])])


@exercise("average_recall")
def test_the_better_score_chooses_first(student, reference):
    """A box between two objects takes the one that a worse score has exactly: at low thresholds one is not found."""
    between, below = [0, 4, 10, 24], [0, 10, 10, 30]
    assert_recall(student, reference, [image([EXACT, between], [0.4, 0.9], [TALL, below])])


@exercise("average_recall")
def test_a_size_counts_from_limit_to_limit(student, reference):
    """Objects with areas of 100, 200 and 400; the limits of 200 belong to both sides."""
    objects = [[0, 0, 10, 10], [20, 0, 30, 20], [40, 0, 60, 20]]
    one = image(objects[::2], [0.9, 0.8], objects)
    for area_range in ((0.0, 200.0), (200.0, 300.0), (200.0, 1000.0), (0.0, 99.0)):
        assert_recall(student, reference, [one], 100, area_range)


@exercise("average_recall")
def test_the_size_is_the_object_s(student, reference):
    """A large box on a small object, and a small box on a large one."""
    one = image([TALL, [40, 5, 60, 12]], [0.9, 0.8], [GOOD, ASIDE])
    for area_range in ((0.0, 170.0), (170.0, 1000.0)):
        assert_recall(student, reference, [one], 100, area_range)


@exercise("average_recall")
def test_crowds_are_neither_found_nor_missed(student, reference):
    """A crowd that is taken, one that is not, and an object beside them."""
    crowd = [100, 0, 140, 30]
    for boxes in ([EXACT, [101, 1, 120, 20], [102, 2, 139, 29]], [EXACT], [crowd]):
        one = image(boxes, [0.9, 0.8, 0.7][: len(boxes)], [TALL, crowd], ".x")
        assert_recall(student, reference, [one])


@exercise("average_recall", costs=0.5)
def test_where_nothing_counts_there_is_no_recall(student, reference):
    """nan for no picture, no object, a crowd alone, and objects of other sizes."""
    for images in ([], [image()], [image([EXACT], [0.5])], [image([EXACT], [0.5], [TALL], "x")]):
        assert_recall(student, reference, images)
    assert_recall(student, reference, [image([EXACT], [0.5], [TALL])], 100, (0.0, 50.0))


@exercise("average_recall", costs=0.5)
def test_nothing_said_is_a_recall_of_zero(student, reference):
    """Objects, and no detection."""
    assert_recall(student, reference, [image(objects=[TALL, ASIDE])])


def use_average_recall(ns, boxes, scores, objects, crowd, **settings):
    """Ask for two pictures: one that is given, and one with a single object."""
    other = {"boxes": boxes[:1], "scores": scores[:1], "objects": objects[:1] + 1, "crowd": crowd[:1]}
    one = {"boxes": boxes, "scores": scores, "objects": objects, "crowd": crowd}
    return ns.average_recall([one, other], **settings)


def recall_inputs(rng, D=4, G=3):
    """Detections near three objects, of which the last is a crowd."""
    objects = boxes_of([0, 0, 10, 20], [40, 5, 60, 17], [70, 0, 90, 30], [5, 50, 9, 60])[:G]
    boxes = boxes_of([0, 0, 10, 16], [41, 5, 60, 15], [71, 2, 88, 25], [0, 0, 10, 19])[:D]
    return boxes, numbers(0.6, 0.4, 0.8, 0.9)[:D], objects, flags("..x.")[:G]


contract(
    "average_recall",
    device=False,
    inputs=recall_inputs,
    use=use_average_recall,
    settings={"max_detections": 3, "area_range": (0.0, 220.0)},
    one="DG",
    but={"has_another_default_of_max_detections": "it takes 101 detections to see, in a test of its own"},
)


# --- coco_numbers --------------------------------------------------------------------------------


def assert_twelve(student, reference, images, num_classes):
    """Compare the twelve numbers."""
    assert_close(student.coco_numbers(images, num_classes), reference.coco_numbers(images, num_classes))


SMALL, MEDIUM, LARGE = [0, 0, 20, 30], [50, 0, 100, 60], [150, 0, 250, 120]
SIZES = [SMALL, MEDIUM, LARGE]


@exercise("coco_numbers")
def test_a_perfect_detector_has_ones(student, reference):
    """One object of each size, all found exactly."""
    one = image(SIZES, [0.9, 0.8, 0.7], SIZES, labels=[0, 0, 0], object_labels=[0, 0, 0])
    assert_twelve(student, reference, [one], 1)


@exercise("coco_numbers")
def test_thresholds_stand_at_their_places(student, reference):
    """A box with an IoU of 0.77, one of 0.72: the numbers at 0.5 and at 0.75 differ."""
    boxes = [[0, 0, 10, 15.4], [40, 5, 60, 12.2]]
    one = image(boxes, [0.9, 0.8], [TALL, ASIDE], labels=[0, 0], object_labels=[0, 0])
    assert_twelve(student, reference, [one], 1)


@exercise("coco_numbers")
def test_wrong_boxes_of_another_size_are_left_out(student, reference):
    """A large wrong box before a small object: small precision stays 1, the whole one sinks."""
    one = image([LARGE, SMALL], [0.9, 0.8], [SMALL], labels=[0, 0], object_labels=[0])
    assert_twelve(student, reference, [one], 1)


@exercise("coco_numbers")
def test_found_objects_of_another_size_are_left_out(student, reference):
    """A large object found first: among small ones it counts neither as right nor as wrong."""
    one = image(
        [LARGE, [0, 100, 20, 130], SMALL], [0.9, 0.8, 0.7], [LARGE, SMALL], labels=[0, 0, 0], object_labels=[0, 0]
    )
    assert_twelve(student, reference, [one], 1)


@exercise("coco_numbers")
def test_a_right_box_may_have_another_size(student, reference):
    """A box of 1100 on an object of 1000: among small ones it is right, and a wrong one of 1100 is left out."""
    boxes = [[0, 0, 27.5, 40], [200, 0, 227.5, 40], [300, 0, 310, 9]]
    one = image(boxes, [0.8, 0.9, 0.7], [[0, 0, 25, 40]], labels=[0, 0, 0], object_labels=[0])
    assert_twelve(student, reference, [one], 1)


@exercise("coco_numbers")
def test_crowds_do_not_harm_precision(student, reference):
    """Two boxes inside a crowd come before the object: they are left out, and one outside is wrong."""
    crowd = [100, 0, 140, 30]
    boxes = [[101, 1, 110, 12], [120, 2, 139, 29], [0, 0, 10, 20], [300, 0, 310, 9]]
    one = image(boxes, [0.9, 0.8, 0.6, 0.7], [TALL, crowd], ".x", [0, 0, 0, 0], [0, 0])
    assert_twelve(student, reference, [one], 1)


@exercise("coco_numbers")
def test_classes_are_apart_and_those_without_objects_are_no_zero(student, reference):
    """Three classes: one perfect, one missed, one that is never there but said to be."""
    one = image([SMALL, MEDIUM], [0.9, 0.95], [SMALL, LARGE], labels=[0, 2], object_labels=[0, 1])
    assert_twelve(student, reference, [one], 3)


@exercise("coco_numbers")
def test_images_are_joined_by_score(student, reference):
    """Wrong boxes in the first picture: one before a right one of equal score in the second, one behind both there."""
    wrong, worse = [200, 200, 220, 230], [300, 200, 320, 230]
    first = image([wrong, worse, EXACT], [0.9, 0.5, 0.3], [TALL], labels=[0] * 3, object_labels=[0])
    second = image([EXACT, ASIDE], [0.9, 0.8], [TALL, ASIDE], labels=[0, 0], object_labels=[0, 0])
    assert_twelve(student, reference, [first, second], 1)


@exercise("coco_numbers")
def test_boxes_of_one_image_take_no_objects_of_another(student, reference):
    """The object is in the second picture, the box at its place in the first."""
    first = image([EXACT], [0.9], [ASIDE], labels=[0], object_labels=[0])
    second = image([ASIDE], [0.8], [TALL], labels=[0], object_labels=[0])
    assert_twelve(student, reference, [first, second], 1)


@exercise("coco_numbers")
def test_an_area_on_the_limit_belongs_to_both(student, reference):
    """An object of 32 × 32 and one of 96 × 96, both found, and a wrong box of 32 × 32 and of 96 × 96."""
    objects = [[0, 0, 32, 32], [50, 0, 146, 96]]
    wrong = [[0, 200, 32, 232], [50, 200, 146, 296]]
    one = image(objects + wrong, [0.6, 0.5, 0.9, 0.8], objects, labels=[0] * 4, object_labels=[0, 0])
    assert_twelve(student, reference, [one], 1)


@exercise("coco_numbers")
def test_recall_with_one_detection_and_with_ten(student, reference):
    """Eleven detections of eleven objects in one picture, each just good enough for 0.5."""
    objects = [[30 * k, 0, 30 * k + 10, 20] for k in range(11)]
    boxes = [[30 * k, 0, 30 * k + 10, 10.4] for k in range(11)]
    one = image(boxes, [0.9 - 0.05 * k for k in range(11)], objects, labels=[0] * 11, object_labels=[0] * 11)
    assert_twelve(student, reference, [one], 1)


@exercise("coco_numbers")
def test_a_hundred_detections_an_image_are_kept(student, reference):
    """A hundred wrong boxes before the right one: it is never seen. One of another class is seen all the same."""
    wrong = [[300, 0, 310, 9]] * 100
    labels = [0] * 101 + [1]
    one = image([EXACT, *wrong, ASIDE], [0.1, *[0.5] * 100, 0.2], [TALL, ASIDE], labels=labels, object_labels=[0, 1])
    assert_twelve(student, reference, [one], 2)


@exercise("coco_numbers", costs=0.5)
def test_without_objects_all_is_nan(student, reference):
    """No object at all, with detections and without; and objects without detections are zeros."""
    labelled = {"labels": [], "object_labels": []}
    for one in (
        image(**labelled),
        image([SMALL], [0.9], labels=[0], object_labels=[]),
        image(objects=[SMALL], labels=[], object_labels=[0]),
    ):
        assert_twelve(student, reference, [one], 1)


def near(rng, box):
    """Return a box that is moved a little."""
    return [edge + move for edge, move in zip(box, (6 * rand(rng, 4, dtype=DOUBLE) - 3).tolist(), strict=True)]


@exercise("coco_numbers")
def test_drawn_pictures_have_their_twelve_numbers(student, reference, rng):
    """Two pictures, all sizes, boxes near the objects and elsewhere, a crowd."""
    images = []
    for _ in range(2):
        objects = [SMALL, MEDIUM, LARGE, [0, 200, 60, 240]]
        boxes = [near(rng, box) for box in (*objects, SMALL, MEDIUM, [300, 300, 330, 320])]
        scores = (0.1 + 0.1 * torch.from_numpy(rng.permutation(7))).tolist()
        images.append(image(boxes, scores, objects, "...x", [0] * 7, [0] * 4))
    assert_twelve(student, reference, images, 1)


def use_coco_numbers(ns, boxes, scores, labels, objects, object_labels, crowd):
    """Ask for one picture."""
    one = {"boxes": boxes, "scores": scores, "labels": labels}
    return ns.coco_numbers([{**one, "objects": objects, "object_labels": object_labels, "crowd": crowd}], 1)


def coco_inputs(rng, D=3, G=2):
    """Detections and objects of one class."""
    boxes = boxes_of([0, 0, 20, 17], [50, 5, 100, 41], [300, 0, 310, 9])[:D]
    objects = boxes_of(SMALL, MEDIUM, LARGE)[:G]
    return (
        boxes, numbers(0.6, 0.7, 0.9)[:D], torch.zeros(D, dtype=torch.int64),
        objects, torch.zeros(G, dtype=torch.int64), flags("..x")[:G],
    )  # fmt: skip


contract("coco_numbers", inputs=coco_inputs, use=use_coco_numbers, one="DG", device=False)
