"""``notecheck rules``, ``notecheck rules test`` and ``notecheck explain``."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import click

from notecheck.cli import streams
from notecheck.cli.common import EXIT_FINDINGS, EXIT_OK, PATH, config_here, config_options, services
from notecheck.config import Config
from notecheck.output.explain import UNUSED
from notecheck.output.explain import explain as explanation
from notecheck.output.model import RuleInfo, plural
from notecheck.output.terminal import visible
from notecheck.rule import Rule
from notecheck.rulebook import with_examples
from notecheck.types import NotecheckError


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON list instead of lines.")
@config_options
@click.pass_context
def rules(ctx: click.Context, as_json: bool, config_file: Path | None, isolated: bool) -> int:
    """List the rules that are on, with their level."""
    if ctx.invoked_subcommand is not None:
        return EXIT_OK
    config = config_here(config_file, isolated)
    listed = services(ctx).rules(config)
    levels = {rule.id: config.level_of(rule.id, rule.level) for rule in listed}
    on = [rule for rule in listed if levels[rule.id] is not None]
    if as_json:
        keys = ("summary", "why", "hint", "source")
        rows = [
            {"id": rule.id, "level": levels[rule.id], **{key: getattr(rule, key) for key in keys}}
            for rule in on
        ]
        streams.write_out(json.dumps(rows, indent=2) + "\n")
        return EXIT_OK
    wide = max((len(rule.id) for rule in on), default=0)
    lines = [f"{rule.id:<{wide}}  {levels[rule.id]:<7}  {' '.join(rule.summary.split())}" for rule in on]
    streams.write_out("".join(f"{visible(line)}\n" for line in lines))
    return EXIT_OK


@rules.command("test")
@click.argument("folder", required=False, type=PATH)
@click.pass_context
def rules_test(ctx: click.Context, folder: Path | None) -> int:
    """Run the examples that rules carry.

    They are those of the rules in FOLDER, or of the shipped rules.

    Exit codes: 0 all hold, 1 some do not, 2 a rule file is broken.
    """
    count = failed = 0
    for outcome in services(ctx).run_examples(folder):
        count += 1
        if not outcome.ok:
            failed += 1
            text = " ".join(outcome.text.split())
            line = f"{outcome.rule}: {outcome.kind}: {outcome.detail}: {text}"
            streams.write_out(visible(line) + "\n")
    if count == 0:
        raise NotecheckError(f"{folder or 'the shipped rules'}: no rule with an example")
    streams.write_out(f"{plural(count, 'example')}, {failed} failed\n")
    return EXIT_FINDINGS if failed else EXIT_OK


def _complete(ctx: click.Context, _: click.Parameter, start: str) -> list[str]:
    from notecheck.cli.services import Services

    tools = ctx.find_object(Services) or Services()
    return [rule.id for rule in (*tools.rules(Config()), UNUSED) if rule.id.startswith(start)]


@click.command()
@click.argument("rule", shell_complete=_complete)
@config_options
@click.pass_context
def explain(ctx: click.Context, rule: str, config_file: Path | None, isolated: bool) -> int:
    """Say what RULE looks for, why, and what to write instead.

    RULE is the name at the end of a finding, such as feedback/broad; notecheck rules lists them all.
    """
    config = replace(config_here(config_file, isolated), select=(), ignore=())
    known = [*services(ctx).rules(config), UNUSED]
    found = next((item for item in known if item.id == rule), None)
    if found is None and rule.startswith("reader/"):
        raise NotecheckError(
            f"no rule {rule}: the words were judged by what is learned (README, How it works)"
        )
    if found is None:
        raise NotecheckError(f"no rule {rule}{_instead(rule, known)}")
    streams.write_out(explanation(with_examples(found) if isinstance(found, Rule) else found))
    return EXIT_OK


def _instead(name: str, known: Sequence[RuleInfo]) -> str:
    """``", did you mean …?"`` with the nearest names, or where to look."""
    ids = [rule.id for rule in known]
    inside = [item for item in ids if item.startswith(name.rstrip("/") + "/")]
    near = inside or _nearest(name, ids)
    if not near:
        return "; notecheck rules lists them"
    return f", did you mean {' or '.join(near[:3])}?"


def _nearest(name: str, ids: Iterable[str]) -> list[str]:
    """Ids that are near as a whole or in their last part."""
    ids = list(ids)
    tails = {item.rpartition("/")[2]: item for item in ids}
    near = difflib.get_close_matches(name, ids, n=3, cutoff=0.6)
    tail = name.rpartition("/")[2]
    return near or [tails[item] for item in difflib.get_close_matches(tail, tails, n=3, cutoff=0.6)]
