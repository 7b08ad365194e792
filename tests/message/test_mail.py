"""Mail in its forms: parts, encodings, attachments, malformed and hostile messages."""

import sys
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any

import pytest

from notecheck.message import Draft, read
from notecheck.types import NotecheckError

HEAD = b"From: bo@example.com\r\nMIME-Version: 1.0\r\n"


def texts(draft: Draft) -> list[str]:
    return [span.of(draft.source) for span in draft.spans]


def mail(text: str, subtype: str = "plain", **content: Any) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Bo <bo@example.com>"
    message["Subject"] = "Thank you"
    message.set_content(text, subtype=subtype, **content)
    return message


def eml(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "draft.eml"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("cte", ["base64", "quoted-printable", "8bit"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "cp1252", "cp437"])
def test_transfer_encodings_and_character_sets(cte: str, charset: str, tmp_path: Path) -> None:
    message = mail(
        "Grüße Zoë,\n\nthanks for the long, long afternoon in the foundry.\n", charset=charset, cte=cte
    )
    for draft in (read(message), read(eml(tmp_path, message.as_bytes())), read(message.as_bytes())):
        assert texts(draft) == ["Grüße Zoë,\n\nthanks for the long, long afternoon in the foundry."]
        assert draft.remarks == ()
        assert not draft.converted


def test_plain_text_is_preferred_and_attachments_are_named(tmp_path: Path) -> None:
    message = mail("The plain note.\n")
    message.add_alternative("<p>The <b>other</b> one.</p>", subtype="html")
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="résumé.pdf")
    message.add_attachment("a text\n", filename="notes.txt")
    message.add_attachment(mail("We keep your details."))
    draft = read(eml(tmp_path, message.as_bytes()))
    assert texts(draft) == ["The plain note."]
    assert draft.remarks == (
        "attachment résumé.pdf was ignored",
        "attachment notes.txt was ignored",
        "attachment of type message/rfc822 was ignored",
    )
    assert draft.name == str(tmp_path / "draft.eml")


def test_an_empty_plain_part_gives_way_to_html() -> None:
    message = mail("  \n")
    message.add_alternative("<p>Thanks for the tour.</p>", subtype="html")
    draft = read(message)
    assert texts(draft) == ["Thanks for the tour."]
    assert draft.converted
    assert draft.remarks == ("offsets refer to the text converted from HTML",)


def test_nested_parts_are_read_in_order() -> None:
    outer, inner = EmailMessage(), EmailMessage()
    inner.make_mixed()
    for text in ("First half.\n", "Second half.\n"):
        part = EmailMessage()
        part.set_content(text)
        inner.attach(part)
    outer.make_mixed()
    outer.attach(inner)
    assert texts(read(outer)) == ["First half.\n\nSecond half."]


def test_a_message_of_the_old_policy() -> None:
    message = Message()
    message["From"] = "bo@example.com"
    message.set_payload("Thanks for the tour.")
    assert texts(read(message)) == ["Thanks for the tour."]


def test_an_unknown_character_set_is_guessed_with_a_remark(tmp_path: Path) -> None:
    draft = read(eml(tmp_path, HEAD + b"Content-Type: text/plain; charset=x-klingon\r\n\r\nThanks, Zo\xeb."))
    assert texts(draft) == ["Thanks, Zoë."]
    assert draft.remarks == (
        "the text declares the unknown character set 'x-klingon' and was read as cp1252",
    )


def test_a_wrong_character_set_is_guessed_with_a_remark(tmp_path: Path) -> None:
    draft = read(eml(tmp_path, HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\nThanks, Zo\xeb."))
    assert texts(draft) == ["Thanks, Zoë."]
    assert draft.remarks == ("the text is not utf-8 and was read as cp1252",)


def test_quoted_mail_in_a_mail_is_masked() -> None:
    draft = read(mail("Thanks.\n\nOn Mon, 3 Mar 2025 at 10:00, Al <al@example.com> wrote:\n> We keep it.\n"))
    assert texts(draft) == ["Thanks."]
    assert [item.reason for item in draft.masked] == ["quote"]


def test_bytes_with_a_few_header_lines_are_a_text() -> None:
    draft = read(b"To: al@example.com\nSubject: Thank you\n\nThanks for the tour.")
    assert [item.reason for item in draft.masked] == ["header"]
    assert texts(draft) == ["Thanks for the tour."]


def test_a_mail_without_headers_is_read_as_a_text(tmp_path: Path) -> None:
    draft = read(eml(tmp_path, b"Thanks for the tour."))
    assert texts(draft) == ["Thanks for the tour."]
    assert draft.remarks == ("no mail headers were found, so it was read as a text",)


def test_a_cut_mail_is_read_with_a_remark(tmp_path: Path) -> None:
    head = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n"
    draft = read(eml(tmp_path, head + b"Thanks for the to"))
    assert texts(draft) == ["Thanks for the to"]
    assert draft.remarks == ("the mail is cut off: the end of a part is missing",)


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (HEAD + b"Content-Type: image/png\r\n\r\nabc", "no text part in the mail"),
        (HEAD + b"\r\n\r\n", "empty draft"),
        (
            HEAD + b"Content-Type: text/plain; " + b"a=b; " * 40_000 + b"\r\n\r\nhi",
            "content headers are too long",
        ),
        (HEAD + b"Content-Type: text/plain; " + b"(" * 3000 + b"\r\n\r\nhi", "malformed mail"),
        (HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 9000, "100 parts"),
        (b"\x89PNG\r\n\0\0", "binary data"),
        (HEAD + b"\r\nThanks\0\0", "binary data"),
        (
            HEAD + b"Content-Type: multipart/mixed\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHi",
            "malformed",
        ),
        (
            HEAD + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--b\r\nX: y\r\n\r\nHi",
            "malformed mail: its parts cannot be told apart",
        ),
        (HEAD + b"\r\n" + b"a" * 1_100_000, "characters, a draft has at most"),
    ],
    ids=[
        "image",
        "empty",
        "long header",
        "deep header",
        "many parts",
        "binary",
        "zero",
        "no boundary",
        "other boundary",
        "long",
    ],
)
def test_mails_that_cannot_be_read(data: bytes, cause: str, tmp_path: Path) -> None:
    path = eml(tmp_path, data)
    with pytest.raises(NotecheckError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert cause in str(error.value)
    assert "\n" not in str(error.value)


def test_parts_nested_too_deeply(tmp_path: Path) -> None:
    message = mail("Deep inside.")
    for _ in range(30):
        outer = EmailMessage()
        outer.make_mixed()
        outer.attach(message)
        message = outer
    message["From"] = "bo@example.com"
    with pytest.raises(NotecheckError, match="nested more than 20 deep"):
        read(message)
    with pytest.raises(NotecheckError, match="nested more than 20 deep"):
        read(eml(tmp_path, message.as_bytes()))


def test_html_without_the_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "inscriptis.html_engine", None)
    with pytest.raises(NotecheckError, match=r'pip install "notecheck\[html\]"'):
        read(mail("<p>Thanks.</p>", subtype="html"))
