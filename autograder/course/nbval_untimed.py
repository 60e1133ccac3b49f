"""A pytest plugin, `-p autograder.course.nbval_untimed`: the kernels of nbval run untimed, as those of a pair do.

nbval starts a notebook's kernel at its first cell, with the environment that pytest has then.
"""

from __future__ import annotations

import os

import pytest
from nbval.plugin import IPyNbCell

from autograder.plain.untimed import UNTIMED


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Set what a cell's kernel starts with; other tests start kernels as a student does."""
    if isinstance(item, IPyNbCell):
        os.environ[UNTIMED] = "1"
    else:
        os.environ.pop(UNTIMED, None)
