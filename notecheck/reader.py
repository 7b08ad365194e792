"""The learned sentence reader: a linear model over `notecheck.features`, trained on ``corpus/``.

It gives every sentence a log-odds for each label. The model is an array of feature hashes and a matrix of
weights, so that what a verdict rests on can be traced to words.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from notecheck.types import NotecheckError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from notecheck.features import Features

MODEL = Path(__file__).parent / "pipeline" / "reader"


@dataclass(frozen=True, slots=True)
class Reader:
    """A trained reader.

    Attributes:
        labels: what the columns of `weights` stand for.
        keys: feature hashes, ascending.
        weights: one row a key, one column a label.
        bias: log-odds of each label for a sentence of which nothing is known.
    """

    labels: tuple[str, ...]
    keys: NDArray[np.uint64]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    @classmethod
    def load(cls, folder: Path = MODEL) -> Reader:
        """Read a trained reader from ``folder``.

        Raises:
            NotecheckError: it is missing or broken.
        """
        try:
            meta: dict[str, Any] = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
            return cls(
                tuple(meta["labels"]),
                np.load(folder / "keys.npy", allow_pickle=False),
                np.load(folder / "weights.npy", allow_pickle=False).astype(np.float32),
                np.array(meta["bias"], dtype=np.float32),
            )
        except (OSError, ValueError, KeyError) as error:
            raise NotecheckError(f"{folder}: the sentence reader cannot be read: {error}") from None

    def save(self, folder: Path, meta: dict[str, Any]) -> None:
        """Write the reader and its ``meta.json`` (``meta`` adds what was measured)."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "keys.npy", self.keys)
        np.save(folder / "weights.npy", self.weights.astype(np.float16))
        content = {"labels": list(self.labels), "bias": [round(float(x), 5) for x in self.bias], **meta}
        (folder / "meta.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def logits(self, features: Features, sentences: int) -> NDArray[np.float32]:
        """Log-odds, one row a sentence, one column a label."""
        out = np.tile(self.bias, (sentences, 1)).astype(np.float32)
        rows, columns = unique_rows(features)
        if not len(rows):
            return out
        counts = np.bincount(rows, minlength=sentences).astype(np.float32)
        place = np.searchsorted(self.keys, columns)
        place[place == len(self.keys)] = 0
        known = self.keys[place] == columns
        rows, place = rows[known], place[known]
        for index in range(len(self.labels)):
            summed = np.bincount(rows, weights=self.weights[place, index], minlength=sentences)
            out[:, index] += (summed / np.sqrt(counts)).astype(np.float32)
        return out

    def token_weights(self, features: Features, sentence: int, label: str, tokens: int) -> NDArray[np.float32]:
        """How much each token of the Doc adds to the log-odds of ``label`` in one sentence (unscaled)."""
        column = self.labels.index(label)
        chosen = (features.sentence == sentence) & (features.token >= 0)
        keys, token = features.keys[chosen], features.token[chosen]
        place = np.searchsorted(self.keys, keys)
        place[place == len(self.keys)] = 0
        known = self.keys[place] == keys
        return np.bincount(
            token[known], weights=self.weights[place[known], column], minlength=tokens
        ).astype(np.float32)  # fmt: skip


def unique_rows(features: Features) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The distinct (sentence, feature) pairs: a feature counts once a sentence."""
    order = np.lexsort((features.keys, features.sentence))
    sentence, keys = features.sentence[order], features.keys[order]
    first = np.ones(len(keys), dtype=bool)
    first[1:] = (keys[1:] != keys[:-1]) | (sentence[1:] != sentence[:-1])
    return sentence[first].astype(np.int64), keys[first]
