"""Words to calls: the `autograder` command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.plain.errors import AutograderError, CourseError, SandboxError

if TYPE_CHECKING:
    from autograder.grading.grade import Submission
    from autograder.grading.handed_in import HandedIn
    from autograder.grading.store import Store
    from autograder.plain.results import Results

OK, DIFFERENT, WRONG_CALL, NO_SANDBOX = 0, 1, 2, 3


def main(words: Sequence[str] | None = None) -> int:
    """Run a command. Returns 0 for done, 1 for found wanting, 2 for a wrong call, 3 for no sandbox."""
    args = _parser().parse_args(words)
    try:
        return int(args.run(args))
    except SandboxError as problem:
        print(f"autograder: {problem}", file=sys.stderr)
        return NO_SANDBOX
    except AutograderError as problem:
        print(f"autograder: {problem}", file=sys.stderr)
        return WRONG_CALL
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename else ""
        print(f"autograder: {where}{problem.strerror or problem}", file=sys.stderr)
        return WRONG_CALL
    except KeyboardInterrupt:
        print("autograder: stopped; what was graded is kept, and the same command goes on there", file=sys.stderr)
        return WRONG_CALL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="autograder", description="Build, check and grade notebooks.")
    parser.set_defaults(root=find_root())
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="from solutions/ to course/")
    build.add_argument("path", nargs="?", type=Path, help="a notebook or a chapter; all by default")
    build.add_argument("--check", action="store_true", help="change nothing; fail when something is stale")
    build.set_defaults(run=_build)
    validate = commands.add_parser("validate", help="judge a notebook's checks by its variants")
    validate.add_argument("path", nargs="?", type=Path, help="a notebook or a chapter; all by default")
    validate.add_argument("--seeds", type=int, default=3, help="how many seeds (default 3)")
    validate.set_defaults(run=_validate)
    _add_desk(commands)
    check = commands.add_parser("check", help="check your own notebook, as its check cells do")
    check.add_argument("notebook", type=Path)
    check.add_argument("--exercise", action="append", default=[], metavar="NAME", help="only this one (may be repeated)")
    check.add_argument("--seed", type=int, default=0, help="the seed of the inputs; that of a grading run stands in your feedback")
    check.set_defaults(run=_check)
    _add_grade(commands)
    _add_report(commands)
    _add_similar(commands)
    doctor = commands.add_parser("doctor", help="what is there, what is missing, what to do")
    doctor.set_defaults(run=_doctor)
    kernels = commands.add_parser("kernels", help="install the course's Jupyter kernels")
    kernels.add_argument("--prefix", type=Path, default=Path(sys.prefix), help="where; this environment by default")
    kernels.set_defaults(run=_kernels)
    return parser


def _add_desk(commands: Any) -> None:
    new = commands.add_parser("new", help="lay out every file of a new notebook, ready to fill")
    new.add_argument("notebook", metavar="CHAPTER/NOTEBOOK", help="such as 04_cnn/convolution")
    new.add_argument("exercises", nargs="+", metavar="EXERCISE", help="a function's name; one with a capital letter is a class")
    new.set_defaults(run=_new)
    one = commands.add_parser("one", help="everything that judges one notebook, step by step")
    one.add_argument("notebook", metavar="CHAPTER/NOTEBOOK", help="such as 04_cnn/convolution")
    one.set_defaults(run=_one)
    retest = commands.add_parser("retest", help="run the tests that what has changed can affect")
    retest.add_argument("--since", metavar="COMMIT", help="changed since when; since this branch left main by default")
    retest.add_argument("--list", action="store_true", help="name the tests and run none")
    retest.set_defaults(run=_retest)


def _add_grade(commands: Any) -> None:
    from autograder.plain.limits import DEFAULTS, Limits

    grade = commands.add_parser("grade", help="grade submissions in the sandbox")
    grade.add_argument("path", type=Path, help="a tree <student>/<chapter>/<notebook>.ipynb, or one notebook")
    grade.add_argument("--out", type=Path, required=True, help="where the results go, as JSON")
    grade.add_argument("--seed", type=int, help="the seed of the inputs; drawn afresh by default")
    grade.add_argument("--fresh", action="store_true", help="forget what an earlier run of the same --out has graded")
    grade.add_argument("--workers", type=_at_least_one, help="processes on this machine; as many as cores by default")
    grade.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler to grade on, as tcp://host:8786")
    grade.add_argument("--resources", type=_resources, default={}, metavar="NAME=N",
                       help="what of Dask's resources a submission takes while it is graded, such as GPU=1")  # fmt: skip
    grade.add_argument("--gradebook", metavar="URL", help="write marks into nbgrader's gradebook, as sqlite:///gradebook.db")
    grade.add_argument("--autograded", type=Path, metavar="FOLDER", help="write the graded notebooks for nbgrader's formgrader")
    grade.add_argument("--allow-missing", action="append", default=[], metavar="LAYER",
                       help="go on without this layer of the sandbox; every report says so")  # fmt: skip
    limits = grade.add_argument_group("limits of one submission")
    for one in fields(Limits):
        limits.add_argument(f"--{one.name.replace('_', '-')}", type=type(getattr(DEFAULTS, one.name)), dest=one.name,
                            default=getattr(DEFAULTS, one.name), help=f"{one.metadata['doc']} (%(default)s)", metavar="N")  # fmt: skip
    grade.set_defaults(run=_grade)


def _add_report(commands: Any) -> None:
    report = commands.add_parser("report", help="show the results of a grading run")
    report.add_argument("results", type=Path, help="what `autograder grade --out` wrote")
    report.add_argument("--out", type=Path, help="write the plain table to this file; the terminal by default")
    report.add_argument("--html", type=Path, metavar="PATH", help="write a page of the class, and one for each student, "
                        "into this folder (or to this file.html and a folder beside it)")  # fmt: skip
    report.add_argument("--csv", type=Path, metavar="FILE", help="write the marks as CSV, for a spreadsheet")
    report.add_argument("--feedback", type=Path, metavar="FOLDER", help="write a page for each student to be handed out")
    report.add_argument("--submitted", type=Path, metavar="FOLDER", help="the tree that was graded: pages then show the code")
    report.add_argument("--open", action="store_true", help="open the page of the class in a browser")
    report.set_defaults(run=_report)


def _add_similar(commands: Any) -> None:
    similar = commands.add_parser("similar", help="submissions alike beyond what the course explains: where to look")
    similar.add_argument("path", type=Path, help="a tree <student>/<chapter>/<notebook>.ipynb")
    similar.add_argument("--html", type=Path, metavar="FILE", help="write the pairs side by side into this file")
    similar.add_argument("--pairs", type=_at_least_one, default=50, help="how many pairs to show at most (default 50)")
    similar.set_defaults(run=_similar)


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} came, expected a whole number of at least 1")
    return int(text)


def _resources(text: str) -> dict[str, float]:
    name, _, number = text.partition("=")
    if not name or not number.isdecimal() or int(number) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} came, expected a name and a whole number, such as GPU=1")
    return {name: float(number)}


def find_root() -> Path:
    """Return the top of the course: the nearest folder upwards with nbgrader_config.py, or this one."""
    here = Path.cwd()
    return next((one for one in [here, *here.parents] if (one / "nbgrader_config.py").exists()), here)


def _build(args: argparse.Namespace) -> int:
    from autograder.course.build import build, leftovers, stale
    from autograder.course.release import select

    notebooks = select(args.root, args.path)
    if not args.check:
        count = build(args.root, notebooks, report=lambda line: print(line, flush=True))
        print(f"{len(notebooks)} notebooks looked at, {count} files made")
        return OK
    lines = stale(args.root, notebooks)
    if args.path is None:
        lines += leftovers(args.root, notebooks)
    for line in lines:
        print(f"stale: {line}")
    print(f"{len(notebooks)} notebooks checked, {len(lines)} files stale" + (": run `autograder build`" if lines else ""))
    return DIFFERENT if lines else OK


def _validate(args: argparse.Namespace) -> int:
    from autograder.course.release import select
    from autograder.course.validate import validate

    problems = 0
    for notebook in select(args.root, args.path):
        try:
            found = validate(notebook, range(args.seeds))
        except CourseError as problem:
            print(f"{notebook.chapter}/{notebook.name}: {problem}")
            problems += 1
            continue
        hints = ", ".join(f"{count} by {name}" for name, count in found.hints.most_common())
        print(f"{found.notebook}: {found.mistakes} mistakes and {found.right} right answers "
              f"under {args.seeds} seeds, {found.standard} standard mistakes of {found.contracts} contracts")
        print(f"  rejected mistakes were answered: {hints or 'none'}")
        slowest = sorted(found.seconds.items(), key=lambda one: -one[1])[:3]
        print("  slowest checks: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in slowest))
        for line in found.problems:
            print(f"  PROBLEM {line}")
        for line in found.remarks:
            print(f"  remark  {line}")
        problems += len(found.problems)
    print("no problems" if not problems else f"{problems} problems")
    return DIFFERENT if problems else OK


def _new(args: argparse.Namespace) -> int:
    from autograder.course.scaffold import lay_out

    for path in lay_out(args.root, args.notebook, args.exercises):
        print(path.relative_to(args.root))
    print(f"fill in what says TODO; `autograder validate solutions/{args.notebook}.md` says what is left")
    return OK


def _one(args: argparse.Namespace) -> int:
    from autograder.course.desk import judge_one, line_of, show
    from autograder.course.notebook import read_course_notebook

    notebook = read_course_notebook(args.root / "solutions" / args.notebook)
    steps = judge_one(args.root.resolve(), notebook, told=lambda step: print(line_of(step), flush=True))
    print(show(steps))
    return OK if all(step.passed for step in steps) else DIFFERENT


def _retest(args: argparse.Namespace) -> int:
    from autograder.course.affected import affected, rerun

    tests = affected(args.root, args.since)
    for one in tests:
        print(one.names[0] + (f" and {len(one.names) - 1} more" if len(one.names) > 1 else ""))
    print(f"{len(tests)} sets of tests can be affected")
    return OK if args.list or not tests or rerun(args.root, tests) else DIFFERENT


def _check(args: argparse.Namespace) -> int:
    from autograder.live.terminal import check_notebook, show

    report = check_notebook(args.notebook, args.exercise, args.seed, args.root)
    print(show(report))
    return OK if all(one.outcome == "passed" for one in report.exercises) else DIFFERENT


def _grade(args: argparse.Namespace) -> int:
    from autograder.grading.handed_in import handed_in
    from autograder.grading.store import Store
    from autograder.plain.results import write
    from autograder.present.table import table, undone

    found = handed_in(args.path, args.root)
    _say_of_names(found, args)
    store = Store(args.out)
    _prove_targets(args)
    with store.alone():
        results = _results(args, store, found)
        write(results, args.out)
        print(table(results))
        _hand_on(args, results, found.submissions)
    said = undone(results)
    if said:
        print(f"autograder: {said}", file=sys.stderr)
    return NO_SANDBOX if said else OK


def _prove_targets(args: argparse.Namespace) -> None:
    """Find out before a class is graded, and not after, what can't be opened or written."""
    if args.gradebook:
        from autograder.nbgrader.gradebook import prove_writable

        prove_writable(args.gradebook, args.root)
    if args.autograded:
        from autograder.grading import store

        store.prove_writable(args.autograded)


def _results(args: argparse.Namespace, store: Store, found: HandedIn) -> Results:
    from autograder.grading.cluster import Options, grade_class
    from autograder.grading.progress_bar import Progress
    from autograder.plain.limits import Limits

    if args.fresh:
        store.forget()
    spent = store.spent_seed() if args.seed is None else None
    if spent is not None:
        print(f"autograder: a fresh seed is drawn, because the answers at seed {spent} were handed out with the feedback "
              f"(--seed {spent} takes it all the same)", file=sys.stderr)  # fmt: skip
    limits = Limits(**{one.name: getattr(args, one.name) for one in fields(Limits)})
    with Progress(len(found.submissions)) as progress:
        results = grade_class(
            found.submissions, found.notebooks, store, seed=args.seed, limits=limits, allow_missing=args.allow_missing,
            options=Options(args.workers, args.scheduler, args.resources), told=progress.told,
        )  # fmt: skip
    return replace(results, run=replace(results.run, unplaced=found.unplaced))


def _hand_on(args: argparse.Namespace, results: Results, submissions: list[Submission]) -> None:
    """Write results where nbgrader looks for them."""
    if args.gradebook:
        from autograder.nbgrader.gradebook import record_results

        count = record_results(results, args.gradebook, args.root)
        print(f"  {count} submissions written to the gradebook {args.gradebook}")
    if args.autograded:
        from autograder.nbgrader.formgrader import write_autograded

        count = write_autograded(results, submissions, args.root, args.autograded)
        print(f"  {count} notebooks for the formgrader in {args.autograded}")


def _say_of_names(found: HandedIn, args: argparse.Namespace) -> None:
    """Say on stderr what is not graded, and whom nbgrader won't find. Raises CourseError for whom no gradebook can hold."""
    from autograder.grading.roster import MOST_IN_GRADEBOOK, misread_by_nbgrader
    from autograder.plain.names import listed

    _say_unplaced(found)
    students = list(dict.fromkeys(one.student for one in found.submissions))
    too_long = [name for name in students if len(name) > MOST_IN_GRADEBOOK]
    if args.gradebook and too_long:
        raise CourseError(f"nbgrader's gradebook holds names of at most {MOST_IN_GRADEBOOK} characters: rename {listed(too_long)}. "
                          "Nothing was graded")  # fmt: skip
    misread = [name for name in students if misread_by_nbgrader(name)]
    if (args.gradebook or args.autograded) and misread:
        print(f"autograder: nbgrader's own commands (autograde, generate_feedback) miss or mistake {listed(misread)}: brackets, * and "
              "? are patterns to them, and a line end is no name. Graded here all the same; rename the folders to use those commands",
              file=sys.stderr)  # fmt: skip


def _say_unplaced(found: HandedIn, most: int = 20) -> None:
    if found.unplaced:
        left = len(found.unplaced) - most
        print("autograder: handed in, and not graded:", *(f"  {line}" for line in found.unplaced[:most]),
              *([f"  and {left} more"] if left > 0 else []), sep="\n", file=sys.stderr)  # fmt: skip


def _report(args: argparse.Namespace) -> int:
    from autograder.plain.results import read
    from autograder.present.table import table

    results = read(args.results)
    if args.submitted is not None and not args.submitted.is_dir():
        raise CourseError(f"--submitted {args.submitted}: there is no such folder")
    if args.html:
        _report_html(results, args)
    if args.csv:
        from autograder.report.marks import write_marks

        write_marks(results, args.csv)
        print(f"marks: {args.csv}")
    if args.feedback:
        _report_feedback(results, args)
    if args.out:
        args.out.write_text(table(results) + "\n", encoding="utf-8")
    elif not (args.html or args.csv or args.feedback):
        print(table(results))
    return OK


def _report_html(results: Results, args: argparse.Namespace) -> None:
    import webbrowser

    from autograder.report.pages import Target, write_report

    target = Target.at(args.html)
    write_report(results, target, args.submitted)
    print(f"report: {target.page}")
    if args.open:
        webbrowser.open(target.page.absolute().as_uri())


def _report_feedback(results: Results, args: argparse.Namespace) -> None:
    from autograder.grading.store import mark_handed_out
    from autograder.report.feedback import write_answers, write_feedback

    mark_handed_out(args.results, results.run.seed)  # first: what is written may be handed out at once
    count = write_feedback(results, args.feedback, args.submitted)
    print(f"feedback: {count} pages in {args.feedback}")
    for path in write_answers(results, args.feedback, args.root):
        print(f"  to repeat a check, students put {path} into {path.parent.name}/checks")


def _similar(args: argparse.Namespace) -> int:
    from autograder.report.pairs import write_pairs
    from autograder.similarity.similar import find_similar, show

    found = find_similar(args.path, args.root, args.pairs, told=_say_unplaced)
    print(show(found))
    if args.html:
        write_pairs(found, args.html)
        print(f"side by side: {args.html}")
    return OK


def _doctor(args: argparse.Namespace) -> int:
    from autograder.sandbox.doctor import examine, show

    findings = examine(args.root)
    print(show(findings))
    return OK if all(one.ok or not one.needed for one in findings) else DIFFERENT


def _kernels(args: argparse.Namespace) -> int:
    from autograder.live.kernels import install
    from autograder.plain.settings import course_settings

    for name, folder in install(course_settings(args.root), args.prefix):
        print(f"{name}: {folder}")
    return OK


if __name__ == "__main__":
    sys.exit(main())
