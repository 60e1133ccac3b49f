"""What a file is that is no notebook, in words that say what to submit instead. Only looked at, never opened up."""

from __future__ import annotations

import ast
import json
import re

HEAD = 4096
ARCHIVE = "unpack it and submit the .ipynb file that is in it"
STARTS = (
    (b"PK\x03\x04", f"a zip archive (or an Office document): {ARCHIVE}"),
    (b"PK\x05\x06", f"an empty zip archive: {ARCHIVE}"),
    (b"\x1f\x8b", f"a gzip archive: {ARCHIVE}"),
    (b"7z\xbc\xaf\x27\x1c", f"a 7-Zip archive: {ARCHIVE}"),
    (b"Rar!", f"a RAR archive: {ARCHIVE}"),
    (b"BZh", f"a bzip2 archive: {ARCHIVE}"),
    (b"%PDF", "a PDF: submit the .ipynb file itself, not a print of it"),
    (b"\x89PNG", "a picture (PNG): submit the .ipynb file itself, not a picture of it"),
    (b"\xff\xd8\xff", "a picture (JPEG): submit the .ipynb file itself, not a picture of it"),
    (b"{\\rtf", "a text document (RTF): submit the .ipynb file that Jupyter saves"),
    (b"\xd0\xcf\x11\xe0", "an old Office document: submit the .ipynb file that Jupyter saves"),
    (b"version https://git-lfs", "a pointer of Git LFS: run `git lfs pull` and submit the file itself"),
    (b"[InternetShortcut]", "a link to a page: download the notebook and submit that"),
)
PAGE = re.compile(
    rb"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: .{0,60}|$)", re.MULTILINE)
SCRIPT = re.compile(r"^\s*(?:#|\"\"\"|import |from |def |class |[A-Za-z_]\w* ?=[^=])", re.MULTILINE)


def what_it_is(raw: bytes, text: str, problem: ValueError) -> str:
    """Return the reason why bytes that are no JSON can't be graded: what was found, and the remedy.

    Args:
        raw: the file as it is.
        text: the file as text.
        problem: what Python's JSON reader said.
    """
    head = raw[:HEAD].removeprefix(b"\xef\xbb\xbf")
    for start, words in STARTS:
        if head.startswith(start):
            return f"the file is not a notebook but {words}"
    if PAGE.match(head):
        return "the file is not a notebook but a web page (HTML): download the notebook itself (.ipynb) and submit that"
    if not raw.strip(b"\0 \t\r\n"):
        return "there is nothing in the file but blanks or zeros: save the notebook and submit again"
    return _as_text(text, problem)


def _as_text(text: str, problem: ValueError) -> str:
    if conflict := CONFLICT.search(text):
        line = text.count("\n", 0, conflict.start()) + 1
        return (
            f"the file holds a merge conflict that git left (line {line}: {conflict.group().strip()}): "
            "keep one side of each, see that Jupyter opens it, and submit again"
        )
    if not text.lstrip().startswith(("{", "[")):
        if SCRIPT.search(text[:HEAD]) and _is_python(text):
            return "the file is not a notebook but a Python script: submit the .ipynb file that Jupyter saves"
        return (
            f"the file is not a notebook (not JSON, it begins with {text.lstrip()[:20]!r}): submit the "
            f".ipynb file that Jupyter saves"
        )
    if isinstance(problem, json.JSONDecodeError) and _is_cut_off(text, problem):
        return (
            f"the file ends in the middle, after {len(text):,} characters: it was cut off while it was saved or sent; "
            "open it in Jupyter, save it, and submit again"
        )
    return (
        f"the file is not a notebook (not JSON: {problem}): see that Jupyter opens it, save it there, and submit again"
    )


def _is_cut_off(text: str, problem: json.JSONDecodeError) -> bool:
    return problem.pos >= len(text.rstrip()) or problem.msg.startswith("Unterminated string")


def _is_python(text: str) -> bool:
    try:
        ast.parse(text[:50_000].rpartition("\n")[0] if len(text) > 50_000 else text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
