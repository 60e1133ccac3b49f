"""Which tests a change can affect: `autograder retest` runs these, by the graph that the build has.

A test's inputs are its file, the fixtures that it names, and all of the project's own modules behind them; modules and
files that any of these name in a string, since processes are started so; and, of the tests that are made once for
each notebook, that notebook's own files. What was green at the same digests isn't run again: the stamps stand in
build/stamps.json.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from autograder.course.graph import CARD, DOOR_TO_CHECKS, MANIFEST, RECORDER, Graph, one_digest
from autograder.course.imports import imports
from autograder.course.notebook import CourseNotebook, course_notebooks
from autograder.course.pair import pair_of
from autograder.course.release import released_of
from autograder.plain.errors import CourseError

STAMPS = "build/stamps.json"
COMMAND = "autograder.cli"
ONCE_A_NOTEBOOK = "EVERY"
# A change of these can change anything.
EVERYWHERE = ("pyproject.toml", "tests/conftest.py")


@dataclass(frozen=True)
class Retest:
    """Tests as pytest takes them, and all that they rest on: files, and folders with all that is in them.

    Args:
        names: node ids or files.
        files: what they rest on.
    """

    names: tuple[str, ...]
    files: frozenset[Path] = field(repr=False)

    def rests_on(self, path: Path) -> bool:
        """Whether a change of a file can affect it; data beside modules belongs to them."""
        if path in self.files or any(above in self.files for above in path.parents):
            return True
        return path.suffix != ".py" and _package_of(path) in {one.parent for one in self.files}


def affected(root: Path, since: str | None = None) -> list[Retest]:
    """Return the tests that what changed since a commit can affect, and that were not green with it already.

    Args:
        root: the top of the repository.
        since: a commit or branch; where this branch left `main` if nothing is said.
    """
    root = root.resolve()
    changed = [root / name for name in changed_files(root, since)]
    everywhere = any(root / name in changed for name in EVERYWHERE)
    stamps = _stamps(root)
    graph = Graph(root)
    return [
        one
        for one in all_tests(root, graph)
        if (everywhere or any(map(one.rests_on, changed))) and stamps.get(one.names[0]) != digest_of(graph, one)
    ]


def changed_files(root: Path, since: str | None = None) -> list[str]:
    """Return the files that differ from a commit, those not yet added among them. Raises CourseError without git."""
    base = since or _git(root, "merge-base", "HEAD", "main", fallback="HEAD")
    return [
        *_git(root, "diff", "--name-only", base).splitlines(),
        *_git(root, "ls-files", "-o", "--exclude-standard").splitlines(),
    ]


def stamp(root: Path, tests: Iterable[Retest]) -> None:
    """Keep that tests are green as things are."""
    root = root.resolve()
    graph = Graph(root)
    kept = {**_stamps(root), **{one.names[0]: digest_of(graph, one) for one in tests}}
    path = root / STAMPS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(kept, indent=0, sort_keys=True), encoding="utf-8")


def rerun(root: Path, tests: Iterable[Retest]) -> bool:
    """Run tests, as `make test` does, and return whether all are green; those are not run again as things are."""
    tests = list(tests)
    names = [name for one in tests for name in one.names]
    nbval = nbval_words(root) if any(name.endswith(".ipynb") for name in names) else []
    words = [sys.executable, "-m", "pytest", *names, *nbval, "-n", "2", "--dist", "loadscope", "-q"]
    green = subprocess.run(words, cwd=root, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False).returncode == 0
    if green:
        stamp(root, tests)
    return green


def nbval_words(root: Path) -> list[str]:
    """Return how pytest is told to run notebooks, and nbval which texts differ from run to run."""
    words = ["--nbval", "--nbval-cell-timeout=300", "-p", "autograder.course.nbval_untimed"]
    path = root / "tests/nbval_sanitize.cfg"
    return [*words, "--nbval-sanitize-with", str(path)] if path.exists() else words


def digest_of(graph: Graph, test: Retest) -> str:
    """Return one digest of all that a test rests on."""
    return one_digest({graph.modules.name_of(path): graph.digest(path) for one in test.files for path in _below(one)})


def all_tests(root: Path, graph: Graph) -> Iterator[Retest]:
    """Yield the repository's tests: a file each, and for those made once a notebook, and for nbval, a notebook each."""
    notebooks = course_notebooks(root / "solutions")
    walk = _Reach(root, graph, notebooks)
    for path in sorted((root / "tests").rglob("test_*.py")):
        if "tiny_course" in path.parts:
            continue
        name = path.relative_to(root).as_posix()
        rests_on = walk.behind(path)
        each = _made_once_a_notebook(path)
        others = [f"{name}::{test}" for test in _tests_in(path) if test not in each]
        if not each:
            yield Retest((name,), rests_on)
            continue
        general = rests_on - {root / "solutions", root / "course"}
        if others:
            yield Retest(tuple(others), rests_on)
        for key in walk.notebooks:
            yield Retest(tuple(f"{name}::{test}[{key}]" for test in each), general | walk.files_of(key))
    for key, one in walk.notebooks.items():
        yield Retest((pair_of(one).relative_to(root).as_posix(),), walk.files_of(key))


def files_of(root: Path, graph: Graph, notebook: CourseNotebook) -> frozenset[Path]:
    """Return what a notebook is made of and what is made of it."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    begin = [path for path in (notebook.checks, notebook.variants) if path.exists()]
    begin += [path for name in (RECORDER, CARD) if (path := graph.modules.path_of(name))]
    modules = graph.modules.behind(begin, texts=code, not_through=[DOOR_TO_CHECKS])
    own = (notebook.path, pair_of(notebook), notebook.recording, *released_of(root, notebook))
    return frozenset({*modules, *own})


class _Reach:
    """From a file of tests to all that it rests on."""

    def __init__(self, root: Path, graph: Graph, notebooks: Iterable[CourseNotebook]) -> None:
        self.root, self.graph, self.modules = root, graph, graph.modules
        self.notebooks = {f"{one.chapter}/{one.name}": one for one in notebooks}
        self._known: dict[Path, set[Path]] = {}
        self._books: dict[str, frozenset[Path]] = {}

    def behind(self, path: Path) -> frozenset[Path]:
        text = path.read_text(encoding="utf-8")
        beside = {path.with_name(f"{one}.py") for one in imports(text) if path.with_name(f"{one}.py").is_file()}
        fixtures = list(_fixtures(path, self.root))
        begin = {path, *beside}
        found = self._closure(begin, [*fixtures, *(helper.read_text(encoding="utf-8") for helper in beside)])
        named = {word for one in (text, *fixtures) for word in _strings(one)}
        names = [word for word in named if "/" not in word and word not in ("tests", ".", "..")]
        folders = {
            above / name for name in names for above in (self.root, self.root / "tests") if (above / name).is_dir()
        }
        books = {file for word in named if word in self.notebooks for file in self.files_of(word)}
        if books:
            folders -= {self.root / "solutions", self.root / "course"}
        return frozenset({*found, *folders, *books})

    def files_of(self, key: str) -> frozenset[Path]:
        if key not in self._books:
            self._books[key] = files_of(self.root, self.graph, self.notebooks[key])
        return self._books[key]

    def _closure(self, files: set[Path], texts: list[str]) -> set[Path]:
        """Follow imports, and modules and files that are named in strings, until nothing new is found."""
        found: set[Path] = set()
        waiting = {*files, *self.modules.behind([], texts=texts, not_through=[DOOR_TO_CHECKS])}
        waiting |= {path for text in texts for path in self._named(text)}
        while waiting - found:
            fresh = self.modules.behind(waiting - found, not_through=[DOOR_TO_CHECKS])
            found |= fresh
            waiting = {path for module in fresh for path in self._named_in(module)}
        return found

    def _named_in(self, path: Path) -> set[Path]:
        if path not in self._known:
            text = path.read_text(encoding="utf-8") if path.suffix == ".py" else ""
            self._known[path] = set(self._named(text))
        return self._known[path]

    def _named(self, text: str) -> Iterator[Path]:
        """Yield what a text names. The manifest is no input: it is written anew for each sentence that changes, and
        `autograder build --check` holds it to the files that it is about."""
        for word in _strings(text):
            if word == DOOR_TO_CHECKS:
                word = COMMAND  # the console command is started by this name
            module = self.modules.path_of(word) if "." in word else None
            if module is not None:
                yield module
            elif "." in word and word != MANIFEST and len(word) < 100 and (self.root / word).is_file():
                yield self.root / word


@lru_cache(maxsize=4096)
def _strings(text: str) -> frozenset[str]:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return frozenset()
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return frozenset(word for word in words if word and word.isprintable() and " " not in word)


def _fixtures(path: Path, root: Path) -> Iterator[str]:
    """Yield the text of the fixtures that a file of tests names, and of those that these name, from the
    conftests above it."""
    known: dict[str, str] = {}
    for folder in [one for one in reversed(path.parents) if one.is_relative_to(root / "tests")]:
        conftest = folder / "conftest.py"
        if conftest.exists():
            head, fixtures = _taken_apart(conftest.read_text(encoding="utf-8"))
            yield head
            known |= fixtures
    waiting = [path.read_text(encoding="utf-8")]
    while waiting:
        words = _words(waiting.pop())
        for name in [name for name in known if name in words]:
            waiting.append(known[name])
            yield known.pop(name)


@lru_cache(maxsize=64)
def _taken_apart(conftest: str) -> tuple[str, dict[str, str]]:
    """Return a conftest's text without its functions, and each of its functions by name."""
    lines, body = conftest.splitlines(), ast.parse(conftest).body
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    others = [node for node in body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    text_of = lambda node: "\n".join(lines[node.lineno - 1 : node.end_lineno])  # noqa: E731
    return "\n".join(map(text_of, others)), {node.name: text_of(node) for node in functions}


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    tree = ast.parse(text)
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return frozenset(named | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)})


def _made_once_a_notebook(path: Path) -> list[str]:
    return [
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(one, ast.Name) and one.id == ONCE_A_NOTEBOOK for one in node.decorator_list)
    ]


def _tests_in(path: Path) -> list[str]:
    return [
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def _package_of(path: Path) -> Path | None:
    return next((folder for folder in path.parents if (folder / "__init__.py").exists()), None)


def _below(path: Path) -> list[Path]:
    return sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _stamps(root: Path) -> dict[str, str]:
    try:
        return dict(json.loads((root / STAMPS).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _git(root: Path, *words: str, fallback: str | None = None) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=root, text=True, capture_output=True, check=False)
    except FileNotFoundError:
        raise CourseError("git is not installed, and it says what has changed: run `make test` instead") from None
    if done.returncode:
        if fallback is not None:
            return fallback
        raise CourseError(f"git {' '.join(words)} failed: {done.stderr.strip()}")
    return done.stdout.strip()
