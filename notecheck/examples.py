"""Run the examples that rule files carry: every rule is its own test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from notecheck import pipeline, rulebook
from notecheck.matching import Engine
from notecheck.rule import Example, Rule
from notecheck.types import NotecheckError, Span

if TYPE_CHECKING:
    from notecheck.matching import Hit
    from notecheck.pipeline import Reading


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one example went; ``detail`` says what was found instead."""

    rule: str
    kind: str
    text: str
    ok: bool
    detail: str = ""


def run(folder: Path | None = None) -> Iterator[Outcome]:
    """Run the examples of a rule folder, or of the shipped rules.

    Raises:
        NotecheckError: a rule file is broken, or a rule names a label the pipeline never gives.
    """
    builtin = rulebook.builtin()
    own = rulebook.read_folder(folder or rulebook.builtin_folder())
    # A user's rules may name the shipped word lists.
    book = rulebook.Rulebook(own.rules, {**builtin.lexicon, **own.lexicon}, own.weights)
    if not book.rules:
        raise NotecheckError(f"{folder or rulebook.builtin_folder()}: no rules there")
    nlp = pipeline.load()
    todo = [(rule, example) for rule in book.rules for example in rule.example]
    texts = [(example.text, (Span(0, len(example.text)),)) for _, example in todo]
    engines = {
        rule.id: Engine(nlp, rulebook.Rulebook((rule,), book.lexicon), strict=True) for rule in book.rules
    }
    bare: dict[tuple[str, str], Engine] = {}
    for (rule, example), reading in zip(todo, pipeline.read_all(nlp, texts), strict=True):
        hits = engines[rule.id].hits(reading)
        detail = _problem(rule, example, reading, hits)
        if not detail and example.unless:
            key = (rule.id, example.unless)
            if key not in bare:
                kept = tuple(block for block in rule.unless if block.name != example.unless)
                without = replace(rule, unless=kept)
                bare[key] = Engine(nlp, rulebook.Rulebook((without,), book.lexicon))
            if not bare[key].hits(reading):
                detail = f"passes without the unless {example.unless!r} too"
        yield Outcome(rule.id, example.kind, example.text, not detail, detail)


def _problem(rule: Rule, example: Example, reading: Reading, hits: list[Hit]) -> str:
    """What is wrong with the outcome; empty when nothing is."""
    spans = [(reading.span(reading.doc[hit.start : hit.end]), hit.match) for hit in hits]
    found = ", ".join(f"[[{span.of(reading.source)}]] by {name or 'the match'}" for span, name in spans)
    if example.kind == "pass":
        return f"found {found}" if hits else ""
    start, end = example.marked or (0, 0)
    good = any(
        (span.start, span.end) == (start, end) and (not example.match or name == example.match)
        for span, name in spans
    )
    if example.kind == "miss":
        return "a known gap works now: make it a flag" if good else ""
    if good:
        return ""
    return f"found {found or 'nothing'}, wanted [[{reading.source[start:end]}]]" + (
        f" by {example.match}" if example.match else ""
    )
