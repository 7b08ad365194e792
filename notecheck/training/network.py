"""Train the network of `notecheck.network` with PyTorch (at training time only), deterministically."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from notecheck.network import AMOUNTS, LABELS, REACH, RULE_FLAGS, Network, Tokens, neighbours
from notecheck.words import WIDTH as WORD_WIDTH
from notecheck.words import Words, lookup

WIDTH = 96
LEMMA_WIDTH = 24
EPOCHS = 16
BATCH = 8
RATE = 2e-3
DROP = 0.1  # more of it left the network short of what the teacher could show it
FLAG_DROP = 0.3  # share of the notes that the rules know too well which is read without the rules' flags
MIN_NOTES = 3  # a lemma that fewer notes use has no vector of its own


@dataclass(frozen=True, slots=True)
class Example:
    """One note: its tokens, a row of targets a sentence (0 to 1), its levels (-1 where open), which targets
    are known (0 or 1), and how much it counts."""

    tokens: Tokens
    targets: NDArray[np.floating]
    annoyance: int
    genericness: int
    known: NDArray[np.floating]
    weight: int = 1


class _Net(nn.Module):
    def __init__(self, lemmas: int, pos: int, deps: int, vector: int, flags: int) -> None:
        super().__init__()
        columns = len(LABELS) + len(AMOUNTS)
        self.lem, self.pos, self.dep = (
            nn.Embedding(lemmas + 1, LEMMA_WIDTH),
            nn.Embedding(pos + 1, 12),
            nn.Embedding(deps + 1, 16),
        )
        self.norm = nn.LayerNorm(vector)
        self.inp = nn.Linear(LEMMA_WIDTH + 12 + 16 + vector + WORD_WIDTH + flags, WIDTH)
        self.head = nn.Linear(WIDTH, WIDTH)
        self.conv1 = nn.Linear((2 * REACH + 1) * WIDTH, WIDTH)
        self.conv2 = nn.Linear((2 * REACH + 1) * WIDTH, WIDTH)
        self.glance = nn.Linear(2 * WIDTH, WIDTH)
        self.att, self.val = nn.Linear(WIDTH, columns), nn.Linear(WIDTH, columns)
        self.sent = nn.Linear(3 * (WIDTH + columns) + WIDTH, WIDTH)
        self.sent2 = nn.Linear(3 * WIDTH, WIDTH)
        self.out = nn.Linear(WIDTH, len(LABELS))
        self.own = nn.Linear(WIDTH, len(AMOUNTS))
        self.cuts = nn.Parameter(torch.tensor([[1.0, 2.0, 4.0], [-1.5, 0.0, 1.5]]))
        self.drop = nn.Dropout(DROP)

    def forward(self, part: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        lemma = part["lemma"]
        if self.training:
            lemma = torch.where(torch.rand(lemma.shape) < 0.12, torch.zeros_like(lemma), lemma)
        joined = torch.cat(
            [
                self.lem(lemma),
                self.pos(part["pos"]),
                self.dep(part["dep"]),
                self.norm(part["vectors"]),
                part["words"],
                part["flags"],
            ],
            1,
        )
        gelu = lambda value: F.gelu(value, approximate="tanh")  # noqa: E731
        x = gelu(self.inp(self.drop(joined)))
        x = x + gelu(self.head(self.drop(x[part["head"]])))
        sentence, count = part["sentence"], int(part["sentence"].max()) + 1

        def around(layer: nn.Module, x: torch.Tensor) -> torch.Tensor:
            padded = torch.cat([self.drop(x), torch.zeros(1, WIDTH)])
            return x + gelu(layer(padded[part["around"]].reshape(len(x), -1)))

        def strongest(x: torch.Tensor) -> torch.Tensor:
            """By sentence the largest figure of its tokens."""
            return torch.full((count, WIDTH), -1e9).scatter_reduce(
                0, sentence[:, None].expand(-1, WIDTH), x, "amax"
            )

        x = around(self.conv1, x)
        sizes = torch.bincount(sentence, minlength=count)[:, None]
        mean = torch.zeros(count, WIDTH).index_add(0, sentence, x) / sizes
        x = x + gelu(self.glance(self.drop(torch.cat([strongest(x), mean], 1))))[sentence]
        x = self.drop(around(self.conv2, x))
        pooled = strongest(x)
        attention, values = self.att(x), self.val(x)
        index = sentence[:, None].expand(-1, attention.shape[1])
        top = torch.full((count, attention.shape[1]), -1e9).scatter_reduce(
            0, index, attention.detach(), "amax"
        )
        strength = torch.exp(attention - top[sentence])
        zeros = torch.zeros(count, attention.shape[1])
        said = zeros.scatter_add(0, index, strength * values) / zeros.scatter_add(0, index, strength)
        notes = int(part["owner"].max()) + 1
        sums = torch.zeros(notes, WIDTH).index_add(0, part["owner"], pooled)
        whole = sums / torch.bincount(part["owner"], minlength=notes)[:, None]
        beside = _beside(torch.cat([pooled, said], 1), part)
        hidden = gelu(self.sent(torch.cat([beside, whole[part["owner"]]], 1)))
        hidden = hidden + gelu(self.sent2(_beside(self.drop(hidden), part)))
        odds = said[:, : len(LABELS)] + self.out(self.drop(hidden))
        raw = said[:, len(LABELS) :] + self.own(pooled)
        amounts = torch.stack([F.softplus(raw[:, 0]), 2 * torch.tanh(raw[:, 1] / 2)], 1)
        return odds, amounts


def _beside(rows: torch.Tensor, part: dict[str, torch.Tensor]) -> torch.Tensor:
    edge = torch.zeros(1, rows.shape[1])
    before = torch.cat([edge, rows[:-1]]) * part["has_before"]
    after = torch.cat([rows[1:], edge]) * part["has_after"]
    return torch.cat([before, rows, after], 1)


def _ordinal_loss(total: torch.Tensor, cuts: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
    known = level >= 0
    wanted = (level[:, None] > torch.arange(3)[None, :]).float()
    return F.binary_cross_entropy_with_logits(total[:, None] - cuts[None, :], wanted, reduction="none")[
        known
    ].sum()


def _encoded(
    example: Example, tables: Sequence[NDArray[np.uint64]], words: Words
) -> dict[str, NDArray[np.generic]]:
    tokens = example.tokens
    return {
        "lemma": lookup(tables[0], tokens.lemma), "pos": lookup(tables[1], tokens.pos),
        "dep": lookup(tables[2], tokens.dep), "head": tokens.head, "sentence": tokens.sentence,
        "around": neighbours(tokens.sentence), "vectors": tokens.vectors, "flags": tokens.flags,
        "words": words.vectors(tokens.word, tokens.lemma),
    }  # fmt: skip


def _flagged(
    part: dict[str, NDArray[np.generic]], example: Example, shuffler: random.Random
) -> dict[str, NDArray[np.generic]]:
    """The note as it is, or now and then without what the rules found: their word is worth less elsewhere."""
    if example.weight > 1 or shuffler.random() >= FLAG_DROP:
        return part
    flags = part["flags"].copy()
    flags[:, -len(RULE_FLAGS) :] = 0
    return {**part, "flags": flags}


def _joined(parts: Sequence[dict[str, NDArray[np.generic]]]) -> dict[str, torch.Tensor]:
    """Several notes as one long one, with no window or neighbour across their borders."""
    size = [len(part["lemma"]) for part in parts]
    count = [int(part["sentence"].max()) + 1 for part in parts]  # type: ignore[arg-type]
    token, sentence, total = 0, 0, sum(size)
    out: dict[str, list[NDArray[np.generic]]] = {key: [] for key in parts[0]}
    before, after, owner = np.ones(sum(count)), np.ones(sum(count)), []
    for number, part in enumerate(parts):
        for key, value in part.items():
            if key == "head":
                value = value + token  # type: ignore[operator]
            elif key == "sentence":
                value = value + sentence  # type: ignore[operator]
            elif key == "around":
                value = np.where(value == size[number], total, value + token)  # type: ignore[operator]
            out[key].append(value)
        before[sentence] = 0
        after[sentence + count[number] - 1] = 0
        owner += [number] * count[number]
        token, sentence = token + size[number], sentence + count[number]
    joined = {key: torch.from_numpy(np.concatenate(values)) for key, values in out.items()}
    joined["has_before"] = torch.from_numpy(before[:, None].astype(np.float32))
    joined["has_after"] = torch.from_numpy(after[:, None].astype(np.float32))
    joined["owner"] = torch.tensor(owner)
    return joined


def train(examples: Sequence[Example], *, seed: int = 0, epochs: int = EPOCHS) -> Network:
    """Train on labelled notes; the same examples and seed give the same network."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    shuffler = random.Random(seed)
    users = Counter(key for example in examples for key in set(example.tokens.lemma.tolist()))
    tables = [np.array(sorted(key for key, used in users.items() if used >= MIN_NOTES), dtype=np.uint64)]
    for name in ("pos", "dep"):
        tables.append(np.unique(np.concatenate([getattr(example.tokens, name) for example in examples])))
    first = examples[0].tokens
    net = _Net(len(tables[0]), len(tables[1]), len(tables[2]), first.vectors.shape[1], first.flags.shape[1])
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.02)
    words = Words.load()
    encoded = [_encoded(example, tables, words) for example in examples]
    steps = epochs * (len(examples) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=max(steps, 1) + 1)
    mean_weight = sum(example.weight for example in examples) / len(examples)
    order = list(range(len(examples)))
    net.train()
    for _ in range(epochs):
        shuffler.shuffle(order)
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            part = _joined([_flagged(encoded[number], examples[number], shuffler) for number in chosen])
            odds, amounts = net(part)
            targets = torch.from_numpy(
                np.concatenate([examples[number].targets for number in chosen]).astype(np.float32)
            )
            counts = torch.tensor([float(examples[number].weight) for number in chosen]) / mean_weight
            known = torch.from_numpy(
                np.concatenate([examples[number].known for number in chosen]).astype(np.float32)
            )
            each = F.binary_cross_entropy_with_logits(odds, targets, reduction="none") * known
            loss = (each.sum(1) * counts[part["owner"]]).sum()
            totals = torch.zeros(len(chosen), len(AMOUNTS)).index_add(0, part["owner"], amounts)
            for column, name in enumerate(AMOUNTS):
                level = torch.tensor([getattr(examples[number], name) for number in chosen])
                loss = loss + 0.5 * _ordinal_loss(totals[:, column], net.cuts[column], level)
            optimizer.zero_grad()
            (loss / 60).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    arrays = {
        key.removesuffix(".weight") if key.split(".")[0] in ("lem", "pos", "dep") else key:
        value.detach().numpy().astype(np.float16).astype(np.float32)
        for key, value in net.state_dict().items() if key != "cuts"
    }  # fmt: skip
    lemma, pos, dep = tables
    return Network(arrays, lemma, pos, dep, words)
