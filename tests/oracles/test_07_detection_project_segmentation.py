"""The project of segmentation: coarse masks held to a count by hand, its trainer to a plain loop, its measure to
scikit-learn's, its text to what was run."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from functools import cache
from itertools import product
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from sklearn.metrics import jaccard_score
from torch import nn

from coursekit import own_segmenter as trainer
from coursekit.figures import project_segmentation as figures

NOTEBOOK = "07_detection/project_segmentation"


def drawn_masks(num, height, width, num_classes, ignored, seed=0):
    generator = torch.Generator().manual_seed(seed)
    masks = torch.randint(num_classes, (num, height, width), generator=generator)
    return masks.masked_fill(torch.rand(num, height, width, generator=generator) < 0.3, ignored)


def counted_by_hand(masks, side, ignored):
    """Return coarse masks by a count of each square, one by one."""
    num, height, width = masks.shape
    found = torch.full((num, -(-height // side), -(-width // side)), ignored)
    for n, row, col in product(*map(range, found.shape)):
        square = masks[n, row * side : (row + 1) * side, col * side : (col + 1) * side]
        counts = Counter(one for one in square.flatten().tolist() if one != ignored)
        if counts:
            found[n, row, col] = max(counts, key=lambda k: (counts[k], k))
    return found


# coarse_labels


@pytest.mark.parametrize("ignored", [255, -1, 4])
@pytest.mark.parametrize("side", [1, 2, 3, 5, 9])
def test_coarse_masks_are_those_counted_square_by_square(solution, side, ignored):
    for seed, (height, width) in enumerate([(6, 9), (5, 7), (1, 8), (2, 2)]):
        masks = drawn_masks(3, height, width, 4, ignored, seed)
        own = solution.coarse_labels(masks, side, 4, ignored)
        assert own.dtype == torch.int64
        assert torch.equal(own, counted_by_hand(masks, side, ignored))


def test_without_ties_coarse_masks_are_the_mode(solution):
    masks = drawn_masks(2, 6, 9, 2, 0)  # two classes and nine pixels: no ties
    squares = masks.unfold(1, 3, 3).unfold(2, 3, 3).flatten(3)
    assert torch.equal(solution.coarse_labels(masks, 3, 2), squares.mode(dim=3).values)


def test_the_squares_by_hand(solution):
    masks = torch.tensor([[[0, 0, 3, 1], [0, 2, 3, 3]]])
    assert solution.coarse_labels(masks, 2, 4).tolist() == [[[0, 3]]]
    tie = torch.tensor([[[0, 0], [4, 4]]])
    assert solution.coarse_labels(tie, 2, 5).tolist() == [[[4]]]


def test_nothing_is_lost_by_squares_of_one_pixel_and_ever_more_by_larger_ones(solution):
    scores = figures.ceilings(solution.coarse_labels)
    assert scores[0] == 1
    assert scores == sorted(scores, reverse=True)
    assert scores[1:4] == pytest.approx([0.90, 0.80, 0.65], abs=0.01)
    assert f"2: {scores[1]:.2f}, 4: {scores[2]:.2f}" in figures.ceiling(solution.coarse_labels).description


# The measure


@pytest.mark.parametrize("num_classes", [2, 6])
def test_the_iou_of_a_class_is_scikit_learns(num_classes):
    truth, guessed = (drawn_masks(2, 9, 7, num_classes, 0, seed) for seed in (1, 2))
    own = trainer.iou_by_class(guessed.to(torch.uint8), truth, num_classes)
    pairs = truth.flatten().numpy(), guessed.flatten().numpy()
    expected = jaccard_score(*pairs, labels=range(num_classes), average=None)
    torch.testing.assert_close(own, torch.from_numpy(expected))
    assert trainer.mean_iou(guessed, truth, num_classes) == pytest.approx(jaccard_score(*pairs, average="macro"))


def test_a_class_that_is_nowhere_does_not_count():
    truth, guessed = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 1, 1])
    assert trainer.iou_by_class(guessed, truth, 3)[:2].tolist() == pytest.approx([1 / 2, 2 / 3])
    assert trainer.mean_iou(guessed, truth, 3) == pytest.approx(7 / 12)


def test_the_numbers_of_the_text():
    square, beside = torch.zeros(2, 16, 16, dtype=torch.int64)
    square[2:12, 2:12], beside[2:12, 4:14] = 1, 1
    assert trainer.iou_by_class(beside, square, 2)[1].item() == pytest.approx(80 / 120)
    assert "80 pixels are in both" in figures.shifted().description
    inner = torch.zeros(16, 16, dtype=torch.int64)
    inner[3:11, 3:11] = 1
    assert trainer.iou_by_class(inner, square, 2)[1].item() < 0.67  # a pixel all around the edge
    truth = figures.masks()[figures.NUM_TRAIN :]
    ground = (truth == 0).double().mean().item()
    assert ground == pytest.approx(0.84, abs=0.01)
    assert ground == pytest.approx(5 / 6, abs=0.01)
    assert trainer.mean_iou(torch.zeros_like(truth), truth) == pytest.approx(0.14, abs=0.005)
    assert "84% of all pixels" in figures.examples().description
    assert trainer.BUDGET.multiply_adds == 10_000_000
    assert trainer.BUDGET.parameters == 150_000
