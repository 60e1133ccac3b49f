"""Kernel interfaces that reach past the box, or have a record of holes: each is refused in a child, and works
without it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from autograder.sandbox.child import Child

TRIES = '''
import ctypes, errno, fcntl, os, signal, socket, struct, tempfile, threading, time

libc = ctypes.CDLL(None, use_errno=True)
RECORD = struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0)


def checked(number):
    if number:
        raise OSError(ctypes.get_errno() if number < 0 else number, "refused")


def on_a_file(action):
    with tempfile.TemporaryFile() as file:
        action(file.fileno())


def on_a_pipe(action):
    ends = os.pipe()
    action(ends[0])
    for end in ends:
        os.close(end)


def out_of_band():
    one, other = socket.socketpair()
    one.send(b"x", socket.MSG_OOB)


def read_out_of_band():
    one, other = socket.socketpair()
    one.send(b"x")
    try:
        other.recv(1, socket.MSG_OOB)
    except OSError as problem:
        if problem.errno != errno.EINVAL:  # nothing of the kind is there
            raise


def timer(clock):
    checked(libc.timer_create(clock, None, ctypes.create_string_buffer(8)))


def round_trip():
    one, other = socket.socketpair()
    one.sendall(b"xy")
    assert other.recv(1, socket.MSG_PEEK) == b"x"
    assert other.recv(2, socket.MSG_WAITALL) == b"xy"


def thread():
    done = threading.Event()
    threading.Thread(target=done.set).start()
    assert done.wait(5)


def stopped_alarm():
    signal.setitimer(signal.ITIMER_REAL, 1000)
    signal.setitimer(signal.ITIMER_REAL, 0)


REFUSED = {
    "out-of-band data": out_of_band,
    "reading out-of-band data": read_out_of_band,
    "timer on the process's time": lambda: timer(2),
    "timer on the thread's time": lambda: timer(3),
    "timer on real time": lambda: timer(0),
    "itimer on processor time": lambda: signal.setitimer(signal.ITIMER_PROF, 1000),
    "itimer on the program's time": lambda: signal.setitimer(signal.ITIMER_VIRTUAL, 1000),
    "sleep on processor time": lambda: checked(libc.clock_nanosleep(2, 0, struct.pack("qq", 0, 0), None)),
    "flock": lambda: on_a_file(lambda fd: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)),
    "POSIX lock": lambda: on_a_file(lambda fd: fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)),
    "asking for a POSIX lock": lambda: on_a_file(lambda fd: fcntl.fcntl(fd, fcntl.F_GETLK, RECORD)),
    "OFD lock": lambda: on_a_file(lambda fd: fcntl.fcntl(fd, 37, RECORD)),
    "lease": lambda: on_a_file(lambda fd: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)),
    "watching a folder": lambda: fcntl.fcntl(os.open(tempfile.gettempdir(), os.O_RDONLY), fcntl.F_NOTIFY, 4),
    "owner of a pipe": lambda: on_a_pipe(lambda fd: fcntl.fcntl(fd, fcntl.F_SETOWN, os.getpid())),
    "signal of a pipe": lambda: on_a_pipe(lambda fd: fcntl.fcntl(fd, 10, signal.SIGUSR1)),
}
ALLOWED = {
    "a pair of sockets": round_trip,
    "threads": thread,
    "sleeping": lambda: time.sleep(0.001),
    "an alarm": stopped_alarm,
    "temporary files": lambda: on_a_file(lambda fd: os.write(fd, b"x")),
    "a descriptor's flags": lambda: on_a_pipe(
        lambda fd: (os.set_blocking(fd, False), os.set_inheritable(fd, True), os.dup(fd))
    ),
    "a pipe's size": lambda: on_a_pipe(lambda fd: fcntl.fcntl(fd, 1032)),
}


def tried():
    """Return what became of each: "" or the error's name."""
    said = {}
    for name, action in {**REFUSED, **ALLOWED}.items():
        try:
            action()
            said[name] = ""
        except OSError as problem:
            said[name] = errno.errorcode.get(problem.errno or 0, str(problem))
    return said, list(REFUSED)
'''


@pytest.fixture(scope="module")
def outside() -> dict[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{TRIES}\nimport json\nprint(json.dumps(tried()[0]))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_what_reaches_past_the_box_is_refused_and_what_honest_code_needs_is_not(child: Child):
    child.execute(TRIES, "<cell>")
    said, refused = child.call("tried")
    assert {name: error for name, error in said.items() if name in refused and error != "EPERM"} == {}
    assert {name: error for name, error in said.items() if name not in refused and error} == {}


def test_without_the_box_nothing_of_it_is_refused(outside):
    assert {name: error for name, error in outside.items() if error} == {}


def test_what_mountinfo_names_is_what_the_box_shows(child: Child):
    """It is left readable: so it must not name more of the machine than the box shows anyway."""
    child.execute(
        "import os, sys\ndef f(): return [line.split()[3:5] for line in open('/proc/self/mountinfo')]", "<cell>"
    )
    shown = [(root, point) for root, point in child.call("f") if root not in ("/", "/newroot")]
    assert shown
    for root, point in shown:
        same = root == point or point.startswith(("/dev/", "/proc/")) or point.endswith(root)
        assert same or root.endswith(point), f"{root} is shown as {point}"
