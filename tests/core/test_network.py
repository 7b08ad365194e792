"""What the neural half of the reader makes of sentences that stand together."""

from __future__ import annotations

from pathlib import Path

import pytest

from notecheck import corpus, pipeline
from notecheck.config import Config
from notecheck.judging import Judge
from notecheck.network import LABELS, Tokens, joined, tokens_of
from notecheck.types import Span
from notecheck.verdict import ANNOYANCE_LABELS

CORPUS = Path(__file__).parents[2] / "corpus"
TEXTS = [note.text for note in corpus.read(CORPUS) if note.split == "tune"][::40]
ANNOYANCE = [LABELS.index(label) for label in ANNOYANCE_LABELS]


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(Config())


def tokens(texts: list[str], judge: Judge) -> list[Tokens]:
    readings = pipeline.read_all(judge.nlp, ((text, [Span(0, len(text))]) for text in texts))
    return [tokens_of(item.doc, judge.classes, judge.engine.hits(item)) for item in readings if len(item.doc)]


@pytest.mark.parametrize(
    "barb",
    [
        "After five rounds and two unpaid tests I had expected more than a form reply.",
        "Apparently experience counts for nothing with you.",
        "I will be telling everyone how you treat people.",
    ],
)
def test_a_barb_beside_it_never_makes_a_sentence_kinder(barb: str, judge: Judge) -> None:
    (sting,) = tokens([barb], judge)
    for note in tokens(TEXTS, judge):
        alone, _ = judge.reader.network.read(note)
        beside, _ = judge.reader.network.read(joined([sting, note]), [len(alone) + 1])
        assert (beside[1:, ANNOYANCE] >= alone[:, ANNOYANCE]).all()


def test_notes_that_are_read_together_are_read_as_alone(judge: Judge) -> None:
    notes = tokens(TEXTS[:12], judge)
    counts = [int(note.sentence[-1]) + 1 for note in notes]
    together, amounts = judge.reader.network.read(joined(notes), counts)
    start = 0
    for note, count in zip(notes, counts, strict=True):
        odds, own = judge.reader.network.read(note)
        assert (together[start : start + count] == odds).all()
        assert (amounts[start : start + count] == own).all()
        start += count
