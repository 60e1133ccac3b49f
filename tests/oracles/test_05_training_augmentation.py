"""The references of augmentation, held to torchvision, colorsys, scipy, statistics, and to pixels one by one."""

import colorsys
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import torchvision.transforms.functional as TF
from scipy import ndimage, optimize, stats
from torchvision.ops import masks_to_boxes
from torchvision.transforms import v2

from coursekit.figures import augmentation as figures
from coursekit.shapes import shapes

NOTEBOOK = "05_training/augmentation"
DOUBLE = torch.float64


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def drawn(seed, *shape):
    """The numbers that the references draw from a seed."""
    return torch.rand(*shape, generator=seeded(seed), dtype=DOUBLE)


def images(*shape, seed=0):
    return torch.rand(*shape, generator=seeded(1000 + seed), dtype=DOUBLE)


def close(came, expected, atol=1e-12):
    torch.testing.assert_close(came, expected, rtol=0, atol=atol)


# random_flip_crop


@pytest.mark.parametrize("seed", range(20))
def test_crops_are_torchvisions_resized_crops_and_flips(solution, seed):
    x = images(5, 3, 11, 17, seed=seed)
    came = solution.random_flip_crop(x, (8, 9), seeded(seed), scale=(0.3, 0.9), p=0.4)
    for image, out, (zoom, down, across, turn) in zip(x, came, drawn(seed, 5, 4).tolist(), strict=True):
        tall, wide = math.floor((0.3 + 0.6 * zoom) * 11), math.floor((0.3 + 0.6 * zoom) * 17)
        top, left = math.floor(down * (12 - tall)), math.floor(across * (18 - wide))
        part = TF.resized_crop(image, top, left, tall, wide, [8, 9], antialias=False)
        close(out, TF.hflip(part) if turn < 0.4 else part)


def test_all_places_of_a_crop_are_equally_likely_and_none_is_left_out(solution):
    """Held to the statistics: 1 x 1 parts of 4 x 5 pixels, chi-squared."""
    x = torch.arange(20, dtype=DOUBLE).reshape(1, 1, 4, 5).expand(8000, 1, 4, 5)
    came = solution.random_flip_crop(x, (1, 1), seeded(0), scale=(0.2, 0.2))
    assert stats.chisquare(np.bincount(came.flatten().long(), minlength=20)).pvalue > 1e-4


# color_jitter


def jittered(image, factors):
    """Torchvision's brightness, contrast and hue, and between them the saturation by colorsys, pixel by pixel."""
    light, steep, rich, turn = factors
    image = TF.adjust_contrast(TF.adjust_brightness(image, light), steep)
    pixels = []
    for red, green, blue in image.flatten(1).T.tolist():
        hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
        pixels.append(colorsys.hsv_to_rgb(hue, min(1, saturation * rich), value))
    image = torch.tensor(pixels, dtype=image.dtype).T.reshape(image.shape)
    return TF.adjust_hue(image, turn)


@pytest.mark.parametrize("seed", range(10))
def test_colours_are_torchvisions_and_colorsyss(solution, seed):
    x = images(4, 3, 5, 6, seed=seed)
    x[0, :, 0] = x[0, :1, 0]  # greys
    x[1, :, 1] = 0
    x[2, 1] = x[2, 0]  # ties of the largest or the smallest
    spread = torch.tensor([0.5, 0.7, 0.8, 0.4])
    came = solution.color_jitter(x, seeded(seed), *spread.tolist())
    moves = (2 * drawn(seed, 4, 4) - 1) * spread.double()
    for image, out, (light, steep, rich, turn) in zip(x, came, moves.tolist(), strict=True):
        close(out, jittered(image, (1 + light, 1 + steep, 1 + rich, turn)), atol=2e-6)


def test_every_hue_saturation_and_value_is_colorsyss(solution):
    x = torch.cartesian_prod(*3 * [torch.linspace(0, 1, 6, dtype=DOUBLE)]).T.reshape(1, 3, 12, 18)
    came = solution.color_jitter(x, seeded(5), hue=0.5)
    turn = (2 * drawn(5, 1, 4)[0, 3].item() - 1) * 0.5
    for pixel, out in zip(x[0].flatten(1).T.tolist(), came[0].flatten(1).T.tolist(), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*pixel)
        assert out == pytest.approx(colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value), abs=1e-12)


# random_affine


@pytest.mark.parametrize("seed", range(20))
def test_images_and_masks_are_torchvisions(solution, seed):
    image, masks = images(3, 9, 14, seed=seed), images(2, 9, 14, seed=50 + seed) < 0.6
    ways = {"degrees": 160.0, "translate": 0.3, "scale": (0.6, 1.5), "shear": 35.0}
    boxes = torch.tensor([[2.0, 1, 9, 6]], dtype=DOUBLE)
    came, _, came_masks = solution.random_affine(image, boxes, masks, seeded(seed), **ways)
    a, right, down, zoom, lean = drawn(seed, 5).tolist()
    angle, shear = 160 * (2 * a - 1), 35 * (2 * lean - 1)
    shift = [0.3 * 14 * (2 * right - 1), 0.3 * 9 * (2 * down - 1)]
    given = {"angle": angle, "translate": shift, "scale": 0.6 + 0.9 * zoom, "shear": [shear, 0.0]}
    close(came, TF.affine(image, interpolation=TF.InterpolationMode.BILINEAR, **given), atol=1e-6)
    expected = TF.affine(masks.double(), interpolation=TF.InterpolationMode.NEAREST, **given) > 0.5
    assert (came_masks != expected).sum() <= 1  # torchvision's grid is float32: a pixel on a border may fall either way


@pytest.mark.parametrize("seed", range(20))
def test_boxes_are_torchvisions(solution, seed):
    from torchvision import tv_tensors

    boxes = torch.tensor([[2.0, 1, 9, 6], [0, 0, 14, 9], [11, 2, 13, 3]], dtype=DOUBLE)
    ways = {"degrees": 160.0, "translate": 0.3, "scale": (0.6, 1.5), "shear": 35.0}
    masks = torch.zeros(3, 9, 14, dtype=torch.bool)
    _, came, _ = solution.random_affine(images(3, 9, 14), boxes, masks, seeded(seed), **ways)
    a, right, down, zoom, lean = drawn(seed, 5).tolist()
    shift = [0.3 * 14 * (2 * right - 1), 0.3 * 9 * (2 * down - 1)]
    expected = v2.functional.affine(
        tv_tensors.BoundingBoxes(boxes, format="XYXY", canvas_size=(9, 14)),
        angle=160 * (2 * a - 1),
        translate=shift,
        scale=0.6 + 0.9 * zoom,
        shear=[35 * (2 * lean - 1), 0.0],
    )
    close(came, torch.as_tensor(expected), atol=1e-5)


def test_a_point_four_to_the_right_goes_four_below_at_ninety_degrees(solution, monkeypatch):
    """The number of the text: (14, 5) in 20 x 10 goes to (10, 9)."""
    boxes = torch.tensor([[13.0, 4, 15, 6]], dtype=DOUBLE)
    image = torch.zeros(1, 10, 20, dtype=DOUBLE)
    image[0, 4:6, 13:15] = 1

    class First:
        def manual(self, generator, *shape):
            return torch.tensor([1.0, 0.5, 0.5, 0.5, 0.5], dtype=DOUBLE)

    monkeypatch.setitem(solution.random_affine.__globals__, "uniform", First().manual)
    out, came, masks = solution.random_affine(image, boxes, image > 0.5, seeded(0), degrees=90.0)
    close(came, torch.tensor([[9.0, 8, 11, 10]], dtype=DOUBLE))
    close(out.round(decimals=9), masks.double())
    assert masks[0].nonzero().amin(dim=0).tolist() == [8, 9]


# cutout


def test_a_piece_hides_each_pixel_as_often_as_the_text_says(solution):
    """In a row of 5 a piece of 3 hides the pixels with chances 2/5, 3/5, 3/5, 3/5 and 2/5."""
    num = 20000
    came = solution.cutout(torch.ones(num, 1, 4, 5), (1, 3), seeded(0))[:, 0]
    assert set(came.sum(dim=(1, 2)).tolist()) == {17.0, 18.0}
    hidden = (came == 0).any(dim=1).double().mean(dim=0)
    expected = torch.tensor([0.4, 0.6, 0.6, 0.6, 0.4], dtype=DOUBLE)
    assert ((hidden - expected).abs() < 6 * (0.24 / num) ** 0.5).all()
    rows = (came == 0).any(dim=2).double().mean(dim=0)
    assert ((rows - 0.25).abs() < 6 * (0.1875 / num) ** 0.5).all()


@pytest.mark.parametrize(("size", "fill"), [((3, 4), 0.5), ((2, 5), 0.0), ((0, 3), 1.0), ((20, 1), 2.0)])
def test_cutout_pixel_by_pixel(solution, size, fill):
    x = images(6, 2, 5, 7)
    came = solution.cutout(x, size, seeded(3), fill)
    for n, (u, v) in enumerate(drawn(3, 6, 2).tolist()):
        top, left = math.floor(5 * u) - size[0] // 2, math.floor(7 * v) - size[1] // 2
        for i in range(5):
            for j in range(7):
                inside = top <= i < top + size[0] and left <= j < left + size[1]
                assert came[n, :, i, j].tolist() == (2 * [fill] if inside else x[n, :, i, j].tolist())


# mixup


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_mixup_is_torchvisions_with_the_same_shares(solution, alpha):
    x, labels = images(6, 3, 4, 5), torch.tensor([2, 0, 3, 1, 0, 2])
    came, soft = solution.mixup(x, labels, 5, seeded(7), alpha)
    shares = solution.beta(seeded(7), 6, alpha)
    for n, share in enumerate(shares):
        pair = [n, (n - 1) % 6]
        theirs = v2.MixUp(num_classes=5)
        theirs._dist = type("Fixed", (), {"sample": lambda self, shape, share=share: share})()
        expected, expected_soft = theirs(x[pair], labels[pair])
        close(came[n], expected[0])
        close(soft[n], expected_soft[0].double(), atol=1e-6)
    again, softer = solution.mixup(x, F.one_hot(labels, 5).double(), 5, seeded(7), alpha)
    close(again, came)
    close(softer, soft)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_the_shares_are_of_the_beta_distribution(solution, alpha):
    assert stats.kstest(solution.beta(seeded(1), 5000, alpha).numpy(), stats.beta(alpha, alpha).cdf).pvalue > 1e-4


# mosaic


def four(seed):
    """Four images with their number in every pixel, a box for each of their objects, and labels."""
    data = shapes(4, size=40, objects=(1, 3), radius=(4, 7), seed=seed)
    here = [data.shape[n] >= 0 for n in range(4)]
    return data, [data.boxes[n][here[n]].double() for n in range(4)], [data.shape[n][here[n]] for n in range(4)]


@pytest.mark.parametrize("seed", range(12))
def test_mosaics_boxes_are_those_of_the_pixels(solution, seed):
    """Each object is painted alone as a mask, and goes through mosaic as an image; its box is read off the pixels."""
    data, boxes, labels = four(seed)
    image, came, names = solution.mosaic(data.images.double(), boxes, labels, seeded(seed), 0.25)
    empty = [torch.zeros(0, 4, dtype=DOUBLE)] * 4, [torch.zeros(0, dtype=torch.int64)] * 4
    expected, expected_names = [], []
    for n in range(4):
        for (left, top, right, bottom), name in zip(boxes[n].long().tolist(), labels[n].tolist(), strict=True):
            painted = torch.zeros(4, 1, 40, 40, dtype=DOUBLE)
            painted[n, 0, top:bottom, left:right] = 1
            seen = solution.mosaic(painted, *empty, seeded(seed))[0] > 0
            if seen.sum() >= 0.25 * (right - left) * (bottom - top):
                expected.append(masks_to_boxes(seen)[0] + torch.tensor([0, 0, 1, 1]))
                expected_names.append(name)
    assert names.tolist() == expected_names
    close(came, torch.stack(expected).double())
    u, v = drawn(seed, 2).tolist()
    row, column = math.floor(40 * (0.25 + 0.5 * u)), math.floor(40 * (0.25 + 0.5 * v))
    for i in range(40):
        for j in range(40):
            n = 2 * (i >= row) + (j >= column)
            close(image[:, i, j], data.images[n, :, (i - row) % 40, (j - column) % 40].double())


def test_the_mosaic_of_the_text(solution, monkeypatch):
    """Images of 20 x 20 that meet at row 8 and column 12: half of the box (6, 10, 14, 16) is left."""
    draws = torch.tensor([0.3, 0.7], dtype=DOUBLE)  # 20 * (0.25 + 0.15) = 8, 20 * (0.25 + 0.35) = 12
    monkeypatch.setitem(solution.mosaic.__globals__, "uniform", lambda generator, *shape: draws + 1e-9)
    none = torch.zeros(0, 4, dtype=DOUBLE)
    boxes = [torch.tensor([[6.0, 10, 14, 16]], dtype=DOUBLE), none, none, none]
    labels = [torch.tensor([3]), *3 * [torch.zeros(0, dtype=torch.int64)]]
    for visible, num in ((0.5, 1), (0.51, 0)):
        _, came, names = solution.mosaic(torch.zeros(4, 1, 20, 20, dtype=DOUBLE), boxes, labels, seeded(0), visible)
        assert (came.tolist(), names.tolist()) == ([[0, 0, 6, 4]] * num, [3] * num)


# copy_paste


@pytest.mark.parametrize("seed", range(12))
def test_copy_paste_pixel_by_pixel(solution, seed):
    data = shapes(2, size=32, objects=(3, 3), radius=(4, 6), seed=seed)
    sets = [(data.images[n].double(), data.instances[n] == torch.arange(1, 4)[:, None, None], data.shape[n])
            for n in range(2)]  # fmt: skip
    image, masks, boxes, labels = solution.copy_paste(*sets, seeded(seed), 0.6, reach=15, min_area=20)
    (old, old_masks, old_labels), (other, other_masks, other_labels) = sets
    draw = drawn(seed, 5).tolist()
    down, right = (math.floor(31 * u) - 15 for u in draw[:2])
    seen = torch.zeros(6, 32, 32, dtype=torch.bool)
    for i in range(32):
        for j in range(32):
            at = (i - down, j - right)
            whose = None
            if 0 <= at[0] < 32 and 0 <= at[1] < 32:
                whose = next((k for k in range(3) if draw[2 + k] < 0.6 and other_masks[k][at]), None)
            close(image[:, i, j], old[:, i, j] if whose is None else other[:, at[0], at[1]])
            seen[:3, i, j] = old_masks[:, i, j] if whose is None else torch.zeros(3, dtype=torch.bool)
            if whose is not None:
                seen[3 + whose, i, j] = True
    kept = seen.sum(dim=(1, 2)) >= 20
    assert torch.equal(masks, seen[kept])
    assert torch.equal(labels, torch.cat([old_labels, other_labels])[kept])
    close(boxes, masks_to_boxes(masks).double() + torch.tensor([0.0, 0, 1, 1], dtype=DOUBLE))


def test_a_hidden_object_is_dropped_with_its_label_and_no_object_gives_empty_answers(solution):
    image, masks = torch.zeros(1, 4, 5), torch.zeros(2, 4, 5, dtype=torch.bool)
    masks[0, 2:, 1:], masks[1, 0, 0] = True, True
    source = torch.ones(1, 4, 5), masks[:1], torch.tensor([7])
    came = solution.copy_paste((image, masks, torch.tensor([3, 4])), source, seeded(0), p=1.0)
    assert (came[2].tolist(), came[3].tolist()) == ([[0, 0, 1, 1], [1, 2, 5, 4]], [4, 7])
    none = torch.zeros(0, 4, 5, dtype=torch.bool), torch.zeros(0, dtype=torch.int64)
    came = solution.copy_paste((image, *none), (image, *none), seeded(0))
    assert [tuple(one.shape) for one in came] == [(1, 4, 5), (0, 4, 5), (0, 4), (0,)]


# lens_distortion


@pytest.mark.parametrize("seed", range(10))
def test_the_lens_is_scipys_interpolation_and_brents_root(solution, seed):
    x, points = images(3, 2, 9, 14, seed=seed), images(3, 5, 2, seed=50 + seed) * torch.tensor([14.0, 9.0])
    came, moved = solution.lens_distortion(x, points, seeded(seed), 0.1)
    half = math.hypot(7, 4.5)
    for n, u in enumerate(drawn(seed, 3).tolist()):
        k = 0.1 * (2 * u - 1)
        rows, columns = np.meshgrid(np.arange(9) - 4.0, np.arange(14) - 6.5, indexing="ij")
        bend = 1 + k * (rows**2 + columns**2) / half**2
        source = [rows * bend + 4.0, columns * bend + 6.5]
        for channel in range(2):
            padded = np.pad(x[n, channel].numpy(), 2)  # scipy ends at the middles of the outermost pixels
            expected = ndimage.map_coordinates(padded, [source[0] + 2, source[1] + 2], order=1)
            close(came[n, channel], torch.from_numpy(expected))
        for point, out in zip(points[n].tolist(), moved[n].tolist(), strict=True):
            away = np.array(point) - (7, 4.5)
            old = np.hypot(*away) / half
            new = optimize.brentq(lambda rho, k=k, old=old: rho * (1 + k * rho**2) - old, 0, 1.5, xtol=1e-14)
            assert out == pytest.approx((7, 4.5) + away * new / old, abs=1e-10)


def test_a_lens_without_strength_changes_nothing(solution):
    x, points = images(2, 3, 6, 11), images(2, 4, 2) * 6
    came, moved = solution.lens_distortion(x, points, seeded(0), 0.0)
    close(came, x)
    close(moved, points)


def test_a_ramp_says_where_each_pixel_comes_from(solution):
    """Closed form: an image of its own x comes out as the source's x, wherever that lies inside."""
    columns = torch.arange(15, dtype=DOUBLE).expand(1, 1, 10, 15)
    seed = next(s for s in range(100) if drawn(s, 1).item() < 0.1)  # k < 0: all sources lie inside
    came, _ = solution.lens_distortion(columns, torch.zeros(1, 1, 2, dtype=DOUBLE), seeded(seed), 0.1)
    k = 0.1 * (2 * drawn(seed, 1).item() - 1)
    x, y = torch.arange(15, dtype=DOUBLE) - 7, (torch.arange(10, dtype=DOUBLE) - 4.5)[:, None]
    expected = x * (1 + k * (x**2 + y**2) / (7.5**2 + 5**2)) + 7
    close(came[0, 0], expected.expand(10, 15))


# what the text says of its pictures, and its model answers


def test_of_twenty_moves_four_lose_the_thing_and_six_leave_a_sliver(solution):
    data = shapes(1, seed=3)
    thing = data.images[0], data.boxes[0], data.instances == 1
    moved = [solution.random_affine(*thing, seeded(seed), translate=0.9)[1][0] for seed in range(20)]
    thickness = torch.stack([(box[2:] - box[:2]).min() for box in moved])
    assert int((thickness <= 0).sum()) == 4
    assert int(((thickness > 0) & (thickness < 4)).sum()) == 6


def test_the_gallery_shows_the_photograph_and_eight_other_forms():
    found = figures.pictures()
    assert len(found) == 1 + 8
    assert all(tuple(one.shape) == (3, figures.SIDE, figures.SIDE) for one in found.values())
    photo, *rest = found.values()
    assert all((photo - one).abs().mean() > 0.01 for one in rest)
    assert "nine forms" in figures.gallery().description


@pytest.mark.parametrize("angle", [-90, -45, -30, 15, 45, 90])
@pytest.mark.parametrize(("shear", "scale"), [(0, 1.0), (20, 0.8), (-30, 1.2)])
def test_the_box_around_the_corners_is_never_smaller_than_what_is_seen(angle, shear, scale):
    _, around, tight = figures.boxes_after(angle, shear, scale)
    assert (around[:2] <= tight[:2] + 1).all()
    assert (around[2:] >= tight[2:] - 1).all()
    assert figures._area(around) >= figures._area(tight) - 20


def test_at_thirty_degrees_the_box_around_the_corners_is_much_too_large():
    _, around, tight = figures.boxes_after(30, 0, 1.0)
    assert figures._area(around) > 1.3 * figures._area(tight)
    assert "30 degrees" in figures.turned().description


def test_a_positive_k_bulges_outwards_and_a_negative_one_bends_inwards():
    for k, sign in ((0.1, 1), (-0.1, -1)):
        top = figures.seen_lines(k)[0]
        assert sign * (top[0, 1] - top[30, 1]) > 0.01  # rows count downwards: the middle lies higher where it bulges
        assert sign * (1 - top[0].norm()) > 0.05
    assert "corners move in" in figures.lenses().description


def test_the_guesses_of_the_text_settle():
    guess = 0.5
    for _ in range(4):
        guess = 0.5 / (1 + 0.1 * guess**2)
    assert guess * (1 + 0.1 * guess**2) == pytest.approx(0.5, abs=1e-6)


def test_the_wheel_has_red_to_the_right_and_the_others_against_the_clock():
    image = figures.wheel_image()
    for sector, colour in enumerate([(1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 1, 1), (0, 0, 1), (1, 0, 1)]):
        x, y = math.cos(sector * math.pi / 3), math.sin(sector * math.pi / 3)
        pixel = image[int(75 - 70 * y), int(75 + 70 * x)]
        assert (pixel[:3] - torch.tensor(colour)).abs().max() < 0.12
    assert figures.wheel().axes
    assert "meet in one point" in figures.plan().description


# what it buys, as the notebook measures it


def way(solution, name):
    """A way of augmenting, as the notebook has it."""

    def nothing(x, soft, generator):
        return x, soft

    def crops(x, soft, generator):
        return solution.random_flip_crop(x, (24, 24), generator, scale=(0.75, 1.0)), soft

    def colours(x, soft, generator):
        return solution.color_jitter(x, generator, 0.3, 0.3, 0.5, 0.5), soft

    def pieces(x, soft, generator):
        return solution.cutout(x, (8, 8), generator, fill=0.5), soft

    def mixed(x, soft, generator):
        return solution.mixup(x, soft, soft.shape[1], generator, alpha=0.4)

    def crops_and_colours(x, soft, generator):
        return colours(*crops(x, soft, generator), generator)

    return locals()[name]


@pytest.fixture(scope="module")
def found(solution):
    names = ("nothing", "crops", "colours", "pieces", "mixed", "crops_and_colours")
    return {name: [figures.trained(way(solution, name), "shape", seed) for seed in range(5)] for name in names}


def test_crops_and_colours_buy_about_ten_points_each_and_together_no_more(found):
    mean = {name: 100 * np.mean(values) for name, values in found.items()}
    assert 66 < mean["nothing"] < 75
    for name in ("crops", "colours"):
        assert 6 < mean[name] - mean["nothing"] < 15
        assert min(found[name]) > max(found["nothing"])
    assert mean["crops_and_colours"] - mean["nothing"] > 4
    assert mean["crops_and_colours"] < max(mean["crops"], mean["colours"]) + 2


def test_cutout_and_mixup_cost_points_here(found):
    for name in ("pieces", "mixed"):
        assert np.mean(found[name]) < np.mean(found["nothing"]) - 0.015


def test_runs_of_one_way_lie_about_nine_points_apart(found):
    assert 7 < 100 * (max(found["nothing"]) - min(found["nothing"])) < 12


def test_the_bars_are_two_standard_errors(found):
    said = figures.gains(found).description
    runs = 100 * np.array(found["crops"])
    assert f"crops {runs.mean():.0f} ± {2 * runs.std(ddof=1) / 5**0.5:.0f};" in said


def test_the_colours_are_all_told_and_lost_by_colours_alone(solution):
    told = {name: figures.trained(way(solution, name), "colour") for name in ("nothing", "crops", "colours")}
    assert min(told["nothing"], told["crops"]) > 0.97
    assert 0.17 < told["colours"] < 0.35


def test_the_hundred_pictures_are_circles_and_crosses_of_six_colours():
    data = figures.pictures_of(100, 100)
    assert tuple(data["images"].shape) == (100, 3, figures.SMALL, figures.SMALL)
    assert set(data["shape"].tolist()) == {0, 1}
    assert set(data["colour"].tolist()) == set(range(6))
    assert 35 < data["shape"].sum() < 65
    assert "cluttered" in figures.few().description
