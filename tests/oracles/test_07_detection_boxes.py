"""The references of 07_detection/boxes held to torchvision and pycocotools, and what the text says of its pictures."""

import math
from functools import cache

import pytest
import torch
import torch.nn.functional as F
from pycocotools import mask as coco
from torchvision import ops

NOTEBOOK = "07_detection/boxes"
DOUBLE = torch.float64
A, B = (torch.tensor([one], dtype=DOUBLE) for one in ([0.0, 0, 4, 2], [1.0, 1, 5, 4]))
FAR = torch.tensor([[7.0, 3, 11, 6]], dtype=DOUBLE)
FLAT, SQUARE = (torch.tensor([one], dtype=DOUBLE) for one in ([0.0, 0, 4, 1], [0.0, 0, 2, 2]))


def some_boxes(num: int, seed: int) -> torch.Tensor:
    """Boxes of all sizes on a canvas of 40 × 30: some pairs overlap, some don't."""
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(num, 2, dtype=DOUBLE, generator=generator) * torch.tensor([30.0, 20.0], dtype=DOUBLE)
    sides = 1 + torch.rand(num, 2, dtype=DOUBLE, generator=generator) * 12
    return torch.cat([corner, corner + sides], dim=1)


def slope(measure, boxes, targets):
    leaf = boxes.clone().requires_grad_()
    weights = torch.arange(1, len(boxes) + 1, dtype=DOUBLE)
    return torch.autograd.grad((measure(leaf, targets) * weights).sum(), leaf)[0]


# The formats.


@pytest.mark.parametrize("shape", [(4,), (7, 4), (2, 3, 4), (0, 4)])
def test_both_formats_agree_with_torchvision(solution, shape):
    boxes = some_boxes(math.prod(shape) // 4, 0).reshape(shape)
    middles = solution.corner_to_center(boxes)
    torch.testing.assert_close(middles, ops.box_convert(boxes, "xyxy", "cxcywh"))
    torch.testing.assert_close(solution.center_to_corner(middles), ops.box_convert(middles, "cxcywh", "xyxy"))
    torch.testing.assert_close(solution.center_to_corner(middles), boxes)


def test_shares_are_cut_as_torchvision_cuts_boxes_to_an_image(solution):
    shares = torch.rand(20, 4, dtype=DOUBLE, generator=torch.Generator().manual_seed(1)) * 1.4 - 0.2
    pixels = ops.box_convert(shares * torch.tensor([80.0, 48.0, 80.0, 48.0]), "cxcywh", "xyxy")
    found = solution.center_to_corner(shares, size=(48, 80))
    torch.testing.assert_close(found, ops.clip_boxes_to_image(pixels, (48, 80)))


def test_the_stars_numbers_are_right(solution):
    star = torch.tensor([20, 12, 60, 36], dtype=torch.uint8)
    assert solution.corner_to_center(star).tolist() == [40, 24, 40, 24]
    assert solution.corner_to_center(star, size=(48, 80)).tolist() == [0.5] * 4
    assert solution.corner_to_center(star).dtype == torch.float32
    assert solution.center_to_corner(torch.tensor([0.5] * 4), size=(48, 80)).tolist() == [20, 12, 60, 36]


# IoU and the losses.


def test_the_table_of_iou_agrees_with_torchvision_and_pycocotools(solution):
    first, second = some_boxes(9, 2), some_boxes(7, 3)
    found = solution.box_iou(first, second)
    assert (found == 0).any()
    assert (found > 0.2).any()
    torch.testing.assert_close(found, ops.box_iou(first, second))
    sides = [ops.box_convert(one, "xyxy", "xywh").numpy() for one in (first, second)]
    torch.testing.assert_close(found, torch.from_numpy(coco.iou(*sides, [0] * len(second))))


def test_points_have_no_iou_where_torchvision_has_nan(solution):
    point = torch.tensor([[2.0, 3, 2, 3]])
    assert ops.box_iou(point, point).isnan().all()
    assert solution.box_iou(point, point).tolist() == [[0.0]]


def test_the_loss_follows_from_iou_and_its_gradient_from_the_quotient_rule(solution):
    boxes, targets = some_boxes(40, 4), some_boxes(40, 5)
    iou = ops.box_iou(boxes, targets).diagonal()
    torch.testing.assert_close(solution.iou_loss(boxes, targets), 1 - iou)
    torch.testing.assert_close(solution.iou_loss(boxes, targets, log=True), -iou.log())
    by_hand = (1 * 17 - 3 * 1) / 17**2  # of A's right edge, as in the text
    assert slope(solution.iou_loss, A, B)[0, 2].item() == pytest.approx(-by_hand)
    logarithm = slope(lambda *pair: solution.iou_loss(*pair, log=True), A, B)[0, 2].item()
    assert logarithm == pytest.approx(-by_hand * 17 / 3)


@pytest.mark.parametrize("log", [False, True])
def test_the_gradient_dies_where_the_question_says(solution, log):
    box = torch.tensor([[2.0, 2, 6, 6]], dtype=DOUBLE)
    targets = {
        "overlapping": [4.0, 3, 9, 7],
        "nested": [3.0, 3, 5, 5],
        "apart": [9.0, 3, 12, 7],
        "touching": [6.0, 3, 10, 7],
    }
    found = {
        name: slope(lambda *pair: solution.iou_loss(*pair, log=log), box, torch.tensor([one], dtype=DOUBLE))[0]
        for name, one in targets.items()
    }
    assert (found["overlapping"] != 0).all()
    assert found["apart"].tolist() == [0, 0, 0, 0]
    assert found["nested"][:2].tolist() == pytest.approx((-found["nested"][2:]).tolist())
    assert (found["nested"][:2] < 0).all()  # the left edge goes to the right: inwards
    assert found["touching"].tolist() == [0, 0, 0, 0]  # the flat slope, by clamp


def test_where_boxes_touch_there_are_two_slopes(solution):
    target, step = torch.tensor([[6.0, 3, 10, 7]], dtype=DOUBLE), 1e-6
    loss = [
        solution.iou_loss(torch.tensor([[2.0, 2, 6 + d, 6]], dtype=DOUBLE), target).item() for d in (-step, 0, step)
    ]
    assert loss[0] == loss[1] == 1
    assert (loss[2] - loss[1]) / step == pytest.approx(-3 / 32, rel=1e-4)
    halves = torch.zeros(1, requires_grad=True)
    torch.maximum(halves, torch.zeros(1)).sum().backward()
    assert halves.grad.item() == 0.5


@pytest.mark.parametrize(
    ("name", "table", "loss"),
    [
        ("giou", ops.generalized_box_iou, ops.generalized_box_iou_loss),
        ("diou", ops.distance_box_iou, ops.distance_box_iou_loss),
        ("ciou", ops.complete_box_iou, ops.complete_box_iou_loss),
    ],
)
def test_the_measures_and_their_gradients_agree_with_torchvision(solution, name, table, loss):
    measure = getattr(solution, name)
    boxes, targets = some_boxes(40, 6), some_boxes(40, 7)
    torch.testing.assert_close(measure(boxes[:, None], targets), table(boxes, targets), rtol=0, atol=1e-6)
    torch.testing.assert_close(1 - measure(boxes, targets), loss(boxes, targets), rtol=0, atol=1e-6)
    torch.testing.assert_close(slope(measure, boxes, targets), -slope(loss, boxes, targets), rtol=0, atol=1e-5)


def test_the_numbers_of_the_text_are_right(solution):
    assert solution.box_iou(A, B).item() == pytest.approx(3 / 17)
    assert solution.iou_loss(A, B, log=True).item() == pytest.approx(1.735, abs=5e-4)
    assert solution.giou(A, B).item() == pytest.approx(3 / 17 - 3 / 20)
    assert solution.giou(A, FAR).item() == pytest.approx(-0.697, abs=5e-4)
    assert solution.diou(A, B).item() == pytest.approx(0.097, abs=5e-4)
    assert solution.diou(FLAT, SQUARE).item() == pytest.approx(0.2708, abs=5e-5)
    assert solution.ciou(FLAT, SQUARE).item() == pytest.approx(0.2530, abs=5e-5)


def test_the_formulas_that_notes_have_give_what_the_text_says(solution):
    first, second = (torch.tensor([one], dtype=DOUBLE) for one in ([0.0, 0, 2, 2], [1.0, 0, 3, 2]))
    assert solution.giou(first, second).item() == pytest.approx(1 / 3)
    assert pytest.approx(-1 / 3) == 1 / 3 - (6 - 2) / 6
    v = 4 / math.pi**2 * (math.atan(1) - math.atan(4)) ** 2
    assert solution.diou(FLAT, SQUARE).item() - v == pytest.approx(0.1525, abs=5e-5)


def test_the_ciou_loss_is_not_bounded_by_two_but_by_two_and_a_half(solution):
    flat, steep = torch.tensor([[0.0, 0, 100, 1]]), torch.tensor([[1000.0, 1000, 1001, 1100]])
    assert 1 - solution.ciou(flat, steep).item() == pytest.approx(2.3875, abs=5e-5)
    assert ops.complete_box_iou_loss(flat, steep).item() == pytest.approx(2.3875, abs=5e-5)
    assert 1 - solution.giou(flat, steep).item() == pytest.approx(1.9998, abs=5e-5)
    assert 1 - solution.diou(flat, steep).item() == pytest.approx(1.9064, abs=5e-5)
    assert (math.atan(100) - math.atan(0.01)) ** 2 * 4 / math.pi**2 == pytest.approx(0.975, abs=5e-4)
    thin, high = torch.tensor([[0.0, 0, 1e4, 1]]), torch.tensor([[1e7, 1e7, 1e7 + 1, 1.001e7]])
    assert 2.49 < 1 - solution.ciou(thin.double(), high.double()).item() < 2.5


def test_the_papers_gradient_is_the_formula_with_a_one(solution):
    boxes, targets = some_boxes(12, 8) / 40, some_boxes(12, 9) / 40
    (w, h), (wt, ht) = ((one[:, 2:] - one[:, :2]).T for one in (boxes, targets))
    turn = torch.atan(wt / ht) - torch.atan(w / h)
    v = 4 / math.pi**2 * turn**2
    alpha = v / (1 - ops.box_iou(boxes, targets).diagonal() + v)
    weights = torch.arange(1, 13, dtype=DOUBLE)
    across, down = (8 / math.pi**2 * turn * side * alpha * weights for side in (-h, w))  # of v, by w and by h
    expected = torch.stack([across, down, -across, -down], dim=1)
    found = slope(lambda *pair: solution.ciou(*pair, paper=True), boxes, targets) - slope(solution.diou, boxes, targets)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(solution.ciou(boxes, targets, paper=True), solution.ciou(boxes, targets))


# The letterbox.


@pytest.mark.parametrize("frame", [(60, 60), (60, 64), (40, 90), (90, 41)])
@pytest.mark.parametrize("picture", [(30, 80), (80, 31), (33, 33)])
def test_a_letterbox_holds_the_resized_image_and_brings_boxes_there_and_back(solution, picture, frame):
    image, boxes = torch.rand(3, *picture, generator=torch.Generator().manual_seed(0)), some_boxes(5, 1).float()
    framed, inside = solution.letterbox(image, boxes, frame, fill=2.0)
    assert framed.shape == (3, *frame)
    held = (framed[0] <= 1).nonzero()
    (top, left), (bottom, right) = held.amin(dim=0).tolist(), (held.amax(dim=0) + 1).tolist()
    small = F.interpolate(image[None], size=(bottom - top, right - left), mode="bilinear")[0]
    torch.testing.assert_close(framed[:, top:bottom, left:right], small)
    assert bottom - top == frame[0] or right - left == frame[1]
    assert 0 <= (frame[0] - bottom) - top <= 1
    assert 0 <= (frame[1] - right) - left <= 1
    scale = min(frame[0] / picture[0], frame[1] / picture[1])
    assert abs(scale * picture[0] - (bottom - top)) <= 0.5 + 1e-6
    torch.testing.assert_close(inside, boxes * scale + torch.tensor([left, top, left, top]))
    again, home = solution.letterbox(framed, inside, picture, back=True)
    torch.testing.assert_close(home, boxes)
    assert again.shape == image.shape
    torch.testing.assert_close(again, F.interpolate(small[None], size=picture, mode="bilinear")[0])


def test_the_letterbox_of_the_text_is_right(solution):
    framed, inside = solution.letterbox(torch.ones(1, 30, 80), torch.tensor([[10.0, 5, 30, 25]]), (60, 64), fill=0.0)
    assert torch.equal(framed[0].sum(dim=1) > 0, (torch.arange(60) >= 18) & (torch.arange(60) < 42))
    torch.testing.assert_close(inside, torch.tensor([[8.0, 22, 24, 38]]))
    assert F.interpolate(torch.rand(1, 1, 31, 80), size=(25, 64)).shape[2] == math.floor(0.8 * 31 + 0.5)


# What the text says of its pictures.


def test_the_plain_iou_loss_sleeps_and_the_others_arrive():
    from coursekit.figures import boxes as figures

    assert torch.equal(figures.descent("IoU")[-1, 3], figures.descent("IoU")[0, 3])
    ends = {name: figures.agreement(name)[-1] for name in figures.LOSSES}
    assert all((end[[0, 2]] > 0.95).all() for end in ends.values())
    assert ends["IoU"][[1, 3]].tolist() == [0, 0]
    for name in ("GIoU", "DIoU", "CIoU"):
        assert (ends[name] > 0.95).all()
        assert 24 <= int((figures.agreement(name)[:, 3] > 0).nonzero()[0]) <= 96
    ways = [figures.descent(name)[150, 3] for name in ("GIoU", "DIoU", "CIoU")]
    assert not torch.allclose(ways[0], ways[1], atol=0.5)
    assert "IoU 0.00" in figures.opening().description
    assert "IoU loss stays at 0" in figures.descents().description


def test_under_giou_a_far_box_grows_more_than_under_diou():
    from coursekit.figures import boxes as figures

    largest = {name: ops.box_area(figures.descent(name)[:, 3]).max().item() for name in figures.LOSSES}
    start = ops.box_area(figures.descent("GIoU")[:1, 3]).item()
    assert largest["GIoU"] > max(largest["DIoU"], largest["CIoU"]) > 3 * start
    assert largest["GIoU"] > 8 * start


def test_nested_boxes_have_one_giou_and_several_diou():
    from coursekit.figures import boxes as figures

    values = [figures.measures(box, figures.AROUND) for box in figures.INSIDE]
    assert all(one["GIoU"] == pytest.approx(one["IoU"], abs=1e-6) for one in values)
    assert len({round(one["GIoU"], 6) for one in values}) == 1
    falling = [one["DIoU"] for one in values]
    assert falling == sorted(falling, reverse=True)
    assert falling[0] > falling[1] + 0.01 > falling[2] + 0.02
    assert "falling DIoU" in figures.nested().description


def test_the_pictures_of_format_and_overlap_show_the_numbers_of_the_text():
    from coursekit.figures import boxes as figures

    assert "(40, 24)" in figures.formats().description
    left, top, right, bottom = figures.STAR_BOX
    assert ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top) == (40, 24, 40, 24)
    assert tuple(A[0].tolist()) == figures.FIRST
    assert tuple(B[0].tolist()) == figures.SECOND
    assert "3 by 1" in figures.overlap().description


def test_the_arrows_of_two_boxes_are_as_the_text_asks_for():
    from coursekit.figures import boxes as figures

    far = (5.0, 3.0, 17.0, 9.0)
    assert figures.pull("IoU", far).abs().max() == 0
    assert figures.pull("GIoU", far).abs().max() > 0
    inside = (25.0, 13.0, 29.0, 15.0)  # off the middle of the target
    giou, diou = figures.pull("GIoU", inside), figures.pull("DIoU", inside)
    torch.testing.assert_close(giou[:2] + giou[2:], torch.zeros(2, dtype=DOUBLE))  # grow, but do not move
    assert (diou[:2] + diou[2:] > 1e-3).all()  # to the right and down
    assert "no edge has an arrow" in figures.two_boxes("IoU").description
    assert "GIoU loss: arrows" in figures.two_boxes("GIoU").description


def test_the_cats_letterboxes_are_those_of_the_solution(solution):
    from coursekit.figures import boxes as figures

    (image, eye), *framed = figures.boxed_in()
    for frame, box in framed:
        found = solution.letterbox(image, eye, tuple(frame.shape[1:]))
        torch.testing.assert_close(frame, found[0])
        torch.testing.assert_close(box, found[1])
    assert "cat" in figures.letterboxed().description


@cache
def answer(loss: str, start: float) -> torch.Tensor:
    from coursekit.figures import boxes as figures

    return figures.regress(figures.LOSSES[loss], start)


def test_the_network_learns_from_the_middle_with_both_losses_and_beside_the_image_with_one():
    from coursekit.figures import boxes as figures

    truth = figures.held_out().boxes[:, 0]
    mean = {
        (loss, start): ops.box_iou(answer(loss, start), truth).diagonal().mean().item()
        for loss in ("IoU", "CIoU")
        for start in (16.0, -6.0)
    }
    assert min(mean["IoU", 16.0], mean["CIoU", 16.0]) > 0.5
    assert abs(mean["IoU", 16.0] - mean["CIoU", 16.0]) < 0.08
    assert mean["IoU", -6.0] == 0
    assert 0.25 < mean["CIoU", -6.0] < mean["CIoU", 16.0] - 0.03
    assert "true box" in figures.found(answer("IoU", 16.0), answer("CIoU", 16.0)).description


def test_beside_the_image_no_weight_has_a_gradient(solution):
    from coursekit.figures import boxes as figures

    data = figures.held_out()
    for start, least, most in ((16.0, 0.9, 1.0), (-6.0, 0.0, 0.0)):
        network = figures.Pointer(start)
        boxes = network(data.images[:64])
        loss = solution.iou_loss(boxes, data.boxes[:64, 0])
        loss.mean().backward()
        assert least <= (loss < 1).float().mean().item() <= most
        assert any(p.grad.abs().max() > 0 for p in network.parameters()) == (start > 0)
