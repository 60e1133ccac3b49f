"""The references of normalisation, held to torch's own layers, to autograd, and to one batch instead of its parts."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from coursekit.data import photographs, to_tensor
from coursekit.figures import normalization as figures

NOTEBOOK = "05_training/normalization"
DOUBLE = torch.float64
EXACT = {"rtol": 1e-11, "atol": 1e-11}
SHAPES = [(4, 3), (5, 2, 7), (2, 3, 4, 5), (1, 3, 2, 5), (2, 4, 3, 2, 2)]
FEATURES = [((4, 5), (5,)), ((3, 2, 5), (5,)), ((3, 4, 2, 5), (4, 2, 5)), ((1, 6), (6,)), ((2, 3, 4, 2), (4, 2))]


def numbers(*shape, seed=0, dtype=DOUBLE):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def of_channels(channels):
    """gamma and beta, running mean and running variance."""
    return (
        numbers(channels, seed=1),
        numbers(channels, seed=2),
        numbers(channels, seed=3),
        0.5 + numbers(channels, seed=4).square(),
    )


def by_autograd(function, *inputs):
    """Return the output, a gradient of it, and the gradient of each input."""
    leaves = [one.clone().requires_grad_() for one in inputs]
    out = function(*leaves)
    grad_out = numbers(*out.shape, seed=7) + 0.3
    return out.detach(), grad_out, torch.autograd.grad(out, leaves, grad_out)


# batch norm


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_forward_is_torchs_and_so_are_its_running_statistics(solution, shape, training):
    x = 3 * numbers(*shape) + 1
    gamma, beta, mean, var = of_channels(shape[1])
    own = solution.batch_norm_forward(x, gamma, beta, mean, var, training, momentum=0.3, eps=0.1)
    running = mean.clone(), var.clone()
    expected = F.batch_norm(x, *running, gamma, beta, training, momentum=0.3, eps=0.1)
    torch.testing.assert_close(own[0], expected, **EXACT)
    torch.testing.assert_close(own[2], running, **EXACT)


def test_a_single_number_per_channel_is_refused_in_training_as_torch_does(solution):
    x, per_channel = numbers(1, 3, 1, 1), of_channels(3)
    with pytest.raises(ValueError, match="number per channel"):
        solution.batch_norm_forward(x, *per_channel)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        F.batch_norm(x, *per_channel[2:], *per_channel[:2], training=True)
    solution.batch_norm_forward(x, *per_channel, training=False)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_backward_is_what_autograd_says(solution, shape, training):
    x = 3 * numbers(*shape) + 1
    gamma, beta, mean, var = of_channels(shape[1])
    _, grad_out, expected = by_autograd(
        lambda *leaves: F.batch_norm(leaves[0], mean.clone(), var.clone(), *leaves[1:], training, eps=0.1),
        x,
        gamma,
        beta,
    )
    _, cache, _ = solution.batch_norm_forward(x, gamma, beta, mean, var, training, eps=0.1)
    torch.testing.assert_close(solution.batch_norm_backward(grad_out, cache, training), expected, **EXACT)


# layer norm


@pytest.mark.parametrize(("shape", "features"), FEATURES)
def test_layer_norm_forward_is_torchs(solution, shape, features):
    x, gamma, beta = 3 * numbers(*shape) + 1, numbers(*features, seed=1), numbers(*features, seed=2)
    own, (x_hat, std, _) = solution.layer_norm_forward(x, gamma, beta, eps=0.1)
    torch.testing.assert_close(own, F.layer_norm(x, features, gamma, beta, eps=0.1), **EXACT)
    torch.testing.assert_close(x_hat, F.layer_norm(x, features, eps=0.1), **EXACT)
    assert std.shape == (*shape[: len(shape) - len(features)], *[1] * len(features))


@pytest.mark.parametrize(("shape", "features"), FEATURES)
def test_layer_norm_backward_is_what_autograd_says(solution, shape, features):
    x, gamma, beta = 3 * numbers(*shape) + 1, numbers(*features, seed=1), numbers(*features, seed=2)
    _, grad_out, expected = by_autograd(
        lambda *leaves: F.layer_norm(leaves[0], features, *leaves[1:], eps=0.1), x, gamma, beta
    )
    _, cache = solution.layer_norm_forward(x, gamma, beta, eps=0.1)
    torch.testing.assert_close(solution.layer_norm_backward(grad_out, cache), expected, **EXACT)


# instance norm and group norm


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if len(shape) > 2])
def test_instance_norm_is_torchs(solution, shape):
    x, (gamma, beta, _, _) = 3 * numbers(*shape) + 1, of_channels(shape[1])
    torch.testing.assert_close(solution.instance_norm(x), F.instance_norm(x), **EXACT)
    expected = F.instance_norm(x, weight=gamma, bias=beta, eps=0.1)
    torch.testing.assert_close(solution.instance_norm(x, gamma, beta, eps=0.1), expected, **EXACT)


def test_instance_norm_with_values_for_each_image_is_torchs_image_by_image(solution):
    x, gamma, beta = numbers(3, 2, 4, 5), numbers(3, 2, seed=1), numbers(3, 2, seed=2)
    each = [F.instance_norm(x[[i]], weight=gamma[i], bias=beta[i]) for i in range(3)]
    torch.testing.assert_close(solution.instance_norm(x, gamma, beta), torch.cat(each), **EXACT)


@pytest.mark.parametrize("num_groups", [1, 2, 3, 6])
@pytest.mark.parametrize("rest", [(), (4,), (3, 5)])
def test_group_norm_is_torchs(solution, num_groups, rest):
    x, (gamma, beta, _, _) = 3 * numbers(2, 6, *rest) + 1, of_channels(6)
    torch.testing.assert_close(solution.group_norm(x, num_groups), F.group_norm(x, num_groups), **EXACT)
    expected = F.group_norm(x, num_groups, gamma, beta, eps=0.1)
    torch.testing.assert_close(solution.group_norm(x, num_groups, gamma, beta, eps=0.1), expected, **EXACT)


def test_group_norm_refuses_groups_that_do_not_come_out_even(solution):
    with pytest.raises(ValueError, match="6 channels"):
        solution.group_norm(numbers(2, 6, 3), 4)
    with pytest.raises((ValueError, RuntimeError), match="divisible"):
        F.group_norm(numbers(2, 6, 3), 4)


# folding


LAYERS = {
    "plain": {"kernel_size": 3},
    "no bias": {"kernel_size": (1, 3), "bias": False},
    "groups": {"kernel_size": (3, 2), "stride": (2, 1), "padding": (0, 1), "dilation": (1, 2), "groups": 2},
    "depthwise": {"kernel_size": 3, "padding": "same", "dilation": 2, "groups": 4},
    "reflected": {"kernel_size": 3, "padding": (1, 2), "padding_mode": "reflect"},
}


def layers(settings, affine=True):
    torch.manual_seed(0)
    conv = nn.Conv2d(4, 8, **settings).double()
    bn = nn.BatchNorm2d(8, eps=0.1, affine=affine).double().eval()
    for name, value in {**bn.state_dict(), **dict(bn.named_parameters())}.items():
        if name != "num_batches_tracked":
            value.data.copy_(0.5 + torch.rand(8) if "var" in name else torch.randn(8))
    return conv, bn


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("settings", LAYERS.values(), ids=LAYERS)
def test_one_convolution_does_what_the_two_layers_did(solution, settings, affine):
    conv, bn = layers(settings, affine)
    x = numbers(2, 4, 9, 8)
    fused = solution.fuse_conv_bn(conv, bn)
    with torch.no_grad():
        torch.testing.assert_close(fused(x), bn(conv(x)), **EXACT)
    library = fuse_conv_bn_eval(conv.eval(), bn)
    torch.testing.assert_close(dict(fused.named_parameters()), dict(library.named_parameters()), **EXACT)


def test_a_batch_norm_that_goes_by_the_batch_is_not_folded(solution):
    conv, bn = layers(LAYERS["plain"])
    for other in (copy_in_training(bn), nn.BatchNorm2d(8, track_running_stats=False).double().eval()):
        with pytest.raises(ValueError, match="goes by the batch"):
            solution.fuse_conv_bn(conv, other)


def copy_in_training(bn):
    other = nn.BatchNorm2d(8).double()
    other.load_state_dict(bn.state_dict())
    return other.train()


# statistics over the parts of a batch


@pytest.mark.parametrize("rest", [(), (3, 5)])
@pytest.mark.parametrize("middle", [0.0, 1e4])
def test_parts_are_normalised_as_the_end_of_the_joined_batch(solution, rest, middle):
    gamma, beta, _, _ = of_channels(3)
    parts = [numbers(num, 3, *rest, seed=num) * num + num + middle for num in (2, 5, 1, 3)]
    seen = None
    for place, part in enumerate(parts):
        out, seen = solution.cross_batch_norm(part, gamma, beta, seen, eps=0.1)
        joined = torch.cat(parts[: place + 1])
        expected = F.batch_norm(joined, None, None, gamma, beta, training=True, eps=0.1)[-len(part) :]
        torch.testing.assert_close(out, expected, rtol=1e-9, atol=1e-9)
        assert seen[0] == joined.numel() // 3


# what the text says of the pictures


def test_with_batch_norm_the_deep_network_learns_and_without_it_guesses():
    losses = {name: torch.tensor(found) for name, (_, found) in figures.two_networks().items()}
    chance = torch.tensor(6.0).log()
    assert (losses["without"][5:] - chance).abs().max() < 0.15
    assert losses["with batch norm"][-5:].mean() < chance - 0.4
    assert figures.accuracy(figures.two_networks()["with batch norm"][0]) > 0.4
    sizes = [sum(p.numel() for p in net.parameters()) for net, _ in figures.two_networks().values()]
    assert sizes[1] - sizes[0] == 12 * 24
    assert "Guessing has 1.8" in figures.overview().description


def test_of_18_cells_the_norms_make_as_many_sets_as_the_table_says():
    assert [len(figures.sets(kind).unique()) for kind in ("batch", "layer", "instance", "group")] == [6, 3, 18, 6]
    assert torch.equal(figures.sets("group", 1), figures.sets("layer"))
    assert torch.equal(figures.sets("group", 6), figures.sets("instance"))
    assert "instance norm 18" in figures.sharing().description
    assert "four samples" in figures.sums().description


def test_a_nudge_of_one_number_moves_all_six():
    (_, before), (_, after) = figures.nudged(5, 0.0), figures.nudged(5, 2.0)
    assert (after - before).abs().min() > 1e-3
    assert "numbers 6 move" in figures.nudge().description


def test_in_evaluation_each_channel_is_a_line_of_its_own():
    norm = figures.two_networks()["with batch norm"][0][1]
    slopes = norm.weight / (norm.running_var + norm.eps).sqrt()
    assert len(slopes[:4].detach().round(decimals=3).unique()) == 4
    assert "straight line" in figures.lines().description


def test_averaged_variances_fall_short_of_the_deviation_of_all_parts():
    found = figures.by_parts()
    whole, averaged = found["all parts so far"], found["from averaged variances"]
    assert whole[0] == pytest.approx(averaged[0])
    assert all(short < right - 0.005 for short, right in zip(averaged[1:], whole[1:], strict=True))
    assert "averaged variances it would be" in figures.parts().description


def test_the_numbers_worked_by_hand(solution):
    x, one, zero = torch.tensor([[1.0], [1], [5], [5]]), torch.ones(1), torch.zeros(1)
    out, _, (mean, var) = solution.batch_norm_forward(x, 3 * one, 10 * one, zero, one)
    torch.testing.assert_close(out[:, 0], torch.tensor([7.0, 7, 13, 13]), rtol=1e-4, atol=1e-4)
    assert (round(mean.item(), 3), round(var.item(), 3)) == (0.3, 1.433)
    pull = torch.tensor([[1.0], [0], [0], [0]])
    grad, _, _ = solution.batch_norm_backward(pull, solution.batch_norm_forward(x, one, zero, zero, one)[1])
    torch.testing.assert_close(grad[:, 0], torch.tensor([0.25, -0.25, 0, 0]), rtol=1e-4, atol=1e-4)
    gamma = torch.tensor([1.0, 2, 1, 2])
    layer, _ = solution.layer_norm_forward(torch.stack([x[:, 0], 100 * x[:, 0]]), gamma, torch.zeros(4))
    torch.testing.assert_close(layer, torch.tensor([[-1.0, -2, 1, 2]]).expand(2, 4), rtol=1e-4, atol=1e-4)
    groups = solution.group_norm(torch.tensor([[1.0, 5, 10, 30]]), 2)
    torch.testing.assert_close(groups, torch.tensor([[-1.0, 1, -1, 1]]), rtol=1e-4, atol=1e-4)
    _, seen = solution.cross_batch_norm(x, one, zero)
    _, (count, mean, var) = solution.cross_batch_norm(torch.tensor([[9.0], [9]]), one, zero, seen)
    assert (count, mean.item(), round(var.item(), 2)) == (6, 5.0, 10.67)
    assert round(var.item() - 4 * 4 / 6, 2) == 8
    conv, bn = nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1, eps=0).eval()
    values = (conv.weight, 3), (conv.bias, 1), (bn.running_mean, 4), (bn.running_var, 4), (bn.weight, 6), (bn.bias, 5)
    for parameter, value in values:
        parameter.data.fill_(value)
    fused = solution.fuse_conv_bn(conv, bn)
    assert (fused.weight.item(), fused.bias.item()) == (9, -4)


def test_a_gradient_behind_batch_norm_adds_up_to_zero_and_has_almost_no_product_with_x_hat(solution):
    x, (gamma, beta, mean, var) = 3 * numbers(4, 3, 5, 2) + 1, of_channels(3)
    _, cache, _ = solution.batch_norm_forward(x, gamma, beta, mean, var)
    grad_x, _, _ = solution.batch_norm_backward(numbers(*x.shape, seed=7) + 0.3, cache)
    assert grad_x.abs().max() > 0.1
    assert grad_x.sum(dim=(0, 2, 3)).abs().max() < 1e-12
    assert (grad_x * cache[0]).sum(dim=(0, 2, 3)).abs().max() < 1e-4


def test_the_digits_are_gone_where_squares_are_subtracted_and_stay_in_the_distances():
    x = torch.tensor([1.0, 1, 5, 5]) + 10_000
    assert abs(x.square().mean() - x.mean().square() - 4).item() >= 1
    assert (x - x.mean()).square().mean().item() == 4


def test_the_cat_depends_on_its_neighbour_in_training_alone(solution):
    photo = to_tensor(photographs((60, 80))["cat"])[None]
    pairs = torch.cat([photo, photo + 1]), torch.cat([photo, photo - 1])
    per_channel = torch.ones(3), torch.zeros(3), torch.zeros(3), torch.ones(3)
    apart = []
    for training in (True, False):
        first, second = (solution.batch_norm_forward(two, *per_channel, training)[0][0] for two in pairs)
        apart.append((first - second).abs().max().item())
    assert apart[0] > 1
    assert apart[1] == 0


def test_the_cat_takes_on_the_colours_of_another_photograph(solution):
    photos = photographs((60, 80))
    lights = torch.stack([to_tensor(photos[name]) for name in ("cat", "coffee", "rocket")])
    painted = solution.instance_norm(lights[[0, 0, 0]], lights.std(dim=[2, 3]), lights.mean(dim=[2, 3]))
    torch.testing.assert_close(painted.mean(dim=[2, 3]), lights.mean(dim=[2, 3]), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(painted.std(dim=[2, 3]), lights.std(dim=[2, 3]), rtol=1e-2, atol=1e-3)
    torch.testing.assert_close(painted[0], lights[0], rtol=1e-2, atol=2e-3)
    red, _, blue = lights.mean(dim=[2, 3]).T
    assert red[1] > blue[1] + 0.05
    assert blue[2] > red[2] + 0.05


def test_an_own_batch_norm_begins_as_torchs_does_and_learns(solution):
    class OwnNorm(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.scale, self.shift = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
            self.running = torch.zeros(channels), torch.ones(channels)

        def forward(self, x):
            out, _, new = solution.batch_norm_forward(x, self.scale, self.shift, *self.running, training=self.training)
            self.running = tuple(one.detach() for one in new)
            return out

    nets = [figures.deep_network(norm, depth=5) for norm in (OwnNorm, nn.BatchNorm2d)]
    losses = [figures.fit(net, rate=0.1) for net in nets]
    assert losses[0][0] == pytest.approx(losses[1][0], abs=1e-4)
    assert figures.accuracy(nets[0]) > 0.6


def test_the_gradient_of_a_bias_is_zero_where_its_channel_has_a_mean_of_its_own():
    torch.manual_seed(0)
    conv, x = nn.Conv2d(3, 6, 3), torch.randn(4, 3, 8, 8)
    norms = (nn.BatchNorm2d(6), nn.BatchNorm2d(6).eval(), nn.GroupNorm(3, 6), nn.GroupNorm(6, 6))
    found = []
    for norm in norms:
        (grad,) = torch.autograd.grad(norm(conv(x)).square().sin().sum(), conv.bias)
        found.append(grad.abs().max().item())
    assert max(found[0], found[3]) < 1e-3
    assert min(found[1], found[2]) > 1e-1


def test_the_noise_of_batch_norm_falls_to_about_a_third_from_2_companions_to_24():
    images = figures.images()[0].images - 0.5
    strays = []
    for companions in (2, 24):
        batches = [torch.cat([images[:1], others]) for others in images[1:].split(companions)[:20]]
        outs = [F.batch_norm(rows, None, None, training=True)[0] for rows in batches]
        strays.append(torch.stack(outs).std(dim=0).mean().item())
    assert 0.2 < strays[1] / strays[0] < 0.45


def test_five_layers_learn_with_a_norm_and_hardly_without_one():
    told = {}
    for norm in (nn.BatchNorm2d, None):
        net = figures.deep_network(norm, depth=5)
        figures.fit(net, rate=0.1)
        told[norm] = figures.accuracy(net)
    assert told[nn.BatchNorm2d] > 0.6
    assert told[None] < 0.4


def test_the_folded_network_answers_as_the_one_of_the_opening_picture(solution):
    net, _ = figures.two_networks()["with batch norm"]
    layers = []
    for layer in net:
        layers = (
            [*layers[:-1], solution.fuse_conv_bn(layers[-1], layer)]
            if isinstance(layer, nn.BatchNorm2d)
            else [*layers, layer]
        )
    x = figures.images()[1].images - 0.5
    with torch.no_grad():
        assert (nn.Sequential(*layers)(x) - net(x)).abs().max() < 5e-4


def test_without_a_norm_all_images_look_alike_behind_twelve_layers():
    x = figures.images()[1].images - 0.5
    with torch.no_grad():
        spread = [figures.deep_network(norm)(x).std(dim=0).max().item() for norm in (None, nn.BatchNorm2d)]
    assert spread[0] < 1e-2 < 0.1 < spread[1]


def test_a_batch_norm_before_a_convolution_folds_only_where_no_zeros_are_padded():
    torch.manual_seed(0)
    norm, x = nn.BatchNorm2d(2).eval(), torch.randn(1, 2, 6, 7)
    norm.running_mean.fill_(3)
    scale = 1 / (norm.running_var + norm.eps).sqrt()
    for padding in (0, 1):
        conv = nn.Conv2d(2, 3, 3, padding=padding)
        weights = conv.weight * scale[:, None, None]
        bias = conv.bias - (weights * norm.running_mean[:, None, None]).sum(dim=(1, 2, 3))
        folded = F.conv2d(x, weights, bias, padding=padding)
        apart = (folded - conv(norm(x))).abs().amax(dim=(0, 1))
        inside = apart[padding : len(apart) - padding, padding : apart.shape[1] - padding]
        assert inside.max() < 1e-5
    edge = torch.ones_like(apart, dtype=torch.bool)
    edge[1:-1, 1:-1] = False
    assert apart[edge].min() > 1e-2
    framed = F.conv2d(F.pad(x, (1, 1, 1, 1), value=3.0), weights, bias)
    torch.testing.assert_close(framed, conv(norm(x)), rtol=1e-4, atol=1e-5)
