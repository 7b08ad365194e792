"""The parts of the treebank: its splits, and the e-mail among its documents."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from notecheck.training.conllu import Sentence, paragraphs, read_sentences


def find_split(treebank: Path, split: str) -> Path:
    """Path of ``train``, ``dev`` or ``test`` in the treebank folder, plain or packed."""
    for name in (f"{split}.conllu.xz", f"{split}.conllu"):
        if (treebank / name).is_file():
            return treebank / name
    raise FileNotFoundError(f"{treebank}: no {split}.conllu.xz or {split}.conllu there")


def emails(conllu: Path) -> Iterator[tuple[str, int]]:
    """The text of each e-mail document, a paragraph a block, with its number of sentences."""

    def document(group: list[Sentence]) -> str:
        return group[0].sent_id.rsplit("-", 1)[0]

    mails = (group for group in paragraphs(read_sentences(conllu)) if group[0].sent_id.startswith("email"))
    for _, blocks in groupby(mails, key=document):
        listed = list(blocks)
        text = "\n\n".join(" ".join(sentence.text for sentence in block) for block in listed)
        yield text, sum(len(block) for block in listed)
