"""What every dock and dialog is given: state and controllers, composed once by ``app.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tusk_app.actions import ActionRegistry
    from tusk_app.controllers.camera_controller import CameraController
    from tusk_app.controllers.explore_controllers import ExploreControllers
    from tusk_app.controllers.inference_controller import InferenceController
    from tusk_app.controllers.job_controller import JobController
    from tusk_app.controllers.playback_controller import PlaybackController
    from tusk_app.controllers.source_controller import SourceController
    from tusk_app.controllers.training_controller import TrainingController
    from tusk_app.models.display import DisplayModel
    from tusk_app.models.document import Document
    from tusk_app.models.notices import Notices
    from tusk_app.models.prototypes import PrototypeBook
    from tusk_app.models.selection import SelectionModel
    from tusk_app.settings import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Workbench:
    """The parts that panels share.

    Attributes:
        settings: what is remembered.
        actions: every command.
        selection: what is selected and pointed at.
        prototypes: names, colours and merges.
        document: what is open.
        notices: the way to the user.
        sources: opens pictures and makes thumbnails.
        training: runs.
        inference: the open model.
        jobs: long work with progress and cancel.
        camera: cameras and their stand-ins.
        playback: brings the picture asked for, and plays.
        display: what the canvas shows, and how.
        explore: analysis, links, map, gallery, editing and time machine.
    """

    settings: Settings
    actions: ActionRegistry
    selection: SelectionModel
    prototypes: PrototypeBook
    document: Document
    notices: Notices
    sources: SourceController
    training: TrainingController
    inference: InferenceController
    jobs: JobController
    camera: CameraController
    playback: PlaybackController
    display: DisplayModel
    explore: ExploreControllers
