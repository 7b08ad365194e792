"""From what was named on the command line to the files to check, in a fixed order."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from notecheck.output.model import Failure

SUFFIXES = (".txt", ".md", ".eml", ".html", ".mbox", ".jsonl")
STDIN = "-"
SIDECAR = ".notecheck.toml"


@dataclass
class Found:
    """What discovery gave.

    Attributes:
        files: the files to check, each once, in the order named, those of a folder sorted.
        stdin: whether ``-`` was named, and is read first.
        orphans: sidecars in the folders that were walked whose draft is not there.
        failures: what was named and gives nothing to check.
    """

    files: list[Path] = field(default_factory=list)
    stdin: bool = False
    orphans: list[Path] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def discover(names: Sequence[str]) -> Found:
    """Look up files, folders, globs and ``-``.

    A file that is named is taken whatever it is called; a folder and a glob give the files with a known
    suffix. Links to folders are not followed below a named folder, so a loop of links ends nothing.
    """
    found = Found()
    seen: set[str] = set()
    for name in names:
        if name == STDIN:
            found.stdin = True
            continue
        for path in _named(name, found):
            key = os.path.abspath(path)
            if key not in seen:
                seen.add(key)
                found.files.append(path)
    return found


def drafts_below(folder: Path) -> Iterator[Path]:
    """The drafts in a folder and its subfolders, sorted; what cannot be listed is passed over."""
    yield from _walk(folder, Found())


def _named(name: str, found: Found) -> Iterator[Path]:
    if not name:
        # Path("") would be the working folder: an unset variable of a script must not check all of that.
        found.failures.append(Failure(name, "a path is empty"))
        return
    path = Path(name)
    try:
        path.stat()
    except FileNotFoundError:
        if glob.has_magic(name):
            yield from _globbed(name, found)
        else:
            found.failures.append(Failure(name, f"{name}: no such file or folder"))
        return
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        found.failures.append(Failure(name, f"{name}: {cause.lower()}"))
        return
    if path.is_dir():
        yield from _folder(path, found)
    else:
        yield path


def _folder(path: Path, found: Found) -> Iterator[Path]:
    failures = len(found.failures)
    empty = True
    for draft in _walk(path, found):
        empty = False
        yield draft
    if empty and len(found.failures) == failures:
        cause = f"no drafts in this folder ({', '.join(SUFFIXES)})"
        found.failures.append(Failure(path.as_posix(), f"{path.as_posix()}: {cause}"))


def _globbed(name: str, found: Found) -> Iterator[Path]:
    pattern = Path(name)
    parts = list(pattern.parts[1:] if pattern.anchor else pattern.parts)
    empty = True
    for match in sorted(set(_expand(Path(pattern.anchor), parts))):
        inside = _walk(match, found) if match.is_dir() else iter([match] if _is_draft(match) else [])
        for draft in inside:
            empty = False
            yield draft
    if empty:
        found.failures.append(Failure(name, f"{name}: no draft matches"))


def _expand(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """The paths that a pattern names. Unlike ``glob.glob`` it follows no link that it was not told to."""
    if not parts:
        yield folder
        return
    head, rest = parts[0], parts[1:]
    if head == "**":
        yield from _expand(folder, rest)
        for name in _listed(folder):
            if _is_own_folder(folder / name):
                yield from _expand(folder / name, parts)
    elif not glob.has_magic(head):
        if os.path.lexists(folder / head):
            yield from _expand(folder / head, rest)
    else:
        for name in _listed(folder):
            below = folder / name
            if fnmatchcase(name, head) and (_is_own_folder(below) or (not rest and below.is_file())):
                yield from _expand(below, rest)


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError:
        return []


def _is_own_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _walk(folder: Path, found: Found) -> Iterator[Path]:
    def failed(error: OSError) -> None:
        name = Path(error.filename).as_posix() if error.filename else folder.as_posix()
        found.failures.append(Failure(name, f"{name}: {(error.strerror or str(error)).lower()}"))

    for place, folders, names in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        present = set(names)
        for name in sorted(names):
            path = Path(place, name)
            if name.endswith(SIDECAR) and name != SIDECAR and name.removesuffix(SIDECAR) not in present:
                found.orphans.append(path)
            elif not name.startswith(".") and _is_draft(path):
                yield path


def _is_draft(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()
