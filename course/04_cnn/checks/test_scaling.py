"""Checks of the notebook on scaling: two inverted bottlenecks, compound scaling, ConvNeXt's block, a random search."""

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    assert_close,
    assert_equal,
    contract,
    exercise,
    randn,
)

DOUBLE = torch.float64


# Blocks. Each is filled with numbers that follow from the names of its parameters, so that only names, shapes and
# what is computed count: in which order or with which numbers they are made is free.


def state_of(ns, kind, args, settings) -> dict[str, list[int]]:
    """Probe: the names of what a block stores, each with its shape."""
    block = getattr(ns, kind)(*args, **settings)
    return {name: list(value.shape) for name, value in block.state_dict().items()}


def answers_of(ns, kind, args, settings, x, is_training=False):
    """Probe: the output of a filled block, and after training its running numbers."""
    from coursekit.blocks import fill

    block = getattr(ns, kind)(*args, **settings).to(x.dtype).train(is_training)
    fill(block, 5)
    with torch.no_grad():
        out = block(x)
    running = {name: value for name, value in block.named_buffers() if value.is_floating_point()}
    return out, running if is_training else {}


def gradients_of(ns, kind, args, settings, x, grad_out):
    """Probe: the gradients of the input and of each parameter, by name, in training mode."""
    from coursekit.blocks import fill

    block = getattr(ns, kind)(*args, **settings).to(x.dtype).train()
    fill(block, 6)
    x = x.clone().requires_grad_()
    block(x).backward(grad_out)
    named = {name: value.grad for name, value in block.named_parameters() if value.grad is not None}
    return x.grad, named


def asked_twice(ns, kind, args, settings, x, other):
    """Probe: whether a block answers as before after another was asked, what it answers, and what the other does."""
    from coursekit.blocks import fill

    blocks = [getattr(ns, kind)(*args, **settings).to(x.dtype).eval() for _ in range(2)]
    for seed, block in enumerate(blocks):
        fill(block, seed)
    with torch.no_grad():
        first = blocks[0](x)
        blocks[1](other)
        return torch.equal(first, blocks[0](x)), first, blocks[1](x)


def assert_same_names(student, reference, kind, row, args, settings):
    """The names come first: without them no weight finds its place."""
    came, expected = (door.run(state_of, kind, args, settings) for door in (student, reference))
    missing, spare = sorted(set(expected) - set(came)), sorted(set(came) - set(expected))
    if missing or spare:
        raise Mismatch(
            f"a block {row} stores its parameters under other names",
            f"not expected: {', '.join(map(str, spare)) or 'none'}",
            f"and missing: {', '.join(missing) or 'none'}",
        )
    for name, shape in expected.items():
        assert_equal(came[name], shape, what=f"the shape of {name} in a block {row}")


def assert_same_answers(student, reference, kind, args, settings, x, is_training):
    """Output first, then the running numbers that training leaves."""
    asked = (kind, args, settings, x, is_training)
    came, expected = (door.run(answers_of, *asked) for door in (student, reference))
    assert_close(came[0], expected[0], what="the block's output")
    assert_close(came[1], expected[1], what="the running means and variances afterwards")


# A row for each block that decides: arguments, settings, shape of x.
MBCONVS = {
    "with a shortcut": ([4, 4], {"kernel_size": 3, "expand_ratio": 3}, (2, 4, 3, 5)),
    "with other channels": ([5, 7], {"kernel_size": 3, "expand_ratio": 2}, (2, 5, 2, 3)),
    "with a stride and the same channels": ([4, 4], {"stride": 2, "expand_ratio": 3}, (3, 4, 4, 7)),
    "without an expansion": ([9, 3], {"expand_ratio": 1, "kernel_size": 5}, (2, 9, 4, 3)),
    "without an expansion, with a shortcut": ([4, 4], {"expand_ratio": 1}, (2, 4, 3, 4)),
    "of two channels": ([2, 3], {"expand_ratio": 2, "activation": "relu6"}, (2, 2, 5, 3)),
    "of a Lite network": (
        [5, 7],
        {"squeeze": False, "activation": "relu6", "kernel_size": 5, "stride": 2, "expand_ratio": 3},
        (2, 5, 6, 5),
    ),
}
FUSED = {
    "with a shortcut": ([4, 4], {"kernel_size": 3, "expand_ratio": 2}, (2, 4, 3, 5)),
    "with other channels": ([2, 5], {"kernel_size": 5, "expand_ratio": 2}, (2, 2, 2, 3)),
    "with a stride and the same channels": ([4, 4], {"stride": 2, "expand_ratio": 2}, (3, 4, 4, 7)),
    "without an expansion": ([4, 6], {"expand_ratio": 1, "kernel_size": 5}, (2, 4, 4, 3)),
    "without an expansion, with a shortcut": ([3, 3], {"expand_ratio": 1}, (2, 3, 4, 5)),
    "without an expansion, with a stride": ([4, 6], {"expand_ratio": 1, "stride": 3}, (2, 4, 7, 5)),
}
CONVNEXTS = {
    "with its kernel of 7": ([2], {}, (1, 2, 8, 9)),
    "with a kernel of 3": ([5], {"kernel_size": 3}, (2, 5, 3, 4)),
    "of one channel": ([1], {"kernel_size": 5}, (2, 1, 5, 4)),
    "on a map smaller than its kernel": ([4], {"layer_scale": 0.5}, (2, 4, 2, 3)),
}
KINDS = {"MBConv": MBCONVS, "FusedMBConv": FUSED, "ConvNeXtBlock": CONVNEXTS}
BLOCKS = [
    pytest.param(kind, *row, marks=exercise(kind), id=f"{kind} {name}")
    for kind, rows in KINDS.items()
    for name, row in rows.items()
]
ONE_OF_EACH = [
    pytest.param(kind, *rows["with other channels"], marks=exercise(kind), id=kind)
    for kind, rows in (("MBConv", MBCONVS), ("FusedMBConv", FUSED))
] + [
    pytest.param("ConvNeXtBlock", *CONVNEXTS["with a kernel of 3"], marks=exercise("ConvNeXtBlock"), id="ConvNeXtBlock")
]


# In evaluation a stride may stand in either of two layers; in training the normalisation between them tells.
STRIDED = [
    pytest.param(kind, *rows["with a stride and the same channels"], marks=exercise(kind), id=f"{kind} with a stride")
    for kind, rows in (("MBConv", MBCONVS), ("FusedMBConv", FUSED))
]


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=exercise(kind)) for kind in KINDS])
def test_a_block_stores_its_parameters_under_the_names_of_its_docstring(student, reference, kind):
    """Names and shapes of parameters and running numbers are those of the docstring, so that real weights load."""
    for name, (args, settings, _) in KINDS[kind].items():
        assert_same_names(student, reference, kind, name, args, settings)


@pytest.mark.parametrize(("kind", "args", "settings", "shape"), BLOCKS)
def test_a_block_gives_the_reference_s_output_in_evaluation(student, reference, rng, kind, args, settings, shape):
    """With the same weights and running numbers, the outputs agree in evaluation mode."""
    x = randn(rng, *shape, dtype=DOUBLE, scale=2.0)
    assert_same_answers(student, reference, kind, args, settings, x, is_training=False)


@pytest.mark.parametrize(("kind", "args", "settings", "shape"), ONE_OF_EACH + STRIDED)
def test_a_block_gives_the_reference_s_output_in_training(student, reference, rng, kind, args, settings, shape):
    """In training mode the output and the running numbers after it agree."""
    x = randn(rng, *shape, dtype=DOUBLE, scale=2.0, shift=0.5)
    assert_same_answers(student, reference, kind, args, settings, x, is_training=True)


@pytest.mark.parametrize(("kind", "args", "settings", "shape"), ONE_OF_EACH)
def test_gradients_reach_the_input_and_every_parameter(student, reference, rng, kind, args, settings, shape):
    """Autograd's gradients of the input and of every parameter agree, so nothing was cut off."""
    x = randn(rng, *shape, dtype=DOUBLE)
    width = args[-1]
    grad_out = randn(rng, shape[0], width, *shape[2:], dtype=DOUBLE)
    asked = (kind, args, settings, x, grad_out)
    came, expected = (door.run(gradients_of, *asked) for door in (student, reference))
    assert_close(came[0], expected[0], what="the gradient of the input")
    assert_close(came[1], expected[1], what="the gradients of the parameters")


@pytest.mark.parametrize(("kind", "args", "settings", "shape"), ONE_OF_EACH)
def test_two_blocks_share_nothing(student, reference, rng, kind, args, settings, shape):
    """A second block has weights of its own, and a second call answers as the first."""
    x, other = (randn(rng, *shape, dtype=DOUBLE) for _ in range(2))
    asked = (kind, args, settings, x, other)
    came, expected = (door.run(asked_twice, *asked) for door in (student, reference))
    assert_equal(came[0], expected[0], what="whether a second call answers as the first did")
    assert_close(came[1], expected[1], what="the first block's answer")
    assert_close(came[2], expected[2], what="another block's answer")


@exercise("ConvNeXtBlock")
def test_the_layer_scale_is_a_parameter_with_the_start_that_is_asked_for(student, reference):
    """layer_scale starts with the number given, 1e-6 by default, for each channel, and is trained."""
    for settings in ({}, {"layer_scale": 0.25}):
        came, expected = (door.run(first_scale, settings) for door in (student, reference))
        assert_equal(came, expected, what="layer_scale of a new block, and whether it is trained")


def first_scale(ns, settings):
    """Probe: the layer scale of a new block, and whether it takes a gradient."""
    block = ns.ConvNeXtBlock(3, **settings)
    scale = dict(block.named_parameters()).get("layer_scale")
    if scale is None:
        return "layer_scale is no parameter of the block"
    return scale.detach(), scale.requires_grad


def use_mbconv(ns, x, **settings):
    """Build a filled block with three channels out, and use it in evaluation."""
    from coursekit.blocks import fill

    block = ns.MBConv(x.shape[1], 3, **settings)
    fill(block, 2)
    block = block.to(x.device, x.dtype).eval()
    with torch.no_grad():
        return block(x)


def use_fused_mbconv(ns, x, **settings):
    """Build a filled block with three channels out, and use it in evaluation."""
    from coursekit.blocks import fill

    block = ns.FusedMBConv(x.shape[1], 3, **settings)
    fill(block, 2)
    block = block.to(x.device, x.dtype).eval()
    with torch.no_grad():
        return block(x)


def use_convnext(ns, x, **settings):
    """Build a filled block, and use it in evaluation."""
    from coursekit.blocks import fill

    block = ns.ConvNeXtBlock(x.shape[1], **settings)
    fill(block, 2)
    block = block.to(x.device, x.dtype).eval()
    with torch.no_grad():
        return block(x)


def maps(rng, N=2, C=4, H=3, W=5, dtype=DOUBLE):
    """A batch of maps."""
    return (randn(rng, N, C, H, W, dtype=dtype, scale=3.0),)


READY_MADE = ["efficientnet", "convnext", "CNBlock"]
SQUARE = dict.fromkeys("NCHW", 4)
# `use` makes one block only; test_two_blocks_share_nothing sees what two of them share.
TWO_BLOCKS = {"instances_share_their_attributes": "two blocks are asked in turn in a test of their own"}
SHARES = {"alone": 0.2, "device": 0.1, "dtype": 0.1, "strides": 0.1}
WIDE = {"kernel_size": 5, "stride": 2, "expand_ratio": 3, "activation": "relu6", "eps": 0.5}

contract(
    "MBConv",
    inputs=maps,
    use=use_mbconv,
    settings={**WIDE, "squeeze": False},
    forbids=READY_MADE,
    instead="make the block of single layers",
    draws=True,
    square=SQUARE,
    costs=SHARES,
    but=TWO_BLOCKS,
)
contract(
    "FusedMBConv",
    inputs=maps,
    use=use_fused_mbconv,
    settings=WIDE,
    forbids=READY_MADE,
    instead="make the block of single layers",
    draws=True,
    square=SQUARE,
    costs=SHARES,
    but=TWO_BLOCKS,
)
contract(
    "ConvNeXtBlock",
    inputs=maps,
    use=use_convnext,
    settings={"kernel_size": 5},
    forbids=READY_MADE,
    instead="make the block of single layers",
    draws=True,
    square=SQUARE,
    costs=SHARES,
    but=TWO_BLOCKS,
)


# compound_scaling


LITE = [(1, 16, 2), (2, 24, 4), (2, 40, 8), (3, 80, 16), (3, 112, 16), (4, 192, 32), (1, 320, 32)]
GROWTHS = {
    "the example of the text": ([(3, 40, 8)], 224, 3.0),
    "a small network, grown": ([(1, 16, 2), (2, 24, 4), (5, 40, 16)], 100, 5.5),
    "the same, once": ([(1, 16, 2), (2, 24, 4), (5, 40, 16)], 100, 1.0),
    "a large network, shrunk": ([(7, 96, 4), (4, 200, 8)], 320, 0.3),
    "channels that are rounded far": ([(2, 10, 4), (3, 13, 8), (1, 11, 8)], 65, 1.4),
    "many stages": (LITE, 224, 11.0),
}


def assert_grown(came, expected):
    """Compare the parts by name: phi, stages, resolution, growth."""
    if type(came) is not dict or set(came) != set(expected):
        raise Mismatch(
            "compound_scaling returns the wrong kind",
            ", ".join(map(str, came)) if type(came) is dict else type(came).__name__,
            f"a dict of {', '.join(expected)}",
        )
    for name in ("phi", "stages", "resolution", "growth"):
        compare = assert_close if name in ("phi", "growth") else assert_equal
        compare(came[name], expected[name], what=name)


@exercise("compound_scaling")
@pytest.mark.parametrize("name", list(GROWTHS))
def test_a_network_grows_as_the_reference_s(student, reference, name):
    """phi, the stages, the resolution and the real growth agree, for networks that grow, stay and shrink."""
    stages, resolution, times = GROWTHS[name]
    came = student.compound_scaling(stages, resolution, times)
    assert_grown(came, reference.compound_scaling(stages, resolution, times))


@exercise("compound_scaling")
def test_each_dial_can_turn_alone(student, reference):
    """A base of 1 leaves its dial where it is, and one below 1 turns it back."""
    for bases in ((2.0, 1.0, 1.0), (1.0, 1.4, 1.0), (1.0, 1.0, 1.4), (1.3, 0.95, 1.2)):
        asked = ([(3, 40, 4), (2, 72, 8)], 96, 4.3, *bases)
        assert_grown(student.compound_scaling(*asked), reference.compound_scaling(*asked))


def refusal_of(ns, *args):
    """Probe: which exception a call is refused with."""
    try:
        ns.compound_scaling(*args)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "no exception"


@exercise("compound_scaling", costs=0.25)
@pytest.mark.parametrize(
    ("times", "bases"),
    [(0.0, (1.2, 1.1, 1.15)), (-2.0, (1.2, 1.1, 1.15)), (2.0, (1.0, 1.0, 1.0)), (2.0, (0.5, 1.1, 1.15))],
    ids=str,
)
def test_a_growth_that_no_phi_gives_is_refused(student, reference, times, bases):
    """Nothing times as large, or bases that don't grow, raise a ValueError."""
    asked = ([(3, 40, 4)], 96, times, *bases)
    came, expected = (door.run(refusal_of, *asked) for door in (student, reference))
    assert_equal(came, expected, what=f"the response to times={times} and bases {bases}")


contract(
    "compound_scaling",
    inputs=lambda rng: ([(3, 40, 4), (2, 72, 8)], 96, 5.0),
    settings={"alpha": 1.5, "beta": 1.25, "gamma": 1.05, "divisor": 4},
    compare=assert_grown,
    strides=False,
    device=False,
    square=False,
    one=(),
)


# architecture_search. The scores are a table that the check draws, so the answer is known. In which order architectures
# are drawn is free: what is compared are sets, counts and the best.


def search(ns, scores, costs, budget, num_trials, seed=0):
    """Probe: search widths, depths and kernels by tables; return the best, the history and what was asked."""
    space = {
        "width": [8, 16, 24, 32][: scores.shape[0]],
        "depth": [1, 2, 3][: scores.shape[1]],
        "kernel": [3, 5, 7][: scores.shape[2]],
    }
    before = {name: list(choices) for name, choices in space.items()}
    asked = []

    def place_of(architecture):
        return tuple(before[name].index(architecture[name]) for name in before)

    def score(architecture):
        asked.append(place_of(architecture))
        torch.rand(3)  # training draws from torch's global state
        return float(scores[place_of(architecture)])

    def cost(architecture):
        return float(costs[place_of(architecture)])

    own = torch.get_rng_state()
    torch.manual_seed(97531)
    best, history = ns.architecture_search(space, cost, score, budget, num_trials, seed)
    drawn = torch.rand(1).item()
    torch.manual_seed(97531)
    torch.rand(3 * len(asked))
    is_untouched = drawn == torch.rand(1).item()
    torch.set_rng_state(own)
    return {
        "best": dict(best),
        "tried": [(dict(architecture), float(value)) for architecture, value in history],
        "asked": [list(place) for place in asked],
        "space": space == before,
        "untouched": is_untouched,
    }


def many_searches(ns, scores, costs, budget, num_trials, num_seeds):
    """Probe: the architectures that searches with the seeds 0, 1, ... tried, as places, in their order."""
    space = {"width": list(range(scores.shape[0])), "depth": list(range(scores.shape[1]))}
    found = []
    for seed in range(num_seeds):
        _, history = ns.architecture_search(
            space,
            lambda one: float(costs[one["width"], one["depth"], 0]),
            lambda one: float(scores[one["width"], one["depth"], 0]),
            budget,
            num_trials,
            seed,
        )
        found.append([(one["width"], one["depth"]) for one, _ in history])
    return found


def distinct(rng, *shape):
    """Return numbers in [0, 1) no two of which are near each other."""
    num = torch.Size(shape).numel()
    return (torch.from_numpy(rng.permutation(num)).double().reshape(shape) + 0.25) / num


def by_name(tried):
    """Return a history in an order that doesn't depend on the draw."""
    return sorted(tried, key=lambda one: sorted(one[0].items()))


def assert_tried(came, num, everything):
    """There are `num` different architectures, each with its score, and each was scored once."""
    assert_equal(len(came["tried"]), num, what="how many architectures the history has")
    assert_equal(len(came["asked"]), num, what="how often score was called")
    names = [tuple(sorted(architecture.items())) for architecture, _ in came["tried"]]
    if len(set(names)) < num:
        raise Mismatch("an architecture was tried twice", f"{len(set(names))} different ones of {num}", "all different")
    right = {tuple(sorted(architecture.items())): value for architecture, value in everything["tried"]}
    for name, (architecture, value) in zip(names, came["tried"], strict=True):
        if name not in right:
            raise Mismatch("an architecture was tried that is not to be", str(architecture), "one within the budget")
        assert_close(value, right[name], what=f"the score that the history has for {architecture}")


@exercise("architecture_search")
def test_with_as_many_trials_as_architectures_the_best_of_all_is_found(student, reference, rng):
    """All 24 are tried, the best of the exhaustive search is found, and the history says each with its score."""
    scores, costs = distinct(rng, 4, 3, 2), distinct(rng, 4, 3, 2)
    came, expected = (door.run(search, scores, costs, 2.0, 24) for door in (student, reference))
    assert_tried(came, 24, expected)
    assert_equal(came["best"], expected["best"], what="the best architecture")


@exercise("architecture_search")
def test_more_trials_than_architectures_are_as_many_as_there_are(student, reference, rng):
    """A hundred trials in a space of which nine fit the budget score those nine."""
    scores, costs = distinct(rng, 4, 3, 2), distinct(rng, 4, 3, 2)
    budget = float(costs.flatten().sort().values[8])  # just as much is allowed
    came, expected = (door.run(search, scores, costs, budget, 100) for door in (student, reference))
    assert_tried(came, 9, expected)
    assert_equal(came["best"], expected["best"], what="the best architecture within the budget")


@exercise("architecture_search")
@pytest.mark.parametrize("num_trials", [1, 8])
def test_few_trials_are_of_different_architectures_within_the_budget(student, reference, rng, num_trials):
    """So many are scored, all different, all within the budget, and the best of them is returned."""
    scores, costs = distinct(rng, 4, 3, 2), distinct(rng, 4, 3, 2)
    scores = torch.where(costs > costs.flatten().sort().values[11], scores + 1, scores)  # the dear ones are better
    budget = float(costs.flatten().sort().values[11])
    everything = reference.run(search, scores, costs, budget, 24)
    came = student.run(search, scores, costs, budget, num_trials, 3)
    assert_tried(came, num_trials, everything)
    best = max(came["tried"], key=lambda one: one[1])[0]
    assert_equal(came["best"], best, what="the best of those that were tried")


@exercise("architecture_search")
def test_scores_below_zero_have_a_best_too(student, reference, rng):
    """A score may be a loss with its sign turned: all are negative, and the highest is still the best."""
    scores, costs = distinct(rng, 3, 2, 3) - 5, distinct(rng, 3, 2, 3)
    came, expected = (door.run(search, scores, costs, 2.0, 18) for door in (student, reference))
    assert_tried(came, 18, expected)
    assert_equal(came["best"], expected["best"], what="the best architecture")


@exercise("architecture_search")
def test_of_equal_scores_the_cheapest_is_best(student, rng):
    """All 24 have the same score, and the two that were tried first are then made the dearest."""
    scores, costs = torch.ones(4, 3, 2, dtype=DOUBLE), distinct(rng, 4, 3, 2)
    first = student.run(search, scores, costs, 9.0, 24)["asked"][:2]
    for place, dear in zip(first, (4.0, 5.0), strict=False):
        costs[tuple(int(one) for one in place)] = dear
    came = student.run(search, scores, costs, 9.0, 24)
    assert_equal(len(came["tried"]), 24, what="how many architectures the history has")
    width, depth, kernel = (int(one) for one in torch.unravel_index(costs.argmin(), costs.shape))
    cheapest = {"width": 8 * (width + 1), "depth": depth + 1, "kernel": 2 * kernel + 3}
    assert_equal(came["best"], cheapest, what="the best of those with the same score")


@exercise("architecture_search")
@pytest.mark.parametrize("seed", [0, 1])
def test_of_equal_scores_and_costs_the_one_tried_first_is_best(student, rng, seed):
    """Where nothing tells them apart, the history does."""
    scores, costs = torch.ones(4, 3, 2, dtype=DOUBLE), torch.ones(4, 3, 2, dtype=DOUBLE)
    came = student.run(search, scores, costs, 1.0, 24, seed)
    assert_equal(len(came["tried"]), 24, what="how many architectures the history has")
    assert_equal(came["best"], came["tried"][0][0], what="the best of those that are all the same")


@exercise("architecture_search")
def test_every_architecture_is_as_likely_as_any_other(student, rng):
    """In 400 searches of two trials each of the seven that fit comes first, and second, about equally often."""
    scores, costs = torch.rand(4, 3, 1), torch.zeros(4, 3, 1)
    costs[0], costs[2, 1:] = 9, 9  # the seven others fit; a width has three, one or none that do
    found = student.run(many_searches, scores, costs, 1.0, 2, 400)
    for turn in (0, 1):
        counts = {}
        for history in found:
            counts[history[turn]] = counts.get(history[turn], 0) + 1
        for place in [(w, d) for w in (1, 2, 3) for d in range(3) if w != 2 or d == 0]:
            # 57 expected, with a standard deviation of 7: a fair draw stays inside by far
            if not 20 <= counts.get(place, 0) <= 95:
                raise Mismatch(
                    f"choices {place} (width, depth) don't come as often as others in trial {turn + 1}",
                    f"{counts.get(place, 0)} of 400",
                    "about 57 of 400, as for each of the seven that fit",
                )


@exercise("architecture_search", costs=0.25)
def test_the_seed_decides_what_is_tried(student, rng):
    """The same seed gives the same history, and other seeds give others."""
    scores, costs = distinct(rng, 4, 3, 2), distinct(rng, 4, 3, 2)
    runs = [student.run(search, scores, costs, 2.0, 5, seed)["tried"] for seed in (11, 11, 12, 13, 14)]
    assert_equal(runs[1], runs[0], what="the history of a second search with the same seed")
    if all(run == runs[0] for run in runs[2:]):
        raise Mismatch("other seeds try the same", "one history for the seeds 11 to 14", "a history for each seed")


@exercise("architecture_search", costs=0.25)
def test_the_space_and_torchs_random_state_stay_as_they_are(student, rng):
    """The lists of choices are the caller's, and so are torch's random numbers."""
    scores, costs = distinct(rng, 4, 3, 2), distinct(rng, 4, 3, 2)
    came = student.run(search, scores, costs, 0.6, 6)
    assert_equal(came["space"], True, what="whether `space` is as it was")
    assert_equal(came["untouched"], True, what="whether torch's global random state is as `score` left it")


def refusal_of_search(ns, scores, costs, budget):
    """Probe: which exception a search is refused with, and how many architectures it scored."""
    asked = []
    space = {"width": [0, 1], "depth": [0, 1, 2]}

    def score(architecture):
        asked.append(architecture)
        return float(scores[architecture["width"], architecture["depth"], 0])

    try:
        ns.architecture_search(space, lambda one: float(costs[one["width"], one["depth"], 0]), score, budget, 3)
    except Exception as problem:
        return ["ValueError" if isinstance(problem, ValueError) else type(problem).__name__, len(asked)]
    return ["no exception", len(asked)]


@exercise("architecture_search", costs=0.25)
def test_a_budget_that_nothing_fits_is_refused(student, reference, rng):
    """Where every architecture costs too much, a ValueError says so, and none is scored."""
    scores, costs = distinct(rng, 2, 3, 1), 1 + distinct(rng, 2, 3, 1)
    came, expected = (door.run(refusal_of_search, scores, costs, 0.5) for door in (student, reference))
    assert_equal(came, expected, what="the exception and the number of scores for a budget that nothing fits")


def search_everything(ns, scores, costs):
    """Probe: the best and all that was tried, in an order that doesn't depend on the draw."""
    space = {"width": list(range(scores.shape[0])), "depth": list(range(scores.shape[1]))}

    def at(table):
        return lambda one: float(table[one["width"], one["depth"]])

    best, history = ns.architecture_search(space, at(costs), at(scores), 2.0, 99)
    return dict(best), sorted((one["width"], one["depth"], float(value)) for one, value in history)


contract(
    "architecture_search",
    inputs=lambda rng, W=4, D=3: (distinct(rng, W, D), distinct(rng, W, D)),
    use=search_everything,
    one="WD",
    strides=False,
    device=False,
    but={
        "changes_its_inputs": "the search sees functions of the tables, not the tables",
        "turns_its_inputs_round_where_it_is_square": "the search sees functions of the tables, not the tables",
    },
)
