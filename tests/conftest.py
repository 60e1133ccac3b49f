"""What the project's own tests share.

Fixtures import what they need inside: so a test rests on what its own fixtures use, and `autograder retest` sees that.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A module or a notebook stays in one process, as its fixtures do; each notebook's gates are a scope of
    their own."""
    from xdist.scheduler import LoadScopeScheduling

    class ByModuleOrNotebook(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            scope = super()._split_scope(nodeid)
            return nodeid.partition("[")[2] if scope == "tests/test_gates.py" else scope

    return ByModuleOrNotebook(config, log)


LAST = {"folder": os.getcwd(), "test": "the collection of the tests"}


@pytest.fixture(autouse=True)
def _leaves_no_notebook_bound() -> Iterator[None]:
    """What one test's setup cell binds is no other test's notebook."""
    yield
    if here := sys.modules.get("autograder.live.here"):
        here.bound.clear()


@pytest.fixture(autouse=True)
def _leaves_the_folder(request: pytest.FixtureRequest) -> Iterator[None]:
    """What leaves the process in another folder is named, and no test that comes after it fails in its place."""
    here, left_by = os.getcwd(), LAST["test"]
    os.chdir(LAST["folder"])
    LAST["test"] = request.node.nodeid
    assert here == LAST["folder"], f"{left_by}, or what ended with it, left the process in {here}"
    yield
    here = os.getcwd()
    os.chdir(LAST["folder"])
    assert here == LAST["folder"], f"the test left the process in {here}"


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return ROOT


@pytest.fixture(scope="module")
def solution(request: pytest.FixtureRequest) -> SimpleNamespace:
    """The solutions of the notebook that the test module names in NOTEBOOK, as attributes."""
    from autograder.course.notebook import load_solution, read_course_notebook

    notebook = read_course_notebook(ROOT / "solutions" / request.module.NOTEBOOK)
    return SimpleNamespace(**load_solution(notebook))


@pytest.fixture(scope="session")
def tiny_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of one notebook, built: solutions/ and course/ in a folder of its own."""
    from autograder.course.build import build
    from autograder.course.release import select

    top = tmp_path_factory.mktemp("tiny") / "tiny"  # a folder's name that the repository has would be an input of it
    shutil.copytree(ROOT / "tests" / "tiny_course", top, ignore=shutil.ignore_patterns("*.ipynb", "*.safetensors"))
    shutil.copy(ROOT / "nbgrader_config.py", top)
    build(top, select(top, None), report=lambda line: None)
    return top


@pytest.fixture
def hand_in(tiny_course: Path, tmp_path: Path) -> Callable[..., Path]:
    """Hand in the tiny notebook: `hand_in("alice", row_means="def row_means(x): ...")` gives the tree."""

    def hand_in(student: str, **sources: str) -> Path:
        book = json.loads((tiny_course / "course/01_toy/toy.ipynb").read_text())
        for cell in book["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = sources.get(name, cell["source"])
        path = tmp_path / "submitted" / student / "01_toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(book))
        return path.parents[2]

    return hand_in
