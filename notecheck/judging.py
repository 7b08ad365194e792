"""From drafts to reports: parse, match, read, judge, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from notecheck import pipeline, rulebook
from notecheck.classes import Classes
from notecheck.config import Config
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
    from notecheck.reader import Odds


class Judge:
    """Everything that is compiled or loaded once for a configuration."""

    def __init__(self, config: Config, nlp: Language | None = None, *, reader: Reader | None = None) -> None:
        self.config = config
        self.book = rulebook.load(config.rules, select=config.select, ignore=config.ignore)
        self.nlp = nlp or pipeline.load()
        # The shipped rules are checked by their tests; rules or a pipeline of the caller's are checked here.
        self.engine = Engine(self.nlp, self.book, strict=bool(config.rules) or nlp is not None)
        self.reader = reader or Reader.load()
        self.classes = Classes(self.nlp.vocab.strings, rulebook.builtin())
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
                found: list[Signals] = []
                for group in _groups(zip(batch, readings, strict=True)):
                    found += self._signals(group)
            yield from found

    def _signals(self, notes: Sequence[tuple[Draft, Reading]]) -> list[Signals]:
        """What is seen in some notes; looked at together, which is sooner done than one by one."""
        hits = [self.engine.hits(reading) for _, reading in notes]
        worded = [place for place, (_, reading) in enumerate(notes) if len(reading.doc)]
        read: dict[int, tuple[Odds, Odds]] = {}
        if worded:
            docs = [notes[place][1].doc for place in worded]
            if self.vectors is not None:
                for doc, vectors in zip(docs, self.vectors.predict(docs), strict=True):
                    doc.tensor = vectors
            tokens = [
                tokens_of(doc, self.classes, hits[place]) for place, doc in zip(worded, docs, strict=True)
            ]
            read = dict(zip(worded, self.reader.read(tokens), strict=True))
        found = []
        for place, (draft, reading) in enumerate(notes):
            sentences = reading.sentences()
            logits, amounts = read.get(place, ({}, {}))
            signals = Signals(
                source=draft.source,
                sentences=tuple(reading.span(sentence) for sentence in sentences),
                hits=tuple((hit, _quoted(reading, hit)) for hit in hits[place]),
                logits=logits,
                amounts=amounts,
                readability=measure(reading.plain.text, len(sentences)),
                remarks=draft.remarks,
            )
            found.append(signals)
        return found


def _groups(notes: Iterable[tuple[Draft, Reading]]) -> Iterator[list[tuple[Draft, Reading]]]:
    """Notes of together about `pipeline.BATCH_TOKENS` tokens, or a longer one."""
    group: list[tuple[Draft, Reading]] = []
    tokens = 0
    for note in notes:
        group.append(note)
        tokens += len(note[1].doc)
        if tokens >= pipeline.BATCH_TOKENS:
            yield group
            group, tokens = [], 0
    if group:
        yield group


def _quoted(reading: Reading, hit: Hit) -> Span:
    return reading.span(reading.doc[hit.start : hit.end])
