"""From files to a run: settings, reports, suppressions, baseline."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from notecheck import baseline
from notecheck.cli import suppress
from notecheck.cli.discover import SIDECAR, Found
from notecheck.cli.runner import Job, Outcome, Runner, guarded
from notecheck.cli.selectors import Selectors
from notecheck.config import Config, Finder, display_path
from notecheck.output.model import DraftResult, Failure, LineMap, Notice, Run
from notecheck.output.redact import redact
from notecheck.types import Finding


class Progress(Protocol):
    """Shows how far the outcomes have come."""

    def __call__(
        self, items: Iterable[Outcome], of: Sequence[object], /
    ) -> AbstractContextManager[Iterable[Outcome]]: ...


@dataclass(frozen=True)
class Standard:
    """Standard input: what was read, and the name it goes by."""

    data: bytes
    name: Path


@dataclass
class Driver:
    """Checks what was found, and hides what suppressions and a baseline name.

    Attributes:
        runner: makes the reports.
        finder: gives the settings of each path.
        selectors: checks those settings.
        progress: shows how far the run has come.
        accepted: the baseline, and the file it was read from; None for none.
    """

    runner: Runner
    finder: Finder
    selectors: Selectors
    progress: Progress
    accepted: tuple[baseline.Baseline, Path] | None = None
    configs: set[Config] = field(default_factory=set)
    kept: dict[Path, list[Finding]] = field(default_factory=dict)

    def run(self, found: Found, standard: Standard | None = None) -> Run:
        """Check everything; what goes wrong with one file becomes a failure and the others go on.

        Afterwards ``configs`` has the settings that were used, and ``kept`` the findings of each file
        (absolute path) that no suppression hides, as a baseline wants them.
        """
        failures = list(found.failures)
        full: dict[Path, Config] = {}
        jobs = list(self._jobs(found, standard, full, failures))
        overrides = suppress.Overrides()
        drafts: list[DraftResult] = []
        notices: list[Notice] = []
        with self.progress(self.runner(jobs), jobs) as outcomes:
            for outcome in outcomes:
                errors = list(outcome.errors)
                path = absolute(outcome.job.path)
                with guarded(outcome.job, errors):
                    self._add(outcome, overrides.covering(full[path], path), drafts, notices)
                failures += [Failure(outcome.job.shown, error) for error in errors]
        broken = {absolute(Path(failure.path)) for failure in failures}
        checked = {absolute(job.path) for job in jobs} - broken
        notices += suppress.notices(overrides.certainly_unused(checked))
        notices += [_orphan(path) for path in found.orphans]
        return Run(tuple(drafts), tuple(notices), tuple(failures))

    def _jobs(
        self, found: Found, standard: Standard | None, full: dict[Path, Config], failures: list[Failure]
    ) -> Iterable[Job]:
        inputs = [(standard.name, standard.data)] if standard else []
        for path, data in [*inputs, *((path, None) for path in found.files)]:
            job = Job(path, Config(), data)
            place = absolute(path)
            errors: list[str] = []
            with guarded(job, errors):
                loaded = self.finder.loaded(place)
                self.selectors.check(loaded)
                full[place] = loaded.config
            if errors:
                failures += [Failure(job.shown, error) for error in errors]
                continue
            config = full[place].for_path(place)
            self.configs.add(config)
            yield replace(job, config=config)

    def _add(
        self,
        outcome: Outcome,
        covering: list[suppress.Suppression],
        drafts: list[DraftResult],
        notices: list[Notice],
    ) -> None:
        """Hide what is suppressed or accepted in the drafts of one file."""
        job = outcome.job
        path = absolute(job.path)
        own = suppress.from_sidecar(job.path)
        if job.path.suffix.lower() == ".md":
            for checked in outcome.drafts:
                own += suppress.from_front_matter(checked.source, job.shown)
        entries = self._entries(path)
        kept = self.kept.setdefault(path, [])
        for checked in outcome.drafts:
            report, hidden = suppress.apply(checked.report, [*own, *covering])
            kept.extend(report.findings)
            left, accepted = baseline.split(report.findings, entries)
            if accepted:
                report = replace(report, findings=tuple(left))
            drafts.append(
                DraftResult(
                    path=job.shown,
                    label=checked.label,
                    report=report,
                    lines=LineMap.of(checked.source),
                    source=checked.source,
                    verbatim=checked.verbatim,
                    suppressed=hidden + accepted,
                )
            )
        if outcome.errors:
            # What could not be checked might have had the findings.
            return
        notices += suppress.notices(item for item in own if not item.used)
        unused = sum(entries.values())
        if unused and self.accepted:
            message = f"baseline entries for {job.shown} that match no finding: {unused}"
            hint = "Write the baseline anew with --write-baseline."
            notices.append(Notice(display_path(self.accepted[1]), 1, message, hint))

    def _entries(self, path: Path) -> baseline.Entries:
        if self.accepted is None:
            return Counter()
        accepted, file = self.accepted
        return accepted.entries(baseline.relative_name(path, absolute(file).parent))


def absolute(path: Path) -> Path:
    """The absolute path, links not followed, as the settings know it."""
    return Path(os.path.abspath(path))


def redacted(run: Run) -> Run:
    """The run with none of the drafts' words in it."""
    return replace(
        run,
        drafts=tuple(replace(draft, report=redact(draft.report), source=None) for draft in run.drafts),
    )


def _orphan(sidecar: Path) -> Notice:
    draft = sidecar.name.removesuffix(SIDECAR)
    return Notice(sidecar.as_posix(), 1, f"there is no draft {draft} beside it", "Remove or rename the file.")
