"""What each of the `autograder` commands does.

Each takes the words that cli.py has understood and returns an exit status.

What a command needs is imported when it runs: `autograder --help` must not wait for torch.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from autograder.plain.errors import CourseError

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from autograder.grading.grade import Submission
    from autograder.grading.handed_in import HandedIn
    from autograder.grading.packs import Collected
    from autograder.grading.store import Store
    from autograder.plain.results import Results

OK, DIFFERENT, WRONG_CALL, NO_SANDBOX = 0, 1, 2, 3


def run_build(args: argparse.Namespace) -> int:
    """From solutions/ to course/."""
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
    print(
        f"{len(notebooks)} notebooks checked, {len(lines)} files stale" + (": run `autograder build`" if lines else "")
    )
    return DIFFERENT if lines else OK


def run_validate(args: argparse.Namespace) -> int:
    """Judge notebooks' checks by their variants."""
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
        print(
            f"{found.notebook}: {found.mistakes} mistakes and {found.right} right answers "
            f"under {args.seeds} seeds, {found.standard} standard mistakes of {found.contracts} contracts"
        )
        print(f"  rejected mistakes were answered: {hints or 'none'}{_share(found.hints)}")
        slowest = sorted(found.seconds.items(), key=lambda one: -one[1])[:3]
        print("  slowest checks: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in slowest))
        for line in found.problems:
            print(f"  PROBLEM {line}")
        for line in found.remarks:
            print(f"  remark  {line}")
        problems += len(found.problems)
    print("no problems" if not problems else f"{problems} problems")
    return DIFFERENT if problems else OK


def _share(hints: Counter[str]) -> str:
    """Of the answers that no rule's own message explains, how many got the hint of their own mistake."""
    wanting = hints.total() - hints["a rule's message"]
    return f" ({100 * hints['own hint'] / wanting:.0f} % own hints)" if wanting else ""


def run_trial(args: argparse.Namespace) -> int:
    """Grade answers that others wrote."""
    from autograder.course.release import select
    from autograder.grading.cluster import Options
    from autograder.grading.progress_bar import Progress
    from autograder.grading.trial import try_answers, written_in
    from autograder.report.misjudged import show, summary, to_data

    if not args.answers.is_dir():
        raise CourseError(f"there is no folder of answers at {args.answers}")
    path = args.notebook if args.notebook.exists() else args.root / "solutions" / args.notebook
    written = written_in(args.answers, select(args.root, path))
    seeds, options = range(args.seeds), Options(0 if args.workers == 1 else args.workers)
    with Progress(args.seeds * sum(len(one.answers) for one in written)) as progress:
        trials = try_answers(written, seeds, options=options, told=progress.told)
    print("\n\n".join(map(show, trials)))
    if len(trials) > 1:
        print("\n" + "\n".join(map(summary, trials)))
    if args.out:
        args.out.write_text(json.dumps(to_data(trials), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return DIFFERENT if any(one.misjudged for one in trials) else OK


def run_students(args: argparse.Namespace) -> int:
    """Make the students' edition."""
    from autograder.course.edition import students_edition

    print(f"the students' edition: {args.out} and {students_edition(args.root, args.out)}")
    return OK


def run_new(args: argparse.Namespace) -> int:
    """Lay out every file of a new notebook."""
    from autograder.course.scaffold import lay_out

    files = lay_out(args.root, args.notebook, args.exercises)
    for path in files:
        print(path.relative_to(args.root))
    print(f"fill in what says TODO; `autograder validate {files[0].relative_to(args.root)}` says what is left")
    return OK


def run_one(args: argparse.Namespace) -> int:
    """Judge one notebook by all that judges it."""
    from autograder.course.desk import judge_one, line_of, show
    from autograder.course.notebook import read_course_notebook

    notebook = read_course_notebook(args.root / "solutions" / args.notebook)
    steps = judge_one(args.root.resolve(), notebook, told=lambda step: print(line_of(step), flush=True))
    print(show(steps))
    return OK if all(step.passed for step in steps) else DIFFERENT


def run_retest(args: argparse.Namespace) -> int:
    """Run the tests that a change can affect."""
    from autograder.course.affected import affected, rerun

    tests = affected(args.root, args.since)
    for one in tests:
        print(one.names[0] + (f" and {len(one.names) - 1} more" if len(one.names) > 1 else ""))
    print(f"{len(tests)} sets of tests can be affected")
    return OK if args.list or not tests or rerun(args.root, tests) else DIFFERENT


def run_check(args: argparse.Namespace) -> int:
    """Check a student's own notebook."""
    from autograder.live.terminal import check_notebook, show

    report = check_notebook(args.notebook, args.exercise, args.seed, args.root)
    print(show(report))
    return OK if all(one.outcome == "passed" for one in report.exercises) else DIFFERENT


def run_update(args: argparse.Namespace) -> int:
    """Bring a course into a student's folder."""
    from autograder.live.update import course_to_bring, update
    from autograder.plain.installed import release_of

    course = course_to_bring(args.root, args.source)
    lines = list(update(course, args.folder))
    print("\n".join(lines) or f"{args.folder} is up to date")
    if release_of(course):
        print(f"as in {release_of(course)}")
    return OK


def run_pack(args: argparse.Namespace) -> int:
    """Pack a student's notebooks."""
    from pathlib import Path

    from autograder.live.pack import pack
    from autograder.plain.settings import settings_near

    folder = args.folder or (args.root / "work" if (args.root / "work").is_dir() else Path())
    print(pack(folder, args.out or Path(f"{settings_near(folder).id}.zip")))
    return OK


def run_collect(args: argparse.Namespace) -> int:
    """Put packs into a tree of submissions."""
    if not args.path.exists():
        raise CourseError(f"there is nothing at {args.path}: give a zip, or a folder of zips")
    collected = _collect(args, args.into)
    if not collected.files and not collected.left:
        raise CourseError(f"there is no zip at {args.path}: give <student>.zip, or a folder of such")
    print(f"{len(collected.files)} notebooks put into {args.into}")
    return DIFFERENT if collected.left else OK


def _collect(args: argparse.Namespace, into: Path) -> Collected:
    """Take what is in packs, and say on stderr what was not taken."""
    from autograder.grading.packs import collect
    from autograder.plain.settings import course_settings

    chapters = {path.parent.name for path in (args.root / "solutions").glob("*/*.md")}
    collected = collect(args.path, into, chapters, course_settings(args.root).id)
    for line in collected.left:
        print(f"autograder: not taken from a pack: {line}", file=sys.stderr)
    return collected


def run_grade(args: argparse.Namespace) -> int:
    """Grade submissions in the sandbox."""
    from autograder.grading.handed_in import handed_in
    from autograder.grading.store import Store
    from autograder.plain.results_file import write
    from autograder.present.table import table, undone

    found = handed_in(_without_packs(args), args.root)
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


def _without_packs(args: argparse.Namespace) -> Path:
    """Return the tree to grade: packs in it are unpacked where they lie, one that is given itself beside it."""
    path: Path = args.path
    if not path.is_file() or path.suffix.lower() != ".zip":
        if path.is_dir():
            _collect(args, path)
        return path
    tree = path.with_name(f"{path.stem}.unpacked")
    _collect(args, tree)
    if not tree.is_dir():
        raise CourseError(f"there is nothing to grade in {path}")
    return tree


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
        print(
            f"autograder: a fresh seed is drawn, because the answers at seed {spent} were handed out with the feedback "
            f"(--seed {spent} takes it all the same)",
            file=sys.stderr,
        )
    limits = Limits(**{one.name: getattr(args, one.name) for one in fields(Limits)})
    with Progress(len(found.submissions)) as progress:
        results = grade_class(
            found.submissions,
            found.notebooks,
            store,
            seed=args.seed,
            limits=limits,
            allow_missing=args.allow_missing,
            options=Options(args.workers, args.scheduler, args.resources),
            told=progress.told,
        )
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
    """Say on stderr what is not graded, and whom nbgrader won't find.

    Raises CourseError for whom no gradebook can hold.
    """
    from autograder.grading.roster import MOST_IN_GRADEBOOK, misread_by_nbgrader
    from autograder.plain.names import listed

    _say_unplaced(found)
    students = list(dict.fromkeys(one.student for one in found.submissions))
    too_long = [name for name in students if len(name) > MOST_IN_GRADEBOOK]
    if args.gradebook and too_long:
        raise CourseError(
            f"nbgrader's gradebook holds names of at most {MOST_IN_GRADEBOOK} characters: rename {listed(too_long)}. "
            "Nothing was graded"
        )
    misread = [name for name in students if misread_by_nbgrader(name)]
    if (args.gradebook or args.autograded) and misread:
        print(
            f"autograder: nbgrader's own commands (autograde, generate_feedback) miss or mistake "
            f"{listed(misread)}: brackets, * and "
            "? are patterns to them, and a line end is no name. Graded here all the same; rename the folders to "
            "use those commands",
            file=sys.stderr,
        )


def _say_unplaced(found: HandedIn, most: int = 20) -> None:
    if found.unplaced:
        left = len(found.unplaced) - most
        print(
            "autograder: handed in, and not graded:",
            *(f"  {line}" for line in found.unplaced[:most]),
            *([f"  and {left} more"] if left > 0 else []),
            sep="\n",
            file=sys.stderr,
        )


def run_report(args: argparse.Namespace) -> int:
    """Show the results of a grading run."""
    from autograder.plain.results_file import read
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


def run_similar(args: argparse.Namespace) -> int:
    """Show submissions that are alike."""
    from autograder.report.pairs import write_pairs
    from autograder.similarity.similar import find_similar, show

    found = find_similar(args.path, args.root, args.pairs, told=_say_unplaced)
    print(show(found))
    if args.html:
        write_pairs(found, args.html)
        print(f"side by side: {args.html}")
    return OK


def run_doctor(args: argparse.Namespace) -> int:
    """Say what is there and what is missing."""
    from autograder.sandbox.doctor import examine, show

    findings = examine(args.root)
    print(show(findings))
    return OK if all(one.ok or not one.needed for one in findings) else DIFFERENT


def run_kernels(args: argparse.Namespace) -> int:
    """Install the course's kernels."""
    from autograder.live.kernels import install
    from autograder.plain.settings import course_settings

    for name, folder in install(course_settings(args.root), args.prefix):
        print(f"{name}: {folder}")
    return OK
