"""Millions of drafts in Arrow record batches: for Spark, Ray, Polars, Parquet files, whatever speaks Arrow.

`check_batches` is the one function that they take as it is. It needs the extra ``notecheck[arrow]``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from notecheck.batch import check_all, explain
from notecheck.config import Config
from notecheck.types import NotecheckError, Report

if TYPE_CHECKING:
    import pyarrow as pa

    from notecheck.api import Checker
    from notecheck.message import Draft

CHECKS = ("gratitude", "feedback", "keep_in_mind", "interest")
SCORES = ("genericness", "annoyance")

#: So many rows are looked at in one go; the reports of no more than these are in memory.
ROWS = 256


def report_fields() -> list[pa.Field]:
    """The columns of a report, in order.

    ``ready``; the status of each check; of each score the value (0 to 1) and ``_level`` (0 to 3);
    ``findings``, whose ``start`` and ``end`` are code points in the text, end exclusive, and null with
    ``quote`` where something is missing; ``error``. Of a row either ``error`` or all the others are null.
    """
    pa = _pyarrow()
    finding = pa.struct(
        [
            pa.field("rule", pa.string()),
            pa.field("level", pa.string()),
            pa.field("start", pa.int32()),
            pa.field("end", pa.int32()),
            pa.field("quote", pa.string()),
            pa.field("message", pa.string()),
            pa.field("hint", pa.string()),
        ]
    )
    fields = [pa.field("ready", pa.bool_())]
    fields += [pa.field(name, pa.string()) for name in CHECKS]
    for name in SCORES:
        fields += [pa.field(name, pa.float64()), pa.field(f"{name}_level", pa.int8())]
    return [*fields, pa.field("findings", pa.list_(finding)), pa.field("error", pa.string())]


def schema(input_schema: pa.Schema) -> pa.Schema:
    """The schema of what `check_batches` gives: the columns of the input, then `report_fields`.

    Raises:
        NotecheckError: a column has the name of one of those.
    """
    fields = report_fields()
    taken = sorted({field.name for field in fields} & set(input_schema.names))
    if taken:
        raise NotecheckError(f"the input already has a column {taken[0]}: rename or drop it")
    for field in fields:
        input_schema = input_schema.append(field)
    return input_schema


def check_batches(
    batches: Iterable[pa.RecordBatch] | pa.Table, *, column: str = "text", config: Config | None = None
) -> Iterator[pa.RecordBatch] | pa.Table:
    """Check a column of drafts. The checker is loaded once in each process and configuration.

    Args:
        batches: record batches with a text column (or one of bytes); or a whole table, of pyarrow or of
            whatever else gives itself as an Arrow stream, as frames of Polars do.
        column: the name of that column.
        config: settings; None for the shipped ones.

    Returns:
        For record batches an iterator of as many, with the columns of the input and those of `report_fields`
        after them; for a table a `pyarrow.Table` of them. A row that is null, empty or cannot be checked says so in
        ``error`` and stops nothing.

    Raises:
        NotecheckError: there is no such column, it holds no text, or a column of the input has the name of
            one of the report's.
    """
    pa = _pyarrow()
    if hasattr(batches, "__arrow_c_stream__") and not isinstance(batches, pa.RecordBatchReader):
        table = pa.table(batches)
        checked = _checked(table.to_batches(), column, config)
        return pa.Table.from_batches(checked, schema(table.schema))
    if isinstance(batches, pa.RecordBatch):
        batches = [batches]
    return _checked(batches, column, config)


def read_rows(path: os.PathLike[Any]) -> Iterator[Draft | NotecheckError]:
    """The drafts in a Parquet file, in memory that does not grow with it.

    The first of the columns text, body, draft, note that is there is read. Drafts are named ``path:row``,
    from 1. What cannot be read gives an error in its place.
    """
    from notecheck.message.boxes import TEXT_FIELDS

    name = os.fsdecode(path)
    try:
        pa = _pyarrow()
        with _parquet(name) as file:
            names = file.schema_arrow.names
            column = next((each for each in TEXT_FIELDS if each in names), None)
            if column is None:
                yield NotecheckError(f"{name}: no text column; one of {', '.join(TEXT_FIELDS)} is needed")
                return
            number = 0
            for batch in file.iter_batches(batch_size=ROWS, columns=[column]):
                for value in _values(batch.column(0), column):
                    number += 1
                    yield _draft(value, f"{name}:{number}")
            if number == 0:
                yield NotecheckError(f"{name}: empty file")
    except NotecheckError as error:
        yield NotecheckError(f"{name}: {error}")
    except OSError as error:
        yield NotecheckError(f"{name}: {(error.strerror or 'not a readable Parquet file').lower()}")
    except pa.ArrowException:
        yield NotecheckError(f"{name}: not a readable Parquet file")


def count_rows(path: os.PathLike[Any]) -> int:
    """How many rows a Parquet file has; 0 for one that cannot be read."""
    try:
        with _parquet(os.fsdecode(path)) as file:
            return int(file.metadata.num_rows)
    except Exception:
        # Whoever reads it says what is wrong.
        return 0


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise NotecheckError("needs pyarrow: install notecheck[arrow]") from None
    return pyarrow


def _parquet(name: str) -> Any:
    from pyarrow import parquet

    return parquet.ParquetFile(name)


@lru_cache(maxsize=8)
def _checker(config: Config) -> Checker:
    from notecheck.api import Checker

    return Checker(config)


def _checked(
    batches: Iterable[pa.RecordBatch], column: str, config: Config | None
) -> Iterator[pa.RecordBatch]:
    pa = _pyarrow()
    for batch in batches:
        wanted = schema(batch.schema)
        if column not in batch.schema.names:
            names = ", ".join(batch.schema.names) or "none"
            raise NotecheckError(f"the input has no column {column}; there are: {names}")
        parts = [
            _columns(_values(batch.column(column).slice(start, ROWS), column), config or Config())
            for start in range(0, batch.num_rows, ROWS)
        ]
        added = [
            pa.concat_arrays([part[index] for part in parts]) if parts else pa.array([], field.type)
            for index, field in enumerate(report_fields())
        ]
        yield pa.RecordBatch.from_arrays([*batch.columns, *added], schema=wanted)


def _columns(values: Iterable[Any], config: Config) -> list[pa.Array]:
    """The report columns for some rows."""
    pa = _pyarrow()
    drafts = [_draft(value) for value in values]
    rows = [_row(report) for report in check_all(_checker(config), drafts)]
    return [pa.array([row.get(field.name) for row in rows], field.type) for field in report_fields()]


def _row(report: Report | Exception) -> dict[str, Any]:
    if isinstance(report, Exception):
        return {"error": explain(report)}
    row: dict[str, Any] = {"ready": report.ready}
    row |= {name: report.checks[name].status for name in CHECKS}
    for name in SCORES:
        row |= {name: report.scores[name].value, f"{name}_level": report.scores[name].level}
    return row | {"findings": [finding.to_dict() for finding in report.findings]}


def _values(array: pa.Array, column: str) -> Iterator[Any]:
    """The values of an array: str, bytes, None, or the error in place of a text that is not UTF-8."""
    pa = _pyarrow()
    kinds = pa.types
    if kinds.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    views = [getattr(kinds, name, None) for name in ("is_string_view", "is_binary_view")]
    tests = [kinds.is_string, kinds.is_large_string, kinds.is_binary, kinds.is_large_binary, kinds.is_null]
    if not any(test(kind) for test in (*tests, *views) if test is not None):
        raise NotecheckError(f"the column {column} holds {kind}, not text")
    for scalar in array:
        try:
            yield scalar.as_py()
        except UnicodeDecodeError as error:
            yield NotecheckError(f"not utf-8: byte 0x{error.object[error.start]:02x} at offset {error.start}")


def _draft(value: Any, name: str | None = None) -> Draft | NotecheckError:
    """The draft in a value, or what keeps it from being one."""
    from notecheck import message
    from notecheck.message.draft import failure
    from notecheck.message.reading import require_note

    where = name or "row"
    try:
        if isinstance(value, NotecheckError):
            raise failure(where, str(value))
        if value is None:
            raise failure(where, "null")
        draft = message.read(value, name=where)
        return require_note(draft)
    except NotecheckError as error:
        return error if name else NotecheckError(str(error).removeprefix("row: "))
