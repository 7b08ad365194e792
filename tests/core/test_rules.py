"""Rule files: schema, label check, examples, selection."""

from __future__ import annotations

from pathlib import Path

import pytest

import notecheck
from notecheck import Config, NotecheckError, examples, pipeline, rulebook
from notecheck.matching import Engine, check_labels

GOOD = """
summary = "A kiln is praised."
why = "A test."
hint = "Nothing."
source = "here"
label = "annoyance"
level = "warning"
anchors = ["kiln"]

[[match]]
kind = "token"
pattern = [{LEMMA = "kiln"}]

[[unless]]
kind = "phrase"
terms = ["kiln of gold"]

[[example]]
flag = "What a [[kiln]] that was."

[[example]]
pass = "What an oven that was."

[[example]]
pass = "A kiln of gold."
unless = ""
"""


def folder(tmp_path: Path, text: str, name: str = "own/kiln.toml") -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return tmp_path


def test_every_shipped_rule_passes_its_examples() -> None:
    failed = [f"{item.rule}: {item.detail}: {item.text}" for item in examples.run() if not item.ok]
    assert failed == []


def test_shipped_rules_name_only_labels_that_the_pipeline_gives() -> None:
    Engine(pipeline.load(), rulebook.builtin(), strict=True)


def test_a_folder_of_ones_own_is_tested_the_same_way(tmp_path: Path) -> None:
    assert all(item.ok for item in examples.run(folder(tmp_path, GOOD)))


def test_a_wrong_mark_is_found(tmp_path: Path) -> None:
    outcomes = list(examples.run(folder(tmp_path, GOOD.replace("a [[kiln]] that", "a kiln [[that]]"))))
    assert [item.ok for item in outcomes] == [False, True, True]
    assert "[[kiln]]" in outcomes[0].detail


def test_a_rule_of_ones_own_raises_the_score_and_is_quoted(tmp_path: Path) -> None:
    own = notecheck.Checker(
        Config(rules=(folder(tmp_path, GOOD.replace('level = "warning"', 'level = "warning"\nweight = 12')),))
    )
    text = "Thank you for the call. What a kiln that was."
    report = own.check(text)
    assert report.scores["annoyance"].value > notecheck.check(text).scores["annoyance"].value
    assert ("own/kiln", "kiln") in [(item.rule, item.quote) for item in report.findings]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("why =", "wy ="), "wy"),
        (('label = "annoyance"', 'label = "anger"'), "label"),
        (("[[match]]", "[[mach]]"), "mach"),
        (('[{LEMMA = "kiln"}]', "[]"), "pattern"),
        (("[[example]]\nflag", "[[example]]\nflg"), "example"),
        (('[{LEMMA = "kiln"}]', '[{LOWER = {REGEX = "(a+)+b"}}]'), "REGEX"),
        (("[[kiln]]", "kiln"), "mark"),
        (('summary = "A kiln is praised."', "summary = "), "TOML"),
    ],
)
def test_a_broken_file_is_one_line_with_file_and_key(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    with pytest.raises(NotecheckError) as caught:
        rulebook.read_folder(folder(tmp_path, GOOD.replace(*change, 1)))
    assert "kiln.toml" in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("^(a|aa)+$", "inside a repeat"),
        ("^(?:a?b)*c$", "inside a repeat"),
        ("((a{1,30}){1,30}){1,30}b", "inside a repeat"),
        ("(?=(a+))\\\\1+b$", "refers back"),
        ("w*w*w*w*x$", "more than 3 repeats"),
        ("a?" * 20 + "a" * 20, "8 optional parts"),
        ("a" * 201, "longer than 200"),
        ("a)", "unbalanced"),
        ("(" * 150, "missing )"),
    ],
)
def test_an_expression_that_could_be_slow_is_refused(tmp_path: Path, expression: str, says: str) -> None:
    own = GOOD.replace('{LEMMA = "kiln"}', f'{{LOWER = {{REGEX = "{expression}"}}}}', 1)
    with pytest.raises(NotecheckError) as caught:
        rulebook.read_folder(folder(tmp_path, own))
    assert "kiln.toml: " in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_slowest_expression_on_the_longest_word(tmp_path: Path) -> None:
    own = GOOD.replace('{LEMMA = "kiln"}', '{LOWER = {REGEX = "(.*)k(.*)iln$"}}', 1)
    own = own.replace('level = "warning"', 'level = "warning"\nweight = 12')
    checker = notecheck.Checker(Config(rules=(folder(tmp_path, own),)))
    text = f"Thank you for the call. What a kiln that was. My {'kil' * 7_000} and {'k' * 20_000}."
    assert [item.quote for item in checker.check(text).findings if item.rule == "own/kiln"] == ["kiln"]


@pytest.mark.parametrize("spec", ['{DEP = "dobj"}', '{TAG = "XYZ"}', '{POS = {IN = ["NOUN", "THING"]}}'])
def test_a_pattern_that_can_never_fire_is_an_error(tmp_path: Path, spec: str) -> None:
    book = rulebook.read_folder(folder(tmp_path, GOOD.replace('{LEMMA = "kiln"}', spec)))
    with pytest.raises(NotecheckError, match="no label of the pipeline"):
        check_labels(pipeline.load(), book)


def test_select_and_ignore_take_ids_and_prefixes() -> None:
    assert rulebook.selected("slots/bracket", ["slots"], [])
    assert not rulebook.selected("gratitude/thank", ["slots"], [])
    assert not rulebook.selected("slots/bracket", [], ["slots/bracket"])
    assert rulebook.selected("slots/bracket", ["slots/bracket"], ["slots"])


def test_a_long_sentence_is_read_in_stretches() -> None:
    text = "was " * 3000 + "[Name]"
    assert [item.quote for item in notecheck.check(text).findings if item.rule.startswith("slots/")] == [
        "[Name]"
    ]


def test_two_rules_of_one_id_are_refused(tmp_path: Path) -> None:
    clash = folder(tmp_path, GOOD, "slots/bracket.toml")
    with pytest.raises(NotecheckError, match="two rules have the id slots/bracket"):
        rulebook.load((clash,))
