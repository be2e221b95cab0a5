"""The tables of the results pages, made of the records in docs/results: no figure is typed by hand.

A page has ``<!-- table NAME -->`` … ``<!-- end -->``; between them stands what the record
docs/results/NAME.json says. A record has

- ``source`` (where its figures come from), ``machine``, ``version`` and ``commands``;
- ``columns``, the first being the heading of the names;
- ``rows``: a name, and cells by column: a number, ``[value, low, high]`` with a 95 % interval,
  ``{"ours": value, "paper": value}``, or words. Rows of several seeds have ``run``, ``seed``; one
  with ``mean_of``, ``worst_of`` or ``largest_of`` is computed from them, one with ``headline_of``
  gives mean and worst of one ``column`` of another ``table``;
- ``metrics``, where reports are added to it: column to metric of the report.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tusk_core.atomic import write_text
from tusk_core.evaluation.report import read_report

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

Record = dict[str, Any]

DOCS = Path(__file__).resolve().parent.parent / "docs"
BLOCK = re.compile(r"^<!-- table (\S+) -->\n.*?^<!-- end -->$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
PAIR = re.compile(r"\*{0,2}(\d+\.\d)\*{0,2} \((\d+\.\d)\)")
FIGURE = re.compile(r"\*{0,2}(\d+\.\d)\*{0,2}(?: \((\d+\.\d) – (\d+\.\d)\))?")
ENTERED = "entered from the run's report"


def pages(docs: Path) -> list[Path]:
    """Return the pages whose tables are written here."""
    return sorted(docs.glob("results*.md"))


def read_records(docs: Path) -> dict[str, Record]:
    """Return all records by name."""
    files = sorted((docs / "results").glob("*.json"))
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


def write_record(docs: Path, name: str, record: Record) -> None:
    """Write a record, a line for each row, so that changes can be read."""
    rest = {key: value for key, value in record.items() if key != "rows"}
    head = json.dumps(rest, indent=1, ensure_ascii=False).removesuffix("\n}")
    rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in record["rows"])
    (docs / "results").mkdir(exist_ok=True)
    write_text(docs / "results" / f"{name}.json", f'{head},\n "rows": [\n{rows}\n ]\n}}\n')


def with_tables(text: str, records: dict[str, Record]) -> str:
    """Return a page with every table as its record says.

    Raises:
        SystemExit: if a record is missing, or a table has none.
    """

    def block(found: re.Match[str]) -> str:
        name = found[1]
        if name not in records:
            raise SystemExit(f"There is no docs/results/{name}.json for the table {name}.")
        return f"<!-- table {name} -->\n{markdown(name, records)}<!-- end -->"

    return BLOCK.sub(block, text)


def typed_tables(text: str) -> list[str]:
    """Return the tables of a page that come from no record."""
    rest = FENCED.sub("", BLOCK.sub("", text))
    return [found[0] for found in TYPED.finditer(rest)]


def markdown(name: str, records: dict[str, Record]) -> str:
    """Return the lines of one table."""
    record = records[name]
    columns = record["columns"]
    lines = [columns, ["---"] * len(columns)]
    for row in record["rows"]:
        cells = _cells(row, name, records)
        lines.append([row["name"], *(shown(cells.get(column)) for column in columns[1:])])
    # A cell without words is one space wide.
    return "".join("|" + "|".join(_cell(words) for words in line) + "|\n" for line in lines)


def _cell(words: str) -> str:
    return words if words == "---" else f" {words} " if words else " "


def shown(value: object) -> str:
    """Return a cell: words as they are, numbers with one digit, intervals beside."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return f"{value['ours']:.1f} ({value['paper']:.1f})"
    if isinstance(value, list):
        return f"{value[0]:.1f} ({value[1]:.1f} – {value[2]:.1f})"
    return f"{value:.1f}" if isinstance(value, float | int) else str(value)


def _cells(row: Record, name: str, records: dict[str, Record]) -> Record:
    for key, how in (("mean_of", _mean), ("worst_of", min), ("largest_of", max)):
        if key in row:
            table = row.get("table", name)
            return {**_over_seeds(records[table], row[key], how), **row.get("cells", {})}
    if "headline_of" in row:
        return _headline(row, records)
    return dict(row.get("cells", {}))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def numbers(record: Record, run: str) -> dict[str, list[float]]:
    """Return column -> the figures of a run, one for each seed."""
    found: dict[str, list[float]] = {}
    for row in record["rows"]:
        if row.get("run") != run:
            continue
        for column, cell in row["cells"].items():
            value = cell[0] if isinstance(cell, list) else cell
            if isinstance(value, float | int):
                found.setdefault(column, []).append(value)
    return found


def _over_seeds(record: Record, run: str, how: Callable[[list[float]], float]) -> Record:
    return {column: how(values) for column, values in numbers(record, run).items()}


def _headline(row: Record, records: dict[str, Record]) -> Record:
    """Return mean and worst of one figure over seeds, and what stands beside it."""
    values = numbers(records[row["table"]], row["headline_of"]).get(row["column"], [])
    if not values:
        raise SystemExit(f"{row['table']} has no {row['column']!r} of {row['headline_of']!r}.")
    worst = max(values) if row.get("lower_is_better") else min(values)
    return {
        **row.get("cells", {}),
        "seeds": str(len(values)),
        "mean": _mean(values),
        "worst seed": worst if len(values) > 1 else "–",
    }


# -- from typed tables and reports to records


def parsed_cell(words: str) -> object:
    """Return a number or a number with its interval where the words are exactly that."""
    pair = PAIR.fullmatch(words)
    if pair:
        return {"ours": float(pair[1]), "paper": float(pair[2])}
    found = FIGURE.fullmatch(words)
    if not found:
        return words
    ends = [float(end) for end in found.groups()[1:] if end]
    value = float(found[1])
    return [value, *ends] if ends else value


def parsed_table(text: str, commands: list[str]) -> Record:
    """Return a typed table as a record."""
    lines = [
        [cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines()
    ]
    columns = lines[0]
    rows = [
        {
            "name": line[0],
            "cells": {
                column: parsed_cell(cell)
                for column, cell in zip(columns[1:], line[1:], strict=True)
                if cell
            },
        }
        for line in lines[2:]
    ]
    return {"source": ENTERED, "commands": commands, "columns": columns, "rows": rows}


def take(docs: Path, page: Path) -> list[str]:
    """Turn the typed tables of a page into records; returns their names."""
    text, names = page.read_text(encoding="utf-8"), []
    for table in typed_tables(text):
        at = text.index(table)
        heading = re.findall(r"^#+ (.*)$", text[:at], re.MULTILINE)[-1]
        name = _free_name(docs, heading)
        write_record(docs, name, parsed_table(table, _commands_after(text[at:])))
        text = text.replace(table, f"<!-- table {name} -->\n<!-- end -->\n", 1)
        names.append(name)
    write_text(page, with_tables(text, read_records(docs)))
    return names


def _commands_after(text: str) -> list[str]:
    """Return the commands of the first block of a section that begins with a table."""
    section = re.split(r"^#+ ", text, maxsplit=1, flags=re.MULTILINE)[0]
    block = re.search(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return block[1].strip().splitlines() if block else []


def _free_name(docs: Path, heading: str) -> str:
    words = re.sub(r"\(.*?\)|[^a-z0-9 -]", "", heading.lower()).split()[:4]
    names = ("-".join(words) + number for number in _numbers())
    return next(name for name in names if not (docs / "results" / f"{name}.json").exists())


def _numbers() -> Iterator[str]:
    yield ""
    yield from (f"-{number}" for number in range(2, 1000))


def add(docs: Path, arguments: argparse.Namespace) -> None:
    """Put the figures of an evaluation report into a record; a row of that name is replaced."""
    report = read_report(arguments.report)
    record = read_records(docs)[arguments.table]
    cells: Record = dict(arguments.cell)
    for column, metric in record["metrics"].items():
        value = report.metrics.get(metric, math.nan)
        if math.isfinite(value):
            ends = report.intervals.get(metric, ())
            figures = [round(number, 3) for number in (value, *ends)]
            cells[column] = figures if ends else figures[0]
    row = {"name": arguments.name, "run": arguments.run_name or arguments.name,
           "seed": arguments.seed, "cells": cells}  # fmt: skip
    kept = [one for one in record["rows"] if one["name"] != arguments.name]
    computed = [one for one in kept if any(key.endswith("_of") for key in one)]
    record["rows"] = [*(one for one in kept if one not in computed), row, *computed]
    record["commands"] = list(dict.fromkeys([*record["commands"], *arguments.command]))
    write_record(docs, arguments.table, record)


# -- commands


def write_pages(arguments: argparse.Namespace) -> None:
    """Write every table, or with --check only tell whether one is behind."""
    docs = arguments.docs
    records, behind = read_records(docs), []
    for page in pages(docs):
        text = page.read_text(encoding="utf-8")
        new = with_tables(text, records)
        typed = typed_tables(text)
        if typed and not arguments.take:
            raise SystemExit(
                f"{page.name} has a table that comes from no record:\n{typed[0]}"
                "Make a record of it: python tools/tables.py page --take"
            )
        if typed:
            print("\n".join(f"docs/results/{name}.json" for name in take(docs, page)))
        elif new != text:
            behind.append(page.name)
            if not arguments.check:
                write_text(page, new)
    if behind and arguments.check:
        raise SystemExit(
            f"{', '.join(behind)}: a table differs from its record in docs/results. Change the "
            "record, then: python tools/tables.py page"
        )


def add_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare ``page`` and ``add``."""
    page = commands.add_parser("page", help="write the tables of docs/results*.md from the records")
    page.add_argument(
        "--check", action="store_true", help="write nothing; fail where one is behind"
    )
    page.add_argument("--take", action="store_true", help="make records of tables that were typed")
    page.set_defaults(run=write_pages)
    one = commands.add_parser("add", help="put an evaluation report into a record")
    one.add_argument("report", type=Path, help="of tusk evaluate --out")
    one.add_argument("--table", required=True, help="name of the record in docs/results")
    one.add_argument("--name", required=True, help="of the row")
    one.add_argument("--run-name", default="", help="shared by the seeds of a run")
    one.add_argument("--seed", type=int, default=0)
    one.add_argument("--cell", action="append", default=[], type=_pair, metavar="COLUMN=WORDS")
    one.add_argument("--command", action="append", default=[], help="that made the report")
    one.set_defaults(run=lambda arguments: add(arguments.docs, arguments))
    for parser in (page, one):
        parser.add_argument("--docs", type=Path, default=DOCS)


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value
