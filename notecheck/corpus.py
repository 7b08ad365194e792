"""Labelled notes: the project's own ``corpus/`` and any file of the same form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notecheck.types import NotecheckError, Span

CHECKS: dict[str, tuple[str, ...]] = {
    "gratitude": ("specific", "generic", "none"),
    "feedback": ("narrow", "broad", "none"),
    "keep_in_mind": ("yes", "no"),
    "interest": ("yes", "no"),
    "slots": ("yes", "no"),
}
SCORES = ("genericness", "annoyance")


@dataclass(frozen=True, slots=True)
class LabelledNote:
    """One note with its labels; a label that the readings left open is None.

    Attributes:
        labels: check name to status (``yes``/``no`` for the truths), score name to 0–3.
        split: ``tune``, ``test`` or empty.
        batch: which batch of writing the note is from.
        voice: where the writer is from and what they do, as a slug.
        sentences: (span, moves) of each labelled sentence; empty where only the note was labelled.
    """

    id: str
    text: str
    labels: dict[str, str | int | None]
    split: str = ""
    batch: str = ""
    voice: str = ""
    sentences: tuple[tuple[Span, frozenset[str]], ...] = ()


def read(path: Path) -> Iterator[LabelledNote]:
    """Read a ``.jsonl`` file, or every one of a folder.

    Raises:
        NotecheckError: no such file, none in the folder, or a row that is not a labelled note.
    """
    if path.is_dir():
        files = sorted(path.glob("*.jsonl"))
        if not files:
            raise NotecheckError(f"{path}: no .jsonl file of labelled notes there")
    else:
        files = [path]
    for file in files:
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise NotecheckError(f"{file}: {error.strerror or error}") from None
        except UnicodeDecodeError as error:
            raise NotecheckError(f"{file}: not UTF-8 at byte {error.start}") from None
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _parse(line, f"{file}:{number}")


def _parse(line: str, where: str) -> LabelledNote:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise NotecheckError(f"{where}: not JSON: {error.msg}") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise NotecheckError(f"{where}: a labelled note is an object with a text")
    labels: dict[str, str | int | None] = {}
    for name, allowed in CHECKS.items():
        labels[name] = _status(row.get(name), allowed, f"{where}: {name}")
    for name in SCORES:
        value = row.get(name)
        if value is not None and value not in (0, 1, 2, 3):
            raise NotecheckError(f"{where}: {name}: {value!r} is not 0 to 3")
        labels[name] = value
    sentences = tuple(
        (Span(item["start"], item["end"]), frozenset(item["moves"])) for item in row.get("sentences", ())
    )
    return LabelledNote(
        str(row.get("id", where)), row["text"], labels, row.get("split", ""), row.get("batch", ""),
        row.get("voice", ""), sentences,
    )  # fmt: skip


def _status(value: Any, allowed: tuple[str, ...], where: str) -> str | None:
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if value is not None and value not in allowed:
        raise NotecheckError(f"{where}: {value!r} is not one of {', '.join(allowed)}")
    return value  # type: ignore[no-any-return]
