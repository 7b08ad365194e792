"""The vectors of common words, and the file they stand in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from spacy.strings import StringStore

from notecheck import NotecheckError
from notecheck.words import STEPS, WIDTH, Words


def ids(*words: str) -> NDArray[np.uint64]:
    strings = StringStore()
    return np.array([strings.add(word) if word else 0 for word in words], dtype=np.uint64)


def likeness(one: str, other: str) -> float:
    a, b = Words.load().vectors(ids(one, other), ids("", ""))
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_words_of_like_meaning_have_like_vectors() -> None:
    assert likeness("grateful", "thankful") > likeness("grateful", "carpet") + 0.3
    assert likeness("interview", "meeting") > likeness("interview", "banana") + 0.1


def test_a_word_that_is_not_there_is_read_by_its_lemma_and_else_not_at_all() -> None:
    words = Words.load()
    known, by_lemma, unknown = words.vectors(
        ids("thank", "thxankksz", "thxankksz"), ids("thank", "thank", "thxankksz")
    )
    assert known.any()
    assert (known == by_lemma).all()
    assert not unknown.any()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.integers(-STEPS, STEPS), min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=4))
def test_a_saved_table_is_read_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[int]]
) -> None:
    file = tmp_path_factory.mktemp("words") / "words.npz"
    table = np.array([[0] * WIDTH, *rows], dtype=np.int8)
    saved = Words(np.arange(1, len(rows) + 1, dtype=np.uint64), table)
    saved.save(file)
    again = Words.load(file)
    assert (again.keys == saved.keys).all()
    assert (again.table == table).all()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "words.npz"
    file.write_bytes(b"PK not an archive")
    with pytest.raises(NotecheckError, match=r"words\.npz: the word vectors cannot be read"):
        Words.load(file)
