"""Configuration by path, suppressions outside the text of a note, and the baseline."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]
Writer = Callable[[str, str], Path]
Texts = dict[str, str]


def rules_of(result: Any) -> list[tuple[str, str]]:
    """Path and rule of each finding and notice of JSON output."""
    found = [
        (item["path"], finding["rule"])
        for item in result.json["files"]
        for finding in item["report"]["findings"]
    ]
    return found + [(item["path"], item["rule"]) for item in result.json["notices"]]


def test_each_file_has_the_settings_of_its_own_tree(run: Command, write: Writer, drafts: Texts) -> None:
    write("a/notecheck.toml", 'ignore = ["slots"]')
    write("a/one.txt", drafts["slot"])
    write("b/notecheck.toml", '[levels]\nslots = "warning"')
    write("b/two.txt", drafts["slot"])
    result = run("check", ".", "--format", "json")
    assert result.code == 0
    assert rules_of(result) == [("b/two.txt", "slots/bracket")]
    assert run("check", ".", "--format", "concise", "--isolated").code == 1


def test_thresholds_hold_for_some_paths(run: Command, write: Writer, drafts: Texts) -> None:
    text = '[thresholds]\nannoyance = 0.6\n[[overrides]]\npaths = ["x/"]\nthresholds = { annoyance = 0.9 }'
    write("notecheck.toml", text)
    write("jab.txt", drafts["jab"])
    write("x/jab.txt", drafts["jab"])
    files = run("check", ".", "--format", "json").json["files"]
    limits = {item["path"]: item["report"]["scores"]["annoyance"]["threshold"] for item in files}
    assert limits == {"jab.txt": 0.6, "x/jab.txt": 0.9}


def test_a_broken_configuration_is_said_once_and_is_2(run: Command, write: Writer, drafts: Texts) -> None:
    write("a/notecheck.toml", 'igmore = ["slots"]')
    write("a/one.txt", drafts["slot"])
    write("a/two.txt", drafts["slot"])
    write("b/three.txt", drafts["slot"])
    result = run("check", ".", "--format", "concise")
    assert result.code == 2
    assert result.out.startswith("b/three.txt:")
    assert result.out.count("\n") == 1
    assert result.err.startswith("notecheck: a/notecheck.toml: igmore: unknown key, did you mean ignore?")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ('ignore = ["anoyance"]', "ignore: no rule anoyance, did you mean annoyance?"),
        ('select = ["slots/brakcet"]', "select: no rule slots/brakcet, did you mean slots/bracket?"),
        ("levels = { slot = 'note' }", "levels.slot: no rule slot, did you mean slots?"),
        ("[[overrides]]\npaths = ['**']\nlevels = { slot = 'note' }", "overrides.levels: no rule slot, did"),
    ],
)
def test_a_selector_that_names_no_rule_is_an_error(
    run: Command, write: Writer, drafts: Texts, text: str, cause: str
) -> None:
    write("a.txt", drafts["good"])
    write("notecheck.toml", text)
    result = run("check", "a.txt")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"notecheck: notecheck.toml: {cause}")
    assert result.err.count("\n") == 1


def test_a_name_of_any_length_gives_a_line_that_can_be_read(
    run: Command, write: Writer, drafts: Texts
) -> None:
    write("a.txt", drafts["good"])
    write("notecheck.toml", f'ignore = ["{"slots" * 20_000}"]')
    result = run("check", "a.txt")
    assert result.code == 2
    assert result.err.startswith("notecheck: notecheck.toml: ignore: no rule slotsslots")
    assert len(result.err) < 1100


def test_a_sidecar_hides_findings(run: Command, write: Writer, drafts: Texts) -> None:
    write("a.txt", drafts["slot"])
    write("a.txt.notecheck.toml", 'ignore = ["slots"]')
    write("b.txt", drafts["slot"])
    result = run("check", ".", "--format", "json")
    assert rules_of(result) == [("b.txt", "slots/bracket")]
    assert [item["suppressed"] for item in result.json["files"]] == [1, 0]
    # The verdict on the note stays what it is.
    assert result.json["files"][0]["report"]["ready"] is False


@pytest.mark.parametrize(
    "table",
    [
        "notecheck:\n  ignore: [slots/bracket]",
        "title: x\nnotecheck:\n  ignore:\n    - slots",
        "notecheck: {ignore: [slots]}",
    ],
)
def test_front_matter_hides_findings(run: Command, write: Writer, drafts: Texts, table: str) -> None:
    for name in ("a.md", "a.markdown"):
        write(name, f"---\n{table}\n---\n{drafts['slot']}")
        assert rules_of(run("check", name, "--format", "json")) == []
    write("a.txt", f"---\n{table}\n---\n{drafts['slot']}")
    assert rules_of(run("check", "a.txt", "--format", "json")) == [("a.txt", "slots/bracket")]


def test_other_front_matter_is_nobodys_business(run: Command, write: Writer, drafts: Texts) -> None:
    write("a.md", f"---\ntitle: [broken\n---\n{drafts['good']}")
    write("b.md", f"---\nnotecheck\n{drafts['good']}")
    assert run("check", ".", "--format", "json").code == 0


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("a.md", "---\nnotecheck: {ignor: [x]}\n---\n", "a.md: front matter: notecheck: ignor: unknown key"),
        ("a.md", "---\nnotecheck: [x\n---\n", "a.md: front matter: not valid YAML"),
        ("a.md", "---\nnotecheck: 3\n---\n", "a.md: front matter: notecheck: must be a table"),
        ("a.txt.notecheck.toml", "ignore = 1", "a.txt.notecheck.toml: ignore: must be a list"),
        ("a.txt.notecheck.toml", "ignores = []", "a.txt.notecheck.toml: ignores: unknown key, did you mean"),
        ("a.txt.notecheck.toml", "ignore =", "a.txt.notecheck.toml: not valid TOML"),
    ],
)
def test_a_broken_suppression_is_an_error(
    run: Command, write: Writer, drafts: Texts, name: str, text: str, cause: str
) -> None:
    write("a.txt", drafts["good"])
    write("z.txt", drafts["slot"])
    write(name, text + (drafts["good"] if name.endswith(".md") else ""))
    result = run("check", ".", "--format", "concise")
    assert result.code == 2
    assert result.err.startswith(f"notecheck: {cause}")
    assert result.err.count("\n") == 1
    assert "z.txt:1:6: slots/bracket" in result.out


def test_a_suppression_that_hides_nothing_is_reported(run: Command, write: Writer, drafts: Texts) -> None:
    write("a.txt", drafts["good"])
    write("a.txt.notecheck.toml", '# slots\nignore = [  # "slots"\n  "slots",\n]')
    write("b.md", f"---\nnotecheck:\n  ignore: [annoyance]\n---\n{drafts['good']}")
    result = run("check", ".", "--format", "concise")
    assert result.out.splitlines() == [
        "a.txt.notecheck.toml:3:1: suppression/unused ignoring slots for a.txt hides nothing",
        "b.md:3:1: suppression/unused ignoring annoyance in the front matter hides nothing",
    ]
    assert result.code == 0
    assert run("check", ".", "--fail-on", "warning").code == 1


def test_a_sidecar_without_its_draft_is_reported(run: Command, write: Writer, drafts: Texts) -> None:
    write("x/a.txt", drafts["good"])
    write("x/gone.txt.notecheck.toml", 'ignore = ["slots"]')
    result = run("check", "x", "--format", "concise")
    assert result.out.startswith(
        "x/gone.txt.notecheck.toml:1:1: suppression/unused there is no draft gone.txt"
    )


def test_an_override_hides_findings_of_some_paths(run: Command, write: Writer, drafts: Texts) -> None:
    write("notecheck.toml", '[[overrides]]\npaths = ["old/"]\nignore = ["slots"]')
    write("old/a.txt", drafts["slot"])
    write("new/a.txt", drafts["slot"])
    assert rules_of(run("check", ".", "--format", "json")) == [("new/a.txt", "slots/bracket")]


def test_an_override_is_called_unused_only_when_all_it_covers_was_checked(
    run: Command, write: Writer, drafts: Texts
) -> None:
    write("notecheck.toml", '[[overrides]]\npaths = ["old/"]\nignore = ["slots"]')
    write("old/a.txt", drafts["good"])
    write("old/b.txt", drafts["good"])
    assert rules_of(run("check", "old/a.txt", "--format", "json")) == []
    assert rules_of(run("check", "old", "--format", "json")) == [("notecheck.toml", "suppression/unused")]
    write("old/b.txt", drafts["slot"])
    assert rules_of(run("check", "old", "--format", "json")) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[[overrides]]\npaths = ["old/"]\nignore = ["slots"]', 3),
        ('[[overrides]]\npaths = ["old/"]\nignore = [\n  # "slots"\n  "feedback",\n  "slots",\n]', 6),
        ("ignore = [\"slots\"]\n[[overrides]]  # some\npaths = ['old/']\nignore = ['slots']", 4),
        (
            '[[overrides]]\npaths = ["new/"]\nignore = ["slots"]\n\n[[overrides]]\nignore = ["slots"]\npaths = ["old/"]',
            6,
        ),
        ('overrides = [\n  {paths = ["old/"], ignore = ["slots"]},\n]', 2),
    ],
)
def test_an_unused_override_is_reported_at_its_line(
    run: Command, write: Writer, drafts: Texts, text: str, line: int
) -> None:
    write("old/a.txt", drafts["broad"])
    write("new/a.txt", drafts["slot"])
    write("notecheck.toml", text)
    out = run("check", ".", "--format", "concise").out
    assert f"notecheck.toml:{line}:1: suppression/unused ignoring slots for old/ hides nothing" in out
    write(
        "pyproject.toml",
        "[project]\nname = 'x'\n[tool.notecheck]\n" + text.replace("[[o", "[[tool.notecheck.o"),
    )
    Path("notecheck.toml").unlink()
    out = run("check", ".", "--format", "concise").out
    assert f"pyproject.toml:{line + 3}:1: suppression/unused ignoring slots for old/ hides nothing" in out


def test_a_baseline_hides_what_it_accepts_wherever_it_moves(
    run: Command, write: Writer, drafts: Texts
) -> None:
    write("x/a.txt", drafts["slot"])
    write("x/b.txt", drafts["good"].replace("Please keep me in mind.", ""))
    written = run("check", "x", "--write-baseline", "base.json")
    assert written.code == 0
    assert written.err == "notecheck: base.json: 2 findings accepted\n"
    write("x/a.txt", "A line above.\n\n" + drafts["slot"])
    result = run("check", "x", "--baseline", "base.json", "--format", "json")
    assert (result.code, rules_of(result)) == (0, [])
    assert [item["suppressed"] for item in result.json["files"]] == [1, 1]


def test_a_baseline_does_not_hide_what_is_new(run: Command, write: Writer, drafts: Texts) -> None:
    row = json.dumps({"text": drafts["slot"]})
    write("rows.jsonl", row)
    run("check", "rows.jsonl", "--write-baseline", "base.json")
    write("rows.jsonl", row + "\n" + row)
    write("other.txt", drafts["slot"])
    result = run("check", "rows.jsonl", "other.txt", "--baseline", "base.json", "--format", "json")
    assert result.code == 1
    assert rules_of(result) == [("rows.jsonl", "slots/bracket"), ("other.txt", "slots/bracket")]


def test_a_baseline_has_none_of_the_words_and_is_the_same_every_time(
    run: Command, write: Writer, drafts: Texts, folder: Path
) -> None:
    write("a.txt", drafts["slot"])
    write("b.txt", drafts["broad"])
    texts = []
    for _ in range(2):
        run("check", ".", "--write-baseline", "base.json")
        texts.append((folder / "base.json").read_text())
    assert texts[0] == texts[1]
    assert "[Name]" not in texts[0]
    assert "feedback?" not in texts[0]


def test_entries_that_match_nothing_are_reported(run: Command, write: Writer, drafts: Texts) -> None:
    write("a.txt", drafts["slot"])
    write("b.txt", drafts["slot"])
    run("check", ".", "--write-baseline", "base.json")
    write("b.txt", drafts["good"])
    result = run("check", "b.txt", "--baseline", "base.json", "--format", "concise")
    line = Path("base.json").read_text().splitlines().index('    "b.txt": [') + 1
    assert line > 4
    assert result.out == (
        f"base.json:{line}:1: suppression/unused baseline entries for b.txt that match no finding: 1\n"
    )


def test_no_baseline_is_written_over_when_something_could_not_be_checked(
    run: Command, write: Writer, drafts: Texts, folder: Path
) -> None:
    write("a.txt", drafts["slot"])
    write("base.json", "old")
    result = run("check", "a.txt", "missing.txt", "--write-baseline", "base.json")
    assert result.code == 2
    assert (folder / "base.json").read_text() == "old"
    assert "base.json: not written" in result.err


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 9, "files": {}}', '{"version": 1, "files": {"a": [{}]}}', "[" * 99_999],
)
def test_a_broken_baseline_is_an_error(run: Command, write: Writer, drafts: Texts, text: str) -> None:
    write("a.txt", drafts["good"])
    write("base.json", text)
    result = run("check", "a.txt", "--baseline", "base.json")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("notecheck: base.json: not a baseline file")
    assert result.err.count("\n") == 1
