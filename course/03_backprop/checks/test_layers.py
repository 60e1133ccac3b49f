"""Checks of the layers: affine forward and backward, and the two loss layers."""

import pytest
import torch

from autograder.authoring.compare import assert_close, assert_equal
from autograder.authoring.exercise import exercise
from autograder.authoring.inputs import column_major, integers, noncontiguous, randn
from autograder.authoring.rules import (
    assert_inputs_unchanged,
    assert_runs_on_one_device,
    forbid_autograd,
    limit_operations,
)
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
def test_single_precision_stays_single(student, reference, rng):
    """float32 goes in, float32 comes out."""
    inputs = layer(rng, 4, (3, 2), 5, dtype=torch.float32)
    assert_close(student.run(run_forward, *inputs), reference.run(run_forward, *inputs), what="out")


@exercise("affine_forward")
def test_the_layer_is_linear_where_scores_are_negative(student, reference, rng):
    """Nothing is cut off or squashed: large scores of both signs come through."""
    x, weights, bias = layer(rng, 6, (5,), 4)
    inputs = 10 * x, weights, bias - 20
    assert_close(student.run(run_forward, *inputs), reference.run(run_forward, *inputs), what="out")


@exercise("affine_forward", costs=0.5)
def test_strides_of_the_input_do_not_matter(student, reference, rng):
    """An input whose memory is not in order gives the same answer."""
    x, weights, bias = layer(rng, 4, (3, 2, 5), 6)
    inputs = noncontiguous(x.transpose(1, 2)), noncontiguous(weights), bias
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


@exercise("affine_forward", costs=0.25)
def test_forward_leaves_its_inputs_alone(student, rng):
    """x, weights and bias are the same afterwards."""
    assert_inputs_unchanged(student, "affine_forward", *layer(rng, 4, (3, 2), 5))


@exercise("affine_forward", costs=0.25)
def test_forward_stays_on_its_device(student, rng):
    """The layer works where its inputs live."""
    assert_runs_on_one_device(student, "affine_forward", *layer(rng, 4, (3, 2), 5, dtype=torch.float32))


@exercise("affine_forward", costs=0.5)
def test_forward_does_a_batch_at_once(student, rng):
    """Forty rows take no more tensor operations than four."""
    limit_operations(student, "affine_forward", layer(rng, 4, (3,), 2), layer(rng, 40, (3,), 2))


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
    assert_gradients(named(student.affine_backward(torch.cat([grad_out, grad_out]), cache), *names), expected, N=6)


@exercise("affine_backward")
def test_no_gradient_comes_back_when_none_came_in(student, reference, rng):
    """A gradient of zero from above gives zero everywhere."""
    cache = layer(rng, 3, (2, 2), 4)
    zero = torch.zeros(3, 4, dtype=torch.float64)
    names = ("x", "weights", "bias")
    expected = dict(zip(names, reference.affine_backward(zero, cache), strict=True))
    assert_gradients(named(student.affine_backward(zero, cache), *names), expected)


@exercise("affine_backward", costs=0.5)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_strides_and_precision_of_the_gradient_do_not_matter(student, reference, rng, dtype):
    """Inputs whose memory is not in order, in either precision, give gradients of that precision."""
    kind = getattr(torch, dtype)
    x, weights, bias = layer(rng, 4, (3, 2), 5, dtype=kind)
    cache = noncontiguous(x.transpose(1, 2)), noncontiguous(weights), bias
    grad_out = noncontiguous(upstream(rng, 4, 5, dtype=kind))
    names = ("x", "weights", "bias")
    expected = dict(zip(names, reference.affine_backward(grad_out, cache), strict=True))
    assert_gradients(named(student.affine_backward(grad_out, cache), *names), expected, N=4)
    grad_out, *cache = map(column_major, (grad_out, *cache))
    assert_gradients(named(student.affine_backward(grad_out, tuple(cache)), *names), expected, N=4)


@exercise("affine_backward", costs=0.25)
def test_backward_leaves_its_inputs_alone(student, rng):
    """grad_out and the cache are the same afterwards: other layers may still need them."""
    assert_inputs_unchanged(student, "affine_backward", upstream(rng, 4, 5), layer(rng, 4, (3, 2), 5))


@exercise("affine_backward", costs=0.25)
def test_backward_stays_on_its_device(student, rng):
    """The gradients are made where the inputs live."""
    cache = layer(rng, 4, (3, 2), 5, dtype=torch.float32)
    assert_runs_on_one_device(student, "affine_backward", upstream(rng, 4, 5, dtype=torch.float32), cache)


@exercise("affine_backward", costs=0.5)
def test_backward_does_a_batch_at_once(student, rng):
    """Forty rows take no more tensor operations than four."""
    small = upstream(rng, 4, 2), layer(rng, 4, (3,), 2)
    limit_operations(student, "affine_backward", small, (upstream(rng, 40, 2), layer(rng, 40, (3,), 2)))


@exercise("affine_backward")
def test_backward_is_written_by_hand(student):
    """No autograd: the exercise is to write what autograd does."""
    forbid_autograd(student, "affine_backward", "backward", instead=BY_HAND)


# softmax_loss_backward


@exercise("softmax_loss_backward")
@pytest.mark.parametrize(("num", "num_classes"), [(7, 4), (1, 3), (3, 11), (6, 2), (9, 5)])
def test_the_softmax_loss_and_its_gradient_are_right(student, reference, rng, num, num_classes):
    """Loss and gradient agree with the reference."""
    scores, y = randn(rng, num, num_classes, dtype=torch.float64, scale=2.0), labels(rng, num, num_classes)
    assert_loss(student.softmax_loss_backward(scores, y), reference.softmax_loss_backward(scores, y), scores)


@exercise("softmax_loss_backward", costs=0.5)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_scores_of_a_thousand_stay_finite(student, reference, rng, dtype):
    """Scores of a thousand, of both signs, overflow nowhere, and the loss is not cut short."""
    scores = randn(rng, 6, 4, dtype=getattr(torch, dtype), scale=1000.0)
    y = scores.argmin(dim=1)
    assert_loss(student.softmax_loss_backward(scores, y), reference.softmax_loss_backward(scores, y), scores)


@exercise("softmax_loss_backward", costs=0.5)
def test_rows_far_apart_do_not_disturb_each_other(student, reference, rng):
    """One row near +900 and one near -900: each is shifted by its own largest score."""
    scores = randn(rng, 4, 5, dtype=torch.float64)
    scores = scores + torch.tensor([[900.0], [-900.0], [0.0], [30.0]], dtype=torch.float64)
    y = labels(rng, 4, 5)
    assert_loss(student.softmax_loss_backward(scores, y), reference.softmax_loss_backward(scores, y), scores)


@exercise("softmax_loss_backward", costs=0.5)
def test_labels_may_repeat_and_strides_may_be_odd(student, reference, rng):
    """All rows of one class, in memory that is not in order."""
    scores = randn(rng, 5, 3, dtype=torch.float64)
    y = torch.full((5,), 2)
    for laid_out in (noncontiguous(scores), column_major(scores)):
        expected = reference.softmax_loss_backward(laid_out, y)
        assert_loss(student.softmax_loss_backward(laid_out, y), expected, scores)


@exercise("softmax_loss_backward", costs=0.25)
def test_softmax_leaves_its_inputs_alone(student, rng):
    """scores and y are the same afterwards."""
    scores, y = randn(rng, 5, 3, dtype=torch.float64), labels(rng, 5, 3)
    assert_inputs_unchanged(student, "softmax_loss_backward", scores, y)


@exercise("softmax_loss_backward", costs=0.25)
def test_softmax_stays_on_its_device(student, rng):
    """What you make inside, such as row numbers or a one-hot matrix, lives where scores lives."""
    assert_runs_on_one_device(student, "softmax_loss_backward", randn(rng, 5, 3), labels(rng, 5, 3))


@exercise("softmax_loss_backward", costs=0.5)
def test_softmax_does_a_batch_at_once(student, rng):
    """Forty rows take no more tensor operations than four."""
    small = randn(rng, 4, 3), labels(rng, 4, 3)
    limit_operations(student, "softmax_loss_backward", small, (randn(rng, 40, 3), labels(rng, 40, 3)))


@exercise("softmax_loss_backward")
def test_the_softmax_gradient_is_written_by_hand(student):
    """No autograd: the exercise is to write what autograd does."""
    forbid_autograd(student, "softmax_loss_backward", "backward", instead=BY_HAND)


# svm_loss_backward


@exercise("svm_loss_backward")
@pytest.mark.parametrize(
    ("num", "num_classes", "margin"), [(7, 4, 1.0), (1, 3, 1.0), (3, 11, 2.5), (6, 2, 0.3), (9, 5, 4.0)]
)
def test_the_svm_loss_and_its_gradient_are_right(student, reference, rng, num, num_classes, margin):
    """Loss and gradient agree with the reference, for margins other than one too."""
    scores, y = randn(rng, num, num_classes, dtype=torch.float64, scale=2.0), labels(rng, num, num_classes)
    expected = reference.svm_loss_backward(scores, y, margin=margin)
    assert_loss(student.svm_loss_backward(scores, y, margin=margin), expected, scores)


@exercise("svm_loss_backward")
def test_the_margin_is_one_where_none_is_given(student, reference, rng):
    """svm_loss_backward(scores, y) uses a margin of 1."""
    scores, y = randn(rng, 5, 4, dtype=torch.float64), labels(rng, 5, 4)
    assert_loss(student.svm_loss_backward(scores, y), reference.svm_loss_backward(scores, y), scores)


@exercise("svm_loss_backward")
def test_rows_that_are_safe_give_nothing(student, reference, rng):
    """A row whose true class leads by more than the margin has no loss and no gradient."""
    scores, y = randn(rng, 6, 4, dtype=torch.float64), labels(rng, 6, 4)
    scores[torch.arange(4), y[:4]] += 50
    assert_loss(student.svm_loss_backward(scores, y), reference.svm_loss_backward(scores, y), scores)


@exercise("svm_loss_backward", costs=0.25)
def test_exactly_at_the_margin_the_gradient_is_zero(student, reference):
    """Where a score reaches the margin exactly, it counts as safe."""
    scores = torch.tensor([[3.0, 2.0, 0.0, 3.0], [1.0, 1.0, 2.0, 0.0]], dtype=torch.float64)
    y = torch.tensor([0, 2])
    assert_loss(student.svm_loss_backward(scores, y), reference.svm_loss_backward(scores, y), scores)


@exercise("svm_loss_backward", costs=0.5)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_svm_takes_odd_strides_in_either_precision(student, reference, rng, dtype):
    """Memory that is not in order, in either precision, gives answers of that precision."""
    scores = randn(rng, 5, 3, dtype=getattr(torch, dtype))
    y = torch.full((5,), 2)
    for laid_out in (noncontiguous(scores), column_major(scores)):
        expected = reference.svm_loss_backward(laid_out, y)
        assert_loss(student.svm_loss_backward(laid_out, y), expected, scores)


@exercise("svm_loss_backward", costs=0.25)
def test_svm_leaves_its_inputs_alone(student, rng):
    """scores and y are the same afterwards."""
    scores, y = randn(rng, 5, 3, dtype=torch.float64), labels(rng, 5, 3)
    assert_inputs_unchanged(student, "svm_loss_backward", scores, y)


@exercise("svm_loss_backward", costs=0.25)
def test_svm_stays_on_its_device(student, rng):
    """What you make inside, such as row numbers or a mask, lives where scores lives."""
    assert_runs_on_one_device(student, "svm_loss_backward", randn(rng, 5, 3), labels(rng, 5, 3))


@exercise("svm_loss_backward", costs=0.5)
def test_svm_does_a_batch_at_once(student, rng):
    """Forty rows take no more tensor operations than four."""
    small = randn(rng, 4, 3), labels(rng, 4, 3)
    limit_operations(student, "svm_loss_backward", small, (randn(rng, 40, 3), labels(rng, 40, 3)))


@exercise("svm_loss_backward")
def test_the_svm_gradient_is_written_by_hand(student):
    """No autograd: the exercise is to write what autograd does."""
    forbid_autograd(student, "svm_loss_backward", "backward", instead=BY_HAND)


def assert_loss(actual, expected, scores):
    """Compare (loss, grad_scores): the loss first, then the gradient by name."""
    came = named(actual, "loss", "grad_scores")
    num, num_classes = scores.shape
    assert_close(came["loss"], expected[0], what="the loss")
    assert_gradients({"scores": came["grad_scores"]}, {"scores": expected[1]}, N=num, C=num_classes)
