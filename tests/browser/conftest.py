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

sys.path.insert(0, str(Path(__file__).parent))

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
ARTEFACTS = ROOT / "build" / "browser"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium's own sandbox refuses root; pages come from this machine alone.
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
HOW_TO_GET_IT = (
    "no Chromium on PATH: on Debian or Ubuntu `sudo apt-get install chromium`, or set CHROMIUM to a browser's path"
)
PATIENCE = 180_000  # milliseconds: two busy cores are slow, and a wait that succeeds costs nothing
START_SECONDS = 90
OWN_FOLDERS = (
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
)


@dataclass(frozen=True)
class Server:
    """A Jupyter server that answers.

    Args:
        address: where, without a slash at its end.
        token: what it asks for.
        folder: the course that it serves.
        own: where its settings and its log are.
        seconds: from the command to the first answer.
    """

    address: str
    token: str
    folder: Path
    own: Path
    seconds: float

    def url(self, path: str) -> str:
        """Return the address of a page, with the token."""
        return f"{self.address}/{path}{'&' if '?' in path else '?'}token={self.token}"


def find_chromium() -> str | None:
    """Return the path of a browser, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, without a window. Skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    found = find_chromium()
    if found is None:
        pytest.skip(HOW_TO_GET_IT)
    playwright.expect.set_options(timeout=PATIENCE)
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def new_page(browser: Browser) -> Callable[[], Page]:
    """Open a page of 1200 by 900 points, that waits patiently: `new_page()`. The caller closes it."""

    def opened() -> Page:
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(PATIENCE)
        return page

    return opened


@pytest.fixture
def page(new_page: Callable[[], Page]) -> Iterator[Page]:
    """A fresh page for one test."""
    opened = new_page()
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def artefacts() -> Path:
    """Where pictures of what was seen are kept: build/browser/."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    return ARTEFACTS


@pytest.fixture(scope="session")
def serve(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Start a Jupyter server with settings of its own: `serve(folder, config)`. Stopped at the end.

    `config` is a folder that comes before the environment's own configuration.
    """
    started: list[subprocess.Popen[bytes]] = []

    def start(folder: Path, config: Path | None = None) -> Server:
        own = tmp_path_factory.mktemp("jupyter")
        server, process = start_server(folder, own, config)
        started.append(process)
        return server

    yield start
    for process in started:
        process.terminate()
    for process in started:
        end_server(process)


def start_server(folder: Path, own: Path, config: Path | None) -> tuple[Server, subprocess.Popen[bytes]]:
    """Start JupyterLab in a folder, with settings of its own below `own`, and wait until it answers."""
    port, token = _free_port(), secrets.token_hex(8)
    words = ["lab", "--no-browser", "--allow-root", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    words.append(f"--IdentityProvider.token={token}")
    environment = _environment(own, config)
    began = time.perf_counter()
    with (own / "server.log").open("wb") as log:
        process = subprocess.Popen([BIN / "jupyter", *words], cwd=folder, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    _wait_for(f"{address}/api/status?token={token}", process, own / "server.log")
    return Server(address, token, folder, own, time.perf_counter() - began), process


def _environment(own: Path, config: Path | None) -> dict[str, str]:
    """Settings, workspaces and kernels of its own, so that a test sees what a new student sees."""
    kept = {name: str(own / name.lower()) for name in OWN_FOLDERS}
    if config is not None:
        kept["JUPYTER_CONFIG_PATH"] = str(config)
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


def end_server(process: subprocess.Popen[bytes]) -> None:
    """Wait until a server that was told to end has ended, or end it."""
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
