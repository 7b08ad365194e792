"""A quicker start for a process that is all notecheck's own: the command line and its workers."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

#: spaCy takes one function from its command line, which is half of what it imports.
_COMMANDS = "spacy.cli.info"
#: While libraries are imported: threads of NumPy's, which nothing here is large enough for, and a search of all
#: installed packages for plugins of pydantic's.
_SETTINGS = {"OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "__all__"}


@contextmanager
def loading() -> Iterator[None]:
    """Import and load the libraries in here: spaCy without its command line, and no garbage is looked for.

    What is loaded then stays; later collections pass it over. The command line of spaCy is there once somebody
    imports ``spacy.cli``.
    """
    if "spacy" in sys.modules:
        yield
        return
    commands = ModuleType(_COMMANDS)
    commands.__dict__["info"] = _info
    added = {name: value for name, value in _SETTINGS.items() if name not in os.environ}
    os.environ.update(added)
    gc.disable()
    try:
        sys.modules[_COMMANDS] = commands
        try:
            import spacy  # noqa: F401
        finally:
            del sys.modules[_COMMANDS]
        with _no_plugins():
            yield
        gc.freeze()
    finally:
        gc.enable()
        for name in added:
            os.environ.pop(name, None)


@contextmanager
def _no_plugins() -> Iterator[None]:
    """What other packages have registered with spaCy is not looked through: the embedded pipeline needs none of it."""
    import catalogue

    found = catalogue.AVAILABLE_ENTRY_POINTS
    catalogue.AVAILABLE_ENTRY_POINTS = {}
    try:
        yield
    finally:
        catalogue.AVAILABLE_ENTRY_POINTS = found


def _info(*args: Any, **options: Any) -> Any:
    """What ``spacy.info`` is until then."""
    from spacy.cli.info import info

    return info(*args, **options)
