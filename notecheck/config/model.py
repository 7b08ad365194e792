"""The settings of a check, after every file has been read and merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from notecheck.types import Level

LevelSetting = Literal["error", "warning", "note", "off"]
LEVELS: tuple[Level, ...] = get_args(Level)
LEVEL_SETTINGS: tuple[LevelSetting, ...] = get_args(LevelSetting)

#: Thresholds that a configuration may set, and what a value may be: lowest, highest.
THRESHOLDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"genericness": (0.0, 1.0), "annoyance": (0.0, 1.0), "reading_seconds": (1.0, 86_400.0)}
)


def matches(selector: str, rule_id: str) -> bool:
    """Whether a selector, a rule id or a prefix of one up to a slash, names the rule.

    >>> matches("slots", "slots/bracket"), matches("slots/", "slots/bracket"), matches("slot", "slots/bracket")
    (True, True, False)
    """
    return selector == rule_id or rule_id.startswith(selector.rstrip("/") + "/")


def closest(selectors: Iterable[str], rule_id: str) -> str | None:
    """The longest of the selectors that name the rule, or None."""
    return max((item for item in selectors if matches(item, rule_id)), key=len, default=None)


def path_matches(pattern: str, path: str) -> bool:
    """Whether a pattern covers a path; both with ``/``, relative to the same folder.

    ``*`` and ``?`` stay within one name, ``**`` stands for any number of folders, a pattern without a slash
    is looked for at any depth, and a pattern that names a folder covers all that lies in it.

    >>> path_matches("old", "drafts/old/a.txt"), path_matches("drafts/*.md", "drafts/old/b.md")
    (True, False)
    """
    parts = [part for part in pattern.split("/") if part not in ("", ".")]
    if "/" not in pattern.rstrip("/"):
        parts.insert(0, "**")
    # reachable[i]: the names read so far can be matched by the first i parts. Linear in names times parts.
    reachable = _skip_stars({0}, parts)
    for name in path.split("/"):
        after: set[int] = set()
        for index in reachable:
            if index == len(parts) or parts[index] == "**":
                after.add(index)
            elif fnmatchcase(name, parts[index]):
                after.add(index + 1)
        reachable = _skip_stars(after, parts)
    return bool(parts) and len(parts) in reachable


def _skip_stars(reachable: set[int], parts: list[str]) -> set[int]:
    out = set(reachable)
    for index in sorted(reachable):
        while index < len(parts) and parts[index] == "**":
            index += 1
            out.add(index)
    return out


@dataclass(frozen=True)
class Override:
    """What holds for some paths only.

    Attributes:
        paths: patterns as `path_matches` takes them.
        root: the folder that the patterns are relative to, that of the file which has the override.
        ignore: rule ids or prefixes whose findings are hidden there. They are suppressions: the rules
            still run, and an entry that hides nothing is reported.
        levels: as in `Config`, without ``off``.
        thresholds: as in `Config`.
        source: the file that has the override, as it is shown to people.
    """

    paths: tuple[str, ...]
    root: Path
    ignore: tuple[str, ...] = ()
    levels: Mapping[str, LevelSetting] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    source: str = ""

    def __post_init__(self) -> None:
        _freeze(self, "levels", "thresholds")

    def __reduce__(self) -> tuple[Any, ...]:
        values = (self.paths, self.root, self.ignore, dict(self.levels), dict(self.thresholds), self.source)
        return type(self), values

    def covers(self, path: Path) -> bool:
        """Whether the override holds for a path (absolute, as `root` is)."""
        try:
            relative = path.relative_to(self.root).as_posix()
        except ValueError:
            return False
        return any(path_matches(pattern, relative) for pattern in self.paths)


@dataclass(frozen=True)
class Config:
    """The settings of a check. ``Config()`` is what holds where no file says otherwise.

    A selector is a rule id or a prefix of one up to a slash; where several name a rule the longest decides,
    and ``ignore`` before ``select`` where they are equally long.

    Attributes:
        select: the rules that run; empty means all.
        ignore: the rules that do not run.
        levels: selector to the level of its findings; ``off`` is the same as ignoring.
        thresholds: name (a key of `THRESHOLDS`) to value, where it differs from the fitted one.
        rules: folders of rules beside the shipped ones.
        overrides: what holds for some paths only, the later before the earlier.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    levels: Mapping[str, LevelSetting] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    rules: tuple[Path, ...] = ()
    overrides: tuple[Override, ...] = ()

    def __post_init__(self) -> None:
        _freeze(self, "levels", "thresholds")

    def __hash__(self) -> int:
        levels, thresholds = tuple(sorted(self.levels.items())), tuple(sorted(self.thresholds.items()))
        return hash((self.select, self.ignore, levels, thresholds, self.rules))

    def __reduce__(self) -> tuple[Any, ...]:
        # A mapping proxy cannot be pickled, and settings travel between processes.
        values = (
            self.select, self.ignore, dict(self.levels), dict(self.thresholds), self.rules, self.overrides,
        )  # fmt: skip
        return type(self), values

    def level_of(self, rule_id: str, default: Level) -> Level | None:
        """The level of a rule's findings, or None where they are switched off.

        >>> config = Config(ignore=("annoyance",), levels={"slots": "warning"})
        >>> config.level_of("slots/bracket", "error"), config.level_of("annoyance/jab", "error")
        ('warning', None)
        """
        chosen = closest(self.select, rule_id) if self.select else ""
        dropped = closest(self.ignore, rule_id)
        if chosen is None or (dropped is not None and len(dropped) >= len(chosen)):
            return None
        setting = closest(self.levels, rule_id)
        level = default if setting is None else self.levels[setting]
        return None if level == "off" else level

    def for_path(self, path: Path) -> Config:
        """The settings that hold for one path: levels and thresholds of its overrides merged, none left.

        ``ignore`` of an override is not merged: it hides findings, it does not stop rules.
        """
        if not self.overrides:
            return self
        levels, thresholds = dict(self.levels), dict(self.thresholds)
        for override in self.overrides:
            if override.covers(path):
                levels.update(override.levels)
                thresholds.update(override.thresholds)
        return replace(self, levels=levels, thresholds=thresholds, overrides=())


def _freeze(instance: object, *names: str) -> None:
    for name in names:
        object.__setattr__(instance, name, MappingProxyType(dict(getattr(instance, name))))
