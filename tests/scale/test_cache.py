"""The cache of verdicts: right, private, and never in the way."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notecheck import cache as cache_module
from notecheck.cache import Cache, open_cache
from notecheck.cli.runner import Job, Outcome, Runner
from notecheck.cli.services import Services
from notecheck.config import Config
from notecheck.packed import pack, unpack
from notecheck.types import (
    Check,
    Contribution,
    Evidence,
    Finding,
    NotecheckError,
    Readability,
    Report,
    Score,
    Span,
)

from .conftest import start, write_rows
from .fakes import FakeChecker, fake_services


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "kept")


class Counting:
    """Services that count the drafts that are checked."""

    def __init__(self) -> None:
        self.checked = 0

    def services(self) -> Services:
        counting = self

        class Checker(FakeChecker):
            def check(self, draft: Any, /) -> Report:
                counting.checked += 1
                return super().check(draft)

        return fake_services(make_checker=Checker)


def check(cache: Cache | None, *paths: Path, config: Config | None = None) -> tuple[list[Outcome], int]:
    """The outcomes of files without their jobs' data, and how many drafts were checked for them."""
    counting = Counting()
    runner = Runner(counting.services(), cache=cache)
    jobs = [Job(path, config or Config()) for path in paths]
    outcomes = [
        Outcome(Job(item.job.path, item.job.config), item.draft, item.error, item.last)
        for item in runner(jobs)
    ]
    return outcomes, counting.checked


def entries(cache: Cache, tmp_path: Path) -> list[Path]:
    return sorted(path for path in (tmp_path / "kept").rglob("*") if path.is_file())


@pytest.fixture
def drafts(folder: Path) -> list[Path]:
    """A draft of every form."""
    (folder / "a.txt").write_text("Zaragüelles zanfoña slot, wibblewobble.\n", encoding="utf-8")
    (folder / "b.md").write_text("---\ntitle: x\n---\nQuuxly slot florbs.\n")
    (folder / "utf16.txt").write_text("Quuxly sixteen.", encoding="utf-16")
    mail = "From: Ann <a@example.org>\nSubject: Hi\n\nGrimbly slot.\n"
    (folder / "c.eml").write_text(mail)
    (folder / "d.mbox").write_text(f"From a@example.org Mon Jan  6 09:00:00 2025\n{mail}\n" * 2)
    write_rows(folder / "e.jsonl", ["Row flumpet slot", "Row krangle"])
    return sorted(folder.iterdir())


def test_what_has_not_changed_is_not_checked_again(cache: Cache, drafts: list[Path]) -> None:
    fresh = check(None, *drafts)
    assert fresh == (check(cache, *drafts)[0], 8)
    assert check(cache, *drafts) == (fresh[0], 0)
    drafts[0].write_text("Another slot.")
    assert check(cache, *drafts)[1] == 1


def test_a_letter_is_known_by_its_bytes_whatever_it_is_called(cache: Cache, folder: Path) -> None:
    (folder / "a.txt").write_text("A slot.")
    (folder / "b.txt").write_text("A slot.")
    check(cache, folder / "a.txt")
    outcomes, checked = check(cache, folder / "b.txt")
    assert checked == 0
    assert outcomes[0].draft is not None
    assert outcomes[0].draft.label.endswith("b.txt")
    # The same bytes read in another way are another draft.
    (folder / "a.eml").write_text("A slot.")
    assert check(cache, folder / "a.eml")[1] == 1


def test_settings_and_rules_are_part_of_the_key(cache: Cache, folder: Path) -> None:
    (folder / "a.txt").write_text("A slot.")
    rules = folder / "rules"
    rules.mkdir()
    (rules / "one.toml").write_text("first")
    others = [Config(ignore=("x",)), Config(levels={"x": "note"}), Config(thresholds={"annoyance": 0.4})]
    others += [Config(select=("x",)), Config(rules=(rules,))]
    for config in (Config(), *others):
        assert [check(cache, folder / "a.txt", config=config)[1] for _ in range(2)] == [1, 0]
    (rules / "one.toml").write_text("other")
    # A cache of another run: what this one has read of the rules it need not read again.
    assert check(Cache(folder.parent / "kept"), folder / "a.txt", config=Config(rules=(rules,)))[1] == 1


def test_another_version_is_another_key(cache: Cache, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.txt").write_text("A slot.")
    check(cache, folder / "a.txt")
    monkeypatch.setattr("notecheck.fingerprint.package", lambda: "another")
    assert check(cache, folder / "a.txt")[1] == 1


def test_no_word_of_a_letter_and_no_path_is_kept(cache: Cache, drafts: list[Path], tmp_path: Path) -> None:
    check(cache, *drafts)
    kept = entries(cache, tmp_path)
    assert len(kept) == len(drafts)
    words = (
        "Zaragüelles zanfoña slot wibblewobble Quuxly florbs sixteen Grimbly Row flumpet krangle Ann example"
    )
    for path in kept:
        text = path.read_text(encoding="utf-8")
        assert not [word for word in words.split() if word in text.replace("slots/any", "")]
        assert str(tmp_path) not in text
        assert re.fullmatch(r"[0-9a-f]{30}", path.name)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are kept otherwise there")
def test_only_the_owner_can_read_it(cache: Cache, drafts: list[Path], tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        check(cache, *drafts)
    finally:
        os.umask(before)
    for path in (tmp_path / "kept").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data, other: data[: len(data) // 2],
        lambda data, other: b"",
        lambda data, other: data + b" ",
        lambda data, other: data.replace(b"slots", b"slits"),
        lambda data, other: b"\x80\x04\x95 not JSON",
        lambda data, other: other,
        lambda data, other: data.split(b"\n")[0] + b"\n[[null, 3]]",
    ],
)
def test_a_torn_or_foreign_entry_is_a_miss(cache: Cache, folder: Path, tmp_path: Path, damage: Any) -> None:
    for name in ("a", "b"):
        (folder / f"{name}.txt").write_text(f"{name} slot")
    fresh, _ = check(None, folder / "a.txt")
    check(cache, folder / "a.txt")
    [entry] = entries(cache, tmp_path)
    check(cache, folder / "b.txt")
    [other] = set(entries(cache, tmp_path)) - {entry}
    entry.write_bytes(damage(entry.read_bytes(), other.read_bytes()))
    assert check(cache, folder / "a.txt") == (fresh, 1)
    assert check(cache, folder / "a.txt") == (fresh, 0)


def test_an_entry_that_fits_its_key_but_not_its_draft_is_a_miss(cache: Cache, folder: Path) -> None:
    (folder / "a.txt").write_text("A slot.")
    counting = Counting()
    fresh, _ = check(None, folder / "a.txt")
    for value in ([], [["x", []]], [[1]], {"a": 1}, 3, "ab", [[None, None]]):
        runner = Runner(counting.services(), cache=_Constant(value))
        outcomes = list(runner([Job(folder / "a.txt", Config())]))
        assert [item.draft for item in outcomes] == [item.draft for item in fresh]


class _Constant(Cache):
    """A cache that has one value for every key."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def key(self, kind: str, config: Config, *parts: str) -> str:
        return "00"

    def get(self, key: str) -> Any:
        return self.value

    def put(self, key: str, value: Any) -> None:
        pass

    def prune(self, **bounds: int) -> None:
        pass


def test_what_could_not_be_checked_is_not_kept(cache: Cache, folder: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text("this fails")
    (folder / "b.txt").write_text("")
    write_rows(folder / "c.jsonl", ["A slot", None])
    paths = [folder / name for name in ("a.txt", "b.txt", "c.jsonl")]
    first, _ = check(cache, *paths)
    assert entries(cache, tmp_path) == []
    assert check(cache, *paths)[0] == first


def test_a_run_that_cannot_write_goes_on(folder: Path, tmp_path: Path) -> None:
    (folder / "a.txt").write_text("A slot.")
    cache = Cache(tmp_path / "kept")
    (tmp_path / "kept" / "verdicts-1").rmdir()
    (tmp_path / "kept" / "verdicts-1").write_text("in the way")
    assert [check(cache, folder / "a.txt")[1] for _ in range(2)] == [1, 1]


def test_a_folder_that_cannot_be(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "file").write_text("")
    with pytest.raises(NotecheckError, match=r"^.*file: cannot be the folder of the cache: "):
        open_cache(folder / "file")
    monkeypatch.setattr(cache_module, "default_folder", lambda: folder / "file")
    assert open_cache() is None
    monkeypatch.setattr(cache_module, "default_folder", lambda: Path("~"))
    assert open_cache() is None


def test_runs_side_by_side(tmp_path: Path) -> None:
    wrong: list[Any] = []

    def work(number: int) -> None:
        cache = Cache(tmp_path / "kept")
        for step in range(150):
            key = f"{step % 5:02}{'0' * 30}"
            value = cache.get(key)
            if value is not None and value != [step % 5] * 2000:
                wrong.append(value)
            cache.put(key, [step % 5] * 2000)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(entries(Cache(tmp_path / "kept"), tmp_path)) == 5


def test_it_stays_bounded_and_keeps_what_is_used(cache: Cache, tmp_path: Path) -> None:
    keys = [f"{number % 3:02x}{number:030}" for number in range(60)]
    for number, key in enumerate(keys):
        cache.put(key, number)
        os.utime(cache._path(key), (number, number))
    # Being read makes an old entry young again.
    assert cache.get(keys[0]) == 0
    cache.prune(entries=1000, size=10**9)
    assert len(entries(cache, tmp_path)) == 60
    cache.prune(entries=40, size=10**9)
    left = {key for key in keys if cache.get(key) is not None}
    assert left == {keys[0], *keys[31:]}
    total = sum(path.stat().st_size for path in entries(cache, tmp_path))
    cache.prune(entries=1000, size=total // 2)
    assert sum(path.stat().st_size for path in entries(cache, tmp_path)) <= total * 3 / 8


# Packed reports

text = st.text(max_size=40)
number = st.one_of(st.integers(-5, 5), st.floats(allow_nan=False, allow_infinity=False))


@st.composite
def reports(draw: st.DrawFn) -> tuple[str, Report]:
    """A source and a report whose quotes are those of its spans."""
    source = draw(text)

    def place() -> tuple[Span | None, str | None]:
        if draw(st.booleans()):
            return None, None
        start = draw(st.integers(0, len(source)))
        end = draw(st.integers(start, len(source)))
        return Span(start, end), source[start:end]

    def finding() -> Finding:
        span, quote = place()
        return Finding("a/b", "error", draw(text) + (quote or ""), (quote or "") + draw(text), span, quote)

    def evidence() -> Iterator[Evidence]:
        span, quote = place()
        if span is not None and quote is not None:
            yield Evidence("c/d", span, quote)

    checks = {name: Check(name, "yes", draw(st.booleans()), tuple(evidence())) for name in ("gratitude",)}  # type: ignore[arg-type]
    parts = tuple(Contribution("e/f", draw(number), *place()) for _ in range(draw(st.integers(0, 3))))
    scores = {"annoyance": Score("annoyance", draw(number), 2, draw(number), parts)}
    findings = tuple(finding() for _ in range(draw(st.integers(0, 3))))
    remarks = tuple(draw(st.lists(text, max_size=2)))
    reading = Readability(draw(st.integers(0, 9)), 1, draw(number), draw(number))
    return source, Report(draw(st.booleans()), checks, scores, findings, reading, remarks)


@settings(max_examples=100, deadline=None)
@given(reports())
def test_a_packed_report_comes_back_whole(drawn: tuple[str, Report]) -> None:
    source, report = drawn
    packed = pack(report, source, report.remarks)
    assert packed is not None
    assert unpack(json.loads(json.dumps(packed)), source, report.remarks) == report


def test_a_report_of_other_words_cannot_be_packed() -> None:
    reading = Readability(1, 1, 1.0, 1.0)
    finding = Finding("a/b", "error", "", "", Span(0, 2), "no")
    assert pack(Report(True, {}, {}, (finding,), reading), "yes") is None
    assert pack(Report(True, {}, {}, (), reading, ("a remark",)), "yes") is None


# The command


def test_an_unchanged_folder_is_answered_without_the_pipeline(folder: Path) -> None:
    (folder / "a.txt").write_text("Thank you for the hour at the loom. Was it my weaving?\n")
    (folder / "notecheck.toml").write_text("ignore = ['interest']\n")
    program = (
        "import sys; from notecheck.cli import main; code = main(sys.argv[1:]);"
        "print(sorted({'spacy', 'numpy', 'textstat', 'pydantic'} & set(sys.modules)), file=sys.stderr)"
    )
    (folder / "program.py").write_text(program)
    said = []
    for _ in range(2):
        process = start("check", "a.txt", "--cache-dir", "kept", "--format", "json", module="program")
        said.append(process.communicate(timeout=300))
    assert said[0][0] == said[1][0]
    assert '"gratitude"' in said[0][0]
    assert "spacy" in said[0][1]
    assert said[1][1].splitlines()[-1] == "[]"
    assert list((folder / "kept").rglob("*"))


def test_no_cache_leaves_nothing_behind(folder: Path) -> None:
    from notecheck.cli import main

    (folder / "a.txt").write_text("Thank you for the hour at the loom.\n")
    assert main(["check", "a.txt", "--no-cache", "--format", "concise"]) == 1
    assert not (folder.parent / "cache-home").exists()


def test_cache_options_that_do_not_go_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from notecheck.cli import main

    (folder / "a.txt").write_text("Thank you.\n")
    assert main(["check", "a.txt", "--no-cache", "--cache-dir", "kept"]) == 2
    assert main(["check", "a.txt", "--cache-dir", "a.txt"]) == 2
    assert capsys.readouterr().err.splitlines()[1].startswith("notecheck: a.txt: cannot be the folder")
