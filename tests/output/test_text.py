"""The report for a person: what it shows, and that underlines stand under their words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wcwidth import wcswidth

from notecheck.output import renderer
from notecheck.output.model import DraftResult, LineMap, Notice, Run, Style
from notecheck.output.terminal import MAX_ROWS, excerpt, visible
from notecheck.types import Check, Evidence, Readability, Report, Span

Drafts = Callable[..., DraftResult]
Reports = Callable[..., Report]

render = renderer("text")


def underlined(text: str) -> list[str]:
    """The words above each underline of a rendered report, cut out by columns as a terminal draws them."""
    lines = text.splitlines()
    out = []
    for above, below in pairwise(lines):
        if "^" not in below or set(below) - set(" │^"):
            continue
        start, end = below.index("^"), below.rindex("^") + 1
        # A mark that has no width of its own belongs to the sign before it.
        places = [wcswidth(above[:index]) for index in range(len(above) + 1)]
        first = places.index(start)
        last = len(places) - 1 - places[::-1].index(end) if end in places else places.index(end)
        out.append(above[first:last].strip())
    return out


def test_the_moves_the_gauges_and_then_what_to_change(draft: Drafts) -> None:
    text = render(Run((draft(),)), Style())
    lines = text.splitlines()
    assert lines[0] == "drafts/oskar.txt: not ready to send"
    assert lines[2].split() == [
        "✓", "Specific", "thanks", "specific", "“thank", "you", "for", "the", "工場", "tour”",
    ]  # fmt: skip
    assert lines[3].strip().startswith("✗ Narrow question")
    assert "“Do you have any feedback?”" in lines[3]
    assert lines[4].split() == ["✗", "Keep-in-mind", "request", "no"]
    assert "Generic  ███░░░░░░░ 0.30" in text
    assert "Annoyed  ████████░░ 0.80  sounds passive-aggressive; must be below 0.50" in text
    assert "mostly from “Honestly”" in text
    assert "23 words, about 6 seconds to read" in text
    order = [
        text.index(part)
        for part in ("Annoyed", "What to change", "annoyance/jab", "feedback/broad", "keep_in_mind/missing")
    ]
    assert order == sorted(order)
    assert "attachment cv-oskar.pdf was ignored" in text


def test_underlines_stand_under_their_words(draft: Drafts) -> None:
    text = render(Run((draft(),)), Style(width=140))
    assert underlined(text) == ["Honestly you might have told me sooner", "Do you have", "any feedback?"]
    assert "3:53 warning" in text


def test_a_ready_note_says_so_and_asks_for_nothing(draft: Drafts, report: Reports) -> None:
    text = render(Run((draft(report(ready=True, findings=(), remarks=())),)), Style())
    assert text.splitlines()[0] == "drafts/oskar.txt: ready to send"
    assert "What to change" not in text


def test_what_was_said_is_not_said_again(draft: Drafts, report: Reports) -> None:
    first = report().findings[0]
    findings = (
        replace(first, rule="annoyance/a", message="It may sting. A count is a bill.", hint="Leave it out."),
        replace(first, rule="annoyance/b", message="It may sting. A sigh is heard.", hint="Leave it out."),
        replace(first, rule="slots/a", message="Template text.", hint="Fill it in."),
        replace(first, rule="slots/b", message="Template text.", hint="Fill it in."),
    )
    text = render(Run((draft(report(findings=findings)),)), Style())
    assert text.count("It may sting.") == 1
    assert "A sigh is heard. [annoyance/b]" in text
    assert text.count("Leave it out.") == text.count("Fill it in.") == 1
    assert text.count("Template text.") == 2
    # Another draft is told from the beginning.
    twice = render(Run((draft(report(findings=findings)),) * 2), Style())
    assert twice.count("It may sting.") == 2


def test_advice_to_a_ready_note_is_no_demand(draft: Drafts, report: Reports) -> None:
    findings = tuple(replace(item, level="warning") for item in report().findings)
    text = render(Run((draft(report(ready=True, findings=findings)),)), Style())
    assert "What to change" not in text
    assert "What you could still change" in text


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_nothing_is_wider_than_the_terminal(draft: Drafts, report: Reports, level: int, color: bool) -> None:
    base = report()
    scores = {name: replace(score, level=level, value=0.99) for name, score in base.scores.items()}
    findings = tuple(replace(item, message=item.message + " And more of that." * 8) for item in base.findings)
    changed = report(scores=scores, findings=findings)
    text = click.unstyle(render(Run((draft(changed),)), Style(width=80, color=color)))
    assert max(map(wcswidth, text.splitlines())) <= 80


def test_a_very_short_note_takes_a_second(draft: Drafts, report: Reports) -> None:
    text = render(Run((draft(report(readability=Readability(1, 1, 0.3, 100.0))),)), Style())
    assert "1 word, about 1 second to read" in text


def test_colour_only_when_asked_for(draft: Drafts) -> None:
    assert "\x1b[" not in render(Run((draft(),)), Style(color=False))
    assert "\x1b[" in render(Run((draft(),)), Style(color=True))


def test_a_stream_without_signs_gets_plain_ones(draft: Drafts, report: Reports) -> None:
    long = Evidence("keep_in_mind/a", Span(0, 4), "Please keep me in mind, " * 20)
    checks = {"keep_in_mind": Check("keep_in_mind", "yes", True, (long,))}
    plain = report(checks=checks, findings=(), remarks=())
    text = render(Run((draft(plain),)), Style(unicode=False))
    assert text.isascii()
    assert '..."' in text


def test_several_drafts_are_summed_up(draft: Drafts, report: Reports) -> None:
    notice = Notice("notecheck.toml", 4, "ignoring slots hides nothing", "Remove the entry.")
    text = render(Run((draft(), draft(report(ready=True, findings=()))), (notice,)), Style())
    assert text.splitlines()[-1] == "2 drafts: 1 ready, 1 not ready; 2 errors, 2 warnings"
    assert "notecheck.toml:4: warning ignoring slots hides nothing [suppression/unused]" in text


def test_statistics_count_each_rule(draft: Drafts) -> None:
    text = render(Run((draft(), draft())), Style(statistics=True))
    assert "     2  error    feedback/broad" in text


def test_words_cannot_steer_the_terminal(draft: Drafts, report: Reports) -> None:
    source = "a \x1b[31mred\x1b[0m \u202eword\x07"
    base = report()
    finding = base.findings[0]
    changed = report(findings=(replace(finding, span=Span(2, len(source)), quote=source[2:]),))
    text = render(Run((draft(changed, source=source, lines=LineMap.of(source), label="\x1b]0;x"),)), Style())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x07" not in text


def test_a_long_line_is_wrapped_and_only_the_touched_rows_are_shown() -> None:
    source = "word " * 100 + "here it is " + "word " * 100
    start = source.index("here")
    rows = excerpt(source, LineMap.of(source), Span(start, start + 10), 60)
    assert 1 <= len(rows) <= 2
    assert all(len(row.text) <= 60 for row in rows)
    shown = [row.text[row.marks.index("^") : row.marks.rindex("^") + 1] for row in rows]
    assert " ".join(shown) == "here it is"


def test_a_span_over_many_lines_is_cut_short() -> None:
    source = "\n".join(f"line {number}" for number in range(50))
    rows = excerpt(source, LineMap.of(source), Span(0, len(source)), 60)
    assert len(rows) == MAX_ROWS
    assert rows[0].text == "line 0"
    assert rows[-1].text == "line 49"


@settings(deadline=None, max_examples=300)
@given(
    st.data(),
    st.text(st.sampled_from("ab \t日é\u0301👩\u200d\r\n\x1b\u202e"), max_size=120),
    st.integers(5, 40),
)
def test_any_span_of_any_text_can_be_shown(data: st.DataObject, source: str, width: int) -> None:
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source)))
    for row in excerpt(source, LineMap.of(source), Span(start, end), width):
        assert row.text == visible(row.text)
        assert "\n" not in row.text
        if row.marks:
            assert row.marks.count("^") == len(row.marks.lstrip(" ")) >= 1


@settings(deadline=None, max_examples=200)
@given(st.data(), st.lists(st.sampled_from(["ab", "日本", "cde", "é"]), min_size=1, max_size=40))
def test_the_underline_is_as_wide_as_the_words(data: st.DataObject, words: list[str]) -> None:
    source = " ".join(words)
    index = data.draw(st.integers(0, len(words) - 1))
    start = len(" ".join(words[:index])) + (index > 0)
    (row,) = excerpt(source, LineMap.of(source), Span(start, start + len(words[index])), 30)
    column, cut = 0, ""
    for char in row.text:
        if row.marks[column : column + 1] == "^":
            cut += char
        column += wcswidth(char)
    assert cut == words[index]


@pytest.mark.parametrize(
    ("offset", "line", "column"), [(0, 1, 1), (3, 1, 4), (4, 2, 1), (6, 3, 1), (7, 4, 1), (8, 4, 2)]
)
def test_lines_end_as_editors_end_them(offset: int, line: int, column: int) -> None:
    place = LineMap.of("abc\n\r\n\rd").position(offset)
    assert (place.line, place.column) == (line, column)
