"""What is in the wheel, and that it works as the checkout does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import notecheck
from notecheck import rulebook

Run = Callable[..., str]


@pytest.fixture
def outside(installed: Path, tmp_path: Path) -> Run:
    """Run Python away from the checkout, with the installed wheel or with what the tests import."""

    def run(*argv: str, wheel: bool) -> str:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        if wheel:
            environment["PYTHONPATH"] = str(installed)
        command = [sys.executable, *argv]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True, timeout=300
        ).stdout

    return run


@pytest.fixture(scope="session")
def sizes(wheel: Path) -> dict[str, int]:
    """Name of each file in the wheel to its size when installed, in bytes."""
    with zipfile.ZipFile(wheel) as archive:
        return {item.filename: item.file_size for item in archive.infolist()}


def test_the_wheel_is_for_any_platform(wheel: Path) -> None:
    assert wheel.name == f"notecheck-{notecheck.__version__}-py3-none-any.whl"


@pytest.mark.parametrize(
    "name",
    [
        "notecheck/py.typed",
        "notecheck/output/schema.py",
        "notecheck/training/config.cfg",
        "notecheck/rules/weights.toml",
        "notecheck/rules/notices.toml",
        "notecheck/pipeline/en/meta.json",
        "notecheck/pipeline/en/config.cfg",
        "notecheck/pipeline/en/tokenizer",
        "notecheck/pipeline/en/parser/model",
        "notecheck/pipeline/en/tok2vec/model",
        "notecheck/pipeline/en/vocab/strings.json",
        "notecheck/pipeline/reader/meta.json",
        "notecheck/pipeline/reader/network.npz",
    ],
)
def test_the_wheel_has_what_a_check_needs(sizes: dict[str, int], name: str) -> None:
    assert name in sizes


@pytest.mark.parametrize("folder", ["rules", "notecheck/pipeline/en", "notecheck/pipeline/reader"])
def test_the_wheel_has_every_file_of_the_package_data(
    sizes: dict[str, int], checkout: Path, folder: str
) -> None:
    inside = "notecheck/rules" if folder == "rules" else folder
    wanted = {
        f"{inside}/{path.relative_to(checkout / folder).as_posix()}"
        for path in (checkout / folder).rglob("*") if path.is_file()
    }  # fmt: skip
    assert wanted
    assert wanted <= sizes.keys()


def test_the_wheel_has_the_package_and_nothing_else(sizes: dict[str, int]) -> None:
    info = f"notecheck-{notecheck.__version__}.dist-info"
    assert {name.partition("/")[0] for name in sizes} == {"notecheck", info}
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/NOTICE"} <= sizes.keys()


def test_what_is_learned_takes_at_most_eight_megabytes(sizes: dict[str, int]) -> None:
    learned = ("notecheck/pipeline/en/", "notecheck/pipeline/reader/")
    assert sum(size for name, size in sizes.items() if name.startswith(learned)) <= 8_000_000


def test_the_checkout_is_installed_as_it_stands(root: Path) -> None:
    assert rulebook.builtin_folder().resolve() == root / "rules"


def test_the_wheel_and_the_checkout_see_the_same_rules(outside: Run, installed: Path) -> None:
    where = "import notecheck, notecheck.rules as rules; print(notecheck.__file__, *rules.__path__)"
    assert outside("-c", where, wheel=True).split() == [
        str(installed / "notecheck" / "__init__.py"), str(installed / "notecheck" / "rules"),
    ]  # fmt: skip
    listed = [outside("-m", "notecheck", "rules", "--json", wheel=wheel) for wheel in (True, False)]
    assert listed[0] == listed[1]
    assert {rule["id"].partition("/")[0] for rule in json.loads(listed[0])} >= {
        "annoyance", "feedback", "genericness", "gratitude", "interest", "keep_in_mind", "slots",
    }  # fmt: skip


def test_the_wheel_and_the_checkout_read_alike(outside: Run, root: Path) -> None:
    drafts = [str(root / "tests" / "data" / name) for name in ("draft.txt", "first-try.txt")]
    command = ["-m", "notecheck", "check", "--no-cache", "--format", "json", *drafts]
    reports = [outside(*command, wheel=wheel) for wheel in (True, False)]
    assert reports[0] == reports[1]
    assert [file["report"]["ready"] for file in json.loads(reports[0])["files"]] == [True, False]


def test_the_wheel_prints_the_schema(outside: Run) -> None:
    assert "$defs" in json.loads(outside("-m", "notecheck", "schema", wheel=True))
