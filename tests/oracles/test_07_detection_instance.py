"""The references of 07_detection/instance held to an independent truth, and what the text says of its pictures."""

from collections import OrderedDict
from functools import cache, partial
from itertools import pairwise, product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pycocotools import mask as coco
from skimage.draw import polygon2mask
from torch import nn
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor, maskrcnn_resnet50_fpn
from torchvision.models.detection.roi_heads import (
    heatmaps_to_keypoints,
    keypoints_to_heatmap,
    maskrcnn_loss,
    paste_mask_in_image,
)

from coursekit import mask_branch
from coursekit.figures import instance as figures

NOTEBOOK = "07_detection/instance"
DOUBLE = torch.float64


def generator(seed):
    return torch.Generator().manual_seed(seed)


# polygon_to_mask


@pytest.mark.parametrize("seed", range(20))
def test_masks_of_polygons_are_those_of_skimage_moved_by_half_a_pixel(solution, seed):
    corners = np.random.default_rng(seed).uniform(-4, 16, (3 + seed % 5, 2))  # x and y; edges may cross
    own = solution.polygon_to_mask([corners.flatten().tolist()], (11, 13))
    theirs = polygon2mask((11, 13), corners[:, ::-1] - 0.5)
    assert own.dtype == torch.bool
    assert np.array_equal(own.numpy(), theirs)  # random corners meet no middle: not a pixel differs


@pytest.mark.parametrize("seed", range(10))
def test_upright_polygons_with_whole_corners_are_those_of_pycocotools(solution, seed):
    rng = np.random.default_rng(seed)
    left, top, right, bottom = (int(edge) for edge in rng.integers([0, 0, 6, 5], [5, 4, 12, 9]))
    steps = [left, top, right, top, right, bottom, left + 1, bottom, left + 1, bottom - 1, left, bottom - 1]
    square = [2, 1, 5, 1, 5, 4, 2, 4]
    own = solution.polygon_to_mask([steps, square], (10, 13))
    theirs = coco.decode(coco.merge(coco.frPyObjects([steps, square], 10, 13)))
    assert np.array_equal(own.numpy(), theirs.astype(bool))


def test_pycocotools_differs_along_slanted_outlines_by_few_pixels(solution):
    for seed in range(10):
        corners = np.random.default_rng(seed).uniform(2, 60, (3, 2)).flatten().tolist()
        own = solution.polygon_to_mask([corners], (64, 64)).numpy()
        theirs = coco.decode(coco.merge(coco.frPyObjects([corners], 64, 64))).astype(bool)
        grown = F.max_pool2d(torch.from_numpy(own)[None].float(), 3, 1, 1)[0].bool().numpy()
        shrunk = ~F.max_pool2d(torch.from_numpy(~own)[None].float(), 3, 1, 1)[0].bool().numpy()
        assert not (theirs & ~grown).any()
        assert not (shrunk & ~theirs).any()


def in_polygon(px, py, corners):
    """Whether one point is inside, by the rule in words, edge by edge."""
    crossings = 0
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if min(y0, y1) <= py < max(y0, y1):
            crossings += px < x0 + (py - y0) * (x1 - x0) / (y1 - y0)
    return crossings % 2 == 1


@pytest.mark.parametrize("seed", range(12))
def test_middles_on_the_outline_follow_the_rule_in_words(solution, seed):
    rng = np.random.default_rng(seed)
    parts = [(rng.integers(0, 7, (num, 2)) + 0.5).tolist() for num in (3, 4)]  # corners on middles of pixels
    own = solution.polygon_to_mask([[one for corner in part for one in corner] for part in parts], (7, 8))
    for i, j in product(range(7), range(8)):
        assert bool(own[i, j]) == any(in_polygon(j + 0.5, i + 0.5, part) for part in parts)


def test_polygons_without_an_inside(solution):
    for parts in ([], [[]], [[2.0, 1.0]], [[1.0, 1.0, 4.0, 4.0]], [[-9.0, 0.0, -5.0, 0.0, -5.0, 4.0]]):
        assert not solution.polygon_to_mask(parts, (5, 6)).any()


def test_the_triangle_by_hand_and_the_ring_of_the_question(solution):
    mask = solution.polygon_to_mask([[1, 1, 5, 1, 1, 4]], (5, 6))
    assert mask.int().tolist() == [[0] * 6, [0, 1, 1, 1, 0, 0], [0, 1, 1, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0] * 6]
    assert figures.area([(1, 1), (5, 1), (1, 4)]) == 6
    outer, inner = [1, 1, 7, 1, 7, 7, 1, 7], [3, 3, 5, 3, 5, 5, 3, 5]
    assert solution.polygon_to_mask([outer, inner], (8, 8)).sum() == 36
    for round_it in ([3, 3, 5, 3, 5, 5, 3, 5, 3, 3], [3, 3, 3, 5, 5, 5, 5, 3, 3, 3]):
        assert solution.polygon_to_mask([[*outer, 1, 1, *round_it, 1, 1]], (8, 8)).sum() == 32


def test_the_picture_of_the_polygon_counts_as_the_reference_does(solution):
    for x, y in product((0.0, 2.0, 5.25, 12.0), (0.0, 3.5, 6.5, 8.0)):
        flat = [one for corner in (*figures.CORNERS, (x, y)) for one in corner]
        number = int(solution.polygon_to_mask([flat], figures.FIELD).sum())
        assert torch.equal(
            solution.polygon_to_mask([flat], figures.FIELD), figures.pixels_in([*figures.CORNERS, (x, y)])
        )
        assert f"{number} pixels" in figures.polygon(x, y).description


def test_the_palette_is_vocs():
    table = figures.voc_palette()
    assert table[0].tolist() == [0, 0, 0]
    assert table[1].tolist() == [128, 0, 0]  # aeroplane
    assert table[15].tolist() == [192, 128, 128]  # person
    assert table[255].tolist() == [224, 224, 192]  # the border that isn't asked
    assert len({tuple(row) for row in table.tolist()}) == 256


# mask_head


@pytest.mark.parametrize(("layers", "dilation"), [((5, 4), 1), ((6,), 2), ((), 1), ((3, 3, 3), 3)])
def test_the_branch_is_torchvisions(solution, layers, dilation):
    theirs = nn.Sequential(
        OrderedDict(
            mask_head=MaskRCNNHeads(3, layers, dilation), mask_predictor=MaskRCNNPredictor([3, *layers][-1], 6, 7)
        )
    )
    own = solution.mask_head(3, 7, layers, 6, dilation)
    own.load_state_dict(theirs.state_dict(), strict=True)
    x = torch.rand(2, 3, 5, 6, generator=generator(0))
    assert torch.equal(own(x), theirs(x))
    assert own(x[:0]).shape == (0, 7, 10, 12)


def test_its_weights_begin_as_torchvisions(solution):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        own = solution.mask_head(8, 40, (64, 32), 16)
        theirs = [MaskRCNNHeads(8, (64, 32), 1), MaskRCNNPredictor(32, 16, 40)]
    named = {**theirs[0].state_dict(prefix="mask_head."), **theirs[1].state_dict(prefix="mask_predictor.")}
    assert list(named) == list(own.state_dict())
    for name, value in own.state_dict().items():
        if value.ndim > 1:
            assert abs(value.std() / named[name].std() - 1) < 0.1
        elif "mask_head" in name:
            assert not value.any()
        else:
            assert value.any()


def test_the_weights_of_a_whole_mask_rcnn_load(solution):
    with torch.device("meta"):
        whole = maskrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=91).roi_heads
        own = solution.mask_head(256, 91)
    state = {name: one for name, one in whole.state_dict().items() if name.startswith("mask_")}
    assert {name: one.shape for name, one in own.state_dict().items()} == {k: v.shape for k, v in state.items()}


def test_the_numbers_of_the_text(solution):
    head = solution.mask_head(32, 6, (32, 32), 32)
    assert sum(one.numel() for one in head.mask_head.parameters()) == 2 * (32 * 32 * 9 + 32) == 18_496
    assert sum(one.numel() for one in head.mask_predictor.parameters()) == 4_128 + 198
    assert sum(one.numel() for one in head.parameters()) == 22_822


# mask_loss


def batch(seed, objects=(2, 0, 3), proposals=(3, 0, 4), num_classes=4, side=5, dtype=DOUBLE):
    """Return what mask_loss is given, with three images of different sizes."""
    draw = generator(seed)
    boxes, masks, labels, matched = [], [], [], []
    for place, (num, asked) in enumerate(zip(objects, proposals, strict=True)):
        high, wide = 12 + place, 15 - place
        masks.append(torch.rand(num, high, wide, generator=draw) > 0.5)
        labels.append(torch.randint(num_classes, (num,), generator=draw))
        matched.append(torch.randint(max(num, 1), (asked,), generator=draw))
        first = torch.rand(asked, 2, generator=draw, dtype=dtype) * 6 - 1
        boxes.append(torch.cat([first, first + 1 + 8 * torch.rand(asked, 2, generator=draw, dtype=dtype)], dim=1))
    logits = 3 * torch.randn(sum(proposals), num_classes, side, side, generator=draw, dtype=dtype)
    return logits, boxes, masks, labels, matched


@pytest.mark.parametrize("seed", range(6))
def test_the_loss_and_its_gradient_are_torchvisions(solution, seed):
    logits, boxes, *rest = batch(seed)
    for aligned, moved in ((False, boxes), (True, [one - 0.5 for one in boxes])):
        own, theirs = (logits.clone().requires_grad_() for _ in range(2))
        loss = solution.mask_loss(own, boxes, *rest, aligned)
        expected = maskrcnn_loss(theirs, moved, *rest)
        torch.testing.assert_close(loss, expected, rtol=1e-12, atol=1e-12)
        loss.backward()
        expected.backward()
        torch.testing.assert_close(own.grad, theirs.grad, rtol=1e-12, atol=1e-14)


def test_without_proposals_the_loss_is_a_zero_with_a_gradient(solution):
    for objects in ((2, 0), (0, 0)):
        logits, *rest = batch(0, objects, (0, 0))
        logits.requires_grad_()
        loss = solution.mask_loss(logits, *rest)
        assert loss.item() == 0
        loss.backward()
        assert logits.grad.shape == logits.shape


def test_the_losses_by_hand(solution):
    logits = torch.zeros(1, 2, 2, 2)
    logits[0, 0] = 100
    box, truth = torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[[1, 1], [0, 0]]]).bool()
    for label, value in ((1, 0.693), (0, 50.0)):
        given = [box], [truth], [torch.tensor([label])], [torch.tensor([0])]
        assert abs(solution.mask_loss(logits, *given, True).item() - value) < 1e-3


# paste_mask


def pasted_slowly(mask, box, size):
    """Bilinear interpolation, pixel by pixel and cell by cell."""
    side, out = len(mask), torch.zeros(size, dtype=DOUBLE)
    left, top, right, bottom = box.tolist()
    for y, x in product(range(size[0]), range(size[1])):
        u = (x + 0.5 - left) / (right - left) * side - 0.5
        v = (y + 0.5 - top) / (bottom - top) * side - 0.5
        i, j = int(np.floor(v)), int(np.floor(u))
        for a, b in product((0, 1), (0, 1)):
            if 0 <= i + a < side and 0 <= j + b < side:
                share = (1 - abs(v - i - a)) * (1 - abs(u - j - b))
                out[y, x] += share * mask[i + a, j + b]
    return out


BOXES = torch.tensor(
    [[2.3, 1.1, 9.7, 6.4], [-3.2, -2.0, 4.1, 15.5], [5.5, 5.5, 6.1, 5.9], [20.0, 20, 30, 30], [0, 0, 11, 9]],
    dtype=DOUBLE,
)


@pytest.mark.parametrize("side", [1, 2, 5])
def test_pasting_is_interpolation_pixel_by_pixel(solution, side):
    masks = torch.rand(len(BOXES), side, side, generator=generator(side), dtype=DOUBLE)
    own = solution.paste_mask(masks, BOXES, (9, 11))
    for mask, box, came in zip(masks, BOXES, own, strict=True):
        torch.testing.assert_close(came, pasted_slowly(mask, box, (9, 11)), rtol=0, atol=1e-12)
    torch.testing.assert_close(own, figures.glide(masks, BOXES, (9, 11)), rtol=0, atol=1e-12)  # F.grid_sample


@pytest.mark.parametrize("whole", [(3, 2, 12, 13), (-4, 5, 9, 8), (6, -2, 30, 40), (2, 2, 2, 9)])
def test_where_boxes_fall_on_whole_pixels_pasting_is_torchvisions(solution, whole):
    # torchvision lays a border of one cell around the mask, grows the box likewise, and counts its last pixel as in.
    side = 6
    mask = torch.rand(side, side, generator=generator(1), dtype=DOUBLE)
    theirs = paste_mask_in_image(F.pad(mask, (1, 1, 1, 1)), torch.tensor(whole), 20, 24)
    first, last = torch.tensor(whole[:2]).double(), torch.tensor(whole[2:]).double() + 1
    middle, half = (first + last) / 2, (last - first) / 2 * side / (side + 2)
    own = solution.paste_mask(mask[None], torch.cat([middle - half, middle + half])[None], (20, 24))[0]
    torch.testing.assert_close(own, theirs, rtol=0, atol=1e-12)


def test_empty_boxes_and_no_boxes_give_nothing(solution):
    boxes = torch.tensor([[3.5, 1, 3.5, 6], [1, 2.5, 6, 2.5], [3.5, 3.5, 3.5, 3.5], [1.0, 1, 6, 6]])
    own = solution.paste_mask(torch.ones(4, 3, 3), boxes, (7, 8))
    assert not own[:3].any()
    assert own[3].any()
    assert solution.paste_mask(torch.ones(0, 3, 3), torch.ones(0, 4), (7, 8)).shape == (0, 7, 8)


def test_the_row_by_hand(solution):
    mask, box = torch.tensor([[[1.0, 0.5], [1.0, 0.5]]]), torch.tensor([[2.0, 0, 6, 4]])
    row = solution.paste_mask(mask, box, (4, 8))[0, 1].tolist()
    assert row == [0, 0.25, 0.75, 0.875, 0.625, 0.375, 0.125, 0]


def test_a_sampled_mask_glides_and_torchvisions_jumps(solution):
    sampled, whole = figures.centres(solution.paste_mask), figures.centres(figures.jump)
    off = [centre - left - 14 for centre, left in zip(sampled, figures.STEPS, strict=True)]
    assert max(map(abs, off)) < 0.01
    assert len({round(one, 3) for one in whole}) <= 8
    assert max(b - a for a, b in pairwise(whole)) > 0.4
    assert max(b - a for a, b in pairwise(sampled)) < 0.2
    assert "a staircase" in figures.gliding().description


# The branch, trained


@cache
def trained(seed, aligned=True):
    if (seed, aligned) == (0, True):
        return figures.answers()
    loss = mask_branch.library_loss if aligned else maskrcnn_loss
    return mask_branch.probabilities(mask_branch.trained(loss=loss, seed=seed), figures.unseen())


def test_the_trained_branch_reaches_its_figure_and_filled_boxes_do_not(solution):
    data = figures.unseen()
    assert mask_branch.overlap(data.masks[0], data.masks[0]).tolist() == [1.0] * len(data.masks[0])
    assert round(mask_branch.of_full_boxes(data), 2) == 0.58
    for seed in (0, 3):
        assert mask_branch.mean_overlap(trained(seed), data, solution.paste_mask) > 0.84
    own = partial(solution.mask_head, 32, len(mask_branch.NAMES), (32, 32), 32)
    found = mask_branch.trained(own, partial(solution.mask_loss, aligned=True), steps=3)
    assert len(mask_branch.probabilities(found, data)) == 60


def test_half_a_pixel_costs_what_the_model_answer_says(solution):
    data = figures.unseen()
    aligned, shifted = (
        mask_branch.mean_overlap(mask_branch.projections(data, 14, way), data, solution.paste_mask)
        for way in (True, False)
    )
    assert (round(aligned, 2), round(shifted, 2)) == (0.99, 0.87)
    both = [mask_branch.mean_overlap(trained(0, way), data, solution.paste_mask) for way in (True, False)]
    assert both[0] - both[1] > 0.02


def test_the_pictures_of_the_branch(solution):
    data = figures.unseen()
    said = figures.found(data, figures.answers(), solution.paste_mask).description
    for name, (own, full) in figures.overlaps_by_class(figures.answers(), data, solution.paste_mask).items():
        assert own > full
        assert f"{name} {own:.2f} and {full:.2f}" in said
    assert "mean IoU of these masks is 0.8" in figures.overview().description
    place, which = figures.EXAMPLE
    assert f"A {mask_branch.NAMES[int(data.labels[place][which])]} in its box" in figures.branch().description
    target = mask_branch.projections(data, 14, True)[place][which, :1] >= 0.5
    seen = figures.answers()[place][which] >= 0.5
    ground, *of_shapes = mask_branch.overlap(seen, target.expand_as(seen)).tolist()
    assert min(of_shapes) > 0.75 > ground
    assert "of the cells are neither in nor out" in figures.projected().description


# keypoint_heatmap and decode_keypoints


def points_in_boxes(seed, num=6, joints=4):
    draw = generator(seed)
    first = 10 * torch.rand(num, 2, generator=draw) - 2
    boxes = torch.cat([first, first + 0.3 + 12 * torch.rand(num, 2, generator=draw)], dim=1)
    points = boxes[:, None, :2] + (1.4 * torch.rand(num, joints, 2, generator=draw) - 0.2) * (
        boxes[:, None, 2:] - boxes[:, None, :2]
    )
    marked = torch.randint(3, (num, joints, 1), generator=draw)
    points[0, 0], points[1, 1] = boxes[0, 2:], boxes[1, :2]
    points[2, 2, 0], points[3, 3, 1] = boxes[2, 2], boxes[3, 3]
    return torch.cat([points, marked], dim=2), boxes


@pytest.mark.parametrize("size", [1, 8, 56])
def test_places_of_keypoints_are_torchvisions(solution, size):
    for seed in range(10):
        keypoints, boxes = points_in_boxes(seed)
        places, valid = solution.keypoint_heatmap(keypoints, boxes, size)
        theirs = keypoints_to_heatmap(keypoints, boxes, size)
        assert torch.equal(places, theirs[0])
        assert torch.equal(valid, theirs[1].bool())
        assert (places.dtype, valid.dtype) == (torch.int64, torch.bool)


@pytest.mark.parametrize("side", [1, 5, 14])
def test_decoded_keypoints_are_torchvisions(solution, side):
    for seed in range(10):
        boxes = points_in_boxes(seed)[1]
        maps = torch.randn(len(boxes), 3, side, side, generator=generator(seed))
        points, scores = solution.decode_keypoints(maps, boxes)
        theirs = heatmaps_to_keypoints(maps, boxes)
        torch.testing.assert_close(points, theirs[0][..., :2], rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(scores, theirs[1], rtol=1e-6, atol=1e-6)


def test_there_and_back_is_off_by_half_a_cell_at_most(solution):
    keypoints, boxes = torch.tensor([[[15.9, 10.1, 1.0], [18, 12, 2]]]), torch.tensor([[10.0, 10, 18, 18]])
    places, valid = solution.keypoint_heatmap(keypoints, boxes, 4)
    assert (places.tolist(), valid.all()) == ([[2, 7]], True)
    heat = F.one_hot(solution.keypoint_heatmap(keypoints, boxes, 8)[0], 64).float().reshape(1, 2, 8, 8)
    points = solution.decode_keypoints(heat, boxes)[0]
    assert points.tolist() == [[[15.5, 10.5], [17.5, 12.5]]]
    assert (points - keypoints[..., :2]).abs().max() <= 0.5


def test_the_picture_of_the_joints(solution):
    places, valid = solution.keypoint_heatmap(figures.tips(), figures.STAR_BOX, figures.STAR_CELLS)
    assert valid.all()
    assert f"places are {', '.join(str(one) for one in places[0].tolist())}" in figures.joints().description


# yolact_assemble


@pytest.mark.parametrize("stride", [1.0, 4.0, 2.5])
def test_masks_of_prototypes_cell_by_cell(solution, stride):
    draw = generator(0)
    maps = 3 * torch.randn(4, 5, 6, generator=draw, dtype=DOUBLE)
    numbers = torch.randn(3, 4, generator=draw, dtype=DOUBLE)
    boxes = stride * torch.tensor([[0.5, 1.5, 3.5, 4.5], [-2, -1, 3.2, 9], [2, 2, 2, 4]], dtype=DOUBLE)
    own = solution.yolact_assemble(maps, numbers, boxes, stride)
    for n, i, j in product(range(3), range(5), range(6)):
        x, y = (j + 0.5) * stride, (i + 0.5) * stride
        total = sum(float(numbers[n, k].tanh()) * float(maps[k, i, j]) for k in range(4))
        inside = boxes[n, 0] <= x < boxes[n, 2] and boxes[n, 1] <= y < boxes[n, 3]
        assert abs(own[n, i, j] - (float(torch.tensor(total, dtype=DOUBLE).sigmoid()) if inside else 0.0)) < 1e-12


def test_the_prototypes_of_the_text(solution):
    maps, boxes = figures.prototype_maps(), torch.tensor([[0.0, 0, 18, 12]] * 2)
    own = solution.yolact_assemble(
        maps.double(), figures.WEIGHTS.double().clamp(-1 + 1e-12, 1 - 1e-12).atanh(), boxes, 1
    )
    torch.testing.assert_close(own.float(), figures.prototype_masks(), rtol=0, atol=1e-5)
    left, right = figures.prototype_masks()
    assert left[6, 5] > 0.99
    assert max(float(left[6, 13]), float(left[0, 0])) < 0.05
    assert right[6, 13] > 0.99
    assert round(float(right[0, 17]), 2) == round(float(right[6, 5]), 2) == 0.73
    assert right[0, 0] < 0.05
    assert "0.73 on the ground at the right" in figures.prototypes().description


# panoptic_merge


def merged_slowly(masks, scores, labels, semantic, stuff, min_score, max_overlap, min_area):
    """The rule in words, with sets of pixels."""
    order = sorted(range(len(masks)), key=lambda n: (-scores[n].item(), n))
    free = set(product(range(semantic.shape[0]), range(semantic.shape[1])))
    found = []
    for n in order:
        own = {tuple(one) for one in masks[n].nonzero().tolist()}
        left = own & free
        if scores[n].item() >= min_score and left and len(own - free) <= max_overlap * len(own):
            found.append((int(labels[n]), left))
            free -= left
    for kind in stuff:
        left = {one for one in free if semantic[one] == kind}
        if left and len(left) >= min_area:
            found.append((kind, left))
            free -= left
    out = torch.zeros_like(semantic)
    for number, (_, pixels) in enumerate(found, 1):
        for one in pixels:
            out[one] = number
    return out, [kind for kind, _ in found]


@pytest.mark.parametrize("seed", range(30))
def test_merging_is_the_rule_in_words(solution, seed):
    draw = generator(seed)
    masks = torch.rand(6, 5, 7, generator=draw) > torch.tensor([0.3, 0.6, 0.8, 0.9, 0.5, 1.0])[:, None, None]
    scores = torch.tensor([0.25, 0.5, 0.5, 0.75, 1.0])[torch.randint(5, (6,), generator=draw)]
    labels, semantic = torch.randint(9, (6,), generator=draw), torch.randint(4, (5, 7), generator=draw)
    for settings in ((0.5, 0.5, 3), (0.0, 0.0, 0), (0.75, 0.25, 5), (0.5, 1.0, 1)):
        own = solution.panoptic_merge(masks, scores, labels, semantic, [3, 0, 1], *settings)
        expected = merged_slowly(masks, scores, labels, semantic, [3, 0, 1], *settings)
        assert torch.equal(own[0], expected[0])
        assert own[1].tolist() == expected[1]


def test_merging_the_case_by_hand(solution):
    own, classes = solution.panoptic_merge(*figures.CASE, stuff=[1, 2], min_area=5)
    assert torch.equal(own, figures.MERGED)
    assert classes.tolist() == [4, 5, 1]
    assert [int((own == number).sum()) for number in (1, 2, 3)] == [6, 7, 9]
    assert "with 6, 7, 9 pixels" in figures.merged().description
    masks = figures.CASE[0]
    assert [int(mask.sum()) for mask in masks[:3]] == [6, 6, 9]
    assert int((masks[0] & masks[1]).sum()) == 4
    assert int((masks[0] & masks[2]).sum()) == 2
    assert int(((figures.CASE[3] == 2) & (own == 0)).sum()) == 4


def test_nothing_to_merge(solution):
    none = torch.zeros(0, 3, 4, dtype=torch.bool), torch.zeros(0), torch.zeros(0, dtype=torch.int64)
    own, classes = solution.panoptic_merge(*none, torch.zeros(3, 4, dtype=torch.int64), [])
    assert not own.any()
    assert (classes.dtype, len(classes)) == (torch.int64, 0)
