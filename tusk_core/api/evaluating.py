"""Scoring a model against a truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.results import PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tusk_core.control import RunControl
    from tusk_core.events import JobProgress
    from tusk_core.results import EvaluationOptions, EvaluationReport


def evaluate(  # noqa: PLR0913 - what most calls name stands beside the rest
    model: str | Path,
    data: str,
    protocol: str,
    control: RunControl | None = None,
    *,
    seed: int = 0,
    fit: str = "",
    groups: int = 0,
    merged: dict[int, int] | None = None,
    options: EvaluationOptions | None = None,
    device: str = "auto",
) -> Iterator[JobProgress | EvaluationReport]:
    """Score a model by one of its protocols; the report comes last.

    Args:
        model: folder, run, bundled name or baseline.
        data: a source with ground truth; for ``presence``, pictures that show the subject.
        protocol: one of ``evaluation_protocols``.
        control: stops the pass.
        seed: of divisions and resampling.
        fit: for ``landmarks``, a source of other people to fit the map on.
        groups: first join prototypes that are alike until this many are left; 0 joins none.
        merged: or join prototypes so: prototype -> the one it is counted as.
        options: what some protocols need beside; None takes what is usual.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
    """
    from tusk_core.evaluation.joining import Joining
    from tusk_core.evaluation.protocols import evaluate_model
    from tusk_core.evaluation.task import Task
    from tusk_core.results import EvaluationOptions

    task = Task(
        model,
        data,
        protocol,
        seed=seed,
        device=device,
        fit=fit,
        options=options or EvaluationOptions(),
        joining=Joining(groups, merged or {}),
    )
    return evaluate_model(task, control)


def evaluation_protocols() -> tuple[str, ...]:
    """Return the protocols that ``evaluate`` knows."""
    return PROTOCOLS


def save_report(report: EvaluationReport, path: Path) -> None:
    """Write an evaluation as JSON.

    Raises:
        SourceError: if the disk refuses it.
    """
    from tusk_core.evaluation.report import write_report

    write_report(report, path)


def load_report(path: Path) -> EvaluationReport:
    """Read an evaluation written by ``save_report`` or ``tusk evaluate``.

    Raises:
        SourceError: if it cannot be read or is none.
    """
    from tusk_core.evaluation.report import read_report

    return read_report(path)


def report_text(report: EvaluationReport) -> str:
    """Return an evaluation as a table in plain text, the paper's figures beside ours."""
    from tusk_core.evaluation.report import format_report

    return format_report(report)
