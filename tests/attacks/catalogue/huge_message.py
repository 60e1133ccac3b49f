"""Raise an error whose message is four hundred megabytes long.

Known from: logs and gradebooks that keep str(error).
Shows: memory
"""


class Loud(Exception):
    def __str__(self):
        return "x" * (400 << 20)


def row_means(x):
    raise Loud
