"""Checks of the notebook on synthesis: classes made visible, images that fool, inversion, dreams and facets."""

import torch

from autograder.authoring import assert_close, assert_equal, contract, exercise, rand, randn

DOUBLE = torch.float64


# Networks are made inside of probes: `hidden` by name, with numbers that follow from their parameters' names, or a
# linear one from weights that the check hands in.


def left_alone(ns, name, *args):
    """Probe: what a call changes in a network of batch and group norms, in which modes and switches are mixed."""
    from coursekit.backbone import SmallNetwork

    with torch.random.fork_rng(devices=[]):  # to make a network draws
        network = SmallNetwork(["batch", "pool", "group"], width=2).double().train()
    network.features[0].eval()
    network.features[0].requires_grad_(False)
    network.classifier.weight.grad = torch.ones_like(network.classifier.weight)
    state = {key: value.clone() for key, value in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    switches = [value.requires_grad for value in network.parameters()]
    called = network.features if name in ("deep_dream_step", "feature_inversion_loss") else network
    out = getattr(ns, name)(called, *args)
    if name == "feature_inversion_loss":
        out = out.detach()
    now = network.state_dict()
    grads = [key for key, value in network.named_parameters() if value.grad is not None]
    added = network.classifier.weight.grad
    hooks = sum(len(module._forward_hooks) + len(module._backward_hooks) for module in network.modules())
    images = out[0] if isinstance(out, tuple) else out
    return {
        "numbers stay": all(torch.equal(state[key], now[key]) for key in state),
        "modes stay": modes == [module.training for module in network.modules()],
        "requires_grad stays": switches == [value.requires_grad for value in network.parameters()],
        "parameters with a grad": grads,
        "an old grad stays": added is not None and bool((added == 1).all()),
        "hooks left behind": hooks,
        "carries a graph": images.requires_grad,
    }


def assert_left_alone(student, reference, name, *args):
    """Name what of the network has changed."""
    came, expected = (door.run(left_alone, name, *args) for door in (student, reference))
    for what, right in expected.items():
        assert_equal(came[what], right, what=what)


# class_visualization_step


def stepped(ns, x, targets, rate, **settings):
    """Probe: one step on a small network with a batch norm."""
    from coursekit.backbone import SmallNetwork

    with torch.random.fork_rng(devices=[]):  # to make a network draws
        network = SmallNetwork(["batch", "batch"], num_classes=4).to(x.device, x.dtype).eval()
    return ns.class_visualization_step(network, x, targets, rate, **settings)


def stepped_linear(ns, weights, x, targets, rate, **settings):
    """Probe: one step on a linear network, whose gradient of a score is that row of its weights."""
    return ns.class_visualization_step(lambda x: x.flatten(1) @ weights.T, x, targets, rate, **settings)


def assert_stepped(student, reference, x, targets, rate, what, **settings):
    """The images after a step on the small network."""
    came, expected = (door.run(stepped, x, targets, rate, **settings) for door in (student, reference))
    assert_close(came, expected, what=what)


def images(rng, *sizes):
    """Images in double with a target each, of four classes."""
    num, height, width = sizes
    return randn(rng, num, 3, height, width, dtype=DOUBLE), torch.arange(num) % 4


@exercise("class_visualization_step")
def test_a_step_by_hand(student, reference):
    """A linear network: the step is the target's weights, brought to the length that rate says."""
    x = torch.tensor([1.0, 2.0, 0.0, 0.0, 0.0, 0.0], dtype=DOUBLE).reshape(1, 3, 1, 2)
    weights = torch.tensor([[0.0, 0.0, 0.0, 0.0, 2.0, 0.0], [3.0, 4.0, 0.0, 0.0, 0.0, 0.0]], dtype=DOUBLE)
    asked = weights, x, torch.tensor([1]), 10.0
    came, expected = (door.run(stepped_linear, *asked) for door in (student, reference))
    assert_close(came, expected, what="(1, 2, 0, ...) after a step of 10 along (3, 4, 0, ...)")


@exercise("class_visualization_step")
def test_each_image_has_its_own_target_and_norm(student, reference, rng):
    """Three images of very different contrast, three classes: each is answered as it would be alone."""
    x, _ = images(rng, 3, 3, 4)
    x = x * torch.tensor([0.01, 1.0, 30.0], dtype=DOUBLE).reshape(3, 1, 1, 1)
    assert_stepped(student, reference, x, torch.tensor([3, 0, 2]), 0.7, "the images after a step")


@exercise("class_visualization_step")
def test_the_penalty_pulls_towards_grey(student, reference, rng):
    """l2 is taken away, as a sum of squares over the one image, before the gradient is normalised."""
    x, targets = images(rng, 2, 3, 4)
    for l2 in (0.002, 0.05):
        assert_stepped(student, reference, x, targets, 0.7, f"the images after a step with l2={l2}", l2=l2)


@exercise("class_visualization_step", costs=0.5)
def test_a_tiny_gradient_makes_a_step_of_the_same_length(student, reference, rng):
    """Weights around 1e-9: there is no epsilon that would matter."""
    x, weights = randn(rng, 2, 3, 2, 3, dtype=DOUBLE), randn(rng, 4, 18, dtype=DOUBLE, scale=1e-9)
    asked = weights, x, torch.tensor([1, 3]), 0.5
    came, expected = (door.run(stepped_linear, *asked) for door in (student, reference))
    assert_close(came, expected, what="the images after a step along a tiny gradient")


@exercise("class_visualization_step", costs=0.5)
def test_without_a_gradient_an_image_stays(student, reference, rng):
    """The first image's class has weights of zero: it stays, without NaN, and the second moves."""
    x, weights = randn(rng, 2, 3, 2, 3, dtype=DOUBLE), randn(rng, 3, 18, dtype=DOUBLE)
    weights[1] = 0
    asked = weights, x, torch.tensor([1, 2]), 0.5
    came, expected = (door.run(stepped_linear, *asked) for door in (student, reference))
    assert_close(came, expected, what="the images after a step, the first without a gradient")


@exercise("class_visualization_step", costs=0.5)
def test_jitter_rolls_there_and_back(student, reference, rng):
    """The network sees the image rolled down and to the right; what comes back is where it was."""
    x, targets = images(rng, 1, 4, 5)
    for jitter in ((1, 0), (-1, 2)):
        assert_stepped(student, reference, x, targets, 0.7, f"the image after jitter={jitter}", jitter=jitter)


@exercise("class_visualization_step", costs=0.25)
def test_decay_takes_its_share_after_the_step(student, reference, rng):
    """Nine tenths of the image are left, and of the step as well."""
    x, targets = images(rng, 2, 3, 4)
    assert_stepped(student, reference, x, targets, 0.7, "the images after a step with decay=0.1", decay=0.1)


@exercise("class_visualization_step", costs=0.25)
def test_blur_comes_after_the_step(student, reference, rng):
    """The image is blurred once it has moved and is back in its place."""
    x, targets = images(rng, 2, 3, 4)
    both = {"blur": 0.6, "jitter": (1, 2)}
    assert_stepped(student, reference, x, targets, 0.7, "the images after a step with blur and jitter", **both)


@exercise("class_visualization_step", costs=0.25)
def test_small_pixels_go_in_all_channels(student, reference, rng):
    """A pixel is as large as the norm over its channels; the quantile is that of the one image."""
    x, targets = images(rng, 2, 3, 4)
    x[1] *= 20
    what = "the images after a step with small_pixels=0.6"
    assert_stepped(student, reference, x, targets, 0.7, what, small_pixels=0.6)


@exercise("class_visualization_step", costs=0.25)
def test_a_pixel_at_the_quantile_stays(student, reference):
    """Where many pixels are equally small, and so is the quantile, none of them is below it."""
    x = torch.tensor([1.0, 1.0, 1.0, 1.0, 5.0, 0.5], dtype=DOUBLE).expand(1, 3, 1, 6)
    asked = torch.zeros(2, 18, dtype=DOUBLE), x, torch.tensor([0]), 0.5
    came, expected = (door.run(stepped_linear, *asked, small_pixels=0.5) for door in (student, reference))
    assert_close(came, expected, what="an image of equal pixels with small_pixels=0.5")


@exercise("class_visualization_step", costs=0.25)
def test_a_pixel_is_as_large_as_its_norm(student, reference):
    """A pixel (3, 0, 0) is larger than (1.5, 1.5, 1.5), whose values add up to more; so it is with gradients."""
    x = torch.tensor([[3.0, 1.5, 9.0], [0.0, 1.5, 9.0], [0.0, 1.5, 9.0]], dtype=DOUBLE).reshape(1, 3, 1, 3)
    for settings in ({"small_pixels": 0.4}, {"small_gradients": 0.4}):
        asked = x.reshape(1, 9), x, torch.tensor([0]), 0.001
        came, expected = (door.run(stepped_linear, *asked, **settings) for door in (student, reference))
        assert_close(came, expected, what=f"an image of three pixels with {settings}")


@exercise("class_visualization_step", costs=0.25)
def test_where_all_gradients_are_zero_no_pixel_goes(student, reference):
    """None of the gradients lies below the quantile, which is 0 as well."""
    x = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], dtype=DOUBLE).expand(1, 3, 1, 6)
    asked = torch.zeros(2, 18, dtype=DOUBLE), x, torch.tensor([0]), 0.5
    came, expected = (door.run(stepped_linear, *asked, small_gradients=0.5) for door in (student, reference))
    assert_close(came, expected, what="an image without a gradient, with small_gradients=0.5")


@exercise("class_visualization_step", costs=0.25)
def test_pixels_of_small_gradients_go(student, reference, rng):
    """Pixels whose gradient is small become 0, measured by the norm over channels in the one image."""
    x, targets = images(rng, 2, 3, 4)
    what = "the images after a step with small_gradients=0.6"
    assert_stepped(student, reference, x, targets, 0.7, what, small_gradients=0.6)


@exercise("class_visualization_step", costs=0.25)
def test_small_gradients_are_those_of_the_step_l2_and_all(student, reference):
    """Without the penalty the first pixels' gradients would be small; with it those of the last are."""
    weight = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], dtype=DOUBLE).expand(1, 3, 6).reshape(1, 18)
    x = torch.tensor([0.5, 0.5, 0.5, 3.5, 4.5, 5.5], dtype=DOUBLE).expand(1, 3, 1, 6)
    asked = weight, x, torch.tensor([0]), 0.5
    settings = {"l2": 0.5, "small_gradients": 0.5}
    came, expected = (door.run(stepped_linear, *asked, **settings) for door in (student, reference))
    assert_close(came, expected, what="an image after a step with l2=0.5 and small_gradients=0.5")


@exercise("class_visualization_step", costs=0.25)
def test_each_image_has_its_own_small_gradients(student, reference):
    """One image's gradients are nearly even, of the other's one is large: half of the pixels go in both."""
    even, uneven = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5], [9.0, 0.01, 0.02, 0.03, 0.04, 0.05]
    weight = torch.tensor([even, uneven], dtype=DOUBLE)[:, None].expand(2, 3, 6).reshape(2, 18)
    asked = weight, torch.ones(2, 3, 1, 6, dtype=DOUBLE), torch.tensor([0, 1]), 0.5
    came, expected = (door.run(stepped_linear, *asked, small_gradients=0.5) for door in (student, reference))
    assert_close(came, expected, what="two images with small_gradients=0.5")


@exercise("class_visualization_step", costs=0.25)
def test_small_gradients_are_found_where_the_pixel_is_in_the_end(student, reference, rng):
    """With jitter the gradient was measured elsewhere: it belongs to the pixel that it was taken of."""
    x, targets = images(rng, 2, 3, 4)
    settings = {"small_gradients": 0.4, "jitter": (1, -2)}
    assert_stepped(student, reference, x, targets, 0.7, "the images with small_gradients and jitter", **settings)


@exercise("class_visualization_step", costs=0.5)
def test_the_network_of_a_class_stays_as_it_is(student, reference, rng):
    """Numbers, modes, requires_grad and grad of the network stay, and no graph comes back."""
    x, targets = images(rng, 2, 3, 4)
    assert_left_alone(student, reference, "class_visualization_step", x, targets % 3, 0.7, 0.1)


def from_a_graph(ns, x, targets):
    """Probe: a step from images that want a gradient themselves, and what is in their grad afterwards."""
    from coursekit.backbone import SmallNetwork

    with torch.random.fork_rng(devices=[]):  # to make a network draws
        network = SmallNetwork(["batch"], num_classes=4).double().eval()
    leaf = x.clone().requires_grad_()
    out = ns.class_visualization_step(network, leaf, targets, 0.5)
    return out, leaf.grad is None, leaf.requires_grad, out.requires_grad


@exercise("class_visualization_step", costs=0.5)
def test_images_may_want_a_gradient_themselves(student, reference, rng):
    """Images that carry a graph: nothing is added to their grad, and the step is the same."""
    x, targets = images(rng, 2, 3, 4)
    came, expected = (door.run(from_a_graph, x, targets) for door in (student, reference))
    assert_close(came[0], expected[0], what="the images after a step")
    words = "the grad of x is still None", "x still wants a gradient", "what comes back wants one"
    for own, right, what in zip(came[1:], expected[1:], words, strict=True):
        assert_equal(own, right, what=f"whether {what}")


contract(
    "class_visualization_step",
    inputs=lambda rng, N=1, H=3, W=4, dtype=DOUBLE: (
        randn(rng, N, 3, H, W, dtype=dtype),
        torch.arange(N) % 4,
        0.7,
    ),
    use=stepped,
    settings={
        "l2": 0.002,
        "jitter": (1, -2),
        "decay": 0.2,
        "blur": 0.5,
        "small_pixels": 0.3,  # alone: were small_gradients given too, it might blacken the same pixels
    },
    also=[{"small_pixels": 0.0}, {"small_gradients": 0.45}],
    square=dict.fromkeys("NHW", 3),
    one="NHW",
    costs={"settings": 0.25},
)


# fooling_image


def fooled(ns, x, targets, rate, max_steps):
    """Probe: images and steps on a small network with a batch norm."""
    from coursekit.backbone import SmallNetwork

    with torch.random.fork_rng(devices=[]):  # to make a network draws
        network = SmallNetwork(["batch", "batch"], num_classes=4).to(x.device, x.dtype).eval()
    return ns.fooling_image(network, x, targets, rate, max_steps)


def fooled_linear(ns, weights, offsets, x, targets, rate, max_steps):
    """Probe: images and steps on a linear network."""
    return ns.fooling_image(lambda x: x.flatten(1) @ weights.T + offsets, x, targets, rate, max_steps)


def assert_fooled(student, reference, probe, *asked):
    """How many steps comes before where they lead."""
    came, expected = (door.run(probe, *asked) for door in (student, reference))
    if not isinstance(came, tuple) or len(came) != 2:
        raise AssertionError(f"two tensors are asked for, images and steps; what came is {type(came).__name__}")
    assert_equal(came[1], expected[1], what="steps")
    assert_close(came[0], expected[0], what="images")


def line(*values):
    """One image (1, 3, 1, 2) with these first values, the others 0."""
    return torch.tensor([*values, *[0.0] * (6 - len(values))], dtype=DOUBLE).reshape(1, 3, 1, 2)


WEIGHTS = torch.tensor([[2.0, 0, 0, 0, 0, 0], [3.0, 4.0, 0, 0, 0, 0], [0.0, 0, 0, 1.0, 0, 0]], dtype=DOUBLE)
OFFSETS = torch.tensor([0.0, -20.0, -100.0], dtype=DOUBLE)


@exercise("fooling_image")
def test_two_steps_by_hand(student, reference):
    """The example of the text: two steps of length 2 along (3, 4), and then it is class 1."""
    assert_fooled(student, reference, fooled_linear, WEIGHTS, OFFSETS, line(5.0, 0.0), torch.tensor([1]), 2.0, 9)


@exercise("fooling_image")
def test_an_image_that_is_there_stays(student, reference):
    """The class of the image is the target: no step, and the image as it came."""
    assert_fooled(student, reference, fooled_linear, WEIGHTS, OFFSETS, line(5.0, 0.0), torch.tensor([0]), 2.0, 9)


@exercise("fooling_image")
def test_each_image_stops_when_it_is_there(student, reference):
    """Four images that need different numbers of steps, one of them none, to different targets."""
    x = torch.cat([line(5.0, 0.0), line(5.0, 0.0), line(5.0, -9.0), line(1.0, 9.0)])
    assert_fooled(student, reference, fooled_linear, WEIGHTS, OFFSETS, x, torch.tensor([1, 0, 1, 0]), 2.0, 30)


@exercise("fooling_image")
def test_there_are_no_more_than_max_steps(student, reference):
    """Images that don't get there: as they are after so many steps. With none, as they came."""
    x = torch.cat([line(5.0, 0.0), line(5.0, -9.0), line(4.0, 1.0)])
    for max_steps in (0, 1, 3):
        asked = x, torch.tensor([1, 1, 2]), 1.5, max_steps
        assert_fooled(student, reference, fooled_linear, WEIGHTS, OFFSETS, *asked)


@exercise("fooling_image", costs=0.5)
def test_of_equal_scores_the_first_counts(student, reference):
    """Two scores are equal: the earlier class is there already, the later has a step to take."""
    weights = torch.tensor([[1.0, 0, 0, 0, 0, 0], [0.0, 1.0, 0, 0, 0, 0]], dtype=DOUBLE)
    x = torch.cat([line(3.0, 3.0), line(3.0, 3.0), line(3.0, 1.0)])
    asked = x, torch.tensor([0, 1, 1]), 2.0, 5
    assert_fooled(student, reference, fooled_linear, weights, torch.zeros(2, dtype=DOUBLE), *asked)


@exercise("fooling_image", costs=0.5)
def test_where_there_is_no_gradient_an_image_stays_and_the_steps_count(student, reference):
    """The target's weights are all 0: no NaN, and max_steps steps. The other image goes on."""
    weights = torch.cat([WEIGHTS, torch.zeros(1, 6, dtype=DOUBLE)])
    offsets = torch.cat([OFFSETS, torch.tensor([-200.0], dtype=DOUBLE)])
    x = torch.cat([line(5.0, 0.0), line(5.0, 0.0)])
    assert_fooled(student, reference, fooled_linear, weights, offsets, x, torch.tensor([3, 1]), 2.0, 6)


@exercise("fooling_image", costs=0.5)
def test_a_tiny_gradient_makes_whole_steps_too(student, reference):
    """Weights around 1e-9: the steps are as long as ever."""
    asked = WEIGHTS * 1e-9, OFFSETS * 1e-9, line(5.0, 0.0), torch.tensor([1]), 2.0, 6
    assert_fooled(student, reference, fooled_linear, *asked)


@exercise("fooling_image")
def test_a_real_network_is_fooled(student, reference, rng):
    """A network with bends: the gradient is asked for at each step anew."""
    x = randn(rng, 3, 3, 3, 4, dtype=DOUBLE)
    assert_fooled(student, reference, fooled, x, torch.tensor([3, 1, 2]), 1.3, 5)


def graph_of_one_that_is_there(ns, x):
    """Probe: whether an image that is there from the start comes back with a graph."""
    images, _ = ns.fooling_image(lambda x: x.flatten(1)[:, :2], x, torch.tensor([0]), 1.0, 4)
    return images.requires_grad


@exercise("fooling_image", costs=0.25)
def test_an_image_that_is_there_comes_back_without_a_graph(student, reference):
    """Nothing was to be done: what comes back wants no gradient all the same."""
    came, expected = (door.run(graph_of_one_that_is_there, line(5.0, 0.0)) for door in (student, reference))
    assert_equal(came, expected, what="whether what comes back wants a gradient")


@exercise("fooling_image", costs=0.5)
def test_the_network_of_a_fooling_image_stays_as_it_is(student, reference, rng):
    """Numbers, modes, requires_grad and grad of the network stay, and no graph comes back."""
    x = randn(rng, 2, 3, 4, 5, dtype=DOUBLE)
    for max_steps in (0, 3):
        assert_left_alone(student, reference, "fooling_image", x, torch.tensor([0, 1]), 0.7, max_steps)


contract(
    "fooling_image",
    inputs=lambda rng, N=2, H=1, W=3, dtype=DOUBLE: (
        randn(rng, N, 3, H, W, dtype=dtype),
        torch.arange(N) % 4,
        0.9,
        3,
    ),
    use=fooled,
    fresh=True,
    also=[lambda rng, dtype=DOUBLE: (randn(rng, 2, 3, 1, 3, dtype=dtype), torch.arange(2), 0.9, 0)],
    square=dict.fromkeys("NHW", 2),
    one="NW",
)


# fgsm


def attacked(ns, x, y, budget, **settings):
    """Probe: images changed on a small network with a batch norm."""
    from coursekit.backbone import SmallNetwork

    with torch.random.fork_rng(devices=[]):  # to make a network draws
        network = SmallNetwork(["batch", "batch"], num_classes=4).to(x.device, x.dtype).eval()
    return ns.fgsm(network, x, y, budget, **settings)


def attacked_linear(ns, weights, x, y, budget, **settings):
    """Probe: images changed on a linear network."""
    return ns.fgsm(lambda x: x.flatten(1) @ weights.T, x, y, budget, **settings)


def assert_attacked(student, reference, probe, *asked, **settings):
    """The images afterwards."""
    came, expected = (door.run(probe, *asked, **settings) for door in (student, reference))
    words = ", ".join(f"{name}={value!r}" for name, value in settings.items())
    assert_close(came, expected, what=f"the images{' with ' * bool(words)}{words}")


def inner(rng, num, height, width):
    """Images with values from 0.3 to 0.7, where a small budget meets no end."""
    return 0.3 + 0.4 * rand(rng, num, 3, height, width, dtype=DOUBLE)


@exercise("fgsm")
def test_each_image_goes_up_the_loss_of_its_own_class(student, reference, rng):
    """Every value goes the whole budget in the direction in which the loss of its image rises."""
    assert_attacked(student, reference, attacked, inner(rng, 3, 2, 3), torch.tensor([2, 0, 3]), 0.1)


@exercise("fgsm")
def test_one_step_down_to_a_wanted_class(student, reference, rng):
    """Targeted: the loss of the wanted class falls."""
    asked = inner(rng, 3, 2, 3), torch.tensor([1, 3, 0]), 0.1
    assert_attacked(student, reference, attacked, *asked, is_targeted=True)


@exercise("fgsm", costs=0.5)
def test_the_sign_of_zero_is_zero(student, reference, rng):
    """Values that no class looks at stay as they are."""
    weights = randn(rng, 4, 18, dtype=DOUBLE)
    weights[:, ::3] = 0
    for is_targeted in (False, True):
        asked = weights, inner(rng, 2, 2, 3), torch.tensor([3, 1]), 0.1
        assert_attacked(student, reference, attacked_linear, *asked, is_targeted=is_targeted)


@exercise("fgsm")
def test_values_stay_between_0_and_1(student, reference, rng):
    """Values near both ends, and a budget larger than what is left there."""
    x = rand(rng, 2, 3, 2, 3, dtype=DOUBLE)
    x[0, 0, 0], x[1, 1, 1] = 0, 1
    for budget in (0.4, 2.0):
        assert_attacked(student, reference, attacked, x, torch.tensor([2, 0]), budget)


@exercise("fgsm", costs=0.5)
def test_a_tiny_loss_has_a_direction_too(student, reference, rng):
    """Weights of 1e-9: the sign is that of the gradient, however small."""
    weights = randn(rng, 4, 18, dtype=DOUBLE, scale=1e-9)
    assert_attacked(student, reference, attacked_linear, weights, inner(rng, 2, 2, 3), torch.tensor([0, 2]), 0.1)


@exercise("fgsm", costs=0.5)
def test_without_a_budget_nothing_moves(student, reference, rng):
    """A budget of 0, and no steps at all: the images as they came."""
    x, y = inner(rng, 2, 2, 3), torch.tensor([2, 0])
    assert_attacked(student, reference, attacked, x, y, 0.0, num_steps=2, rate=0.1)
    assert_attacked(student, reference, attacked, x, y, 0.1, num_steps=0)


@exercise("fgsm", costs=0.5)
def test_several_steps_ask_for_the_gradient_anew(student, reference, rng):
    """Three steps of a rate of their own, inside the budget."""
    asked = inner(rng, 2, 2, 3), torch.tensor([2, 0]), 0.2
    assert_attacked(student, reference, attacked, *asked, num_steps=3, rate=0.06)


@exercise("fgsm", costs=0.5)
def test_the_budget_holds_for_the_first_picture(student, reference, rng):
    """Four steps that together would go three times as far; with and without a target."""
    for is_targeted in (False, True):
        asked = inner(rng, 2, 2, 3), torch.tensor([2, 0]), 0.08
        assert_attacked(student, reference, attacked, *asked, num_steps=4, rate=0.06, is_targeted=is_targeted)


@exercise("fgsm", costs=0.25)
def test_a_step_larger_than_the_budget_is_pulled_back(student, reference, rng):
    """One step of 0.3 with a budget of 0.1; and several of the default rate, which is the budget."""
    asked = inner(rng, 2, 2, 3), torch.tensor([1, 3]), 0.1
    assert_attacked(student, reference, attacked, *asked, rate=0.3)
    assert_attacked(student, reference, attacked, *asked, num_steps=3)


def attacked_bend(ns, x, budget, **settings):
    """Probe: images attacked where the score of class 0 is largest at 0.5, so that the sign turns there."""

    def network(x):
        high = -(x - 0.5).square().flatten(1).sum(dim=1)
        return torch.stack([high, torch.zeros_like(high)], dim=1)

    return ns.fgsm(network, x, torch.zeros(len(x), dtype=torch.int64), budget, **settings)


@exercise("fgsm", costs=0.25)
def test_a_large_step_goes_from_one_end_of_the_budget_to_the_other(student, reference):
    """Two steps of 0.3, back and forth over the top of a hill; the budget is 0.1."""
    x = torch.tensor([0.45, 0.52, 0.47], dtype=DOUBLE).expand(1, 2, 3).transpose(1, 2).reshape(1, 3, 1, 2)
    asked = {"is_targeted": True, "num_steps": 2, "rate": 0.3}
    came, expected = (door.run(attacked_bend, x, 0.1, **asked) for door in (student, reference))
    assert_close(came, expected, what="the images after two steps of 0.3 with a budget of 0.1")


@exercise("fgsm", costs=0.25)
def test_each_of_several_steps_is_as_large_as_the_budget_by_default(student, reference):
    """Two steps without a rate, over the top of a hill and back: shared out, they would stop near it."""
    x = torch.tensor([0.44, 0.53, 0.46], dtype=DOUBLE).expand(1, 2, 3).transpose(1, 2).reshape(1, 3, 1, 2)
    asked = {"is_targeted": True, "num_steps": 2}
    came, expected = (door.run(attacked_bend, x, 0.1, **asked) for door in (student, reference))
    assert_close(came, expected, what="the images after two steps with a budget of 0.1 and no rate")


@exercise("fgsm", costs=0.25)
def test_a_rate_of_zero_is_no_missing_rate(student, reference, rng):
    """With a rate of 0 nothing moves."""
    x, y = inner(rng, 2, 2, 3), torch.tensor([2, 0])
    assert_attacked(student, reference, attacked, x, y, 0.1, num_steps=2, rate=0.0)


@exercise("fgsm", costs=0.5)
def test_a_class_out_of_reach_has_a_direction_too(student, reference, rng):
    """The wanted class has a probability of 0 in any precision; its cross-entropy has a gradient."""
    weights = torch.cat([torch.tensor([[5000.0, -500.0] * 9], dtype=DOUBLE), randn(rng, 2, 18, dtype=DOUBLE)])
    asked = weights, inner(rng, 2, 2, 3), torch.tensor([1, 2]), 0.1
    assert_attacked(student, reference, attacked_linear, *asked, is_targeted=True)


def attacked_from_a_graph(ns, x, y):
    """Probe: whether images that want a gradient themselves get one, and come back with one."""
    leaf = x.clone().requires_grad_()
    out = ns.fgsm(lambda x: x.flatten(1)[:, :4].square(), leaf, y, 0.1, False, 2)
    return leaf.grad is None, leaf.requires_grad, out.requires_grad


@exercise("fgsm", costs=0.5)
def test_images_that_want_a_gradient_are_attacked_without_one(student, reference, rng):
    """Images that carry a graph: nothing is added to their grad, and what comes back carries none."""
    asked = inner(rng, 2, 2, 3), torch.tensor([2, 0])
    came, expected = (door.run(attacked_from_a_graph, *asked) for door in (student, reference))
    words = "the grad of x is still None", "x still wants a gradient", "what comes back wants one"
    for own, right, what in zip(came, expected, words, strict=True):
        assert_equal(own, right, what=f"whether {what}")


@exercise("fgsm", costs=0.5)
def test_the_network_of_an_attack_stays_as_it_is(student, reference, rng):
    """Numbers, modes, requires_grad and grad of the network stay, and no graph comes back."""
    x, y = inner(rng, 2, 2, 3), torch.tensor([2, 0])
    for num_steps in (1, 0):
        assert_left_alone(student, reference, "fgsm", x, y, 0.1, False, num_steps)


contract(
    "fgsm",
    inputs=lambda rng, N=2, H=1, W=3, dtype=DOUBLE: (
        rand(rng, N, 3, H, W, dtype=dtype),
        torch.arange(N) % 4,
        0.15,
    ),
    use=attacked,
    settings={"is_targeted": True, "num_steps": 2, "rate": 0.05},
    fresh=True,
    also=[{"num_steps": 0}],
    square=dict.fromkeys("NHW", 2),
    one="NW",
)


# feature_inversion_loss


def loss_and_gradient(ns, x, wanted, **settings):
    """Probe: losses on the features of a small network, and the gradient of a mixture of them."""
    from coursekit.backbone import SmallNetwork

    with torch.random.fork_rng(devices=[]):  # to make a network draws
        features = SmallNetwork(["batch", "pool"], width=2).to(x.device, x.dtype).eval().features
    guess = x.detach().clone().requires_grad_()
    losses = ns.feature_inversion_loss(features, guess, wanted, **settings)
    mixture = (losses * torch.arange(1, len(losses) + 1).to(x)).sum() if losses.ndim else losses
    (gradient,) = torch.autograd.grad(mixture, guess)
    return losses.detach(), gradient


def loss_of_flat(ns, weights, x, wanted, weight):
    """Probe: losses on features that are numbers, (N, D), by a matrix."""
    return ns.feature_inversion_loss(lambda x: x.flatten(1) @ weights.T, x, wanted, weight).detach()


def assert_losses(student, reference, *asked, **settings):
    """The losses, then the gradient."""
    came, expected = (door.run(loss_and_gradient, *asked, **settings) for door in (student, reference))
    assert_close(came[0], expected[0], what="the losses")
    assert_close(came[1], expected[1], what="the gradient of the images")


@exercise("feature_inversion_loss")
def test_a_distance_by_hand(student, reference):
    """Features (5, 4) where (3, 4) is wanted: a share of 0.16. Without weight, nothing else counts."""
    x = torch.tensor([1.0, 2.0, 4.0, 2.0], dtype=DOUBLE).reshape(1, 1, 2, 2)
    asked = torch.tensor([[1.0, 0, 1, 0], [0, 1.0, 0, 1]], dtype=DOUBLE), x, torch.tensor([[3.0, 4.0]], dtype=DOUBLE)
    for weight, what in ((0.0, "the loss without a weight"), (0.01, "the loss with a weight of 0.01")):
        came, expected = (door.run(loss_of_flat, *asked, weight) for door in (student, reference))
        assert_close(came, expected, what=what)


@exercise("feature_inversion_loss")
def test_the_distance_is_a_share_of_what_is_wanted(student, reference, rng):
    """Maps of a network, each image by itself; the gradient too."""
    x, wanted = randn(rng, 2, 3, 3, 4, dtype=DOUBLE), randn(rng, 2, 2, 2, 2, dtype=DOUBLE, scale=2.0)
    wanted[1] *= 30
    assert_losses(student, reference, x, wanted)


@exercise("feature_inversion_loss")
def test_the_total_variation_is_a_sum_of_squares(student, reference, rng):
    """The weight counts for all channels and both directions, in the loss and in the gradient."""
    x, wanted = randn(rng, 2, 3, 3, 4, dtype=DOUBLE), randn(rng, 2, 2, 2, 2, dtype=DOUBLE)
    assert_losses(student, reference, x, wanted, weight=0.3)


@exercise("feature_inversion_loss", costs=0.5)
def test_a_single_row_or_column_has_no_neighbours_there(student, reference, rng):
    """Images of one row, of one column and of one pixel."""
    for sizes in ((1, 5), (4, 1), (1, 1)):
        x = randn(rng, 2, 3, *sizes, dtype=DOUBLE)
        wanted = randn(rng, 2, 2, *[(side + 1) // 2 for side in sizes], dtype=DOUBLE)
        assert_losses(student, reference, x, wanted, weight=0.3)


@exercise("feature_inversion_loss")
def test_features_may_have_any_number_of_dimensions(student, reference, rng):
    """Plain numbers for each image, (N, D), as a classifier gives them."""
    asked = randn(rng, 5, 18, dtype=DOUBLE), randn(rng, 3, 3, 2, 3, dtype=DOUBLE), randn(rng, 3, 5, dtype=DOUBLE), 0.2
    came, expected = (door.run(loss_of_flat, *asked) for door in (student, reference))
    assert_close(came, expected, what="the losses of features (3, 5)")


def loss_of_turned(ns, x, wanted):
    """Probe: losses on features that lie in memory otherwise than in a row."""
    return ns.feature_inversion_loss(lambda x: x.flatten(2).transpose(1, 2), x, wanted.transpose(1, 2), 0.1).detach()


@exercise("feature_inversion_loss", costs=0.25)
def test_features_may_lie_in_memory_in_any_way(student, reference, rng):
    """Features and what is wanted come from a transposition, (2, 6, 3)."""
    asked = randn(rng, 2, 3, 2, 3, dtype=DOUBLE), randn(rng, 2, 3, 6, dtype=DOUBLE)
    came, expected = (door.run(loss_of_turned, *asked) for door in (student, reference))
    assert_close(came, expected, what="the losses of transposed features (2, 6, 3)")


def with_a_graph_on_what_is_wanted(ns, x, weight):
    """Probe: wanted features made from the same images, their graph and all: the gradient of both leaves."""
    from coursekit.backbone import SmallNetwork

    with torch.random.fork_rng(devices=[]):  # to make a network draws
        features = SmallNetwork(["batch", "pool"], width=2).double().eval().features
    leaf, other = x.clone().requires_grad_(), (x + 1).requires_grad_()
    wanted = features(leaf * 0.5) + features(other)
    keeps = wanted.requires_grad
    ns.feature_inversion_loss(features, leaf, wanted, weight).sum().backward()
    return leaf.grad, other.grad is None, keeps and wanted.requires_grad


@exercise("feature_inversion_loss", costs=0.5)
def test_what_is_wanted_is_a_constant_though_it_carries_a_graph(student, reference, rng):
    """Wanted features that were made from x itself: the gradient is that of a constant; wanted keeps its graph."""
    x = randn(rng, 2, 3, 4, 6, dtype=DOUBLE)
    came, expected = (door.run(with_a_graph_on_what_is_wanted, x, 0.1) for door in (student, reference))
    assert_close(came[0], expected[0], what="the gradient of the images")
    assert_equal(came[1], expected[1], what="whether nothing reaches what wanted was made from")
    assert_equal(came[2], expected[2], what="whether wanted still has its graph")


@exercise("feature_inversion_loss", costs=0.5)
def test_the_network_of_an_inversion_stays_as_it_is(student, reference, rng):
    """Numbers, modes, requires_grad and grad of the network stay."""
    x, wanted = randn(rng, 2, 3, 3, 4, dtype=DOUBLE), randn(rng, 2, 2, 2, 2, dtype=DOUBLE)
    assert_left_alone(student, reference, "feature_inversion_loss", x, wanted, 0.1)


def inversion_inputs(rng, N=2, H=3, W=4, dtype=DOUBLE):
    """Images, and features to be had."""
    return randn(rng, N, 3, H, W, dtype=dtype), randn(rng, N, 2, -(-H // 2), -(-W // 2), dtype=dtype, scale=2.0)


contract(
    "feature_inversion_loss",
    inputs=inversion_inputs,
    use=loss_and_gradient,
    settings={"weight": 0.2},
    square=dict.fromkeys("NHW", 3),
    one="NHW",
)


# deep_dream_step


def dreamt(ns, base, detail, rate, **settings):
    """Probe: a step on the features of a small network with a batch norm."""
    from coursekit.backbone import SmallNetwork

    with torch.random.fork_rng(devices=[]):  # to make a network draws
        features = SmallNetwork(["batch", "pool", "batch"]).to(base.device, base.dtype).eval().features
    return ns.deep_dream_step(features, base, detail, rate, **settings)


def dreamt_linear(ns, weights, base, detail, rate, **settings):
    """Probe: a step on features (N, D) that a matrix makes."""
    return ns.deep_dream_step(lambda x: x.flatten(1) @ weights.T, base, detail, rate, **settings)


def assert_dreamt(student, reference, probe, *asked, what="the detail", **settings):
    """What is dreamt after a step."""
    came, expected = (door.run(probe, *asked, **settings) for door in (student, reference))
    assert_close(came, expected, what=what)


@exercise("deep_dream_step")
def test_a_dream_by_hand(student, reference):
    """One feature that sees 3 and -1 of two values: the detail (1, 1) becomes (1.15, 0.95)."""
    weights = torch.tensor([[3.0, -1.0]], dtype=DOUBLE)
    base, detail = torch.full((1, 1, 1, 2), 5.0, dtype=DOUBLE), torch.ones(1, 1, 1, 1, dtype=DOUBLE)
    assert_dreamt(student, reference, dreamt_linear, weights, base, detail, 0.1)


@exercise("deep_dream_step")
def test_a_detail_of_the_same_size_goes_on(student, reference, rng):
    """The next step of an octave: the picture is base plus detail, the base is taken away again."""
    base, detail = randn(rng, 1, 3, 3, 5, dtype=DOUBLE), randn(rng, 1, 3, 3, 5, dtype=DOUBLE)
    assert_dreamt(student, reference, dreamt, base, detail, 0.3)


@exercise("deep_dream_step")
def test_images_dream_by_themselves(student, reference, rng):
    """Three images of very different contrast: each is divided by its own mean."""
    scale = torch.tensor([0.1, 1.0, 40.0], dtype=DOUBLE).reshape(3, 1, 1, 1)
    base, detail = randn(rng, 3, 3, 3, 5, dtype=DOUBLE) * scale, randn(rng, 3, 3, 3, 5, dtype=DOUBLE)
    assert_dreamt(student, reference, dreamt, base, detail, 0.3)


@exercise("deep_dream_step")
def test_the_detail_of_a_smaller_octave_is_enlarged(student, reference, rng):
    """Heights and widths that fit in whole numbers and that don't."""
    for sizes in ((1, 1), (2, 3)):
        base, detail = randn(rng, 1, 3, 3, 6, dtype=DOUBLE), randn(rng, 1, 3, *sizes, dtype=DOUBLE)
        assert_dreamt(student, reference, dreamt, base, detail, 0.3)


@exercise("deep_dream_step", costs=0.25)
def test_a_larger_detail_is_reduced(student, reference, rng):
    """A detail that is larger than the base, as F.interpolate reduces it with these two settings."""
    base, detail = randn(rng, 1, 3, 2, 3, dtype=DOUBLE), randn(rng, 1, 3, 7, 8, dtype=DOUBLE)
    assert_dreamt(student, reference, dreamt, base, detail, 0.3)


@exercise("deep_dream_step", costs=0.5)
def test_a_dream_with_jitter(student, reference, rng):
    """The picture is rolled and the step is rolled back; the detail stays where it was."""
    base, detail = randn(rng, 1, 3, 4, 5, dtype=DOUBLE), randn(rng, 1, 3, 3, 4, dtype=DOUBLE)
    for jitter in ((1, 0), (-1, 2)):
        assert_dreamt(student, reference, dreamt, base, detail, 0.3, jitter=jitter)


@exercise("deep_dream_step", costs=0.5)
def test_a_layer_that_sees_nothing_dreams_nothing(student, reference):
    """All activations of the first image are 0: no NaN, the detail stays. The second dreams."""
    weights = torch.tensor([[1.0, 2.0, 0, 0, 0, 0], [3.0, 0, 0, -1.0, 0, 0]], dtype=DOUBLE)
    base = torch.stack([torch.zeros(3, 1, 2, dtype=DOUBLE), torch.ones(3, 1, 2, dtype=DOUBLE)])
    detail = torch.zeros_like(base)
    base[0, 2], detail[0, 2] = 5, 0.25  # the layer does not look there
    assert_dreamt(student, reference, dreamt_linear, weights, base, detail, 0.3)


@exercise("deep_dream_step", costs=0.5)
def test_a_tiny_gradient_makes_a_whole_dream(student, reference, rng):
    """Weights around 1e-9: no epsilon that would matter."""
    weights = rand(rng, 4, 18, dtype=DOUBLE) * 1e-9
    base, detail = 1 + rand(rng, 2, 3, 2, 3, dtype=DOUBLE), rand(rng, 2, 3, 2, 3, dtype=DOUBLE)
    assert_dreamt(student, reference, dreamt_linear, weights, base, detail, 0.3)


@exercise("deep_dream_step", costs=0.5)
def test_the_network_of_a_dream_stays_as_it_is(student, reference, rng):
    """Numbers, modes, requires_grad and grad of the network stay, and no graph comes back."""
    base, detail = randn(rng, 2, 3, 4, 6, dtype=DOUBLE), randn(rng, 2, 3, 2, 3, dtype=DOUBLE)
    assert_left_alone(student, reference, "deep_dream_step", base, detail, 0.3)


def dreamt_from_a_graph(ns, base, detail):
    """Probe: whether a base and a detail that want a gradient get one, and what comes back wants one."""
    base, detail = base.clone().requires_grad_(), detail.clone().requires_grad_()
    out = ns.deep_dream_step(lambda x: x.flatten(1)[:, :4].square(), base, detail, 0.3)
    return base.grad is None and detail.grad is None, base.requires_grad and detail.requires_grad, out.requires_grad


@exercise("deep_dream_step", costs=0.5)
def test_base_and_detail_may_want_a_gradient_themselves(student, reference, rng):
    """Both carry a graph: nothing is added to their grad, and what comes back carries none."""
    asked = randn(rng, 1, 3, 3, 4, dtype=DOUBLE), randn(rng, 1, 3, 2, 2, dtype=DOUBLE)
    came, expected = (door.run(dreamt_from_a_graph, *asked) for door in (student, reference))
    words = "their grad is still None", "they still want a gradient", "what comes back wants one"
    for own, right, what in zip(came, expected, words, strict=True):
        assert_equal(own, right, what=f"whether {what}")


contract(
    "deep_dream_step",
    inputs=lambda rng, N=2, H=3, W=4, h=1, w=2, dtype=DOUBLE: (
        randn(rng, N, 3, H, W, dtype=dtype),
        randn(rng, N, 3, h, w, dtype=dtype),
        0.3,
    ),
    use=dreamt,
    settings={"jitter": (1, -2)},
    also=[
        lambda rng, dtype=DOUBLE: (
            randn(rng, 1, 3, 3, 4, dtype=dtype),
            randn(rng, 1, 3, 3, 4, dtype=dtype),
            0.3,
        )
    ],
    square=dict.fromkeys("NHWhw", 3),
    one="NHW",
)


# faceted_start


def assert_facets(student, reference, *asked):
    """The clusters come before the starts."""
    came, expected = (door.faceted_start(*asked) for door in (student, reference))
    if not isinstance(came, tuple) or len(came) != 2:
        raise AssertionError(f"two tensors are asked for, starts and clusters; what came is {type(came).__name__}")
    assert_equal(came[1], expected[1], what="clusters")
    assert_close(came[0], expected[0], what="starts")


def column(*values):
    """Vectors of one number each."""
    return torch.tensor(values, dtype=DOUBLE)[:, None]


def plain_images(num):
    """Images (num, 3, 2, 3), the i-th filled with powers of 2, so that a mean says of which it was taken."""
    return (2.0 ** torch.arange(num, dtype=DOUBLE)).reshape(num, 1, 1, 1).expand(num, 3, 2, 3).contiguous()


FLAT = 1e6  # a mask so wide that it is 1 everywhere


@exercise("faceted_start")
def test_two_clusters_by_hand(student, reference):
    """The example of the text: 0, 1, 5, 9 from the centres 0 and 4."""
    assert_facets(student, reference, plain_images(4), column(0, 1, 5, 9), column(0, 4), 3, 9, FLAT)


@exercise("faceted_start")
def test_there_are_as_many_rounds_as_asked_for(student, reference):
    """Vectors that change their cluster from round to round; the clusters are those after the last one."""
    vectors, centres = column(0, 1, 2, 3, 4, 10, 11, 24), column(0, 1)
    for num_rounds in (0, 1, 3):
        assert_facets(student, reference, plain_images(8), vectors, centres, num_rounds, 9, FLAT)


@exercise("faceted_start")
def test_a_centre_with_no_vectors_stays_and_may_get_some_later(student, reference):
    """The third centre is nearest to nobody, at first or for good."""
    assert_facets(student, reference, plain_images(4), column(0, 2, 6, 8), column(1, 7, 50), 2, 9, FLAT)
    assert_facets(student, reference, plain_images(4), column(0, 4, 10, 30), column(3, 20, -4), 3, 9, FLAT)


@exercise("faceted_start", costs=0.5)
def test_more_centres_than_vectors(student, reference):
    """Two images, four centres: those without members start from the mean of all images."""
    assert_facets(student, reference, plain_images(2), column(0, 8), column(1, 7, 30, 40), 2, 1, FLAT)


@exercise("faceted_start", costs=0.5)
def test_in_a_tie_the_first_centre_counts(student, reference):
    """A vector in the middle between two centres, and two centres at one place."""
    assert_facets(student, reference, plain_images(3), column(0, 2, 4), column(0, 4), 0, 9, FLAT)
    assert_facets(student, reference, plain_images(3), column(0, 2, 9), column(4, 0, 0), 1, 9, FLAT)


@exercise("faceted_start")
def test_only_the_nearest_members_count(student, reference):
    """Of each cluster the members nearest to its centre, not the first ones; never one of another cluster."""
    vectors = column(8, 3, 0, 4, 5, 30, 24, 26, 20)
    for num_nearest in (1, 3):
        assert_facets(student, reference, plain_images(9), vectors, column(4, 25), 1, num_nearest, FLAT)


@exercise("faceted_start", costs=0.25)
def test_of_members_equally_near_the_earlier_image_counts(student, reference):
    """Members at the same distance on both sides of a centre."""
    assert_facets(student, reference, plain_images(4), column(2, 4, 2, 4), column(3), 1, 2, FLAT)
    assert_facets(student, reference, plain_images(5), column(4, 2, 3, 3, 3), column(3), 0, 4, FLAT)


@exercise("faceted_start", costs=0.5)
def test_nearest_is_measured_from_where_the_centre_is_in_the_end(student, reference):
    """The one centre goes from 0 to the mean, and another member is nearest there."""
    assert_facets(student, reference, plain_images(4), column(1, 4, 6, 13), column(0), 1, 1, FLAT)


@exercise("faceted_start")
def test_distances_are_those_of_whole_vectors(student, reference, rng):
    """Vectors of several numbers, in which one axis decides otherwise than all together."""
    vectors = torch.tensor([[0.0, 0, 9], [3.0, 3, 3], [4.0, 4, 4], [0.0, 8, 0]], dtype=DOUBLE)
    centres = torch.tensor([[0.0, 0, 0], [0.0, 6, 6]], dtype=DOUBLE)
    assert_facets(student, reference, randn(rng, 4, 3, 2, 3, dtype=DOUBLE), vectors, centres, 1, 2, FLAT)


@exercise("faceted_start")
def test_starts_fade_towards_the_border(student, reference, rng):
    """The mask is 1 in the middle and is measured in shares of each side, also of an even number of pixels."""
    for sizes, width in (((4, 5), 0.2), ((3, 2), 0.7), ((1, 5), 0.3)):
        images = randn(rng, 2, 3, *sizes, dtype=DOUBLE)
        assert_facets(student, reference, images, column(0, 8), column(0), 0, 2, width)


@exercise("faceted_start", costs=0.25)
def test_the_mask_has_as_many_digits_as_the_images(student, reference, rng):
    """In float64 the mask is computed in float64."""
    asked = 1 + rand(rng, 2, 3, 3, 4, dtype=DOUBLE), column(0, 8), column(0), 0, 2, 0.3
    came, expected = (door.faceted_start(*asked) for door in (student, reference))
    assert_close(came[0], expected[0], what="starts", rtol=1e-11, atol=0.0)


contract(
    "faceted_start",
    inputs=lambda rng, N=5, K=2, D=4, H=1, W=3, dtype=DOUBLE: (
        randn(rng, N, 3, H, W, dtype=dtype),
        randn(rng, N, D, dtype=dtype),
        randn(rng, K, D, dtype=dtype),
        2,
        2,
        0.4,
    ),
    square={"N": 6, "K": 6, "D": 6, "H": 1, "W": 1},
    one="NKDW",
)
