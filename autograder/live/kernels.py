"""Jupyter kernels of the course: one for the CPU, and one for CUDA where there is a GPU.

They differ in one setting, AUTOGRADER_DEVICE, which the course's own code reads. Their titles stand in course.toml.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from autograder.plain.devices import available_devices
from autograder.plain.settings import CourseSettings


def kernel_spec(course: CourseSettings, device: str) -> dict[str, object]:
    """Return the kernel.json of a device's kernel."""
    return {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": course.kernels.get(device, f"{course.name} ({device.upper()})"),
        "language": "python",
        "env": {"AUTOGRADER_DEVICE": device},
        "metadata": {"debugger": True},
    }


def install(course: CourseSettings, prefix: Path) -> Iterator[tuple[str, Path]]:
    """Install a kernel for each device that is here, below `prefix`, and yield its name and folder."""
    from jupyter_client.kernelspec import KernelSpecManager

    manager = KernelSpecManager()
    for device in available_devices():
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "kernel.json").write_text(
                json.dumps(kernel_spec(course, device), indent=1), encoding="utf-8"
            )
            name = f"{course.id}-{device}"
            yield name, Path(manager.install_kernel_spec(folder, name, prefix=str(prefix)))
