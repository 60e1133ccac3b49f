"""Pictures of the notebook on instances: polygons, the mask branch, pasting, joints, prototypes, the merged map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from torchvision.models.detection.roi_heads import (
    keypoints_to_heatmap,
    paste_masks_in_image,
    project_masks_on_boxes,
)

from coursekit import mask_branch
from coursekit.mask_branch import NAMES, SIDE, MaskNetwork, Scenes
from coursekit.outlines import draw_boxes
from coursekit.plots import PALETTE, alt, figure

BLUE, ORANGE, GREEN = PALETTE[:3]
GREY = "#8A8A8A"
TINTS = torch.tensor([[0.0, 0.45, 0.70], [0.79, 0.52, 0.0], [0.0, 0.62, 0.45]])  # the first three of the palette
SHOWN = (0, 2, 5, 9)  # of the unseen images, those of the first picture
Paste = Callable[[torch.Tensor, torch.Tensor, tuple[int, int]], torch.Tensor]


# The finished thing


@cache
def unseen() -> Scenes:
    """Return sixty images that no training sees."""
    return mask_branch.scenes(60, 1)


@cache
def network() -> MaskNetwork:
    """Return a trained network with torchvision's head."""
    return mask_branch.trained()


@cache
def answers() -> list[torch.Tensor]:
    """Return for each unseen image what the branch says of its boxes, (R, 6, 14, 14)."""
    return mask_branch.probabilities(network(), unseen())


def glide(masks: torch.Tensor, boxes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Return masks (N, M, M) pasted into boxes of any edges as Detectron2 does it, (N, H, W)."""
    first, last = boxes[:, None, None, :2], boxes[:, None, None, 2:]
    y, x = (torch.arange(side, dtype=boxes.dtype) + 0.5 for side in size)
    middles = torch.stack([x.expand(size), y[:, None].expand(size)], dim=-1)
    return F.grid_sample(masks[:, None], 2 * (middles - first) / (last - first) - 1, align_corners=False)[:, 0]


def jump(masks: torch.Tensor, boxes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Return masks (N, M, M) pasted into whole pixels as torchvision does it, (N, H, W)."""
    return paste_masks_in_image(masks[:, None], boxes, size)[:, 0]


def overview() -> Figure:
    """Return four images with their boxes, and over each object the mask that the branch found."""
    data = unseen()
    picture, axes = figure(1, len(SHOWN), size=(8.8, 2.25))
    for ax, place in zip(axes, SHOWN, strict=True):
        boxes, labels = data.boxes[place], data.labels[place]
        pasted = glide(mask_branch.of_class(answers()[place], labels), boxes, (SIDE, SIDE)) >= 0.5
        _photo(ax, _tinted(data.images[place], pasted))
        draw_boxes(ax, boxes, color=PALETTE[: len(boxes)])
    objects = sum(len(data.labels[place]) for place in SHOWN)
    return alt(
        picture,
        f"Four images of coloured shapes with a box around each of the {objects} objects; inside of each box the "
        f"object itself is tinted and outlined in a colour of its own. On {len(data.images)} images that were not "
        f"trained on the mean IoU of these masks is {mask_branch.mean_overlap(answers(), data, glide):.2f}.",
    )


def _tinted(image: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Return an image (3, H, W) with each mask (H, W) laid over it in a colour."""
    for mask, tint in zip(masks, TINTS, strict=False):
        image = torch.where(mask, 0.35 * image + 0.65 * tint[:, None, None], image)
    return image


def _photo(ax: Axes, image: torch.Tensor, title: str = "") -> None:
    ax.imshow(image.clamp(0, 1).permute(1, 2, 0).numpy())
    ax.set_title(title, fontsize=11)
    ax.axis("off")


# How a mask is written down

CORNERS = ((1.5, 1.0), (10.5, 2.0), (6.5, 4.0), (9.0, 7.0))  # of the text's polygon, without the one that moves
FIELD = (8, 12)  # rows and columns


def pixels_in(corners: Sequence[tuple[float, float]]) -> torch.Tensor:
    """Return which pixels of the field have their middle inside, (8, 12) bool, by the sign of the winding angle."""
    y, x = torch.meshgrid(*(torch.arange(n) + 0.5 for n in FIELD), indexing="ij")
    turns = torch.zeros(FIELD, dtype=torch.int64)
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        side = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)
        turns += ((y0 <= y) & (y < y1) & (side > 0)).long() + ((y1 <= y) & (y < y0) & (side < 0)).long()
    return turns % 2 == 1


def area(corners: Sequence[tuple[float, float]]) -> float:
    """Return a polygon's area by the shoelace formula."""
    pairs = zip(corners, [*corners[1:], corners[0]], strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2


def polygon(x: float = 2.0, y: float = 6.5) -> Figure:
    """Return a polygon with one free corner on a grid of pixels, and the pixels whose middle it holds."""
    corners = [*CORNERS, (x, y)]
    inside = pixels_in(corners)
    picture, ax = figure(size=(6.2, 4.4))
    ax.imshow(1 - 0.35 * inside.float().numpy(), extent=(0, FIELD[1], FIELD[0], 0), vmin=0, vmax=1)
    ax.add_patch(Polygon(corners, fill=False, ec=BLUE, lw=2))
    rows, columns = inside.nonzero().T
    ax.plot((columns + 0.5).tolist(), (rows + 0.5).tolist(), ".", color="black", ms=4)
    ax.plot(x, y, "o", color=ORANGE, ms=10)
    ax.set(xticks=range(FIELD[1] + 1), yticks=range(FIELD[0] + 1), xlim=(-0.2, 12.2), ylim=(8.2, -0.2))
    ax.grid(color=GREY, lw=0.4)
    said = f"{int(inside.sum())} pixels, the area is {area(corners):.2f}"
    ax.set_title(said, fontsize=12)
    return alt(picture, f"A polygon of five corners on 8 rows and 12 columns of pixels, one of them free: {said}.")


def voc_palette() -> torch.Tensor:
    """Return VOC's table of colours, (256, 3) uint8: three bits of a number make the highest bits of the colours."""
    number = torch.arange(256)[:, None]
    channel = torch.arange(3)
    table = torch.zeros(256, 3, dtype=torch.int64)
    for step in range(8):
        table |= ((number >> (3 * step + channel)) & 1) << (7 - step)
    return table.byte()


# The branch and its truth

EXAMPLE = (5, 0)  # of the unseen images and its objects, the one that is looked at


def branch() -> Figure:
    """Return an object in its box, and the masks that the branch has for it, one for each class."""
    data, (place, which) = unseen(), EXAMPLE
    label = int(data.labels[place][which])
    picture, axes = figure(1, len(NAMES) + 1, size=(9.2, 1.75))
    left, top, right, bottom = (int(edge) for edge in data.boxes[place][which])
    _photo(axes[0], data.images[place][:, top:bottom, left:right], "the box")
    for kind, ax in enumerate(axes[1:]):
        ax.imshow(answers()[place][which, kind].numpy(), vmin=0, vmax=1)
        ax.axis("off")
        ax.set_title(NAMES[kind], fontsize=11, fontweight="bold" if kind == label else "normal")
    filled = [f"{name} {share:.0%}" for name, share in zip(NAMES, shares_filled(), strict=True)]
    return alt(
        picture,
        f"A {NAMES[label]} in its box, and six masks of 14 x 14 cells, one for each class. The share of cells from 0.5 "
        f"on: {', '.join(filled)}. Only the mask of {NAMES[label]} was ever asked for of such a box.",
    )


def shares_filled() -> list[float]:
    """Return for each class the share of the example's cells that its mask fills."""
    place, which = EXAMPLE
    shares: list[float] = (answers()[place][which] >= 0.5).float().mean(dim=(1, 2)).tolist()
    return shares


def projected() -> Figure:
    """Return an object's mask in the image with its box, and its targets in 7, 14 and 28 cells."""
    data, (place, which) = unseen(), EXAMPLE
    mask, box = data.masks[place][which], data.boxes[place][which]
    picture, axes = figure(1, 4, size=(8.6, 2.35))
    axes[0].imshow(mask.numpy(), vmin=0, vmax=1)
    draw_boxes(axes[0], box[None], color=ORANGE)
    axes[0].set_title("in the image", fontsize=11)
    between = []
    for ax, num in zip(axes[1:], (7, 14, 28), strict=True):
        target = project_masks_on_boxes(mask[None], box[None] - 0.5, torch.zeros(1, dtype=torch.int64), num)[0]
        ax.imshow(target.numpy(), vmin=0, vmax=1)
        ax.set_title(f"M = {num}", fontsize=11)
        between.append(float(((target > 0.01) & (target < 0.99)).float().mean()))
    for ax in axes:
        ax.axis("off")
    words = ", ".join(f"{share:.0%}" for share in between)
    return alt(
        picture,
        "A mask in its image with the box around it, and the box's content in 7 x 7, 14 x 14 and 28 x 28 cells, with "
        f"grey ones along the outline: {words} of the cells are neither in nor out.",
    )


# Back into the image

STEPS = tuple(10 + step / 10 for step in range(31))  # left edges of the box that moves


def centres(paste: Paste) -> list[float]:
    """Return for each left edge the centre of mass (in x) of a full mask that is pasted into a box 28 pixels wide."""
    found = []
    for left in STEPS:
        pasted = paste(torch.ones(1, 14, 14), torch.tensor([[left, 10.0, left + 28, 38]]), (56, 56))[0]
        found.append(float((pasted.sum(dim=0) * (torch.arange(56) + 0.5)).sum() / pasted.sum()))
    return found


def gliding() -> Figure:
    """Return where the middle of a pasted mask lies while its box moves, by sampling and by whole pixels."""
    picture, ax = figure(size=(6.0, 3.3))
    gaps = []
    for paste, name, tint in ((glide, "sampled at the middles", BLUE), (jump, "box in whole pixels", ORANGE)):
        ax.plot(STEPS, centres(paste), color=tint, label=name)
        off = [centre - left - 14 for centre, left in zip(centres(paste), STEPS, strict=True)]
        gaps.append((min(off), max(off)))
    ax.set(xlabel="left edge of the box", ylabel="middle of the mask")
    ax.legend(fontsize=11)
    return alt(
        picture,
        "The middle of a pasted mask against the left edge of its box. Sampled, it is a straight line; with whole "
        f"pixels it is a staircase. The first is off by at most {max(map(abs, gaps[0])):.2f} pixels, the second by "
        f"{gaps[1][0]:.2f} to {gaps[1][1]:.2f}.",
    )


def overlaps_by_class(found: Sequence[torch.Tensor], data: Scenes, paste: Paste) -> dict[str, tuple[float, float]]:
    """Return for each shape the mean IoU of the branch's masks, and that of its filled boxes."""
    full = [torch.ones_like(one) for one in found]
    out = {}
    for kind, name in enumerate(NAMES[1:], 1):
        mine = [labels == kind for labels in data.labels]
        boxes, labels, masks = (
            [each[own] for each, own in zip(part, mine, strict=True)] for part in (data.boxes, data.labels, data.masks)
        )
        only = Scenes(data.images, boxes, labels, masks)
        kept, filled = ([one[own] for one, own in zip(which, mine, strict=True)] for which in (found, full))
        out[name] = (mask_branch.mean_overlap(kept, only, paste), mask_branch.mean_overlap(filled, only, paste))
    return out


def found(data: Scenes, masks: Sequence[torch.Tensor], paste: Paste) -> Figure:
    """Return the mean IoU of each shape's masks beside that of its filled boxes.

    Args:
        data: images that no training saw.
        masks: for each image what the branch says of its boxes, (R, 6, M, M).
        paste: brings masks into the image, as `paste_mask` does.
    """
    scores = overlaps_by_class(masks, data, paste)
    picture, ax = figure(size=(6.0, 3.0))
    for shift, which, name, tint in ((-0.2, 0, "the branch's masks", BLUE), (0.2, 1, "filled boxes", ORANGE)):
        heights = [pair[which] for pair in scores.values()]
        ax.bar([place + shift for place in range(len(scores))], heights, 0.38, color=tint, label=name)
    ax.set_xticks(range(len(scores)), list(scores))
    ax.set(ylabel="mean IoU", ylim=(0, 1.3), yticks=(0, 0.5, 1))
    ax.legend(ncols=2, fontsize=11, loc="upper center")
    said = "; ".join(f"{name} {own:.2f} and {full:.2f}" for name, (own, full) in scores.items())
    return alt(picture, f"Bars: the mean IoU of the branch's masks and of filled boxes. {said}.")


# Joints

STAR_BOX = torch.tensor([[2.0, 3.0, 22.0, 19.0]])
STAR_CELLS = 8


def tips() -> torch.Tensor:
    """Return the five tips of a star that fills most of its box, (1, 5, 3), all of them marked."""
    turn = torch.arange(5) * 2 * torch.pi / 5 - torch.pi / 2
    points = torch.stack([12.0 + 9.3 * turn.cos(), 11.7 + 7.9 * turn.sin(), torch.ones(5)], dim=1)
    return points[None]


def joints() -> Figure:
    """Return the tips of a star, the cells that hold them, and the points that the cells' middles give back."""
    places = keypoints_to_heatmap(tips(), STAR_BOX, STAR_CELLS)[0][0]
    cells = torch.zeros(STAR_CELLS**2).index_fill(0, places, 1.0).reshape(STAR_CELLS, STAR_CELLS)
    left, top, right, bottom = STAR_BOX[0].tolist()
    wide, high = (right - left) / STAR_CELLS, (bottom - top) / STAR_CELLS
    picture, ax = figure(size=(5.4, 4.2))
    ax.imshow(1 - 0.35 * cells.numpy(), extent=(left, right, bottom, top), vmin=0, vmax=1)
    across, down = left + wide * (places % STAR_CELLS + 0.5), top + high * (places // STAR_CELLS + 0.5)
    ax.plot(*tips()[0, :, :2].T.tolist(), "o", color=BLUE, label="joint")
    ax.plot(across.tolist(), down.tolist(), "x", color=ORANGE, ms=9, mew=2.5, label="middle of its cell")
    ax.set_xticks([left + wide * line for line in range(STAR_CELLS + 1)])
    ax.set_yticks([top + high * line for line in range(STAR_CELLS + 1)])
    ax.grid(color=GREY, lw=0.4)
    ax.tick_params(labelsize=9)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.13), ncols=2, fontsize=11)
    off = (tips()[0, :, :2] - torch.stack([across, down], dim=1)).abs()
    words = ", ".join(str(place) for place in places.tolist())
    return alt(
        picture,
        f"The five tips of a star in a box of 8 x 8 cells; each lies in a cell that is filled, and a cross marks its "
        f"middle. The places are {words}. The crosses are off by at most {off[:, 0].max():.2f} pixels across, where a "
        f"cell has {wide:.1f}, and {off[:, 1].max():.2f} down, where it has {high:.1f}.",
    )


# Prototypes

WEIGHTS = torch.tensor([[-0.5, 1.0, -1.0], [-0.5, 0.5, 0.5]])
OBJECTS = torch.tensor([[5.0, 6.0, 3.2], [13.0, 6.0, 3.2]])  # x, y and radius, in cells
PROTOTYPE_SIZE = (12, 18)


def prototype_maps() -> torch.Tensor:
    """Return the text's three prototypes for two discs, (3, 12, 18)."""
    y, x = torch.meshgrid(*(torch.arange(n) + 0.5 for n in PROTOTYPE_SIZE), indexing="ij")
    discs = [torch.hypot(x - cx, y - cy) < radius for cx, cy, radius in OBJECTS.tolist()]
    return torch.stack([torch.full(PROTOTYPE_SIZE, 6.0), 8.0 * (discs[0] | discs[1]), 8.0 * (x > 9)])


def prototype_masks() -> torch.Tensor:
    """Return both objects' masks before the crop, (2, 12, 18)."""
    return (WEIGHTS @ prototype_maps().flatten(1)).sigmoid().reshape(2, *PROTOTYPE_SIZE)


def prototypes() -> Figure:
    """Return three prototypes and the two masks that they make, with the boxes that cut them off."""
    picture, axes = figure(1, 5, size=(9.4, 1.9))
    for ax, one, name in zip(axes, prototype_maps(), ("everywhere", "objects", "right half"), strict=False):
        ax.imshow(one.numpy(), vmin=0, vmax=8)
        ax.set_title(name, fontsize=11)
    for ax, one, (x, y, radius), name in zip(
        axes[3:], prototype_masks(), OBJECTS.tolist(), ("left object", "right object"), strict=True
    ):
        ax.imshow(one.numpy(), vmin=0, vmax=1)
        draw_boxes(ax, torch.tensor([[x - radius, y - radius, x + radius, y + radius]]), color=ORANGE)
        ax.set_title(name, fontsize=11)
    for ax in axes:
        ax.set(xticks=(), yticks=())
    values = prototype_masks()
    return alt(
        picture,
        "Three prototypes, one everywhere 6, one 8 on two discs, one 8 in the right half, and the two masks that they "
        f"make before the crop, each with its box. The left object's mask is {values[0, 6, 5]:.2f} on its disc and "
        f"{values[0, 6, 13]:.2f} on the other. The right object's is {values[1, 6, 13]:.2f} on its disc, and "
        f"{values[1, 0, 17]:.2f} on the ground at the right, which the box cuts off.",
    )


# One map for all


def _case() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the text's masks of things, scores, labels, and the labels of all pixels."""
    masks = torch.zeros(4, 4, 7, dtype=torch.bool)
    for mask, (top, bottom, left, right) in zip(
        masks, ((1, 3, 1, 4), (1, 3, 2, 5), (1, 4, 3, 6), (0, 1, 5, 7)), strict=True
    ):
        mask[top:bottom, left:right] = True
    semantic = torch.ones(4, 7, dtype=torch.int64)
    semantic[2:] = 2
    semantic[2:, 6] = 5
    return masks, torch.tensor([0.9, 0.8, 0.7, 0.3]), torch.tensor([4, 4, 5, 5]), semantic


CASE = _case()
MERGED = torch.tensor([[3] * 7, [3, 1, 1, 1, 2, 2, 3], [0, 1, 1, 1, 2, 2, 0], [0, 0, 0, 2, 2, 2, 0]])
LABELS = {0: "", 1: "sky", 2: "grass", 5: "star"}


def merged() -> Figure:
    """Return the labels of all pixels, the things' masks with their scores, and the map that is merged of them."""
    masks, scores, _, semantic = CASE
    picture, axes = figure(1, 3, size=(9.4, 2.3))
    _table(axes[0], semantic, [[LABELS[kind] for kind in row] for row in semantic.tolist()], 8)
    axes[0].set_title("labels", fontsize=11)
    _table(axes[1], torch.zeros_like(semantic), [[""] * 7] * 4, 8)
    for index, (mask, score) in enumerate(zip(masks, scores.tolist(), strict=True)):
        rows, columns = mask.nonzero().T
        shift = 0.09 * index
        left, top = int(columns.min()) + shift - 0.5, int(rows.min()) + shift - 0.5
        right, bottom = int(columns.max()) + 0.5 - shift, int(rows.max()) + 0.5 - shift
        edges = ((left, right, right, left, left), (top, top, bottom, bottom, top))
        axes[1].plot(*edges, color=PALETTE[index], label=f"{score:.1f}")
    axes[1].legend(loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=4, fontsize=10, handlelength=1.2)
    axes[1].set_title("masks of things, and scores", fontsize=11)
    _table(axes[2], MERGED, [[str(number or "") for number in row] for row in MERGED.tolist()], 11)
    axes[2].set_title("segments", fontsize=11)
    sizes = ", ".join(str(MERGED.flatten().tolist().count(number)) for number in (1, 2, 3))
    return alt(
        picture,
        "Three grids of 4 x 7 pixels. Labels: sky above, grass below, two pixels of a star at the right. Four masks "
        f"with the scores 0.9, 0.8, 0.7 and 0.3, of which the first three overlap. Segments 1, 2 and 3 with {sizes} "
        f"pixels, and {int((~MERGED.bool()).sum())} that belong to none.",
    )


def _table(ax: Axes, numbers: torch.Tensor, words: list[list[str]], size: int) -> None:
    ax.imshow(1 - 0.12 * numbers.numpy(), vmin=0, vmax=1)
    for row, line in enumerate(words):
        for column, word in enumerate(line):
            ax.text(column, row, word, ha="center", va="center", fontsize=size)
    ax.set(xticks=(), yticks=())
