"""One line for each finding: ``path:line:col: rule message``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from notecheck.output import statistics
from notecheck.output.model import Notice, Run, Style, Totals
from notecheck.output.terminal import visible


def pieces(parts: Iterable[Run], style: Style, totals: Totals) -> Iterator[str]:
    """The findings, one a line; see `notecheck.output.streamer`."""
    notices: list[Notice] = []
    for part in parts:
        lines = []
        for draft in part.drafts:
            for finding in draft.report.findings:
                place = draft.start_of(finding)
                where = f"{draft.label}:{place.line}:{place.column}"
                lines.append(f"{where}: {finding.rule} {_line(finding.message)}")
        totals.add(part)
        notices += part.notices
        yield "".join(f"{visible(line)}\n" for line in lines)
    yield "".join(
        f"{visible(f'{item.path}:{item.line}:1: {item.rule} {_line(item.message)}')}\n" for item in notices
    )
    if style.statistics:
        yield statistics.table(totals)


def _line(text: str) -> str:
    return " ".join(text.split())
