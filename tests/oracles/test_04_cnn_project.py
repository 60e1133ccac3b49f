"""The project of chapter 4: its counts held to others', its trainer to what it promises, its text to what was run."""

from __future__ import annotations

import re

import pytest
import torch
from torch import nn

from coursekit import recipe
from coursekit.figures import design_cnn as figures

NOTEBOOK = "04_cnn/project"


@pytest.fixture(scope="module")
def data():
    return figures.practice()


def test_numbers_and_multiply_adds_of_the_first_try_are_those_worked_by_hand():
    network = figures.first_try()
    numbers = [3 * 16 * 9 + 16, 16 * 32 * 9 + 32, 2048 * 24 + 24, 24 * 30 + 30]
    operations = [3 * 16 * 9 * 32 * 32, 16 * 32 * 9 * 16 * 16, 2048 * 24, 24 * 30]
    assert recipe.count_numbers(network) == sum(numbers) == 55_014
    assert recipe.count_multiply_adds(network) == sum(operations) == 1_671_888
    assert numbers[2] / sum(numbers) == pytest.approx(0.9, abs=0.01)
    assert sum(operations) // operations[2] == 34


def test_buffers_count_and_what_is_shared_counts_once():
    norm = nn.BatchNorm2d(7)
    assert recipe.count_numbers(norm) == 4 * 7, (
        "weight, bias, running mean and variance; the count of batches is one number"
    )
    assert recipe.count_numbers(nn.Sequential(norm, norm)) == 28


def test_counting_leaves_the_mode_and_the_running_statistics():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).train()
    before = network[1].running_mean.clone()
    recipe.count_multiply_adds(network)
    assert network.training
    assert torch.equal(network[1].running_mean, before)


def test_the_reference_keeps_to_the_budget_with_room(solution):
    network = solution.design_cnn()
    assert recipe.count_numbers(network) <= 60_000
    assert recipe.count_multiply_adds(network) <= 5_000_000


def test_an_attempt_leaves_the_global_generator_and_gives_the_same_labels_twice(data):
    x, y = data.images[:128], data.y[:128]
    before = torch.random.get_rng_state()
    small = lambda: nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(900, 30))  # noqa: E731
    first = recipe.attempt(small, x, y, data.images[128:160], recipe.Budget(60_000, 4_000_000))
    second = recipe.attempt(small, x, y, data.images[128:160], recipe.Budget(60_000, 4_000_000))
    assert torch.equal(before, torch.random.get_rng_state())
    assert torch.equal(first.labels, second.labels)
    assert first.losses == second.losses
    assert len(first.losses) == recipe.EPOCHS


def test_what_passes_the_budget_is_not_trained(data):
    done = recipe.attempt(figures.straight_line, data.images[:8], data.y[:8], data.images[:8], figures.BUDGET)
    assert done.parameters == 3072 * 30 + 30
    assert len(done.labels) == 0
    assert done.losses == []
    assert "not trained: it keeps 92,190 of 60,000 numbers" in figures.judged(figures.straight_line)


def test_a_design_that_is_no_network_is_told_so(data):
    with pytest.raises(TypeError, match="design_cnn returned list, expected a network"):
        recipe.attempt(list, data.images[:8], data.y[:8], data.images[:8], figures.BUDGET)


def test_the_layers_show_the_linear_layer_as_the_one_that_keeps_most():
    shown = figures.layers()
    assert "linear 1 keeps most numbers, conv 2 takes most multiply-adds" in shown.description
    assert "55,014" in shown.axes[0].get_title()


def test_the_first_try_sees_colours_and_hardly_a_shape(data):
    overview = figures.overview()
    tried = figures.shares(figures.known("first try"))
    linear = figures.shares(figures.known("linear"))
    assert tried["colour"] > 0.98
    assert linear["shape"] < tried["shape"] < 0.5
    assert tried["shape"] - linear["shape"] < 0.1
    assert f"both {tried['both']:.0%}" in overview.description


def test_the_reference_sees_both_and_loses_shapes_with_the_mean(solution, data):
    said = figures.judged(solution.design_cnn).description
    both = {name.strip(): int(share) for name, share in re.findall(r"([a-z ]+): colour [^;]*both (\d+)%", said)}
    assert both["first try"] < 50
    assert both["yours"] > 75

    def with_the_mean():
        network = solution.design_cnn()
        network[-3] = nn.AdaptiveAvgPool2d(1)
        return network

    found = figures.shares(figures.tried(with_the_mean))
    assert found["colour"] > 0.9
    assert 100 * found["shape"] < both["yours"] - 5
