"""CoNLL-U files read into spaCy documents whose text is the raw text of the treebank.

spaCy's own converter joins words by the ``SpaceAfter`` of each word alone, which sets the parts of a
multiword token apart ("do n't"). Training on raw text needs the words aligned to the ``# text`` line, so
this module places every word in that line and derives the spaces from the places.

Source of the format: https://universaldependencies.org/format.html
"""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spacy.tokens import Doc
from spacy.vocab import Vocab


@dataclass(slots=True)
class Word:
    """One syntactic word; ``head`` is 1-based within the sentence, 0 for the root."""

    form: str
    lemma: str
    upos: str
    xpos: str
    feats: str
    head: int
    deprel: str


@dataclass(slots=True)
class Sentence:
    """One sentence: its raw text, its words, and the comments that matter to us."""

    text: str = ""
    sent_id: str = ""
    starts_paragraph: bool = False
    words: list[Word] = field(default_factory=list)
    surfaces: list[tuple[int, int, str]] = field(default_factory=list)


def read_sentences(path: Path) -> Iterator[Sentence]:
    """Yield the sentences of a ``.conllu`` or ``.conllu.xz`` file; empty nodes (``8.1``) are passed over."""
    opener = lzma.open if path.suffix == ".xz" else open
    sentence = Sentence()
    with opener(path, "rt", encoding="utf-8") as stream:
        for raw in stream:
            line = raw.rstrip("\n")
            if not line:
                if sentence.words:
                    yield sentence
                sentence = Sentence()
            elif line.startswith("#"):
                key, _, value = line[1:].partition("=")
                match key.strip():
                    case "text":
                        sentence.text = value.strip()
                    case "sent_id":
                        sentence.sent_id = value.strip()
                    case "newpar id" | "newpar" | "newdoc id" | "newdoc":
                        sentence.starts_paragraph = True
            else:
                _add_row(sentence, line.split("\t"))
    if sentence.words:
        yield sentence


def _add_row(sentence: Sentence, row: list[str]) -> None:
    number, form, lemma, upos, xpos, feats, head, deprel = row[:8]
    if "." in number:
        return
    if "-" in number:
        first, last = map(int, number.split("-"))
        sentence.surfaces.append((first, last, form))
        return
    sentence.words.append(Word(form, lemma, upos, xpos, feats, int(head), deprel))


def word_offsets(sentence: Sentence) -> list[tuple[int, int]]:
    """Place each word of a sentence in its text: (start, end) code points, end exclusive.

    The parts of a multiword token are placed inside its surface form. Where the parts do not spell the
    surface ("ai" + "n't" always do, "dont" as "do" + "not" does not), the surface is shared out in order.

    Raises:
        ValueError: a form does not stand in the text where it should.
    """
    offsets: list[tuple[int, int]] = []
    multiword = {first: (last, form) for first, last, form in sentence.surfaces}
    position, number = 0, 1
    while number <= len(sentence.words):
        last, surface = multiword.get(number, (number, sentence.words[number - 1].form))
        start = sentence.text.find(surface, position)
        if start < 0 or sentence.text[position:start].strip():
            raise ValueError(f"{sentence.sent_id}: {surface!r} does not follow at offset {position}")
        parts = [sentence.words[n - 1].form for n in range(number, last + 1)]
        offsets.extend(_share(surface, parts, start))
        position, number = start + len(surface), last + 1
    return offsets


def _share(surface: str, parts: list[str], start: int) -> list[tuple[int, int]]:
    if "".join(parts) != surface:
        # Shorten the longest part until the lengths add up; every part keeps at least one letter.
        lengths = [len(part) for part in parts]
        while sum(lengths) > len(surface):
            lengths[lengths.index(max(lengths))] -= 1
        lengths[-1] += len(surface) - sum(lengths)
        cuts, at = [], 0
        for length in lengths:
            cuts.append(surface[at : at + length])
            at += length
        parts = cuts
    placed = []
    for part in parts:
        placed.append((start, start + len(part)))
        start += len(part)
    return placed


def paragraphs(sentences: Iterator[Sentence]) -> Iterator[list[Sentence]]:
    """Group sentences into the paragraphs that ``# newpar`` and ``# newdoc`` begin."""
    group: list[Sentence] = []
    for sentence in sentences:
        if sentence.starts_paragraph and group:
            yield group
            group = []
        group.append(sentence)
    if group:
        yield group


def to_doc(vocab: Vocab, group: list[Sentence]) -> Doc:
    """Make one gold document of a paragraph; its text is the sentences' texts joined by a space."""
    words: list[str] = []
    spaces: list[bool] = []
    lemmas: list[str] = []
    pos: list[str] = []
    tags: list[str] = []
    morphs: list[str] = []
    heads: list[int] = []
    deps: list[str] = []
    starts: list[bool | int | None] = []
    for sentence in group:
        base = len(words)
        offsets = word_offsets(sentence)
        for index, (word, (start, end)) in enumerate(zip(sentence.words, offsets, strict=True)):
            following = offsets[index + 1][0] if index + 1 < len(offsets) else end + 1
            words.append(sentence.text[start:end])
            spaces.append(following > end)
            lemmas.append(word.form if word.lemma == "_" else word.lemma)
            pos.append("" if word.upos == "_" else word.upos)
            tags.append(word.xpos)
            morphs.append("" if word.feats == "_" else word.feats)
            heads.append(base + (word.head - 1 if word.head else index))
            # The treebank's subtypes (nsubj:pass, obl:npmod) are kept: rules lean on the passive.
            deps.append("ROOT" if word.head == 0 else word.deprel)
            starts.append(index == 0)
    return Doc(
        vocab, words=words, spaces=spaces, lemmas=lemmas, pos=pos, tags=tags,
        morphs=morphs, heads=heads, deps=deps, sent_starts=starts,
    )  # fmt: skip


def read_docs(path: Path, vocab: Vocab) -> Iterator[Doc]:
    """Yield one gold document a paragraph of a CoNLL-U file."""
    for group in paragraphs(read_sentences(path)):
        yield to_doc(vocab, group)
