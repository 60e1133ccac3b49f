"""A notebook of the course: its exercises, their points, its setup cells, its solution's namespace."""

from __future__ import annotations

import ast
import json
import linecache
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from autograder.plain.errors import CourseError
from autograder.plain.numbered import at, name_of
from autograder.seams.jsonschema_internals import without_uri_grammar

HEADER = "autograder"  # the key of a notebook's own header in its metadata
SETUP_TAG = "setup"
CHECK_PREFIX = "check_"
ALWAYS_PRELOADED = ("torch", "numpy")
EXERCISE_LINE = re.compile(
    r"\*\*Difficulty\*\* (?P<difficulty>[1-5])/5 · \*\*(?P<minutes>\d+) minutes?\*\* · "
    r"\*\*(?P<points>[\d.]+) points?\*\*"
)
HEADING = re.compile(r"^#+ Exercise: `(?P<name>\w+)`", re.MULTILINE)


@dataclass(frozen=True)
class Exercise:
    """One exercise: the source of its stub cell (with the solution), its points, what its line says."""

    name: str
    source: str
    points: float
    difficulty: int | None = None
    minutes: int | None = None
    stated_points: float | None = None


@dataclass(frozen=True)
class Outline:
    """What one must know of a notebook to read a student's copy of it.

    Args:
        chapter, name: which notebook it is.
        exercises: the names of its exercises, in order.
        setup: the sources of its setup cells.
        author_sources: the text of the code cells that are not the student's to write.
    """

    chapter: str
    name: str
    exercises: tuple[str, ...]
    setup: tuple[str, ...] = ()
    author_sources: frozenset[str] = frozenset()


@dataclass(frozen=True)
class CourseNotebook:
    """A notebook as its author wrote it.

    Args:
        path: the MyST text, solutions/<chapter>/<number>_<name>.md, or without a number.
        cells: the cells in order, as nbformat has them.
        metadata: the notebook's metadata.
    """

    path: Path
    cells: tuple[Any, ...]
    metadata: dict[str, Any]

    @property
    def chapter(self) -> str:
        """The chapter's folder, which is nbgrader's assignment."""
        return self.path.parent.name

    @property
    def root(self) -> Path:
        """The top of the course."""
        return self.path.parents[2]

    @property
    def name(self) -> str:
        """The notebook's name, without its place in the chapter."""
        return name_of(self.path.stem)

    @property
    def file(self) -> str:
        """The name of its file as students have it, with its place in the chapter; nbgrader's name for it with
        an ending."""
        return f"{self.path.stem}.ipynb"

    @property
    def checks(self) -> Path:
        """The file of its checks."""
        return self.path.parent / "checks" / f"test_{self.name}.py"

    @property
    def recording(self) -> Path:
        """The recording at the public seed. It stands in the release alone, where students need it."""
        return self.root / "course" / self.chapter / "checks" / f"{self.name}.safetensors"

    @property
    def variants(self) -> Path:
        """The file of its mistakes and other right answers."""
        return self.path.parent / "variants" / f"{self.name}.py"

    @property
    def outline(self) -> Outline:
        """What is needed to read a student's copy."""
        return Outline(self.chapter, self.name, tuple(self.exercises), self.setup, self.author_sources)

    @property
    def about(self) -> dict[str, Any]:
        """What the header says: title, teaches, needs, minutes."""
        return dict(self.metadata.get(HEADER, {}))

    @cached_property
    def setup(self) -> tuple[str, ...]:
        """The sources of the setup cells."""
        return tuple(
            cell.source
            for cell in self.cells
            if cell.cell_type == "code" and SETUP_TAG in cell.metadata.get("tags", [])
        )

    @cached_property
    def author_sources(self) -> frozenset[str]:
        """The text of every code cell that isn't a student's to write."""
        return frozenset(
            cell.source.strip()
            for cell in self.cells
            if cell.cell_type == "code" and not nbgrader_of(cell).get("solution")
        )

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """The exercises by name, in the notebook's order. Raises CourseError when one is not whole."""
        return {one.name: one for one in _exercises(self)}

    @property
    def sources(self) -> dict[str, str]:
        """The source of each exercise's cell, with its solution."""
        return {name: one.source for name, one in self.exercises.items()}

    @property
    def points(self) -> dict[str, float]:
        """The points of each exercise."""
        return {name: one.points for name, one in self.exercises.items()}


def nbgrader_of(cell: Any) -> dict[str, Any]:
    """Return a cell's nbgrader metadata, or an empty dict whatever stands there."""
    metadata = cell.get("metadata", {})
    found = metadata.get("nbgrader", {}) if isinstance(metadata, dict) else {}
    return found if isinstance(found, dict) else {}


def compact(book: str) -> bytes:
    """Return a notebook as it stands in the tree: a line for each cell, and a cell's text in one piece.

    In a list of lines, as Jupyter writes it, each costs four bytes more, and there are a thousand.
    """
    whole = _in_one_piece(json.loads(book))
    cells = ",\n".join(map(_as_json, whole.pop("cells")))
    return f'{{"cells":[\n{cells}\n],\n{_as_json(whole)[1:]}\n'.encode()


def _in_one_piece(value: Any) -> Any:
    """Return plain JSON with each list of lines joined: all but its last item end a line."""
    if isinstance(value, dict):
        return {key: _in_one_piece(one) for key, one in value.items()}
    if not isinstance(value, list):
        return value
    are_lines = len(value) > 1 and all(isinstance(one, str) for one in value)
    if are_lines and all(one.endswith("\n") for one in value[:-1]):
        return "".join(value)
    return [_in_one_piece(one) for one in value]


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_course_notebook(path: Path) -> CourseNotebook:
    """Read a notebook of the course from its MyST text, whose place in the chapter need not be said.

    Raises CourseError when it isn't one.
    """
    path = at(path.with_suffix(".md"))
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(f"there is no notebook at {path}") from None
    except (OSError, ValueError) as problem:
        raise CourseError(f"{path} can't be read as MyST Markdown: {problem}") from problem
    return _read(path.resolve(), text)


@lru_cache(maxsize=256)
def _read(path: Path, text: str) -> CourseNotebook:
    """Read a notebook's text, for as long as it is the same: that takes a tenth of a second."""
    with without_uri_grammar():
        import jupytext

    try:
        book = jupytext.reads(text, fmt="md")
    except Exception as problem:
        raise CourseError(f"{path} can't be read as MyST Markdown: {problem}") from problem
    return CourseNotebook(path, tuple(book.cells), dict(book.metadata))


def course_notebooks(solutions: Path) -> list[CourseNotebook]:
    """Return every notebook below solutions/, in order."""
    return [read_course_notebook(path) for path in sorted(solutions.glob("*/*.md"))]


def load_solution(notebook: CourseNotebook) -> dict[str, Any]:
    """Run the setup cells and the solutions and return their namespace. Raises CourseError if one fails."""
    namespace: dict[str, Any] = {"__name__": f"solution_{notebook.name}"}
    named = [(f"setup {number}", text) for number, text in enumerate(notebook.setup, start=1)]
    for label, text in named + [(one.name, one.source) for one in notebook.exercises.values()]:
        try:
            exec(compile_cell(text, f"<{notebook.name}: {label}>"), namespace)
        except Exception as problem:
            raise CourseError(
                f"{notebook.path.name}: the cell {label} fails: {type(problem).__name__}: {problem}"
            ) from problem
    return namespace


def compile_cell(source: str, filename: str) -> Any:
    """Compile a cell so that tracebacks and `inspect` find its lines."""
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return compile(source, filename, "exec")


def _exercises(notebook: CourseNotebook) -> Iterator[Exercise]:
    points = {
        nbgrader_of(cell)["grade_id"]: float(nbgrader_of(cell).get("points", 0))
        for cell in notebook.cells
        if nbgrader_of(cell).get("grade")
    }
    lines = _exercise_lines(notebook)
    seen: set[str] = set()
    for cell in notebook.cells:
        about = nbgrader_of(cell)
        if cell.cell_type != "code" or not about.get("solution"):
            continue
        name = about["grade_id"]
        if name in seen or f"{CHECK_PREFIX}{name}" not in points:
            raise CourseError(
                f"{notebook.path.name}: the stub {name} needs one check cell, {CHECK_PREFIX}{name}, and one stub"
            )
        seen.add(name)
        line = lines.get(name, {})
        yield Exercise(
            name,
            cell.source,
            points[f"{CHECK_PREFIX}{name}"],
            _number(line.get("difficulty"), int),
            _number(line.get("minutes"), int),
            _number(line.get("points"), float),
        )


def _exercise_lines(notebook: CourseNotebook) -> dict[str, dict[str, str]]:
    found = {}
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for heading in HEADING.finditer(cell.source):
            line = EXERCISE_LINE.search(cell.source, heading.end())
            if line:
                found[heading["name"]] = line.groupdict()
    return found


def _number(text: str | None, kind: Any) -> Any:
    return None if text is None else kind(text)


def preloads(notebooks: Iterable[CourseNotebook]) -> list[str]:
    """Return the modules that the setup cells import: the zygote imports them once for all submissions."""
    found = list(ALWAYS_PRELOADED)
    for notebook in notebooks:
        for text in notebook.setup:
            found += [name for name in _imports(text) if name.split(".")[0] != "autograder"]
    return list(dict.fromkeys(found))


def _imports(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
