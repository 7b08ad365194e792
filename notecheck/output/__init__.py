"""Reports in every form: one module for each format, none of which prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module

from notecheck.output.model import DraftResult, Failure, LineMap, Notice, Run, Style, Totals

Renderer = Callable[[Run, Style], str]
Streamer = Callable[[Iterable[Run], Style, Totals], Iterator[str]]

#: Format name to module and function; a module is imported when its format is asked for.
_FORMATS: Mapping[str, tuple[str, str]] = {
    "text": ("text", "pieces"),
    "concise": ("concise", "pieces"),
    "json": ("json", "pieces"),
    "jsonl": ("json", "line_pieces"),
    "sarif": ("sarif", "pieces"),
    "github": ("github", "pieces"),
    "junit": ("junit", "pieces"),
}

FORMATS = tuple(_FORMATS)

#: Formats that a later run can go on with: what a part gives does not depend on the parts before it.
RESUMABLE_FORMATS = ("text", "concise", "jsonl")

#: Formats that a program reads as one whole: nothing of them is printed when a run fails with 2.
MACHINE_FORMATS = ("json", "jsonl", "sarif", "junit")


def streamer(name: str) -> Streamer:
    """The function that writes the parts of a run in a format as they come, of which it keeps none.

    It gives a piece for each part, perhaps one before them, and then what sums up. Its third argument is what
    earlier parts came to, of which the pieces have been written; it is added to.
    """
    module, function = _FORMATS[name]
    found: Streamer = getattr(import_module(f"notecheck.output.{module}"), function)
    return found


def renderer(name: str) -> Renderer:
    """The function that writes a whole run in a format."""
    pieces = streamer(name)
    return lambda run, style: "".join(pieces([run], style, Totals()))


__all__ = [
    "FORMATS",
    "MACHINE_FORMATS",
    "RESUMABLE_FORMATS",
    "DraftResult",
    "Failure",
    "LineMap",
    "Notice",
    "Renderer",
    "Run",
    "Streamer",
    "Style",
    "Totals",
    "renderer",
    "streamer",
]
