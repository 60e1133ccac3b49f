"""Pictures of the notebook on looking inside: filters, maps, neighbours, features from above, patches that excite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from coursekit import data, pretrained
from coursekit.pieces import NAMES, pieces
from coursekit.plots import MARKERS, PALETTE, alt, colour, figure
from coursekit.threads import one_thread

BLUE, ORANGE, GREEN = PALETTE[:3]
GREY = "#8A8A8A"
SUBJECT = "cat"
SUBJECTS = (
    *("astronaut", "cat", "china", "coffee", "coins", "flower"),
    *("motorcycle", "page", "brick", "rocket", "gravel", "grass"),
)
CHANNELS = (4, 13, 14, 18)  # of stage 2, whose patches are shown
FIELD = 19  # pixels that a unit of that stage sees
DEAD = 1e-5  # a filter whose weights are no larger does nothing
PERPLEXITY = 12
NOISE_POINTS, NOISE_DIMS, NOISE_PERPLEXITIES = 150, 50, (3, 40)
DIGIT_SIDE = 48


def ready(x: torch.Tensor) -> torch.Tensor:
    """Return images as the trained network wants them."""
    return (x - pretrained.MEAN) / pretrained.DEVIATION


def large(x: torch.Tensor) -> torch.Tensor:
    """Return small grey images (N, 1, h, w) as the network's large ones in three channels."""
    return ready(F.interpolate(x, size=(DIGIT_SIDE, DIGIT_SIDE), mode="bilinear").repeat(1, 3, 1, 1))


@cache
def photograph() -> torch.Tensor:
    """Return one photograph for the network, (1, 3, 224, 224)."""
    return pretrained.prepare(data.photographs()[SUBJECT])


@cache
def photographs() -> torch.Tensor:
    """Return twelve photographs for the network, (12, 3, 224, 224)."""
    return torch.cat([pretrained.prepare(data.photographs()[name]) for name in SUBJECTS])


@cache
def gallery() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the 140 pieces that can be found, and which photograph each is from."""
    cut = pieces(num_train=4, num_val=10, num_test=6)
    return torch.cat([cut.x_train, cut.x_val]), torch.cat([cut.y_train, cut.y_val])


@cache
def features() -> torch.Tensor:
    """Return the pieces' 1,280 features, each row of length 1."""
    network: Any = pretrained.efficientnet_lite0()
    with one_thread(), torch.no_grad():
        found = [network.features(ready(part)).mean(dim=(2, 3)) for part in gallery()[0].split(35)]
    return F.normalize(torch.cat(found))


@cache
def spread() -> torch.Tensor:
    """Return the pieces' places by t-SNE, (140, 2)."""
    return by_tsne(features(), PERPLEXITY)


def by_tsne(x: torch.Tensor, perplexity: float) -> torch.Tensor:
    """Return places in the plane by scikit-learn's t-SNE, from a fixed start."""
    from sklearn.manifold import TSNE

    made = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(x.numpy())
    return torch.from_numpy(made)


def own_kind(places: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the share of points whose nearest other point has the same label."""
    apart = torch.cdist(places.double(), places.double()).fill_diagonal_(torch.inf)
    return (labels[apart.argmin(dim=1)] == labels).double().mean().item()


def overview() -> Figure:
    """Return all pieces as small pictures, where t-SNE of their features puts them."""
    x, labels = gallery()
    places = spread()
    picture, ax = figure(size=(6.4, 4.3))
    for image, place, label in zip(x, places.tolist(), labels.tolist(), strict=True):
        small = F.avg_pool2d(image[:1], 2)[0].clamp(0, 1)
        tile = OffsetImage(small.numpy(), zoom=0.625, cmap="gray", interpolation="hanning")
        tile.image.set_clim(0, 1)
        frame = {"edgecolor": colour(label), "linewidth": 1.5}
        ax.add_artist(AnnotationBbox(tile, place, pad=0.0, bboxprops=frame))
    low, high = places.min(dim=0).values, places.max(dim=0).values
    edge = 0.05 * (high - low)
    (left, bottom), (right, top) = (low - edge).tolist(), (high + edge).tolist()
    ax.set(xlim=(left, right), ylim=(bottom, top))
    ax.axis("off")
    return alt(
        picture,
        f"140 pieces of photographs in the plane, by t-SNE of a trained network's features. "
        f"{own_kind(places, labels):.0%} of them have a piece of the same photograph as their nearest.",
    )


def filters(grid: torch.Tensor, weights: torch.Tensor, cols: int = 8) -> Figure:
    """Return a picture of filters (3, H, W), large, with a cross on each whose weights are next to nothing."""
    picture, ax = figure(size=(5.2, 5.2 * grid.shape[1] / grid.shape[2]))
    ax.imshow(grid.permute(1, 2, 0))
    ax.axis("off")
    dead = dead_filters(weights)
    step = (grid.shape[2] - 1) / cols
    for index in dead:
        ax.plot((index % cols + 0.5) * step, (index // cols + 0.5) * step, "x", color="black", ms=26, mew=2.5)
    return alt(
        picture,
        f"{len(weights)} filters of the first layer as small colour tiles: edges of several directions, and colours. "
        f"{len(dead)} are crossed out: their weights are next to nothing.",
    )


def dead_filters(weights: torch.Tensor) -> list[int]:
    """Return the numbers of the filters whose largest weight is next to nothing."""
    return [index for index, one in enumerate(weights) if float(one.abs().max()) < DEAD]


def maps_explorer(maps: Mapping[str, torch.Tensor]) -> Callable[..., Figure]:
    """Return a drawing function of stage and channel: the photograph beside the map that it leaves there."""
    seen = shown(photograph())[0]

    def draw(stage: int = 0, channel: int = 14) -> Figure:
        one = maps[f"features.{stage}"][0, channel]
        picture, (left, right) = figure(1, 2, size=(4.7, 2.85))
        left.imshow(seen.permute(1, 2, 0), interpolation="antialiased", extent=(0, 112, 112, 0))
        most = float(one.abs().max()) or 1.0
        right.imshow(one, cmap=signed(), vmin=-most, vmax=most, extent=(0, 112, 112, 0))
        for ax in (left, right):
            ax.set(xticks=[], yticks=[])
        right.set_title(f"stage {stage}, channel {channel}", fontsize=11)
        right.set_xlabel(f"{one.shape[0]} × {one.shape[1]} places", fontsize=10)
        left.set_title("the photograph", fontsize=11)
        return alt(
            picture,
            f"A photograph of a cat, and channel {channel} of stage {stage}: {one.shape[0]} × {one.shape[1]} places, "
            f"from {float(one.min()):.1f} to {float(one.max()):.1f}.",
        )

    return draw


def shown(x: torch.Tensor) -> torch.Tensor:
    """Return what `prepare` made as pixels in [0, 1] again."""
    return (x * pretrained.DEVIATION + pretrained.MEAN).clamp(0, 1)


@cache
def signed() -> Any:
    """Return the map of colours from orange over black to blue: zero is dark, as in a map after a ReLU."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", [ORANGE, "black", "#9CCBF0"])


def neighbours(
    queries: torch.Tensor,
    found_in: torch.Tensor,
    labels: torch.Tensor,
    truth: torch.Tensor,
    by_pixels: torch.Tensor,
    by_features: torch.Tensor,
    rows: tuple[int, ...] = (0, 33, 54),
    num: int = 3,
) -> Figure:
    """Return queries, and beside each its nearest by pixels and by features; frames say whether the class is right."""
    picture, axes = figure(len(rows), 2 * num + 1, size=(4.6, 0.68 * len(rows) + 0.3))
    for row, line in zip(rows, axes, strict=True):
        _tile(line[0], queries[row, 0], GREY)
        for place, index in enumerate([*by_pixels[row, :num].tolist(), *by_features[row, :num].tolist()]):
            _tile(line[1 + place], found_in[index, 0], BLUE if labels[index] == truth[row] else ORANGE)
    for place, word in ((0, "asked"), (1, "by pixels"), (1 + num, "by features")):
        axes[0, place].set_title(word, fontsize=11, loc="left")
    return alt(
        picture,
        f"{len(rows)} pieces, each with its {num} nearest by pixels and by features. Blue frames: of the same "
        "photograph; orange: of another.",
    )


def _tile(ax: Axes, image: torch.Tensor, frame: str) -> None:
    """Draw a grey piece with a coloured frame."""
    small = F.avg_pool2d(image[None], 2)[0]  # half as many bytes
    ax.imshow(small, cmap="gray", vmin=0, vmax=1, interpolation="bilinear")
    ax.set(xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set(visible=True, color=frame, linewidth=3)


@cache
def perplexity_curves() -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return values of beta, and the perplexity at each for the two pieces that need the smallest and the largest."""
    squared = torch.cdist(features().double(), features().double()).square().fill_diagonal_(torch.inf)
    beta = torch.logspace(0, 2, 61, dtype=torch.float64)
    kept = squared[squared.isfinite()].reshape(len(squared), -1)
    log_p = (-beta[:, None, None] * kept).log_softmax(dim=2)
    counted = (-(log_p.exp() * log_p).sum(dim=2)).exp()
    met = (counted > PERPLEXITY).sum(dim=0)
    labels = gallery()[1]
    rows = (int(met.argmin()), int(met.argmax()))
    return beta, {f"piece {row}, {NAMES[int(labels[row])]}": counted[:, row] for row in rows}


def perplexities() -> Figure:
    """Return the perplexity of two pieces against beta, and the line that bisection looks for."""
    beta, curves = perplexity_curves()
    picture, ax = figure(size=(6, 3.2))
    for tint, (word, heights) in zip((BLUE, ORANGE), curves.items(), strict=True):
        ax.loglog(beta, heights, color=tint, label=word)
        ax.plot(beta[(heights - PERPLEXITY).abs().argmin()], PERPLEXITY, "o", color=tint)
    ax.axhline(PERPLEXITY, color=GREY, ls=":")
    ax.set_yticks([1, 3, PERPLEXITY, 50, 139], ["1", "3", str(PERPLEXITY), "50", "139"])
    ax.minorticks_off()
    ax.set(xlabel=r"$\beta$", ylabel="perplexity")
    ax.set_xticks([1, 10, 100], ["1", "10", "100"])
    ax.legend()
    return alt(
        picture,
        f"Perplexity falls from nearly 139 towards 1 as beta grows, for two pieces. They reach {PERPLEXITY} at "
        "different values of beta.",
    )


def two_maps(left: torch.Tensor, right: torch.Tensor, labels: torch.Tensor) -> Figure:
    """Return the pieces on two principal components and by t-SNE, a colour and a sign for each photograph."""
    picture, axes = figure(1, 2, size=(8, 3.4))
    for ax, places, word in zip(axes, (left, right), ("principal components", "t-SNE"), strict=True):
        for label, name in enumerate(NAMES):
            across, up = places[labels == label].T
            mark = MARKERS[(label + label // 8) % 8]
            ax.scatter(across, up, color=colour(label), marker=mark, s=26, label=name, edgecolor="white", linewidth=0.4)
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"{word}: {own_kind(places, labels):.0%} beside their own", fontsize=11)
    picture.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", fontsize=10)
    return alt(
        picture,
        f"140 pieces, a colour for each photograph. On two principal components {own_kind(left, labels):.0%} have "
        f"their nearest point in their own photograph, by t-SNE {own_kind(right, labels):.0%}.",
    )


@cache
def noise() -> dict[int, torch.Tensor]:
    """Return places by t-SNE of points without groups, by perplexity."""
    drawn = torch.randn(NOISE_POINTS, NOISE_DIMS, generator=torch.Generator().manual_seed(0))
    return {perplexity: by_tsne(drawn, perplexity) for perplexity in NOISE_PERPLEXITIES}


def evenness(places: torch.Tensor) -> float:
    """Return the mean distance to the nearest point, over what points strewn by chance on such a disc would have."""
    nearest = torch.cdist(places.double(), places.double()).fill_diagonal_(torch.inf).min(dim=1).values
    around = (places - places.mean(dim=0)).double().square().sum(dim=1).mean()  # half the squared radius of a disc
    return (nearest.mean() / (0.5 * (2 * torch.pi * around / len(places)).sqrt())).item()


def noise_maps() -> Figure:
    """Return two maps of points that have no groups."""
    picture, axes = figure(1, 2, size=(7.5, 3.4))
    for ax, (perplexity, places) in zip(axes, noise().items(), strict=True):
        ax.scatter(*places.T, s=14, color=BLUE)
        ax.set(xticks=[], yticks=[], aspect="equal")
        ax.set_title(f"perplexity {perplexity}", fontsize=11)
    return alt(picture, "t-SNE of normal noise: in small clumps and strings at perplexity 3, evenly spread at 40.")


def patches(found: Mapping[int, tuple[torch.Tensor, torch.Tensor, torch.Tensor]]) -> Figure:
    """Return a row for each channel: the parts of the photographs that excite it most, with the values."""
    columns = max(len(values) for values, _, _ in found.values())
    picture, axes = figure(len(found), columns, size=(5, 1.1 * len(found)))
    for (channel, (values, places, boxes)), line in zip(found.items(), axes, strict=True):
        for ax in line:
            ax.axis("off")
        for ax, value, place, (top, left, bottom, right) in zip(line, values, places, boxes.tolist(), strict=False):
            part = shown(photographs()[place[0], :, top:bottom, left:right])
            ax.imshow(part.permute(1, 2, 0), extent=(0, right - left, bottom - top, 0))
            ax.set(xlim=(0, FIELD), ylim=(FIELD, 0))
            ax.set_title(f"{value:.1f}", fontsize=10)
        line[0].text(-0.15, 0.5, channel, transform=line[0].transAxes, ha="right", va="center")
    return alt(
        picture,
        f"Patches that excite channels {', '.join(map(str, found))} of stage 2 most, a row for each, the "
        "strongest first.",
    )
