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
    modules,
    rand,
    randn,
)

DOUBLE = torch.float64


def tensor(numbers):
    """Numbers as a tensor in double."""
    return torch.tensor(numbers, dtype=DOUBLE)


SAME_NUMBERS = {"instances_share_their_attributes": "all instances hold the same numbers, and `modules` asks for it"}

# What the norms add, by name, so that few of the many ReLUs on a way shut it.
OPEN = {f"rebnconv{which}.bn_s1.bias": 1.5 for which in ("in", *range(1, 8), *(f"{i}d" for i in range(1, 7)))}
OPEN |= {f"conv{i}_{j}.bn{k}.bias": 1.5 for i in range(4) for j in range(4 - i) for k in (1, 2)}

OPENED = {name: tensor(bias) for name, bias in OPEN.items()}


def use_open(ns, subject, args, fixed, x, **settings):
    """Make a module, give it numbers with which its ReLUs are open, and use it in evaluation mode."""
    from autograder.authoring.filled import fill, new_module

    module = new_module(ns, subject, args, {**fixed, **settings})
    fill(module, 2)
    with torch.no_grad():
        for name, one in module.named_parameters():
            if ".bn" in name and name.endswith("bias"):
                one.fill_(1.5)
        return module.to(x.device, x.dtype).eval()(x)


# ResidualUBlock

FLAT = {"dilated": True}

modules(
    "ResidualUBlock",
    {
        "of three levels": {
            "three levels": case([2, 1, 3], {"height": 3}, x=(2, 2, 6, 4), other=(1, 2, 4, 8), values=OPEN),
        },
        "of odd sizes": {"odd sizes": case([1, 2, 3], {"height": 4}, x=(2, 1, 7, 5), values=OPEN)},
        "of two levels": {"two levels": case([2, 3, 1], {"height": 2}, x=(2, 2, 3, 5), values=OPEN)},
        "of five levels": {"five levels": case([1, 2, 2], {"height": 5}, x=(1, 1, 18, 3), values=OPEN)},
        "of few pixels": {"one pixel": case([2, 1, 2], {"height": 4}, x=(3, 2, 1, 3), values=OPEN)},
        "dilated": {
            "dilated": case([2, 1, 3], {"height": 4, **FLAT}, x=(1, 2, 9, 11), values=OPEN),
            "dilated, three levels": case([3, 2, 1], {"height": 3, **FLAT}, x=(2, 3, 5, 4), values=OPEN),
        },
        "of its real size": case([3, 32, 64], large=True),
    },
    training=["three levels"],
    gradients=["three levels", "dilated, three levels"],
    apart=["three levels"],
    rounded=True,
    sums=True,
    costs={"names": 0.5, "training": 0.25, "gradients": 0.25, "apart": 0.25},
)  # fmt: skip


def answer_after_another(ns, first, x, values):
    """Probe: what a block of two levels answers to x, having answered to other maps of its size."""
    from autograder.authoring.filled import filled_module

    module = filled_module(ns, "ResidualUBlock", [1, 2, 1], {"height": 2}, [x], 2, values).eval()
    with torch.no_grad():
        module(first)
        return module(x)


@exercise("ResidualUBlock", costs=0.25)
def test_other_maps_of_the_same_size(student, reference, rng):
    """A block is given maps, then others of the same size: the second answer is that to the others."""
    first, x = randn(rng, 1, 1, 2, 3, dtype=DOUBLE), randn(rng, 1, 1, 2, 3, dtype=DOUBLE)
    came, expected = (door.run(answer_after_another, first, x, OPENED) for door in (student, reference))
    assert_close(came, expected, what="the second answer")


def block_inputs(rng, N=2, C=3, M=2, O=4, H=5, W=6, dtype=DOUBLE):  # noqa: E741
    """Return how a block of three levels is made, and its map."""
    return "ResidualUBlock", [C, M, O], {}, randn(rng, N, C, H, W, dtype=dtype)


contract(
    "ResidualUBlock",
    inputs=block_inputs,
    use=use_open,
    settings={"height": 3, "dilated": True},
    also=[{"dilated": False}],
    square=dict.fromkeys("NCMOHW", 3),
    one="NW",
    but=SAME_NUMBERS,
)


# NestedUNet


def nested_answers(ns, args, settings, x, depths):
    """Probe: the heads of forward, then what predict gives for each depth, 0 for none."""
    from autograder.authoring.filled import filled_module

    module = filled_module(ns, "NestedUNet", args, settings, [x], 2).eval()
    with torch.no_grad():
        for name, one in module.named_parameters():
            if ".bn" in name and name.endswith("bias"):
                one.fill_(1.5)
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


def answers_after_others(ns, args, first, x, values):
    """Probe: the heads and the probabilities for x, after those for other images of its size."""
    from autograder.authoring.filled import filled_module

    module = filled_module(ns, "NestedUNet", args, {}, [x], 2, values).eval()
    with torch.no_grad():
        module(first)
        heads = list(module(x))
        module.predict(first)
        mean = module.predict(x)
        module.predict(first, 1)
        return heads, mean, module.predict(x, 1)


def predicted_in_training(ns, args, x, values):
    """Probe: what predict gives in training mode, and the first running mean afterwards."""
    from autograder.authoring.filled import filled_module

    module = filled_module(ns, "NestedUNet", args, {}, [x], 2, values).train()
    with torch.no_grad():
        return module.predict(x, 1), module.conv0_0.bn1.running_mean


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
        "of depth one": {"depth one": case([2, 1, [2, 3]], x=(2, 2, 2, 4), values=OPEN)},
        "of depth two": {"depth two": case(TRIPLE, x=(2, 2, 8, 4), other=(1, 2, 4, 12), values=OPEN)},
        "with short ways": {"with short ways": case(TRIPLE, {"residual": True}, x=(1, 2, 4, 8), values=OPEN)},
        "of depth three": case([1, 2, [3, 2, 1, 2]]),
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
    """A network of depth 3: its logits, and the probabilities of each head."""
    x = randn(rng, 1, 1, 8, 16, dtype=DOUBLE)
    args = [1, 2, [3, 2, 1, 2]]
    came, expected = (door.run(nested_answers, args, {}, x, [1, 2, 3]) for door in (student, reference))
    assert_close(came[0], expected[0], what="what forward returns")
    for depth, one, right in zip((1, 2, 3), came[1], expected[1], strict=True):
        assert_close(one, right, what=f"predict(x, {depth})")


@exercise("NestedUNet", costs=0.25)
def test_what_a_head_does_not_need_is_not_computed(student, reference, rng):
    """For a depth of k only nodes with i + j <= k are computed, each once, and head k alone."""
    x = randn(rng, 1, 2, 8, 8, dtype=DOUBLE)
    args = [2, 1, [3, 4, 5, 6]]
    came, expected = (door.run(work_of_predict, args, x, [1, 2, 0]) for door in (student, reference))
    for depth, one, right in zip((1, 2, 0), came, expected, strict=True):
        if one != right:
            call = f"predict(x, {depth})" if depth else "predict(x)"
            raise Mismatch(
                f"{call} runs another number of convolutions, or of other sizes", str(len(one)), str(len(right))
            )


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


@exercise("NestedUNet", costs=0.25)
def test_predict_works_in_training_mode(student, reference, rng):
    """In training mode predict works with the statistics of its images, as forward does, and running means move."""
    x = randn(rng, 2, 1, 2, 4, dtype=DOUBLE)
    came, expected = (door.run(predicted_in_training, [1, 1, [2, 3]], x, OPENED) for door in (student, reference))
    assert_parts(came, expected, "predict(x, 1)", "conv0_0.bn1.running_mean afterwards")


@exercise("NestedUNet", costs=0.25)
def test_other_images_of_the_same_size(student, reference, rng):
    """A network is given images, then others of the same size: the second answers are those to the others."""
    first, x = randn(rng, 1, 1, 2, 4, dtype=DOUBLE), randn(rng, 1, 1, 2, 4, dtype=DOUBLE)
    came, expected = (door.run(answers_after_others, [1, 1, [2, 1]], first, x, OPENED) for door in (student, reference))
    assert_parts(came, expected, "what forward returns", "predict(x)", "predict(x, 1)")


def nested_inputs(rng, N=2, C=3, K=1, H=4, W=8, dtype=DOUBLE):
    """Return how a network of depth 1 is made, and its images."""
    return "NestedUNet", [C, K, [2, 3]], {}, randn(rng, N, C, H, W, dtype=dtype)


contract(
    "NestedUNet",
    inputs=nested_inputs,
    use=use_open,
    settings={"residual": True},
    square=dict.fromkeys("NCKHW", 4),
    one="N",
    but=SAME_NUMBERS,
)


# u2net_loss


def loss_gradients(ns, sides, fused, target, **settings):
    """Probe: the total, the terms, and the gradients of the total for each output."""
    outputs = [one.clone().requires_grad_() for one in [*sides, fused]]
    total, terms = ns.u2net_loss(outputs[:-1], outputs[-1], target, **settings)
    return total, terms, list(torch.autograd.grad(total, outputs, allow_unused=True))


def compare_losses(student, reference, *args, **settings):
    """Ask both sides, and compare part by part."""
    came, expected = student.u2net_loss(*args, **settings), reference.u2net_loss(*args, **settings)
    assert_parts(came, expected, "total", "terms")


def outputs_and_target(rng, N=2, H=6, W=8, M=3, dtype=DOUBLE):
    """Return side outputs of M sizes, a fused map, and a target of 0 and 1."""
    sizes = [(H, W), ((H + 1) // 2, (W + 1) // 2), (2, 3)]
    sides = [randn(rng, N, 1, *sizes[m % 3], dtype=dtype, scale=2.0) for m in range(M)]
    target = (rand(rng, N, 1, H, W) > 0.6).to(dtype)
    return sides, randn(rng, N, 1, H, W, dtype=dtype, scale=2.0), target


@exercise("u2net_loss")
def test_the_loss_by_hand(student, reference):
    """The case in the text: 0.490 at the side, 0.288 fused, 0.778 together."""
    side, fused = tensor([[[[0.0, math.log(3)]]]]), tensor([[[[-math.log(3), math.log(3)]]]])
    compare_losses(student, reference, [side], fused, tensor([[[[0.0, 1.0]]]]))


@exercise("u2net_loss")
def test_sides_of_three_sizes(student, reference, rng):
    """Two images of 6 x 8, sides of 6 x 8, 3 x 4 and 2 x 3."""
    compare_losses(student, reference, *outputs_and_target(rng))


@exercise("u2net_loss")
def test_sizes_that_are_no_halves(student, reference, rng):
    """One image of 7 x 5, a side of 3 x 2 and one of a single place."""
    sides = [randn(rng, 1, 1, 3, 2, dtype=DOUBLE), randn(rng, 1, 1, 1, 1, dtype=DOUBLE)]
    compare_losses(student, reference, sides, *outputs_and_target(rng, N=1, H=7, W=5, M=0)[1:])


@exercise("u2net_loss", costs=0.5)
def test_each_output_has_a_weight(student, reference, rng):
    """Weights of 0.5, 2 and 0 for the sides, 3 for the fused map; the terms stay without."""
    compare_losses(student, reference, *outputs_and_target(rng), weights=[0.5, 2.0, 0.0], fused_weight=3.0)


@exercise("u2net_loss", costs=0.25)
def test_a_fused_map_without_weight(student, reference, rng):
    """A weight of 0 for the fused map: its term is there, and the total is that of the sides."""
    compare_losses(student, reference, *outputs_and_target(rng, N=1, H=2, W=3, M=2), fused_weight=0.0)


@exercise("u2net_loss", costs=0.5)
def test_very_sure_and_wrong(student, reference):
    """Logits of 1000 and -1000, right and wrong: no infinity, and a gradient."""
    side, fused = tensor([[[[1000.0, -1000.0, 40.0]]]]), tensor([[[[-1000.0, 1000.0, -40.0]]]])
    args = [[side], fused, tensor([[[[1.0, 1.0, 0.0]]]])]
    came, expected = student.run(loss_gradients, *args), reference.run(loss_gradients, *args)
    assert_parts(came, expected, "total", "terms", "the gradients")


@exercise("u2net_loss", costs=0.25)
def test_a_target_between_zero_and_one(student, reference, rng):
    """A truth of 0.25, 0.5 and 0.9, as a resized mask has at its edge."""
    sides, fused, target = outputs_and_target(rng, N=1, H=2, W=3, M=2)
    target[0, 0, 0] = tensor([0.25, 0.5, 0.9])
    compare_losses(student, reference, sides, fused, target)


@exercise("u2net_loss", costs=0.25)
def test_no_side_outputs(student, reference, rng):
    """Only a fused map, with a weight of 2: one term."""
    compare_losses(student, reference, *outputs_and_target(rng, M=0), fused_weight=2.0)


@exercise("u2net_loss", costs=0.5)
def test_gradients_reach_every_output(student, reference, rng):
    """Of the total, for each side output and the fused map."""
    args = outputs_and_target(rng, N=2, H=3, W=4, M=2)
    came, expected = student.run(loss_gradients, *args), reference.run(loss_gradients, *args)
    assert_parts(came, expected, "total", "terms", "the gradients")


contract(
    "u2net_loss",
    inputs=outputs_and_target,
    settings={"weights": [0.5, 2.0, 3.0], "fused_weight": 0.25},
    square={"N": 3, "H": 3, "W": 3},
    one="N",
)


# saliency_metrics

PARTS = ("precision", "recall", "f", "max_f", "mae")


def compare_metrics(student, reference, *args, **settings):
    """Ask both sides, and compare by name."""
    came = student.saliency_metrics(*args, **settings)
    expected = reference.saliency_metrics(*args, **settings)
    metrics_agree(came, expected)


def metrics_agree(came, expected, **tolerances):
    """Compare the names, then what stands under each."""
    names = ", ".join(sorted(map(str, came))) if isinstance(came, dict) else type(came).__name__
    wanted = ", ".join(sorted(expected))
    if names != wanted:
        raise Mismatch("the names differ", names, wanted)
    for name in PARTS:
        assert_close(came[name], expected[name], what=name, **tolerances)


def eighths(*rows):
    """Maps of multiples of 1 / 8, which are exact in any dtype, (1, H, W)."""
    return tensor([rows]) / 8


def mask(*rows):
    """A mask of strings of 0 and 1, (1, H, W)."""
    return torch.tensor([[[sign == "1" for sign in row] for row in rows]])


@exercise("saliency_metrics")
def test_six_pixels_by_hand(student, reference):
    """The case in the text, at thresholds of 0.4, 0.5 and 0.8; two of them are values of the map."""
    values = tensor([[[0.9, 0.8, 0.4], [0.6, 0.2, 0.1]]])
    compare_metrics(student, reference, values, mask("111", "000"), tensor([0.4, 0.5, 0.8]))


@exercise("saliency_metrics")
def test_means_of_two_images_come_before_f(student, reference):
    """Two images whose best thresholds differ: precision and recall are averaged first."""
    values = torch.cat([eighths([7, 6, 5, 1]), eighths([3, 2, 1, 1])])
    targets = torch.cat([mask("1100"), mask("1000")])
    compare_metrics(student, reference, values, targets, tensor([0.25, 0.375, 0.5, 0.75]))


@exercise("saliency_metrics")
def test_maps_of_many_values(student, reference, rng):
    """Three images of 4 x 5, nine thresholds, none of them met."""
    values, targets = rand(rng, 3, 4, 5, dtype=DOUBLE), rand(rng, 3, 4, 5) > 0.6
    targets[:, 0, 0] = True
    compare_metrics(student, reference, values, targets, torch.arange(9, dtype=DOUBLE) / 8)


@exercise("saliency_metrics", costs=0.5)
def test_a_value_on_the_threshold_is_found(student, reference):
    """All values are thresholds: at least as large is found."""
    values = eighths([0, 2, 2, 4], [4, 6, 8, 8])
    compare_metrics(student, reference, values, mask("0101", "1011"), tensor([0.0, 0.25, 0.5, 0.75, 1.0]))


@exercise("saliency_metrics", costs=0.5)
def test_where_nothing_is_found(student, reference):
    """A threshold above all values: precision 1, recall 0, F 0."""
    compare_metrics(student, reference, eighths([1, 2, 3], [3, 2, 1]), mask("110", "000"), tensor([0.25, 0.9, 1.5]))


@exercise("saliency_metrics", costs=0.5)
def test_an_empty_target(student, reference):
    """Nothing stands out: recall 1; precision 0 as long as a pixel is found, then 1."""
    compare_metrics(student, reference, eighths([1, 2, 3], [3, 2, 1]), mask("000", "000"), tensor([0.25, 0.375, 0.9]))


@exercise("saliency_metrics", costs=0.5)
def test_an_empty_target_beside_another(student, reference):
    """Of two images one has nothing that stands out: it counts in both means."""
    values = torch.cat([eighths([7, 6, 1]), eighths([4, 2, 1])])
    targets = torch.cat([mask("110"), mask("000")])
    compare_metrics(student, reference, values, targets, tensor([0.125, 0.3, 0.6, 0.95]))


@exercise("saliency_metrics", costs=0.5)
def test_nothing_right(student, reference):
    """Precision and recall are both 0: F is 0, and no NaN."""
    compare_metrics(student, reference, eighths([7, 1]), mask("01"), tensor([0.5, 0.75]))


@exercise("saliency_metrics", costs=0.25)
@pytest.mark.parametrize("thresholds", [[0.5], [-1.0, 0.5, 2.0]])
def test_thresholds_of_any_kind(student, reference, thresholds):
    """A single one; and some below 0 and above 1."""
    compare_metrics(student, reference, eighths([7, 2, 4], [0, 5, 8]), mask("110", "001"), tensor(thresholds))


@exercise("saliency_metrics", costs=0.5)
def test_no_tensor_has_a_place_for_each_pixel_and_threshold(student, rng):
    """Three maps of 20 x 30 and 40 thresholds: nothing on the way has more than 20,000 places (it would be 72,000)."""
    values, targets = rand(rng, 3, 20, 30, dtype=DOUBLE), rand(rng, 3, 20, 30) > 0.5
    thresholds = torch.arange(40, dtype=DOUBLE) / 40
    limit_intermediates(student, "saliency_metrics", values, targets, thresholds, largest=20_000)


def metric_inputs(rng, N=2, H=3, W=4, T=5, dtype=DOUBLE):
    """Return maps, targets and thresholds."""
    values, targets = rand(rng, N, H, W, dtype=dtype), rand(rng, N, H, W) > 0.5
    targets[:, 0, 0] = True
    return values, targets, (torch.arange(T) / T + 0.03).to(dtype)


contract(
    "saliency_metrics",
    inputs=metric_inputs,
    compare=metrics_agree,
    settings={"beta_squared": 2.0},
    all_at_once="NHWT",
    square=dict.fromkeys("NHWT", 4),
    one="NHWT",
)


# boundary_f_measure

B = ("f", "precision", "recall")


def compare_boundaries(student, reference, masks, targets, *tolerance):
    """Ask both sides, and compare part by part."""
    came = student.boundary_f_measure(masks, targets, *tolerance)
    assert_parts(came, reference.boundary_f_measure(masks, targets, *tolerance), *B)


def blocks(height, width, *boxes):
    """A mask of boxes (top, left, bottom, right), the last two not in it, (1, height, width)."""
    found = torch.zeros(1, height, width, dtype=torch.bool)
    for top, left, bottom, right in boxes:
        found[0, top:bottom, left:right] = True
    return found


SQUARE = blocks(10, 13, (2, 2, 7, 7))


@exercise("boundary_f_measure")
@pytest.mark.parametrize("tolerance", [0, 1])
def test_a_square_moved_by_one(student, reference, tolerance):
    """The case in the text: 8 of 16 pixels with a tolerance of 0, all of them with 1."""
    compare_boundaries(student, reference, blocks(10, 13, (2, 3, 7, 8)), SQUARE, tolerance)


@exercise("boundary_f_measure")
def test_a_small_mask_in_a_large_one(student, reference):
    """Precision and recall differ: a square of 3 x 3 against one of 7 x 8, a tolerance of 2."""
    compare_boundaries(student, reference, blocks(10, 13, (3, 3, 6, 6)), blocks(10, 13, (2, 2, 9, 10)), 2)


@exercise("boundary_f_measure")
def test_masks_with_holes_and_two_parts(student, reference):
    """A hole has a boundary too; three images, each for itself."""
    ring = SQUARE & ~blocks(10, 13, (4, 4, 5, 5))
    two = blocks(10, 13, (1, 1, 4, 5), (6, 8, 9, 12))
    masks, targets = torch.cat([ring, two, SQUARE]), torch.cat([SQUARE, SQUARE, two])
    compare_boundaries(student, reference, masks, targets, 1)


@exercise("boundary_f_measure")
@pytest.mark.parametrize("tolerance", [1, 1.4, 1.5, 2.2, 2.3, 5])
def test_distances_are_as_the_crow_flies(student, reference, tolerance):
    """Single pixels at distances of 1, 1.41, 2, 2.24 and 5: what lies within the tolerance?"""
    masks = torch.zeros(5, 9, 11, dtype=torch.bool)
    masks[:, 3, 4] = True
    targets = torch.zeros_like(masks)
    for image, (down, right) in enumerate([(1, 0), (1, 1), (0, 2), (1, -2), (3, 4)]):
        targets[image, 3 + down, 4 + right] = True
    compare_boundaries(student, reference, masks, targets, tolerance)


@exercise("boundary_f_measure")
def test_where_a_corner_is_missing(student, reference):
    """A pixel whose only neighbour outside of the mask lies across a corner is not on the boundary."""
    bitten = SQUARE & ~blocks(10, 13, (2, 2, 3, 3))
    compare_boundaries(student, reference, bitten, blocks(10, 13, (3, 3, 4, 4)), 0)


@exercise("boundary_f_measure", costs=0.5)
def test_the_edge_of_the_image_is_no_boundary(student, reference):
    """Masks that reach to the left and the lower edge, and one that fills the image."""
    left, low = blocks(10, 13, (2, 0, 7, 4)), blocks(10, 13, (6, 5, 10, 13))
    full = blocks(10, 13, (0, 0, 10, 13))
    masks, targets = torch.cat([left, low, full]), torch.cat([low, left, SQUARE])
    compare_boundaries(student, reference, masks, targets, 1)


@exercise("boundary_f_measure", costs=0.5)
def test_each_edge_of_the_image_by_itself(student, reference):
    """Masks that reach to one edge of the image each, moved along it by one: the opposite edge is no neighbour."""
    masks = torch.cat([blocks(10, 13, one) for one in [(2, 0, 7, 4), (2, 9, 7, 13), (0, 3, 4, 8), (6, 3, 10, 8)]])
    moves = [(1, 0), (1, 0), (0, 1), (0, 1)]
    targets = torch.stack([mask.roll(move, (0, 1)) for mask, move in zip(masks, moves, strict=True)])
    compare_boundaries(student, reference, masks, targets, 0)


@exercise("boundary_f_measure", costs=0.5)
def test_masks_without_a_boundary(student, reference):
    """Nothing found, nothing there, neither, and a full image: a share of nothing is 1."""
    none, full = torch.zeros_like(SQUARE), torch.ones_like(SQUARE)
    masks, targets = torch.cat([none, SQUARE, none, full]), torch.cat([SQUARE, none, none, SQUARE])
    compare_boundaries(student, reference, masks, targets, 1)


@exercise("boundary_f_measure", costs=0.5)
def test_boundaries_that_lie_far_apart(student, reference):
    """Both shares are 0: F is 0, and no NaN."""
    compare_boundaries(student, reference, blocks(10, 13, (0, 0, 2, 2)), blocks(10, 13, (7, 9, 9, 12)), 2)


@exercise("boundary_f_measure", costs=0.5)
def test_where_no_tolerance_is_given(student, reference):
    """0.008 times the diagonal, rounded up: 1 pixel for 10 x 13, 2 for 3 x 180 and for 92 x 90."""
    compare_boundaries(student, reference, blocks(10, 13, (2, 3, 7, 8)), SQUARE)
    for right in (61, 62, 63):
        masks, targets = blocks(3, 180, (0, 20, 3, right)), blocks(3, 180, (0, 20, 3, 60))
        compare_boundaries(student, reference, masks, targets)
    compare_boundaries(student, reference, blocks(92, 90, (20, 32, 40, 60)), blocks(92, 90, (20, 30, 40, 58)))


@exercise("boundary_f_measure", costs=0.25)
def test_a_tolerance_larger_than_the_image(student, reference):
    """A tolerance of 40 in 10 x 13: everything is near."""
    compare_boundaries(student, reference, blocks(10, 13, (0, 0, 2, 2)), blocks(10, 13, (7, 9, 9, 12)), 40)


def boundary_inputs(rng, N=2, H=5, W=7):
    """Return random masks, no two alike, and a tolerance of 1."""
    return rand(rng, N, H, W) > 0.4, rand(rng, N, H, W) > 0.6, 1.0


contract(
    "boundary_f_measure",
    inputs=boundary_inputs,
    all_at_once="NHW",
    square=dict.fromkeys("NHW", 5),
    one="N",
)
