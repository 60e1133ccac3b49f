"""Checks of the exercises on tensors."""

import pytest
import torch

from autograder.authoring import (
    assert_close,
    assert_equal,
    assert_inputs_unchanged,
    contract,
    exercise,
    integers,
    randn,
)

DOUBLE = torch.float64


# --- framed --------------------------------------------------------------------------------------


@exercise("framed")
@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 6, 3), (2, 2, 4), (2, 5, 2)], ids=str)
def test_the_edge_holds_the_value_and_the_inside_is_as_before(student, reference, rng, shape):
    """Images of several shapes, also of two rows or two columns, which are all edge."""
    images = randn(rng, *shape, shift=5.0)
    assert_close(student.framed(images, -2.5), reference.framed(images, -2.5))


@exercise("framed")
def test_every_image_of_the_batch_gets_its_frame(student, reference):
    """Images 0, 1 and 2 hold their own number, and each keeps it inside of its frame."""
    images = torch.arange(3.0)[:, None, None].expand(3, 4, 4).clone()
    assert_close(student.framed(images, 9.0), reference.framed(images, 9.0))


@exercise("framed")
def test_a_frame_may_be_black(student, reference, rng):
    """A value of 0 is a value like any other."""
    images = randn(rng, 2, 4, 3, shift=5.0)
    assert_close(student.framed(images, 0.0), reference.framed(images, 0.0))


@exercise("framed", costs=0.5)
def test_nothing_shines_through_and_nothing_spreads(student, reference):
    """NaN and infinity on the edge are covered, and an infinite frame leaves the inside as it was."""
    images = torch.arange(12.0).reshape(1, 3, 4)
    images[0, 0, 0], images[0, 2, 1] = float("nan"), float("inf")
    for value in (0.5, float("inf")):
        assert_equal(student.framed(images, value), reference.framed(images, value))


@exercise("framed", costs=0.25)
def test_the_value_keeps_all_its_digits(student, reference):
    """A tenth, in images of float64, is 0.1 to sixteen digits."""
    images = torch.arange(12, dtype=DOUBLE).reshape(1, 3, 4)
    assert_close(student.framed(images, 0.1), reference.framed(images, 0.1), rtol=1e-14, atol=0)


contract(
    "framed",
    inputs=lambda rng, N=2, H=3, W=4, dtype=DOUBLE: (randn(rng, N, H, W, dtype=dtype, shift=4.0),),
    settings={"value": 0.25},
)


# --- of_class ------------------------------------------------------------------------------------


def rows_and_labels(rng, N=6, D=3, dtype=DOUBLE):
    """Return rows, labels of which the first and every third is 2, and the label 2."""
    y = (torch.arange(N) + 2) % 3
    return randn(rng, N, D, dtype=dtype), y, 2


@exercise("of_class")
def test_the_rows_with_the_label_are_kept_in_their_order(student, reference, rng):
    """Each label of seven rows is asked for in turn."""
    x, y = randn(rng, 7, 4), torch.tensor([5, 1, 0, 1, 1, 5, 2])
    for label in (0, 1, 2, 5):
        assert_equal(student.of_class(x, y, label), reference.of_class(x, y, label), what=f"the rows of class {label}")


@exercise("of_class")
@pytest.mark.parametrize("label", [4, 3], ids=["no row", "one row"])
def test_none_and_one_are_tables_too(student, reference, rng, label):
    """Where no row has the label the answer is (0, D), and where one row has it (1, D), both in float64 as x is."""
    x, y = randn(rng, 3, 5, dtype=DOUBLE), torch.tensor([1, 3, 0])
    assert_equal(student.of_class(x, y, label), reference.of_class(x, y, label))


@exercise("of_class")
def test_a_row_of_zeros_is_a_row(student, reference, rng):
    """A black image of the class is kept, and one of another class isn't."""
    x, y = randn(rng, 5, 3), torch.tensor([2, 1, 2, 1, 0])
    x[[0, 3]] = 0
    for label in (1, 2):
        assert_equal(student.of_class(x, y, label), reference.of_class(x, y, label))


@exercise("of_class", costs=0.5)
def test_labels_may_be_large(student, reference, rng):
    """Labels that only whole numbers of 64 bits tell apart: not a byte, and not a float."""
    x = randn(rng, 6, 3)
    y = torch.tensor([1, 257, 2**24, 2**24 + 1, 2**53, 2**53 + 1])
    for label in y.tolist():
        assert_equal(student.of_class(x, y, label), reference.of_class(x, y, label), what=f"the rows of class {label}")


contract("of_class", inputs=rows_and_labels, compare=assert_equal)


# --- pairwise_sums -------------------------------------------------------------------------------


@exercise("pairwise_sums")
@pytest.mark.parametrize("num_a, num_b", [(3, 5), (5, 3), (1, 4), (4, 1)])
def test_each_number_meets_each(student, reference, rng, num_a, num_b):
    """The table has a row for each number of a and a column for each number of b."""
    a, b = randn(rng, num_a), randn(rng, num_b, shift=10.0)
    assert_close(student.pairwise_sums(a, b), reference.pairwise_sums(a, b))


@exercise("pairwise_sums")
def test_large_numbers_and_numbers_below_zero_are_added_too(student, reference):
    """Thousands, zero and minus thousands."""
    a, b = torch.tensor([3000.0, -2000.0, 0.0]), torch.tensor([0.5, -1500.0])
    assert_close(student.pairwise_sums(a, b), reference.pairwise_sums(a, b))


@exercise("pairwise_sums", costs=0.25)
def test_the_inputs_stay_as_they_are_where_one_is_a_single_number(student, rng):
    """Three numbers and one, and one number and three: neither input changes."""
    for num_a, num_b in ((3, 1), (1, 3)):
        assert_inputs_unchanged(student, "pairwise_sums", randn(rng, num_a, shift=5.0), randn(rng, num_b, shift=5.0))


contract(
    "pairwise_sums",
    inputs=lambda rng, M=3, N=4, dtype=DOUBLE: (randn(rng, M, dtype=dtype), randn(rng, N, dtype=dtype)),
    one="MN",
    all_at_once="MN",
    no_loops=True,
)


# --- score_of_label ------------------------------------------------------------------------------


def scores_and_labels(rng, N=5, C=3, dtype=DOUBLE):
    """Return scores and labels that go down from the last class, so that row and label differ."""
    return randn(rng, N, C, dtype=dtype), (C - 1 - torch.arange(N)) % C


@exercise("score_of_label")
@pytest.mark.parametrize("num, num_classes", [(6, 4), (3, 8), (1, 3), (4, 1)])
def test_one_number_comes_from_each_row(student, reference, rng, num, num_classes):
    """Random scores, with more classes than rows and fewer."""
    scores, y = randn(rng, num, num_classes), integers(rng, 0, num_classes, num)
    assert_equal(student.score_of_label(scores, y), reference.score_of_label(scores, y))


@exercise("score_of_label")
def test_the_scores_of_the_text_give_5_3_and_2(student, reference):
    """The example of the text, and the same with every score below zero."""
    scores = torch.tensor([[2.0, 0.0, 1.0, 5.0], [3.0, 4.0, 1.0, 0.0], [0.0, 6.0, 2.0, 1.0]])
    y = torch.tensor([3, 0, 2])
    for shown in (scores, scores - 10):
        assert_equal(student.score_of_label(shown, y), reference.score_of_label(shown, y))


@exercise("score_of_label", costs=0.5)
def test_a_class_that_is_ruled_out_spoils_no_other_score(student, reference):
    """Some scores are -inf, the label's own in the last row."""
    ruled_out = float("-inf")
    scores = torch.tensor([[2.0, ruled_out, 1.0, 4.0], [ruled_out, -3.0, 4.0, 1.0], [ruled_out, 0.0, 5.0, ruled_out]])
    y = torch.tensor([0, 1, 0])
    assert_equal(student.score_of_label(scores, y), reference.score_of_label(scores, y))


contract("score_of_label", inputs=scores_and_labels, compare=assert_equal, one="NC", all_at_once="N", no_loops=True)


# --- class_sums ----------------------------------------------------------------------------------


def rows_and_classes(rng, N=7, D=3, dtype=DOUBLE):
    """Return rows, labels of 0 and 2 that repeat, and 4 classes, of which 1 and 3 have no row."""
    return randn(rng, N, D, dtype=dtype), 2 * (torch.arange(N) % 2), 4


@exercise("class_sums")
@pytest.mark.parametrize("num, dim, num_classes", [(8, 3, 2), (5, 1, 3), (1, 4, 2), (9, 2, 9)])
def test_the_rows_of_each_class_are_added_up(student, reference, rng, num, dim, num_classes):
    """Random rows and labels; in the first two, some class has several rows."""
    x, y = randn(rng, num, dim), integers(rng, 0, num_classes, num)
    assert_close(student.class_sums(x, y, num_classes), reference.class_sums(x, y, num_classes))


@exercise("class_sums")
def test_no_row_is_lost_where_a_class_has_several(student, reference):
    """The amounts of the text, beside ten times as many: class 2 gets three rows, class 3 none."""
    amounts = torch.tensor([5.0, 1, 2, 4, 3])
    x, y = torch.stack([amounts, 10 * amounts], dim=1), torch.tensor([2, 0, 2, 1, 2])
    assert_close(student.class_sums(x, y, 4), reference.class_sums(x, y, 4))


@exercise("class_sums")
def test_a_class_without_rows_has_a_sum_of_zero(student, reference, rng):
    """The first, a middle and the last two of six classes have no row."""
    x, y = randn(rng, 4, 3), torch.tensor([1, 3, 3, 1])
    assert_close(student.class_sums(x, y, 6), reference.class_sums(x, y, 6))


@exercise("class_sums", costs=0.5)
def test_a_class_of_large_numbers_leaves_the_others_their_digits(student, reference):
    """Tens of millions in one class, tenths in the classes beside it, in float32."""
    x, y = torch.tensor([[0.1], [3e7], [0.2], [1e7], [0.3], [0.7]]), torch.tensor([0, 1, 2, 1, 2, 3])
    assert_close(student.class_sums(x, y, 4), reference.class_sums(x, y, 4))


contract("class_sums", inputs=rows_and_classes, one="ND", all_at_once="N")


# --- region_means --------------------------------------------------------------------------------


def image_and_regions(rng, C=3, H=4, W=5, dtype=DOUBLE):
    """Return an image and scattered regions, of which 1 and 4 have no pixel."""
    place = torch.arange(H * W).reshape(H, W) * 7 // 3 % 5
    return randn(rng, C, H, W, dtype=dtype, shift=3.0), torch.tensor([0, 2, 3, 5, 2])[place]


@exercise("region_means")
def test_the_image_of_the_text_gets_2_and_6(student, reference):
    """The example of the text, and below it a second channel with ten times as much."""
    image = torch.tensor([[[1.0, 2.0, 6.0], [3.0, 4.0, 8.0]]])
    image, regions = torch.cat([image, 10 * image]), torch.tensor([[0, 0, 2], [0, 2, 2]])
    assert_close(student.region_means(image, regions), reference.region_means(image, regions))


@exercise("region_means")
@pytest.mark.parametrize("shape", [(3, 4, 6), (3, 6, 4), (1, 5, 3), (4, 2, 7)], ids=str)
def test_each_pixel_has_the_mean_of_its_region(student, reference, rng, shape):
    """Images of several shapes, with as many regions as they have channels, and each in scattered pixels."""
    channels, height, width = shape
    regions = (torch.arange(height)[:, None] * 2 + torch.arange(width) ** 2) % channels
    image = randn(rng, *shape, shift=2.0)
    assert_close(student.region_means(image, regions), reference.region_means(image, regions))


@exercise("region_means")
def test_regions_of_one_pixel_stay_as_they_are_and_one_region_is_all(student, reference, rng):
    """Each pixel its own region, numbered from the end; and the whole image one region, with the number 6."""
    image = randn(rng, 2, 3, 4)
    for regions in (torch.arange(12).flip(0).reshape(3, 4), torch.full((3, 4), 6)):
        assert_close(student.region_means(image, regions), reference.region_means(image, regions))


@exercise("region_means")
def test_numbers_may_be_missing_and_large(student, reference, rng):
    """The regions 0, 7 and 512, of four, one and seven pixels."""
    regions = torch.tensor([[7, 0, 0, 512], [512, 512, 0, 512], [512, 512, 512, 0]])
    image = randn(rng, 3, 3, 4)
    assert_close(student.region_means(image, regions), reference.region_means(image, regions))


@exercise("region_means", costs=0.5)
def test_a_bright_region_leaves_the_others_their_digits(student, reference):
    """Tens of millions in one region, tenths in the regions beside it, in float32."""
    image = torch.tensor([[[0.1, 3e7, 0.2], [1e7, 0.3, 0.7]]])
    regions = torch.tensor([[0, 1, 2], [1, 2, 3]])
    assert_close(student.region_means(image, regions), reference.region_means(image, regions))


contract("region_means", inputs=image_and_regions, one="C", all_at_once="HW")


# --- gradient_of ---------------------------------------------------------------------------------


def gradient_at(ns, x, weights):
    """Probe: the gradient of a function in which all numbers take part."""

    def f(at):
        return (weights * at.square()).sum() + at.sin().sum() * at.sum()

    return ns.gradient_of(f, x)


def gradient_of_waves(ns, x):
    """Probe: the gradient of a function that goes up and down a thousand times between 0 and 2π."""
    return ns.gradient_of(lambda at: (1000 * at).sin().sum() / 1000, x)


def what_the_caller_sees(ns, x):
    """Probe: two gradients at the same place, and whether the place is marked or holds anything afterwards."""
    first, second = (ns.gradient_of(lambda at: (at**3).sum(), x) for _ in range(2))
    afterwards = {
        "x requires a gradient": x.requires_grad,
        "x.grad is None": x.grad is None,
        "the answer requires one": getattr(first, "requires_grad", None),
    }
    return first, second, afterwards


def with_a_gradient_of_its_own(ns, x):
    """Probe: the gradient at a place that is a leaf already, and the leaf's own gradient afterwards."""
    leaf = x.clone().requires_grad_()
    (7 * leaf).sum().backward()
    found = ns.gradient_of(lambda at: (at**3).sum(), leaf)
    return found, leaf.grad, leaf.requires_grad, getattr(found, "requires_grad", None)


def what_f_is_given(ns, x):
    """Probe: shape and dtype of what f is called with, and whether it lies where x does."""
    given = []

    def f(at):
        given.append({"shape": list(at.shape), "dtype": str(at.dtype), "where x is": at.device == x.device})
        return at.sum()

    ns.gradient_of(f, x)
    return given[-1]


@exercise("gradient_of", costs=0.5)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_f_is_given_a_tensor_like_x(student, reference, rng, dtype):
    """f is called with a tensor of x's own shape and dtype."""
    x = randn(rng, 2, 3, dtype=getattr(torch, dtype))
    came, expected = student.run(what_f_is_given, x), reference.run(what_f_is_given, x)
    assert_equal(came, expected, what="the tensor that f is called with")


@exercise("gradient_of")
@pytest.mark.parametrize("shape", [(5,), (2, 3), (1, 4), ()], ids=str)
def test_the_gradient_has_the_shape_of_x(student, reference, rng, shape):
    """Places of several shapes, also with no dimension."""
    x, weights = randn(rng, *shape, dtype=DOUBLE), randn(rng, *shape, dtype=DOUBLE)
    assert_close(student.run(gradient_at, x, weights), reference.run(gradient_at, x, weights))


@exercise("gradient_of")
def test_the_gradient_is_derived_and_not_measured(student, reference, rng):
    """A function that goes up and down fast: a measured slope would miss it."""
    x = randn(rng, 6, dtype=DOUBLE)
    assert_close(student.run(gradient_of_waves, x), reference.run(gradient_of_waves, x))


@exercise("gradient_of", costs=0.5)
def test_the_callers_tensor_notices_nothing(student, reference, rng):
    """A second call gives the same again, and x is neither marked nor holds a gradient."""
    x = randn(rng, 4, dtype=DOUBLE)
    came, expected = student.run(what_the_caller_sees, x), reference.run(what_the_caller_sees, x)
    assert_close(came, expected, what="(the first gradient, the second, afterwards)")


@exercise("gradient_of", costs=0.5)
def test_a_gradient_that_x_has_already_stays_as_it_is(student, reference, rng):
    """Where x is a leaf with a gradient of its own, both gradients are right, and the answer requires none."""
    x = randn(rng, 4, dtype=DOUBLE, shift=1.0)
    came = student.run(with_a_gradient_of_its_own, x)
    expected = reference.run(with_a_gradient_of_its_own, x)
    assert_close(came, expected, what="(the gradient, x.grad afterwards, x.requires_grad, whether the answer does)")


contract(
    "gradient_of",
    use=gradient_at,
    inputs=lambda rng, N=3, D=2, dtype=DOUBLE: (randn(rng, N, D, dtype=dtype), randn(rng, N, D, dtype=dtype)),
)
