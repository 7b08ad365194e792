"""Parsing with the embedded pipeline: the outcome is that of ``nlp.pipe``, sooner.

The vector that a word starts from, before its neighbours are looked at, depends on the word alone, and the lemma
on the word and the chosen way to make it: both are remembered from note to note.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from notecheck.pipeline.transitions import parse

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spacy.language import Language
    from spacy.tokens import Doc

#: So many words, and lemmas, are remembered before the memory starts anew.
REMEMBERED = 20_000


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
        self._words: dict[tuple[int, ...], int] = {}
        self._vectors: NDArray[np.float32] = np.empty((REMEMBERED, embed.get_dim("nO")), np.float32)
        self._lemmas: dict[tuple[int, int], str | None] = {}
        self._lock = Lock()

    def __call__(self, docs: Sequence[Doc]) -> Sequence[Doc]:
        """Parse the Docs."""
        worded = [doc for doc in docs if len(doc)]
        if worded:
            with self._lock:
                vectors = self._encode.predict(list(map(self._start, worded)))
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

    def _start(self, doc: Doc) -> NDArray[np.float32]:
        """The vectors that the words of a Doc start from."""
        table: Any = doc.to_array(self._attributes)
        keys = list(map(tuple, table.tolist()))
        new = {key: place for place, key in enumerate(keys) if key not in self._words}
        if len(self._words) + len(new) > REMEMBERED:
            self._words.clear()
            new = {key: place for place, key in enumerate(keys)}
        if len(new) > REMEMBERED:
            return self._made(table)
        if new:
            first = len(self._words)
            self._vectors[first : first + len(new)] = self._made(table[list(new.values())])
            self._words.update(zip(new, range(first, first + len(new)), strict=True))
        return self._vectors[[self._words[key] for key in keys]]

    def _made(self, table: NDArray[np.uint64]) -> NDArray[np.float32]:
        value: Any = [table]
        for layer in self._embed:
            value = layer.predict(value)
        made: NDArray[np.float32] = value[0]
        return made

    def _lemmatize(self, component: Any, docs: Sequence[Doc]) -> None:
        labels, strings = component.cfg["labels"], self._strings
        if len(self._lemmas) > REMEMBERED:
            self._lemmas.clear()
        for doc, scores in zip(docs, component.model.predict(docs), strict=True):
            words: Any = doc.to_array(["ORTH"])
            column = []
            for place, key in enumerate(zip(words.tolist(), scores.argmax(axis=1).tolist(), strict=True)):
                if key not in self._lemmas:
                    self._lemmas[key] = component.trees.apply(labels[key[1]], doc[place].text)
                lemma = self._lemmas[key]
                column.append(key[0] if lemma is None else strings.add(lemma))
            lemmas: Any = np.array(column, dtype=np.uint64)
            doc.from_array(["LEMMA"], lemmas)
