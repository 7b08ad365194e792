"""Everything that the README shows is run: its commands, its Python, its files."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import srsly

# Pytest puts this folder on the path, since it is no package.
from blocks import Block, blocks, commands, same

from notecheck import rulebook

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = blocks(README)
START = "Quick start"
SPARK = "pyspark"
EXIT_CODE = "echo $?"
WORKFLOW = ".github/workflows/drafts.yml"


def runnable(block: Block) -> bool:
    return block.section != START and (block.language in ("console", "python") or bool(block.file))


SECTIONS = list(dict.fromkeys(block.section for block in BLOCKS if runnable(block)))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with ``tests/data`` where a clone has it, and ``notecheck`` on the path."""
    shutil.copytree(ROOT / "tests" / "data", tmp_path / "tests" / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", sysconfig.get_path("scripts") + os.pathsep + os.environ["PATH"])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONUTF8", "1")
    return tmp_path


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section or "top")
def test_what_the_section_shows_is_so(section: str, desk: Path) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in BLOCKS:
        if block.section != section or not runnable(block) or SPARK in block.body:
            continue
        if block.file:
            path = desk / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, encoding="utf-8")
        elif block.language == "console":
            run_console(block)
        else:
            run_python(block, names)


@pytest.mark.spark
@pytest.mark.parametrize("block", [block for block in BLOCKS if SPARK in block.body and runnable(block)])
def test_the_spark_example_runs(block: Block, desk: Path) -> None:
    pytest.importorskip(SPARK)
    # In a process of its own, since a session of Spark outlives the test. Its workers run this Python.
    result = subprocess.run(
        [sys.executable, "-W", "default", "-c", block.body],
        env={**os.environ, "PYSPARK_PYTHON": sys.executable},
        check=True, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    rows = [line.split("|") for line in result.stdout.splitlines() if line.startswith("|")]
    assert [[cell.strip() for cell in row[1:-1]] for row in rows] == [
        ["id", "ready", "gratitude", "error"], ["1", "false", "generic", "NULL"], ["2", "NULL", "NULL", "null"],
    ]  # fmt: skip


def run_console(block: Block) -> None:
    code = 0
    shown = list(commands(block.body))
    for command, following in zip(shown, [*shown[1:], None], strict=True):
        if command.text == EXIT_CODE:
            assert command.output == (str(code),), f"exit code of the command above line {block.line}"
            continue
        result = subprocess.run(
            ["bash", "-c", command.text], check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="utf-8", timeout=300,
        )  # fmt: skip
        code = result.returncode
        actual = tuple(result.stdout.rstrip().splitlines())
        assert same(command.output, actual), f"$ {command.text}\n{result.stdout}"
        said = following is not None and following.text == EXIT_CODE
        assert said or code in (0, 1), f"$ {command.text} ended with {code}"


def run_python(block: Block, names: dict[str, Any]) -> None:
    if ">>>" not in block.body:
        exec(compile("\n" * block.line + block.body, "README.md", "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(block.body, names, block.section, "README.md", block.line)
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=said.append, clear_globs=False)
    names.update(test.globs)
    assert not said, "".join(said)


def test_the_quick_start_is_two_commands_of_one_line() -> None:
    fences = [block for block in BLOCKS if block.section == START]
    assert [block.body.count("\n") for block in fences] == [1, 1]
    assert fences[0].body.startswith("python3 -m venv .venv && ")
    assert fences[1].body.endswith('-e ".[test]" && .venv/bin/python -m pytest -q\n')


def test_the_first_command_ends_with_a_draft_that_is_ready(desk: Path) -> None:
    first = next(block for block in BLOCKS if block.section == START)
    command = first.body.split("&&")[-1].strip()
    assert command.startswith(".venv/bin/notecheck check ")
    result = subprocess.run(command.removeprefix(".venv/bin/").split(), check=False, capture_output=True)
    assert (result.returncode, result.stderr) == (0, b"")


def test_the_continuous_integration_finds_the_second_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    found = re.search(r"^command=\$\((awk .*)\)$", script, re.MULTILINE)
    assert found is not None
    taken = subprocess.run(["bash", "-c", found[1]], cwd=ROOT, check=True, capture_output=True, text=True)
    assert taken.stdout == [block.body for block in BLOCKS if block.section == START][1]


def test_the_example_workflow_is_the_one_shown() -> None:
    shown = [block.body for block in BLOCKS if block.file == WORKFLOW]
    assert shown == [(ROOT / WORKFLOW).read_text(encoding="utf-8")]


def test_the_commands_of_the_workflow_run(desk: Path) -> None:
    shutil.copytree(desk / "tests" / "data", desk / "drafts")
    steps = srsly.yaml_loads((ROOT / WORKFLOW).read_text(encoding="utf-8"))["jobs"]["drafts"]["steps"]
    checks = [step["run"] for step in steps if step.get("run", "").startswith("notecheck")]
    assert checks
    for command in checks:
        result = subprocess.run(["bash", "-c", command], check=False, capture_output=True, text=True)
        assert result.returncode in (0, 1), result.stderr


def test_every_source_of_a_rule_is_in_the_readme() -> None:
    labels = README.partition("\n## What the labels mean\n")[2].partition("\n## ")[0]
    numbers = set(re.findall(r"^### (\d) ", labels, re.MULTILINE))
    assert numbers == set("1234567")
    for rule in rulebook.listed(rulebook.builtin()):
        if rule.source.startswith("README"):
            named = re.fullmatch(r"README, What the labels mean, (\d)", rule.source)
            assert named is not None, f"{rule.id}: {rule.source}"
            assert named[1] in numbers, f"{rule.id}: {rule.source}"


def test_links_inside_the_page_lead_somewhere() -> None:
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", README, flags=re.M | re.S), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= anchors


def test_files_that_are_linked_are_there() -> None:
    for target in re.findall(r"\]\((?!#|https?:)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
