"""Files of many drafts: mailboxes and JSON rows, streamed, so that a broken one never hides the others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from notecheck.message import decode, mail, reading
from notecheck.message.draft import CUT_OFF, MAX_MAIL_BYTES, Draft, failure
from notecheck.types import NotecheckError

#: Fields of a row that may hold the draft; the first that is there does.
TEXT_FIELDS = ("text", "body", "draft", "note")
# A row may carry other columns and escapes, six bytes for a character at most.
_MAX_ROW_BYTES = 8 * 2**20
_CHUNK = 2**20
_FIELD = re.compile(rb"[!-9;-~]+:")


def read_rows(file: BinaryIO, name: str) -> Iterator[Draft | NotecheckError]:
    """The drafts in a file of one JSON object a line; blank lines are skipped."""
    number = 0
    empty = True
    while line := file.readline(_MAX_ROW_BYTES + 1):
        number += 1
        where = f"{name}:{number}"
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) > _MAX_ROW_BYTES:
            _skip_line(file, line)
            yield failure(where, f"a row of more than {_MAX_ROW_BYTES // 2**20} MiB")
        elif line.strip():
            yield _read_row(line, where)
        else:
            continue
        empty = False
    if empty:
        yield failure(name, "empty file")


def _skip_line(file: BinaryIO, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = file.readline(2**20)


def _read_row(line: bytes, where: str) -> Draft | NotecheckError:
    try:
        row = json.loads(decode.decode(line, where))
    except NotecheckError as error:
        return error
    except (ValueError, RecursionError) as error:
        detail = f" ({error.msg}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        return failure(where, f"not a JSON row{detail}")
    if not isinstance(row, dict):
        return failure(where, "a row must be a JSON object")
    key = next((key for key in TEXT_FIELDS if key in row), None)
    if key is None:
        return failure(where, f"no text field; one of {', '.join(TEXT_FIELDS)} is needed")
    if not isinstance(row[key], str):
        return failure(where, f"the field {key} is not a string")
    try:
        return reading.require_note(reading.read_text(row[key], where))
    except NotecheckError as error:
        return error


def read_mailbox(file: BinaryIO, name: str) -> Iterator[Draft | NotecheckError]:
    """The drafts in a mailbox; a message without its end gives an error."""
    number = 0
    for message in _messages(file):
        number += 1
        yield _read_message(message, f"{name}#{number}")
    if number == 0:
        yield failure(name, "empty file")


@dataclass(slots=True)
class _Message:
    """What stands between two separators: ``lines`` is emptied when it grows too large."""

    begun: bool
    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    whole: bool = True

    def add(self, line: bytes) -> None:
        self.size += len(line)
        self.whole = line.endswith(b"\n")
        if self.size <= MAX_MAIL_BYTES:
            self.lines.append(line)
        else:
            self.lines.clear()


def _messages(file: BinaryIO) -> Iterator[_Message]:
    """The messages of a mailbox. A body line that begins with "From " does not begin another message."""
    message = _Message(begun=False)
    fresh = blank = True
    line = file.readline(_CHUNK)
    while line:
        following = file.readline(_CHUNK)
        separates = (
            fresh
            and line.startswith(b"From ")
            and (
                # Without a date a header field must follow.
                decode.SEPARATOR.match(line) is not None or (blank and _FIELD.match(following) is not None)
            )
        )
        if separates:
            if message.begun or message.size:
                yield message
            message = _Message(begun=True)
        elif message.begun or line.strip():
            message.add(line)
        blank = fresh and not line.strip()
        fresh = line.endswith(b"\n")
        line = following
    if message.begun or message.size:
        yield message


def _read_message(message: _Message, where: str) -> Draft | NotecheckError:
    if message.size > MAX_MAIL_BYTES:
        return failure(where, f"larger than {MAX_MAIL_BYTES // 2**20} MiB, too large for a draft")
    if not message.begun:
        return failure(where, "not a message: the mailbox does not begin with a From line")
    try:
        draft = reading.read_mail(mail.parse(_unescape(message.lines), where), where)
    except NotecheckError as error:
        # What is missing explains whatever else is wrong.
        return error if message.whole else failure(where, "the message is cut off")
    return (
        draft if message.whole and CUT_OFF not in draft.remarks else failure(where, "the message is cut off")
    )


def _unescape(lines: list[bytes]) -> bytes:
    """The message without the ``>`` that mailboxes put before a body line that begins with "From "."""
    quoted = [line.startswith(b">") for line in lines]
    for i, line in enumerate(lines):
        # Between quoted lines it is more likely a quotation.
        if line.startswith(b">From ") and not any(quoted[max(0, i - 1) : i] + quoted[i + 1 : i + 2]):
            lines[i] = line[1:]
    return b"".join(lines)
