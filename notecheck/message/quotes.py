"""Quoted mail: `>` lines at any depth, attributions, forwarded mail and Outlook's header blocks."""

from __future__ import annotations

from collections.abc import Sequence

from notecheck.message import phrases
from notecheck.message.lines import Line, regex

_MARKERS = frozenset((
    "original message", "original appointment", "forwarded message", "original mail", "original email",
    "ursprüngliche nachricht", "originalnachricht", "weitergeleitete nachricht", "message original",
    "message d'origine", "message transféré", "mensaje original", "mensaje reenviado", "messaggio originale",
    "messaggio inoltrato", "mensagem original", "mensagem encaminhada", "oorspronkelijk bericht",
    "doorgestuurd bericht", "ursprungligt meddelande", "oprindelig meddelelse",
))  # fmt: skip
_BEGINNINGS = frozenset((
    "begin forwarded message:", "anfang der weitergeleiteten nachricht:", "début du message transféré :",
    "inizio messaggio inoltrato:", "inicio del mensaje reenviado:", "begin doorgestuurd bericht:",
))  # fmt: skip
_STARTERS = ("on ", "am ", "le ", "el ", "il ", "em ", "op ", "den ", "w dniu ")
_ATTRIBUTION = (
    r"^on\b.{3,}\b(?:wrote|writes) ?:$",
    r"^(?:am|op|den)\b.{3,}\b(?:schrieb|schreef|skrev)\b.*:$",
    r"^le\b.{3,}\ba écrit ?:$",
    r"^el\b.{3,}\bescribió ?:$",
    r"^il\b.{3,}\bha scritto ?:$",
    r"^em\b.{3,}\bescreveu ?:$",
    r"^w dniu\b.{3,}\bnapisał.{0,5}:$",
    r"^\d{4}-\d\d-\d\d\b.*<\S+@\S+>:$",
    r"<\S+@\S+> hat am\b.*\bgeschrieben ?:$",
    r"^[^:<>?!]{2,60}(?:<\S+@\S+> )?(?:wrote|schrieb|escribió) (?:on|am|el) .{0,12}\d.{3,40}:$",
    r"^(?:[^:<>]{0,80}<\S+@\S+>|\S+@[^\s>]+) (?:wrote|writes|schrieb|a écrit|escribió|ha scritto) ?:$",
)
_TIME = r"\b\d{1,2}(?:[:.]| ?h ?)\d\d(?!\d)"
_YEAR = r"\b(?:19|20)\d\d"
_DAY_AND_YEAR = (
    r"\b(?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim|mo|di|mi|do|fr|sa|so)[a-z]*\b.*"
    r"\b(?:19|20)\d\d\b"
)
_EMOTE = r"^>[:;=8][-'o]?[()/\\|dp3<\[\]]|^>[._]{1,2}[<>]|^>="
# The attribution of the longest plausible address, wrapped over three lines.
_LONGEST_ATTRIBUTION = 400
_MOST_FIELDS = 16


def find_quotes(lines: Sequence[Line]) -> set[int]:
    """Indexes of the lines that are quoted or introduce a quotation.

    What stands behind ``>`` is quoted line by line, so replies between are left. Behind an attribution, a
    "-----Original Message-----" or a header block without ``>`` below it, everything is quoted to the end.
    """
    prefixed = [_is_prefixed(line) for line in lines]
    quoted = {i for i, is_quoted in enumerate(prefixed) if is_quoted}
    attributions = _attributions(lines, prefixed)
    index, count = 0, len(lines)
    while index < count:
        if index in quoted:
            index += 1
            continue
        if _is_fragment(lines, prefixed, index):
            quoted.add(index)
            index += 1
            continue
        behind = attributions.get(index) or _behind_marker(lines, index)
        if behind is None:
            index += 1
            continue
        stop = behind if behind < count and prefixed[behind] else _stop(lines, index, behind)
        quoted.update(range(index, stop))
        index = stop
    return quoted


def _is_prefixed(line: Line) -> bool:
    first = line.key[0]
    if line.quoted:
        return True
    if first == ">":
        return regex(_EMOTE).search(line.low[:4]) is None
    # A bar at both ends is a row of a table.
    return (
        first == "|"
        and line.key[1:2] in ("", " ", "|", ">")
        and not (len(line.key) > 1 and line.key[-1] == "|")
    )


def _is_fragment(lines: Sequence[Line], prefixed: Sequence[bool], index: int) -> bool:
    """Whether the line is the end of a quoted line that a mail program broke without repeating the ``>``."""
    if not 0 < index < len(lines) - 1 or not (prefixed[index - 1] and prefixed[index + 1]):
        return False
    line, above = lines[index], lines[index - 1].key
    return (
        not line.gap
        and not lines[index + 1].gap
        and len(above) >= 60
        and not above.endswith((".", "!", "?", ":", ";"))
        and line.key[0].islower()
        and len(line.key) <= 40
        and line.key.count(" ") <= 4
    )


def _attributions(lines: Sequence[Line], prefixed: Sequence[bool]) -> dict[int, int]:
    """Index of the first line of each attribution, and the index behind its last."""
    found: dict[int, int] = {}
    for end, line in enumerate(lines):
        if not line.key.endswith(":") or prefixed[end]:
            continue
        following = end + 1
        below = lines[following] if following < len(lines) else None
        quoted = below is not None and prefixed[following]
        text = line.key
        for start in range(end, max(-1, end - 3), -1):
            if start < end:
                if lines[start + 1].gap or prefixed[start]:
                    break
                text = f"{lines[start].key} {text}"
            if len(text) > _LONGEST_ATTRIBUTION:
                break
            begins = lines[start].low.startswith(_STARTERS)
            if (begins or start == end) and _is_attribution(
                text, below, quoted=quoted, alone=start == end, top=start == 0
            ):
                found[start] = following
            # From the last line upwards, so that a line above that begins alike is left alone; but
            # "<dana@example.com> wrote:" may be the second half of one.
            if begins and start in found:
                for inner in range(start + 1, end + 1):
                    found.pop(inner, None)
                break
    return found


def _is_attribution(text: str, below: Line | None, *, quoted: bool, alone: bool, top: bool) -> bool:
    """Whether the words introduce a quotation.

    Args:
        text: the line, or the lines that it was wrapped over, joined.
        below: the line that follows.
        quoted: whether that is known to be quoted.
        alone: whether it is one line.
        top: whether nothing is above.
    """
    low = text.lower()
    matched = _names_sender(text) or any(regex(pattern).search(low) for pattern in _ATTRIBUTION)
    dated = "@" in text or regex(_TIME).search(low) is not None
    by_reader = regex(r"\byou (?:wrote|said) ?:$").search(low) is not None
    if below is not None and quoted:
        if matched and (dated or regex(_YEAR).search(low) is not None):
            return True
        # "On Monday you wrote:" above a quoted line is still the writer speaking.
        named = matched or (alone and (low.startswith("quoting ") or _is_named(text)))
        return named and not by_reader and (below.quoted or not below.gap)
    if not matched or by_reader:
        return False
    # A note may itself open with "On Tuesday, 4 March 2025, Dana wrote:", and all of it would be lost.
    greeted = below is not None and phrases.is_short_salutation(below)
    if "@" in text or (greeted and any(char.isdigit() for char in text)):
        return True
    return not top and (dated or regex(_DAY_AND_YEAR).search(low) is not None)


def _names_sender(text: str) -> bool:
    """Whether it is an address, a time and a colon, and nobody speaks: an attribution in any language."""
    return (
        regex(r"[<(]\S+@[^\s<>()]+[>)]+").search(text) is not None
        and regex(_TIME).search(text) is not None
        and len(regex(r"\d+").findall(text)) >= 4
        and not phrases.holds_speech(text)
    )


def _is_named(text: str) -> bool:
    """Whether it is "Dana Whitfield wrote:" and no more."""
    return regex(r"^(?:[A-Z][\w.'-]*,? ){1,4}(?:wrote|writes) ?:$").search(text) is not None and not (
        text.startswith(("You ", "As ", "I ", "And ", "But ", "When "))
    )


def _behind_marker(lines: Sequence[Line], index: int) -> int | None:
    """The index behind the marker and the header fields that begin a quoted mail here, or None."""
    line = lines[index]
    first = line.low[0]
    # In a text "*From:*" is what was bold in the mail.
    if (
        (first in "-_=*" and phrases.field(line) is None)
        or line.low in _BEGINNINGS
        or line.low.startswith("##-")
    ):
        core = line.low.strip("-_=*~ \t:>")
        if (
            line.low in _BEGINNINGS
            or "reply above this line" in line.low
            or (
                line.low[:2] in ("--", "__", "==", "**")
                and (
                    core in _MARKERS
                    or core.startswith(("forwarded by ", "forwarded message from "))
                    or regex(r"^on\b.{3,}\d.*\bwrote$").search(core) is not None
                )
            )
        ):
            return max(index + 1, _fields(lines, index + 1)[0])
        # Outlook's rule stands right above its block.
        if first == "_" and len(line.low) >= 8 and not core and _is_block(lines, index + 1):
            return None if lines[index + 1].gap else _fields(lines, index + 1)[0]
        return None
    if not _is_block(lines, index):
        return None
    behind = _fields(lines, index)[0]
    # A block that opens the text is the draft's own header, unless a letter and then another follow it.
    if _is_on_top(lines, index) and _second_letter(lines, behind) is None:
        return None
    return behind


def _is_on_top(lines: Sequence[Line], index: int) -> bool:
    """Whether nothing but header fields stands above."""
    return index < _MOST_FIELDS and all(phrases.field(above) for above in lines[:index])


def _is_block(lines: Sequence[Line], index: int) -> bool:
    """Whether the header block of a quoted mail begins here: at From, or above it without a blank line."""
    if index >= len(lines) or phrases.field(lines[index]) is None:
        return False
    behind, values = _fields(lines, index)
    if "from" not in values:
        return False
    for i in range(index, behind):
        # Fields above From belong to it only when they stand right above.
        if i > index and lines[i].gap:
            return False
        here = phrases.field(lines[i])
        if here is not None and here[0] == "from":
            break
    others = values.keys() & {"date", "to", "subject"}
    # Two fields are few, but "From: Graham Peel" above "Subject: the outcome" is nobody's sentence.
    sender = values["from"]
    named = sender[:1].isupper() and sender.count(" ") <= 5 and not phrases.is_speech(sender)
    return bool(others) and (len(values) >= 3 or "@" in sender or named)


def _fields(lines: Sequence[Line], index: int) -> tuple[int, dict[str, str]]:
    """The index behind the header fields that stand here, and the first value of each kind."""
    values: dict[str, str] = {}
    behind = i = index
    while i < min(len(lines), index + _MOST_FIELDS):
        here = phrases.field(lines[i])
        if here is not None and here[0] != "re":
            if here[0] == "from" and "from" in values:
                break
            values.setdefault(*here)
            behind = i + 1
        elif not values or lines[i].gap or i - behind >= 3:
            break
        i += 1
    return behind, values


def _stop(lines: Sequence[Line], index: int, behind: int) -> int:
    """Where a quoted mail without ``>`` ends: at its own end mark, at a second letter, or with the text."""
    for i in range(behind, len(lines)):
        core = lines[i].low.strip("-_=* ") if lines[i].low.startswith("--") else ""
        if core.startswith(("end of forwarded", "end forwarded", "end of original", "end original")):
            return i + 1
    if _is_on_top(lines, index):
        second = _second_letter(lines, behind)
        if second is not None:
            return second
    return len(lines)


def _second_letter(lines: Sequence[Line], start: int) -> int | None:
    """The salutation that follows a sign-off: the reply below a mail that was pasted above it."""
    greeted = signed = False
    index = start
    while index < len(lines):
        line = lines[index]
        if _is_block(lines, index):
            # Yet another quoted mail begins here.
            greeted = signed = False
            index = _fields(lines, index)[0]
            continue
        if line.gap and phrases.is_short_salutation(line):
            if signed:
                return index
            greeted = True
        elif greeted and phrases.is_sign_off(line):
            signed = True
        index += 1
    return None
