"""What every dock and dialog is given: state and controllers, composed once by ``app.py``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tusk_app.camera.controller import CameraController
    from tusk_app.engine.inference import InferenceController
    from tusk_app.explore import ExploreControllers
    from tusk_app.parts.actions import ActionRegistry
    from tusk_app.pictures.controller import SourceController
    from tusk_app.pictures.playback import PlaybackController
    from tusk_app.settings import Settings
    from tusk_app.state.display import DisplayModel
    from tusk_app.state.document import Document
    from tusk_app.state.notices import Notices
    from tusk_app.state.prototypes import PrototypeBook
    from tusk_app.state.selection import SelectionModel
    from tusk_app.threads.jobs import JobController
    from tusk_app.training.controller import TrainingController


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
