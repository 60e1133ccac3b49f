"""Pictures of the notebook on LSTMs: gates, a step and its gradients, lengths, reset gates, and how long each lasts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from torch import nn

from coursekit import colour_memory
from coursekit.kept import kept
from coursekit.plots import PALETTE, alt, figure
from coursekit.small_detectors import started

BLUE, ORANGE, GREEN, GREY = PALETTE[0], PALETTE[1], PALETTE[2], "#8A8A8A"
WAIT = 32  # grey steps of the first picture
WAITS = (0, 8, 16, 32, 64)
TINTS = {"RNN": GREY, "LSTM": ORANGE, "LSTM, forget bias 4": BLUE}
# One unit of the text: its gates, the old cell and the gradients from above.
GATES = 0.5, 0.75, 0.6, 0.8  # i, f, g, o
OLD_CELL = 2.0
GRAD_H, GRAD_C = 1.0, 0.5


def _logistic(z: float) -> float:
    return 1 / (1 + math.exp(-z))


# The finished thing


@cache
def overview() -> Figure:
    """Return a strip, and how strongly the answers of two trained networks depend on each step of it."""
    kinds = ("RNN", "LSTM, forget bias 4")
    picture, (above, below) = _two_rows((8.4, 3.7), (1, 2.2))
    image = colour_memory.strips(500, WAIT, seed=2).images[1]
    _strip(above, image)
    said = []
    for kind in kinds:
        net = colour_memory.trained(kind, WAIT)
        values, right = colour_memory.influence(net, WAIT), colour_memory.accuracy(net, WAIT)
        below.plot(
            range(1, len(values) + 1), values, color=TINTS[kind], label=f"{kind[:4].strip(',')}: {right:.0%} right"
        )
        first, last = float(values[: colour_memory.FIRST].max()), float(values[-1])
        said.append(
            f"the {kind}'s is at most {first:.0e} on the shape and {last:.0e} at the end, {right:.0%} are right"
        )
    below.set(xlabel="step", ylabel="influence on the answer", yscale="log", xlim=(0.5, image.shape[2] / 2 + 0.5))
    below.legend(loc="lower right")
    return alt(
        picture,
        "A strip: a coloured shape at the left, and four times as much grey. Below it the influence of each step on "
        f"the answer, for two networks: {'; '.join(said)}.",
    )


def _two_rows(size: tuple[float, float], heights: tuple[float, float]) -> tuple[Figure, tuple[Axes, Axes]]:
    picture = figure(size=size)[0]
    picture.clear()
    grid = picture.add_gridspec(2, 1, height_ratios=heights)
    return picture, (picture.add_subplot(grid[0]), picture.add_subplot(grid[1]))


def _strip(ax: Axes, image: torch.Tensor) -> None:
    """Show an image (3, H, W); a step is as wide as on an axis of steps below it."""
    steps = image.shape[2] / colour_memory.COLUMNS
    ax.imshow(image.permute(1, 2, 0).numpy(), extent=(0.5, steps + 0.5, 0, 1), aspect="auto")
    ax.axis("off")


# Gates

CANDIDATES = (0.3, 0.9, -0.5, 0.7, -0.9, 0.4, 0.8, -0.6, 0.2, -0.4, 0.6, -0.8)
OPEN = {"input gate": (2,), "forget gate": (2, 3, 4, 5, 6, 7, 8, 10, 11, 12), "output gate": (5, 6, 7)}


def run_unit(
    candidates: Sequence[float], inputs: Sequence[float], forgets: Sequence[float], outputs: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Return a unit's cell and hidden state after each step, from 0, with gates that are given."""
    cell, cells, hidden = 0.0, [], []
    for g, i, f, o in zip(candidates, inputs, forgets, outputs, strict=True):
        cell = f * cell + i * g
        cells.append(cell)
        hidden.append(o * math.tanh(cell))
    return cells, hidden


def gates_at_work() -> Figure:
    """Return twelve steps of a unit whose gates are open at some steps and shut at the others."""
    steps = range(1, len(CANDIDATES) + 1)
    shut = {name: [float(step in times) for step in steps] for name, times in OPEN.items()}
    cells, hidden = run_unit(CANDIDATES, *shut.values())
    picture, axes = figure(4, 1, size=(7.0, 4.6))
    for ax, values, name in zip(
        axes, (CANDIDATES, None, cells, hidden), ("candidate g", "gates", "cell c", "shown, h"), strict=True
    ):
        if values is None:
            for row, (gate, times) in enumerate(OPEN.items()):
                ax.scatter(steps, [row] * len(steps), marker="s", s=90, fc="white", ec=GREY, lw=1)
                ax.scatter(times, [row] * len(times), marker="s", s=90, color=BLUE)
                ax.text(0.4, row, gate, ha="right", va="center", fontsize=11)
            ax.set(ylim=(2.6, -0.6), yticks=[])
            ax.spines[:].set_visible(False)
        else:
            ax.bar(steps, values, width=0.6, color=[BLUE if value > 0 else ORANGE for value in values])
            ax.axhline(0, color=GREY, lw=1)
            ax.set(ylim=(-1.05, 1.05), yticks=[-1, 0, 1])
            ax.text(0.4, 0.6, name, ha="right", va="center", fontsize=11)
        ax.set(xlim=(-2.2, 12.6), xticks=[])
    axes[3].set(xticks=steps, xlabel="step")
    kept = [step for step, cell in zip(steps, cells, strict=True) if cell]
    seen = [step for step, value in zip(steps, hidden, strict=True) if value]
    return alt(
        picture,
        f"Four rows of twelve steps. Candidates of both signs; which gates are open (blue); the cell, which is "
        f"{max(cells):.1f} from step {kept[0]} to step {kept[-1]} and else 0; what is shown, {max(hidden):.2f} from "
        f"step {seen[0]} to step {seen[-1]} and else 0.",
    )


def one_unit(input_gate: float = 0.8, forget_gate: float = 0.9, output_gate: float = 0.5) -> Figure:
    """Return the cell and the hidden state of a unit whose three gates never move, after two candidates."""
    steps = range(1, 13)
    candidates = [{2: 1.0, 6: -0.8}.get(step, 0.0) for step in steps]
    gates = ([gate] * len(steps) for gate in (input_gate, forget_gate, output_gate))
    cells, hidden = run_unit(candidates, *gates)
    picture, ax = figure(size=(6.6, 3.0))
    ax.bar(steps, candidates, width=0.3, color="#bbbbbb", label="candidate g")
    ax.plot(steps, cells, "o-", color=BLUE, label="cell c")
    ax.plot(steps, hidden, "s--", color=ORANGE, label="shown, h")
    ax.axhline(0, color=GREY, lw=1)
    ax.set(xlabel="step", ylim=(-1.1, 1.1), xticks=steps)
    ax.legend(loc="upper right", fontsize=10)
    return alt(
        picture,
        f"Twelve steps of a unit with an input gate of {input_gate:.2f}, a forget gate of {forget_gate:.2f} and an "
        f"output gate of {output_gate:.2f}: the cell is {cells[1]:.2f} at step 2, {cells[5]:.2f} at step 6 and "
        f"{cells[-1]:.2f} at the end, where {hidden[-1]:.2f} is shown.",
    )


# A step as a graph


def step_numbers() -> dict[str, tuple[float, float]]:
    """Return the value and the gradient at each place of the text's unit; of gates behind their functions."""
    i, f, g, o = GATES
    cell = f * OLD_CELL + i * g
    shown = math.tanh(cell)
    grad_cell = GRAD_C + GRAD_H * o * (1 - shown**2)
    return {
        "old cell": (OLD_CELL, grad_cell * f),
        "f": (f, grad_cell * OLD_CELL),
        "i": (i, grad_cell * g),
        "g": (g, grad_cell * i),
        "o": (o, GRAD_H * shown),
        "new cell": (cell, grad_cell),
        "tanh": (shown, GRAD_H * o),
        "h": (o * shown, GRAD_H),
    }


def step_graph() -> Figure:
    """Return an LSTM's step as a graph: the cell's way above, four gates below, values and gradients beside them."""
    numbers = step_numbers()
    picture, ax = figure(size=(8.4, 3.5))
    nodes = {"×f": (2.0, 3.0), "+": (4.2, 3.0), "×i": (4.2, 1.7), "tanh": (6.4, 2.35), "×o": (6.4, 1.2)}
    for name, (x, y) in nodes.items():
        ax.add_patch(
            FancyBboxPatch((x - 0.22, y - 0.16), 0.44, 0.32, boxstyle="round,pad=0.06", fc="white", ec="black")
        )
        ax.text(
            x, y, name[0] if name != "tanh" else name, ha="center", va="center", fontsize=11 if name == "tanh" else 14
        )
    lines = (
        ("old cell", (0.2, 3.0), (1.7, 3.0), "$c_{t-1}$", (0.75, 3.0)),
        ("f", (2.0, 0.3), (2.0, 2.75), "$f$", (2.0, 0.75)),
        ("", (2.3, 3.0), (3.9, 3.0), "", (0, 0)),
        ("i", (3.3, 0.3), (4.1, 1.45), "$i$", (2.95, 0.95)),
        ("g", (5.1, 0.3), (4.3, 1.45), "$g$", (5.0, 0.95)),
        ("", (4.2, 1.95), (4.2, 2.75), "", (0, 0)),
        ("new cell", (4.5, 3.0), (8.2, 3.0), "$c_t$", (5.2, 3.0)),
        ("", (6.4, 3.0), (6.4, 2.6), "", (0, 0)),
        ("tanh", (6.4, 2.1), (6.4, 1.45), "", (6.4, 1.78)),
        ("o", (6.4, 0.3), (6.4, 0.95), "$o$", (6.4, 0.62)),
        ("h", (6.7, 1.2), (8.2, 1.2), "$h_t$", (7.4, 1.2)),
    )
    for name, tail, head, word, (x, y) in lines:
        ax.annotate("", head, tail, arrowprops={"arrowstyle": "->", "color": "black", "lw": 1.3})
        if name:
            value, gradient = numbers[name]
            level = name in ("old cell", "new cell", "h")
            dx, dy = (0.0, 0.13) if level else (0.1, 0.0)
            ax.text(x + dx, y + dy, f"{value:.3g}", color=BLUE, fontsize=12, ha="left", va="bottom")
            ax.text(
                x + dx,
                y - (0.13 if level else 0.02),
                f"{gradient:.3f}",
                color=PALETTE[3],
                fontsize=12,
                ha="left",
                va="top",
            )
            ax.text(
                x - 0.12, y + (dy if level else 0), word, fontsize=13, ha="right", va="bottom" if level else "center"
            )
    ax.text(8.2, 2.87, f"{GRAD_C}", color=PALETTE[3], fontsize=12, ha="right", va="top")
    ax.set(xlim=(0, 8.5), ylim=(0.2, 3.4))
    ax.axis("off")
    words = "; ".join(f"{name} {value:.3g} and {gradient:.3f}" for name, (value, gradient) in numbers.items())
    return alt(
        picture,
        "The old cell is multiplied by f, i times g is added, and that is the new cell; its tanh, multiplied by o, is "
        f"h. At each place stand its value and its gradient: {words}.",
    )


# Sequences of different lengths

LENGTHS = (8, 3, 6, 1)


def masked_states() -> torch.Tensor:
    """Return the hidden state of one unit for four sequences of different lengths, (4, 8), 0 behind their ends."""
    layer = started(lambda: nn.LSTM(3, 1, batch_first=True), 0)
    x = torch.randn(len(LENGTHS), max(LENGTHS), 3, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        out: torch.Tensor = layer(4 * x)[0][..., 0]
    return out * (torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS)[:, None])


def lengths() -> Figure:
    """Return the outputs of four sequences, the last real one of each framed."""
    states = masked_states()
    picture, ax = figure(size=(6.4, 2.3))
    for row, length in enumerate(LENGTHS):
        for step in range(max(LENGTHS)):
            value = float(states[row, step])
            real = step < length
            ax.text(
                step,
                row,
                f"{value:.2f}" if real else "0",
                ha="center",
                va="center",
                fontsize=11,
                color="black" if real else GREY,
            )
            if step == length - 1:
                ax.add_patch(
                    FancyBboxPatch(
                        (step - 0.36, row - 0.3), 0.72, 0.6, boxstyle="round,pad=0.05", fc="none", ec=BLUE, lw=2
                    )
                )
        ax.text(-0.8, row, f"length {length}", ha="right", va="center", fontsize=11)
    ax.set(xlim=(-2.3, 7.6), ylim=(3.6, -0.6), yticks=[], xticks=range(8), xlabel="step")
    ax.set_xticklabels([str(step + 1) for step in range(8)])
    ax.spines["left"].set_visible(False)
    last = ", ".join(f"{float(states[row, length - 1]):.2f} at step {length}" for row, length in enumerate(LENGTHS))
    return alt(
        picture, f"A table of four sequences and eight steps, zeros behind each end. The last real states: {last}."
    )


# Two forms of a reset gate


def reset_forms() -> Figure:
    """Return the candidate of the text's unit by its reset gate, in both forms."""
    gates = torch.linspace(0, 1, 41)
    picture, ax = figure(size=(5.0, 2.9))
    said = []
    for name, tint, fixed, moved in (("after the matrix", BLUE, 0.2, 1.6), ("before it", ORANGE, 0.6, 1.2)):
        ax.plot(gates, (fixed + moved * gates).tanh(), color=tint, label=f"reset {name}")
        low, half, top = (math.tanh(fixed + moved * r) for r in (0, 0.5, 1))
        ax.plot([0.5], [half], "o", color=tint)
        said.append(f"{name} it rises from {low:.3f} by {half:.3f} at 0.5 to {top:.3f}")
    ax.set(xlabel="reset gate r", ylabel="candidate n", ylim=(0, 1))
    ax.legend(loc="lower right")
    return alt(picture, f"The candidate by the reset gate: {'; '.join(said)}.")


# How long it remembers


def ways() -> Figure:
    """Return the ways from the first cell to the second in the text's unit, with the derivative on each arrow."""
    _, f, _, o = GATES
    cell = step_numbers()["new cell"][0]
    steps = {"belt": f, "shown": o * (1 - math.tanh(cell) ** 2), "heard": f * (1 - f) * cell}
    picture, ax = figure(size=(6.6, 2.5))
    places = {f"{name}_{step}": (2.6 * step, 1.6 * (name == "c")) for name in "ch" for step in range(3)}
    for name, (x, y) in places.items():
        ax.text(x, y, f"${name}$", ha="center", va="center", fontsize=15)
    arrows = (
        ("c_0", "c_1", BLUE, f"{steps['belt']:.2f}", (1.3, 1.72)),
        ("c_1", "c_2", BLUE, f"{steps['belt']:.2f}", (3.9, 1.72)),
        ("c_1", "h_1", ORANGE, f"{steps['shown']:.4f}", (3.05, 0.75)),
        ("h_1", "c_2", ORANGE, f"{steps['heard']:.4f}", (4.45, 0.65)),
        ("c_2", "h_2", GREY, "", (0, 0)),
        ("h_0", "c_1", GREY, "", (0, 0)),
        ("h_0", "h_1", GREY, "", (0, 0)),
        ("h_1", "h_2", GREY, "", (0, 0)),
    )
    for tail, head, tint, word, (x, y) in arrows:
        look = {"arrowstyle": "->", "color": tint, "lw": 1.2 if tint == GREY else 2.2, "shrinkA": 14, "shrinkB": 14}
        ax.annotate("", places[head], places[tail], arrowprops=look)
        ax.text(x, y, word, color=tint, fontsize=12, ha="center", va="bottom" if tint == BLUE else "center")
    ax.set(xlim=(-0.4, 5.6), ylim=(-0.3, 2.1))
    ax.axis("off")
    around = steps["belt"] * steps["shown"] * steps["heard"]
    return alt(
        picture,
        f"Cells in a row above, hidden states below. In blue the belt from cell to cell, {steps['belt']:.2f} at each "
        f"step, together {steps['belt'] ** 2:.4f}; in orange the way from the first new cell down to its hidden state "
        f"and up to the next cell, with the first blue arrow {around:.4f}; other arrows in grey.",
    )


def remembered(sizes: Mapping[str, Sequence[torch.Tensor]]) -> Figure:
    """Return what is left of the first states by the number of steps, a panel for each LSTM.

    Args:
        sizes: by kind, the belt's, the cell's and the hidden state's size after each step, (T,) each.
    """
    picture, axes = figure(1, len(sizes), size=(8.4, 3.3))
    steps = range(1, len(next(iter(sizes.values()))[0]) + 1)
    plain = colour_memory.plain_memory(
        colour_memory.untrained("RNN"), colour_memory.strips(20, len(steps) - colour_memory.FIRST, seed=2).x
    ).mean(dim=0)
    said = [f"the plain network has {float(plain[31]):.0e} after 32 steps"]
    for ax, (kind, three) in zip(axes, sizes.items(), strict=True):
        for values, name, tint, dash in zip(
            three, ("belt", "cell", "hidden"), (BLUE, GREEN, ORANGE), ("--", "-", "-"), strict=True
        ):
            ax.plot(steps, values, color=tint, ls=dash, label=name)
        ax.plot(steps, plain, color=GREY, ls=":", label="plain network")
        ax.set(yscale="log", ylim=(1e-10, 30), xlabel="steps", title=kind)
        said.append(f"{kind}: belt {float(three[0][31]):.0e}, cell {float(three[1][31]):.0e}")
    axes[0].set(ylabel="size of what is left")
    axes[1].legend(loc="lower left", fontsize=10)
    return alt(picture, f"Sizes by the number of steps, on a logarithmic scale: {'; '.join(said)}.")


def belts(forget_bias: float = 1.0, steps: int = 60) -> Figure:
    """Return what is left on the belt by the number of steps, where the forget gate is the bias's logistic value."""
    gate = _logistic(forget_bias)
    picture, ax = figure(size=(6.0, 3.0))
    times = torch.arange(steps + 1)
    ax.plot(times, gate**times, color=BLUE)
    half = math.log(0.5) / math.log(gate)
    if half <= steps:
        ax.plot([half], [0.5], "o", color=ORANGE)
    ax.set(xlabel="steps", ylabel="left on the belt", ylim=(0, 1.02), xlim=(0, steps))
    ax.set_title(f"forget gate {gate:.3f}: half is left after {half:.1f} steps", fontsize=12)
    return alt(
        picture,
        f"With a forget gate of {gate:.3f}, half is left after {half:.1f} steps, and {gate**steps:.1e} after {steps}.",
    )


# The test


@kept
def measured(seed: int = 0) -> dict[str, list[float]]:
    """Return by kind the accuracy for each wait of WAITS, each trained anew."""
    return {
        kind: [colour_memory.accuracy(colour_memory.trained(kind, wait, seed), wait) for wait in WAITS]
        for kind in colour_memory.KINDS
    }


def accuracies() -> Figure:
    """Return the accuracy of three networks by the length of the wait."""
    picture, ax = figure(size=(6.4, 3.3))
    for (kind, values), mark in zip(measured().items(), "^so", strict=True):
        ax.plot(range(len(WAITS)), values, marker=mark, color=TINTS[kind], label=kind)
    ax.axhline(1 / 6, color=GREY, ls=":", lw=1.5)
    ax.text(0, 1 / 6 - 0.02, "chance", color="#666666", fontsize=10, va="top")
    ax.set(xlabel="grey steps between shape and answer", ylabel="colours named right", ylim=(0, 1.05))
    ax.set_xticks(range(len(WAITS)), labels=[str(wait) for wait in WAITS])
    ax.legend(loc=(0.02, 0.22), fontsize=10)
    said = "; ".join(f"{kind} {', '.join(f'{value:.0%}' for value in values)}" for kind, values in measured().items())
    return alt(picture, f"Accuracy at waits of {', '.join(map(str, WAITS))} steps: {said}.")


def asked(scores: torch.Tensor, y: torch.Tensor) -> Figure:
    """Return the share of colours named right by the step at which the network is asked.

    Args:
        scores: (N, T, 6), of a network that was trained with a wait of 32 steps.
        y: (N,), the right colours.
    """
    right = (scores.argmax(dim=2) == y[:, None]).float().mean(dim=0)
    trained = colour_memory.FIRST + WAIT
    picture, ax = figure(size=(6.4, 2.8))
    ax.plot(range(1, len(right) + 1), right, color=BLUE)
    ax.axhline(1 / 6, color=GREY, ls=":", lw=1.5)
    for place, word in ((colour_memory.FIRST, "the shape ends"), (trained, "asked here in training")):
        ax.axvline(place, color=GREY, lw=1)
        ax.text(place + 1, 0.04, word, fontsize=10)
    ax.set(xlabel="step at which it is asked", ylabel="named right", ylim=(0, 1.05))
    best = int(right.argmax()) + 1
    return alt(
        picture,
        f"The share of colours named right, by the step: {float(right[colour_memory.FIRST - 1]):.0%} at the end of the "
        f"shape, {float(right[trained - 1]):.0%} at step {trained}, most at step {best}, and {float(right[-1]):.0%} at "
        f"step {len(right)}.",
    )
