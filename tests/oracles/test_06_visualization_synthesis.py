"""The references of synthesis, held to autograd, torch's optimisers, scikit-learn's K-means and cases by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import gaussian_filter
from sklearn.cluster import KMeans

from coursekit import pretrained
from coursekit.backbone import SmallNetwork
from coursekit.blur import blurred
from coursekit.data import photographs
from coursekit.figures import synthesis as figures

NOTEBOOK = "06_visualization/synthesis"


def drawn(*shape, seed=3):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def network():
    with torch.random.fork_rng(devices=[]):
        return SmallNetwork(["batch", "pool", "batch"], num_classes=4).double().eval()


def slope_of(objective, x):
    """The gradient of one image by itself, through backward()."""
    leaf = x.clone().requires_grad_()
    objective(leaf[None]).backward()
    return leaf.grad


# class_visualization_step


def test_a_step_is_autograds_gradient_brought_to_a_length(solution):
    net, x, targets = network(), drawn(3, 3, 6, 7), torch.tensor([2, 0, 3])
    came = solution.class_visualization_step(net, x, targets, 0.7, l2=0.1)
    for one, new, target in zip(x, came, targets, strict=True):
        slope = slope_of(lambda image, target=target: net(image)[0, target] - 0.1 * (image**2).sum(), one)
        torch.testing.assert_close(new, one + 0.7 * slope / slope.norm())
        assert (new - one).norm().item() == pytest.approx(0.7)


def test_ascent_with_a_penalty_is_sgd_that_maximises_with_weight_decay(solution):
    net, x = network(), drawn(1, 3, 6, 7)
    leaf = x.clone().requires_grad_()
    sgd = torch.optim.SGD([leaf], lr=1.0, maximize=True)
    (net(leaf)[0, 1] - 0.2 * leaf.square().sum()).backward()
    sgd.step()
    own = solution.class_visualization_step(net, x, torch.tensor([1]), 1.0, l2=0.2) - x
    library = leaf.detach() - x
    torch.testing.assert_close(own, library / library.norm())


def test_the_priors_are_numpys_roll_and_quantile_and_scipys_blur(solution):
    net, x, targets = network(), drawn(2, 3, 6, 7), torch.tensor([2, 0])
    settings = {"jitter": (2, -3), "decay": 0.1, "blur": 0.8, "small_pixels": 0.3, "small_gradients": 0.25}
    came = solution.class_visualization_step(net, x, targets, 0.7, **settings)
    for one, new, target in zip(x, came, targets, strict=True):
        moved = torch.from_numpy(np.roll(one.numpy(), (2, -3), axis=(1, 2)))
        slope = slope_of(lambda image, target=target: net(image)[0, target], moved).numpy()
        slope = np.roll(slope / np.sqrt((slope**2).sum()), (-2, 3), axis=(1, 2))
        image = 0.9 * (one.numpy() + 0.7 * slope)
        image = np.stack([gaussian_filter(channel, 0.8, mode="nearest", radius=3) for channel in image])
        size, steep = (np.linalg.norm(values, axis=0) for values in (image, slope))
        image[:, (size < np.quantile(size, 0.3)) | (steep < np.quantile(steep, 0.25))] = 0
        torch.testing.assert_close(new, torch.from_numpy(image))


def test_the_example_of_two_pixels(solution):
    x = torch.tensor([1.0, 2.0]).reshape(1, 1, 1, 2)

    def score(x):
        return x.flatten(1) @ torch.tensor([[3.0], [4.0]])

    target = torch.tensor([0])
    assert solution.class_visualization_step(score, x, target, 10.0).flatten().tolist() == pytest.approx([7, 10])
    came = solution.class_visualization_step(score, x, target, 8**0.5, l2=0.5)
    assert came.flatten().tolist() == pytest.approx([3, 4])


def test_the_blur_is_scipys():
    x = drawn(2, 3, 6, 7)
    for sigma, radius in ((0.6, 2), (1.5, 5)):
        expected = [[gaussian_filter(c.numpy(), sigma, mode="nearest", radius=radius) for c in image] for image in x]
        torch.testing.assert_close(blurred(x, sigma), torch.from_numpy(np.array(expected)))
    torch.testing.assert_close(blurred(x, 0.0), x)


# fooling_image


def test_images_are_fooled_one_by_one_as_a_plain_loop_does(solution):
    net, x, targets = network(), drawn(4, 3, 6, 7), torch.tensor([2, 0, 3, 1])
    images, steps = solution.fooling_image(net, x, targets, 0.9, 12)
    for one, new, target, count in zip(x, images, targets, steps, strict=True):
        image, taken = one.clone(), 0
        while taken < 12 and net(image[None]).argmax() != target:
            slope = slope_of(lambda image, target=target: net(image)[0, target], image)
            image, taken = image + 0.9 * slope / slope.norm(), taken + 1
        assert count == taken
        torch.testing.assert_close(new, image)
    assert len(set(steps.tolist())) > 2


def test_the_example_of_two_classes(solution):
    x, weights = torch.tensor([5.0, 0.0]).reshape(1, 1, 1, 2), torch.tensor([[2.0, 3.0], [0.0, 4.0]])

    def scores(x):
        return x.flatten(1) @ weights + torch.tensor([0.0, -20.0])

    assert scores(x).tolist() == [[10, -5]]
    images, steps = solution.fooling_image(scores, x, torch.tensor([1]), 2.0, 9)
    assert steps.tolist() == [2]
    assert scores(images)[0].tolist() == pytest.approx([14.8, 15])


def test_the_coffee_is_named_as_three_other_things(solution):
    """Each within thirty steps, and by less than four grey levels on average."""
    net, coffee = figures.network(), pretrained.prepare(photographs()["coffee"], 160)
    targets = torch.tensor([figures.names().index(name) for name in ("Egyptian cat", "tarantula", "school bus")])
    images, steps = solution.fooling_image(net, coffee.repeat(3, 1, 1, 1), targets, 1.0, 30)
    assert net(images).argmax(dim=1).tolist() == targets.tolist()
    assert steps.max() < 30
    assert (images - coffee).abs().mean(dim=(1, 2, 3)).max() * 128 < 4


# fgsm


def test_one_step_is_the_sign_of_autograds_gradient(solution):
    net, x = network(), torch.rand(3, 3, 6, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = torch.tensor([2, 0, 3])
    for is_targeted, sign in ((False, 1), (True, -1)):
        came = solution.fgsm(net, x, y, 0.1, is_targeted)
        for one, new, label in zip(x, came, y, strict=True):
            slope = slope_of(lambda image, label=label: F.cross_entropy(net(image), label[None]), one)
            torch.testing.assert_close(new, (one + sign * 0.1 * slope.sign()).clamp(0, 1))


def test_no_image_of_many_steps_leaves_its_budget_and_the_loss_rises(solution):
    net = network()
    x = torch.rand(8, 3, 6, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    y = net(x).argmax(dim=1)
    came = solution.fgsm(net, x, y, 0.07, num_steps=6, rate=0.03)
    assert (came - x).abs().max() <= 0.07 + 1e-12
    assert came.min() >= 0
    assert came.max() <= 1
    before, after = (F.cross_entropy(net(images), y, reduction="none") for images in (x, came))
    assert (after > before).all()


def test_the_attack_of_the_notebook_is_that_of_the_picture(solution):
    """All named rightly at first; noise does nothing; five steps leave less than a tenth; text and curves agree."""
    x, y = figures.test_shapes()
    small, lines = figures.small_network(), figures.shares()
    noise, one, five = lines.values()
    assert noise[0] == one[0] == five[0] == pytest.approx(1, abs=0.01)
    assert min(noise) > 0.98
    assert five[-1] < 0.1 < one[-1]
    assert all(many <= single for many, single in zip(five, one, strict=True))
    for place in (3, -1):
        budget = figures.LEVELS[place] / 255
        for heights, settings in ((one, {}), (five, {"num_steps": 5, "rate": budget / 3})):
            came = small(solution.fgsm(small, x, y, budget, **settings)).argmax(dim=1)
            assert (came == y).double().mean().item() == pytest.approx(heights[place], abs=0.01)
    assert f"five steps {five[-1]:.2f}" in figures.robustness().description


def test_many_small_weights_move_a_score_by_three():
    weights = 0.1 * drawn(3072).sign()
    assert (weights * 0.01 * weights.sign()).sum().item() == pytest.approx(3.072)


# feature_inversion_loss


def test_the_loss_and_its_gradient_are_those_of_torchs_own_parts(solution):
    features, x = network().features, drawn(2, 3, 6, 7)
    wanted = drawn(2, 4, 3, 4)
    leaf, other = x.clone().requires_grad_(), x.clone().requires_grad_()
    came = solution.feature_inversion_loss(features, leaf, wanted, 0.3)
    expected = []
    for n in range(2):
        share = F.mse_loss(features(other[n : n + 1]), wanted[n : n + 1], reduction="sum") / wanted[n].norm() ** 2
        rough = F.mse_loss(other[n, :, 1:], other[n, :, :-1], reduction="sum")
        rough = rough + F.mse_loss(other[n, :, :, 1:], other[n, :, :, :-1], reduction="sum")
        expected.append(share + 0.3 * rough)
    torch.testing.assert_close(came, torch.stack(expected))
    came.sum().backward()
    sum(expected).backward()
    torch.testing.assert_close(leaf.grad, other.grad)


def test_no_gradient_reaches_what_was_wanted(solution):
    features, x = network().features, drawn(2, 3, 6, 7)
    source = drawn(2, 3, 6, 7, seed=4).requires_grad_()
    leaf = x.clone().requires_grad_()
    solution.feature_inversion_loss(features, leaf, features(source), 0.3).sum().backward()
    assert source.grad is None
    assert leaf.grad is not None


def test_the_example_of_four_pixels(solution):
    x = torch.tensor([[1.0, 2.0], [4.0, 2.0]]).reshape(1, 1, 2, 2)
    wanted = torch.tensor([[3.0, 4.0]])
    came = solution.feature_inversion_loss(lambda x: x.sum(dim=2).flatten(1), x, wanted, 0.01)
    assert came.tolist() == pytest.approx([0.30])
    assert solution.feature_inversion_loss(lambda x: x.sum(dim=2).flatten(1), x, wanted).tolist() == pytest.approx(
        [0.16]
    )


def test_what_comes_back_is_near_in_features_and_farther_and_farther_in_pixels():
    photo = pretrained.prepare(photographs()["cat"], figures.INVERTED)
    missing = [figures.inversion(depth)[1] for depth in figures.DEPTHS]
    away = [F.mse_loss(figures.inversion(depth)[0], photo).item() for depth in figures.DEPTHS]
    assert max(missing) < 0.1
    assert away == sorted(away)
    assert away[0] < 0.01
    assert away[-1] > 20 * away[0]
    assert "after 8 stages" in figures.inversions().description


# deep_dream_step


def test_a_dream_is_autograds_gradient_of_the_norm(solution):
    features, base, detail = network().features, drawn(2, 3, 6, 8), drawn(2, 3, 3, 4, seed=5)
    came = solution.deep_dream_step(features, base, detail, 0.4, (1, -2))
    large = F.interpolate(detail, scale_factor=2, mode="bilinear")
    for n in range(2):
        picture = (base[n] + large[n]).roll((1, -2), (1, 2))
        slope = slope_of(lambda image: features(image).norm(), picture)
        picture = (picture + 0.4 * slope / slope.abs().mean()).roll((-1, 2), (1, 2))
        torch.testing.assert_close(came[n], picture - base[n])


def test_the_example_of_two_values(solution):
    base, detail = torch.full((1, 1, 1, 2), 5.0), torch.ones(1, 1, 1, 1)

    def feature(x):
        return x.flatten(1) @ torch.tensor([[3.0], [-1.0]])

    came = solution.deep_dream_step(feature, base, detail, 0.1)
    assert came.flatten().tolist() == pytest.approx([1.15, 0.95])


def test_the_exercise_dreams_the_dream_of_the_picture(solution):
    frames, photo = figures.dreamt(), photographs()["flower"]
    layer, generator = figures.network().features[: figures.LAYER], torch.Generator().manual_seed(0)
    detail = torch.zeros(1, 3, 1, 1)
    base = pretrained.prepare(photo, figures.OCTAVES[0])
    for step in range(1, 4):
        reach = figures.DREAM_JITTER
        jitter = torch.randint(-reach, reach + 1, (2,), generator=generator).tolist()
        detail = solution.deep_dream_step(layer, base, detail, figures.DREAM_RATE, jitter)
        assert (base + detail - frames[step]).abs().mean() < 0.01
    sizes = [frame.shape[2] for frame in frames[1 :: figures.DREAM_STEPS]]
    assert sizes == list(figures.OCTAVES)
    assert len(frames) == figures.DREAM_FRAMES
    assert "octave 3 of 3" in figures.dream().description


def test_a_dream_makes_the_layer_see_more():
    layer = figures.network().features[: figures.LAYER]
    first, last = figures.dreamt()[0], figures.dreamt()[figures.DREAM_STEPS]
    with torch.no_grad():
        assert layer(last).norm() > 1.1 * layer(first).norm()


# faceted_start


@pytest.mark.parametrize("num_rounds", [1, 3, 20])
def test_clusters_and_centres_are_scikit_learns(solution, num_rounds):
    vectors = drawn(40, 5)
    images = vectors[:, :3, None, None].expand(-1, -1, 2, 3)
    starts, clusters = solution.faceted_start(images, vectors, vectors[:4], num_rounds, 40, 1e6)
    means = KMeans(4, init=vectors[:4].numpy(), n_init=1, max_iter=num_rounds, tol=0).fit(vectors.numpy())
    assert clusters.tolist() == means.labels_.tolist()
    if num_rounds == 20:
        expected = torch.from_numpy(means.cluster_centers_)[:, :3, None, None].expand(-1, -1, 2, 3)
        torch.testing.assert_close(starts, expected, rtol=1e-6, atol=1e-6)


def test_the_example_of_four_numbers(solution):
    vectors = torch.tensor([[0.0], [1.0], [5.0], [9.0]])
    images = vectors[:, :, None, None].expand(4, 3, 1, 1)
    for num_rounds in (1, 2, 3):
        starts, clusters = solution.faceted_start(images, vectors, torch.tensor([[0.0], [4.0]]), num_rounds, 9, 1.0)
        assert clusters.tolist() == [0, 0, 1, 1]
        assert starts[:, 0, 0, 0].tolist() == [0.5, 7]


def test_the_mask_is_a_bell_around_the_middle(solution):
    starts, _ = solution.faceted_start(torch.ones(1, 3, 3, 5), torch.zeros(1, 2), torch.zeros(1, 2), 0, 1, 0.3)
    assert starts[0, 0, 1, 2] == 1
    assert starts[0, 2, 0, 2].item() == pytest.approx(np.exp(-((1 / 3) ** 2) / 0.18))
    assert starts[0, 1, 1, 4].item() == pytest.approx(np.exp(-((2 / 5) ** 2) / 0.18))


def test_pieces_of_three_photographs_fall_apart_into_three_clusters(solution):
    images, vectors, _ = figures.many_pieces()
    _, clusters = solution.faceted_start(images, vectors, vectors[[0, 1, 2]], 10, 8, 0.3)
    assert torch.equal(clusters, figures.clustered())
    assert "fade to grey" in figures.facets().description


# The pictures


def test_all_pictures_are_pineapples_to_the_network():
    said = figures.priors().description
    for words, prior in figures.PRIORS.items():
        share = figures.grown(figures.SHOWN_CLASS, prior)[1]
        assert share > 0.9
        assert f"{words}: {share:.2f}" in said


def test_blur_leaves_less_fine_dust():
    """The share of a picture's contrast that a blur takes away."""

    def dust(picture):
        return ((picture - blurred(picture, 1.0)).std() / picture.std()).item()

    shares = [dust(figures.grown(figures.SHOWN_CLASS, prior)[0]) for prior in figures.PRIORS.values()]
    assert min(shares[:2]) > max(shares[2:])
    assert shares[0] > shares[1] > shares[2] > 0


def test_the_coffee_stays_a_cup_to_the_eye_and_is_a_tarantula_to_the_network():
    before, after, count = figures.fooling()
    change = (figures.pixels(after) - figures.pixels(before)).abs()
    assert count < 15
    assert change.mean() * 255 < 3
    assert figures.names()[figures.network()(after).argmax()] == "tarantula"
    assert "tarantula" in figures.fooled().description
    said = figures.overview().description
    assert "named pineapple, 1.00" in said
    assert "named starfish, 1.00" in said
    assert "pineapple" in figures.shown(figures.grown(figures.SHOWN_CLASS, figures.BEST)[0]).description


def test_climbing_the_score_makes_the_higher_score_and_the_probability_pushes_the_others_down(solution):
    net, target = figures.network(), torch.tensor([figures.names().index("tarantula")])
    found = {}
    for name, function in (("score", net), ("probability", lambda x: net(x).softmax(dim=1))):
        x = figures.noise()
        for _ in range(10):
            x = solution.class_visualization_step(function, x, target, figures.RATE)
        scores = net(x)
        found[name] = scores[0, target].item(), scores.scatter(1, target[:, None], -1e9).amax().item()
    assert found["score"][0] > found["probability"][0]
    assert found["score"][1] > found["probability"][1]
