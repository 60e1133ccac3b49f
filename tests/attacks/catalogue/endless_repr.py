"""Raise an error whose message takes for ever to make.

Known from: str() on the student's exception outside the time limit.
Shows: late
Outcome: timeout
"""


class Slow(Exception):
    def __str__(self):
        while True:
            pass


def row_means(x):
    raise Slow
