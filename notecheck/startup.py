"""A quicker start for a process that is all notecheck's own: the command line and its workers."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import Any

#: spaCy takes one function from its command line, which is half of what it imports.
_COMMANDS = "spacy.cli.info"
_THREADS = "OPENBLAS_NUM_THREADS"


def import_spacy() -> None:
    """Import spaCy without its command line, and NumPy without threads, which nothing here is large enough for.

    The command line is there once somebody imports ``spacy.cli``. Does nothing when spaCy is imported already.
    """
    if "spacy" in sys.modules:
        return
    commands = ModuleType(_COMMANDS)
    commands.__dict__["info"] = _info
    given = os.environ.get(_THREADS)
    os.environ[_THREADS] = given or "1"
    sys.modules[_COMMANDS] = commands
    try:
        import spacy  # noqa: F401
    finally:
        del sys.modules[_COMMANDS]
        if given is None:
            del os.environ[_THREADS]


def _info(*args: Any, **options: Any) -> Any:
    """What ``spacy.info`` is until then."""
    from spacy.cli.info import info

    return info(*args, **options)
