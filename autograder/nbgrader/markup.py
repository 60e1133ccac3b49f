"""A student's Markdown in the instructor's browser: rendered as nbconvert renders it, and nothing in it alive.

nbgrader's formgrader and its feedback pages show what students wrote at Jupyter's own origin, where a script
may do all that the instructor may. nbconvert leaves raw HTML in Markdown as it is. Named in nbgrader_config.py
as nbconvert's filter, so that both pages use it for every Markdown cell and every comment. It cleans what was
rendered and not what was typed: formulas, comparisons and code keep their `<`.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from bleach.css_sanitizer import CSSSanitizer
from bleach.sanitizer import Cleaner
from jinja2 import pass_context
from nbconvert.preprocessors import Preprocessor
from traitlets import Bool

if TYPE_CHECKING:
    from jinja2.runtime import Context
    from nbconvert.exporters import HTMLExporter

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")  # an SVG is a document, with scripts and links
MAX_CHARS = 50_000  # some texts take a Markdown parser time by their square
TAGS = frozenset(
    (
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    )
)
PLAIN_ATTRIBUTES = frozenset(
    {("a", "title"), ("img", "alt"), ("img", "title"), ("details", "open"), ("td", "style"), ("th", "style")}
)
_LINK = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)
_PICTURE = re.compile(rf"data:({'|'.join(PICTURES)});base64,[A-Za-z0-9+/=\s]*\Z")
_SIZE = re.compile(r"\d{1,4}%?\Z")


@pass_context
def safe_markdown(context: Context, source: str) -> str:
    """Return Markdown as HTML without anything that runs, fetches, sends, covers the page or poses as its controls.

    What may not stay is shown as it was typed. A text that can't be rendered (its pasted picture is gone, it
    nests too deep, it is longer than `MAX_CHARS`) is shown as it was typed, as a whole.
    """
    if len(source) > MAX_CHARS:
        return _as_typed(source)
    try:
        return str(_cleaner().clean(_exporter().markdown2html(context, source)))
    except Exception:  # the page of this student must open whatever the parsers make of the text
        return _as_typed(source)


class EscapedNames(Preprocessor):
    """The formgrader writes the name of whose notebook it shows into the page as it is: a folder may be called
    `<img ...>`."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Escape the names that the page's head shows."""
        for key in ("student", "first_name", "last_name"):
            if resources.get(key):
                resources[key] = escape(str(resources[key]))
        return nb, resources


@cache
def _cleaner() -> Cleaner:
    return Cleaner(TAGS, _is_allowed, ("http", "https", "mailto", "data"), css_sanitizer=CSSSanitizer(["text-align"]))


@cache
def _exporter() -> HTMLExporter:
    from nbconvert.exporters import HTMLExporter

    return HTMLExporter()


def _is_allowed(tag: str, name: str, value: str) -> bool:
    """No names, classes or data attributes: the page's own scripts look for theirs. No address of Jupyter's own."""
    if name == "class":
        return (tag == "span" and value in _colours()) or (tag, value) in (("div", "highlight"), ("a", "anchor-link"))
    if name == "href":
        return tag == "a" and _LINK.match(value) is not None
    if tag == "img" and name == "src":
        return _PICTURE.match(value) is not None
    if (tag, name) in (("ol", "start"), ("img", "width"), ("img", "height")):
        return _SIZE.match(value) is not None
    return (tag, name) in PLAIN_ATTRIBUTES


@cache
def _colours() -> frozenset[str]:
    """The classes of coloured code."""
    from pygments.token import STANDARD_TYPES

    return frozenset(filter(None, STANDARD_TYPES.values()))


def _as_typed(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"
