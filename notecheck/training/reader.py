"""Fit the sentence reader, the rule weights, the thresholds and the scores on the ``tune`` split of the corpus.

Needs scikit-learn (the ``training`` extra). Everything is deterministic: the same corpus, rules and pipeline
give the same files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from notecheck import corpus, message, pipeline
from notecheck.corpus import LabelledNote
from notecheck.features import Classes, features
from notecheck.matching import Engine
from notecheck.network import AMOUNTS, LABELS, Network, Tokens, tokens_of
from notecheck.pipeline import Reading
from notecheck.readability import measure
from notecheck.reader import Reader, unique_rows
from notecheck.rulebook import Rulebook, read_folder
from notecheck.types import Span
from notecheck.verdict import (
    ANNOYANCE_LABELS,
    READER_LABELS,
    RULE_LABELS,
    Signals,
    Weights,
    annoyance_parts,
    combined,
    genericness_parts,
    statuses,
)
from notecheck.verdict import _checks as checks_of

#: Codes of the corpus to the reader's labels.
MOVES: Mapping[str, tuple[str, ...]] = {
    "thanks": ("thanks",),
    "detail": ("detail",),
    "narrow": ("narrow",),
    "broad": ("broad",),
    "keep-in-mind": ("keep-in-mind",),
    "interest": ("interest",),
    "annoyed": ("annoyed-1", "annoyed-2", "annoyed-3"),
    "barbed": ("annoyed-2", "annoyed-3"),
    "hostile": ("annoyed-3",),
}
#: Batches whose tune notes the authors of the rules have read: the rules know them too well to be weighed on them.
RULES_READ = frozenset(f"n{number:02}" for number in range(1, 13))
UNREAD_WEIGHT = 3  # how much more a note counts that the rules do not know
FOLDS = 4
C = 16.0  # inverse regularisation, chosen by batch-wise cross-validation
MIN_SENTENCES = 2  # a feature seen in fewer sentences is not learned
KNOWN_IN = 6  # a lemma that fewer notes use is rare
KEEP = 24_000  # features kept in the shipped reader, the strongest


@dataclass(frozen=True, slots=True)
class Prepared:
    """One note, parsed and matched, with its sentence targets."""

    note: LabelledNote
    signals: Signals
    rows: NDArray[np.int64]
    keys: NDArray[np.uint64]
    targets: NDArray[np.float64]
    tokens: Tokens


def known_lemmas(notes: Sequence[LabelledNote], readings: Sequence[Reading]) -> NDArray[np.uint64]:
    """The lemmas that at least `KNOWN_IN` groups of notes use, as sorted hashes; all others count as rare."""
    groups: dict[int, set[str]] = {}
    for note, reading in zip(notes, readings, strict=True):
        for token in reading.doc:
            groups.setdefault(token.lemma, set()).add(group_of(note))
    return np.array(sorted(key for key, users in groups.items() if len(users) >= KNOWN_IN), dtype=np.uint64)


def prepare(
    notes: Sequence[LabelledNote], book: Rulebook, known: NDArray[np.uint64] | None = None
) -> tuple[list[Prepared], NDArray[np.uint64]]:
    """Parse and match every note; also gives the known lemmas, found here unless given."""
    nlp = pipeline.load()
    engine = Engine(nlp, book)
    drafts = [message.read(note.text) for note in notes]
    out = []
    readings = list(pipeline.read_all(nlp, ((draft.source, draft.spans) for draft in drafts)))
    if known is None:
        known = known_lemmas(notes, readings)
    classes = Classes(nlp.vocab.strings, book, known)
    for note, draft, reading in zip(notes, drafts, readings, strict=True):
        sentences = reading.sentences()
        spans = tuple(reading.span(sentence) for sentence in sentences)
        hits = engine.hits(reading)
        signals = Signals(
            source=draft.source,
            sentences=spans,
            hits=tuple((hit, reading.span(reading.doc[hit.start : hit.end])) for hit in hits),
            logits={},
            readability=measure(reading.plain.text, len(spans)),
        )
        if not sentences:
            continue
        rows, keys = unique_rows(features(reading.doc, classes))
        out.append(
            Prepared(note, signals, rows, keys, _targets(note, spans), tokens_of(reading.doc, classes, hits))
        )
    return out, known


def _targets(note: LabelledNote, spans: Sequence[Span]) -> NDArray[np.float64]:
    targets = np.zeros((len(spans), len(READER_LABELS)))
    for row, span in enumerate(spans):
        for labelled, moves in note.sentences:
            overlap = min(span.end, labelled.end) - max(span.start, labelled.start)
            if overlap <= 0 or overlap < 0.5 * min(span.end - span.start, labelled.end - labelled.start):
                continue
            for column, label in enumerate(READER_LABELS):
                if moves & set(MOVES.get(label, ())):
                    targets[row, column] = 1
    # Nobody labels a sentence as particular; the note's genericness stands in for it.
    targets[:, READER_LABELS.index("particular")] = float((note.labels["genericness"] or 0) <= 1)
    return targets


def group_of(note: LabelledNote) -> str:
    """Notes of one contrast set stay together in a fold."""
    return note.id.rstrip("abcd")


def weight_of(note: LabelledNote) -> int:
    return 1 if note.batch in RULES_READ else UNREAD_WEIGHT


def fold_of(note: LabelledNote) -> int:
    return hashlib.sha256(group_of(note).encode()).digest()[0] % FOLDS


class _Matrix:
    """The hashed features of many notes as one sparse matrix, plus one column a rule."""

    def __init__(
        self, notes: Sequence[Prepared], keys: NDArray[np.uint64] | None, rules: Sequence[str]
    ) -> None:
        rows, columns, base = [], [], 0
        self.offsets = [0]
        for note in notes:
            rows.append(note.rows + base)
            columns.append(note.keys)
            base += len(note.signals.sentences)
            self.offsets.append(base)
        row, column = np.concatenate(rows), np.concatenate(columns)
        counts = np.bincount(row, minlength=base)
        if keys is None:
            unique, seen = np.unique(column, return_counts=True)
            keys = unique[seen >= MIN_SENTENCES]
        self.keys = keys
        place = np.searchsorted(keys, column)
        place[place == len(keys)] = 0
        known = keys[place] == column
        values = 1 / np.sqrt(counts[row[known]])
        self.hashed = sp.csr_matrix((values, (row[known], place[known])), shape=(base, len(keys)))
        index = {rule: number for number, rule in enumerate(rules)}
        fired = {
            (start + hit.sentence, index[hit.rule.id])
            for start, note in zip(self.offsets, notes, strict=False)
            for hit, _ in note.signals.hits if hit.rule.id in index
        }  # fmt: skip
        pairs = sorted(fired)
        self.rules = sp.csr_matrix(
            (np.ones(len(pairs)), ([a for a, _ in pairs], [b for _, b in pairs])), shape=(base, len(rules))
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """One fit: the reader, and by rule id the weight."""

    reader: Reader
    rules: dict[str, float]


def fit_reader(
    notes: Sequence[Prepared], book: Rulebook, *, use_reader: bool = True, use_rules: bool = True
) -> Fitted:
    """Fit one linear model a label; rule columns belong to the labels that the rule is evidence of."""
    ids = [rule.id for rule in book.rules]
    matrix = _Matrix(notes, None, ids)
    targets = np.concatenate([note.targets for note in notes])
    weights_of_rows = np.concatenate([np.full(len(note.targets), weight_of(note.note)) for note in notes])
    weights = np.zeros((len(matrix.keys), len(READER_LABELS)), dtype=np.float32)
    bias = np.zeros(len(READER_LABELS), dtype=np.float32)
    votes: dict[str, list[float]] = {}
    for column, label in enumerate(READER_LABELS):
        own = (
            [n for n, rule in enumerate(book.rules) if label in RULE_LABELS.get(rule.label, ())]
            if use_rules
            else []
        )
        blocks = [matrix.hashed if use_reader else matrix.hashed[:, :0], matrix.rules[:, own]]
        model = LogisticRegression(C=C if use_reader else 1.0, solver="liblinear", random_state=0)
        both = sp.hstack(blocks).tocsr()
        if both.shape[1] == 0 or targets[:, column].min() == targets[:, column].max():
            bias[column] = -4.0
            continue
        model.fit(both, targets[:, column], sample_weight=weights_of_rows)
        coefficients = model.coef_[0]
        if use_reader:
            weights[:, column] = coefficients[: len(matrix.keys)]
        bias[column] = model.intercept_[0]
        for position, number in enumerate(own):
            # A rule is evidence for its label, never against it.
            votes.setdefault(ids[number], []).append(
                max(0.0, float(coefficients[len(coefficients) - len(own) + position]))
            )
    return Fitted(
        Reader(READER_LABELS, matrix.keys, weights, bias, np.zeros(0, dtype=np.uint64)),
        {rule: round(sum(values) / len(values), 3) for rule, values in votes.items()},
    )


def pruned(reader: Reader, keep: int = KEEP) -> Reader:
    """The reader with its strongest features only."""
    strength = np.abs(reader.weights).max(axis=1)
    if len(strength) <= keep:
        return reader
    chosen = np.sort(np.argsort(-strength, kind="stable")[:keep])
    return replace(
        reader, keys=reader.keys[chosen], weights=reader.weights[chosen].astype(np.float16).astype(np.float32)
    )


def fit_network(notes: Sequence[Prepared]) -> Network:
    """Train the network half on the same notes."""
    from notecheck.training.network import Example, train

    def level(note: Prepared, name: str) -> int:
        value = note.note.labels[name]
        return -1 if value is None else int(value)

    return train(
        [
            Example(n.tokens, n.targets, level(n, "annoyance"), level(n, "genericness"), weight_of(n.note))
            for n in notes
        ]
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unseen:
    """One note as read by halves that have not seen it.

    Attributes:
        linear, network: sentence × label log-odds; the linear half's columns are `READER_LABELS`.
        amounts: sentence × score.
        rules: the rule weights of the fold.
    """

    note: Prepared
    linear: NDArray[np.float32]
    network: NDArray[np.float32]
    amounts: NDArray[np.float32]
    rules: dict[str, float]


def out_of_fold(notes: Sequence[Prepared], book: Rulebook) -> list[Unseen]:
    """Every note that the rules do not know, as halves trained without its fold read it."""
    read: dict[str, Unseen] = {}
    fresh = [note for note in notes if note.note.batch not in RULES_READ]
    for fold in range(FOLDS):
        unseen = [note for note in fresh if fold_of(note.note) == fold]
        left_out = {note.note.id for note in unseen}
        seen = [note for note in notes if note.note.id not in left_out]
        if not unseen:
            continue
        fitted = fit_reader(seen, book)
        reader = pruned(fitted.reader)
        network = fit_network(seen)
        matrix = _Matrix(unseen, reader.keys, ())
        odds = matrix.hashed @ reader.weights + reader.bias
        for number, note in enumerate(unseen):
            block = odds[matrix.offsets[number] : matrix.offsets[number + 1]]
            said, amounts = network.read(note.tokens)
            read[note.note.id] = Unseen(note, block, said, amounts, fitted.rules)
    return [read[note.note.id] for note in fresh]


def rule_sums(note: Prepared, rules: Mapping[str, float], label: str) -> NDArray[np.float64]:
    """For each sentence the weights of the rules that matched there, each counted once."""
    empty = replace(note.signals, logits={})
    return np.array(combined(empty, Weights({}, rules, {}), label))


def fit_mix(unseen: Sequence[Unseen]) -> dict[str, tuple[float, float, float]]:
    """Per label (a, b, c): log-odds = a * (linear + rules) + b * network + c, by logistic regression."""
    mix = {}
    for index, label in enumerate(LABELS):
        column = READER_LABELS.index(label)
        rows = np.concatenate([
            np.column_stack([item.linear[:, column] + rule_sums(item.note, item.rules, label), item.network[:, index]])
            for item in unseen
        ])  # fmt: skip
        wanted = np.concatenate([item.note.targets[:, column] for item in unseen])
        model = LogisticRegression(C=10.0).fit(rows, wanted)
        a, b = (max(0.0, float(value)) for value in model.coef_[0])
        mix[label] = (round(a, 4), round(b, 4), round(float(model.intercept_[0]), 4))
    return mix


def mixed(item: Unseen, mix: Mapping[str, tuple[float, float, float]]) -> Prepared:
    """The note with the mixed log-odds, as the reader gives them at run time."""
    logits = {}
    for column, label in enumerate(READER_LABELS):
        odds = item.linear[:, column].astype(float)
        if label in mix:
            a, b, c = mix[label]
            odds = a * odds + b * item.network[:, LABELS.index(label)] + c
        logits[label] = np.round(odds, 3).tolist()
    amounts = {name: np.round(item.amounts[:, n], 3).tolist() for n, name in enumerate(AMOUNTS)}
    return replace(item.note, signals=replace(item.note.signals, logits=logits, amounts=amounts))


def scaled_rules(
    rules: Mapping[str, float], book: Rulebook, mix: Mapping[str, tuple[float, float, float]]
) -> dict[str, float]:
    """Rule weights on the scale of the mixture: a rule adds a times its fitted weight."""
    by_id = {rule.id: rule for rule in book.rules}
    out = {}
    for rule_id, weight in rules.items():
        shares = [mix[label][0] for label in RULE_LABELS.get(by_id[rule_id].label, ()) if label in mix]
        out[rule_id] = round(weight * sum(shares) / len(shares), 3) if shares else weight
    return out


#: What a false alarm costs beside a miss when a threshold is chosen: false moves mislead a sender more.
CHOICES = (
    ("thanks", "gratitude"), ("detail", "gratitude"), ("narrow", "feedback"), ("broad", "feedback"),
    ("keep-in-mind", "keep_in_mind"), ("interest", "interest"),
)  # fmt: skip
MIN_PRECISION = {"detail": ("specific", 0.95), "narrow": ("narrow", 0.95), "keep-in-mind": ("yes", 0.95)}


def fit_thresholds(notes: Sequence[Prepared], rules: Sequence[dict[str, float]]) -> dict[str, float]:
    """Choose each label's threshold by the note-level macro-F1, in two rounds over the labels."""
    thresholds = dict.fromkeys(RULE_LABELS, 0.0)
    for _ in range(2):
        for label, check in CHOICES:
            best = (-1.0, 0.0)
            for step in range(-30, 31):
                trial = {**thresholds, label: step / 10}
                pairs = [
                    (note.note.labels[check], statuses(note.signals, Weights(trial, own, {}))[check][0])
                    for note, own in zip(notes, rules, strict=True)
                ]
                score = _macro_f1(pairs) - _shortfall(pairs, label)
                best = max(best, (round(score, 6), step / 10))
            thresholds[label] = best[1]
    return {label: value for label, value in thresholds.items() if label != "annoyance"}


def _shortfall(pairs: Sequence[tuple[Any, Any]], label: str) -> float:
    if label not in MIN_PRECISION:
        return 0.0
    wanted, least = MIN_PRECISION[label]
    said = [a for a, b in pairs if b == wanted]
    precision = sum(a == wanted for a in said) / len(said) if said else 1.0
    return max(0.0, least - precision)


def _macro_f1(pairs: Sequence[tuple[Any, Any]]) -> float:
    scores = []
    for label in sorted({str(a) for a, _ in pairs}):
        hit = sum(str(a) == label == str(b) for a, b in pairs)
        said, there = sum(str(b) == label for _, b in pairs), sum(str(a) == label for a, _ in pairs)
        scores.append(2 * hit / (said + there) if said + there else 0.0)
    return sum(scores) / len(scores)


def fit_ordinal(
    amounts: NDArray[np.float64], levels: NDArray[np.int64], signs: Sequence[int]
) -> tuple[NDArray[np.float64], list[float]]:
    """Proportional-odds regression with signed factors: the factors and the three cuts.

    Args:
        amounts: one row a note, one column a factor.
        signs: for each factor, 1 (never negative), -1 (never positive).
    """
    count = amounts.shape[1]

    def loss(point: NDArray[np.float64]) -> float:
        total = amounts @ point[:count]
        cuts = np.concatenate([[point[count]], point[count] + np.cumsum(np.exp(point[count + 1 :]))])
        above = 1 / (1 + np.exp(-(total[:, None] - cuts[None, :])))
        edges = np.column_stack([np.ones(len(total)), above, np.zeros(len(total))])
        chosen = edges[np.arange(len(levels)), levels] - edges[np.arange(len(levels)), levels + 1]
        return float(-np.log(np.maximum(chosen, 1e-9)).mean() + 0.002 * (point[:count] ** 2).sum())

    bounds = [(0, None) if sign > 0 else (None, 0) for sign in signs] + [(None, None)] + [(-4, 4)] * 2
    start = np.concatenate([0.3 * np.array(signs), [0.5, 0.5, 0.5]])
    result = minimize(loss, start, method="L-BFGS-B", bounds=bounds)
    point = result.x
    cuts = [float(point[count]), *(float(point[count]) + np.cumsum(np.exp(point[count + 1 :])))]
    return point[:count], [round(float(cut), 4) for cut in cuts]


GENERIC_FACTORS = {
    "particular": -1, "stock": 1, "specific": -1, "narrow": -1, "particular-rules": -1, "stock-rules": 1,
    "slot-rules": 1, "short": 1, "sentence": 1,
}  # fmt: skip


ANNOYED_FACTORS = [*ANNOYANCE_LABELS, "network"]


def fit_scores(
    notes: Sequence[Prepared], rules: Sequence[dict[str, float]], thresholds: Mapping[str, float]
) -> dict[str, dict[str, Any]]:
    """Fit the factors and cuts of both scores on out-of-fold evidence."""
    generic, annoyed = [], []
    for note, own in zip(notes, rules, strict=True):
        weights = Weights(thresholds, own, {})
        sums = dict.fromkeys(GENERIC_FACTORS, 0.0)
        for name, amount, _ in genericness_parts(note.signals, weights, checks_of(note.signals, weights)):
            sums[name] += amount
        generic.append(list(sums.values()))
        parts = annoyance_parts(note.signals, weights)
        annoyed.append([sum(part[label] for part in parts) for label in ANNOYED_FACTORS])
    out: dict[str, dict[str, Any]] = {}
    for name, rows, signs, names in (
        ("genericness", generic, list(GENERIC_FACTORS.values()), list(GENERIC_FACTORS)),
        ("annoyance", annoyed, [1] * len(ANNOYED_FACTORS), ANNOYED_FACTORS),
    ):
        known = [n for n, note in enumerate(notes) if note.note.labels[name] is not None]
        levels = np.array([int(notes[n].note.labels[name] or 0) for n in known])
        factors, cuts = fit_ordinal(np.array(rows)[known], levels, signs)
        total = np.array(rows)[known] @ factors
        out[name] = {
            "bias": 0.0,
            "cuts": fit_cuts(total, levels, cuts),
            "factors": {key: round(float(value), 4) for key, value in zip(names, factors, strict=True)},
        }
    return out


def fit_cuts(total: NDArray[np.float64], levels: NDArray[np.int64], cuts: list[float]) -> list[float]:
    """Move the cuts, one at a time, to where quadratic-weighted kappa is best."""
    from notecheck.evaluation import quadratic_kappa

    cuts = list(cuts)
    for _ in range(3):
        for number in range(len(cuts)):
            low = cuts[number - 1] + 0.02 if number else float(total.min()) - 1
            high = cuts[number + 1] - 0.02 if number + 1 < len(cuts) else float(total.max()) + 1
            best = (-2.0, 0.0, cuts[number])
            for trial in np.linspace(low, high, 120):
                moved = [*cuts[:number], float(trial), *cuts[number + 1 :]]
                said = (total[:, None] >= np.array(moved)[None, :]).sum(1)
                kappa = quadratic_kappa(list(zip(levels.tolist(), said.tolist(), strict=True)))
                best = max(best, (round(kappa, 5), -abs(float(trial) - cuts[number]), float(trial)))
            cuts[number] = round(best[2], 4)
    return cuts


def train(corpus_folder: Path, rules_folder: Path, reader_folder: Path) -> dict[str, Any]:
    """Fit everything on the ``tune`` split; write the reader and ``weights.toml``.

    Returns the out-of-fold figures, which also stand in the reader's ``meta.json``.
    """
    book = read_folder(rules_folder)
    tune = [note for note in corpus.read(corpus_folder) if note.split == "tune" and note.sentences]
    notes, known = prepare(tune, book)
    unseen = out_of_fold(notes, book)
    mix = fit_mix(unseen)
    read = [mixed(item, mix) for item in unseen]
    rules = [scaled_rules(item.rules, book, mix) for item in unseen]
    thresholds = fit_thresholds(read, rules)
    scores = fit_scores(read, rules, thresholds)
    for name, threshold in (("genericness", 0.6), ("annoyance", 0.5)):
        scores[name]["threshold"] = threshold
    scores["annoyance"]["finding"] = round(max(0.5, (scores["annoyance"]["cuts"][0]) * 0.8), 3)
    fitted = fit_reader(notes, book)
    reader = replace(
        pruned(fitted.reader), known=known, network=fit_network(notes), mix=mix, classes=class_names(book)
    )
    figures = oof_figures(read, rules, thresholds)
    reader.save(
        reader_folder,
        {"trained_on": {"notes": len(notes), "sentences": int(sum(len(n.signals.sentences) for n in notes))},
         "out_of_fold": figures},
    )  # fmt: skip
    write_weights(rules_folder / "weights.toml", thresholds, scaled_rules(fitted.rules, book, mix), scores)
    return figures


def class_names(book: Rulebook) -> tuple[str, ...]:
    return Classes(pipeline.load().vocab.strings, book).names


def oof_figures(
    notes: Sequence[Prepared], rules: Sequence[dict[str, float]], thresholds: Mapping[str, float]
) -> dict[str, float]:
    """Macro-F1 of each check on notes that the reader had not seen."""
    figures = {}
    for check in ("gratitude", "feedback", "keep_in_mind", "interest"):
        pairs = [
            (note.note.labels[check], statuses(note.signals, Weights(thresholds, own, {}))[check][0])
            for note, own in zip(notes, rules, strict=True)
        ]
        figures[check] = round(_macro_f1(pairs), 4)
    return figures


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
