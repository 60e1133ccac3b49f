"""Check notebooks live and grade them in a sandbox.

A notebook's setup cell binds its own checks, `check = checks_of("01_classification/knn")`; `failing("l2_distances")`
gives what a check failed on, and `others("l2_distances")` shows other ways once it is passed. `progress()` is the map,
`pack()` makes the zip to hand in.
"""

from typing import Any

from autograder.live.check import check, checks_of, failing, warm_up
from autograder.seams.jupyter_internals import in_kernel

__all__ = ["check", "checks_of", "failing", "others", "pack", "progress"]


def others(exercise: str) -> Any:
    """Show two right answers in other styles to an exercise that you have passed, where the edition has them."""
    from autograder.live.others import others_of

    return others_of(exercise)


def progress() -> Any:
    """Return the map of the course with the points won and the next step."""
    from autograder.live import progress as journey

    return journey.progress()


def pack() -> Any:
    """Make one zip of your notebooks to hand in, and say what is missing in them."""
    from autograder.live.pack import pack_here

    return pack_here()


# In a notebook the first check would wait seconds for pytest: pay when importing.
# Not in a thread: CPython 3.11's `ast` fails when a second thread parses while a cell is compiled.
if in_kernel():
    warm_up()
