"""Big files: memory that does not grow, progress, and runs that are taken up where they ended."""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notecheck.cli import sinks
from notecheck.output import FORMATS

from .conftest import start, write_rows
from .fakes import FakeChecker

Command = Callable[..., Any]
RESUMABLE = ("jsonl", "concise", "text")

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")


@pytest.fixture(autouse=True)
def frequent_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "CHECKPOINT", 7)


def texts(count: int) -> list[str | None]:
    """Rows of every sort: with and without a finding, one of ten broken or empty."""
    return [
        None if n % 20 == 11 else "" if n % 20 == 3 else f"Row {n} {'slot' * (n % 2)}" for n in range(count)
    ]


def write_parquet(path: Path, values: list[str | None]) -> Path:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pa.table({"id": list(range(len(values))), "text": pa.array(values, pa.string())})
    parquet.write_table(table, path, row_group_size=64)
    return path


class StopsAt(FakeChecker):
    """Is interrupted at its nth draft."""

    left = 0

    def check(self, draft: Any, /) -> Any:
        StopsAt.left -= 1
        if StopsAt.left < 0:
            raise KeyboardInterrupt
        return super().check(draft)


@pytest.mark.parametrize("form", RESUMABLE)
@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_an_interrupted_run_is_taken_up_with_no_row_lost_or_doubled(
    run: Command, folder: Path, kind: str, form: str
) -> None:
    (folder / "a.txt").write_text("A slot before.")
    (write_rows if kind == "jsonl" else write_parquet)(folder / f"rows.{kind}", texts(300))
    (folder / "z.txt").write_text("A slot behind.")
    # What is broken before anything is checked is said once.
    argv = ("check", "missing.txt", "a.txt", f"rows.{kind}", "z.txt", "--format", form, "--statistics")
    whole = run(*argv, "--output", "whole")
    said = 0
    for stop in (1, 40, 100, 50, 10_000):
        StopsAt.left = stop
        result = run(*argv, "--output", "out", "--resume", make_checker=StopsAt)
        if stop == 10_000:
            break
        assert result.code == 130
        assert not (folder / "out").exists()
        said += "stopped after" in result.err
        assert "Traceback" not in result.err
    assert said == 3  # the first time not one draft was done
    assert result.code == whole.code == 2
    assert (folder / "out").read_bytes() == (folder / "whole").read_bytes()
    assert sorted(os.listdir(folder)) == ["a.txt", "out", f"rows.{kind}", "whole", "z.txt"]
    if form == "jsonl":
        lines = [json.loads(line) for line in (folder / "out").read_text().splitlines()]
        # One line a row in the order of the rows, and one for each of the three other names.
        assert len(lines) == 303
        assert lines[0]["error"]["path"] == "missing.txt"


def test_an_interrupted_run_says_how_far_it_got(run: Command, folder: Path) -> None:
    write_rows(folder / "rows.jsonl", [f"Row {n}" for n in range(100)])
    StopsAt.left = 64
    result = run("check", "rows.jsonl", "--format", "jsonl", "-o", "out", make_checker=StopsAt)
    assert result.err.strip() == (
        "notecheck: stopped after 64 drafts, the last of them rows.jsonl:64; "
        "the same command with --resume goes on from there"
    )
    StopsAt.left = 64
    result = run("check", "rows.jsonl", "--format", "json", make_checker=StopsAt)
    assert result.err.strip() == "notecheck: stopped after 64 drafts, the last of them rows.jsonl:64"
    assert result.out == ""
    resumed = run("check", "rows.jsonl", "--format", "jsonl", "-o", "out", "--resume")
    assert resumed.err == "notecheck: going on after 64 drafts\n"


@posix
def test_a_run_that_was_killed_is_taken_up(folder: Path) -> None:
    write_rows(folder / "rows.jsonl", [f"Row {n} waits" if 700 < n < 740 else f"Row {n}" for n in range(900)])
    argv = ("check", "rows.jsonl", "--format", "jsonl", "--jobs", "1", "--output", "out")
    process = start(*argv)
    state = folder / "out.part.state"
    while not state.exists():
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    # A write that was cut short does no harm.
    with open(folder / "out.part", "ab") as file:
        file.write(b'{"version": 1, "pa')
    resumed = start(*argv, "--resume")
    resumed.communicate(timeout=120)
    assert resumed.returncode == 0
    names = [json.loads(line)["name"] for line in (folder / "out").read_text().splitlines()]
    assert names == [f"rows.jsonl:{number}" for number in range(1, 901)]
    assert not state.exists()


def test_what_has_changed_cannot_be_taken_up(run: Command, folder: Path) -> None:
    def interrupted() -> None:
        write_rows(folder / "rows.jsonl", texts(100))
        StopsAt.left = 64
        assert run("check", "rows.jsonl", "-o", "out", make_checker=StopsAt).code == 130

    def refused(*more: str) -> bool:
        result = run("check", "rows.jsonl", "-o", "out", "--resume", *more)
        return result.code == 2 and result.err.startswith("notecheck: ") and result.err.count("\n") == 1

    interrupted()
    assert refused("--format", "concise")
    assert refused("--redact")
    (folder / "notecheck.toml").write_text("[thresholds]\nannoyance = 0.4\n")
    assert refused()
    (folder / "notecheck.toml").unlink()
    write_rows(folder / "rows.jsonl", texts(101))
    assert refused()
    (folder / "out.part.state").write_text("{")
    assert refused()
    assert run("check", "rows.jsonl", "-o", "out").code == 2
    assert sorted(os.listdir(folder)) == ["out", "rows.jsonl"]
    interrupted()
    (folder / "out.part").unlink()
    assert run("check", "rows.jsonl", "-o", "out", "--resume").code == 2
    assert sorted(os.listdir(folder)) == ["out", "rows.jsonl"]


@pytest.mark.parametrize(
    "argv",
    [
        ("rows.jsonl", "--resume"),
        ("rows.jsonl", "--resume", "-o", "out", "--format", "json"),
        ("-", "--resume", "-o", "out"),
        ("rows.jsonl", "--resume", "-o", "out", "--write-baseline", "b"),
        ("rows.jsonl", "--resume", "-o", "out", "--diff-from", "rows.jsonl"),
    ],
)
def test_resume_needs_something_to_go_on_with(run: Command, folder: Path, argv: tuple[str, ...]) -> None:
    write_rows(folder / "rows.jsonl", ["A row"])
    result = run("check", *argv)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("notecheck: --resume ")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("form", FORMATS)
def test_memory_does_not_grow_with_the_rows(run: Command, folder: Path, form: str) -> None:
    def peak(count: int) -> int:
        write_rows(folder / "rows.jsonl", texts(count))
        # What other tests left behind is set aside: garbage in circles is collected the later the more there is.
        gc.freeze()
        gc.collect()
        tracemalloc.start()
        try:
            run("check", "rows.jsonl", "--format", form, "--output", "out", "--jobs", "1")
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            gc.unfreeze()

    peak(500)
    # A report and its row take over 2 KB: 7 MB if they were kept.
    assert peak(4000) < peak(500) + 1_000_000


@pytest.mark.parametrize("form", FORMATS)
def test_rows_on_standard_input_are_streamed(
    run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    class Rows(io.RawIOBase):
        """Row upon row, and never more of them than are asked for."""

        given = read = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            if self.given == 2000:
                return 0
            self.given += 1
            row = json.dumps({"text": f"Row {self.given} slot"}).encode() + b"\n"
            buffer[: len(row)] = row
            return len(row)

    rows = Rows()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(rows)))
    ahead: list[int] = []

    class Watches(FakeChecker):
        seen = 0

        def check(self, draft: Any, /) -> Any:
            Watches.seen += 1
            ahead.append(rows.given - Watches.seen)
            return super().check(draft)

    argv = ("check", "-", "--stdin-filename", "x.jsonl", "--jobs", "1", "--format", form, "-o", "out")
    assert run(*argv, make_checker=Watches).code == 1
    assert len(ahead) == 2000
    assert max(ahead) < 300


def test_a_program_still_gets_nothing_or_all(run: Command, folder: Path) -> None:
    write_rows(folder / "rows.jsonl", ["A slot", None, "A slot"])
    result = run("check", "rows.jsonl", "--format", "jsonl", "--statistics")
    assert (result.code, result.out) == (2, "")
    lines = result.err.splitlines()
    assert lines[0].startswith("rows.jsonl:1:1:") or lines[0].startswith("rows.jsonl:1:")
    assert lines[-1].startswith("notecheck: rows.jsonl:2: not a JSON row")


def test_a_long_run_shows_how_far_it_is(run: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rows(folder / "rows.jsonl", texts(200))
    write_parquet(folder / "rows.parquet", texts(200))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    result = run("check", "rows.jsonl", "rows.parquet", "--format", "jsonl", "-o", "out")
    assert "Checking" in result.err
    assert "100%" in result.err
    assert " 50%" in result.err


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (lambda path: path.write_bytes(b"PAR1 but not really"), "not a readable Parquet file"),
        (lambda path: path.write_bytes(b""), "not a readable Parquet file"),
        (lambda path: None, "no such file or folder"),
        (
            lambda path: _table(path, {"letter": ["a"]}),
            "no text column; one of text, body, draft, note is needed",
        ),
        (lambda path: _table(path, {"text": [1, 2]}), "the column text holds int64, not text"),
        (lambda path: _table(path, {"text": []}, "string"), "empty file"),
    ],
)
def test_a_broken_parquet_file_is_one_line(run: Command, folder: Path, make: Any, cause: str) -> None:
    pytest.importorskip("pyarrow")
    make(folder / "a.parquet")
    (folder / "b.txt").write_text("A slot.")
    result = run("check", "a.parquet", "b.txt", "--format", "concise")
    assert (result.code, result.err) == (2, f"notecheck: a.parquet: {cause}\n")
    assert "slots/any" in result.out


def _table(path: Path, columns: dict[str, list[Any]], kind: str | None = None) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(pa.table({name: pa.array(each, kind) for name, each in columns.items()}), path)


def test_rows_of_parquet_are_named_and_null_ones_too(run: Command, folder: Path) -> None:
    write_parquet(folder / "a.parquet", ["A slot", None, "", "A slot"])
    result = run("check", "a.parquet", "--format", "concise")
    rows = [line.split(":")[1] for line in result.out.splitlines() if "slots/any" in line]
    assert rows == ["1", "4"]
    assert result.err == "notecheck: a.parquet:2: null\nnotecheck: a.parquet:3: empty draft\n"
