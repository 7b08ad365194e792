"""Fit the sentence reader, the rule weights, the thresholds and the scores on the ``tune`` split of the corpus.

Needs the ``training`` extra (SciPy, PyTorch, Transformers). Everything is deterministic: on one machine the
same corpus, rules and pipeline give the same files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from notecheck import compiled, corpus, pipeline
from notecheck.classes import Classes
from notecheck.matching import Engine
from notecheck.network import LABELS, Network, Tokens, tokens_of
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
from notecheck.verdict import RULE_LABELS, VETO_LABELS, Weights, summed

LEMMA_NOTES = 4
TEACHERS = 2  # that differ in the order in which they saw the notes
TAUGHT_WEIGHT = 4  # how much a letter counts that the teacher read
RULE_PENALTY = 1.0  # on the squared weights of the rules, in sentences


@dataclass(frozen=True, slots=True)
class Taught:
    """A variation of tune notes as the teacher reads it: sentence × `LABELS` probabilities."""

    tokens: Tokens
    odds: NDArray[np.float32]
    fold: int


#: A variation as it is parsed: its text, its sentences, its tokens, its fold.
Varied = tuple[str, list[Span], Tokens, int]


def varied(notes: Sequence[Prepared], book: Rulebook) -> list[Varied]:
    """Variations of the notes, parsed and matched."""
    from notecheck.training.variations import variations

    letters = variations([note.note for note in notes])
    nlp = pipeline.load()
    engine, classes = Engine(nlp, book), Classes(nlp.vocab.strings, book)
    out = []
    for letter, reading in zip(letters, readings_of(item.text for item in letters), strict=True):
        spans = [reading.span(sentence) for sentence in reading.sentences()]
        if spans:
            tokens = tokens_of(reading.doc, classes, engine.hits(reading))
            out.append((reading.source, spans, tokens, letter.fold))
    return out


def taught_of(letters: Sequence[Varied], each: Sequence[Sequence[NDArray[np.float32]]]) -> list[Taught]:
    """The variations with what the teachers read in them, on average."""
    return [
        Taught(tokens, np.mean(odds, axis=0, dtype=np.float32), fold)
        for (_, _, tokens, fold), *odds in zip(letters, *each, strict=True)
    ]


def teach(notes: Sequence[Prepared], book: Rulebook) -> list[Taught]:
    """Train teachers on the notes, and let them read variations of them."""
    letters = varied(notes, book)
    texts = [(text, spans) for text, spans, _, _ in letters]
    return taught_of(letters, [taught_by(seed, notes, texts) for seed in range(TEACHERS)])


def taught_by(
    seed: int, notes: Sequence[Prepared], texts: Sequence[tuple[str, Sequence[Span]]]
) -> list[NDArray[np.float32]]:
    """What a teacher that learned from the notes reads in the texts: sentence × `LABELS` probabilities."""
    from notecheck.training.teacher import Teacher

    teacher = Teacher(seed)
    teacher.fit(notes)
    return teacher.read(texts)


def fit_network(notes: Sequence[Prepared], taught: Sequence[Taught] = ()) -> Network:
    """Train the network on the notes, and on what the teacher read."""

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
    """One note as read by a network that has not seen it.

    Attributes:
        network: sentence × `LABELS` log-odds.
        amounts: sentence × `AMOUNTS`.
    """

    note: Prepared
    network: NDArray[np.float32]
    amounts: NDArray[np.float32]


def out_of_fold(notes: Sequence[Prepared], taught: Sequence[Taught] = ()) -> list[Unseen]:
    """Every note that the rules do not know, as a network trained without its fold reads it."""
    return [item for fold in range(FOLDS) for item in read_fold(notes, taught, fold)]


def read_fold(notes: Sequence[Prepared], taught: Sequence[Taught], fold: int) -> list[Unseen]:
    """The notes of one fold, as a network trained on the others reads them."""
    unseen = [note for note in notes if is_fresh(note.note) and fold_of(note.note) == fold]
    left_out = {note.note.id for note in unseen}
    if not unseen:
        return []
    network = fit_network(
        [note for note in notes if note.note.id not in left_out],
        [item for item in taught if item.fold != fold],
    )
    return [Unseen(note, *network.read(note.tokens)) for note in unseen]


@dataclass(frozen=True, slots=True)
class Fitted:
    """How network and rules are put together.

    Attributes:
        mix: by label, (b, c) of `notecheck.reader.Reader`.
        rules: by rule id, the weight.
    """

    mix: dict[str, tuple[float, float]]
    rules: dict[str, float]


def fit_mix(unseen: Sequence[Unseen], book: Rulebook) -> Fitted:
    """Per label log-odds = b * network + c + the weights of the rules, none negative, by logistic regression.

    A rule is evidence for its label, never against it; one that speaks against a move keeps the weight of its file.
    """
    mix: dict[str, tuple[float, float]] = {}
    votes: dict[str, list[float]] = {}
    for index, label in enumerate(LABELS):
        own = [rule.id for rule in book.rules if label in RULE_LABELS.get(rule.label, ())]
        odds = np.concatenate([item.network[:, index] for item in unseen]).astype(np.float64)
        fired = np.concatenate([_fired(item.note, own) for item in unseen])
        against = np.concatenate([_against(item.note, label) for item in unseen])
        wanted = np.concatenate([item.note.targets[:, index] for item in unseen])
        settled = np.concatenate([item.note.known[:, index] for item in unseen]) > 0
        (b, *weights), c = _logistic(np.column_stack([odds, fired]), wanted, against, settled)
        mix[label] = (round(b, 4), round(c, 4))
        for rule, weight in zip(own, weights, strict=True):
            votes.setdefault(rule, []).append(weight)
    return Fitted(mix, {rule: round(sum(each) / len(each), 3) for rule, each in votes.items()})


def _fired(note: Prepared, rules: Sequence[str]) -> NDArray[np.float64]:
    """Sentence × rule: 1 where it matched."""
    column = {rule: number for number, rule in enumerate(rules)}
    out = np.zeros((len(note.signals.sentences), len(rules)))
    for hit, _ in note.signals.hits:
        if hit.rule.id in column:
            out[hit.sentence, column[hit.rule.id]] = 1
    return out


def _against(note: Prepared, label: str) -> NDArray[np.float64]:
    """For each sentence what the rules that speak against the label take off."""
    vetoes = tuple(item for item in note.signals.hits if item[0].rule.label in VETO_LABELS)
    return np.array(summed(replace(note.signals, logits={}, hits=vetoes), Weights({}, {}, {}), label))


def _logistic(
    columns: NDArray[np.float64],
    wanted: NDArray[np.float64],
    offset: NDArray[np.float64],
    rows: NDArray[np.bool_],
) -> tuple[list[float], float]:
    """Weights that are not negative, and an intercept; the first weight is not penalised."""
    columns, wanted, offset = columns[rows], wanted[rows], offset[rows]

    def loss(point: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total = columns @ point[:-1] + point[-1] + offset
        miss = 1 / (1 + np.exp(-total)) - wanted
        value = np.logaddexp(0, total) - wanted * total
        slope = np.append(columns.T @ miss, miss.sum())
        slope[1:-1] += RULE_PENALTY * point[1:-1]
        return float(value.sum() + 0.5 * RULE_PENALTY * (point[1:-1] ** 2).sum()), slope

    start = np.zeros(columns.shape[1] + 1)
    start[0] = 1.0
    bounds = [(0, None)] * columns.shape[1] + [(None, None)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return [float(value) for value in found[:-1]], float(found[-1])


def mixed(unseen: Sequence[Unseen], reader: Reader) -> list[Prepared]:
    """The notes with the log-odds and amounts that the reader gives at run time."""
    out = []
    for item in unseen:
        [(logits, amounts)] = reader.mixed(item.network, item.amounts, [len(item.network)])
        out.append(replace(item.note, signals=replace(item.note.signals, logits=logits, amounts=amounts)))
    return out


def train(corpus_folder: Path, rules_folder: Path, reader_folder: Path, treebank: Path) -> dict[str, Any]:
    """Fit everything on the ``tune`` split and the treebank's work mail; write the reader and ``weights.toml``.

    Returns the out-of-fold figures, which also stand in the reader's ``meta.json``.
    """
    book = read_folder(rules_folder)
    tune = [note for note in corpus.read(corpus_folder) if note.split == "tune" and note.sentences]
    notes = prepare(tune + work_mail(treebank), book)
    taught = teach(notes, book)
    network = lean(fit_network(notes, taught), notes)
    return settle(out_of_fold(notes, taught), network, book, rules_folder, reader_folder)


def settle(
    unseen: Sequence[Unseen], network: Network, book: Rulebook, rules_folder: Path, reader_folder: Path
) -> dict[str, Any]:
    """Fit the mixture, the thresholds and the scores on unseen notes; write them with the network."""
    from notecheck.training.ablation import ablation

    fitted = fit_mix(unseen, book)
    reader = Reader(network, fitted.mix, class_names(book))
    read = mixed(unseen, reader)
    thresholds = fit_thresholds(read, fitted.rules)
    scores = fit_scores(read, fitted.rules, thresholds)
    add_limits(scores)
    figures = oof_figures(read, fitted.rules, thresholds)
    measured = {"notes": len(unseen), **figures}
    reader.save(reader_folder, {"out_of_fold": measured, "ablation": ablation(unseen, read, fitted.rules)})
    write_weights(rules_folder / "weights.toml", thresholds, fitted.rules, scores)
    compiled.write(rules_folder)
    return figures
