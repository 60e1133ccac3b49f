"""One exercise's result for a person: HTML where a front end shows it, plain text elsewhere.

Colour is never alone: each state has an icon and a word. Everything that a student's code said is
cleaned and escaped here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import Any

from autograder.errors import AutograderError, CourseError
from autograder.results import ExerciseResult, TestResult
from autograder.text import clean

ICONS = {"passed": "✓", "failed": "✗", "error": "✗", "timeout": "⏱", "memory": "▣", "missing": "○"}
WORDS = {
    "passed": "passed", "failed": "not yet right", "error": "stopped with an error",
    "timeout": "took too long", "memory": "used too much memory", "missing": "missing",
}  # fmt: skip
STYLE = """<style>
.ks-card{border:1px solid var(--jp-border-color1,#8888);border-left:6px solid #d55e00;border-radius:4px;padding:.6em .9em;
 margin:.3em 0;font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:14px;line-height:1.45;max-width:60em;
 color:var(--jp-ui-font-color1,inherit)}
.ks-card.ks-passed{border-left-color:#009e73}
.ks-card p{margin:.3em 0}.ks-card pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:.4em 0;padding:.5em .7em;
 font-family:var(--jp-code-font-family,monospace);font-size:13px;background:var(--jp-layout-color2,#8881);color:inherit;border-radius:3px}
.ks-card ul{margin:.3em 0;padding-left:0;list-style:none}.ks-card summary{cursor:pointer}
.ks-hint{border-left:3px solid #0072b2;padding-left:.6em}
</style>"""


@dataclass(frozen=True)
class Card:
    """What `check` shows.

    Args:
        result: the exercise's result; None when there is none.
        seconds: how long the check took.
        trouble: what to say when there is no result.
        heading: the first line when there is no result.
    """

    result: ExerciseResult | None
    seconds: float = 0.0
    trouble: str = ""
    heading: str = ""

    @classmethod
    def stopped(cls, exercise: str) -> Card:
        """The card of a check that the student stopped."""
        return cls(None, heading=f"{exercise}: stopped", trouble="The check was interrupted. Is there an endless loop?")

    @classmethod
    def broken(cls, exercise: Any, problem: Exception) -> Card:
        """The card of a check that failed by itself, which is not the student's fault."""
        if isinstance(problem, CourseError):
            return cls(None, heading=f"{exercise}: the check could not run", trouble=str(problem))
        said = str(problem) if isinstance(problem, AutograderError) else f"{type(problem).__name__}: {problem}"
        return cls(
            None, heading=f"{exercise}: the check itself failed, and this is not your fault",
            trouble=f"{said}\nRestart the kernel and try again; if it stays, show this card to your instructor.",
        )  # fmt: skip

    @property
    def passed(self) -> bool:
        """Whether every test passed."""
        return self.result is not None and self.result.outcome == "passed"

    def __repr__(self) -> str:
        return text_of(self.result) if self.result is not None else clean(f"! {self.heading}\n  {self.trouble}")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self.html()}

    def html(self) -> str:
        """Return the card as one HTML element with its own style."""
        if self.result is None:
            body = f"<p><strong>! {_safe(self.heading)}</strong></p><pre>{_safe(self.trouble)}</pre>"
            return f'{STYLE}<div class="ks-card" role="status">{body}</div>'
        return STYLE + html_of(self.result, self.seconds)


def text_of(result: ExerciseResult) -> str:
    """Return a result as plain text: points, the first failure, its hint, and the tests by name."""
    lines = [_title(result)]
    first = result.first_failure
    if first is not None:
        lines += ["", f"  {title_of(first)}", *_indented(first.message, 4)]
        if result.hint:
            lines += ["", f"  Hint: {result.hint}"]
        lines += ["", *(f"  {ICONS[test.outcome]} {title_of(test)}" for test in result.tests)]
    return clean("\n".join(lines))


def html_of(result: ExerciseResult, seconds: float = 0.0) -> str:
    """Return a result as one HTML element, without a style."""
    first = result.first_failure
    took = f" <small>({seconds * 1000:.0f} ms)</small>" if seconds else ""
    parts = [f"<p><strong>{_safe(_title(result))}</strong>{took}</p>"]
    if first is not None:
        parts.append(f"<p>{_safe(title_of(first))}</p><pre>{_safe(first.message)}</pre>")
        if result.hint:
            parts.append(f'<p class="ks-hint"><strong>Hint</strong> {_safe(result.hint)}</p>')
    rows = "".join(f"<li>{ICONS[test.outcome]} {_safe(title_of(test))} <small>{WORDS[test.outcome]}</small></li>"
                   for test in result.tests)  # fmt: skip
    passed = sum(test.outcome == "passed" for test in result.tests)
    parts.append(f"<details><summary>{passed} of {len(result.tests)} tests pass</summary><ul>{rows}</ul></details>")
    kind = "ks-passed" if result.outcome == "passed" else "ks-failed"
    return f'<div class="ks-card {kind}" role="status">{"".join(parts)}</div>'


def title_of(test: TestResult) -> str:
    """Return a test's name as the sentence that it is."""
    name, bracket, parameters = test.name.removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f" [{parameters}" if bracket else "")


def cleaned(result: ExerciseResult) -> ExerciseResult:
    """Return a result whose every text is safe to print in a terminal."""
    tests = tuple(replace(test, message=clean(test.message)) for test in result.tests)
    return replace(result, tests=tests)


def _title(result: ExerciseResult) -> str:
    points = f"{result.score:g} of {result.max_score:g} point{'' if result.max_score == 1 else 's'}"
    return f"{ICONS[result.outcome]} {result.exercise}: {WORDS[result.outcome]}, {points}"


def _indented(message: str, by: int) -> list[str]:
    return [" " * by + line for line in message.splitlines()]


def _safe(text: str) -> str:
    return escape(clean(text))
