"""Two doors that a test holds, `student` and `reference`, and the live side of a door.

A *side* is where code runs: this process (`LiveSide`), the sandbox, or a recording. A *door* is what
the test sees; it can't tell which side is behind it.
"""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from autograder.authoring.compare import RuleBroken
from autograder.authoring.no_gpu import on_cpu_if_need_be
from autograder.authoring.probe import Namespace, Probe, load, probe_of
from autograder.authoring.promise import hold
from autograder.plain.devices import elsewhere, move
from autograder.plain.errors import ChildDied, StudentRaised, UnsupportedValue
from autograder.plain.source import Definition, live_lookup, reachable
from autograder.plain.values import check_value

OWN_PACKAGES = ("/autograder/", "/site-packages/", "/lib/python3", "\\autograder\\", "\\site-packages\\", "\\Lib\\")


@dataclass(frozen=True)
class Call:
    """One request through a door: the function's name, or "run:" and the probe's. Tensors live on `device`; `seconds`
    is its wall time, where it isn't the usual one."""

    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    probe: Probe | None = None
    device: str = "cpu"
    seconds: float | None = None


@dataclass(frozen=True)
class Answer:
    """What came back: a value, or an exception that the code raised."""

    name: str
    value: Any = None
    raised: tuple[str, str] | None = None


class Side(Protocol):
    """Where the code behind a door runs."""

    def ask(self, call: Call) -> Any:
        """Return the answer, checked to be plain data. Raises a SubmissionError."""

    def source(self, name: str) -> dict[str, Definition]:
        """Return the definitions that `name` is made of, by name."""


class Door:
    """What a test holds. `door.f(x)` calls f on the other side; `door.run(probe, x)` runs a probe there."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._calls: list[Call] = []
        self._answers: list[Answer] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self._ask(Call(name, args, kwargs))

    def run(self, probe: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a probe, `probe(ns, *args, **kwargs)`, beside the code and return its data, of the type that it
        promises (promise.py)."""
        shipped = probe_of(probe)
        return self._ask(Call(f"run:{shipped.name}", args, kwargs, shipped))

    def each(self, called: str, subject: Any, cases: Sequence[tuple[Sequence[Any], dict[str, Any]]]) -> Iterator[Any]:
        """Ask the same of several arguments in one trip, which costs more than most calls; give the answers one by one.

        Args:
            called: the function's name, for messages.
            subject: its name again, or a probe as [name, source].
            cases: the arguments of each call.
        """
        shipped = probe_of(ask_each)
        try:
            values = self._side.ask(Call(f"run:{shipped.name}", (subject, list(cases)), {}, shipped))
        except StudentRaised as problem:
            args, kwargs = self._first_that_raises(shipped, subject, cases) if problem.stub is None else cases[0]
            self._calls.append(Call(called, tuple(args), kwargs, _probe_in(subject)))
            self._answers.append(Answer(called, raised=(problem.kind, problem.text)))
            raise
        if type(values) is not list or len(values) != len(cases):
            raise UnsupportedValue(f"{called} was asked {len(cases)} times, and something else came back")
        for (args, kwargs), value in zip(cases, values, strict=True):
            self._calls.append(Call(called, tuple(args), kwargs, _probe_in(subject)))
            self._answers.append(Answer(called, value))
            yield value

    def _first_that_raises(
        self, shipped: Probe, subject: Any, cases: Sequence[tuple[Sequence[Any], dict[str, Any]]]
    ) -> tuple[Sequence[Any], dict[str, Any]]:
        """Return the case that an exception of several belongs to; the last, where none raises by itself."""
        for case in cases[:-1]:
            try:
                self._side.ask(Call(f"run:{shipped.name}", (subject, [case]), {}, shipped))
            except StudentRaised:
                return case
        return cases[-1]

    def source(self, name: str) -> dict[str, Definition]:
        """Return the text of `name` and of the notebook's own functions that it calls, by name."""
        return self._side.source(name)

    def _ask(self, call: Call) -> Any:
        self._calls.append(call)
        try:
            value = self._side.ask(call)
            if call.probe is not None:
                hold(value, call.probe.promise, call.probe.name)
        except StudentRaised as problem:
            self._answers.append(Answer(call.name, raised=(problem.kind, problem.text)))
            raise
        self._answers.append(Answer(call.name, value))
        return value


def _probe_in(subject: Any) -> Probe | None:
    """The probe that a subject is, or None of a function's name."""
    return None if isinstance(subject, str) else Probe(*subject)


def ask_each(ns: Any, subject: Any, cases: Any) -> list[Any]:
    """Return what a function of the notebook, or a probe, answers to each of several arguments."""
    from autograder.authoring.behaviour import subject_of

    function = subject_of(ns, subject)
    return [function(*args, **kwargs) for args, kwargs in cases]


def trace(door: Door) -> tuple[list[Call], list[Answer]]:
    """Return what went through a door and what came back, in order."""
    return door._calls, door._answers


class LiveSide:
    """Code in this very process: a student's kernel, or the author's own solution and variants."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = namespace

    def ask(self, call: Call) -> Any:
        """Call the function or run the probe over copies of the arguments, on the call's device.

        Raises RuleBroken when a function answers on another device than its inputs'.
        """

        def answer() -> Any:
            given = check_value((call.args, call.kwargs), what="the check's own input", keep_layout=True)
            args, kwargs = given if call.device == "cpu" else move(given, call.device)
            return self._function(call)(*args, **kwargs)

        try:
            value = on_cpu_if_need_be(answer)
        except SystemExit as problem:
            raise ChildDied(f"your code ended the program, so that no answer came: exit({problem.code})") from None
        except Exception as problem:
            raise as_raised(problem) from None
        plain = check_value(value, what="the answer")
        stray = None if call.device == "cpu" or call.probe else elsewhere(value, call.device)
        if stray is not None:
            raise RuleBroken(
                f"{call.name} answers on {stray} when its inputs are on {call.device}: make new tensors on the input's "
                "device, such as torch.zeros(..., device=x.device)"
            )
        return plain

    def source(self, name: str) -> dict[str, Definition]:
        """Return the typed definitions that `name` is made of."""
        return reachable(name, live_lookup(self.namespace))

    def _function(self, call: Call) -> Callable[..., Any]:
        if call.probe is not None:
            function, ns = load(call.probe), Namespace(self.namespace)
            return lambda *args, **kwargs: function(ns, *args, **kwargs)
        return getattr(Namespace(self.namespace), call.name)


def as_raised(problem: Exception) -> StudentRaised:
    """Return what a student needs of an exception: its kind, its message, their own lines."""
    frames = [
        frame
        for frame in traceback.extract_tb(problem.__traceback__)
        if not any(package in frame.filename for package in OWN_PACKAGES) or frame.filename.startswith("<")
    ]
    lines = [f"  line {frame.lineno}, in {frame.name}: {_line(frame)}" for frame in frames[-4:]]
    return StudentRaised(type(problem).__name__, str(problem), "\n".join(lines))


def _line(frame: traceback.FrameSummary) -> str:
    return (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
