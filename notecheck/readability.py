"""Length and ease of a note, by textstat's definitions."""

from __future__ import annotations

from functools import lru_cache

from notecheck.syllables import syllables
from notecheck.types import Readability

#: Silent reading speed of an adult reader of English, in words a second (238 words a minute: Brysbaert 2019).
WORDS_PER_SECOND = 238 / 60


@lru_cache(maxsize=8_000)
def _syllables_within(written: str) -> int | None:
    """The syllables of what stands between spaces; None where it is no word."""
    if not any(map(str.isalnum, written)):
        return None
    return syllables(written.lower().strip(".,;:!?\"'()[]-"))


def measure(text: str, sentences: int) -> Readability:
    """Measure the text of a note that the pipeline found to have ``sentences`` sentences.

    The Flesch reading ease is textstat's formula and syllable count over the pipeline's sentences, so that a
    greeting line or a missing full stop does not distort it.
    """
    counts = [count for count in map(_syllables_within, text.split()) if count is not None]
    words = len(counts)
    if not words:
        return Readability(0, 0, 0.0, 0.0)
    sentences = max(sentences, 1)
    flesch = 206.835 - 1.015 * words / sentences - 84.6 * sum(counts) / words
    return Readability(words, sentences, round(words / WORDS_PER_SECOND, 1), round(flesch, 1))
