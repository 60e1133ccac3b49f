"""Checks of the notebook on style: Gram matrices, three losses on images, and painting by gradient."""

import pytest
import torch

from autograder.authoring import assert_close, assert_equal, contract, exercise, rand, randn

DOUBLE = torch.float64
# Answers after several steps of Adam, which divides by small numbers: a right order of operations may differ more
PAINTED = {"rtol": 1e-5, "atol": 1e-7}


def layers(rng, N=2, H=3, W=4, dtype=DOUBLE):
    """Maps of two layers, of other channels and sizes."""
    return [randn(rng, N, 3, H, W, dtype=dtype), randn(rng, N, 5, W, H + 2, dtype=dtype, shift=0.5)]


# content_loss


def gradients_of_loss(ns, name, x, factors, targets, weights):
    """Probe: the gradients of a loss, one for what learns and one for targets that are part of a graph."""
    maps = [(factor * x).requires_grad_() for factor in factors]
    held = [target.clone().requires_grad_() for target in targets]
    getattr(ns, name)(maps, [2.0 * target for target in held], weights).sum().backward()
    return [one.grad for one in maps], [one.grad is None or not one.grad.any().item() for one in held]


@exercise("content_loss")
def test_a_layer_by_hand(student, reference):
    """Maps (1, 2), targets (1, 4), weight 3: the loss is 6."""
    for weights in ([1.0], [3.0]):
        maps, targets = torch.tensor([[[[1.0, 2.0]]]], dtype=DOUBLE), torch.tensor([[[[1.0, 4.0]]]], dtype=DOUBLE)
        assert_close(
            student.content_loss([maps], [targets], weights), reference.content_loss([maps], [targets], weights)
        )


@exercise("content_loss")
def test_each_image_has_its_loss_and_each_layer_its_weight(student, reference, rng):
    """Two layers of other sizes, three images: one number for each image."""
    for weights in ([1.0, 0.0], [0.0, 1.0], [0.3, 2.0]):
        maps, targets = layers(rng, 3), layers(rng, 3)
        assert_close(student.content_loss(maps, targets, weights), reference.content_loss(maps, targets, weights))


@exercise("content_loss")
def test_one_target_serves_all_images(student, reference, rng):
    """Targets (1, C, H, W) stand for every image of the batch."""
    maps, targets = layers(rng, 3), layers(rng, 1)
    assert_close(student.content_loss(maps, targets, [0.5, 2.0]), reference.content_loss(maps, targets, [0.5, 2.0]))


@exercise("content_loss")
def test_only_the_maps_get_a_gradient(student, reference, rng):
    """Gradients reach the maps; none flows into targets, also where these are part of a graph."""
    x = randn(rng, 2, 3, 2, 4, dtype=DOUBLE)
    targets = [randn(rng, 2, 3, 2, 4, dtype=DOUBLE) for _ in range(2)]
    call = gradients_of_loss, "content_loss", x, [1.0, 0.5], targets, [0.7, 2.0]
    came, expected = (door.run(*call) for door in (student, reference))
    assert_close(came[0], expected[0], what="the gradients of the maps")
    assert_equal(came[1], expected[1], what="whether each layer's targets are without a gradient")


contract(
    "content_loss",
    inputs=lambda rng, N=2, H=3, W=4, dtype=DOUBLE: (
        layers(rng, N, H, W, dtype),
        layers(rng, N, H, W, dtype),
        [2.0, 0.3],
    ),
    one="NHW",
    strides=True,
)


# gram_matrix


@exercise("gram_matrix")
def test_two_channels_by_hand(student, reference):
    """The channels (1 0; 0 1) and (2 0; 0 0): 0.5, 0.5 and 1."""
    maps = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 0.0]]]], dtype=DOUBLE)
    assert_close(student.gram_matrix(maps), reference.gram_matrix(maps))


@exercise("gram_matrix")
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (3, 5, 2, 2), (1, 1, 3, 2), (2, 4, 1, 1)])
def test_a_table_for_each_image(student, reference, rng, shape):
    """Batches, one channel alone, and maps of one place."""
    maps = randn(rng, *shape, dtype=DOUBLE, shift=0.5)
    assert_close(student.gram_matrix(maps), reference.gram_matrix(maps))


@exercise("gram_matrix")
def test_four_times_the_places_give_the_same_table(student, reference, rng):
    """A picture that is laid out twice, to the right and below, has the same Gram matrix."""
    maps = randn(rng, 2, 3, 2, 5, dtype=DOUBLE)
    for tiles in ((1, 1, 2, 2), (1, 1, 3, 1)):
        assert_close(student.gram_matrix(maps.repeat(tiles)), reference.gram_matrix(maps.repeat(tiles)))


contract(
    "gram_matrix",
    inputs=lambda rng, N=2, C=3, H=4, W=5, dtype=DOUBLE: (randn(rng, N, C, H, W, dtype=dtype, shift=0.3),),
    one="NCHW",
    strides=True,
    all_at_once="NCHW",
    no_loops=True,
)


# style_loss


def tables(rng, N=2, dtype=DOUBLE):
    """Gram matrices for the maps of `layers`."""
    made = [randn(rng, N, channels, 6, dtype=dtype) for channels in (3, 5)]
    return [one @ one.mT / 4 for one in made]


@exercise("style_loss")
def test_one_layer_by_hand(student, reference):
    """The Gram matrix of the text, and a target of zeros: 0.4375. Then another target."""
    maps = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 0.0]]]], dtype=DOUBLE)
    for target in (torch.zeros(1, 2, 2, dtype=DOUBLE), torch.tensor([[[1.0, -1.0], [-1.0, 2.0]]], dtype=DOUBLE)):
        assert_close(student.style_loss([maps], [target], [1.0]), reference.style_loss([maps], [target], [1.0]))


@exercise("style_loss")
def test_each_image_and_each_layer_count_for_themselves(student, reference, rng):
    """Two layers of 3 and 5 channels, three images: one number for each image."""
    for weights in ([1.0, 0.0], [0.0, 1.0], [0.3, 2.0]):
        maps, targets = layers(rng, 3), tables(rng, 3)
        assert_close(student.style_loss(maps, targets, weights), reference.style_loss(maps, targets, weights))


@exercise("style_loss")
def test_one_style_serves_all_images_of_any_size(student, reference, rng):
    """Targets (1, C, C), and maps that are smaller or larger: no size stands in a Gram matrix."""
    targets = tables(rng, 1)
    for height, width in ((2, 3), (4, 6)):
        maps = layers(rng, 3, height, width)
        assert_close(student.style_loss(maps, targets, [0.5, 2.0]), reference.style_loss(maps, targets, [0.5, 2.0]))


@exercise("style_loss")
def test_only_the_maps_get_a_gradient_of_style(student, reference, rng):
    """Gradients reach the maps; none flows into targets, also where these are part of a graph."""
    x = randn(rng, 2, 3, 2, 4, dtype=DOUBLE)
    made = [randn(rng, 2, 3, 6, dtype=DOUBLE) for _ in range(2)]
    call = gradients_of_loss, "style_loss", x, [1.0, 0.5], [one @ one.mT / 4 for one in made], [0.7, 2.0]
    came, expected = (door.run(*call) for door in (student, reference))
    assert_close(came[0], expected[0], what="the gradients of the maps")
    assert_equal(came[1], expected[1], what="whether each layer's targets are without a gradient")


contract(
    "style_loss",
    inputs=lambda rng, N=2, H=3, W=4, dtype=DOUBLE: (layers(rng, N, H, W, dtype), tables(rng, N, dtype), [2.0, 0.3]),
    one="NHW",
    strides=True,
)


# total_variation_loss


@exercise("total_variation_loss")
def test_a_row_by_hand(student, reference):
    """(0, 1, 1) has one difference of 1 among three numbers; so has the same column."""
    for row in ([0.0, 1.0, 1.0], [0.0, 3.0, 1.0]):
        one = torch.tensor([[[row]]], dtype=DOUBLE)
        assert_close(student.total_variation_loss(one), reference.total_variation_loss(one), what=f"the loss of {row}")
        assert_close(
            student.total_variation_loss(one.mT), reference.total_variation_loss(one.mT), what=f"of {row} as a column"
        )


@exercise("total_variation_loss")
@pytest.mark.parametrize("shape", [(1, 1, 2, 3), (2, 3, 4, 6), (3, 2, 5, 3)])
def test_images_of_all_sizes(student, reference, rng, shape):
    """Rows, columns, several channels and several images."""
    images = rand(rng, *shape, dtype=DOUBLE) * 3
    assert_close(student.total_variation_loss(images), reference.total_variation_loss(images))


@exercise("total_variation_loss")
@pytest.mark.parametrize("shape", [(2, 3, 1, 4), (2, 3, 4, 1), (2, 3, 1, 1)])
def test_images_one_pixel_wide_or_high(student, reference, rng, shape):
    """Where there is no neighbour nothing is added, and no NaN comes."""
    images = rand(rng, *shape, dtype=DOUBLE)
    assert_close(student.total_variation_loss(images), reference.total_variation_loss(images))


@exercise("total_variation_loss")
def test_channels_that_differ_are_no_neighbours(student, reference):
    """Three even channels of other brightness, and images that differ from each other: zero."""
    levels = torch.tensor([[0.1, 0.9, 0.5], [0.7, 0.2, 0.3]], dtype=DOUBLE)[:, :, None, None]
    images = levels.expand(2, 3, 4, 5).contiguous()
    assert_close(student.total_variation_loss(images), reference.total_variation_loss(images))


def gradient_of_variation(ns, images):
    """Probe: the gradient of the sum of losses."""
    images = images.clone().requires_grad_()
    ns.total_variation_loss(images).sum().backward()
    return images.grad


@exercise("total_variation_loss")
def test_pixels_get_their_gradient(student, reference, rng):
    """The gradient with respect to the pixels."""
    images = rand(rng, 2, 2, 3, 4, dtype=DOUBLE)
    came, expected = (door.run(gradient_of_variation, images) for door in (student, reference))
    assert_close(came, expected)


contract(
    "total_variation_loss",
    inputs=lambda rng, N=2, C=3, H=4, W=5, dtype=DOUBLE: (rand(rng, N, C, H, W, dtype=dtype),),
    one="NCHW",
    strides=True,
    all_at_once="NCHW",
    no_loops=True,
)


# style_transfer


def painted(ns, content, styles, shares, start, num_steps, weights, settings, kind):
    """Probe: images and losses with a small network, and how the network was left."""
    from coursekit.style_network import SmallMaps

    network = SmallMaps().to(content.dtype).train(kind == "training")
    network.first.requires_grad_(kind != "frozen")
    if kind == "grads":
        for place, value in enumerate(network.parameters()):
            value.grad = torch.full_like(value, 1.0 + place)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    learns = [value.requires_grad for value in network.parameters()]
    grads = [None if value.grad is None else value.grad.clone() for value in network.parameters()]
    modes = [module.training for module in network.modules()]
    images, losses = ns.style_transfer(network, content, styles, shares, start, range(num_steps), *weights, **settings)
    images, losses = images.float(), losses.float()  # so that a recording is small

    def same_grad(now, before):
        return now is before if now is None or before is None else torch.equal(now, before)

    left = [
        all(torch.equal(state[name], value) for name, value in network.state_dict().items()),
        modes == [module.training for module in network.modules()],
        learns == [value.requires_grad for value in network.parameters()],
        all(same_grad(value.grad, grad) for value, grad in zip(network.parameters(), grads, strict=True)),
    ]
    return losses, images, left


def scene(rng, N=1, H=4, W=5, dtype=DOUBLE):
    """A content, two styles of other sizes, and a start that is none of them."""
    return (
        rand(rng, N, 3, H, W, dtype=dtype),
        [rand(rng, 1, 3, 4, 7, dtype=dtype), 0.2 * rand(rng, 1, 3, 6, 5, dtype=dtype)],
        0.2 + 0.6 * rand(rng, N, 3, H, W, dtype=dtype),
    )


ALL = ([0.7, 2.0], [3.0, 0.4])
NO_STYLE, NO_CONTENT, NOTHING = ([0.7, 2.0], [0.0, 0.0]), ([0.0, 0.0], [3.0, 0.4]), ([0.0, 0.0], [0.0, 0.0])


def assert_painted(student, reference, drawn, shares, num_steps, weights, kind="frozen", **settings):
    """The losses first, one step after the other; then the images."""
    content, styles, start = drawn
    call = painted, content, styles[: len(shares)], shares, start, num_steps, weights, settings, kind
    came, expected = (door.run(*call) for door in (student, reference))
    assert_close(came[0], expected[0], what="the losses", **PAINTED)
    assert_close(came[1], expected[1], what="the images", **PAINTED)


@exercise("style_transfer")
def test_the_loss_at_the_start_has_its_three_parts(student, reference, rng):
    """One step: content alone, one style alone, variation alone."""
    drawn = scene(rng)
    for weights, settings in ((NO_STYLE, {}), (NO_CONTENT, {}), (NOTHING, {"variation_weight": 5.0})):
        assert_painted(student, reference, drawn, [1.0], 1, weights, **settings)


@exercise("style_transfer")
def test_styles_are_mixed_by_their_shares(student, reference, rng):
    """Two styles of other sizes; their shares add up to 1, or don't."""
    drawn = scene(rng)
    for shares in ([0.0, 1.0], [0.5, 1.5]):
        assert_painted(student, reference, drawn, shares, 2, NO_CONTENT)


@exercise("style_transfer")
def test_several_steps_go_the_reference_s_way(student, reference, rng):
    """Four steps with everything: losses before each step, and the images at the end."""
    assert_painted(student, reference, scene(rng), [0.6, 0.4], 4, ALL, variation_weight=0.5)


@exercise("style_transfer")
def test_pixels_are_clamped_after_each_step(student, reference, rng):
    """With a high rate pixels leave [0, 1] at each step; they are brought back at each."""
    assert_painted(student, reference, scene(rng), [1.0], 1, ALL, rate=0.9)
    assert_painted(student, reference, scene(rng), [1.0], 3, ALL, rate=0.6)


@exercise("style_transfer")
def test_a_start_outside_of_the_range_is_taken_as_it_is(student, reference, rng):
    """The first loss is that of the start itself, also where it lies outside of [0, 1]."""
    content, styles, start = scene(rng)
    assert_painted(student, reference, (content, styles, 4 * start - 1.5), [1.0], 2, ALL, variation_weight=1.0)


@exercise("style_transfer")
def test_the_content_may_be_the_start(student, reference, rng):
    """From the photograph itself the content's loss begins at zero, and its target stays where it was."""
    content, styles, _ = scene(rng)
    assert_painted(student, reference, (content, styles, content), [1.0], 3, ALL)


@exercise("style_transfer")
def test_images_of_a_batch_do_not_see_each_other(student, reference, rng):
    """Three images at once: a row of losses for each step, each image as if it were alone."""
    assert_painted(student, reference, scene(rng, 3), [0.3, 0.7], 3, ALL, variation_weight=0.5)


@exercise("style_transfer")
@pytest.mark.parametrize("kind", ["grads", "training"])
def test_the_network_stays_as_it_is(student, reference, rng, kind):
    """Its numbers, its modes, what of it learns, and every grad: as before."""
    content, styles, start = scene(rng)
    call = painted, content, styles, [0.5, 0.5], start, 2, ALL, {"variation_weight": 0.1}, kind
    came, expected = (door.run(*call) for door in (student, reference))
    for own, right, what in zip(came[2], expected[2], ("numbers", "modes", "switches", "grads"), strict=True):
        assert_equal(own, right, what=f"whether the network's {what} are as before")


@exercise("style_transfer", costs=0.5)
def test_without_steps_the_start_comes_back(student, reference, rng):
    """No step: the images are the start, and there are no losses, (0, N)."""
    assert_painted(student, reference, scene(rng, 2), [1.0], 0, ALL)


def modes_seen(ns, content, styles, start, is_training):
    """Probe: whether a network that notes its mode is used in that mode throughout."""
    from torch import nn

    class Noting(nn.Module):
        def __init__(self):
            super().__init__()
            self.seen = []

        def forward(self, x):
            self.seen.append(self.training)
            return [x.square(), x[:, :2] + 1]

    network = Noting().train(is_training)
    ns.style_transfer(network, content, styles, [0.5, 0.5], start, range(1), [1.0, 1.0], [1.0, 1.0])
    return all(mode == is_training for mode in network.seen)


@exercise("style_transfer", costs=0.25)
def test_the_network_is_used_in_its_own_mode(student, reference, rng):
    """A network in training mode is asked in training mode, one in evaluation mode in that."""
    content, styles, start = scene(rng)
    for is_training in (True, False):
        came, expected = (door.run(modes_seen, content, styles, start, is_training) for door in (student, reference))
        assert_equal(came, expected, what=f"whether it is asked with training={is_training} throughout")


def what_is_shown(ns, content, styles, start):
    """Probe: copies of all images that are shown, of a run of three steps, and whether any step was missed."""
    from coursekit.style_network import SmallMaps

    shown = []
    network = SmallMaps().double()
    images, _ = ns.style_transfer(
        network, content, styles, [1.0, 0.0], start, ["a", "b", "c"], [1.0, 1.0], [1.0, 1.0], rate=0.6,
        show=lambda image: shown.append(image.detach().float()),
    )  # fmt: skip
    return [*shown, images.float()]


@exercise("style_transfer", costs=0.25)
def test_each_step_is_shown_when_it_is_done(student, reference, rng):
    """show gets the images after each step, clamped; the last are those that come back."""
    content, styles, start = scene(rng)
    came, expected = (door.run(what_is_shown, content, styles, start) for door in (student, reference))
    assert_equal(len(came), len(expected), what="the number of images shown, and the one that comes back")
    assert_close(came, expected, what="the images shown", **PAINTED)


def use_style_transfer(ns, content, styles, start, **settings):
    """Paint for two steps with a small network, in its dtype; return losses and images."""
    from coursekit.style_network import SmallMaps

    network = SmallMaps().to(content.device, content.dtype)
    images, losses = ns.style_transfer(
        network, content, styles, [0.5, 0.7], start, range(2), [0.7, 2.0], [3.0, 0.4], **settings
    )
    return losses, images[:, 0]


contract(
    "style_transfer",
    inputs=scene,
    use=use_style_transfer,
    settings={"variation_weight": 3.0, "rate": 0.05},
    one="NHW",
    tolerances={torch.float32: {"rtol": 1e-3, "atol": 1e-3}, DOUBLE: PAINTED},
)


# match_colours


@exercise("match_colours")
def test_each_channel_alone_by_hand(student, reference):
    """Uncorrelated colours: each channel is stretched by a ratio of deviations, and moved."""
    signs = torch.tensor([[1, 1, 1, 1, -1, -1, -1, -1], [1, 1, -1, -1, 1, 1, -1, -1], [1, -1, 1, -1, 1, -1, 1, -1]])
    signs = signs.to(DOUBLE).reshape(1, 3, 2, 4)
    style = 0.5 + torch.tensor([0.1, 0.2, 0.4], dtype=DOUBLE)[:, None, None] * signs
    content = torch.tensor([0.3, 0.5, 0.2], dtype=DOUBLE)[:, None, None] * (1 + 0.5 * signs.mT)
    assert_close(student.match_colours(style, content), reference.match_colours(style, content))


@exercise("match_colours")
@pytest.mark.parametrize("sizes", [(2, 4, 3, 5), (3, 4, 3, 4)])
def test_correlated_colours(student, reference, rng, sizes):
    """Colours that go together, in batches of two, of other sizes and of the same."""
    style, content = clouds(rng, 2, *sizes)
    assert_close(student.match_colours(style, content), reference.match_colours(style, content), rtol=1e-6, atol=1e-7)


@exercise("match_colours")
def test_its_own_colours_change_nothing(student, reference, rng):
    """Matched to itself, a picture stays."""
    style, _ = clouds(rng, 1, 2, 5, 3, 4)
    assert_close(student.match_colours(style, style), reference.match_colours(style, style), rtol=1e-6, atol=1e-7)


def first_pixels(ns, style, content):
    """Probe: the first pixel of each image, which a NaN in any part of its matrix reaches."""
    return ns.match_colours(style, content)[:, :, 0, 0]


@exercise("match_colours", costs=0.5)
def test_grey_contents_give_grey_pictures(student, reference, rng):
    """Twenty pictures of three equal channels: two eigenvalues are zero, or by rounding just below."""
    style, _ = clouds(rng, 20)
    grey = rand(rng, 20, 1, 3, 7, dtype=DOUBLE).expand(20, 3, 3, 7).contiguous()
    came, expected = (door.run(first_pixels, style, grey) for door in (student, reference))
    assert_close(came, expected, rtol=1e-5, atol=1e-6, what="the first pixel of each")


def clouds(rng, N=2, H=2, W=4, h=3, w=5, dtype=DOUBLE):
    """Images whose colours go together, each batch in its own way; no covariance is near zero.

    The points lie near the corners of a cube, which a matrix then makes slanted.
    """
    first = torch.tensor([[1.0, 0.5, 0.2], [0.0, 0.8, 0.4], [0.3, 0.0, 0.7]], dtype=dtype)
    second = torch.tensor([[0.5, 0.0, 0.4], [0.6, 0.9, 0.0], [0.0, 0.3, 1.2]], dtype=dtype)
    made = []
    for matrix, height, width in ((first, H, W), (second, h, w)):
        corners = torch.arange(height * width) // torch.tensor([[1], [2], [4]]) % 2 * 2 - 1
        points = corners.to(dtype).reshape(3, height, width) + 0.2 * randn(rng, N, 3, height, width, dtype=dtype)
        made.append(torch.einsum("ij,njhw->nihw", matrix, points))
    return made[0] + 0.4, made[1] - 0.2


contract(
    "match_colours",
    inputs=lambda rng, N=2, H=3, W=4, dtype=DOUBLE: clouds(rng, N, H, W, W, H + 1, dtype),
    one="N",
    square={"N": 3, "H": 3, "W": 3},
    strides=True,
    all_at_once="HW",
    tolerances={torch.float32: {"rtol": 1e-3, "atol": 1e-3}, DOUBLE: {"rtol": 1e-6, "atol": 1e-7}},
)
