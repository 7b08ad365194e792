"""Evidence to verdict: checks, scores, findings, Report.

For every sentence and label the log-odds are those of the learned reader plus the weights of the rules that
matched there; a check is decided by the strongest sentence. Scores are sums of contributions: those to
annoyance are never negative, so that a barb more never lowers it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, log1p
from typing import TYPE_CHECKING, Any

from notecheck.quoting import apart, resting_on, shown, within, without_repeats
from notecheck.types import (
    Check,
    Context,
    Contribution,
    Evidence,
    Finding,
    Level,
    Readability,
    Report,
    Score,
    ScoreName,
    Span,
)

if TYPE_CHECKING:
    from notecheck.config import Config
    from notecheck.matching import Hit
    from notecheck.rulebook import Notice, Rulebook

#: A rule's label to the reader's labels that its weight is added to.
RULE_LABELS: Mapping[str, tuple[str, ...]] = {
    "thanks": ("thanks",),
    "detail": ("detail",),
    "narrow": ("narrow",),
    "broad": ("broad",),
    "keep-in-mind": ("keep-in-mind",),
    "interest": ("interest",),
    "annoyance": ("annoyed", "barbed"),
}
#: The same for rules that speak against a move: their weight is taken off.
VETO_LABELS: Mapping[str, tuple[str, ...]] = {
    "no-thanks": ("thanks", "detail"),
    "no-feedback": ("narrow", "broad"),
    "no-keep-in-mind": ("keep-in-mind",),
    "no-interest": ("interest",),
}
ANNOYANCE_LABELS = ("annoyed", "barbed", "hostile")

#: More than this many days after the rejection a note is late (the article: within a day or two).
LATE_DAYS = 2
#: A note that takes longer to read than this is too long.
READING_SECONDS = 60.0
#: Log-odds that a question loses as a narrow one when a slot stands in it.
SLOT_LOSS = 6.0
#: Words that bound a question whatever stands in its slot: "one skill for [role]".
_BOUND = re.compile(r"\b(?:one|which|single|main)\b", re.IGNORECASE)
#: Of these labels the rules' matches count for genericness, each label so often at most.
COUNTED: Mapping[str, int] = {"stock": 3, "particular": 3, "slot": 1}
#: A note with slots is at least so generic (STANDARD 5).
LEVEL_WITH_SLOT = 2
#: A detail belongs to thanks that stand at most this many sentences away (STANDARD 1: right beside it).
BESIDE = 2


@dataclass(frozen=True, slots=True)
class Signals:
    """What was seen in one note, ready to be judged.

    Attributes:
        sentences: where each sentence stands in the source.
        hits: the rules' matches with the words they quote.
        logits: by label, one log-odds a sentence; without the rules' weights.
        amounts: by score, what the network would add for each sentence.
        readability: length and ease.
    """

    source: str
    sentences: tuple[Span, ...]
    hits: tuple[tuple[Hit, Span], ...]
    logits: Mapping[str, Sequence[float]]
    readability: Readability
    amounts: Mapping[str, Sequence[float]] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weights:
    """The fitted figures of ``rules/weights.toml``.

    Attributes:
        thresholds: by label, the log-odds at and above which a sentence makes the move.
        rules: by rule id, what a match adds to the log-odds of its label.
        scores: by score, ``bias``, ``cuts`` (three, ascending), ``threshold`` and named factors.
    """

    thresholds: Mapping[str, float]
    rules: Mapping[str, float]
    scores: Mapping[str, Mapping[str, Any]]
    overrides: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, book: Rulebook, overrides: Mapping[str, float] | None = None) -> Weights:
        """Read them from a rulebook; ``overrides`` are the thresholds that a configuration sets."""
        data = book.weights
        return cls(data.get("thresholds", {}), data.get("rules", {}), data.get("scores", {}), overrides or {})

    def rule(self, hit: Hit) -> float:
        """The fitted weight of a rule, or the one its file gives."""
        return self.rules.get(hit.rule.id, hit.rule.weight)


def softplus(value: float) -> float:
    """A smooth ramp: near 0 below zero, near ``value`` above."""
    return value if value > 30 else log1p(exp(value))


def sigmoid(value: float) -> float:
    return 1 / (1 + exp(-value)) if value >= 0 else exp(value) / (1 + exp(value))


def combined(signals: Signals, weights: Weights, label: str) -> list[float]:
    """Log-odds of ``label`` for each sentence: the reader's plus the rules'.

    A question with a slot in it is as broad as it would have been narrow (STANDARD 2: an aspect that is a slot
    leaves it broad), unless it is bounded by other words or beyond doubt.
    """
    out = summed(signals, weights, label)
    if label not in ("narrow", "broad"):
        return out
    slots = {hit.sentence for hit, _ in signals.hits if hit.rule.label == "slot"}
    open_aspects = [
        number for number in slots if not _BOUND.search(signals.sentences[number].of(signals.source))
    ]
    if not open_aspects:
        return out
    narrow = out if label == "narrow" else summed(signals, weights, "narrow")
    for number in open_aspects:
        out[number] = narrow[number] - SLOT_LOSS if label == "narrow" else max(out[number], narrow[number])
    return out


def summed(signals: Signals, weights: Weights, label: str) -> list[float]:
    """The reader's log-odds and the rules' weights; one that matches several times in a sentence counts once."""
    out = list(signals.logits.get(label, [0.0] * len(signals.sentences)))
    seen: set[tuple[str, int]] = set()
    for hit, _ in signals.hits:
        key = (hit.rule.id, hit.sentence)
        if key in seen:
            continue
        seen.add(key)
        if label in RULE_LABELS.get(hit.rule.label, ()):
            out[hit.sentence] += weights.rule(hit)
        elif label in VETO_LABELS.get(hit.rule.label, ()):
            out[hit.sentence] -= weights.rule(hit)
    return out


def judge(
    signals: Signals, book: Rulebook, weights: Weights, config: Config, context: Context | None = None
) -> Report:
    """Make the report of one note; ``config`` sets the levels of the findings."""
    checks = checks_of(signals, weights)
    parts = annoyance_parts(signals, weights)
    scores = {
        "genericness": genericness(signals, weights, checks),
        "annoyance": annoyance(signals, weights, parts),
    }
    slots = [(hit, span) for hit, span in signals.hits if hit.rule.label == "slot"]
    findings = _levelled(_findings(signals, book, weights, checks, scores, parts, slots, context), config)
    ready = (
        all(checks[name].passed for name in ("gratitude", "feedback", "keep_in_mind"))
        and all(score.passed for score in scores.values())
        and not slots
    )
    return Report(ready, checks, scores, findings, signals.readability, signals.remarks)


#: The labels that decide a check.
MOVE_LABELS = tuple(label for label in RULE_LABELS if label != "annoyance")


def statuses(signals: Signals, weights: Weights) -> dict[str, tuple[str, dict[str, list[int]]]]:
    """The status of each check, and by label the sentences it rests on."""
    odds = {label: combined(signals, weights, label) for label in MOVE_LABELS}
    return decide(odds, weights.thresholds)


def decide(
    odds: Mapping[str, Sequence[float]], thresholds: Mapping[str, float]
) -> dict[str, tuple[str, dict[str, list[int]]]]:
    """`statuses` from the log-odds of every sentence by label."""
    over = {
        label: [number for number, value in enumerate(odds[label]) if value >= thresholds.get(label, 0.0)]
        for label in MOVE_LABELS if label != "detail"
    }  # fmt: skip
    thanks = over["thanks"]
    # A sentence beside the thanks is judged by a threshold of its own: it lacks the thanking words.
    inside, beside = (thresholds.get(name, 0.0) for name in ("detail", "detail-beside"))
    detail = [
        number
        for number, value in enumerate(odds["detail"])
        if value >= (inside if number in thanks else beside)
        and any(abs(number - other) <= BESIDE for other in thanks)
    ]
    gratitude = "specific" if detail else "generic" if thanks else "none"
    feedback = "narrow" if over["narrow"] else "broad" if over["broad"] else "none"
    return {
        "gratitude": (
            gratitude,
            {"thanks": resting_on(thanks, detail) if detail else thanks, "detail": detail},
        ),
        "feedback": (feedback, {"narrow": over["narrow"]} if over["narrow"] else {"broad": over["broad"]}),
        "keep_in_mind": ("yes" if over["keep-in-mind"] else "no", {"keep-in-mind": over["keep-in-mind"]}),
        "interest": ("yes" if over["interest"] else "no", {"interest": over["interest"]}),
    }


_PASSING: Mapping[str, str] = {
    "gratitude": "specific", "feedback": "narrow", "keep_in_mind": "yes", "interest": "yes",
}  # fmt: skip


def checks_of(signals: Signals, weights: Weights) -> dict[str, Check]:
    """The four checks of a note, each with the words it rests on."""
    checks: dict[str, Check] = {}
    hits = _by_sentence(signals.hits)
    for name, (status, rests_on) in statuses(signals, weights).items():
        evidence = [
            item for label, numbers in rests_on.items() for number in numbers
            for item in _evidence(signals, label, number, hits.get(number, ()))
        ]  # fmt: skip
        checks[name] = Check(name, status, status == _PASSING[name], without_repeats(evidence))  # type: ignore[arg-type]
    return checks


def _place(found: tuple[Hit, Span]) -> tuple[int, int]:
    return found[1].start, found[1].end


def _by_sentence(hits: Iterable[tuple[Hit, Span]]) -> dict[int, list[tuple[Hit, Span]]]:
    out: dict[int, list[tuple[Hit, Span]]] = {}
    for hit, span in hits:
        out.setdefault(hit.sentence, []).append((hit, span))
    return out


def _barbs(signals: Signals) -> dict[int, list[tuple[Hit, Span]]]:
    """By sentence what the rules of annoyance found."""
    return _by_sentence(item for item in signals.hits if item[0].rule.label == "annoyance")


def _evidence(signals: Signals, label: str, number: int, hits: Iterable[tuple[Hit, Span]]) -> list[Evidence]:
    """What the rules found in a sentence, as it is shown; the sentence where the reader stands alone."""
    sentence = signals.sentences[number]
    found: list[Evidence] = []
    for hit, span in hits:
        if label in RULE_LABELS.get(hit.rule.label, ()):
            quote = shown(signals.source, label, span, sentence)
            if any(within(quote, item.span) for item in found):
                continue
            found = [item for item in found if not within(item.span, quote)]
            found.append(Evidence(hit.rule.id, quote, quote.of(signals.source)))
    return found or [Evidence(f"reader/{label}", sentence, sentence.of(signals.source))]


def _scored(
    name: ScoreName, contributions: list[Contribution], figures: Mapping[str, Any], override: float | None
) -> Score:
    total = float(figures.get("bias", 0.0)) + sum(item.weight for item in contributions)
    cuts = figures.get("cuts", (1.0, 2.0, 3.0))
    value = sum(sigmoid(total - cut) for cut in cuts) / len(cuts)
    level = sum(total >= cut for cut in cuts)
    threshold = float(figures.get("threshold", 0.5)) if override is None else override
    return Score(name, value, level, threshold, tuple(contributions))


def annoyance_parts(signals: Signals, weights: Weights) -> list[dict[str, float]]:
    """For each sentence, the ramps of its annoyance labels: what the score adds up.

    The chances of the labels, and "barb", which grows with the log-odds that the sentence is barbed. A doubt or a
    surprise, however plainly heard, thus adds no more than a faint edge (STANDARD 6: level 1).
    """
    odds = {label: combined(signals, weights, label) for label in ANNOYANCE_LABELS}
    return [
        {
            **{label: sigmoid(odds[label][number]) for label in odds},
            "barb": softplus(odds["barbed"][number]),
        }
        for number in range(len(signals.sentences))
    ]


#: What a sentence counts beside the next stronger one: small doubts in a long letter do not add up to a grudge.
FADING = 0.6


def faded(parts: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """The ramps as they are added up: by label the strongest sentence in full, each next one less by `FADING`.

    One ramp more never lowers such a sum: what it adds is no less than what the weaker ones lose by it.
    """
    out = [dict(part) for part in parts]
    for label in out[0] if out else ():
        for rank, number in enumerate(sorted(range(len(out)), key=lambda number: -parts[number][label])):
            out[number][label] *= FADING**rank
    return out


def weighed(part: Mapping[str, float], figures: Mapping[str, Any]) -> float:
    """What the ramps of a sentence come to."""
    factors = figures.get("factors", {})
    return sum(float(factors.get(label, 0.0)) * ramp for label, ramp in part.items())


def annoyance(signals: Signals, weights: Weights, parts: Sequence[Mapping[str, float]]) -> Score:
    """How likely the reader is to feel a grudge: every sentence, of `annoyance_parts`, can only add."""
    figures = weights.scores.get("annoyance", {})
    contributions = []
    barbs = _barbs(signals)
    for number, part in enumerate(faded(parts)):
        weight = weighed(part, figures)
        if weight < 0.005:
            continue
        span = signals.sentences[number]
        rule = barbs[number][0][0].rule.id if number in barbs else "reader/annoyance"
        contributions.append(Contribution(rule, weight, span, span.of(signals.source)))
    return _scored("annoyance", contributions, figures, weights.overrides.get("annoyance"))


def genericness_parts(
    signals: Signals, weights: Weights, checks: Mapping[str, Check]
) -> list[tuple[str, float, int | None]]:
    """(factor, amount, sentence) of everything that makes a note particular or stock.

    The most particular sentence counts by itself too: one that only this writer could have written outweighs
    many stock ones.
    """
    amounts = signals.amounts.get("genericness", ())
    parts: list[tuple[str, float, int | None]] = [
        ("sentence", amount, number) for number, amount in enumerate(amounts)
    ]
    if amounts:
        number = min(range(len(amounts)), key=lambda number: amounts[number])
        parts.append(("most-particular", amounts[number], number))
    for name, status in (("gratitude", "specific"), ("feedback", "narrow")):
        if checks[name].status == status:
            parts.append((status, 1.0, None))
    counted: dict[str, int] = {}
    for hit, _ in signals.hits:
        if hit.rule.label in COUNTED:
            counted[hit.rule.label] = counted.get(hit.rule.label, 0) + 1
    for label, count in sorted(counted.items()):
        parts.append((f"{label}-rules", float(min(count, COUNTED[label])), None))
    parts.append(("short", max(0.0, 1 - signals.readability.words / 40), None))
    return parts


def has_slot(signals: Signals) -> bool:
    return any(hit.rule.label == "slot" for hit, _ in signals.hits)


def genericness(signals: Signals, weights: Weights, checks: Mapping[str, Check]) -> Score:
    """How easily the note could go to any employer: details lower it, stock raises it."""
    figures = weights.scores.get("genericness", {})
    factors = figures.get("factors", {})
    contributions = []
    for name, amount, number in genericness_parts(signals, weights, checks):
        weight = float(factors.get(name, 0.0)) * amount
        if abs(weight) < 0.005:
            continue
        span = None if number is None else signals.sentences[number]
        quote = None if span is None else span.of(signals.source)
        contributions.append(Contribution(f"genericness/{name}", weight, span, quote))
    score = _scored("genericness", contributions, figures, weights.overrides.get("genericness"))
    if has_slot(signals) and score.level < LEVEL_WITH_SLOT:
        score = replace(score, value=max(score.value, 0.5), level=LEVEL_WITH_SLOT)
    return score


def _findings(
    signals: Signals,
    book: Rulebook,
    weights: Weights,
    checks: Mapping[str, Check],
    scores: Mapping[str, Score],
    parts: Sequence[Mapping[str, float]],
    slots: Sequence[tuple[Hit, Span]],
    context: Context | None,
) -> tuple[Finding, ...]:
    placed = [_of_rule(signals, hit, span) for hit, span in apart(slots, _place)]
    placed += _annoyed(signals, book, weights, scores["annoyance"], parts)
    missing: list[Finding] = []

    def add(rule_id: str, span: Span | None = None) -> None:
        notice = book.notices.get(rule_id)
        if notice is not None:
            (missing if span is None else placed).append(_of_notice(signals, notice, span))

    for name in ("gratitude", "feedback"):
        check = checks[name]
        if check.status in ("generic", "broad"):
            add(f"{name}/{check.status}", check.evidence[0].span)
        elif not check.passed:
            add(f"{name}/missing")
    for name in ("keep_in_mind", "interest"):
        if not checks[name].passed:
            add(f"{name}/missing")
    if not scores["genericness"].passed:
        add("genericness/form-letter")
    if signals.readability.reading_seconds > weights.overrides.get("reading_seconds", READING_SECONDS):
        add("readability/long")
    if context is not None and _days(context) > LATE_DAYS:
        add("timing/late")
    placed.sort(key=lambda item: (item.span or Span(0, 0), item.rule))
    return (*placed, *missing)


def _days(context: Context) -> int:
    """Days from the rejection to the sending; 0 where a date is not known."""
    if context.rejected_on is None or context.sent_on is None:
        return 0
    return (context.sent_on - context.rejected_on).days


def _levelled(findings: Iterable[Finding], config: Config) -> tuple[Finding, ...]:
    """The findings with the levels that the configuration sets; one whose level is off goes."""
    out = []
    for finding in findings:
        level = config.level_of(finding.rule, finding.level)
        if level is not None:
            out.append(finding if level == finding.level else replace(finding, level=level))
    return tuple(out)


def _annoyed(
    signals: Signals, book: Rulebook, weights: Weights, score: Score, parts: Sequence[Mapping[str, float]]
) -> list[Finding]:
    """A finding for each annoyed sentence: an error where the score fails and the sentence carries it."""
    figures = weights.scores.get("annoyance", {})
    warn = float(figures.get("finding", 0.5))
    enough = float(figures.get("cuts", (1.0, 2.0, 3.0))[1])
    # Each sentence by itself: one that the score counts for less, beside stronger ones, sounds no better.
    strengths = [weighed(part, figures) for part in parts]
    barbs = _barbs(signals)
    # What a rule of the user's own finds is told in any case; how far it can be trusted nobody has measured.
    own = {
        number for number, hits in barbs.items() if any(hit.rule.id not in weights.rules for hit, _ in hits)
    }
    chosen = [number for number, part in enumerate(parts) if part["annoyed"] >= warn or number in own]
    if not score.passed and not chosen and score.contributions:
        chosen = [max(range(len(strengths)), key=lambda number: strengths[number])]
    strongest = max((strengths[number] for number in chosen), default=0.0)
    out: list[Finding] = []
    for number in chosen:
        failing = not score.passed and strengths[number] >= min(strongest, enough)
        notice = book.notices.get("annoyance/grudge" if failing else "annoyance/edge")
        if number in barbs:
            level: Level = "error" if failing else "warning"
            out.extend(
                replace(
                    _of_rule(signals, hit, span, level),
                    message=f"{notice.message} {hit.rule.why}" if notice else hit.rule.why,
                )
                for hit, span in apart(barbs[number], _place)
            )
        elif notice is not None:
            out.append(_of_notice(signals, notice, signals.sentences[number]))
    return out


def _of_rule(signals: Signals, hit: Hit, span: Span, level: Level | None = None) -> Finding:
    rule = hit.rule
    return Finding(rule.id, level or rule.level, rule.summary, rule.hint, span, span.of(signals.source))


def _of_notice(signals: Signals, notice: Notice, span: Span | None) -> Finding:
    quote = None if span is None else span.of(signals.source)
    return Finding(notice.id, notice.level, notice.message, notice.hint, span, quote)
