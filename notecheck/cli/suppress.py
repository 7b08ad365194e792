"""Suppressions: they hide findings, they never sit in the text of a note, and one that hides nothing is reported.

They come from the overrides of a configuration, from the front matter of a ``.md`` draft and from a sidecar,
``draft.txt.notecheck.toml``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from notecheck.cli.discover import SIDECAR, drafts_below
from notecheck.config import Config, Override, display_path, matches, nearest, read_toml
from notecheck.output.model import Notice
from notecheck.types import NotecheckError, Report

_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*\r?$", re.DOTALL | re.MULTILINE)
# The head of a table of TOML, and that of one of the overrides.
_TABLE = re.compile(r"\s*\[\[?[\w.\s\"'-]+\]\]?\s*(?:#.*)?$")
_OVERRIDES = re.compile(r"\s*\[\[\s*(?:tool\s*\.\s*notecheck\s*\.\s*)?overrides\s*\]\]")
MAX_FRONT_MATTER = 64_000


@dataclass
class Suppression:
    """One entry that hides findings.

    Attributes:
        selector: rule id or prefix.
        path: the file that holds the entry, as it is shown.
        line: the line of the entry, from 1.
        where: what the entry is for, in words.
        used: whether it has hidden a finding.
    """

    selector: str
    path: str
    line: int
    where: str
    used: bool = False


def apply(report: Report, suppressions: Collection[Suppression]) -> tuple[Report, int]:
    """Hide what the suppressions name, and mark those that did.

    Returns:
        The report with the other findings, its verdict as it was, and how many findings were hidden.
    """
    left = []
    for finding in report.findings:
        hiding = [item for item in suppressions if matches(item.selector, finding.rule)]
        for item in hiding:
            item.used = True
        if not hiding:
            left.append(finding)
    hidden = len(report.findings) - len(left)
    return (replace(report, findings=tuple(left)) if hidden else report), hidden


def from_sidecar(path: Path) -> list[Suppression]:
    """The entries of the sidecar of a draft; none when there is no sidecar.

    Raises:
        NotecheckError: the sidecar is broken.
    """
    name = f"{path}{SIDECAR}"
    # Most drafts have none, and to make a Path takes longer than to look.
    if not os.path.isfile(name):
        return []
    sidecar = Path(name)
    data = read_toml(sidecar)
    shown = display_path(sidecar)
    selectors = _ignore_list(data, shown)
    try:
        text = sidecar.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    return [
        Suppression(item, shown, _line_of_string(text.splitlines(), item) or 1, f"for {path.as_posix()}")
        for item in selectors
    ]


def from_front_matter(source: str, shown: str) -> list[Suppression]:
    """The ``ignore`` list of the ``notecheck:`` table in the front matter of a Markdown draft.

    Raises:
        NotecheckError: there is such a table and it is broken.
    """
    found = _FRONT_MATTER.match(source, 0, MAX_FRONT_MATTER)
    if found is None or not re.search(r"^[ \t]*[\"']?notecheck\b", found[1], re.MULTILINE):
        return []
    import srsly

    where = f"{shown}: front matter"
    try:
        data = srsly.yaml_loads(found[1])
    except (ValueError, RecursionError):
        raise NotecheckError(f"{where}: not valid YAML") from None
    table = data.get("notecheck") if isinstance(data, dict) else None
    if table is None:
        return []
    if not isinstance(table, dict):
        raise NotecheckError(f"{where}: notecheck: must be a table")
    selectors = _ignore_list(table, f"{where}: notecheck")
    return [Suppression(item, shown, _line_of(found[0], item), "in the front matter") for item in selectors]


def _ignore_list(data: Mapping[str, Any], where: str) -> list[str]:
    for key in data:
        if key != "ignore":
            raise NotecheckError(
                f"{where}: {key}: unknown key{nearest(str(key), ['ignore'])} (known: ignore)"
            )
    value = data.get("ignore", [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise NotecheckError(f"{where}: ignore: must be a list of rule ids or prefixes")
    return list(value)


def _line_of(text: str, selector: str) -> int:
    """The line of YAML, from 1, that has the selector; the first one where none is found."""
    for number, line in enumerate(text.splitlines(), start=1):
        if re.search(rf"(?<![\w/-]){re.escape(selector)}(?![\w/-])", line.partition("#")[0]):
            return number
    return 1


def _line_of_string(lines: Sequence[str], text: str) -> int | None:
    """The line of TOML, from 1, that has the string; None where none is found."""
    found = re.compile(rf"""^(?:[^#"']|"[^"]*"|'[^']*')*?(["']){re.escape(text)}\1""")
    return next((number for number, line in enumerate(lines, start=1) if found.match(line)), None)


def _line_of_override(override: Override, selector: str) -> int:
    """The line of the entry of an override in its file, from 1: of its selector, or of its table, or the first."""
    try:
        lines = Path(override.source).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return 1
    heads = [number for number, line in enumerate(lines) if _TABLE.match(line)]
    for head, end in pairwise([*heads, len(lines)]):
        table = lines[head:end]
        if _OVERRIDES.match(lines[head]) and all(_line_of_string(table, each) for each in override.paths):
            keys = (number for number, line in enumerate(table) if re.match(r"\s*ignore\s*=", line))
            ignore = next(keys, None)
            if ignore is not None:
                inside = _line_of_string(table[ignore:], selector)
                if inside is not None:
                    return head + ignore + inside
    return _line_of_string(lines, selector) or 1


class Overrides:
    """The ignore entries of the overrides that a run met, each met once and shared by the drafts it covers."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, Path, tuple[str, ...], str], tuple[Override, Suppression]] = {}

    def covering(self, config: Config, path: Path) -> list[Suppression]:
        """The entries that cover a draft (an absolute path)."""
        out = []
        for override in config.overrides:
            if not override.covers(path):
                continue
            for selector in override.ignore:
                key = (override.source, override.root, override.paths, selector)
                if key not in self._entries:
                    where = f"for {', '.join(override.paths)}"
                    line = _line_of_override(override, selector)
                    self._entries[key] = (override, Suppression(selector, override.source, line, where))
                out.append(self._entries[key][1])
        return out

    def certainly_unused(self, checked: Collection[Path]) -> list[Suppression]:
        """The entries that hid nothing although every draft they cover was checked in this run.

        A run over some of the files, as a commit hook makes it, says nothing of an entry for all of them.
        """
        return [
            entry for override, entry in self._entries.values()
            if not entry.used
            and all(path in checked for path in drafts_below(override.root) if override.covers(path))
        ]  # fmt: skip


def notices(suppressions: Iterable[Suppression]) -> list[Notice]:
    """What to say of entries that hide nothing."""
    return [
        Notice(
            item.path, item.line, f"ignoring {item.selector} {item.where} hides nothing", "Remove the entry."
        )
        for item in suppressions
    ]
