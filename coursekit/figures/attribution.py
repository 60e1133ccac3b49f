"""Pictures of the notebook on attribution: four maps of one picture, what a cover costs, and maps put to the test."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import nn

from coursekit import pretrained
from coursekit.attribution import overlaps, rank_correlation, shape_inputs, shuffled
from coursekit.data import photographs
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import shapes
from coursekit.threads import one_thread

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
GREY = "#8A8A8A"
SIDE = 160  # pixels of each of the two photographs
NAMES = ("Egyptian cat", "espresso")
TARGETS = (285, 967)
WINDOW, STRIDE = (48, 48), (24, 24)
METHODS = ("occlusion", "saliency", "guided backprop", "Grad-CAM")
PARTS = (0, 1, 2, 3, 4, 6, 8, 10)
SEEDS = (0, 1)
QUANTILE = 0.8
NUM_SHOWN = 4


@cache
def network() -> Any:
    """Return the trained network, frozen, in evaluation mode."""
    return pretrained.efficientnet_lite0().to(memory_format=torch.channels_last)


@cache
def both() -> torch.Tensor:
    """Return the cat beside the coffee, as the network wants it, (1, 3, 160, 320)."""
    return torch.cat([pretrained.prepare(photographs()[name], SIDE) for name in ("cat", "coffee")], dim=3)


def seen(x: torch.Tensor) -> torch.Tensor:
    """Return prepared images as pixels in [0, 1]."""
    return (x * pretrained.DEVIATION + pretrained.MEAN).clamp(0, 1)


def scores(x: torch.Tensor) -> torch.Tensor:
    """Return what the trained network gives to images, (N, 1000)."""
    with torch.no_grad(), one_thread():
        given: torch.Tensor = network()(x)
    return given


# The four maps, each in another form than in the notebook


@cache
def covered_scores() -> tuple[torch.Tensor, int]:
    """Return the drop of both scores for each window, (rows · columns, 2), and how many columns there are."""
    tall, wide = (
        range(0, n - size + step, step) for n, size, step in zip(both().shape[2:], WINDOW, STRIDE, strict=True)
    )
    drops = []
    for top in tall:
        line = both().expand(len(wide), -1, -1, -1).clone()
        for image, left in zip(line, wide, strict=True):
            image[:, top : top + WINDOW[0], left : left + WINDOW[1]] = 0
        drops.append((scores(both()) - scores(line))[:, TARGETS])
    return torch.cat(drops), len(wide)


def occlusion_of(which: int) -> torch.Tensor:
    """Return the mean drop over the windows on each pixel, (H, W), put together by the transpose of a convolution."""
    drops, wide = covered_scores()
    grid = drops[:, which].reshape(1, 1, -1, wide)
    height, width = both().shape[2:]
    total, times = (
        F.conv_transpose2d(one, torch.ones(1, 1, *WINDOW), stride=STRIDE)[0, 0, :height, :width]
        for one in (grid, torch.ones_like(grid))
    )
    return total / times


def sensitivity(model: nn.Module, x: torch.Tensor, target: int, is_guided: bool = False) -> torch.Tensor:
    """Return the largest size of a score's gradient among the channels of one image, (H, W)."""

    def positive(module: nn.Module, inputs: Any, output: torch.Tensor) -> None:
        output.register_hook(F.relu)

    bends = [one for one in model.modules() if type(one) in (nn.ReLU, nn.ReLU6)] if is_guided else []
    hooks = [one.register_forward_hook(positive) for one in bends]
    try:
        with one_thread():
            image = x.detach().clone()
            image.requires_grad = True
            model(image)[0, target].backward()
    finally:
        while hooks:
            hooks.pop().remove()
    assert image.grad is not None
    return image.grad[0].norm(p=float("inf"), dim=0)


def class_map(model: Any, x: torch.Tensor, target: int) -> torch.Tensor:
    """Return Grad-CAM's map of the last features, (H, W): behind a mean its weights are the classifier's own."""
    with torch.no_grad(), one_thread():
        maps = model.features(x)
        rows = model.classifier[-1].weight[target] / maps[0, 0].numel()
        coarse = F.relu(torch.tensordot(rows, maps[0], dims=1))
        return F.interpolate(coarse[None, None], size=tuple(x.shape[2:]), mode="bilinear")[0, 0]


@cache
def map_of(method: str, which: int) -> torch.Tensor:
    """Return one method's map of cat and coffee for one of the two classes, (160, 320)."""
    if method == "occlusion":
        return occlusion_of(which)
    if method == "Grad-CAM":
        return class_map(network(), both(), TARGETS[which])
    return sensitivity(network(), both(), TARGETS[which], method == "guided backprop")


def share_on_the_right(given: torch.Tensor) -> float:
    """Return how much of a map's positive part lies in its right half, on the coffee."""
    part = given.clamp(min=0)
    return (part[:, part.shape[1] // 2 :].sum() / part.sum()).item()


def overview() -> Figure:
    """Return four maps of cat beside coffee, for the cat on the left and for the espresso on the right."""
    picture, axes = figure(4, 2, size=(5.6, 5.4))
    for method, row in zip(METHODS, axes, strict=True):
        for which, ax in enumerate(row):
            ax.imshow(_laid_over(both(), _blurred(map_of(method, which))))
            ax.set(xticks=[], yticks=[])
        row[0].set_ylabel(method, fontsize=10)
    for name, ax in zip(NAMES, axes[0], strict=True):
        ax.set_title(f"“{name}”", fontsize=12)
    said = "; ".join(
        f"{method} {share_on_the_right(map_of(method, 0)):.2f} and {share_on_the_right(map_of(method, 1)):.2f}"
        for method in METHODS
    )
    return alt(
        picture,
        f"A cat beside a cup of coffee, eight times, with four methods' maps for the cat and for the espresso. "
        f"Share of each map that lies on the coffee: {said}.",
    )


def over(maps: torch.Tensor, width: float = 5.0) -> Figure:
    """Return two maps (2, H, W) of cat beside coffee, laid over the picture: for the cat, and for the espresso."""
    picture, axes = figure(1, 2, size=(width, width / 4 + 0.3))
    for given, name, ax in zip(maps, NAMES, axes, strict=True):
        ax.imshow(_laid_over(both(), given.float()))
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"“{name}”", fontsize=12)
    shares = [share_on_the_right(given) for given in maps]
    return alt(
        picture,
        f"Two maps over a cat beside a cup of coffee: {shares[0]:.2f} of the one for the cat lies on the coffee, and "
        f"{shares[1]:.2f} of the one for the espresso.",
    )


def windows(length: int = 11, size: int = 4, step: int = 3) -> Figure:
    """Return the windows along a line of pixels, one below the other, and how many cover each pixel."""
    starts = list(range(0, length - size + step, step))
    picture, ax = figure(size=(6, 2.4))
    for row, start in enumerate(starts):
        for place in range(length):
            is_in = start <= place < start + size
            ax.add_patch(Rectangle((place, row), 0.94, 0.8, fc=BLUE if is_in else "white", ec=GREY))
        if start + size > length:
            ax.add_patch(Rectangle((length, row), start + size - length - 0.06, 0.8, fc="white", ec=BLUE, ls=":"))
    counts = [sum(start <= place < start + size for start in starts) for place in range(length)]
    for place, count in enumerate(counts):
        ax.text(place + 0.47, len(starts) + 0.4, count, ha="center", va="center")
    ax.text(-0.3, len(starts) + 0.4, "times covered", ha="right", va="center")
    ax.text(-0.3, 0.4, "first window", ha="right", va="center")
    ax.text(-0.3, len(starts) - 0.6, "last window", ha="right", va="center")
    ax.set(xlim=(-3.2, length + size), ylim=(len(starts) + 0.9, -0.2))
    ax.axis("off")
    return alt(
        picture,
        f"Windows of {size} pixels at a stride of {step} along {length} pixels begin at {starts}; the pixels are "
        f"covered {counts} times.",
    )


@lru_cache(maxsize=500)
def _with_a_cover(top: int, left: int, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return cat and coffee with a grey square, and both scores."""
    covered = both().clone()
    covered[:, :, max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)] = 0
    return seen(covered)[0], scores(covered)[0, list(TARGETS)]


def cover(place: tuple[float, float] = (228.0, 40.0), side: int = 64) -> Figure:
    """Return cat and coffee with a grey square around a place (x, y), and what both scores are with and without."""
    x, y = place
    image, now = _with_a_cover(round(y - side / 2), round(x - side / 2), side)
    before = scores_before()
    picture, (left, right) = figure(1, 2, size=(6.8, 2.0))
    left.imshow(image.permute(1, 2, 0).numpy())
    left.set(xticks=[], yticks=[])
    for row, (name, old, new, tint) in enumerate(zip(NAMES, before, now.tolist(), (ORANGE, BLUE), strict=True)):
        right.barh(row, new, color=tint, height=0.55)
        right.plot([old, old], [row - 0.4, row + 0.4], color="black")
        right.text(0.15, row, f"{name} {new:.1f} ({new - old:+.1f})", va="center", color="white", fontsize=11)
    right.set(xlim=(0, 11), ylim=(1.6, -0.6), yticks=[], xlabel="score (line: nothing covered)")
    changes = ", ".join(f"{name} {new - old:+.2f}" for name, old, new in zip(NAMES, before, now.tolist(), strict=True))
    return alt(picture, f"A square of {side} pixels on a cat beside a cup of coffee. The scores change: {changes}.")


@cache
def scores_before() -> tuple[float, float]:
    """Return both scores with nothing covered."""
    cat, espresso = scores(both())[0, list(TARGETS)].tolist()
    return cat, espresso


def bends() -> Figure:
    """Return what comes back through a ReLU6 of gradients +1 and -1, by its own rule and by the guided one."""
    z = torch.linspace(-3, 9, 241, dtype=torch.float64, requires_grad=True)
    picture, axes = figure(1, 2, size=(7.4, 2.5))
    for ax, word, cut in zip(axes, ("the unit's own rule", "guided"), (-1.0, 0.0), strict=True):
        for sent, tint in ((1.0, BLUE), (-1.0, ORANGE)):
            (back,) = torch.autograd.grad(F.relu6(z).sum() * sent, z)
            ax.plot(z.detach(), back.clamp(min=cut), color=tint, label=f"{sent:+.0f} comes from above")
        ax.set(title=word, xlabel="what went into the ReLU6", ylim=(-1.3, 1.3), xticks=[0, 6], yticks=[-1, 0, 1])
    axes[0].set_ylabel("gradient sent on")
    axes[1].legend(loc="lower left", fontsize=10)
    return alt(
        picture,
        "A gradient of +1 or -1 that meets a ReLU6. By its own rule both pass where between 0 and 6 went in, and "
        "nothing passes elsewhere; guided, only the positive one does.",
    )


def channels(num: int = 3) -> Figure:
    """Return the channels that count most for the espresso and most against it, and the sum of all."""
    with torch.no_grad(), one_thread():
        maps = network().features(both())[0]
    weights = network().classifier[-1].weight[TARGETS[1]].detach()
    pull = weights * maps.mean(dim=(1, 2))
    order = pull.argsort(descending=True).tolist()
    chosen = [*order[: num - 1], order[-1]]
    picture, axes = figure(1, num + 1, size=(9, 1.9))
    for ax, channel in zip(axes, chosen, strict=False):
        ax.imshow(maps[channel], cmap="Greys", vmin=0, vmax=6)
        ax.set_title(f"channel {channel}: {'+' if pull[channel] > 0 else '−'}", fontsize=11)
    total = torch.tensordot(weights, maps, dims=1)
    ends = total.abs().max()
    axes[-1].imshow(total, cmap=_signed(), vmin=-ends, vmax=ends)
    axes[-1].set_title(f"sum of all {len(weights)}", fontsize=11)
    for ax in axes:
        ax.set(xticks=[], yticks=[])
    return alt(
        picture,
        f"Maps of {maps.shape[1]} by {maps.shape[2]}: channels {chosen[:-1]} count for the espresso and channel "
        f"{chosen[-1]} against it; in the weighted sum of all, the coffee's side is blue.",
    )


@cache
def sanity() -> dict[str, list[float]]:
    """Return, by method, the rank correlation with the trained network's map after so many parts are shuffled.

    On the cat alone, a mean of two shuffles.
    """
    x = both()[:, :, :, :SIDE]
    whole = _tested(network(), x)
    found: dict[str, list[float]] = {name: [] for name in whole}
    for num in PARTS:
        trials = [
            _tested(shuffled(pretrained.efficientnet_lite0(), num, seed), x) for seed in (SEEDS if num else SEEDS[:1])
        ]
        for name, first in whole.items():
            each = [rank_correlation(first, maps[name]) for maps in trials]
            found[name].append(sum(each) / len(each))
    return found


def _tested(model: Any, x: torch.Tensor) -> dict[str, torch.Tensor]:
    return {
        "saliency": sensitivity(model, x, TARGETS[0]),
        "guided backprop": sensitivity(model, x, TARGETS[0], is_guided=True),
        "Grad-CAM": class_map(model, x, TARGETS[0]),
    }


def sanity_test() -> Figure:
    """Return how alike each method's map stays while a network's weights are shuffled, from the last layer on."""
    picture, ax = figure(size=(6.6, 3.3))
    ax.axhline(0, color=GREY, lw=1)
    for (name, values), tint, mark in zip(sanity().items(), (BLUE, ORANGE, GREEN), "os^", strict=True):
        ax.plot(PARTS, values, marker=mark, color=tint, label=name)
    ax.set(xlabel="parts shuffled, from the last on (of 10)", ylabel="rank correlation", ylim=(-0.7, 1.1))
    ax.legend(loc="lower left", ncols=3, fontsize=10)
    said = "; ".join(
        f"{name} {values[1]:.2f} after one and {values[3]:.2f} after three" for name, values in sanity().items()
    )
    return alt(picture, f"Rank correlation with the trained network's map, by parts shuffled: {said}.")


@cache
def test_shapes() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return new pictures of shapes for the colour network (60, 3, 32, 32), their colours, and their true masks."""
    data = shapes(60, seed=7)
    return shape_inputs(data.images), data.colour[:, 0], data.instances > 0


def discs(radius: float = 8.0) -> torch.Tensor:
    """Return a disc in the middle of each test picture, (60, 32, 32): what needs no network."""
    masks = test_shapes()[2]
    line = torch.arange(masks.shape[1]) - (masks.shape[1] - 1) / 2
    return (torch.hypot(line[:, None], line) < radius).expand_as(masks)


def segments(saliency: torch.Tensor, masks: torch.Tensor) -> Figure:
    """Return the first pictures with their saliency, and with the outlines of the true and of the found mask."""
    x, _, true = test_shapes()
    shares = overlaps(masks, true)
    picture, axes = figure(2, NUM_SHOWN, size=(4.8, 2.75))
    for place, (above, below) in enumerate(axes.T):
        above.imshow(saliency[place], cmap="Blues", vmin=0)
        below.imshow((x[place] * 0.25 + 0.5).clamp(0, 1).permute(1, 2, 0).numpy())
        for mask, tint in ((true[place], "black"), (masks[place], "white")):
            below.contour(mask.double().numpy(), levels=[0.5], colors=[tint], linewidths=1.6)
        below.set_xlabel(f"{shares[place]:.2f}", fontsize=11)
        for ax in (above, below):
            ax.set(xticks=[], yticks=[])
    axes[0][0].set_ylabel("saliency", fontsize=11)
    axes[1][0].set_ylabel("masks", fontsize=11)
    return alt(
        picture,
        f"Four pictures of shapes: the saliency above; below the true outline in black and the found one in white. "
        f"Intersection over union {', '.join(f'{share:.2f}' for share in shares[:NUM_SHOWN].tolist())}.",
    )


def _laid_over(x: torch.Tensor, given: torch.Tensor) -> np.ndarray:
    """Return an image (H, W, 3), pale and grey, with a map on it: blue where it is positive, orange where negative."""
    pale = 0.7 + 0.3 * seen(x)[0].mean(dim=0, keepdim=True)
    strength = (given / given.abs().flatten().quantile(0.995).clamp(min=1e-12)).clamp(-1, 1)
    tints = [torch.tensor(to_rgb(tint))[:, None, None] for tint in (BLUE, ORANGE)]
    for tint, part in zip(tints, (strength.clamp(min=0), (-strength).clamp(min=0)), strict=True):
        pale = pale + 0.9 * part * (tint - pale)
    return pale.clamp(0, 1).permute(1, 2, 0).numpy()


def _blurred(given: torch.Tensor) -> torch.Tensor:
    """Return a map with each pixel the mean of 3 by 3, for the eye."""
    return F.avg_pool2d(given[None], 3, stride=1, padding=1, count_include_pad=False)[0]


def _signed() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [ORANGE, "white", BLUE])
