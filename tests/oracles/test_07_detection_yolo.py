"""The references of YOLO, held to slow definitions, to torch and to published counts, and what the text says."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchmetrics.detection import MeanAveragePrecision
from torchvision.ops import box_iou

from coursekit import grid_detector
from coursekit.figures import yolo as figures
from coursekit.threads import one_thread
from coursekit.two_stages import mean_average_precision

NOTEBOOK = "07_detection/yolo"
DOUBLE = torch.float64
SETTING = (64, 96), grid_detector.ANCHORS, grid_detector.STRIDES, grid_detector.NUM_CLASSES


def draw(*shape, seed=3):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def some_boxes(num, size, seed):
    """Boxes some of which reach out, lie outside, have no area, or have their centre on a line of 8 pixels."""
    centre = (draw(num, 2, seed=seed) * 1.2 - 0.1) * torch.tensor([size[1], size[0]])
    centre[::3] = (centre[::3] / 8).round() * 8
    side = (draw(num, 2, seed=seed + 1) * 40).round()
    return torch.cat([centre - side / 2, centre + side / 2], dim=1)


def counts(box, size):
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return box[2] > box[0] and box[3] > box[1] and 0 <= x <= size[1] and 0 <= y <= size[0]


def holds(number, low, high, last):
    """Whether a cell from low to high, the last of its row or not, holds a centre."""
    return low <= number < high or (last and number == high)


# yolo_v1_targets and yolo_v1_loss


@pytest.mark.parametrize("grid", [(2, 4), (4, 2), (1, 1)])
def test_cells_of_version_1_are_found_by_asking_each_cell(solution, grid):
    size, (rows, columns) = (64, 128), grid
    high, wide = size[0] / rows, size[1] / columns
    for seed in range(20):
        boxes, labels = some_boxes(6, size, seed), torch.arange(6) % 4
        expected = torch.zeros(rows, columns, 9, dtype=DOUBLE)
        for i in range(rows):
            for j in range(columns):
                for box, label in zip(boxes.tolist(), labels.tolist(), strict=True):
                    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
                    here = holds(x, j * wide, (j + 1) * wide, j == columns - 1)
                    if here and holds(y, i * high, (i + 1) * high, i == rows - 1) and counts(box, size):
                        own = [x / wide - j, y / high - i, (box[2] - box[0]) / 128, (box[3] - box[1]) / 64, 1]
                        expected[i, j] = torch.tensor([*own, *(float(label == k) for k in range(4))])
                        break
        torch.testing.assert_close(solution.yolo_v1_targets(boxes, labels, size, grid, 4), expected)


def v1_by_loops(predictions, target, num_boxes, coord, noobj):
    num, rows, columns, _ = predictions.shape
    parts = [0.0] * 4
    for said, true in zip(predictions.reshape(-1, predictions.shape[3]), target.flatten(0, 2), strict=True):
        boxes = said[: 5 * num_boxes].reshape(num_boxes, 5).tolist()
        x, y, w, h, there, *kinds = true.tolist()
        overlaps = []
        for a, b, rw, rh, _ in boxes:
            ww, hh = rw * rw, rh * rh
            mine = torch.tensor([[a / columns - ww / 2, b / rows - hh / 2, a / columns + ww / 2, b / rows + hh / 2]])
            other = [x / columns - w / 2, y / rows - h / 2, x / columns + w / 2, y / rows + h / 2]
            overlaps.append(float(box_iou(mine.double(), torch.tensor([other], dtype=DOUBLE))) if there else 0.0)
        best = overlaps.index(max(overlaps)) if there else None
        for k, (a, b, rw, rh, sure) in enumerate(boxes):
            if k == best:
                parts[0] += coord * ((a - x) ** 2 + (b - y) ** 2 + (rw - w**0.5) ** 2 + (rh - h**0.5) ** 2) / num
                parts[1] += (sure - overlaps[k]) ** 2 / num
            else:
                parts[2] += noobj * sure**2 / num
        if there:
            own = said[5 * num_boxes :].tolist()
            parts[3] += sum((p - q) ** 2 for p, q in zip(own, kinds, strict=True)) / num
    return torch.tensor(parts, dtype=DOUBLE)


@pytest.mark.parametrize("num_boxes", [1, 2, 3])
def test_the_loss_of_version_1_is_that_of_loops(solution, num_boxes):
    for seed in range(5):
        boxes = [some_boxes(3, (64, 128), seed + 10 * n) for n in range(2)]
        target = torch.stack([solution.yolo_v1_targets(one, torch.arange(3), (64, 128), (2, 4), 3) for one in boxes])
        predictions = draw(2, 2, 4, 5 * num_boxes + 3, seed=seed)
        came = solution.yolo_v1_loss(predictions, target, num_boxes, 3.0, 0.25)
        torch.testing.assert_close(came, v1_by_loops(predictions, target, num_boxes, 3.0, 0.25), rtol=1e-6, atol=1e-8)


def test_the_examples_of_version_1(solution):
    box = torch.tensor([[40.0, 10, 80, 50]])
    target = solution.yolo_v1_targets(box, torch.tensor([2]), (64, 128), (2, 4), 3)
    assert target[0, 1].tolist() == [0.875, 0.9375, 0.3125, 0.625, 1, 0, 0, 1]
    cell = torch.tensor([0.5, 0.5, 0.25, 0.25, 1, 1]).reshape(1, 1, 1, 6)
    said = torch.tensor([0.5, 0.5, 0.5, 0.5, 0.8, 0.5, 0.5, 1, 1, 0.4, 1]).reshape(1, 1, 1, 11)
    torch.testing.assert_close(solution.yolo_v1_loss(said, cell), torch.tensor([0, 0.04, 0.08, 0]))
    empty = solution.yolo_v1_loss(torch.full((1, 1, 1, 11), 0.9), torch.zeros(1, 1, 1, 6))
    torch.testing.assert_close(empty, torch.tensor([0, 0, 2 * 0.5 * 0.81, 0]))


def test_roots_make_the_small_box_pay_nearly_seven_times_as_much():
    small, large = ((w + 0.05) ** 0.5 - w**0.5 for w in (0.1, 0.8))
    assert 6.5 < (small / large) ** 2 < 7
    assert "by 0.071 at 0.1 and by 0.028 at 0.8" in figures.roots().description


# passthrough


@pytest.mark.parametrize("stride", [2, 3])
def test_the_passthrough_is_pixel_unshuffle_up_to_the_order_of_channels(solution, stride):
    x = draw(2, 5, 6, 12)
    expected = F.pixel_unshuffle(x, stride).unflatten(1, (5, stride**2)).transpose(1, 2).flatten(1, 2)
    assert torch.equal(solution.passthrough(x, stride), expected)
    with pytest.raises(ValueError, match="6 × 11"):
        solution.passthrough(x[..., :11], stride)


def test_the_picture_of_squares_begins_with_the_first_square(solution):
    first = solution.passthrough(torch.arange(24.0).reshape(1, 1, 4, 6))[0, :, 0, 0]
    assert first.tolist() == [0, 1, 6, 7]
    assert "begin with 0, 1, 6, 7" in figures.squares().description


# yolo_v2_decode


@pytest.mark.parametrize("version", [2, 3])
def test_boxes_are_those_of_loops(solution, version):
    outputs, anchors, stride = 4 * draw(2, 3 * 7, 3, 4) - 2, 5 + 20 * draw(3, 2, seed=4), 8
    boxes, sure, kinds = solution.yolo_v2_decode(outputs, anchors, stride, version)
    for n in range(2):
        for a in range(3):
            for i in range(3):
                for j in range(4):
                    t = outputs[n, 7 * a : 7 * a + 7, i, j].tolist()
                    logistic = [1 / (1 + math.exp(-one)) for one in t]
                    x, y = (logistic[0] + j) * stride, (logistic[1] + i) * stride
                    w, h = (float(anchors[a, k]) * math.exp(t[2 + k]) for k in (0, 1))
                    expected = pytest.approx([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
                    assert boxes[n, a, i, j].tolist() == expected
                    assert sure[n, a, i, j].item() == pytest.approx(logistic[4])
                    share = [math.exp(one) / (math.exp(t[5]) + math.exp(t[6])) for one in t[5:]]
                    assert kinds[n, a, i, j].tolist() == pytest.approx(share if version == 2 else logistic[5:])


def test_the_picture_of_decoding_shows_the_box_by_hand(solution):
    outputs = torch.zeros(1, 6, 3, 4)
    outputs[0, :4, 1, 2] = torch.tensor(figures.SAID)
    box = solution.yolo_v2_decode(outputs, torch.tensor([figures.ANCHOR]), figures.STRIDE)[0][0, 0, 1, 2]
    torch.testing.assert_close(box, torch.tensor([25, 23.5, 55, 32.5]), rtol=0, atol=2e-3)
    assert "25.0, 23.5, 55.0, 32.5" in figures.decoding().description


# yolo_v3_targets and yolo_v3_loss


def v3_by_asking_each_anchor(boxes, labels, candidates, size, anchors, strides, num_classes, ignore):
    """All anchors of an image, one after the other: which object asks for it, if any?"""
    state, target = torch.zeros(len(candidates)).long(), torch.zeros(len(candidates), 6 + num_classes, dtype=DOUBLE)
    shapes = [(float(w), float(h)) for level in anchors for w, h in level]
    there = [m for m in range(len(boxes)) if counts(boxes[m].tolist(), size)]
    k = 0
    for level, stride in enumerate(strides):
        rows, columns = size[0] // stride, size[1] // stride
        for a in range(anchors.shape[1]):
            for i in range(rows):
                for j in range(columns):
                    for m in there:
                        x1, y1, x2, y2 = boxes[m].tolist()
                        w, h = x2 - x1, y2 - y1
                        fits = []
                        for ww, hh in shapes:
                            both = min(w, ww) * min(h, hh)
                            fits.append(both / (w * h + ww * hh - both))
                        if state[k] != 1 and float(box_iou(candidates[k][None], boxes[m][None])) > ignore:
                            state[k] = -1
                        if fits.index(max(fits)) != level * anchors.shape[1] + a or state[k] == 1:
                            continue
                        x, y = (x1 + x2) / 2 / stride, (y1 + y2) / 2 / stride
                        if holds(x, j, j + 1, j == columns - 1) and holds(y, i, i + 1, i == rows - 1):
                            ww, hh = shapes[level * anchors.shape[1] + a]
                            own = [x - j, y - i, math.log(w / ww), math.log(h / hh), w / size[1], h / size[0]]
                            state[k] = 1
                            target[k] = torch.tensor([*own, *(float(labels[m] == c) for c in range(num_classes))])
                    k += 1
    return state, target


@pytest.mark.parametrize("ignore", [0.5, 0.3])
def test_targets_of_version_3_are_found_by_asking_each_anchor(solution, ignore):
    anchors, strides, size = (3 + 40 * draw(2, 3, 2, seed=1)).round(), (8, 16), (32, 48)
    for seed in range(6):
        boxes, labels = some_boxes(5, size, seed), torch.arange(5) % 3
        candidates = some_boxes(3 * (24 + 6), size, seed + 50)
        candidates = torch.cat(
            [candidates.unflatten(1, (2, 2)).amin(1), candidates.unflatten(1, (2, 2)).amax(1) + 1], 1
        )
        args = boxes, labels, candidates, size, anchors, strides, 3, ignore
        came, expected = solution.yolo_v3_targets(*args), v3_by_asking_each_anchor(*args)
        assert torch.equal(came[0], expected[0])
        torch.testing.assert_close(came[1], expected[1])


def test_an_image_of_256_has_4032_anchors(solution):
    strides, anchors = (8, 16, 32), 10 + draw(3, 3, 2).cumsum(0) * 60
    assert sum(3 * (256 // stride) ** 2 for stride in strides) == 4032
    box, labels = torch.tensor([[100.0, 120, 130, 150]], dtype=DOUBLE), torch.zeros(1).long()
    state, target = solution.yolo_v3_targets(
        box, labels, torch.zeros(4032, 4).double(), (256, 256), anchors, strides, 1
    )
    assert (len(state), int((state == 1).sum()), target.shape) == (4032, 1, (4032, 7))


def test_the_box_by_hand_belongs_to_the_coarse_level(solution):
    box, labels = torch.tensor([[30.0, 20, 60, 40]]), torch.tensor([1])
    state, target = solution.yolo_v3_targets(box, labels, grid_detector.placed(), *SETTING)
    assert state.nonzero().flatten().tolist()[0] >= 0
    assert (state == 1).nonzero().item() == 288 + 6 + 2
    assert [(state == kind).sum().item() for kind in (1, -1, 0)] == [1, 2, 357]
    expected = [0.8125, 0.875, math.log(30 / 33), math.log(20 / 22), 30 / 96, 20 / 64]
    assert target[296, :6].tolist() == pytest.approx(expected, rel=1e-5)
    parts = solution.yolo_v3_loss(torch.zeros(1, 360, 11), state[None], target[None])
    assert parts.tolist() == pytest.approx([0.488, 358 * math.log(2), 6 * math.log(2)], rel=1e-3)


def test_the_loss_of_version_3_is_that_of_loops(solution):
    for seed in range(5):
        outputs, state = 6 * draw(3, 8, 9, seed=seed) - 3, (draw(3, 8, seed=seed + 9) * 3).long() - 1
        target = draw(3, 8, 10, seed=seed + 20)
        target[..., 6:] = (target[..., 6:] > 0.5).double()
        parts = [0.0, 0.0, 0.0]
        for said, kind, true in zip(outputs.flatten(0, 1), state.flatten(), target.flatten(0, 1), strict=True):
            t, goal = said.tolist(), true.tolist()
            logistic = [1 / (1 + math.exp(-one)) for one in t]
            if kind == 0:
                parts[1] -= math.log(1 - logistic[4])
            if kind == 1:
                parts[1] -= math.log(logistic[4])
                errors = [logistic[0] - goal[0], logistic[1] - goal[1], t[2] - goal[2], t[3] - goal[3]]
                parts[0] += (2 - goal[4] * goal[5]) * sum(one * one for one in errors)
                for p, q in zip(logistic[5:], goal[6:], strict=True):
                    parts[2] -= q * math.log(p) + (1 - q) * math.log(1 - p)
        expected = torch.tensor(parts, dtype=DOUBLE) / 3
        torch.testing.assert_close(solution.yolo_v3_loss(outputs, state, target), expected)


def test_a_right_answer_costs_a_quarter_where_the_difference_stands_inside():
    assert torch.zeros(()).sigmoid().square() == 0.25


# The two Darknets


def work(network, *shape):
    """Return how many multiplications and additions the convolutions and the linear layer make for an image."""
    total, hooks = 0, []

    def count(module, given, out):
        nonlocal total
        total += 2 * out.numel() * module.weight[0].numel()

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            hooks.append(module.register_forward_hook(count))
    with torch.device("meta"):
        network.to("meta").eval()(torch.zeros(1, *shape))
    return total


def test_darknet_19_has_the_published_size_and_work(solution):
    """The table's channels typed once more, window by window; the paper says 5.58 billion operations."""
    table = [(3, 32, 9), (32, 64, 9), (64, 128, 9), (128, 64, 1), (64, 128, 9), (128, 256, 9), (256, 128, 1)]
    table += [(128, 256, 9), (256, 512, 9), (512, 256, 1), (256, 512, 9), (512, 256, 1), (256, 512, 9)]
    table += [(512, 1024, 9), (1024, 512, 1), (512, 1024, 9), (1024, 512, 1), (512, 1024, 9)]
    expected = sum(a * b * k + 2 * b for a, b, k in table) + 1024 * 1000 + 1000
    with torch.device("meta"):
        network = solution.Darknet19()
    assert sum(one.numel() for one in network.parameters()) == expected == 20_842_376
    assert [tuple(layer[0].weight.shape[:2]) for layer in network.layers] == [(b, a) for a, b, _ in table]
    assert work(network, 3, 224, 224) / 1e9 == pytest.approx(5.58, abs=0.015)


def test_darknet_53_has_the_published_size_and_work(solution):
    """41.6 million numbers; the paper says 18.7 billion operations for an image of 256 pixels."""
    with torch.device("meta"):
        network = solution.Darknet53()
    assert sum(one.numel() for one in network.parameters()) == 41_609_928
    assert sum(isinstance(one, nn.Conv2d | nn.Linear) for one in network.modules()) == 53
    assert work(network, 3, 256, 256) / 1e9 == pytest.approx(18.7, abs=0.15)


def test_darknets_are_what_plain_calls_of_torch_make(solution):
    x = draw(2, 3, 33, 64).float()
    torch.manual_seed(0)
    small, deep = solution.Darknet19(3, 1).eval(), solution.Darknet53(3, 2, (1, 2)).eval()

    def run(layer, x, stride=1):
        conv, norm = layer[0], layer[1]
        x = F.conv2d(x, conv.weight, stride=stride, padding=conv.weight.shape[2] // 2)
        x = F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=1e-5)
        return torch.where(x > 0, x, 0.1 * x)

    out = x
    for place, layer in enumerate(small.layers):
        out = run(layer, out)
        if place in (0, 1, 4, 7, 12):
            out = F.max_pool2d(out, 2, 2)
    expected = F.conv2d(out, small.head.weight, small.head.bias).mean((2, 3))
    torch.testing.assert_close(small(x), expected)
    out = run(deep.stem, x)
    for stage in deep.stages:
        out = run(stage[0], out, stride=2)
        for block in stage[1:]:
            out = out + run(block[1], run(block[0], out))
    torch.testing.assert_close(deep(x), deep.fc(out.mean((2, 3))))
    torch.testing.assert_close(deep.maps(x)[-1], out)


# Pictures, and the small detector


def test_the_figures_share_out_objects_as_the_exercise_does(solution):
    own = grid_detector.scenes("train").objects[figures.SHOWN]
    state, _ = solution.yolo_v3_targets(own["boxes"], own["labels"], grid_detector.placed(), *SETTING)
    said = "2 on the grid of 8 by 12, 1 on the grid of 4 by 6"
    assert said in figures.overview().description
    assert [int((part == 1).sum()) for part in (state[:288], state[288:])] == [2, 1]
    k = 0
    for level, stride in enumerate(grid_detector.STRIDES):
        for a in range(3):
            for i in range(64 // stride):
                for j in range(96 // stride):
                    words = figures.what_becomes_of(level, a, i, j)[0]
                    assert words.startswith({1: "positive", -1: "ignored", 0: "negative"}[int(state[k])])
                    k += 1
    assert "positive" in figures.cell_at().description


def test_collisions_are_as_many_as_the_answer_says(solution):
    scenes, lost, none, total = grid_detector.scenes("train"), 0, 0, 0
    for one in scenes.objects:
        cells = solution.yolo_v1_targets(one["boxes"], one["labels"], (64, 96), (2, 3), 6)
        state, _ = solution.yolo_v3_targets(one["boxes"], one["labels"], grid_detector.placed(), *SETTING)
        total += len(one["labels"])
        lost += len(one["labels"]) - int(cells[..., 4].sum())
        none += len(one["labels"]) - int((state == 1).sum())
    assert (total, lost, none) == (618, 23, 0)


def trained(solution):
    objects, placed = grid_detector.scenes("train").objects, grid_detector.placed()
    pairs = [solution.yolo_v3_targets(one["boxes"], one["labels"], placed, *SETTING) for one in objects]
    state, target = (torch.stack(parts) for parts in zip(*pairs, strict=True))

    def backbone():
        return solution.Darknet53(num_classes=1, width=6, blocks=(1, 1, 1, 1))

    with one_thread():
        untrained = grid_detector.train(backbone, (48, 96), state, target, solution.yolo_v3_loss, num_steps=0)
        detector = grid_detector.train(backbone, (48, 96), state, target, solution.yolo_v3_loss)
        return [grid_detector.detect(one, solution.yolo_v2_decode) for one in (untrained, detector)]


def test_the_small_detector_reaches_the_stated_map(solution):
    truth = grid_detector.scenes("test").objects
    untrained, results = trained(solution)
    before, after = (mean_average_precision(found, truth) for found in (untrained, results))
    assert before < 0.05
    assert after > 0.5
    metric = MeanAveragePrecision(iou_thresholds=[0.5])
    metric.update(results, truth)
    assert metric.compute()["map"].item() == pytest.approx(after, abs=1e-4)
    assert "4 test images" in figures.found(results).description


def test_outputs_and_anchors_have_one_order():
    outputs = [
        torch.arange(3 * 11 * 96.0).reshape(1, 33, 8, 12),
        5000 + torch.arange(3 * 11 * 24.0).reshape(1, 33, 4, 6),
    ]
    rows = grid_detector.row_by_row(outputs)
    assert rows.shape == (1, 360, 11)
    assert rows[0, 96 + 12 * 2 + 5, 3] == outputs[0][0, 11 + 3, 2, 5]
    assert rows[0, 288 + 2 * 24 + 6 * 3 + 1, 10] == outputs[1][0, 22 + 10, 3, 1]
    left, top, right, bottom = grid_detector.placed()[96 + 12 * 2 + 5].tolist()
    assert (left + right, top + bottom, right - left) == (2 * 5.5 * 8, 2 * 2.5 * 8, 21)
