"""Reports in every form: one module for each format, none of which prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from notecheck.output.model import DraftResult, Failure, LineMap, Notice, Run, Style

Renderer = Callable[[Run, Style], str]

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

FORMATS = tuple(_FORMATS)

#: Formats that a program reads as one whole: nothing of them is printed when a run fails with 2.
MACHINE_FORMATS = ("json", "jsonl", "sarif", "junit")


def renderer(name: str) -> Renderer:
    """The function that writes a run in a format."""
    module, function = _FORMATS[name]
    found: Renderer = getattr(import_module(f"notecheck.output.{module}"), function)
    return found


__all__ = [
    "FORMATS",
    "MACHINE_FORMATS",
    "DraftResult",
    "Failure",
    "LineMap",
    "Notice",
    "Renderer",
    "Run",
    "Style",
    "renderer",
]
