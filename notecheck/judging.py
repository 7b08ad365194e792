"""From drafts to reports: parse, match, read, judge, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from notecheck import pipeline, rulebook
from notecheck.config import Config
from notecheck.features import Classes, features
from notecheck.matching import Engine, Hit
from notecheck.message import Draft
from notecheck.network import tokens_of
from notecheck.readability import measure
from notecheck.reader import Reader
from notecheck.types import Context, NotecheckError, Report, Span
from notecheck.verdict import Signals, Weights, judge

if TYPE_CHECKING:
    from spacy.language import Language

    from notecheck.pipeline import Reading


class Judge:
    """Everything that is compiled or loaded once for a configuration."""

    def __init__(self, config: Config, nlp: Language | None = None, *, reader: Reader | None = None) -> None:
        self.config = config
        self.book = rulebook.load(config.rules, select=config.select, ignore=config.ignore)
        self.nlp = nlp or pipeline.load()
        # The shipped rules are checked by their tests; rules or a pipeline of the caller's are checked here.
        self.engine = Engine(self.nlp, self.book, strict=bool(config.rules) or nlp is not None)
        self.reader = reader or Reader.load()
        self.classes = Classes(self.nlp.vocab.strings, rulebook.builtin(), self.reader.known)
        if self.reader.classes != self.classes.names:
            raise NotecheckError(
                "the sentence reader was trained with other word lists: python -m notecheck.training reader"
            )
        # A pipeline of the caller's own parses; the network still reads the embedded token vectors.
        self.vectors: Any = None if nlp is None else pipeline.load().get_pipe("tok2vec")
        self.weights = Weights.of(self.book, config.thresholds)

    def reports(self, drafts: Iterable[Draft], context: Context | None = None) -> Iterator[Report]:
        for signals in self.signals(drafts):
            yield judge(signals, self.book, self.weights, self.config, context)

    def signals(self, drafts: Iterable[Draft]) -> Iterator[Signals]:
        """What is seen in each draft, in order."""
        stream = iter(drafts)
        while batch := list(islice(stream, pipeline.BATCH)):
            with pipeline.zone(self.nlp, sum(len(draft.source) for draft in batch)):
                readings = pipeline.read_all(self.nlp, ((draft.source, draft.spans) for draft in batch))
                found = [
                    self._signals(draft, reading) for draft, reading in zip(batch, readings, strict=True)
                ]  # fmt: skip
            yield from found

    def _signals(self, draft: Draft, reading: Reading) -> Signals:
        sentences = reading.sentences()
        hits = self.engine.hits(reading)
        logits: dict[str, list[float]] = {}
        amounts: dict[str, list[float]] = {}
        if sentences:
            if self.vectors is not None:
                reading.doc.tensor = self.vectors.predict([reading.doc])[0]
            seen = features(reading.doc, self.classes)
            tokens = tokens_of(reading.doc, self.classes, hits)
            logits, amounts = self.reader.read(seen, tokens, len(sentences))
        return Signals(
            source=draft.source,
            sentences=tuple(reading.span(sentence) for sentence in sentences),
            hits=tuple((hit, _quoted(reading, hit)) for hit in hits),
            logits=logits,
            amounts=amounts,
            readability=measure(reading.plain.text, len(sentences)),
            remarks=draft.remarks,
        )


def _quoted(reading: Reading, hit: Hit) -> Span:
    return reading.span(reading.doc[hit.start : hit.end])
