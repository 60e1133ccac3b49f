"""What the grader asks of a child, encoded once: the same request may go to every child of a class."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import torch

from autograder.authoring.ahead import Questions
from autograder.authoring.doors import Call
from autograder.authoring.probe import Probe
from autograder.plain.errors import CourseError
from autograder.plain.frames import bytes_of, write_frame
from autograder.plain.limits import Limits
from autograder.plain.trees import encode
from autograder.plain.values import check_value

LARGEST = 64 * 1024  # bytes of a call's arguments that are kept
MEMORY = 64 * 1024 * 1024
SHARE = 0.2  # of one call's time, for several
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Request:
    """A frame that is ready to be sent.

    Args:
        number: what the answer has to name. No two requests of this process have the same.
        pieces: the frame's bytes.
        seconds: wall time for the answer.
    """

    number: int
    pieces: tuple[memoryview | bytes, ...]
    seconds: float


def execute(
    limits: Limits, source: str, filename: str, *, seconds: float | None = None, statement_by_statement: bool = False
) -> Request:
    """Ask to run a cell in the student's namespace.

    Args:
        limits: the child's.
        source: the cell's text.
        filename: how tracebacks call it, such as "<cell l2_distances>".
        seconds: wall time; `load_seconds` of the limits when not given.
        statement_by_statement: each statement on its own, errors ignored.
    """
    head = {"do": "execute", "source": source, "filename": filename, "statement_by_statement": statement_by_statement}
    return _request(limits, head, (), {}, limits.load_seconds if seconds is None else seconds)


def call(limits: Limits, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
    """Ask to call the student's function and to send a plain copy of its answer."""
    return _request(limits, {"do": "call", "name": name}, args, kwargs, limits.call_seconds)


def run(limits: Limits, probe: Probe, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
    """Ask for what `probe(ns, *args, **kwargs)` returns. Raises CourseError when its source does not parse."""
    try:
        compile(probe.source, f"<probe {probe.name}>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as problem:
        raise CourseError(f"the probe {probe.name} is not valid Python: {problem}") from None
    return _request(
        limits, {"do": "run", "name": probe.name, "source": probe.source}, args, kwargs, limits.call_seconds
    )


def several(limits: Limits, calls: Iterable[Call]) -> Request:
    """Ask for the answers to several calls.

    They have a part of one call's time: what takes longer is asked again, one by one.
    """
    bounds = for_arguments(limits)
    parts, every = [], []
    for one in calls:
        about = {"do": "run", "name": one.probe.name, "source": one.probe.source} if one.probe else {"name": one.name}
        tree, tensors = encode(
            check_value((one.args, one.kwargs), what="the arguments", limits=bounds, keep_layout=True)
        )
        parts.append({"do": "call", **about, "arguments": tree, "tensors": len(tensors)})
        every += tensors
    return _framed(limits, {"do": "several", "parts": parts}, every, limits.call_seconds * SHARE)


class Requests:
    """Requests by what they ask, each encoded once.

    A test makes its inputs from the run's seed, so it asks every student of a class the same, and looking a
    request up takes a tenth of encoding it.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._kept: dict[tuple[Any, ...], Request] = {}
        self._bytes = 0
        self._several: WeakKeyDictionary[Questions, Request] = WeakKeyDictionary()

    def ahead(self, questions: Questions) -> Request:
        """Return the request for several questions."""
        if questions not in self._several:
            self._several[questions] = several(self._limits, questions.calls)
        return self._several[questions]

    def of(
        self,
        name: str,
        probe: Probe | None,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        seconds: float | None = None,
    ) -> Request:
        """Return the request for a call of a student's function, or of a probe where there is one.

        Args:
            name: the function's.
            probe: what runs beside the code, if anything.
            args, kwargs: of the call.
            seconds: its wall time; that of the limits, if nothing is said.
        """
        known = self._known(name, probe, args, kwargs)
        return known if seconds is None else replace(known, seconds=seconds)

    def _known(self, name: str, probe: Probe | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request:
        parts: list[Any] = [name, probe]
        size = _describe((args, kwargs), parts)
        key = tuple(parts)
        if key not in self._kept or size > LARGEST:
            made = run(self._limits, probe, args, kwargs) if probe else call(self._limits, name, args, kwargs)
            if size > LARGEST:
                return made
            self._keep(key, made, size)
        return self._kept[key]

    def _keep(self, key: tuple[Any, ...], made: Request, size: int) -> None:
        self._bytes += 2 * size
        if self._bytes > MEMORY:
            self._kept.clear()
            self._bytes = 2 * size
        self._kept[key] = made


def _describe(value: Any, parts: list[Any]) -> int:
    """Append to `parts` what tells this value from every other, and return its bytes; a large one's numbers are
    left out."""
    kind = type(value)
    if isinstance(value, torch.Tensor):
        size = value.numel() * value.element_size()
        numbers = bytes_of(value) if 0 < size <= LARGEST else b""
        parts.append((kind, value.dtype, value.shape, value.stride(), value.device, numbers))
        return size
    if isinstance(value, list | tuple | dict):
        parts.append((kind, len(value)))
        size = 16
        for one in value.items() if isinstance(value, dict) else value:
            size += _describe(one, parts)
        return size
    text = repr(value)
    parts.append((kind, text))
    return len(text)


def for_arguments(limits: Limits) -> Limits:
    """Return the bounds of a request, which are wider than an answer's."""
    return replace(limits, reply_bytes=limits.argument_bytes, reply_header_bytes=64 * 1024 * 1024)


def _request(
    limits: Limits, head: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any], seconds: float
) -> Request:
    bounds = for_arguments(limits)
    tree, tensors = encode(check_value((args, kwargs), what="the arguments", limits=bounds, keep_layout=True))
    return _framed(limits, {"arguments": tree, **head}, tensors, seconds)


def _framed(limits: Limits, head: dict[str, Any], tensors: Sequence[torch.Tensor], seconds: float) -> Request:
    number, frame = next(_NUMBERS), _Pieces()
    write_frame(frame, {"id": number, **head}, tensors, for_arguments(limits))
    return Request(number, tuple(frame.pieces), seconds)


class _Pieces:
    """Takes a frame's writes."""

    def __init__(self) -> None:
        self.pieces: list[memoryview | bytes] = []

    def write(self, piece: memoryview | bytes) -> None:
        """Keep a piece."""
        self.pieces.append(piece)
