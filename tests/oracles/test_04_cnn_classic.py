"""The references of 04_cnn/classic held to torchvision, to torch, and to the papers' sizes."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import models
from torchvision.models.googlenet import BasicConv2d as TheirConvolution
from torchvision.models.googlenet import Inception as TheirInception
from torchvision.models.googlenet import InceptionAux

from coursekit import shapes
from coursekit.figures import classic
from coursekit.layer_table import LayerTable, without_memory

NOTEBOOK = "04_cnn/classic"


def images(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(7), dtype=torch.float64)


def count(module: nn.Module) -> int:
    return sum(value.numel() for value in module.parameters())


def assert_same(ours: nn.Module, theirs: nn.Module, x: torch.Tensor) -> None:
    ours.double().load_state_dict(theirs.double().state_dict(), strict=True)
    for training in (True, False):
        torch.testing.assert_close(ours.train(training)(x), theirs.train(training)(x))
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value)


def test_lenet_has_the_papers_parameters_and_shapes(solution):
    net = solution.LeNet()
    assert count(net) == 61_706
    assert net.features(torch.zeros(2, 1, 32, 32)).shape == (2, 16, 5, 5)
    assert net(torch.zeros(2, 1, 32, 32)).shape == (2, 10)


def test_alexnet_agrees_with_torchvision(solution):
    assert_same(solution.AlexNet(7, dropout=0.0), models.alexnet(num_classes=7, dropout=0.0), images(1, 3, 95, 79))


def test_zfnet_has_the_papers_sizes_and_parameters(solution):
    with torch.device("meta"):
        net, x = solution.ZFNet(), torch.zeros(1, 3, 224, 224)
    sides = []
    for layer in net.features:
        x = layer(x)
        if not isinstance(layer, nn.ReLU):
            sides.append(x.shape[-1])
    assert sides == [110, 55, 26, 13, 13, 13, 13, 6]
    assert count(net) == 62_357_608


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8])
def test_local_response_norm_agrees_with_torch(solution, size):
    x = 3 * images(2, 6, 3, 4)
    expected = F.local_response_norm(x, size, alpha=0.7, beta=0.4, k=2.0)
    torch.testing.assert_close(solution.local_response_norm(x, size, 0.7, 0.4, 2.0), expected)


@pytest.mark.parametrize(("cfg", "batch_norm"), [("A", False), ("A", True)])
def test_vgg_layers_agree_with_torchvision(solution, cfg, batch_norm):
    theirs = models.vgg.make_layers(models.vgg.cfgs[cfg], batch_norm)
    assert_same(solution.vgg_layers(models.vgg.cfgs[cfg], batch_norm), theirs, images(2, 3, 64, 67))


@pytest.mark.parametrize("wide", [3, 5])
def test_inception_agrees_with_torchvision(solution, wide):
    sizes = (6, 4, 3, 5, 2, 3, 2)
    theirs = TheirInception(*sizes)
    theirs.branch3[1] = TheirConvolution(2, 3, kernel_size=wide, padding=wide // 2)
    assert_same(solution.Inception(*sizes, wide=wide), theirs, images(2, 6, 7, 9))


def test_auxiliary_classifier_agrees_with_torchvision(solution):
    ours = solution.AuxiliaryClassifier(12, 7, dropout=0.0)
    assert_same(ours, InceptionAux(12, 7, dropout=0.0), images(2, 12, 14, 11))


def test_where_parameters_sit_is_as_the_text_says():
    counts = classic.parameters_by_kind()
    assert all(connected > 0.88 * (conv + connected) for conv, connected in list(counts.values())[:2])
    total = [sum(one) for one in counts.values()]
    assert 19 < total[1] / total[2] < 22
    assert "GoogLeNet" in classic.where_parameters_sit().description


def test_stripes_of_5_look_like_stripes_of_20_with_a_stride_of_4():
    places, seen = classic.stripes(4)
    torch.testing.assert_close(seen, (2 * torch.pi * places / 20).cos())
    assert classic.aliasing().description


def test_the_shares_of_lenet_and_alexnet_are_those_of_the_text(solution):
    table = LayerTable(solution.LeNet(), (1, 32, 32))
    convolutions = [row for row in table.rows if row.kind == "Conv2d"]
    assert [row.parameters for row in table.rows if row.parameters][:3] == [156, 2416, 48120]
    assert round(100 * sum(row.parameters for row in convolutions) / table.parameters) == 4
    assert round(100 * sum(row.multiply_adds for row in convolutions) / table.multiply_adds) == 86
    alexnet = without_memory(solution.AlexNet, (3, 224, 224))
    largest = max(alexnet.rows, key=lambda row: row.parameters)
    assert (largest.name, round(100 * largest.parameters / alexnet.parameters)) == ("classifier.1", 62)


def test_an_image_twice_as_large_costs_four_times_in_the_features_and_the_same_behind(solution):
    costs = []
    for side in (224, 448):
        rows = without_memory(solution.AlexNet, (3, side, side)).rows
        costs.append([sum(row.multiply_adds for row in rows if row.name.startswith(p)) for p in ("feat", "class")])
    assert 4 < costs[1][0] / costs[0][0] < 4.6
    assert costs[0][1] == costs[1][1]


def test_the_funnel_shows_the_shapes_of_lenet(solution):
    rows = LayerTable(solution.LeNet(), (1, 32, 32)).rows
    shapes_of = [row.shape for row in rows if row.kind in ("Conv2d", "AvgPool2d")]
    words = [text.get_text() for text in classic.funnel().axes[0].texts]
    assert words == ["1 x 32 x 32", *(" x ".join(map(str, shape)) for shape in shapes_of)]


def test_the_loudest_channel_is_quietened_to_what_torch_says(solution):
    loud = torch.tensor(classic.CHANNELS).reshape(1, -1, 1, 1)
    expected = float(F.local_response_norm(loud, 5, alpha=1.0, beta=0.75, k=1.0)[0, 3, 0, 0])
    assert f"from 3.0 to {expected:.2f}" in classic.quieting(solution.local_response_norm)().description


def test_the_pixel_worked_by_hand(solution):
    pixel = torch.tensor([0.0, 0.0, 6.0, 0.0, 2.0]).reshape(1, 5, 1, 1)
    out = solution.local_response_norm(pixel, 3, 1.0, 0.5, 4.0).flatten()
    torch.testing.assert_close(out[[2, 4]], torch.tensor([1.5, 0.8660]), rtol=0, atol=1e-4)


def test_the_nested_squares_are_where_the_gradient_reaches():
    words = [text.get_text() for text in classic.small_kernels().axes[0].texts]
    for number in (1, 2, 3):
        net = nn.Sequential(*(nn.Conv2d(1, 1, 3, padding=1) for _ in range(number)))
        for value in net.parameters():
            nn.init.ones_(value)
        x = torch.zeros(1, 1, 11, 11, requires_grad=True)
        net(x)[0, 0, 5, 5].backward()
        side = int((x.grad[0, 0, 5] != 0).sum())
        assert f"{number} of 3 x 3: {side} x {side}" in words


def test_the_module_drawn_is_the_first_of_googlenet():
    net = models.googlenet(aux_logits=False, init_weights=False)
    one = net.inception3a
    second, third = one.branch2, one.branch3
    drawn = {text.get_text() for text in classic.inception_module().axes[0].texts}
    assert f"{one.branch1.conv.in_channels} channels" in drawn
    assert f"1 x 1, {one.branch1.conv.out_channels}" in drawn
    assert {f"1 x 1, {second[0].conv.out_channels}", f"3 x 3, {second[1].conv.out_channels}"} <= drawn
    assert {f"1 x 1, {third[0].conv.out_channels}", f"5 x 5, {third[1].conv.out_channels}"} <= drawn
    assert f"1 x 1, {one.branch4[1].conv.out_channels}" in drawn
    assert f"{net.inception3b.branch1.conv.in_channels} channels" in drawn


def test_narrow_places_save_what_the_text_says(solution):
    first = (192, 64, 96, 128, 16, 32, 32)
    with_them = without_memory(lambda: solution.Inception(*first, wide=5), (192, 28, 28)).multiply_adds
    assert with_them == 163_328 * 28 * 28
    without = 192 * 64 + 192 * 128 * 9 + 192 * 32 * 25
    assert (without, round(without / 163_328, 1)) == (387_072, 2.4)


def test_the_heads_branch_off_where_torchvision_has_them():
    net = models.googlenet(aux_logits=True, init_weights=False)
    at = {"4a": net.aux1, "4d": net.aux2}
    for module, its_head in at.items():
        branches = getattr(net, f"inception{module}")
        last = (branches.branch1, branches.branch2[1], branches.branch3[1], branches.branch4[1])
        assert sum(one.conv.out_channels for one in last) == its_head.conv.conv.in_channels
    assert "behind module 4a, behind 4d" in classic.heads().description


def test_the_small_vgg_has_fewer_parameters_than_lenet(solution):
    layers = solution.vgg_layers([16, 16, "M", 32, 32, "M", 64, "M"], batch_norm=True)
    assert (count(solution.LeNet(5, 3)), count(layers) + 5 * 256 + 5) == (61_581, 36_757)


def test_lenet_learns_from_pixels_from_minus_2_to_2_and_hardly_from_those_from_0_to_1(solution):
    training, test = (shapes.shapes(num, radius=(12.0, 14.0), seed=at) for at, num in enumerate((2000, 500)))
    torch.manual_seed(0)
    spread = classic.train(solution.LeNet(num_classes=5, in_channels=3), training, test)
    assert 0.4 < spread[-1] < 0.7
    assert spread[-1] == max(spread)

    class FromZeroToOne(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward((x + 2) / 4)

    torch.manual_seed(0)
    plain = classic.train(FromZeroToOne(solution.LeNet(num_classes=5, in_channels=3)), training, test)
    assert max(plain) < 0.3


def test_lenets_first_scores_vary_three_times_as_much_for_spread_pixels(solution):
    torch.manual_seed(0)
    net, images = solution.LeNet(num_classes=5, in_channels=3), shapes.shapes(200, radius=(12.0, 14.0), seed=1).images
    with torch.no_grad():
        near, wide = (net(x).std(dim=0).mean().item() for x in (images, classic.spread(images)))
    assert 0.005 < near < 0.02
    assert 2.5 < wide / near < 3.5


@pytest.mark.parametrize("spread", [True, False])
def test_the_small_vgg_gets_far_above_lenet_either_way(solution, monkeypatch, spread):
    if not spread:
        monkeypatch.setattr(classic, "spread", lambda images: images)
    training, test = (shapes.shapes(num, radius=(12.0, 14.0), seed=at) for at, num in enumerate((2000, 500)))
    torch.manual_seed(0)
    layers = solution.vgg_layers([16, 16, "M", 32, 32, "M", 64, "M"], batch_norm=True)
    net = nn.Sequential(layers, nn.AdaptiveAvgPool2d((2, 2)), nn.Flatten(), nn.Linear(64 * 2 * 2, 5))
    assert max(classic.train(net, training, test, epochs=2)) > 0.7


def test_guesses_are_written_above_the_images_they_belong_to():
    class AlwaysTheThird(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return F.one_hot(torch.full((len(x),), 2), 5)

    test = shapes.shapes(8, seed=3)
    picture = classic.guesses(AlwaysTheThird(), test)
    assert [ax.get_title() for ax in picture.axes] == [shapes.SHAPE_NAMES[2]] * len(picture.axes)
