"""The published JSON schema of what ``--format json``, ``jsonl`` and ``--diff-from`` write."""

from __future__ import annotations

import json
from typing import Any, get_args

from notecheck.output.json import DOCUMENT_VERSION
from notecheck.types import REPORT_VERSION, Level, ScoreName

Schema = dict[str, Any]

_STATUS: dict[str, list[str]] = {
    "gratitude": ["specific", "generic", "none"],
    "feedback": ["narrow", "broad", "none"],
    "keep_in_mind": ["yes", "no"],
    "interest": ["yes", "no"],
}
_BOOLEAN: Schema = {"type": "boolean"}
_STRING: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_LINE: Schema = {"type": "integer", "minimum": 1}
_LEVEL: Schema = {"enum": list(get_args(Level))}
_PLACE: dict[str, Schema] = {
    "start": {"type": ["integer", "null"], "minimum": 0, "description": "code points, null when missing"},
    "end": {"type": ["integer", "null"], "minimum": 0, "description": "exclusive"},
    "quote": {"type": ["string", "null"], "description": "source[start:end], or [redacted]"},
}


def _object(optional: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _array(name: str) -> Schema:
    return {"type": "array", "items": _ref(name)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _check(name: str) -> Schema:
    return _object(status={"enum": _STATUS[name]}, passed=_BOOLEAN, evidence=_array("evidence"))


def _check_change(name: str) -> Schema:
    side = _object(status={"enum": _STATUS[name]}, passed=_BOOLEAN)
    lists = {"gained": _array("evidence"), "lost": _array("evidence")}
    return _object(before=side, after=side, broke=_BOOLEAN, **lists)


def _definitions() -> dict[str, Schema]:
    version = {"const": DOCUMENT_VERSION}
    scores = get_args(ScoreName)
    value = {"type": "number", "minimum": 0, "maximum": 1}
    level = {"type": "integer", "minimum": 0, "maximum": 3}
    draft = {
        "path": _STRING,
        "name": {"type": "string", "description": "the path, or which draft of a file with many"},
        "suppressed": _COUNT,
        "report": _ref("report"),
    }
    weight = {"type": ["number", "null"], "description": "null where the words are not there"}
    side = _object(value=value, level=level, passed=_BOOLEAN)
    return {
        "evidence": _object(
            rule=_STRING, start={"type": "integer", "minimum": 0}, end={"type": "integer", "minimum": 0},
            quote=_STRING,
        ),
        "contribution": _object(rule=_STRING, weight=_NUMBER, **_PLACE),
        "move": _object(rule=_STRING, quote=_PLACE["quote"], before=weight, after=weight),
        "finding": _object(rule=_STRING, level=_LEVEL, **_PLACE, message=_STRING, hint=_STRING),
        "score": _object(
            value=value, level=level, threshold=_NUMBER, passed=_BOOLEAN, contributions=_array("contribution")
        ),
        "readability": _object(words=_COUNT, sentences=_COUNT, reading_seconds=_NUMBER, flesch=_NUMBER),
        "report": _object(
            version={"const": REPORT_VERSION},
            ready=_BOOLEAN,
            checks=_object(**{name: _check(name) for name in _STATUS}),
            scores=_object(**{name: _ref("score") for name in scores}),
            findings=_array("finding"),
            readability=_ref("readability"),
            remarks={"type": "array", "items": _STRING},
        ),
        "draft": _object(**draft),
        "notice": _object(path=_STRING, line=_LINE, rule=_STRING, level=_LEVEL, message=_STRING, hint=_STRING),
        "error": _object(path=_STRING, message=_STRING),
        "statistic": _object(rule=_STRING, level=_LEVEL, count=_COUNT),
        "document": _object(
            ("statistics",),
            version=version, files=_array("draft"), notices=_array("notice"), errors=_array("error"),
            statistics=_array("statistic"),
        ),
        "line": {
            "oneOf": [
                _object(version=version, **draft),
                _object(version=version, notice=_ref("notice")),
                _object(version=version, error=_ref("error")),
            ]
        },
        "diff": _object(
            version=version,
            old=_STRING,
            new=_STRING,
            ready=_object(before=_BOOLEAN, after=_BOOLEAN),
            checks=_object(**{name: _check_change(name) for name in _STATUS}),
            scores=_object(
                **{name: _object(before=side, after=side, broke=_BOOLEAN, moves=_array("move")) for name in scores}
            ),
            findings=_object(fixed=_array("finding"), appeared=_array("finding")),
            broke={"type": "array", "items": _STRING},
        ),
    }  # fmt: skip


def schema() -> Schema:
    """The schema: a document of ``json``, a line of ``jsonl``, or a comparison of ``--diff-from``."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"notecheck output, version {DOCUMENT_VERSION}",
        "anyOf": [_ref("document"), _ref("line"), _ref("diff")],
        "$defs": _definitions(),
    }


def render() -> str:
    """The schema as JSON text."""
    return json.dumps(schema(), indent=2) + "\n"
