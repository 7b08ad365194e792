"""Word classes: which lists of ``rules/lexicon`` a token is on."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from notecheck.pipeline.parsing import RowMemory

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from spacy.strings import StringStore

    from notecheck.rulebook import Rulebook

_LIMITED = {"verb": ("VERB", "AUX", "NOUN"), "noun": ("NOUN", "PROPN", "VERB", "ADJ"), "adjective": ("ADJ",)}


class Classes:
    """The lists of the lexicon, by word.

    Attributes:
        names: the names of the lists, the shortest list first.
    """

    def __init__(self, strings: StringStore, book: Rulebook) -> None:
        names = sorted(book.lexicon, key=lambda name: (len(book.lexicon[name]), name))
        self.names = tuple(names)
        self._of: dict[int, list[int]] = {}
        for index, name in enumerate(names):
            for word in book.lexicon[name]:
                self._of.setdefault(strings.add(word), []).append(index)
        self._allowed: list[frozenset[int] | None] = []
        for name in names:
            allowed = _LIMITED.get(name.rpartition("-")[2])
            self._allowed.append(None if allowed is None else frozenset(strings.add(pos) for pos in allowed))
        self._flags = RowMemory(self._made, len(names), bool)
        self._lock = Lock()

    def flags(self, table: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which classes each token is of: one row a token, one column a class.

        Args:
            table: lemma, lower-case form and part of speech of the tokens, one row each.
        """
        with self._lock:
            return self._flags.of(table)

    def _made(self, table: NDArray[np.uint64]) -> NDArray[np.bool_]:
        flags = np.zeros((len(table), len(self.names)), dtype=bool)
        for row, key in enumerate(table.tolist()):
            for number in self._of_token(*key):
                flags[row, number] = True
        return flags

    def _of_token(self, lemma: int, lower: int, pos: int) -> Iterator[int]:
        for index in self._of.get(lemma) or self._of.get(lower) or ():
            allowed = self._allowed[index]
            if allowed is None or pos in allowed:
                yield index
