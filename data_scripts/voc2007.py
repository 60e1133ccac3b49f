"""Fetch VOC 2007 (910 MB) into data/: `python -m data_scripts.voc2007`.

9,963 photographs with the boxes of twenty kinds of objects; `coursekit.annotated.voc2007` reads them.
Source: M. Everingham and others, The PASCAL Visual Object Classes Challenge, 2010.
"""

from __future__ import annotations

import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

from torchvision.datasets.voc import DATASET_YEAR_DICT

from data_scripts.download import command, fetch

# torchvision keeps the addresses and checksums up to date.
ARCHIVES = {DATASET_YEAR_DICT[key]["url"]: f"md5:{DATASET_YEAR_DICT[key]['md5']}" for key in ("2007", "2007-test")}
FOLDER = Path("VOCdevkit") / "VOC2007"


def install(folder: Path, *, archives: Mapping[str, str] = ARCHIVES, progress: bool = True) -> Path:
    """Fetch and unpack both halves of VOC 2007 below `folder` and return its own folder. Raises DownloadError.

    Args:
        folder: where the data sets lie.
        archives: each address with its checksum.
        progress: whether to draw a bar.
    """
    for url, checksum in archives.items():
        done = folder / FOLDER / f"{url.rsplit('/', 1)[1]}.done"
        if done.exists():
            continue
        archive = fetch(url, checksum, folder, progress=progress)
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        done.touch()
        archive.unlink()
    return folder / FOLDER


def main() -> int:
    """Fetch it and say where it lies. Returns 0, or 1 when it can't be had."""
    return command("VOC 2007", install)


if __name__ == "__main__":
    sys.exit(main())
