"""What pytest borrows of the process while it starts and collects a file of checks."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Mapping
from types import ModuleType

VERSION = "PYTEST_VERSION"


class Borrowed:
    """What of the process is another's while pytest starts and collects, and is given back before the checks are used.

    They may be used for hours, beside all else that the process does. pytest's complaints go into `said` and not to
    stderr; PYTEST_ADDOPTS and its like are the user's and not the course's. So are the process's filters of warnings,
    under which a library's warning at an import may be an error: what is imported meanwhile warns nobody. The checks
    are imported under the name of their file, which may be another module's, or that of another folder's checks, or of
    these before an edit: it is theirs while they are imported.
    """

    def __init__(self, module: str) -> None:
        self.said, self._module = io.StringIO(), module
        self._given_back = contextlib.ExitStack()
        self._version = os.environ.get(VERSION)

    def __enter__(self) -> Borrowed:
        variables = _pytest_variables()
        for name in variables:
            del os.environ[name]
        self._given_back.callback(_give_back, variables)
        self._given_back.callback(_give_back_module, self._module, sys.modules.pop(self._module, None))
        self._given_back.enter_context(warnings.catch_warnings(action="ignore"))
        self._given_back.enter_context(contextlib.redirect_stderr(self.said))
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        if self._version is not None:  # pytest removes at its end what it did not find at its start
            os.environ[VERSION] = self._version

    def close(self) -> None:
        """Give everything back. Idempotent."""
        self._given_back.close()


def _pytest_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("PYTEST_")}


def _give_back(variables: Mapping[str, str]) -> None:
    for name in _pytest_variables():
        del os.environ[name]
    os.environ.update(variables)


def _give_back_module(name: str, before: ModuleType | None) -> None:
    if before is None:
        sys.modules.pop(name, None)
    else:
        sys.modules[name] = before
