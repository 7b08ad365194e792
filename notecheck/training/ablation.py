"""What each part is worth: the same decisions from rules alone, from each half of the reader, and from all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from notecheck.network import LABELS
from notecheck.training.decisions import fit_thresholds, oof_figures
from notecheck.training.prepare import Prepared
from notecheck.training.reader import Mix, Unseen, mixed
from notecheck.verdict import READER_LABELS


def ablation(
    unseen: Sequence[Unseen], mix: Mapping[str, Mix], rules: Sequence[dict[str, float]]
) -> dict[str, dict[str, float]]:
    """Macro-F1 of each check on unseen notes, by what decides; thresholds are fitted anew for each."""
    ways: dict[str, tuple[list[Prepared], list[dict[str, float]]]] = {
        "rules alone": ([_with(item, "none") for item in unseen], [_flat(own) for own in rules]),
        "linear half alone": ([_with(item, "linear") for item in unseen], [_silent(own) for own in rules]),
        "network alone": ([_with(item, "network") for item in unseen], [_silent(own) for own in rules]),
        "all": ([mixed(item, mix) for item in unseen], list(rules)),
    }
    return {
        name: oof_figures(notes, weights, fit_thresholds(notes, weights))
        for name, (notes, weights) in ways.items()
    }


def _with(item: Unseen, part: str) -> Prepared:
    """The note with the log-odds of one half only."""
    count = len(item.note.signals.sentences)
    logits = {}
    for column, label in enumerate(READER_LABELS):
        if part == "linear":
            values = item.linear[:, column]
        elif part == "network" and label in LABELS:
            values = item.network[:, LABELS.index(label)]
        else:
            values = np.full(count, -1.0)
        logits[label] = np.round(values.astype(float), 3).tolist()
    return replace(item.note, signals=replace(item.note.signals, logits=logits))


def _flat(own: Mapping[str, float]) -> dict[str, float]:
    """Every rule counts alike, as it would without anything fitted."""
    return dict.fromkeys(own, 2.0)


def _silent(own: Mapping[str, float]) -> dict[str, float]:
    return dict.fromkeys(own, 0.0)
