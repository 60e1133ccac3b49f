"""Checks of nested U-Nets: a block that is a U, the triangle of UNet++, losses at the side, and two kinds of measures.

Every module is given its parameters by name, so that no initial weight decides. Widths differ, and sizes are odd.
"""

import math

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    assert_close,
    assert_equal,
    assert_parts,
    case,
    contract,
    exercise,
    limit_intermediates,
    module_answer,
    modules,
    rand,
    randn,
    use_module,
)

DOUBLE = torch.float64
SAME_NUMBERS = {"instances_share_their_attributes": "all instances hold the same numbers, and `modules` asks for it"}


def tensor(numbers):
    """Numbers as a tensor in double."""
    return torch.tensor(numbers, dtype=DOUBLE)


# ResidualUBlock

FLAT = {"dilated": True}

modules(
    "ResidualUBlock",
    {
        "of three levels": {
            "three levels": case([2, 1, 3], {"height": 3}, x=(2, 2, 6, 4), other=(1, 2, 4, 8)),
        },
        "of odd sizes": {"odd sizes": case([1, 2, 3], {"height": 4}, x=(2, 1, 7, 5))},
        "of two levels": {"two levels": case([2, 3, 1], {"height": 2}, x=(2, 2, 3, 5))},
        "of five levels": {"five levels": case([1, 2, 2], {"height": 5}, x=(1, 1, 18, 11))},
        "of few pixels": {"one pixel": case([2, 1, 2], {"height": 4}, x=(3, 2, 1, 3))},
        "dilated": {
            "dilated": case([2, 1, 3], {"height": 4, **FLAT}, x=(1, 2, 9, 11)),
            "dilated, three levels": case([3, 2, 1], {"height": 3, **FLAT}, x=(2, 3, 5, 4)),
        },
        "of its real size": case([3, 32, 64], large=True),
        "of its real size, dilated": case([512, 256, 512], {"height": 4, **FLAT}, large=True),
    },
    training=["three levels"],
    gradients=["three levels", "dilated, three levels"],
    apart=["three levels"],
    rounded=True,
    sums=True,
    costs={"names": 0.5, "training": 0.25, "gradients": 0.25, "apart": 0.25},
)  # fmt: skip


def block_inputs(rng, N=2, C=3, M=1, O=4, H=5, W=6, dtype=DOUBLE):  # noqa: E741
    """Return how a block of three levels is made, and its map."""
    return "ResidualUBlock", [C, M, O, 3], {}, randn(rng, N, C, H, W, dtype=dtype)


contract(
    "ResidualUBlock",
    inputs=block_inputs,
    use=use_module,
    settings={},
    square=dict.fromkeys("NCMOHW", 3),
    one="NCMOHW",
    but=SAME_NUMBERS,
)


def answers_of_heights(ns, x, dilated):
    """Probe: what a block makes whose height is left out, and how many modules of each kind it has."""
    from autograder.authoring.filled import fill, new_module

    module = new_module(ns, "ResidualUBlock", [1, 1, 2], {"dilated": True} if dilated else {})
    fill(module, 2)
    module = module.double().eval()
    with torch.no_grad():
        return module(x)


@exercise("ResidualUBlock", costs=0.25)
def test_seven_levels_where_nothing_is_said(student, reference, rng):
    """Without a height the block has seven levels, and it isn't dilated."""
    x = randn(rng, 1, 1, 5, 9, dtype=DOUBLE)
    came, expected = (door.run(answers_of_heights, x, False) for door in (student, reference))
    assert_close(came, expected, what="what forward returns")


# NestedUNet


def nested_answers(ns, args, settings, x, depths):
    """Probe: the heads of forward, then what predict gives for each depth, 0 for none."""
    from autograder.authoring.filled import filled_module

    module = filled_module(ns, "NestedUNet", args, settings, [x], 2).eval()
    with torch.no_grad():
        heads = list(module(x))
        return heads, [module.predict(x) if depth == 0 else module.predict(x, depth) for depth in depths]


def work_of_predict(ns, args, x, depths) -> list[list[int]]:
    """Probe: for each depth the sizes of what each of torch's convolutions is given, sorted."""
    from torch.utils._python_dispatch import TorchDispatchMode

    from autograder.authoring.filled import filled_module

    module = filled_module(ns, "NestedUNet", args, {}, [x], 2).eval()
    found = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, given=(), kwargs=None):
            if "aten.convolution" in str(function):
                found[-1].append(int(given[0].shape[1] * 1000 + given[0].shape[2]))
            return function(*given, **(kwargs or {}))

    for depth in depths:
        found.append([])
        with torch.no_grad(), Watch():
            module.predict(x) if depth == 0 else module.predict(x, depth)
    return [sorted(one)[:1000] for one in found]


def error_of_predict(ns, args, x, depth) -> str:
    """Probe: the name of the error that predict raises, or "none"."""
    module = ns.NestedUNet(*args).double().eval()
    try:
        module.predict(x, depth)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "none"


def modes_after(ns, args, x) -> list[bool]:
    """Probe: whether a network is in training mode after predict, from either mode."""
    module = ns.NestedUNet(*args).double()
    found = []
    for mode in (True, False):
        module.train(mode)
        module.predict(x)
        module.predict(x, 1)
        found += [module.training, all(part.training == module.training for part in module.modules())]
    return found


TRIPLE = [2, 3, [2, 3, 1]]  # depth 2


modules(
    "NestedUNet",
    {
        "of depth one": {"depth one": case([2, 1, [2, 3]], x=(2, 2, 2, 4))},
        "of depth two": {"depth two": case(TRIPLE, x=(2, 2, 8, 4), other=(1, 2, 4, 12))},
        "of depth three": {"depth three": case([1, 1, [1, 2, 3, 2]], x=(1, 1, 8, 16))},
        "with short ways": {"with short ways": case(TRIPLE, {"residual": True}, x=(1, 2, 4, 8))},
        "of its real size": case([3, 1, [32, 64, 128, 256, 512]], large=True),
    },
    training=["depth one"],
    gradients=["depth two"],
    apart=["depth one"],
    rounded=True,
    sums=True,
    costs={"names": 0.5, "training": 0.25, "gradients": 0.25, "apart": 0.25},
)


@exercise("NestedUNet", costs=0.5)
def test_the_mean_of_probabilities(student, reference, rng):
    """predict without a depth: the mean of all heads' probabilities, not of their logits."""
    x = randn(rng, 2, 2, 4, 8, dtype=DOUBLE, scale=3.0)
    came, expected = (door.run(nested_answers, TRIPLE, {}, x, [0]) for door in (student, reference))
    assert_close(came[1][0], expected[1][0], what="what predict returns")


@exercise("NestedUNet", costs=0.5)
def test_each_head_alone(student, reference, rng):
    """predict with a depth: the probabilities of that head, from 1 to d."""
    x = randn(rng, 1, 1, 8, 16, dtype=DOUBLE)
    args = [1, 2, [1, 2, 1, 2]]
    came, expected = (door.run(nested_answers, args, {}, x, [1, 2, 3]) for door in (student, reference))
    for depth, one, right in zip((1, 2, 3), came[1], expected[1], strict=True):
        assert_close(one, right, what=f"predict(x, {depth})")


@exercise("NestedUNet", costs=0.25)
def test_what_a_head_does_not_need_is_not_computed(student, reference, rng):
    """For a depth of k only nodes with i + j <= k are computed, each once, and head k alone."""
    x = randn(rng, 1, 2, 8, 8, dtype=DOUBLE)
    args = [2, 1, [3, 4, 5, 6]]
    came, expected = (door.run(work_of_predict, args, x, [1, 2, 3, 0]) for door in (student, reference))
    for depth, one, right in zip((1, 2, 3, 0), came, expected, strict=True):
        if one != right:
            call = f"predict(x, {depth})" if depth else "predict(x)"
            raise Mismatch(f"{call} runs another number of convolutions, or of other sizes", len(one), len(right))


@exercise("NestedUNet", costs=0.25)
def test_a_shallow_head_takes_other_sizes(student, reference, rng):
    """For a depth of 1 of 3, images of 6 x 10 pixels are multiples enough."""
    x = randn(rng, 1, 2, 6, 10, dtype=DOUBLE)
    came, expected = (door.run(shallow_answer, x) for door in (student, reference))
    assert_close(came, expected, what="predict(x, 1)")


def shallow_answer(ns, x):
    """Probe: what predict gives for a depth of 1 of 3."""
    from autograder.authoring.filled import fill, new_module

    module = new_module(ns, "NestedUNet", [2, 1, [2, 3, 2, 2]], {})
    fill(module, 2)
    with torch.no_grad():
        return module.double().eval().predict(x, 1)


@exercise("NestedUNet", costs=0.25)
@pytest.mark.parametrize("depth", [0, 3, -1])
def test_other_depths_are_refused(student, rng, depth):
    """A depth of 0, of -1, or of d + 1 is a ValueError."""
    came = student.run(error_of_predict, TRIPLE, randn(rng, 1, 2, 8, 8, dtype=DOUBLE), depth)
    if came != "ValueError":
        raise Mismatch(f"predict(x, {depth}) of a network of depth 2 raises another error", came, "ValueError")


@exercise("NestedUNet", costs=0.25)
def test_predict_keeps_the_mode(student, rng):
    """A network in training is in training afterwards, one in evaluation in evaluation."""
    came = student.run(modes_after, TRIPLE, randn(rng, 2, 2, 4, 4, dtype=DOUBLE))
    assert_equal(came, [True, True, False, True], what="training? all of it? in evaluation? all of it?")


def nested_inputs(rng, N=2, C=3, K=1, H=4, W=8, dtype=DOUBLE):
    """Return how a network of depth 2 is made, and its images."""
    return "NestedUNet", [C, K, [2, 4, 3]], {}, randn(rng, N, C, H, W, dtype=dtype)


contract(
    "NestedUNet",
    inputs=nested_inputs,
    use=use_module,
    settings={},
    square=dict.fromkeys("NCKHW", 4),
    one="NCK",
    but=SAME_NUMBERS,
)
