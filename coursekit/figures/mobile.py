"""Pictures of the notebook on mobile networks: what blocks are made of, what they lose, and what they cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from torch import nn

from coursekit.counting import count_multiply_adds
from coursekit.plots import PALETTE, alt, colour, figure
from coursekit.shapes import Shapes, shapes
from coursekit.threads import one_thread
from coursekit.training import track

GREY = "#8A8A8A"
HEAVY = ("alexnet", "vgg16", "googlenet", "resnet18", "resnet50", "densenet121")
LIGHT = ("shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "mobilenet_v3_small", "mobilenet_v3_large", "mobilenet_v2")


# What trained networks reach


def records() -> dict[str, tuple[float, float]]:
    """Return for each network its multiply-adds in millions and its ImageNet accuracy in per cent, as torchvision has
    them beside its weights."""
    from torchvision.models import get_model_weights

    found = {}
    for name in (*HEAVY, *LIGHT):
        meta = get_model_weights(name)["IMAGENET1K_V1"].meta
        found[name] = (1000 * meta["_ops"], meta["_metrics"]["ImageNet-1K"]["acc@1"])
    return found


def landscape() -> Figure:
    """Return accuracy over multiply-adds, the networks of this notebook in blue."""
    picture, ax = figure(size=(6.0, 2.9))
    for name, (cost, accuracy) in records().items():
        light = name in LIGHT
        ax.scatter(cost, accuracy, s=60, color=colour(0 if light else 1), marker="os"[not light], zorder=3)
        place, side = {"vgg16": ((-8, -4), "right"), "googlenet": ((0, -18), "center")}.get(name, ((8, -4), "left"))
        ax.annotate(name, (cost, accuracy), xytext=place, textcoords="offset points", ha=side, fontsize=10)
    ax.set(xscale="log", xlim=(20, 40_000), ylim=(55, 78), xlabel="million multiply-adds for an image")
    ax.set_ylabel("ImageNet accuracy, %")
    return alt(
        picture,
        "Accuracy over multiply-adds on a logarithmic axis. The mobile networks stand far left of the others: "
        "MobileNetV2 is as accurate as VGG-16 at a fiftieth of its multiply-adds.",
    )


# Who sees whom


def reached(net: Callable[[torch.Tensor], torch.Tensor], channels: int) -> torch.Tensor:
    """Return which outputs depend on which inputs, (outputs, inputs) bool, of a net without negative weights."""
    with torch.no_grad():
        return (net(torch.eye(channels)[:, :, None, None]) > 0).flatten(1).T


def _positive(num_in: int, num_out: int, groups: int = 1) -> nn.Conv2d:
    layer = nn.Conv2d(num_in, num_out, 1, groups=groups, bias=False)
    nn.init.ones_(layer.weight)
    return layer


def who_sees_whom() -> Figure:
    """Return lines from input channels to the output channels that see them, for three kinds of layers."""
    picture, axes = figure(1, 3, size=(6.2, 1.7))
    kinds = (
        ("ordinary: k × k", _positive(3, 4)),
        ("depthwise: k × k", _positive(3, 3, 3)),
        ("pointwise: 1 × 1", _positive(3, 4)),
    )
    for ax, (title, layer) in zip(axes, kinds, strict=True):
        sees = reached(layer, 3)
        heights = [_spread(number) for number in sees.shape]
        thick = 1.2 if "1 × 1" in title else 3.0
        for out, one in sees.nonzero().tolist():
            ax.plot([0, 1], [heights[1][one], heights[0][out]], color=GREY, lw=thick, zorder=1)
        for place, tint, index in ((0, colour(0), 1), (1, colour(1), 0)):
            ax.scatter([place] * len(heights[index]), heights[index], s=130, color=tint, zorder=2)
        ax.set(xlim=(-0.25, 1.25), ylim=(0.5, 4.5))
        ax.set_title(title, fontsize=11)
        ax.axis("off")
    return alt(
        picture,
        "Input channels left, output channels right. In the ordinary layer thick lines join each with each; in the "
        "depthwise layer each input goes to one output; in the pointwise layer thin lines join each with each.",
    )


def _spread(number: int) -> list[float]:
    return [2.5 + (index - (number - 1) / 2) for index in range(number)]


def reach(channel_shuffle: Callable[[torch.Tensor, int], torch.Tensor]) -> Figure:
    """Return which outputs of two grouped layers depend on which inputs, without and with a shuffle between."""
    first, second = _positive(12, 12, 3), _positive(12, 12, 3)
    ways = {
        "without a shuffle": lambda x: second(first(x)),
        "with your shuffle": lambda x: second(channel_shuffle(first(x), 3)),
    }
    picture, axes = figure(1, 2, size=(5.2, 2.5))
    for ax, (title, way) in zip(axes, ways.items(), strict=True):
        ax.imshow(reached(way, 12).float(), cmap="Blues", vmin=0, vmax=1.3)
        ax.set(title=title, xlabel="input channel", ylabel="output channel", xticks=(0, 4, 8), yticks=(0, 4, 8))
    return alt(
        picture,
        "Two tables of 12 outputs by 12 inputs. Without a shuffle only three blocks of 4 by 4 on the diagonal are "
        "filled; with it the whole table is.",
    )


# What a ReLU loses


def through_relu(channels: int, seed: int) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Return points of a spiral (P, 2), what comes back of them after a ReLU in some channels, and the share of their
    squares that is lost.

    The way back is the best that a matrix with a shift can do, by least squares.
    """
    turn = torch.linspace(0.4, 3.6 * torch.pi, 300, dtype=torch.float64)
    spiral = torch.stack([turn.cos(), turn.sin()], dim=1) * turn[:, None] / turn.max()
    into = torch.randn(30, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)[:channels]
    seen = F.pad(F.relu(spiral @ into.T), (0, 1), value=1.0)
    back = seen @ (torch.linalg.pinv(seen) @ spiral)
    lost = (back - spiral).square().sum() / (spiral - spiral.mean(dim=0)).square().sum()
    return spiral, back, float(lost)


def spiral(channels: int = 2, seed: int = 0) -> Figure:
    """Return a spiral beside what comes back of it after a ReLU in some channels."""
    points, back, lost = through_relu(channels, seed)
    picture, axes = figure(1, 2, size=(6.2, 3.1))
    titles = ("before", f"after a ReLU in {channels} channels: {lost:.0%} lost")
    for ax, shown, title in zip(axes, (points, back), titles, strict=True):
        ax.scatter(*shown.T, c=torch.arange(len(shown)), cmap="viridis", s=12)
        ax.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), aspect="equal", xticks=(), yticks=())
        ax.set_title(title, fontsize=11)
    return alt(
        picture,
        f"Left a spiral, right what comes back of it after a ReLU in {channels} channels; {lost:.0%} of it is lost.",
    )


# What blocks are made of


def widths() -> Figure:
    """Return the widths along a classic bottleneck and along an inverted one."""
    picture, axes = figure(1, 2, size=(8, 2.6))
    blocks = (
        ("bottleneck", (256, 64, 64, 256), ("1 × 1", "3 × 3", "1 × 1"), colour(1)),
        ("inverted residual", (24, 144, 144, 24), ("1 × 1", "3 × 3\ndepthwise", "1 × 1"), colour(0)),
    )
    for ax, (title, channels, layers, tint) in zip(axes, blocks, strict=True):
        for place, width in enumerate(channels):
            tall = width / max(channels)
            ax.add_patch(Rectangle((2 * place, -tall / 2), 0.5, tall, color=tint, alpha=0.8))
            ax.text(2 * place + 0.25, -tall / 2 - 0.05, str(width), ha="center", va="top")
        for place, words in enumerate(layers):
            _arrow(ax, (2 * place + 0.6, 0), (2 * place + 1.9, 0))
            ax.text(2 * place + 1.25, 0.05, words, ha="center", va="bottom", fontsize=10)
        bow = "arc3,rad=-0.45"
        ends = ((0.25, 0.5 * channels[0] / max(channels) + 0.03), (6.25, 0.5 * channels[3] / max(channels) + 0.03))
        ax.add_patch(FancyArrowPatch(*ends, connectionstyle=bow, arrowstyle="-|>", mutation_scale=14, color=PALETTE[2]))
        _blank(ax, (-0.3, 7), (-0.75, 1.75))
        ax.set_title(title, fontsize=11)
    return alt(
        picture,
        "Bars as tall as the channels are many. The bottleneck goes 256, 64, 64, 256; the inverted residual 24, 144, "
        "144, 24. An arrow, the shortcut, joins the two ends of each.",
    )


def hard_swish() -> Figure:
    """Return hard swish beside swish and ReLU."""
    picture, ax = figure(size=(4.8, 2.6))
    z = torch.linspace(-5, 5, 201)
    lines = {"hard swish": F.hardswish(z), "swish": F.silu(z), "ReLU": F.relu(z)}
    for index, (name, heights) in enumerate(lines.items()):
        ax.plot(z, heights, color=(colour(0), colour(1), GREY)[index], ls=("-", "--", ":")[index], label=name)
    ax.set(xlabel="z", ylim=(-0.7, 4))
    ax.legend()
    return alt(
        picture, "Hard swish follows swish closely, dips below zero between -3 and 0 and is the identity from 3 on."
    )


def shuffle_units() -> Figure:
    """Return the parts of both versions of ShuffleNet's unit, at either stride."""
    picture, axes = figure(1, 4, size=(10.2, 3.3))
    groups = ("1 × 1, groups, ReLU", "shuffle", "3 × 3 depthwise", "1 × 1, groups")
    second = ("1 × 1, ReLU", "3 × 3 depthwise", "1 × 1, ReLU")
    halving = [f"{one}\nstride 2" if "depthwise" in one else one for one in groups]
    both = [f"{one}\nstride 2" if "depthwise" in one else one for one in second]
    _unit(axes[0], "version 1, stride 1", ("as it is",), groups, ("add", "ReLU"))
    _unit(axes[1], "version 1, stride 2", ("average pool\nstride 2",), halving, ("join", "ReLU"))
    _unit(axes[2], "version 2, stride 1", ("first half,\nas it is",), ("second half", *second), ("join", "shuffle"))
    _unit(axes[3], "version 2, stride 2", both[1:], both, ("join", "shuffle"))
    return alt(
        picture,
        "Four units, each with a left and a right way. Version 1 adds or joins the shortcut to a grouped branch with a "
        "shuffle inside and ends in a ReLU; version 2 joins two halves and ends in a shuffle.",
    )


def _unit(ax: Axes, title: str, side: Sequence[str], main: Sequence[str], end: Sequence[str]) -> None:
    """Draw a unit from top to bottom: a way at the left, one at the right, and what comes after both."""
    bottom = -1.3 * len(main)
    _chain(ax, 0.0, side, bottom, PALETTE[2])
    _chain(ax, 2.3, main, bottom, colour(0))
    for index, words in enumerate(end):
        _box(ax, 1.15, bottom - 1.0 * index - 0.3, words, colour(1))
    _blank(ax, (-1.1, 3.6), (bottom - 1.0 * len(end), 1.0))
    ax.set_title(title, fontsize=11)


def _chain(ax: Axes, across: float, words: Sequence[str], bottom: float, tint: str) -> None:
    step = -bottom / len(words)
    heights = [-(index + 0.4) * step for index in range(len(words))]
    for start, stop in zip([0.6, *heights], [*heights, bottom - 0.1], strict=True):
        _arrow(ax, (across, start), (across if stop != bottom - 0.1 else 1.15, stop))
    for height, one in zip(heights, words, strict=True):
        _box(ax, across, height, one, tint)


def _box(ax: Axes, across: float, height: float, words: str, tint: str) -> None:
    style = {"boxstyle": "round,pad=0.3", "fc": "white", "ec": tint, "lw": 1.8}
    ax.text(across, height, words, ha="center", va="center", fontsize=9, bbox=style, zorder=3)


def _arrow(ax: Axes, start: tuple[float, float], stop: tuple[float, float]) -> None:
    ax.add_patch(FancyArrowPatch(start, stop, arrowstyle="-|>", mutation_scale=11, color=GREY, lw=1.3, zorder=1))


def _blank(ax: Axes, across: tuple[float, float], up: tuple[float, float]) -> None:
    ax.set(xlim=across, ylim=up)
    ax.axis("off")


def stairs(scale_channels: Callable[[int, float], int]) -> Figure:
    """Return the channels that a layer gets over those that were asked for."""
    picture, ax = figure(size=(5.2, 2.4))
    wanted = [tenths / 10 for tenths in range(10, 600)]
    ax.plot(wanted, [scale_channels(1, one) for one in wanted], color=colour(0), label="what it gets")
    ax.plot(wanted, [0.9 * one for one in wanted], color=GREY, ls=":", label="nine tenths")
    ax.set(xlabel="channels × width", ylabel="channels", yticks=range(0, 65, 16))
    ax.legend(loc="upper left")
    return alt(
        picture,
        "Stairs with steps of 8 channels above a dotted straight line. The first go up early: from 8 to 16 at 8.9, "
        "from 16 to 24 at 17.8. From 40 on they go up half way.",
    )


# What it costs

PLACES = 28
CHANNELS = 96
# Channels in and out, kernel, groups
LAYERS = {
    "ordinary 3 × 3": (CHANNELS, CHANNELS, 3, 1),
    "1 × 1": (CHANNELS, CHANNELS, 1, 1),
    "depthwise 3 × 3": (CHANNELS, CHANNELS, 3, CHANNELS),
}
Intensity = Callable[..., float]


def intensities(arithmetic_intensity: Intensity, num: int = 8) -> dict[str, float]:
    """Return the operations a byte of each of the layers, for a batch of images of 28 × 28."""
    return {
        name: arithmetic_intensity(
            (num, num_in, PLACES, PLACES), num_out, (k, k), padding=(k // 2, k // 2), groups=groups
        )
        for name, (num_in, num_out, k, groups) in LAYERS.items()
    }


def best_time(call: Callable[[], object], times: int = 7) -> float:
    """Return the seconds that a call takes on one core: the best of several, after one to warm up."""
    with one_thread(), torch.no_grad():
        call()
        return min(_seconds(call) for _ in range(times))


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def machine() -> tuple[float, float]:
    """Return what one core reaches now: operations a second in a matrix product, bytes a second in a copy."""
    a, long = torch.rand(512, 512), torch.rand(8_000_000)
    into = torch.empty_like(long)
    return 2 * 512**3 / best_time(lambda: a @ a), 2 * 4 * len(long) / best_time(lambda: into.copy_(long))


def roofline(arithmetic_intensity: Intensity) -> Figure:
    """Return the roof of this machine's core, with the intensity of each layer as a line below it.

    Heights are per cent of what the core computes at most: how fast this one machine is says nothing to others.
    """
    most, per_second = machine()
    slope = 100 * per_second / most
    picture, ax = figure(size=(6.2, 2.5))
    places = torch.logspace(-1, 3, 100)
    ax.plot(places, (places * slope).clamp(max=100), color="black", label="the roof")
    for index, (name, one) in enumerate(intensities(arithmetic_intensity).items()):
        heights = [1e-3, min(100, one * slope)]
        ax.plot([one, one], heights, color=colour(index), ls=("-", "--", ":")[index], lw=2.5, label=name)
    ax.set(xscale="log", yscale="log", ylim=(slope / 10, 250), xlim=(0.1, 1000))
    ax.set(xlabel="operations for each byte", ylabel="operations a second,\nper cent of the most")
    picture.legend(loc="outside right upper")
    return alt(
        picture,
        "A line that rises and then is level, the roof. The depthwise layer stands far left, at about two operations a "
        "byte; the 1 × 1 and the ordinary layer far right.",
    )


def times(num: int = 8) -> Figure:
    """Return multiply-adds and measured time of four ways to filter, as bars beside each other, in per cent of those
    of the ordinary convolution."""
    made = {
        name: nn.Conv2d(num_in, num_out, k, padding=k // 2, groups=groups, bias=False)
        for name, (num_in, num_out, k, groups) in LAYERS.items()
    }
    nets: dict[str, nn.Module] = {**made, "depthwise, 1 × 1": nn.Sequential(made["depthwise 3 × 3"], made["1 × 1"])}
    x = torch.rand(num, CHANNELS, PLACES, PLACES)
    costs = [float(count_multiply_adds(net, tuple(x.shape[1:]))) for net in nets.values()]
    taken = [best_time(lambda net=net: net(x)) for net in nets.values()]  # type: ignore[misc]
    picture, axes = figure(1, 2, size=(7.1, 2.1))
    for ax, found, title in zip(axes, (costs, taken), ("multiply-adds", "time"), strict=True):
        lengths = [100 * one / found[0] for one in found]
        ax.barh(list(nets), lengths, color=[colour(index) for index in range(len(nets))])
        for index, length in enumerate(lengths):
            ax.text(length, index, f" {length:.0f} %", va="center", fontsize=10)
        ax.set(title=title, xlim=(0, 1.25 * max(lengths)))
        ax.invert_yaxis()
    axes[1].set_yticklabels([])
    return alt(
        picture,
        "Bars for four layers, in per cent of the ordinary one: multiply-adds at the left (100, 11, 1 and 12 per "
        "cent), measured time at the right.",
    )


# What it learns


def shape_images() -> tuple[Shapes, Shapes]:
    """Return 1,500 images of coloured shapes to train on and 500 to test on."""
    return shapes(1500, seed=0), shapes(500, seed=1)


def accuracy(net: nn.Module, some: Shapes) -> float:
    """Return the share of images whose colour a network names right."""
    with torch.no_grad():
        return float((net.eval()(some.images).argmax(dim=1) == some.colour[:, 0]).float().mean())


def fit(net: nn.Module, train: Shapes, num_epochs: int = 4) -> None:
    """Train a network to name the colour, in batches of 50, with Adam."""
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    epochs = track(range(num_epochs), "epochs")
    for _ in epochs:
        for rows in torch.randperm(len(train.images)).split(50):
            loss = F.cross_entropy(net(train.images[rows]), train.colour[rows, 0])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        epochs.report(loss=float(loss.detach()))


def training(nets: Mapping[str, nn.Module], test: Shapes) -> Figure:
    """Return what some networks reach at which cost."""
    picture, ax = figure(size=(4.5, 2.5))
    said = []
    for index, (name, net) in enumerate(nets.items()):
        cost, reached_now = count_multiply_adds(net) / 1e6, accuracy(net, test)
        ax.scatter(cost, reached_now, s=90, color=colour(index), marker="so"[index % 2], zorder=3)
        number = sum(one.numel() for one in net.parameters())
        said.append(f"{name}: {reached_now:.0%} at {cost:.1f} million multiply-adds")
        words = f"{name}: {reached_now:.0%}\n{cost:.1f} million\n{number:,} weights"
        ax.text(cost, reached_now - 0.08, words, va="top", fontsize=10)
    ax.set(xlabel="million multiply-adds for an image", ylabel="accuracy", xlim=(0, 4), ylim=(0, 1.05))
    return alt(picture, f"Accuracy over cost: {'; '.join(said)}.")
