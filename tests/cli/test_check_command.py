"""``notecheck check``: what it checks, what it prints where, and its exit codes."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from notecheck.output import FORMATS
from notecheck.output.schema import schema

Command = Callable[..., Any]
Writer = Callable[[str, str], Path]
Texts = dict[str, str]


def concise(result: Any) -> list[str]:
    """Paths and rules of concise output."""
    return [line.split(" ")[0].split(":")[0] + " " + line.split(" ")[1] for line in result.out.splitlines()]


# What is checked


def test_a_folder_is_searched_sorted_for_known_suffixes(run: Command, write: Writer, drafts: Texts) -> None:
    for name in (
        "b.txt",
        "a.md",
        "sub/deep/c.eml",
        "sub/d.html",
        ".hidden/e.txt",
        ".f.txt",
        "g.pdf",
        "h.TXT",
    ):
        write(f"notes/{name}", drafts["broad"])
    result = run("check", "notes", "--format", "concise")
    assert [line.split(":")[0] for line in result.out.splitlines()] == [
        "notes/a.md", "notes/b.txt", "notes/h.TXT", "notes/sub/d.html", "notes/sub/deep/c.eml",
    ]  # fmt: skip
    assert result.code == 1


def test_a_named_file_is_checked_whatever_it_is_called_and_only_once(
    run: Command, write: Writer, drafts: Texts
) -> None:
    write("letters/note.draft", drafts["broad"])
    result = run("check", "letters/note.draft", "./letters/note.draft", "--format", "concise")
    assert concise(result) == ["letters/note.draft feedback/broad"]


def test_globs(run: Command, write: Writer, drafts: Texts) -> None:
    write("x/one.txt", drafts["broad"])
    write("x/y/two.txt", drafts["slot"])
    write("x/y/two.txt.bak", drafts["slot"])
    assert concise(run("check", "x/**/*", "--format", "concise")) == [
        "x/one.txt feedback/broad", "x/y/two.txt slots/bracket",
    ]  # fmt: skip
    none = run("check", "x/*.eml")
    assert (none.code, none.out, none.err) == (2, "", "notecheck: x/*.eml: no draft matches\n")


def test_a_glob_that_names_a_folder_takes_what_is_in_it(run: Command, write: Writer, drafts: Texts) -> None:
    write("x/y/z/one.txt", drafts["broad"])
    write("x/.hidden/two.txt", drafts["broad"])
    assert concise(run("check", "x/*", "--format", "concise")) == ["x/y/z/one.txt feedback/broad"]


def test_a_closed_standard_input_hides_nothing(
    run: Command, write: Writer, drafts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.txt", drafts["slot"])
    monkeypatch.setattr(sys, "stdin", None)
    result = run("check", "-", "a.txt", "--format", "concise")
    assert (result.code, result.err) == (2, "notecheck: <stdin>: closed\n")
    assert concise(result) == ["a.txt slots/bracket"]


def test_a_file_whose_name_looks_like_a_glob(run: Command, write: Writer, drafts: Texts) -> None:
    write("note[1].txt", drafts["broad"])
    assert concise(run("check", "note[1].txt", "--format", "concise")) == ["note[1].txt feedback/broad"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_loop_of_links_ends(run: Command, write: Writer, drafts: Texts, folder: Path) -> None:
    write("x/a.txt", drafts["broad"])
    (folder / "x" / "again").symlink_to(folder / "x", target_is_directory=True)
    (folder / "x" / "self.txt").symlink_to(folder / "x" / "self.txt")
    for path in ("x", "x/**", "x/**/*.txt", "x/*"):
        assert concise(run("check", path, "--format", "concise")) == ["x/a.txt feedback/broad"]
    named = run("check", "x/self.txt")
    assert named.code == 2
    assert named.err.startswith("notecheck: x/self.txt: ")
    assert named.err.count("\n") == 1


def feed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))


def test_standard_input(run: Command, folder: Path, drafts: Texts, monkeypatch: pytest.MonkeyPatch) -> None:
    feed(monkeypatch, drafts["broad"])
    assert run("check", "-", "--format", "concise").out.startswith("<stdin>:3:45: feedback/broad ")


def test_standard_input_goes_by_a_name(
    run: Command, write: Writer, drafts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("notes/notecheck.toml", "[levels]\nfeedback = 'note'")
    feed(monkeypatch, drafts["broad"])
    result = run("check", "-", "--stdin-filename", "notes/new.txt", "--format", "json")
    assert result.json["files"][0]["path"] == "notes/new.txt"
    assert result.json["files"][0]["report"]["findings"][0]["level"] == "note"


def test_standard_input_is_never_guessed(run: Command, folder: Path) -> None:
    result = run("check")
    assert (result.code, result.out) == (2, "")
    assert result.err.count("\n") == 1
    assert "PATH" in result.err


def test_every_draft_of_a_file_with_many(run: Command, write: Writer, drafts: Texts) -> None:
    rows = [json.dumps({"text": drafts["good"]}), "no JSON", json.dumps({"text": drafts["slot"]})]
    write("rows.jsonl", "\n".join(rows))
    result = run("check", "rows.jsonl", "--format", "concise")
    assert result.code == 2
    assert result.out.startswith("rows.jsonl:3:1:6: slots/bracket ")
    assert result.err == "notecheck: rows.jsonl:2: no text\n"


# Exit codes


def test_exit_codes_follow_the_fail_level(run: Command, write: Writer, drafts: Texts) -> None:
    write("good.txt", drafts["good"])
    write("jab.txt", drafts["jab"])
    write("slot.txt", drafts["slot"])
    assert run("check", "good.txt", "--fail-on", "note").code == 0
    assert run("check", "jab.txt").code == 0
    assert run("check", "jab.txt", "--fail-on", "warning").code == 1
    assert run("check", "slot.txt").code == 1
    assert run("check", "slot.txt", "--fail-on", "never").code == 0
    assert run("check", "missing.txt", "--fail-on", "never").code == 2


def test_three_hundred_findings_still_exit_with_1(run: Command, write: Writer, drafts: Texts) -> None:
    write("rows.jsonl", "\n".join([json.dumps({"text": drafts["slot"]})] * 300))
    assert run("check", "rows.jsonl").code == 1


def test_a_missing_path_is_2_and_the_others_are_reported(run: Command, write: Writer, drafts: Texts) -> None:
    write("slot.txt", drafts["slot"])
    for form in ("text", "concise", "github"):
        result = run("check", "missing.txt", "slot.txt", "--format", form)
        assert result.code == 2
        assert "slots/bracket" in result.out
        assert result.err == "notecheck: missing.txt: no such file or folder\n"


@pytest.mark.parametrize("form", ["json", "jsonl", "sarif", "junit"])
def test_a_program_gets_nothing_or_all(run: Command, write: Writer, drafts: Texts, form: str) -> None:
    write("slot.txt", drafts["slot"])
    result = run("check", "missing.txt", "slot.txt", "--format", form)
    assert (result.code, result.out) == (2, "")
    lines = result.err.splitlines()
    assert lines[-1] == "notecheck: missing.txt: no such file or folder"
    # What was found is not lost.
    assert lines[0].startswith("slot.txt:1:6: slots/bracket ")


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_is_printed_when_nothing_could_be_read(run: Command, folder: Path, form: str) -> None:
    result = run("check", "missing.txt", "--format", form)
    assert result.code == 2
    if form != "github":
        assert result.out == ""


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("bytes.txt", b"Dear \xff", "not UTF-8 at byte 5"),
        ("crash.txt", b"crash here", "internal error (KeyError in "),
    ],
)
def test_one_bad_file_never_hides_the_findings_of_the_others(
    run: Command, write: Writer, drafts: Texts, folder: Path, name: str, content: bytes, cause: str
) -> None:
    write("a.txt", drafts["slot"])
    write("z.txt", drafts["broad"])
    (folder / name).write_bytes(content)
    result = run("check", ".", "--format", "concise")
    assert result.code == 2
    assert concise(result) == ["a.txt slots/bracket", "z.txt feedback/broad"]
    assert result.err.startswith(f"notecheck: {name}: {cause}")
    assert result.err.count("\n") == 1
    assert "private words" not in result.err


def test_a_folder_without_drafts(run: Command, write: Writer, drafts: Texts, folder: Path) -> None:
    (folder / "empty").mkdir()
    write("good.txt", drafts["good"])
    result = run("check", "empty", "good.txt")
    assert result.code == 2
    assert result.err.startswith("notecheck: empty: no drafts in this folder")
    assert "good.txt: ready to send" in result.out


def test_a_file_that_goes_away_before_it_is_read(run: Command, write: Writer, drafts: Texts) -> None:
    write("x/a.txt", drafts["slot"])
    write("x/b.txt", drafts["slot"])

    def read(job: Any) -> Iterator[Any]:
        if job.path.name == "a.txt":
            job.path.unlink()
        with job.path.open() as stream:
            from types import SimpleNamespace

            yield SimpleNamespace(source=stream.read(), name=None, remarks=(), verbatim=True)

    result = run("check", "x", "--format", "concise", read=read)
    assert result.code == 2
    assert concise(result) == ["x/b.txt slots/bracket"]
    assert result.err == "notecheck: x/a.txt: no such file or directory\n"


def test_ctrl_c_is_130_without_a_traceback(run: Command, write: Writer, drafts: Texts, folder: Path) -> None:
    def read(job: Any) -> Iterator[Any]:
        raise KeyboardInterrupt

    write("a.txt", drafts["good"])
    result = run("check", "a.txt", "--output", "out.json", "--format", "json", read=read)
    assert result.code == 130
    assert "Traceback" not in result.err
    assert os.listdir(folder) == ["a.txt"]


@pytest.mark.parametrize(
    "argv",
    [
        ["check", "a.txt", "--format", "xml"],
        ["check", "a.txt", "--stdin-filename", "b.txt"],
        ["check", "a.txt", "--config", "nowhere.toml"],
        ["check", "a.txt", "--config", "a.toml", "--isolated"],
        ["check", "a.txt", "--baseline", "nowhere.json"],
        ["check", "a.txt", "--baseline", "a", "--write-baseline", "b"],
        ["check", "a.txt", "--output", "nowhere/out.json"],
        ["check", "a.txt", "--output", "./a.txt"],
        ["check", "a.txt", "--output", "b.json", "--write-baseline", "./b.json"],
        ["check", "a.txt", "--output", "base.json", "--baseline", "base.json"],
        ["check", "a.txt", "--output", "own.toml", "--config", "own.toml"],
        ["check", "a.txt", "--diff-from", "a.txt", "--statistics"],
        ["check", ".", "--write-baseline", "a.txt"],
        ["check", "a.txt", "--diff-from", "b.txt", "--format", "sarif"],
        ["check", "a.txt", "--no-such-option"],
        ["chek", "a.txt"],
    ],
)
def test_wrong_usage_is_one_line_and_2(run: Command, write: Writer, drafts: Texts, argv: list[str]) -> None:
    write("a.txt", drafts["good"])
    write("base.json", '{"version": 1, "files": {}}')
    write("own.toml", "")
    result = run(*argv)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("notecheck: ")
    assert result.err.count("\n") == 1


# What is printed where


def test_json_has_one_shape_under_the_published_schema(run: Command, write: Writer, drafts: Texts) -> None:
    import jsonschema

    write("slot.txt", drafts["slot"])
    write("page.html", drafts["good"])
    for paths in (["slot.txt"], ["slot.txt", "page.html"]):
        result = run("check", *paths, "--format", "json", "--statistics")
        jsonschema.Draft202012Validator(schema()).validate(result.json)
        assert [item["path"] for item in result.json["files"]] == paths
        assert result.json["files"][0]["report"]["findings"][0]["quote"] == "[Name]"
    assert run("schema").json == schema()


def test_output_goes_to_a_file_whole(run: Command, write: Writer, drafts: Texts, folder: Path) -> None:
    write("slot.txt", drafts["slot"])
    write("out.json", "old")
    result = run("check", "slot.txt", "missing.txt", "--format", "json", "--output", "out.json")
    assert (result.code, result.out) == (2, "")
    value = json.loads((folder / "out.json").read_text())
    assert [item["path"] for item in value["files"]] == ["slot.txt"]
    assert value["errors"][0]["message"] == "missing.txt: no such file or folder"
    assert sorted(os.listdir(folder)) == ["out.json", "slot.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such devices there")
def test_output_to_a_device_does_not_replace_it(run: Command, write: Writer, drafts: Texts) -> None:
    write("slot.txt", drafts["slot"])
    assert run("check", "slot.txt", "--output", os.devnull).code == 1
    assert not os.path.isfile(os.devnull)


@pytest.mark.parametrize("form", FORMATS)
def test_redacted_output_has_none_of_the_drafts_words(
    run: Command, write: Writer, drafts: Texts, form: str
) -> None:
    write("a.txt", drafts["jab"])
    write("b.html", drafts["slot"].replace("Was it my welding?", "Do you have any feedback?"))
    result = run("check", "a.txt", "b.html", "--format", form, "--redact")
    assert result.code == 1
    for words in ("Obviously", "[Name]", "any feedback", "foundry", "welding", "keep me in mind"):
        assert words not in result.out.replace("[redacted]", "") + result.err


def test_statistics(run: Command, write: Writer, drafts: Texts) -> None:
    write("rows.jsonl", "\n".join(json.dumps({"text": drafts[name]}) for name in ("slot", "slot", "jab")))
    table = ["     2  error    slots/bracket", "     1  warning  annoyance/jab"]
    assert run("check", "rows.jsonl", "--format", "concise", "--statistics").out.splitlines()[-2:] == table
    assert run("check", "rows.jsonl", "--format", "jsonl", "--statistics").err.splitlines() == table


def test_no_bar_and_no_colour_without_a_terminal(run: Command, write: Writer, drafts: Texts) -> None:
    for number in range(40):
        write(f"x/{number}.txt", drafts["slot"])
    result = run("check", "x")
    assert result.err == ""
    assert "\x1b" not in result.out


def test_a_terminal_gets_colour_unless_no_color_is_set(
    run: Command, write: Writer, drafts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("slot.txt", drafts["slot"])
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" in run("check", "slot.txt").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("check", "slot.txt").out


def test_many_files_show_a_bar_on_a_terminal(
    run: Command, write: Writer, drafts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        write(f"x/{number}.txt", drafts["good"])
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    result = run("check", "x", "--format", "json")
    assert "Checking" in result.err
    assert len(result.json["files"]) == 40


# Comparing


def test_a_comparison_names_what_broke_and_the_words(run: Command, write: Writer, drafts: Texts) -> None:
    import jsonschema

    write("old.txt", drafts["good"])
    write("new.txt", drafts["good"].replace("Please keep me in mind.", "Obviously that is that."))
    result = run("check", "new.txt", "--diff-from", "old.txt")
    assert result.code == 1
    assert "✗ Keep-in-mind request: yes → no  passed before" in result.out
    assert "- keep_in_mind/fake “Please keep me in mind”" in result.out
    assert "+2.50 annoyance/jab “Obviously”" in result.out
    value = run("check", "new.txt", "--diff-from", "old.txt", "--format", "json").json
    jsonschema.Draft202012Validator(schema()).validate(value)
    assert value["broke"] == ["keep_in_mind", "annoyance", "ready"]
    assert value["checks"]["keep_in_mind"]["lost"][0]["quote"] == "Please keep me in mind"
    assert [item["rule"] for item in value["findings"]["appeared"]] == [
        "annoyance/jab",
        "keep_in_mind/missing",
    ]


def test_a_comparison_for_the_better_is_0(run: Command, write: Writer, drafts: Texts) -> None:
    write("old.txt", drafts["broad"])
    write("new.txt", drafts["good"])
    result = run("check", "new.txt", "--diff-from", "old.txt")
    assert result.code == 0
    assert "not ready to send → ready to send" in result.out or "ready to send" in result.out


def test_a_comparison_can_be_redacted(run: Command, write: Writer, drafts: Texts) -> None:
    write("old.txt", drafts["good"])
    write("new.txt", drafts["jab"])
    for form in ("text", "json"):
        result = run("check", "new.txt", "--diff-from", "old.txt", "--redact", "--format", form)
        assert "Obviously" not in result.out
        assert "[redacted]" in result.out


def test_a_comparison_is_of_one_draft_with_one(run: Command, write: Writer, drafts: Texts) -> None:
    write("old.txt", drafts["good"])
    write("new.txt", drafts["good"])
    write("rows.jsonl", "\n".join([json.dumps({"text": drafts["good"]})] * 2))
    for argv in (
        ["new.txt", "old.txt", "--diff-from", "old.txt"],
        ["new.txt", "--diff-from", "missing.txt"],
        ["new.txt", "--diff-from", "rows.jsonl"],
        ["rows.jsonl", "--diff-from", "old.txt"],
    ):
        result = run("check", *argv)
        assert (result.code, result.out) == (2, "")
        assert result.err.count("\n") == 1
