"""HTML: what a reader of it sees, and which blocks of it are somebody else's."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from notecheck.message import Draft, read
from notecheck.types import NotecheckError

pytest.importorskip("inscriptis")

GMAIL = """<div dir="ltr"><div>Hi Odalys,</div><div><br></div><div>Thanks&nbsp;for the
walk &amp; the coffee.</div>
<blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>Was it my Portuguese?</div>
</blockquote><div>Ike</div><div class="gmail_signature"><div>Ike Tran</div><div>Botanist</div></div></div><br>
<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Tue, Mar 4, 2025 at 4:12
PM Odalys &lt;<a href="mailto:o@example.com">o@example.com</a>&gt; wrote:<br></div>
<blockquote class="gmail_quote"><p>We keep your details.</p><blockquote>Older words.</blockquote></blockquote>
<div>One reply between the lines.</div><blockquote class="gmail_quote">Goodbye.</blockquote></div>"""

OUTLOOK = """<html><head><title>Draft</title><style>p {margin: 0}</style></head><body>
<p class="MsoNormal">Hi Odalys,</p><p class="MsoNormal">Thanks for the walk.<o:p></o:p></p>
<div id="Signature"><p>Ike Tran</p><p>Botanist</p><p>P.S. I kept the map.</p></div>
<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Odalys<br><b>Sent:</b> Monday</div>
<div><p>Dear Ike,</p><p>We keep your details.</p></div><script>say("thank you")</script></body></html>"""

APPLE = """<div>Thanks for the walk.</div><br><blockquote type="cite"><div>On 4 Mar 2025, at 16:12, Odalys
&lt;o@example.com&gt; wrote:</div><br><div>We keep your details.</div></blockquote>"""

FORWARD = """<p>See below. Was it my Portuguese?</p><div class="gmail_quote">
<div class="gmail_attr">---------- Forwarded message ---------<br>From: Odalys<br></div>
<p>We keep your details.</p><blockquote>Older.</blockquote><p>Bye</p></div>"""


def texts(draft: Draft) -> list[str]:
    return [span.of(draft.source) for span in draft.spans]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (
            GMAIL,
            [
                "Hi Odalys,\n\nThanks for the walk & the coffee.\nWas it my Portuguese?\nIke",
                "One reply between the lines.",
            ],
        ),
        (OUTLOOK, ["Hi Odalys,\n\nThanks for the walk.", "P.S. I kept the map."]),
        (APPLE, ["Thanks for the walk."]),
        (FORWARD, ["See below. Was it my Portuguese?"]),
        ("<p>Dana wrote:</p><blockquote>We keep it.</blockquote><p>Thanks.</p>", ["Thanks."]),
        ("Thanks for the walk.", ["Thanks for the walk."]),
        ("<table><tr><td>Thanks.</td><td>Ike</td></tr></table>", ["Thanks.\nIke"]),
        ("<p>Thanks<script>x()</script> \x01for&#2; it.</p>", ["Thanks \x01for\x02 it."]),
        ("<p>&lt;b&gt; &#128512; caf&eacute; &unknown;</p>", ["<b> 😀 café &unknown;"]),
    ],
    ids=[
        "gmail",
        "outlook",
        "apple",
        "forward",
        "plain blockquote",
        "no markup",
        "table",
        "controls",
        "entities",
    ],
)
def test_the_note_in_html(markup: str, expected: list[str], tmp_path: Path) -> None:
    path = tmp_path / "draft.html"
    path.write_text(markup, encoding="utf-8")
    draft = read(path)
    assert texts(draft) == expected
    assert draft.converted
    assert draft.remarks == ("offsets refer to the text converted from HTML",)
    assert "thank you" not in draft.source
    message = EmailMessage()
    message["From"] = "ike@example.com"
    message.set_content(markup, subtype="html")
    assert texts(read(message)) == expected


def test_the_declared_character_set(tmp_path: Path) -> None:
    path = tmp_path / "draft.htm"
    path.write_bytes(b'<html><meta charset="iso-8859-1"><p>Zo\xeb \x96 thanks</p>')
    assert texts(read(path)) == ["Zoë – thanks"]


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "empty draft"),
        (b"<!-- nothing --><style>p{}</style>", "empty draft"),
        (b"<blockquote>We keep it.</blockquote>", "empty draft: nothing but quoted"),
        (b"<p>Zo\xeb</p>", "not utf-8: byte 0xeb at offset 5"),
        (b"<div>" * 1000 + b"Thanks.", "HTML nested too deeply"),
        (b"<p>a" * 1_100_000, "characters of HTML"),
    ],
    ids=["empty", "blank", "quoted", "undecodable", "deep", "long"],
)
def test_html_that_cannot_be_read(data: bytes, cause: str, tmp_path: Path) -> None:
    path = tmp_path / "draft.html"
    path.write_bytes(data)
    with pytest.raises(NotecheckError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert cause in str(error.value)
