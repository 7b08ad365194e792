"""A report without its words: verdicts, offsets, rule ids and numbers as plain JSON values, and the way back.

What a report quotes is cut from the draft's own source again, so that a packed report can lie in a cache or
travel between processes and hold none of a private letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, overload

from notecheck.types import (
    Check,
    Contribution,
    Evidence,
    Finding,
    Readability,
    Report,
    Score,
    Span,
)

Packed = list[Any]
T = TypeVar("T")


def pack(report: Report, source: str, remarks: tuple[str, ...] = ()) -> Packed | None:
    """The report as JSON values without a word of ``source``.

    Args:
        report: the report.
        source: the draft that its offsets refer to.
        remarks: those of the draft, which `unpack` is given again.

    Returns:
        The values, or None for a report that could not be made again from them: a quote is not what its span
        covers, or the remarks are not those of the draft.
    """
    try:
        if report.remarks != remarks:
            return None
        return [
            report.version,
            report.ready,
            [
                [item.name, item.status, item.passed, [_evidence(each, source) for each in item.evidence]]
                for item in report.checks.values()
            ],
            [
                [item.name, item.value, item.level, item.threshold,
                 [[each.rule, each.weight, *_place(each, source)] for each in item.contributions]]
                for item in report.scores.values()
            ],
            [
                [item.rule, item.level, *_place(item, source),
                 _without(item.message, item.quote), _without(item.hint, item.quote)]
                for item in report.findings
            ],
            [report.readability.words, report.readability.sentences, report.readability.reading_seconds,
             report.readability.flesch],
        ]  # fmt: skip
    except _OtherWordsError:
        return None


def unpack(packed: Packed, source: str, remarks: tuple[str, ...] = ()) -> Report:
    """The report that was packed, with its quotes cut from ``source``.

    Raises:
        ValueError, TypeError, IndexError: the values are none that `pack` makes of a report on this source.
    """
    version, ready, checks, scores, findings, readability = packed
    cut = _Cut(source)
    return Report(
        ready=ready,
        checks={
            name: Check(name, status, passed, _evidence_of(evidence, cut))
            for name, status, passed, evidence in checks
        },
        scores={
            name: Score(name, value, level, threshold, _Made(parts, cut, Contribution, 2))
            for name, value, level, threshold, parts in scores
        },
        findings=tuple(_finding(each, cut) for each in findings),
        readability=Readability(*readability),
        remarks=remarks,
        version=version,
    )


class _OtherWordsError(Exception):
    """A quote is not what its span covers."""


def _evidence(item: Evidence, source: str) -> Packed:
    return [item.rule, *_place(item, source)]


def _place(item: Evidence | Contribution | Finding, source: str) -> tuple[int | None, int | None]:
    span, quote = item.span, item.quote
    if span is None:
        if quote is not None:
            raise _OtherWordsError
        return None, None
    if quote != span.of(source):
        raise _OtherWordsError
    return span.start, span.end


def _without(text: str, quote: str | None) -> list[str]:
    """The text around the quote, which a message or a hint may repeat."""
    return text.split(quote) if quote else [text]


class _Cut:
    """Spans of a source and what they cover; a report has many on the same words."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._known: dict[tuple[int | None, int | None], tuple[Span | None, str | None]] = {}

    def __call__(self, start: int | None, end: int | None) -> tuple[Span | None, str | None]:
        found = self._known.get((start, end))
        if found is None:
            found = self._known[start, end] = self._made(start, end)
        return found

    def _made(self, start: int | None, end: int | None) -> tuple[Span | None, str | None]:
        self.check(start, end)
        if start is None or end is None:
            return None, None
        return Span(start, end), self._source[start:end]

    def check(self, start: int | None, end: int | None) -> None:
        """Refuse what is no span of the source."""
        if start is not None and end is not None and not 0 <= start <= end <= len(self._source):
            raise ValueError("a span outside the source")


class _Made(Sequence[T]):
    """Evidence or contributions that are made when somebody looks at them: most reports show few of them.

    Args:
        packed: of each its other values, then start and end of its span.
        cut: makes the spans.
        make: makes one of its values, span and quote.
        others: how many other values each has.
    """

    def __init__(self, packed: Sequence[Any], cut: _Cut, make: Callable[..., T], others: int) -> None:
        for *values, start, end in packed:
            if len(values) != others:
                raise ValueError("other values than expected")
            cut.check(start, end)
        self._packed, self._cut, self._make = packed, cut, make
        self._made: tuple[T, ...] | None = None

    def _all(self) -> tuple[T, ...]:
        if self._made is None:
            self._made = tuple(
                self._make(*values, *self._cut(start, end)) for *values, start, end in self._packed
            )
        return self._made

    def __len__(self) -> int:
        return len(self._packed)

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...

    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        return self._all()[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, _Made) else other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


def _evidence_of(packed: Sequence[Any], cut: _Cut) -> Sequence[Evidence]:
    if any(start is None or end is None for _, start, end in packed):
        raise ValueError("evidence without a span")
    return _Made(packed, cut, Evidence, 1)


def _finding(values: Sequence[Any], cut: _Cut) -> Finding:
    rule, level, start, end, message, hint = values
    span, quote = cut(start, end)
    joint = quote or ""
    return Finding(rule, level, joint.join(message), joint.join(hint), span, quote)
