"""The shipped rules as one file, ``rules/compiled.json``, so that a run need not parse and validate each of them.

``python -m notecheck.compiled`` writes it. It names the bytes of the rule files that it was made of: once one
of them is changed it counts for nothing, and the rule files are read as they stand.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

from notecheck.rule import Match, Rule, Unless
from notecheck.rulebook import Notice, Rulebook, builtin_folder, read_folder

FILE = "compiled.json"
#: Changes with what the file holds.
FORM = 1


def read(folder: Path) -> Rulebook | None:
    """The rules of ``folder`` without their examples; None when they have to be read from the rule files."""
    try:
        data = json.loads((folder / FILE).read_bytes())
        if data["of"] != _digest(folder):
            return None
        return Rulebook(
            tuple(map(_rule, data["rules"])),
            {name: tuple(words) for name, words in data["lexicon"].items()},
            data["weights"],
            {values["id"]: Notice(**values) for values in data["notices"]},
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write(folder: Path) -> None:
    """Make the file anew.

    Raises:
        NotecheckError: a rule file is not as the schema wants it.
    """
    book = read_folder(folder)
    data = {
        "of": _digest(folder),
        "rules": [_values(rule) for rule in book.rules],
        "lexicon": book.lexicon,
        "weights": book.weights,
        "notices": [asdict(notice) for notice in book.notices.values()],
    }
    (folder / FILE).write_text(
        json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )


def _values(rule: Rule) -> dict[str, Any]:
    values = asdict(replace(rule, example=()))
    del values["example"]
    return values


def _rule(values: dict[str, Any]) -> Rule:
    values["anchors"] = tuple(values["anchors"])
    for key, block in (("match", Match), ("unless", Unless)):
        values[key] = tuple(block(**_block(item)) for item in values[key])
    return Rule(**values)


def _block(values: dict[str, Any]) -> dict[str, Any]:
    values["patterns"] = tuple(map(tuple, values["patterns"]))
    values["terms"] = tuple(values["terms"])
    return values


def _digest(folder: Path) -> str:
    """What the file is made of: the form of it, and names and bytes of the rule files."""
    out = blake2b(digest_size=16)
    for name, path in sorted(_files(str(folder), "")):
        with open(path, "rb") as file:
            content = file.read()
        out.update(f"{name} {len(content)}\n".encode())
        out.update(content)
    return f"{FORM}-{out.hexdigest()}"


def _files(folder: str, inside: str) -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path, f"{inside}{entry.name}/")
            elif entry.name.endswith(".toml"):
                yield inside + entry.name, entry.path


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else builtin_folder())
