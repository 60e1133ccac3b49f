"""Pictures of the notebook on trees and ensembles, and the Haar-like features of its face data."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from coursekit.data import photographs, to_tensor
from coursekit.plots import PALETTE, alt, curve, decision_regions, figure, places_around, regions_from
from coursekit.stage import Kept, Stage
from coursekit.widgets import Explorer, explore

Tree = dict[str, Any]
RESOLUTION = 100  # places along each side of the plane
BLUE, ORANGE, GREEN, RED = PALETTE[:4]


def impurity_curves(entropy: Any, gini: Any) -> Figure:
    """Return entropy, Gini impurity and error rate of two classes against the share of the first."""
    picture, ax = figure(size=(5.4, 2.5))
    share = torch.linspace(0, 1, 101)
    counts = torch.stack([share, 1 - share], dim=1)
    ax.plot(share, entropy(counts), color=BLUE, label="entropy in bits")
    ax.plot(share, gini(counts), color=ORANGE, label="Gini impurity")
    ax.plot(share, torch.minimum(share, 1 - share), "--", color="grey", label="error rate")
    ax.set(xlabel="share of the first class", ylabel="impurity")
    ax.legend(fontsize=10, loc="upper left", bbox_to_anchor=(1, 1))
    return alt(
        picture,
        "Entropy and Gini are arches, 0 at both ends and highest at one half; the error rate is a tent below them.",
    )


def split_of_a_line(
    values: Sequence[float], labels: Sequence[int], thresholds: Sequence[float], drops: Sequence[float]
) -> Figure:
    """Return points on a line, and the decrease of impurity at each threshold above them."""
    picture, ax = figure(size=(4.8, 2.6))
    for label, (shade, marker) in enumerate(((BLUE, "o"), (ORANGE, "s"))):
        places = [value for value, own in zip(values, labels, strict=True) if own == label]
        ax.plot(places, [0] * len(places), marker, color=shade, markersize=11, label=f"class {label}")
    ax.vlines(thresholds, 0, drops, color="grey", linestyle=":")
    ax.plot(thresholds, drops, "k^", markersize=8, label="decrease")
    ax.set(xlabel="x", ylabel="decrease of the impurity", ylim=(-0.03, 0.3))
    ax.legend(fontsize=10, ncols=3, loc="upper center")
    return alt(picture, "Five points on a line; of four thresholds the one at 3 lowers the impurity most.")


def tree_diagram(tree: Tree, feature_names: Sequence[str], class_names: Sequence[str]) -> Figure:
    """Return a small tree as boxes and branches."""
    places: list[tuple[Tree, float, int]] = []
    _place(tree, 0, [0.0], places)
    depth = max(level for _, _, level in places)
    picture, ax = figure(size=(max(5.0, 0.95 * sum("left" not in one for one, _, _ in places)), 0.9 * depth + 0.9))
    where = {id(node): (across, -level) for node, across, level in places}
    for node, across, level in places:
        text = f"{class_names[node['counts'].index(max(node['counts']))]}\n{node['counts']}"
        if "left" in node:
            text = f"{feature_names[node['feature']]} ≤ {node['threshold']:.2f}?\n{node['counts']}"
            for side, answer in (("left", "yes"), ("right", "no")):
                end = where[id(node[side])]
                ax.plot([across, end[0]], [-level, end[1]], color="grey", linewidth=1, antialiased=False)
                middle = (across + end[0]) / 2, (end[1] - level) / 2
                ground = {"facecolor": "white", "edgecolor": "none", "pad": 1}
                ax.text(*middle, answer, fontsize=9, color="#666666", ha="center", va="center", bbox=ground)
        box = {"boxstyle": "round", "facecolor": "white", "edgecolor": BLUE if "left" in node else ORANGE}
        ax.text(across, -level, text, ha="center", va="center", fontsize=9, bbox=box)
    ax.set(xlim=(-0.7, max(across for _, across, _ in places) + 0.7), ylim=(-depth - 0.5, 0.5))
    ax.axis("off")
    return alt(
        picture, f"A tree of depth {depth}: each box asks for one feature, each leaf names a class and its counts."
    )


def _place(node: Tree, level: int, free: list[float], places: list[tuple[Tree, float, int]]) -> float:
    if "left" in node:
        ends = [_place(node[side], level + 1, free, places) for side in ("left", "right")]
        across = sum(ends) / 2
    else:
        across, free[0] = free[0], free[0] + 1
    places.append((node, across, level))
    return across


def shares_of(tree: Tree, x: torch.Tensor, max_depth: int = 99) -> torch.Tensor:
    """Return the class shares that a tree, cut at max_depth, gives to many rows at once, (M, C)."""
    if "left" not in tree or max_depth == 0:
        counts = torch.tensor(tree["counts"], dtype=torch.float32)
        return (counts / counts.sum()).expand(len(x), -1)
    left = x[:, tree["feature"]] <= tree["threshold"]
    answer = torch.empty(len(x), len(tree["counts"]))
    answer[left] = shares_of(tree["left"], x[left], max_depth - 1)
    answer[~left] = shares_of(tree["right"], x[~left], max_depth - 1)
    return answer


def _likeliest(tree: Tree, x: torch.Tensor) -> torch.Tensor:
    return shares_of(tree, x).argmax(dim=1)


def regions_of(trees: Sequence[tuple[str, Tree]], x: torch.Tensor, y: torch.Tensor, text: str) -> Figure:
    """Return the regions of several trees side by side."""
    picture, axes = figure(1, len(trees), size=(3.0 * len(trees), 2.7))
    for ax, (title, tree) in zip(axes, trees, strict=True):
        decision_regions(partial(_likeliest, tree), x, y, ax=ax, resolution=RESOLUTION)
        ax.set_title(title)
    return alt(picture, text)


def forest_explorer(
    trees: Sequence[Tree], x: torch.Tensor, y: torch.Tensor, x_val: torch.Tensor, y_val: torch.Tensor
) -> Explorer:
    """Return the widget: the boundary for a depth and a number of trees, and both errors.

    A tree that was grown greedily to depth 10 and is cut at depth 3 is the tree of depth 3, so that
    the trees are grown once.
    """
    rows = torch.cat([x, x_val, places_around(x, RESOLUTION)])

    @cache  # one tree more asks for one tree
    def summed(depth: int, number: int) -> torch.Tensor:
        before = summed(depth, number - 1) if number > 1 else 0
        return before + shares_of(trees[number - 1], rows, depth)

    def draw(depth: int = 10, number_of_trees: int = 1, kept: Kept | None = None) -> Figure:
        stage: _ForestStage = (kept or Kept()).of((), lambda: _ForestStage(x, y))
        known, new, regions = summed(depth, number_of_trees).argmax(dim=1).tensor_split([len(x), len(x) + len(x_val)])
        errors = [float((guess != truth).double().mean()) for guess, truth in ((known, y), (new, y_val))]
        stage.move(regions, f"errors: training {errors[0]:.0%}, new points {errors[1]:.0%}")
        kind = (
            "one deep tree: a ragged boundary" if number_of_trees == 1 else f"{number_of_trees} trees of depth {depth}"
        )
        return alt(
            stage,
            f"Two moons and the regions of {kind}; training error {errors[0]:.0%}, on new points {errors[1]:.0%}.",
        )

    return explore(draw, depth=(1, 10), number_of_trees=(1, len(trees)))


class _ForestStage(Stage):
    """Points in the plane, below which the regions move."""

    def __init__(self, x: torch.Tensor, y: torch.Tensor) -> None:
        super().__init__((3.8, 3.3))
        ax = self.subplots()
        decision_regions(lambda places: torch.zeros(len(places)), x, y, ax=ax, resolution=RESOLUTION)
        self._regions = self.moving(ax.images[0])
        for points in ax.collections:
            self.moving(points)
        self._title = self.moving(ax.set_title(" "))

    def move(self, labels: torch.Tensor, title: str) -> None:
        """Show the label of every place."""
        self._regions.set_data(regions_from(labels))
        self._title.set_text(title)


def weights_of_a_round(
    x: torch.Tensor, y: torch.Tensor, rounds: Sequence[tuple[str, torch.Tensor, tuple[int, float] | None]]
) -> Figure:
    """Return points whose area is their weight, round by round, with the stump's threshold."""
    picture, axes = figure(1, len(rounds), size=(2.5 * len(rounds), 2.3))
    for ax, (title, weights, stump) in zip(axes, rounds, strict=True):
        for label, shade, marker in ((-1, BLUE, "o"), (1, ORANGE, "s")):
            own = y == label
            ax.scatter(x[own, 0], x[own, 1], s=3000 * weights[own], color=shade, marker=marker, linewidth=0)
        if stump is not None:
            draw_line = (ax.axvline, ax.axhline)[stump[0]]
            draw_line(stump[1], color="black", linestyle="--")
        ax.set_title(title, fontsize=11)
        ax.tick_params(labelleft=ax is axes[0])
    return alt(picture, "The same points three times: those that a stump gets wrong are larger in the next round.")


def haar_features(size: int = 25, num: int = 150, seed: int = 0) -> list[tuple[int, int, int, int, bool]]:
    """Return rectangles (top, left, height, width, upright), each to be cut in two halves of even size."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(num):
        upright = bool(rng.integers(2))
        height, width = (2 * int(rng.integers(1, 6)) + 2 for _ in range(2))
        top, left = int(rng.integers(size - height + 1)), int(rng.integers(size - width + 1))
        found.append((top, left, height, width, upright))
    return found


def haar_values(images: torch.Tensor, features: Sequence[tuple[int, int, int, int, bool]]) -> torch.Tensor:
    """Return for images (N, 1, S, S) how much brighter each rectangle's first half is, (N, F).

    Sums over rectangles come from the integral image: four look-ups each, whatever the size.
    """
    integral = torch.nn.functional.pad(images[:, 0].double().cumsum(dim=1).cumsum(dim=2), (1, 0, 1, 0))

    def total(top: int, left: int, height: int, width: int) -> torch.Tensor:
        low, far = top + height, left + width
        return integral[:, low, far] - integral[:, top, far] - integral[:, low, left] + integral[:, top, left]

    columns = []
    for top, left, height, width, upright in features:
        if upright:
            parts = (top, left, height, width // 2), (top, left + width // 2, height, width // 2)
        else:
            parts = (top, left, height // 2, width), (top + height // 2, left, height // 2, width)
        columns.append((total(*parts[0]) - total(*parts[1])) / (height * width / 2))
    return torch.stack(columns, dim=1)


def stump_answers(values: torch.Tensor, thresholds: torch.Tensor) -> torch.Tensor:
    """Return what every stump says of every row, (2 · F · T, N) of -1 and 1.

    Args:
        values: (N, F) features.
        thresholds: (F, T), T for each feature. The second half of the answers is the first, turned round.
    """
    above = (values.T[:, None, :] > thresholds[:, :, None]).long() * 2 - 1
    flat = above.reshape(-1, len(values))
    return torch.cat([flat, -flat])


def haar_picture(
    image: torch.Tensor, features: Sequence[tuple[int, int, int, int, bool]], titles: Sequence[str]
) -> Figure:
    """Return rectangles drawn over a face: blue for the half that is added, orange for the other."""
    picture, axes = figure(1, len(features), size=(2 * len(features), 2.3))
    for ax, (top, left, height, width, upright), title in zip(axes, features, titles, strict=True):
        ax.imshow(image, vmin=0, vmax=1)
        half = (height, width // 2) if upright else (height // 2, width)
        second = (top, left + half[1]) if upright else (top + half[0], left)
        for (row, column), shade in (((top, left), BLUE), (second, ORANGE)):
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), half[1], half[0], facecolor=shade, alpha=0.55))
        ax.set_title(title, fontsize=11)
        ax.axis("off")
    return alt(picture, "Pairs of rectangles over the mean face; the first lies across the forehead and the eyes.")


def errors_by_stumps(history: Sequence[Sequence[float]]) -> Figure:
    """Return the errors of a growing sum of stumps against how many they are.

    Args:
        history: for each number of stumps, the error in training and on new patches.
    """
    picture, ax = figure(size=(4.4, 2.8))
    lines = dict(zip(("training", "new patches"), zip(*history, strict=True), strict=True))
    curve(range(1, len(history) + 1), lines, xlabel="stumps", ylabel="share wrong", ax=ax)
    return alt(
        picture,
        "The training error reaches zero within ten stumps; the error on new patches wavers between one and nine per "
        "cent.",
    )


def scan_line(name: str = "coffee", row: int = 120, every: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """Return one row of a photograph: columns (N, 1) and brightness (N,), float64."""
    line = to_tensor(photographs()[name]).double().mean(dim=0)[row, ::every]
    return torch.arange(len(line), dtype=torch.float64)[:, None] * every, line


def boosting_steps(x: torch.Tensor, y: torch.Tensor, fits: Sequence[tuple[int, torch.Tensor]]) -> Figure:
    """Return the brightness along a scan line, and the staircase after several numbers of stumps."""
    picture, axes = figure(1, len(fits), size=(2.6 * len(fits), 2.1))
    for ax, (number, prediction) in zip(axes, fits, strict=True):
        ax.plot(x[:, 0], y, color="grey", linewidth=1, antialiased=False)
        ax.step(x[:, 0], prediction, where="mid", color=ORANGE)
        ax.set(
            title=f"{number} stumps, error {float((prediction - y).square().mean()):.4f}", xlabel="column", ylim=(0, 1)
        )
        ax.tick_params(labelleft=ax is axes[0])
    axes[0].set_ylabel("brightness")
    return alt(picture, "A staircase that follows the brightness of one image row more closely with every stump.")
