"""What the sentence reader sees: hashed features of each sentence, and the tokens they stand on.

Every feature is a 64-bit hash made of words, lemmas, word classes (the lists of ``rules/lexicon``), parts of
speech and dependencies. Hashing makes the feature set a plain array: no vocabulary is kept in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spacy.strings import StringStore
    from spacy.tokens import Doc

    from notecheck.rulebook import Rulebook

_PRIME = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_ONE = np.uint64(1)
_EDGE = np.uint64(0x51ED270B)  # stands for what lies beyond the sentence

#: Parts of speech whose words carry grammar: the sequence features keep the lemma.
_FUNCTION = ("ADP", "AUX", "DET", "PRON", "SCONJ", "CCONJ", "PART", "PUNCT", "INTJ", "ADV")
_CONTENT = ("NOUN", "PROPN", "VERB", "ADJ", "NUM", "X", "SYM")
_LIMITED = {"verb": ("VERB", "AUX", "NOUN"), "noun": ("NOUN", "PROPN", "VERB", "ADJ"), "adjective": ("ADJ",)}


def mix(salt: int | NDArray[np.uint64], *columns: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash columns of 64-bit values row by row; ``salt`` keeps the kinds of feature apart."""
    out = np.broadcast_to(
        (np.atleast_1d(np.asarray(salt, dtype=np.uint64)) + _ONE) * _PRIME, columns[0].shape
    )
    for column in columns:
        out = (out ^ column) * _PRIME
        out ^= out >> _SHIFT
    return out


#: So many tokens' classes are remembered before the memory starts anew.
MEMORY = 50_000


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
        self._numbers = [strings.add("@" + name) for name in names]
        self.ids = np.array(self._numbers, dtype=np.uint64)
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
        self.question = strings.add("?")
        self._seen: dict[tuple[int, int, int], tuple[int, ...]] = {}

    def of_tokens(
        self, lemmas: Sequence[int], lowers: Sequence[int], parts: Sequence[int]
    ) -> list[tuple[int, ...]]:
        """Classes of each token, the smallest list first."""
        seen = self._seen
        if len(seen) > MEMORY:
            seen.clear()
        out = []
        for row in zip(lemmas, lowers, parts, strict=True):
            found = seen.get(row)
            if found is None:
                found = seen[row] = self._of_token(*row)
            out.append(found)
        return out

    def _of_token(self, lemma: int, lower: int, pos: int) -> tuple[int, ...]:
        found = self._of.get(lemma) or self._of.get(lower) or ()
        out = []
        for index in found:
            allowed = self._allowed[index]
            if allowed is None or pos in allowed:
                out.append(index)
        return tuple(out)

    def abstract(self, lemma: int, pos: int, classes: Sequence[int]) -> int:
        """The token as the sequence features see it: its class, else a grammar word's lemma, else its POS."""
        if classes:
            return self._numbers[classes[0]]
        return lemma if pos in self._function else pos


def features(doc: Doc, classes: Classes) -> Features:
    """Features of every sentence of ``doc``."""
    count = len(doc)
    columns: Any = doc.to_array(["LOWER", "LEMMA", "POS", "DEP", "HEAD"])
    low, lem, pos, dep = (columns[:, i] for i in range(4))
    head = np.arange(count) + columns[:, 4].astype(np.int64)
    spans = [(sentence.start, sentence.end) for sentence in doc.sents]
    sent = np.repeat(np.arange(len(spans), dtype=np.int32), [end - start for start, end in spans])
    lemmas, parts = lem.tolist(), pos.tolist()
    token_classes = classes.of_tokens(lemmas, low.tolist(), parts)
    # A word that few notes use is seen as "a rare noun": rarity is what tells a detail from stock.
    place = np.searchsorted(classes.known, lem)
    place[place == len(classes.known)] = 0
    rare = (classes.known[place] != lem) & np.isin(pos, classes.content)
    seen = np.where(rare, mix(60, pos), lem)
    abst = np.array(list(map(classes.abstract, lemmas, parts, token_classes)), dtype=np.uint64)
    abst = np.where(rare & (abst == pos), seen, abst)

    along = _Rows(sent)
    keys = [_of_tokens(along, low, lem, dep, head, seen, abst).ravel()]
    kinds = len(keys[0]) // count
    sentences = [np.tile(sent, kinds)]
    tokens = [np.tile(np.arange(count, dtype=np.int32), kinds)]
    further = [(number, index) for index, found in enumerate(token_classes) for number in found[1:]]
    if further:
        numbers, at = (np.array(column) for column in zip(*further, strict=True))
        keys.append(mix(3, classes.ids[numbers]))
        sentences.append(sent[at])
        tokens.append(at.astype(np.int32))
    for of_keys, of_sentences in _of_sentences(classes, token_classes, spans, low, pos, rare):
        keys.append(of_keys)
        sentences.append(of_sentences.astype(np.int32))
        tokens.append(np.full(len(of_keys), -1, dtype=np.int32))
    return Features(np.concatenate(keys), np.concatenate(sentences), np.concatenate(tokens))


class _Rows:
    """Moves columns along the tokens; what lies beyond the sentence is the edge."""

    def __init__(self, sentence: NDArray[np.int32]) -> None:
        self._sentence = sentence

    def at(self, column: NDArray[np.uint64], step: int) -> NDArray[np.uint64]:
        """For each token the value ``step`` tokens on, or back when it is negative."""
        count, sentence = len(column), self._sentence
        moved = np.full(count, _EDGE, dtype=np.uint64)
        if abs(step) < count:
            here, there = slice(0, count - step), slice(step, count)
            if step < 0:
                here, there = slice(-step, count), slice(0, count + step)
            moved[here] = np.where(sentence[there] == sentence[here], column[there], _EDGE)
        return moved


def _of_tokens(
    along: _Rows,
    low: NDArray[np.uint64],
    raw_lemma: NDArray[np.uint64],
    dep: NDArray[np.uint64],
    head: NDArray[np.int64],
    lem: NDArray[np.uint64],
    abst: NDArray[np.uint64],
) -> NDArray[np.uint64]:
    """Features that stand on tokens: one row a kind, one column a token."""
    lem1, lem2, lem3 = (along.at(lem, step) for step in (1, 2, 3))
    abs1, abs2, abs3, abs4 = (along.at(abst, step) for step in (1, 2, 3, 4))
    lem_head, abs_head = lem[head], abst[head]
    abs_head2 = abs_head[head]
    kinds: dict[int, tuple[NDArray[np.uint64], ...]] = {
        1: (low,), 2: (raw_lemma,), 3: (abst,),
        21: (abs_head2, lem), 22: (abs_head, lem), 4: (lem, lem1), 6: (abst, abs1), 9: (lem, lem2),
        10: (lem, lem3), 11: (abst, abs2), 12: (abst, abs3), 13: (abst, abs4),
        5: (lem, lem1, lem2), 7: (abst, abs1, abs2), 14: (lem_head, dep, lem), 15: (abs_head, dep, abst),
        16: (lem_head, dep, abst), 17: (abs_head, dep, lem), 19: (along.at(lem, -1), lem, abs1),
        20: (lem, abs1, lem2),
        8: (abst, abs1, abs2, abs3), 18: (abs_head2, abs_head, abst, dep),
    }  # fmt: skip
    rows = []
    for width in range(1, 5):
        salts = np.array(
            [[salt] for salt, columns in kinds.items() if len(columns) == width], dtype=np.uint64
        )
        chosen = [columns for columns in kinds.values() if len(columns) == width]
        rows.append(mix(salts, *(np.stack(column) for column in zip(*chosen, strict=True))))
    return np.concatenate(rows)


@cache
def _pairs(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every two of ``count`` things, the earlier first."""
    first, second = np.triu_indices(count, 1)
    return first, second


def _of_sentences(
    classes: Classes,
    token_classes: Sequence[Sequence[int]],
    spans: Sequence[tuple[int, int]],
    low: NDArray[np.uint64],
    pos: NDArray[np.uint64],
    rare: NDArray[np.bool_],
) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """Features of a sentence as a whole, with the sentence each is of.

    Pairs of classes in it, its mark, its length, its place, its neighbours, and how many rare words it has.
    """
    question = (low == classes.question).tolist()
    is_rare, parts = rare.tolist(), pos.tolist()
    present = [
        sorted({number for found in token_classes[start:end] for number in found}) for start, end in spans
    ]
    asks = [int(any(question[start:end])) for start, end in spans]
    last = len(spans) - 1
    pairs: list[NDArray[np.uint64]] = []
    pairs_of: list[int] = []
    one: list[tuple[int, int, int]] = []  # salt, value, sentence
    two: list[tuple[int, int, int, int]] = []  # salt, both values, sentence
    for number, (start, end) in enumerate(spans):
        ids = classes.ids[present[number]]
        if len(ids) > 1:
            first, second = _pairs(len(ids))
            pairs.append(np.stack([ids[first], ids[second]]))
            pairs_of += [number] * len(first)
        asked = asks[number]
        two += [(31, value, asked, number) for value in ids.tolist()]
        two.append((33, asked, min((end - start).bit_length() - 1, 6), number))
        two.append((34, min(number, 3), min(last - number, 3), number))
        for salt, other in ((35, number - 1), (36, number + 1)):
            if 0 <= other <= last:
                two.append((salt, 7, asks[other], number))
                one += [(salt, value, number) for value in classes.ids[present[other]].tolist()]
            else:
                one.append((salt, 3, number))
        # How many rare words, and how many after the word of thanks.
        thanked = next((i for i in range(start, end) if classes.thanks in token_classes[i]), None)
        thanks = int(thanked is not None)
        two.append((37, min(sum(is_rare[start:end]), 6), thanks, number))
        if thanked is not None:
            one.append((38, min(sum(is_rare[thanked:end]), 6), number))
        kinds = {parts[i] for i in range(start, end) if is_rare[i]}
        two += [(39, kind, thanks, number) for kind in kinds]
    if pairs:
        joined = np.concatenate(pairs, axis=1)
        yield mix(32, joined[0], joined[1]), np.array(pairs_of)
    for rows in (one, two):
        if rows:
            columns = np.array(rows, dtype=np.uint64).T
            yield mix(columns[0], *columns[1:-1]), columns[-1].astype(np.int64)
