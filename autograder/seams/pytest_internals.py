"""Borrowed from pytest: one test's protocol, and the parameters of a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from _pytest.runner import runtestprotocol


def run_whole_protocol(item: pytest.Function) -> None:
    """Set up, call and tear down one test, without the lines about it.

    Borrowed: `runtestprotocol`. Without it a check that has fixtures of its own could not be run twice.
    """
    runtestprotocol(item, log=False, nextitem=None)


def parameters_of(item: pytest.Function) -> Mapping[str, Any]:
    """Return what `parametrize` gives a test.

    Borrowed: `callspec`, which only a test with parameters has. If it were elsewhere, such a test would be called
    without its parameters.
    """
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec is not None else {}
