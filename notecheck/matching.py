"""Compiled rules over a parsed note: the engine that turns a Doc into hits.

A rule's patterns are tried only on sentences that hold one of its anchors, which one pass over the note finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notecheck.rule import Match, Rule, Unless
from notecheck.rulebook import Rulebook
from notecheck.types import NotecheckError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.matcher import DependencyMatcher, Matcher, PhraseMatcher
    from spacy.tokens import Doc
    from spacy.tokens import Span as DocSpan

    from notecheck.pipeline import Reading

#: Tokens that a token pattern is tried on at a time; it is several times as long as a sentence people write.
WINDOW = 80


@dataclass(frozen=True, slots=True)
class Hit:
    """One match of one rule.

    Attributes:
        rule: the rule.
        sentence: index of the sentence.
        start, end: tokens of the Doc that are quoted, end exclusive.
        match: name of the block that matched.
    """

    rule: Rule
    sentence: int
    start: int
    end: int
    match: str


class _Pattern:
    """One pattern of a token or dependency block, compiled when it is first needed.

    Attributes:
        needs: for each token that must be there, the words it may be (hashes of lemmas or lower-case forms);
            a sentence that lacks one of them cannot match, so the matcher is not asked.
        shapes: expressions that some token's text must match, likewise.
    """

    __slots__ = ("_compiled", "_spec", "_where", "cancels", "kind", "name", "needs", "rule", "shapes", "within")

    def __init__(self, nlp: Language, rule: int, block: Match | Unless, spec: list[Any], where: str) -> None:
        self.rule = rule
        self.kind = block.kind
        self.name = block.name
        self.cancels = isinstance(block, Unless)
        self.within = block.within if isinstance(block, Unless) else "match"
        self.needs = tuple(
            frozenset(nlp.vocab.strings.add(word.lower()) for word in words) for words in _required(spec)
        )
        self.shapes = tuple(_shapes(spec))
        self._spec = spec
        self._where = where
        self._compiled: Matcher | DependencyMatcher | None = None

    def compiled(self, nlp: Language) -> Matcher | DependencyMatcher:
        """The matcher of this one pattern.

        Raises:
            NotecheckError: the pattern is malformed.
        """
        if self._compiled is None:
            from spacy.matcher import DependencyMatcher, Matcher

            try:
                matcher = Matcher(nlp.vocab) if self.kind == "token" else DependencyMatcher(nlp.vocab)
                matcher.add("m", [self._spec])
            except Exception as error:  # spaCy raises several types for a malformed pattern
                text = " ".join(str(error).split())
                raise NotecheckError(f"{self._where}: pattern: {text[:300]}") from None
            self._compiled = matcher
        return self._compiled

    def find(self, nlp: Language, sentence: DocSpan) -> Iterator[tuple[int, int]]:
        """(start, end) token offsets within the Doc."""
        matcher = self.compiled(nlp)
        if self.kind == "dependency":
            for _, tokens in matcher(sentence):
                yield sentence.start + min(tokens), sentence.start + max(tokens) + 1
            return
        for window in _windows(sentence):
            for _, start, end in matcher(window):
                yield window.start + start, window.start + end


def _needed(spec: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """What is asked of every token that a pattern cannot do without."""
    for token in spec:
        operator = str(token.get("OP", "1"))
        if operator not in ("?", "*", "!") and not operator.startswith(("{0", "{,")):
            yield token.get("RIGHT_ATTRS", token)


def _shapes(spec: Sequence[Any]) -> Iterator[re.Pattern[str]]:
    for attributes in _needed(spec):
        for key in ("TEXT", "ORTH"):
            value = attributes.get(key)
            if isinstance(value, dict) and isinstance(value.get("REGEX"), str):
                yield re.compile(value["REGEX"])


def _required(spec: Sequence[Any]) -> Iterator[list[str]]:
    """The words of every token that a pattern cannot do without."""
    for attributes in _needed(spec):
        for key in ("LOWER", "LEMMA", "ORTH", "TEXT"):
            value = attributes.get(key)
            if isinstance(value, dict):
                value = value.get("IN")
            if isinstance(value, str):
                yield [value]
            elif isinstance(value, list):
                yield value


def _windows(sentence: DocSpan) -> Iterator[DocSpan]:
    """The sentence, or overlapping stretches of one without end, so that no pattern takes more than linear time."""
    if len(sentence) <= WINDOW:
        yield sentence
        return
    for start in range(0, len(sentence) - WINDOW // 2, WINDOW // 2):
        yield sentence[start : start + WINDOW]


class Engine:
    """The rules of a rulebook, compiled for one pipeline as they are needed.

    Args:
        strict: compile every pattern now, so that a malformed one is found before a note is read.

    Raises:
        NotecheckError: a pattern is malformed, or names a DEP, TAG or POS that the pipeline never gives.
    """

    def __init__(self, nlp: Language, book: Rulebook, *, strict: bool = False) -> None:
        self.nlp = nlp
        self.book = book
        self.rules = book.rules
        if strict:
            check_labels(nlp, book)
        strings = nlp.vocab.strings
        self._anchors = [frozenset(strings.add(word) for word in book.words(rule.anchors)) for rule in book.rules]
        self._unless: list[list[_Pattern]] = [[] for _ in book.rules]
        self._always: list[_Pattern] = []
        self._by_word: dict[int, list[_Pattern]] = {}
        common = {strings.add(word) for word in nlp.Defaults.stop_words or ()}
        for index, rule in enumerate(book.rules):
            for pattern in _patterns(nlp, book, index, rule):
                if strict:
                    pattern.compiled(nlp)
                if pattern.cancels:
                    self._unless[index].append(pattern)
                    continue
                # The pattern is looked up by whichever of its required words are the least common.
                choices = [*pattern.needs, *([self._anchors[index]] if rule.anchors else [])]
                if not choices:
                    self._always.append(pattern)
                    continue
                rarest = min(choices, key=lambda words: sum(40 if word in common else 1 for word in words))
                for word in rarest:
                    self._by_word.setdefault(word, []).append(pattern)
        self._phrases = self._phrase_matchers(nlp, book)

    @staticmethod
    def _phrase_matchers(
        nlp: Language, book: Rulebook
    ) -> list[tuple[PhraseMatcher, dict[int, tuple[int, str, bool]]]]:
        from spacy.matcher import PhraseMatcher
        from spacy.tokens import Doc

        matchers = []
        for attr in ("lower", "lemma"):
            matcher = PhraseMatcher(nlp.vocab, attr=attr.upper())
            keys: dict[int, tuple[int, str, bool]] = {}
            for index, rule in enumerate(book.rules):
                blocks: list[tuple[Match | Unless, bool]] = [(block, False) for block in rule.match]
                blocks += [(block, True) for block in rule.unless]
                for number, (block, cancels) in enumerate(blocks):
                    if block.kind != "phrase" or block.on != attr:
                        continue
                    key = f"{index}.{number}"
                    docs = []
                    for term in book.words(block.terms):
                        doc = nlp.tokenizer(term)
                        if attr == "lemma":
                            words = [token.text for token in doc]
                            doc = Doc(nlp.vocab, words=words, lemmas=words)
                        docs.append(doc)
                    matcher.add(key, docs)
                    keys[nlp.vocab.strings[key]] = (index, block.name, cancels)
            if keys:
                matchers.append((matcher, keys))
        return matchers

    def hits(self, reading: Reading) -> list[Hit]:
        """Every match of every rule, in the order of the note, then of the rule ids."""
        doc = reading.doc
        sentences = reading.sentences()
        if not sentences:
            return []
        where = [0] * len(doc)
        for number, sentence in enumerate(sentences):
            where[sentence.start : sentence.end] = [number] * (sentence.end - sentence.start)
        phrases, cancels = self._phrase_hits(doc, where)
        columns = doc.to_array(["LEMMA", "LOWER"]).tolist()
        found: list[Hit] = []
        for number, sentence in enumerate(sentences):
            words = {word for row in columns[sentence.start : sentence.end] for word in row}
            spans: dict[int, list[tuple[int, int, str]]] = {}
            for index, at, start, end, name in phrases:
                if at == number:
                    spans.setdefault(index, []).append((start, end, name))
            texts = [token.text for token in sentence]
            for pattern in self._candidates(words, texts):
                for start, end in pattern.find(self.nlp, sentence):
                    spans.setdefault(pattern.rule, []).append((start, end, pattern.name))
            for index, matched in sorted(spans.items()):
                for start, end, name in self._kept(index, number, sentence, words, texts, matched, cancels):
                    rule = self.rules[index]
                    found.append(Hit(rule, number, *self._quoted(rule, name, sentence, start, end), name))
        found.sort(key=lambda hit: (hit.start, hit.end, hit.rule.id, hit.match))
        return found

    def _candidates(self, words: set[int], texts: Sequence[str]) -> list[_Pattern]:
        """The patterns that could match a sentence of these words."""
        out = list(self._always)
        for word in words:
            out.extend(self._by_word.get(word, ()))
        seen: set[int] = set()
        kept = []
        for pattern in out:
            if id(pattern) in seen:
                continue
            seen.add(id(pattern))
            anchors = self._anchors[pattern.rule]
            if (not anchors or not anchors.isdisjoint(words)) and _possible(pattern, words, texts):
                kept.append(pattern)
        return kept

    def _phrase_hits(
        self, doc: Doc, where: list[int]
    ) -> tuple[list[tuple[int, int, int, int, str]], list[tuple[int, int, int, int, str]]]:
        hits: list[tuple[int, int, int, int, str]] = []
        cancels: list[tuple[int, int, int, int, str]] = []
        for matcher, keys in self._phrases:
            for key, start, end in matcher(doc):
                index, name, is_unless = keys[key]
                if where[start] == where[end - 1]:
                    (cancels if is_unless else hits).append((index, where[start], start, end, name))
        return hits, cancels

    def _kept(
        self,
        index: int,
        number: int,
        sentence: DocSpan,
        words: set[int],
        texts: Sequence[str],
        spans: list[tuple[int, int, str]],
        cancels: Sequence[tuple[int, int, int, int, str]],
    ) -> list[tuple[int, int, str]]:
        rule = self.rules[index]
        if rule.unless:
            within = {block.name: block.within for block in rule.unless}
            against = [(start, end, name) for i, n, start, end, name in cancels if i == index and n == number]
            for pattern in self._unless[index]:
                if _possible(pattern, words, texts):
                    against.extend((start, end, pattern.name) for start, end in pattern.find(self.nlp, sentence))
            if any(within[name] == "sentence" for *_, name in against):
                return []
            spans = [
                (start, end, name)
                for start, end, name in spans
                if not any(start < e and s < end for s, e, _ in against)
            ]
        # The longest match stands for those it overlaps; ties go to the first.
        kept: list[tuple[int, int, str]] = []
        for start, end, name in sorted(set(spans), key=lambda item: (item[0] - item[1], item[0], item[2])):
            if not any(start < e and s < end for s, e, _ in kept):
                kept.append((start, end, name))
        return kept

    @staticmethod
    def _quoted(rule: Rule, name: str, sentence: DocSpan, start: int, end: int) -> tuple[int, int]:
        quote = next(block.quote for block in rule.match if block.name == name)
        if quote == "sentence":
            return sentence.start, sentence.end
        if quote == "clause":
            tokens = sentence.doc[start:end]
            root = tokens.root
            start = min(start, max(root.left_edge.i, sentence.start))
            end = max(end, min(root.right_edge.i + 1, sentence.end))
        if quote == "match":
            return start, end
        doc = sentence.doc
        while end - start > 1 and doc[end - 1].is_punct:
            end -= 1
        while end - start > 1 and doc[start].is_punct:
            start += 1
        return start, end


def _possible(pattern: _Pattern, words: set[int], texts: Sequence[str]) -> bool:
    return not any(need.isdisjoint(words) for need in pattern.needs) and all(
        any(shape.search(text) for text in texts) for shape in pattern.shapes
    )


def _patterns(nlp: Language, book: Rulebook, index: int, rule: Rule) -> Iterator[_Pattern]:
    blocks: list[Match | Unless] = [*rule.match, *rule.unless]
    for block in blocks:
        where = f"rule {rule.id}: {type(block).__name__.lower()} {block.name!r}"
        if block.kind != "phrase":
            for pattern in block.all_patterns:
                yield _Pattern(nlp, index, block, [_expand(token, book, where) for token in pattern], where)


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


def pipeline_labels(nlp: Language) -> dict[str, set[str]]:
    """The labels that the pipeline can give, by attribute: DEP, TAG, POS."""
    labels: dict[str, set[str]] = {}
    for name, component in nlp.pipeline:
        own = set(getattr(component, "labels", ()))
        if name == "parser":
            labels["DEP"] = own | {"ROOT", "dep"}
        elif name == "tagger":
            labels["TAG"] = own
        elif name == "morphologizer":
            labels["POS"] = {
                part.partition("=")[2]
                for label in own for part in label.split("|") if part.startswith("POS=")
            }  # fmt: skip
    return labels


def check_labels(nlp: Language, book: Rulebook) -> None:
    """Refuse a rule that names a label the pipeline never gives: it could never fire.

    Raises:
        NotecheckError: the rule, the attribute and the label.
    """
    labels = pipeline_labels(nlp)
    for rule in book.rules:
        blocks: list[Match | Unless] = [*rule.match, *rule.unless]
        for block in blocks:
            if block.kind == "dependency" and "DEP" not in labels:
                raise NotecheckError(f"rule {rule.id}: needs a parser, and the pipeline has none")
            for attribute, wanted in _named_labels(block.all_patterns):
                known = labels.get(attribute, set())
                fits = (
                    any(re.search(wanted[3:], label) for label in known)
                    if wanted.startswith("re:")
                    else (wanted in known)
                )
                if not fits:
                    raise NotecheckError(
                        f"rule {rule.id}: match {block.name!r}: {attribute} {wanted!r} is no label of the pipeline"
                    )


def _named_labels(value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("DEP", "TAG", "POS"):
                yield from ((key, label) for label in _label_values(inner))
            else:
                yield from _named_labels(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _named_labels(inner)


def _label_values(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _label_values(inner)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "REGEX":
                yield "re:" + inner
            else:
                yield from _label_values(inner)
