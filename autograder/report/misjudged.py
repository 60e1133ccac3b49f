"""A trial as text for its reader, and as data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from autograder.grading.trial import Trial, Tried
from autograder.plain.results import ExerciseResult
from autograder.present.card_words import message_of


def show(trial: Trial) -> str:
    """Return all that is to be read of one notebook's trial, its summary last."""
    parts = [
        ("misjudged", _misjudged(trial.misjudged)),
        ("changes with the seed", _changing(trial.changing)),
        ("wrong, and without a hint", _without_hint(trial.without_hint)),
        ("to read: each hint, and the mistakes that got it", _by_hint(trial.refused)),
        ("not tried", trial.left),
    ]
    lines = [trial.notebook]
    for title, said in parts:
        body = [f"    {line}" for line in said]
        lines += [f"  {title}", *body] if body else []
    return "\n".join([*lines, summary(trial)])


def summary(trial: Trial) -> str:
    """Return a notebook's trial as one line."""
    refused, missing = trial.refused, trial.without_hint
    by_rule = sum(one.by_rule for one in refused)
    hinted = len(refused) - by_rule - len([one for one in missing if not one.by_rule])
    of_them = len(refused) - by_rule
    share = f"{100 * hinted / of_them:.0f} %" if of_them else "none needed"
    return (
        f"{trial.notebook}: {len(trial.tried)} tried under {len(trial.seeds)} seeds, {len(trial.misjudged)} misjudged, "
        f"hints {share} ({hinted} of {of_them} rejected, {by_rule} more by a rule's message), "
        f"{len(trial.changing)} changed with the seed"
    )


def to_data(trials: Iterable[Trial]) -> dict[str, Any]:
    """Return trials as JSON has them."""
    return {"schema": 1, "notebooks": [_notebook(one) for one in trials]}


def _notebook(trial: Trial) -> dict[str, Any]:
    return {
        "notebook": trial.notebook,
        "summary": summary(trial),
        "seeds": list(trial.seeds),
        "left": list(trial.left),
        "answers": [_answer(one) for one in trial.tried],
    }


def _answer(tried: Tried) -> dict[str, Any]:
    return {
        "exercise": tried.answer.exercise,
        "name": tried.answer.name,
        "right": tried.answer.is_right,
        "says": tried.answer.says,
        "misjudged_at": tried.misjudged_at,
        "changes": tried.changes,
        "hints": sorted(tried.hints),
        "runs": [{"seed": seed, **_result(one)} for seed, one in tried.results.items()],
    }


def _result(result: ExerciseResult) -> dict[str, Any]:
    return {
        "score": result.score,
        "max_score": result.max_score,
        "outcome": result.outcome,
        "hint": result.hint,
        "by_rule_only": result.by_rule_only,
        "seconds": result.seconds,
        "failed": [
            {"test": one.name, "parameters": one.parameters, "message": message_of(one)}
            for one in result.tests
            if one.outcome != "passed"
        ],
    }


def _misjudged(tried: Iterable[Tried]) -> Iterator[str]:
    for one in tried:
        word = "right, and refused" if one.answer.is_right else "wrong, and all points"
        seeds = ", ".join(map(str, one.misjudged_at))
        yield f"{one.answer.where} ({one.answer.says}): {word} at seed {seeds}"
        if one.answer.is_right:
            yield from (f"  {line}" for line in _first_failure(one.results[one.misjudged_at[0]]).splitlines())


def _changing(tried: Iterable[Tried]) -> Iterator[str]:
    for one in tried:
        yield f"{one.answer.where} ({one.answer.says})"
        for seed, result in one.results.items():
            hint = f", hint: {result.hint}" if result.hint else ""
            yield f"  seed {seed}: {result.score:g} of {result.max_score:g}{hint}"


def _without_hint(tried: Iterable[Tried]) -> Iterator[str]:
    for one in tried:
        result = next(result for result in one.results.values() if result.hint is None)
        yield f"{one.answer.where} ({one.answer.says})"
        yield f"  {_first_failure(result).splitlines()[0]}"


def _by_hint(tried: Iterable[Tried]) -> Iterator[str]:
    groups: dict[tuple[str, str], list[Tried]] = defaultdict(list)
    for one in tried:
        for hint in sorted(one.hints):
            groups[one.answer.exercise, hint].append(one)
    for (exercise, hint), ones in groups.items():
        yield f"{exercise}: {hint}"
        yield from (f"  {one.answer.name}: {one.answer.says}" for one in ones)


def _first_failure(result: ExerciseResult) -> str:
    first = result.first_failure
    if first is None:
        return f"{result.score:g} of {result.max_score:g} points, and no test failed"
    return f"{first.name}{f'[{first.parameters}]' if first.parameters else ''}: {message_of(first)}"
