"""Check notebooks live and grade them in a sandbox. Students need one name: `check`."""

import sys

from autograder.live import check, warm_up

__all__ = ["check"]

# In a notebook the first check would wait seconds for pytest and torch's fake tensors: pay when importing.
# Not in a thread: CPython 3.11's `ast` fails when a second thread parses while a cell is compiled.
if "ipykernel" in sys.modules:
    warm_up()
