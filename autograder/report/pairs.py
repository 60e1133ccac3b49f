"""Pairs of submissions that are alike, side by side, as one page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from markupsafe import Markup, escape

from autograder.report.render import CODE_LIMIT, render
from autograder.similar import CAUTION, ENOUGH, Comparison
from autograder.text import clean
from autograder.tokens import Span


def write_pairs(comparisons: list[Comparison], path: Path) -> None:
    """Write the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(pairs_page(comparisons), encoding="utf-8")


def pairs_page(comparisons: list[Comparison]) -> str:
    """Return the page."""
    return render(
        "similar.html", comparisons=comparisons, caution=CAUTION, enough=f"{ENOUGH:.0f}", marked=marked
    )


def marked(text: str, spans: Iterable[Span]) -> Markup:
    """Return code with stretches of it marked.

    >>> marked("a < b", [(2, 5)])
    Markup('a <mark>&lt; b</mark>')
    """
    parts, last = [], 0
    for begin, end in spans:
        parts += [_safe(text[last:begin]), Markup("<mark>"), _safe(text[begin:end]), Markup("</mark>")]
        last = end
    return Markup("").join([*parts, _safe(text[last:])])


def _safe(text: str) -> Markup:
    return escape(clean(text, CODE_LIMIT))
