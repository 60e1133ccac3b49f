"""Checks of noise as regulariser: what it does to numbers, that it is noise, and that it comes from one generator.

No check knows in which order an answer draws. The probes draw many times and say what must hold for all draws: the
value at each place where it was kept, which axes share a mask, on which side of the expected a share lies. Bounds are
6.5 standard deviations: right answers miss one in 10^10.
"""

import math

import pytest
import torch
import torch.nn.functional as F

from autograder.authoring import (
    assert_close,
    column_major,
    contract,
    exercise,
    noncontiguous,
    operation_counts,
    randn,
)
from autograder.authoring.probe import probe_of

DOUBLE = torch.float64
DRAWN_ANEW = "the probe gives what many draws have in common, a new tensor; a test of its own looks at earlier answers"
REUSED = {"writes_every_answer_into_the_same_memory": DRAWN_ANEW}
COSTS = {"dtype": 0.25, "strides": 0.25, "all_at_once": 0.5}


def seed_from(rng):
    """A seed for a generator on the other side of the door."""
    return int(rng.integers(1, 2**31))


def half_zeros(*shape, dtype=torch.float32):
    """Ones and zeros by turns: a number that is zero anyway need not have been dropped."""
    return (torch.arange(math.prod(shape)) % 2).to(dtype).reshape(shape)


def away_from_zero(rng, *shape, dtype=DOUBLE):
    """Numbers of both signs, none near zero, so that what was dropped can be told from what was kept."""
    x = randn(rng, *shape, dtype=dtype)
    return torch.where(x < 0, x - 0.5, x + 0.5)


# What holds for all draws, for answers (out, kept)


def dropout_values(ns, x, p, seed, **settings):
    """Draw often, from a copy and at last from x: how what was kept grows, the largest and the least that each number
    came to where it was kept, and the largest where it wasn't."""
    generator, was = torch.Generator().manual_seed(seed), x.clone()
    draws = [ns.dropout_forward(was.clone(), p, generator, **settings) for _ in range(39)]
    draws.append(ns.dropout_forward(x, p, generator, **settings))
    outs, masks = torch.stack([out for out, _ in draws]), torch.stack([kept != 0 for _, kept in draws])
    ratios, told = outs / was, masks & (outs != 0)
    factors = ratios[told]
    usual = factors.median() if factors.numel() else torch.zeros(())
    zeros = torch.zeros_like(outs[0])
    if 0 < p < 1 and settings.get("training", True) and bool((outs == outs[:1]).all()):
        return ["the same each time", zeros, zeros, zeros]
    if not torch.isclose(factors, usual, rtol=1e-5, equal_nan=True).all():
        each = [ratio[one] for ratio, one in zip(ratios, told, strict=True) if one.any()]
        alone = all(torch.isclose(one, one.flatten()[0], rtol=1e-5).all() for one in each)
        return ["by another factor in each draw" if alone else "by several factors in one draw", zeros, zeros, zeros]
    shown = torch.where(masks, outs, (usual * was).to(outs.dtype))
    return ["by one factor", shown.amax(dim=0), shown.amin(dim=0), torch.where(masks, 0, outs).abs().amax(dim=0)]


def dropout_at_the_end(ns, x, p, seed):
    """Draw where nothing or everything is dropped: what was kept and what wasn't, or the kind of error."""
    try:
        outs, masks = zip(
            *[ns.dropout_forward(x, p, torch.Generator().manual_seed(seed)) for _ in range(2)], strict=True
        )
    except Exception as error:
        return [type(error).__name__, torch.zeros_like(x), False]
    return ["no error", outs[1], bool((masks[1] != 0).all())]


def mask_facts(ns, name, args, seed):
    """Draw masks one after another: their kind, which axes they are alike along, and whether they differ."""
    generator = torch.Generator().manual_seed(seed)
    masks = [getattr(ns, name)(args[0].clone(), *args[1:], generator)[1] for _ in range(20)]
    together = torch.stack(masks) != 0
    axes = range(masks[0].ndim)
    same = bool((together == together[:1]).all())
    return {
        "dtype": "torch.bool" if masks[0].dtype == torch.bool else "of another dtype",
        "shape": list(masks[0].shape),
        "alike along": [axis for axis in axes if bool((together == together.narrow(axis + 1, 0, 1)).all())],
        "the same each time": same,
        "as many kept each time": not same and len(set(together.flatten(1).sum(dim=1).tolist())) == 1,
    }


def share_dropped(ns, name, args, p, seed) -> str:
    """Draw many times, and say whether the share that was dropped is p."""
    generator = torch.Generator().manual_seed(seed)
    masks = torch.stack([getattr(ns, name)(args[0].clone(), *args[1:], generator)[1] != 0 for _ in range(20)])
    masks = (masks[:1] if bool((masks == masks[:1]).all()) else masks).double()
    bound = 6.5 * math.sqrt(p * (1 - p) / masks.numel())
    for share, said in ((p, "p"), (1 - p, "1 - p")):
        if abs(1 - masks.mean().item() - share) <= bound:
            return said
    return "more than p" if 1 - masks.mean().item() > p else "less than p"


def generator_alone(ns, name, args, seed) -> list[bool]:
    """Draw twice from the same state, under two states of torch's own: the same? And is an earlier answer unchanged?"""
    runs = []
    for disturbance in (1, 2):
        torch.manual_seed(disturbance)
        generator = torch.Generator().manual_seed(seed)
        copies = [[one.clone() if isinstance(one, torch.Tensor) else one for one in args] for _ in range(2)]
        first = getattr(ns, name)(*copies[0], generator)
        parts = first if isinstance(first, tuple) else (first,)
        was = [part.clone() for part in parts]
        second = getattr(ns, name)(*copies[1], generator)
        runs.append([*was, *(second if isinstance(second, tuple) else (second,))])
        stays = all(torch.equal(part, old) for part, old in zip(parts, was, strict=True))
    return [all(torch.equal(one, other) for one, other in zip(*runs, strict=True)), stays]


def at_test(ns, name, args, seed):
    """Ask eight times for the answer at test: what it is, whether always, what is said of the mask, and whether the
    generator stands where it stood."""
    generator = torch.Generator().manual_seed(seed)
    answers = [getattr(ns, name)(args[0].clone(), *args[1:], generator, training=False) for _ in range(8)]
    unmoved = torch.equal(generator.get_state(), torch.Generator().manual_seed(seed).get_state())
    masks = [answer[1] for answer in answers if isinstance(answer, tuple)]
    outs = torch.stack([answer[0] if isinstance(answer, tuple) else answer for answer in answers])
    steady = bool((outs == outs[:1]).all())
    return {
        "out": outs[0] if steady else torch.zeros_like(outs[0]),
        "always": steady,
        "a bool": all(one.dtype == torch.bool for one in masks),
        "all kept": all(bool((one != 0).all()) for one in masks),
        "shape of kept": list(masks[0].shape) if masks else [],
        "unmoved": unmoved,
    }


def refusal(ns, name, args, training) -> str:
    """Return the kind of error that a call meets."""
    try:
        getattr(ns, name)(*args, torch.Generator().manual_seed(0), training=training)
    except Exception as error:
        return type(error).__name__
    return "no error"


def assert_mask(facts, shape):
    """A mask is bool, of its shape, another in every place and at every call."""
    assert facts["dtype"] == "torch.bool", f"kept is {facts['dtype']}: torch.bool was expected"
    assert facts["shape"] == shape, f"kept has the shape {facts['shape']}: {shape} was expected"
    assert not facts["the same each time"], "twenty calls with one generator gave the same mask: each draws a new one"
    alike = facts["alike along"]
    assert not alike, (
        f"in all of twenty masks every number along axis {alike[0]} of kept shares one fate: each has its own"
    )
    assert not facts["as many kept each time"], (
        "in each of twenty masks exactly as many were kept: where each has a chance of its own, the number varies"
    )


def assert_share(came):
    """The share that is dropped is p."""
    words = {"1 - p": "of many numbers the share p was kept, and 1 - p dropped: p is the probability to be dropped"}
    assert came == "p", words.get(came, f"of many numbers {came} were dropped: a share of p was expected")


def assert_from_generator(came):
    """The generator decides alone, and earlier answers stay."""
    same, stays = came
    assert same, "the same state of the generator gave two answers: something is drawn elsewhere, or remembered"
    assert stays, "an earlier answer changed during the next call: make new tensors"


def assert_at_test(came, expected):
    """The answer at test, and a generator that stands still."""
    assert came["always"], "at test eight calls gave several answers: nothing is dropped or disturbed then"
    assert_close(came["out"], expected["out"], what="the answer at test")
    assert came["a bool"], "at test kept isn't of torch.bool"
    shape = expected["shape of kept"]
    assert came["shape of kept"] == shape, f"at test kept has the shape {came['shape of kept']}: {shape} was expected"
    assert came["all kept"], "at test kept is False somewhere: everything is kept then"
    assert came["unmoved"], "at test the generator moved on: nothing is drawn then"


def assert_growth(came):
    """What is kept grows by one factor that p sets."""
    words = {
        "the same each time": "forty calls with one generator gave the same answer: each draws a new mask",
        "by another factor in each draw": "what is kept grows by another factor in each draw: it follows p alone",
        "by several factors in one draw": "in one draw numbers that are kept grow by several factors: there is one",
    }
    assert came == "by one factor", words[came]


# dropout_forward


@exercise("dropout_forward")
@pytest.mark.parametrize("p", [0.3, 0.45])
def test_what_is_kept_grows_and_what_is_dropped_is_zero(student, reference, rng, p):
    """Over forty draws, of memory that runs down the columns: each number where it was kept, and where it wasn't."""
    args = column_major(away_from_zero(rng, 3, 5, 2)), p, seed_from(rng)
    expected, came = reference.run(dropout_values, *args), student.run(dropout_values, *args)
    assert_growth(came[0])
    assert_close(came[1], expected[1], what="the largest that out was where a number was kept")
    assert_close(came[2], expected[2], what="the least that out was where a number was kept")
    assert_close(came[3], expected[3], what="the size of out where a number was dropped")


@exercise("dropout_forward")
@pytest.mark.parametrize("p", [0.3, 0.8])
def test_the_share_that_is_dropped_is_p(student, rng, p):
    """Of twenty thousand numbers, half of them zero to begin with."""
    assert_share(student.run(share_dropped, "dropout_forward", [half_zeros(25, 40), p], p, seed_from(rng)))


@exercise("dropout_forward")
def test_every_number_has_a_chance_of_its_own_at_every_call(student, rng):
    """No axis shares a mask, and twenty calls give twenty masks."""
    shape = [3, 6, 5, 4]
    facts = student.run(mask_facts, "dropout_forward", [away_from_zero(rng, *shape), 0.4], seed_from(rng))
    assert_mask(facts, shape)


@exercise("dropout_forward")
def test_the_generator_alone_decides(student, rng):
    """The same state gives the same mask, whatever torch's own state is."""
    x = away_from_zero(rng, 6, 7)
    assert_from_generator(student.run(generator_alone, "dropout_forward", [x, 0.5], seed_from(rng)))


@exercise("dropout_forward")
def test_at_test_nothing_is_dropped(student, reference, rng):
    """With training=False, x comes back with a mask that is True everywhere; the generator stays where it is."""
    args = "dropout_forward", [away_from_zero(rng, 3, 4), 0.7], seed_from(rng)
    assert_at_test(student.run(at_test, *args), reference.run(at_test, *args))


@exercise("dropout_forward", costs=0.25)
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_nothing_and_everything_can_be_dropped(student, reference, rng, p):
    """p = 0 gives x, p = 1 gives zeros, and neither gives NaN."""
    args = away_from_zero(rng, 4, 3), p, seed_from(rng)
    expected, came = reference.run(dropout_at_the_end, *args), student.run(dropout_at_the_end, *args)
    assert came[0] == "no error", f"p = {p:g} met {came[0]}: it is a probability like others"
    assert_close(came, expected)


@exercise("dropout_forward", costs=0.25)
def test_a_single_number_is_dropped_too(student, reference, rng):
    """A tensor without axes."""
    args = away_from_zero(rng), 0.5, seed_from(rng)
    assert_close(student.run(dropout_values, *args), reference.run(dropout_values, *args))


def has_nan(ns, name, args) -> bool:
    """Whether the answer has a NaN."""
    answer = getattr(ns, name)(*args, torch.Generator().manual_seed(1))
    return bool((answer[0] if isinstance(answer, tuple) else answer).isnan().any())


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=exercise(one, costs=0.1)) for one in ("dropout_forward", "drop_path")]
)
def test_the_largest_numbers_are_dropped_too(student, name):
    """Of numbers near the end of float32 no NaN comes: what grows beyond it is infinite, and what is dropped is 0."""
    came = student.run(has_nan, name, [torch.full((40,), 3e38), 0.5])
    assert not came, "of numbers of 3e38 NaN came: infinity times 0 is NaN, so choose rather than multiply by 0"


@exercise("dropout_forward", costs=0.1)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("p", [-0.1, 1.1])
def test_a_probability_outside_zero_to_one_is_refused(student, p, training):
    """A ValueError, in training and at test."""
    came = student.run(refusal, "dropout_forward", [torch.ones(2, 3), p], training)
    assert came == "ValueError", f"p = {p} with training={training} met {came}: a ValueError was expected"


contract(
    "dropout_forward",
    inputs=lambda rng, N=3, D=4, dtype=DOUBLE: (away_from_zero(rng, N, D, dtype=dtype), 0.2, seed_from(rng)),
    use=dropout_values,
    settings={"training": False},
    also=[{"training": True}],
    one="ND",
    device=False,
    all_at_once="ND",
    costs=COSTS,
    but=REUSED,
)


# dropout_backward


@exercise("dropout_backward")
@pytest.mark.parametrize(("shape", "p"), [((4, 5), 0.3), ((2, 3, 1, 4), 0.75), ((7,), 0.1)])
def test_the_gradient_passes_where_a_number_was_kept(student, reference, rng, shape, p):
    """Through the same mask, and scaled as the numbers were."""
    grad_out, kept = randn(rng, *shape, dtype=DOUBLE), randn(rng, *shape) > 0
    assert_close(student.dropout_backward(grad_out, kept, p), reference.dropout_backward(grad_out, kept, p))


@exercise("dropout_backward")
@pytest.mark.parametrize("p", [0.0, 0.4])
def test_the_scale_follows_p_and_not_the_mask(student, reference, rng, p):
    """Where chance kept all numbers, the scale is that of p."""
    grad_out, kept = randn(rng, 3, 4, dtype=DOUBLE), torch.ones(3, 4, dtype=torch.bool)
    assert_close(student.dropout_backward(grad_out, kept, p), reference.dropout_backward(grad_out, kept, p))


@exercise("dropout_backward", costs=0.25)
def test_where_all_is_dropped_the_gradient_is_zero(student, reference, rng):
    """p = 1: zeros, not NaN."""
    grad_out, kept = randn(rng, 3, 4, dtype=DOUBLE), torch.zeros(3, 4, dtype=torch.bool)
    assert_close(student.dropout_backward(grad_out, kept, 1.0), reference.dropout_backward(grad_out, kept, 1.0))


@exercise("dropout_backward", costs=0.1)
def test_the_largest_gradients_are_dropped_too(student, reference):
    """Where a number was dropped, the gradient is 0, however large it came."""
    args = torch.tensor([3e38, 1.0, -3e38]), torch.tensor([False, True, False]), 0.5
    assert_close(student.dropout_backward(*args), reference.dropout_backward(*args))


@exercise("dropout_backward", costs=0.5)
@pytest.mark.parametrize("p", [0.4, 1.0])
def test_at_test_the_gradient_passes_as_it_is(student, reference, rng, p):
    """With training=False nothing was dropped and nothing grew, whatever p is."""
    args = randn(rng, 3, 4, dtype=DOUBLE), torch.ones(3, 4, dtype=torch.bool), p
    expected = reference.dropout_backward(*args, training=False)
    assert_close(student.dropout_backward(*args, training=False), expected)


def kept_unlike_its_transpose(rng, N, D):
    """Draw which values are kept, and set two so that no square mask is symmetric."""
    kept = randn(rng, N, D) > 0
    if N > 1 and D > 1:
        kept[0, -1], kept[-1, 0] = True, False
    return kept


contract(
    "dropout_backward",
    inputs=lambda rng, N=3, D=4, dtype=DOUBLE: (
        randn(rng, N, D, dtype=dtype),
        kept_unlike_its_transpose(rng, N, D),
        0.3,
    ),
    also=[lambda rng, N=3, D=4, dtype=DOUBLE: (randn(rng, N, D, dtype=dtype), torch.ones(N, D).bool(), 0.3, False)],
    one="ND",
    all_at_once="ND",
    by_hand=True,
    costs=COSTS,
)


# variance_shift

BEYOND = 6.5


def measured_words(ns, x, p, num_draws, expected, bound, seed):
    """Say how the measured factor lies to the expected one, channel by channel and in the mean."""
    measured = ns.variance_shift(x, p, num_draws, torch.Generator().manual_seed(seed))[0].double()
    mean = measured.mean().item()
    near = bound / math.sqrt(len(measured))
    return {
        "mean": "right" if abs(mean - expected) <= near else "too large" if mean > expected else "too small",
        "each": bool(((measured - expected).abs() <= bound).all()),
        "alike": bool((measured == measured[0]).all()),
    }


def two_numbers(place, channels=60):
    """Each channel holds 3 and 1, along one of the axes of images and places."""
    shape = [1, channels, 1, 1]
    shape[place] = 2
    numbers = torch.tensor([3.0, 1.0], dtype=DOUBLE).reshape([2 if axis == place else 1 for axis in range(4)])
    return numbers.expand(shape).contiguous()


@exercise("variance_shift")
@pytest.mark.parametrize("place", [0, 2, 3], ids=["two images", "two rows", "two columns"])
def test_the_measured_factor_of_two_numbers(student, rng, place):
    """Of 3 and 1 the four masks leave variances of 4, 9, 1 and 0 where it was 1: 3.5 on average."""
    deviation = 12.25**0.5 / 60**0.5  # of the mean over 60 draws
    came = student.run(measured_words, two_numbers(place), 0.5, 60, 3.5, BEYOND * deviation, seed_from(rng))
    assert came["mean"] == "right", (
        f"over 60 channels and 60 draws the mean of measured is {came['mean']}: 3.5 was expected"
    )
    assert came["each"], "of 60 draws each, some channels' factor is far from 3.5: is a new mask drawn each time?"
    assert not came["alike"], "all channels measured the very same: each number of each channel has a mask of its own"


@exercise("variance_shift")
def test_the_measured_factor_of_many_numbers(student, rng):
    """Three channels of 2,000 numbers with means of 0, 2 and -3, p = 0.2, with twenty draws."""
    x = torch.linspace(-1, 1, 2000, dtype=DOUBLE).reshape(10, 1, 20, 10)
    usual = x.var(correction=0).item()
    for mean in (0.0, 2.0, -3.0):
        square = usual + mean**2
        expected = (square / 0.8 - mean**2 - 0.25 * square / 2000) / usual
        bound = BEYOND * 1.6 * (1 + abs(mean)) ** 2 / (20 * 2000) ** 0.5
        came = student.run(measured_words, x + mean, 0.2, 20, expected, bound, seed_from(rng))
        assert came["mean"] == "right", (
            f"a channel of mean {mean:g}: measured is {came['mean']}, {expected:.2f} was expected"
        )


def one_draw(ns, x, seed) -> list[bool]:
    """Draw once: are all factors 0, 1, 4 or 9, and do they differ?"""
    measured = ns.variance_shift(x, 0.5, 1, torch.Generator().manual_seed(seed))[0].double()
    squares = torch.tensor([0.0, 1.0, 4.0, 9.0], dtype=torch.float64)
    near = (measured[:, None] - squares).abs().min(dim=1).values < 1e-6
    return [bool(near.all()), bool((measured != measured[0]).any())]


@exercise("variance_shift", costs=0.5)
def test_one_draw_is_one_mask(student, rng):
    """With num_draws=1 the factor of 3 and 1 is one of 0, 1, 4 and 9, and sixty channels don't all have the same."""
    possible, differ = student.run(one_draw, two_numbers(0), seed_from(rng))
    assert possible, "one draw gave a factor that no mask gives: of 3 and 1 with p = 0.5 they are 0, 1, 4 and 9"
    assert differ, "one draw gave all of sixty channels the same factor: each number of each channel has its own chance"


def predicted(ns, x, p, num_draws, seed) -> torch.Tensor:
    """Return the predicted factors; zeros where they differ from call to call."""
    calls = [ns.variance_shift(x, p, num_draws, torch.Generator().manual_seed(seed + one))[1] for one in range(2)]
    return calls[0] if torch.equal(*calls) else torch.zeros_like(calls[0])


@exercise("variance_shift")
@pytest.mark.parametrize("p", [0.0, 0.25, 0.8])
def test_the_predicted_factor(student, reference, rng, p):
    """Of channels whose means and variances differ."""
    x = channels(rng, 2, 4, 3, 5)
    assert_close(student.run(predicted, x, p, 2, 7), reference.run(predicted, x, p, 2, 7), what="predicted")


def channels(rng, N, C, H, W, dtype=DOUBLE):
    """Images whose channels differ in mean and in spread."""
    spread, mean = 1 + torch.arange(C, dtype=dtype), 2 - 1.5 * torch.arange(C, dtype=dtype)
    x = randn(rng, N, C, H, W, dtype=dtype)
    return x * spread[:, None, None] + mean[:, None, None]


@exercise("variance_shift")
def test_measuring_draws_from_the_generator_alone(student, rng):
    """The same state gives the same factors, whatever torch's own state is."""
    came = student.run(generator_alone, "variance_shift", [channels(rng, 2, 3, 2, 2), 0.4, 3], seed_from(rng))
    assert_from_generator(came)


def shift_of(ns, x, p, num_draws, seed):
    """Return what is predicted, and the shape and dtype of what is measured."""
    measured, foretold = ns.variance_shift(x, p, num_draws, torch.Generator().manual_seed(seed))
    return [foretold, torch.zeros_like(measured)]


contract(
    "variance_shift",
    inputs=lambda rng, N=3, C=2, H=4, W=5, dtype=DOUBLE: (channels(rng, N, C, H, W, dtype), 0.3, 2, seed_from(rng)),
    use=shift_of,
    one="NCHW",
    device=False,
    all_at_once="NCHW",
    costs=COSTS,
)


# uniform_dropout


def noise_facts(ns, x, beta, seed):
    """Draw often, divide by x, and say how the noise lies."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.stack([ns.uniform_dropout(x, beta, generator) / x - 1 for _ in range(20)]) / beta
    many = math.sqrt(noise.numel())
    mean, square = noise.mean().item(), noise.square().mean().item()
    within = (noise.abs() < 0.5).double().mean().item()
    return {
        "alike along": [
            axis for axis in range(x.ndim) if bool((noise - noise.narrow(axis + 1, 0, 1)).abs().max() < 1e-6)
        ],
        "the same each time": bool((noise - noise[:1]).abs().max() < 1e-6),
        "largest": "beyond" if noise.abs().max() > 1.001 else "within",
        "mean": "zero" if abs(mean) < 6.5 * 0.578 / many else "above" if mean > 0 else "below",
        "square": "right" if abs(square - 1 / 3) < 6.5 * 0.3 / many else "too large" if square > 1 / 3 else "too small",
        "middle half": "half" if abs(within - 0.5) < 6.5 * 0.5 / many else "more" if within > 0.5 else "less",
    }


@exercise("uniform_dropout")
@pytest.mark.parametrize("beta", [0.1, 0.8, 2.0])
def test_the_factor_is_uniform_about_one(student, rng, beta):
    """Of ten thousand numbers: the mean is kept, none moves by more than beta, and all sizes are equally likely."""
    facts = student.run(noise_facts, away_from_zero(rng, 25, 20), beta, seed_from(rng))
    assert facts["mean"] == "zero", (
        f"the mean of out / x - 1 lies {facts['mean']} zero: it is zero, so that the mean is kept"
    )
    assert facts["largest"] == "within", "some numbers change by more than the share beta"
    assert facts["square"] == "right", (
        f"the mean square of out / x - 1 is {facts['square']}: it is beta^2 / 3 where r is drawn from -beta to beta"
    )
    assert facts["middle half"] == "half", (
        f"{facts['middle half']} than half of the numbers change by less than beta / 2: uniform noise gives half"
    )


@exercise("uniform_dropout")
def test_every_number_has_noise_of_its_own_at_every_call(student, rng):
    """No axis shares its noise, and a second call draws other noise."""
    facts = student.run(noise_facts, away_from_zero(rng, 3, 4, 2, 5), 0.5, seed_from(rng))
    alike = facts["alike along"]
    assert not alike, f"all numbers along axis {alike[0]} got the same noise: each has its own"
    assert not facts["the same each time"], "twenty calls with one generator gave the same noise: each draws anew"


@exercise("uniform_dropout")
def test_noise_comes_from_the_generator_alone(student, rng):
    """The same state gives the same noise, whatever torch's own state is."""
    came = student.run(generator_alone, "uniform_dropout", [away_from_zero(rng, 6, 7), 0.5], seed_from(rng))
    assert_from_generator(came)


@exercise("uniform_dropout")
def test_at_test_there_is_no_noise(student, reference, rng):
    """With training=False, x comes back; the generator stays where it is."""
    args = "uniform_dropout", [away_from_zero(rng, 3, 4), 0.7], seed_from(rng)
    assert_at_test(student.run(at_test, *args), reference.run(at_test, *args))


@exercise("uniform_dropout", costs=0.5)
def test_zero_stays_zero(student):
    """Noise that multiplies leaves a zero alone."""
    came = student.run(with_noise, torch.zeros(3, 4, dtype=DOUBLE), 0.5, 3)
    assert_close(came, torch.zeros(3, 4, dtype=DOUBLE))


def with_noise(ns, x, beta, seed) -> torch.Tensor:
    """Return what uniform dropout makes of x."""
    return ns.uniform_dropout(x, beta, torch.Generator().manual_seed(seed))


contract(
    "uniform_dropout",
    # So little noise that nothing of it shows: beside it the answer is x.
    inputs=lambda rng, N=3, D=4, dtype=DOUBLE: (away_from_zero(rng, N, D, dtype=dtype), 1e-12, seed_from(rng)),
    use=with_noise,
    one="ND",
    device=False,
    all_at_once="ND",
    costs=COSTS,
)


# drop_connect


def layer(rng, N, D, M, dtype=DOUBLE):
    """Rows, weights and a bias that matters."""
    return randn(rng, N, D, dtype=dtype), away_from_zero(rng, D, M, dtype=dtype), randn(rng, M, dtype=dtype, shift=2.0)


def single_weights(ns, weights, bias, p, seed):
    """Let each row read one weight a column: how weights grow, and the score's largest and least where that weight was
    kept, and where it was dropped."""
    generator, before = torch.Generator().manual_seed(seed), (weights.clone(), bias.clone())
    x, many = 3 * torch.eye(len(weights), dtype=weights.dtype), range(len(weights))
    draws = [ns.drop_connect(x.clone(), weights.clone(), bias.clone(), p, generator) for _ in range(59)]
    draws.append(ns.drop_connect(x, weights, bias, p, generator))
    outs = torch.stack([out for out, _ in draws])
    masks = torch.stack([torch.stack([kept[row, row] != 0 for row in many]) for _, kept in draws])
    usual = outs.clone().fill_(0)
    stays = all(torch.equal(one, old) for one, old in zip((weights, bias), before, strict=True))
    word = "the same each time" if bool((outs == outs[:1]).all()) else "by one factor"
    for found, share in (
        ("by how many weights each row's score has left", lambda kept: kept.mean(dim=1)),
        ("by how many weights the draw has left", lambda kept: kept.mean()),
    ):
        grown = torch.stack(
            [3 * weights / share((kept != 0).to(weights.dtype)).clamp(min=1e-6) + bias for _, kept in draws]
        )
        if bool(torch.isclose(outs.to(grown.dtype), grown, rtol=1e-5)[masks].all()):
            word = found
    if word != "by one factor":
        return [word, *[usual[0]] * 4, stays]
    high, low = torch.full_like(outs, -1e9), torch.full_like(outs, 1e9)
    kept, dropped = (
        [torch.where(masks, outs, one) for one in (high, low)],
        [torch.where(masks, one, outs) for one in (high, low)],
    )
    return [word, kept[0].amax(dim=0), kept[1].amin(dim=0), dropped[0].amax(dim=0), dropped[1].amin(dim=0), stays]


@exercise("drop_connect")
@pytest.mark.parametrize("p", [0.3, 0.45])
def test_a_weight_that_is_kept_grows_and_one_that_is_dropped_is_zero(student, reference, rng, p):
    """Each row reads one weight for each score: the score where it was kept, and where it was dropped."""
    _, weights, bias = layer(rng, 1, 4, 3)
    args = column_major(weights), bias, p, seed_from(rng)
    came, expected = student.run(single_weights, *args), reference.run(single_weights, *args)
    assert came[0] != "the same each time", "sixty calls with one generator gave the same scores: each draws a new mask"
    assert came[0] == "by one factor", f"what is kept grows {came[0]}: it follows p alone"
    assert_close(came[1], expected[1], what="the largest that the score was where the weight was kept")
    assert_close(came[2], expected[2], what="the least that the score was where the weight was kept")
    assert_close(came[3:5], expected[3:5], what="the score where the weight was dropped")
    assert came[5], "drop_connect changed the weights or the bias in training: make new tensors"


def left_over(ns, x, weights, bias, p, seed) -> str:
    """Say what remains of the scores when those of the kept weights are taken away."""
    out, kept = ns.drop_connect(x, weights.clone(), bias, p, torch.Generator().manual_seed(seed))
    rows = torch.stack([x[row] @ (weights * (kept[row] != 0).to(weights.dtype)) / (1 - p) for row in range(len(x))])
    remains = out - rows
    if remains.shape != rows.shape:
        return "something of another shape"
    named = {"the bias": bias, "nothing": 0 * bias, "the bias times 1 / (1 - p)": bias / (1 - p)}
    fits = [word for word, one in named.items() if torch.allclose(remains, one.expand(rows.shape), 1e-4, 1e-4)]
    return fits[0] if fits else "something else"


@exercise("drop_connect")
def test_the_scores_are_those_of_the_kept_weights(student, rng):
    """Whatever the mask: without the weights that it kept, what remains is the bias."""
    came = student.run(left_over, *layer(rng, 5, 7, 3), 0.4, seed_from(rng))
    assert came == "the bias", (
        f"take the kept weights' part, grown by 1 / (1 - p), away from out: {came} remains, the bias was expected"
    )


@exercise("drop_connect")
def test_every_row_has_every_weight_kept_or_dropped_for_itself(student, rng):
    """No axis of (N, D, M) shares a mask, and twenty calls give twenty masks."""
    facts = student.run(mask_facts, "drop_connect", [*layer(rng, 4, 5, 3), 0.4], seed_from(rng))
    assert_mask(facts, [4, 5, 3])


@exercise("drop_connect")
@pytest.mark.parametrize("p", [0.3, 0.8])
def test_the_share_of_weights_that_is_dropped_is_p(student, rng, p):
    """Of twenty thousand weights, half of them zero to begin with."""
    args = [torch.ones(10, 10), half_zeros(10, 10), torch.ones(10), p]
    assert_share(student.run(share_dropped, "drop_connect", args, p, seed_from(rng)))


@exercise("drop_connect")
def test_weights_are_dropped_by_the_generator_alone(student, rng):
    """The same state gives the same mask, whatever torch's own state is."""
    came = student.run(generator_alone, "drop_connect", [*layer(rng, 3, 4, 5), 0.5], seed_from(rng))
    assert_from_generator(came)


@exercise("drop_connect")
def test_at_test_all_weights_are_used(student, reference, rng):
    """With training=False it is a linear layer; the generator stays where it is."""
    args = "drop_connect", [*layer(rng, 4, 3, 2), 0.6], seed_from(rng)
    assert_at_test(student.run(at_test, *args), reference.run(at_test, *args))


@exercise("drop_connect", costs=0.25)
def test_where_all_weights_are_dropped_the_bias_is_left(student, reference, rng):
    """p = 1: the bias, not NaN."""
    args = *layer(rng, 4, 3, 2), 1.0, seed_from(rng)
    came, expected = student.run(connected_at_the_end, *args), reference.run(connected_at_the_end, *args)
    assert came[0] == "no error", f"p = 1 met {came[0]}: it is a probability like others"
    assert_close(came, expected)


def connected_at_the_end(ns, x, weights, bias, p, seed):
    """Draw where everything is dropped: the scores and whether any weight was kept, or the kind of error."""
    try:
        out, kept = ns.drop_connect(x, weights, bias, p, torch.Generator().manual_seed(seed))
    except Exception as error:
        return [type(error).__name__, torch.zeros(()), False]
    return ["no error", out, bool((kept != 0).any())]


def connected(ns, x, weights, bias, p, seed, **settings):
    """Return the scores and the mask."""
    out, kept = ns.drop_connect(x, weights, bias, p, torch.Generator().manual_seed(seed), **settings)
    return [out, kept != 0]


contract(
    "drop_connect",
    inputs=lambda rng, N=3, D=4, M=2, dtype=DOUBLE: (*layer(rng, N, D, M, dtype), 0.0, seed_from(rng)),
    use=connected,
    one="NDM",
    device=False,
    all_at_once="NDM",
    costs={**COSTS, "all_at_once": 0.5},
)


# drop_block


def block_values(ns, x, p, block_size, seed, **settings):
    """Draw often, from a copy and at last from x: whether what is kept grows evenly in each draw, each number, its
    growth undone, where it was kept, whether it was 0 where dropped, whether draws differ, whether anything is
    dropped."""
    generator, was = torch.Generator().manual_seed(seed), x.clone()
    draws = [ns.drop_block(was.clone(), p, block_size, generator, **settings) for _ in range(19)]
    draws.append(ns.drop_block(x, p, block_size, generator, **settings))
    outs, masks = torch.stack([out for out, _ in draws]), torch.stack([kept != 0 for _, kept in draws])
    differ, zeros = not bool((masks == masks[:1]).all()), torch.zeros_like(outs[0])
    told = masks & (outs != 0) & (was != 0)
    values = []
    for out, kept, one in zip(outs, masks, told, strict=True):
        grows = p > 0 and bool(one.any()) and (settings.get("training", True) or not bool(kept.all()))
        growths = (out / was)[one] if grows else torch.ones(1)
        if not torch.isclose(growths, growths[0], rtol=1e-5, equal_nan=True).all():
            return [False, zeros, zeros, zeros, differ, True]
        values.append(torch.where(kept, out / growths.median(), (was * told.any()).to(out.dtype)))
    shown = torch.stack(values)
    gone = torch.where(masks, 0, torch.where(outs == 0, 0.0, outs.isnan() * outs + 1)).to(outs.dtype).amax(dim=0)
    if 0 < p < 1 and settings.get("training", True) and not differ:
        gone = zeros
    return [True, shown.amax(dim=0), shown.amin(dim=0), gone, differ, differ or not bool(masks.all())]


@exercise("drop_block")
@pytest.mark.parametrize(("shape", "p", "block_size"), [((2, 2, 5, 7), 0.1, 3), ((1, 2, 6, 5), 0.2, 2)])
def test_what_no_block_covers_grows_by_one_factor(student, reference, rng, shape, p, block_size):
    """The factor is how many numbers the batch has, over how many were kept; what is covered is 0."""
    x = away_from_zero(rng, *shape)
    x[..., 0] = 0  # a number that is zero anyway was not dropped
    args = noncontiguous(column_major(x)), p, block_size, seed_from(rng)
    came, expected = student.run(block_values, *args), reference.run(block_values, *args)
    assert came[4], "twenty calls with one generator gave the same mask: each draws new blocks"
    assert came[0], "in one draw numbers that are kept grow by several factors: one factor serves the whole batch"
    assert_close(came[1], expected[1], rtol=1e-6, what="the largest of out where a number was kept, its growth undone")
    assert_close(came[2], expected[2], rtol=1e-6, what="the least of out where a number was kept, its growth undone")
    assert not came[3].any(), "out isn't 0 somewhere where kept is False"


def growth_words(ns, x, p, block_size, seed) -> list[str]:
    """Draw often, and say by what the kept numbers grow and how the mask lies to the answer."""
    generator, words = torch.Generator().manual_seed(seed), set()
    for _ in range(20):
        out, kept = ns.drop_block(x.clone(), p, block_size, generator)
        kept = kept != 0
        if kept.all() or not kept.any():
            continue
        number = kept.to(x.dtype)
        growths = {
            "all numbers over those kept": number.numel() / number.sum(),
            "those kept over all numbers": number.mean(),
            "all numbers over those dropped": number.numel() / (1 - number).sum(),
            "nothing": torch.ones(()).to(x.dtype),
            "1 / (1 - p)": torch.full((), 1 / (1 - p)).to(x.dtype),
            "all numbers over those of out that aren't 0": number.numel() / (number * (x != 0)).sum(),
            "each image's numbers over those kept in it": 1 / number.mean(dim=(1, 2, 3), keepdim=True),
            "each channel's numbers over those kept in it": 1 / number.mean(dim=(2, 3), keepdim=True),
        }
        fits = [
            word
            for word, growth in growths.items()
            if torch.allclose(torch.where(kept, x * growth, 0), out.to(x.dtype), rtol=1e-5, atol=1e-8)
        ]
        turned = bool((out[kept] == 0).all())
        words.add(fits[0] if fits else "nothing, and kept is True where out is 0" if turned else "something else")
    return sorted(words)


@exercise("drop_block")
def test_what_the_kept_numbers_grow_by(student, rng):
    """One factor for the whole batch, by what was really kept."""
    x = away_from_zero(rng, 3, 2, 6, 5)
    x[..., 0] = 0  # a number that is zero anyway was not dropped
    came = student.run(growth_words, x, 0.3, 2, seed_from(rng))
    assert came == ["all numbers over those kept"], (
        f"what is kept grows by {' or by '.join(came) or 'nothing, since none or all are dropped'}: "
        "by all numbers of x over those kept was expected"
    )


def are_blocks(ns, shape, p, block_size, seed) -> list[bool]:
    """Draw often: do whole blocks cover what was dropped, is there any, and is there anything else?"""
    generator = torch.Generator().manual_seed(seed)
    dropped = torch.cat([ns.drop_block(torch.ones(shape), p, block_size, generator)[1] == 0 for _ in range(10)]).float()
    whole = -F.max_pool2d(-dropped, block_size, stride=1)
    margin = block_size - 1
    covered = F.max_pool2d(F.pad(whole, (margin, margin, margin, margin)), block_size, stride=1)
    return [bool((covered == dropped).all()), bool(dropped.any()), bool(dropped.all())]


@exercise("drop_block")
@pytest.mark.parametrize(("shape", "block_size"), [((6, 4, 7, 9), 3), ((6, 4, 9, 6), 4)])
def test_what_is_dropped_is_whole_blocks(student, rng, shape, block_size):
    """Every number that was dropped lies in a whole block of dropped ones, inside of the image."""
    whole, some, everything = student.run(are_blocks, list(shape), 0.15, block_size, seed_from(rng))
    assert some, "nothing was ever dropped"
    assert not everything, "everything was dropped"
    assert whole, f"some numbers were dropped that lie in no whole block of {block_size} × {block_size} of the image"


def by_place(ns, shape, p, block_size, expected, seed):
    """Draw often: is each place of the image dropped as often as expected? And the corners, and the middle?"""
    generator = torch.Generator().manual_seed(seed)
    dropped = torch.cat([ns.drop_block(torch.ones(shape), p, block_size, generator)[1] == 0 for _ in range(4)]).double()
    many = dropped.shape[0] * dropped.shape[1]
    off = (dropped.mean(dim=(0, 1)) - expected) / (expected * (1 - expected) / many).sqrt()
    corners = off[0, 0] + off[0, -1] + off[-1, 0] + off[-1, -1]
    words = [
        "as often as" if abs(one) <= 6.5 else "more often than" if one > 0 else "less often than"
        for one in (corners.item() / 2, off[off.shape[0] // 2, off.shape[1] // 2].item())
    ]
    return {"corners": words[0], "middle": words[1], "each": bool((off.abs() <= 6.5).all())}


@exercise("drop_block")
@pytest.mark.parametrize(("size", "p", "block_size"), [((5, 6), 0.3, 3), ((4, 7), 0.2, 2), ((3, 4), 0.4, 1)])
def test_each_place_is_dropped_as_often_as_blocks_cover_it(student, rng, size, p, block_size):
    """A corner lies in one possible block, the middle in many: gamma says how often each place is covered."""
    starts = [n - block_size + 1 for n in size]
    gamma = p * size[0] * size[1] / (block_size**2 * starts[0] * starts[1])
    rows, columns = (
        torch.tensor([min(at, start - 1) - max(0, at - block_size + 1) + 1 for at in range(n)], dtype=DOUBLE)
        for n, start in zip(size, starts, strict=True)
    )
    expected = 1 - (1 - gamma) ** torch.outer(rows, columns)
    came = student.run(by_place, [100, 10, *size], p, block_size, expected, seed_from(rng))
    assert came["each"], (
        f"of {size[0]} × {size[1]} places with blocks of {block_size}, corners are dropped {came['corners']} expected "
        f"({expected[0, 0]:.2f}) and the middle {came['middle']} expected "
        f"({expected[size[0] // 2, size[1] // 2]:.2f}), or some place between them isn't"
    )


@exercise("drop_block")
def test_every_channel_of_every_image_has_its_own_blocks(student, rng):
    """No axis shares a mask, and twenty calls give twenty masks."""
    shape = [3, 4, 6, 7]
    facts = student.run(mask_facts, "drop_block", [away_from_zero(rng, *shape), 0.3, 2], seed_from(rng))
    assert_mask(facts, shape)


@exercise("drop_block")
def test_blocks_fall_by_the_generator_alone(student, rng):
    """The same state gives the same blocks, whatever torch's own state is."""
    came = student.run(generator_alone, "drop_block", [away_from_zero(rng, 2, 3, 6, 5), 0.4, 2], seed_from(rng))
    assert_from_generator(came)


@exercise("drop_block")
def test_at_test_no_block_falls(student, reference, rng):
    """With training=False, x comes back with a mask that is True everywhere; the generator stays where it is."""
    args = "drop_block", [away_from_zero(rng, 2, 3, 4, 5), 0.7, 3], seed_from(rng)
    assert_at_test(student.run(at_test, *args), reference.run(at_test, *args))


@exercise("drop_block", costs=0.25)
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_one_block_may_be_the_whole_image(student, reference, rng, p):
    """With blocks as large as the image, p = 1 gives zeros, not NaN, and p = 0 gives x."""
    args = away_from_zero(rng, 12, 10, 4, 4), p, 4, seed_from(rng)
    came, expected = student.run(block_at_the_end, *args), reference.run(block_at_the_end, *args)
    assert came[0] == "no error", f"p = {p:g} met {came[0]}, with a block as large as the image"
    assert_close(came, expected, rtol=1e-6)


def block_at_the_end(ns, x, p, block_size, seed):
    """Draw where nothing or everything is dropped: the answer, or the kind of error."""
    try:
        out, kept = ns.drop_block(x, p, block_size, torch.Generator().manual_seed(seed))
    except Exception as error:
        return [type(error).__name__, torch.zeros_like(x), False, False]
    if bool((kept == 0).any()) and bool((kept != 0).any()):
        return ["no error", torch.zeros_like(out[:1]), True, True]
    return ["no error", out[:1], bool((kept != 0).any()), bool((kept == 0).any())]


contract(
    "drop_block",
    inputs=lambda rng, N=3, C=2, H=3, W=4, dtype=DOUBLE: (
        away_from_zero(rng, N, C, H, W, dtype=dtype),
        0.15,
        min(2, H, W),
        seed_from(rng),
    ),
    use=block_values,
    tolerances={DOUBLE: {"rtol": 1e-6}},  # the factor may be a float32: torch makes one of two whole numbers
    settings={"training": False},
    also=[{"training": True}],
    square=dict.fromkeys("NCHW", 3),
    one="NCHW",
    device=False,
    all_at_once="NCHW",
    costs=COSTS,
    but=REUSED,
)


# drop_path


def path_values(ns, branch, p, seed, **settings):
    """Draw often, from a copy and at last from the branch: how what is kept grows, the largest and the least that each
    number was where it isn't zero, and whether all samples shared one fate each time."""
    generator, was = torch.Generator().manual_seed(seed), branch.clone()
    draws = [ns.drop_path(was.clone(), p, generator, **settings) for _ in range(39)]
    outs = torch.stack([*draws, ns.drop_path(branch, p, generator, **settings)])
    alive, zeros = outs != 0, torch.zeros_like(outs[0])
    shared = bool((alive == alive[:, :1]).all())
    if 0 < p < 1 and bool((outs == outs[:1]).all()):
        return ["the same each time", zeros, zeros, False]
    each = [(out / was)[one] for out, one in zip(outs, alive, strict=True) if one.any()]
    alone = all(torch.isclose(one, one[0], rtol=1e-5).all() for one in each)
    if alone and each and not torch.isclose(torch.stack([one[0] for one in each]), each[0][0], rtol=1e-5).all():
        return ["by another factor in each draw", zeros, zeros, shared]
    high = torch.where(alive, outs, -torch.inf).amax(dim=0)
    low = torch.where(alive, outs, torch.inf).amin(dim=0)
    seen = alive.any(dim=0)
    return ["by one factor", torch.where(seen, high, 0), torch.where(seen, low, 0), shared]


def path_at_the_end(ns, branch, p, seed):
    """Draw where nothing or everything is dropped: the answer, or the kind of error."""
    try:
        return ["no error", ns.drop_path(branch, p, torch.Generator().manual_seed(seed))]
    except Exception as error:
        return [type(error).__name__, torch.zeros_like(branch)]


def path_facts(ns, branch, p, mode, seed):
    """Draw often: along which axes do numbers share their fate, does it change, and how large is the share dropped?"""
    generator, many = torch.Generator().manual_seed(seed), 40 if mode == "row" else 150
    alive = torch.stack([ns.drop_path(branch.clone(), p, generator, mode) != 0 for _ in range(many)])
    fates = alive.flatten(1) if mode == "row" else alive[:, :1].flatten(1)
    chances = many * (len(branch) if mode == "row" else 1)
    if bool((alive == alive[:1]).all()) and bool(alive.any()) and not bool(alive.all()):
        return {"alike along": [], "the same each time": True, "as many each time": True, "shape": [], "share": ""}
    share, bound = 1 - fates.double().mean().item(), 6.5 * math.sqrt(p * (1 - p) / chances)
    words = [said for one, said in ((p, "p"), (1 - p, "1 - p")) if abs(share - one) <= bound]
    return {
        "alike along": [axis for axis in range(branch.ndim) if bool((alive == alive.narrow(axis + 1, 0, 1)).all())],
        "the same each time": bool((alive == alive[:1]).all()),
        "as many each time": len(set(fates.reshape(many, -1).sum(dim=1).tolist())) == 1,
        "shape": list(alive.shape[1:]),
        "share": words[0] if words else "more than p" if share > p else "less than p",
    }


@exercise("drop_path")
@pytest.mark.parametrize("mode", ["row", "batch"])
@pytest.mark.parametrize("p", [0.3, 0.45])
def test_a_branch_that_is_kept_grows(student, reference, rng, mode, p):
    """Over forty draws: each number's value where its branch was kept."""
    args = column_major(away_from_zero(rng, 3, 2, 4)), p, seed_from(rng)
    expected, came = (side.run(path_values, *args, mode=mode) for side in (reference, student))
    assert_growth(came[0])
    assert_close(came[1], expected[1], what="the largest of out where the branch was kept")
    assert_close(came[2], expected[2], what="the least of out where the branch was kept")


@exercise("drop_path")
@pytest.mark.parametrize("shape", [(4, 3, 2, 5), (5, 3), (6,)], ids=["images", "rows", "one number each"])
def test_a_row_is_dropped_as_a_whole_and_for_itself(student, rng, shape):
    """In mode "row" all numbers of a sample share one fate, and samples don't."""
    facts = student.run(path_facts, away_from_zero(rng, *shape), 0.3, "row", seed_from(rng))
    assert not facts["the same each time"], "40 calls with one generator dropped the same: each draws anew"
    assert facts["shape"] == list(shape), f"out has the shape {facts['shape']}: {list(shape)} was expected"
    assert not facts["as many each time"], "40 calls dropped equally many: where each has its own chance, it varies"
    assert 0 not in facts["alike along"], "all samples share one fate: in mode 'row' each has its own"
    for axis in range(1, len(shape)):
        assert axis in facts["alike along"], f"numbers along axis {axis} differ in fate: a branch is dropped as a whole"
    assert_share(facts["share"])


@exercise("drop_path", costs=0.5)
def test_a_batch_is_dropped_as_a_whole(student, rng):
    """In mode "batch" all samples share one fate."""
    facts = student.run(path_facts, away_from_zero(rng, 4, 3, 2), 0.3, "batch", seed_from(rng))
    assert not facts["the same each time"], "150 calls with one generator dropped the same: each draws anew"
    for axis in range(3):
        assert axis in facts["alike along"], f"numbers along axis {axis} differ in fate: the whole batch shares one"
    assert_share(facts["share"])


@exercise("drop_path")
def test_branches_are_dropped_by_the_generator_alone(student, rng):
    """The same state drops the same, whatever torch's own state is."""
    came = student.run(generator_alone, "drop_path", [away_from_zero(rng, 30, 2), 0.5], seed_from(rng))
    assert_from_generator(came)


@exercise("drop_path")
def test_at_test_no_branch_is_dropped(student, reference, rng):
    """With training=False the branch comes back; the generator stays where it is."""
    args = "drop_path", [away_from_zero(rng, 3, 4), 0.7], seed_from(rng)
    assert_at_test(student.run(at_test, *args), reference.run(at_test, *args))


@exercise("drop_path", costs=0.25)
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_no_branch_and_every_branch_can_be_dropped(student, reference, rng, p):
    """p = 0 gives the branch, p = 1 gives zeros, not NaN."""
    args = away_from_zero(rng, 3, 4), p, seed_from(rng)
    came, expected = student.run(path_at_the_end, *args), reference.run(path_at_the_end, *args)
    assert came[0] == "no error", f"p = {p:g} met {came[0]}: it is a probability like others"
    assert_close(came, expected)


@exercise("drop_path", costs=0.5)
def test_more_samples_take_no_more_operations(student, rng):
    """Chance may make a few more or fewer; a loop over fifteen samples makes five times as many as over three."""
    cases = [(away_from_zero(rng, num, 4), 0.4, seed_from(rng)) for num in (3, 15)]
    shipped = probe_of(path_values)
    few, many = student.run(operation_counts, [shipped.name, shipped.source], cases)
    assert many < 2 * few, (
        f"drop_path makes {few} tensor operations for 3 samples and {many} for 15: it still goes along them one by one"
    )


def mode_refused(ns, training) -> str:
    """Return the kind of error that a mode which is none meets."""
    try:
        ns.drop_path(torch.ones(2, 3), 0.5, torch.Generator(), mode="rows", training=training)
    except Exception as error:
        return type(error).__name__
    return "no error"


@exercise("drop_path", costs=0.1)
@pytest.mark.parametrize("training", [True, False])
def test_a_mode_that_is_none_is_refused(student, training):
    """A ValueError, in training and at test."""
    came = student.run(mode_refused, training)
    assert came == "ValueError", f"mode='rows' with training={training} met {came}: a ValueError was expected"


contract(
    "drop_path",
    inputs=lambda rng, N=3, C=4, H=2, dtype=DOUBLE: (away_from_zero(rng, N, C, H, dtype=dtype), 0.4, seed_from(rng)),
    use=path_values,
    settings={"mode": "batch"},
    also=[{"mode": "row"}],
    one="NCH",
    device=False,
    costs={"dtype": 0.25, "strides": 0.25},
    but=REUSED,
)


# fractional_max_pool

POOLS = {
    "about half": ((2, 3, 9, 11), 2, 6),
    "pairs": ((1, 2, 13, 10), (2, 3), (8, 5)),
    "windows of one row": ((3, 1, 7, 12), (1, 3), (4, 9)),
    "one row of windows": ((2, 2, 6, 5), 2, (1, 3)),
    "one window": ((2, 2, 5, 6), (5, 2), (1, 1)),
    "every pixel": ((1, 2, 4, 5), 1, (4, 5)),
    "large steps": ((1, 2, 14, 17), 2, (3, 4)),
}


def samples_for(rng, shape, kernel_size, output_size):
    """Samples for which no window begins so near to a whole number that rounding decides."""
    kernel, count = (value if isinstance(value, tuple) else (value, value) for value in (kernel_size, output_size))
    while True:
        u = torch.from_numpy(rng.uniform(0, 1, (*shape[:2], 2)))
        begins = [torch.full((1,), 0.5)]
        for axis in (0, 1):
            last = shape[2 + axis] - kernel[axis]
            if last and count[axis] > 1:
                steps = torch.arange(count[axis] - 1) + u[..., axis, None]
                begins.append((last / (count[axis] - 1) * steps).flatten())
        places = torch.cat(begins)
        if float((places - places.round()).abs().min()) > 1e-4:
            return u


@exercise("fractional_max_pool")
@pytest.mark.parametrize(("shape", "kernel_size", "output_size"), POOLS.values(), ids=POOLS.keys())
def test_each_uneven_window_gives_its_largest_number(student, reference, rng, shape, kernel_size, output_size):
    """Windows of many sizes, of which every image and channel has its own."""
    args = randn(rng, *shape, dtype=DOUBLE), kernel_size, output_size, samples_for(rng, shape, kernel_size, output_size)
    assert_close(student.fractional_max_pool(*args), reference.fractional_max_pool(*args))


@exercise("fractional_max_pool")
def test_where_each_window_begins(student, reference, rng):
    """With windows of one pixel and images that count along rows and columns, the answer is where windows begin."""
    shape, size = (2, 2, 12, 10), (5, 6)
    x = (100.0 * torch.arange(12)[:, None] + torch.arange(10)).double().expand(shape).contiguous()
    args = x, 1, size, samples_for(rng, shape, 1, size)
    assert_close(student.fractional_max_pool(*args), reference.fractional_max_pool(*args))


@exercise("fractional_max_pool", costs=0.5)
def test_a_sample_of_zero(student, reference, rng):
    """With u = 0 and a = 1.5 windows begin at 0, 1, 3, 4 and 6."""
    x, samples = randn(rng, 1, 2, 8, 8, dtype=DOUBLE), torch.zeros(1, 2, 2, dtype=DOUBLE)
    assert_close(student.fractional_max_pool(x, 2, 5, samples), reference.fractional_max_pool(x, 2, 5, samples))


@exercise("fractional_max_pool", costs=0.5)
def test_negative_images_have_negative_maxima(student, reference, rng):
    """Where all numbers are negative, so is the answer."""
    x = -1 - randn(rng, 2, 2, 7, 9, dtype=DOUBLE).abs()
    args = x, (3, 2), (4, 5), samples_for(rng, x.shape, (3, 2), (4, 5))
    assert_close(student.fractional_max_pool(*args), reference.fractional_max_pool(*args))


def uneven(rng, N=2, C=3, H=7, W=9, dtype=DOUBLE):
    """Images, a window and samples that suit them."""
    kernel, count = (min(2, H), min(3, W)), (max(1, min(4, H - 1)), max(1, min(3, W - 2)))
    samples = samples_for(rng, (N, C, H, W), kernel, count)
    return randn(rng, N, C, H, W, dtype=dtype), kernel, count, samples.to(dtype)


contract(
    "fractional_max_pool",
    inputs=uneven,
    square=dict.fromkeys("NCHW", 4),
    one="NCHW",
    all_at_once="NCHW",
    forbids_operations=["fractional"],
    instead="find where windows begin yourself",
    costs=COSTS,
)
