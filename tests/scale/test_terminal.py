"""At a terminal: a bar that does not stand in the way of the results, Ctrl-C, and a reader that goes away."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from .conftest import TESTS, start, write_rows

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

BAR = re.compile(r"Checking  \[[#-]+\]  \d+/\d+ +\d+%")


def at_terminal(command: Sequence[str], *, until: bytes = b"", then: bytes = b"") -> tuple[int, list[str]]:
    """Run a command with a terminal for all three streams; its exit code and the lines left on the screen.

    Args:
        command: the command.
        until: wait for this.
        then: and then press these keys.
    """
    import pty
    import termios

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(TESTS), *filter(None, sys.path)]),
        "TERM": "xterm",
    }
    process = subprocess.Popen(command, env=env, preexec_fn=lambda: os.login_tty(theirs))
    os.close(theirs)
    seen = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
        if then and until in seen:
            os.write(ours, then)
            then = b""
    os.close(ours)
    return process.wait(timeout=120), screen(seen.decode())


def screen(text: str) -> list[str]:
    """What is left of a text when a carriage return goes back to the start of its line."""
    lines = [""]
    column = 0
    for char in re.sub(r"\x1b\[[?\d;]*[A-Za-z]", "", text):
        if char == "\n":
            lines.append("")
        elif char != "\r":
            lines[-1] = lines[-1][:column] + char + lines[-1][column + 1 :]
            column += 1
            continue
        column = 0
    return [line.rstrip() for line in lines]


def command(*argv: str) -> list[str]:
    return [sys.executable, "-m", "scale.fakes", "check", *argv, "--jobs", "1"]


def test_the_bar_makes_way_for_what_is_printed(folder: Path) -> None:
    write_rows(folder / "rows.jsonl", [f"Row {n} {'slot' * (n % 40 == 0)} waits" for n in range(120)])
    code, lines = at_terminal(command("rows.jsonl", "--format", "concise"))
    assert code == 1
    bars = [line for line in lines if "Checking" in line]
    assert bars
    assert all(BAR.fullmatch(line) for line in bars), bars
    plain = start("check", "rows.jsonl", "--format", "concise", "--jobs", "1").communicate(timeout=120)[0]
    assert [line for line in lines if line and line not in bars] == plain.splitlines()


def test_there_is_no_bar_across_what_a_pager_shows(folder: Path) -> None:
    write_rows(folder / "rows.jsonl", [f"Row {n} waits" for n in range(60)])
    checking = " ".join(command("rows.jsonl", "--format", "concise"))
    code, lines = at_terminal(["bash", "-c", f"{checking} | cat"])
    assert code == 0
    assert len(lines) == 61
    assert not any("Checking" in line for line in lines)


def test_ctrl_c_at_a_terminal_is_130_and_says_how_far_it_got(folder: Path) -> None:
    write_rows(folder / "rows.jsonl", [f"Row {n} waits" for n in range(2000)])
    code, lines = at_terminal(
        command("rows.jsonl", "--format", "json", "-o", "out.json"), until=b"64/2000", then=b"\x03"
    )
    assert code == 130
    assert any(line.startswith("notecheck: stopped after ") for line in lines)
    assert "Traceback" not in "".join(lines)
    assert os.listdir(folder) == ["rows.jsonl"]


def test_a_draft_can_be_typed(folder: Path) -> None:
    code, lines = at_terminal(
        command("-", "--format", "concise"), until=b"Ctrl-D", then=b"Dear slot, thanks.\n\x04"
    )
    assert code == 1
    assert lines[0].startswith("notecheck: reading the draft from this terminal")
    assert any(line.startswith("<stdin>:1:6: slots/any") for line in lines)


@pytest.mark.parametrize("form", ["text", "concise"])
def test_nothing_more_is_checked_when_nobody_reads(folder: Path, form: str) -> None:
    # All of them would take minutes.
    write_rows(folder / "rows.jsonl", [f"Row {n} slot waits" for n in range(10_000)])
    checking = " ".join(command("rows.jsonl", "--format", form))
    done = subprocess.run(
        ["bash", "-c", f"{checking} | head -n 1; echo ${{PIPESTATUS[0]}}"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *filter(None, sys.path)])},
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    first, code = done.stdout.splitlines()
    assert "rows.jsonl" in first
    assert (code, done.stderr) == ("1", "")


@pytest.mark.parametrize(
    ("redirection", "cause"), [(">&-", "closed"), (">/dev/full", "no space left on device")]
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_standard_output_that_cannot_be_written(
    folder: Path, form: str, redirection: str, cause: str
) -> None:
    if redirection == ">/dev/full" and not os.path.exists("/dev/full"):
        pytest.skip("there is no such device here")
    (folder / "a.txt").write_text("A slot.")
    done = subprocess.run(
        ["bash", "-c", " ".join([*command("a.txt", "--format", form), redirection])],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *filter(None, sys.path)])},
        check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"notecheck: standard output: {cause}"
    assert "Traceback" not in done.stderr


def test_a_working_folder_that_is_gone_is_named(folder: Path) -> None:
    gone = folder / "gone"
    gone.mkdir()
    for argv in (("check", "-"), ("rules",), ("config", "--show", ".")):
        done = subprocess.run(
            ["bash", "-c", f'cd "{gone}" && rmdir "{gone}" && exec "$0" -m notecheck "$@"', sys.executable, *argv],
            input="Thank you.", check=False, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "notecheck: the working folder: no such file or directory\n"
        gone.mkdir()
