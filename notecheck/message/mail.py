"""Mail to text: the part that a reader sees, decoded, under limits; the rest is named and left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email import errors, policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from typing import Any, TypeVar

from notecheck.message.decode import check_length, decode_leniently
from notecheck.message.draft import (
    CUT_OFF,
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_MAIL_BYTES,
    MAX_PARTS,
    Masked,
    failure,
)
from notecheck.message.markup import convert
from notecheck.types import NotecheckError, Span

# The standard library reads these fields in quadratic time, so their length is looked at before they are.
_CONTENT_FIELD = re.compile(
    rb"(?:\A|[\r\n])content-[a-z-]*[ \t]*:[^\r\n]*(?:[\r\n]+[ \t][^\r\n]*)*", re.IGNORECASE
)
_LONGEST_FIELD = 4096
_LONGEST_FIELDS = 2**17
_TRUNCATION = (errors.CloseBoundaryNotFoundDefect, errors.InvalidBase64LengthDefect)
_PARTLESS = (errors.NoBoundaryInMultipartDefect, errors.StartBoundaryNotFoundDefect)
# What the standard library's header parser is known to let out.
_MALFORMED = (
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    errors.MessageError,
)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Body:
    """The text of a mail.

    Attributes:
        text: the decoded text body, or the text converted from the HTML body.
        known: stretches of ``text`` that the markup shows not to be the note, by their start.
        remarks: attachments that were ignored, character sets that were guessed.
        converted: whether the text was converted from HTML.
    """

    text: str
    known: tuple[Masked, ...]
    remarks: tuple[str, ...]
    converted: bool


@dataclass(slots=True)
class _Found:
    """What a walk over the parts gathers."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    parts: int = 0
    broken: bool = False

    def add(self, other: _Found) -> None:
        self.plain += other.plain
        self.html += other.html
        self.remarks += other.remarks


class _TooManyPartsError(Exception):
    """Raised while parsing, before a mail that consists of boundaries has filled the memory."""


def parse(data: bytes, name: str | None) -> EmailMessage:
    """The mail in ``data``, by the modern policy.

    Raises:
        NotecheckError: it is larger, deeper or in more parts than the limits, or no mail at all.
    """
    if len(data) > MAX_MAIL_BYTES:
        raise failure(name, f"larger than {MAX_MAIL_BYTES // 2**20} MiB, too large for a draft")
    total = 0
    for match in _CONTENT_FIELD.finditer(data):
        length = match.end() - match.start()
        total += length
        if length > _LONGEST_FIELD or total > _LONGEST_FIELDS:
            raise failure(name, "malformed mail: its content headers are too long")
    text = data.removeprefix(b"\xef\xbb\xbf")
    return _guard(name, lambda: BytesParser(_counting(), policy=policy.default).parsebytes(text))


def extract(message: Message[Any, Any], name: str | None) -> Body:
    """The text of a mail: the plain part, or the HTML part converted.

    Raises:
        NotecheckError: there is no text in it, it exceeds the limits, or the ``html`` extra is missing.
    """
    if not isinstance(message, EmailMessage):
        raw = _guard(name, message.as_bytes)
        message = parse(raw, name)
    found = _Found()
    top = message
    _guard(name, lambda: _walk(top, 0, found, name))
    remarks = [*found.remarks, *(f"attachment {each} was ignored" for each in found.ignored)]
    if found.broken:
        remarks.append(CUT_OFF)
    if any(text.strip() for text in found.plain):
        text = check_length("\n".join(found.plain), name)
        return Body(text, (), tuple(remarks), False)
    if found.html:
        text, known = _join_html(found.html, name)
        return Body(check_length(text, name), known, tuple(remarks), True)
    if found.plain:
        return Body("\n".join(found.plain), (), tuple(remarks), False)
    raise failure(name, "no text part in the mail")


def _guard(name: str | None, step: Callable[[], _T]) -> _T:
    """Run a step over a mail, and turn what the standard library throws at malformed ones into one line."""
    try:
        return step()
    except NotecheckError:
        raise
    except _TooManyPartsError:
        raise failure(name, f"more than {MAX_PARTS} parts in one mail") from None
    except RecursionError:
        raise failure(name, "malformed mail: nested too deeply") from None
    except _MALFORMED as error:
        raise failure(name, f"malformed mail ({type(error).__name__})") from None


def _counting() -> Callable[..., EmailMessage]:
    """A message factory for one parse that stops at `MAX_PARTS`."""
    count = 0

    def make(policy: policy.EmailPolicy) -> EmailMessage:
        nonlocal count
        count += 1
        if count > MAX_PARTS:
            raise _TooManyPartsError
        return EmailMessage(policy=policy)

    return make


def _walk(part: Any, depth: int, found: _Found, name: str | None) -> None:
    found.parts += 1
    if depth > MAX_DEPTH:
        raise failure(name, f"parts of the mail are nested more than {MAX_DEPTH} deep")
    if found.parts > MAX_PARTS:
        raise _TooManyPartsError
    kind = part.get_content_type()
    payload = part.get_payload()
    attached = part.get_content_disposition() == "attachment" or bool(part.get_filename())
    if depth and (attached or kind.startswith("message/")):
        found.ignored.append(_describe(part, kind))
    elif isinstance(payload, list):
        if kind == "multipart/alternative":
            _choose(payload, depth, found, name)
        else:
            for child in payload:
                _walk(child, depth + 1, found, name)
    elif any(isinstance(defect, _PARTLESS) for defect in part.defects):
        # Read as a text it would be headers and encoded lines.
        raise failure(name, "malformed mail: its parts cannot be told apart, their boundary is missing")
    elif kind in ("text/plain", "text/html") or part.get_content_maintype() == "multipart":
        _take(part, found.html if kind == "text/html" else found.plain, found, name)
    else:
        found.ignored.append(_describe(part, kind))
    found.broken = found.broken or any(isinstance(defect, _TRUNCATION) for defect in part.defects)


def _choose(children: list[Any], depth: int, found: _Found, name: str | None) -> None:
    """Of alternatives take the plain one; an empty one gives way to the HTML."""
    choices = []
    for child in children:
        choice = _Found(ignored=found.ignored, parts=found.parts)
        _walk(child, depth + 1, choice, name)
        found.parts = choice.parts
        found.broken = found.broken or choice.broken
        choices.append(choice)
    for choice in choices:
        if any(text.strip() for text in choice.plain):
            found.add(choice)
            return
    for choice in reversed(choices):
        if choice.html:
            found.add(choice)
            return
    for choice in choices:
        found.add(choice)


def _take(part: EmailMessage, texts: list[str], found: _Found, name: str | None) -> None:
    data = part.get_payload(decode=True) or b""
    # A text of the longest kind with four bytes a character, or the markup around it.
    if not isinstance(data, bytes) or len(data) > 16 * MAX_CHARACTERS:
        raise failure(name, f"a text part of more than {MAX_CHARACTERS:,} characters")
    text, remark = decode_leniently(data, part.get_content_charset())
    if "\0" in text:
        raise failure(name, "binary data (a NUL in a text part), not a text")
    texts.append(text)
    if remark is not None:
        found.remarks.append(remark)


def _describe(part: EmailMessage, kind: str) -> str:
    name = part.get_filename() or ""
    clean = "".join(char for char in name if char.isprintable())[:100].strip()
    return clean or f"of type {kind[:60]}"


def _join_html(texts: list[str], name: str | None) -> tuple[str, tuple[Masked, ...]]:
    pieces: list[str] = []
    known: list[Masked] = []
    length = 0
    for markup in texts:
        converted = convert(markup, name)
        known += (
            Masked(Span(item.span.start + length, item.span.end + length), item.reason)
            for item in converted.known
        )
        pieces.append(converted.text)
        length += len(converted.text) + 1
    return "\n".join(pieces), tuple(known)
