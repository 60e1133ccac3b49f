"""Pictures of the evaluation notebook: a small detector's real answers, thinned out, matched, and scored on a curve."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import nn
from torchvision.ops import batched_nms, box_iou

from coursekit.outlines import draw_boxes
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import COLOUR_NAMES, shapes
from coursekit.threads import one_thread

BLUE, ORANGE, GREEN = PALETTE[:3]
GREY = "#8A8A8A"
NUM_CLASSES = len(COLOUR_NAMES)
NAMES = (
    "AP",
    "AP at IoU 0.5",
    "AP at IoU 0.75",
    "AP, small",
    "AP, medium",
    "AP, large",
    "AR, 1 detection",
    "AR, 10 detections",
    "AR, 100 detections",
    "AR, small",
    "AR, medium",
    "AR, large",
)
STEP = 4  # pixels from one place where the network answers to the next
TRAIN, BATCH, STEPS, RATE = 500, 16, 120, 0.008
NUM_PICTURES, TOP, BOTTOM = 20, 16, 112  # the test pictures are cut out of squares of 128, so that no side is another
LEAST = 0.05  # a score below it is not handed in
OVERLAP = 0.5  # of the suppression
IOUS = tuple(round(0.5 + 0.05 * k, 2) for k in range(10))

# The objects A and B of section 4, and three detections by falling score
OBJECTS = torch.tensor([[2.0, 2, 22, 16], [8, 4, 28, 18]])
DETECTIONS = torch.tensor([[2.0, 1, 20, 16], [4, 3, 24, 18], [13, 4, 31, 17]])
# The detections of sections 5 and 6: right or wrong, by falling score, of four objects
HITS, NUM_FOUR = (True, False, True, False, True), 4


class Curve(NamedTuple):
    """Scores by falling value, whether each detection is right, and precision and recall down to each."""

    scores: np.ndarray
    right: np.ndarray
    precision: np.ndarray
    recall: np.ndarray


class Pictures(NamedTuple):
    """Test pictures (3, 96, 128) with the boxes and colours of their objects."""

    images: list[torch.Tensor]
    boxes: list[torch.Tensor]
    labels: list[torch.Tensor]


@cache
def pictures() -> Pictures:
    """Return pictures of 96 rows and 128 columns with four to seven whole objects each, the fullest first."""
    drawn = shapes(200, size=128, objects=(4, 7), radius=(7.0, 14.0), seed=5)
    found = Pictures([], [], [])
    for image, boxes, colours in zip(drawn.images, drawn.boxes, drawn.colour, strict=True):
        here = colours >= 0
        inside = (boxes[here, 1] >= TOP) & (boxes[here, 3] <= BOTTOM)
        if inside.all() and len(found.images) < NUM_PICTURES:
            found.images.append(image[:, TOP:BOTTOM])
            found.boxes.append(boxes[here] - torch.tensor([0.0, TOP, 0.0, TOP]))
            found.labels.append(colours[here])
    fullest = sorted(range(len(found.boxes)), key=lambda place: -len(found.boxes[place]))
    return Pictures(*([column[place] for place in fullest] for column in found))


@cache
def detector() -> nn.Module:
    """Return a network that was trained for some seconds: six scores and four distances at every fourth pixel."""
    with one_thread(), torch.enable_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return _train(_network()).eval()


@cache
def raw_detections() -> list[dict[str, torch.Tensor]]:
    """Return all that the detector says of each test picture with a score of LEAST or more, and the objects."""
    with one_thread(), torch.no_grad():
        return [_say(*one) for one in zip(*pictures(), strict=True)]


@cache
def detections() -> list[dict[str, torch.Tensor]]:
    """Return what is left of raw_detections after suppression by class, with floats in double."""
    kept = []
    for one in raw_detections():
        places = batched_nms(one["boxes"], one["scores"], one["labels"], OVERLAP)
        thinned = {name: value[places] for name, value in one.items() if name in ("boxes", "scores", "labels")}
        kept.append({name: _double(value) for name, value in {**one, **thinned}.items()})
    return kept


@cache
def verdicts(iou: float = 0.5) -> list[list[int]]:
    """Return for each picture which object each of its `detections` takes, -1 for none."""
    return [_take(one, iou) for one in detections()]


@cache
def curve(iou: float = 0.5, label: int | None = None) -> Curve:
    """Return precision and recall of the detector over all test pictures, of one class or of all together."""
    said = []
    num = 0
    for one, taken in zip(detections(), verdicts(iou), strict=True):
        mine = [True] * len(taken) if label is None else (one["labels"] == label).tolist()
        said += [
            (score, place >= 0) for score, place, is_mine in zip(one["scores"].tolist(), taken, mine, strict=True)
            if is_mine
        ]  # fmt: skip
        num += len(one["objects"]) if label is None else int((one["object_labels"] == label).sum())
    said.sort(key=lambda pair: -pair[0])
    scores, right = (np.array(column) for column in zip(*said, strict=True))
    so_far = np.cumsum(right)
    return Curve(scores, right, so_far / np.arange(1, len(so_far) + 1), so_far / num)


@cache
def mean_ap(iou: float) -> float:
    """Return the mean over the classes of the precision at COCO's 101 levels of recall."""
    return float(np.mean([_height(curve(iou, label)) for label in range(NUM_CLASSES)]))


def overview() -> Figure:
    """Return a picture with all boxes, the same with those left, and the curve over all pictures."""
    image, raw, left = pictures().images[0], raw_detections()[0], detections()[0]
    picture, axes = figure(1, 3, size=(9, 2.6))
    for ax, one, name in zip(axes, (raw, left), ("all that it says", "thinned out"), strict=False):
        _show(ax, image)
        draw_boxes(ax, one["boxes"], color=BLUE)
        for line in ax.lines:
            line.set_linewidth(1.2)
        ax.set_title(f"{name}: {len(one['boxes'])} boxes")
    whole = curve()
    axes[2].plot(whole.recall, whole.precision, color=BLUE)
    axes[2].set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.05))
    return alt(
        picture,
        f"A picture of {len(raw['objects'])} shapes with {len(raw['boxes'])} boxes, the same with "
        f"{len(left['boxes'])}, and a curve of precision over recall that begins at {whole.precision[0]:.1f} and ends "
        f"at recall {whole.recall[-1]:.2f} with precision {whole.precision[-1]:.2f}.",
    )


def factors() -> Figure:
    """Return by what a score is multiplied, over the IoU, in three ways."""
    iou = np.linspace(0, 1, 201)
    ways = {
        "NMS": np.where(iou > OVERLAP, 0.0, 1.0),
        "linear": np.where(iou > OVERLAP, 1 - iou, 1.0),
        "Gaussian": np.exp(-(iou**2) / 0.5),
    }
    picture, ax = figure(size=(5, 2.8))
    places = ((0.6, 0.04), (0.6, 0.24), (0.66, 0.52))
    for tint, place, (name, values) in zip((GREY, BLUE, ORANGE), places, ways.items(), strict=True):
        ax.plot(iou, values, color=tint)
        ax.text(*place, name, color="#666666" if tint == GREY else tint, ha="center")
    ax.set(xlabel="IoU with the better box", ylabel="factor", ylim=(-0.03, 1.05), xlim=(0, 1))
    return alt(
        picture,
        "The factor of a score over the IoU. For NMS it falls from 1 to 0 at 0.5; linear, from 1 to 0.5 at 0.5, then "
        "down to 0; Gaussian, smoothly from 1 to 0.14.",
    )


SAME_IOU = {
    "one inside the other": torch.tensor([[0.0, 0, 6, 4], [1, 0.5, 5, 3.5]]),
    "side by side": torch.tensor([[0.0, 0, 6, 4], [2, 0, 8, 4]]),
}


def same_iou() -> Figure:
    """Return two pairs of boxes with the same IoU, and the distance of their middles."""
    picture, axes = figure(1, 2, size=(6.4, 2.3))
    for ax, (name, pair) in zip(axes, SAME_IOU.items(), strict=True):
        draw_boxes(ax, pair + 0.5, color=[BLUE, ORANGE])
        x, y = ((pair[:, k] + pair[:, k + 2]) / 2 for k in (0, 1))
        ax.plot(x, y, "o-", color=GREY)
        ax.set(xlim=(-0.5, 8.5), ylim=(4.5, -0.5), xticks=[0, 2, 4, 6, 8], yticks=[0, 2, 4], aspect="equal")
        ax.set_title(f"{name}: IoU {float(box_iou(pair[:1], pair[1:])):.2f}")
    return alt(
        picture,
        "Two pairs of boxes with an IoU of 0.50 each. Left, a small box in the middle of a larger one. Right, two of "
        "the same size, one shifted by 2.",
    )


def matching() -> Figure:
    """Return the two objects and three detections of section 4."""
    picture, ax = figure(size=(5.2, 3))
    draw_boxes(ax, OBJECTS, color="#666666", dashed=True)
    for name, box in zip("AB", OBJECTS.tolist(), strict=True):
        ax.text(box[0] + 0.3, box[1] + 0.4, name, color="#666666", va="top")
    draw_boxes(ax, DETECTIONS, color=list(PALETTE[:3]))
    for number, (box, tint) in enumerate(zip(DETECTIONS.tolist(), PALETTE, strict=False), start=1):
        ax.text(box[2] - 0.8, box[3] - 0.8, str(number), color=tint, ha="right", va="bottom", weight="bold")
    ax.set(xlim=(0, 33), ylim=(20, -1.5), aspect="equal")
    ax.axis("off")
    table = box_iou(DETECTIONS, OBJECTS)
    said = "; ".join(f"{k}: {a:.2f} with A, {b:.2f} with B" for k, (a, b) in enumerate(table.tolist(), start=1))
    return alt(picture, f"Two objects A and B, dashed, which overlap, and three detections. The IoUs of {said}.")


def envelope() -> Figure:
    """Return the curve of five detections, its envelope, and VOC's eleven levels on it."""
    right = np.cumsum(HITS)
    precision, recall = right / np.arange(1, len(HITS) + 1), right / NUM_FOUR
    heights = np.array([max(precision[recall >= level], default=0.0) for level in np.linspace(0, 1, 11)])
    picture, ax = figure(size=(5.4, 3))
    edges = [0.0, *np.unique(recall), 1.0]
    tops = [max(precision[recall >= edge], default=0.0) for edge in edges[1:]]
    ax.stairs(tops, edges, baseline=None, color=ORANGE, lw=2.5)
    ax.plot(recall, precision, "o-", color=BLUE)
    ax.plot(np.linspace(0, 1, 11), heights, "x", color="#666666")
    ax.text(0.3, 0.72, "envelope", color=ORANGE)
    ax.text(0.27, 0.42, "each detection", color=BLUE)
    ax.text(0.83, 0.07, "11 levels", color="#666666")
    ax.set(xlabel="recall", ylabel="precision", xlim=(-0.02, 1.02), ylim=(-0.04, 1.08))
    return alt(
        picture,
        f"Precision over recall of five detections, a zigzag that ends at recall {recall[-1]:.2f}, under a staircase "
        f"of heights {', '.join(f'{top:.2f}' for top in tops)}. Eleven crosses on the staircase have a mean of "
        f"{heights.mean():.3f}.",
    )


def explorer(score: float = 0.5, iou: float = 0.5, picture: int = 0) -> Figure:
    """Return one picture's detections with at least that score, right or wrong, and the point on the curve."""
    iou = round(iou, 2)
    one, taken = detections()[picture], verdicts(iou)[picture]
    shown = [place for place, value in enumerate(one["scores"].tolist()) if value >= score - 1e-9]
    had = {taken[place] for place in shown}
    missed = [place for place in range(len(one["objects"])) if place not in had]
    drawn, (left, right) = figure(1, 2, size=(8, 3))
    _show(left, pictures().images[picture])
    draw_boxes(left, one["objects"][missed], color="black", dashed=True)
    draw_boxes(left, one["boxes"][shown], color=[BLUE if taken[place] >= 0 else ORANGE for place in shown])
    num_right = sum(taken[place] >= 0 for place in shown)
    left.set_title(f"{num_right} right, {len(shown) - num_right} wrong, {len(missed)} missed")
    line = curve(iou)
    place = int((line.scores >= score - 1e-9).sum()) - 1
    right.plot(line.recall, line.precision, color=GREY)
    right.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.05))
    words = "nothing is shown"
    if place >= 0:
        right.plot(line.recall[place], line.precision[place], "o", color=BLUE, ms=10)
        words = f"precision {line.precision[place]:.2f}, recall {line.recall[place]:.2f}"
    right.set_title(words)
    return alt(
        drawn,
        f"A picture with the detections of a score of at least {score:.2f}: {num_right} right at an IoU of {iou:.1f}, "
        f"{len(shown) - num_right} wrong, {len(missed)} objects missed. On the curve over all pictures: {words}.",
    )


def by_threshold() -> Figure:
    """Return the detector's mean AP over the IoU that is asked for."""
    values = [mean_ap(iou) for iou in IOUS]
    picture, ax = figure(size=(5, 2.8))
    ax.plot(IOUS, values, "o-", color=BLUE)
    ax.axhline(np.mean(values), color=GREY, ls="--")
    ax.text(IOUS[-1], np.mean(values) + 0.02, f"mean {np.mean(values):.2f}", color="#666666", ha="right")
    ax.set(xlabel="IoU asked for", ylabel="mean AP of six classes", ylim=(0, 1))
    return alt(
        picture,
        f"Mean AP falls from {values[0]:.2f} at an IoU of 0.5 over {values[5]:.2f} at 0.75 to {values[-1]:.2f} at "
        f"0.95; the mean is {np.mean(values):.2f}.",
    )


def _show(ax: Axes, image: torch.Tensor) -> None:
    ax.imshow(image.permute(1, 2, 0))
    ax.axis("off")
    ax.set(xlim=(-1, image.shape[2]), ylim=(image.shape[1], -1))


def _double(value: torch.Tensor) -> torch.Tensor:
    return value.double() if value.is_floating_point() else value


def _network() -> nn.Sequential:
    layers: list[nn.Module] = []
    width = 3
    for channels, stride in ((16, 2), (32, 2), (32, 1), (32, 1)):
        layers += [nn.Conv2d(width, channels, 3, stride, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
        width = channels
    last = nn.Conv2d(width, NUM_CLASSES + 4, 1)
    with torch.no_grad():  # nearly everywhere there is nothing, and an edge is about nine pixels away
        last.bias.copy_(torch.tensor([-3.0] * NUM_CLASSES + [2.2] * 4))  # type: ignore[union-attr]
    return nn.Sequential(*layers, last)


def _places(num: int) -> torch.Tensor:
    """The middles of the places along one side at which the network answers."""
    return STEP * (torch.arange(num) + 0.5)


def _nearest(boxes: torch.Tensor, num: int) -> torch.Tensor:
    """Return which object each place belongs to, (N, num, num): the one in whose middle half it lies, or -1."""
    inside = []
    for first in (0, 1):
        begin, end = boxes[..., first, None], boxes[..., first + 2, None]
        share = (_places(num) - begin) / (end - begin).clamp(min=1)
        inside.append(((share - 0.5).abs() < 0.27) & (end > begin))
    both = inside[1][..., :, None] & inside[0][..., None, :]
    return torch.where(both.any(dim=1), both.int().argmax(dim=1), -1)


def _train(network: nn.Sequential) -> nn.Sequential:
    """Train on pictures of 64 pixels: cross-entropy of each class at each place, and -ln IoU where an object is."""
    data = shapes(TRAIN, size=64, objects=(1, 3), radius=(7.0, 14.0), seed=1)
    owners = _nearest(data.boxes, 64 // STEP)
    grid = torch.stack(torch.meshgrid(_places(64 // STEP), _places(64 // STEP), indexing="xy"), dim=-1)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.001)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS)
    for _ in range(STEPS):
        rows = torch.randint(TRAIN, (BATCH,))
        out = network(data.images[rows] - 0.5).permute(0, 2, 3, 1)
        image, down, across = (owners[rows] >= 0).nonzero(as_tuple=True)
        object_ = owners[rows][image, down, across]
        wanted = torch.zeros_like(out[..., :NUM_CLASSES])
        wanted[image, down, across, data.colour[rows][image, object_]] = 1.0
        named = F.binary_cross_entropy_with_logits(out[..., :NUM_CLASSES], wanted, reduction="sum") / len(image)
        at, box = grid[down, across], data.boxes[rows][image, object_]
        reach = torch.cat([at - box[:, :2], box[:, 2:] - at], dim=1)
        loss = named + _distance(out[image, down, across, NUM_CLASSES:].exp(), reach)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return network


def _distance(guess: torch.Tensor, reach: torch.Tensor) -> torch.Tensor:
    """Return the mean of -ln IoU of boxes about one point, by their distances to the left, top, right and bottom."""

    def whole(sides: torch.Tensor) -> torch.Tensor:
        return (sides[:, 0] + sides[:, 2]) * (sides[:, 1] + sides[:, 3])

    both = whole(torch.minimum(guess, reach))
    return -(both / (whole(guess) + whole(reach) - both)).log().mean()


def _say(image: torch.Tensor, objects: torch.Tensor, object_labels: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return the detector's boxes, scores and classes of one image, beside its objects."""
    out = detector()(image[None] - 0.5)[0].permute(1, 2, 0)
    rows, columns = out.shape[:2]
    at = torch.stack(torch.meshgrid(_places(columns), _places(rows), indexing="xy"), dim=-1)
    scores, labels = out[..., :NUM_CLASSES].sigmoid().max(dim=-1)
    reach = out[..., NUM_CLASSES:].exp()
    boxes = torch.cat([at - reach[..., :2], at + reach[..., 2:]], dim=-1)
    sure = scores >= LEAST
    crowd = torch.zeros(len(objects), dtype=torch.bool)
    return {
        "boxes": boxes[sure], "scores": scores[sure], "labels": labels[sure],
        "objects": objects, "object_labels": object_labels, "crowd": crowd,
    }  # fmt: skip


def _take(one: dict[str, Any], least: float) -> list[int]:
    """Return by COCO's rule which object of its class each detection takes, -1 for none; nothing is ignored."""
    table = box_iou(one["boxes"], one["objects"]).numpy()
    same = one["labels"][:, None].numpy() == one["object_labels"].numpy()
    free = set(range(len(one["objects"])))
    taken = [-1] * len(table)
    for place in np.argsort(-one["scores"].numpy(), kind="stable"):
        able = [(table[place, k], k) for k in free if same[place, k] and table[place, k] >= least]
        if able:
            taken[place] = max(able)[1]
            free.discard(taken[place])
    return taken


def _height(line: Curve) -> float:
    """Return the mean over 101 levels of recall of the best precision at each or beyond."""
    at_least = [line.precision[line.recall >= level] for level in np.linspace(0, 1, 101)]
    return float(np.mean([max(part, default=0.0) for part in at_least]))
