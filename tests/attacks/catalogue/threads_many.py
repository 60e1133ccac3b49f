"""Start a thousand threads that wait.

Known from: limits on processes that forget threads.
Shows: threads
"""

import threading

gate = threading.Event()
for _ in range(1000):
    threading.Thread(target=gate.wait, args=(30,), daemon=True).start()


def row_means(x):
    return x
