"""Multiply-adds are those that one counts by hand, and counting changes nothing."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from coursekit.counting import count_multiply_adds
from tests.small_network import small_network


def test_multiply_adds_are_counted_by_hand():
    """8 x 8 places of 8 filters of 4 x 4 x 3, then 30 scores of 8 means."""
    assert count_multiply_adds(small_network()) == 64 * 8 * 48 + 30 * 8
    assert count_multiply_adds(small_network(), (3, 16, 16)) == 16 * 8 * 48 + 30 * 8
    assert count_multiply_adds(nn.Conv2d(3, 6, 3, padding=1, groups=3), (3, 5, 5)) == 25 * 6 * 9


@pytest.mark.parametrize("is_training", [True, False])
def test_counting_leaves_a_network_as_it_was(is_training):
    network = small_network().train(is_training)
    before = copy.deepcopy(network.state_dict())
    count_multiply_adds(network)
    assert all(module.training is is_training for module in network.modules())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(module._forward_hooks for module in network.modules())
