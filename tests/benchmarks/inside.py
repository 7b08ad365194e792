"""What one process takes: a note stage by stage, and notes of growing length. `peers` runs it; JSON on stdout."""

from __future__ import annotations

import json
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROUNDS = 5
LENGTHS = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 170_000)


def stages(texts: list[str]) -> dict[str, float]:
    """The median of each stage, in milliseconds, note by note as `Checker.check` goes through them."""
    from notecheck import message, pipeline
    from notecheck.config import Config
    from notecheck.judging import Judge
    from notecheck.network import tokens_of
    from notecheck.readability import measure
    from notecheck.verdict import Signals, judge

    took: dict[str, list[float]] = defaultdict(list)

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        took[name].append(time.perf_counter() - start)

    made = Judge(Config())
    for text in texts:
        with pipeline.zone(made.nlp, len(text)):
            with stage("message: what of it is the note"):
                draft = message.read(text)
            with stage("pipeline: tokens, tags, lemmas, tree"):
                reading = pipeline.read(made.nlp, draft.source, draft.spans)
            with stage("rules"):
                sentences = reading.sentences()
                hits = made.engine.hits(reading)
                found = tuple((hit, reading.span(reading.doc[hit.start : hit.end])) for hit in hits)
            with stage("reader"):
                tokens = tokens_of(reading.doc, made.classes, hits)
                [(logits, amounts)] = made.reader.read([tokens])
            with stage("readability"):
                readability = measure(reading.plain.text, len(sentences))
            spans = tuple(reading.span(sentence) for sentence in sentences)
        with stage("verdict"):
            signals = Signals(
                source=draft.source, sentences=spans, hits=found, logits=logits, readability=readability,
                amounts=amounts, remarks=draft.remarks,
            )  # fmt: skip
            judge(signals, made.book, made.weights, made.config)
    return {name: 1000 * statistics.median(values) for name, values in took.items()}


def main(folder: Path) -> None:
    from notecheck import Checker, NotecheckError

    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))]
    checker = Checker()
    for text in texts[:300]:
        checker.check(text)
    took = []
    for text in texts:
        start = time.perf_counter()
        checker.check(text)
        took.append(1000 * (time.perf_counter() - start))
    took.sort()
    words = " ".join(texts * 2).split()
    curve: dict[int, tuple[float, float]] = {}
    for length in LENGTHS:
        note = "\n".join(" ".join(words[at : min(at + 60, length)]) for at in range(0, length, 60))
        seconds = []
        for _ in range(ROUNDS if length <= 20_000 else 1):
            start = time.perf_counter()
            try:
                report = checker.check(note)
            except NotecheckError:  # longer than a draft may be
                break
            seconds.append(time.perf_counter() - start)
        if seconds:
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            curve[report.readability.words] = (statistics.median(seconds), memory)
    latency = {"median": statistics.median(took), "p99": took[int(len(took) * 0.99)]}
    print(json.dumps({"latency": latency, "stages": stages(texts[:500]), "curve": curve}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
