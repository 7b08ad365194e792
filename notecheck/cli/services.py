"""What the commands need of the layers below, imported when first used and replaceable in a test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from notecheck.batch import CheckerLike
from notecheck.cli.runner import Job
from notecheck.config import Config
from notecheck.output.model import RuleInfo
from notecheck.types import NotecheckError

if TYPE_CHECKING:
    from notecheck.message import Draft


class ExampleOutcome(Protocol):
    """How one example of a rule went."""

    @property
    def rule(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def ok(self) -> bool: ...
    @property
    def detail(self) -> str: ...


class EvaluationLike(Protocol):
    """Figures of an evaluation."""

    def to_dict(self) -> dict[str, Any]: ...
    def render(self, errors: bool) -> str: ...
    def below(self, floors: Mapping[str, Any]) -> list[str]: ...


def _make_checker(config: Config) -> CheckerLike:
    from notecheck.startup import loading

    with loading():
        from notecheck.api import Checker

        return Checker(config)


def _read(job: Job) -> Iterable[Draft | NotecheckError]:
    from notecheck import message

    if job.data is not None:
        if job.suffix == ".parquet":
            raise NotecheckError(f"{job.shown}: Parquet is not read from standard input")
        return message.read_all(job.data, name=str(job.path))
    if job.suffix == ".parquet":
        from notecheck import arrow

        return arrow.read_rows(job.path)
    return message.read_all(job.path)


def _count(job: Job) -> int:
    if job.data is None and job.suffix == ".parquet":
        from notecheck import arrow

        return arrow.count_rows(job.path)
    if job.data is None and job.suffix == ".jsonl":
        try:
            with open(job.path, "rb") as file:
                return sum(block.count(b"\n") for block in iter(lambda: file.read(2**20), b""))
        except OSError:
            return 0
    return 1


def _rules(config: Config) -> Sequence[RuleInfo]:
    from notecheck import rulebook

    return rulebook.listed(rulebook.load(config.rules, select=config.select, ignore=config.ignore))


def _thresholds() -> Mapping[str, float]:
    from notecheck import rulebook
    from notecheck.verdict import READING_SECONDS

    scores = rulebook.builtin().weights["scores"]
    fitted = {name: float(figures["threshold"]) for name, figures in scores.items()}
    return {**fitted, "reading_seconds": READING_SECONDS}


def _run_examples(folder: Path | None) -> Iterator[ExampleOutcome]:
    from notecheck import examples

    return examples.run(folder)


def _evaluate(path: Path, config: Config, split: str | None) -> EvaluationLike:
    from notecheck.api import Checker
    from notecheck.evaluation import evaluate

    return evaluate(path, Checker(config), split=split)


@dataclass(frozen=True)
class Services:
    """The layers below, as functions.

    Attributes:
        make_checker: a checker for settings that have no overrides left.
        read: the drafts of a job's file, with an error in the place of one that cannot be read.
        rules: the rules that are on under the settings, and what the verdict says of a note as a whole.
        run_examples: the tests that rules carry; of the shipped rules without a folder.
        evaluate: figures for a labelled file or folder.
        thresholds: those that hold where no configuration says otherwise.
        count: how many steps there are in checking a job: rows, or one; 0 where that cannot be told.
    """

    make_checker: Callable[[Config], CheckerLike] = _make_checker
    read: Callable[[Job], Iterable[Draft | NotecheckError]] = _read
    rules: Callable[[Config], Sequence[RuleInfo]] = _rules
    run_examples: Callable[[Path | None], Iterator[ExampleOutcome]] = _run_examples
    evaluate: Callable[[Path, Config, str | None], EvaluationLike] = _evaluate
    count: Callable[[Job], int] = _count
    thresholds: Callable[[], Mapping[str, float]] = _thresholds

    @property
    def shipped(self) -> bool:
        """Whether verdicts are those of the package, which alone are kept in the cache."""
        return (self.make_checker, self.read) == (_make_checker, _read)
