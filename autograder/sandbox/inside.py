"""The child: runs the student's code and answers the grader's requests over one socket.

It is the first process of its PID namespace, so whatever the student's code starts ends with it. Nothing
here is trusted: the student's code shares the process and may rewrite all of it. What is written to the
socket is claimed output, and the grader decodes it within bounds (protocol.py).

A request is a frame whose head holds `id`, `do` and what that needs; the reply repeats the `id` and holds
one of `ok`, `error`, `unsupported`, `memory`.
"""

from __future__ import annotations

import builtins
import io
import linecache
import os
import socket
import sys
import types
from collections.abc import Callable
from typing import Any, NoReturn

import torch

from autograder.authoring import probes
from autograder.authoring.doors import ask_each
from autograder.authoring.no_gpu import on_cpu_if_need_be
from autograder.authoring.probe import Namespace, Probe, load, probe_of
from autograder.plain.errors import UnsupportedValue
from autograder.plain.frames import ReadAhead, read_frame, write_frame
from autograder.plain.limits import DEFAULTS, Limits
from autograder.plain.statements import run_statements
from autograder.plain.trees import decode, encode
from autograder.plain.values import check_value
from autograder.sandbox.kernel import die_with_parent
from autograder.sandbox.layers import LayerFailed, LayerPlan, LayerStack, settle
from autograder.sandbox.request import for_arguments
from autograder.seams.wordings import says_out_of_memory

FAILURES = 50  # lines of a cell that are told of


class Channel:
    """The child's end of the socket, as the protocol wants it."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self.read_into = ReadAhead(self._receive).read_into

    def _receive(self, buffer: memoryview) -> int:
        """Read what is there, or end the process when the grader is gone."""
        return self._socket.recv_into(buffer) or os._exit(0)

    def write(self, data: memoryview | bytes) -> None:
        """Send everything."""
        self._socket.sendall(data)


def main(channel: int, output: int, plan: LayerPlan, pid_problem: OSError | None) -> NoReturn:
    """Put on the layers, say so, and serve until the grader closes the socket."""
    line = Channel(_arrange_descriptors(channel, output))
    stack = LayerStack(plan.allow_missing)
    try:
        die_with_parent()
        os.setsid()  # kill(0, ...) reaches a process group past every PID namespace: the zygote's and other children's
        settle(stack, plan, pid_problem)
    except LayerFailed as failed:
        write_frame(line, {"failed": [failed.layer, failed.problem]})
        os._exit(1)
    write_frame(line, {"ready": True, "missing": stack.missing, "milliseconds": stack.milliseconds})
    try:
        Worker(line, plan.limits).serve()
    finally:
        os._exit(1)


def _arrange_descriptors(channel: int, output: int) -> int:
    """Keep four descriptors: 0 is empty, 1 and 2 the output, 3 the channel."""
    kept = os.dup(channel) if channel <= 3 else channel
    nothing = os.open("/dev/null", os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2), (kept, 3)):
        os.dup2(source, target)
    os.closerange(4, 4096)
    return 3


def open_streams() -> None:
    """Make Python's streams what a child's are to be: made in the zygote, no child has to."""
    sys.stdin = io.TextIOWrapper(io.FileIO(0, "r", closefd=False), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(
        io.FileIO(1, "w", closefd=False), encoding="utf-8", errors="replace", write_through=True
    )
    sys.stderr = sys.stdout


def warm_protocol() -> None:
    """Do in the zygote what no child should be the first to do: one round trip, and each probe of the tests' once."""

    class Memory(io.BytesIO):
        def read_into(self, buffer: memoryview) -> None:
            self.readinto(buffer)

    memory = Memory()
    tree, tensors = encode(check_value([1.0, torch.ones(2, 2)]))
    write_frame(memory, {"ok": tree}, tensors)
    memory.seek(0)
    head, received = read_frame(memory)
    decode(head["ok"], received)
    ns, args = types.SimpleNamespace(sum=torch.sum), (torch.ones(2, 2),)
    for probe in probes.PROBES:
        load(probe_of(probe))(ns, "sum", args, {})
    load(probe_of(ask_each))(ns, "sum", [(args, {})])
    load(probe_of(probes.operation_counts))(ns, "sum", [args])
    load(probe_of(probes.follow_each))(ns, "sum", [(args, {})])
    load(probe_of(probes.side_effects))(ns, "sum", [(args, args, {})], ["input"])


class Worker:
    """The student's namespace, and what is done in it."""

    def __init__(self, channel: Channel, limits: Limits) -> None:
        self.channel = channel
        self.limits = limits
        self.incoming = for_arguments(limits)
        self.module = types.ModuleType("__main__")
        self.files: dict[str, list[str]] = {}
        sys.modules["__main__"] = self.module
        builtins.display = lambda *values, **options: None  # type: ignore[attr-defined]

    def serve(self) -> None:
        """Answer requests for ever."""
        actions = {"execute": self.execute, "call": self.call, "run": self.run, "several": self.several}
        while True:
            head, tensors = read_frame(self.channel, self.incoming)
            try:
                value = actions[head["do"]](head, tensors)
                tree, out = encode(check_value(value, what="the answer", limits=self.limits))
                answer = {"id": head["id"], "ok": tree}
                write_frame(self.channel, answer, out, self.limits)
            except BaseException as problem:
                write_frame(self.channel, {"id": head["id"], **self.describe(problem)}, (), DEFAULTS)

    def execute(self, head: dict[str, Any], _: list[torch.Tensor]) -> list[list[Any]]:
        """Run a cell in the student's namespace.

        Returns the lines that failed: each with its kind, its text and where.
        """
        source, filename = head["source"], head["filename"]
        self.files[filename] = source.splitlines(keepends=True)
        linecache.cache[filename] = (len(source), None, self.files[filename], filename)
        if not head["statement_by_statement"]:
            exec(compile(source, filename, "exec", dont_inherit=True), self.module.__dict__)
            return []
        failed = run_statements(source, filename, self.module.__dict__, on_cpu_if_need_be)
        return [[line, *self.told(problem)] for line, problem in failed[:FAILURES]]

    def call(self, head: dict[str, Any], tensors: list[torch.Tensor]) -> Any:
        """Call one of the student's functions."""
        function = getattr(Namespace(self.module.__dict__), head["name"])
        return self._with_arguments(function, head, tensors)

    def run(self, head: dict[str, Any], tensors: list[torch.Tensor]) -> Any:
        """Call a probe beside the student's namespace."""
        probe, ns = load(Probe(head["name"], head["source"])), Namespace(self.module.__dict__)
        return self._with_arguments(lambda *args, **kwargs: probe(ns, *args, **kwargs), head, tensors)

    def several(self, head: dict[str, Any], tensors: list[torch.Tensor]) -> list[list[Any]]:
        """Answer several calls and probes, each as if it came alone: [answer], or [] where that goes wrong."""
        answers: list[list[Any]] = []
        for part in head["parts"]:
            mine, tensors = tensors[: part["tensors"]], tensors[part["tensors"] :]
            action = self.run if part["do"] == "run" else self.call
            try:
                answers.append([check_value(action(part, mine), what="the answer", limits=self.limits)])
            except MemoryError:
                break
            except BaseException:
                answers.append([])  # the grader asks for it alone, and is told
        return answers

    def _with_arguments(self, function: Callable[..., Any], head: dict[str, Any], tensors: list[torch.Tensor]) -> Any:
        def call() -> Any:
            args, kwargs = decode(head["arguments"], tensors, self.incoming, layouts=True)
            return function(*args, **kwargs)

        before = _torch_state()
        try:
            return on_cpu_if_need_be(call)
        finally:
            _restore(before)

    def describe(self, problem: BaseException) -> dict[str, Any]:
        """Return an exception as the part of a reply; never lets the exception's own code do harm."""
        kind, text, where = self.told(problem)
        if isinstance(problem, UnsupportedValue):
            return {"unsupported": text}
        if isinstance(problem, MemoryError) or says_out_of_memory(text):
            return {"memory": text}
        return {"error": [kind, text, where]}

    def told(self, problem: BaseException) -> list[str]:
        """Return an exception's kind, its text, and the student's lines that it went through."""
        return [type(problem).__name__[:100], safe_text(problem)[: self.limits.message_chars], self.where(problem)]

    def where(self, problem: BaseException) -> str:
        """Return the lines of the student's own cells that the exception went through, innermost last."""
        lines, step = [], problem.__traceback__
        while step is not None:
            code = step.tb_frame.f_code
            source = self.files.get(code.co_filename)
            if source is not None and 0 < step.tb_lineno <= len(source):
                lines.append(f"  line {step.tb_lineno}, in {code.co_name}: {source[step.tb_lineno - 1].strip()}"[:200])
            step = step.tb_next
        return "\n".join(lines[-4:])


def safe_text(problem: BaseException) -> str:
    """Return str(problem), or why there is none."""
    try:
        text = str(problem)
        return text.encode("utf-8", "replace").decode() if type(text) is str else ""
    except BaseException as second:
        return f"(its message could not be read: {type(second).__name__})"


def _torch_state() -> tuple[torch.Tensor, bool, bool]:
    """Return torch's global switches.

    A new tensor shows the default dtype and device at a tenth of what asking costs.
    """
    return torch.empty(0), torch.is_grad_enabled(), torch.are_deterministic_algorithms_enabled()


def _restore(before: tuple[torch.Tensor, bool, bool]) -> None:
    """Put the switches back after a call, so that one test does not change the next.

    Random numbers go on: two calls of a dropout must differ. Setting a switch to what it is costs more than looking
    at it.
    """
    (made, grad, deterministic), now = before, torch.empty(0)
    if now.dtype != made.dtype:
        torch.set_default_dtype(made.dtype)
    if now.device != made.device:
        torch.set_default_device(made.device)
    if torch.is_grad_enabled() != grad:
        torch.set_grad_enabled(grad)
    if torch.are_deterministic_algorithms_enabled() != deterministic:
        torch.use_deterministic_algorithms(deterministic)
