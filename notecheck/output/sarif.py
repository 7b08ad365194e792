"""SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import json
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from notecheck.output import statistics
from notecheck.output.explain import explain, explain_markdown
from notecheck.output.model import UNUSED_SUPPRESSION, DraftResult, RuleInfo, Run, Style
from notecheck.output.version import package_version
from notecheck.types import Finding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(run: Run, style: Style) -> str:
    """The run as one SARIF log with one run in it."""
    used = {rule for rule, _ in run.findings()}
    known = [_descriptor(style.rules[rule]) for rule in sorted(style.rules)]
    known += [_bare_descriptor(rule) for rule in sorted(used - set(style.rules))]
    index = {item["id"]: number for number, item in enumerate(known)}
    results = [_result(draft, finding, index) for draft in run.drafts for finding in draft.report.findings]
    for notice in run.notices:
        place = _location(notice.path, {"startLine": notice.line})
        text = f"{notice.message} {notice.hint}".strip()
        results.append(_entry(notice.rule, notice.level, text, place, index))
    body: dict[str, Any] = {
        "tool": {"driver": {"name": "notecheck", "version": package_version(), "rules": known}},
        "columnKind": "unicodeCodePoints",
        "newlineSequences": ["\r\n", "\n", "\r"],
        "invocations": [_invocation(run)],
        "results": results,
    }
    if style.statistics:
        body["properties"] = {"statistics": statistics.count(run)}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [body]}, indent=2) + "\n"


def _invocation(run: Run) -> dict[str, Any]:
    notes = [
        {"level": "error", "message": {"text": item.message}, "locations": [_location(item.path, None)]}
        for item in run.failures
    ]
    return {"executionSuccessful": not run.failures, "toolExecutionNotifications": notes}


def _descriptor(rule: RuleInfo) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": explain(rule), "markdown": explain_markdown(rule)},
        "defaultConfiguration": {"level": rule.level},
    }


def _bare_descriptor(rule: str) -> dict[str, Any]:
    if rule == UNUSED_SUPPRESSION:
        return {"id": rule, "shortDescription": {"text": "A suppression that hides no finding."}}
    return {"id": rule}


def _result(draft: DraftResult, finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    text = f"{finding.message} {finding.hint}".strip()
    return _entry(
        finding.rule, finding.level, text, _location(draft.path, _region(draft, finding)), index
    ) | {"properties": {"draft": draft.label, **_offsets(finding)}}


def _entry(rule: str, level: str, text: str, place: dict[str, Any], index: dict[str, int]) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "ruleIndex": index[rule],
        "level": level,
        "message": {"text": text},
        "locations": [place],
    }


def _offsets(finding: Finding) -> dict[str, int]:
    return {} if finding.span is None else {"start": finding.span.start, "end": finding.span.end}


def _region(draft: DraftResult, finding: Finding) -> dict[str, Any] | None:
    if not draft.verbatim:
        # The offsets are those of text taken out of the file: no line of the file can be named.
        return None
    if finding.span is None:
        return {"startLine": 1}
    start, end = draft.lines.region(finding.span)
    region: dict[str, Any] = {
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "charOffset": finding.span.start,
        "charLength": finding.span.end - finding.span.start,
    }
    if draft.source is not None:
        region["snippet"] = {"text": finding.span.of(draft.source)}
    return region


def _location(path: str, region: dict[str, Any] | None) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": artifact_uri(path)}}
    if region is not None:
        place["region"] = region
    return {"physicalLocation": place}


def artifact_uri(path: str) -> str:
    """A path as a URI reference: relative stays relative, absolute becomes ``file:``.

    >>> artifact_uri("drafts/to send/ümit.txt")
    'drafts/to%20send/%C3%BCmit.txt'
    """
    encoded = quote(path.replace("\\", "/") if PureWindowsPath(path).drive else path, errors="surrogatepass")
    if PurePosixPath(path).is_absolute():
        return "file://" + encoded
    return "file:///" + encoded if PureWindowsPath(path).drive else encoded
