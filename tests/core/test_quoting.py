"""The words that are shown for a verdict are whole and are shown once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notecheck import check
from notecheck.quoting import apart
from notecheck.types import Span

SPANS = st.builds(lambda start, length: Span(start, start + length), st.integers(0, 30), st.integers(1, 12))


@pytest.mark.parametrize(
    ("text", "name", "quote"),
    [
        (
            "Thank you for the tour of the crane hall with Mr. Lowe.", "gratitude",
            "Thank you for the tour of the crane hall with Mr. Lowe",
        ),
        (
            "Was it the forklift test, or do you want more years at the kiln?", "feedback",
            "Was it the forklift test, or do you want more years at the kiln?",
        ),
        (
            "Thank you for the decision on the [Job Title] post.", "gratitude",
            "Thank you for the decision on the [Job Title] post",
        ),
    ],
)  # fmt: skip
def test_a_quote_is_whole(text: str, name: str, quote: str) -> None:
    assert [item.quote.rstrip(".") for item in check(text).checks[name].evidence] == [quote]


def test_specific_thanks_rest_on_what_makes_them_specific() -> None:
    text = (
        "Thank you for your email. I am sorry that it is a no. I had a good week all the same. "
        "Thank you above all for letting Rosa show me how the loom is threaded."
    )
    (evidence,) = check(text).checks["gratitude"].evidence
    assert evidence.quote.startswith("Thank you above all")


def test_a_slot_is_one_finding() -> None:
    found = [item.quote for item in check("Dear [Hiring Manager's Name],").findings if item.quote]
    assert found == ["[Hiring Manager's Name]"]


@given(st.lists(SPANS, max_size=12))
def test_what_is_kept_of_overlapping_spans_lies_apart_and_covers_the_rest(spans: list[Span]) -> None:
    kept = apart(spans, lambda span: (span.start, span.end))
    assert all(a.end <= b.start or b.end <= a.start for a in kept for b in kept if a is not b)
    for span in spans:
        assert any(a.start < span.end and span.start < a.end for a in kept)
