"""Where the parts of a result go as they come: standard output, or a file that a later run can go on with.

With ``--output FILE`` the parts go to ``FILE.part``, which takes the place of FILE when all is done. Beside
it lies ``FILE.part.state``: how many bytes of it are whole, how far in the input they reach, and what they
were made of. A run with ``--resume`` cuts ``FILE.part`` back to those bytes and goes on behind them, so that
no row is lost or doubled, however the run before it ended.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol

from notecheck.cli import streams
from notecheck.output import MACHINE_FORMATS, renderer
from notecheck.output.model import Run, Style, Totals
from notecheck.types import NotecheckError

#: After so many parts the state is written.
CHECKPOINT = 200

#: So many messages are looked through for one that was said before.
_REMEMBERED = 10_000


class NobodyReadsError(Exception):
    """Whoever read standard output has gone away, so that there is no use in going on."""


class Position(NamedTuple):
    """How far a run has come: jobs that are done, and what came of the one after them."""

    job: int = 0
    items: int = 0


class Sink(Protocol):
    """Takes the parts of a result.

    Attributes:
        start: where the run goes on, None where it begins.
        totals: what the parts before that came to.
        resumable: whether a later run could go on with what this one leaves.
    """

    start: Position | None
    totals: Totals
    resumable: bool

    def see(self, part: Run) -> None:
        """Take note of a part before it is written."""

    def write(self, text: str, position: Position) -> None:
        """Write what a part gives; with it the result reaches to ``position``.

        Raises:
            NobodyReadsError: the result goes nowhere.
        """

    def finish(self, tail: Iterable[str]) -> None:
        """Write the end, which comes in pieces of its own, and be done."""

    def stop(self) -> None:
        """The run ends here before it is done."""


def open_sink(
    form: str, output: Path | None, style: Style, *, made_of: str | None, resume: bool = False
) -> Sink:
    """The sink for a streamed format.

    Args:
        form: name of the format.
        output: the file to write; None for standard output.
        style: how standard output is written.
        made_of: a digest of input, settings and options; None where a later run cannot go on.
        resume: go on with what an earlier run has left, if it has.

    Raises:
        NotecheckError: what is left was made of something else, or the file cannot be written.
    """
    if output is None:
        return _Held(form, style) if form in MACHINE_FORMATS else _Direct(style)
    return _File(output, made_of, resume)


class _Direct:
    """Standard output, as it comes."""

    resumable = False

    def __init__(self, style: Style) -> None:
        self.start: Position | None = None
        self.totals = Totals()
        self._style = style

    def see(self, part: Run) -> None:
        pass

    def write(self, text: str, position: Position) -> None:
        if text and not streams.write_out(text, color=self._style.color):
            raise NobodyReadsError

    def finish(self, tail: Iterable[str]) -> None:
        for text in tail:
            self.write(text, Position())

    def stop(self) -> None:
        pass


class _Held(_Direct):
    """Standard output of a format that programs read: all of it or nothing, held back on disk until then."""

    def __init__(self, form: str, style: Style) -> None:
        super().__init__(style)
        self._text = _temporary()
        self._concise = _temporary()

    def see(self, part: Run) -> None:
        self._concise.write(renderer("concise")(part, replace(self._style, statistics=False)))

    def write(self, text: str, position: Position) -> None:
        self._text.write(text)

    def finish(self, tail: Iterable[str]) -> None:
        self._text.writelines(tail)
        # A program must not take half a result for a whole one, and a person must not lose the other half.
        whole = not self.totals.failures
        chosen = self._text if whole else self._concise
        chosen.seek(0)
        while text := chosen.read(2**20):
            if whole:
                if not streams.write_out(text):
                    break
            else:
                streams.write_lines(text)
        self.stop()

    def stop(self) -> None:
        self._text.close()
        self._concise.close()


class _File:
    """A file that is written beside its place, in a way that can be taken up again."""

    def __init__(self, target: Path, made_of: str | None, resume: bool) -> None:
        self.start: Position | None = None
        self.totals = Totals()
        self._shown = target.as_posix()
        # A device or a pipe is written to; renaming a file over it would replace it.
        self._special = target.exists() and not target.is_file()
        self.resumable = made_of is not None and not self._special
        self._made_of = made_of
        self._target = Path(os.path.realpath(target))
        self._part = self._target if self._special else _beside(self._target, ".part")
        self._state = _beside(self._target, ".part.state")
        self._length = self._since = 0
        self._safe: tuple[Position, int, dict[str, Any]] | None = None
        with _naming(self._shown):
            self._file = self._again() if resume and self.resumable else None
            if self._file is None:
                with suppress(FileNotFoundError):
                    if not self._special:
                        self._state.unlink()
                self._file = self._part.open("wb")

    def see(self, part: Run) -> None:
        pass

    def write(self, text: str, position: Position) -> None:
        with _naming(self._shown):
            self._put(text)
            self._safe = position, self._length, _totals_value(self.totals)
            self._since += 1
            if self._since >= CHECKPOINT:
                self._checkpoint()

    def finish(self, tail: Iterable[str]) -> None:
        with _naming(self._shown):
            for text in tail:
                self._put(text)
            self._opened.close()
            if not self._special:
                os.replace(self._part, self._target)
                self._state.unlink(missing_ok=True)

    def stop(self) -> None:
        with suppress(OSError):
            self._checkpoint()
        with suppress(OSError):
            self._opened.close()
        if not self._special and (self._safe is None or not self.resumable):
            for path in (self._part, self._state):
                path.unlink(missing_ok=True)

    @property
    def _opened(self) -> IO[bytes]:
        assert self._file is not None
        return self._file

    def _put(self, text: str) -> None:
        data = text.encode("utf-8", "backslashreplace")
        self._opened.write(data)
        self._length += len(data)

    def _checkpoint(self) -> None:
        self._since = 0
        if self._safe is None or not self.resumable:
            return
        position, length, totals = self._safe
        self._opened.flush()
        os.fsync(self._opened.fileno())
        value = {"made_of": self._made_of, "bytes": length, "position": position, "totals": totals}
        beside = _beside(self._state, ".new")
        beside.write_text(json.dumps(value) + "\n", encoding="utf-8")
        os.replace(beside, self._state)

    def _again(self) -> IO[bytes] | None:
        """Open what an earlier run has left, cut back to what is whole; None when it has left nothing."""
        try:
            value = json.loads(self._state.read_text(encoding="utf-8"))
            made_of, length = value["made_of"], int(value["bytes"])
            start, totals = Position(*map(int, value["position"])), _totals_of(value["totals"])
            left = self._part.stat().st_size
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError):
            raise NotecheckError(
                f"{self._state.as_posix()}: not the state of a run; begin without --resume"
            ) from None
        if made_of != self._made_of or left < length:
            raise NotecheckError(
                f"{self._state.as_posix()}: begun with other drafts, settings, options or another version; "
                "begin without --resume"
            )
        file = self._part.open("r+b")
        file.truncate(length)
        file.seek(length)
        self.start, self.totals, self._length = start, totals, length
        self._safe = start, length, value["totals"]
        return file


@contextmanager
def _naming(shown: str) -> Iterator[None]:
    """Turn an error of the operating system into one line that names the file."""
    try:
        yield
    except OSError as error:
        cause = (error.strerror or type(error).__name__).lower()
        raise NotecheckError(f"{shown}: {cause}") from None


class Messages:
    """Lines for standard error, said at the end, each once; they take no memory that grows."""

    def __init__(self) -> None:
        self._spool: IO[str] | None = None
        self._said: set[str] = set()

    def add(self, message: str) -> None:
        """One more line; one broken configuration is not said for every draft."""
        if message in self._said:
            return
        if len(self._said) < _REMEMBERED:
            self._said.add(message)
        if self._spool is None:
            self._spool = _temporary()
        self._spool.write(" ".join(message.splitlines()) + "\n")

    def say(self) -> None:
        """Write the lines."""
        if self._spool is not None:
            self._spool.seek(0)
            for line in self._spool:
                streams.write_error(line.rstrip("\n"))
            self._spool.close()
            self._spool = None


def _temporary() -> IO[str]:
    from tempfile import TemporaryFile

    # Lone surrogates, as the names of files may have, must pass through unchanged.
    return TemporaryFile("w+", encoding="utf-8", errors="surrogatepass", newline="")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _totals_value(totals: Totals) -> dict[str, Any]:
    return {
        "drafts": totals.drafts,
        "ready": totals.ready,
        "failures": totals.failures,
        "findings": [[rule, level, number] for (rule, level), number in totals.findings.items()],
    }


def _totals_of(value: dict[str, Any]) -> Totals:
    findings = Counter({(rule, level): int(number) for rule, level, number in value["findings"]})
    return Totals(int(value["drafts"]), int(value["ready"]), int(value["failures"]), findings)
