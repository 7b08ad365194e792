"""One compiled pattern of a rule, and what it cannot match without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from notecheck.positions import Compiler, Stretch, TokenPattern, TreePattern
from notecheck.rule import Match, Pattern, Unless
from notecheck.rulebook import Rulebook
from notecheck.types import NotecheckError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.matcher import DependencyMatcher, Matcher
    from spacy.tokens import Span as DocSpan

#: Tokens that spaCy's matcher is asked about at a time; several times as many as a sentence people write has.
WINDOW = 80


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence.

    Attributes:
        number: its index.
        span: its tokens in the Doc.
        tokens: a bit for each of them in its stretch.
        words: hashes of the lemmas and lower-case forms in it.
        has: the bits of the sets of words of which it has one.
    """

    number: int
    span: DocSpan
    tokens: int
    words: set[int]
    has: int


@dataclass(frozen=True, slots=True)
class Shared:
    """What the patterns of an engine have in common."""

    nlp: Language
    book: Rulebook
    compiler: Compiler


class RulePattern:
    """One pattern of a token or dependency block, compiled when it is first needed.

    Attributes:
        needs: a bit for each set of words, one of which must stand in a sentence that matches.
    """

    __slots__ = ("_matcher", "_own", "_shared", "_spec", "_where", "kind", "name", "needs", "rule")

    def __init__(self, shared: Shared, rule: int, block: Match | Unless, spec: Pattern, where: str) -> None:
        self.rule = rule
        self.kind = block.kind
        self.name = block.name
        self.needs = 0
        self._shared = shared
        self._spec = spec
        self._where = where
        self._own: TokenPattern | TreePattern | Literal[False] | None = False
        self._matcher: Matcher | DependencyMatcher | None = None

    def _expanded(self) -> list[Any]:
        return [_expand(token, self._shared.book, self._where) for token in self._spec]

    def matcher(self) -> Matcher | DependencyMatcher:
        """spaCy's matcher of this one pattern.

        Raises:
            NotecheckError: the pattern is malformed.
        """
        if self._matcher is None:
            from spacy.matcher import DependencyMatcher, Matcher

            vocab = self._shared.nlp.vocab
            try:
                matcher = Matcher(vocab) if self.kind == "token" else DependencyMatcher(vocab)
                matcher.add("m", [self._expanded()])
            except NotecheckError:
                raise
            except Exception as error:  # spaCy raises several types for a malformed pattern
                text = " ".join(str(error).split())
                raise NotecheckError(f"{self._where}: pattern: {text[:300]}") from None
            self._matcher = matcher
        return self._matcher

    def find(self, stretch: Stretch, sentences: Sequence[Sentence]) -> Iterator[tuple[Sentence, int, int]]:
        """The matches in some sentences of a stretch: the sentence, and (start, end) token offsets within the Doc."""
        own = self._own
        if own is False:
            own = self._own = self._shared.compiler.compile(self._expanded(), self.kind)
        if own is None:
            for sentence in sentences:
                for start, end in self._asked(sentence.span):
                    yield sentence, start, end
            return
        starts = own.starts(stretch)
        if starts:
            for sentence in sentences:
                if starts & sentence.tokens:
                    for start, end in own.find(stretch, starts, sentence.tokens):
                        yield sentence, stretch.start + start, stretch.start + end

    def _asked(self, sentence: DocSpan) -> Iterator[tuple[int, int]]:
        """What spaCy's matcher finds in a sentence."""
        matcher: Any = self.matcher()
        if self.kind == "dependency":
            for _, tokens in matcher(sentence):
                yield sentence.start + min(tokens), sentence.start + max(tokens) + 1
            return
        for window in _windows(sentence):
            for _, start, end in matcher(window):
                yield window.start + start, window.start + end


def required(spec: Pattern) -> Iterator[tuple[str, ...]]:
    """The words of every token that a pattern cannot do without; a word list as its name."""
    for token in spec:
        operator = str(token.get("OP", "1"))
        if operator in ("?", "*", "!") or operator.startswith(("{0", "{,")):
            continue
        attributes = token.get("RIGHT_ATTRS", token)
        for key in ("LOWER", "LEMMA", "ORTH", "TEXT"):
            value = attributes.get(key)
            if isinstance(value, dict):
                value = value.get("IN")
            if isinstance(value, str):
                yield (value,)
            elif isinstance(value, list):
                yield tuple(value)


def _windows(sentence: DocSpan) -> Iterator[DocSpan]:
    """The sentence, or overlapping stretches of one without end, so that no pattern takes more than linear time."""
    if len(sentence) <= WINDOW:
        yield sentence
        return
    for start in range(0, len(sentence) - WINDOW // 2, WINDOW // 2):
        yield sentence[start : start + WINDOW]


def _expand(spec: Any, book: Rulebook, where: str) -> Any:
    """Replace ``"@name"`` by the words of that list: verbatim spaCy pattern otherwise."""
    if isinstance(spec, dict):
        return {key: _expand_value(key, value, book, where) for key, value in spec.items()}
    return spec


def _expand_value(key: str, value: Any, book: Rulebook, where: str) -> Any:
    try:
        if isinstance(value, str) and value.startswith("@") and key not in ("RIGHT_ID", "LEFT_ID"):
            return {"IN": book.words([value])}
        if key in ("IN", "NOT_IN") and isinstance(value, (list, tuple)):
            return book.words(value)
    except NotecheckError as error:
        raise NotecheckError(f"{where}: {error}") from None
    if isinstance(value, dict):
        if (
            key != "RIGHT_ATTRS"
            and set(value) <= {"IN", "NOT_IN"}
            and isinstance(next(iter(value.values())), str)
        ):
            inner = next(iter(value))
            return {inner: book.words([value[inner]])}
        return _expand(value, book, where)
    return value
