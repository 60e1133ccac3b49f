"""Notebooks as nbgrader releases them: which there are, and nbgrader's own generate_assignment run on them."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.course.notebook import CourseNotebook, read_course_notebook
from autograder.plain.errors import CourseError
from autograder.plain.files import write_whole


def release(root: Path, notebook: CourseNotebook) -> Iterator[Path]:
    """Release one notebook with its checks and yield the files that differ from before. Raises CourseError."""
    with tempfile.TemporaryDirectory() as folder:
        generate(root, notebook.chapter, Path(folder), notebook.path.stem)
        fresh = Path(folder) / notebook.chapter
        for path, ours in zip(released(fresh, notebook), released_of(root, notebook), strict=True):
            if not path.exists():
                continue
            made = path.read_bytes()
            if not ours.exists() or made != ours.read_bytes():
                ours.parent.mkdir(parents=True, exist_ok=True)
                write_whole(ours, [made])
                yield ours


def released_of(root: Path, notebook: CourseNotebook) -> tuple[Path, Path, Path]:
    """Return where a notebook's release stands: the notebook, its checks and their recording."""
    return released(root / "course" / notebook.chapter, notebook)


def released(chapter: Path, notebook: CourseNotebook) -> tuple[Path, Path, Path]:
    """Return the same three below a chapter's folder elsewhere."""
    checks = chapter / "checks"
    return chapter / notebook.file, checks / notebook.checks.name, checks / notebook.recording.name


def generate(root: Path, chapter: str, into: Path, notebook: str = "*", database: str | None = None) -> None:
    """Run nbgrader's generate_assignment with the course's configuration, into a folder and a database or none.

    nbgrader has a file's name without its ending for a notebook's name: `notebook` is that.

    Raises CourseError with nbgrader's log.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    from autograder.seams.nbgrader_internals import run_logged

    config = nbgrader_config(root)
    config.CourseDirectory.update(
        root=str(root),
        release_directory=str(into),
        notebook_id=notebook,
        assignment_id=chapter,
        student_id=".",
    )
    if database is None:
        config.GenerateAssignment.no_database = True
        config.SaveCells.enabled = False
    else:
        config.CourseDirectory.db_url = database
    app = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
    app.log = logging.getLogger("autograder.course.release")
    app.force = True
    problem = run_logged(app)
    if problem is not None:
        raise CourseError(f"nbgrader could not release {chapter}:\n{problem}")


def nbgrader_config(root: Path) -> Any:
    """Return the configuration in the course's nbgrader_config.py."""
    from traitlets.config import PyFileConfigLoader

    if not (root / "nbgrader_config.py").exists():
        raise CourseError(f"{root} has no nbgrader_config.py: run this at the top of a course")
    return PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()


def select(root: Path, path: Path | None) -> list[CourseNotebook]:
    """Return the notebooks that a command is about: one, a chapter's, or all. Raises CourseError."""
    solutions = root / "solutions"
    if path is None:
        found = sorted(solutions.glob("*/*.md"))
    elif path.is_dir():
        found = sorted(path.glob("*.md")) or sorted(path.glob("*/*.md"))
    else:
        found = [path.with_suffix(".md")]
    if not found:
        raise CourseError(f"there are no notebooks in {path or solutions}")
    return [read_course_notebook(one) for one in found]
