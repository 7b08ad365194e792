"""One line for each finding: ``path:line:col: rule message``."""

from __future__ import annotations

from notecheck.output import statistics
from notecheck.output.model import Run, Style
from notecheck.output.terminal import visible


def render(run: Run, style: Style) -> str:
    """The findings of a run, one a line."""
    lines = []
    for draft in run.drafts:
        for finding in draft.report.findings:
            place = draft.start_of(finding)
            where = f"{draft.label}:{place.line}:{place.column}"
            lines.append(f"{where}: {finding.rule} {_line(finding.message)}")
    for notice in run.notices:
        lines.append(f"{notice.path}:{notice.line}:1: {notice.rule} {_line(notice.message)}")
    text = "".join(f"{visible(line)}\n" for line in lines)
    return text + statistics.table(run) if style.statistics else text


def _line(text: str) -> str:
    return " ".join(text.split())
