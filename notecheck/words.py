"""What words mean elsewhere: vectors of common English words, learned from much more text than any corpus of notes.

A note may thank for a word that no labelled note holds; its vector says which known words it is like. The vectors
are GloVe's (Pennington, Socher and Manning 2014, 6 billion tokens, public domain), reduced to `WIDTH` dimensions and
four bits a figure by ``notecheck.training.words``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from notecheck.types import NotecheckError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE = Path(__file__).parent / "pipeline" / "reader" / "words.npz"
WIDTH = 64  # figures in a vector
STEPS = 7  # a figure is a whole number of steps from -STEPS to STEPS
STEP = 3.2 / STEPS  # a step, in standard deviations of a figure


@dataclass(frozen=True, slots=True)
class Words:
    """The vectors.

    Attributes:
        keys: hashes of the words in lower case, as in spaCy's ``StringStore``, ascending.
        table: one row a key, after a first row of zeros for all other words; in steps.
    """

    keys: NDArray[np.uint64]
    table: NDArray[np.int8]

    @classmethod
    def load(cls, file: Path = FILE) -> Words:
        """Read the vectors.

        Raises:
            NotecheckError: they are missing or broken.
        """
        try:
            with np.load(file, allow_pickle=False) as data:
                keys, pairs = data["keys"], data["pairs"]
        except (OSError, ValueError, KeyError) as error:
            raise NotecheckError(f"{file}: the word vectors cannot be read: {error}") from None
        table = np.zeros((len(keys) + 1, WIDTH), dtype=np.int8)
        table[1:, 0::2] = (pairs >> 4).astype(np.int8) - STEPS
        table[1:, 1::2] = (pairs & 15).astype(np.int8) - STEPS
        return cls(keys, table)

    def save(self, file: Path) -> None:
        """Write the vectors, two figures a byte."""
        shifted = (self.table[1:] + STEPS).astype(np.uint8)
        np.savez(file, keys=self.keys, pairs=shifted[:, 0::2] << 4 | shifted[:, 1::2])

    def vectors(self, words: NDArray[np.uint64], lemmas: NDArray[np.uint64]) -> NDArray[np.float32]:
        """The vector of each word, or else of its lemma; zeros where neither is known."""
        rows = lookup(self.keys, words)
        rows = np.where(rows > 0, rows, lookup(self.keys, lemmas))
        return self.table[rows] * np.float32(STEP)


def lookup(table: NDArray[np.uint64], values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Row of each value in the sorted ``table`` plus one; 0 for what is not there."""
    place = np.searchsorted(table, values)
    place[place == len(table)] = 0
    return np.where(table[place] == values, place + 1, 0)
