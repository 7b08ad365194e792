"""What the sentence reader sees: hashed features of each sentence, and the tokens they stand on.

Every feature is a 64-bit hash made of words, lemmas, word classes (the lists of ``rules/lexicon``), parts of
speech and dependencies. Hashing makes the feature set a plain array: no vocabulary is kept in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spacy.strings import StringStore
    from spacy.tokens import Doc

    from notecheck.rulebook import Rulebook

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_EDGE = np.uint64(0x51ED270B)  # stands for what lies beyond the sentence

#: Parts of speech whose words carry grammar: the sequence features keep the lemma.
_FUNCTION = ("ADP", "AUX", "DET", "PRON", "SCONJ", "CCONJ", "PART", "PUNCT", "INTJ", "ADV")
_CONTENT = ("NOUN", "PROPN", "VERB", "ADJ", "NUM", "X", "SYM")
_LIMITED = {"verb": ("VERB", "AUX", "NOUN"), "noun": ("NOUN", "PROPN", "VERB", "ADJ"), "adjective": ("ADJ",)}


def mix(salt: int, *columns: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash columns of 64-bit values row by row; ``salt`` keeps the kinds of feature apart."""
    out = np.full(columns[0].shape, salt + 1, dtype=np.uint64) * _PRIME
    for column in columns:
        out = (out ^ column) * _PRIME
        out ^= out >> _SHIFT
    return out


@dataclass(frozen=True, slots=True)
class Features:
    """Features of one note: parallel arrays, one row a feature occurrence.

    Attributes:
        keys: the feature hashes.
        sentence: index of the sentence the feature is of.
        token: index of the token in the Doc it stands on, -1 for a feature of the sentence as a whole.
    """

    keys: NDArray[np.uint64]
    sentence: NDArray[np.int32]
    token: NDArray[np.int32]


class Classes:
    """Word classes by lemma: the lists of the lexicon as arrays that a whole note is looked up in at once."""

    def __init__(self, strings: StringStore, book: Rulebook, known: NDArray[np.uint64] | None = None) -> None:
        self.known = np.zeros(1, dtype=np.uint64) if known is None or not len(known) else known
        names = sorted(book.lexicon, key=lambda name: (len(book.lexicon[name]), name))
        self.names = tuple(names)
        self.thanks = names.index("thank") if "thank" in names else -1
        self._ids = np.array([strings.add("@" + name) for name in names], dtype=np.uint64)
        self._of: dict[int, list[int]] = {}
        for index, name in enumerate(names):
            for word in book.lexicon[name]:
                self._of.setdefault(strings.add(word), []).append(index)
        self._function = {strings.add(pos) for pos in _FUNCTION}
        self._allowed: list[frozenset[int] | None] = []
        for name in names:
            allowed = _LIMITED.get(name.rpartition("-")[2])
            self._allowed.append(None if allowed is None else frozenset(strings.add(pos) for pos in allowed))
        self.content = np.array([strings.add(pos) for pos in _CONTENT], dtype=np.uint64)

    def of(self, lemma: int, lower: int, pos: int) -> list[int]:
        """Classes of one token, the smallest list first."""
        found = self._of.get(lemma) or self._of.get(lower) or ()
        out = []
        for index in found:
            allowed = self._allowed[index]
            if allowed is None or pos in allowed:
                out.append(index)
        return out

    def abstract(self, lemma: int, pos: int, classes: Sequence[int]) -> int:
        """The token as the sequence features see it: its class, else a grammar word's lemma, else its POS."""
        if classes:
            return int(self._ids[classes[0]])
        return lemma if pos in self._function else pos

    def ids(self, classes: Sequence[int]) -> list[int]:
        return [int(self._ids[index]) for index in classes]


def features(doc: Doc, classes: Classes, *, extra: Sequence[tuple[int, int, int]] = ()) -> Features:
    """Features of every sentence of ``doc``.

    Args:
        extra: further features as (hash, sentence, token), such as the rules that matched.
    """
    count = len(doc)
    columns = doc.to_array(["LOWER", "LEMMA", "POS", "DEP", "HEAD"])
    low, lem, pos, dep = (columns[:, i] for i in range(4))
    head = np.arange(count) + columns[:, 4].astype(np.int64)
    sent = np.zeros(count, dtype=np.int32)
    starts, ends = [], []
    for number, sentence in enumerate(doc.sents):
        sent[sentence.start : sentence.end] = number
        starts.append(sentence.start)
        ends.append(sentence.end)
    rows = list(zip(low.tolist(), lem.tolist(), pos.tolist(), strict=True))
    memo: dict[tuple[int, int, int], list[int]] = {}
    token_classes = []
    for row in rows:
        known = memo.get(row)
        if known is None:
            known = memo[row] = classes.of(row[1], row[0], row[2])
        token_classes.append(known)
    # A word that few notes use is seen as "a rare noun": rarity is what tells a detail from stock.
    place = np.searchsorted(classes.known, lem)
    place[place == len(classes.known)] = 0
    rare = (classes.known[place] != lem) & np.isin(pos, classes.content)
    seen = np.where(rare, mix(60, pos), lem)
    abst = np.array(
        [classes.abstract(row[1], row[2], found) for row, found in zip(rows, token_classes, strict=True)],
        dtype=np.uint64,
    )
    abst = np.where(rare & (abst == pos), seen, abst)

    def at(column: NDArray[np.uint64], step: int) -> NDArray[np.uint64]:
        moved = np.full(count, _EDGE, dtype=np.uint64)
        if step >= count:
            return moved
        same = sent[step:] == sent[: count - step]
        moved[: count - step] = np.where(same, column[step:], _EDGE)
        return moved

    def before(column: NDArray[np.uint64]) -> NDArray[np.uint64]:
        moved = np.full(count, _EDGE, dtype=np.uint64)
        moved[1:] = np.where(sent[1:] == sent[:-1], column[:-1], _EDGE)
        return moved

    raw_lemma, lem = lem, seen
    lem1, lem2, lem3 = at(lem, 1), at(lem, 2), at(lem, 3)
    abs1, abs2, abs3, abs4 = at(abst, 1), at(abst, 2), at(abst, 3), at(abst, 4)
    lem_head, abs_head = lem[head], abst[head]
    kinds = [
        mix(1, low), mix(2, raw_lemma), mix(3, abst), mix(21, abst[head[head]], lem), mix(22, abs_head, lem),
        mix(4, lem, lem1), mix(5, lem, lem1, lem2), mix(6, abst, abs1), mix(7, abst, abs1, abs2),
        mix(8, abst, abs1, abs2, abs3), mix(9, lem, lem2), mix(10, lem, lem3), mix(11, abst, abs2),
        mix(12, abst, abs3), mix(13, abst, abs4), mix(14, lem_head, dep, lem), mix(15, abs_head, dep, abst),
        mix(16, lem_head, dep, abst), mix(17, abs_head, dep, lem), mix(18, abst[head[head]], abs_head, abst, dep),
        mix(19, before(lem), lem, abs1), mix(20, lem, abs1, lem2),
    ]  # fmt: skip
    keys = [np.concatenate(kinds)]
    sentences = [np.tile(sent, len(kinds))]
    tokens = [np.tile(np.arange(count, dtype=np.int32), len(kinds))]
    whole: list[tuple[int, int, int]] = list(extra)
    for index, found in enumerate(token_classes):
        for identity in classes.ids(found[1:]):
            whole.append((_one(3, identity), int(sent[index]), index))
    whole.extend(_sentence_features(doc, classes, token_classes, starts, ends, low))
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        # How many rare words, and how many after the word of thanks.
        count_rare = int(rare[start:end].sum())
        thanked = [i for i in range(start, end) if classes.thanks in token_classes[i]]
        whole.append((_one(37, min(count_rare, 6), int(bool(thanked))), number, -1))
        if thanked:
            whole.append((_one(38, min(int(rare[thanked[0] : end].sum()), 6)), number, -1))
        for kind in np.unique(pos[start:end][rare[start:end]]).tolist():
            whole.append((_one(39, kind, int(bool(thanked))), number, -1))
    if whole:
        keys.append(np.array([item[0] for item in whole], dtype=np.uint64))
        sentences.append(np.array([item[1] for item in whole], dtype=np.int32))
        tokens.append(np.array([item[2] for item in whole], dtype=np.int32))
    return Features(np.concatenate(keys), np.concatenate(sentences), np.concatenate(tokens))


_MASK = (1 << 64) - 1


def _one(salt: int, *values: int) -> int:
    """`mix` of single values."""
    out = (salt + 1) * int(_PRIME) & _MASK
    for value in values:
        out = (out ^ value) * int(_PRIME) & _MASK
        out ^= out >> int(_SHIFT)
    return out


def _sentence_features(
    doc: Doc,
    classes: Classes,
    token_classes: Sequence[Sequence[int]],
    starts: Sequence[int],
    ends: Sequence[int],
    low: NDArray[np.uint64],
) -> list[tuple[int, int, int]]:
    """Features of a sentence as a whole: pairs of classes in it, its mark, its length, its place, its neighbours."""
    question = doc.vocab.strings["?"]
    out: list[tuple[int, int, int]] = []
    sets: list[list[int]] = []
    asks: list[bool] = []
    for start, end in zip(starts, ends, strict=True):
        present = sorted({index for found in token_classes[start:end] for index in found})
        sets.append(present)
        asks.append(bool((low[start:end] == question).any()))
    last = len(starts) - 1
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        ids = classes.ids(sets[number])
        asked = int(asks[number])
        for i, one in enumerate(ids):
            out.append((_one(31, one, asked), number, -1))
            for two in ids[i + 1 :]:
                out.append((_one(32, one, two), number, -1))
        length = min(int(np.log2(end - start)) if end > start else 0, 6)
        out.append((_one(33, asked, length), number, -1))
        out.append((_one(34, min(number, 3), min(last - number, 3)), number, -1))
        for salt, other in ((35, number - 1), (36, number + 1)):
            if 0 <= other <= last:
                out.append((_one(salt, 7, int(asks[other])), number, -1))
                for identity in classes.ids(sets[other]):
                    out.append((_one(salt, identity), number, -1))
            else:
                out.append((_one(salt, 3), number, -1))
    return out
