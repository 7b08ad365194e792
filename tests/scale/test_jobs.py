"""Checking in several processes: the same bytes, and nothing lost when one of them goes."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notecheck.cli import pool, runner

from .conftest import start, write_rows
from .fakes import FakeChecker

Command = Callable[..., Any]

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "CHUNK_DRAFTS", 4)


@pytest.fixture
def mixed(folder: Path) -> Path:
    """Files of every kind, some broken, under two configurations."""
    for number in range(12):
        place = folder / "notes" / ("strict" if number % 3 else "loose")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:02}.txt").write_text(f"Dear {number},\n\nthank you for the slot.\n")
    (folder / "notes" / "strict" / "empty.txt").write_text("")
    (folder / "notes" / "strict" / "fails.txt").write_text("this one fails")
    (folder / "notes" / "loose" / "notecheck.toml").write_text("[levels]\nslots = 'note'\n")
    write_rows(folder / "notes" / "rows.jsonl", [*(f"Row {n}, a slot" for n in range(9)), None, "last", ""])
    return folder / "notes"


@pytest.mark.parametrize("form", ["jsonl", "json", "text", "concise"])
def test_the_number_of_processes_does_not_show(run: Command, mixed: Path, form: str) -> None:
    def result(jobs: str) -> Any:
        return run("check", "notes", "--format", form, "--output", "out", "--jobs", jobs, rules=_rules)

    one = result("1"), (mixed.parent / "out").read_bytes()
    two = result("2"), (mixed.parent / "out").read_bytes()
    assert one == two
    assert one[0].code == 2
    assert b"slot" in one[1]


def _rules(config: Any) -> Any:
    from types import SimpleNamespace

    return [SimpleNamespace(id="slots/any")]


def test_outcomes_come_in_the_order_of_the_input(run: Command, folder: Path) -> None:
    # The first draft of each chunk takes longest.
    write_rows(folder / "rows.jsonl", [f"{n} {'waits' if n % 4 == 0 else ''} slot" for n in range(40)])
    result = run("check", "rows.jsonl", "--format", "concise", "--jobs", "3")
    lines = [line.split(":")[1] for line in result.out.splitlines() if "slots/any" in line]
    assert lines == [str(number) for number in range(1, 41)]


def test_small_inputs_stay_in_this_process(
    run: Command, mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "Pool", None)
    monkeypatch.setattr(runner, "_cores", lambda: 8)
    assert run("check", "notes", "--format", "concise").code == 2


def test_a_single_chunk_needs_no_process_of_its_own(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "Pool", None)
    (folder / "a.txt").write_text("A slot.")
    assert run("check", "a.txt", "--jobs", "8").code == 1


def test_drafts_are_checked_in_batches_and_a_fault_is_that_of_one(run: Command, folder: Path) -> None:
    made: list[FakeChecker] = []

    def make(config: Any) -> FakeChecker:
        made.append(FakeChecker(config))
        return made[-1]

    for number in range(6):
        (folder / f"{number}.txt").write_text("it fails" if number == 2 else "a slot")
    result = run("check", ".", "--format", "concise", make_checker=make)
    assert made[0].batches == [4, 2]
    assert len(result.out.splitlines()) == 10
    assert result.err.startswith("notecheck: 2.txt: internal error (KeyError")
    assert result.err.count("\n") == 1
    assert "private" not in result.err


def test_settings_that_cannot_be_used_are_said_once(run: Command, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "notecheck.toml").write_text("ignore = ['nowhere']")
    for name in ("a.txt", "b.txt", "sub/c.txt", "sub/d.txt"):
        (folder / name).write_text("a slot")
    for jobs in ("1", "2"):
        result = run("check", ".", "--format", "concise", "--jobs", jobs, rules=_nowhere)
        assert result.code == 2
        assert result.out.count("slots/any") == 2
        assert result.err == "notecheck: rules/nowhere.toml: broken\n"


def _nowhere(config: Any) -> Any:
    from types import SimpleNamespace

    return [SimpleNamespace(id="nowhere/rule")]


@posix
def test_a_process_that_dies_loses_only_the_draft_that_kills_it(run: Command, folder: Path) -> None:
    texts = [f"{number} slot" for number in range(30)]
    texts[13] = "it dies"
    write_rows(folder / "rows.jsonl", texts)
    result = run("check", "rows.jsonl", "--format", "concise", "--jobs", "2")
    assert result.code == 2
    lines = [int(line.split(":")[1]) for line in result.out.splitlines() if "slots/any" in line]
    assert lines == [number + 1 for number in range(30) if number != 13]
    assert result.err == "notecheck: rows.jsonl:14: not checked: the worker process died (SIGKILL)\n"


@posix
def test_processes_that_keep_dying_are_given_up(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "MAX_DEATHS", 3)
    for number in range(12):
        (folder / f"{number:02}.txt").write_text("it dies")
    result = run("check", ".", "--format", "concise", "--jobs", "2")
    assert (result.code, result.out) == (2, "")
    lines = result.err.splitlines()
    assert [line.split(": ")[1] for line in lines] == [f"{number:02}.txt" for number in range(12)]
    assert all(": not checked: " in line for line in lines)


@posix
def test_ctrl_c_ends_every_process_without_a_traceback(folder: Path) -> None:
    write_rows(folder / "rows.jsonl", [f"{number} waits slot" for number in range(4000)])
    process = start("check", "rows.jsonl", "--format", "jsonl", "--jobs", "2", "--output", "out.jsonl")
    part = folder / "out.jsonl.part"
    assert _becomes_true(lambda: part.exists() and part.stat().st_size > 0)
    # As a terminal does it: to every process of the group.
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert err.startswith("notecheck: stopped after ")
    assert "the last of them rows.jsonl:" in err
    assert "--resume" in err
    assert err.strip().count("\n") == 0
    assert _becomes_true(lambda: not _group_lives(process.pid))


def test_the_shipped_checker_gives_the_same_bytes_however_it_is_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from notecheck.cli import main

    asks = ("Was it my {}?", "Do you have any feedback on my {}?", "I won't ask about my {}.")
    things = ("weaving", "case study", "Spanish", "take-home", "second drawing", "answer on pricing")
    for number in range(18):
        name = f"{number:02}.txt"
        text = f"Hi Ada {number},\n\nThank you for the hour with Petra. {asks[number % 3]}\n\nBest,\nJo\n"
        (folder / name).write_text(text.format(things[number % 6]))

    def result(*argv: str) -> Any:
        code = main(["check", *argv, "--format", "jsonl"])
        return code, capsys.readouterr()

    first = result(".", "--no-cache", "--jobs", "1")
    assert first[1].out.count("\n") == 18
    assert result(".", "--cache-dir", "../kept", "--jobs", "2") == first
    assert result(".", "--cache-dir", "../kept") == first
    # Alone and from the last to the first, half of them known.
    (folder.parent / "kept" / "verdicts-1").rename(folder.parent / "gone")
    names = [f"{number:02}.txt" for number in range(18)]
    result(*names[::2], "--cache-dir", "../kept")
    backwards = result(*reversed(names), "--cache-dir", "../kept")[1].out.splitlines()
    assert backwards[::-1] == first[1].out.splitlines()


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _becomes_true(condition: Callable[[], bool]) -> bool:
    for _ in range(600):
        if condition():
            return True
        time.sleep(0.1)
    return False
