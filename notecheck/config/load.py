"""Find configuration files up the tree, read them, and merge them; every error names file and key."""

from __future__ import annotations

import difflib
import math
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from notecheck.config.model import LEVEL_SETTINGS, THRESHOLDS, Config, LevelSetting, Override
from notecheck.types import NotecheckError

FILE_NAMES = ("notecheck.toml", ".notecheck.toml", "pyproject.toml")
DEFAULT = "default"

# Bounds on a file that somebody else may have written.
MAX_BYTES = 256_000
MAX_ITEMS = 2_000
MAX_EXTENDS = 20


@dataclass(frozen=True)
class Loaded:
    """A configuration and where its values came from.

    Attributes:
        config: the merged settings.
        file: the file that was found or named; None where nothing but defaults hold.
        origins: setting, written as in the file (``levels.slots``), to the file that set it.
    """

    config: Config = field(default_factory=Config)
    file: Path | None = None
    origins: Mapping[str, str] = field(default_factory=dict)


def display_path(path: Path) -> str:
    """A path as people are shown it: relative to the working folder when it lies below it."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return path.as_posix()


def nearest(name: str, known: Iterable[str]) -> str:
    """``", did you mean X?"`` when a known name is near, else an empty string."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f", did you mean {found[0]}?" if found else ""


def read_toml(path: Path, *, limit: int = MAX_BYTES) -> dict[str, Any]:
    """Read a TOML file of at most ``limit`` bytes.

    Raises:
        NotecheckError: it cannot be read or parsed.
    """
    shown = display_path(path)
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise NotecheckError(f"{shown}: {(error.strerror or type(error).__name__).lower()}") from None
    if len(data) > limit:
        raise NotecheckError(f"{shown}: larger than {limit} bytes")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotecheckError(f"{shown}: not UTF-8 at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise NotecheckError(f"{shown}: not valid TOML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise NotecheckError(f"{shown}: nested too deeply") from None


def find(folder: Path) -> Path | None:
    """The nearest configuration file, in ``folder`` or above it; ``pyproject.toml`` counts with its table.

    Raises:
        NotecheckError: a ``pyproject.toml`` on the way is not valid TOML.
    """
    for place in (folder, *folder.parents):
        for name in FILE_NAMES:
            candidate = place / name
            if candidate.is_file() and (name != "pyproject.toml" or _has_table(candidate)):
                return candidate
    return None


def _has_table(pyproject: Path) -> bool:
    tool = read_toml(pyproject).get("tool", {})
    return isinstance(tool, dict) and "notecheck" in tool


def load(file: Path) -> Loaded:
    """Read one configuration file and what it extends.

    Raises:
        NotecheckError: one line with the file, the key and what is wrong with it.
    """
    file = Path(os.path.abspath(file))
    merged = _Merge()
    for layer in reversed(_chain(file)):
        merged.add(layer)
    return merged.loaded(file)


class Finder:
    """Loads the configuration for paths, each file once.

    Args:
        file: use this file for every path, and do not look up the tree.
        isolated: use the defaults for every path.
    """

    def __init__(self, file: Path | None = None, *, isolated: bool = False) -> None:
        self._fixed = Loaded() if isolated else None if file is None else load(file)
        self._by_folder: dict[Path, Loaded] = {}
        self._by_file: dict[Path | None, Loaded] = {None: Loaded()}

    def loaded(self, path: Path) -> Loaded:
        """What holds around a file or folder (absolute).

        Raises:
            NotecheckError: the nearest configuration is broken.
        """
        if self._fixed is not None:
            return self._fixed
        folder = path if path.is_dir() else path.parent
        if folder not in self._by_folder:
            file = find(folder)
            if file not in self._by_file:
                assert file is not None
                self._by_file[file] = load(file)
            self._by_folder[folder] = self._by_file[file]
        return self._by_folder[folder]


@dataclass(frozen=True)
class _Layer:
    """The content of one file: settings by name, checked, with paths made absolute."""

    source: str
    values: dict[str, Any]


class _Merge:
    """Lays files over each other: lists replace, tables merge by key, overrides add up."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {"levels": {}, "thresholds": {}, "overrides": ()}
        self.origins: dict[str, str] = {}

    def add(self, layer: _Layer) -> None:
        for key, value in layer.values.items():
            if key in ("levels", "thresholds"):
                self.values[key].update(value)
                self.origins.update({f"{key}.{name}": layer.source for name in value})
            elif key == "overrides":
                self.values[key] += value
            else:
                self.values[key] = value
                self.origins[key] = layer.source

    def loaded(self, file: Path) -> Loaded:
        return Loaded(Config(**self.values), file, self.origins)


def _chain(file: Path) -> list[_Layer]:
    """The file, the one it extends, the one that extends, and so on."""
    layers: list[_Layer] = []
    seen: list[Path] = []
    following: Path | None = file
    while following is not None:
        shown = display_path(following)
        if following in seen:
            raise NotecheckError(f"{shown}: extends: goes round in a circle")
        if len(seen) >= MAX_EXTENDS:
            raise NotecheckError(f"{shown}: extends: more than {MAX_EXTENDS} files in a row")
        seen.append(following)
        data = read_toml(following)
        if following.name == "pyproject.toml":
            data = data.get("tool", {}).get("notecheck", {})
            if not isinstance(data, dict):
                raise NotecheckError(f"{shown}: tool.notecheck: must be a table")
            reader = _Reader(shown, following.parent, "tool.notecheck.")
        else:
            reader = _Reader(shown, following.parent)
        extends = reader.extends(data)
        layers.append(_Layer(shown, reader.settings(data)))
        following = extends
    return layers


class _Reader:
    """Checks the values of one file."""

    def __init__(self, source: str, folder: Path, prefix: str = "") -> None:
        self.source = source
        self.folder = folder
        self.prefix = prefix

    def fail(self, key: str, cause: str) -> NotecheckError:
        return NotecheckError(f"{self.source}: {self.prefix}{key}: {cause}")

    def extends(self, data: Mapping[str, Any]) -> Path | None:
        value = data.get("extends")
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            raise self.fail("extends", "must be the path of a file")
        if "://" in value:
            raise self.fail("extends", "must be a local file, not an address")
        target = Path(os.path.abspath(self.folder / Path(value).expanduser()))
        if not target.is_file():
            raise self.fail("extends", f"there is no file {display_path(target)}")
        return target

    def settings(self, data: Mapping[str, Any]) -> dict[str, Any]:
        readers: dict[str, Callable[[str, Any], Any]] = {
            "select": self.selectors,
            "ignore": self.selectors,
            "levels": self.levels,
            "thresholds": self.thresholds,
            "rules": self.folders,
            "overrides": self.overrides,
        }
        self.known(data, (*readers, "extends"), "")
        return {key: readers[key](key, value) for key, value in data.items() if key in readers}

    def known(self, data: Mapping[str, Any], names: Iterable[str], where: str) -> None:
        names = tuple(names)
        for key in data:
            if key not in names:
                cause = f"unknown key{nearest(key, names)}"
                raise self.fail(where + key, f"{cause} (known: {', '.join(names)})")

    def strings(self, key: str, value: Any, what: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.fail(key, f"must be a list of {what}")
        if len(value) > MAX_ITEMS:
            raise self.fail(key, f"more than {MAX_ITEMS} entries")
        return tuple(value)

    def selectors(self, key: str, value: Any) -> tuple[str, ...]:
        return self.strings(key, value, "rule ids or prefixes")

    def table(self, key: str, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self.fail(key, "must be a table")
        if len(value) > MAX_ITEMS:
            raise self.fail(key, f"more than {MAX_ITEMS} entries")
        return value

    def levels(self, key: str, value: Any) -> dict[str, LevelSetting]:
        out: dict[str, LevelSetting] = {}
        for selector, level in self.table(key, value).items():
            if level not in LEVEL_SETTINGS:
                hint = nearest(level, LEVEL_SETTINGS) if isinstance(level, str) else ""
                cause = f"must be one of {', '.join(LEVEL_SETTINGS)}, not {level!r}{hint}"
                raise self.fail(f"{key}.{selector}", cause)
            out[selector] = level
        return out

    def thresholds(self, key: str, value: Any) -> dict[str, float]:
        table = self.table(key, value)
        self.known(table, THRESHOLDS, f"{key}.")
        out: dict[str, float] = {}
        for name, number in table.items():
            low, high = THRESHOLDS[name]
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
                raise self.fail(f"{key}.{name}", f"must be a number, not {number!r}")
            if not low <= number <= high:
                raise self.fail(f"{key}.{name}", f"must lie between {low:g} and {high:g}, not {number!r}")
            out[name] = float(number)
        return out

    def folders(self, key: str, value: Any) -> tuple[Path, ...]:
        out = []
        for item in self.strings(key, value, "folders"):
            folder = Path(os.path.abspath(self.folder / Path(item).expanduser()))
            if not folder.is_dir():
                raise self.fail(key, f"there is no folder {display_path(folder)}")
            out.append(folder)
        return tuple(out)

    def overrides(self, key: str, value: Any) -> tuple[Override, ...]:
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.fail(key, "must be tables, each under [[overrides]]")
        if len(value) > MAX_ITEMS:
            raise self.fail(key, f"more than {MAX_ITEMS} entries")
        return tuple(self.override(f"{key}[{number}].", item) for number, item in enumerate(value, start=1))

    def override(self, where: str, data: Mapping[str, Any]) -> Override:
        self.known(data, ("paths", "ignore", "levels", "thresholds"), where)
        paths = self.strings(f"{where}paths", data.get("paths"), "path patterns")
        if not paths:
            raise self.fail(f"{where}paths", "must name at least one pattern")
        if any(len(pattern) > 500 for pattern in paths):
            raise self.fail(f"{where}paths", "a pattern is longer than 500 characters")
        levels = self.levels(f"{where}levels", data.get("levels", {}))
        for selector, level in levels.items():
            if level == "off":
                raise self.fail(f"{where}levels.{selector}", "for some paths only, use ignore instead of off")
        return Override(
            paths=paths,
            root=self.folder,
            ignore=self.selectors(f"{where}ignore", data.get("ignore", [])),
            levels=levels,
            thresholds=self.thresholds(f"{where}thresholds", data.get("thresholds", {})),
            source=self.source,
        )
