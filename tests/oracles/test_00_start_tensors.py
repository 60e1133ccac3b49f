"""The references on tensors held to numpy, slow loops and closed forms; and what is said of the pictures."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import ndimage

from coursekit import plots, widgets
from coursekit.data import digits
from coursekit.figures import tensors as figures

NOTEBOOK = "00_start/tensors"
GENERATOR = torch.Generator().manual_seed(8)


def randn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=GENERATOR, dtype=torch.float64)


def labels(num: int, num_classes: int) -> torch.Tensor:
    return torch.randint(0, num_classes, (num,), generator=GENERATOR)


@pytest.mark.parametrize("shape", [(2, 5, 7), (3, 2, 2), (1, 3, 2)])
def test_a_framed_image_is_numpys_pad_around_the_inside(solution: SimpleNamespace, shape: tuple[int, ...]) -> None:
    images = randn(*shape)
    inside = images.numpy()[:, 1:-1, 1:-1]
    expected = np.pad(inside, ((0, 0), (1, 1), (1, 1)), constant_values=-3.0)
    np.testing.assert_array_equal(solution.framed(images, -3.0).numpy(), expected)


def test_framed_leaves_the_images_alone_and_draws_in_white_if_nothing_is_said(solution: SimpleNamespace) -> None:
    images = torch.zeros(1, 3, 4)
    assert solution.framed(images)[0].tolist() == [[1, 1, 1, 1], [1, 0, 0, 1], [1, 1, 1, 1]]
    assert images.count_nonzero() == 0


@pytest.mark.parametrize("label", [0, 3, 9])
def test_the_rows_of_a_class_are_those_that_a_loop_finds(solution: SimpleNamespace, label: int) -> None:
    x, y = randn(20, 3), labels(20, 5)
    expected = [row for row, one in zip(x.tolist(), y.tolist(), strict=True) if one == label]
    found = solution.of_class(x, y, label)
    assert found.tolist() == expected
    assert found.shape == (len(expected), 3)


@pytest.mark.parametrize("sizes", [(3, 4), (1, 5), (6, 1), (4, 4)])
def test_pairwise_sums_are_numpys_outer_sum(solution: SimpleNamespace, sizes: tuple[int, int]) -> None:
    a, b = randn(sizes[0]), randn(sizes[1])
    np.testing.assert_array_equal(solution.pairwise_sums(a, b).numpy(), np.add.outer(a.numpy(), b.numpy()))


@pytest.mark.parametrize(("num", "num_classes"), [(7, 3), (3, 7), (1, 4), (5, 1)])
def test_the_score_of_a_label_is_what_a_loop_reads(solution: SimpleNamespace, num: int, num_classes: int) -> None:
    scores, y = randn(num, num_classes), labels(num, num_classes)
    expected = [scores[i, y[i]].item() for i in range(num)]
    assert solution.score_of_label(scores, y).tolist() == expected


@pytest.mark.parametrize(("num", "dim", "num_classes"), [(30, 4, 5), (1, 2, 3), (6, 1, 9)])
def test_class_sums_are_numpys_add_at(solution: SimpleNamespace, num: int, dim: int, num_classes: int) -> None:
    x, y = randn(num, dim), labels(num, num_classes)
    expected = np.zeros((num_classes, dim))
    np.add.at(expected, y.numpy(), x.numpy())
    np.testing.assert_allclose(solution.class_sums(x, y, num_classes).numpy(), expected, atol=1e-12)


def test_class_sums_of_ones_count_the_labels(solution: SimpleNamespace) -> None:
    y = labels(40, 6)
    found = solution.class_sums(torch.ones(40, 1), y, 6)[:, 0]
    assert found.tolist() == np.bincount(y.numpy(), minlength=6).tolist()


@pytest.mark.parametrize(("shape", "num"), [((3, 6, 5), 4), ((1, 2, 7), 3), ((2, 4, 4), 16)])
def test_region_means_are_those_of_scipy(solution: SimpleNamespace, shape: tuple[int, int, int], num: int) -> None:
    image, regions = randn(*shape), 3 * labels(shape[1] * shape[2], num).reshape(shape[1:])
    found = solution.region_means(image, regions)
    numbers, place = np.unique(regions.numpy(), return_inverse=True)
    for channel, painted in zip(image.numpy(), found.numpy(), strict=True):
        means = ndimage.mean(channel, regions.numpy(), index=numbers)
        np.testing.assert_allclose(painted, means[place.reshape(channel.shape)], rtol=1e-12)


def test_the_window_of_2_and_6_worked_by_hand(solution: SimpleNamespace) -> None:
    image, regions = torch.tensor([[[1.0, 2, 6], [3, 4, 8]]]), torch.tensor([[0, 0, 2], [0, 2, 2]])
    assert solution.region_means(image, regions).tolist() == [[[2, 2, 6], [2, 6, 6]]]


def test_the_gradient_worked_by_hand_in_the_notebook(solution: SimpleNamespace) -> None:
    place = torch.tensor([3.0, 2.0])
    assert solution.gradient_of(lambda ab: ab[0] ** 2 * ab[1] + ab[1], place).tolist() == [12, 10]


def test_the_gradient_is_what_a_centred_difference_measures(solution: SimpleNamespace) -> None:
    x, weights = randn(2, 3), randn(2, 3)

    def f(at: torch.Tensor) -> torch.Tensor:
        return (weights * at.exp()).sum() + at.prod()

    measured = torch.zeros_like(x)
    for place in np.ndindex(2, 3):
        step = torch.zeros_like(x)
        step[place] = 1e-5
        measured[place] = (f(x + step) - f(x - step)) / 2e-5
    torch.testing.assert_close(solution.gradient_of(f, x), measured, rtol=1e-7, atol=1e-8)


def test_a_leaf_keeps_its_own_gradient(solution: SimpleNamespace) -> None:
    leaf = torch.tensor([1.0, 2.0], requires_grad=True)
    (5 * leaf).sum().backward()
    found = solution.gradient_of(lambda at: at.square().sum(), leaf)
    assert (found.tolist(), found.requires_grad, leaf.grad.tolist()) == ([2, 4], False, [5, 5])


# What the text says of the pictures


def test_the_average_0_is_dark_in_the_middle_and_the_average_1_is_bright_there() -> None:
    middle = figures.class_means()[:, 0, 3:5, 3:5].mean(dim=(1, 2))
    assert middle[0] == middle.min()
    assert middle[0] < 0.2
    assert middle[1] > 0.6
    assert "the 0 is dark in its middle" in figures.mean_digits().description


def test_the_means_from_the_sums_are_the_picture_that_the_notebook_opens_with(solution: SimpleNamespace) -> None:
    found = digits()
    counts = torch.bincount(found.y_train, minlength=10)
    means = solution.class_sums(found.x_train, found.y_train, 10) / counts[:, None]
    torch.testing.assert_close(found.images(means), figures.class_means())
    assert counts.sum() == len(found.x_train) == 1197


def test_the_picture_of_picking_paints_what_comes_out() -> None:
    picture = figures.picks()
    shapes = [ax.get_title().splitlines()[1] for ax in picture.axes]
    assert shapes == ["shape (5,)", "shape (4,)", "shape (2, 3)", "shape (3, 5)", "shape (3,)", "shape (7,)"]
    pairs = picture.axes[4]
    painted = [text.get_text() for text, cell in zip(pairs.texts, pairs.patches, strict=True) if cell.get_alpha() > 0.5]
    assert painted == ["4", "5", "17"], "row 0 with column 4, row 1 with column 0, row 3 with column 2"
    assert "x[[3, 0, 3]] has shape (3, 5)" in picture.description


@pytest.mark.parametrize("left", figures.LEFT)
@pytest.mark.parametrize("right", figures.RIGHT)
def test_the_picture_of_broadcasting_says_of_each_pair_what_numpy_says(left: str, right: str) -> None:
    shapes = [tuple(int(one) for one in re.findall(r"\d", shape)) for shape in (left, right)]
    said = figures.broadcast(left, right).description
    try:
        expected = f"give {np.broadcast_shapes(*shapes)}"
    except ValueError:
        expected = "don't fit"
    assert expected in said


def test_3_meets_4_and_a_row_meets_a_column_in_nine_numbers() -> None:
    assert figures.broadcast("(3,)", "(4,)").description == "(3,) and (4,) don't fit: 3 meets 4."
    assert figures.broadcast("(3,)", "(3, 1)").description.endswith("give (3, 3).")


def test_the_sum_that_is_first_shown_is_the_one_of_the_text() -> None:
    total = figures.broadcast().axes[2]
    sums = [f"{10 * i + j}" for i in range(1, 4) for j in range(1, 5)]
    shown = [text.get_text() for text in total.texts]
    assert shown == [*sums, "their sum: shape (3, 4)"]


def test_what_is_stretched_is_pale() -> None:
    column, row, _ = figures.broadcast().axes
    strong = [[cell.get_xy() for cell in ax.patches if cell.get_alpha() > 0.5] for ax in (column, row)]
    assert strong == [[(0, 0), (0, 1), (0, 2)], [(0, 0), (1, 0), (2, 0), (3, 0)]]


def test_gathered_and_scattered_are_the_numbers_of_the_text() -> None:
    said = figures.gather_and_scatter().description
    assert "labels [3, 0, 2] pick [5, 3, 2]" in said
    assert "[5, 1, 2, 4, 3] of classes [2, 0, 2, 1, 2] are added up to [1, 4, 10, 0]" in said


def test_the_window_has_250_panes_and_the_mean_of_the_photograph(solution: SimpleNamespace) -> None:
    photo, shades, painted = (torch.from_numpy(ax.images[0].get_array().data) for ax in figures.panes().axes)
    regions = figures.regions_near(90, 135, 250)
    assert len(regions.unique()) == len(shades.reshape(-1, 3).unique(dim=0)) == 250
    torch.testing.assert_close(painted, solution.region_means(photo.permute(2, 0, 1), regions).permute(1, 2, 0))
    torch.testing.assert_close(painted.mean(dim=(0, 1)), photo.mean(dim=(0, 1)))


def test_the_slopes_are_negative_zero_and_positive_from_left_to_right() -> None:
    assert figures.slopes_at(figures.PLACES) == [2 * place - 2 for place in figures.PLACES] == [-3, 0, 2]
    assert "-3 at -0.5, 0 at 1, 2 at 2" in figures.slopes().description
    assert plots.png_of(figures.slopes())[:4] == b"\x89PNG"


def test_the_menus_of_shapes_begin_with_the_pair_of_the_text_and_change_the_picture() -> None:
    explorer = widgets.explore(figures.broadcast, left=figures.LEFT, right=figures.RIGHT)
    assert explorer.values == {"left": "(3, 1)", "right": "(4,)"}
    before = explorer.png()
    explorer.controls["left"].value = "(3,)"
    assert explorer.png() != before
    assert explorer.picture().description.endswith("3 meets 4.")
