"""What a contract makes: tests that tell right from wrong, mistakes that those tests reject, a sentence."""

from __future__ import annotations

import functools
import textwrap

import numpy as np
import pytest
import torch

from autograder.authoring.behaviour import same, side_effects, torch_settings
from autograder.authoring.declare import contracts_of
from autograder.authoring.doors import LiveSide
from autograder.authoring.standard_mistakes import definition, standard_mistakes
from autograder.authoring.standard_tests import test_name as name_of
from autograder.checking.job import Job
from autograder.checking.plugin import with_checks
from autograder.plain.errors import CourseError

HEAD = """
import torch
from autograder.authoring import contract, integers, randn

F64 = torch.float64
"""
SCALED = """
contract(
    "scaled", inputs=lambda rng, N=4, D=3, dtype=F64: (randn(rng, N, D, dtype=dtype), randn(rng, D, 2, dtype=dtype)),
    settings={"factor": 2.5}, no_loops=True, all_at_once="ND", fresh=True,
)
"""
COUNTER = '''
def fitted(ns, x, **settings):
    """Fit on x, and return it without the mean that is kept."""
    counter = ns.Counter(**settings)
    counter.fit(x)
    return counter.means(x)


def inputs(rng, N=4, D=3, dtype=F64):
    return (randn(rng, N, D, dtype=dtype),)


contract("Counter", use=fitted, inputs=inputs, settings={"momentum": 0.5})
'''


def scaled(x, w, factor=1.0):
    return factor * (x @ w)


class Counter:
    def __init__(self, momentum=0.1):
        self.momentum, self.kept = momentum, {}

    def fit(self, x):
        self.kept["mean"] = self.momentum * x.mean(dim=0)

    def means(self, x):
        return x - self.kept["mean"]


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "test_made.py"
        path.write_text(HEAD + textwrap.dedent(text))
        return path

    return write


def failures(path, name, reference, answer, seed=0):
    """Return {key of a contract's test: what it says} for those that an answer fails."""

    def use(runner):
        job = Job(LiveSide({name: answer}), lambda test: LiveSide({name: reference}), seed)
        return {run.name.removeprefix(f"test_{name}_"): str(run.failure) for run in runner.run(job) if run.failure}

    return with_checks(path, use)


def contract_in(path, name):
    return with_checks(path, lambda runner: contracts_of(runner.items[0].module)[name])


def test_the_tests_have_stable_names_a_line_that_a_student_reads_and_a_price(write):
    made = with_checks(
        write(SCALED),
        lambda runner: {item.name: (item.function.__doc__, runner.marks[item.name].costs) for item in runner.items},
    )
    assert {name.removeprefix("test_scaled_"): costs for name, (_, costs) in made.items()} == {
        "heeds_every_setting": 1.0,
        "where_all_sizes_are_equal": 1.0,
        "with_a_size_of_one": 1.0,
        "keeps_the_dtype": 0.25,
        "takes_any_strides": 0.25,
        "leaves_all_else_alone": 0.25,
        "stays_on_one_device": 0.25,
        "works_on_all_at_once": 1.0,
        "needs_no_python_loop": 1.0,
    }
    assert made["test_scaled_where_all_sizes_are_equal"][0] == "With N = D = 4, no shape tells one axis from another."
    assert made["test_scaled_with_a_size_of_one"][0] == "With N = 1, no axis is lost."


def test_a_right_answer_in_another_style_passes_every_test(write):
    def by_einsum(x, w, factor=1.0):
        return torch.einsum("nd,dk->nk", x * factor, w)

    assert failures(write(SCALED), "scaled", scaled, by_einsum) == {}


KEPT: list[torch.Tensor] = []
ADDED = torch.zeros(4, 2, dtype=torch.float64)


def _in_place(x, w, factor=1.0):
    answer = factor * (x @ w)
    w.add_(1)
    return answer


def _rows(x, w, factor=1.0):
    out = x.new_zeros(len(x), w.shape[1])
    for i in range(len(x)):
        out[i] = factor * (x[i] @ w)
    return out


def _remembers(x, w, factor=1.0):
    KEPT.append(x)
    return factor * (x @ w) + len(KEPT)


def _guesses(x, w, factor=1.0):
    return factor * (x.T @ w) if x.shape[0] == x.shape[1] else factor * (x @ w)


WRONG = {
    "leaves_all_else_alone": [
        (_in_place, "changes its input w in place"),
        (lambda x, w, factor=1.0: [x.mul_(factor), x @ w][1], "changes its input x in place"),
        (_remembers, "it keeps something between calls"),
        (lambda x, w, factor=1.0: [torch.manual_seed(0), scaled(x, w, factor)][1], "moves the global random state"),
        (lambda x, w, factor=1.0: [np.random.rand(), scaled(x, w, factor)][1], "moves the global random state"),
        (
            lambda x, w, factor=1.0: [torch.set_grad_enabled(False), scaled(x, w, factor)][1],
            "the gradient mode changed",
        ),
        (
            lambda x, w, factor=1.0: [torch.set_default_dtype(torch.float64), scaled(x, w, factor)][1],
            "the default dtype changed",
        ),
        (lambda x, w, factor=1.0: ADDED.copy_(scaled(x, w, factor)), "writes each answer into the same memory"),
    ],
    "heeds_every_setting": [
        (lambda x, w, factor=1.0: x @ w, "wrong value"),
        (lambda x, w, factor=2.5: factor * (x @ w), "wrong value"),
    ],
    "where_all_sizes_are_equal": [(_guesses, "wrong value")],
    "with_a_size_of_one": [(lambda x, w, factor=1.0: scaled(x, w, factor).squeeze(), "wrong shape")],
    "keeps_the_dtype": [
        (lambda x, w, factor=1.0: scaled(x.float(), w.float(), factor), "wrong dtype"),
        (lambda x, w, factor=1.0: scaled(x.float(), w.float(), factor).to(x.dtype), "float32"),
    ],
    "takes_any_strides": [(lambda x, w, factor=1.0: scaled(x.view(-1).view(x.shape), w, factor), "view")],
    "stays_on_one_device": [
        (lambda x, w, factor=1.0: scaled(x, w, factor) + torch.zeros(2), "mixes tensors of two devices")
    ],
    "works_on_all_at_once": [(_rows, "where N is larger")],
}


@pytest.mark.parametrize(("test", "wrong", "said"), [(key, *one) for key, many in WRONG.items() for one in many])
def test_what_breaks_one_promise_fails_the_test_of_that_promise(write, test, wrong, said):
    KEPT.clear()
    with torch_settings():
        found = failures(write(SCALED.replace("no_loops=True, ", "")), "scaled", scaled, wrong)
    assert said in found[test]


def test_one_factor_typed_in_as_a_float32_is_no_float32_inside(write):
    def by_a_tensor(x, w, factor=1.0):
        return torch.tensor(factor * 1.00000001) * (x @ w)

    assert "keeps_the_dtype" not in failures(write(SCALED), "scaled", scaled, by_a_tensor)


def test_inputs_of_another_kind_are_tried_where_the_code_takes_another_way(write):
    text = SCALED.replace("fresh=True", 'also=[{"factor": 0.0}], fresh=True')

    def zeros_on_the_cpu(x, w, factor=1.0):
        return scaled(x, w, factor) if factor else torch.zeros(len(x), w.shape[1], dtype=x.dtype)

    assert failures(write(SCALED), "scaled", scaled, zeros_on_the_cpu) == {}
    assert "answers on the CPU" in failures(write(text), "scaled", scaled, zeros_on_the_cpu)["stays_on_one_device"]


def test_an_answer_in_the_memory_of_an_input_is_refused_where_it_must_be_new_only(write):
    text = 'contract("flat", inputs=lambda rng, N=4, D=3, dtype=F64: (randn(rng, N, D, dtype=dtype),){})'
    flat = {"reference": lambda x: x.reshape(-1).clone(), "answer": lambda x: x.reshape(-1)}
    assert failures(write(text.format("")), "flat", **flat) == {}
    assert (
        "returns memory of its input x"
        in failures(write(text.format(", fresh=True")), "flat", **flat)["leaves_all_else_alone"]
    )


def test_instances_of_a_class_that_share_a_dict_disturb_each_other(write):
    class Sharing(Counter):
        everybodys: dict[str, torch.Tensor] = {}  # noqa: RUF012

        def __init__(self, momentum=0.1):
            self.momentum, self.kept = momentum, self.everybodys

        def fit(self, x):
            self.kept["mean"] = self.momentum * x.mean(dim=0)

        def means(self, x):
            return x - self.kept["mean"]

    assert failures(write(COUNTER), "Counter", Counter, Counter) == {}
    assert list(failures(write(COUNTER), "Counter", Counter, Sharing)) == ["leaves_all_else_alone"]
    assert "means" in vars(Sharing)
    assert Sharing.fit.__name__ == "fit", "the class is as it was"


@pytest.mark.parametrize(
    ("text", "name", "reference"),
    [
        (SCALED.replace("fresh=True", 'fresh=True, forbids=["einsum"]'), "scaled", scaled),
        (
            COUNTER.replace("use=fitted", 'use=fitted, forbids=["backward", "BatchNorm1d"], by_hand=True'),
            "Counter",
            Counter,
        ),
    ],
)
def test_every_standard_mistake_is_rejected_by_the_test_made_against_it(write, text, name, reference):
    path = write(text)
    contract = contract_in(path, name)
    mistakes = standard_mistakes(contract, {name: reference})
    for one in mistakes:
        found = failures(path, name, reference, definition(one, contract, {name: reference}), seed=3)
        assert name_of(name, one.test).removeprefix(f"test_{name}_") in found, one.name
        assert one.hint.endswith(".")
    made = {one.name for one in mistakes}
    assert len(made) == len(mistakes) >= 10
    assert "takes_what_is_there" in made
    assert {"goes_piece_by_piece", "loops_in_python"} <= made or contract.no_loops is False


def test_a_mistake_that_the_answer_can_not_show_is_left_out(write):
    def labels(x):
        return x.argmax(dim=1)

    text = 'contract("labels", inputs=lambda rng, N=4, D=3, dtype=F64: (randn(rng, N, D, dtype=dtype),), digits=False)'
    names = {one.name for one in standard_mistakes(contract_in(write(text), "labels"), {"labels": labels})}
    assert not names & {"answers_in_float32", "computes_in_float32", "adds_up_between_calls"}
    assert {"changes_x", "turns_x_round_where_it_is_square", "views_x_as_one_row"} <= names


def test_an_exception_of_the_contract_leaves_a_standard_mistake_out(write):
    text = SCALED.replace("fresh=True", 'fresh=True, but={"changes_w": "w is made for each call"}')
    names = [one.name for one in standard_mistakes(contract_in(write(text), "scaled"), {"scaled": scaled})]
    assert "changes_x" in names
    assert "changes_w" not in names


@pytest.mark.parametrize(
    ("promises", "sentence"),
    [
        ("", "In float32 or float64, with any strides, on any device; the inputs stay as they are."),
        (
            "dtypes=(torch.float16, F64), fresh=True",
            "In any float dtype, with any strides, on any device; the inputs stay as they are and what "
            "comes back is new memory.",
        ),
        ("device=False, pure=False", "In float32 or float64, with any strides."),
    ],
)
def test_the_sentence_says_what_is_promised(write, promises, sentence):
    text = f'contract("f", inputs=lambda rng, N=4, dtype=F64: (randn(rng, N, dtype=dtype),), {promises})'
    assert contract_in(write(text), "f").sentence == sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SCALED + SCALED, "two contracts of scaled"),
        ("def test_scaled_keeps_the_dtype(): ...\n" + SCALED, "there is another test of that name"),
        (
            SCALED.replace("fresh=True", "fresh=True, costs={'speed': 0.5}"),
            "gives costs for speed: its tests are settings, square",
        ),
    ],
)
def test_a_contract_that_can_not_be_is_refused_by_name(write, text, said):
    with pytest.raises(CourseError, match=said):
        with_checks(write(text), lambda runner: None)


def test_an_answer_written_over_by_one_equal_to_it_is_found_all_the_same():
    home = torch.zeros(2)
    assert side_effects(lambda x: home.copy_(x.sign().abs()), [([torch.ones(2)], [torch.ones(2)], {})], ["x"]) == [
        "reuses"
    ]


def test_the_global_random_state_is_afterwards_what_it_was():
    torch.manual_seed(5)
    np.random.seed(5)
    expected = torch.rand(3), np.random.rand(3)
    torch.manual_seed(5)
    np.random.seed(5)
    draws = functools.partial(
        side_effects, lambda x: x + torch.rand(2), [([torch.ones(2)], [torch.ones(2)], {})], ["x"]
    )
    assert "random" in draws()
    assert torch.equal(torch.rand(3), expected[0])
    assert np.array_equal(np.random.rand(3), expected[1])


def test_a_tensor_without_memory_is_watched_by_its_shape_alone():
    x = torch.zeros(2, 3, device="meta")
    assert same(x, torch.zeros(2, 3, device="meta"))
    assert not same(x, torch.zeros(3, 2, device="meta"))
    assert not same(x, torch.zeros(2, 3))
