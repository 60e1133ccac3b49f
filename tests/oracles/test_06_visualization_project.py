"""The project of chapter 6: slopes held to torch.func, a step to a linear program, the text to what attacks reach."""

from __future__ import annotations

import fnmatch
import math
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.optimize import linprog

from coursekit import fortress
from coursekit.figures import attack as figures
from coursekit.fortress import CALLS, REACH, Seen
from data_scripts.fortress import Trainee

NOTEBOOK = "06_visualization/project"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def attack(solution):
    return solution.attack  # one function for all tests: its attacks are kept


def shown(images, scores, slopes, left=CALLS - 1):
    return Seen(images, scores, slopes, left)


def test_slopes_are_the_jacobian_of_torch_func():
    network, images, _ = figures.practice()
    x = images[:3]
    seen = network.answer(x, 4)
    torch.testing.assert_close(seen.scores, network.scores(x))
    for n in range(3):
        jacobian = torch.func.jacrev(lambda one: network.scores(one[None])[0])(x[n])
        torch.testing.assert_close(seen.slopes[n], jacobian, rtol=1e-4, atol=1e-5)
    assert (seen.left, seen.images is x) == (4, True)


def test_a_step_on_a_straight_line_is_the_best_that_a_linear_program_finds(solution):
    drawn = torch.Generator().manual_seed(5)
    slopes = torch.randn(4, 3, 3, 2, 2, generator=drawn)
    images = torch.rand(4, 3, 2, 2, generator=drawn)
    labels = torch.tensor([0, 1, 2, 0])
    scores = torch.full((4, 3), -100.0)  # a class that is out of reach, and one that is near
    rivals = torch.tensor([2, 0, 1, 1])
    scores[range(4), labels], scores[range(4), rivals] = 0.5, 0.3
    came, state = solution.attack(images, labels, shown(images, scores, slopes), {})
    assert not state["turned"].any()
    for n in range(4):
        rise = (slopes[n, rivals[n]] - slopes[n, labels[n]]).flatten().double().numpy()
        low = np.maximum(-REACH, -images[n].flatten().double().numpy())
        high = np.minimum(REACH, 1 - images[n].flatten().double().numpy())
        best = linprog(-rise, bounds=list(zip(low, high, strict=True)))
        reached = rise @ (came[n] - images[n]).flatten().double().numpy()
        assert reached == pytest.approx(-best.fun, rel=1e-5)


def test_the_class_with_the_shortest_way_is_raised_and_not_that_with_the_smallest_gap(solution):
    images, labels = torch.full((1, 3, 1, 1), 0.5), torch.tensor([0])
    scores = torch.tensor([[1.0, 0.9, 0.5]])
    slopes = torch.tensor([[0.0, 0.1, -10.0]])[..., None, None, None].expand(1, 3, 3, 1, 1)
    came, _ = solution.attack(images, labels, shown(images, scores, slopes), {})
    torch.testing.assert_close(came, images - REACH)


def test_an_image_that_was_turned_is_kept_as_it_was_then(solution):
    images, labels = torch.full((2, 3, 2, 2), 0.5), torch.tensor([0, 1])
    slopes = torch.ones(2, 2, 3, 2, 2) * torch.tensor([1.0, -1.0])[:, None, None, None]
    first, state = solution.attack(images, labels, shown(images, torch.tensor([[1.0, 0.0], [0.0, 1.0]]), slopes), {})
    turned = shown(first, torch.tensor([[0.0, 1.0], [0.0, 1.0]]), slopes, 1)
    second, state = solution.attack(images, labels, turned, state)
    back = shown(second, torch.tensor([[1.0, 0.0], [0.0, 1.0]]), slopes, 0)
    third, _ = solution.attack(images, labels, back, state)
    for later in (second, third):
        assert torch.equal(later[0], first[0])


def test_a_fortress_is_that_of_its_seed_and_names_nearly_all_images():
    x = figures.practice()[1]
    first, again, other = (fortress.fortress(seed) for seed in (3, 3, 4))
    assert torch.equal(first.scores(x), again.scores(x))
    assert not torch.allclose(first.scores(x), other.scores(x))
    assert sum(voter.weight for voter in first.voters) == pytest.approx(1)
    for seed in (3, 4, 5):
        network = fortress.fortress(seed)
        data = fortress.shapes(200, seed=99)
        assert (network.names(data.images) == data.shape[:, 0]).double().mean() > 0.95
    images, labels = fortress.victims(other, 30, seed=8)
    assert torch.equal(other.names(images), labels)


def test_the_networks_are_few_numbers_and_the_package_takes_them_along():
    assert fortress.FILE.stat().st_size < 100_000
    assert sum(one.numel() for one in fortress.Member().parameters()) < 10_000
    data = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    assert any(fnmatch.fnmatch(fortress.FILE.name, one) for one in data["coursekit"])


def test_a_member_computes_what_the_trained_network_did():
    trained = Trainee()
    for norm in trained.norms:
        for numbers, start in ((norm.running_mean, 0.3), (norm.running_var, 2.0), (norm.bias.data, 0.1)):
            numbers.copy_(start + torch.linspace(-0.2, 0.2, len(numbers)))
    member = fortress.Member()
    member.load_state_dict({name: one.float() for name, one in trained.eval().folded().items()})
    x = figures.practice()[1][:4]
    torch.testing.assert_close(member(x), trained(x), rtol=0.01, atol=0.005)  # kept in half precision


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (None, "attack returned None, expected two things: images and a state"),
        (torch.zeros(2, 3, 4, 4), "attack returned a Tensor, expected two things"),
        ((0.5, {}), "the images are a float, expected a tensor"),
        ((torch.zeros(4, 3, 4, 4), {}), r"the images have shape \(4, 3, 4, 4\), expected \(2, 3, 4, 4\)"),
        ((torch.zeros(2, 3, 4, 4).double(), {}), "the images are torch.float64, expected torch.float32"),
        ((torch.zeros(2, 3, 4, 4), [1]), "the state is a list, expected a dict"),
        ((torch.full((2, 3, 4, 4), math.nan), {}), "an image holds NaN"),
        ((torch.full((2, 3, 4, 4), -0.02), {}), "the values reach from -0.020 to -0.020, expected from 0 to 1"),
        ((torch.full((2, 3, 4, 4), 0.04), {}), r"image 0 lies 10.20/255 away at a pixel, expected at most 8/255"),
        ((torch.full((2, 3, 4, 4), REACH), {}), "^$"),
    ],
)
def test_what_breaks_a_rule_is_told_so(came, said):
    assert re.search(said, fortress.fault_of(came, torch.zeros(2, 3, 4, 4)))


def test_a_conversation_counts_down_and_stops_at_what_breaks_a_rule():
    network, images, labels = figures.practice()
    left = []

    def patient(images, labels, seen, state):
        left.append(seen.left)
        return images, {"calls": state.get("calls", 0) + 1}

    ends = fortress.hold(patient, network, images[:2], labels[:2], calls=3)
    assert left == [2, 1, 0]
    assert torch.equal(ends, images[:2])
    with pytest.raises(ValueError, match="after call 2 of 3: an image holds NaN"):
        fortress.hold(
            lambda i, y, seen, s: (i if seen.left > 1 else i * math.nan, s), network, images[:2], labels[:2], calls=3
        )


def test_numbers_worked_by_hand_in_the_text():
    reach = REACH
    assert reach == pytest.approx(0.031, abs=5e-4)
    assert reach * (2 + 1 + 0.5) == pytest.approx(0.11, abs=0.005)
    assert 3 * 32 * 32 == 3072
    assert math.sqrt(3072) == pytest.approx(55, abs=0.5)


def in_one_step(images, labels, seen, state):
    if "x" not in state:
        torch_scores = seen.scores.softmax(dim=1)
        torch_scores[torch.arange(len(labels)), labels] -= 1
        slope = torch.einsum("nc,ncijk->nijk", torch_scores, seen.slopes)
        state = {"x": (images + REACH * slope.sign()).clamp(0, 1)}
    return state["x"], state


def noise(images, labels, seen, state):
    drawn = torch.Generator().manual_seed(seen.left)
    up = torch.rand(images.shape, generator=drawn) < 0.5
    return torch.where(up, images + REACH, images - REACH).clamp(0, 1), state


def test_noise_turns_hardly_any_one_step_some_and_the_reference_most(attack):
    ends = {name: figures.siege(one).now[-1].item() for name, one in (("one", in_one_step), ("all", attack))}
    assert figures.siege(noise).now[-1] <= 0.02
    assert 0.3 < ends["one"] < 0.6
    assert ends["all"] > 0.72
    assert torch.all(figures.siege(attack).ever >= figures.siege(attack).now)
    said = figures.judged(attack).description
    assert f"Of 100 images {100 * ends['all']:.0f} are turned at the end" in said


def test_hundreds_of_calls_turn_few_images_more_than_twenty(attack):
    network, _, labels = figures.practice()
    first = slice(figures.NUM_UNHURRIED)
    unhurried = (network.names(figures.unhurried()) != labels[first]).double().mean().item()
    hurried = (figures.siege(attack).leads[-1, first] < 0).double().mean().item()
    assert unhurried <= hurried + 0.1


def test_the_first_picture_shows_images_within_reach_that_were_named_rightly():
    network, images, labels = figures.practice()
    ends = figures.unhurried()
    assert fortress.fault_of((ends, {}), images[: figures.NUM_UNHURRIED]) == ""
    assert torch.equal(network.names(images), labels)
    said = figures.overview().description
    assert said.count(" becomes ") == 6


def test_slopes_promise_more_than_comes_and_noise_brings_nearly_nothing():
    for image in range(figures.NUM_WALKED):
        found = figures.walked(image)
        fall, promised, by_noise = (one[0] - one[8] for one in (found.along, found.promised, found.by_noise))
        assert 0 < fall < promised
        assert abs(by_noise) < 0.35 * fall
        assert f"leads by {found.along[8]:.2f} along the slopes" in figures.walk(8, image).description


def test_four_images_are_shown_on_their_way(attack):
    draw = figures.on_the_way(attack)
    network, images, _ = figures.practice()
    assert torch.equal(figures.siege(attack).images[0], images[:4])
    for call in (1, CALLS):
        names = network.names(figures.siege(attack).images[call - 1])
        assert f"At call {call} the four images are called" in draw(call).description
        assert all(fortress.SHAPE_NAMES[name] in draw(call).description for name in names.tolist())
