"""pyproject.toml and environment.yml ask for the same things."""

from __future__ import annotations

import tomllib
from pathlib import Path

import yaml

CONDA_NAMES = {"torch": "pytorch"}


def _asked_by_pip(root: Path) -> set[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    wanted = {_named(line) for line in project["dependencies"]}
    return wanted | {f"python{project['requires-python']}"}


def _named(line: str) -> str:
    for ours, theirs in CONDA_NAMES.items():
        if line.startswith(ours) and not line[len(ours)].isalpha():
            return theirs + line[len(ours) :]
    return line


def _asked_by_conda(root: Path) -> set[str]:
    lines = yaml.safe_load((root / "environment.yml").read_text())["dependencies"]
    from_pip = next(line["pip"] for line in lines if isinstance(line, dict))
    return {line for line in [*lines, *from_pip] if isinstance(line, str)} - {"pip", "--editable ."}


def test_conda_and_pip_ask_for_the_same_packages_in_the_same_ranges(root):
    assert _asked_by_conda(root) == _asked_by_pip(root)
