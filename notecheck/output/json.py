"""JSON: one document for a run, or one line for each draft."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from textwrap import indent
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


def members(values: Iterable[Any], depth: int, *, more: bool) -> str:
    """Members of a list of an indented document, each on lines of its own; ``more`` when others precede them."""
    texts = (indent(json.dumps(value, indent=2), "  " * depth) for value in values)
    return "".join(f"{',' if more or number else ''}\n{text}" for number, text in enumerate(texts))


def pieces(parts: Iterable[Run], style: Style, totals: Totals) -> Iterator[str]:
    """One document of the published schema, in ASCII so that any stream carries it.

    Notices and errors are at its end. See `notecheck.output.streamer`.
    """
    notices: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    yield f'{{\n  "version": {DOCUMENT_VERSION},\n  "files": ['
    begun = False
    for part in parts:
        totals.add(part)
        notices += map(_notice_value, part.notices)
        failures += map(_failure_value, part.failures)
        yield members(map(draft_value, part.drafts), 2, more=begun)
        begun = begun or bool(part.drafts)
    rest: dict[str, Any] = {"notices": notices, "errors": failures}
    if style.statistics:
        rest["statistics"] = statistics.count(totals)
    yield ("\n  " if begun else "") + "]," + json.dumps(rest, indent=2)[1:] + "\n"


def line_pieces(parts: Iterable[Run], style: Style, totals: Totals) -> Iterator[str]:
    """One line for each draft, notice and error, as they come; see `notecheck.output.streamer`."""
    for part in parts:
        totals.add(part)
        rows: list[dict[str, Any]] = [draft_value(draft) for draft in part.drafts]
        rows += [{"notice": _notice_value(notice)} for notice in part.notices]
        rows += [{"error": _failure_value(failure)} for failure in part.failures]
        yield "".join(json.dumps({"version": DOCUMENT_VERSION, **row}) + "\n" for row in rows)
