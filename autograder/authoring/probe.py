"""Probes: plain functions of a check file whose source runs beside the student's code.

Only data goes in and only data comes out. The same source runs in a live kernel and in the sandbox,
over the same few names, so that a probe that works in one works in the other.
"""

from __future__ import annotations

import functools
import inspect
import linecache
import math
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.authoring.promise import promised_by
from autograder.plain.errors import CourseError

_KEPT = "__probe__"


@dataclass(frozen=True)
class Probe:
    """A probe's name and its source, which is all that travels, and the type that its answer has to be of
    (promise.py)."""

    name: str
    source: str
    promise: Any = field(default=Any, compare=False)


class Namespace:
    """The student's definitions as attributes: `ns.TwoLayerNet`."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def __getattr__(self, name: str) -> Any:
        try:
            return self._names[name]
        except KeyError:
            raise NameError(f"{name} is not defined") from None


def probe_of(function: Callable[..., Any]) -> Probe:
    """Return the probe that a top-level function of a check file is. Raises CourseError if it has no source.

    Reading the source takes longer than most tests: it is kept on the function.
    """
    kept: Probe | None = vars(function).get(_KEPT)
    if kept is None:
        kept = _read_probe(function)
        setattr(function, _KEPT, kept)
    return kept


def _read_probe(function: Callable[..., Any]) -> Probe:
    if function.__closure__ or "<locals>" in function.__qualname__:
        raise CourseError(f"the probe {function.__name__} is nested: move it to the top level of its file")
    try:
        return Probe(function.__name__, textwrap.dedent(inspect.getsource(function)), promised_by(function))
    except OSError as problem:
        raise CourseError(f"the probe {function.__name__} has no source that can be read: {problem}") from None


@functools.lru_cache(maxsize=256)
def load(probe: Probe) -> Callable[..., Any]:
    """Run a probe's source over the names that a probe may use, and return the function: for one probe, always the
    same.

    Compiling it takes longer than running it, and most are asked for again and again.
    """
    import numpy as np
    import torch

    names: dict[str, Any] = {
        "torch": torch,
        "nn": torch.nn,
        "F": torch.nn.functional,
        "np": np,
        "math": math,
        "__name__": "probe",
    }
    filename = f"<probe {probe.name}>"
    linecache.cache[filename] = (len(probe.source), None, probe.source.splitlines(keepends=True), filename)
    exec(compile("from __future__ import annotations\n" + probe.source, filename, "exec"), names)
    function: Callable[..., Any] = names[probe.name]
    return function
