"""Borrowed wordings: errors and warnings of libraries that only their text tells apart. Nothing is imported for it."""

from __future__ import annotations

OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "Unable to allocate", "std::bad_alloc")


def says_out_of_memory(text: str) -> bool:
    """Whether an error's text is torch's, numpy's or C++'s way to say that there was no memory to be had.

    Were it said otherwise, a student's MemoryError would be shown as any other error of theirs.
    """
    return any(words in text for words in OUT_OF_MEMORY)


def says_two_devices(text: str) -> bool:
    """Whether an error's text is torch's way to say that tensors of two devices met.

    Were it said otherwise, a function that mixes devices would pass the device rule as undecided.
    """
    return "two different devices" in text or "same device" in text


def refuses_numpy(text: str) -> bool:
    """Whether an error's text is torch's refusal to give the numbers of a wrapped tensor as an array.

    Were it said otherwise, the remedy of the device rule would not name `.numpy()`.
    """
    return ".numpy() is not supported" in text
