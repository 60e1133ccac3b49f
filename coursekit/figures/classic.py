"""Pictures of the classic networks: where parameters sit, shapes, windows, stripes, branches, heads, and training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle
from torch import nn

from coursekit.plots import alt, colour, curve, figure, show_images
from coursekit.shapes import SHAPE_NAMES, Shapes
from coursekit.training import track

CONVOLUTIONS, CONNECTED = colour(0), colour(1)
PALE, GREY = "#dbe9f4", "#666666"
Normalise = Callable[..., torch.Tensor]


def parameters_by_kind() -> dict[str, tuple[int, int]]:
    """Return for each of torchvision's networks the parameters in convolutions and in fully connected layers."""
    from torchvision import models

    with torch.device("meta"):
        nets = {
            "AlexNet, 2012": models.alexnet(),
            "VGG-16, 2014": models.vgg16(init_weights=False),
            "GoogLeNet, 2014": models.googlenet(aux_logits=False, init_weights=False),
        }
    return {name: (_of(net, nn.Conv2d), _of(net, nn.Linear)) for name, net in nets.items()}


def _of(net: nn.Module, kind: type[nn.Module]) -> int:
    return sum(value.numel() for one in net.modules() if isinstance(one, kind) for value in one.parameters())


def where_parameters_sit() -> Figure:
    """Return bars of the millions of parameters in convolutions and in fully connected layers."""
    counts = parameters_by_kind()
    picture, ax = figure(size=(8, 2.4))
    for place, (convolutions, connected) in enumerate(counts.values()):
        ax.barh(-place, convolutions / 1e6, color=CONVOLUTIONS, label="convolutions" if not place else None)
        left = convolutions / 1e6
        ax.barh(-place, connected / 1e6, left=left, color=CONNECTED, label=None if place else "fully connected")
        ax.text((convolutions + connected) / 1e6 + 1.5, -place, f"{(convolutions + connected) / 1e6:.1f}", va="center")
    ax.set(yticks=[0, -1, -2], yticklabels=list(counts), xlabel="millions of parameters", xlim=(0, 155))
    ax.legend(loc="lower right")
    return alt(
        picture,
        "Three bars. AlexNet and VGG-16 are almost all orange, fully connected; GoogLeNet's short bar is mostly "
        "convolutions.",
    )


def funnel(sides: Sequence[int] = (32, 28, 14, 10, 5), channels: Sequence[int] = (1, 6, 6, 16, 16)) -> Figure:
    """Return LeNet's feature maps as squares to scale, with their shapes."""
    picture, ax = figure(size=(8, 2.6))
    left = 0.0
    for side, deep in zip(sides, channels, strict=True):
        for copy in reversed(range(min(deep, 6))):
            corner = (left + 0.9 * copy, -side / 2 + 0.9 * copy)
            ax.add_patch(Rectangle(corner, side, side, fc=PALE, ec=colour(0), lw=0.8))
        ax.text(left + side / 2, -20, f"{deep} x {side} x {side}", ha="center", va="top", fontsize=11)
        left += side + 16
    ax.set(xlim=(-2, left), ylim=(-26, 22), aspect="equal")
    ax.axis("off")
    return alt(picture, "Five stacks of squares, from one large square of 32 pixels to sixteen small ones of 5 pixels.")


CHANNELS = (0.3, 0.2, 0.4, 3.0, 0.3, 0.5, 0.2, 0.4, 0.3, 2.5, 2.5, 0.4, 0.2, 1.0, 0.3, 0.4)


def quieting(normalise: Normalise) -> Callable[..., Figure]:
    """Return the drawing function of the widget: sixteen channels before and after the student's normalisation."""

    def draw(size: int = 5, alpha: float = 1.0, beta: float = 0.75) -> Figure:
        before = torch.tensor(CHANNELS)
        after = normalise(before.reshape(1, -1, 1, 1), size=size, alpha=alpha, beta=beta, k=1.0).flatten()
        picture, ax = figure(size=(7, 3))
        ax.bar(range(len(before)), before.tolist(), color="#bcd7ea", label="before")
        ax.bar(range(len(after)), after.tolist(), width=0.5, color=colour(0), label="after")
        ax.set(xlabel="channel", ylabel="value", ylim=(0, 3.2), title=f"size {size}, alpha {alpha:g}, beta {beta:g}")
        ax.legend(loc="upper right")
        return alt(picture, f"Sixteen channels; the loudest, at 3, falls from 3.0 to {float(after[3]):.2f}.")

    return draw


def stripes(stride: int, period: int = 5, length: int = 41) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the places that a stride looks at, and the brightness of the stripes there."""
    places = torch.arange(0, length, stride, dtype=torch.float64)
    return places, (2 * torch.pi * places / period).cos()


def aliasing() -> Figure:
    """Return stripes of a period of 5 pixels, as seen with a stride of 4 and of 2."""
    picture, axes = figure(2, 1, size=(6.5, 3.2))
    fine = torch.linspace(0, 40, 401, dtype=torch.float64)
    for ax, stride in zip(axes, (4, 2), strict=True):
        places, seen = stripes(stride)
        ax.plot(fine, (2 * torch.pi * fine / 5).cos(), color="#8A8A8A", lw=1, label="stripes, period 5")
        ax.plot(places, seen, "o-", color=colour(3 if stride == 4 else 0), label=f"seen with a stride of {stride}")
        ax.set(ylim=(-1.2, 1.9), yticks=[-1, 0, 1])
        ax.legend(loc="upper right", ncol=2, fontsize=11)
    axes[1].set_xlabel("pixel")
    return alt(
        picture,
        "Above, dots every 4 pixels on fast stripes join to a slow wave that repeats every 20 pixels; below, dots "
        "every 2 pixels go up and down with the stripes.",
    )


def small_kernels() -> Figure:
    """Return what one, two and three convolutions of 3 x 3 see, as nested squares on a grid of pixels."""
    picture, ax = figure(size=(3.6, 3.6))
    for number, side in ((3, 7), (2, 5), (1, 3)):
        tint = ("#bcd7ea", PALE, "#f2f2f2")[number - 1]
        ax.add_patch(Rectangle((-side / 2, -side / 2), side, side, fc=tint, ec=colour(0), lw=1.5))
        ax.text(0, side / 2 - 0.5, f"{number} of 3 x 3: {side} x {side}", ha="center", va="center", fontsize=10)
    ax.add_patch(Rectangle((-0.5, -0.5), 1, 1, fc=colour(1)))
    ax.set(xlim=(-3.7, 3.7), ylim=(-3.7, 3.7), aspect="equal")
    ax.axis("off")
    return alt(picture, "Nested squares of 3, 5 and 7 pixels around one pixel: what 1, 2 and 3 small kernels see.")


def _box(ax: Axes, x: float, y: float, words: str, wide: float = 1.7, tint: str = PALE) -> None:
    ax.add_patch(FancyBboxPatch((x - wide / 2, y - 0.3), wide, 0.6, boxstyle="round,pad=0.05", fc=tint, ec="black"))
    ax.text(x, y, words, ha="center", va="center", fontsize=10)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": GREY})


def inception_module() -> Figure:
    """Return the four branches of GoogLeNet's first module with their channels."""
    picture, ax = figure(size=(9, 3.4))
    branches = (("1 x 1, 64", ""), ("1 x 1, 96", "3 x 3, 128"), ("1 x 1, 16", "5 x 5, 32"), ("pool 3 x 3", "1 x 1, 32"))
    for index, (first, second) in enumerate(branches):
        y = 3.0 - index
        _box(ax, 3.2, y, first, tint="#f2f2f2" if "pool" in first else PALE)
        _arrow(ax, (1.7, 1.5), (2.25, y))
        if second:
            _box(ax, 5.7, y, second)
            _arrow(ax, (4.15, y), (4.75, y))
        else:  # past the box of the branch below
            ax.plot((4.15, 6.65), (y, y), color=GREY, lw=1)
        _arrow(ax, (6.65, y), (7.6, 1.5))
    _box(ax, 0.8, 1.5, "192 channels", tint="#ffffff")
    _box(ax, 8.6, 1.5, "256 channels", tint="#ffffff")
    ax.set(xlim=(-0.2, 9.6), ylim=(-0.6, 3.6))
    ax.axis("off")
    return alt(
        picture, "192 channels go into four branches of 64, 128, 32 and 32 channels, laid side by side to 256 channels."
    )


def heads() -> Figure:
    """Return GoogLeNet's modules in a row with the three places at which a loss is taken."""
    picture, ax = figure(size=(9, 2.2))
    for place, name in enumerate(("start", "3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")):
        _box(ax, place, 0, name, 0.6)
        if place:
            _arrow(ax, (place - 0.65, 0), (place - 0.35, 0))
    for place, words in ((3, "head 1: 0.3"), (6, "head 2: 0.3"), (9, "end: 1")):
        _box(ax, place, 1.2, words, 1.5, "#fbe8c8")
        _arrow(ax, (place, 0.36), (place, 0.85))
    ax.set(xlim=(-0.6, 10), ylim=(-0.5, 1.7))
    ax.axis("off")
    return alt(picture, "Ten boxes in a row; losses branch off behind module 4a, behind 4d and at the end.")


def spread(images: torch.Tensor) -> torch.Tensor:
    """Return pixels from 0 to 1 as numbers from -2 to 2."""
    return 4 * images - 2


def train(net: nn.Module, training: Shapes, test: Shapes, epochs: int = 6, batch: int = 50) -> list[float]:
    """Train on the shapes' outlines with Adam, pixels spread; return the share of test images right, by epoch."""
    optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
    generator = torch.Generator().manual_seed(0)
    accuracies = []
    for _ in track(range(epochs)):
        net.train()
        for rows in torch.randperm(len(training), generator=generator).split(batch):
            optimizer.zero_grad()
            F.cross_entropy(net(spread(training.images[rows])), training.shape[rows, 0]).backward()
            optimizer.step()
        accuracies.append(float((guessed(net, test) == test.shape[:, 0]).float().mean()))
    return accuracies


def guessed(net: nn.Module, test: Shapes) -> torch.Tensor:
    """Return the outline that a network takes each image's object for, (N,)."""
    with torch.no_grad():
        return net.eval()(spread(test.images)).argmax(dim=1)


def accuracies(histories: Mapping[str, Sequence[float]]) -> Figure:
    """Return a curve of the test accuracy by epoch for each network."""
    longest = max(len(heights) for heights in histories.values())
    picture = curve(list(range(1, longest + 1)), histories, xlabel="epoch", ylabel="test accuracy")
    picture.axes[0].set_ylim(0, 1.03)
    return alt(
        picture, "Test accuracy by epoch: " + ", ".join(f"{n} ends at {h[-1]:.2f}" for n, h in histories.items())
    )


def guesses(net: nn.Module, test: Shapes, num: int = 6) -> Figure:
    """Return the first test images with what the network takes them for."""
    titles = [SHAPE_NAMES[int(one)] for one in guessed(net, test)[:num]]
    return show_images(test.images[:num], titles, alt=f"{num} test images: " + ", ".join(titles) + ".")
