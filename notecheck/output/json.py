"""JSON: one document for a run, or one line for each draft."""

from __future__ import annotations

import json
from typing import Any

from notecheck.output import statistics
from notecheck.output.model import DraftResult, Notice, Run, Style

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


def render(run: Run, style: Style) -> str:
    """The whole run as one document of the published schema, in ASCII so that any stream carries it."""
    document: dict[str, Any] = {
        "version": DOCUMENT_VERSION,
        "files": [draft_value(draft) for draft in run.drafts],
        "notices": [_notice_value(notice) for notice in run.notices],
        "errors": [{"path": item.path, "message": item.message} for item in run.failures],
    }
    if style.statistics:
        document["statistics"] = statistics.count(run)
    return json.dumps(document, indent=2) + "\n"


def render_lines(run: Run, style: Style) -> str:
    """One line for each draft, then one for each notice and error."""
    rows: list[dict[str, Any]] = [draft_value(draft) for draft in run.drafts]
    rows += [{"notice": _notice_value(notice)} for notice in run.notices]
    rows += [{"error": {"path": item.path, "message": item.message}} for item in run.failures]
    return "".join(json.dumps({"version": DOCUMENT_VERSION, **row}) + "\n" for row in rows)
