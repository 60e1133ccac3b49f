"""Jupyter kernels of the course: one for the CPU, and one for CUDA where there is a GPU.

They differ in one setting, KERNEL_SCHOOL_DEVICE, which `coursekit.device.get_device` reads.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from autograder.plain.devices import available_devices

TITLES = {"cpu": "Kernel School (CPU)", "cuda": "Kernel School (CUDA)"}


def kernel_spec(device: str) -> dict[str, object]:
    """Return the kernel.json of a device's kernel."""
    return {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": TITLES[device],
        "language": "python",
        "env": {"KERNEL_SCHOOL_DEVICE": device},
        "metadata": {"debugger": True},
    }


def install(prefix: Path) -> Iterator[tuple[str, Path]]:
    """Install a kernel for each device that is here, below `prefix`, and yield its name and folder."""
    from jupyter_client.kernelspec import KernelSpecManager

    manager = KernelSpecManager()
    for device in available_devices():
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "kernel.json").write_text(json.dumps(kernel_spec(device), indent=1), encoding="utf-8")
            name = f"kernel-school-{device}"
            yield name, Path(manager.install_kernel_spec(folder, name, prefix=str(prefix)))
