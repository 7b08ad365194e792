"""Mailboxes and rows: all that can be read is, and what cannot gives an error in its place."""

import json
import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest

from notecheck.message import Draft, read_all
from notecheck.types import NotecheckError


def outcome(path: Path) -> list[str]:
    """The text of each draft, or the error, in order."""
    return [
        str(item).removeprefix(str(path))
        if isinstance(item, NotecheckError)
        else item.spans[0].of(item.source)
        for item in read_all(path)
    ]


@pytest.fixture
def box(tmp_path: Path) -> Path:
    path = tmp_path / "sent.mbox"
    folder = mailbox.mbox(path)
    for number in (1, 2, 3):
        message = EmailMessage()
        message["From"] = "bo@example.com"
        message.set_content(f"Hello {number},\n\nFrom the start I felt welcome.\nThanks.\n")
        folder.add(message)
    folder.close()
    return path


def test_every_message_of_a_mailbox(box: Path) -> None:
    drafts = [item for item in read_all(box) if isinstance(item, Draft)]
    assert [draft.name for draft in drafts] == [f"{box}#1", f"{box}#2", f"{box}#3"]
    # The mailbox writes ">From" for a line that begins with From, and it is the writer's line all the same.
    assert outcome(box) == [f"Hello {n},\n\nFrom the start I felt welcome.\nThanks." for n in (1, 2, 3)]


def test_a_body_line_with_from_begins_no_message(tmp_path: Path) -> None:
    path = tmp_path / "sent.mbox"
    path.write_text(
        "From bo@example.com Mon Mar  3 10:12:33 2025\nSubject: Hi\n\nHello.\n\n"
        "From what I saw, it is fun.\n\nFrom bo@example.com\nSubject: Again\n\nThanks.\n",
        encoding="utf-8",
    )
    assert outcome(path) == ["Hello.\n\nFrom what I saw, it is fun.", "Thanks."]


def test_a_mailbox_cut_in_half_gives_what_is_whole(box: Path) -> None:
    data = box.read_bytes()
    whole = outcome(box)
    box.write_bytes(data[: data.rindex(b"I felt welcome")])
    assert outcome(box) == [*whole[:2], "#3: the message is cut off"]
    box.write_bytes(data[data.index(b"Content-Type") :])
    assert outcome(box) == ["#1: not a message: the mailbox does not begin with a From line", *whole[1:]]


def test_a_multipart_message_without_its_end(tmp_path: Path) -> None:
    path = tmp_path / "sent.mbox"
    path.write_bytes(
        b"From bo@example.com Mon Mar  3 10:12:33 2025\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nThanks for\n\n"
        b"From bo@example.com Mon Mar  3 10:12:34 2025\nSubject: x\n\nThanks.\n"
    )
    assert outcome(path) == ["#1: the message is cut off", "Thanks."]


def test_an_empty_mailbox_and_one_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "sent.mbox"
    assert outcome(path) == [": no such file"]
    path.write_bytes(b"")
    assert outcome(path) == [": empty file"]


def test_rows_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "drafts.jsonl"
    rows: list[object] = [
        {"id": 1, "text": "Thanks for the tour."},
        {"body": "Hi,\n\nthanks\n\n> We keep it."},
        {"draft": "Was it my Greek?"},
        {"note": "Bye."},
        {"words": "x"},
        ["x"],
        {"text": None},
        {"text": "> We keep it."},
    ]
    lines = [json.dumps(row) for row in rows]
    path.write_text("\ufeff" + "\n".join([*lines[:2], "", *lines[2:], '{"text": "cut o']), encoding="utf-8")
    assert outcome(path) == [
        "Thanks for the tour.",
        "Hi,\n\nthanks",
        "Was it my Greek?",
        "Bye.",
        ":6: no text field; one of text, body, draft, note is needed",
        ":7: a row must be a JSON object",
        ":8: the field text is not a string",
        ":9: empty draft: nothing but quoted mail, headers and signatures",
        ":10: not a JSON row (Unterminated string starting at, column 10)",
    ]
    first = next(read_all(path))
    assert isinstance(first, Draft)
    assert first.name == f"{path}:1"


def test_broken_rows_hide_no_others(tmp_path: Path) -> None:
    path = tmp_path / "drafts.jsonl"
    path.write_bytes(
        b'{"text": "a\xff"}\n{"text": "'
        + b"a" * 9_000_000
        + b'"}\n'
        + b"[" * 100_000
        + b'\n{"text": "Thanks."}\n'
    )
    assert outcome(path) == [
        ":1: not utf-8: byte 0xff at offset 11",
        ":2: a row of more than 8 MiB",
        ":3: not a JSON row",
        "Thanks.",
    ]
