"""Courses that are installed beside the grader, as packages: found by their entry points, and never imported.

A course's package is a folder like course/ in a checkout: chapters with notebooks and checks, and the course.toml.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

GROUP = "autograder.courses"  # an entry point's name is the course's id, its value the package that holds the course
CHECKOUT = Path(__file__).resolve().parents[2]


@cache
def installed_courses() -> dict[str, Path]:
    """Return the folder of each course that is installed, by the course's id.

    A grader that was installed from a checkout, with `pip install --editable`, has the course of that checkout.
    """
    found = {one.name: folder for one in entry_points(group=GROUP) if (folder := _folder_of(one.value)) is not None}
    if (CHECKOUT / "course.toml").is_file() and (CHECKOUT / "course").is_dir():
        found["this checkout"] = CHECKOUT / "course"
    return found


def release_of(course: Path) -> str:
    """Return the package and the version that a course's folder was installed as; "" of any other folder."""
    found = (one for one in entry_points(group=GROUP) if one.dist is not None and _folder_of(one.value) == course)
    return next((f"{one.dist.name} {one.dist.version}" for one in found if one.dist), "")


def _folder_of(package: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    places = spec.submodule_search_locations if spec else None
    return next((Path(one) for one in places or ()), None)
