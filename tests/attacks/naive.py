"""The control: a grader without isolation, which runs the student's code in its own process.

It is warm, and forks for each submission, so that a control costs milliseconds. It is not a straw man: it
does what in-process graders do. `plain` executes the cell, calls the function, keeps the answers as JSON and
compares; `ipython` runs the cell and then the check cell in one IPython shell and takes the absence of an
error for full points, as nbgrader does.

Reads one JSON request a line, answers with one JSON line. Run by harness.py.
"""

import contextlib
import json
import os
import signal
import sys
import time

import torch
from IPython.core.interactiveshell import InteractiveShell
from world import CHECK

torch.set_num_threads(1)
RIGHT = "import torch\ndef row_means(x):\n    return x.mean(dim=1)\n"


def plain(space, request):
    """Execute, call, keep, compare: `except Exception` where graders have it."""
    globals()["answer_key"] = request["key"]
    result = {"points": False}
    try:
        exec(compile(request["cell"], "<cell>", "exec"), space)
    except Exception as problem:
        result["message"] = f"{type(problem).__name__}: {problem}"
    torch.manual_seed(0)
    cases = []
    for rows, columns in ((4, 3), (1, 5)):
        x = torch.randn(rows, columns)
        expected = x.mean(dim=1)
        try:
            cases.append((space["row_means"](x), expected))
        except Exception as problem:
            result["message"] = f"{type(problem).__name__}: {problem}"
    result["points"] = len(cases) == 2 and agree(cases)
    result["broke"] = breaks(cases)
    return result


def agree(cases):
    """Compare as a grader would who trusts the operands."""
    try:
        for answer, expected in cases:
            same = answer == expected
            if same is not True:
                torch.testing.assert_close(answer, expected)
    except Exception:
        return False
    return True


def breaks(cases):
    """Keep the answers as JSON; whether the grader's own code falls over them."""
    try:
        json.dumps(
            [answer.clone().tolist() if hasattr(answer, "tolist") else str(json.dumps(answer)) for answer, _ in cases]
        )
    except Exception:
        return True
    return False


def in_ipython(shell, request):
    """Run the cell and the check cell in one shell; no error output is full points."""
    errors = []
    shell._showtraceback = lambda kind, value, trace: errors.append(f"{kind.__name__}: {value}")
    shell.run_cell(request["cell"])
    errors.clear()
    result = shell.run_cell(CHECK.format(key=request["key"]))
    del result
    return {"points": not errors, "message": "; ".join(map(str, errors))}


def one(shell, request, report):
    """Grade in this very process and report on the pipe that it inherited."""
    if request["style"] == "ipython":
        result = in_ipython(shell, request)
        space = shell.user_ns
    else:
        space = {"__name__": "__main__"}
        result = plain(space, request)
    result["loot"] = str(space.get("LOOT", ""))
    result["threads"] = len(os.listdir("/proc/self/task"))
    right = plain({"__name__": "__main__"}, {**request, "cell": RIGHT})["points"]
    result["next"] = right and torch.ones(1).dtype == torch.float32
    os.write(report, json.dumps(result).encode() + b"\n")


def ending(pid, seconds):
    """Wait for a process; after so long ask it to end, then end it. Returns what that took."""
    late = immune = False
    ends = time.monotonic() + seconds
    while True:
        done, status, usage = os.wait4(pid, os.WNOHANG)
        if done:
            return {"late": late, "immune": immune, "status": status, "rss": usage.ru_maxrss * 1024}
        if time.monotonic() > ends:
            late, immune = True, late
            os.kill(pid, signal.SIGKILL if immune else signal.SIGTERM)
            ends += 0.5
        time.sleep(0.01)


def serve(shell):
    """Fork for each request."""
    for line in sys.stdin:
        request = json.loads(line)
        read_end, write_end = os.pipe()
        out = os.memfd_create("output")
        pid = os.fork()
        if pid == 0:
            os.setsid()
            os.chdir(request["folder"])
            os.dup2(out, 1)
            os.dup2(out, 2)
            try:
                one(shell, request, write_end)
            finally:
                os._exit(0)
        os.close(write_end)
        result = ending(pid, request["seconds"])
        os.set_blocking(read_end, False)
        said = b""
        with contextlib.suppress(OSError):
            said = os.read(read_end, 1 << 20)
        with contextlib.suppress(ValueError):
            result |= json.loads(said.split(b"\n")[0])
        result["died"] = "threads" not in result and not said and not result["late"]
        result["output"] = os.fstat(out).st_size
        os.close(read_end)
        os.close(out)
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    torch.testing.assert_close(torch.zeros(1), torch.zeros(1))
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    print("ready", flush=True)
    serve(shell)
