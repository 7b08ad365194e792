"""What each part is worth: the same decisions from rules alone, from the network alone, and from both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from notecheck.network import LABELS
from notecheck.training.decisions import fit_thresholds, oof_figures
from notecheck.training.prepare import Prepared
from notecheck.training.reader import Unseen


def ablation(
    unseen: Sequence[Unseen], read: Sequence[Prepared], rules: Mapping[str, float]
) -> dict[str, dict[str, float]]:
    """Macro-F1 of each check on unseen notes, by what decides; thresholds are fitted anew for each.

    Args:
        unseen: the notes as the network reads them.
        read: the same with everything put together.
        rules: the fitted weights of the rules.
    """
    nothing = [np.full_like(item.network, -1.0) for item in unseen]
    # Every rule counts alike, as it would without anything fitted.
    ways = {
        "rules alone": (_with(unseen, nothing), dict.fromkeys(rules, 2.0)),
        "network alone": (_with(unseen, [item.network for item in unseen]), dict.fromkeys(rules, 0.0)),
        "both": (read, rules),
    }
    return {
        name: oof_figures(notes, weights, fit_thresholds(notes, weights))
        for name, (notes, weights) in ways.items()
    }


def _with(unseen: Sequence[Unseen], odds: Sequence[np.ndarray]) -> list[Prepared]:
    """The notes with these log-odds, sentence × `LABELS`."""
    return [
        replace(
            item.note,
            signals=replace(
                item.note.signals,
                logits={
                    label: np.round(own[:, n].astype(float), 3).tolist() for n, label in enumerate(LABELS)
                },
            ),
        )
        for item, own in zip(unseen, odds, strict=True)
    ]
