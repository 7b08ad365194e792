"""Checking jobs: the one place where reports are made, so that another runner can take its place."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from notecheck.config import Config
from notecheck.types import NotecheckError, Report

if TYPE_CHECKING:
    from notecheck.cli.services import Services
    from notecheck.message import Draft

log = logging.getLogger("notecheck")

#: Suffixes of files whose text is checked as it stands in the file.
VERBATIM = frozenset({"", ".txt", ".md"})


@dataclass(frozen=True, slots=True)
class Job:
    """One file to check. It can be pickled.

    Attributes:
        path: the file, as it was named; of standard input, the name that it goes by.
        config: the settings that hold for it, with no overrides left.
        data: the content of standard input; None for a file.
    """

    path: Path
    config: Config
    data: bytes | None = None

    @property
    def shown(self) -> str:
        """The path as results show it."""
        return self.path.as_posix()


@dataclass(frozen=True, slots=True)
class Checked:
    """One draft of a job, with its report before anything is hidden.

    Attributes:
        label: the path, or which draft of the file this is.
        verbatim: whether ``source`` is the text of the file as it stands there.
    """

    label: str
    source: str
    report: Report
    verbatim: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one job: any number of drafts, and one line for each thing that could not be checked."""

    job: Job
    drafts: tuple[Checked, ...] = ()
    errors: tuple[str, ...] = ()


class CheckerLike(Protocol):
    """What a runner needs of a checker."""

    def check(self, draft: Draft, /) -> Report: ...


class Runner(Protocol):
    """Maps jobs to outcomes, one for each job and in the order of the jobs."""

    def __call__(self, jobs: Iterable[Job], /) -> Iterator[Outcome]: ...


class SerialRunner:
    """Checks one job after the other in this process, with one checker for each configuration."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._checkers: dict[Config, CheckerLike] = {}

    def __call__(self, jobs: Iterable[Job], /) -> Iterator[Outcome]:
        for job in jobs:
            yield self.run(job)

    def run(self, job: Job) -> Outcome:
        """Check one job; an error becomes part of the outcome."""
        drafts: list[Checked] = []
        errors: list[str] = []
        with guarded(job, errors):
            checker = self._checker(job.config)
            for draft in self._services.read(job):
                if isinstance(draft, NotecheckError):
                    errors.append(one_line(draft))
                    continue
                with guarded(job, errors):
                    drafts.append(_checked(job, draft, checker.check(draft)))
        return Outcome(job, tuple(drafts), tuple(errors))

    def _checker(self, config: Config) -> CheckerLike:
        if config not in self._checkers:
            self._checkers[config] = self._services.make_checker(config)
        return self._checkers[config]


def _checked(job: Job, draft: Draft, report: Report) -> Checked:
    label = label_of(job, draft)
    verbatim = label == job.shown and job.path.suffix.lower() in VERBATIM and not draft.converted
    return Checked(label, draft.source, report, verbatim)


def label_of(job: Job, draft: Draft) -> str:
    """The name of a draft: the job's path, with what tells it from the other drafts of the file."""
    path = str(job.path)
    rest = (draft.name or path).removeprefix(path)
    return job.shown + rest if rest[:1] in ("", "#", ":") else job.shown


@contextmanager
def guarded(job: Job, errors: list[str]) -> Iterator[None]:
    """Turn what goes wrong with a job into one line of ``errors``, so that the other jobs go on."""
    try:
        yield
    except NotecheckError as error:
        errors.append(one_line(error))
    except OSError as error:
        errors.append(f"{job.shown}: {(error.strerror or type(error).__name__).lower()}")
    except Exception as error:  # noqa: BLE001  (the last stop before a user)
        # A fault of this program in one draft must not hide the findings of the others.
        errors.append(f"{job.shown}: {internal(error)}")


def internal(error: Exception) -> str:
    """One line for a fault of this program.

    The text of the exception stays out of it, since it may hold words of a private letter.
    """
    log.debug("internal error", exc_info=error)
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else f" in {trace.tb_frame.f_globals.get('__name__')} line {trace.tb_lineno}"
    return f"internal error ({type(error).__name__}{where})"


def one_line(error: Exception) -> str:
    """The message of an error on one line."""
    return " ".join(str(error).split())
