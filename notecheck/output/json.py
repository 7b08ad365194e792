"""JSON: one document for a run, or one line for each draft."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from notecheck.output import statistics
from notecheck.output.model import DraftResult, Failure, Notice, Run, Style, Totals

#: Version of the documents; it changes when a key changes its meaning.
DOCUMENT_VERSION = 1


def draft_value(draft: DraftResult) -> dict[str, Any]:
    """One draft as JSON values."""
    return {
        "path": draft.path,
        "name": draft.label,
        "suppressed": draft.suppressed,
        "report": draft.report.to_dict(),
    }


def _notice_value(notice: Notice) -> dict[str, Any]:
    return {
        "path": notice.path,
        "line": notice.line,
        "rule": notice.rule,
        "level": notice.level,
        "message": notice.message,
        "hint": notice.hint,
    }


def _failure_value(failure: Failure) -> dict[str, Any]:
    return {"path": failure.path, "message": failure.message}


def render(run: Run, style: Style) -> str:
    """The whole run as one document of the published schema, in ASCII so that any stream carries it."""
    document: dict[str, Any] = {
        "version": DOCUMENT_VERSION,
        "files": [draft_value(draft) for draft in run.drafts],
        "notices": [_notice_value(notice) for notice in run.notices],
        "errors": [_failure_value(failure) for failure in run.failures],
    }
    if style.statistics:
        document["statistics"] = statistics.count(run)
    return json.dumps(document, indent=2) + "\n"


def render_lines(run: Run, style: Style) -> str:
    """One line for each draft, then one for each notice and error."""
    return "".join(line_pieces([run], style))


def line_pieces(parts: Iterable[Run], style: Style, totals: Totals | None = None) -> Iterator[str]:
    """The same for a run that comes in parts, see `notecheck.output.text.pieces`: the lines of each part."""
    for part in parts:
        if totals is not None:
            totals.add(part)
        rows: list[dict[str, Any]] = [draft_value(draft) for draft in part.drafts]
        rows += [{"notice": _notice_value(notice)} for notice in part.notices]
        rows += [{"error": _failure_value(failure)} for failure in part.failures]
        yield "".join(json.dumps({"version": DOCUMENT_VERSION, **row}) + "\n" for row in rows)
