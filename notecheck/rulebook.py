"""Discover rule files and lexicons, and select the rules that a configuration leaves on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from notecheck.config.model import closest
from notecheck.types import Level, NotecheckError

if TYPE_CHECKING:
    from notecheck.rule import Rule

LEXICON = "lexicon"
WEIGHTS = "weights.toml"
NOTICES = "notices.toml"
MAX_RULE_FILES = 5000
MAX_RULE_BYTES = 1_000_000


def builtin_folder() -> Path:
    """The folder of the rules that ship with the package, for a wheel and an editable install alike."""
    from importlib import import_module

    return Path(next(iter(import_module("notecheck.rules").__path__)))


@dataclass(frozen=True, slots=True)
class Notice:
    """What the verdict says of a note as a whole, such as a missing move."""

    id: str
    level: Level
    summary: str
    why: str
    message: str
    hint: str
    source: str


class RuleLike(Protocol):
    """What a rule and a notice have in common: enough to list and explain them."""

    @property
    def id(self) -> str: ...
    @property
    def level(self) -> Level: ...
    @property
    def summary(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def hint(self) -> str: ...
    @property
    def source(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules in force, the word lists they name, and the fitted weights.

    Attributes:
        rules: in the order of their ids.
        lexicon: word list name to its lemmas, in file order.
        weights: the content of ``weights.toml``: fitted rule weights, cut points and thresholds.
        notices: what the verdict says, by id.
    """

    rules: tuple[Rule, ...]
    lexicon: Mapping[str, tuple[str, ...]]
    weights: Mapping[str, Any] = field(default_factory=dict)
    notices: Mapping[str, Notice] = field(default_factory=dict)

    def words(self, names: Iterable[str]) -> list[str]:
        """Replace each ``@name`` by the words of that list.

        Raises:
            NotecheckError: no such list.
        """
        out: list[str] = []
        for name in names:
            if not name.startswith("@"):
                out.append(name)
            elif name[1:] in self.lexicon:
                out.extend(self.lexicon[name[1:]])
            else:
                raise NotecheckError(f"no word list {name}: there are {', '.join(sorted(self.lexicon))}")
        return out


def _rule_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NotecheckError(f"{folder}: not a folder of rules")
    files = sorted(path for path in folder.rglob("*.toml") if path.name not in (WEIGHTS, NOTICES))
    if len(files) > MAX_RULE_FILES:
        raise NotecheckError(f"{folder}: more than {MAX_RULE_FILES} rule files")
    for path in files:
        if path.stat().st_size > MAX_RULE_BYTES:
            raise NotecheckError(f"{path}: larger than {MAX_RULE_BYTES} bytes")
    return files


def read_folder(folder: Path) -> Rulebook:
    """Read every rule and word list of one folder.

    Raises:
        NotecheckError: a file is not as the schema wants it; the message names file and key.
    """
    from notecheck.ruleschema import parse_rule, read_toml

    rules: list[Rule] = []
    lexicon: dict[str, tuple[str, ...]] = {}
    for path in _rule_files(folder):
        parts = path.relative_to(folder).with_suffix("").parts
        data = read_toml(path)
        if parts[0] == LEXICON:
            lexicon["/".join(parts[1:])] = _parse_lexicon(data, path)
        else:
            rules.append(parse_rule(data, "/".join(parts), path))
    weights = read_toml(folder / WEIGHTS) if (folder / WEIGHTS).is_file() else {}
    return Rulebook(tuple(rules), lexicon, weights, _read_notices(folder / NOTICES))


def _read_notices(path: Path) -> dict[str, Notice]:
    from notecheck.ruleschema import read_toml

    if not path.is_file():
        return {}
    notices = {}
    for key, values in read_toml(path).items():
        try:
            notices[key] = Notice(id=key, **values)
        except TypeError:
            wanted = ", ".join(item.name for item in fields(Notice) if item.name != "id")
            raise NotecheckError(f"{path}: {key}: needs exactly {wanted}") from None
    return notices


def _parse_lexicon(data: dict[str, Any], path: Path) -> tuple[str, ...]:
    unknown = sorted(set(data) - {"summary", "lemmas"})
    if unknown:
        raise NotecheckError(f"{path}: {unknown[0]}: unknown key; a word list has summary and lemmas")
    lemmas = data.get("lemmas")
    if not isinstance(lemmas, list) or not all(isinstance(item, str) and item for item in lemmas):
        raise NotecheckError(f"{path}: lemmas: must be a list of words")
    return tuple(dict.fromkeys(item.lower() for item in lemmas))


@cache
def builtin() -> Rulebook:
    """The shipped rulebook, read once (a pure function of the installed files); without the rules' examples."""
    from notecheck import compiled

    return compiled.read(builtin_folder()) or read_folder(builtin_folder())


def with_examples(rule: Rule) -> Rule:
    """A rule with its examples, which `builtin` leaves out of the shipped ones."""
    import tomllib

    from notecheck.rule import Example

    file = builtin_folder() / f"{rule.id}.toml"
    if rule.example or not file.is_file():
        return rule
    # Not by `parse_rule`: the shipped rules are known to be valid, and to check them takes longer than to explain one.
    kinds: tuple[Literal["flag", "pass", "miss"], ...] = ("flag", "pass", "miss")
    found = (
        Example(kind, entry[kind], entry.get("match", ""), entry.get("unless", ""))
        for entry in tomllib.loads(file.read_text(encoding="utf-8"))["example"]
        for kind in kinds if kind in entry
    )  # fmt: skip
    return replace(rule, example=tuple(found))


def selected(rule_id: str, select: Sequence[str], ignore: Sequence[str]) -> bool:
    """Whether a rule is on: named by ``select`` (empty: all) and not by a longer or equal entry of ``ignore``."""
    chosen = closest(select, rule_id) if select else ""
    ignored = closest(ignore, rule_id)
    return chosen is not None and (ignored is None or len(chosen) > len(ignored))


def load(extra: Sequence[Path] = (), *, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> Rulebook:
    """The shipped rules, those of ``extra`` folders after them, less what is switched off.

    Raises:
        NotecheckError: a folder or file is broken, or two rules have one id.
    """
    books = [builtin(), *(read_folder(folder) for folder in extra)]
    rules: dict[str, Rule] = {}
    lexicon: dict[str, tuple[str, ...]] = {}
    for book in books:
        for rule in book.rules:
            if rule.id in rules:
                raise NotecheckError(f"two rules have the id {rule.id}; rename the file of one")
            rules[rule.id] = rule
        lexicon.update(book.lexicon)
    kept = tuple(rules[key] for key in sorted(rules) if selected(key, select, ignore))
    notices = {
        key: notice for book in books for key, notice in book.notices.items() if selected(key, select, ignore)
    }
    return Rulebook(kept, lexicon, books[0].weights, notices)


def listed(book: Rulebook) -> tuple[RuleLike, ...]:
    """Rules and notices together, in the order of their ids."""
    everything: list[RuleLike] = [*book.rules, *book.notices.values()]
    return tuple(sorted(everything, key=lambda item: item.id))
