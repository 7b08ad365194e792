"""The cache of verdicts: what was found in a file that has not changed is not looked for again.

An entry holds packed reports, see `notecheck.packed`: never a word of a letter, nor the path of one. Its name
is a digest of the file's bytes, the settings and the installed package. It is written beside its place and
renamed, and begins with a digest of itself, so that one that is torn, foreign or not of this user's making is
as good as none: nothing that is wrong with a cache is ever an error.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from notecheck import fingerprint
from notecheck.config import Config
from notecheck.types import NotecheckError

log = logging.getLogger("notecheck")

#: Largest file whose verdicts are kept, in bytes; it is read as a whole to know it again.
MAX_FILE = 4_000_000
#: The cache is pruned to three quarters of these when it has outgrown them: entries, and their bytes.
MAX_ENTRIES = 50_000
MAX_BYTES = 256 * 2**20

_LAYOUT = "verdicts-1"
_SHARDS = 256
_DAY = 86_400


def default_folder() -> Path:
    """The user's cache folder on this platform."""
    from platformdirs import user_cache_path

    return user_cache_path("notecheck", appauthor=False)


def open_cache(folder: Path | None = None) -> Cache | None:
    """The cache in ``folder``, or in the user's cache folder; None where there can be none.

    Raises:
        NotecheckError: a folder was named and cannot be one.
    """
    if folder is None:
        folder = default_folder()
        try:
            # Without a home folder there is nothing but a name that is relative to the working folder.
            return Cache(folder) if folder.is_absolute() else None
        except OSError as error:
            log.debug("no cache", exc_info=error)
            return None
    try:
        return Cache(folder)
    except OSError as error:
        cause = (error.strerror or type(error).__name__).lower()
        raise NotecheckError(f"{folder.as_posix()}: cannot be the folder of the cache: {cause}") from None


class Cache:
    """Values by key in a folder that any number of runs may share.

    Args:
        folder: it is made when it is not there, readable by its owner alone.

    Raises:
        OSError: the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _LAYOUT
        folder.parent.mkdir(parents=True, exist_ok=True)
        for each in (folder, self._folder):
            each.mkdir(mode=0o700, exist_ok=True)
        self._settings = lru_cache(maxsize=1024)(fingerprint.settings)
        self._writable = True
        self._written = ""

    def key(self, kind: str, config: Config, *parts: str) -> str:
        """The key of what follows from ``parts`` under these settings and this version of the package."""
        return fingerprint.digest(kind, fingerprint.package(), self._settings(config), *parts)

    def get(self, key: str) -> Any:
        """The value of a key, None when there is none (or none that can be trusted)."""
        path = self._path(key)
        try:
            with open(path, "rb") as file:
                content = file.read()
                if time.time() - os.fstat(file.fileno()).st_mtime > _DAY:
                    # What is still of use is not pruned; the day keeps a warm cache from being written to.
                    os.utime(path)
        except OSError:
            return None
        head, _, body = content.partition(b"\n")
        if head != _seal(key, body):
            return None
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None

    def put(self, key: str, value: Any) -> None:
        """Keep a JSON value; where it cannot be written nothing happens."""
        if not self._writable:
            return
        try:
            body = json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
        except (TypeError, ValueError) as error:
            log.debug("cache not written", exc_info=error)
            return
        path = self._path(key)
        beside = f"{path}.{os.getpid()}.{time.time_ns()}.tmp"
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            try:
                with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(_seal(key, body) + b"\n" + body)
                os.replace(beside, path)
            except OSError:
                with suppress(OSError):
                    os.unlink(beside)
                raise
        except OSError as error:
            # A full disk, a folder that was taken away: the run goes on without.
            log.debug("cache not written", exc_info=error)
            self._writable = False
            return
        self._written = path

    def prune(self, *, entries: int = MAX_ENTRIES, size: int = MAX_BYTES) -> None:
        """Remove what was not used for the longest time when the cache has outgrown its bounds.

        Keys spread evenly, so one of the subfolders tells how full all of them are, and only a run that has
        written something looks.
        """
        if not self._written:
            return
        sample = list(_files(os.path.dirname(self._written)))
        if _SHARDS * len(sample) <= entries and _SHARDS * sum(item[1] for item in sample) <= size:
            return
        found = sorted(item for shard in _folders(self._folder) for item in _files(shard))
        count, total = len(found), sum(item[1] for item in found)
        if count <= entries and total <= size:
            return
        for _, length, path in found:
            if count <= entries * 3 // 4 and total <= size * 3 // 4:
                break
            with suppress(OSError):
                os.unlink(path)
            count -= 1
            total -= length

    def _path(self, key: str) -> str:
        return f"{self._folder}{os.sep}{key[:2]}{os.sep}{key[2:]}"


def _seal(key: str, body: bytes) -> bytes:
    return fingerprint.of_bytes(key.encode("ascii") + body).encode("ascii")


def _folders(folder: Path) -> Sequence[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return ()


def _files(folder: str) -> Sequence[tuple[float, int, str]]:
    """Time of change, size and path of each file."""
    out = []
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                stat = entry.stat(follow_symlinks=False)
                out.append((stat.st_mtime, stat.st_size, entry.path))
    return out
