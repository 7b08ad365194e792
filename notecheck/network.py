"""The small neural half of the sentence reader, on the pipeline's own token vectors; plain NumPy at run time.

Each token is its lemma, part of speech, dependency, word classes, the rules whose words it is among, its
vector from the shared tok2vec, and what its word means elsewhere (`notecheck.words`). Two convolutions within the
sentence with a glance at all of it between them, attention per label, and a glance at the neighbouring sentences and
at the note as a whole (a parody turns its thanks) give a log-odds for each label, and two amounts a sentence adds to
the scores.
Trained by ``notecheck.training.network``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import chain, combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from notecheck.pipeline.products import ops
from notecheck.types import NotecheckError
from notecheck.words import Words, lookup

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spacy.tokens import Doc

    from notecheck.classes import Classes
    from notecheck.matching import Hit

    Floats = NDArray[np.float32]

#: Labels with a log-odds a sentence, in the order of the columns.
LABELS = (
    "thanks", "detail", "narrow", "broad", "keep-in-mind", "interest", "annoyed", "barbed", "hostile",
)  # fmt: skip
#: What a sentence adds to a score; the columns after the labels.
AMOUNTS = ("annoyance", "genericness")
RULE_FLAGS = (
    "thanks", "detail", "narrow", "broad", "keep-in-mind", "interest", "annoyance", "stock", "particular", "slot",
    "no-thanks", "no-feedback", "no-keep-in-mind", "no-interest",
)  # fmt: skip
REACH = 2  # tokens that a convolution sees to each side
FILE = "network.npz"
_ANNOYANCE = [LABELS.index(label) for label in ("annoyed", "barbed", "hostile")]
#: A sentence that by itself adds so much to annoyance is a barb.
BARB = 0.1
#: In notes of more sentences each is read among all the others: one of so many changes little around it.
READ_IN_PAIRS = 32
#: Tokens that are read at a time, so that a long note takes no more memory than a few short ones.
BLOCK = 2_048


@dataclass(frozen=True, slots=True)
class Tokens:
    """A note as the network reads it: one row a token.

    Attributes:
        lemma, word, pos, dep, head: ids (of the word in lower case) and the index of the head.
        sentence: index of the sentence.
        vectors: the pipeline's token vectors.
        flags: word classes, then rule labels, 0 or 1.
    """

    lemma: NDArray[np.uint64]
    word: NDArray[np.uint64]
    pos: NDArray[np.uint64]
    dep: NDArray[np.uint64]
    head: NDArray[np.int64]
    sentence: NDArray[np.int64]
    vectors: Floats
    flags: Floats


def tokens_of(doc: Doc, classes: Classes, hits: Sequence[Hit]) -> Tokens:
    """Read a parsed note; ``doc.tensor`` must hold the embedded pipeline's vectors."""
    count = len(doc)
    columns: Any = doc.to_array(["LEMMA", "POS", "DEP", "HEAD", "LOWER"])
    flags = np.zeros((count, len(classes.names) + len(RULE_FLAGS)), dtype=np.float32)
    flags[:, : len(classes.names)] = classes.flags(columns[:, [0, 4, 1]])
    for hit in hits:
        flags[hit.start : hit.end, len(classes.names) + RULE_FLAGS.index(hit.rule.label)] = 1
    sentence = np.zeros(count, dtype=np.int64)
    for number, span in enumerate(doc.sents):
        sentence[span.start : span.end] = number
    return Tokens(
        columns[:, 0], columns[:, 4], columns[:, 1], columns[:, 2], np.arange(count) + columns[:, 3].astype(np.int64), sentence,
        np.asarray(doc.tensor, dtype=np.float32), flags,
    )  # fmt: skip


def joined(notes: Sequence[Tokens]) -> Tokens:
    """The tokens of several notes in a row, their sentences counted through."""
    if len(notes) == 1:
        return notes[0]
    columns: dict[str, Any] = {
        field.name: np.concatenate([getattr(note, field.name) for note in notes]) for field in fields(Tokens)
    }
    sizes = [len(note.lemma) for note in notes]
    for name, steps in (("head", sizes), ("sentence", [int(note.sentence[-1]) + 1 for note in notes])):
        columns[name] += np.repeat(np.cumsum(steps) - steps, sizes)
    return Tokens(**columns)


@dataclass(frozen=True, slots=True)
class Network:
    """A trained network: its arrays by name."""

    arrays: dict[str, Floats]
    lemmas: NDArray[np.uint64]
    pos: NDArray[np.uint64]
    deps: NDArray[np.uint64]
    words: Words

    @classmethod
    def load(cls, folder: Path) -> Network:
        """Read a trained network.

        Raises:
            NotecheckError: it is missing or broken.
        """
        try:
            with np.load(folder / FILE, allow_pickle=False) as data:
                arrays = {key: data[key] for key in data.files}
        except (OSError, ValueError, KeyError) as error:
            raise NotecheckError(f"{folder / FILE}: the network cannot be read: {error}") from None
        lemmas, pos, deps = (arrays.pop(f"table.{name}") for name in ("lemma", "pos", "dep"))
        return cls(
            {key: value.astype(np.float32) for key, value in arrays.items()}, lemmas, pos, deps, Words.load()
        )

    def save(self, folder: Path) -> None:
        """Write the arrays, at half precision."""
        folder.mkdir(parents=True, exist_ok=True)
        halves = {key: value.astype(np.float16) for key, value in self.arrays.items()}
        tables = {"table.lemma": self.lemmas, "table.pos": self.pos, "table.dep": self.deps}
        np.savez(folder / FILE, **tables, **halves)  # type: ignore[arg-type]

    def read(self, tokens: Tokens, counts: Sequence[int] | None = None) -> tuple[Floats, Floats]:
        """Log-odds (sentence × `LABELS`) and amounts (sentence × `AMOUNTS`; annoyance is never negative).

        Args:
            tokens: one note, or several in a row.
            counts: how many sentences each of them has.
        """
        parts = [self._said(tokens, start, end) for start, end in _blocks(tokens.sentence)]
        pooled, said = (np.concatenate(column) for column in zip(*parts, strict=True))
        raw = said[:, len(LABELS) :] + self._layer("own", pooled)
        amounts = np.stack([np.logaddexp(0, raw[:, 0]), 2 * np.tanh(raw[:, 1] / 2)], axis=1)
        sizes = np.array(counts or [len(pooled)], dtype=np.int64)
        odds = self._odds(pooled, said, sizes)
        for rows, shorter in _blocks_of(_in_pairs(amounts[:, 0] >= BARB, sizes)):
            few = self._odds(pooled[rows], said[rows], shorter)
            for column in _ANNOYANCE:
                odds[rows, column] = -np.inf
                np.maximum.at(odds[:, column], rows, few[:, column])
        return odds.astype(np.float32), amounts.astype(np.float32)

    def _odds(self, pooled: Floats, said: Floats, sizes: NDArray[np.int64]) -> Floats:
        """The log-odds of sentences that stand together in notes of these sizes."""
        starts = np.cumsum(sizes) - sizes
        whole = np.repeat(np.stack([note.mean(0) for note in np.split(pooled, starts[1:])]), sizes, axis=0)
        seen = _beside(np.concatenate([pooled, said], axis=1), starts)
        hidden: Any = _gelu(self._layer("sent", np.concatenate([seen, whole], axis=1)))
        hidden = hidden + _gelu(self._layer("sent2", _beside(hidden, starts)))
        odds: Floats = said[:, : len(LABELS)] + self._layer("out", hidden)
        return odds

    def _said(self, tokens: Tokens, start: int, end: int) -> tuple[Floats, Floats]:
        """What each sentence of a block is like, and what its tokens say of it."""
        w = self.arrays
        vectors, sentence = tokens.vectors[start:end], tokens.sentence[start:end]
        mean = vectors.mean(1, keepdims=True)
        deviation = np.sqrt(vectors.var(1, keepdims=True) + 1e-5)
        joined = np.concatenate(
            [
                w["lem"][lookup(self.lemmas, tokens.lemma[start:end])],
                w["pos"][lookup(self.pos, tokens.pos[start:end])],
                w["dep"][lookup(self.deps, tokens.dep[start:end])],
                (vectors - mean) / deviation * w["norm.weight"] + w["norm.bias"],
                self.words.vectors(tokens.word[start:end], tokens.lemma[start:end]),
                tokens.flags[start:end],
            ],
            axis=1,
        )
        around = neighbours(sentence)
        x = _gelu(self._layer("inp", joined))
        x = x + _gelu(self._layer("head", x[np.clip(tokens.head[start:end] - start, 0, len(x) - 1)]))
        starts = np.flatnonzero(np.diff(sentence, prepend=-1))
        number = sentence - sentence[0]
        x = self._around("conv1", x, around)
        sizes = np.diff(starts, append=len(x))[:, None].astype(np.float32)
        glance = [np.maximum.reduceat(x, starts, axis=0), np.add.reduceat(x, starts, axis=0) / sizes]
        x = x + _gelu(self._layer("glance", np.concatenate(glance, axis=1)))[number]
        x = self._around("conv2", x, around)
        pooled = np.maximum.reduceat(x, starts, axis=0)
        attention, values = self._layer("att", x), self._layer("val", x)
        top = np.maximum.reduceat(attention, starts, axis=0)[number]
        strength = np.exp(attention - top)
        said: Any = np.add.reduceat(strength * values, starts, axis=0) / np.add.reduceat(
            strength, starts, axis=0
        )
        return pooled, said

    def _around(self, name: str, x: Floats, around: NDArray[np.int64]) -> Floats:
        """Each token with what a convolution makes of it and the tokens around it."""
        padded = np.concatenate([x, np.zeros((1, x.shape[1]), dtype=np.float32)])
        out: Floats = x + _gelu(self._layer(name, padded[around].reshape(len(x), -1)))
        return out

    def _layer(self, name: str, x: Floats) -> Floats:
        out: Floats = ops().gemm(x, self.arrays[f"{name}.weight"], trans2=True)
        out += self.arrays[f"{name}.bias"]
        return out


def _gelu(x: Floats) -> Floats:
    """The tanh form of the Gaussian error linear unit (Hendrycks and Gimpel 2016)."""
    out: Floats = 0.044715 * x
    out *= x
    out *= x
    out += x
    out *= 0.7978845608
    np.tanh(out, out=out)
    out += 1
    out *= 0.5 * x
    return out


def _in_pairs(barb: NDArray[np.bool_], sizes: NDArray[np.int64]) -> Iterator[list[NDArray[np.int64]]]:
    """Each note that has barbs: without them, with each of them alone, and with each two of them.

    What a sentence is like in all of these does not change when the note gets one barb more: there are only more
    of them. So a further barb can never make another sentence read as kinder.

    Args:
        barb: whether a sentence is a barb.
        sizes: how many sentences each note has.
    """
    ends = np.cumsum(sizes)
    # Not by `np.unique`, which imports a module of some size.
    for number in sorted(set(np.searchsorted(ends, np.flatnonzero(barb), side="right").tolist())):
        size, end = int(sizes[number]), int(ends[number])
        every = np.arange(end - size, end)
        calm, barbs = every[~barb[every]], every[barb[every]]
        if size <= READ_IN_PAIRS:
            some = [barbs[:0], *barbs[:, None], *np.array([*combinations(barbs.tolist(), 2)], dtype=np.int64)]
            yield [np.sort(np.concatenate([calm, each])) for each in some if len(calm) + len(each)]


def _blocks_of(
    notes: Iterator[list[NDArray[np.int64]]],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The rows of some notes in all their forms, and the sizes of these, about `BLOCK` rows at a time."""
    waiting: list[NDArray[np.int64]] = []
    for forms in chain(notes, [[]]):
        waiting += forms
        if waiting and (not forms or sum(map(len, waiting)) >= BLOCK):
            yield np.concatenate(waiting), np.array([len(form) for form in waiting], dtype=np.int64)
            waiting = []


def _beside(rows: Floats, starts: NDArray[np.int64]) -> Floats:
    """Each row between the one before it and the one after it in its note, zeros at the ends of the note."""
    edge = np.zeros((1, rows.shape[1]), dtype=np.float32)
    before, after = np.concatenate([edge, rows[:-1]]), np.concatenate([rows[1:], edge])
    before[starts], after[starts[1:] - 1] = 0, 0
    return np.concatenate([before, rows, after], axis=1)


def _blocks(sentence: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Whole sentences of together about `BLOCK` tokens, or longer ones, as (start, end)."""
    cuts = [0]
    for start in [*np.flatnonzero(np.diff(sentence) > 0) + 1]:
        if start - cuts[-1] >= BLOCK:
            cuts.append(int(start))
    return list(zip(cuts, [*cuts[1:], len(sentence)], strict=True))


def neighbours(sentence: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each token the indexes of the tokens around it, ``len(sentence)`` where the sentence ends before."""
    count = len(sentence)
    index = np.arange(count)[:, None] + np.arange(-REACH, REACH + 1)[None, :]
    inside = (index >= 0) & (index < count)
    safe = np.where(inside, index, 0)
    return np.where(inside & (sentence[safe] == sentence[:, None]), safe, count)
