"""The workbench with the controllers of all features: what the window and its commands see."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from tusk_app.workbench import Workbench

if TYPE_CHECKING:
    from tusk_app.camera.controller import CameraController
    from tusk_app.canvas.editing_controller import EditingController
    from tusk_app.canvas.region_controller import RegionController
    from tusk_app.discover.background import BackgroundController
    from tusk_app.discover.controller import DiscoverController
    from tusk_app.gallery.controller import GalleryController
    from tusk_app.map.controller import EmbeddingController
    from tusk_app.pictures.controller import SourceController
    from tusk_app.pictures.faces import KindFaces
    from tusk_app.pictures.feed import PictureFeed
    from tusk_app.pictures.patches import PatchController
    from tusk_app.pictures.side_reader import SideReader
    from tusk_app.timeline.controller import TrackingController
    from tusk_app.timeline.playback import PlaybackController
    from tusk_app.tracks.controller import TracksController
    from tusk_app.training.controller import TrainingController
    from tusk_app.training.history.controller import TimeMachineController


@runtime_checkable
class Stoppable(Protocol):
    """Something with threads or processes of its own."""

    def shutdown(self) -> bool:
        """End them for good; False if one did not end in time."""
        ...


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Workshop(Workbench):
    """Everything there is one of. A new feature adds its controller here and in ``compose``.

    Attributes:
        sources: opens pictures and makes thumbnails.
        patches: small pictures around detections.
        faces: the face of each kind.
        side_reader: single pictures for panels beside the canvas.
        training: runs.
        time_machine: earlier checkpoints of the run.
        discover: kinds that recur in the open pictures.
        background: kinds that look like background.
        gallery: prototype tiles.
        embedding: the map.
        tracking: presence of prototypes over time.
        tracks: individuals over time.
        editing: keypoints changed by hand.
        region: where keypoints of the open pictures count.
        feed: brings the picture asked for.
        playback: plays the pictures.
        camera: cameras and their stand-ins.
    """

    sources: SourceController
    patches: PatchController
    faces: KindFaces
    side_reader: SideReader
    training: TrainingController
    time_machine: TimeMachineController
    discover: DiscoverController
    background: BackgroundController
    gallery: GalleryController
    embedding: EmbeddingController
    tracking: TrackingController
    tracks: TracksController
    editing: EditingController
    region: RegionController
    feed: PictureFeed
    playback: PlaybackController
    camera: CameraController

    def shut_down(self) -> list[str]:
        """End every thread and process, those that feed others first; names of the late ones."""
        late = []
        for field in reversed(fields(self)):
            part = getattr(self, field.name)
            if isinstance(part, Stoppable) and not part.shutdown():
                late.append(field.name)
        return late
