"""Checks of augmentation: pixels, boxes, masks and labels that move together, drawn from one generator.

The docstrings say what is drawn and in which order, so right answers agree to the last digits. A probe makes the
generator of a seed, and also asks what it gives next: whoever draws more, less or elsewhere is found.
"""

import torch

from autograder.authoring import (
    RuleBroken,
    assert_close,
    contract,
    exercise,
    integers,
    operation_counts,
    rand,
)
from autograder.authoring.probe import probe_of

DOUBLE = torch.float64
COSTS = {"dtype": 0.25, "strides": 0.25}
DECIDES = (
    246  # a seed that mirrors the first image of two alone, moves up and to the right, and has each side of each p
)


def seed_from(rng):
    """A seed for a generator on the other side of the door."""
    return int(rng.integers(1, 2**31))


def pixels(rng, *shape, dtype=DOUBLE):
    """Images of 256 levels, as photographs have them: where pixels are only moved, the recording packs them well."""
    return integers(rng, 0, 256, *shape).to(dtype) / 256


def parts_agree(*names):
    """Return a comparison of several answers by name; the last is what the generator gives next."""

    def compare(came, expected, **tolerances):
        assert len(came) == len(expected), f"{len(expected) - 1} answers were expected, and {len(came) - 1} came"
        # First: who draws otherwise than the docstring says has other images because of it.
        assert_close(came[-1], expected[-1], what="what the generator gives next, after your call")
        for name, one, right in zip(names, came, expected, strict=False):
            assert_close(one, right, what=name, **tolerances)

    return compare


# random_flip_crop


def crops(ns, x, size, seed, **settings):
    generator = torch.Generator().manual_seed(seed)
    out = ns.random_flip_crop(x, size, generator, **settings)
    return [out, torch.rand(1, generator=generator)]


crop_images = parts_agree("the images")


def both_crop(student, reference, *args, **settings):
    expected = reference.run(crops, *args, **settings)
    crop_images(student.run(crops, *args, **settings), expected)


@exercise("random_flip_crop")
def test_parts_are_cut_scaled_and_mirrored(student, reference, rng):
    """Parts of images whose height, width and new size all differ."""
    for shape, size, p in (((2, 2, 6, 9), (3, 4), 0.5), ((3, 1, 9, 5), (2, 5), 1.0), ((1, 2, 5, 7), (4, 4), 1.0)):
        both_crop(student, reference, rand(rng, *shape, dtype=DOUBLE), size, seed_from(rng), scale=(0.3, 0.9), p=p)


@exercise("random_flip_crop")
def test_whole_images_only_mirrored(student, reference, rng):
    """The whole image at its own size: left and right are exchanged, or nothing is done."""
    x = pixels(rng, 2, 2, 3, 5)
    for p in (0.0, 1.0):
        both_crop(student, reference, x, (3, 5), seed_from(rng), scale=(1.0, 1.0), p=p)


@exercise("random_flip_crop")
def test_every_place_is_reached(student, reference, rng):
    """Single pixels of small images, many times: the last row and the last column are places too."""
    x = torch.arange(6, dtype=DOUBLE).reshape(1, 1, 2, 3).repeat(40, 1, 1, 1)
    both_crop(student, reference, x, (1, 1), seed_from(rng), scale=(0.5, 0.5), p=0.0)


@exercise("random_flip_crop", costs=0.25)
def test_a_part_has_at_least_one_pixel(student, reference, rng):
    """A tenth of three rows is less than a pixel: one is taken."""
    both_crop(student, reference, rand(rng, 3, 1, 3, 25, dtype=DOUBLE), (2, 2), seed_from(rng), scale=(0.1, 0.2))


contract(
    "random_flip_crop",
    inputs=lambda rng, N=2, C=3, H=6, W=8, dtype=DOUBLE: (rand(rng, N, C, H, W, dtype=dtype), (2, 4), DECIDES),
    settings={"scale": (0.3, 0.45), "p": 1.0},  # all are mirrored, so that who does it in place is seen
    use=crops,
    compare=crop_images,
    one="NC",
    square={"N": 3, "C": 3, "H": 3, "W": 3},
    device=False,
    costs=COSTS,
)


# color_jitter


def colours(ns, x, seed, **settings):
    generator = torch.Generator().manual_seed(seed)
    out = ns.color_jitter(x, generator, **settings)
    return [out, torch.rand(1, generator=generator)]


colour_images = parts_agree("the images")


def both_colour(student, reference, *args, **settings):
    expected = reference.run(colours, *args, **settings)
    colour_images(student.run(colours, *args, **settings), expected)


ALL_FOUR = {"brightness": 0.4, "contrast": 0.5, "saturation": 0.6, "hue": 0.3}


@exercise("color_jitter")
def test_one_knob_alone(student, reference, rng):
    """Brightness, contrast, saturation or hue, and the other three at rest."""
    for knob, spread in ALL_FOUR.items():
        both_colour(student, reference, rand(rng, 2, 3, 2, 2, dtype=DOUBLE), seed_from(rng), **{knob: spread})


@exercise("color_jitter")
def test_all_four_in_their_order(student, reference, rng):
    """All four together, each image with its own factors."""
    both_colour(student, reference, rand(rng, 3, 3, 2, 4, dtype=DOUBLE), seed_from(rng), **ALL_FOUR)


@exercise("color_jitter")
def test_all_round_the_circle(student, reference, rng):
    """Pure and mixed colours of every sector, also where two of the three are equal."""
    levels = torch.tensor([0.0, 0.5, 1.0], dtype=DOUBLE)
    x = torch.cartesian_prod(levels, levels, levels).T.reshape(1, 3, 3, 9)
    for knob in ("saturation", "hue"):
        both_colour(student, reference, x, seed_from(rng), **{knob: 0.5})


@exercise("color_jitter", costs=0.5)
def test_grey_and_black_and_white(student, reference, rng):
    """What has no hue stays without one, and black makes no NaN."""
    x = rand(rng, 3, 1, 2, 3, dtype=DOUBLE).repeat(1, 3, 1, 1)
    x[0, :, 0], x[1, :, 1] = 0, 1
    both_colour(student, reference, x, seed_from(rng), **ALL_FOUR)


@exercise("color_jitter")
def test_colours_stay_between_0_and_1(student, reference, rng):
    """Bright and dark images, whose colours would leave 0 to 1."""
    x = (rand(rng, 4, 3, 2, 3, dtype=DOUBLE) > 0.5).to(DOUBLE) * 0.8 + 0.15
    for knob in ("brightness", "contrast"):
        both_colour(student, reference, x, seed_from(rng), **{knob: 1.0})


contract(
    "color_jitter",
    inputs=lambda rng, N=2, H=3, W=2, dtype=DOUBLE: (rand(rng, N, 3, H, W, dtype=dtype), seed_from(rng)),
    settings=ALL_FOUR,
    forbids=["torchvision"],
    instead="the docstring says what each of the four does",
    use=colours,
    compare=colour_images,
    one="NHW",
    square={"N": 3, "H": 3, "W": 3},
    all_at_once="NHW",
    tolerances={torch.float32: {"rtol": 1e-3, "atol": 1e-4}},
    device=False,
    costs=COSTS,
)


# random_affine


def moves(ns, image, boxes, masks, seed, **settings):
    generator = torch.Generator().manual_seed(seed)
    out = ns.random_affine(image, boxes, masks, generator, **settings)
    return [*out, torch.rand(1, generator=generator)]


moved_parts = parts_agree("the image", "the boxes", "the masks")


def both_move(student, reference, *args, **settings):
    expected = reference.run(moves, *args, **settings)
    moved_parts(student.run(moves, *args, **settings), expected)


def scene(rng, C=1, K=2, H=5, W=7, dtype=DOUBLE):
    """An image, boxes of whole pixels and masks."""
    left, top = integers(rng, 0, W - 3, K), integers(rng, 0, H - 3, K)
    right, bottom = left + integers(rng, 2, 4, K), top + integers(rng, 2, 4, K)
    boxes = torch.stack([left, top, right, bottom], dim=1).to(dtype)
    return rand(rng, C, H, W, dtype=dtype), boxes, rand(rng, K, H, W) < 0.6


EACH_WAY = ({"degrees": 80.0}, {"translate": 0.4}, {"scale": (1.2, 1.6)}, {"shear": 30.0})
ALL_WAYS = {"degrees": 50.0, "translate": 0.2, "scale": (0.6, 1.4), "shear": 25.0}


@exercise("random_affine")
def test_one_way_alone(student, reference, rng):
    """The image, its boxes and its masks, turned, moved, enlarged or sheared."""
    for way in EACH_WAY:
        both_move(student, reference, *scene(rng, H=4, W=6), seed_from(rng), **way)


@exercise("random_affine")
def test_all_ways_together(student, reference, rng):
    """Turned, sheared, scaled and moved at once, about the middle of images that are no squares."""
    for H, W in ((5, 8), (9, 6)):
        both_move(student, reference, *scene(rng, H=H, W=W), seed_from(rng), **ALL_WAYS)


@exercise("random_affine")
def test_nothing_to_do(student, reference, rng):
    """With all settings at rest, image, boxes and masks come back as they were."""
    both_move(student, reference, *scene(rng, H=6, W=8), seed_from(rng))


@exercise("random_affine", costs=0.5)
def test_boxes_are_cut_off_at_the_edges(student, reference, rng):
    """Boxes of the whole image and at its corners, moved partly or wholly out of it."""
    image, _, masks = scene(rng, K=3, H=6, W=9)
    boxes = torch.tensor([[0, 0, 9, 6], [0, 0, 1, 1], [8, 5, 9, 6]], dtype=DOUBLE)
    for scale in ((1.1, 1.8), (8.0, 9.0)):  # so enlarged, boxes at the corners leave whatever is drawn
        settings = {"degrees": 40.0, "translate": 0.9, "scale": scale}
        both_move(student, reference, image, boxes, masks, seed_from(rng), **settings)


contract(
    "random_affine",
    inputs=lambda rng, C=2, K=3, H=4, W=5, dtype=DOUBLE: (*scene(rng, C, K, H, W, dtype), seed_from(rng)),
    settings=ALL_WAYS,
    forbids=["torchvision"],
    instead="work with the matrix of the text, and with F.grid_sample",
    use=moves,
    compare=moved_parts,
    one="CK",
    square={"C": 4, "K": 4, "H": 4, "W": 4},
    tolerances={torch.float32: {"rtol": 1e-3, "atol": 1e-4}},
    device=False,
    costs=COSTS,
)


# cutout


def cuts(ns, x, size, seed, **settings):
    generator = torch.Generator().manual_seed(seed)
    out = ns.cutout(x, size, generator, **settings)
    return [out, torch.rand(1, generator=generator)]


cut_images = parts_agree("the images")


def both_cut(student, reference, *args, **settings):
    expected = reference.run(cuts, *args, **settings)
    cut_images(student.run(cuts, *args, **settings), expected)


@exercise("cutout")
def test_a_piece_is_hidden_in_each_image(student, reference, rng):
    """Pieces of odd and even sizes, at other places in each image, cut off at the edges."""
    for size in ((3, 2), (2, 5), (4, 3)):
        both_cut(student, reference, 1 + pixels(rng, 5, 1, 4, 6), size, seed_from(rng))


@exercise("cutout", costs=0.5)
def test_pieces_of_nothing_and_of_everything(student, reference, rng):
    """A piece without height or width hides nothing; one that is larger than the image is cut off."""
    for size in ((0, 3), (30, 3)):
        both_cut(student, reference, 1 + pixels(rng, 3, 2, 2, 5), size, seed_from(rng))


@exercise("cutout")
def test_the_middle_may_be_any_pixel(student, reference, rng):
    """Single pixels of small images, many times: those of the edge too."""
    both_cut(student, reference, torch.ones(30, 1, 2, 3), (1, 1), seed_from(rng), fill=0.25)


@exercise("cutout")
def test_what_is_not_hidden_may_be_anything(student, reference, rng):
    """NaN and infinite pixels stay as they are where nothing is hidden, and go where something is."""
    x = torch.tensor([torch.inf, -torch.inf, torch.nan], dtype=DOUBLE)[integers(rng, 0, 3, 4, 1, 4, 3)]
    both_cut(student, reference, x, (3, 2), seed_from(rng), fill=0.5)


contract(
    "cutout",
    inputs=lambda rng, N=3, C=2, H=3, W=4, dtype=DOUBLE: (rand(rng, N, C, H, W, dtype=dtype), (2, 1), seed_from(rng)),
    settings={"fill": 0.7},
    use=cuts,
    compare=cut_images,
    one="NCHW",
    square={"N": 3, "C": 3, "H": 3, "W": 3},
    all_at_once="NCHW",
    device=False,
    costs={**COSTS, "all_at_once": 0.5},
)


# mixup


def mixes(ns, x, labels, num_classes, seed, **settings):
    generator = torch.Generator().manual_seed(seed)
    out = ns.mixup(x, labels, num_classes, generator, **settings)
    return [*out, torch.rand(1, generator=generator)]


mixed_parts = parts_agree("the images", "the labels")


def both_mix(student, reference, *args, **settings):
    expected = reference.run(mixes, *args, **settings)
    mixed_parts(student.run(mixes, *args, **settings), expected)


@exercise("mixup")
def test_images_and_labels_are_mixed_with_the_same_share(student, reference, rng):
    """Each image with the one before it, in a share of its own; classes that don't appear count too."""
    x, labels = rand(rng, 4, 1, 2, 3, dtype=DOUBLE), torch.tensor([2, 0, 3, 2])
    for alpha in (0.3, 4.0):
        both_mix(student, reference, x, labels, 6, seed_from(rng), alpha=alpha)


@exercise("mixup")
def test_two_images_exchange(student, reference, rng):
    """In a batch of two each is the other's partner, with another share."""
    x, labels = rand(rng, 2, 1, 3, 2, dtype=DOUBLE), torch.tensor([1, 0])
    both_mix(student, reference, x, labels, 2, seed_from(rng), alpha=1.5)


@exercise("mixup", costs=0.5)
def test_soft_labels_are_mixed_again(student, reference, rng):
    """Labels that were mixed before are mixed as they are."""
    x, soft = rand(rng, 3, 2, 2, 3, dtype=DOUBLE), torch.softmax(4 * rand(rng, 3, 4, dtype=DOUBLE), dim=1)
    both_mix(student, reference, x, soft, 4, seed_from(rng), alpha=0.8)


contract(
    "mixup",
    inputs=lambda rng, N=3, C=1, H=2, W=4, dtype=DOUBLE: (
        rand(rng, N, C, H, W, dtype=dtype),
        integers(rng, 0, 4, N),
        4,
        seed_from(rng),
    ),
    settings={"alpha": 1.3},
    use=mixes,
    compare=mixed_parts,
    also=[
        lambda rng, N=3, C=1, H=2, W=4, dtype=DOUBLE: (
            rand(rng, N, C, H, W, dtype=dtype),
            torch.softmax(rand(rng, N, 4, dtype=dtype), dim=1),
            4,
            seed_from(rng),
        )
    ],
    one="NHW",
    square={"N": 3, "C": 1, "H": 3, "W": 3},
    all_at_once="NCHW",
    device=False,
    costs={**COSTS, "all_at_once": 0.5},
)


# mosaic


def joins(ns, images, boxes, labels, seed, **settings):
    generator = torch.Generator().manual_seed(seed)
    out = ns.mosaic(images, boxes, labels, generator, **settings)
    return [*out, torch.rand(1, generator=generator)]


joined_parts = parts_agree("the image", "the boxes", "the labels")


def both_join(student, reference, *args, **settings):
    expected = reference.run(joins, *args, **settings)
    joined_parts(student.run(joins, *args, **settings), expected)


def some_boxes(rng, num, height, width, dtype=DOUBLE):
    """Boxes inside of an image, at no whole pixels."""
    low = rand(rng, num, 2, dtype=DOUBLE) * 0.6
    high = low + 0.15 + rand(rng, num, 2, dtype=DOUBLE) * (0.8 - low)
    return torch.cat([low, high], dim=1).to(dtype) * torch.tensor([width, height] * 2, dtype=dtype)


def four(rng, C=2, H=6, W=9, nums=(2, 1, 3, 2), dtype=DOUBLE, draw=pixels):
    """Four images with boxes and labels."""
    boxes = [some_boxes(rng, num, H, W, dtype) for num in nums]
    for n in (0, 2):
        boxes[n][:1] = torch.tensor([0, 0, W, H], dtype=dtype)  # a part of these is always left
    labels = list((40 - torch.arange(sum(nums))).split(list(nums)))  # in no order that sorting would give
    return draw(rng, 4, C, H, W, dtype=dtype), boxes, labels


def four_with_one_seen(rng, C, H, W, nums, dtype):
    """Four, of whose third image one box is seen whole at the seed that decides."""
    images, boxes, labels = four(rng, C, H, W, nums, dtype, rand)
    boxes[2][-1:] = torch.tensor([0.6 * W, 0, W, 0.5 * H], dtype=dtype)
    return images, boxes, labels


@exercise("mosaic")
def test_four_quarters_meet(student, reference, rng):
    """Every quarter shows the right corner of the right image, and all boxes follow, however little is left."""
    for H, W in ((4, 9), (10, 5)):
        both_join(student, reference, *four(rng, C=1, H=H, W=W), seed_from(rng), visible=0.0)


@exercise("mosaic")
def test_boxes_of_which_too_little_is_left_go_with_their_labels(student, reference, rng):
    """Many boxes, dropped by the share of their own area that is left."""
    for visible in (0.1, 0.6):
        both_join(student, reference, *four(rng, C=1, H=6, W=7, nums=(5, 4, 4, 5)), seed_from(rng), visible=visible)


@exercise("mosaic", costs=0.5)
def test_a_box_that_is_seen_whole_stays(student, reference, rng):
    """Boxes of whole pixels, seen whole or in part, where all of a box must be seen: just enough is enough."""
    images, _, labels = four(rng, C=1, H=5, W=8, nums=(2, 2, 2, 2))
    meeting = ((7, 4), (0, 4), (7, 0), (0, 0))  # of each image, the pixel in the meeting point
    boxes = [torch.tensor([[0, 0, 8, 5], [x, y, x + 1, y + 1]], dtype=DOUBLE) for x, y in meeting]
    both_join(student, reference, images, boxes, labels, seed_from(rng), visible=1.0)


@exercise("mosaic", costs=0.5)
def test_images_without_boxes(student, reference, rng):
    """An image may have no boxes, and so may all four: then (0, 4) and (0,) come."""
    for nums in ((0, 2, 0, 1), (0, 0, 0, 0)):
        both_join(student, reference, *four(rng, C=1, H=4, W=5, nums=nums), seed_from(rng), visible=0.0)


@exercise("mosaic", costs=0.5)
def test_a_box_without_area_is_gone_even_where_nothing_need_be_visible(student, reference, rng):
    """Boxes in the corners that hang over go altogether; the whole image's box stays in part."""
    images, _, labels = four(rng, C=1, H=4, W=6, nums=(4, 4, 4, 4))
    corners = torch.tensor([[0, 0, 1, 1], [5, 0, 6, 1], [0, 3, 1, 4], [0, 0, 6, 4]], dtype=DOUBLE)
    both_join(student, reference, images, 4 * [corners], labels, seed_from(rng), visible=0.0)


contract(
    "mosaic",
    inputs=lambda rng, C=2, H=5, W=7, K=3, dtype=DOUBLE: (
        *four_with_one_seen(rng, C, H, W, (2, 1, K, K), dtype),
        DECIDES,
    ),
    settings={"visible": 0.75},
    use=joins,
    compare=joined_parts,
    one="CK",
    square={"C": 4, "H": 4, "W": 4, "K": 4},
    device=False,
    costs=COSTS,
)


# copy_paste


def pastes(ns, target, source, seed, **settings):
    generator = torch.Generator().manual_seed(seed)
    out = ns.copy_paste(tuple(target), tuple(source), generator, **settings)
    return [*out, torch.rand(1, generator=generator)]


def pasted_boxes(ns, picture, seeds):
    target = (picture[0], picture[1][:0], picture[2][:0])
    draws = [torch.Generator().manual_seed(seed) for seed in seeds]
    answers = [ns.copy_paste(target, tuple(picture), draw, p=1.0, reach=1) for draw in draws]
    return [torch.cat([boxes for _, _, boxes, _ in answers]), torch.rand(1, generator=draws[-1])]


pasted_places = parts_agree("the places of the pixel")
pasted_parts = parts_agree("the image", "the masks", "the boxes", "the labels")


def both_paste(student, reference, *args, **settings):
    expected = reference.run(pastes, *args, **settings)
    pasted_parts(student.run(pastes, *args, **settings), expected)


def objects(rng, C=2, K=3, H=6, W=9, first=0, dtype=DOUBLE):
    """An image whose objects are bands of some columns each, without overlap, of other heights."""
    owner = (torch.arange(W) * (K + 1) // W).expand(H, W)
    masks = (owner == torch.arange(K)[:, None, None]) & (rand(rng, K, H, W) < 0.7)
    masks[torch.arange(K), integers(rng, 0, H, K), (torch.arange(K) * W + K) // (K + 1)] = True
    return pixels(rng, C, H, W, dtype=dtype), masks, first + torch.arange(K).flip(0)


def pair(rng, C=2, K=3, H=6, W=9, dtype=DOUBLE, others=4):
    """A target and a source."""
    return objects(rng, C, K, H, W, 50, dtype), objects(rng, C, others, H, W, 0, dtype)


def pair_with_a_small_object(rng, C, K, H, W, dtype):
    """A pair, of whose source the second object has two pixels, and is pasted by the seed that decides."""
    target, (_, masks, labels) = pair(rng, C, K, H, W, dtype)
    image = rand(rng, C, H, W, dtype=dtype)  # with all the digits that its dtype has
    column = masks[1].any(dim=0).nonzero()[0]
    masks[1] = False
    masks[1, H // 2 - 1 : H // 2 + 1, column] = True
    return target, (image, masks, labels)


@exercise("copy_paste")
def test_some_objects_are_pasted(student, reference, rng):
    """Some or all of the source's objects lie on top, black pixels too; what they hide the others lose."""
    for p in (0.5, 1.0):
        target, source = pair(rng, C=1, H=5, W=8)
        source[0][:, ::2] = 0
        both_paste(student, reference, target, source, seed_from(rng), p=p)


@exercise("copy_paste")
def test_the_source_moves_and_what_leaves_is_gone(student, reference, rng):
    """Objects that move nearly out of the image: nothing comes back on the other side."""
    for H, W in ((5, 8), (7, 6)):
        both_paste(student, reference, *pair(rng, C=1, H=H, W=W), seed_from(rng), p=0.7, reach=4)


@exercise("copy_paste")
def test_every_move_is_drawn(student, reference, rng):
    """A single pixel, pasted twenty times: each place within reach is taken, and all are equally likely."""
    mask = torch.zeros(1, 3, 5, dtype=torch.bool)
    mask[0, 1, 2] = True
    picture = torch.zeros(1, 3, 5, dtype=DOUBLE), mask, torch.tensor([7])
    seeds = integers(rng, 1, 2**31, 20).tolist()
    expected = reference.run(pasted_boxes, picture, seeds)
    pasted_places(student.run(pasted_boxes, picture, seeds), expected)


@exercise("copy_paste")
def test_a_hidden_object_goes_with_its_label(student, reference, rng):
    """A large object covers all but one: masks, boxes and labels of those that it hides are dropped."""
    target = objects(rng, C=1, K=3, H=4, W=8)
    mask = torch.ones(1, 4, 8, dtype=torch.bool)
    mask[:, :, :2] = False
    source = pixels(rng, 1, 4, 8), mask, torch.tensor([9])
    both_paste(student, reference, target, source, seed_from(rng), p=1.0)


@exercise("copy_paste", costs=0.5)
def test_objects_of_which_too_few_pixels_are_seen_are_dropped(student, reference, rng):
    """Old and pasted ones, but what was pasted stays on the image."""
    both_paste(student, reference, *pair(rng, C=1, H=5, W=10), seed_from(rng), p=0.6, reach=3, min_area=5)
    whole = pixels(rng, 1, 4, 6), torch.ones(1, 4, 6, dtype=torch.bool), torch.tensor([8])
    both_paste(student, reference, objects(rng, 1, 2, 4, 6), whole, DECIDES, p=1.0, reach=2, min_area=24)  # it moves


@exercise("copy_paste", costs=0.5)
def test_objects_of_just_enough_pixels_stay(student, reference, rng):
    """Objects of two, three and four pixels where three are enough; the small one's pixels stay where it is pasted."""
    masks = torch.zeros(3, 4, 6, dtype=torch.bool)
    for k in range(3):
        masks[k, k, : k + 2] = True
    target = pixels(rng, 1, 4, 6), masks, torch.tensor([4, 2, 7])
    source = pixels(rng, 1, 4, 6), masks.flip(2), torch.tensor([5, 3, 6])
    for p in (0.0, 1.0):
        both_paste(student, reference, target, source, seed_from(rng), p=p, min_area=3)


@exercise("copy_paste", costs=0.25)
def test_images_without_objects(student, reference, rng):
    """The target, the source or both may have no objects."""
    for nums in ((0, 2), (2, 0), (0, 0)):
        first, second = (objects(rng, 1, num, 3, 5, 10) for num in nums)
        both_paste(student, reference, first, second, seed_from(rng), p=1.0)


contract(
    "copy_paste",
    inputs=lambda rng, C=2, K=3, H=4, W=5, dtype=DOUBLE: (*pair_with_a_small_object(rng, C, K, H, W, dtype), DECIDES),
    settings={"p": 0.9, "reach": 2, "min_area": 4},
    use=pastes,
    compare=pasted_parts,
    one="C",
    square={"C": 5, "K": 5, "H": 5, "W": 5},
    device=False,
    costs=COSTS,
)


# lens_distortion


def bent_images(ns, x, points, seed, **settings):
    generator = torch.Generator().manual_seed(seed)
    out = ns.lens_distortion(x, points, generator, **settings)
    return [out[0], torch.rand(1, generator=generator)]


def bent_points(ns, x, points, seed, **settings):
    generator = torch.Generator().manual_seed(seed)
    out = ns.lens_distortion(x, points, generator, **settings)
    return [out[1], torch.rand(1, generator=generator)]


def bent_by_nothing(ns, x, points, seed):
    return ns.lens_distortion(x, points, torch.Generator().manual_seed(seed), strength=0.0)


AXES = {"images": 2, "rows": 3, "columns": 4, "points": 5}
only_images, only_points = parts_agree("the images"), parts_agree("the points")


def some_points(rng, N, P, H, W, dtype=DOUBLE):
    """Points (x, y) on N images."""
    return rand(rng, N, P, 2, dtype=dtype) * torch.tensor([W, H], dtype=dtype)


@exercise("lens_distortion")
def test_images_are_seen_through_a_lens(student, reference, rng):
    """The images, each with its own lens; lengths are measured in pixels, also where the image is no square."""
    for size in ((5, 8), (8, 4)):
        args = rand(rng, 2, 1, *size, dtype=DOUBLE), some_points(rng, 2, 2, *size), seed_from(rng)
        expected = reference.run(bent_images, *args, strength=0.1)
        only_images(student.run(bent_images, *args, strength=0.1), expected)


@exercise("lens_distortion")
def test_without_strength_images_stay(student, reference, rng):
    """With strength 0 every image comes back as it was, also where there are no points."""
    args = rand(rng, 2, 1, 4, 7, dtype=DOUBLE), some_points(rng, 2, 0, 4, 7), seed_from(rng)
    expected = reference.run(bent_images, *args, strength=0.0)
    only_images(student.run(bent_images, *args, strength=0.0), expected)


def seed_of_both_bends(rng, num):
    """Return a seed whose images bend both ways: one number in the lowest quarter, one in the highest."""
    while True:
        seed = seed_from(rng)
        drawn = torch.rand(num, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)
        if drawn.min() < 0.25 and drawn.max() > 0.75:
            return seed


@exercise("lens_distortion", costs=0.5)
def test_points_go_where_they_are_seen(student, reference, rng):
    """Points all over the image, its middle and its corners too, to 1e-9 pixels."""
    for size in ((6, 15), (40, 20)):
        points = some_points(rng, 4, 6, *size)
        points[:, 0] = torch.tensor([size[1] / 2, size[0] / 2])
        points[:, 1], points[:, 2] = 0, torch.tensor([size[1], size[0]])
        args = rand(rng, 4, 1, 1, 1, dtype=DOUBLE).expand(4, 1, *size), points, seed_of_both_bends(rng, 4)
        expected = reference.run(bent_points, *args, strength=0.1)
        only_points(student.run(bent_points, *args, strength=0.1), expected, rtol=1e-9, atol=1e-9)


@exercise("lens_distortion", costs=0.1)
def test_points_keep_their_dtype(student, reference, rng):
    """Points in float32 come back in float32, for one image and one point too."""
    x, points = rand(rng, 1, 1, 5, 8), some_points(rng, 1, 1, 5, 8, torch.float32)
    seed = seed_from(rng)
    expected = reference.run(bent_points, x, points, seed, strength=0.08)
    only_points(student.run(bent_points, x, points, seed, strength=0.08), expected)


@exercise("lens_distortion", costs=0.5)
def test_more_of_anything_takes_no_more_operations(student, rng):
    """More images, rows, columns or points take no more tensor operations; without strength one guess is enough."""

    def case(**larger):
        N, H, W, P = ({**AXES, **larger}).values()
        return rand(rng, N, 2, H, W, dtype=DOUBLE), some_points(rng, N, P, H, W), 1

    shipped = probe_of(bent_by_nothing)
    cases = [case(), *(case(**{axis: 5 * size}) for axis, size in AXES.items())]
    few, *counts = student.run(operation_counts, [shipped.name, shipped.source], cases)
    for axis, many in zip(AXES, counts, strict=True):
        if many > few + 4:
            raise RuleBroken(
                f"lens_distortion makes {few} tensor operations for few {axis} and {many} for five times as many: it "
                "still goes through them one by one; whole-tensor operations make as many for both"
            )


contract(
    "lens_distortion",
    inputs=lambda rng, N=2, C=2, H=3, W=4, P=5, dtype=DOUBLE: (
        rand(rng, N, C, H, W, dtype=dtype),
        some_points(rng, N, P, H, W, dtype),
        seed_from(rng),
    ),
    settings={"strength": 0.06},
    use=bent_images,
    compare=only_images,
    one="NC",
    square={"N": 3, "C": 3, "H": 3, "W": 3, "P": 3},
    tolerances={torch.float32: {"rtol": 1e-3, "atol": 1e-4}},
    device=False,
    costs=COSTS,
)
