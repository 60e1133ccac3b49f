"""Fetch a file: resumed where it stopped, shown as it comes, held to its checksum, from a mirror if you say so.

pooch holds the checksum and moves the file into place; what it lacks is going on with half a file, so
`Resumed` is a downloader for it that keeps the half.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pooch
import requests
from tqdm import tqdm

MIRROR_SETTING = "KERNEL_SCHOOL_MIRROR"
TRIES = 3
CHUNK = 1 << 13


class DownloadError(Exception):
    """The file could not be had; the message says why and what to do."""


class Resumed:
    """A downloader for pooch that goes on where an earlier try stopped.

    Args:
        partial: where the half file is kept between tries.
        timeout: seconds without a byte before a try is given up.
        progress: whether to draw a bar.
    """

    def __init__(self, partial: Path, timeout: float = 20.0, progress: bool = True) -> None:
        self.partial, self.timeout, self.progress = partial, timeout, progress

    def __call__(self, url: str, output_file: str | IO[bytes], _pooch: Any, **_: Any) -> None:
        """Fetch `url` into `output_file`. Raises requests.RequestException when a try fails."""
        self._complete(url)
        os.replace(self.partial, str(output_file))

    def _complete(self, url: str) -> None:
        problem: requests.RequestException | None = None
        for _ in range(TRIES):
            try:
                self._go_on(url)
            except requests.RequestException as caught:
                problem = caught
            else:
                return
        raise problem or requests.RequestException(f"{url} did not answer")

    def _go_on(self, url: str) -> None:
        have = self.partial.stat().st_size if self.partial.exists() else 0
        headers = {"Range": f"bytes={have}-"} if have else {}
        with requests.get(url, headers=headers, stream=True, timeout=self.timeout) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                return
            answer.raise_for_status()
            resumed = answer.status_code == requests.codes.partial_content
            total = int(answer.headers.get("Content-Length", 0)) + (have if resumed else 0)
            self._save(answer, "ab" if resumed else "wb", have if resumed else 0, total)

    def _save(self, answer: requests.Response, mode: str, have: int, total: int) -> None:
        bar = tqdm(
            total=total or None,
            initial=have,
            unit="B",
            unit_scale=True,
            desc=self.partial.stem,
            disable=not self.progress,
        )
        with bar, self.partial.open(mode) as file:
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
        came = self.partial.stat().st_size
        if total and came < total:
            raise requests.ConnectionError(f"the connection ended after {came:,} of {total:,} bytes")


def fetch(url: str, checksum: str, folder: Path, *, progress: bool = True, timeout: float = 20.0) -> Path:
    """Return the file at `url`, fetched into `folder` unless it is there already.

    Args:
        url: the official address; the environment variable KERNEL_SCHOOL_MIRROR, where it is set, is the
            address of a folder that holds the same file.
        checksum: "md5:..." or "sha256:...".
        folder: where the file goes; made if it is not there.
        progress: whether to draw a bar.
        timeout: seconds without a byte before a try is given up.

    Raises DownloadError when it can't be had, with the reason and what to do.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = url.rsplit("/", 1)[1]
    mirror = os.environ.get(MIRROR_SETTING)
    address = f"{mirror.rstrip('/')}/{name}" if mirror else url
    partial = folder / f"{name}.part"
    try:
        downloader = Resumed(partial, timeout, progress)
        return Path(pooch.retrieve(address, checksum, fname=name, path=folder, downloader=downloader))
    except requests.RequestException as problem:
        raise DownloadError(_no_network(name, address, problem, partial)) from None
    except ValueError as problem:
        raise DownloadError(
            f"{name} came from {address} with another checksum than {checksum}: it is damaged or has been changed, "
            "and was thrown away. Try again, or another mirror."
        ) from problem


def _no_network(name: str, address: str, problem: Exception, partial: Path) -> str:
    kept = (
        f" {partial.stat().st_size:,} bytes are kept, and the next try goes on from there." if partial.exists() else ""
    )
    return (
        f"{name} could not be fetched from {address} ({_short(problem)}).{kept} "
        f"Set {MIRROR_SETTING} to the address of a folder that has it, or go on without: the notebooks use the digits."
    )


def _short(problem: Exception) -> str:
    if isinstance(problem, requests.Timeout):
        return "no answer in time"
    if isinstance(problem, requests.HTTPError):
        return str(problem).split(" for url")[0]
    if isinstance(problem, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off"
    if isinstance(problem, requests.ConnectionError) and "the connection ended" not in str(problem):
        return "no connection"
    return str(problem)


def command(name: str, install: Callable[[Path], Path]) -> int:
    """Fetch a data set as a script: `--folder` says where it goes, and a sentence where it lies or why it can't be had.

    Args:
        name: what it is called.
        install: takes the folder, returns the data set's own, or raises DownloadError.

    Returns 0, or 1 when it can't be had.
    """
    parser = argparse.ArgumentParser(description=f"Fetch {name}.")
    parser.add_argument("--folder", type=Path, default=Path("data"), help="where it goes (data/)")
    try:
        print(f"{name} is in {install(parser.parse_args().folder)}")
    except DownloadError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0
