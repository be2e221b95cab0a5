"""What one run was asked to do: the values that its opening, its loop and its record share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.config import TrainConfig
    from tusk_core.control import RunControl
    from tusk_core.nn.distributed import Team
    from tusk_core.results import DeviceInfo
    from tusk_core.runs.folder import RunFolder


@dataclass(frozen=True, slots=True, eq=False)
class RunTask:
    """One run before its first event.

    Attributes:
        config: its settings.
        control: stop, pause and save.
        folder: where it writes; exists already.
        team: the processes that train it together.
        device: what this process computes on.
        is_resumed: whether it continues from its newest checkpoint.
        start_from: model folder whose weights it begins with, or None.
    """

    config: TrainConfig
    control: RunControl
    folder: RunFolder
    team: Team
    device: DeviceInfo
    is_resumed: bool = False
    start_from: str | Path | None = None
