"""Syllables are textstat's, whatever a word is made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from textstat.backend.counts import count_syllables

from notecheck import corpus
from notecheck.syllables import syllables

CORPUS = Path(__file__).parents[2] / "corpus"

STRANGE = [
    "o'clock",
    "ma'am",
    "'tis",
    "they're",
    "slip-casting",
    "e-mail",
    "and/or",
    "naïve",
    "Zürich",
    "10th",
    "3.5",
    "a_b",
    "x²",
    "ﬀord",
    "…",
    "—",
    "''",
    "'s",
]


@pytest.mark.parametrize("reverse", [False, True])
def test_syllables_are_those_of_textstat(reverse: bool) -> None:
    notes = [note.text for note in corpus.read(CORPUS)][:400]
    words = {word.strip('.,;:!?"()') for text in notes for word in text.split()} | set(STRANGE)
    if reverse:  # words that no dictionary has
        words = {word[::-1] for word in words}
    assert {word: syllables(word) for word in words if word} == {
        word: count_syllables(word, "en_US") for word in words if word
    }
