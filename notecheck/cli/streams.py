"""Writing: to standard output, to standard error, and to files that are never seen half-written."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from notecheck.output.terminal import visible
from notecheck.types import NotecheckError

#: Fewer steps than these are over before a progress bar says anything.
PROGRESS_FROM = 20

#: Longest line on standard error, in code points: a name in a settings file may be as long as the file.
MAX_MESSAGE = 1000

_SIGNS = "✓✗█░│“”…→␛"

# A bar on standard error has to make way for what is written to the same terminal.
_bar_is_drawn = False


def prepare() -> None:
    """Make the standard streams carry any text, whatever their encoding."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def carries_signs() -> bool:
    """Whether standard output can show ticks and bars."""
    try:
        _SIGNS.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def wants_color() -> bool:
    """Whether standard output is a terminal that may be coloured (https://no-color.org)."""
    return _is_terminal(sys.stdout) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns of the terminal; 100 where there is none, so that a file is the same everywhere."""
    if not _is_terminal(sys.stdout):
        return 100
    import shutil

    return max(40, shutil.get_terminal_size((100, 24)).columns)


def is_piped() -> bool:
    """Whether standard output is a pipe, whose other end may write to the terminal too."""
    try:
        return stat.S_ISFIFO(os.fstat(sys.stdout.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):
        return False


def _is_terminal(stream: object) -> bool:
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        return False


def write_out(text: str, *, color: bool = False) -> bool:
    """Write to standard output.

    Returns:
        Whether anybody still reads it. A reader that has gone away is no error.

    Raises:
        NotecheckError: it cannot be written to.
    """
    if sys.stdout is None:
        raise NotecheckError("standard output: closed")
    if _bar_is_drawn and _is_terminal(sys.stdout):
        click.echo(f"\r{' ' * (width() - 1)}\r", nl=False, err=True)
    try:
        click.echo(text, nl=False, color=color)
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        # Python flushes once more when it ends; that must have somewhere to go.
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return False
        cause = getattr(error, "strerror", None) or "closed"
        raise NotecheckError(f"standard output: {cause.lower()}") from None
    return True


def write_error(message: str) -> None:
    """Write one line to standard error, cut where it is longer than anybody reads."""
    if len(message) > MAX_MESSAGE:
        message = message[:MAX_MESSAGE] + " ..."
    with suppress(BrokenPipeError):
        click.echo(f"notecheck: {visible(message)}", err=True)


def write_lines(text: str) -> None:
    """Write text that is not an error to standard error."""
    with suppress(BrokenPipeError):
        click.echo(text, nl=False, err=True)


def write_errors(messages: Iterable[str]) -> None:
    """Write each message once, in order: one broken configuration is not said for every draft."""
    for message in dict.fromkeys(messages):
        write_error(message)


def check_target(path: Path) -> None:
    """Refuse a file that cannot be written before the work is done.

    Raises:
        NotecheckError: its folder is not there, or it is a folder.
    """
    if path.is_dir():
        raise NotecheckError(f"{path.as_posix()}: is a folder")
    if not path.parent.is_dir():
        raise NotecheckError(f"{path.as_posix()}: there is no folder {path.parent.as_posix()}")


def write_file(path: Path, text: str) -> None:
    """Write a whole file or nothing: beside the target first, then renamed.

    Raises:
        NotecheckError: it cannot be written.
    """
    data = text.encode("utf-8", "backslashreplace")
    try:
        if path.exists() and not path.is_file():
            # A device or a pipe is written to; renaming a file over it would replace it.
            path.write_bytes(data)
            return
        target = Path(os.path.realpath(path))
        beside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
        try:
            beside.write_bytes(data)
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise NotecheckError(
            f"{path.as_posix()}: {(error.strerror or type(error).__name__).lower()}"
        ) from None


@contextmanager
def no_progress(total: Callable[[], int]) -> Iterator[Callable[[int], None]]:
    """In the place of `progress` where a bar would stand in the way."""
    yield lambda steps: None


@contextmanager
def progress(total: Callable[[], int]) -> Iterator[Callable[[int], None]]:
    """A bar on standard error for ``total()`` steps, when there are many and a terminal to show it.

    Yields:
        A function that goes on by some steps.
    """
    length = total() if _is_terminal(sys.stderr) else 0
    if length < PROGRESS_FROM:
        yield lambda steps: None
        return
    global _bar_is_drawn
    # An estimate of the time left would be off by far at the start, when the pipeline is being loaded.
    with click.progressbar(
        length=length, label="Checking", file=sys.stderr, show_eta=False, show_percent=True, show_pos=True
    ) as bar:
        _bar_is_drawn = True
        try:
            yield bar.update
        finally:
            _bar_is_drawn = False
