"""What must hold for any text."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import notecheck
from notecheck import NotecheckError, Report, message

CALM = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

READY = (
    "Hi Petra,\n\nThank you for the morning in the bindery, and to Luc for letting me try the gilding wheel. "
    "Was it my stitching sample that decided it?\n\nIf a bench comes free, please keep me in mind; "
    "bookbinding is still what I want to do.\n\nBest wishes,\nOrla"
)

WORDS = st.sampled_from(
    ["thank you", "for", "the tour", "was it", "my", "portfolio", "?", ".", "\n", "\n\n", "keep me in mind", "[Name]",
     "after five rounds", "I'm", "don’t", "“noted”", ">", "-- ", "On Monday you wrote:", "😀", "\u200b", "\xa0", "Dear Ana,"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=200), st.lists(WORDS, max_size=30).map(" ".join))


def quoted_right(report: Report, source: str) -> None:
    placed = [item for check in report.checks.values() for item in check.evidence]
    placed += [item for item in report.findings if item.span is not None]
    placed += [
        item for score in report.scores.values() for item in score.contributions if item.span is not None
    ]
    for item in placed:
        assert 0 <= item.span.start < item.span.end <= len(source)
        assert source[item.span.start : item.span.end] == item.quote


@CALM
@given(TEXTS)
def test_any_text_gives_a_report_whose_quotes_are_in_it(text: str) -> None:
    report = notecheck.check(text)
    quoted_right(report, text)
    json.dumps(report.to_dict())
    for check in report.checks.values():
        assert check.evidence or not check.passed


@CALM
@given(st.binary(max_size=200))
def test_any_bytes_give_a_report_or_one_line(data: bytes) -> None:
    try:
        notecheck.check(data)
    except NotecheckError as error:
        assert "\n" not in str(error)


@CALM
@given(TEXTS)
def test_the_same_text_gives_the_same_report(text: str) -> None:
    assert notecheck.check(text).to_dict() == notecheck.check(text).to_dict()


QUOTES = [
    "\n\nOn Tue, 4 Mar 2025 at 16:12, Petra Blom <petra@bindery.example> wrote:\n> Thank you for the lunch with Ivo.\n"
    "> We will keep your résumé on file and keep you in mind.\n",
    "\n\n-----Original Message-----\nFrom: Petra Blom\nSent: Tuesday\nTo: Orla\nSubject: Your application\n\n"
    "We will keep your CV on file. Was it my fault?\n",
    "\n-- \nOrla Byrne\n+353 1 555 0100\n",
    # Pasted, with nothing that marks it as quoted.
    "\n\nDear Orla,\n\nUnfortunately we chose another candidate. We will keep your CV on file and will contact you "
    "if a similar role opens up.\n\nKind regards,\nPetra\n",
]


@pytest.mark.parametrize("tail", QUOTES)
@pytest.mark.parametrize(
    "note", [READY, "Hello,\n\nThanks for letting me know.\n\nSam", "Not surprised.\n\nKit"]
)
def test_what_is_not_the_note_changes_no_verdict(note: str, tail: str) -> None:
    alone, followed = notecheck.check(note), notecheck.check(note + tail)
    assert {k: v.status for k, v in alone.checks.items()} == {k: v.status for k, v in followed.checks.items()}
    assert alone.scores == followed.scores
    assert alone.findings == followed.findings


@CALM
@given(
    st.one_of(TEXTS, st.sampled_from(["", "Hi Petra,\n\n", "Thanks for the tour. "]).map(READY.__add__)),
    st.sampled_from(QUOTES[:3]),
)
def test_quoted_mail_below_any_note_changes_no_verdict(note: str, tail: str) -> None:
    # Below nothing at all, a header block is the draft's own.
    if message.read(note).spans:
        alone, followed = notecheck.check(note), notecheck.check(note + tail)
        assert alone.checks == followed.checks
        assert alone.scores == followed.scores
        assert alone.findings == followed.findings


def test_pipe_gives_what_check_gives_in_order() -> None:
    texts = [READY, "Thanks.", "", "Was it my German?", READY.replace("\n", "\r\n")] * 3
    checker = notecheck.Checker()
    assert list(checker.pipe(texts)) == [checker.check(text) for text in texts]


def test_offsets_survive_odd_characters() -> None:
    odd = (
        READY.replace(" ", "\xa0", 3)
        .replace("gilding", "gild\u200bing")
        .replace("'", "’")
        .replace("\n", "\r\n")
    )
    report = notecheck.check("😀 " + odd)
    quoted_right(report, "😀 " + odd)
    assert report.checks["gratitude"].status == "specific"
