"""A report without its words: verdicts, offsets, rule ids and numbers as plain JSON values, and the way back.

What a report quotes is cut from the draft's own source again, so that a packed report can lie in a cache or
travel between processes and hold none of a private letter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

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
            name: Check(name, status, passed, tuple(_evidence_of(each, cut) for each in evidence))
            for name, status, passed, evidence in checks
        },
        scores={
            name: Score(name, value, level, threshold, _Contributions(parts, cut))
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


def _evidence_of(values: Sequence[Any], cut: _Cut) -> Evidence:
    rule, start, end = values
    span, quote = cut(start, end)
    if span is None or quote is None:
        raise ValueError("evidence without a span")
    return Evidence(rule, span, quote)


class _Contributions(Sequence[Contribution]):
    """Contributions that are made when somebody looks at them: there are many, and most reports show none."""

    def __init__(self, packed: Sequence[Any], cut: _Cut) -> None:
        for _, _, start, end in packed:
            cut.check(start, end)
        self._packed, self._cut = packed, cut
        self._made: tuple[Contribution, ...] | None = None

    def _all(self) -> tuple[Contribution, ...]:
        if self._made is None:
            self._made = tuple(
                Contribution(rule, weight, *self._cut(start, end))
                for rule, weight, start, end in self._packed
            )
        return self._made

    def __len__(self) -> int:
        return len(self._packed)

    @overload
    def __getitem__(self, index: int) -> Contribution: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Contribution, ...]: ...

    def __getitem__(self, index: int | slice) -> Contribution | tuple[Contribution, ...]:
        return self._all()[index]

    def __iter__(self) -> Iterator[Contribution]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, _Contributions) else other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())


def _finding(values: Sequence[Any], cut: _Cut) -> Finding:
    rule, level, start, end, message, hint = values
    span, quote = cut(start, end)
    joint = quote or ""
    return Finding(rule, level, joint.join(message), joint.join(hint), span, quote)
