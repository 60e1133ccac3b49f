"""What `make` would do from a fresh clone: read from make itself, without doing it."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import tomllib

import pytest


@pytest.fixture
def make(root, tmp_path):
    """Return the lines that make would run in a clone in which nothing is set up."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(root / name, tmp_path)

    def make(*words):
        done = subprocess.run(
            ["make", "-n", "--no-print-directory", *words], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout.replace("\\\n", "").splitlines()

    return make


def test_start_installs_what_a_student_needs_says_so_before_and_opens_the_first_notebook_of_a_copy(make):
    lines = make("start", "JUPYTER_FLAGS=--no-browser --port=9000")
    order = ["Setting up", "-m venv", "pip install --editable .", "autograder update work", "jupyter lab"]
    at = [next(number for number, line in enumerate(lines) if words in line) for words in order]
    assert at == sorted(at)
    assert "GB" in " ".join(lines[: at[1]])
    assert "minutes" in " ".join(lines[: at[1]])
    assert not any("[test]" in line or "--quiet" in line for line in lines)
    assert "root_dir" in lines[-1]
    assert lines[-1].endswith("--no-browser --port=9000")
    assert ("--allow-root" in lines[-1]) == (os.getuid() == 0)


def test_start_installs_nothing_again_where_all_was_installed_for_the_tests(make, tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/.installed").touch()
    assert not any("pip install" in line for line in make("start"))


def test_without_an_nvidia_card_torch_comes_without_cuda_and_before_all_else(make):
    installs = [line for line in make("start", "TORCH_INDEX=place") if "pip install" in line]
    assert len(installs) == 2
    assert installs[0].endswith("install torch torchvision --index-url place")


def test_the_tests_install_all_that_they_need(make):
    assert any('pip install --quiet --editable ".[test]"' in line for line in make("test"))


def test_what_only_developers_need_is_not_among_a_students_packages(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    names = {re.match(r"[\w-]+", line)[0] for line in project["dependencies"]}
    assert not names & {"sphinx", "myst-nb", "playwright", "mypy", "psycopg", "ruff", "hypothesis", "pytest-xdist"}


def test_the_dev_container_sets_up_the_same_environment_and_names_its_python(root, make):
    about = json.loads((root / ".devcontainer/devcontainer.json").read_text())
    target = about["postCreateCommand"].split()[1]
    assert any("pip install --editable ." in line for line in make(target))
    assert about["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"].endswith("/.venv/bin/python")


def test_every_picture_of_the_docs_is_one_that_can_be_taken_anew(root):
    """`make pictures` takes it, and the browser test that it names photographs under that name."""
    kept = runpy.run_path(str(root / "tests/browser/keep.py"))["KEPT"]
    assert sorted(kept) == sorted(path.name for path in (root / "docs/images").iterdir())
    tests = "\n".join(path.read_text() for path in (root / "tests/browser").glob("test_*.py"))
    assert [seen for seen in kept.values() if f'"{seen}"' not in tests] == []
