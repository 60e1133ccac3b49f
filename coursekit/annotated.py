"""Annotated images: a box and a class for each object, from VOC 2007 where it has been fetched, else the shapes.

Both are read through the same few names, so that a notebook runs on either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, overload

import torch
from torchvision.datasets import VOCDetection
from torchvision.transforms.functional import to_tensor

from coursekit.data import data_folders
from coursekit.shapes import SHAPE_NAMES, Shapes, shapes

VOC_FOLDER = "VOCdevkit"
VOC_COMMAND = "python -m data_scripts.voc2007"
VOC_CLASSES = (
    "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip


@dataclass(frozen=True)
class AnnotatedImage:
    """One image with its K objects.

    Args:
        image: (3, H, W) float32 in [0, 1]; each image may have a size of its own.
        boxes: (K, 4) float32, the left, top, right and bottom edge in pixels; pixel i reaches from i to i + 1.
        labels: (K,) int64, places in the set's `class_names`, from 0.
        difficult: (K,) bool, objects that count neither as found nor as missed (VOC marks some so).
    """

    image: torch.Tensor
    boxes: torch.Tensor
    labels: torch.Tensor
    difficult: torch.Tensor


class Source(Protocol):
    """Where annotated images come from: how many there are, and each by its place."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> AnnotatedImage: ...


class AnnotatedImages(Sequence[AnnotatedImage]):
    """A set of images, each read when it is asked for; `name` and `class_names` say which set it is."""

    def __init__(self, name: str, class_names: Sequence[str], source: Source) -> None:
        self.name, self.class_names = name, tuple(class_names)
        self._source = source

    def __len__(self) -> int:
        return len(self._source)

    @overload
    def __getitem__(self, index: int) -> AnnotatedImage: ...
    @overload
    def __getitem__(self, index: slice) -> list[AnnotatedImage]: ...
    def __getitem__(self, index: int | slice) -> AnnotatedImage | list[AnnotatedImage]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        return self._source[index]

    def __iter__(self) -> Iterator[AnnotatedImage]:
        return (self[index] for index in range(len(self)))


def voc2007(split: str = "trainval", *, folder: Path | str | None = None) -> AnnotatedImages:
    """Return VOC 2007's images, or those of the shapes with a sentence that says how to get VOC.

    Args:
        split: "train", "val", "trainval" (5,011 images) or "test" (4,952).
        folder: where the data sets lie; None looks for `data/` here, above here and in the course.

    VOC counts its pixels from 1 and both ends belong to the box; here a box has edges, so 1 is taken from its left
    and top. Source: M. Everingham and others, The PASCAL Visual Object Classes Challenge, 2010.

    Raises:
        ValueError: there is no such split.
    """
    if split not in ("train", "val", "trainval", "test"):
        raise ValueError(f'split is "train", "val", "trainval" or "test", not {split!r}')
    folders = data_folders() if folder is None else [Path(folder)]
    root = next((place for place in folders if (place / VOC_FOLDER / "VOC2007").is_dir()), None)
    try:
        if root is None:
            raise FileNotFoundError("VOC 2007 is not here")
        read = VOCDetection(root, year="2007", image_set=split)
        missing = [path for path in (*read.images, *read.targets) if not Path(path).is_file()]
        if missing:
            raise FileNotFoundError(f"VOC 2007 lacks {len(missing)} files of {split}, {Path(missing[0]).name} first")
    except (OSError, RuntimeError) as problem:
        why = "is not here" if root is None else f"is not whole ({_short(problem)})"
        print(f"VOC 2007 {why}: `{VOC_COMMAND}` fetches it (910 MB). Until then, the shapes stand in.")
        return annotated_shapes(200)
    return AnnotatedImages("VOC 2007", VOC_CLASSES, _Voc(read))


def annotated_shapes(
    num: int, *, size: int = 64, objects: tuple[int, int] = (1, 3), seed: int = 0, **drawn: Any
) -> AnnotatedImages:
    """Return `num` images of the shapes data set; arguments as for `coursekit.shapes.shapes`."""
    return AnnotatedImages("shapes", SHAPE_NAMES, _Drawn(shapes(num, size=size, objects=objects, seed=seed, **drawn)))


class _Voc:
    def __init__(self, read: VOCDetection) -> None:
        self.read = read

    def __len__(self) -> int:
        return len(self.read)

    def __getitem__(self, index: int) -> AnnotatedImage:
        image, marked = self.read[index]
        objects = marked["annotation"]["object"]
        edges = [[float(each["bndbox"][edge]) for edge in ("xmin", "ymin", "xmax", "ymax")] for each in objects]
        return AnnotatedImage(
            to_tensor(image),
            torch.tensor(edges).reshape(-1, 4) - torch.tensor([1.0, 1.0, 0.0, 0.0]),
            torch.tensor([VOC_CLASSES.index(each["name"]) for each in objects], dtype=torch.int64),
            torch.tensor([each.get("difficult", "0") == "1" for each in objects], dtype=torch.bool),
        )


class _Drawn:
    def __init__(self, drawn: Shapes) -> None:
        self.drawn = drawn

    def __len__(self) -> int:
        return len(self.drawn)

    def __getitem__(self, index: int) -> AnnotatedImage:
        here = self.drawn.shape[index] >= 0
        labels = self.drawn.shape[index][here]
        return AnnotatedImage(
            self.drawn.images[index], self.drawn.boxes[index][here], labels, torch.zeros_like(labels).bool()
        )


def _short(problem: Exception) -> str:
    """Return what is wrong without the folders of this machine."""
    return str(problem) if str(problem).startswith("VOC 2007") else f"{type(problem).__name__} while it was read"
