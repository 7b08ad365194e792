"""Findings that are known and accepted: a file of hashes, from which no letter can be read."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notecheck.config import display_path
from notecheck.types import Finding, NotecheckError

VERSION = 1
MAX_BYTES = 64 * 2**20

#: Findings of one file: rule and hash of the quoted words, to how often they occur.
Entries = Counter[tuple[str, str]]


def key_of(finding: Finding) -> tuple[str, str]:
    """The key of a finding: its rule and a hash of its words, whatever stands around them.

    White space does not count, so a paragraph that is wrapped anew keeps its keys.
    """
    words = "" if finding.quote is None else " ".join(finding.quote.split())
    data = f"{finding.rule}\0{words}".encode("utf-8", "surrogatepass")
    return finding.rule, hashlib.sha256(data).hexdigest()[:24]


@dataclass(frozen=True)
class Baseline:
    """The accepted findings.

    Attributes:
        files: path, relative to the folder of the baseline file, to its entries.
        lines: path to the line of the baseline file, from 1, on which its entries begin.
    """

    files: Mapping[str, Entries]
    lines: Mapping[str, int] = field(default_factory=dict)

    def entries(self, path: str) -> Entries:
        """The entries of one file, for the caller to use up."""
        return Counter(self.files.get(path, Counter()))


def relative_name(path: Path, folder: Path) -> str:
    """The name of a draft in a baseline file that lies in ``folder``: the same on every machine."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return path.as_posix()


def split(findings: Iterable[Finding], entries: Entries) -> tuple[list[Finding], int]:
    """Take out the findings that entries cover, one for each entry, which is used up.

    Returns:
        The findings that are left, and how many were taken out.
    """
    left = []
    hidden = 0
    for finding in findings:
        key = key_of(finding)
        if entries[key] > 0:
            entries[key] -= 1
            hidden += 1
        else:
            left.append(finding)
    return left, hidden


def dump(findings: Mapping[str, Iterable[Finding]]) -> str:
    """The text of a baseline file, the same for the same findings."""
    files: dict[str, Any] = {}
    for path in sorted(findings):
        counted = Counter(key_of(finding) for finding in findings[path])
        if counted:
            files[path] = [
                {"rule": rule, "hash": digest, "count": counted[rule, digest]}
                for rule, digest in sorted(counted)
            ]
    return json.dumps({"version": VERSION, "files": files}, indent=2) + "\n"


def load(path: Path) -> Baseline:
    """Read a baseline file.

    Raises:
        NotecheckError: it cannot be read, or is not a baseline file of this version.
    """
    shown = display_path(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotecheckError(f"{shown}: {(error.strerror or type(error).__name__).lower()}") from None
    if len(data) > MAX_BYTES:
        raise NotecheckError(f"{shown}: too large for a baseline file")
    try:
        document = json.loads(data)
        if document["version"] != VERSION:
            raise NotecheckError(f"{shown}: not a baseline file of version {VERSION}; write it anew")
        files = {name: _entries(rows) for name, rows in document["files"].items()}
        return Baseline(files, _lines(data, files))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise NotecheckError(f"{shown}: not a baseline file; --write-baseline makes one") from None


def _lines(data: bytes, names: Iterable[str]) -> dict[str, int]:
    """The lines on which names stand, as `dump` writes them."""
    heads = {f"    {json.dumps(name)}: [".encode(): name for name in names}
    numbered = enumerate(data.split(b"\n"), start=1)
    return {heads[line]: number for number, line in numbered if line in heads}


def _entries(rows: Iterable[Mapping[str, Any]]) -> Entries:
    entries: Entries = Counter()
    for row in rows:
        rule, digest, count = row["rule"], row["hash"], row["count"]
        if not isinstance(rule, str) or not isinstance(digest, str) or type(count) is not int or count < 1:
            raise ValueError("not an entry")
        entries[rule, digest] += count
    return entries
