"""A result in words: icons, sentences, plain text. What both faces of the card are made of."""

from __future__ import annotations

import re
from dataclasses import replace

from autograder.results import ExerciseResult, TestResult
from autograder.text import clean

ICONS = {"passed": "✓", "failed": "✗", "error": "✗", "timeout": "⏱", "memory": "▣", "missing": "○"}
WORDS = {
    "passed": "passed", "failed": "not yet right", "error": "stopped with an error",
    "timeout": "took too long", "memory": "used too much memory", "missing": "missing",
}  # fmt: skip
UNWRITTEN = "not written yet: "
UNDEFINED = "Run the cell above that defines it, then this one. A restarted kernel has forgotten every cell."
SHOWN_FAILURES = 3
_ON_DEVICE = re.compile(r" on (cuda|mps)$")


def text_of(result: ExerciseResult) -> str:
    """Return a result as plain text: points, the first failure, its hint, and what else fails by name."""
    lines = [title_line(result)]
    first = result.first_failure
    if first is not None and is_unwritten(result):
        lines += ["", f"  {unwritten_words(first)}"]
    elif first is not None:
        lines += ["", f"  {sentence_of(first)}", *_indented(first.message, 4)]
        hint = hint_of(result)
        if hint:
            lines += ["", f"  Hint: {hint}"]
        lines += ["", *_tests_in_text(result)]
    return clean("\n".join(lines))


def title_line(result: ExerciseResult) -> str:
    """Return the line that says it all: icon, exercise, state, points."""
    points = f"{result.score:g} of {result.max_score:g} point{'' if result.max_score == 1 else 's'}"
    return f"{icon_of(result)} {result.exercise}: {word_of(result)}, {points}"


def icon_of(result: ExerciseResult) -> str:
    """Return the state's icon."""
    return "○" if is_unwritten(result) else ICONS[result.outcome]


def word_of(result: ExerciseResult) -> str:
    """Return the state in words."""
    return "not written yet" if is_unwritten(result) else WORDS[result.outcome]


def is_unwritten(result: ExerciseResult) -> bool:
    """Whether the stub still stands as it was released."""
    first = result.first_failure
    return first is not None and first.message.startswith(UNWRITTEN)


def unwritten_words(first: TestResult) -> str:
    """Return what an untouched stub says is to be written."""
    return f"To write: {first.message.removeprefix(UNWRITTEN)}"


def title_of(test: TestResult) -> str:
    """Return a test's name as the sentence that it is."""
    name, bracket, parameters = test.name.removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f" [{parameters}" if bracket else "")


def sentence_of(test: TestResult) -> str:
    """Return a failed test's name without its parameters, where the message shows the call itself."""
    return title_of(test).split(" [")[0] if "\n  for:" in test.message else title_of(test)


def hint_of(result: ExerciseResult) -> str:
    """Return the hint of a known mistake; or what to do where the exercise's cell has not been run."""
    first = result.first_failure
    if first is not None and f"NameError: {result.exercise} is not defined" in first.message:
        return UNDEFINED
    return result.hint or ""


def gathered(result: ExerciseResult) -> dict[str, list[TestResult]]:
    """Return the tests by their sentence: one test with five inputs on two devices is one line of a list.

    So a passed card reads the same on every machine.
    """
    groups: dict[str, list[TestResult]] = {}
    for test in result.tests:
        name = _ON_DEVICE.sub("", test.name).split("[")[0]
        groups.setdefault(title_of(replace(test, name=name)), []).append(test)
    return groups


def worst_of(tests: list[TestResult]) -> TestResult:
    """Return the first test of a group that did not pass, or else its first."""
    return next((test for test in tests if test.outcome != "passed"), tests[0])


def cleaned(result: ExerciseResult) -> ExerciseResult:
    """Return a result whose every text is safe to print in a terminal."""
    tests = tuple(replace(test, message=clean(test.message)) for test in result.tests)
    return replace(result, tests=tests)


def _tests_in_text(result: ExerciseResult) -> list[str]:
    groups = gathered(result)
    failed = [title for title, tests in groups.items() if worst_of(tests).outcome != "passed"]
    lines = [f"  {len(groups) - len(failed)} of {len(groups)} tests pass; not yet:"]
    lines += [f"  {ICONS[worst_of(groups[title]).outcome]} {title}" for title in failed[:SHOWN_FAILURES]]
    rest = len(failed) - SHOWN_FAILURES
    return [*lines, f"  and {rest} more"] if rest > 0 else lines


def _indented(message: str, by: int) -> list[str]:
    return [" " * by + line for line in message.splitlines()]
