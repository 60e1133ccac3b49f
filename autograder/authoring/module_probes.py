"""What runs beside a student's module: its names, its answers, its gradients. The source of each travels alone.

`subject` is the exercise's name, or a probe that makes the module, as [name, source]. What is stored in the module are
numbers that follow from their names (filled.py).
"""

from __future__ import annotations

from typing import Any

import torch

LARGE_INPUT = 500  # numbers, beyond which sums of its gradient are kept where sums are asked for


def module_names(ns: Any, subject: Any, args: Any, settings: Any, is_large: bool = False) -> dict[str, list[int]]:
    """Return name and shape of all that a new module stores. A large one is made without memory."""
    from contextlib import nullcontext

    from autograder.authoring.filled import new_module

    with torch.device("meta") if is_large else nullcontext():
        module = new_module(ns, subject, args, settings)
    return {name: list(value.shape) for name, value in module.state_dict().items()}


def names_of_modules(ns: Any, subject: Any, cases: Any) -> list[dict[str, list[int]]]:
    """Return what `module_names` says of each of several new modules, (args, settings, is_large)."""
    from autograder.authoring.module_probes import module_names

    return [module_names(ns, subject, *case) for case in cases]


def module_answer(
    ns: Any, subject: Any, args: Any, settings: Any, inputs: Any, values: Any = None, rounded: bool = False
) -> Any:
    """Return a module's output in evaluation mode; `rounded` to float32, `values` of its parameters being given."""
    from autograder.authoring.filled import filled_module
    from autograder.authoring.module_probes import short

    module = filled_module(ns, subject, args, settings, inputs, 5, values).eval()
    with torch.no_grad():
        return short(module(*inputs), rounded)


def module_in_training(
    ns: Any, subject: Any, args: Any, settings: Any, inputs: Any, values: Any = None, rounded: bool = False
) -> tuple[Any, dict[str, Any]]:
    """Return a module's output in training mode, and the buffers that it then stores, by name."""
    from autograder.authoring.filled import filled_module
    from autograder.authoring.module_probes import short

    module = filled_module(ns, subject, args, settings, inputs, 6, values).train()
    with torch.no_grad():
        out = module(*inputs)
    parameters = dict(module.named_parameters())
    stored = {name: value for name, value in module.state_dict().items() if name not in parameters}
    return short(out, rounded), {n: short(v, rounded) for n, v in stored.items() if v.is_floating_point()}


def module_gradients(
    ns: Any,
    subject: Any,
    args: Any,
    settings: Any,
    inputs: Any,
    values: Any = None,
    rounded: bool = False,
    sums: bool = False,
    is_training: bool = True,
) -> Any:
    """Return the gradients of a weighted sum of all that comes out: for the inputs and for each parameter, by name,
    None where none arrives. With `sums` in fewer numbers."""
    from autograder.authoring.filled import filled_module, noise
    from autograder.authoring.module_probes import added_up, leaves_of, short
    from autograder.plain.devices import tensors

    module = filled_module(ns, subject, args, settings, inputs, 7, values).train(is_training)
    inputs, wanted = leaves_of(inputs)
    num_inputs = len(wanted)
    wanted.update(module.named_parameters())
    with torch.enable_grad():
        outs = [one for one in tensors(module(*inputs)) if one.requires_grad]
        total: Any = sum((one * noise(f"output {i}", one.shape, 8).to(one)).sum() for i, one in enumerate(outs))
    takes = [name for name, one in wanted.items() if one.requires_grad] if outs else []
    found = torch.autograd.grad(total, [wanted[name] for name in takes], allow_unused=True) if takes else []
    grads = {**dict.fromkeys(wanted), **dict(zip(takes, found, strict=True))}
    if sums:
        grads = added_up(grads, num_inputs)
    return {name: short(one, rounded) for name, one in grads.items()}


def modules_in_turn(
    ns: Any, subject: Any, args: Any, settings: Any, inputs: Any, others: Any, values: Any = None, rounded: bool = False
) -> Any:
    """Ask two modules in turn, in evaluation mode. Return whether the inputs stay, whether the first answers as
    before after all that, and what each answered."""
    from autograder.authoring.behaviour import alike, copied, same
    from autograder.authoring.filled import filled_module
    from autograder.authoring.module_probes import short

    one, other = (filled_module(ns, subject, args, settings, inputs, seed, values).eval() for seed in (1, 2))
    before = copied(inputs)
    with torch.no_grad():
        first = copied(one(*inputs))
        stays = same(inputs, before)
        second = copied(other(*copied(before)))
        one(*others)
        again = one(*copied(before))
    return stays, alike(again, first), short(first, rounded), short(second, rounded)


def use_module(ns: Any, subject: Any, args: Any, fixed: Any, x: Any, *others: Any, **settings: Any) -> Any:
    """Make a module, give it numbers, and use it in evaluation mode: a contract's `use`."""
    from autograder.authoring.filled import fill, new_module

    module = new_module(ns, subject, args, {**fixed, **settings})
    fill(module, 2)  # before it moves: fake tensors, which follow a device, are made as they come
    module = module.to(x.device, x.dtype).eval()
    with torch.no_grad():
        return module(x, *others)


def use_module_in_both_modes(
    ns: Any, subject: Any, args: Any, fixed: Any, x: Any, *others: Any, **settings: Any
) -> Any:
    """Use a module in training mode and then in evaluation mode: the `use` of a contract to which both matter."""
    from autograder.authoring.filled import fill, new_module

    module = new_module(ns, subject, args, {**fixed, **settings})
    fill(module, 3)
    module = module.to(x.device, x.dtype)
    with torch.no_grad():
        return module.train()(x, *others), module.eval()(x, *others)


def short(value: Any, rounded: bool) -> Any:
    """Return plain data whose float64 tensors are float32 where it is to be rounded: half the room on record."""
    from autograder.plain.devices import with_tensors

    def rounding(one: torch.Tensor) -> torch.Tensor:
        return one.detach().float() if rounded and one.dtype == torch.float64 else one.detach()

    return with_tensors(rounding, value)


def leaves_of(inputs: Any) -> tuple[Any, dict[str, Any]]:
    """Return inputs whose float tensors take a gradient, and these by name: "x" where it is the only one."""
    from autograder.plain.devices import with_tensors

    leaves: list[torch.Tensor] = []

    def leaf(one: torch.Tensor) -> torch.Tensor:
        if not one.is_floating_point():
            return one
        leaves.append(one.detach().clone().requires_grad_())
        return leaves[-1]

    given = with_tensors(leaf, inputs)
    return given, {"x" if len(leaves) == 1 else f"input {i + 1}": one for i, one in enumerate(leaves)}


def added_up(grads: dict[str, Any], num_inputs: int) -> dict[str, Any]:
    """Return gradients in fewer numbers: a parameter's added up over all but its first axis, and those of an input of
    many numbers once for each of its axes, over all the others. The inputs' come first."""
    short: dict[str, Any] = {}
    for index, (name, grad) in enumerate(grads.items()):
        if index >= num_inputs:
            short[name] = grad if grad is None or grad.ndim < 2 else grad.flatten(1).sum(1)
        elif grad is None or grad.numel() <= LARGE_INPUT:
            short[name] = grad
        else:
            for axis in range(grad.ndim):
                short[f"{name}, along axis {axis}"] = grad.transpose(0, axis).flatten(1).sum(1)
    return short


USES = (use_module, use_module_in_both_modes)
