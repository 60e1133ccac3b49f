"""Checks of pyramids: maps of several levels joined downwards, upwards and by weights, windows, levels, sizes.

Every module is given its parameters by name, so that no initial weight decides. Sizes are odd and never square.
"""

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    RuleBroken,
    assert_close,
    assert_equal,
    assert_inputs_unchanged,
    case,
    contract,
    exercise,
    module_answer,
    modules,
    randn,
    use_module,
)

DOUBLE = torch.float64
SAME_NUMBERS = {"instances_share_their_attributes": "all instances hold the same numbers, and `modules` asks for it"}
PRICE = {"names": 0.5, "gradients": 0.5, "apart": 0.25}


def levels(*shapes, scale=1.0):
    """Return what draws maps by name, the finest first."""
    names = ("zeta", "alpha", "mid", "beta")  # in no alphabet's order
    return lambda rng: ({n: randn(rng, *s, dtype=DOUBLE, scale=scale) for n, s in zip(names, shapes, strict=False)},)


# Probes


def names_that_come_out(ns, kind, args, settings, maps) -> list[str]:
    """Return the names of the maps that come out, in their order, and the kind of what they come in."""
    from collections import OrderedDict

    from autograder.authoring.filled import filled_module

    out = filled_module(ns, kind, args, settings, [maps], 4)(OrderedDict(maps))
    kinds = "an OrderedDict" if isinstance(out, OrderedDict) else f"a {type(out).__name__}"
    return [*(str(name) for name in out), kinds]


def use_levels(ns, kind, args, names, x, *others, **settings):
    """Make a module, give it numbers, and use it on maps of these names in evaluation mode."""
    from collections import OrderedDict

    from autograder.authoring.filled import fill, new_module

    module = new_module(ns, kind, args, settings)
    fill(module, 2)
    module = module.to(x.device, x.dtype).eval()
    with torch.no_grad():
        out = module(OrderedDict(zip(names, (x, *others), strict=True)))
    return list(out.values())


def spreads(ns, channels) -> list[float]:
    """Return the largest size of each parameter of a new pyramid, times the root of how many numbers it weighs."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = ns.FeaturePyramid([channels], channels).state_dict()
    weighed = {"inner": channels, "layer": 9 * channels}
    return [float(one.abs().max()) * weighed[name[:5]] ** 0.5 for name, one in sorted(state.items())]


def refusal(ns, kind, args, settings) -> str:
    """Return the name of the error that making a module raises, or "none"."""
    try:
        getattr(ns, kind)(*args, **settings)
    except Exception as problem:
        return type(problem).__name__
    return "none"


def refusal_of_a_call(ns, name, args, settings) -> str:
    """Return the name of the error that a call raises, or "none"."""
    try:
        getattr(ns, name)(*args, **settings)
    except Exception as problem:
        return type(problem).__name__
    return "none"


def pooled_windows(ns, args, settings, x) -> list[int]:
    """Return the larger sides of the windows of all max poolings that run, in their order."""
    from torch.utils._python_dispatch import TorchDispatchMode

    from autograder.authoring.filled import filled_module

    found = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, given=(), kwargs=None):
            if "max_pool2d" in str(function):
                found.append(int(max(given[1])))
            return function(*given, **(kwargs or {}))

    module = filled_module(ns, "SpatialPyramidPooling", args, settings, [x], 4).eval()
    with torch.no_grad(), Watch():
        module(x)
    return found


def compare_answers(student, reference, *call):
    """Ask both sides for what a module makes in evaluation, and compare."""
    assert_close(student.run(module_answer, *call), reference.run(module_answer, *call), what="what forward returns")


def compare_names(student, reference, *call):
    """Ask both sides for the names that come out, and compare."""
    came, expected = (door.run(names_that_come_out, *call) for door in (student, reference))
    if came[:-1] != expected[:-1]:
        raise Mismatch("the names that come out differ", ", ".join(came[:-1]), ", ".join(expected[:-1]))
    if came[-1] != expected[-1]:
        raise Mismatch("the maps come out in another kind of container", came[-1], expected[-1])


def expect_error(came, expected, call):
    if came != expected:
        raise Mismatch(f"{call} raises another error", came, expected)


# FeaturePyramid


def one_channel_pyramid():
    """Return the numbers of a pyramid of two levels and one channel in which nothing is changed on the way."""
    state = {}
    for level in range(2):
        smooth = torch.zeros(1, 1, 3, 3, dtype=DOUBLE)
        smooth[0, 0, 1, 1] = 1.0
        state[f"inner_blocks.{level}.0.weight"] = torch.ones(1, 1, 1, 1, dtype=DOUBLE)
        state[f"layer_blocks.{level}.0.weight"] = smooth
        for name in ("inner", "layer"):
            state[f"{name}_blocks.{level}.0.bias"] = torch.zeros(1, dtype=DOUBLE)
    return state


@exercise("FeaturePyramid")
def test_a_row_by_hand(student, reference):
    """The case in the text: (8, 4) under (1, 2, 3, 4), nothing smoothed."""
    rows = {"fine": [[[[1.0, 2.0, 3.0, 4.0]]]], "coarse": [[[[8.0, 4.0]]]]}
    maps = {name: torch.tensor(row, dtype=DOUBLE) for name, row in rows.items()}
    compare_answers(student, reference, "FeaturePyramid", [[1, 1], 1], {}, [maps], one_channel_pyramid())


modules(
    "FeaturePyramid",
    {
        "one level": {"one level": case([[3], 2], x=levels((2, 3, 4, 5)))},
        "two levels": {
            "two levels": case(
                [[2, 3], 4], x=levels((2, 2, 4, 6), (2, 3, 2, 3)), other=levels((1, 2, 6, 4), (1, 3, 3, 2))
            )
        },
        "odd sizes": {"rounded up": case([[2, 3], 2], x=levels((2, 2, 5, 7), (2, 3, 3, 4)))},
        "sizes of any kind": {"no halves": case([[2, 3], 2], x=levels((1, 2, 7, 5), (1, 3, 3, 3)))},
        "three levels": {"three levels": case([[2, 1, 3], 2], x=levels((1, 2, 8, 4), (1, 1, 4, 2), (1, 3, 2, 1)))},
        "one level more": {
            "an odd coarsest": case([[2, 3], 2], {"pool": True}, x=levels((1, 2, 6, 10), (1, 3, 3, 5))),
            "an even coarsest": case([[2, 3], 2], {"pool": True}, x=levels((1, 2, 8, 12), (1, 3, 4, 6))),
            "of one level alone": case([[2], 2], {"pool": True}, x=levels((1, 2, 3, 4))),
        },
        "of its real size": case([[256, 512, 1024, 2048], 256], large=True),
    },
    training=(),
    gradients=["three levels"],
    apart=["two levels"],
    rounded=True,
    costs=PRICE,
)


@exercise("FeaturePyramid", costs=0.25)
def test_pyramid_keeps_the_names_in_their_order(student, reference, rng):
    """The names go out as they came in, finest first, in an OrderedDict; "pool" stands last."""
    (maps,) = levels((1, 2, 4, 6), (1, 3, 2, 3))(rng)
    for settings in ({}, {"pool": True}):
        compare_names(student, reference, "FeaturePyramid", [[2, 3], 2], settings, maps)


@exercise("FeaturePyramid", costs=0.25)
def test_weights_start_as_those_of_torch(student):
    """Weights and biases start in the range that nn.Conv2d gives them, and not at 0."""
    came = student.run(spreads, 64)
    if not all(0.8 < one < 1.01 for one in came):
        raise RuleBroken(
            "Weights or biases start in another range than nn.Conv2d gives them: leave them as torch makes them."
        )


def pyramid_inputs(rng, N=2, C=3, O=1, H=5, W=4, dtype=DOUBLE):  # noqa: E741
    """Return how a pyramid of two levels is made, the names, and its maps."""
    fine, coarse = randn(rng, N, C, H, W, dtype=dtype), randn(rng, N, 2, (H + 1) // 2, (W + 1) // 2, dtype=dtype)
    return "FeaturePyramid", [[C, 2], O], ["fine", "coarse"], fine, coarse


contract(
    "FeaturePyramid",
    use=use_levels,
    inputs=pyramid_inputs,
    settings={"pool": True},
    square=dict.fromkeys("NCOHW", 3),
    one="NCHW",
    forbids=["torchvision", "FeaturePyramidNetwork"],
    instead="build the pyramid from layers of torch.nn",
    but=SAME_NUMBERS,
)


# assign_level


def boxes_of(*sizes, left=7.0, top=30.0, dtype=DOUBLE):
    """Return boxes of these widths and heights, none at the origin, each at another place."""
    rows = [(left + i, top - i, left + i + wide, top - i + high) for i, (wide, high) in enumerate(sizes)]
    return torch.tensor(rows, dtype=dtype)


def both_assign(student, reference, boxes, **settings):
    assert_equal(student.assign_level(boxes, **settings), reference.assign_level(boxes, **settings))


@exercise("assign_level")
def test_squares_between_the_bounds(student, reference):
    """Squares of 130 to 400 pixels, well inside their levels."""
    both_assign(student, reference, boxes_of((150, 150), (300, 300), (400, 400), (130, 130), (500, 500)))


@exercise("assign_level")
def test_long_boxes_by_their_area(student, reference):
    """Boxes of 56 × 224, 300 × 100 and 600 × 80: the root of the area counts, not a side."""
    both_assign(student, reference, boxes_of((56, 228), (300, 100), (600, 80), (60, 900), (40, 1000)))


@exercise("assign_level")
def test_squares_on_a_bound(student, reference):
    """A side of 112, 224 or 448 belongs to the upper level, a hundredth less to the lower one."""
    sides = [112, 111.99, 111.4, 224, 223.99, 223.4, 448, 447.99]
    both_assign(student, reference, boxes_of(*((side, side) for side in sides)))


@exercise("assign_level")
def test_what_is_too_small_or_too_large_gets_the_last_level_there_is(student, reference):
    """Boxes of 3 and of 3000 pixels, and other levels to choose from."""
    boxes = boxes_of((3, 4), (3000, 2000), (60, 50), (900, 950))
    both_assign(student, reference, boxes)
    both_assign(student, reference, boxes, k_min=3, k_max=4)


@exercise("assign_level", costs=0.5)
def test_levels_below_zero(student, reference):
    """With k_min below 0 a level of -0.5 is rounded down to -1."""
    boxes = boxes_of((10, 10), (5, 5), (20, 20), (40, 30))
    both_assign(student, reference, boxes, k_min=-3)


@exercise("assign_level", costs=0.5)
def test_boxes_without_an_area(student, reference):
    """A width, a height or both of 0: the finest level."""
    both_assign(student, reference, boxes_of((0, 50), (300, 0), (0, 0), (300, 300)))


@exercise("assign_level", costs=0.25)
def test_no_area_is_below_every_level(student, reference):
    """Where k_min is -15, a box without an area still belongs to it."""
    both_assign(student, reference, boxes_of((0, 50), (0, 0), (10, 10)), k_min=-15)


@exercise("assign_level", costs=0.5)
def test_no_boxes(student, reference):
    """Of no boxes come no levels, of the right shape and dtype."""
    both_assign(student, reference, torch.zeros(0, 4, dtype=DOUBLE))


@exercise("assign_level", costs=0.25)
def test_a_bound_missed_by_rounding_counts_as_met(student, reference):
    """A root that is a hair below a bound, less than a millionth of a level, counts as on it."""
    sides = [224 * (1 - 3e-7), 112 * (1 - 3e-7), 448 * (1 - 3e-7), 224 * (1 - 3e-6), 224 - 5e-7]
    both_assign(student, reference, boxes_of(*((side, side) for side in sides)))


def level_inputs(rng, N=5, dtype=DOUBLE):
    """Return boxes of many sizes, none near a bound; from the sixth on they come again."""
    sizes = [(150, 140), (300, 310), (30, 40), (500, 520), (70, 75), (900, 200)]
    return (boxes_of(*(sizes[i % 6] for i in range(N)), dtype=dtype),)


contract(
    "assign_level",
    inputs=level_inputs,
    settings={"k_min": 3, "k_max": 4, "k_middle": 3, "side": 100.0},
    all_at_once="N",
    digits=False,
    square=False,
    forbids=["torchvision"],
    instead="write the levels yourself",
    also=[{}, {"k_min": 1, "k_max": 7, "k_middle": 5, "side": 60.0}],
)


# PathAggregation

modules(
    "PathAggregation",
    {
        "two levels": {
            "two levels": case([3, 2], x=levels((2, 3, 4, 6), (2, 3, 2, 3)), other=levels((1, 3, 6, 4), (1, 3, 3, 2)))
        },
        "three levels": {"three levels": case([2, 3], x=levels((1, 2, 8, 6), (1, 2, 4, 3), (1, 2, 2, 2)))},
        "odd sizes": {"odd sizes": case([2, 2], x=levels((2, 2, 5, 7), (2, 2, 3, 4)))},
        "one level": {"one level": case([2, 1], x=levels((2, 2, 3, 4)))},
        "concatenated": {"concatenated": case([2, 2], {"join": "concat"}, x=levels((2, 2, 5, 4), (2, 2, 3, 2)))},
        "three concatenated": {
            "three concatenated": case([2, 3], {"join": "concat"}, x=levels((1, 2, 8, 6), (1, 2, 4, 3), (1, 2, 2, 2)))
        },
        "of its real size": case([256, 4], {"join": "concat"}, large=True),
        "of its real size, added": case([256, 4], large=True),
    },
    training=(),
    gradients=["three levels", "concatenated"],
    apart=["two levels"],
    rounded=True,
    costs=PRICE,
)


@exercise("PathAggregation")
@pytest.mark.parametrize("join", ["add", "concat"])
def test_a_step_up_by_hand(student, reference, join):
    """The case in the text: (2, 1, 0, 3) below (5, -4)."""
    rows = {"P2": [[[[2.0, 1.0, 0.0, 3.0]]]], "P3": [[[[5.0, -4.0]]]]}
    pick = torch.zeros(1, 1, 3, 3, dtype=DOUBLE)
    pick[0, 0, 1, 1] = 1.0
    fuse = 2 * pick if join == "add" else torch.cat([pick, -pick], dim=1)
    state = {"down_blocks.0.weight": pick, "out_blocks.0.weight": fuse}
    state |= {f"{name}_blocks.0.bias": torch.zeros(1, dtype=DOUBLE) for name in ("down", "out")}
    maps = {name: torch.tensor(row, dtype=DOUBLE) for name, row in rows.items()}
    compare_answers(student, reference, "PathAggregation", [1, 2], {"join": join}, [maps], state)


@exercise("PathAggregation", costs=0.25)
def test_path_keeps_the_names_in_their_order(student, reference, rng):
    """The names go out as they came in, finest first, in an OrderedDict."""
    (maps,) = levels((1, 2, 4, 6), (1, 2, 2, 3))(rng)
    compare_names(student, reference, "PathAggregation", [2, 2], {}, maps)


@exercise("PathAggregation", costs=0.25)
def test_another_way_to_join_is_refused(student):
    """join="sum" is a ValueError when the module is made."""
    expect_error(student.run(refusal, "PathAggregation", [2, 2], {"join": "sum"}), "ValueError", 'join="sum"')


def path_inputs(rng, N=2, C=1, H=5, W=4, dtype=DOUBLE):
    """Return how a path of two levels is made, the names, and its maps."""
    fine, coarse = randn(rng, N, C, H, W, dtype=dtype), randn(rng, N, C, (H + 1) // 2, (W + 1) // 2, dtype=dtype)
    return "PathAggregation", [C, 2], ["P2", "P3"], fine, coarse


contract(
    "PathAggregation",
    use=use_levels,
    inputs=path_inputs,
    settings={"join": "concat"},
    also=[{"join": "add"}],
    square=dict.fromkeys("NCHW", 3),
    one="NCHW",
    but=SAME_NUMBERS,
)


# SpatialPyramidPooling

FAST = {"fast": True}

modules(
    "SpatialPyramidPooling",
    {
        "as it is": {"as it is": case([3, 2, 3], x=(2, 3, 7, 6), other=(1, 3, 4, 6))},
        "fast": {"fast": case([3, 2, 3], FAST, x=(1, 3, 8, 6))},
        "smaller than a window": {
            "a map of one row": case([2, 2, 3], x=(1, 2, 1, 5)),
            "a map of one row, fast": case([2, 2, 3], FAST, x=(1, 2, 1, 5)),
        },
        "other windows": {
            "of 3 and 7": case([2, 2, 2], {"kernel_sizes": [3, 7]}, x=(1, 2, 8, 6)),
            "of 5 alone": case([2, 3, 2], {"kernel_sizes": [5]}, x=(1, 2, 7, 4)),
        },
        "other windows, fast": {
            "of 3, 9 and 11, fast": case([2, 2, 2], {"kernel_sizes": [3, 9, 11], **FAST}, x=(1, 2, 12, 7)),
            "of 7 alone, fast": case([2, 2, 2], {"kernel_sizes": [7], **FAST}, x=(1, 2, 9, 4)),
        },
        "of its real size": case([1024, 512, 1024], large=True),
    },
    training=(),
    gradients=["as it is", "fast"],
    apart=["a map of one row"],
    rounded=True,
    costs=PRICE,
)


@exercise("SpatialPyramidPooling")
@pytest.mark.parametrize("fast", [False, True], ids=["slow", "fast"])
def test_maps_that_are_negative_everywhere(student, reference, rng, fast):
    """What lies outside of the map takes no part, also where all values are below zero."""
    x = randn(rng, 1, 2, 4, 6, dtype=DOUBLE)
    values = {"cv1.bias": torch.full((2,), -20.0, dtype=DOUBLE)}
    compare_answers(student, reference, "SpatialPyramidPooling", [2, 2, 3], {"fast": fast}, [x], values)


@exercise("SpatialPyramidPooling", costs=0.5)
def test_the_fast_form_takes_the_smallest_windows(student, reference, rng):
    """With fast=True no pooling has a larger window than it needs."""
    for sizes in ([5, 9, 13], [3, 9, 11]):
        call = [2, 2, 3], {"kernel_sizes": sizes, **FAST}, randn(rng, 1, 2, 13, 12, dtype=DOUBLE)
        came, expected = student.run(pooled_windows, *call), reference.run(pooled_windows, *call)
        came = [int(one) for one in came]
        if sum(came) > sum(expected) and max(came) > max(expected):
            raise RuleBroken(
                f"With windows of {sizes} and fast=True, you pool with {came}, where {expected} are enough: each map "
                "can be made of the one before it."
            )


@exercise("SpatialPyramidPooling", costs=0.25)
def test_even_windows_are_refused(student):
    """A window of 4 has no middle: ValueError, fast or not."""
    for settings in ({"kernel_sizes": [4]}, {"kernel_sizes": [3, 6]}, {"kernel_sizes": [3, 6], **FAST}):
        came = student.run(refusal, "SpatialPyramidPooling", [2, 2, 3], settings)
        expect_error(came, "ValueError", f"kernel_sizes={settings['kernel_sizes']}")


def pooling_inputs(rng, N=2, C=3, S=4, O=1, H=5, W=6, dtype=DOUBLE):  # noqa: E741
    """Return how a pooling is made, and maps."""
    return "SpatialPyramidPooling", [C, S, O], {}, randn(rng, N, C, H, W, dtype=dtype)


contract(
    "SpatialPyramidPooling",
    use=use_module,
    inputs=pooling_inputs,
    settings={"kernel_sizes": [3, 7]},
    also=[{"kernel_sizes": [3, 5], "fast": True}],
    square=dict.fromkeys("NCSOHW", 3),
    one="NCSHW",
)


# weighted_fusion


def fusion_gradients(ns, maps, weights, method):
    """Return the gradients of a weighted sum of the answer for the weights and for each map."""
    leaves = [weights.clone().requires_grad_(), *(one.clone().requires_grad_() for one in maps)]
    given = [one.clone() for one in leaves]
    out = ns.weighted_fusion(given[1:], given[0], method)
    factors = torch.arange(1.0, out.numel() + 1, dtype=out.dtype).reshape(out.shape).sin()
    found = torch.autograd.grad((out * factors).sum(), leaves, allow_unused=True)
    return [torch.zeros_like(one) if grad is None else grad for one, grad in zip(leaves, found, strict=True)]


def three_maps(rng, dtype=DOUBLE):
    return [randn(rng, *shape, dtype=dtype) for shape in ((2, 3, 4, 6), (2, 3, 2, 3), (2, 3, 4, 6))]


def both_fuse(student, reference, *args, **settings):
    assert_close(student.weighted_fusion(*args, **settings), reference.weighted_fusion(*args, **settings))


def ones_by_hand(*numbers, shape=(1, 1, 1, 2)):
    return [torch.full(shape, float(number), dtype=DOUBLE) for number in numbers]


@exercise("weighted_fusion")
def test_shares_by_hand(student, reference):
    """Weights of 3 and 1 on maps of 10 and 2: very nearly 8."""
    both_fuse(student, reference, ones_by_hand(10, 2), torch.tensor([3.0, 1.0], dtype=DOUBLE))


@exercise("weighted_fusion")
def test_a_negative_weight_counts_as_zero(student, reference):
    """The case in the text: weights of 3, -2 and 1."""
    both_fuse(student, reference, ones_by_hand(10, 5, 2), torch.tensor([3.0, -2.0, 1.0], dtype=DOUBLE))


@exercise("weighted_fusion")
def test_epsilon_stands_beside_the_sum(student, reference):
    """With an epsilon of 2, weights of 3 and 1 have shares of a half and a sixth."""
    both_fuse(student, reference, ones_by_hand(12, 6), torch.tensor([3.0, 1.0], dtype=DOUBLE), eps=2.0)


@exercise("weighted_fusion", costs=0.5)
def test_only_negative_weights(student, reference):
    """Where every weight is negative or 0 the answer is 0, and not nan."""
    for weights in ([-1.0, -2.0], [0.0, 0.0], [0.0, -3.0]):
        both_fuse(student, reference, ones_by_hand(10, 2), torch.tensor(weights, dtype=DOUBLE))


@exercise("weighted_fusion")
def test_maps_of_the_same_size(student, reference, rng):
    """Three maps of two images and three channels, of one size."""
    maps = [randn(rng, 2, 3, 2, 4, dtype=DOUBLE) for _ in range(3)]
    both_fuse(student, reference, maps, torch.tensor([0.5, 2.0, 1.5], dtype=DOUBLE))


@exercise("weighted_fusion")
def test_smaller_maps_become_as_large_as_the_first(student, reference, rng):
    """A first map of 5 × 7, others of 3 × 4 and 2 × 2."""
    maps = [randn(rng, 1, 2, h, w, dtype=DOUBLE) for h, w in ((5, 7), (3, 4), (2, 2))]
    both_fuse(student, reference, maps, torch.tensor([1.0, 2.0, 0.5], dtype=DOUBLE))


@exercise("weighted_fusion")
def test_larger_maps_become_as_small_as_the_first(student, reference, rng):
    """A first map of 3 × 2 between larger ones."""
    maps = [randn(rng, 1, 2, h, w, dtype=DOUBLE) for h, w in ((3, 2), (6, 5), (2, 4))]
    both_fuse(student, reference, maps, torch.tensor([1.0, 2.0, 0.5], dtype=DOUBLE))


@exercise("weighted_fusion")
def test_scores_for_each_pixel(student, reference, rng):
    """A softmax over the maps at each pixel: two images, three maps, three channels."""
    both_fuse(student, reference, three_maps(rng), randn(rng, 2, 3, 4, 6, dtype=DOUBLE, scale=2.0), "softmax")


@exercise("weighted_fusion")
def test_as_many_maps_as_images_and_channels(student, reference, rng):
    """Two images, two maps, two channels: no shape tells which axis is which."""
    maps = [randn(rng, 2, 2, 2, 2, dtype=DOUBLE) for _ in range(2)]
    both_fuse(student, reference, maps, randn(rng, 2, 2, 2, 2, dtype=DOUBLE, scale=2.0), "softmax")


@exercise("weighted_fusion", costs=0.5)
def test_very_large_scores(student, reference, rng):
    """Scores of about 1000 and -1000 give shares that are finite."""
    scores = randn(rng, 2, 3, 4, 6, dtype=DOUBLE)
    scores[:, 0] += 1000
    scores[:, 1] -= 1000
    scores[:, 2] += 1000
    both_fuse(student, reference, three_maps(rng), scores, "softmax")


@exercise("weighted_fusion", costs=0.5)
@pytest.mark.parametrize("method", ["fast", "softmax"])
def test_gradients_reach_maps_and_weights(student, reference, rng, method):
    """The weights are there to be learned."""
    maps = [randn(rng, 1, 2, *size, dtype=DOUBLE) for size in ((2, 3), (1, 2))]
    weights = torch.tensor([1.5, 0.5], dtype=DOUBLE) if method == "fast" else randn(rng, 1, 2, 2, 3, dtype=DOUBLE)
    came, expected = (door.run(fusion_gradients, maps, weights, method) for door in (student, reference))
    for one, right, name in zip(came, expected, ("weights", "maps[0]", "maps[1]"), strict=True):
        assert_close(one, right, what=f"the gradient of {name}")


@exercise("weighted_fusion", costs=0.25)
def test_a_negative_weight_stays_what_it_is_for_the_caller(student):
    """Weights of 3, -2 and 1 are the same afterwards."""
    weights = torch.tensor([3.0, -2.0, 1.0], dtype=DOUBLE)
    assert_inputs_unchanged(student, "weighted_fusion", ones_by_hand(10, 5, 2), weights)


@exercise("weighted_fusion", costs=0.25)
def test_another_method_is_refused(student, rng):
    """method="mean" is a ValueError."""
    args = [[randn(rng, 1, 1, 2, 3)] * 2, torch.ones(2), "mean"]
    expect_error(student.run(refusal_of_a_call, "weighted_fusion", args, {}), "ValueError", 'method="mean"')


def fuse_pixels(rng, N=2, L=3, C=1, H=5, W=4, dtype=DOUBLE):
    """Return maps of two sizes and scores."""
    maps = [randn(rng, N, C, H, W, dtype=dtype)] + [randn(rng, N, C, 3, 2, dtype=dtype) for _ in range(L - 1)]
    return maps, randn(rng, N, L, H, W, dtype=dtype), "softmax"


def fuse_maps(rng, N=2, L=3, C=1, H=5, W=4, dtype=DOUBLE):
    """Return maps of two sizes and their weights, all of them above zero."""
    maps = [randn(rng, N, C, H, W, dtype=dtype)] + [randn(rng, N, C, 3, 2, dtype=dtype) for _ in range(L - 1)]
    return maps, torch.arange(1, L + 1).to(dtype) / 4


contract(
    "weighted_fusion",
    inputs=fuse_maps,
    settings={"eps": 0.5},
    also=[fuse_pixels],
    square=dict.fromkeys("NLCHW", 3),
    one="NLHW",
)


# multi_scale_batch


def batches(ns, images, boxes, calls, seed, bounds, repeatable=False, **settings):
    """Return what several calls give, each with the size of the one before, and what the generator gives next.

    Args:
        calls: (step, size) for each, where a size of -1 is that of the call before.
        bounds: low, high and stride, by name.
        repeatable: whether the global generator has a seed too, so that a mistake that asks it is known again.
    """
    generator = torch.Generator().manual_seed(seed)
    found, last = [], None
    with torch.random.fork_rng(devices=[], enabled=repeatable):
        if repeatable:
            torch.manual_seed(seed + 1)
        for step, size in calls:
            given = last if size == -1 else size
            out = ns.multi_scale_batch(images, boxes, step, given, generator, **bounds, **settings)
            last = out[2]
            found.append(list(out))
    return [found, torch.rand(1, generator=generator)]


def batches_agree(came, expected, **tolerances):
    """Compare sizes first, then what the generator gives next, images and boxes."""
    sizes = [[one[2] for one in found] for found in (came[0], expected[0])]
    assert_equal(*sizes, what="the sizes")
    assert_close(came[1], expected[1], what="what the generator gives next, after your calls")
    for (images, boxes, _), (right, right_boxes, _) in zip(came[0], expected[0], strict=True):
        assert_close(images, right, what="the images", **tolerances)
        assert_close(list(boxes), right_boxes, what="the boxes", **tolerances)


def both_batch(student, reference, *args, **settings):
    expected = reference.run(batches, *args, repeatable=True, **settings)
    batches_agree(student.run(batches, *args, repeatable=True, **settings), expected)


TINY = {"low": 2, "high": 6, "stride": 2}  # 2, 4 and 6


def scene(rng, dtype=DOUBLE):
    """Return two images of 4 × 6 pixels, with two boxes and with none."""
    boxes = [torch.tensor([[1.0, 0.5, 4.0, 3.0], [0.0, 0.0, 6.0, 4.0]], dtype=dtype), torch.zeros(0, 4, dtype=dtype)]
    return randn(rng, 2, 1, 4, 6, dtype=dtype), boxes


def blank(dtype=DOUBLE):
    return torch.zeros(1, 1, 2, 3, dtype=dtype), [torch.zeros(0, 4, dtype=dtype)]


@exercise("multi_scale_batch")
def test_images_and_boxes_at_a_given_size(student, reference, rng):
    """Nothing is drawn: size 5 in step 3, then 8 in step 7."""
    both_batch(student, reference, *scene(rng), [(3, 5), (7, 8)], 0, TINY)


@exercise("multi_scale_batch", costs=0.25)
def test_where_nothing_is_drawn_there_need_be_no_multiple(student):
    """Size 5 in step 3, between 4 and 5, where no multiple of 3 lies: no error."""
    expect_error(student.run(error_of_a_batch, 3, 5), "none", "size=5, step=3, low=4, high=5, stride=3")


@exercise("multi_scale_batch")
def test_relative_boxes_stay(student, reference, rng):
    """Boxes in shares of width and height are the same in every size."""
    images, boxes = scene(rng)
    shares = torch.tensor([6.0, 4.0, 6.0, 4.0], dtype=DOUBLE)
    both_batch(student, reference, images, [one / shares for one in boxes], [(3, 5)], 0, TINY, relative=True)


@exercise("multi_scale_batch")
def test_a_size_is_drawn_in_each_tenth_step_alone(student, reference):
    """Steps 0 to 30, one after the other."""
    steps = [(step, -1) for step in range(31)]
    both_batch(student, reference, *blank(), steps, 5, TINY)


@exercise("multi_scale_batch")
def test_without_a_size_one_is_drawn_in_any_step(student, reference):
    """A run that is taken up in step 4 or 13 has no size yet."""
    both_batch(student, reference, *blank(), [(4, None), (5, -1), (13, None), (14, -1)], 2, TINY)


@exercise("multi_scale_batch")
@pytest.mark.parametrize("seed", range(3))
def test_all_sizes_are_drawn(student, reference, seed):
    """The smallest, the largest and each between, twelve draws."""
    both_batch(student, reference, *blank(), [(10 * i, -1) for i in range(12)], seed, TINY)


@exercise("multi_scale_batch")
def test_bounds_that_are_no_multiples(student, reference):
    """Of multiples of 3 in 4 to 11 there are 6 and 9, in 5 to 7 there is one."""
    for low, high in ((4, 11), (5, 7)):
        calls = [(10 * i, -1) for i in range(6)]
        both_batch(student, reference, *blank(), calls, 1, {"low": low, "high": high, "stride": 3})


@exercise("multi_scale_batch")
def test_where_nothing_is_said_sizes_are_those_of_yolo(student, reference):
    """The ten sizes from 320 to 608, asked of a map of one pixel."""
    for seed in (0, 4):
        generator_free = [(0, None)]
        came, expected = (door.run(sizes_alone, generator_free, seed) for door in (student, reference))
        assert_equal(came, expected, what="the sizes")


def sizes_alone(ns, calls, seed):
    """Return the sizes alone of calls with all defaults."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.zeros(1, 1, 1, 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1)
        return [ns.multi_scale_batch(x, [torch.zeros(0, 4)], step, size, generator)[2] for step, size in calls * 4]


@exercise("multi_scale_batch", costs=0.25)
def test_boxes_in_float64_grow_by_factors_in_float64(student, reference):
    """A factor of 5 / 6, of which float32 has eight digits, and float64 sixteen."""
    call = (
        torch.zeros(1, 1, 4, 6, dtype=DOUBLE),
        [torch.tensor([[1.0, 0.5, 4.0, 3.0]], dtype=DOUBLE)],
        [(3, 5)],
        0,
        TINY,
    )
    came, expected = (door.run(batches, *call)[0][0][1][0] for door in (student, reference))
    assert_close(came, expected, rtol=1e-11, atol=0.0, what="the boxes")


def boxes_that_came(ns, images, boxes, relative) -> list[str]:
    """Return what of the given boxes comes back: the list, or tensors in the same memory."""
    _, moved, _ = ns.multi_scale_batch(images, boxes, 3, 5, torch.Generator(), relative=relative)
    tensors = any(one.data_ptr() == other.data_ptr() for one, other in zip(moved, boxes, strict=True))
    return ["the list"] * (moved is boxes) + ["its tensors"] * tensors


@exercise("multi_scale_batch", costs=0.25)
def test_the_boxes_that_come_out_are_new(student, rng):
    """Neither the list nor a tensor of it comes back, also where boxes are relative and stay."""
    images, boxes = scene(rng)
    for relative in (False, True):
        came = student.run(boxes_that_came, images, boxes[:1] * 2, relative)
        if came:
            raise Mismatch(f"with relative={relative}, what was given comes back", " and ".join(came), "new boxes")


@exercise("multi_scale_batch", costs=0.25)
def test_no_multiple_is_refused(student):
    """Between 4 and 5 there is no multiple of 3: ValueError, where one has to be drawn."""
    came = student.run(error_of_a_batch, 0, None)
    expect_error(came, "ValueError", "low=4, high=5, stride=3")


def error_of_a_batch(ns, step, size) -> str:
    """Return the name of the error where no size can be drawn, or "none"."""
    try:
        x = torch.zeros(1, 1, 2, 3)
        ns.multi_scale_batch(x, [torch.zeros(0, 4)], step, size, torch.Generator(), low=4, high=5, stride=3)
    except Exception as problem:
        return type(problem).__name__
    return "none"


def batch_inputs(rng, N=2, C=1, H=4, W=5, dtype=DOUBLE):
    """Return images, boxes, three steps and a seed."""
    boxes = [torch.tensor([[1.0, 0.5, 3.0, 2.0]] * (i % 3 + 1), dtype=dtype) for i in range(N)]
    return randn(rng, N, C, H, W, dtype=dtype), boxes, [(0, None), (3, -1)], 3, TINY


contract(
    "multi_scale_batch",
    inputs=batch_inputs,
    use=batches,
    compare=batches_agree,
    settings={"every": 3, "relative": True},
    also=[{"relative": False}],
    square=dict.fromkeys("NCHW", 3),
    one="N",
    device=False,
)
