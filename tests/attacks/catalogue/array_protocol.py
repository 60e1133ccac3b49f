"""Return an object that hands numpy and torch whatever its __array__ finds in the caller's frame.

Known from: np.testing calls `__array__` of the student's object in the grader's process.
Shows: canary
"""

import numpy as np


class Chameleon:
    def __array__(self, *args, **kwargs):
        open(CANARY, "w").write("ran in the grader")  # noqa: F821
        return np.zeros(3)


def row_means(x):
    return Chameleon()


np.asarray(row_means(None))
