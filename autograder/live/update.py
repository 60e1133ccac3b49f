"""`autograder update`: corrected notebooks brought into a student's folder, which keeps what the student did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.checking.home import bound_keys
from autograder.course.edition import RELEASED, with_base
from autograder.live.merge import merge, text_of
from autograder.plain.errors import CourseError
from autograder.plain.files import write_whole

BEFORE, BESIDE = ".before-update", "{}.new.ipynb"


def update(course: Path, work: Path) -> Iterator[str]:
    """Bring a course into a student's folder and yield what was done, a line each.

    Args:
        course: the released notebooks and checks, as they are now.
        work: the student's folder. Where it is not there it is made.

    A notebook that changes is first copied to `.before-update`. Raises CourseError where there is no course.
    """
    notebooks = sorted(course.glob("*/*.ipynb"))
    if not notebooks:
        raise CourseError(f"there are no notebooks of a course in {course}")
    if course.resolve() == work.resolve():
        raise CourseError(f"{work} is the course itself: give the folder that you work in, or --from with a newer one")
    if work.exists() and not work.is_dir():
        raise CourseError(f"{work} is a file: give the folder that you work in, or a new one")
    if not work.exists():
        with_base(course, work)
        yield f"{work}: {len(notebooks)} notebooks, ready to be worked in"
        return
    for path in notebooks:
        yield from _one(path, work, path.relative_to(course))
    for checks in course.glob("*/checks"):
        target = work / checks.relative_to(course)
        target.mkdir(parents=True, exist_ok=True)
        for path in checks.glob("*.*"):
            if path.is_file() and (not (target / path.name).exists() or _differ(path, target / path.name)):
                write_whole(target / path.name, [path.read_bytes()])
                yield f"{target.name}/{path.name}: the new one"


def _one(new: Path, work: Path, place: Path) -> Iterator[str]:
    mine, base = work / place, work / RELEASED / place
    before = _moved(new, work, place)
    if before is not None:
        mine, base = _at_its_new_place(before, mine, work)
        yield f"{place}: this was {before.name}"
    if base.is_file() and not _differ(new, base) and mine.is_file():
        return  # nothing has changed since it was handed out
    if not mine.is_file():
        _put(mine, new.read_bytes())
        _put(base, new.read_bytes())
        yield f"{place}: a new notebook"
        return
    try:
        book, cells = _read(mine)
    except CourseError as problem:
        beside = mine.with_name(BESIDE.format(mine.stem))
        _put(beside, new.read_bytes())
        yield f"{place}: {problem}; it is as it was, and the new one is {beside.name}"
        return
    fresh, now = _read(new)
    known = _read(base)[1] if base.is_file() else [one for one in now if one.get("id") in {c.get("id") for c in cells}]
    merged = merge(known, cells, now)
    _put(work / BEFORE / place, mine.read_bytes())
    _put(mine, _bytes({**fresh, "metadata": {**fresh["metadata"], **_own_kernel(book)}, "cells": merged.cells}))
    _put(base, new.read_bytes())
    yield f"{place}: the new text and checks, your answers"
    yield from (f"  ! {line}" for line in merged.said)


def _moved(new: Path, work: Path, place: Path) -> Path | None:
    """The student's file of a notebook whose file has another name now."""
    if (work / place).exists():
        return None
    wanted = bound_keys(new.read_text(encoding="utf-8"))
    found = [
        path
        for path in sorted((work / RELEASED / place.parent).glob("*.ipynb"))
        if wanted and bound_keys(path.read_text(encoding="utf-8")) == wanted
    ]
    candidates = [work / place.parent / path.name for path in found]
    return next((path for path in candidates if path.is_file()), None)


def _at_its_new_place(before: Path, mine: Path, work: Path) -> tuple[Path, Path]:
    was = work / RELEASED / before.relative_to(work)
    base = was.with_name(mine.name)
    before.rename(mine)
    was.rename(base)
    return mine, base


def _own_kernel(book: dict[str, Any]) -> dict[str, Any]:
    """The kernel that the student chose."""
    return {key: value for key, value in book.get("metadata", {}).items() if key in ("kernelspec", "language_info")}


def _read(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        book = json.loads(path.read_text(encoding="utf-8"))
        cells = [dict(one) for one in book["cells"]]
        for one in cells:
            text_of(one)
        return book, cells
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise CourseError(f"your file can't be read ({type(problem).__name__})") from None


def _bytes(book: dict[str, Any]) -> bytes:
    return (json.dumps(book, indent=1, ensure_ascii=False) + "\n").encode()


def _put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, [content])


def _differ(one: Path, other: Path) -> bool:
    return one.read_bytes() != other.read_bytes()


def course_to_bring(root: Path, given: Path | None) -> Path:
    """Return the course to bring: the one that is given, that of the checkout, or the one that is installed."""
    from autograder.plain.installed import installed_courses

    if given is not None:
        return given / "course" if (given / "course").is_dir() else given
    if (root / "course").is_dir() and (root / "nbgrader_config.py").is_file():
        return root / "course"
    found = [folder for folder in installed_courses().values() if folder.is_dir()]
    if len(found) != 1:
        raise CourseError(f"{len(found)} courses are installed here: say which with --from FOLDER, a course's folder")
    return found[0]
