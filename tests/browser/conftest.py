"""What the browser tests share: Debian's Chromium, a folder for pictures, and Jupyter servers with real kernels."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ARTEFACTS = ROOT / "build" / "browser"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET_IT = "no Chromium on PATH: on Debian or Ubuntu `sudo apt-get install chromium`, or set CHROMIUM to a browser's path"
PATIENCE = 90_000  # milliseconds: two busy cores are slow, and a wait that succeeds costs nothing
START_SECONDS = 90


@dataclass(frozen=True)
class Server:
    """A Jupyter server that answers.

    Args:
        address: where, without a slash at its end.
        token: what it asks for.
        folder: the course that it serves.
        seconds: from the command to the first answer.
    """

    address: str
    token: str
    folder: Path
    seconds: float

    def url(self, path: str) -> str:
        """Return the address of a page, with the token."""
        return f"{self.address}/{path}{'&' if '?' in path else '?'}token={self.token}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window. Skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(HOW_TO_GET_IT)
    # Chromium's own sandbox refuses root; pages come from this machine alone.
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=quiet)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page of 1200 by 900 points, that waits patiently."""
    opened = browser.new_page(viewport={"width": 1200, "height": 900})
    opened.set_default_timeout(PATIENCE)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where pictures of what was seen are kept: build/browser/."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    return ARTEFACTS


@pytest.fixture(scope="session")
def serve(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], Server]]:
    """Start a Jupyter server on a folder, with settings of its own: `serve(folder)`. Stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(folder: Path) -> Server:
        own = tmp_path_factory.mktemp("jupyter")
        server, process = _start(folder, own)
        started.append(process)
        return server

    yield start
    for process in started:
        process.terminate()
    for process in started:
        _wait_or_kill(process)


def _start(folder: Path, own: Path) -> tuple[Server, subprocess.Popen[bytes]]:
    port, token = _free_port(), secrets.token_hex(8)
    words = [
        "lab",
        "--no-browser",
        "--allow-root",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
    ]
    began = time.perf_counter()
    log = (own / "server.log").open("wb")
    process = subprocess.Popen(
        [BIN / "jupyter", *words], cwd=folder, env=_environment(own), stdout=log, stderr=log
    )
    address = f"http://127.0.0.1:{port}"
    _wait_for(f"{address}/api/status?token={token}", process, own / "server.log")
    return Server(address, token, folder, time.perf_counter() - began), process


def _environment(own: Path) -> dict[str, str]:
    """Settings, workspaces and runtime files of its own, so that a test sees what a new student sees."""
    names = (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_DATA_DIR",
        "JUPYTER_RUNTIME_DIR",
        "JUPYTERLAB_SETTINGS_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
        "IPYTHONDIR",
    )
    kept = {name: str(own / name.lower()) for name in names}
    return {**os.environ, **kept, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    process.kill()
    raise AssertionError(f"the Jupyter server did not answer:\n{log.read_text()[-3000:]}")


def _wait_or_kill(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
