"""A detector of one's own: what is chosen of it, and the trainer that carries the choice out. The same images and the
same number of steps for everyone, so that the design alone decides.

Boxes are left, top, right and bottom edge in pixels; labels are places in `NAMES`, the five shapes. Everything is drawn
from seeds that stand fixed. Two runs on one machine give the same detector; on another machine the last digits differ,
and with them a few answers in a hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import nn
from torchvision.ops import box_iou

from coursekit.counting import count_multiply_adds, count_numbers
from coursekit.shapes import SHAPE_NAMES, shapes
from coursekit.small_detectors import fit

SIDE, MOST_OBJECTS, RADIUS, NAMES = 64, 3, (8.0, 14.0), SHAPE_NAMES
NUM_TRAIN, STEPS, BATCH, RATE = 1200, 400, 32, 0.02
NUMBERS, MULTIPLY_ADDS = 100_000, 8_000_000
MOST_ANSWERS = 20
SEED = 0

Answer = dict[str, torch.Tensor]
Cost = Callable[[Any, torch.Tensor, torch.Tensor], torch.Tensor]
Read = Callable[[Any], list[Answer]]


class Scenes(NamedTuple):
    """Images (N, 3, 64, 64) in [0, 1], and of up to three objects in each the boxes (N, 3, 4) and labels (N, 3) int64.

    Where an image has fewer than three, the last boxes are 0 and their labels are -1.
    """

    images: torch.Tensor
    boxes: torch.Tensor
    labels: torch.Tensor


@dataclass(frozen=True)
class Design:
    """What is chosen of a detector.

    Args:
        network: takes images (N, 3, 64, 64) in [0, 1]. What it gives is between it and the other two.
        cost: from what the network gives for a batch, and the boxes (N, 3, 4) and labels (N, 3) of its objects, to the
            loss, a single number.
        read: from what the network gives to the answers: a list of N dicts, for each image `boxes` (K, 4), `labels`
            (K,) int64 and `scores` (K,). K may be 0, and another for each image.
    """

    network: nn.Module
    cost: Cost
    read: Read


@dataclass(frozen=True)
class Attempted:
    """What became of a design.

    Args:
        numbers: that its network keeps.
        multiply_adds: of one image.
        answers: for each new image; none where the budget was passed, for then it isn't trained.
        losses: of each step.
    """

    numbers: int
    multiply_adds: int
    answers: list[Answer]
    losses: list[float]


def scenes(num: int, seed: int) -> Scenes:
    """Return images with one to three shapes each, and what is in them."""
    drawn = shapes(num, size=SIDE, objects=(1, MOST_OBJECTS), radius=RADIUS, seed=seed)
    return Scenes(drawn.images, drawn.boxes, drawn.shape)


def truths(some: Scenes) -> list[Answer]:
    """Return the boxes and labels of each image's objects, as `mean_average_precision` takes them."""
    return [
        {"boxes": boxes[labels >= 0], "labels": labels[labels >= 0]}
        for boxes, labels in zip(some.boxes, some.labels, strict=True)
    ]


def turned(some: Scenes, across: bool, down: bool, exchanged: bool) -> Scenes:
    """Return images and boxes mirrored across, then down, then with rows and columns exchanged, each where asked."""
    x, (left, top, right, bottom) = some.images, some.boxes.unbind(dim=2)
    if across:
        x, left, right = x.flip(3), SIDE - right, SIDE - left
    if down:
        x, top, bottom = x.flip(2), SIDE - bottom, SIDE - top
    if exchanged:
        x, left, top, right, bottom = x.transpose(2, 3), top, left, bottom, right
    boxes = torch.stack([left, top, right, bottom], dim=2)
    return Scenes(x, boxes * (some.labels >= 0)[..., None], some.labels)


def train(design: Design, data: Scenes, *, steps: int = STEPS) -> list[float]:
    """Train a design's network as all are trained, and return the loss of each step.

    AdamW under a one-cycle schedule; each batch is mirrored across, mirrored down and turned over, or not, by chance.

    Args:
        design: its network is changed, and left in evaluation mode.
        data: what is learned from.
        steps: of 32 images each.

    Raises:
        TypeError, ValueError: the cost is not a finite number.
    """
    order, varied = torch.Generator().manual_seed(SEED), torch.Generator().manual_seed(SEED + 1)
    epochs = steps * BATCH // len(data.images) + 1
    rows = torch.cat([torch.randperm(len(data.images), generator=order) for _ in range(epochs)])
    design.network.to(memory_format=torch.channels_last)
    done = 0

    def cost(own: torch.Tensor) -> torch.Tensor:
        nonlocal done
        ways = torch.randint(2, (3,), generator=varied).bool().tolist()
        some = turned(Scenes(*(part[own] for part in data)), *ways)
        x = some.images.contiguous(memory_format=torch.channels_last)
        loss = design.cost(design.network(x), some.boxes, some.labels)
        done += 1
        fault = fault_of_cost(loss)
        if fault:
            raise ValueError(f"at step {done} of {steps}: {fault}")
        return loss

    design.network.train()
    losses = list(fit(design.network, cost, rows.split(BATCH)[:steps], rate=RATE))
    design.network.to(memory_format=torch.contiguous_format)
    return losses


@torch.no_grad()
def answers(design: Design, x: torch.Tensor) -> list[Answer]:
    """Return what a design sees in images (N, 3, 64, 64), as its `read` gives it.

    Raises:
        ValueError: the answers are not as `Design` says.
    """
    design.network.eval()
    found = []
    for part in x.split(100):
        came = design.read(design.network(part))
        fault = fault_of(came, len(part))
        if fault:
            raise ValueError(fault)
        found += came
    return found


def attempt(make: Callable[[], Any], data: Scenes, x_new: torch.Tensor) -> Attempted:
    """Make a design, count its network, and, if that keeps to the budget, train it and ask it for new images.

    Its numbers are counted once more at the end, so that none are gained on the way.

    Args:
        make: returns the design; called once, under a fixed seed.
        data: what is learned from.
        x_new: (M, 3, 64, 64), the images to look at.

    Raises:
        TypeError, ValueError: something that the design gives is not as it should be; a sentence says what.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        design = make()
        fault = fault_of_design(design)
        if fault:
            raise TypeError(fault)
        numbers, operations = counted(design)
        if numbers > NUMBERS or operations > MULTIPLY_ADDS:
            return Attempted(numbers, operations, [], [])
        losses = train(design, data)
        found = answers(design, x_new)
    return Attempted(max(numbers, counted(design)[0]), operations, found, losses)


def counted(design: Design) -> tuple[int, int]:
    """Return how many numbers a design's network keeps, and the multiply-adds of one image."""
    return count_numbers(design.network), count_multiply_adds(design.network, (3, SIDE, SIDE))


# What may be wrong, in words; "" where nothing is.


def fault_of_design(came: Any) -> str:
    """Return what is wrong with a design itself."""
    if not isinstance(came, Design):
        return f"detect returned {_kind(came)}, expected a Design"
    if not isinstance(came.network, nn.Module):
        return f"the design's network is {_kind(came.network)}, expected an nn.Module"
    for name in ("cost", "read"):
        if not callable(getattr(came, name)):
            return f"the design's {name} is {_kind(getattr(came, name))}, expected a function"
    return ""


def fault_of_cost(came: Any) -> str:
    """Return what is wrong with what `cost` gave."""
    if not isinstance(came, torch.Tensor):
        return f"cost returned {_kind(came)}, expected a tensor with a single number"
    if came.shape != ():
        return f"cost returned a tensor of shape {tuple(came.shape)}, expected a single number: sum up or take the mean"
    if not came.requires_grad:
        return "the cost has no gradient: it does not follow from what the network gives"
    if not came.isfinite():
        return f"the cost is {came.item()}"
    return ""


def fault_of(came: Any, num: int) -> str:
    """Return what is wrong with the answers for `num` images."""
    if not isinstance(came, list | tuple) or len(came) != num:
        what = f"{len(came)} entries" if isinstance(came, list | tuple) else _kind(came)
        return f"read returned {what} for {num} images, expected a list with a dict for each"
    faults = (_fault_of_one(one) for one in came)
    return next((f"in the answer for image {place}: {fault}" for place, fault in enumerate(faults) if fault), "")


def _fault_of_one(one: Any) -> str:
    if not isinstance(one, dict) or set(one) != {"boxes", "labels", "scores"}:
        what = f"a dict of {', '.join(sorted(map(str, one))) or 'nothing'}" if isinstance(one, dict) else _kind(one)
        return f"it is {what}, expected a dict of boxes, labels and scores"
    for name, value in one.items():
        if not isinstance(value, torch.Tensor):
            return f"{name} is {_kind(value)}, expected a tensor"
    boxes, labels, scores = one["boxes"], one["labels"], one["scores"]
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        return f"boxes have shape {tuple(boxes.shape)}, expected (K, 4)"
    if labels.shape != boxes.shape[:1] or scores.shape != boxes.shape[:1]:
        return (
            f"there are {len(boxes)} boxes, and labels of shape {tuple(labels.shape)} and scores of shape "
            f"{tuple(scores.shape)}, expected one of each for a box"
        )
    if len(boxes) > MOST_ANSWERS:
        return f"there are {len(boxes)} boxes, and {MOST_ANSWERS} are allowed"
    return _fault_of_values(boxes, labels, scores)


def _fault_of_values(boxes: torch.Tensor, labels: torch.Tensor, scores: torch.Tensor) -> str:
    for name, value in (("boxes", boxes), ("scores", scores)):
        if not value.is_floating_point():
            return f"{name} are {value.dtype}, expected floats"
        if not value.isfinite().all():
            return f"{name} hold NaN or an infinity"
    if labels.dtype != torch.int64:
        return f"labels are {labels.dtype}, expected torch.int64"
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(NAMES):
        return f"labels reach from {labels.min()} to {labels.max()}, expected from 0 to {len(NAMES) - 1}"
    wrong = (boxes[:, 2:] < boxes[:, :2]).any(dim=1)
    if wrong.any():
        edges = ", ".join(f"{edge:.1f}" for edge in boxes[wrong][0].tolist())
        return f"box ({edges}) ends before it begins: the order is left, top, right, bottom"
    return ""


def _kind(came: Any) -> str:
    if isinstance(came, type):
        return f"the class {came.__name__}"
    return "None" if came is None else f"a {type(came).__name__}"


def without_labels(some: Sequence[Answer]) -> list[Answer]:
    """Return answers or truths in which every object is of one class."""
    return [{**one, "labels": torch.zeros_like(one["labels"])} for one in some]


def without_repeats(found: Sequence[Answer], truth: Sequence[Answer], least: float = 0.5) -> list[Answer]:
    """Return answers less those that meet an object of their class which a surer answer has met.

    Args:
        found, truth: answers and what is there, for each image.
        least: the IoU from which an answer meets an object.
    """
    kept = []
    for one, real in zip(found, truth, strict=True):
        same = one["labels"][:, None] == real["labels"]
        meets = (box_iou(one["boxes"], real["boxes"]) >= least) & same
        taken: set[int] = set()
        rows = []
        for row in one["scores"].argsort(descending=True, stable=True).tolist():
            met = set(meets[row].nonzero()[:, 0].tolist())
            if not met or met - taken:
                rows.append(row)
            taken |= met
        kept.append({name: value[rows] for name, value in one.items()})
    return kept
