"""A small DeepLab: it names the colour at each pixel of images of shapes, from a map of an eighth of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models.segmentation.deeplabv3 import ASPP

from coursekit.kept import kept
from coursekit.shapes import COLOUR_NAMES, Shapes, shapes
from coursekit.small_detectors import drawn_batches, fit, started
from coursekit.threads import one_thread

SIDE = 48
STRIDE = 8  # rows of an image over those of its map
NAMES = ("ground", *COLOUR_NAMES)
WIDTH, CHANNELS = 48, 32  # of the map, and within the head
RATES = (1, 2, 4)  # a map has 6 x 6 places
NUM_TRAIN, NUM_TEST, NUM_SHOWN = 400, 60, 12
BATCH, STEPS, RATE = 16, 150, 1.2e-2
WAYS = ("shrink labels", "enlarge scores")


def images(num: int, seed: int) -> Shapes:
    """Return images of 48 x 48 pixels with one to three objects each."""
    return shapes(num, size=SIDE, objects=(1, 3), radius=(6.0, 12.0), seed=seed)


def labels_of(drawn: Shapes) -> torch.Tensor:
    """Return the place in `NAMES` of what is seen at each pixel, (N, 48, 48) int64: 0 for the ground."""
    lookup = torch.cat([torch.full((len(drawn), 1), -1), drawn.colour], dim=1)
    return 1 + lookup.gather(1, drawn.instances.flatten(1)).reshape(drawn.instances.shape)


def enlarged(scores: torch.Tensor) -> torch.Tensor:
    """Return the scores of a map, (N, K, 6, 6), for each pixel, (N, K, 48, 48)."""
    return F.interpolate(scores, size=(SIDE, SIDE), mode="bilinear", align_corners=False)


def shrunk(labels: torch.Tensor) -> torch.Tensor:
    """Return one label of each square of 8 x 8 pixels, (N, 6, 6): that in row and column 4, counted from 0."""
    return labels[:, STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE]


def mean_iou(scores: torch.Tensor, labels: torch.Tensor) -> float:
    """Return the intersection over union of each class over all pixels, averaged over the classes that there are.

    Args:
        scores: (N, K, H, W), scores or probabilities.
        labels: (N, H, W) int64.
    """
    num = scores.shape[1]
    pairs = (labels * num + scores.argmax(dim=1)).flatten()
    table = torch.bincount(pairs, minlength=num * num).reshape(num, num).double()
    either = table.sum(dim=0) + table.sum(dim=1) - table.diag()
    return float((table.diag() / either)[either > 0].mean())


@dataclass(frozen=True)
class Run:
    """One training.

    Args:
        body: from images to maps (N, 48, 6, 6), in evaluation mode.
        head: from maps to scores (N, 7, 6, 6), with the names of torchvision's DeepLabHead.
        images, labels: the first of the images that it never saw.
        maps: what the body makes of these.
        mean_iou: over all the images that it never saw.
    """

    body: nn.Module
    head: nn.Module
    images: torch.Tensor
    labels: torch.Tensor
    maps: torch.Tensor
    mean_iou: float


@kept
def trained(way: str = "enlarge scores", seed: int = 0) -> Run:
    """Return a network after training from a start, with a loss on shrunk labels or on enlarged scores.

    Both ways see the same images in the same order, and begin with the same weights.

    Args:
        way: of `WAYS`.
        seed: of the first weights and of the order.
    """
    drawn, unseen = _data()
    wanted = labels_of(drawn)
    small = shrunk(wanted)
    network = started(_network, seed)

    def cost(rows: torch.Tensor) -> torch.Tensor:
        scores = network.train()(drawn.images[rows])
        if way == "shrink labels":
            return F.cross_entropy(scores, small[rows])
        return F.cross_entropy(enlarged(scores), wanted[rows])

    with one_thread():
        for _ in fit(network, cost, drawn_batches(NUM_TRAIN, BATCH, STEPS, seed), rate=RATE):
            pass
        network.requires_grad_(False)
        labels = labels_of(unseen)
        body, head = network[0], network[1]
        maps = body(unseen.images)
        quality = mean_iou(enlarged(head(maps)), labels)
    return Run(body, head, unseen.images[:NUM_SHOWN], labels[:NUM_SHOWN], maps[:NUM_SHOWN], quality)


@cache
def _data() -> tuple[Shapes, Shapes]:
    return images(NUM_TRAIN, seed=1), images(NUM_TEST, seed=2)


def _network() -> nn.Sequential:
    body = nn.Sequential(_block(3, 16, 2), _block(16, 32, 2), _block(32, WIDTH, 2), _block(WIDTH, WIDTH, 1, 2))
    head = nn.Sequential(
        ASPP(WIDTH, RATES, CHANNELS),
        nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False),
        nn.BatchNorm2d(CHANNELS),
        nn.ReLU(),
        nn.Conv2d(CHANNELS, len(NAMES), 1),
    )
    return nn.Sequential(body, head)


def _block(before: int, after: int, stride: int, dilation: int = 1) -> nn.Module:
    convolution = nn.Conv2d(before, after, 3, stride, dilation, dilation, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())


# The field of neighbours


@cache
def squares_apart() -> torch.Tensor:
    """Return how far the pixels of an image lie from each other, squared, (2304, 2304)."""
    row = torch.arange(SIDE).repeat_interleave(SIDE)
    column = torch.arange(SIDE).repeat(SIDE)
    return ((row[:, None] - row) ** 2 + (column[:, None] - column) ** 2).float()


def squares_unlike(image: torch.Tensor) -> torch.Tensor:
    """Return how much the colours of the pixels of an image (3, 48, 48) differ, squared, (2304, 2304)."""
    found = torch.zeros(SIDE**2, SIDE**2)
    for channel in image.flatten(1):
        found += (channel[:, None] - channel) ** 2
    return found


def sharpened(
    scores: torch.Tensor,
    unlike: torch.Tensor,
    num_steps: int = 5,
    appearance: tuple[float, float, float] = (3.0, 8.0, 0.1),
    smoothness: tuple[float, float] = (1.0, 1.0),
) -> torch.Tensor:
    """Return the mean field of one image's scores (K, 48, 48) after some steps, as fines for other labels."""
    apart = squares_apart()
    fines = appearance[0] * torch.exp(apart / (-2 * appearance[1] ** 2) + unlike / (-2 * appearance[2] ** 2))
    if smoothness[0]:
        fines += smoothness[0] * torch.exp(apart / (-2 * smoothness[1] ** 2))
    fines.fill_diagonal_(0)
    own = scores.flatten(1).log_softmax(dim=0)
    field = own.exp()
    for _ in range(num_steps):
        field = torch.softmax(own - (1 - field) @ fines, dim=0)
    return field.reshape(scores.shape)
