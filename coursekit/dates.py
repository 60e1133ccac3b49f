"""Dates written in words, and the same dates as numbers: a small translation of which every right answer is known.

    the 3rd of march, 1987  ->  1987-03-03

A text is a row of numbers, one for each character: its place in `CHARACTERS`, of which the first three are no
characters but padding, the start and the end. Nothing is lost in the order: the year stands first in the answer, and
anywhere in the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

import torch

PAD, START, END = 0, 1, 2
CHARACTERS = ("", "<", ">", *" ,-./0123456789abcdefghijklmnopqrstuvwxyz")
FIRST, LAST = date(1900, 1, 1), date(2099, 12, 31)
LENGTH = len("1987-03-03")
LONGEST = len("wednesday, 30 september 2099")
NUM_STYLES = 8

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


class Dates(NamedTuple):
    """Dates as rows of numbers.

    Args:
        source: (N, S) int64, the characters in words; shorter ones are padded behind.
        target: (N, 12) int64, START, the ten characters of the date as numbers, END.
    """

    source: torch.Tensor
    target: torch.Tensor


def written(day: date, style: int) -> str:
    """Return a date in words, in one of `NUM_STYLES` styles.

    >>> [written(date(1987, 3, 3), style) for style in range(8)]  # doctest: +NORMALIZE_WHITESPACE
    ['3 march 1987', 'march 3, 1987', '3 mar 1987', 'mar 3, 1987', 'the 3rd of march, 1987', '1987, march 3',
    'tuesday, 3 march 1987', '3.3.1987']
    """
    number, month, year = day.day, _MONTHS[day.month - 1], day.year
    return (
        f"{number} {month} {year}",
        f"{month} {number}, {year}",
        f"{number} {month[:3]} {year}",
        f"{month[:3]} {number}, {year}",
        f"the {number}{_ENDINGS.get(number, 'th')} of {month}, {year}",
        f"{year}, {month} {number}",
        f"{_DAYS[day.weekday()]}, {number} {month} {year}",
        f"{number}.{day.month}.{year}",
    )[style]


def numbers_of(texts: Sequence[str], length: int | None = None) -> torch.Tensor:
    """Return texts as numbers (N, S), padded to the longest or to `length`.

    >>> numbers_of(["1.2", "3"])
    tensor([[ 9,  6, 10],
            [11,  0,  0]])
    """
    length = length or max(map(len, texts))
    rows = [[CHARACTERS.index(one) for one in text] for text in texts]
    return torch.tensor([row + [PAD] * (length - len(row)) for row in rows])


def text_of(row: torch.Tensor) -> str:
    """Return a row of numbers as text, up to its end; padding and the start are no characters."""
    said = row.tolist()
    return "".join(CHARACTERS[one] for one in (said[: said.index(END)] if END in said else said) if one > END)


@cache
def dates(num: int, seed: int) -> Dates:
    """Return dates drawn from two centuries, each in a style of its own.

    Args:
        num: how many.
        seed: another one draws others.
    """
    drawn = torch.Generator().manual_seed(seed)
    days = torch.randint((LAST - FIRST).days + 1, (num,), generator=drawn).tolist()
    styles = torch.randint(NUM_STYLES, (num,), generator=drawn).tolist()
    found = [FIRST + timedelta(days=each) for each in days]
    source = numbers_of([written(day, style) for day, style in zip(found, styles, strict=True)], LONGEST)
    answers = numbers_of([day.isoformat() for day in found])
    edge = torch.full((num, 1), START)
    return Dates(source, torch.cat([edge, answers, edge.new_full((num, 1), END)], dim=1))
