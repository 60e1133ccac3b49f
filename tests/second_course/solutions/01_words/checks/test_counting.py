"""Checks of the counting exercise."""

from autograder.authoring.compare import assert_equal
from autograder.authoring.exercise import exercise


def some_words(rng):
    """Return three different words of ten letters."""
    return ["".join(rng.choice(list("abcdeiouxyz"), size=10)) + end for end in "abe"]


@exercise("count_vowels")
def test_vowels_are_counted_in_each_word(student, reference, rng):
    """Every word has the number of its vowels."""
    words = some_words(rng)
    assert_equal(student.count_vowels(words), reference.count_vowels(words))


@exercise("count_vowels", costs=0.5)
def test_capitals_are_vowels_too(student):
    """A capital counts as its small letter does."""
    assert_equal(student.count_vowels(["Ada", "OIL"]), {"Ada": 2, "OIL": 2})
