"""A notebook's name and its place in the chapter: the file "01_knn.ipynb" is the notebook knn, the first of it.

The number is the file's alone, so that a list of files is in the order of learning. Whatever keeps something of a
notebook (results, a student's progress, checks and variants beside it) has its name, which stays when others move.
A course may leave numbers out: then its files are listed by name.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

NUMBER = re.compile(r"^(\d\d)_(?=.)")


def name_of(stem: str) -> str:
    """Return a notebook's name, from its file's name without the ending.

    >>> name_of("01_knn"), name_of("knn")
    ('knn', 'knn')
    """
    return NUMBER.sub("", stem)


def place_of(stem: str) -> int | None:
    """Return which of its chapter a notebook is, from its file's name; None where that has no number.

    >>> place_of("01_knn"), place_of("knn")
    (1, None)
    """
    found = NUMBER.match(stem)
    return int(found[1]) if found else None


def at(path: Path) -> Path:
    """Return the file at a path; where there is none, the one beside it that has the same name with another number.

    So "knn.ipynb" finds "01_knn.ipynb", and the other way round. Where there is no such file either, it is the path.
    """
    if os.path.lexists(path):
        return path
    found = (one for one in path.parent.glob(f"*{path.suffix}") if name_of(one.stem) == name_of(path.stem))
    return min(found, default=path)
