"""A small language about drawn scenes: sentences with a fixed order of words tell of coloured shapes.

Ten nouns name an outline and a size at once: a dot is a small circle, a disc a large one. No sentence says so. But
dots are called round as discs are, and tiny as tiles are, and so it can be found out from the company that they keep.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import torch

from coursekit.shapes import COLOUR_NAMES, SHAPE_NAMES, Shapes, shapes

SIZE, RADIUS = 48, (4.0, 10.0)  # of an image, and the smallest and the largest radius of a shape, in pixels
LARGE = 7.0  # from this radius on, a shape is called large

NOUNS = {  # the outline, and what a small and a large one are called
    "circle": ("dot", "disc"),
    "square": ("tile", "block"),
    "triangle": ("spike", "peak"),
    "star": ("spark", "sun"),
    "cross": ("plus", "mill"),
}
BY_OUTLINE = {  # what is said of an outline, of whatever size
    "circle": ("round", "smooth", "curved"),
    "square": ("boxy", "level", "even"),
    "triangle": ("pointed", "steep", "sharp"),
    "star": ("bright", "jagged", "shining"),
    "cross": ("winged", "turning", "open"),
}
BY_SIZE = (("tiny", "far", "light"), ("huge", "near", "heavy"))  # what is said of small ones and of large ones


class Words(NamedTuple):
    """A corpus. Words are known by their numbers, the most frequent first.

    Args:
        vocabulary: the V words.
        counts: (V,) int64, how often each occurs.
        sentences: of each the numbers of its words.
    """

    vocabulary: list[str]
    counts: torch.Tensor
    sentences: list[list[int]]

    def number(self, word: str) -> int:
        """Return the number of a word.

        Raises:
            KeyError: it is no word of this corpus.
        """
        if word not in self.vocabulary:
            raise KeyError(f"{word!r} is no word of this corpus; some are {', '.join(self.vocabulary[:12])}")
        return self.vocabulary.index(word)


@cache
def scenes(num: int, seed: int = 0) -> Shapes:
    """Return images with two shapes each."""
    return shapes(num, size=SIZE, objects=(2, 2), radius=RADIUS, seed=seed)


def noun_of(outline: str, *, large: bool) -> str:
    """Return what a shape is called."""
    return NOUNS[outline][large]


def told(drawn: Shapes, seed: int = 0) -> list[str]:
    """Return a sentence for each scene: of both shapes, how they lie; or of one, what can be said of it."""
    rng = np.random.default_rng(seed)
    return [_sentence(drawn, scene, rng) for scene in range(len(drawn))]


def _sentence(drawn: Shapes, scene: int, rng: np.random.Generator) -> str:
    if rng.random() < 0.25:
        first, second = rng.permutation(2)
        return (
            f"the {_named(drawn, scene, first)} lies {_place(drawn, scene, first)} the {_named(drawn, scene, second)}"
        )
    which = int(rng.integers(2))
    outline, large = SHAPE_NAMES[drawn.shape[scene, which]], is_large(drawn, scene, which)
    said = [str(rng.choice(BY_OUTLINE[outline])), str(rng.choice(BY_SIZE[large]))]
    if rng.random() < 0.5:
        said.reverse()
    if rng.random() < 0.5:
        return f"the {_named(drawn, scene, which)} is {said[0]} and {said[1]}"
    return f"the {said[0]} {noun_of(outline, large=large)} is {said[1]} and {COLOUR_NAMES[drawn.colour[scene, which]]}"


def is_large(drawn: Shapes, scene: int, which: int) -> bool:
    """Return whether a shape counts as a large one: by its area, as a circle of the same radius would."""
    area = float((drawn.instances[scene] == which + 1).sum())
    return area > AREAS[SHAPE_NAMES[drawn.shape[scene, which]]] * LARGE**2


# The area of an outline whose radius is 1.
AREAS = {"circle": 3.14, "square": 2.0, "triangle": 1.3, "star": 1.32, "cross": 2.02}


def _named(drawn: Shapes, scene: int, which: int) -> str:
    outline = SHAPE_NAMES[drawn.shape[scene, which]]
    return f"{COLOUR_NAMES[drawn.colour[scene, which]]} {noun_of(outline, large=is_large(drawn, scene, which))}"


def _place(drawn: Shapes, scene: int, first: int) -> str:
    across, down = (drawn.centres[scene, 1 - first] - drawn.centres[scene, first]).tolist()
    if abs(across) > abs(down):
        return "left of" if across > 0 else "right of"
    return "above" if down > 0 else "below"


@cache
def corpus(num: int = 2000, seed: int = 0) -> Words:
    """Return the sentences of so many scenes, as numbers."""
    return numbered(told(scenes(num, seed), seed))


def numbered(sentences: Sequence[str]) -> Words:
    """Return sentences as numbers: the most frequent word is 0, and of equally frequent ones the first by spelling."""
    split = [sentence.split() for sentence in sentences]
    counts = Counter(word for words in split for word in words)
    vocabulary = sorted(counts, key=lambda word: (-counts[word], word))
    place = {word: number for number, word in enumerate(vocabulary)}
    return Words(
        vocabulary,
        torch.tensor([counts[word] for word in vocabulary]),
        [[place[word] for word in words] for words in split],
    )


def windows(sentences: Sequence[Sequence[int]], width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return each word of a corpus, and the words around it in its own sentence.

    Args:
        sentences: the numbers of their words.
        width: how many words to either side are looked at.

    Returns:
        The centre words (T,) and their contexts (T, 2 width) from left to right, int64; -1 where the sentence has no
        word.
    """
    centres, contexts = [], []
    for words in sentences:
        padded = [-1] * width + list(words) + [-1] * width
        for place, word in enumerate(words):
            centres.append(word)
            contexts.append(padded[place : place + width] + padded[place + width + 1 : place + 2 * width + 1])
    return torch.tensor(centres), torch.tensor(contexts)


def pairs(centres: torch.Tensor, contexts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return each centre word with each word of its context: two tensors (P,)."""
    rows, columns = (contexts >= 0).nonzero(as_tuple=True)
    return centres[rows], contexts[rows, columns]


def part(words: Words, first: int, num: int) -> Words:
    """Return some of a corpus's sentences, with the whole corpus's numbers; what is missing has a count of 0."""
    sentences = words.sentences[first : first + num]
    flat = torch.tensor([word for sentence in sentences for word in sentence])
    return Words(words.vocabulary, flat.bincount(minlength=len(words.vocabulary)), sentences)


def analogies() -> list[tuple[str, str, str, str]]:
    """Return the forty quadruples of nouns (a, b, c, d) for which a is to b as c is to d: the size changes."""
    pairs = list(NOUNS.values())
    both = [(one, other) for one in pairs for other in pairs if one != other]
    return [(a[i], a[1 - i], c[i], c[1 - i]) for a, c in both for i in (0, 1)]
