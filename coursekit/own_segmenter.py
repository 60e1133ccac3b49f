"""How a segmenter of a student's own is trained and asked: the same images, steps and rates for everyone, so that the
network and its loss alone decide.

All chance comes from seeds that stand fixed. Two runs on one machine give the same network; on another machine the
last digits differ, and with them a few pixels in a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from coursekit.counting import count_multiply_adds, count_numbers
from coursekit.recipe import Budget
from coursekit.shapes import SHAPE_NAMES, Shapes, shapes

SIDE = 64  # pixels of an image
RADIUS = (9.0, 14.0)  # pixels, of the smallest and the largest object
NUM_CLASSES = 1 + len(SHAPE_NAMES)  # the ground is 0
NUM_TRAIN = 2000
STEPS, BATCH, RATE, WEIGHT_DECAY = 1000, 8, 0.01, 0.01
BUDGET = Budget(parameters=200_000, multiply_adds=15_000_000)
SEED = 0

Loss = Callable[[Any, torch.Tensor], torch.Tensor]
Design = Callable[[], Any]


class Attempted(NamedTuple):
    """What became of a segmenter.

    Args:
        parameters: numbers that it keeps.
        multiply_adds: of one image, in evaluation or in training with the loss, whichever are more.
        labels: (M, 64, 64) uint8, the class at each pixel of the new images; none where the budget was passed, for
            then it isn't trained.
        losses: of each step.
    """

    parameters: int
    multiply_adds: int
    labels: torch.Tensor
    losses: list[float]

    def keeps_to(self, budget: Budget) -> bool:
        """Return whether it takes no more than a budget."""
        return self.parameters <= budget.parameters and self.multiply_adds <= budget.multiply_adds


def images(num: int, seed: int) -> Shapes:
    """Return images of two or three objects that touch and overlap."""
    return shapes(num, size=SIDE, objects=(2, 3), radius=RADIUS, seed=seed)


def iou_by_class(guessed: torch.Tensor, truth: torch.Tensor, num_classes: int = NUM_CLASSES) -> torch.Tensor:
    """Return each class's intersection over union, (K,) float64, of the pixels of all images together.

    Args:
        guessed, truth: classes of any integer dtype and of one shape.
        num_classes: K. A class that is in neither is nan.
    """
    pairs = truth.long().flatten() * num_classes + guessed.long().flatten()
    table = torch.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes).double()
    both = table.diagonal()
    return both / (table.sum(dim=0) + table.sum(dim=1) - both)


def mean_iou(guessed: torch.Tensor, truth: torch.Tensor, num_classes: int = NUM_CLASSES) -> float:
    """Return the mean of the classes' intersection over union; a class that is in neither doesn't count."""
    return iou_by_class(guessed, truth, num_classes).nanmean().item()


def made(design: Design) -> tuple[nn.Module, Loss]:
    """Return the network and the loss that a design gives.

    Raises:
        ValueError: it gives something else, with a sentence that says what.
    """
    came = design()
    expected = "expected a network and its loss: an nn.Module and a function"
    if not isinstance(came, tuple | list) or len(came) != 2:
        many = f" of {len(came)}" if isinstance(came, tuple | list) else ""
        raise ValueError(f"segment returned {_kind(came)}{many}, {expected}")
    model, loss = came
    if not isinstance(model, nn.Module):
        raise ValueError(f"the first that segment returned is {_kind(model)}, {expected}")
    if isinstance(loss, type) or not callable(loss):
        raise ValueError(f"the second that segment returned is {_kind(loss)}, {expected}")
    if not [*nn.Module.parameters(model)]:
        raise ValueError("the network has no parameters: there is nothing to learn")
    return model, loss


def fault_of_scores(came: Any, num: int, side: int = SIDE) -> str:
    """Return what is wrong with the scores for `num` images, in words; "" where nothing is."""
    shape = (num, NUM_CLASSES, side, side)
    if not isinstance(came, torch.Tensor):
        return f"in evaluation mode the network gives {_kind(came)}, expected scores: a tensor of shape {shape}"
    if came.shape != shape:
        return f"in evaluation mode the scores have shape {tuple(came.shape)}, expected {shape}"
    if not came.is_floating_point():
        return f"the scores are {came.dtype}, expected floating point: a score for each class, not the class itself"
    if not came.isfinite().all():
        return "the scores hold NaN or an infinity"
    return ""


def fault_of_loss(came: Any) -> str:
    """Return what is wrong with a loss, in words; "" where nothing is."""
    if not isinstance(came, torch.Tensor):
        return f"the loss is {_kind(came)}, expected a tensor with a single number"
    if came.numel() != 1:
        return f"the loss has shape {tuple(came.shape)}, expected a single number"
    if not came.requires_grad:
        return "the loss has no gradient: it doesn't depend on a parameter, or was cut off from them"
    if not came.isfinite():
        return f"the loss is {came.item()}"
    return ""


def counted(model: nn.Module, loss: Loss, x: torch.Tensor, y: torch.Tensor) -> tuple[int, int]:
    """Return how many numbers a network keeps, and the multiply-adds of one image: those in evaluation mode, or those
    of a batch in training, with the loss, divided by its size, whichever are more."""
    asked = count_multiply_adds(model, tuple(x.shape[1:]))
    kept = {name: one.clone() for name, one in model.state_dict().items()}
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        loss(model.train()(x), y)
    model.load_state_dict(kept)
    return count_numbers(model), max(asked, int(counter.get_total_flops()) // (2 * len(x)))


def train(model: nn.Module, loss: Loss, x: torch.Tensor, y: torch.Tensor, steps: Iterable[int]) -> list[float]:
    """Train a network as all are trained, and return the loss of each step.

    AdamW under a one-cycle schedule; each batch is turned and mirrored at random, its masks with it.

    Args:
        model: takes (N, 3, H, W). It is changed, and left in evaluation mode.
        loss: from what the model gives in training mode, and masks (N, H, W) int64, to a single number.
        x: (N, 3, H, W) float32 images in [0, 1], H = W.
        y: (N, H, W) int64 classes.
        steps: of `BATCH` images each; what it yields plays no part, but it has a length.

    Raises:
        ValueError: the loss is no single finite number with a gradient; the message says at which step.
    """
    drawn = torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.AdamW(nn.Module.parameters(model), lr=RATE, weight_decay=WEIGHT_DECAY)
    total = len(steps)  # type: ignore[arg-type]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=max(total, 2))
    waiting: list[torch.Tensor] = []
    losses: list[float] = []
    model.train()
    for _ in steps:
        waiting = waiting or [*torch.randperm(len(x), generator=drawn).split(BATCH)][: max(len(x) // BATCH, 1)]
        images, masks = turned(x, y, waiting.pop(), drawn)
        cost = loss(model(images), masks)
        fault = fault_of_loss(cost)
        if fault:
            raise ValueError(f"at step {len(losses) + 1} of {total}: {fault}")
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        schedule.step()
        losses.append(cost.item())
    model.eval()
    return losses


def turned(
    x: torch.Tensor, y: torch.Tensor, rows: torch.Tensor, drawn: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a batch of images and masks, all of it in one of eight ways: mirrored or not, and turned by quarters."""
    mirrored, quarters = divmod(int(torch.randint(8, (), generator=drawn)), 4)
    images, masks = x[rows], y[rows]
    if mirrored:
        images, masks = images.flip(3), masks.flip(2)
    return images.rot90(quarters, (2, 3)).contiguous(), masks.rot90(quarters, (1, 2)).contiguous()


@torch.no_grad()
def label(model: nn.Module, x: torch.Tensor) -> torch.Tensor:
    """Return the likeliest class at each pixel, (N, H, W) uint8.

    Raises:
        ValueError: what the network gives are no scores, with a sentence that says so.
    """
    found = []
    for part in x.split(25):
        scores = model.eval()(part)
        fault = fault_of_scores(scores, len(part), x.shape[2])
        if fault:
            raise ValueError(fault)
        found.append(scores.argmax(dim=1).to(torch.uint8))
    return torch.cat(found)


def attempt(
    design: Design,
    x: torch.Tensor,
    y: torch.Tensor,
    x_new: torch.Tensor,
    steps: Iterable[int] = range(STEPS),
    budget: Budget = BUDGET,
) -> Attempted:
    """Build a network, count it, and, if it keeps to the budget, train it and ask it for new images.

    It is counted once more at the end, so that nothing is gained on the way. The global generator stays as it was.

    Args:
        design: returns the network and its loss; called once, under a fixed seed.
        x: (N, 3, 64, 64) images to learn from, and y: (N, 64, 64) their masks.
        y: (N, 64, 64) int64.
        x_new: (M, 3, 64, 64) images to label.
        steps: of the training.
        budget: what the network may take.

    Raises:
        ValueError: what the design, the network or the loss gives can't be used, with a sentence that says so.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model, loss = made(design)
        few = x[:BATCH], y[:BATCH]
        before = Attempted(*counted(model, loss, *few), torch.empty(0, dtype=torch.uint8), [])
        if not before.keeps_to(budget):
            return before
        label(model, x[:1])  # what is no score is told before the training, not after it
        losses = train(model, loss, x.clone(), y.clone(), steps)
        labels = label(model, x_new)
        numbers, operations = counted(model, loss, *few)
    most = max(numbers, before.parameters), max(operations, before.multiply_adds)
    return Attempted(*most, labels, losses)


def _kind(came: Any) -> str:
    if came is None:
        return "None"
    return f"the class {came.__name__}" if isinstance(came, type) else f"a {type(came).__name__}"
