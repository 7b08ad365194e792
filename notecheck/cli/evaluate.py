"""``notecheck eval``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from notecheck.cli import streams
from notecheck.cli.common import EXIT_FINDINGS, EXIT_OK, PATH, config_here, config_options, services
from notecheck.config import read_toml


@click.command("eval")
@click.argument("path", metavar="FOLDER|FILE.jsonl", type=PATH)
@click.option("--split", metavar="NAME", help="Only the notes of one split, such as test.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
@click.option("--errors", is_flag=True, help="List the notes that were labelled otherwise.")
@click.option(
    "--floors", type=PATH, metavar="FILE", help="Exit with 1 when a figure is below its floor (TOML)."
)
@config_options
@click.pass_context
def evaluate(
    ctx: click.Context,
    path: Path,
    split: str | None,
    as_json: bool,
    errors: bool,
    floors: Path | None,
    config_file: Path | None,
    isolated: bool,
) -> int:
    """Measure the checks on labelled notes."""
    least: Mapping[str, Any] = {} if floors is None else read_toml(floors)
    result = services(ctx).evaluate(path, config_here(config_file, isolated), split)
    if as_json:
        streams.write_out(json.dumps(result.to_dict(), indent=2) + "\n")
    else:
        text = result.render(errors)
        streams.write_out(text if text.endswith("\n") else text + "\n")
    below = result.below(dict(least))
    streams.write_errors(below)
    return EXIT_FINDINGS if below else EXIT_OK
