"""What the training config names: the tokenizer's treebank habits and an augmenter for mail-shaped text."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex, registry


def treebank_tokenizer(nlp: Language) -> Language:
    """Fit the tokenizer's rules to the treebank's: runs of marks stay whole, a slash between words cuts."""
    defaults = nlp.Defaults
    tokenizer: Any = nlp.tokenizer
    run = r"(?:={2,}|\*{2,}|_{2,}|~{2,}|#{2,}|\+{2,}|\.{2,}|[!?]{2,}|\${2,}|<{2,}|>{2,}|-{2,})"
    tokenizer.prefix_search = compile_prefix_regex([run, *(defaults.prefixes or [])]).search
    tokenizer.suffix_search = compile_suffix_regex([run, *(defaults.suffixes or [])]).search
    tokenizer.infix_finditer = compile_infix_regex(
        [*(defaults.infixes or []), r"(?<=[A-Za-z]{2})/(?=[A-Za-z]{2})"]
    ).finditer
    return nlp


@registry.callbacks("notecheck.tokenizer.v1")  # type: ignore[untyped-decorator]
def make_treebank_tokenizer() -> Callable[[Language], Language]:
    return treebank_tokenizer


@registry.augmenters("notecheck.mail_augmenter.v1")  # type: ignore[untyped-decorator]
def make_mail_augmenter(
    lower_level: float, stop_level: float
) -> Callable[[Language, Example], Iterator[Example]]:
    """Yield each paragraph, and for a share of them one more that looks as mail looks.

    Args:
        lower_level: probability, 0 to 1, of a copy in lower case.
        stop_level: probability, 0 to 1, of a copy without its final full stop.
    """

    def augment(nlp: Language, example: Example) -> Iterator[Example]:
        yield example
        reference = example.reference
        if random.random() < lower_level:
            yield _rebuilt(nlp, example, lower=True, end=len(reference))
        if random.random() < stop_level and len(reference) > 2 and reference[-1].text == ".":
            yield _rebuilt(nlp, example, lower=False, end=len(reference) - 1)

    return augment


def _rebuilt(nlp: Language, example: Example, *, lower: bool, end: int) -> Example:
    doc = example.reference[:end].as_doc()
    if lower:
        words = [token.lower_ for token in doc]
        columns: Any = doc.to_array(["LEMMA", "POS", "TAG", "MORPH", "HEAD", "DEP", "SENT_START"])
        spaces = [bool(token.whitespace_) for token in doc]
        doc = Doc(nlp.vocab, words=words, spaces=spaces).from_array(
            ["LEMMA", "POS", "TAG", "MORPH", "HEAD", "DEP", "SENT_START"], columns
        )
    return Example(nlp.make_doc(doc.text), doc)
