"""The references of 07_detection/instance held to an independent truth, and what the text says of its pictures."""

from collections import OrderedDict
from functools import cache, partial
from itertools import product

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
        assert torch.equal(solution.polygon_to_mask([flat], figures.FIELD), figures.pixels_in([*figures.CORNERS, (x, y)]))
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
