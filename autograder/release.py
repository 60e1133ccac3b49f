"""From solutions/ to course/: sync the pair, execute, record, release through nbgrader; and `--check`.

`build` writes what is stale. `stale` changes nothing and says which file is stale and why.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat

from autograder.compare import agrees
from autograder.coursemap import renewed
from autograder.errors import CourseError
from autograder.notebook import CourseNotebook, read_course_notebook
from autograder.recorder import PUBLIC_SEED, digests, make_recording
from autograder.recording import Answer, Recording, load, save

EXECUTE_SECONDS = 300
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/])/(?:home|root|Users|tmp|usr/lib|opt|var)/[\w.\-]+")
KEPT_METADATA = ("kernelspec", "kernel_school", "language_info")


def build(root: Path, notebooks: Iterable[CourseNotebook], *, report: Any = print) -> None:
    """Execute, record and release notebooks, each only where it is stale. Raises CourseError."""
    for notebook in notebooks:
        why = _pair_stale(notebook)
        if why:
            report(f"{notebook.chapter}/{notebook.name}: recording ({why})")
        if _recording_stale(notebook):
            save(make_recording(notebook), notebook.recording)
        if why:
            report(f"{notebook.chapter}/{notebook.name}: executing")
            _write_pair(notebook)
        for path, problem in _release_stale(root, notebook, write=True):
            report(f"{path}: {problem}, written")
    for page, text in renewed(root):
        page.write_text(text, encoding="utf-8")
        report(f"{_relative(page, root)}: its course map differs from the notebooks, written")


def stale(root: Path, notebooks: Iterable[CourseNotebook]) -> list[str]:
    """Return a line for each file that `build` would write, with the reason. Changes nothing."""
    lines = []
    for notebook in notebooks:
        pair, recording = _pair_stale(notebook), _recording_stale(notebook)
        if pair:
            lines.append(f"{_relative(notebook.path.with_suffix('.ipynb'), root)}: {pair}")
        if recording:
            lines.append(f"{_relative(notebook.recording, root)}: {recording}")
        lines += [f"{path}: {problem}" for path, problem in _release_stale(root, notebook, write=False)]
    return lines + [
        f"{_relative(path, root)}: its course map differs from the notebooks" for path, _ in renewed(root)
    ]


def leftovers(root: Path, notebooks: Iterable[CourseNotebook]) -> list[str]:
    """Return the files of course/ that no notebook of solutions/ makes."""
    made = {
        root / "course" / notebook.chapter / relative
        for notebook in notebooks
        for relative in _released(notebook)
    }
    found = sorted(path for path in (root / "course").glob("*/**/*") if path.is_file() and not _ignored(path))
    return [
        f"{_relative(path, root)}: nothing in solutions/ makes this file"
        for path in found
        if path not in made
    ]


def _ignored(path: Path) -> bool:
    return bool({"__pycache__", ".ipynb_checkpoints"} & set(path.parts))


# The pair: the text, and the executed notebook.


def as_notebook(notebook: CourseNotebook) -> Any:
    """Return the notebook as nbformat, with ids that depend on the text alone and no outputs."""
    book = nbformat.v4.new_notebook()
    book.metadata = nbformat.from_dict({k: v for k, v in notebook.metadata.items() if k in KEPT_METADATA})
    # Its cells show what the checks say: when the checks change, so do the outputs.
    book.metadata["checks"] = digests(notebook)["checks"]
    book.metadata["language_info"] = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
    book.cells = [nbformat.from_dict(json.loads(json.dumps(cell))) for cell in notebook.cells]
    seen: dict[str, int] = {}
    for cell in book.cells:
        name = (
            cell.metadata.get("nbgrader", {}).get("grade_id")
            or hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        )
        seen[name] = seen.get(name, 0) + 1
        cell.id = name[:56] if seen[name] == 1 else f"{name[:56]}-{seen[name]}"
        _close_metadata(cell)
    return book


def _close_metadata(cell: Any) -> None:
    about = cell.metadata.get("nbgrader")
    if about is not None:
        about.setdefault("cell_type", cell.cell_type)


def _pair_stale(notebook: CourseNotebook) -> str:
    path = notebook.path.with_suffix(".ipynb")
    if not path.exists():
        return "it was never executed"
    kept = nbformat.read(path, as_version=4)
    if _inputs(kept) != _inputs(as_notebook(notebook)):
        return f"{notebook.path.name} has changed since it was executed"
    return ""


def _inputs(book: Any) -> str:
    cells = [(cell.cell_type, cell.id, cell.source, cell.metadata) for cell in book.cells]
    return json.dumps([book.metadata, cells], sort_keys=True)


def _write_pair(notebook: CourseNotebook) -> None:
    book = as_notebook(notebook)
    execute(notebook, book)
    _look_for_paths(notebook, book)
    path = notebook.path.with_suffix(".ipynb")
    partial = path.with_name(path.name + ".part")
    nbformat.write(book, partial)
    partial.replace(path)


def execute(notebook: CourseNotebook, book: Any) -> None:
    """Run all cells of `book` in a fresh kernel, in place. Raises CourseError."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    metadata = json.loads(json.dumps(book.metadata))
    client = NotebookClient(
        book, timeout=EXECUTE_SECONDS, kernel_name="python3", record_timing=False, store_widget_state=False,
        resources={"metadata": {"path": str(notebook.path.parent)}},
    )  # fmt: skip
    try:
        client.execute()
    except CellExecutionError as problem:
        raise CourseError(f"{notebook.path.name} does not run:\n{problem}") from None
    book.metadata = nbformat.from_dict(metadata)


def _look_for_paths(notebook: CourseNotebook, book: Any) -> None:
    for cell in book.cells:
        text = json.dumps(
            [one.get("text") or one.get("data", {}).get("text/plain", "") for one in cell.get("outputs", [])]
        )
        found = ABSOLUTE_PATH.search(text)
        if found:
            raise CourseError(
                f"{notebook.path.name}: an output shows the path {found[0]}: cell {cell.source[:60]!r}"
            )


# The recording.


def _recording_stale(notebook: CourseNotebook) -> str:
    if not notebook.recording.exists():
        return "it was never recorded"
    try:
        kept = load(notebook.recording)
    except CourseError as problem:
        return str(problem)
    changed = [name for name, digest in digests(notebook).items() if kept.made_from.get(name) != digest]
    if changed:
        return f"the {' and the '.join(changed)} changed since it was recorded"
    fresh = make_recording(notebook, mistakes=False)
    return "" if _same_recording(kept, fresh) else "the answers on record are not those of the reference"


def _same_recording(kept: Recording, fresh: Recording) -> bool:
    if (
        kept.seed != PUBLIC_SEED
        or dict(kept.points) != dict(fresh.points)
        or kept.answers.keys() != fresh.answers.keys()
    ):
        return False
    return all(
        len(kept.answers[test]) == len(answers) and all(map(_close, kept.answers[test], answers))
        for test, answers in fresh.answers.items()
    )


def _close(left: Answer, right: Answer) -> bool:
    return left.name == right.name and agrees(left.value, right.value, rtol=1e-4, atol=1e-5)


# The release.


def _released(notebook: CourseNotebook) -> list[Path]:
    return [
        Path(f"{notebook.name}.ipynb"),
        Path("checks") / notebook.checks.name,
        Path("checks") / notebook.recording.name,
    ]


def _release_stale(root: Path, notebook: CourseNotebook, *, write: bool) -> Iterator[tuple[str, str]]:
    """Yield (file, problem) for each file of course/ that differs from a fresh release, writing it if asked."""
    if not notebook.path.with_suffix(".ipynb").exists():
        return
    with _fresh_release(root, notebook) as fresh:
        for relative in _released(notebook):
            ours = root / "course" / notebook.chapter / relative
            if not (fresh / relative).exists():
                continue
            problem = _differs(fresh / relative, ours)
            if problem and write:
                ours.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(fresh / relative, ours)
            if problem:
                yield _relative(ours, root), problem


def _differs(fresh: Path, ours: Path) -> str:
    if not ours.exists():
        return "it is not there"
    return "" if ours.read_bytes() == fresh.read_bytes() else "it differs from what solutions/ gives"


@contextmanager
def _fresh_release(root: Path, notebook: CourseNotebook) -> Iterator[Path]:
    """Release one notebook into a temporary folder through nbgrader's own generate_assignment."""
    with tempfile.TemporaryDirectory() as folder:
        generate(root, notebook.chapter, Path(folder), notebook.name)
        yield Path(folder) / notebook.chapter


def generate(root: Path, chapter: str, into: Path, notebook: str = "*", database: str | None = None) -> None:
    """Run nbgrader's generate_assignment with the course's configuration, into a folder and a database or none.

    Raises CourseError with nbgrader's log.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.utils import capture_log

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
    app.log = logging.getLogger("autograder.release")
    app.force = True
    outcome = capture_log(app)
    if not outcome["success"]:
        raise CourseError(
            f"nbgrader could not release {chapter}:\n{outcome.get('log', '')}{outcome.get('error', '')}"
        )


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


def _relative(path: Path, root: Path) -> str:
    return os.path.relpath(path, root)
