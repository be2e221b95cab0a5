"""What an evaluation is asked to do, checked once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tusk_core.evaluation.joining import Joining
from tusk_core.results import PROTOCOLS, EvaluationOptions, TuskError

PREFIX = "baseline"
# Baselines that are trained first; see ``rivals``.
RIVALS = ("slots", "supervised")


@dataclass(frozen=True, slots=True)
class Task:
    """One evaluation.

    Attributes:
        model: model folder, run folder, bundled name, or a baseline such as
            ``baseline:corners?points=8&kinds=32``.
        data: a source with ground truth; for ``presence``, pictures that show the subject.
        protocol: one of ``PROTOCOLS``.
        seed: of divisions and resampling.
        device: where the model runs.
        fit: for ``landmarks``, another source whose pictures the map is fitted on; all of
            ``data`` is then scored. Empty divides the people of ``data``. For baselines that are
            trained, what they learn from.
        options: what some protocols need beside.
        joining: prototypes to join before.
    """

    model: str | Path
    data: str
    protocol: str
    seed: int = 0
    device: str = "auto"
    fit: str = ""
    options: EvaluationOptions = field(default_factory=EvaluationOptions)
    joining: Joining = field(default_factory=Joining)

    @property
    def told(self) -> str:
        """The data, as a report names them."""
        if self.fit:
            how = "trained" if is_rival(self.model) else "fitted"
            return f"{self.data} ({how} on {self.fit})"
        empty = self.options.empty
        return f"{self.data} (empty: {empty})" if empty else self.data


def is_rival(model: str | Path) -> bool:
    """Tell whether a model is a baseline that is trained first."""
    prefix, _, rest = str(model).partition(":")
    return prefix == PREFIX and rest.partition("?")[0] in RIVALS


def check_task(task: Task) -> None:
    """Refuse what cannot be done.

    Raises:
        TuskError: saying why, and what to do.
    """
    protocol, options = task.protocol, task.options
    if protocol not in PROTOCOLS:
        raise TuskError(f"There is no protocol {protocol!r}; there are {', '.join(PROTOCOLS)}.")
    if is_rival(task.model):
        _check_rival(task)
    elif task.fit and protocol != "landmarks":
        raise TuskError(
            f"Only landmarks and baselines that are trained fit something first; {protocol} takes "
            "no fit source."
        )
    if options.empty and protocol != "presence":
        raise TuskError(f"Only presence compares with empty pictures; {protocol} takes none.")
    if not options.empty and protocol == "presence":
        raise TuskError(
            "presence compares pictures with the subject with others without it. Name those "
            "without: --empty SOURCE."
        )
    if options.factored and protocol != "multi-object":
        raise TuskError(f"Only multi-object has layers to sort by form; {protocol} has none.")
    if options.radius and protocol not in {"detection", "tracking"}:
        raise TuskError(f"Only detection and tracking go by a radius; {protocol} takes none.")
    if protocol == "tracking" and not options.truth:
        raise TuskError(
            "tracking compares with who was where. Name the file that says it: --truth FILE, a CSV "
            "with frame, track, x, y or a SLEAP project."
        )
    if not 0 < options.fit_share < 1:
        raise TuskError(f"The share to fit on must lie between 0 and 1, got {options.fit_share}.")


def _check_rival(task: Task) -> None:
    if not task.fit:
        raise TuskError(
            f"{task.model} is trained first. Name the pictures it learns from, others than those "
            "it is scored on: --fit SOURCE."
        )
    if task.joining:
        raise TuskError(f"{task.model} has no prototypes to join; leave --groups out.")
