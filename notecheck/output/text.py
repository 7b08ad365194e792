"""The report as the writer of a note wants to read it: the three moves, two gauges, then what to change."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import click

from notecheck.output import statistics
from notecheck.output.model import (
    CHECK_TITLES,
    SCORE_TITLES,
    SCORE_WORDS,
    DraftResult,
    Notice,
    Run,
    Style,
    Totals,
    plural,
)
from notecheck.output.redact import REDACTED
from notecheck.output.terminal import cells, excerpt, one_line, visible
from notecheck.types import Check, CheckName, Finding, Level, Score

MOVES: tuple[CheckName, ...] = ("gratitude", "feedback", "keep_in_mind")
LEVEL_COLORS: dict[Level, str] = {"error": "red", "warning": "yellow", "note": "cyan"}
TITLE_WIDTH = max(len(CHECK_TITLES[name]) for name in MOVES)
MAX_QUOTES = 2
BAR = 10
#: A sentence of so many words is a formula.
FORMULA = 2


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs that a stream can carry."""

    tick: str
    cross: str
    full: str
    empty: str
    rule: str
    left: str
    right: str


UNICODE = Glyphs("✓", "✗", "█", "░", "│", "“", "”")
ASCII = Glyphs("ok", "x", "#", "-", "|", '"', '"')


class Painter:
    """Colours and signs for one stream."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.glyphs = UNICODE if style.unicode else ASCII
        self.tick_width = max(len(self.glyphs.tick), len(self.glyphs.cross))

    def paint(self, text: str, **kind: Any) -> str:
        """The text in a colour, or as it is where colour is off."""
        return click.style(text, **kind) if self.style.color else text

    def mark(self, passed: bool) -> str:
        """A tick or a cross."""
        sign = (self.glyphs.tick if passed else self.glyphs.cross).ljust(self.tick_width)
        return self.paint(sign, fg="green" if passed else "red", bold=True)

    def quote(self, text: str, limit: int) -> str:
        """Quoted words on one line."""
        if text == REDACTED:
            return text
        return f"{self.glyphs.left}{self.cut(one_line(text, limit))}{self.glyphs.right}"

    def cut(self, text: str) -> str:
        """The text with an ellipsis that the stream can carry."""
        return text if self.style.unicode else text.replace("…", "...")


def pieces(parts: Iterable[Run], style: Style, totals: Totals) -> Iterator[str]:
    """Every draft, and a line that sums up when there are several; see `notecheck.output.streamer`."""
    painter = Painter(style)
    notices: list[Notice] = []
    for part in parts:
        blocks = [""] if totals.drafts and part.drafts else []
        blocks += ["\n".join(_draft(draft, painter)) + "\n" for draft in part.drafts]
        totals.add(part)
        notices += part.notices
        yield "\n".join(blocks)
    blocks = [""] if totals.drafts else []
    if notices:
        blocks.append("\n".join(_notice(notice, painter) for notice in notices) + "\n")
    if totals.drafts > 1:
        blocks.append(_summary(totals) + "\n")
    if style.statistics:
        blocks.append(statistics.table(totals))
    yield "\n".join(blocks)


def _draft(draft: DraftResult, painter: Painter) -> Iterator[str]:
    report = draft.report
    verdict = "ready to send" if report.ready else "not ready to send"
    color = "green" if report.ready else "red"
    yield f"{painter.paint(visible(draft.label), bold=True)}: {painter.paint(verdict, fg=color, bold=True)}"
    yield ""
    for move in MOVES:
        if move in report.checks:
            yield from _move(report.checks[move], painter)
    yield ""
    for score in report.scores.values():
        yield from _gauge(score, painter)
    reading = report.readability
    seconds = max(1, round(reading.reading_seconds))
    length = f"{plural(reading.words, 'word')}, about {plural(seconds, 'second')} to read"
    yield painter.paint(f"  {length}", dim=True)
    if report.findings:
        needed = any(finding.level == "error" for finding in report.findings)
        yield ""
        yield "  What to change" if needed else "  What you could still change"
        told: set[str] = set()
        for finding in report.findings:
            yield ""
            yield from _finding(draft, finding, painter, told)
    for remark in report.remarks:
        yield ""
        yield from _wrapped(f"Remark: {remark}", painter, "  ")
    if draft.suppressed:
        yield ""
        yield painter.paint(f"  {plural(draft.suppressed, 'finding')} hidden by a suppression", dim=True)


def _move(check: Check, painter: Painter) -> Iterator[str]:
    title = CHECK_TITLES[check.name].ljust(TITLE_WIDTH)
    status = check.status.ljust(8)
    head = f"  {painter.mark(check.passed)} {title}  {status}"
    indent = " " * (2 + painter.tick_width + 1 + TITLE_WIDTH + 2)
    room = max(20, painter.style.width - len(indent) - 12)
    quotes = list(dict.fromkeys(painter.quote(item.quote, room) for item in check.evidence))[:MAX_QUOTES]
    yield f"{head}  {quotes[0]}" if quotes else head.rstrip()
    for quote in quotes[1:]:
        yield f"{indent}{' ' * 8}  {quote}"


def _gauge(score: Score, painter: Painter) -> Iterator[str]:
    full = min(BAR, max(0, round(score.value * BAR)))
    bar = painter.glyphs.full * full + painter.glyphs.empty * (BAR - full)
    bar = painter.paint(bar, fg="green" if score.passed else "red")
    words = SCORE_WORDS[score.name][min(3, max(0, score.level))]
    limit = f"must be below {score.threshold:.2f}"
    yield f"  {SCORE_TITLES[score.name]:<8} {bar} {score.value:.2f}  {words}; {limit}"
    if not score.passed:
        adding = sorted(
            (item for item in score.contributions if item.weight > 0), key=lambda item: -item.weight
        )
        # What adds little next to the strongest is not what the score comes from.
        telling = [item for item in adding if item.weight >= 0.35 * adding[0].weight]
        # Nobody should change a "Kind regards" where there is something else to change.
        telling = [item for item in telling if len((item.quote or "").split()) > FORMULA] or telling
        lead = f"  {'':<8} mostly from "
        room = max(20, painter.style.width - len(lead) - 2)
        quotes = [painter.quote(item.quote, room) for item in telling if item.quote][:3]
        for quote in dict.fromkeys(quotes):
            yield f"{lead}{quote}"
            lead = " " * len(lead)


def _finding(draft: DraftResult, finding: Finding, painter: Painter, told: set[str]) -> Iterator[str]:
    """One finding; ``told`` are the sentences that its draft was told before, which are not said again."""
    if finding.span is None:
        where = ""
    else:
        place = draft.lines.position(finding.span.start)
        where = f"{place.line}:{place.column} "
    message = " ".join(finding.message.split())
    lead, stop, reason = message.partition(". ")
    if stop and lead in told:
        message = reason
    told.add(lead)
    start, end = f"  {where}{finding.level}", f"[{finding.rule}]"
    lines = list(_wrapped(f"{message} {end}", painter, " " * (len(start) + 1), "    "))
    first = start[: -len(finding.level)] + painter.paint(
        finding.level, fg=LEVEL_COLORS[finding.level], bold=True
    )
    lines[0] = f"{first} {lines[0].lstrip()}"
    if lines[-1].endswith(end):
        lines[-1] = lines[-1].removesuffix(end) + painter.paint(end, dim=True)
    yield from lines
    if finding.span is not None and draft.source is not None:
        gutter = len(str(len(draft.lines.starts)))
        room = max(20, painter.style.width - gutter - 7)
        for row in excerpt(draft.source, draft.lines, finding.span, room):
            number = "" if row.line is None else str(row.line)
            yield f"    {number:>{gutter}} {painter.glyphs.rule} {row.text}"
            if row.marks:
                marks = painter.paint(row.marks, fg=LEVEL_COLORS[finding.level])
                yield f"    {'':>{gutter}} {painter.glyphs.rule} {marks}"
    if finding.hint and finding.hint not in told:
        told.add(finding.hint)
        yield from _wrapped(finding.hint, painter, "    ")


def _wrapped(text: str, painter: Painter, indent: str, below: str | None = None) -> Iterator[str]:
    """The text on as many lines as it takes, those below the first indented by ``below`` if that is given."""
    text = visible(" ".join(text.split()))
    if cells(text) != len(text):
        # The standard wrapper counts code points; wide text is left for the terminal to wrap.
        yield indent + text
        return
    yield from textwrap.wrap(
        text, painter.style.width, initial_indent=indent,
        subsequent_indent=indent if below is None else below, break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _notice(notice: Notice, painter: Painter) -> str:
    level = painter.paint(notice.level, fg=LEVEL_COLORS[notice.level], bold=True)
    rule = painter.paint(f"[{notice.rule}]", dim=True)
    where = f"{visible(notice.path)}:{notice.line}"
    return f"{where}: {level} {visible(notice.message)} {rule}\n  {visible(notice.hint)}"


def _summary(totals: Totals) -> str:
    levels: dict[Level, int] = dict.fromkeys(LEVEL_COLORS, 0)
    for (_, level), number in totals.findings.items():
        levels[level] += number
    counts = ", ".join(plural(number, level) for level, number in levels.items() if number)
    text = f"{plural(totals.drafts, 'draft')}: {totals.ready} ready, {totals.drafts - totals.ready} not ready"
    return f"{text}; {counts}" if counts else text
