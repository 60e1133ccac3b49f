"""What a student's machine needs: the doctor in words, and nothing that only Linux has."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import types

import pytest

from autograder.live import setup_check as student_doctor
from autograder.live.setup_check import doctor
from autograder.sandbox.doctor import Finding, show, tried


@pytest.fixture
def missing(monkeypatch):
    """Make packages impossible to import, as if they were not installed or broken."""

    def without(name, problem=None):
        real = importlib.import_module
        real_find = importlib.util.find_spec

        def refuse(wanted, *args):
            if wanted == name:
                raise problem or ModuleNotFoundError(f"No module named {name!r}")
            return real(wanted, *args)

        monkeypatch.setattr(student_doctor.importlib, "import_module", refuse)
        if problem is None:
            monkeypatch.setattr(
                student_doctor.importlib.util, "find_spec", lambda wanted: None if wanted == name else real_find(wanted)
            )

    return without


def test_on_a_whole_machine_the_doctor_says_so_in_the_same_words_everywhere():
    found = doctor()
    assert found.is_well, found
    assert repr(found).startswith("✓ Everything that you need is here\n  ✓ Python")
    assert not any(character.isdigit() for character in repr(found).replace("3.11", ""))


def test_a_missing_package_is_named_with_the_words_that_install_it(missing):
    missing("skimage")
    found = doctor()
    assert "scikit-image is not installed. Run `%pip install scikit-image` in a cell" in repr(found)
    assert "! 1 thing needs your attention" in repr(found)
    assert "✗ scikit-image is not installed" in found._repr_mimebundle_()["text/html"]


def test_a_package_that_does_not_start_is_told_from_one_that_is_not_there(missing):
    missing("torchvision", OSError("libtorch.so: undefined symbol"))
    assert "torchvision is installed and does not start (OSError: libtorch.so: undefined symbol)" in repr(doctor())


def test_a_folder_that_cannot_be_written_is_said(monkeypatch):
    def refuse(**kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(student_doctor.tempfile, "TemporaryFile", refuse)
    assert "This folder can't be written. Copy the course to a folder of your own" in repr(doctor())


def test_a_full_disk_is_said(monkeypatch):
    monkeypatch.setattr(student_doctor.shutil, "disk_usage", lambda path: types.SimpleNamespace(free=1000))
    assert "The disk is nearly full" in repr(doctor())


def test_a_kernel_that_asks_for_a_gpu_in_vain_is_told_that_nothing_is_lost(monkeypatch):
    import torch

    monkeypatch.setenv("AUTOGRADER_DEVICE", "cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "torch finds none. Nothing is lost" in repr(doctor())


def test_a_probe_that_breaks_is_a_finding_and_no_traceback(monkeypatch):
    monkeypatch.setattr(student_doctor, "_data", lambda: 1 / 0)
    assert "This could not be looked at (ZeroDivisionError" in repr(doctor())

    def broken():
        yield Finding("disk", "first", True, "seen")
        raise RuntimeError("broke")

    shown = show(tried("disk", broken))
    assert "first: seen" in shown
    assert "could not be looked at (RuntimeError: broke)" in shown


def test_what_only_graders_miss_does_not_count_as_missing_for_the_course():
    shown = show(
        [Finding("python", "version", True, "3.11"), Finding("sandbox", "landlock", False, "absent", "a newer kernel")]
    )
    assert "sandbox (for grading others; students need none of it)" in shown
    assert "everything that is needed to work through the course is there" in shown
    assert "1 thing is missing to grade others here" in shown


STUDENTS_IMPORT = """
import autograder, autograder.checking.plugin, autograder.checking.assess, autograder.cli
import autograder.live.check, autograder.live.progress, autograder.live.setup_check, autograder.live.terminal
import autograder.authoring.rules, autograder.authoring.inputs, autograder.authoring.compare, autograder.plain.devices
import coursekit.data, coursekit.device, coursekit.plots, coursekit.widgets, coursekit.training, coursekit.frontend
from importlib import import_module
from pathlib import Path
for path in Path("coursekit/figures").glob("[a-z]*.py"):
    import_module(f"coursekit.figures.{path.stem}")
autograder.live.check.warm_up()
"""
# What CPython has on Linux and not on Windows, and what only our sandbox needs.
NOT_ON_WINDOWS = (
    "fcntl",
    "resource",
    "pwd",
    "grp",
    "termios",
    "pty",
    "tty",
    "syslog",
    "posix_ipc",
    "pyseccomp",
    "bubblewrap",
)
WINDOWS = f"""
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name in {NOT_ON_WINDOWS}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
for name in {NOT_ON_WINDOWS}:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Refuse())
"""
REPORT = "import json; print(json.dumps(sorted(sys.modules)))"


def run(program, root):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=root)


def test_what_students_import_runs_without_anything_that_only_linux_has(root):
    done = run(WINDOWS + STUDENTS_IMPORT + REPORT, root)
    assert done.returncode == 0, done.stderr[-1500:]
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert {"torch", "pytest", "coursekit.figures.start"} <= loaded
    assert not {
        name
        for name in loaded
        if name.startswith("autograder.sandbox.") and name.split(".")[2] not in {"protocol", "limits", "values"}
    }


def test_the_proof_can_fail(root):
    done = run(WINDOWS + "import autograder.sandbox.zygote, autograder.sandbox.child, autograder.sandbox.box", root)
    assert done.returncode != 0
    assert "ModuleNotFoundError" in done.stderr


def test_importing_check_loads_neither_torch_nor_pytest_outside_a_notebook(root):
    done = run("import sys; from autograder import check, progress;" + REPORT, root)
    assert not {"torch", "pytest", "numpy", "matplotlib", "jupytext", "filelock"} & set(json.loads(done.stdout))
