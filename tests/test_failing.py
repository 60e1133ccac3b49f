"""A failed test's arguments: on the card so that they can be copied, and all by one call."""

from __future__ import annotations

import pytest
import torch

from autograder.authoring.called import describe_call
from autograder.authoring.doors import Call, Door, LiveSide
from autograder.checking.home import Home, recordings_of
from autograder.checking.namespace import check_at
from autograder.live.failing import Failed, Runs
from autograder.plain.errors import CourseError, StudentRaised

VALUES = {
    "float32": torch.tensor([[0.1, -2.0], [1e-8, float("nan")]]),
    "float64": torch.tensor([1 / 3], dtype=torch.float64),
    "float16": torch.tensor([0.1], dtype=torch.float16),
    "bfloat16": torch.tensor([0.125], dtype=torch.bfloat16),
    "int64": torch.tensor([3, -1]),
    "bool": torch.tensor([True, False]),
    "uint8": torch.tensor([[255]], dtype=torch.uint8),
    "number": torch.tensor(2.5),
    "empty": torch.empty(0, 3),
    "a tuple of one": (3,),
    "an empty tuple": (),
    "an infinity": float("-inf"),
    "a dict": {"a": torch.ones(2), "b": [1, 2, 3, 4, 5], 3: None},
    "a string": "it's",
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_what_a_card_shows_of_a_small_argument_can_be_copied(value):
    shown = describe_call(Call("f", (value,), {"again": value}))
    args, kwargs = eval(shown, {"torch": torch, "f": lambda *args, **kwargs: (args, kwargs)})
    for came in (*args, *kwargs.values()):
        torch.testing.assert_close(tensors(came), tensors(value), rtol=0, atol=0, equal_nan=True)
        assert repr(came) == repr(value)


def tensors(value):
    """The tensors in a value, to be compared with all their digits."""
    values = value.values() if isinstance(value, dict) else [value]
    return [one for one in values if isinstance(one, torch.Tensor)]


def test_a_large_argument_is_shown_by_its_shape_and_never_written_out():
    call = Call("f", (torch.ones(2000, 2000), list(range(500)), "x" * 2000), {})
    assert describe_call(call) == f"f(float32[2000, 2000], list of 500, {'x' * 0}'{'x' * 38}…)"


def test_a_probe_is_not_shown_as_a_function_that_could_be_called():
    def order_facts(ns, x):
        return ns.f(x)

    from autograder.authoring.probe import Probe

    call = Call("run:order_facts", (3,), {}, Probe("order_facts", "def order_facts(ns, x): return ns.f(x)"))
    assert describe_call(call) == "lines of the check, “order facts”, with 3"


class Seat:
    """A student's namespace, checked as a kernel checks it."""

    def __init__(self, folder, **namespace):
        self.folder, self.namespace, self.failed = folder, namespace, Failed()

    def check(self, exercise):
        runs = Runs()
        result = check_at(Home(self.folder, "01_toy", "toy"), LiveSide(self.namespace), exercise, runs.see)
        self.failed.keep(result, runs)
        return result

    def failing(self, exercise, number=1):
        return self.failed.give(exercise, number, self.namespace)

    def run(self, case):
        """Run the lines that `case` gives in a kernel of these names, and return what the last of them gives."""
        *lines, last = case.code.splitlines()
        lines = [line for line in lines if not line.startswith(("from autograder", "case ="))]
        names = {**self.namespace, "case": case}
        exec("\n".join(lines), names)
        return eval(last, names)


@pytest.fixture
def folder(tiny_course):
    return tiny_course / "course/01_toy"


def test_the_arguments_what_came_and_what_was_expected_are_at_hand(folder):
    seat = Seat(folder, row_means=lambda x: x.sum(dim=1))
    result = seat.check("row_means")
    case = seat.failing("row_means")
    (x,) = case.args
    assert x.shape == (4, 3)
    torch.testing.assert_close(case.came, x.sum(dim=1))
    torch.testing.assert_close(case.expected, x.mean(dim=1))
    assert "row_means(*case.args)" in case.code
    torch.testing.assert_close(seat.run(case), case.came)
    assert describe_call(Call("row_means", case.args, {})) == result.plainest_failure.failure.call


def test_every_failed_test_has_its_own_and_none_is_changed_by_what_is_done_with_it(folder):
    seat = Seat(folder, row_means=lambda x: x.sum(dim=1))
    seat.check("row_means")
    shapes = [tuple(seat.failing("row_means", number).args[0].shape) for number in (1, 2, 3)]
    assert shapes == [(4, 3), (1, 5), (5, 3)]
    seat.failing("row_means").args[0].zero_()
    assert seat.failing("row_means").args[0].abs().sum() > 0
    with pytest.raises(CourseError, match="there is number 1 to 3"):
        seat.failing("row_means", 4)


SCALER = """
class Scaler:
    def fit(self, x):
        self.m = x.mean(0)
    def transform(self, x):
        return x - x.mean(0)
"""


def test_of_a_probe_there_are_lines_that_do_what_it_does(folder):
    names = {}
    exec(SCALER, names)
    seat = Seat(folder, **names)
    seat.check("Scaler")
    case = seat.failing("Scaler")
    assert "def fit_then_transform(x, new):" in case.code
    assert "scaler = Scaler()" in case.code
    assert "ns" not in case.code.replace("transform", "")
    torch.testing.assert_close(seat.run(case), case.came)
    assert not torch.allclose(case.came, case.expected)


def test_a_rule_gives_the_arguments_of_the_function_and_not_those_of_its_own_lines(folder):
    def row_means(x):
        return x.sub_(0).mean(dim=1)

    def changes(x):
        means = x.mean(dim=1)
        x += 1
        return means

    seat = Seat(folder, row_means=changes)
    seat.check("row_means")
    case = next(one for one in (seat.failing("row_means", n) for n in (1, 2)) if "leaves its input" in one.test)
    assert [tuple(one.shape) for one in case.args] == [(3, 2)]
    assert case.code.endswith("row_means(*case.args)")


def test_what_it_shows_names_the_test_the_lines_and_the_values(folder):
    seat = Seat(folder, row_means=lambda x: x.sum(dim=1))
    seat.check("row_means")
    case = seat.failing("row_means")
    for text in (repr(case), case._repr_mimebundle_()["text/html"]):
        assert "row_means, failed test 1 of 3: The means of random rows agree with the reference" in text
        assert "case.args[0] = torch.tensor([[" in text
        assert "case.expected = torch.tensor([" in text


def test_before_a_check_and_after_a_pass_it_says_what_there_is(folder):
    seat = Seat(folder, row_means=lambda x: x.mean(dim=1))
    with pytest.raises(CourseError, match=r'run check\("row_means"\) first'):
        seat.failing("row_means")
    seat.check("row_means")
    assert not seat.failed.has("row_means")
    with pytest.raises(CourseError, match="none that was asked with arguments"):
        seat.failing("row_means")


def test_an_exception_of_one_of_several_calls_comes_with_the_arguments_of_that_call():
    def fussy(x):
        if x > 2:
            raise ValueError("too large")
        return x

    door = Door(LiveSide({"fussy": fussy}))
    with pytest.raises(StudentRaised):
        list(door.each("fussy", "fussy", [((1,), {}), ((3,), {}), ((4,), {})]))
    assert door._calls[-1].args == (3,)


def shown_again(case, namespace):
    """What the lines that `case` gives do in a kernel of these names: the type of an exception, or the answer."""
    *lines, last = [line for line in case.code.splitlines() if not line.startswith(("from autograder", "case ="))]
    names = {**namespace, "case": case}
    exec("\n".join(lines), names)
    try:
        return eval(last, names)
    except Exception as problem:
        return type(problem).__name__


@pytest.mark.parametrize("name", ["00_start/start", "02_optimization/optimizers", "03_backprop/engine"])
def test_the_lines_of_every_kind_of_check_run_in_the_students_own_notebook(name, root):
    from autograder.checking.assess import judge
    from autograder.checking.plugin import with_checks
    from autograder.checking.recording import load
    from autograder.course.notebook import read_course_notebook
    from autograder.course.recorder import Workbench, standing_in

    notebook = read_course_notebook(root / f"solutions/{name}.md")
    recording = load(recordings_of(notebook.path.parent) / f"{notebook.name}.safetensors")

    def ask_all(runner):
        variants = reversed(Workbench(notebook, runner).variants)
        wrong = {one.exercise: one for one in variants if not one.is_right}  # the first of each
        for variant in wrong.values():
            with standing_in(variant) as namespace:
                runs, failed = Runs(), Failed()
                (result,) = judge(runner, LiveSide(namespace), recording, [variant.exercise], see=runs.see)
                failed.keep(result, runs)
                for number in range(1, len(runs.failed) + 1):
                    case = failed.give(variant.exercise, number, namespace)
                    yield case, shown_again(case, namespace), result

    asked = with_checks(notebook.checks, lambda runner: list(ask_all(runner)))
    assert len(asked) > 3
    for case, came, result in asked:
        is_raised = any(test.outcome == "error" for test in result.tests)
        assert not isinstance(came, str) or is_raised, f"{case.test}: {came}\n{case.code}"
