"""Fetch CIFAR-10 (162 MB) into data/: `python -m data_scripts.cifar10`.

The binary version: plain bytes, where the Python version is a pickle, which may run code when it is read.
Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009.
"""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

from data_scripts.download import command, fetch

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
CHECKSUM = "md5:c32a1d4ab5d03f1284b67883e8d87530"
FOLDER = "cifar-10-batches-bin"


def install(folder: Path, *, url: str = URL, checksum: str = CHECKSUM, progress: bool = True) -> Path:
    """Fetch and unpack CIFAR-10 below `folder` and return its own folder. Raises DownloadError."""
    there = folder / FOLDER
    if there.is_dir() and any(there.glob("*.bin")):
        return there
    archive = fetch(url, checksum, folder, progress=progress)
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    archive.unlink()
    return there


def main() -> int:
    """Fetch it and say where it lies. Returns 0, or 1 when it can't be had."""
    return command("CIFAR-10", install)


if __name__ == "__main__":
    sys.exit(main())
