"""Settings: ``notecheck.toml``, ``.notecheck.toml`` or ``[tool.notecheck]``, the nearest one up the tree."""

from notecheck.config.load import DEFAULT, Finder, Loaded, display_path, find, load, nearest, read_toml
from notecheck.config.model import (
    LEVEL_SETTINGS,
    LEVELS,
    THRESHOLDS,
    Config,
    LevelSetting,
    Override,
    closest,
    matches,
    path_matches,
)

__all__ = [
    "DEFAULT",
    "LEVELS",
    "LEVEL_SETTINGS",
    "THRESHOLDS",
    "Config",
    "Finder",
    "LevelSetting",
    "Loaded",
    "Override",
    "closest",
    "display_path",
    "find",
    "load",
    "matches",
    "nearest",
    "path_matches",
    "read_toml",
]
