"""The ``notecheck`` command: its subcommands, and what becomes of errors."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import import_module

import click

from notecheck.batch import internal, one_line
from notecheck.cli import streams
from notecheck.cli.common import CONTEXT, EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK
from notecheck.cli.services import Services
from notecheck.output.version import package_version
from notecheck.types import NotecheckError


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        streams.write_out(f"notecheck {package_version()}\n")
        ctx.exit()


#: The subcommands in the order of the help: the module of each, and its name there.
_COMMANDS: Mapping[str, tuple[str, str]] = {
    "check": ("check", "check"), "rules": ("rules", "rules"), "explain": ("rules", "explain"),
    "eval": ("evaluate", "evaluate"), "config": ("settings", "config"), "schema": ("settings", "schema"),
}  # fmt: skip


class _Commands(click.Group):
    """Subcommands that are imported when they are asked for: to list the rules takes nothing of a check."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"notecheck.cli.{module}"), name)
        return command


@click.group(cls=_Commands, context_settings=CONTEXT)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version,
    help="Show the version and exit.",
)  # fmt: skip
def cli() -> None:
    """Check the reply to a job rejection before it is sent.

    Does it thank for something specific, ask a narrow question, and ask to be kept in mind? How generic and
    how annoyed does it sound? Nothing leaves this machine.
    """


def main(argv: Sequence[str] | None = None, *, services: Services | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments; those of the process when None.
        services: the layers below, where a test has its own.

    Returns:
        The exit code: 0, 1 or 2 as ``notecheck check --help`` says, 130 when interrupted.
    """
    streams.prepare()
    try:
        code = cli.main(
            None if argv is None else list(argv),
            "notecheck",
            standalone_mode=False,
            obj=services or Services(),
        )
    except click.exceptions.NoArgsIsHelpError as error:
        streams.write_lines(error.format_message() + "\n")
        return EXIT_ERROR
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx is not None else "notecheck"
        streams.write_error(f"{one_line(click.ClickException(error.format_message()))} (see {path} --help)")
        return EXIT_ERROR
    except click.ClickException as error:
        streams.write_error(error.format_message())
        return EXIT_ERROR
    except NotecheckError as error:
        streams.write_error(one_line(error))
        return EXIT_ERROR
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else "" if _is_somewhere() else "the working folder: "
        streams.write_error(f"{place}{(error.strerror or type(error).__name__).lower()}")
        return EXIT_ERROR
    except Exception as error:
        streams.write_error(internal(error))
        return EXIT_ERROR
    return code if isinstance(code, int) else EXIT_OK


def _is_somewhere() -> bool:
    """Whether the working folder is still there."""
    try:
        os.getcwd()
    except OSError:
        return False
    return True
