"""A student's notebook, read as text and never run here: which code of it is graded, and what is wrong.

What is graded: the author's setup cells in the author's words, the exercises' cells, and of every other cell (the
student's own, and the author's) the statements that bind a name which graded code reads, with what these need in turn.
What only calls, plots or trains does not run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from autograder.course.notebook import Outline
from autograder.plain.errors import UnreadableNotebook
from autograder.plain.facts import parse
from autograder.plain.source import Definition, definitions
from autograder.reading.cell_text import awaits
from autograder.reading.needs import needed
from autograder.reading.parts import Part, parts_of
from autograder.reading.pieces import first_line, pieces_of
from autograder.reading.uses import Uses, uses_of

MAX_PIECES = 200  # statements of a submission that run by themselves; those beyond share a piece
AWAITS = "`await` outside of a function works in Jupyter alone: call asyncio.run(...) instead"
Kind = Literal["setup", "stub", "added"]


@dataclass(frozen=True)
class CodeCell:
    """One piece of code to run in the sandbox.

    Args:
        kind: whose it is.
        label: how tracebacks call it, such as "cell 7, line 3"; a stub's is its exercise.
        source: its text.
        exercise: the exercise whose cell it is.
        binds: the first line of each of its statements, with the names that this binds.
    """

    kind: Kind
    label: str
    source: str
    exercise: str | None = None
    binds: tuple[tuple[int, tuple[str, ...]], ...] = ()

    def names_at(self, line: int) -> tuple[str, ...]:
        """Return the names that the statement on this line binds."""
        return next((names for first, names in self.binds if first == line), ())


@dataclass(frozen=True)
class StudentCode:
    """What a submission comes to.

    Args:
        cells: what runs, in order.
        broken: exercises whose cell can't run, with the reason.
        missing: exercises whose stub cell is gone.
        notes: what a person should know about the file.
        left_out: names that a line binds which doesn't run, with the place and the reason.
        definitions: what each name that the student's own cells bind is made of.
        elsewhere: exercises with an answer where none is graded or a later one counts, with the place.
    """

    cells: tuple[CodeCell, ...]
    broken: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, Definition] = field(default_factory=dict)


@dataclass(frozen=True)
class _Statement:
    part: Part
    node: ast.stmt
    uses: Uses
    awaits: bool


def student_code(book: dict[str, Any], outline: Outline) -> StudentCode:
    """Return what of a student's notebook is run, and what is wrong with the rest.

    Raises UnreadableNotebook when it has no cell of an exercise of this course's notebook.
    """
    parts, by_name = parts_of(book, outline)
    met = [part.exercise for part in parts if part.exercise is not None]
    if not met:
        raise UnreadableNotebook(
            f"none of the exercise cells of {outline.chapter}/{outline.name} is in it "
            f"({', '.join(outline.exercises)}), nor a definition of one: is it another notebook?"
        )
    statements = list(_statements(parts, outline))
    chosen = _chosen(statements, outline)
    bound = {name for place in chosen for name in statements[place].uses.binds}
    broken = _broken(parts)
    cells = (*_setup(outline), *_cells(parts, statements, chosen))
    return StudentCode(
        cells=cells,
        broken={name: why for name, why in broken.items() if name not in bound},
        missing=tuple(name for name in outline.exercises if name not in met and name not in bound),
        notes=tuple(_notes(parts, by_name, broken.keys() & bound)),
        left_out=_left_out(parts, statements),
        elsewhere=_elsewhere(parts, outline),
        definitions=definitions(*(cell.source for cell in cells if cell.kind != "setup")),
    )


def _setup(outline: Outline) -> Iterator[CodeCell]:
    for number, text in enumerate(outline.setup, start=1):
        yield CodeCell("setup", f"setup {number}", text)


def _statements(parts: Iterable[Part], outline: Outline) -> Iterator[_Statement]:
    """Yield the top-level statements of all cells that may run."""
    parts = [part for part in parts if part.role in ("stub", "added", "author") and part.text.source]
    exercises = frozenset(outline.exercises)
    imported = _imported_in_setup(outline.setup)
    own = _modules(part.text.tree for part in parts if part.role != "author")
    modules = _modules_of_setup(outline.setup) | own
    for part in parts:
        if part.role == "author":
            found = _of_author(part.text.source, imported, exercises)
        else:
            found = _looked_at(part.text.tree, modules, exercises)
        yield from (_Statement(part, *one) for one in found)


def _looked_at(
    tree: ast.Module | None, modules: frozenset[str], exercises: frozenset[str]
) -> tuple[tuple[ast.stmt, Uses, bool], ...]:
    return tuple((node, uses_of(node, modules, exercises), awaits(node)) for node in (tree.body if tree else ()))


@lru_cache(maxsize=512)
def _of_author(
    source: str, modules: frozenset[str], exercises: frozenset[str]
) -> tuple[tuple[ast.stmt, Uses, bool], ...]:
    """The author's own cells are the same for every student."""
    return _looked_at(parse(source), modules, exercises)


@lru_cache(maxsize=32)
def _modules_of_setup(sources: tuple[str, ...]) -> frozenset[str]:
    return _modules(map(parse, sources))


@lru_cache(maxsize=32)
def _imported_in_setup(sources: tuple[str, ...]) -> frozenset[str]:
    """All names that the setup cells import: the author's own cells change none of them by a call, as in `nn.init`."""
    trees = [tree for tree in map(parse, sources) if tree]
    single = [node for tree in trees for node in tree.body if isinstance(node, ast.ImportFrom)]
    return _modules(trees) | {alias.asname or alias.name for node in single for alias in node.names}


def _modules(trees: Iterable[ast.Module | None]) -> frozenset[str]:
    """The names that stand for modules: of `import a.b as c` and `import a`."""
    imports = [node for tree in trees if tree for node in tree.body if isinstance(node, ast.Import)]
    return frozenset((alias.asname or alias.name).split(".")[0] for node in imports for alias in node.names)


def _chosen(statements: list[_Statement], outline: Outline) -> set[int]:
    """Return the places of the statements that run: the exercises' cells whole, and what these need."""
    stubs = {place for place, one in enumerate(statements) if one.part.role == "stub"}
    stars = {place for place, one in enumerate(statements) if one.part.role == "added" and _imports_all(one.node)}
    wanted = set(outline.exercises).union(*(statements[place].uses.reads for place in stubs))
    wanted |= {
        name
        for text in outline.setup
        for _, uses, _ in _of_author(text, frozenset(), frozenset())
        for name in uses.reads
    }
    # An author's cell after the exercise may bind its name anew, and the check cell above it never saw that.
    own = [_without(one.uses, outline.exercises) if one.part.role == "author" else one.uses for one in statements]
    chosen = needed(own, wanted, frozenset(outline.exercises)) | stubs | stars
    return {place for place in chosen if not statements[place].awaits}


def _without(uses: Uses, names: Iterable[str]) -> Uses:
    return Uses(uses.binds - set(names), uses.reads, uses.at_once, uses.acts_on)


def _imports_all(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.names[0].name == "*"


def _cells(parts: Iterable[Part], statements: list[_Statement], chosen: set[int]) -> Iterator[CodeCell]:
    """Yield what runs, cell by cell."""
    running: dict[int, list[_Statement]] = {}
    for place in sorted(chosen):
        running.setdefault(statements[place].part.number, []).append(statements[place])
    apart = MAX_PIECES
    for part in parts:
        own = running.get(part.number, [])
        if not own and part.role != "stub":
            continue
        binds = {id(one.node): (first_line(one.node), tuple(sorted(one.uses.binds))) for one in own}
        whole = part.role == "stub" and len(own) == sum(one.part is part for one in statements)
        if whole:
            yield CodeCell("stub", str(part.exercise), part.text.source, part.exercise, tuple(binds.values()))
            continue
        for text, nodes in pieces_of(part.text.source, [one.node for one in own], 0 if part.role == "stub" else apart):
            apart -= 1
            about = tuple(binds[id(node)] for node in nodes)
            if part.role == "stub":
                yield CodeCell("stub", str(part.exercise), text, part.exercise, about)
            else:
                yield CodeCell("added", f"cell {part.number}, line {about[0][0]}", text, None, about)


def _broken(parts: Iterable[Part]) -> dict[str, str]:
    """The exercises whose cell can't run, with the reason; of a doubled cell the last counts."""
    broken: dict[str, str] = {}
    for part in parts:
        if part.exercise is None:
            continue
        broken.pop(part.exercise, None)
        if part.role == "text":
            kind = {"markdown": "a Markdown", "raw": "a raw"}.get(part.kind, "no code")
            broken[part.exercise] = (
                f"the cell of {part.exercise} is {kind} cell: change it back to code (press Y beside it)"
            )
        elif part.text.problem:
            broken[part.exercise] = part.text.problem
    return broken


def _notes(parts: list[Part], by_name: list[str], mended: Iterable[str]) -> Iterator[str]:
    met = [part.exercise for part in parts if part.exercise is not None]
    for name in sorted({name for name in met if met.count(name) > 1}):
        yield f"the cell of {name} stands {met.count(name)} times; all were run, the last counts"
    if by_name:
        yield (
            f"the metadata of cells were lost, and these exercises were found by their definitions: "
            f"{', '.join(by_name)}"
        )
    for name in sorted(mended):
        yield f"the cell of {name} can't run, and another cell that defines it was graded"


def _elsewhere(parts: list[Part], outline: Outline) -> dict[str, str]:
    """Where an exercise is answered and the answer doesn't count: in a check cell, or above a later definition."""
    found: dict[str, str] = {}
    last = {name: part.number for part in parts if part.role in ("stub", "added") for name in part.defines}
    for part in parts:
        for name in part.defines.keys() & set(outline.exercises):
            where = f"line {part.defines[name]} of cell {part.number}"
            if part.role == "check":
                found[name] = (
                    f"{where} defines {name}, and that is a check cell, which is not graded: write it into the "
                    f"cell of {name}"
                )
            elif last[name] > part.number:
                found[name] = (
                    f"{where} defines {name} too, and the later definition, in cell {last[name]}, counts: leave "
                    f"one of them"
                )
    return found


def _left_out(parts: Iterable[Part], statements: Iterable[_Statement]) -> dict[str, str]:
    """The names that lines bind which don't run, with the reason."""
    found: dict[str, str] = {}
    for part in parts:
        if part.role in ("stub", "added"):
            found |= dict.fromkeys(part.text.would_bind, f"cell {part.number} was not run: {part.text.problem}")
        elif part.role == "check":
            found |= {
                name: f"line {line} of cell {part.number} was not run: that is a check cell"
                for name, line in part.defines.items()
            }
    for one in statements:
        if one.awaits:
            where = f"line {one.node.lineno} of cell {one.part.number} was not run: {AWAITS}"
            found |= dict.fromkeys(one.uses.binds, where)
    return found
