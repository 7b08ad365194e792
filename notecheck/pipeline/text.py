"""The text that the parser reads, and the way back to the caller's own string.

The parser gets one line of text: the note's spans with quotes and dashes straightened, invisible characters
left out, white space folded, and wrapped lines joined. Every stretch of it knows where it came from.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from notecheck.types import Span

#: A line at least this long, in code points, may have been wrapped by a mail program.
WRAP_AT = 52
#: A note longer than this, in code points, is parsed in pieces.
PIECE = 12_000

STRAIGHT = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u02bc": "'", "\uff07": "'", "\u00b4": "'",
    "`": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u00ab": '"', "\u00bb": '"', "\uff02": '"',
    "\u2010": "-", "\u2011": "-",
})  # fmt: skip

# White space of any kind, and what has no width: zero-width characters, soft hyphen, variation selectors, BOM.
_GAP = re.compile(r"[\s\u200b-\u200f\u2028-\u202e\u2060-\u2064\u00ad\ufeff\ufe00-\ufe0f\x00-\x1f\x7f-\x9f]+")
_INVISIBLE = re.compile(
    r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u00ad\ufeff\ufe00-\ufe0f\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"
)
_LINE = re.compile(r"[^\r\n\u2028\u2029\x0b\x0c\x85]+")
_BULLET = re.compile(r"\s*(?:[-*•·–—▪◦‣]\s|\(?(?:\d{1,2}|[a-zA-Z])[.)]\s)")
_ENDED = re.compile(r"""[.!?…:;]["')\]]*\s*$""")
_SENTENCE_END = re.compile(r"""[.!?…]["')\]]*\s""")


@dataclass(frozen=True, slots=True)
class PlainText:
    """One line of text made of stretches of a source.

    Attributes:
        text: what the parser reads.
        breaks: offsets in ``text`` at which a sentence must begin.
        starts: offsets in ``text`` of the stretches, ascending.
        sources: for each stretch, the offset in the source it begins at.
    """

    text: str
    breaks: tuple[int, ...]
    starts: tuple[int, ...]
    sources: tuple[int, ...]

    def to_source(self, start: int, end: int) -> Span:
        """Turn offsets in ``text`` (end exclusive, ``start < end``) into a span of the source."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, end - 1) - 1
        return Span(
            self.sources[first] + start - self.starts[first],
            self.sources[last] + end - 1 - self.starts[last] + 1,
        )


def plain_text(source: str, spans: Iterable[Span]) -> PlainText:
    """Make the parser's text of the note's spans. Takes time linear in the length of the source."""
    pieces: list[str] = []
    breaks: list[int] = []
    starts: list[int] = []
    sources: list[int] = []
    length = 0
    for span in spans:
        before = ""
        at = span.start
        for found in _LINE.finditer(source, span.start, span.end):
            line = found.group()
            if not line.strip():
                before, at = "", found.end()
                continue
            fresh = _is_break(before, line, source.count("\n", at, found.start()))
            first = True
            for start, end in _words(source, found.start(), found.end()):
                if length and (first or _has_space(source, sources[-1] + len(pieces[-1]), start)):
                    pieces[-1] += " "
                    length += 1
                if first and (fresh or not starts):
                    breaks.append(length)
                first = False
                starts.append(length)
                sources.append(start)
                piece = source[start:end].translate(STRAIGHT)
                pieces.append(piece)
                length += len(piece)
            before, at = line, found.end()
    return PlainText("".join(pieces), tuple(breaks), tuple(starts), tuple(sources))


def pieces_of(plain: PlainText) -> Iterator[PlainText]:
    """The text in pieces of at most `PIECE` code points, cut where a sentence or at least a word ends.

    Their sources are left out: places are looked up in the whole.
    """
    text, breaks = plain.text, plain.breaks
    at = 0
    while len(text) - at > PIECE:
        last = breaks[bisect_right(breaks, at + PIECE) - 1] if breaks else 0
        if last <= at:
            ends = [found.end() for found in _SENTENCE_END.finditer(text, at, at + PIECE)]
            last = ends[-1] if ends else text.rfind(" ", at, at + PIECE) + 1
        if last <= at:
            last = at + PIECE
        yield _piece(plain, at, last)
        at = last
    yield _piece(plain, at, len(text)) if at else plain


def _piece(plain: PlainText, start: int, end: int) -> PlainText:
    breaks = plain.breaks[bisect_left(plain.breaks, start) : bisect_left(plain.breaks, end)]
    return PlainText(plain.text[start:end], tuple(offset - start for offset in breaks), (), ())


def _words(source: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretches of a line between gaps; a single plain space is no gap, it can be copied."""
    at = start
    for gap in _GAP.finditer(source, start, end):
        if gap.group() == " " and gap.start() > start and gap.end() < end:
            continue
        if gap.start() > at:
            yield at, gap.start()
        at = gap.end()
    if at < end:
        yield at, end


def _has_space(source: str, start: int, end: int) -> bool:
    return bool(_INVISIBLE.sub("", source[start:end]))


def _is_break(before: str, line: str, newlines: int) -> bool:
    """Whether a new line begins a new sentence, or is only where a mail program wrapped the last one."""
    if not before or newlines > 1 or _BULLET.match(line):
        return True
    first = line.lstrip()[:1]
    if _ENDED.search(before):
        return len(before) < WRAP_AT or not first.islower()
    # A line that stops in the middle of a sentence goes on below it, where it was long or the next is lower case.
    return not (first.islower() or len(before) >= WRAP_AT)
