"""The references of layers, held to torch's own layers and to autograd."""

import pytest
import torch
import torch.nn.functional as F

from coursekit import data

NOTEBOOK = "03_backprop/layers"
SHAPES = [(5, (4,), 3), (1, (6,), 2), (3, (2, 3, 4), 2), (2, (3, 1, 2, 2), 7)]


def layer(num, shape, num_out):
    generator = torch.Generator().manual_seed(num)
    x = torch.randn(num, *shape, generator=generator, dtype=torch.float64)
    weights = torch.randn(x[0].numel(), num_out, generator=generator, dtype=torch.float64)
    return x, weights, torch.randn(num_out, generator=generator, dtype=torch.float64)


def scores_and_labels(num=6, num_classes=5, scale=3.0):
    generator = torch.Generator().manual_seed(num)
    scores = scale * torch.randn(num, num_classes, generator=generator, dtype=torch.float64)
    return scores, torch.randint(num_classes, (num,), generator=generator)


def gradient_of(loss, scores):
    leaf = scores.clone().requires_grad_()
    return torch.autograd.grad(loss(leaf), leaf)[0]


@pytest.mark.parametrize(("num", "shape", "num_out"), SHAPES)
def test_affine_forward_is_torchs_linear_on_flattened_rows(solution, num, shape, num_out):
    x, weights, bias = layer(num, shape, num_out)
    out, cache = solution.affine_forward(x, weights, bias)
    torch.testing.assert_close(out, F.linear(x.flatten(1), weights.T, bias))
    assert all(left is right for left, right in zip(cache, (x, weights, bias), strict=True))


@pytest.mark.parametrize(("num", "shape", "num_out"), SHAPES)
def test_affine_backward_is_what_autograd_says(solution, num, shape, num_out):
    leaves = [tensor.requires_grad_() for tensor in layer(num, shape, num_out)]
    x, weights, bias = leaves
    grad_out = torch.randn(num, num_out, dtype=torch.float64)
    out = F.linear(x.flatten(1), weights.T, bias)
    expected = torch.autograd.grad(out, leaves, grad_out)
    came = solution.affine_backward(grad_out, tuple(leaf.detach() for leaf in leaves))
    torch.testing.assert_close(came, expected)


def test_the_numbers_worked_by_hand_in_the_text_are_right(solution):
    x = torch.tensor([[1.0, 0.0, 2.0], [-1.0, 3.0, 1.0]])
    weights = torch.tensor([[1.0, 0.0], [2.0, -1.0], [0.0, 3.0]])
    bias = torch.tensor([0.5, -1.0])
    out, cache = solution.affine_forward(x, weights, bias)
    assert out.tolist() == [[1.5, 5.0], [5.5, -1.0]]
    grads = solution.affine_backward(torch.tensor([[1.0, 0.0], [2.0, -1.0]]), cache)
    assert grads[0].tolist() == [[1.0, 2.0, 0.0], [2.0, 5.0, -3.0]]
    assert grads[1].tolist() == [[-1.0, 1.0], [6.0, -3.0], [4.0, -1.0]]
    assert grads[2].tolist() == [3.0, -1.0]


@pytest.mark.parametrize("scale", [3.0, 1000.0])
def test_softmax_loss_is_torchs_cross_entropy_with_autograds_gradient(solution, scale):
    scores, y = scores_and_labels(scale=scale)
    loss, grad = solution.softmax_loss_backward(scores, y)
    torch.testing.assert_close(loss, F.cross_entropy(scores, y))
    torch.testing.assert_close(grad, gradient_of(lambda leaf: F.cross_entropy(leaf, y), scores))


def test_softmax_loss_of_the_scores_in_the_text(solution):
    scores = torch.tensor([[1.0, 2.0, 5.0]]).log()
    loss, grad = solution.softmax_loss_backward(scores, torch.tensor([1]))
    torch.testing.assert_close(loss, torch.tensor(4.0).log())
    torch.testing.assert_close(grad, torch.tensor([[0.125, -0.75, 0.625]]))


@pytest.mark.parametrize("margin", [1.0, 0.4, 3.0])
def test_svm_loss_is_torchs_multi_margin_loss_times_the_number_of_classes(solution, margin):
    scores, y = scores_and_labels()

    def by_torch(leaf):
        return F.multi_margin_loss(leaf, y, margin=margin) * scores.shape[1]

    loss, grad = solution.svm_loss_backward(scores, y, margin=margin)
    torch.testing.assert_close(loss, by_torch(scores))
    torch.testing.assert_close(grad, gradient_of(by_torch, scores))


def test_svm_loss_of_the_scores_in_the_text(solution):
    loss, grad = solution.svm_loss_backward(torch.tensor([[3.0, 2.5, 3.2, -1.0]]), torch.tensor([0]))
    torch.testing.assert_close(loss, torch.tensor(1.7))
    assert grad.tolist() == [[-2.0, 1.0, 1.0, 0.0]]


def test_a_score_exactly_at_the_margin_has_no_gradient(solution):
    loss, grad = solution.svm_loss_backward(torch.tensor([[2.0, 1.0]]), torch.tensor([0]))
    assert loss == 0
    assert not grad.any()


@pytest.mark.parametrize("name", ["softmax_loss_backward", "svm_loss_backward"])
def test_either_loss_reads_about_nineteen_of_twenty_digits(solution, name):
    digits = data.digits()
    weights, bias = torch.zeros(64, 10), torch.zeros(10)
    for _ in range(300):
        scores, cache = solution.affine_forward(digits.x_train, weights, bias)
        _, grad_weights, grad_bias = solution.affine_backward(getattr(solution, name)(scores, digits.y_train)[1], cache)
        weights, bias = weights - 0.5 * grad_weights, bias - 0.5 * grad_bias
    right = (digits.x_val @ weights + bias).argmax(dim=1) == digits.y_val
    assert 0.92 < right.float().mean() < 0.99
