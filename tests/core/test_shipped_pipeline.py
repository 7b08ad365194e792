"""The pipeline as it is shipped and loaded reads as the one that was trained."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import srsly
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokenizer import Tokenizer

from notecheck import pipeline
from notecheck.training.pipeline import prune

WORDS = st.sampled_from(
    [
        "www.a.org",
        "https://b.com/x?y=1.",
        "e.g.",
        "can't",
        "Mr.",
        "a.b",
        "1.5",
        "x@y.co.uk,",
        ".com",
        "U.S.",
        "p.m",
    ]
)


@pytest.fixture(scope="module")
def by_spacy() -> Tokenizer:
    return Tokenizer(pipeline.load().vocab).from_disk(pipeline.MODEL / "tokenizer", exclude=["vocab"])


@given(text=st.lists(WORDS | st.text(max_size=8)).map(" ".join))
def test_tokens_are_those_of_the_saved_tokenizer(text: str, by_spacy: Tokenizer) -> None:
    tokens = [(token.text, token.norm_) for token in pipeline.load().tokenizer(text)]
    assert tokens == [(token.text, token.norm_) for token in by_spacy(text)]


def test_what_no_note_can_reach_is_dropped_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "en"
    shutil.copytree(pipeline.MODEL, folder)
    saved, trees = folder / "tokenizer", folder / "trainable_lemmatizer" / "trees"
    rules = srsly.msgpack_loads(saved.read_bytes())
    rules["exceptions"]["can\u2019t"] = [{65: "ca"}, {65: "n\u2019t"}]
    saved.write_bytes(srsly.msgpack_dumps(rules))
    every = srsly.msgpack_loads(trees.read_bytes())["trees"]
    leaf = {"orig": 1, "subst": 2}
    stem = {"prefix_len": 1, "suffix_len": 1, "prefix_tree": len(every), "suffix_tree": 0}
    trees.write_bytes(srsly.msgpack_dumps({"trees": [*every, leaf, stem]}))
    prune(folder)
    for path in filter(Path.is_file, pipeline.MODEL.rglob("*")):
        assert (folder / path.relative_to(pipeline.MODEL)).read_bytes() == path.read_bytes(), path.name
