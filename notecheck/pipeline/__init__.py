"""The embedded English pipeline: loaded once, on first use; it turns the note's spans into a parsed Doc."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from notecheck.pipeline.text import PlainText, plain_text
from notecheck.types import NotecheckError, Span

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc
    from spacy.tokens import Span as DocSpan

#: The trained pipeline, as package data.
MODEL = Path(__file__).with_name("en")
BATCH = 64
#: A line of more tokens than this without a mark that ends a sentence is cut by the parser.
RUN_ON = 30
#: Marks after which a sentence goes on.
_JOINING = frozenset({",", "-", "–", "—", "--", "/", "&", "(", "[", "{", "<", "@", "#", "$", "£", "€", "%", "+", "=", "_"})

_lock = Lock()
_loaded: Language | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A parsed note and the way back to the caller's string."""

    source: str
    plain: PlainText
    doc: Doc

    def span(self, tokens: DocSpan) -> Span:
        """Where the tokens stand in the source, in code points."""
        return self.plain.to_source(tokens.start_char, tokens.end_char)

    def sentences(self) -> list[DocSpan]:
        """The sentences; empty for a note without a word."""
        return list(self.doc.sents) if len(self.doc) else []


def load() -> Language:
    """The shipped pipeline. The first call loads it; later calls, from any thread, get the same one.

    Raises:
        NotecheckError: the package data is missing or broken.
    """
    global _loaded
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _load_from(MODEL)
    return _loaded


def _load_from(folder: Path) -> Language:
    import spacy

    if not (folder / "meta.json").is_file():
        raise NotecheckError(
            f"{folder}: the trained pipeline is missing; rebuild it with python -m notecheck.training"
        )
    return spacy.load(folder)


def read(nlp: Language, source: str, spans: Iterable[Span]) -> Reading:
    """Parse the note that ``spans`` mark in ``source``."""
    return next(read_all(nlp, [(source, tuple(spans))]))


def read_all(
    nlp: Language, notes: Iterable[tuple[str, Iterable[Span]]], batch_size: int = BATCH
) -> Iterator[Reading]:
    """Parse notes in order, in batches of ``batch_size``."""

    def docs() -> Iterator[tuple[Doc, tuple[str, PlainText]]]:
        for source, spans in notes:
            plain = plain_text(source, spans)
            yield make_doc(nlp, plain), (source, plain)

    for doc, (source, plain) in nlp.pipe(docs(), as_tuples=True, batch_size=batch_size):
        yield Reading(source, plain, doc)


def make_doc(nlp: Language, plain: PlainText) -> Doc:
    """Tokenize, and settle before the parser runs where a sentence must begin and where it cannot.

    Line and paragraph breaks are boundaries. Within a line a sentence begins only after a mark that can end
    one, unless the line runs on for long without any: then the parser decides.
    """
    doc = nlp.tokenizer(plain.text)
    tokens = list(doc)
    breaks = [*plain.breaks, len(plain.text) + 1]
    at, following = 0, 0
    while at < len(tokens):
        while breaks[following] <= tokens[at].idx:
            following += 1
        end = at + 1
        while end < len(tokens) and tokens[end].idx < breaks[following]:
            end += 1
        tokens[at].is_sent_start = True
        closed = [_can_end(token.text) for token in tokens[at:end]]
        if any(closed[:-1]) or end - at <= RUN_ON:
            for position in range(at + 1, end):
                if not closed[position - 1 - at]:
                    tokens[position].is_sent_start = False
        at = end
    return doc


def _can_end(text: str) -> bool:
    return not text[-1].isalnum() and text not in _JOINING
