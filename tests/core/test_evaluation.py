"""The figures of ``notecheck eval``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notecheck import Checker, NotecheckError
from notecheck.evaluation import evaluate, quadratic_kappa

ROWS = [
    {"id": "x1", "text": "Thanks for letting me know.", "gratitude": "generic", "feedback": "none",
     "keep_in_mind": False, "interest": False, "genericness": 3, "annoyance": 0, "slots": False, "split": "tune"},
    {"id": "x2", "text": "Dear [Name], was it my Italian?", "gratitude": "none", "feedback": "narrow",
     "keep_in_mind": False, "interest": False, "genericness": None, "annoyance": 0, "slots": True, "split": "test"},
]  # fmt: skip


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    path = tmp_path / "notes.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)), encoding="utf-8")
    return path


def test_kappa_is_one_for_agreement_and_about_zero_for_chance() -> None:
    assert quadratic_kappa([(0, 0), (1, 1), (3, 3)]) == 1
    assert quadratic_kappa([(0, 0), (0, 3), (3, 0), (3, 3)]) == pytest.approx(0)


def test_kappa_by_hand() -> None:
    # Observed 2/4, expected (sum over the margins) 1.25: 1 - 0.5 / 1.25.
    pairs = [(0, 0), (1, 1), (2, 1), (1, 2)]
    left, right = [a for a, _ in pairs], [b for _, b in pairs]
    expected = sum((a - b) ** 2 for a in left for b in right) / 16
    assert quadratic_kappa(pairs) == pytest.approx(1 - 0.5 / expected)


def test_figures_confusion_and_errors(labelled: Path) -> None:
    result = evaluate(labelled, Checker())
    data = result.to_dict()
    assert data["n"] == 2
    assert data["scores"]["genericness"]["n"] == 1
    assert sum(sum(row.values()) for row in data["checks"]["gratitude"]["confusion"].values()) == 2
    assert "gratitude" in result.render()
    assert len(result.render(errors=True)) >= len(result.render())


def test_one_split_only(labelled: Path) -> None:
    assert evaluate(labelled, Checker(), split="test").to_dict()["n"] == 1
    with pytest.raises(NotecheckError, match="split other"):
        evaluate(labelled, Checker(), split="other")


def test_floors(labelled: Path) -> None:
    result = evaluate(labelled, Checker())
    assert result.below({"slots": {"macro_f1": 0.0}}) == []
    assert "floor" in result.below({"slots": {"macro_f1": 1.1}})[0]
    with pytest.raises(NotecheckError, match="no figure"):
        result.below({"kindness": 1.0})


@pytest.mark.parametrize(
    ("row", "says"),
    [("{", "not JSON"), ("[]", "object"), ('{"text": "x", "gratitude": "much"}', "gratitude"),
     ('{"text": "x", "annoyance": 7}', "annoyance")],
)  # fmt: skip
def test_a_broken_row_is_named(tmp_path: Path, row: str, says: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(ROWS[0]) + "\n" + row + "\n", encoding="utf-8")
    with pytest.raises(NotecheckError, match=says) as caught:
        evaluate(path, Checker())
    assert "bad.jsonl:2" in str(caught.value)
