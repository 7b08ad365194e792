"""The lines of a source, in a shape that is quick to recognise: where each is, and its text made plain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from notecheck.types import Span

# Zero-width characters and the byte order mark stand around text like blanks and mean nothing there.
_INVISIBLE = (
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
_WIDE_BLANKS = (
    "\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_EDGE = " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029" + _WIDE_BLANKS + _INVISIBLE
_PLAIN: dict[int, str | None] = {
    **dict.fromkeys(map(ord, _WIDE_BLANKS), " "),
    **dict.fromkeys(map(ord, _INVISIBLE)),
    **dict.fromkeys(map(ord, "\u2018\u2019\u02bc"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d"), '"'),
    0xFF1A: ":",
    0xFF1E: ">",
}
# Nothing that is recognised by its whole line is longer; a longer line is known by its beginning.
_LONGEST = 1000


@dataclass(slots=True)
class Line:
    """A line that is not blank.

    Attributes:
        start: offset of its first character in the source, in code points.
        end: offset behind its line break.
        key: its text without surrounding blanks, quotes straight, zero-width characters left out; at most
            1,000 characters. For recognition only: offsets in it mean nothing.
        low: ``key`` in lower case.
        gap: whether a blank line, something masked or nothing at all is above.
        indent: whether it begins with a blank.
        exact: whether it is the signature delimiter of RFC 3676, trailing blank included.
        quoted: whether it is known to be quoted, from the markup that it was converted from.
    """

    start: int
    end: int
    key: str
    low: str
    gap: bool
    indent: bool
    exact: bool = False
    quoted: bool = False


@cache
def regex(pattern: str) -> re.Pattern[str]:
    """The compiled pattern. Most drafts need few of them, so each is compiled when it is first asked for."""
    return re.compile(pattern)


def split(source: str) -> list[Line]:
    """The lines of ``source`` that are not blank, in order."""
    lines = []
    start = 0
    gap = True
    for raw in source.splitlines(keepends=True):
        end = start + len(raw)
        key = plain(raw)
        if key:
            exact = key == "--" and raw.rstrip("\r\n").endswith((" ", "\xa0"))
            lines.append(Line(start, end, key, key.lower(), gap, raw[0] in " \t", exact))
        gap = not key
        start = end
    return lines


def plain(raw: str) -> str:
    """The key of a line; empty exactly when `trim` leaves nothing of it."""
    if raw.isascii():
        return raw.strip()[:_LONGEST]
    # The cut comes after the strip, so a line with text is never taken for a blank one.
    return raw.strip(_EDGE)[:_LONGEST].translate(_PLAIN)


def trim(source: str, start: int, end: int) -> Span:
    """The span without the blanks and zero-width characters around it."""
    text = source[start:end]
    left = len(text) - len(text.lstrip(_EDGE))
    return Span(start + left, start + max(left, len(text.rstrip(_EDGE))))
