"""The names of a class: which can't stand side by side, which nbgrader can't hold, and whose a file says it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from autograder.plain.errors import CourseError
from autograder.plain.names import folded, listed, visible

MOST_IN_GRADEBOOK = 128  # characters of a student's name, the column's width in nbgrader's gradebook
COPY = re.compile(r"[ _-]*(?:\(\d{1,4}\)|-?copy ?\d{0,4}|-\d{1,4})$", re.IGNORECASE)


def refuse_unfit(students: Iterable[str], path: Path) -> None:
    """Raise CourseError where two names can be taken for each other, or one can't be written down."""
    alike: dict[str, list[str]] = {}
    for name in dict.fromkeys(students):
        alike.setdefault(folded(name), []).append(name)
    groups = [listed(names) for names in alike.values() if len(names) > 1]
    if groups:
        raise CourseError(
            f"{visible(str(path))} has names that can be taken for each other: {'; '.join(groups[:10])}. "
            "Where they are one student's, put all into one folder; otherwise rename one, so that more than "
            "case, blanks "
            "and characters without a shape tells them apart. Nothing was graded"
        )
    unwritable = [name for names in alike.values() for name in names if not is_text(name)]
    if unwritable:
        raise CourseError(
            f"{visible(str(path))} has names that are not UTF-8: {listed(unwritable)}. No gradebook and no "
            f"table can hold "
            "them: rename the folders (convmv does many at once). Nothing was graded"
        )


def misread_by_nbgrader(student: str) -> bool:
    """Whether nbgrader's own commands miss a student's notebooks, or take others' for theirs: the folder is a
    pattern to them."""
    return bool(re.search(r"[*?\n]|\[.+\]", student))


def is_text(name: str) -> bool:
    """Whether a name on disk is UTF-8."""
    return not any("\ud800" <= one <= "\udfff" for one in name)


def owner_of(file: str, *notebooks: str) -> str | None:
    """Return the student in the name <student>_<notebook>.ipynb, with or without what a second download adds.

    Args:
        file: its name.
        notebooks: what the notebook is called, what is to be looked for first at first: with its number, and without.

    >>> owner_of("mueller_01_knn (1).ipynb", "01_knn", "knn"), owner_of("knn.ipynb", "01_knn", "knn")
    ('mueller', None)
    """
    stem = file[: match.start()] if (match := re.search(r"\.ipynb", file, re.IGNORECASE)) else file
    texts = (stem, COPY.sub("", stem))
    if any(text.casefold() == one.casefold() for text in texts for one in notebooks):
        return None  # a number is no student
    for notebook, text in product(notebooks, texts):
        head, tail = text[: -len(notebook)], text[-len(notebook) :]
        if tail.casefold() == notebook.casefold() and head[-1:] in ("_", "-", " ") and head.strip("_- ."):
            return head[:-1]
    return None
