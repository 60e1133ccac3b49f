"""Checks of the notebook on looking inside: filters, maps, neighbours, places of features, patches."""

import torch

from autograder.authoring import (
    assert_close,
    assert_equal,
    assert_parts,
    contract,
    exercise,
    limit_intermediates,
    randn,
)

DOUBLE = torch.float64
SAME_MEMORY = "writes_every_answer_into_the_same_memory"


# filter_grid


@exercise("filter_grid")
def test_one_filter_is_stretched_from_its_smallest_to_its_largest_weight(student, reference):
    """A single filter of one channel: -1, 0 and 3 become 0, 0.25 and 1, with a line around."""
    weights = torch.tensor([[[[-1.0, 0.0, 3.0], [1.0, 2.0, -0.5]]]], dtype=DOUBLE)
    assert_close(student.filter_grid(weights), reference.filter_grid(weights), what="the picture")


@exercise("filter_grid")
def test_each_filter_is_stretched_on_its_own_over_all_its_channels(student, reference):
    """Two filters of two channels: one of large weights, one of small; a channel's own range says nothing."""
    weights = torch.tensor([[[[-2.0, 6.0]], [[0.0, 2.0]]], [[[0.1, 0.2]], [[0.4, 0.5]]]], dtype=DOUBLE)
    call = weights, 2, 0
    assert_close(student.filter_grid(*call), reference.filter_grid(*call), what="the picture")


@exercise("filter_grid")
def test_filters_stand_in_rows_with_background_between_and_around(student, reference, rng):
    """Row by row, padding between two and at the edge, and empty places at the end."""
    for num, cols, padding in ((6, 3, 1), (5, 2, 2), (7, 3, 0)):
        weights = randn(rng, num, 2, 1, 3, dtype=DOUBLE)
        call = weights, cols, padding, 0.75
        assert_close(student.filter_grid(*call), reference.filter_grid(*call), what="the picture")


@exercise("filter_grid")
def test_fewer_filters_than_columns_make_one_narrow_row(student, reference, rng):
    """Three filters and eight columns: the picture is three filters wide."""
    weights = randn(rng, 3, 2, 3, 2, dtype=DOUBLE)
    assert_close(student.filter_grid(weights), reference.filter_grid(weights), what="the picture")


@exercise("filter_grid", costs=0.5)
def test_a_constant_filter_is_mid_grey(student, reference):
    """A filter of equal weights beside one that isn't constant: 0.5, whatever they are."""
    for value in (0.0, -3.0, 0.7):
        weights = torch.tensor([[[[1.0, 2.0]]], [[[value, value]]]], dtype=DOUBLE)
        assert_close(student.filter_grid(weights), reference.filter_grid(weights), what="the picture")


@exercise("filter_grid", costs=0.5)
def test_tiny_weights_are_stretched_as_well(student, reference):
    """A filter of a span of 1e-12 goes from 0 to 1 too."""
    weights = torch.tensor([[[[1e-12, 2e-12, 1.25e-12]]]], dtype=DOUBLE)
    assert_close(student.filter_grid(weights), reference.filter_grid(weights), what="the picture")


def of_a_layer(ns, weights):
    """Probe: the picture of a layer's own parameter, and whether it requires a gradient."""
    layer = nn.Conv2d(2, 3, (2, 3)).double()  # noqa: F821
    layer.weight.data.copy_(weights)
    grid = ns.filter_grid(layer.weight)
    return grid.requires_grad, grid.detach(), torch.equal(layer.weight.data, weights)


@exercise("filter_grid", costs=0.5)
def test_a_layer_s_own_weights_can_be_shown(student, reference, rng):
    """A parameter that requires a gradient: the picture doesn't, and the parameter keeps its numbers."""
    weights = randn(rng, 3, 2, 2, 3, dtype=DOUBLE)
    came, expected = (door.run(of_a_layer, weights) for door in (student, reference))
    assert_equal(came[0], expected[0], what="whether the picture requires a gradient")
    assert_close(came[1], expected[1], what="the picture")
    assert_equal(came[2], expected[2], what="whether the weights are as before")


contract(
    "filter_grid",
    inputs=lambda rng, N=4, C=3, H=1, W=2, dtype=DOUBLE: (randn(rng, N, C, H, W, dtype=dtype),),
    settings={"cols": 3, "padding": 2, "background": 0.7},
    one="NCHW",
)


# activation_maps


def kept(ns, x, names, kind):
    """Probe: the maps of a small network, in the order that they come in."""
    from torch import nn

    from autograder.authoring.filled import fill

    class Shared(nn.Module):
        """A layer that is called twice, one that is called by two names, and one that nobody calls."""

        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)
            self.twin = self.conv
            self.act = nn.ReLU6()
            self.idle = nn.Conv2d(3, 3, 1)

        def forward(self, x):
            return self.act(self.conv(self.act(4 * x) - 1))

    model = {
        "plain": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.BatchNorm2d(4), nn.Tanh()), nn.Flatten()),
        "in place": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU6(inplace=True), nn.Hardtanh(0.2, 0.5, True)),
        "first in place": lambda: nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(3, 2, 1)),
        "modes": lambda: nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4), nn.Dropout(1.0), nn.Flatten()),
        "shared": Shared,
    }[kind]()
    fill(model, 3)
    model.to(x.dtype).train()
    before = x.clone()
    maps = ns.activation_maps(model, x, names)
    if not isinstance(maps, dict):
        return f"no dict but {type(maps).__name__}", [], True
    return list(maps), [[value.requires_grad, value.detach()] for value in maps.values()], torch.equal(x, before)


def assert_kept(student, reference, x, names, kind):
    """First the names, then each map."""
    came, expected = (door.run(kept, x, names, kind) for door in (student, reference))
    assert_equal(came[0], expected[0], what="the names")
    for name, own, right in zip(names, came[1], expected[1], strict=True):
        assert_close(own[1], right[1], what=f"the output of {name!r}")
    for name, own, right in zip(names, came[1], expected[1], strict=True):
        assert_equal(own[0], right[0], what=f"whether the output of {name!r} requires a gradient")
    assert_equal(came[2], expected[2], what="whether x is as before")


@exercise("activation_maps")
def test_one_layer_is_kept(student, reference, rng):
    """One name, of a layer that nothing changes afterwards."""
    assert_kept(student, reference, randn(rng, 2, 3, 3, 4, dtype=DOUBLE), ["0"], "plain")


@exercise("activation_maps")
def test_several_layers_are_kept_each_under_its_own_name(student, reference, rng):
    """Also one inside another, and the network itself; in the order in which they are asked for."""
    assert_kept(student, reference, randn(rng, 2, 3, 3, 4, dtype=DOUBLE), ["1.1", "0", "", "1", "1.0"], "plain")


@exercise("activation_maps")
def test_outputs_are_kept_as_they_were_before_a_layer_in_place(student, reference, rng):
    """A convolution before a ReLU6 in place, and that before another."""
    assert_kept(student, reference, randn(rng, 2, 3, 3, 4, dtype=DOUBLE, scale=3.0), ["0", "1", "2"], "in place")


@exercise("activation_maps", costs=0.5)
def test_x_stays_where_the_first_layer_works_in_place(student, reference, rng):
    """The first layer would write into x."""
    assert_kept(student, reference, randn(rng, 2, 3, 3, 4, dtype=DOUBLE), ["0", "1"], "first in place")


@exercise("activation_maps")
def test_the_network_runs_in_evaluation_mode(student, reference, rng):
    """A batch norm with running statistics, and a dropout of 1 that lets nothing pass in training."""
    assert_kept(student, reference, randn(rng, 2, 3, 1, 3, dtype=DOUBLE), ["1", "2", "3"], "modes")


@exercise("activation_maps", costs=0.5)
def test_a_layer_that_is_called_twice_gives_its_last_output(student, reference, rng):
    """The same activation stands at two places of the network."""
    assert_kept(student, reference, randn(rng, 1, 3, 2, 3, dtype=DOUBLE), ["act", "conv"], "shared")


@exercise("activation_maps", costs=0.25)
def test_a_module_with_two_names_is_found_by_both(student, reference, rng):
    """One convolution is an attribute twice."""
    for names in (["twin"], ["twin", "conv"]):
        assert_kept(student, reference, randn(rng, 1, 3, 2, 3, dtype=DOUBLE), names, "shared")


def left_behind(ns, x, names, kind):
    """Probe: how a call ended, and what is left of it in a network that somebody else watches, too."""
    from torch import nn

    from autograder.authoring.filled import fill

    class Breaks(nn.Module):
        def forward(self, x):
            raise RuntimeError("this layer always fails")

    end = Breaks() if kind == "raises" else nn.Flatten()
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.BatchNorm2d(4), nn.Dropout(0.5)), end, nn.Flatten())
    model.idle = nn.Conv2d(4, 4, 1)
    fill(model, 3)
    model.double().train()
    model[1][0].eval()
    model.idle.eval()
    model[0].weight.requires_grad_(False)
    model[0].bias.grad = torch.ones_like(model[0].bias)
    model.forward = nn.Sequential(*list(model)[:-1]).forward
    calls = []
    model[0].register_forward_hook(lambda *_: calls.append("theirs"))
    hooks = [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()]
    modes = [module.training for module in model.modules()]
    learns = [value.requires_grad for value in model.parameters()]
    numbers = [value.clone() for value in model.state_dict().values()]
    enabled = torch.is_grad_enabled()
    try:
        ns.activation_maps(model, x, names)
        said = "no exception"
    except KeyError:
        said = "KeyError"
    except Exception as problem:
        said = type(problem).__name__
    grads = [None if value.grad is None else float(value.grad.sum()) for value in model.parameters()]
    return {
        "how the call ends": said,
        "the number of hooks on each module afterwards": [
            hooks,
            [len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules()],
        ],
        "the mode of each module before and afterwards": [modes, [module.training for module in model.modules()]],
        "which parameters require a gradient": [learns, [value.requires_grad for value in model.parameters()]],
        "the gradients": grads,
        "whether the numbers are as before": all(
            torch.equal(old, now) for old, now in zip(numbers, model.state_dict().values(), strict=True)
        ),
        "whether gradients are computed afterwards": torch.is_grad_enabled() == enabled,
        "how often the network runs": len(calls),
    }


def assert_left(student, reference, x, names, kind, *which):
    """Compare some of what is left."""
    came, expected = (door.run(left_behind, x, names, kind) for door in (student, reference))
    for what in which or expected:
        assert_equal(came[what], expected[what], what=what)


HOOKS, MODES = "the number of hooks on each module afterwards", "the mode of each module before and afterwards"
ENDS, RUNS = "how the call ends", "how often the network runs"
SWITCHES = ("which parameters require a gradient", "the gradients", "whether gradients are computed afterwards")


@exercise("activation_maps")
def test_hooks_are_gone_and_those_of_others_stay(student, reference, rng):
    """A hook of somebody else's is on the first layer."""
    assert_left(student, reference, randn(rng, 2, 3, 4, 5, dtype=DOUBLE), ["0", "1.0", "3"], "plain", HOOKS)


@exercise("activation_maps")
def test_each_module_gets_its_own_mode_back(student, reference, rng):
    """A network in training mode with one batch norm, and one idle layer, in evaluation mode."""
    assert_left(student, reference, randn(rng, 2, 3, 4, 5, dtype=DOUBLE), ["0"], "plain", MODES)


@exercise("activation_maps")
def test_requires_grad_and_grad_stay(student, reference, rng):
    """Some parameters learn and some don't; one has a gradient from before."""
    assert_left(student, reference, randn(rng, 2, 3, 4, 5, dtype=DOUBLE), ["0"], "plain", *SWITCHES)


@exercise("activation_maps", costs=0.5)
def test_the_network_runs_once_and_keeps_its_numbers(student, reference, rng):
    """One forward pass for all names."""
    call = randn(rng, 2, 3, 4, 5, dtype=DOUBLE), ["0", "1.0", "3"], "plain"
    assert_left(student, reference, *call, RUNS, "whether the numbers are as before")


@exercise("activation_maps", costs=0.5)
def test_hooks_are_gone_also_where_the_network_raises(student, reference, rng):
    """A layer fails on the way."""
    assert_left(student, reference, randn(rng, 2, 3, 4, 5, dtype=DOUBLE), ["0", "1"], "raises", HOOKS)


@exercise("activation_maps", costs=0.5)
def test_modes_are_as_before_also_where_the_network_raises(student, reference, rng):
    """A layer fails on the way, and what it raises goes on."""
    call = randn(rng, 2, 3, 4, 5, dtype=DOUBLE), ["0", "1"], "raises"
    assert_left(student, reference, *call, MODES, ENDS, *SWITCHES)


@exercise("activation_maps", costs=0.25)
def test_a_name_that_no_module_has_is_a_key_error(student, reference, rng):
    """The name comes last, behind good ones."""
    assert_left(student, reference, randn(rng, 2, 3, 4, 5, dtype=DOUBLE), ["0", "1.7"], "plain", ENDS)


@exercise("activation_maps", costs=0.25)
def test_nothing_is_left_after_a_name_that_no_module_has(student, reference, rng):
    """Hooks and modes are as before."""
    assert_left(student, reference, randn(rng, 2, 3, 4, 5, dtype=DOUBLE), ["0", "1.7"], "plain", HOOKS, MODES)


@exercise("activation_maps", costs=0.25)
def test_a_layer_that_is_not_called_is_a_key_error(student, reference, rng):
    """There is a module of that name, but the forward pass passes it by."""
    assert_left(student, reference, randn(rng, 2, 3, 4, 5, dtype=DOUBLE), ["idle"], "plain", ENDS, HOOKS, MODES)


def use_activation_maps(ns, x):
    """Return the maps of two layers of a small network."""
    from torch import nn

    from autograder.authoring.filled import fill

    with torch.random.fork_rng(devices=[]):
        model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU6(inplace=True), nn.Flatten())
    fill(model, 1)
    model.to(x.dtype)
    return ns.activation_maps(model, x, ["0", "2"])


contract(
    "activation_maps",
    inputs=lambda rng, N=2, H=3, W=4, dtype=DOUBLE: (randn(rng, N, 3, H, W, dtype=dtype),),
    use=use_activation_maps,
    pure=False,
    strides=False,
    device=False,
    square={"H": 3, "W": 3, "N": 3},
)


# nearest_neighbors_in_feature_space


near = "nearest_neighbors_in_feature_space"


def assert_near(student, reference, *args, **settings):
    """The indices agree."""
    came, expected = (getattr(door, near)(*args, **settings) for door in (student, reference))
    assert_equal(came, expected, what="the indices")


def turned(values):
    """Return points on a circle, at these degrees, with these lengths."""
    angle, length = torch.tensor(values, dtype=DOUBLE).T
    return torch.stack([length * torch.deg2rad(angle).cos(), length * torch.deg2rad(angle).sin()], dim=1)


QUERIES = turned([[10.0, 2.0], [85.0, 1.0], [200.0, 3.0]])
GALLERY = turned([[14.0, 9.0], [30.0, 2.1], [95.0, 6.0], [79.0, 1.2], [170.0, 2.8], [230.0, 0.1], [205.0, 8.0]])


@exercise(near)
def test_the_nearest_by_euclidean_distance_come_first(student, reference):
    """Rows are features; the nearest first."""
    assert_near(student, reference, QUERIES, GALLERY, 4)


@exercise(near)
def test_by_cosine_lengths_do_not_count(student, reference):
    """The same points, by their angles."""
    assert_near(student, reference, QUERIES, GALLERY, 5, metric="cosine")


@exercise(near)
def test_opposite_directions_are_farthest_by_cosine(student, reference):
    """All of the gallery, up to those that point the other way."""
    points = turned([[180.0, 5.0], [90.0, 1.0], [0.0, 3.0], [60.0, 2.0], [130.0, 4.0]])
    assert_near(student, reference, turned([[5.0, 1.0]]), points, 5, metric="cosine")


@exercise(near)
def test_of_equal_ones_the_lower_index_comes_first(student, reference):
    """A gallery of copies."""
    for metric in ("euclidean", "cosine"):
        points = torch.tensor([[0.0, 2.0], [1.0, 0.0], [0.0, 2.0], [1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 2.0]])
        points = torch.cat([points, points, points]).double()
        asked = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=DOUBLE)
        for k in (2, 5, 17):
            assert_near(student, reference, asked, points, k, metric=metric)


@exercise(near, costs=0.5)
def test_a_vector_of_zeros_has_no_direction(student, reference):
    """By cosine it lies between those in front and those behind; and to it, as a query, all are equal."""
    points = torch.tensor([[-1.0, 0.5], [0.0, 0.0], [2.0, 1.0], [-3.0, 0.0]], dtype=DOUBLE)
    asked = torch.tensor([[1.0, 0.0], [0.0, 0.0]], dtype=DOUBLE)
    assert_near(student, reference, asked[:1], points, 4, metric="cosine")
    assert_near(student, reference, asked, points, 3, metric="cosine")


@exercise(near)
def test_images_are_rows_when_there_is_no_network(student, reference, rng):
    """Features of any shape are flattened."""
    for metric in ("euclidean", "cosine"):
        queries, gallery = randn(rng, 2, 3, 2, 4, dtype=DOUBLE), randn(rng, 6, 3, 2, 4, dtype=DOUBLE)
        assert_near(student, reference, queries, gallery, 3, metric=metric)


def by_network(ns, queries, gallery, k, settings, kind=""):
    """Probe: the neighbours by a small network, and how many images it saw at once."""
    from torch import nn

    from autograder.authoring.filled import fill

    seen = []

    class Counts(nn.Module):
        def forward(self, x):
            seen.append(len(x))
            if len(x) == 0:
                raise ValueError("an empty batch")
            return x

    model = nn.Sequential(
        Counts(), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Dropout(0.9), nn.Conv2d(4, 2, 2)
    )
    fill(model, 5)
    model.to(queries.dtype).train()
    model[2].eval()
    modes = [module.training for module in model.modules()]
    numbers = [value.clone() for value in model.state_dict().values()]
    if "parameter" in kind:
        model[1].bias.requires_grad_(False)
    learns = [value.requires_grad for value in model.parameters()]
    found = ns.nearest_neighbors_in_feature_space(queries, gallery, k, model, **settings)
    same = all(torch.equal(old, now) for old, now in zip(numbers, model.state_dict().values(), strict=True))
    return (
        found,
        [max(seen, default=0), sum(seen)],
        [
            modes == [module.training for module in model.modules()],
            same,
            learns == [value.requires_grad for value in model.parameters()],
            sum(len(module._forward_hooks) for module in model.modules()),
        ],
    )


def drawn_images(rng, num_queries=3, num=7):
    """Return queries and a gallery of small colour images."""
    return randn(rng, num_queries, 3, 4, 5, dtype=DOUBLE), randn(rng, num, 3, 4, 5, dtype=DOUBLE)


@exercise(near)
def test_a_network_makes_the_features(student, reference, rng):
    """The output, or that of a layer; in evaluation mode."""
    for layer in (None, "2", "1"):
        asked = *drawn_images(rng), 4, {"layer": layer}
        came, expected = (door.run(by_network, *asked) for door in (student, reference))
        assert_equal(came[0], expected[0], what="the indices")


@exercise(near)
def test_by_cosine_of_a_network_s_features(student, reference, rng):
    """Both settings together."""
    asked = *drawn_images(rng), 7, {"layer": "1", "metric": "cosine"}
    came, expected = (door.run(by_network, *asked) for door in (student, reference))
    assert_equal(came[0], expected[0], what="the indices")


@exercise(near, costs=0.5)
def test_images_go_through_in_batches(student, reference, rng):
    """No more at once than allowed, the rest in a shorter batch, and each image once."""
    for batch_size in (1, 3, 4):
        asked = *drawn_images(rng, 3, 8), 2, {"batch_size": batch_size}
        came, expected = (door.run(by_network, *asked) for door in (student, reference))
        assert_equal(came[0], expected[0], what="the indices")
        assert came[1][0] <= batch_size, f"The network sees {came[1][0]} images at once, batch_size is {batch_size}."
        assert_equal(came[1][1], expected[1][1], what="how many images the network sees in all")


@exercise(near, costs=0.5)
def test_the_network_stays_as_it_was(student, reference, rng):
    """Modes, numbers, what learns, and no hook left."""
    asked = *drawn_images(rng), 2, {"layer": "3"}, "parameter"
    came, expected = (door.run(by_network, *asked)[2] for door in (student, reference))
    for own, right, what in zip(
        came,
        expected,
        (
            "whether the modes are as before",
            "whether the numbers are as before",
            "whether requires_grad is as before",
            "the number of hooks left",
        ),
        strict=True,
    ):
        assert_equal(own, right, what=what)


def refuses(ns, queries, gallery, k, metric):
    """Probe: how a call is refused."""
    try:
        ns.nearest_neighbors_in_feature_space(queries, gallery, k, metric=metric)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "no exception"


@exercise(near, costs=0.25)
def test_other_numbers_and_metrics_are_refused(student, reference):
    """k of 0, or more than there are; a metric that is none."""
    for k, metric in ((0, "euclidean"), (8, "cosine"), (2, "cosinus"), (2, "")):
        came, expected = (door.run(refuses, QUERIES, GALLERY, k, metric) for door in (student, reference))
        assert_equal(came, expected, what=f"the response to k={k}, metric={metric!r}")


def told_apart(rng, Q=3, N=5, D=4, dtype=DOUBLE):
    """Return queries and a gallery: the first query's own direction, far away, stands first, and a near point last."""
    queries, gallery = randn(rng, Q, D, dtype=DOUBLE), randn(rng, N, D, dtype=DOUBLE)
    aside = gallery[-1] * queries[0].norm() / gallery[-1].norm()
    gallery[-1] = queries[0] + 0.3 * aside
    gallery[0] = 10 * queries[0]
    return queries.to(dtype), gallery.to(dtype), 1


contract(
    near,
    inputs=told_apart,
    settings={"metric": "cosine"},
    also=[{"metric": "euclidean"}],
    digits=False,
    one="QN",
)


# embed_features


def spread_out(rng, num, dims, dtype=DOUBLE):
    """Return a cloud whose directions differ clearly in width, away from the origin.

    The largest entry of each direction is clear as well.
    """
    count = min(num - 1, dims)
    basis, _ = torch.linalg.qr(randn(rng, dims, count, dtype=DOUBLE))
    directions = basis.T
    ends, _ = torch.linalg.qr(
        torch.cat([torch.ones(num, 1, dtype=DOUBLE), randn(rng, num, count, dtype=DOUBLE)], dim=1)
    )
    widths = 6.0 * 0.6 ** torch.arange(count, dtype=DOUBLE)
    return ((ends[:, 1:] * widths) @ directions + torch.linspace(1.0, 3.0, dims, dtype=DOUBLE)).to(dtype)


def assert_placed(student, reference, *args, **settings):
    """Places, then shares."""
    came, expected = (door.embed_features(*args, **settings) for door in (student, reference))
    assert_parts(came, expected, "places", "shares")


@exercise("embed_features")
def test_points_on_a_line_are_placed_along_it(student, reference):
    """Three points from the text: -2.83, 0 and 2.83, and a share of 1."""
    x = torch.tensor([[1.0, 1.0], [3.0, 3.0], [5.0, 5.0]], dtype=DOUBLE)
    assert_placed(student, reference, x, 1)


@exercise("embed_features")
def test_the_entry_of_largest_magnitude_is_positive(student, reference):
    """A direction whose first entry is small, and whose entries sum to less than zero in one of its two signs."""
    for first in (1.0, -1.0):
        along = torch.tensor([-0.2, -0.3, 0.9, -0.5, -0.4], dtype=DOUBLE) * first
        x = torch.tensor([-1.0, 0.5, 3.0, -4.0], dtype=DOUBLE)[:, None] * along + 1.0
        assert_placed(student, reference, x, 1)


@exercise("embed_features")
def test_clouds_are_placed_as_by_the_reference(student, reference, rng):
    """More points than dimensions, fewer, and all directions."""
    for num, dims, num_dims in ((8, 3, 2), (5, 9, 3), (7, 4, 4)):
        assert_placed(student, reference, spread_out(rng, num, dims), num_dims)


@exercise("embed_features")
def test_others_are_placed_on_the_axes_of_x(student, reference, rng):
    """Others have another mean and another spread, which say nothing; and a single one is placed as well."""
    x = spread_out(rng, 7, 5)
    others = randn(rng, 4, 5, dtype=DOUBLE, scale=5.0, shift=-2.0)
    assert_placed(student, reference, x, 2, others)
    assert_placed(student, reference, x, 3, others[1:2])


@exercise("embed_features")
def test_shares_are_of_the_whole_spread(student, reference, rng):
    """Two directions of four: the shares don't add up to 1."""
    x = spread_out(rng, 6, 4)
    came, expected = (door.embed_features(x, 2)[1] for door in (student, reference))
    assert_close(came, expected, what="the shares")


@exercise("embed_features", costs=0.25)
def test_no_table_of_dimension_by_dimension_is_made(student, rng):
    """Six points of 300 dimensions: 1,800 numbers, not 90,000."""
    limit_intermediates(student, "embed_features", spread_out(rng, 6, 300), largest=12_000)


def use_embed_features(ns, x, others, **settings):
    """Place others on the axes of x."""
    return ns.embed_features(x, others=others, **settings)


contract(
    "embed_features",
    inputs=lambda rng, N=6, D=4, M=3, dtype=DOUBLE: (spread_out(rng, N, D, dtype), randn(rng, M, D, dtype=dtype)),
    use=use_embed_features,
    settings={"num_dims": 3},
    also=[lambda rng, N=6, D=4, M=3, dtype=DOUBLE: (spread_out(rng, N, D, dtype), None)],
    one="M",
    tolerances={torch.float32: {"rtol": 1e-3, "atol": 1e-4}},
    forbids=["pca_lowrank", "PCA"],
    instead="decompose the centred points with torch.linalg.svd",
)


# neighbor_probabilities


def assert_p(student, reference, *args, **settings):
    """The table agrees."""
    came, expected = (door.neighbor_probabilities(*args, **settings) for door in (student, reference))
    assert_close(came, expected, what="p")


LINE = torch.tensor([[0.0], [1.0], [3.0]], dtype=DOUBLE)


@exercise("neighbor_probabilities")
def test_three_points_on_a_line(student, reference):
    """The points of the text, with a perplexity of 1.5."""
    assert_p(student, reference, LINE, 1.5)


def cloud(rng, num=8, dims=3, dtype=DOUBLE, scale=1.0):
    """Return points whose distances differ clearly: a drawn cloud that gets wider from point to point."""
    return (randn(rng, num, dims, dtype=DOUBLE) * torch.linspace(0.5, 4.0, num, dtype=DOUBLE)[:, None] * scale).to(
        dtype
    )


@exercise("neighbor_probabilities")
def test_each_row_has_the_perplexity_asked_for(student, reference, rng):
    """Eight points, few neighbours and many."""
    for perplexity in (1.3, 3.0, 5.5):
        assert_p(student, reference, cloud(rng), perplexity)


@exercise("neighbor_probabilities")
def test_dense_and_lonely_points_get_bandwidths_of_their_own(student, reference):
    """Three points close together, three ten times as wide, and one far off."""
    x = torch.tensor([[0.0], [0.1], [0.25], [4.0], [5.0], [7.0], [30.0]], dtype=DOUBLE)
    assert_p(student, reference, x, 2.0)


@exercise("neighbor_probabilities", costs=0.5)
def test_the_scale_does_not_matter(student, reference, rng):
    """Points ten thousand apart, and a ten-thousandth."""
    for scale in (1e4, 1e-4):
        assert_p(student, reference, cloud(rng, 7, 2, scale=scale), 2.5)


@exercise("neighbor_probabilities", costs=0.5)
def test_a_point_far_away_from_all_others_keeps_its_neighbours(student, reference, rng):
    """Its own distances are all large, and in the others' rows it has no weight."""
    x = cloud(rng, 7, 2)
    x[3] += 1e4
    assert_p(student, reference, x, 2.5)


@exercise("neighbor_probabilities", costs=0.5)
def test_two_copies_are_two_points(student, reference, rng):
    """A distance of zero to another point is a distance like any other."""
    x = cloud(rng, 7, 2)
    x[5] = x[2]
    assert_p(student, reference, x, 2.5)


def refuses_perplexity(ns, x, perplexity):
    """Probe: how a call is refused."""
    try:
        ns.neighbor_probabilities(x, perplexity)
    except Exception as problem:
        return "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    return "no exception"


@exercise("neighbor_probabilities", costs=0.25)
def test_a_perplexity_that_cannot_be_reached_is_refused(student, reference):
    """Among three points: 1 or less, 2 and more."""
    for perplexity in (1.0, 0.5, 2.0, 3.0, 30.0):
        came, expected = (door.run(refuses_perplexity, LINE, perplexity) for door in (student, reference))
        assert_equal(came, expected, what=f"the response to a perplexity of {perplexity}")


def by_default(ns, x):
    """Probe: the sums of the columns without a perplexity."""
    return ns.neighbor_probabilities(x).sum(dim=0)


@exercise("neighbor_probabilities", costs=0.5)
def test_thirty_is_the_default(student, reference, rng):
    """Thirty-four points in the plane, asked without a perplexity."""
    x = cloud(rng, 34, 2)
    came, expected = (door.run(by_default, x) for door in (student, reference))
    assert_close(came, expected, what="the sums of the columns of p")


contract(
    "neighbor_probabilities",
    inputs=lambda rng, N=7, D=3, dtype=DOUBLE: (cloud(rng, N, D, dtype), 3.0),
    square={"N": 7, "D": 7},
    one="D",
    digits=False,
    tolerances={torch.float32: {"rtol": 1e-3, "atol": 1e-6}},
    forbids=["sklearn"],
    instead="bisect for each point's bandwidth yourself",
)


# maximally_activating_patches

STACK = [[3, 2, 1], [3, 1, 1]]
NAMES_OF_PARTS = ("values", "places", "boxes")


def excited(ns, maps, channel, k, layers, size, settings):
    """Probe: the patches, with the layers as tuples."""
    return ns.maximally_activating_patches(
        maps, channel, k, [tuple(layer) for layer in layers], tuple(size), **settings
    )


def assert_excited(student, reference, maps, channel, k, layers, size, **settings):
    """Values, places, boxes: in that order."""
    asked = maps, channel, k, layers, size, settings
    came, expected = (door.run(excited, *asked) for door in (student, reference))
    assert_parts(came, expected, *NAMES_OF_PARTS)


def peaks(shape, **at):
    """Return maps of small numbers with single large ones: peaks(shape, n1c2y0x1=5.0)."""
    maps = torch.linspace(-0.5, 0.5, torch.Size(shape).numel(), dtype=DOUBLE).reshape(shape)
    for place, value in at.items():
        image, channel, row, column = (int(place[index]) for index in (1, 3, 5, 7))
        maps[image, channel, row, column] = value
    return maps


@exercise("maximally_activating_patches")
def test_the_largest_places_of_a_channel_come_first(student, reference):
    """Other channels have larger values; the map is the image, so a box is a pixel."""
    maps = peaks((3, 2, 4, 5), n1c1y2x3=5.0, n0c1y3x0=7.0, n2c1y0x4=6.0, n1c0y1x1=9.0, n2c0y3x2=8.0, n0c1y1x2=-9.0)
    assert_excited(student, reference, maps, 1, 3, [], [4, 5])


@exercise("maximally_activating_patches")
def test_a_layer_s_kernel_widens_the_box(student, reference):
    """One layer of kernel 3 without padding or stride, in the middle and at both ends."""
    maps = peaks((1, 1, 4, 6), n0c0y1x2=5.0, n0c0y0x5=4.0, n0c0y3x0=3.0)
    assert_excited(student, reference, maps, 0, 3, [[3, 1, 0]], [6, 8])


@exercise("maximally_activating_patches")
def test_padding_moves_the_box_and_the_image_s_edge_clips_it(student, reference):
    """Kernel 3, padding 1: at the corners a part of the field lies outside."""
    maps = peaks((1, 1, 4, 6), n0c0y1x2=5.0, n0c0y0x5=4.0, n0c0y3x0=3.0)
    assert_excited(student, reference, maps, 0, 3, [[3, 1, 1]], [4, 6])


@exercise("maximally_activating_patches")
def test_two_layers_are_gone_back_through(student, reference):
    """The layers of the text, on an image that isn't square: 5 to 10 for the last column."""
    maps = peaks((2, 1, 6, 5), n0c0y5x4=5.0, n1c0y2x2=4.0, n1c0y0x1=3.0)
    assert_excited(student, reference, maps, 0, 3, STACK, [12, 10])


@exercise("maximally_activating_patches")
def test_strides_and_padding_of_every_layer_count(student, reference):
    """Three layers of unequal kernels, strides and paddings, in two orders."""
    maps = peaks((2, 3, 5, 4), n0c2y1x2=5.0, n1c2y3x1=4.0, n1c2y4x3=3.0)
    for layers in ([[5, 3, 2], [3, 2, 0], [2, 1, 1]], [[2, 1, 1], [3, 2, 0], [5, 3, 2]]):
        assert_excited(student, reference, maps, 2, 3, layers, [37, 29])


@exercise("maximally_activating_patches")
def test_equal_values_come_in_reading_order(student, reference):
    """Image, row, column: many places hold the same largest value, as after a ReLU6."""
    for k in (2, 7):
        maps = peaks((3, 2, 5, 4)).clamp(max=-0.4)
        for image, row, column in ((2, 0, 0), (0, 3, 1), (0, 1, 3), (1, 4, 0), (0, 3, 0), (1, 0, 2), (2, 4, 3)):
            maps[image, 1, row, column] = 6.0
        assert_excited(student, reference, maps, 1, k, [[3, 1, 1]], [5, 4])


@exercise("maximally_activating_patches")
def test_one_place_for_each_image(student, reference):
    """The three largest lie in one image: of each image its own largest is taken."""
    maps = peaks((3, 1, 3, 4), n1c0y0x1=9.0, n1c0y2x3=8.0, n1c0y1x1=7.0, n2c0y2x0=6.0, n0c0y0x3=3.0, n2c0y0x0=4.0)
    assert_excited(student, reference, maps, 0, 2, [], [3, 4], one_per_image=True)
    assert_excited(student, reference, maps, 0, 3, STACK, [6, 8], one_per_image=True)


@exercise("maximally_activating_patches", costs=0.5)
def test_equal_values_within_an_image_and_between_images(student, reference):
    """One for each image, of those that are equal the first."""
    maps = torch.full((4, 1, 3, 2), -2.0, dtype=DOUBLE)
    for image, row, column in ((0, 2, 0), (0, 1, 1), (1, 0, 1), (1, 2, 0), (3, 1, 0)):
        maps[image, 0, row, column] = 6.0
    assert_excited(student, reference, maps, 0, 4, [], [3, 2], one_per_image=True)


@exercise("maximally_activating_patches", costs=0.5)
def test_more_than_there_are_means_all(student, reference, rng):
    """k is larger than the number of places, or of images."""
    for is_single in (False, True):
        maps = randn(rng, 2, 3, 2, 3, dtype=DOUBLE)
        assert_excited(student, reference, maps, 1, 20, [[2, 1, 0]], [3, 4], one_per_image=is_single)


@exercise("maximally_activating_patches", costs=0.5)
def test_where_all_values_are_negative_the_largest_still_counts(student, reference, rng):
    """Behind a convolution there is no ReLU yet."""
    maps = -1 - randn(rng, 2, 3, 2, 4, dtype=DOUBLE).square()
    for is_single in (False, True):
        assert_excited(student, reference, maps, 0, 2, [[2, 2, 0]], [4, 8], one_per_image=is_single)


def use_patches(ns, maps, **settings):
    """Find two patches of the last channel."""
    return ns.maximally_activating_patches(maps, maps.shape[1] - 1, 2, [(3, 2, 1), (3, 1, 1)], (9, 11), **settings)


def two_in_one(rng, N=2, C=3, H=5, W=6, dtype=DOUBLE):
    """Return maps in which the first image has the two largest values of the last channel."""
    maps = randn(rng, N, C, H, W, dtype=dtype)
    maps[0, -1].view(-1)[-2:] = torch.tensor([9.0, 8.0], dtype=dtype)[: H * W]
    return (maps,)


contract(
    "maximally_activating_patches",
    inputs=two_in_one,
    use=use_patches,
    settings={"one_per_image": True},
    also=[{"one_per_image": False}],
    one="NCHW",
)
