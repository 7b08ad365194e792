"""Patterns over the tokens of a note as sets of positions.

What a pattern asks of one token is an integer with a bit for each token that meets it, and a pattern is a few
shifts of such integers over all sentences at once. The matches are those of spaCy's Matcher and
DependencyMatcher, without the many ways in which these come upon each of them; a pattern that uses a part of
spaCy's language which is not known here is left to spaCy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notecheck.expressions import LONGEST_WORD

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from spacy.strings import StringStore

_FLAGS = (
    "IS_ALPHA", "IS_DIGIT", "IS_LOWER", "IS_UPPER", "IS_TITLE", "IS_PUNCT", "IS_SPACE", "IS_BRACKET",
    "IS_QUOTE", "IS_CURRENCY", "IS_STOP", "LIKE_NUM", "LIKE_URL", "LIKE_EMAIL",
)  # fmt: skip
_VALUED = ("LOWER", "LEMMA", "ORTH", "POS", "TAG", "DEP", "SENT_START")
#: What a `Stretch` is made of, by spaCy's names.
COLUMNS = (*_VALUED, *_FLAGS, "HEAD")
_PLACE = {name: place for place, name in enumerate(COLUMNS)} | {"TEXT": _VALUED.index("ORTH")}

#: How often at least and at most a token with an operator stands; no limit is None.
_OPERATORS: Mapping[str, tuple[int, int | None]] = {
    "1": (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None),
}  # fmt: skip
_COUNTED = re.compile(r"\{(\d+)?(?:(,)(\d+)?)?\}")
#: So many texts are remembered of an expression before it starts anew.
_REMEMBERED = 4_000


class Stretch:
    """Some whole sentences of a note, as the patterns see them; positions count from its first token.

    Attributes:
        start: index in the Doc of its first token.
        size: number of tokens.
        heads: for each token the position of its head.
        full: a bit for each token.
        inside: a bit for each token that does not begin a sentence.
        known: what has been found out: by test and condition the tokens.
    """

    __slots__ = (
        "_columns",
        "_present",
        "_strings",
        "_table",
        "full",
        "heads",
        "inside",
        "known",
        "size",
        "start",
    )

    def __init__(
        self, strings: StringStore, table: NDArray[np.uint64], start: int, firsts: Sequence[int]
    ) -> None:
        """Read some tokens.

        Args:
            strings: the strings of the pipeline.
            table: `COLUMNS` of the tokens, one row each.
            start: index in the Doc of the first.
            firsts: indexes in the Doc at which the sentences begin.
        """
        self.start, self.size = start, len(table)
        self.full = (1 << self.size) - 1
        self.inside = self.full
        for first in firsts:
            self.inside ^= 1 << (first - start)
        self._strings = strings
        self._table = table
        steps = self._table[:, -1].astype("int64").tolist()
        self.heads = [position + step for position, step in enumerate(steps)]
        self._columns: list[dict[int, int] | None] = [None] * len(_VALUED)
        self._present: list[frozenset[int]] = [frozenset()] * len(_VALUED)
        self.known: dict[object, int] = {}

    def meeting(self, test: Test) -> int:
        """The tokens that meet a test."""
        known = self.known.get(test)
        if known is None:
            known = self.full
            for condition in test.conditions:
                met = self.known.get(condition)
                if met is None:
                    met = self.known[condition] = condition(self)
                known &= met
                if not known:
                    break
            self.known[test] = known
        return known

    def column(self, place: int) -> dict[int, int]:
        """Of an attribute that has values, by value the tokens that have it."""
        column = self._columns[place]
        if column is None:
            column = self._columns[place] = {}
            bit = 1
            for value in self._table[:, place].tolist():
                column[value] = column.get(value, 0) | bit
                bit <<= 1
            self._present[place] = frozenset(column)
        return column

    def among(self, place: int, values: frozenset[int]) -> int:
        """The tokens whose value in a column is one of ``values``."""
        column = self.column(place)
        met = 0
        for value in values & self._present[place]:
            met |= column[value]
        return met

    def flagged(self, attribute: str) -> int:
        """The tokens that have a flag."""
        met = 0
        for position in self._table[:, _PLACE[attribute]].nonzero()[0].tolist():
            met |= 1 << position
        return met

    def found(self, attribute: str, search: Callable[[str], object], memory: Memory) -> int:
        """The tokens in whose ``attribute`` an expression finds something; ``memory`` is that of the expression."""
        place = _PLACE[attribute]
        column = self.column(place)
        asked, finds = memory.words
        new = self._present[place] - asked
        if new:
            if len(asked) >= _REMEMBERED:
                # Another thread may still be reading the old ones.
                asked, finds = memory.words = set(), set()
                new = self._present[place]
            for value in new:
                if search(self._strings[value]):
                    finds.add(value)
                asked.add(value)
        met = 0
        for value in finds & self._present[place]:
            met |= column[value]
        return met


class Memory:
    """The words that an expression was asked about: all of them, and those in which it finds something."""

    __slots__ = ("words",)

    def __init__(self) -> None:
        self.words: tuple[set[int], set[int]] = set(), set()


#: Gives the tokens of a stretch that meet it.
Condition = Callable[[Stretch], int]


class Test:
    """What a pattern asks of one token: every condition. A test is told from others by what it is, not by what it holds."""

    __slots__ = ("conditions",)

    def __init__(self, conditions: tuple[Condition, ...]) -> None:
        self.conditions = conditions


class UnknownError(Exception):
    """A pattern asks for something that is not known here."""


@dataclass(frozen=True, slots=True)
class TokenPattern:
    """A pattern of tokens in a row.

    Attributes:
        steps: for each token what is asked of it, and how often it stands at least and at most.
    """

    steps: tuple[tuple[Test, int, int | None], ...]

    def starts(self, stretch: Stretch) -> int:
        """The positions at which a match begins."""
        # Where the rest of the pattern can begin; None while the rest may be left out altogether.
        rest: int | None = None
        inside = stretch.inside
        for test, least, most in reversed(self.steps):
            if rest is None and not least:
                continue
            met = stretch.meeting(test)
            if rest is None:
                # What may follow does not matter.
                rest, least = met, least - 1
            else:
                skipped = rest
                for _ in range(stretch.size if most is None else most - least):
                    more = skipped | (met & ((rest & inside) >> 1))
                    if more == rest:
                        break
                    rest = more
            for _ in range(least):
                rest = met & ((rest & inside) >> 1)
            if not rest:
                return 0
        return rest or 0

    def find(self, stretch: Stretch, starts: int, sentence: int) -> Iterator[tuple[int, int]]:
        """The matches in a sentence: positions, end exclusive.

        Args:
            stretch: what `starts` was asked.
            starts: its answer.
            sentence: the tokens of the sentence.
        """
        for start in positions(starts & sentence):
            for end in self._ends(stretch, start, sentence):
                yield start, end

    def _ends(self, stretch: Stretch, start: int, sentence: int) -> list[int]:
        at = 1 << start
        for test, least, most in self.steps:
            met = stretch.meeting(test) & sentence
            for _ in range(least):
                at = (at & met) << 1
            for _ in range(stretch.size if most is None else most - least):
                more = at | ((at & met) << 1)
                if more == at:
                    break
                at = more
        return positions(at)


@dataclass(frozen=True, slots=True)
class TreePattern:
    """A pattern of tokens that depend on each other.

    Attributes:
        nodes: for each token what is asked of it, the index of an earlier one and how it hangs on that:
            ``>`` as its child, ``>>`` anywhere below it. The first hangs on nothing.
    """

    nodes: tuple[tuple[Test, int, str], ...]

    def starts(self, stretch: Stretch) -> int:
        """The positions of the first token in matches."""
        met = 0
        if all(stretch.meeting(test) for test, *_ in self.nodes):
            for chosen in self._chosen(stretch, ()):
                met |= 1 << chosen[0]
        return met

    def find(self, stretch: Stretch, starts: int, sentence: int) -> Iterator[tuple[int, int]]:
        """The matches in a sentence, each from its first token to its last: positions, end exclusive."""
        for chosen in self._chosen(stretch, ()):
            if sentence >> chosen[0] & 1:
                yield min(chosen), max(chosen) + 1

    def _chosen(self, stretch: Stretch, chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(chosen) == len(self.nodes):
            yield chosen
            return
        test, above, relation = self.nodes[len(chosen)]
        for position in positions(stretch.meeting(test)):
            if not chosen or _hangs(stretch.heads, position, chosen[above], relation):
                yield from self._chosen(stretch, (*chosen, position))


def _hangs(heads: Sequence[int], below: int, above: int, relation: str) -> bool:
    if below == above:
        return False
    at = heads[below]
    if relation == ">>":
        while at != above and heads[at] != at:
            at = heads[at]
    return at == above


def positions(bits: int) -> list[int]:
    """The positions of the bits that are set.

    >>> positions(0b10110)
    [1, 2, 4]
    """
    out = []
    while bits:
        low = bits & -bits
        out.append(low.bit_length() - 1)
        bits ^= low
    return out


class Compiler:
    """Turns spaCy's patterns into those of this module; equal tests become one, which is tried once a stretch."""

    def __init__(self, strings: StringStore) -> None:
        self._strings = strings
        self._conditions: dict[object, Condition] = {}
        self._tests: dict[tuple[Condition, ...], Test] = {}

    def compile(self, spec: Sequence[Mapping[str, Any]], kind: str) -> TokenPattern | TreePattern | None:
        """The pattern of a ``token`` or ``dependency`` match; None for one that is left to spaCy."""
        try:
            return self._token(spec) if kind == "token" else self._tree(spec)
        except UnknownError:
            return None

    def _token(self, spec: Sequence[Mapping[str, Any]]) -> TokenPattern:
        steps = tuple((self._test(token), *_counts(token.get("OP", "1"))) for token in spec)
        if not any(least for _, least, _ in steps):
            raise UnknownError
        return TokenPattern(steps)

    def _tree(self, spec: Sequence[Mapping[str, Any]]) -> TreePattern:
        nodes: list[tuple[Test, int, str]] = []
        names: dict[object, int] = {}
        for node in spec:
            relation = node.get("REL_OP", "")
            above = names.get(node.get("LEFT_ID"))
            if nodes and (above is None or relation not in (">", ">>")):
                raise UnknownError
            attributes = node.get("RIGHT_ATTRS")
            if not isinstance(attributes, dict) or "OP" in attributes or node.get("RIGHT_ID") in names:
                raise UnknownError
            names[node.get("RIGHT_ID")] = len(nodes)
            nodes.append((self._test(attributes), above or 0, relation))
        return TreePattern(tuple(nodes))

    def _test(self, token: Mapping[str, Any]) -> Test:
        conditions: list[Condition] = []
        searches: list[Condition] = []
        for key, value in token.items():
            if key in _FLAGS and isinstance(value, bool):
                conditions.append(self._flagged(key, value))
            elif key == "IS_SENT_START" and value is True:
                conditions.append(self._among("SENT_START", frozenset((1,)), wanted=True))
            elif key in _PLACE and key not in ("SENT_START", "HEAD", *_FLAGS):
                # An expression is looked for last, where nothing cheaper has ruled the test out.
                late = isinstance(value, dict) and "REGEX" in value
                of = searches if late else conditions
                of.extend(self._valued("ORTH" if key == "TEXT" else key, value))
            elif key != "OP":
                raise UnknownError
        asked = (*conditions, *searches)
        if asked not in self._tests:
            self._tests[asked] = Test(asked)
        return self._tests[asked]

    def _valued(self, attribute: str, value: Any) -> Iterator[Condition]:
        for kind, wanted in (value if isinstance(value, dict) else {"IN": [value]}).items():
            if kind in ("IN", "NOT_IN") and all(isinstance(word, str) for word in wanted):
                words = frozenset(self._strings.add(word) for word in wanted)
                yield self._among(attribute, words, wanted=kind == "IN")
            elif kind == "REGEX" and isinstance(wanted, str):
                yield self._found(attribute, wanted)
            else:
                raise UnknownError

    def _among(self, attribute: str, values: frozenset[int], *, wanted: bool) -> Condition:
        place = _PLACE[attribute]
        only = next(iter(values)) if len(values) == 1 else None

        def condition(stretch: Stretch) -> int:
            met = stretch.among(place, values) if only is None else stretch.column(place).get(only, 0)
            return met if wanted else stretch.full ^ met

        return self._conditions.setdefault((attribute, values, wanted), condition)

    def _flagged(self, attribute: str, wanted: bool) -> Condition:
        def condition(stretch: Stretch) -> int:
            met = stretch.flagged(attribute)
            return met if wanted else stretch.full ^ met

        return self._conditions.setdefault((attribute, wanted), condition)

    def _found(self, attribute: str, expression: str) -> Condition:
        compiled = re.compile(expression)
        memory = Memory()

        def search(word: str) -> object:
            return compiled.search(word, 0, LONGEST_WORD)

        def condition(stretch: Stretch) -> int:
            return stretch.found(attribute, search, memory)

        return self._conditions.setdefault((attribute, expression), condition)


def _counts(operator: object) -> tuple[int, int | None]:
    if not isinstance(operator, str):
        raise UnknownError
    if operator in _OPERATORS:
        return _OPERATORS[operator]
    counted = _COUNTED.fullmatch(operator)
    if counted is None or not (counted[1] or counted[3]):
        raise UnknownError
    least = int(counted[1] or 0)
    most = least if counted[2] is None else None if counted[3] is None else int(counted[3])
    if most is not None and most < least:
        raise UnknownError
    return least, most
