"""A class graded in the sandbox, end to end: each kind of submission costs what it must and no more."""

from __future__ import annotations

import json
import shutil

import pytest

from autograder.grading import graders
from autograder.grading.cluster import Options, grade_class
from autograder.grading.handed_in import find_submissions
from autograder.grading.store import Store
from autograder.plain.errors import CourseError, SandboxError
from autograder.plain.limits import Limits
from autograder.plain.results_file import from_json, read, write
from autograder.present.card_words import message_of

RIGHT = {
    "row_means": "def row_means(x):\n    return x.mean(dim=1)",
    "Scaler": "class Scaler:\n    def fit(self, x):\n        self.m = x.mean(0)\n    def transform(self, x):\n"
    "        return x - self.m",
}
LIMITS = Limits(call_seconds=2.0, load_seconds=3.0, submission_seconds=30.0)


@pytest.fixture(scope="module", autouse=True)
def nothing_left():
    yield
    graders.forget()


@pytest.fixture
def run(tmp_path):
    """Grade in this process, with what an earlier test has warmed."""

    def run(submissions, notebooks, seed=7):
        store = Store(tmp_path / f"results-{seed}.json")
        return grade_class(submissions, notebooks, store, seed=seed, limits=LIMITS, options=Options(workers=0))

    return run


@pytest.fixture
def grade(tiny_course, run, hand_in):
    def grade(seed=7, **sources):
        (result,) = run(*find_submissions(hand_in("alice", **sources), tiny_course), seed).submissions
        return result

    return grade


def outcomes(result):
    return {one.exercise: (one.outcome, one.score) for one in result.exercises}


def test_right_answers_have_full_points(grade):
    result = grade(**RIGHT)
    assert (result.status, result.score, result.max_score) == ("graded", 6.0, 6.0)


def test_the_untouched_notebook_has_none_and_says_what_to_write(grade):
    result = grade()
    assert result.score == 0
    for one in result.exercises:
        assert message_of(one.first_failure).startswith(f"not written yet: {one.exercise}")


def test_a_known_mistake_is_answered_with_its_hint(grade):
    result = grade(**RIGHT | {"row_means": "def row_means(x):\n    total = x.sum(dim=1)\n    return total"})
    assert outcomes(result)["row_means"] == ("failed", 0.0)
    assert result.exercises[0].hint.startswith("These are the sums of the rows")


def test_a_mistake_that_agrees_in_one_small_case_only_gives_no_hint(grade):
    # With a single column this is zero, as it is for those who leave out the last column.
    result = grade(**RIGHT | {"row_means": "def row_means(x):\n    return x.mean(dim=1) - x[:, -1]"})
    assert outcomes(result)["row_means"] == ("failed", 0.0)
    assert result.exercises[0].hint is None


def test_a_test_that_costs_a_share_leaves_the_rest(grade):
    in_place = (
        "class Scaler:\n    def fit(self, x):\n        self.m = x.mean(0)\n    def transform(self, x):\n"
        "        x -= self.m\n        return x"
    )
    assert outcomes(grade(**RIGHT | {"Scaler": in_place}))["Scaler"] == ("failed", 3.0)


@pytest.mark.parametrize(
    ("method", "named"), [("sum", {"row_means": "", "Scaler": "row_means"}), ("mean", {"row_means": "", "Scaler": ""})]
)
def test_a_wrong_exercise_that_uses_another_wrong_one_names_it(grade, method, named):
    result = grade(
        row_means=f"def row_means(x):\n    return x.{method}(dim=1)",
        Scaler="class Scaler:\n    def fit(self, x):\n        self.m = row_means(x.T)\n"
        "    def transform(self, x):\n        return x - self.m",
    )
    assert {one.exercise: one.mend_first for one in result.exercises} == named


def test_an_endless_loop_costs_its_own_exercise(grade):
    result = grade(**RIGHT | {"row_means": "def row_means(x):\n    while True:\n        pass"})
    assert outcomes(result) == {"row_means": ("timeout", 0.0), "Scaler": ("passed", 4.0)}
    assert "2" in message_of(result.exercises[0].first_failure)


def test_an_endless_cell_costs_its_own_exercise(grade):
    result = grade(**RIGHT | {"row_means": "def row_means(x):\n    return x.mean(1)\nwhile True:\n    pass"})
    assert outcomes(result) == {"row_means": ("timeout", 0.0), "Scaler": ("passed", 4.0)}


def test_a_syntax_error_costs_its_own_exercise(grade):
    result = grade(**RIGHT | {"row_means": "def row_means(x)\n    return x"})
    assert outcomes(result) == {"row_means": ("error", 0.0), "Scaler": ("passed", 4.0)}
    assert "line 1" in message_of(result.exercises[0].first_failure)


def test_a_process_that_ends_itself_costs_its_own_exercise(grade):
    result = grade(**RIGHT | {"row_means": "import os\ndef row_means(x):\n    os._exit(0)"})
    assert outcomes(result) == {"row_means": ("error", 0.0), "Scaler": ("passed", 4.0)}


def test_taking_all_memory_is_an_outcome(grade):
    result = grade(**RIGHT | {"row_means": "def row_means(x):\n    return torch.ones(10**11)"})
    assert outcomes(result) == {"row_means": ("memory", 0.0), "Scaler": ("passed", 4.0)}


@pytest.mark.parametrize(
    "source, said",
    [
        ("def row_means():\n    return 1", "takes 0 positional arguments"),
        ("class row_means:\n    def __init__(self, x):\n        pass", "row_means"),
        ("row_means = 3", "not callable"),
        (
            "def row_means(x):\n    raise NotImplementedError('\"mean\" not implemented for Half')",
            "your code raised NotImplementedError",
        ),
        ("def row_means(x):\n    raise NotImplementedError", "not written yet: row_means"),
        ("def row_means(x):\n    return x.mean(1).numpy()", "numpy"),
        ("def row_means(x):\n    return undefined_name", "undefined_name"),
        ("def other(x):\n    return x", "row_means"),
    ],
)
def test_what_is_no_answer_is_said_in_words(grade, source, said):
    result = grade(**RIGHT | {"row_means": source})
    first = result.exercises[0].first_failure
    assert result.exercises[0].score == 0
    assert said in message_of(first)
    assert outcomes(result)["Scaler"] == ("passed", 4.0)


def test_a_call_left_below_the_definition_costs_nothing(grade):
    result = grade(**RIGHT | {"row_means": RIGHT["row_means"] + "\nprint(row_means(x_from_another_cell))"})
    assert result.score == 6.0


def test_any_mark_can_be_made_again_from_its_seed(tiny_course, run, hand_in):
    tree = hand_in("alice", row_means="def row_means(x):\n    return x.mean(dim=1) + 1")
    submissions, notebooks = find_submissions(tree, tiny_course)

    def message(seed):
        (result,) = run(submissions, notebooks, seed).submissions
        return message_of(result.exercises[0].first_failure)

    assert message(3) == message(3) != message(4)


def test_a_class_is_graded_whole_whatever_is_handed_in(tiny_course, run, hand_in):
    tree = hand_in("alice", **RIGHT)
    hand_in_ = tree / "bob" / "01_toy"
    hand_in_.mkdir(parents=True)
    (hand_in_ / "toy.ipynb").write_text("{")
    (tree / "carol").mkdir()
    (tree / "eve").symlink_to("/etc")
    submissions, notebooks = find_submissions(tree, tiny_course)
    results = run(submissions, notebooks, None)
    assert {one.student: one.status for one in results.submissions} == {
        "alice": "graded",
        "bob": "unreadable",
        "carol": "missing",
    }
    assert results.submissions[0].score == 6.0
    assert "seccomp" in results.run.isolation


def test_results_survive_json(tiny_course, run, hand_in, tmp_path):
    submissions, notebooks = find_submissions(hand_in("alice"), tiny_course)
    results = run(submissions, notebooks, 1)
    write(results, tmp_path / "r.json")
    assert from_json(json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))) == results
    assert read(tmp_path / "r.json") == results


def test_a_results_file_of_another_kind_is_refused(tmp_path):
    for text, said in (("{", "not a results file"), ('{"schema": 9}', "schema 9"), ("[]", "schema 'list'")):
        path = tmp_path / "r.json"
        path.write_text(text)
        with pytest.raises(CourseError, match=said):
            read(path)


def test_a_missing_layer_stops_the_run_before_the_first_submission(tiny_course, run, hand_in, monkeypatch, tmp_path):
    from autograder.sandbox import bubblewrap

    graders.forget()  # a box that an earlier test has proved and kept warm
    monkeypatch.setattr(bubblewrap, "candidates", list)
    with pytest.raises(SandboxError, match="bubblewrap"):
        run(*find_submissions(hand_in("alice"), tiny_course))
    assert list((tmp_path / "results-7.json.parts").iterdir()) == []


def test_a_path_without_submissions_is_refused(tiny_course, tmp_path):
    with pytest.raises(CourseError, match="no submissions"):
        find_submissions(tmp_path, tiny_course)
    with pytest.raises(CourseError, match="nothing at"):
        find_submissions(tmp_path / "nowhere", tiny_course)


@pytest.mark.parametrize("ends", ["assert rng.random() < 0", "[][1]"])
def test_a_check_that_fails_its_own_reference_is_said_with_its_seed_and_what_to_do(
    tiny_course, tmp_path, run, hand_in, ends
):
    course = tmp_path / "course"
    shutil.copytree(tiny_course, course)
    with (course / "solutions/01_toy/checks/test_toy.py").open("a") as checks:
        checks.write(f'\n\n@exercise("row_means")\ndef test_by_luck(student, rng):\n    {ends}\n')
    (found, notebooks) = find_submissions(hand_in("alice"), course)
    said = (
        r"(?s)toy\.md fails its own check at seed 7.*Mend the check or the solution\.\ntest_by_luck.*take "
        r"another --seed"
    )
    with pytest.raises(CourseError, match=said):
        run(found, notebooks)
