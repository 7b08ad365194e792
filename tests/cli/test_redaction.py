"""``--redact`` over the real checker: whatever the letter, the format and what goes wrong, no word gets out."""

from __future__ import annotations

import json
import re
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notecheck import Checker, rulebook
from notecheck.cli import main
from notecheck.cli.services import Services
from notecheck.config import Config
from notecheck.output import FORMATS
from notecheck.output.model import SCORE_WORDS
from notecheck.output.schema import schema

#: Words that stand nowhere but in the letters of this test.
INVENTED = st.builds(
    "".join, st.lists(st.sampled_from(["zor", "vik", "qua", "jub", "xel", "fip"]), min_size=2, max_size=4)
).map(lambda word: f"{word}zq")
SENTENCES = (
    "Thank you for your time and the {} tour with {}.",
    "Thank you for the opportunity, {}.",
    "Do you have any feedback on my {}?",
    "Was it my {} or the {} that decided it?",
    "I would have thought that four rounds of {} deserve more than a {}.",
    "Good luck with your {}, you will need it.",
    "Please keep me in mind for {} work in [{}].",
    "I still want to work in {}. XXX {{{}}}",
    "P.S. As I already said, {} lied about the {}.",
    "> {} wrote about {}",
    "-- \n{} {}",
)
WORD = re.compile(r"[a-z]{3,}")


@cache
def _checker(config: Config) -> Checker:
    return Checker(config)


SERVICES = Services(make_checker=_checker)  # type: ignore[arg-type]


@st.composite
def letters(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A letter with every kind of finding in it somewhere, and the words that only it has."""
    words = draw(st.lists(INVENTED, min_size=2, max_size=12))
    sentences = draw(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=8))
    fill = iter(words * 20)
    breaks = draw(st.sampled_from([" ", "\n", "\n\n", "\r\n"]))
    text = breaks.join(sentence.format(next(fill), next(fill)) for sentence in sentences)
    return f"Dear {words[0]},\n\n{text}\n\n{words[-1]}\n", words


def _mail(text: str, words: list[str], subtype: str = "plain") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"{words[0]} <{words[0]}@{words[-1]}.example>"
    mail["Subject"] = f"Re: {words[-1]}"
    mail.set_content(text.replace("\n", "<br>\n") if subtype == "html" else text, subtype=subtype)
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename=f"{words[0]}.pdf")
    return mail


def _write(folder: Path, text: str, words: list[str]) -> list[str]:
    """The letter in every form, whole and broken; the names of the files."""
    rows = [json.dumps({"text": text, "id": words[0]}), '{"text": "' + text.split("\n")[0], f'["{words[0]}"]']
    mail = _mail(text, words).as_bytes()
    files: dict[str, bytes] = {
        "a.txt": text.encode(),
        "b.md": f"---\ntitle: {words[0]}\nnotecheck: {{ignore: [slots/xxx]}}\n---\n{text}".encode(),
        "c.eml": mail,
        "d.eml": _mail(text, words, "html").as_bytes(),
        "e.eml": mail.replace(b'charset="utf-8"', f'charset="{words[0]}"'.encode()),
        "f.html": f"<title>{words[0]}</title><p>{text}</p><!-- {words[0]} -->".encode(),
        "g.jsonl": "\n".join(rows).encode(),
        "h.mbox": b"From x@y Mon Jan  6 09:00:00 2025\n" + mail + b"\n" + mail[:-30],
        "i.txt": text.encode() + b"\xff",
        "j.txt": f"> {text}".replace("\n", "\n> ").encode(),
        "k.md": f"---\nnotecheck: [{words[0]}\n---\n{text}".encode(),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return list(files)


@pytest.fixture(scope="module")
def spoken() -> set[str]:
    """Words of the shipped rules and of letters that hold nothing: what may be said of any letter."""
    book = rulebook.builtin()
    texts = [
        f"{rule.id} {rule.summary} {rule.why} {rule.hint} {rule.source}" for rule in rulebook.listed(book)
    ]
    texts += [notice.message for notice in book.notices.values()]
    texts += [words for levels in SCORE_WORDS.values() for words in levels]
    # And the keys of the JSON formats.
    return set(WORD.findall(" ".join([*texts, json.dumps(schema())]).lower()))


@pytest.mark.parametrize("form", FORMATS)
@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(letter=letters())
def test_no_word_of_a_letter_gets_out(
    letter: tuple[str, list[str]], form: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, words = letter
    names = _write(folder, text, words)
    capsys.readouterr()
    for argv in (
        [*names, "--statistics"],
        ["a.txt", "c.eml", "h.mbox"],
        [*names, "-o", "out"],
        ["a.txt", "--write-baseline", "base"],
        ["a.txt", "--baseline", "base"],
    ):
        main(["check", *argv, "--redact", "--format", form, "--no-cache", "--jobs", "1"], services=SERVICES)
    said = "".join(capsys.readouterr()) + (folder / "out").read_text() + (folder / "base").read_text()
    assert not [word for word in words if word in said.lower()]


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=letters(), new=letters(), form=st.sampled_from(["text", "json"]))
def test_no_word_of_two_letters_gets_out_of_their_comparison(
    old: tuple[str, list[str]],
    new: tuple[str, list[str]],
    form: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, (text, _) in (("old.txt", old), ("new.txt", new)):
        (folder / name).write_text(text)
    capsys.readouterr()
    argv = ["check", "new.txt", "--diff-from", "old.txt", "--redact", "--format", form, "--no-cache"]
    assert main(argv, services=SERVICES) in (0, 1)
    said = "".join(capsys.readouterr()).lower()
    assert not [word for word in old[1] + new[1] if word in said]


@pytest.mark.parametrize("form", FORMATS)
def test_words_of_real_letters_get_out_only_where_they_are_the_rules_own(
    form: str, root: Path, folder: Path, capsys: pytest.CaptureFixture[str], spoken: set[str]
) -> None:
    (folder / "calm.txt").write_text("Hm.\n")
    capsys.readouterr()

    def said(name: str) -> set[str]:
        main(["check", name, "--redact", "--format", form, "--no-cache"], services=SERVICES)
        return set(WORD.findall("".join(capsys.readouterr()).lower()))

    # What is said of a letter without any words is the frame of the format.
    allowed = spoken | said("calm.txt") | {"letter", "kiln", "draft"}
    for number, text in enumerate(_corpus(root)):
        (folder / f"letter{number}.txt").write_text(text)
        words = set(WORD.findall(text.lower())) - allowed
        assert words & said(f"letter{number}.txt") == set(), f"letter {number}"


def _corpus(root: Path) -> list[str]:
    """Some letters of the project's own, of every sort."""
    rows: list[Any] = []
    for path in sorted((root / "corpus").rglob("*.jsonl"))[:3]:
        rows += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[:200:10]]
    return [row["text"] for row in rows]
