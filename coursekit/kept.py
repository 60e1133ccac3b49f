"""What takes long and comes out the same each time is worked out once: in a program, and in a run of all the tests.

    @kept
    def trained(seed: int = 0) -> Params: ...

A program keeps it in memory, as `functools.cache` does. A run of the tests is many programs, in which a notebook, the
test of its pictures and another notebook's pictures ask for the same training: where the environment names a folder
in `COURSEKIT_KEPT`, the first of them leaves it there for the others (joblib's Memory).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

import torch

P = ParamSpec("P")
T = TypeVar("T")

KEPT = "COURSEKIT_KEPT"


def kept(function: Callable[P, T]) -> Callable[P, T]:
    """Return a function that works out its answer for the same arguments once; it must depend on nothing else.

    Its answer is shared: who gets it must not change it. On disk it is pickled, so its class stands in a module.
    """
    if folder := os.environ.get(KEPT):
        from joblib import Memory

        function = Memory(Path(folder) / _sources(), verbose=0).cache(function)
    return cast("Callable[P, T]", cache(function))


@cache
def _sources() -> str:
    """Return a name of all that an answer can depend on: every line of this package, torch and the processor."""
    here = Path(__file__).parent
    state = hashlib.sha256(f"{torch.__version__} {torch.backends.cpu.get_cpu_capability()}".encode())
    for path in sorted(here.rglob("*.py")):
        state.update(f"{path.relative_to(here)}\n".encode() + path.read_bytes())
    return state.hexdigest()[:16]
