"""Write two hundred megabytes into the folder that the grader's machine shares.

Known from: one submission that fills /tmp for all.
Shows: drop
"""

with open(f"{DROP}/large", "wb") as file:  # noqa: F821
    for _ in range(200):
        file.write(b"x" * (1 << 20))


def row_means(x):
    return x
