"""Pairs of submissions whose cells are alike beyond what the course explains: a place to look, not a verdict.

How it is found. Each exercise's code is made into words that renaming doesn't change (tokens.py), and these
into runs of RUN words. Runs that stand anywhere in the course (stubs, references, other cells, hints, known mistakes
and
known right answers) are left out. A run counts the more the fewer of the class wrote it: 1 when only two did,
0 when all did. What two students share adds up to their *evidence*: about as many words as they have in common
that hardly anyone else wrote. A short cell can't have much, so that two who wrote the same obvious line are not named.

scikit-learn counts the runs, and one sparse product compares all pairs at once: a class of a thousand takes
no longer than reading its files. Whole-file tools see stub and imports alike in everyone; edit distances would
need half a million comparisons for each exercise, and have no way to leave out what the course explains.

Students' files are read as text, in a reader (reader.py); nothing of them is run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

from autograder.course.notebook import CourseNotebook
from autograder.grading.grade import Submission
from autograder.grading.handed_in import HandedIn, handed_in
from autograder.plain.errors import CourseError, SubmissionError, UnreadableNotebook
from autograder.plain.names import visible
from autograder.plain.source import definitions
from autograder.reading.reader import read_words
from autograder.reading.tokens import Span, Words

RUN = 6
ENOUGH = 40.0  # of evidence, over a notebook: three or four lines that nobody else wrote
ENOUGH_IN_ONE = 8.0  # less in one exercise says nothing
LIKE = 0.5  # the share of what is a student's own that both must have, for an exercise to count
SMALL_CLASS = 30  # in a smaller class a run is as telling as in one of this size
FENCE = re.compile(r"^```(?:python)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
Runs = dict[tuple[str, ...], list[int]]


@dataclass(frozen=True)
class Work:
    """One student's code for one notebook: the words of each exercise, and the exercises whose cells don't parse."""

    student: str
    exercises: Mapping[str, Words]
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """One exercise of a pair. `share` is how much of what is their own the two have in common."""

    exercise: str
    evidence: float
    share: float
    left: str
    right: str
    left_spans: tuple[Span, ...]
    right_spans: tuple[Span, ...]


@dataclass(frozen=True)
class Pair:
    """Two submissions that are alike."""

    left: str
    right: str
    evidence: float
    matches: tuple[Match, ...]


@dataclass(frozen=True)
class Comparison:
    """One notebook over the class:

    `pairs` the most alike first, `found` how many there are, `groups` who hangs together.

    `unread` names who could not be compared, or in which exercises not.
    """

    place: str
    compared: int
    unread: tuple[str, ...]
    found: int
    pairs: tuple[Pair, ...]
    groups: tuple[tuple[str, ...], ...]


def find_similar(
    path: Path, root: Path, most: int = 50, told: Callable[[HandedIn], None] = lambda found: None
) -> list[Comparison]:
    """Compare the submissions below `path`, notebook by notebook. Raises CourseError when there are none.

    Args:
        path: a tree <student>/<chapter>/<notebook>.ipynb.
        root: the top of the course.
        most: how many pairs to return for a notebook.
        told: called with what was found, before it is compared.
    """
    if not path.is_dir():
        raise CourseError(f"{path} is not a folder: expected a tree <student>/<chapter>/<notebook>.ipynb")
    found = handed_in(path, root)
    told(found)
    return [_compare_notebook(one, found.submissions, most) for one in found.notebooks]


def _compare_notebook(notebook: CourseNotebook, submissions: list[Submission], most: int) -> Comparison:
    works, unread = [], []
    for one in submissions:
        if (one.chapter, one.notebook) != (notebook.chapter, notebook.name) or not one.path.exists():
            continue
        try:
            work = read_work(one, notebook)
        except SubmissionError:
            unread.append(visible(one.student))
            continue
        works.append(work)
        if work.broken:
            unread.append(f"{visible(work.student)} ({', '.join(work.broken)})")
    found = compare(works, explained_by(notebook), most)
    return Comparison(f"{notebook.chapter}/{notebook.name}", len(works), tuple(unread), *found)


def read_work(submission: Submission, notebook: CourseNotebook) -> Work:
    """Return a student's code, exercise by exercise, with the helpers that each uses. Raises SubmissionError."""
    if submission.refused:
        raise UnreadableNotebook(submission.refused)
    exercises, broken = read_words(submission.path, notebook.outline)
    return Work(submission.student, exercises, broken)


def explained_by(notebook: CourseNotebook) -> set[tuple[str, ...]]:
    """Return the runs of words that the course itself holds: nobody is alike for these."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    texts += [text for cell in notebook.cells if cell.cell_type == "markdown" for text in FENCE.findall(cell.source)]
    if notebook.variants.exists():
        texts += [one.text for one in definitions(notebook.variants.read_text(encoding="utf-8")).values()]
    return {run for text in texts for run in runs_of(Words.of(text))}


def runs_of(words: Words) -> Runs:
    """Return the runs of RUN words, each with the places where it begins."""
    found: Runs = {}
    for at in range(len(words.words) - RUN + 1):
        found.setdefault(words.words[at : at + RUN], []).append(at)
    return found


def compare(
    works: list[Work], explained: set[tuple[str, ...]], most: int = 50
) -> tuple[int, tuple[Pair, ...], tuple[tuple[str, ...], ...]]:
    """Return how many pairs are alike, the `most` most alike, and the groups that they form."""
    by_exercise = {name: _evidence(works, name, explained) for name in (works[0].exercises if works else ())}
    totals: dict[tuple[int, int], float] = {}
    for found in by_exercise.values():
        for pair, (evidence, _) in found.items():
            totals[pair] = totals.get(pair, 0.0) + evidence
    alike = sorted((pair for pair, total in totals.items() if total >= ENOUGH), key=lambda pair: (-totals[pair], pair))
    shown = tuple(_pair(works, pair, totals[pair], by_exercise, explained) for pair in alike[:most])
    return len(alike), shown, tuple(_groups(works, alike))


def _evidence(
    works: list[Work], name: str, explained: set[tuple[str, ...]]
) -> dict[tuple[int, int], tuple[float, float]]:
    """For the pairs that are alike in an exercise: the evidence, and the share of their own that is common."""
    import numpy as np
    from scipy.sparse import diags, triu
    from sklearn.feature_extraction.text import CountVectorizer

    own = [[run for run in runs_of(work.exercises[name]) if run not in explained] for work in works]
    if not any(own):
        return {}
    counts = CountVectorizer(analyzer=lambda runs: runs, binary=True, dtype=np.float64).fit_transform(own)
    weights = _weights(np.asarray(counts.sum(axis=0)).ravel(), len(works))
    counts = counts[:, weights > 0]
    weighted = counts @ diags(np.sqrt(weights[weights > 0]))
    shared = triu(weighted @ weighted.T, k=1).tocoo()
    all_own = np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel()
    least = np.minimum(all_own[shared.row], all_own[shared.col])
    share = shared.data / np.maximum(least, 1e-9)
    kept = (shared.data >= ENOUGH_IN_ONE) & (share >= LIKE)
    rows = zip(shared.row[kept], shared.col[kept], shared.data[kept], share[kept], strict=True)
    return {(int(i), int(j)): (float(evidence), float(common)) for i, j, evidence, common in rows}


def _weights(writers: Any, size: int) -> Any:
    """A run's weight by how many wrote it: 1 for one or two, 0 for everyone."""
    import numpy as np

    n = max(size, SMALL_CLASS)
    return np.where(writers < 2, 1.0, np.log(n / np.maximum(writers, 1)) / log(n / 2)).clip(0, 1)


def _pair(
    works: list[Work],
    pair: tuple[int, int],
    evidence: float,
    by_exercise: Mapping[str, Any],
    explained: set[tuple[str, ...]],
) -> Pair:
    left, right = works[pair[0]], works[pair[1]]
    matches = [
        _match(name, left.exercises[name], right.exercises[name], found[pair], explained)
        for name, found in by_exercise.items()
        if pair in found
    ]
    return Pair(left.student, right.student, evidence, tuple(sorted(matches, key=lambda one: -one.evidence)))


def _match(
    name: str, left: Words, right: Words, measured: tuple[float, float], explained: set[tuple[str, ...]]
) -> Match:
    runs, others = runs_of(left), runs_of(right)
    common = (runs.keys() & others.keys()) - explained
    spans = _spans(left, runs, common), _spans(right, others, common)
    return Match(name, *measured, left.text, right.text, *spans)


def _spans(words: Words, runs: Runs, common: Iterable[tuple[str, ...]]) -> tuple[Span, ...]:
    """Where the common runs stand, as stretches of the text."""
    inside = sorted({at + step for run in common for at in runs[run] for step in range(RUN)})
    spans: list[Span] = []
    last = -2
    for at in inside:
        begin, end = words.span(at)
        if at == last + 1 and spans:
            begin = spans.pop()[0]
        spans.append((begin, end))
        last = at
    return tuple(spans)


def _groups(works: list[Work], alike: list[tuple[int, int]]) -> Iterator[tuple[str, ...]]:
    """Those who hang together by pairs, where they are more than two."""
    group = list(range(len(works)))

    def head(one: int) -> int:
        while group[one] != one:
            one = group[one]
        return one

    for left, right in alike:
        group[head(left)] = head(right)
    members: dict[int, list[str]] = {}
    for at in sorted({one for pair in alike for one in pair}):
        members.setdefault(head(at), []).append(works[at].student)
    yield from (tuple(names) for names in members.values() if len(names) > 2)


CAUTION = "A place to look, and not a verdict: two people can think alike, work together as allowed, or use one source."


def show(comparisons: list[Comparison]) -> str:
    """Return the pairs as text for a terminal."""
    lines = [CAUTION]
    for one in comparisons:
        lines += [
            "",
            f"{one.place}: {one.compared} submissions compared, {one.found} "
            f"{'pair is' if one.found == 1 else 'pairs are'} alike beyond what the course explains",
        ]
        lines += [f"  not compared, because they can't be read: {', '.join(one.unread)}"] if one.unread else []
        lines += [f"  {'words':>6}  pair"] if one.pairs else []
        for pair in one.pairs:
            where = ", ".join(f"{match.exercise} {match.share:.0%}" for match in pair.matches)
            lines.append(f"  {pair.evidence:6.0f}  {visible(pair.left)} and {visible(pair.right)}: {where}")
        lines += (
            [f"  {one.found - len(one.pairs)} more pairs (--pairs shows more)"] if one.found > len(one.pairs) else []
        )
        lines += [f"  these {len(names)} hang together: {', '.join(map(visible, names))}" for names in one.groups]
    return "\n".join(lines)
