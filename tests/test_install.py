"""What is installed from wheels works by itself: no source tree, no working folder, no network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ANSWER = "def row_means(x):\n    return x.mean(dim=1)\n"


class Environment:
    """A fresh environment: its own files come from wheels, what these need from the environment of the tests."""

    def __init__(self, folder: Path, wheels: list[Path]) -> None:
        venv.create(folder, with_pip=False)
        self.python = folder / "bin/python"
        self.site = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--quiet"]
        subprocess.run([*pip, "--no-index", "--no-deps", *map(str, wheels)], check=True)
        # The tests' own packages, without the link from there to the source tree: a .pth file within is not read.
        (self.site / "packages_of_the_tests.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def run(self, *words: str, cwd: Path, **more: str) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "JPY_", "PYTEST"))}
        done = subprocess.run(
            [str(self.python), *words], cwd=cwd, env={**kept, **more}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()


@pytest.fixture(scope="module")
def wheels(root, tiny_course, tmp_path_factory):
    from autograder.course.wheels import course_wheel, grader_wheel

    into = tmp_path_factory.mktemp("wheels")
    shutil.copytree(tiny_course / "course", into / "toys/course")
    (into / "toys/course.toml").write_text('name = "Toys"\nid = "toys"\n')
    return grader_wheel(into), course_wheel(into / "toys", into)


@pytest.fixture(scope="module")
def grader_alone(wheels, tmp_path_factory):
    """An environment with the grader's wheel and no course."""
    return Environment(tmp_path_factory.mktemp("grader") / "env", [wheels[0]])


@pytest.fixture(scope="module")
def installed(wheels, tmp_path_factory):
    """An environment with both wheels."""
    return Environment(tmp_path_factory.mktemp("both") / "env", list(wheels))


@pytest.fixture
def lone(tiny_course, tmp_path):
    """One notebook in an otherwise empty folder, answered."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    book = json.loads((tiny_course / "course/01_toy/toy.ipynb").read_text())
    for cell in book["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "row_means":
            cell["source"] = ANSWER
    book["cells"] = [one for one in book["cells"] if "Scaler" not in "".join(one["source"])]
    (folder / "toy (1).ipynb").write_text(json.dumps(book))
    return folder / "toy (1).ipynb"


CHECK = f"from autograder import checks_of\ncheck = checks_of('01_toy/toy')\n{ANSWER}print(repr(check('row_means')))"
PASSED = "✓ row_means: passed, 2 of 2 points"


def test_a_wheel_checks_the_notebooks_of_a_course_folder_that_was_copied_alone(grader_alone, tiny_course, tmp_path):
    shutil.copytree(tiny_course / "course", tmp_path / "mine")
    said = grader_alone.run(
        "-c", f"import autograder\nprint(autograder.__file__)\n{CHECK}", cwd=tmp_path / "mine/01_toy"
    )
    where, card = said.splitlines()
    assert Path(where).is_relative_to(grader_alone.site)
    assert card == PASSED


def test_a_wheel_alone_says_that_the_courses_checks_are_missing_and_what_to_do(grader_alone, tmp_path):
    said = grader_alone.run("-c", CHECK, cwd=tmp_path)
    assert "the checks of 01_toy/toy are not here" in said
    assert "nor in an installed course (there are: none). Install the course's wheel" in said
    doctor = grader_alone.run("-c", "from autograder.live.setup_check import doctor; print(doctor())", cwd=tmp_path)
    assert "✓ a check, tried once" in doctor
    assert "✗ the checks of the course\n      The course's checks are not here. Install" in doctor


def test_the_doctor_says_so_when_no_check_can_run(grader_alone, tmp_path):
    program = (
        "import autograder.checking.plugin as plugin; from pathlib import Path; plugin.INI = Path('checks.ini')\n"
        "from autograder.live.setup_check import doctor; print(doctor())"
    )
    said = grader_alone.run("-c", program, cwd=tmp_path)
    assert "✗ a check, tried once\n      No check can run here (" in said
    assert "Install the grader anew" in said


def test_an_installed_course_is_found_from_any_folder(installed, tmp_path):
    assert installed.run("-c", CHECK, cwd=tmp_path) == PASSED
    doctor = installed.run("-c", "from autograder.live.setup_check import doctor; print(doctor())", cwd=tmp_path)
    assert "✓ the checks of the course" in doctor


def test_checks_beside_the_notebook_come_before_the_installed_ones(installed, tiny_course, tmp_path):
    beside = tmp_path / "01_toy"
    shutil.copytree(tiny_course / "course/01_toy", beside)
    checks = beside / "checks/test_toy.py"
    checks.write_text(checks.read_text().replace("def test_", "def test_from_beside_", 1))
    assert "from_beside" in installed.run("-c", CHECK, cwd=beside)
    other = tmp_path / "another_course"
    (other / "checks").mkdir(parents=True)
    shutil.copy(checks, other / "checks")  # a file of that name, in a folder of another name and without its recording
    assert installed.run("-c", CHECK, cwd=other) == PASSED


def test_a_lone_notebook_of_another_name_runs_under_nbconvert_from_another_folder(installed, lone, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    program = f"""
import nbformat
from nbclient import NotebookClient
book = nbformat.read({str(lone)!r}, 4)
NotebookClient(book, kernel_name="python3", resources={{"metadata": {{"path": {str(elsewhere)!r}}}}}).execute()
print([out["data"]["text/plain"] for cell in book.cells for out in cell.get("outputs", []) if "data" in out])
"""
    kernel = installed.site.parents[2] / "share/jupyter/kernels/python3"
    kernel.mkdir(parents=True, exist_ok=True)
    words = [str(installed.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": words, "display_name": "x", "language": "python"}))
    said = installed.run("-c", program, cwd=tmp_path, JUPYTER_PATH=str(kernel.parents[1]))
    assert PASSED in said


def test_a_lone_notebook_of_another_name_is_checked_from_a_terminal(installed, lone):
    said = installed.run("-m", "autograder.cli", "check", lone.name, "--exercise", "row_means", cwd=lone.parent)
    assert PASSED in said


def test_a_lone_notebook_has_the_map_of_its_installed_course_and_what_was_won(installed, lone):
    program = f"{CHECK}\nfrom autograder import progress\nprint(progress())\nprint(progress()._repr_mimebundle_())"
    said = installed.run("-c", program, cwd=lone.parent)
    assert "! Only this notebook is here, and this is the way through its course." in said
    assert "0 of 6 points won with checks\nNext: row_means in A toy\n" in said
    assert "<a href" not in said, "the installed notebooks are not to be opened"


def test_an_update_brings_the_installed_course_and_names_its_version(installed, wheels, tmp_path):
    said = installed.run("-m", "autograder.cli", "update", "work", cwd=tmp_path)
    version = wheels[1].name.split("-")[1]
    assert said.splitlines() == ["work: 1 notebooks, ready to be worked in", f"as in toys-course {version}"]


def test_a_wheel_of_other_contents_has_another_version_and_the_same_contents_the_same(root, tmp_path, monkeypatch):
    import autograder.course.wheels as course_wheels

    checkout = tmp_path / "checkout"
    (checkout / "kit").mkdir(parents=True)
    shutil.copy(root / "pyproject.toml", checkout)
    (checkout / "README.md").touch()
    (checkout / "kit/__init__.py").write_text("")
    monkeypatch.setattr(course_wheels, "CHECKOUT", checkout)
    monkeypatch.setattr(course_wheels, "_built", lambda project, into: (project / "pyproject.toml").read_text())
    first, again = course_wheels.grader_wheel(tmp_path), course_wheels.grader_wheel(tmp_path)
    (checkout / "kit/__init__.py").write_text("x = 1\n")
    other = course_wheels.grader_wheel(tmp_path)
    version = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]["version"]
    named = [tomllib.loads(text)["project"]["version"] for text in (first, again, other)]
    assert named[0] == named[1] != named[2]
    assert all(re.fullmatch(rf"{re.escape(version)}\+x[0-9a-f]{{8}}", one) for one in named)


def test_a_newer_build_of_a_wheel_takes_the_place_of_the_older_one_without_being_forced(wheels, tmp_path):
    """pip keeps what is installed where the version of a wheel is the same."""
    older = _repacked(wheels[0], tmp_path, "0.1.0+x00000000")
    environment = Environment(tmp_path / "env", [older])
    asked = "from importlib.metadata import version; print(version('kernel-school'))"
    assert environment.run("-c", asked, cwd=tmp_path) == "0.1.0+x00000000"
    Environment(tmp_path / "env", [wheels[0]])
    assert environment.run("-c", asked, cwd=tmp_path) == wheels[0].name.split("-")[1]


def _repacked(wheel: Path, into: Path, version: str) -> Path:
    """The same wheel under another version."""
    was = wheel.name.split("-")[1]
    made = into / wheel.name.replace(was, version)
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name.endswith(("METADATA", "RECORD")):
                text = text.replace(was.encode(), version.encode())
            new.writestr(name.replace(was, version), text)
    return made


def test_what_a_message_recommends_is_in_the_wheel(installed, tmp_path):
    from coursekit.data import CIFAR10_COMMAND

    assert "162 MB" in installed.run(
        "-c", f"import {CIFAR10_COMMAND.split()[-1]} as told; print(told.__doc__)", cwd=tmp_path
    )
