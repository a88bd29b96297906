"""Encoding: a text file's bytes brought to UTF-8, or the reason why they cannot be read in one way only.

A byte order mark declares itself and is believed; UTF-8 proves itself; every other encoding is stated by a person.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from twin.errors import InputError, Problem

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_CHUNK = 1 << 24
_SAMPLE = 1 << 16
_TURKISH = "ğşıİĞŞçöüÇÖÜ"


@dataclass(frozen=True)
class Decoded:
    """A text file as UTF-8.

    Parameters
    ----------
    body : bytes
        UTF-8 without a byte order mark, lines ending in a line feed.
    encoding : str
        In which the file was written.
    because : str
        What says so.
    """

    body: bytes
    encoding: str
    because: str


def decode(data: bytes, file: str, encoding: str | None = None) -> Decoded:
    """Bytes of a text file as UTF-8.

    Parameters
    ----------
    data : bytes
    file : str
        Name for messages.
    encoding : str, optional
        As the mapping states it.

    Raises
    ------
    InputError
        An empty file, bytes that are no text of the encoding, a NUL character.
    """
    if not data.strip():
        raise InputError([Problem(file, "file", "a header and rows", "an empty file", "Export the table again.")])
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    stated = encoding
    if encoding is not None and _is_utf8_all_the_same(data, encoding, marked):
        encoding = marked or "utf-8"
    used = encoding or marked or "utf-8"
    because = "the mapping states it" if encoding else f"the file's byte order mark is that of {used}"
    if encoding != stated:
        because = f"the mapping states {stated}, but the file is {used}"
    if used == "utf-8":
        because = because if encoding or marked else "every byte fits"
        fault = _first_bad_byte(data)
        if fault is not None:
            raise InputError([_undecodable(data, file, fault, encoding)])
        body = data.removeprefix(codecs.BOM_UTF8)
    else:
        body = _transcoded(data, file, used)
    _refuse_nul(body, data, file)
    if b"\r" in body and b"\n" not in body:
        body = body.replace(b"\r", b"\n")
    if not body.strip():
        raise InputError([Problem(file, "file", "a header and rows", "an empty file", "Export the table again.")])
    return Decoded(body, used, because)


def guess(data: bytes) -> tuple[str | None, str]:
    """Encoding that a file seems to have, for a suggestion that a person confirms, and what speaks for it.

    Order: byte order mark, strict UTF-8, zero bytes of UTF-16, Turkish Windows. ``None`` when none of them fits.
    """
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if marked:
        return marked, "byte order mark"
    if _first_bad_byte(data) is None and b"\x00" not in data:
        return "utf-8", "every byte fits"
    zeros = _zeros(data)
    if zeros:
        return zeros, "every other byte is zero"
    try:
        text = data.decode("cp1254")
    except UnicodeError:
        return None, "neither UTF-8 nor Turkish Windows"
    seen = "".join(sorted({letter for letter in text if letter in _TURKISH})) or "no Turkish letters"
    return "cp1254", f"not UTF-8; read as Turkish Windows it shows {seen}"


def _zeros(data: bytes) -> str | None:
    """UTF-16 without a mark, told by where its zero bytes stand."""
    head = data[:_SAMPLE]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 4 < len(head):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _first_bad_byte(data: bytes) -> int | None:
    """Offset of the first byte that is not UTF-8; chunk by chunk, for the sake of memory."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(data), _CHUNK):
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(data[start : start + _CHUNK], final=start + _CHUNK >= len(data))
        except UnicodeDecodeError as error:
            return start - held + error.start
    return None


def _transcoded(data: bytes, file: str, encoding: str) -> bytes:
    try:
        return data.decode(encoding).encode("utf-8").removeprefix(codecs.BOM_UTF8)
    except UnicodeDecodeError as error:
        raise InputError([_undecodable(data, file, error.start, encoding)]) from error
    except (UnicodeError, LookupError, ValueError) as error:
        cure = "State the encoding in which the file was written, or save it as UTF-8 and remove the key."
        raise InputError([Problem(file, "encoding", f"{encoding} text", str(error), cure)]) from error


def _is_utf8_all_the_same(data: bytes, encoding: str, marked: str | None) -> bool:
    """Whether text beyond plain English is sound UTF-8, or is marked, where the mapping states a code page."""
    name = codecs.lookup(encoding).name.replace("_", "-")
    if name.startswith(("utf", "ascii")):
        return False
    return marked is not None or (not data.isascii() and _first_bad_byte(data) is None)


def _refuse_nul(body: bytes, data: bytes, file: str) -> None:
    at = body.find(b"\x00")
    if at < 0:
        return
    zeros = _zeros(data)
    if zeros:
        cure = f'Save it as UTF-8, or state encoding = "{zeros}" in the mapping.'
        raise InputError([Problem(file, "encoding", "UTF-8", "UTF-16 without a byte order mark", cure)])
    line = body.count(b"\n", 0, at) + 1
    cure = "Remove the control character, or export again."
    raise InputError([Problem(file, f"byte {at}", "printable text", "a NUL character", cure, row=line)])


def _undecodable(data: bytes, file: str, at: int, encoding: str | None) -> Problem:
    line = data.count(b"\n", 0, at) + 1
    found = f"byte 0x{data[at]:02x} at offset {at}" if at < len(data) else f"an end in the middle of a letter at {at}"
    if encoding is None:
        cure = 'If the file comes from Turkish Windows, state encoding = "cp1254" in the mapping; or save it as UTF-8.'
        return Problem(file, f"byte {at}", "UTF-8 text", found, cure, row=line)
    cure = "State the encoding in which the file was written, or save it as UTF-8 and remove the key."
    return Problem(file, f"byte {at}", f"{encoding} text", found, cure, row=line)
