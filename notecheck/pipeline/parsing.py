"""Parsing with the embedded pipeline: the outcome is that of ``nlp.pipe``, sooner.

The vector that a word starts from, before its neighbours are looked at, depends on the word alone, and the lemma
on the word and the chosen way to make it: both are remembered from note to note.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from notecheck.pipeline.transitions import parse

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spacy.language import Language
    from spacy.tokens import Doc

#: So many words, and lemmas, are remembered before a memory starts anew.
REMEMBERED = 8_000


#: Odd numbers without a pattern: strings are 64-bit hashes, and so is a sum of them that is weighted with these.
_WEIGHTS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93], dtype=np.uint64
)


def row_keys(table: NDArray[np.uint64]) -> list[int]:
    """A hash of each row, of at most four hashes of strings: what is remembered is found by it.

    A number for each is sooner made and looked up than a tuple, and no work for the garbage collector.
    """
    keys: list[int] = (table @ _WEIGHTS[: table.shape[1]]).tolist()
    return keys


class RowMemory:
    """What is made of a token's attributes alone, remembered from note to note. For one thread at a time.

    Args:
        made: makes it, one row for each row of a table.
        width: columns of what is made.
        dtype: the type of its figures.
    """

    def __init__(self, made: Callable[[NDArray[np.uint64]], NDArray[Any]], width: int, dtype: type) -> None:
        self._made = made
        self._places: dict[int, int] = {}
        self._rows: NDArray[Any] = np.empty((REMEMBERED, width), dtype)

    def of(self, table: NDArray[np.uint64]) -> NDArray[Any]:
        """What is made of each row of attributes."""
        keys = row_keys(table)
        places = self._places
        new = {key: row for row, key in enumerate(keys) if key not in places}
        if len(places) + len(new) > REMEMBERED:
            places.clear()
            new = {key: row for row, key in enumerate(keys)}
        if len(new) > REMEMBERED:
            return self._made(table)
        if new:
            first = len(places)
            self._rows[first : first + len(new)] = self._made(table[list(new.values())])
            places.update(zip(new, range(first, first + len(new)), strict=True))
        chosen: NDArray[Any] = self._rows[[places[key] for key in keys]]
        return chosen


class Parser:
    """Parses Docs in place.

    Args:
        nlp: the embedded pipeline.
    """

    def __init__(self, nlp: Language) -> None:
        self._strings = nlp.vocab.strings
        self._components: list[tuple[str, Any]] = list(nlp.pipeline)
        model: Any = nlp.get_pipe("tok2vec").model  # type: ignore[attr-defined]
        embed, self._encode = model.layers
        extract, *self._embed = embed.layers
        self._attributes: list[int | str] = list(extract.attrs["columns"])
        self._vectors = RowMemory(self._made, embed.get_dim("nO"), np.float32)
        self._lemmas: dict[int, str | None] = {}
        self._lock = Lock()

    def __call__(self, docs: Sequence[Doc]) -> Sequence[Doc]:
        """Parse the Docs."""
        worded = [doc for doc in docs if len(doc)]
        if worded:
            with self._lock:
                vectors = self._encode.predict(self._starts(worded))
                for doc, own in zip(worded, vectors, strict=True):
                    doc.tensor = own
                for name, component in self._components:
                    if name == "trainable_lemmatizer":
                        self._lemmatize(component, worded)
                    elif name == "parser":
                        parse(component, worded)
                    elif name != "tok2vec":
                        component.set_annotations(worded, component.predict(worded))
        return docs

    def _starts(self, docs: Sequence[Doc]) -> list[NDArray[np.float32]]:
        """The vectors that the words of each Doc start from."""
        tables: list[Any] = [doc.to_array(self._attributes) for doc in docs]
        vectors = self._vectors.of(np.concatenate(tables))
        return np.split(vectors, np.cumsum(list(map(len, tables)))[:-1])

    def _made(self, table: NDArray[np.uint64]) -> NDArray[np.float32]:
        value: Any = [table]
        for layer in self._embed:
            value = layer.predict(value)
        made: NDArray[np.float32] = value[0]
        return made

    def _lemmatize(self, component: Any, docs: Sequence[Doc]) -> None:
        labels, strings, known = component.cfg["labels"], self._strings, self._lemmas
        if len(known) > REMEMBERED:
            known.clear()
        for doc, scores in zip(docs, component.model.predict(docs), strict=True):
            words: Any = doc.to_array(["ORTH"])
            trees = scores.argmax(axis=1)
            keys = row_keys(np.stack([words, trees.astype(np.uint64)], axis=1))
            for place, key in enumerate(keys):
                if key not in known:
                    known[key] = component.trees.apply(labels[trees[place]], doc[place].text)
            # A string that an earlier note brought in may have been forgotten with it.
            hashes = {key: strings.add(lemma) for key in set(keys) if (lemma := known[key]) is not None}
            column = list(map(hashes.get, keys, words.tolist()))
            lemmas: Any = np.array(column, dtype=np.uint64)
            doc.from_array(["LEMMA"], lemmas)
