"""`contract(...)`, as a file of checks calls it: the contract's standard tests get into that file."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from autograder.authoring.contract import Contract, Inputs
from autograder.authoring.exercise import DEVICES
from autograder.authoring.exercise import exercise as belongs_to
from autograder.authoring.standard_tests import tests_of
from autograder.plain.errors import CourseError

_REGISTER = "__contracts__"


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
        namespace.setdefault(_REGISTER, {})
        if name in namespace[_REGISTER]:
            raise CourseError(f"two contracts of {name}: an exercise has one")
        namespace[_REGISTER][name] = made
        for test, costs in tests_of(made):
            if test.__name__ in namespace:
                raise CourseError(
                    f"the contract of {name} makes {test.__name__}, and there is another test of that name"
                )
            namespace[test.__name__] = belongs_to(name, costs=costs, devices=DEVICES if made.device else ("cpu",))(test)


def contracts_of(module: ModuleType) -> dict[str, Contract]:
    """Return the contracts that a file of checks declares, by exercise."""
    return dict(vars(module).get(_REGISTER, {}))
