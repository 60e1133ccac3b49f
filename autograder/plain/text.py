"""Text that a student's code wrote, made fit for a person's terminal.

A message, a name or a traceback can hold escape sequences that rewrite a terminal's screen, bidirectional
controls that show words in another order than they are read, characters that take no room, and a megabyte
of anything. Escaping for HTML is the renderers' affair (templates escape by themselves): this is about what
the characters do.
"""

from __future__ import annotations

import re
import unicodedata

MESSAGE_CHARS = 10_000  # of one test's message: room for an error's text, its lines and the call

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)?|[ -/]*[0-~])"  # CSI; OSC, DCS; short
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_MARKS = re.compile("([\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]{4})[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]+")
_KEPT = frozenset("\n\t")
_SCAN = 16  # so many times the limit is looked at; escapes could otherwise hide what is kept


def clean(text: object, limit: int = 4000) -> str:
    """Return text without control, bidi and invisible characters, at most about `limit` long.

    Escape sequences go as a whole, line ends become a newline, a lone surrogate becomes U+FFFD. Of a longer
    text the head and the tail stay, and the cut is said in between.

    >>> clean("\\x1b[31mred\\x1b[0m and \\u202egnp.exe")
    'red and gnp.exe'
    """
    plain = text if isinstance(text, str) else str(text)
    plain = _cut(plain, limit * _SCAN)
    plain = _LINE_ENDS.sub("\n", _ESCAPES.sub("", plain))
    plain = "".join(_shown(character) for character in plain)
    return _cut(_MARKS.sub(r"\1", plain), limit)


def clean_line(text: object, limit: int = 200) -> str:
    """The same on one line: for names and headings."""
    return " ".join(clean(text, limit).split())


def _shown(character: str) -> str:
    if character in _KEPT or " " <= character <= "~":
        return character
    category = unicodedata.category(character)
    if category == "Cs":
        return "\ufffd"
    return "" if category in ("Cc", "Cf", "Co", "Cn") else character


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head, tail = limit - limit // 3, limit // 3
    return f"{text[:head]}\n... {len(text) - limit:,} characters cut ...\n{text[len(text) - tail :]}"
