"""A student's name, which is the name of a folder that somebody chose: kept as it is, shown safely, told apart.

The raw name is a student's identity, in results, gradebook and paths alike. `visible` is for people: each name
has a spelling of its own, in which nothing is hidden. `folded` is what names have in common that a person can't
tell apart. `file_name` is for what is written to be handed out: it opens on other machines too, and says whose
it is.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote

# Unicode's Default_Ignorable_Code_Point, which `unicodedata` lacks, and the blank of Braille.
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# What letters need: joiners in Persian, Hindi and emoji, and selectors of a letter's form.
_JOINED = re.compile("(?<=[^\x00-\xa0])(?:[\u200c\u200d](?=[^\x00-\xa0])|[\ufe00-\ufe0f\U000e0100-\U000e01ef])")
_STACKED = re.compile("(?<=[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]{4})[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]")
_ODD_BLANK = re.compile(r"^ | $|(?<= ) ")
_LIKE_AN_ESCAPE = re.compile(r"\\[\\uUx]")
_UNSEEN = frozenset(["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"])
_SPACES = " \u3000"  # the wide one stands between the parts of a Japanese name
_NOT_IN_FILES = frozenset('/\\:*?"<>|%')  # % marks what was spelt otherwise
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE | re.DOTALL)  # by Windows
MOST_BYTES = 200  # file systems take 255, and an ending is added


def visible(name: str, keep_blanks: bool = False) -> str:
    r"""Return a name as a person may see it: on one line, with what is unseen as Python's escapes.

    No two names are spelt alike. A blank at an end or after another is unseen too, unless `keep_blanks`.

    >>> print(visible("ada\u200b"), visible("a  b"), visible("李雷"))
    ada\u200b a \x20b 李雷
    """
    unseen = {at for at, one in enumerate(name) if _is_unseen(one)} - {one.start() for one in _JOINED.finditer(name)}
    unseen |= {one.start() for one in _STACKED.finditer(name)}
    if not keep_blanks:
        unseen |= {one.start() for one in _ODD_BLANK.finditer(name)}
    if not unseen and not _LIKE_AN_ESCAPE.search(name):
        return name
    return "".join(_escape(one) if at in unseen else one.replace("\\", "\\\\") for at, one in enumerate(name))


def short(name: str, most: int = 40) -> str:
    """Return a name for a column of a table: visible, and its middle left out where it is long."""
    text = visible(name)
    return text if len(text) <= most else f"{text[: most - most // 3 - 1]}…{text[-(most // 3) :]}"


def listed(names: Iterable[str], most: int = 10) -> str:
    """Return names as a sentence has them: quoted, visible, and counted where there are many."""
    shown = [f"'{visible(one)}'" for one in names]
    return ", ".join(shown[:most]) + (f" and {len(shown) - most} more" if len(shown) > most else "")


def folded(name: str) -> str:
    r"""Return what a name has in common with those that a person could take for it:

    Unicode's NFKC_Casefold, one blank for many.

    >>> folded("ADA\u200b ") == folded("ada")
    True
    """
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    kept = (one for one in IGNORABLE.sub("", text) if one.isspace() or unicodedata.category(one) not in ("Cc", "Cf"))
    return " ".join("".join(kept).split())


def file_name(name: str, taken: Iterable[str] = ()) -> str:
    """Return the name of a student's file or folder: the name itself where any file system takes it.

    Elsewhere what no file system takes is percent-encoded, so that `urllib.parse.unquote` gives the name back; a
    name that is too long is cut and told apart by a digest. No two names give one file.

    Args:
        name: of a student.
        taken: names that stand in the same folder already, as `folded` has them.

    >>> file_name("[team] 7"), file_name("李雷"), file_name("../ada"), file_name("con")
    ('[team] 7', '李雷', '%2E.%2Fada', '%63on')
    """
    text = "".join(_encoded(one) if one in _NOT_IN_FILES or _is_unseen(one) else one for one in name)
    if text.endswith((".", " ")):
        text = text[:-1] + _encoded(text[-1])
    if text.startswith((".", " ")) or _RESERVED.fullmatch(text) or folded(text) in taken:
        text = _encoded(text[0]) + text[1:]
    raw = text.encode("utf-8")
    if len(raw) <= MOST_BYTES:
        return text or "%"
    head = raw[: MOST_BYTES - 40].decode("utf-8", "ignore")
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return re.sub(r"%[0-9A-F]?$", "", head) + "%~" + digest


def _is_unseen(character: str) -> bool:
    if " " <= character <= "~" or character in _SPACES:
        return False
    return unicodedata.category(character) in _UNSEEN or bool(IGNORABLE.match(character))


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _encoded(character: str) -> str:
    text = quote(character, safe="", errors="surrogatepass")
    return text if text != character else f"%{ord(character):02X}"
