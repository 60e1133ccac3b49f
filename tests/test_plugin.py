"""A file of checks is ordinary pytest: fixtures of its own work beside what is called directly."""

from __future__ import annotations

import os
import re
import sys
import warnings
from contextlib import closing
from types import ModuleType

import pytest

from autograder.authoring.doors import LiveSide
from autograder.checking.job import Job
from autograder.checking.plugin import with_checks
from autograder.grading.grade import WarmChecks
from autograder.plain.errors import CourseError
from autograder.present.card_words import message_of

CHECKS = """
import pytest
from autograder.authoring.exercise import exercise

events = []

@pytest.fixture
def three():
    events.append("up")
    yield 3
    events.append("down")

@pytest.fixture(autouse=True, params=[1, 2])
def turn(request):
    return request.param

@exercise("f")
def test_own_fixture(student, rng, three):
    assert student.f(three) == 6

@exercise("f")
def test_after_teardown(student, three):
    assert events[-2:] in (["up"], ["down", "up"])
    assert student.f(2) == 4
"""
PLAIN = """
import warnings
import pytest
from autograder.authoring.exercise import exercise

@exercise("f")
@pytest.mark.parametrize("x", [1, 2, 3])
def test_plain(student, reference, rng, x):
    warnings.warn("not for students")
    assert student.f(x) == reference.f(x)

@exercise("f")
def test_rng(student, rng):
    assert student.f(1) == 2, f"drew {rng.integers(1000)}"
"""


IN_A_CLASS = """
from autograder.authoring.exercise import exercise

class TestGroup:
    @exercise("f")
    def test_in_a_class(self, student):
        assert student.f(2) == 4
"""


def run(path, f, times=1):
    sides = LiveSide({"f": f}), LiveSide({"f": lambda x: 2 * x})
    job = Job(sides[0], lambda test: sides[1], seed=3)
    return with_checks(path, lambda runner: [[*runner.run(job)] for _ in range(times)])


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "test_f.py"
        path.write_text(text)
        return path

    return write


def test_fixtures_and_their_teardown_work(write):
    for runs in run(write(CHECKS), lambda x: 2 * x, times=2):
        assert [one.result.outcome for one in runs] == ["passed"] * 4


def test_a_test_in_a_class_is_refused_with_what_to_write(write):
    with pytest.raises(CourseError, match=r"TestGroup::test_in_a_class .* write it as a function"):
        run(write(IN_A_CLASS), lambda x: 2 * x)


@pytest.mark.parametrize(
    "mark", ["skip", "skipif(True, reason='none')", "xfail", "timeout(3)", "filterwarnings('error')"]
)
def test_a_mark_that_would_say_nothing_is_refused_by_name(write, mark):
    marked = PLAIN.replace('@exercise("f")\ndef test_rng', f'@exercise("f")\n@pytest.mark.{mark}\ndef test_rng')
    with pytest.raises(CourseError, match=rf"test_rng is marked {mark.partition('(')[0]}, .*take the mark away"):
        run(write(marked), lambda x: 2 * x)


def test_a_mark_on_one_set_of_parameters_is_refused_too(write):
    marked = PLAIN.replace("[1, 2, 3]", "[1, pytest.param(2, marks=pytest.mark.skip), 3]")
    with pytest.raises(CourseError, match=r"test_plain\[2\] is marked skip"):
        run(write(marked), lambda x: 2 * x)


def test_fixtures_that_are_asked_for_by_a_mark_are_used(write):
    marked = CHECKS.replace(
        '@exercise("f")\ndef test_after', '@exercise("f")\n@pytest.mark.usefixtures("three")\ndef test_after'
    )
    for runs in run(write(marked.replace("(student, three):", "(student):")), lambda x: 2 * x, times=2):
        assert [one.result.outcome for one in runs] == ["passed"] * 4


def test_plain_tests_are_called_with_their_parameters_again_and_again(write):
    for runs in run(write(PLAIN), lambda x: x + 1, times=3):
        assert [one.result.outcome for one in runs] == ["passed", "failed", "failed", "passed"]


def test_random_numbers_come_from_the_seed_and_the_tests_name(write):
    first, second = run(write(PLAIN), lambda x: 0, times=2)
    drawn = [re.search(r"drew (\d+)", message_of(runs[-1].result))[1] for runs in (first, second)]
    assert drawn[0] == drawn[1]


def belongings():
    return (
        sys.stderr,
        sys.stdout,
        dict(os.environ),
        list(sys.meta_path),
        list(sys.path),
        list(warnings.filters),
        os.getcwd(),
    )


def test_nothing_of_the_process_is_changed_while_checks_are_kept(write, monkeypatch):
    """They are kept for a whole run: what else the process says and reads in that time is its own."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    before = belongings()
    assert with_checks(write(PLAIN), lambda runner: belongings()) == before
    assert belongings() == before
    with pytest.raises(CourseError):
        with_checks(write("def broken(:"), lambda runner: None)
    assert belongings() == before


def test_a_module_that_has_the_name_of_the_checks_keeps_it(write, monkeypatch):
    """A student's own file may be called test_f.py, and so may the checks of another folder."""
    assert "test_f" not in sys.modules
    run(write(PLAIN), lambda x: 2 * x)
    assert "test_f" not in sys.modules
    theirs = ModuleType("test_f")
    monkeypatch.setitem(sys.modules, "test_f", theirs)
    assert with_checks(write(PLAIN), lambda runner: sys.modules["test_f"]) is theirs
    with pytest.raises(CourseError):
        with_checks(write("def broken(:"), lambda runner: None)
    assert sys.modules["test_f"] is theirs


def test_warnings_are_heard_again_once_a_run_is_left_before_its_end(write):
    def leave(runner):
        job = Job(LiveSide({"f": lambda x: x}), lambda test: LiveSide({"f": lambda x: x}), seed=3)
        with closing(runner.run(job)) as runs:
            next(runs)
            kept.append(runs)
        return list(warnings.filters)

    kept, before = [], list(warnings.filters)
    assert with_checks(write(PLAIN), leave) == before


def test_where_a_warning_is_an_error_a_check_that_warns_at_its_import_is_none(write):
    warning = 'import warnings\nwarnings.warn("this library is old", FutureWarning)\nstrange = "\\d"\n'
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [one.result.outcome for one in run(write(warning + PLAIN), lambda x: 2 * x)[0]][:3] == ["passed"] * 3
        with pytest.raises(FutureWarning):
            warnings.warn("and here it is one again", FutureWarning, stacklevel=1)


def test_while_checks_wait_in_their_thread_a_word_to_stderr_is_heard(write, capfd):
    checks = WarmChecks(write(PLAIN))
    print("the gradebook can't be opened", file=sys.stderr)
    checks.close()
    assert capfd.readouterr().err == "the gradebook can't be opened\n"


def test_warnings_of_a_check_reach_nobody(write, recwarn):
    run(write(PLAIN), lambda x: 2 * x)
    assert not [one for one in recwarn if "not for students" in str(one.message)]


def test_the_end_of_kept_checks_leaves_the_process_where_it_is(write, tmp_path, monkeypatch):
    checks = write(PLAIN)
    with_checks(checks, lambda runner: monkeypatch.chdir(tmp_path))
    assert os.getcwd() == str(tmp_path)
