"""What a run of checks has to say, ready to be written in any format."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from notecheck.types import CheckName, Finding, Level, Report, ScoreName, Span

FailOn = Literal["error", "warning", "note", "never"]

#: Rule id of a suppression that hides nothing; it is of the command line, no rule file has it.
UNUSED_SUPPRESSION = "suppression/unused"

LEVEL_ORDER: tuple[Level, ...] = ("error", "warning", "note")

CHECK_TITLES: Mapping[CheckName, str] = {
    "gratitude": "Specific thanks",
    "feedback": "Narrow question",
    "keep_in_mind": "Keep-in-mind request",
    "interest": "Interest in the work",
}
SCORE_TITLES: Mapping[ScoreName, str] = {"genericness": "Generic", "annoyance": "Annoyed"}
SCORE_WORDS: Mapping[ScoreName, tuple[str, str, str, str]] = {
    "genericness": (
        "only this writer to this reader",
        "mostly particular, some stock",
        "mostly stock, or very short",
        "a form letter",
    ),
    # What the reader hears; it need not be what the writer felt.
    "annoyance": ("gracious or neutral", "a faint edge", "sounds passive-aggressive", "sounds hostile"),
}


def reaches(level: Level, fail_on: FailOn) -> bool:
    """Whether a finding of this level makes a run fail.

    >>> reaches("warning", "error"), reaches("warning", "note"), reaches("error", "never")
    (False, True, False)
    """
    return fail_on != "never" and LEVEL_ORDER.index(level) <= LEVEL_ORDER.index(fail_on)


class RuleInfo(Protocol):
    """What the formats read of a rule."""

    @property
    def id(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def hint(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def level(self) -> Level: ...


@dataclass(frozen=True, slots=True)
class Position:
    """A place for people: line and column count code points from 1."""

    line: int
    column: int


_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class LineMap:
    """Where the lines of a text start; it holds none of the text.

    ``\\n``, ``\\r\\n`` and ``\\r`` end a line.

    >>> LineMap.of("Hi Ann,\\r\\nthanks").position(9)
    Position(line=2, column=1)
    """

    starts: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> LineMap:
        """The map of a text."""
        return cls((0, *(found.end() for found in _LINE_END.finditer(text))))

    def position(self, offset: int) -> Position:
        """The place of an offset in code points."""
        line = bisect_right(self.starts, offset)
        return Position(line, offset - self.starts[line - 1] + 1)

    def region(self, span: Span) -> tuple[Position, Position]:
        """The places of the first code point and of the one after the last."""
        return self.position(span.start), self.position(span.end)


@dataclass(frozen=True, slots=True)
class DraftResult:
    """One draft and its report.

    Attributes:
        path: the file, as it is shown.
        label: the path, or which draft of the file this is where it holds many (``box.mbox#2``).
        report: with hidden findings taken out, and redacted where that was asked for.
        lines: the lines of the source that the report's offsets refer to.
        source: that source; None when the draft's words must not be shown.
        verbatim: whether the source is the file's own text, so that its lines are those of the file.
        suppressed: how many findings were hidden.
    """

    path: str
    label: str
    report: Report
    lines: LineMap
    source: str | None = None
    verbatim: bool = True
    suppressed: int = 0

    def start_of(self, finding: Finding) -> Position:
        """Where a finding begins; the top of the draft where something is missing."""
        return Position(1, 1) if finding.span is None else self.lines.position(finding.span.start)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something like a finding that lies in no draft's words: a suppression that hides nothing."""

    path: str
    line: int
    message: str
    hint: str
    rule: str = UNUSED_SUPPRESSION
    level: Level = "warning"


@dataclass(frozen=True, slots=True)
class Failure:
    """Input that could not be checked: what was named, and one line that says why."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Run:
    """What one run has to say, or a part of it, in the order of the input."""

    drafts: tuple[DraftResult, ...] = ()
    notices: tuple[Notice, ...] = ()
    failures: tuple[Failure, ...] = ()

    def findings(self) -> list[tuple[str, Level]]:
        """Rule and level of every finding and notice."""
        out = [(finding.rule, finding.level) for draft in self.drafts for finding in draft.report.findings]
        return out + [(notice.rule, notice.level) for notice in self.notices]

    def exit_code(self, fail_on: FailOn) -> int:
        """2 when something could not be checked, 1 when a finding reaches the fail level, else 0."""
        return Totals.of(self).exit_code(fail_on)


@dataclass(slots=True)
class Totals:
    """The counts of a run whose parts come one after the other and are not kept.

    Attributes:
        drafts: drafts that were checked.
        ready: those of them that are ready.
        failures: inputs that could not be checked.
        findings: rule and level to how often there was a finding or notice of them.
    """

    drafts: int = 0
    ready: int = 0
    failures: int = 0
    findings: Counter[tuple[str, Level]] = field(default_factory=Counter)

    @classmethod
    def of(cls, run: Run) -> Totals:
        """The counts of a whole run."""
        totals = cls()
        totals.add(run)
        return totals

    def add(self, part: Run) -> None:
        """Count one more part."""
        self.drafts += len(part.drafts)
        self.ready += sum(draft.report.ready for draft in part.drafts)
        self.failures += len(part.failures)
        self.findings.update(part.findings())

    def exit_code(self, fail_on: FailOn) -> int:
        """2 when something could not be checked, 1 when a finding reaches the fail level, else 0."""
        if self.failures:
            return 2
        return int(any(reaches(level, fail_on) for _, level in self.findings))


@dataclass(frozen=True, slots=True)
class Style:
    """How a format is to be written.

    Attributes:
        color: whether to colour text.
        unicode: whether the stream can carry ticks, bars and curly quotes.
        width: columns of the terminal.
        fail_on: the level that makes the run fail.
        statistics: whether to count findings per rule.
        rules: what is known of the rules, by id.
    """

    color: bool = False
    unicode: bool = True
    width: int = 100
    fail_on: FailOn = "error"
    statistics: bool = False
    rules: Mapping[str, RuleInfo] = field(default_factory=dict)


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "draft"), plural(2, "draft")
    ('1 draft', '2 drafts')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"
