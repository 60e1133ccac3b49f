"""The references of initialisation, held to scikit-learn, scipy and torch's own starts, and to what is measured."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import linalg, stats
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from torch import nn

from coursekit.figures import initialization as figures
from coursekit.shapes import shapes

NOTEBOOK = "05_training/initialization"
CONVOLUTIONS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


def numbers(*shape, seed=0, shift=0.0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + shift


def mixed_rows(num, dim, seed=0):
    """Rows whose features go together."""
    return numbers(num, dim, seed=seed) @ numbers(dim, dim, seed=seed + 1) + numbers(dim, seed=seed + 2)


def close(came, expected, tol=1e-10):
    torch.testing.assert_close(came, torch.as_tensor(expected, dtype=came.dtype), rtol=tol, atol=tol)


# standardize


def test_standardize_is_scikit_learns_scaler(solution):
    x_train, x = 3 * numbers(40, 7, shift=2.0) ** 3, numbers(9, 7, seed=1)
    x_train[:, 2], x_train[:, 4] = 0.1, 0.0
    scaler = StandardScaler().fit(x_train.numpy())
    close(solution.standardize(x_train, x), scaler.transform(x.numpy()))
    close(solution.standardize(x_train.reshape(40, 7, 1), x.reshape(9, 7, 1))[..., 0], scaler.transform(x.numpy()))


def test_standardize_by_channel_is_scikit_learns_scaler_over_all_places(solution):
    x_train, x = numbers(5, 3, 4, 6, shift=1.0), numbers(2, 3, 5, 2, seed=1)
    x_train[:, 1] = 0.3
    scaler = StandardScaler().fit(x_train.movedim(1, -1).reshape(-1, 3).numpy())
    expected = scaler.transform(x.movedim(1, -1).reshape(-1, 3).numpy()).reshape(2, 5, 2, 3)
    close(solution.standardize(x_train, x, per_channel=True), torch.from_numpy(expected).movedim(-1, 1))


def test_the_numbers_by_hand_are_those_of_the_text(solution):
    rows, new = torch.tensor([[2.0], [4], [9]]).double(), torch.tensor([[8.0]]).double()
    assert solution.standardize(rows, rows).flatten().numpy().round(2).tolist() == [-1.02, -0.34, 1.36]
    assert round(solution.standardize(rows, new).item(), 2) == 1.02
    every = torch.cat([rows, new])
    assert (every.mean().item(), round(every.std(correction=0).item(), 2)) == (5.75, 2.86)
    assert round(solution.standardize(every, new).item(), 2) == 0.79


def test_a_column_of_tenths_has_a_deviation_and_one_of_halves_has_none(solution):
    tenths, halves = (torch.full((7, 1), value, dtype=torch.float64) for value in (0.1, 0.5))
    assert halves.std(correction=0) == 0 < tenths.std(correction=0) < 1e-15
    assert solution.standardize(tenths, tenths + 1).sub(1).abs().max() < 1e-12


def test_the_new_images_are_nearly_standardised_and_the_training_images_are(solution):
    x_train, x_new = shapes(600, seed=1).images, shapes(300, seed=2).images
    for x, within in ((x_train, 1e-3), (x_new, 0.1)):
        made = solution.standardize(x_train, x, per_channel=True)
        assert made.mean(dim=(0, 2, 3)).abs().max() < within
        assert (made.std(dim=(0, 2, 3)) - 1).abs().max() < within


# pca_whiten


@pytest.mark.parametrize(("num", "dim", "kept"), [(30, 6, 6), (30, 6, 2), (5, 8, 4), (5, 8, 1)])
def test_pca_whiten_is_scikit_learns_up_to_the_sign(solution, num, dim, kept):
    x_train, x = mixed_rows(num, dim), mixed_rows(7, dim, seed=5)
    whitener = PCA(kept, whiten=True).fit(x_train.numpy())
    peaks = whitener.components_[range(kept), abs(whitener.components_).argmax(axis=1)]
    close(solution.pca_whiten(x_train, x, kept), whitener.transform(x.numpy()) * np.sign(peaks), 1e-9)


def test_zca_is_the_inverse_root_of_the_covariance(solution):
    x_train, x = mixed_rows(30, 6), mixed_rows(7, 6, seed=5)
    root = linalg.sqrtm(linalg.inv(np.cov(x_train.T.numpy()) + 0.3 * np.eye(6)))
    close(solution.pca_whiten(x_train, x, eps=0.3, zca=True), (x - x_train.mean(dim=0)).numpy() @ root, 1e-9)


def test_the_training_rows_become_white_in_both_ways(solution):
    x = mixed_rows(50, 5)
    for zca in (False, True):
        close(solution.pca_whiten(x, x, zca=zca).T.cov(), np.eye(5), 1e-9)


def test_zca_changes_the_rows_least_of_all_whitenings(solution):
    x = mixed_rows(50, 5)
    centred, zca = x - x.mean(dim=0), solution.pca_whiten(x, x, zca=True)
    least = (zca - centred).square().sum()
    for seed in range(20):
        turn = torch.linalg.qr(numbers(5, 5, seed=seed))[0]
        assert (zca @ turn - centred).square().sum() > least


def test_the_star_goes_where_the_text_says(solution):
    points = figures.cloud()
    mark = points.mean(dim=0, keepdim=True) + torch.tensor([figures.MARK], dtype=torch.float64)
    close(points.T.cov(), figures.COVARIANCE)
    close(solution.pca_whiten(points, mark).abs(), [[1.0, 1.0]])
    close(solution.pca_whiten(points, mark, zca=True), [[math.sqrt(2), 0.0]])
    views = figures.views()
    close(views["PCA whitening"][1], [1.0, 1.0])
    close(views["ZCA whitening"][1], [math.sqrt(2), 0.0])
    for name in ("PCA whitening", "ZCA whitening"):
        close(views[name][0].T.cov(), np.eye(2))
    assert figures.clouds().description


def test_whitening_that_saw_the_new_rows_makes_them_white_and_else_they_vary_many_times_as_much(solution):
    rows = figures.patches_of_photographs().flatten(1)
    half, other = rows[::4][:450].double(), rows[2::4][:450].double()
    more = rows[1::2][:1800].double()
    for learned, low, high in (
        (half, 10, 16),
        (more, 1.3, 1.8),
        *((torch.cat([x, other]), 0.9, 1.05) for x in (half, more)),
    ):
        assert low < solution.pca_whiten(learned, other).var(dim=0).mean() < high
    close(solution.pca_whiten(half, half).var(dim=0).mean(), torch.tensor(1.0).double(), 1e-6)


def test_the_first_component_of_the_patches_is_their_brightness(solution):
    rows = figures.patches_of_photographs().flatten(1)
    first = solution.pca_whiten(rows, torch.eye(300) + rows.mean(dim=0), 1)
    assert (first > 0).all()


def test_zca_subtracts_its_neighbours_from_a_bright_pixel(solution):
    rows = figures.patches_of_photographs().flatten(1)
    point = torch.zeros(2, 3, 10, 10)
    point[1, :, 5, 5] = 1
    dark, lit = solution.pca_whiten(rows, point.flatten(1), eps=1e-3, zca=True)
    image = (lit - dark).reshape(3, 10, 10).mean(dim=0)
    assert image.argmax() == 55
    for row, column in ((4, 5), (6, 5), (5, 4), (5, 6)):
        assert image[row, column] < -0.1 * image[5, 5]
    assert figures.answer_to_a_point(lit - dark).description


def test_whitened_by_zca_the_patches_vary_less_by_their_flat_areas(solution):
    rows = figures.patches_of_photographs().flatten(1)
    seen = rows[::600]
    pca, zca = (solution.pca_whiten(rows, seen, eps=1e-3, zca=way) for way in (False, True))
    assert figures.whitened(seen, pca, zca).description
    flat = seen.reshape(-1, 3, 100).std(dim=2).mean(dim=1) < 0.05
    assert flat.any()
    assert (zca.std(dim=1)[flat].max() < zca.std(dim=1)[~flat].median()).all()


# fans


@pytest.mark.parametrize("shape", [(7, 3), (6, 4, 3), (8, 2, 3, 5), (4, 6, 2, 3, 2)])
def test_fans_are_torchs_without_groups(solution, shape):
    assert solution.fans(shape) == nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


@pytest.mark.parametrize(
    ("num_in", "num_out", "kernel", "groups"), [(4, 8, (3,), 2), (6, 6, (3, 5), 6), (8, 4, (5, 3), 4)]
)
def test_fans_count_what_an_output_adds_up_and_what_an_input_enters(solution, num_in, num_out, kernel, groups):
    padding = [k // 2 for k in kernel]
    conv = CONVOLUTIONS[len(kernel)](num_in, num_out, kernel, padding=padding, groups=groups)
    x = torch.zeros(1, num_in, *(11 for _ in kernel), requires_grad=True)
    middle = tuple(5 for _ in kernel)
    (grad,) = torch.autograd.grad(conv(x)[(0, 0, *middle)], x)
    lit = torch.zeros_like(x)
    lit[(0, 0, *middle)] = 1
    entered = (conv(lit) != conv(torch.zeros_like(x))).sum()
    assert solution.fans(conv.weight.shape, groups) == (grad.count_nonzero(), entered)


def test_fans_of_a_vector_are_refused(solution):
    with pytest.raises(ValueError, match="at least two"):
        solution.fans((5,))


# xavier_init and kaiming_init


@pytest.mark.parametrize("shape", [(30, 20), (6, 4, 3), (8, 2, 3, 5)])
@pytest.mark.parametrize("gain", [1.0, 2.5])
def test_xavier_draws_what_torch_draws(solution, shape, gain):
    for uniform, theirs in ((True, nn.init.xavier_uniform_), (False, nn.init.xavier_normal_)):
        weight = torch.empty(shape, dtype=torch.float64)
        came = solution.xavier_init(weight, gain, uniform, generator=torch.Generator().manual_seed(3))
        expected = theirs(torch.empty_like(weight), gain, generator=torch.Generator().manual_seed(3))
        assert came is weight
        close(came, expected, 1e-12)


@pytest.mark.parametrize("shape", [(30, 20), (6, 4, 3), (8, 2, 3, 5)])
@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("mode", ["fan_in", "fan_out"])
def test_kaiming_draws_what_torch_draws(solution, shape, slope, mode):
    for uniform, theirs in ((True, nn.init.kaiming_uniform_), (False, nn.init.kaiming_normal_)):
        weight = torch.empty(shape, dtype=torch.float64)
        came = solution.kaiming_init(weight, slope, mode, uniform, generator=torch.Generator().manual_seed(3))
        expected = theirs(torch.empty_like(weight), slope, mode, generator=torch.Generator().manual_seed(3))
        assert came is weight
        close(came, expected, 1e-12)


@pytest.mark.parametrize("groups", [1, 4, 16])
def test_kaiming_keeps_the_gradient_of_a_convolution_in_groups(solution, groups):
    generator = torch.Generator().manual_seed(0)
    conv = nn.Conv2d(16, 32, 3, padding=1, groups=groups, bias=False, padding_mode="circular").double()
    solution.kaiming_init(conv.weight, 1.0, "fan_out", groups=groups, generator=generator)
    x = numbers(8, 16, 12, 12).requires_grad_()
    out = conv(x)
    (grad,) = torch.autograd.grad(out, x, numbers(*out.shape, seed=2))
    assert grad.var().item() == pytest.approx(1, rel=0.25)


@pytest.mark.parametrize("slope", [0.0, 0.2, 0.5, 1.0])
def test_kaiming_keeps_the_mean_square_through_the_activation(solution, slope):
    layer = nn.Linear(400, 400, bias=False).double()
    solution.kaiming_init(layer.weight, slope, generator=torch.Generator().manual_seed(0))
    out = F.leaky_relu(layer(numbers(400, 400, seed=5)), slope)
    assert out.square().mean().item() == pytest.approx(1, rel=0.05)
    z = torch.randn(100_000, generator=torch.Generator().manual_seed(0))
    kept = F.leaky_relu(z, slope).square().mean() / z.square().mean()
    assert kept.item() == pytest.approx((1 + slope**2) / 2, abs=0.01)


def test_both_starts_are_uniform_and_normal_as_asked(solution):
    for draw in (solution.xavier_init, solution.kaiming_init):
        for uniform in (True, False):
            weight = draw(torch.empty(200, 150), uniform=uniform, generator=torch.Generator().manual_seed(1))
            scaled = weight.flatten().double() / weight.double().std()
            law = stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)) if uniform else stats.norm()
            assert stats.kstest(scaled.numpy(), law.cdf).pvalue > 1e-4


def test_the_variances_of_the_convolution_are_a_little_below_those_expected(solution):
    generator = torch.Generator().manual_seed(0)
    conv = nn.Conv2d(3, 16, 5, padding=2, bias=False)
    solution.xavier_init(conv.weight, generator=generator)
    x = torch.randn(30, 3, 32, 32, generator=generator, requires_grad=True)
    out = conv(x)
    out.backward(torch.randn(out.shape, generator=generator))
    assert 0.85 < out.var() / (150 / 475) < 1
    assert 0.85 < x.grad.var() / (800 / 475) < 1


def test_the_signal_by_depth_is_as_the_text_says():
    sizes = {
        (name, gain): figures.signals(figures.BY_NAME[name], gain, 40)[-1].square().mean().sqrt().item()
        for name, gain in (
            ("relu", 1.0),
            ("relu", 1.42),
            ("none", 1.0),
            ("tanh", 0.8),
            ("tanh", 1.3),
            ("leaky, 0.5", 1.26),
        )
    }
    assert sizes["relu", 1.0] < 1e-4
    for name, gain in (("relu", 1.42), ("none", 1.0), ("leaky, 0.5", 1.26)):
        assert 0.1 < sizes[name, gain] < 10
    assert sizes["tanh", 0.8] < 1e-3
    assert 0.2 < sizes["tanh", 1.3] < 1
    assert "relu" in figures.by_depth().description


def test_the_overview_fades_saturates_and_stays():
    small, large, right = (figures.signals(torch.tanh, gain) for gain in figures.STARTS.values())
    assert small[2].abs().max() < 0.2
    assert all((h.abs() > 0.9).float().mean() > 0.7 for h in large)
    assert all(0.1 < h.std() < 0.8 for h in right)
    assert figures.overview().description


def test_a_mean_of_one_makes_the_units_of_a_layer_alike():
    h, noise = torch.ones(500), torch.randn(500, 200, generator=torch.Generator().manual_seed(0))
    z = h @ (0.01 + 0.01 * noise)
    assert (round(z.mean().item()), round(z.std().item(), 1)) == (5, 0.2)


# activation_statistics


def test_the_statistics_are_those_of_the_activations_one_by_one(solution):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.Dropout(), nn.Conv2d(5, 4, 3), nn.Tanh())
    model[1].running_mean += 2.0
    x, kept = torch.randn(4, 3, 9, 8), {name: one.clone() for name, one in model.state_dict().items()}
    found = solution.activation_statistics(model, x, bins=7, limits=(-0.45, 0.6))
    assert model.training
    assert all(torch.equal(one, kept[name]) for name, one in model.state_dict().items())
    h = F.relu(F.batch_norm(F.conv2d(x, model[0].weight, model[0].bias), model[1].running_mean, model[1].running_var))
    last = torch.tanh(F.conv2d(h, model[4].weight, model[4].bias))
    for one, name, out in zip(found, ("2", "5"), (h, last), strict=True):
        assert one["name"] == name
        values = out.detach().double()
        assert one["mean"] == pytest.approx(values.mean().item(), abs=1e-5)
        assert one["std"] == pytest.approx(np.std(values.numpy()), rel=1e-4)
        assert one["dead"] == (out.flatten(2).abs().amax(dim=(0, 2)) == 0).float().mean()
        expected, _ = np.histogram(np.clip(values.numpy(), -0.44, 0.59), 7, (-0.45, 0.6))
        assert one["histogram"].tolist() == expected.tolist()


def test_the_histogram_by_hand_is_that_of_the_text(solution):
    x = torch.tensor([[0, 0.3], [0, -0.2], [0, 5]])
    (one,) = solution.activation_statistics(nn.LeakyReLU(1.0), x, bins=4)
    assert one["histogram"].tolist() == [0, 1, 4, 1]
    assert (one["dead"], one["mean"]) == (0.5, pytest.approx(0.85))


def test_the_five_patients_have_the_signs_that_the_model_answer_names(solution):
    found = {
        name: solution.activation_statistics(model, images)
        for name, (model, images) in figures.patients(shapes(600, seed=1).images[:200]).items()
    }
    ends = {
        name: [((one["histogram"][0] + one["histogram"][-1]) / one["histogram"].sum()).item() for one in layers]
        for name, layers in found.items()
    }
    stds = {name: [one["std"] for one in layers] for name, layers in found.items()}
    assert all(0.1 < b / a < 0.3 for a, b in zip(stds["A"], stds["A"][1:], strict=False))
    assert min(ends["B"]) > 0.7
    assert all(0.3 < b / a < 0.6 for a, b in zip(stds["C"], stds["C"][1:], strict=False))
    assert max(one["dead"] for one in found["C"]) < 0.2
    assert [one["dead"] for one in found["D"]][2:] == [1, 1, 1, 1]
    assert 0.4 < found["D"][1]["dead"] < 0.95
    assert ends["E"][0] > 0.95 > 0.3 > ends["E"][1]
    assert stds["A"][5] < 1e-4
    assert figures.histograms({name: layers for name, layers in found.items() if name in "AB"}).description


def healthy(images):
    """Networks like the patients with a right start, as (model, images)."""
    ready = figures.patients(images)["A"][1]
    tanh, relu = [192**-0.5, *5 * [0.1]], [(2 / 192) ** 0.5, *5 * [0.02**0.5]]
    return {"tanh": (figures.network(nn.Tanh, tanh), ready), "relu": (figures.network(nn.ReLU, relu), ready)}


def test_the_gradients_of_the_five_patients_are_as_the_model_answer_says():
    train_set = shapes(600, seed=1)
    images, colour = train_set.images[:200], train_set.colour[:200, 0]
    found = {
        name: figures.gradients(model, x, colour)
        for name, (model, x) in (figures.patients(images) | healthy(images)).items()
    }
    assert all(0.45 < one < 1.55 for name in ("tanh", "relu") for one in found[name])
    assert all(2e-4 < one / right < 5e-3 for one, right in zip(found["A"], found["tanh"], strict=True))
    assert all(first > 1.3 * second for first, second in pairwise(found["B"]))
    assert 10 < found["B"][0] / found["B"][-1] < 40
    assert all(one < 0.05 * right for one, right in zip(found["C"], found["relu"], strict=True))
    assert not any(found["D"])
    assert found["E"][0] > 2 * max(found["E"][1:])


def learned(model, images, new_images, rate=0.01):
    """Return which shares of the training and of the new images a network names after 20 epochs."""
    train_set, new_set = shapes(600, seed=1), shapes(300, seed=2)
    net, order = figures.with_head(model), torch.Generator().manual_seed(0)
    optimizer = torch.optim.SGD(net.parameters(), lr=rate)
    for _ in range(20):
        for batch in torch.randperm(600, generator=order).split(30):
            loss = F.cross_entropy(net(images[batch]), train_set.colour[batch, 0])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        return [
            (net(x).argmax(dim=1) == colour[:, 0]).float().mean().item()
            for x, colour in ((images, train_set.colour), (new_images, new_set.colour))
        ]


@pytest.mark.parametrize(
    ("name", "seen", "new"),
    [
        ("A", (0, 0.25), (0, 0.25)),
        ("B", (0.9, 1), (0.25, 0.45)),
        ("C", (0, 0.25), (0, 0.25)),
        ("D", (0, 0.25), (0, 0.25)),
        ("E", (0.2, 0.5), (0.2, 0.45)),
        ("tanh", (0.9, 1), (0.85, 1)),
        ("relu", (0.9, 1), (0.84, 1)),
    ],
)
def test_the_patients_learn_badly_or_not_at_all_and_healthy_networks_learn(name, seen, new):
    images, others = shapes(600, seed=1).images, shapes(300, seed=2).images
    (model, x), (_, x_new) = ((figures.patients(one) | healthy(one))[name] for one in (images, others))
    for share, (low, high) in zip(learned(model, x, x_new), (seen, new), strict=True):
        assert low <= share <= high


def test_the_third_patient_learns_with_ten_times_the_rate():
    images, others = shapes(600, seed=1).images, shapes(300, seed=2).images
    (model, x), (_, x_new) = (figures.patients(one)["C"] for one in (images, others))
    assert learned(model, x, x_new, rate=0.1)[0] > 0.9


# lsuv_init


class Skipping(nn.Module):
    """Layers that run in another order than they are named, with a skip and a dropout between them."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(6, 3)
        self.norm = nn.BatchNorm2d(4)
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.second = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.drop = nn.Dropout(0.5)
        self.middle = nn.Linear(4, 6)

    def forward(self, x):
        h = torch.relu(self.norm(self.first(x)))
        h = h + self.drop(torch.tanh(self.second(h)))
        return self.last(torch.sigmoid(self.middle(h.mean(dim=(2, 3)))))


def test_lsuv_gives_every_layer_deviation_one_and_leaves_all_else(solution):
    torch.manual_seed(0)
    model = Skipping().double()
    model.norm.running_mean += 1.5
    model.drop.eval()
    x = numbers(6, 3, 7, 5, shift=0.4)
    before = {name: one.clone() for name, one in model.state_dict().items()}
    sizes = solution.lsuv_init(model, x)
    assert list(sizes) == ["first", "second", "middle", "last"]
    assert [module.training for module in (model, model.norm, model.drop)] == [True, True, False]
    seen = {}
    for name in sizes:
        getattr(model, name).register_forward_hook(lambda _, __, out, name=name: seen.update({name: out.detach()}))
    model.eval()(x)
    for name, size in sizes.items():
        assert seen[name].std(correction=0).item() == pytest.approx(1, abs=1e-12)
        close(getattr(model, name).weight.detach(), before[f"{name}.weight"] / size)
        assert getattr(model, name).bias is None or not getattr(model, name).bias.any()
    for name in ("norm.weight", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"):
        assert torch.equal(model.state_dict()[name], before[name])


def test_lsuv_leaves_a_layer_that_gives_out_nothing_but_one_number(solution):
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    nn.init.zeros_(model[0].weight)
    weight = model[2].weight.clone()
    assert solution.lsuv_init(model, torch.randn(5, 3)) == {"0": 0.0, "2": 0.0}
    assert torch.equal(model[2].weight, weight)


def test_the_odd_network_bursts_under_kaiming_and_is_level_when_divided():
    plain, divided = figures.odd_network(False), figures.odd_network(True)
    assert plain[-1] > 30 > 3 > plain[0]
    assert divided == pytest.approx([1] * 16, abs=1e-5)
    assert figures.healed().description


def test_the_losses_are_smoothed_over_ten_steps():
    assert figures.smoothed([4.0, 2.0, 3.0], over=2) == [4, 3, 2.5]
    assert "2.00 with here" in figures.losses({"here": [2.0] * 12}).description


# training: the run of the text


def trained(solution, name):
    """Return the losses of the notebook's fourteen convolutions and what share of the new images they name."""
    train_set, new_set = shapes(600, seed=1), shapes(300, seed=2)
    x_train, x_new = (solution.standardize(train_set.images, one.images, True) for one in (train_set, new_set))
    layers, width, generator = [], 3, torch.Generator().manual_seed(0)
    for number in range(14):
        layers += [nn.Conv2d(width, 16, 3, 2 if number in (0, 3) else 1, padding=1), nn.ReLU()]
        width = 16
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 6))
    for layer in net:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.zeros_(layer.bias)
            draw = {"Xavier": solution.xavier_init, "Kaiming": solution.kaiming_init}.get(name)
            if draw is None:
                nn.init.normal_(layer.weight, 0, 0.01, generator=generator)
            else:
                draw(layer.weight, generator=generator)
    if name == "LSUV":
        solution.lsuv_init(net, x_train[:100])
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1, 0, 160)
    order, losses = torch.Generator().manual_seed(0), []
    for _ in range(8):
        for batch in torch.randperm(600, generator=order).split(30):
            loss = F.cross_entropy(net(x_train[batch]), train_set.colour[batch, 0])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
    with torch.no_grad():
        return losses, (net(x_new).argmax(dim=1) == new_set.colour[:, 0]).float().mean().item()


@pytest.mark.parametrize("name", ["0.01", "Xavier", "Kaiming", "LSUV"])
def test_kaiming_and_lsuv_learn_and_the_others_guess(solution, name):
    losses, right = trained(solution, name)
    late = sum(losses[-20:]) / 20
    if name in ("Kaiming", "LSUV"):
        assert late < 1.4
        assert right > 0.33
    else:
        assert late == pytest.approx(math.log(6), abs=0.03)
        assert all(abs(one - math.log(6)) < 0.03 for one in figures.smoothed(losses))
        assert right < 0.3
