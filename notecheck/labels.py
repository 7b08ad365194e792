"""The labels that a pipeline gives, and whether rules name others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from notecheck.rule import Match, Unless
from notecheck.rulebook import Rulebook
from notecheck.types import NotecheckError

if TYPE_CHECKING:
    from spacy.language import Language


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
            for attribute, wanted in _named_labels(block.patterns):
                known = labels.get(attribute, set())
                fits = (
                    any(re.search(wanted[3:], label) for label in known)
                    if wanted.startswith("re:")
                    else (wanted in known)
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
