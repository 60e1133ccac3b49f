"""The rules' probes: what runs beside the student's code and watches it.

Their source travels alone, so each imports what it needs. Whoever answers may have taken their place: so each says
what it answers and of which size, and nothing else is looked at.
"""

from __future__ import annotations

from typing import Annotated, Any

from autograder.authoring.promise import AtMost

Count = Annotated[int, AtMost(1)]
Names = Annotated[list[str], AtMost(1_000_000)]
Verdict = Annotated[str, AtMost(500)]


def largest_intermediate(ns: Any, name: str, args: Any, kwargs: Any) -> Count:
    """Return the number of elements in the largest storage that `name` makes."""
    from autograder.authoring.behaviour import subject_of
    from autograder.authoring.watch import Largest

    function = subject_of(ns, name)
    with Largest() as largest:
        function(*args, **kwargs)
    return largest.numel


def operations(ns: Any, name: str, args: Any, kwargs: Any) -> Names:
    """Return the names of the tensor operations that `name` runs, in order."""
    from autograder.authoring.behaviour import subject_of
    from autograder.authoring.watch import Operations

    function = subject_of(ns, name)
    with Operations() as operations:
        function(*args, **kwargs)
    return operations.seen


def derivatives(ns: Any, name: Any, args: Any, kwargs: Any) -> Names:
    """Return what torch derives while `name` runs, however that is asked for."""
    import torch

    from autograder.authoring.behaviour import subject_of
    from autograder.authoring.watch import Derivatives

    function = subject_of(ns, name)
    with torch.enable_grad(), Derivatives() as derivatives:
        function(*args, **kwargs)
    return derivatives.seen


def operation_counts(ns: Any, name: str, cases: Any) -> Annotated[list[int], AtMost(1_000)]:
    """Return how many tensor operations `name` runs for each of several tuples of arguments."""
    from autograder.authoring.behaviour import subject_of
    from autograder.authoring.watch import Operations

    counts, function = [], subject_of(ns, name)
    for args in cases:
        with Operations() as operations:
            function(*args)
        counts.append(len(operations.seen))
    return counts


def changed_inputs(ns: Any, name: str, args: Any, kwargs: Any) -> Annotated[list[str], AtMost(10_000)]:
    """Return the names of the inputs that `name` changes."""
    from autograder.authoring.behaviour import changed, subject_of

    return changed(subject_of(ns, name), args, kwargs)


def side_effects(ns: Any, name: Any, cases: Any, names: Any, kind: Any = None) -> Annotated[list[str], AtMost(10_000)]:
    """Return what `name` does beside answering, as behaviour.side_effects has it, for each case of two calls.

    "instances": where `kind` is a class, another instance disturbs one that is in use.
    """
    from autograder.authoring import behaviour

    function = behaviour.subject_of(ns, name)
    found = behaviour.side_effects(function, cases, names or behaviour.input_names(function, len(cases[0][0])))
    shared = kind and any(behaviour.instances_share(getattr(ns, kind), function, *case) for case in cases)
    return [*found, "instances"] if shared else found


def follow_fake_cuda(ns: Any, name: str, args: Any, kwargs: Any) -> Verdict:
    """Return "fine", "mixed: ...", "answer DEVICE", "numpy", "named" or "undecided: ..." for inputs on a fake GPU.

    Labelled tensors come first, for a fraction of a fake tensor's price. What those doubt is run on the real inputs,
    so that what fails there is raised as in any other test, and then decided by fake tensors.
    """
    import torch

    from autograder.authoring.behaviour import subject_of
    from autograder.authoring.no_gpu import OnCpu
    from autograder.authoring.pretend import where_it_answers
    from autograder.plain.devices import with_tensors
    from autograder.seams.torch_internals import fake_tensors, tree_leaves
    from autograder.seams.wordings import says_two_devices

    function = subject_of(ns, name)

    def fake(tensor: Any) -> Any:
        return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="cuda")

    verdict = where_it_answers(function, args, kwargs)
    if verdict != "doubt":
        return verdict
    with OnCpu() as on_cpu:
        function(*with_tensors(torch.clone, args), **with_tensors(torch.clone, kwargs))
    if on_cpu.asked:
        return "named"
    with fake_tensors():
        try:
            out = function(*with_tensors(fake, args), **with_tensors(fake, kwargs))
        except Exception as problem:
            text = str(problem)
            return f"mixed: {text[:200]}" if says_two_devices(text) else f"undecided: {type(problem).__name__}"
    for leaf in tree_leaves(out):
        if isinstance(leaf, torch.Tensor) and leaf.device.type != "cuda":
            return f"answer {leaf.device.type.upper()}"
    return "fine"


def follow_each(ns: Any, name: Any, cases: Any) -> Annotated[list[str], AtMost(1_000)]:
    """Return what `follow_fake_cuda` says of each case, arguments and settings, up to the first that breaks the rule.

    A case that can't be decided leaves the next ones to be asked.
    """
    from autograder.authoring.probes import follow_fake_cuda

    verdicts: list[str] = []
    for args, kwargs in cases:
        verdicts.append(follow_fake_cuda(ns, name, args, kwargs))
        if verdicts[-1] != "fine" and not verdicts[-1].startswith("undecided"):
            break
    return verdicts


# The zygote runs each once, so that no child is the first to.
PROBES = (largest_intermediate, operations, derivatives, changed_inputs, follow_fake_cuda)
