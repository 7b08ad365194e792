"""Which parts of a source are the note: masking works on the source in place and never rewrites it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from notecheck.message.draft import Masked, Reason
from notecheck.message.headers import find_front_matter, find_headers
from notecheck.message.letters import find_rejections
from notecheck.message.lines import Line, split, trim
from notecheck.message.quotes import find_quotes
from notecheck.message.signature import (
    find_delimited,
    find_footers,
    find_signature,
    postscripts,
)
from notecheck.types import Span

# In this order: what is appended to a letter goes first, and the rest is read as it would be without it.
_STEPS: tuple[tuple[Reason, Callable[[Sequence[Line]], set[int]]], ...] = (
    ("quote", find_quotes),
    ("signature", find_delimited),
    ("footer", find_footers),
    ("quote", find_rejections),
    ("signature", find_signature),
    ("header", find_headers),
)
# What one round sets aside may bring something else to the edge. Text that needs more rounds is not a letter.
_ROUNDS = 8


def mask(
    source: str, *, known: Sequence[Masked] = (), front_matter: bool = False
) -> tuple[tuple[Span, ...], tuple[Masked, ...]]:
    """The note in ``source`` and what is set aside.

    Args:
        source: the text.
        known: stretches of whole lines already known not to be the note, in order of their start.
        front_matter: whether the text is Markdown, which may open with front matter.

    Returns:
        The spans of the note and the masked stretches: each in order, all of them disjoint and trimmed.
    """
    lines = split(source)
    reasons: list[Reason | None] = [None] * len(lines)
    left = list(range(len(lines)))
    if front_matter:
        left = _drop(lines, left, find_front_matter(lines), reasons, "front-matter")
    if known:
        signature = _mark_known(source, lines, known)
        left = _drop(lines, left, {k for k, i in enumerate(left) if i in signature}, reasons, "signature")
    for _ in range(_ROUNDS):
        before = len(left)
        for reason, find in _STEPS:
            left = _drop(lines, left, find([lines[i] for i in left]), reasons, reason)
        if len(left) == before:
            break
    return _collect(source, lines, reasons)


def _drop(
    lines: Sequence[Line], left: list[int], found: set[int], reasons: list[Reason | None], reason: Reason
) -> list[int]:
    """The lines that remain; the one behind a dropped line begins a paragraph."""
    if not found:
        return left
    remaining = []
    gap = False
    for k, i in enumerate(left):
        if k in found:
            reasons[i] = reason
            gap = True
        else:
            lines[i].gap = lines[i].gap or gap
            gap = False
            remaining.append(i)
    return remaining


def _mark_known(source: str, lines: Sequence[Line], known: Sequence[Masked]) -> set[int]:
    """Mark the lines that begin in a known quotation; indexes of those that begin in a known signature."""
    signature: set[int] = set()
    ends: dict[Reason, int] = {}
    spared = postscripts(lines)
    later = iter(known)
    item = next(later, None)
    for i, line in enumerate(lines):
        start = trim(source, line.start, line.end).start
        while item is not None and item.span.start <= start:
            ends[item.reason] = max(ends.get(item.reason, 0), item.span.end)
            item = next(later, None)
        line.quoted = start < ends.get("quote", 0)
        if start < ends.get("signature", 0) and not line.quoted and i not in spared:
            signature.add(i)
    return signature


def _collect(
    source: str, lines: Sequence[Line], reasons: Sequence[Reason | None]
) -> tuple[tuple[Span, ...], tuple[Masked, ...]]:
    """Neighbouring lines of one kind put together."""
    spans: list[Span] = []
    masked: list[Masked] = []
    first = 0
    for i, reason in enumerate(reasons):
        if i + 1 < len(lines) and reasons[i + 1] == reason:
            continue
        span = trim(source, lines[first].start, lines[i].end)
        if reason is None:
            spans.append(span)
        else:
            masked.append(Masked(span, reason))
        first = i + 1
    return tuple(spans), tuple(masked)
