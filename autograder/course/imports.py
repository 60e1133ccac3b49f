"""What a file of Python is made of: itself and, through all its imports, the project's own modules.

Imports are read, not run: `import x`, `from x import y`, and those inside functions, which run later. Modules
from elsewhere (torch, pytest) are left out: their versions are another matter. The folders around a module
are not followed: `autograder/__init__.py` loads what a student's kernel needs, of which a check that imports
`autograder.authoring.compare` uses nothing.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

INSTALLED = ("site-packages", "dist-packages")
BLOCKS = ("finalbody", "orelse", "handlers", "cases", "body")  # where statements have statements


class OwnModules:
    """The project's own modules: those of a course, of this package, and of the kits on PYTHONPATH.

    Args:
        root: the top of the course.
    """

    def __init__(self, root: Path) -> None:
        home = Path(__file__).resolve().parents[2]
        kits = [Path(one) for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one]
        places = [root.resolve(), *([] if home.name in INSTALLED else [home]), *(kit.resolve() for kit in kits)]
        self.places = list(dict.fromkeys(places))
        # The files stay as they are while one of these is in use.
        self._paths: dict[str, Path | None] = {}
        self._direct: dict[Path, list[str]] = {}

    def path_of(self, name: str) -> Path | None:
        """Return the file of a module by its dotted name, or None where it is not the project's own."""
        if name not in self._paths:
            self._paths[name] = self._look_for(name)
        return self._paths[name]

    def _look_for(self, name: str) -> Path | None:
        parts = name.split(".")
        if not all(part.isidentifier() for part in parts):
            return None
        for place in self.places:
            whole = place.joinpath(*parts)
            for path in (whole.with_suffix(".py"), whole / "__init__.py"):
                if path.is_file():
                    return path
        return None

    def name_of(self, path: Path) -> str:
        """Return a file's place from the top of the project: how it is spoken of, the same on every machine."""
        for place in self.places:
            if path.is_relative_to(place):
                return path.relative_to(place).as_posix()
        return path.name

    def behind(self, files: Iterable[Path], *, texts: Iterable[str] = (), not_through: Iterable[str] = ()) -> set[Path]:
        """Return the files, and all of the project's own modules that they and the texts import, near or far.

        Args:
            files: where to begin.
            texts: code without a file, such as a notebook's cells.
            not_through: modules by name that are not gone into.
        """
        closed = set(not_through)
        found: set[Path] = set()
        waiting = list(files) + self._paths_of([name for text in texts for name in imports(text)], closed)
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting += self._paths_of(self._imported_by(path), closed)
        return found

    def _imported_by(self, path: Path) -> list[str]:
        if path not in self._direct:
            package = self.name_of(path).removesuffix(".py").replace("/", ".").rpartition(".")[0]
            text = path.read_text(encoding="utf-8") if path.suffix == ".py" else ""
            self._direct[path] = list(imports(text, package))
        return self._direct[path]

    def _paths_of(self, names: Iterable[str], closed: set[str]) -> list[Path]:
        return [path for name in names if name not in closed and (path := self.path_of(name)) is not None]


@lru_cache(maxsize=4096)
def imports(text: str, package: str = "") -> tuple[str, ...]:
    """Return the dotted names that a text imports; of `from x import y` both `x` and `x.y`, which may be a module.

    Args:
        text: Python, or nothing that can be read, which imports nothing.
        package: the package that a relative import starts from.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ()
    return tuple(dict.fromkeys(name for node in _statements(tree) for name in _names(node, package)))


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield every statement: an import is one, and the expressions are nine tenths of a tree."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [one for block in BLOCKS for one in reversed(getattr(node, block, ()))]


def _names(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        module = _absolute(node, package)
        inner = [f"{module}.{alias.name}" for alias in node.names]
        yield from [*inner, module] if module else [alias.name for alias in node.names]


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])
