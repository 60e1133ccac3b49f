"""The references of the features notebook held to numpy, scikit-image and scikit-learn."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2hsv
from skimage.feature import hog
from sklearn.cluster import KMeans

from coursekit.data import blobs, photographs

NOTEBOOK = "01_classification/features"


@pytest.mark.parametrize("num_bins", [1, 7, 16])
@pytest.mark.parametrize("name", ["cat", "flower"])
def test_color_histogram_agrees_with_numpy_on_a_photograph(solution, name, num_bins):
    hsv = rgb2hsv(photographs(size=(40, 60))[name]).transpose(2, 0, 1)
    expected = [np.histogram(channel, bins=num_bins, range=(0, 1))[0] / channel.size for channel in hsv]
    ours = solution.color_histogram(torch.from_numpy(hsv.copy()), num_bins)
    np.testing.assert_allclose(ours.numpy(), np.concatenate(expected), atol=1e-12)


@pytest.mark.parametrize(("cell_size", "num_bins"), [(8, 9), (5, 7), (4, 9)])
@pytest.mark.parametrize("name", ["cat", "coffee", "cameraman"])
def test_hog_features_agree_with_scikit_image_on_a_photograph(solution, name, cell_size, num_bins):
    image = photographs(size=(50, 67))[name].mean(axis=2) / 255
    expected = hog(image, num_bins, (cell_size, cell_size), (2, 2), block_norm="L2", feature_vector=False)
    ours = solution.hog_features(torch.from_numpy(image), cell_size, num_bins)
    np.testing.assert_allclose(ours.numpy(), expected, atol=1e-6)


def test_kmeans_agrees_with_scikit_learn(solution):
    x, _ = blobs(num_per_class=30, num_classes=4, spread=0.7, seed=2)
    x, start = x.double(), x[[0, 40, 70, 100]].double()
    judge = KMeans(4, init=start.numpy(), n_init=1, max_iter=100, tol=0, algorithm="lloyd").fit(x.numpy())
    centroids, labels = solution.kmeans(x, start, 100)
    torch.testing.assert_close(centroids, torch.from_numpy(judge.cluster_centers_))
    assert labels.tolist() == judge.labels_.tolist()
    assert (x - centroids[labels]).square().sum().item() == pytest.approx(judge.inertia_)


def test_kmeans_never_raises_the_sum_of_squares(solution):
    x, _ = blobs(num_per_class=20, num_classes=5, spread=1.0, seed=5)
    sums = []
    for num_steps in range(6):
        centroids, labels = solution.kmeans(x.double(), x[:5].double(), num_steps)
        sums.append((x - centroids[labels]).square().sum().item())
    assert sums == sorted(sums, reverse=True)


def test_bag_of_visual_words_agrees_with_numpy(solution):
    rng = np.random.default_rng(0)
    vocabulary, images = rng.normal(size=(9, 5)), [rng.normal(size=(size, 5)) for size in (4, 11, 30)]
    expected = []
    for one in images:
        nearest = ((one[:, None] - vocabulary) ** 2).sum(axis=2).argmin(axis=1)
        expected.append(np.histogram(nearest, bins=np.arange(10))[0] / len(one))
    ours = solution.bag_of_visual_words([torch.from_numpy(one) for one in images], torch.from_numpy(vocabulary))
    np.testing.assert_allclose(ours.numpy(), np.stack(expected))
