"""The command line over the real reader of messages: names, places, and input that is no draft."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notecheck.cli.services import Services

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
