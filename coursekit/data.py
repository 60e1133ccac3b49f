"""Data sets that need no network, CIFAR-10 where it has been fetched, photographs, and toy points.

Every set is split by a seed, so that two runs of a notebook see the same images.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch

Layout = Literal["rows", "images"]

DATA_SETTING = "KERNEL_SCHOOL_DATA"
CIFAR10_FOLDER = "cifar-10-batches-bin"
CIFAR10_COMMAND = "python -m data_scripts.cifar10"
CIFAR10_CLASSES = (
    "aeroplane",
    "car",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "lorry",
)
_CIFAR10_RECORD = 1 + 3 * 32 * 32
_CIFAR10_TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
_CIFAR10_TEST = ("test_batch.bin",)

_PHOTOGRAPHS = {
    "cat": ("skimage", "data/chelsea.png"),
    "coffee": ("skimage", "data/coffee.png"),
    "astronaut": ("skimage", "data/astronaut.png"),
    "rocket": ("skimage", "data/rocket.jpg"),
    "motorcycle": ("skimage", "data/motorcycle_left.png"),
    "hubble": ("skimage", "data/hubble_deep_field.jpg"),
    "retina": ("skimage", "data/retina.jpg"),
    "tissue": ("skimage", "data/ihc.png"),
    "china": ("sklearn", "datasets/images/china.jpg"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "cameraman": ("skimage", "data/camera.png"),
    "brick": ("skimage", "data/brick.png"),
    "grass": ("skimage", "data/grass.png"),
    "gravel": ("skimage", "data/gravel.png"),
    "coins": ("skimage", "data/coins.png"),
    "moon": ("skimage", "data/moon.png"),
    "page": ("skimage", "data/page.png"),
}


@dataclass(frozen=True)
class Dataset:
    """A classification data set, split three ways.

    Args:
        name: what it is called in a notebook's text.
        x_train, x_val, x_test: float32 in [0, 1]: rows (N, D), or images (N, C, H, W).
        y_train, y_val, y_test: int64 labels (N,).
        class_names: the name of each label.
        image_shape: (C, H, W) of one image, also where x holds rows.
    """

    name: str
    x_train: torch.Tensor
    y_train: torch.Tensor
    x_val: torch.Tensor
    y_val: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]

    @property
    def num_classes(self) -> int:
        """How many labels there are."""
        return len(self.class_names)

    def images(self, x: torch.Tensor) -> torch.Tensor:
        """Return rows (N, D) of this set as images (N, C, H, W); images come back as they are."""
        return x.reshape(len(x), *self.image_shape)

    def __repr__(self) -> str:
        sizes = f"{len(self.x_train)} train, {len(self.x_val)} val, {len(self.x_test)} test"
        shape = " × ".join(map(str, self.x_train.shape[1:]))
        return f"{self.name}: {sizes}; x is {shape} values an image, {self.num_classes} classes"


def digits(
    *,
    layout: Layout = "rows",
    num_train: int | None = None,
    num_val: int = 300,
    num_test: int = 300,
    seed: int = 0,
) -> Dataset:
    """Return scikit-learn's 1,797 handwritten digits of 8 × 8 pixels.

    Args:
        layout: "rows" for x of (N, 64), "images" for (N, 1, 8, 8).
        num_train: at most so many training images; None takes all that are left.
        num_val, num_test: sizes of the other two parts.
        seed: of the shuffle that splits them.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998.
    """
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    images = torch.from_numpy(pixels).float().div(16).reshape(-1, 1, 8, 8)
    targets = torch.from_numpy(np.asarray(labels)).long()
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(images)))
    end = len(order) if num_train is None else num_val + num_test + num_train
    val, test, train = order[:num_val], order[num_val : num_val + num_test], order[num_val + num_test : end]
    parts = [(images[part], targets[part]) for part in (train, val, test)]
    return _dataset("digits", parts, tuple("0123456789"), layout)


def cifar10(
    *,
    layout: Layout = "rows",
    num_train: int = 5000,
    num_val: int = 500,
    num_test: int = 500,
    seed: int = 0,
    folder: Path | str | None = None,
) -> Dataset:
    """Return CIFAR-10, or the digits with a sentence that says how to get CIFAR-10.

    Args:
        layout: "rows" for x of (N, 3072), "images" for (N, 3, 32, 32).
        num_train, num_val, num_test: how many of the 50,000 training images to train and to validate
            with, and how many of the 10,000 test images to take.
        seed: of the shuffle that picks them.
        folder: where the data sets lie; None looks for `data/` here, above here and in the course.

    The set is read from its binary version (plain bytes: a label, then three 32 × 32 planes), since
    the Python version is a pickle, which may run code when it is read.
    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
    """
    found = _find_cifar10(folder)
    try:
        if found is None:
            raise FileNotFoundError("CIFAR-10 is not here")
        train = _read_cifar10([found / name for name in _CIFAR10_TRAIN])
        test = _read_cifar10([found / name for name in _CIFAR10_TEST])
    except (OSError, ValueError) as error:
        print(f"{error}: `{CIFAR10_COMMAND}` fetches it (162 MB). Until then, the digits stand in.")
        return digits(layout=layout, seed=seed)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(train[0])))
    order_test = torch.from_numpy(np.random.default_rng(seed).permutation(len(test[0])))
    picks = (train, order[num_val : num_val + num_train]), (train, order[:num_val]), (test, order_test[:num_test])
    parts = [(images[part].float() / 255, labels[part]) for (images, labels), part in picks]
    return _dataset("CIFAR-10", parts, CIFAR10_CLASSES, layout)


class Photographs(Mapping[str, np.ndarray]):
    """Real photographs by name, uint8 (H, W, 3), each read from its package when it is asked for.

    Grey ones (cameraman, brick, grass, gravel, coins, moon, page) have three equal channels.
    """

    def __init__(self, size: tuple[int, int] | None = None) -> None:
        self._size = size

    def __getitem__(self, name: str) -> np.ndarray:
        from PIL import Image

        if name not in _PHOTOGRAPHS:
            raise KeyError(f"no photograph {name!r}: there are {', '.join(self)}")
        with Image.open(_package_file(*_PHOTOGRAPHS[name])) as opened:
            image = opened.convert("RGB")
        if self._size is not None:
            image = image.resize((self._size[1], self._size[0]), Image.Resampling.BOX)
        return np.array(image)

    def __iter__(self) -> Iterator[str]:
        return iter(_PHOTOGRAPHS)

    def __len__(self) -> int:
        return len(_PHOTOGRAPHS)

    def __repr__(self) -> str:
        return f"Photographs({', '.join(self)})"


def photographs(size: tuple[int, int] | None = None) -> Photographs:
    """Return the photographs that ship with scikit-image and scikit-learn; no network is used.

    Args:
        size: (H, W) to shrink each to; None keeps its own size.

    >>> photographs()["cat"].shape
    (300, 451, 3)
    """
    return Photographs(size)


def faces() -> tuple[torch.Tensor, torch.Tensor]:
    """Return 200 grey patches of 25 × 25 pixels and whether each is a face.

    Returns:
        images (200, 1, 25, 25) float32 in [0, 1], and labels (200,) int64: 1 for the 100 faces.

    Source: scikit-image's part of Labeled Faces in the Wild (Huang et al., 2007), inside its wheel.
    """
    pixels = np.load(_package_file("skimage", "data/lfw_subset.npy"), allow_pickle=False)
    images = torch.from_numpy(pixels).float().clamp(0, 1)[:, None]
    return images, (torch.arange(len(images)) < len(images) // 2).long()


def to_tensor(image: np.ndarray) -> torch.Tensor:
    """Return a photograph, uint8 (H, W, C), as a float32 tensor (C, H, W) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255


def patches(image: np.ndarray, size: int, *, num: int | None = None, seed: int = 0) -> torch.Tensor:
    """Return square patches of a photograph, (P, C, size, size) float32 in [0, 1].

    Args:
        image: uint8 (H, W, C).
        size: side of a patch in pixels.
        num: how many, at random places; None takes the grid of patches that don't overlap.
        seed: of the random places.
    """
    pixels = to_tensor(image)
    height, width = pixels.shape[1] - size, pixels.shape[2] - size
    if min(height, width) < 0:
        raise ValueError(f"a patch of {size} pixels does not fit an image of {tuple(pixels.shape[1:])}")
    if num is None:
        corners = [(top, left) for top in range(0, height + 1, size) for left in range(0, width + 1, size)]
    else:
        rng = np.random.default_rng(seed)
        corners = [(int(rng.integers(height + 1)), int(rng.integers(width + 1))) for _ in range(num)]
    return torch.stack([pixels[:, top : top + size, left : left + size] for top, left in corners])


def blobs(
    num_per_class: int = 30, num_classes: int = 3, *, spread: float = 0.6, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return round clouds of points about centres on a circle of radius 1.5.

    Returns:
        x (num_per_class · num_classes, 2) float32 and y int64, in order of class.
    """
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(num_classes), num_per_class)
    angles = 2 * np.pi * y / num_classes + np.pi / 2
    centres = 1.5 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return _points(centres + rng.normal(scale=spread, size=centres.shape), y)


def moons(num_per_class: int = 60, *, noise: float = 0.15, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Return two half circles that reach into each other: no line parts them.

    Returns:
        x (2 · num_per_class, 2) float32 and y int64, in order of class.
    """
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], num_per_class)
    angles = np.pi * rng.random(len(y))
    upper = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    x = np.where(y[:, None] == 0, upper, np.array([1.0, 0.5]) - upper) - np.array([0.5, 0.25])
    return _points(x + rng.normal(scale=noise, size=x.shape), y)


def spirals(
    num_per_class: int = 100, num_classes: int = 3, *, noise: float = 0.2, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return arms of a spiral about the origin, radius at most 1.

    Returns:
        x (num_per_class · num_classes, 2) float32 and y int64, in order of class.
    """
    rng = np.random.default_rng(seed)
    y = np.repeat(np.arange(num_classes), num_per_class)
    radius = np.tile(np.linspace(0.05, 1, num_per_class), num_classes)
    angles = 2 * np.pi * y / num_classes + 4 * radius + rng.normal(scale=noise, size=len(y))
    return _points(radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1), y)


def data_folders() -> list[Path]:
    """Return the places where data sets are looked for, first to last."""
    here = Path.cwd()
    setting = os.environ.get(DATA_SETTING)
    places = [Path(setting)] if setting else []
    roots = [here, *here.parents, Path(__file__).resolve().parents[1]]
    return [*places, *(root / "data" for root in roots)]


def _find_cifar10(folder: Path | str | None) -> Path | None:
    folders = data_folders() if folder is None else [Path(folder)]
    return next((place / CIFAR10_FOLDER for place in folders if (place / CIFAR10_FOLDER).is_dir()), None)


def _read_cifar10(files: list[Path]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return uint8 images (N, 3, 32, 32) and int64 labels (N,)."""
    records = np.concatenate([_read_records(file) for file in files])
    images = torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32))
    return images, torch.from_numpy(records[:, 0].astype(np.int64))


def _read_records(file: Path) -> np.ndarray:
    if not file.is_file():
        raise FileNotFoundError(f"CIFAR-10 lacks its file {file.name}")
    content = np.fromfile(file, dtype=np.uint8)
    if len(content) == 0 or len(content) % _CIFAR10_RECORD:
        raise ValueError(f"CIFAR-10's file {file.name} is cut short ({len(content)} bytes)")
    records = content.reshape(-1, _CIFAR10_RECORD)
    if records[:, 0].max() >= len(CIFAR10_CLASSES):
        raise ValueError(f"CIFAR-10's file {file.name} holds a label above 9")
    return records


def _dataset(
    name: str,
    parts: list[tuple[torch.Tensor, torch.Tensor]],
    class_names: tuple[str, ...],
    layout: Layout,
) -> Dataset:
    if layout not in ("rows", "images"):
        raise ValueError(f'layout is "rows" or "images", not {layout!r}')
    shape = tuple(parts[0][0].shape[1:])
    shaped = [(images.flatten(1) if layout == "rows" else images, labels) for images, labels in parts]
    (x_train, y_train), (x_val, y_val), (x_test, y_test) = shaped
    return Dataset(name, x_train, y_train, x_val, y_val, x_test, y_test, class_names, shape)  # type: ignore[arg-type]


def _points(x: np.ndarray, y: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.from_numpy(x).float(), torch.from_numpy(y).long()


def _package_file(package: str, path: str) -> Path:
    """Return a file inside an installed package, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {package} is not installed: `make` installs it")
    return Path(next(iter(spec.submodule_search_locations))) / path
