"""A box for all the tests of a process: starting one takes seconds, spawning a child milliseconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from autograder.plain.limits import MIB, Limits
from autograder.sandbox.box import Box
from autograder.sandbox.child import Child

TIGHT = Limits(
    call_seconds=5,
    load_seconds=5,
    cpu_seconds=3,
    memory_bytes=256 * MIB,
    tmpfs_bytes=8 * MIB,
    tmpfs_files=200,
    file_bytes=4 * MIB,
    output_bytes=2000,
    reply_bytes=1 * MIB,
    reply_header_bytes=100_000,
)


@pytest.fixture(scope="session")
def box() -> Iterator[Box]:
    with Box(TIGHT) as box:
        yield box


@pytest.fixture
def child(box: Box) -> Iterator[Child]:
    with box.spawn() as child:
        yield child
