"""Tables as files: whole, and the same whether written at once or in parts."""

from pathlib import Path

import pandas as pd
import pytest

from oscb_nlp.tables import SCHEMAS, TableWriter, frame, write_table


@pytest.fixture(scope="module")
def problems() -> pd.DataFrame:
    rows = [
        {"file": f"{n}.pdf", "problem": "no-year", "page": n % 7 or None} for n in range(45_000)
    ]
    return frame(rows, SCHEMAS["problems"])


def test_a_table_written_in_parts_has_the_bytes_of_one_written_at_once(
    problems: pd.DataFrame, tmp_path: Path
) -> None:
    schema = SCHEMAS["problems"]
    write_table(problems, schema, tmp_path, "whole")
    with TableWriter(schema, tmp_path, "parts") as writer:
        for start, end in ((0, 0), (0, 1), (1, 30_000), (30_000, 45_000)):
            writer.append(problems.iloc[start:end])
    for kind in ("parquet", "csv"):
        whole, parts = ((tmp_path / f"{name}.{kind}").read_bytes() for name in ("whole", "parts"))
        assert whole == parts


def test_a_table_that_ends_in_an_error_leaves_nothing(
    problems: pd.DataFrame, tmp_path: Path
) -> None:
    with (
        pytest.raises(KeyError),
        TableWriter(SCHEMAS["problems"], tmp_path, "half") as writer,
    ):
        writer.append(problems.head(3))
        raise KeyError
    assert not list(tmp_path.iterdir())
