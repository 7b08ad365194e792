"""A selector that names no rule is a slip of the pen, and an error that names file and key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from notecheck.config import DEFAULT, Config, Loaded, matches, nearest
from notecheck.output.model import RuleInfo
from notecheck.types import NotecheckError


class Selectors:
    """Checks the selectors of configurations, each configuration once.

    Args:
        rules: the rules that are on under some settings.
    """

    def __init__(self, rules: Callable[[Config], Sequence[RuleInfo]]) -> None:
        self._rules = rules
        self._ids: dict[tuple[Path, ...], list[str]] = {}
        self._fine: set[Path | None] = set()

    def check(self, loaded: Loaded) -> None:
        """Check every selector of a configuration.

        Raises:
            NotecheckError: one names no rule.
        """
        if loaded.file in self._fine:
            return
        ids = self._known(loaded.config)
        for key, selector, source in _selectors(loaded):
            if not any(matches(selector, rule) for rule in ids):
                raise NotecheckError(f"{source}: {key}: no rule {selector}{nearest(selector, _names(ids))}")
        self._fine.add(loaded.file)

    def _known(self, config: Config) -> list[str]:
        if config.rules not in self._ids:
            everything = replace(config, select=(), ignore=())
            self._ids[config.rules] = [rule.id for rule in self._rules(everything)]
        return self._ids[config.rules]


def _selectors(loaded: Loaded) -> Iterator[tuple[str, str, str]]:
    """Key, selector and file of each; what an override ignores is left to be reported as unused."""
    config, origins = loaded.config, loaded.origins
    for key, selectors in (("select", config.select), ("ignore", config.ignore)):
        yield from ((key, selector, origins.get(key, DEFAULT)) for selector in selectors)
    for selector in config.levels:
        key = f"levels.{selector}"
        yield key, selector, origins.get(key, DEFAULT)
    for override in config.overrides:
        yield from (("overrides.levels", selector, override.source) for selector in override.levels)


def _names(ids: Iterable[str]) -> list[str]:
    """The ids and every prefix of one."""
    names: dict[str, None] = {}
    for rule in ids:
        parts = rule.split("/")
        names.update(dict.fromkeys("/".join(parts[: end + 1]) for end in range(len(parts))))
    return list(names)
