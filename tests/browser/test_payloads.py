"""A notebook full of scripts, links and covers, opened where instructors and students read: nothing in it comes
alive."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from marks import wait_for_marks
from playwright.sync_api import Page, expect

BIN = Path(sys.executable).parent
RAN = "window.top.payload_ran=1"
SVG = f'<svg xmlns="http://www.w3.org/2000/svg" onload="{RAN}"><script>{RAN}</script></svg>'
ELSEWHERE = "https://payload.invalid"
PAYLOADS = (
    f'<img src=x onerror="{RAN}">',
    f'"><img src=x onerror="{RAN}">',
    f'<img src="{ELSEWHERE}/pixel.png" srcset="{ELSEWHERE}/set.png 2x">',
    f"![words]({ELSEWHERE}/markdown.png)",
    "![words](/payload/logout)",
    f'<img src="data:image/svg+xml;base64,{base64.b64encode(SVG.encode()).decode()}">',
    SVG,
    f'<svg><a xlink:href="javascript:{RAN}"><text>press</text></a></svg>',
    f"<script>{RAN}</script>",
    f'<script src="{ELSEWHERE}/script.js"></script>',
    f"[press](javascript:{RAN})",
    f"[press](JaVaScRiPt&colon;{RAN})",
    f'<a href="javascript:{RAN}">press</a>',
    f'<a href="jav&#x09;ascript:{RAN}">press</a>',
    f'<a href="files/javascript:{RAN}">press</a>',
    f'<a href="data:text/html,<script>{RAN}</script>">press</a>',
    '<a href="/payload/relative" target="_blank" class="btn mark-graded">press</a>',
    f'<iframe srcdoc="<script>{RAN}</script>"></iframe>',
    f'<iframe src="{ELSEWHERE}/frame"></iframe>',
    f'<form action="{ELSEWHERE}/form"><input name="x" autofocus onfocus="{RAN}"><button>Send</button></form>',
    "<style>body, .container { display: none !important }</style>",
    f'<style>@import "{ELSEWHERE}/style.css";</style>',
    f'<link rel="stylesheet" href="{ELSEWHERE}/link.css">',
    f'<meta http-equiv="refresh" content="0;url={ELSEWHERE}/refresh">',
    f'<base href="{ELSEWHERE}/">',
    f'<div style="position:fixed;inset:0;z-index:9999;background:url({ELSEWHERE}/cover.png)">covered</div>',
    f'<details open ontoggle="{RAN}"><summary>more</summary>words</details>',
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RAN}&gt;">',
    f'<noscript><p title="</noscript><img src=x onerror={RAN}>">',
    f'<object data="{ELSEWHERE}/object"></object><embed src="{ELSEWHERE}/embed">',
    f'<video src=x onerror="{RAN}"><source src=x onerror="{RAN}"></video>',
    f'<textarea></textarea><img src=x onerror="{RAN}">',
    '<button class="btn full-credit" id="check_row_means">Full credit</button><input class="score" '
    'id="check_row_means">',
    f'<div data-toggle="tooltip" data-html="true" data-link="x" class="name-shown" title="<img src=x '
    f'onerror={RAN}>">words</div>',
    f"$\\href{{javascript:{RAN}}}{{press}}$ and $\\unicode{{x3c}}\\class{{help}}{{x}}$ and "
    f"$$\\cssId{{statusmessage}}{{x}}$$",
    f"```mermaid\ngraph TD; A[<img src=x onerror={RAN}>]\n```",
    f"`<img src=x onerror={RAN}>`",
    "![words](attachment:drawing.svg) ![words](attachment:broken.png) ![words](attachment:absent.png)",
    f"</div></div></div></body><script>{RAN}</script>",
    "> " * 3000 + "deep",
)
NAME = f"<img src=x onerror={RAN}>"
ATTACHED = {
    "drawing.svg": {"image/svg+xml": base64.b64encode(SVG.encode()).decode()},
    "broken.png": {f'image/png"><img src=x onerror="{RAN}">': "AAAA", "image/png": f'"><img src=x onerror="{RAN}">'},
}
OUTPUTS = [
    {"output_type": "display_data", "metadata": {}, "data": {kind: text}}
    for kind, text in {
        "text/html": f"<script>{RAN}</script>",
        "image/svg+xml": SVG,
        "application/javascript": RAN,
        "text/markdown": PAYLOADS[0],
        "text/latex": PAYLOADS[0],
        "application/vnd.jupyter.widget-view+json": {"model_id": "payload"},
    }.items()
]
# What the page says goes into cards, comments and reports.
RAISES = f"def row_means(x):\n    raise ValueError('said-{{}} <script>{RAN}</script><img src=x onerror={RAN}>')"
DRESSED = {
    "tags": [f'"><img src=x onerror="{RAN}">'],
    "raw_mimetype": "text/html",
    "format": "text/html",
    "name": PAYLOADS[0],
}


def notebook(released: dict[str, Any]) -> dict[str, Any]:
    """A submission in which every place that holds text holds a payload."""
    for cell in released["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["metadata"].update(DRESSED)
        cell["source"] = {"row_means": RAISES, "question_mean": f"answered {PAYLOADS[0]}"}.get(name, cell["source"])
        if cell["cell_type"] == "code":
            cell["outputs"] = OUTPUTS
    for number, text in enumerate(PAYLOADS):
        words = {"metadata": DRESSED, "source": f"kept-{number} {text}\n\n{text}"}
        released["cells"] += [
            {"cell_type": "markdown", "attachments": ATTACHED, **words},
            {"cell_type": "raw", **words, "source": f"raw-{number} {text}"},
        ]
    released["cells"].append(
        {
            "cell_type": "code",
            "execution_count": 1,
            "outputs": OUTPUTS,
            "metadata": DRESSED,
            "source": f"'code-0 </script><script>{RAN}</script>'",
        }
    )
    released["metadata"] |= {
        "title": PAYLOADS[0],
        "language_info": {"name": PAYLOADS[0], "pygments_lexer": PAYLOADS[0]},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"payload": {}}}},
    }
    return released


def run(folder: Path, *words: str) -> None:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [BIN / words[0], *words[1:]], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(tiny_course, tmp_path_factory) -> Path:
    """A course with that notebook from both routes, and everything that is made for people to read."""
    top = tmp_path_factory.mktemp("alive") / "course"
    shutil.copytree(tiny_course, top)
    book = json.dumps(notebook(json.loads((top / "course/01_toy/toy.ipynb").read_text())))
    for tree, student in (("submitted", "theirs"), ("own", "ours"), ("own", NAME)):
        path = top / tree / student / "01_toy" / "toy.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(book)
    run(
        top,
        "autograder",
        "grade",
        "own",
        "--out",
        "r.json",
        "--gradebook",
        f"sqlite:///{top}/gradebook.db",
        "--autograded",
        "autograded",
        "--workers",
        "1",
    )
    run(top, "nbgrader", "autograde", "01_toy")
    run(top, "nbgrader", "generate_feedback", "01_toy")
    run(top, "autograder", "report", "r.json", "--html", "report", "--feedback", "pages", "--submitted", "own")
    return top


@dataclass
class Watch:
    """What a page did that only a payload could have wanted."""

    page: Page
    asked: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def assert_nothing_came_alive(self) -> None:
        address = self.page.url
        self.page.wait_for_timeout(1500)
        assert self.page.url == address
        assert self.page.evaluate("window.payload_ran") is None
        assert not self.dialogs
        assert not [url for url in self.asked if url.startswith(ELSEWHERE) or "/payload/" in url]
        assert not self.page.evaluate(FOREIGN)


# What a student may put into a page: no attribute that runs, no address but of the web, none of the page's own
# controls.
FOREIGN = """[...document.querySelectorAll('.rendered_html *, .text_cell_render *, .comment *')].filter(one =>
    one.matches('script, iframe, object, embed, form, input, button, style, link, meta, base, svg, math, video'
        + ', textarea, [id], [data-toggle]')
    || [...one.attributes].some(held => held.name.startsWith('on'))
    || (one.hasAttribute('href') && !/^(https?:|mailto:|#)/.test(one.getAttribute('href')))
    || getComputedStyle(one).position == 'fixed').map(one => one.outerHTML.slice(0, 200))"""


@pytest.fixture
def watch(page: Page) -> Watch:
    return Watch(page)


@pytest.fixture(scope="module")
def server(serve, course):
    return serve(course)


def lost(text: str, kind: str) -> list[int]:
    """The payloads whose cells can't be read on a page."""
    return [number for number in range(len(PAYLOADS)) if not re.search(rf"\b{kind}-{number}\b", text)]


def open_submission(page: Page, server, student: str) -> None:
    """The way an instructor goes, with names shown."""
    page.goto(server.url("formgrader/manage_assignments"))
    for listing in ("manage_students", "manage_submissions/01_toy", "gradebook/01_toy/toy"):
        page.goto(f"{server.address}/formgrader/{listing}")
        expect(page.locator("tbody a").first).to_be_attached()
    page.get_by_text("Show All Names").click()
    page.locator("tbody tr", has_text=student).first.locator("a.name-shown").click()
    wait_for_marks(page)


@pytest.mark.parametrize(
    "student", ["theirs", "ours", NAME], ids=["nbgraders route", "our route", "a name that is markup"]
)
def test_the_formgrader_shows_every_word_and_runs_none(watch, server, student, artefacts):
    open_submission(watch.page, server, student)
    watch.assert_nothing_came_alive()
    text = watch.page.locator("#notebook").first.inner_text()
    assert lost(text, "kept") == lost(text, "raw") == []
    assert "code-0" in text
    expect(watch.page.get_by_text("answered").first).to_be_visible()
    card = watch.page.locator(".ks-card[aria-label^='Check of row_means:']")
    expect(card).to_contain_text("said-")
    assert card.evaluate("one => getComputedStyle(one).borderLeftWidth") == "6px"
    card.scroll_into_view_if_needed()
    watch.page.screenshot(path=artefacts / "formgrader-payloads.png")


def test_the_formgraders_own_controls_work_beside_them(watch, server):
    open_submission(watch.page, server, "theirs")
    field_of = watch.page.locator("input.score[id='question_mean']")
    with watch.page.expect_response(lambda answered: answered.request.method == "PUT") as kept:
        field_of.fill("1.5")
        field_of.press("Tab")
    assert kept.value.ok
    watch.assert_nothing_came_alive()


@pytest.mark.parametrize("student", ["theirs", "ours"])
def test_nbgraders_feedback_page_runs_none(watch, course, student):
    watch.page.goto((course / "feedback" / student / "01_toy/toy.html").as_uri())
    watch.assert_nothing_came_alive()
    text = watch.page.locator("body").inner_text()
    assert lost(text, "kept") == lost(text, "raw") == []
    assert "said-" in text


def test_our_own_pages_run_none(watch, course):
    pages = [*(course / "report").rglob("*.html"), *(course / "pages").rglob("*.html")]
    assert len(pages) >= 5
    for path in pages:
        watch.page.goto(path.as_uri())
        watch.assert_nothing_came_alive()
