"""Pictures of the notebook on Faster R-CNN: a detector's stages, looked at through torchvision's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from torch import nn
from torchvision.models.detection import FasterRCNN as LibraryDetector
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, RPNHead, TwoMLPHead
from torchvision.ops import MultiScaleRoIAlign, box_iou
from torchvision.utils import draw_bounding_boxes

from coursekit.kept import kept
from coursekit.outlines import draw_boxes
from coursekit.plots import PALETTE, alt, figure
from coursekit.shapes import COLOURS
from coursekit.threads import one_thread
from coursekit.two_stages import NAMES, SIDE, Backbone, Scenes, Settings, draw, lay_anchors, match, scenes

BLUE, ORANGE, GREEN = PALETTE[:3]
GREY = "#8A8A8A"
SHOWN = [7, 10]  # of the new scenes, those of the first picture
LEAST = 0.5  # the score from which on a detection is shown
SHORT_STEPS, RATE = 160, 0.002  # of the training for the first picture
PICTURE = 36  # of the new scenes, the one that is looked at inside: three objects
STAGES = ["proposals before NMS", "proposals after NMS", "detections"]
LOSSES = {
    "loss_objectness": "first stage, what",
    "loss_rpn_box_reg": "first stage, where",
    "loss_classifier": "second stage, what",
    "loss_box_reg": "second stage, where",
}


class First(NamedTuple):
    """What the first stage says of one image: the largest objectness at each place, all boxes, and their order."""

    heat: torch.Tensor  # (H', W') probabilities
    boxes: torch.Tensor  # (A, 4), moved
    order: torch.Tensor  # (A,) the surest first


@cache
def new_scenes() -> Scenes:
    """Return a hundred images that no training sees."""
    return scenes(100, seed=1)


def library(num_classes: int = len(NAMES["colour"]), settings: Settings | None = None) -> Any:
    """Return torchvision's Faster R-CNN with the backbone and the numbers of the notebook, in evaluation mode."""
    use = settings or Settings()
    backbone = Backbone()
    width = backbone.out_channels
    made = LibraryDetector(
        backbone,
        rpn_anchor_generator=AnchorGenerator((use.sizes,), (use.ratios,)),
        rpn_head=RPNHead(width, len(use.sizes) * len(use.ratios)),
        rpn_pre_nms_top_n_train=use.pre_nms,
        rpn_pre_nms_top_n_test=use.pre_nms,
        rpn_post_nms_top_n_train=use.post_nms,
        rpn_post_nms_top_n_test=use.post_nms,
        rpn_nms_thresh=use.rpn_nms,
        rpn_fg_iou_thresh=use.rpn_high,
        rpn_bg_iou_thresh=use.rpn_low,
        rpn_batch_size_per_image=use.rpn_num,
        rpn_positive_fraction=use.rpn_share,
        box_roi_pool=MultiScaleRoIAlign(["0"], use.pool, sampling_ratio=2),
        box_head=TwoMLPHead(width * use.pool * use.pool, use.hidden),
        box_predictor=FastRCNNPredictor(use.hidden, num_classes),
        box_score_thresh=use.box_score,
        box_nms_thresh=use.box_nms,
        box_detections_per_img=use.box_most,
        box_fg_iou_thresh=use.box_iou,
        box_bg_iou_thresh=use.box_iou,
        box_batch_size_per_image=use.box_num,
        box_positive_fraction=use.box_share,
        image_mean=[0.0] * 3,
        image_std=[1.0] * 3,
        min_size=SIDE,
        max_size=SIDE,
        size_divisible=1,
    )
    return made.eval()


@kept
def trained() -> Any:
    """Return torchvision's detector after a short training on 600 images, in evaluation mode."""
    given = scenes(600, seed=0)
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = library().train()
        optimiser = torch.optim.AdamW(net.parameters(), lr=RATE)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, SHORT_STEPS, pct_start=0.1)
        for _ in range(SHORT_STEPS):
            rows = torch.randint(len(given.images), (8,))
            parts = net(list(given.images[rows]), [dict(given.targets[place]) for place in rows])
            optimiser.zero_grad()
            torch.stack(list(parts.values())).sum().backward()
            optimiser.step()
            schedule.step()
    return net.eval()


def overview() -> Figure:
    """Return two new images with what a detector found after a short training."""
    return gallery(trained(), new_scenes().images[SHOWN])


def gallery(net: nn.Module, images: torch.Tensor) -> Figure:
    """Return images with what a detector finds in them, from a score of a half on: name and box."""
    found = _found(net, images)
    picture, axes = _row(len(images), top=22, gap=20)
    said = []
    for ax, image, one in zip(axes, images, found, strict=True):
        _show(ax, image)
        words = _words(one)
        draw_boxes(ax, one["boxes"], words, color=_tints(one["labels"]))
        said.append(", ".join(words) or "nothing")
    return alt(picture, f"Images with boxes around what was found, and its name. From the left: {'; '.join(said)}.")


def found_so_far(net: nn.Module, images: torch.Tensor) -> torch.Tensor:
    """Return a strip of images with what is found, (3, H, W) in [0, 1], four times as large as they are."""
    large = images.repeat_interleave(4, dim=2).repeat_interleave(4, dim=3)
    strip = []
    for image, one in zip(large, _found(net, images), strict=True):
        pixels = (image * 255).byte()
        if len(one["boxes"]):
            tints = [_painted(label) for label in one["labels"].tolist()]
            pixels = draw_bounding_boxes(pixels, (4 * one["boxes"]).round(), colors=tints, width=3)
        strip.append(pixels / 255)
    return torch.cat(strip, dim=2)


def parts() -> Figure:
    """Return how a detector of two stages is put together, as boxes and arrows."""
    picture, ax = figure(size=(9, 3.1))
    ax.set(xlim=(0, 9.2), ylim=(0, 3.1))
    ax.axis("off")
    names = {
        "image": (0.1, 1.2, 0.9, GREY), "backbone": (1.3, 1.2, 1.2, GREY), "map": (2.8, 1.2, 0.8, GREY),
        "head": (4.0, 2.1, 0.9, BLUE), "filter": (5.2, 2.1, 0.9, BLUE), "proposals": (6.4, 2.1, 1.2, BLUE),
        "RoI align": (4.6, 0.2, 1.1, ORANGE), "two layers": (6.0, 0.2, 1.2, ORANGE),
        "class, box": (7.5, 0.2, 1.2, ORANGE),
    }  # fmt: skip
    for name, (left, low, width, tint) in names.items():
        ax.add_patch(FancyBboxPatch((left, low), width, 0.7, "round,pad=0.03", fc="white", ec=tint, lw=2))
        ax.text(left + width / 2, low + 0.35, name, ha="center", va="center", fontsize=11)
    for (x, y), (to_x, to_y) in (
        ((1.05, 1.55), (1.25, 1.55)), ((2.55, 1.55), (2.75, 1.55)), ((3.65, 1.75), (3.98, 2.3)),
        ((4.95, 2.45), (5.15, 2.45)), ((6.15, 2.45), (6.35, 2.45)), ((7.0, 2.05), (5.3, 0.98)),
        ((3.65, 1.35), (4.55, 0.6)), ((5.75, 0.55), (5.95, 0.55)), ((7.25, 0.55), (7.45, 0.55)),
    ):  # fmt: skip
        ax.annotate("", (to_x, to_y), (x, y), arrowprops={"arrowstyle": "->", "lw": 1.5, "color": "#666666"})
    ax.text(7.8, 2.45, "first stage:\nwhere might\nsomething be?", color=BLUE, va="center", fontsize=11)
    ax.text(7.55, 1.35, "second stage:\nwhat is it?", color=ORANGE, va="center", fontsize=11)
    return alt(
        picture,
        "An image goes through a backbone to a map. First stage: a head on the map, a filter, proposals. Second stage: "
        "map and proposals go into RoI align, then two layers, then class and box.",
    )


@cache
def laid() -> torch.Tensor:
    """Return all anchors over an image of the notebook, (192, 4)."""
    use, side = Settings(), SIDE // 8
    return lay_anchors(torch.zeros(1, 3, SIDE, SIDE), torch.zeros(1, 1, side, side), use.sizes, use.ratios)


def anchors_at(row: int = 3, column: int = 4) -> Figure:
    """Return an image with the places of its map and the three anchors of one of them."""
    picture, (ax,) = _row(1, scale=3, top=6, gap=6)
    _show(ax, _pale(new_scenes().images[PICTURE]))
    places = torch.arange(8) * 8 - 0.5
    ax.plot(places.repeat(8), places.repeat_interleave(8), "o", ms=3, color="black", ls="", clip_on=False)
    own = laid()[(row * 8 + column) * 3 :][:3]
    draw_boxes(ax, own, color=[BLUE, ORANGE, GREEN])
    sides = ", ".join(f"{side:g}" for side in (own[:, 2] - own[:, 0]).tolist())
    return alt(
        picture,
        f"An image with 8 by 8 dots, one at the corner of each place, and at one of them three squares around the "
        f"same middle, with sides of {sides} pixels.",
    )


class Matched(NamedTuple):
    """How many anchors of an image show an object, show ground, or neither; and how many of each are drawn."""

    objects: int
    ground: int
    neither: int
    drawn_objects: int
    drawn_ground: int


@cache
def _of_picture() -> tuple[torch.Tensor, torch.Tensor]:
    """For each anchor of the picture 1 an object, 0 ground, -1 neither; and which are drawn."""
    use, real = Settings(), new_scenes().targets[PICTURE]["boxes"]
    shown = match(laid(), real, use.rpn_high, use.rpn_low, rescue=True)
    kinds = shown.clamp(max=0) + 1
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return kinds, draw(kinds, use.rpn_num, use.rpn_share)


def counts() -> Matched:
    """Return how the picture's anchors are dealt out."""
    kinds, chosen = _of_picture()
    objects, ground, neither = (int((kinds == kind).sum()) for kind in (1, 0, -1))
    return Matched(objects, ground, neither, int((chosen & (kinds == 1)).sum()), int((chosen & (kinds == 0)).sum()))


def matched() -> Figure:
    """Return an image twice: the anchors that show an object, and the middles of those drawn that show ground."""
    kinds, chosen = _of_picture()
    many = counts()
    picture, axes = _row(2)
    for ax in axes:
        _show(ax, _pale(new_scenes().images[PICTURE]))
    draw_boxes(axes[0], laid()[kinds == 1], color="black")
    for line in axes[0].lines:
        line.set_clip_on(False)
    axes[0].set_title(f"{many.objects} show an object")
    ground = laid()[chosen & (kinds == 0)]
    middles = (ground[:, :2] + ground[:, 2:]) / 2 - 0.5
    across, down = middles.T
    areas = (ground[:, 2] - ground[:, 0]) ** 2 / 12
    axes[1].scatter(across, down, s=areas, fc="none", ec="black", lw=1.0, clip_on=False)
    axes[1].set_title(f"{many.drawn_ground} of {many.ground}, ground")
    return alt(
        picture,
        f"One image twice. Left, the {many.objects} anchors that show one of its three objects, as squares. Right, "
        f"{many.drawn_ground} drawn of the {many.ground} that show ground, each as a ring around its middle, larger "
        f"for larger anchors. Another {many.neither} show neither.",
    )


def filtered(num: int = 24) -> Figure:
    """Return an image with the surest boxes of the first stage, and with those that NMS leaves."""
    seen = _first(trained(), new_scenes().images[PICTURE])
    before, after = _surest(seen, num), _proposals(trained(), num, num)
    picture, axes = _row(3)
    _heat(axes[0], seen.heat)
    for ax, boxes, title in zip(axes[1:], (before, after), ("the {} surest", "{} after NMS"), strict=True):
        _show(ax, _pale(new_scenes().images[PICTURE]))
        draw_boxes(ax, boxes, color="black")
        for line in ax.lines:
            line.set_linewidth(1.0)
        ax.set_title(title.format(len(boxes)))
    return alt(
        picture,
        f"Left, the largest objectness at each place: bright on the three objects. Middle: the {num} surest boxes, in "
        f"swarms around the objects. Right: the {len(after)} that NMS leaves of these.",
    )


def learning(history: Sequence[dict[str, float]], window: int = 10) -> Figure:
    """Return the four losses over the steps, each the mean of a few steps."""
    picture, ax = figure(size=(6.5, 3))
    ends = []
    for (name, words), tint, style in zip(
        LOSSES.items(), (BLUE, BLUE, ORANGE, ORANGE), ("-", ":", "-", ":"), strict=True
    ):
        values = torch.tensor([step[name] for step in history])
        means = values[: len(values) // window * window].reshape(-1, window).mean(dim=1)
        ax.plot((torch.arange(len(means)) + 1) * window, means, color=tint, ls=style, label=words)
        ends.append(f"{words} {means[0]:.2f} to {means[-1]:.2f}")
    ax.set(xlabel="step", ylabel=f"loss, mean of {window}", ylim=(0, None))
    ax.legend(fontsize=10)
    return alt(picture, f"Four losses over the steps, from the first to the last: {'; '.join(ends)}.")


def inside(net: nn.Module) -> Callable[..., Figure]:
    """Return what draws the stages of a detector on one image; its weights are loaded into torchvision's."""
    copied = library(net.roi_heads["box_predictor"].cls_score.out_features)  # type: ignore[index, union-attr]
    copied.load_state_dict(net.state_dict(), strict=True)
    return stages_of(copied)


def stages_of(detector: Any) -> Callable[..., Figure]:
    """Return what draws the stages of torchvision's detector on one image."""
    image = new_scenes().images[PICTURE]
    seen = _first(detector, image)

    def picture_of(stage: str = STAGES[1], proposals: int = 12, score: float = 0.5) -> Figure:
        picture, (left, right) = _row(2, scale=3)
        _heat(left, seen.heat)
        _show(right, image if stage == STAGES[2] else _pale(image))
        if stage == STAGES[2]:
            one = _second(detector, image, proposals, score)
            draw_boxes(right, one["boxes"], _words(one), color=_tints(one["labels"]))
            number = len(one["boxes"])
        else:
            choose = (
                _surest(seen, proposals) if stage == STAGES[0] else _proposals(detector, Settings().pre_nms, proposals)
            )
            draw_boxes(right, choose, color="black")
            for line in right.lines:
                line.set_linewidth(1.0)
            number = len(choose)
        right.set_title(f"{stage}: {number}")
        return alt(
            picture,
            f"Left, the largest objectness at each place of the map. Right, an image with {number} boxes: {stage}.",
        )

    return picture_of


def _found(net: nn.Module, images: torch.Tensor) -> list[dict[str, torch.Tensor]]:
    """What a detector finds from a score of a half on; torchvision's takes a list. Its mode stays."""
    was_training = net.training
    net.eval()
    with one_thread(), torch.no_grad():
        answers = net(list(images) if isinstance(net, LibraryDetector) else images)
    net.train(was_training)
    return [{name: value[one["scores"] >= LEAST] for name, value in one.items()} for one in answers]


def _first(detector: Any, image: torch.Tensor) -> First:
    """What the first stage of torchvision's detector says of an image."""
    with one_thread(), torch.no_grad():
        sure, moves = detector.rpn.head([detector.backbone(image[None])])
    numbers = moves[0][0].unflatten(0, (-1, 4)).permute(2, 3, 0, 1).flatten(0, 2)
    flat = sure[0][0].permute(1, 2, 0).flatten()
    boxes = detector.rpn.box_coder.decode_single(numbers, laid())
    return First(sure[0][0].amax(dim=0).sigmoid(), boxes, flat.argsort(descending=True, stable=True))


def _surest(seen: First, num: int) -> torch.Tensor:
    return _inside(seen.boxes[seen.order[:num]])


def _proposals(detector: Any, before: int, after: int) -> torch.Tensor:
    """What torchvision's filter leaves of so many boxes of the picture, at most so many."""
    detector.rpn._pre_nms_top_n["testing"], detector.rpn._post_nms_top_n["testing"] = before, after
    listed, _ = detector.transform([new_scenes().images[PICTURE]])
    with one_thread(), torch.no_grad():
        proposals, _ = detector.rpn(listed, {"0": detector.backbone(listed.tensors)})
    use = Settings()
    detector.rpn._pre_nms_top_n["testing"], detector.rpn._post_nms_top_n["testing"] = use.pre_nms, use.post_nms
    kept: torch.Tensor = proposals[0]
    return kept


def _second(detector: Any, image: torch.Tensor, num: int, least: float) -> dict[str, torch.Tensor]:
    """What the second stage finds in so many proposals, from a score on."""
    use = Settings()
    detector.rpn._post_nms_top_n["testing"] = num
    with one_thread(), torch.no_grad():
        (one,) = detector([image])
    detector.rpn._post_nms_top_n["testing"] = use.post_nms
    return {name: value[one["scores"] >= least] for name, value in one.items()}


def lost(detector: Any, num: int) -> int:
    """Return how many objects of the picture no detection shows, with so many proposals, by an IoU of a half."""
    one = _second(detector, new_scenes().images[PICTURE], num, LEAST)
    real = new_scenes().targets[PICTURE]
    hit = (box_iou(real["boxes"], one["boxes"]) >= 0.5) & (real["labels"][:, None] == one["labels"])
    return int((~hit.any(dim=1)).sum())


def _inside(boxes: torch.Tensor) -> torch.Tensor:
    return boxes.minimum(torch.tensor(float(SIDE))).maximum(torch.tensor(0.0))


def _row(num: int, *, scale: int = 2, top: int = 24, gap: int = 14) -> tuple[Figure, Sequence[Axes]]:
    """A row of axes for images, so many pixels of the picture to one of theirs: without a rest they take few bytes."""
    side, low = scale * SIDE, 6
    width, height = num * (side + gap) + gap, top + side + low
    picture, axes = figure(1, num, size=(width / 72, height / 72))
    picture.set_layout_engine("none")
    row: list[Axes] = [axes] if num == 1 else list(axes)
    for place, ax in enumerate(row):
        ax.set_position((((side + gap) * place + gap) / width, low / height, side / width, side / height))
    return picture, row


def _pale(image: torch.Tensor) -> torch.Tensor:
    """An image that is halfway to white, in steps that hide its noise, for what lies under black lines."""
    return ((0.5 + 0.5 * image) * 16).round() / 16


def _heat(ax: Axes, heat: torch.Tensor) -> None:
    ax.imshow(
        heat, cmap="viridis", vmin=0, vmax=1, extent=(-0.5, SIDE - 0.5, SIDE - 0.5, -0.5), interpolation="nearest"
    )
    ax.set(xticks=[], yticks=[], title="largest objectness")
    for spine in ax.spines.values():
        spine.set_visible(False)


def _show(ax: Axes, image: torch.Tensor) -> None:
    ax.imshow(image.permute(1, 2, 0), interpolation="nearest")
    ax.set(xticks=[], yticks=[], xlim=(-0.5, image.shape[2] - 0.5), ylim=(image.shape[1] - 0.5, -0.5))
    for spine in ax.spines.values():
        spine.set_visible(False)


def _words(one: dict[str, torch.Tensor]) -> list[str]:
    return [f"{_name(label)} {score:.2f}" for label, score in zip(one["labels"].tolist(), one["scores"], strict=True)]


def _name(label: int) -> str:
    return NAMES["colour"][label]


def _tints(labels: torch.Tensor) -> list[str]:
    return ["black"] * len(labels)


def _painted(label: int) -> tuple[int, int, int]:
    red, green, blue = list(COLOURS.values())[label - 1]
    return int(255 * red), int(255 * green), int(255 * blue)
