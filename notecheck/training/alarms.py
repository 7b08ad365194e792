"""False alarms on ordinary work mail: the e-mail documents of the treebank, in which nobody bears a grudge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from notecheck.api import Checker
from notecheck.training.treebank import emails, find_split


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
