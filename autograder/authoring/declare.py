"""`contract(...)` and `modules(...)`, as a file of checks calls them: the tests that they make get into that file."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from autograder.authoring.contract import Contract, Inputs
from autograder.authoring.exercise import DEVICES
from autograder.authoring.exercise import exercise as belongs_to
from autograder.authoring.module_tests import tests_of as module_tests_of
from autograder.authoring.modules import Cases, Modules
from autograder.authoring.standard_tests import Test, tests_of
from autograder.plain.errors import CourseError

_REGISTER, _MODULES = "__contracts__", "__modules__"


def contract(*exercises: str, inputs: Inputs, **promises: Any) -> None:
    """Declare what holds for one or several exercises: makes their standard tests in the file that calls this.

    Args:
        exercises: names of exercises to which the same holds.
        inputs: `inputs(rng, N=4, D=3, dtype=torch.float64)` returns the arguments of a call. Its own arguments after
            rng are the named axes with their usual sizes, all different, and `dtype` where the exercise takes several.
        also: what the code may take another way for: inputs of another kind, in the same form (an empty state, a zero),
            or other settings ({"approximate": "none"}).
        settings: arguments that have a default, each with another value, at which it matters: {"momentum": 0.7}.
        use: a probe `use(ns, *inputs, **settings)` for what is not called with data and answers with data: it builds
            the class that the exercise is, uses it, and returns data. It passes the settings on and has no defaults.
        compare: compares an answer with the reference's; `assert_close` if nothing is said.
        dtypes: float dtypes that come back as they went in.
        digits: the answer follows every digit of a float64, so that one which goes through float32 shows; labels don't.
        tolerances: {dtype: {"rtol": ..., "atol": ...}} where the usual ones don't do.
        pure: inputs stay as they are.
        fresh: nothing of the answer lies in the memory of an input.
        draws: the exercise draws from a global generator: a second call may give something else.
        strides: inputs may have gaps between their rows, and may run down the columns.
        device: what is made, is made where the inputs are. Without it, the tests run on the CPU only.
        square: try inputs all of whose axes are equal; {"N": 4, "D": 4} for axes that can't all be.
        one: the axes to try at size 1; the first if nothing is said.
        all_at_once: axes over which no Python loop may run: more along them need no more tensor operations.
        no_loops: no loop in the source at all, or at most a number of them.
        forbids: names that may not be mentioned. forbids_operations: parts of aten names that may not run.
        by_hand: no autograd.
        instead: what to write rather than what is forbidden.
        costs: the share of the points that a test costs, by the test's key, such as {"dtype": 1.0}.
        but: standard mistakes that are none here, with the reason: {"turns_w_round_where_it_is_square": "w is
        symmetric"}.
    """
    namespace = sys._getframe(1).f_globals
    for name in exercises:
        made = Contract(name, inputs, **promises)
        devices = DEVICES if made.device else ("cpu",)
        _declare(namespace, _REGISTER, "contract", name, made, tests_of(made), devices)


def modules(exercise: str, cases: Cases, **promises: Any) -> None:
    """Declare what an exercise that is an nn.Module has to be, by cases: makes its tests in the file that calls this.

    The reference's own modules are the truth: no shapes are written down. What is stored in a module, the student's as
    the reference's, are numbers that follow from their names (filled.py).

    Args:
        exercise: a class, or a function that returns a module.
        cases: {"with a shortcut": case([2, 2], {"stride": 1}, x=(2, 2, 3, 4)), ...}: what is asked of it; the names
            are for students. Where some are to stand in a test of their own, as a mistake that fails there only is told
            from others by that: {"with an expansion": {"of two channels": case(...), ...}, "without": {...}}.
        make: a probe `make(ns, *args, **settings)` that returns the module, where the exercise isn't made from data: it
            may be given a class of the check's own.
        training, gradients, apart: the names of the cases that are tried in training mode, whose gradients are asked
            for, and of which two are asked in turn; the first case if nothing is said, `()` for none.
        sums: gradients are added up, a parameter's over all but its first axis, so that the recording stays small.
        rounded: all is computed in float64 and kept in float32: half of the recording, and six digits are compared.
        costs: the share of the points that a test costs: {"names": 0.5, "evaluation": 1.0, "training": ...,
            "gradients": ..., "apart": ...}. If nothing is said, half for the last two, everything for the others.
        but: standard mistakes that are none here, with the reason.
    """
    namespace, made = sys._getframe(1).f_globals, Modules(exercise, cases, **promises)
    _declare(namespace, _MODULES, "declaration", exercise, made, module_tests_of(made), DEVICES)


def _declare(
    namespace: dict[str, Any],
    register: str,
    what: str,
    exercise: str,
    made: Contract | Modules,
    tests: Iterable[tuple[Test, float]],
    devices: tuple[str, ...],
) -> None:
    """Keep a declaration, and put its tests into the file that makes it."""
    kept = namespace.setdefault(register, {})
    if exercise in kept:
        raise CourseError(f"two {what}s of {exercise}: an exercise has one")
    kept[exercise] = made
    for test, costs in tests:
        if test.__name__ in namespace:
            raise CourseError(f"the {what} of {exercise} makes {test.__name__}, and there is another test of that name")
        namespace[test.__name__] = belongs_to(exercise, costs=costs, devices=devices)(test)


def contracts_of(module: ModuleType) -> dict[str, Contract]:
    """Return the contracts that a file of checks declares, by exercise."""
    return dict(vars(module).get(_REGISTER, {}))


def modules_of(module: ModuleType) -> dict[str, Modules]:
    """Return the declarations of modules in a file of checks, by exercise."""
    return dict(vars(module).get(_MODULES, {}))
