"""An evaluation as JSON and as a plain table, with the paper's figure beside it."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from tusk_core.atomic import write_text
from tusk_core.results import EvaluationReport, SourceError

if TYPE_CHECKING:
    from pathlib import Path

REPORT_SCHEMA = 1
WORST_SHOWN = 5


def report_to_dict(report: EvaluationReport) -> dict[str, Any]:
    """Return the report as plain values for JSON; a number that is not known becomes None."""
    return {
        "report_schema": REPORT_SCHEMA,
        "protocol": report.protocol,
        "model": report.model,
        "data": report.data,
        "counts": dict(report.counts),
        "metrics": {name: _plain(value) for name, value in report.metrics.items()},
        "intervals": {name: [_plain(v) for v in ends] for name, ends in report.intervals.items()},
        "reference": {name: _plain(value) for name, value in report.reference.items()},
        "tables": {
            name: [[_plain(v) for v in row] for row in t] for name, t in report.tables.items()
        },
        "columns": {name: list(names) for name, names in report.columns.items()},
        "worst": list(report.worst),
    }


def _plain(value: float) -> float | None:
    return round(float(value), 6) if math.isfinite(value) else None


def _known(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def report_from_dict(values: dict[str, Any]) -> EvaluationReport:
    """Return the report that ``report_to_dict`` wrote.

    Raises:
        SourceError: if the values are not a report of this program.
    """
    try:
        if int(values["report_schema"]) > REPORT_SCHEMA:
            raise SourceError("This report was written by a newer version of TUSK; update TUSK.")
        return EvaluationReport(
            protocol=str(values["protocol"]),
            model=str(values["model"]),
            data=str(values["data"]),
            metrics={k: _known(v) for k, v in values["metrics"].items()},
            intervals={k: (_known(v[0]), _known(v[1])) for k, v in values["intervals"].items()},
            reference={k: _known(v) for k, v in values["reference"].items()},
            counts={k: int(v) for k, v in values["counts"].items()},
            tables={
                k: [[_known(v) for v in row] for row in t] for k, t in values["tables"].items()
            },
            worst=tuple(str(name) for name in values["worst"]),
            columns={k: tuple(map(str, v)) for k, v in values.get("columns", {}).items()},
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise SourceError(
            "This file is not an evaluation report; write one with `tusk evaluate`."
        ) from error


def write_report(report: EvaluationReport, path: Path) -> None:
    """Write the report as JSON, whole or not at all.

    Raises:
        SourceError: if the disk refuses it.
    """
    text = json.dumps(report_to_dict(report), indent=1, ensure_ascii=False, allow_nan=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, text + "\n")
    except OSError as error:
        raise SourceError(f"{path} cannot be written: {error.strerror or error}.") from error


def read_report(path: Path) -> EvaluationReport:
    """Read a report written by ``write_report``.

    Raises:
        SourceError: if it cannot be read or is none.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(f"{path} cannot be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"{path} is not a JSON file, so it is not an evaluation report."
        ) from error
    if not isinstance(values, dict):
        raise SourceError(f"{path} is not an evaluation report; write one with `tusk evaluate`.")
    return report_from_dict(values)


def format_report(report: EvaluationReport) -> str:
    """Return the report as lines of plain text: one metric a line, the paper's figure last."""
    width = max([len(_words(name)) for name in report.metrics] + [len("metric")])
    lines = [
        f"{report.protocol}: {report.model} on {report.data}",
        ", ".join(f"{_words(name)} {value}" for name, value in report.counts.items()),
        "",
        f"{'metric':<{width}}  {'value':>7}  {'95 % interval':>15}  {'paper':>6}",
    ]
    lines += [_metric_line(report, name, width) for name in report.metrics]
    if report.worst:
        lines += ["", "worst pictures: " + ", ".join(report.worst[:WORST_SHOWN])]
    return "\n".join(lines)


def _metric_line(report: EvaluationReport, name: str, width: int) -> str:
    value = report.metrics[name]
    shown = f"{value:.2f}" if math.isfinite(value) else "–"
    low, high = report.intervals.get(name, (math.nan, math.nan))
    ends = f"{low:.2f} – {high:.2f}" if math.isfinite(low) and math.isfinite(high) else ""
    paper = report.reference.get(name, math.nan)
    beside = f"{paper:.1f}" if math.isfinite(paper) else ""
    return f"{_words(name):<{width}}  {shown:>7}  {ends:>15}  {beside:>6}".rstrip()


def _words(name: str) -> str:
    return name.replace("_", " ")
