"""What stands above the note: front matter, mail headers, a subject line, the address block of a letter."""

from __future__ import annotations

from collections.abc import Sequence

from notecheck.message import phrases
from notecheck.message.lines import Line, regex

# Deeper than this nothing counts as being above the letter, in lines.
_TOP = 30
_LONGEST_SUBJECT = 200


def find_front_matter(lines: Sequence[Line]) -> set[int]:
    """Indexes of the lines of the YAML (``---``) or TOML (``+++``) front matter of a Markdown file."""
    if not lines or lines[0].key not in ("---", "+++") or lines[0].indent:
        return set()
    fence = lines[0].key
    for i, line in enumerate(lines[1:], start=1):
        if line.key == fence or (fence == "---" and line.key == "..."):
            return set(range(i + 1))
        # Two rules around a first paragraph are no front matter.
        if (
            not line.indent
            and regex(r"^(?:[\w\"'][\w .\"'-]*\s*[:=]|- |#|[\[\]{}])").search(line.key) is None
        ):
            return set()
    return set()


def find_headers(lines: Sequence[Line]) -> set[int]:
    """Indexes of the lines above the letter: header fields, a subject line, the address block, the date."""
    found = set(range(_behind_fields(lines)))
    found |= _address_block(lines)
    found |= _subject_at_salutation(lines)
    if lines and 0 not in found and len(lines) > 1 and lines[1].gap and phrases.is_date(lines[0]):
        found.add(0)
    return found


def _behind_fields(lines: Sequence[Line]) -> int:
    """The index behind the header fields that open the text."""
    i = 0
    while i < len(lines):
        line = lines[i]
        here = phrases.field(line)
        if here is not None:
            if not _is_plausible(here[0], here[1], i, lines):
                break
        elif (
            i == 0
            or line.gap
            or not (
                # A folded line, or a field that only machines write, below another field.
                (line.indent and len(line.key) <= _LONGEST_SUBJECT)
                or regex(r"^[A-Za-z]+(?:-[A-Za-z0-9]+)+: ?\S").search(line.key)
            )
        ):
            break
        i += 1
    return i


def _is_plausible(kind: str, value: str, index: int, lines: Sequence[Line]) -> bool:
    """Whether the value fits the field; "From: what I saw, you work well together" is a sentence."""
    if kind == "subject":
        return len(value) <= _LONGEST_SUBJECT
    if kind == "re":
        return _is_reference(value, index, lines)
    if kind == "date":
        return (
            value.count(" ") <= 10
            and regex(r"\d|^(?:mon|tue|wed|thu|fri|sat|sun|today|\[)").search(value.lower()) is not None
        )
    if kind == "other" or "@" in value:
        return len(value) <= 1000
    if not value:
        return index + 1 < len(lines) and not lines[index + 1].gap
    if phrases.is_speech(value) or value.endswith((".", ";")):
        return False
    return value.count(" ") <= (7 if not value[0].islower() else 4)


def _is_reference(value: str, index: int, lines: Sequence[Line]) -> bool:
    """Whether "Re: …" is a subject: short, alone on its line, and not the beginning of a sentence."""
    words = value.count(" ") + 1
    if lines[index].low.startswith(("fwd:", "fw:")) and words <= 15:
        return True
    if (
        not value
        or words > 15
        or value.endswith(("!", "?", ",", ";"))
        or (value.endswith(".") and words > 10)
    ):
        return False
    if index + 1 == len(lines) or lines[index + 1].gap:
        return not (value.endswith(".") and phrases.is_speech(value))
    following = lines[index + 1]
    return (
        phrases.field(following) is not None
        or phrases.is_salutation(following)
        or (words <= 10 and not value.endswith(".") and not phrases.is_speech(value))
    )


def _address_block(lines: Sequence[Line]) -> set[int]:
    """The sender, the date and the recipient above the salutation of a formal letter."""
    top = lines[:_TOP]
    salutation = next((i for i, line in enumerate(top) if phrases.is_salutation(line)), None)
    if salutation is None:
        salutation = next((i for i in range(1, len(top)) if _is_bare_salutation(top, i)), None)
    if not salutation:
        return set()
    block = top[:salutation]
    if not all(_is_address_like(line) for line in block) or not any(_is_telling(line) for line in block):
        return set()
    return {i for i, line in enumerate(block) if not phrases.is_slot(line.key)}


def _is_bare_salutation(lines: Sequence[Line], index: int) -> bool:
    """Whether the line is a name with a comma, alone in its paragraph: "Dana,"."""
    line = lines[index]
    if not line.gap or line.key[-1] not in ",:" or (index + 1 < len(lines) and not lines[index + 1].gap):
        return False
    return regex(r"^[A-Z][\w.'-]*(?: [A-Z][\w.'-]*){0,2}[,:]$").search(line.key) is not None


def _is_address_like(line: Line) -> bool:
    if phrases.is_slot(line.key) and len(line.key) <= 80:
        return True
    here = phrases.field(line)
    if here is not None and here[0] in ("subject", "re", "date", "to", "from", "cc"):
        return len(here[1]) <= _LONGEST_SUBJECT and not line.key.endswith(("!", "?"))
    return len(line.key) <= 80 and line.key.count(" ") < 10 and not phrases.is_speech(line.key)


def _is_telling(line: Line) -> bool:
    """Whether the line can hardly stand anywhere but in an address block."""
    return (
        phrases.is_date(line)
        or phrases.is_contact(line.key)
        or phrases.field(line) is not None
        or line.low in ("to,", "to:", "to", "from,", "the hiring manager", "the hiring manager,")
        or regex(
            r"^(?:mr|mrs|ms|miss|mx|dr|prof|messrs|shri|smt)\b\.? \w|\b(?:ltd|llc|inc|gmbh|plc|corp)\b\.?,?$|"
            r"^(?:hr|human resources|personnel|recruitment|talent) (?:department|dept|manager|office|team)\b|"
            r"\b(?:street|road|avenue|lane|drive|boulevard|suite)\b[,.]?$"
        ).search(line.low)
        is not None
    )


def _subject_at_salutation(lines: Sequence[Line]) -> set[int]:
    """A subject line right above or right below the first salutation."""
    top = lines[:_TOP]
    first = next((i for i, line in enumerate(top) if phrases.is_short_salutation(line)), None)
    if first is None:
        # "The Registrar," opens a letter, too.
        if not lines or len(lines[0].key) > 40 or not lines[0].key.endswith(","):
            return set()
        first = 0
    found = set()
    for near in (first - 1, first + 1):
        here = phrases.field(lines[near]) if 0 <= near < len(lines) else None
        # Below "Hi Dana" a "Re: …" is the writer's own heading; below "Dear Sir" it is a subject.
        informal = near > first and lines[first].low.startswith(("hi", "hey", "hello"))
        kinds = ("subject",) if informal else ("subject", "re")
        if here is not None and here[0] in kinds and _is_plausible(*here, near, lines):
            found.add(near)
    return found
