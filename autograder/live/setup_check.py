"""`doctor()` in a notebook: is all there that a student needs? What is missing is said in words, with a remedy.

It looks at nothing that only graders need, shows nothing that differs between two machines on which all
is well, and works where torch itself does not.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.plain.installed import installed_courses
from autograder.plain.settings import settings_near
from autograder.plain.text import clean
from autograder.present.card_html import HEAD, LINE, card, safe

OWN_PACKAGES = {"torch": "torch", "numpy": "numpy", "pytest": "pytest", "safetensors": "safetensors"}
OLDEST = (3, 11)
ROOM_GB = 0.5
LIST = "margin:4px 0;padding-left:8px;list-style:none"


@dataclass(frozen=True)
class Examined:
    """One thing that was looked at. `missing` says in words what is wrong and what to do; empty when all is well."""

    what: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """All that was looked at, as Jupyter and a terminal show it."""

    looks: tuple[Examined, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing is missing."""
        return not any(one.missing for one in self.looks)

    @property
    def headline(self) -> str:
        """The one sentence."""
        if self.is_well:
            return "Everything that you need is here"
        count = sum(len(one.missing) for one in self.looks)
        return f"{count} thing{'s need' if count > 1 else ' needs'} your attention"

    def __repr__(self) -> str:
        lines = [f"{'✓' if self.is_well else '!'} {self.headline}"]
        for one in self.looks:
            lines.append(f"  {'✗' if one.missing else '✓'} {one.what}")
            lines += [f"      {words}" for words in one.missing]
        return clean("\n".join(lines))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": _html(self)}


def doctor() -> Diagnosis:
    """Look at what this machine needs for the course, and say in words what is missing. Never raises."""
    probes: dict[str, Callable[[], Iterator[str]]] = {
        "Python, 3.11 or newer": _python,
        "the packages that the notebooks import": _packages,
        "a check, tried once": _check,
        "the checks of the course": _course,
        "the pictures and sliders of the notebooks": _widgets,
        "the data sets that come with the packages": _data,
        "a folder to write your work into": _folder,
        "the device that this kernel asks for": _device,
    }
    return Diagnosis(tuple(Examined(what, tuple(_tried(probe))) for what, probe in probes.items()))


def _tried(probe: Callable[[], Iterator[str]]) -> Iterator[str]:
    try:
        yield from probe()
    except Exception as problem:
        yield f"This could not be looked at ({_first_line(problem)}). Show this card to your instructor."


def _python() -> Iterator[str]:
    here = tuple(sys.version_info[:2])
    if here < OLDEST:
        yield f"This is Python {here[0]}.{here[1]}. Install Python 3.11 or newer, and the course in it."


def _packages() -> Iterator[str]:
    for name, distribution in {**OWN_PACKAGES, **settings_near(Path.cwd()).packages}.items():
        try:
            importlib.import_module(name)
        except Exception as problem:
            if importlib.util.find_spec(name) is None:
                yield (
                    f"{distribution} is not installed. Run `%pip install {distribution}` in a cell, then "
                    f"restart the kernel."
                )
            else:
                yield (
                    f"{distribution} is installed and does not start ({_first_line(problem)}). "
                    f"Run `%pip install --force-reinstall {distribution}` in a cell, then restart the kernel."
                )


def _check() -> Iterator[str]:
    """A check that is the grader's own: a right answer and a wrong one."""
    remedy = (
        "Install the grader anew, then restart the kernel; if that does not help, show this card to your instructor."
    )
    try:
        from autograder.checking.selftest import can_check

        if not can_check():
            yield f"A check ran and judged wrongly. {remedy}"
    except Exception as problem:
        yield f"No check can run here ({_first_line(problem)}). {remedy}"


def _course() -> Iterator[str]:
    if not installed_courses() and not any(Path.cwd().glob("checks/*.safetensors")):
        yield "The course's checks are not here. Install the course's wheel, or open the notebook in its own folder."


def _widgets() -> Iterator[str]:
    """The sliders' other half lives in JupyterLab, and may be in another environment than the kernel."""
    spec = importlib.util.find_spec("jupyterlab_widgets")
    if spec is None and not {"VSCODE_PID", "COLAB_RELEASE_TAG"} & set(os.environ):
        yield "Sliders will not show: run `%pip install jupyterlab_widgets` in a cell, then start JupyterLab again."


def _data() -> Iterator[str]:
    module, _, name = settings_near(Path.cwd()).health.partition(":")
    if module:
        yield from getattr(importlib.import_module(module), name)()


def _folder() -> Iterator[str]:
    try:
        with tempfile.TemporaryFile(dir=Path.cwd()):
            pass
    except OSError:
        yield "This folder can't be written. Copy the course to a folder of your own and open it there."
        return
    if shutil.disk_usage(Path.cwd()).free < ROOM_GB * 2**30:
        yield f"The disk is nearly full. Free at least {ROOM_GB:g} GB, or your work can't be saved."


def _device() -> Iterator[str]:
    """A GPU is never needed: only a kernel that asks for one in vain is worth a word."""
    wanted = os.environ.get("AUTOGRADER_DEVICE", "cpu")
    if wanted.startswith("cuda"):
        import torch

        if not torch.cuda.is_available():
            yield "This kernel asks for a GPU and torch finds none. Nothing is lost: the notebooks go on with the CPU."


def _html(diagnosis: Diagnosis) -> str:
    icon = "✓" if diagnosis.is_well else "!"
    head = f'<p style="{HEAD}"><span aria-hidden="true">{icon}</span> {safe(diagnosis.headline)}</p>'
    missing = "".join(f'<p style="{LINE}">✗ {safe(words)}</p>' for one in diagnosis.looks for words in one.missing)
    rows = "".join(f"<li>{'✗' if one.missing else '✓'} {safe(one.what)}</li>" for one in diagnosis.looks)
    folded = (
        f'<details style="{LINE}"><summary style="cursor:pointer">What was looked at</summary><ul '
        f'style="{LIST}">{rows}</ul></details>'
    )
    return card("passed" if diagnosis.is_well else "trouble", diagnosis.headline, [head, missing, folded])


def _first_line(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}".splitlines()[0][:160]
