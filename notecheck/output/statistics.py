"""How often each rule had a finding."""

from __future__ import annotations

from typing import Any

from notecheck.output.model import Totals


def count(totals: Totals) -> list[dict[str, Any]]:
    """Rule, level and count, the most frequent first."""
    ordered = sorted(totals.findings.items(), key=lambda item: (-item[1], item[0]))
    return [{"rule": rule, "level": level, "count": number} for (rule, level), number in ordered]


def table(totals: Totals) -> str:
    """The counts as lines; a line that says so when there are none."""
    rows = count(totals)
    if not rows:
        return "no findings\n"
    return "".join(f"{row['count']:>6}  {row['level']:<7}  {row['rule']}\n" for row in rows)
