"""Bytes to text: byte order marks, the encoding that was tried, and where it failed."""

from __future__ import annotations

import codecs
import re

from notecheck.message.draft import MAX_CHARACTERS, failure

# The longer marks first: the UTF-32 one begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FIELD = re.compile(rb"([!-9;-~]{1,76}):[^\r\n]*\r?\n(?:[ \t]+[^\r\n]*\r?\n)*")
_MACHINE_FIELDS = frozenset((
    b"mime-version", b"message-id", b"received", b"return-path", b"content-type", b"delivered-to",
    b"x-mailer", b"dkim-signature", b"content-transfer-encoding", b"in-reply-to", b"references", b"user-agent",
))  # fmt: skip
_ENCODING_FIELDS = frozenset((b"content-type", b"content-transfer-encoding"))
# What may stand above a mail or a page that was piped or pasted.
_OPENING = re.compile(rb"(?:\xef\xbb\xbf)?\s*")
_LONGEST_HEADER = 2**20
_FIELDS_OF_PEOPLE = frozenset((b"from", b"to", b"subject", b"date"))
#: "From ann@example.com Mon Mar  3 10:12:33 2025", the line that opens a message in a mailbox.
SEPARATOR = re.compile(rb"From \S+\s+(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b.*\d\d:\d\d")


def decode(data: bytes, name: str | None, *, encoding: str = "utf-8") -> str:
    """The text of ``data``, its byte order mark left out.

    Args:
        data: the bytes.
        name: what an error names.
        encoding: what to try when there is no byte order mark.

    Raises:
        NotecheckError: the bytes are binary or are not in the encoding; the message says which byte, where.
    """
    if data.startswith(b"{\\rtf"):
        raise failure(name, "RTF, not a text; save it as plain text")
    text = decode_marked(data, name)
    if text is None:
        zero = data.find(b"\0")
        if zero >= 0:
            raise failure(name, f"binary data (a NUL byte at offset {zero}), not a text")
        text = _decode(data, name, encoding, 0)
    return text


def decode_marked(data: bytes, name: str | None) -> str | None:
    """The text of bytes that begin with a byte order mark, None without one."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = _decode(data, name, encoding, len(mark))
            if "\0" in text:
                raise failure(name, "binary data, not a text")
            return text
    return None


def looks_like_mail(data: bytes) -> bool:
    """Whether the bytes open with a header block that only mail programs write."""
    names = set()
    position = _start(data)
    if SEPARATOR.match(data, position):
        position = data.find(b"\n", position) + 1
    while (match := _FIELD.match(data, position)) and position < _LONGEST_HEADER:
        names.add(match[1].lower())
        position = match.end()
    blank = data[position : position + 2].startswith((b"\n", b"\r\n"))
    machine = names & _MACHINE_FIELDS or any(name.startswith(b"x-") for name in names)
    return blank and (
        b"mime-version" in names or names >= _ENCODING_FIELDS or bool(names & _FIELDS_OF_PEOPLE and machine)
    )


def _start(data: bytes) -> int:
    found = _OPENING.match(data)
    return found.end() if found else 0


def looks_like_html(data: bytes) -> bool:
    """Whether the bytes open as a page of HTML does."""
    start = _start(data)
    return data[start : start + 14].lower().startswith((b"<!doctype html", b"<html"))


def check_length(text: str, name: str | None) -> str:
    """``text`` itself.

    Raises:
        NotecheckError: it is longer than `MAX_CHARACTERS`.
    """
    if len(text) > MAX_CHARACTERS:
        raise failure(name, f"{len(text):,} characters, a draft has at most {MAX_CHARACTERS:,}")
    return text


def decode_leniently(data: bytes, charset: str | None) -> tuple[str, str | None]:
    """The text of a mail part in its declared character set, or in the likeliest one, and then a remark.

    Args:
        data: the bytes, transfer encoding undone.
        charset: what the mail declares, if anything.
    """
    declared = (charset or "utf-8").strip().lower()
    if declared in ("us-ascii", "ascii", "unknown-8bit", "default", "8bit"):
        declared = "utf-8"
    for encoding in (declared, "utf-8", "cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
        except (LookupError, ValueError):
            continue
        if encoding == declared:
            return text.removeprefix("\ufeff"), None
        cause = (
            f"is not {charset}" if _is_known(declared) else f"declares the unknown character set {charset!a}"
        )
        return text.removeprefix("\ufeff"), f"the text {cause} and was read as {encoding}"
    raise AssertionError("latin-1 decodes any bytes")


def _is_known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except (LookupError, ValueError):
        return False
    return True


def _decode(data: bytes, name: str | None, encoding: str, start: int) -> str:
    try:
        return data[start:].decode(encoding)
    except UnicodeDecodeError as error:
        at = start + error.start
        raise failure(name, f"not {encoding}: byte 0x{data[at]:02x} at offset {at}") from None
    except (LookupError, ValueError):
        raise failure(name, f"the encoding {encoding!a} is unknown") from None
