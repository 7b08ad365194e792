"""Reports in every form: one module for each format, none of which prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module

from notecheck.output.model import DraftResult, Failure, LineMap, Notice, Run, Style, Totals

Renderer = Callable[[Run, Style], str]
Streamer = Callable[[Iterable[Run], Style, Totals], Iterator[str]]

#: Format name to module and function; a module is imported when its format is asked for.
_FORMATS: Mapping[str, tuple[str, str]] = {
    "text": ("text", "render"),
    "concise": ("concise", "render"),
    "json": ("json", "render"),
    "jsonl": ("json", "render_lines"),
    "sarif": ("sarif", "render"),
    "github": ("github", "render"),
    "junit": ("junit", "render"),
}

#: Formats that are written part by part, with no more in memory than one draft.
_STREAMED: Mapping[str, tuple[str, str]] = {
    "text": ("text", "pieces"),
    "concise": ("concise", "pieces"),
    "jsonl": ("json", "line_pieces"),
}

FORMATS = tuple(_FORMATS)
STREAMED_FORMATS = tuple(_STREAMED)

#: Formats that a program reads as one whole: nothing of them is printed when a run fails with 2.
MACHINE_FORMATS = ("json", "jsonl", "sarif", "junit")


def renderer(name: str) -> Renderer:
    """The function that writes a run in a format."""
    module, function = _FORMATS[name]
    found: Renderer = getattr(import_module(f"notecheck.output.{module}"), function)
    return found


def streamer(name: str) -> Streamer:
    """The function that writes the parts of a run in one of the `STREAMED_FORMATS`, as they come."""
    module, function = _STREAMED[name]
    found: Streamer = getattr(import_module(f"notecheck.output.{module}"), function)
    return found


__all__ = [
    "FORMATS",
    "MACHINE_FORMATS",
    "STREAMED_FORMATS",
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
