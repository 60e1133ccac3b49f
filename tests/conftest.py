"""What the project's own tests share."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from autograder.notebook import load_solution, read_course_notebook

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture(scope="module")
def solution(request: pytest.FixtureRequest) -> SimpleNamespace:
    """The solutions of the notebook that the test module names in NOTEBOOK, as attributes."""
    notebook = read_course_notebook(ROOT / "solutions" / request.module.NOTEBOOK)
    return SimpleNamespace(**load_solution(notebook))
