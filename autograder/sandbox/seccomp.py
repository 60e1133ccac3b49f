"""The system calls that a child may make: a list of what is allowed, compiled by libseccomp.

libseccomp writes the filter (through PyPI's `pyseccomp`, a thin ctypes layer over Debian's libseccomp2,
which nearly every Linux has): it knows the numbers on each processor, refuses foreign ones (x32, i386) by
itself, and its output has been attacked for a decade, which no bytecode of ours has. Debian's own
`python3-seccomp` was the other choice, but only the system's Python can import it. The program is made
once, in the grader; a child only installs its bytes, in microseconds.

What is not listed answers EPERM, so that honest code sees a PermissionError, not a dead process. There is
no socket, no fork (threads are let through), no execve, no ptrace, no mount, no namespace, no memfd, no
io_uring, no bpf, no keyring, no System V memory, no lock or lease on a file, no timer on processor time, no
out-of-band data.
"""

from __future__ import annotations

import errno
import os
import tempfile
from typing import Any

from autograder.plain.errors import SandboxError

_FILES = """
    access close close_range chdir chmod copy_file_range creat dup dup2 dup3 faccessat faccessat2 fadvise64
    fallocate fchdir fchmod fchmodat fdatasync fstat fstatfs fsync ftruncate getcwd getdents
    getdents64 lseek lstat mkdir mkdirat newfstatat open openat openat2 pipe pipe2 pread64 preadv preadv2
    pwrite64 pwritev pwritev2 read readlink readlinkat readv rename renameat renameat2 rmdir sendfile stat
    statfs statx truncate umask unlink unlinkat utime utimensat utimes write writev
"""
_MEMORY = """
    brk get_mempolicy madvise mbind membarrier mincore mprotect mremap mmap msync munmap set_mempolicy
"""
_PROCESS = """
    arch_prctl capget exit exit_group futex futex_waitv get_robust_list getcpu getegid geteuid getgid
    getgroups getpgid getpgrp getpid getppid getpriority getrandom getresgid getresuid getrlimit getrusage
    getsid gettid getuid prlimit64 restart_syscall rseq sched_get_priority_max sched_get_priority_min
    sched_getaffinity sched_getparam sched_getscheduler sched_yield set_robust_list set_tid_address
    setrlimit sysinfo times uname wait4 waitid
"""
_SIGNALS = """
    alarm kill pause rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
    rt_sigtimedwait sigaltstack tgkill tkill
"""
_TIME = """
    clock_getres clock_gettime getitimer gettimeofday nanosleep time timerfd_create timerfd_gettime timerfd_settime
"""
_WAITING = """
    epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd eventfd2 poll ppoll
    pselect6 select getpeername getsockname getsockopt shutdown
"""
ALLOWED = tuple(" ".join((_FILES, _MEMORY, _PROCESS, _SIGNALS, _TIME, _WAITING)).split())

# glibc asks for these first and turns to the old ones only when it is told that they don't exist.
NOT_THERE = ("clone3", "fchmodat2", "memfd_secret", "cachestat")

_CLONE_THREAD = 0x00010000
_CLONE_NEW_ANYTHING = 0x7E020000 | 0x00000080
_IOCTLS = (0x5401, 0x541B, 0x5421, 0x5451, 0x5450, 0x5413)  # TCGETS FIONREAD FIONBIO FIOCLEX FIONCLEX TIOCGWINSZ
_PRCTLS = (3, 15, 16, 23, 0x53564D41)  # GET_DUMPABLE SET_NAME GET_NAME CAPBSET_READ SET_VMA
_AF_UNIX = 1
# Of fcntl: duplicates, flags, the size of a pipe. No lock, lease, owner or signal: they reach past the box.
_FCNTLS = (0, 1, 2, 3, 4, 1030, 1032)  # DUPFD GETFD SETFD GETFL SETFL DUPFD_CLOEXEC GETPIPE_SZ
# Timers and sleeps on processor time are code of the kernel's own with a record of holes, and nobody's homework.
_SLEEPING_CLOCKS = (0, 1, 7)  # REALTIME MONOTONIC BOOTTIME
_ITIMER_REAL = 0
# Of a message: PEEK, DONTWAIT, WAITALL, NOSIGNAL. Not OOB.
_MESSAGE_FLAGS = 0x2 | 0x40 | 0x100 | 0x4000


def build_program() -> bytes:
    """Return the filter as BPF instructions. Raises SandboxError when libseccomp can't be had."""
    try:
        import pyseccomp
    except Exception as problem:  # ImportError, or RuntimeError and OSError from a missing library
        raise SandboxError(
            "seccomp",
            f"importing pyseccomp says: {problem}",
            "Install it: pip install pyseccomp, and the library: apt-get install libseccomp2",
        ) from problem
    return _export(_filter(pyseccomp))


def _filter(lib: Any) -> Any:
    refuse, absent = lib.ERRNO(errno.EPERM), lib.ERRNO(errno.ENOSYS)
    program = lib.SyscallFilter(refuse)
    for name in ALLOWED:
        _add(lib, program, lib.ALLOW, name)
    for name in NOT_THERE:
        _add(lib, program, absent, name)
    _add(
        lib, program, lib.ALLOW, "clone", lib.Arg(0, lib.MASKED_EQ, _CLONE_THREAD | _CLONE_NEW_ANYTHING, _CLONE_THREAD)
    )
    _add(lib, program, lib.ALLOW, "socketpair", lib.Arg(0, lib.EQ, _AF_UNIX))
    for request in _IOCTLS:
        _add(lib, program, lib.ALLOW, "ioctl", lib.Arg(1, lib.EQ, request))
    for option in _PRCTLS:
        _add(lib, program, lib.ALLOW, "prctl", lib.Arg(0, lib.EQ, option))
    for command in _FCNTLS:
        _add(lib, program, lib.ALLOW, "fcntl", lib.Arg(1, lib.EQ, command))
    for clock in _SLEEPING_CLOCKS:
        _add(lib, program, lib.ALLOW, "clock_nanosleep", lib.Arg(0, lib.EQ, clock))
    _add(lib, program, lib.ALLOW, "setitimer", lib.Arg(0, lib.EQ, _ITIMER_REAL))
    for name in ("sendto", "recvfrom"):
        _add(lib, program, lib.ALLOW, name, lib.Arg(3, lib.MASKED_EQ, 0xFFFFFFFF & ~_MESSAGE_FLAGS, 0))
    return program


def _add(lib: Any, program: Any, action: Any, name: str, *arguments: Any) -> None:
    if lib.resolve_syscall(lib.system_arch(), name) >= 0:  # negative: this processor has no such call
        program.add_rule(action, name, *arguments)


def _export(program: Any) -> bytes:
    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.flush()
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        return file.read()
