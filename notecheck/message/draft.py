"""What reading gives: the source, the spans that are the note, and what was set aside and why."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from typing import Any, BinaryIO, Literal

from notecheck.types import NotecheckError, Span

Reason = Literal["quote", "header", "signature", "footer", "front-matter"]

#: Longest text that is read, in code points; a note is a few hundred, so more is a mistake of the caller.
MAX_CHARACTERS = 1_000_000
#: Largest text file that is read, in bytes: at most four for a code point, and four for a byte order mark.
MAX_TEXT_BYTES = 4 * MAX_CHARACTERS + 4
#: Largest HTML text that is converted, in code points; markup may be several times as long as its text.
MAX_MARKUP = 4_000_000
#: Largest mail that is parsed, in bytes, attachments included.
MAX_MAIL_BYTES = 32 * 2**20
#: Most parts in one mail, and the deepest nesting of them.
MAX_PARTS = 100
MAX_DEPTH = 20

#: Remarks on the reading that name nothing of the sender's.
CONVERTED = "offsets refer to the text converted from HTML"
CUT_OFF = "the mail is cut off: the end of a part is missing"
NO_HEADERS = "no mail headers were found, so it was read as a text"


@dataclass(frozen=True, slots=True)
class Masked:
    """A stretch of the source that is not the note.

    Attributes:
        span: where it is, in code points, trimmed of surrounding whitespace.
        reason: ``quote`` (somebody else's mail, with the line that introduces it), ``header`` (mail headers,
            a subject line, the address block of a letter), ``signature``, ``footer`` (legal or unsubscribe
            text) or ``front-matter``.
    """

    span: Span
    reason: Reason


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it was read.

    Attributes:
        source: the caller's own string; the decoded text of bytes or of a mail; the converted text of HTML.
            All offsets are code points in it.
        spans: the parts of ``source`` that are the note: in order, disjoint, not empty, trimmed of blanks.
        masked: the other parts that are not blank, in order.
        name: path, or ``path:line`` of a row, ``path#number`` of a message in a mailbox; None when unnamed.
        remarks: what a reader of the result should know about the reading ("attachment cv.pdf was ignored").
        converted: whether ``source`` was converted from HTML.
        verbatim: whether ``source`` is the text as it was given, so that its lines are those of a file; it is
            not where it was taken out of a mail or of HTML.
    """

    source: str
    spans: tuple[Span, ...]
    masked: tuple[Masked, ...] = ()
    name: str | None = None
    remarks: tuple[str, ...] = ()
    converted: bool = False
    verbatim: bool = True


def label(name: str | None) -> str:
    """``name`` on one line, fit for a message; ``draft`` when there is none."""
    if name is None:
        return "draft"
    return name if name.isprintable() else ascii(name)[1:-1]


def failure(name: str | None, cause: str) -> NotecheckError:
    """The error that names the file and the cause."""
    return NotecheckError(f"{label(name)}: {cause}")


def os_failure(name: str | None, error: OSError) -> NotecheckError:
    """The error for a file that the operating system does not give."""
    if isinstance(error, FileNotFoundError):
        return failure(name, "no such file")
    return failure(name, (error.strerror or type(error).__name__).lower())


@contextmanager
def opened(path: os.PathLike[Any]) -> Iterator[BufferedReader]:
    """The file at ``path``, open for reading.

    Raises:
        NotecheckError: it cannot be opened or read.
    """
    name = os.fsdecode(path)
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below; errors of the caller are none of the file
    except OSError as error:
        raise os_failure(name, error) from None
    except ValueError:
        raise failure(name, "not a valid path") from None
    with file:
        try:
            yield file
        except OSError as error:
            raise os_failure(name, error) from None


def read_limited(file: BinaryIO, name: str | None, limit: int) -> bytes:
    """The bytes of an open file, refused by its size before it is read.

    Raises:
        NotecheckError: the file is larger than ``limit`` bytes.
    """
    try:
        size = os.fstat(file.fileno()).st_size
    except OSError:
        # What lies in memory has no descriptor.
        size = 0
    # A pipe has no size, so what comes out of it is counted too.
    data = b"" if size > limit else file.read(limit + 1)
    if max(size, len(data)) > limit:
        raise failure(name, f"larger than {_size(limit)}, too large for a draft")
    return data


def _size(count: int) -> str:
    return f"{count / 2**20:.0f} MiB"
