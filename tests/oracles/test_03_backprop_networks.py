"""The references of networks, held to autograd, torch.nn and torch.optim."""

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from coursekit import data
from coursekit.figures import networks as figures

NOTEBOOK = "03_backprop/networks"
TORCH = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def batch(num, num_in, num_classes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(num, num_in, generator=generator, dtype=torch.float64)
    return x, torch.randint(num_classes, (num,), generator=generator)


def twin(params, activation="relu"):
    """Return a torch.nn network with copies of the same parameters, and them by our names."""
    layers, named = [], {}
    for number in range(1, len(params) // 2 + 1):
        weights, bias = params[f"W{number}"], params[f"b{number}"]
        linear = nn.Linear(*weights.shape, dtype=weights.dtype)
        linear.weight.data, linear.bias.data = weights.T.clone(), bias.clone()
        layers += [linear, TORCH[activation]()]
        named[f"W{number}"], named[f"b{number}"] = linear.weight, linear.bias
    return nn.Sequential(*layers[:-1]), named


def assert_loss_and_gradients_agree(network, x, y, activation="relu"):
    for value in network.params.values():
        value += 0.3 * torch.randn(value.shape, generator=torch.Generator().manual_seed(9), dtype=value.dtype)
    model, named = twin(network.params, activation)
    penalty = sum((value**2).sum() for name, value in named.items() if name[0] == "W")
    expected = F.cross_entropy(model(x), y) + network.reg * penalty
    expected.backward()
    loss, grads = network.loss(x, y)
    torch.testing.assert_close(network.scores(x), model(x).detach())
    torch.testing.assert_close(loss, expected.detach())
    assert grads.keys() == named.keys()
    for name, value in named.items():
        torch.testing.assert_close(grads[name], value.grad.T if name[0] == "W" else value.grad)


@pytest.mark.parametrize("reg", [0.0, 0.2])
def test_two_layers_agree_with_torch_and_autograd(solution, reg):
    network = solution.TwoLayerNet(5, 7, 3, weight_scale=0.5, reg=reg, dtype=torch.float64)
    assert_loss_and_gradients_agree(network, *batch(6, 5, 3))


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("sizes", [[4, 3], [4, 6, 3], [5, 8, 7, 6, 4]])
def test_any_depth_agrees_with_torch_and_autograd(solution, sizes, activation):
    network = solution.FullyConnectedNet(sizes, activation, reg=0.1, dtype=torch.float64)
    assert_loss_and_gradients_agree(network, *batch(6, sizes[0], sizes[-1]), activation)


def test_the_step_on_paper_is_right(solution):
    network = solution.TwoLayerNet(2, 2, 2)
    network.params["W1"] = torch.tensor([[1.0, 1.0], [1.0, -1.0]])
    network.params["W2"] = torch.tensor([[0.5, 0.0], [1.0, 2.0]])
    network.params["b2"] = torch.tensor([-1.5, torch.tensor(3.0).log()])
    loss, grads = network.loss(torch.tensor([[1.0, 2.0]]), torch.tensor([0]))
    torch.testing.assert_close(loss, torch.tensor(4.0).log())
    torch.testing.assert_close(grads["b2"], torch.tensor([-0.75, 0.75]))
    torch.testing.assert_close(grads["W2"], torch.tensor([[-2.25, 2.25], [0.0, 0.0]]))
    torch.testing.assert_close(grads["W1"], torch.tensor([[-0.375, 0.0], [-0.75, 0.0]]))


def test_a_training_step_is_one_of_torchs_sgd(solution):
    network = solution.TwoLayerNet(5, 7, 3, weight_scale=0.5, dtype=torch.float64)
    model, named = twin(network.params)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.3)
    for seed in range(4):
        x, y = batch(6, 5, 3, seed)
        optimiser.zero_grad()
        expected = F.cross_entropy(model(x), y)
        expected.backward()
        optimiser.step()
        assert network.train_step(x, y, 0.3) == pytest.approx(expected.item())
    for name, value in named.items():
        torch.testing.assert_close(network.params[name], value.detach().T if name[0] == "W" else value.detach())


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_the_first_weights_have_the_spread_of_torchs_kaiming(solution, layer):
    sizes = [300, 200, 400, 100]
    weights = solution.FullyConnectedNet(sizes, seed=layer).params[f"W{layer}"]
    drawn = nn.init.kaiming_normal_(torch.empty(sizes[layer], sizes[layer - 1]), nonlinearity="relu")
    assert weights.std().item() == pytest.approx(drawn.std().item(), rel=0.03)


def test_training_is_torchs_loop_with_sgd_and_a_decaying_rate(solution):
    x, y = batch(23, 5, 3)
    network = solution.FullyConnectedNet([5, 8, 3], dtype=torch.float64)
    model, named = twin(network.params)
    history = solution.train_network(
        network, x, y, x[:9], y[:9], num_epochs=4, batch_size=6, learning_rate=0.5, decay=0.7, seed=3
    )
    optimiser = torch.optim.SGD(model.parameters(), lr=0.5)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, gamma=0.7)
    generator, losses, accuracies = torch.Generator().manual_seed(3), [], []
    for _ in range(4):
        for rows in torch.randperm(23, generator=generator).split(6):
            optimiser.zero_grad()
            loss = F.cross_entropy(model(x[rows]), y[rows])
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        schedule.step()
        accuracies.append((model(x).argmax(dim=1) == y).double().mean().item())
    assert history["loss"] == pytest.approx(losses)
    assert history["train_accuracy"] == pytest.approx(accuracies)
    for name, value in named.items():
        torch.testing.assert_close(network.params[name], value.detach().T if name[0] == "W" else value.detach())


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_gradient_flow_is_what_autograd_says(solution, activation):
    generator = torch.Generator().manual_seed(1)
    weights = [torch.randn(a, b, generator=generator, dtype=torch.float64) for a, b in pairwise([4, 6, 5, 5, 3])]
    h = torch.randn(7, 4, generator=generator, dtype=torch.float64)
    grad_out = torch.randn(7, 3, generator=generator, dtype=torch.float64)
    flow = solution.gradient_flow(h, weights, grad_out, activation)
    before, outputs = [], []
    for matrix in weights:
        before.append((h @ matrix).requires_grad_())
        h = TORCH[activation]()(before[-1])
        outputs.append(h)
    grads = torch.autograd.grad(h, before, grad_out)
    assert flow["outputs"] == pytest.approx([(one**2).mean().item() ** 0.5 for one in outputs])
    assert flow["gradients"] == pytest.approx([(one**2).mean().item() ** 0.5 for one in grads])


# What the text says of the pictures


def shares(picture):
    """Return the share of right points in each title, "50 hidden units: 97%"."""
    return [float(ax.get_title().rpartition(": ")[2].rstrip("%")) / 100 for ax in picture.axes]


def test_straight_cuts_do_not_follow_a_spiral_and_two_layers_do():
    linear, bent = shares(figures.line_or_bend())
    assert linear < 0.6
    assert bent > 0.97


def test_three_ramps_are_too_few_and_fifty_are_enough(solution):
    x, y = data.spirals(num_per_class=100)
    networks = {size: solution.TwoLayerNet(2, size, 3, weight_scale=0.5, reg=1e-4) for size in (3, 50)}
    for network in networks.values():
        for _ in range(500):
            network.train_step(x, y, learning_rate=1.0)
    few, many = shares(figures.hidden_sizes(networks, x, y))
    assert few < 0.85
    assert many > 0.95


def test_six_boxes_stand_in_the_stack_of_layers():
    (ax,) = figures.stack_of_layers().axes
    said = [text.get_text() for text in ax.texts]
    assert said[:6] == ["W1, b1", "f", "W2, b2", "f", "W3, b3", "loss"]
    assert said.count("grad") == 6


def test_the_nine_flows_are_as_they_are_read(solution):
    picture = figures.flow_grid(solution.gradient_flow, data.digits().x_train[:200].double())
    flows = {ax.get_title(): {line.get_label(): list(line.get_ydata()) for line in ax.lines} for ax in picture.axes}
    kaiming, xavier = "Kaiming √(2/D)", "Xavier √(1/D)"

    def spread(of, sizes="gradients"):
        return max(flows[of][sizes]) / min(flows[of][sizes])

    for activation in ("relu", "tanh", "sigmoid"):
        assert flows[f"{activation}, 0.01"]["gradients"][0] < 1e-15
    for activation in ("relu", "tanh"):
        assert flows[f"{activation}, 0.01"]["outputs"][-1] < 1e-15
    assert spread(f"tanh, {xavier}") < 3.5
    assert 400 < spread(f"relu, {xavier}") < 2500
    assert spread(f"relu, {kaiming}") < 1.5
    assert spread(f"relu, {kaiming}", "outputs") < 3
    assert spread(f"tanh, {kaiming}") < 5
    for scale in ("0.01", xavier, kaiming):
        assert flows[f"sigmoid, {scale}"]["gradients"][0] < 1e-9
        assert flows[f"sigmoid, {scale}"]["outputs"] == pytest.approx([0.5] * 20, abs=0.1)


def test_the_gains_to_look_for_are_where_the_text_has_them(solution):
    draw = figures.flow_explorer(solution.gradient_flow, data.digits().x_train[:100].double())

    def at(activation, gain, depth):
        outputs, gradients = draw(activation, gain, depth).axes[0].lines[:2]
        return list(outputs.get_ydata()), list(gradients.get_ydata())

    level, below = (at("relu", gain, 40)[1] for gain in (1.41, 1.3))
    assert 0.1 < level[0] / level[-1] < 10
    assert below[0] / below[-1] < 0.05
    outputs, gradients = at("tanh", 8.0, 20)
    assert max(outputs) < 1
    assert gradients[0] > 1e4 * gradients[-1]
    assert at("sigmoid", 4.0, 20)[1][0] < 1e-3
    assert at("sigmoid", 16.0, 20)[1][0] > 0.1
