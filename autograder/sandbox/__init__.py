"""The box: where a student's code runs when it is graded.

Theory of operation
===================

Who runs what::

    grader            tests, reference's recordings, gradebook. Never a line of a student's code.
      └── bwrap       the walls of files, network and processes around everything below
            └── zygote      first process of a PID namespace of its own; imports torch once, forks; runs
                            only our code, with rights over its own empty namespaces and nothing else
                  └── child       one for each submission: puts on its layers, gives up all rights, then
                                  runs the student's code; first process of its own PID namespace and of
                                  its own session, so whatever it starts ends with it

Which pipes:

- grader to zygote, one Unix socket ("control"): the settings once, then one byte for each spawn, with three
  descriptors. Its closing ends the zygote, and with the zygote bubblewrap's PID namespace and all in it.
- grader to child, one Unix socket ("channel") made afresh for each child: bounded frames (protocol.py).
  A child has never seen another's channel, and a late frame of a dead one has nowhere to arrive.
- child to grader, one pipe ("output"): its stdout and stderr, of which the head and the tail are kept.
- zygote to grader, one socket for each child ("status"): the child's pidfd at its start, how it ended at
  its end. The student's code does not hold it.

Who may die:

- A child, at any time, by itself or by the grader's hand (SIGKILL through its pidfd: it is the init of its
  namespace, so all goes with it). That is the student's affair: ChildDied or LimitReached.
- The zygote, only with the Box. Dying otherwise is the machine's affair, and so is a child's end with it, or by a
  SIGKILL that no limit explains: MachineFailed, and the submission is judged again in a fresh box.
- The grader: the control socket closes and everything below ends.

What each layer stops:

    bubblewrap          files: only Python, its packages and the system's libraries are there, read-only
    user namespace      rights over anything outside; as root the zygote first becomes nobody
    pid namespace       seeing, signalling or tracing other processes; outliving the kill
    mount namespace     a scratch folder or a /proc that is shared with another submission
    network namespace   every network, the loopback included, and abstract Unix sockets
    ipc, uts, cgroup    shared memory, host names and the names of control groups
    private proc        the machine's and other processes' /proc files
    tmpfs               writing more than a bounded amount, anywhere
    capabilities        mounts and the like inside the child's own namespaces
    rlimits             memory, processor time, threads, descriptors, file sizes, core dumps
    no new privileges   set-user-id programs
    landlock            files, were a mount wrong; TCP; signals out of the domain
    seccomp             sockets (vsock too, which no namespace holds), fork, exec, ptrace, mounts, io_uring
    cgroup memory/pids  the same amounts, counted over all processes together, where the machine has them

    session             signals to the process group, which reach past a PID namespace

Two walls stand before each thing that must not happen, so that one may fail: mounts and Landlock for files,
network namespace and seccomp for sockets, PID namespace and seccomp for processes, rlimits and control groups for
amounts. The layers are put on in the order of layers.py, each while the rights that it needs are still held.
`proof.py` then tries in a first child what each layer forbids, and what is not refused counts as missing.

Who trusts whom:

- The grader believes nothing that comes from a child: a frame is claimed output, held to its bounds before anything
  is allocated, and compared as plain data. What a child says of itself (an exception, a lack of memory, that a rule
  was kept) can lower a mark and not raise the value of an answer.
- The grader believes the zygote, which runs no line of a student's; a child can't reach it.
- A child holds nothing worth stealing: no answer, no other submission, no descriptor but its own four.

The parent keeps the clock: every request has a deadline that slow replies do not stretch, and one clock (clock.py) runs
for all the children of a submission, for decoding what they say and for judging it (autograder/checking/judging.py).
"""
