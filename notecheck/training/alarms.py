"""False alarms on ordinary work mail: the e-mail documents of the treebank, in which nobody bears a grudge."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from notecheck.api import Checker
from notecheck.training.conllu import paragraphs, read_sentences
from notecheck.training.pipeline import find_split


def emails(conllu: Path) -> Iterator[tuple[str, int]]:
    """The text of each e-mail document, a paragraph a block, with its number of sentences."""

    def document(group: Any) -> str:
        return str(group[0].sent_id.rsplit("-", 1)[0])

    mails = (group for group in paragraphs(read_sentences(conllu)) if group[0].sent_id.startswith("email"))
    for _, blocks in groupby(mails, key=document):
        listed = list(blocks)
        text = "\n\n".join(" ".join(sentence.text for sentence in block) for block in listed)
        yield text, sum(len(block) for block in listed)


def measure(treebank: Path) -> dict[str, Any]:
    """Share of sentences with annoyance evidence, and every gratitude that was found, to be read by a person."""
    checker = Checker()
    sentences = annoyed = documents = 0
    quotes: list[str] = []
    thanks: list[str] = []
    for text, count in emails(find_split(treebank, "test")):
        report = checker.check(text)
        documents += 1
        sentences += count
        found = [item for item in report.findings if item.rule.startswith("annoyance/")]
        annoyed += len({item.span for item in found})
        quotes += [item.quote or "" for item in found]
        thanks += [item.quote for item in report.checks["gratitude"].evidence]
    return {
        "documents": documents,
        "sentences": sentences,
        "annoyed": annoyed,
        "share": round(annoyed / sentences, 4),
        "annoyance_quotes": quotes,
        "gratitude_quotes": thanks,
    }
