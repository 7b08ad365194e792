"""That the project says one thing about itself everywhere."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import notecheck


def test_one_version(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == notecheck.__version__ == metadata.version("notecheck")


def test_the_changelog_begins_with_this_version(root: Path) -> None:
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == notecheck.__version__


def test_the_treebank_is_named_with_its_licence(root: Path) -> None:
    notice = (root / "NOTICE").read_text(encoding="utf-8")
    assert "English Web Treebank" in notice
    assert "CC BY-SA 4.0" in notice
