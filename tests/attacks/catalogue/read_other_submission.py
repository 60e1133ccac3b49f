"""Read another student's submission.

Known from: submissions that lie in one folder of one user.
Shows: secret
"""

LOOT = open(OTHER).read()  # noqa: F821


def row_means(x):
    return x
