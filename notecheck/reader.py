"""The learned sentence reader, trained on ``corpus/``: a linear half and a small network, mixed.

The linear half is a model over `notecheck.features`; the network is `notecheck.network`. For each label the
log-odds of a sentence are ``a * linear + b * network + c``; the three figures are fitted on notes that neither
half has seen, and stand in ``meta.json`` as ``mix``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from notecheck.network import AMOUNTS, LABELS, Network, joined
from notecheck.types import NotecheckError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from notecheck.features import Features
    from notecheck.network import Tokens

    Odds = dict[str, list[float]]

MODEL = Path(__file__).parent / "pipeline" / "reader"


@dataclass(frozen=True, slots=True)
class Reader:
    """A trained reader.

    Attributes:
        labels: what the columns of `weights` stand for.
        keys: feature hashes, ascending.
        weights: one row a key, one column a label.
        bias: log-odds of each label for a sentence of which nothing is known.
        known: hashes of the lemmas that are common in notes, ascending; others count as rare.
        network: the other half; None reads with the linear half alone.
        mix: by label, (a, b, c) of the mixture.
        classes: names of the word lists that the halves were trained with.
    """

    labels: tuple[str, ...]
    keys: NDArray[np.uint64]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    known: NDArray[np.uint64]
    network: Network | None = None
    mix: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

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
                np.load(folder / "known.npy", allow_pickle=False),
                Network.load(folder),
                {label: (a, b, c) for label, (a, b, c) in meta["mix"].items()},
                tuple(meta["classes"]),
            )
        except (OSError, ValueError, KeyError) as error:
            raise NotecheckError(f"{folder}: the sentence reader cannot be read: {error}") from None

    def save(self, folder: Path, meta: dict[str, Any]) -> None:
        """Write the reader and its ``meta.json`` (``meta`` adds what was measured)."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "keys.npy", self.keys)
        np.save(folder / "known.npy", self.known)
        np.save(folder / "weights.npy", self.weights.astype(np.float16))
        if self.network is not None:
            self.network.save(folder)
        content = {
            "labels": list(self.labels), "bias": [round(float(x), 5) for x in self.bias],
            "mix": {label: [round(x, 4) for x in figures] for label, figures in self.mix.items()},
            "classes": list(self.classes), **meta,
        }  # fmt: skip
        (folder / "meta.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def logits(self, features: Features, sentences: int) -> NDArray[np.float32]:
        """Log-odds, one row a sentence, one column a label."""
        out = np.tile(self.bias, (sentences, 1)).astype(np.float32)
        if not len(features.keys):
            return out
        order = np.argsort(features.keys)
        keys, rows = features.keys[order], features.sentence[order]
        # In their order the keys are sooner found.
        place = np.searchsorted(self.keys, keys)
        place[place == len(self.keys)] = 0
        known = self.keys[place] == keys
        order = _by_sentence(keys, rows)
        rows, place, known = rows[order], place[order], known[order]
        counts = np.bincount(rows, minlength=sentences).astype(np.float32)
        rows, place = rows[known], place[known]
        if len(rows):
            # The rows are in the order of the sentences: each sentence with a known feature is one run of them.
            begins = np.flatnonzero(np.diff(rows, prepend=-1))
            summed = np.add.reduceat(self.weights[place].astype(np.float64), begins, axis=0)
            which = rows[begins]
            out[which] += (summed / np.sqrt(counts[which])[:, None]).astype(np.float32)
        return out

    def read(self, features: Features, notes: Sequence[Tokens]) -> list[tuple[Odds, Odds]]:
        """For each note log-odds by label and amounts by score, both lists with one figure a sentence.

        The figures are rounded, so that the order of a sum never shows in a report.

        Args:
            features: of all the notes.
            notes: their tokens, none without a sentence.
        """
        counts = [int(note.sentence[-1]) + 1 for note in notes]
        linear = self.logits(features, sum(counts))
        columns: dict[str, Any] = {label: linear[:, index] for index, label in enumerate(self.labels)}
        added: dict[str, Any] = {}
        if self.network is not None:
            odds, amounts = self.network.read(joined(notes), counts)
            for index, label in enumerate(LABELS):
                a, b, c = self.mix.get(label, (1.0, 0.0, 0.0))
                columns[label] = a * columns[label] + b * odds[:, index] + c
            added = {name: amounts[:, index] for index, name in enumerate(AMOUNTS)}
        ends = [0, *accumulate(counts)]
        rounded = {label: _rounded(column) for label, column in columns.items()}
        summands = {name: _rounded(column) for name, column in added.items()}
        return [
            (
                {label: figures[start:end] for label, figures in rounded.items()},
                {name: figures[start:end] for name, figures in summands.items()},
            )
            for start, end in pairwise(ends)
        ]


def _rounded(column: NDArray[np.float32]) -> list[float]:
    return [round(figure, 3) for figure in column.tolist()]


def unique_rows(features: Features) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """The distinct (sentence, feature) pairs: a feature counts once a sentence."""
    order = np.argsort(features.keys)
    order = order[_by_sentence(features.keys[order], features.sentence[order])]
    return features.sentence[order].astype(np.int64), features.keys[order]


def _by_sentence(keys: NDArray[np.uint64], sentence: NDArray[np.int32]) -> NDArray[np.int64]:
    """Features that are in the order of their keys by sentence, each once: their places."""
    # Sentences fit into 16 bits nearly always, and such numbers are sorted without comparing them.
    narrow = np.uint16 if len(keys) == 0 or sentence.max() < 2**16 else np.uint32
    order = np.argsort(sentence.astype(narrow), kind="stable")
    sentence, keys = sentence[order], keys[order]
    first = np.ones(len(keys), dtype=bool)
    first[1:] = (keys[1:] != keys[:-1]) | (sentence[1:] != sentence[:-1])
    return order[first]
