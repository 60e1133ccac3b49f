"""The device rule: code that mixes devices is told so without a GPU, and code that doesn't is left alone."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from autograder.authoring.compare import RuleBroken
from autograder.authoring.doors import Call, LiveSide
from autograder.authoring.pretend import where_it_answers
from autograder.authoring.probes import follow_fake_cuda
from autograder.plain.errors import StudentRaised


def learned(x, y):
    weights = torch.zeros(4, 2, device=x.device).requires_grad_(True)
    ((x @ weights).pow(2).sum() + weights.sum()).backward()
    return weights.grad


def filled(out, x, y):
    out[0, :5] = (x @ y)[0]
    return out


def slopes(x):
    return torch.func.jvp(lambda z: z * torch.sigmoid(1.5 * z), (x,), (x,))


ON_ONE_DEVICE = {
    "product": lambda x, y: x @ y,
    "new tensor there": lambda x, y: x + torch.rand(3, 4, device=x.device),
    "filled row by row": lambda x, y: filled(x.new_zeros(3, 5), x, y),
    "a number from the CPU": lambda x, y: torch.where(x > 0.5, x * torch.tensor(2.0), torch.tensor(0.0)),
    "a value is read": lambda x, y: x * float(y.max()),
    "boolean mask": lambda x, y: x[x > 0.5],
    "one-hot, whose size is a value": lambda x, y: F.one_hot((4 * x).long(), 5),
    "views and in place": lambda x, y: x.clone().t().mul_(2)[1:].sort(dim=0).values,
    "several answers": lambda x, y: {"top": list(x.topk(2)), "rows": (len(x), x.shape)},
    "gradients": learned,
}
ELSEWHERE = {
    "product with a new matrix": (lambda x, y: x @ torch.ones(4, 5), "mixed"),
    "joined with a new row": (lambda x, y: torch.cat([x, torch.zeros(1, 4)]), "mixed"),
    "added in place": (lambda x, y: torch.zeros(5).add_((x @ y)[0]), "mixed"),
    "asks whether it is CUDA, and is wrong": (lambda x, y: x @ (torch.ones(4, 5) if x.is_cuda else y), "mixed"),
    "answer made anew": (lambda x, y: torch.zeros(3, 5), "answer CPU"),
    "filled on the CPU": (lambda x, y: filled(torch.zeros(3, 5), x, y), "answer CPU"),
    "fetched to the CPU": (lambda x, y: x.cpu() @ y.cpu(), "answer CPU"),
    "one of two answers": (lambda x, y: (x, torch.arange(3)), "answer CPU"),
    "filled on the CPU beside what depends on values": (
        lambda x, y: filled(
            torch.zeros(3, 5, dtype=torch.int64),
            x.bool().long(),
            (4 * y).long().flatten().bincount(minlength=5).expand(4, 5),
        ),
        "answer CPU",
    ),
    "numbers read into a new tensor": (
        lambda x, y: torch.tensor([[float(one) for one in row] for row in x]),
        "answer CPU",
    ),
    "a list of numbers made a tensor": (lambda x, y: torch.tensor(x.tolist()), "answer CPU"),
    "numpy": (lambda x, y: torch.from_numpy(x.numpy()), "numpy"),
}


class Stray(torch.nn.Linear):
    """A layer whose answer meets a tensor that stays on the CPU."""

    def forward(self, x):
        return super().forward(x) + torch.zeros(5)


def through(kind):
    """A function that builds a layer, moves it to its input, and uses it."""
    return lambda x, y: kind(4, 5).to(x.device, x.dtype)(x)


ON_ONE_DEVICE["a module that was moved"] = through(torch.nn.Linear)
ELSEWHERE["a module with a tensor of its own"] = (through(Stray), "mixed")
UNDECIDED = {"numpy, after forward differentiation": lambda x, y: torch.from_numpy(slopes(x)[1].cpu().numpy())}


def follow(function):
    x, y = torch.rand(3, 4), torch.rand(4, 5)
    return follow_fake_cuda(SimpleNamespace(asked=function), "asked", (x, y), {})


@pytest.mark.parametrize("function", ON_ONE_DEVICE.values(), ids=list(ON_ONE_DEVICE))
def test_what_keeps_to_one_device_passes_without_fake_tensors(function):
    assert where_it_answers(function, (torch.rand(3, 4), torch.rand(4, 5)), {}) == "fine"
    assert follow(function) == "fine"


@pytest.mark.parametrize(("function", "verdict"), ELSEWHERE.values(), ids=list(ELSEWHERE))
def test_what_mixes_devices_is_never_passed_by_labels(function, verdict):
    assert where_it_answers(function, (torch.rand(3, 4), torch.rand(4, 5)), {}) in ("doubt", verdict)
    assert follow(function).startswith(verdict)


@pytest.mark.parametrize("function", UNDECIDED.values(), ids=list(UNDECIDED))
def test_what_no_device_can_follow_is_left_undecided(function):
    assert follow(function).startswith("undecided")


def test_forward_differentiation_is_followed_and_ends_no_process():
    assert follow(lambda x, y: slopes(x)) == "fine"


def test_a_cpu_index_is_allowed_as_on_a_gpu():
    assert follow(lambda x, y: x[torch.tensor([0, 1])]) == "fine"


def test_the_inputs_are_left_as_they_were():
    x, y = torch.rand(3, 4), torch.rand(4, 5)
    before = x.clone()
    where_it_answers(lambda x, y: x.mul_(2), (x, y), {})
    torch.testing.assert_close(x, before, rtol=0, atol=0)


def live(**functions):
    return LiveSide(functions)


def test_a_notebooks_function_gets_its_inputs_on_the_device_that_is_asked_for():
    # The meta device is the one that every machine has beside the CPU.
    side = live(where=lambda pair, scale: [one.device.type for one in pair] + [scale["by"].device.type])
    x = torch.ones(2, 3)
    assert side.ask(Call("where", ((x, x.T),), {"scale": {"by": x}}, device="meta")) == ["meta"] * 3
    assert side.ask(Call("where", ((x, x.T),), {"scale": {"by": x}})) == ["cpu"] * 3


def test_an_answer_on_another_device_than_the_inputs_is_refused_and_said():
    side = live(zeros=lambda x: {"sum": [torch.zeros(len(x))]})
    with pytest.raises(RuleBroken, match="zeros answers on cpu when its inputs are on meta"):
        side.ask(Call("zeros", (torch.ones(3),), {}, device="meta"))
    assert side.ask(Call("zeros", (torch.ones(3),), {}))["sum"][0].tolist() == [0, 0, 0]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here: checks run on the CPU alone")
def test_a_notebooks_function_is_run_on_the_gpu():
    side = live(doubled=lambda x: 2 * x, mixed=lambda x: x + torch.ones(len(x)))
    x = torch.arange(3.0)
    assert side.ask(Call("doubled", (x,), {}, device="cuda")).tolist() == [0, 2, 4]
    with pytest.raises(StudentRaised, match="device"):
        side.ask(Call("mixed", (x,), {}, device="cuda"))
