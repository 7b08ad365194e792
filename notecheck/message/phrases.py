"""Telling kinds of line apart: header fields, dates, salutations, sign-offs, postscripts, contact lines."""

from __future__ import annotations

from notecheck.message.lines import Line, regex

_FIELDS = {
    "from": ("from", "von", "de", "da", "van", "från", "fra", "od", "от", "发件人", "差出人"),
    "to": ("to", "an", "à", "para", "a", "aan", "till", "til", "кому", "收件人", "宛先"),
    "cc": ("cc", "bcc", "kopie", "copie à", "kopia", "kopi"),
    "date": ("date", "sent", "datum", "gesendet", "envoyé", "fecha", "enviado", "enviada", "data",
        "inviato", "verzonden", "skickat", "sendt", "dato", "received", "wysłano", "data wysłania",
        "отправлено", "дата", "发送时间", "日期", "送信日時", "日付"),
    "subject": ("subject", "subject line", "email subject", "betreff", "objet", "asunto", "oggetto",
        "assunto", "onderwerp", "ämne", "emne", "temat", "тема", "主题", "件名", "sub", "subj"),
    "re": ("re", "ref", "fw", "fwd", "aw", "wg", "sv", "tr", "rv"),
    "other": ("reply-to", "message-id", "mime-version", "in-reply-to", "references", "return-path",
        "delivered-to", "importance", "priority", "sensitivity", "attachment", "attachments",
        "resent-from"),
}  # fmt: skip
_KINDS = {name: kind for kind, names in _FIELDS.items() for name in names}

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
# Case counts: ME and US are a state and a country, `me` and `us` are somebody who speaks.
_SPEAKING = frozenset((
    "I", "I'm", "I've", "I'd", "I'll", "i", "i'm", "i've", "i'd", "you", "You", "your", "Your", "me", "my",
    "My", "we", "We", "our", "Our", "us", "is", "are", "was", "were", "am", "be", "has", "have", "please",
    "Please", "could", "would", "can", "will", "hope", "thank", "Thank", "thanks", "thankful", "sorry",
    "Sorry", "if", "If", "it", "It", "that", "let", "Let", "don't", "didn't", "not", "there",
))  # fmt: skip
_DEVICES = frozenset((
    "iphone", "ipad", "ipod", "android", "samsung", "galaxy", "phone", "smartphone", "mobile", "blackberry",
    "pixel", "huawei", "xiaomi", "device", "outlook", "mail", "gmail", "yahoo", "proton", "protonmail",
    "windows", "tablet", "nokia", "oneplus", "motorola", "thunderbird", "aol", "icloud", "spark",
    "superhuman", "mac", "fairphone", "handheld", "gmx", "bluemail",
))  # fmt: skip
_DEVICE_STARTS = (
    "sent from ", "sent via ", "sent with ", "sent on the go from ", "get outlook for ", "get bluemail for ",
    "envoyé de ", "envoyé depuis ", "envoyé à partir ", "gesendet von ", "gesendet mit ", "von meinem ",
    "enviado desde ", "enviado do ", "inviato da ", "verzonden vanaf ",
)  # fmt: skip
_CLOSING = (
    r"(?:(?:with|in|many|kind|kindest|best|warm|warmest|sincere|sincerest|deepest|my|very|all|the|your|fond|"
    r"fondest|most|much|heartfelt|humble|good|high|every|great|deep)\s+)*"
    r"(?:regards?|rgds|wishes|thanks|thank you|thankyou|thx|gratitude|appreciation|best|truly|sincerely|"
    r"faithfully|respectfully|cordially|cheers|yours|warmly|gratefully|ta|ciao|respect|hopes?|love|take care|"
    r"talk soon|speak soon|until next time|all the best|be well|stay well|onwards?|v/r|br|kr|bw|warmest|"
    r"humbly|obediently|lovingly|submitted|appreciatively|peace|salutations|greetings|"
    # Many write in English and close as they do at home.
    r"(?:mit )?(?:freundliche[nmr]?|viele[nr]?|liebe[nr]?|beste[nr]?|herzliche[nr]?|schöne[nr]?) (?:gr(?:ü|ue)(?:ß|ss)en?|gruß)|"
    r"mfg|lg|vg|(?:bien )?cordialement|bien à vous|(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|"
    r"(?:cordiali|distinti) saluti|met vriendelijke groet(?:en)?|vriendelijke groet(?:en)?|atenciosamente)"
)
_CONTACT = (
    r"\S@\w[\w.-]*\.\w\w",
    r"https?://|\bwww\.|\blinkedin\b|\b[a-z0-9-]+\.(?:com|org|net|io|dev|me|edu|info|co\.[a-z]{2})\b",
    r"(?:^|[^\w-])\+?\(?\d[\d().\s/x-]{6,}\d\b",
    r"^(?:tel|ph|mob|ext)\.? ?[+(\d]",
    (
        r"^(?:tel|telephone|phone|ph|mobile|mob|cell|fax|office|direct|m|t|p|e|w|o|c|email|e-mail|mail|web|website|"
        r"skype|twitter|whatsapp|address|linkedin|github)\s?[:|]\s?\S"
    ),
    r"\s[|•·∙⋅]\s",
    r"\b(?:she/her|he/him|they/them|she/they|he/they)\b",
    r"\b[a-z]{2}\.? \d{5}(?:-\d{4})?\b|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}$",
    (
        r"^\d+[a-z]?,? (?:\w+\.? ){1,4}?(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|way|"
        r"court|ct|place|pl|square|sq|terrace|close|crescent|suite|floor|apartment|apt)\b"
    ),
    r"^p\.? ?o\.? box \d",
)
_SALUTATION_STARTS = (
    "dear", "my dear", "hi", "hello", "hey", "good ", "greet", "resp", "to whom", "est", "hallo", "bonjour",
    "sir", "madam", "gentle", "ladies",
)  # fmt: skip


def field(line: Line) -> tuple[str, str] | None:
    """The kind and the value of a header field, None for another line.

    Kinds are ``from``, ``to``, ``cc``, ``date``, ``subject``, ``re`` and ``other``; the value may be empty.
    """
    colon = line.key.find(":", 1, 24)
    if colon < 0:
        return None
    kind = _KINDS.get(line.low[:colon].strip("*_# "))
    return None if kind is None else (kind, line.key[colon + 1 :].strip("*_ \t"))


def is_speech(text: str) -> bool:
    """Whether the words are somebody saying something, rather than a name, a title, an address."""
    if text.endswith(("?", "!", "...", "…")):
        return True
    words = text.split()
    if len(words) > 14:
        return True
    # The last word is left out for the sake of "Analyst I" and "Nurse II".
    return any(word.strip(',.;:()"') in _SPEAKING for word in words[:-1]) or (words[-1:] == ["you."])


def holds_speech(text: str) -> bool:
    """Whether a word stands in the text with which people speak of themselves or to somebody."""
    return any(word.strip(',.;:()"') in _SPEAKING for word in text.split())


def is_slot(text: str) -> bool:
    """Whether the line is template text still to be filled in; it is never set aside, so that it is found."""
    return ("[" in text and regex(r"\[[A-Za-z][^\]@]{1,40}\]").search(text) is not None) or (
        text[0] in "<{"
        and regex(r"^(?:<[A-Za-z][^>@/]{1,40}>|\{+[A-Za-z][^}@]{1,40}\}+)\W*$").search(text) is not None
    )


def is_date(line: Line) -> bool:
    """Whether the line is a date and nothing more."""
    if len(line.low) > 45 or not regex(r"\d").search(line.low):
        return False
    return (
        regex(
            r"^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?(?:the\s+)?"
            rf"(?:{_DAY}(?:\s+day)?(?:\s+of)?[\s-]+{_MONTH}|{_MONTH}\s+{_DAY}|{_MONTH}|\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}})"
            r"(?:[,\s-]+\d{4})?[.,]?$"
        ).search(line.low)
        is not None
    )


def is_salutation(line: Line) -> bool:
    """Whether the line greets the reader; more may follow on the same line."""
    if not line.low.startswith(_SALUTATION_STARTS):
        return False
    pattern = (
        r"^(?:dear|my dear|dearest|hi|hiya|hello|hey|good (?:morning|afternoon|evening|day)|greetings|"
        r"respected|to whom|esteemed|hallo|bonjour)\b|"
        r"^(?:dear )?(?:sirs?|madam|gentlemen|ladies)\b[\w ,/]{0,24}[,:]?$"
    )
    return regex(pattern).search(line.low) is not None


def is_short_salutation(line: Line) -> bool:
    """Whether the line is a salutation and nothing more."""
    return (
        len(line.key) <= 60
        and not line.key.endswith((".", "?"))
        and is_salutation(line)
        and (line.key.count(" ") <= 6)
    )


def is_postscript(line: Line) -> bool:
    """Whether the line begins a postscript."""
    if line.low[0] not in "p(*_" or len(line.low) < 2:
        return False
    return regex(r"^[(*_]*(?:p\.? ?(?:p\.? ?){0,3}s\b|post ?script(?:um)?\b)").search(line.low) is not None


def is_sign_off(line: Line) -> bool:
    """Whether the line closes a letter, with or without the writer's name on it."""
    if len(line.key) > 60 or line.key.count(" ") > 7:
        return False
    if line.key[0] in "-–—~":
        name = line.key.lstrip("-–—~ ")
        return (
            bool(name)
            and len(name) < len(line.key)
            and name.count(" ") <= 2
            and regex(r"^[A-Za-zÀ-ÿ][\w.'’-]*(?: [A-Z][\w.'’-]*){0,2}$").search(name) is not None
        )
    match = regex(
        rf"^{_CLOSING}(?:(?:\s*[,&/]\s*|\s+and\s+|\s+){_CLOSING})*"
        r"(?: again| so much| very much| a lot| a million| always| ever| indeed| in advance| once more)?(.*)$"
    ).search(line.low)
    if match is None:
        return False
    rest = line.key[match.start(1) :]
    name = rest.strip(" ,.!;:–—-~*_")
    if not name:
        return not rest.endswith((":", ";"))
    if rest[0].isalnum() or name.count(" ") > 2 or is_speech(name) or rest.endswith(("?", ":")):
        return False
    return rest[0] in ",.!–—-;" or name[:1].isupper() or " " not in name


def is_name(text: str) -> bool:
    """Whether the line may be the writer's name: a few words, none of them said to anybody."""
    return (
        len(text) <= 50
        and text.count(" ") <= 4
        and not is_speech(text)
        and (not is_contact(text) or text.endswith(")"))
    )


def is_contact(text: str) -> bool:
    """Whether the line holds a phone number, an address, a link or fields divided by bars."""
    return len(text) <= 160 and any(regex(pattern).search(text.lower()) for pattern in _CONTACT)


def is_title(text: str) -> bool:
    """Whether the line may be a title or a company below a name: few words, most of them capitalised."""
    if len(text) > 70 or is_speech(text):
        return False
    words = regex(r"[^\W\d_]{4,}").findall(text)
    return text.count(" ") <= 8 and 2 * sum(word[0].isupper() for word in words) > len(words)


def is_image(line: Line) -> bool:
    """Whether the line is what stands in a text for the pictures of a signature: "[cid:image001.png]"."""
    if line.low[0] != "[":
        return False
    return (
        regex(r"^(?:\[(?:image:|cid:|https?://)[^\]]*\]\s*(?:<[^<>\s]*>)?\s*)+$").search(line.low) is not None
    )


def is_device(line: Line) -> bool:
    """Whether the line is what a phone or a mail program adds: "Sent from my iPhone"."""
    if not line.low.lstrip("-–— ").startswith(_DEVICE_STARTS):
        return False
    words = regex(r"[a-zà-ÿ0-9]+").findall(line.low)
    if len(words) > 14:
        return False
    # A brand that no list knows is the whole rest of its line.
    return (
        not _DEVICES.isdisjoint(words)
        or regex(r"^sent from my [\w+-]+(?: [\w+-]+){0,3}\.?$").search(line.low) is not None
    )
