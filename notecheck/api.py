"""The public face: `check`, `presend`, `Checker`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from email.message import EmailMessage
from functools import cache
from typing import TYPE_CHECKING

from notecheck import message, rulebook
from notecheck.config import Config
from notecheck.message import Draft
from notecheck.types import Context, Report

if TYPE_CHECKING:
    from spacy.language import Language

    from notecheck.judging import Judge

#: What a draft may be: the text itself, undecoded text, a mail, or the path of a file.
DraftLike = str | bytes | bytearray | EmailMessage | os.PathLike[str] | Draft


class NotReady(Exception):  # noqa: N818  (it reports a state of the draft, not a fault)
    """Raised by `presend` for a draft that should not go out yet.

    Attributes:
        report: the full report.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        errors = [item.message for item in report.findings if item.level == "error"]
        super().__init__("not ready: " + " ".join(errors))

    def __reduce__(self) -> tuple[type[NotReady], tuple[Report]]:
        return type(self), (self.report,)


class Checker:
    """Reads drafts under one configuration. It does not change after it is made and may be shared by threads.

    Args:
        config: settings; None for the shipped ones.
        nlp: a spaCy pipeline with Universal Dependencies labels to use in place of the embedded one.

    Raises:
        NotecheckError: a rule file or setting is broken, or a rule names a label the pipeline never gives.

    >>> checker = Checker()
    >>> checker.check("Thanks for letting me know.").checks["gratitude"].status
    'generic'
    """

    def __init__(self, config: Config | None = None, nlp: Language | None = None) -> None:
        from notecheck.judging import Judge

        self.config = config or Config()
        self._judge: Judge = Judge(self.config, nlp)

    def check(self, draft: DraftLike, *, context: Context | None = None) -> Report:
        """Read one draft.

        Args:
            draft: its text, undecoded bytes, a mail, a path, or a `Draft` already read. A plain string is
                always the text, never a path.
            context: what the caller knows and the text does not say, such as dates.

        Raises:
            NotecheckError: it cannot be read; one line that names the file and the cause.
        """
        return next(self.pipe([draft], context=context))

    def pipe(self, drafts: Iterable[DraftLike], *, context: Context | None = None) -> Iterator[Report]:
        """Read many drafts, in order, in batches: the same reports as `check`, sooner.

        Raises:
            NotecheckError: a draft cannot be read.
        """
        read = (item if isinstance(item, Draft) else message.read(item) for item in drafts)
        return self._judge.reports(read, context)

    @property
    def rules(self) -> tuple[rulebook.RuleLike, ...]:
        """The rules in force and the notices of the verdict, by id."""
        return rulebook.listed(self._judge.book)


@cache
def _default() -> Checker:
    return Checker()


def check(draft: DraftLike, *, context: Context | None = None) -> Report:
    """Read one draft as its recipient will, under the shipped settings.

    Args:
        draft: its text, undecoded bytes, an `email.message.EmailMessage`, or a path (a ``Path``: a plain string
            is always the text itself).
        context: what the caller knows and the text does not say, such as dates.

    Returns:
        The report. Its offsets are code points in the caller's string, ``end`` exclusive.

    Raises:
        NotecheckError: it cannot be read; one line that names the file and the cause.
        TypeError: it is none of these types.

    >>> report = check("Thank you for your time.")
    >>> report.ready, report.checks["gratitude"].status
    (False, 'generic')
    """
    return _default().check(draft, context=context)


def presend(draft: DraftLike, *, context: Context | None = None) -> Report:
    """Check a draft just before it is sent, under the shipped settings.

    Args:
        draft: what `check` takes.
        context: what the caller knows and the text does not say, such as dates.

    Returns:
        The report, when the draft is ready.

    Raises:
        NotReady: it is not; the exception carries the report.
        NotecheckError: it cannot be read.
        TypeError: it is nothing that `check` takes.

    >>> try:
    ...     presend("Thank you for your time.")
    ... except NotReady as stop:
    ...     print(stop.report.checks["feedback"].status)
    none
    """
    report = check(draft, context=context)
    if not report.ready:
        raise NotReady(report)
    return report
