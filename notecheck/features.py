"""What the sentence reader sees: hashed features of each sentence.

Every feature is a 64-bit hash made of words, lemmas, word classes (the lists of ``rules/lexicon``), parts of
speech and dependencies. Hashing makes the feature set a plain array: no vocabulary is kept in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from notecheck.pipeline.parsing import row_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spacy.strings import StringStore
    from spacy.tokens import Doc

    from notecheck.rulebook import Rulebook

_PRIME = 0x9E3779B97F4A7C15
_BITS = 2**64 - 1
_SHIFT = np.uint64(29)
_EDGE = np.uint64(0x51ED270B)  # stands for what lies beyond the sentence

#: Parts of speech whose words carry grammar: the sequence features keep the lemma.
_FUNCTION = ("ADP", "AUX", "DET", "PRON", "SCONJ", "CCONJ", "PART", "PUNCT", "INTJ", "ADV")
_CONTENT = ("NOUN", "PROPN", "VERB", "ADJ", "NUM", "X", "SYM")
_LIMITED = {"verb": ("VERB", "AUX", "NOUN"), "noun": ("NOUN", "PROPN", "VERB", "ADJ"), "adjective": ("ADJ",)}


def mix(salt: int | NDArray[np.uint64], *columns: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash columns of 64-bit values row by row; ``salt`` keeps the kinds of feature apart."""
    prime = np.uint64(_PRIME)
    start = np.uint64((salt + 1) * _PRIME & _BITS) if isinstance(salt, int) else (salt + np.uint64(1)) * prime
    out: NDArray[np.uint64] = start ^ columns[0]
    for place, column in enumerate(columns):
        if place:
            out ^= column
        out *= prime
        out ^= out >> _SHIFT
    return out


#: So many words are remembered before the memory starts anew.
REMEMBERED = 8_000


@dataclass(frozen=True, slots=True)
class Features:
    """Features of some notes: parallel arrays, one row a feature occurrence.

    Attributes:
        keys: the feature hashes.
        sentence: index of the sentence the feature is of, counted through all the notes.
    """

    keys: NDArray[np.uint64]
    sentence: NDArray[np.int32]


class Classes:
    """Word classes by lemma: the lists of the lexicon, and what the features make of a word by itself.

    Attributes:
        names: the names of the lists, the shortest list first.
        ids: their hashes.
        known: hashes of the lemmas that are common in notes, ascending.
    """

    def __init__(self, strings: StringStore, book: Rulebook, known: NDArray[np.uint64] | None = None) -> None:
        self.known = np.zeros(1, dtype=np.uint64) if known is None or not len(known) else known
        names = sorted(book.lexicon, key=lambda name: (len(book.lexicon[name]), name))
        self.names = tuple(names)
        self.thanks = names.index("thank") if "thank" in names else None
        self.ids = np.array([strings.add("@" + name) for name in names], dtype=np.uint64)
        self._of: dict[int, list[int]] = {}
        for index, name in enumerate(names):
            for word in book.lexicon[name]:
                self._of.setdefault(strings.add(word), []).append(index)
        self._function = np.array([strings.add(pos) for pos in _FUNCTION], dtype=np.uint64)
        self._allowed: list[frozenset[int] | None] = []
        for name in names:
            allowed = _LIMITED.get(name.rpartition("-")[2])
            self._allowed.append(None if allowed is None else frozenset(strings.add(pos) for pos in allowed))
        self._content = np.array([strings.add(pos) for pos in _CONTENT], dtype=np.uint64)
        self.question = strings.add("?")
        self._places: dict[int, int] = {}
        self._words = _Words.empty(REMEMBERED, len(names))
        self._lock = Lock()

    def words(self, table: NDArray[np.uint64]) -> _Words:
        """What is known of each token by itself.

        Args:
            table: lemma, lower-case form and part of speech of the tokens, one row each.
        """
        keys = row_keys(table)
        with self._lock:
            places = self._places
            new = {key: row for row, key in enumerate(keys) if key not in places}
            if len(places) + len(new) > REMEMBERED:
                places.clear()
                new = {key: row for row, key in enumerate(keys)}
            if len(new) > REMEMBERED:
                return self._made(table)
            if new:
                first = len(places)
                self._words.put(first, self._made(table[list(new.values())]))
                places.update(zip(new, range(first, first + len(new)), strict=True))
            return self._words.at([places[key] for key in keys])

    def _made(self, table: NDArray[np.uint64]) -> _Words:
        lem, pos = table[:, 0], table[:, 2]
        flags = np.zeros((len(table), len(self.names)), dtype=bool)
        for row, key in enumerate(table.tolist()):
            for number in self._of_token(*key):
                flags[row, number] = True
        # A word that few notes use is seen as "a rare noun": rarity is what tells a detail from stock.
        place = np.searchsorted(self.known, lem)
        place[place == len(self.known)] = 0
        rare = (self.known[place] != lem) & np.isin(pos, self._content)
        seen = np.where(rare, mix(60, pos), lem)
        # The sequence features see a class, else a grammar word's lemma, else the part of speech.
        abstract = np.where(np.isin(pos, self._function), lem, pos)
        if len(self.names):
            abstract = np.where(flags.any(1), self.ids[flags.argmax(1)], abstract)
        return _Words(flags, rare, seen, np.where(rare & (abstract == pos), seen, abstract))

    def _of_token(self, lemma: int, lower: int, pos: int) -> Iterator[int]:
        for index in self._of.get(lemma) or self._of.get(lower) or ():
            allowed = self._allowed[index]
            if allowed is None or pos in allowed:
                yield index


@dataclass(frozen=True, slots=True)
class _Words:
    """Words by themselves, one row each.

    Attributes:
        flags: which classes it is of.
        rare: whether it is a word with content that few notes use.
        seen: the lemma, or what stands for a rare one.
        abstract: the word as the sequence features see it.
    """

    flags: NDArray[np.bool_]
    rare: NDArray[np.bool_]
    seen: NDArray[np.uint64]
    abstract: NDArray[np.uint64]

    @classmethod
    def empty(cls, size: int, classes: int) -> _Words:
        """Room for ``size`` words."""
        return cls(
            np.zeros((size, classes), dtype=bool), np.zeros(size, dtype=bool),
            np.zeros(size, dtype=np.uint64), np.zeros(size, dtype=np.uint64),
        )  # fmt: skip

    def put(self, first: int, words: _Words) -> None:
        """Write words into the rows from ``first`` on."""
        for name in self.__slots__:
            getattr(self, name)[first : first + len(words.rare)] = getattr(words, name)

    def at(self, rows: Sequence[int]) -> _Words:
        """A copy of some rows."""
        index = np.array(rows, dtype=np.intp)
        return _Words(self.flags[index], self.rare[index], self.seen[index], self.abstract[index])


def features(doc: Doc, classes: Classes) -> Features:
    """Features of every sentence of ``doc``."""
    return features_of([doc], classes)


def features_of(docs: Sequence[Doc], classes: Classes) -> Features:
    """Features of every sentence of some Docs, none of them empty."""
    attributes: list[int | str] = ["LEMMA", "LOWER", "POS", "DEP", "HEAD", "SENT_START"]
    tables: list[Any] = [doc.to_array(attributes) for doc in docs]
    sizes = np.array([len(table) for table in tables])
    table = np.concatenate(tables)
    count = len(table)
    lem, low, pos, dep, head, begins = table.T
    words = classes.words(table[:, :3])
    begin = begins == 1
    begin[np.cumsum(sizes) - sizes] = True
    starts = np.flatnonzero(begin)
    sent = np.cumsum(begin, dtype=np.int32) - 1
    tokens = np.arange(count)
    own = _of_tokens(_Rows(sent), low, lem, dep, tokens + head.astype(np.int64), words)
    keys = [own.ravel()]
    sentences = [np.tile(sent, len(own))]
    at, number = np.nonzero(words.flags)
    # The first class of a word is what the sequences see of it.
    further = np.flatnonzero(at[1:] == at[:-1]) + 1
    keys.append(mix(3, classes.ids[number[further]]))
    sentences.append(sent[at[further]])
    for of_keys, of_sentences in _of_sentences(classes, words, sent, starts, at, number, low, pos):
        keys.append(of_keys)
        sentences.append(of_sentences.astype(np.int32))
    return Features(np.concatenate(keys), np.concatenate(sentences))


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


#: The kinds of features that stand on tokens: a number, and the columns of which such a feature is made.
_KINDS = {
    1: ("low",), 2: ("lem",), 3: ("abs",),
    21: ("abs-head2", "seen"), 22: ("abs-head", "seen"), 4: ("seen", "seen+1"), 6: ("abs", "abs+1"),
    9: ("seen", "seen+2"), 10: ("seen", "seen+3"), 11: ("abs", "abs+2"), 12: ("abs", "abs+3"), 13: ("abs", "abs+4"),
    5: ("seen", "seen+1", "seen+2"), 7: ("abs", "abs+1", "abs+2"), 14: ("seen-head", "dep", "seen"),
    15: ("abs-head", "dep", "abs"), 16: ("seen-head", "dep", "abs"), 17: ("abs-head", "dep", "seen"),
    19: ("seen-1", "seen", "abs+1"), 20: ("seen", "abs+1", "seen+2"),
    8: ("abs", "abs+1", "abs+2", "abs+3"), 18: ("abs-head2", "abs-head", "abs", "dep"),
}  # fmt: skip
_COLUMNS = tuple(dict.fromkeys(name for names in _KINDS.values() for name in names))
#: The same by the number of columns: the kinds, and for each place the columns that stand there.
_BY_WIDTH = tuple(
    (
        np.array([[kind] for kind, names in _KINDS.items() if len(names) == width], dtype=np.uint64),
        tuple(
            [_COLUMNS.index(names[place]) for names in _KINDS.values() if len(names) == width]
            for place in range(width)
        ),
    )
    for width in range(1, 5)
)


def _of_tokens(
    along: _Rows,
    low: NDArray[np.uint64],
    lem: NDArray[np.uint64],
    dep: NDArray[np.uint64],
    head: NDArray[np.int64],
    words: _Words,
) -> NDArray[np.uint64]:
    """Features that stand on tokens: one row a kind, one column a token."""
    seen, abstract = words.seen, words.abstract
    columns = {"low": low, "lem": lem, "dep": dep, "seen": seen, "abs": abstract}
    columns |= {f"seen{step:+}": along.at(seen, step) for step in (-1, 1, 2, 3)}
    columns |= {f"abs{step:+}": along.at(abstract, step) for step in (1, 2, 3, 4)}
    columns |= {"seen-head": seen[head], "abs-head": abstract[head], "abs-head2": abstract[head[head]]}
    table = np.stack([columns[name] for name in _COLUMNS])
    return np.concatenate([mix(kinds, *(table[place] for place in places)) for kinds, places in _BY_WIDTH])


_DOUBLINGS = np.array([2, 4, 8, 16, 32, 64])


def _of_sentences(
    classes: Classes,
    words: _Words,
    sent: NDArray[np.int32],
    starts: NDArray[np.int64],
    at: NDArray[np.int64],
    number: NDArray[np.int64],
    low: NDArray[np.uint64],
    pos: NDArray[np.uint64],
) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.int64]]]:
    """Features of a sentence as a whole, with the sentence each is of.

    Pairs of classes in it, its mark, its length, and how many rare words it has. What stands around it is for the
    network to see: here each sentence counts by itself, so that one more never changes what another adds.

    Args:
        classes: the word classes.
        words: what is known of each token by itself.
        sent: for each token its sentence.
        starts: the first token of each sentence.
        at, number: tokens, and the classes that they are of.
        low, pos: lower-case forms and parts of speech of the tokens.
    """
    count = len(starts)
    every = np.arange(count)
    ends = np.append(starts[1:], len(sent))
    present = np.zeros((count, len(classes.names)), dtype=bool)
    present[sent[at], number] = True
    of, which = np.nonzero(present)
    ids = classes.ids[which]
    asks = np.zeros(count, dtype=np.uint64)
    asks[sent[low == classes.question]] = 1

    pairs = []
    for apart in range(1, len(of)):
        # The classes of a sentence stand in a row: those that are so far apart.
        both = (of[apart:] == of[:-apart]).nonzero()[0]
        if not len(both):
            break
        pairs.append((both, both + apart))
    if pairs:
        one, other = (np.concatenate(places) for places in zip(*pairs, strict=True))
        yield mix(32, ids[one], ids[other]), of[one]
    yield mix(31, ids, asks[of]), of
    yield mix(33, asks, _unsigned(_DOUBLINGS.searchsorted(ends - starts, side="right"))), every
    # How many rare words, and how many after the word of thanks.
    so_far = np.cumsum(words.rare)
    rare = np.add.reduceat(words.rare, starts, dtype=np.int64)
    thanks = np.zeros(count, dtype=np.uint64)
    if classes.thanks is not None:
        place = at[number == classes.thanks]
        thanked = sent[place]
        first = np.ones(len(place), dtype=bool)
        first[1:] = thanked[1:] != thanked[:-1]
        place, thanked = place[first], thanked[first]
        thanks[thanked] = 1
        since = so_far[ends[thanked] - 1] - so_far[place] + words.rare[place]
        yield mix(38, _unsigned(np.minimum(since, 6))), thanked
    yield mix(37, _unsigned(np.minimum(rare, 6)), thanks), every
    kinds = sorted(set(zip(sent[words.rare].tolist(), pos[words.rare].tolist(), strict=True)))
    if kinds:
        those = np.array([sentence for sentence, _ in kinds])
        yield mix(39, np.array([kind for _, kind in kinds], dtype=np.uint64), thanks[those]), those


def _unsigned(column: NDArray[np.int64]) -> NDArray[np.uint64]:
    return column.astype(np.uint64)
