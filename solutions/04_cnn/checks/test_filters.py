"""Checks of the fixed filters: mean, Gaussian, median, Sobel, and bilinear resize."""

import math

import pytest
import torch

from autograder.authoring import (
    assert_close,
    assert_parts,
    contract,
    exercise,
    limit_intermediates,
    operation_counts,
    rand,
    randn,
)

DOUBLE = torch.float64
EQUAL = {"N": 3, "C": 3, "H": 3, "W": 3}  # as large as the largest axis would fill the recording
WIDE, TALL = (2, 2, 4, 5), (1, 1, 6, 3)
WINDOWS = [(WIDE, (3, 3)), (WIDE, (1, 5)), (TALL, (5, 3)), (TALL, (3, 1)), (WIDE, (7, 5))]


def spot(value: float, around: float = 0.0) -> torch.Tensor:
    """Return an image of 5 rows and 6 columns, one pixel of which differs."""
    x = torch.full((1, 1, 5, 6), around, dtype=DOUBLE)
    x[0, 0, 2, 3] = value
    return x


# --- mean_filter ---------------------------------------------------------------------------------


@exercise("mean_filter")
def test_one_bright_pixel_is_shared_by_its_neighbours(student, reference):
    """One pixel of 9 on black, with a window of 3 × 3: nine ones."""
    x = spot(9.0)
    assert_close(student.mean_filter(x), reference.mean_filter(x))


@exercise("mean_filter")
@pytest.mark.parametrize(("shape", "size"), WINDOWS)
def test_each_pixel_becomes_the_mean_of_its_window(student, reference, rng, shape, size):
    """Random images and windows, most of them not square."""
    x = randn(rng, *shape, dtype=DOUBLE)
    assert_close(student.mean_filter(x, size=size), reference.mean_filter(x, size=size))


@exercise("mean_filter")
def test_a_bright_image_stays_bright_at_its_edge(student, reference):
    """An image that is 4 everywhere stays 4 everywhere, up to its corners."""
    x = torch.full((1, 2, 4, 3), 4.0, dtype=DOUBLE)
    assert_close(student.mean_filter(x, size=(3, 5)), reference.mean_filter(x, size=(3, 5)))


@exercise("mean_filter")
@pytest.mark.parametrize("shape", [(1, 1, 1, 4), (1, 2, 3, 1), (1, 1, 1, 1)])
def test_the_mean_window_may_be_larger_than_the_image(student, reference, rng, shape):
    """A window of 5 × 7 on images of one row or one column."""
    x = randn(rng, *shape, dtype=DOUBLE)
    assert_close(student.mean_filter(x, size=(5, 7)), reference.mean_filter(x, size=(5, 7)))


contract(
    "mean_filter",
    inputs=lambda rng, N=2, C=3, H=4, W=5, dtype=DOUBLE: (randn(rng, N, C, H, W, dtype=dtype, shift=1.0),),
    settings={"size": (3, 5)},
    one="NCHW",
    square=EQUAL,
    all_at_once="NCHW",
    forbids=["avg_pool2d", "AvgPool2d", "conv2d", "Conv2d", "uniform_filter"],
    instead="gather the window yourself",
)


# --- gaussian_filter -----------------------------------------------------------------------------


@exercise("gaussian_filter")
def test_one_bright_pixel_becomes_a_bell(student, reference):
    """One pixel of 1 on black, sigma 0.5: what comes is the table of weights itself."""
    x = spot(1.0)
    assert_close(student.gaussian_filter(x, sigma=0.5), reference.gaussian_filter(x, sigma=0.5))


@exercise("gaussian_filter")
@pytest.mark.parametrize(("shape", "sigma"), [(WIDE, 0.4), (TALL, 0.9), (WIDE, 1.3)])
def test_random_images_are_blurred(student, reference, rng, shape, sigma):
    """Three widths of the bell; in two of them truncate · sigma is rounded up, in one down."""
    x = randn(rng, *shape, dtype=DOUBLE)
    assert_close(student.gaussian_filter(x, sigma=sigma), reference.gaussian_filter(x, sigma=sigma))


@exercise("gaussian_filter")
@pytest.mark.parametrize(("sigma", "truncate"), [(0.625, 4.0), (1.2, 2.0), (2.0, 0.75)])
def test_the_radius_is_rounded_with_halves_up(student, reference, rng, sigma, truncate):
    """2.5 becomes 3, 2.4 becomes 2, 1.5 becomes 2; the weights that are left add up to 1."""
    x = randn(rng, 1, 2, 5, 7, dtype=DOUBLE)
    settings = {"sigma": sigma, "truncate": truncate}
    assert_close(student.gaussian_filter(x, **settings), reference.gaussian_filter(x, **settings))


@exercise("gaussian_filter")
def test_blur_keeps_a_flat_image_to_its_edge(student, reference):
    """An image that is 4 everywhere stays 4 everywhere, up to its corners."""
    x = torch.full((1, 2, 4, 3), 4.0, dtype=DOUBLE)
    assert_close(student.gaussian_filter(x, sigma=1.1), reference.gaussian_filter(x, sigma=1.1))


@exercise("gaussian_filter")
def test_a_radius_of_zero_changes_nothing(student, reference, rng):
    """With truncate · sigma below one half only the pixel itself is left."""
    x = randn(rng, 1, 2, 3, 4, dtype=DOUBLE)
    settings = {"sigma": 0.5, "truncate": 0.5}
    assert_close(student.gaussian_filter(x, **settings), reference.gaussian_filter(x, **settings))


@exercise("gaussian_filter", costs=0.5)
def test_the_blur_is_done_one_direction_at_a_time(student, rng):
    """No table of all (2r + 1)² products is made, at once or one after the other."""
    x = randn(rng, 1, 1, 9, 11, dtype=DOUBLE)
    largest = (9 + 6) * (11 + 6) * 7  # at a radius of 3: seven numbers for each pixel of the padded image
    limit_intermediates(student, "gaussian_filter", x, largest=largest, sigma=0.75)
    narrow, wide = student.run(operation_counts, "gaussian_filter", [(x, 0.5), (x, 2.0)])
    assert wide <= 4 * narrow, (
        f"a radius of 2 took {narrow} tensor operations and a radius of 8 took {wide}: this grows like the window's "
        "area. Go along the columns first, then along the rows of what came"
    )


contract(
    "gaussian_filter",
    inputs=lambda rng, N=2, C=3, H=4, W=5, dtype=DOUBLE: (randn(rng, N, C, H, W, dtype=dtype, shift=1.0),),
    settings={"sigma": 0.8, "truncate": 2.0},
    one="NCHW",
    square=EQUAL,
    all_at_once="NCHW",
    forbids=["conv1d", "conv2d", "Conv1d", "Conv2d", "gaussian_blur", "GaussianBlur", "gaussian_filter1d"],
    instead="multiply by the weights and add up yourself",
)


# --- median_filter -------------------------------------------------------------------------------


@exercise("median_filter")
@pytest.mark.parametrize("value", [100.0, -100.0])
def test_one_wild_pixel_disappears(student, reference, value):
    """One pixel of 100 or of −100 among sevens: nothing is left of it."""
    x = spot(value, around=7.0)
    assert_close(student.median_filter(x), reference.median_filter(x))


@exercise("median_filter")
@pytest.mark.parametrize(("shape", "size"), WINDOWS)
def test_each_pixel_becomes_the_median_of_its_window(student, reference, rng, shape, size):
    """Random images and windows, most of them not square."""
    x = randn(rng, *shape, dtype=DOUBLE)
    assert_close(student.median_filter(x, size=size), reference.median_filter(x, size=size))


@exercise("median_filter")
def test_the_median_keeps_a_bright_corner(student, reference):
    """Sevens with a two in one corner and a nine along an edge."""
    x = torch.full((1, 1, 4, 5), 7.0, dtype=DOUBLE)
    x[0, 0, 0, 0], x[0, 0, :, 4] = 2.0, 9.0
    assert_close(student.median_filter(x), reference.median_filter(x))


@exercise("median_filter")
@pytest.mark.parametrize("shape", [(1, 1, 1, 4), (1, 2, 3, 1), (1, 1, 1, 1)])
def test_the_median_window_may_be_larger_than_the_image(student, reference, rng, shape):
    """A window of 5 × 7 on images of one row or one column."""
    x = randn(rng, *shape, dtype=DOUBLE)
    assert_close(student.median_filter(x, size=(5, 7)), reference.median_filter(x, size=(5, 7)))


contract(
    "median_filter",
    inputs=lambda rng, N=2, C=3, H=4, W=5, dtype=DOUBLE: (randn(rng, N, C, H, W, dtype=dtype, shift=1.0),),
    settings={"size": (3, 5)},
    one="NCHW",
    square=EQUAL,
    all_at_once="NCHW",
)


# --- sobel_edges ---------------------------------------------------------------------------------


def slope(rng, N=2, C=3, H=4, W=5, dtype=DOUBLE, across=1.0, down=0.6):
    """Return images that slope in a given direction, with noise too small to turn it: no angle near ±π."""
    columns = across * torch.arange(W, dtype=dtype)
    rows = down * torch.arange(H, dtype=dtype)[:, None]
    return ((rows + columns) + 0.1 * rand(rng, N, C, H, W, dtype=dtype),)


def pair(came):
    """Return the student's magnitude and direction, once it is certain that they are two tensors."""
    is_pair = isinstance(came, tuple | list) and len(came) == 2
    assert is_pair and all(isinstance(one, torch.Tensor) for one in came), (  # noqa: PT018
        "sobel_edges returns two tensors, the magnitude and the direction"
    )
    return came


@exercise("sobel_edges")
def test_what_gets_brighter_to_the_right_has_direction_zero(student, reference):
    """Columns 0, 1, 2, 10, 11, 12: largest at the step in the middle, and the direction is 0 everywhere."""
    x = torch.tensor([0.0, 1, 2, 10, 11, 12], dtype=DOUBLE).expand(1, 1, 4, 6).clone()
    assert_parts(student.sobel_edges(x), reference.sobel_edges(x), "magnitude", "direction")


@exercise("sobel_edges")
@pytest.mark.parametrize(("across", "down"), [(1.0, 0.6), (1.0, -0.6), (-0.6, 1.0), (-1.0, -0.6), (0.4, 1.0)])
def test_slopes_to_all_sides_have_their_angle(student, reference, rng, across, down):
    """Images that grow brighter towards one side: four quadrants, and one that is steep."""
    (x,) = slope(rng, N=1, C=2, H=4, W=5, across=across, down=down)
    assert_parts(student.sobel_edges(x), reference.sobel_edges(x), "magnitude", "direction")


@exercise("sobel_edges")
def test_a_slope_straight_down_has_a_quarter_turn(student, reference):
    """Rows that grow brighter downwards: the direction is π/2, and nothing is divided by zero."""
    x = torch.arange(4, dtype=DOUBLE)[:, None].expand(1, 1, 4, 5).clone()
    assert_parts(student.sobel_edges(x), reference.sobel_edges(x), "magnitude", "direction")


@exercise("sobel_edges")
def test_a_slope_straight_to_the_left_has_a_half_turn(student, reference):
    """Columns 9, 6, 4, 1: the direction is π or −π, whichever, and not 0."""
    x = torch.tensor([9.0, 6, 4, 1], dtype=DOUBLE).expand(1, 1, 3, 4).clone()
    magnitude, direction = pair(student.sobel_edges(x))
    expected, half_turn = reference.sobel_edges(x)
    assert_close(magnitude, expected, what="the magnitude")
    assert_close(direction.abs(), half_turn.abs(), what="the direction, without its sign,")


@exercise("sobel_edges")
def test_a_flat_image_has_no_edge_and_no_nan(student, reference):
    """A grey image: magnitude 0 up to the corners, and a direction that is a number."""
    x = torch.full((1, 2, 4, 3), 0.5, dtype=DOUBLE)
    magnitude, direction = pair(student.sobel_edges(x))
    assert_close(magnitude, reference.sobel_edges(x)[0], what="the magnitude")
    assert bool(torch.isfinite(direction).all()), "the direction of a flat image is NaN: mind the division by zero"


@exercise("sobel_edges")
@pytest.mark.parametrize("shape", [(1, 1, 1, 5), (1, 2, 4, 1)])
def test_one_row_or_column_has_edges_too(student, reference, shape):
    """A line of growing numbers, as one row and as one column: the magnitude."""
    x = torch.arange(math.prod(shape), dtype=DOUBLE).square().reshape(shape)
    magnitude, _ = pair(student.sobel_edges(x))
    assert_close(magnitude, reference.sobel_edges(x)[0], what="the magnitude")


contract(
    "sobel_edges",
    inputs=slope,
    one="NC",
    square=EQUAL,
    all_at_once="NCHW",
    forbids=["conv2d", "Conv2d", "gradient", "sobel"],
    instead="add and subtract shifted images",
)


# --- bilinear_resize -----------------------------------------------------------------------------


@exercise("bilinear_resize")
def test_the_line_of_the_text_becomes_twice_as_long(student, reference):
    """The row 0, 4, 8, 12 of the text, from 4 columns to 8."""
    x = torch.tensor([[[[0.0, 4.0, 8.0, 12.0]]]], dtype=DOUBLE)
    assert_close(student.bilinear_resize(x, (1, 8)), reference.bilinear_resize(x, (1, 8)))


@exercise("bilinear_resize")
@pytest.mark.parametrize("size", [(4, 6), (9, 7), (10, 3), (2, 14), (5, 7), (11, 11)])
def test_random_images_get_another_size(student, reference, rng, size):
    """Images of 5 rows and 7 columns made larger, smaller, or one of each."""
    x = randn(rng, 2, 1, 5, 7, dtype=DOUBLE)
    assert_close(student.bilinear_resize(x, size), reference.bilinear_resize(x, size))


@exercise("bilinear_resize")
@pytest.mark.parametrize("size", [(1, 1), (1, 4), (6, 1)])
def test_down_to_one_row_or_column(student, reference, rng, size):
    """What is left of 5 × 7 pixels where one row or one column is asked for."""
    x = randn(rng, 1, 2, 5, 7, dtype=DOUBLE)
    assert_close(student.bilinear_resize(x, size), reference.bilinear_resize(x, size))


@exercise("bilinear_resize")
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 2, 1, 3), (1, 1, 4, 1)])
def test_up_from_one_row_or_column(student, reference, rng, shape):
    """An image of one row or one column has no second neighbour there."""
    x = randn(rng, *shape, dtype=DOUBLE)
    assert_close(student.bilinear_resize(x, (3, 5)), reference.bilinear_resize(x, (3, 5)))


@exercise("bilinear_resize")
def test_new_pixels_are_found_all_at_once(student, rng):
    """8 × 9 new pixels instead of 2 × 3: twelve times as many, and not twelve times the steps."""
    x = randn(rng, 1, 1, 5, 4, dtype=DOUBLE)
    few, many = student.run(operation_counts, "bilinear_resize", [(x, (2, 3)), (x, (8, 9))])
    assert many <= 5 * few, (
        f"6 new pixels took {few} tensor operations and 72 took {many}: this goes from pixel to pixel. "
        "The places of a whole row, and of a whole column, can be found at once"
    )


contract(
    "bilinear_resize",
    inputs=lambda rng, N=2, C=3, H=5, W=4, dtype=DOUBLE: (randn(rng, N, C, H, W, dtype=dtype, shift=1.0), (4, 6)),
    one="NCHW",
    square=EQUAL,
    all_at_once="NCHW",
    forbids=["interpolate", "Upsample", "upsample", "grid_sample", "resize"],
    instead="find the four neighbours and their shares yourself",
)
