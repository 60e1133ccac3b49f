"""Checks of the notebook on transfer: what learns, a rate for each part, frozen batch norms, fine-tuning."""

import pytest
import torch

from autograder.authoring import assert_close, assert_equal, contract, exercise, integers, randn

DOUBLE = torch.float64
STAGES = ["batch", "pool", "group", "batch"]
# Of answers in float64 that are kept as float32, so that a recording is small
ROUNDED = {"rtol": 1e-6, "atol": 1e-8}
MANY = ["batch", *["group"] * 10, "pool"]  # twelve, the last without parameters


# freeze_backbone


def chosen(ns, stages, calls, is_frozen):
    """Probe: after each call on one network, what was returned and what has requires_grad."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(stages).requires_grad_(not is_frozen)
    for name, value in model.named_parameters():
        if value.ndim == 1:  # as in a new network, where many hold the same numbers
            value.data.fill_(0.0 if name.endswith("bias") else 1.0)
    found = []
    for settings in calls:
        names = ns.freeze_backbone(model, **settings)
        found.append([names, [name for name, value in model.named_parameters() if value.requires_grad]])
    return found


def assert_chosen(student, reference, stages, calls, is_frozen=False):
    """What learns comes before what is said of it."""
    came, expected = (door.run(chosen, stages, calls, is_frozen) for door in (student, reference))
    for settings, own, right in zip(calls, came, expected, strict=True):
        words = ", ".join(f"{name}={value!r}" for name, value in settings.items()) or "no settings"
        assert_equal(own[1], right[1], what=f"the parameters that learn with {words}")
        assert_equal(own[0], right[0], what=f"the names returned with {words}")


@exercise("freeze_backbone")
def test_the_head_alone_learns(student, reference):
    """With way="head", which is the default, what lies outside of features learns and nothing else does."""
    for settings in ({"way": "head"}, {}):
        assert_chosen(student, reference, STAGES, [settings])


@exercise("freeze_backbone")
@pytest.mark.parametrize("last", [1, 2, 3])
def test_so_many_stages_learn_counted_from_the_end(student, reference, last):
    """With way="last" so many stages learn, and a pooling counts as a stage."""
    assert_chosen(student, reference, MANY, [{"way": "last", "last": last}])


@exercise("freeze_backbone")
def test_no_stage_learns_where_none_is_asked_for(student, reference):
    """last=0 is the head alone."""
    assert_chosen(student, reference, STAGES, [{"way": "last", "last": 0}])


@exercise("freeze_backbone")
def test_more_stages_than_there_are_means_all(student, reference):
    """Where last is the number of stages, or more, all of them learn."""
    for last in (4, 5, 9):
        assert_chosen(student, reference, STAGES, [{"way": "last", "last": last}])


@exercise("freeze_backbone")
def test_a_network_that_comes_frozen_is_switched_on(student, reference):
    """What learns has requires_grad True, also where it was False before."""
    for settings in ({"way": "head"}, {"way": "last", "last": 2}, {"way": "all", "last": 1}):
        assert_chosen(student, reference, STAGES, [settings], is_frozen=True)


@exercise("freeze_backbone")
def test_each_call_decides_anew(student, reference):
    """One way after the other on the same network: the earlier ones leave nothing behind."""
    calls = [{"way": "all"}, {"way": "head"}, {"way": "last", "last": 3}, {"way": "last"}, {"way": "all", "last": 0}]
    assert_chosen(student, reference, STAGES, calls)


def grads_left(ns, x, way):
    """Probe: the gradients that are there after a backward pass and a call, and after one more backward pass."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "pool", "group", "batch"]).double()
    model(x).square().sum().backward()
    ns.freeze_backbone(model, way)
    first = {name: value.grad.float() for name, value in model.named_parameters() if value.grad is not None}
    model(x).square().sum().backward()
    return first, {name: value.grad.float() for name, value in model.named_parameters() if value.grad is not None}


@exercise("freeze_backbone")
@pytest.mark.parametrize("way", ["head", "last", "all"])
def test_the_grad_of_what_is_frozen_is_gone_and_that_of_the_rest_stays(student, reference, rng, way):
    """A frozen parameter loses the grad of earlier steps; what learns keeps its own, and gathers more."""
    x = randn(rng, 2, 3, 4, 5, dtype=DOUBLE)
    came, expected = (door.run(grads_left, x, way) for door in (student, reference))
    for own, right, when in zip(came, expected, ("after the call", "after one more backward pass"), strict=True):
        assert_equal(sorted(own), sorted(right), what=f"the parameters with a grad {when}")
        assert_close(own, right, what=f"the grads {when}", **ROUNDED)


def all_but_the_switch(ns, way, is_training):
    """Probe: whether numbers and modes are as before, and the parameters the same objects."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "group", "batch"]).train(is_training)
    model.features[1].train(not is_training)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    objects = [id(value) for value in model.parameters()]
    ns.freeze_backbone(model, way)
    now = model.state_dict()
    return [
        list(before) == list(now) and all(torch.equal(before[name], now[name]) for name in before),
        modes == [module.training for module in model.modules()],
        objects == [id(value) for value in model.parameters()],
    ]


@exercise("freeze_backbone", costs=0.5)
@pytest.mark.parametrize("way", ["head", "last", "all"])
def test_numbers_and_modes_stay(student, reference, way):
    """Nothing but the switch is touched: no number, no mode of a module, no parameter replaced."""
    for is_training in (True, False):
        came, expected = (door.run(all_but_the_switch, way, is_training) for door in (student, reference))
        for own, right, what in zip(came, expected, ("numbers", "modes", "parameters"), strict=True):
            assert_equal(own, right, what=f"whether the {what} are as they were")


def refused(ns, way):
    """Probe: how a call is refused, and what learns afterwards in a network of which the head did."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "group"])
    model.features.requires_grad_(False)
    try:
        ns.freeze_backbone(model, way)
    except Exception as problem:
        said = "ValueError" if isinstance(problem, ValueError) else type(problem).__name__
    else:
        said = "no exception"
    return said, [value.requires_grad for value in model.parameters()]


@exercise("freeze_backbone", costs=0.25)
@pytest.mark.parametrize("way", ["none", "Head", "first", ""])
def test_another_way_is_refused(student, reference, way):
    """Any other word is a ValueError, and the network stays as it was."""
    came, expected = (door.run(refused, way) for door in (student, reference))
    assert_equal(came[0], expected[0], what=f"the response to way={way!r}")
    assert_equal(came[1], expected[1], what="what learns afterwards")


def use_freeze_backbone(ns, x, **settings):
    """Freeze a network of four stages by the settings, and return which gradients a backward pass makes."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "pool", "group", "batch"]).double()
    ns.freeze_backbone(model, **settings)
    model(x).square().sum().backward()
    return {name: value.grad.float() for name, value in model.named_parameters() if value.grad is not None}


def images(rng, N=2, H=4, W=5):
    """A batch of colour images."""
    return (randn(rng, N, 3, H, W, dtype=DOUBLE),)


SAME_MEMORY = "writes_every_answer_into_the_same_memory"
PLAIN = {"pure": False, "strides": False, "device": False, "draws": True, "digits": False, "square": False}

contract(
    "freeze_backbone",
    inputs=images,
    use=use_freeze_backbone,
    settings={"way": "last", "last": 3},
    but={SAME_MEMORY: "names come back, and they have no memory to share"},
    **PLAIN,
)


# parameter_groups


def sorted_out(ns, way, args, settings, has_other_layers):
    """Probe: by an optimiser of the groups, rate and decay of each parameter; also the keys."""
    from torch import nn

    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "pool", "group", "batch"])
    if has_other_layers:
        model.features.append(nn.Sequential(nn.Linear(5, 6), nn.Conv1d(4, 4, 1)))
        model.classifier = nn.Sequential(nn.Conv2d(4, 5, 1), nn.BatchNorm2d(5), nn.Linear(5, 3))
    for name, value in model.named_parameters():
        if value.ndim == 1:  # as in a new network, where many hold the same numbers
            value.data.fill_(0.0 if name.endswith("bias") else 1.0)
        learns = {"all": True, "head": "features." not in name, "none": False, "backbone": name.startswith("features.")}
        value.requires_grad = learns.get(way, "3" in name or "classifier" in name)
    groups = ns.parameter_groups(model, *args, **settings)
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        return f"no list of dicts but {type(groups).__name__}"
    lacking = sorted({key for group in groups for key in ("params", "lr", "weight_decay") if key not in group})
    names = {id(value): name for name, value in model.named_parameters()}
    found = []
    if groups:
        optimiser = torch.optim.SGD(groups, lr=123.0, weight_decay=45.0)
        for group in optimiser.param_groups:
            found += [
                [names.get(id(p), "not of the network"), float(group["lr"]), float(group["weight_decay"])]
                for p in group["params"]
            ]
    return sorted(found), lacking


def assert_sorted_out(student, reference, way, args, settings, has_other_layers=False):
    """First which parameters there are, then the rates, then the decays."""
    call = sorted_out, way, args, settings, has_other_layers
    came, expected = (door.run(*call) for door in (student, reference))
    if isinstance(came, str):
        assert_equal(came, "a list of dicts", what="what came")
    assert_equal(
        [name for name, *_ in came[0]], [name for name, *_ in expected[0]], what="the parameters in the groups"
    )
    assert_equal(came[1], expected[1], what="keys that some dict lacks")
    for place, what in ((1, "lr"), (2, "weight_decay")):
        own, right = ({row[0]: row[place] for row in side[0]} for side in (came, expected))
        assert_close(own, right, what=f"{what} of each parameter")


@exercise("parameter_groups")
def test_each_part_has_its_rate(student, reference):
    """Everything learns: the backbone at the rate, the head at ten times that."""
    assert_sorted_out(student, reference, "all", [0.03], {})


@exercise("parameter_groups")
def test_the_factor_is_the_one_that_is_given(student, reference):
    """times may be less than 1, exactly 1, and 0."""
    for times in (3.0, 1.0, 0.25, 0.0):
        assert_sorted_out(student, reference, "all", [0.5], {"times": times})


@exercise("parameter_groups")
def test_decay_is_for_two_dimensions_and_more(student, reference):
    """Weights decay, in both parts; biases, scales and shifts do not."""
    for decay in (0.1, 2.0):
        assert_sorted_out(student, reference, "all", [0.03], {"weight_decay": decay})


@exercise("parameter_groups")
def test_a_matrix_of_the_backbone_and_a_convolution_of_the_head_decay_as_well(student, reference):
    """Not the kind of layer and not its part decide, but the number of dimensions."""
    assert_sorted_out(student, reference, "all", [0.03], {"weight_decay": 0.1}, has_other_layers=True)


@exercise("parameter_groups")
@pytest.mark.parametrize("way", ["head", "some", "backbone"])
def test_what_does_not_learn_stands_in_no_group(student, reference, way):
    """Parameters with requires_grad False are left out, wherever they are."""
    assert_sorted_out(student, reference, way, [0.2, 4.0, 0.3], {})


@exercise("parameter_groups", costs=0.5)
def test_where_nothing_learns_there_is_no_group(student, reference):
    """A network that is frozen as a whole: an empty list."""
    assert_sorted_out(student, reference, "none", [0.2], {"weight_decay": 0.1})


def counted(ns):
    """Probe: whether there is no group for a network of which nothing learns, and whether each has some parameters."""
    from coursekit.backbone import SmallNetwork

    frozen = ns.parameter_groups(SmallNetwork(["batch"]).requires_grad_(False), 0.1)
    return [len(frozen) == 0, all(len(list(group["params"])) > 0 for group in frozen)]


@exercise("parameter_groups", costs=0.25)
def test_the_list_is_empty_where_nothing_learns(student, reference):
    """No group is made for nobody."""
    came, expected = (door.run(counted) for door in (student, reference))
    assert_equal(came, expected, what="whether the list is empty, and whether each group has parameters")


def left_as_it_was(ns):
    """Probe: what learns in a network after the call, where the head did, and whether its numbers are as before."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch"])
    model.features.requires_grad_(False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ns.parameter_groups(model, 0.1)
    same = all(torch.equal(before[name], now) for name, now in model.state_dict().items())
    return [name for name, value in model.named_parameters() if value.requires_grad], same


@exercise("parameter_groups", costs=0.5)
def test_the_network_stays_as_it_is(student, reference):
    """Nothing is switched on or off, and no number moves."""
    came, expected = (door.run(left_as_it_was) for door in (student, reference))
    assert_equal(came[0], expected[0], what="the parameters that learn after the call")
    assert_equal(came[1], expected[1], what="whether the numbers are as before")


def use_parameter_groups(ns, x, **settings):
    """Take two steps of SGD with momentum by the groups, and return the numbers."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "pool", "group"]).double()
    optimiser = torch.optim.SGD(ns.parameter_groups(model, 0.02, **settings), lr=1.0, momentum=0.8, weight_decay=3.0)
    for _ in range(2):
        optimiser.zero_grad()
        model(x).square().sum().backward()
        optimiser.step()
    return {name: value.detach().float() for name, value in model.named_parameters()}


contract(
    "parameter_groups",
    inputs=images,
    use=use_parameter_groups,
    settings={"times": 4.0, "weight_decay": 0.3},
    but={SAME_MEMORY: "the parameters themselves come back, in groups"},
    **PLAIN,
)


# freeze_batch_norm


def answer_at_once(ns, x):
    """Probe: what a network in training mode says right after the call, and its buffers then."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "pool", "group", "batch"]).to(x.dtype).train()
    ns.freeze_batch_norm(model)
    with torch.no_grad():
        out, state = model(x), model.state_dict()
        return out, {name: value.clone() for name, value in state.items() if "running" in name or "num_" in name}


@exercise("freeze_batch_norm")
def test_norms_hold_still_right_after_the_call(student, reference, rng):
    """A network in training mode is frozen and used, with no train() or eval() between."""
    x = randn(rng, 3, 3, 4, 5, dtype=DOUBLE, scale=2.0, shift=1.0)
    came, expected = (door.run(answer_at_once, x) for door in (student, reference))
    assert_close(came[0], expected[0], what="the output right after the call")
    assert_close(came[1], expected[1], what="the running statistics after a forward pass")


def answers_in_training(ns, x):
    """Probe: what a frozen network says in training mode and in evaluation mode, and whether it is the same object."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "pool", "group", "batch"]).to(x.dtype)
    back = ns.freeze_batch_norm(model)
    with torch.no_grad():
        return back is model, model.train()(x), model.eval()(x), model.train()(x)


@exercise("freeze_batch_norm")
def test_in_training_mode_the_running_statistics_are_used(student, reference, rng):
    """After train(), after eval() and after train() once more, outputs are those of evaluation."""
    x = randn(rng, 3, 3, 4, 5, dtype=DOUBLE, scale=2.0, shift=1.0)
    came, expected = (door.run(answers_in_training, x) for door in (student, reference))
    assert_equal(came[0], expected[0], what="whether the same network came back")
    for own, right, when in zip(came[1:], expected[1:], ("train()", "eval()", "train() once more"), strict=True):
        assert_close(own, right, what=f"the output after {when}")


def moved_by_training(ns, x, is_again, is_copied):
    """Probe: two steps after freezing (again, when all was switched on in between); the state, and what of it moved."""
    import copy

    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "pool", "group", "batch"]).double()
    ns.freeze_batch_norm(model)
    if is_again:
        for value in model.requires_grad_(True).parameters():
            value.grad = torch.ones_like(value)
        ns.freeze_batch_norm(model)
    if is_copied:
        model = copy.deepcopy(model)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5, weight_decay=0.2)
    for _ in range(2):
        model.eval()
        model.train()
        optimiser.zero_grad()
        model(x).square().sum().backward()
        optimiser.step()
    now = model.state_dict()
    moved = [name for name in before if not torch.equal(before[name], now[name])]
    return moved, {name: value.float() for name, value in now.items()}


def assert_same_training(student, reference, x, is_again=False, is_copied=False):
    """Which numbers moved is said first."""
    came, expected = (door.run(moved_by_training, x, is_again, is_copied) for door in (student, reference))
    assert_equal(came[0], expected[0], what="what two steps of training have moved")
    assert_close(came[1], expected[1], what="the numbers after two steps", **ROUNDED)


@exercise("freeze_batch_norm")
def test_two_steps_of_training_leave_batch_norms_as_they_are(student, reference, rng):
    """Statistics, counter, scale and shift stay; convolutions and group norms learn as ever."""
    assert_same_training(student, reference, randn(rng, 3, 3, 4, 5, dtype=DOUBLE))


@exercise("freeze_batch_norm", costs=0.5)
def test_a_second_call_freezes_again_what_was_switched_on(student, reference, rng):
    """All is switched on, with a grad, between the two calls: batch norms hold still, and all else learns."""
    assert_same_training(student, reference, randn(rng, 3, 3, 4, 5, dtype=DOUBLE), is_again=True)


@exercise("freeze_batch_norm", costs=0.5)
def test_a_copy_is_frozen_too(student, reference, rng):
    """A copy.deepcopy of a frozen network holds still as well."""
    assert_same_training(student, reference, randn(rng, 2, 3, 4, 5, dtype=DOUBLE), is_copied=True)


def answers_of_parts(ns, x):
    """Probe: what a frozen network says when train() was called on each of its modules, the outermost first."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "pool", "group", "batch"]).double().eval()
    ns.freeze_batch_norm(model)
    for module in list(model.modules()):
        module.train()
    with torch.no_grad():
        out, state = model(x), model.state_dict()
        return out, {name: value.clone() for name, value in state.items() if "running" in name or "num_" in name}


@exercise("freeze_batch_norm")
def test_train_of_any_module_is_no_way_round(student, reference, rng):
    """train() of a stage, or of the norm itself, thaws nothing either."""
    x = randn(rng, 3, 3, 4, 5, dtype=DOUBLE, scale=2.0, shift=1.0)
    came, expected = (door.run(answers_of_parts, x) for door in (student, reference))
    assert_close(came[0], expected[0], what="the output after train() of each module")
    assert_close(came[1], expected[1], what="the running statistics after a forward pass")


def modes_of_a_copy(ns, x):
    """Probe: a network with a dropout that lets nothing pass in training, and a copy of it, each in another mode."""
    import copy

    from torch import nn

    from autograder.authoring.filled import fill

    model = nn.Sequential(nn.Sequential(nn.BatchNorm1d(4)), nn.Dropout(1.0))
    fill(model, 4)
    ns.freeze_batch_norm(model.double())
    twin = copy.deepcopy(model)
    found = []
    with torch.no_grad():
        for mode in (True, False):
            model.train(mode)
            twin.train(not mode)
            found.append([model(x), twin(x)])
    return found


@exercise("freeze_batch_norm", costs=0.5)
def test_a_copy_and_its_model_have_each_their_own_mode(student, reference, rng):
    """train() and eval() of the copy set the copy's other modules, and those of the model its own."""
    x = randn(rng, 3, 4, dtype=DOUBLE)
    came, expected = (door.run(modes_of_a_copy, x) for door in (student, reference))
    for own, right, mode in zip(came, expected, ("training", "evaluation"), strict=True):
        for out, true, which in zip(own, right, ("the model", "a copy in the other mode"), strict=True):
            assert_close(out, true, what=f"the output of {which}, with the model in {mode} mode")


def gradients_through(ns, x):
    """Probe: the gradients of the input and of each parameter, with some there from before the freezing."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "pool", "group", "batch"]).double()
    model.features[2].requires_grad_(False)
    for value in model.parameters():
        value.grad = torch.ones_like(value)
    ns.freeze_batch_norm(model)
    left = [name for name, value in model.named_parameters() if value.grad is not None]
    learns = [name for name, value in model.named_parameters() if value.requires_grad]
    x = x.clone().requires_grad_()
    model.train()(x).square().sum().backward()
    return left, learns, x.grad, {n: v.grad.float() for n, v in model.named_parameters() if v.grad is not None}


@exercise("freeze_batch_norm")
def test_gradients_pass_through_and_none_stays_in_a_norm(student, reference, rng):
    """Scale and shift have no grad and learn no more; what comes before them gets its gradient."""
    x = randn(rng, 2, 3, 4, 5, dtype=DOUBLE)
    came, expected = (door.run(gradients_through, x) for door in (student, reference))
    assert_equal(sorted(came[0]), sorted(expected[0]), what="the parameters with a grad after the call")
    assert_equal(sorted(came[1]), sorted(expected[1]), what="the parameters that learn after the call")
    assert_close(came[2], expected[2], what="the gradient of the input")
    assert_close(came[3], expected[3], what="the gradients of the parameters", **ROUNDED)


def other_kinds(ns, x):
    """Probe: norms of other dimensions and other kinds, nested, with a dropout that lets nothing pass in training."""
    from torch import nn

    from autograder.authoring.filled import fill

    one = nn.Sequential(nn.BatchNorm1d(4, eps=0.5), nn.LayerNorm([4, 6]))
    three = nn.Sequential(nn.Sequential(nn.Unflatten(2, (1, 2, 3)), nn.BatchNorm3d(4, momentum=0.9)), nn.Flatten(2))
    model = nn.Sequential(one, three, nn.InstanceNorm1d(4, affine=True, track_running_stats=True), nn.Dropout(1.0))
    fill(model, 4)
    model.double()
    ns.freeze_batch_norm(model)
    learns = [name for name, value in model.named_parameters() if value.requires_grad]
    with torch.no_grad():
        silent, kept = model.train()(x), model.state_dict()
        kept = {name: value.clone() for name, value in kept.items()}
        return learns, silent, kept, model.eval()(x)


@exercise("freeze_batch_norm")
def test_batch_norms_of_all_dimensions_are_frozen_and_nothing_else_is(student, reference, rng):
    """1d and 3d as well, however deep; a layer norm, an instance norm and a dropout go on as before."""
    x = randn(rng, 3, 4, 6, dtype=DOUBLE, shift=1.0)
    came, expected = (door.run(other_kinds, x) for door in (student, reference))
    assert_equal(sorted(came[0]), sorted(expected[0]), what="the parameters that learn")
    assert_close(came[2], expected[2], what="the state after a forward pass in training mode")
    assert_close(came[1], expected[1], what="the output in training mode, behind a dropout of 1")
    assert_close(came[3], expected[3], what="the output in evaluation mode")


def state_and_modes(ns, is_training):
    """Probe: names of the state, whether it loads into a plain network and is as before, and modes of other modules."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "group", "batch"]).train(is_training)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ns.freeze_batch_norm(model)
    now = model.state_dict()
    modes = [model.training, model.features[0].training, model.features[1][1].training, model.classifier.training]
    same = set(before) == set(now) and all(torch.equal(before[name], now[name]) for name in before)
    try:
        SmallNetwork(["batch", "group", "batch"]).load_state_dict(now, strict=True)
        model.load_state_dict(before, strict=True)
    except RuntimeError:
        return sorted(now), same, modes, "refused"
    return sorted(now), same, modes, "loaded"


@exercise("freeze_batch_norm", costs=0.5)
def test_the_state_dict_and_the_modes_of_other_modules_stay(student, reference):
    """Names and numbers are as before and load into a plain network; no other module changes its mode."""
    for is_training in (True, False):
        came, expected = (door.run(state_and_modes, is_training) for door in (student, reference))
        for own, right, what in zip(
            came,
            expected,
            ("the names in the state dict", "whether its numbers stay", "the modes of other modules", "the loading"),
            strict=True,
        ):
            assert_equal(own, right, what=what)


def plain_beside_frozen(ns, x):
    """Probe: what another network's batch norms do after one was frozen."""
    from coursekit.backbone import SmallNetwork

    other = SmallNetwork(["batch", "group"]).double().eval()
    frozen = ns.freeze_batch_norm(SmallNetwork(["batch", "group"], seed=1))
    late = SmallNetwork(["batch", "group"], seed=2).double().eval()
    with torch.no_grad():
        found = [other.train()(x), late.train()(x), other.features[0][1].running_mean, late.features[0][1].running_var]
    del frozen
    return found


@exercise("freeze_batch_norm")
def test_other_networks_stay_as_they_are(student, reference, rng):
    """A network that was made before, or is made after, has batch norms that learn."""
    x = randn(rng, 2, 3, 4, 5, dtype=DOUBLE)
    came, expected = (door.run(plain_beside_frozen, x) for door in (student, reference))
    assert_close(came, expected, what="what networks do that nobody froze")


def use_freeze_batch_norm(ns, x):
    """Freeze a small network, and use it in training mode."""
    from coursekit.backbone import SmallNetwork

    model = SmallNetwork(["batch", "pool", "batch"]).to(x.dtype)
    ns.freeze_batch_norm(model)
    with torch.no_grad():
        return model.train()(x)


SAME_NETWORK = "the same network comes back, no tensor"
contract(
    "freeze_batch_norm",
    inputs=images,
    use=use_freeze_batch_norm,
    one="NHW",
    but={SAME_MEMORY: SAME_NETWORK, "squeezes_every_axis": SAME_NETWORK},
    **PLAIN,
)


# fine_tune


def tuned(ns, x, y, batches, args, settings, kind):
    """Probe: the losses, the state afterwards, and whether the network is in evaluation mode with the new head."""
    from torch import nn

    from autograder.authoring.filled import fill
    from coursekit.backbone import SmallNetwork

    stages = ["batch", "pool", "group"] if kind == "group" else ["batch", "batch"]
    model = SmallNetwork(stages).to(x.dtype).eval().requires_grad_(kind in ("learns", "grads"))
    head = nn.Sequential(nn.Linear(4, 5))
    if kind == "norm":
        head = nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 5))
    if kind == "silent head":
        head = nn.Sequential(nn.Dropout(1.0), nn.Linear(4, 5))
    if kind == "silent backbone":
        model.features.append(nn.Dropout(1.0))
    fill(head, 9)
    head = head.to(x.dtype)
    if kind == "grads":
        for value in [*model.parameters(), *head.parameters()]:
            value.grad = torch.ones_like(value)
    losses = ns.fine_tune(model, head, x, y, batches, *args, **settings)
    state = {name: value.float() for name, value in model.state_dict().items()}
    return losses, state, model.classifier is head, [module.training for module in model.modules()]


def assert_tuned(student, reference, x, y, batches, args, kind="plain", **settings):
    """The losses first, one after the other; then what became of the network."""
    came, expected = (door.run(tuned, x, y, batches, args, settings, kind) for door in (student, reference))
    assert_close(came[0], expected[0], what="the losses")
    assert_equal(came[2], expected[2], what="whether model.classifier is the new head")
    assert_close(came[1], expected[1], what="the network's state at the end", **ROUNDED)
    assert_equal(any(came[3]), any(expected[3]), what="whether any module is in training mode at the end")


def drawn(rng, num_steps=4, batch=3, num=7):
    """Return images, classes and batches, in double."""
    x = randn(rng, num, 3, 4, 5, dtype=DOUBLE)
    rows = (
        torch.stack([integers(rng, 0, num, batch) for _ in range(num_steps)]) if num_steps else torch.zeros(0, 3).long()
    )
    return x, integers(rng, 0, 5, num), rows


@exercise("fine_tune")
def test_the_first_loss_is_that_of_the_new_head(student, reference, rng):
    """One step, of the first phase: the loss before it, and the head after it."""
    assert_tuned(student, reference, *drawn(rng, 1), [1, 0.02])


@exercise("fine_tune")
def test_both_phases_go_the_reference_s_way(student, reference, rng):
    """Two steps of the head and two of everything: losses, and each number at the end."""
    assert_tuned(student, reference, *drawn(rng), [2, 0.02], "group")


@exercise("fine_tune")
@pytest.mark.parametrize("num_head_steps", [0, 3, 9])
def test_either_phase_may_be_empty(student, reference, rng, num_head_steps):
    """No step for the head alone; all of them; and more than there are."""
    assert_tuned(student, reference, *drawn(rng, 3), [num_head_steps, 0.03], "learns")


@exercise("fine_tune")
def test_rates_decay_and_momentum_are_heeded(student, reference, rng):
    """Other factors, a decay and another momentum, through both phases."""
    assert_tuned(student, reference, *drawn(rng), [2, 0.05], times=3.0, weight_decay=0.2, momentum=0.5)


@exercise("fine_tune")
def test_what_does_not_learn_does_not_move(student, reference, rng):
    """Old grads in the network and a decay: frozen parameters stay, and the old grads count for nothing."""
    assert_tuned(student, reference, *drawn(rng, 3), [2, 0.05], "grads", weight_decay=0.2)


@exercise("fine_tune")
def test_a_batch_of_one_will_do(student, reference, rng):
    """Frozen norms need no second image."""
    assert_tuned(student, reference, *drawn(rng, 3, batch=1), [1, 0.01])


@exercise("fine_tune")
def test_the_head_s_own_batch_norm_learns(student, reference, rng):
    """A batch norm in the new head measures and learns; those of the backbone hold still."""
    x, y, _ = drawn(rng)
    batches = torch.tensor([[0, 1, 2, 3], [4, 5, 6, 0], [1, 3, 5, 2]])
    assert_tuned(student, reference, x, y, batches, [1, 0.02], "norm")


@exercise("fine_tune")
@pytest.mark.parametrize("part", ["backbone", "head"])
def test_the_network_is_in_training_mode(student, reference, rng, part):
    """A dropout of 1 lets nothing pass at a step, of either phase: the losses come from the bias alone."""
    assert_tuned(student, reference, *drawn(rng, 2), [1, 0.02], f"silent {part}")


@exercise("fine_tune", costs=0.5)
def test_no_batches_mean_no_steps(student, reference, rng):
    """With no batch the head is new, no loss comes, and the network is in evaluation mode."""
    assert_tuned(student, reference, *drawn(rng, 0), [2, 0.02])


def still_frozen(ns, x, y, batches):
    """Probe: what a network says in training mode after fine-tuning, whether x and y stay and chance was left alone."""
    from torch import nn

    from autograder.authoring.filled import fill
    from coursekit.backbone import SmallNetwork

    model, head = SmallNetwork(["batch"]).double(), nn.Linear(4, 5)
    fill(head, 9)
    old = [x.clone(), y.clone(), batches.clone(), torch.get_rng_state()]
    ns.fine_tune(model, head.double(), x, y, batches, 1, 0.02)
    new = [x, y, batches, torch.get_rng_state()]
    with torch.no_grad():
        same = [torch.equal(one, other) for one, other in zip(old, new, strict=True)]
        return same, model.train()(x)


@exercise("fine_tune", costs=0.5)
def test_norms_stay_frozen_and_inputs_stay(student, reference, rng):
    """The backbone's norms hold still afterwards, the inputs are as they were, and nothing was drawn."""
    asked = drawn(rng, 2)
    came, expected = (door.run(still_frozen, *asked) for door in (student, reference))
    names = ("x", "y", "batches", "the global random state")
    for own, right, name in zip(came[0], expected[0], names, strict=True):
        assert_equal(own, right, what=f"whether {name} is as before")
    assert_close(came[1], expected[1], what="the output in training mode afterwards")


def use_fine_tune(ns, x, y, batches, **settings):
    """Fine-tune a small network in two phases; return the losses and two of its tensors."""
    from torch import nn

    from autograder.authoring.filled import fill
    from coursekit.backbone import SmallNetwork

    model, head = SmallNetwork(["batch"]).to(x.dtype), nn.Linear(4, 5)
    fill(head, 9)
    losses = ns.fine_tune(model, head.to(x.dtype), x, y, batches, 1, 0.05, **settings)
    return losses, model.classifier.weight.detach(), model.features[0][0].weight.detach()


PLAIN_NUMBERS = "plain numbers come back, no tensors"
contract(
    "fine_tune",
    inputs=lambda rng, N=6, S=3, B=2, dtype=DOUBLE: (
        randn(rng, N, 3, 4, 5, dtype=dtype),
        integers(rng, 0, 5, N),
        torch.stack([integers(rng, 0, N, B) for _ in range(S)]),
    ),
    use=use_fine_tune,
    settings={"times": 4.0, "weight_decay": 0.3, "momentum": 0.4},
    one="SB",
    but={SAME_MEMORY: PLAIN_NUMBERS, "answers_in_float32": PLAIN_NUMBERS},
    **{**PLAIN, "digits": True},
)
