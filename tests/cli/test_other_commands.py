"""The commands beside ``check``, and how the program behaves as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from notecheck.types import NotecheckError

Command = Callable[..., Any]
Writer = Callable[[str, str], Path]

COMMANDS = ["check", "rules", "rules test", "explain", "eval", "config", "schema"]


def process(*argv: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "notecheck", *argv],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_everywhere(run: Command, command: str, option: str) -> None:
    result = run(*command.split(), option)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: notecheck {command}".rstrip())


def test_without_a_command_the_help_is_shown_and_it_is_2(run: Command) -> None:
    result = run()
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: notecheck")


def test_rules_are_listed_with_the_level_that_holds(run: Command, write: Writer) -> None:
    write("notecheck.toml", 'ignore = ["annoyance"]\n[levels]\nslots = "note"')
    lines = run("rules").out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["feedback/broad", "error"],["gratitude/detail", "note"],["gratitude/stock", "note"],["keep_in_mind/missing", "error"],["slots/bracket", "note"],
    ]  # fmt: skip
    rows = run("rules", "--json", "--isolated").json
    assert rows[0]["id"] == "annoyance/jab"
    assert set(rows[0]) == {"id", "level", "summary", "why", "hint", "source"}


def test_explain_says_why_and_what_instead(run: Command, folder: Path) -> None:
    result = run("explain", "slots/bracket")
    assert result.code == 0
    assert "Because a reader minds." in result.out
    assert "Write something else." in result.out


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("slots/brakcet", "slots/bracket"),
        ("bracket", "slots/bracket"),
        ("feedback", "feedback/broad"),
        ("annoyance/jabb", "annoyance/jab"),
    ],
)
def test_explain_names_the_nearest_rule_on_a_miss(run: Command, folder: Path, name: str, near: str) -> None:
    result = run("explain", name)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"notecheck: no rule {name}, did you mean {near}?\n"


def test_explain_of_nothing_near_says_where_to_look(run: Command, folder: Path) -> None:
    assert run("explain", "xyzzy").err == "notecheck: no rule xyzzy; notecheck rules lists them\n"


def test_explain_knows_what_no_rule_file_has(run: Command, folder: Path) -> None:
    assert run("explain", "suppression/unused").out.startswith("suppression/unused (warning)\n")
    assert "learned" in run("explain", "reader/annoyance").err


def test_config_shows_what_the_draft_itself_hides(run: Command, write: Writer) -> None:
    write("notecheck.toml", "[[overrides]]\npaths = ['*.md']\nignore = ['slots']")
    write("a.md", "---\nnotecheck: {ignore: [feedback]}\n---\nDear Ines")
    write("a.md.notecheck.toml", "ignore = ['annoyance']")
    lines = [line.split() for line in run("config", "--show", "a.md").out.splitlines()[-3:]]
    assert [(line[2], line[-1]) for line in lines] == [
        ('["slots"]', "*.md"),
        ('["annoyance"]', "a.md.notecheck.toml"),
        ('["feedback"]', "a.md"),
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("notecheck explain feedback/br", ["plain,feedback/broad"]),
        ("notecheck check --format sa", ["plain,sarif"]),
        ("notecheck check dra", ["file,dra"]),
        ("notecheck rules te", ["plain,test"]),
    ],
)
def test_the_shell_completes(words: str, expected: list[str]) -> None:
    count = words.count(" ")
    env = {
        **os.environ,
        "COMP_WORDS": words,
        "COMP_CWORD": str(count),
        "_NOTECHECK_COMPLETE": "bash_complete",
    }
    assert process(env=env).stdout.splitlines() == expected


def outcome(ok: bool) -> SimpleNamespace:
    return SimpleNamespace(
        rule="slots/bracket", kind="flag", text="Dear [Name]", ok=ok, detail="gave nothing"
    )


def test_rules_test(run: Command, folder: Path) -> None:
    good = run("rules", "test", "mine", run_examples=lambda folder: iter([outcome(True)] * 3))
    assert (good.code, good.out) == (0, "3 examples, 0 failed\n")
    bad = run("rules", "test", run_examples=lambda folder: iter([outcome(True), outcome(False)]))
    assert bad.code == 1
    assert bad.out.splitlines() == [
        "slots/bracket: flag: gave nothing: Dear [Name]", "2 examples, 1 failed",
    ]  # fmt: skip
    empty = run("rules", "test", "mine", run_examples=lambda folder: iter(()))
    assert (empty.code, empty.err) == (2, "notecheck: mine: no rule with an example\n")

    def broken(folder: Path | None) -> Any:
        raise NotecheckError("mine/a.toml: level: must be one of …")

    assert run("rules", "test", "mine", run_examples=broken).code == 2


class FakeEvaluation:
    def to_dict(self) -> dict[str, Any]:
        return {"gratitude": {"macro_f1": 0.9}}

    def render(self, errors: bool) -> str:
        return "gratitude 0.90" + (" and one note otherwise" if errors else "")

    def below(self, floors: dict[str, Any]) -> list[str]:
        low = floors.get("gratitude", {}).get("macro_f1", 0) > 0.9
        return ["gratitude.macro_f1: 0.90 is below 0.95"] if low else []


def test_eval(run: Command, write: Writer) -> None:
    write("floors.toml", "[gratitude]\nmacro_f1 = 0.95")
    write("low.toml", "[gratitude]\nmacro_f1 = 0.5")
    tools = {"evaluate": lambda path, config, split: FakeEvaluation()}
    assert run("eval", "corpus", **tools).out == "gratitude 0.90\n"
    assert "otherwise" in run("eval", "corpus", "--errors", **tools).out
    assert run("eval", "corpus", "--json", **tools).json == {"gratitude": {"macro_f1": 0.9}}
    assert run("eval", "corpus", "--floors", "low.toml", **tools).code == 0
    failed = run("eval", "corpus", "--floors", "floors.toml", **tools)
    assert (failed.code, failed.err) == (1, "notecheck: gratitude.macro_f1: 0.90 is below 0.95\n")
    assert run("eval", "corpus", "--floors", "missing.toml", **tools).code == 2


def test_config_shows_each_value_and_its_file(run: Command, write: Writer) -> None:
    write("base.toml", '[levels]\n"annoyance/jab" = "note"')
    write(
        "notecheck.toml",
        'extends = "base.toml"\nignore = ["slots"]\n[thresholds]\nannoyance = 0.4\n'
        '[[overrides]]\npaths = ["old/"]\nignore = ["feedback"]\nthresholds = { annoyance = 0.9 }',
    )
    rows = [line.split("# ")[-1].strip() for line in run("config", "--show", "new.txt").out.splitlines()]
    text = run("config", "--show", "new.txt").out
    assert len(rows) == 7
    for setting, source in [
        ("select = []", "default"),
        ('ignore = ["slots"]', "notecheck.toml"),
        ('levels."annoyance/jab" = "note"', "base.toml"),
        ("thresholds.annoyance = 0.4", "notecheck.toml"),
        ("thresholds.genericness = 0.", "default"),
        ("thresholds.reading_seconds = 60", "default"),
    ]:
        assert any(line.startswith(setting) and line.endswith(f"# {source}") for line in text.splitlines())
    old = run("config", "--show", "old/new.txt").out
    assert 'overrides.ignore = ["feedback"]' in old
    assert "thresholds.annoyance = 0.9" in old
    assert "notecheck.toml, for old/" in old


@pytest.mark.parametrize(
    "command", ["", "check", "rules", "rules test", "explain", "eval", "config", "schema"]
)
def test_every_help_fits_a_terminal_and_cuts_nothing_short(command: str) -> None:
    done = process(*command.split(), "--help", env={**os.environ, "COLUMNS": "80"})
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"Usage: notecheck {command}".rstrip())
    assert not [line for line in lines if len(line) > 80]
    assert not [line for line in lines if line.endswith("...") and not line.startswith("Usage:")]


def test_version_and_help_load_nothing_heavy() -> None:
    code = (
        "import sys; from notecheck.cli import main; main(['--version']); main(['check', '--help']);"
        "main(['schema']); print(sorted({'spacy', 'numpy', 'textstat', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.startswith("notecheck ")
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_closed_pipe_is_quiet() -> None:
    command = f'"{sys.executable}" -m notecheck schema | head -n 1'
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.stderr == ""
    assert done.stdout == "{\n"
    code = (
        "import sys, os; from notecheck.cli import main; r, w = os.pipe(); os.dup2(w, 1); os.close(w);"
        "os.close(r); sys.exit(main(['schema']))"
    )
    gone = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=120
    )
    assert (gone.returncode, gone.stderr) == (0, "")


def test_a_stream_of_another_encoding_still_gets_its_text() -> None:
    done = process(
        "config", "--show", "日本.txt", "--isolated", env={"PYTHONIOENCODING": "latin-1", "PATH": ""}
    )
    assert done.returncode == 0
    missing = process("check", "日本.txt", env={"PYTHONIOENCODING": "latin-1", "PATH": ""})
    assert missing.returncode == 2
    assert missing.stderr == "notecheck: \\u65e5\\u672c.txt: no such file or folder\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell: str) -> None:
    env = {**os.environ, "_NOTECHECK_COMPLETE": f"{shell}_source"}
    done = process(env=env)
    assert done.returncode == 0
    assert "notecheck" in done.stdout


def test_the_hook_for_pre_commit_is_as_pre_commit_wants_it() -> None:
    from pre_commit.clientlib import load_manifest

    (hook,) = load_manifest(str(Path(__file__).parents[2] / ".pre-commit-hooks.yaml"))
    assert hook["entry"] == "notecheck check"


def test_json_output_of_rules_is_a_list(run: Command, folder: Path) -> None:
    assert isinstance(json.loads(run("rules", "--json").out), list)
