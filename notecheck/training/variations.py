"""Variations of labelled notes, for the teacher to read: letters that nobody wrote, in the words of those that somebody did.

A small network learns what its few thousand notes show it. A large one knows more English, but is too slow and too
large to ship. So the large one, once it has learned the labels (`notecheck.training.teacher`), reads many letters
more, and the small one learns from its readings (distillation; for text, Tang et al. 2019). These letters are made of
the tune notes: words give way to others of the same part of speech and form, a sentence is lent by another note, left
out, or changes places with the next.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notecheck.corpus import LabelledNote
from notecheck.training.prepare import MAIL, fold_of, readings_of

if TYPE_CHECKING:
    from spacy.tokens import Doc, Token

COPIES = 4  # variations of each note
#: Shares of the open-class words of a variation that give way, one of them drawn for each.
SHARES = (0.0, 0.1, 0.2, 0.35)
LENT, LEFT_OUT, SWAPPED = 0.5, 0.4, 0.2  # shares of the variations that this is done to
OF_MAIL = 0.5  # share of the work mail that is varied: it is no letter, and teaches less
_OPEN = frozenset({"NOUN", "PROPN", "VERB", "ADJ", "ADV", "NUM"})
#: A line of fewer characters, and one that ends like a greeting, stands alone.
_SHORT = 12


@dataclass(frozen=True, slots=True)
class Variation:
    """A letter made of notes of one fold."""

    text: str
    fold: int


def variations(notes: Sequence[LabelledNote], *, copies: int = COPIES, seed: int = 7) -> list[Variation]:
    """Vary every note; the same notes and seed give the same letters."""
    chance = random.Random(seed)
    docs = [reading.doc for reading in readings_of(note.text for note in notes)]
    words: dict[tuple[str, str], list[str]] = defaultdict(list)
    lenders: dict[int, list[list[Sequence[Token]]]] = defaultdict(list)
    sentences = [_sentences(doc) for doc in docs]
    for note, doc, own in zip(notes, docs, sentences, strict=True):
        lenders[fold_of(note)].append(own)
        for token in doc:
            if _gives_way(token):
                words[token.pos_, str(token.morph)].append(token.text)
    out = []
    for _ in range(copies):
        for note, own in zip(notes, sentences, strict=True):
            if not own or (note.batch == MAIL and chance.random() >= OF_MAIL):
                continue
            fold = fold_of(note)
            moved = _moved(own, lenders[fold], chance)
            share = chance.choice(SHARES)
            out.append(Variation(_laid_out(_varied(s, share, words, chance) for s in moved), fold))
    return out


def _sentences(doc: Doc) -> list[Sequence[Token]]:
    return [list(sentence) for sentence in doc.sents] if len(doc) else []


def _gives_way(token: Token) -> bool:
    return token.pos_ in _OPEN and token.is_alpha


def _moved(
    own: list[Sequence[Token]], lenders: list[list[Sequence[Token]]], chance: random.Random
) -> list[Sequence[Token]]:
    """The sentences with one lent, left out or swapped; greeting and sign-off keep their places."""
    out = list(own)
    if len(out) > 2 and chance.random() < LENT:
        lender = chance.choice(lenders)
        body = lender[1:-1] or lender
        if body:
            out.insert(chance.randrange(1, len(out)), chance.choice(body))
    if len(out) > 3 and chance.random() < LEFT_OUT:
        out.pop(chance.randrange(1, len(out) - 1))
    if len(out) > 3 and chance.random() < SWAPPED:
        place = chance.randrange(1, len(out) - 2)
        out[place], out[place + 1] = out[place + 1], out[place]
    return out


def _varied(
    sentence: Sequence[Token], share: float, words: dict[tuple[str, str], list[str]], chance: random.Random
) -> str:
    out = []
    for token in sentence:
        text = token.text
        if _gives_way(token) and chance.random() < share:
            other = chance.choice(words[token.pos_, str(token.morph)])
            text = other.capitalize() if text[0].isupper() and token.pos_ != "PROPN" else other
        out.append(text + token.whitespace_)
    return "".join(out).strip()


def _laid_out(sentences: Iterator[str]) -> str:
    text = next(sentences)
    for sentence in sentences:
        alone = text[-1:] in (",", ":") or len(sentence) < _SHORT
        text += ("\n" if alone else " ") + sentence
    return text
