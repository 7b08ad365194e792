"""Text, bytes and files: what comes in as what, and one-line errors for what cannot be read."""

import codecs
import subprocess
import sys
from pathlib import Path

import pytest

from notecheck.message import Draft, read, read_all
from notecheck.types import NotecheckError, Span


def texts(draft: Draft) -> list[str]:
    return [span.of(draft.source) for span in draft.spans]


def test_a_string_is_the_text_itself_and_never_a_path(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("Thanks for the kiln tour.", encoding="utf-8")
    draft = read(str(path))
    assert draft.source == str(path)
    assert draft.name is None


def test_an_empty_string_has_no_spans() -> None:
    assert read("") == Draft("", ())
    assert read(" \n\u200b\r\n\ufeff").spans == ()


def test_only_masked_text_in_a_string_has_no_spans() -> None:
    draft = read("> We keep your details.\n> Regards")
    assert draft.spans == ()
    assert [item.reason for item in draft.masked] == ["quote"]


def test_spans_are_trimmed_and_offsets_count_code_points() -> None:
    source = "\ufeff  \r\nHi Zoë 👩‍🔬,\r\n\r\n\u200bthanks\u00a0for “that”.\u200b\r\n\r\n> quoted\r\n"
    draft = read(source)
    assert draft.source == source
    assert texts(draft) == ["Hi Zoë 👩‍🔬,\r\n\r\n\u200bthanks\u00a0for “that”."]
    assert draft.masked[0].span == Span(source.index(">"), source.index(">") + len("> quoted"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-8"])
def test_byte_order_marks(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_bytes("Grüße, and thanks.".encode(encoding))
    assert read(path).source == "Grüße, and thanks."
    assert read(path.read_bytes()).source == "Grüße, and thanks."
    assert read(bytearray(path.read_bytes())).source == "Grüße, and thanks."


def test_big_endian_utf_16() -> None:
    assert read(codecs.BOM_UTF16_BE + "Hi Zoë".encode("utf-16-be")).source == "Hi Zoë"


def test_undecodable_bytes_say_the_encoding_and_the_offset(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_bytes(b"Hi Zo\xeb, thanks")
    with pytest.raises(NotecheckError) as error:
        read(path)
    assert str(error.value) == f"{path}: not utf-8: byte 0xeb at offset 5"
    with pytest.raises(NotecheckError, match="draft: not utf-8: byte 0xeb at offset 5"):
        read(path.read_bytes())


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (b"", "empty draft"),
        (b" \n\n", "empty draft"),
        (b"> We keep your details.", "empty draft: nothing but quoted mail, headers and signatures"),
        (rb"{\rtf1\ansi Thank you.}", "RTF, not a text; save it as plain text"),
        (b"PK\x03\x04\0\0", "binary data (a NUL byte at offset 4), not a text"),
        (b"a" * 1_000_001, "1,000,001 characters, a draft has at most 1,000,000"),
        (b"a" * 4_000_005, "larger than 4 MiB, too large for a draft"),
    ],
    ids=["empty", "blank", "masked", "rtf", "binary", "long", "large"],
)
def test_files_that_hold_no_draft(data: bytes, cause: str, tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_bytes(data)
    with pytest.raises(NotecheckError) as error:
        read(path)
    assert str(error.value) == f"{path}: {cause}"


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    for name in ("huge.txt", "huge.eml", "huge.html"):
        path = tmp_path / name
        with open(path, "wb") as file:
            file.truncate(10**8)
        with pytest.raises(NotecheckError, match="too large for a draft"):
            read(path)


def test_a_string_beyond_the_limit() -> None:
    assert read("a" * 1_000_000).spans == (Span(0, 1_000_000),)
    with pytest.raises(NotecheckError, match="draft: 1,000,001 characters"):
        read("a" * 1_000_001)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(NotecheckError, match=r"gone\.txt: no such file"):
        read(tmp_path / "gone.txt")
    with pytest.raises(NotecheckError, match="is a directory"):
        read(tmp_path)
    with pytest.raises(NotecheckError, match="not a valid path"):
        read(Path("a\0b.txt"))
    loop = tmp_path / "loop.txt"
    loop.symlink_to(loop)
    with pytest.raises(NotecheckError, match=r"loop\.txt: "):
        read(loop)


def test_errors_name_a_file_on_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a\nb.txt"
    path.write_bytes(b"")
    with pytest.raises(NotecheckError) as error:
        read(path)
    assert "\n" not in str(error.value)
    assert r"a\nb.txt: empty draft" in str(error.value)


def test_only_a_named_draft_must_hold_a_note() -> None:
    assert read(b"").spans == ()
    with pytest.raises(NotecheckError, match="-: empty draft"):
        read(b"", name="-")
    assert read("", name="-").spans == ()


def test_the_name_tells_the_form_of_bytes() -> None:
    assert read(b"From: a@example.com\n\nThanks.", name="x.eml").source == "Thanks."
    assert read(b"---\ntitle: x\n---\nThanks.", name="x.md").masked[0].reason == "front-matter"
    with pytest.raises(NotecheckError, match=r"x\.mbox: holds many drafts"):
        read(b"", name="x.mbox")


def test_a_page_without_a_name_is_read_as_one(tmp_path: Path) -> None:
    pytest.importorskip("inscriptis")
    page = b"\n<!DOCTYPE html>\n<html><body><p>Thanks for the <b>demo</b>.</p></body></html>"
    (tmp_path / "page").write_bytes(page)
    for draft in (read(page), read(tmp_path / "page"), *read_all(page, name="<stdin>")):
        assert isinstance(draft, Draft)
        assert texts(draft) == ["Thanks for the demo."]
        assert draft.converted
    assert not read(page, name="page.txt").converted


def test_something_else_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="not int"):
        read(7)  # type: ignore[arg-type]


@pytest.mark.parametrize("matter", ["---\ntitle: Draft\ntags:\n  - a\n---", "+++\nlevel = 'x'\n+++"])
def test_front_matter_of_markdown(matter: str, tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text(f"{matter}\n\nHi Ed,\n\nthanks for the *demo*.\n", encoding="utf-8")
    draft = read(path)
    assert texts(draft) == ["Hi Ed,\n\nthanks for the *demo*."]
    assert [(item.reason, item.span.of(draft.source)) for item in draft.masked] == [("front-matter", matter)]
    assert read(path.read_text(encoding="utf-8")).masked == ()


def test_a_rule_above_a_paragraph_is_no_front_matter(tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text("---\nHi Ed, thanks for the demo.\n---\nBo\n", encoding="utf-8")
    assert read(path).masked == ()


def test_read_all_gives_the_one_draft_or_its_error(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    path.write_text("Thanks.", encoding="utf-8")
    assert list(read_all(path)) == [read(path)]
    (error,) = read_all(tmp_path / "gone.txt")
    assert isinstance(error, NotecheckError)


def test_reading_a_string_imports_neither_mail_nor_html() -> None:
    code = (
        "import sys; from notecheck.message import read; read('Hi,\\n\\nthanks\\n\\n> q'); read(b'Hi there');"
        "sys.exit(any(name in sys.modules for name in ('email', 'lxml', 'inscriptis', 'mailbox', 'spacy')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
