"""Borrowed from pytest: one test's protocol, the parameters of a test, and the hook that rewrites assertions."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import pytest
from _pytest.assertion.rewrite import AssertionRewritingHook
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


def drop_rewriting(kept: list[Any]) -> None:
    """Take pytest's import hooks from `sys.meta_path`, those that are in `kept` excepted.

    Borrowed: the class of the hook, which pytest leaves there until it ends. If it had another name, each import of the
    process would go through every notebook's hook.
    """
    sys.meta_path[:] = [one for one in sys.meta_path if one in kept or not isinstance(one, AssertionRewritingHook)]
