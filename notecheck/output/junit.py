"""JUnit XML: a suite for each draft, a case for each finding, a failure where the run fails."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile
from xml.etree import ElementTree as ET

from notecheck.output.model import DraftResult, Failure, Notice, Run, Style, Totals, reaches
from notecheck.types import Level

_COUNTED = ("tests", "failures", "errors")
# What XML 1.0 cannot carry in any form.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def pieces(parts: Iterable[Run], style: Style, totals: Totals) -> Iterator[str]:
    """One document; a finding below the fail level is a case that passes, with its text as output.

    The counts stand above what they count, so the suites wait on disk. See `notecheck.output.streamer`.
    """
    counts: Counter[str] = Counter()
    notices: list[Notice] = []
    failures: list[Failure] = []
    with TemporaryFile("w+", encoding="utf-8", newline="") as spool:
        for part in parts:
            totals.add(part)
            notices += part.notices
            failures += part.failures
            for draft in part.drafts:
                spool.write(_suite(draft.label, _cases(draft, style), counts))
            yield ""
        if notices:
            cases = (
                _case(f"{item.path}:{item.line}:1", item.rule, item.level, item.message, item.hint, style)
                for item in notices
            )
            spool.write(_suite("suppressions", cases, counts))
        for failure in failures:
            case = ET.Element("testcase", classname=_xml(failure.path), name="readable")
            ET.SubElement(case, "error", message=_xml(failure.message))
            spool.write(_suite(failure.path, [case], counts))
        numbers = " ".join(f'{name}="{counts[name]}"' for name in _COUNTED)
        yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="notecheck" {numbers}>\n'
        spool.seek(0)
        yield from iter(lambda: spool.read(2**16), "")
        yield "</testsuites>\n"


def _cases(draft: DraftResult, style: Style) -> Iterator[ET.Element]:
    if not draft.report.findings:
        yield ET.Element("testcase", classname=_xml(draft.label), name="notecheck")
    for finding in draft.report.findings:
        place = draft.start_of(finding)
        where = f"{draft.label}:{place.line}:{place.column}"
        yield _case(where, finding.rule, finding.level, finding.message, finding.hint, style)


def _suite(name: str, cases: Iterable[ET.Element], counts: Counter[str]) -> str:
    """A suite as text; what it counts is added to ``counts``."""
    suite = ET.Element("testsuite", name=_xml(name))
    suite.extend(cases)
    own = Counter(
        tests=len(suite),
        failures=len(suite.findall("testcase/failure")),
        errors=len(suite.findall("testcase/error")),
    )
    counts.update(own)
    for kind in _COUNTED:
        suite.set(kind, str(own[kind]))
    ET.indent(suite, level=1)
    # In ASCII, so that any stream carries it.
    return f"  {ET.tostring(suite, encoding='us-ascii').decode('ascii')}\n"


def _case(where: str, rule: str, level: Level, message: str, hint: str, style: Style) -> ET.Element:
    path = where.rsplit(":", 2)[0]
    case = ET.Element("testcase", classname=_xml(path), name=_xml(f"{rule} at {where}"))
    text = f"{where}: {level}: {message}\n{hint}".strip()
    if reaches(level, style.fail_on):
        failure = ET.SubElement(case, "failure", type=level, message=_xml(message))
        failure.text = _xml(text)
    else:
        ET.SubElement(case, "system-out").text = _xml(text)
    return case


def _xml(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
