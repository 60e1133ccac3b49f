"""Cancel the grader's alarm and replace its handler, then sleep.

Known from: `signal.alarm` as a time limit inside the student's process.
Shows: late
Outcome: timeout
"""

import signal
import time

signal.alarm(0)
signal.signal(signal.SIGALRM, signal.SIG_IGN)


def row_means(x):
    time.sleep(1000)
