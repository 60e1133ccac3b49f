"""The shapes data set: coloured shapes on a cluttered ground, drawn and not downloaded.

From one seed come the images with all that can be asked of them: class, boxes, masks and a caption. It is real work for
a network and small enough for two cores: the colours are easy to tell apart, the shapes are not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

COLOURS = {
    "red": (0.85, 0.15, 0.15),
    "green": (0.15, 0.65, 0.2),
    "blue": (0.15, 0.3, 0.85),
    "yellow": (0.9, 0.8, 0.15),
    "magenta": (0.8, 0.2, 0.75),
    "cyan": (0.15, 0.75, 0.8),
}
COLOUR_NAMES = tuple(COLOURS)
CHUNK = 250  # more images at once don't fit a core's cache: half as fast
TRIES = 200  # how often places are drawn anew for objects that would cover each other
DIAGONAL = 6.0  # pixels by which "left of" and "above" must be told apart


@dataclass(frozen=True)
class Shapes:
    """N images with K objects at most. Where an image has fewer, `shape` and `colour` are -1 and the box is 0.

    Args:
        images: (N, 3, S, S) float32 in [0, 1].
        shape: (N, K) int64, the place in `SHAPE_NAMES`. Of two objects that overlap the later lies on top.
        colour: (N, K) int64, the place in `COLOUR_NAMES`.
        centres: (N, K, 2) float32, the (x, y) of the middle in pixels; the middle of pixel i is i + 0.5.
        boxes: (N, K, 4) float32, the left, top, right and bottom edge of the whole object in pixels, also of what
            another covers; pixel i reaches from i to i + 1.
        instances: (N, S, S) int64, 0 for the ground and k + 1 where object k is seen.
    """

    images: torch.Tensor
    shape: torch.Tensor
    colour: torch.Tensor
    centres: torch.Tensor
    boxes: torch.Tensor
    instances: torch.Tensor

    def __len__(self) -> int:
        return len(self.images)

    @property
    def y(self) -> torch.Tensor:
        """Return the class of each image's first object, (N,) int64: shape and colour together, see `CLASS_NAMES`."""
        return self.shape[:, 0] * len(COLOURS) + self.colour[:, 0]

    def semantic(self) -> torch.Tensor:
        """Return what is seen at each pixel, (N, S, S) int64: 0 for the ground and 1 + the place in `SHAPE_NAMES`."""
        lookup = torch.cat([torch.full((len(self), 1), -1), self.shape], dim=1)
        return 1 + lookup.gather(1, self.instances.flatten(1)).reshape(self.instances.shape)

    def captions(self) -> list[str]:
        """Return a sentence for each image: its one object, two with how they lie, or more from left to right."""
        return [self._caption(image) for image in range(len(self))]

    def _caption(self, image: int) -> str:
        here = self.shape[image] >= 0
        centres = self.centres[image][here]
        names = [self._name(image, k) for k in range(int(here.sum()))]
        if len(names) != 2:
            names = [names[k] for k in centres[:, 0].argsort(stable=True).tolist()]
            return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        across, down = (centres[1] - centres[0]).tolist()
        if (across if abs(across) > abs(down) else down) < 0:
            names.reverse()
        return f" {'left of' if abs(across) > abs(down) else 'above'} ".join(names)

    def _name(self, image: int, k: int) -> str:
        return f"a {COLOUR_NAMES[self.colour[image, k]]} {SHAPE_NAMES[self.shape[image, k]]}"


def shapes(
    num: int,
    *,
    size: int = 32,
    objects: tuple[int, int] = (1, 1),
    radius: tuple[float, float] = (7.0, 13.0),
    seed: int = 0,
) -> Shapes:
    """Return `num` images of coloured shapes; the same ones for the same arguments.

    Args:
        num: N.
        size: S, the height and width of an image in pixels.
        objects: the fewest and the most objects in an image. Two lie clearly side by side or one above the other, so
            that their caption is sure.
        radius: the smallest and the largest radius in pixels.
        seed: of all that is drawn.

    Raises:
        ValueError: the objects don't fit into the image.
    """
    most = objects[1]
    if not 1 <= objects[0] <= most:
        raise ValueError(f"objects is {objects}, expected at least 1 and the fewest first, such as (1, 3)")
    if 2 * radius[1] >= size or radius[0] <= 0 or radius[0] > radius[1]:
        raise ValueError(
            f"radius is {radius}, expected the smaller first, above 0 and below half the size, {size / 2:g}"
        )
    rng = np.random.default_rng(seed)
    parts = [_draw(rng, min(CHUNK, num - start), size, objects, radius) for start in range(0, num, CHUNK)]
    parts = parts or [_draw(rng, 0, size, objects, radius)]
    return Shapes(*(torch.cat(of_all) for of_all in zip(*parts, strict=True)))


def _draw(
    rng: np.random.Generator, num: int, size: int, objects: tuple[int, int], radius: tuple[float, float]
) -> tuple[torch.Tensor, ...]:
    most = objects[1]
    here = torch.arange(most) < torch.from_numpy(rng.integers(objects[0], most + 1, (num, 1)))
    shape = torch.from_numpy(rng.integers(0, len(OUTLINES), (num, most))).masked_fill(~here, -1)
    colour = torch.from_numpy(rng.integers(0, len(COLOURS), (num, most))).masked_fill(~here, -1)
    radii = _uniform(rng, *radius, num, most)
    turns = _uniform(rng, 0.0, 2 * np.pi, num, most)
    centres = _centres(rng, radii, here, size)
    images, instances = _ground(rng, num, size), torch.zeros(num, size, size, dtype=torch.int64)
    boxes = torch.zeros(num, most, 4)
    for k in range(most):
        distance = _distances(shape[:, k], centres[:, k], radii[:, k], turns[:, k], size)
        paint = _paint(rng, colour[:, k])
        cover = (0.5 - distance).clamp(0, 1)[:, None]
        images = images * (1 - cover) + paint * cover
        inside = distance < 0
        instances[inside] = k + 1
        boxes[:, k] = _box(inside)
    images += 0.04 * torch.from_numpy(rng.standard_normal(images.shape, dtype=np.float32))
    return images.clamp(0, 1), shape, colour, centres * here[..., None], boxes, instances


def _uniform(rng: np.random.Generator, low: float, high: float, *shape: int) -> torch.Tensor:
    return torch.from_numpy(rng.uniform(low, high, shape).astype(np.float32))


def _centres(rng: np.random.Generator, radii: torch.Tensor, here: torch.Tensor, size: int) -> torch.Tensor:
    """Return a place (x, y) for each object, (N, K, 2), so that all are whole and none hides another."""
    centres = torch.zeros(*radii.shape, 2)
    waiting = torch.ones(len(radii), dtype=torch.bool)
    for _ in range(TRIES):
        if not waiting.any():
            return centres
        room, pair = radii[waiting], here[waiting]
        drawn = room[..., None] + _uniform(rng, 0.0, 1.0, *room.shape, 2) * (size - 2 * room[..., None])
        centres[waiting] = drawn
        waiting[waiting.clone()] = ~_lie_well(drawn, room, pair)
    raise ValueError(
        f"{radii.shape[1]} objects of radius up to {radii.max():.1f} don't fit into {size} × {size} pixels"
    )


def _lie_well(centres: torch.Tensor, radii: torch.Tensor, here: torch.Tensor) -> torch.Tensor:
    """Return for each image whether its objects overlap little, and two have a sure caption, (N,) bool."""
    apart = (centres[:, :, None] - centres[:, None]).abs()
    both = (here[:, :, None] & here[:, None]).triu(diagonal=1)
    near = apart.norm(dim=-1) < 0.8 * (radii[:, :, None] + radii[:, None])
    unsure = (apart[..., 0] - apart[..., 1]).abs() < DIAGONAL
    unsure &= (here.sum(dim=1) == 2)[:, None, None]
    return ~((near | unsure) & both).flatten(1).any(dim=1)


# Outlines: the signed distance of points (x, y) in units of the radius, negative inside; exact near the outline.

Outline = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def _circle(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.hypot(x, y) - 1


def _square(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.maximum(x.abs(), y.abs()) - 0.5**0.5


def _triangle(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.maximum(y, x.abs() * 0.75**0.5 - y / 2) - 0.5


def _star(x: torch.Tensor, y: torch.Tensor, points: int = 5, inner: float = 0.45) -> torch.Tensor:
    sector = np.pi / points
    folded = ((torch.atan2(y, x) % (2 * sector)) - sector).abs()  # half a point is all of them
    away = torch.hypot(x, y)
    tip, dent = (np.cos(sector), np.sin(sector)), (inner, 0.0)
    edge = (tip[0] - dent[0], tip[1] - dent[1])
    across = (away * folded.cos() - dent[0]) * edge[1] - away * folded.sin() * edge[0]
    return across / float(np.hypot(*edge))


def _cross(x: torch.Tensor, y: torch.Tensor, width: float = 0.32) -> torch.Tensor:
    x, y = x.abs(), y.abs()
    reach = (1 - width**2) ** 0.5
    return torch.minimum(torch.maximum(x - reach, y - width), torch.maximum(y - reach, x - width))


OUTLINES: dict[str, Outline] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "star": _star,
    "cross": _cross,
}
SHAPE_NAMES = tuple(OUTLINES)
CLASS_NAMES = tuple(f"{colour} {shape}" for shape in SHAPE_NAMES for colour in COLOUR_NAMES)


def _distances(
    shape: torch.Tensor, centre: torch.Tensor, radius: torch.Tensor, turn: torch.Tensor, size: int
) -> torch.Tensor:
    """Return how far each pixel's middle lies outside of one object an image, in pixels, (N, S, S)."""
    middle = torch.arange(size) + 0.5
    x = (middle - centre[:, :1])[:, None, :] / radius[:, None, None]
    y = (middle - centre[:, 1:])[:, :, None] / radius[:, None, None]
    cos, sin = turn.cos()[:, None, None], turn.sin()[:, None, None]
    x, y = x * cos + y * sin, y * cos - x * sin
    found = torch.full_like(x, float("inf"))
    for which, outline in enumerate(OUTLINES.values()):
        mine = shape == which
        found[mine] = outline(x[mine], y[mine])
    return found * radius[:, None, None]


def _box(inside: torch.Tensor) -> torch.Tensor:
    """Return the edges (left, top, right, bottom) around each mask of (N, S, S), or 0 where it is empty."""
    size = inside.shape[-1]
    edges = []
    for line in (inside.any(dim=1), inside.any(dim=2)):  # columns, then rows
        first = line.int().argmax(dim=1)
        last = size - line.flip(1).int().argmax(dim=1)
        edges.append(torch.stack([first, last], dim=1) * line.any(dim=1, keepdim=True))
    (left, right), (top, bottom) = edges[0].T, edges[1].T
    return torch.stack([left, top, right, bottom], dim=1).float()


def _paint(rng: np.random.Generator, colour: torch.Tensor) -> torch.Tensor:
    """Return a shade of each colour, (N, 3, 1, 1): brighter or darker, and a little to one side."""
    shades = torch.tensor(list(COLOURS.values()))[colour]
    shades = shades * _uniform(rng, 0.75, 1.1, len(colour), 1) + _uniform(rng, -0.06, 0.06, len(colour), 3)
    return shades.clamp(0, 1)[..., None, None]


def _ground(rng: np.random.Generator, num: int, size: int) -> torch.Tensor:
    """Return what lies behind: a muted colour, smooth clouds, stripes and a bar, (N, 3, S, S)."""
    clouds = F.interpolate(_uniform(rng, -0.15, 0.15, num, 3, 4, 4), size=(size, size), mode="bilinear")
    middle = torch.linspace(-1, 1, size)
    turn = _uniform(rng, 0.0, np.pi, num, 1, 1)
    along = turn.cos() * middle[None, None, :] + turn.sin() * middle[None, :, None]
    waves = (along * _uniform(rng, 6.0, 20.0, num, 1, 1) + _uniform(rng, 0.0, 6.3, num, 1, 1)).sin()
    stripes = waves * _uniform(rng, 0.0, 0.12, num, 1, 1)
    bar = ((along - _uniform(rng, -0.8, 0.8, num, 1, 1)).abs() < _uniform(rng, 0.05, 0.2, num, 1, 1)).float()
    base = _uniform(rng, 0.3, 0.65, num, 3, 1, 1)
    return base + clouds + stripes[:, None] + bar[:, None] * _uniform(rng, -0.2, 0.2, num, 3, 1, 1)
