"""The book: built from the student's edition with no warning and no network, and read in a browser."""

from __future__ import annotations

import contextlib
import functools
import html
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from autograder.course.notebook import course_notebooks, nbgrader_of
from autograder.course.stubs import BEGIN, END

ROOT = Path(__file__).resolve().parents[2]
LONG_ENOUGH = 30  # a shorter line is said by many, and gives nothing away


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and keeps no log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send a file; a page that is left before its last picture came wants it no more."""
        with contextlib.suppress(ConnectionError):
            super().copyfile(source, outputfile)


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """The book's folder, built as `make book` builds it."""
    top = tmp_path_factory.mktemp("book")
    began = time.perf_counter()
    for words in (
        ["book.pages", top / "pages"],
        ["sphinx", "-W", "-q", "-b", "html", "-c", "book", top / "pages", top / "html"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=180
        )
        assert done.returncode == 0, done.stdout + done.stderr
    print(f"book built in {time.perf_counter() - began:.1f} s")
    return top / "html"


@pytest.fixture(scope="module")
def site(book: Path) -> Iterator[str]:
    """The book's address, as a static file server gives it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(book)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def _solution_lines(source: str) -> Iterator[str]:
    inside = False
    for line in source.splitlines():
        if BEGIN in line or END in line:
            inside = BEGIN in line
        elif inside and len(line.strip()) > LONG_ENOUGH and not line.strip().startswith("#"):
            yield line.strip()


def _text_of(page: Path) -> str:
    """A page's text as a reader has it, each run of spaces as one."""
    bare = re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))
    return _as_one_line(html.unescape(bare))


def _given_cells() -> Iterator[str]:
    """The code that the course itself shows, outside the exercises."""
    for notebook in course_notebooks(ROOT / "solutions"):
        yield from (cell.source for cell in notebook.cells if cell.cell_type == "code" and not nbgrader_of(cell))


def _answers() -> Iterator[str]:
    """The lines of all solutions, and the model answers of all questions."""
    for notebook in course_notebooks(ROOT / "solutions"):
        for one in notebook.exercises.values():
            yield from _solution_lines(one.source)
        for cell in notebook.cells:
            if cell.cell_type == "markdown" and nbgrader_of(cell).get("solution"):
                yield cell.source.strip()


def _as_one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def _pages(book: Path) -> list[Path]:
    """The book's pages; the theme's own templates in _static are none."""
    return [page for page in book.rglob("*.html") if "_static" not in page.parts]


def test_the_book_holds_no_solution(book):
    """No line of a solution stands on any page, save those that a cell outside the exercises shows too."""
    given = "\n".join(_given_cells())
    answers = {_as_one_line(line) for line in _answers() if line not in given}
    assert len(answers) > 100
    for page in _pages(book):
        text = _text_of(page)
        assert [line for line in answers if line in text] == [], page.name
        assert BEGIN not in text


def test_every_notebook_of_the_course_is_a_page_that_the_contents_lead_to(book):
    contents = (book / "index.html").read_text(encoding="utf-8")
    for path in (ROOT / "course").glob("*/*.ipynb"):
        page = f"{path.parent.name}/{path.stem}.html"
        assert (book / page).exists()
        assert f'href="{page}"' in contents


def test_links_lead_somewhere_and_pictures_are_described(book):
    for page in _pages(book):
        text = page.read_text(encoding="utf-8")
        for address in re.findall(r'(?:href|src)="([^"#:?]+)[^":]*"', text):
            assert (page.parent / html.unescape(address)).exists(), f"{page.name}: {address}"
        assert 'alt=""' not in text


def test_nothing_but_the_papers_is_on_another_machine(page: Page, site, artefacts):
    """Formulas, search and style come with the book: no request leaves for another address."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}/01_classification/01_knn.html#distance")
    expect(page.locator("mjx-container").first).to_be_visible()
    assert page.locator("mjx-merror").count() == 0
    assert [one for one in asked if not one.startswith((site, "data:"))] == []
    page.screenshot(path=artefacts / "book-formula-and-picture.png")


def test_the_search_finds_a_term_and_leads_to_it(page: Page, site, artefacts):
    page.goto(f"{site}/index.html")
    page.locator("button.search-button-field:visible, .search-button__button:visible").first.click()
    page.keyboard.type("hyperparameter")
    page.keyboard.press("Enter")
    found = page.locator("#search-results li a", has_text="Nearest neighbours").first
    expect(found).to_be_visible()
    expect(page.locator("#search-results")).to_contain_text("hyperparameter")
    page.screenshot(path=artefacts / "book-search.png")
    found.click()
    expect(page.get_by_role("heading", name="Nearest neighbours", exact=False, level=1)).to_be_visible()


def test_hints_are_folded_until_asked_for(page: Page, site):
    page.goto(f"{site}/01_classification/01_knn.html")
    hint = page.locator("details", has_text="Start with one test row").first
    expect(hint.locator("p").first).to_be_hidden()
    hint.locator("summary").click()
    expect(hint.locator("p").first).to_be_visible()
