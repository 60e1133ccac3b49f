"""Pictures of the notebook on captioning: what is seen, what is read and said, regions with their relations, films."""

from __future__ import annotations

from functools import cache

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit import captioner, clips
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import COLOURS

BLUE, ORANGE, GREY = PALETTE[0], PALETTE[1], "#8A8A8A"
FIRST = 22  # of the new scenes, the first that is shown
SHOWN = 8  # scenes that the reader chooses from
TINY = 7  # a caption's numbers without its start


def _show(ax: Axes, image: torch.Tensor) -> None:
    """Show an image (3, H, W) in [0, 1], its pixels as squares."""
    ax.imshow(image.permute(1, 2, 0).numpy(), extent=(0, image.shape[2], image.shape[1], 0), interpolation="nearest")
    ax.set(xticks=[], yticks=[])


@cache
def said_of(num: int = 40) -> tuple[list[str], list[str]]:
    """Return what a trained captioner says of the first new scenes, and their true captions."""
    data, params = captioner.scenes(500, seed=3), captioner.trained()
    words = greedy(captioner.features(500, seed=3)[:num], params)
    return [captioner.text_of(row) for row in words], [captioner.text_of(row[1:]) for row in data.captions[:num]]


def greedy(features: torch.Tensor, params: captioner.Params) -> torch.Tensor:
    """Return greedy captions of features, (N, 7), by torch's parts; what stands behind an END doesn't matter."""
    words = torch.full((len(features), 1), captioner.START)
    for _ in range(TINY):
        scores = captioner.spoken(features, words, params)[:, -1]
        words = torch.cat([words, scores.argmax(dim=1, keepdim=True)], dim=1)
    return words[:, 1:]


def four() -> list[int]:
    """Return scenes of two colours: the first three that the network captions rightly, and the first that it doesn't.

    Which these are differs by processors' last digits.
    """
    said, true = said_of()
    two = [n for n in range(len(said)) if len(set(COLOURS) & set(true[n].split())) == 2]
    right = [n for n in two if said[n] == true[n]]
    return [*right[:3], next(n for n in two if said[n] != true[n])]


def overview() -> Figure:
    """Return the first new scenes of two shapes that a trained network captions, three rightly and one wrongly."""
    said, true = said_of()
    scenes = four()
    picture, axes = figure(1, 4, size=(8.6, 2.5))
    for ax, n in zip(axes, scenes, strict=True):
        _show(ax, captioner.scenes(500, seed=3).drawn.images[n])
        ax.set_title(said[n].replace(" above", "\nabove").replace(" left", "\nleft"), fontsize=11)
    right, words = sum(said[n] == true[n] for n in scenes), "; ".join(said[n] for n in scenes)
    return alt(picture, f"Four pictures, and what a network says of each: {words}. {right} of 4 are right.")


def seen(scene: int = 26) -> Figure:
    """Return a scene, and how sure the frozen network is of each colour in each cell."""
    drawn = captioner.scenes(500, seed=3).drawn
    probs = captioner.maps_of(drawn.images[scene : scene + 1])[0]
    picture, axes = figure(1, 1 + captioner.NUM_SEEN, size=(8.6, 1.9))
    _show(axes[0], drawn.images[scene])
    axes[0].set_title("picture", fontsize=11)
    for ax, part, name in zip(axes[1:], probs, ("ground", *COLOURS), strict=True):
        ax.imshow(part.numpy(), cmap="Greys", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.set_title(name, fontsize=11)
    return alt(
        picture, f"A scene, and a map of 8 by 8 cells for the ground and for each colour: {said_of()[1][scene]}."
    )


def reading() -> Figure:
    """Return a caption as a row of steps: what is read below, what is to be said above."""
    words = [captioner.WORDS[w] for w in captioner.numbers_of("red shape above blue shape")]
    picture, ax = figure(size=(8.6, 2.2))
    for t in range(TINY):
        ax.add_patch(Rectangle((t + 0.15, 0.8), 0.7, 0.5, fc="white", ec=BLUE, lw=1.5))
        ax.text(t + 0.5, 1.05, f"$h_{{{t + 1}}}$", ha="center", va="center", color=BLUE, fontsize=12)
        padding = words[t + 1] == "<pad>"
        ax.text(t + 0.5, 0.2, words[t], ha="center", va="center", fontsize=11)
        ax.text(t + 0.5, 1.9, words[t + 1], ha="center", va="center", fontsize=11, color=GREY if padding else ORANGE)
        for low, high in ((0.35, 0.78), (1.32, 1.72)):
            ax.annotate("", (t + 0.5, high), (t + 0.5, low), arrowprops={"arrowstyle": "->", "color": GREY})
        ax.annotate("", (t + 0.13, 1.05), (t - 0.13, 1.05), arrowprops={"arrowstyle": "->", "color": GREY})
    ax.text(-0.55, 1.05, "picture\n$h_0 = Wf + b$", ha="center", va="center", fontsize=11)
    ax.text(-0.55, 0.2, "read", ha="center", va="center", fontsize=11)
    ax.text(-0.55, 1.9, "to be said", ha="center", va="center", fontsize=11, color=ORANGE)
    ax.set(xlim=(-1.1, TINY), ylim=(0, 2.1))
    ax.axis("off")
    return alt(picture, f"Seven steps. Read: {' '.join(words[:-1])}. To be said: {' '.join(words[1:])}.")


def next_word(scene: int = 4, said: int = 0) -> Figure:
    """Return a scene, what has been said of it, and how likely each word is to come next."""
    place = FIRST + scene
    params, features = captioner.trained(), captioner.features(500, seed=3)[place : place + 1]
    words = greedy(features, params)[0, :said]
    read = torch.cat([torch.tensor([captioner.START]), words])[None]
    probs = captioner.spoken(features, read, params)[0, -1].softmax(dim=0)
    picture, (left, right) = figure(1, 2, size=(7.4, 2.9))
    _show(left, captioner.scenes(500, seed=3).drawn.images[place])
    text = " ".join(captioner.WORDS[w] for w in words.tolist())
    left.set_title(
        "said so far: " + (text.replace(" above", "\nabove").replace(" left", "\nleft") or "nothing"), fontsize=11
    )
    right.barh(captioner.WORDS, probs.numpy(), color=BLUE)
    right.invert_yaxis()
    right.set(xlim=(0, 1), xlabel="probability of the next word")
    best = int(probs.argmax())
    return alt(
        picture, f"Scene {scene}; said so far: {text}. Most likely next: {captioner.WORDS[best]}, {probs[best]:.2f}."
    )


TINTS = {name: tuple(0.8 * part for part in tint) for name, tint in COLOURS.items()}


def dense(scene: int = 16) -> Figure:
    """Return a picture with its regions and their captions, and the graph of their relations."""
    picture, boxes, _ = captioner.regions(scene)
    names = captioner.region_names(scene)
    page, (left, right) = figure(1, 2, size=(8.2, 3.4))
    _show(left, picture)
    middles = [((a + c) / 2, (b + d) / 2) for a, b, c, d in boxes.tolist()]
    for (a, b, c, d), name in zip(boxes.tolist(), names, strict=True):
        tint = TINTS[name.split()[0]]
        left.add_patch(Rectangle((a, b), c - a, d - b, fill=False, ec=tint, lw=2))
        left.text(
            (a + c) / 2, b - 1, name, ha="center", va="bottom", fontsize=9, bbox={"fc": "white", "ec": tint, "pad": 1}
        )
    said = []
    for a, (xa, ya) in enumerate(middles):
        for b, (xb, yb) in enumerate(middles):
            across, relation = abs(xa - xb) > abs(ya - yb), "above"
            if across:
                relation = "left of"
            if (xa < xb if across else ya < yb) and a != b:
                right.annotate(
                    "", (xb, yb), (xa, ya), arrowprops={"arrowstyle": "->", "color": GREY, "shrinkA": 14, "shrinkB": 14}
                )
                right.text(
                    (xa + xb) / 2,
                    (ya + yb) / 2,
                    relation,
                    ha="center",
                    va="center",
                    fontsize=10,
                    color="#666666",
                    bbox={"fc": "white", "ec": "none", "pad": 1},
                )
                said.append(f"{names[a]} {relation} {names[b]}")
    for (x, y), name in zip(middles, names, strict=True):
        tint = TINTS[name.split()[0]]
        right.text(
            x, y, name, ha="center", va="center", fontsize=10, bbox={"fc": "white", "ec": tint, "boxstyle": "round"}
        )
    side = picture.shape[1]
    right.set(xlim=(-4, side + 4), ylim=(side, 0))
    right.axis("off")
    return alt(page, f"A picture with {len(names)} boxes and their captions, and a graph: {'; '.join(said)}.")


def films(film: int = 1) -> Figure:
    """Return the frames of a clip in their order, and below it backwards."""
    data = clips.clips(20, seed=2)
    both = (data, clips.backwards(data))
    length = int(data.lengths[film])
    picture, axes = figure(2, length, size=(8.2, 2.7))
    names = [clips.NAMES[int(one.y[film])] for one in both]
    for row, one, name in zip(axes, both, names, strict=True):
        for t, ax in enumerate(row):
            _show(ax, ((one.frames[film, t] + 1) / 2).clamp(0, 1))
        row[0].set_ylabel(name, fontsize=12)
    return alt(
        picture,
        f"{length} frames of a shape that moves: {names[0]}. Below, the same frames in reversed order: {names[1]}.",
    )
