"""A file that is written whole or not at all: it takes the old one's place when its last byte is on disk."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, pieces: Iterable[bytes], *, durable: bool = False) -> None:
    """Write a file in pieces, as a whole. Raises OSError, and then an older file is as it was.

    Args:
        path: the file. Its folder is there.
        pieces: its content.
        durable: wait until the disk has it, so that it outlives the machine's end.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            file.writelines(pieces)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
