"""The references of 04_cnn/filters held to scipy and torch, and what the text says of its pictures."""

import math

import pytest
import scipy.ndimage
import torch
import torch.nn.functional as F

NOTEBOOK = "04_cnn/filters"


def images(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("size", [(3, 3), (1, 5), (7, 3), (9, 11)])
def test_the_mean_filter_agrees_with_scipy(solution, size):
    x = images(2, 3, 6, 8)
    expected = scipy.ndimage.uniform_filter(x.numpy(), size=(1, 1, *size), mode="nearest")
    torch.testing.assert_close(solution.mean_filter(x, size), torch.from_numpy(expected), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("sigma", "truncate"), [(1.0, 4.0), (0.625, 4.0), (2.3, 3.0), (0.4, 1.0)])
def test_the_gaussian_filter_agrees_with_scipy(solution, sigma, truncate):
    x = images(2, 3, 6, 8)
    expected = scipy.ndimage.gaussian_filter(x.numpy(), (0, 0, sigma, sigma), mode="nearest", truncate=truncate)
    found = solution.gaussian_filter(x, sigma, truncate)
    torch.testing.assert_close(found, torch.from_numpy(expected), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("size", [(3, 3), (1, 5), (7, 3), (9, 11)])
def test_the_median_filter_agrees_with_scipy(solution, size):
    x = images(2, 3, 6, 8)
    expected = scipy.ndimage.median_filter(x.numpy(), size=(1, 1, *size), mode="nearest")
    assert torch.equal(solution.median_filter(x, size), torch.from_numpy(expected))


def test_the_sobel_gradient_agrees_with_scipy(solution):
    x = images(2, 3, 6, 8)
    # One plane at a time: scipy would smooth along the batch and the channels too.
    across, down = (
        torch.stack(
            [torch.from_numpy(scipy.ndimage.sobel(one, axis, mode="nearest")) for one in x.flatten(0, 1).numpy()]
        )
        for axis in (1, 0)
    )
    across, down = across.reshape(x.shape), down.reshape(x.shape)
    magnitude, direction = solution.sobel_edges(x)
    torch.testing.assert_close(magnitude * direction.cos(), across, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(magnitude * direction.sin(), down, rtol=1e-12, atol=1e-12)
    assert float(direction.abs().max()) <= math.pi


@pytest.mark.parametrize("size", [(9, 5), (3, 17), (1, 1), (6, 8), (13, 2)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_resize_agrees_with_torch(solution, size, dtype):
    x = images(2, 3, 6, 8).to(dtype)
    expected = F.interpolate(x, size=size, mode="bilinear", align_corners=False)
    torch.testing.assert_close(solution.bilinear_resize(x, size), expected)


def test_the_row_of_the_text_is_right(solution):
    """Worked by hand in the text: places −0.25, 0.25, 0.75, … of which the first is clamped."""
    row = torch.tensor([[[[0.0, 4.0, 8.0, 12.0]]]])
    found = solution.bilinear_resize(row, (1, 8)).flatten().tolist()
    assert found == [0, 1, 3, 5, 7, 9, 11, 12]


# What the text says of its pictures.


def test_the_median_cleans_best_and_the_mean_stays_grey():
    from coursekit.figures import filters

    errors = filters.errors_of_cleaning()
    assert errors["median"] < errors["mean"] / 2 < errors["noisy"] / 2
    assert "median" in filters.opening().description


def test_salt_and_pepper_breaks_a_tenth_of_the_pixels_in_all_channels():
    from coursekit.figures import filters

    grey = torch.full((2, 3, 90, 135), 0.5)
    broken = filters.salt_and_pepper(grey) != 0.5
    assert float(broken.float().mean()) == pytest.approx(0.1, abs=0.01)
    assert torch.equal(broken[:, 0], broken[:, 2])
    assert set(filters.salt_and_pepper(grey).unique().tolist()) == {0.0, 0.5, 1.0}


def test_the_mean_and_the_gaussian_answer_a_pixel_as_the_text_says():
    from coursekit.figures import filters

    square, bell = filters.answers_to_a_pixel()
    assert len(square[square > 0].unique()) == 1
    assert bell.argmax() == 24
    assert bell[3, 3] > bell[2, 3] > bell[2, 2]
    assert "bell" in filters.kernels().description


def test_a_wider_bell_keeps_less_detail():
    from coursekit.figures import filters

    roughness = [filters.roughness(sigma) for sigma in (0.5, 1.0, 2.0, 4.0)]
    assert roughness == sorted(roughness, reverse=True)
    assert "sigma 1.5" in filters.blurred(1.5).description


def test_the_compass_turns_once_around_the_disc():
    from coursekit.figures import filters

    magnitude, direction = filters.gradient_of_disc()
    right, below = magnitude[20, 33:38], magnitude[33:38, 20]
    assert min(right.max(), below.max()) > 1
    assert magnitude[20, 20] == 0
    # The disc is bright on dark: the direction points to its middle from all sides.
    side = int(right.argmax()) + 33
    assert abs(abs(float(direction[20, side])) - math.pi) < 1e-6
    assert abs(float(direction[side, 20]) + math.pi / 2) < 1e-6
    assert "disc" in filters.compass().description


def test_without_the_half_pixel_the_picture_moves():
    from coursekit.figures import filters

    right, wrong = filters.places(4, 8)
    assert right[:3].tolist() == [-0.25, 0.25, 0.75]
    assert wrong[:3].tolist() == [0, 0.5, 1]
    assert (right.mean(), wrong.mean()) == (1.5, 1.75)
    assert "half a pixel" in filters.half_pixel().description


def test_the_eye_without_the_half_pixel_has_moved_by_two_pixels(solution):
    from coursekit.figures import filters

    nearest, right, wrong = filters.enlargements()
    torch.testing.assert_close(wrong[:, :-4, :-4], right[:, 2:-2, 2:-2])
    crop = nearest[None, :, 2::5, 2::5]
    torch.testing.assert_close(solution.bilinear_resize(crop, tuple(right.shape[1:]))[0], right, rtol=1e-5, atol=1e-6)
    assert "up and to the left" in filters.enlarged().description
