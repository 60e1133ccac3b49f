"""`autograder retest`: a change runs the tests that it can affect, all of these, and few others."""

from __future__ import annotations

import subprocess

import pytest

from autograder.course.affected import affected, all_tests, changed_files, stamp
from autograder.course.graph import MANIFEST, Graph

KNN = "01_classification/knn"


@pytest.fixture(scope="module")
def tests(root):
    """Every test of this repository with what it rests on."""
    return list(all_tests(root, Graph(root)))


@pytest.fixture
def hit(root, tests):
    """Return the names of the tests that rest on a file."""
    return lambda name: {one for test in tests if test.rests_on(root / name) for one in test.names}


def test_a_notebooks_text_reaches_its_own_gates_oracle_and_pair_and_no_other_notebooks(hit):
    found = hit("solutions/01_classification/01_knn.md")
    assert f"tests/test_gates.py::test_checks_judge_every_variant_rightly_under_several_seeds[{KNN}]" in found
    assert "tests/oracles/test_01_classification_knn.py" in found
    assert "solutions/01_classification/01_knn.ipynb" in found
    assert not any("linear" in name for name in found)


def test_what_build_makes_of_a_changed_sentence_reaches_few_tests_that_are_not_the_notebooks_own(hit):
    made = ("solutions/01_classification/01_knn.ipynb", "course/01_classification/01_knn.ipynb", MANIFEST)
    found = set().union(*map(hit, ("solutions/01_classification/01_knn.md", *made)))
    assert not any(name.startswith(("tests/sandbox/", "tests/test_cluster", "tests/test_live")) for name in found)
    assert len({name.partition("::")[0] for name in found}) < 35, found


def test_a_palette_reaches_every_executed_pair_that_shows_a_picture_in_it(hit):
    found = hit("coursekit/plots.py")
    assert "solutions/01_classification/01_knn.ipynb" in found
    assert "tests/test_coursekit.py" in found
    assert "tests/test_rules.py" not in found


def test_the_comparison_reaches_every_notebooks_gates_and_its_own_tests(hit):
    found = hit("autograder/authoring/compare.py")
    assert {
        f"tests/test_gates.py::test_checks_judge_every_variant_rightly_under_several_seeds[{one}]"
        for one in (KNN, "03_backprop/layers")
    } <= found
    assert "tests/test_compare.py" in found


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("autograder/sandbox/zygote.py", "tests/sandbox/test_box.py"),  # started by its name, in another process
        ("autograder/report/templates/base.html", "tests/test_report.py"),  # data beside modules
        ("tests/attacks/harness.py", "tests/attacks/test_catalogue.py"),  # imported from beside the test
        ("tests/tiny_course/solutions/01_toy/toy.md", "tests/test_grade.py"),  # through a fixture of conftest
        ("autograder/cli.py", "tests/test_grade.py"),  # the console command
    ],
)
def test_what_is_reached_without_an_import_is_reached_too(hit, name, wanted):
    assert wanted in hit(name)


def test_a_page_of_the_docs_reaches_hardly_anything(hit):
    assert len(hit("docs/performance.md")) < 5


@pytest.fixture
def repository(tmp_path):
    """A repository of two modules with a test each, on a branch of its own."""
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(f"def {name}():\n    return 1\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "solutions").mkdir()
    (tmp_path / "tests/test_one.py").write_text("def test_one():\n    import one\n")
    (tmp_path / "tests/test_two.py").write_text("from two import two\n\n\ndef test_two():\n    assert two()\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-qb", "main"], ["add", "."], ["commit", "-qm", "first"], ["checkout", "-qb", "mine"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    return tmp_path


def test_only_what_changed_since_the_branch_left_main_is_run_and_what_was_green_is_not_run_again(repository):
    assert affected(repository) == []
    (repository / "one.py").write_text("def one():\n    return 2\n")
    tests = affected(repository)
    assert [one.names for one in tests] == [("tests/test_one.py",)]
    stamp(repository, tests)
    assert affected(repository) == []
    (repository / "one.py").write_text("def one():\n    return 3\n")
    assert [one.names for one in affected(repository)] == [("tests/test_one.py",)]


def test_a_file_that_git_does_not_know_yet_counts(repository):
    (repository / "tests/test_three.py").write_text("def test_three():\n    pass\n")
    assert changed_files(repository) == ["tests/test_three.py"]
    assert [one.names for one in affected(repository)] == [("tests/test_three.py",)]
