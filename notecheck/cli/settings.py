"""``notecheck config`` and ``notecheck schema``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from notecheck.cli import streams, suppress
from notecheck.cli.common import EXIT_OK, PATH, config_options, make_finder, services
from notecheck.cli.driver import MARKDOWN
from notecheck.cli.runner import absolute
from notecheck.config import DEFAULT, THRESHOLDS, Loaded, Override, display_path
from notecheck.output import schema as published
from notecheck.output.terminal import visible


@click.command("config")
@click.option(
    "--show",
    "path",
    type=PATH,
    required=True,
    metavar="PATH",
    help="Print each value that holds for this file or folder, and the file it came from.",
)
@config_options
@click.pass_context
def config(ctx: click.Context, path: Path, config_file: Path | None, isolated: bool) -> int:
    """Show the settings that hold for a path."""
    place = absolute(path)
    loaded = make_finder(config_file, isolated).loaded(place)
    rows = [*_rows(loaded, place, services(ctx).thresholds()), *_own_rows(path)]
    wide = max(len(setting) for setting, _ in rows)
    streams.write_out("".join(f"{visible(f'{setting:<{wide}}  # {source}')}\n" for setting, source in rows))
    return EXIT_OK


@click.command("schema")
def schema() -> int:
    """Print the schema of the JSON formats."""
    streams.write_out(published.render())
    return EXIT_OK


def _own_rows(path: Path) -> Iterator[tuple[str, str]]:
    """What the sidecar and the front matter of a draft hide."""
    try:
        front = (
            path.read_text(encoding="utf-8-sig", errors="replace") if path.suffix.lower() in MARKDOWN else ""
        )
    except OSError:
        front = ""
    for entries in (suppress.from_sidecar(path), suppress.from_front_matter(front, path.as_posix())):
        if entries:
            yield f"overrides.ignore = {_toml([item.selector for item in entries])}", entries[0].path


def _rows(loaded: Loaded, place: Path, defaults: Mapping[str, float]) -> Iterator[tuple[str, str]]:
    """Each setting as TOML, and where it came from."""
    settings = loaded.config
    origin = loaded.origins
    yield f"select = {_toml(settings.select)}", origin.get("select", DEFAULT)
    yield f"ignore = {_toml(settings.ignore)}", origin.get("ignore", DEFAULT)
    folders = [display_path(folder) for folder in settings.rules]
    yield f"rules = {_toml(folders)}", origin.get("rules", DEFAULT)
    covering = [override for override in settings.overrides if override.covers(place)]
    levels = _with_overrides("levels", settings.levels, origin, covering)
    yield from ((f"levels.{_key(name)} = {_toml(value)}", source) for name, (value, source) in levels.items())
    thresholds = _with_overrides("thresholds", settings.thresholds, origin, covering)
    for name in THRESHOLDS:
        value, source = thresholds.get(name, (defaults[name], DEFAULT))
        yield f"thresholds.{name} = {_toml(value)}", source
    for override in covering:
        if override.ignore:
            yield f"overrides.ignore = {_toml(override.ignore)}", _override_source(override)


def _with_overrides(
    table: str, values: Mapping[str, Any], origin: Mapping[str, str], covering: list[Override]
) -> dict[str, tuple[Any, str]]:
    out = {name: (value, origin.get(f"{table}.{name}", DEFAULT)) for name, value in values.items()}
    for override in covering:
        source = _override_source(override)
        out.update({name: (value, source) for name, value in getattr(override, table).items()})
    return out


def _override_source(override: Override) -> str:
    return f"{override.source}, for {', '.join(override.paths)}"


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else _toml(name)


def _toml(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    return f"{value:g}"
