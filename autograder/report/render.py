"""Templates to text. Whatever a template prints is cleaned of control characters and escaped here, once.

A page is one file: its style and its script stand in it, nothing is fetched, and its content security
policy allows that one script by its hash and no other.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.plain.names import visible
from autograder.plain.results import Failure
from autograder.plain.text import clean, clean_line
from autograder.present.card_words import Part, details, said, taken

TEMPLATES = Path(__file__).with_name("templates")
CODE_LIMIT = 50_000
FIELD_NAMES: dict[Part, str] = {"came": "your answer", "expected": "expected", "first at": "first at", "for": "input"}


def render(template: str, **values: Any) -> str:
    """Return a page. Every string among the values is cleaned and escaped wherever it is printed."""
    return _environment().get_template(template).render(**values)


def page_name(name: str) -> str:
    """Return the name of a student's page in the report: readable, the same each time, and no two students' alike.

    >>> page_name("../Zoë <b>"), page_name("李雷")
    ('zoë-b-d8fb23b7.html', '李雷-3a47328a.html')
    """
    words = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", name).lower()).strip("-")[:40].strip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{words}-{digest}.html" if words else f"{digest}.html"


def points(number: float | None) -> str:
    """Return points as a person writes them; a dash where no mark was given.

    >>> points(6.5), points(13.0), points(1 / 3), points(None)
    ('6.5', '13', '0.33', '–')
    """
    if number is None:
        return "–"
    return f"{round(number, 2):g}" if abs(number) < 1e5 else f"{number:.0f}"


def duration(seconds: float) -> str:
    """Return a duration with its unit; a dash where none was kept."""
    return taken(seconds) if seconds else "–"


def code(text: str) -> Markup:
    """Return a student's code, longer than other texts may be."""
    return escape(clean(text, CODE_LIMIT))


def prose(text: str) -> Markup:
    """Return a hint with what stands between backticks as code.

    >>> prose("write `x < y`")
    Markup('write <code>x &lt; y</code>')
    """
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(clean(text)))))  # escaped first


def person(name: str) -> Markup:
    """Return a student's name as it is, with what is unseen in it made visible."""
    return escape(visible(name))


def fields(failure: Failure) -> list[tuple[str, str]]:
    """Return a failure's named lines, with the names that a page gives them."""
    return [(FIELD_NAMES[name], text) for name, text in details(failure)]


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cleaned,
    )
    made.filters.update(
        points=points, duration=duration, code=code, fields=fields, said=said, line=clean_line, prose=prose, name=person
    )
    style, script = _asset("style.css"), _asset("tables.js")
    made.globals.update(style=style, script=script, script_hash=_hash(script))
    return made


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _asset(name: str) -> Markup:
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # our own text, not a student's


def _hash(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
