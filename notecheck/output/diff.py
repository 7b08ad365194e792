"""What changed from one version of a note to the next, for each check and score, with the words responsible."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from notecheck.output.json import DOCUMENT_VERSION
from notecheck.output.model import CHECK_TITLES, SCORE_TITLES, DraftResult, Style
from notecheck.output.redact import REDACTED, hide_evidence, hide_findings
from notecheck.output.terminal import visible
from notecheck.output.text import Painter
from notecheck.types import Check, Contribution, Evidence, Finding, Score

Item = TypeVar("Item", Evidence, Finding)

#: Of what moved a score the text shows this many, and nothing that moved it by less than this.
MOST_MOVES = 5
LEAST_MOVE = 0.1


@dataclass(frozen=True, slots=True)
class CheckChange:
    """One check before and after; words are compared as quoted, wherever they stand."""

    before: Check
    after: Check
    gained: tuple[Evidence, ...]
    lost: tuple[Evidence, ...]

    @property
    def broke(self) -> bool:
        """Whether it passed and no longer does."""
        return self.before.passed and not self.after.passed


@dataclass(frozen=True, slots=True)
class WeightChange:
    """What one rule adds to a score for the same words, before and after; None where they are not there."""

    rule: str
    quote: str | None
    before: float | None
    after: float | None

    @property
    def delta(self) -> float:
        """By how much it moves the sum that the score is made of."""
        return (self.after or 0.0) - (self.before or 0.0)

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON values."""
        return {"rule": self.rule, "quote": self.quote, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """One score before and after, with what moved it, the greatest move first."""

    before: Score
    after: Score
    moves: tuple[WeightChange, ...]

    @property
    def broke(self) -> bool:
        """Whether it was below its threshold and no longer is."""
        return self.before.passed and not self.after.passed


@dataclass(frozen=True, slots=True)
class Diff:
    """Two versions of a note, compared."""

    old: DraftResult
    new: DraftResult
    checks: tuple[CheckChange, ...]
    scores: tuple[ScoreChange, ...]
    fixed: tuple[Finding, ...]
    appeared: tuple[Finding, ...]

    @property
    def broke(self) -> tuple[str, ...]:
        """Names of the checks and scores that passed and no longer do; ``ready`` when the note no longer is."""
        checks = [change.after.name for change in self.checks if change.broke]
        scores = [change.after.name for change in self.scores if change.broke]
        ready = ["ready"] if self.old.report.ready and not self.new.report.ready else []
        return (*checks, *scores, *ready)

    def redacted(self) -> Diff:
        """The comparison with none of the drafts' words in it."""
        return replace(
            self,
            checks=tuple(
                replace(change, gained=hide_evidence(change.gained), lost=hide_evidence(change.lost))
                for change in self.checks
            ),
            scores=tuple(replace(change, moves=tuple(map(_hide, change.moves))) for change in self.scores),
            fixed=hide_findings(self.fixed),
            appeared=hide_findings(self.appeared),
        )

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON values of the published schema."""
        return {
            "version": DOCUMENT_VERSION,
            "old": self.old.label,
            "new": self.new.label,
            "ready": {"before": self.old.report.ready, "after": self.new.report.ready},
            "checks": {change.after.name: _check_value(change) for change in self.checks},
            "scores": {change.after.name: _score_value(change) for change in self.scores},
            "findings": {
                "fixed": [item.to_dict() for item in self.fixed],
                "appeared": [item.to_dict() for item in self.appeared],
            },
            "broke": list(self.broke),
        }


def compare(old: DraftResult, new: DraftResult) -> Diff:
    """Compare two versions; to be done before words are redacted, since words decide what is the same."""
    before, after = old.report, new.report
    checks = tuple(
        CheckChange(
            before.checks[name], check,
            _missing(check.evidence, before.checks[name].evidence, _evidence_key),
            _missing(before.checks[name].evidence, check.evidence, _evidence_key),
        )
        for name, check in after.checks.items() if name in before.checks
    )  # fmt: skip
    scores = tuple(
        ScoreChange(before.scores[name], score, _moves(before.scores[name], score))
        for name, score in after.scores.items()
        if name in before.scores
    )
    return Diff(
        old, new, checks, scores,
        fixed=_missing(before.findings, after.findings, _finding_key),
        appeared=_missing(after.findings, before.findings, _finding_key),
    )  # fmt: skip


def render_json(diff: Diff) -> str:
    """The comparison as one JSON document."""
    return json.dumps(diff.to_dict(), indent=2) + "\n"


def render_text(diff: Diff, style: Style) -> str:
    """The comparison for a reader at a terminal."""
    return "\n".join(_lines(diff, Painter(style))) + "\n"


def _lines(diff: Diff, painter: Painter) -> Iterator[str]:
    arrow = "→" if painter.style.unicode else "->"
    old, new = diff.old.report, diff.new.report
    names = f"{visible(diff.old.label)} {arrow} {visible(diff.new.label)}"
    states = {True: "ready to send", False: "not ready to send"}
    change = _change(states[old.ready], states[new.ready], arrow)
    yield f"{painter.paint(names, bold=True)}: {change}"
    yield ""
    for check in diff.checks:
        before, after = check.before, check.after
        status = _change(before.status, after.status, arrow)
        yield f"  {painter.mark(after.passed)} {CHECK_TITLES[after.name]}: {status}{_broke(check.broke, painter)}"
        yield from _words(check.gained, "+", painter)
        yield from _words(check.lost, "-", painter)
    for score in diff.scores:
        values = _change(f"{score.before.value:.2f}", f"{score.after.value:.2f}", arrow)
        levels = f"level {_change(str(score.before.level), str(score.after.level), arrow)}"
        title = SCORE_TITLES[score.after.name]
        mark = painter.mark(score.after.passed)
        yield f"  {mark} {title}: {values} ({levels}){_broke(score.broke, painter)}"
        yield from _moved(score, painter)
    for title, findings in (("Fixed", diff.fixed), ("New", diff.appeared)):
        if findings:
            yield ""
            yield f"  {title}"
        for finding in findings:
            yield f"    {finding.level} {visible(' '.join(finding.message.split()))} [{finding.rule}]"


def _change(before: str, after: str, arrow: str) -> str:
    return after if before == after else f"{before} {arrow} {after}"


def _broke(broke: bool, painter: Painter) -> str:
    return painter.paint("  passed before", fg="red", bold=True) if broke else ""


def _words(items: Iterable[Evidence], sign: str, painter: Painter) -> Iterator[str]:
    for item in items:
        text = f"      {sign} {item.rule} {painter.quote(item.quote, 60)}"
        yield painter.paint(text, fg="green" if sign == "+" else "yellow")


def _moved(change: ScoreChange, painter: Painter) -> Iterator[str]:
    for move in change.moves[:MOST_MOVES]:
        if abs(move.delta) >= LEAST_MOVE:
            quote = f" {painter.quote(move.quote, 60)}" if move.quote else ""
            yield painter.paint(
                f"      {move.delta:+.2f} {move.rule}{quote}", fg="yellow" if move.delta > 0 else "green"
            )


def _moves(before: Score, after: Score) -> tuple[WeightChange, ...]:
    """What each rule adds for the same words, compared; the same words in two places count together."""
    old, new = _summed(before.contributions), _summed(after.contributions)
    moves = (WeightChange(*key, old.get(key), new.get(key)) for key in {**old, **new})
    return tuple(sorted((move for move in moves if move.before != move.after), key=lambda m: -abs(m.delta)))


def _summed(items: Iterable[Contribution]) -> dict[tuple[str, str | None], float]:
    sums: dict[tuple[str, str | None], float] = {}
    for item in items:
        key = (item.rule, _plain(item.quote))
        sums[key] = round(sums.get(key, 0.0) + item.weight, 4)
    return sums


def _missing(
    items: Iterable[Item], others: Iterable[Item], key: Callable[[Any], tuple[Any, ...]]
) -> tuple[Item, ...]:
    """The items that have no like among the others, counted."""
    left = Counter(map(key, others))
    out = []
    for item in items:
        if left[key(item)] > 0:
            left[key(item)] -= 1
        else:
            out.append(item)
    return tuple(out)


def _hide(move: WeightChange) -> WeightChange:
    return move if move.quote is None else replace(move, quote=REDACTED)


def _plain(quote: str | None) -> str | None:
    return None if quote is None else " ".join(quote.split())


def _evidence_key(item: Evidence) -> tuple[Any, ...]:
    return (item.rule, _plain(item.quote))


def _finding_key(item: Finding) -> tuple[Any, ...]:
    return (item.rule, item.level, _plain(item.quote))


def _check_value(change: CheckChange) -> dict[str, Any]:
    return {
        "before": {"status": change.before.status, "passed": change.before.passed},
        "after": {"status": change.after.status, "passed": change.after.passed},
        "broke": change.broke,
        "gained": [item.to_dict() for item in change.gained],
        "lost": [item.to_dict() for item in change.lost],
    }


def _score_value(change: ScoreChange) -> dict[str, Any]:
    keys = ("value", "level", "passed")
    before, after = change.before.to_dict(), change.after.to_dict()
    return {
        "before": {key: before[key] for key in keys},
        "after": {key: after[key] for key in keys},
        "broke": change.broke,
        "moves": [item.to_dict() for item in change.moves],
    }
