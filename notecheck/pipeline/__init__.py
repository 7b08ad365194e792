"""The embedded English pipeline: loaded once, on first use; it turns the note's spans into a parsed Doc."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from notecheck.pipeline.parsing import Parser
from notecheck.pipeline.text import PlainText, pieces_of, plain_text
from notecheck.types import NotecheckError, Span

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc
    from spacy.tokens import Span as DocSpan

#: The trained pipeline, as package data.
MODEL = Path(__file__).with_name("en")
BATCH = 64
#: Parsing more tokens than this at once is not sooner done.
BATCH_TOKENS = 2_500
#: A line of more tokens than this without a mark that ends a sentence is cut by the parser.
RUN_ON = 30
#: A bracket is closed within so many tokens, or was meant as something else.
BRACKETED = 30
#: Marks after which a sentence goes on.
_JOINING = frozenset(
    {",", "-", "–", "—", "--", "/", "&", "(", "[", "{", "<", "@", "#", "$", "£", "€", "%", "+", "=", "_"}
)
#: Marks that close what stands before them, where no space is between.
_CLOSING = frozenset("\"')]}")
_QUOTES = frozenset("\"'")
#: Brackets that set off what was not written by the writer, or is still to be written.
_OPENING = frozenset("[{")
_BRACKETS = frozenset(")]}")
#: Tokens that end a sentence where a capital follows; the stop of an abbreviation is no token of its own.
_ENDING = frozenset(".!?")
_TITLES = frozenset({"mr", "ms", "mrs", "mx", "dr", "prof", "lic"})

#: Name of a tokenizer that has no rules yet.
_BARE = "notecheck.bare_tokenizer.v1"

#: So many strings a pipeline keeps; each takes nearly 2 KB with all that hangs on it.
KEPT = 20_000
#: Notes that are longer than this together are forgotten in any case.
KEPT_LENGTH = 200_000

_lock = Lock()
_reading = Lock()
_loaded: Language | None = None
_parser: Parser | None = None


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
    global _loaded, _parser
    if _loaded is None:
        with _lock:
            if _loaded is None:
                nlp = _load_from(MODEL)
                _hasten(nlp)
                _parser = Parser(nlp)
                _loaded = nlp
    return _loaded


def _load_from(folder: Path) -> Language:
    import spacy
    from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]

    if not (folder / "meta.json").is_file():
        raise NotecheckError(
            f"{folder}: the trained pipeline is missing; rebuild it with python -m notecheck.training"
        )

    def bare() -> Callable[[Language], Any]:
        return lambda nlp: Tokenizer(nlp.vocab)

    spacy.util.registry.tokenizers.register(_BARE, func=bare)
    # The tokenizer's rules are in the folder: those for English at large would be made and thrown away.
    # There are no word vectors.
    nlp = spacy.load(
        folder, config={"nlp": {"tokenizer": {"@tokenizers": _BARE}}}, exclude=["tokenizer", "vectors"]
    )
    nlp.tokenizer = _tokenizer(nlp, folder / "tokenizer")
    return nlp


def _tokenizer(nlp: Language, file: Path) -> Any:
    """The tokenizer of a file, as its ``from_disk`` makes it, but for the expression that knows an address."""
    import srsly
    from spacy.tokenizer import Tokenizer

    saved = srsly.msgpack_loads(file.read_bytes())
    address = saved["url_match"]

    def url_match(text: str) -> Any:
        # Few words can be an address, and few notes have one: the expression is compiled when it is wanted.
        return re.match(address, text) if "." in text[1:-2] else None

    return Tokenizer(
        nlp.vocab,
        rules=saved["exceptions"],
        prefix_search=re.compile(saved["prefix_search"]).search,
        suffix_search=re.compile(saved["suffix_search"]).search,
        infix_finditer=re.compile(saved["infix_finditer"]).finditer,
        url_match=url_match,
        faster_heuristics=saved["faster_heuristics"],
    )


def _hasten(nlp: Language) -> None:
    """Have the pipeline multiply by the quickest library; but for the parser's steps, whose own loop has its own."""
    from notecheck.pipeline.products import ops

    steps = nlp.get_pipe("parser").model.get_ref("upper")  # type: ignore[attr-defined]
    for _, component in nlp.pipeline:
        for layer in component.model.walk():  # type: ignore[attr-defined]
            if layer is not steps:
                layer.ops = ops()


@contextmanager
def zone(nlp: Language, size: int) -> Iterator[None]:
    """Read notes in here and be done with their Docs before it ends; one thread at a time.

    The words of the first notes stay known, which spares making them anew for each. Once the pipeline knows
    `KEPT` strings, what further notes add is forgotten with them, so that memory does not grow.

    Args:
        nlp: the pipeline.
        size: the length of the notes together, in code points.
    """
    # A zone frees what its own words took; two at once on one vocabulary would free each other's.
    with _reading:
        if len(nlp.vocab.strings) < KEPT and size < KEPT_LENGTH:
            yield
        else:
            with nlp.memory_zone():
                yield


def read(nlp: Language, source: str, spans: Iterable[Span]) -> Reading:
    """Parse the note that ``spans`` mark in ``source``."""
    return next(read_all(nlp, [(source, tuple(spans))]))


def read_all(
    nlp: Language, notes: Iterable[tuple[str, Iterable[Span]]], batch_size: int = BATCH
) -> Iterator[Reading]:
    """Parse notes in order, in batches of ``batch_size``; a very long one in pieces, so that memory stays bounded."""
    waiting: deque[tuple[str, PlainText, int]] = deque()

    def docs() -> Iterator[Doc]:
        for source, spans in notes:
            plain = plain_text(source, spans)
            pieces = list(pieces_of(plain))
            waiting.append((source, plain, len(pieces)))
            for piece in pieces:
                yield make_doc(nlp, piece)

    parsed = (doc for batch in _batches(docs(), batch_size) for doc in _parse(nlp, batch))
    for first in parsed:
        source, plain, count = waiting.popleft()
        yield Reading(source, plain, _joined([first, *islice(parsed, count - 1)]))


def _parse(nlp: Language, docs: list[Doc]) -> Iterable[Doc]:
    if nlp is _loaded and _parser is not None:
        return _parser(docs)
    return nlp.pipe(docs, batch_size=len(docs))


def _batches(docs: Iterable[Doc], size: int) -> Iterator[list[Doc]]:
    """At most ``size`` Docs at a time, and no more once they have `BATCH_TOKENS`: each takes its memory."""
    batch: list[Doc] = []
    tokens = 0
    for doc in docs:
        batch.append(doc)
        tokens += len(doc)
        if len(batch) >= size or tokens >= BATCH_TOKENS:
            yield batch
            batch, tokens = [], 0
    if batch:
        yield batch


def _joined(docs: list[Doc]) -> Doc:
    """One Doc of the pieces of a note."""
    if len(docs) == 1:
        return docs[0]
    from spacy.tokens import Doc

    joined = Doc.from_docs(docs, ensure_whitespace=False)
    assert joined is not None
    return joined


def make_doc(nlp: Language, plain: PlainText) -> Doc:
    """Tokenize, and settle before the parser runs where a sentence must begin and where it cannot.

    Line and paragraph breaks are boundaries. Within a line a sentence begins only after a mark that can end
    one, unless the line runs on for long without any: then the parser decides.
    """
    doc = nlp.tokenizer(plain.text)
    count = len(doc)
    if not count:
        return doc
    table: Any = doc.to_array(["LENGTH", "SPACY"]).astype(np.int64)
    after = np.cumsum(table.sum(axis=1))
    begins = (after - table.sum(axis=1)).tolist()
    ends = (after - table[:, 1]).tolist()
    text = plain.text
    # Whether a mark that can end a sentence stands last in the token. A quotation that opens ends none.
    closed = [
        not text[end - 1].isalnum()
        and text[begin:end] not in _JOINING
        and (text[begin:end] not in _QUOTES or text[begin - 1 : begin] not in ("", " "))
        for begin, end in zip(begins, ends, strict=True)
    ]
    starts = [0] * count
    first = 0
    for following in [*filter(None, plain.breaks), len(text) + 1]:
        last = bisect_left(begins, following)
        if last == first:
            continue
        if any(closed[first : last - 1]) or last - first <= RUN_ON:
            starts[first + 1 : last] = [0 if ended else -1 for ended in closed[first : last - 1]]
        starts[first] = 1
        first = last
    if "]" in text or "}" in text:
        _bracketed([text[begin:end] for begin, end in zip(begins, ends, strict=True)], starts)
    for place in range(1, count):
        if starts[place] == 0:
            begin, behind = begins[place], ends[place - 1]
            if begin == behind and (text[begin] in _CLOSING or text[begin] in ".!?…"):
                # What closes right behind a word belongs to the sentence it closes, a further mark to its end.
                starts[place] = -1
            elif (
                text[begin].islower()
                and text[begins[place - 1] : behind] in _BRACKETS
                and (place == 1 or text[ends[place - 2] - 1] not in _ENDING)
            ):
                # So does what goes on in lower case behind a bracket.
                starts[place] = -1
            elif text[behind - 1] == "." and _is_title(text[max(behind - 8, 0) : behind - 1]):
                # "Mr./Ms. Bell": the tokenizer knows the stop of a title only where the title stands alone.
                starts[place] = -1
            elif begin > behind and text[begin].isupper() and text[begins[place - 1] : behind] in _ENDING:
                # The parser says so too, in 4,854 of 4,857 such places in the corpus, but takes its time.
                starts[place] = 1
    column: Any = np.array(starts, dtype=np.int64).astype(np.uint64)
    doc.from_array(["SENT_START"], column)
    return doc


def _is_title(text: str) -> bool:
    """Whether the text ends in a title that a name follows."""
    return re.split(r"[\s/]", text)[-1].lower() in _TITLES


def _bracketed(words: list[str], starts: list[int]) -> None:
    """What stands in one pair of square or curly brackets, in one line, is no sentence of its own."""
    opened = -1
    for place, word in enumerate(words):
        if starts[place] == 1:
            opened = -1
        if word in _OPENING:
            opened = place
        elif word in ("]", "}") and opened >= 0:
            if place - opened <= BRACKETED:
                starts[opened + 1 : place + 1] = [-1] * (place - opened)
            opened = -1
