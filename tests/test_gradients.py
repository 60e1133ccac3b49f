"""Gradients compared by name: the message says which one is wrong, and by which factor."""

import pytest
import torch

from autograder.authoring.compare import Mismatch
from coursekit.gradients import assert_gradients, explain_factor, named

RIGHT = {"W1": torch.tensor([[1.0, -2.0]], dtype=torch.float64), "b1": torch.tensor([3.0, 0.5], dtype=torch.float64)}


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (7.0, "times N = 7"),
        (1 / 7, "divided by N = 7"),
        (-1.0, "its sign is turned"),
        (-1 / 7, "divided by N = 7, everywhere, and its sign is turned"),
        (0.5, "divided by 2"),
        (1.3, "times 1.3"),
    ],
)
def test_the_message_names_the_gradient_and_its_factor(factor, words):
    with pytest.raises(Mismatch, match="the gradient of b1 ") as found:
        assert_gradients(RIGHT | {"b1": factor * RIGHT["b1"]}, RIGHT, N=7)
    assert words in found.value.problem


def test_right_gradients_pass_in_any_order():
    assert_gradients(dict(reversed(RIGHT.items())), RIGHT, N=7)


def test_a_missing_or_foreign_name_is_said():
    with pytest.raises(Mismatch, match="wrong names"):
        assert_gradients({"W1": RIGHT["W1"], "bias": RIGHT["b1"]}, RIGHT)


@pytest.mark.parametrize(
    "wrong",
    [
        torch.tensor([3.0, 0.6], dtype=torch.float64),
        torch.tensor([6.0, 1.0]),
        torch.tensor([[6.0, 1.0]], dtype=torch.float64),
        torch.tensor([float("nan"), 1.0], dtype=torch.float64),
        torch.zeros(2, dtype=torch.float64),
        None,
    ],
    ids=["one entry", "dtype", "shape", "NaN", "zero", "nothing"],
)
def test_no_factor_is_claimed_where_none_explains_it(wrong):
    assert explain_factor(wrong, RIGHT["b1"], N=7) == ""
    with pytest.raises(Mismatch, match="the gradient of b1 "):
        assert_gradients(RIGHT | {"b1": wrong}, RIGHT, N=7)


def test_only_a_tuple_of_the_right_length_gets_names():
    assert named((1, 2), "x", "weights") == {"x": 1, "weights": 2}
    for wrong in ([1, 2], (1, 2, 3), None):
        with pytest.raises(Mismatch, match="wrong kind"):
            named(wrong, "x", "weights")
