"""Checks of the schedule exercises: whole runs, their first and last steps, and the steps beyond."""

import pytest
import torch

from autograder.authoring import assert_close, contract, exercise, rand

# What may be left out of each schedule, at values at which it matters.
OPTIONS = {
    "step_decay": {"gamma": 0.5},
    "exponential_decay": {},
    "cosine_decay": {"min_lr": 0.01},
    "polynomial_decay": {"power": 1.7},
    "linear_warmup": {"start_factor": 0.3, "batch_size": 64},
    "warmup_cosine": {"start_factor": 0.3, "min_lr": 0.01},
}
READY_MADE = ("lr_scheduler", "optim")
# A cosine taken in float32 is exact enough; a schedule that is one step off is not.
CLOSE = {"rtol": 1e-4, "atol": 1e-12}


def whole_run(ns, name, num_steps, given, **settings):
    """Return the learning rates of steps 0 to num_steps - 1, each asked for by itself."""
    return [float(getattr(ns, name)(step, **given, **settings)) for step in range(num_steps)]


def at_step(ns, name, step, *settings):
    """Return the learning rate of one step."""
    return float(getattr(ns, name)(step, *settings))


def backwards_and_again(ns, name, num_steps, settings):
    """Ask for the steps from the last to the first, and for one of them twice."""
    steps = [*reversed(range(num_steps)), 3, 3]
    return [float(getattr(ns, name)(step, **settings)) for step in steps]


def somewhere(rng, low, high):
    """Return a float between low and high, rounded so that it reads well in a message."""
    return round(low + (high - low) * float(rand(rng)), 3)


def compare_run(student, reference, name, num_steps, **settings):
    """Compare a whole run of a schedule with the reference's."""
    arguments = name, num_steps, settings
    came = student.run(whole_run, *arguments)
    assert_close(came, reference.run(whole_run, *arguments), what="the list of learning rates", **CLOSE)


def what_must_be_given(name, rng):
    """Return a value for each argument of a schedule that has no default."""
    others = {
        "step_decay": {"milestones": [3, 5]},
        "exponential_decay": {"gamma": 0.8},
        "cosine_decay": {"total_steps": 7},
        "polynomial_decay": {"total_steps": 7},
        "linear_warmup": {"warmup_steps": 5},
        "warmup_cosine": {"warmup_steps": 3, "total_steps": 8},
    }
    return {"base_lr": somewhere(rng, 0.05, 2.0), **others[name]}


def some_settings(name, rng):
    """Return settings under which each argument of a schedule matters."""
    return {**what_must_be_given(name, rng), **OPTIONS[name]}


def for_each_schedule(**options):
    """Run a test once for each schedule, as a check of the exercise of that name."""
    return pytest.mark.parametrize("name", [pytest.param(name, marks=exercise(name, **options)) for name in OPTIONS])


@for_each_schedule()
def test_step_zero(student, reference, rng, name):
    """The first step of a run is step 0."""
    compare_run(student, reference, name, 1, **some_settings(name, rng))


@for_each_schedule(costs=0.25)
def test_answers_with_a_python_float(student, reference, rng, name):
    """The learning rate is a plain float: not a tensor, and not a numpy number."""
    settings = some_settings(name, rng)
    for step in (0, 2, 5, 20):
        came = getattr(student, name)(step, **settings)
        assert_close(
            came, getattr(reference, name)(step, **settings), what=f"the learning rate at step {step}", **CLOSE
        )


@for_each_schedule()
def test_a_small_rate_is_not_rounded(student, reference, rng, name):
    """A base rate of 3e-7 comes through with all its digits."""
    settings = some_settings(name, rng) | {"base_lr": 3e-7}
    settings |= {"min_lr": 1e-9} if "min_lr" in settings else {}
    came = [getattr(ns, name)(2, **settings) for ns in (student, reference)]
    assert_close(*came, what="the learning rate at step 2", rtol=1e-4, atol=0.0)


@for_each_schedule()
def test_the_steps_may_be_asked_for_in_any_order(student, reference, rng, name):
    """A schedule is a function of the step: it remembers nothing between two calls."""
    arguments = name, 10, some_settings(name, rng)
    came = student.run(backwards_and_again, *arguments)
    assert_close(
        came, reference.run(backwards_and_again, *arguments), what="the learning rates of steps 9 to 0, 3, 3", **CLOSE
    )


@exercise("step_decay")
@pytest.mark.parametrize("milestones", [[4, 9], [1], [3, 4, 10], [7, 20], [0, 5]])
def test_steps_down_at_each_milestone(student, reference, rng, milestones):
    """Over a whole run, the rate falls at the milestones and nowhere else."""
    settings = {"base_lr": somewhere(rng, 0.05, 2.0), "milestones": milestones, "gamma": somewhere(rng, 0.2, 0.9)}
    compare_run(student, reference, "step_decay", 13, **settings)


@exercise("step_decay")
def test_step_decay_with_no_milestone(student, reference, rng):
    """Without milestones the rate stays where it is."""
    compare_run(student, reference, "step_decay", 3, base_lr=somewhere(rng, 0.05, 2.0), milestones=[])


@exercise("step_decay", costs=0.25)
def test_step_decay_with_a_tuple_of_milestones(student, reference, rng):
    """Milestones may come as a tuple."""
    settings = {"base_lr": somewhere(rng, 0.05, 2.0), "milestones": (2, 5), "gamma": 0.3}
    compare_run(student, reference, "step_decay", 7, **settings)


@exercise("exponential_decay")
@pytest.mark.parametrize("gamma", [0.9, 0.5, 1.0, 1.1])
def test_falls_by_the_same_factor_at_every_step(student, reference, rng, gamma):
    """Over a whole run, each rate is gamma times the one before."""
    compare_run(student, reference, "exponential_decay", 12, base_lr=somewhere(rng, 0.05, 2.0), gamma=gamma)


@exercise("exponential_decay")
def test_exponential_decay_far_along(student, reference, rng):
    """Step 5000 is as easy as step 5, and 5000 factors in float32 add up to an error."""
    base_lr = somewhere(rng, 0.05, 2.0)
    came = student.run(at_step, "exponential_decay", 5000, base_lr, 0.999)
    expected = reference.run(at_step, "exponential_decay", 5000, base_lr, 0.999)
    assert_close(came, expected, what="the learning rate at step 5000", rtol=1e-6, atol=0.0)


@exercise("cosine_decay")
@pytest.mark.parametrize(("total_steps", "min_lr"), [(12, 0.0), (9, 0.02), (1, 0.01), (2, 0.0)])
def test_follows_half_a_cosine(student, reference, rng, total_steps, min_lr):
    """From base_lr at step 0 to min_lr at step total_steps."""
    settings = {"base_lr": somewhere(rng, 0.05, 2.0), "total_steps": total_steps, "min_lr": min_lr}
    compare_run(student, reference, "cosine_decay", total_steps + 1, **settings)


@exercise("cosine_decay")
def test_cosine_stays_down_after_the_end(student, reference, rng):
    """Beyond total_steps the rate stays at min_lr, and does not climb again."""
    settings = {"base_lr": somewhere(rng, 0.05, 2.0), "total_steps": 4, "min_lr": 0.03}
    compare_run(student, reference, "cosine_decay", 11, **settings)


@exercise("polynomial_decay")
@pytest.mark.parametrize(("total_steps", "power"), [(12, 0.9), (9, 2.0), (5, 1.0), (1, 0.5), (7, 3.3)])
def test_falls_as_a_power_of_what_is_left(student, reference, rng, total_steps, power):
    """From base_lr at step 0 to 0 at step total_steps."""
    settings = {"base_lr": somewhere(rng, 0.05, 2.0), "total_steps": total_steps, "power": power}
    compare_run(student, reference, "polynomial_decay", total_steps + 1, **settings)


@exercise("polynomial_decay")
@pytest.mark.parametrize("power", [0.9, 2.0])
def test_polynomial_stays_at_zero_after_the_end(student, reference, rng, power):
    """Beyond total_steps the rate is 0: no complex number, and no climbing again."""
    settings = {"base_lr": somewhere(rng, 0.05, 2.0), "total_steps": 4, "power": power}
    compare_run(student, reference, "polynomial_decay", 9, **settings)


@exercise("linear_warmup")
@pytest.mark.parametrize(("warmup_steps", "start_factor"), [(5, 0.1), (8, 0.0), (1, 0.25), (3, 1.0)])
def test_climbs_in_equal_steps_and_stays(student, reference, rng, warmup_steps, start_factor):
    """From start_factor of the peak at step 0 to the peak at step warmup_steps, and no further."""
    settings = {"base_lr": somewhere(rng, 0.05, 2.0), "warmup_steps": warmup_steps, "start_factor": start_factor}
    compare_run(student, reference, "linear_warmup", warmup_steps + 5, **settings)


@exercise("linear_warmup")
@pytest.mark.parametrize("batch_size", [32, 1024, 100, 256])
def test_the_peak_grows_with_the_batch(student, reference, rng, batch_size):
    """base_lr is meant for a batch of 256; the peak is in proportion to the batch."""
    settings = {"base_lr": somewhere(rng, 0.05, 2.0), "warmup_steps": 4, "start_factor": 0.2, "batch_size": batch_size}
    compare_run(student, reference, "linear_warmup", 7, **settings)


@exercise("linear_warmup", costs=0.25)
def test_no_warmup_at_all(student, reference, rng):
    """With warmup_steps = 0 the run starts at its peak."""
    settings = {"base_lr": somewhere(rng, 0.05, 2.0), "warmup_steps": 0, "batch_size": 512}
    compare_run(student, reference, "linear_warmup", 3, **settings)


@exercise("warmup_cosine")
@pytest.mark.parametrize(("warmup_steps", "total_steps"), [(4, 12), (1, 6), (5, 6), (3, 20)])
@pytest.mark.parametrize("start_factor", [0.2, 0.0])
def test_climbs_and_then_follows_the_cosine(student, reference, rng, warmup_steps, total_steps, start_factor):
    """Up to base_lr at step warmup_steps, then down to min_lr at step total_steps."""
    settings = {"warmup_steps": warmup_steps, "total_steps": total_steps, "start_factor": start_factor, "min_lr": 0.015}
    compare_run(student, reference, "warmup_cosine", total_steps + 1, base_lr=somewhere(rng, 0.05, 2.0), **settings)


@exercise("warmup_cosine")
def test_warmup_cosine_stays_down_after_the_end(student, reference, rng):
    """Beyond total_steps the rate stays at min_lr."""
    settings = {"base_lr": somewhere(rng, 0.05, 2.0), "warmup_steps": 2, "total_steps": 6, "min_lr": 0.02}
    compare_run(student, reference, "warmup_cosine", 12, **settings)


@exercise("warmup_cosine", costs=0.25)
def test_warmup_cosine_without_warmup(student, reference, rng):
    """With warmup_steps = 0 it is the cosine alone."""
    settings = {"base_lr": somewhere(rng, 0.05, 2.0), "warmup_steps": 0, "total_steps": 6, "min_lr": 0.02}
    compare_run(student, reference, "warmup_cosine", 8, **settings)


def run_inputs(name):
    """Return what makes the inputs of `whole_run`."""
    return lambda rng: (name, 10, what_must_be_given(name, rng))


for name, options in OPTIONS.items():
    contract(
        name,
        use=whole_run,
        inputs=run_inputs(name),
        settings=options,
        tolerances={torch.float64: CLOSE},
        pure=name == "step_decay",
        strides=False,
        device=False,
        forbids=READY_MADE,
        instead="write the formula of the step",
    )
