"""Pictures of the notebook on attention blocks: gates for channels and for places, and where a network looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import nn

from coursekit.data import photographs, to_tensor
from coursekit.lookout import Scenes, SmallNet, fit, scenes, share_on_objects
from coursekit.plots import MARKERS, alt, colour, figure

SHOWN = 12  # images that the explorer goes through


class PlaceGate(nn.Module):
    """The simplest gate for places: a weighted sum of the channels of each place, and a sigmoid."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.score = nn.Conv2d(channels, 1, 1)

    def gate(self, x: torch.Tensor) -> torch.Tensor:
        """Return the gate (N, 1, H, W)."""
        return self.score(x).sigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return x with its places scaled."""
        return x * self.gate(x)


@cache
@torch.no_grad()
def opening_gates(num: int = 6) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, float, float]:
    """Return images (num, 3, 32, 32), the gate of a trained network's second layer for each (num, 1, 8, 8), the
    objects (num, 1, 32, 32), and over 200 images the mean gate on the objects and beside them."""
    network, data = SmallNet(PlaceGate), scenes(200, seed=2)
    with torch.enable_grad():
        fit(network, scenes(1600, seed=1))
    first = network.blocks[0](network.convs[0](data.x))
    gates = network.blocks[1].gate(network.convs[1](first))  # type: ignore[operator]
    return data.images[:num], gates[:num], data.objects[:num], *on_and_off(gates, data.objects)


def on_and_off(gates: torch.Tensor, objects: torch.Tensor) -> tuple[float, float]:
    """Return the mean of gates (N, 1, h, w) over the pixels of the objects (N, 1, S, S), and over all others."""
    fine = F.interpolate(gates, size=objects.shape[-1])
    ground = 1 - objects
    return ((fine * objects).sum() / objects.sum()).item(), ((fine * ground).sum() / ground.sum()).item()


def opening() -> Figure:
    """Return images with one small object, and below each the gate that a trained network gives its places."""
    images, gates, objects, on, off = opening_gates()
    picture, axes = figure(2, len(images), size=(1.35 * len(images), 2.9))
    for column, (image, gate) in enumerate(zip(images, gates, strict=True)):
        _photo(axes[0, column], image)
        _map(axes[1, column], gate[0], 0, float(gates.max()))
        _outline(axes[1, column], objects[column, 0], gate.shape[-1])
    return alt(
        picture,
        "Six images with a small coloured object on a cluttered ground, and below each a grey map of 8 by 8 gates with "
        f"a box around the object. The mean gate is {on:.2f} on objects and {off:.2f} beside them.",
    )


def gate_kinds() -> Figure:
    """Return three channels times a gate for each channel, and times a gate for each place."""
    places = torch.arange(4.0)
    channels = torch.stack(
        [(places[:, None] + places) / 6, (3 - places[:, None] + places) / 6, places.repeat(4, 1) / 3]
    )
    channels = 0.25 + 0.75 * channels
    by_channel = torch.tensor([0.9, 0.15, 0.5])[:, None, None].expand(3, 4, 4)
    by_place = (1 - ((places[:, None] - 1).square() + (places - 2).square()) / 7).clamp(min=0.05).expand(3, 4, 4)
    picture, axes = figure(2, 11, size=(10, 3.2))
    for row, gate, shape in zip(axes, (by_channel, by_place), ("(1, 3, 1, 1)", "(1, 1, 4, 4)"), strict=True):
        _words(row[3], "×")
        _words(row[7], "=")
        for index in range(3):
            _map(row[index], channels[index])
            _map(row[4 + index], gate[index])
            _map(row[8 + index], channels[index] * gate[index])
        row[1].set_title("x: (1, 3, 4, 4)", fontsize=11)
        row[5].set_title(f"g: {shape}", fontsize=11)
        row[9].set_title("x ⊙ g", fontsize=11)
    return alt(
        picture,
        "Three channels of 4 by 4, times gates, give three channels. Above, each channel has one grey for all its "
        "places: the first is kept, the second nearly black. Below, all channels have the same map, bright around one "
        "place.",
    )


def same_mean() -> tuple[torch.Tensor, torch.Tensor]:
    """Return two channels of 6 × 6 with the mean 1/36: all in one place, and the same everywhere."""
    spot = torch.zeros(6, 6)
    spot[1, 4] = 1.0
    return spot, torch.full((6, 6), spot.mean().item())


def spot_and_fog() -> Figure:
    """Return two channels of one mean, with their mean and maximum above."""
    picture, axes = figure(1, 2, size=(5, 2.8))
    for ax, channel in zip(axes, same_mean(), strict=True):
        _map(ax, channel)
        ax.set_title(f"mean {channel.mean():.3f}, maximum {channel.max():.3f}", fontsize=11)
    return alt(
        picture,
        "Two channels of 6 by 6: one white place in a black channel, and a channel that is evenly nearly black. Their "
        "means are equal, their maxima 1 and 0.028.",
    )


@cache
def edge_answers(size: tuple[int, int] = (60, 90)) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the coffee photograph (3, H, W), and the absolute answers of eight edge filters to it (8, H, W)."""
    photo = to_tensor(photographs(size)["coffee"])
    middle = torch.arange(-2.0, 3.0)
    down, across = torch.meshgrid(middle, middle, indexing="ij")
    bell = (-(down**2 + across**2) / 2).exp()
    turns = torch.arange(8) * torch.pi / 8
    kernels = torch.stack([bell * (turn.cos() * across + turn.sin() * down) for turn in turns])
    answers = F.conv2d(F.pad(photo.mean(dim=0)[None, None], (2,) * 4, mode="replicate"), kernels[:, None])[0].abs()
    return photo, answers / answers.max()


def summaries() -> Figure:
    """Return a photograph, and of eight filters' answers the maximum and the mean at each place."""
    photo, answers = edge_answers()
    picture, axes = figure(1, 3, size=(9, 2.3))
    _photo(axes[0], photo)
    for ax, shown, title in zip(
        axes[1:],
        (answers.amax(dim=0), answers.mean(dim=0)),
        ("maximum over channels", "mean over channels"),
        strict=True,
    ):
        _map(ax, shown, 0, 0.8)
        ax.set_title(title, fontsize=11)
    axes[0].set_title("photograph", fontsize=11)
    return alt(
        picture,
        "A cup of coffee; the largest of eight edge filters' answers, with the rim of the cup as a bright line; and "
        "their mean, with the same line dimmer.",
    )


def hearing(channels: int = 16, squeezed: int = 4, size: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """Return how strongly each channel's score (row) follows each channel's mean (column): through a narrow middle
    of random weights, and through one kernel for all rows."""
    generator = torch.Generator().manual_seed(0)
    up = torch.randn(channels, squeezed, generator=generator)
    down = torch.randn(squeezed, channels, generator=generator)
    band = torch.zeros(channels, channels)
    for step, weight in enumerate((-0.6, 1.0, 0.4)[:size], start=-(size // 2)):
        band += weight * torch.diag(torch.ones(channels - abs(step)), step)
    return up @ down, band


def who_hears_whom() -> Figure:
    """Return the two tables of `hearing`, in blue where a mean raises a gate, in orange where it lowers it."""
    picture, axes = figure(1, 2, size=(7, 3.6))
    titles = ("squeeze and excitation", "one kernel of three")
    for ax, table, title in zip(axes, hearing(), titles, strict=True):
        reach = table.abs().max().item()
        ax.imshow(table, cmap="PuOr", vmin=-reach, vmax=reach)
        ax.set(title=title, xlabel="mean of channel", ylabel="gate of channel", xticks=[0, 15], yticks=[0, 15])
    return alt(
        picture,
        "Two tables of 16 by 16. Left, every cell is coloured, without order. Right, only the diagonal and the cells "
        "beside it are, in the same three colours in each row.",
    )


def outcomes(right: Mapping[str, Sequence[float]]) -> Figure:
    """Return a row for each kind of network, with a mark for the accuracy of each of its starts."""
    picture, ax = figure(size=(6.5, 0.5 * len(right) + 1.2))
    for row, (name, shares) in enumerate(right.items()):
        ax.plot([min(shares), max(shares)], [row, row], color="#8A8A8A", lw=1)
        ax.plot(shares, [row] * len(shares), MARKERS[row], ms=9, color=colour(row), ls="", label=name)
    ax.set(xlim=(0, 1), xlabel="accuracy on test images", yticks=range(len(right)), yticklabels=list(right))
    ax.axvline(1 / 6, color="#8A8A8A", ls=":", lw=1.5)
    ax.set_ylim(len(right) - 0.5, -0.5)
    ax.text(1 / 6 - 0.01, 0, "guessing", color="#666666", fontsize=10, ha="right", va="center")
    said = "; ".join(f"{name} {', '.join(f'{share:.0%}' for share in shares)}" for name, shares in right.items())
    return alt(picture, f"Accuracy of each network by its block, a mark for each start: {said}.")


def looked(data: Scenes, maps: Mapping[str, torch.Tensor], num: int = 5) -> Figure:
    """Return images, and below, a row for each network, how much is lost where a patch is covered.

    Args:
        data: N images.
        maps: by network, `coursekit.lookout.drops` of all of them, (N, 1, h, w).
        num: how many are shown.
    """
    picture, axes = figure(1 + len(maps), num + 1, size=(1.25 * (num + 1), 1.3 * (1 + len(maps))))
    _words(axes[0, 0], "image")
    for column in range(num):
        _photo(axes[0, column + 1], data.images[column])
    shares = {name: share_on_objects(lost, data.objects) for name, lost in maps.items()}
    for row, (name, lost) in zip(axes[1:], maps.items(), strict=True):
        _words(row[0], f"{name}\n{shares[name]:.0%} on\nobjects")
        for column in range(num):
            _map(row[column + 1], lost[column, 0], 0, max(float(lost[column].max()), 1e-6))
            _outline(row[column + 1], data.objects[column, 0], lost.shape[-1])
    said = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return alt(
        picture,
        f"Images with one small object, and for each network the patches whose covering costs most, with a box around "
        f"the object. Share of the loss on patches of the object: {said}.",
    )


def gate_explorer(network: SmallNet, data: Scenes) -> Callable[..., Figure]:
    """Return the drawing function of the widget: an image, and the gate of one layer of a network whose blocks have
    a part `spatial`."""
    shown, layers = data.images[:SHOWN], gates_by_layer(network, data.x)

    def draw(image: int = 0, layer: int = 0) -> Figure:
        gates = layers[layer]
        on, off = on_and_off(gates[image : image + 1], data.objects[image : image + 1])
        picture, (left, right) = figure(1, 2, size=(6, 3))
        _photo(left, shown[image])
        _map(right, gates[image, 0])
        _outline(right, data.objects[image, 0], gates.shape[-1])
        right.set_title(f"{on:.2f} on the object, {off:.2f} beside", fontsize=11)
        return alt(
            picture,
            f"Image {image} and the gate of layer {layer + 1}: {on:.2f} on the object and {off:.2f} beside it.",
        )

    return draw


@torch.no_grad()
def gates_by_layer(network: SmallNet, x: torch.Tensor) -> list[torch.Tensor]:
    """Return the gates (N, 1, h, w) of each layer: the sigmoid of what the batch norm in the block's `spatial` returns.

    The batch norm is asked, not `spatial`: some call its two parts one by one.
    """
    gates: list[torch.Tensor] = []
    hooks = [
        block.spatial.bn.register_forward_hook(lambda _, __, out: gates.append(out.sigmoid()))  # type: ignore[union-attr]
        for block in network.blocks
    ]
    network(x)
    for hook in hooks:
        hook.remove()
    return gates


def _photo(ax: Axes, image: torch.Tensor) -> None:
    ax.imshow(image.permute(1, 2, 0))
    ax.axis("off")


def _map(ax: Axes, values: torch.Tensor, low: float = 0.0, high: float = 1.0) -> None:
    ax.imshow(values, cmap="gray", vmin=low, vmax=high)
    ax.axis("off")


def _words(ax: Axes, words: str) -> None:
    ax.text(0.5, 0.5, words, ha="center", va="center", fontsize=11, transform=ax.transAxes)
    ax.axis("off")


def _outline(ax: Axes, mask: torch.Tensor, places: int) -> None:
    """Draw a box around a mask (S, S) on a map of places × places."""
    down, across = mask.nonzero().T * places / mask.shape[-1]
    corner = (across.min() - 0.5, down.min() - 0.5)
    step = places / mask.shape[-1]
    size = (across.max() - across.min() + step, down.max() - down.min() + step)
    ax.add_patch(Rectangle(corner, *size, fill=False, ec=colour(1), lw=1.5))
