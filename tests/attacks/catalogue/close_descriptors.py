"""Close every descriptor, so that no answer and no error can be sent.

Known from: a grader that waits for an answer without a clock.
Shows: died
"""

import os
import time


def row_means(x):
    os.closerange(0, 1024)
    time.sleep(1)
    os._exit(0)
