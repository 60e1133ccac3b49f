"""The wheels that a student installs: one of the grader with its kit, one of the course's notebooks and checks."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from string import Template

from autograder.plain.errors import CourseError
from autograder.plain.installed import CHECKOUT, GROUP
from autograder.plain.settings import FILE, CourseSettings, course_settings

# A student's own (answers that came with feedback, progress, packs) and what machines leave are no part of a course.
NOT_RELEASED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "*.seed-*.safetensors", "*.egg-info", "*.zip")
VERSION = re.compile(r'^version = "[^"+]+', re.MULTILINE)
PROJECT = Template("""\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "$id-course"
version = "$version"
description = "$name: the notebooks, their checks, and what the references answer."
requires-python = ">=3.11"

[project.entry-points."$group"]
$id = "$package"

[tool.setuptools]
packages = $packages

[tool.setuptools.package-data]
"*" = ["**/*"]
""")


def package_of(course: CourseSettings) -> str:
    """Return the name of the package that a course is installed as."""
    return f"{course.id.replace('-', '_')}_course"


def course_wheel(root: Path, into: Path) -> Path:
    """Build the wheel of a course from its course/ and return it. Raises CourseError.

    Its version is the minute at which it is built, so that pip takes a later one for newer, and what is in it.
    """
    course = course_settings(root)
    if not (root / "course").is_dir():
        raise CourseError(f"{root} has no course/: `autograder build` makes it")
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder) / package_of(course)
        shutil.copytree(root / "course", top, ignore=NOT_RELEASED)
        (top / "__init__.py").write_text(f'"""{course.name}, installed. Nothing is imported from here."""\n')
        if (root / FILE).is_file():
            shutil.copy(root / FILE, top)
        kits = [_kit(one, root, Path(folder)) for one in course.kits if not (CHECKOUT / one).is_dir()]
        now = datetime.now(UTC)
        text = PROJECT.substitute(
            id=course.id,
            name=course.name,
            group=GROUP,
            package=top.name,
            packages=[top.name, *kits],
            version=f"{now.year}.{now.month}.{now.day}.{now.hour * 60 + now.minute}+{_digest(Path(folder))}",
        )
        (Path(folder) / "pyproject.toml").write_text(text, encoding="utf-8")
        return _built(Path(folder), into)


def grader_wheel(into: Path) -> Path:
    """Build the wheel of the grader and its kit from the checkout that it was installed from, and return it.

    Its version is the project's, and what is in it: of two builds with one version pip would keep the first.
    Raises CourseError where there is no checkout.
    """
    if not (CHECKOUT / "pyproject.toml").is_file():
        raise CourseError(
            "the grader was not installed from a checkout (`pip install --editable .`): build its wheel there"
        )
    with tempfile.TemporaryDirectory() as folder:
        for path in CHECKOUT.iterdir():
            if path.is_dir() and (path / "__init__.py").is_file():
                shutil.copytree(path, Path(folder) / path.name, ignore=NOT_RELEASED)
            elif path.name in ("pyproject.toml", "README.md", "LICENSE"):
                shutil.copy(path, folder)
        project = Path(folder) / "pyproject.toml"
        text = project.read_text(encoding="utf-8")
        project.write_text(VERSION.sub(rf"\g<0>+{_digest(Path(folder))}", text, count=1), encoding="utf-8")
        return _built(Path(folder), into)


def _digest(folder: Path) -> str:
    """Return nine signs that tell what is in a folder from anything else: a letter first, since pip reads numbers."""
    found = hashlib.sha256()
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        found.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        found.update(path.read_bytes())
    return f"x{found.hexdigest()[:8]}"


def _kit(name: str, root: Path, into: Path) -> str:
    spec = importlib.util.find_spec(name)
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise CourseError(f"{root / FILE} names the kit {name}, which can't be imported here as a package")
    shutil.copytree(places[0], into / name, ignore=NOT_RELEASED)
    return name


def _built(project: Path, into: Path) -> Path:
    """Build the wheel of a project, without asking a network where setuptools is here."""
    into.mkdir(parents=True, exist_ok=True)
    here = ["--no-build-isolation"] if importlib.util.find_spec("setuptools") else []
    with tempfile.TemporaryDirectory() as folder:
        words = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            *here,
            "--wheel-dir",
            folder,
            str(project),
        ]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        made = sorted(Path(folder).glob("*.whl"))
        if done.returncode or not made:
            raise CourseError(f"no wheel of {project.name} could be built: {(done.stderr or done.stdout).strip()}")
        return Path(shutil.copy(made[0], into))
