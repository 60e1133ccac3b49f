"""Checks of the notebook on textures: grown, cut and optimised ones, a norm that knows the style, and a painter."""

import pytest
import torch

from autograder.authoring import (
    assert_close,
    assert_equal,
    case,
    contract,
    exercise,
    integers,
    modules,
    rand,
    randn,
    use_module,
)

DOUBLE = torch.float64
# Of answers in float64 that are kept as float32, so that a recording is small
ROUNDED = {"rtol": 1e-6, "atol": 1e-8}


def refusal(ns, name, args, settings):
    """Probe: the kind of error that a call meets, or that there was none."""
    try:
        getattr(ns, name)(*args, **settings)
    except NotImplementedError:
        raise
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "no error"


# synthesize_texture


def grown(ns, sample, canvas, known, settings, seed):
    """Probe: the filled canvas, and the next number of the generator; seed None hands in none."""
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    image = ns.synthesize_texture(sample, canvas, known, **settings, generator=generator)
    return image, 0 if generator is None else int(torch.randint(1000000, (1,), generator=generator))


def assert_grown(student, reference, sample, canvas, known, seed=None, **settings):
    """The image first, then how much was drawn."""
    call = grown, sample, canvas, known, settings, seed
    came, expected = (door.run(*call) for door in (student, reference))
    assert_close(came[0], expected[0], what="the filled canvas")
    assert_equal(came[1], expected[1], what="the generator's next number afterwards")


def seeded(rng, sample, height, width, top=2, left=1, seed_side=2):
    """A canvas of zeros with a piece of the sample in it, and which pixels are known."""
    canvas, known = torch.zeros(len(sample), height, width, dtype=sample.dtype), torch.zeros(height, width).bool()
    canvas[:, top : top + seed_side, left : left + seed_side] = sample[:, 1 : 1 + seed_side, 2 : 2 + seed_side]
    known[top : top + seed_side, left : left + seed_side] = True
    return canvas, known


def one_unknown(sample, window):
    """The sample itself as a canvas of which the middle pixel is unknown."""
    known = torch.ones(sample.shape[1:], dtype=torch.bool)
    known[sample.shape[1] // 2, sample.shape[2] // 2] = False
    return sample.clone(), known


@exercise("synthesize_texture")
def test_a_pixel_is_copied_from_the_nearest_place(student, reference, rng):
    """One unknown pixel in a canvas that is no part of the sample: without a generator the nearest is taken."""
    sample, canvas = rand(rng, 1, 6, 7, dtype=DOUBLE), rand(rng, 1, 5, 3, dtype=DOUBLE)
    known = torch.ones(5, 3, dtype=torch.bool)
    known[2, 1] = False
    assert_grown(student, reference, sample, canvas, known, window=3)


@exercise("synthesize_texture")
def test_all_channels_count(student, reference):
    """Two places agree in the first channel, and differ in the others."""
    sample = torch.zeros(3, 3, 6, dtype=DOUBLE)
    sample[0, 1] = torch.tensor([1.0, 7.0, 1.0, 1.0, 8.0, 1.0])
    sample[1:, 1, 0], sample[1:, 1, 3] = 5.0, 2.0
    sample[1:, 1, 1], sample[1:, 1, 4] = 3.0, 4.0
    canvas, known = torch.zeros(3, 3, 3, dtype=DOUBLE), torch.ones(3, 3, dtype=torch.bool)
    canvas[:, 1, 0], canvas[0, 1, 2] = torch.tensor([1.0, 2.0, 2.0], dtype=DOUBLE), 1.0
    known[1, 1] = False
    assert_grown(student, reference, sample, canvas, known, window=3)


@exercise("synthesize_texture")
def test_near_pixels_count_more_than_far_ones(student, reference):
    """Of two places one agrees beside the middle and the other in the corners: sigma decides between them."""
    sample = torch.zeros(1, 3, 6, dtype=DOUBLE)
    sample[0, 0, [0, 2]], sample[0, 1, 1] = 1.0, 7.0  # off by 1 in two corners
    sample[0, 0, 4], sample[0, 1, 4] = 1.2, 8.0  # off by 1.2 above the middle
    canvas, known = torch.zeros(1, 3, 3, dtype=DOUBLE), torch.ones(3, 3, dtype=torch.bool)
    known[1, 1] = False
    for sigma in (0.5, 1.5, 4.0):
        assert_grown(student, reference, sample, canvas, known, window=3, sigma=sigma)


@exercise("synthesize_texture")
def test_what_is_unknown_takes_no_part(student, reference, rng):
    """The unknown pixels of a canvas hold large numbers, and NaN: neither is seen."""
    sample = rand(rng, 2, 6, 7, dtype=DOUBLE)
    for value in (50.0, float("nan")):
        canvas, known = seeded(rng, sample, 5, 4)
        canvas[:, ~known] = value
        assert_grown(student, reference, sample, canvas, known, window=3)


@exercise("synthesize_texture")
def test_the_pixel_with_the_most_known_neighbours_comes_next(student, reference, rng):
    """A larger canvas around a seed: each pixel rests on those before it, so the order shows."""
    sample = rand(rng, 1, 7, 8, dtype=DOUBLE)
    for window in (3, 5):
        canvas, known = seeded(rng, sample, 6, 5, top=3, left=2)
        assert_grown(student, reference, sample, canvas, known, window=window)


@exercise("synthesize_texture")
def test_known_pixels_stay_and_several_seeds_grow_together(student, reference, rng):
    """Three single pixels in the corners of a canvas: they hold what they held."""
    sample = rand(rng, 2, 6, 7, dtype=DOUBLE)
    canvas, known = torch.zeros(2, 5, 6, dtype=DOUBLE), torch.zeros(5, 6, dtype=torch.bool)
    for place in ((0, 0), (4, 5), (0, 5)):
        known[place], canvas[:, place[0], place[1]] = True, rand(rng, 2, dtype=DOUBLE)
    assert_grown(student, reference, sample, canvas, known, window=3)


@exercise("synthesize_texture")
def test_of_equal_places_the_first_is_taken_without_a_generator(student, reference):
    """Two places of the sample have the same surroundings and other middles."""
    sample = torch.zeros(1, 3, 7, dtype=DOUBLE)
    sample[0, 1] = torch.tensor([1.0, 5.0, 1.0, 2.0, 1.0, 6.0, 1.0])
    canvas, known = torch.zeros(1, 3, 3, dtype=DOUBLE), torch.ones(3, 3, dtype=torch.bool)
    canvas[0, 1, [0, 2]], known[1, 1] = 1.0, False
    assert_grown(student, reference, sample, canvas, known, window=3, tolerance=9.0)


@exercise("synthesize_texture")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_is_drawn_among_those_near_enough(student, reference, rng, seed):
    """With a generator and a large tolerance several places are near enough at most pixels."""
    sample = rand(rng, 1, 6, 7, dtype=DOUBLE)
    canvas, known = seeded(rng, sample, 5, 4)
    canvas += rand(rng, 1, 5, 4, dtype=DOUBLE)
    assert_grown(student, reference, sample, canvas, known, seed, window=3, tolerance=2.0)


@exercise("synthesize_texture")
def test_the_tolerance_is_a_share_of_the_smallest_distance(student, reference):
    """Distances of 2, 3 and 4: with a tolerance of 0.6 the first two are near enough, with 0 the first alone."""
    sample = torch.zeros(1, 3, 9, dtype=DOUBLE)
    sample[0, 1] = torch.arange(9.0)
    # What lies above the middle is known, and 0: at three places of the sample it is near that.
    sample[0, 0] = torch.tensor([0.0, 2.0**0.5, 9.0, 9.0, 3.0**0.5, 9.0, 9.0, 2.0, 0.0], dtype=DOUBLE)
    canvas, known = torch.zeros(1, 3, 3, dtype=DOUBLE), torch.zeros(3, 3, dtype=torch.bool)
    known[0, 1], known[2] = True, True
    for tolerance in (0.0, 0.6, 1.2):
        for seed in (0, 1):
            assert_grown(student, reference, sample, canvas, known, seed, window=3, tolerance=tolerance)


@exercise("synthesize_texture", costs=0.5)
def test_what_is_just_at_the_limit_is_near_enough(student, reference):
    """Distances of 1, 4 and 9 times one weight: a tolerance of 3 lets in the first two, to the last bit."""
    sample = torch.zeros(1, 3, 9, dtype=DOUBLE)
    sample[0, 1] = torch.arange(9.0)
    sample[0, 0] = torch.tensor([9.0, 1.0, 9.0, 9.0, 2.0, 9.0, 9.0, 3.0, 9.0])
    canvas, known = torch.zeros(1, 3, 3, dtype=DOUBLE), torch.zeros(3, 3, dtype=torch.bool)
    known[0, 1], known[2] = True, True
    for seed in (0, 1):
        assert_grown(student, reference, sample, canvas, known, seed, window=3, tolerance=3.0)


@exercise("synthesize_texture")
def test_an_exact_match_leaves_exact_matches_only(student, reference, rng):
    """The canvas is the sample with a pixel missing: at a distance of 0 no tolerance lets another place in."""
    sample = rand(rng, 1, 7, 5, dtype=DOUBLE)
    for seed in (0, 1, 2):
        assert_grown(student, reference, sample, *one_unknown(sample, 3), seed, window=3, tolerance=5.0)


@exercise("synthesize_texture", costs=0.5)
def test_an_exact_match_is_at_a_distance_of_exactly_zero(student, reference):
    """Far from 0, and of many digits: whoever multiplies the square out is left with what was rounded."""
    sample = 100 + torch.sin(7 * torch.arange(42, dtype=DOUBLE)).reshape(1, 6, 7)
    for place in ((1, 1), (1, 4), (2, 3), (3, 2), (3, 5), (4, 1)):
        known = torch.ones(6, 7, dtype=torch.bool)
        known[place] = False
        assert_grown(student, reference, sample, sample.clone(), known, 5, window=3, tolerance=1.0)


@exercise("synthesize_texture", costs=0.5)
def test_sigma_and_tolerance_have_their_values_where_they_are_left_out(student, reference):
    """Two places of which a sigma of 1 just decides, one way and the other; and two just inside and outside of 0.1."""
    canvas, known = torch.zeros(1, 3, 3, dtype=DOUBLE), torch.ones(3, 3, dtype=torch.bool)
    known[1, 1] = False
    for above in (1.05, 1.15):  # squared it weighs exp(-1/2), beside two corners of 1 that weigh exp(-1)
        sample = torch.zeros(1, 3, 6, dtype=DOUBLE)
        sample[0, 0, [0, 2]], sample[0, 1, 1] = 1.0, 7.0
        sample[0, 0, 4], sample[0, 1, 4] = above, 8.0
        assert_grown(student, reference, sample, canvas, known, window=3)
    for square in (1.08, 1.12):
        sample = torch.zeros(1, 3, 6, dtype=DOUBLE)
        sample[0, 0, 1], sample[0, 1, 1] = 1.0, 7.0
        sample[0, 0, 4], sample[0, 1, 4] = square**0.5, 8.0
        for seed in (0, 1, 2, 3):
            assert_grown(student, reference, sample, canvas, known, seed, window=3)


@exercise("synthesize_texture", costs=0.5)
def test_one_number_is_drawn_for_each_pixel(student, reference, rng):
    """Also where only one place is near enough, and none for pixels that are known."""
    sample = rand(rng, 1, 6, 7, dtype=DOUBLE)
    assert_grown(student, reference, sample, *seeded(rng, sample, 4, 5), 7, window=3, tolerance=0.0)


@exercise("synthesize_texture", costs=0.5)
def test_a_canvas_of_which_nothing_is_known(student, reference, rng):
    """All places are equally near for the first pixel: it is drawn among all, or the sample's first."""
    sample = rand(rng, 1, 5, 6, dtype=DOUBLE)
    canvas, known = torch.full((1, 3, 4), 0.3, dtype=DOUBLE), torch.zeros(3, 4, dtype=torch.bool)
    for seed in (None, 4):
        assert_grown(student, reference, sample, canvas, known, seed, window=3)


def is_handed_back(ns, sample, canvas, known):
    """Probe: whether the canvas itself comes back."""
    return ns.synthesize_texture(sample, canvas, known, window=3).data_ptr() == canvas.data_ptr()


@exercise("synthesize_texture", costs=0.25)
def test_a_canvas_that_is_full_comes_back_as_it_is(student, reference, rng):
    """Nothing is unknown: nothing is changed and nothing is drawn, and a new tensor comes."""
    sample, canvas = rand(rng, 2, 4, 5, dtype=DOUBLE), rand(rng, 2, 3, 6, dtype=DOUBLE)
    known = torch.ones(3, 6, dtype=torch.bool)
    assert_grown(student, reference, sample, canvas, known, 3, window=3)
    came, expected = (door.run(is_handed_back, sample, canvas, known) for door in (student, reference))
    assert_equal(came, expected, what="whether the canvas that was handed in is what comes back")


@exercise("synthesize_texture", costs=0.5)
def test_windows_of_one_pixel_and_of_the_whole_sample(student, reference, rng):
    """A window of 1 sees nothing but a pixel that is unknown; one as large as the sample has one place."""
    sample = rand(rng, 1, 5, 6, dtype=DOUBLE)
    for window, seed in ((1, None), (1, 5), (5, 5)):
        assert_grown(student, reference, sample, *seeded(rng, sample, 4, 5), seed, window=window)


@exercise("synthesize_texture", costs=0.25)
@pytest.mark.parametrize(("window", "height", "width"), [(2, 5, 8), (4, 5, 8), (7, 5, 8), (7, 8, 5)])
def test_a_window_that_will_not_do_is_refused(student, rng, window, height, width):
    """An even one, and one that is higher or wider than the sample, are a ValueError."""
    sample = rand(rng, 1, height, width, dtype=DOUBLE)
    canvas, known = seeded(rng, sample, 5, 6)
    came = student.run(refusal, "synthesize_texture", [sample, canvas, known], {"window": window})
    assert came == "ValueError", (
        f"window={window}, sample of {height} × {width}: a ValueError was expected, and {came} came"
    )


def use_synthesize_texture(ns, sample, canvas, known, **settings):
    """Fill a canvas twice, without a generator and with one; sigma is wide, so that all of a window counts."""
    generator, settings = torch.Generator().manual_seed(3), {"sigma": 2.0, "tolerance": 1.0, **settings}
    return [
        ns.synthesize_texture(sample, canvas, known, **settings),
        ns.synthesize_texture(sample, canvas, known, **settings, generator=generator),
    ]


def texture_inputs(rng, C=2, H=7, W=8, P=3, Q=5, dtype=DOUBLE):
    """A sample, a canvas, and what of it is known: some pixels, but not all."""
    known = torch.zeros(P, Q, dtype=torch.bool)
    known[0, 0] = known[-1, Q // 2] = True
    return rand(rng, C, H, W, dtype=dtype), rand(rng, C, P, Q, dtype=dtype), known


contract(
    "synthesize_texture",
    inputs=texture_inputs,
    use=use_synthesize_texture,
    settings={"window": 3},
    device=False,
    one="CPQ",
    square={"C": 5, "H": 5, "W": 5, "P": 5, "Q": 5},
    all_at_once="HW",
    costs={"all_at_once": 0.25},
)


# cut_path


@exercise("cut_path")
@pytest.mark.parametrize(("height", "width"), [(5, 4), (3, 7), (8, 2)])
def test_the_cut_is_the_cheapest(student, reference, rng, height, width):
    """Through random errors of several sizes."""
    errors = rand(rng, height, width, dtype=DOUBLE)
    assert_close(student.cut_path(errors), reference.cut_path(errors), what="the columns")


@exercise("cut_path")
def test_the_smallest_error_is_not_always_on_the_way(student, reference):
    """A cheap first place leads to dear ones: only who keeps all ways finds the best."""
    for rows in (
        [[1, 9, 3], [5, 9, 1], [6, 1, 7]],
        [[1, 5, 5], [9, 9, 1], [9, 9, 1]],
        [[2, 9, 1], [2, 9, 9]],
        [[1, 9, 9], [3, 9, 2], [9, 0, 9]],  # above the 0 the smaller error has the dearer way
    ):
        errors = torch.tensor(rows, dtype=DOUBLE)
        assert_close(student.cut_path(errors), reference.cut_path(errors), what="the columns")


@exercise("cut_path")
def test_a_cut_moves_by_one_column_at_most(student, reference):
    """The smallest errors of the rows lie far apart: they can't all be had."""
    errors = torch.ones(4, 6, dtype=DOUBLE)
    errors[0, 0], errors[1, 5], errors[2, 0], errors[3, 5] = 0.0, 0.0, 0.25, 0.5
    errors += torch.arange(24, dtype=DOUBLE).reshape(4, 6) / 1024
    assert_close(student.cut_path(errors), reference.cut_path(errors), what="the columns")


@exercise("cut_path")
def test_cuts_along_either_side(student, reference):
    """The cheap column is the first, or the last: beyond it there is nothing to be had."""
    for column in (0, 3):
        errors = torch.full((5, 4), 8.0, dtype=DOUBLE)
        errors[:, column] = 1.0
        assert_close(student.cut_path(errors), reference.cut_path(errors), what="the columns")


@exercise("cut_path", costs=0.5)
def test_errors_of_either_sign(student, reference):
    """Negative errors are cheaper than none, and are neither squared nor turned."""
    errors = torch.tensor([[-1, 2, -6, 1], [3, -4, 5, -2], [-3, 6, 1, -5]], dtype=DOUBLE)
    assert_close(student.cut_path(errors), reference.cut_path(errors), what="the columns")


@exercise("cut_path", costs=0.5)
def test_errors_of_any_size(student, reference):
    """A cut straight down the middle, of thousands and of millions: beyond the sides nothing is cheaper."""
    for size in (1e3, 1e6):
        errors = size * torch.tensor([[9, 8, 9]] * 3, dtype=DOUBLE)
        assert_close(student.cut_path(errors), reference.cut_path(errors), what="the columns")


@exercise("cut_path", costs=0.25)
def test_costs_that_are_nearly_the_same(student, reference):
    """In float64 the last column is cheaper, by a part in a million million."""
    errors = torch.tensor([[1, 5, 1], [1, 5, 1]], dtype=DOUBLE)
    errors[:, 0] += 2.0**-40
    assert_close(student.cut_path(errors), reference.cut_path(errors), what="the columns")


@exercise("cut_path", costs=0.5)
def test_of_equal_cuts_the_one_that_lies_left(student, reference):
    """Of cuts that cost the same the one furthest left is taken."""
    for rows in ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], [[1, 2, 1], [2, 1, 2], [1, 2, 1]], [[0, 4, 0], [4, 0, 4]]):
        errors = torch.tensor(rows, dtype=DOUBLE)
        assert_close(student.cut_path(errors), reference.cut_path(errors), what="the columns")


@exercise("cut_path", costs=0.5)
def test_one_row_or_one_column(student, reference, rng):
    """A single row: its smallest place. A single column: straight down."""
    for shape in ((1, 5), (4, 1), (1, 1)):
        errors = rand(rng, *shape, dtype=DOUBLE)
        assert_close(student.cut_path(errors), reference.cut_path(errors), what=f"the columns of {shape}")


contract(
    "cut_path",
    inputs=lambda rng, H=6, W=5, dtype=DOUBLE: (rand(rng, H, W, dtype=dtype),),
    digits=False,
    device=False,
    one="HW",
    all_at_once="W",
    costs={"all_at_once": 0.25},
)


# synthesize_texture_gram


def optimised(ns, layers, sample, start, num_steps, settings, kind):
    """Probe: each image that was shown, the last one, the losses, and what has changed."""
    from coursekit.repainter import small_looker

    network = small_looker(1).to(sample.dtype).requires_grad_(kind == "learns").train(kind == "learns")
    if kind == "learns":
        for value in network.parameters():
            value.grad = torch.ones_like(value)
    if kind == "guarded":

        class Guard(torch.nn.Module):
            def forward(self, x):
                raise RuntimeError("a layer behind the last one that is asked for was run")

        network.append(Guard())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    modes = [layer.training for layer in network.modules()]
    shown = []
    show = {} if kind == "unseen" else {"show": lambda image: shown.append(image.detach().clone().float()[:, :, :2])}
    image, losses = ns.synthesize_texture_gram(network, layers, sample, start, num_steps, **settings, **show)
    same = [
        all(torch.equal(before[name], now) for name, now in network.state_dict().items()),
        all(value.requires_grad == (kind == "learns") for value in network.parameters()),
        all(value.grad is None or bool((value.grad == 1).all()) for value in network.parameters())
        and (kind != "learns" or all(value.grad is not None for value in network.parameters())),
        modes == [layer.training for layer in network.modules()],
    ]
    return losses, shown, image.float(), image.requires_grad, same


NETWORK_PARTS = ("numbers", "requires_grad", "grads", "modes")


def assert_optimised(student, reference, layers, sample, start, num_steps, kind="plain", **settings):
    """Loss by loss and image by image; then what was promised of the rest."""
    call = optimised, layers, sample, start, num_steps, settings, kind
    came, expected = (door.run(*call) for door in (student, reference))
    assert_close(came[0], expected[0], what="the losses")
    assert_close(came[1], expected[1], what="the images that were shown", **ROUNDED)
    assert_close(came[2], expected[2], what="the image that came back", **ROUNDED)
    assert_equal(came[3], expected[3], what="whether the image requires a gradient")
    for own, right, part in zip(came[4], expected[4], NETWORK_PARTS, strict=True):
        assert_equal(own, right, what=f"whether the {part} of the network are as before")


def pictures(rng, sample=(5, 4), start=(3, 4), dtype=DOUBLE):
    """A sample and a start, away from 0 and 1."""
    return tuple(0.2 + 0.6 * rand(rng, 1, 3, *size, dtype=dtype) for size in (sample, start))


@exercise("synthesize_texture_gram")
def test_the_first_loss_is_that_of_the_start(student, reference, rng):
    """One step from one layer: the loss before it."""
    assert_optimised(student, reference, [1], *pictures(rng), 1)


@exercise("synthesize_texture_gram")
def test_layers_are_relative_and_added_up(student, reference, rng):
    """Several layers, whose Gram matrices differ in size, in any order."""
    for layers in ([3], [2, 1, 0]):
        assert_optimised(student, reference, layers, *pictures(rng), 1)


@exercise("synthesize_texture_gram")
def test_some_steps_of_adam(student, reference, rng):
    """Losses and images, step by step."""
    assert_optimised(student, reference, [1, 3], *pictures(rng), 4)


@exercise("synthesize_texture_gram")
def test_another_rate(student, reference, rng):
    """A rate of a thousandth, and one of a tenth."""
    for rate in (0.001, 0.1):
        assert_optimised(student, reference, [1, 2], *pictures(rng), 3, rate=rate)


@exercise("synthesize_texture_gram")
def test_pixels_are_cut_off_after_each_step(student, reference, rng):
    """A start of blacks and whites and a large rate: no image that is shown leaves [0, 1]."""
    sample, start = pictures(rng)
    assert_optimised(student, reference, [1, 3], sample, start.round(), 3, rate=0.4)


@exercise("synthesize_texture_gram", costs=0.5)
def test_a_sample_may_be_smaller_or_larger_than_the_canvas(student, reference, rng):
    """The Gram matrices can be compared all the same."""
    for sample, start in (((3, 3), (4, 5)), ((7, 5), (3, 4))):
        assert_optimised(student, reference, [0, 3], *pictures(rng, sample, start), 2)


@exercise("synthesize_texture_gram", costs=0.5)
def test_the_network_that_looks_stays_as_it_is(student, reference, rng):
    """It learns elsewhere: numbers, requires_grad and grad of its parameters stay, and its training mode."""
    assert_optimised(student, reference, [1, 3], *pictures(rng), 2, "learns")


@exercise("synthesize_texture_gram", costs=0.25)
def test_no_layer_behind_the_last_one_is_run(student, reference, rng):
    """A layer that can't be run comes after those that are asked for."""
    assert_optimised(student, reference, [1, 2], *pictures(rng), 1, "guarded")


@exercise("synthesize_texture_gram", costs=0.25)
def test_no_steps_and_nobody_who_looks_on(student, reference, rng):
    """Without steps the start comes back, and no loss; without `show` all goes on as with it."""
    assert_optimised(student, reference, [1], *pictures(rng), 0)
    assert_optimised(student, reference, [1], *pictures(rng), 2, "unseen")


def use_synthesize_texture_gram(ns, sample, start, **settings):
    """Take two steps with a small network, and return the image and the losses."""
    from coursekit.repainter import small_looker

    network = small_looker(2).to(sample.dtype)
    return ns.synthesize_texture_gram(network, [1, 3], sample, start, 2, **settings)


# Adam's first steps go by the gradient's sign, and what is rounded decides where it is near 0.
PLAIN = {
    "strides": False,
    "device": False,
    "square": False,
    "tolerances": {torch.float32: {"rtol": 1e-4, "atol": 1e-5}},
}

contract(
    "synthesize_texture_gram",
    inputs=lambda rng, H=3, W=4, dtype=DOUBLE: pictures(rng, (5, 4), (H, W), dtype),
    use=use_synthesize_texture_gram,
    settings={"rate": 0.2},
    one=(),
    **PLAIN,
)


# ConditionalInstanceNorm


def of_maps(rng, *shape, dtype=DOUBLE):
    """Maps whose channels differ in mean and in spread, from image to image."""
    beside = [*shape[:2], 1, 1]
    spread, middle = 0.5 + 2 * rand(rng, *beside, dtype=dtype), randn(rng, *beside, dtype=dtype, scale=3.0)
    return randn(rng, *shape, dtype=dtype) * spread + middle


def with_styles(*styles, shape):
    """Draw maps, and hand them over with these styles."""
    return lambda rng: (of_maps(rng, len(styles), *shape), torch.tensor(styles))


def with_mixtures(rows, *, shape):
    """Draw maps, and hand them over with these factors."""
    return lambda rng: (of_maps(rng, len(rows), *shape), torch.tensor(rows, dtype=DOUBLE))


def far_from_zero(rng):
    """Maps whose mean is a million times their deviation."""
    x, styles = with_styles(1, 0, shape=(3, 2, 4))(rng)
    return x + 1e6, styles


MIXED = [[0.25, 0.75, 0.0], [1.0, 0.0, 0.0], [2.0, -1.0, 0.5], [0.0, 0.0, 0.0]]

modules(
    "ConditionalInstanceNorm",
    {
        "one style": {"one style for all": case([3, 1], x=with_styles(0, 0, shape=(3, 4, 2)))},
        "each its own": {
            "each image its own": case([2, 3], x=with_styles(2, 0, 1, 2, shape=(2, 2, 3))),
            "one image": case([4, 2], x=with_styles(1, shape=(4, 2, 3))),
        },
        "as many": {"as many images as channels and styles": case([3, 3], x=with_styles(1, 2, 0, shape=(3, 3, 3)))},
        "mixtures": {"mixtures": case([2, 3], x=with_mixtures(MIXED, shape=(2, 2, 3)))},
        "parts of one": {"parts of a single style": case([3, 1], x=with_mixtures([[0.5], [-2.0]], shape=(3, 2, 2)))},
        "a large eps": {"a large eps": case([3, 2], {"eps": 0.7}, x=with_styles(1, 0, shape=(3, 2, 4)))},
        "one place": {"one place": case([3, 2], x=with_styles(1, 0, shape=(3, 1, 1)))},
        "far from zero": {"a mean of a million": case([3, 2], x=far_from_zero)},
    },
    training=["each image its own", "mixtures"],
    gradients=["each image its own", "mixtures"],
    rounded=True,
    apart=["each image its own"],
)


def first_numbers(ns):
    """Probe: whether all that is stored at first is as it should be, and that it learns."""
    norm = ns.ConditionalInstanceNorm(3, 2)
    at_first = {"weight": 1.0, "bias": 0.0}
    values = {name: bool((value == at_first.get(name, torch.nan)).all()) for name, value in norm.named_parameters()}
    learning = sorted(name for name, value in norm.named_parameters() if value.requires_grad)
    return values, learning, len(list(norm.buffers()))


@exercise("ConditionalInstanceNorm", costs=0.5)
def test_scales_begin_at_one_and_shifts_at_zero(student, reference):
    """Two parameters that learn, and no buffer."""
    came, expected = (door.run(first_numbers) for door in (student, reference))
    assert_equal(came[0], expected[0], what="whether the parameters begin with their numbers")
    assert_equal(came[1], expected[1], what="the parameters that learn")
    assert_equal(came[2], expected[2], what="the number of buffers")


def norm_inputs(rng, N=3, C=2, S=4, H=1, W=5, dtype=DOUBLE):
    """A norm for C channels and S styles, maps, and a style for each."""
    return "ConditionalInstanceNorm", [C, S], {}, of_maps(rng, N, C, H, W, dtype=dtype), torch.arange(N) % S


def mixture_inputs(rng, N=3, C=2, S=4, H=1, W=5, dtype=DOUBLE):
    """The same with factors in place of styles."""
    x, factors = of_maps(rng, N, C, H, W, dtype=dtype), rand(rng, N, S, dtype=dtype)
    return "ConditionalInstanceNorm", [C, S], {}, x, factors


contract(
    "ConditionalInstanceNorm",
    inputs=norm_inputs,
    use=use_module,
    also=[mixture_inputs],
    one="NS",
    square=dict.fromkeys("NCSHW", 3),
    all_at_once="NCHW",
    forbids_operations=["instance_norm", "batch_norm", "group_norm", "layer_norm"],
    instead="write the mean, the variance and the rest yourself",
    costs={"all_at_once": 0.5},
)


# train_fast_style


def trained(ns, pictures, batches, styles, layers, settings, kind):
    """Probe: the losses, the painter's numbers, its modes, and what has changed of the network and the inputs."""
    from coursekit.repainter import SmallRepainter, small_looker

    network = small_looker(3).to(batches.dtype).requires_grad_(kind == "learns").train(kind == "learns")
    painter = SmallRepainter(len(pictures)).to(batches.dtype).eval()
    if kind == "learns":
        for value in [*network.parameters(), *painter.parameters()]:
            value.grad = torch.ones_like(value)
    if kind == "frozen":
        painter.first.requires_grad_(False)
        painter.second.weight.requires_grad_(False)
        painter.first.weight.grad = torch.ones_like(painter.first.weight)
    if kind == "bright":
        painter.register_forward_hook(lambda module, inputs, out: 3 * out - 1)
    if kind == "momentary":
        batches = (one for one in batches)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    modes = [layer.training for layer in network.modules()]
    losses = ns.train_fast_style(painter, network, *layers, pictures, batches, styles, **settings)
    same = [
        all(torch.equal(before[name], now) for name, now in network.state_dict().items()),
        all(value.requires_grad == (kind == "learns") for value in network.parameters()),
        all(value.grad is None or bool((value.grad == 1).all()) for value in network.parameters())
        and (kind != "learns" or all(value.grad is not None for value in network.parameters())),
        modes == [layer.training for layer in network.modules()],
    ]
    # Weights of one channel each say enough of how all have moved.
    state = {name: value.detach()[:1].float() for name, value in painter.named_parameters()}
    switches = [value.requires_grad for value in painter.parameters()]
    return losses, state, switches, painter.seen_training, painter.training, same


def assert_trained(student, reference, given, layers, kind="plain", **settings):
    """The losses first, one after the other; then what became of painter and network."""
    call = trained, *given, layers, settings, kind
    came, expected = (door.run(*call) for door in (student, reference))
    assert_close(came[0], expected[0], what="the losses")
    assert_close(came[1], expected[1], what="the painter's numbers at the end", **ROUNDED)
    assert_equal(came[2], expected[2], what="which of the painter's parameters have requires_grad True")
    assert_equal(
        [all(came[3]), came[4]],
        [all(expected[3]), expected[4]],
        what="whether the painter was in training mode at each step, and is so at the end",
    )
    for own, right, part in zip(came[5], expected[5], NETWORK_PARTS, strict=True):
        assert_equal(own, right, what=f"whether the {part} of the network are as before")


def lessons(rng, num_steps=3, batch=2, num_styles=2, sizes=((5, 6), (4, 5), (7, 3)), dtype=DOUBLE):
    """Pictures of several sizes, batches of photographs, and the style of each."""
    made = [0.1 + 0.8 * rand(rng, 1, 3, *size, dtype=dtype) for size in sizes[:num_styles]]
    batches = rand(rng, num_steps, batch, 3, 5, 4, dtype=dtype)
    steps, places = torch.arange(num_steps)[:, None], torch.arange(batch)
    styles = (steps * (batch + 1) + places + 1) % num_styles  # other ones at each step
    return made, batches, styles


@exercise("train_fast_style")
def test_without_style_the_first_loss_is_that_of_the_content(student, reference, rng):
    """One step with a style weight of 0, from two layers."""
    for layer in (1, 3):
        assert_trained(student, reference, lessons(rng, 1), [layer, [0]], style_weight=0.0)


@exercise("train_fast_style")
def test_the_first_loss_with_one_style_and_one_image(student, reference, rng):
    """One style layer, a batch of one: content and style are both relative."""
    assert_trained(student, reference, lessons(rng, 1, batch=1, num_styles=1), [3, [1]])


@exercise("train_fast_style")
def test_each_image_has_its_own_style(student, reference, rng):
    """Three styles, and batches that mix them in any order."""
    made, batches, _ = lessons(rng, 1, batch=4, num_styles=3)
    assert_trained(student, reference, (made, batches, torch.tensor([[2, 0, 0, 1]])), [1, [3]])


@exercise("train_fast_style")
def test_style_layers_are_added_up_and_images_averaged(student, reference, rng):
    """Three style layers, in a batch of three."""
    assert_trained(student, reference, lessons(rng, 1, batch=3), [1, [0, 1, 3]], style_weight=2.0)


@exercise("train_fast_style")
def test_some_steps_of_the_painter(student, reference, rng):
    """Losses, and each number of the painter at the end."""
    assert_trained(student, reference, lessons(rng, 4), [3, [0, 1]])


@exercise("train_fast_style")
def test_other_weights_and_rates(student, reference, rng):
    """A style weight of 5, and rates from a thousandth to a tenth."""
    for rate in (0.001, 0.1):
        assert_trained(student, reference, lessons(rng, 3), [2, [1, 3]], style_weight=5.0, rate=rate)


@exercise("train_fast_style", costs=0.25)
def test_painted_images_are_looked_at_as_they_are(student, reference, rng):
    """Some pixels lie below 0 or above 1."""
    assert_trained(student, reference, lessons(rng, 2), [1, [0, 3]], "bright")


@exercise("train_fast_style", costs=0.5)
def test_old_grads_count_for_nothing_and_the_network_stays(student, reference, rng):
    """Painter and network come with a grad, and the network's parameters learn elsewhere."""
    assert_trained(student, reference, lessons(rng, 2), [1, [0, 3]], "learns")


@exercise("train_fast_style", costs=0.5)
def test_what_is_frozen_in_the_painter_stays(student, reference, rng):
    """All but the scales and a bias is frozen, one with an old grad: none moves, and none is switched on."""
    assert_trained(student, reference, lessons(rng, 3), [1, [0, 3]], "frozen")


@exercise("train_fast_style", costs=0.25)
def test_batches_may_come_one_after_the_other(student, reference, rng):
    """They are given by an iterator: their number isn't known before, and no batch is seen twice."""
    assert_trained(student, reference, lessons(rng, 3), [1, [0]], "momentary")


@exercise("train_fast_style", costs=0.25)
def test_no_batches_mean_no_steps(student, reference, rng):
    """No loss comes back, and the painter is in evaluation mode."""
    made, _, _ = lessons(rng, 1)
    given = made, torch.zeros(0, 2, 3, 5, 4, dtype=DOUBLE), torch.zeros(0, 2, dtype=torch.int64)
    assert_trained(student, reference, given, [1, [0]])


def use_train_fast_style(ns, first, second, batches, styles, **settings):
    """Train a small painter; return the losses and two of its tensors."""
    from coursekit.repainter import SmallRepainter, small_looker

    network, painter = small_looker(4).to(batches.dtype), SmallRepainter(2).to(batches.dtype)
    losses = ns.train_fast_style(painter, network, 1, [0, 3], [first, second], batches, styles, **settings)
    return losses, painter.scales.detach(), painter.second.bias.detach()


def lesson_inputs(rng, T=3, B=2, dtype=DOUBLE):
    """Two pictures, batches and styles."""
    made, batches, _ = lessons(rng, T, B, dtype=dtype)
    return *made, batches, integers(rng, 0, 2, T, B)


PLAIN_NUMBERS = "plain numbers come back, no tensors"
contract(
    "train_fast_style",
    inputs=lesson_inputs,
    use=use_train_fast_style,
    settings={"style_weight": 3.0, "rate": 0.05},
    one="TB",
    but=dict.fromkeys(
        ("answers_in_float32", "adds_up_between_calls", "writes_every_answer_into_the_same_memory"), PLAIN_NUMBERS
    ),
    **PLAIN,
)
