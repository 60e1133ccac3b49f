"""`autograder doctor`: what is there, what is missing, what to do. Each line is tried, not asked for.

A probe that fails by itself is a finding too: a doctor never ends in a traceback. What a student needs of
all this, in words, is `doctor()` in `autograder.live.setup_check`.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from autograder.plain.settings import CourseSettings, course_settings

OWN_PACKAGES = {
    name: name for name in ("torch", "jupyterlab", "nbgrader", "nbval", "pytest", "jupytext", "safetensors")
}
DISK_GB = 2.0
GRADERS = "sandbox"
REINSTALL = "install the course's packages again: pip install --editable . in its folder"


@dataclass(frozen=True)
class Finding:
    """One thing that was tried.

    Args:
        area: "python", "packages", "gpu", "kernels", "sandbox", "disk" or "data".
        name: what was tried.
        ok: whether it works.
        saw: what was seen.
        remedy: what to do when it does not work.
        needed: whether students and graders both can't do without it.
    """

    area: str
    name: str
    ok: bool
    saw: str
    remedy: str = ""
    needed: bool = True


def examine(root: Path) -> list[Finding]:
    """Try everything that the course needs and return what was seen."""
    course = course_settings(root)
    probes: dict[str, Callable[[], Iterator[Finding]]] = {
        "python": _python,
        "packages": lambda: _packages(course),
        "torch": _torch,
        "kernels": lambda: _kernels(course),
        "sandbox": _sandbox,
        "disk": lambda: _disk(root),
        "data": lambda: _data(course),
    }
    return [finding for area, probe in probes.items() for finding in tried(area, probe)]


def tried(area: str, probe: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """Return a probe's findings up to where it breaks, and that it broke."""
    found: list[Finding] = []
    try:
        for one in probe():
            found.append(one)  # what came before an error counts
    except Exception as problem:
        said = f"{type(problem).__name__}: {problem}".splitlines()[0]
        found.append(Finding(area, "probe", False, f"could not be looked at ({said})", REINSTALL))
    return found


def show(findings: list[Finding]) -> str:
    """Return the findings as text: an icon and a word each, and the remedy under what is missing."""
    lines, area = [], ""
    for one in findings:
        if one.area != area:
            area = one.area
            lines.append(area + (" (for grading others; students need none of it)" if area == GRADERS else ""))
        mark = "✓ ok     " if one.ok else ("✗ missing" if one.needed else "· absent ")
        lines.append(f"  {mark} {one.name}: {one.saw}")
        if not one.ok and one.remedy:
            lines.append(f"              {one.remedy}")
    missing = [one.area for one in findings if not one.ok and one.needed]
    to_grade = missing.count(GRADERS)
    lines.append(_verdict("to work through the course", len(missing) - to_grade))
    if to_grade:
        lines.append(_verdict("to grade others here", to_grade))
    return "\n".join(lines)


def _verdict(what: str, missing: int) -> str:
    if not missing:
        return f"everything that is needed {what} is there"
    return f"{missing} thing{'s are' if missing > 1 else ' is'} missing {what}"


def _python() -> Iterator[Finding]:
    came = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", "version", sys.version_info >= (3, 11), came, "install Python 3.11 or newer")
    inside = sys.prefix != sys.base_prefix or "CONDA_PREFIX" in os.environ
    yield Finding(
        "python",
        "environment",
        inside,
        "a virtual environment" if inside else "the system's Python",
        "`make start` makes one in .venv; or `conda env create -f environment.yml`",
        needed=False,
    )


def _packages(course: CourseSettings) -> Iterator[Finding]:
    for name, distribution in {**OWN_PACKAGES, **course.packages}.items():
        try:
            importlib.import_module(name)
        except Exception as problem:
            yield Finding("packages", name, False, f"{type(problem).__name__}: {problem}", REINSTALL)
        else:
            yield Finding("packages", name, True, version(distribution))


def _torch() -> Iterator[Finding]:
    import torch

    began = time.perf_counter()
    (torch.ones(256, 256) @ torch.ones(256, 256)).sum().item()
    took = 1000 * (time.perf_counter() - began)
    yield Finding("torch", "CPU", True, f"{torch.get_num_threads()} threads, a product of 256 x 256 in {took:.1f} ms")
    gpu = torch.cuda.is_available()
    saw = torch.cuda.get_device_name() if gpu else "none; every notebook runs on the CPU"
    yield Finding(
        "torch",
        "GPU",
        gpu,
        saw,
        "nothing to do, unless this machine has one: then check its driver",
        needed=False,
    )


def _kernels(course: CourseSettings) -> Iterator[Finding]:
    from jupyter_client.kernelspec import KernelSpecManager

    found = KernelSpecManager().find_kernel_specs()
    here = [name for name in ("python3", *(f"{course.id}-{device}" for device in course.kernels)) if name in found]
    yield Finding("kernels", "Jupyter kernels", "python3" in found, ", ".join(here) or "none", "autograder kernels")


def _sandbox() -> Iterator[Finding]:
    if not sys.platform.startswith("linux"):
        yield Finding(
            "sandbox",
            "all layers",
            False,
            f"not on {sys.platform}: needed for grading others only",
            "grade on Linux; `check` and the notebooks work here",
            needed=False,
        )
        return
    from autograder.sandbox.box import probe_layers

    for layer in probe_layers():
        yield Finding("sandbox", layer.name, layer.ok, layer.saw, layer.remedy)


def _disk(root: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(root).free / 2**30
    yield Finding("disk", "free space", free > DISK_GB, f"{free:.1f} GB", f"free at least {DISK_GB:g} GB")
    writable = os.access(root, os.W_OK)
    yield Finding(
        "disk",
        "course folder",
        writable,
        "writable" if writable else "read-only",
        "copy the course to your own folder",
    )


def _data(course: CourseSettings) -> Iterator[Finding]:
    module, _, name = course.health.partition(":")
    if not module:
        return
    missing = list(getattr(importlib.import_module(module), name)())
    yield Finding("data", "the course's data", not missing, " ".join(missing) or "whole", needed=True)
