"""Pictures of the notebook word2vec."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from coursekit import scene_words, word_vectors
from coursekit.kept import kept
from coursekit.plots import PALETTE, alt, figure
from coursekit.scene_words import NOUNS

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
GREY = "#777777"
SIGNED = LinearSegmentedColormap.from_list("signed", [ORANGE, "white", BLUE])
LIKE = ("red", "green", "blue", "tiny", "far", "light", "left", "right", "round", "smooth", "and")
SENTENCE = "the red dot lies above the blue block"
MENU = [
    "dot",
    "disc",
    "tile",
    "block",
    "spike",
    "peak",
    "spark",
    "sun",
    "red",
    "green",
    "tiny",
    "huge",
    "left",
    "above",
]
PARTS = (25, 50, 100, 200, 400)  # of the corpus's sentences
RUNS = 5
# The three words of the text: dot, is, round.
OUTPUTS = torch.tensor([[0.0, 0.0], [math.log(2), 5.0], [math.log(5), -3.0]], dtype=torch.float64)
CENTRE = torch.tensor([1.0, 0.0], dtype=torch.float64)


# The finished thing


@cache
def arrows() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the input vectors of the small and of the large nouns, (5, D) each, in the order of the outlines."""
    words, vectors = scene_words.corpus(), word_vectors.of_scenes().inputs
    small, large = (vectors[[words.number(pair[which]) for pair in NOUNS.values()]] for which in (0, 1))
    return small, large


def _plane(small: torch.Tensor, large: torch.Tensor) -> torch.Tensor:
    """Return two directions (D, 2): the mean of the arrows, and at a right angle to it one that parts the outlines
    evenly, the first at the top."""
    across = F.normalize((large - small).mean(dim=0), dim=0)
    middles = (small + large) / 2
    middles = middles - middles.mean(dim=0)
    middles = middles - torch.outer(middles.mv(across), across)
    up = torch.linalg.pinv(middles).mv(torch.linspace(1, -1, len(middles)))
    return torch.stack([across, F.normalize(up, dim=0)], dim=1)


def overview() -> Figure:
    """Return a drawn scene with its sentence, and the ten nouns with an arrow from the small to the large."""
    words = scene_words.corpus()
    scene = _telling(words)
    sentence = " ".join(words.vocabulary[word] for word in words.sentences[scene])
    picture = figure(size=(8.8, 3.6))[0]
    picture.clear()
    grid = picture.add_gridspec(1, 2, width_ratios=(1, 1.7))
    ax = picture.add_subplot(grid[0])
    ax.imshow(scene_words.scenes(2000).images[scene].permute(1, 2, 0).numpy())
    middle = len(sentence.split()) // 2
    ax.set_title(" ".join(sentence.split()[:middle]) + "\n" + " ".join(sentence.split()[middle:]), fontsize=12)
    ax.axis("off")
    ax = picture.add_subplot(grid[1])
    small, large = arrows()
    plane = _plane(small, large)
    for index, (names, start, end) in enumerate(
        zip(NOUNS.values(), (small @ plane).tolist(), (large @ plane).tolist(), strict=True)
    ):
        ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": PALETTE[index], "lw": 2})
        ax.text(start[0] - 0.06, start[1], names[0], ha="right", va="center")
        ax.text(end[0] + 0.06, end[1], names[1], ha="left", va="center")
    both = torch.cat([small, large]) @ plane
    (left, low), (right, top) = both.amin(dim=0).tolist(), both.amax(dim=0).tolist()
    ax.set(xlim=(left - 0.6, right + 0.6), ylim=(low - 0.25, top + 0.25))
    ax.set(xlabel="along the mean of the arrows", ylabel="a direction that parts outlines", xticks=[], yticks=[])
    return alt(
        picture,
        f"Left, a drawn scene of two shapes, and its sentence: {sentence}. Right, ten nouns on a plane, with five "
        "arrows that run nearly alike, from dot to disc, tile to block, spike to peak, spark to sun, and plus to mill. "
        f"In all 16 dimensions the cosine of two arrows is {likeness_of_arrows():.2f} on average.",
    )


def likeness_of_arrows() -> float:
    """Return the mean cosine of two different arrows."""
    small, large = arrows()
    table = _cosines(large - small)
    return float((table.sum() - len(table)) / (len(table) * (len(table) - 1)))


def _cosines(rows: torch.Tensor) -> torch.Tensor:
    directions = F.normalize(rows)
    return torch.mm(directions, directions.mT)


def _telling(words: scene_words.Words) -> int:
    """Return the first scene whose sentence tells of both shapes."""
    lies = words.number("lies")
    return next(scene for scene, sentence in enumerate(words.sentences) if lies in sentence)


# One-hot vectors


def cosines() -> Figure:
    """Return the cosines of eleven words with each other: of one-hot vectors, and of the trained ones."""
    words = scene_words.corpus()
    vectors = word_vectors.of_scenes().inputs[[words.number(word) for word in LIKE]]
    tables = {"one-hot": torch.eye(len(LIKE)), "trained": _cosines(vectors)}
    picture, axes = figure(1, 2, size=(8.8, 4.2))
    for ax, (title, table) in zip(axes, tables.items(), strict=True):
        drawn = ax.imshow(table.numpy(), cmap=SIGNED, vmin=-1, vmax=1)
        ax.set_title(title)
        ax.set_xticks(range(len(LIKE)), LIKE, rotation=90)
        ax.set_yticks(range(len(LIKE)), LIKE)
    picture.colorbar(drawn, ax=list(axes), shrink=0.8, label="cosine")
    return alt(
        picture,
        "Two tables of the cosines of eleven words. One-hot: 1 on the diagonal, 0 everywhere else. Trained: dark blocks"
        f" for the three colours (red and green {tables['trained'][0, 1]:.2f}), for tiny, far and light, for left and "
        "right, and for round and smooth.",
    )


# Windows


def window(place: int = 2, width: int = 2) -> Figure:
    """Return a sentence with its centre word, the words of its context, and the places that are free."""
    words = SENTENCE.split()
    picture, ax = figure(size=(8.8, 1.3))
    near = range(place - width, place + width + 1)
    context = [words[at] for at in near if at != place and 0 <= at < len(words)]
    right = 0.0
    for at in range(min(near[0], 0), max(near[-1], len(words) - 1) + 1):
        inside = 0 <= at < len(words)
        word = words[at] if inside else "−1"
        tint = ORANGE if at == place else BLUE if at in near else "#DDDDDD"
        style = {"fc": tint if inside else "white", "ec": tint, "alpha": 0.55 if inside else 1.0}
        box = {"boxstyle": "round,pad=0.3", "ls": "-" if inside else "--", **style}
        right += len(word) / 2 + 1
        ax.text(right, 0, word, ha="center", va="center", fontsize=13, bbox=box)
        right += len(word) / 2 + 1
    said = f"centre {words[place]}, context {', '.join(context)}"
    ax.set(xlim=(right / 2 - 34, right / 2 + 34), ylim=(-1, 1))
    ax.set_title(f"{said}; {2 * width - len(context)} of {2 * width} places free", fontsize=12)
    ax.axis("off")
    return alt(picture, f"The sentence “{SENTENCE}”: {said}; {2 * width - len(context)} places are free.")


# Skip-gram and CBOW


def pulls() -> Figure:
    """Return the text's three output vectors and the centre's input vector, with a step against the gradient."""
    slopes = 2 * torch.softmax(OUTPUTS @ CENTRE, dim=0) - torch.tensor([0.0, 1.0, 1.0], dtype=torch.float64)
    picture, ax = figure(size=(6.2, 3.9))
    names = ("dot", "is", "round")
    for name, place, slope in zip(names, OUTPUTS, slopes.tolist(), strict=True):
        ax.plot(*place.tolist(), "o", color=BLUE)
        _arrow(ax, place, -slope * CENTRE, BLUE)
        ax.text(float(place[0]), float(place[1]) + 0.35, name, ha="center", color=BLUE)
    ax.plot(*CENTRE.tolist(), "s", color=ORANGE)
    _arrow(ax, CENTRE, -slopes @ OUTPUTS, ORANGE)
    ax.text(float(CENTRE[0]) + 0.06, -0.2, "dot, seen", va="top", color=ORANGE)
    ax.axhline(0, color="#CCCCCC", lw=1, zorder=0)
    ax.set(xlim=(-0.5, 2.1), ylim=(-4, 6.2), xlabel="first number", ylabel="second number")
    return alt(
        picture,
        "Three output vectors as dots: dot, is and round. Is moves to the right, dot and round a little to the left, "
        "all three along the direction of the centre's input vector, a square at (1, 0). The square moves up, towards "
        "the side of is.",
    )


def _arrow(ax: Axes, start: torch.Tensor, step: torch.Tensor, tint: str) -> None:
    look = {"arrowstyle": "-|>", "color": tint, "lw": 2, "shrinkA": 0, "shrinkB": 0}
    (x, y), (dx, dy) = start.tolist(), step.tolist()
    ax.annotate("", (x + dx, y + dy), (x, y), arrowprops=look)


def models() -> Figure:
    """Return who guesses whom: skip-gram from the centre, CBOW from the mean of the context."""
    picture, axes = figure(1, 2, size=(8.8, 3.2))
    around, heights = ("the", "red", "lies", "above"), (3, 2, 1, 0)
    for ax, title in zip(axes, ("skip-gram: four guesses", "CBOW: one guess"), strict=True):
        bags = title.startswith("CBOW")
        left, right = (around, ("dot",)) if bags else (("dot",), around)
        for names, at, tint in ((left, 0.0, ORANGE), (right, 2.0, BLUE)):
            for name, height in zip(names, heights if len(names) > 1 else (1.5,), strict=True):
                box = {"boxstyle": "round,pad=0.3", "fc": tint, "ec": tint, "alpha": 0.5}
                ax.text(at, height, name, ha="center", va="center", fontsize=13, bbox=box)
                stops = ((0.32, height), (0.86, 1.5)) if bags and at == 0 else ((1.14, 1.5), (1.62, height))
                if not bags and at == 0:
                    stops = ((0.32, 1.5), (0.86, 1.5))
                ax.annotate("", stops[1], stops[0], arrowprops={"arrowstyle": "->", "color": GREY, "lw": 1.5})
        ax.text(1, 1.5, "h" if bags else "·", ha="center", va="center", fontsize=14)
        ax.text(0, -0.9, "inputs", ha="center", color=GREY)
        ax.text(2, -0.9, "outputs", ha="center", color=GREY)
        ax.set(xlim=(-0.5, 2.5), ylim=(-1.2, 3.5), title=title)
        ax.axis("off")
    return alt(
        picture,
        "Skip-gram: from the input vector of dot four arrows to the output vectors of the, red, lies and above. CBOW: "
        "from the input vectors of the, red, lies and above to their mean h, one arrow to the output vector of dot.",
    )


# Negative sampling


def noise(power: float = 0.75) -> Figure:
    """Return how often each word of the corpus occurs, and how often it is drawn at a power of its count."""
    counts = scene_words.corpus().counts.double().numpy()
    shares, drawn = (100 * values / values.sum() for values in (counts, counts**power))
    ranks = np.arange(1, len(counts) + 1)
    picture, ax = figure(size=(6.6, 3.4))
    ax.step(ranks, shares, where="mid", color=GREY, label="occurs")
    ax.step(ranks, drawn, where="mid", color=ORANGE, label="is drawn")
    ax.set(xlabel="the corpus's words, the most frequent first", ylabel="per cent", yscale="log", ylim=(0.4, 30))
    ax.set_yticks([0.5, 1, 2, 5, 10, 20], labels=["0.5", "1", "2", "5", "10", "20"])
    ax.legend()
    said = f"to the power {power:g} the first word is drawn {drawn[0]:.1f} % of the time, the last {drawn[-1]:.1f} %"
    ax.set_title(said, fontsize=11)
    return alt(picture, f"The words' shares, from {shares[0]:.1f} % down to {shares[-1]:.1f} %; {said}.")


# A centre, the true word, and two negatives, one of which lies on the far side already.
SEEN = torch.tensor([1.6, 0.6], dtype=torch.float64)
COMPARED = torch.tensor([[-0.3, 1.2], [1.3, -0.4], [-1.7, -0.9]], dtype=torch.float64)


def steps_of_a_pair() -> tuple[torch.Tensor, torch.Tensor]:
    """Return the step against the gradient of negative sampling, of the centre (2,) and of the three others (3, 2)."""
    tables = SEEN.clone().requires_grad_(), COMPARED.clone().requires_grad_()
    scores = torch.mv(tables[1], tables[0])
    loss = -F.logsigmoid(scores * torch.tensor([1.0, -1, -1], dtype=torch.float64)).sum()
    centre, others = torch.autograd.grad(loss, tables)
    return -centre, -others


def push_and_pull() -> Figure:
    """Return one step of negative sampling on the plane."""
    centre, others = steps_of_a_pair()
    picture, ax = figure(size=(6.2, 3.8))
    names = ("true word", "negative", "negative")
    for name, place, step, tint in zip(names, COMPARED, others, (BLUE, RED, RED), strict=True):
        ax.plot(*place.tolist(), "o", color=tint)
        _arrow(ax, place, step, tint)
        ax.text(float(place[0]), float(place[1]) + (0.13 if name[0] == "t" else -0.16), name, ha="center",
                va="bottom" if name[0] == "t" else "top", color=tint)  # fmt: skip
    ax.plot(*SEEN.tolist(), "s", color=ORANGE)
    _arrow(ax, SEEN, centre, ORANGE)
    ax.text(1.72, 0.6, "centre", va="center", color=ORANGE)
    ax.plot(0, 0, "+", color="black")
    ax.set(xlim=(-2.4, 2.4), ylim=(-1.5, 2.1), aspect="equal", xticks=[], yticks=[])
    lengths = others.norm(dim=1).tolist()
    return alt(
        picture,
        "The true word moves along the centre's direction, the near negative against it, and the far negative hardly: "
        f"by {lengths[0]:.2f}, {lengths[1]:.2f} and {lengths[2]:.2f}. The centre moves to the true word's side and "
        "away from the near negative.",
    )


# Analogies


def analogy(a: str = "dot", b: str = "disc", c: str = "tile") -> Figure:
    """Return three words, the place that their sum points to, and the five words with the largest cosine there."""
    words, vectors = scene_words.corpus(), F.normalize(word_vectors.of_scenes().inputs)
    asked = [words.number(word) for word in (a, b, c)]
    goal = vectors[asked[1]] - vectors[asked[0]] + vectors[asked[2]]
    likeness = torch.mv(vectors, goal) / goal.norm().clamp(min=1e-8)
    best = [word for word in likeness.argsort(descending=True, stable=True).tolist() if word not in asked][:5]
    picture, (ax, bars) = figure(1, 2, size=(8.8, 3.3))
    shown = [*asked, best[0]]
    places = torch.cat([vectors[shown], goal[None]])
    middle = places.mean(dim=0)
    axis = torch.linalg.svd(places - middle, full_matrices=False).Vh[:2].T
    flat = ((places - middle) @ axis).tolist()
    for start, end, dash in ((0, 1, "-"), (2, 4, "--")):
        look = {"arrowstyle": "-|>", "color": ORANGE, "lw": 2, "ls": dash}
        ax.annotate("", flat[end], flat[start], arrowprops=look)
    for number, place in zip(shown, flat, strict=False):
        ax.plot(*place, "o", color=GREEN if number == best[0] else BLUE)
        ax.text(place[0], place[1] + 0.08, words.vocabulary[number], ha="center")
    ax.set(xlim=(-1.3, 1.3), ylim=(-1.2, 1.3), xticks=[], yticks=[])
    values = likeness[best].tolist()
    bars.barh(range(5), values, color=[GREEN, *[GREY] * 4])
    bars.set_yticks(range(5), [words.vocabulary[word] for word in best])
    bars.invert_yaxis()
    bars.set(xlim=(0, 1), xlabel="cosine")
    said = f"{a} is to {b} as {c} is to {words.vocabulary[best[0]]}"
    picture.suptitle(said, fontsize=12)
    return alt(picture, f"{said}, with a cosine of {values[0]:.2f}; next comes {words.vocabulary[best[1]]}.")


# Little text


@kept
def shares_right() -> tuple[tuple[float, ...], ...]:
    """Return the share of analogies that come out, for each of `PARTS` in each of five runs on other sentences."""
    words = scene_words.corpus()
    return tuple(
        tuple(
            word_vectors.share_right(words, word_vectors.of_scenes(run * num, num, 200, run).inputs)
            for run in range(RUNS)
        )
        for num in PARTS
    )


def by_sentences() -> Figure:
    """Return the share of analogies that come out, by how many sentences the vectors were trained on."""
    shares = torch.tensor(shares_right())
    picture, ax = figure(size=(6.2, 3.4))
    for run in shares.T.tolist():
        ax.plot(PARTS, run, "o", color=BLUE, ms=5)
    ax.plot(PARTS, shares.mean(dim=1).tolist(), color=ORANGE, label="mean of five runs")
    ax.set(xlabel="sentences", ylabel="analogies right", xscale="log", ylim=(-0.04, 1.04))
    ax.set_xticks(PARTS, labels=[str(num) for num in PARTS])
    ax.minorticks_off()
    ax.legend()
    ends = [f"{num}: {row.min():.0%} to {row.max():.0%}" for num, row in zip(PARTS, shares, strict=True)]
    return alt(picture, f"The share of the forty analogies that come out, by sentences. {'; '.join(ends)}.")
