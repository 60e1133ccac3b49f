"""What a course says of itself, read from the course.toml at its top.

A folder without one is a course too: it has no packages of its own, and what the defaults say.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from autograder.plain.errors import CourseError
from autograder.plain.installed import installed_courses

FILE = "course.toml"


@dataclass(frozen=True)
class CourseSettings:
    """One course.

    Args:
        name: for people.
        id: for files and kernels: small letters, digits and hyphens.
        kits: packages of the course's own, which notebooks import: the box shows them.
        versions: distributions whose versions a results file holds.
        packages: what notebooks import, by import name, with the name that pip knows.
        chapters: a chapter's title, by its folder, where the folder's name is none.
        kernels: the title of the Jupyter kernel for each device.
        health: "module:function", which yields in words what is missing of the course's data; "" for none.
    """

    name: str = "Course"
    id: str = "course"
    kits: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    chapters: Mapping[str, str] = field(default_factory=dict)
    kernels: Mapping[str, str] = field(default_factory=lambda: {"cpu": "Course (CPU)", "cuda": "Course (CUDA)"})
    health: str = ""


def course_settings(root: Path) -> CourseSettings:
    """Return what the course at `root` says of itself. Raises CourseError that names what is wrong in the file."""
    path = root / FILE
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return CourseSettings()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise CourseError(f"{path} can't be read: {problem}") from None
    return CourseSettings(**{name: _checked(path, name, value) for name, value in said.items()})


def settings_near(folder: Path) -> CourseSettings:
    """Return the settings of the nearest course upwards from a folder, else of an installed one, else the defaults."""
    here = folder.absolute()
    places = [here, *here.parents, *installed_courses().values()]
    return course_settings(next((one for one in places if (one / FILE).is_file()), here))


def _checked(path: Path, name: str, value: Any) -> Any:
    known = {one.name: one for one in fields(CourseSettings)}
    if name not in known:
        raise CourseError(f"{path} says {name!r}, which no course has; there are {', '.join(known)}")
    wanted = getattr(CourseSettings(), name)
    if isinstance(wanted, str) and isinstance(value, str):
        return value
    if isinstance(wanted, tuple) and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if isinstance(wanted, dict) and isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
        return dict(value)
    kind = (
        "a text" if isinstance(wanted, str) else "a list of texts" if isinstance(wanted, tuple) else "a table of texts"
    )
    raise CourseError(f"{path}: {name} is {value!r}, expected {kind}")
