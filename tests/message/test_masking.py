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
