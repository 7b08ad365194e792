"""HTML to text by inscriptis (the ``html`` extra), and the quotations and signatures that markup shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from notecheck.message.decode import decode, decode_marked
from notecheck.message.draft import MAX_MARKUP, Masked, Reason, failure
from notecheck.types import NotecheckError, Span

_DROPPED = (
    "script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title", "select",
    "textarea",
)  # fmt: skip
# A table in a mail is layout; each cell on a line of its own keeps spans and signature lines whole.
_LAYOUT = frozenset(("table", "tbody", "thead", "tfoot", "tr", "td", "th", "center"))
_QUOTE_CLASSES = frozenset((
    "yahoo_quoted", "protonmail_quote", "moz-cite-prefix", "moz-forward-container", "tutanota_quote",
    "zmail_extra",
))  # fmt: skip
_SIGNATURE_CLASSES = frozenset((
    "gmail_signature", "gmail_signature_prefix", "moz-signature", "protonmail_signature_block",
    "tutanota_signature",
))  # fmt: skip
_SIGNATURE_IDS = frozenset(("signature", "ms-outlook-mobile-signature", "applemailsignature", "x_signature"))
# Outlook puts an empty block before the quoted mail: it and whatever follows are the quotation.
_REST_IDS = frozenset(("divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container"))
_ATTRIBUTE = "data-notecheck"
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Converted:
    """The text of an HTML document and the stretches of it that the markup shows not to be the note."""

    text: str
    known: tuple[Masked, ...]


def decode_markup(data: bytes, name: str | None) -> str:
    """The markup in the encoding of its byte order mark, of its ``<meta charset>``, or UTF-8.

    Raises:
        NotecheckError: the bytes are binary, or not in that encoding.
    """
    marked = decode_marked(data, name)
    if marked is not None:
        return marked
    found = _CHARSET.search(data[:4096])
    encoding = found[1].decode("ascii").lower() if found else "utf-8"
    # Browsers read these two as Windows-1252, and so did whoever wrote the page.
    if encoding in ("iso-8859-1", "latin-1", "us-ascii", "ascii"):
        encoding = "cp1252"
    # Bytes that can be read for the declaration are not in UTF-16, whatever it says.
    return decode(data, name, encoding="utf-8" if encoding.startswith("utf-16") else encoding)


def convert(markup: str, name: str | None) -> Converted:
    """The text that a reader of ``markup`` sees.

    Raises:
        NotecheckError: the ``html`` extra is missing, or the markup is too long or too deeply nested.
    """
    if len(markup) > MAX_MARKUP:
        raise failure(name, f"{len(markup):,} characters of HTML, at most {MAX_MARKUP:,} are converted")
    try:
        lxml_html: Any = import_module("lxml.html")
        engine: Any = import_module("inscriptis.html_engine")
        config: Any = import_module("inscriptis.model.config")
        profiles: Any = import_module("inscriptis.css_profiles")
    except ImportError:
        raise failure(
            name, 'HTML is read by an extra that is missing: pip install "notecheck[html]"'
        ) from None
    parser = lxml_html.HTMLParser(encoding="utf-8")
    try:
        # Bytes, because a string with an encoding declaration of its own is refused.
        tree = lxml_html.document_fromstring(
            markup.encode("utf-8", "replace").replace(b"\0", b" "), parser=parser
        )
    except (ValueError, lxml_html.etree.LxmlError):
        # Nothing but blanks and comments.
        return Converted("", ())
    _check_depth(parser, name)
    _prepare(tree)
    settings = config.ParserConfig(
        css=profiles.CSS_PROFILES["strict"],
        annotation_rules={f"#{_ATTRIBUTE}={kind}": [kind] for kind in ("quote", "signature", "rest")},
    )
    try:
        converted = engine.Inscriptis(tree, settings)
        text: str = converted.get_text()
        annotations = converted.get_annotations()
    except RecursionError:
        raise _too_deep(name) from None
    known = []
    for annotation in annotations:
        end = len(text) if annotation.metadata == "rest" else annotation.end
        reason: Reason = "signature" if annotation.metadata == "signature" else "quote"
        known.append(Masked(Span(annotation.start, max(annotation.start, end)), reason))
    known.sort(key=lambda item: item.span)
    return Converted(text, tuple(known))


def _check_depth(parser: Any, name: str | None) -> None:
    """Refuse markup of which the parser gave up a part: the note might be in it."""
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise _too_deep(name)


def _too_deep(name: str | None) -> NotecheckError:
    return failure(name, "HTML nested too deeply")


def _prepare(tree: Any) -> None:
    """Take out what nobody reads, and name the blocks that the markup shows not to be the note."""
    # drop_tree() would stumble over a control character in the text that follows.
    import_module("lxml.etree").strip_elements(tree, *_DROPPED, with_tail=False)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        kind = _kind(element)
        if kind is not None:
            element.set(_ATTRIBUTE, kind)
        elif _ATTRIBUTE in element.attrib:
            del element.attrib[_ATTRIBUTE]
        if element.tag in _LAYOUT:
            element.tag = "div"


def _kind(element: Any) -> str | None:
    classes = {word.lower().removeprefix("x_") for word in (element.get("class") or "").split()}
    identity = (element.get("id") or "").lower()
    if identity.removeprefix("x_") in _REST_IDS:
        return "rest"
    if "gmail_attr" in classes:
        return "rest" if "----" in element.text_content()[:80] else "quote"
    if "gmail_quote" in classes and element.tag != "blockquote":
        # Replies between the lines stand in this block too, beside the quoted ones.
        return None if element.find(".//blockquote") is not None else "quote"
    if classes & _QUOTE_CLASSES or identity == "yahoo_quoted" or element.get("name") == "quote":
        return "quote"
    if element.tag == "blockquote":
        # Gmail's indent button makes a blockquote without a border, around the writer's own words.
        style = (element.get("style") or "").replace(" ", "").lower()
        return None if "border:none" in style and not classes and not element.get("type") else "quote"
    if classes & _SIGNATURE_CLASSES or identity in _SIGNATURE_IDS:
        return "signature"
    return None
