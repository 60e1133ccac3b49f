"""The kit of a course about words."""

from collections.abc import Iterator

VOWELS = frozenset("aeiou")


def is_vowel(letter: str) -> bool:
    """Whether a letter is a vowel."""
    return letter.lower() in VOWELS


def missing() -> Iterator[str]:
    """Nothing is ever missing."""
    yield from ()
