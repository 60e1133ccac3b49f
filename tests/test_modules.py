"""What `modules` makes: tests that tell a right module from a wrong one, mistakes that they reject, numbers to fill."""

from __future__ import annotations

import textwrap

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from autograder.authoring.declare import modules_of
from autograder.authoring.doors import LiveSide
from autograder.authoring.filled import fill
from autograder.authoring.module_mistakes import broken_module, module_mistakes
from autograder.authoring.module_probes import added_up
from autograder.authoring.module_tests import module_test_name
from autograder.checking.job import Job
from autograder.checking.plugin import with_checks
from autograder.plain.errors import CourseError

HEAD = """
import torch
from autograder.authoring import case, integers, modules, randn

F64 = torch.float64
"""
LAYER = """
modules(
    "Layer",
    {
        "narrow": {"of two": case([2, 3], x=(4, 2, 3, 1)), "of one": case([1, 2], {"p": 0.0}, x=(2, 1, 2, 2))},
        "wide": {"of three": case([3, 4], x=(3, 3, 1, 2)), "of a real size": case([512, 512], large=True)},
    },
    training=["of one"], gradients=["of one"], apart=["of two"],
)
"""
ONE = 'modules("Layer", {"alone": case([2, 3], {"p": 0.0}, x=(4, 2, 3, 1), other=(1, 2, 5, 5))}, costs={"names": 0.3})'


class Layer(nn.Module):
    def __init__(self, width, out, p=0.5):
        super().__init__()
        self.conv = nn.Conv2d(width, out, 1, bias=False)
        self.norm = nn.BatchNorm2d(out)
        self.scale = nn.Parameter(torch.ones(out, 1, 1))
        self.p = p

    def forward(self, x):
        return F.dropout(self.scale * self.norm(self.conv(x)).relu(), self.p, self.training)


class MadeInAnotherOrder(nn.Module):
    def __init__(self, width, out, p=0.5):
        super().__init__()
        self.scale = nn.Parameter(torch.full((out, 1, 1), 7.0))
        self.drop = nn.Dropout(p)
        self.norm = nn.BatchNorm2d(out)
        self.conv = nn.Conv2d(width, out, (1, 1), bias=False)

    def forward(self, x):
        out = torch.einsum("nchw,dc->ndhw", x, self.conv.weight[:, :, 0, 0])
        return self.drop(self.norm(out).clamp(min=0) * self.scale)


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "test_made.py"
        path.write_text(HEAD + textwrap.dedent(text))
        return path

    return write


def failures(path, answer, reference=Layer, name="Layer", seed=0):
    """Return {test: what it says} for those that an answer fails."""

    def use(runner):
        job = Job(LiveSide({name: answer}), lambda test: LiveSide({name: reference}), seed)
        return {run.name.removeprefix(f"test_{name}_"): str(run.failure) for run in runner.run(job) if run.failure}

    return with_checks(path, use)


def changed(**methods):
    """A Layer with another method."""
    return type("Layer", (Layer,), methods)


def initialised(change):
    """A Layer that `change` is done to once it is made."""

    def __init__(self, *args, **kwargs):  # noqa: N807
        Layer.__init__(self, *args, **kwargs)
        change(self)

    return changed(__init__=__init__)


def test_the_tests_have_stable_names_a_line_that_a_student_reads_and_a_price(write):
    made = with_checks(
        write(LAYER),
        lambda runner: {item.name: (item.function.__doc__, runner.marks[item.name].costs) for item in runner.items},
    )
    assert {name.removeprefix("test_Layer_"): costs for name, (_, costs) in made.items()} == {
        "stores_the_right_names": 1.0,
        "answers_in_evaluation[narrow]": 1.0,
        "answers_in_evaluation[wide]": 1.0,
        "answers_in_training": 1.0,
        "lets_gradients_through": 0.5,
        "shares_nothing": 0.5,
    }
    assert all(said.endswith(".") for said, _ in made.values())


def test_cases_that_are_not_grouped_stand_in_one_test_and_costs_can_be_said(write):
    made = with_checks(write(ONE), lambda runner: {name: mark.costs for name, mark in runner.marks.items()})
    assert made["test_Layer_answers_in_evaluation"] == 1.0
    assert made["test_Layer_stores_the_right_names"] == 0.3


@pytest.mark.parametrize("text", [LAYER, ONE, LAYER.replace("apart=", "rounded=True, sums=True, apart=")])
def test_a_module_made_in_another_order_of_other_numbers_passes_every_test(write, text):
    assert failures(write(text), MadeInAnotherOrder) == {}


def _frozen(self):
    self.scale.requires_grad_(False)


def _into_its_input(self, x):
    x.mul_(2)
    return Layer.forward(self, x / 2)


def _counting(self, x):
    self.calls = getattr(self, "calls", 0) + 1
    return Layer.forward(self, x) * min(self.calls, 2)


EVERYBODYS = nn.BatchNorm2d(3)
WRONG = {
    "stores_the_right_names": [
        (lambda self: setattr(self, "spare", nn.Parameter(torch.ones(1))), "came:     spare"),
        (lambda self: setattr(self, "scale", nn.Parameter(torch.ones(len(self.scale)))), "the shape of scale"),
        (lambda self: setattr(self.norm, "bias", None), "expected: norm.bias"),
    ],
    "answers_in_evaluation": [(lambda self: setattr(self.norm, "eps", 1.0), "the output in evaluation mode")],
    "answers_in_training": [
        (lambda self: setattr(self.norm, "momentum", 0.5), "norm.running_mean after a call in training mode")
    ],
    "lets_gradients_through": [(_frozen, "no gradient arrives at scale")],
    "shares_nothing": [(lambda self: setattr(self, "norm", EVERYBODYS), "the output of the first of two")],
}
FORWARDS = {
    "lets_gradients_through": [
        (lambda self, x: Layer.forward(self, x.detach()), "no gradient arrives at x"),
        (lambda self, x: Layer.forward(self, x).detach(), "no gradient arrives at x"),
        (lambda self, x: Layer.forward(self, x + x - x.detach()), "the gradient of x"),
    ],
    "shares_nothing": [
        (_into_its_input, "whether the input is as it was"),
        (_counting, "whether it answers as before"),
    ],
}


@pytest.mark.parametrize(("test", "change", "said"), [(key, *one) for key, many in WRONG.items() for one in many])
def test_what_is_made_wrongly_fails_the_test_made_against_it(write, test, change, said):
    assert said in failures(write(ONE), initialised(change))[test]


@pytest.mark.parametrize(("test", "forward", "said"), [(key, *one) for key, many in FORWARDS.items() for one in many])
def test_what_is_computed_wrongly_fails_the_test_made_against_it(write, test, forward, said):
    assert said in failures(write(ONE), changed(forward=forward))[test]


def test_what_is_no_module_is_a_failed_test_that_says_so(write):
    found = failures(write(ONE), lambda *args, **settings: 5)
    assert "has no attribute 'state_dict'" in found["stores_the_right_names"]


def test_an_answer_of_another_kind_is_a_failed_test_too(write):
    odd = changed(state_dict=lambda self: {"conv.weight": torch.ones(1)}, forward=lambda self, x: [None, "x"])
    found = failures(write(ONE), odd)
    assert all(not said.startswith("the check could not use") for said in found.values())
    assert "expected: conv.weight" not in found["stores_the_right_names"]


@pytest.mark.parametrize("text", [LAYER, ONE])
def test_every_standard_mistake_is_rejected_by_the_test_made_against_it(write, text):
    path = write(text)
    declared = with_checks(path, lambda runner: modules_of(runner.items[0].module)["Layer"])
    mistakes = module_mistakes(declared, {"Layer": Layer})
    assert {one.name for one in mistakes} == {
        "stores_a_parameter_under_another_name",
        "keeps_a_parameter_as_a_plain_tensor",
        "always_works_as_in_training",
        "always_works_as_in_evaluation",
        "cuts_the_gradient_off",
        "instances_share_their_parameters",
    }
    for one in mistakes:
        found = failures(path, broken_module(one, declared, {"Layer": Layer}), seed=3)
        assert module_test_name("Layer", one.test).removeprefix("test_Layer_") in {name.split("[")[0] for name in found}
        assert one.hint.endswith(".")


def test_mistakes_that_answers_can_not_show_or_that_are_excepted_are_left_out(write):
    def linear(width):
        return nn.Linear(width, 2)

    text = 'modules("linear", {"alone": case([3], x=(2, 3))}, apart=(), but={"cuts_the_gradient_off": "why not"})'
    declared = with_checks(write(text), lambda runner: modules_of(runner.items[0].module)["linear"])
    mistakes = module_mistakes(declared, {"linear": linear})
    assert [one.name for one in mistakes] == [
        "stores_a_parameter_under_another_name",
        "keeps_a_parameter_as_a_plain_tensor",
    ]
    for one in mistakes:
        wrong = broken_module(one, declared, {"linear": linear})
        assert "stores_the_right_names" in failures(write(text), wrong, linear, "linear")


def test_a_call_may_have_several_arguments_and_a_module_be_made_by_a_probe(write):
    text = """
    def make_pair(ns, width):
        class Inner(nn.Module):
            def forward(self, x, steps):
                return x * steps
        return ns.Pair(Inner, width)

    modules("Pair", {"alone": case([3], x=lambda rng: (randn(rng, 2, 3, dtype=F64), integers(rng, 1, 5, 2, 1)))},
            make=make_pair)
    """

    class Pair(nn.Module):
        def __init__(self, kind, width):
            super().__init__()
            self.inner, self.linear = kind(), nn.Linear(width, width)

        def forward(self, x, steps):
            return {"made": self.linear(self.inner(x, steps)), "steps": steps}

    class Deaf(Pair):
        def forward(self, x, steps):
            return {"made": self.linear(x), "steps": steps}

    assert failures(write(text), Pair, Pair, "Pair") == {}
    assert "the output in evaluation mode['made']" in failures(write(text), Deaf, Pair, "Pair")["answers_in_evaluation"]


def test_values_of_the_author_s_own_stand_in_place_of_those_that_follow_from_the_name(write):
    shut = ONE.replace("other=", 'values={"norm.bias": -100.0}, other=')
    always = changed(forward=lambda self, x: Layer.forward(self, x) * (1 + (self.norm.bias > -100).any()))
    assert "answers_in_evaluation" in failures(write(ONE), always)
    assert failures(write(shut), always) == {}, "where nothing comes through a ReLU, nothing shows"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ONE + "\n" + ONE, "two declarations of Layer"),
        (ONE.replace("names", "speed"), "give costs for speed: the tests are names, evaluation"),
        (LAYER.replace("[\"of one\"]", "[\"of four\"]", 1), "has no case with an input called of four"),
        (LAYER.replace("of three", "of two"), "two cases that are called 'of two'"),
        ("def test_Layer_shares_nothing(): ...\n" + ONE, "there is another test of that name"),
    ],
)  # fmt: skip
def test_a_declaration_that_can_not_be_is_refused_by_name(write, text, said):
    with pytest.raises(CourseError, match=said):
        with_checks(write(text), lambda runner: None)


def test_filled_modules_of_the_same_names_hold_the_same_numbers_and_no_seed_is_touched():
    state = torch.get_rng_state()
    one, other = nn.BatchNorm2d(6).double(), nn.BatchNorm2d(6)
    fill(one, 3)
    fill(other, 3)
    torch.testing.assert_close(one.running_var.float(), other.running_var)
    assert float(one.running_var.min()) >= 0.5
    assert (one.running_mean != 0).all()
    assert (one.weight != 1).all()
    assert (one.bias != 0).all()
    assert int(one.num_batches_tracked) == 0
    fill(other, 4)
    assert not torch.isclose(one.weight.float(), other.weight).any()
    assert torch.equal(torch.get_rng_state(), state)


@torch.no_grad()
def test_filled_weights_keep_the_size_of_what_runs_through_and_let_half_of_it_pass():
    layer = nn.Conv2d(40, 50, 3, bias=False)
    fill(layer, 0)
    out = F.conv2d(torch.randn(4, 40, 9, 9, generator=torch.Generator().manual_seed(1)), layer.weight)
    assert 0.8 < float(out.std()) < 1.2
    always_shut = F.conv2d(torch.ones(1, 40, 3, 3), layer.weight).flatten() < 0
    assert 15 < int(always_shut.sum()) < 35


def test_gradients_that_are_added_up_keep_a_number_for_each_place_along_an_axis():
    x = torch.arange(1200.0).reshape(2, 3, 200)
    found = added_up({"x": x, "weight": torch.ones(4, 5, 2), "bias": torch.ones(4), "cut": None}, 1)
    assert torch.equal(found["x, along axis 1"], x.sum(dim=(0, 2)))
    assert {name: list(one.shape) for name, one in found.items() if one is not None} == {
        "x, along axis 0": [2],
        "x, along axis 1": [3],
        "x, along axis 2": [200],
        "weight": [4],
        "bias": [4],
    }
    assert found["cut"] is None
    assert added_up({"x": x[:, :, :5], "y": None}, 2)["x"] is not None
