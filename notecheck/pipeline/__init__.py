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
    """Tokenize, and set the sentence starts that line and paragraph breaks ask for, before the parser runs."""
    doc = nlp.tokenizer(plain.text)
    wanted = iter(plain.breaks)
    following = next(wanted, None)
    for token in doc:
        if following is None:
            break
        if token.idx >= following:
            token.is_sent_start = True
            while following is not None and token.idx >= following:
                following = next(wanted, None)
    return doc
