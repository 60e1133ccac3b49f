"""Raise an exception whose class has no name: asking for it ends the program.

Known from: `type(problem).__name__` in the handler that was to hold everything.
Shows: died
"""


class Nameless(type):
    @property
    def __name__(cls):
        raise SystemExit(0)


class Problem(Exception, metaclass=Nameless):
    pass


def row_means(x):
    raise Problem("who am I?")
