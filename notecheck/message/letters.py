"""A rejection that was pasted above or below the note with nothing that marks it as quoted."""

from __future__ import annotations

from collections.abc import Sequence

from notecheck.message import phrases
from notecheck.message.lines import Line, regex

# What only the employer has to do with is the reader's own: a candidate says "my application".
_TO_A_CANDIDATE = (
    r"\byour (?:recent |job )?(?:application|candidacy|candidature|resume|résumé|cv|details|profile|interest in|"
    r"background|qualifications)\b(?! (?:process|portal|system|form|page|stage|procedure))"
)
_OF_A_REJECTION = (
    r"\bunfortunately\b",
    r"\bregret\b",
    r"\b(?:other|another|different|stronger) (?:candidate|applicant)s?\b",
    r"\bwe (?:have |have now )?(?:decided|chosen|chose|selected|went|gone)\b",
    r"\b(?:not|unable to) (?:be |been |to be )?(?:selected|successful|shortlisted|progress|proceed|mov|offer|tak)",
    r"\b(?:on|in) (?:our )?(?:file|records|database|talent pool)\b",
    r"\bwish you\b",
    r"\byour (?:job )?search\b|\bfuture (?:endeavou?rs|career)\b",
    r"\bthank you for (?:applying|your interest|your application)\b",
)
# "My team" and "my colleagues" are said on both sides, anything else of one's own only by the candidate.
_BY_A_CANDIDATE = (
    r"\b(?:my|mine)\b(?! (?:team|colleague|manager))|\bkeep me\b|\bi(?:'d| would) (?:still )?love\b"
)
_DIVIDER = r"^(?:[-–—_=*~#]\s?){3,}$"
# A note of fewer words is a stray line above or below the letter.
_WORDS = 3


def find_rejections(lines: Sequence[Line]) -> set[int]:
    """Indexes of the lines of the employer's own letters, where the candidate's stands beside them.

    A letter begins at a salutation or below a dividing line. One that stands alone is never set aside: it is
    what the caller asked about.
    """
    starts = [
        i for i, line in enumerate(lines) if i == 0 or _is_divider(line) or (line.gap and _is_opening(line))
    ]
    if len(starts) < 2:
        return set()
    letters = [range(start, stop) for start, stop in zip(starts, [*starts[1:], len(lines)], strict=True)]
    texts = [" ".join(lines[i].low for i in letter) for letter in letters]
    rejections = [_is_rejection(text) for text in texts]
    if not any(
        text.count(" ") + 1 >= _WORDS
        for text, is_rejection in zip(texts, rejections, strict=True)
        if not is_rejection
    ):
        return set()
    found: set[int] = set()
    for letter, is_rejection in zip(letters, rejections, strict=True):
        if is_rejection:
            found.update(letter)
            if letter.stop < len(lines) and _is_divider(lines[letter.stop]):
                found.add(letter.stop)
            if letter.start > 0 and _is_divider(lines[letter.start - 1]):
                found.add(letter.start - 1)
    return found


def _is_divider(line: Line) -> bool:
    return regex(_DIVIDER).search(line.key) is not None


def _is_opening(line: Line) -> bool:
    return (
        phrases.is_short_salutation(line)
        or regex(r"^[A-Z][\w.'-]*(?: [A-Z][\w.'-]*)?,$").search(line.key) is not None
    )


def _is_rejection(text: str) -> bool:
    """Whether the letter is an employer's to a candidate."""
    return (
        regex(_TO_A_CANDIDATE).search(text) is not None
        and regex(_BY_A_CANDIDATE).search(text) is None
        and sum(regex(pattern).search(text) is not None for pattern in _OF_A_REJECTION) >= 2
    )
