"""What stands below the sign-off: signatures, the lines a phone adds, legal and unsubscribe footers."""

from __future__ import annotations

from collections.abc import Sequence

from notecheck.message import phrases
from notecheck.message.lines import Line, regex

_FOOTER_STARTS = (
    "confidential", "disclaimer", "this e-mail", "this email", "this message", "this communication",
    "this transmission", "this electronic", "the information", "the contents of this",
    "the content of this", "information in this", "if you are not the intended",
    "if you are not an intended", "if you have received this", "if you received this",
    "please consider the environment", "consider the environment", "think before you print", "save paper",
    "to unsubscribe", "unsubscribe", "you are receiving this", "you received this", "you're receiving",
    "virus-free", "any views", "legal notice", "privileged", "notice:", "important notice",
    "e-mail disclaimer", "email disclaimer", "privacy notice", "i acknowledge the traditional",
    "we acknowledge the traditional", "registered in", "registered office", "company registration",
    "please think", "please do not print", "manage preferences", "manage your preferences", "*****",
    "caution:", "virus-free", "diese e-mail", "diese nachricht", "der inhalt dieser", "ce message", "ce courriel",
    "cet e-mail", "este mensaje", "este correo",
)  # fmt: skip
_LEGAL = (
    r"confidential|privileged|intended (?:solely |only )?(?:recipient|for|to)|intended addressee|addressee|"
    r"unauthori[sz]ed|disclos|disseminat|in error|delete (?:it|this|the)|notify the sender|prohibited|"
    r"liab(?:le|ility)|virus|views (?:or opinions )?expressed|unsubscribe|opt out|mailing list|"
    r"privacy policy|registered (?:in|office|number|company)|copyright|environment before|"
    r"before (?:you )?print|save paper|traditional (?:custodians|owners)|all rights reserved|preferences|"
    r"legal relations|not intended to|vertraulich|rechtlich geschützt|unbefugt|adressat|confidentiel|destinataire|"
    r"confidencial|destinatario"
)
# Below a bare "--" a signature is no longer than this; what is longer is the rest of the letter.
_SIGNATURE_LINES = 15
_SIGNATURE_WORDS = 60
# What no letter begins a paragraph with, so that the paragraph needs no word of law besides.
_ADDED_BY_PROGRAMS = (
    "virus-free",
    "this email has been checked",
    "this email has been scanned",
    "this e-mail has been",
)
_MOTTO_WORDS = 12
# How far from the end a signature without a sign-off is looked for, in lines.
_TAIL = 10


def postscripts(lines: Sequence[Line]) -> set[int]:
    """Indexes of the lines of the paragraphs that begin with P.S."""
    found: set[int] = set()
    inside = False
    for i, line in enumerate(lines):
        inside = phrases.is_postscript(line) or (inside and not line.gap)
        if inside:
            found.add(i)
    return found


def find_delimited(lines: Sequence[Line]) -> set[int]:
    """Indexes of the lines from a ``-- `` on, without postscripts."""
    marks = [i for i, line in enumerate(lines) if line.key == "--"]
    if not marks:
        return set()
    spared = postscripts(lines)
    found: set[int] = set()
    for i, mark in enumerate(marks):
        stop = marks[i + 1] if i + 1 < len(marks) else len(lines)
        section = [k for k in range(mark + 1, stop) if k not in spared]
        if lines[mark].exact or (mark > 0 and _is_signature([lines[k] for k in section])):
            found.add(mark)
            found.update(section)
    return found


def _is_signature(section: Sequence[Line]) -> bool:
    """Whether what stands below a bare "--", which may be a mere divider, is short and speaks to nobody."""
    if len(section) > _SIGNATURE_LINES or any(phrases.is_short_salutation(line) for line in section):
        return False
    spoken = [line.key for line in section if phrases.is_speech(line.key) and not _starts_footer(line)]
    # A motto is short and asks nothing.
    return (
        not any(text.endswith("?") for text in spoken)
        and sum(text.count(" ") + 1 for text in spoken) <= _MOTTO_WORDS
        and sum(line.key.count(" ") + 1 for line in section) <= _SIGNATURE_WORDS
    )


def find_footers(lines: Sequence[Line]) -> set[int]:
    """Indexes of the lines of legal, unsubscribe and environment footers."""
    found: set[int] = set()
    signed = False
    in_footer = below_footer = False
    spared = None
    for i, line in enumerate(lines):
        if line.gap:
            in_footer = False
        if in_footer:
            found.add(i)
            continue
        signed = signed or phrases.is_sign_off(line)
        starts = _starts_footer(line)
        if not starts and not (below_footer and line.gap):
            continue
        if spared is None:
            spared = postscripts(lines)
        if i in spared:
            continue
        # One word of law is enough below the sign-off; in the middle of a letter it takes two.
        paragraph = _paragraph(lines, i)
        hints = len(set(regex(_LEGAL).findall(paragraph)))
        enough = 1 if signed or below_footer or line.low.startswith(_ADDED_BY_PROGRAMS) else 2
        if (starts and hints >= enough) or (not starts and hints >= 2):
            found.add(i)
            in_footer = below_footer = True
    return found


def _starts_footer(line: Line) -> bool:
    return line.low.lstrip("*_[( ").startswith(_FOOTER_STARTS)


def _paragraph(lines: Sequence[Line], start: int) -> str:
    """The lower-case text of at most 12 lines from ``start`` to the next blank line."""
    texts = [lines[start].low]
    for line in lines[start + 1 : start + 12]:
        if line.gap:
            break
        texts.append(line.low)
    return " ".join(texts)


def find_signature(lines: Sequence[Line]) -> set[int]:
    """Indexes of the contact lines below the sign-off and the name, of "Sent from my iPhone" and of pictures."""
    found = {i for i, line in enumerate(lines) if phrases.is_device(line) or phrases.is_image(line)}
    spared = postscripts(lines)
    sign_offs = [i for i, line in enumerate(lines) if i not in found and phrases.is_sign_off(line)]
    mark = next((i for i in reversed(sign_offs) if i not in spared), None)
    if mark is None:
        return found | _nameless_end(lines, spared | found)
    rest = [i for i in range(mark + 1, len(lines)) if i not in spared and i not in found]
    if rest and phrases.is_name(lines[rest[0]].key) and not _has_name(lines[mark]):
        rest = rest[1:]
    return found | _block(lines, rest)


def _has_name(sign_off: Line) -> bool:
    """Whether the writer's name stands on the line of the sign-off, behind a comma or a dash."""
    return regex(r"^[-–—~] ?\w|[,.!–—-]\s*[A-Z]\w*").search(sign_off.key) is not None


def _block(lines: Sequence[Line], rest: Sequence[int]) -> set[int]:
    """Those of the lines that are a signature, up to the first in which somebody speaks."""
    found: set[int] = set()
    waiting: list[int] = []
    last_contact = -1
    for i in rest:
        text = lines[i].key
        if phrases.is_slot(text):
            waiting.clear()
        elif phrases.is_speech(text):
            # The letter goes on, so capitals alone show nothing: they may be a list of skills.
            return {k for k in found if k <= last_contact}
        elif phrases.is_contact(text):
            found.update(waiting, (i,))
            waiting.clear()
            last_contact = i
        elif phrases.is_title(text) or (found and text[0] == text[-1] == '"'):
            found.add(i)
        else:
            # "night charge nurse" belongs to the signature only when a phone number or the like follows.
            waiting.append(i)
    return found


def _nameless_end(lines: Sequence[Line], spared: set[int]) -> set[int]:
    """Contact lines at the end, below a name that no sign-off announces."""
    tail: list[int] = []
    contact = False
    for i in range(len(lines) - 1, max(-1, len(lines) - 1 - _TAIL), -1):
        if i in spared:
            continue
        text = lines[i].key
        if phrases.is_slot(text) or phrases.is_speech(text) or text.endswith(":"):
            break
        if not phrases.is_contact(text) and not phrases.is_title(text):
            break
        contact = contact or phrases.is_contact(text)
        tail.append(i)
        if lines[i].gap and contact:
            break
    tail.reverse()
    if not contact or not tail or tail[0] == 0 or not lines[tail[0]].gap:
        return set()
    if phrases.is_contact(lines[tail[0]].key):
        # Fields between bars are a signature by themselves; a lone link or number may belong to the letter.
        return _block(lines, tail) if regex(r"\s[|•·]\s").search(lines[tail[0]].key) else set()
    return _block(lines, tail[1:])
