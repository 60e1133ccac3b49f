"""Answer with a dict whose key is a tuple in a tuple in a tuple, ten thousand deep.

Known from: walks that bound values and forget keys.
Shows: broke
Outcome: failed
"""


def row_means(x):
    key = ()
    for _ in range(10_000):
        key = (key,)
    return {key: 1}
