"""The parts by themselves: ``pytest tests/benchmarks/bench_parts.py``; a plain run does not collect this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def text() -> str:
    """A note of about 140 words."""
    line = (ROOT / "corpus" / "n01.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [json.loads(row)["text"] for row in line]
    return "\n\n".join([texts[0], texts[1]])


@pytest.fixture(scope="module")
def judge() -> Any:
    from notecheck.config import Config
    from notecheck.judging import Judge

    return Judge(Config())


@pytest.fixture
def reading(judge: Any, text: str) -> Any:
    from notecheck import message, pipeline

    draft = message.read(text)
    return pipeline.read(judge.nlp, draft.source, draft.spans)


def test_check(benchmark: Any, text: str) -> None:
    from notecheck import Checker

    benchmark(Checker().check, text)


def test_message(benchmark: Any, text: str) -> None:
    from notecheck import message

    benchmark(message.read, text)


def test_parse(benchmark: Any, judge: Any, text: str) -> None:
    from notecheck import message, pipeline

    draft = message.read(text)
    benchmark(lambda: pipeline.read(judge.nlp, draft.source, draft.spans))


def test_rules(benchmark: Any, judge: Any, reading: Any) -> None:
    benchmark(judge.engine.hits, reading)


def test_network(benchmark: Any, judge: Any, reading: Any) -> None:
    from notecheck.network import tokens_of

    tokens = tokens_of(reading.doc, judge.classes, judge.engine.hits(reading))
    benchmark(judge.reader.network.read, tokens)


def test_readability(benchmark: Any, reading: Any) -> None:
    from notecheck.readability import measure

    benchmark(measure, reading.plain.text, len(reading.sentences()))


def test_engine(benchmark: Any, judge: Any) -> None:
    from notecheck.matching import Engine

    benchmark(lambda: Engine(judge.nlp, judge.book))


def test_rulebook(benchmark: Any) -> None:
    from notecheck import compiled, rulebook

    benchmark(compiled.read, rulebook.builtin_folder())
