"""Pictures and widgets of the notebook on nearest neighbours."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit.data import Dataset, blobs, photographs, to_tensor
from coursekit.plots import PALETTE, alt, colour, decision_regions, figure
from coursekit.widgets import Explorer, explore

Distances = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
Predict = Callable[..., torch.Tensor]
BLUE, ORANGE, GREEN, RED = PALETTE[:4]


def pixels_up_close(name: str = "cat", top: int = 84, left: int = 168, side: int = 8) -> Figure:
    """Return a photograph, a small square of it enlarged, and the square's numbers in the red channel."""
    image = photographs()[name]
    square = image[top : top + side, left : left + side]
    picture, axes = figure(1, 3, size=(9, 2.8))
    axes[0].imshow(image)
    axes[0].add_patch(Rectangle((left - 12, top - 12), side + 24, side + 24, fill=False, edgecolor=ORANGE, linewidth=3))
    axes[1].imshow(square)
    axes[2].imshow(np.full((side, side), 255), vmin=0, vmax=255)
    for (row, col), value in np.ndenumerate(square[:, :, 0]):
        axes[2].text(col, row, int(value), ha="center", va="center", fontsize=9)
    titles = (f"{image.shape[0]} × {image.shape[1]} × 3 numbers", f"{side} × {side} pixels", "its red values, 0 to 255")
    for ax, title in zip(axes, titles, strict=True):
        ax.set_title(title)
        ax.axis("off")
    return alt(
        picture,
        f"A photograph ({name}), eight by eight pixels of it enlarged, and their red values as a table of numbers.",
    )


def unit_balls() -> Figure:
    """Return the points at L1 distance 1 and those at L2 distance 1 from the origin."""
    angles = np.linspace(0, 2 * np.pi, 361)
    picture, ax = figure(size=(4.2, 4))
    ax.plot([1, 0, -1, 0, 1], [0, 1, 0, -1, 0], color=ORANGE, label="L1 distance is 1")
    ax.plot(np.cos(angles), np.sin(angles), color=BLUE, linestyle="--", label="L2 distance is 1")
    ax.plot(0, 0, "k+", markersize=10)
    ax.set(aspect="equal", xlabel="difference in pixel 1", ylabel="difference in pixel 2", ylim=(-1.2, 1.7))
    ax.legend(loc="upper center", fontsize=10)
    return alt(
        picture,
        "Around the origin, the points at L1 distance 1 form a diamond, and those at L2 distance 1 a circle around it.",
    )


def distance_table(distances: torch.Tensor, y_train: torch.Tensor, y_test: torch.Tensor) -> Figure:
    """Return a table of distances (M, N) as a picture, rows and columns sorted by their labels."""
    rows, cols = y_test.argsort(stable=True), y_train.argsort(stable=True)
    picture, ax = figure(size=(5.6, 3.4))
    shown = ax.imshow(distances[rows][:, cols].cpu(), cmap="cividis", aspect="auto", interpolation="antialiased")
    picture.colorbar(shown, label="distance")
    for labels, ticks in ((y_test[rows], ax.set_yticks), (y_train[cols], ax.set_xticks)):
        names, counts = labels.cpu().unique(return_counts=True)
        ticks((counts.cumsum(0) - counts / 2).numpy(), [str(int(name)) for name in names])
    ax.set(xlabel="training images, by label", ylabel="test images, by label")
    return alt(
        picture,
        "A table of distances sorted by label. Dark blocks of small distances lie where the two labels are equal.",
    )


def neighbours(data: Dataset, distances: torch.Tensor, chosen: Sequence[int], num: int = 6) -> Figure:
    """Return test images, each in a row with its nearest training images; a wrong label is marked.

    Args:
        data: the set.
        distances: (M, N) from its test images (or the first of them) to its training images.
        chosen: the test images to show.
        num: how many neighbours of each.
    """
    train, test = data.images(data.x_train), data.images(data.x_test)
    picture, axes = figure(len(chosen), num + 1, size=(1.25 * (num + 1), 1.5 * len(chosen)))
    axes = np.atleast_2d(axes)
    for ax in axes.ravel():
        ax.axis("off")
    for row, index in enumerate(chosen):
        label = int(data.y_test[index])
        _image(axes[row, 0], test[index], f"test: {data.class_names[label]}", "black")
        for col, nearest in enumerate(distances[index].argsort()[:num].tolist(), start=1):
            found = int(data.y_train[nearest])
            mark = "✓" if found == label else "✗"
            _image(
                axes[row, col], train[nearest], f"{data.class_names[found]} {mark}", GREEN if found == label else RED
            )
    return alt(
        picture, f"{len(chosen)} test images, each followed by its {num} nearest training images with their labels."
    )


def boundary(
    predict: Predict, metrics: Mapping[str, Distances], *, num_per_class: int = 25, spread: float = 0.9
) -> Explorer:
    """Return the regions of a nearest-neighbour classifier in the plane, with controls for k and the metric.

    Args:
        predict: predict_labels(distances, y_train, k).
        metrics: by name, from training and other rows to their distances.
        num_per_class, spread: of the three clouds of training points.
    """
    x, y = blobs(num_per_class, 3, spread=spread, seed=3)

    def draw(k: int = 1, metric: str = next(iter(metrics))) -> Figure:
        drawn = decision_regions(lambda places: predict(metrics[metric](x, places), y, k=k), x, y, resolution=60)
        right = (predict(metrics[metric](x, x), y, k=k) == y).double().mean()
        drawn.axes[0].set_title(f"k = {k}, {metric}: {right:.0%} of the training points right")
        return alt(
            drawn, f"Three clouds of points and the label of each place by {k} nearest neighbours, {metric} distance."
        )

    words = "Three clouds of points and the label of each place by 1 nearest neighbour: many small islands."
    return explore(draw, k=(1, 45, 2), metric=list(metrics), alt=words)


def fold_table(num_rows: int = 14, num_folds: int = 4) -> Figure:
    """Return which rows train and which are judged in each turn of cross-validation."""
    picture, ax = figure(size=(7.5, 0.5 * num_folds + 1.1))
    for turn, part in enumerate(np.array_split(np.arange(num_rows), num_folds)):
        for row in range(num_rows):
            judged = row in part
            ax.add_patch(
                Rectangle((row, turn), 0.92, 0.85, color=ORANGE if judged else BLUE, alpha=1 if judged else 0.35)
            )
            ax.text(row + 0.46, turn + 0.43, "judge" if judged else "train", ha="center", va="center", fontsize=9)
    ax.set(xlim=(0, num_rows), ylim=(num_folds, 0), xlabel="rows of the training set")
    ax.set_xticks(np.arange(num_rows) + 0.46, range(num_rows))
    ax.set_yticks(np.arange(num_folds) + 0.43, [f"turn {turn}" for turn in range(num_folds)])
    ax.tick_params(length=0)
    return alt(
        picture,
        f"{num_rows} rows in {num_folds} consecutive folds: in each turn one fold is judged and the others train.",
    )


def accuracy_by_k(accuracies: Mapping[int, Sequence[float]]) -> Figure:
    """Return each fold's accuracy as a point and their means as a line, against k."""
    choices = sorted(accuracies)
    picture, ax = figure(size=(6, 3.6))
    for k in choices:
        ax.plot([k] * len(accuracies[k]), accuracies[k], "o", color=ORANGE, alpha=0.6, markersize=5)
    ax.plot(choices, [float(np.mean(accuracies[k])) for k in choices], "-s", color=BLUE, label="mean of the folds")
    ax.plot([], [], "o", color=ORANGE, label="one fold")
    ax.set(xlabel="k", ylabel="accuracy", xscale="log")
    ax.set_xticks(choices, [str(k) for k in choices])
    ax.minorticks_off()
    ax.legend()
    return alt(picture, "Accuracy of each fold against k: the mean is highest for small k and falls as k grows.")


def equally_far(name: str = "cat", pixels: int = 3, size: tuple[int, int] = (80, 120)) -> dict[str, torch.Tensor]:
    """Return a photograph and four changed copies that all lie at the same L2 distance from it.

    Args:
        name: of the photograph.
        pixels: how far the shifted copy moves; that sets the distance.
        size: (H, W) that the photograph is shrunk to.

    Returns:
        By name, tensors (3, H, W) in [0, 1]: original, shifted, darkened, tinted, with a box, noisy.
    """
    image = to_tensor(photographs(size)[name])
    shifted = image.roll(pixels, dims=2)
    distance = float((shifted - image).norm())
    tint = torch.tensor([1.0, -0.6, -0.6])[:, None, None]
    noise = torch.from_numpy(np.random.default_rng(0).standard_normal(image.shape)).float()
    box = torch.zeros(size)
    box[size[0] // 3 : 2 * size[0] // 3, size[1] // 3 : 2 * size[1] // 3] = 1
    changes: dict[str, Callable[[float], torch.Tensor]] = {
        "darkened": lambda amount: image * (1 - amount),
        "tinted": lambda amount: (image + amount * tint).clamp(0, 1),
        "with a box": lambda amount: image * (1 - amount * box),
        "noisy": lambda amount: (image + amount * noise).clamp(0, 1),
    }
    copies = {word: change(_solve(change, image, distance)) for word, change in changes.items()}
    return {"original": image, f"moved by {pixels}": shifted, **copies}


def with_distances(copies: Mapping[str, torch.Tensor]) -> Figure:
    """Return images in a row, each with its name and its L2 distance from the first."""
    first = next(iter(copies.values()))
    picture, axes = figure(1, len(copies), size=(1.7 * len(copies), 1.7))
    for ax, (name, image) in zip(axes, copies.items(), strict=True):
        ax.axis("off")
        _image(ax, image, f"{name}\nL2 = {float((image - first).norm()):.1f}", "black")
    return alt(
        picture,
        f"A photograph and its copies: {', '.join(list(copies)[1:])}. All copies are equally far from the first.",
    )


def grey_card(name: str = "gravel", pixels: int = 5, size: tuple[int, int] = (128, 128)) -> Figure:
    """Return a texture, the texture moved, and a card of its mean grey, with their distances from the first."""
    image = to_tensor(photographs()[name][: size[0], : size[1]])
    card = image.mean(dim=(1, 2), keepdim=True).expand_as(image)
    drawn = with_distances({name: image, f"moved by {pixels}": image.roll(pixels, dims=2), "a grey card": card})
    return alt(
        drawn,
        "A texture, the same texture moved by a few pixels, and a flat grey card: the card is nearer to the texture.",
    )


def moved(images: torch.Tensor, pixels: int) -> torch.Tensor:
    """Return images (N, C, H, W) moved to the right, with black coming in from the left."""
    out = images.roll(pixels, dims=3)
    out[..., :pixels] = 0
    return out


def seconds(run: Callable[[], object], times: int = 3) -> float:
    """Return the shortest of a few measured times of `run`, in seconds."""
    measured = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        measured.append(time.perf_counter() - began)
    return min(measured)


def ratios(times: Mapping[str, float]) -> Figure:
    """Return bars of how many times as long as the fastest each takes, on a logarithmic scale."""
    best = min(times.values())
    picture, ax = figure(size=(6.5, 0.6 * len(times) + 0.9))
    for place, value in enumerate(times.values()):
        ax.barh(place, value / best - 0.5, color=colour(place), left=0.5)
        ax.text(value / best * 1.1, place, f"× {value / best:.0f}", va="center")
    ax.set(xscale="log", xlabel="time, as a multiple of the fastest", xlim=(0.5, 8 * max(times.values()) / best))
    ax.set_yticks(range(len(times)), list(times))
    ax.invert_yaxis()
    return alt(picture, "Bars of time on a logarithmic scale: two loops take longest by far, then one loop, then none.")


def _solve(change: Callable[[float], torch.Tensor], image: torch.Tensor, distance: float) -> float:
    """Return how much of a change moves an image by `distance`, by halving an interval."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if float((change(middle) - image).norm()) < distance else (low, middle)
    return high


def _image(ax: object, image: torch.Tensor, title: str, title_colour: str) -> None:
    pixels = image.permute(1, 2, 0).cpu().numpy()
    ax.imshow(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels, vmin=0, vmax=1)  # type: ignore[attr-defined]
    ax.set_title(title, color=title_colour, fontsize=11)  # type: ignore[attr-defined]
