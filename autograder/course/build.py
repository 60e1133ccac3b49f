"""From solutions/ to course/: `build` makes what is stale and says why, `stale` makes nothing.

What is stale follows from what things are made of (`autograder.course.graph`). A notebook is one task, and as many are
worked on as there are cores, each in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.course.coursemap import renewed
from autograder.course.graph import Graph, Inputs, Kept, Manifest, changed
from autograder.course.lints import judge_text
from autograder.course.notebook import CourseNotebook, read_course_notebook
from autograder.course.pair import carried_over, executed, pair_of, put_cards, read_pair, write_pair
from autograder.course.release import release, released_of
from autograder.plain.errors import CourseError

IGNORED = {"__pycache__", ".ipynb_checkpoints"}
UNKNOWN = "it is not known what it was made of"
Report = Callable[[str], None]


@dataclass(frozen=True)
class Why:
    """Why a product is stale: each reason in a few words; none when it isn't."""

    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = ", ".join(self.reasons[:2])
        return f"{shown} and {len(self.reasons) - 2} more" if len(self.reasons) > 2 else shown


class Parts:
    """One notebook's products, what each is made of now, and why it is stale.

    Args:
        root: the top of the course.
        notebook: the notebook.
        graph, manifest: what things are made of, and what those on disk were.
    """

    def __init__(self, root: Path, notebook: CourseNotebook, graph: Graph, manifest: Manifest) -> None:
        self.root, self.notebook, self._graph, self._manifest = root, notebook, graph, manifest
        self.pair, self.release = pair_of(notebook), released_of(root, notebook)

    @cached_property
    def inputs(self) -> dict[str, Inputs]:
        """The inputs of each part, by its name in the manifest."""
        graph, one = self._graph, self.notebook
        return {
            self.named(one.recording): graph.of_recording(one),
            f"{self.named(self.pair)} executed": graph.of_execution(one),
            f"{self.named(self.pair)} cards": graph.of_cards(one),
            self.named(self.pair): graph.of_pair(one),
            self.named(self.release[0]): graph.of_release(one),
        }

    @property
    def recording(self) -> Why:
        """Why the recording is to be made."""
        return self._product(self.notebook.recording)

    @property
    def execution(self) -> Why:
        """Why the notebook is to be run."""
        return (
            Why(("it was never executed",))
            if not self.pair.exists()
            else self._part(f"{self.named(self.pair)} executed")
        )

    @property
    def cards(self) -> Why:
        """Why what its checks show is to be made anew, without running it."""
        return self._part(f"{self.named(self.pair)} cards")

    @property
    def text(self) -> Why:
        """Why the pair is to be written anew with the outputs that it has."""
        return self._product(self.pair)

    @property
    def released(self) -> Why:
        """Why the released notebook is to be made."""
        return self._product(self.release[0])

    @property
    def copies(self) -> list[tuple[Path, str]]:
        """The released files that should be those of solutions/ and aren't, each with what is wrong."""
        ours, source = self.release[1], self.notebook.checks
        if not ours.exists():
            return [(ours, "it is not there")]
        if ours.read_bytes() != source.read_bytes():
            return [(ours, f"it differs from that in solutions/{self.notebook.chapter}")]
        return []

    def stale(self) -> Iterator[tuple[Path, str]]:
        """Yield the files that `build` would make, each with the first reason."""
        pair = next((why for why in (self.execution, self.cards, self.text) if why.reasons), Why())
        for path, why in (
            (self.notebook.recording, self.recording),
            (self.pair, pair),
            (self.release[0], self.released),
        ):
            if why.reasons:
                yield path, str(why)
        yield from self.copies

    def made(self, part: str | Path) -> dict[str, Kept]:
        """Return the manifest's entry for a product, or a part of one, that stands on disk now."""
        name = part if isinstance(part, str) else self.named(part)
        return {name: Kept("" if isinstance(part, str) else self._graph.digest(part), self.inputs[name])}

    def named(self, path: Path) -> str:
        """Return a file's name from the top of the course."""
        return Path(os.path.relpath(path, self.root)).as_posix()

    def _part(self, name: str) -> Why:
        kept = self._manifest.get(name).of
        return Why(tuple(changed(kept, self.inputs[name]))) if kept else Why((UNKNOWN,))

    def _product(self, path: Path) -> Why:
        name = self.named(path)
        if not path.exists():
            return Why(("it is not there",))
        if not self._manifest.get(name).made:
            return Why((UNKNOWN,))
        if self._manifest.get(name).made != self._graph.digest(path):
            return Why(("it is not as it was made",))
        return self._part(name)


def build(
    root: Path, notebooks: Iterable[CourseNotebook], *, report: Report = print, workers: int | None = None
) -> int:
    """Make what is stale, say what was made and why, and return how many files that were.

    Args:
        root: the top of the course.
        notebooks: those to look at.
        report: takes each line.
        workers: how many notebooks at a time; as many as there are cores by default.

    Raises CourseError where a text is not fit to be released, and after the others are made where one can't be.
    """
    root = root.resolve()
    graph, manifest = Graph(root), Manifest(root)
    waiting = [one for one in notebooks if next(Parts(root, one, graph, manifest).stale(), None)]
    _refuse(waiting, report)
    problems, count = [], 0
    # All recordings first: a check in a notebook that is executed looks through those of the whole chapter.
    for step in (_record, _make):
        for made in _each(step, root, waiting, workers or os.cpu_count() or 1):
            try:
                lines, kept = made()
            except CourseError as problem:
                problems.append(str(problem))
                continue
            manifest.put(kept)
            count += len(lines)
            for line in lines:
                report(line)
    for page, text in renewed(root):
        page.write_text(text, encoding="utf-8")
        report(f"{page.name}: its course map differed from the notebooks")
        count += 1
    if problems:
        raise CourseError("\n".join(dict.fromkeys(problems)))
    return count


def stale(root: Path, notebooks: Iterable[CourseNotebook]) -> list[str]:
    """Return a line for each file that `build` would make, with the reason. Changes nothing."""
    root = root.resolve()
    graph, manifest = Graph(root), Manifest(root)
    lines = [
        f"{os.path.relpath(path, root)}: {why}"
        for one in notebooks
        for path, why in Parts(root, one, graph, manifest).stale()
    ]
    return lines + [
        f"{os.path.relpath(path, root)}: its course map differs from the notebooks" for path, _ in renewed(root)
    ]


def leftovers(root: Path, notebooks: Iterable[CourseNotebook]) -> list[str]:
    """Return the files of course/ that no notebook of solutions/ makes."""
    made = {path for notebook in notebooks for path in released_of(root, notebook)}
    found = sorted(
        path for path in (root / "course").glob("*/**/*") if path.is_file() and not IGNORED & set(path.parts)
    )
    return [
        f"{os.path.relpath(path, root)}: nothing in solutions/ makes this file" for path in found if path not in made
    ]


def _refuse(notebooks: Iterable[CourseNotebook], report: Report) -> None:
    """Say what `validate` finds by reading alone, and refuse what must not be released."""
    unfit = []
    for one in notebooks:
        found = judge_text(one)
        unfit += [f"{one.path.name}: {line}" for line in found.unfit]
        for line in found.problems:
            report(f"PROBLEM {one.path.name}: {line}")
    if unfit:
        raise CourseError("not built, since `autograder validate` refuses this:\n  " + "\n  ".join(unfit))


Made = tuple[list[str], dict[str, Kept]]
Step = Callable[[Path, Path], Made]


def _each(step: Step, root: Path, notebooks: list[CourseNotebook], workers: int) -> Iterator[Callable[[], Made]]:
    """Yield a call for each notebook that gives what was made, or raises, as they are done."""
    if len(notebooks) < 2 or workers < 2:
        for one in notebooks:
            yield lambda one=one: step(root, one.path)  # type: ignore[misc]
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(notebooks)), mp_context=context) as pool:
        tasks: list[Future[Made]] = [pool.submit(step, root, one.path) for one in notebooks]
        for task in as_completed(tasks):
            yield task.result


def _make(root: Path, path: Path) -> Made:
    """Make what is stale of one notebook, and return the lines to report and what the manifest is to keep."""
    notebook = read_course_notebook(path)
    parts = Parts(root, notebook, Graph(root), Manifest(root))
    lines: list[str] = []
    kept: dict[str, Kept] = {}

    def say(path: Path, why: Why | str, how: str = "") -> None:
        lines.append(f"{parts.named(path)}: {why}{how}")

    if parts.recording.reasons:
        raise CourseError(f"{notebook.path.name}: not made, since it could not be recorded")
    if parts.execution.reasons or parts.cards.reasons or parts.text.reasons:
        _make_pair(parts, say)
        name = parts.named(parts.pair)
        kept |= parts.made(parts.pair) | parts.made(f"{name} executed") | parts.made(f"{name} cards")
    if parts.released.reasons or parts.copies:
        differing: list[tuple[Path, Why | str]] = [(parts.release[0], parts.released), *parts.copies]
        for ours, problem in differing:
            if str(problem):
                say(ours, problem)
        list(release(root, notebook))
        kept |= parts.made(parts.release[0])
    return lines, kept


def _make_pair(parts: Parts, say: Callable[..., None]) -> None:
    notebook = parts.notebook
    if parts.execution.reasons:
        say(parts.pair, parts.execution, " (executed)")
        book = executed(notebook)
    else:
        say(parts.pair, parts.cards if parts.cards.reasons else parts.text, " (not executed)")
        book = carried_over(notebook)
        if parts.cards.reasons:
            put_cards(book, _cards(notebook))
    if not parts.pair.exists() or read_pair(notebook) != book:
        write_pair(notebook, book)


def _record(root: Path, path: Path) -> Made:
    """Record a notebook whose recording is stale."""
    from autograder.checking.recording import save
    from autograder.course.recorder import make_recording

    notebook = read_course_notebook(path)
    parts = Parts(root, notebook, Graph(root), Manifest(root))
    why = parts.recording
    if not why.reasons:
        return [], {}
    save(make_recording(notebook), notebook.recording)
    return [f"{parts.named(notebook.recording)}: {why}"], parts.made(notebook.recording)


def _cards(notebook: CourseNotebook) -> Callable[[str], dict[str, str]]:
    """Return what the check of each exercise shows for the reference, as the notebook itself would."""
    import time

    from autograder.checking.namespace import check_namespace
    from autograder.course.notebook import load_solution
    from autograder.present.card import Card

    solution = load_solution(notebook)

    def shown(exercise: str) -> dict[str, str]:
        began = time.perf_counter()
        result = check_namespace(exercise, solution, notebook.path.parent, notebook.name)
        return dict(Card(result, time.perf_counter() - began)._repr_mimebundle_())

    return shown
