"""Results in words: the one place where an outcome gets its icon and word, and a failure its lines.

Every face is made of what stands here: cards, tables, pages, comments, the map of progress. They agree because none of
them has words of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from autograder.plain.results import ExerciseResult, Failure, Outcome, TestResult
from autograder.plain.text import clean

Group = Literal["passed", "partly", "wrong", "unwritten"]
Part = Literal["came", "expected", "first at", "for"]


class Look(NamedTuple):
    """How a state is shown. `group` is what it is counted and coloured as."""

    icon: str
    word: str
    group: Group


LOOKS: dict[Outcome, Look] = {
    "passed": Look("✓", "passed", "passed"),
    "failed": Look("✗", "not yet right", "wrong"),
    "error": Look("✗", "stopped with an error", "wrong"),
    "timeout": Look("⏱", "took too long", "wrong"),
    "memory": Look("▣", "used too much memory", "wrong"),
    "unwritten": Look("○", "not written yet", "unwritten"),
    "missing": Look("○", "missing", "unwritten"),
    "unrun": Look("○", "the cell above has not been run", "unwritten"),
    "not_run": Look("–", "not run", "wrong"),
}
PARTLY = Look("◐", "partly right", "partly")
NOTHING = ("·", "not graded")  # where there is no result
GROUPS: tuple[Group, ...] = ("passed", "partly", "wrong", "unwritten")
GROUP_WORDS: dict[Group, str] = {
    "passed": "passed",
    "partly": "partly right",
    "wrong": "not yet right",
    "unwritten": "not written yet",
}
UNDEFINED = "Run the cell above that defines it, then this one. A restarted kernel has forgotten every cell."
HINT_TO_COME = "If your next answer is not right either, a hint comes with it."
SHOWN_FAILURES = 3
COMPARED = (
    "value",
    "shape",
    "dtype",
    "kind",
    "finite",
)  # kinds whose `where` is an index; elsewhere it is lines of code


def taken(seconds: float) -> str:
    """Return how long something took: milliseconds below a second.

    >>> taken(0.1294), taken(20.003)
    ('129 ms', '20.0 s')
    """
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def look_of(outcome: Outcome, score: float = 0.0) -> Look:
    """Return how an exercise with this outcome and so many points is shown."""
    look = LOOKS[outcome]
    if outcome == "failed" and score > 0:
        return PARTLY
    return look._replace(group="partly") if look.group == "wrong" and score > 0 else look


def look(result: ExerciseResult) -> Look:
    """Return how an exercise's result is shown."""
    return look_of(result.outcome, result.score)


def legend() -> str:
    """Return what the icons of a table mean."""
    words: dict[str, str] = {}
    for one in (LOOKS["passed"], PARTLY, *(LOOKS[outcome] for outcome in ("failed", "timeout", "memory", "unwritten"))):
        words.setdefault(one.icon, one.word)
    return "  ".join(f"{icon} {word}" for icon, word in words.items())


def points(result: ExerciseResult) -> str:
    """Return an exercise's points in words."""
    return points_in_words(result.score, result.max_score)


def points_in_words(score: float, max_score: float) -> str:
    """Return points as every face writes them."""
    return f"{score:g} of {max_score:g} point{'' if max_score == 1 else 's'}"


def title_line(result: ExerciseResult) -> str:
    """Return the line that says it all: icon, exercise, state, points."""
    icon, word, _ = look(result)
    return f"{icon} {result.exercise}: {word}, {points(result)}"


def text_of(result: ExerciseResult, doubt: str = "") -> str:
    """Return a result as plain text: points, the first failure, its hint, and what else fails by name.

    `doubt` is what to know before it is believed.
    """
    lines = [title_line(result), *([f"  ! {doubt}"] if doubt else [])]
    first = result.plainest_failure
    if first is not None and result.outcome == "unwritten":
        lines += ["", f"  {to_write(first)}"]
    elif first is not None and result.outcome == "unrun":
        lines += ["", f"  {to_run(first)}"]
    elif first is not None:
        lines += ["", f"  {title_of(first)}", *_indented(message_of(first), 4)]
        hint = hint_of(result)
        if hint:
            lines += ["", f"  Hint: {hint}"]
        lines += ["", *_tests_in_text(result)]
    return clean("\n".join(lines))


def to_write(first: TestResult) -> str:
    """Return what an untouched stub says is to be written."""
    return f"To write: {_with_remedy(first.failure)}" if first.failure else ""


def to_run(first: TestResult) -> str:
    """Return what is not defined because a cell has not been run, and what to do."""
    return f"{first.failure.problem}. {UNDEFINED}" if first.failure else ""


def said(failure: Failure) -> str:
    """Return what a failure says, without the lines that `details` has: a sentence, for an exception with its
    lines of code."""
    if failure.kind == "unwritten":
        return f"not written yet: {_with_remedy(failure)}"
    if failure.kind in ("cell", "needs") and not failure.where:
        return _with_remedy(failure)
    where = "" if failure.kind in COMPARED else failure.where
    return "\n".join(filter(None, (failure.problem, where, f"  {failure.remedy}" if failure.remedy else "")))


def details(failure: Failure) -> list[tuple[Part, str]]:
    """Return a failure's named lines: what came, what was expected, the first place, the call."""
    where = failure.where if failure.kind in COMPARED else ""
    found: list[tuple[Part, str]] = [
        ("came", failure.came),
        ("expected", failure.expected),
        ("first at", where),
        ("for", failure.call),
    ]
    return [(name, text) for name, text in found if text]


def message_of(test: TestResult) -> str:
    """Return all that a failed test says, in lines; "" for one that passed."""
    if test.failure is None:
        return ""
    return "\n".join([said(test.failure), *(f"  {name + ':':<10}{text}" for name, text in details(test.failure))])


def sentence_of(test: TestResult) -> str:
    """Return what a test tries: its docstring's sentence, or its name's where it has none; without its parameters."""
    if test.about:
        return test.about.removesuffix(".")
    return name_in_words(test.name)


def name_in_words(name: str) -> str:
    """Return a test's name as the sentence that it is."""
    return name.removeprefix("test_").replace("_", " ")


def title_of(test: TestResult) -> str:
    """Return a failed test's sentence; with its parameters where the failure does not show the call itself."""
    shows_call = test.failure is not None and test.failure.call
    return sentence_of(test) + (f" [{test.parameters}]" if test.parameters and not shows_call else "")


def hint_of(result: ExerciseResult) -> str:
    """Return the hint of a known mistake; or what to do before: run a cell, mend an exercise that this one uses."""
    first = result.plainest_failure
    if result.mend_first:
        return f"It uses {result.mend_first}, which is not right yet: mend that one first. This one may be right."
    if (
        first is not None
        and first.failure is not None
        and first.failure.kind == "undefined"
        and not first.failure.remedy
    ):
        return UNDEFINED
    return result.hint or ""


def unfold(hint: str, goes_furthest: bool) -> str:
    """Return the words that send a student to a hint of the notebook, such as "Hint 2"."""
    return f"Open “{hint}” above the cell{': it goes furthest' if goes_furthest else ''}."


def at_hand(exercise: str, again: bool) -> str:
    """Return how to have the arguments that failed; `again` after several wrong answers."""
    how = (
        f'failing("{exercise}") gives you these arguments, what came and what was expected '
        "(from autograder import failing)."
    )
    return f"{how} Run your lines on them one by one, and print what each gives." if again else how


def more_ways(exercise: str, count: int) -> str:
    """Return how to see other right answers to an exercise that is passed."""
    ways = f"{count} more ways" if count > 1 else "another way"
    return f'others("{exercise}") shows {ways} (from autograder import others).'


def gathered(tests: Iterable[TestResult]) -> dict[str, list[TestResult]]:
    """Return tests by their sentence: one test with five inputs on two devices is one line of a list.

    So a passed card reads the same on every machine.
    """
    by_name: dict[str, list[TestResult]] = {}
    for test in tests:
        by_name.setdefault(test.name, []).append(test)
    groups: dict[str, list[TestResult]] = {}
    for name, ones in by_name.items():
        sentence = sentence_of(ones[0])
        groups[name_in_words(name) if sentence in groups else sentence] = ones
    return groups


def worst_of(tests: list[TestResult]) -> TestResult:
    """Return the first test of a group that did not pass, or else its first."""
    return next((test for test in tests if test.outcome != "passed"), tests[0])


def _with_remedy(failure: Failure) -> str:
    return f"{failure.problem} ({failure.remedy})" if failure.remedy else failure.problem


def _tests_in_text(result: ExerciseResult) -> list[str]:
    groups = gathered(result.tests)
    failed = [title for title, tests in groups.items() if worst_of(tests).outcome != "passed"]
    lines = [f"  {len(groups) - len(failed)} of {len(groups)} tests pass; not yet:"]
    lines += [f"  {LOOKS[worst_of(groups[title]).outcome].icon} {title}" for title in failed[:SHOWN_FAILURES]]
    rest = len(failed) - SHOWN_FAILURES
    return [*lines, f"  and {rest} more"] if rest > 0 else lines


def _indented(message: str, by: int) -> list[str]:
    return [" " * by + line for line in message.splitlines()]
