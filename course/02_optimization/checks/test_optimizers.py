"""Checks of the optimiser exercises: single steps, whole runs, and what a pure function may not do."""

import pytest
import torch

from autograder.authoring.compare import assert_close, assert_equal
from autograder.authoring.exercise import exercise
from autograder.authoring.inputs import noncontiguous, randn
from autograder.authoring.rules import assert_runs_on_one_device, forbid_names

F64 = torch.float64
# Values at which each setting matters: far from its default, so that an ignored one shows.
OPTIONS = {
    "sgd": {},
    "sgd_momentum": {"momentum": 0.7},
    "nesterov_momentum": {"momentum": 0.7},
    "adagrad": {"eps": 1e-3},
    "rmsprop": {"decay": 0.8, "eps": 1e-3},
    "adadelta": {"decay": 0.8, "eps": 1e-2},
    "adam": {"beta1": 0.8, "beta2": 0.9, "eps": 1e-3},
    "adamw": {"beta1": 0.8, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.3},
}
MEMORY = {
    "sgd": (),
    "sgd_momentum": ("velocity",),
    "nesterov_momentum": ("velocity",),
    "adagrad": ("sum_of_squares",),
    "rmsprop": ("mean_square",),
    "adadelta": ("mean_square", "mean_square_step"),
    "adam": ("m", "v"),
    "adamw": ("m", "v"),
}
# No memory at all: a share of 0 is allowed, and is not the same as one that was left out.
ZEROS = {
    "sgd_momentum": {"momentum": 0.0},
    "nesterov_momentum": {"momentum": 0.0},
    "rmsprop": {"decay": 0.0},
    "adadelta": {"decay": 0.0},
    "adam": {"beta1": 0.0, "beta2": 0.0},
    "adamw": {"beta1": 0.0, "beta2": 0.0, "weight_decay": 0.0},
}
HAS_EPSILON = ("adagrad", "rmsprop", "adadelta", "adam", "adamw")
SQUARES = ("sum_of_squares", "mean_square", "mean_square_step", "v")


def for_each(rules, **options):
    """Run a test once for each update rule, as a check of the exercise of that name."""
    return pytest.mark.parametrize("rule", [pytest.param(rule, marks=exercise(rule, **options)) for rule in rules])


def some_state(rule, rng, *shape):
    """Return a state such as a run leaves behind after six steps."""
    state = {key: randn(rng, *shape) for key in MEMORY[rule]}
    state = {key: value.square() if key in SQUARES else value for key, value in state.items()}
    return {**state, "step": 6} if rule in ("adam", "adamw") else state


def run_rule(ns, rule, w, gradients, lrs, options):
    """Feed gradients to a rule from an empty state; return every w on the way and the last state."""
    update, state, path = getattr(ns, rule), {}, []
    for dw, lr in zip(gradients, lrs):  # noqa: B905
        w, state = update(w.clone(), dw.clone(), state, lr=lr, **options)
        path.append(w.clone())
    return torch.stack(path), state


def run_two_at_once(ns, rule, first, second, gradients, options):
    """Update two weights in turn, each with its own state; return both at the end."""
    update, states = getattr(ns, rule), [{}, {}]
    weights = [first, second]
    for dw in gradients:
        for index, weight in enumerate(weights):
            weights[index], states[index] = update(weight.clone(), dw[index].clone(), states[index], **options)
    return weights


def step_and_look_back(ns, rule, w, dw, state, options):
    """Take a step and return what it was given, as it is afterwards."""
    getattr(ns, rule)(w, dw, state, **options)
    return w, dw, state


@for_each(OPTIONS)
def test_the_first_step_from_an_empty_state(student, reference, rng, rule):
    """With an empty state and the default settings, the new weights and the new state agree."""
    w, dw = randn(rng, 3, 4), randn(rng, 3, 4)
    assert_close(getattr(student, rule)(w, dw, {}), getattr(reference, rule)(w, dw, {}), what=f"what {rule} returns")


@for_each(OPTIONS)
def test_one_step_in_the_middle_of_a_run(student, reference, rng, rule):
    """The rule goes on from the state that it is given."""
    w, dw, state = randn(rng, 5, 2), randn(rng, 5, 2), some_state(rule, rng, 5, 2)
    options = {"lr": 0.3, **OPTIONS[rule]}
    came = getattr(student, rule)(w, dw, state, **options)
    assert_close(came, getattr(reference, rule)(w, dw, state, **options), what=f"what {rule} returns")


@for_each(OPTIONS)
def test_a_run_of_fifty_steps(student, reference, rng, rule):
    """Fifty steps with gradients of many sizes lead along the same path to the same state."""
    w, gradients = randn(rng, 3, dtype=F64), randn(rng, 50, 3, dtype=F64) * randn(rng, 3, dtype=F64).exp()
    arguments = rule, w, gradients, [0.1] * 50, OPTIONS[rule]
    assert_close(student.run(run_rule, *arguments), reference.run(run_rule, *arguments), what="(path, last state)")


@for_each(OPTIONS)
def test_the_learning_rate_may_change_between_steps(student, reference, rng, rule):
    """A learning rate that falls during the run changes new steps and leaves the memory alone."""
    w, gradients = randn(rng, 4, dtype=F64), randn(rng, 12, 4, dtype=F64)
    arguments = rule, w, gradients, [0.5 * 0.6**step for step in range(12)], OPTIONS[rule]
    assert_close(student.run(run_rule, *arguments), reference.run(run_rule, *arguments), what="(path, last state)")


@for_each(ZEROS)
def test_a_share_of_zero(student, reference, rng, rule):
    """With a share of 0 nothing stays of the old memory, and the state is kept all the same."""
    w, gradients = randn(rng, 4, dtype=F64), randn(rng, 3, 4, dtype=F64)
    arguments = rule, w, gradients, [0.1] * 3, ZEROS[rule]
    assert_close(student.run(run_rule, *arguments), reference.run(run_rule, *arguments), what="(path, last state)")


@for_each(HAS_EPSILON)
def test_a_tiny_gradient_meets_the_default_epsilon(student, reference, rng, rule):
    """Gradients of the size of the default epsilon, with the default settings."""
    w, gradients = randn(rng, 4, dtype=F64), randn(rng, 2, 4, dtype=F64) * 1e-9
    arguments = rule, w, gradients, [0.1] * 2, {}
    assert_close(student.run(run_rule, *arguments), reference.run(run_rule, *arguments), what="(path, last state)")


@for_each(HAS_EPSILON)
def test_a_large_epsilon_shows_where_it_stands(student, reference, rng, rule):
    """With epsilon 0.5, its place in the formula matters."""
    w, gradients = randn(rng, 4, dtype=F64), randn(rng, 3, 4, dtype=F64)
    arguments = rule, w, gradients, [0.1] * 3, {**OPTIONS[rule], "eps": 0.5}
    assert_close(student.run(run_rule, *arguments), reference.run(run_rule, *arguments), what="(path, last state)")


@for_each(OPTIONS)
def test_a_gradient_of_zero_is_no_trouble(student, reference, rng, rule):
    """A weight whose gradient has always been zero gets no NaN, and nor do its neighbours."""
    w, gradients = randn(rng, 3, dtype=F64), randn(rng, 4, 3, dtype=F64)
    gradients[:, 1] = 0
    arguments = rule, w, gradients, [0.1] * 4, {}
    assert_close(student.run(run_rule, *arguments), reference.run(run_rule, *arguments), what="(path, last state)")


@for_each(OPTIONS)
@pytest.mark.parametrize("shape", [(), (1,), (2, 1, 3), (7, 1)])
def test_weights_of_any_shape(student, reference, rng, rule, shape):
    """A single number, a bias and a stack of filters keep their shape and dtype."""
    w, dw = randn(rng, *shape), noncontiguous(randn(rng, *shape))
    options = {"lr": 0.2, **OPTIONS[rule]}
    came = getattr(student, rule)(w, dw, {}, **options)
    assert_close(came, getattr(reference, rule)(w, dw, {}, **options), what=f"what {rule} returns")


@for_each(OPTIONS)
def test_two_weights_in_turn_do_not_share_memory(student, reference, rng, rule):
    """A network has many weights: what is remembered of one must live in its own state."""
    first, second = randn(rng, 3, dtype=F64), randn(rng, 3, dtype=F64, shift=2.0)
    arguments = rule, first, second, randn(rng, 5, 2, 3, dtype=F64), {"lr": 0.1, **OPTIONS[rule]}
    came = student.run(run_two_at_once, *arguments)
    assert_close(came, reference.run(run_two_at_once, *arguments), what="the two weights")


@for_each(OPTIONS, costs=0.25)
@pytest.mark.parametrize("is_first", [True, False])
def test_nothing_that_it_was_given_changes(student, rng, rule, is_first):
    """w, dw and the state are as they were after the call: the new ones are new objects."""
    w, dw = randn(rng, 3, 2), randn(rng, 3, 2)
    state = {} if is_first else some_state(rule, rng, 3, 2)
    after = student.run(step_and_look_back, rule, w, dw, state, {"lr": 0.1, **OPTIONS[rule]})
    for name, given, now in zip(("w", "dw", "state"), (w, dw, state), after, strict=True):
        assert_equal(now, given, what=f"{name} after the call (it should not change)")


def memory_that_is_shared(ns, rule, w, dw, state, options):
    """Take a step and return the names of what comes back in the memory of what was given."""
    given = [tensor.data_ptr() for tensor in (w, dw, *state.values()) if isinstance(tensor, torch.Tensor)]
    new_w, new_state = getattr(ns, rule)(w, dw, state, **options)
    came = {"w": new_w, **new_state}
    return [name for name, value in came.items() if isinstance(value, torch.Tensor) and value.data_ptr() in given]


@for_each(OPTIONS, costs=0.25)
@pytest.mark.parametrize("is_first", [True, False])
def test_what_it_returns_is_new(student, rng, rule, is_first):
    """What comes back is not what was given: a gradient that is zeroed later must not zero the memory."""
    state = {} if is_first else some_state(rule, rng, 3, 2)
    arguments = rule, randn(rng, 3, 2), randn(rng, 3, 2), state, {"lr": 0.1, **OPTIONS[rule]}
    assert_equal(student.run(memory_that_is_shared, *arguments), [], what="what comes back without being a new tensor")


@for_each(OPTIONS, costs=0.25)
def test_works_where_the_weights_are(student, rng, rule):
    """Everything that the rule makes lives on the device of the weights."""
    assert_runs_on_one_device(student, rule, randn(rng, 3, 2), randn(rng, 3, 2), {}, lr=0.1)


@for_each(OPTIONS)
def test_writes_the_update_itself(student, rule):
    """The arithmetic is written out, not borrowed from torch.optim."""
    forbid_names(student, rule, "optim", instead="write the formula with tensor operations")


@exercise("newton_step")
@pytest.mark.parametrize("dim", [1, 2, 6])
def test_newton_with_a_positive_definite_hessian(student, reference, rng, dim):
    """In a bowl, the step agrees with the reference."""
    w, dw, root = randn(rng, dim, dtype=F64), randn(rng, dim, dtype=F64), randn(rng, dim, dim + 3, dtype=F64)
    hessian = root @ root.T
    assert_close(student.newton_step(w, dw, hessian), reference.newton_step(w, dw, hessian), what="the new w")


@exercise("newton_step")
def test_newton_lands_at_the_bottom_of_a_quadratic(student, rng):
    """One step from anywhere reaches the minimum of a quadratic bowl."""
    bottom, start, root = randn(rng, 4, dtype=F64), randn(rng, 4, dtype=F64, scale=5.0), randn(rng, 4, 7, dtype=F64)
    hessian = root @ root.T
    came = student.newton_step(start, hessian @ (start - bottom), hessian)
    assert_close(came, bottom, rtol=1e-6, atol=1e-6, what="the new w")


@exercise("newton_step")
def test_newton_at_a_saddle(student, reference, rng):
    """Curvature of both signs is allowed: the step is the same formula."""
    w, dw, turn = randn(rng, 3, dtype=F64), randn(rng, 3, dtype=F64), torch.linalg.qr(randn(rng, 3, 3, dtype=F64)).Q
    hessian = turn @ torch.diag(torch.tensor([2.0, -1.0, 0.5], dtype=F64)) @ turn.T
    assert_close(student.newton_step(w, dw, hessian), reference.newton_step(w, dw, hessian), what="the new w")


@exercise("newton_step")
@pytest.mark.parametrize("damping", [0.5, 100.0])
def test_newton_with_damping(student, reference, rng, damping):
    """Damping is added to the diagonal of the Hessian."""
    w, dw, root = randn(rng, 5, dtype=F64), randn(rng, 5, dtype=F64), randn(rng, 5, 8, dtype=F64)
    came = student.newton_step(w, dw, root @ root.T, damping=damping)
    assert_close(came, reference.newton_step(w, dw, root @ root.T, damping=damping), what="the new w")


@exercise("newton_step")
def test_newton_with_damping_where_there_is_no_curvature(student, reference, rng):
    """A Hessian that can't be solved alone can be once damping is added."""
    w, dw, row = randn(rng, 3, dtype=F64), randn(rng, 3, dtype=F64), randn(rng, 3, 1, dtype=F64)
    came = student.newton_step(w, dw, row @ row.T, damping=0.2)
    assert_close(came, reference.newton_step(w, dw, row @ row.T, damping=0.2), what="the new w")


@exercise("newton_step")
def test_newton_keeps_float32(student, reference, rng):
    """Weights in float32 stay float32."""
    w, dw = randn(rng, 3), randn(rng, 3)
    hessian = torch.tensor([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]])
    came = student.newton_step(w, dw, hessian, damping=0.1)
    assert_close(came, reference.newton_step(w, dw, hessian, damping=0.1), what="the new w")


def newton_and_look_back(ns, w, dw, hessian, damping):
    """Take a step and return what it was given, as it is afterwards."""
    ns.newton_step(w, dw, hessian, damping=damping)
    return w, dw, hessian


@exercise("newton_step", costs=0.25)
def test_newton_leaves_its_inputs_alone(student, rng):
    """w, dw and the Hessian are as they were after the call."""
    given = randn(rng, 3), randn(rng, 3), torch.diag(randn(rng, 3).square() + 1)
    after = student.run(newton_and_look_back, *given, 0.5)
    for name, before, now in zip(("w", "dw", "the Hessian"), given, after, strict=True):
        assert_equal(now, before, what=f"{name} after the call (it should not change)")


@exercise("newton_step", costs=0.25)
def test_newton_works_where_the_weights_are(student, rng):
    """Everything that the step makes lives on the device of the weights."""
    hessian = torch.diag(randn(rng, 3).square() + 1)
    assert_runs_on_one_device(student, "newton_step", randn(rng, 3), randn(rng, 3), hessian, damping=0.5)


@exercise("newton_step")
def test_newton_keeps_its_digits(student, rng):
    """A system that is hard to invert, and easy to solve: the step fulfils its equation to all digits."""
    turn = torch.linalg.qr(randn(rng, 8, 8, dtype=F64)).Q
    hessian = turn @ torch.diag(torch.logspace(0, -10, 8, dtype=F64)) @ turn.T
    hessian = (hessian + hessian.T) / 2
    dw = hessian @ randn(rng, 8, dtype=F64)
    came = student.newton_step(torch.zeros(8, dtype=F64), dw, hessian)
    assert_close(hessian @ -came, dw, rtol=0, atol=1e-10, what="the Hessian times the step")


@exercise("newton_step", costs=0.25)
def test_newton_solves_and_does_not_invert(student):
    """A linear system is solved; no inverse matrix is formed."""
    inverses = "inv", "inverse", "pinv", "inv_ex", "cholesky_inverse", "matrix_power", "tensorinv"
    forbid_names(student, "newton_step", *inverses, instead="torch.linalg.solve, which is cheaper and more exact")
