"""How long a picture takes to follow its slider, in a real browser, from the key to the loaded picture.

    python -m benchmarks.widgets [--write] [03_backprop/engine ...]

Each notebook of the solutions that has a widget is opened in JupyterLab with the cells that the widget needs, and
each of its sliders gets ten presses of an arrow key, all one way, so that no picture is one that was drawn before; a
slider with fewer steps turns round at its end.
Needs what the browser tests need: `tests/browser/conftest.py` says how to get it.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import json
import os
import re
import statistics
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Locator, TimeoutError, expect, sync_playwright

from autograder.course.notebook import CourseNotebook, course_notebooks, nbgrader_of
from autograder.course.pair import as_notebook
from data_scripts.demo_class import ROOT
from tests.browser import conftest

from seat import Seat  # isort: skip  # beside conftest, which puts its folder on the path

PAGE = ROOT / "docs" / "seats.md"
BEGIN, END = "<!-- begin: python -m benchmarks.widgets --write -->", "<!-- end of the widgets' figures -->"
HEAD = ["| notebook | control | median, ms | largest, ms |", "|---|---|--:|--:|"]
PIECES = "explore|steps|race|graph"
PRESSES = 10
AROUND = ["Right", "Right", "Down", "Left", "Left", "Left", "Up", "Up", "Up", "Right"]  # ten places, none of them twice
LEAST_PRESSES, ANSWERED = 4, 3_000  # milliseconds; a slider's step that gives the same picture is not answered
GOAL = 100.0


def main() -> None:
    """Measure, print a table, and write it into the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="*", help="such as 03_backprop/engine; all by default")
    parser.add_argument("--write", action="store_true", help="write the rows into docs/seats.md")
    args = parser.parse_args()
    rows = []
    for row in measured(args.notebooks):
        rows.append(row)
        print(
            f"| {row[0]} | {row[1]} | {row[2]:.0f} | {row[3]:.0f} |{'  <-- above the goal' * (row[2] > GOAL)}",
            flush=True,
        )
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if args.write:
        write(rows)


def measured(names: list[str]) -> Iterator[tuple[str, str, float, float]]:
    """Yield for each control of each notebook: notebook, control, median and largest milliseconds."""
    wanted = [one for one in course_notebooks(ROOT / "solutions") if not names or key(one) in names]
    expect.set_options(timeout=conftest.PATIENCE)  # its own five seconds are too few for a page on a busy machine
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        top = Path(folder)
        shown = [(one, book) for one in wanted if (book := trimmed(one)) is not None]
        for one, book in shown:
            nbformat.write(book, top / f"{one.name}.ipynb")
        server, process = conftest.start_server(top, Path(tempfile.mkdtemp(dir=top)), ROOT / "jupyter_config")
        browser = driver.chromium.launch(executable_path=chromium(), args=conftest.QUIET)
        try:
            for one, _ in shown:
                page = browser.new_page(viewport={"width": 1200, "height": 900})
                page.set_default_timeout(conftest.PATIENCE)
                seat = Seat(page, top)
                try:
                    seat.open(server.url(f"lab/tree/{one.name}.ipynb"))
                    seat.run_all()
                    yield from ((key(one), *figures) for figures in at(seat))
                except (AssertionError, TimeoutError) as problem:  # the others are measured all the same
                    print(f"{key(one)}: not measured to its end: {str(problem).splitlines()[0]}", flush=True)
                page.close()
                end_kernels(server)
        finally:
            browser.close()
            process.terminate()
            conftest.end_server(process)


def key(notebook: CourseNotebook) -> str:
    """Return a notebook's chapter and name."""
    return f"{notebook.chapter}/{notebook.name}"


def chromium() -> str:
    """Return where the browser is."""
    return conftest.find_chromium() or exit(conftest.HOW_TO_GET_IT)


def trimmed(notebook: CourseNotebook) -> Any:
    """Return the notebook up to its last widget, without checks and other pictures; None when it has no widget."""
    book = as_notebook(notebook)
    makers = re.compile(rf"(?<!figures\.)\b({PIECES})\(|figures\.({explorers(notebook.name)})\(")
    is_widget = [one.cell_type == "code" and bool(makers.search(one.source)) for one in book.cells]
    if not any(is_widget):
        return None
    last = len(is_widget) - is_widget[::-1].index(True)
    book.cells = [one for one, kept in zip(book.cells[:last], is_widget, strict=False) if kept or is_needed(one)]
    return book


def explorers(name: str) -> str:
    """Return the notebook's own functions that give an Explorer, as a pattern."""
    functions = inspect.getmembers(import_module(f"coursekit.figures.{name}"), inspect.isfunction)
    return "|".join(one for one, value in functions if value.__annotations__.get("return") == "Explorer") or "(?!)"


def is_needed(cell: Any) -> bool:
    """Whether what comes later may build on a cell: it gives something a name, and is no check."""
    if cell.cell_type != "code" or nbgrader_of(cell).get("grade"):
        return False
    return any(not isinstance(one, ast.Expr) for one in ast.parse(cell.source).body)


def at(seat: Seat) -> Iterator[tuple[str, float, float]]:
    """Yield the figures of each slider, and of each picture that is steered with the arrow keys."""
    for output in seat.notebook.locator(".jp-OutputArea-output", has=seat.page.locator(".jupyter-widgets")).all():
        for slider in output.get_by_role("slider").all():
            label = (
                slider.locator("xpath=ancestor::*[contains(@class, 'widget-hslider')]")
                .locator("label, .widget-label")
                .first
            )
            yield summary((label.text_content() or "").strip(), presses(seat, slider))
        for picture in output.locator("img[tabindex='0']").all():
            yield summary("arrow keys on the picture", answered(seat, picture, (f"Arrow{way}" for way in AROUND)))


def presses(seat: Seat, slider: Locator) -> list[float]:
    """Move a slider by ten steps towards its farther end, back where it ends, and return the milliseconds of each."""
    low, high, now = (float(slider.get_attribute(f"aria-value{one}") or 0) for one in ("min", "max", "now"))
    towards, back = ("ArrowRight", "ArrowLeft") if high - now >= now - low else ("ArrowLeft", "ArrowRight")

    def ways() -> Iterator[str]:
        nonlocal towards, back
        for _ in range(PRESSES):
            if float(slider.get_attribute("aria-valuenow") or 0) == (high if towards == "ArrowRight" else low):
                towards, back = back, towards
            yield towards

    return answered(seat, slider, ways())


def answered(seat: Seat, control: Locator, keys: Iterable[str]) -> list[float]:
    """Press keys one after another, and return the milliseconds of those that gave another picture."""
    times: list[float] = []
    control.scroll_into_view_if_needed()
    seat.page.set_default_timeout(ANSWERED)
    for key in keys:
        with suppress(TimeoutError):
            times.append(seat.press(control, key))
    seat.page.set_default_timeout(conftest.PATIENCE)
    assert len(times) >= LEAST_PRESSES, "the picture does not follow its control"
    return times


def summary(name: str, times: list[float]) -> tuple[str, float, float]:
    """Return a control's name, its median and its largest time."""
    return name, statistics.median(times), max(times)


def end_kernels(server: conftest.Server) -> None:
    """End the kernels of notebooks that are done with."""
    with urllib.request.urlopen(server.url("api/kernels")) as answer:
        kernels = json.load(answer)
    for one in kernels:
        urllib.request.urlopen(urllib.request.Request(server.url(f"api/kernels/{one['id']}"), method="DELETE")).close()


def write(rows: list[tuple[str, str, float, float]]) -> None:
    """Put the rows into the page, in place of those of the same notebooks."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    table, after = rest.split(END)
    again = {row[0] for row in rows}
    kept = [line for line in table.splitlines() if line.startswith("| 0") and line.split(" | ")[0][2:] not in again]
    fresh = [f"| {name} | {control} | {median:.0f} | {largest:.0f} |" for name, control, median, largest in rows]
    lines = sorted(kept + fresh, key=lambda line: line.split(" | ")[0])
    PAGE.write_text("\n".join([f"{before}{BEGIN}", "", *HEAD, *lines, "", f"{END}{after}"]), encoding="utf-8")


if __name__ == "__main__":
    main()
