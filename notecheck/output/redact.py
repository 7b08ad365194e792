"""Take the writer's own words out of a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from notecheck.message.draft import CONVERTED, CUT_OFF, NO_HEADERS
from notecheck.types import Contribution, Evidence, Finding, Report

REDACTED = "[redacted]"


def redact(report: Report) -> Report:
    """The same report with every quote replaced by ``[redacted]``.

    Spans stay. Of the remarks those stay that repeat nothing of the mail, and an attachment loses its name.
    """
    return replace(
        report,
        checks={
            name: replace(check, evidence=hide_evidence(check.evidence))
            for name, check in report.checks.items()
        },
        scores={
            name: replace(score, contributions=hide_contributions(score.contributions))
            for name, score in report.scores.items()
        },
        findings=hide_findings(report.findings),
        remarks=tuple(_hide_remarks(report.remarks)),
    )


def _hide_remarks(remarks: Iterable[str]) -> Iterator[str]:
    for remark in remarks:
        if remark in (CONVERTED, CUT_OFF, NO_HEADERS):
            yield remark
        elif remark.startswith("attachment "):
            yield f"attachment {REDACTED} was ignored"


def hide_evidence(items: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Evidence without its words."""
    return tuple(replace(item, quote=REDACTED) for item in items)


def hide_contributions(items: Iterable[Contribution]) -> tuple[Contribution, ...]:
    """Contributions without their words."""
    return tuple(item if item.quote is None else replace(item, quote=REDACTED) for item in items)


def hide_findings(items: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings without their words, which a message or hint may repeat."""
    return tuple(
        replace(
            item,
            quote=REDACTED,
            message=item.message.replace(item.quote, REDACTED),
            hint=item.hint.replace(item.quote, REDACTED),
        )
        if item.quote
        else item
        for item in items
    )
