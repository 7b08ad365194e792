"""Where settings come from, how they merge, and what a broken file says."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notecheck.config import Config, Finder, Override, load, path_matches
from notecheck.types import NotecheckError

Writer = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Writer:
    monkeypatch.chdir(tmp_path)

    def writer(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return writer


def error_of(file: Path) -> str:
    with pytest.raises(NotecheckError) as caught:
        load(file)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_every_setting_is_read(write: Writer, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    file = write(
        "notecheck.toml",
        """
        select = ["gratitude", "slots/bracket"]
        ignore = ["gratitude/stock"]
        rules = ["mine"]
        [levels]
        "slots" = "warning"
        [thresholds]
        genericness = 0.75
        reading_seconds = 90
        [[overrides]]
        paths = ["old/"]
        ignore = ["slots"]
        levels = { "gratitude" = "note" }
        thresholds = { annoyance = 0.9 }
        """,
    )
    config = load(file).config
    assert config.select == ("gratitude", "slots/bracket")
    assert config.ignore == ("gratitude/stock",)
    assert config.rules == (tmp_path / "mine",)
    assert config.levels == {"slots": "warning"}
    assert config.thresholds == {"genericness": 0.75, "reading_seconds": 90.0}
    (override,) = config.overrides
    assert override.ignore == ("slots",)
    here, there = config.for_path(tmp_path / "new" / "a.txt"), config.for_path(tmp_path / "old" / "a.txt")
    assert here.levels == {"slots": "warning"}
    assert there.levels == {"slots": "warning", "gratitude": "note"}
    assert there.thresholds["annoyance"] == 0.9
    assert not there.overrides


def test_settings_can_be_compared_hashed_and_sent_to_another_process() -> None:
    override = Override(("a",), Path("/x"), levels={"slots": "note"})
    config = Config(levels={"slots": "note"}, thresholds={"annoyance": 0.4}, overrides=(override,))
    copy = pickle.loads(pickle.dumps(config))
    assert copy == config
    assert {config: 1}[copy] == 1
    with pytest.raises(TypeError):
        config.levels["slots"] = "off"  # type: ignore[index]


@pytest.mark.parametrize(
    ("config", "rule", "level"),
    [
        (Config(), "slots/bracket", "error"),
        (Config(select=("gratitude",)), "slots/bracket", None),
        (Config(select=("slots",), ignore=("slots/bracket",)), "slots/bracket", None),
        (Config(select=("slots/bracket",), ignore=("slots",)), "slots/bracket", "error"),
        (Config(levels={"slots": "note", "slots/bracket": "warning"}), "slots/bracket", "warning"),
        (Config(levels={"slots": "off"}), "slots/bracket", None),
        (Config(ignore=("slot",)), "slots/bracket", "error"),
    ],
)
def test_the_longest_selector_decides(config: Config, rule: str, level: str | None) -> None:
    assert config.level_of(rule, "error") == level


@pytest.mark.parametrize("name", ["notecheck.toml", ".notecheck.toml", "pyproject.toml"])
def test_the_nearest_file_up_the_tree_holds(write: Writer, tmp_path: Path, name: str) -> None:
    table = "[tool.notecheck]\n" if name == "pyproject.toml" else ""
    write("notecheck.toml", 'ignore = ["slots"]')
    near = write(f"a/{name}", f'{table}ignore = ["annoyance"]')
    write("a/b/pyproject.toml", "[tool.other]\n")
    (tmp_path / "a/b/c").mkdir(parents=True)
    finder = Finder()
    loaded = finder.loaded(tmp_path / "a/b/c/draft.txt")
    assert loaded.file == near
    assert loaded.config.ignore == ("annoyance",)
    assert finder.loaded(tmp_path / "draft.txt").config.ignore == ("slots",)


def test_a_named_file_and_isolation_leave_the_tree_alone(write: Writer, tmp_path: Path) -> None:
    write("notecheck.toml", "this is not TOML")
    other = write("other.toml", 'select = ["slots"]')
    assert Finder(other).loaded(tmp_path / "draft.txt").config.select == ("slots",)
    assert Finder(isolated=True).loaded(tmp_path / "draft.txt").config == Config()


def test_extends_lays_one_file_over_another(write: Writer, tmp_path: Path) -> None:
    write(
        "shared/base.toml",
        """
        ignore = ["slots"]
        select = ["gratitude"]
        levels = { a = "note", b = "note" }
        [[overrides]]
        paths = ["x.txt"]
        ignore = ["a"]
        """,
    )
    file = write(
        "notecheck.toml",
        """
        extends = "shared/base.toml"
        ignore = ["annoyance"]
        levels = { b = "error" }
        [[overrides]]
        paths = ["x.txt"]
        ignore = ["b"]
        """,
    )
    loaded = load(file)
    assert loaded.config.ignore == ("annoyance",)
    assert loaded.config.select == ("gratitude",)
    assert loaded.config.levels == {"a": "note", "b": "error"}
    assert loaded.origins["levels.a"] == "shared/base.toml"
    assert loaded.origins["levels.b"] == "notecheck.toml"
    # A pattern is relative to the file that has it.
    assert [override.root for override in loaded.config.overrides] == [tmp_path / "shared", tmp_path]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ignor = []", ["ignor", "unknown key, did you mean ignore?"]),
        ("thresholds = { genericnes = 1 }", ["thresholds.genericnes", "did you mean genericness?"]),
        ("thresholds = { genericness = 2 }", ["thresholds.genericness", "between 0 and 1"]),
        ("thresholds = { annoyance = true }", ["thresholds.annoyance", "must be a number"]),
        ("thresholds = { annoyance = nan }", ["thresholds.annoyance", "must be a number"]),
        ('levels = { slots = "eror" }', ["levels.slots", "did you mean error?"]),
        ("levels = { slots = 1 }", ["levels.slots", "must be one of"]),
        ("levels = []", ["levels", "must be a table"]),
        ('select = "slots"', ["select", "must be a list"]),
        ('rules = ["nowhere"]', ["rules", "there is no folder nowhere"]),
        ('extends = "https://example.org/x.toml"', ["extends", "local file"]),
        ('extends = "nowhere.toml"', ["extends", "there is no file nowhere.toml"]),
        ('extends = "notecheck.toml"', ["extends", "circle"]),
        ("[overrides]\npaths = []", ["overrides", "[[overrides]]"]),
        ("[[overrides]]\nignore = []", ["overrides[1].paths"]),
        ('[[overrides]]\npaths = ["a"]\nlevel = 1', ["overrides[1].level", "did you mean levels?"]),
        ('[[overrides]]\npaths = ["a"]\nlevels = { b = "off" }', ["overrides[1].levels.b", "use ignore"]),
        ("select = [\n]]", ["not valid TOML", "line 2"]),
        ("a = " + "[" * 50_000, ["notecheck.toml"]),
        ("#" * 300_000, ["larger than"]),
    ],
)
def test_a_broken_file_is_named_with_the_key(write: Writer, text: str, parts: list[str]) -> None:
    message = error_of(write("notecheck.toml", text))
    assert message.startswith("notecheck.toml: ")
    for part in parts:
        assert part in message


def test_bytes_that_are_no_text_are_named(write: Writer, tmp_path: Path) -> None:
    (tmp_path / "notecheck.toml").write_bytes(b'a = "\xff"')
    assert error_of(tmp_path / "notecheck.toml") == "notecheck.toml: not UTF-8 at byte 5"


@pytest.mark.parametrize(
    ("pattern", "path", "covered"),
    [
        ("a.txt", "deep/down/a.txt", True),
        ("*.md", "x/y.md", True),
        ("drafts/*.md", "drafts/a.md", True),
        ("drafts/*.md", "drafts/x/a.md", False),
        ("drafts/**/*.md", "drafts/a.md", True),
        ("drafts/**/*.md", "drafts/x/y/a.md", True),
        ("drafts/", "drafts/x/a.txt", True),
        ("drafts/", "other/drafts/x.txt", True),
        ("/drafts", "other/drafts/x.txt", False),
        ("**", "a/b", True),
        ("drafts/**", "a/drafts/b", False),
        ("dra[fg]t.txt", "dragt.txt", True),
        ("a", "b", False),
    ],
)
def test_patterns(pattern: str, path: str, covered: bool) -> None:
    assert path_matches(pattern, path) is covered


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from(["**", "*", "a*b*", "?", "x"]), min_size=1, max_size=12), st.integers(1, 40))
def test_no_pattern_takes_long(parts: list[str], depth: int) -> None:
    # It would hang here, not fail, if a pattern could make matching explode.
    path_matches("/".join(parts), "/".join(["a" * 200] * depth))


def test_a_path_outside_is_not_covered() -> None:
    assert not Override(("**",), Path("/home/ann")).covers(Path("/tmp/a.txt"))


def test_a_key_of_pyproject_is_named_with_its_table(tmp_path: Path) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_text("[tool.notecheck]\nignroe = []\n")
    with pytest.raises(
        NotecheckError, match=r"pyproject\.toml: tool\.notecheck\.ignroe: unknown key, did you mean"
    ):
        load(file)
