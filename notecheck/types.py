"""The values that pass between the layers: frozen, standard library only.

Offsets are code points in the caller's own string, ``end`` exclusive, so that
``source[span.start:span.end]`` is the quoted text whatever stood around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal

Level = Literal["error", "warning", "note"]
CheckName = Literal["gratitude", "feedback", "keep_in_mind", "interest"]
ScoreName = Literal["genericness", "annoyance"]

#: Version of the dictionary that `Report.to_dict` makes; it changes when a key changes its meaning.
REPORT_VERSION = 1


class NotecheckError(Exception):
    """Bad input or configuration; the message is one line that names the file and the cause."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of the source, in code points, ``end`` exclusive.

    >>> Span(0, 5).of("Thank you")
    'Thank'
    """

    start: int
    end: int

    def of(self, source: str) -> str:
        """The text that the span covers in ``source``."""
        return source[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that a verdict rests on.

    Attributes:
        rule: id of the rule, or ``reader/<label>`` when the learned sentence reader stands alone.
        span: where the words are in the source.
        quote: the words themselves, equal to ``span.of(source)``.
    """

    rule: str
    span: Span
    quote: str

    def to_dict(self) -> dict[str, Any]:
        return {"rule": self.rule, "start": self.span.start, "end": self.span.end, "quote": self.quote}


@dataclass(frozen=True, slots=True)
class Check:
    """One of the moves: its status under the reading standard and the words that show it.

    Attributes:
        status: ``specific``/``generic``/``none``, ``narrow``/``broad``/``none`` or ``yes``/``no``.
        passed: whether the status is what a ready note needs.
        evidence: in the order of the note; never empty when ``passed``.
    """

    name: CheckName
    status: str
    passed: bool
    evidence: Sequence[Evidence] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "passed": self.passed,
            "evidence": [item.to_dict() for item in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class Contribution:
    """One addend of a score: what added ``weight`` (it may be negative), and the words that stand for it, if any."""

    rule: str
    weight: float
    span: Span | None = None
    quote: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"rule": self.rule, "weight": round(self.weight, 4), **_place(self.span, self.quote)}


@dataclass(frozen=True, slots=True)
class Score:
    """How generic or how annoyed a note sounds.

    Attributes:
        value: 0 to 1; the logistic of the sum of the contributions.
        level: 0 to 3, as the reading standard defines them.
        threshold: the value at and above which the note is not ready.
    """

    name: ScoreName
    value: float
    level: int
    threshold: float
    contributions: Sequence[Contribution] = ()

    @property
    def passed(self) -> bool:
        """Whether the value is below the threshold."""
        return self.value < self.threshold

    def to_dict(self) -> dict[str, Any]:
        return {
            "value": round(self.value, 4),
            "level": self.level,
            "threshold": self.threshold,
            "passed": self.passed,
            "contributions": [item.to_dict() for item in self.contributions],
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to change. ``span`` and ``quote`` are None where the trouble is that something is missing."""

    rule: str
    level: Level
    message: str
    hint: str
    span: Span | None = None
    quote: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "level": self.level,
            **_place(self.span, self.quote),
            "message": self.message,
            "hint": self.hint,
        }


@dataclass(frozen=True, slots=True)
class Readability:
    """Length and ease of the note alone, without what is masked (textstat's definitions).

    Attributes:
        words: number of words.
        sentences: number of sentences.
        reading_seconds: time a reader takes, in seconds.
        flesch: Flesch reading ease; higher is easier, plain English is about 60 to 70.
    """

    words: int
    sentences: int
    reading_seconds: float
    flesch: float

    def to_dict(self) -> dict[str, Any]:
        return {
            "words": self.words,
            "sentences": self.sentences,
            "reading_seconds": self.reading_seconds,
            "flesch": self.flesch,
        }


@dataclass(frozen=True, slots=True)
class Context:
    """What the caller knows about the note and the text does not say.

    Attributes:
        rejected_on: the day on which the rejection came.
        sent_on: the day on which the note is to go out. The library never asks the clock.

    Of a ``datetime`` the day is taken.

    Raises:
        TypeError: one of them is no date.

    >>> Context(rejected_on=date(2025, 11, 3), sent_on=datetime(2025, 11, 4, 9, 30)).sent_on
    datetime.date(2025, 11, 4)
    """

    rejected_on: date | None = None
    sent_on: date | None = None

    def __post_init__(self) -> None:
        for name, value in (("rejected_on", self.rejected_on), ("sent_on", self.sent_on)):
            if isinstance(value, datetime):
                object.__setattr__(self, name, value.date())
            elif value is not None and not isinstance(value, date):
                raise TypeError(f"{name} is a date, not {type(value).__name__}")


@dataclass(frozen=True, slots=True)
class Report:
    """What a careful recipient would say of one draft.

    Attributes:
        ready: specific gratitude, narrow question, keep-in-mind request, both scores below their
            thresholds, no slot left.
        checks: by name, in the order gratitude, feedback, keep_in_mind, interest.
        scores: by name: genericness, annoyance.
        findings: in the order of the note; what is missing comes last.
        readability: length and ease of the note.
        remarks: things to know about the reading itself (offsets refer to converted text, an attachment
            was ignored); no verdicts.
    """

    ready: bool
    checks: Mapping[str, Check]
    scores: Mapping[str, Score]
    findings: tuple[Finding, ...]
    readability: Readability
    remarks: tuple[str, ...] = ()
    version: int = field(default=REPORT_VERSION)

    def __post_init__(self) -> None:
        object.__setattr__(self, "checks", MappingProxyType(dict(self.checks)))
        object.__setattr__(self, "scores", MappingProxyType(dict(self.scores)))

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy cannot be pickled, and reports travel between processes.
        return (
            type(self),
            (self.ready, dict(self.checks), dict(self.scores), self.findings, self.readability, self.remarks,
             self.version),
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """The report as plain JSON values; the keys are those of the published schema."""
        return {
            "version": self.version,
            "ready": self.ready,
            "checks": {name: check.to_dict() for name, check in self.checks.items()},
            "scores": {name: score.to_dict() for name, score in self.scores.items()},
            "findings": [finding.to_dict() for finding in self.findings],
            "readability": self.readability.to_dict(),
            "remarks": list(self.remarks),
        }


def _place(span: Span | None, quote: str | None) -> dict[str, Any]:
    return {
        "start": None if span is None else span.start,
        "end": None if span is None else span.end,
        "quote": quote,
    }
