"""From drafts to reports: parse, match, read, judge, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from notecheck import pipeline, rulebook
from notecheck.config import Config
from notecheck.features import Classes, features
from notecheck.matching import Engine, Hit
from notecheck.message import Draft
from notecheck.reader import Reader
from notecheck.readability import measure
from notecheck.types import Context, Report, Span
from notecheck.verdict import Signals, Weights, judge

if TYPE_CHECKING:
    from spacy.language import Language

    from notecheck.pipeline import Reading


class Judge:
    """Everything that is compiled or loaded once for a configuration."""

    def __init__(self, config: Config, nlp: Language | None = None, *, reader: Reader | None = None) -> None:
        self.book = rulebook.load(config.rules, select=config.select, ignore=config.ignore)
        self.nlp = nlp or pipeline.load()
        self.engine = Engine(self.nlp, self.book)
        self.classes = Classes(self.nlp.vocab.strings, rulebook.builtin())
        self.reader = reader or Reader.load()
        self.weights = Weights.of(self.book, config.thresholds)

    def reports(self, drafts: Iterable[Draft], context: Context | None = None) -> Iterator[Report]:
        for signals in self.signals(drafts):
            yield judge(signals, self.book, self.weights, context)

    def signals(self, drafts: Iterable[Draft]) -> Iterator[Signals]:
        """What is seen in each draft, in order."""
        stream = iter(drafts)
        while batch := list(islice(stream, pipeline.BATCH)):
            with self.nlp.memory_zone():
                readings = pipeline.read_all(self.nlp, ((draft.source, draft.spans) for draft in batch))
                found = [
                    self._signals(draft, reading) for draft, reading in zip(batch, readings, strict=True)
                ]  # fmt: skip
            yield from found

    def _signals(self, draft: Draft, reading: Reading) -> Signals:
        sentences = reading.sentences()
        hits = self.engine.hits(reading)
        logits: dict[str, list[float]] = {}
        if sentences:
            odds = self.reader.logits(features(reading.doc, self.classes), len(sentences))
            for index, label in enumerate(self.reader.labels):
                # Rounded, so that the order of a sum never shows in a report.
                logits[label] = [round(float(value), 4) for value in odds[:, index]]
        return Signals(
            source=draft.source,
            sentences=tuple(reading.span(sentence) for sentence in sentences),
            hits=tuple((hit, _quoted(reading, hit)) for hit in hits),
            logits=logits,
            readability=measure(reading.plain.text, len(sentences)),
            remarks=draft.remarks,
        )


def _quoted(reading: Reading, hit: Hit) -> Span:
    return reading.span(reading.doc[hit.start : hit.end])
