"""A student's kernel behind a test's door, and what is noticed there on the way."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from autograder.authoring.doors import Call, LiveSide
from autograder.live.saved import SavedNotebook
from autograder.plain.errors import StudentRaised
from autograder.plain.results import ExerciseResult, Failure, TestResult
from autograder.reading.explained import NO_NAME


class KernelSide(LiveSide):
    """The kernel's names.

    `unrun` are the names that a call missed and a cell of the notebook would define; `longest` is the time of the
    slowest call, in seconds, by what a call may take (None: the usual time).
    """

    def __init__(self, namespace: Mapping[str, Any], exercises: Mapping[str, object], saved: SavedNotebook) -> None:
        super().__init__(namespace)
        self._exercises, self._saved = exercises, saved
        self.unrun: dict[str, None] = {}
        self.longest: dict[float | None, float] = {}

    def ask(self, call: Call) -> Any:
        """Answer as any live side does, and look how long it takes and what is missing."""
        began = time.perf_counter()
        try:
            return super().ask(call)
        except StudentRaised as problem:
            named = NO_NAME.search(problem.text) if problem.kind == "NameError" else None
            if named is not None and self._is_unrun(named[1]):
                self.unrun[named[1]] = None
            raise
        finally:
            took = time.perf_counter() - began
            self.longest[call.seconds] = max(took, self.longest.get(call.seconds, 0.0))

    def _is_unrun(self, name: str) -> bool:
        return name not in self.namespace and (name in self._exercises or self._saved.defines(name))


def unrun(result: ExerciseResult, names: Mapping[str, None]) -> ExerciseResult:
    """Return the result of an exercise that could not be judged, because cells that define `names` were not run."""
    listed = " and ".join(names)
    problem = f"{listed} {'is' if len(names) == 1 else 'are'} not defined"
    test = TestResult("the cell", "unrun", Failure("undefined", problem))
    return replace(result, outcome="unrun", score=0.0, tests=(test,), hint=None)
