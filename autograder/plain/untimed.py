"""A notebook that is run for its outputs alone says nothing of the speed of the machine that runs it."""

from __future__ import annotations

import os

UNTIMED = "AUTOGRADER_UNTIMED"


def is_untimed() -> bool:
    """Return whether this kernel's outputs are held to others', as a pair's and nbval's are."""
    return bool(os.environ.get(UNTIMED))
