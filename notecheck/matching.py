"""Compiled rules over a parsed note: the engine that turns a Doc into hits.

A rule's patterns are tried only where its words are, which one pass over the note finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notecheck.labels import check_labels
from notecheck.patterns import RulePattern, Sentence, Shared, required
from notecheck.positions import COLUMNS, Compiler, Stretch
from notecheck.quoting import OPENED_BY, apart
from notecheck.rule import Match, Rule, Unless
from notecheck.rulebook import Rulebook
from notecheck.types import NotecheckError

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.matcher import PhraseMatcher
    from spacy.tokens import Doc
    from spacy.tokens import Span as DocSpan

    from notecheck.pipeline import Reading

#: Patterns are tried on whole sentences of together at most so many tokens, or on one longer one, at a time.
STRETCH = 512


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


#: The index of a rule, and (start, end, name of the block) of a match.
_Found = tuple[int, tuple[int, int, str]]


class _Words:
    """Sets of words that patterns need, each with a bit of its own; and what a sentence has of them."""

    def __init__(self, nlp: Language, book: Rulebook) -> None:
        self._strings = nlp.vocab.strings
        self._book = book
        self._common = {self._strings.add(word) for word in nlp.Defaults.stop_words or ()}
        self._bits: dict[frozenset[int], int] = {}
        self._of: dict[int, int] = {}
        self._known: dict[tuple[tuple[str, ...], bool], _Need] = {}
        #: The hash of each word so far, as it stands; thousands of sets are made of far fewer words.
        self._hashes: dict[str, int] = {}

    def needed(self, names: tuple[str, ...], *, lower: bool) -> _Need:
        """The words of ``names``, in lower case or as they stand.

        Raises:
            NotecheckError: there is no such word list.
        """
        need = self._known.get((names, lower))
        if need is None:
            hashes = frozenset(
                [self._hash(word.lower() if lower else word) for word in self._book.words(names)]
            )
            bit = self._bits.get(hashes)
            if bit is None:
                bit = self._bits[hashes] = 1 << len(self._bits)
                for word in hashes:
                    self._of[word] = self._of.get(word, 0) | bit
            often = len(hashes) + 39 * len(hashes & self._common)
            need = self._known[names, lower] = _Need(hashes, bit, often)
        return need

    def _hash(self, word: str) -> int:
        made = self._hashes.get(word)
        if made is None:
            made = self._hashes[word] = self._strings.add(word)
        return made

    def had(self, words: Iterable[int]) -> int:
        """The bits of the sets of which one of ``words`` is."""
        out = 0
        for word in words:
            out |= self._of.get(word, 0)
        return out


@dataclass(frozen=True, slots=True)
class _Need:
    """A set of words as hashes, its bit, and an estimate of how often one of them stands in a sentence."""

    words: frozenset[int]
    bit: int
    often: int


class Engine:
    """The rules of a rulebook, compiled for one pipeline.

    Args:
        strict: have spaCy compile every pattern too, so that a malformed one is found before a note is read.

    Raises:
        NotecheckError: a pattern is malformed, or names a DEP, TAG or POS that the pipeline never gives.
    """

    def __init__(self, nlp: Language, book: Rulebook, *, strict: bool = False) -> None:
        self.nlp = nlp
        self.book = book
        self.rules = book.rules
        if strict:
            check_labels(nlp, book)
        self._shared = Shared(nlp, book, Compiler(nlp.vocab.strings))
        self._words = _Words(nlp, book)
        #: Of each rule the patterns of its ``unless``, with the words each needs; made when first asked for.
        self._unless: dict[int, list[tuple[RulePattern, list[frozenset[int]]]]] = {}
        self._always: list[RulePattern] = []
        self._by_word: dict[int, list[RulePattern]] = {}
        for index, rule in enumerate(book.rules):
            for pattern, needs in self._patterns(index, rule.match, rule.anchors):
                for need in needs:
                    pattern.needs |= need.bit
                if strict:
                    pattern.matcher()
                if not needs:
                    self._always.append(pattern)
                else:
                    # The pattern is looked up by whichever of its required words are the least common.
                    for word in min(needs, key=lambda need: need.often).words:
                        self._by_word.setdefault(word, []).append(pattern)
            if strict:
                for pattern, _ in self._against(index):
                    pattern.matcher()
        self._phrases = self._phrase_matchers(nlp, book)

    def _patterns(
        self, index: int, blocks: Sequence[Match | Unless], anchors: tuple[str, ...] = ()
    ) -> Iterator[tuple[RulePattern, list[_Need]]]:
        """The patterns of some blocks of a rule, each with the words it cannot do without."""
        for block in blocks:
            if block.kind == "phrase":
                continue
            where = f"rule {self.rules[index].id}: {type(block).__name__.lower()} {block.name!r}"
            for spec in block.patterns:
                try:
                    needs = [self._words.needed(names, lower=True) for names in required(spec)]
                    if anchors:
                        needs.append(self._words.needed(anchors, lower=False))
                except NotecheckError as error:
                    raise NotecheckError(f"{where}: {error}") from None
                yield RulePattern(self._shared, index, block, spec, where), needs

    def _against(self, index: int) -> list[tuple[RulePattern, list[frozenset[int]]]]:
        """What cancels the matches of a rule: patterns, and of which words each needs one."""
        made = self._unless.get(index)
        if made is None:
            made = self._unless[index] = [
                (pattern, [need.words for need in needs])
                for pattern, needs in self._patterns(index, self.rules[index].unless)
            ]
        return made

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
        phrases, cancels = self._phrase_hits(doc, sentences) if self._phrases else ({}, {})
        hits: list[Hit] = []
        for stretch, within in self._stretches(doc, sentences):
            found: dict[tuple[int, int], list[tuple[int, int, str]]] = {}
            for pattern, where in self._candidates(within):
                for sentence, start, end in pattern.find(stretch, where):
                    found.setdefault((pattern.rule, sentence.number), []).append((start, end, pattern.name))
            for sentence in within:
                for rule, matched in phrases.get(sentence.number, ()):
                    found.setdefault((rule, sentence.number), []).append(matched)
            for (rule, number), matches in found.items():
                sentence = within[number - within[0].number]
                against = [span for other, span in cancels.get(number, ()) if other == rule]
                for start, end, name in self._kept(rule, stretch, sentence, matches, against):
                    quoted = self._quoted(self.rules[rule], name, sentence.span, start, end)
                    hits.append(Hit(self.rules[rule], number, *quoted, name))
        hits.sort(key=lambda hit: (hit.start, hit.end, hit.rule.id, hit.match))
        return hits

    def _stretches(self, doc: Doc, sentences: Sequence[DocSpan]) -> Iterator[tuple[Stretch, list[Sentence]]]:
        """The sentences of a note, in stretches of at most `STRETCH` tokens or one sentence."""
        table: Any = doc.to_array(list(COLUMNS))
        words = table[:, : COLUMNS.index("LEMMA") + 1].tolist()
        at = 0
        while at < len(sentences):
            start = sentences[at].start
            last = at + 1
            while last < len(sentences) and sentences[last].end - start <= STRETCH:
                last += 1
            firsts = [span.start for span in sentences[at:last]]
            stretch = Stretch(doc.vocab.strings, table[start : sentences[last - 1].end], start, firsts)
            within = []
            for number in range(at, last):
                span = sentences[number]
                tokens = ((1 << span.end - span.start) - 1) << span.start - start
                own = {word for row in words[span.start : span.end] for word in row}
                within.append(Sentence(number, span, tokens, own, self._words.had(own)))
            yield stretch, within
            at = last

    def _candidates(self, sentences: Sequence[Sentence]) -> Iterable[tuple[RulePattern, list[Sentence]]]:
        """The patterns that could match, each with the sentences that hold what it needs."""
        out: dict[int, tuple[RulePattern, list[Sentence]]] = {}
        for sentence in sentences:
            has = sentence.has
            possible = {
                id(pattern): pattern
                for word in sentence.words
                for pattern in self._by_word.get(word, ())
                if pattern.needs & has == pattern.needs
            }
            for key, pattern in possible.items():
                if key in out:
                    out[key][1].append(sentence)
                else:
                    out[key] = (pattern, [sentence])
        return [*out.values(), *((pattern, list(sentences)) for pattern in self._always)]

    def _phrase_hits(
        self, doc: Doc, sentences: Sequence[DocSpan]
    ) -> tuple[dict[int, list[_Found]], dict[int, list[_Found]]]:
        """By sentence the phrases that match, and those that cancel."""
        where = [0] * len(doc)
        for number, sentence in enumerate(sentences):
            where[sentence.start : sentence.end] = [number] * (sentence.end - sentence.start)
        hits: dict[int, list[_Found]] = {}
        cancels: dict[int, list[_Found]] = {}
        for matcher, keys in self._phrases:
            for key, start, end in matcher(doc):
                rule, name, is_unless = keys[key]
                number = where[start]
                if number == where[end - 1]:
                    (cancels if is_unless else hits).setdefault(number, []).append((rule, (start, end, name)))
        return hits, cancels

    def _kept(
        self,
        index: int,
        stretch: Stretch,
        sentence: Sentence,
        spans: list[tuple[int, int, str]],
        against: list[tuple[int, int, str]],
    ) -> list[tuple[int, int, str]]:
        rule = self.rules[index]
        if rule.unless:
            within = {block.name: block.within for block in rule.unless}
            for pattern, needs in self._against(index):
                if not any(sentence.words.isdisjoint(need) for need in needs):
                    for _, start, end in pattern.find(stretch, [sentence]):
                        against.append((start, end, pattern.name))
            if any(within[name] == "sentence" for *_, name in against):
                return []
            spans = [
                (start, end, name)
                for start, end, name in spans
                if not any(start < e and s < end for s, e, _ in against)
            ]
        # The longest match stands for those it overlaps; ties go to the first.
        return apart(sorted(set(spans)), lambda item: item[:2])

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
            opener = OPENED_BY.get(doc[end - 1].text)
            if opener is not None and any(token.text == opener for token in doc[start : end - 1]):
                break
            end -= 1
        while end - start > 1 and doc[start].is_punct:
            start += 1
        return start, end
