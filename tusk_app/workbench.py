"""What every panel is given: the shared state, the engine, and the way to its own controller."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tusk_app.engine.analysis import AnalysisController
    from tusk_app.engine.detections import Detections
    from tusk_app.engine.engine import Engine
    from tusk_app.engine.links import LinkController
    from tusk_app.engine.live import LiveInference
    from tusk_app.parts.actions import ActionRegistry
    from tusk_app.settings import Settings
    from tusk_app.state.display import DisplayModel
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_app.state.selection import SelectionModel
    from tusk_app.state.wants import Wants
    from tusk_app.threads.jobs import JobController

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Workbench:
    """The parts that panels share; ``shell/workshop.py`` adds those that belong to features.

    Attributes:
        settings: what is remembered.
        actions: every command.
        document: what is open.
        selection: what is selected and pointed at.
        prototypes: names, colours and merges.
        display: what the canvas shows, and how.
        wants: what panels need of every picture shown.
        notices: the way to the user.
        engine: the open model.
        detections: what is known of the open pictures.
        live: the running camera and what is found in its frames.
        analysis: detections over all pictures.
        links: one selection through all panels.
        jobs: long work with progress and cancel.
    """

    settings: Settings
    actions: ActionRegistry
    document: Document
    selection: SelectionModel
    prototypes: PrototypeBook
    display: DisplayModel
    wants: Wants
    notices: Notices
    engine: Engine
    detections: Detections
    live: LiveInference
    analysis: AnalysisController
    links: LinkController
    jobs: JobController

    def part(self, kind: type[T]) -> T:
        """Return the one part of this class: how a feature finds its own controller.

        Raises:
            LookupError: if there is none.
        """
        for field in fields(self):
            part = getattr(self, field.name)
            if isinstance(part, kind):
                return part
        raise LookupError(f"the workbench has no {kind.__name__}")
