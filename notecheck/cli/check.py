"""``notecheck check``."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from notecheck import baseline
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
from notecheck.cli.driver import Driver, Standard, absolute, redacted
from notecheck.cli.selectors import Selectors
from notecheck.output import FORMATS, MACHINE_FORMATS, renderer, statistics
from notecheck.output.model import FailOn, Failure, Run, Style, plural

#: Standard input is read to here; the reader of messages refuses less than this.
MAX_STDIN = 128 * 2**20

#: Formats that have no place for statistics; they go to standard error.
WITHOUT_STATISTICS = ("jsonl", "junit")

EPILOG = """PATH is a file, a folder (searched for .txt .md .eml .html .mbox .jsonl), a glob, or - for standard input.

\b
Exit codes:
  0  nothing at or above the fail level
  1  findings (with --diff-from: a check or score that passed no longer does)
  2  usage, configuration or unreadable input; what could be checked is still reported,
     but json, jsonl, sarif and junit then print nothing (--output FILE is written)
"""


@click.command(epilog=EPILOG)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "--output", type=PATH, metavar="FILE", help="Write the result to this file.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    default="error",
    show_default=True,
    help="The lowest level that makes the exit code 1.",
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
@click.option("--stdin-filename", type=PATH, metavar="NAME", help="The name that - goes by.")
@click.option(
    "--write-baseline",
    type=PATH,
    metavar="FILE",
    help="Write what is found to FILE, as accepted from now on.",
)
@click.option("--baseline", "baseline_file", type=PATH, metavar="FILE", help="Hide what FILE accepts.")
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
    for target in (output, write_baseline):
        if target is not None:
            streams.check_target(target)
    accepted = None if baseline_file is None else (baseline.load(baseline_file), baseline_file)
    tools = services(ctx)
    finder = make_finder(config_file, isolated)
    driver = Driver(tools.make_runner(tools), finder, Selectors(tools.rules), streams.progress, accepted)
    found = discover(paths)
    inputs = {os.path.realpath(path) for path in (*found.files, *([old] if old else []))}
    for target in (output, write_baseline):
        if target is not None and os.path.realpath(target) in inputs:
            raise click.UsageError(f"{target.as_posix()} is to be checked, and would be written over")
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
    run = driver.run(found, standard)
    if write_baseline is not None:
        run = _accept(driver, run, write_baseline)
    if redact:
        run = redacted(run)
    if form == "sarif":
        style = replace(style, rules={rule.id: rule for item in driver.configs for rule in tools.rules(item)})
    _write(run, form, output, style)
    streams.write_errors(failure.message for failure in run.failures)
    return run.exit_code(fail_on)


def _standard(found: Found, name: Path | None) -> Standard | None:
    """Read standard input where it was named; what goes wrong with it is one failure among the others."""
    if not found.stdin:
        return None
    name = name or Path("<stdin>")
    try:
        if sys.stdin is None:
            raise ValueError("closed")
        return Standard(sys.stdin.buffer.read(MAX_STDIN + 1), name)
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
        streams.write_lines(statistics.table(run))


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
    before = driver.run(discover([str(old)]))
    after = driver.run(found, standard)
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
