"""Fit the sentence reader, the rule weights, the thresholds and the scores on the ``tune`` split of the corpus.

Needs the ``training`` extra (scikit-learn, PyTorch, Transformers). Everything is deterministic: on one machine the
same corpus, rules and pipeline give the same files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from notecheck import corpus, pipeline
from notecheck.features import Classes
from notecheck.matching import Engine
from notecheck.network import AMOUNTS, LABELS, Network, Tokens, tokens_of
from notecheck.reader import Reader
from notecheck.rulebook import Rulebook, read_folder
from notecheck.training.decisions import add_limits, fit_scores, fit_thresholds, oof_figures, write_weights
from notecheck.training.network import Example
from notecheck.training.network import train as train_network
from notecheck.training.prepare import (
    FOLDS,
    Prepared,
    class_names,
    fold_of,
    is_fresh,
    prepare,
    readings_of,
    weight_of,
    work_mail,
)
from notecheck.types import Span
from notecheck.verdict import READER_LABELS, RULE_LABELS, Weights, summed

#: (a, b, c): log-odds = a * linear + b * network + c.
Mix = tuple[float, float, float]
C = 16.0  # inverse regularisation, chosen by batch-wise cross-validation
MIN_SENTENCES = 2  # a feature seen in fewer sentences is not learned
KEEP = 6_500  # features kept in the shipped reader, the strongest
LEMMA_NOTES = 4
TEACHERS = 2  # that differ in the order in which they saw the notes
TAUGHT_WEIGHT = 2  # how much a letter counts that the teacher read


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
    known = np.concatenate([note.known for note in notes])
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
        rows = known[:, column] > 0
        model.fit(both[rows], targets[rows, column], sample_weight=weights_of_rows[rows])
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


@dataclass(frozen=True, slots=True)
class Taught:
    """A variation of tune notes as the teacher reads it: sentence × `LABELS` probabilities."""

    tokens: Tokens
    odds: NDArray[np.float32]
    fold: int


def teach(notes: Sequence[Prepared], book: Rulebook, known: NDArray[np.uint64]) -> list[Taught]:
    """Train teachers on the notes, and let them read variations of them: what they say on average."""
    from notecheck.training.variations import variations

    varied = variations([note.note for note in notes])
    nlp = pipeline.load()
    engine, classes = Engine(nlp, book), Classes(nlp.vocab.strings, book, known)
    parsed = []
    for variation, reading in zip(varied, readings_of(item.text for item in varied), strict=True):
        spans = [reading.span(sentence) for sentence in reading.sentences()]
        if spans:
            tokens = tokens_of(reading.doc, classes, engine.hits(reading))
            parsed.append((reading.source, spans, tokens, variation.fold))
    texts = [(text, spans) for text, spans, _, _ in parsed]
    each = [taught_by(seed, notes, texts) for seed in range(TEACHERS)]
    return [
        Taught(tokens, np.mean(odds, axis=0, dtype=np.float32), fold)
        for (_, _, tokens, fold), *odds in zip(parsed, *each, strict=True)
    ]


def taught_by(
    seed: int, notes: Sequence[Prepared], texts: Sequence[tuple[str, Sequence[Span]]]
) -> list[NDArray[np.float32]]:
    """What a teacher that learned from the notes reads in the texts: sentence × `LABELS` probabilities."""
    from notecheck.training.teacher import Teacher

    teacher = Teacher(seed)
    teacher.fit(notes)
    return teacher.read(texts)


def fit_network(notes: Sequence[Prepared], taught: Sequence[Taught] = ()) -> Network:
    """Train the network half on the same notes, and on what the teacher read."""

    def level(note: Prepared, name: str) -> int:
        value = note.note.labels[name]
        return -1 if value is None else int(value)

    return train_network(
        [
            Example(n.tokens, n.targets, level(n, "annoyance"), level(n, "genericness"), n.known, weight_of(n.note))
            for n in notes
        ] + [
            Example(item.tokens, item.odds, -1, -1, np.ones_like(item.odds), TAUGHT_WEIGHT)
            for item in taught
        ]
    )  # fmt: skip


def lean(network: Network, notes: Sequence[Prepared]) -> Network:
    """The network without the vectors of lemmas that fewer than `LEMMA_NOTES` labelled notes use, for its size.

    Most of them were learned from variations alone, where a word stands in the place of another.
    """
    users = Counter(key for note in notes for key in set(note.tokens.lemma.tolist()))
    kept = np.array([users[key] >= LEMMA_NOTES for key in network.lemmas.tolist()])
    rows = np.concatenate([[True], kept])
    return replace(
        network, lemmas=network.lemmas[kept], arrays={**network.arrays, "lem": network.arrays["lem"][rows]}
    )


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


def out_of_fold(notes: Sequence[Prepared], book: Rulebook, taught: Sequence[Taught] = ()) -> list[Unseen]:
    """Every note that the rules do not know, as halves trained without its fold read it."""
    return [item for fold in range(FOLDS) for item in read_fold(notes, book, taught, fold)]


def read_fold(notes: Sequence[Prepared], book: Rulebook, taught: Sequence[Taught], fold: int) -> list[Unseen]:
    """The notes of one fold, as halves trained on the others read them."""
    unseen = [note for note in notes if is_fresh(note.note) and fold_of(note.note) == fold]
    left_out = {note.note.id for note in unseen}
    seen = [note for note in notes if note.note.id not in left_out]
    if not unseen:
        return []
    fitted = fit_reader(seen, book)
    reader = pruned(fitted.reader)
    network = fit_network(seen, [item for item in taught if item.fold != fold])
    matrix = _Matrix(unseen, reader.keys, ())
    odds = matrix.hashed @ reader.weights + reader.bias
    out = []
    for number, note in enumerate(unseen):
        block = odds[matrix.offsets[number] : matrix.offsets[number + 1]]
        said, amounts = network.read(note.tokens)
        out.append(Unseen(note, block, said, amounts, fitted.rules))
    return out


def rule_sums(note: Prepared, rules: Mapping[str, float], label: str) -> NDArray[np.float64]:
    """For each sentence the weights of the rules that matched there, each counted once."""
    empty = replace(note.signals, logits={})
    return np.array(summed(empty, Weights({}, rules, {}), label))


def fit_mix(unseen: Sequence[Unseen]) -> dict[str, Mix]:
    """Per label (a, b, c): log-odds = a * (linear + rules) + b * network + c, by logistic regression."""
    mix = {}
    for index, label in enumerate(LABELS):
        column = READER_LABELS.index(label)
        rows = np.concatenate([
            np.column_stack([item.linear[:, column] + rule_sums(item.note, item.rules, label), item.network[:, index]])
            for item in unseen
        ])  # fmt: skip
        wanted = np.concatenate([item.note.targets[:, column] for item in unseen])
        settled = np.concatenate([item.note.known[:, column] for item in unseen]) > 0
        model = LogisticRegression(C=10.0).fit(rows[settled], wanted[settled])
        a, b = (max(0.0, float(value)) for value in model.coef_[0])
        mix[label] = (round(a, 4), round(b, 4), round(float(model.intercept_[0]), 4))
    return mix


def mixed(item: Unseen, mix: Mapping[str, Mix]) -> Prepared:
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


def scaled_rules(rules: Mapping[str, float], book: Rulebook, mix: Mapping[str, Mix]) -> dict[str, float]:
    """Rule weights on the scale of the mixture: a rule adds a times its fitted weight."""
    by_id = {rule.id: rule for rule in book.rules}
    out = {}
    for rule_id, weight in rules.items():
        shares = [mix[label][0] for label in RULE_LABELS.get(by_id[rule_id].label, ()) if label in mix]
        out[rule_id] = round(weight * sum(shares) / len(shares), 3) if shares else weight
    return out


def train(corpus_folder: Path, rules_folder: Path, reader_folder: Path, treebank: Path) -> dict[str, Any]:
    """Fit everything on the ``tune`` split and the treebank's work mail; write the reader and ``weights.toml``.

    Returns the out-of-fold figures, which also stand in the reader's ``meta.json``.
    """
    book = read_folder(rules_folder)
    tune = [note for note in corpus.read(corpus_folder) if note.split == "tune" and note.sentences]
    tune += work_mail(treebank)
    notes, known = prepare(tune, book)
    taught = teach(notes, book, known)
    unseen = out_of_fold(notes, book, taught)
    fitted = fit_reader(notes, book)
    reader = replace(
        pruned(fitted.reader), known=known, network=lean(fit_network(notes, taught), notes),
        classes=class_names(book),
    )  # fmt: skip
    return settle(unseen, replace(fitted, reader=reader), book, rules_folder, reader_folder, notes)


def settle(
    unseen: Sequence[Unseen], fitted: Fitted, book: Rulebook, rules_folder: Path, reader_folder: Path,
    notes: Sequence[Prepared],
) -> dict[str, Any]:  # fmt: skip
    """Fit the mixture, the thresholds and the scores on unseen notes; write them with the fitted halves."""
    from notecheck.training.ablation import ablation

    mix = fit_mix(unseen)
    read = [mixed(item, mix) for item in unseen]
    rules = [scaled_rules(item.rules, book, mix) for item in unseen]
    thresholds = fit_thresholds(read, rules)
    scores = fit_scores(read, rules, thresholds)
    add_limits(scores)
    figures = oof_figures(read, rules, thresholds)
    trained_on = {"notes": len(notes), "sentences": sum(len(item.signals.sentences) for item in notes)}
    measured = {"notes": len(unseen), **figures}
    replace(fitted.reader, mix=mix).save(
        reader_folder,
        {"trained_on": trained_on, "out_of_fold": measured, "ablation": ablation(unseen, mix, rules)},
    )
    write_weights(rules_folder / "weights.toml", thresholds, scaled_rules(fitted.rules, book, mix), scores)
    return figures
