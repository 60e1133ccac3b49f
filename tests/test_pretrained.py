"""The network that learned from ImageNet, and the blocks that notebooks are given, held to torchvision."""

from functools import cache

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import ops
from torchvision.models._utils import _make_divisible

from coursekit import blocks, pretrained
from coursekit.data import photographs


@cache
def network():
    return pretrained.efficientnet_lite0()


@cache
def labels_of(name):
    return pretrained.best_labels(network()(pretrained.prepare(photographs()[name])))


@pytest.mark.parametrize(
    ("name", "label"), [("cat", "Egyptian cat"), ("coffee", "espresso"), ("rocket", "missile"), ("motorcycle", "moped")]
)
def test_photographs_are_called_what_they_show(name, label):
    assert labels_of(name)[0][0] == label


def test_the_likeliest_classes_come_first_with_their_probabilities():
    shares = [share for _, share in labels_of("cat")]
    assert shares == sorted(shares, reverse=True)
    assert 0.5 < sum(shares) < 1


def test_the_weights_are_plain_tensors_under_the_wheels_own_names():
    weights = pretrained.lite0_weights()
    assert len(weights) == 296
    assert all(type(value) is torch.Tensor for value in weights.values())
    assert weights["_blocks.1._expand_conv.weight"].shape == (96, 16, 1, 1)


def test_the_weights_are_read_without_unpickling(monkeypatch):
    asked = {}
    monkeypatch.setattr(torch, "load", lambda file, **settings: asked.update(settings) or {})
    pretrained.lite0_weights()
    assert asked["weights_only"] is True


def test_a_missing_wheel_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(pretrained, "PACKAGE", "no_such_package_here")
    with pytest.raises(FileNotFoundError, match=r"no-such-package-here is not installed: `make` installs it"):
        pretrained.lite0_weights()


def test_weights_of_other_shapes_are_refused_by_name():
    with pytest.raises(ValueError, match=r"_fc.bias \(3,\) of the package does not fit classifier.bias \(2,\)"):
        pretrained._assert_same_shapes({"classifier.bias": torch.zeros(2)}, {"_fc.bias": torch.zeros(3)})


def test_the_backbone_is_frozen_and_gives_maps():
    assert not any(parameter.requires_grad for parameter in network().parameters())
    assert not any(module.training for module in network().modules())
    assert network().features(torch.zeros(1, 3, 64, 96)).shape == (1, 1280, 2, 3)


def test_an_image_is_cut_to_its_middle_square_and_scaled():
    image = torch.zeros(3, 10, 16)
    image[:, :, 3:13] = 1
    prepared = pretrained.prepare(image, side=5)
    assert prepared.shape == (1, 3, 5, 5)
    torch.testing.assert_close(prepared, torch.full((1, 3, 5, 5), 1.0))  # 255 is (255 - 127) / 128


@torch.no_grad()
def test_squeeze_and_excitation_is_torchvisions():
    own = blocks.SqueezeExcitation(12, 3)
    library = ops.SqueezeExcitation(12, 3, activation=nn.SiLU)
    blocks.fill(own, 1)
    library.load_state_dict(own.state_dict())
    x = torch.randn(2, 12, 5, 7, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(own(x), library(x))


def test_permute_is_torchvisions():
    x = torch.arange(24.0).reshape(1, 2, 3, 4)
    assert torch.equal(blocks.Permute([0, 2, 3, 1])(x), ops.Permute([0, 2, 3, 1])(x))


def test_make_divisible_is_torchvisions():
    for tenths in range(1, 4000):
        for divisor in (4, 8):
            assert blocks.make_divisible(tenths / 10, divisor) == _make_divisible(tenths / 10, divisor)


def test_filled_modules_of_the_same_names_hold_the_same_numbers_and_no_seed_is_touched():
    state = torch.get_rng_state()
    one, other = nn.BatchNorm2d(6).double(), nn.BatchNorm2d(6)
    blocks.fill(one, 3)
    blocks.fill(other, 3)
    torch.testing.assert_close(one.running_var.float(), other.running_var)
    assert float(one.running_var.min()) >= 0.5
    assert (one.running_mean != 0).all()
    assert (one.weight != 1).all()
    assert (one.bias != 0).all()
    blocks.fill(other, 4)
    assert not torch.isclose(one.weight.float(), other.weight).any()
    assert torch.equal(torch.get_rng_state(), state)


@torch.no_grad()
def test_filled_weights_keep_the_size_of_what_runs_through():
    layer = nn.Conv2d(40, 50, 3, bias=False)
    blocks.fill(layer, 0)
    x = torch.randn(4, 40, 9, 9, generator=torch.Generator().manual_seed(1))
    assert 0.8 < float(F.conv2d(x, layer.weight).std()) < 1.2
