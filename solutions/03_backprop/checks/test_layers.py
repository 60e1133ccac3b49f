"""Checks of the layers: affine forward and backward, and the two loss layers."""

import pytest
import torch

from autograder.authoring import assert_close, assert_equal, contract, exercise, integers, randn
from coursekit.gradients import assert_gradients, named

# Not "grad": that is the name that many give to their own gradient.
BY_HAND = "the chain rule, written by hand"
SHAPES = [
    pytest.param(5, (4,), 3, id="rows"),
    pytest.param(1, (6,), 2, id="batch of one"),
    pytest.param(4, (2, 3), 5, id="two axes"),
    pytest.param(3, (2, 3, 4), 2, id="images"),
    pytest.param(2, (3, 1, 2, 2), 7, id="four axes"),
    pytest.param(6, (1,), 1, id="one input, one output"),
]


def layer(rng, num, shape, num_out, dtype=torch.float64):
    """Return x, weights and bias of an affine layer."""
    x = randn(rng, num, *shape, dtype=dtype)
    weights = randn(rng, x[0].numel(), num_out, dtype=dtype)
    return x, weights, randn(rng, num_out, dtype=dtype, shift=1.0)


def labels(rng, num, num_classes):
    """Return labels that are never the last class, so that a class is missing."""
    return integers(rng, 0, max(1, num_classes - 1), num)


def assert_layer_gradients(actual, expected):
    """Compare the gradients of x, weights and bias, each by its name."""
    names = ("x", "weights", "bias")
    assert_gradients(
        named(actual, *names), dict(zip(names, expected, strict=True)), N=len(expected[0]), M=len(expected[2])
    )


def assert_loss(actual, expected):
    """Compare (loss, grad_scores): the loss first, then the gradient by name."""
    came = named(actual, "loss", "grad_scores")
    num, num_classes = expected[1].shape
    assert_close(came["loss"], expected[0], what="the loss")
    assert_gradients({"scores": came["grad_scores"]}, {"scores": expected[1]}, N=num, C=num_classes)


# affine_forward


def run_forward(ns, x, weights, bias):
    """Return what comes out of the layer, without its cache."""
    answer = ns.affine_forward(x, weights, bias)
    return answer[0] if isinstance(answer, tuple) and len(answer) == 2 else answer


@exercise("affine_forward")
@pytest.mark.parametrize(("num", "shape", "num_out"), SHAPES)
def test_each_row_is_flattened_and_mapped(student, reference, rng, num, shape, num_out):
    """The output is x, flattened by rows, times the weights, plus the bias."""
    inputs = layer(rng, num, shape, num_out)
    assert_close(student.run(run_forward, *inputs), reference.run(run_forward, *inputs), what="out")


@exercise("affine_forward")
def test_the_layer_is_linear_where_scores_are_negative(student, reference, rng):
    """Nothing is cut off or squashed: large scores of both signs come through."""
    x, weights, bias = layer(rng, 6, (5,), 4)
    inputs = 10 * x, weights, bias - 20
    assert_close(student.run(run_forward, *inputs), reference.run(run_forward, *inputs), what="out")


@exercise("affine_forward", costs=0.5)
@pytest.mark.parametrize("shape", [(4,), (3, 2, 2)], ids=["rows", "images"])
def test_the_pair_of_out_and_cache_comes_back(student, reference, rng, shape):
    """The answer is (out, cache), and the cache is (x, weights, bias) as they came."""
    inputs = layer(rng, 5, shape, 3)
    came = named(student.affine_forward(*inputs), "out", "cache")
    cache = named(came["cache"], "x", "weights", "bias")
    expected = dict(zip(("x", "weights", "bias"), reference.affine_forward(*inputs)[1], strict=True))
    for name, value in expected.items():
        assert_equal(cache[name], value, what=f"{name} in the cache")


# The weights are square where all sizes are equal, and so are the flattened rows.
contract(
    "affine_forward",
    use=run_forward,
    one="NABM",
    square={"N": 6, "A": 2, "B": 3, "M": 6},
    all_at_once="N",
    inputs=lambda rng, N=4, A=3, B=2, M=5, dtype=torch.float64: layer(rng, N, (A, B), M, dtype),
    costs={"dtype": 1.0, "strides": 0.5, "all_at_once": 0.5},
)


# affine_backward


def upstream(rng, num, num_out, dtype=torch.float64):
    """Return a gradient with respect to the layer's output: no two entries alike, columns of unequal sums."""
    return randn(rng, num, num_out, dtype=dtype, scale=2.0, shift=0.5)


@exercise("affine_backward")
@pytest.mark.parametrize(("num", "shape", "num_out"), SHAPES)
def test_the_three_gradients_are_right(student, reference, rng, num, shape, num_out):
    """The gradients of x, weights and bias agree with the reference, in value and in shape."""
    cache = layer(rng, num, shape, num_out)
    grad_out = upstream(rng, num, num_out)
    names = ("x", "weights", "bias")
    expected = dict(zip(names, reference.affine_backward(grad_out, cache), strict=True))
    sizes = {"N": num, "M": num_out}
    assert_gradients(named(student.affine_backward(grad_out, cache), *names), expected, **sizes)


@exercise("affine_backward")
def test_the_gradients_add_up_over_the_batch(student, reference, rng):
    """The same rows twice give twice the gradient of weights and bias: a sum, no mean."""
    x, weights, bias = layer(rng, 3, (2, 2), 4)
    grad_out = upstream(rng, 3, 4)
    cache = torch.cat([x, x]), weights, bias
    names = ("x", "weights", "bias")
    expected = dict(zip(names, reference.affine_backward(torch.cat([grad_out, grad_out]), cache), strict=True))
    bias_first = {name: expected[name] for name in reversed(names)}  # the test above has it last
    assert_gradients(named(student.affine_backward(torch.cat([grad_out, grad_out]), cache), *names), bias_first, N=6)


@exercise("affine_backward")
def test_no_gradient_comes_back_when_none_came_in(student, reference, rng):
    """A gradient of zero from above gives zero everywhere."""
    cache = layer(rng, 3, (2, 2), 4)
    zero = torch.zeros(3, 4, dtype=torch.float64)
    names = ("x", "weights", "bias")
    expected = dict(zip(names, reference.affine_backward(zero, cache), strict=True))
    assert_gradients(named(student.affine_backward(zero, cache), *names), expected)


def layer_and_upstream(rng, N=4, A=3, B=2, M=5, dtype=torch.float64):
    """Return a gradient of the output, and a cache."""
    return upstream(rng, N, M, dtype), layer(rng, N, (A, B), M, dtype)


contract(
    "affine_backward",
    inputs=layer_and_upstream,
    one="NABM",
    square={"N": 6, "A": 2, "B": 3, "M": 6},
    all_at_once="N",
    compare=assert_layer_gradients,
    by_hand=True,
    forbids=["backward"],
    instead=BY_HAND,
    costs={"dtype": 0.5, "strides": 0.5, "all_at_once": 0.5},
)


def scores_and_labels(rng, N=5, C=3, dtype=torch.float64):
    """Return scores and labels."""
    return randn(rng, N, C, dtype=dtype, scale=2.0), labels(rng, N, C)


def off_the_kink(scores, y, *margins):
    """Return the scores, those near a margin moved away: what is near it has tests of its own."""
    for margin in margins:
        terms = scores - scores.gather(1, y[:, None]) + margin
        scores = scores + 0.25 * (terms.abs() < 0.125)
    return scores


def rows_of_the_last_class(rng, N=5, C=3, dtype=torch.float64):
    """Return scores, and labels that are all the same."""
    y = torch.full((N,), C - 1)
    return off_the_kink(randn(rng, N, C, dtype=dtype), y, 1.0, 2.5), y


# softmax_loss_backward


@exercise("softmax_loss_backward")
@pytest.mark.parametrize(("num", "num_classes"), [(7, 4), (1, 3), (3, 11), (6, 2), (9, 5)])
def test_the_softmax_loss_and_its_gradient_are_right(student, reference, rng, num, num_classes):
    """Loss and gradient agree with the reference."""
    scores, y = randn(rng, num, num_classes, dtype=torch.float64, scale=2.0), labels(rng, num, num_classes)
    assert_loss(student.softmax_loss_backward(scores, y), reference.softmax_loss_backward(scores, y))


@exercise("softmax_loss_backward", costs=0.5)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_of_a_thousand_stay_finite(student, reference, rng, dtype):
    """Scores of a thousand, of both signs, overflow nowhere, and the loss is not cut short."""
    scores = randn(rng, 6, 4, dtype=getattr(torch, dtype), scale=1000.0)
    y = scores.argmin(dim=1)
    assert_loss(student.softmax_loss_backward(scores, y), reference.softmax_loss_backward(scores, y))


@exercise("softmax_loss_backward", costs=0.5)
def test_scores_of_a_thousand_have_a_finite_gradient(student, reference, rng):
    """Whatever the loss is there, the gradient of scores of a thousand is finite and right."""
    scores = randn(rng, 3, 4, dtype=torch.float64)
    scores[:, 1] += 1500
    y = torch.tensor([0, 1, 3])
    came = named(student.softmax_loss_backward(scores, y), "loss", "grad_scores")
    assert_gradients({"scores": came["grad_scores"]}, {"scores": reference.softmax_loss_backward(scores, y)[1]}, N=3)


@exercise("softmax_loss_backward", costs=0.5)
def test_rows_far_apart_do_not_disturb_each_other(student, reference, rng):
    """One row near +900 and one near -900: each is shifted by its own largest score."""
    scores = randn(rng, 4, 5, dtype=torch.float64)
    scores = scores + torch.tensor([[900.0], [-900.0], [0.0], [30.0]], dtype=torch.float64)
    y = labels(rng, 4, 5)
    assert_loss(student.softmax_loss_backward(scores, y), reference.softmax_loss_backward(scores, y))


contract(
    "softmax_loss_backward",
    inputs=scores_and_labels,
    also=[rows_of_the_last_class],
    compare=assert_loss,
    one="NC",
    all_at_once="NC",
    by_hand=True,
    forbids=["backward"],
    instead=BY_HAND,
    costs={"dtype": 0.5, "strides": 0.5, "all_at_once": 0.5},
)


# svm_loss_backward


def scores_off_the_kink(rng, N=5, C=3, dtype=torch.float64):
    """Return scores that are near none of the margins that are tried, and labels."""
    scores, y = scores_and_labels(rng, N, C, dtype)
    return off_the_kink(scores, y, 1.0, 2.5), y


@exercise("svm_loss_backward")
@pytest.mark.parametrize(
    ("num", "num_classes", "margin"), [(7, 4, 1.0), (1, 3, 1.0), (3, 11, 2.5), (6, 2, 0.3), (9, 5, 4.0)]
)
def test_the_svm_loss_and_its_gradient_are_right(student, reference, rng, num, num_classes, margin):
    """Loss and gradient agree with the reference, for margins other than one too."""
    scores, y = randn(rng, num, num_classes, dtype=torch.float64, scale=2.0), labels(rng, num, num_classes)
    scores = off_the_kink(scores, y, margin)
    expected = reference.svm_loss_backward(scores, y, margin=margin)
    assert_loss(student.svm_loss_backward(scores, y, margin=margin), expected)


@exercise("svm_loss_backward")
def test_rows_that_are_safe_give_nothing(student, reference, rng):
    """A row whose true class leads by more than the margin has no loss and no gradient."""
    scores, y = randn(rng, 6, 4, dtype=torch.float64), labels(rng, 6, 4)
    scores[torch.arange(4), y[:4]] += 50
    scores = off_the_kink(scores, y, 1.0)
    assert_loss(student.svm_loss_backward(scores, y), reference.svm_loss_backward(scores, y))


@exercise("svm_loss_backward", costs=0.25)
def test_exactly_at_the_margin_the_gradient_is_zero(student, reference):
    """Where a score reaches the margin exactly, it counts as safe."""
    scores = torch.tensor([[3.0, 2.0, 0.0, 3.0], [1.0, 1.0, 2.0, 0.0]], dtype=torch.float64)
    y = torch.tensor([0, 2])
    assert_loss(student.svm_loss_backward(scores, y), reference.svm_loss_backward(scores, y))


@exercise("svm_loss_backward", costs=0.25)
def test_just_inside_the_margin_the_gradient_is_whole(student, reference):
    """A score that passes the margin by a sixteenth, or by a millionth, has the slope of any other."""
    scores = torch.tensor([[3.0, 2.0625, 0.0], [1.0, 1.0, 0.000001]], dtype=torch.float64)
    y = torch.tensor([0, 1])
    assert_loss(student.svm_loss_backward(scores, y), reference.svm_loss_backward(scores, y))


contract(
    "svm_loss_backward",
    settings={"margin": 2.5},
    inputs=scores_off_the_kink,
    also=[rows_of_the_last_class],
    compare=assert_loss,
    one="NC",
    all_at_once="NC",
    by_hand=True,
    forbids=["backward"],
    instead=BY_HAND,
    costs={"dtype": 0.5, "strides": 0.5, "all_at_once": 0.5},
)
