"""What a verdict rests on besides the draft, as digests that are cheap to make: nothing heavy is imported.

Two runs with equal digests give equal reports for equal drafts. The shipped files and the libraries are told
by name, size and time of change, the user's own rules by their bytes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from notecheck import __version__
from notecheck.config import Config
from notecheck.rulebook import builtin_folder

#: Libraries that take part in a verdict. They are looked for, not imported.
LIBRARIES = ("spacy", "thinc", "numpy", "textstat", "inscriptis", "pyarrow")


def digest(*parts: object) -> str:
    """32 hexadecimal digits that tell these values from others; each part counts by its ``repr``."""
    return _hashed(repr(parts).encode("utf-8", "backslashreplace"))


def of_bytes(data: bytes) -> str:
    """32 hexadecimal digits that tell these bytes from others."""
    return _hashed(data)


def of_text(text: str) -> str:
    """32 hexadecimal digits that tell a text, lone surrogates and all, from others."""
    return _hashed(text.encode("utf-8", "surrogatepass"))


@cache
def package() -> str:
    """The digest of the installed package: version, code, shipped rules, pipeline, reader, and libraries."""
    folders = [os.path.dirname(__file__), str(builtin_folder())]
    libraries = [(name, _library(name)) for name in LIBRARIES]
    files = [sorted(_stats(folder, "")) for folder in folders]
    return digest(__version__, sys.version_info[:3], libraries, files)


def settings(config: Config) -> str:
    """The digest of a configuration and of the bytes of its own rules."""
    overrides = [
        (
            item.paths,
            str(item.root),
            item.ignore,
            sorted(item.levels.items()),
            sorted(item.thresholds.items()),
        )
        for item in config.overrides
    ]
    return digest(
        config.select,
        config.ignore,
        sorted(config.levels.items()),
        sorted(config.thresholds.items()),
        [list(_rule_files(folder)) for folder in config.rules],
        overrides,
    )


def _hashed(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _stats(folder: str, inside: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _stats(entry.path, f"{inside}{entry.name}/")
            else:
                stat = entry.stat()
                yield inside + entry.name, stat.st_size, stat.st_mtime_ns


def _library(name: str) -> tuple[int, int] | None:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return None
    stat = os.stat(spec.origin)
    return stat.st_size, stat.st_mtime_ns


def _rule_files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.toml")):
        try:
            yield path.relative_to(folder).as_posix(), of_bytes(path.read_bytes())
        except OSError:
            # It is for the rulebook to say what is wrong with it.
            yield path.relative_to(folder).as_posix(), ""
