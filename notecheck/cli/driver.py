"""From files to a run: settings, reports, suppressions, baseline; part by part, in the order of the input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from io import BufferedReader
from pathlib import Path
from typing import Protocol

from notecheck import baseline
from notecheck.cli import suppress
from notecheck.cli.discover import SIDECAR, Found
from notecheck.cli.runner import Checked, Job, Outcome, Runner, absolute, guarded
from notecheck.cli.sinks import Position
from notecheck.config import Config, Finder, Loaded, display_path
from notecheck.output.model import DraftResult, Failure, LineMap, Notice, Run
from notecheck.output.redact import redact
from notecheck.types import Finding

#: Suffixes of files of which it is known beforehand how many rows they have.
ROWS = frozenset({".jsonl", ".parquet"})
#: Suffixes of files that may open with front matter.
MARKDOWN = frozenset({".md", ".markdown"})


class Progress(Protocol):
    """Shows how far the outcomes have come: of how many, asked only where it is shown, and steps."""

    def __call__(self, total: Callable[[], int], /) -> AbstractContextManager[Callable[[int], None]]: ...


@dataclass(frozen=True)
class Standard:
    """Standard input: what was read, or is to be read where it holds many drafts, and the name it goes by."""

    data: bytes | BufferedReader
    name: Path


@dataclass(frozen=True)
class Plan:
    """What is to be checked.

    Attributes:
        jobs: the files with their settings.
        full: those settings before the overrides were merged, by absolute path.
        failures: what is known to be wrong before anything is checked.
        orphans: sidecars without a draft.
    """

    jobs: tuple[Job, ...]
    full: dict[Path, Config]
    failures: tuple[Failure, ...]
    orphans: tuple[Path, ...]


@dataclass
class _Open:
    """The job that outcomes are coming of."""

    job: Job
    path: Path
    covering: list[suppress.Suppression]
    entries: baseline.Entries
    own: list[suppress.Suppression] = field(default_factory=list)
    failed: bool = False
    hidden: bool = False


@dataclass
class Driver:
    """Checks what was found, and hides what suppressions and a baseline name.

    Attributes:
        runner: makes the reports.
        finder: gives the settings of each path.
        check_settings: raises a NotecheckError for settings that name no rule.
        progress: shows how far the run has come.
        count: how many outcomes a job will have, roughly.
        accepted: the baseline, and the file it was read from; None for none.
        keep: whether to gather ``kept``.
        kept: the findings of each file (absolute path) that no suppression hides, as a baseline wants them.
        position: how far the parts that were given reach.
        drafts: how many drafts they had.
        latest: the name of the last of them.
    """

    runner: Runner
    finder: Finder
    check_settings: Callable[[Loaded], None]
    progress: Progress
    count: Callable[[Job], int]
    accepted: tuple[baseline.Baseline, Path] | None = None
    keep: bool = False
    kept: dict[Path, list[Finding]] = field(default_factory=dict)
    position: Position = field(default_factory=Position)
    drafts: int = 0
    latest: str = ""

    def plan(self, found: Found, standard: Standard | None = None) -> Plan:
        """Look up the settings of everything that was found."""
        full: dict[Path, Config] = {}
        failures = list(found.failures)
        jobs = tuple(self._jobs(found, standard, full, failures))
        return Plan(jobs, full, tuple(failures), tuple(found.orphans))

    def run(self, plan: Plan) -> Run:
        """Check everything; what goes wrong with one file becomes a failure and the others go on."""
        drafts: list[DraftResult] = []
        notices: list[Notice] = []
        failures: list[Failure] = []
        with closing(self.parts(plan)) as parts:
            for part in parts:
                drafts += part.drafts
                notices += part.notices
                failures += part.failures
        return Run(tuple(drafts), tuple(notices), tuple(failures))

    def parts(self, plan: Plan, start: Position | None = None) -> Generator[Run, None, None]:
        """The same in parts of one draft, or one failure, or notices, of which nothing is kept.

        Args:
            plan: what to check.
            start: the `position` of an earlier run to go on from; such a run cannot tell which suppressions
                hide nothing, and does not.
        """
        if start is None and plan.failures:
            yield Run(failures=plan.failures)
        self.position = start or Position()
        overrides = suppress.Overrides()
        broken = {absolute(Path(failure.path)) for failure in plan.failures}
        left = plan.jobs[self.position.job :]
        outcomes = self.runner(left, skip=self.position.items)
        now: _Open | None = None
        wrong: tuple[Failure, ...] = ()
        with self.progress(lambda: sum(map(self.count, left))) as advance, closing(outcomes):
            for outcome in outcomes:
                if now is None:
                    now, wrong = self._begin(outcome.job, plan, overrides)
                    if self.position.items:
                        # An earlier run has said so.
                        wrong = ()
                if outcome.last:
                    self.position = Position(self.position.job + 1)
                    part = self._end(now, broken, say_unused=start is None)
                    now = None
                else:
                    self.position = Position(self.position.job, self.position.items + 1)
                    part = self._part(now, outcome)
                if wrong:
                    part = replace(part, failures=(*wrong, *part.failures))
                    wrong = ()
                yield part
                advance(self._steps(outcome))
        notices = [_orphan(path) for path in plan.orphans]
        if start is None:
            checked = {job.place for job in plan.jobs} - broken
            notices = suppress.notices(overrides.certainly_unused(checked)) + notices
        yield Run(notices=tuple(notices))

    def _jobs(
        self, found: Found, standard: Standard | None, full: dict[Path, Config], failures: list[Failure]
    ) -> Iterable[Job]:
        jobs = [Job(standard.name, Config(), standard.data)] if standard else []
        for job in [*jobs, *(Job(path, Config()) for path in found.files)]:
            # Not guarded: without a working folder it is nobody's file that is wrong.
            place = job.place
            errors: list[str] = []
            with guarded(job, errors):
                loaded = self.finder.loaded(place)
                self.check_settings(loaded)
                full[place] = loaded.config
            if errors:
                failures += [Failure(job.shown, error) for error in errors]
                continue
            yield job.having(config=full[place].for_path(place))

    def _begin(
        self, job: Job, plan: Plan, overrides: suppress.Overrides
    ) -> tuple[_Open, tuple[Failure, ...]]:
        """A job's suppressions and baseline entries, or what is wrong with them: then its drafts stay out."""
        path = job.place
        now = _Open(job, path, overrides.covering(plan.full[path], path), self._entries(path))
        errors: list[str] = []
        with guarded(job, errors):
            now.own += suppress.from_sidecar(job.path)
        now.failed = now.hidden = bool(errors)
        return now, tuple(Failure(job.shown, error) for error in errors)

    def _part(self, now: _Open, outcome: Outcome) -> Run:
        """One draft with the rest of its findings, or one failure."""
        if outcome.error is not None or outcome.draft is None:
            now.failed = True
            return Run(failures=(Failure(now.job.shown, outcome.error or "not checked"),))
        checked = outcome.draft
        self.drafts += 1
        self.latest = checked.label
        errors: list[str] = []
        if now.job.suffix in MARKDOWN:
            with guarded(now.job, errors):
                now.own += suppress.from_front_matter(checked.source, now.job.shown)
        if errors:
            now.failed = True
            return Run(failures=tuple(Failure(now.job.shown, error) for error in errors))
        return Run() if now.hidden else Run(drafts=(self._result(now, checked),))

    def _result(self, now: _Open, checked: Checked) -> DraftResult:
        """Hide what is suppressed or accepted in a draft."""
        report, hidden = suppress.apply(checked.report, [*now.own, *now.covering])
        if self.keep:
            self.kept.setdefault(now.path, []).extend(report.findings)
        left, accepted = baseline.split(report.findings, now.entries)
        if accepted:
            report = replace(report, findings=tuple(left))
        return DraftResult(
            path=now.job.shown,
            label=checked.label,
            report=report,
            lines=LineMap.of(checked.source),
            source=checked.source,
            verbatim=checked.verbatim,
            suppressed=hidden + accepted,
        )

    def _end(self, now: _Open, broken: set[Path], *, say_unused: bool) -> Run:
        """Suppressions and baseline entries of a job that hide nothing, if all of it has been checked."""
        if now.failed:
            # What could not be checked might have had the findings.
            broken.add(now.path)
            return Run()
        if not say_unused:
            return Run()
        notices = suppress.notices(item for item in now.own if not item.used)
        unused = sum(now.entries.values())
        if unused and self.accepted:
            message = f"baseline entries for {now.job.shown} that match no finding: {unused}"
            hint = "Write the baseline anew with --write-baseline."
            accepted, file = self.accepted
            line = accepted.lines.get(self._name_in(file, now.path), 1)
            notices.append(Notice(display_path(file), line, message, hint))
        return Run(notices=tuple(notices))

    def _steps(self, outcome: Outcome) -> int:
        """A file of rows goes on by rows, any other file when it is done."""
        return int(outcome.last != (outcome.job.suffix in ROWS))

    def _entries(self, path: Path) -> baseline.Entries:
        if self.accepted is None:
            return Counter()
        accepted, file = self.accepted
        return accepted.entries(self._name_in(file, path))

    @staticmethod
    def _name_in(file: Path, path: Path) -> str:
        return baseline.relative_name(path, absolute(file).parent)


def redacted(run: Run) -> Run:
    """The run with none of the drafts' words in it."""
    return replace(
        run,
        drafts=tuple(replace(draft, report=redact(draft.report), source=None) for draft in run.drafts),
    )


def _orphan(sidecar: Path) -> Notice:
    draft = sidecar.name.removesuffix(SIDECAR)
    return Notice(sidecar.as_posix(), 1, f"there is no draft {draft} beside it", "Remove or rename the file.")
