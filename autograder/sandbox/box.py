"""The box, seen from the grader: one `Box` for each grading process, one `Child` for each submission.

How the processes are arranged stands in the package's own docstring. What needs torch is imported late: the
zygote can then import its own torch at the same time as this process does.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from autograder.plain.errors import SandboxError
from autograder.plain.limits import DEFAULTS, Limits
from autograder.sandbox import bubblewrap, seccomp
from autograder.sandbox.cgroup import Cgroup
from autograder.sandbox.cores import kept_to
from autograder.sandbox.layers import OF_A_CHILD
from autograder.sandbox.proof import REMEDIES, LayerReport, prove

if TYPE_CHECKING:
    from autograder.sandbox.child import Child
    from autograder.sandbox.clock import Clock
    from autograder.sandbox.request import Requests

__all__ = ["Box", "LayerReport", "probe_layers"]

START_SECONDS = 120.0
_GROUPS = ("cgroup memory", "cgroup pids")
_GROUP_REMEDY = (
    "Not needed, since every child is bounded without it. To have it: systemd-run --user --scope -p Delegate=yes ..."
)
_LENGTH = struct.Struct("<I")
_ZYGOTE = Path(__file__).resolve().with_name("zygote.py")


class Box:
    """Bubblewrap and a warm zygote in it. Use as a context manager, or call `start` and `close`.

    Args:
        limits: for every child.
        preload: modules that the zygote imports once, such as those of the course's setup cells.
        allow_missing: names of layers without which the run goes on; `isolation` says which those were.
        kits: packages of the course's own that notebooks import.
        readable: more files and folders that the student's code may read, such as data sets.
        warm: do once what torch prepares at first use. Without it the start is faster, each child slower.
        core: the one core that the zygote and its children run on; None for any. Who asks them does well to keep
            to it too (cores.py).

    Its children see no GPU: `devices` says where their tensors live.
    """

    devices = ("cpu",)

    def __init__(
        self,
        limits: Limits = DEFAULTS,
        *,
        preload: Sequence[str] = (),
        allow_missing: Collection[str] = (),
        kits: Sequence[str] = (),
        readable: Sequence[Path] = (),
        warm: bool = True,
        core: int | None = None,
    ) -> None:
        _refuse_unknown(allow_missing)
        self.limits = limits
        self.preload = tuple(preload)
        self.allow_missing = frozenset(allow_missing)
        self.kits = tuple(kits)
        self.readable = tuple(readable)
        self.warm = warm
        self.core = core
        self.not_loaded: dict[str, str] = {}
        self.missing: dict[str, str] = {}
        self.milliseconds: dict[str, float] = {}
        self.proofs: list[LayerReport] = []
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._inside: int | None = None
        self._ready = False
        self._cgroup: Cgroup | None = None

    @cached_property
    def requests(self) -> Requests:
        """What children are asked, encoded once for all of them."""
        from autograder.sandbox.request import Requests

        return Requests(self.limits)

    @property
    def isolation(self) -> list[str]:
        """The layers in force; one that is allowed to be missing, and is, reads "missing: NAME"."""
        groups = self._cgroup.names if self._cgroup else []
        layers = ["bubblewrap", *OF_A_CHILD]
        held = [name for name in layers if name not in self.missing] + groups
        absent = [name for name in _GROUPS if name not in groups]
        return held + [f"missing: {name}" for name in self.missing] + [f"not available: {name}" for name in absent]

    def launch(self) -> None:
        """Start bubblewrap and the zygote, which takes seconds to import torch, and come back at once. Idempotent.

        Raises:
            SandboxError: bubblewrap or seccomp is missing, with the remedy.
        """
        if self._control is not None:
            return
        try:
            with kept_to(self.core):
                self._launch()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Wait until the zygote is warm, and prove every layer in a first child; `launch` first. Idempotent.

        Raises:
            SandboxError: a layer is missing or does not hold, with the remedy.
        """
        if self._ready:
            return
        self.launch()
        try:
            self._wait_until_warm()
            self._prove()
            self._ready = True
        except BaseException:
            self.close()
            raise

    def spawn(self, clock: Clock | None = None) -> Child:
        """Return a fresh child with all its layers on, starting the box when that has not been done.

        A zygote that has gone (the machine ran out of memory, say) is replaced once. Children of one submission
        share its clock; without one the child has a clock of its own.

        Raises:
            SandboxError: there is no zygote to be had, or a layer could not be put on.
        """
        try:
            self.start()
            return self._spawn(clock=clock)
        except SandboxError as problem:
            if problem.layer != "zygote":
                raise
            self.close()
            self.start()
            return self._spawn(clock=clock)

    def close(self) -> None:
        """End the zygote, and with it every child. Idempotent."""
        self._ready = False
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._end_process(self._process)
            self._process = None
        if self._inside is not None:
            os.close(self._inside)
            self._inside = None
        if self._errors is not None:
            self._errors.close()
            self._errors = None
        if self._cgroup is not None:
            self._cgroup.close()
            self._cgroup = None

    def __enter__(self) -> Box:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def memory_kills(self) -> int:
        """Return how many processes of this box the kernel has killed for memory."""
        return self._cgroup.kills() if self._cgroup else 0

    # How it starts

    def _launch(self) -> None:
        program = self._seccomp_program()
        self._cgroup = Cgroup()
        self._cgroup.limit_processes(self.limits.processes + 16)
        visible = bubblewrap.visible_paths(self.kits, self.readable)
        self._control, theirs = socket.socketpair()
        with theirs:
            self._start_process(visible, theirs.fileno())
        settings = {
            "limits": asdict(self.limits),
            "preload": list(self.preload),
            "warm": self.warm,
            "site": [*bubblewrap.site_folders(), *bubblewrap.kit_paths(self.kits)],
            "readable": visible,
            "allow_missing": sorted(self.allow_missing),
            "program": None if program is None else base64.b64encode(program).decode(),
        }
        self._send(settings)

    def _wait_until_warm(self) -> None:
        self._take_hello(self._receive())
        assert self._cgroup is not None
        self._cgroup.limit_memory(self.limits.memory_bytes + self.limits.tmpfs_bytes + 256 * 1024 * 1024)

    def _seccomp_program(self) -> bytes | None:
        try:
            return seccomp.build_program()
        except SandboxError as problem:
            if "seccomp" not in self.allow_missing:
                raise
            self.missing["seccomp"] = problem.problem
            return None

    def _start_process(self, visible: Sequence[str], control: int) -> None:
        inner = [bubblewrap.without_dots(sys.executable), "-s", "-P", "-B", str(_ZYGOTE), str(control)]
        problems = []
        for program in bubblewrap.candidates():
            if self._try_process(program, visible, inner, control):
                return
            problems.append(f"{program}: {self._last_words()}")
        problem = "; ".join(problems) or "there is no bwrap program"
        if "bubblewrap" not in self.allow_missing:
            raise SandboxError("bubblewrap", problem, bubblewrap.REMEDY)
        self.missing["bubblewrap"] = problem
        self._popen(inner, control, None, bubblewrap.ENVIRONMENT)

    def _try_process(self, program: Path, visible: Sequence[str], inner: Sequence[str], control: int) -> bool:
        """Start bubblewrap; it has worked when it names the process that it has made."""
        read_end, write_end = os.pipe()
        with os.fdopen(read_end, "rb") as info:
            try:
                self._popen(bubblewrap.command(program, visible, inner, write_end), control, write_end, {})
            except OSError as problem:
                self._errors = _file_with(str(problem))
                return False
            finally:
                os.close(write_end)
            words = info.read()
        try:
            self._inside = os.pidfd_open(json.loads(words)["child-pid"])
        except (ValueError, KeyError, OSError):
            self._process and self._process.wait()
            return False
        return True

    def _popen(self, command: Sequence[str], control: int, info: int | None, environment: dict[str, str]) -> None:
        """Start a process in our control groups: a shell joins them, then becomes it.

        It may be started while an answer is judged, and is not to live with what bounds that (judging.py).
        """
        join = 'ulimit -S -v "$(ulimit -H -v)"; for f in $0; do echo 0 >"$f" || exit 97; done; exec "$@"'
        entrances = " ".join(self._cgroup.entrances if self._cgroup else [])
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", join, entrances, *command],
            stdin=subprocess.DEVNULL,
            stdout=self._errors,
            stderr=self._errors,
            pass_fds=[control] if info is None else [control, info],
            env=environment,
            start_new_session=True,
        )

    def _take_hello(self, hello: dict[str, Any]) -> None:
        if "failed" in hello:
            from autograder.sandbox.child import layer_missing

            raise layer_missing(*hello["failed"])
        self.not_loaded = hello["not_loaded"]
        if hello["threads"] != 1:
            raise SandboxError(
                "zygote",
                f"after its imports it has {hello['threads']} threads, and a thread does not survive a fork",
                f"One of these starts threads when it is imported: {', '.join(self.preload)}",
            )

    def _prove(self) -> None:
        """Try every layer in a child; one that does not hold is as good as missing."""
        # On a busy machine filling the memory and the scratch folder takes longer than a test may.
        patient = replace(self.limits, call_seconds=START_SECONDS, submission_seconds=START_SECONDS)
        with self._spawn(patient) as child:
            self.missing |= child.missing
            self.milliseconds = child.milliseconds
            self.proofs = prove(child, bubblewrap.visible_paths(self.kits, self.readable))
        for proof in self.proofs:
            if not proof.ok and proof.name not in self.missing:
                if proof.name not in self.allow_missing:
                    raise SandboxError(proof.name, f"it does not hold: {proof.saw}", proof.remedy)
                self.missing[proof.name] = proof.saw

    # How it talks

    def _spawn(self, limits: Limits | None = None, clock: Clock | None = None) -> Child:
        from autograder.sandbox.child import Child

        mine = socket.socketpair()
        status = socket.socketpair()
        read_end, write_end = os.pipe()
        theirs = [mine[1].fileno(), write_end, status[1].fileno()]
        try:
            if self._control is None:
                raise OSError("it has been closed")
            socket.send_fds(self._control, [b"s"], theirs)
        except OSError as problem:
            for end in (mine[0], status[0]):
                end.close()
            os.close(read_end)
            raise self._zygote_gone(problem) from None
        finally:
            mine[1].close()
            status[1].close()
            os.close(write_end)
        return Child(mine[0], status[0], read_end, limits or self.limits, self.memory_kills, clock)

    def _send(self, message: dict[str, Any]) -> None:
        assert self._control is not None
        data = json.dumps(message).encode()
        try:
            self._control.sendall(_LENGTH.pack(len(data)) + data)
        except OSError as problem:
            raise self._zygote_gone(problem) from None

    def _receive(self) -> dict[str, Any]:
        """Read one message of the zygote's, which is ours and runs only our code."""
        assert self._control is not None
        self._control.settimeout(START_SECONDS)
        try:
            with self._control.makefile("rb") as stream:
                size = _LENGTH.unpack(stream.read(_LENGTH.size))[0]
                return json.loads(stream.read(size))
        except (OSError, struct.error, ValueError) as problem:
            raise self._zygote_gone(problem) from None
        finally:
            self._control.settimeout(None)

    def _zygote_gone(self, problem: Exception) -> SandboxError:
        return SandboxError(
            "zygote",
            f"the warm process does not answer ({problem}); its last words: {self._last_words()}",
            "Run `autograder doctor`; if Python lies where other users may not read it, move it",
        )

    def _last_words(self) -> str:
        if self._errors is None:
            return ""
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1)
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace").strip()[-600:] or "nothing"

    def _end_process(self, process: subprocess.Popen[bytes]) -> None:
        try:
            process.wait(2)
            if self._inside is not None:  # bubblewrap may be gone a moment before what is in it
                select.select([self._inside], [], [], 2)
        except subprocess.TimeoutExpired:
            if self._inside is not None:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(self._inside, signal.SIGKILL)
            process.kill()
            process.wait()


def probe_layers() -> list[LayerReport]:
    """Try every layer of this machine and return what was seen; raises nothing."""
    everything = ("bubblewrap", *OF_A_CHILD)
    box = Box(allow_missing=everything, warm=False)
    try:
        with box:
            proofs = {proof.name: proof for proof in box.proofs}
            groups = [LayerReport(name, True, "made, entered and bounded") for name in box.isolation if name in _GROUPS]
    except SandboxError as problem:
        return [LayerReport(problem.layer, False, problem.problem, problem.remedy)]
    reports = [
        LayerReport(name, False, box.missing[name], REMEDIES[name]) if name in box.missing else proofs[name]
        for name in everything
    ]
    absent = [name for name in _GROUPS if name not in {group.name for group in groups}]
    return (
        reports
        + groups
        + [LayerReport(name, False, "no control group can be made here", _GROUP_REMEDY) for name in absent]
    )


def _refuse_unknown(names: Collection[str]) -> None:
    known = ("bubblewrap", *OF_A_CHILD)
    for name in names:
        if name not in known:
            raise ValueError(f"there is no layer {name!r}; the layers are: {', '.join(known)}")


def _file_with(text: str) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed by close()
    file.write(text.encode())
    return file
