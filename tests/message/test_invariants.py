"""What holds for any text and any bytes."""

from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notecheck.message import Draft, read, read_all
from notecheck.types import NotecheckError

LINES = [
    "Hi Dana,",
    "Dear Ms. Lee,",
    "Thank you for the tour of the kiln.",
    "> quoted",
    "On Monday you wrote:",
    "On Mon, 3 Mar 2025 at 10:12, Al <al@example.com> wrote:",
    "-- ",
    "--",
    "Best regards,",
    "Ann Smith",
    "Senior Nurse",
    "senior nurse",
    "555-010-2020",
    "ann@example.com",
    "P.S. more",
    "Subject: Thank you",
    "Re: role",
    "From: Al <al@example.com>",
    "Sent: Monday 3 March 2025",
    "To: Ann",
    "-----Original Message-----",
    "Sent from my iPhone",
    "This email is confidential and intended only for the addressee.",
    "12 Oak Street",
    "March 3, 2025",
    "Was it my SQL?",
    "",
    "",
    "",
    "| bar",
    "[Your Name]",
    "Thanks",
    "Dana,",
    "Dana wrote:",
    "- jo",
    "________________",
    "\u200b",
    "\xa0",
    "“Curly’s”",
    "👩‍🔬 ok",
    "Python",
    "---",
    "*From:* Al <al@example.com>",
    "Al <al@example.com> hat am 03.03.2025 10:12 geschrieben:",
    "[cid:image001.png]",
    "Unfortunately we chose another candidate for now.",
    "We will keep your CV on file.",
    "Was it my glazing, in the end?",
    "Viele Grüße",
]
TEXTS = st.builds(
    lambda lines, newline: newline.join(lines),
    st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=12)), max_size=14),
    st.sampled_from(["\n", "\r\n"]),
)
APPENDED = [
    "\n\nOn Tue, 4 Mar 2025 at 16:12, Al <al@example.com> wrote:\n> Dear Ann,\n>\n> We keep your CV.\n",
    "\n\nOn 3/4/2025 4:12 PM, Al wrote:\nDear Ann,\n\nwe keep your CV on file.\n",
    "\n\n> We keep\n>> your CV\n",
    "\n\n-----Original Message-----\nFrom: Al\nSent: Monday\nTo: Ann\nSubject: Job\n\nDear Ann,\nWe keep.",
    "\n\nFrom: Al <al@example.com>\nSent: Monday, 3 March 2025\nTo: Ann\nSubject: Job\n\nDear Ann,\nWe do.",
    "\n\n---------- Forwarded message ---------\nFrom: Al <al@example.com>\nSubject: Job\n\nDear Ann,\nOk.",
    "\n\nBegin forwarded message:\n\nFrom: Al\nSubject: Job\n\nWe keep it.",
    "\n\n-- \nAnn Smith\nSenior Engineer\n+1 555 010 2020\nWe keep your CV on file.",
]


def check_shape(draft: Draft) -> None:
    """All stretches lie in the source, in order, disjoint and trimmed, and leave out nothing but blanks."""
    stretches = sorted([*draft.spans, *(item.span for item in draft.masked)])
    assert [span for span in stretches if span in draft.spans] == list(draft.spans)
    assert list(draft.masked) == sorted(draft.masked, key=lambda item: item.span)
    assert all(0 <= span.start < span.end <= len(draft.source) for span in stretches)
    assert all(before.end <= after.start for before, after in pairwise(stretches))
    assert all(span.of(draft.source).strip() == span.of(draft.source) for span in stretches)
    covered = {i for span in stretches for i in range(span.start, span.end)}
    assert all(i in covered or not char.isalnum() for i, char in enumerate(draft.source))


def note(text: str) -> str:
    draft = read(text)
    return "\n\n".join(span.of(text) for span in draft.spans)


@settings(deadline=None, max_examples=150)
@given(st.one_of(TEXTS, st.text()))
def test_any_string_is_read(text: str) -> None:
    draft = read(text)
    assert draft.source == text
    check_shape(draft)
    assert read(text) == draft


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.binary(), st.builds(str.encode, TEXTS, st.sampled_from(["utf-8", "utf-16"]))))
def test_any_bytes_are_read_or_refused_in_one_line(data: bytes) -> None:
    for name in (None, "draft.eml", "draft.html", "draft.md"):
        try:
            check_shape(read(data, name=name))
        except NotecheckError as error:
            assert len(str(error).splitlines()) == 1


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.sampled_from(
            [
                b"From: a@example.com",
                b"Content-Type: text/plain; charset=",
                b"Content-Type: multipart/mixed; boundary=b",
                b"Content-Type: text/html",
                b"Content-Transfer-Encoding: base64",
                b"MIME-Version: 1.0",
                b"--b",
                b"--b--",
                b"",
                b"",
                b"SGkgRGFuYQ==",
                b"<p>Hi",
                b"\xff\xfe",
                b"=E9=",
                b"From x",
                b"Content-Disposition: attachment; filename*=x",
            ]
        ),
        max_size=14,
    )
)
def test_any_mail_is_read_or_refused_in_one_line(lines: list[bytes]) -> None:
    try:
        check_shape(read(b"\n".join(lines), name="draft.eml"))
    except NotecheckError as error:
        assert len(str(error).splitlines()) == 1


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_the_note_alone_is_all_note(text: str) -> None:
    once = note(text)
    assert note(once) == once


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.sampled_from(APPENDED))
def test_what_is_appended_changes_nothing(text: str, appended: str) -> None:
    # Below nothing at all, a header block is the draft's own.
    if read(text).spans:
        assert note(text + appended) == note(text)


@settings(deadline=None, max_examples=50)
@given(TEXTS)
def test_a_mail_reads_as_its_text(text: str) -> None:
    text = "".join(char for char in text if char == "\n" or char.isprintable())
    message = EmailMessage()
    message["From"] = "bo@example.com"
    message.set_content(text, cte="base64")
    draft = read(message)
    assert [span.of(draft.source) for span in draft.spans] == [span.of(text) for span in read(text).spans]


@pytest.mark.parametrize("suffix", ["mbox", "jsonl"])
def test_any_bytes_in_a_box_are_read_or_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"drafts.{suffix}"

    @settings(deadline=None, max_examples=60)
    @given(
        st.lists(
            st.sampled_from(
                [
                    b"From a@b Mon Mar  3 10:12:33 2025\n",
                    b"From x\n",
                    b"A: b\n",
                    b"\n",
                    b"Hi\n",
                    b'{"text": "Hi"}\n',
                    b"{}\n",
                    b"\xff",
                    b"\0\n",
                    b"[1",
                ]
            ),
            max_size=12,
        )
    )
    def check(lines: list[bytes]) -> None:
        path.write_bytes(b"".join(lines))
        for item in read_all(path):
            assert isinstance(item, Draft | NotecheckError)

    check()


@pytest.mark.parametrize(
    "text",
    [
        ">" * 10**6,
        ">\n" * 500_000,
        "\n" * 10**6,
        "On " * 300_000,
        "On x wrote:\n" * 80_000,
        "-- \nx\n" * 150_000,
        "From: A\nTo: b\nSubject: x\n\n" * 30_000,
        "best " * 200_000,
        "Thanks,\n" * 120_000,
        "(1" * 500_000,
        "\u200b" * 10**6,
        "-----Original Message-----\n--- end of original message ---\n" * 15_000,
    ],
    ids=range(12),
)
def test_a_megabyte_of_anything_is_read(text: str) -> None:
    read(text[:1_000_000])
