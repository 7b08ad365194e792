"""What several commands share: options, the settings in force, the help of click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from notecheck.cli.services import Services
from notecheck.config import Config, Finder
from notecheck.types import NotecheckError

Command = TypeVar("Command", bound=Callable[..., Any])

#: Exit codes, as the help of ``check`` says them.
EXIT_OK, EXIT_FINDINGS, EXIT_ERROR, EXIT_INTERRUPTED = 0, 1, 2, 130

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

PATH = click.Path(path_type=Path)


def config_options(command: Command) -> Command:
    """Add ``--config`` and ``--isolated``."""
    command = click.option("--isolated", is_flag=True, help="Use the defaults; read no configuration file.")(
        command
    )
    return click.option(
        "--config", "config_file", type=PATH, metavar="FILE",
        help="Use this configuration file instead of the nearest one up the tree.",
    )(command)  # fmt: skip


def make_finder(config_file: Path | None, isolated: bool) -> Finder:
    """The finder that the options ask for."""
    if config_file is not None and isolated:
        raise click.UsageError("--config and --isolated exclude each other")
    return Finder(config_file, isolated=isolated)


def config_here(config_file: Path | None, isolated: bool) -> Config:
    """The settings that hold in the working folder."""
    return make_finder(config_file, isolated).loaded(Path.cwd()).config


def services(ctx: click.Context) -> Services:
    """The layers below, as the caller of `main` gave them."""
    found = ctx.find_object(Services)
    if found is None:
        raise NotecheckError("started without its services")
    return found
