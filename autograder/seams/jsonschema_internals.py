"""Borrowed from jsonschema: that it does without the package that knows the grammar of international URIs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

GRAMMAR = "rfc3987_syntax"


@contextmanager
def without_uri_grammar() -> Iterator[None]:
    """Let jsonschema be imported without its grammar, which it would prepare for two seconds: no notebook has such a
    URI.

    jsonschema asks for the package once, when it is imported, and goes on without the format where it is not there.
    If it asked otherwise, each command that reads a notebook of the course would take two seconds more.
    """
    absent = GRAMMAR not in sys.modules
    if absent:
        sys.modules[GRAMMAR] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if absent and sys.modules.get(GRAMMAR) is None:
            sys.modules.pop(GRAMMAR, None)
