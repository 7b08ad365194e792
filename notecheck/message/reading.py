"""`read` and `read_all`: every form of a draft to a `Draft`."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from notecheck.message import decode
from notecheck.message.draft import (
    CONVERTED,
    MAX_MAIL_BYTES,
    MAX_MARKUP,
    MAX_TEXT_BYTES,
    NO_HEADERS,
    Draft,
    Masked,
    failure,
    opened,
    read_limited,
)
from notecheck.message.mask import mask
from notecheck.types import NotecheckError

if TYPE_CHECKING:
    from email.message import Message

_FORMS = {
    ".txt": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    ".eml": "mail",
    ".html": "html",
    ".htm": "html",
    ".mbox": "mailbox",
    ".jsonl": "rows",
}
# A text, unless it opens as only mails and pages do.
_ANY = "any"
_BOXES = ("mailbox", "rows")
_LIMITS = {"mail": MAX_MAIL_BYTES, _ANY: MAX_MAIL_BYTES, "html": 4 * MAX_MARKUP}


def read(
    draft: str | bytes | bytearray | Message[Any, Any] | os.PathLike[Any], *, name: str | None = None
) -> Draft:
    """Read one draft.

    Args:
        draft: the text itself (a ``str`` is never a path); bytes; a mail; or the path of a .txt, .md, .eml,
            .html file. Bytes and files of any other suffix are a text, or a mail or HTML when they clearly are.
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
        with opened(draft) as file:
            data = read_limited(file, path, _LIMITS.get(form, MAX_TEXT_BYTES))
        return _read_bytes(data, path)
    from email.message import Message

    if isinstance(draft, Message):
        return read_mail(draft, name)
    raise TypeError(f"a draft is str, bytes, EmailMessage or a path, not {type(draft).__name__}")


def read_all(
    source: os.PathLike[Any] | bytes | io.BufferedReader, *, name: str | None = None
) -> Iterator[Draft | NotecheckError]:
    """Read every draft in a file: one of most forms, many of .mbox and .jsonl, one after the other.

    Args:
        source: the path of the file, or its content.
        name: what messages call content; its suffix tells the form. A path is its own name.

    Yields:
        For each draft the draft, or the error that kept it from being read, so that the others still are;
        the error of the whole file when that cannot be read. Rows are named ``path:line``, messages
        ``path#number``, both from 1.
    """
    try:
        if isinstance(source, os.PathLike):
            with opened(source) as file:
                yield from _read_file(file, os.fsdecode(source))
        else:
            file = io.BufferedReader(io.BytesIO(source)) if isinstance(source, bytes) else source
            yield from _read_file(file, name or "draft")
    except NotecheckError as error:
        yield error


def _read_file(file: io.BufferedReader, name: str) -> Iterator[Draft | NotecheckError]:
    form = _form(name)
    if form == _ANY and decode.SEPARATOR.match(file.peek(1000)):
        # Mail programs name their mailboxes "Sent" or "Drafts".
        form = "mailbox"
    if form in _BOXES:
        from notecheck.message import boxes

        yield from boxes.read_mailbox(file, name) if form == "mailbox" else boxes.read_rows(file, name)
    else:
        yield _read_bytes(read_limited(file, name, _LIMITS.get(form, MAX_TEXT_BYTES)), name)


def read_text(text: str, name: str | None, *, markdown: bool = False, remarks: tuple[str, ...] = ()) -> Draft:
    """The draft in a text. Errors as of `read`."""
    spans, masked = mask(decode.check_length(text, name), front_matter=markdown)
    return Draft(text, spans, masked, name, remarks)


def read_mail(message: Message[Any, Any], name: str | None) -> Draft:
    """The draft in a mail. Errors as of `read`."""
    from notecheck.message import mail

    body = mail.extract(message, name)
    draft = _masked(body.text, body.known, name, body.remarks, body.converted)
    return require_note(replace(draft, verbatim=False))


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
    if form == "html" or (form == _ANY and decode.looks_like_html(data)):
        from notecheck.message import markup

        converted = markup.convert(markup.decode_markup(data, name), name)
        decode.check_length(converted.text, name)
        return require_note(_masked(converted.text, converted.known, name, (), True))
    remarks: tuple[str, ...] = ()
    opens_like_mail = form in ("mail", _ANY) and decode.looks_like_mail(data)
    if form == "mail" or opens_like_mail:
        from notecheck.message import mail

        # A blank line above the headers would end them before they begin.
        message = mail.parse(data.lstrip(b"\r\n") if opens_like_mail else data, name)
        if message.keys():
            return read_mail(message, name)
        remarks = (NO_HEADERS,)
    draft = read_text(decode.decode(data, name), name, markdown=form == "markdown", remarks=remarks)
    return require_note(draft)


def _masked(
    text: str, known: tuple[Masked, ...], name: str | None, remarks: tuple[str, ...], converted: bool
) -> Draft:
    spans, masked = mask(text, known=known)
    if converted:
        remarks = (CONVERTED, *remarks)
    return Draft(text, spans, masked, name, remarks, converted, verbatim=not converted)


def _form(name: str | None) -> str:
    return _FORMS.get(PurePath(name).suffix.lower(), _ANY) if name else _ANY


def _refuse_boxes(form: str, name: str | None) -> None:
    if form in _BOXES:
        raise failure(name, "holds many drafts, not one")
