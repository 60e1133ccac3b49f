"""Checks of the image feature exercises."""

import pytest
import torch

from autograder.authoring import (
    assert_close,
    assert_equal,
    contract,
    exercise,
    integers,
    rand,
    randn,
)

SINGLE, DOUBLE = torch.float32, torch.float64
LOSING = ([4.0, 9.0, 3.0, 10.0, 4.0, 8.0], [10.5, 6.0, 1.0])


# color_histogram


def inside_bins(rng, height, width, num_bins, dtype=SINGLE):
    """Return an HSV image whose values keep away from the edges of the bins, where rounding decides."""
    return ((integers(rng, 0, num_bins, 3, height, width) + 0.1 + 0.8 * rand(rng, 3, height, width)) / num_bins).to(
        dtype
    )


@exercise("color_histogram")
@pytest.mark.parametrize(
    ("height", "width", "num_bins"), [(6, 9, 8), (5, 4, 10), (1, 7, 3), (1, 1, 5), (8, 3, 1), (4, 6, 50)]
)
def test_the_histograms_match_the_reference(student, reference, rng, height, width, num_bins):
    """Shares of hue, saturation and value agree with the reference, for several sizes and numbers of bins."""
    hsv = inside_bins(rng, height, width, num_bins)
    assert_close(student.color_histogram(hsv, num_bins), reference.color_histogram(hsv, num_bins))


@exercise("color_histogram")
def test_the_bins_cover_all_of_0_to_1(student, reference, rng):
    """A dark, pale image uses few bins: the bins don't follow the image's own range."""
    hsv = 0.3 + 0.15 * rand(rng, 3, 5, 8)
    assert_close(student.color_histogram(hsv, 2), reference.color_histogram(hsv, 2))


@exercise("color_histogram", costs=0.5)
@pytest.mark.parametrize("num_bins", [4, 1, 8])
def test_values_on_the_edge_of_a_bin(student, reference, rng, num_bins):
    """A value on an edge belongs to the bin above it, and 1 to the last bin."""
    hsv = integers(rng, 0, num_bins + 1, 3, 5, 6).to(SINGLE) / num_bins
    hsv[:, 0, 0], hsv[:, 1, 0] = 1.0, 0.0
    assert_close(student.color_histogram(hsv, num_bins), reference.color_histogram(hsv, num_bins))


def with_a_one(rng, H=4, W=5, dtype=DOUBLE):
    """Return an HSV image with a pixel at the upper end of all channels, and a number of bins."""
    hsv = inside_bins(rng, H, W, 6, dtype)
    hsv[:, 0, 0] = 1.0
    return hsv, 6


# With H = W = 3 the channels may be taken for a side, and a side for the channels.
@exercise("color_histogram", costs=0.25)
def test_there_may_be_a_thousand_bins(student, reference):
    """Of 1100 bins the last ones are not the first ones again, and 1 is in the very last."""
    hsv = torch.tensor([0.5, 150.5, 600.5, 1098.5, 1099.5, 1100.0]).div(1100).repeat(3, 1)[:, None]
    assert_close(student.color_histogram(hsv, 1100), reference.color_histogram(hsv, 1100))


@exercise("color_histogram", costs=0.25)
def test_a_value_just_below_an_edge_stays_below(student, reference):
    """In float64 a value that is less than a half by a thousand-millionth is in the first of two bins."""
    hsv = torch.tensor([[0.5 - 2**-30, 0.5]], dtype=DOUBLE).repeat(3, 1)[:, None]
    assert_close(student.color_histogram(hsv, 2), reference.color_histogram(hsv, 2))


contract("color_histogram", inputs=with_a_one, square={"H": 3, "W": 3}, one="HW", digits=False)


# hog_features


def grey_image(rng, height, width, dtype=SINGLE):
    """Return a grey image of sixteen levels: its orientations keep away from the edges of an odd number of bins.

    The one edge that they do meet is 0 or 180 degrees, which the exercise settles.
    """
    return (integers(rng, 0, 16, height, width) / 16).to(dtype)


@exercise("hog_features")
@pytest.mark.parametrize(
    ("height", "width", "cell_size", "num_bins"),
    [(16, 24, 8, 9), (12, 8, 4, 9), (6, 15, 3, 5), (10, 10, 5, 7), (9, 12, 3, 9)],
)
def test_the_blocks_match_the_reference(student, reference, rng, height, width, cell_size, num_bins):
    """All blocks agree with the reference, for several sizes of image and cell."""
    inputs = (grey_image(rng, height, width), cell_size, num_bins)
    assert_close(student.hog_features(*inputs), reference.hog_features(*inputs))


@exercise("hog_features")
def test_the_defaults_are_cells_of_8_and_9_bins(student, reference, rng):
    """Called with an image alone, it uses the default cell size, bins and epsilon."""
    image = grey_image(rng, 24, 16)
    for faint in (image, image / 2**16):
        assert_close(student.hog_features(faint), reference.hog_features(faint))


@exercise("hog_features")
@pytest.mark.parametrize(("height", "width", "cell_size"), [(19, 14, 4), (11, 17, 5), (13, 12, 3)])
def test_pixels_that_fill_no_cell_are_left_out(student, reference, rng, height, width, cell_size):
    """Spare rows and columns below and on the right count for the gradient, and for no cell."""
    inputs = (grey_image(rng, height, width), cell_size, 9)
    assert_close(student.hog_features(*inputs), reference.hog_features(*inputs))


@exercise("hog_features")
def test_a_large_epsilon_shows_where_it_stands(student, reference, rng):
    """With epsilon 0.1 it matters that it is squared, under the root, and that votes are averaged."""
    inputs = (grey_image(rng, 12, 20), 4, 9, 0.1)
    assert_close(student.hog_features(*inputs), reference.hog_features(*inputs))


@exercise("hog_features", costs=0.25)
def test_cells_may_be_single_pixels(student, reference, rng):
    """With cells of one pixel an image may be two pixels high and wide, and all of it is border."""
    for height, width in ((5, 4), (2, 3), (2, 2)):
        inputs = (grey_image(rng, height, width), 1, 9)
        assert_close(student.hog_features(*inputs), reference.hog_features(*inputs))


def ramp(right, down):
    """Return an image (8, 12) whose brightness rises by `right` a column and `down` a row."""
    return right * torch.arange(12, dtype=SINGLE) + down * torch.arange(8, dtype=SINGLE)[:, None]


@exercise("hog_features")
@pytest.mark.parametrize(("right", "down"), [(1, 0), (-1, 0), (0, 1), (0, -1), (2, 1), (-2, 1), (2, -1), (-1, -3)])
def test_ramps_in_all_directions(student, reference, right, down):
    """A plain slope votes for one orientation, and its opposite for the same."""
    image = ramp(right / 16, down / 16)
    assert_close(student.hog_features(image, 4, 9), reference.hog_features(image, 4, 9))


@exercise("hog_features", costs=0.5)
def test_a_flat_image_gives_zeros_not_nan(student, reference):
    """Where there is no edge at all, every block is 0."""
    image = torch.full((8, 12), 0.6)
    assert_close(student.hog_features(image, 4, 9), reference.hog_features(image, 4, 9))


@exercise("hog_features", costs=0.25)
def test_a_float64_image_gives_float64_blocks(student, reference, rng):
    """The dtype of the image is kept, and its digits."""
    image = grey_image(rng, 9, 16, DOUBLE)
    for same in (image, 1 + image / 2**26):  # float32 has no digits for the second
        assert_close(student.hog_features(same, 4, 9), reference.hog_features(same, 4, 9))


def with_many_digits(rng, H=17, W=16, dtype=DOUBLE):
    """Return a grey image whose values float32 has to round, at the same orientations."""
    return (grey_image(rng, H, W, dtype) * (1 + 2**-30),)


contract("hog_features", inputs=with_many_digits, settings={"cell_size": 4, "num_bins": 7, "epsilon": 0.1}, one=())


# kmeans


def clouds(rng, num_points, dim, num_clusters, dtype=DOUBLE):
    """Return overlapping points and a start among them."""
    centres = 2.0 * randn(rng, num_clusters, dim, dtype=dtype)
    x = centres[integers(rng, 0, num_clusters, num_points)] + randn(rng, num_points, dim, dtype=dtype)
    order = torch.from_numpy(rng.permutation(num_points))
    return x, x[order[:num_clusters]].clone() + 0.01


def assert_same_clusters(came, expected, rtol=None, atol=None):
    """Compare the centroids, and then the labels."""
    if not isinstance(came, tuple) or len(came) != 2:
        assert_close(came, expected)
    assert_close(came[0], expected[0], what="the centroids", rtol=rtol, atol=atol)
    assert_equal(came[1], expected[1], what="the labels")


@exercise("kmeans")
@pytest.mark.parametrize("num_steps", [1, 2, 5])
@pytest.mark.parametrize(("num_points", "dim", "num_clusters"), [(20, 2, 3), (15, 4, 2), (12, 1, 4), (9, 3, 1)])
def test_clusters_match_the_reference(student, reference, rng, num_points, dim, num_clusters, num_steps):
    """Centroids and labels after one, two and five steps agree with the reference."""
    inputs = (*clouds(rng, num_points, dim, num_clusters), num_steps)
    assert_same_clusters(student.kmeans(*inputs), reference.kmeans(*inputs))


@exercise("kmeans")
def test_many_steps_settle(student, reference, rng):
    """After thirty steps nothing moves any more, and the answer is that of the reference."""
    inputs = (*clouds(rng, 25, 2, 4), 30)
    assert_same_clusters(student.kmeans(*inputs), reference.kmeans(*inputs))


@exercise("kmeans", costs=0.25)
def test_no_step_only_assigns(student, reference, rng):
    """With num_steps 0 the centroids stay, and the labels are those of the nearest ones."""
    inputs = (*clouds(rng, 14, 3, 4), 0)
    assert_same_clusters(student.kmeans(*inputs), reference.kmeans(*inputs))


@exercise("kmeans")
@pytest.mark.parametrize("num_steps", [1, 3])
def test_a_centroid_without_points_stays(student, reference, rng, num_steps):
    """A centroid far from everything keeps its place: no NaN, no zero, no other start."""
    x, centroids = clouds(rng, 16, 2, 4)
    centroids[1], centroids[3] = 60.0, -45.5
    assert_same_clusters(student.kmeans(x, centroids, num_steps), reference.kmeans(x, centroids, num_steps))


@exercise("kmeans", costs=0.25)
def test_equally_near_centroids_go_to_the_smaller_number(student, reference):
    """A point midway between two centroids belongs to the one that comes first."""
    x = torch.tensor([[0.0], [2.0], [4.0], [6.0], [9.0]], dtype=DOUBLE)
    inputs = (x, torch.tensor([[4.0], [0.0], [8.0], [4.0]], dtype=DOUBLE), 0)
    assert_same_clusters(student.kmeans(*inputs), reference.kmeans(*inputs))


contract(
    "kmeans",
    inputs=lambda rng, N=15, D=2, K=3, dtype=DOUBLE: (*clouds(rng, N, D, K, dtype), 3),
    compare=assert_same_clusters,
    square={"N": 6, "D": 6, "K": 6},
    one="NDK",
)


@exercise("kmeans")
def test_points_may_be_far_from_the_centroids_and_from_the_origin(student, reference):
    """Thousands from every centroid, and numbers near ten thousand that differ by halves."""
    far = torch.tensor([[5000.0, 0.0], [5001.0, 1.0], [-4000.0, 3.0], [-4001.0, 2.0]])
    near = 10000.0 + torch.tensor([[0.0, 0.5], [0.25, 0.5], [2.0, 1.0], [2.25, 1.5], [1.5, 1.0]])
    for x, centroids in ((far, torch.tensor([[0.0, 0.0], [6.0, 0.0]])), (near, near[[0, 4]] - 0.125)):
        assert_same_clusters(student.kmeans(x, centroids, 2), reference.kmeans(x, centroids, 2))


# bag_of_visual_words


def images_and_words(rng, sizes, num_words, dim, dtype=SINGLE):
    """Return descriptors for images of the given sizes, and a vocabulary."""
    vocabulary = 1.5 * randn(rng, num_words, dim, dtype=dtype) + 0.5
    return [1.5 * randn(rng, size, dim, dtype=dtype) for size in sizes], vocabulary


@exercise("bag_of_visual_words")
@pytest.mark.parametrize(
    ("sizes", "num_words", "dim"),
    [((7, 12, 5), 6, 4), ((9,), 4, 3), ((3, 3), 15, 2), ((20, 1, 8, 2), 3, 5), ((6, 4), 1, 3)],
)
def test_the_bags_match_the_reference(student, reference, rng, sizes, num_words, dim):
    """Shares of each word in each image agree with the reference; many words are never used."""
    inputs = images_and_words(rng, sizes, num_words, dim)
    assert_close(student.bag_of_visual_words(*inputs), reference.bag_of_visual_words(*inputs))


@exercise("bag_of_visual_words", costs=0.5)
@pytest.mark.parametrize("sizes", [(5, 0, 3), (0,)])
def test_an_image_without_descriptors_is_a_row_of_zeros(student, reference, rng, sizes):
    """No descriptor, no word: zeros, not NaN."""
    inputs = images_and_words(rng, sizes, 4, 3)
    assert_close(student.bag_of_visual_words(*inputs), reference.bag_of_visual_words(*inputs))


@exercise("bag_of_visual_words", costs=0.25)
def test_equally_near_words_go_to_the_smaller_number(student, reference):
    """A descriptor midway between two words counts for the one that comes first."""
    images = [torch.tensor([[1.0], [3.0], [0.0]]), torch.tensor([[3.0], [5.0]])]
    vocabulary = torch.tensor([[2.0], [0.0], [4.0], [2.0]])
    assert_close(student.bag_of_visual_words(images, vocabulary), reference.bag_of_visual_words(images, vocabulary))


@exercise("bag_of_visual_words")
def test_descriptors_may_be_far_from_the_words_and_from_the_origin(student, reference):
    """Thousands from every word, and numbers near ten thousand that differ by halves: the nearest is the nearest."""
    vocabulary = torch.tensor([[0.0, 0.0], [6.0, 0.0], [10000.0, 10000.5]])
    images = [torch.tensor([[5000.0, 0.0], [-4000.0, 3.0], [9000.0, 9000.0]]), torch.tensor([[10000.0, 10000.0]])]
    near = 10000.0 + torch.tensor([[0.0, 0.5], [1.0, 0.5], [2.0, 1.0]])
    for inputs in ((images, vocabulary), ([near + 0.25, near[1:] - 0.25], near)):
        assert_close(student.bag_of_visual_words(*inputs), reference.bag_of_visual_words(*inputs))


@exercise("bag_of_visual_words", costs=0.25)
def test_shares_keep_their_digits(student, reference, rng):
    """Thirds and sevenths in float64, to fifteen digits."""
    inputs = images_and_words(rng, (3, 7), 2, 3, DOUBLE)
    came, expected = (side.bag_of_visual_words(*inputs) for side in (student, reference))
    assert_close(came, expected, rtol=1e-12, atol=0.0)


@exercise("bag_of_visual_words", costs=0.25)
def test_float64_descriptors_give_float64_shares(student, reference, rng):
    """The dtype of the vocabulary is kept."""
    near_the_middle = torch.tensor([[1 + 2**-26], [1 - 2**-26], [2.0]], dtype=DOUBLE)  # float32 sees ties
    for inputs in (
        images_and_words(rng, (6, 9), 5, 3, DOUBLE),
        ([near_the_middle], torch.tensor([[0.0], [2.0]], dtype=DOUBLE)),
    ):
        assert_close(student.bag_of_visual_words(*inputs), reference.bag_of_visual_words(*inputs))


contract(
    "bag_of_visual_words",
    one="nKD",
    digits=False,
    inputs=lambda rng, n=6, K=5, D=3, dtype=DOUBLE: images_and_words(rng, (n, n + 3), K, D, dtype),
)


@exercise("kmeans")
def test_a_centroid_that_loses_its_points_stays_where_it_was_last(student, reference):
    """The second centroid moves to the mean of its points, loses them, and keeps that place: not its first one."""
    x = torch.tensor(LOSING[0], dtype=DOUBLE)[:, None]
    centroids = torch.tensor(LOSING[1], dtype=DOUBLE)[:, None]
    for num_steps in (2, 3):
        assert_same_clusters(student.kmeans(x, centroids, num_steps), reference.kmeans(x, centroids, num_steps))


@exercise("kmeans")
def test_a_mean_of_zero_is_a_mean(student, reference):
    """Points whose sum is 0 are still points."""
    x = torch.tensor([[-1.0], [1.0], [10.0]], dtype=DOUBLE)
    inputs = (x, torch.tensor([[0.5], [9.0]], dtype=DOUBLE), 2)
    assert_same_clusters(student.kmeans(*inputs), reference.kmeans(*inputs))


@exercise("kmeans")
def test_small_steps_are_steps(student, reference, rng):
    """In tiny units everything moves by less than 1e-8, and moves all the same."""
    x, centroids = clouds(rng, 20, 2, 4)
    came, expected = (side.kmeans(x / 2**30, centroids / 2**30, 4) for side in (student, reference))
    assert_same_clusters((came[0] * 2**30, came[1]), (expected[0] * 2**30, expected[1]))


@exercise("kmeans", costs=0.5)
@pytest.mark.parametrize("num_steps", [14, 30])
def test_a_slow_clustering_takes_all_its_steps(student, reference, num_steps):
    """Cubes on a line, all centroids at its lower end: they move until step 17, and no longer."""
    x = torch.arange(24, dtype=DOUBLE)[:, None] ** 3
    inputs = (x, x[:6] + 0.1, num_steps)
    assert_same_clusters(student.kmeans(*inputs), reference.kmeans(*inputs))


@exercise("kmeans", costs=0.5)
def test_clusters_of_the_same_size_may_have_other_points(student, reference):
    """In the second step two points change places: the sizes stay, and the centroids move."""
    x = torch.tensor([[9.0, 7.0], [5.0, 3.0], [8.0, 12.0], [10.0, 0.0]], dtype=DOUBLE)
    inputs = (x, torch.tensor([[11.0, 4.0], [4.0, 7.0]], dtype=DOUBLE), 2)
    assert_same_clusters(student.kmeans(*inputs), reference.kmeans(*inputs))


@exercise("kmeans", costs=0.25)
def test_a_point_may_come_to_lie_midway(student, reference):
    """After the move a point is midway between its own centroid and one with a smaller number, which gets it."""
    x = torch.tensor([[6.0], [4.0], [2.0]], dtype=DOUBLE)
    inputs = (x, torch.tensor([[8.0], [6.0]], dtype=DOUBLE), 1)
    assert_same_clusters(student.kmeans(*inputs), reference.kmeans(*inputs))


@exercise("kmeans", costs=0.25)
def test_labels_are_found_in_float64(student, reference):
    """Points next to the middle of two centroids: float32 sees ties."""
    x = torch.tensor([[1 + 2**-26], [1 - 2**-26]], dtype=DOUBLE)
    inputs = (x, torch.tensor([[0.0], [2.0]], dtype=DOUBLE), 0)
    assert_same_clusters(student.kmeans(*inputs), reference.kmeans(*inputs))
