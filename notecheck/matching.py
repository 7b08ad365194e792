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


class _Block:
    """One compiled [[match]] or [[unless]]: yields (start, end) token offsets within the Doc."""

    __slots__ = ("_dependency", "_token", "block")

    def __init__(self, nlp: Language, book: Rulebook, block: Match | Unless, where: str) -> None:
        from spacy.matcher import DependencyMatcher, Matcher

        self.block = block
        self._token: Matcher | None = None
        self._dependency: DependencyMatcher | None = None
        patterns = [[_expand(spec, book, where) for spec in pattern] for pattern in block.all_patterns]
        try:
            if block.kind == "token":
                self._token = Matcher(nlp.vocab, validate=True)
                self._token.add("m", patterns)
            elif block.kind == "dependency":
                self._dependency = DependencyMatcher(nlp.vocab)
                self._dependency.add("m", patterns)
        except Exception as error:  # spaCy raises several types for a malformed pattern
            text = " ".join(str(error).split())
            raise NotecheckError(f"{where}: pattern: {text[:300]}") from None

    def find(self, sentence: DocSpan) -> Iterator[tuple[int, int]]:
        offset = sentence.start
        if self._token is not None:
            for _, start, end in self._token(sentence):
                yield offset + start, offset + end
        elif self._dependency is not None:
            for _, tokens in self._dependency(sentence):
                yield offset + min(tokens), offset + max(tokens) + 1


class _Compiled:
    __slots__ = ("blocks", "rule", "unless")

    def __init__(self, nlp: Language, book: Rulebook, rule: Rule) -> None:
        self.rule = rule
        self.blocks = [
            _Block(nlp, book, block, f"rule {rule.id}: match {block.name!r}")
            for block in rule.match if block.kind != "phrase"
        ]  # fmt: skip
        self.unless = [
            _Block(nlp, book, block, f"rule {rule.id}: unless {block.name!r}")
            for block in rule.unless if block.kind != "phrase"
        ]  # fmt: skip


class Engine:
    """The rules of a rulebook, compiled for one pipeline. Not changed after it is made.

    Raises:
        NotecheckError: a pattern is malformed, or names a DEP, TAG or POS that the pipeline never gives.
    """

    def __init__(self, nlp: Language, book: Rulebook) -> None:
        self.nlp = nlp
        self.book = book
        self.rules = book.rules
        check_labels(nlp, book)
        self._compiled = [_Compiled(nlp, book, rule) for rule in book.rules]
        self._always: list[int] = []
        self._anchored: dict[int, list[int]] = {}
        for index, rule in enumerate(book.rules):
            if not self._compiled[index].blocks:
                continue
            if not rule.anchors:
                self._always.append(index)
            for word in book.words(rule.anchors):
                self._anchored.setdefault(nlp.vocab.strings.add(word), []).append(index)
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
        found: list[Hit] = []
        todo = self._candidates(doc, where)
        for index, number, *_ in phrases:
            todo.setdefault(number, set()).add(index)
        for number, indexes in sorted(todo.items()):
            sentence = sentences[number]
            for index in sorted(indexes):
                found.extend(self._rule_hits(index, number, sentence, phrases, cancels))
        found.sort(key=lambda hit: (hit.start, hit.end, hit.rule.id, hit.match))
        return found

    def _candidates(self, doc: Doc, where: list[int]) -> dict[int, set[int]]:
        todo: dict[int, set[int]] = {}
        if self._always:
            for number in range(where[-1] + 1):
                todo[number] = set(self._always)
        anchored = self._anchored
        columns = doc.to_array(["LEMMA", "LOWER"]).tolist()
        for position, (lemma, lower) in enumerate(columns):
            for key in (lemma, lower):
                indexes = anchored.get(key)
                if indexes is not None:
                    todo.setdefault(where[position], set()).update(indexes)
        return todo

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

    def _rule_hits(
        self,
        index: int,
        number: int,
        sentence: DocSpan,
        phrases: Sequence[tuple[int, int, int, int, str]],
        cancels: Sequence[tuple[int, int, int, int, str]],
    ) -> Iterator[Hit]:
        compiled = self._compiled[index]
        rule = compiled.rule
        spans = [
            (start, end, name) for i, n, start, end, name in phrases if i == index and n == number
        ]  # fmt: skip
        for block in compiled.blocks:
            spans.extend((start, end, block.block.name) for start, end in block.find(sentence))
        if not spans:
            return
        for start, end, name in self._kept(compiled, index, number, sentence, spans, cancels):
            quoted = self._quoted(rule, name, sentence, start, end)
            yield Hit(rule, number, *quoted, name)

    def _kept(
        self,
        compiled: _Compiled,
        index: int,
        number: int,
        sentence: DocSpan,
        spans: list[tuple[int, int, str]],
        cancels: Sequence[tuple[int, int, int, int, str]],
    ) -> list[tuple[int, int, str]]:
        rule = compiled.rule
        if rule.unless:
            within = {block.name: block.within for block in rule.unless}
            against = [
                (start, end, name) for i, n, start, end, name in cancels if i == index and n == number
            ]  # fmt: skip
            for block in compiled.unless:
                against.extend((start, end, block.block.name) for start, end in block.find(sentence))
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
        if key != "RIGHT_ATTRS" and set(value) <= {"IN", "NOT_IN"} and isinstance(next(iter(value.values())), str):
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
                fits = any(re.search(wanted[3:], label) for label in known) if wanted.startswith("re:") else (
                    wanted in known
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
