"""The learned sentence reader, trained on ``corpus/``: a small network, put on the scale of the rules.

For each label the log-odds of a sentence are ``b * network + c`` (`notecheck.network`), to which the verdict adds the
weights of the rules that matched. The figures are fitted on notes that the network has not seen, and stand in
``meta.json`` as ``mix``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notecheck.network import AMOUNTS, LABELS, Network, joined
from notecheck.types import NotecheckError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from notecheck.network import Floats, Tokens

    Odds = dict[str, list[float]]

MODEL = Path(__file__).parent / "pipeline" / "reader"


@dataclass(frozen=True, slots=True)
class Reader:
    """A trained reader.

    Attributes:
        network: what reads the sentences.
        mix: by label, (b, c) of the mixture.
        classes: names of the word lists that the network was trained with.
    """

    network: Network
    mix: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    classes: tuple[str, ...] = ()

    @classmethod
    def load(cls, folder: Path = MODEL) -> Reader:
        """Read a trained reader from ``folder``.

        Raises:
            NotecheckError: it is missing or broken.
        """
        try:
            meta: dict[str, Any] = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
            mix = {label: (b, c) for label, (b, c) in meta["mix"].items()}
            return cls(Network.load(folder), mix, tuple(meta["classes"]))
        except (OSError, ValueError, KeyError) as error:
            raise NotecheckError(f"{folder}: the sentence reader cannot be read: {error}") from None

    def save(self, folder: Path, meta: dict[str, Any]) -> None:
        """Write the reader and its ``meta.json`` (``meta`` adds what was measured)."""
        self.network.save(folder)
        mix = {label: [round(x, 4) for x in figures] for label, figures in self.mix.items()}
        content = {"mix": mix, "classes": list(self.classes), **meta}
        (folder / "meta.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")

    def read(self, notes: Sequence[Tokens]) -> list[tuple[Odds, Odds]]:
        """For each note log-odds by label and amounts by score, both lists with one figure a sentence.

        The figures are rounded, so that the order of a sum never shows in a report.

        Args:
            notes: none without a sentence.
        """
        counts = [int(note.sentence[-1]) + 1 for note in notes]
        odds, amounts = self.network.read(joined(notes), counts)
        return self.mixed(odds, amounts, counts)

    def mixed(self, odds: Floats, amounts: Floats, counts: Sequence[int]) -> list[tuple[Odds, Odds]]:
        """`read` from what the network said of notes of so many sentences each."""
        logits = {}
        for index, label in enumerate(LABELS):
            b, c = self.mix.get(label, (1.0, 0.0))
            logits[label] = _rounded(b * odds[:, index] + c)
        summands = {name: _rounded(amounts[:, index]) for index, name in enumerate(AMOUNTS)}
        ends = [0, *accumulate(counts)]
        return [
            (
                {label: figures[start:end] for label, figures in logits.items()},
                {name: figures[start:end] for name, figures in summands.items()},
            )
            for start, end in pairwise(ends)
        ]


def _rounded(column: NDArray[Any]) -> list[float]:
    return [round(figure, 3) for figure in column.tolist()]
