"""Tables of the results pages come from records: shown as they are, means and worst computed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.core.test_tools import load
from tusk_core import api
from tusk_core.results import EvaluationReport

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = """# Results

## Small things (in place of large ones)

| | right | time |
|---|---|---|
| paper | 90.0 | |
| ours, seed 0 | 91.5 (90.2 – 92.8) | 3 min |
| both | 91.5 (90.0) | |

```sh
tusk evaluate RUN
```
"""


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "results.md").write_text(PAGE, encoding="utf-8")
    return folder


def run(docs: Path, *words: str) -> None:
    load("tables").main([words[0], "--docs", str(docs), *words[1:]])


def test_the_pages_say_what_their_records_say() -> None:
    run(DOCS, "page", "--check")


def test_a_typed_table_becomes_a_record_and_stays_as_it_was(docs: Path) -> None:
    with pytest.raises(SystemExit, match="comes from no record"):
        run(docs, "page", "--check")
    run(docs, "page", "--take")
    page = (docs / "results.md").read_text(encoding="utf-8")
    (table,) = [part for part in PAGE.split("\n\n") if part.startswith("|")]
    assert f"<!-- table small-things -->\n{table}\n<!-- end -->" in page
    record = json.loads((docs / "results" / "small-things.json").read_text(encoding="utf-8"))
    assert record["commands"] == ["tusk evaluate RUN"]
    assert [row["cells"].get("right") for row in record["rows"]] == [
        90.0, [91.5, 90.2, 92.8], {"ours": 91.5, "paper": 90.0},
    ]  # fmt: skip
    run(docs, "page", "--check")
    (docs / "results.md").write_text(page.replace("| 91.5 (90.2", "| 99.5 (90.2"), encoding="utf-8")
    with pytest.raises(SystemExit, match="differs from its record"):
        run(docs, "page", "--check")
    run(docs, "page")
    assert (docs / "results.md").read_text(encoding="utf-8") == page


def test_reports_are_added_and_seeds_summed_up(docs: Path, tmp_path: Path) -> None:
    tables = load("result_tables")
    record = {
        "source": "tusk evaluate", "commands": [], "columns": ["", "right", "far"],
        "metrics": {"right": "shape", "far": "error"},
        "rows": [
            {"name": "*mean*", "mean_of": "ours"},
            {"name": "*worst*", "worst_of": "ours"},
        ],
    }  # fmt: skip
    tables.write_record(docs, "one", record)
    head = {"name": "Things", "headline_of": "ours", "table": "one", "cells": {"paper": 50.0}}
    rows = [{**head, "column": "right"}, {**head, "column": "far", "lower_is_better": True}]
    columns = ["", "mean", "worst seed", "seeds", "paper"]
    tables.write_record(docs, "head", {"source": "", "columns": columns, "rows": rows})
    for seed, (shape, error) in enumerate([(90.0, 3.0), (80.0, 2.0)]):
        report = EvaluationReport(
            "multi-object", "m", "d", {"shape": shape, "error": error}, {"shape": (70.0, 95.0)},
            {}, {},
        )  # fmt: skip
        api.save_report(report, tmp_path / "r.json")
        name = f"seed {seed}"
        for _ in range(2):  # the second time it takes the place of the first
            words = ["--table", "one", "--name", name, "--run-name", "ours", "--seed", str(seed)]
            run(docs, "add", str(tmp_path / "r.json"), *words, "--command", "tusk evaluate m")
    (docs / "results.md").write_text(
        "<!-- table one -->\n<!-- end -->\n\n<!-- table head -->\n<!-- end -->\n", encoding="utf-8"
    )
    run(docs, "page")
    lines = (docs / "results.md").read_text(encoding="utf-8").splitlines()
    assert "| seed 0 | 90.0 (70.0 – 95.0) | 3.0 |" in lines
    assert "| *mean* | 85.0 | 2.5 |" in lines
    assert "| *worst* | 80.0 | 2.0 |" in lines
    assert "| Things | 85.0 | 80.0 | 2 | 50.0 |" in lines
    assert "| Things | 2.5 | 3.0 | 2 | 50.0 |" in lines
    assert tables.read_records(docs)["one"]["commands"] == ["tusk evaluate m"]


def test_a_table_without_a_record_is_named(docs: Path) -> None:
    (docs / "results.md").write_text("<!-- table none -->\n<!-- end -->\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"no docs/results/none\.json"):
        run(docs, "page")
