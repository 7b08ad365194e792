"""Reports made by hand, over a source whose words are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from notecheck.output.model import DraftResult, LineMap
from notecheck.types import Check, Contribution, Evidence, Finding, Readability, Report, Score, Span

SOURCE = (
    "Dear Oskar,\r\n\r\n"
    "\tthank you for the 工場 tour 👩‍🔬 and the Überstunden. Honestly you might have told me sooner.\r\n"
    "Do you have\r\nany feedback?\r\n"
)


def span(words: str) -> Span:
    start = SOURCE.index(words)
    return Span(start, start + len(words))


def evidence(rule: str, words: str) -> Evidence:
    return Evidence(rule, span(words), words)


def finding(rule: str, level: Any, words: str | None) -> Finding:
    if words is None:
        return Finding(rule, level, "Something is missing.", "You could begin: If [work] comes up,")
    return Finding(rule, level, f"Consider “{words}”.", "Say it plainly.", span(words), words)


def build_report(**changes: Any) -> Report:
    values: dict[str, Any] = {
        "ready": False,
        "checks": {
            "gratitude": Check(
                "gratitude", "specific", True, (evidence("gratitude/a", "thank you for the 工場 tour"),)
            ),
            "feedback": Check(
                "feedback", "broad", False, (evidence("feedback/a", "Do you have\r\nany feedback?"),)
            ),
            "keep_in_mind": Check("keep_in_mind", "no", False),
            "interest": Check("interest", "no", False),
        },
        "scores": {
            "genericness": Score("genericness", 0.3, 1, 0.6, (Contribution("base", -0.8),)),
            "annoyance": Score(
                "annoyance", 0.8, 2, 0.5, (Contribution("annoyance/jab", 2.0, span("Honestly"), "Honestly"),)
            ),
        },
        "findings": (
            finding("annoyance/jab", "warning", "Honestly you might have told me sooner"),
            finding("feedback/broad", "error", "Do you have\r\nany feedback?"),
            finding("keep_in_mind/missing", "error", None),
        ),
        "readability": Readability(23, 3, 6.4, 71.2),
        "remarks": ("attachment cv-oskar.pdf was ignored",),
    }
    return Report(**{**values, **changes})


def build_draft(report: Report | None = None, **changes: Any) -> DraftResult:
    values: dict[str, Any] = {
        "path": "drafts/oskar.txt",
        "label": "drafts/oskar.txt",
        "report": report or build_report(),
        "lines": LineMap.of(SOURCE),
        "source": SOURCE,
    }
    return DraftResult(**{**values, **changes})


@pytest.fixture
def source() -> str:
    return SOURCE


@pytest.fixture
def report() -> Callable[..., Report]:
    return build_report


@pytest.fixture
def draft() -> Callable[..., DraftResult]:
    return build_draft
