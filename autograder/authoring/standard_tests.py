"""The standard tests that a contract makes: ordinary tests of pytest, one for each promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import torch

from autograder.authoring.behaviour import same
from autograder.authoring.compare import RuleBroken
from autograder.authoring.contract import DOUBLE, Contract
from autograder.authoring.doors import Door
from autograder.authoring.inputs import column_major, noncontiguous
from autograder.authoring.probes import operation_counts
from autograder.authoring.rules import assert_all_run_on_one_device, assert_no_side_effects, forbid_operations
from autograder.authoring.rules_of_source import forbid_autograd, forbid_names, limit_loops
from autograder.plain.devices import with_tensors
from autograder.plain.errors import CourseError

# What a test costs where the contract says nothing: the side conditions a quarter, the rest everything.
COSTS = {"alone": 0.25, "device": 0.25, "dtype": 0.25, "strides": 0.25}
NAMES = {
    "dtype": "keeps_the_dtype",
    "strides": "takes_any_strides",
    "square": "where_all_sizes_are_equal",
    "one": "with_a_size_of_one",
    "settings": "heeds_every_setting",
    "alone": "leaves_all_else_alone",
    "device": "stays_on_one_device",
    "all_at_once": "works_on_all_at_once",
    "loops": "needs_no_python_loop",
    "own": "is_your_own",
}
Test = Callable[..., None]
T = TypeVar("T")


def tests_of(contract: Contract) -> Iterator[tuple[Test, float]]:
    """Yield the tests of a contract, each with what it costs.

    Raises CourseError where the contract names none of them.
    """
    made = {key: test for key, test in _each(contract) if test is not None}
    strange = set(contract.costs) - set(made)
    if strange:
        raise CourseError(
            f"the contract of {contract.exercise} gives costs for {', '.join(sorted(strange))}: "
            f"its tests are {', '.join(made)}"
        )
    for key, test in made.items():
        test.__name__ = test.__qualname__ = test_name(contract.exercise, key)
        yield test, contract.costs.get(key, COSTS.get(key, 1.0))


def test_name(exercise: str, key: str) -> str:
    """Return the name of a contract's test."""
    return f"test_{exercise}_{NAMES[key]}"


test_name.__test__ = False  # type: ignore[attr-defined]


def _each(contract: Contract) -> Iterator[tuple[str, Test | None]]:
    yield "settings", _heeds_settings(contract) if contract.settings else None
    yield "square", _of_equal_sizes(contract) if contract.square_sizes else None
    yield "one", _of_size_one(contract) if contract.single_axes else None
    yield "dtype", _keeps_dtype(contract) if contract.takes_dtype else None
    yield "strides", _takes_strides(contract) if contract.strides else None
    yield "alone", _leaves_alone(contract)
    yield "device", _stays_on_device(contract) if contract.device else None
    yield "all_at_once", _works_at_once(contract) if contract.all_at_once else None
    yield "loops", _needs_no_loop(contract) if contract.no_loops is not False else None
    ruled = contract.forbids or contract.forbids_operations or contract.by_hand
    yield "own", _is_your_own(contract) if ruled else None


Case = tuple[Sequence[Any], Mapping[str, Any]]


class Once(Generic[T]):
    """What a test makes of its generator, made once for a class: each student's test starts it at the same place."""

    def __init__(self, make: Callable[[np.random.Generator], T]) -> None:
        self._make = make
        self._kept: tuple[Any, T] | None = None

    def of(self, rng: np.random.Generator) -> T:
        """Return what `make` makes of a generator that stands where this one does. Nobody changes it."""
        place = rng.bit_generator.state
        if self._kept is None or self._kept[0] != place:
            self._kept = place, self._make(rng)
        return self._kept[1]


def _agrees(contract: Contract, make: Callable[[np.random.Generator], Sequence[Case]]) -> Test:
    """The test that asks both sides the same, each in one trip, and compares."""
    made = Once(make)

    def test(student: Door, reference: Door, rng: np.random.Generator) -> None:
        cases = made.of(rng)
        for expected, came in zip(contract.ask_each(reference, cases), contract.ask_each(student, cases), strict=True):
            contract.assert_agree(came, expected)

    return test


def _heeds_settings(contract: Contract) -> Test:
    everything = dict(contract.settings)
    choices = [everything, *({key: value for key, value in everything.items() if key != name} for name in everything)]

    test = _agrees(contract, lambda rng: [(args, settings) for args in [contract.draw(rng)] for settings in choices])
    test.__doc__ = (
        f"{_listed(everything)} {'matter' if len(everything) > 1 else 'matters'}; what is left out "
        f"has the value that the docstring gives it."
    )
    return test


def _of_equal_sizes(contract: Contract) -> Test:
    test = _agrees(contract, lambda rng: [(contract.draw(rng, **contract.square_sizes), contract.settings)])
    sizes = " = ".join([*contract.square_sizes, str(max(contract.square_sizes.values()))])
    test.__doc__ = f"With {sizes}, no shape tells one axis from another."
    return test


def _of_size_one(contract: Contract) -> Test:
    test = _agrees(
        contract, lambda rng: [(contract.draw(rng, **{axis: 1}), contract.settings) for axis in contract.single_axes]
    )
    test.__doc__ = f"With {' or '.join(f'{axis} = 1' for axis in contract.single_axes)}, no axis is lost."
    return test


def _keeps_dtype(contract: Contract) -> Test:
    follows = contract.digits and DOUBLE in contract.dtypes
    kinds = [(dtype, *contract.cases[0]) for dtype in contract.dtypes]
    kinds += [(contract.dtypes[-1], *case) for case in contract.cases[1:]]

    def make(rng: np.random.Generator) -> list[Case]:
        cases: list[Case] = [(inputs(rng, dtype=dtype), settings) for dtype, inputs, settings in kinds]
        if follows:
            full = cases[contract.dtypes.index(DOUBLE)]
            cases.append((with_tensors(_shortened, full[0]), full[1]))
        return cases

    made = Once(make)

    def test(student: Door, reference: Door, rng: np.random.Generator) -> None:
        cases = made.of(rng)
        expected = list(contract.ask_each(reference, cases[: len(kinds)]))
        came = contract.ask_each(student, cases)
        answers = []
        for (dtype, _, _), right in zip(kinds, expected, strict=True):
            answers.append(next(came))
            contract.assert_agree(answers[-1], right, dtype)
        if follows and same(answers[contract.dtypes.index(DOUBLE)], next(came)):
            raise RuleBroken(
                f"{contract.exercise} gives the same answer when its float64 inputs change after the seventh "
                f"digit: something "
                "goes through float32 on the way; make what you make of an input's dtype"
            )

    names = [str(dtype).removeprefix("torch.") for dtype in contract.dtypes]
    test.__doc__ = f"{' and '.join(names)} come back as they went in{', with all their digits' * follows}."
    return test


def _shortened(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float().double() if tensor.dtype == DOUBLE else tensor


def _takes_strides(contract: Contract) -> Test:
    def make(rng: np.random.Generator) -> list[Case]:
        args = contract.draw(rng)
        layouts = [args, *(with_tensors(laid_out, args) for laid_out in (noncontiguous, column_major))]
        return [(one, contract.settings) for one in layouts]

    made = Once(make)

    def test(student: Door, reference: Door, rng: np.random.Generator) -> None:
        plain, *cases = made.of(rng)
        (expected,) = contract.ask_each(reference, [plain])
        for came in contract.ask_each(student, cases):
            contract.assert_agree(came, expected)

    test.__doc__ = "Memory with gaps between the rows, and memory that runs down the columns, give the same answer."
    return test


def _leaves_alone(contract: Contract) -> Test:
    kind = contract.exercise if contract.use is not None and contract.exercise[0].isupper() else None
    made = Once(lambda rng: [(inputs(rng), contract.inputs(rng), settings) for inputs, settings in contract.cases])

    def test(student: Door, rng: np.random.Generator) -> None:
        assert_no_side_effects(
            student,
            contract.subject,
            made.of(rng),
            names=contract.input_names,
            kind=kind,
            called=contract.exercise,
            pure=contract.pure,
            fresh=contract.fresh,
            draws=contract.draws,
        )

    test.__doc__ = "Its inputs, its earlier answers and everybody's random numbers are as they were."
    return test


def _stays_on_device(contract: Contract) -> Test:
    made = Once(lambda rng: [(inputs(rng), settings) for inputs, settings in contract.cases])

    def test(student: Door, rng: np.random.Generator) -> None:
        assert_all_run_on_one_device(student, contract.subject, made.of(rng), called=contract.exercise)

    test.__doc__ = "Where the inputs are on a GPU, everything is made there."
    return test


def _works_at_once(contract: Contract) -> Test:
    def make(rng: np.random.Generator) -> list[tuple[Any, ...]]:
        larger = [{axis: 4 * contract.axes[axis] + 3} for axis in contract.all_at_once]
        return [contract.draw(rng, **sizes) for sizes in ({}, *larger)]

    made = Once(make)

    def test(student: Door, rng: np.random.Generator) -> None:
        few, *many = student.run(operation_counts, contract.subject, made.of(rng))
        for axis, count in zip(contract.all_at_once, many, strict=True):
            if count > few + 4:
                raise RuleBroken(
                    f"{contract.exercise} makes {few} tensor operations for small inputs and {count} where "
                    f"{axis} is larger: "
                    f"it still goes along {axis} piece by piece; whole-tensor operations make as many for both"
                )

    test.__doc__ = f"A larger {' or '.join(contract.all_at_once)} takes no more tensor operations."
    return test


def _needs_no_loop(contract: Contract) -> Test:
    most = 0 if contract.no_loops is True else int(contract.no_loops)

    def test(student: Door) -> None:
        limit_loops(student, contract.exercise, most)

    test.__doc__ = (
        "Whole-tensor operations do all the work."
        if not most
        else f"At most {most} Python loop{'s' if most > 1 else ''} is left."
    )
    return test


def _is_your_own(contract: Contract) -> Test:
    draws = contract.by_hand or bool(contract.forbids_operations)
    made = Once(lambda rng: contract.draw(rng) if draws else ())

    def test(student: Door, rng: np.random.Generator) -> None:
        args = made.of(rng)
        if contract.by_hand:
            forbid_autograd(
                student,
                contract.exercise,
                *contract.forbids,
                instead=contract.instead,
                args=args,
                kwargs=dict(contract.settings),
                subject=contract.subject,
            )
        elif contract.forbids:
            forbid_names(student, contract.exercise, *contract.forbids, instead=contract.instead)
        if contract.forbids_operations:
            forbid_operations(
                student,
                contract.subject,
                *contract.forbids_operations,
                args=args,
                kwargs=dict(contract.settings),
                called=contract.exercise,
                instead=contract.instead,
            )

    told = [*(["autograd"] if contract.by_hand else []), *contract.forbids[:3]]
    test.__doc__ = f"It is written by you: without {', '.join(told)} and the like." if told else "It is written by you."
    return test


def _listed(settings: Mapping[str, Any]) -> str:
    *first, last = settings
    return f"{', '.join(first)} and {last}" if first else f"{last}"
