"""From jobs to outcomes: drafts are read here, known ones answered from the cache, others checked in chunks.

What comes out is the same, in the same order, whatever the number of processes, the cache and the chunks.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BufferedReader
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notecheck import fingerprint
from notecheck.batch import CheckerLike, check_all, explain
from notecheck.cache import MAX_FILE, Cache
from notecheck.config import Config
from notecheck.packed import Packed, pack, unpack
from notecheck.types import NotecheckError, Report

if TYPE_CHECKING:
    from notecheck.cli.services import Services
    from notecheck.message import Draft

#: Suffixes of files that hold many drafts.
BOXES = frozenset({".jsonl", ".mbox", ".parquet"})
#: Suffixes of files that are not simply a text.
CONVERTED = frozenset({".eml", ".html", ".htm", *BOXES})

#: A chunk is sent to a process as a whole: at most so many drafts, and no more once it has these code points.
CHUNK_DRAFTS = 32
CHUNK_CHARACTERS = 64_000
#: Fewer chunks than this for each process are checked sooner than it has started.
WORTH_A_PROCESS = 8


@dataclass(frozen=True)
class Job:
    """One file to check.

    Attributes:
        path: the file, as it was named; of standard input, the name that it goes by.
        config: the settings that hold for it, with no overrides left.
        data: the content of standard input, still to be read where it holds many drafts; None for a file.
    """

    path: Path
    config: Config
    data: bytes | BufferedReader | None = None

    # In a folder that is known from the cache, to ask a path for these again and again is half of the work.
    @cached_property
    def shown(self) -> str:
        """The path as results show it."""
        return self.path.as_posix()

    @cached_property
    def suffix(self) -> str:
        """The suffix in lower case."""
        return self.path.suffix.lower()

    @cached_property
    def place(self) -> Path:
        """The absolute path, links not followed, as the settings know it."""
        return absolute(self.path)

    def having(self, **changes: Any) -> Job:
        """The same file with other settings or data; what is known of its path stays known."""
        made = copy(self)
        made.__dict__.update(changes)
        return made


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
    """A piece of what came of a job: a draft, or one line for what could not be checked, or the end of it.

    Attributes:
        last: the job is done; such an outcome has neither draft nor error.
    """

    job: Job
    draft: Checked | None = None
    error: str | None = None
    last: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A draft to check, as it is sent to a process."""

    config: Config
    draft: Draft
    label: str


#: What comes of an item: a report, or one without its words, or one line that says why there is none.
Result = Report | Packed | str

MakeChecker = Callable[[Config], CheckerLike]


class Evaluator:
    """Checks items in this process, with one checker for each configuration.

    Args:
        make_checker: makes a checker for settings.
        packed: whether to give reports without their words, which are sooner sent.
    """

    def __init__(self, make_checker: MakeChecker, *, packed: bool = False) -> None:
        self._make_checker = make_checker
        self._packed = packed
        self._checkers: dict[Config, CheckerLike] = {}

    def __call__(self, items: Sequence[Item]) -> list[Result]:
        """One result for each item, in order."""
        results: list[Result] = [""] * len(items)
        groups: dict[Config, list[int]] = {}
        for index, item in enumerate(items):
            groups.setdefault(item.config, []).append(index)
        for config, indexes in groups.items():
            try:
                checker = self._checker(config)
            except Exception as error:  # settings that cannot be used hide no other drafts
                for index in indexes:
                    results[index] = explain(error, items[index].label)
                continue
            reports = check_all(checker, [items[index].draft for index in indexes])
            for index, report in zip(indexes, reports, strict=True):
                results[index] = self._result(items[index], report)
        return results

    def _result(self, item: Item, report: Report | Exception) -> Result:
        if isinstance(report, Exception):
            return explain(report, item.label)
        return (self._packed and pack(report, item.draft.source, item.draft.remarks)) or report

    def _checker(self, config: Config) -> CheckerLike:
        if config not in self._checkers:
            self._checkers[config] = self._make_checker(config)
        return self._checkers[config]


@dataclass(slots=True)
class _Kept:
    """What a file's entry in the cache will hold: for each draft the digest of its source and its report."""

    key: str
    rows: list[tuple[str, Packed]] = field(default_factory=list)
    whole: bool = True


@dataclass(slots=True)
class _Slot:
    """A place in the order of the outcomes; ``draft`` has still to be checked."""

    outcome: Outcome
    draft: Draft | None = None
    kept: _Kept | None = None


class Runner:
    """Maps jobs to outcomes, in the order of the jobs and of the drafts in them.

    Args:
        services: reads drafts and makes checkers.
        processes: how many processes check; None for one a core where there is enough to do. One is this
            process itself.
        cache: the cache of verdicts; None for none.
    """

    def __init__(self, services: Services, *, processes: int | None = 1, cache: Cache | None = None) -> None:
        self._services = services
        self._processes = processes
        self._cache = cache
        self._evaluate = Evaluator(services.make_checker)

    def __call__(self, jobs: Iterable[Job], *, skip: int = 0) -> Generator[Outcome, None, None]:
        """Check jobs.

        Args:
            jobs: the jobs.
            skip: how many drafts and errors of the first job to pass over.
        """
        try:
            for slots, results in self._results(_chunks(self._slots(jobs, skip))):
                for slot in slots:
                    yield self._outcome(slot, results)
        finally:
            if self._cache is not None:
                self._cache.prune()

    def _results(self, chunks: Iterator[list[_Slot]]) -> Iterator[tuple[list[_Slot], Iterator[Result]]]:
        """Each chunk and its results, in order; in processes of their own where that is sooner."""
        most = self._processes or _cores()
        worth = 1 if self._processes else WORTH_A_PROCESS
        head: list[list[_Slot]] = []
        if most > 1:
            todo = 0
            for chunk in chunks:
                todo += any(slot.draft is not None for slot in chunk)
                if not todo:
                    yield chunk, iter(())
                    continue
                head.append(chunk)
                if todo >= most * worth or len(head) >= 4 * most * worth:
                    break
            most = todo // worth
        everything = chain(head, chunks)
        if most <= 1:
            for chunk in everything:
                yield chunk, iter(self._evaluate(_items(chunk)))
            return
        from notecheck.cli.pool import Pool

        with Pool(most, self._services.make_checker) as pool:
            for chunk, results in pool.map(everything, _items):
                yield chunk, iter(results)

    def _slots(self, jobs: Iterable[Job], skip: int) -> Iterator[_Slot]:
        for job in jobs:
            slots = self._read(job)
            yield from islice(slots, skip, None) if skip else slots
            skip = 0

    def _read(self, job: Job) -> Iterator[_Slot]:
        """The drafts of a job, or what is known of them; then its end."""
        kept: _Kept | None = None
        job, content = self._content(job)
        if content is not None and self._cache is not None:
            kept = _Kept(self._cache.key("file", job.config, job.suffix, fingerprint.of_bytes(content)))
            known = self._known(kept.key, job, content)
            if known is not None:
                yield from map(_Slot, known)
                yield _Slot(Outcome(job, last=True))
                return
        errors: list[str] = []
        with guarded(job, errors):
            for draft in self._services.read(job):
                if isinstance(draft, NotecheckError):
                    yield _Slot(Outcome(job, error=explain(draft)), kept=kept)
                else:
                    yield _Slot(Outcome(job), draft, kept)
        for error in errors:
            yield _Slot(Outcome(job, error=error), kept=kept)
        yield _Slot(Outcome(job, last=True), kept=kept)

    def _content(self, job: Job) -> tuple[Job, bytes | None]:
        """The bytes of a file whose verdicts may be kept.

        Where the file is one draft, the job has them from now on: what is read is what the key stands for.
        """
        if self._cache is None:
            return job, None
        content = job.data
        if content is not None and not isinstance(content, bytes):
            return job, None
        if content is None:
            try:
                status = os.stat(job.path)
                # A pipe can be read only once.
                if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE:
                    return job, None
                with open(job.path, "rb") as file:
                    content = file.read(MAX_FILE + 1)
            except (OSError, ValueError):
                # Whoever reads it next says what is wrong.
                return job, None
        if len(content) > MAX_FILE:
            return job, None
        return (job if job.suffix in BOXES else job.having(data=content)), content

    def _known(self, key: str, job: Job, content: bytes) -> list[Outcome] | None:
        """The outcomes of a job by the cache; None when they have to be made."""
        assert self._cache is not None
        rows = self._cache.get(key)
        if rows is None:
            return None
        try:
            return _remade(rows, self._drafts(job, content, rows))
        except (ValueError, TypeError, IndexError, KeyError, NotecheckError, OSError):
            return None

    def _drafts(self, job: Job, content: bytes, rows: Sequence[Any]) -> Iterator[tuple[Job, Draft | str]]:
        """The drafts of a file that is known, or simply its text where that is all."""
        if job.suffix not in CONVERTED:
            text = content.decode("utf-8-sig", "replace")
            if len(rows) == 1 and fingerprint.of_text(text) == rows[0][0]:
                yield job, text
                return
        for draft in self._services.read(job):
            if isinstance(draft, NotecheckError):
                raise draft
            yield job, draft

    def _outcome(self, slot: _Slot, results: Iterator[Result]) -> Outcome:
        """The outcome of a slot, which takes the next result if it has a draft."""
        outcome, draft, kept = slot.outcome, slot.draft, slot.kept
        if draft is None:
            if outcome.error is not None and kept is not None:
                kept.whole = False
            elif outcome.last and kept is not None and kept.whole and self._cache is not None:
                self._cache.put(kept.key, kept.rows)
            return outcome
        result = next(results)
        if isinstance(result, str):
            if kept is not None:
                kept.whole = False
            return replace(outcome, error=result)
        if isinstance(result, list):
            packed: Packed | None = result
            report = unpack(result, draft.source, draft.remarks)
        else:
            report = result
            packed = None if kept is None else pack(report, draft.source, draft.remarks)
        if kept is not None:
            if packed is None:
                kept.whole = False
            else:
                kept.rows.append((fingerprint.of_text(draft.source), packed))
        return replace(outcome, draft=_checked(outcome.job, draft, report))


def _chunks(slots: Iterable[_Slot]) -> Iterator[list[_Slot]]:
    chunk: list[_Slot] = []
    drafts = characters = 0
    for slot in slots:
        chunk.append(slot)
        if slot.draft is not None:
            drafts += 1
            characters += len(slot.draft.source)
        if drafts >= CHUNK_DRAFTS or characters >= CHUNK_CHARACTERS or len(chunk) >= 4 * CHUNK_DRAFTS:
            yield chunk
            chunk = []
            drafts = characters = 0
    if chunk:
        yield chunk


def _items(chunk: Iterable[_Slot]) -> list[Item]:
    return [
        Item(slot.outcome.job.config, slot.draft, label_of(slot.outcome.job, slot.draft))
        for slot in chunk
        if slot.draft is not None
    ]


def _remade(rows: Sequence[Any], drafts: Iterator[tuple[Job, Draft | str]]) -> list[Outcome]:
    """Outcomes of an entry of the cache; ValueError when it is none of these drafts."""
    out: list[Outcome] = []
    for (known, packed), (job, draft) in zip(rows, drafts, strict=True):
        if isinstance(draft, str):
            report = unpack(packed, draft)
            out.append(Outcome(job, Checked(job.shown, draft, report)))
            continue
        if fingerprint.of_text(draft.source) != known:
            raise ValueError("another draft")
        report = unpack(packed, draft.source, draft.remarks)
        out.append(Outcome(job, _checked(job, draft, report)))
    return out


def _checked(job: Job, draft: Draft, report: Report) -> Checked:
    label = label_of(job, draft)
    return Checked(label, draft.source, report, draft.verbatim and label == job.shown)


def absolute(path: Path) -> Path:
    """The absolute path, links not followed."""
    return Path(os.path.abspath(path))


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
    except Exception as error:  # a fault in one draft must not hide the findings of the others
        errors.append(explain(error, job.shown))


def _cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
