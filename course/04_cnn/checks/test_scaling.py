"""Checks of the notebook on scaling: two inverted bottlenecks, compound scaling, ConvNeXt's block, a random search."""

import itertools
from collections import Counter

import pytest
import torch

from autograder.authoring import (
    Mismatch,
    assert_close,
    assert_equal,
    case,
    contract,
    exercise,
    modules,
    randn,
    use_module,
)

DOUBLE = torch.float64
WHOLE = {"gradients": 1.0, "apart": 1.0}
LITE_BLOCK = {"squeeze": False, "activation": "relu6", "kernel_size": 5, "stride": 3, "expand_ratio": 3}


# Blocks. What they store are numbers that follow from the names: in which order and from which numbers they are made is
# free. In evaluation a stride may stand in either of two layers; in training the normalisation between them tells.

modules(
    "MBConv",
    {
        "with an expansion": {
            "with a shortcut": case([2, 2], {"kernel_size": 3, "stride": 1, "expand_ratio": 4}, x=(2, 2, 3, 4)),
            "with other channels": case([7, 3], {"kernel_size": 3, "expand_ratio": 2}, x=(2, 7, 1, 3)),
            "with a stride": case([3, 3], {"stride": 2, "expand_ratio": 3, "squeeze": True}, x=(3, 3, 3, 4)),
            "of two channels": case([2, 3], {"expand_ratio": 2, "activation": "relu6"}, x=(1, 2, 5, 3)),
            "of a Lite network": case([5, 3], LITE_BLOCK, x=(1, 5, 7, 5)),
        },
        "without an expansion": {
            "without an expansion": case([9, 3], {"expand_ratio": 1, "kernel_size": 5}, x=(2, 9, 2, 3)),
            "without an expansion, with a shortcut": case([2, 2], {"expand_ratio": 1}, x=(2, 2, 3, 4)),
        },
    },
    training=["with other channels", "with a stride"],
    costs=WHOLE,
)
modules(
    "FusedMBConv",
    {
        "with an expansion": {
            "with a shortcut": case([2, 2], {"kernel_size": 3, "stride": 1, "expand_ratio": 2}, x=(2, 2, 3, 4)),
            "with other channels": case([2, 3], {"kernel_size": 5, "expand_ratio": 2}, x=(2, 2, 2, 3)),
            "with a stride": case([3, 3], {"kernel_size": 3, "stride": 2, "expand_ratio": 2}, x=(3, 3, 3, 4)),
        },
        "without an expansion": {
            "alone": case([2, 4], {"stride": 1, "expand_ratio": 1, "kernel_size": 5}, x=(2, 2, 4, 3)),
            "alone, with a shortcut": case([2, 2], {"kernel_size": 3, "expand_ratio": 1}, x=(2, 2, 3, 4)),
            "alone, with a stride": case([2, 3], {"expand_ratio": 1, "stride": 3}, x=(2, 2, 7, 5)),
        },
    },
    training=["with other channels", "with a stride"],
    costs=WHOLE,
)
modules(
    "ConvNeXtBlock",
    {
        "with its kernel of 7": case([2], x=(1, 2, 5, 8)),
        "with a kernel of 3": case([3], {"kernel_size": 3}, x=(2, 3, 2, 3)),
        "of one channel": case([1], {"kernel_size": 5}, x=(2, 1, 5, 4)),
        "on a map smaller than its kernel": case([4], {"layer_scale": 0.5}, x=(2, 4, 2, 3)),
    },
    training=["with a kernel of 3"],
    gradients=["with a kernel of 3"],
    apart=["with a kernel of 3"],
    costs=WHOLE,
)


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


def blocks(kind, *widths):
    """The inputs of a contract: a block of as many channels as come in, with `widths` behind, and a batch of maps."""

    def inputs(rng, N=2, C=4, H=3, W=5, dtype=DOUBLE):
        return kind, [C, *widths], {}, randn(rng, N, C, H, W, dtype=dtype, scale=3.0)

    return inputs


WIDE = {"kernel_size": 5, "stride": 2, "expand_ratio": 3, "activation": "relu6", "eps": 0.5}
for kind, widths, settings in (
    ("MBConv", [3], {**WIDE, "squeeze": False}),
    ("FusedMBConv", [3], WIDE),
    ("ConvNeXtBlock", [], {"kernel_size": 5}),
):
    contract(
        kind,
        inputs=blocks(kind, *widths),
        use=use_module,
        settings=settings,
        forbids=["efficientnet", "convnext", "CNBlock"],
        instead="make the block of single layers",
        draws=True,
        square=dict.fromkeys("NCHW", 4),
        costs={"alone": 0.2, "device": 0.1, "dtype": 0.1, "strides": 0.1},
    )


# compound_scaling


LITE = [(1, 16, 2), (2, 24, 4), (2, 40, 8), (3, 80, 16), (3, 112, 16), (4, 192, 32), (1, 320, 32)]
GROWTHS = {
    "the example of the text": ([(3, 40, 8)], 224, 3.0),
    "a small network, grown": ([(1, 16, 2), (2, 24, 4), (5, 40, 16)], 100, 5.5),
    "the same, once": ([(1, 16, 2), (2, 24, 4), (5, 40, 16)], 100, 1.0),
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


def refusal_of(ns, *args):
    """Probe: which exception a call is refused with."""
    try:
        ns.compound_scaling(*args)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "no exception"


@exercise("compound_scaling")
def test_a_network_can_shrink(student, reference):
    """Below 1 times the work there is a network too: phi is below 0."""
    asked = ([(7, 96, 4), (4, 200, 8)], 320, 0.3)
    assert_equal(student.run(refusal_of, *asked), "no exception", what="the response to times=0.3")
    assert_grown(student.compound_scaling(*asked), reference.compound_scaling(*asked))


@exercise("compound_scaling")
@pytest.mark.parametrize("bases", [(2.0, 1.0, 1.0), (1.0, 1.4, 1.0), (1.0, 1.0, 1.4), (1.3, 0.95, 1.2)], ids=str)
def test_each_dial_can_turn_alone(student, reference, bases):
    """A base of 1 leaves its dial where it is, and one below 1 turns it back."""
    asked = ([(3, 40, 4), (2, 72, 8), (5, 27, 16)], 99, 4.3)
    assert_equal(student.run(refusal_of, *asked, *bases), "no exception", what=f"the response to the bases {bases}")
    dials = dict(zip(("alpha", "beta", "gamma"), bases, strict=True))
    assert_grown(student.compound_scaling(*asked, **dials), reference.compound_scaling(*asked, **dials))


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
    inputs=lambda rng: ([(3, 36, 4), (2, 84, 8)], 96, 5.0),
    settings={"alpha": 1.5, "beta": 1.25, "gamma": 1.05, "divisor": 5},
    compare=assert_grown,
    strides=False,
    device=False,
    square=False,
    one=(),
)


# architecture_search. The scores are a table that the check draws, so the answer is known. In which order architectures
# are drawn is free: what is compared are sets, counts and the best, and nothing that hangs on the draw.


RIGHT_KINDS = ["dict", ["dict and score"]]


def kinds_of(best, history):
    """Return in words what a search gave back: of what kind the best is, and the entries of the history."""

    def word(one):
        return "dict" if isinstance(one, dict) else type(one).__name__

    def entry(one):
        if not isinstance(one, tuple | list):
            return word(one)
        words = [word(part) for part in one]
        return " and ".join([*words[:1], "score", *words[2:]]) if len(one) > 1 else " and ".join(words)

    entries = sorted({entry(one) for one in history}) if isinstance(history, tuple | list) else type(history).__name__
    return [word(best), entries]


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
        asked.append(dict(architecture))
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
        "best": best,
        "tried": history,
        "asked": asked,
        "space": space == before,
        "untouched": is_untouched,
    }


def refused_search(ns, budget, num_trials):
    """Probe: whether a search over numbers that are their own cost and score raises a ValueError."""
    try:
        ns.architecture_search({"n": [0, 1, 2]}, lambda one: one["n"], lambda one: float(one["n"]), budget, num_trials)
    except ValueError:
        return True
    return False


def many_searches(ns, scores, costs, budget, num_trials, num_seeds):
    """Probe: what searches with the seeds 0, 1, ... return; an architecture's choices are its place."""
    space = {"width": list(range(scores.shape[0])), "depth": list(range(scores.shape[1]))}
    found = []
    for seed in range(num_seeds):
        best, history = ns.architecture_search(
            space,
            lambda one: float(costs[one["width"], one["depth"], 0]),
            lambda one: float(scores[one["width"], one["depth"], 0]),
            budget,
            num_trials,
            seed,
        )
        found.append((best, history))
    return found


def distinct(rng, *shape):
    """Return numbers in [0, 1) no two of which are near each other."""
    num = torch.Size(shape).numel()
    return (torch.from_numpy(rng.permutation(num)).double().reshape(shape) + 0.25) / num


def more_or_less(came, due):
    """Return in words how far a count is off: how far exactly may hang on the draw."""
    many = {0: "right", 1: "one"}.get(abs(came - due), "several")
    return many if came == due else f"{many} too {'few' if came < due else 'many'}"


def assert_kinds(came):
    """The best is an architecture, and the history is of pairs."""
    assert_equal(kinds_of(came["best"], came["tried"]), RIGHT_KINDS, what="the kind of the best, and of the entries")


def assert_tried(came, num, everything):
    """There are `num` different architectures, each with its score, and each was scored once."""
    assert_kinds(came)
    tried, asked = came["tried"], came["asked"]
    said = f"the number of architectures in the history ({len(tried)} came, {num} are due)"
    assert_equal(more_or_less(len(tried), num), "right", what=said)
    said = f"the number of calls of score ({len(asked)} came, {num} are due)"
    assert_equal(more_or_less(len(asked), num), "right", what=said)
    right = {tuple(sorted(architecture.items())): value for architecture, value in everything["tried"]}
    names = [tuple(sorted(architecture.items())) for architecture, _ in tried]
    assert_equal(len(set(names)) == num, True, what="whether all architectures in the history are different")
    strange = [dict(name) for name in names if name not in right]
    said = f"whether only architectures within the budget were tried (and not {strange[:1]})"
    assert_equal(not strange, True, what=said)
    wrong = [(dict(name), value) for name, (_, value) in zip(names, tried, strict=True) if value != right[name]]
    assert_equal(
        not wrong, True, what=f"whether the history has each architecture with its score (and not {wrong[:1]})"
    )


def assert_best(came, best, of):
    """The best is this one. Which one came may hang on the draw, so only whether it is right is compared."""
    said = f"whether the best {of} is returned ({came['best']} came, {best} was expected)"
    assert_equal(came["best"] == best, True, what=said)


@exercise("architecture_search")
def test_with_as_many_trials_as_architectures_the_best_of_all_is_found(student, reference, rng):
    """All 24 are tried, the best of the exhaustive search is found, and the history says each with its score."""
    scores, costs = distinct(rng, 4, 3, 2), distinct(rng, 4, 3, 2)
    came, expected = (door.run(search, scores, costs, 2.0, 24) for door in (student, reference))
    assert_tried(came, 24, expected)
    assert_equal(came["best"], expected["best"], what="the best architecture")
    in_order = all(list(one) == ["width", "depth", "kernel"] for one, _ in came["tried"])
    assert_equal(in_order, True, what="whether each architecture has the names in the order of the space")


@exercise("architecture_search")
def test_more_trials_than_architectures_are_as_many_as_there_are(student, reference, rng):
    """A hundred trials in a space of which nine fit the budget score those nine."""
    scores, costs = distinct(rng, 4, 3, 2), distinct(rng, 4, 3, 2)
    budget = float(costs.flatten().sort().values[8])  # just as much is allowed
    assert_equal(student.run(refused_search, 1, 100), False, what="whether more trials than architectures are refused")
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
    assert_best(came, max(came["tried"], key=lambda one: one[1])[0], "of those that were tried")


@exercise("architecture_search")
def test_the_history_is_in_the_order_of_the_trials(student, rng):
    """As score was asked, so the history stands; with an architecture asked twice, as it was asked first."""
    scores, costs = distinct(rng, 4, 3, 2), distinct(rng, 4, 3, 2)
    came = student.run(search, scores, costs, 2.0, 12)
    assert_kinds(came)
    tried = [one for one, _ in came["tried"]]
    asked = [one for place, one in enumerate(came["asked"]) if one not in came["asked"][:place]]
    is_in_order = [one for one in asked if one in tried] == [one for one in tried if one in asked]
    assert_equal(is_in_order, True, what="whether the history is in the order in which the architectures were scored")


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
    every = itertools.product((8, 16, 24, 32), (1, 2, 3), (3, 5))
    places = [{"width": width, "depth": depth, "kernel": kernel} for width, depth, kernel in every]
    first = [places.index(dict(one)) for one in student.run(search, scores, costs, 9.0, 24)["asked"][:2]]
    for place, dear in zip(first, (4.0, 5.0), strict=False):
        costs.view(-1)[place] = dear
    came = student.run(search, scores, costs, 9.0, 24)
    assert_kinds(came)
    words = {int(costs.argmin()): "the cheapest", int(costs.argmax()): "the dearest", first[0]: "the one tried first"}
    word = words.get(places.index(came["best"]), "another") if came["best"] in places else "none of the space"
    assert_equal(word, "the cheapest", what="which of those with the same score is best")


@exercise("architecture_search")
@pytest.mark.parametrize("seed", [0, 1])
def test_of_equal_scores_and_costs_the_one_tried_first_is_best(student, rng, seed):
    """Where nothing tells them apart, the history does."""
    scores, costs = torch.ones(4, 3, 2, dtype=DOUBLE), torch.ones(4, 3, 2, dtype=DOUBLE)
    came = student.run(search, scores, costs, 2.0, 24, seed)
    assert_kinds(came)
    ends = [("tried first", 0), ("tried last", -1)]
    words = [word for word, place in ends if came["tried"] and came["best"] == came["tried"][place][0]]
    words += ["first in the space"] if came["best"] == {"width": 8, "depth": 1, "kernel": 3} else []
    assert_equal([*words, "another"][0], "tried first", what="which of those that are all the same is best")


@exercise("architecture_search")
def test_every_architecture_is_as_likely_as_any_other(student, rng):
    """In 400 searches of two trials each of the seven that fit comes first, and second, about equally often."""
    scores, costs = distinct(rng, 4, 3, 1), torch.zeros(4, 3, 1)
    costs[0], costs[2, 1:], costs[3, 1] = 9, 9, -1  # seven fit; a width has three, one or none that do
    found = student.run(many_searches, scores, costs, 1.0, 2, 400)
    for best, history in found:
        assert_equal(kinds_of(best, history), RIGHT_KINDS, what="the kind of the best, and of the entries")
    for turn in (0, 1):
        counts = Counter(tuple(history[turn][0].values()) for _, history in found if len(history) > turn)
        places = [(w, d) for w in (1, 2, 3) for d in range(3) if w != 2 or d == 0]
        # 57 expected, with a standard deviation of 7: a fair draw stays inside by far
        off = [place for place in places if not 20 <= counts[place] <= 95]
        said = f"{off[0]} comes {counts[off[0]]} times, about 57 expected" if off else "as they do"
        what = f"how often each (width, depth) comes in trial {turn + 1} of 400 searches ({said})"
        assert_equal(how_often(counts, bool(off)), "equally often", what=what)


def how_often(counts, is_off):
    """Return in words how fair a draw is."""
    if len(counts) == 1:
        ends = {(1, 0): "always the first of the space", (3, 1): "always the cheapest"}
        return ends.get(next(iter(counts)), "always the same")
    if not is_off:
        return "equally often"
    return "one never" if len(counts) == 6 else "some more often than others"


@exercise("architecture_search", costs=0.25)
def test_the_seed_decides_what_is_tried(student, rng):
    """The same seed gives the same history, and other seeds give others."""
    scores, costs = distinct(rng, 4, 3, 2), distinct(rng, 4, 3, 2)
    runs = [student.run(search, scores, costs, 2.0, 5, seed)["tried"] for seed in (11, 11, 12, 13, 14)]
    assert_equal(runs[1] == runs[0], True, what="whether a second search with the same seed has the same history")
    is_one = all(run == runs[0] for run in runs[2:])
    assert_equal(is_one, False, what="whether the seeds 11 to 14 all have one and the same history")


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

    best, history = ns.architecture_search(space, at(costs), at(scores), 2.0, scores.numel())
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
