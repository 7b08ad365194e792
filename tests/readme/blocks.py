"""The fenced blocks of a Markdown page, and what counts as the same output.

A ``console`` block has lines that begin with ``$``, each a command, and below each what it prints. A line
that is only ``...`` stands for any lines, and ``...`` within a line for any text. A command ends with 0 or 1,
unless a ``$ echo $?`` below it says otherwise. A fence that names a file after its language
(```` ```toml notecheck.toml ````) is that file.

The reader is trained anew from time to time, so decimal numbers may differ by `TOLERANCE` and a bar may have
another length. All else is compared as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

TOLERANCE = 0.25

_FENCE = re.compile(r"^```(\w*)[ \t]*(\S*)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
_LOOSE = re.compile(r"(\d+\.\d+|[█░]+|\.\.\.)")


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        section: the heading of the section it stands in; empty above the first.
        language: the first word after the fence.
        file: the second word, the path of a file that the block is; empty for none.
        body: what stands between the fences.
        line: the line of the body in the page, from 0.
    """

    section: str
    language: str
    file: str
    body: str
    line: int


@dataclass(frozen=True)
class Command:
    """A command of a console block and the lines that it should print."""

    text: str
    output: tuple[str, ...]


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    headings = [(found.start(), found[1]) for found in _HEADING.finditer(page)]
    out = []
    for fence in _FENCE.finditer(page):
        above = [title for start, title in headings if start < fence.start()]
        line = page.count("\n", 0, fence.start(3))
        out.append(Block(above[-1] if above else "", fence[1], fence[2], fence[3], line))
    return out


def commands(body: str) -> Iterator[Command]:
    """The commands of a console block."""
    text, output = "", list[str]()
    for line in body.splitlines():
        if line.startswith("$ "):
            if text:
                yield Command(text, _printed(output))
            text, output = line[2:], []
        else:
            output.append(line)
    if text:
        yield Command(text, _printed(output))


def _printed(lines: list[str]) -> tuple[str, ...]:
    """The lines without the blank ones at the end, which only set the next command apart."""
    return tuple("\n".join(lines).rstrip().splitlines())


def same(expected: tuple[str, ...], actual: tuple[str, ...]) -> bool:
    """Whether the lines that were printed are those that were expected; ``...`` stands for any lines."""
    if not expected:
        return not actual
    if expected[0].strip() == "...":
        return any(same(expected[1:], actual[start:]) for start in range(len(actual) + 1))
    return bool(actual) and same_line(expected[0], actual[0]) and same(expected[1:], actual[1:])


def same_line(expected: str, actual: str) -> bool:
    """Whether two lines are equal but for the length of a bar and small differences of decimal numbers.

    ``...`` within a line stands for any text.

    >>> same_line("Annoyed  ██░░ 0.20  a faint edge", "Annoyed  █░░░ 0.14  a faint edge")
    True
    >>> same_line("0.20", "0.60"), same_line("2 notes", "3 notes"), same_line("... notes", "3 notes")
    (False, False, True)
    """
    pieces = _LOOSE.split(expected.rstrip())
    pattern = "".join(
        _loose(piece) if number % 2 else re.escape(piece) for number, piece in enumerate(pieces)
    )
    found = re.fullmatch(pattern, actual.rstrip())
    if found is None:
        return False
    numbers = [piece for piece in pieces[1::2] if piece[0].isdigit()]
    return all(
        abs(float(one) - float(two)) <= TOLERANCE for one, two in zip(numbers, found.groups(), strict=True)
    )


def _loose(piece: str) -> str:
    return ".*?" if piece == "..." else r"(\d+\.\d+)" if piece[0].isdigit() else "[█░]+"
