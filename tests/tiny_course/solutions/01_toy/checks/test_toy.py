"""Checks of the toy."""

import pytest

from autograder.authoring.compare import assert_close
from autograder.authoring.exercise import exercise
from autograder.authoring.inputs import noncontiguous, randn
from autograder.authoring.rules import assert_inputs_unchanged, assert_runs_on_one_device
from autograder.authoring.rules_of_source import forbid_loops


@exercise("row_means")
@pytest.mark.parametrize("rows, columns", [(4, 3), (1, 5), (7, 1)])
def test_means_agree_with_the_reference(student, reference, rng, rows, columns):
    """The means of random rows agree with the reference."""
    x = randn(rng, rows, columns)
    assert_close(student.row_means(x), reference.row_means(x))


@exercise("row_means", costs=0.5)
def test_rows_need_not_be_contiguous(student, reference, rng):
    x = noncontiguous(randn(rng, 5, 3))
    assert_close(student.row_means(x), reference.row_means(x))


@exercise("row_means")
def test_uses_no_loop(student):
    forbid_loops(student, "row_means")


@exercise("row_means")
def test_runs_on_a_gpu(student, rng):
    assert_runs_on_one_device(student, "row_means", randn(rng, 3, 2))


def fit_then_transform(ns, x, new):
    """Fit on x, and scale new."""
    scaler = ns.Scaler()
    scaler.fit(x)
    return scaler.transform(new)


@exercise("Scaler")
def test_new_rows_are_scaled_by_the_old_means(student, reference, rng):
    x, new = randn(rng, 6, 3, shift=2.0), randn(rng, 4, 3)
    assert_close(student.run(fit_then_transform, x, new), reference.run(fit_then_transform, x, new))


@exercise("Scaler", costs=0.25)
def test_input_is_left_as_it_was(student, rng):
    def_input = randn(rng, 6, 3)
    came = student.run(transform_leaves, def_input)
    assert came, "transform changes its input in place: return a new tensor"


def transform_leaves(ns, x):
    """Say whether transform leaves its input unchanged."""
    scaler = ns.Scaler()
    scaler.fit(x)
    before = x.clone()
    scaler.transform(x)
    return bool((x == before).all())


@exercise("row_means")
def test_row_means_leaves_its_input(student, rng):
    assert_inputs_unchanged(student, "row_means", randn(rng, 3, 2))
