"""Rules on what happens while a function runs, each asked for in one line of a check, which asks a probe (probes.py).

A broken rule raises RuleBroken with the remedy. Those on how it is written stand in rules_of_source.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.authoring.compare import RuleBroken
from autograder.authoring.doors import Door
from autograder.authoring.probes import (
    changed_inputs,
    follow_each,
    follow_fake_cuda,
    largest_intermediate,
    operation_counts,
    operations,
    side_effects,
)


def limit_intermediates(student: Door, name: str, *args: Any, largest: int, **kwargs: Any) -> None:
    """Raise RuleBroken if `name(*args, **kwargs)` makes a tensor of more than `largest` numbers on the way."""
    came = student.run(largest_intermediate, name, args, kwargs)
    if came > largest:
        raise RuleBroken(
            f"{name} makes a temporary of {came} numbers, at most {largest} are needed here: "
            "rewrite the sum so that the large tensor is never formed"
        )


def forbid_operations(
    student: Door,
    name: Any,
    *forbidden: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None = None,
    called: str = "",
    instead: str = "",
) -> None:
    """Raise RuleBroken if `name(*args, **kwargs)` runs one of torch's operations, however it is spelt in the source.

    Args:
        forbidden: parts of aten names, such as "_cdist".
        args, kwargs: inputs to run it on.
        called: what the message calls it, where `name` is a probe.
        instead: what to do rather.
    """
    ran = student.run(operations, name, args, kwargs or {})
    used = [one for one in ran if any(word in one for word in forbidden)]
    if used:
        remedy = f": {instead}" if instead else ": write it yourself, that is the exercise"
        raise RuleBroken(f"{called or name} runs torch's {', '.join(sorted(set(used)))}, which it may not use{remedy}")


def limit_operations(student: Door, name: str, small: tuple[Any, ...], large: tuple[Any, ...], slack: int = 4) -> None:
    """Raise RuleBroken if `name` makes clearly more tensor operations for `large` inputs than for `small` ones."""
    few, many = student.run(operation_counts, name, [small, large])
    if many > few + slack:
        raise RuleBroken(
            f"{name} makes {few} tensor operations for a small input and {many} for a larger one: "
            "it still works piece by piece; a vectorised function makes as many for both"
        )


def assert_inputs_unchanged(student: Door, name: str, *args: Any, **kwargs: Any) -> None:
    """Raise RuleBroken if `name(*args, **kwargs)` changes one of its inputs."""
    changed = student.run(changed_inputs, name, args, kwargs)
    if changed:
        raise RuleBroken(
            f"{name} changes its input{'s' if len(changed) > 1 else ''} {', '.join(map(str, changed))} in place: "
            "the caller still needs them, so work on a new tensor"
        )


# What each of behaviour.side_effects means, for the student: what was done, and what to do.
EFFECTS = {
    "changes": "{name} changes its input {what} in place: the caller still needs it, so work on a new tensor",
    "shares": "{name} returns memory of its input {what}: when one is changed later, so is the other. Return a "
    "new tensor",
    "reuses": "{name} writes each answer into the same memory: the first answer changed when the second was asked for. "
    "Make a new tensor in each call",
    "keeps": "{name} gives another answer when it is asked the same again: it keeps something between calls. "
    "Whatever it needs, it must make anew",
    "random": "{name} moves the global random state, which is everybody's: use a generator of your own",
    "settings": "{name} leaves torch with {what} changed, which is everybody's: leave it as it is, or change it within "
    "`with`, such as `with torch.no_grad():`",
    "instances": "two instances of {name} disturb each other: they share something that each should have for itself, "
    "such as a dict or a tensor of the class",
}


def assert_no_side_effects(
    student: Door,
    name: Any,
    cases: Sequence[tuple[Sequence[Any], Sequence[Any], Mapping[str, Any]]],
    *,
    names: Sequence[str] = (),
    kind: str | None = None,
    called: str = "",
    pure: bool = True,
    fresh: bool = False,
    draws: bool = False,
) -> None:
    """Raise RuleBroken if `name`, called with one thing, another and the first again, does more than answer.

    Args:
        student: the door to the code.
        name: the function, or a probe as (name, source), whose inputs then have `names`.
        cases: for each case, the arguments of two calls, and the keyword arguments of both.
        names: what the arguments are called; the function's own names where this is empty.
        kind: a class, instances of which must not disturb each other.
        called: what the message calls it, where `name` is a probe.
        pure: inputs must stay as they are.
        fresh: nothing of the answer may lie in the memory of an input.
        draws: it may use the global random state, and answer differently the second time.
    """
    allowed = {"keeps", "random"} if draws else set()
    allowed |= {effect for effect, ruled in (("changes", pure), ("shares", fresh)) if not ruled}
    done = student.run(side_effects, name, [(*one[:2], dict(one[2])) for one in cases], list(names), kind)
    for line in map(str, done) if isinstance(done, list) else [str(done)]:
        effect, _, what = line.partition(" ")
        if effect in EFFECTS and effect not in allowed:
            raise RuleBroken(EFFECTS[effect].format(name=called or name, what=what))


def assert_runs_on_one_device(student: Door, name: Any, *args: Any, called: str = "", **kwargs: Any) -> None:
    """Raise RuleBroken if `name` mixes devices, or answers on another device than its inputs'.

    No GPU is needed: the inputs are CPU tensors that say they are elsewhere (pretend.py) and, where the function
    then mixes devices or does what such can't follow, fake CUDA tensors, which have a device and no values. A
    function that mixes devices only beyond a value that it reads (`.item()`, a boolean mask) passes. `called` is what
    the message calls it, where `name` is a probe.
    """
    _judge_device(student.run(follow_fake_cuda, name, args, kwargs), called or name)


def assert_all_run_on_one_device(
    student: Door, name: Any, cases: Sequence[tuple[Sequence[Any], Mapping[str, Any]]], called: str = ""
) -> None:
    """Raise RuleBroken as `assert_runs_on_one_device` does, for several arguments with their settings in one trip."""
    for verdict in student.run(follow_each, name, [(args, dict(settings)) for args, settings in cases]):
        _judge_device(verdict, called or name)


def _judge_device(verdict: str, name: str) -> None:
    if verdict.startswith("mixed"):
        raise RuleBroken(
            f"{name} mixes tensors of two devices when its inputs are on a GPU: make new tensors on the input's "
            "device, such as torch.zeros(..., device=x.device)"
        )
    if verdict == "named":
        raise RuleBroken(
            f'{name} asks for a GPU by name, such as "cuda" or .cuda(), when its inputs are on the CPU: keep to the '
            "inputs' device, as in torch.zeros(..., device=x.device)"
        )
    if verdict == "numpy":
        raise RuleBroken(
            f"{name} calls .numpy() on a tensor, which fails on a GPU: stay with torch, or take .cpu().numpy()"
        )
    if verdict.startswith("answer"):
        raise RuleBroken(
            f"{name} answers on the {verdict.split()[1]} when its inputs are on a GPU: make the result on the "
            "input's device, such as x.new_zeros(...) or torch.zeros(..., device=x.device)"
        )
