"""Hints from numbers: how what came relates to what was expected, and when a known mistake is named.

The answers are judged by real checks, run as for a student; what each is wrong by is known because it was written so.
"""

from __future__ import annotations

import math

import pytest
import torch

from autograder.authoring.doors import LiveSide
from autograder.checking.assess import judge
from autograder.checking.judging import WarmChecks
from autograder.checking.plugin import Job
from autograder.checking.recording import KnownMistake, Recorder, Recording, Replay
from autograder.checking.sketch import sketch_of
from autograder.plain.errors import StudentRaised

CHECKS = """
import pytest
import torch
from autograder.authoring import assert_close, exercise, randn


@exercise("growth")
@pytest.mark.parametrize("rows, columns", [(4, 3), (6, 2), (5, 7)])
def test_values(student, reference, rng, rows, columns):
    x = randn(rng, rows, columns, dtype=torch.float64)
    assert_close(student.growth(x), reference.growth(x))


@exercise("growth")
def test_scaled(student, reference, rng):
    x = randn(rng, 3, 5, dtype=torch.float64)
    assert_close(student.growth(x, scale=3.0), reference.growth(x, scale=3.0))


@exercise("growth")
def test_moved_inputs_move_nothing(student, rng):
    x = randn(rng, 3, 5, dtype=torch.float64)
    assert_close(student.growth(x), student.growth(x.clone()))


@exercise("growth")
def test_all_are_positive(student, rng):
    assert bool((student.growth(randn(rng, 2, 2, dtype=torch.float64)) > 0).all()), "not all are positive"


@exercise("loss")
@pytest.mark.parametrize("rows", [4, 6, 5, 1])
def test_loss(student, reference, rng, rows):
    x = randn(rng, rows, 3, dtype=torch.float64)
    assert_close(student.loss(x), reference.loss(x))


@exercise("path")
@pytest.mark.parametrize("steps", [5, 8])
def test_path(student, reference, rng, steps):
    assert_close(student.path(1.5, steps), reference.path(1.5, steps))


@exercise("single")
def test_single(student, reference):
    assert_close(student.single(2.0), reference.single(2.0))


@exercise("symmetric")
def test_symmetric(student, reference, rng):
    x = randn(rng, 4, 4, dtype=torch.float64)
    assert_close(student.symmetric(x), reference.symmetric(x))
"""


def growth(x, scale=1.0):
    return scale * x.exp()


def loss(x):
    return x.square().sum(dim=1).mean()


def path(start, steps):
    trail, at = [], start
    for _ in range(steps):
        trail.append(at)
        at = 0.7 * at
    return {"trail": trail, "steps": steps}


RIGHT = {
    "growth": growth,
    "loss": loss,
    "path": path,
    "single": lambda x: x + 3.0,
    "symmetric": lambda x: x + x.T,
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Judge one answer: `judged("loss", function)` gives its result; mistakes={name: function} are known ones."""
    file = tmp_path_factory.mktemp("checks") / "test_numbers.py"
    file.write_text(CHECKS)

    checks = WarmChecks(file)

    def judged(exercise, answer, mistakes=None, seed=0):
        def use(runner):
            recorders = {}
            reference = lambda test: recorders.setdefault(test, Recorder(RIGHT))  # noqa: E731
            list(runner.run(Job(LiveSide(RIGHT), reference, seed, trusted=True)))
            answers = {test: tuple(one.answers) for test, one in recorders.items()}
            known = tuple(_known(runner, answers, exercise, *one, seed) for one in (mistakes or {}).items())
            recording = Recording(seed, dict.fromkeys(RIGHT, 1.0), answers, {exercise: known})
            return judge(runner, LiveSide(RIGHT | {exercise: answer}), recording, [exercise])[0]

        return checks.use(use)

    yield judged
    checks.close()


def _known(runner, answers, exercise, hint, function, seed):
    job = Job(
        LiveSide(RIGHT | {exercise: function}),
        lambda test: Replay(test, answers.get(test, ())),
        seed,
        frozenset([exercise]),
    )
    failed = [run for run in runner.run(job) if run.failure is not None]
    raises = frozenset(run.name for run in failed if isinstance(run.failure, StudentRaised))
    return KnownMistake(hint, hint, {run.name: sketch_of(run.evidence) for run in failed}, raises)


def is_square(x):
    return x.shape[0] == x.shape[1]


RELATIONS = [
    ("growth", lambda x, scale=1.0: 2.5 * growth(x, scale), "Your answer is the right one times 2.5 in every place"),
    ("growth", lambda x, scale=1.0: growth(x, scale) / 3, "Your answer is the right one divided by 3 in every place"),
    ("growth", lambda x, scale=1.0: -growth(x, scale), "Your answer is the right one with its sign turned"),
    ("growth", lambda x, scale=1.0: growth(x, scale) / math.log(2), "Your answer is the right one divided by ln 2"),
    ("growth", lambda x, scale=1.0: growth(x, scale) * math.log(10), "Your answer is the right one times ln 10"),
    ("growth", lambda x, scale=1.0: growth(x, scale) + 0.5, "Your answer is the right one plus 0.5 in every place"),
    ("growth", lambda x, scale=1.0: growth(x, scale).T, "Your answer is the right one transposed"),
    ("growth", lambda x, scale=1.0: growth(x, scale).flip(0), "Your answer is the right one in reverse order"),
    ("growth", lambda x, scale=1.0: growth(x, scale).reshape(-1), "Your answer has the right numbers in the right"),
    ("growth", lambda x, scale=1.0: growth(x, scale).log(), "Each number of your answer is the logarithm of"),
    ("growth", lambda x, scale=1.0: growth(x, scale).float(), "The numbers of your answer are right, only their dtype"),
    (
        "growth",
        lambda x, scale=1.0: growth(x, scale) * (1 + 3e-7 * x.sign()),
        "Your answer is right to about seven digits",
    ),
    ("growth", lambda x, scale=1.0: growth(x, scale).clamp(max=0.8), "Your answer is right up to 0.8 and never"),
    ("growth", lambda x, scale=1.0: growth(x), "Your answer is right wherever `scale` is left out, and wrong where"),
    (
        "growth",
        lambda x, scale=2.0: growth(x, scale + (scale == 2.0) * x),
        "Your answer is right wherever `scale` is g",
    ),
    ("loss", lambda x: x.square().sum(), "Your answer is the right one times the size of its first input's first axis"),
    (
        "loss",
        lambda x: loss(x) / len(x),
        "Your answer is the right one divided by the size of its first input's first axis",
    ),
    ("path", lambda s, n: {"trail": [s, *path(s, n)["trail"][:-1]], "steps": n}, "The `trail` that you return is one"),
    ("path", lambda s, n: {"trail": path(0.7 * s, n)["trail"], "steps": n}, "The `trail` that you return is the right"),
    ("path", lambda s, n: {"trail": path(s, n)["trail"][::-1], "steps": n}, "The `trail` that you return is the right"),
]


@pytest.mark.parametrize("exercise, answer, said", RELATIONS, ids=[said[:60] for _, _, said in RELATIONS])
def test_a_relation_that_holds_in_every_place_is_said_at_every_seed(judged, exercise, answer, said):
    for seed in (0, 1):
        assert (judged(exercise, answer, seed=seed).hint or "").startswith(said), seed


UNRELATED = {
    "one number alone is weak evidence": ("single", lambda x: 2 * (x + 3.0)),
    "a symmetric matrix is its own transpose": ("symmetric", lambda x: (x + x.T).T + 1e-3 * x),
    "no relation holds in two tests at once": (
        "growth",
        lambda x, scale=1.0: growth(x, scale) * (len(x) - 1),
    ),
    "a test that is right is against it": ("growth", lambda x, scale=1.0: growth(x, scale) * (2 - (len(x) == 6))),
    "an argument is left out where it is right too": (
        "growth",
        lambda x, scale=1.0: growth(x, scale) + 0.01 * (len(x) == 6) * x.cos(),
    ),
    "an exception is no number": ("growth", lambda x, scale=1.0: 2 * growth(x, scale) if len(x) == 6 else x.nothing),
}


@pytest.mark.parametrize("exercise, answer", UNRELATED.values(), ids=UNRELATED)
def test_a_relation_that_explains_nothing_or_not_all_is_not_said(judged, exercise, answer):
    assert judged(exercise, answer).score == 0
    assert judged(exercise, answer).hint is None


def test_right_but_for_places_that_are_not_finite_is_said_where_others_are_right(judged):
    nan = float("nan")
    hint = judged("growth", lambda x, scale=1.0: growth(x, scale).where(x < 1, torch.tensor(nan).double())).hint
    assert hint.startswith("Your answer is right everywhere but where it is NaN or infinite")


TOO_LARGE = {"It adds the rows up.": lambda x: x.square().sum(), "It forgets the squares.": lambda x: x.sum(1).mean()}


def test_a_known_mistake_comes_with_the_relation_as_a_bare_fact(judged):
    hint = judged("loss", lambda x: (x * x).sum(), TOO_LARGE).hint
    assert hint == (
        "It adds the rows up. "
        "Your answer is the right one times the size of its first input's first axis, in every place."
    )


def test_a_known_mistake_that_is_not_related_to_the_right_answer_is_named_alone(judged):
    assert judged("loss", lambda x: torch.mean(x.sum(dim=1)), TOO_LARGE).hint == "It forgets the squares."


def test_a_mistake_that_explains_some_of_the_failed_tests_is_not_named(judged):
    def sometimes(x):
        return x.sum(1).mean() if len(x) > 4 else x.sum() ** 3

    assert judged("loss", sometimes, TOO_LARGE).hint is None


def test_a_mistake_that_fails_where_the_answer_passes_is_not_named(judged):
    def but_for_six_rows(x):
        return loss(x) if len(x) == 6 else x.sum(1).mean()

    assert judged("loss", but_for_six_rows, TOO_LARGE).hint is None


def test_a_mistake_that_raises_at_an_edge_is_named_where_the_answer_has_seen_to_that_edge(judged):
    def raises_for_one_row(x):
        return x.sum(1).mean() if len(x) > 1 else x.nothing

    def has_seen_to_it(x):
        return x.sum(1).mean() if len(x) > 1 else loss(x)

    assert judged("loss", has_seen_to_it, {"It forgets the squares.": raises_for_one_row}).hint == (
        "It forgets the squares."
    )


def test_of_several_mistakes_that_explain_all_only_what_they_share_is_said(judged):
    twice = {
        f"The squares are left out. {tail}": lambda x: x.sum(1).mean() for tail in ("Think of (a).", "Think of (b).")
    }
    assert judged("loss", lambda x: x.sum(1).mean(), twice).hint == "The squares are left out."
    apart = {"This one.": lambda x: x.sum(1).mean(), "That one.": lambda x: x.sum(1).mean()}
    assert judged("loss", lambda x: x.sum(1).mean(), apart).hint is None


def test_what_a_test_does_not_compare_tells_no_mistake_from_another(judged):
    """A mistake is known by the values that were compared, whatever else came with them."""
    known = {"Its trail is squared.": lambda s, n: {"trail": [one**2 for one in path(s, n)["trail"]], "steps": n}}
    hint = judged("path", known["Its trail is squared."], known).hint
    assert hint.startswith("Its trail is squared. ")
