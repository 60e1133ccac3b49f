"""`contract`: what holds for an exercise beside its values, said once. It makes tests, mistakes and a sentence.

    declared in checks/test_x.py ──► standard tests, collected by pytest like any other   (standard_tests.py)
                                 ──► standard mistakes, which `validate` must see rejected  (standard_mistakes.py)
                                 ──► the sentence that the stub's docstring must hold
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
import torch

from autograder.authoring.compare import assert_close
from autograder.authoring.doors import Door
from autograder.authoring.exercise import DEVICES
from autograder.authoring.exercise import exercise as belongs_to
from autograder.authoring.probe import probe_of
from autograder.plain.errors import CourseError

_REGISTER = "__contracts__"
SINGLE, DOUBLE, HALF = torch.float32, torch.float64, torch.float16
Inputs = Callable[..., tuple[Any, ...]]
Compare = Callable[..., None]


@dataclass(frozen=True)
class Contract:
    """What one exercise promises. The fields are the arguments of `contract`."""

    exercise: str
    inputs: Inputs
    settings: Mapping[str, Any] = field(default_factory=dict)
    also: Sequence[Inputs | Mapping[str, Any]] = ()
    use: Callable[..., Any] | None = None
    compare: Compare = assert_close
    dtypes: Sequence[torch.dtype] = (SINGLE, DOUBLE)
    digits: bool = True
    tolerances: Mapping[torch.dtype, Mapping[str, float]] = field(default_factory=dict)
    pure: bool = True
    fresh: bool = False
    draws: bool = False
    strides: bool = True
    device: bool = True
    square: bool | Mapping[str, int] = True
    one: Sequence[str] | None = None
    all_at_once: Sequence[str] = ()
    no_loops: bool | int = False
    forbids: Sequence[str] = ()
    forbids_operations: Sequence[str] = ()
    by_hand: bool = False
    instead: str = ""
    costs: Mapping[str, float] = field(default_factory=dict)
    but: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def cases(self) -> list[tuple[Inputs, dict[str, Any]]]:
        """The usual inputs with the settings, and those of other kinds."""
        others = [(self.inputs, {**self.settings, **one}) if isinstance(one, Mapping) else (one, dict(self.settings)) for one in self.also]
        return [(self.inputs, dict(self.settings)), *others]

    @cached_property
    def axes(self) -> dict[str, int]:
        """The named sizes of `inputs`, with the size of each where none is asked for."""
        parameters = list(inspect.signature(self.inputs).parameters.values())[1:]
        return {one.name: one.default for one in parameters if one.name != "dtype"}

    @cached_property
    def takes_dtype(self) -> bool:
        """Whether `inputs` can be asked for in another dtype."""
        return "dtype" in inspect.signature(self.inputs).parameters

    @cached_property
    def usual_dtype(self) -> torch.dtype:
        """The dtype of the inputs where none is asked for."""
        usual: torch.dtype = inspect.signature(self.inputs).parameters["dtype"].default if self.takes_dtype else DOUBLE
        return usual

    @cached_property
    def square_sizes(self) -> dict[str, int]:
        """Sizes at which all dimensions are equal, or {} where there is one axis only, or none is wanted."""
        if isinstance(self.square, Mapping):
            return dict(self.square)
        return dict.fromkeys(self.axes, max(self.axes.values())) if self.square and len(self.axes) > 1 else {}

    @property
    def single_axes(self) -> Sequence[str]:
        """The axes that are tried at size 1: the first, where nothing is said."""
        return list(self.axes)[:1] if self.one is None else self.one

    @cached_property
    def subject(self) -> Any:
        """What a rule's probe calls: the exercise by its name, or `use` as a probe."""
        if self.use is None:
            return self.exercise
        shipped = probe_of(self.use)
        return [shipped.name, shipped.source]

    @cached_property
    def input_names(self) -> list[str]:
        """What the inputs are called: by `use`, or [] where the exercise's own names count."""
        return [] if self.use is None else list(inspect.signature(self.use).parameters)[1:]

    def draw(self, rng: np.random.Generator, **sizes: Any) -> tuple[Any, ...]:
        """Return inputs; `sizes` are those of `inputs`, and its dtype."""
        return self.inputs(rng, **sizes)

    def ask(self, side: Door, args: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        """Return a side's answer."""
        if self.use is None:
            return getattr(side, self.exercise)(*args, **settings)
        return side.run(self.use, *args, **settings)

    def ask_each(self, side: Door, cases: Sequence[tuple[Sequence[Any], Mapping[str, Any]]]) -> Iterator[Any]:
        """Return a side's answers to several arguments, in one trip."""
        return side.each(self.exercise, self.subject, [(args, dict(settings)) for args, settings in cases])

    def assert_agree(self, came: Any, expected: Any, dtype: torch.dtype | None = None) -> None:
        """Compare an answer with the reference's, by the contract's own comparison and tolerances."""
        self.compare(came, expected, **self.tolerances.get(dtype or self.usual_dtype, {}))

    @property
    def sentence(self) -> str:
        """The sentence that the docstring must hold, or "" where nothing is promised."""
        where = [f"in {_in_words(self.dtypes)}"] if self.takes_dtype else []
        where += ["with any strides"] * self.strides + ["on any device"] * self.device
        kept = ["the inputs are left as they are"] * self.pure + ["what comes back is new memory"] * self.fresh
        said = "; ".join(filter(None, [", ".join(where), " and ".join(kept)]))
        return f"{said[0].upper()}{said[1:]}." if said else ""


def _in_words(dtypes: Sequence[torch.dtype]) -> str:
    if HALF in dtypes:
        return "any float dtype"
    return " or ".join(str(one).removeprefix("torch.") for one in dtypes)


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
        pure: inputs are left as they are.
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
        but: standard mistakes that are none here, with the reason: {"turns_w_round_where_it_is_square": "w is symmetric"}.
    """
    from autograder.authoring.standard_tests import tests_of

    namespace = sys._getframe(1).f_globals
    for name in exercises:
        made = Contract(name, inputs, **promises)
        namespace.setdefault(_REGISTER, {})
        if name in namespace[_REGISTER]:
            raise CourseError(f"two contracts of {name}: an exercise has one")
        namespace[_REGISTER][name] = made
        for test, costs in tests_of(made):
            if test.__name__ in namespace:
                raise CourseError(f"the contract of {name} makes {test.__name__}, and there is another test of that name")
            namespace[test.__name__] = belongs_to(name, costs=costs, devices=DEVICES if made.device else ("cpu",))(test)


def contracts_of(module: ModuleType) -> dict[str, Contract]:
    """Return the contracts that a file of checks declares, by exercise."""
    return dict(vars(module).get(_REGISTER, {}))
