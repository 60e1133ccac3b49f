"""A small mask branch: a backbone, given boxes, and a head that says for each class which cells of a box it fills.

Boxes are (R, 4): the left, top, right and bottom edge in pixels; labels are int64, and 0 is the ground.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import nn
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.roi_heads import maskrcnn_loss
from torchvision.ops import roi_align

from coursekit.shapes import SHAPE_NAMES, shapes
from coursekit.small_detectors import drawn_batches, fit, started
from coursekit.two_stages import Backbone

SIDE = 64  # pixels of an image
NAMES = ("ground", *SHAPE_NAMES)  # by label
POOL = 7  # height and width of what RoI align cuts out; the masks are twice as fine
LAYERS, REDUCED = (32, 32), 32  # of the head
NUM_TRAIN, BATCH, STEPS, RATE = 600, 12, 150, 2e-2

Loss = Callable[..., torch.Tensor]
Paste = Callable[[torch.Tensor, torch.Tensor, tuple[int, int]], torch.Tensor]


class Scenes(NamedTuple):
    """Images (N, 3, 64, 64) in [0, 1]; for each the boxes (R, 4), labels (R,) and masks (R, 64, 64) of its objects."""

    images: torch.Tensor
    boxes: list[torch.Tensor]
    labels: list[torch.Tensor]
    masks: list[torch.Tensor]


@cache
def scenes(num: int, seed: int) -> Scenes:
    """Return images of two or three shapes; a mask is what is seen of a shape, a box goes round the whole of it."""
    drawn = shapes(num, size=SIDE, objects=(2, 3), radius=(8.0, 14.0), seed=seed)
    there = drawn.shape >= 0
    each = range(1, there.shape[1] + 1)
    masks = torch.stack([drawn.instances == k for k in each], dim=1)
    rows = list(zip(drawn.boxes, drawn.shape + 1, masks, there, strict=True))
    return Scenes(
        drawn.images,
        [boxes[here] for boxes, _, _, here in rows],
        [labels[here] for _, labels, _, here in rows],
        [mask[here] for _, _, mask, here in rows],
    )


class MaskNetwork(nn.Module):
    """A backbone with a mask branch on boxes that are given.

    Args:
        head: from what RoI align cuts out, (R, 32, 7, 7), to logits (R, 6, 14, 14).
    """

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.backbone = Backbone((16, 32))
        self.head = head

    def forward(self, images: torch.Tensor, boxes: Sequence[torch.Tensor]) -> torch.Tensor:
        """Return a logit for each class and cell of each box, (R, 6, 14, 14), all images' boxes in their order."""
        maps = self.backbone(images)
        cut = roi_align(maps, list(boxes), POOL, 1 / self.backbone.stride, sampling_ratio=2, aligned=True)
        out: torch.Tensor = self.head(cut)
        return out


def library_head() -> nn.Module:
    """Return torchvision's two modules of a mask branch, in a row."""
    head = MaskRCNNHeads(32, LAYERS, 1)
    return nn.Sequential(head, MaskRCNNPredictor(LAYERS[-1], REDUCED, len(NAMES)))


def library_loss(
    logits: torch.Tensor,
    boxes: Sequence[torch.Tensor],
    masks: Sequence[torch.Tensor],
    labels: Sequence[torch.Tensor],
    shown: Sequence[torch.Tensor],
) -> torch.Tensor:
    """Return torchvision's loss without its half pixel, which is taken off the boxes."""
    return maskrcnn_loss(logits, [one - 0.5 for one in boxes], masks, labels, shown)


def trained(
    head: Callable[[], nn.Module] = library_head, loss: Loss = library_loss, seed: int = 0, steps: int = STEPS
) -> MaskNetwork:
    """Return a network that was trained on the true boxes of 600 images.

    Args:
        head: makes the head.
        loss: as torchvision's maskrcnn_loss: from logits, and for each image the boxes, the masks and labels of its
            objects, and which object each box shows, to a number.
        seed: of the first weights and of the batches.
        steps: of training, with 12 images each.
    """
    data = scenes(NUM_TRAIN, 0)
    network = started(lambda: MaskNetwork(head()), seed)

    def cost(rows: torch.Tensor) -> torch.Tensor:
        boxes, labels, masks = ([part[row] for row in rows.tolist()] for part in data[1:])
        shown = [torch.arange(len(one)) for one in boxes]
        return loss(network.train()(data.images[rows], boxes), boxes, masks, labels, shown)

    for _ in fit(network, cost, drawn_batches(NUM_TRAIN, BATCH, steps, seed), rate=RATE):
        pass
    return network


@torch.no_grad()
def probabilities(network: MaskNetwork, data: Scenes) -> list[torch.Tensor]:
    """Return for each image the masks of its boxes as the branch sees them, for all classes: (R, 6, 14, 14) each."""
    sizes = [len(one) for one in data.boxes]
    return list(network.eval()(data.images, data.boxes).sigmoid().split(sizes))


def of_class(masks: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return of each box's masks the one of its class, (R, 14, 14) of (R, 6, 14, 14)."""
    return masks[torch.arange(len(labels)), labels]


def overlap(found: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return the IoU of each pair of masks, (R,) of two (R, H, W) bool; two empty ones have 1."""
    both, either = (found & truth).flatten(1).sum(1), (found | truth).flatten(1).sum(1)
    return torch.where(either > 0, both / either.clamp(min=1), torch.ones(()))


def mean_overlap(found: Sequence[torch.Tensor], data: Scenes, paste: Paste) -> float:
    """Return the mean IoU over all objects of the masks that are pasted, from 0.5 on, and the true ones.

    Args:
        found: for each image the masks of its boxes for all classes, (R, 6, M, M), as `probabilities` gives them.
        data: the images' boxes, labels and masks.
        paste: from masks (R, M, M), boxes and a size to masks as large as the image.
    """
    each = []
    for masks, boxes, labels, truth in zip(found, *data[1:], strict=True):
        pasted = paste(of_class(masks, labels), boxes, (SIDE, SIDE))
        each.append(overlap(pasted >= 0.5, truth))
    return float(torch.cat(each).mean())


def of_full_boxes(data: Scenes) -> float:
    """Return the mean IoU of boxes that are filled, all pixels that lie in one, and the true masks."""
    middles = torch.arange(SIDE) + 0.5
    each = []
    for boxes, _, truth in zip(*data[1:], strict=True):
        left, top, right, bottom = boxes.T[..., None]
        across, down = (middles > left) & (middles < right), (middles > top) & (middles < bottom)
        each.append(overlap(down[:, :, None] & across[:, None], truth))
    return float(torch.cat(each).mean())


def projections(data: Scenes, num_cells: int, aligned: bool) -> list[torch.Tensor]:
    """Return for each image its true masks, cut out by their boxes, in the place of all classes: (R, 6, M, M)."""
    out = []
    for boxes, _, masks in zip(*data[1:], strict=True):
        rois = torch.cat([torch.arange(len(boxes))[:, None].to(boxes), boxes], dim=1)
        cut = roi_align(masks[:, None].to(boxes), rois, num_cells, aligned=aligned)
        out.append(cut.expand(-1, len(NAMES), -1, -1))
    return out
