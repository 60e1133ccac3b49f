"""The references of YOLOX, held to loops and to torchvision, and what the text says of its pictures."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from torchvision.models.detection._utils import BoxCoder
from torchvision.ops import box_iou

from coursekit import small_detectors, small_yolox
from coursekit.figures import yolox as figures
from coursekit.threads import one_thread
from coursekit.two_stages import mean_average_precision

NOTEBOOK = "07_detection/yolox"
DOUBLE = torch.float64
CELLS = small_yolox.lay_cells(((4, 6), (2, 3)), (8, 16)).double()  # 32 x 48 pixels


def drawn(*shape, seed=3):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def some_boxes(num, seed=3):
    corner, side = 30 * drawn(num, 2, seed=seed).sigmoid(), 4 + 25 * drawn(num, 2, seed=seed + 100).sigmoid()
    return torch.cat([corner, corner + side], dim=1)


def overlap_of(one, other):
    """The IoU of two boxes, as lists."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared)


def entropy_of(chance, target):
    """The binary cross-entropy of a chance."""
    return -target * math.log(chance) - (1 - target) * math.log(1 - chance)


def chance_of(logit):
    return 1 / (1 + math.exp(-logit))


# The cells


def test_cells_are_laid_level_by_level_row_by_row():
    expected = [[8 * j + 4, 8 * i + 4, 8] for i in range(4) for j in range(6)]
    expected += [[16 * j + 8, 16 * i + 8, 16] for i in range(2) for j in range(3)]
    assert CELLS.tolist() == expected
    cells = small_yolox.lay_cells(small_yolox.GRIDS, small_yolox.STRIDES)
    assert cells[[0, 1, 12, 96]].tolist() == [[4, 4, 8], [12, 4, 8], [4, 12, 8], [8, 8, 16]]
    assert [rows * columns for rows, columns in small_yolox.GRIDS] == [96, 24]


# DecoupledHead


def test_the_head_is_the_formula_place_by_place(solution):
    torch.manual_seed(0)
    head = solution.DecoupledHead(3, [2, 4], hidden=5).double().eval()
    maps = [drawn(2, 2, 3, 5), drawn(2, 4, 2, 3, seed=4)]
    said = head(maps)
    assert said.shape == (2, 21, 8)
    for k, (start, columns) in enumerate(((0, 5), (15, 3))):
        stem = head.stems[k](maps[k])
        what, where = head.cls_convs[k](stem), head.reg_convs[k](stem)
        for row in range(maps[k].shape[2]):
            for column in range(columns):
                here = said[:, start + row * columns + column]
                for layer, hidden, part in (
                    (head.reg_preds[k], where, slice(0, 4)),
                    (head.obj_preds[k], where, slice(4, 5)),
                    (head.cls_preds[k], what, slice(5, 8)),
                ):
                    by_hand = hidden[:, :, row, column] @ layer.weight[:, :, 0, 0].T + layer.bias
                    torch.testing.assert_close(here[:, part], by_hand)


def test_the_names_are_those_of_the_authors_weights(solution):
    """What YOLOX-s has in its head, but for the counters of batch normalisation."""
    names = set()
    for k in range(3):
        units = [f"stems.{k}"] + [f"{branch}_convs.{k}.{one}" for branch in ("cls", "reg") for one in (0, 1)]
        for unit in units:
            names |= {f"{unit}.conv.weight"} | {
                f"{unit}.bn.{name}" for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
            }
        names |= {f"{kind}_preds.{k}.{name}" for kind in ("cls", "reg", "obj") for name in ("weight", "bias")}
    state = solution.DecoupledHead(80, [128, 256, 512], 128).state_dict()
    assert set(state) == names
    assert state["stems.2.conv.weight"].shape == (128, 512, 1, 1)
    assert state["cls_convs.1.0.conv.weight"].shape == (128, 128, 3, 3)
    assert [state[f"{kind}_preds.0.weight"].shape[0] for kind in ("cls", "reg", "obj")] == [80, 4, 1]


def test_a_new_head_believes_in_nothing(solution):
    head = solution.DecoupledHead(3, [2, 2], 8)
    assert math.log(0.01 / 0.99) == pytest.approx(-4.595, abs=5e-4)
    for layer in (*head.cls_preds, *head.obj_preds):
        torch.testing.assert_close(layer.bias.sigmoid(), torch.full_like(layer.bias, 0.01))
    assert all(layer.bias.abs().max() < 8**-0.5 for layer in head.reg_preds)


# yolox_decode


def test_decoding_is_the_library_s_with_squares_at_the_corners(solution):
    raw = drawn(2, len(CELLS), 8)
    corner, side = CELLS[:, :2] - CELLS[:, 2:] / 2, CELLS[:, 2:]
    squares = torch.cat([corner - side / 2, corner + side / 2], dim=1)
    came = solution.yolox_decode(raw, CELLS)
    for one, expected in zip(came, raw, strict=True):
        theirs = BoxCoder((1.0, 1.0, 1.0, 1.0)).decode_single(expected[:, :4], squares)
        torch.testing.assert_close(one[:, :4], theirs)
        assert torch.equal(one[:, 4:], expected[:, 4:])


def test_the_box_by_hand(solution):
    raw = torch.tensor([[[0.5, 0.25, 0.0, math.log(2)], [0.0, 0.0, 0.0, 0.0]]], dtype=DOUBLE)
    cell = torch.tensor([figures.CELL], dtype=DOUBLE)
    came = solution.yolox_decode(raw, cell.repeat(2, 1))[0]
    torch.testing.assert_close(came[0], torch.tensor(figures.SAID, dtype=DOUBLE))
    assert came[1].tolist() == [24, 8, 40, 24]
    words = figures.decoded().description
    assert all(one in words for one in ("(32, 16)", "(40, 20)"))


# simota_candidates


@pytest.mark.parametrize("radius", [0.5, 2.5])
def test_candidates_agree_with_a_loop(solution, radius):
    boxes = torch.cat([some_boxes(4), torch.tensor([[8.0, 4, 20, 12], [-50, -50, 99, 99], [12, 12, 12, 20]]).double()])
    in_box, near = solution.simota_candidates(CELLS, boxes, radius)
    for k, (left, top, right, bottom) in enumerate(boxes.tolist()):
        for place, (x, y, stride) in enumerate(CELLS.tolist()):
            assert in_box[k, place] == (left < x < right and top < y < bottom)
            reach, cx, cy = radius * stride, (left + right) / 2, (top + bottom) / 2
            assert near[k, place] == (cx - reach < x < cx + reach and cy - reach < y < cy + reach)


def test_the_cells_by_hand(solution):
    cells = torch.tensor([[12.0, 20, 8], [20, 20, 8], [28, 20, 8]], dtype=DOUBLE)
    in_box, near = solution.simota_candidates(cells, torch.tensor([figures.OBJECT], dtype=DOUBLE))
    assert in_box.tolist() == [[False, False, True]]
    assert near.tolist() == [[False, True, True]]


def test_what_the_picture_of_regions_says(solution):
    """The square of the small object is larger than its box, that of the large one smaller."""
    (box_alone, near_alone, both), (of_large, near_of_large, both_of_large) = figures.region_counts()
    assert box_alone == near_of_large == 0 < min(near_alone, of_large)
    cells = small_yolox.lay_cells(small_yolox.GRIDS[:1], small_yolox.STRIDES[:1]).double()
    in_box, near = solution.simota_candidates(cells, torch.tensor(figures.REGION_BOXES, dtype=DOUBLE))
    assert (in_box & near).sum(dim=1).tolist() == [both, both_of_large]
    assert (in_box ^ near).sum(dim=1).tolist() == [near_alone, of_large]
    assert f"{both} cells are in both" in figures.regions().description


# dynamic_match


def slowly_matched(costs, ious, top):
    """The definition, one object and one cell after the other."""
    wishes = []
    for prices, overlaps in zip(costs.tolist(), ious.tolist(), strict=True):
        k = max(1, math.floor(math.fsum(sorted(overlaps)[-top:])))
        order = sorted(range(len(prices)), key=lambda place: (prices[place], place))
        wishes.append(set(order[:k]))
    answer = []
    for place in range(costs.shape[1]):
        wanting = [one for one, wish in enumerate(wishes) if place in wish]
        answer.append(min(wanting, key=lambda one: (costs[one, place].item(), one)) if wanting else -1)
    return answer


@pytest.mark.parametrize("top", [1, 3, 10, 99])
def test_sharing_out_agrees_with_the_definition(solution, top):
    for seed in range(40):
        num, places = 1 + seed % 4, 3 + seed % 17
        costs = (4 * drawn(num, places, seed=seed)).round() / 4  # many ties
        ious = (16 * drawn(num, places, seed=seed + 100).sigmoid()).round() / 16
        assert solution.dynamic_match(costs, ious, top).tolist() == slowly_matched(costs, ious, top)


def test_without_conflicts_it_is_the_exact_transport(solution):
    agreed = 0
    for seed in range(30):
        costs, ious = drawn(2, 12, seed=seed).exp(), drawn(2, 12, seed=seed + 100).sigmoid() / 2
        matches = solution.dynamic_match(costs, ious)
        nums = ious.topk(10).values.sum(dim=1).int().clamp(min=1)
        pieces = torch.arange(2).repeat_interleave(nums)
        rows, columns = linear_sum_assignment(costs[pieces])
        exact = torch.full((12,), -1)
        exact[columns] = pieces[rows]
        if (matches >= 0).sum() == nums.sum():
            agreed += 1
            assert torch.equal(matches, exact)
    assert agreed >= 5


COSTS = [[1.0, 2.0, 1.5, 6.0, 9.0], [9.0, 4.0, 1.2, 3.0, 8.0]]
IOUS = [[0.8, 0.7, 0.6, 0.1, 0.0], [0.0, 0.2, 0.3, 0.3, 0.1]]


def test_the_table_by_hand(solution):
    assert solution.dynamic_match(torch.tensor(COSTS), torch.tensor(IOUS)).tolist() == [0, -1, 1, -1, -1]
    assert [sum(row) for row in IOUS] == pytest.approx([2.2, 0.9])
    pieces = [0, 0, 1]
    rows, columns = linear_sum_assignment(torch.tensor(COSTS)[pieces])
    assert sorted((pieces[row], column) for row, column in zip(rows, columns, strict=True)) == [(0, 0), (0, 1), (1, 2)]


def test_an_object_can_be_left_out(solution):
    costs = torch.tensor([[1.0, 5.0], [2.0, 5.0]])
    assert solution.dynamic_match(costs, torch.full((2, 2), 0.3)).tolist() == [0, -1]


# simota_assign


def slowly_assigned(said, cells, boxes, labels, radius, top):
    """The definition, one pair of an object and a cell after the other."""
    places, in_both = [], []
    for place, (x, y, stride) in enumerate(cells.tolist()):
        inside = [left < x < right and top_ < y < bottom for left, top_, right, bottom in boxes.tolist()]
        near = [
            abs(x - (left + right) / 2) < radius * stride and abs(y - (top_ + bottom) / 2) < radius * stride
            for left, top_, right, bottom in boxes.tolist()
        ]
        if any(inside) or any(near):
            places.append(place)
            in_both.append([one and other for one, other in zip(inside, near, strict=True)])
    costs, ious = torch.zeros(len(boxes), len(places), dtype=DOUBLE), torch.zeros(len(boxes), len(places), dtype=DOUBLE)
    for k, (box, label) in enumerate(zip(boxes.tolist(), labels.tolist(), strict=True)):
        for at, place in enumerate(places):
            row = said[place].tolist()
            ious[k, at] = overlap_of(row[:4], box)
            kind = sum(
                entropy_of(math.sqrt(chance_of(row[4]) * chance_of(logit)), float(c == label))
                for c, logit in enumerate(row[5:])
            )
            wall = 0.0 if in_both[at][k] else 1e5
            costs[k, at] = kind - 3 * math.log(ious[k, at].item() + 1e-8) + wall
    answer = torch.full((len(cells),), -1)
    if len(boxes):
        answer[places] = torch.tensor(slowly_matched(costs, ious, top), dtype=torch.int64)
    return answer


@pytest.mark.parametrize(("radius", "top"), [(2.5, 10), (1.0, 3)])
def test_assignment_agrees_with_the_definition(solution, radius, top):
    for seed in range(25):
        num = seed % 5
        raw = drawn(1, len(CELLS), 8, seed=seed)
        said = solution.yolox_decode(raw * 0.6, CELLS)[0]
        boxes, labels = some_boxes(num, seed), torch.arange(num) % 3
        came = solution.simota_assign(said, CELLS, boxes, labels, radius, top)
        assert torch.equal(came, slowly_assigned(said, CELLS, boxes, labels, radius, top))


def test_the_cost_by_hand():
    assert 2 * entropy_of(math.sqrt(chance_of(0) * chance_of(0)), 1.0) == pytest.approx(1.386, abs=5e-4)
    assert -3 * math.log(0.5) == pytest.approx(2.079, abs=5e-4)
    assert 2 * math.log(2) + 3 * math.log(2) == pytest.approx(3.466, abs=5e-4)


@pytest.mark.parametrize("quality", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("apart", [0, 20, 44])
def test_the_picture_with_sliders_shares_out_as_the_reference_does(solution, quality, apart):
    cells, objects = figures._cells(), figures.sharing_objects(apart)
    said = np.concatenate([figures.guessed(cells, objects, quality), np.zeros((len(cells), 2))], axis=1)
    args = (torch.from_numpy(one) for one in (said, cells, objects))
    matches = solution.simota_assign(*args, torch.zeros(2, dtype=torch.int64))
    assert matches.tolist() == figures.sharing_at(quality, apart).owner.tolist()


def test_what_the_text_says_of_the_sliders():
    assert [figures.sharing_at(quality, 44).wanted for quality in (0.0, 1.0)] == [[1, 2], [8, 8]]
    together, far = figures.sharing_at(0.5, 0), figures.sharing_at(0.5, 44)
    assert (together.wanted, far.wanted) == ([4, 5], [4, 4])
    assert [(together.owner == one).sum() for one in (0, 1)] == [2, 5]
    assert [(far.owner == one).sum() for one in (0, 1)] == [4, 4]
    assert "4 and 4" in figures.sharing(0.5, 44).description


def test_what_the_first_picture_says():
    assert [[(shares.owner == one).sum() for one in (0, 1)] for shares in figures.overview_shares()] == [
        [2, 2],
        [5, 5],
        [8, 8],
    ]
    assert "2 and 2, then 5 and 5, then 8 and 8" in figures.overview().description
    assert "stem" in figures.head().description


# yolox_loss


def slowly_lost(said, matches, boxes, labels, weight):
    """The definition, one cell of one picture after the other."""
    of_boxes = of_objects = of_classes = 0.0
    num = 0
    for picture, own, kinds, match in zip(said.tolist(), boxes, labels, matches.tolist(), strict=True):
        for row, k in zip(picture, match, strict=True):
            of_objects += entropy_of(chance_of(row[4]), float(k >= 0))
            if k < 0:
                continue
            num += 1
            iou = overlap_of(row[:4], own[k].tolist())
            of_boxes += weight * (1 - iou**2)
            for c, logit in enumerate(row[5:]):
                of_classes += entropy_of(chance_of(logit), iou if c == int(kinds[k]) else 0.0)
    return [total / max(num, 1) for total in (of_boxes, of_objects, of_classes)]


def batch(solution, seed):
    said = solution.yolox_decode(0.6 * drawn(3, len(CELLS), 9, seed=seed), CELLS)
    boxes = [some_boxes(num, seed + num) for num in (3, 0, 2)]
    labels = [torch.tensor([2, 0, 2]), torch.zeros(0, dtype=torch.int64), torch.tensor([3, 1])]
    cases = zip(said, boxes, labels, strict=True)
    return (
        said,
        torch.stack([solution.simota_assign(one, CELLS, own, kinds) for one, own, kinds in cases]),
        boxes,
        labels,
    )


def test_losses_agree_with_the_definition(solution):
    for seed in range(5):
        said, matches, boxes, labels = batch(solution, seed)
        came = solution.yolox_loss(said, matches, boxes, labels, 3.0)
        assert [one.item() for one in came] == pytest.approx(slowly_lost(said, matches, boxes, labels, 3.0), rel=1e-10)


def test_only_the_boxes_loss_moves_boxes(solution):
    said, matches, boxes, labels = batch(solution, 1)
    said.requires_grad_()
    for place, moves in enumerate((True, False, False)):
        (gradient,) = torch.autograd.grad(solution.yolox_loss(said, matches, boxes, labels)[place], said)
        assert bool(gradient[..., :4].any()) == moves
        assert not gradient[matches < 0][:, :4].any()
        assert not gradient[matches < 0][:, 5:].any()


def test_without_objects_only_objectness_is_learnt(solution):
    said = drawn(2, 4, 7)
    said[..., 2:4] = said[..., :2] + 3
    nothing = [torch.zeros(0, 4, dtype=DOUBLE)] * 2, [torch.zeros(0, dtype=torch.int64)] * 2
    came = solution.yolox_loss(said, torch.full((2, 4), -1), *nothing)
    assert [one.item() for one in came] == pytest.approx([0, said[..., 4].exp().log1p().sum().item(), 0])


def one_cell(solution, cells=1, is_object=0.0, of_class=0.0):
    """A picture of so many cells, of which the first has an object and an IoU of one half; two classes."""
    said = torch.zeros(1, cells, 7, dtype=DOUBLE)
    said[..., :4] = torch.tensor([0.0, 0, 10, 20])
    said[0, 0, 4], said[0, 0, 5] = is_object, of_class
    matches = torch.full((1, cells), -1)
    matches[0, 0] = 0
    box = torch.tensor([[0.0, 0, 10, 10]], dtype=DOUBLE)
    return [one.item() for one in solution.yolox_loss(said, matches, [box], [torch.tensor([0])])]


def test_the_losses_by_hand(solution):
    assert one_cell(solution, 4) == pytest.approx([3.75, 4 * math.log(2), 2 * math.log(2)])
    assert [4 * math.log(2), 2 * math.log(2)] == pytest.approx([2.773, 1.386], abs=5e-4)


def test_what_is_drawn_to_one_half(solution):
    rest = math.log(2)  # of the other class
    assert [one_cell(solution, is_object=logit)[1] for logit in (0, 4)] == pytest.approx([0.69, 0.02], abs=5e-3)
    assert [one_cell(solution, of_class=logit)[2] - rest for logit in (0, 4)] == pytest.approx([0.69, 2.02], abs=5e-3)


# The training


RUNS = {}


def trained(solution, top):
    """The notebook's own training, run once: the net, what it wrote down, and the cells."""
    if top not in RUNS:
        RUNS[top] = training_of(solution, top)
    return RUNS[top]


def training_of(solution, top):
    torch.manual_seed(1)
    net = small_yolox.SmallYolox(solution.DecoupledHead(len(small_detectors.NAMES), [32, 48], hidden=32))
    data, cells = small_yolox.pictures("train"), small_yolox.lay_cells(small_yolox.GRIDS, small_yolox.STRIDES)

    def step(rows):
        own = [(data.boxes[row], data.labels[row]) for row in rows.tolist()]
        said = solution.yolox_decode(net(data.images[rows]), cells)
        shares = [solution.simota_assign(one, cells, *its, top=top) for one, its in zip(said, own, strict=True)]
        matches = torch.stack(shares)
        return solution.yolox_loss(said, matches, *zip(*own, strict=True)), matches

    with one_thread():
        return net, small_yolox.train(net, step), cells


def precision(solution, top, threshold):
    net, _, cells = trained(solution, top)
    with one_thread(), torch.no_grad():
        said = solution.yolox_decode(net(small_yolox.pictures("test").images), cells)
    return mean_average_precision(small_yolox.detections(said), small_yolox.truths("test"), threshold)


def test_more_cells_make_better_boxes(solution):
    assert precision(solution, 10, 0.5) > 0.75
    assert precision(solution, 10, 0.5) > precision(solution, 1, 0.5)
    assert precision(solution, 10, 0.75) > precision(solution, 1, 0.75) + 0.02


def test_objects_get_more_cells_as_the_network_gets_better(solution):
    records = {top: trained(solution, top)[1] for top in (10, 1)}
    cells = figures.smooth(records[10].cells)
    assert 1 <= cells[0] < 2.5
    assert 5.3 < cells[-1] < 7
    assert cells[-1] > cells[20] > cells[0]
    assert 0.95 < np.mean(records[1].cells) <= 1
    assert all(figures.smooth(record.losses)[-1] < figures.smooth(record.losses)[0] / 2 for record in records.values())
    assert "Both losses fall" in figures.learning(records).description


def test_a_trained_network_s_cells_lie_at_the_centre_and_are_fine_ones(solution):
    net, _, cells = trained(solution, 10)
    data = small_yolox.pictures("test")
    with one_thread(), torch.no_grad():
        said = solution.yolox_decode(net(data.images), cells)
    fine, inside, places = [], [], []
    for one, boxes, labels in zip(said, data.boxes, data.labels, strict=True):
        matches = solution.simota_assign(one, cells, boxes, labels)
        in_box, near = solution.simota_candidates(cells, boxes)
        for k, box in enumerate(boxes):
            mine = matches == k
            fine.append((cells[mine, 2] == 8).sum().item() / mine.sum().item())
            inside += (in_box & near)[k, mine].tolist()
            places.append(((box[2] - box[0]) * (box[3] - box[1])).item())
    assert np.mean(inside) > 0.9
    assert np.mean(fine) > 0.85
    large = np.array(places) > np.median(places)
    assert np.mean(np.array(fine)[large]) > np.mean(np.array(fine)[~large])
    assert "coarse" in figures.shared(net, solution.yolox_decode, solution.simota_assign, cells).description
    assert figures.found_so_far(net, solution.yolox_decode, cells).shape[0] == 3
    assert box_iou(data.boxes[0], data.boxes[0]).diagonal().min() == 1
    assert "found [" in figures.found(net, solution.yolox_decode, cells).description
