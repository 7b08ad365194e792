"""Length and ease of a note, by textstat's definitions; textstat is imported on first use."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from notecheck.types import Readability

if TYPE_CHECKING:
    from collections.abc import Callable

#: Silent reading speed of an adult reader of English, in words a second (238 words a minute: Brysbaert 2019).
WORDS_PER_SECOND = 238 / 60


@cache
def _syllables() -> Callable[[str], int]:
    import textstat

    count: Any = textstat.textstat.syllable_count

    @cache
    def of(word: str) -> int:
        return int(count(word))

    return of


def measure(text: str, sentences: int) -> Readability:
    """Measure the text of a note that the pipeline found to have ``sentences`` sentences.

    The Flesch reading ease is textstat's formula and syllable count over the pipeline's sentences, so that a
    greeting line or a missing full stop does not distort it.
    """
    words = [word for word in text.split() if any(char.isalnum() for char in word)]
    if not words:
        return Readability(0, 0, 0.0, 0.0)
    sentences = max(sentences, 1)
    count = _syllables()
    syllables = sum(count(word.lower().strip(".,;:!?\"'()[]-")) for word in words)
    flesch = 206.835 - 1.015 * len(words) / sentences - 84.6 * syllables / len(words)
    return Readability(len(words), sentences, round(len(words) / WORDS_PER_SECOND, 1), round(flesch, 1))
