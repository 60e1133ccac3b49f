"""The vectorised reference solutions beside their oracles, as ratios of time in one run.

    python -m benchmarks.references

A ratio above 3 has its reason beside it. Both sides run on one thread, in turn, and the best of several
rounds counts, since the machine's other work only ever adds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from autograder.course.notebook import load_solution, read_course_notebook

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 7
LIMIT = 3.0


@dataclass(frozen=True)
class Pair:
    """One reference and its oracle, as calls without arguments; `reason` explains a ratio above the limit."""

    name: str
    ours: Callable[[], Any]
    oracle: Callable[[], Any]
    reason: str = ""


def solutions(name: str) -> SimpleNamespace:
    """Return a notebook's solutions as attributes."""
    return SimpleNamespace(**load_solution(read_course_notebook(ROOT / "solutions" / name)))


def best(call: Callable[[], Any]) -> float:
    """Return the shortest time of several rounds, in seconds."""
    call()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def nearest_neighbours(rng: torch.Generator) -> list[Pair]:
    """Distances against torch.cdist, the vote against scikit-learn's."""
    from sklearn.neighbors import KNeighborsClassifier

    knn = solutions("01_classification/knn")
    train, test = torch.randn(1000, 64, generator=rng), torch.randn(200, 64, generator=rng)
    y = torch.randint(0, 10, (1000,), generator=rng)
    distances = torch.cdist(test, train)
    classifier = KNeighborsClassifier(5, metric="precomputed").fit(np.zeros((1000, 1000)), y.numpy())
    return [
        Pair(
            "l1_distances",
            lambda: knn.l1_distances(train, test),
            lambda: torch.cdist(test, train, p=1),
            "forms the (M, N, D) differences, which the exercise allows; cdist is one fused loop in C++",
        ),
        Pair("l2_distances", lambda: knn.l2_distances(train, test), lambda: torch.cdist(test, train)),
        Pair(
            "predict_labels", lambda: knn.predict_labels(distances, y, 5), lambda: classifier.predict(distances.numpy())
        ),
    ]


def linear_classifiers(rng: torch.Generator) -> list[Pair]:
    """Losses with gradients against torch's own losses with autograd."""
    linear = solutions("01_classification/linear")
    weights = torch.randn(65, 10, generator=rng, requires_grad=True)
    x, y = torch.randn(500, 65, generator=rng), torch.randint(0, 10, (500,), generator=rng)

    def by_autograd(loss: Callable[[torch.Tensor], torch.Tensor]) -> Any:
        total = loss(x @ weights) + 0.1 * (weights * weights).sum()
        return torch.autograd.grad(total, weights)

    plain = weights.detach()
    return [
        Pair(
            "svm_loss",
            lambda: linear.svm_loss(plain, x, y, 0.1),
            lambda: by_autograd(lambda scores: 10 * F.multi_margin_loss(scores, y)),
        ),
        Pair(
            "softmax_loss",
            lambda: linear.softmax_loss(plain, x, y, 0.1),
            lambda: by_autograd(lambda scores: F.cross_entropy(scores, y)),
        ),
    ]


def regressions(rng: torch.Generator) -> list[Pair]:
    """Fits against torch.linalg and scikit-learn."""
    from sklearn.decomposition import PCA
    from sklearn.naive_bayes import GaussianNB

    regression = solutions("01_classification/regression")
    x = torch.randn(500, 64, generator=rng, dtype=torch.float64)
    y = x @ torch.randn(64, generator=rng, dtype=torch.float64)
    classes = torch.randint(0, 10, (500,), generator=rng)
    binary = (classes > 4).long()
    weights = torch.randn(64, generator=rng, dtype=torch.float64, requires_grad=True)
    plain, bias = weights.detach(), torch.zeros((), dtype=torch.float64)

    def logistic() -> Any:
        loss = F.binary_cross_entropy_with_logits(x @ weights, binary.double())
        return torch.autograd.grad(loss, weights)

    return [
        Pair(
            "fit_linear_regression",
            lambda: regression.fit_linear_regression(x, y),
            lambda: torch.linalg.lstsq(x, y[:, None]),
        ),
        Pair("logistic_loss", lambda: regression.logistic_loss(x, binary, plain, bias), logistic),
        Pair("pca", lambda: regression.pca(x, 10), lambda: PCA(10, svd_solver="full").fit(x.numpy())),
        Pair(
            "fit_gaussian_naive_bayes",
            lambda: regression.fit_gaussian_naive_bayes(x, classes, 10),
            lambda: GaussianNB().fit(x.numpy(), classes.numpy()),
        ),
    ]


def trees(rng: torch.Generator) -> list[Pair]:
    """One split against a scikit-learn tree of depth 1; entropy against scipy's."""
    from scipy.stats import entropy
    from sklearn.tree import DecisionTreeClassifier

    ours = solutions("01_classification/trees")
    x, y = torch.randn(300, 20, generator=rng), torch.randint(0, 5, (300,), generator=rng)
    counts = torch.randint(1, 50, (200, 10), generator=rng)
    return [
        Pair(
            "best_split",
            lambda: ours.best_split(x, y, 5),
            lambda: DecisionTreeClassifier(max_depth=1).fit(x.numpy(), y.numpy()),
            "goes through the features in Python, as the text explains it; scikit-learn's loop is compiled",
        ),
        Pair("entropy", lambda: ours.entropy(counts), lambda: entropy(counts.numpy(), base=2, axis=1)),
    ]


def main() -> None:
    """Measure every pair and print a table."""
    torch.set_num_threads(1)
    rng = torch.Generator().manual_seed(0)
    print(f"{'reference':26} {'ours, ms':>9} {'oracle, ms':>11} {'ratio':>6}")
    for pairs in (nearest_neighbours, linear_classifiers, regressions, trees):
        for pair in pairs(rng):
            ours, oracle = best(pair.ours), best(pair.oracle)
            ratio = ours / oracle
            note = f"  {pair.reason or 'NO REASON GIVEN'}" if ratio > LIMIT else ""
            print(f"{pair.name:26} {1000 * ours:9.3f} {1000 * oracle:11.3f} {ratio:6.2f}{note}")


if __name__ == "__main__":
    main()
