"""Code that asks for a GPU by name where there is none has its numbers judged, and the rule on devices says so."""

from __future__ import annotations

import pytest
import torch

from autograder.authoring.compare import RuleBroken
from autograder.authoring.doors import Door, LiveSide
from autograder.authoring.no_gpu import OnCpu, on_cpu_if_need_be, wants_gpu
from autograder.authoring.rules import assert_runs_on_one_device

X = torch.arange(6.0).reshape(2, 3)
NAMED = {
    "cuda()": lambda x: x.cuda().mean(1),
    "to": lambda x: x.to("cuda:0").mean(1),
    "a module": lambda x: torch.nn.BatchNorm1d(3, eps=0).to("cuda").eval()(x).mean(1).detach(),
    "a device": lambda x: torch.zeros(2, device=torch.device("cuda")) + x.mean(1),
    "mps": lambda x: torch.zeros(2, device="mps") + x.mean(1),
}
no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here, and it answers")


@no_gpu
@pytest.mark.parametrize("function", NAMED.values(), ids=NAMED.keys())
def test_what_asks_for_a_gpu_is_answered_on_the_cpu(function):
    assert Door(LiveSide({"f": function})).f(X).tolist() == [1.0, 4.0]


@pytest.mark.parametrize("function", NAMED.values(), ids=NAMED.keys())
def test_what_asks_for_a_gpu_breaks_the_rule_on_devices(function):
    with pytest.raises(RuleBroken, match=r"f asks for a GPU by name.*device=x.device"):
        assert_runs_on_one_device(Door(LiveSide({"f": function})), "f", X)


def test_what_keeps_to_its_inputs_device_asks_for_none():
    with OnCpu() as on_cpu:
        torch.zeros(2, device=X.device) + X.mean(1).to(X)
    assert not on_cpu.asked


def test_another_error_is_raised_as_it_is_and_the_call_made_once():
    calls = []

    def call():
        calls.append(1)
        raise RuntimeError("The size of tensor a (2) must match the size of tensor b (3)")

    with pytest.raises(RuntimeError, match="The size of tensor a"):
        on_cpu_if_need_be(call)
    assert calls == [1]
    assert not wants_gpu(ValueError("Found no NVIDIA driver on your system"))
