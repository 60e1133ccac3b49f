"""The card as HTML, in styles that stand on the elements themselves.

JupyterLab drops `<style>` from a notebook that it does not trust, so nothing depends on one. The text
takes the page's own colour, and grounds are translucent greys: that reads on a light page and on a dark
one, in JupyterLab, in VS Code and on a page that nbconvert wrote. There is no heading in it: JupyterLab would
put that into the notebook's table of contents, and nobody knows which level comes before it on the page. Its
label names it instead.
"""

from __future__ import annotations

from html import escape

from autograder.plain.results import ExerciseResult, Failure, TestResult
from autograder.plain.text import clean
from autograder.present.card_words import (
    LOOKS,
    details,
    gathered,
    hint_of,
    look,
    points,
    said,
    taken,
    title_of,
    to_run,
    to_write,
    worst_of,
)

# Okabe and Ito's vermilion, bluish green and blue: at least 3 to 1 on white and on JupyterLab's dark ground.
EDGES = {"passed": "#009e73", "unwritten": "#8a8a8a", "other": "#d55e00"}
CARD = (
    "border:1px solid rgba(128,128,128,0.5);border-left:6px solid {edge};border-radius:4px;padding:8px "
    "14px;margin:4px 0;"
    "max-width:60em;font-size:14px;line-height:1.5;color:inherit;text-align:left"
)
HEAD = "margin:0 0 4px 0;font-weight:bold;font-size:15px"
LINE = "margin:6px 0"
GROUND = "background-color:rgba(128,128,128,0.14)"
MONO = "font-family:monospace;font-size:13px"
PRE = (
    f"{GROUND};{MONO};color:inherit;margin:6px 0;padding:6px "
    f"10px;border-radius:3px;white-space:pre-wrap;overflow-wrap:anywhere"
)
CELL = (
    "text-align:left;vertical-align:top;padding:3px 14px 3px 6px;border-bottom:1px solid "
    "rgba(128,128,128,0.35);color:inherit"
)
DOUBT = f"{LINE};border-left:4px solid #d55e00;padding:4px 10px;{GROUND};border-radius:3px"
HINT = f"{LINE};border-left:4px solid #0072b2;padding:4px 10px;{GROUND};border-radius:3px"
LIST = "margin:4px 0;padding-left:8px;list-style:none"
UNTRIED = ("unwritten", "unrun")  # outcomes of which there is nothing to list


def html_of(result: ExerciseResult, seconds: float = 0.0, note: str = "", doubt: str = "") -> str:
    """Return a result as one HTML element: the state, the first failure, the hint; the tests folded."""
    parts = [_head(result)]
    if doubt:
        parts.append(f'<p style="{DOUBT}"><strong>!</strong> {safe(doubt)}</p>')
    first = result.plainest_failure
    if first is not None:
        parts.append(_first_failure(result, first))
    if result.outcome not in UNTRIED:
        parts.append(_tests(result, seconds))
    parts += [f'<p style="{LINE}">{safe(line)}</p>' for line in note.splitlines()]
    return card(
        "unwritten" if result.outcome in UNTRIED else result.outcome,
        f"Check of {result.exercise}: {look(result).word}",
        parts,
    )


def html_of_trouble(heading: str, trouble: str, icon: str = "!") -> str:
    """Return a card that has no result, only words; grey where the icon is that of a stub."""
    head = f'<p style="{HEAD}"><span aria-hidden="true">{icon}</span> {safe(heading)}</p>'
    kind = "unwritten" if icon == LOOKS["unwritten"].icon else "trouble"
    return card(kind, heading, [head, f'<pre style="{PRE}">{safe(trouble)}</pre>'])


def card(kind: str, label: str, parts: list[str]) -> str:
    """Return a frame around parts; screen readers hear it when it appears, with its label."""
    style = CARD.format(edge=EDGES.get(kind, EDGES["other"]))
    return (
        f'<div class="ks-card ks-{kind}" role="status" aria-label="{safe(label)}" '
        f'style="{style}">{"".join(parts)}</div>'
    )


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
        f'<th scope="col" style="{CELL}">{safe(word)}</th>' if word else f'<td style="{CELL}"></td>' for word in head
    )
    body = "".join(
        f'<tr><th scope="row" style="{CELL};font-weight:normal">{safe(name)}</th>'
        + "".join(f'<td style="{CELL};{MONO}">{safe(cell)}</td>' for cell in cells)
        + "</tr>"
        for name, *cells in rows
    )
    return (
        f'<table aria-label="{safe(caption)}" style="border-collapse:collapse;margin:6px '
        f'0;font-size:13px;color:inherit">'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    )


def _head(result: ExerciseResult) -> str:
    icon, word, _ = look(result)
    return (
        f'<p style="{HEAD}"><span aria-hidden="true">{icon}</span> {safe(result.exercise)}: {word}, '
        f"{points(result)}</p>"
    )


def _first_failure(result: ExerciseResult, first: TestResult) -> str:
    if result.outcome == "unwritten":
        return f'<p style="{LINE}">{safe(to_write(first))}</p>'
    if result.outcome == "unrun":
        return f'<p style="{LINE}">{safe(to_run(first))}</p>'
    parts = [f'<p style="{LINE}">What is tried: <em>{safe(title_of(first))}</em></p>']
    if first.failure is not None:
        parts.append(_failure(first.failure))
    hint = hint_of(result)
    if hint:
        parts.append(f'<p style="{HINT}"><strong>Hint</strong> {safe(hint)}</p>')
    return "".join(parts)


def _failure(failure: Failure) -> str:
    """A comparison as a table of yours beside expected; any other failure as what it says."""
    words, found = said(failure), dict(details(failure))
    is_plain = "\n" not in words and len(words) < 200
    parts = [
        f'<p style="{LINE}">{safe(_sentence(words))}</p>' if is_plain else f'<pre style="{PRE}">{safe(words)}</pre>'
    ]
    if "came" in found and "expected" in found:
        parts.append(
            table(
                ("", "yours", "expected"), _rows(failure, found.get("first at", "")), "Yours beside what was expected"
            )
        )
    if "for" in found:
        code = f'<code style="{MONO};color:inherit;background-color:transparent">{safe(found["for"])}</code>'
        parts.append(f'<p style="{LINE}">The call: {code}</p>')
    return "".join(parts)


def _rows(failure: Failure, at: str) -> list[tuple[str, ...]]:
    """The rows of the two sides in parts; what differs is marked where it is not said by being named."""
    values = f"first difference, at {at}" if at else "value"
    rows = failure.beside or (("", failure.came, failure.expected),)
    return [
        (name or values, came, wanted + ("" if not name or came == wanted else "  ≠")) for name, came, wanted in rows
    ]


def _tests(result: ExerciseResult, seconds: float) -> str:
    groups = gathered(result.tests)
    passed = sum(worst_of(tests).outcome == "passed" for tests in groups.values())
    rows = "".join(_test_row(title, worst_of(tests)) for title, tests in groups.items())
    took = f" <small>({taken(seconds)})</small>" if seconds else ""
    return (
        f'<details style="{LINE}"><summary style="cursor:pointer">{passed} of {len(groups)} tests pass{took}</summary>'
        f'<ul style="{LIST}">{rows}</ul></details>'
    )


def _test_row(title: str, test: TestResult) -> str:
    """A line of the list; a passed test has no word beside its icon: a card has twenty of them, each stored."""
    icon, word, _ = LOOKS[test.outcome]
    if test.outcome == "passed":
        return f"<li>{icon} {safe(title)}</li>"
    return f'<li><span aria-hidden="true">{icon}</span> {safe(title_of(test))} <small>{word}</small></li>'


def _sentence(text: str) -> str:
    """A message as a sentence; a name at its start keeps its small letter."""
    start = text[:1].upper() if text.startswith(("the ", "your ")) else text[:1]
    return start + text[1:] + ("" if text[-1:] in ".?!" else ".")
