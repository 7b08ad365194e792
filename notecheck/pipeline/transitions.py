"""The parser's steps, taken for many lines at once: the trees are those of the parser itself, sooner.

The parser's own loop lets go of Python's lock, and asks for it again tens of thousands of times a note; the
loop here keeps it. A line can be parsed by itself, since no arc crosses a boundary that was set beforehand,
as long as the parser sees the two tokens that follow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from spacy.tokens import Doc

#: Tokens behind a line that the parser looks at while it is in the line.
AHEAD = 2


def parse(parser: Any, docs: Sequence[Doc]) -> None:
    """Set heads, dependencies and sentence boundaries of Docs that have their vectors.

    Args:
        parser: a greedy `spacy.pipeline.DependencyParser`.
        docs: none of them empty, with the boundaries that are known beforehand.
    """
    from spacy.pipeline._parser_internals.stateclass import (  # type: ignore[import-not-found]
        StateClass,
    )

    lines = [list(_lines(doc)) for doc in docs]
    longest = max(end - start for each in lines for start, end, _ in each)
    # A step takes the longer the more lines there are, the parser's own loop more so; but each costs something
    # by itself, and there are as many as the longest line wants. The figures are measured.
    if 5 * longest > sum(map(len, docs)) + 2 * max(map(len, docs)):
        parser.set_annotations(docs, parser.predict(docs))
        return
    states = []
    first = 0
    for doc, each in zip(docs, lines, strict=True):
        states += [
            (StateClass(_stand_in(doc, starts), first + start), end - start) for start, end, starts in each
        ]
        first += len(doc)
    model = parser.model.predict(docs)
    upper = model.vec2scores
    product, weights, bias = upper.ops.gemm, upper.get_param("W"), upper.get_param("b")
    left = [state for state, _ in states]
    while left:
        scores = product(model.state2vec.predict(model.get_token_ids(left)), weights, trans2=True)
        scores += bias
        left = parser.transition_states(left, scores)
    model.clear_memory()
    following = iter(states)
    for doc, each in zip(docs, lines, strict=True):
        rows = []
        for _ in each:
            state, size = next(following)
            parser.moves.set_annotations(state, state.doc)
            rows.append(state.doc.to_array(["HEAD", "DEP"])[:size])
        columns: Any = np.concatenate(rows)
        doc.from_array(["HEAD", "DEP"], columns)
        for finish in parser.postprocesses:
            finish(doc)


def _lines(doc: Doc) -> Iterator[tuple[int, int, Any]]:
    """The lines of a Doc: first token, token after the last, and boundaries to a little behind it."""
    starts: Any = doc.to_array(["SENT_START"])
    count = len(starts)
    cuts = [0]
    for place in (np.flatnonzero(starts[1:] == 1) + 1).tolist():
        # A boundary that is not settled behind the first token of the next line could be set from this one.
        if place + 1 == count or starts[place + 1] != 0:
            cuts.append(place)
    for start, end in zip(cuts, [*cuts[1:], count], strict=True):
        yield start, end, starts[start : end + AHEAD]


def _stand_in(doc: Doc, starts: Any) -> Doc:
    """A Doc with these boundaries; the parser looks at nothing else but the vectors."""
    from spacy.tokens import Doc

    made = Doc(doc.vocab, words=["x"] * len(starts))
    made.from_array(["SENT_START"], starts)
    return made
