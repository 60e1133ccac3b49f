"""Checks of tuning: the first loss, images by heart, searches, curves, averages, and a step in half precision.

Networks are built in the probes, from weights that the checks draw; so no random start decides.
"""

import math

import pytest
import torch
from torch import nn

from autograder.authoring import assert_close, assert_equal, contract, exercise, integers, rand, randn

DOUBLE = torch.float64


# initial_loss_check


def start(ns, weight, x, y, **settings):
    """Return what the check says of a linear network without bias."""
    layer = nn.utils.skip_init(nn.Linear, *weight.shape[::-1], bias=False, dtype=weight.dtype)
    layer.weight.data.copy_(weight)
    model = nn.Sequential(nn.Flatten(), layer)
    return ns.initial_loss_check(model, x, y, **settings)


def start_with_traces(ns, weight, x, y):
    """Return what the check says of a network with batch norm, and what is left in the network."""
    layer = nn.utils.skip_init(nn.Linear, *weight.shape[::-1], bias=False, dtype=weight.dtype)
    layer.weight.data.copy_(weight)
    model = nn.Sequential(nn.BatchNorm1d(x.shape[1], momentum=0.3), layer).double()
    model[0].eval()
    said = ns.initial_loss_check(model, x, y)
    grads = [p.grad is None and p.requires_grad for p in model.parameters()]
    return said, dict(model.state_dict()), [part.training for part in model.modules()], grads


def start_of_wrong_kind(ns, weight, x, y) -> str:
    """Return the name of what is raised for a kind that there isn't."""
    model = nn.utils.skip_init(nn.Linear, *weight.shape[::-1], bias=False, dtype=weight.dtype)
    model.weight.data.copy_(weight)
    try:
        ns.initial_loss_check(model, x, y, kind="focal")
    except Exception as error:
        return type(error).__name__
    return "nothing"


def answers(rng, kind, num, num_classes):
    """Return labels for a kind of loss; never the last class."""
    if kind == "sigmoid":
        return integers(rng, 0, 2, num, num_classes).double()
    return integers(rng, 0, num_classes - 1, num)


@exercise("initial_loss_check")
@pytest.mark.parametrize("kind", ["softmax", "sigmoid", "hinge"])
def test_loss_and_closed_form(student, reference, rng, kind):
    """The loss and what it should be, for scores that are far from equal."""
    for num, num_classes in ((6, 3), (1, 7), (4, 2)):
        args = randn(rng, num_classes, 12, dtype=DOUBLE), randn(rng, num, 3, 2, 2, dtype=DOUBLE)
        y = answers(rng, kind, num, num_classes)
        came, expected = (door.run(start, *args, y, kind=kind, tolerance=0.1) for door in (student, reference))
        assert_close(came, expected)


@exercise("initial_loss_check")
@pytest.mark.parametrize("kind", ["softmax", "sigmoid", "hinge"])
def test_equal_scores_are_fine_whatever_the_labels(student, reference, rng, kind):
    """With scores of zero the loss is the closed form itself."""
    args = torch.zeros(5, 4, dtype=DOUBLE), randn(rng, 6, 4, dtype=DOUBLE), answers(rng, kind, 6, 5)
    came, expected = (door.run(start, *args, kind=kind, tolerance=0.1) for door in (student, reference))
    assert_close(came, expected)


@exercise("initial_loss_check")
@pytest.mark.parametrize(("loss", "tolerance"), [(1.7, 0.1), (1.27, 0.1), (0.1, 0.1), (1.7, 0.02), (3.0, 1.0)])
def test_too_low_is_as_suspicious_as_too_high(student, reference, rng, loss, tolerance):
    """One image whose loss is set: above, below, within a tight and a wide tolerance."""
    score = math.log(3 / (math.exp(loss) - 1))  # 3 other classes at 0: the loss is ln(1 + 3 e^-score)
    weight = torch.tensor([[0.0], [score], [0.0], [0.0]], dtype=DOUBLE)
    args = weight, torch.ones(1, 1, dtype=DOUBLE), torch.tensor([1])
    settings = {"kind": "softmax", "tolerance": tolerance}
    assert_close(student.run(start, *args, **settings), reference.run(start, *args, **settings))


@exercise("initial_loss_check")
@pytest.mark.parametrize("kind", ["softmax", "sigmoid"])
def test_a_far_score_costs_as_much_as_it_should(student, reference, kind):
    """The second of three scores is 900, and right for one image of two."""
    weight, x = torch.tensor([[0.0], [900.0], [0.0]], dtype=DOUBLE), torch.ones(2, 1, dtype=DOUBLE)
    y = torch.tensor([0, 1]) if kind == "softmax" else torch.tensor([[1.0, 0, 0], [0, 1, 0]], dtype=DOUBLE)
    came, expected = (door.run(start, weight, x, y, kind=kind, tolerance=0.1) for door in (student, reference))
    assert_close(came, expected)


@exercise("initial_loss_check", costs=0.25)
def test_a_tolerance_of_zero(student, reference):
    """A loss that is exactly what it should be is fine."""
    args = torch.zeros(4, 2, dtype=DOUBLE), torch.ones(3, 2, dtype=DOUBLE), torch.tensor([0, 1, 3])
    settings = {"kind": "hinge", "tolerance": 0.0}
    assert_close(student.run(start, *args, **settings), reference.run(start, *args, **settings))


@exercise("initial_loss_check", costs=0.25)
def test_a_loss_of_nan_is_not_fine(student, reference, rng):
    """A weight is NaN."""
    weight = randn(rng, 3, 4, dtype=DOUBLE)
    weight[1, 2] = math.nan
    args = weight, randn(rng, 5, 4, dtype=DOUBLE), answers(rng, "softmax", 5, 3)
    settings = {"kind": "softmax", "tolerance": 0.1}
    came, expected = (door.run(start, *args, **settings)[1:] for door in (student, reference))
    assert_equal(came, expected, what="(expected, fine)")


@exercise("initial_loss_check", costs=0.5)
def test_the_check_leaves_no_trace(student, reference, rng):
    """Training mode for the copy alone: a batch norm keeps its statistics, every part its mode."""
    args = randn(rng, 3, 4, dtype=DOUBLE), randn(rng, 6, 4, dtype=DOUBLE, shift=2.0), answers(rng, "softmax", 6, 3)
    came, expected = (door.run(start_with_traces, *args) for door in (student, reference))
    for one, other, name in zip(
        came, expected, ("the answer", "the state dict", "modes", "gradients are None"), strict=True
    ):
        assert_close(one, other, what=name)


@exercise("initial_loss_check", costs=0.25)
def test_another_kind_is_refused(student, reference, rng):
    """A kind that there isn't raises ValueError."""
    args = randn(rng, 3, 4), randn(rng, 6, 4), answers(rng, "softmax", 6, 3)
    assert_equal(student.run(start_of_wrong_kind, *args), reference.run(start_of_wrong_kind, *args), what="raised")


contract(
    "initial_loss_check",
    use=start,
    inputs=lambda rng, N=5, D=4, C=3: (
        randn(rng, C, D, dtype=DOUBLE, scale=0.02),
        randn(rng, N, D, dtype=DOUBLE),
        integers(rng, 0, 2, N),
    ),
    settings={"kind": "hinge", "tolerance": 1e-6},
    strides=False,
    device=False,
)

# overfit_small_batch


def by_heart(ns, weight, x, y, **settings):
    """Return the losses of a network with batch norm and a bias of zero."""
    layer = nn.utils.skip_init(nn.Linear, *weight.shape[::-1], dtype=weight.dtype)
    layer.weight.data.copy_(weight)
    layer.bias.data.zero_()
    model = nn.Sequential(nn.BatchNorm1d(x.shape[1]), layer).double()
    return ns.overfit_small_batch(model.eval(), x, y, **settings)


def by_heart_with_traces(ns, weight, x, y):
    """Return the losses of two calls, and what is left in the network, one of whose parts is frozen."""
    layer = nn.utils.skip_init(nn.Linear, *weight.shape[::-1], dtype=weight.dtype)
    layer.weight.data.copy_(weight)
    layer.bias.data.zero_()
    model = nn.Sequential(nn.BatchNorm1d(x.shape[1]), layer).double()
    model[0].weight.requires_grad_(False)
    model[0].eval()
    losses = [ns.overfit_small_batch(model, x, y, lr=0.05, max_steps=3) for _ in range(2)]
    grads = [(p.grad is None, p.requires_grad) for p in model.parameters()]
    return losses, dict(model.state_dict()), [part.training for part in model.modules()], grads


def heart_inputs(rng, N=5, D=4, C=3):
    """Return weights and a batch."""
    return randn(rng, C, D, dtype=DOUBLE), randn(rng, N, D, dtype=DOUBLE, shift=1.0), integers(rng, 0, C, N)


@exercise("overfit_small_batch")
def test_the_losses_step_by_step(student, reference, rng):
    """The loss before the first step, and after each."""
    for max_steps in (0, 1, 6):
        args, settings = heart_inputs(rng), {"lr": 0.03, "max_steps": max_steps, "target": 0.01}
        assert_close(
            student.run(by_heart, *args, **settings), reference.run(by_heart, *args, **settings), what="losses"
        )


@exercise("overfit_small_batch")
@pytest.mark.parametrize("target", [0.4, 1000.0])
def test_it_ends_as_soon_as_the_target_is_reached(student, reference, rng, target):
    """The first loss below the target is the last; it may be the very first."""
    weight = randn(rng, 3, 4, dtype=DOUBLE, scale=0.1)
    x = torch.eye(3, 4, dtype=DOUBLE)
    args, settings = (weight, x, torch.arange(3)), {"lr": 0.1, "max_steps": 30, "target": target}
    assert_close(student.run(by_heart, *args, **settings), reference.run(by_heart, *args, **settings), what="losses")


@exercise("overfit_small_batch", costs=0.5)
def test_bright_images_step_by_step(student, reference):
    """Images of 20: gradients of a norm of 9 at the start, and far below 1 after eight steps."""
    weight, x = torch.zeros(3, 4, dtype=DOUBLE), 20 * torch.eye(3, 4, dtype=DOUBLE)
    args, settings = (weight, x, torch.arange(3)), {"lr": 0.03, "max_steps": 8, "target": 0.0}
    came, expected = (door.run(by_heart_briefly, *args, **settings) for door in (student, reference))
    assert_close(came, expected, what="losses")


@exercise("overfit_small_batch", costs=0.25)
def test_a_loss_that_is_no_number_ends_it(student, reference, rng):
    """An image holds NaN: nothing can be learnt, and one loss comes back."""
    weight, x, y = heart_inputs(rng)
    x[1, 2] = math.nan
    came, expected = (
        door.run(by_heart, weight, x, y, lr=0.1, max_steps=4, target=0.01) for door in (student, reference)
    )
    assert_close(came, expected, what="losses")


@exercise("overfit_small_batch", costs=0.25)
def test_an_infinite_loss_ends_it(student, reference):
    """The right class has a score of minus infinity."""
    weight = torch.zeros(3, 2, dtype=DOUBLE)
    weight[0] = -math.inf
    args, settings = (weight, torch.ones(2, 2, dtype=DOUBLE), torch.tensor([0, 1])), {"max_steps": 3, "target": 0.5}
    came, expected = (door.run(by_heart_briefly, *args, **settings) for door in (student, reference))
    assert_close(came, expected, what="losses")


@exercise("overfit_small_batch", costs=0.25)
def test_a_loss_that_equals_the_target_goes_on(student, reference):
    """Scores so far apart that the loss is 0, and a target of 0: never below."""
    args, settings = (
        (1000 * torch.eye(3, dtype=DOUBLE), torch.eye(3, dtype=DOUBLE), torch.arange(3)),
        {"max_steps": 6, "target": 0.0},
    )
    came, expected = (door.run(by_heart_briefly, *args, **settings) for door in (student, reference))
    assert_close(came, expected, what="losses")


@exercise("overfit_small_batch", costs=0.5)
def test_learning_by_heart_leaves_no_trace(student, reference, rng):
    """The network handed in keeps its weights, statistics and modes, and a second call gives the same."""
    args = heart_inputs(rng)
    came, expected = (door.run(by_heart_with_traces, *args) for door in (student, reference))
    for one, other, name in zip(
        came, expected, ("losses", "the state dict", "modes", "gradients are None"), strict=True
    ):
        assert_close(one, other, what=name)


@exercise("overfit_small_batch", costs=0.25)
def test_200_steps_and_a_target_of_a_hundredth(student, reference, rng):
    """With nothing said: equal images of different classes can't be learnt, three different ones can."""
    weight = randn(rng, 3, 4, dtype=DOUBLE, scale=0.1)
    for x in (torch.ones(3, 4, dtype=DOUBLE), torch.eye(3, 4, dtype=DOUBLE)):
        came, expected = (door.run(by_heart_to_the_end, weight, x, torch.arange(3)) for door in (student, reference))
        assert_close(came, expected, what="how many losses there are, and the last one")


def by_heart_to_the_end(ns, weight, x, y):
    """Return how many losses of a linear network there are where nothing is said but the rate, and the last one."""
    model = nn.utils.skip_init(nn.Linear, *weight.shape[::-1], bias=False, dtype=weight.dtype)
    model.weight.data.copy_(weight)
    losses = ns.overfit_small_batch(model, x, y, lr=0.2)
    return len(losses), losses[-1]


def by_heart_briefly(ns, weight, x, y, **settings):
    """Return the losses of a linear network, of six steps where nothing is said."""
    model = nn.utils.skip_init(nn.Linear, *weight.shape[::-1], bias=False, dtype=weight.dtype)
    model.weight.data.copy_(weight)
    return ns.overfit_small_batch(model, x, y, **{"max_steps": 6, **settings})


IN_A_TEST = "few steps are taken here; a test of its own looks at it"
contract(
    "overfit_small_batch",
    use=by_heart_briefly,
    inputs=lambda rng, N=5, D=4, C=3: (
        randn(rng, C, D, dtype=DOUBLE, scale=0.1) - 0.2 * torch.eye(C, D, dtype=DOUBLE),
        torch.eye(N, D, dtype=DOUBLE) + randn(rng, N, D, dtype=DOUBLE, scale=0.01),
        torch.arange(N) % C,
    ),
    settings={"lr": 0.2, "max_steps": 5, "target": 1.0},
    one="C",
    but={"has_another_default_of_max_steps": IN_A_TEST, "has_another_default_of_target": IN_A_TEST},
    strides=False,
    device=False,
)

# random_search and evolve_settings


def searched(ns, name, landscape, space, seed, *sizes, **settings):
    """Return the best, all tries as numbers in order, and which settings were scored, in order."""
    asked = []

    def score(chosen):
        values = [chosen[name] for name in space]
        asked.append(values)
        place = [
            math.log(v / low) / math.log(high / low) if scale == "log" else (v - low) / (high - low)
            for v, (low, high, scale) in zip(values, space.values(), strict=True)
        ]
        chosen.clear()
        hill = -sum((p - 0.45) ** 2 for p in place)
        if landscape == "edge":
            return sum(place)
        if landscape == "steps":
            return float(round(hill * 3))
        if landscape == "nan":
            return math.nan
        if landscape == "partly nan":
            return math.nan if len(asked) % 2 else hill
        return 100 + hill

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)  # whoever draws from torch's own source is known by it
        best, value, tries = getattr(ns, name)(score, space, *sizes, torch.Generator().manual_seed(seed), **settings)
    return best, value, [[*chosen.values(), got] for chosen, got in tries], asked


def twice_with_one_generator(ns, name, space, *sizes, **settings):
    """Return the best settings of two searches with one generator, and whether torch's own state stays."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        drawn, before = torch.Generator().manual_seed(3), torch.get_rng_state()
        found = [getattr(ns, name)(lambda chosen: chosen["lr"], space, *sizes, drawn, **settings)[0] for _ in range(2)]
        return found, bool((torch.get_rng_state() == before).all())


SPACE = {"lr": [1e-5, 0.1, "log"], "width": [3.0, 19.0, "linear"]}
THREE = {"dropout": [-0.5, 0.7, "linear"], "decay": [1e-6, 1e-2, "log"], "gain": [0.2, 5.0, "log"]}
SECOND_IS_WORSE = 8  # a seed at which, of five rounds of one try, only the last beats the first
LANDSCAPES = ["hill", "edge", "steps", "nan", "partly nan"]
SIZES = {"random_search": (4, {}), "evolve_settings": (2, {"num_parents": 3, "num_children": 4})}
SEARCHES = [pytest.param(name, marks=exercise(name)) for name in SIZES]


def compare_searches(student, reference, *args, **settings):
    """Compare what is found, all tries and what was asked."""
    came, expected = (door.run(searched, *args, **settings) for door in (student, reference))
    for one, other, what in zip(
        (came[3], *came[:3]),
        (expected[3], *expected[:3]),
        ("evaluate was asked for", "the best settings", "the best score", "tries"),
        strict=True,
    ):
        assert_close(one, other, what=what)


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_in_a_landscape(student, reference, rng, name):
    """Every try, in order: where the best lies inside, at an end, with ties, and with scores that are NaN."""
    for landscape in LANDSCAPES:
        num, settings = SIZES[name]
        compare_searches(student, reference, name, landscape, SPACE, int(rng.integers(1000)), num, **settings)


@exercise("random_search")
def test_three_rounds_in_three_settings(student, reference, rng):
    """The window shrinks with each round around the best so far; a linear range may begin below zero."""
    args = "random_search", "hill", THREE, int(rng.integers(1000)), 3
    compare_searches(student, reference, *args, num_rounds=3, shrink=0.5)


@exercise("random_search")
def test_the_best_so_far_stays_the_middle(student, reference, rng):
    """One try a round: where a later round finds nothing better, the window stays where it was."""
    for seed in (int(rng.integers(1000)), SECOND_IS_WORSE):
        args = "random_search", "edge", SPACE, seed, 1
        compare_searches(student, reference, *args, num_rounds=5, shrink=0.7)


@exercise("random_search", costs=0.5)
def test_a_single_round(student, reference, rng):
    """One round is a plain random search."""
    compare_searches(student, reference, "random_search", "hill", SPACE, int(rng.integers(1000)), 3, num_rounds=1)


@exercise("evolve_settings", costs=0.5)
def test_no_generation_at_all(student, reference, rng):
    """Without a generation the best of the first parents comes back."""
    compare_searches(student, reference, "evolve_settings", "hill", SPACE, int(rng.integers(1000)), 0, num_parents=4)


@exercise("evolve_settings")
def test_generations_of_several_sizes(student, reference, rng):
    """One parent, more parents than children, and fewer, with steps that leave the range."""
    for parents, children in ((1, 3), (4, 2), (2, 5)):
        args = "evolve_settings", "hill", THREE, int(rng.integers(1000)), 3
        compare_searches(student, reference, *args, num_parents=parents, num_children=children, spread=0.4)


@pytest.mark.parametrize("name", [pytest.param(name, marks=exercise(name, costs=0.25)) for name in SIZES])
def test_the_generator_handed_in_is_the_only_source(student, reference, name):
    """A second search with the same generator draws on; torch's own state stays."""
    num, settings = SIZES[name]
    came, expected = (door.run(twice_with_one_generator, name, SPACE, num, **settings) for door in (student, reference))
    assert_close(came[0], expected[0], what="what two searches find")
    assert_equal(came[1], expected[1], what="torch's global random state has stayed")


def tries_of(ns, name, space, num, seed, **settings):
    """Return all tries of a search."""
    drawn = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        tries = getattr(ns, name)(lambda chosen: -abs(chosen["width"] - 9.0), space, num, drawn, **settings)[2]
    return [[*chosen.values(), score] for chosen, score in tries]


contract(
    "random_search",
    use=tries_of,
    inputs=lambda rng: ("random_search", SPACE, 3, int(rng.integers(1000))),
    settings={"num_rounds": 3, "shrink": 0.6},
    strides=False,
    device=False,
)
contract(
    "evolve_settings",
    use=tries_of,
    inputs=lambda rng: ("evolve_settings", SPACE, 1, int(rng.integers(1000))),
    settings={"num_parents": 2, "num_children": 9, "spread": 0.3},
    strides=False,
    device=False,
)

# diagnose_curves: losses in units of guessing, so that each case holds for any number of classes

HIGH = [1.0, 0.9, 0.8, 0.75, 0.74, 0.73, 0.72, 0.72, 0.715, 0.71]
LOW = [1.0, 0.7, 0.5, 0.4, 0.35, 0.3, 0.27, 0.25, 0.24, 0.23]
CASES = {
    "healthy": (LOW, LOW),
    "healthy though still falling": ([1.0, 0.5, 0.3, 0.2, 0.1], [1.0, 0.5, 0.4, 0.3, 0.3]),
    "underfits": (HIGH, HIGH),
    "underfits though a last epoch fell": ([*HIGH[:-1], 0.67], HIGH),
    "underfits though a last epoch of eleven fell": ([*HIGH, 0.71, 0.665], [*HIGH, 0.71, 0.71]),
    "too slow, by one number of nine": ([*HIGH[:8], 0.67], HIGH[:9]),
    "too slow": ([1.0, 0.97, 0.95, 0.92, 0.9, 0.88, 0.8, 0.76, 0.7, 0.66], HIGH),
    "too slow in few epochs": ([1.0, 0.9, 0.8, 0.7], [1.0, 0.9, 0.8, 0.7]),
    "not learning": ([1.0] * 7, [1.0] * 7),
    "not learning though jumpy": ([1.0, 1.02, 0.98, 1.03, 0.99, 1.0], [1.0] * 6),
    "not learning though validation climbs": ([1.0] * 6, [1.0, 1.0, 1.1, 1.2, 1.3, 1.4]),
    "bad start": ([6.0, 2.0, 1.0, 0.5, 0.3], LOW[:5]),
    "bad start and not learning": ([5.0, 2.0, 1.5, 1.2, 1.1], [4.0, 3.0, 2.0, 1.5, 1.2]),
    "first validation loss alone high": (LOW, [3.0, *LOW[1:]]),
    "diverged to nan": ([1.0, 1.2, 3.0, math.nan, math.nan], [1.0, 1.5, 2.0, 3.0, 4.0]),
    "nan in the middle": ([1.0, math.nan, 0.7, 0.6, 0.5, 0.4], LOW[:6]),
    "validation infinite": (LOW, [*LOW[:-1], math.inf]),
    "diverged and came back": ([1.0, 9.0, 2.0, 1.1, 1.0, 1.0], [1.0] * 6),
    "climbed, not far": ([1.0, 3.0, 2.0, 0.8, 0.4, 0.2, 0.15, 0.12], LOW[:8]),
    "bad start and diverged": ([4.0, 30.0, 9.0, 3.0, 2.0], [3.0] * 5),
    "overfits": (LOW, [1.0, 0.8, 0.7, 0.6, 0.6, 0.65, 0.7, 0.75, 0.8, 0.9]),
    "overfits and jumpy": ([1.0, 0.6, 0.7, 0.5, 0.6, 0.4, 0.5, 0.3, 0.35, 0.3], [1.0, 0.6, 0.7, *[1.0] * 7]),
    "validation climbs a little": (LOW, [1.0, 0.8, 0.7, 0.6, 0.6, 0.61, 0.62, 0.64, 0.66, 0.67]),
    "validation high in one last epoch": (LOW, [1.0, 0.8, 0.7, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.75]),
    "jumpy": ([1.0, 0.6, 0.7, 0.5, 0.6, 0.4, 0.5, 0.3, 0.35, 0.3], LOW),
    "jumpy and too slow": ([1.0, 0.9, 0.95, 0.85, 0.9, 0.8, 0.85, 0.75, 0.78, 0.65], HIGH),
    "three rises of nine": ([1.0, 0.6, 0.7, 0.5, 0.6, 0.4, 0.5, 0.3, 0.3, 0.2], LOW),
    "four rises of eleven": ([1.0, 0.6, 0.7, 0.5, 0.6, 0.4, 0.5, 0.3, 0.4, 0.3, 0.25, 0.2], [*LOW, 0.23, 0.22]),
    "validation alone climbs far": (LOW, [1.0, 0.8, 0.7, 0.6, 0.6, 1.0, 2.0, 4.0, 5.5, 6.0]),
    "not learning but for a last epoch": ([*[1.0] * 8, 1.02, 0.9], [1.0] * 10),
    "not learning from a high start": ([1.8, 1.4, 1.2, 1.1, 1.05, 1.0], [1.0] * 6),
    "validation lowest before any step": (LOW, [1.0, *[1.3] * 9]),
    "overfits and too slow": ([1.0, 0.97, 0.95, 0.92, 0.9, 0.88, 0.8, 0.76, 0.7, 0.66], [1, 0.8, *[0.7] * 4, *[1] * 4]),
    "two epochs": ([1.0, 0.97], [1.0, 0.9]),
}  # fmt: skip


@exercise("diagnose_curves")
@pytest.mark.parametrize("case", CASES)
def test_a_drawn_case(student, reference, case):
    """Curves that were drawn so that one name fits, far from every border."""
    for num_classes in (3, 40):
        train, val = ([loss * math.log(num_classes) for loss in losses] for losses in CASES[case])
        came, expected = (door.diagnose_curves(train, val, num_classes) for door in (student, reference))
        assert_equal(came, expected, what=f"the name of the case “{case}”")


contract(
    "diagnose_curves",
    inputs=lambda rng: ([2.0, 1.1, 0.6 + 0.1 * float(rand(rng)), 0.5, 0.4], [2.0, 1.0, 0.9, 0.8, 0.8], 7),
    also=[lambda rng: ([1.2, 1.0, 1.1, 1.15, 1.2], [1.2, 1.1, 1.0, 1.2, 1.3], 3)],
    strides=False,
    device=False,
)

# What comes back of the next two is None or a Python number
NOTHING_KEPT = dict.fromkeys(
    ("adds_up_between_calls", "writes_every_answer_into_the_same_memory"), "no tensor comes back"
)

# ema_update


def averaged(ns, mine, new, num_updates, decay, whole=True):
    """Return the average after each update, of `num_updates`; and what is left of all else, if that is asked."""

    def network(values):
        layer = nn.utils.skip_init(nn.Linear, 3, 2)
        layer.bias.requires_grad_(False)
        model = nn.Sequential(layer, nn.Sequential(nn.BatchNorm1d(2))).double()
        model.load_state_dict(values)
        return model

    average, model = network(mine).eval(), network(new)
    tensors = [one.data_ptr() for one in average.state_dict().values()]
    returned, states = [], []
    for count in num_updates:
        returned.append(ns.ema_update(average, model, decay, count))
        states.append({name: value.clone() for name, value in average.state_dict().items()})
    if not whole:
        return states
    same = [one.data_ptr() for one in average.state_dict().values()] == tensors
    left = {name: value.clone() for name, value in model.state_dict().items()}
    modes = [part.training for one in (average, model) for part in one.modules()]
    with torch.no_grad():
        for value in model.state_dict().values():
            value.add_(7)
    shares = [not torch.equal(value, states[-1][name]) for name, value in average.state_dict().items()]
    kept = [p.requires_grad for one in (average, model) for p in one.parameters()]
    kept += [p.is_leaf and p.grad is None for p in average.parameters()]
    return states, left, same, shares, kept, modes, [one is None for one in returned]


def averaged_by_default(ns, mine, new):
    """Return the average's weights after one update with nothing said."""
    average, model = (nn.utils.skip_init(nn.Linear, 3, 2, dtype=mine["weight"].dtype) for _ in range(2))
    average.load_state_dict(mine)
    model.load_state_dict(new)
    ns.ema_update(average, model)
    return dict(average.state_dict())


def average_state(rng, count, dtype=DOUBLE):
    """Return a state dict for a linear layer and a batch norm."""
    return {
        "0.weight": randn(rng, 2, 3, dtype=dtype), "0.bias": randn(rng, 2, dtype=dtype),
        "1.0.weight": randn(rng, 2, dtype=dtype), "1.0.bias": randn(rng, 2, dtype=dtype),
        "1.0.running_mean": randn(rng, 2, dtype=dtype), "1.0.running_var": 0.5 + rand(rng, 2, dtype=dtype),
        "1.0.num_batches_tracked": torch.tensor(count),
    }  # fmt: skip


@exercise("ema_update")
def test_the_averaged_state(student, reference, rng):
    """Parameters, running statistics and the counter, with a decay that grows and one that doesn't."""
    for decay, num_updates in [(0.9, [None, 3, 4, 1000, 0]), (0.25, [3]), (0.0, [None]), (1.0, [0, 1])]:
        args = average_state(rng, 5), average_state(rng, 16), num_updates, decay, False
        came, expected = (door.run(averaged, *args) for door in (student, reference))
        assert_close(came, expected, what="the average's state dict after each update")


@exercise("ema_update", costs=0.5)
def test_the_average_stays_a_network_of_its_own(student, reference, rng):
    """Its tensors are the same, learn no gradient, and don't follow the model; the model stays."""
    args = average_state(rng, 5), average_state(rng, 16), [None, None], 0.8
    came, expected = (door.run(averaged, *args)[1:] for door in (student, reference))
    what = (
        "the model's state dict",
        "the same tensors",
        "entries that follow the model",
        "flags",
        "modes",
        "returns None",
    )
    for one, other, name in zip(came, expected, what, strict=True):
        assert_close(one, other, what=name)


@exercise("ema_update", costs=0.25)
def test_the_decay_is_0_999_where_nothing_is_said(student, reference, rng):
    """One update by default."""
    args = [{"weight": randn(rng, 2, 3, dtype=DOUBLE), "bias": randn(rng, 2, dtype=DOUBLE)} for _ in range(2)]
    came, expected = (door.run(averaged_by_default, *args) for door in (student, reference))
    assert_close(came, expected, what="the average's state dict")


contract(
    "ema_update",
    use=averaged,
    inputs=lambda rng: (average_state(rng, 5), average_state(rng, 16), [None, 2], 0.7),
    pure=False,
    but=NOTHING_KEPT,
    strides=False,
    device=False,
    forbids=["AveragedModel", "get_ema_multi_avg_fn", "swa_utils"],
    instead="write the average yourself",
)

# ensemble_predict


def opinions(ns, layers, x, **settings):
    """Return the mean opinion of networks with batch norm and dropout, and what is left in them."""
    models = []
    for weight in layers:
        layer = nn.utils.skip_init(nn.Linear, *weight.shape[::-1])
        model = nn.Sequential(nn.BatchNorm1d(x.shape[1]), nn.Dropout(1.0), layer).to(x.dtype)
        layer.weight.data.copy_(weight)
        layer.bias.data.fill_(0.3)
        layer.bias.data[0] = -0.4
        models.append(model)
    models[0][0].eval()
    models[-1].eval()
    models[-1][1].train()
    chances = ns.ensemble_predict(models, x, **settings)
    modes = [part.training for model in models for part in model.modules()]
    means = [model[0].running_mean for model in models]
    learns = [p.requires_grad for model in models for p in model.parameters()]
    return chances, modes, means, chances.requires_grad, learns


def opinions_of_one_twice(ns, weight, x):
    """Return the mean opinion of a list that holds one network twice, and the modes of its parts."""
    layer = nn.utils.skip_init(nn.Linear, *weight.shape[::-1], bias=False, dtype=weight.dtype)
    layer.weight.data.copy_(weight)
    model = nn.Sequential(nn.Dropout(1.0), layer)
    return ns.ensemble_predict([model, model], x), [part.training for part in model.modules()]


def opinion_inputs(rng, N=4, D=5, C=3, dtype=DOUBLE):
    """Return the weights of three networks, one of them loud, and a batch."""
    return [randn(rng, C, D, dtype=dtype, scale=scale) for scale in (8.0, 1.0, 0.5)], randn(rng, N, D, dtype=dtype)


@exercise("ensemble_predict")
def test_the_mean_of_probabilities(student, reference, rng):
    """Three networks, alike or weighted; the weights don't add up to 1."""
    for num, num_classes, weights in [
        (4, 3, None),
        (1, 6, None),
        (5, 2, [1, 3, 4]),
        (4, 3, [0.0, 0.25, 0.25]),
        (1, 6, [1, 3, 4]),
    ]:
        args = opinion_inputs(rng, num, 5, num_classes)
        came, expected = (door.run(opinions, *args, weights=weights)[0] for door in (student, reference))
        assert_close(came, expected, what="the probabilities")


@exercise("ensemble_predict", costs=0.5)
def test_each_part_has_its_mode_again(student, reference, rng):
    """Some parts were in training mode, some not; running statistics stay, and no gradient comes."""
    came, expected = (door.run(opinions, *args)[1:] for args in [opinion_inputs(rng)] for door in (student, reference))
    for one, other, name in zip(came, expected, ("modes", "running means", "requires_grad", "flags"), strict=True):
        assert_close(one, other, what=name)


@exercise("ensemble_predict", costs=0.25)
def test_one_network_twice(student, reference, rng):
    """Its parts have their mode again, and the answer has the scores' dtype, float32."""
    args = randn(rng, 3, 4), randn(rng, 2, 4)
    came, expected = (door.run(opinions_of_one_twice, *args) for door in (student, reference))
    assert_close(came[0], expected[0], what="the probabilities")
    assert_equal(came[1], expected[1], what="modes")


@exercise("ensemble_predict", costs=0.5)
def test_an_ensemble_of_one(student, reference, rng):
    """One network is its own mean."""
    layers, x = opinion_inputs(rng)
    came, expected = (door.run(opinions, layers[:1], x, weights=None)[0] for door in (student, reference))
    assert_close(came, expected, what="the probabilities")


def opinion(ns, layers, x, **settings):
    """Return the mean opinion of linear networks."""
    models = [nn.utils.skip_init(nn.Linear, *weight.shape[::-1], bias=False, dtype=x.dtype) for weight in layers]
    for model, weight in zip(models, layers, strict=True):
        model.weight.data.copy_(weight)
    return ns.ensemble_predict(models, x, **settings)


contract(
    "ensemble_predict",
    use=opinion,
    inputs=lambda rng, N=4, D=5, C=3: opinion_inputs(rng, N, D, C),
    settings={"weights": [0.2, 0.7, 0.4]},
    strides=False,
    device=False,
)

# predict_views


def seen(ns, weight, x, crop):
    """Return the mean opinion over the views of a linear network on pixels, with what is left in it."""
    layer = nn.utils.skip_init(nn.Linear, *weight.shape[::-1], dtype=weight.dtype)
    layer.weight.data.copy_(weight)
    layer.bias.data.zero_()
    model = nn.Sequential(nn.BatchNorm2d(x.shape[1]), nn.Dropout(1.0), nn.Flatten(), layer).to(x.dtype)
    model[0].eval()
    chances = ns.predict_views(model, x, tuple(crop))
    left = [part.training for part in model.modules()], [p.requires_grad for p in model.parameters()]
    return chances, *left, model[0].running_mean, chances.requires_grad


def view_inputs(rng, size, crop, num=2, num_classes=3, dtype=DOUBLE):
    """Return a linear network's weights, images, and the crop."""
    weight = randn(rng, num_classes, 2 * crop[0] * crop[1], dtype=dtype)
    return weight, randn(rng, num, 2, *size, dtype=dtype), list(crop)


@exercise("predict_views")
def test_ten_views(student, reference, rng):
    """Corners, middle and mirror images, also where the middle falls between two pixels."""
    for size, crop in [
        ((6, 8), (4, 2)),
        ((5, 8), (2, 3)),
        ((6, 4), (1, 1)),
        ((4, 7), (4, 4)),
        ((5, 3), (5, 3)),
        ((6, 6), (4, 4)),
    ]:
        args = view_inputs(rng, size, crop, dtype=torch.float32 if size == (6, 6) else DOUBLE)
        came, expected = (door.run(seen, *args)[0] for door in (student, reference))
        assert_close(came, expected, what="the probabilities")


@exercise("predict_views", costs=0.5)
def test_a_view_leaves_the_network_as_it_was(student, reference, rng):
    """Modes and running statistics stay; no gradient comes, and one image is enough."""
    args = view_inputs(rng, (5, 4), (3, 2), num=1)
    came, expected = (door.run(seen, *args) for door in (student, reference))
    for one, other, name in zip(
        came, expected, ("the probabilities", "modes", "flags", "running means", "requires_grad"), strict=True
    ):
        assert_close(one, other, what=name)


contract(
    "predict_views",
    use=seen,
    inputs=lambda rng: view_inputs(rng, (6, 5), (3, 2)),
    strides=False,
    device=False,
    forbids=["TenCrop", "FiveCrop", "five_crop", "ten_crop", "torchvision"],
    instead="cut and mirror the images yourself",
)

# train_step_amp


def half_steps(ns, weight, x, y, scaler, dtype, tiny, **settings):
    """Take a step on each batch in x; return losses, the state of the scaler, weights, and the momentum.

    Behind the layer of `weight` a fixed factor `tiny` makes gradients small. One parameter takes no part.
    """
    first = nn.utils.skip_init(nn.Linear, *weight.shape[::-1])
    last = nn.utils.skip_init(nn.Linear, weight.shape[0], 3, bias=False)
    first.weight.data.copy_(weight)
    first.bias.data.zero_()
    last.weight.data.copy_(tiny * torch.linspace(-1, 1, last.weight.numel()).reshape(3, -1))
    model = nn.Sequential(first, nn.Dropout(0.0), last)
    idle = nn.Parameter(torch.ones(2))
    model[1].eval()
    for p in model.parameters():
        p.grad = torch.ones_like(p)
    before = [model[0].weight.detach().clone(), model[2].weight.detach().clone()]
    groups = [{"params": model[0].parameters()}, {"params": [*model[2].parameters(), idle], "lr": 0.05}]
    optimizer = torch.optim.SGD(groups, lr=0.1 / tiny, momentum=0.5)
    losses, states = [], []
    for rows, labels in zip(x, y, strict=True):
        losses.append(ns.train_step_amp(model, optimizer, rows, labels, scaler, getattr(torch, dtype), **settings))
        states.append([float(scaler["scale"]), int(scaler["good"]), int(scaler["interval"])])
    momentum = [optimizer.state[p].get("momentum_buffer") is not None for p in model.parameters()]
    moved = [model[0].weight.detach() - before[0], model[2].weight.detach() - before[1]]
    return losses, states, moved, momentum, [part.training for part in model.modules()], idle.detach()


# Half precision keeps 11 bits, bfloat16 8, and their last ones differ from machine to machine.
HALF = {"float16": {"rtol": 1e-2, "atol": 1e-3}, "bfloat16": {"rtol": 4e-2, "atol": 4e-3}}


def half_inputs(rng, num_steps=4, N=4, D=5):
    """Return a layer's weights and some batches of exact halves, so that their products are nearly exact."""
    weight = integers(rng, -4, 5, 4, D).float() / 4
    x = integers(rng, -4, 5, num_steps, N, D).float() / 2
    return weight, x, integers(rng, 0, 3, num_steps, N)


def compare_steps(student, reference, args, dtype, tiny=1.0, max_norm=None):
    """Compare losses, scaler, moved weights (in units of the largest move), and what is left."""
    came, expected = (door.run(half_steps, *args, dtype, tiny, max_norm=max_norm) for door in (student, reference))
    assert_close(came[0], expected[0], what="losses", **HALF[dtype])
    assert_close(came[1], expected[1], what="scale, good and interval after each step")
    for one, other, name in zip(came[2], expected[2], ("the first layer's way", "the last layer's way"), strict=True):
        unit = float(other.abs().max()) or 1.0
        assert_close(one / unit, other / unit, what=f"{name}, in units of its largest number", rtol=0.05, atol=0.03)
    for one, other, name in zip(
        came[3:], expected[3:], ("has momentum", "modes", "a parameter that takes no part"), strict=True
    ):
        assert_close(one, other, what=name)


def scaler_of(scale, good=0, interval=100):
    """Return the state of a scaler."""
    return {"scale": scale, "good": good, "interval": interval}


@exercise("train_step_amp")
@pytest.mark.parametrize(
    ("dtype", "max_norm"), [("float16", None), ("bfloat16", None), ("float16", 0.1), ("float16", 0.0)]
)
def test_some_steps(student, reference, rng, dtype, max_norm):
    """Four steps with a scale of 256, clipped and not."""
    args = *half_inputs(rng), scaler_of(256.0)
    compare_steps(student, reference, args, dtype, max_norm=max_norm)


@exercise("train_step_amp")
def test_small_gradients_survive(student, reference, rng):
    """The first layer's gradients are far below what a float16 can hold, unless the loss is scaled."""
    args = *half_inputs(rng, 1), scaler_of(2.0**12)
    compare_steps(student, reference, args, "float16", tiny=1e-7)


def set_inputs(x, num_steps):
    """Return a layer's weights of a half, batches whose numbers are all `x`, and labels of the least likely class."""
    size = num_steps, 4, 5
    return torch.full((4, 5), 0.5), torch.full(size, x), torch.zeros(size[:2], dtype=torch.int64)


@exercise("train_step_amp", costs=0.5)
def test_the_loss_is_taken_in_float32(student, reference):
    """The scale is larger than any float16, though every gradient fits."""
    compare_steps(student, reference, (*set_inputs(1 / 64, 1), scaler_of(2.0**17)), "float16", tiny=0.1)


def loss_of_single_scores(ns) -> float:
    """Return the loss of a network whose last layer gives scores in float32, between the numbers of a bfloat16."""

    class Single(nn.Module):
        def __init__(self):
            super().__init__()
            self.shift = nn.Parameter(torch.tensor([1.003, 0.0, -0.503]))

        def forward(self, x):
            return x.float().sum(dim=1, keepdim=True) * 0 + self.shift

    model = Single()
    optimizer, y = torch.optim.SGD(model.parameters(), 0.1), torch.tensor([0, 2])
    scaler = {"scale": 1.0, "good": 0, "interval": 9}
    return ns.train_step_amp(model, optimizer, torch.ones(2, 3), y, scaler, torch.bfloat16)


@exercise("train_step_amp", costs=0.25)
def test_scores_in_float32_stay_in_float32(student, reference):
    """A network may end in float32: its scores keep all their digits."""
    assert_close(student.run(loss_of_single_scores), reference.run(loss_of_single_scores), rtol=1e-6, what="the loss")


@exercise("train_step_amp", costs=0.5)
def test_an_overflow_in_the_first_layer_alone(student, reference):
    """Large weights behind it: the first layer's gradient is infinite, and the last one's is not."""
    compare_steps(student, reference, (*set_inputs(1.0, 2), scaler_of(2.0**14)), "float16", tiny=64.0)


@exercise("train_step_amp")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_an_overflow_costs_a_step_and_half_of_the_scale(student, reference, rng, dtype):
    """The scale is far too large at first: no step, no momentum, half of it next time; bfloat16 bears it."""
    args = *half_inputs(rng), scaler_of(2.0**40, good=3)
    compare_steps(student, reference, args, dtype, max_norm=1.0)


@exercise("train_step_amp")
def test_an_overflow_in_the_last_layer_alone(student, reference):
    """Some numbers of the last layer's gradient are infinite, and none of the first one's."""
    compare_steps(student, reference, (*set_inputs(0.8, 2), scaler_of(2.0**16)), "float16", tiny=0.1)


@exercise("train_step_amp", costs=0.5)
def test_a_batch_with_nan_leaves_the_weights(student, reference, rng):
    """One batch of three holds NaN: good steps before and after it."""
    weight, x, y = half_inputs(rng, 3)
    x[1, 2, 0] = math.nan
    args = weight, x, y, scaler_of(1.0)
    came, expected = (door.run(half_steps, *args, "bfloat16", 1.0, max_norm=None) for door in (student, reference))
    assert_close(came[1], expected[1], what="scale, good and interval after each step")
    assert_close(came[2], expected[2], what="the weights", rtol=0.05, atol=0.05)


@exercise("train_step_amp")
def test_the_scale_doubles_after_good_steps_in_a_row(student, reference, rng):
    """The count begins anew after each doubling."""
    for good, interval in ((0, 2), (2, 3), (0, 1)):
        args = *half_inputs(rng), scaler_of(16.0, good, interval)
        compare_steps(student, reference, args, "float16")


def half_step(ns, weight, x, y, scaler, **settings):
    """Take one step in half precision; return the loss and the weights."""
    model = nn.utils.skip_init(nn.Linear, *weight.shape[::-1], bias=False, dtype=weight.dtype)
    model.weight.data.copy_(weight)
    optimizer = torch.optim.SGD(model.parameters(), 1.0)
    if "dtype" in settings:
        settings["dtype"] = getattr(torch, settings["dtype"])
    loss = ns.train_step_amp(model, optimizer, x[0], y[0], scaler, **settings)
    return loss, model.weight.detach(), scaler["scale"]


contract(
    "train_step_amp",
    use=half_step,
    inputs=lambda rng: (*half_inputs(rng, 1), scaler_of(2.0**10)),
    settings={"max_norm": 0.2},
    tolerances={DOUBLE: {"rtol": 0.02, "atol": 0.005}},
    pure=False,
    but=NOTHING_KEPT,
    strides=False,
    device=False,
    forbids=["GradScaler"],
    instead="scale and unscale yourself",
)
