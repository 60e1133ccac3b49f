"""Checks of the linear classifier exercises."""

import functools

import pytest
import torch
from sklearn.datasets import load_digits
from torch.nn import functional as F

from autograder.authoring import assert_close, assert_equal, contract, exercise, integers, randn

DOUBLE = torch.float64
LOSSES = ("svm_loss_naive", "svm_loss", "softmax_loss_naive", "softmax_loss")
WITH_GRADIENT = ("svm_loss", "softmax_loss")
# (images, pixels, classes): one image, one pixel, two classes, more classes than images.
SIZES = [(7, 5, 4), (1, 3, 2), (6, 1, 3), (4, 6, 11), (9, 4, 2)]
REGS = [0.35, 0.0, 0.6, 0.05, 1.7]


def for_each(*names, costs=1.0):
    """Make a test one check for each of several exercises."""
    return pytest.mark.parametrize("name", [pytest.param(one, marks=exercise(one, costs=costs)) for one in names])


def batch(rng, num_images, num_pixels, num_classes, dtype=DOUBLE, scale=1.0):
    """Return weights (D, C), images (N, D) and labels (N,)."""
    weights = randn(rng, num_pixels, num_classes, dtype=dtype, scale=scale)
    x = randn(rng, num_images, num_pixels, dtype=dtype, shift=0.3)
    return weights, x, integers(rng, 0, num_classes, num_images)


def from_scores(scores, y, dtype=DOUBLE):
    """Return a batch whose scores are given: the identity as weights, the scores as images."""
    scores = torch.tensor(scores, dtype=dtype)
    return torch.eye(scores.shape[1], dtype=dtype), scores, torch.tensor(y)


def assert_same_loss(actual, expected, name, **tolerances):
    """Compare the loss, and then the gradient where the exercise has one."""
    if name not in WITH_GRADIENT or not isinstance(actual, tuple) or len(actual) != 2:
        assert_close(actual, expected, **tolerances, what="the answer" if name in WITH_GRADIENT else "the loss")
        return
    assert_close(actual[0], expected[0], **tolerances, what="the loss")
    assert_close(actual[1], expected[1], **tolerances, what="the gradient")


def compare(student, reference, name, weights, x, y, reg):
    """Ask both sides for a loss and compare."""
    expected = getattr(reference, name)(weights, x, y, reg)
    assert_same_loss(getattr(student, name)(weights, x, y, reg), expected, name)


# predict_linear


@exercise("predict_linear")
@pytest.mark.parametrize(
    ("size", "dtype"), list(zip(SIZES, ["float64", "float32", "float64", "float32", "float64"], strict=True))
)
def test_scores_and_labels_match_the_reference(student, reference, rng, size, dtype):
    """Scores (N, C) and the label of the highest one agree with the reference."""
    weights, x, _ = batch(rng, *size, getattr(torch, dtype), scale=2.0)
    assert_close(student.predict_linear(weights, x), reference.predict_linear(weights, x))


@exercise("predict_linear", costs=0.25)
def test_the_smallest_label_wins_a_tie(student, reference):
    """Where classes share the highest score, the smallest of their labels wins."""
    weights, x, _ = from_scores([[1, 3, 3, 0], [2, 2, 2, 2], [0, 5, 1, 5], [-1, -4, -1, -2]], [0, 0, 0, 0])
    assert_equal(student.predict_linear(weights, x), reference.predict_linear(weights, x))


@exercise("predict_linear", costs=0.25)
def test_the_highest_of_large_scores_wins(student, reference):
    """Scores of hundreds and thousands are compared as they are."""
    weights, x, _ = from_scores([[100, 1200, 1201, 0], [-3000, -900, -850, -1000], [40, 41, 60, 90.5]], [0, 0, 0])
    assert_equal(student.predict_linear(weights, x), reference.predict_linear(weights, x))


@exercise("predict_linear", costs=0.25)
def test_the_highest_wins_by_however_little(student, reference):
    """A score that is higher by a millionth is the highest."""
    weights, x, _ = from_scores([[1, 1 + 1e-6, 0], [-1, -1 - 1e-6, -1 + 1e-6], [2, 1, 2 + 1e-8]], [0, 0, 0])
    assert_equal(student.predict_linear(weights, x), reference.predict_linear(weights, x))


contract("predict_linear", inputs=lambda rng, N=5, D=6, C=3, dtype=DOUBLE: batch(rng, N, D, C, dtype)[:2])


# The four losses


@for_each(*LOSSES)
@pytest.mark.parametrize(("size", "reg"), list(zip(SIZES, REGS, strict=True)))
def test_the_loss_matches_the_reference(student, reference, rng, name, size, reg):
    """The loss (and the gradient, where there is one) of a random batch agrees with the reference."""
    compare(student, reference, name, *batch(rng, *size), reg)


@for_each(*LOSSES)
def test_a_batch_worked_by_hand(student, reference, name):
    """The three images of the notebook's table, with scores from -1 to 3."""
    compare(
        student, reference, name, *from_scores([[2.0, 1.5, -1.0], [0.5, 3.0, 1.0], [2.5, 0.0, -0.5]], [0, 1, 2]), 0.0
    )


@for_each(*LOSSES)
@pytest.mark.parametrize("reg", [0.2, 0.0])
def test_a_batch_that_is_right_with_room_to_spare(student, reference, name, reg):
    """Every true class leads by far, so that next to nothing but the penalty is left."""
    compare(student, reference, name, *from_scores([[9.0, 1.0, 0.5], [-2.0, 6.0, 0.0]], [0, 1]), reg)


@for_each(*LOSSES)
def test_a_batch_that_is_far_off(student, reference, name):
    """The true class is behind by 15 and more, so that its probability is next to nothing."""
    compare(student, reference, name, *from_scores([[20.0, 0.0, 3.0], [0.0, -15.0, 10.0]], [1, 1]), 0.0)


@for_each(*LOSSES)
def test_weights_of_zero_give_the_loss_of_the_start(student, reference, rng, name):
    """With weights of 0 all classes score alike."""
    weights, x, y = batch(rng, 6, 3, 5)
    compare(student, reference, name, torch.zeros_like(weights), x, y, 0.5)


def one_batch(rng, N=5, D=4, C=3, dtype=DOUBLE):
    """Return a batch and the strength of its penalty."""
    return *batch(rng, N, D, C, dtype), 0.35


SVM = {"inputs": one_batch, "forbids_operations": ["multi_margin", "multilabel_margin"]}
SOFTMAX = {
    "inputs": one_batch,
    "forbids_operations": ["softmax", "logsumexp", "nll_loss", "cross_entropy", "logaddexp", "logcumsumexp"],
}
BY_HAND = {
    "by_hand": True,
    "forbids": ["backward", "value_and_grad"],
    "no_loops": True,
    "all_at_once": "NC",
    "instead": "write the formula, all images and classes at once",
}
# The device rule loses its way where a vector times a matrix meets a decision by a number.
NAIVE = {"but": {"answers_on_the_cpu": "it reads numbers of tensors that the device rule can't follow so far"}}
contract("svm_loss_naive", **SVM, **NAIVE)
contract("svm_loss", **SVM, **BY_HAND)
contract("softmax_loss_naive", **SOFTMAX, **NAIVE)
contract("softmax_loss", **SOFTMAX, **BY_HAND)


@exercise("svm_loss", costs=0.25)
def test_a_margin_of_exactly_zero_adds_nothing(student, reference):
    """Where the true class leads by exactly 1, the gradient doesn't move."""
    compare(
        student,
        reference,
        "svm_loss",
        *from_scores([[3.0, 2.0, 0.0], [1.0, 2.0, 4.0], [0.0, 1.0, 0.5]], [0, 1, 1]),
        0.0,
    )


@exercise("svm_loss", costs=0.25)
def test_a_margin_just_above_zero_counts_in_full(student, reference):
    """Where the true class leads by a millionth less than 1, the gradient moves."""
    batch = from_scores([[3.0, 2.0 + 1e-6, 0.0], [1.0, 2.0, 1.0 + 1e-9]], [0, 1])
    compare(student, reference, "svm_loss", *batch, 0.0)


@exercise("softmax_loss")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_large_scores_give_the_exact_loss(student, reference, dtype):
    """Scores of thousands neither overflow nor vanish: no inf, no nan, and the full loss."""
    scores = [[2000.0, 1500.0, -1000.0], [500.0, 3000.0, 1000.0], [2500.0, 0.0, -500.0], [-4000.0, -4001.0, -4002.5]]
    batch = (*from_scores(scores, [0, 1, 2, 1], getattr(torch, dtype)), 0.0)
    # A float32 near 4000 has steps of 0.0002, and the exponential turns a step into a share.
    tolerances = {"rtol": 5e-3, "atol": 1e-3} if dtype == "float32" else {}
    expected, came = reference.softmax_loss(*batch), student.softmax_loss(*batch)
    assert_same_loss(came, expected, "softmax_loss", **tolerances)


@exercise("softmax_loss")
def test_each_image_is_shifted_by_its_own_maximum(student, reference):
    """A batch with one image of huge scores and others of small ones loses none of them."""
    scores = [[650.0, 648.0, 647.0], [1.0, 0.5, -1.0], [-150.0, -151.0, -149.5]]
    compare(student, reference, "softmax_loss", *from_scores(scores, [1, 2, 0]), 0.1)
    compare(student, reference, "softmax_loss", *from_scores([[-4000.0, -4001.0, -4002.5]], [1]), 0.1)


# loss_facts


def one_fact(ns, num_images, num_classes, key):
    """Return one answer as a plain number, or None where it is missing."""
    facts = ns.loss_facts(num_images, num_classes)
    answer = facts.get(key) if isinstance(facts, dict) else facts
    if not isinstance(facts, dict) or answer is None or isinstance(answer, (str, torch.Tensor)):
        return answer
    return bool(answer) if key == "unique" else float(answer)


def ask(student, reference, *keys):
    """Compare the answers to some keys for several numbers of images and classes."""
    for num_images, num_classes in [(8, 3), (5, 10), (1, 2), (100, 7)]:
        for key in keys:
            expected = reference.run(one_fact, num_images, num_classes, key)
            came = student.run(one_fact, num_images, num_classes, key)
            what = f"{key!r} for {num_images} images and {num_classes} classes"
            if expected == float("inf"):
                assert_equal(came, expected, what=what)
            else:
                assert_close(came, expected, rtol=1e-12, atol=0.0, what=what)


@exercise("loss_facts", costs=0.15)
def test_question_1_the_loss_at_the_start(student, reference):
    """What both losses are when all weights are 0."""
    ask(student, reference, "start_svm", "start_softmax")


@exercise("loss_facts", costs=0.15)
def test_question_2_the_lowest_loss(student, reference):
    """What neither loss can fall below."""
    ask(student, reference, "lowest")


@exercise("loss_facts", costs=0.15)
def test_question_3_the_highest_loss(student, reference):
    """What neither loss can exceed."""
    ask(student, reference, "highest")


@exercise("loss_facts", costs=0.15)
def test_question_4_the_sum_over_all_classes(student, reference):
    """What the true class would add to the loss of the batch."""
    ask(student, reference, "true_class_adds")


@exercise("loss_facts", costs=0.15)
def test_question_5_the_mean_over_the_wrong_classes(student, reference):
    """What a mean in place of the sum divides by."""
    ask(student, reference, "mean_divides_by")


@exercise("loss_facts", costs=0.15)
def test_question_6_the_squared_margin(student, reference):
    """How a margin of 2 compares with a margin of 1 when both are squared."""
    ask(student, reference, "square_of_double")


@exercise("loss_facts", costs=0.15)
def test_question_7_whether_the_weights_are_unique(student, reference):
    """Whether weights of loss 0 are the only ones: True or False."""
    ask(student, reference, "unique")


# train_linear_classifier


def trajectory(ns, weights, x, y, batches, learning_rate, reg):
    """Train with a squared loss that notes what it is asked, and return all that can be seen."""
    seen = []

    def squared(weights, x, y, reg, /):
        target = y.to(x.dtype)[:, None] - torch.arange(weights.shape[1]).to(x)
        error = x @ weights - target
        seen.append([weights.clone(), x.clone(), y.clone(), float(reg)])
        return (error**2).mean() + reg * (weights**2).sum(), 2 * x.T @ error / error.numel() + 2 * reg * weights

    trained, losses = ns.train_linear_classifier(squared, weights, x, y, batches, learning_rate, reg)
    return {"weights": trained, "losses": losses, "calls": seen}


def gradient_left(ns, weights, x, y, batches, learning_rate, reg):
    """Train with a loss whose gradient is one tensor for all steps; return the weights, and that tensor afterwards."""
    gradient = torch.ones_like(weights)
    trained, _ = ns.train_linear_classifier(
        lambda weights, x, y, reg: (weights.sum(), gradient), weights, x, y, batches, learning_rate, reg
    )
    return trained, gradient


def trained_weights(ns, weights, x, y, batches, learning_rate, reg):
    """Train with torch's own cross-entropy and return the weights."""

    def softmax(weights, x, y, reg):
        scores = x @ weights
        table = scores.softmax(dim=1) - F.one_hot(y, weights.shape[1])
        return F.cross_entropy(scores, y) + reg * (weights**2).sum(), x.T @ table / len(y) + 2 * reg * weights

    return ns.train_linear_classifier(softmax, weights, x, y, batches, learning_rate, reg)[0]


@exercise("train_linear_classifier")
@pytest.mark.parametrize(
    ("num_images", "num_steps", "batch_size"), [(12, 5, 4), (9, 1, 3), (6, 4, 1), (5, 3, 8), (20, 7, 2)]
)
def test_every_step_uses_its_batch_and_moves_downhill(student, reference, rng, num_images, num_steps, batch_size):
    """The weights, images and labels that reach the loss at each step, the losses and the last weights."""
    weights, x, y = batch(rng, num_images, 4, 3)
    rows = integers(rng, 0, num_images, num_steps, batch_size)
    inputs = (weights, x, y, rows, 0.15, 0.2)
    expected, came = reference.run(trajectory, *inputs), student.run(trajectory, *inputs)
    assert_close(len(came["calls"]), num_steps, what="the number of calls of loss_fn")
    for step, (given, wanted) in enumerate(zip(came["calls"], expected["calls"], strict=True)):
        for what, one, other in zip(("weights", "images", "labels", "reg"), given, wanted, strict=True):
            assert_close(one, other, what=f"the {what} given to loss_fn in step {step}")
    assert_close(came["losses"], expected["losses"], what="the list of losses")
    assert_close(came["weights"], expected["weights"], what="the weights after the last step")


@exercise("train_linear_classifier", costs=0.25)
def test_the_gradient_stays_as_loss_fn_gave_it(student, reference, rng):
    """A loss with the same slope everywhere may give one tensor for all steps."""
    inputs = (*batch(rng, 6, 4, 3), integers(rng, 0, 6, 3, 2), 0.15, 0.2)
    came, expected = student.run(gradient_left, *inputs), reference.run(gradient_left, *inputs)
    assert_close(came[1], expected[1], what="the gradient that loss_fn gave, after the training")
    assert_close(came[0], expected[0], what="the weights after the last step")


def trained(ns, weights, x, y, batches, learning_rate, reg):
    """Train with a squared loss and return the weights and the losses."""

    def squared(weights, x, y, reg):
        error = x @ weights - y.to(x.dtype)[:, None]
        return (error**2).mean() + reg * (weights**2).sum(), 2 * x.T @ error / error.numel() + 2 * reg * weights

    return ns.train_linear_classifier(squared, weights, x, y, batches, learning_rate, reg)


def training(rng, N=9, D=4, C=3, dtype=DOUBLE):
    """Return a batch, four times five rows of it, a learning rate and the strength of the penalty."""
    return *batch(rng, N, D, C, dtype), integers(rng, 0, N, 4, 5), 0.1, 0.2


contract("train_linear_classifier", use=trained, inputs=training)


@functools.cache
def digits():
    """Return all images, each with a one beside its pixels, and their labels, read once for a class."""
    pixels, labels = load_digits(return_X_y=True)
    x = torch.from_numpy(pixels).float() / 16
    return torch.cat([x, torch.ones(len(x), 1)], dim=1), torch.from_numpy(labels).long()


@exercise("train_linear_classifier")
def test_digits_that_it_never_saw_are_named_rightly(student, rng):
    """Trained with softmax on 900 digits, it names more than 85 % of 300 others rightly."""
    x, y = digits()
    order = torch.from_numpy(rng.permutation(len(x)))
    train, test = order[:900], order[900:1200]
    weights = student.run(
        trained_weights, torch.zeros(65, 10), x[train], y[train], integers(rng, 0, 900, 300, 40), 0.6, 1e-4
    )
    accuracy = ((x[test] @ weights).argmax(dim=1) == y[test]).double().mean().item()
    if not accuracy > 0.85:
        raise AssertionError(
            f"{accuracy:.1%} of the digits that it never saw are named rightly, expected more than 85 %"
        )
