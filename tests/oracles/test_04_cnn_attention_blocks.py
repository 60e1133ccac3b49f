"""The references of 04_cnn/attention_blocks held to torchvision, to loops over single numbers and to autograd; and what
the text says of its pictures."""

import math
from functools import cache

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import torchvision
from torch import nn

from coursekit import lookout
from coursekit.figures import attention_blocks as figures

NOTEBOOK = "04_cnn/attention_blocks"
DOUBLE = torch.float64


def images(*shape, seed=0):
    return torch.randn(*shape, dtype=DOUBLE, generator=torch.Generator().manual_seed(seed))


def disturbed(block, seed=0):
    """Return the block in float64 with all parameters and buffers away from where they start."""
    generator = torch.Generator().manual_seed(seed)
    block = block.double()
    for name, value in block.state_dict().items():
        if value.is_floating_point():
            noise = torch.randn(value.shape, generator=generator, dtype=DOUBLE)
            value.copy_(noise.abs() + 0.3 if name.endswith("running_var") else noise)
    return block


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


# SqueezeExcitation


@pytest.mark.parametrize(
    ("activation", "scale_activation"), [(nn.ReLU, nn.Sigmoid), (nn.SiLU, nn.Sigmoid), (nn.ReLU, nn.Hardsigmoid)]
)
@pytest.mark.parametrize("shape", [(3, 6, 4, 5), (1, 6, 1, 7)])
def test_squeeze_and_excitation_is_torchvisions(solution, shape, activation, scale_activation):
    own = disturbed(solution.SqueezeExcitation(6, 3, activation, scale_activation))
    library = torchvision.ops.SqueezeExcitation(6, 3, activation, scale_activation).double()
    library.load_state_dict(own.state_dict(), strict=True)
    x = images(*shape)
    torch.testing.assert_close(own(x), library(x), rtol=0, atol=1e-14)
    assert [name for name, _ in own.named_children()] != []
    assert {name for name, _ in own.named_children()} == {name for name, _ in library.named_children()}


def test_the_gradients_of_squeeze_and_excitation_are_torchvisions(solution):
    own = disturbed(solution.SqueezeExcitation(4, 3))
    library = torchvision.ops.SqueezeExcitation(4, 3).double()
    library.load_state_dict(own.state_dict())
    x, grad = images(2, 4, 3, 5), images(2, 4, 3, 5, seed=1)
    found = [
        torch.autograd.grad((block(leaf) * grad).sum(), [leaf, *(dict(block.named_parameters())[n] for n in names)])
        for names in [sorted(dict(own.named_parameters()))]
        for block, leaf in ((own, x.clone().requires_grad_()), (library, x.clone().requires_grad_()))
    ]
    torch.testing.assert_close(*found)


def test_a_block_of_a_real_mobilenet_loads_into_it(solution):
    network = torchvision.models.mobilenet_v3_small(weights=None)
    theirs = next(one for one in network.modules() if isinstance(one, torchvision.ops.SqueezeExcitation))
    channels, squeezed = theirs.fc1.in_channels, theirs.fc1.out_channels
    own = solution.SqueezeExcitation(channels, squeezed, nn.ReLU, nn.Hardsigmoid)
    own.load_state_dict(theirs.state_dict(), strict=True)
    x = images(2, channels, 5, 4).float()
    torch.testing.assert_close(own(x), theirs(x))


# ChannelAttention and SpatialAttention: number by number, with no tensor routine


def channel_attention_by_loops(state, x):
    """CBAM's channel gate from its equation, on nested lists."""
    w1, b1, w2, b2 = (state[name].tolist() for name in ("mlp.1.weight", "mlp.1.bias", "mlp.3.weight", "mlp.3.bias"))

    def mlp(row):
        hidden = [max(0.0, sum(w * r for w, r in zip(ws, row, strict=True)) + b) for ws, b in zip(w1, b1, strict=True)]
        return [sum(w * h for w, h in zip(ws, hidden, strict=True)) + b for ws, b in zip(w2, b2, strict=True)]

    out = []
    for image in x.tolist():
        flat = [[value for row in channel for value in row] for channel in image]
        scores = zip(mlp([sum(one) / len(one) for one in flat]), mlp([max(one) for one in flat]), strict=True)
        gates = [sigmoid(a + b) for a, b in scores]
        out.append([[[g * v for v in row] for row in channel] for g, channel in zip(gates, image, strict=True)])
    return torch.tensor(out, dtype=DOUBLE)


def spatial_attention_by_loops(state, x):
    """CBAM's spatial gate in evaluation from its equation, on nested lists."""
    weight = state["spatial.conv.weight"][0].tolist()
    gamma, beta, mean, var = (
        state[f"spatial.bn.{name}"].item() for name in ("weight", "bias", "running_mean", "running_var")
    )
    reach = len(weight[0]) // 2
    num, channels, height, width = x.shape
    out = torch.empty_like(x)
    for n in range(num):
        maps = [
            [[pick([x[n, c, i, j].item() for c in range(channels)]) for j in range(width)] for i in range(height)]
            for pick in (max, lambda values: sum(values) / len(values))
        ]
        for i in range(height):
            for j in range(width):
                score = sum(
                    weight[m][di + reach][dj + reach] * maps[m][i + di][j + dj]
                    for m in range(2)
                    for di in range(-reach, reach + 1)
                    for dj in range(-reach, reach + 1)
                    if 0 <= i + di < height and 0 <= j + dj < width
                )
                gate = sigmoid(gamma * (score - mean) / math.sqrt(var + 1e-5) + beta)
                for c in range(channels):
                    out[n, c, i, j] = gate * x[n, c, i, j]
    return out


@pytest.mark.parametrize(("shape", "reduction"), [((3, 6, 4, 5), 2), ((1, 5, 2, 3), 8), ((2, 4, 1, 1), 1)])
def test_channel_attention_is_its_equation_by_loops(solution, shape, reduction):
    block = disturbed(solution.ChannelAttention(shape[1], reduction))
    x = images(*shape)
    torch.testing.assert_close(block(x).detach(), channel_attention_by_loops(block.state_dict(), x), rtol=0, atol=1e-13)


@pytest.mark.parametrize(("shape", "size"), [((2, 3, 4, 6), 3), ((1, 2, 3, 5), 7), ((2, 1, 5, 2), 5)])
def test_spatial_attention_is_its_equation_by_loops(solution, shape, size):
    block = disturbed(solution.SpatialAttention(size)).eval()
    x = images(*shape)
    torch.testing.assert_close(block(x).detach(), spatial_attention_by_loops(block.state_dict(), x), rtol=0, atol=1e-13)


def test_in_training_the_spatial_gate_uses_the_statistics_of_the_batch_and_keeps_a_hundredth_of_them(solution):
    block = disturbed(solution.SpatialAttention(3))
    before = {name: value.clone() for name, value in block.state_dict().items()}
    x = images(3, 4, 5, 6)
    out = block.train()(x)
    scores = F.conv2d(
        torch.stack([x.max(dim=1).values, x.sum(dim=1) / 4], dim=1), before["spatial.conv.weight"], padding=1
    )
    spread = ((scores - scores.mean()) ** 2).mean()
    normed = (scores - scores.mean()) / (spread + 1e-5).sqrt()
    gate = torch.sigmoid(before["spatial.bn.weight"] * normed + before["spatial.bn.bias"])
    torch.testing.assert_close(out, x * gate, rtol=0, atol=1e-12)
    kept = 0.99 * before["spatial.bn.running_mean"] + 0.01 * scores.mean()
    torch.testing.assert_close(block.state_dict()["spatial.bn.running_mean"], kept)
    unbiased = spread * scores.numel() / (scores.numel() - 1)
    torch.testing.assert_close(
        block.state_dict()["spatial.bn.running_var"], 0.99 * before["spatial.bn.running_var"] + 0.01 * unbiased
    )


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("SqueezeExcitation", (4, 3)),
        ("ChannelAttention", (4, 2)),
        ("SpatialAttention", (3,)),
        ("EfficientChannelAttention", (4, 1, 1)),
    ],
)
def test_all_gradients_are_what_finite_differences_say(solution, kind, args, train):
    block = disturbed(getattr(solution, kind)(*args)).train(train)
    parameters = dict(block.named_parameters())

    def run(x, *values):
        return torch.func.functional_call(block, dict(zip(parameters, values, strict=True)), (x,))

    leaves = [
        images(2, 4, 3, 2).requires_grad_(),
        *(one.detach().clone().requires_grad_() for one in parameters.values()),
    ]
    assert torch.autograd.gradcheck(run, leaves, nondet_tol=1e-12)


def test_names_and_shapes_are_those_of_the_authors(solution):
    def shapes_of(block):
        return {name: tuple(value.shape) for name, value in block.state_dict().items()}

    assert shapes_of(solution.ChannelAttention(32)) == {
        "mlp.1.weight": (2, 32),
        "mlp.1.bias": (2,),
        "mlp.3.weight": (32, 2),
        "mlp.3.bias": (32,),
    }
    assert shapes_of(solution.SpatialAttention()) == {
        "spatial.conv.weight": (1, 2, 7, 7),
        **{f"spatial.bn.{name}": (1,) for name in ("weight", "bias", "running_mean", "running_var")},
        "spatial.bn.num_batches_tracked": (),
    }
    assert shapes_of(solution.EfficientChannelAttention(64)) == {"conv.weight": (1, 1, 3)}


def test_an_even_kernel_is_refused(solution):
    with pytest.raises(ValueError, match="kernel_size is 4, expected an odd number"):
        solution.SpatialAttention(4)


# EfficientChannelAttention


@pytest.mark.parametrize(("channels", "gamma", "b"), [(8, 2, 1), (9, 1, 1), (3, 2, 1), (64, 1, 2)])
def test_efficient_attention_is_conv1d_of_the_means_and_a_sum_by_loops(solution, channels, gamma, b):
    block = disturbed(solution.EfficientChannelAttention(channels, gamma, b))
    kernel, x = block.conv.weight.detach(), images(2, channels, 3, 4)
    size = kernel.shape[-1]
    gate = F.conv1d(x.mean(dim=(2, 3)).reshape(2, 1, channels), kernel, padding=size // 2).sigmoid()
    torch.testing.assert_close(block(x).detach(), x * gate.reshape(2, channels, 1, 1), rtol=0, atol=1e-14)
    padded = np.pad(x.mean(dim=(2, 3)).numpy(), [(0, 0), (size // 2, size // 2)])
    scores = np.stack([np.correlate(row, kernel.flatten().numpy(), mode="valid") for row in padded])
    torch.testing.assert_close(gate[:, 0], torch.from_numpy(scores).sigmoid())


@pytest.mark.parametrize("gamma", [1, 1.5, 2, 3])
@pytest.mark.parametrize("b", [0.5, 1, 2])
def test_the_kernel_is_the_nearest_odd_number_of_all(solution, gamma, b):
    odd = range(1, 99, 2)
    for channels in (1, 2, 3, 4, 7, 8, 16, 31, 32, 64, 100, 128, 256, 512, 2048):
        wanted = (math.log2(channels) + b) / gamma
        nearest = min(odd, key=lambda k, wanted=wanted: (abs(k - wanted), -k))
        assert solution.EfficientChannelAttention(channels, gamma, b).conv.kernel_size == (nearest,)


# What the text works out by hand


def squares():
    return torch.tensor([[[[1.0, 3.0], [2.0, 2.0]], [[0.0, 0.0], [0.0, 4.0]]]])


def test_the_squeeze_by_hand(solution):
    block = solution.SqueezeExcitation(2, 1)
    with torch.no_grad():
        block.fc1.weight.copy_(torch.tensor([1.0, -1.0]).reshape(1, 2, 1, 1))
        block.fc2.weight.copy_(math.log(3) * torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1))
        block.fc1.bias.zero_(), block.fc2.bias.zero_()
    expected = torch.tensor([[[[0.75, 2.25], [1.5, 1.5]], [[0.0, 0.0], [0.0, 1.0]]]])
    torch.testing.assert_close(block(squares()), expected)


def test_the_two_summaries_by_hand_and_what_their_sum_would_have_given(solution):
    block = solution.ChannelAttention(2, 2)
    with torch.no_grad():
        block.mlp[1].weight.copy_(torch.tensor([[1.0, -1.0]]))
        block.mlp[3].weight.copy_(math.log(3) * torch.tensor([[1.0], [-1.0]]))
        block.mlp[1].bias.zero_(), block.mlp[3].bias.zero_()
    torch.testing.assert_close(block(squares()), squares() * torch.tensor([0.75, 0.25]).reshape(1, 2, 1, 1))
    torch.testing.assert_close(block.mlp(torch.tensor([[5.0, 5.0]])).sigmoid(), torch.tensor([[0.5, 0.5]]))


def test_the_three_places_by_hand(solution):
    block = solution.SpatialAttention(3).eval()
    with torch.no_grad():
        block.spatial.conv.weight.zero_()[0, :, 1, 1] = torch.tensor([1.0, -1.0])
    x = torch.tensor([[1.0, 4.0, 0.0], [3.0, 0.0, 0.0]]).reshape(1, 2, 1, 3)
    gates = block(x)[0, :, 0].amax(dim=0)[:2] / torch.tensor([3.0, 4.0])
    torch.testing.assert_close(gates, torch.tensor([0.73, 0.88]), rtol=0, atol=5e-3)
    with torch.no_grad():
        block.spatial.conv.weight[0, 0, 1, 2] = 1.0
    maps = torch.stack([x.amax(dim=1), x.mean(dim=1)], dim=1)
    torch.testing.assert_close(block.spatial.conv(maps).flatten(), torch.tensor([5.0, 2.0, 0.0]))


def test_in_training_alone_and_in_the_spatial_block_alone_an_image_hears_from_the_others(solution):
    x, others = images(1, 4, 5, 6), 3 * images(2, 4, 5, 6, seed=1)
    kinds = {"SqueezeExcitation": (4, 3), "ChannelAttention": (4, 2), "EfficientChannelAttention": (4,)}
    for kind, args, trains, same in [
        *((kind, args, True, True) for kind, args in kinds.items()),
        ("SpatialAttention", (3,), False, True),
        ("SpatialAttention", (3,), True, False),
    ]:
        block = disturbed(getattr(solution, kind)(*args)).train(trains)
        alone, together = block(x), block(torch.cat([x, others]))[:1]
        assert torch.allclose(alone, together) == same


def test_of_equal_maxima_amax_shares_the_gradient_and_max_gives_it_to_one():
    shared, single = (torch.ones(3, requires_grad=True) for _ in range(2))
    shared.amax(dim=0).backward(), single.max(dim=0).values.backward()
    torch.testing.assert_close(shared.grad, torch.full((3,), 1 / 3))
    assert sorted(single.grad.tolist()) == [0, 0, 1]


def test_the_four_channels_by_hand(solution):
    block = solution.EfficientChannelAttention(4, 1, 1)
    block.conv.weight.data = torch.tensor([[[0.0, 1.0, -1.0]]])
    x = torch.tensor([2.0, 1.0, 1.0, 3.0]).reshape(1, 4, 1, 1)
    assert solution.EfficientChannelAttention(16).conv.kernel_size == (3,)
    assert solution.EfficientChannelAttention(96).conv.kernel_size == (3,)
    assert round((math.log2(96) + 1) / 2, 2) == 3.79
    assert all(solution.EfficientChannelAttention(width).conv.kernel_size == (5,) for width in (128, 2047))
    assert solution.EfficientChannelAttention(2048).conv.kernel_size != (5,)
    assert solution.EfficientChannelAttention(127).conv.kernel_size != (5,)
    x[0, 2] = 0.0
    ones = x + torch.tensor([[[[-1.0, 1.0]]]])
    gates = (block(ones) / ones)[0, :, 0, 1]
    torch.testing.assert_close(gates, torch.tensor([0.73, 0.73, 0.05, 0.95]), rtol=0, atol=5e-3)


def test_eight_blocks_of_zeros_leave_a_256th(solution):
    blocks = [solution.SqueezeExcitation(4, 2) for _ in range(8)]
    for block in blocks:
        nn.init.zeros_(block.fc2.weight), nn.init.zeros_(block.fc2.bias)
    assert nn.Sequential(*blocks)(torch.ones(1, 4, 2, 2)).max().item() == 2.0**-8


def test_shuffled_channels_keep_the_gates_of_squeeze_and_excitation_alone(solution):
    x, order = images(1, 8, 5, 5), torch.tensor([3, 0, 7, 1, 6, 2, 5, 4])
    efficient = disturbed(solution.EfficientChannelAttention(8))
    assert not torch.allclose(efficient(x)[:, order], efficient(x[:, order]))
    squeeze = disturbed(solution.SqueezeExcitation(8, 3))
    before = squeeze(x)[:, order]
    with torch.no_grad():
        squeeze.fc1.weight.copy_(squeeze.fc1.weight[:, order].clone())
        squeeze.fc2.weight.copy_(squeeze.fc2.weight[order].clone())
        squeeze.fc2.bias.copy_(squeeze.fc2.bias[order].clone())
    torch.testing.assert_close(before, squeeze(x[:, order]))


def test_the_costs_that_the_text_names(solution):
    from torch.utils.flop_counter import FlopCounterMode

    def cost(layer):
        with FlopCounterMode(display=False) as counter:
            layer.eval()(torch.randn(1, 256, 14, 14))
        return sum(one.numel() for one in layer.parameters()), counter.get_total_flops() // 2

    parameters, multiply_adds = cost(nn.Conv2d(256, 256, 3, padding=1, bias=False))
    assert round(multiply_adds / 1e6) == 116
    blocks = {
        "squeeze": solution.SqueezeExcitation(256, 16),
        "channels": solution.ChannelAttention(256),
        "places": solution.SpatialAttention(),
        "eca": solution.EfficientChannelAttention(256),
    }
    costs = {name: cost(block) for name, block in blocks.items()}
    assert all(count < 20_000 for _, count in costs.values())
    assert costs["squeeze"] == (8464, 2 * 256 * 16)
    assert costs["channels"] == (8464, 4 * 256 * 16)
    assert costs["places"] == (100, 98 * 14 * 14)
    assert costs["eca"] == (5, 5 * 256)
    assert round(100 * 8464 / parameters, 1) == 1.4
    assert 3 * 256 * 14 * 14 == 150_528


# What the text says of the pictures


def test_the_opening_gates_are_clearly_higher_on_the_objects():
    *_, on, off = figures.opening_gates()
    assert on > 1.4 * off
    _, gates, objects, *_ = figures.opening_gates()
    shown = [figures.on_and_off(gates[[one]], objects[[one]])[0] for one in range(len(gates))]
    assert sum(gate > 0.5 for gate in shown) == 2  # "only about two of these six objects are bright"
    assert f"{on:.2f} on objects and {off:.2f}" in figures.opening().description


def test_the_gate_kinds_hold_one_number_for_each_channel_and_one_for_each_place():
    assert "the second nearly black" in figures.gate_kinds().description


def test_spot_and_fog_have_one_mean_and_maxima_36_times_apart():
    spot, fog = figures.same_mean()
    torch.testing.assert_close(spot.mean(), fog.mean())
    assert spot.max() / fog.max() == pytest.approx(36)
    assert "1 and 0.028" in figures.spot_and_fog().description


def test_the_maximum_of_the_edge_answers_is_brighter_than_their_mean_on_the_rim():
    photo, answers = figures.edge_answers()
    assert photo.shape[1:] == answers.shape[1:]
    assert len(answers) == 8
    largest, mean = answers.amax(dim=0), answers.mean(dim=0)
    bright = largest > largest.quantile(0.98)
    assert largest[bright].mean() > 1.4 * mean[bright].mean()
    assert figures.summaries().description


def test_who_hears_whom_is_full_on_the_left_and_three_wide_on_the_right():
    left, right = figures.hearing()
    assert (left != 0).all()
    assert torch.linalg.matrix_rank(left) == 4
    assert all((right.diagonal(step) != 0).all() == (abs(step) <= 1) for step in range(-15, 16))
    assert (right.diagonal(1) == right[0, 1]).all()
    assert "same three colours" in figures.who_hears_whom().description


@cache
def trained(kind, seed):
    """Return a network with the reference's spatial gates, or without, trained as in the notebook, and its images."""
    network = lookout.SmallNet(kind and (lambda channels: kind(5)), seed)
    lookout.fit(network, lookout.scenes(1600, seed=1), seed=seed)
    return network, lookout.scenes(500, seed=2)


def test_a_gate_for_places_helps_a_network_that_ends_with_a_mean_and_it_looks_at_the_object(solution):
    gate = solution.SpatialAttention
    (plain, data), (gated, _) = trained(None, 0), trained(gate, 0)
    reached = {kind: [lookout.accuracy(*trained(kind, seed)) for seed in (0, 1)] for kind in (None, gate)}
    assert min(reached[gate]) > max(reached[None]) + 0.1
    assert min(reached[None]) > 1.8 / 6
    some = lookout.Scenes(data.x[:100], data.y[:100], data.images[:100], data.objects[:100])
    shares = {
        name: lookout.share_on_objects(lookout.drops(net, some), some.objects)
        for name, net in (("plain", plain), ("gated", gated))
    }
    assert shares["gated"] > shares["plain"] > 3 / 12
    maps = {"no block": lookout.drops(plain, some)}
    assert f"no block {shares['plain']:.0%}" in figures.looked(some, maps).description
    on, off = figures.on_and_off(figures.gates_by_layer(gated, data.x)[0], data.objects)
    assert on > 1.3 * off
    second = figures.gates_by_layer(gated, data.x)[1]
    pairs = [figures.on_and_off(second[[one]], data.objects[[one]]) for one in range(len(second))]
    turned_down = sum(on_it < beside for on_it, beside in pairs) / len(pairs)
    assert 0.02 < turned_down < 0.1  # "about one image in twenty"
    assert "of layer 2" in figures.gate_explorer(gated, data)(3, 1).description


def test_the_patches_of_the_objects_are_one_in_twelve():
    data = lookout.scenes(500, seed=2)
    touched = F.max_pool2d(data.objects, 4).mean().item()
    assert 1 / touched == pytest.approx(12, abs=1)
    assert round(100 * data.objects.mean().item()) == 3


def test_the_outcomes_are_said_in_words():
    said = figures.outcomes({"no block": [0.5, 0.75], "ECA": [0.25, 1.0]}).description
    assert "no block 50%, 75%; ECA 25%, 100%" in said
