"""Pictures of the notebook on initialisation: histograms by depth, whitened clouds and patches, five patients."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator
from torch import nn

from coursekit.data import patches, photographs
from coursekit.plots import PALETTE, alt, figure

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
GREY = "#8A8A8A"
UNITS, LAYERS = 100, 10
STARTS = {"too small": 0.3, "too large": 6.0, "Xavier": 1.0}
COVARIANCE = ((5.0, 3.0), (3.0, 5.0))
MARK = (3.0, 1.0)  # a point that is worked out by hand, seen from the mean
MIDDLE = (6.0, 4.0)
SIDE = 10  # of a patch, in pixels
Activate = Callable[[torch.Tensor], torch.Tensor]
BY_NAME: dict[str, Activate] = {
    "relu": F.relu,
    "leaky, 0.2": lambda z: F.leaky_relu(z, 0.2),
    "leaky, 0.5": lambda z: F.leaky_relu(z, 0.5),
    "tanh": torch.tanh,
    "none": lambda z: z,
}


def signals(
    activate: Activate, gain: float, depth: int = LAYERS, units: int = UNITS, num: int = 200
) -> list[torch.Tensor]:
    """Return what each layer of a network gives out, whose weights have the deviation gain / sqrt(units)."""
    generator = torch.Generator().manual_seed(0)
    h = torch.randn(num, units, generator=generator)
    found = []
    for _ in range(depth):
        h = activate(h @ torch.randn(units, units, generator=generator) * (gain / units**0.5))
        found.append(h)
    return found


def overview() -> Figure:
    """Return histograms by depth of a network with tanh, for three sizes of the weights."""
    rows = {
        name: [torch.histc(h, 20, -1, 1).tolist() for h in signals(torch.tanh, gain)] for name, gain in STARTS.items()
    }
    return alt(
        _grid(rows),
        "Three rows of ten histograms from -1 to 1, one a layer. Too small: the bars close in on 0 and are a single "
        "peak from the third layer on. Too large: two bars at -1 and 1 in all layers. Xavier: a broad hill in all "
        "layers, slowly narrower.",
    )


def histograms(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> Figure:
    """Return the histograms that an instrument found, a row for each network, a column for each layer.

    Args:
        found: by a network's name, what `activation_statistics` returned.
    """
    rows = {name: [one["histogram"].tolist() for one in layers] for name, layers in found.items()}
    said = "; ".join(
        f"{name}: the deviation is {layers[0]['std']:.2g} in the first and {layers[-1]['std']:.2g} in the last"
        for name, layers in found.items()
    )
    return alt(_grid(rows), f"Histograms of what each layer gives out, from -1 to 1. {said}.")


def _grid(rows: Mapping[str, Sequence[Sequence[float]]]) -> Figure:
    """Draw rows of small histograms from -1 to 1."""
    depth = max(len(layers) for layers in rows.values())
    picture, axes = figure(len(rows), depth, size=(10, 1.0 * len(rows) + 0.5))
    for tint, line, (name, layers) in zip(
        (BLUE, ORANGE, GREEN, RED), axes.reshape(len(rows), -1), rows.items(), strict=False
    ):
        for ax, counts in zip(line, layers, strict=True):
            width = 2 / len(counts)
            middles = [-1 + width * (place + 0.5) for place in range(len(counts))]
            ax.bar(middles, counts, width, color=tint)
            ax.set(xlim=(-1.1, 1.1), ylim=(0, 1.05 * max(counts)), xticks=[], yticks=[])
            ax.spines["left"].set_visible(False)
        line[0].set_title(name, loc="left", fontsize=12)
    for number, ax in enumerate(axes.reshape(len(rows), -1)[-1], 1):
        ax.set_xlabel(f"layer {number}" if number == 1 else str(number))
    return picture


def cloud(num: int = 110) -> torch.Tensor:
    """Return points (num, 2) whose mean is `MIDDLE` and whose covariance is `COVARIANCE`, both exactly."""
    points = torch.randn(num, 2, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    points = points - points.mean(dim=0)
    round_ones = points @ torch.linalg.inv(torch.linalg.cholesky(points.T.cov())).T
    wanted = torch.tensor(COVARIANCE, dtype=torch.float64)
    return round_ones @ torch.linalg.cholesky(wanted).T + torch.tensor(MIDDLE, dtype=torch.float64)


def views() -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Return for each way to prepare the cloud its points, and where the marked point goes."""
    points = cloud()
    middle, mark = points.mean(dim=0), torch.tensor(MARK, dtype=torch.float64)
    turn = torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64) / math.sqrt(2)
    stretch = turn / torch.tensor([8.0, 2.0], dtype=torch.float64).sqrt()
    ways = {
        "standardised": torch.eye(2, dtype=torch.float64) / math.sqrt(COVARIANCE[0][0]),
        "PCA whitening": stretch,
        "ZCA whitening": stretch @ turn.T,
    }
    seen = {"points": (points, mark + middle)}
    return seen | {name: ((points - middle) @ way, mark @ way) for name, way in ways.items()}


def clouds() -> Figure:
    """Return a cloud as it is, standardised, and whitened in two ways; colours follow the points."""
    picture, axes = figure(1, 4, size=(7.2, 2.1))
    raw = cloud() - torch.tensor(MIDDLE, dtype=torch.float64)
    far = raw @ torch.tensor([1.0, 1.0], dtype=torch.float64) > 0
    for ax, (name, (points, mark)) in zip(axes, views().items(), strict=True):
        for tint, side in ((BLUE, far), (ORANGE, ~far)):
            ax.scatter(*points[side][::2].T, s=9, marker="s", color=tint, lw=0, antialiased=False)
        ax.scatter(*mark, s=150, marker="*", color="black", zorder=3)
        reach = 13 if name == "points" else 3.4
        ax.set(xlim=(-0.25 * reach if name == "points" else -reach, reach), aspect="equal", title=name)
        ax.locator_params(nbins=2)
        ax.set_ylim(*ax.get_xlim())
        ax.axhline(0, color=GREY, lw=0.8)
        ax.axvline(0, color=GREY, lw=0.8)
    return alt(
        picture,
        "Four pictures of one cloud. As it is: long, along the diagonal, away from the origin. Standardised: around "
        "the origin, still long. Whitened by PCA: round, and turned: the two colours meet at the vertical axis. "
        "Whitened by ZCA: round, the colours lie along the diagonal as before. A star goes to (1, 1) by PCA and to "
        "(1.41, 0) by ZCA.",
    )


def patches_of_photographs(num: int = 400) -> torch.Tensor:
    """Return patches of all photographs in colour, (P, 3, 10, 10) in [0, 1], `num` of each."""
    small = photographs((150, 200))
    coloured = [image for image in map(small.__getitem__, small) if (image[..., 0] != image[..., 2]).any()]
    return torch.cat([patches(image, SIDE, num=num, seed=place) for place, image in enumerate(coloured)])


def whitened(seen: torch.Tensor, pca: torch.Tensor, zca: torch.Tensor) -> Figure:
    """Return patches as they are, and whitened by PCA and by ZCA, each a row of images.

    Args:
        seen, pca, zca: (P, 300) each.
    """
    picture, axes = figure(3, len(seen), size=(5.6, 5.6 * 3.3 / len(seen) * 0.9))
    rows = {"patch": seen, "PCA": pca / 8 + 0.5, "ZCA": zca / 8 + 0.5}
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for ax, image in zip(line, images, strict=True):
            ax.imshow(_image(image))
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
        line[0].set_ylabel(name, fontsize=12)
    return alt(
        picture,
        "Patches of photographs. Whitened by PCA they look like coloured noise; by ZCA flat areas are grey and "
        "edges stand out.",
    )


def answer_to_a_point(answer: torch.Tensor) -> Figure:
    """Return what a bright pixel becomes, as an image, and its row through the middle as bars.

    Args:
        answer: (300,), the three channels of 10 × 10 one after the other.
    """
    image = answer.reshape(3, SIDE, SIDE)
    picture, (left, right) = figure(1, 2, size=(6.5, 2.6))
    left.imshow(_image(answer / answer.abs().max() / 2 + 0.5))
    left.axis("off")
    right.bar(range(SIDE), image.mean(dim=0)[5].tolist(), color=BLUE)
    right.axhline(0, color="black", lw=0.8)
    right.set(xlabel="column", ylabel="value in row 5", xticks=range(0, SIDE, 2))
    return alt(picture, "A bright pixel on grey with a dark ring; as bars, high in column 5 and below 0 beside it.")


def _image(row: torch.Tensor) -> Any:
    return row.reshape(3, SIDE, SIDE).permute(1, 2, 0).clamp(0, 1).float().numpy()


def by_depth(activation: str = "relu", gain: float = 1.0, depth: int = 20) -> Figure:
    """Return the root mean square of what each layer of a network gives out.

    Args:
        activation: a key of `BY_NAME`.
        gain: weights have the deviation gain / sqrt(units).
        depth: number of layers.
    """
    sizes = [h.square().mean().sqrt().item() for h in signals(BY_NAME[activation], gain, depth)]
    picture, ax = figure(size=(5.2, 2.5))
    ax.plot(range(depth + 1), [1.0, *sizes], color=BLUE)
    ax.axhline(1, color=GREY, lw=1, ls="--")
    ax.set(
        xlabel="layer", ylabel="root mean square", yscale="log", ylim=(1e-7, 1e7), title=f"{activation}, gain {gain:g}"
    )
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.yaxis.set_major_locator(LogLocator(numticks=6))
    return alt(
        picture,
        f"The size of the signal by layer with {activation} and a gain of {gain:g}: it begins at 1 and ends at "
        f"{sizes[-1]:.2g} in layer {depth}.",
    )


def network(activation: type[nn.Module], scales: Sequence[float], bias: float = 0.0) -> nn.Sequential:
    """Return linear layers of 100 units over images of 32 × 32, each weight with a deviation of its own."""
    layers: list[nn.Module] = [nn.AvgPool2d(4), nn.Flatten()]
    width, generator = 192, torch.Generator().manual_seed(0)
    for scale in scales:
        layer = nn.Linear(width, UNITS)
        nn.init.normal_(layer.weight, 0, scale, generator=generator)
        nn.init.constant_(layer.bias, bias)
        layers += [layer, activation()]
        width = UNITS
    return nn.Sequential(*layers)


def patients(images: torch.Tensor) -> dict[str, tuple[nn.Sequential, torch.Tensor]]:
    """Return five networks that learn badly or not at all, each with the images that it is given.

    Args:
        images: (N, 3, 32, 32) in [0, 1].
    """
    centred = images - images.mean(dim=(0, 2, 3), keepdim=True)
    ready = centred / images.std(dim=(0, 2, 3), keepdim=True)
    one, two = [192**-0.5, *5 * [UNITS**-0.5]], [(2 / 192) ** 0.5, *5 * [(2 / UNITS) ** 0.5]]
    return {
        "A": (network(nn.Tanh, 6 * [0.02]), ready),
        "B": (network(nn.Tanh, 6 * [0.6]), ready),
        "C": (network(nn.ReLU, 6 * [0.06]), ready),
        "D": (network(nn.ReLU, two, bias=-1.5), ready),
        "E": (network(nn.Tanh, one), 255 * images),
    }


def with_head(model: nn.Sequential) -> nn.Sequential:
    """Return a copy of a network of `network`, with a linear layer for six scores behind it."""
    head = nn.Linear(UNITS, 6)
    nn.init.normal_(head.weight, 0, UNITS**-0.5, generator=torch.Generator().manual_seed(0))
    nn.init.zeros_(head.bias)
    return nn.Sequential(*deepcopy(model), head)


def gradients(model: nn.Sequential, images: torch.Tensor, colour: torch.Tensor) -> list[float]:
    """Return the norm of the gradient of each linear layer's weights, of a network of `network`, without its head.

    Args:
        images: what the network takes, (N, ...).
        colour: (N,) integers below 6.
    """
    net = with_head(model)
    F.cross_entropy(net(images), colour).backward()
    layers = [layer for layer in net[:-1] if isinstance(layer, nn.Linear)]
    return [torch.linalg.vector_norm(layer.weight.grad).item() for layer in layers if layer.weight.grad is not None]


def odd_network(divide: bool, depth: int = 16, num: int = 200) -> list[float]:
    """Return the deviation of what each layer of an odd network gives out, started by Kaiming.

    Args:
        divide: whether each layer is divided by the deviation of what it gives out, before the next one runs.
    """
    generator = torch.Generator().manual_seed(0)
    h = torch.randn(num, 40, generator=generator)
    before, found = h, []
    turns: tuple[Activate, ...] = (torch.tanh, F.relu, torch.sigmoid, torch.abs)
    for number in range(depth):
        width = (80, 40, 120, 40)[number % 4]
        z = h @ torch.randn(h.shape[1], width, generator=generator) * (2 / h.shape[1]) ** 0.5
        z = z / z.std() if divide else z
        found.append(z.std().item())
        out = turns[number % 3 if number < depth // 2 else 3](z)
        h, before = (out + before, out + before) if width == 40 else (out, before)
    return found


def healed() -> Figure:
    """Return the deviation by layer of an odd network with Kaiming's start, and after dividing layer by layer."""
    picture, ax = figure(size=(5.2, 2.2))
    for name, tint, divide in (("Kaiming", RED, False), ("measured and divided", BLUE, True)):
        sizes = odd_network(divide)
        ax.plot(range(1, len(sizes) + 1), sizes, color=tint, label=name)
    ax.set(xlabel="layer", ylabel="deviation", yscale="log", xticks=(1, 6, 11, 16), yticks=(1, 10, 100))
    ax.minorticks_off()
    ax.legend()
    first, last = odd_network(False)[0], odd_network(False)[-1]
    return alt(
        picture,
        f"Deviation of what each of 16 layers gives out. With Kaiming's start from {first:.1f} in the first to "
        f"{last:.0f} in the last; measured and divided it is 1 in all.",
    )


def smoothed(losses: Sequence[float], over: int = 10) -> list[float]:
    """Return the mean of each loss and those before it, `over` at most."""
    return [sum(losses[max(0, end - over) : end]) / min(end, over) for end in range(1, len(losses) + 1)]


def losses(found: Mapping[str, Sequence[float]]) -> Figure:
    """Return the losses of several starts, smoothed over 10 steps."""
    picture, ax = figure(size=(6, 2.4))
    tints = (GREY, ORANGE, BLUE, GREEN)
    for place, (name, values) in enumerate(found.items()):
        style = {"color": tints[place % 4], "ls": ("-", "--", "-", ":")[place % 4]}
        ax.plot(range(0, len(values), 6), smoothed(values)[::6], label=name, **style)
    ax.axhline(math.log(6), color="black", lw=0.8, ls=":")
    ax.set(xlabel="step", ylabel="loss", xticks=range(0, 161, 40), yticks=(0, 1, 2), ylim=(0, 2.6))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    words = ", ".join(f"{smoothed(values)[-1]:.2f} with {name}" for name, values in found.items())
    return alt(picture, f"The loss by step, from about ln 6 = 1.79. At the end it is {words}.")
