"""Text for terminals: nothing a draft holds may steer one, and columns are counted as they are drawn."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from notecheck.output.model import LineMap
from notecheck.types import Span

TAB = 4
MAX_ROWS = 6

# Marks that reorder the text around them would move an underline off its words.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def visible(text: str) -> str:
    """The text with each control, reordering mark and lone surrogate replaced by one visible character.

    >>> visible("a\\x1b[31mb")
    'a␛[31mb'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(char: str) -> str:
    if char.isascii():
        code = ord(char)
        return char if 0x20 <= code < 0x7F else "␡" if code == 0x7F else chr(0x2400 + code)
    if char in _BIDI or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp", "Cn"):
        return "\ufffd"
    return char


def cells(text: str) -> int:
    """The columns that a visible text takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    from wcwidth import wcswidth

    return max(0, wcswidth(text))


def one_line(text: str, limit: int) -> str:
    """The text on one line, cut to at most ``limit`` columns."""
    text = visible(" ".join(text.split()))
    if cells(text) <= limit:
        return text
    while text and cells(text) > limit - 1:
        text = text[:-1]
    return text.rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of quoted text with the underline below it; ``line`` is None on a row that continues a line."""

    line: int | None
    text: str
    marks: str


def excerpt(source: str, lines: LineMap, span: Span, width: int) -> list[Row]:
    """The rows of the source that a span touches, wrapped at ``width`` columns, the span underlined."""
    rows = list(_rows(source, lines, span, width))
    if len(rows) > MAX_ROWS:
        rows = [*rows[: MAX_ROWS - 2], Row(None, "…", ""), rows[-1]]
    return rows


def _rows(source: str, lines: LineMap, span: Span, width: int) -> Iterator[Row]:
    first = lines.position(span.start).line
    last = lines.position(max(span.start, span.end - 1)).line
    for number in range(first, last + 1):
        begin = lines.starts[number - 1]
        end = lines.starts[number] if number < len(lines.starts) else len(source)
        text = source[begin:end].rstrip("\r\n")
        low = max(span.start - begin, 0)
        high = min(span.end - begin, len(text))
        if low >= high and first != last:
            continue
        shown, places = _expand(text)
        yield from _wrap(number, shown, places[min(low, len(text))], places[max(high, 0)], width)


def _expand(text: str) -> tuple[str, list[int]]:
    """The visible text with tabs as spaces, and where each code point of the text begins in it."""
    if text.isascii() and text.isprintable():
        return text, list(range(len(text) + 1))
    out, places, length = [], [], 0
    column = 0
    for char in text:
        places.append(length)
        shown = " " * (TAB - column % TAB) if char == "\t" else _visible(char)
        column += len(shown) if char == "\t" else cells(shown)
        out.append(shown)
        length += len(shown)
    places.append(length)
    return "".join(out), places


def _wrap(number: int, text: str, low: int, high: int, width: int) -> Iterator[Row]:
    line: int | None = number
    for begin, end in _breaks(text, width):
        if (begin < high and low < end) or low == high == begin == end:
            row = text[begin:end]
            left = cells(row[: max(low - begin, 0)])
            right = cells(row[: high - begin].rstrip()) if high < end else cells(row.rstrip())
            yield Row(line, row.rstrip(), " " * left + "^" * max(1, right - left))
            line = None


def _breaks(text: str, width: int) -> Iterator[tuple[int, int]]:
    """Cut a line into stretches that fit, behind a space where there is one."""
    begin = 0
    while len(text) - begin > width // 2 and cells(text[begin:]) > width:
        end = begin + width
        while cells(text[begin:end]) > width:
            end -= 1
        space = text.rfind(" ", begin + 1, end)
        end = max(space + 1 if space > begin else end, begin + 1)
        yield begin, end
        begin = end
    yield begin, len(text)
