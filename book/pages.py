"""The book's pages, from the student's edition: `python -m book.pages FOLDER` before Sphinx.

The text is that of course/ and so holds no solution. The pictures of cells that are no exercise come from
the executed pairs in solutions/: each with its description, as an ordinary picture. Printed numbers stay
out, since finding them is the student's part.
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from autograder.course.coursemap import Stop, released_stops
from autograder.course.notebook import nbgrader_of

ROOT = Path(__file__).resolve().parents[1]
Cell = dict[str, Any]
Picture = tuple[bytes, str, str]
KINDS = {"image/png", "image/jpeg"}

WELCOME = """# Kernel School

Deep learning for computer vision, learnt by writing it. This book is the course to read; the same pages as
notebooks, with a check below each exercise, open with `make start`.
"""


def make_pages(root: Path, out: Path, only: str | None = None) -> list[Stop]:
    """Write the book's pages into a folder, made anew, and return the notebooks in their order.

    Args:
        root: the top of the repository.
        out: the folder.
        only: the one notebook to make a page of, as "<chapter>/<notebook>"; all by default.

    Raises ValueError for a released file that is no notebook of the course.
    """
    shutil.rmtree(out, ignore_errors=True)
    stops, unreadable = released_stops(root / "course")
    if unreadable:
        raise ValueError(f"not notebooks of the course: {', '.join(unreadable)}")
    stops = [stop for stop in stops if only in (None, stop.key)]
    known = {stop.key: stop for stop in stops}
    for stop in stops:
        target = out / stop.file
        target.parent.mkdir(parents=True, exist_ok=True)
        book = _read(root / "course" / stop.file)
        executed = _read(root / "solutions" / stop.file)
        book["cells"] = list(_with_pictures(book["cells"], dict(_pictures(executed["cells"])), target))
        _put_in_summary(book["cells"][0], stop, known)
        target.write_text(json.dumps(book), encoding="utf-8")
    (out / "index.md").write_text(_index(stops), encoding="utf-8")
    return stops


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


# The pictures.


def _pictures(cells: list[Cell]) -> Iterator[tuple[str, list[Picture]]]:
    """Yield the pictures of each cell that is not an exercise: (bytes, description, how its file's name ends)."""
    for cell in cells:
        if cell["cell_type"] == "code" and not nbgrader_of(cell):
            shown = [(one, kind) for one in cell["outputs"] for kind in KINDS & one.get("data", {}).keys()]
            yield cell["id"], [_picture(one, kind) for one, kind in shown]


def _picture(output: dict[str, Any], kind: str) -> Picture:
    alt = output["metadata"].get(kind, {}).get("alt", "")
    return base64.b64decode(output["data"][kind]), str(alt), kind.removeprefix("image/")


def _with_pictures(cells: list[Cell], pictures: dict[str, list[Picture]], target: Path) -> Iterator[Cell]:
    for cell in cells:
        yield cell
        for number, (picture, alt, ending) in enumerate(pictures.get(cell["id"], [])):
            name = f"{target.stem}-{cell['id']}-{number}.{ending}"
            target.with_name(name).write_bytes(picture)
            text = f"![{alt.replace('[', '(').replace(']', ')')}]({name})"
            about: Cell = {"cell_type": "markdown", "metadata": {}, "source": text}
            yield {**about, "id": f"{cell['id'][:50]}-picture-{number}"}


# What stands around the notebooks.


def _put_in_summary(first: Cell, stop: Stop, known: dict[str, Stop]) -> None:
    title, _, rest = "".join(first["source"]).partition("\n")
    first["source"] = f"{title}\n\n{_summary(stop, known)}\n{rest}"


def _summary(stop: Stop, known: dict[str, Stop]) -> str:
    before = [f"[{known[key].title}](../{known[key].file})" for key in stop.needs if key in known]
    needs = f" Read {', '.join(before)} first." if before else ""
    return (
        f"> You will {stop.teaches}.{needs} About {stop.minutes} minutes, {stop.points:g} points; "
        f"to work on it, open `course/{stop.file}` in JupyterLab."
    )


def _index(stops: list[Stop]) -> str:
    chapters = groupby(stops, key=lambda stop: stop.part)
    return "\n".join([WELCOME, *(_chapter(title, list(inside)) for title, inside in chapters)])


def _chapter(title: str, stops: list[Stop]) -> str:
    rows = [f"| [{stop.title}]({stop.file}) | {stop.teaches} | {stop.minutes} | {stop.points:g} |" for stop in stops]
    table = ["| notebook | what you can do afterwards | minutes | points |", "|---|---|--:|--:|", *rows]
    contents = [
        "```{toctree}",
        ":hidden:",
        f":caption: {title}",
        "",
        *(stop.file.removesuffix(".ipynb") for stop in stops),
        "```",
    ]
    return "\n".join([f"## {title}", "", *table, "", *contents, ""])


def main() -> None:
    """Make the pages and say how many."""
    parser = argparse.ArgumentParser(description="Make the book's pages.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", metavar="CHAPTER/NOTEBOOK", help="one notebook's page alone")
    args = parser.parse_args()
    pages = make_pages(ROOT, args.folder, args.only)
    print(f"{len(pages)} notebooks for the book")


if __name__ == "__main__":
    main()
