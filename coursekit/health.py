"""Is the data that the notebooks rest on whole? What is missing is said in words, with a remedy."""

from __future__ import annotations

from collections.abc import Iterator

DIGITS = 1797


def missing_data() -> Iterator[str]:
    """Yield a sentence for each thing that is missing."""
    from sklearn.datasets import load_digits

    if len(load_digits().target) != DIGITS:
        yield "scikit-learn's digits are not whole. Run `%pip install --force-reinstall scikit-learn` in a cell."
