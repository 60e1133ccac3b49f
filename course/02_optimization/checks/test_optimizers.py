"""Checks of the optimiser exercises: single steps, whole runs, and what a pure function may not do."""

import pytest
import torch

from autograder.authoring import assert_close, contract, exercise, noncontiguous, randn

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


def some_state(rule, rng, *shape, dtype=torch.float32):
    """Return a state such as a run leaves behind after six steps."""
    state = {key: randn(rng, *shape, dtype=dtype) for key in MEMORY[rule]}
    state = {key: value.square() if key in SQUARES else value for key, value in state.items()}
    return {**state, "step": 6} if rule in ("adam", "adamw") else state


def run_rule(ns, rule, w, gradients, lrs, options):
    """Feed gradients to a rule from an empty state; return w on the way, from the last back, and the last state."""
    update, state, path = getattr(ns, rule), {}, []
    for dw, lr in zip(gradients, lrs):  # noqa: B905
        w, state = update(w.clone(), dw.clone(), state, lr=lr, **options)
        path.append(w.clone())
    return torch.stack(path[:: -max(1, len(path) // 10)]), state


def run_two_at_once(ns, rule, first, second, gradients, options):
    """Update two weights in turn, each with its own state; return both at the end."""
    update, states = getattr(ns, rule), [{}, {}]
    weights = [first, second]
    for dw in gradients:
        for index, weight in enumerate(weights):
            weights[index], states[index] = update(weight.clone(), dw[index].clone(), states[index], **options)
    return weights


@for_each(OPTIONS)
def test_the_first_step_from_an_empty_state(student, reference, rng, rule):
    """With an empty state and the default settings, the new weights and the new state agree."""
    w, dw = randn(rng, 3, 4), randn(rng, 3, 4)
    assert_close(getattr(student, rule)(w, dw, {}), getattr(reference, rule)(w, dw, {}), what=f"what {rule} returns")


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
    gradients[:, 0] = 0.1  # its root mean square is below epsilon: a floor shows too
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
@pytest.mark.parametrize("shape", [(), (2, 1, 3)])
def test_weights_of_any_shape(student, reference, rng, rule, shape):
    """A single number and a stack of filters keep their shape and dtype."""
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


def inputs_of(rule, *, is_first):
    """Return what makes w, dw and a state for a rule: an empty one at the first step."""

    def inputs(rng, N=5, D=2, dtype=F64):
        state = {} if is_first else some_state(rule, rng, N, D, dtype=dtype)
        return randn(rng, N, D, dtype=dtype), randn(rng, N, D, dtype=dtype), state

    return inputs


def without_a_gradient(rng, N=5, D=2, dtype=F64):
    """Return w, a gradient of 0 and an empty state."""
    return randn(rng, N, D, dtype=dtype), torch.zeros(N, D, dtype=dtype), {}


for rule, options in OPTIONS.items():
    # A gradient that is zeroed later must not zero the memory: what comes back is new, also where no step is taken.
    contract(
        rule,
        inputs=inputs_of(rule, is_first=False),
        also=[inputs_of(rule, is_first=True), without_a_gradient, {"lr": 0.0}],
        settings={"lr": 0.3, **options},
        fresh=True,
        forbids=["optim"],
        instead="write the formula with tensor operations",
    )


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


def a_bowl(rng, D=3, dtype=F64):
    """Return w, dw and a Hessian that is positive definite."""
    root = randn(rng, D, D + 3, dtype=dtype)
    return randn(rng, D, dtype=dtype), randn(rng, D, dtype=dtype), root @ root.T


contract(
    "newton_step",
    inputs=a_bowl,
    settings={"damping": 0.5},
    costs={"own": 0.25},
    forbids=["inv", "inverse", "pinv", "inv_ex", "cholesky_inverse", "matrix_power", "tensorinv"],
    instead="torch.linalg.solve, which is cheaper and more exact",
)


@exercise("newton_step")
def test_newton_keeps_its_digits(student, rng):
    """A system that is hard to invert, and easy to solve: the step fulfils its equation to all digits."""
    turn = torch.linalg.qr(randn(rng, 8, 8, dtype=F64)).Q
    hessian = turn @ torch.diag(torch.logspace(0, -10, 8, dtype=F64)) @ turn.T
    hessian = (hessian + hessian.T) / 2
    dw = hessian @ randn(rng, 8, dtype=F64)
    came = student.newton_step(torch.zeros(8, dtype=F64), dw, hessian)
    assert_close(hessian @ -came, dw, rtol=0, atol=1e-10, what="the Hessian times the step")
