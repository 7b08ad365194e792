"""SARIF 2.1.0, for code scanning and editors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from textwrap import indent
from typing import Any
from urllib.parse import quote

from notecheck.output import statistics
from notecheck.output.explain import UNUSED, explain, explain_markdown
from notecheck.output.json import members
from notecheck.output.model import DraftResult, Failure, RuleInfo, Run, Style, Totals
from notecheck.output.version import package_version
from notecheck.types import Finding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


# The frame of a log with one run. What is known only behind the results stands behind them.
_HEAD = f"""{{
  "$schema": "{SCHEMA}",
  "version": "2.1.0",
  "runs": [
    {{
      "columnKind": "unicodeCodePoints",
      "newlineSequences": ["\\r\\n", "\\n", "\\r"],
      "results": ["""
_TAIL = """
  ]
}
"""


def pieces(parts: Iterable[Run], style: Style, totals: Totals) -> Iterator[str]:
    """One SARIF log with one run in it; see `notecheck.output.streamer`."""
    index = {rule: number for number, rule in enumerate(sorted(style.rules))}
    failures: list[Failure] = []
    yield _HEAD
    begun = False
    for part in parts:
        totals.add(part)
        for rule, _ in part.findings():
            index.setdefault(rule, len(index))
        failures += part.failures
        results = list(_results(part, index))
        yield members(results, 4, more=begun)
        begun = begun or bool(results)
    known = {UNUSED.id: UNUSED, **style.rules}
    rules = [_descriptor(known[rule]) if rule in known else {"id": rule} for rule in index]
    rest: dict[str, Any] = {
        "tool": {"driver": {"name": "notecheck", "version": package_version(), "rules": rules}},
    }
    if style.statistics:
        rest["properties"] = {"statistics": statistics.count(totals)}
    yield ("\n      " if begun else "") + "]," + indent(json.dumps(rest, indent=2), "    ")[5:-6] + ","
    yield f'\n      "invocations": [\n{" " * 8}{{\n{" " * 10}"executionSuccessful": {json.dumps(not failures)},'
    yield f'\n{" " * 10}"toolExecutionNotifications": ['
    for number, failure in enumerate(failures):
        yield members([_notification(failure)], 6, more=number > 0)
    yield (f"\n{' ' * 10}" if failures else "") + "]\n        }\n      ]\n    }" + _TAIL


def _results(part: Run, index: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for draft in part.drafts:
        for finding in draft.report.findings:
            yield _result(draft, finding, index)
    for notice in part.notices:
        place = _location(notice.path, {"startLine": notice.line})
        text = f"{notice.message} {notice.hint}".strip()
        yield _entry(notice.rule, notice.level, text, place, index)


def _notification(failure: Failure) -> dict[str, Any]:
    place = _location(failure.path, None)
    return {"level": "error", "message": {"text": failure.message}, "locations": [place]}


def _descriptor(rule: RuleInfo) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.why},
        "help": {"text": explain(rule), "markdown": explain_markdown(rule)},
        "defaultConfiguration": {"level": rule.level},
    }


def _result(draft: DraftResult, finding: Finding, index: Mapping[str, int]) -> dict[str, Any]:
    text = f"{finding.message} {finding.hint}".strip()
    return _entry(
        finding.rule, finding.level, text, _location(draft.path, _region(draft, finding)), index
    ) | {"properties": {"draft": draft.label, **_offsets(finding)}}


def _entry(
    rule: str, level: str, text: str, place: dict[str, Any], index: Mapping[str, int]
) -> dict[str, Any]:
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
