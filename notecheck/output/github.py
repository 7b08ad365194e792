"""Workflow commands that GitHub Actions shows as annotations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from notecheck.output import statistics
from notecheck.output.model import LEVEL_ORDER, DraftResult, Run, Style, Totals, plural
from notecheck.types import Finding, Level

#: GitHub drops what goes beyond ten annotations of a level in a step.
LIMIT = 10

COMMANDS: dict[Level, str] = {"error": "error", "warning": "warning", "note": "notice"}


def pieces(parts: Iterable[Run], style: Style, totals: Totals) -> Iterator[str]:
    """At most ten annotations a level, then one line that sums up; see `notecheck.output.streamer`."""
    shown: Counter[Level] = Counter()
    for part in parts:
        totals.add(part)
        lines = []
        for level, line in _annotations(part):
            if shown[level] < LIMIT:
                lines.append(f"{line}\n")
            shown[level] += 1
        yield "".join(lines)
    counts = ", ".join(plural(shown[level], level) for level in LEVEL_ORDER)
    summary = f"notecheck: {counts} in {plural(totals.drafts, 'draft')}"
    left = sum(max(0, shown[level] - LIMIT) for level in LEVEL_ORDER)
    if left:
        summary += f"; {left} not annotated, GitHub shows {LIMIT} of a level"
    yield f"{summary}\n"
    if style.statistics:
        yield statistics.table(totals)


def _annotations(run: Run) -> Iterator[tuple[Level, str]]:
    for draft in run.drafts:
        for finding in draft.report.findings:
            text = f"{finding.message} {finding.hint}".strip()
            yield finding.level, _command(finding.level, finding.rule, _place(draft, finding), text)
    for notice in run.notices:
        place = {"file": notice.path, "line": str(notice.line)}
        text = f"{notice.message} {notice.hint}".strip()
        yield notice.level, _command(notice.level, notice.rule, place, text)


def _place(draft: DraftResult, finding: Finding) -> dict[str, str]:
    place = {"file": draft.path}
    if finding.span is None or not draft.verbatim:
        return place
    start, end = draft.lines.region(finding.span)
    place |= {"line": str(start.line), "endLine": str(end.line)}
    if start.line == end.line:
        # GitHub takes columns only where a single line is meant.
        place |= {"col": str(start.column), "endColumn": str(end.column)}
    return place


def _command(level: Level, rule: str, place: dict[str, str], text: str) -> str:
    fields = ",".join(f"{name}={_property(value)}" for name, value in {**place, "title": rule}.items())
    return f"::{COMMANDS[level]} {fields}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
