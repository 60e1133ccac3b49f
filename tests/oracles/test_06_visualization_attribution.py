"""The references of attribution, held to captum, scipy, slow definitions and cases worked by hand; and the pictures."""

import warnings

import numpy as np
import pytest
import scipy.ndimage
import torch
import torch.nn.functional as F
from captum.attr import GuidedBackprop, LayerGradCam, Occlusion, Saliency
from torch import nn

from coursekit.attribution import SmallNet, colour_network, overlaps, rank_correlation, shape_inputs, shuffled
from coursekit.figures import attribution as figures
from coursekit.shapes import shapes
from coursekit.threads import one_thread

NOTEBOOK = "06_visualization/attribution"
TARGETS = torch.tensor([1, 4, 0])


def drawn(*shape, seed=3):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def net(kind="chain"):
    return SmallNet(kind).double().eval()


# occlusion_map


@pytest.mark.parametrize(
    ("window", "stride", "value"),
    [
        ((2, 3), (1, 2), 0.0),
        ((3, 2), (2, 2), 1.5),
        ((4, 5), (3, 4), -0.5),
        ((6, 8), (1, 1), 0.0),
        ((1, 1), (1, 1), 0.0),
    ],
)
@pytest.mark.parametrize("kind", ["chain", "six", "skip"])
def test_occlusion_is_captums(solution, kind, window, stride, value):
    model, x = net(kind), drawn(3, 3, 6, 8)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # captum adds up in it
    try:
        theirs = Occlusion(model).attribute(x, (3, *window), strides=(3, *stride), baselines=value, target=TARGETS)
    finally:
        torch.set_default_dtype(before)
    for batch in (1, 5, 100):
        own = solution.occlusion_map(model, x, TARGETS, window, stride, value, batch)
        torch.testing.assert_close(own, theirs[:, 0])


def test_occlusion_of_four_pixels_by_hand(solution):
    class Linear(nn.Module):
        def forward(self, x):
            return (x[:, 0, 0] * torch.tensor([1.0, 2, 0, 3])).sum(dim=1, keepdim=True)

    own = solution.occlusion_map(Linear(), torch.ones(1, 1, 1, 4), torch.tensor([0]), (1, 2), (1, 1))
    assert own.flatten().tolist() == [3, 2.5, 2.5, 3]


# saliency_map


@pytest.mark.parametrize("kind", ["chain", "six", "skip", "shared"])
def test_saliency_is_captums(solution, kind):
    model, x = net(kind), drawn(3, 3, 6, 8)
    theirs = Saliency(model).attribute(x.clone().requires_grad_(), target=TARGETS).amax(dim=1)
    torch.testing.assert_close(solution.saliency_map(model, x, TARGETS), theirs)


def test_saliency_is_the_largest_slope_by_differences(solution):
    model, x, step = net("six"), drawn(1, 3, 4, 5), 1e-6
    found = torch.zeros(3, 4, 5, dtype=torch.float64)
    with torch.no_grad():
        for place in np.ndindex(3, 4, 5):
            up, down = x.clone(), x.clone()
            up[0][place] += step
            down[0][place] -= step
            found[place] = (model(up)[0, 2] - model(down)[0, 2]) / (2 * step)
    torch.testing.assert_close(
        solution.saliency_map(model, x, torch.tensor([2]))[0], found.abs().amax(dim=0), rtol=1e-5, atol=1e-7
    )


# guided_backprop


@pytest.mark.parametrize("kind", ["chain", "nested", "shared"])
def test_guided_backprop_is_captums_where_there_are_relus(solution, kind):
    model, x = net(kind), drawn(3, 3, 6, 8)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = GuidedBackprop(model).attribute(x.clone().requires_grad_(), target=TARGETS)
    torch.testing.assert_close(solution.guided_backprop(model, x, TARGETS), theirs.detach())


class SlowUnit(torch.autograd.Function):
    """A unit whose backward pass is written number by number."""

    @staticmethod
    def forward(ctx, x, most):
        ctx.save_for_backward(x)
        ctx.most = most
        return x.clamp(0, most)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        back = [
            g if 0 < z < ctx.most and g > 0 else 0.0
            for z, g in zip(x.flatten().tolist(), grad.flatten().tolist(), strict=True)
        ]
        return torch.tensor(back, dtype=grad.dtype).reshape(grad.shape), None


def test_guided_backprop_with_relu6_is_a_slow_definition(solution):
    model, x = net("six"), drawn(3, 3, 6, 8)
    leaf = x.clone().requires_grad_()
    middle = model.second(SlowUnit.apply(model.first(leaf), float("inf"))) * 12
    assert (middle < 0).any()
    assert (middle > 6).any()
    scores = model.classifier(2 * SlowUnit.apply(middle, 6.0).mean(dim=(2, 3)))
    (slow,) = torch.autograd.grad(scores[range(3), TARGETS].sum(), leaf)
    torch.testing.assert_close(solution.guided_backprop(model, x, TARGETS), slow)
    assert not torch.allclose(slow, F.relu(slow))


def test_guided_backprop_past_a_skip_connection_is_a_slow_definition_and_not_captums(solution):
    """Captum cuts at the tensor that goes in, so the way past the ReLU as well, as the closing box says."""
    model, x = net("skip"), drawn(3, 3, 6, 8)
    leaf = x.clone().requires_grad_()
    first = model.first(leaf)
    middle = model.second(first + model.inner(SlowUnit.apply(first, float("inf"))))
    scores = model.classifier(2 * SlowUnit.apply(middle, float("inf")).mean(dim=(2, 3)))
    (slow,) = torch.autograd.grad(scores[range(3), TARGETS].sum(), leaf)
    own = solution.guided_backprop(model, x, TARGETS)
    torch.testing.assert_close(own, slow)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = GuidedBackprop(model).attribute(x.clone().requires_grad_(), target=TARGETS)
    assert not torch.allclose(own, theirs)


def test_four_relu6_units_by_hand(solution):
    model = nn.Sequential(nn.ReLU6(), nn.Flatten(), nn.Linear(4, 1, bias=False))
    model[2].weight.data = torch.tensor([[5.0, -2, 3, 4]])
    x = torch.tensor([-1.0, 4, 7, 2]).reshape(1, 1, 1, 4)
    assert solution.guided_backprop(model, x, torch.tensor([0])).flatten().tolist() == [0, 0, 0, 4]
    leaf = x.clone().requires_grad_()
    model(leaf).sum().backward()
    assert leaf.grad.flatten().tolist() == [0, -2, 0, 4]


# grad_cam


@pytest.mark.parametrize("kind", ["chain", "six", "skip"])
@pytest.mark.parametrize("layer", ["first", "second", "bend"])
def test_grad_cam_is_captums_and_an_interpolation(solution, kind, layer):
    model, x = net(kind), drawn(3, 3, 6, 8)
    place = getattr(model, layer)
    theirs = LayerGradCam(model, place).attribute(x, target=TARGETS, relu_attributions=True)
    theirs = F.interpolate(theirs, size=(6, 8), mode="bilinear", align_corners=False)[:, 0]
    for is_frozen in (False, True):
        own = solution.grad_cam(model.requires_grad_(not is_frozen), place, x, TARGETS)
        torch.testing.assert_close(own, theirs.detach())


def test_grad_cam_of_two_channels_by_hand(solution):
    class Fixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Identity()

        def forward(self, x):
            maps = self.layer(torch.tensor([[[[1.0, 0], [0, 2]], [[0, 3], [1, 0]]]]) + 0 * x.sum())
            return (maps * torch.tensor([[[1.0, 1], [0, 0]], [[-2, 0], [0, -2]]])).sum(dim=(1, 2, 3))[:, None]

    model = Fixed()
    same, wide = (solution.grad_cam(model, model.layer, torch.ones(1, 3, 2, w), torch.tensor([0]))[0] for w in (2, 4))
    assert same.tolist() == [[0.5, 0], [0, 1]]
    assert wide[0].tolist() == [0.5, 0.375, 0.125, 0]


# grow_region


@pytest.mark.parametrize("seed", range(5))
def test_regions_are_scipys_labels(solution, seed):
    heights = drawn(9, 13, seed=seed)
    for threshold in (-0.6, 0.0, 0.4):
        labels, _ = scipy.ndimage.label(heights.numpy() > threshold)
        for place in ((0, 0), (4, 6), (8, 12), (2, 9)):
            own = solution.grow_region(heights, place, threshold)
            expected = (labels == labels[place]) & (labels > 0)
            assert np.array_equal(own.numpy(), expected)


def test_the_region_by_hand(solution):
    heights = torch.tensor([[6.0, 2, 8, 1], [7, 1, 9, 6], [1, 7, 5, 1]])
    assert solution.grow_region(heights, (1, 2), 5).nonzero().tolist() == [[0, 2], [1, 2], [1, 3]]


# segment_from_saliency


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (1, 5), (5, 3)])
def test_segments_are_scipys(solution, size):
    noise = drawn(6, 14, 17, seed=5)
    maps = torch.stack([torch.from_numpy(scipy.ndimage.gaussian_filter(one, 1.0)) for one in noise.numpy()])
    num_holes = 0
    for quantile in (0.5, 0.8):
        own = solution.segment_from_saliency(maps, size, quantile)
        for mask, one in zip(own.numpy(), maps.numpy(), strict=True):
            mean, share = (
                scipy.ndimage.uniform_filter(part, size, mode="constant") for part in (one, np.ones_like(one))
            )
            smooth = mean / share
            labels, _ = scipy.ndimage.label(smooth > np.quantile(smooth, quantile))
            region = labels == labels[np.unravel_index(smooth.argmax(), smooth.shape)]
            assert np.array_equal(mask, scipy.ndimage.binary_fill_holes(region))
            num_holes += int(mask.sum() > region.sum())
    assert num_holes > 0 or size[0] > 3  # the widest windows leave none


def test_saliency_finds_the_shapes_without_having_seen_a_mask(solution):
    """What the text says of the table: above the disc, and no better when smoothed."""
    x, colours, true = figures.test_shapes()
    model = colour_network()
    with torch.no_grad():
        assert (model(x).argmax(dim=1) == colours).double().mean() > 0.9
    steep = solution.saliency_map(model, x, colours)
    shares = [overlaps(solution.segment_from_saliency(steep, (k, k)), true).mean().item() for k in (1, 3, 7)]
    disc = overlaps(figures.discs(), true).mean().item()
    assert shares[0] > shares[1] > shares[2] > disc + 0.1
    best = max(overlaps(figures.discs(radius), true).mean().item() for radius in range(5, 13))
    assert disc > best - 0.03
    own = solution.segment_from_saliency(steep)
    first = overlaps(own, true)[0].item()
    assert f"union {first:.2f}" in figures.segments(steep, own).description


# The measures and the networks


def test_overlaps_are_those_of_sets():
    masks, others = drawn(4, 6, 7) > 0, drawn(4, 6, 7, seed=9) > 0.4
    for share, one, other in zip(overlaps(masks, others), masks, others, strict=True):
        a, b = ({tuple(place) for place in mask.nonzero().tolist()} for mask in (one, other))
        assert share.item() == pytest.approx(len(a & b) / len(a | b))


def test_rank_correlation_is_that_of_the_ranks():
    one, other = drawn(5, 6), drawn(5, 6, seed=8)
    ranks = [part.flatten().argsort().argsort().double() for part in (one, other)]
    assert rank_correlation(one, other) == pytest.approx(torch.corrcoef(torch.stack(ranks))[0, 1].item())
    assert rank_correlation(one, one.exp()) == pytest.approx(1)


def test_shuffling_keeps_the_numbers_and_the_earlier_parts():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3))
            self.classifier = nn.Linear(5, 6)

    before, after = Two(), Two()
    after.load_state_dict(before.state_dict())
    shuffled(after, 2)
    assert torch.equal(before.features[0].weight, after.features[0].weight)
    for name in ("features.1.weight", "classifier.weight"):
        old, new = (dict(one.named_parameters())[name].flatten() for one in (before, after))
        assert not torch.equal(old, new)
        assert torch.equal(old.sort().values, new.sort().values)


def test_the_colour_network_knows_colours_and_comes_frozen():
    assert not colour_network().training
    assert not any(value.requires_grad for value in colour_network().parameters())
    data = shapes(200, seed=11)
    with torch.no_grad():
        named = colour_network()(shape_inputs(data.images)).argmax(dim=1)
    assert (named == data.colour[:, 0]).double().mean() > 0.9


# The pictures


def test_the_figures_maps_are_the_references(solution):
    model, x, targets = figures.network(), figures.both(), torch.tensor(figures.TARGETS)
    pair = x.expand(2, -1, -1, -1)
    with one_thread():
        own = {
            "occlusion": solution.occlusion_map(model, pair, targets, figures.WINDOW, figures.STRIDE),
            "saliency": solution.saliency_map(model, pair, targets),
            "guided backprop": solution.guided_backprop(model, pair, targets).abs().amax(dim=1),
            "Grad-CAM": solution.grad_cam(model, model.features, pair, targets),
        }
    for method, maps in own.items():
        for which in (0, 1):
            torch.testing.assert_close(maps[which], figures.map_of(method, which), rtol=1e-3, atol=2e-4)
    said = figures.over(own["Grad-CAM"]).description
    assert f"{figures.share_on_the_right(figures.map_of('Grad-CAM', 0)):.2f} of the one for the cat" in said


def test_what_speaks_for_the_espresso_lies_on_the_coffee():
    """Nearly all of it by occlusion and Grad-CAM; by guided backpropagation the cat's side has nearly as much."""
    espresso = {method: figures.share_on_the_right(figures.map_of(method, 1)) for method in figures.METHODS}
    assert espresso["occlusion"] > 0.9
    assert espresso["Grad-CAM"] > 0.9
    assert espresso["guided backprop"] < 0.6
    assert "Share of each map that lies on the coffee" in figures.overview().description


def test_the_cats_eyes_speak_for_the_espresso_as_much_as_for_the_cat():
    cat, espresso = (figures.map_of("guided backprop", which)[:, : figures.SIDE] for which in (0, 1))
    eyes = (slice(45, 75), slice(35, 65))
    assert espresso[eyes].mean() > 1.5 * espresso.mean()
    assert espresso[eyes].mean() / espresso.mean() > 0.8 * cat[eyes].mean() / cat.mean()


def test_guided_maps_of_two_classes_are_nearly_the_same():
    alike = {name: rank_correlation(figures.map_of(name, 0), figures.map_of(name, 1)) for name in figures.METHODS[1:3]}
    assert alike["guided backprop"] > 0.85
    assert alike["saliency"] < alike["guided backprop"] - 0.1


def test_covering_the_rim_costs_the_espresso_a_point_and_the_cat_nothing():
    said = figures.cover().description
    cat, espresso = (float(part.split()[-1].rstrip(".")) for part in said.split(": ")[1].rstrip(".").split(", "))
    assert espresso < -1
    assert abs(cat) < 0.3
    before = figures.scores_before()
    assert f"{before[1]:.1f}" == f"{figures.scores(figures.both())[0, 967]:.1f}"


def test_covering_may_raise_a_score():
    assert (figures.covered_scores()[0] < -0.3).any(dim=0).all()
    assert figures.map_of("occlusion", 1)[:, : figures.SIDE].min() < -0.2


def test_the_windows_of_the_picture_follow_the_rule(solution):
    said = figures.windows().description
    assert "begin at [0, 3, 6, 9]; the pixels are covered [1, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1] times" in said

    class Sums(nn.Module):
        def forward(self, x):
            return x.sum(dim=(1, 2, 3))[:, None]

    own = solution.occlusion_map(Sums(), torch.ones(1, 1, 1, 11), torch.tensor([0]), (1, 4), (1, 3))
    assert own[0, 0, [0, 3, 10]].tolist() == [4, 4, 2]


def test_seventy_eight_windows_for_each_class():
    assert len(figures.covered_scores()[0]) == 78


def test_the_bends_are_those_of_relu6():
    assert "guided, only the positive one does" in figures.bends().description


def test_the_channels_that_count_most_do():
    """By their weight times their mean: two lift the espresso's score, one lowers it; and late maps are 5 by 10."""
    said = figures.channels().description
    assert said.startswith("Maps of 5 by 10")
    for_it, against = (
        [int(n) for n in part.strip(" []").split(",")]
        for part in said.split("channels ")[1]
        .replace("count for the espresso and channel ", "|")
        .split(" against")[0]
        .split("|")
    )
    with torch.no_grad():
        maps = figures.network().features(figures.both()).mean(dim=(2, 3))[0]
        pull = maps * figures.network().classifier[-1].weight[967]
        score = pull.sum() + figures.network().classifier[-1].bias[967]
    torch.testing.assert_close(score, figures.scores(figures.both())[0, 967], rtol=1e-4, atol=1e-4)
    assert pull.topk(2).indices.tolist() == for_it
    assert [int(pull.argmin())] == against


def test_guided_backprop_stays_when_the_last_parts_are_shuffled():
    found = figures.sanity()
    place = figures.PARTS.index(3)
    assert found["guided backprop"][1] > 0.98
    assert found["guided backprop"][place] > 0.95
    assert found["saliency"][1] == pytest.approx(0.5, abs=0.1)
    assert found["Grad-CAM"][1] == pytest.approx(0.7, abs=0.15)
    assert all(
        found["guided backprop"][k] > found[name][k] + 0.25 for name in ("saliency", "Grad-CAM") for k in (1, 2, 3)
    )
    assert abs(found["guided backprop"][-1]) < 0.3
    assert f"guided backprop {found['guided backprop'][1]:.2f} after one" in figures.sanity_test().description


def test_contributions_add_up_without_biases():
    model = SmallNet("chain")
    for name, values in model.named_parameters():
        values.data.mul_(not name.endswith("bias"))
    x = figures.test_shapes()[0][:1].clone().requires_grad_()
    score = model(x)[0, 3]
    (slope,) = torch.autograd.grad(score, x)
    torch.testing.assert_close((x * slope).sum(), score)
