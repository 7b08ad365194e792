"""Checking drafts in batches so that one that cannot be checked is told apart from the others."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from notecheck.types import NotecheckError, Report

if TYPE_CHECKING:
    from notecheck.message import Draft

log = logging.getLogger("notecheck")


class CheckerLike(Protocol):
    """What batches need of a checker."""

    def check(self, draft: Draft, /) -> Report: ...

    def pipe(self, drafts: Iterable[Draft], /) -> Iterator[Report]: ...


def check_all(checker: CheckerLike, drafts: Sequence[Draft | NotecheckError]) -> list[Report | Exception]:
    """Check drafts as one batch.

    Args:
        checker: the checker.
        drafts: the drafts; an error stands for one that could not be read.

    Returns:
        For each its report, or the exception that kept it from having one.
    """
    read = [draft for draft in drafts if not isinstance(draft, NotecheckError)]
    reports: list[Report | Exception]
    try:
        reports = list(checker.pipe(read)) if read else []
    except Exception:  # which of them it was shows below
        reports = [_check(checker, draft) for draft in read]
    following = iter(reports)
    return [draft if isinstance(draft, NotecheckError) else next(following) for draft in drafts]


def _check(checker: CheckerLike, draft: Draft) -> Report | Exception:
    try:
        return checker.check(draft)
    except Exception as error:  # a fault in one draft must not hide the findings of the others
        return error


def explain(error: Exception, name: str | None = None) -> str:
    """One line for what kept a draft from being checked.

    Args:
        error: what was raised.
        name: what the draft is called; a `NotecheckError` names the file itself.
    """
    if isinstance(error, NotecheckError):
        return one_line(error)
    if isinstance(error, OSError):
        cause = (error.strerror or type(error).__name__).lower()
    else:
        cause = internal(error)
    return cause if name is None else f"{name}: {cause}"


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
