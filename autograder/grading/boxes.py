"""The boxes of a process that grades, each kept warm for a whole run.

Imports no torch: a worker can launch its box first thing, and the box imports its own torch while the worker does.
"""

from __future__ import annotations

import atexit
from dataclasses import dataclass

from autograder.plain.limits import Limits
from autograder.sandbox import cores
from autograder.sandbox.box import Box


@dataclass(frozen=True)
class BoxPlan:
    """What a worker needs besides submissions. The same plan for a whole run."""

    limits: Limits
    preload: tuple[str, ...]
    allow_missing: tuple[str, ...]
    kits: tuple[str, ...] = ()


_BOXES: dict[BoxPlan, Box] = {}


def box_of(plan: BoxPlan) -> Box:
    """Return this process's box for a plan, launched and perhaps still warming up. Raises SandboxError."""
    if plan not in _BOXES:
        box = Box(
            plan.limits, preload=plan.preload, allow_missing=plan.allow_missing, kits=plan.kits, core=cores.taken()
        )
        box.launch()
        atexit.register(box.close)
        _BOXES[plan] = box
    return _BOXES[plan]


def forget() -> None:
    """End every box of this process."""
    for box in _BOXES.values():
        box.close()
    _BOXES.clear()
