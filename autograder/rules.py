"""Rules that are not values, each asked for in one line of a check.

Two kinds: rules on the source, which is read and never run, and rules on what happens while the
function runs, which are probes. A broken rule raises RuleBroken with the remedy.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autograder.compare import RuleBroken
from autograder.source import calls_itself, names_read, parse
from autograder.student import Door

LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LOOPING_CALLS = frozenset({"map", "filter", "reduce", "accumulate", "starmap", "vectorize", "apply_along_axis", "map_",
                           "apply_", "frompyfunc", "fromiter"})  # fmt: skip

# Torch's ways to a derivative.
AUTOGRAD = frozenset({"autograd", "requires_grad_", "enable_grad", "Parameter", "func", "functorch", "vjp", "jvp", "jacrev",
                      "jacfwd", "jacobian", "grad_and_value"})  # fmt: skip


def forbid_loops(student: Door, name: str) -> None:
    """Raise RuleBroken if `name`, or a function of the notebook that it calls, has a Python loop."""
    limit_loops(student, name, 0)


def limit_loops(student: Door, name: str, most: int) -> None:
    """Raise RuleBroken if `name` has more than `most` Python loops, those of what it calls included."""
    loops: list[str] = []
    for text in _texts(student, name):
        loops += [f"{what} in {text.where}" for node in ast.walk(text.tree) if (what := _loop(node, text))]
        if text.calls_itself:
            loops += [f"{text.where}, which calls itself"] * (most + 1)
    if len(loops) > most:
        allowed = "no Python loop" if most == 0 else f"at most {most} Python loop{'s' if most > 1 else ''}"
        raise RuleBroken(f"{name} may use {allowed}, and has {', '.join(loops)}: use whole-tensor operations instead")


def _loop(node: ast.AST, text: _Text) -> str | None:
    if isinstance(node, ast.For | ast.AsyncFor):
        return f"a for loop (line {node.lineno} of the function)"
    if isinstance(node, ast.While):
        return f"a while loop (line {node.lineno} of the function)"
    if isinstance(node, LOOPS):
        return f"a comprehension (line {getattr(node, 'lineno', 0)} of the function)"
    looping = text.mentions(node) & LOOPING_CALLS
    return f"{min(looping)} (line {getattr(node, 'lineno', 0)} of the function)" if looping else None


def forbid_names(student: Door, name: str, *forbidden: str, instead: str = "") -> None:
    """Raise RuleBroken if `name`, or what it calls, mentions one of `forbidden` as a name, attribute, import or string.

    A variable or a function of the student's own may have any name: so forbidding `name` itself forbids torch's
    function of that name.
    """
    for text in _texts(student, name):
        _refuse(text, name, text.words & set(forbidden), instead)


def forbid_autograd(student: Door, name: str, *others: str, instead: str = "") -> None:
    """Raise RuleBroken if `name`, or what it calls, has torch derive something, or mentions one of `others`.

    To ask a tensor whether it requires a gradient is no derivative; to set that is. "backward" is not among torch's
    words here, since a class of the student's may have a method of that name: give it among `others` elsewhere.
    """
    for text in _texts(student, name):
        asked_for = {"requires_grad"} if any(map(_asks_for_gradient, ast.walk(text.tree))) else set()
        _refuse(text, name, text.words & {*AUTOGRAD, *others} | asked_for, instead)


def _asks_for_gradient(node: ast.AST) -> bool:
    if isinstance(node, ast.keyword):
        return node.arg == "requires_grad" and not (isinstance(node.value, ast.Constant) and not node.value.value)
    return isinstance(node, ast.Attribute) and node.attr == "requires_grad" and isinstance(node.ctx, ast.Store)


def _refuse(text: _Text, name: str, used: Set[str], instead: str) -> None:
    if used:
        remedy = f": {instead}" if instead else ": write it yourself, that is the exercise"
        raise RuleBroken(f"{text.where} uses {', '.join(sorted(used))}, which {name} may not use{remedy}")


@dataclass(frozen=True)
class _Text:
    """A piece of what a function is made of.

    Args:
        where: the name that it binds.
        tree: the piece, parsed.
        outside: the names that it reads and that the student has not given a meaning.
        calls_itself: whether it is a function that does.
    """

    where: str
    tree: ast.Module
    outside: Set[str]
    calls_itself: bool

    @property
    def words(self) -> Set[str]:
        """All names from outside that it mentions, and its strings."""
        nodes = [*ast.walk(self.tree)]
        strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        return strings.union(*map(self.mentions, nodes))

    def mentions(self, node: ast.AST) -> Set[str]:
        """The names from outside that one node mentions. What a class keeps on `self` is its own."""
        if isinstance(node, ast.Name):
            return {node.id} & self.outside
        if isinstance(node, ast.Attribute):
            is_own = isinstance(node.value, ast.Name) and node.value.id == "self" and node.attr in self._kept
            return set() if is_own else {node.attr}
        if isinstance(node, ast.alias):
            return set(node.name.split("."))
        if isinstance(node, ast.ImportFrom):
            return set((node.module or "").split("."))
        return set()

    @cached_property
    def _kept(self) -> Set[str]:
        nodes = [*ast.walk(self.tree)]
        stored = {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
        methods = {node.name for one in nodes if isinstance(one, ast.ClassDef) for node in one.body if isinstance(node, ast.FunctionDef)}
        return stored | methods


def _texts(student: Door, name: str) -> list[_Text]:
    sources = student.source(name)
    trees = {where: tree for where, source in sources.items() if (tree := parse(source))}
    if name not in trees:
        raise RuleBroken(f"no definition of {name} can be read, and there is a rule about how it is written: "
                         "write its `def` or `class` in the exercise's cell")  # fmt: skip
    own = {where for where, tree in trees.items() if not _has(tree, ast.Import | ast.ImportFrom)}
    return [
        _Text(where, tree, names_read(sources[where]) - own,
              not _has(tree, ast.ClassDef) and calls_itself(sources[where], where))
        for where, tree in trees.items()
    ]  # fmt: skip


def _has(tree: ast.Module, kind: Any) -> bool:
    return any(isinstance(node, kind) for node in tree.body)


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


def limit_operations(
    student: Door, name: str, small: tuple[Any, ...], large: tuple[Any, ...], slack: int = 4
) -> None:
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
    "shares": "{name} returns memory of its input {what}: when one is changed later, so is the other. Return a new tensor",
    "reuses": "{name} writes each answer into the same memory: the first answer changed when the second was asked for. "
    "Make a new tensor in each call",
    "keeps": "{name} gives another answer when it is asked the same again: it keeps something between calls. "
    "Whatever it needs, it must make anew",
    "random": "{name} moves the global random state, which is everybody's: use a generator of your own",
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
    verdict = student.run(follow_fake_cuda, name, args, kwargs)
    name = called or name
    if verdict.startswith("mixed"):
        raise RuleBroken(
            f"{name} mixes tensors of two devices when its inputs are on a GPU: make new tensors on the input's "
            "device, such as torch.zeros(..., device=x.device)"
        )
    if verdict == "numpy":
        raise RuleBroken(f"{name} calls .numpy() on a tensor, which fails on a GPU: stay with torch, or take .cpu().numpy()")
    if verdict.startswith("answer"):
        raise RuleBroken(
            f"{name} answers on the {verdict.split()[1]} when its inputs are on a GPU: make the result on the "
            "input's device, such as x.new_zeros(...) or torch.zeros(..., device=x.device)"
        )


# The probes. Their source travels alone, so each imports what it needs.


def largest_intermediate(ns: Any, name: str, args: Any, kwargs: Any) -> int:
    """Return the number of elements in the largest storage that `name` makes."""
    from autograder.behaviour import subject_of
    from autograder.watch import Largest

    function = subject_of(ns, name)
    with Largest() as largest:
        function(*args, **kwargs)
    return largest.numel


def operations(ns: Any, name: str, args: Any, kwargs: Any) -> list[str]:
    """Return the names of the tensor operations that `name` runs, in order."""
    from autograder.behaviour import subject_of
    from autograder.watch import Operations

    function = subject_of(ns, name)
    with Operations() as operations:
        function(*args, **kwargs)
    return operations.seen


def operation_counts(ns: Any, name: str, cases: Any) -> list[int]:
    """Return how many tensor operations `name` runs for each of several tuples of arguments."""
    from autograder.behaviour import subject_of
    from autograder.watch import Operations

    counts, function = [], subject_of(ns, name)
    for args in cases:
        with Operations() as operations:
            function(*args)
        counts.append(len(operations.seen))
    return counts


def changed_inputs(ns: Any, name: str, args: Any, kwargs: Any) -> list[str]:
    """Return the names of the inputs that `name` changes."""
    from autograder.behaviour import changed, subject_of

    return changed(subject_of(ns, name), args, kwargs)


def side_effects(ns: Any, name: Any, cases: Any, names: Any, kind: Any = None) -> list[str]:
    """Return what `name` does beside answering, as behaviour.side_effects has it, for each case of two calls.

    "instances": where `kind` is a class, another instance disturbs one that is in use.
    """
    from autograder import behaviour

    function = behaviour.subject_of(ns, name)
    found = behaviour.side_effects(function, cases, names or behaviour.input_names(function, len(cases[0][0])))
    shared = kind and any(behaviour.instances_share(getattr(ns, kind), function, *case) for case in cases)
    return [*found, "instances"] if shared else found


def follow_fake_cuda(ns: Any, name: str, args: Any, kwargs: Any) -> str:
    """Return "fine", "mixed: ...", "answer DEVICE", "numpy" or "undecided: ..." for inputs on a fake GPU.

    Labelled tensors come first, for a fraction of a fake tensor's price. What those doubt is run on the real inputs,
    so that what fails there is raised as in any other test, and then decided by fake tensors.
    """
    import torch
    from torch.utils._pytree import tree_leaves

    from autograder.behaviour import subject_of
    from autograder.devices import with_tensors
    from autograder.pretend import where_it_answers

    function = subject_of(ns, name)

    def fake(tensor: Any) -> Any:
        return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="cuda")

    verdict = where_it_answers(function, args, kwargs)
    if verdict != "doubt":
        return verdict
    function(*with_tensors(torch.clone, args), **with_tensors(torch.clone, kwargs))
    from torch._subclasses.fake_tensor import FakeTensorMode  # two seconds, where nobody has asked for it yet

    with torch.enable_grad():
        # The first backward pass starts a thread for each device. After fake CUDA ones it would start eight, and crash.
        one = torch.ones(1, requires_grad=True)
        torch.autograd.grad(one.sum(), one)
    with FakeTensorMode():
        try:
            out = function(*with_tensors(fake, args), **with_tensors(fake, kwargs))
        except Exception as problem:
            text = str(problem)
            mixed = "two different devices" in text or "same device" in text
            return f"mixed: {text[:200]}" if mixed else f"undecided: {type(problem).__name__}"
    for leaf in tree_leaves(out):
        if isinstance(leaf, torch.Tensor) and leaf.device.type != "cuda":
            return f"answer {leaf.device.type.upper()}"
    return "fine"


# The zygote runs each once, so that no child is the first to.
PROBES = (largest_intermediate, operations, changed_inputs, follow_fake_cuda)
