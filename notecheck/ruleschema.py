"""The schema of one rule file: known keys only, with errors that name the file and the key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from notecheck.expressions import check_expression
from notecheck.rule import MARK, Example, Label, Match, Rule, Unless
from notecheck.types import Level, NotecheckError

# Bounds on user-supplied rule files: a pattern can be slow, but not without end.
MAX_PATTERN_TOKENS = 24
MAX_TERMS = 2000
MAX_TEXT = 4000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Block(_Strict):
    """What a match and an unless have in common: a kind, its pattern or terms, and a name for examples."""

    kind: Literal["token", "dependency", "phrase"]
    name: str = Field(default="", max_length=60)
    pattern: tuple[dict[str, Any], ...] = ()
    patterns: tuple[tuple[dict[str, Any], ...], ...] = ()
    terms: tuple[str, ...] = Field(default=(), max_length=MAX_TERMS)
    on: Literal["lower", "lemma"] = "lower"

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> _Block:
        if self.kind == "phrase":
            if not self.terms or self.pattern or self.patterns:
                raise ValueError("kind 'phrase' takes terms, and no pattern")
        elif self.terms or not self.all_patterns:
            raise ValueError(f"kind '{self.kind}' takes pattern or patterns, and no terms")
        for pattern in self.all_patterns:
            if len(pattern) > MAX_PATTERN_TOKENS:
                raise ValueError(f"a pattern has more than {MAX_PATTERN_TOKENS} tokens")
            _check_regexes(pattern)
        return self

    @property
    def all_patterns(self) -> tuple[tuple[dict[str, Any], ...], ...]:
        return ((self.pattern,) if self.pattern else ()) + self.patterns


def _check_regexes(value: Any) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "REGEX" and isinstance(inner, str):
                check_expression(inner)
            else:
                _check_regexes(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _check_regexes(inner)


class _Match(_Block):
    quote: Literal["match", "clause", "sentence"] = "match"

    def made(self) -> Match:
        return Match(self.kind, self.name, self.all_patterns, self.terms, self.on, self.quote)


class _Unless(_Block):
    within: Literal["match", "sentence"] = "match"

    def made(self) -> Unless:
        return Unless(self.kind, self.name, self.all_patterns, self.terms, self.on, self.within)


class _Example(_Strict):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    flag: str | None = Field(default=None, max_length=MAX_TEXT)
    pass_: str | None = Field(default=None, alias="pass", max_length=MAX_TEXT)
    miss: str | None = Field(default=None, max_length=MAX_TEXT)
    match: str = ""
    unless: str = ""

    @model_validator(mode="after")
    def _is_one_kind(self) -> _Example:
        if sum(text is not None for text in (self.flag, self.pass_, self.miss)) != 1:
            raise ValueError("an example is one of flag, pass, miss")
        for text in (self.flag, self.miss):
            if text is not None and len(MARK.findall(text)) != 1:
                raise ValueError("mark exactly one stretch [[so]]")
        return self

    @property
    def kind(self) -> Literal["flag", "pass", "miss"]:
        return "flag" if self.flag is not None else "pass" if self.pass_ is not None else "miss"

    def made(self) -> Example:
        return Example(self.kind, self.flag or self.pass_ or self.miss or "", self.match, self.unless)


class _Rule(_Strict):
    id: str
    summary: str = Field(min_length=1, max_length=300)
    why: str = Field(min_length=1, max_length=MAX_TEXT)
    hint: str = Field(min_length=1, max_length=MAX_TEXT)
    source: str = Field(min_length=1, max_length=MAX_TEXT)
    label: Label
    level: Level = "note"
    weight: float = Field(default=1.0, ge=-20, le=20)
    anchors: tuple[str, ...] = Field(default=(), max_length=MAX_TERMS)
    match: Annotated[tuple[_Match, ...], Field(min_length=1, max_length=60)]
    unless: Annotated[tuple[_Unless, ...], Field(max_length=60)] = ()
    example: Annotated[tuple[_Example, ...], Field(min_length=1, max_length=400)]

    @model_validator(mode="after")
    def _examples_cover(self) -> _Rule:
        names = {block.name for block in self.match}
        if len(self.match) > 1 and ("" in names or len(names) < len(self.match)):
            raise ValueError("with several [[match]] blocks each needs a name of its own")
        flagged = {item.match for item in self.example if item.kind == "flag"}
        for block in self.match:
            if block.name not in flagged and not (len(self.match) == 1 and flagged):
                raise ValueError(f"[[match]] {block.name!r} has no flag example")
        unless_names = {block.name for block in self.unless}
        if len(self.unless) > 1 and ("" in unless_names or len(unless_names) < len(self.unless)):
            raise ValueError("with several [[unless]] blocks each needs a name of its own")
        passed = {item.unless for item in self.example if item.kind == "pass"}
        if not passed:
            raise ValueError("the rule has no pass example")
        for unless in self.unless:
            if unless.name not in passed:
                raise ValueError(f"[[unless]] {unless.name!r} has no pass example")
        for item in self.example:
            if item.match not in names | {""}:
                raise ValueError(f"an example names the match {item.match!r}, which is not there")
            if item.unless not in unless_names | {""}:
                raise ValueError(f"an example names the unless {item.unless!r}, which is not there")
        return self

    def made(self) -> Rule:
        return Rule(
            self.id, self.summary, self.why, self.hint, self.source, self.label, self.level, self.weight,
            self.anchors, tuple(item.made() for item in self.match), tuple(item.made() for item in self.unless),
            tuple(item.made() for item in self.example),
        )  # fmt: skip


def read_toml(path: Path) -> dict[str, Any]:
    """Parse a TOML file.

    Raises:
        NotecheckError: it cannot be read or is not TOML; the message names file and cause.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotecheckError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise NotecheckError(f"{path}: not UTF-8 at byte {error.start}") from None
    except tomllib.TOMLDecodeError as error:
        raise NotecheckError(f"{path}: not valid TOML: {' '.join(str(error).split())}") from None


def parse_rule(data: dict[str, Any], rule_id: str, path: Path) -> Rule:
    """Validate the content of one rule file.

    Raises:
        NotecheckError: one line with the file, the key and what is wrong with it.
    """
    if "id" in data:
        raise NotecheckError(f"{path}: id: a rule's id is its path, the file does not set it")
    try:
        return _Rule(id=rule_id, **data).made()
    except ValidationError as error:
        # An unknown key says more than the required one that it was meant to be.
        first = min(error.errors(), key=lambda item: item["type"] != "extra_forbidden")
        key = ".".join(str(part) for part in first["loc"]) or "rule"
        raise NotecheckError(f"{path}: {key}: {first['msg'].removeprefix('Value error, ')}") from None
