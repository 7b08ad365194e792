"""Reads a draft reply to a job rejection the way its recipient will, before it is sent.

>>> import notecheck
>>> report = notecheck.check("Thank you for the opportunity. Do you have any feedback?")
>>> report.checks["gratitude"].status, report.checks["feedback"].status, report.ready
('generic', 'broad', False)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notecheck.types import (
    Check,
    Context,
    Contribution,
    Evidence,
    Finding,
    NotecheckError,
    Readability,
    Report,
    Score,
    Span,
)

if TYPE_CHECKING:
    from notecheck.api import Checker, NotReady, check, presend
    from notecheck.config import Config

__version__ = "0.1.0"

__all__ = [
    "Check",
    "Checker",
    "Config",
    "Context",
    "Contribution",
    "Evidence",
    "Finding",
    "NotReady",
    "NotecheckError",
    "Readability",
    "Report",
    "Score",
    "Span",
    "check",
    "presend",
]

_LAZY = {
    "Checker": "notecheck.api",
    "NotReady": "notecheck.api",
    "check": "notecheck.api",
    "presend": "notecheck.api",
    "Config": "notecheck.config",
}


def __getattr__(name: str) -> Any:
    """Import what needs more than the standard library when it is first asked for."""
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
