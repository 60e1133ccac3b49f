"""Words to calls: the `autograder` command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from autograder.commands import (
    NO_SANDBOX,
    WRONG_CALL,
    run_build,
    run_check,
    run_collect,
    run_doctor,
    run_grade,
    run_kernels,
    run_new,
    run_one,
    run_pack,
    run_report,
    run_retest,
    run_similar,
    run_students,
    run_trial,
    run_update,
    run_validate,
)
from autograder.plain.errors import AutograderError, SandboxError


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
    build.set_defaults(run=run_build)
    validate = commands.add_parser("validate", help="judge a notebook's checks by its variants")
    validate.add_argument("path", nargs="?", type=Path, help="a notebook or a chapter; all by default")
    validate.add_argument("--seeds", type=int, default=3, help="how many seeds (default 3)")
    validate.set_defaults(run=run_validate)
    _add_trial(commands)
    students = commands.add_parser("students", help="make the students' edition: no solution is in it")
    students.add_argument("out", type=Path, help="a new folder; its zip is made beside it")
    students.set_defaults(run=run_students)
    _add_desk(commands)
    check = commands.add_parser("check", help="check your own notebook, as its check cells do")
    check.add_argument("notebook", type=Path)
    check.add_argument(
        "--exercise", action="append", default=[], metavar="NAME", help="only this one (may be repeated)"
    )
    check.add_argument(
        "--seed", type=int, default=0, help="the seed of the inputs; that of a grading run stands in your feedback"
    )
    check.set_defaults(run=run_check)
    _add_handing_in(commands)
    _add_grade(commands)
    _add_report(commands)
    _add_similar(commands)
    doctor = commands.add_parser("doctor", help="what is there, what is missing, what to do")
    doctor.set_defaults(run=run_doctor)
    kernels = commands.add_parser("kernels", help="install the course's Jupyter kernels")
    kernels.add_argument("--prefix", type=Path, default=Path(sys.prefix), help="where; this environment by default")
    kernels.set_defaults(run=run_kernels)
    return parser


def _add_trial(commands: Any) -> None:
    trial = commands.add_parser("trial", help="grade answers that others wrote from the students' edition alone")
    trial.add_argument(
        "notebook", type=Path, metavar="NOTEBOOK", help="such as 04_cnn/convolution; a chapter; or solutions for all"
    )
    trial.add_argument(
        "answers",
        type=Path,
        metavar="ANSWERS",
        help="a folder <chapter>/<notebook>/<exercise>/right_<slug>.py and wrong_<slug>.py, or a notebook's own of it",
    )
    trial.add_argument("--seeds", type=_at_least_one, default=3, help="how many seeds (default 3)")
    trial.add_argument("--workers", type=_at_least_one, help="processes on this machine; as many as cores by default")
    trial.add_argument("--out", type=Path, metavar="FILE", help="write what came of each answer to this file, as JSON")
    trial.set_defaults(run=run_trial)


def _add_desk(commands: Any) -> None:
    new = commands.add_parser("new", help="lay out every file of a new notebook, ready to fill")
    new.add_argument(
        "notebook",
        metavar="CHAPTER/NOTEBOOK",
        help="such as 04_cnn/convolution; its file gets the chapter's next number, or that in 04_cnn/02_convolution",
    )
    new.add_argument(
        "exercises", nargs="+", metavar="EXERCISE", help="a function's name; one with a capital letter is a class"
    )
    new.set_defaults(run=run_new)
    one = commands.add_parser("one", help="everything that judges one notebook, step by step")
    one.add_argument("notebook", metavar="CHAPTER/NOTEBOOK", help="such as 04_cnn/convolution")
    one.set_defaults(run=run_one)
    retest = commands.add_parser("retest", help="run the tests that what has changed can affect")
    retest.add_argument("--since", metavar="COMMIT", help="changed since when; since this branch left main by default")
    retest.add_argument("--list", action="store_true", help="name the tests and run none")
    retest.set_defaults(run=run_retest)


def _add_handing_in(commands: Any) -> None:
    update = commands.add_parser("update", help="bring corrected notebooks into the folder that you work in")
    update.add_argument(
        "folder", nargs="?", type=Path, default=Path("work"), help="yours (work); made where it is not there"
    )
    update.add_argument(
        "--from", type=Path, dest="source", metavar="FOLDER", help="a newer course; the one here by default"
    )
    update.set_defaults(run=run_update)
    pack = commands.add_parser("pack", help="one zip of your notebooks, to hand in")
    pack.add_argument("folder", nargs="?", type=Path, help="where your notebooks are; work/ or this folder by default")
    pack.add_argument("--out", type=Path, metavar="FILE", help="the zip; <course>.zip in this folder by default")
    pack.set_defaults(run=run_pack)
    collect = commands.add_parser("collect", help="put students' packs into a tree of submissions")
    collect.add_argument(
        "path", type=Path, help="a zip, or a folder of zips: <student>.zip or <student>/<any name>.zip"
    )
    collect.add_argument("--into", type=Path, default=Path("submitted"), help="the tree (default submitted)")
    collect.set_defaults(run=run_collect)


def _add_grade(commands: Any) -> None:
    from autograder.plain.limits import DEFAULTS, Limits

    grade = commands.add_parser("grade", help="grade submissions in the sandbox")
    grade.add_argument("path", type=Path, help="a tree <student>/<chapter>/<notebook>.ipynb, one notebook, or a pack")
    grade.add_argument("--out", type=Path, required=True, help="where the results go, as JSON")
    grade.add_argument("--seed", type=int, help="the seed of the inputs; drawn afresh by default")
    grade.add_argument("--fresh", action="store_true", help="forget what an earlier run of the same --out has graded")
    grade.add_argument("--workers", type=_at_least_one, help="processes on this machine; as many as cores by default")
    grade.add_argument("--scheduler", metavar="ADDRESS", help="a Dask scheduler to grade on, as tcp://host:8786")
    grade.add_argument(
        "--resources",
        type=_resources,
        default={},
        metavar="NAME=N",
        help="what of Dask's resources a submission takes while it is graded, such as GPU=1",
    )
    grade.add_argument(
        "--gradebook", metavar="URL", help="write marks into nbgrader's gradebook, as sqlite:///gradebook.db"
    )
    grade.add_argument(
        "--autograded", type=Path, metavar="FOLDER", help="write the graded notebooks for nbgrader's formgrader"
    )
    grade.add_argument(
        "--allow-missing",
        action="append",
        default=[],
        metavar="LAYER",
        help="go on without this layer of the sandbox; every report says so",
    )
    limits = grade.add_argument_group("limits of one submission")
    for one in fields(Limits):
        limits.add_argument(
            f"--{one.name.replace('_', '-')}",
            type=type(getattr(DEFAULTS, one.name)),
            dest=one.name,
            default=getattr(DEFAULTS, one.name),
            help=f"{one.metadata['doc']} (%(default)s)",
            metavar="N",
        )
    grade.set_defaults(run=run_grade)


def _add_report(commands: Any) -> None:
    report = commands.add_parser("report", help="show the results of a grading run")
    report.add_argument("results", type=Path, help="what `autograder grade --out` wrote")
    report.add_argument("--out", type=Path, help="write the plain table to this file; the terminal by default")
    report.add_argument(
        "--html",
        type=Path,
        metavar="PATH",
        help="write a page of the class, and one for each student, "
        "into this folder (or to this file.html and a folder beside it)",
    )
    report.add_argument("--csv", type=Path, metavar="FILE", help="write the marks as CSV, for a spreadsheet")
    report.add_argument(
        "--feedback", type=Path, metavar="FOLDER", help="write a page for each student to be handed out"
    )
    report.add_argument(
        "--submitted", type=Path, metavar="FOLDER", help="the tree that was graded: pages then show the code"
    )
    report.add_argument("--open", action="store_true", help="open the page of the class in a browser")
    report.set_defaults(run=run_report)


def _add_similar(commands: Any) -> None:
    similar = commands.add_parser("similar", help="submissions alike beyond what the course explains: where to look")
    similar.add_argument("path", type=Path, help="a tree <student>/<chapter>/<notebook>.ipynb")
    similar.add_argument("--html", type=Path, metavar="FILE", help="write the pairs side by side into this file")
    similar.add_argument("--pairs", type=_at_least_one, default=50, help="how many pairs to show at most (default 50)")
    similar.set_defaults(run=run_similar)


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


if __name__ == "__main__":
    sys.exit(main())
