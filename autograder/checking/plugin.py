"""The pytest plugin: a file of checks, collected once and run as often as there are students.

`with_checks(path, use)` starts pytest, collects, and hands `use` a CheckRunner inside pytest's own
loop. A live check runs it once; a grading process keeps it and runs it for each submission, so that
pytest's start is paid once.
"""

from __future__ import annotations

import os
import time
import warnings
import zlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from autograder.authoring.ahead import Listening, Questions, heard_in
from autograder.authoring.compare import comparisons
from autograder.authoring.doors import Door, Side, trace
from autograder.authoring.exercise import ExerciseMark, read_mark
from autograder.checking.borrowed import Borrowed
from autograder.checking.call_plan import CallPlan, plan_of, refuse_classes
from autograder.checking.job import Job, TestRun
from autograder.checking.one_student import OneStudent
from autograder.checking.verdict import NOT_ATTEMPTED, NOT_RUN, verdict_of
from autograder.plain.errors import AutograderError, ChildDied, CourseError, LimitReached
from autograder.plain.results import Failure, Outcome
from autograder.seams.pytest_internals import run_whole_protocol

T = TypeVar("T")
ENDS = (Exception, pytest.fail.Exception)  # how a test ends that fails
INI = Path(__file__).with_name("checks.ini")
UNUSED = (
    "cacheprovider",
    "unraisableexception",
    "threadexception",
    "terminal",
    "logging",
    "junitxml",
    "doctest",
    "pastebin",
    "faulthandler",
    "stepwise",
    "setuponly",
    "setupplan",
    "debugging",
    "warnings",  # while it would record them, the process's filters are set aside (borrowed.py)
)


class CheckRunner:
    """Collected checks, ready to run. Also the pytest plugin that feeds them their fixtures."""

    def __init__(
        self, path: Path, use: Callable[[CheckRunner], Any], collected: Callable[[], None] = lambda: None
    ) -> None:
        self.path, self._use, self._collected = path, use, collected
        self.items: list[pytest.Function] = []
        self.marks: dict[str, ExerciseMark] = {}
        self._plans: dict[str, CallPlan] = {}
        self.value: Any = None
        self.problem: BaseException | None = None
        self._student: Door | None = None
        self._reference: Door | None = None
        self._rng = np.random.default_rng()
        self._states: dict[tuple[int, str], Any] = {}
        self._questions: dict[tuple[int, str], Questions] = {}
        self._failure: BaseException | None = None
        self._left_in = ""

    @property
    def exercises(self) -> list[str]:
        """The exercises that have a check here, in the order of the file."""
        return list(dict.fromkeys(mark.name for mark in self.marks.values()))

    def run(self, job: Job) -> Generator[TestRun, None, None]:
        """Run the checks of one job, test by test, without warnings.

        Whoever may leave before the end does so with `contextlib.closing`, which gives the process its warnings back.
        """
        with warnings.catch_warnings():  # once for all tests: for each it would cost as much as its inputs
            warnings.simplefilter("ignore")
            yield from self._run(job)

    def _run(self, job: Job) -> Iterator[TestRun]:
        stopped: set[str] = set()
        asked = OneStudent(job, lambda exercise: self.questions(job, exercise))
        unknown = (job.exercises or frozenset()) - set(self.exercises)
        if unknown:
            raise CourseError(
                f"no check of {', '.join(sorted(unknown))} in {self.path.name}: it has {', '.join(self.exercises)}"
            )
        for item in self.items:
            if job.exercises is not None and self.marks[item.name].name not in job.exercises:
                continue
            if job.tests is not None and item.name not in job.tests:
                continue
            if self.marks[item.name].attempt and not job.attempts:
                continue
            for device in job.devices:
                mark = self.marks[item.name]
                if device in mark.devices:
                    yield self._run_or_stop(item, job, device, mark, stopped, asked)

    def _run_or_stop(
        self, item: pytest.Function, job: Job, device: str, mark: ExerciseMark, stopped: set[str], asked: OneStudent
    ) -> TestRun:
        run = TestRun(item.name, mark)
        if mark.name in stopped:
            run.result = self._plans[item.name].result("not_run", NOT_RUN, device)
            return run
        if mark.attempt and mark.name in asked.worthless:
            run.result = self._plans[item.name].result("not_run", NOT_ATTEMPTED, device)
            return run
        side = asked.side(item.name, mark, device)
        self._run_item(item, job, side, device, run)
        if isinstance(run.failure, LimitReached | ChildDied):
            asked.fell_over.add(mark.name)
        if isinstance(run.failure, LimitReached):
            stopped.add(mark.name)
        if run.failure is not None and mark.costs == 1:
            asked.worthless.add(mark.name)
        return run

    def _run_item(self, item: pytest.Function, job: Job, side: Side, device: str, run: TestRun) -> None:
        student = Door(side)
        self._student, self._reference = student, Door(job.reference(item.name))
        self._rng.bit_generator.state = self._state(job.seed, run.mark.name if run.mark.attempt else item.name)
        self._failure = None
        began = time.perf_counter()
        with comparisons(trace(student)[1]) as run.compared:
            self._run_pytest_item(item)
        run.seconds = time.perf_counter() - began
        run.calls, run.answers = trace(student)
        run.failure = self._failure
        run.result = self._plans[item.name].result(*self._verdict(run, job.trusted), device)

    def _verdict(self, run: TestRun, trusted: bool) -> tuple[Outcome, Failure | None]:
        if run.failure is None:
            return "passed", None
        others = {name for name in self.exercises if name != run.mark.name}
        return verdict_of(run.failure, run.name, run.mark.name, others, run.calls[-1] if run.calls else None, trusted)

    def _state(self, seed: int, test: str) -> Any:
        """Return where a test's generator starts.

        Seeding one takes longer than drawing from it: each is seeded once.
        """
        if (seed, test) not in self._states:
            fresh = np.random.default_rng([seed, zlib.crc32(test.encode())])
            self._states[seed, test] = fresh.bit_generator.state
        return self._states[seed, test]

    def questions(self, job: Job, exercise: str) -> Questions:
        """Return what the tests of an exercise ask of a right answer; they are heard once for a class."""
        key = job.seed, exercise
        if key not in self._questions:
            heard = [
                (name, self._heard(job, name), job.reference(name))
                for name, mark in self.marks.items()
                if mark.name == exercise and not mark.attempt and self._plans[name].function is not None
            ]
            self._questions[key] = heard_in(heard, ENDS)
        return self._questions[key]

    def _heard(self, job: Job, test: str) -> Callable[[Listening], None]:
        """Return a test that is run by itself, with a student's side."""

        def run(side: Listening) -> None:
            plan, rng = self._plans[test], np.random.default_rng()
            assert plan.function is not None
            rng.bit_generator.state = self._state(job.seed, test)
            given = {"student": Door(side), "reference": Door(job.reference(test)), "rng": rng}
            with comparisons([]):
                plan.function(**{name: given[name] for name in plan.ours}, **plan.given)

        return run

    def _run_pytest_item(self, item: pytest.Function) -> None:
        """Call the test; through pytest's whole protocol only where a fixture of the file's own has to be set up.

        The protocol costs half a millisecond a test, which is more than most tests do.
        """
        plan = self._plans[item.name]
        if plan.function is None:
            run_whole_protocol(item)
            return
        ours = {"student": self._student, "reference": self._reference, "rng": self._rng}
        try:
            plan.function(**{name: ours[name] for name in plan.ours}, **plan.given)
        except BaseException as problem:
            self._failure = problem

    @pytest.fixture
    def student(self) -> Door:
        """The code that is judged."""
        assert self._student is not None
        return self._student

    @pytest.fixture
    def reference(self) -> Door:
        """The solution, or its recording."""
        assert self._reference is not None
        return self._reference

    @pytest.fixture
    def rng(self) -> np.random.Generator:
        """Random numbers from the run's seed and the test's name."""
        return self._rng

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        """Keep the items, each with the exercise that it belongs to."""
        self.items = list(items)
        refuse_classes(items)
        self.marks = {item.name: read_mark(item) for item in items}
        self._plans = {item.name: plan_of(item) for item in items}
        if len(self.marks) < len(items):
            raise CourseError(f"two tests of {self.path.name} have the same name")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Stand where pytest would run each test once, and let the owner run them as it likes."""
        if not session.testsfailed:
            try:
                self._collected()
                self.value = self._use(self)
            except BaseException as problem:
                self.problem = problem
        self._left_in = os.getcwd()
        return True

    def pytest_sessionfinish(self) -> None:
        """Stay where the process is: pytest goes back to where the session began, which may be long ago."""
        if self._left_in:
            os.chdir(self._left_in)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Keep the exception itself, and make a report without the long text: formatting it costs more than a test."""
        if call.excinfo is not None and self._failure is None:
            self._failure = call.excinfo.value
        outcome = "passed" if call.excinfo is None else "failed"
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, call.when, duration=call.duration)  # type: ignore[arg-type]

    def pytest_internalerror(self, excrepr: object, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Keep what pytest would print to stderr."""
        mine = isinstance(excinfo.value, AutograderError)
        self.problem = excinfo.value if mine else CourseError(f"{self.path.name} can't be collected:\n{excrepr}")
        return True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A check file that can't be collected is the author's to mend."""
        if report.failed:
            self.problem = CourseError(f"{self.path.name} can't be collected:\n{report.longreprtext}")


def with_checks(path: Path, use: Callable[[CheckRunner], T]) -> T:
    """Collect a file of checks and return what `use` makes of the runner.

    Raises CourseError when the file can't be collected, and whatever `use` raises.
    """
    if not path.is_file():
        raise CourseError(f"there are no checks at {path}")
    setting = Borrowed(path.stem)
    runner = CheckRunner(path, use, setting.close)
    words = [
        str(path),
        "-c",
        str(INI),
        "--rootdir",
        str(path.parent),
        "--import-mode=importlib",
        "--disable-plugin-autoload",
        "--noconftest",
        "--capture=no",
        "--assert=plain",  # a message is the check's own, without the lines that pytest would put below it
        "-p",
        "no:randomly",
    ]
    for name in UNUSED:
        words += ["-p", f"no:{name}"]
    with setting:
        code = pytest.main(words, plugins=[runner])
    if runner.problem is not None:
        raise runner.problem
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) or not runner.items:
        raise CourseError(f"{path.name} gave no checks (pytest ended with {code!s})\n{setting.said.getvalue()}")
    return runner.value
