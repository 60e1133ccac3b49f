"""Checks of the notebook on attribution: occlusion, saliency, guided backpropagation, Grad-CAM, and masks from maps."""

import pytest
import torch

from autograder.authoring import assert_close, assert_equal, contract, exercise, randn

DOUBLE = torch.float64
KINDS = ["chain", "six", "shared", "skip"]
# Of answers in float64 that are kept as float32, so that a recording is small
ROUNDED = {"rtol": 1e-5, "atol": 1e-7}


def images(rng, N=2, H=4, W=5, dtype=DOUBLE):
    """Return a batch of colour images with a class for each, no two neighbours of the same."""
    return randn(rng, N, 3, H, W, dtype=dtype), (torch.arange(N) * 3 + 1) % 5


def asked(ns, name, x, targets, settings, kind="chain", layer=None, is_frozen=False, is_training=False):
    """Probe: one of the functions on a small network; what comes is kept in single precision."""
    from coursekit.attribution import SmallNet

    model = SmallNet(kind).to(x.dtype).train(is_training).requires_grad_(not is_frozen)
    places = [getattr(model, layer)] if layer else []
    return getattr(ns, name)(model, *places, x, targets, **settings).float()


def assert_asked(student, reference, name, args, what, settings=(), **others):
    """Compare one function's answers on a small network."""
    call = asked, name, *args, dict(settings)
    came, expected = (door.run(*call, **others) for door in (student, reference))
    assert_close(came, expected, what=what, **ROUNDED)


def traces(ns, name, x, targets, settings, has_layer):
    """Probe: what a call leaves behind in a network of which parts learn, have a grad, a mode and a hook."""
    from coursekit.attribution import SmallNet

    model = SmallNet("skip").to(x.dtype).train()
    model.bend.eval()
    model.second.requires_grad_(False)
    graded = [model.first.weight, model.classifier.bias]
    rest = [one for one in model.parameters() if all(one is not other for other in graded)]
    for value in graded:
        value.grad = torch.full_like(value, 2.0)
    seen = []
    for layer in (model.bend, model.second):
        layer.register_forward_hook(lambda *_: seen.append("forward"))
    model.rectify.register_full_backward_hook(lambda *_: seen.append("backward"))

    def facts():
        hooks = [
            (
                len(one._forward_hooks),
                len(one._forward_pre_hooks),
                len(one._backward_hooks),
                len(one._backward_pre_hooks),
            )
            for one in model.modules()
        ]
        return {
            "modes": [one.training for one in model.modules()],
            "requires_grad of parameters": [one.requires_grad for one in model.parameters()],
            "no grad where there was none": [p.grad is None for p in rest],
            "the grads that were there": [None if p.grad is None else p.grad.unique().tolist() for p in graded],
            "hooks": [str(one) for one in hooks],
            "numbers of parameters": [float(one.detach().double().sum()) for one in model.parameters()],
            "what x is": [x.requires_grad, x.grad is None],
        }

    before = facts()
    answer = getattr(ns, name)(model, *([model.second] if has_layer else []), x, targets, **settings)
    now = facts()
    found = {what: before[what] == now[what] for what in before}
    return {**found, "that the answer is part of no graph": not answer.requires_grad}


def assert_no_traces(student, reference, rng, name, settings=(), has_layer=False):
    """What is left behind, one thing after the other."""
    call = traces, name, *images(rng), dict(settings), has_layer
    came, expected = (door.run(*call) for door in (student, reference))
    for what, is_kept in expected.items():
        assert_equal(came[what], is_kept, what=f"whether this is as it should be: {what}")


def after_an_error(ns, name, x, targets, has_layer):
    """Probe: which error comes from a network that breaks down, and how many hooks are there afterwards."""
    from coursekit.attribution import SmallNet

    model = SmallNet("broken").to(x.dtype).eval()
    try:
        getattr(ns, name)(model, *([model.second] if has_layer else []), x, targets)
    except Exception as problem:
        said = "ArithmeticError" if isinstance(problem, ArithmeticError) else "another error"
    else:
        said = "no error"
    left = sum(
        len(one._forward_hooks) + len(one._backward_hooks) + len(one._backward_pre_hooks) for one in model.modules()
    )
    return said, left + sum(len(one._forward_pre_hooks) for one in model.modules())


def assert_clean_after_an_error(student, reference, rng, name, has_layer=False):
    """The model's own error comes through, and no hook stays."""
    call = after_an_error, name, *images(rng), has_layer
    came, expected = (door.run(*call) for door in (student, reference))
    assert_equal(came[0], expected[0], what="what comes of a network that breaks down")
    assert_equal(came[1], expected[1], what="hooks that are left after the error")


def with_numbers(ns, name, x, targets, settings):
    """Probe: one of the functions on a linear layer over all numbers, with the weights 1, 2, 3, … for class 0."""
    from torch import nn

    model = nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 3)).to(x.dtype).eval()
    line = torch.arange(1.0, 1 + x[0].numel(), dtype=x.dtype)
    model[1].weight.data = torch.stack([line, -line, line * line])
    model[1].bias.data = torch.tensor([5.0, 6.0, 7.0], dtype=x.dtype)
    return getattr(ns, name)(model, x, targets, **settings)


# occlusion_map


def occluded(rng, **sizes):
    """Return images, their classes, on an even number of pixels."""
    return images(rng, **{"H": 6, "W": 8, **sizes})


@exercise("occlusion_map")
def test_one_window_covers_one_pixel(student, reference):
    """Windows of a single pixel and a linear score: each pixel costs what it contributes."""
    x = torch.tensor([[[[1.0, 2, -1], [0, 3, 1]]]], dtype=DOUBLE)
    call = with_numbers, "occlusion_map", x, torch.tensor([0]), {"window": (1, 1), "stride": (1, 1)}
    came, expected = (door.run(*call) for door in (student, reference))
    assert_close(came, expected, what="the map")


@exercise("occlusion_map")
def test_a_pixel_gets_the_mean_of_the_windows_on_it(student, reference):
    """Windows that overlap, and a linear score."""
    x = torch.tensor([[[[1.0, 2, -1, 4, 2], [0, 3, 1, 1, 5], [2, -2, 1, 0, 3]]]], dtype=DOUBLE)
    call = with_numbers, "occlusion_map", x, torch.tensor([0]), {"window": (2, 3), "stride": (1, 1)}
    came, expected = (door.run(*call) for door in (student, reference))
    assert_close(came, expected, what="the map")


@exercise("occlusion_map")
def test_windows_on_a_real_score(student, reference, rng):
    """A small network, uneven windows and strides that fit into the picture without a rest."""
    settings = {"window": (2, 4), "stride": (2, 1)}
    assert_asked(student, reference, "occlusion_map", occluded(rng, N=1), "the map", settings)


@exercise("occlusion_map")
def test_each_image_has_its_own_target(student, reference, rng):
    """Three images with a class each."""
    settings = {"window": (3, 4), "stride": (3, 2)}
    assert_asked(student, reference, "occlusion_map", occluded(rng, N=3), "the maps", settings)


@exercise("occlusion_map")
def test_the_last_window_is_cut_off_at_the_end(student, reference, rng):
    """Strides that don't fit: the last window begins where the stride says, and sticks out."""
    for window, stride, size in (((4, 3), (3, 2), (6, 8)), ((3, 5), (2, 4), (6, 7))):
        args = occluded(rng, N=1, H=size[0], W=size[1])
        assert_asked(student, reference, "occlusion_map", args, "the map", {"window": window, "stride": stride})


@exercise("occlusion_map")
def test_no_window_begins_after_the_end_was_reached(student, reference, rng):
    """A stride of 1 with a large window: the last window is the first that reaches the end, and no other follows."""
    settings = {"window": (4, 6), "stride": (1, 1)}
    assert_asked(student, reference, "occlusion_map", occluded(rng, N=1), "the map", settings)


@exercise("occlusion_map")
def test_one_window_may_cover_the_whole_picture(student, reference, rng):
    """A window as large as the image, and one as large in one direction."""
    for window, stride in (((6, 8), (2, 8)), ((6, 2), (1, 2))):
        settings = {"window": window, "stride": stride}
        assert_asked(student, reference, "occlusion_map", occluded(rng, N=1), "the map", settings)


@exercise("occlusion_map")
def test_what_covers_is_the_value(student, reference, rng):
    """Another value than 0 stands in place of the pixels."""
    settings = {"window": (2, 3), "stride": (2, 3), "value": 1.5}
    assert_asked(student, reference, "occlusion_map", occluded(rng, N=1), "the map", settings)


@exercise("occlusion_map", costs=0.5)
def test_a_network_in_training_mode_is_used_as_it_is(student, reference, rng):
    """A network that comes in training mode stays in it while it is asked."""
    settings = {"window": (2, 3), "stride": (2, 3)}
    others = {"kind": "gate", "is_training": True}
    assert_asked(student, reference, "occlusion_map", occluded(rng), "the map", settings, **others)


def counted(ns, x, targets, batch):
    """Probe: how many images a network was given at once at most, and how often it was called."""
    from coursekit.attribution import SmallNet

    model, sizes = SmallNet().to(x.dtype), []
    model.register_forward_pre_hook(lambda _, inputs: sizes.append(len(inputs[0])))
    settings = {} if batch is None else {"batch": batch}
    ns.occlusion_map(model, x, targets, window=(2, 2), stride=(1, 1), **settings)
    return max(sizes), len(sizes)


@exercise("occlusion_map", costs=0.5)
@pytest.mark.parametrize("batch, num_images", [(4, 2), (11, 2), (100, 2), (None, 2), (2, 3)])
def test_as_many_at_once_as_are_allowed(student, reference, rng, batch, num_images):
    """The model is never given more than `batch` images, and is called no more often than is said."""
    x, targets = images(rng, N=num_images, H=5, W=6)  # 20 windows
    most, times = student.run(counted, x, targets, batch)
    allowed = 16 if batch is None else batch
    calls = num_images * (1 + -(-20 // allowed))
    assert most <= allowed, f"with batch={allowed}, the model was given {most} images at once"
    assert times <= calls, (
        f"for 20 windows of {num_images} images and batch={allowed}, it was called {times} times: at most {calls}"
    )


def refused(ns, window, stride):
    """Probe: how a window and a stride are refused on an image of 5 × 6."""
    from coursekit.attribution import SmallNet

    try:
        ns.occlusion_map(SmallNet(), torch.ones(1, 3, 5, 6), torch.tensor([0]), window, stride)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else "another error"
    return "no error"


@exercise("occlusion_map", costs=0.25)
@pytest.mark.parametrize(
    "window, stride",
    [((2, 2), (3, 2)), ((2, 2), (2, 3)), ((6, 2), (1, 1)), ((2, 7), (1, 1)), ((2, 2), (0, 1)), ((5, 2), (5, 3))],
)
def test_windows_that_do_not_cover_all_are_refused(student, reference, window, stride):
    """A stride of 0 or above the window, or a window above the image, is a ValueError."""
    came, expected = (door.run(refused, window, stride) for door in (student, reference))
    assert_equal(came, expected, what=f"what comes of window={window} and stride={stride} on 5 × 6 pixels")


@exercise("occlusion_map", costs=0.5)
def test_occlusion_leaves_no_traces(student, reference, rng):
    """Modes, switches, grads, hooks and x are as they were."""
    assert_no_traces(student, reference, rng, "occlusion_map", {"window": (3, 3), "stride": (3, 2)})


def use_occlusion_map(ns, x, targets, **settings):
    """Ask a small network with windows of 2 × 3 at a stride of (2, 2)."""
    from coursekit.attribution import SmallNet

    return ns.occlusion_map(SmallNet().to(x), x, targets, window=(2, 3), stride=(2, 2), **settings)


contract(
    "occlusion_map",
    inputs=images,
    use=use_occlusion_map,
    settings={"value": 0.7, "batch": 3},
    one="N",
    but={
        "ignores_batch": "it says how many at once, and the answer is the same",
        "has_another_default_of_batch": "it says how many at once, and the answer is the same",
    },
)


# saliency_map


@exercise("saliency_map")
def test_sizes_come_before_the_largest_channel(student, reference):
    """A linear score: at each pixel its weights are known, and the largest in size may be negative."""
    x = torch.ones(2, 2, 2, 3, dtype=DOUBLE)
    call = with_numbers, "saliency_map", x, torch.tensor([1, 0]), {}
    came, expected = (door.run(*call) for door in (student, reference))
    assert_close(came, expected, what="the maps")


@exercise("saliency_map")
def test_every_image_has_a_target_of_its_own(student, reference, rng):
    """Three images and three classes."""
    assert_asked(student, reference, "saliency_map", images(rng, N=3), "the maps")


@exercise("saliency_map")
@pytest.mark.parametrize("kind", ["six", "skip"])
def test_other_networks_have_their_saliency(student, reference, rng, kind):
    """ReLU6 and a skip connection."""
    assert_asked(student, reference, "saliency_map", images(rng), "the maps", kind=kind)


@exercise("saliency_map")
def test_a_frozen_network_has_a_saliency_too(student, reference, rng):
    """No parameter learns."""
    assert_asked(student, reference, "saliency_map", images(rng), "the maps", is_frozen=True)


@exercise("saliency_map", costs=0.5)
def test_saliency_in_training_mode(student, reference, rng):
    """A network that comes in training mode is used in it."""
    assert_asked(student, reference, "saliency_map", images(rng), "the maps", kind="gate", is_training=True)


@exercise("saliency_map", costs=0.5)
def test_saliency_leaves_no_traces(student, reference, rng):
    """Modes, switches, grads, hooks and x are as they were."""
    assert_no_traces(student, reference, rng, "saliency_map")


def use_saliency_map(ns, x, targets):
    """Ask a small network."""
    from coursekit.attribution import SmallNet

    return ns.saliency_map(SmallNet().to(x), x, targets)


contract("saliency_map", inputs=images, use=use_saliency_map, digits=False)


# guided_backprop


@exercise("guided_backprop")
@pytest.mark.parametrize("kind", ["chain", "nested"])
def test_a_chain_of_relus(student, reference, rng, kind):
    """Two ReLUs, the second at any depth; one image."""
    assert_asked(student, reference, "guided_backprop", images(rng, N=1), "the guided gradient", kind=kind)


def through_one_unit(ns, x, gradient, unit):
    """Probe: what comes back through one unit alone."""
    from torch import nn

    model = nn.Sequential(getattr(nn, unit)(), nn.Flatten(), nn.Linear(x[0].numel(), 2, bias=False))
    model = model.to(x.dtype).eval()
    model[2].weight.data = torch.stack([gradient, -gradient])
    return ns.guided_backprop(model, x, torch.zeros(len(x), dtype=torch.int64))


@exercise("guided_backprop")
@pytest.mark.parametrize("unit", ["ReLU", "ReLU6"])
def test_one_unit_alone(student, reference, unit):
    """The table by hand: what went in, what comes from above, and what is sent on."""
    x = torch.tensor([-1.0, 4, 7, 2, -3, 8, 5, 1], dtype=DOUBLE).reshape(1, 2, 2, 2)
    gradient = torch.tensor([5.0, -2, 3, 4, -6, -7, 0.5, -0.25], dtype=DOUBLE)
    came, expected = (door.run(through_one_unit, x, gradient, unit) for door in (student, reference))
    assert_close(came, expected, what=f"what is sent on by a {unit}")


@exercise("guided_backprop")
@pytest.mark.parametrize("unit", ["Hardtanh", "LeakyReLU", "ELU"])
def test_other_units_are_not_guided(student, reference, unit):
    """A unit that is neither a ReLU nor a ReLU6 sends back what its own rule says."""
    x = torch.tensor([-0.5, 0.25, 0.75, -2], dtype=DOUBLE).reshape(1, 1, 2, 2)
    gradient = torch.tensor([-3.0, -2, 3, 4], dtype=DOUBLE)
    came, expected = (door.run(through_one_unit, x, gradient, unit) for door in (student, reference))
    assert_close(came, expected, what=f"what is sent on by a {unit}")


@exercise("guided_backprop")
def test_a_relu6_in_a_network(student, reference, rng):
    """A ReLU6 that reaches both of its bends, above a ReLU."""
    assert_asked(student, reference, "guided_backprop", images(rng, N=1), "the guided gradient", kind="six")


@exercise("guided_backprop")
def test_one_relu_in_two_places(student, reference, rng):
    """The same module stands twice in the network."""
    assert_asked(student, reference, "guided_backprop", images(rng, N=1), "the guided gradient", kind="shared")


@exercise("guided_backprop")
def test_a_skip_connection_is_not_guided(student, reference, rng):
    """A map goes into a ReLU and past it: only the way through the ReLU is cut."""
    assert_asked(student, reference, "guided_backprop", images(rng, N=1), "the guided gradient", kind="skip")


@exercise("guided_backprop")
def test_guided_images_have_each_a_target(student, reference, rng):
    """Three images and three classes."""
    assert_asked(student, reference, "guided_backprop", images(rng, N=3), "the guided gradients")


@exercise("guided_backprop")
def test_a_frozen_network_is_guided_too(student, reference, rng):
    """No parameter learns."""
    assert_asked(student, reference, "guided_backprop", images(rng), "the guided gradients", is_frozen=True)


@exercise("guided_backprop", costs=0.5)
def test_guided_in_training_mode(student, reference, rng):
    """A network that comes in training mode is used in it."""
    assert_asked(student, reference, "guided_backprop", images(rng), "the gradients", kind="gate", is_training=True)


@exercise("guided_backprop", costs=0.5)
def test_guided_backprop_leaves_no_traces(student, reference, rng):
    """Modes, switches, grads, x and the hooks of others are as they were."""
    assert_no_traces(student, reference, rng, "guided_backprop")


@exercise("guided_backprop", costs=0.5)
def test_guided_backprop_leaves_no_hook_after_an_error(student, reference, rng):
    """A network that breaks down: its error comes through, and no hook stays."""
    assert_clean_after_an_error(student, reference, rng, "guided_backprop")


def use_guided_backprop(ns, x, targets):
    """Ask a small network."""
    from coursekit.attribution import SmallNet

    return ns.guided_backprop(SmallNet("six").to(x), x, targets)


contract("guided_backprop", inputs=images, use=use_guided_backprop, digits=False)


# grad_cam


def cam_by_hand(ns, maps, gradients, size):
    """Probe: Grad-CAM of a layer that makes these maps of any image, and a score with these gradients."""
    from torch import nn

    class Fixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.head = nn.Identity(), nn.Flatten()

        def forward(self, x):
            made = maps + 0 * x.mean(dim=(1, 2, 3), keepdim=True)
            score = (self.head(self.layer(made)) * gradients.flatten()).sum(dim=1)
            return torch.stack([-score, score], dim=1)

    model = Fixed().eval()
    x = torch.ones(1, 3, *size, dtype=maps.dtype)
    return ns.grad_cam(model, model.layer, x, torch.tensor([1]))


@exercise("grad_cam")
def test_the_weighted_sum_by_hand(student, reference):
    """Two channels of 2 × 2 that are not resized: weights, sum, and what is negative."""
    maps = torch.tensor([[[1.0, 0], [0, 2]], [[0, 3], [1, 0]]], dtype=DOUBLE)
    gradients = torch.tensor([[[1.0, 1], [0, 0]], [[-2, 0], [0, -2]]], dtype=DOUBLE)
    came, expected = (door.run(cam_by_hand, maps, gradients, [2, 2]) for door in (student, reference))
    assert_close(came, expected, what="the map")


@exercise("grad_cam")
def test_the_resizing_by_hand(student, reference):
    """One channel of 2 × 2 with a weight of 1, of which nothing is negative, resized to 3 × 5."""
    maps, gradients = torch.tensor([[[1.0, 0], [2, 6]]], dtype=DOUBLE), torch.ones(1, 2, 2, dtype=DOUBLE)
    came, expected = (door.run(cam_by_hand, maps, gradients, [3, 5]) for door in (student, reference))
    assert_close(came, expected, what="the map")


@exercise("grad_cam")
def test_what_is_negative_goes_before_the_resizing(student, reference):
    """One channel with values of both signs, resized: what was negative must not eat into its neighbours."""
    maps, gradients = torch.tensor([[[1.0, -4], [-2, 6]]], dtype=DOUBLE), torch.ones(1, 2, 2, dtype=DOUBLE)
    came, expected = (door.run(cam_by_hand, maps, gradients, [4, 5]) for door in (student, reference))
    assert_close(came, expected, what="the map")


@exercise("grad_cam")
@pytest.mark.parametrize("layer", ["second", "bend", "first"])
def test_each_layer_has_its_map(student, reference, rng, layer):
    """A layer that halves the sides, the unit after it, and one at full size."""
    assert_asked(student, reference, "grad_cam", images(rng, N=1), f"the map of the layer {layer}", layer=layer)


@exercise("grad_cam")
def test_each_image_is_weighed_by_its_own_target(student, reference, rng):
    """Three images and three classes."""
    assert_asked(student, reference, "grad_cam", images(rng, N=3), "the maps", layer="second", kind="six")


@exercise("grad_cam")
def test_a_frozen_network_has_a_map(student, reference, rng):
    """No parameter learns, and the images take no gradients."""
    assert_asked(student, reference, "grad_cam", images(rng), "the maps", layer="second", is_frozen=True)


@exercise("grad_cam", costs=0.5)
def test_cam_in_training_mode(student, reference, rng):
    """A network that comes in training mode is used in it."""
    assert_asked(student, reference, "grad_cam", images(rng), "the maps", layer="second", kind="gate", is_training=True)


@exercise("grad_cam", costs=0.5)
def test_grad_cam_leaves_no_traces(student, reference, rng):
    """Modes, switches, grads, x and the hooks of others are as they were."""
    assert_no_traces(student, reference, rng, "grad_cam", has_layer=True)


@exercise("grad_cam", costs=0.5)
def test_grad_cam_leaves_no_hook_after_an_error(student, reference, rng):
    """A network that breaks down: its error comes through, and no hook stays."""
    assert_clean_after_an_error(student, reference, rng, "grad_cam", has_layer=True)


def use_grad_cam(ns, x, targets):
    """Ask a small network for its second convolution, and its opposite: where the one's map is 0, the other's is not."""
    from coursekit.attribution import SmallNet

    model, opposite = SmallNet().to(x), SmallNet().to(x)
    with torch.no_grad():
        opposite.classifier.weight.neg_()
    return torch.cat([ns.grad_cam(each, each.second, x, targets) for each in (model, opposite)])


contract("grad_cam", inputs=images, use=use_grad_cam)


# grow_region

HAND = [[6, 2, 8, 1], [7, 1, 9, 6], [1, 7, 5, 1]]
SPIRAL = [
    [9, 9, 9, 9, 9, 9, 9],
    [0, 0, 0, 0, 0, 0, 9],
    [9, 9, 9, 9, 9, 0, 9],
    [9, 0, 0, 0, 9, 0, 9],
    [9, 0, 9, 9, 9, 0, 9],
    [9, 0, 0, 0, 0, 0, 9],
    [9, 9, 9, 9, 9, 9, 9],
]


def assert_grown(student, reference, heights, seed, threshold):
    """Compare a region."""
    heights = torch.as_tensor(heights, dtype=DOUBLE)
    came, expected = (door.grow_region(heights, seed, threshold) for door in (student, reference))
    assert_equal(came, expected, what=f"the region from {seed} above {threshold}")


@exercise("grow_region")
def test_the_region_by_hand(student, reference):
    """The example of the text."""
    assert_grown(student, reference, HAND, (1, 2), 5)


@exercise("grow_region")
def test_what_equals_the_threshold_stays_outside(student, reference):
    """A line of pixels of which one is exactly at the threshold."""
    assert_grown(student, reference, [[3, 3, 2, 3, 3]], (0, 1), 2)


@exercise("grow_region")
def test_a_corner_is_no_way(student, reference):
    """Pixels that touch at a corner only."""
    assert_grown(student, reference, [[4, 0, 4, 0], [0, 4, 0, 0], [4, 0, 4, 4]], (1, 1), 1)


@exercise("grow_region")
def test_the_other_end_is_no_neighbour(student, reference):
    """Pixels at opposite edges of the map, in both directions."""
    assert_grown(student, reference, [[4, 0, 0, 4], [0, 0, 0, 0], [4, 0, 0, 0]], (0, 0), 1)


@exercise("grow_region")
def test_a_seed_below_the_threshold_gives_nothing(student, reference):
    """The seed is low and its neighbours are high; and the seed is exactly at the threshold."""
    for low in (1, 2):
        assert_grown(student, reference, [[5, 5, 5], [5, low, 5]], (1, 1), 2)


@exercise("grow_region")
def test_the_seed_is_row_and_column(student, reference):
    """A map that isn't square, with two regions."""
    assert_grown(student, reference, [[5, 5, 0, 7, 7], [5, 0, 0, 7, 0], [0, 0, 0, 0, 7]], (0, 4), 1)
    assert_grown(student, reference, [[5, 5, 0], [5, 0, 0], [0, 0, 6], [8, 0, 6]], (3, 2), 1)


@exercise("grow_region")
def test_a_long_way_round(student, reference):
    """A spiral: the region winds from the outside to the middle."""
    assert_grown(student, reference, SPIRAL, (0, 0), 1)


@exercise("grow_region")
def test_heights_below_zero_count_as_they_are(student, reference):
    """A threshold below zero."""
    assert_grown(student, reference, [[-3, -1, -2], [-1, -5, -1], [-9, -1, 0]], (0, 1), -2.5)


@exercise("grow_region")
def test_a_large_region(student, reference):
    """Two thousand pixels in one region."""
    assert_grown(student, reference, torch.ones(40, 50), (20, 7), 0)


@exercise("grow_region")
def test_regions_of_random_maps(student, reference, rng):
    """Random maps, from a seed in the middle that is high."""
    for shape in ((7, 9), (12, 5), (1, 8), (6, 1)):
        heights = randn(rng, *shape, dtype=DOUBLE)
        heights[shape[0] // 2, shape[1] // 2] = 5.0
        assert_grown(student, reference, heights, (shape[0] // 2, shape[1] // 2), -0.25)


contract(
    "grow_region",
    inputs=lambda rng, H=4, W=5, dtype=DOUBLE: (
        randn(rng, H, W, dtype=dtype).index_fill(1, torch.tensor([2]), 4.0),
        (1, 2),
        -0.25,
    ),
    square={"H": 5, "W": 5},
    one="",
    digits=False,
    device=False,
)


# segment_from_saliency


def assert_segmented(student, reference, saliency, size, quantile, what="the mask"):
    """Compare masks."""
    call = torch.as_tensor(saliency, dtype=DOUBLE), size, quantile
    came, expected = (door.segment_from_saliency(*call) for door in (student, reference))
    assert_equal(came, expected, what=what)


def hill(height, width, row, column):
    """Return a map that falls in all directions from one place, no two of its values the same."""
    rows, columns = torch.arange(height)[:, None] - row, torch.arange(width) - column
    return 9.0 - (rows**2 + 1.3 * columns**2).sqrt() + 0.01 * torch.arange(height * width).reshape(height, width)


@exercise("segment_from_saliency")
def test_one_hill_above_a_quantile(student, reference):
    """Nothing is smoothed, and there is one region without a hole."""
    for quantile in (0.8, 0.55):
        assert_segmented(student, reference, hill(5, 7, 1, 4)[None], (1, 1), quantile)


@exercise("segment_from_saliency")
def test_two_hills_and_the_higher_is_kept(student, reference):
    """A higher hill and a broader one, apart."""
    line = torch.tensor([0.1, 0.2, 6.0, 0.3, 0.4, 4.1, 4.2, 4.3, 0.5])
    field = torch.stack([line, line + 0.03, torch.linspace(0, 0.05, 9)]).double()
    assert_segmented(student, reference, field[None], (1, 1), 0.6)
    assert_segmented(student, reference, field.T[None], (1, 1), 0.6)


@exercise("segment_from_saliency")
def test_each_map_has_its_own_threshold(student, reference):
    """A faint map beside a strong one."""
    pair = torch.stack([hill(5, 7, 1, 4), 100 * hill(5, 7, 3, 1), 0.01 * hill(5, 7, 2, 6)])
    assert_segmented(student, reference, pair, (1, 1), 0.75, what="the masks")


@exercise("segment_from_saliency")
def test_it_is_smoothed_first(student, reference, rng):
    """Windows that aren't square, and a map of noise with a hill."""
    for size in ((3, 3), (1, 5), (5, 3)):
        field = hill(9, 11, 4, 6) + 0.8 * randn(rng, 9, 11, dtype=DOUBLE)
        assert_segmented(student, reference, field[None], size, 0.7)


@exercise("segment_from_saliency")
def test_edges_are_not_darkened_by_smoothing(student, reference):
    """A hill whose top is in a corner: there the mean is over fewer pixels."""
    for row, column in ((0, 0), (7, 9)):
        field = 20 + hill(8, 10, row, column)
        assert_segmented(student, reference, field[None], (3, 5), 0.8)


@exercise("segment_from_saliency")
def test_the_highest_pixel_is_that_of_the_smoothed_map(student, reference):
    """One bright speck, and a broad hill elsewhere, which is higher once smoothed."""
    field = 0.1 * hill(9, 12, 6, 8)
    field[4:8, 6:11] += 5
    field[1, 1] = 17
    assert_segmented(student, reference, field[None], (3, 3), 0.7)


@exercise("segment_from_saliency")
def test_holes_are_filled(student, reference):
    """A ring around a low middle, a bay that opens to the outside, and two that end at an edge of the map."""
    ring = torch.zeros(9, 11, dtype=DOUBLE)
    ring[2:7, 3:9], ring[3:6, 4:8], ring[4, 8] = 5, 0, 4.5
    bay = ring.clone()
    bay[3, 8] = 0
    shore = torch.zeros(9, 11, dtype=DOUBLE)
    shore[0:4, 2:8], shore[0:3, 3:7] = 5, 0
    side = torch.zeros(9, 11, dtype=DOUBLE)
    side[1:7, 0:4], side[2:6, 0:3] = 5, 0
    for field in (ring, bay, shore, side):
        field = field + 0.001 * torch.arange(99.0, dtype=DOUBLE).reshape(9, 11)
        assert_segmented(student, reference, field[None], (1, 1), 0.75)


@exercise("segment_from_saliency")
def test_a_hole_with_a_crack_at_a_corner_is_a_hole(student, reference):
    """The ground meets the inside at a corner only, which is no way in. An island inside is filled over."""
    field = torch.zeros(9, 9, dtype=DOUBLE)
    field[1:8, 1:8], field[2:7, 2:7], field[1, 1], field[4, 4] = 5, 0, 0, 5
    field[2, 2], field[2, 3], field[3, 2] = 0, 5, 5
    field = field + 0.001 * torch.arange(81.0, dtype=DOUBLE).reshape(9, 9)
    field[4, 7] += 2
    assert_segmented(student, reference, field[None], (1, 1), 0.605)


@exercise("segment_from_saliency")
def test_what_equals_the_quantile_is_no_candidate(student, reference):
    """A line of whole numbers, of which the middle one is the quantile itself."""
    assert_segmented(student, reference, [[[4, 5, 6, 7, 8, 3, 2, 1, 0]]], (1, 1), 0.5)
    assert_segmented(student, reference, [[[0], [2], [8], [4], [6]]], (1, 1), 0.5)


@exercise("segment_from_saliency")
def test_a_region_inside_another(student, reference):
    """The highest pixel stands on an island, and a ring lies around it: the ring is another region."""
    field = torch.zeros(9, 10, dtype=DOUBLE)
    field[1:8, 1:9], field[2:7, 2:8], field[4, 4:6] = 5, 0, 7
    field = field + 0.001 * torch.arange(90.0, dtype=DOUBLE).reshape(9, 10)
    assert_segmented(student, reference, field[None], (1, 1), 0.68)


@exercise("segment_from_saliency", costs=0.5)
def test_where_no_pixel_is_above_there_is_no_mask(student, reference):
    """A quantile of 1, and a map that is the same everywhere."""
    maps = torch.stack([hill(5, 7, 1, 4).double(), torch.full((5, 7), 2.0, dtype=DOUBLE)])
    assert_segmented(student, reference, maps, (3, 3), 1.0, what="the masks")
    assert_segmented(student, reference, maps[1:], (1, 1), 0.5)


contract(
    "segment_from_saliency",
    inputs=lambda rng, N=2, H=8, W=9, dtype=DOUBLE: (
        hill(H, W, H // 2, W // 3).to(dtype) + 0.7 * randn(rng, N, H, W, dtype=dtype),
    ),
    settings={"size": (1, 5), "quantile": 0.6},
    square={"N": 7, "H": 7, "W": 7},
    digits=False,
    device=False,
)
