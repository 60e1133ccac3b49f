"""`contract`: what holds for an exercise beside its values, said once. It makes tests, mistakes and a sentence.

declared in checks/test_x.py ──► standard tests, collected by pytest like any other   (standard_tests.py)
                             ──► standard mistakes, which `validate` must see rejected  (standard_mistakes.py)
                             ──► the sentence that the stub's docstring must hold
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch

from autograder.authoring.compare import assert_close
from autograder.authoring.doors import Door
from autograder.authoring.probe import probe_of

SINGLE, DOUBLE, HALF = torch.float32, torch.float64, torch.float16
STAY = "the inputs stay as they are"  # what a docstring says of a contract that is pure; notebooks look for it
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
        others = [
            (self.inputs, {**self.settings, **one}) if isinstance(one, Mapping) else (one, dict(self.settings))
            for one in self.also
        ]
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
        kept = [STAY] * self.pure + ["what comes back is new memory"] * self.fresh
        said = "; ".join(filter(None, [", ".join(where), " and ".join(kept)]))
        return f"{said[0].upper()}{said[1:]}." if said else ""


def _in_words(dtypes: Sequence[torch.dtype]) -> str:
    if HALF in dtypes:
        return "any float dtype"
    return " or ".join(str(one).removeprefix("torch.") for one in dtypes)
