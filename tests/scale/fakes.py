"""A command line over a quick checker, of functions that a worker process can import.

Some words do something: what they do is at hand in `FakeChecker`. ``python -m scale.fakes check …`` runs it in
a process of its own.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from notecheck.cli import main
from notecheck.cli.services import Services
from notecheck.config import Config
from notecheck.types import (
    Check,
    Contribution,
    Evidence,
    Finding,
    NotecheckError,
    Readability,
    Report,
    Score,
    Span,
)


class FakeChecker:
    """Finds the first word, and every ``slot``; ``fails``, ``dies``, ``waits`` and ``interrupts`` do that."""

    def __init__(self, config: Config) -> None:
        if "nowhere" in config.ignore:
            raise NotecheckError("rules/nowhere.toml: broken")
        self.config = config
        self.batches: list[int] = []

    def pipe(self, drafts: Iterable[Any], /) -> Iterator[Report]:
        drafts = list(drafts)
        self.batches.append(len(drafts))
        return map(self.check, drafts)

    def check(self, draft: Any, /) -> Report:
        source = draft.source
        if "interrupts" in source:
            raise KeyboardInterrupt
        if "fails" in source:
            raise KeyError("private words")
        if "dies" in source:
            os.kill(os.getpid(), signal.SIGKILL)
        if "waits" in source:
            time.sleep(0.05)
        span = draft.spans[0]
        first = Span(span.start, span.start + len(span.of(source).split()[0]))
        thanks = Check("gratitude", "generic", False, (Evidence("gratitude/any", first, first.of(source)),))
        checks = {"gratitude": thanks, "feedback": Check("feedback", "none", False)}
        checks |= {name: Check(name, "no", False) for name in ("keep_in_mind", "interest")}  # type: ignore[arg-type]
        part = Contribution("genericness/words", len(source) / 7, first, first.of(source))
        scores = {
            "genericness": Score("genericness", 1 / len(source), 1, 0.6, (part,)),
            "annoyance": Score("annoyance", 0.1, 0, 0.5, (Contribution("annoyance/none", -1.5),)),
        }
        findings = []
        at = source.find("slot")
        if at >= 0:
            level = self.config.level_of("slots/any", "error")
            if level is not None:
                place = Span(at, at + 4)
                findings.append(Finding("slots/any", level, "Fill “slot” in.", "Not slot.", place, "slot"))
        findings.append(Finding("feedback/missing", "warning", "Nothing is asked.", "Ask."))
        words = len(source.split())
        reading = Readability(words, 1, words / 4, 70.0)
        return Report(False, checks, scores, tuple(findings), reading, draft.remarks)


def make_checker(config: Config) -> FakeChecker:
    return FakeChecker(config)


def no_rules(config: Config) -> tuple[()]:
    return ()


def fake_services(**changes: Any) -> Services:
    """Services over `FakeChecker` and the real reader of files."""
    return Services(**{"make_checker": make_checker, "rules": no_rules, **changes})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], services=fake_services()))
