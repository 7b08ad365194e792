"""Labelled notes made ready for fitting: parsed, matched, with a target for every sentence and label."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from notecheck import corpus, message, pipeline
from notecheck.classes import Classes
from notecheck.corpus import LabelledNote
from notecheck.matching import Engine
from notecheck.network import LABELS, Tokens, tokens_of
from notecheck.pipeline import Reading
from notecheck.readability import measure
from notecheck.rulebook import Rulebook
from notecheck.training.treebank import emails, find_split
from notecheck.types import Span
from notecheck.verdict import ANNOYANCE_LABELS, Signals

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
MAIL = "mail"  # the batch name of work mail
MAIL_BLOCKS = 4
MAIL_LENGTH = 1500
UNREAD_WEIGHT = 3  # how much more a note counts that the rules do not know
FOLDS = 3


@dataclass(frozen=True, slots=True)
class Prepared:
    """One note, parsed and matched, with its sentence targets."""

    note: LabelledNote
    signals: Signals
    targets: NDArray[np.float64]
    known: NDArray[np.float64]
    tokens: Tokens


def readings_of(texts: Iterable[str]) -> Iterator[Reading]:
    """Each text as the pipeline reads what of it is the note."""
    drafts = (message.read(text) for text in texts)
    return pipeline.read_all(pipeline.load(), ((draft.source, draft.spans) for draft in drafts))


def prepare(notes: Sequence[LabelledNote], book: Rulebook) -> list[Prepared]:
    """Parse and match every note; one without a sentence is left out."""
    nlp = pipeline.load()
    engine, classes = Engine(nlp, book), Classes(nlp.vocab.strings, book)
    out = []
    for note, reading in zip(notes, readings_of(note.text for note in notes), strict=True):
        spans = tuple(reading.span(sentence) for sentence in reading.sentences())
        if not spans:
            continue
        hits = engine.hits(reading)
        signals = Signals(
            source=reading.source,
            sentences=spans,
            hits=tuple((hit, reading.span(reading.doc[hit.start : hit.end])) for hit in hits),
            logits={},
            readability=measure(reading.plain.text, len(spans)),
        )
        targets = _targets(note, spans)
        tokens = tokens_of(reading.doc, classes, hits)
        out.append(Prepared(note, signals, targets, _known(note, targets), tokens))
    return out


def _targets(note: LabelledNote, spans: Sequence[Span]) -> NDArray[np.float64]:
    targets = np.zeros((len(spans), len(LABELS)))
    for row, span in enumerate(spans):
        for labelled, moves in note.sentences:
            overlap = min(span.end, labelled.end) - max(span.start, labelled.start)
            if overlap <= 0 or overlap < 0.5 * min(span.end - span.start, labelled.end - labelled.start):
                continue
            for column, label in enumerate(LABELS):
                if moves & set(MOVES.get(label, ())):
                    targets[row, column] = 1
    return targets


def _known(note: LabelledNote, targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Which targets a reader settled, 0 or 1.

    A second detail beside thanks that are specific already was often not marked, and without thanks nothing
    is marked: a sentence that makes no other move there may well be a detail.
    """
    known = np.ones_like(targets)
    if note.batch == MAIL:
        known[:] = 0
        known[:, [LABELS.index(name) for name in ANNOYANCE_LABELS]] = 1
        return known
    column = LABELS.index("detail")
    if note.labels["gratitude"] != "generic":
        others = [LABELS.index(name) for name in ("narrow", "broad", "keep-in-mind", "annoyed")]
        silent = (targets[:, column] == 0) & (targets[:, others].max(1) == 0)
        known[silent, column] = 0
        # Greeting and sign-off are no details whatever the note.
        known[0, column] = 1
        known[-1, column] = 1
    return known


def group_of(note: LabelledNote) -> str:
    """Notes of one contrast set stay together in a fold."""
    return note.id.rstrip("abcd")


def work_mail(treebank: Path) -> list[LabelledNote]:
    """Ordinary work mail as notes of which only one thing is known: nobody in them is annoyed.

    Letters of rejection are all that the corpus holds; without other mail the readers would take an
    unknown subject for a grudge. The e-mail documents of the treebank's ``train`` are cut into stretches of
    about a note's length.
    """
    notes: list[LabelledNote] = []
    for text, _ in emails(find_split(treebank, "train")):
        blocks = text.split("\n\n")
        for start in range(0, len(blocks), MAIL_BLOCKS):
            labels: dict[str, str | int | None] = dict.fromkeys((*corpus.CHECKS, *corpus.SCORES))
            labels["annoyance"] = 0
            part = "\n\n".join(blocks[start : start + MAIL_BLOCKS])
            notes.append(LabelledNote(f"mail-{len(notes)}-", part[:MAIL_LENGTH], labels, "tune", MAIL))
    return notes


def weight_of(note: LabelledNote) -> int:
    return UNREAD_WEIGHT if is_fresh(note) else 1


def is_fresh(note: LabelledNote) -> bool:
    """Whether the authors of the rules have not read the note."""
    return note.batch not in RULES_READ and note.batch != MAIL


def fold_of(note: LabelledNote) -> int:
    return hashlib.sha256(group_of(note).encode()).digest()[0] % FOLDS


def class_names(book: Rulebook) -> tuple[str, ...]:
    return Classes(pipeline.load().vocab.strings, book).names
