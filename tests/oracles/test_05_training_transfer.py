"""The references of transfer, held to torch's optimisers, torchvision's frozen batch norm and loops by hand."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models import mobilenet_v2
from torchvision.ops import FrozenBatchNorm2d

from coursekit.backbone import SmallNetwork

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
