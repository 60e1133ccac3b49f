"""Pictures of the notebook on style: what a Gram matrix keeps, what each weight does, and an unwanted grid."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure

from coursekit.data import photographs, to_tensor
from coursekit.plots import PALETTE, alt, figure, show_images
from coursekit.style_network import StyleNetwork
from coursekit.threads import one_thread

BLUE, ORANGE, GREEN = PALETTE[:3]
SIDE, SMALL = 144, 96
STEPS, RATE = 100, 0.02
CROPS = {  # top, left and side of a square of a photograph
    "cat": (0, 75, 300),
    "pagoda": (10, 0, 417),
    "petals": (120, 250, 200),
    "tissue": (0, 0, 300),
}
FILES = {"cat": "cat", "pagoda": "china", "petals": "flower", "tissue": "tissue"}
NEARLY_EQUAL = 0.8
NONE = (0.0, 0.0, 0.0, 0.0, 0.0)
CONTENT = (0.0, 0.0, 0.0, 1.0, 1.0)  # the last two stages
STYLE = (10.0, 10.0, 10.0, 10.0, 10.0)
MIXTURES = (0.0, 0.25, 0.5, 0.75, 1.0)


class Wish(NamedTuple):
    """What a picture is painted from, in which style, from which start, with which weights."""

    content: str = "cat"
    shares: tuple[float, float] = (1.0, 0.0)  # of the petals and of the tissue
    side: int = SIDE
    start: str = "content"
    num_steps: int = STEPS
    content_weights: tuple[float, ...] = CONTENT
    style_weights: tuple[float, ...] = STYLE
    smooth: float = 0.5
    is_shifted: bool = True


@cache
def photograph(name: str, side: int = SIDE) -> torch.Tensor:
    """Return a square of a photograph, (1, 3, side, side) in [0, 1]: cat, pagoda, petals or tissue."""
    top, left, length = CROPS[name]
    square = to_tensor(photographs()[FILES[name]])[None, :, top : top + length, left : left + length]
    return F.interpolate(square, size=(side, side), mode="bilinear", antialias=True).clamp(0, 1)


def noise(side: int = SIDE) -> torch.Tensor:
    """Return grey with a little noise, from a fixed seed, (1, 3, side, side)."""
    drawn = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    return 0.4 + 0.2 * drawn


@lru_cache(maxsize=32)
def painted(wish: Wish) -> torch.Tensor:
    """Return the picture that comes of a wish, (1, 3, side, side), as the notebook's exercise would make it."""
    net = StyleNetwork(is_shifted=wish.is_shifted)
    source = photograph(wish.content, wish.side)
    with one_thread():
        with torch.no_grad():
            kept = net(source)
            both = [[_gram(m) for m in net(photograph(name, wish.side))] for name in ("petals", "tissue")]
            wanted = [wish.shares[0] * one + wish.shares[1] * other for one, other in zip(*both, strict=True)]
        canvas = (noise(wish.side) if wish.start == "noise" else source).clone().requires_grad_()
        adam = torch.optim.Adam([canvas], lr=RATE)
        for _ in range(wish.num_steps):
            seen, total = net(canvas), wish.smooth * _roughness(canvas)
            for place, now in enumerate(seen):
                if wish.content_weights[place]:
                    total = total + wish.content_weights[place] * _apart(now, kept[place])
                if wish.style_weights[place]:
                    total = total + wish.style_weights[place] * _apart(_gram(now), wanted[place])
            adam.zero_grad()
            total.backward()
            adam.step()
            canvas.data.clamp_(0, 1)
    return canvas.detach()


def overview() -> Figure:
    """Return the cat, the petals, and the cat in the petals' style."""
    return show_images(
        torch.cat([photograph("cat"), photograph("petals"), painted(Wish())]),
        ["content", "style", "both"],
        side=1.8,
        alt="A cat's face, a dahlia from near, and the same cat's face made of orange petals.",
    )


def beside(style: torch.Tensor, image: torch.Tensor) -> Figure:
    """Return a style's picture and what was painted in it, side by side."""
    images = torch.cat([style, image]).detach()
    return show_images(images, ["style", "painted"], side=1.6, alt="A style's picture, and a picture painted in it.")


@cache
def a_pair() -> tuple[torch.Tensor, torch.Tensor]:
    """Return two channels of the first block for some petals, (H, W) each: alike, and not nearly equal."""
    (maps,) = StyleNetwork((1,), is_shifted=False)(photograph("petals"))
    table = _gram(maps - maps.mean(dim=(2, 3), keepdim=True))[0]
    size = table.diagonal().sqrt()
    alike = table / size[:, None] / size
    first, second = divmod(int(torch.where(alike < NEARLY_EQUAL, alike, -1.0).argmax()), len(size))
    return maps[0, first, 8:56, 8:56], maps[0, second, 8:56, 8:56]


def together() -> Figure:
    """Return two channels' maps of the petals and their product, place by place, with the mean of it."""
    one, other = a_pair()
    mean = (one * other).mean().item()
    return show_images(
        [one, other, one * other],
        ["a channel", "another", f"mean {mean:.1f}"],
        side=1.25,
        stretch=True,
        alt=f"Two channels that follow the edges of the petals, and their product of mean {mean:.1f}.",
    )


@cache
def dealt_out(side: int = SIDE, tile: int = 36) -> torch.Tensor:
    """Return the petals, cut into square tiles that lie in another order, (1, 3, side, side)."""
    num = side // tile
    tiles = photograph("petals", side).unfold(2, tile, tile).unfold(3, tile, tile).flatten(2, 3)
    order = torch.randperm(num * num, generator=torch.Generator().manual_seed(1))
    rows = tiles[:, :, order].reshape(1, 3, num, num, tile, tile)
    return rows.transpose(3, 4).reshape(1, 3, side, side)


@cache
def away() -> dict[str, float]:
    """Return how far pictures' Gram matrices lie from the petals': a mean over five layers, the petals' size as one."""
    net = StyleNetwork(is_shifted=False)
    pictures = {name: photograph(name) for name in ("petals", "cat", "tissue")} | {"dealt out": dealt_out()}
    wanted = [_gram(m) for m in net(photograph("petals"))]
    return {
        name: sum(_apart(_gram(m), w).item() for m, w in zip(net(x), wanted, strict=True)) / len(wanted)
        for name, x in pictures.items()
    }


def distances() -> Figure:
    """Return four pictures, each with the distance of its Gram matrices from those of the first."""
    names = ["petals", "dealt out", "cat", "tissue"]
    images = [dealt_out() if name == "dealt out" else photograph(name) for name in names]
    said = [f"{away()[name]:.2f}" for name in names]
    return show_images(
        torch.cat(images),
        said,
        side=1.1,
        alt="Gram matrices, how far from the petals': "
        + ", ".join(f"{name} {number}" for name, number in zip(names, said, strict=True)),
    )


def patterns() -> dict[str, torch.Tensor]:
    """Return four pictures (8, 8), half of each 1: halves, stripes two wide, stripes one wide, a chequer."""
    across = torch.arange(8)
    columns = {"halves": across // 4, "wide": across // 2 % 2, "narrow": across % 2}
    striped = {name: column.expand(8, 8).double() for name, column in columns.items()}
    return striped | {"chequer": ((across[:, None] + across) % 2).double()}


def rough() -> Figure:
    """Return four patterns with their total variation."""
    images = patterns()
    said = [f"{_roughness(one[None, None]).item():.3f}" for one in images.values()]
    return show_images(
        0.1 + 0.7 * torch.stack(list(images.values())),
        said,
        side=1.2,
        alt="Total variation: " + ", ".join(f"{name} {number}" for name, number in zip(images, said, strict=True)),
    )


GRIDS = {
    "nothing done": Wish(side=SMALL, is_shifted=False),
    "ten times the variation": Wish(side=SMALL, is_shifted=False, smooth=5.0),
    "shifted": Wish(side=SMALL),
}


def strengths(image: torch.Tensor) -> np.ndarray:
    """Return the mean power of an image's rows at 0, 1, ... periods in a row, (width // 2 + 1,)."""
    rows = image - image.mean(dim=3, keepdim=True)
    power: np.ndarray = torch.fft.rfft(rows, dim=3).abs().square().mean(dim=(0, 1, 2)).numpy()
    return power / image.shape[3] ** 2


def spike(image: torch.Tensor) -> float:
    """Return the power at the finest frequency over the mean of the eight beside it."""
    power = strengths(image)
    return float(power[-1] / power[-9:-1].mean())


def grid() -> Figure:
    """Return a piece of the painted cat, three times from near, and the strength of each frequency along its rows."""
    picture, _ = figure(size=(7.5, 4.6))
    picture.clear()
    axes = picture.subplot_mosaic([["a", "b", "c"], ["d", "d", "d"]], height_ratios=[1.1, 1])
    width = SMALL
    for key, (words, wish), tint in zip("abc", GRIDS.items(), (ORANGE, GREEN, BLUE), strict=True):
        image = painted(wish)
        axes[key].imshow(image[0, :, 28:56, 54:90].permute(1, 2, 0))
        axes[key].set_title(words, fontsize=11, color=tint)
        axes[key].axis("off")
        power = strengths(image)[1:]
        axes["d"].plot(
            np.arange(1, len(power) + 1) / width, power, color=tint, lw=1.5, ls="--" if wish.smooth > 1 else "-"
        )
    axes["d"].set(yscale="log", xlabel="periods in a pixel, along a row", ylabel="strength", xlim=(0, 0.51))
    said = ", ".join(f"{words} {spike(painted(wish)):.1f}" for words, wish in GRIDS.items())
    return alt(
        picture, f"Pieces of three pictures, and their spectra; the finest frequency over those beside it: {said}."
    )


LAYERS = {
    "stem": (10.0, 0.0, 0.0, 0.0, 0.0),
    "the first three": (10.0, 10.0, 10.0, 0.0, 0.0),
    "all five": STYLE,
    "the last two": (0.0, 0.0, 0.0, 10.0, 10.0),
}


def texture(words: str) -> torch.Tensor:
    """Return what becomes of grey noise with the style of some layers and no content, (1, 3, SMALL, SMALL)."""
    return painted(Wish(side=SMALL, start="noise", content_weights=NONE, style_weights=LAYERS[words]))


def layers() -> Figure:
    """Return the textures that come of the petals' style in some of the layers."""
    return show_images(
        torch.cat([texture(words) for words in LAYERS]),
        list(LAYERS),
        side=1.25,
        alt="Textures from noise: orange and green blots; small petals; large petals around a middle; petals in "
        "false colours.",
    )


def mixture(share: float) -> torch.Tensor:
    """Return a small pagoda in a mixture of petals and tissue, of which the tissue has a share."""
    return painted(Wish("pagoda", side=SMALL, shares=(1 - share, share), num_steps=80))


def mixed(share: float = 0.5) -> Figure:
    """Return the pagoda in a mixture of both styles; all are painted when the first is asked for."""
    images = {part: mixture(part) for part in MIXTURES}
    return show_images(
        images[min(MIXTURES, key=lambda part: abs(part - share))],
        [f"petals {1 - share:.2f}, tissue {share:.2f}"],
        side=2.2,
        alt=f"A pagoda in a mixture of {1 - share:.2f} petals and {share:.2f} tissue.",
    )


@cache
def clouds() -> dict[str, np.ndarray]:
    """Return pixels as points (P, 3): of the petals, the cat, and the petals with the cat's mean and covariance."""
    from scipy.linalg import inv, sqrtm

    petals, cat = (photograph(name, 24)[0].flatten(1).numpy().astype(np.float64) for name in ("petals", "cat"))
    here, there = (np.cov(points, bias=True) for points in (petals, cat))
    moved = sqrtm(there).real @ inv(sqrtm(here).real) @ (petals - petals.mean(axis=1, keepdims=True))
    return {"petals": petals.T, "cat": cat.T, "petals, moved": (moved + cat.mean(axis=1, keepdims=True)).T}


def colours() -> Figure:
    """Return three clouds of pixels in the plane of red and blue, each point in its own colour."""
    picture, axes = figure(1, 3, size=(8, 2.7))
    for ax, (words, points) in zip(axes, clouds().items(), strict=True):
        ax.scatter(points[:, 0], points[:, 2], s=9, c=points.clip(0, 1), linewidths=0)
        ax.plot(*points.mean(axis=0)[[0, 2]], "+", color="black", ms=14)
        ax.set(xlim=(-0.05, 1.05), ylim=(-0.05, 1.05), xlabel="red", title=words)
    axes[0].set_ylabel("blue")
    red, blue = clouds()["petals"].mean(axis=0)[[0, 2]]
    return alt(
        picture,
        f"Pixels as points of red and blue. The petals' mean is at {red:.2f} and {blue:.2f}; moved, they lie where the "
        f"cat's lie.",
    )


def _gram(maps: torch.Tensor) -> torch.Tensor:
    flat = maps.flatten(2)
    return flat @ flat.mT / flat.shape[2]


def _apart(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Mean squared distance, over the mean square of the target."""
    return (one - other).square().mean() / other.square().mean()


def _roughness(image: torch.Tensor) -> torch.Tensor:
    return (image.diff(dim=2).square().sum() + image.diff(dim=3).square().sum()) / image.numel()
