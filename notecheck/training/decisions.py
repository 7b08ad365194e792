"""Thresholds, score factors and cuts, fitted on notes that the readers and the rules have not seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from notecheck.evaluation import quadratic_kappa
from notecheck.training.prepare import Prepared
from notecheck.verdict import (
    ANNOYANCE_LABELS,
    LEVEL_WITH_SLOT,
    MOVE_LABELS,
    RULE_LABELS,
    Weights,
    annoyance_parts,
    checks_of,
    combined,
    decide,
    faded,
    genericness_parts,
    has_slot,
    sigmoid,
    statuses,
)

#: What a false alarm costs beside a miss when a threshold is chosen: false moves mislead a sender more.
CHOICES = (
    ("thanks", "gratitude"), ("detail", "gratitude"), ("detail-beside", "gratitude"), ("narrow", "feedback"), ("broad", "feedback"),
    ("keep-in-mind", "keep_in_mind"), ("interest", "interest"),
)  # fmt: skip
MIN_PRECISION = {
    "detail": ("specific", 0.95),
    "detail-beside": ("specific", 0.95),
    "narrow": ("narrow", 0.95),
    "keep-in-mind": ("yes", 0.95),
}


#: Batches whose brief packed the boundary of a label: what suits them best is too strict or too lax for letters as
#: they come, so the thresholds and cuts of that label are fitted on the others.
PACKED: Mapping[str, frozenset[str]] = {
    "gratitude": frozenset({"n16", "n17", "n23", "n29", "n37", "n40", "n47", "n55", "n62"}),
    "feedback": frozenset({"n17", "n24", "n30", "n38", "n41", "n47", "n56", "n64"}),
    "keep_in_mind": frozenset({"n17", "n33", "n45", "n47", "n56", "n63"}),
    "interest": frozenset({"n17", "n33", "n45", "n56", "n63"}),
    "annoyance": frozenset({"n16", "n28", "n36", "n42", "n47", "n60"}),
}


def fit_thresholds(notes: Sequence[Prepared], rules: Mapping[str, float]) -> dict[str, float]:
    """Choose each label's threshold by the note-level macro-F1, in two rounds over the labels.

    The wish for precision holds for all notes, also those on the boundary: there a sender is misled most easily.
    """
    weights = Weights({}, rules, {})
    odds = [{label: combined(note.signals, weights, label) for label in MOVE_LABELS} for note in notes]
    thresholds = dict.fromkeys((*RULE_LABELS, "detail-beside"), 0.0)
    for _ in range(2):
        for label, check in CHOICES:
            best = (-1.0, 0.0)
            for step in range(-30, 31):
                trial = {**thresholds, label: step / 10}
                pairs = [
                    (note.note.labels[check], decide(each, trial)[check][0])
                    for note, each in zip(notes, odds, strict=True)
                ]
                loose = [
                    pair
                    for pair, note in zip(pairs, notes, strict=True)
                    if note.note.batch not in PACKED[check]
                ]
                # Where a stretch of thresholds does equally well, the one nearest to even odds is the least chance.
                score = _macro_f1(loose) - _shortfall(pairs, label) - PULL * abs(step / 10)
                best = max(best, (round(score, 6), step / 10))
            thresholds[label] = best[1]
    return {label: value for label, value in thresholds.items() if label != "annoyance"}


PULL = 0.001
#: What a point of precision below the wish costs in points of macro-F1.
SHORTFALL = 0.5


def _shortfall(pairs: Sequence[tuple[Any, Any]], label: str) -> float:
    if label not in MIN_PRECISION:
        return 0.0
    wanted, least = MIN_PRECISION[label]
    said = [a for a, b in pairs if b == wanted]
    precision = sum(a == wanted for a in said) / len(said) if said else 1.0
    return SHORTFALL * max(0.0, least - precision)


def _macro_f1(pairs: Sequence[tuple[Any, Any]]) -> float:
    scores = []
    for label in sorted({str(a) for a, _ in pairs}):
        hit = sum(str(a) == label == str(b) for a, b in pairs)
        said, there = sum(str(b) == label for _, b in pairs), sum(str(a) == label for a, _ in pairs)
        scores.append(2 * hit / (said + there) if said + there else 0.0)
    return sum(scores) / len(scores)


def fit_ordinal(
    amounts: NDArray[np.float64], levels: NDArray[np.int64], signs: Sequence[int], stress: Sequence[float]
) -> tuple[NDArray[np.float64], list[float]]:
    """Cumulative logistic regression with signed factors, one slope for all cuts: the factors and the three cuts.

    Args:
        amounts: one row a note, one column a factor.
        signs: for each factor, 1 (never negative), -1 (never positive).
        stress: for each cut, what it counts to tell the notes above it from those below.
    """
    count = amounts.shape[1]
    reached = levels[:, None] >= np.arange(1, 4)

    def loss(point: NDArray[np.float64]) -> float:
        total = amounts @ point[:count]
        cuts = np.concatenate([[point[count]], point[count] + np.cumsum(np.exp(point[count + 1 :]))])
        odds = total[:, None] - cuts[None, :]
        missed = (np.logaddexp(0, odds) - reached * odds).mean(axis=0)
        return float(missed @ np.array(stress) + 0.002 * (point[:count] ** 2).sum())

    bounds = [(0, None) if sign > 0 else (None, 0) for sign in signs] + [(None, None)] + [(-4, 4)] * 2
    start = np.concatenate([0.3 * np.array(signs), [0.5, 0.5, 0.5]])
    result = minimize(loss, start, method="L-BFGS-B", bounds=bounds)
    point = result.x
    cuts = [float(point[count]), *(float(point[count]) + np.cumsum(np.exp(point[count + 1 :])))]
    return point[:count], [round(float(cut), 4) for cut in cuts]


GENERIC_FACTORS = {
    "specific": -1, "narrow": -1, "particular-rules": -1, "stock-rules": 1,
    "slot-rules": 1, "short": 1, "sentence": 1, "most-particular": 1,
}  # fmt: skip


ANNOYED_FACTORS = [*ANNOYANCE_LABELS, "barb"]
#: Whether a faint edge is heard at all matters less than whether a grudge is.
STRESS = {"genericness": (1.0, 1.0, 1.0), "annoyance": (0.3, 1.0, 1.0)}


def fit_scores(
    notes: Sequence[Prepared], rules: Mapping[str, float], thresholds: Mapping[str, float]
) -> dict[str, dict[str, Any]]:
    """Fit the factors and cuts of both scores on out-of-fold evidence."""
    generic, annoyed = [], []
    least_generic = [LEVEL_WITH_SLOT if has_slot(note.signals) else 0 for note in notes]
    weights = Weights(thresholds, rules, {})
    for note in notes:
        sums = dict.fromkeys(GENERIC_FACTORS, 0.0)
        for name, amount, _ in genericness_parts(note.signals, weights, checks_of(note.signals, weights)):
            sums[name] += amount
        generic.append(list(sums.values()))
        parts = faded(annoyance_parts(note.signals, weights))
        annoyed.append([sum(part[label] for part in parts) for label in ANNOYED_FACTORS])
    out: dict[str, dict[str, Any]] = {}
    for name, rows, signs, names, least in (
        (
            "genericness", generic, list(GENERIC_FACTORS.values()), list(GENERIC_FACTORS),
            np.array(least_generic),
        ),
        (
            "annoyance", annoyed, [1] * len(ANNOYED_FACTORS), ANNOYED_FACTORS,
            np.zeros(len(notes), dtype=np.int64),
        ),
    ):  # fmt: skip
        known = [n for n, note in enumerate(notes) if note.note.labels[name] is not None]
        levels = np.array([int(notes[n].note.labels[name] or 0) for n in known])
        factors, cuts = fit_ordinal(np.array(rows)[known], levels, signs, STRESS[name])
        total = np.array(rows)[known] @ factors
        loose = np.array([notes[n].note.batch not in PACKED.get(name, ()) for n in known])
        out[name] = {
            "bias": 0.0,
            "cuts": fit_cuts(total[loose], levels[loose], cuts, least[known][loose]),
            "factors": {key: round(float(value), 4) for key, value in zip(names, factors, strict=True)},
        }
    out["annoyance"]["finding"] = _finding(notes, weights)
    return out


def _finding(notes: Sequence[Prepared], weights: Weights) -> float:
    """The chance of an edge that three in a thousand sentences of level-0 notes reach: from there on it is a finding."""
    calm = [
        part["annoyed"]
        for note in notes if note.note.labels["annoyance"] == 0
        for part in annoyance_parts(note.signals, weights)
    ]  # fmt: skip
    return round(float(np.quantile(calm, 0.997)), 3)


def fit_cuts(
    total: NDArray[np.float64], levels: NDArray[np.int64], cuts: list[float], least: NDArray[np.int64]
) -> list[float]:
    """Move the cuts, one at a time, to where kappa and the F1 of level 2 and above are best together.

    A level-0 note that is raised to 2 offends a sincere writer: more than 2% of them count against the cuts.

    Args:
        total: by note what its contributions come to.
        levels: by note what its readers said.
        cuts: where to start from.
        least: by note the level that it has in any case.
    """
    cuts = list(cuts)
    for _ in range(3):
        for number in range(len(cuts)):
            low = cuts[number - 1] + 0.02 if number else float(total.min()) - 1
            high = cuts[number + 1] - 0.02 if number + 1 < len(cuts) else float(total.max()) + 1
            best = (-3.0, 0.0, cuts[number])
            for trial in np.linspace(low, high, 120):
                moved = [*cuts[:number], float(trial), *cuts[number + 1 :]]
                said = np.maximum((total[:, None] >= np.array(moved)[None, :]).sum(1), least)
                worth = _worth(levels, said)
                # Of cuts that do equally well the lowest: it finds the most of what a reader would hear.
                best = max(best, (round(worth, 3), -float(trial), float(trial)))
            cuts[number] = round(best[2], 4)
    return cuts


def oof_figures(
    notes: Sequence[Prepared], rules: Mapping[str, float], thresholds: Mapping[str, float]
) -> dict[str, float]:
    """Macro-F1 of each check on notes that the reader had not seen."""
    figures = {}
    weights = Weights(thresholds, rules, {})
    for check in ("gratitude", "feedback", "keep_in_mind", "interest"):
        pairs = [(note.note.labels[check], statuses(note.signals, weights)[check][0]) for note in notes]
        figures[check] = round(_macro_f1(pairs), 4)
    return figures


def _worth(levels: NDArray[np.int64], said: NDArray[np.int64]) -> float:
    kappa = quadratic_kappa(list(zip(levels.tolist(), said.tolist(), strict=True)))
    both, there, found = ((levels >= 2) & (said >= 2)).sum(), (levels >= 2).sum(), (said >= 2).sum()
    f1 = 2 * both / (there + found) if there + found else 1.0
    raised = (said[levels == 0] >= 2).mean() if (levels == 0).any() else 0.0
    return float(kappa + f1 - 2 * max(0.0, raised - 0.02))


def add_limits(scores: dict[str, dict[str, Any]]) -> None:
    """Set each score's threshold.

    A note that reads as passive-aggressive (annoyance level 2) is not ready. Genericness stops a note half-way
    between level 2 (mostly stock, or short) and level 3 (a form letter).
    """
    for name, total in (
        ("annoyance", scores["annoyance"]["cuts"][1]),
        ("genericness", sum(scores["genericness"]["cuts"][1:]) / 2),
    ):
        value = sum(sigmoid(total - cut) for cut in scores[name]["cuts"]) / 3
        # Rounded down, so that a note exactly at the cut is over it.
        scores[name]["threshold"] = int(value * 1000) / 1000


def write_weights(
    path: Path,
    thresholds: Mapping[str, float],
    rules: Mapping[str, float],
    scores: Mapping[str, Mapping[str, Any]],
) -> None:
    """Write the fitted figures as TOML."""
    lines = [
        "# Fitted on the tune split of corpus/ by `python -m notecheck.training reader`; not edited by hand.",
        "", "[thresholds]", *(f'"{key}" = {value}' for key, value in sorted(thresholds.items())),
        "", "[rules]", *(f'"{key}" = {value}' for key, value in sorted(rules.items())),
    ]  # fmt: skip
    for name, figures in sorted(scores.items()):
        plain = {key: value for key, value in figures.items() if not isinstance(value, dict)}
        lines += ["", f"[scores.{name}]", *(f"{key} = {value}" for key, value in plain.items())]
        lines += [f"[scores.{name}.factors]"]
        lines += [f'"{key}" = {value}' for key, value in figures["factors"].items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
