"""What a report says, and how the scores move."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import notecheck
from notecheck import Config, Context, NotReady, corpus

READY = (
    "Hi Petra,\n\nThank you for the morning in the bindery, and to Luc for letting me try the gilding wheel. "
    "Was it my stitching sample that decided it?\n\nIf a bench comes free, please keep me in mind; "
    "bookbinding is still what I want to do.\n\nBest wishes,\nOrla"
)
CORPUS = Path(__file__).parents[2] / "corpus"
TEXTS = [note.text for note in corpus.read(CORPUS) if note.split == "tune" and note.labels["slots"] == "no"][
    ::7
]

BARBS = [
    "After five rounds and two unpaid tests I had expected more than a form reply.",
    "I only hope the person you chose lasts longer than the last one.",
    "Apparently experience counts for nothing with you.",
    "I will be telling everyone how you treat people.",
    "Thanks for nothing.",
]
DETAILS = [
    "Rosa let me pull the first proof on the old Heidelberg, and the ink is still under my nails.",
    "Tomas held the gate while the goat from the yard ate my cover letter, which made us both laugh.",
    "Your foreman Emil showed me how he shims the lathe with a beer mat.",
]


def test_a_note_with_the_three_moves_is_ready_and_every_passed_check_quotes() -> None:
    report = notecheck.presend(READY)
    assert report.ready
    assert {name: check.status for name, check in report.checks.items()} == {
        "gratitude": "specific", "feedback": "narrow", "keep_in_mind": "yes", "interest": "yes",
    }  # fmt: skip
    assert all(check.evidence for check in report.checks.values())
    assert not [item for item in report.findings if item.level == "error"]


def test_presend_carries_the_report_of_a_note_that_is_not_ready() -> None:
    with pytest.raises(NotReady) as caught:
        notecheck.presend("Thanks for letting me know.")
    assert caught.value.report.checks["feedback"].status == "none"


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("Got it.", {"gratitude/missing", "feedback/missing", "keep_in_mind/missing", "interest/missing"}),
        ("Thank you for your time and consideration. Do you have any feedback for me?",
         {"gratitude/generic", "feedback/broad", "keep_in_mind/missing"}),
    ],
)  # fmt: skip
def test_what_is_missing_is_an_error_with_a_hint_that_shows_a_beginning(text: str, rules: set[str]) -> None:
    findings = {item.rule: item for item in notecheck.check(text).findings}
    assert rules <= set(findings)
    for rule in rules - {"interest/missing"}:
        assert findings[rule].level == "error"
        assert "[" in findings[rule].hint
    assert findings.get("interest/missing", findings[min(rules)]).level in ("warning", "error")
    for rule in rules:
        if rule.endswith("/missing"):
            assert findings[rule].span is None
            assert findings[rule].quote is None


@pytest.mark.parametrize(
    "slot", ["[Company]", "{name}", "<insert project>", "XXX", "____", "(insert post)", "{{role}}"]
)
def test_an_unfilled_slot_is_an_error_and_never_a_detail(slot: str) -> None:
    report = notecheck.check(f"Thank you for the interview at {slot}. Was it my Dutch?")
    assert [item for item in report.findings if item.rule.startswith("slots/") and item.level == "error"]
    assert report.checks["gratitude"].status != "specific"
    assert report.scores["genericness"].level >= 2
    assert not report.ready


@pytest.mark.parametrize(
    "text", ["Thanks again, Kim xxx", "You wrote 'recieve' [sic].", "Love from us <3", "See you, x"]
)
def test_kisses_and_sic_are_no_slots(text: str) -> None:
    assert not [item for item in notecheck.check(text).findings if item.rule.startswith("slots/")]


@pytest.mark.parametrize(
    "text",
    [
        "On Monday we spoke.\n\nSam\n\nOn Tue, 4 Mar 2025 at 16:12, Ana <ana@x.example> wrote:\n> We will keep your résumé on file.",
        "I will apply again in spring.",
        "I hope our paths cross.",
        "Please keep my sister in mind for the next opening.",
    ],
)  # fmt: skip
def test_no_keep_in_mind_without_a_request(text: str) -> None:
    assert notecheck.check(text).checks["keep_in_mind"].status == "no"


def test_a_long_note_and_a_late_one_are_warned_of() -> None:
    long = READY + "\n\n" + "I walked home by the canal and thought about paper. " * 40
    assert "readability/long" in {item.rule for item in notecheck.check(long).findings}
    late = Context(rejected_on=date(2026, 3, 2), sent_on=date(2026, 3, 9))
    assert "timing/late" in {item.rule for item in notecheck.check(READY, context=late).findings}
    soon = Context(rejected_on=date(2026, 3, 2), sent_on=date(2026, 3, 3))
    assert "timing/late" not in {item.rule for item in notecheck.check(READY, context=soon).findings}


def test_levels_and_thresholds_are_the_configurations() -> None:
    quiet = notecheck.Checker(Config(levels={"feedback/missing": "note", "interest": "off"}))
    findings = {item.rule: item.level for item in quiet.check("Got it.").findings}
    assert findings["feedback/missing"] == "note"
    assert "interest/missing" not in findings
    strict = notecheck.Checker(Config(thresholds={"annoyance": 0.0}))
    assert not strict.check(READY).ready


def test_findings_are_in_the_order_of_the_note_with_what_is_missing_last() -> None:
    findings = notecheck.check(
        "Dear [Name], thanks for your time. After six rounds I am stunned. [Me]"
    ).findings
    starts = [item.span.start if item.span else 10**6 for item in findings]
    assert starts == sorted(starts)


SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(st.sampled_from(TEXTS), st.sampled_from(BARBS))
def test_a_barb_never_lowers_annoyance(text: str, barb: str) -> None:
    before, after = notecheck.check(text), notecheck.check(f"{barb}\n\n{text}")
    # The words beside the barb see it, and may read a shade differently; but for that it is exact (test_network.py).
    assert after.scores["annoyance"].value >= before.scores["annoyance"].value - 0.01
    assert after.scores["annoyance"].level >= before.scores["annoyance"].level


@SLOW
@given(st.sampled_from(TEXTS), st.sampled_from(DETAILS))
def test_a_detail_lowers_genericness(text: str, detail: str) -> None:
    before, after = notecheck.check(text), notecheck.check(f"{detail}\n\n{text}")
    assert after.scores["genericness"].value <= before.scores["genericness"].value


def test_score_contributions_add_up() -> None:
    report = notecheck.check("Apparently six rounds were not enough. Thanks for nothing.")
    score = report.scores["annoyance"]
    assert score.contributions
    assert all(item.weight > 0 for item in score.contributions)


def test_dates_may_come_with_a_time_and_nothing_else_is_a_date() -> None:
    late = Context(rejected_on=datetime(2026, 3, 2, 17, 5), sent_on=date(2026, 3, 9))
    assert late == Context(rejected_on=date(2026, 3, 2), sent_on=date(2026, 3, 9))
    assert [item.rule for item in notecheck.check(READY, context=late).findings] == ["timing/late"]
    with pytest.raises(TypeError, match="rejected_on is a date, not str"):
        Context(rejected_on="2026-03-02")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("Could you tell me whether my glazing was a factor?", "narrow"),
        ("Could you tell me whether my [skill] was a factor?", "broad"),
        ("Which of my two samples fell short for [Company]?", "narrow"),
    ],
)
def test_an_aspect_that_is_a_slot_leaves_the_question_broad(question: str, status: str) -> None:
    assert (
        notecheck.check(f"Thank you for the tour of the kiln. {question}").checks["feedback"].status == status
    )
