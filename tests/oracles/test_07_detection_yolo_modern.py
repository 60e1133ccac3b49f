"""The references of YOLO's versions 4 and 5, held to slow definitions, and what the text says of pictures."""

import math
from functools import cache, partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torchvision.ops import box_iou

from coursekit import yolov5
from coursekit.figures import yolo_modern as figures
from coursekit.threads import one_thread

NOTEBOOK = "07_detection/yolo_modern"
DOUBLE = torch.float64
GRIDS, STRIDES = [(4, 6), (2, 3)], [8.0, 16.0]


def draw(*shape, seed=3):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def sigmoid(t):
    return 1 / (1 + math.exp(-t))


def box_around(x, y, w, h):
    return [x - w / 2, y - h / 2, x + w / 2, y + h / 2]


# CSPBlock


def layer_by_hand(x, state, name, stride=1):
    weight = state[f"{name}.conv.weight"]
    out = F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)
    norm = [state[f"{name}.norm.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")]
    out = (out - norm[0]) / (norm[1] + 1e-5).sqrt() * norm[2] + norm[3]
    return out * torch.tanh(torch.log1p(out.exp()))


@pytest.mark.parametrize("num_blocks", [0, 1, 3])
@pytest.mark.parametrize("size", [(6, 8), (5, 7)])
def test_a_stage_is_that_of_its_layers_by_hand(solution, num_blocks, size):
    block = solution.CSPBlock(3, 8, num_blocks).double().eval()
    state = {
        name: draw(*one.shape, seed=k) + 0.5 * ("var" in name)
        for k, (name, one) in enumerate(block.state_dict().items())
        if one.dtype == DOUBLE
    }
    block.load_state_dict({**block.state_dict(), **state})
    x = draw(2, 3, *size, seed=99)
    down = layer_by_hand(x, state, "down", stride=2)
    deep = layer_by_hand(down, state, "enter")
    for k in range(num_blocks):
        deep = deep + layer_by_hand(layer_by_hand(deep, state, f"blocks.{k}.0"), state, f"blocks.{k}.1")
    halves = [layer_by_hand(deep, state, "leave"), layer_by_hand(down, state, "short")]
    expected = layer_by_hand(torch.cat(halves, dim=1), state, "join")
    assert expected.shape == (2, 8, math.ceil(size[0] / 2), math.ceil(size[1] / 2))
    torch.testing.assert_close(block(x), expected, rtol=1e-12, atol=1e-12)


def test_a_stage_has_as_many_weights_as_counted_by_hand(solution):
    def count(module):
        return sum(one.numel() for name, one in module.named_parameters() if "conv" in name)

    assert 128 * 64 + 9 * 64 * 128 == 81_920
    two, three = solution.CSPBlock(64, 128, 2), solution.CSPBlock(64, 128, 3)
    assert count(three) - count(two) == 40_960
    assert count(two) == 9 * 64 * 128 + 36_864 + 2 * 40_960
    assert 68_000 < sum(one.numel() for one in yolov5.Detector(solution.CSPBlock).parameters()) < 95_000


def test_the_plan_has_the_stage_s_parts_in_their_order(solution):
    said = figures.wiring().description
    names = {name.split(".")[0] for name in solution.CSPBlock(2, 4, 1).state_dict()}
    assert all(name in said for name in names)
    assert "down to enter; down to short; enter to blocks; blocks to leave; leave to join; short to join" in said


# The decodings


@pytest.mark.parametrize("scale", [1.0, 1.05, 2.0])
def test_version_4_decodes_as_its_formula(solution, scale):
    t, anchors, stride = 6 * draw(2, 3, 4, 5, 4) - 3, 30 * draw(3, 2, seed=4), 7.5
    came = solution.yolo_v4_decode(t, anchors, stride, scale)
    for n, a, i, j in np.ndindex(2, 3, 4, 5):
        tx, ty, tw, th = t[n, a, i, j].tolist()
        x = (scale * sigmoid(tx) - (scale - 1) / 2 + j) * stride
        y = (scale * sigmoid(ty) - (scale - 1) / 2 + i) * stride
        w, h = float(anchors[a, 0]) * math.exp(tw), float(anchors[a, 1]) * math.exp(th)
        assert came[n, a, i, j].tolist() == pytest.approx(box_around(x, y, w, h), rel=1e-12, abs=1e-11)


def test_version_5_decodes_as_its_formula(solution):
    A, C, H, W, stride = 2, 3, 3, 4, 7.5
    raw, anchors = 6 * draw(2, A * (5 + C), H, W) - 3, 30 * draw(A, 2, seed=4)
    boxes, scores = solution.yolo_v5_decode(raw, anchors, stride)
    for n, a, i, j in np.ndindex(2, A, H, W):
        z = [sigmoid(float(raw[n, a * (5 + C) + k, i, j])) for k in range(5 + C)]
        x, y = (2 * z[0] - 0.5 + j) * stride, (2 * z[1] - 0.5 + i) * stride
        w, h = float(anchors[a, 0]) * (2 * z[2]) ** 2, float(anchors[a, 1]) * (2 * z[3]) ** 2
        place = (a * H + i) * W + j
        assert boxes[n, place].tolist() == pytest.approx(box_around(x, y, w, h), rel=1e-12, abs=1e-11)
        assert scores[n, place].tolist() == pytest.approx([z[4] * one for one in z[5:]], rel=1e-12)


def test_the_decodings_by_hand(solution):
    t = torch.zeros(1, 1, 3, 4, 4, dtype=DOUBLE)
    anchor = torch.tensor([[10.0, 6.0]], dtype=DOUBLE)
    for scale in (1.0, 1.05, 1.2, 2.0):
        assert solution.yolo_v4_decode(t, anchor, 16.0, scale)[0, 0, 2, 3].tolist() == [51.0, 37.0, 61.0, 43.0]
    for scale, at in ((1.2, -math.log(11)), (2.0, -math.log(3)), (1.05, -math.log(41))):
        t[..., 0] = at
        left, _, right, _ = solution.yolo_v4_decode(t, anchor, 16.0, scale)[0, 0, 2, 3].tolist()
        assert (left + right) / 2 == pytest.approx(48)
    assert (-math.log(11), -math.log(3), -math.log(41)) == pytest.approx((-2.4, -1.10, -3.71), abs=0.005)
    assert math.log(0.5**0.5 / (1 - 0.5**0.5)) == pytest.approx(0.88, abs=0.005)


def test_the_curves_end_where_the_text_says():
    far = figures.shares(np.array([-40.0, -2.3979, 0.0, 40.0]))
    assert [round(float(one), 3) for one in far["v3: scale 1"]] == [0.0, 0.083, 0.5, 1.0]
    assert [abs(round(float(one), 3)) for one in far["v4: scale 1.2"]] == [0.1, 0.0, 0.5, 1.1]
    assert [round(float(one), 3) for one in far["v5: scale 2"]][::3] == [-0.5, 1.5]
    sides = figures.factors(np.array([0.0, 40.0]))
    assert sides["v5"].tolist() == pytest.approx([1.0, 4.0])
    assert sides["v3, v4"][0] == 1
    assert "7.4 by the exponential and 3.1 in version 5" in figures.curves().description


# The matchings


def cells_that_hold(x, y, grid, stride):
    """Ask each cell of a grid whether a place lies on it, left and upper edge included."""
    return [
        (i, j)
        for i in range(grid[0])
        for j in range(grid[1])
        if j * stride <= x < (j + 1) * stride and i * stride <= y < (i + 1) * stride
    ]


def centred(w, h):
    return torch.tensor([[-w / 2, -h / 2, w / 2, h / 2]], dtype=DOUBLE)


def v4_by_force(boxes, anchors, threshold):
    rows = []
    for k, box in enumerate(boxes.tolist()):
        w, h = box[2] - box[0], box[3] - box[1]
        if min(w, h) <= 0:
            continue
        ious = {
            (g, a): float(box_iou(centred(w, h), centred(*anchors[g, a].tolist())))
            for g in range(2)
            for a in range(anchors.shape[1])
        }
        best = next(key for key, iou in ious.items() if iou == max(ious.values()))
        for (g, a), iou in ious.items():
            if iou > threshold or (g, a) == best:
                held = cells_that_hold((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, GRIDS[g], STRIDES[g])
                rows += [[k, g, a, i, j] for i, j in held]
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, 5)


def v5_by_force(boxes, anchors, threshold):
    rows = []
    for k, (left, top, right, bottom) in enumerate(boxes.tolist()):
        w, h, x, y = right - left, bottom - top, (left + right) / 2, (top + bottom) / 2
        for g, (grid, stride) in enumerate(zip(GRIDS, STRIDES, strict=True)):
            held = cells_that_hold(x, y, grid, stride)
            for a, (aw, ah) in enumerate(anchors[g].tolist()):
                if min(w, h) <= 0 or max(w / aw, aw / w, h / ah, ah / h) >= threshold:
                    continue
                for i, j in np.ndindex(*grid):
                    for own_i, own_j in held:
                        steps = abs(i - own_i) + abs(j - own_j)
                        # Of the neighbours only those reach the centre that have it less than a cell from their middle.
                        apart = max(abs(x / stride - j - 0.5), abs(y / stride - i - 0.5))
                        if steps == 0 or (steps == 1 and apart < 1):
                            rows.append([k, g, a, i, j])
    return torch.tensor(sorted(rows), dtype=torch.int64).reshape(-1, 5)


def odd_boxes(seed):
    """Boxes in quarters of a cell, so that many centres lie on borders; some outside, some without area, some huge."""
    centre = (draw(12, 2, seed=seed) * torch.tensor([28.0, 20.0]) - 2).round() * 2
    half = ((draw(12, 2, seed=seed + 1) * 6).exp2() / 2).round() / 2
    half[0] = torch.tensor([200.0, 90.0])
    return torch.cat([centre - half, centre + half], dim=1)


@pytest.mark.parametrize("threshold", [0.1, 0.213, 0.5, 1.0])
def test_version_4_matches_as_by_force(solution, threshold):
    for seed in range(12):
        boxes, anchors = odd_boxes(seed), (2 + 30 * draw(2, 3, 2, seed=seed + 70)).round()
        expected = v4_by_force(boxes, anchors, threshold)
        came = solution.yolo_v4_match(boxes, anchors, GRIDS, STRIDES, threshold)
        assert torch.equal(came, expected)
        if threshold == 0.1:
            assert len(expected) > len(expected[:, 0].unique())  # several anchors for one object


@pytest.mark.parametrize("threshold", [1.5, 2.0, 4.0])
def test_version_5_matches_as_by_force(solution, threshold):
    for seed in range(12):
        boxes, anchors = odd_boxes(seed), (2 + 30 * draw(2, 3, 2, seed=seed + 70)).round()
        expected = v5_by_force(boxes, anchors, threshold)
        assert torch.equal(solution.yolo_v5_match(boxes, anchors, GRIDS, STRIDES, threshold), expected)


def test_version_5_matches_as_its_software_does_between_borders(solution):
    """The software's own rule, by remainders and from both ends of a row; on borders it has no meaning of its own."""
    for seed in range(10):
        x, y = (1 + 45 * draw(2, seed=seed)).tolist()[0], (1 + 29 * draw(2, seed=seed + 9)).tolist()[1]
        for g, ((H, W), stride) in enumerate(zip(GRIDS, STRIDES, strict=True)):
            at, back = (x / stride, y / stride), (W - x / stride, H - y / stride)
            cells = {(int(at[1]), int(at[0]))}
            for axis, step in ((0, (0, 1)), (1, (1, 0))):
                if at[axis] % 1 < 0.5 and at[axis] > 1:
                    cells.add((int(at[1]) - step[0], int(at[0]) - step[1]))
                if back[axis] % 1 < 0.5 and back[axis] > 1:
                    cells.add((int(at[1]) + step[0], int(at[0]) + step[1]))
            boxes = torch.tensor([box_around(x, y, 8.0, 8.0)], dtype=DOUBLE)
            rows = solution.yolo_v5_match(boxes, torch.full((2, 1, 2), 8.0, dtype=DOUBLE), GRIDS, STRIDES)
            assert {(i, j) for _, grid, _, i, j in rows.tolist() if grid == g} == cells


def test_the_matchings_by_hand(solution):
    box = torch.tensor([box_around(37.0, 45.0, 20.0, 10.0)], dtype=DOUBLE)
    anchors = torch.tensor([[[10.0, 10.0], [40.0, 10.0], [16.0, 12.0]]], dtype=DOUBLE)
    rest = anchors, [(4, 5)], [16.0]
    ious = box_iou(centred(20.0, 10.0), torch.cat([centred(*one) for one in anchors[0].tolist()]))
    assert ious[0].tolist() == pytest.approx([0.5, 0.5, 0.69], abs=0.005)
    for threshold, chosen in ((0.4, [0, 1, 2]), (0.5, [2]), (1.0, [2])):
        assert solution.yolo_v4_match(box, *rest, threshold).tolist() == [[0, 0, a, 2, 2] for a in chosen]
    anchors = torch.tensor([[[6.0, 20.0], [5.0, 10.0]]], dtype=DOUBLE)
    rows = solution.yolo_v5_match(box, anchors, [(4, 5)], [16.0])
    assert rows.tolist() == [[0, 0, 0, 2, 1], [0, 0, 0, 2, 2], [0, 0, 0, 3, 2]]


def rules_of(solution):
    return {
        "v3": lambda *args: solution.yolo_v4_match(*args, threshold=1.0),
        "v4": solution.yolo_v4_match,
        "v5": solution.yolo_v5_match,
    }


@pytest.mark.parametrize("rule", ["v3", "v4", "v5"])
def test_the_widget_shows_what_the_exercises_say(solution, rule):
    for x, y, w, h in (
        (37.0, 29.0, 26.0, 18.0),
        (16.0, 16.0, 9.0, 9.0),
        (95.0, 1.0, 60.0, 30.0),
        (96.0, 5.0, 20.0, 20.0),
        (50.0, 50.0, 110.0, 5.0),
    ):
        box = torch.tensor([box_around(x, y, w, h)])
        rows = rules_of(solution)[rule](box, yolov5.ANCHORS, yolov5.GRIDS, yolov5.STRIDES)
        assert {tuple(row[1:]) for row in rows.tolist()} == figures.who_learns(rule, x, y, w, h)
        cells = {(row[1], row[3], row[4]) for row in rows.tolist()}
        if w < 30:  # a picture takes longer than the question
            assert f"{rule} {len(rows)} in {len(cells)}" in figures.match_at((x, y), w, h).description


def test_the_first_picture_has_one_match_then_several_then_neighbours():
    assert figures.overview().description.endswith("v3 1 in 1, v4 5 in 2, v5 18 in 6.")


def test_an_object_out_of_proportion_is_matched_as_the_answer_says(solution):
    box = torch.tensor([box_around(48.0, 30.0, 100.0, 8.0)])
    anchors = {
        name: {(row[1], row[2]) for row in rule(box, yolov5.ANCHORS, yolov5.GRIDS, yolov5.STRIDES).tolist()}
        for name, rule in rules_of(solution).items()
    }
    assert len(anchors["v3"]) == 1
    assert anchors["v3"] <= anchors["v4"]
    assert anchors["v5"] == {(1, 0), (1, 1), (1, 2)}


def test_matches_for_each_object_are_as_printed(solution):
    num = sum(len(one["boxes"]) for one in yolov5.targets("train"))
    each = {name: sum(map(len, yolov5.table(rule))) / num for name, rule in rules_of(solution).items()}
    assert each["v3"] == 1
    assert 5.0 < each["v4"] < 5.2
    assert 17.5 < each["v5"] < 17.7


# balanced_objectness_loss


def test_the_loss_is_that_of_its_formula(solution):
    sizes, weights, rate, keep = ((4, 6), (2, 3), (1, 2)), [4.0, 1.0, 0.4], 0.2, 1
    logits = [6 * draw(2, 3, *size, seed=k) - 3 for k, size in enumerate(sizes)]
    targets = [draw(2, 3, *size, seed=k + 9) for k, size in enumerate(sizes)]
    means = []
    for z, q in zip(logits, targets, strict=True):
        pairs = zip(z.flatten().tolist(), q.flatten().tolist(), strict=True)
        each = [-b * math.log(sigmoid(a)) - (1 - b) * math.log(1 - sigmoid(a)) for a, b in pairs]
        means.append(sum(each) / len(each))
    loss, following = solution.balanced_objectness_loss(logits, targets, torch.tensor(weights).double(), rate, keep)
    assert loss.item() == pytest.approx(sum(w * m for w, m in zip(weights, means, strict=True)), rel=1e-7)
    mixed = [(1 - rate) * w + rate / m for w, m in zip(weights, means, strict=True)]
    assert following.tolist() == pytest.approx([one / mixed[keep] for one in mixed], rel=1e-7)


def test_the_loss_by_hand(solution):
    """Means of 0.01, 0.05 and 0.02, made by logits whose targets are 0."""
    means = (0.01, 0.05, 0.02)
    logits = [torch.full((1, 1, 2, 3), math.log(math.exp(one) - 1), dtype=DOUBLE) for one in means]
    weights = torch.tensor([4.0, 1.0, 0.4], dtype=DOUBLE)
    loss, _ = solution.balanced_objectness_loss(logits, [torch.zeros_like(one) for one in logits], weights)
    assert loss.item() == pytest.approx(0.098)


# focus_to_convolution


def gathered(x, order):
    """The four maps: by slices in the order of YOLOv5's Focus, or by torch."""
    if order == "pixel_unshuffle":
        return F.pixel_unshuffle(x, 2)
    upper, lower = x[:, :, 0::2], x[:, :, 1::2]
    return torch.cat([part[..., e::2] for e in (0, 1) for part in (upper, lower)], dim=1)


@pytest.mark.parametrize("order", ["focus", "pixel_unshuffle"])
@pytest.mark.parametrize("window", [(3, 3), (1, 1), (3, 5)])
def test_one_convolution_gives_what_two_steps_give(solution, order, window):
    x, weight = draw(2, 3, 8, 12) - 0.5, draw(4, 12, *window, seed=5) - 0.5
    h, w = window
    two = F.conv2d(gathered(x, order), weight, padding=(h // 2, w // 2))
    large = solution.focus_to_convolution(weight, order)
    one = F.conv2d(x, large, stride=2, padding=(h - 1, w - 1))
    assert large.shape == (4, 3, 2 * h, 2 * w)
    assert (one - two).abs().max() < 1e-12


def test_a_weight_s_place_by_hand(solution):
    weight = torch.zeros(1, 4, 3, 3)
    weight[0, 1, 0, 0] = 1.0
    assert solution.focus_to_convolution(weight)[0, 0].nonzero().tolist() == [[1, 0]]
    assert solution.focus_to_convolution(weight, "pixel_unshuffle")[0, 0].nonzero().tolist() == [[0, 1]]


def test_the_picture_gathers_as_focus_does():
    numbers = figures.gathered(6)
    x = torch.arange(36.0).reshape(1, 1, 6, 6)
    for k, part in enumerate(gathered(x, "focus")[0]):
        assert part.flatten().tolist() == x[0, 0][numbers == k].tolist()
    assert "the first block to maps 0, 2, 1, 3" in figures.focus().description
    x = torch.arange(288.0).reshape(1, 3, 8, 12)
    assert F.pixel_unshuffle(x, 2)[0, :4, 0, 0].tolist() == [0, 1, 12, 13]


# The small detector


@cache
def trained_of(block, decode, balance, v4, v5):
    rules = {"v3": partial(v4, threshold=1.0), "v4": v4, "v5": v5}
    with one_thread():
        return {name: yolov5.train(rule, block, decode, balance) for name, rule in rules.items()}


def trained(solution):
    names = ("CSPBlock", "yolo_v5_decode", "balanced_objectness_loss", "yolo_v4_match", "yolo_v5_match")
    return trained_of(*(getattr(solution, name) for name in names))


def test_several_matches_are_worth_what_the_text_says(solution):
    with one_thread():
        scores = {name: yolov5.score(net, solution.yolo_v5_decode) for name, net in trained(solution).items()}
    assert scores["v3"] + 0.1 < min(scores["v4"], scores["v5"])
    assert 0.5 < scores["v4"] < 0.95
    assert 0.5 < scores["v5"] < 0.95


def test_the_boxes_found_are_drawn(solution):
    found = yolov5.detect(trained(solution)["v5"], solution.yolo_v5_decode)
    assert len(found) == len(yolov5.targets("test"))
    count = sum(int((one["scores"] > figures.SCORE).sum()) for one in found[:4])
    assert 3 <= count <= 20
    assert f"{count} boxes that were found" in figures.found(found).description
