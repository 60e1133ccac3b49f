"""What `validate` runs: each variant once at a seed, and a mistake that was rejected before in the test that did it."""

from __future__ import annotations

import shutil
from collections import Counter

import pytest

from autograder.checking.plugin import with_checks
from autograder.course.notebook import read_course_notebook
from autograder.course.recorder import Workbench, make_recording
from autograder.course.validate import HINT_SEEDS, _Trials, validate
from autograder.plain.limits import DEFAULTS


@pytest.fixture(scope="module")
def toy(root):
    return read_course_notebook(root / "tests/tiny_course/solutions/01_toy/toy")


@pytest.fixture
def asked(monkeypatch):
    """The tests that each variant was asked in, None for all of its exercise, by seed."""
    found: Counter[tuple[int, str, tuple[str, ...] | None]] = Counter()
    plain = Workbench.runs

    def counted(bench, variant, recording, tests=None, **others):
        found[recording.seed, variant.name, None if tests is None else tuple(tests)] += 1
        return plain(bench, variant, recording, tests, **others)

    monkeypatch.setattr(Workbench, "runs", counted)
    return found


def test_at_the_seeds_of_hints_each_variant_runs_once_and_in_full(toy, asked):
    assert validate(toy, range(HINT_SEEDS)).problems == []
    whole = [one for one in asked if one[2] is None]
    assert {seed for seed, _, _ in whole} == set(range(HINT_SEEDS))
    assert max(asked.values()) == 1


def test_beyond_them_a_mistake_is_asked_in_one_test_and_a_right_answer_in_all(toy, asked):
    def use(runner):
        return [(one.name, one.is_right) for one in Workbench(toy, runner).variants]

    variants = with_checks(toy.checks, use)
    assert {right for _, right in variants} == {True, False}
    assert validate(toy, range(HINT_SEEDS + 1)).problems == []
    for name, right in variants:
        tests = [one for seed, variant, one in asked if seed == HINT_SEEDS and variant == name]
        assert [one if one is None else len(one) for one in tests] == [None if right else 1], name


def test_a_mistake_of_a_recording_is_asked_in_a_test_that_rejected_it_then(toy, asked):
    released = make_recording(toy)
    recorded = {one.name: set(one.answers) for group in released.mistakes.values() for one in group}
    assert validate(toy, [0], hint_seeds=0, released=released).problems == []
    in_one = {variant: tests[0] for _, variant, tests in asked if tests is not None}
    assert recorded.keys() <= in_one.keys()
    assert all(in_one[name] in tests for name, tests in recorded.items())
    assert not recorded.keys() & {variant for _, variant, tests in asked if tests is None}


def test_a_mistake_that_the_known_test_accepts_is_asked_in_all(toy):
    def use(runner):
        bench = Workbench(toy, runner)
        trials = _Trials(bench)
        recording = trials.record(0, mistakes=True, attempts=True)
        wrong = next(one for one in bench.variants if not one.is_right)
        ran = trials.of(wrong, recording)
        passes = next(run.name for run in ran if run.failure is None)
        trials._rejected_by = dict.fromkeys(trials._rejected_by, passes)
        return len(ran), trials.of(wrong, trials.record(5, mistakes=False, attempts=True))

    number, runs = with_checks(toy.checks, use)
    assert len(runs) == number > 1
    assert any(run.failure for run in runs)


def test_what_tells_the_mistakes_apart_is_what_a_build_records(toy):
    def use(runner):
        bench = Workbench(toy, runner)
        return _Trials(bench).record(3, mistakes=True, attempts=True), bench.record(3)

    here, built = with_checks(toy.checks, use)
    assert here.mistakes == built.mistakes  # names, hints, tests, and of the answers all that is exact
    assert here.mistakes
    for exercise, known in built.mistakes.items():
        for one, other in zip(known, here.mistakes[exercise], strict=True):
            assert all(sketch.agrees(other.answers[test]) for test, sketch in one.answers.items())


def test_two_mistakes_that_answer_alike_are_named(toy, tmp_path):
    """Only where their hints are the same."""
    copy = tmp_path / "01_toy"
    shutil.copytree(toy.path.parent, copy)
    sums = "These are the sums of the rows: divide by their length."
    more = "\n\n@mistake('row_means', hint='{}')\ndef {}(x):\n    return (x + x).sum(dim=1) / 2\n"
    with (copy / "variants/toy.py").open("a", encoding="utf-8") as variants:
        variants.write(more.format(sums, "sums_once_more") + more.format("Another hint.", "said_otherwise"))
    remarks = validate(read_course_notebook(copy / "toy"), [0]).remarks
    named = [one for one in remarks if one.endswith("one of them is enough")]
    assert named == ["sums_once_more answers as sums does and has its hint: one of them is enough"]


def test_a_mistake_does_not_get_all_the_memory(toy, tmp_path):
    """Else one whose list grows and grows would take the author's machine."""
    copy = tmp_path / "01_toy"
    shutil.copytree(toy.path.parent, copy)
    with (copy / "variants/toy.py").open("a", encoding="utf-8") as variants:
        variants.write(
            "\n\n@mistake('row_means', hint='It takes all the memory.')\n"
            "def takes_all(x):\n"
            f"    taken = bytearray({4 * DEFAULTS.memory_bytes})\n"
            "    return x.mean(dim=1) if taken else None\n"
        )
    assert validate(read_course_notebook(copy / "toy"), [0]).problems == []
