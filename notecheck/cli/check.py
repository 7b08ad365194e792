"""``notecheck check``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import cast

import click

from notecheck import baseline, cache, fingerprint
from notecheck.cache import Cache
from notecheck.cli import streams
from notecheck.cli.common import (
    EXIT_ERROR,
    EXIT_FINDINGS,
    EXIT_OK,
    PATH,
    config_options,
    make_finder,
    services,
)
from notecheck.cli.discover import STDIN, Found, discover
from notecheck.cli.driver import Driver, Plan, Standard, redacted
from notecheck.cli.runner import BOXES, Runner, absolute
from notecheck.cli.selectors import Selectors
from notecheck.cli.services import Services
from notecheck.cli.sinks import Messages, NobodyReadsError, Sink, open_sink
from notecheck.config import Loaded
from notecheck.output import FORMATS, MACHINE_FORMATS, RESUMABLE_FORMATS, renderer, statistics, streamer
from notecheck.output.model import FailOn, Failure, Run, Style, Totals, plural

#: Standard input is read to here; the reader of messages refuses less than this.
MAX_STDIN = 128 * 2**20

#: Formats that have no place for statistics; they go to standard error.
WITHOUT_STATISTICS = ("jsonl", "junit")

EPILOG = """PATH is a file, a folder (searched for .txt .md .eml .html .mbox .jsonl), a glob, or - for
standard input. A .parquet file has to be named. Of the rows of .jsonl and .parquet the first of the fields
text, body, draft, note is read.

Standard input is read as a mail, a mailbox or HTML where it opens like one, and otherwise as a text;
--stdin-filename NAME says by its suffix what it is, and by its folder which settings hold.

Results are written draft by draft, in memory that does not grow with the input. With --output FILE they go to
FILE.part until all is done. After an interruption of a run with the format text, concise or jsonl, the same
command with --resume goes on from there.

What is found is kept in the user's cache folder, in files that hold verdicts and offsets but no words of a
draft and that only their owner can read. Nothing in a result depends on --jobs or the cache.

\b
Exit codes:
  0    nothing at or above the fail level
  1    findings (with --diff-from: a check or score that passed fails now)
  2    wrong usage or settings, or input that cannot be read; the other drafts
       are still reported, but json, jsonl, sarif and junit then print nothing
       (--output FILE is written)
  130  interrupted
"""


@click.command(epilog=EPILOG)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(allow_dash=True))
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "--output", type=PATH, metavar="FILE", help="Write the result to this file.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    default="error",
    show_default=True,
    help="The lowest level that makes the exit code 1; never: none does.",
)
@click.option("--redact", is_flag=True, help="Keep the drafts' own words out of the result.")
@click.option("--statistics", "with_statistics", is_flag=True, help="Count the findings of each rule.")
@click.option(
    "--diff-from",
    "old",
    type=PATH,
    metavar="OLD",
    help="Compare one draft with an older version: what changed, and by which words.",
)
@click.option(
    "--stdin-filename", type=PATH, metavar="NAME", help="The name that - goes by, such as draft.eml."
)
@click.option(
    "--write-baseline",
    type=PATH,
    metavar="FILE",
    help="Write what is found to FILE, as accepted from now on.",
)
@click.option("--baseline", "baseline_file", type=PATH, metavar="FILE", help="Hide what FILE accepts.")
@click.option(
    "-j",
    "--jobs",
    "processes",
    type=click.IntRange(min=1),
    metavar="N",
    help="Check in N processes.  [default: one a core where there are many drafts]",
)
@click.option("--no-cache", is_flag=True, help="Look at every draft anew.")
@click.option("--cache-dir", type=PATH, metavar="DIR", help="Keep what is found here, for the next time.")
@click.option("--resume", is_flag=True, help="Go on with the --output FILE of an interrupted run.")
@config_options
@click.pass_context
def check(
    ctx: click.Context,
    paths: tuple[str, ...],
    form: str,
    output: Path | None,
    fail_on: FailOn,
    redact: bool,
    with_statistics: bool,
    old: Path | None,
    stdin_filename: Path | None,
    write_baseline: Path | None,
    baseline_file: Path | None,
    processes: int | None,
    no_cache: bool,
    cache_dir: Path | None,
    resume: bool,
    config_file: Path | None,
    isolated: bool,
) -> int:
    """Check drafts and say what to change."""
    if stdin_filename is not None and STDIN not in paths:
        raise click.UsageError("--stdin-filename goes with - as a path")
    if write_baseline is not None and baseline_file is not None:
        raise click.UsageError("--baseline and --write-baseline exclude each other")
    if old is not None and (form not in ("text", "json") or write_baseline or baseline_file):
        raise click.UsageError("--diff-from goes with --format text or json and without a baseline")
    if old is not None and with_statistics:
        raise click.UsageError("--diff-from and --statistics exclude each other")
    if no_cache and cache_dir is not None:
        raise click.UsageError("--cache-dir and --no-cache exclude each other")
    if resume and (output is None or form not in RESUMABLE_FORMATS or STDIN in paths):
        formats = ", ".join(RESUMABLE_FORMATS)
        raise click.UsageError(f"--resume goes with --output FILE and --format {formats}, and not with -")
    if resume and (write_baseline or baseline_file or old is not None):
        raise click.UsageError("--resume does not go with a baseline or --diff-from")
    for target in (output, write_baseline):
        if target is not None:
            streams.check_target(target)
    accepted = None if baseline_file is None else (baseline.load(baseline_file), baseline_file)
    tools = services(ctx)
    finder = make_finder(config_file, isolated)
    kept = None if no_cache or not tools.shipped else cache.open_cache(cache_dir)
    held = output is not None or form in MACHINE_FORMATS
    driver = Driver(
        Runner(tools, processes=processes, cache=kept),
        finder,
        _check_settings(tools, kept),
        streams.progress if held or not streams.is_piped() else streams.no_progress,
        tools.count,
        accepted,
        keep=write_baseline is not None,
    )
    found = discover(paths)
    targets = [target for target in (output, write_baseline) if target is not None]
    read = [*found.files, *filter(None, [old])] if targets else []
    taken = {os.path.realpath(path): "is to be checked" for path in read}
    taken |= {os.path.realpath(path): "is to be read" for path in (baseline_file, config_file) if path}
    for target in targets:
        where = os.path.realpath(target)
        if where in taken:
            raise click.UsageError(f"{target.as_posix()} {taken[where]}, and would be written over")
        taken[where] = "is to be written"
    standard = _standard(found, stdin_filename)
    style = Style(
        color=output is None and streams.wants_color(),
        unicode=output is not None or streams.carries_signs(),
        width=100 if output is not None else streams.width(),
        fail_on=fail_on,
        statistics=with_statistics,
    )
    if old is not None:
        return _diff(driver, found, standard, old, form, redact, output, style)
    plan = driver.plan(found, standard)
    if form == "sarif":
        configs = dict.fromkeys(job.config for job in plan.jobs)
        style = replace(style, rules={rule.id: rule for item in configs for rule in tools.rules(item)})
    if write_baseline is None:
        again = output is not None and form in RESUMABLE_FORMATS
        made_of = _made_of(plan, form, style, redact) if again else None
        sink = open_sink(form, output, style, made_of=made_of, resume=resume)
        return _stream(driver, plan, form, style, sink, redact)
    # Whether findings are accepted is known only when everything could be checked.
    try:
        run = driver.run(plan)
    except BaseException:
        _say_stopped(driver, 0, resumable=False)
        raise
    run = _accept(driver, run, write_baseline)
    if redact:
        run = redacted(run)
    _write(run, form, output, style)
    streams.write_errors(failure.message for failure in run.failures)
    return run.exit_code(fail_on)


def _check_settings(tools: Services, kept: Cache | None) -> Callable[[Loaded], None]:
    """The check of a configuration's selectors; with a cache one that has passed is not checked again."""
    selectors = Selectors(tools.rules)
    if kept is None:
        return selectors.check
    passed: set[Path | None] = set()

    def check(loaded: Loaded) -> None:
        if loaded.file in passed:
            return
        key = kept.key("settings", loaded.config)
        if kept.get(key) is None:
            selectors.check(loaded)
            kept.put(key, True)
        passed.add(loaded.file)

    return check


def _made_of(plan: Plan, form: str, style: Style, redact: bool) -> str | None:
    """A digest of what a result follows from; None where that cannot be had again."""
    settings = {config: fingerprint.settings(config) for config in set(plan.full.values())}
    files: list[tuple[object, ...]] = []
    for job in plan.jobs:
        if job.data is not None:
            return None
        config = settings[plan.full[job.place]]
        try:
            status = job.path.stat()
        except OSError:
            files.append((job.shown, config))
        else:
            files.append((job.shown, config, status.st_size, status.st_mtime_ns))
    failures = [failure.message for failure in plan.failures]
    return fingerprint.digest(fingerprint.package(), form, style.statistics, redact, files, failures)


def _stream(driver: Driver, plan: Plan, form: str, style: Style, sink: Sink, redact: bool) -> int:
    """Write the parts of a run as they come."""
    messages = Messages()
    totals = sink.totals
    before = totals.drafts
    if before:
        streams.write_error(f"going on after {plural(before, 'draft')}")
    tail = False

    def parts() -> Generator[Run, None, None]:
        nonlocal tail
        with closing(driver.parts(plan, sink.start)) as found:
            for part in found:
                for failure in part.failures:
                    messages.add(failure.message)
                shown = redacted(part) if redact else part
                sink.see(shown)
                yield shown
        tail = True

    try:
        with closing(parts()) as shown:
            pieces = streamer(form)(shown, style, totals)
            for piece in pieces:
                if tail:
                    pieces = chain((piece,), pieces)
                    break
                sink.write(piece, driver.position)
            sink.finish(pieces)
    except NobodyReadsError:
        sink.stop()
    except BaseException:
        sink.stop()
        messages.say()
        _say_stopped(driver, before, resumable=sink.resumable)
        raise
    if style.statistics and form in WITHOUT_STATISTICS:
        streams.write_lines(statistics.table(totals))
    messages.say()
    return totals.exit_code(style.fail_on)


def _say_stopped(driver: Driver, before: int, *, resumable: bool) -> None:
    """How far a run came that ends before it is done."""
    drafts = before + driver.drafts
    if drafts:
        place = f", the last of them {driver.latest}" if driver.latest else ""
        again = "; the same command with --resume goes on from there" if resumable else ""
        streams.write_error(f"stopped after {plural(drafts, 'draft')}{place}{again}")


def _standard(found: Found, name: Path | None) -> Standard | None:
    """Read standard input where it was named; what goes wrong with it is one failure among the others."""
    if not found.stdin:
        return None
    name = name or Path("<stdin>")
    try:
        if sys.stdin is None:
            raise ValueError("closed")
        if sys.stdin.isatty():
            streams.write_error("reading the draft from this terminal; Ctrl-D on a line of its own ends it")
        stream = cast(BufferedReader, sys.stdin.buffer)
        return Standard(stream if name.suffix.lower() in BOXES else stream.read(MAX_STDIN + 1), name)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "closed"
        found.failures.append(Failure(name.as_posix(), f"{name.as_posix()}: {cause.lower()}"))
        return None


def _write(run: Run, form: str, output: Path | None, style: Style) -> None:
    if output is not None:
        streams.write_file(output, renderer(form)(run, style))
    elif run.failures and form in MACHINE_FORMATS:
        # A program must not take half a result for a whole one, and a person must not lose the other half.
        streams.write_lines(renderer("concise")(run, replace(style, statistics=False)))
    else:
        streams.write_out(renderer(form)(run, style), color=style.color)
    if style.statistics and form in WITHOUT_STATISTICS:
        streams.write_lines(statistics.table(Totals.of(run)))


def _accept(driver: Driver, run: Run, target: Path) -> Run:
    """Write the baseline, and hide what it now accepts."""
    if run.failures:
        streams.write_error(f"{target.as_posix()}: not written, since not everything could be checked")
        return run
    folder = absolute(target).parent
    streams.write_file(
        target,
        baseline.dump({baseline.relative_name(path, folder): kept for path, kept in driver.kept.items()}),
    )
    count = sum(map(len, driver.kept.values()))
    streams.write_error(f"{target.as_posix()}: {plural(count, 'finding')} accepted")
    drafts = (
        replace(
            draft,
            report=replace(draft.report, findings=()),
            suppressed=draft.suppressed + len(draft.report.findings),
        )
        for draft in run.drafts
    )
    return replace(run, drafts=tuple(drafts))


def _diff(
    driver: Driver,
    found: Found,
    standard: Standard | None,
    old: Path,
    form: str,
    redact: bool,
    output: Path | None,
    style: Style,
) -> int:
    """Compare one draft with an older version."""
    from notecheck.output import diff

    if len(found.files) + found.stdin + len(found.failures) != 1:
        raise click.UsageError("--diff-from compares one draft with one other")
    before = driver.run(driver.plan(discover([str(old)])))
    after = driver.run(driver.plan(found, standard))
    failures = [*before.failures, *after.failures]
    for run, name in ((before, old), (after, Path(after.drafts[0].path if after.drafts else ""))):
        if not failures and len(run.drafts) != 1:
            failures.append(
                Failure(name.as_posix(), f"{name.as_posix()}: --diff-from compares one draft with one")
            )
    if failures:
        streams.write_errors(failure.message for failure in failures)
        return EXIT_ERROR
    compared = diff.compare(before.drafts[0], after.drafts[0])
    if redact:
        compared = compared.redacted()
    text = diff.render_json(compared) if form == "json" else diff.render_text(compared, style)
    if output is not None:
        streams.write_file(output, text)
    else:
        streams.write_out(text, color=style.color)
    return EXIT_FINDINGS if compared.broke and style.fail_on != "never" else EXIT_OK
