"""The references of 04_cnn/classic held to torchvision, to torch, and to the papers' sizes."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import models
from torchvision.models.googlenet import BasicConv2d as TheirConvolution
from torchvision.models.googlenet import Inception as TheirInception
from torchvision.models.googlenet import InceptionAux

from coursekit.figures import classic

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


def test_an_input_without_memory_is_watched_by_its_shape_alone():
    from autograder.authoring.behaviour import same

    x = torch.zeros(2, 3, device="meta")
    assert same(x, torch.zeros(2, 3, device="meta"))
    assert not same(x, torch.zeros(2, 3))
