"""The controllers of the Explore screens, made together because they share one analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tusk_app.canvas.editing_controller import EditingController
from tusk_app.engine.analysis import AnalysisController
from tusk_app.engine.links import LinkController
from tusk_app.gallery.controller import GalleryController
from tusk_app.map.controller import EmbeddingController
from tusk_app.pictures.side_reader import SideReader
from tusk_app.timeline.controller import TrackingController
from tusk_app.training.history.controller import TimeMachineController

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_app.engine.inference import InferenceController
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_app.state.selection import SelectionModel
    from tusk_app.threads.jobs import JobController


@dataclass(frozen=True, slots=True, eq=False)
class ExploreControllers:
    """What the Explore docks work with.

    Attributes:
        analysis: detections over all pictures.
        links: one selection through all panels.
        embedding: the map.
        gallery: prototype tiles and patches.
        editing: keypoints changed by hand.
        time_machine: earlier checkpoints of the run.
        side_reader: single pictures for panels beside the canvas.
        tracking: presence of prototypes over time.
    """

    analysis: AnalysisController
    links: LinkController
    embedding: EmbeddingController
    gallery: GalleryController
    editing: EditingController
    time_machine: TimeMachineController
    side_reader: SideReader
    tracking: TrackingController

    def shutdown(self) -> bool:
        """End all threads and processes; False if one did not end."""
        ended = [
            self.embedding.shutdown(),
            self.gallery.shutdown(),
            self.analysis.shutdown(),
            self.editing.shutdown(),
            self.time_machine.shutdown(),
            self.side_reader.shutdown(),
            self.tracking.shutdown(),
        ]
        return all(ended)


def make_explore_controllers(
    *,
    document: Document,
    selection: SelectionModel,
    prototypes: PrototypeBook,
    notices: Notices,
    inference: InferenceController,
    jobs: JobController,
    folder: Path,
) -> ExploreControllers:
    """Build them; results and maps are kept under ``folder`` (the user's cache)."""
    analysis = AnalysisController(document, prototypes, notices, jobs, folder / "analyses")
    return ExploreControllers(
        analysis=analysis,
        links=LinkController(document, selection, analysis, prototypes, notices),
        embedding=EmbeddingController(document, notices, folder / "maps"),
        gallery=GalleryController(document, prototypes, notices, analysis, inference),
        editing=EditingController(document, selection, inference),
        time_machine=TimeMachineController(document, notices),
        side_reader=SideReader(),
        tracking=TrackingController(document, prototypes, analysis, notices),
    )
