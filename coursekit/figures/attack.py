"""Pictures of the project of chapter 6: images that fool a fortress, how far slopes reach, an attack call by call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit import fortress
from coursekit.fortress import CALLS, REACH, Attack, Fortress, Seen
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import SHAPE_NAMES
from coursekit.threads import one_thread

NUM, NUM_SHOWN, NUM_WALKED, NUM_UNHURRIED = 100, 4, 8, 40
MARKS = (0.20, 0.45, 0.60)
FARTHEST = 16  # of 255, in the picture of a walk
LOUDER = 16  # so many times as strong a difference is shown
GREY = "#8A8A8A"


@cache
def practice(seed: int = 0) -> tuple[Fortress, torch.Tensor, torch.Tensor]:
    """Return a fortress, 100 images that it names rightly, and their classes."""
    network = fortress.fortress(seed)
    return network, *fortress.victims(network, NUM, seed)


def overview(num: int = 6) -> Figure:
    """Show images that a fortress names rightly, differences too small to see, and what it calls the sums of both."""
    network, images, labels = practice()
    ends = unhurried()
    fooled = (network.names(ends) != labels[:NUM_UNHURRIED]).nonzero()[:, 0]
    chosen = _varied(fooled, labels, num)
    picture, axes = figure(3, num, size=(9.5, 5.2))
    said = []
    for column, row in enumerate(chosen):
        before, after = images[row], ends[row]
        names = [_named(network, one) for one in (before, after)]
        louder = (0.5 + LOUDER * (after - before)).clamp(0, 1)
        for ax, one, title in zip(axes[:, column], (before, louder, after), (names[0], "", names[1]), strict=True):
            _show(ax, one, title)
        said.append(f"{names[0]} becomes {names[1]}")
    for ax, words in zip(axes[:, 0], ("as it is", f"difference,\n{LOUDER} × as strong", "with it"), strict=True):
        ax.set_ylabel(words)
    return alt(picture, f"Images before and after a difference of at most 8 of 255 at each value: {'; '.join(said)}.")


def _varied(places: torch.Tensor, labels: torch.Tensor, num: int) -> list[int]:
    """Return `num` of the places, of as many classes as there are."""
    by_class = [places[labels[places] == k].tolist() for k in range(len(SHAPE_NAMES))]
    rounds = max(len(one) for one in by_class)
    return [one[turn] for turn in range(rounds) for one in by_class if turn < len(one)][:num]


@cache
def unhurried(steps: int = 100) -> torch.Tensor:
    """Return what someone who has the network, and counts no calls, can make of the first 40 practice images.

    The difference is 8/255 · tanh(w), so that it stays within reach by itself, and Adam looks for w (after N. Carlini
    and D. Wagner, Towards Evaluating the Robustness of Neural Networks, 2017).
    """
    network, images, labels = practice()
    images, labels = images[:NUM_UNHURRIED], labels[:NUM_UNHURRIED]
    free = torch.zeros_like(images).requires_grad_()
    optimizer = torch.optim.Adam([free], lr=0.2)
    own = F.one_hot(labels, len(SHAPE_NAMES)).bool()
    ends = images.clone()
    with one_thread():
        for _ in range(steps):
            x = (images + REACH * free.tanh()).clamp(0, 1)
            scores = network.scores(x)
            lead = scores[own] - scores.masked_fill(own, -torch.inf).amax(dim=1)
            fooled = lead < 0
            ends[fooled] = x.detach()[fooled]
            optimizer.zero_grad()
            lead.clamp_min(-0.5).sum().backward()
            optimizer.step()
    return ends


# How far the slopes of one place can be trusted.


@dataclass(frozen=True)
class Walk:
    """What a walk away from an image shows, by its distance 0 … 16 in 255ths: leads of the own class, and images.

    Args:
        promised: what the slopes at the start say of the lead.
        along: the lead along the slopes, (17,).
        by_noise: the lead along noise, (17,).
        images: (2, 17, 3, 32, 32), those along the slopes and those along noise.
    """

    promised: torch.Tensor
    along: torch.Tensor
    by_noise: torch.Tensor
    images: torch.Tensor


@cache
def walked(image: int) -> Walk:
    """Walk away from a practice image along the slopes that lower its lead over the next class, and along noise."""
    network, images, labels = practice()
    x, label = images[image], labels[image : image + 1]
    seen = network.answer(x[None])
    next_best = seen.scores.scatter(1, label[:, None], -torch.inf).argmax(dim=1)
    slope = seen.slopes[0, next_best[0]] - seen.slopes[0, label[0]]
    toss = torch.rand(x.shape, generator=torch.Generator().manual_seed(image)) < 0.5
    ways = torch.stack([torch.where(up, 1.0, -1.0) for up in (slope > 0, toss)])
    far = torch.arange(FARTHEST + 1) / 255
    there = (x + far[:, None, None, None] * ways[:, None]).clamp(0, 1)
    with torch.no_grad():
        leads = lead_of(network.scores(there.flatten(0, 1)), label.expand(2 * len(far))).reshape(2, -1)
    return Walk(leads[0, 0] - far * slope.abs().sum(), leads[0], leads[1], there)


def lead_of(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return by how much the own class leads over the best other one, (N,); below 0 the image is turned."""
    own = scores.gather(1, labels[:, None])
    return (own - scores.scatter(1, labels[:, None], -torch.inf).amax(dim=1, keepdim=True))[:, 0]


def walk(far: int = 8, image: int = 0) -> Figure:
    """Show an image moved along the slopes and along noise, and by how much its own class still leads."""
    found = walked(image)
    network, _, labels = practice()
    picture, axes = figure(1, 3, size=(11, 2.9))
    for ax, one, words in zip(axes, found.images[:, far], ("along the slopes", "along noise"), strict=False):
        _show(ax, one, f"{words}:\n{_named(network, one)}")
    ax = axes[2]
    steps = range(FARTHEST + 1)
    ax.plot(steps, found.by_noise, color=GREY, label="along noise")
    ax.plot(steps, found.along, color=PALETTE[0], label="along the slopes")
    ax.plot(steps, found.promised, color=PALETTE[0], ls="--", lw=1, label="promised at the start")
    ax.plot([far], [found.along[far]], marker="o", color=PALETTE[0])
    ax.plot([far], [found.by_noise[far]], marker="o", color=GREY)
    ax.axhline(0, color="#666666", lw=1)
    top = float(found.along[0])
    ax.set(xlabel="distance at each value, in 255ths", ylabel="lead of the own class", ylim=(-1.5 * top, 1.4 * top))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return alt(
        picture,
        f"A {SHAPE_NAMES[labels[image]]}. At {far}/255 the own class leads by {found.along[far]:.2f} along the slopes, "
        f"where {found.promised[far]:.2f} was promised, and by {found.by_noise[far]:.2f} along noise.",
    )


# An attack, call by call.


@dataclass(frozen=True)
class Siege:
    """An attack on the practice images.

    Args:
        leads: (21, N), of the own class at each call, and at the end.
        images: (21, 4, 3, 32, 32), the first ones at each call, and at the end.
    """

    leads: torch.Tensor
    images: torch.Tensor

    @property
    def now(self) -> torch.Tensor:
        """The share of images that is named wrongly at each call, and at the end, (21,)."""
        return (self.leads < 0).double().mean(dim=1)

    @property
    def ever(self) -> torch.Tensor:
        """The share that was named wrongly at this call or before, (21,)."""
        return (self.leads < 0).cummax(dim=0).values.double().mean(dim=1)


@lru_cache(maxsize=8)
def siege(attack: Attack, seed: int = 0) -> Siege:
    """Hold an attack's conversation with a practice fortress."""
    network, images, labels = practice(seed)
    told: list[Seen] = []

    def keep(seen: Seen) -> None:
        told.append(Seen(seen.images[:NUM_SHOWN], lead_of(seen.scores, labels), seen.scores, seen.left))

    ends = fortress.hold(attack, network, images, labels, watch=keep)
    with torch.no_grad():
        last = lead_of(torch.cat([network.scores(part) for part in ends.split(50)]), labels)
    leads = torch.stack([*(one.scores for one in told), last])
    return Siege(leads, torch.stack([*(one.images for one in told), ends[:NUM_SHOWN]]))


def judged(attack: Attack, seed: int = 0) -> Figure:
    """Show how many images an attack has turned at each call, and the leads at the start and the end."""
    found = siege(attack, seed)
    picture, (left, right) = figure(1, 2, size=(9.5, 3.4))
    calls = range(1, len(found.leads) + 1)
    left.plot(calls, 100 * found.ever, color=PALETTE[1], ls="--", label="turned at some call so far")
    left.plot(calls, 100 * found.now, color=PALETTE[0], label="turned at this call")
    for mark in MARKS:
        left.axhline(100 * mark, color=GREY, lw=0.7, zorder=0)
    left.set(xlabel="call", ylabel="of 100 images", ylim=(-2, 102), xlim=(1, len(calls)))
    left.set_xticks([1, *range(5, CALLS, 5), len(calls)], [1, *range(5, CALLS, 5), "end"])
    left.legend(loc="upper left")
    for leads, tint, words in ((found.leads[0], GREY, "at the start"), (found.leads[-1], PALETTE[0], "at the end")):
        right.plot(range(1, len(leads) + 1), leads.sort().values, color=tint, label=words)
    right.axhline(0, color="#666666", lw=1)
    right.set(xlabel="images, sorted by their lead", ylabel="lead of the own class")
    right.legend(loc="upper left")
    return alt(
        picture,
        f"Of 100 images {100 * found.now[-1]:.0f} are turned at the end, {100 * found.ever[-1]:.0f} were at some call. "
        f"The median lead of the own class is {found.leads[0].median():.2f} at the start, and "
        f"{found.leads[-1].median():.2f} at the end.",
    )


def on_the_way(attack: Attack, seed: int = 0) -> Callable[..., Figure]:
    """Return a picture of four images at a call, 1 to 20: as they are shown then, and what has been added so far."""

    def draw(call: int = CALLS) -> Figure:
        found = siege(attack, seed)
        network, images, _ = practice(seed)
        now = found.images[call - 1]
        picture, axes = figure(2, NUM_SHOWN, size=(8, 4.3))
        names = [_named(network, one) for one in now]
        for column, (one, name) in enumerate(zip(now, names, strict=True)):
            _show(axes[0, column], one, name)
            _show(axes[1, column], (0.5 + LOUDER * (one - images[column])).clamp(0, 1), "")
        axes[0, 0].set_ylabel(f"call {call}")
        axes[1, 0].set_ylabel(f"difference,\n{LOUDER} × as strong")
        return alt(picture, f"At call {call} the four images are called {', '.join(names)}.")

    return draw


def _named(network: Fortress, image: torch.Tensor) -> str:
    """Return what the network says of an image (3, 32, 32), and how surely."""
    with torch.no_grad():
        share, which = network.scores(image[None]).softmax(dim=1)[0].max(dim=0)
    return f"{SHAPE_NAMES[which]}, {100 * share:.0f} %"


def _show(ax: Axes, image: torch.Tensor, title: str) -> None:
    ax.imshow(image.permute(1, 2, 0))
    ax.set(xticks=[], yticks=[])
    ax.set_title(title, fontsize=11)
