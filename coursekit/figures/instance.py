"""Pictures of the notebook on instances: polygons, the mask branch, pasting, joints, prototypes and the panoptic map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon
from torchvision.models.detection.roi_heads import (
    heatmaps_to_keypoints,
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
