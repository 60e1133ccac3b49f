"""Segmentation held to torch, scikit-learn, torchmetrics, scipy, torchvision, slow definitions and its pictures."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.ndimage import distance_transform_edt
from sklearn.metrics import accuracy_score, balanced_accuracy_score, jaccard_score
from sklearn.metrics import confusion_matrix as counted_by_sklearn
from torchmetrics.classification import MulticlassAccuracy, MulticlassJaccardIndex
from torchmetrics.segmentation import DiceScore
from torchvision.models.segmentation.fcn import FCNHead

from coursekit import small_unet
from coursekit.figures import segmentation as figures
from coursekit.small_detectors import started

NOTEBOOK = "07_detection/segmentation"
DOUBLE = torch.float64


def drawn(*shape, seed=0, scale=1.0):
    return scale * torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def labels(num_classes, *shape, seed=0, ignored=0.0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(num_classes, shape, generator=generator)
    return y.masked_fill(torch.rand(shape, generator=generator) < ignored, 255)


# pixel_cross_entropy


@pytest.mark.parametrize("ignored", [0.0, 0.3, 0.95])
@pytest.mark.parametrize("scale", [1.0, 100.0])
def test_the_loss_and_its_gradient_are_torchs(solution, ignored, scale):
    y = labels(5, 3, 7, 6, ignored=ignored)
    ends = []
    for loss in (solution.pixel_cross_entropy, lambda s, t: F.cross_entropy(s, t, ignore_index=255)):
        scores = drawn(3, 5, 7, 6, scale=scale).requires_grad_()
        value = loss(scores, y)
        ends.append((value.detach(), torch.autograd.grad(value, scores)[0]))
    torch.testing.assert_close(ends[0], ends[1], rtol=1e-12, atol=1e-12)
    assert (ends[0][1].movedim(1, -1)[y == 255] == 0).all()


def test_without_labels_the_loss_is_0_where_torch_has_nan(solution):
    scores, y = drawn(1, 3, 2, 2).requires_grad_(), torch.full((1, 2, 2), 255)
    assert F.cross_entropy(scores, y, ignore_index=255).isnan()
    loss = solution.pixel_cross_entropy(scores, y)
    loss.backward()
    assert loss.item() == 0
    assert (scores.grad == 0).all()


def test_three_pixels_by_hand(solution):
    scores = torch.tensor([[[[0.0, 2, 0]], [[0.0, 0, 5]]]], dtype=DOUBLE)
    loss = solution.pixel_cross_entropy(scores, torch.tensor([[[1, 0, 255]]]))
    assert loss.item() == pytest.approx((np.log(2) + np.log(1 + np.exp(-2))) / 2, rel=1e-12)
    assert f"{np.log(2):.3f} {np.log(1 + np.exp(-2)):.3f} {loss:.3f}" == "0.693 0.127 0.410"


# confusion_matrix


@pytest.mark.parametrize("num_classes", [2, 3, 7])
def test_the_matrix_is_that_of_sklearn(solution, num_classes):
    y, guessed = labels(num_classes, 2, 9, 8, ignored=0.2), labels(num_classes, 2, 9, 8, seed=1)
    counted = y != 255
    expected = counted_by_sklearn(y[counted], guessed[counted], labels=range(num_classes))
    assert solution.confusion_matrix(guessed, y, num_classes).tolist() == expected.tolist()
    byte = solution.confusion_matrix(guessed.to(torch.uint8), y.to(torch.uint8), num_classes)
    assert byte.tolist() == expected.tolist()


def test_the_slow_form_counts_alike(solution):
    y, guessed = labels(4, 5, 6, ignored=0.3), labels(4, 5, 6, seed=1)
    matrix = torch.zeros(4, 4, dtype=torch.int64)
    for truth, guess in zip(y.flatten().tolist(), guessed.flatten().tolist(), strict=True):
        if truth != 255:
            matrix[truth, guess] += 1
    assert torch.equal(solution.confusion_matrix(guessed, y, 4), matrix)


# segmentation_metrics


def test_figures_are_those_of_sklearn_and_torchmetrics(solution):
    for seed, num_classes in product(range(4), (2, 5)):
        y, guessed = labels(num_classes, 3, 8, 9, seed=seed, ignored=0.2), labels(num_classes, 3, 8, 9, seed=seed + 9)
        guessed = guessed.where(labels(2, 3, 8, 9, seed=seed + 20) > 0, y.where(y != 255, 0))
        came = solution.segmentation_metrics(solution.confusion_matrix(guessed, y, num_classes))
        truth, found = y[y != 255], guessed[y != 255]
        classes = range(num_classes)
        expected = {
            "pixel_accuracy": accuracy_score(truth, found),
            "mean_accuracy": balanced_accuracy_score(truth, found),
            "mean_iou": jaccard_score(truth, found, labels=classes, average="macro"),
            "weighted_iou": jaccard_score(truth, found, labels=classes, average="weighted"),
        }
        for name, value in expected.items():
            assert came[name].item() == pytest.approx(value, rel=1e-12)
        torch.testing.assert_close(
            came["iou"].numpy(), jaccard_score(truth, found, labels=classes, average=None), rtol=1e-12, atol=0
        )
        theirs = MulticlassJaccardIndex(num_classes, ignore_index=255, average="macro")
        assert came["mean_iou"].item() == pytest.approx(theirs(guessed, y).item(), abs=1e-6)
        theirs = MulticlassAccuracy(num_classes, ignore_index=255, average="macro")
        assert came["mean_accuracy"].item() == pytest.approx(theirs(guessed, y).item(), abs=1e-6)


def test_classes_that_do_not_appear(solution):
    came = solution.segmentation_metrics(torch.tensor([[5, 0, 1], [1, 2, 0], [0, 0, 0]]))
    figures_by_name = {name: round(came[name].item(), 3) for name in came if name != "iou"}
    assert figures_by_name == {
        "pixel_accuracy": 0.778, "mean_accuracy": 0.75, "mean_iou": 0.46, "weighted_iou": 0.698
    }  # fmt: skip
    assert [round(one, 3) for one in came["iou"].tolist()] == [0.714, 0.667, 0]
    absent = solution.segmentation_metrics(torch.tensor([[3, 1, 0], [0, 2, 0], [0, 0, 0]]))
    assert absent["iou"].isnan().tolist() == [False, False, True]
    assert absent["mean_iou"].item() == pytest.approx((3 / 4 + 2 / 3) / 2)
    empty = solution.segmentation_metrics(torch.zeros(2, 2, dtype=torch.int64))
    assert all(value.isnan().all() for value in empty.values())


def test_the_answer_of_the_question_on_figures(solution):
    a = solution.segmentation_metrics(torch.tensor([[65_472, 0], [64, 0]]))
    b = solution.segmentation_metrics(torch.tensor([[65_424, 48], [16, 48]]))
    assert a["pixel_accuracy"] == b["pixel_accuracy"]
    assert f"{a['pixel_accuracy']:.2%} {a['mean_accuracy']:.1f} {a['iou'][1]:.0f}" == "99.90% 0.5 0"
    assert f"{b['mean_accuracy']:.3f} {b['iou'][1]:.3f}" == "0.875 0.429"
    assert 2 * 48 / (64 + 96) == pytest.approx(2 * b["iou"][1].item() / (1 + b["iou"][1].item())) == 0.6


# dice_loss


@pytest.mark.parametrize("seed", range(3))
def test_sure_masks_have_the_dice_of_torchmetrics(solution, seed):
    y, guessed = labels(4, 1, 9, 8, seed=seed), labels(4, 1, 9, 8, seed=seed + 5)
    scores = 200.0 * F.one_hot(guessed, 4).movedim(-1, 1).double()
    loss = solution.dice_loss(scores, y, smooth=1e-12)
    theirs = DiceScore(4, include_background=True, average="macro", input_format="index")
    assert 1 - loss.item() == pytest.approx(theirs(guessed, y).item(), abs=1e-6)
    iou = solution.segmentation_metrics(solution.confusion_matrix(guessed, y, 4))["iou"]
    assert 1 - loss.item() == pytest.approx((2 * iou / (1 + iou)).mean().item(), abs=1e-9)


@pytest.mark.parametrize("squared", [False, True])
def test_dice_by_a_slow_definition(solution, squared):
    scores, y = drawn(2, 3, 4, 5, scale=2.0), labels(3, 2, 4, 5, ignored=0.3)
    p = scores.softmax(dim=1)
    total = 0.0
    for k in range(3):
        both = above = below = 0.0
        for n, i, j in product(range(2), range(4), range(5)):
            if y[n, i, j] == 255:
                continue
            chance, is_it = p[n, k, i, j].item(), float(y[n, i, j] == k)
            both += chance * is_it
            above += chance**2 if squared else chance
            below += is_it
        total += (2 * both + 0.5) / (above + below + 0.5)
    loss = solution.dice_loss(scores, y, smooth=0.5, squared=squared)
    assert loss.item() == pytest.approx(1 - total / 3, rel=1e-12)
    assert torch.autograd.gradcheck(
        lambda s: solution.dice_loss(s, y, squared=squared), drawn(2, 3, 4, 5).requires_grad_()
    )


def test_dice_by_hand(solution):
    scores, y = torch.tensor([[[[0.2, 0.6]], [[0.8, 0.4]]]], dtype=DOUBLE).log(), torch.tensor([[[1, 0]]])
    assert f"{solution.dice_loss(scores, y, smooth=1e-9):.3f} {solution.dice_loss(scores, y):.3f}" == "0.303 0.201"


# weighted_pixel_loss


def weights_by_scipy(instances, w0=10.0, sigma=5.0):
    """Return the second term of U-Net's weights for a map (H, W), by scipy's distance transform."""
    numbers = [k for k in np.unique(instances) if k > 0]
    if len(numbers) < 2:
        return np.zeros(instances.shape)
    apart = np.sort(np.stack([distance_transform_edt(instances != k) for k in numbers]), axis=0)
    return w0 * np.exp(-((apart[0] + apart[1]) ** 2) / (2 * sigma**2)) * (instances == 0)


@pytest.mark.parametrize("num_objects", [0, 1, 2, 5])
def test_weights_are_those_of_a_distance_transform(solution, num_objects):
    generator = torch.Generator().manual_seed(num_objects)
    instances = torch.zeros(2, 11, 9, dtype=torch.int64)
    for k in range(num_objects):
        top, left = (torch.randint(8, (2,), generator=generator)).tolist()
        instances[:, top : top + 2, left : left + 3] = 3 * k + 2
    instances[1] = instances[1].flip(0)
    scores, y = drawn(2, 3, 11, 9), labels(3, 2, 11, 9)
    balance = torch.tensor([0.5, 2.0, 3.0], dtype=DOUBLE)
    for own in (None, balance):
        loss, weights = solution.weighted_pixel_loss(scores, y, instances, own, 7.0, 3.0)
        of_class = torch.ones(2, 11, 9, dtype=DOUBLE) if own is None else own[y]
        expected = of_class + torch.tensor(np.stack([weights_by_scipy(one.numpy(), 7.0, 3.0) for one in instances]))
        torch.testing.assert_close(weights, expected, rtol=1e-12, atol=1e-12)
        expected_loss = (expected * F.cross_entropy(scores, y, reduction="none")).mean()
        torch.testing.assert_close(loss, expected_loss, rtol=1e-12, atol=1e-12)


def test_weights_by_hand(solution):
    row = torch.tensor([[[4, 4, 0, 9, 0, 0, 0, 0, 0]]])
    _, weights = solution.weighted_pixel_loss(torch.zeros(1, 2, 1, 9, dtype=DOUBLE), (row > 0).long(), row)
    assert f"{weights[0, 0, 2]:.2f}" == "10.23"
    wide = torch.tensor([[[1, 0, 0, 0, 0, 0, 2]]])
    _, weights = solution.weighted_pixel_loss(torch.zeros(1, 2, 1, 7, dtype=DOUBLE), (wide > 0).long(), wide)
    assert f"{weights[0, 0, 3]:.2f}" == "5.87"
    alone = torch.tensor([[[1, 0, 0]]])
    assert (solution.weighted_pixel_loss(torch.zeros(1, 2, 1, 3), alone, alone)[1] == 1).all()


def test_the_picture_of_weights_glows_between_objects_alone(solution):
    cells = small_unet.crowd()
    _, weights = solution.weighted_pixel_loss(torch.zeros(1, 2, *cells.shape[1:]), (cells > 0).long(), cells)
    expected = 1 + torch.tensor(weights_by_scipy(cells[0].numpy()))
    torch.testing.assert_close(weights[0].double(), expected, rtol=1e-4, atol=1e-4)
    assert (weights[cells > 0] == 1).all()
    apart = np.sort(
        np.stack([distance_transform_edt(cells[0].numpy() != k) for k in cells.unique().tolist() if k > 0]), axis=0
    )
    bright = (weights[0] > 6).numpy()
    assert bright.any()
    assert (apart[0] + apart[1])[bright].max() <= 6
    said = figures.border_weights(cells, weights).description
    assert f"from 1.0 to {weights.max():.1f}" in said


# FCN8s


def head_of(solution, stride, widths=(3, 4, 5), num_classes=2):
    return started(lambda: solution.FCN8s(widths, num_classes, stride), 0).double()


def fed(num, widths, size, seed=0):
    sides = [[-(-side // stride) for side in size] for stride in (8, 16, 32)]
    return [drawn(num, width, *side, seed=seed + i) for i, (width, side) in enumerate(zip(widths, sides, strict=True))]


@pytest.mark.parametrize("stride", [32, 16, 8])
@pytest.mark.parametrize("size", [(32, 64), (37, 75), (9, 33)])
def test_a_head_by_a_slow_definition(solution, stride, size):
    head, maps = head_of(solution, stride), fed(2, (3, 4, 5), size)
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(7), dtype=DOUBLE))

    def stamped(x, weight, factor):  # each number of the map lays the kernel down, a stride further on
        n, _, h, w = x.shape
        canvas = torch.zeros(n, weight.shape[1], (h + 1) * factor, (w + 1) * factor, dtype=DOUBLE)
        for i, j in product(range(h), range(w)):
            stamp = torch.einsum("nc,cmij->nmij", x[:, :, i, j], weight)
            canvas[:, :, i * factor : (i + 2) * factor, j * factor : (j + 2) * factor] += stamp
        half = factor // 2
        return canvas[:, :, half : half + h * factor, half : half + w * factor]

    def scored(name, x):
        layer = getattr(head, name)
        return torch.einsum("nchw,kc->nkhw", x, layer.weight[:, :, 0, 0]) + layer.bias[:, None, None]

    x = scored("score_fr", maps[2])
    steps = {
        32: [],
        16: [("upscore2", "score_pool4", 1)],
        8: [("upscore2", "score_pool4", 1), ("upscore_pool4", "score_pool3", 0)],
    }
    for enlarge, score, which in steps[stride]:
        fine = scored(score, maps[which])
        x = stamped(x, getattr(head, enlarge).weight, 2)[:, :, : fine.shape[2], : fine.shape[3]] + fine
    last = {32: "upscore", 16: "upscore16", 8: "upscore8"}[stride]
    expected = stamped(x, getattr(head, last).weight, stride)[:, :, : size[0], : size[1]]
    torch.testing.assert_close(head(maps, size), expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("stride", [32, 16, 8])
def test_a_new_head_is_bilinear_interpolation_away_from_the_edge(solution, stride):
    head, maps = head_of(solution, stride), fed(1, (3, 4, 5), (128, 160))
    coarse = head.score_fr(maps[2])
    expected = F.interpolate(coarse, scale_factor=32, mode="bilinear", align_corners=False)
    if stride == 32:
        torch.testing.assert_close(head(maps, (128, 160))[..., 16:-16, 16:-16], expected[..., 16:-16, 16:-16])
    else:  # enlarged in steps: the same for a plane, nearly the same for anything
        flat = [torch.ones_like(one) for one in maps]
        inner = head(flat, (128, 160))[..., 40:-40, 40:-40]
        torch.testing.assert_close(inner, head.score_fr(flat[2])[..., :1, :1].expand_as(inner))


def test_fcn32s_is_torchvisions_head_with_an_interpolation(solution):
    theirs = started(lambda: FCNHead(8, 3), 0).double().eval()
    x = drawn(2, 8, 3, 4)
    head = head_of(solution, 32, (1, 1, 2), 3)
    head.score_fr.load_state_dict(theirs[-1].state_dict())
    expected = F.interpolate(theirs(x), size=(96, 128), mode="bilinear", align_corners=False)
    own = head([drawn(2, 1, 12, 16), drawn(2, 1, 6, 8), torch.nn.Sequential(*list(theirs)[:-1])(x)], (96, 128))
    torch.testing.assert_close(own[..., 16:-16, 16:-16], expected[..., 16:-16, 16:-16])


def test_bilinear_weights_by_hand(solution):
    weight = head_of(solution, 16).upscore2.weight
    assert weight[0, 0, 1].tolist() == [0.1875, 0.5625, 0.5625, 0.1875]
    assert (weight[0, 1] == 0).all()
    row = F.conv_transpose1d(
        torch.tensor([[[4.0, 8]]]), torch.tensor([[[0.25, 0.75, 0.75, 0.25]]]), stride=2, padding=1
    )
    assert row.flatten().tolist() == [3, 5, 7, 6]
    with pytest.raises(ValueError, match="4"):
        solution.FCN8s((1, 1, 1), 2, 4)


def test_a_coarser_stride_loses_more():
    y = small_unet.labels(figures._large())
    bounds = [figures.mean_iou(figures.known_at(y, stride), y) for stride in (32, 16, 8)]
    assert bounds == sorted(bounds)
    assert bounds[0] < 0.6
    assert bounds[2] > 0.85
    said = figures.best_at_stride().description
    assert all(f"{b:.2f} at a stride of {s}" in said for s, b in zip((32, 16, 8), bounds, strict=True))


# UNet


@pytest.mark.parametrize("widths", [(4, 6), (3, 4, 5), (4, 3, 6, 5)])
@pytest.mark.parametrize("training", [False, True])
def test_a_padded_unet_is_the_one_of_nested_levels(solution, widths, training):
    own = started(lambda: solution.UNet(3, 4, widths), 0).double().train(training)
    nested = small_unet.hourglass(skip=True)(3, 4, widths).double().train(training)
    level, inner = 0, nested[0]
    while isinstance(inner[1], small_unet.Around):
        inner[0].load_state_dict(own.down[level].state_dict())
        inner[2].load_state_dict(own.join[len(widths) - 2 - level].state_dict())
        level, inner = level + 1, inner[1].below
    inner.load_state_dict(own.down[level].state_dict())
    nested[1].load_state_dict(own.head.state_dict())
    x = drawn(2, 3, 16, 24)
    torch.testing.assert_close(own(x), nested(x), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("side", [44, 48, 52])
def test_a_valid_unet_by_its_steps(solution, side):
    own = started(lambda: solution.UNet(2, 3, (3, 4, 5), False, False), 0).double().eval()
    x = drawn(1, 2, side, side + 8)

    def middle(maps, like):
        high, wide = ((n - m) // 2 for n, m in zip(maps.shape[2:], like.shape[2:], strict=True))
        return maps[:, :, high : maps.shape[2] - high, wide : maps.shape[3] - wide]

    one = own.down[0](x)
    two = own.down[1](F.max_pool2d(one, 2))
    back = own.up[0](own.down[2](F.max_pool2d(two, 2)))
    back = own.up[1](own.join[0](torch.cat([middle(two, back), back], dim=1)))
    back = own.head(own.join[1](torch.cat([middle(one, back), back], dim=1)))
    torch.testing.assert_close(own(x), back, rtol=0, atol=0)
    assert back.shape == (1, 3, side - 40, side - 32)


def test_numbers_and_sizes_of_the_text(solution):
    with torch.device("meta"):
        network, image = solution.UNet(3, 4), torch.empty(1, 3, 572, 572)
        valid = solution.UNet(3, 4, padded=False, bilinear=False)
        odd = solution.UNet(3, 4)(torch.empty(2, 3, 77, 91))
    trained = sum(one.numel() for one in network.parameters())
    kept = sum(one.numel() for name, one in network.named_buffers() if "running" in name)
    assert (trained, trained + kept) == (13_395_524, 13_403_460)
    assert network(image).shape == (1, 4, 572, 572)
    assert valid(image).shape == (1, 4, 388, 388)
    assert odd.shape == (2, 4, 77, 91)
    levels = figures.plan(572, (64, 128, 256, 512, 512))
    assert [down for down, _, _ in levels] == [(572, 568), (284, 280), (140, 136), (68, 64), (32, 28)]
    assert [up for _, up, _ in levels] == [(392, 388), (200, 196), (104, 100), (56, 52), (0, 0)]
    assert (572 - 388) // 2 == 92
    assert "Up: 56 to 52; 104 to 100; 200 to 196; 392 to 388" in figures.unet_plan().description


# overlap_tile


@pytest.mark.parametrize("size", [(6, 8), (5, 7), (3, 4), (1, 5)])
@pytest.mark.parametrize("tile", [(2, 3), (4, 2), (8, 8)])
@pytest.mark.parametrize("margin", [0, 1, 3, 6])
def test_tiles_are_the_whole_image_mirrored_by_numpy(solution, size, tile, margin):
    x, kernel = drawn(2, 3, *size), drawn(4, 3, 2 * margin + 1, 2 * margin + 1, seed=1)
    mirrored = np.pad(x.numpy(), [(0, 0), (0, 0), (margin, margin), (margin, margin)], mode="reflect")
    whole = F.conv2d(torch.from_numpy(mirrored), kernel)
    torch.testing.assert_close(solution.overlap_tile(lambda part: F.conv2d(part, kernel), x, tile, margin), whole)


def test_rows_by_hand(solution):
    seen = []

    def predict(part):
        seen.append("".join(map(chr, part[0, 0, 1].int().tolist())))
        return part[:, :, 2:-2, 2:-2]

    row = torch.tensor([ord(one) for one in "abcde"]).float().expand(1, 1, 3, 5)
    solution.overlap_tile(predict, row, (3, 3), 2)
    assert seen == ["cbabcde", "bcdedcb"]
    assert "".join(np.pad(list("abc"), 5, mode="reflect")) == "babcbabcbabcb"


def test_tiles_of_a_valid_unet_and_the_question_on_seams(solution):
    x = small_unet.unseen().images[:1].double()
    side = x.shape[2]
    with torch.no_grad():
        for bilinear in (False, True):
            net = small_unet.valid(solution.UNet, bilinear)
            whole = solution.overlap_tile(net, x, (side, side), 20)
            for tile in ((16, 16), (8, 24), (12, 12)):
                differs = (solution.overlap_tile(net, x, tile, 20) - whole).abs().amax(dim=(0, 1)) > 1e-12
                assert bool(differs.any()) == bilinear
            with pytest.raises(ValueError, match="4"):
                solution.overlap_tile(net, x, (6, 6), 20)
        differs = (solution.overlap_tile(net, x, (16, 16), 20) - whole).abs().amax(dim=(0, 1)) > 1e-12
        near = torch.zeros(side, dtype=torch.bool)
        near[13:19] = True
        assert not (differs & ~(near[:, None] | near)).any()
        assert differs[:13, 13:19].any(dim=0).all()
        assert differs[13:19, :13].any(dim=1).all()

        def cut(part):
            return net(part)[:, :, 4:-4, 4:-4]

        whole = solution.overlap_tile(cut, x, (side, side), 24)
        torch.testing.assert_close(solution.overlap_tile(cut, x, (16, 16), 24), whole, rtol=0, atol=1e-12)


# Pictures and training


def test_the_painter_moves_all_its_figures():
    first = figures.figures_of(*figures.painted((28, 32), 0, 12))
    dice, iou = first["Dice"], first["IoU"]
    assert dice == pytest.approx(2 * iou / (1 + iou))
    assert f"IoU {iou:.3f}, Dice {dice:.3f}" in figures.painter().description
    assert figures.figures_of(*figures.painted((32, 32), 0, 12)) == {"pixel accuracy": 1, "IoU": 1, "Dice": 1}
    beside = figures.figures_of(*figures.painted((16, 32), 0, 4))
    assert beside["pixel accuracy"] > 0.97
    assert beside["IoU"] == 0
    for change in ({"place": (30.0, 30.0)}, {"grow": 2}, {"radius": 15}):
        assert figures.painter(**change).png() != figures.painter().png()


def test_the_border_of_255_lies_between_classes():
    y = torch.zeros(5, 6, dtype=torch.int64)
    y[1:4, 3:] = 2
    border = figures.with_border(y)
    assert border[2].tolist() == [0, 0, 255, 255, 2, 2]
    assert "have the label 255" in figures.ignored_border().description


def test_the_two_tiles_of_the_picture_overlap():
    assert "32 x 32 pixels in a mirrored border of 8" in figures.tile_plan().description
    assert "dashed square of 32 x 32" in figures.tile_plan().description


@cache
def unseen():
    data = small_unet.unseen()
    return data, small_unet.labels(data)


def test_a_trained_unet_reaches_the_figure_of_the_text(solution):
    def cost(scores, y):
        return solution.pixel_cross_entropy(scores, y) + solution.dice_loss(scores, y)

    data, y = unseen()
    guessed = small_unet.guesses(small_unet.trained(solution.UNet, cost), data.images)
    mean = figures.mean_iou(guessed, y)
    assert 0.82 < mean < 0.93
    matrix = solution.confusion_matrix(guessed, y, small_unet.NUM_CLASSES)
    assert solution.segmentation_metrics(matrix)["mean_iou"].item() == pytest.approx(mean, abs=1e-6)
    assert f"the mean IoU is {mean:.2f}" in figures.masks(data, guessed).description
    assert 0.75 < (y == 0).float().mean() < 0.85  # four of five pixels


def test_without_skip_connections_the_opening_is_blunt():
    data, y = unseen()
    means = [figures.mean_iou(small_unet.guesses(small_unet.compared(skip), data.images), y) for skip in (False, True)]
    assert means[0] < 0.4
    assert means[1] > 0.75
    said = figures.overview().description
    assert f"blot, mean IoU {means[0]:.2f}" in said
    assert f"edge, mean IoU {means[1]:.2f}" in said
