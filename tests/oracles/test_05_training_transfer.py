"""The references of transfer, held to torch's optimisers, torchvision's frozen batch norm and loops by hand."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import mobilenet_v2
from torchvision.ops import FrozenBatchNorm2d

from coursekit import pretrained
from coursekit.backbone import SmallNetwork, trained
from coursekit.data import photographs
from coursekit.figures import transfer as figures
from coursekit.pieces import NAMES, SIDE, corners, pieces
from coursekit.threads import one_thread

NOTEBOOK = "05_training/transfer"
STAGES = ["batch", "pool", "group", "batch"]


def drawn(*shape, seed=3):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def with_the_librarys(model):
    """Replace each batch norm by torchvision's frozen one."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                frozen = FrozenBatchNorm2d(child.num_features, eps=child.eps)
                frozen.load_state_dict(child.state_dict())
                setattr(parent, name, frozen.to(child.weight.dtype))
    return model


# freeze_backbone


@pytest.mark.parametrize(("way", "last", "first"), [("head", 1, 19), ("last", 3, 16), ("last", 0, 19), ("all", 1, 0)])
def test_what_learns_is_what_stands_behind_a_line(solution, way, last, first):
    model = mobilenet_v2(width_mult=0.1, num_classes=2)
    model.requires_grad_(True)
    for stage in model.features[:first]:
        stage.requires_grad_(False)
    expected = [name for name, value in model.named_parameters() if value.requires_grad]
    assert solution.freeze_backbone(model.requires_grad_(False), way, last) == expected
    assert [name for name, value in model.named_parameters() if value.requires_grad] == expected


def test_autograd_leaves_frozen_parameters_without_a_gradient(solution):
    model = SmallNetwork(STAGES).double()
    x = drawn(2, 3, 5, 6)
    model(x).square().sum().backward()
    full = {name: value.grad.clone() for name, value in model.named_parameters()}
    learning = solution.freeze_backbone(model, "last", 2)
    model(x).square().sum().backward()
    for name, value in model.named_parameters():
        if name in learning:
            assert not torch.equal(value.grad, full[name])
        else:
            assert value.grad is None


# parameter_groups


def test_a_step_with_the_groups_is_the_step_by_hand(solution):
    model = SmallNetwork(STAGES).double()
    model(drawn(2, 3, 5, 6)).square().sum().backward()
    expected = {}
    for name, value in model.named_parameters():
        rate = 0.01 if name.startswith("features.") else 0.07
        decay = 0.3 if name.endswith("weight") and value.ndim > 1 else 0
        expected[name] = value.detach() - rate * (value.grad + decay * value.detach())
    torch.optim.SGD(solution.parameter_groups(model, 0.01, 7.0, 0.3), lr=5.0, weight_decay=6.0).step()
    for name, value in model.named_parameters():
        torch.testing.assert_close(value.detach(), expected[name])


def test_adamw_by_groups_is_adamw_with_the_parameters_sorted_by_hand(solution):
    own, library = (SmallNetwork(STAGES).double() for _ in range(2))
    named = dict(library.named_parameters())
    outer = ("classifier.weight", "classifier.bias", "features_scale")
    inner = [name for name in named if name not in outer]
    optimisers = [
        torch.optim.AdamW(solution.parameter_groups(own, 0.01, weight_decay=0.2), lr=1.0),
        torch.optim.AdamW(
            [
                {"params": [named[n] for n in inner if named[n].ndim == 4], "lr": 0.01, "weight_decay": 0.2},
                {"params": [named[n] for n in inner if named[n].ndim == 1], "lr": 0.01, "weight_decay": 0},
                {"params": [named["classifier.weight"]], "lr": 0.1, "weight_decay": 0.2},
                {"params": [named["classifier.bias"], named["features_scale"]], "lr": 0.1, "weight_decay": 0},
            ]
        ),
    ]
    for step in range(3):
        for model, optimiser in zip((own, library), optimisers, strict=True):
            optimiser.zero_grad()
            model(drawn(2, 3, 5, 6, seed=step)).square().sum().backward()
            optimiser.step()
    for one, other in zip(own.parameters(), library.parameters(), strict=True):
        torch.testing.assert_close(one, other)


# freeze_batch_norm


def test_frozen_norms_are_torchvisions_forward_and_backward(solution):
    own = solution.freeze_batch_norm(SmallNetwork(STAGES)).double().train()
    library = with_the_librarys(SmallNetwork(STAGES)).double().train()
    inputs = [drawn(3, 3, 5, 6).requires_grad_() for _ in range(2)]
    outs = [model(x) for model, x in zip((own, library), inputs, strict=True)]
    torch.testing.assert_close(*outs)
    for out in outs:
        out.square().sum().backward()
    torch.testing.assert_close(*(x.grad for x in inputs))
    grads = {name: value.grad for name, value in own.named_parameters() if value.grad is not None}
    assert list(grads) == [name for name, _ in library.named_parameters()]
    for name, value in library.named_parameters():
        torch.testing.assert_close(grads[name], value.grad)


def test_nothing_of_a_frozen_norm_moves_after_train_and_a_step(solution):
    model = solution.freeze_batch_norm(SmallNetwork(STAGES)).double()
    twin = copy.deepcopy(model)
    before = copy.deepcopy(model.state_dict())
    for one in (model, twin):
        one.eval()
        one.train()
        optimiser = torch.optim.SGD([p for p in one.parameters() if p.requires_grad], lr=0.1, weight_decay=0.1)
        one(drawn(2, 3, 5, 6)).square().sum().backward()
        optimiser.step()
        now = one.state_dict()
        assert list(now) == list(before)
        moved = {name.rpartition(".")[0] for name in before if not torch.equal(now[name], before[name])}
        assert moved == {"features.0.0", "features.2.0", "features.2.1", "features.3.0", "", "classifier"}
    SmallNetwork(STAGES).load_state_dict(model.state_dict(), strict=True)


# fine_tune


def test_two_phases_are_two_loops_by_hand_over_torchvisions_frozen_norms(solution):
    x, y = drawn(7, 3, 5, 6), torch.tensor([0, 1, 4, 3, 2, 4, 0])
    batches = torch.tensor([[0, 1, 2], [3, 4, 5], [6, 0, 2], [1, 5, 4], [2, 6, 3]])
    own, library = (SmallNetwork(STAGES).double() for _ in range(2))
    heads = [nn.Linear(4, 5).double() for _ in range(2)]
    heads[1].load_state_dict(heads[0].state_dict())
    came = solution.fine_tune(own, heads[0], x, y, batches, 2, 0.02, times=5.0, weight_decay=0.1, momentum=0.6)

    with_the_librarys(library)
    library.classifier = heads[1]
    inner = list(library.features.parameters())
    outer = [library.features_scale, *heads[1].parameters()]
    expected, pace = [], {}
    for step, rows in enumerate(batches):
        learning = [*[(p, 0.02) for p in inner if step >= 2], *[(p, 0.1) for p in outer]]
        pace = {} if step == 2 else pace
        loss = F.cross_entropy(library(x[rows]), y[rows])
        expected.append(loss.item())
        grads = torch.autograd.grad(loss, [p for p, _ in learning])
        for (p, rate), grad in zip(learning, grads, strict=True):
            grad = grad + 0.1 * p.detach() * (p.ndim >= 2)
            pace[p] = 0.6 * pace[p] + grad if p in pace else grad
            p.data -= rate * pace[p]
    torch.testing.assert_close(came, expected)
    for name, value in library.state_dict().items():
        torch.testing.assert_close(own.state_dict()[name], value)
    assert not own.training
    torch.testing.assert_close(own(x), library.eval()(x))


# The data and the pictures


def test_no_pixel_is_in_two_parts():
    """The pieces of each part keep to their third of the columns, at either end of it, in narrow and wide pictures."""
    for width in (192, 300, 512):
        columns = []
        for third in range(3):
            down, across = corners(80, width, third, 500, np.random.default_rng(third))
            assert down.min() == 0
            assert down.max() == 80 - SIDE
            columns.append({column for left in across.tolist() for column in range(left, left + SIDE)})
        assert not columns[0] & columns[1]
        assert not columns[1] & columns[2]
        assert max(columns[2]) < width


def test_pieces_are_grey_and_alike_in_brightness_and_contrast():
    data = pieces()
    assert [len(part) for part in (data.x_train, data.x_val, data.x_test)] == [40, 100, 200]
    for x, y in ((data.x_train, data.y_train), (data.x_val, data.y_val), (data.x_test, data.y_test)):
        assert len(set(y.bincount().tolist())) == 1
        assert torch.equal(x[:, 0], x[:, 1])
        torch.testing.assert_close(x.mean(dim=(1, 2, 3)), torch.full((len(x),), 0.5), atol=1e-4, rtol=0)
        torch.testing.assert_close(x[:, 0].std(dim=(1, 2)), torch.full((len(x),), 0.2), atol=1e-3, rtol=0)


def test_what_was_trained_before_is_far_above_what_begins_from_nothing():
    """The bars: chance, three quarters, and two ways to lose what was trained."""
    nothing, head, fast, moving, careful = (figures.share(trial) for trial in figures.TRIALS.values())
    assert nothing < 0.3
    assert head == pytest.approx(0.75, abs=0.08)
    assert careful == pytest.approx(head, abs=0.08)
    assert fast < careful - 0.15
    assert moving < careful - 0.1
    assert "By chance 0.10" in figures.overview().description


def test_at_none_of_three_rates_a_network_from_nothing_comes_far():
    chosen = figures.TRIALS["from nothing"]
    assert chosen.num_steps == 2 * figures.STEPS
    shares = {rate: figures.share(chosen._replace(rate=rate), "val") for rate in (0.01, 0.03, 0.1)}
    assert chosen.rate in shares
    assert max(shares.values()) < 1 / 3


def test_three_million_numbers_of_which_the_head_has_less_than_a_hundredth(solution):
    network = trained()
    network.classifier = nn.Linear(pretrained.LITE0_WIDTH, 10)
    sizes = [sum(p.numel() for p in part.parameters()) for part in (network, network.classifier)]
    assert 3e6 < sizes[0] < 3.5e6
    assert sizes[1] < sizes[0] / 100
    last = sum(p.numel() for p in network.features[-2:].parameters())
    assert 0.25 < last / sizes[0] < 0.5


def test_the_trained_network_draws_nothing_in_training_mode():
    network, x = trained(), drawn(2, 3, 64, 64).float()
    network.classifier = nn.Linear(pretrained.LITE0_WIDTH, 3)
    before = torch.get_rng_state()
    with torch.no_grad():
        torch.testing.assert_close(network.train()(x), network(x))
    assert torch.equal(before, torch.get_rng_state())


def test_half_of_the_photographs_have_no_colour():
    colours = [photographs()[name].std(axis=2).mean() for name in NAMES]
    assert sum(colour == 0 for colour in colours) == 5


def test_the_gallery_shows_ten_classes():
    assert figures.gallery().description.endswith(
        "brick, grass, gravel, tissue, hubble, coins, page, cat, flower, china."
    )


def test_the_three_ways_are_those_of_the_switch(solution):
    network = trained()
    assert len(network.features) == figures.STAGES
    assert "the head and the last two stages" in figures.three_ways().description
    assert len(solution.freeze_backbone(network, "head")) == 2
    parts = {name.split(".")[1] for name in solution.freeze_backbone(network, "last", 2)}
    assert parts == {"7", "8", "1"}


def test_the_table_of_groups_has_four_cells(solution):
    made = solution.parameter_groups(SmallNetwork(STAGES), 0.5, 10.0, 0.25)
    assert sorted((one["lr"], one["weight_decay"]) for one in made) == [(0.5, 0), (0.5, 0.25), (5, 0), (5, 0.25)]
    assert "two or more dimensions with weight decay" in figures.groups().description


def test_torchs_running_mean_follows_the_formula():
    for momentum in (0.0, 0.1, 0.45, 1.0):
        means = figures.running_means(momentum, 20)
        assert means == pytest.approx([1 + 4 * (1 - momentum) ** n for n in range(21)], abs=1e-5)
    assert figures.running_means(0.1, 1)[1] == pytest.approx(4.6)
    assert "1.74 after 16 passes" in figures.drifted().description


def test_looking_alone_moves_the_means():
    away = figures.drifting()
    assert away[0] == 0
    assert away[1] > 0.005
    assert away[-1] > max(0.06, 2 * away[1])
    assert f"drift by {away[-1]:.2f} of their length in 20 passes" in figures.drift().description


def test_in_training_mode_fewer_are_named_and_fewest_in_the_smallest_batches():
    """With two in a batch little is left, and with sixteen a good part is still missing."""
    named, alone = figures.named_by_batch(), figures.share(figures.TRIALS["the head alone"], "val")
    assert named[0] < 0.25
    assert named[0] < named[1] < named[3]
    assert named[3] < alone - 0.1


def test_the_phases_are_those_of_the_notebooks_training():
    said = figures.phases().description
    assert "The head's is 0.003 throughout; the backbone's is 0 for 8 steps and 0.0003 after" in said


def test_fine_tune_trains_as_the_picture_does(solution):
    data = figures.data()
    with one_thread():
        network = trained()
        head = nn.Linear(1280, 10)
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)
        rows = figures.batches(figures.STEPS)
        losses = solution.fine_tune(network, head, figures.ready(data.x_train), data.y_train, rows, 8, rate=0.0003)
        found = figures.guesses(network, data.x_test)
    assert losses[0] == pytest.approx(2.303, abs=1e-3)
    assert losses[-1] < 1
    right = (found == data.y_test).double().mean().item()
    assert right == pytest.approx(figures.share(figures.Trial()), abs=0.05)
    assert f"{(found == data.y_test).sum()} of 200 pieces" in figures.confusion(found).description
