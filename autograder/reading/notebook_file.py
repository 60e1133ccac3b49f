"""A submitted file's bytes to a notebook of format 4, or to a sentence that says what the file is instead.

Read is whatever can be read without doubt: any Unicode with or without its mark, Windows' own encoding, notebooks of
an older format, files that are large for their outputs alone. Outputs are never looked at, so they are dropped
before the JSON is taken apart: that bounds the memory that a file costs.
"""

from __future__ import annotations

import codecs
import errno
import json
import os
import re
import stat
from pathlib import Path
from typing import Any, BinaryIO

from autograder.plain.errors import UnreadableNotebook
from autograder.reading.signatures import what_it_is

MAX_FILE_BYTES = 100 * 2**20
MAX_BYTES = 20 * 2**20  # without outputs
MAX_CELLS = 2000
MAX_CODE_CHARS = 500_000
MAX_TOKENS = 2_000_000  # of the outputs of a large file: some two seconds

# A quotation mark within a JSON string has a backslash before it, so that none of these stands in a cell's text.
LARGE_PARTS = re.compile(rb'(?<!\\)"(?:outputs"\s*:\s*(?=\[)|(?:attachments|widgets)"\s*:\s*(?=\{))')
TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
UNMARKED = ((b"{\0\0\0", "utf-32-le"), (b"\0\0\0{", "utf-32-be"), (b"{\0", "utf-16-le"), (b"\0{", "utf-16-be"))
Notebook = dict[str, Any]


def read_notebook(path: Path) -> Notebook:
    """Read a submitted notebook as JSON. Raises UnreadableNotebook with a reason that a person understands."""
    return parse_notebook(read_bytes(path))


def read_bytes(path: Path) -> bytes:
    """Return what stands in a submitted file.

    Raises UnreadableNotebook when it is no plain file, empty or too large.
    """
    try:
        # Asked of the open file, so that it can't be changed in between; a pipe must not keep us waiting.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        if problem.errno == errno.ELOOP:
            raise UnreadableNotebook("the notebook is a link to another file: submit the file itself") from None
        raise UnreadableNotebook(f"the notebook can't be opened: {problem.strerror}") from None
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise UnreadableNotebook("the notebook is not a plain file: submit the file itself")
    with open(descriptor, "rb") as file:
        return _bounded(file, about.st_size)


def _bounded(file: BinaryIO, size: int) -> bytes:
    if size > MAX_FILE_BYTES:
        raise UnreadableNotebook(
            f"the notebook has {size / 2**20:.0f} MB, at most {MAX_FILE_BYTES // 2**20} are read: clear its "
            f"outputs and submit again"
        )
    if size == 0:
        raise UnreadableNotebook("the file is empty: save the notebook and submit again")
    return file.read(MAX_FILE_BYTES)


def parse_notebook(raw: bytes) -> Notebook:
    """Return the notebook of format 4 in these bytes, without the outputs of a large one. Raises UnreadableNotebook."""
    text = _text(_without_outputs(raw) if len(raw) > MAX_BYTES else raw)
    try:
        book = json.loads(text)
    except RecursionError:
        raise UnreadableNotebook("the file nests deeper than any notebook does") from None
    except ValueError as problem:
        raise UnreadableNotebook(what_it_is(raw, text, problem)) from None
    return _checked(_of_format_4(book))


def _without_outputs(raw: bytes) -> bytes:
    """Return a large file with its outputs, its pasted pictures and its widgets' state left empty."""
    kept: list[bytes] = []
    begin, tokens = 0, 0
    while found := LARGE_PARTS.search(raw, begin):
        kept.append(raw[begin : found.end()])
        begin, tokens = _end_of_value(raw, found.end(), tokens)
        kept.append(b"[]" if raw[found.end() : found.end() + 1] == b"[" else b"{}")
    slim = b"".join([*kept, raw[begin:]])
    if len(slim) > MAX_BYTES:
        raise UnreadableNotebook(
            f"the notebook has {len(slim) / 2**20:.0f} MB beside its outputs, at most {MAX_BYTES // 2**20} are read: "
            "take pictures and data out of its cells and submit again"
        )
    return slim


def _end_of_value(raw: bytes, begin: int, tokens: int) -> tuple[int, int]:
    """Return where the list or dict ends that begins here, and how many tokens were seen until then."""
    depth = 0
    for token in TOKEN.finditer(raw, begin):
        tokens += 1
        first = raw[token.start()]
        depth += (first in b"[{") - (first in b"]}")
        if depth == 0:
            return token.end(), tokens
        if tokens > MAX_TOKENS:
            raise UnreadableNotebook(
                "the notebook's outputs have more parts than can be read: clear its outputs and submit again"
            )
    return len(raw), tokens  # it was cut off: the JSON says so


def _text(raw: bytes) -> str:
    """Return the text of a file in whichever Unicode it was saved, or in Windows' own encoding."""
    for mark, encoding in MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    for start, encoding in UNMARKED:
        if raw.startswith(start):
            return raw.decode(encoding, "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _of_format_4(book: Any) -> Notebook:
    """Return a notebook in format 4: nbformat converts an older one. Raises UnreadableNotebook when it is none."""
    if not isinstance(book, dict):
        raise UnreadableNotebook(
            "the file is JSON but not a notebook: it has no list of cells; submit the .ipynb file itself"
        )
    if isinstance(book.get("cells"), list):
        return book
    if isinstance(book.get("worksheets"), list):
        return _converted(book)
    link = (
        " (a link to a file in an online drive: download the notebook itself)"
        if {"url", "doc_id"} & book.keys()
        else ""
    )
    raise UnreadableNotebook(
        f"the file is JSON but not a notebook: it has no list of cells{link}; submit the .ipynb file that Jupyter saves"
    )


def _converted(book: Notebook) -> Notebook:
    from nbformat import convert, from_dict

    found = book.get("nbformat")
    try:
        _drop_outputs(book)
        newer = json.loads(json.dumps(convert(from_dict(book), 4)))
        if isinstance(newer.get("cells"), list):
            return dict(newer)
    except Exception:  # whatever nbformat meets in a file of anyone's making
        pass
    raise UnreadableNotebook(
        f"the notebook is of an old format (nbformat {str(found)[:20]}) and can't be converted: "
        "open it in JupyterLab, save it, and submit again"
    )


def _drop_outputs(book: Notebook) -> None:
    for sheet in book["worksheets"]:
        for cell in sheet["cells"]:
            if cell.get("cell_type") == "code":
                cell["outputs"] = []


def _checked(book: Notebook) -> Notebook:
    code = sum(map(_code_chars, book["cells"]))
    if code > MAX_CODE_CHARS:
        raise UnreadableNotebook(f"the notebook holds {code:,} characters of code, at most {MAX_CODE_CHARS:,} are read")
    if len(book["cells"]) > MAX_CELLS:
        raise UnreadableNotebook(f"the notebook has {len(book['cells'])} cells, at most {MAX_CELLS} are read")
    for number, cell in enumerate(book["cells"], start=1):
        if not isinstance(cell, dict) or not isinstance(source_of(cell), str):
            raise UnreadableNotebook(f"cell {number} is not a notebook cell")
    return book


def _code_chars(cell: Any) -> int:
    source = source_of(cell) if isinstance(cell, dict) and cell.get("cell_type") == "code" else ""
    return len(source) if isinstance(source, str) else 0


def source_of(cell: dict[str, Any]) -> Any:
    """Return a cell's text with plain line ends, or whatever stands there instead of a text."""
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return source.replace("\r\n", "\n").replace("\r", "\n") if isinstance(source, str) else source
