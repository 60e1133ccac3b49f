"""The references of 04_cnn/residual held to torchvision: same state dict, same outputs, same gradients."""

from collections.abc import Sequence

import pytest
import torch
from torch import nn
from torchvision.models import densenet121, resnet18, resnet50, resnext50_32x4d
from torchvision.models.densenet import _DenseBlock
from torchvision.models.resnet import BasicBlock as TheirBasicBlock
from torchvision.models.resnet import Bottleneck as TheirBottleneck

NOTEBOOK = "04_cnn/residual"


def shaken(module: nn.Module, seed: int = 0) -> nn.Module:
    """Give every parameter and buffer a value that matters, in float64."""
    generator = torch.Generator().manual_seed(seed)
    module = module.double()
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if name.endswith("running_var"):
                value.copy_(0.5 + torch.rand(value.shape, generator=generator, dtype=value.dtype))
            elif value.is_floating_point():
                noise = torch.randn(value.shape, generator=generator, dtype=value.dtype)
                value.copy_(noise / max(1, value[0].numel()) ** 0.5 + (0.8 if value.ndim == 1 else 0.0))
    return module


def images(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(7), dtype=torch.float64)


def assert_same(ours: nn.Module, theirs: nn.Module, x: torch.Tensor) -> float:
    """Same state dict, outputs and gradients in training and evaluation mode, and buffers; return the largest gap."""
    shaken(theirs)
    ours.double().load_state_dict(theirs.state_dict(), strict=True)
    gap = 0.0
    for training in (True, False):
        gap = max(gap, _gap(ours.train(training), theirs.train(training), x))
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value)
    return gap


def _gap(ours: nn.Module, theirs: nn.Module, x: torch.Tensor) -> float:
    answers = [_answer(module, x) for module in (ours, theirs)]
    for came, expected in zip(*answers, strict=True):
        torch.testing.assert_close(came, expected)
    return max(float((came - expected).abs().max()) for came, expected in zip(*answers, strict=True))


def _answer(module: nn.Module, x: torch.Tensor) -> Sequence[torch.Tensor]:
    x = x.clone().requires_grad_()
    out = module(x)
    weights = torch.linspace(-1, 2, out.numel(), dtype=out.dtype).reshape(out.shape)
    named = dict(module.named_parameters())
    grads = torch.autograd.grad((out * weights).sum(), [x, *(named[name] for name in sorted(named))])
    return [out.detach(), *grads]


def their_way_beside(in_channels: int, out_channels: int, stride: int) -> nn.Module | None:
    if stride == 1 and in_channels == out_channels:
        return None
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels))


SHAPES = [(4, 4, 1), (3, 5, 1), (4, 4, 2), (3, 5, 2), (4, 4, 3)]


@pytest.mark.parametrize(("in_channels", "channels", "stride"), SHAPES)
def test_basic_block_is_torchvisions(solution, in_channels, channels, stride):
    theirs = TheirBasicBlock(in_channels, channels, stride, their_way_beside(in_channels, channels, stride))
    assert_same(solution.BasicBlock(in_channels, channels, stride), theirs, images(3, in_channels, 7, 10))


@pytest.mark.parametrize(("in_channels", "channels", "stride"), [*SHAPES, (20, 5, 1), (20, 5, 2)])
def test_bottleneck_is_torchvisions(solution, in_channels, channels, stride):
    theirs = TheirBottleneck(in_channels, channels, stride, their_way_beside(in_channels, 4 * channels, stride))
    assert_same(solution.Bottleneck(in_channels, channels, stride), theirs, images(3, in_channels, 7, 10))


@pytest.mark.parametrize(
    ("in_channels", "channels", "stride", "groups", "base_width"),
    [(6, 24, 2, 2, 20), (96, 24, 1, 3, 9), (8, 16, 1, 32, 4), (5, 64, 2, 4, 4)],
)
def test_resnext_block_is_torchvisions(solution, in_channels, channels, stride, groups, base_width):
    beside = their_way_beside(in_channels, 4 * channels, stride)
    theirs = TheirBottleneck(in_channels, channels, stride, beside, groups, base_width)
    ours = solution.ResNeXtBlock(in_channels, channels, stride, groups, base_width)
    assert_same(ours, theirs, images(2, in_channels, 7, 10))


@pytest.mark.parametrize(("num_layers", "in_channels", "growth_rate", "bn_size"), [(1, 3, 2, 4), (4, 5, 3, 2)])
def test_dense_block_is_torchvisions(solution, num_layers, in_channels, growth_rate, bn_size):
    theirs = _DenseBlock(num_layers, in_channels, bn_size, growth_rate, drop_rate=0.0)
    ours = solution.DenseBlock(num_layers, in_channels, growth_rate, bn_size)
    assert_same(ours, theirs, images(3, in_channels, 6, 9))


@pytest.mark.parametrize(
    ("block", "layers", "theirs"),
    [
        ("BasicBlock", (2, 2, 2, 2), resnet18),
        ("Bottleneck", (3, 4, 6, 3), resnet50),
        ("ResNeXtBlock", (3, 4, 6, 3), resnext50_32x4d),
    ],
)
def test_the_whole_networks_are_torchvisions(solution, block, layers, theirs):
    """The full state dict loads with strict=True, and the scores agree, in both modes."""
    whole = theirs(num_classes=7)
    ours = solution.ResNet(getattr(solution, block), layers, num_classes=7)
    ours.load_state_dict(whole.state_dict(), strict=True)
    x = images(2, 3, 40, 33).float()
    for training in (True, False):
        with torch.no_grad():
            torch.testing.assert_close(ours.train(training)(x), whole.train(training)(x), rtol=1e-4, atol=1e-4)


def test_a_dense_block_takes_the_weights_of_densenet121(solution):
    theirs = densenet121().features.denseblock1
    ours = solution.DenseBlock(6, 64, 32)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    x = images(1, 64, 5, 8).float()
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x))
