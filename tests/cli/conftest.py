"""A command line over a checker made of a few fixed words, so that what it says is known beforehand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from notecheck.cli import main
from notecheck.cli.runner import Job
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

GOOD = (
    "Dear Ines,\n\nThank you for the afternoon in the foundry. Was it my welding?\nPlease keep me in mind.\n"
)
BROAD = GOOD.replace("Was it my welding?", "Do you have any feedback?")
SLOT = GOOD.replace("Ines", "[Name]")
JAB = GOOD.replace("Was it", "Obviously you had your favourite. Was it")


@dataclass(frozen=True)
class FakeDraft:
    source: str
    name: str | None = None
    remarks: tuple[str, ...] = ()
    verbatim: bool = True


@dataclass(frozen=True)
class FakeRule:
    id: str
    level: Any = "error"
    summary: str = "What it is about."
    why: str = "Because a reader minds."
    hint: str = "Write something else."
    source: str = "An article."
    example: tuple[Any, ...] = ()


@dataclass(frozen=True)
class FakeExample:
    rule: str
    kind: str
    text: str
    ok: bool
    detail: str = ""


FAKE_RULES = (
    FakeRule("annoyance/jab", "warning"),
    FakeRule("feedback/broad"),
    FakeRule("gratitude/detail", "note"),
    FakeRule("gratitude/stock", "note"),
    FakeRule("keep_in_mind/missing"),
    FakeRule("slots/bracket"),
)


def span_of(source: str, words: str) -> Span | None:
    start = source.find(words)
    return None if start < 0 else Span(start, start + len(words))


class FakeChecker:
    """Looks for fixed words; obeys ``level_of`` as the real one does."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def pipe(self, drafts: Iterable[Any], /) -> Iterator[Report]:
        return map(self.check, drafts)

    def check(self, draft: Any, /) -> Report:
        source = draft.source
        if "crash here" in source:
            raise KeyError("private words")
        findings = []
        for rule, level, words in (
            ("slots/bracket", "error", "[Name]"),
            ("feedback/broad", "error", "Do you have any feedback?"),
            ("annoyance/jab", "warning", "Obviously"),
            ("gratitude/stock", "note", "wonderful opportunity"),
        ):
            span = span_of(source, words)
            chosen = self.config.level_of(rule, level)
            if span and chosen:
                message, hint = f"Look at “{words}” again.", "Say it in your own words."
                findings.append(Finding(rule, chosen, message, hint, span, words))
        findings.sort(key=lambda item: item.span.start if item.span else 0)
        kept = self._check(source, "keep_in_mind", "Please keep me in mind", "yes", "no")
        missing = self.config.level_of("keep_in_mind/missing", "error")
        if not kept.passed and missing:
            hint = "You could begin: If [kind of work] comes up,"
            findings.append(
                Finding("keep_in_mind/missing", missing, "Nothing asks to be kept in mind.", hint)
            )
        checks = {
            "gratitude": self._check(source, "gratitude", "Thank you for the afternoon", "specific", "none"),
            "feedback": self._check(source, "feedback", "Was it my welding?", "narrow", "none"),
            "keep_in_mind": kept,
            "interest": self._check(source, "interest", "foundry", "yes", "no"),
        }
        limit = self.config.thresholds.get("annoyance", 0.5)
        jab = span_of(source, "Obviously")
        weight = Contribution("annoyance/jab", 2.5, jab, "Obviously") if jab else Contribution("base", -3.0)
        scores = {
            "genericness": Score("genericness", 0.25, 1, 0.6, (Contribution("base", -1.1),)),
            "annoyance": Score("annoyance", 0.7 if jab else 0.1, 2 if jab else 0, limit, (weight,)),
        }
        ready = all(check.passed for check in checks.values()) and all(s.passed for s in scores.values())
        words = len(source.split())
        return Report(
            ready and not span_of(source, "[Name]"), checks, scores, tuple(findings),
            Readability(words, 3, words / 4, 70.0), draft.remarks,
        )  # fmt: skip

    @staticmethod
    def _check(source: str, name: Any, words: str, yes: str, no: str) -> Check:
        span = span_of(source, words)
        if span is None:
            return Check(name, no, False)
        return Check(name, yes, True, (Evidence(f"{name}/fake", span, words),))


def fake_read(job: Job) -> Iterator[Any]:
    name = str(job.path)
    try:
        data = job.path.read_bytes() if job.data is None else job.data
    except FileNotFoundError:
        raise NotecheckError(f"{name}: no such file") from None
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise NotecheckError(f"{name}: not UTF-8 at byte {error.start}") from None
    if job.path.suffix == ".jsonl":
        for number, row in enumerate(text.splitlines(), start=1):
            try:
                yield FakeDraft(json.loads(row)["text"], f"{name}:{number}")
            except (ValueError, KeyError):
                yield NotecheckError(f"{name}:{number}: no text")
    elif job.path.suffix == ".html":
        yield FakeDraft(text, name, ("offsets are those of converted text",), verbatim=False)
    else:
        yield FakeDraft(text, name)


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def fake_services(**changes: Any) -> Services:
    values: dict[str, Any] = {
        "make_checker": FakeChecker,
        "read": fake_read,
        "rules": lambda config: FAKE_RULES,
        "run_examples": lambda folder: iter([FakeExample("slots/bracket", "flag", "Dear [Name]", True)]),
    }
    return Services(**{**values, **changes})


Command = Callable[..., Result]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line; keyword arguments replace services."""

    def command(*argv: str | Path, **services: Any) -> Result:
        capsys.readouterr()
        code = main([str(item) for item in argv], services=fake_services(**services))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with no configuration of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Callable[[str, str], Path]:
    """Write a file below the working folder; the path that comes back is relative to it."""

    def writer(name: str, text: str) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return Path(name)

    return writer


@pytest.fixture
def drafts() -> dict[str, str]:
    """Texts whose findings are known: good has none, the others one each."""
    return {"good": GOOD, "broad": BROAD, "slot": SLOT, "jab": JAB}
