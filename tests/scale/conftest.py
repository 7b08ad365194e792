from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from notecheck.cli import main

from .fakes import fake_services

TESTS = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


Command = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and a cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache-home"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line over the quick checker; keyword arguments replace services."""

    def command(*argv: str, **services: Any) -> Result:
        capsys.readouterr()
        code = main(argv, services=fake_services(**services))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return command


def start(*argv: str, module: str = "scale.fakes") -> subprocess.Popen[str]:
    """Start the command line in a process and a process group of its own."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), *filter(None, sys.path)])}
    return subprocess.Popen(
        [sys.executable, "-m", module, *argv],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def write_rows(path: Path, texts: Sequence[str | None]) -> Path:
    """A .jsonl file; None stands for a line that is no JSON."""
    lines = ["{" if text is None else json.dumps({"id": n, "text": text}) for n, text in enumerate(texts)]
    path.write_text("".join(line + "\n" for line in lines))
    return path


@pytest.fixture(autouse=True, scope="session")
def _ctrl_c_is_heard() -> None:
    """A shell starts what it puts in the background deaf to Ctrl-C, and every process below inherits that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
