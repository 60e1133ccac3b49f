"""Pairs of submissions that are alike, side by side, as one page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from markupsafe import Markup, escape

from autograder.plain.text import clean
from autograder.reading.tokens import Span
from autograder.report.render import CODE_LIMIT, render
from autograder.similarity.similar import CAUTION, ENOUGH, Comparison


def write_pairs(comparisons: list[Comparison], path: Path) -> None:
    """Write the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(pairs_page(comparisons), encoding="utf-8")


def pairs_page(comparisons: list[Comparison]) -> str:
    """Return the page."""
    return render("similar.html", comparisons=comparisons, caution=CAUTION, enough=f"{ENOUGH:.0f}", marked=marked)


def marked(text: str, spans: Iterable[Span]) -> Markup:
    """Return code with stretches of it marked.

    >>> marked("a < b", [(2, 5)])
    Markup('a <mark>&lt; b</mark>')
    """
    parts: list[Markup] = []
    last = 0
    for begin, end in spans:
        parts += [_safe(text[last:begin]), *_mark_lines(text[begin:end])]
        last = end
    return Markup("").join([*parts, _safe(text[last:])])


def _mark_lines(text: str) -> Iterator[Markup]:
    """Mark each line for itself, without the space that it is indented by."""
    for number, line in enumerate(text.split("\n")):
        words = line.lstrip() if number else line
        yield _safe(("\n" if number else "") + line[: len(line) - len(words)])
        if words:
            yield Markup("<mark>") + _safe(words) + Markup("</mark>")


def _safe(text: str) -> Markup:
    return escape(clean(text, CODE_LIMIT))
