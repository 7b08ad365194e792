"""Which regular expressions a rule may use: such that no word keeps the engine busy for long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

#: Longest expression, in code points.
MAX_REGEX = 200
#: Most open repeats; every one of them may multiply the steps by the length of the word.
MAX_REPEATS = 3
#: Most optional parts; every one of them may double the steps.
MAX_OPTIONS = 8
#: Of a word so many code points are looked at.
LONGEST_WORD = 200

# A repeat of more than this counts as open.
_FEW = 8


def check_expression(expression: str) -> None:
    """Refuse an expression that could take more than some thousand steps for a word.

    Raises:
        ValueError: it is too long, malformed, or built to be slow; the message says which.
    """
    shown = f"REGEX {expression[:30]!r}"
    if len(expression) > MAX_REGEX:
        raise ValueError(f"{shown} is longer than {MAX_REGEX} characters")
    try:
        tree = import_module("re._parser").parse(expression)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{shown}: {error}") from None
    found = list(_repeats(tree, inside=False))
    if "nested" in found:
        raise ValueError(f"{shown} has a repeat or alternatives inside a repeat, which can be slow")
    if "reference" in found:
        raise ValueError(f"{shown} refers back to a group, which can be slow")
    if found.count("open") > MAX_REPEATS or found.count("option") > MAX_OPTIONS:
        raise ValueError(
            f"{shown} has more than {MAX_REPEATS} repeats or {MAX_OPTIONS} optional parts, which can be slow"
        )


def _repeats(tree: Any, *, inside: bool) -> Iterator[str]:
    """What may make a parsed expression slow: ``open``, ``option``, ``nested``, ``reference``."""
    for operation, value in tree:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            least, most, part = value
            if inside:
                yield "nested"
            if most > least:
                yield "open" if most - least > _FEW else "option"
            yield from _repeats(part, inside=inside or most > 1)
        elif name == "BRANCH":
            if inside:
                yield "nested"
            for part in value[1]:
                yield from _repeats(part, inside=inside)
        elif name in ("GROUPREF", "GROUPREF_EXISTS"):
            yield "reference"
        elif name in ("SUBPATTERN", "ATOMIC_GROUP", "ASSERT", "ASSERT_NOT"):
            yield from _repeats(value if name == "ATOMIC_GROUP" else value[-1], inside=inside)
