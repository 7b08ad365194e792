"""What is set aside and what is kept, on mails of the kinds that people send."""

from pathlib import Path

import pytest

from notecheck.message import Draft, read

MAILS = sorted((Path(__file__).parent / "mails").glob("*.txt"))
LETTERS = {"q": "quote", "h": "header", "s": "signature", "f": "footer", "n": "note"}


def kinds_by_line(draft: Draft) -> list[tuple[str, str]]:
    """What every line that is not blank was taken for."""
    kinds = ["?"] * len(draft.source)
    for span in draft.spans:
        kinds[span.start : span.end] = ["note"] * (span.end - span.start)
    for item in draft.masked:
        kinds[item.span.start : item.span.end] = [item.reason] * (item.span.end - item.span.start)
    found, start = [], 0
    for line in draft.source.splitlines(keepends=True):
        if line.strip():
            inner = start + len(line) - len(line.lstrip())
            found.append((kinds[inner], line.rstrip("\r\n")))
        start += len(line)
    return found


def note(text: str) -> str:
    """The note in a text, its spans a paragraph apart."""
    draft = read(text)
    return "\n\n".join(span.of(draft.source) for span in draft.spans)


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_each_line_of_a_real_mail(path: Path, newline: str) -> None:
    # Each line of these files begins with a letter for what it is, and a bar.
    lines = path.read_text(encoding="utf-8").splitlines()
    expected = [(LETTERS[line[0]], line[2:]) for line in lines if line[0] != " "]
    draft = read(newline.join(line[2:] for line in lines))
    assert kinds_by_line(draft) == expected


@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_masking_the_note_again_masks_nothing(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    once = note("\n".join(line[2:] for line in lines))
    again = read(once)
    assert not again.masked
    assert [span.of(once) for span in again.spans] == [once]


@pytest.mark.parametrize(
    "introduction",
    [
        "*From: *Priya Nair <priya@example.com>\n*Date: *Thursday, 6 November 2025 at 16:42\n*Subject: *Outcome",
        "---- On Thu, 06 Nov 2025 16:42:10 +0100 Priya Nair <priya@example.com> wrote ---",
        "----- Forwarded message from Priya Nair <priya@example.com> -----",
        "Priya Nair <priya@example.com> hat am 06.11.2025 16:42 CET geschrieben:",
        "Priya Nair wrote on 06.11.2025 16:42:",
        "El jue, 6 nov 2025 a las 16:42, Priya Nair (<priya@example.com>) escribió:",
        "czw., 6 lis 2025 o 16:42 Priya Nair <priya@example.com> napisał(a):",
        "чт, 6 нояб. 2025 г. в 16:42, Priya Nair <priya@example.com>:",
        "Priya Nair <priya@example.com> 于2025年11月6日周四 16:42写道：",
        "بتاريخ 6 نوفمبر 2025 16:42 كتب \u202aPriya Nair\u202c <priya@example.com>:",
        "差出人: Priya Nair <priya@example.com>\n送信日時: 2025年11月6日 16:42\n件名: Outcome",
    ],
)
@pytest.mark.parametrize("prefix", ["", "> "])
def test_quoted_mail_however_it_is_introduced(introduction: str, prefix: str) -> None:
    letter = "Hi Priya,\n\nThank you for the kiln tour.\n\nBest,\nJonas"
    quoted = f"{prefix}Dear Jonas,\n{prefix}We will keep your resume on file.\n"
    assert note(f"{letter}\n\n{introduction}\n\n{quoted}") == letter


@pytest.mark.parametrize(
    "sentence",
    [
        "I wrote to Ivo <ivo@example.com> on 6 Nov 2025 at 16:42:",
        "On 6 November 2025 at 16:42 you wrote:",
    ],
)
def test_a_sentence_of_the_writer_introduces_no_quotation(sentence: str) -> None:
    letter = f"Hi Priya,\n\n{sentence}\n\nplease keep me in mind.\n\nBest,\nJonas"
    assert note(letter) == letter


REJECTION = (
    "Dear Jonas,\n\nThank you for your interest. Unfortunately we chose another candidate. We will keep your "
    "CV on file.\n\nKind regards,\nPriya Nair"
)
REPLY = "Hi Priya,\n\nThank you for the kiln tour. Was it my glazing?\n\nBest,\nJonas"


@pytest.mark.parametrize(
    "text",
    [
        f"{REJECTION}\n\n{REPLY}",
        f"{REJECTION}\n\n________\n\n{REPLY}",
        f"{REPLY}\n\n{REJECTION}",
        f"{REPLY}\n---\n{REJECTION}",
    ],
    ids=["above", "above-a-rule", "below", "below-a-rule"],
)
def test_a_rejection_pasted_beside_the_note_is_none_of_it(text: str) -> None:
    assert note(text) == REPLY


@pytest.mark.parametrize(
    "text",
    [
        REJECTION,
        # The writer's own words about it.
        "Lena, tell me what you think.\n\nHi Priya,\n\nUnfortunately you chose another candidate, and I "
        "wish you luck with your application portal. Was it my glazing?\n\nJonas",
        "Version two\n\n---\n\nHi Priya,\n\nYou said you would keep my CV on file. Please do.\n\nJonas",
    ],
    ids=["alone", "preamble", "second-version"],
)
def test_a_letter_of_the_writers_own_is_never_taken_for_a_rejection(text: str) -> None:
    assert note(text) == text
