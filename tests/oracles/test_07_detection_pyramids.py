"""The references of 07_detection/pyramids held to torchvision, to loops over single places and to closed forms; and
what the text says of its pictures."""

import math
from collections import OrderedDict
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torchvision.models.detection import fasterrcnn_resnet50_fpn
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool
from torchvision.ops.poolers import initLevelMapper

from coursekit import segmenter
from coursekit.figures import pyramids as figures
from coursekit.threads import one_thread

NOTEBOOK = "07_detection/pyramids"
DOUBLE = torch.float64


def drawn(*shape, seed=0):
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def levels_of(*shapes):
    return OrderedDict((f"level {i}", drawn(*shape, seed=i)) for i, shape in enumerate(shapes))


# FeaturePyramid


@pytest.mark.parametrize("pool", [False, True])
@pytest.mark.parametrize(
    "sizes", [[(13, 9), (7, 5), (4, 3)], [(12, 20), (6, 10), (3, 5)], [(7, 5), (3, 3), (2, 1)], [(4, 6)]]
)
def test_the_pyramid_is_torchvisions(solution, sizes, pool):
    widths = [2, 3, 5][: len(sizes)]
    own = solution.FeaturePyramid(widths, 4, pool).double()
    library = FeaturePyramidNetwork(widths, 4, extra_blocks=LastLevelMaxPool() if pool else None).double()
    library.load_state_dict(own.state_dict(), strict=True)
    maps = levels_of(*((2, width, *size) for width, size in zip(widths, sizes, strict=True)))
    came, expected = own(maps), library(maps)
    assert list(came) == list(expected)
    assert isinstance(came, OrderedDict)
    for name in expected:
        torch.testing.assert_close(came[name], expected[name], rtol=0, atol=1e-13)


def test_the_gradients_of_the_pyramid_are_torchvisions(solution):
    own, library = solution.FeaturePyramid([2, 3], 4).double(), FeaturePyramidNetwork([2, 3], 4).double()
    library.load_state_dict(own.state_dict())
    found = []
    for one in (own, library):
        leaves = [drawn(2, 2, 5, 7).requires_grad_(), drawn(2, 3, 3, 4, seed=1).requires_grad_()]
        out = one(OrderedDict(zip(("a", "b"), leaves, strict=True)))
        total = sum((level * drawn(*level.shape, seed=9)).sum() for level in out.values())
        parameters = [value for _, value in sorted(one.named_parameters())]
        found.append(torch.autograd.grad(total, [*leaves, *parameters]))
    torch.testing.assert_close(*found)


def test_the_pyramid_of_a_real_detector_loads_strictly(solution):
    theirs = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None).backbone.fpn
    own = solution.FeaturePyramid([256, 512, 1024, 2048], 256, pool=True)
    own.load_state_dict(theirs.state_dict(), strict=True)
    maps = OrderedDict((str(i), torch.randn(1, 256 * 2**i, 8 // 2**i, 16 // 2**i)) for i in range(4))
    for came, expected in zip(own(maps).values(), theirs(maps).values(), strict=True):
        torch.testing.assert_close(came, expected)


def test_a_row_of_the_pyramid_by_hand(solution):
    own = solution.FeaturePyramid([1, 1], 1)
    with torch.no_grad():
        for name, value in own.named_parameters():
            value.zero_()
            if name.endswith("weight"):
                value[0, 0, value.shape[2] // 2, value.shape[3] // 2] = 1
    maps = {"fine": torch.tensor([[[[1.0, 2, 3, 4]]]]), "coarse": torch.tensor([[[[8.0, 4]]]])}
    assert own(maps)["fine"].flatten().tolist() == [9, 10, 7, 8]


# assign_level


@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE])
@pytest.mark.parametrize(("k_min", "k_max"), [(2, 5), (3, 4), (1, 7), (-3, 5)])
def test_levels_are_torchvisions(solution, k_min, k_max, dtype):
    corners = drawn(500, 2).abs() * 300
    sizes = drawn(500, 2, seed=1).mul(1.5).exp() * 80
    boxes = torch.cat([corners, corners + sizes], dim=1).to(dtype)
    squares = torch.tensor(
        [[0, 0, s, s] for s in (56, 112, 224, 448, 896, 111.9999999, 224 * (1 - 3e-7), 0)], dtype=dtype
    )
    boxes = torch.cat([boxes, squares])
    mapper = initLevelMapper(k_min, k_max)
    assert torch.equal(solution.assign_level(boxes, k_min, k_max), mapper([boxes]) + k_min)


def test_levels_are_a_count_of_bounds(solution):
    boxes = torch.tensor([[3.0, 4, 3 + w, 4 + h] for w in (1, 20, 56, 112, 300, 640) for h in (7, 112, 224, 448, 900)])
    expected = [
        2 + sum(math.sqrt((x - a) * (y - b)) >= bound for bound in (112, 224, 448)) for a, b, x, y in boxes.tolist()
    ]
    assert solution.assign_level(boxes).tolist() == expected


def test_levels_by_hand(solution):
    boxes = torch.tensor([[0.0, 0, 56, 224], [0, 0, 300, 100], [0, 0, 10, 25], [0, 0, 5, 0]])
    assert solution.assign_level(boxes).tolist() == [3, 3, 2, 2]
    assert round(math.log2(math.sqrt(300 * 100) / 224), 2) == -0.37
    assert math.floor(4 + math.log2(math.sqrt(10 * 25) / 224)) == 0
    empty = solution.assign_level(torch.zeros(0, 4))
    assert empty.shape == (0,)
    assert empty.dtype == torch.int64


# PathAggregation


def conv_by_loops(x, weight, bias, stride):
    """A 3 × 3 convolution with a padding of 1, number by number, and a ReLU."""
    num, _, height, width = x.shape
    out = torch.zeros(num, len(weight), -(-height // stride), -(-width // stride), dtype=DOUBLE)
    for n, c, i, j in np.ndindex(*out.shape):
        total = bias[c].item()
        for k, di, dj in np.ndindex(*weight.shape[1:]):
            row, column = i * stride + di - 1, j * stride + dj - 1
            if 0 <= row < height and 0 <= column < width:
                total += weight[c, k, di, dj].item() * x[n, k, row, column].item()
        out[n, c, i, j] = max(total, 0.0)
    return out


@pytest.mark.parametrize("join", ["add", "concat"])
@pytest.mark.parametrize("sizes", [[(5, 4), (3, 2), (2, 1)], [(4, 6), (2, 3)], [(3, 5)]])
@torch.no_grad()
def test_the_way_up_is_its_definition_by_loops(solution, sizes, join):
    path = solution.PathAggregation(2, len(sizes), join).double()
    state = path.state_dict()
    maps = levels_of(*((2, 2, *size) for size in sizes))
    results = list(maps.values())
    for i in range(len(sizes) - 1):
        names = [f"{kind}_blocks.{i}.{part}" for kind in ("down", "out") for part in ("weight", "bias")]
        weight, bias, fuse_weight, fuse_bias = (state[name] for name in names)
        small = conv_by_loops(results[i], weight, bias, 2)
        pair = small + results[i + 1] if join == "add" else torch.cat([small, results[i + 1]], dim=1)
        results[i + 1] = conv_by_loops(pair, fuse_weight, fuse_bias, 1)
    came = path(maps)
    assert list(came) == list(maps)
    for one, right in zip(came.values(), results, strict=True):
        torch.testing.assert_close(one, right, rtol=0, atol=1e-13)


@torch.no_grad()
def test_adding_is_concatenating_with_the_same_weights_twice(solution):
    added, joined = (solution.PathAggregation(3, 2, join).double() for join in ("add", "concat"))
    state = added.state_dict()
    state["out_blocks.0.weight"] = torch.cat([state["out_blocks.0.weight"]] * 2, dim=1)
    joined.load_state_dict(state, strict=True)
    maps = levels_of((2, 3, 5, 7), (2, 3, 3, 4))
    torch.testing.assert_close(list(added(maps).values()), list(joined(maps).values()))


# SpatialPyramidPooling


@pytest.mark.parametrize("sizes", [(5, 9, 13), (3, 9, 11), (7,), (3, 5, 7, 15)])
@pytest.mark.parametrize("shape", [(2, 3, 9, 7), (1, 3, 1, 20), (1, 3, 16, 3)])
@torch.no_grad()
def test_both_forms_of_the_pooling_agree_and_are_torchs_maxima(solution, shape, sizes):
    slow = solution.SpatialPyramidPooling(3, 2, 4, sizes).double()
    fast = solution.SpatialPyramidPooling(3, 2, 4, sizes, fast=True).double()
    fast.load_state_dict(slow.state_dict(), strict=True)
    x = drawn(*shape) - 3
    hidden = F.conv2d(x, slow.cv1.weight, slow.cv1.bias)
    pooled = [F.max_pool2d(hidden, k, 1, k // 2) for k in sizes]
    expected = F.conv2d(torch.cat([hidden, *pooled], dim=1), slow.cv2.weight, slow.cv2.bias)
    torch.testing.assert_close(slow(x), expected, rtol=0, atol=1e-13)
    assert torch.equal(slow(x), fast(x))


def test_windows_in_a_row_reach_as_far_as_their_reaches_together():
    x = drawn(1, 1, 12, 15)
    for a, b in ((3, 3), (5, 5), (9, 5), (3, 7)):
        both = F.max_pool2d(F.max_pool2d(x, a, 1, a // 2), b, 1, b // 2)
        assert torch.equal(both, F.max_pool2d(x, a + b - 1, 1, (a + b - 1) // 2))
    impulse = F.pad(torch.ones(1, 1, 1), (4, 4))
    means = F.avg_pool1d(F.avg_pool1d(impulse, 3, 1, 1), 3, 1, 1)
    assert (9 * means).round().flatten().tolist() == [0, 0, 1, 2, 3, 2, 1, 0, 0]


# weighted_fusion


@pytest.mark.parametrize("method", ["fast", "softmax"])
def test_equal_weights_give_the_mean(solution, method):
    maps = [drawn(2, 3, 4, 5, seed=i) for i in range(3)]
    weights = torch.full((3,), 0.7, dtype=DOUBLE) if method == "fast" else torch.full((2, 3, 4, 5), 0.7, dtype=DOUBLE)
    mean = sum(maps) / 3
    torch.testing.assert_close(solution.weighted_fusion(maps, weights, method, eps=0.0), mean)


@pytest.mark.parametrize("eps", [1e-4, 0.5])
def test_shares_of_the_fast_form_are_at_least_zero_and_miss_one_by_epsilons_share(solution, eps):
    weights = torch.tensor([3.0, -2.0, 0.0, 1.0, 0.3], dtype=DOUBLE)
    shares = []
    for i in range(len(weights)):
        maps = [torch.full((1, 1, 1, 1), float(i == j), dtype=DOUBLE) for j in range(len(weights))]
        shares.append(solution.weighted_fusion(maps, weights, eps=eps).item())
    assert min(shares) >= 0
    assert sum(shares) == pytest.approx(1 - eps / (4.3 + eps), abs=1e-14)
    assert shares == pytest.approx([max(w, 0) / (4.3 + eps) for w in weights.tolist()], abs=1e-14)


def test_shares_by_hand(solution):
    maps = [torch.full((1, 1, 1, 1), float(value), dtype=DOUBLE) for value in (1, 10, 100)]
    came = solution.weighted_fusion(maps, torch.tensor([3.0, -2.0, 1.0], dtype=DOUBLE)).item()
    assert came == pytest.approx((0.75 * 1 + 0.25 * 100) * (1 - 1 / 40001), rel=1e-12)


def test_fusion_by_pixels_is_its_definition_by_loops(solution):
    maps = [drawn(2, 3, 4, 5), drawn(2, 3, 2, 3, seed=1), drawn(2, 3, 7, 9, seed=2)]
    scores = 3 * drawn(2, 3, 4, 5, seed=3)
    expected = torch.zeros(2, 3, 4, 5, dtype=DOUBLE)
    for n, c, i, j in np.ndindex(2, 3, 4, 5):
        powers = [math.exp(scores[n, k, i, j]) for k in range(3)]
        for one, power in zip(maps, powers, strict=True):
            value = one[n, c, i * one.shape[2] // 4, j * one.shape[3] // 5].item()
            expected[n, c, i, j] += power / sum(powers) * value
    torch.testing.assert_close(solution.weighted_fusion(maps, scores, "softmax"), expected)


def test_a_negative_weight_gets_no_gradient_and_a_low_score_a_small_one(solution):
    maps = [drawn(1, 1, 2, 3), drawn(1, 1, 2, 3, seed=1)]
    weights = torch.tensor([1.0, -0.1], dtype=DOUBLE, requires_grad=True)
    (grad,) = torch.autograd.grad(solution.weighted_fusion(maps, weights).sum(), weights)
    assert grad[1] == 0
    scores = torch.tensor([1.0, -4.0], dtype=DOUBLE)[None, :, None, None].repeat(1, 1, 2, 3).requires_grad_()
    (grad,) = torch.autograd.grad(solution.weighted_fusion(maps, scores, "softmax").sum(), scores)
    assert (grad != 0).all()


# multi_scale_batch


def test_sizes_are_multiples_and_hold_for_ten_batches(solution):
    images, generator, size, found = torch.zeros(1, 3, 4, 6), torch.Generator().manual_seed(0), None, []
    for step in range(400):
        _, _, size = solution.multi_scale_batch(images, [torch.zeros(0, 4)], step, size, generator, 32, 128)
        found.append(size)
    tens = [found[i : i + 10] for i in range(0, 400, 10)]
    assert all(len(set(ten)) == 1 for ten in tens)
    assert {ten[0] for ten in tens} == {32, 64, 96, 128}


@pytest.mark.parametrize("size", [32, 64, 96])
def test_images_are_torchs_and_boxes_lie_on_the_same_things(solution, size):
    images = torch.zeros(1, 1, 40, 60, dtype=DOUBLE)
    images[:, :, 8:24, 15:45] = 1
    box = torch.tensor([[15.0, 8, 45, 24]], dtype=DOUBLE)
    out, (moved,), same = solution.multi_scale_batch(images, [box], 3, size, torch.Generator())
    assert same == size
    torch.testing.assert_close(out, F.interpolate(images, (size, size), mode="bilinear"))
    shares = box / torch.tensor([60.0, 40, 60, 40], dtype=DOUBLE)
    torch.testing.assert_close(moved, shares * size)
    _, (still,), _ = solution.multi_scale_batch(images, [shares], 3, size, torch.Generator(), relative=True)
    assert torch.equal(still, shares)
    inside = out[0, 0] > 0.5
    rows, columns = inside.any(dim=1).nonzero().flatten(), inside.any(dim=0).nonzero().flatten()
    seen = torch.stack([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]).double()
    torch.testing.assert_close(seen, moved[0], rtol=0, atol=1.0)


def test_where_nothing_is_said_there_are_ten_sizes(solution):
    images, found = torch.zeros(1, 1, 1, 1), set()
    for seed in range(60):
        generator = torch.Generator().manual_seed(seed)
        found.add(solution.multi_scale_batch(images, [torch.zeros(0, 4)], 0, None, generator)[2])
    assert sorted(found) == list(range(320, 609, 32))


def test_boxes_by_hand(solution):
    box = torch.tensor([[50.0, 25, 100, 75]])
    _, (moved,), _ = solution.multi_scale_batch(torch.zeros(1, 1, 100, 200), [box], 1, 320, torch.Generator())
    torch.testing.assert_close(moved, torch.tensor([[80.0, 80, 160, 240]]))


# What the text says of the pictures


def test_fine_levels_see_and_coarse_levels_know():
    knows, sees = figures.known_and_seen()
    assert knows == sorted(knows)
    assert 0.25 < knows[0] < 0.36
    assert knows[-1] > 0.84
    assert sees == sorted(sees, reverse=True)
    assert 0.6 < sees[0] < 0.72
    assert 0.06 < sees[1] < 0.13
    assert sees[3] < 0.01
    assert "stride 4: knows" in figures.overview().description


def test_the_maps_of_the_photograph_have_the_strides_that_are_said():
    photo, found = figures.photograph()
    assert [photo.shape[1] // level.shape[2] for level in found] == [4, 8, 16, 32]
    assert [photo.shape[2] // level.shape[3] for level in found] == [4, 8, 16, 32]
    assert (found[0].shape[1], found[-1].shape[1]) == (24, 320)


@pytest.mark.parametrize("side", [16, 104, 111, 112, 120, 223, 224, 400])
def test_the_explorer_shows_the_map_of_the_level_that_gets_the_box(solution, side):
    level = solution.assign_level(torch.tensor([[0.0, 0, side, side]])).item()
    assert figures.level_of(side) == level
    assert f"the map of level {level}" in figures.levels(side).description


def test_a_box_has_as_many_places_again_one_level_up():
    before, after = figures.levels(223).description, figures.levels(224).description
    assert "covers 777 places" in before
    assert "covers 196 places" in after


def test_the_drawings_say_what_leads_where():
    assert "enlarged and added" in figures.wiring().description
    assert "From N2 a 3 × 3 convolution of stride 2" in figures.way_up().description


def test_larger_windows_lie_above_smaller_ones_and_most_of_the_row_is_negative():
    row, pooled = figures.window_rows()
    assert (row < 0).double().mean() > 0.5
    five, nine, thirteen = pooled.values()
    assert (nine >= five[2:-2]).all()
    assert (thirteen >= nine[2:-2]).all()
    assert (thirteen > five[4:-4]).any()
    assert figures.windows().description


def test_with_a_share_for_each_pixel_the_left_is_the_fine_map_and_the_right_the_coarse_one():
    fine, coarse, mean, mixed = figures.fused()
    width = fine.shape[1] // 4
    torch.testing.assert_close(mixed[:, :width], fine[:, :width], rtol=0, atol=0.03)
    torch.testing.assert_close(mixed[:, -width:], coarse[:, -width:], rtol=0, atol=0.03)
    torch.testing.assert_close(mean, (fine + coarse) / 2)
    assert figures.fusion().description


def test_the_sizes_that_are_shown_hold_for_ten_batches():
    drawn_sizes = figures.drawn_sizes()
    assert all(size % 32 == 0 and 320 <= size <= 608 for size in drawn_sizes)
    assert all(len(set(drawn_sizes[i : i + 10])) == 1 for i in range(0, 100, 10))
    assert figures.sizes().description


@cache
def results(kind):
    """Return the shares of small, middle and large objects for the three ways, and what is guessed."""
    train, test = segmenter.images(segmenter.NUM_TRAIN, seed=1), segmenter.images(200, seed=2)
    found = {}
    for name, levels in {"coarse level": [3], "fine level": [1], "pyramid": [1, 2, 3]}.items():
        with one_thread():
            torch.manual_seed(0)
            neck = kind([segmenter.WIDTHS[level] for level in levels], 24)
            found[name] = segmenter.guesses(segmenter.fit(segmenter.Segmenter(neck, levels), train), test)
    return found, test


def test_the_pyramid_is_good_for_small_and_for_large_objects(solution):
    found, test = results(solution.FeaturePyramid)
    coarse, fine, pyramid = (figures.shares(one, test) for one in found.values())
    assert coarse[0] < 0.1
    assert pyramid[0] > coarse[0] + 0.03
    assert pyramid[1] > coarse[1] + 0.15
    assert pyramid[2] > coarse[2] + 0.12
    assert pyramid[2] > fine[2] + 0.12
    assert pyramid[0] > fine[0] - 0.06
    assert "pyramid" in figures.by_size(found, test).description
    named = figures.named(found, test)
    assert [ax.get_title() for ax in named.axes[:5]] == ["image", "truth", *found]


def test_a_place_of_the_fine_level_sees_23_pixels(solution):
    network = segmenter.Segmenter(solution.FeaturePyramid([segmenter.WIDTHS[1]], 4), [1]).double().eval()
    x = drawn(1, 3, 64, 64).requires_grad_()
    maps = {"1": network.stages[1](network.stages[0](x))}
    (grad,) = torch.autograd.grad(network.neck(maps)["1"][0, :, 8, 8].sum(), x)
    rows = grad.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    assert rows[-1] - rows[0] + 1 == 23


def test_the_objects_have_the_sizes_that_are_said():
    data = segmenter.images(200, seed=2)
    sides, _ = segmenter.shares_by_size(data.semantic(), data)
    assert sides.min() >= 5
    assert sides.max() <= 33
    for low, high in figures.SIZES:
        assert ((sides >= low) & (sides < high)).sum() > 60
