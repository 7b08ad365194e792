"""Which words are shown for a verdict: whole clauses and whole questions, and none of them twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from notecheck.types import Evidence, Span

T = TypeVar("T")

#: Labels that are shown with the whole of their question, if it is no longer than this in code points.
QUESTIONS = frozenset({"narrow", "broad"})
LONGEST_QUESTION = 240

#: Where a clause ends for a reader who is shown it; a single stop inside a sentence is that of an abbreviation.
_CLAUSE_END = re.compile(r"\.\.|[…;:!?\n]|,\s(?:and|but|so|or)\b|\s[-–—]+\s|[)\]]\s")
_TAIL = re.compile(r"[\s,;:.–—-]+$")
#: Signs that close, with those that open.
OPENED_BY = {")": "(", "]": "[", "}": "{"}


def within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def shown(source: str, label: str, span: Span, sentence: Span) -> Span:
    """What is shown of a sentence for the words that a rule found in it.

    Args:
        source: the draft.
        label: what the words stand for.
        span: the words.
        sentence: the sentence they are in.
    """
    if (
        label in QUESTIONS
        and sentence.end - sentence.start <= LONGEST_QUESTION
        and sentence.of(source).endswith("?")
    ):
        return sentence
    return _to_clause_end(source, span, sentence)


def _to_clause_end(source: str, span: Span, sentence: Span) -> Span:
    end = sentence.end
    for found in _CLAUSE_END.finditer(source, span.end, sentence.end):
        opener = OPENED_BY.get(found.group()[0])
        if opener is None or source.find(opener, span.start, found.start()) < 0:
            end = found.start()
            break
    tail = _TAIL.search(source, span.start, end)
    return Span(span.start, max(span.end, tail.start() if tail else end))


def without_repeats(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The evidence in the order of the note, less what shares half of its words with what stands before it."""
    kept: list[Evidence] = []
    furthest = -1
    for item in sorted(set(evidence), key=lambda item: (item.span.start, -item.span.end, item.rule)):
        # None begins before those that are kept.
        start, end = item.span.start, item.span.end
        if 2 * (end - max(start, furthest)) > end - start:
            furthest = end
            kept.append(item)
    return tuple(kept)


def apart(found: Iterable[T], place: Callable[[T], tuple[int, int]]) -> list[T]:
    """Of what overlaps the longest, which comes first; of two as long the one that came first.

    Args:
        found: what has a place.
        place: where it starts and ends.
    """
    kept: list[tuple[int, int, T]] = []
    for start, end, item in sorted(
        ((*place(item), item) for item in found), key=lambda each: each[0] - each[1]
    ):
        if not any(start < e and s < end for s, e, _ in kept):
            kept.append((start, end, item))
    return [item for *_, item in kept]


def resting_on(thanks: Sequence[int], detail: Sequence[int]) -> list[int]:
    """Of the sentences that thank, those that specific thanks rest on: for each detail the nearest one.

    Args:
        thanks: not empty where there is a detail.
    """
    return sorted({min(thanks, key=lambda number: (abs(number - each), number)) for each in detail})
