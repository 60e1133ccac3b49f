"""What each product of the course is made of, and so which are stale and why.

    01_knn.md ── its code ────────┬─ executed ──┐
    coursekit/… that it imports ──┘             ├── solutions/…/01_knn.ipynb
    01_knn.md ── its text ──────────────────────┤
    checks/test_knn.py ─┬─ course/…/checks/knn.safetensors ── cards of its checks
    autograder/… that ──┤
    it imports          │
    variants/knn.py ────┘
    01_knn.md, how a release is made ── course/…/01_knn.ipynb

An input is a name and a digest of its bytes. What the products on disk were made of, and the digest of what was
made, stand in solutions/manifest.json: no times of files count, so that a fresh checkout is as it was left. The same
digests are part of the key of a stored result (`of_marks`) and of a test's stamp (`autograder.course.affected`).

Makers are not inputs of the executed pair: execution costs a minute a notebook, and its format has a number.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from autograder.course.imports import OwnModules
from autograder.course.notebook import CourseNotebook, nbgrader_of
from autograder.plain.errors import CourseError
from autograder.plain.files import write_whole

MANIFEST = "solutions/manifest.json"
PAIR_FORMAT = "2: pictures in a palette"
NOTEBOOK_FORM = "2: a line for each cell"
OUTPUT_FORM = "4: as few colours as look the same, cards without their tests"
# A notebook's `from autograder import check` reaches the whole grader; what its checks show is an input of its own.
DOOR_TO_CHECKS = "autograder"
RECORDER, CARD, STUBS = "autograder.course.recorder", "autograder.present.card", "autograder.course.stubs"
PREPROCESSORS, RELEASE = "autograder.nbgrader.preprocessors", "autograder.course.release"
CHECK_CALL = re.compile(r"(?<![\w.])check\(")
Inputs = dict[str, str]


@dataclass(frozen=True)
class Kept:
    """What the manifest says of a product: the digest of what was made, and what it was made of."""

    made: str
    of: Mapping[str, str]


class Graph:
    """The inputs of a notebook's products, each by name with its digest.

    Args:
        root: the top of the course.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.modules = OwnModules(root)

    def of_recording(self, notebook: CourseNotebook) -> Inputs:
        """The solution, the checks and the variants, with all that these import, and who records them."""
        return {**self.of_marks(notebook), **self._modules([], names=[RECORDER])}

    def of_marks(self, notebook: CourseNotebook) -> Inputs:
        """What decides a mark beside the grader itself: the recording's inputs, and what the box imports."""
        files = [path for path in (notebook.checks, notebook.variants) if path.exists()]
        return {
            f"the solution in {notebook.name}.md": _solution(notebook),
            **self._modules(files, texts=[*notebook.setup, *_sources(notebook)]),
        }

    def of_execution(self, notebook: CourseNotebook) -> Inputs:
        """What the outputs of a notebook's own cells come from: its code, and all that this imports."""
        code = [
            cell.source for cell in notebook.cells if cell.cell_type == "code" and not nbgrader_of(cell).get("grade")
        ]
        own = {f"the code of {notebook.name}.md": _digest(code), "the format of a pair": _digest(PAIR_FORMAT)}
        return {**own, **self._modules([], texts=code), **(self.of_marks(notebook) if _shows_checks(code) else {})}

    def of_cards(self, notebook: CourseNotebook) -> Inputs:
        """What the cards below the exercises come from."""
        return {"what its checks rest on": one_digest(self.of_recording(notebook)), **self._modules([], names=[CARD])}

    def of_text(self, notebook: CourseNotebook) -> Inputs:
        """What stands in a notebook, prose and all."""
        return {f"the text of {notebook.name}.md": _digest(notebook.path.read_bytes())}

    def of_pair(self, notebook: CourseNotebook) -> Inputs:
        """What decides an executed pair beside its outputs: the text, and how these are made small."""
        form = {"its form": _digest(NOTEBOOK_FORM), "the form of its outputs": _digest(OUTPUT_FORM)}
        return {**self.of_text(notebook), **form}

    def of_release(self, notebook: CourseNotebook) -> Inputs:
        """What the released notebook comes from: the text, nbgrader's settings and how stubs are made."""
        own = [self.root / "nbgrader_config.py", self._file_of(PREPROCESSORS), self._file_of(RELEASE)]
        return {
            **self.of_text(notebook),
            "its form": _digest(NOTEBOOK_FORM),
            **self._modules([], names=[STUBS]),
            **{self.modules.name_of(path): self._of_file(path) for path in own},
        }

    def digest(self, path: Path) -> str:
        """Return the digest of a file; of one that is not there, no digest."""
        return _digest(path.read_bytes()) if path.exists() else ""

    def _modules(self, files: Iterable[Path], *, texts: Iterable[str] = (), names: Iterable[str] = ()) -> Inputs:
        begin = [*files, *map(self._file_of, names)]
        behind = self.modules.behind(begin, texts=texts, not_through=[DOOR_TO_CHECKS])
        return {self.modules.name_of(path): self._of_file(path) for path in sorted(behind)}

    def _file_of(self, name: str) -> Path:
        path = self.modules.path_of(name)
        if path is None:
            raise CourseError(f"the module {name}, which products are made by, is not to be found: mend {__name__}")
        return path

    def _of_file(self, path: Path) -> str:
        # A line's end is the checkout's affair, not the text's.
        return _digest(path.read_bytes().replace(b"\r\n", b"\n"))


def changed(kept: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return what is another in `now`: "coursekit/plots.py changed", what is new, what is no longer one."""
    return [
        *(f"{name} changed" for name in now if name in kept and kept[name] != now[name]),
        *(f"{name} is new" for name in now if name not in kept),
        *(f"{name} is no longer imported" for name in kept if name not in now),
    ]


class Manifest:
    """What the products on disk were made of.

    Args:
        root: the top of the course.

    Raises CourseError when the file is damaged.
    """

    def __init__(self, root: Path) -> None:
        self.path = root / MANIFEST

    @cached_property
    def _kept(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        except ValueError as problem:
            raise CourseError(
                f"{self.path} can't be read ({problem}): take git's, or remove it and build all anew"
            ) from None

    def get(self, product: str) -> Kept:
        """Return what is known of a product; of an unknown one, nothing."""
        found = self._kept.get(product, {})
        return Kept(str(found.get("made", "")), dict(found.get("of", {})))

    def put(self, products: Mapping[str, Kept]) -> None:
        """Keep what was made now, and forget what is no longer there.

        Each product is one line, so that two branches seldom meet in one.
        """
        self._kept.update({name: {"made": one.made, "of": dict(one.of)} for name, one in products.items()})
        for name in [name for name in self._kept if not (self.path.parents[1] / name.split(" ")[0]).exists()]:
            del self._kept[name]
        self._write()

    def _write(self) -> None:
        lines = [f"{json.dumps(name)}: {json.dumps(self._kept[name], sort_keys=True)}" for name in sorted(self._kept)]
        write_whole(self.path, [("{\n" + ",\n".join(lines) + "\n}\n").encode()])


def one_digest(inputs: Mapping[str, str]) -> str:
    """Return one digest of many inputs."""
    return _digest(sorted(inputs.items()))


@cache
def grader_digest() -> str:
    """Return a digest of this package's own text: another grader is another version, released or not.

    All of it but the pages for people, not what imports reach: a process is also started by a module's name.
    """
    top = Path(__file__).parents[1]
    files = [path for path in top.rglob("*.py") if "report" not in path.relative_to(top).parts]
    return one_digest({path.relative_to(top).as_posix(): _digest(path.read_bytes()) for path in files})


def _digest(what: Any) -> str:
    raw = what if isinstance(what, bytes) else json.dumps(what, sort_keys=True).encode()
    return hashlib.sha256(raw).hexdigest()[:12]


def _solution(notebook: CourseNotebook) -> str:
    return _digest([notebook.setup, _sources(notebook), sorted(notebook.points.items())])


def _sources(notebook: CourseNotebook) -> list[str]:
    return [one.source for one in notebook.exercises.values()]


def _shows_checks(code: Iterable[str]) -> bool:
    """Whether a cell that is no exercise's own shows what a check says, as the first notebook does."""
    return any(CHECK_CALL.search(text) for text in code)
