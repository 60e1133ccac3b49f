"""Pictures of the notebook on augmentation: a photograph in nine forms, boxes that turn, lenses, and what each buys.

What is shown before the exercises are written is made by torchvision and by short forms of its own, for pictures alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache

import torch
import torch.nn.functional as F
import torchvision.transforms.functional as TF
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon, Rectangle
from torch import nn

from coursekit.data import photographs, to_tensor
from coursekit.plots import PALETTE, alt, figure, show_images
from coursekit.shapes import COLOUR_NAMES, SHAPE_NAMES, shapes
from coursekit.threads import one_thread

BLUE, ORANGE, GREEN, RED = PALETTE[:4]
GREY = "#8A8A8A"
SIDE = 50
Augment = Callable[[torch.Tensor, torch.Tensor, torch.Generator], tuple[torch.Tensor, torch.Tensor]]
SMALL = 24  # the side of the images that networks are trained on
TWO = ("circle", "cross")
ANSWERS = {"shape": len(TWO), "colour": len(COLOUR_NAMES)}


def cat(side: int = SIDE) -> torch.Tensor:
    """Return the cat's face, (3, side, side)."""
    photo = to_tensor(photographs()["cat"][0:300, 70:370])
    return F.interpolate(photo[None], size=(side, side), mode="area")[0]


def others(side: int = SIDE) -> list[torch.Tensor]:
    """Return a cup, a flower and an astronaut, each (3, side, side)."""
    cuts = {"coffee": (20, 140, 340), "flower": (60, 120, 340), "astronaut": (0, 110, 250)}
    found = []
    for name, (top, left, size) in cuts.items():
        photo = to_tensor(photographs()[name][top : top + size, left : left + size])
        found.append(F.interpolate(photo[None], size=(side, side), mode="area")[0])
    return found


def pictures() -> dict[str, torch.Tensor]:
    """Return the cat in nine forms, by what was done, each (3, SIDE, SIDE)."""
    photo, (cup, flower, astronaut) = cat(), others()
    side = SIDE
    cut = int(0.62 * side)
    hidden = photo.clone()
    hidden[:, int(0.3 * side) : int(0.62 * side), int(0.5 * side) : int(0.82 * side)] = 0.5
    row, column = int(0.55 * side), int(0.6 * side)
    upper = torch.cat([photo[:, -row:, -column:], cup[:, -row:, : side - column]], dim=2)
    lower = torch.cat([flower[:, : side - row, -column:], astronaut[:, : side - row, : side - column]], dim=2)
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
    disc = (rows - 0.35) ** 2 + (columns - 0.35) ** 2 < 0.45**2
    pasted = torch.where(disc, TF.affine(cup, 0.0, [0.175 * side, 0.175 * side], 0.75, [0.0, 0.0]), photo)
    return {
        "photo": photo,
        "flip, crop": TF.hflip(TF.resized_crop(photo, 4, 14, cut, cut, [side, side], antialias=False)),
        "affine": TF.affine(photo, 20.0, [4, -3], 0.85, [12.0, 0.0], TF.InterpolationMode.BILINEAR),
        "lens": bent(photo, 0.45),
        "colours": TF.adjust_saturation(TF.adjust_hue(TF.adjust_brightness(photo, 0.8), 0.4), 1.4),
        "cutout": hidden,
        "mixup": 0.6 * photo + 0.4 * flower,
        "mosaic": torch.cat([upper, lower], dim=1),
        "copy-paste": pasted,
    }


def bent(image: torch.Tensor, k: float) -> torch.Tensor:
    """Return a square image (C, S, S) seen through a lens."""
    base = F.affine_grid(torch.eye(2, 3)[None], [1, 1, *image.shape[1:]], align_corners=False)
    radius = base.square().sum(dim=-1, keepdim=True) / 2
    return F.grid_sample(image[None], base * (1 + k * radius), align_corners=False)[0]


def gallery() -> Figure:
    """Return one photograph in nine forms: as it is, and one for each exercise."""
    found = pictures()
    words = f"A cat in nine forms: {', '.join(found)}. In all of them you still see the cat."
    return show_images(list(found.values()), list(found), cols=5, side=0.74, alt=words)


# Boxes that turn


@cache
def star() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return an image with one star on plain ground, (3, 48, 48), its mask (48, 48) and its box (4,)."""
    data = shapes(60, size=48, radius=(12, 13), seed=5)
    middle = (data.centres[:, 0] - 24).norm(dim=1) + 100 * (data.shape[:, 0] != SHAPE_NAMES.index("star"))
    n = int(middle.argmin())
    mask = data.instances[n] == 1
    return torch.where(mask, data.images[n], 0.8), mask, data.boxes[n, 0]


def boxes_after(angle: float, shear: float, scale: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return what comes of the star's box: its corners (4, 2), the box around them (4,), and the mask's own (4,)."""
    _, mask, box = star()
    a, lean = math.radians(angle), math.tan(math.radians(shear))
    turn = torch.tensor([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])
    matrix = scale * turn @ torch.tensor([[1, -lean], [0, 1.0]])
    corners = (box[torch.tensor([[0, 1], [2, 1], [2, 3], [0, 3]])] - 24) @ matrix.T + 24
    around = torch.cat([corners.amin(dim=0), corners.amax(dim=0)]).clamp(0, 48)
    moved = TF.affine(mask[None].float(), angle, [0, 0], scale, [shear, 0.0])[0] > 0.5
    places = moved.nonzero()
    tight = torch.cat([places.amin(dim=0).flip(0), places.amax(dim=0).flip(0) + 1])
    return corners, around, tight


def turned(angle: int = 30, shear: int = 0, scale: float = 1.0) -> Figure:
    """Return the star before and after a map, with the box around its box's corners and the box of its mask.

    Args:
        angle, shear: in degrees.
        scale: the factor.
    """
    image, _, box = star()
    corners, around, tight = boxes_after(angle, shear, scale)
    moved = TF.affine(image, angle, [0, 0], scale, [float(shear), 0.0], TF.InterpolationMode.BILINEAR)
    picture, axes = figure(1, 2, size=(4.4, 2.2))
    for ax, pixels, title in zip(axes, (image, moved), ("before", "after"), strict=True):
        ax.imshow(pixels.permute(1, 2, 0).clamp(0, 1).numpy(), extent=(0, 48, 48, 0), alpha=0.75)
        ax.set(title=title, xlim=(0, 48), ylim=(48, 0))
        ax.axis("off")
    _outline(axes[0], box, ORANGE)
    axes[1].add_patch(Polygon(corners.numpy(), fill=False, ec="black", lw=1.5, ls=":"))
    _outline(axes[1], around, ORANGE)
    _outline(axes[1], tight, BLUE)
    share = float(_area(around) / _area(tight))
    return alt(
        picture,
        f"A star with its box, and turned by {angle} degrees: the upright box around the turned corners has "
        f"{share:.1f} times the area of the box around the star's pixels.",
    )


def _area(box: torch.Tensor) -> torch.Tensor:
    return (box[2] - box[0]) * (box[3] - box[1])


def _outline(ax: object, box: torch.Tensor, tint: str) -> None:
    left, top, right, bottom = box.tolist()
    patch = Rectangle((left, top), right - left, bottom - top, fill=False, ec=tint, lw=2.5, clip_on=False)
    ax.add_patch(patch)  # type: ignore[attr-defined]


# Lenses


def seen_lines(k: float, num: int = 5) -> torch.Tensor:
    """Return where the lines of a square grid are seen through a lens, (2 * num, 61, 2), about the middle.

    The corners of the square are at distance 1. The first num lines are level, from the top down.
    """
    half = 0.5**0.5
    along, places = torch.linspace(-half, half, 61), torch.linspace(-half, half, num)
    level = torch.stack([along.expand(num, 61), places[:, None].expand(num, 61)], dim=-1)
    lines = torch.cat([level, level.flip(-1)]).double()
    old = lines.norm(dim=-1)
    new = old
    for _ in range(60):
        new = old / (1 + k * new.square())
    return lines / (1 + k * new.square())[..., None]


def lenses() -> Figure:
    """Return a grid of straight lines as two lenses show it."""
    picture, axes = figure(1, 2, size=(4.4, 2.3))
    titles = {-0.1: "k = −0.1: pincushion", 0.1: "k = 0.1: barrel"}
    for ax, (k, title) in zip(axes, titles.items(), strict=True):
        for line in seen_lines(k):
            ax.plot(*line.T.numpy(), color=BLUE, lw=1.5)
        half = 0.5**0.5
        ax.add_patch(Rectangle((-half, -half), 2 * half, 2 * half, fill=False, ec=ORANGE, lw=1.5, ls="--"))
        ax.set(title=title, xlim=(-0.85, 0.85), ylim=(0.85, -0.85), aspect="equal")
        ax.axis("off")
    return alt(
        picture,
        "A square grid through two lenses. With k = -0.1 its lines bend inwards and its corners leave the old "
        "frame; with k = 0.1 the lines bulge outwards and the corners move in.",
    )


# Colours


def wheel_image(side: int = 150) -> torch.Tensor:
    """Return the circle of hues as an image (side, side, 4): 18 sectors in three rings, red to the right.

    It is transparent outside, and in steps, since a picture is stored with few colours.
    """
    import matplotlib.colors as colours

    place = (torch.arange(side) + 0.5) / side * 2 - 1
    x, y = place[None, :].expand(side, side), -place[:, None].expand(side, side)
    hue, radius = (torch.atan2(y, x) / (2 * math.pi)) % 1, torch.hypot(x, y)
    steps, ring = (18 * hue).round() / 18 % 1, (3 * radius).ceil().clamp(max=3) / 3
    hsv = torch.stack([steps, ring, torch.full_like(hue, 1.0)], dim=-1)
    rgb = torch.from_numpy(colours.hsv_to_rgb(hsv.numpy()))
    return torch.cat([rgb, (radius <= 1)[..., None]], dim=-1)


def wheel() -> Figure:
    """Return the circle of hues with the names and numbers of its six corners."""
    picture, ax = figure(size=(3.6, 2.2))
    ax.imshow(wheel_image().numpy(), extent=(-1, 1, -1, 1), interpolation="nearest")
    for sector, name in enumerate(("red", "yellow", "green", "cyan", "blue", "magenta")):
        x, y = math.cos(sector * math.pi / 3), math.sin(sector * math.pi / 3)
        side = "left" if x > 0 else "right"
        ax.text(1.08 * x, 1.12 * y, f"{name}: {sector}/6", ha=side, va="center", fontsize=12)
    ax.add_patch(Circle((0, 0), 1, fill=False, ec="black", lw=1))
    ax.set(xlim=(-2, 2), ylim=(-1.25, 1.25), aspect="equal")
    ax.axis("off")
    return alt(
        picture,
        "The circle of hues: red at 0, then against the clock yellow, green, cyan, blue and magenta, a sixth apart. "
        "The saturation grows from the middle to the rim.",
    )


# Mosaic


def plan() -> Figure:
    """Return how four images of 20 × 20 meet at row 8 and column 12, and the box of the text."""
    picture, ax = figure(size=(4.6, 3.4))
    corners = [(x, y) for y in (8 - 20, 8) for x in (12 - 20, 12)]
    for number, ((x, y), tint) in enumerate(zip(corners, (BLUE, ORANGE, GREEN, RED), strict=True)):
        ax.add_patch(Rectangle((x + 0.15, y + 0.15), 19.7, 19.7, fc=tint, alpha=0.18, ec=tint, lw=1.5))
        at = (x + 5 if x < 0 else x + 15, y + 5 if y < 0 else y + 15)
        ax.text(*at, f"image {number + 1}", ha="center", va="center", color=tint, fontsize=12)
    ax.add_patch(Rectangle((0, 0), 20, 20, fill=False, ec="black", lw=2.5))
    ax.add_patch(Rectangle((-2, -2), 8, 6, fill=False, ec=GREY, lw=1.5, ls="--"))
    ax.add_patch(Rectangle((0, 0), 6, 4, fc=BLUE, alpha=0.5, ec=BLUE, lw=2))
    ax.plot(12, 8, "o", color="black", ms=8)
    ax.text(12.5, 4.4, "meeting\npoint", fontsize=10)
    ax.set(xlim=(-9, 33), ylim=(29, -13), aspect="equal")
    ax.axis("off")
    return alt(
        picture,
        "Four squares meet in one point inside of a black frame, the canvas. Each has a corner there. A dashed box of "
        "the first image hangs over the frame's upper left corner; half of it is left.",
    )


# What it buys


@cache
def pictures_of(num: int, seed: int) -> dict[str, torch.Tensor]:
    """Return circles and crosses of six colours on cluttered ground.

    Returns:
        images: (num, 3, SMALL, SMALL); shape, colour: (num,), the shape 0 for a circle and 1 for a cross.
    """
    drawn = shapes(4 * num, size=SMALL, radius=(8, 11), seed=seed)
    shape = drawn.shape[:, 0]
    here = torch.isin(shape, torch.tensor([SHAPE_NAMES.index(name) for name in TWO])).nonzero().flatten()[:num]
    cross = (shape[here] == SHAPE_NAMES.index(TWO[1])).long()
    return {"images": drawn.images[here], "shape": cross, "colour": drawn.colour[here, 0]}


def few() -> Figure:
    """Return four of the images that networks are trained on."""
    data = pictures_of(100, 100)
    names = [
        f"{COLOUR_NAMES[colour]} {TWO[shape]}" for shape, colour in zip(data["shape"], data["colour"], strict=True)
    ]
    words = f"Four small noisy pictures on cluttered ground: {', '.join(names[:4])}."
    return show_images(list(data["images"][:4]), names[:4], cols=4, side=0.85, alt=words)


def small_network(num_classes: int) -> nn.Sequential:
    """Return three convolutions, each of which halves the image, and scores of the largest of each feature."""
    layers: list[nn.Module] = []
    for before, width in ((3, 12), (12, 20), (20, 28)):
        layers += [nn.Conv2d(before, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(28, num_classes))


def trained(
    augment: Augment, asked: str = "shape", seed: int = 0, num_train: int = 100, steps: int = 120, batch: int = 25
) -> float:
    """Return the share of 600 new images that a network trained on a few gets right.

    Args:
        augment: called with images, soft labels and a generator at each step.
        asked: "shape" or "colour".
        seed: of the training images, the network and all that is drawn.
        num_train, steps, batch: how many images there are, how many steps it takes, and with how many images each.
    """
    with one_thread():
        return _trained(augment, asked, seed, num_train, steps, batch)


def _trained(augment: Augment, asked: str, seed: int, num_train: int, steps: int, batch: int) -> float:
    data, new = pictures_of(num_train, 100 + seed), pictures_of(600, 99)
    soft = F.one_hot(data[asked], ANSWERS[asked]).float()
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = small_network(ANSWERS[asked])
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, steps)
    for _ in range(steps):
        pick = torch.randint(num_train, (batch,), generator=generator)
        x, target = augment(data["images"][pick], soft[pick], generator)
        loss = F.cross_entropy(net(x), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    net.eval()
    with torch.no_grad():
        found = net(new["images"]).argmax(dim=1)
    return (found == new[asked]).float().mean().item()


def gains(found: Mapping[str, list[float]], asked: str = "shape") -> Figure:
    """Return the accuracies of several trainings each, their means and two standard errors to both sides.

    Args:
        found: for each way, the accuracy at each seed.
        asked: what the network was asked.
    """
    picture, ax = figure(size=(6.2, 0.6 + 0.42 * len(found)))
    said = []
    for place, (name, values) in enumerate(found.items()):
        runs = 100 * torch.tensor(values)
        error = 2 * runs.std() / len(runs) ** 0.5
        ax.errorbar(runs.mean(), place, xerr=error, fmt="o", color=BLUE, capsize=5, lw=2, ms=8)
        ax.plot(runs, [place] * len(runs), "|", color=ORANGE, ms=13, mew=2)
        said.append(f"{name} {runs.mean():.0f} ± {error:.0f}")
    ax.set_yticks(range(len(found)), list(found))
    ax.set(ylim=(len(found) - 0.5, -0.5), xlabel=f"{asked} of new images told, %")
    ax.grid(axis="x", alpha=0.4)
    return alt(picture, f"Accuracy in per cent, mean and two standard errors: {'; '.join(said)}.")
