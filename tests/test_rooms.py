"""The house is as docs/ says: no two files or classes share a name, and the files that a page names are there."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted((ROOT / "autograder").rglob("*.py"))


def twice(names):
    return sorted(name for name, count in Counter(names).items() if count > 1)


def test_no_two_files_of_the_grader_share_a_name():
    assert twice(path.stem for path in MODULES if path.name != "__init__.py") == []


def test_no_two_classes_of_the_grader_share_a_name():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in MODULES]
    classes = [node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert len(classes) > 100
    assert twice(classes) == []


@pytest.mark.parametrize("page", ["architecture.md", "authoring.md", "security.md", "performance.md"])
def test_a_file_of_the_grader_that_a_page_names_is_there(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    rooms = {path.name for path in (ROOT / "autograder").iterdir() if path.is_dir()}
    named = re.findall(r"`(?:autograder/)?((?:\w+/)+\w+\.\w+)`", text)
    missing = [name for name in named if name.split("/")[0] in rooms and not (ROOT / "autograder" / name).exists()]
    assert missing == []
