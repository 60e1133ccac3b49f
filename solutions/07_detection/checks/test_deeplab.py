"""Checks of deeplab: a decimated head, a field of neighbours, several rates at once, heads and what they cost.

Every module is given its parameters by name, so that no initial weight decides. Sizes are odd and never square.
"""

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    assert_close,
    assert_equal,
    case,
    contract,
    exercise,
    module_answer,
    modules,
    rand,
    randn,
    use_module,
)

DOUBLE = torch.float64
SAME_NUMBERS = {"instances_share_their_attributes": "all instances hold the same numbers, and `modules` asks for it"}
PRICE = {"names": 0.5, "gradients": 0.5, "apart": 0.25}


def compare_answers(student, reference, *call):
    """Ask both sides for what a module makes in evaluation, and compare."""
    assert_close(student.run(module_answer, *call), reference.run(module_answer, *call), what="what forward returns")


# LargeFOV


def dense_loaded(ns, args, fc6, fc7) -> list[torch.Tensor]:
    """Probe: what the parameters of a head are once dense layers have been loaded, fc8 last."""
    from autograder.authoring.filled import fill, new_module

    head = new_module(ns, "LargeFOV", args, {}).to(fc6[0].dtype)
    fill(head, 3)
    head.load_dense(fc6, fc7)
    layers = (head.fc6, head.fc7, head.fc8)
    return [one.detach().clone() for layer in layers for one in (layer.weight, layer.bias)]


def after_loading(ns, args, fc6, fc7) -> dict[str, bool]:
    """Probe: whether the parameters are the same objects that learn and stand on their own, once dense layers have
    been loaded; the dense layers learn too."""
    from autograder.authoring.filled import new_module

    head = new_module(ns, "LargeFOV", args, {}).to(fc6[0].dtype)
    before = dict(head.named_parameters())
    given = [one.clone().requires_grad_() for one in (*fc6, *fc7)]
    head.load_dense(tuple(given[:2]), tuple(given[2:]))
    after = dict(head.named_parameters())
    same = before.keys() == after.keys() and all(after[name] is before[name] for name in before)
    learns = all(one.requires_grad and one.is_leaf for one in after.values())
    kept = [one.detach().clone() for one in after.values()]
    with torch.no_grad():
        for one in given:
            one.add_(1.0)
    apart = all(torch.equal(one, other) for one, other in zip(kept, after.values()))
    return {"same": same, "learns": learns, "apart": apart}


def dense_layers(rng, channels, size, first, later, dtype=DOUBLE):
    """Return weights and biases of two dense layers."""
    fc6 = randn(rng, first, channels * size * size, dtype=dtype), randn(rng, first, dtype=dtype)
    return fc6, (randn(rng, later, first, dtype=dtype), randn(rng, later, dtype=dtype))


DENSE_PARTS = [f"fc{number}.{kind}" for number in (6, 7, 8) for kind in ("weight", "bias")]

modules(
    "LargeFOV",
    {
        "rate of 2": {
            "a rate of 2": case([2, 3], {"width": 4, "rate": 2}, x=(2, 2, 7, 6), other=(1, 2, 4, 9)),
        },
        "rates": {
            "a rate of 1": case([3, 2], {"width": 4, "rate": 1}, x=(1, 3, 4, 5)),
            "a rate of 3": case([2, 2], {"width": 6, "rate": 3}, x=(1, 2, 8, 7)),
        },
        "small maps": {
            "a map of 2 x 3": case([2, 2], {"width": 4, "rate": 5}, x=(2, 2, 2, 3)),
            "the usual rate": case([2, 2], {"width": 4}, x=(1, 2, 13, 14)),
        },
        "of its real size": case([512, 21], large=True),
    },
    training=["a rate of 2"],
    gradients=["a rate of 2"],
    apart=["a rate of 2"],
    rounded=True,
    costs=PRICE,
)


@exercise("LargeFOV")
@pytest.mark.parametrize(
    ("width", "first", "later", "size"),
    [(3, 6, 9, 7), (2, 8, 2, 5), (3, 3, 6, 3), (2, 4, 4, 9), (1, 3, 2, 7)],
    ids=str,
)
def test_dense_layers_are_decimated(student, reference, rng, width, first, later, size):
    """Of the kernels stay nine places, of both layers the units at equal steps."""
    call = [2, 4, width], *dense_layers(rng, 2, size, first, later)
    came, expected = (door.run(dense_loaded, *call) for door in (student, reference))
    if len(came) == len(expected):
        for name, one, other in zip(DENSE_PARTS, came, expected, strict=True):
            assert_close(one, other, what=f"{name} after load_dense")
    else:
        assert_close(came, expected)


@exercise("LargeFOV", costs=0.5)
def test_loaded_parameters_stay_and_learn(student, rng):
    """The parameters are the same objects, they learn on, and share no memory with what was given."""
    for width in (2, 6):
        came = student.run(after_loading, [2, 4, width], *dense_layers(rng, 2, 3, 6, 6))
        for name, words in (
            ("same", "a parameter is another object after load_dense: an optimiser would go on with the old one"),
            ("learns", "a parameter learns no more after load_dense, or hangs on the given tensors by its graph"),
            ("apart", "a parameter changes when the given tensors do: it shares their memory"),
        ):
            if came.get(name) is not True:
                raise Mismatch(words, "it does not hold", "it holds")


def use_large_fov(ns, width, x, weights6, bias6, weights7, bias7, rate=12, dropout=0.5):
    """Load dense layers and use the head in training mode, with the random numbers of one seed."""
    from autograder.authoring.filled import fill, new_module

    head = new_module(ns, "LargeFOV", [x.shape[1], 3], {"width": width, "rate": rate, "dropout": dropout})
    head = head.to(x.device, x.dtype)
    fill(head, 2)
    head.load_dense((weights6, bias6), (weights7, bias7))
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        return head.train()(x) if x.device.type == "cpu" else head.eval()(x)


def large_fov_inputs(rng, N=2, C=3, H=5, W=4, M=2, dtype=DOUBLE):
    """Return maps, and dense layers of 2 M and 4 M units that are loaded to M."""
    fc6, fc7 = dense_layers(rng, C, 5, 2 * M, 4 * M, dtype)
    return M, randn(rng, N, C, H, W, dtype=dtype), *fc6, *fc7


contract(
    "LargeFOV",
    use=use_large_fov,
    inputs=large_fov_inputs,
    settings={"rate": 2, "dropout": 0.2},
    also=[{"dropout": 0.0}],
    square={"N": 3, "C": 3, "H": 3, "W": 3, "M": 3},
    one=["N", "C", "H", "W", "M"],
    but=SAME_NUMBERS,
)
