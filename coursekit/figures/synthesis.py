"""Pictures of the notebook on synthesis: classes, attacks, inversions, dreams and facets of one trained network."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.figure import Figure
from torch import nn

from coursekit import pretrained
from coursekit.blur import blurred
from coursekit.data import photographs
from coursekit.plots import PALETTE, alt, figure, show_images
from coursekit.shapes import Shapes, shapes
from coursekit.threads import one_thread

BLUE, ORANGE = PALETTE[:2]
GREY = "#8A8A8A"

SIDE, STEPS, RATE = 144, 40, 6.0  # of a class that grows
SHOWN_CLASS, SECOND_CLASS = "pineapple", "starfish"
EVERY = 2  # steps from one blur to the next
SIDES = (72, 112, 160)  # of one that grows in size as well, and takes as many steps at each
WANTED, PACE = "tarantula", 1.0
OCTAVES, DREAM_STEPS, DREAM_RATE, DREAM_JITTER = (112, 150, 200), 10, 0.015, 16
DREAM_FRAMES = len(OCTAVES) * DREAM_STEPS + 1
LAYER = 6  # stages below the dream
INVERTED, BACK_STEPS, BACK_WEIGHT = 96, 80, 1e-4
DEPTHS = (2, 4, 6, 8)
LEVELS = (0, 1, 2, 4, 8, 16, 32)
SOURCES = ("cat", "coffee", "flower")
PIECES = 20  # of each


class Prior(NamedTuple):
    """What pushes a picture towards photographs."""

    jitter: int = 0
    blur: float = 0.0
    decay: float = 0.0
    pixels: float = 0.0
    gradients: float = 0.0
    sides: tuple[int, ...] = (SIDE,)


BEST = Prior(jitter=8, blur=0.5, decay=0.01, sides=SIDES)
PRIORS = {
    "none": Prior(),
    "jitter": Prior(jitter=8),
    "jitter, blur": BEST._replace(sides=(SIDE,)),
    "+ growing in size": BEST,
}


@cache
def network() -> Any:
    """Return EfficientNet-Lite0, trained, frozen, with its channels last in memory, which is faster here."""
    return pretrained.efficientnet_lite0().to(memory_format=torch.channels_last)


@cache
def names() -> list[str]:
    """Return the names of the thousand classes."""
    return list(pretrained.imagenet_classes())


def pixels(x: torch.Tensor) -> torch.Tensor:
    """Return images of the network's own range as one shows them, cut off to [0, 1]."""
    return (x.detach() * pretrained.DEVIATION + pretrained.MEAN).clamp(0, 1)


def seen(x: torch.Tensor) -> torch.Tensor:
    """Return images as one shows them, each brought to the same contrast around grey."""
    return (0.5 + 0.18 * x.detach() / x.detach().std(dim=(1, 2, 3), keepdim=True)).clamp(0, 1)


def noise(side: int = SIDE, seed: int = 0) -> torch.Tensor:
    """Return a grey picture with a little noise, (1, 3, side, side); the same each time."""
    return 0.05 * torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(seed))


def shown(x: torch.Tensor, side: float = 1.5) -> Figure:
    """Return one image (1, 3, H, W) of the network's range of even contrast, with what the network says of it."""
    with torch.no_grad():
        (name, share), *_ = pretrained.best_labels(network()(x), 1)
    words = f"{name}, {share:.2f}"
    return _row_of([seen(x)[0]], [words], side=side, alt=f"A picture that the network names {words}.")


def rate(x: torch.Tensor) -> float:
    """Return how long a step is for images of this size: the wider, the longer, so that a pixel changes as much."""
    return RATE / SIDE * x.shape[-1]


@lru_cache(maxsize=16)
def grown(name: str, prior: Prior) -> tuple[torch.Tensor, float]:
    """Return the picture of a class that grew out of noise, and the class's probability."""
    which, drawn = names().index(name), torch.Generator().manual_seed(1)
    picture = noise(prior.sides[0], seed=1)
    with one_thread():
        for side in prior.sides:
            picture = F.interpolate(picture, size=(side, side), mode="bilinear")
            for count in range(STEPS):
                reach = prior.jitter
                shift = torch.randint(-reach, reach + 1, (2,), generator=drawn).tolist()
                slope = _slope(picture, which, shift)
                picture = picture + rate(picture) * slope / slope.norm()
                picture = _push(picture, slope, prior, is_blurred=count % EVERY == 0)
        with torch.no_grad():
            share = network()(picture).softmax(dim=1)[0, which].item()
    return picture, share


def _slope(picture: torch.Tensor, which: int, shift: list[int]) -> torch.Tensor:
    """The gradient of a class's score with respect to the picture, seen by the network at another place."""
    seen = nn.Parameter(picture.roll(shift, (2, 3)))
    network()(seen)[0, which].backward()
    down, right = shift
    slope: torch.Tensor = seen.grad.roll((-down, -right), (2, 3))  # type: ignore[union-attr]
    return slope


def _push(picture: torch.Tensor, slope: torch.Tensor, prior: Prior, is_blurred: bool) -> torch.Tensor:
    """A picture after the priors."""
    picture = picture - prior.decay * picture
    if prior.blur and is_blurred:
        picture = blurred(picture, prior.blur)
    for part, by in ((prior.pixels, picture), (prior.gradients, slope)):
        strong = by.square().sum(dim=1, keepdim=True)
        picture = picture * (strong >= np.quantile(strong.numpy(), part))
    return picture


def priors() -> Figure:
    """Return one class grown with each set of priors."""
    made = {words: grown(SHOWN_CLASS, prior) for words, prior in PRIORS.items()}
    said = "; ".join(f"{words}: {share:.2f}" for words, (_, share) in made.items())
    return _row_of(
        [seen(picture)[0] for picture, _ in made.values()],
        list(made),
        cols=4,
        side=1.1,
        alt=f"Four pictures of a {SHOWN_CLASS} grown from noise, with the class's probability by priors: {said}.",
    )


@cache
def fooling() -> tuple[torch.Tensor, torch.Tensor, int]:
    """Return the coffee, the coffee that is named as something else, and the number of steps in between."""
    start = pretrained.prepare(photographs()["coffee"], 160)
    which, image, count = names().index(WANTED), start, 0
    with one_thread():
        while int(network()(image).argmax()) != which and count < 40:
            slope = _slope(image, which, [0, 0])
            image, count = image + PACE * slope / slope.norm(), count + 1
    return start, image, count


def _named(image: torch.Tensor) -> tuple[str, float]:
    with torch.no_grad():
        return pretrained.best_labels(network()(image), 1)[0]


def fooled() -> Figure:
    """Return a photograph, the change made 20 times as strong, and the photograph with the change."""
    before, after, count = fooling()
    change = 0.5 + 20 * (pixels(after) - pixels(before))
    words = [f"{name}, {share:.2f}" for name, share in map(_named, (before, after))]
    return _row_of(
        [pixels(before)[0], change[0], pixels(after)[0]],
        [words[0], "change, × 20", words[1]],
        side=1.0,
        alt=f"A cup of coffee named {words[0]}; a change, shown 20 times as strong; the same cup to the eye, named "
        f"{words[1]} after {count} steps.",
    )


@cache
def dreamt() -> list[torch.Tensor]:
    """Return the flower before the dream and after each step of it, octave by octave."""
    photo, layer = photographs()["flower"], network().features[:LAYER]
    drawn = torch.Generator().manual_seed(0)
    extra = torch.zeros(1, 3, OCTAVES[0], OCTAVES[0])
    frames: list[torch.Tensor] = []
    with one_thread():
        for side in OCTAVES:
            sharp = pretrained.prepare(photo, side)
            extra = F.interpolate(extra, size=(side, side), mode="bilinear")
            frames += [sharp + extra] if not frames else []
            for _ in range(DREAM_STEPS):
                down, right = torch.randint(-DREAM_JITTER, DREAM_JITTER + 1, (2,), generator=drawn).tolist()
                seen = nn.Parameter((sharp + extra).roll((down, right), (2, 3)))
                layer(seen).norm().backward()
                slope = seen.grad.roll((-down, -right), (2, 3))  # type: ignore[union-attr]
                extra = extra + DREAM_RATE * slope / slope.abs().mean()
                frames.append(sharp + extra)
    return frames


def dream(step: int = DREAM_FRAMES - 1) -> Figure:
    """Return the dream after so many steps."""
    frame = pixels(dreamt()[step])[0]
    octave = max(step - 1, 0) // DREAM_STEPS
    words = f"step {step}, {frame.shape[1]} × {frame.shape[2]} pixels"
    said = f"A flower after {step} of {DREAM_FRAMES - 1} steps of a dream, in octave {octave + 1} of {len(OCTAVES)}."
    return _row_of([frame], [words], side=1.45, alt=said)


def overview() -> Figure:
    """Return two classes grown from noise, a coffee that fools, and a dream."""
    fruit, star = (grown(name, BEST)[0] for name in (SHOWN_CLASS, SECOND_CLASS))
    coffee = fooling()[1]
    said = [f"{name}, {share:.2f}" for name, share in map(_named, (fruit, star, coffee))]
    return _row_of(
        [seen(fruit)[0], seen(star)[0], pixels(coffee)[0], pixels(dreamt()[-1])[0]],
        [*said, "a dream"],
        cols=4,
        side=1.3,
        alt=f"A scaly fruit under a crown of leaves, named {said[0]}; thick arms around a middle, named {said[1]}; a "
        f"cup of coffee, named {said[2]}; a flower out of whose petals a furry face looks.",
    )


@cache
def small_network() -> nn.Module:
    """Return a small network that tells the six colours of coursekit.shapes, trained in a second or two."""
    data = shapes(1500)
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = nn.Sequential(*_block(3, 16), *_block(16, 32), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(32, 6))
        adam = torch.optim.Adam(made.parameters(), lr=0.01)
        for _ in range(5):
            for rows in torch.randperm(len(data)).split(50):
                adam.zero_grad()
                F.cross_entropy(made(data.images[rows]), data.colour[rows, 0]).backward()
                adam.step()
    return made.eval().requires_grad_(False)


def _block(channels: int, width: int) -> list[nn.Module]:
    return [nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]


@cache
def _new_shapes() -> Shapes:
    return shapes(300, seed=9)


def test_shapes() -> tuple[torch.Tensor, torch.Tensor]:
    """Return 300 images that no training has seen, and the colours of their shapes."""
    return _new_shapes().images, _new_shapes().colour[:, 0]


test_shapes.__test__ = False  # type: ignore[attr-defined]


def _rising(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The direction in which the loss of each image rises, by signs."""
    seen = nn.Parameter(x.clone())
    F.cross_entropy(small_network()(seen), y).backward()
    return torch.sign(seen.grad)  # type: ignore[arg-type]


@cache
def shares() -> dict[str, list[float]]:
    """Return the share of test images named rightly at each budget, for noise and two attacks."""
    x, y = test_shapes()
    found: dict[str, list[float]] = {"noise of that size": [], "one step": [], "five steps": []}
    drawn = torch.Generator().manual_seed(0)
    coins = torch.randint(0, 2, x.shape, generator=drawn) * 2.0 - 1
    with one_thread():
        for level in LEVELS:
            most = level / 255
            far, near = (x + most).clamp(max=1), (x - most).clamp(min=0)
            many = x
            for _ in range(5):
                many = torch.minimum(torch.maximum(many + most / 3 * _rising(many, y), near), far)
            changed = (x + most * coins, x + most * _rising(x, y), many)
            for part, images in zip(found.values(), changed, strict=True):
                with torch.no_grad():
                    named = small_network()(images.clamp(0, 1)).argmax(dim=1)
                part.append((named == y).double().mean().item())
    return found


def robustness() -> Figure:
    """Return the share of images named rightly over the budget, for noise and for two attacks."""
    picture, ax = figure(size=(5.6, 2.7))
    lines = shares()
    for (name, heights), tint, style in zip(lines.items(), (GREY, BLUE, ORANGE), (":", "-", "-"), strict=True):
        ax.plot(LEVELS, heights, "o" + style, color=tint, label=name)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    ax.set(xlabel="budget in grey levels of 255", ylabel="named rightly", ylim=(0, 1.03))
    said = "; ".join(f"{name} {heights[-1]:.2f}" for name, heights in lines.items())
    return alt(picture, f"Share of 300 images named rightly, over the budget. With {LEVELS[-1]} levels: {said}.")


@cache
def inversion(depth: int) -> tuple[torch.Tensor, float]:
    """Return what comes back of the cat from its features after so many stages, and the share that is missing."""
    part, photo = network().features[:depth], pretrained.prepare(photographs()["cat"], INVERTED)
    with one_thread():
        goal = part(photo)
        guess = nn.Parameter(noise(INVERTED))
        adam = torch.optim.Adam([guess], lr=0.1)
        for _ in range(BACK_STEPS):
            missing = F.mse_loss(part(guess), goal) / F.mse_loss(goal, torch.zeros_like(goal))
            rough = sum(((after - before) ** 2).sum() for before, after in _neighbours(guess))
            adam.zero_grad()
            (missing + BACK_WEIGHT * rough).backward()
            adam.step()
    return guess.detach(), missing.item()


def _neighbours(x: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Each pixel but the last with the one below it, and with the one beside it."""
    return [(x[:, :, :-1], x[:, :, 1:]), (x[..., :-1], x[..., 1:])]


def inversions() -> Figure:
    """Return the cat, and what comes back of it from deeper and deeper stages."""
    photo = pretrained.prepare(photographs()["cat"], INVERTED)
    made = {depth: inversion(depth) for depth in DEPTHS}
    said = "; ".join(f"{missing:.2f} after {depth} stages" for depth, (_, missing) in made.items())
    return _row_of(
        [pixels(photo)[0], *(pixels(image)[0] for image, _ in made.values())],
        ["photograph", *(f"{depth} stages" for depth in made)],
        side=0.85,
        alt=f"A cat, and four pictures rebuilt from features. The share of the features that is missing: {said}.",
    )


@cache
def many_pieces() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return pieces of three photographs, mixed: images, feature vectors of the trained network, and sources."""
    drawn = np.random.default_rng(0)
    images, sources = [], []
    for which, name in enumerate(SOURCES):
        photo = pretrained.prepare(photographs()[name], 128)
        for top, left in drawn.integers(0, 33, (PIECES, 2)).tolist():
            images.append(photo[:, :, top : top + 96, left : left + 96])
            sources.append(which)
    order = torch.from_numpy(drawn.permutation(len(sources)))
    stack = torch.cat(images)[order]
    with torch.no_grad(), one_thread():
        vectors = network().features(stack).mean(dim=(2, 3))
    return stack, vectors, torch.tensor(sources)[order]


@cache
def clustered() -> torch.Tensor:
    """Return the cluster of each piece by scikit-learn's K-means, from the first pieces as centres."""
    from sklearn.cluster import KMeans

    vectors = many_pieces()[1].numpy()
    found = KMeans(len(SOURCES), init=vectors[: len(SOURCES)], n_init=1).fit(vectors)
    return torch.from_numpy(found.labels_).long()


def facets() -> Figure:
    """Return for each cluster of pieces their mean, faded out towards the border."""
    images, _, _ = many_pieces()
    side = images.shape[2]
    away = (torch.arange(side) + 0.5) / side - 0.5
    fading = torch.exp(away**2 / -0.18).outer(torch.exp(away**2 / -0.18))
    parts = [fading * images[clustered() == which].mean(dim=0) for which in range(len(SOURCES))]
    return _row_of(
        [pixels(one) for one in parts],
        side=1.0,
        alt="Three blurred starts that fade to grey: fur, a round orange flower, and the rim of a cup.",
    )


def _row_of(images: list[torch.Tensor], titles: list[str] | None = None, **settings: Any) -> Figure:
    """Small images with small titles, which take little room."""
    picture = show_images(images, titles, **settings)
    for ax in picture.axes:
        ax.title.set_fontsize(8)
    return picture
