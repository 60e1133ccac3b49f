"""Loop for ever in the function.

Known from: every class.
Shows: late
Outcome: timeout
"""


def row_means(x):
    while True:
        pass
