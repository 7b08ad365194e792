"""`read` and `read_all`: every form of a draft to a `Draft`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from notecheck.message import decode
from notecheck.message.draft import (
    MAX_MAIL_BYTES,
    MAX_MARKUP,
    MAX_TEXT_BYTES,
    Draft,
    Masked,
    failure,
    read_limited,
)
from notecheck.message.mask import mask
from notecheck.types import NotecheckError

if TYPE_CHECKING:
    from email.message import Message

_FORMS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".eml": "mail",
    ".html": "html",
    ".htm": "html",
    ".mbox": "mailbox",
    ".jsonl": "rows",
}
_LIMITS = {"mail": MAX_MAIL_BYTES, "html": 4 * MAX_MARKUP}


def read(
    draft: str | bytes | bytearray | Message[Any, Any] | os.PathLike[Any], *, name: str | None = None
) -> Draft:
    """Read one draft.

    Args:
        draft: the text itself (a ``str`` is never a path); bytes of a text, or of a mail when they clearly
            are one; a mail; or the path of a .txt, .md, .eml, .html file (any other suffix is a text).
        name: what messages call the draft. For bytes its suffix tells the form as that of a path does; for a
            ``str`` only ``.md`` matters. A path is its own name.

    Returns:
        The draft. Its ``source`` is ``draft`` itself for a ``str``. A ``str`` without any note in it gives a
        draft without spans, and so do unnamed bytes and mails.

    Raises:
        NotecheckError: the file cannot be read, is too large, binary, undecodable, malformed or, having a
            name, holds no note.
        TypeError: ``draft`` is none of these types.
    """
    if isinstance(draft, str):
        return read_text(draft, name, markdown=_form(name) == "markdown")
    if isinstance(draft, bytes | bytearray):
        return _read_bytes(bytes(draft), name)
    if isinstance(draft, os.PathLike):
        path = os.fsdecode(draft)
        form = _form(path)
        _refuse_boxes(form, path)
        return _read_bytes(read_limited(path, _LIMITS.get(form, MAX_TEXT_BYTES)), path)
    from email.message import Message

    if isinstance(draft, Message):
        return read_mail(draft, name)
    raise TypeError(f"a draft is str, bytes, EmailMessage or a path, not {type(draft).__name__}")


def read_all(path: os.PathLike[Any]) -> Iterator[Draft | NotecheckError]:
    """Read every draft in a file: one of most forms, many of .mbox and .jsonl, one after the other.

    Args:
        path: the file.

    Yields:
        For each draft the draft, or the error that kept it from being read, so that the others still are;
        the error of the whole file when that cannot be read. Rows are named ``path:line``, messages
        ``path#number``, both from 1.
    """
    form = _form(os.fsdecode(path))
    if form in ("mailbox", "rows"):
        from notecheck.message import boxes

        yield from boxes.read_mailbox(path) if form == "mailbox" else boxes.read_rows(path)
        return
    try:
        result: Draft | NotecheckError = read(path)
    except NotecheckError as error:
        result = error
    yield result


def read_text(text: str, name: str | None, *, markdown: bool = False, remarks: tuple[str, ...] = ()) -> Draft:
    """The draft in a text. Errors as of `read`."""
    spans, masked = mask(decode.check_length(text, name), front_matter=markdown)
    return Draft(text, spans, masked, name, remarks)


def read_mail(message: Message[Any, Any], name: str | None) -> Draft:
    """The draft in a mail. Errors as of `read`."""
    from notecheck.message import mail

    body = mail.extract(message, name)
    return require_note(_masked(body.text, body.known, name, body.remarks, body.converted))


def require_note(draft: Draft) -> Draft:
    """``draft`` itself.

    Raises:
        NotecheckError: it has a name, and nothing in it is a note.
    """
    if draft.name is not None and not draft.spans:
        detail = ": nothing but quoted mail, headers and signatures" if draft.masked else ""
        raise failure(draft.name, f"empty draft{detail}")
    return draft


def _read_bytes(data: bytes, name: str | None) -> Draft:
    form = _form(name)
    _refuse_boxes(form, name)
    if form == "html":
        from notecheck.message import markup

        converted = markup.convert(markup.decode_markup(data, name), name)
        decode.check_length(converted.text, name)
        return require_note(_masked(converted.text, converted.known, name, (), True))
    remarks: tuple[str, ...] = ()
    if form == "mail" or (name is None and decode.looks_like_mail(data)):
        from notecheck.message import mail

        message = mail.parse(data, name)
        if message.keys():
            return read_mail(message, name)
        remarks = ("no mail headers were found, so it was read as a text",)
    draft = read_text(decode.decode(data, name), name, markdown=form == "markdown", remarks=remarks)
    return require_note(draft)


def _masked(
    text: str, known: tuple[Masked, ...], name: str | None, remarks: tuple[str, ...], converted: bool
) -> Draft:
    spans, masked = mask(text, known=known)
    if converted:
        remarks = ("offsets refer to the text converted from HTML", *remarks)
    return Draft(text, spans, masked, name, remarks, converted)


def _form(name: str | None) -> str:
    return _FORMS.get(PurePath(name).suffix.lower(), "text") if name else "text"


def _refuse_boxes(form: str, name: str | None) -> None:
    if form in ("mailbox", "rows"):
        raise failure(name, "holds many drafts, not one")
