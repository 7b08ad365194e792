"""A real Spark on this machine: `check_batches` is handed to ``mapInArrow`` as it is."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Spark has warnings of its own about the libraries that it finds.
pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("ignore")]

pa = pytest.importorskip("pyarrow")

#: How many rows to check; NOTECHECK_SPARK_ROWS has another number for a longer run.
ROWS = int(os.environ.get("NOTECHECK_SPARK_ROWS", "2000"))


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    sql = pytest.importorskip("pyspark.sql")
    pytest.importorskip("pandas", reason="mapInArrow asks for it")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("there is no Java runtime")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "localhost")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "500")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    yield session
    session.stop()


def texts() -> list[str | None]:
    """Different notes; of every hundred one null, one empty and one that is too long to be a note."""
    out: list[str | None] = []
    for number in range(ROWS):
        kind = number % 100
        out.append(
            None
            if kind == 7
            else ""
            if kind == 8
            else "word " * 201_000
            if number == 9
            else f"Hi Ada,\n\nThank you for the tour of hall {number}. Was it my drawing of part {number}?\n"
        )
    return out


def test_every_row_is_answered_and_the_checker_is_loaded_once_a_worker(spark: Any, tmp_path: Path) -> None:
    from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

    from notecheck import arrow

    source = tmp_path / "notes.parquet"
    from pyarrow import parquet

    parquet.write_table(
        pa.table({"id": list(range(ROWS)), "text": texts()}), source, row_group_size=max(1, ROWS // 8)
    )
    notes = spark.read.parquet(str(source)).repartition(8)
    wanted = from_arrow_schema(arrow.schema(to_arrow_schema(notes.schema)))
    checked = notes.mapInArrow(arrow.check_batches, wanted)
    checked.write.parquet(str(tmp_path / "checked"))
    rows = parquet.read_table(tmp_path / "checked").sort_by("id").to_pylist()
    assert [row["id"] for row in rows] == list(range(ROWS))
    for text, row in zip(texts(), rows, strict=True):
        if text is None:
            assert row["error"] == "null"
        elif text == "":
            assert row["error"] == "empty draft"
        elif len(text) > 1_000_000:
            assert row["error"].startswith("1,005,000 characters")
        else:
            assert row["error"] is None
            assert row["gratitude"] in ("specific", "generic", "none")
            for finding in row["findings"]:
                if finding["start"] is not None:
                    assert text[finding["start"] : finding["end"]] == finding["quote"]
        assert (row["ready"] is None) == (row["error"] is not None)

    def loads(batches: Iterator[Any]) -> Iterator[Any]:
        """Check again, and say how often the checker was loaded in this process since it started."""
        import os

        import pyarrow as pa

        from notecheck import arrow

        for _ in arrow.check_batches(batches):
            pass
        columns = {"pid": [os.getpid()], "loads": [arrow._checker.cache_info().misses]}
        yield pa.RecordBatch.from_pydict({name: pa.array(each, pa.int32()) for name, each in columns.items()})

    # Workers are used again, and what they have loaded is still there.
    found = notes.mapInArrow(loads, "pid int, loads int").collect()
    assert len(found) == 8
    assert all(row["loads"] == 1 for row in found)
    assert len({row["pid"] for row in found}) <= 4
