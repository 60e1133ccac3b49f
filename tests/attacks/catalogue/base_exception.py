"""Raise a BaseException of one's own whose text and class name attack whoever prints them.

Known from: `except Exception`, and str() on a foreign object.
Shows: died
"""


class Escape(BaseException):
    def __str__(self):
        raise Escape

    __repr__ = __str__


def row_means(x):
    raise Escape
