"""How well the verdicts agree with careful readers, on labelled notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notecheck import corpus
from notecheck.types import NotecheckError, Report

if TYPE_CHECKING:
    from notecheck.api import Checker
    from notecheck.corpus import LabelledNote


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Predictions beside labels.

    Attributes:
        notes: the labelled notes, in file order.
        reports: what was said of each.
    """

    notes: tuple[LabelledNote, ...]
    reports: tuple[Report, ...]

    def pairs(self, name: str) -> list[tuple[Any, Any]]:
        """(label, prediction) of every note whose label is not open."""
        return [
            (note.labels[name], predicted(report, name))
            for note, report in zip(self.notes, self.reports, strict=True)
            if note.labels[name] is not None
        ]

    def to_dict(self) -> dict[str, Any]:
        """All figures: per check precision, recall and F1 a class, macro-F1, confusion; per score kappa."""
        checks = {name: _classes(self.pairs(name), allowed) for name, allowed in corpus.CHECKS.items()}
        scores: dict[str, Any] = {}
        for name in corpus.SCORES:
            pairs = self.pairs(name)
            scores[name] = {
                "n": len(pairs),
                "kappa": _rounded(quadratic_kappa(pairs)),
                "confusion": _confusion(pairs, range(4)),
                "at_least_2": _classes([(a >= 2, b >= 2) for a, b in pairs], (True,))["classes"]["True"],
                "raised": _rounded(_share(b >= 2 for a, b in pairs if a == 0)),
            }
        return {"version": 1, "n": len(self.notes), "checks": checks, "scores": scores}

    def figures(self) -> dict[str, float]:
        """The headline figures by dotted name, as a floor file names them."""
        data = self.to_dict()
        out: dict[str, float] = {}
        for name, block in data["checks"].items():
            out[f"{name}.macro_f1"] = block["macro_f1"]
            best = corpus.CHECKS[name][0]
            out[f"{name}.{best}.precision"] = block["classes"][best]["precision"]
        for name, block in data["scores"].items():
            out[f"{name}.kappa"] = block["kappa"]
        out["annoyance.at_least_2.f1"] = data["scores"]["annoyance"]["at_least_2"]["f1"]
        out["annoyance.raised"] = data["scores"]["annoyance"]["raised"]
        return out

    def below(self, floors: Mapping[str, Any]) -> list[str]:
        """One line for each figure that is below its floor (``annoyance.raised``: above its ceiling).

        Raises:
            NotecheckError: the floor file names a figure that there is not.
        """
        figures = self.figures()
        lines = []
        for name, floor in _flat(floors):
            if name not in figures:
                raise NotecheckError(f"floors: no figure {name}; there are {', '.join(figures)}")
            value = figures[name]
            worse = value > floor if name == "annoyance.raised" else value < floor
            if worse:
                lines.append(f"{name} is {value:.3f}, and the floor is {floor:.3f}")
        return lines

    def render(self, errors: bool = False) -> str:
        """The figures as text; with ``errors`` each wrong note with the words behind the verdict."""
        data = self.to_dict()
        lines = [f"{data['n']} notes", ""]
        for name, block in data["checks"].items():
            lines.append(f"{name:<13} macro-F1 {block['macro_f1']:.3f}   n {block['n']}")
            for label, row in block["classes"].items():
                lines.append(
                    f"  {label:<11} precision {row['precision']:.3f}  recall {row['recall']:.3f}"
                    f"  F1 {row['f1']:.3f}  n {row['n']}"
                )
            lines += _table(block["confusion"])
        for name, block in data["scores"].items():
            two = block["at_least_2"]
            lines.append(f"{name:<13} weighted kappa {block['kappa']:.3f}   n {block['n']}")
            lines.append(
                f"  level >= 2  precision {two['precision']:.3f}  recall {two['recall']:.3f}  F1 {two['f1']:.3f}"
                f"  n {two['n']}   level-0 notes raised to 2 or more {block['raised']:.1%}"
            )
            lines += _table(block["confusion"])
        if errors:
            lines += self._errors()
        return "\n".join(lines) + "\n"

    def _errors(self) -> list[str]:
        lines: list[str] = []
        for note, report in zip(self.notes, self.reports, strict=True):
            wrong = [
                (name, note.labels[name], predicted(report, name))
                for name in (*corpus.CHECKS, *corpus.SCORES)
                if note.labels[name] is not None and note.labels[name] != predicted(report, name)
            ]
            if not wrong:
                continue
            lines += ["", f"{note.id}: " + "; ".join(f"{n}: {b}, readers say {a}" for n, a, b in wrong)]
            for name, *_ in wrong:
                if name in report.checks:
                    for item in report.checks[name].evidence:
                        lines.append(f"    {name}: {item.rule}: {item.quote!r}")
                elif name in report.scores:
                    for part in report.scores[name].contributions:
                        quote = "" if part.quote is None else f": {part.quote!r}"
                        lines.append(f"    {name}: {part.weight:+.2f} {part.rule}{quote}")
        return lines


def predicted(report: Report, name: str) -> Any:
    """What a report says under a label's name."""
    if name == "slots":
        return "yes" if any(item.rule.startswith("slots/") for item in report.findings) else "no"
    if name in report.checks:
        return report.checks[name].status
    return report.scores[name].level


def evaluate(path: Path, checker: Checker, *, split: str | None = None) -> Evaluation:
    """Check every labelled note of a file or folder; of one ``split`` only, when it is given.

    Raises:
        NotecheckError: nothing to read there.
    """
    notes = tuple(note for note in corpus.read(path) if split is None or note.split == split)
    if not notes:
        raise NotecheckError(f"{path}: no labelled note{'' if split is None else f' of split {split}'}")
    return Evaluation(notes, tuple(checker.pipe(note.text for note in notes)))


def quadratic_kappa(pairs: Sequence[tuple[int, int]], levels: int = 4) -> float:
    """Cohen's kappa with quadratic weights (Cohen 1968): 1 agreement, 0 chance."""
    if not pairs:
        return 0.0
    total = len(pairs)
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    observed = sum((a - b) ** 2 for a, b in pairs) / total
    expected = sum(
        (a - b) ** 2 * left[a] * right[b] for a in range(levels) for b in range(levels)
    ) / total**2  # fmt: skip
    return 1.0 if expected == 0 else 1 - observed / expected


def _classes(pairs: Sequence[tuple[Any, Any]], names: Sequence[Any]) -> dict[str, Any]:
    classes = {}
    for name in names:
        hit = sum(a == name == b for a, b in pairs)
        said = sum(b == name for _, b in pairs)
        there = sum(a == name for a, _ in pairs)
        precision = hit / said if said else float(not there)
        recall = hit / there if there else float(not said)
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        classes[str(name)] = {
            "precision": _rounded(precision), "recall": _rounded(recall), "f1": _rounded(f1), "n": there,
        }  # fmt: skip
    present = [row for row in classes.values() if row["n"] or row["precision"] < 1]
    macro = sum(row["f1"] for row in present) / len(present) if present else 1.0
    return {
        "n": len(pairs), "macro_f1": _rounded(macro), "classes": classes, "confusion": _confusion(pairs, names),
    }  # fmt: skip


def _confusion(pairs: Iterable[tuple[Any, Any]], names: Iterable[Any]) -> dict[str, dict[str, int]]:
    names = list(names)
    counts = Counter(pairs)
    return {str(a): {str(b): counts[a, b] for b in names} for a in names}


def _table(confusion: Mapping[str, Mapping[str, int]]) -> list[str]:
    names = list(confusion)
    lines = ["  readers \\ notecheck " + "".join(f"{name:>10}" for name in names)]
    lines += [f"  {name:<20}" + "".join(f"{confusion[name][other]:>10}" for other in names) for name in names]
    return [*lines, ""]


def _flat(data: Mapping[str, Any], prefix: str = "") -> list[tuple[str, float]]:
    out: list[tuple[str, float]] = []
    for key, value in data.items():
        if isinstance(value, Mapping):
            out += _flat(value, f"{prefix}{key}.")
        else:
            out.append((f"{prefix}{key}", float(value)))
    return out


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return sum(values) / len(values) if values else 0.0


def _rounded(value: float) -> float:
    return round(value, 4)
