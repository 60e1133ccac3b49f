"""The tests that `modules` makes: ordinary tests of pytest, the names first, since without them no weight loads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pytest
import torch

from autograder.authoring.compare import Mismatch, assert_close, assert_equal, describe
from autograder.authoring.doors import Door
from autograder.authoring.module_probes import (
    module_answer,
    module_gradients,
    module_in_training,
    modules_in_turn,
    names_of_modules,
)
from autograder.authoring.modules import Case, Modules
from autograder.authoring.probe import probe_of
from autograder.authoring.standard_tests import Once
from autograder.plain.devices import tensors
from autograder.plain.errors import CourseError

# What a test costs where nothing is said.
COSTS = {"gradients": 0.5, "apart": 0.5}
NAMES = {
    "names": "stores_the_right_names",
    "evaluation": "answers_in_evaluation",
    "training": "answers_in_training",
    "gradients": "lets_gradients_through",
    "apart": "shares_nothing",
}
MOST_NAMED = 6
Test = Callable[..., None]
Compare = Callable[[Any, Any, str], None]
Asked = list[tuple[list[Any], dict[str, Any]]]


def tests_of(modules: Modules) -> Iterator[tuple[Test, float]]:
    """Yield the tests, each with what it costs. Raises CourseError where `modules` names one that there isn't."""
    made = {key: test for key, test in _each(modules) if test is not None}
    strange = set(modules.costs) - set(made)
    if strange:
        raise CourseError(
            f"the modules of {modules.exercise} give costs for {', '.join(sorted(strange))}: "
            f"the tests are {', '.join(made)}"
        )
    for key, test in made.items():
        test.__name__ = test.__qualname__ = module_test_name(modules.exercise, key)
        yield test, modules.costs.get(key, COSTS.get(key, 1.0))


def module_test_name(exercise: str, key: str) -> str:
    """Return the name of a test."""
    return f"test_{exercise}_{NAMES[key]}"


def _each(modules: Modules) -> Iterator[tuple[str, Test | None]]:
    yield "names", _stores_names(modules)
    yield "evaluation", _answers_in_evaluation(modules)
    yield "training", _answers_in_training(modules)
    yield "gradients", _lets_gradients_through(modules)
    yield "apart", _shares_nothing(modules)


def _stores_names(modules: Modules) -> Test:
    asked = [(list(one.args), dict(one.settings), one.large) for one in modules.all.values()]

    def test(student: Door, reference: Door) -> None:
        # In one answer: mistakes that differ in a later case only are told apart by that.
        expected, came = (side.run(names_of_modules, modules.subject, asked) for side in (reference, student))
        if len(came) != len(expected):
            raise Mismatch("other modules came than were asked for", str(len(came)), str(len(expected)))
        for name, one, other in zip(modules.all, came, expected, strict=True):
            assert_names(one, other, _where(modules, name))

    test.__doc__ = "What it stores has the names and shapes of its docstring, so that stored weights load."
    return test


def _answers_in_evaluation(modules: Modules) -> Test | None:
    def compare(came: Any, expected: Any, where: str) -> None:
        _assert_close(modules, came, expected, f"{where}the output in evaluation mode")

    groups = [_ask(modules, module_answer, group, compare) for group in modules.groups.values()]
    if not groups:
        return None
    test: Test
    if list(modules.groups) == [""]:
        (test,) = groups
    else:

        @pytest.mark.parametrize("number", range(len(groups)), ids=list(modules.groups))
        def test(student: Door, reference: Door, rng: np.random.Generator, number: int) -> None:
            groups[number](student, reference, rng)

    test.__doc__ = "With the same weights the output is the right one, in evaluation mode."
    return test


def _answers_in_training(modules: Modules) -> Test | None:
    def compare(came: Any, expected: Any, where: str) -> None:
        _assert_pair(came, expected, where)
        _assert_close(modules, came[0], expected[0], f"{where}the output in training mode")
        for name, value in expected[1].items():
            after = f"{where}{name} after a call in training mode"
            if type(came[1]) is not dict or name not in came[1]:
                raise Mismatch(f"{after} is not there", "nothing of that name", describe(value))
            _assert_close(modules, came[1][name], value, after)

    cases = modules.chosen(modules.training)
    if not cases:
        return None
    test = _ask(modules, module_in_training, cases, compare)
    test.__doc__ = "In training mode the output is the right one, and so are the running statistics afterwards."
    return test


def _lets_gradients_through(modules: Modules) -> Test | None:
    def compare(came: Any, expected: Any, where: str) -> None:
        if type(came) is not dict:
            raise Mismatch(f"{where}there are no gradients by name", describe(came), describe(expected))
        for name, value in expected.items():
            if came.get(name) is None and value is not None:
                raise Mismatch(f"{where}no gradient arrives at {name}", "None", "a gradient")
            _assert_close(modules, came.get(name), value, f"{where}the gradient of {name}{', added up' * modules.sums}")

    cases = modules.chosen(modules.gradients)
    if not cases:
        return None
    test = _ask(modules, module_gradients, cases, compare, modules.sums)
    test.__doc__ = "The gradients of the input and of every parameter are the right ones: nothing is cut off."
    return test


def _shares_nothing(modules: Modules) -> Test | None:
    def compare(came: Any, expected: Any, where: str) -> None:
        _assert_pair(came, expected, where)
        assert_equal(came[0], True, what=f"{where}whether the input is as it was")
        _assert_close(modules, came[2], expected[2], f"{where}the output of the first of two")
        assert_equal(came[1], True, what=f"{where}whether it answers as before, once others were asked")
        _assert_close(modules, came[3], expected[3], f"{where}the output of the second of two")

    cases = modules.chosen(modules.apart)
    if not cases:
        return None

    def make(rng: np.random.Generator) -> Asked:
        return [
            ([*modules.how(one), one.inputs(rng), one.others(rng), dict(one.values), modules.rounded], {})
            for one in cases.values()
        ]

    made = Once(make)

    def test(student: Door, reference: Door, rng: np.random.Generator) -> None:
        _compare_each(modules, modules_in_turn, cases, made.of(rng), student, reference, compare)

    test.__doc__ = "A second one has weights of its own, a second call answers as the first, and the input stays."
    return test


def _ask(modules: Modules, probe: Callable[..., Any], cases: Mapping[str, Case], compare: Compare, *more: Any) -> Test:
    """The test that asks both sides for the same cases, each side in one trip, and compares."""

    def make(rng: np.random.Generator) -> Asked:
        return [
            ([*modules.how(one), one.inputs(rng), dict(one.values), modules.rounded, *more], {})
            for one in cases.values()
        ]

    made = Once(make)

    def test(student: Door, reference: Door, rng: np.random.Generator) -> None:
        _compare_each(modules, probe, cases, made.of(rng), student, reference, compare)

    return test


def _compare_each(
    modules: Modules,
    probe: Callable[..., Any],
    cases: Mapping[str, Case],
    asked: Asked,
    student: Door,
    reference: Door,
    compare: Compare,
) -> None:
    shipped = probe_of(probe)
    sides = [side.each(modules.exercise, [shipped.name, shipped.source], asked) for side in (reference, student)]
    for name, expected, came in zip(cases, *sides, strict=True):
        compare(came, expected, _where(modules, name))


def _where(modules: Modules, name: str) -> str:
    """Return what stands before a message: which case it is, where there are several."""
    return f"{name}: " if len(modules.all) > 1 else ""


def assert_names(came: Any, expected: dict[str, list[int]], where: str = "") -> None:
    """Compare what two modules store, {name: shape}: names that are missing, names that are too many, shapes.

    Each by a Mismatch of its own and not by assert_equal: a mistake is known by what was compared so, where anything
    was, and here by the whole of what is stored.
    """
    if type(came) is not dict:
        raise Mismatch(f"{where}there are no names", describe(came), describe(expected))
    missing, more = [name for name in expected if name not in came], [name for name in came if name not in expected]
    if missing or more:
        raise Mismatch(
            f"{where}other names are stored than the docstring gives",
            _listed(more) or "none beside the right ones",
            f"{_listed(missing)}" if missing else "none of these",
        )
    for name, shape in expected.items():
        if came[name] != shape:
            raise Mismatch(f"{where}the shape of {name} is another", str(came[name]), str(shape), kind="shape")


def _listed(names: list[Any]) -> str:
    return ", ".join(map(str, names[:MOST_NAMED])) + ", …" * (len(names) > MOST_NAMED)


def _assert_pair(came: Any, expected: tuple[Any, ...], where: str) -> None:
    if type(came) is not tuple or len(came) != len(expected):
        raise Mismatch(f"{where}something else came back", describe(came), describe(expected))


def _assert_close(modules: Modules, came: Any, expected: Any, what: str) -> None:
    """Compare; of what was rounded to float32, the digits that are left, seen from the largest number."""
    if not modules.rounded:
        assert_close(came, expected, what=what)
        return
    sizes = [float(one.abs().max()) for one in tensors(expected) if one.numel() and one.dtype != torch.bool]
    assert_close(came, expected, rtol=1e-6, atol=1e-6 * max([0.01, *sizes]), what=what)
