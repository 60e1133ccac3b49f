"""The card as HTML, in styles that stand on the elements themselves.

JupyterLab drops `<style>` from a notebook that it does not trust, so nothing depends on one. The text
takes the page's own colour, and grounds are translucent greys: that reads on a light page and on a dark
one, in JupyterLab, in VS Code and on a page that nbconvert wrote. There is no heading in it: JupyterLab would
put that into the notebook's table of contents, and nobody knows which level comes before it on the page. Its
label names it instead.
"""

from __future__ import annotations

import re
from html import escape

from autograder.card_words import (
    ICONS,
    WORDS,
    gathered,
    hint_of,
    icon_of,
    is_unwritten,
    sentence_of,
    title_of,
    unwritten_words,
    word_of,
    worst_of,
)
from autograder.results import ExerciseResult, TestResult
from autograder.text import clean

# Okabe and Ito's vermilion, bluish green and blue: at least 3 to 1 on white and on JupyterLab's dark ground.
EDGES = {"passed": "#009e73", "unwritten": "#8a8a8a", "other": "#d55e00"}
CARD = ("border:1px solid rgba(128,128,128,0.5);border-left:6px solid {edge};border-radius:4px;padding:8px 14px;margin:4px 0;"
        "max-width:60em;font-size:14px;line-height:1.5;color:inherit;text-align:left")  # fmt: skip
HEAD = "margin:0 0 4px 0;font-weight:bold;font-size:15px"
LINE = "margin:6px 0"
GROUND = "background-color:rgba(128,128,128,0.14)"
MONO = "font-family:monospace;font-size:13px"
PRE = f"{GROUND};{MONO};color:inherit;margin:6px 0;padding:6px 10px;border-radius:3px;white-space:pre-wrap;overflow-wrap:anywhere"
CELL = "text-align:left;vertical-align:top;padding:3px 14px 3px 6px;border-bottom:1px solid rgba(128,128,128,0.35);color:inherit"
HINT = f"{LINE};border-left:4px solid #0072b2;padding:4px 10px;{GROUND};border-radius:3px"
LIST = "margin:4px 0;padding-left:8px;list-style:none"
_DETAIL = re.compile(r"^  (came|expected|first at|for): +(.*)$")
_TENSOR = re.compile(r"^(?:(?P<value>\S+) in )?a tensor of (?P<dtype>\w+) (?P<shape>\([\d, ]*\))$")


def html_of(result: ExerciseResult, seconds: float = 0.0, note: str = "") -> str:
    """Return a result as one HTML element: the state, the first failure, the hint; the tests folded."""
    parts = [_head(result)]
    first = result.first_failure
    if first is not None:
        parts.append(_first_failure(result, first))
    if first is None or not is_unwritten(result):
        parts.append(_tests(result, seconds))
    if note:
        parts.append(f'<p style="{LINE}">{safe(note)}</p>')
    kind = "unwritten" if is_unwritten(result) else result.outcome
    return card(kind, f"Check of {result.exercise}: {word_of(result)}", parts)


def html_of_trouble(heading: str, trouble: str) -> str:
    """Return a card that has no result, only words."""
    head = f'<p style="{HEAD}">! {safe(heading)}</p>'
    return card("trouble", heading, [head, f'<pre style="{PRE}">{safe(trouble)}</pre>'])


def card(kind: str, label: str, parts: list[str]) -> str:
    """Return a frame around parts; screen readers hear it when it appears, with its label."""
    style = CARD.format(edge=EDGES.get(kind, EDGES["other"]))
    return f'<div class="ks-card ks-{kind}" role="status" aria-label="{safe(label)}" style="{style}">{"".join(parts)}</div>'


def safe(text: str) -> str:
    """Return text fit for HTML."""
    return escape(clean(text))


def table(head: tuple[str, ...], rows: list[tuple[str, ...]], caption: str) -> str:
    """Return a table of escaped text whose first column and first row are headers.

    Args:
        head: the words of the first row; the first may be "".
        rows: each a header and its cells.
        caption: what the table is, for those who can't see that.
    """
    top = "".join(
        f'<th scope="col" style="{CELL}">{safe(word)}</th>' if word else f'<td style="{CELL}"></td>'
        for word in head
    )
    body = "".join(
        f'<tr><th scope="row" style="{CELL};font-weight:normal">{safe(name)}</th>'
        + "".join(f'<td style="{CELL};{MONO}">{safe(cell)}</td>' for cell in cells) + "</tr>"
        for name, *cells in rows
    )  # fmt: skip
    return (f'<table aria-label="{safe(caption)}" style="border-collapse:collapse;margin:6px 0;font-size:13px;color:inherit">'
            f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>")  # fmt: skip


def _head(result: ExerciseResult) -> str:
    points = f"{result.score:g} of {result.max_score:g} point{'' if result.max_score == 1 else 's'}"
    icon = f'<span aria-hidden="true">{icon_of(result)}</span>'
    said = f"{safe(result.exercise)}: {safe(word_of(result))}, {points}"
    return f'<p style="{HEAD}">{icon} {said}</p>'


def _first_failure(result: ExerciseResult, first: TestResult) -> str:
    if is_unwritten(result):
        return f'<p style="{LINE}">{safe(unwritten_words(first))}</p>'
    parts = [
        f'<p style="{LINE}">It should hold: <em>{safe(sentence_of(first))}</em></p>',
        _message(first.message),
    ]
    hint = hint_of(result)
    if hint:
        parts.append(f'<p style="{HINT}"><strong>Hint</strong> {safe(hint)}</p>')
    return "".join(parts)


def _message(message: str) -> str:
    """A comparison as a table of yours beside expected; any other message as it is."""
    words, found = [], {}
    for line in message.splitlines():
        match = _DETAIL.match(line)
        if match and match[1] not in found:
            found[match[1]] = match[2]
        else:
            words.append(line)
    said = "\n".join(words)
    is_plain = "\n" not in said and len(said) < 200
    parts = [
        f'<p style="{LINE}">{safe(_sentence(said))}</p>'
        if is_plain
        else f'<pre style="{PRE}">{safe(said)}</pre>'
    ]
    if "came" in found and "expected" in found:
        rows = _rows(found["came"], found["expected"], found.get("first at", ""))
        parts.append(table(("", "yours", "expected"), rows, "Yours beside what was expected"))
    if "for" in found:
        parts.append(
            f'<p style="{LINE}">The call: <code style="{MONO};color:inherit;background-color:transparent">{safe(found["for"])}</code></p>'
        )
    return "".join(parts)


def _rows(came: str, expected: str, at: str) -> list[tuple[str, ...]]:
    left, right = _TENSOR.match(came), _TENSOR.match(expected)
    where = f"first difference, at {at}" if at else "value"
    if left and right:
        return [
            (name, left[name], right[name] + ("" if left[name] == right[name] else "  ≠"))
            for name in ("dtype", "shape")
        ]
    if left and left["value"]:
        return [(where, left["value"], expected), ("shape", left["shape"], left["shape"])]
    return [(where, came, expected)]


def _tests(result: ExerciseResult, seconds: float) -> str:
    groups = gathered(result)
    passed = sum(worst_of(tests).outcome == "passed" for tests in groups.values())
    rows = "".join(_test_row(title, worst_of(tests)) for title, tests in groups.items())
    took = f" <small>({seconds * 1000:.0f} ms)</small>" if seconds else ""
    return (f'<details style="{LINE}"><summary style="cursor:pointer">{passed} of {len(groups)} tests pass{took}</summary>'
            f'<ul style="{LIST}">{rows}</ul></details>')  # fmt: skip


def _test_row(title: str, test: TestResult) -> str:
    shown = title if test.outcome == "passed" else title_of(test)
    icon = f'<span aria-hidden="true">{ICONS[test.outcome]}</span>'
    return f"<li>{icon} {safe(shown)} <small>{WORDS[test.outcome]}</small></li>"


def _sentence(text: str) -> str:
    """A message as a sentence; a name at its start keeps its small letter."""
    start = text[:1].upper() if text.startswith(("the ", "your ")) else text[:1]
    return start + text[1:] + ("" if text[-1:] in ".?!" else ".")
