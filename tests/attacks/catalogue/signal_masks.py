"""Block and ignore every signal, then loop: SIGTERM and SIGALRM no longer end the process.

Known from: time limits that are signals to the student's own process.
Shows: immune
Outcome: timeout
"""

import signal

for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))


def row_means(x):
    while True:
        pass
