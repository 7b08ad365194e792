"""What a rule is for, in words and in Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from notecheck.output.model import UNUSED_SUPPRESSION, RuleInfo
from notecheck.types import Level


@dataclass(frozen=True, slots=True)
class _Entry:
    """What is said of a finding that no rule file has."""

    id: str
    level: Level
    summary: str
    why: str
    hint: str
    source: str


#: So many examples of a kind are shown.
MAX_EXAMPLES = 5

#: A suppression that hides nothing.
UNUSED: RuleInfo = _Entry(
    UNUSED_SUPPRESSION,
    "warning",
    "A suppression or a baseline entry hides no finding.",
    "What it was for is gone, and it would hide the next finding of its rule, too.",
    "Remove the entry. A baseline is written anew with --write-baseline.",
    "README, Settings",
)


def _level(rule: RuleInfo) -> str:
    raised = getattr(rule, "label", "") == "annoyance"
    return f"{rule.level}; error where the note as a whole sounds annoyed" if raised else rule.level


def _examples(rule: RuleInfo) -> Iterable[Any]:
    return getattr(rule, "example", ())


def explain(rule: RuleInfo) -> str:
    """The rule for a reader at a terminal."""
    lines = [
        f"{rule.id} ({_level(rule)})", "", rule.summary.strip(), "", "Why", rule.why.strip(), "",
        "Instead", rule.hint.strip(), "", "Source", rule.source.strip(),
    ]  # fmt: skip
    for title, kind in (("Flagged", "flag"), ("Not flagged", "pass"), ("Known to be missed", "miss")):
        texts = [_text(item) for item in _examples(rule) if item.kind == kind][:MAX_EXAMPLES]
        if texts:
            lines += ["", title, *(f"  {text}" for text in texts)]
    return "\n".join(lines) + "\n"


def explain_markdown(rule: RuleInfo) -> str:
    """The rule for a viewer that shows Markdown."""
    parts = [rule.summary, f"**Why:** {rule.why}", f"**Instead:** {rule.hint}", f"Source: {rule.source}"]
    return "\n\n".join(part.strip() for part in parts)


def _text(item: Any) -> str:
    marked = item.marked
    text = str(item.text)
    if marked is not None:
        start, end = marked
        text = f"{text[:start]}[[{text[start:end]}]]{text[end:]}"
    return " ".join(text.split())
