"""Templates to text. Whatever a template prints is cleaned of control characters and escaped here, once.

A page is one file: its style and its script stand in it, nothing is fetched, and its content security
policy allows that one script by its hash and no other.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.card import ICONS, WORDS
from autograder.text import clean, clean_line

TEMPLATES = Path(__file__).with_name("templates")
CODE_LIMIT = 50_000
FIELD = re.compile(r"^  (came|expected|first at|for): +(.*)$")
FIELD_NAMES = {"came": "your answer", "expected": "expected", "first at": "first at", "for": "input"}


def render(template: str, **values: Any) -> str:
    """Return a page. Every string among the values is cleaned and escaped wherever it is printed."""
    return _environment().get_template(template).render(**values)


def safe_name(name: str) -> str:
    """Return a file name for a student: readable, the same each time, and no two students' alike.

    >>> safe_name("../Zoë <b>")
    'zo-b-d8fb23b7'
    """
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{words}-{digest}" if words else digest


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
    if not seconds:
        return "–"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def code(text: str) -> Markup:
    """Return a student's code, longer than other texts may be."""
    return escape(clean(text, CODE_LIMIT))


def prose(text: str) -> Markup:
    """Return a hint with what stands between backticks as code.

    >>> prose("write `x < y`")
    Markup('write <code>x &lt; y</code>')
    """
    return Markup(re.sub(r"`([^`\n]+)`", r"<code>\1</code>", str(escape(clean(text)))))  # escaped first


def fields(message: str) -> tuple[str, list[tuple[str, str]]]:
    """Take a message apart: what it says, and its named lines (came, expected, first at, for).

    >>> fields("the answer has the wrong value\\n  came:     1\\n  expected: 2")
    ('the answer has the wrong value', [('your answer', '1'), ('expected', '2')])
    """
    said, found = [], []
    for line in clean(message).splitlines():
        match = FIELD.match(line)
        if match:
            found.append((FIELD_NAMES[match[1]], match[2]))
        else:
            said.append(line)
    return "\n".join(said).strip("\n"), found


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=_cleaned,
    )  # fmt: skip
    made.filters.update(
        points=points, duration=duration, code=code, fields=fields, line=clean_line, prose=prose
    )
    style, script = _asset("style.css"), _asset("tables.js")
    made.globals.update(style=style, script=script, script_hash=_hash(script), icons=ICONS, words=WORDS)
    return made


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _asset(name: str) -> Markup:
    return Markup((TEMPLATES / name).read_text(encoding="utf-8"))  # our own text, not a student's


def _hash(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
