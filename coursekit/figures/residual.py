"""Pictures of the residual networks notebook: deeper and worse, the flow of gradients, blocks, dense connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch
from torch import nn

from coursekit.plots import alt, colour, figure
from coursekit.shapes import shapes
from coursekit.threads import one_thread

SHALLOW, DEEP = 8, 26  # layers with weights, the first convolution and the last layer among them
WIDTH, BATCH = 8, 32
TINTS = {"conv": "#d5e6f3", "norm": "#ececec", "relu": "#f7e3c4"}
PLAIN, SKIP = colour(3), colour(0)


# Deeper and worse


def degradation(rate: float = 0.03, seed: int = 0, num_steps: int = 200) -> Figure:
    """Return the training loss of four networks, plain and with shortcuts, of 8 and of 26 layers.

    Args:
        rate: the learning rate of all four.
        seed: of their first weights and of the order of the images.
        num_steps: of descent with momentum, on batches of 32.
    """
    picture, axes = figure(1, 2, size=(8.5, 3.1))
    for ax, skips in zip(axes, (False, True), strict=True):
        for num_layers in (SHALLOW, DEEP):
            losses = training_losses(num_layers, skips, rate, seed, num_steps)
            style: Any = {"color": SKIP if skips else PLAIN, "ls": "-" if num_layers == DEEP else "--"}
            ax.plot(smooth(losses), label=f"{num_layers} layers", **style)
        ax.set(xlabel="step", ylim=(1.1, 1.8), title="with shortcuts" if skips else "plain")
        ax.legend(loc="upper right")
    axes[0].set_ylabel("training loss")
    return alt(
        picture,
        "Two plots of the training loss. Plain: the network of 26 layers stays far above that of 8. With shortcuts: "
        "the network of 26 layers ends far below that of 8.",
    )


@cache
def training_losses(
    num_layers: int, skips: bool, rate: float = 0.03, seed: int = 0, num_steps: int = 200
) -> tuple[float, ...]:
    """Return the loss of each batch while a network learns to name 5 shapes from 512 images in colour."""
    seen = shapes(512, seed=0)
    x, y = seen.images - 0.5, seen.shape[:, 0]
    net = stack((num_layers - 2) // 2, skips, seed=seed)
    parameters = list(net.parameters())
    velocity = [torch.zeros_like(one) for one in parameters]
    generator, losses = torch.Generator().manual_seed(seed), []
    with one_thread():
        for _ in range(num_steps):
            rows = torch.randint(len(x), (BATCH,), generator=generator)
            loss = F.cross_entropy(net(x[rows]), y[rows])
            for one, pace, grad in zip(parameters, velocity, torch.autograd.grad(loss, parameters), strict=True):
                pace.mul_(0.9).add_(grad)
                one.data.sub_(pace, alpha=rate)
            losses.append(loss.item())
    return tuple(losses)


def smooth(losses: Sequence[float], window: int = 20) -> torch.Tensor:
    """Return the mean of each loss and those before it, of `window` at most."""
    sums = torch.tensor([0.0, *losses], dtype=torch.float64).cumsum(0)
    ends = torch.arange(1, len(losses) + 1)
    starts = (ends - window).clamp(min=0)
    return (sums[ends] - sums[starts]) / (ends - starts)


def stack(num_blocks: int, skips: bool, norm: bool = True, seed: int = 0) -> nn.Sequential:
    """Return a network of blocks of two 3 x 3 convolutions on 8 x 8 pixels, torchvision's, or plain layers in a row."""
    from torchvision.models.resnet import BasicBlock

    def layer(num_in: int, stride: int = 1) -> list[nn.Module]:
        conv = nn.Conv2d(num_in, WIDTH, 3, stride, 1, bias=False)
        return [conv, *([nn.BatchNorm2d(WIDTH)] if norm else []), nn.ReLU()]

    def block() -> nn.Module:
        if not skips:
            return nn.Sequential(*layer(WIDTH), *layer(WIDTH))
        return BasicBlock(WIDTH, WIDTH, norm_layer=nn.BatchNorm2d if norm else _no_norm)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(WIDTH, 5)]
        net = nn.Sequential(*layer(3, 2), nn.MaxPool2d(2), *(block() for _ in range(num_blocks)), *head)
        for part in net.modules():
            if isinstance(part, nn.Conv2d):
                nn.init.kaiming_normal_(part.weight)
    return net


def _no_norm(_channels: int) -> nn.Module:
    return nn.Identity()


# The flow of signals and gradients


def flow(num_blocks: int = 20) -> Figure:
    """Return the size of outputs and of gradients, block by block, plain and with shortcuts, without and with norm."""
    picture, axes = figure(1, 2, size=(7.8, 2.8))
    for ax, what in zip(axes, ("outputs", "gradients"), strict=True):
        for skips in (False, True):
            for norm in (False, True):
                name = f"{'shortcuts' if skips else 'plain'}{', batch norm' if norm else ''}"
                style: Any = {"color": SKIP if skips else PLAIN, "ls": "-" if norm else ":"}
                ax.plot(range(1, num_blocks + 1), sizes(num_blocks, skips, norm)[what], label=name, **style)
        ax.set_yscale("log")
        ax.set(xlabel="block", title=f"RMS of the {what}", xticks=range(0, num_blocks + 1, 5))
    axes[0].legend(loc="lower left", fontsize=9)
    return alt(
        picture,
        "Two plots by block, on logarithmic scales. With shortcuts and no batch norm the outputs grow fiftyfold, with "
        "batch norm they stay near one or grow slowly. The gradients of the plain network with batch norm grow "
        "hundreds of times towards the first block, those with shortcuts about tenfold.",
    )


@cache
def sizes(num_blocks: int, skips: bool, norm: bool, seed: int = 0) -> Mapping[str, Sequence[float]]:
    """Return the RMS of each block's output, and of the loss's gradient there, before any training."""
    seen = shapes(32, seed=0)
    h, kept = seen.images - 0.5, []
    for part in stack(num_blocks, skips, norm, seed):
        h = part(h)
        if _is_block(part):
            kept.append(h)
    grads = torch.autograd.grad(F.cross_entropy(h, seen.shape[:, 0]), kept)
    return {"outputs": [_rms(one) for one in kept], "gradients": [_rms(one) for one in grads]}


def _is_block(part: nn.Module) -> bool:
    return any(True for _ in part.children())


def _rms(values: torch.Tensor) -> float:
    return values.detach().square().mean().sqrt().item()


def shattered(depth: int = 40, shortcuts: bool = False) -> Figure:
    """Return the gradient of a network's output by its only input, along that input."""
    x, slope = slopes(depth, shortcuts)
    picture, ax = figure(size=(6.0, 2.4))
    ax.plot(x, slope / slope.std(), lw=1.2, color=SKIP if shortcuts else PLAIN)
    said = neighbours_agree(slope)
    ax.set(xlabel="input", ylabel="gradient (scaled)", ylim=(-4.5, 4.5))
    ax.set_title(f"{depth} layers {'with' if shortcuts else 'without'} shortcuts: correlation of neighbours {said:.2f}")
    return alt(
        picture,
        f"The gradient along the input, for {depth} layers {'with' if shortcuts else 'without'} shortcuts: neighbours "
        f"have a correlation of {said:.2f}.",
    )


def slopes(depth: int, shortcuts: bool, width: int = 64, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return 256 inputs in a row, and the gradient of the summed outputs by each: `depth` layers of a matrix, a batch
    norm and a ReLU, with or without a shortcut around each."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.linspace(-2, 2, 256)[:, None].requires_grad_()
    h = torch.relu(x @ torch.randn(1, width, generator=generator) + torch.randn(width, generator=generator))
    for _ in range(depth):
        weights = torch.randn(width, width, generator=generator) * (2 / width) ** 0.5
        out = torch.relu(F.batch_norm(h @ weights, None, None, training=True))
        h = h + out if shortcuts else out
    out = h @ torch.randn(width, 1, generator=generator)
    return x.detach()[:, 0], torch.autograd.grad(out.sum(), x)[0][:, 0]


def neighbours_agree(slope: torch.Tensor) -> float:
    """Return the correlation of each value with the next, from -1 to 1; about 0 is noise."""
    centred = slope - slope.mean()
    return ((centred[1:] * centred[:-1]).mean() / centred.square().mean()).item()


# Blocks, drawn


Parts = Sequence[tuple[str, str]]  # words, and the kind: conv, norm, relu
PLAIN_UNIT: Parts = (("3 × 3", "conv"), ("norm", "norm"), ("ReLU", "relu"), ("3 × 3", "conv"), ("norm", "norm"))
NARROW_UNIT: Parts = (("1 × 1, C → C/4", "conv"), ("3 × 3, C/4", "conv"), ("1 × 1, C/4 → C", "conv"))
PRE_UNIT: Parts = (
    ("norm", "norm"),
    ("ReLU", "relu"),
    ("3 × 3", "conv"),
    ("norm", "norm"),
    ("ReLU", "relu"),
    ("3 × 3", "conv"),
)


def plain_and_residual() -> Figure:
    """Return a plain pair of layers, the same pair as a residual branch, and that with a convolution beside it."""
    picture, axes = figure(1, 3, size=(9.5, 4.2))
    _draw(axes[0], PLAIN_UNIT, "plain", after=True, skip=None)
    _draw(axes[1], PLAIN_UNIT, "residual", after=True, skip="")
    _draw(axes[2], PLAIN_UNIT, "where the shape changes", after=True, skip="1 × 1\nnorm")
    return alt(
        picture,
        "Three columns of boxes: convolution, norm, ReLU, convolution, norm, then a ReLU. In the second an arrow leads "
        "from the input past the boxes to a plus before the last ReLU. In the third a 1 × 1 convolution with a norm "
        "stands on that arrow.",
    )


def orders() -> Figure:
    """Return the order of the first paper beside that of pre-activation."""
    picture, axes = figure(1, 2, size=(7, 4.2))
    _draw(axes[0], PLAIN_UNIT, "2015: ReLU after the sum", after=True, skip="")
    _draw(axes[1], PRE_UNIT, "2016: pre-activation", after=False, skip="")
    return alt(
        picture,
        "Two columns of boxes. Left, the residual block as before, with a ReLU after the plus. Right, norm and ReLU "
        "stand before each convolution, and nothing stands after the plus.",
    )


def wide_and_narrow(channels: int = 256, groups: int = 32) -> Figure:
    """Return a bottleneck as one path and as many, with the channels at each place."""
    picture, axes = figure(1, 2, size=(9, 3.6))
    narrow, path = channels // 4, channels // 64
    one = ((f"1 × 1, {channels} → {narrow}", "conv"), (f"3 × 3, {narrow} → {narrow}", "conv"))
    _draw(axes[0], (*one, (f"1 × 1, {narrow} → {channels}", "conv")), "bottleneck", after=False, skip="")
    _draw_paths(axes[1], channels, path, groups)
    return alt(
        picture,
        f"Left, a bottleneck: {channels} channels to {narrow}, a 3 × 3 convolution, and back to {channels}. Right, "
        f"{groups} narrow paths of {path} channels side by side, whose sum is added to the input.",
    )


def dense_reads(num_layers: int = 4, in_channels: int = 6, growth: int = 3) -> Figure:
    """Return which channels each layer of a dense block reads and which it adds."""
    picture, ax = figure(size=(8, 2.9))
    for row in range(num_layers):
        reads = in_channels + row * growth
        ax.barh(row, in_channels, color="#9a9a9a", height=0.6)
        for before in range(row + 1):
            left = in_channels + before * growth
            ax.barh(row, growth, left=left, color=colour(before), height=0.6, ec="white", alpha=1)
            if before == row:
                ax.text(left + growth + 0.2, row, f"reads {reads}, adds {growth}", va="center")
    ax.set(
        yticks=range(num_layers),
        yticklabels=[f"layer {row + 1}" for row in range(num_layers)],
        xlabel="channels",
        xlim=(0, in_channels + num_layers * growth + 5),
    )
    ax.invert_yaxis()
    return alt(
        picture,
        f"A bar of channels for each of {num_layers} layers: grey for the input's {in_channels}, and {growth} more "
        "in a new colour in each row. Every layer reads all that stands left of its own colour.",
    )


def _draw(ax: Axes, parts: Parts, title: str, *, after: bool, skip: str | None) -> None:
    """Draw boxes from top to bottom; `skip` is what stands on the shortcut, None for no shortcut."""
    ax.axis("off")
    ax.set(xlim=(-2.0, 3.8), ylim=(-len(parts) - 2.6, 0.8), title=title)
    for place, (words, kind) in enumerate(parts):
        _box(ax, 0, -place - 0.5, words, kind)
    end = -len(parts) - 0.55
    _arrow(ax, (0, 0.6), (0, -0.15))
    if skip is not None:
        ax.add_patch(Circle((0, end), 0.28, fc="white", ec="black"))
        ax.text(0, end - 0.02, "+", ha="center", va="center", fontsize=13)
        ax.plot([0, 2.7, 2.7], [0.35, 0.35, end], color=SKIP, lw=2)
        _arrow(ax, (2.7, end), (0.3, end), SKIP)
    if skip:
        _box(ax, 2.7, end / 2, skip, "conv", half=0.8, tall=0.9)
    last = end - 0.28 if skip is not None else end + 0.3
    if after:
        _box(ax, 0, last - 0.5, "ReLU", "relu")
        last -= 0.85
    _arrow(ax, (0, last), (0, last - 0.75))


def _draw_paths(ax: Axes, channels: int, path: int, groups: int) -> None:
    ax.axis("off")
    ax.set(xlim=(-3, 4.4), ylim=(-5.6, 0.8), title=f"{groups} paths (ResNeXt)")
    for column, x in enumerate((-1.9, 0, 1.9)):
        if column == 1:
            ax.text(x, -1.5, "…", ha="center", va="center", fontsize=18)
            continue
        words = (f"1 × 1, {channels} → {path}", f"3 × 3, {path} → {path}", f"1 × 1, {path} → {channels}")
        for place, said in enumerate(words):
            _box(ax, x, -place - 0.5, said, "conv", half=0.95, size=9)
        _arrow(ax, (0, 0.6), (x, -0.15))
        _arrow(ax, (x, -2.85), (0, -3.3))
    ax.add_patch(Circle((0, -3.55), 0.28, fc="white", ec="black"))
    ax.text(0, -3.57, "+", ha="center", va="center", fontsize=13)
    ax.plot([0, 3.6, 3.6], [0.6, 0.6, -3.55], color=SKIP, lw=2)
    _arrow(ax, (3.6, -3.55), (0.3, -3.55), SKIP)
    _arrow(ax, (0, -3.83), (0, -4.6))


def _box(
    ax: Axes, x: float, y: float, words: str, kind: str, half: float = 1.35, tall: float = 0.5, size: int = 10
) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (x - half, y - tall / 2),
            2 * half,
            tall,
            boxstyle="round,pad=0.06",
            fc=TINTS[kind],
            ec="black",
            lw=0.8,
            zorder=3,
        )
    )
    ax.text(x, y, words, ha="center", va="center", fontsize=size, zorder=4)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], tint: str = "black") -> None:
    ax.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=12, color=tint, lw=1.5, shrinkA=0, shrinkB=0)
    )


def stages(layers: Sequence[int] = (2, 2, 2, 2), width: int = 64, side: int = 224) -> Figure:
    """Return the way of an image through a ResNet: what stands there, how many channels, and of which size."""
    picture, ax = figure(size=(10, 2.4))
    ax.axis("off")
    places = [("7 × 7, / 2", width, side // 2), ("max, / 2", width, side // 4)]
    places += [
        (f"layer{number + 1}: {depth} blocks", width * 2**number, side // 4 // 2**number)
        for number, depth in enumerate(layers)
    ]
    places += [("mean", width * 2 ** (len(layers) - 1), 1)]
    for place, (words, channels, left) in enumerate(places):
        tall = 0.5 + 1.5 * left / side
        _box(ax, 2.2 * place, 0, f"{channels}\n{left} × {left}", "conv", half=0.75, tall=tall)
        ax.text(2.2 * place, 1.05, words, ha="center", fontsize=10)
        if place:
            _arrow(ax, (2.2 * place - 1.4, 0), (2.2 * place - 0.82, 0))
    ax.set(xlim=(-1, 2.2 * len(places) - 1), ylim=(-1, 1.4))
    return alt(
        picture,
        f"Boxes in a row, each with its channels and its size: {width} of {side // 2} pixels after the first "
        f"convolution, {side // 4} after the pooling, and from stage to stage twice the channels and half the size, to "
        f"{places[-2][1]} of {places[-2][2]}; then a mean over all pixels.",
    )
