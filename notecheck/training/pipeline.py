"""Train the embedded pipeline on the treebank and write its measured figures into its ``meta.json``."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import spacy
import srsly
from spacy.cli.train import train as spacy_train
from spacy.language import Language
from spacy.scorer import Scorer
from spacy.strings import hash_string  # type: ignore[attr-defined]
from spacy.tokens import DocBin
from spacy.training import Example

from notecheck.pipeline.text import STRAIGHT
from notecheck.training import hooks  # noqa: F401  (registers what the config names)
from notecheck.training.conllu import read_docs
from notecheck.training.treebank import find_split

CONFIG = Path(__file__).with_name("config.cfg")


def train(treebank: Path, output: Path, overrides: dict[str, Any] | None = None) -> dict[str, float]:
    """Train on ``train``, choose the step on ``dev``, report once on ``test``; write the pipeline to ``output``.

    Returns the figures that now stand in ``output/meta.json`` under ``performance``.
    """
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        vocab = spacy.blank("en").vocab
        for split in ("train", "dev"):
            docs = read_docs(find_split(treebank, split), vocab)
            DocBin(docs=docs, store_user_data=False).to_disk(folder / f"{split}.spacy")
        spacy_train(
            CONFIG,
            folder / "model",
            overrides={
                "paths.train": str(folder / "train.spacy"),
                "paths.dev": str(folder / "dev.spacy"),
                **(overrides or {}),
            },
        )
        nlp = spacy.load(folder / "model" / "model-best")
        figures = measure(nlp, find_split(treebank, "test"))
        shrink(nlp)
        if output.exists():
            shutil.rmtree(output)
        nlp.to_disk(output)
        prune(output)
    write_meta(output, figures)
    return figures


def shrink(nlp: Language) -> None:
    """Drop what the pipeline carries but a reader of letters never uses."""
    nlp.config["paths"] = {}
    nlp.config["corpora"] = {}
    nlp.config["training"] = {}
    nlp.config["initialize"] = {}
    nlp.vocab.lookups.remove_table("lexeme_norm") if nlp.vocab.lookups.has_table("lexeme_norm") else None


def measure(nlp: Language, conllu: Path) -> dict[str, float]:
    """Score raw text against gold by spaCy's scorer, and time it on one core (words a second)."""
    gold = list(read_docs(conllu, nlp.vocab))
    texts = [doc.text for doc in gold]
    list(nlp.pipe(texts[:50]))
    begun = time.perf_counter()
    predicted = list(nlp.pipe(texts))
    seconds = time.perf_counter() - begun
    examples = [Example(ours, theirs) for ours, theirs in zip(predicted, gold, strict=True)]
    scores = _scores(nlp, examples)
    scores["words_per_second"] = round(sum(map(len, gold)) / seconds)
    return scores


def _scores(nlp: Language, examples: list[Example]) -> dict[str, float]:
    scored = Scorer(nlp).score(examples)
    names = (
        "token_acc", "token_f", "sents_f", "tag_acc", "pos_acc", "morph_acc", "lemma_acc", "dep_uas", "dep_las",
    )  # fmt: skip
    return {name: round(float(scored[name]), 4) for name in names}


def write_meta(output: Path, figures: dict[str, float]) -> None:
    """Write the figures and the provenance of the pipeline into its ``meta.json``."""
    path = output / "meta.json"
    meta = srsly.read_json(path)
    meta.update(
        name="notecheck",
        description="English reader of short letters: tagger, morphologizer, lemmatizer, parser (UD labels)",
        license="CC BY-SA 4.0",
        sources=[{"name": "Universal Dependencies, UD_English-EWT v2.16", "license": "CC BY-SA 4.0"}],
        performance={"measured_on": "EWT test, raw text by paragraph", **figures},
    )
    srsly.write_json(path, meta)


def prune(output: Path) -> None:
    """Drop from a saved pipeline what no note can reach; it reads every text as before, and is sooner loaded."""
    prune_tokenizer(output)
    prune_trees(output)
    prune_strings(output)


def prune_tokenizer(output: Path) -> None:
    """Drop special cases with signs that `plain_text` has straightened before the tokenizer sees them."""
    path = output / "tokenizer"
    data = srsly.msgpack_loads(path.read_bytes())
    data["exceptions"] = {
        text: rule for text, rule in data["exceptions"].items() if text.translate(STRAIGHT) == text
    }
    path.write_bytes(srsly.msgpack_dumps(data))


def prune_trees(output: Path) -> None:
    """Drop the edit trees that are no part of one that the lemmatizer can choose."""
    folder = output / "trainable_lemmatizer"
    trees = srsly.msgpack_loads((folder / "trees").read_bytes())["trees"]
    cfg = srsly.read_json(folder / "cfg")
    reached: set[int] = set()
    waiting = list(cfg["labels"])
    while waiting:
        number = waiting.pop()
        if number not in reached:
            reached.add(number)
            waiting += [part for part in _parts(trees[number]).values() if part < len(trees)]
    # In their old order: a tree is told from another by its number.
    places = {number: place for place, number in enumerate(sorted(reached))}
    kept = [
        trees[number] | {key: places.get(part, part) for key, part in _parts(trees[number]).items()}
        for number in places
    ]
    (folder / "trees").write_bytes(srsly.msgpack_dumps({"trees": kept}))
    srsly.write_json(folder / "cfg", cfg | {"labels": [places[label] for label in cfg["labels"]]})


def _parts(tree: Mapping[str, int]) -> dict[str, int]:
    """The trees below an edit tree, by the key that names them; a number out of range where there is none."""
    return {key: tree[key] for key in ("prefix_tree", "suffix_tree") if key in tree}


def prune_strings(output: Path) -> None:
    """Drop the treebank's words from the saved string table; what the components name by hash is kept.

    Word vectors are looked up by hash and lemmas are built from the trees' strings, so no word of the treebank
    is needed to read another text.
    """
    path = output / "vocab" / "strings.json"
    strings = srsly.read_json(path)
    trees = srsly.msgpack_loads((output / "trainable_lemmatizer" / "trees").read_bytes())["trees"]
    hashes = {tree[key] for tree in trees for key in ("orig", "subst") if key in tree}
    named = set()
    for name in ("tagger", "morphologizer", "trainable_lemmatizer", "parser"):
        for file in (output / name).iterdir():
            if file.name in ("cfg", "moves"):
                named.update(_texts(file.read_bytes().decode("utf-8", errors="ignore")))
    kept = [text for text in strings if hash_string(text) in hashes or text in named]
    srsly.write_json(path, kept)


def _texts(content: str) -> set[str]:
    """Every label that a component's settings spell, whole and in its parts."""
    quoted = set(re.findall(r'"((?:[^"\\]|\\.)*)"', content))
    parts = {part for text in quoted for part in re.split(r"[|=]", text)}
    features = {part for text in quoted for part in text.split("|")}
    return quoted | parts | features | {part.partition("-")[2] for part in quoted}
