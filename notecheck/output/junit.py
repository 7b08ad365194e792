"""JUnit XML: a suite for each draft, a case for each finding, a failure where the run fails."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from notecheck.output.model import Run, Style, reaches
from notecheck.types import Level

# What XML 1.0 cannot carry in any form.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(run: Run, style: Style) -> str:
    """The run as one document. A finding below the fail level is a case that passes, with its text as output."""
    root = ET.Element("testsuites", name="notecheck")
    for draft in run.drafts:
        cases = []
        for finding in draft.report.findings:
            place = draft.start_of(finding)
            where = f"{draft.label}:{place.line}:{place.column}"
            cases.append(_case(where, finding.rule, finding.level, finding.message, finding.hint, style))
        _suite(
            root,
            draft.label,
            cases or [ET.Element("testcase", classname=_xml(draft.label), name="notecheck")],
        )
    if run.notices:
        _suite(
            root,
            "suppressions",
            [
                _case(f"{item.path}:{item.line}:1", item.rule, item.level, item.message, item.hint, style)
                for item in run.notices
            ],
        )
    for failure in run.failures:
        case = ET.Element("testcase", classname=_xml(failure.path), name="readable")
        ET.SubElement(case, "error", message=_xml(failure.message))
        _suite(root, failure.path, [case])
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(root: ET.Element, name: str, cases: Iterable[ET.Element]) -> None:
    suite = ET.SubElement(root, "testsuite", name=_xml(name))
    suite.extend(cases)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", str(len(suite.findall("testcase/error"))))


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
