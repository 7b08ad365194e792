"""Arrow record batches in, Arrow record batches out."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import notecheck
from notecheck import Config, NotecheckError

pa = pytest.importorskip("pyarrow")

from notecheck import arrow  # noqa: E402

THANKS = "Thank you for the hour at the loom with Petra. Was it my weaving that decided it?"
SLOT = "Thank you for your time at [Company]. Do you have any feedback?"
TEXTS = [
    THANKS,
    None,
    "",
    SLOT,
    " \n ",
    "> We chose someone else.",
    "word " * 250_000,
    "Grüße 👋\nThanks.\x00",
]


def batch(**columns: Any) -> Any:
    return pa.RecordBatch.from_pydict(columns)


def check(*batches: Any, **options: Any) -> list[Any]:
    return list(arrow.check_batches(iter(batches), **options))


@pytest.fixture(scope="module")
def checked() -> Any:
    """What comes of `TEXTS`, with another column."""
    [out] = check(batch(id=list(range(len(TEXTS))), text=TEXTS))
    return out


def test_rows_are_those_of_check(checked: Any) -> None:
    rows = checked.to_pylist()
    for text, row in zip(TEXTS, rows, strict=True):
        if row["error"] is not None:
            continue
        report = notecheck.check(text)
        assert row["ready"] is report.ready
        for name, item in report.checks.items():
            assert row[name] == item.status
        for name, score in report.scores.items():
            assert (row[name], row[f"{name}_level"]) == (score.value, score.level)
        assert row["findings"] == [finding.to_dict() for finding in report.findings]
    assert rows[3]["findings"]
    assert rows[0]["gratitude"] != "none"
    assert [row["id"] for row in rows] == list(range(len(TEXTS)))
    assert [row["text"] for row in rows] == TEXTS


def test_rows_that_cannot_be_checked_say_so_and_stop_nothing(checked: Any) -> None:
    rows = checked.to_pylist()
    assert [row["error"] for row in rows] == [
        None,
        "null",
        "empty draft",
        None,
        "empty draft",
        "empty draft: nothing but quoted mail, headers and signatures",
        "1,250,000 characters, a draft has at most 1,000,000",
        None,
    ]
    for row in rows:
        missing = {row[field.name] is None for field in arrow.report_fields() if field.name != "error"}
        assert missing == {row["error"] is not None}


def test_the_schema_is_the_published_one(checked: Any) -> None:
    given = pa.schema([("id", pa.int64()), ("text", pa.string())], metadata={"made": "by a test"})
    wanted = arrow.schema(given)
    assert checked.schema.equals(wanted)
    assert wanted.metadata == given.metadata
    assert wanted.names == [
        "id", "text", "ready", "gratitude", "feedback", "keep_in_mind", "interest", "genericness",
        "genericness_level", "annoyance", "annoyance_level", "findings", "error",
    ]  # fmt: skip
    checked.validate(full=True)


def test_batches_of_any_size_come_out_one_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "ROWS", 2)
    sizes = [1, 0, 5, 2]
    out = check(*(batch(text=pa.array([f"Thanks {n}." for n in range(size)], pa.string())) for size in sizes))
    assert [item.num_rows for item in out] == sizes
    whole = pa.Table.from_batches(out)
    assert whole.column("text").to_pylist()[1:6] == [f"Thanks {n}." for n in range(5)]
    assert set(whole.column("gratitude").to_pylist()) <= {"generic", "none"}


def test_a_slice_of_a_batch_is_read_as_such() -> None:
    whole = batch(text=[THANKS, None, SLOT])
    [out] = check(whole.slice(1, 2))
    assert [row["error"] for row in out.to_pylist()] == ["null", None]


@pytest.mark.parametrize(
    "kind", ["string", "large_string", "string_view", "binary", "large_binary", "dictionary", "null"]
)
def test_any_type_that_holds_text(kind: str) -> None:
    kinds = {"dictionary": lambda: pa.dictionary(pa.int8(), pa.string())}
    chosen = kinds.get(kind, getattr(pa, kind, None))
    if chosen is None:
        pytest.skip(f"this pyarrow has no {kind}")
    values = [None, None] if kind == "null" else [SLOT, None]
    if "binary" in kind:
        values = [SLOT.encode(), None]
    array = pa.array(values, pa.string()).dictionary_encode() if kind == "dictionary" else None
    [out] = check(batch(text=array if array is not None else pa.array(values, chosen())))
    assert [row["error"] for row in out.to_pylist()] == [
        "null" if value is None else None for value in values
    ]


def test_text_that_is_not_utf8_is_an_error_of_its_row() -> None:
    data, offsets = b"Thanks.\xffThanks.", pa.array([0, 7, 8, 15], pa.int32())
    array = pa.StringArray.from_buffers(3, offsets.buffers()[1], pa.py_buffer(data))
    [out] = check(pa.RecordBatch.from_arrays([array], ["text"]))
    errors = out.column("error").to_pylist()
    assert errors == [None, "not utf-8: byte 0xff at offset 0", None]


def test_a_fault_in_one_row_is_that_row_s(monkeypatch: pytest.MonkeyPatch) -> None:
    from notecheck.judging import Judge

    whole = Judge.reports

    def reports(self: Any, drafts: Any, context: Any = None) -> Iterator[Any]:
        kept = list(drafts)
        if any("boom" in draft.source for draft in kept):
            raise KeyError("private words")
        return whole(self, kept, context)

    monkeypatch.setattr(Judge, "reports", reports)
    [out] = check(batch(text=["Thanks.", "boom", "Thanks."]))
    first, second, third = out.column("error").to_pylist()
    assert first is third is None
    assert second.startswith("internal error (KeyError")
    assert "private" not in second


def test_input_that_cannot_be_is_one_line() -> None:
    with pytest.raises(NotecheckError, match=r"^the input has no column text; there are: letter$"):
        check(batch(letter=["Thanks."]))
    with pytest.raises(NotecheckError, match=r"^the column text holds int64, not text$"):
        check(batch(text=[1]))
    with pytest.raises(NotecheckError, match=r"^the input already has a column ready: rename or drop it$"):
        check(batch(text=["Thanks."], ready=[True]))
    with pytest.raises(NotecheckError, match="feedback"):
        arrow.schema(pa.schema([("feedback", pa.string())]))


def test_the_column_and_the_settings_are_the_callers() -> None:
    config = Config(ignore=("slots",), thresholds={"genericness": 0.0})
    [out] = check(batch(letter=[SLOT]), column="letter", config=config)
    [row] = out.to_pylist()
    assert not [finding for finding in row["findings"] if finding["rule"].startswith("slots/")]


def test_the_checker_is_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Checker(notecheck.Checker):
        def __init__(self, config: Any = None) -> None:
            made.append(config)
            super().__init__(config)

    monkeypatch.setattr("notecheck.api.Checker", Checker)
    config = Config(ignore=("annoyance",))
    for _ in range(3):
        check(batch(text=["Thanks."]), batch(text=["Thank you."]), config=config)
    assert made == [config]


def test_nothing_is_loaded_before_there_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "_checker", None)
    assert check() == []
    [out] = check(batch(text=pa.array([], pa.string())))
    assert out.num_rows == 0


def test_it_can_be_sent_to_a_worker() -> None:
    assert pickle.loads(pickle.dumps(arrow.check_batches)) is arrow.check_batches
    config = Config(levels={"slots": "note"}, rules=(Path("rules"),))
    assert pickle.loads(pickle.dumps(config)) == config


# What takes it as it is


def test_a_table_gives_a_table() -> None:
    # Ray Data's map_batches(check_batches, batch_format="pyarrow") gives tables and wants them back.
    table = pa.table({"id": [1, 2, 3], "text": pa.chunked_array([[THANKS], [None, SLOT]])})
    out = arrow.check_batches(table)
    assert isinstance(out, pa.Table)
    assert out.schema.equals(arrow.schema(table.schema))
    assert out.column("error").to_pylist() == [None, "null", None]
    empty = arrow.check_batches(table.slice(0, 0))
    assert (empty.num_rows, empty.schema) == (0, out.schema)


def test_a_reader_of_record_batches(tmp_path: Path) -> None:
    from pyarrow import dataset, parquet

    parquet.write_table(pa.table({"text": [THANKS, SLOT] * 10}), tmp_path / "a.parquet", row_group_size=5)
    source = dataset.dataset(tmp_path / "a.parquet")
    wanted = arrow.schema(source.schema)
    reader = pa.RecordBatchReader.from_batches(wanted, arrow.check_batches(source.to_batches()))
    dataset.write_dataset(reader, tmp_path / "out", format="parquet")
    # A dataset is not written in order.
    found = dataset.dataset(tmp_path / "out").to_table().select(["text", "gratitude"]).to_pylist()
    assert len(found) == 20
    for row in found:
        assert row["gratitude"] == notecheck.check(row["text"]).checks["gratitude"].status


def test_polars() -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame({"id": [1, 2], "text": [SLOT, None]})
    out = pl.from_arrow(arrow.check_batches(frame.to_arrow()))
    assert out["error"].to_list() == [None, "null"]
    assert out["feedback"].to_list() == ["broad", None]
    lazy = frame.lazy().map_batches(
        lambda part: pl.from_arrow(arrow.check_batches(part)), validate_output_schema=False
    )
    assert lazy.collect()["ready"].to_list() == [False, None]
