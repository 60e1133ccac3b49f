"""Words to calls: the `autograder` command."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autograder.errors import AutograderError, CourseError, SandboxError

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
    except KeyboardInterrupt:
        print("autograder: stopped", file=sys.stderr)
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
    validate.add_argument("--verbose", action="store_true", help="show the remarks too")
    validate.set_defaults(run=_validate)
    return parser


def find_root() -> Path:
    """Return the top of the course: the nearest folder upwards with nbgrader_config.py, or this one."""
    here = Path.cwd()
    return next((one for one in [here, *here.parents] if (one / "nbgrader_config.py").exists()), here)


def _build(args: argparse.Namespace) -> int:
    from autograder import release

    notebooks = release.select(args.root, args.path)
    if not args.check:
        release.build(args.root, notebooks)
        return OK
    lines = release.stale(args.root, notebooks)
    if args.path is None:
        lines += release.leftovers(args.root, notebooks)
    for line in lines:
        print(f"stale: {line}")
    print(f"{len(notebooks)} notebooks checked, {len(lines)} files stale" + (": run `autograder build`" if lines else ""))
    return DIFFERENT if lines else OK


def _validate(args: argparse.Namespace) -> int:
    from autograder import release
    from autograder.validate import validate

    problems = 0
    for notebook in release.select(args.root, args.path):
        try:
            found = validate(notebook, range(args.seeds))
        except CourseError as problem:
            print(f"{notebook.chapter}/{notebook.name}: {problem}")
            problems += 1
            continue
        hints = ", ".join(f"{count} by {name}" for name, count in found.hints.most_common())
        print(f"{found.notebook}: {found.mistakes} mistakes and {found.right} right answers under {args.seeds} seeds")
        print(f"  rejected mistakes were answered: {hints or 'none'}")
        slowest = sorted(found.seconds.items(), key=lambda one: -one[1])[:3]
        print("  slowest checks: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in slowest))
        for line in found.problems:
            print(f"  PROBLEM {line}")
        for line in found.remarks if args.verbose else []:
            print(f"  remark  {line}")
        if found.remarks and not args.verbose:
            print(f"  {len(found.remarks)} remarks (--verbose shows them)")
        problems += len(found.problems)
    print("no problems" if not problems else f"{problems} problems")
    return DIFFERENT if problems else OK


if __name__ == "__main__":
    sys.exit(main())
