"""How the canvas shows what is open: layers, keypoint style, split view. Shared by its panels."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from tusk_app.settings import Settings


class Layer(enum.Enum):
    """A picture that lies on the canvas, from the bottom to the top."""

    PICTURE = "picture"
    RECONSTRUCTION = "reconstruction"
    SEGMENTATION = "segmentation"
    ERROR = "error"
    HEAT_MAP = "heat-map"
    TRUTH = "ground-truth"


@dataclass(frozen=True, slots=True)
class LayerStyle:
    """Whether a layer is seen, and how strongly: opacity in [0, 1]."""

    visible: bool = False
    opacity: float = 0.7


@dataclass(frozen=True, slots=True)
class OverlayStyle:
    """How keypoints are drawn.

    Attributes:
        visible: False hides them all.
        size: diameter of a marker on the screen, in logical pixels, for a score of 1.
        size_by: one size for all, or growing with the score.
        colour_by: what the colour tells; ``individual`` where tracks are known, else prototype.
        one_colour: sRGB, used when ``colour_by`` is ``one``.
        hollow: rings through which the picture is seen; else filled.
        opacity: of markers above the threshold, [0, 1].
        labels: name every keypoint, not only the one pointed at.
        below: what happens to keypoints below the threshold.
        min_score: the threshold, [0, 1].
        trail: frames of a video whose keypoints stay as fading dots; 0 leaves none.
    """

    visible: bool = True
    size: float = 18.0
    size_by: Literal["score", "fixed"] = "score"
    colour_by: Literal["prototype", "individual", "score", "one"] = "prototype"
    one_colour: tuple[int, int, int] = (255, 196, 0)
    hollow: bool = True
    opacity: float = 1.0
    labels: bool = False
    below: Literal["dim", "hide"] = "dim"
    min_score: float = 0.0
    trail: int = 0


_FIRST_LAYERS = {
    Layer.PICTURE: LayerStyle(visible=True, opacity=1.0),
    Layer.RECONSTRUCTION: LayerStyle(visible=False, opacity=1.0),
    Layer.SEGMENTATION: LayerStyle(visible=False, opacity=0.55),
    Layer.ERROR: LayerStyle(visible=False, opacity=0.75),
    Layer.HEAT_MAP: LayerStyle(visible=False, opacity=0.75),
    Layer.TRUTH: LayerStyle(visible=False, opacity=0.9),
}

# What is remembered between two starts; layers start as they are, so that nobody wonders
# why the picture is covered.
_REMEMBERED = ("size", "size_by", "colour_by", "hollow", "opacity", "below", "trail")


class DisplayModel(QObject):
    """What the overlay panel sets and the canvas shows.

    Signals:
        changed: anything changed.
        hint_changed: what the status bar should say about the pixel under the pointer (str).
    """

    changed = Signal()
    hint_changed = Signal(str)

    def __init__(self, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._layers = dict(_FIRST_LAYERS)
        self._overlay = OverlayStyle()
        self._is_split = False
        if settings is not None:
            self._load(settings)

    @property
    def overlay(self) -> OverlayStyle:
        """How keypoints are drawn."""
        return self._overlay

    @property
    def is_split(self) -> bool:
        """True while input and reconstruction lie side by side with a divider."""
        return self._is_split

    @property
    def needs_reconstruction(self) -> bool:
        """True while something of the reconstruction is on the canvas."""
        wanted = (Layer.RECONSTRUCTION, Layer.SEGMENTATION, Layer.ERROR)
        return self._is_split or any(self._layers[layer].visible for layer in wanted)

    def layer(self, layer: Layer) -> LayerStyle:
        """Return how a layer is shown."""
        return self._layers[layer]

    def change_layer(self, layer: Layer, **changes: Any) -> None:
        """Change ``visible`` or ``opacity`` of a layer."""
        style = replace(self._layers[layer], **changes)
        if style != self._layers[layer]:
            self._layers[layer] = style
            self.changed.emit()

    def change_overlay(self, **changes: Any) -> None:
        """Change fields of the keypoint style."""
        style = replace(self._overlay, **changes)
        if style != self._overlay:
            self._overlay = style
            self._save(changes)
            self.changed.emit()

    def set_split(self, split: bool) -> None:
        """Put input and reconstruction side by side, or not."""
        if split != self._is_split:
            self._is_split = split
            self.changed.emit()

    def _save(self, changes: dict[str, Any]) -> None:
        if self._settings is None:
            return
        for name in set(changes) & set(_REMEMBERED):
            self._settings.set_value(f"overlay/{name}", changes[name])

    def _load(self, settings: Settings) -> None:
        known: dict[str, Any] = {
            name: settings.value(f"overlay/{name}", getattr(self._overlay, name))
            for name in _REMEMBERED
        }
        allowed = {
            "size_by": ("score", "fixed"),
            "colour_by": ("prototype", "individual", "score", "one"),
            "below": ("dim", "hide"),
        }
        good = {n: v for n, v in known.items() if n not in allowed or v in allowed[n]}
        good["size"] = min(max(good["size"], 4.0), 64.0)
        good["trail"] = min(max(good["trail"], 0), 60)
        good["opacity"] = min(max(good["opacity"], 0.1), 1.0)
        self._overlay = replace(self._overlay, **good)
