"""Checks of deeplab: a decimated head, a field of neighbours, several rates at once, heads and what they cost.

Every module is given its parameters by name, so that no initial weight decides. Sizes are odd and never square.
"""

import pytest
import torch
from torch import nn

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
    apart = all(torch.equal(one, other) for one, other in zip(kept, after.values(), strict=True))
    given_learns = all(one.requires_grad for one in given)
    return {"same": same, "learns": learns, "apart": apart, "given": given_learns}


def dense_layers(rng, channels, size, first, later, dtype=DOUBLE):
    """Return weights and biases of two dense layers."""
    fc6 = randn(rng, first, channels * size * size, dtype=dtype), randn(rng, first, dtype=dtype)
    return fc6, (randn(rng, later, first, dtype=dtype), randn(rng, later, dtype=dtype))


DENSE_PARTS = [f"fc{number}.{kind}" for number in (6, 7, 8) for kind in ("weight", "bias")]

modules(
    "LargeFOV",
    {
        "rate of 2": {
            "a rate of 2": case([2, 3], {"width": 4, "rate": 2, "dropout": 0.0}, x=(2, 2, 7, 6), other=(1, 2, 4, 9)),
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
            ("given", "a given parameter learns no more after load_dense: inputs stay as they are"),
        ):
            if came.get(name) is not True:
                raise Mismatch(words, "it does not hold", "it holds")


def dropping_fov(ns, settings, cut) -> tuple[list[float], bool, bool]:
    """Probe: by which factors training multiplies the scores, rounded, and whether all places of a map, or all images,
    share them. Every number between the layers is 1; `cut` names the layers that pass nothing on, and make ones."""
    from autograder.authoring.filled import new_module

    head = new_module(ns, "LargeFOV", [2, 6], {"width": 6, "rate": 1, **settings}).double()
    for name, value in head.state_dict().items():
        layer = name.split(".")[0]
        passes = layer != "fc6" and layer not in cut
        if name.endswith("weight"):
            value.copy_(torch.eye(6)[:, :, None, None] if passes else torch.zeros_like(value))
        else:
            value.fill_(0.0 if passes else 1.0)
    x = torch.ones(4, 2, 6, 7, dtype=torch.float64)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        ratios = (head.train()(x) / head.eval()(x)).round(decimals=4)
    shared = [bool((ratios == ratios[..., :1, :1]).all()), bool((ratios == ratios[:1]).all())]
    return sorted(set(ratios.flatten().tolist())), *shared


DROPPED = (
    "the factors by which training multiplies the scores",
    "whether all places of a map are dropped together",
    "whether the same numbers are dropped in all images",
)


def compare_dropping(student, reference, probe, *call):
    """Ask both sides for what a dropout does, and compare."""
    came, expected = (door.run(probe, *call) for door in (student, reference))
    for name, one, other in zip(DROPPED, came, expected, strict=True):
        assert_equal(one, other, what=name)


@exercise("LargeFOV", costs=0.5)
def test_single_numbers_are_dropped_behind_fc6_and_fc7(student, reference):
    """In training `dropout` of the single numbers behind fc6 and behind fc7, and no scores."""
    for settings, cut in (
        ({"dropout": 0.25}, []),
        ({"dropout": 0.25}, ["fc7"]),
        ({}, ["fc7"]),
        ({"dropout": 0.25}, ["fc8"]),
    ):
        compare_dropping(student, reference, dropping_fov, settings, cut)


def use_large_fov(ns, width, x, weights6, bias6, weights7, bias7, **settings):
    """Load dense layers and use the head in evaluation mode; and by what its training multiplies ones."""
    from autograder.authoring.filled import fill, new_module

    head = new_module(ns, "LargeFOV", [x.shape[1], 3, width], settings).to(x.device, x.dtype)
    fill(head, 2)
    head.load_dense((weights6, bias6), (weights7, bias7))
    with torch.no_grad():
        out = head.eval()(x)
        if x.device.type != "cpu":
            return out
        for layer in (head.fc6, head.fc7):
            layer.weight.zero_()
            layer.bias.fill_(1.0)
        head.fc8.weight.fill_(1.0)
        head.fc8.bias.zero_()
        ones = x.new_ones(9, *x.shape[1:])
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return out, head.train()(ones).amax()


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


# dense_crf

TWO = torch.tensor([[[[2.0, 0.0]], [[0.0, 0.5]]]], dtype=DOUBLE)
GREY = torch.zeros(1, 3, 1, 2, dtype=DOUBLE)


def field(student, reference, *args, atol=None):
    """Ask both sides for a field, and compare."""
    came, expected = (door.dense_crf(*args) for door in (student, reference))
    assert_close(came, expected, rtol=atol, atol=atol, what="the probabilities")


@exercise("dense_crf")
@pytest.mark.parametrize("steps", [0, 1, 2, 5])
def test_two_pixels_by_hand(student, reference, steps):
    """The two pixels of the text, whose kernel is 2."""
    field(student, reference, TWO, GREY, steps, (2.0, 1e3, 1.0), (0.0, 1.0))


@exercise("dense_crf")
@pytest.mark.parametrize("kernel", ["appearance", "smoothness"])
def test_each_kernel_alone(student, reference, rng, kernel):
    """One of the two weights is 0; widths all differ."""
    scores, image = randn(rng, 1, 3, 3, 4, dtype=DOUBLE), rand(rng, 1, 3, 3, 4, dtype=DOUBLE)
    first, second = (0.8, 0.0) if kernel == "appearance" else (0.0, 0.7)
    field(student, reference, scores, image, 1, (first, 1.6, 0.5), (second, 0.9))


@exercise("dense_crf")
def test_both_kernels(student, reference, rng):
    """Two images of different colours, three steps, both kernels; float64 has more than seven digits."""
    scores, images = randn(rng, 2, 4, 3, 5, dtype=DOUBLE), rand(rng, 2, 3, 3, 5, dtype=DOUBLE)
    field(student, reference, scores, images, 3, (0.5, 2.5, 0.3), (0.4, 0.8), atol=1e-11)


@exercise("dense_crf")
def test_a_high_image_and_a_wide_one(student, reference, rng):
    """Places are counted in rows and columns, whichever are more."""
    for size in ((5, 2), (2, 5)):
        scores = randn(rng, 1, 2, *size, dtype=DOUBLE)
        field(student, reference, scores, torch.zeros(1, 1, *size, dtype=DOUBLE), 1, (0.9, 1.5, 1.0), (0.3, 0.6))


@exercise("dense_crf", costs=0.5)
def test_far_pixels_hear_each_other(student, reference, rng):
    """Each pixel is tied to all the others, also from end to end of an image of 2 x 9."""
    scores = randn(rng, 1, 2, 2, 9, dtype=DOUBLE)
    field(student, reference, scores, torch.zeros(1, 1, 2, 9, dtype=DOUBLE), 1, (0.3, 20.0, 1.0), (0.3, 0.6))


@exercise("dense_crf", costs=0.5)
def test_a_slow_field_makes_all_its_steps(student, reference):
    """Scores are nearly equal, so that the first steps change little, and the later ones much."""
    field(student, reference, TWO.new_tensor([[[[0.001, 0.0]], [[0.0, 0.0]]]]), GREY, 8, (6.0, 1e3, 1.0), (0.0, 1.0))


@exercise("dense_crf")
def test_a_single_pixel_stays_as_it_is(student, reference):
    """Nobody is there to ask: the softmax stays, however large the weights."""
    field(student, reference, TWO[..., :1], GREY[..., :1], 3, (5.0, 1.0, 1.0), (7.0, 1.0))


@exercise("dense_crf", costs=0.5)
def test_a_class_whose_softmax_is_zero_can_win(student, reference):
    """Scores of a thousand, and neighbours that weigh more than this, or less."""
    scores = torch.tensor([[[[1000.0, 0, 0]], [[0.0, 1000, 1000]]]], dtype=DOUBLE)
    image = torch.zeros(1, 1, 1, 3, dtype=DOUBLE)
    for weight in (900.0, 300.0):
        field(student, reference, scores, image, 1, (weight, 1e4, 1.0), (0.0, 1.0))


@exercise("dense_crf", costs=0.5)
def test_all_pixels_change_together(student, reference):
    """Two pixels that contradict each other change places with a kernel of 5."""
    scores = torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]], dtype=DOUBLE)
    for steps in (1, 2, 3):
        field(student, reference, scores, GREY, steps, (5.0, 1e3, 1.0), (0.0, 1.0))


@exercise("dense_crf", costs=0.5)
def test_colours_of_any_range_and_number(student, reference, rng):
    """Colours from 0 to 255, one channel or five, also negative ones."""
    for channels in (1, 5):
        scores = randn(rng, 1, 2, 2, 3, dtype=DOUBLE)
        image = randn(rng, 1, channels, 2, 3, dtype=DOUBLE, scale=40.0, shift=60.0)
        field(student, reference, scores, image, 2, (0.7, 3.0, 45.0), (0.2, 1.0))


@exercise("dense_crf", costs=0.25)
def test_colours_far_from_zero(student, reference, rng):
    """Colours between 100 000 and 100 001, in float64: they differ by little, and so it is seen."""
    scores, image = randn(rng, 1, 2, 2, 3, dtype=DOUBLE), 1e5 + rand(rng, 1, 3, 2, 3, dtype=DOUBLE)
    field(student, reference, scores, image, 1, (0.7, 3.0, 0.3), (0.2, 1.0))


@exercise("dense_crf", costs=0.5)
def test_what_is_left_out_has_its_default(student, reference, rng):
    """Five steps, and the two kernels of the docstring."""
    scores, image = randn(rng, 1, 3, 3, 4, dtype=DOUBLE), 0.4 * rand(rng, 1, 3, 3, 4, dtype=DOUBLE)
    field(student, reference, scores, image)


def field_inputs(rng, N=2, K=3, C=4, H=2, W=5, dtype=DOUBLE):
    """Return scores and colours."""
    return randn(rng, N, K, H, W, dtype=dtype), rand(rng, N, C, H, W, dtype=dtype)


contract(
    "dense_crf",
    inputs=field_inputs,
    settings={"num_steps": 2, "appearance": (0.6, 2.0, 0.5), "smoothness": (0.5, 1.4)},
    square=dict.fromkeys("NKCHW", 3),
    one=["N", "K", "C", "H", "W"],
    all_at_once="NKHW",
)


# ASPP


def rates_of(ns, output_stride, settings) -> list[list[int]]:
    """Probe: the dilations of the last block, and ASPP's rates, asked of the class and of a module."""
    from autograder.authoring.filled import new_module

    block, rates = ns.ASPP.rates_for(output_stride, **settings)
    module = new_module(ns, "ASPP", [2, [1], 2], {})
    again = [list(one) for one in module.rates_for(output_stride, **settings)]
    if not (isinstance(block, list) and isinstance(rates, list)):
        raise TypeError("rates_for returns something else than two lists")
    if again != [block, rates]:
        raise ValueError("rates_for says something else if a module is asked, and not the class")
    if not all(type(one) is int for one in (*block, *rates)):
        raise TypeError("rates_for returns a rate that is no int")
    return [list(block), list(rates)]


def rates_refused(ns, output_stride) -> str:
    """Probe: which exception an output stride is refused with."""
    try:
        ns.ASPP.rates_for(output_stride)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "no exception"


def dropping_aspp(ns, settings) -> tuple[list[float], bool, bool]:
    """Probe: by which factors training multiplies what comes out, rounded, and whether all places of a map, or all
    images, share them. Every branch makes ones, and batch normalisations stay in evaluation mode."""
    from autograder.authoring.filled import new_module

    module = new_module(ns, "ASPP", [2, [1, 2], 6], settings).double()
    for name, value in module.state_dict().items():
        if name == "project.0.weight":
            value.fill_(1.0 / value.shape[1])
        elif value.is_floating_point():
            norm = name.startswith("project")
            value.fill_(float(norm) if name.endswith(("weight", "var")) else 1.0 - norm)
            if name.endswith("var"):
                value.fill_(1.0)
    x = torch.ones(4, 2, 6, 7, dtype=torch.float64)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = module.eval()(x)
        for one in module.train().modules():
            if isinstance(one, nn.BatchNorm2d):
                one.eval()
        ratios = (module(x) / expected).round(decimals=4)
    shared = [bool((ratios == ratios[..., :1, :1]).all()), bool((ratios == ratios[:1]).all())]
    return sorted(set(ratios.flatten().tolist())), *shared


NO_DROPOUT = {"dropout": 0.0}

modules(
    "ASPP",
    {
        "three rates": {
            "three rates": case([2, [1, 2, 3], 4], NO_DROPOUT, x=(2, 2, 7, 6), other=(3, 2, 4, 5)),
        },
        "other rates": {
            "two rates": case([3, [2, 1], 2], x=(1, 3, 6, 5)),
            "one rate": case([2, [3], 4], x=(2, 2, 7, 8)),
            "no rates": case([2, [], 4], x=(2, 2, 3, 4)),
        },
        "small maps": {"rates beyond the map": case([2, [4, 6], 4], x=(2, 2, 3, 4))},
        "of its real size": case([2048, [12, 24, 36]], large=True),
    },
    training=["three rates"],
    gradients=["three rates"],
    apart=["three rates"],
    rounded=True,
    sums=True,
    costs=PRICE,
)


@exercise("ASPP", costs=0.5)
def test_single_numbers_are_dropped_behind_the_projection(student, reference):
    """In training `dropout` of the single numbers that come out, and none in the branches."""
    for settings in ({"dropout": 0.25}, {}):
        compare_dropping(student, reference, dropping_aspp, settings)


@exercise("ASPP", costs=0.25)
def test_rates_belong_to_an_output_stride(student, reference):
    """The last block's dilations and ASPP's rates in lists, as they are and with other unit rates."""
    others = {"multi_grid": (1, 2, 1), "rates": (4, 10)}, {"multi_grid": (3, 1), "rates": (2, 14, 8, 20)}
    for output_stride, settings in ((16, {}), (8, {}), (32, {}), (8, others[0]), (32, others[1]), (16, others[1])):
        call = output_stride, settings
        what = f"the rates for an output stride of {output_stride}"
        assert_equal(student.run(rates_of, *call), reference.run(rates_of, *call), what=what)


@exercise("ASPP", costs=0.25)
def test_other_output_strides_are_refused(student, reference):
    """An output stride other than 8, 16 and 32 raises a ValueError."""
    for output_stride in (4, 12, 64):
        came, expected = (door.run(rates_refused, output_stride) for door in (student, reference))
        assert_equal(came, expected, what=f"the response to an output stride of {output_stride}")


def use_aspp(ns, rates, out_channels, x, **settings):
    """Use an ASPP in evaluation mode; and the largest number in training where ones are normalised away."""
    from autograder.authoring.filled import fill, new_module

    module = new_module(ns, "ASPP", [x.shape[1], list(rates), out_channels], settings)
    module = module.to(x.device, x.dtype)
    fill(module, 2)
    with torch.no_grad():
        out = module.eval()(x)
        if x.device.type != "cpu":
            return out
        module.state_dict()["project.0.weight"].zero_()
        module.state_dict()["project.1.bias"].fill_(1.0)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return out, module.train()(x.new_ones(9, *x.shape[1:])).amax()


contract(
    "ASPP",
    use=use_aspp,
    inputs=lambda rng, N=3, C=2, H=5, W=4, M=6, dtype=DOUBLE: ([2, 1], M, randn(rng, N, C, H, W, dtype=dtype)),
    settings={"dropout": 0.2},
    also=[{"dropout": 0.0}],
    square=dict.fromkeys("NCHWM", 3),
    one=["N", "C", "H", "W", "M"],
    forbids=["torchvision", "deeplabv3"],
    instead="build it from layers of torch.nn",
    but=SAME_NUMBERS,
)


# DeepLabV3Head

modules(
    "DeepLabV3Head",
    {
        "two rates": {
            "two rates": case(
                [2, 3], {"rates": [1, 2], "channels": 4, "dropout": 0.0}, x=(2, 2, 5, 6), other=(2, 2, 4, 3)
            ),
        },
        "usual rates": {"the usual rates": case([3, 2], {"channels": 2}, x=(1, 3, 14, 13))},
        "three rates": {"three rates": case([2, 5], {"rates": [3, 1, 2], "channels": 3}, x=(1, 2, 6, 7))},
        "of its real size": case([2048, 21], large=True),
    },
    training=["two rates"],
    gradients=["two rates"],
    apart=["two rates"],
    rounded=True,
    sums=True,
    costs=PRICE,
)


def dropping_head(ns, settings) -> list[float]:
    """Probe: by which factors training multiplies what ASPP hands on, rounded; batch normalisations stay as in
    evaluation."""
    from autograder.authoring.filled import fill, new_module

    head = new_module(ns, "DeepLabV3Head", [2, 1], {"rates": [1], "channels": 3, **settings}).double()
    fill(head, 4)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        for name, value in head.state_dict().items():
            if name.startswith("0.project.") and value.is_floating_point():
                value.fill_(float(name.endswith(("bias", "var"))))
            if name.startswith(("1", "4")):
                value.zero_()
        stored = head.state_dict()
        stored["1.weight"][:, :, 1, 1] = torch.eye(3)
        for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0)):
            stored[f"2.{name}"].fill_(value)
        stored["4.weight"][0, 1] = 1.0
        x = torch.ones(4, 2, 6, 7, dtype=torch.float64)
        expected = head.eval()(x)
        for one in head.train().modules():
            if isinstance(one, nn.BatchNorm2d):
                one.eval()
        ratios = (head(x) / expected).round(decimals=4)
    return sorted(set(ratios.flatten().tolist()))


@exercise("DeepLabV3Head", costs=0.5)
def test_numbers_are_dropped_in_aspp_alone(student, reference):
    """In training `dropout` of the numbers that ASPP makes, and nothing behind it."""
    for settings in ({"dropout": 0.25}, {}):
        came, expected = (door.run(dropping_head, settings) for door in (student, reference))
        assert_equal(came, expected, what=DROPPED[0])


def cost_of(ns, scores, labels, aux=None, **settings):
    """Probe: what scores cost, and the gradients of the scores and of the auxiliary ones."""
    from autograder.authoring.filled import new_module

    head = new_module(ns, "DeepLabV3Head", [2, scores.shape[1]], {"rates": [1], "channels": 2})
    scores = scores.detach().clone().requires_grad_()
    given = [scores]
    if aux is None:
        loss = head.loss(scores, labels, **settings)
    else:
        aux = aux.detach().clone().requires_grad_()
        given.append(aux)
        loss = head.loss(scores, labels, aux, **settings)
    slopes = torch.autograd.grad(loss, given, allow_unused=True)
    kept = [torch.zeros_like(one) if slope is None else slope for one, slope in zip(given, slopes, strict=True)]
    return [loss.detach(), *kept]


COST_PARTS = ["the loss", "the gradient of the scores", "the gradient of the auxiliary scores"]


def compare_costs(student, reference, *args, **settings):
    """Ask both sides for a loss with its gradients, and compare part by part."""
    came, expected = (door.run(cost_of, *args, **settings) for door in (student, reference))
    for name, one, other in zip(COST_PARTS, came, expected, strict=False):
        assert_close(one, other, what=name)


def labels_in(rng, num, high, wide, num_classes=3):
    """Return labels with every class in them, and none that is ignored."""
    drawn = torch.from_numpy(rng.integers(0, num_classes, (num, high, wide)))
    drawn.flatten()[:num_classes] = torch.arange(num_classes)
    return drawn


@exercise("DeepLabV3Head")
@pytest.mark.parametrize(
    ("small", "large"),
    [((2, 3), (4, 6)), ((2, 3), (7, 5)), ((3, 4), (3, 4)), ((5, 4), (3, 6)), ((2, 3), (2, 5)), ((1, 1), (3, 2))],
    ids=["doubled", "any size", "as large", "one side shrunk", "one side alone", "one place"],
)
def test_loss_is_on_enlarged_scores(student, reference, rng, small, large):
    """Scores of several sizes, enlarged to the labels' size."""
    compare_costs(student, reference, randn(rng, 2, 3, *small, dtype=DOUBLE, scale=2.0), labels_in(rng, 2, *large))


@exercise("DeepLabV3Head")
@pytest.mark.parametrize("labels", ["255", "others"])
def test_ignored_pixels_do_not_count(student, reference, rng, labels):
    """Neither in the sum nor in the mean; images have different numbers of them."""
    for ignored in (None, 255) if labels == "255" else (-1, 1):
        scores, wanted = randn(rng, 2, 3, 2, 3, dtype=DOUBLE, scale=2.0), labels_in(rng, 2, 4, 5)
        wanted[0, :3] = wanted[1, 0, :2] = 255 if ignored is None else ignored
        compare_costs(student, reference, scores, wanted, **({} if ignored is None else {"ignore_index": ignored}))


@exercise("DeepLabV3Head")
@pytest.mark.parametrize("weight", [None, 0.3], ids=["0.5 left out", "other weights"])
def test_auxiliary_scores_cost_too(student, reference, rng, weight):
    """Their size is their own, and some pixels are ignored."""
    for each, ignored in ((None, 255),) if weight is None else ((weight, 255), (weight, 1), (0.0, 255)):
        scores, aux = randn(rng, 2, 3, 2, 3, dtype=DOUBLE, scale=2.0), randn(rng, 2, 3, 4, 2, dtype=DOUBLE, scale=2.0)
        labels = labels_in(rng, 2, 5, 6)
        labels[0, 2:] = ignored
        settings = {} if each is None else {"aux_weight": each}
        compare_costs(student, reference, scores, labels, aux, ignore_index=ignored, **settings)


@exercise("DeepLabV3Head", costs=0.5)
def test_no_pixel_counts(student, reference, rng):
    """Where all pixels are ignored the loss is 0 and so are its gradients."""
    scores = randn(rng, 1, 3, 2, 3, dtype=DOUBLE)
    for aux in ([], [scores[..., :1]]):
        compare_costs(student, reference, scores, torch.full((1, 4, 5), 255), *aux)


@exercise("DeepLabV3Head", costs=0.5)
def test_all_classes_are_scored_also_one_that_is_absent(student, reference, rng):
    """Labels with two of four classes, and large scores."""
    scores = randn(rng, 1, 4, 2, 2, dtype=DOUBLE, scale=60.0)
    compare_costs(student, reference, scores, labels_in(rng, 1, 3, 5, 2))


def use_head(ns, channels, num_classes, labels, x, **settings):
    """Use a head in evaluation mode; return its scores, what they cost, and what training makes of ones."""
    from autograder.authoring.filled import fill, new_module

    settings = {"channels": channels, **settings}
    module = new_module(ns, "DeepLabV3Head", [x.shape[1], num_classes], settings).to(x.device, x.dtype).eval()
    fill(module, 2)
    with torch.no_grad():
        scores = module(x)
        found = scores, module.loss(scores, labels), module.loss(scores, labels, scores[:, :, 1:])
        if x.device.type != "cpu":
            return found
        aspp = module.get_submodule("0")
        aspp.state_dict()["project.0.weight"].zero_()
        aspp.state_dict()["project.1.bias"].fill_(1.0)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return *found, aspp.train()(x.new_ones(9, *x.shape[1:])).amax()


def head_inputs(rng, N=2, C=3, H=4, W=13, M=2, K=3, dtype=DOUBLE):
    """Return the widths, labels of which some are ignored, and maps."""
    labels = labels_in(rng, N, 5, 9, K)
    labels[0, 4, 3:] = 255
    return M, K, labels, randn(rng, N, C, H, W, dtype=dtype)


contract(
    "DeepLabV3Head",
    use=use_head,
    inputs=head_inputs,
    settings={"rates": (2, 1, 3), "dropout": 0.2},
    also=[{"dropout": 0.0}],
    square=dict.fromkeys("NCHWMK", 3),
    one=["N", "C", "W", "M", "K"],
    forbids=["torchvision", "DeepLabHead"],
    instead="build it from layers of torch.nn and your ASPP",
    but={
        "computes_in_float32": "forward is nn.Sequential's own, so the loss alone is meant, a mean of many numbers",
        "squeezes_every_axis": "forward is nn.Sequential's own, so the loss alone is meant, which has no axis",
        **SAME_NUMBERS,
    },
)


# LRASPPHead


def two_maps(low, high, scale=1.0):
    """Return what draws a shallow and a deep map by name."""
    return lambda rng: ({"low": randn(rng, *low, dtype=DOUBLE), "high": randn(rng, *high, dtype=DOUBLE, scale=scale)},)


def high_first(low, high):
    """Return what draws the same maps in a dict that begins with the deep one."""
    return lambda rng: (dict(reversed(two_maps(low, high)(rng)[0].items())),)


modules(
    "LRASPPHead",
    {
        "twice as large": {
            "twice as large": case(
                [2, 3, 4, 6], x=two_maps((2, 2, 6, 8), (2, 3, 3, 4)), other=two_maps((3, 2, 4, 2), (3, 3, 2, 2))
            ),
        },
        "odd sizes": {"odd sizes": case([2, 2, 3, 4], x=two_maps((1, 2, 7, 5), (1, 2, 4, 3)))},
        "any sizes": {
            "a deep map of one place": case([3, 2, 2, 4], x=two_maps((2, 3, 3, 4), (2, 2, 1, 1))),
            "a deep map that is larger": case([2, 3, 2, 2], x=two_maps((1, 2, 3, 4), (1, 3, 5, 9))),
            "a deep map of 50 x 51": case([2, 2, 2, 2], x=two_maps((1, 2, 2, 3), (1, 2, 50, 51))),
            "the deep map first": case([2, 3, 2, 2], x=high_first((1, 2, 4, 5), (1, 3, 2, 3))),
            "maps of one size": case([2, 3, 2, 2], x=two_maps((1, 2, 3, 4), (1, 3, 3, 4))),
        },
        "of its real size": case([40, 960, 21], large=True),
    },
    training=["twice as large"],
    gradients=["twice as large"],
    apart=["twice as large"],
    rounded=True,
    costs=PRICE,
)


def use_light(ns, num_classes, low, high, **settings):
    """Use a light head in training mode, and then in evaluation mode."""
    from autograder.authoring.filled import fill, new_module

    sizes = [low.shape[1], high.shape[1], num_classes]
    module = new_module(ns, "LRASPPHead", sizes, settings).to(low.device, low.dtype)
    fill(module, 2)
    maps = {"low": low, "high": high}
    with torch.no_grad():
        return (module.train()(maps) if low.device.type == "cpu" and len(low) > 1 else 0), module.eval()(maps)


def light_inputs(rng, N=2, C=3, D=2, H=4, W=5, K=3, dtype=DOUBLE):
    """Return the number of classes, a shallow and a deep map."""
    return K, randn(rng, N, C, H, W, dtype=dtype), randn(rng, N, D, (H + 1) // 2, (W + 1) // 2, dtype=dtype)


contract(
    "LRASPPHead",
    use=use_light,
    inputs=light_inputs,
    settings={"inter_channels": 6},
    square=dict.fromkeys("NCDHWK", 3),
    one=["N", "C", "D", "H", "W", "K"],
    forbids=["torchvision", "lraspp"],
    instead="build it from layers of torch.nn",
    but=SAME_NUMBERS,
)
