"""A grading run as a table in a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from autograder.plain.names import short
from autograder.plain.results import Results, SubmissionResult
from autograder.plain.text import clean_line
from autograder.present.card_words import NOTHING, legend, look


def table(results: Results) -> str:
    """Return one line a submission: marks, an icon an exercise, and what a person should know."""
    return "\n".join([*_notebooks(results), "", *_footer(results)])


def undone(results: Results) -> str:
    """Return what to say of the submissions that the machine failed at; "" where there are none."""
    names = list(dict.fromkeys(clean_line(one.student) for one in results.submissions if one.status == "undone"))
    if not names:
        return ""
    count = sum(one.status == "undone" for one in results.submissions)
    was, has = ("was", "has") if count == 1 else ("were", "have")
    shown = ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
    return (
        f"the machine failed while {count} of {len(results.submissions)} submissions {was} graded, which {has} no mark "
        f"({shown}): the same command tries again. Look at the machine's memory and logs"
    )


def _notebooks(results: Results) -> Iterator[str]:
    names = dict.fromkeys((one.chapter, one.notebook) for one in results.submissions)
    for chapter, notebook in names:
        rows = [one for one in results.submissions if (one.chapter, one.notebook) == (chapter, notebook)]
        width = max(len("student"), *(len(short(one.student)) for one in rows))
        exercises = list(dict.fromkeys(one.exercise for row in rows for one in row.exercises))
        yield f"{chapter}/{notebook}: " + ", ".join(
            f"{number} {name}" for number, name in enumerate(exercises, start=1)
        )
        yield f"  {'student':{width}}  {'points':>9}  {' '.join(f'{n:>2}' for n in range(1, len(exercises) + 1))}"
        yield from (_row(one, width, exercises) for one in rows)


def _row(one: SubmissionResult, width: int, exercises: list[str]) -> str:
    marks = {result.exercise: look(result).icon for result in one.exercises}
    icons = " ".join(f"{marks.get(name, NOTHING[0]):>2}" for name in exercises)
    note = clean_line(one.reason if one.status == "graded" else f"{one.status}: {one.reason}", 120)
    points = f"{'–' if one.mark is None else f'{one.mark:g}'}/{one.max_score:g}"
    return f"  {short(one.student):{width}}  {points:>9}  {icons}  {note}".rstrip()


def _footer(results: Results) -> Iterator[str]:
    graded = [one for one in results.submissions if one.status == "graded"]
    seconds = sorted(one.seconds for one in graded)
    yield f"  {legend()}  {' '.join(NOTHING)}"
    yield f"  seed {results.run.seed}; isolation: {', '.join(results.run.isolation)}"
    for line in results.run.unplaced:
        yield f"  handed in, and not graded: {line}"
    if seconds:
        middle = seconds[len(seconds) // 2]
        yield f"  {len(graded)} of {len(results.submissions)} graded, {middle:.3f} s each (median)"
