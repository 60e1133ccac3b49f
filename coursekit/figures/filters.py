"""Pictures of the notebook on filters: noise cleaned, windows and bells, edges with their direction, half a pixel."""

from __future__ import annotations

import math

import numpy as np
import scipy.ndimage
import torch
from matplotlib.figure import Figure

from coursekit.data import photographs, to_tensor
from coursekit.plots import PALETTE, alt, figure, show_images

BLUE, ORANGE = PALETTE[:2]
DISC = 41


def photograph(name: str = "cat", height: int = 90, width: int = 135) -> torch.Tensor:
    """Return a small photograph, (1, 3, height, width) float32 in [0, 1]."""
    return to_tensor(photographs((height, width))[name])[None]


def salt_and_pepper(x: torch.Tensor, share: float = 0.1, seed: int = 0) -> torch.Tensor:
    """Return images in which a share of the pixels is black or white in all channels, (N, C, H, W)."""
    rng = np.random.default_rng(seed)
    luck = torch.from_numpy(rng.random((len(x), 1, *x.shape[2:])))
    white = torch.from_numpy(rng.random(luck.shape) < 0.5).to(x.dtype)
    return torch.where(luck < share, white, x)


def opening() -> Figure:
    """Return a cat under salt and pepper, cleaned by a mean and by a median, and its edges."""
    shown = [*cleaned().values(), edges()]
    errors = ", ".join(f"{name} {error:.3f}" for name, error in errors_of_cleaning().items())
    text = f"A cat with a tenth of its pixels black or white; its mean, grey and spotted; its median, clean; and its \
edges, white on black. Mean absolute errors: {errors}."
    return show_images(shown, ["noisy", "mean_filter", "median_filter", "sobel_edges"], side=2.7, alt=text)


def cleaned() -> dict[str, torch.Tensor]:
    """Return the noisy cat, its mean and its median over 3 × 3 pixels, each (3, H, W)."""
    noisy = salt_and_pepper(photograph())[0]
    mean = scipy.ndimage.uniform_filter(noisy.numpy(), (1, 3, 3), mode="nearest")
    median = scipy.ndimage.median_filter(noisy.numpy(), (1, 3, 3), mode="nearest")
    return {"noisy": noisy, "mean": torch.from_numpy(mean), "median": torch.from_numpy(median)}


def errors_of_cleaning() -> dict[str, float]:
    """Return the mean absolute difference of each from the cat before the noise."""
    return {name: float((image - photograph()[0]).abs().mean()) for name, image in cleaned().items()}


def edges() -> torch.Tensor:
    """Return the gradient magnitude of the grey cat, (H, W), scaled to at most 1."""
    magnitude, _ = _gradient(photograph()[0].mean(dim=0).double())
    return (magnitude / magnitude.max() * 1.6).clamp(max=1)


def answers_to_a_pixel() -> tuple[torch.Tensor, torch.Tensor]:
    """Return what a window of 5 × 5 and a bell of sigma 1 make of one pixel of 1, each (7, 7)."""
    pixel = np.zeros((7, 7))
    pixel[3, 3] = 1
    mean = scipy.ndimage.uniform_filter(pixel, 5, mode="nearest")
    bell = scipy.ndimage.gaussian_filter(pixel, 1.0, mode="nearest", radius=3)
    return torch.from_numpy(mean), torch.from_numpy(bell)


def kernels() -> Figure:
    """Return the answers of a mean and of a Gaussian filter to a single pixel."""
    picture, axes = figure(1, 2, size=(7.5, 3.4))
    for ax, image, name in zip(axes, answers_to_a_pixel(), ("mean, 5 × 5", "Gaussian, sigma 1"), strict=True):
        drawn = ax.imshow(image, cmap="Blues", vmin=0)
        ax.set(title=name, xlabel="column", ylabel="row")
        picture.colorbar(drawn, ax=ax, shrink=0.8)
    return alt(picture, "What becomes of one bright pixel: a flat square under the mean, a round bell under Gauss.")


def blurred(sigma: float = 1.5) -> Figure:
    """Return the weights along one line, and the photograph blurred with them in both directions.

    Args:
        sigma: width of the bell in pixels.
    """
    offsets = torch.arange(-16, 17)
    weights = torch.exp(-0.5 * (offsets / sigma) ** 2)
    picture, (left, right) = figure(1, 2, size=(9, 3.2))
    left.bar(offsets.tolist(), (weights / weights.sum()).tolist(), color=BLUE)
    left.set(xlabel="offset in pixels", ylabel="weight", ylim=(0, 0.85), title=f"sigma {sigma:g}")
    right.imshow(_blur(sigma).permute(1, 2, 0).clamp(0, 1))
    right.axis("off")
    return alt(picture, f"A bell of weights with sigma {sigma:g}, and a cup of coffee blurred with it.")


def roughness(sigma: float) -> float:
    """Return the mean difference of neighbours in a row of the blurred photograph."""
    return float(_blur(sigma).diff(dim=-1).abs().mean())


def _blur(sigma: float) -> torch.Tensor:
    image = photograph("coffee")[0].numpy()
    return torch.from_numpy(scipy.ndimage.gaussian_filter(image, (0, sigma, sigma), mode="nearest"))


def gradient_of_disc() -> tuple[torch.Tensor, torch.Tensor]:
    """Return magnitude and direction for a bright disc on black with a soft rim, each (41, 41)."""
    middle = DISC // 2
    rows, cols = torch.meshgrid(torch.arange(DISC) - middle, torch.arange(DISC) - middle, indexing="ij")
    return _gradient((16.0 - rows.double().hypot(cols.double())).clamp(-1, 1))


def compass() -> Figure:
    """Return the gradient of a bright disc and of a grey photograph; the colour says the direction."""
    disc = _coloured(*gradient_of_disc())
    photo = _coloured(*_gradient(_blur(1.0).mean(dim=0).double()))
    picture, (left, right) = figure(1, 2, size=(9, 3.4))
    for ax, image, name in ((left, disc, "a bright disc"), (right, photo, "a cup of coffee")):
        ax.imshow(image)
        ax.set_title(name)
        ax.axis("off")
    middle = DISC // 2
    for angle in range(0, 360, 45):
        across, down = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        start, end = (middle + 15 * across, middle + 15 * down), (middle + 9 * across, middle + 9 * down)
        left.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": "white"})
    return alt(picture, "The rim of a bright disc, each side in its own colour, with arrows to the middle; and a cup.")


def _gradient(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    across, down = (scipy.ndimage.sobel(image.numpy(), axis=axis, mode="nearest") for axis in (1, 0))
    return torch.from_numpy(np.hypot(across, down)), torch.from_numpy(np.arctan2(down, across))


def _coloured(magnitude: torch.Tensor, direction: torch.Tensor) -> np.ndarray:
    from matplotlib import colormaps

    hue = colormaps["hsv"](((direction / (2 * math.pi)) % 1).numpy())[..., :3]
    bright = (magnitude / magnitude.max() * 1.6).clamp(max=1).numpy()
    return np.asarray(hue * bright[..., None])


def places(old: int, new: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return where each new pixel looks in the old line, with the half pixel and without, each (new,)."""
    count = torch.arange(new, dtype=torch.float64)
    return (count + 0.5) * old / new - 0.5, count * old / new


def half_pixel() -> Figure:
    """Return where eight new pixels look in a line of four, with the half pixel and without."""
    picture, ax = figure(size=(8.5, 2.7))
    for col in range(4):
        ax.axvspan(col - 0.48, col + 0.48, color="#8A8A8A", alpha=0.25)
        ax.text(col, 1.5, f"pixel {col}", ha="center", va="center")
    right, wrong = places(4, 8)
    ax.plot(right, torch.ones(8), "o", color=BLUE, markersize=9)
    ax.plot(wrong, torch.zeros(8), "s", color=ORANGE, markersize=9)
    ax.set(xlabel="place in the old line", ylim=(-0.6, 1.9), xlim=(-0.8, 4.1), yticks=(0, 1))
    ax.set_yticklabels(["without", "with ½"])
    text = "Four old pixels and the places of eight new ones: with half a pixel they lie evenly about the middle, \
without it they lean to the right, and the last looks past the middle of the last pixel."
    return alt(picture, text)


def enlargements(times: int = 5) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return a cat's eye enlarged: nearest pixels, bilinear, and bilinear with half a pixel lost, each (3, H, W)."""
    crop = photograph("cat")[0, :, 24:42, 36:63]
    nearest = crop.repeat_interleave(times, 1).repeat_interleave(times, 2)
    sizes = [(old, times * old) for old in crop.shape[1:]]
    right, wrong = (_read(crop, *(places(*size)[rule] for size in sizes)) for rule in (0, 1))
    return nearest, right, wrong


def enlarged() -> Figure:
    """Return the three enlargements side by side."""
    text = "A cat's eye, five times as large: in squares; smooth; and smooth, but moved up and to the left."
    return show_images(list(enlargements()), ["nearest", "bilinear", "half a pixel lost"], side=2.7, alt=text)


def _read(image: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    grid = np.meshgrid(rows.numpy(), columns.numpy(), indexing="ij")
    read = [scipy.ndimage.map_coordinates(plane, grid, order=1, mode="nearest") for plane in image.numpy()]
    return torch.from_numpy(np.stack(read))
