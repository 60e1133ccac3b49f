"""A student's Markdown as HTML: what is ordinary looks as before, and nothing runs, fetches or poses."""

from __future__ import annotations

import base64

import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder.nbgrader.markup import MAX_CHARS, safe_markdown

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
ORDINARY = (
    "**bold**, *slanted*, ~~struck~~ and `a < b`",
    "$a < b$ and $$\\sum_{i<n} x_i$$",
    "| a | b |\n|:--|--:|\n| 1 | 2 |",
    "<details>\n<summary>Hint</summary>\n\nwords\n\n</details>",
    "[a page](https://example.org/a?b=1&c=2)",
    "1. one\n2. two\n\n- three",
    "```python\ndef f(x):\n    return x < 1\n```",
    "> said",
)
ALIVE = (
    "<img src=x onerror=run()>",
    "<script>run()</script>",
    "[x](javascript:run())",
    '<a href="/logout">x</a>',
    '<a href="//example.org">x</a>',
    "![x](https://example.org/x.png)",
    '<img src="data:image/svg+xml;base64,PHN2Zz4=">',
    "<style>*{display:none}</style>",
    '<p id="a" class="btn" data-link="x" style="position:fixed">x</p>',
    "<iframe src=x></iframe>",
    "<form action=x><input></form>",
    "<base href=x>",
    '<meta http-equiv="refresh" content="0">',
    "<svg onload=run()></svg>",
    '<span class="full-credit">x</span>',
    '<a href="files/javascript:run()">x</a>',
)


def rendered(text: str, **fields: object) -> str:
    return safe_markdown({"cell": fields, "resources": {}}, text)


def parsed(page: str) -> BeautifulSoup:
    found = BeautifulSoup(page, "html.parser")
    for one in found.select("[style]"):
        one["style"] = str(one["style"]).replace(" ", "").rstrip(";")
    return found


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_markdown_is_rendered_as_nbconvert_renders_it(text):
    assert parsed(rendered(text)) == parsed(HTMLExporter().markdown2html({"cell": {}, "resources": {}}, text))


@pytest.mark.parametrize("text", ALIVE)
def test_nothing_in_it_is_alive(text):
    for one in BeautifulSoup(rendered(f"words {text}\n\n{text}"), "html.parser").find_all(True):
        assert one.name in ("p", "a", "img", "span")
        assert not [name for name in one.attrs if name not in ("alt", "title")]


def test_a_pasted_picture_is_shown_and_one_that_is_gone_shows_what_was_typed():
    attached = {"p.png": {"image/png": PIXEL}}
    assert f'src="data:image/png;base64,{PIXEL}"' in rendered("![x](attachment:p.png)", attachments=attached)
    assert rendered("![x](attachment:q.png)", attachments=attached) == "<pre>![x](attachment:q.png)</pre>"


@pytest.mark.parametrize("text", ["<b>" * MAX_CHARS, "> " * 9000 + "deep"], ids=["long", "deep"])
def test_a_text_that_no_parser_takes_is_shown_as_it_was_typed(text):
    assert BeautifulSoup(rendered(text), "html.parser").get_text().strip().startswith(text[:50].strip())


def test_the_course_pages_of_nbgrader_use_it(root):
    """The name in nbgrader_config.py is found by nbconvert, and the page escapes whose it is."""
    from autograder.course.release import nbgrader_config

    exporter = HTMLExporter(config=nbgrader_config(root))
    book = new_notebook(cells=[new_markdown_cell("kept <img src=x onerror=run()>")])
    page, resources = exporter.from_notebook_node(
        book, resources={"student": "<img src=x onerror=run()>", "last_name": None}
    )
    assert "kept" in page
    assert not BeautifulSoup(page, "html.parser").select("[onerror]")
    assert resources["student"] == "&lt;img src=x onerror=run()&gt;"
