"""The command line over the real reader of messages: names, places, and input that is no draft."""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notecheck.cli import main
from notecheck.cli.services import Services
from notecheck.output import FORMATS

from .conftest import FAKE_RULES, FakeChecker

Command = Callable[..., Any]
Writer = Callable[[str, str], Path]
Texts = dict[str, str]


@pytest.fixture
def check(run: Command) -> Command:
    """``notecheck check`` with the real reader."""

    def command(*argv: str) -> Any:
        return run("check", *argv, read=Services().read)

    return command


def test_rows_and_messages_are_named(check: Command, write: Writer, drafts: Texts) -> None:
    write("rows.jsonl", "".join(json.dumps({"text": drafts[name]}) + "\n" for name in ("good", "slot")))
    mail = "From ann@example.org Mon Jan  6 09:00:00 2025\nFrom: Ann <ann@example.org>\nSubject: Hi\n\n{}\n"
    write("box.mbox", mail.format(drafts["good"]) + "\n" + mail.format(drafts["broad"]))
    result = check("rows.jsonl", "box.mbox", "--format", "concise")
    assert result.code == 1
    assert [line.split(" ")[0] for line in result.out.splitlines()] == [
        "rows.jsonl:2:1:6:",
        "box.mbox#2:3:45:",
    ]


def test_only_the_text_of_a_file_itself_has_lines_in_sarif(
    check: Command, write: Writer, drafts: Texts
) -> None:
    write("a.txt", drafts["slot"])
    write("b.eml", f"From: Ann <ann@example.org>\nSubject: Hi\n\n{drafts['slot']}")
    results = json.loads(check("a.txt", "b.eml", "--format", "sarif").out)["runs"][0]["results"]
    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert [place["artifactLocation"]["uri"] for place in places] == ["a.txt", "b.eml"]
    assert ["region" in place for place in places] == [True, False]


def test_front_matter_is_read_where_it_is_masked(check: Command, write: Writer, drafts: Texts) -> None:
    write("a.md", f"---\nnotecheck:\n  ignore: [slots]\n---\n\n{drafts['slot']}")
    result = check("a.md", "--format", "json")
    assert (result.code, result.json["files"][0]["suppressed"]) == (0, 1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.txt", b""),
        ("blank.md", b" \n\n"),
        ("binary.txt", bytes(range(256)) * 8),
        ("cut.eml", b"\x00\x01"),
        ("broken.jsonl", b"{"),
        ("empty.mbox", b""),
        ("long.txt", b"word " * 1_000_000),
    ],
)
def test_what_is_no_draft_is_one_line_and_hides_nothing(
    check: Command, write: Writer, drafts: Texts, folder: Path, name: str, content: bytes
) -> None:
    write("good.txt", drafts["slot"])
    (folder / name).write_bytes(content)
    result = check(".", "--format", "concise")
    assert result.code == 2
    assert result.out.startswith("good.txt:1:6: slots/bracket")
    assert result.err.startswith(f"notecheck: {name}")
    assert result.err.count("\n") == 1


# Standard input


@pytest.fixture
def feed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | bytes], None]:
    """Put something on standard input."""

    def put(content: str | bytes) -> None:
        data = content.encode() if isinstance(content, str) else content
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(data))))  # type: ignore[arg-type]

    return put


Feed = Callable[[str | bytes], None]
HEAD = "From: Ann <ann@example.org>\nTo: Ines <ines@example.org>\nSubject: [Name], thank you\n"


@pytest.mark.parametrize(
    "head",
    [
        HEAD + "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n",
        HEAD + "Message-ID: <1@example.org>\n",
        "To: Ines <ines@example.org>\nIn-Reply-To: <0@example.org>\nSubject: Hi\n",
        "\ufeff" + HEAD + "User-Agent: Mutt/2.2\n",
        "\n\r\n" + HEAD + "X-Mailer-Of-Mine: 7\n",
        "Received: from a\n\tby b\n" * 6000 + HEAD,
        "Content-Type: text/plain\nContent-Transfer-Encoding: 8bit\n",
        "From ann@example.org Mon Jan  6 09:00:00 2025\n" + HEAD,
        HEAD,
        "Subject: Thank you for the tour\n",
    ],
)
def test_headers_on_standard_input_are_never_the_note(
    folder: Path, feed: Feed, drafts: Texts, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = []

    class Notes(FakeChecker):
        def check(self, draft: Any, /) -> Any:
            notes.append("".join(span.of(draft.source) for span in draft.spans))
            return super().check(draft)

    feed(f"{head}\n{drafts['good']}")
    main(["check", "-"], services=Services(make_checker=Notes, rules=lambda config: FAKE_RULES))
    assert notes == [drafts["good"].strip()]


def test_an_encoded_mail_on_standard_input_is_read(
    check: Command, folder: Path, feed: Feed, drafts: Texts
) -> None:
    body = base64.encodebytes(drafts["slot"].encode()).decode()
    feed(f"{HEAD}MIME-Version: 1.0\nContent-Transfer-Encoding: base64\n\n{body}")
    result = check("-", "--format", "sarif")
    (found,) = json.loads(result.out)["runs"][0]["results"]
    assert found["ruleId"] == "slots/bracket"
    # The offsets are those of the decoded text.
    assert "region" not in found["locations"][0]["physicalLocation"]


@pytest.mark.parametrize("name", ["box.mbox", "rows.jsonl", "<stdin>"])
def test_many_drafts_on_standard_input(
    check: Command, folder: Path, feed: Feed, drafts: Texts, name: str
) -> None:
    mark = "From ann@example.org Mon Jan  6 09:00:00 2025\n"
    if name.endswith("jsonl"):
        feed("".join(json.dumps({"text": drafts[each]}) + "\n" for each in ("good", "slot")))
    else:
        feed("\n".join(f"{mark}{HEAD}\n{drafts[each]}" for each in ("good", "slot")))
    named = [] if name == "<stdin>" else ["--stdin-filename", name]
    result = check("-", *named, "--format", "concise")
    number = ":2" if name.endswith("jsonl") else "#2"
    assert [line.split(" ")[0] for line in result.out.splitlines()] == [f"{name}{number}:1:6:"]
    assert (result.code, result.err) == (1, "")


def test_parquet_on_standard_input_is_refused(check: Command, folder: Path, feed: Feed) -> None:
    feed(b"PAR1")
    result = check("-", "--stdin-filename", "x.parquet")
    assert (result.code, result.out) == (2, "")
    assert result.err == "notecheck: x.parquet: Parquet is not read from standard input\n"


def test_a_mailbox_and_a_mail_without_a_suffix(check: Command, write: Writer, drafts: Texts) -> None:
    mark = "From ann@example.org Mon Jan  6 09:00:00 2025\n"
    write("Sent", f"{mark}{HEAD}\n{drafts['slot']}\n" * 2)
    write("1736154000.7.host:2,S", f"{HEAD}MIME-Version: 1.0\n\n{drafts['slot']}")
    result = check("Sent", "1736154000.7.host:2,S", "--format", "concise")
    assert [line.split(" ")[0] for line in result.out.splitlines()] == [
        "Sent#1:1:6:", "Sent#2:1:6:", "1736154000.7.host:2,S:1:6:",
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_name_is_not_the_working_folder(
    check: Command, write: Writer, drafts: Texts, form: str
) -> None:
    write("a.txt", drafts["slot"])
    result = check("", "--format", form)
    assert (result.code, result.err) == (2, "notecheck: a path is empty\n")
    assert "slots" not in result.out
