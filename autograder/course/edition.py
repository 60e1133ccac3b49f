"""The students' edition: the course, its wheels and how to begin, as a folder and as a zip. No solution is in it."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path
from string import Template

from autograder.course.coursemap import Stop, markdown, released_stops
from autograder.course.wheels import NOT_RELEASED, course_wheel, grader_wheel
from autograder.plain.errors import CourseError
from autograder.plain.settings import CourseSettings, course_settings

RELEASED = ".released"  # the notebooks as they were handed out: what `autograder update` compares with
ITSELF = "--editable ."


def students_edition(root: Path, out: Path) -> Path:
    """Make the students' edition in a folder that is new or empty, with a zip beside it, which is returned.

    Raises CourseError where something is in the way or missing.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CourseError(f"{out} is not empty: give a new folder, or remove it")
    stops, unreadable = released_stops(root / "course")
    if unreadable or not stops:
        raise CourseError(
            f"{root / 'course'}: no notebook can be read in {unreadable or 'it'}; `autograder build` makes them"
        )
    with_base(root / "course", out / "course")
    wheels = [grader_wheel(out / "wheels"), course_wheel(root, out / "wheels")]
    lines = [f"./{one.relative_to(out).as_posix()}" for one in wheels]
    (out / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (out / "README.md").write_text(_readme(course_settings(root), stops), encoding="utf-8")
    if (root / "LICENSE").is_file():
        shutil.copy(root / "LICENSE", out)
    _environment(root, out, lines)
    return Path(shutil.make_archive(str(out), "zip", out.parent, out.name))


def with_base(course: Path, into: Path) -> None:
    """Copy a course for a student to work in, with the notebooks once more as they are now."""
    shutil.copytree(course, into, ignore=NOT_RELEASED, dirs_exist_ok=True)
    for path in course.glob("*/*.ipynb"):
        base = into / RELEASED / path.relative_to(course)
        base.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, base)


def _readme(course: CourseSettings, stops: list[Stop]) -> str:
    template = Template(files("autograder.course").joinpath("student_readme.md").read_text(encoding="utf-8"))
    return template.substitute(name=course.name, id=course.id, first=f"course/{stops[0].file}", map=markdown(stops))


def _environment(root: Path, out: Path, wheels: list[str]) -> None:
    """The checkout's file for conda, with the wheels in the checkout's place."""
    path = root / "environment.yml"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for number, line in enumerate(lines):
        if line.strip() == f"- {ITSELF}":
            dash = line[: line.index("-")]
            lines[number] = "\n".join(f"{dash}- {wheel}" for wheel in wheels)
    if lines:
        (out / "environment.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
