"""Check notebooks live and grade them in a sandbox. Students need one name: `check`."""

from autograder.live import check

__all__ = ["check"]
