"""One rule, as a rule file says it: plain values, so that they can be had without what validates them.

A rule is a TOML file; its id is its path below its rule folder without the suffix. The kinds of match are a
closed set: ``token`` (spaCy Matcher), ``dependency`` (DependencyMatcher), ``phrase`` (PhraseMatcher). What a
file may hold stands in `notecheck.ruleschema`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from notecheck.types import Level

#: What the words of a match are evidence of; a label that begins with ``no-`` is evidence against the move.
Label = Literal[
    "thanks", "detail", "narrow", "broad", "keep-in-mind", "interest",
    "annoyance", "stock", "particular", "slot",
    "no-thanks", "no-feedback", "no-keep-in-mind", "no-interest",
]  # fmt: skip
Kind = Literal["token", "dependency", "phrase"]
#: One pattern, as spaCy's matchers take it.
Pattern = tuple[dict[str, Any], ...]

# The last two brackets close the mark, so that a marked slot may read [[[Company]]].
MARK = re.compile(r"\[\[(.+?)\]\](?!\])", re.S)


@dataclass(frozen=True, slots=True)
class Match:
    """A block of patterns or terms whose words are evidence.

    Attributes:
        kind: what the block is made of.
        name: what examples call it.
        patterns: of a ``token`` or ``dependency`` block.
        terms: of a ``phrase`` block.
        on: which form of the words ``terms`` are compared with.
        quote: what to quote: the matched tokens from first to last, the clause of the first token
            (its subtree), or the whole sentence.
    """

    kind: Kind
    name: str = ""
    patterns: tuple[Pattern, ...] = ()
    terms: tuple[str, ...] = ()
    on: Literal["lower", "lemma"] = "lower"
    quote: Literal["match", "clause", "sentence"] = "match"


@dataclass(frozen=True, slots=True)
class Unless:
    """A block that cancels the matches it overlaps, or with ``within`` all those of its sentence."""

    kind: Kind
    name: str = ""
    patterns: tuple[Pattern, ...] = ()
    terms: tuple[str, ...] = ()
    on: Literal["lower", "lemma"] = "lower"
    within: Literal["match", "sentence"] = "match"


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence that carries the rule's test.

    Attributes:
        kind: ``flag`` must be found, ``pass`` must not, ``miss`` is a known gap: it fails when it starts to work.
        marked_text: the sentence, with the words to find marked ``[[so]]``.
        match: the block that must give a flag.
        unless: the block that must cancel a pass.
    """

    kind: Literal["flag", "pass", "miss"]
    marked_text: str
    match: str = ""
    unless: str = ""

    @property
    def text(self) -> str:
        """The sentence without the marks."""
        return MARK.sub(r"\1", self.marked_text)

    @property
    def marked(self) -> tuple[int, int] | None:
        """Where the marked words are in `text`, as (start, end) code points; None for ``pass``."""
        found = None if self.kind == "pass" else MARK.search(self.marked_text)
        return None if found is None else (found.start(), found.start() + len(found[1]))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: path below the rule folder, without suffix.
        label: what a match is evidence of.
        weight: what one match adds to the log-odds of its label, unless ``rules/weights.toml`` has a
            fitted figure for the rule.
        anchors: lemmas or lower-case forms, one of which must stand in a sentence before any pattern of
            the rule is tried there; ``@name`` stands for the words of ``lexicon/name.toml``. Empty means
            every sentence.
        example: none where the rule comes from `notecheck.compiled`.
    """

    id: str
    summary: str
    why: str
    hint: str
    source: str
    label: Label
    level: Level
    weight: float
    anchors: tuple[str, ...]
    match: tuple[Match, ...]
    unless: tuple[Unless, ...] = ()
    example: tuple[Example, ...] = ()

    @property
    def pack(self) -> str:
        """The folder the rule lies in: ``gratitude`` for ``gratitude/detail``."""
        return self.id.partition("/")[0]
