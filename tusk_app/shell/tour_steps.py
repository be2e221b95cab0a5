"""What the tour shows, in six stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_app.parts.words import say
from tusk_app.shell.layouts import DATA, EXPLORE, TRAIN
from tusk_app.shell.tour import TourStep

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from tusk_app.shell.host import Host


def tour_steps(window: Host) -> tuple[TourStep, ...]:
    """Return the stops of the tour over ``window``."""
    layouts, actions = window.layouts, window.workbench.actions

    def button(name: str) -> QWidget | None:
        return window.menus.tool_bar.widgetForAction(actions.get(name)) if name in actions else None

    def dock(module: str) -> QWidget | None:
        return window.docks.get(module)

    def show(workspace: str, module: str) -> None:
        layouts.switch(workspace)
        layouts.show_dock(module)

    def canvas_or_inspector() -> QWidget | None:
        return window.canvas if window.canvas.isVisible() else dock("inspector")

    return (
        TourStep(
            "Begin with your pictures",
            "Open a folder of pictures here, or drop one on the window; the next button opens a "
            "video. No labels are needed. The sample makes its own pictures, so that you can try "
            "everything at once.",
            lambda: layouts.switch(DATA),
            lambda: button("file.open-images"),
        ),
        TourStep(
            "All pictures in a list",
            "Click one to see it large. Type a part of a name to find it. While the large picture "
            "has the focus, the arrow keys go from one to the next.",
            lambda: show(DATA, "source"),
            lambda: dock("source"),
        ),
        TourStep(
            "Train",
            "Choose one of a few ready recipes and press Start. You can pause, stop and keep, or "
            "resume another day; the window never freezes.",
            lambda: layouts.switch(TRAIN),
            lambda: button("model.train"),
        ),
        TourStep(
            "Watch it learn",
            say(
                "Curves fall, and eight pictures are drawn again from their [points] alone. The "
                "bars show how often each [kind] is used: each means one kind of part."
            ),
            lambda: show(TRAIN, "training"),
            lambda: dock("training"),
        ),
        TourStep(
            "Look closely",
            say(
                "Every [point] has the colour and shape of its [kind], everywhere. Hover over one "
                "for its numbers; hold H to see the picture alone; drag the sliders for more."
            ),
            lambda: show(DATA, "inspector"),
            canvas_or_inspector,
        ),
        TourStep(
            "Explore what was found",
            say(
                "Lay all [points] out in a map, lasso some, and see their patches in the gallery. "
                "Picture, map and gallery always show the same selection. Ctrl+Shift+P finds every "
                "command by its name."
            ),
            lambda: show(EXPLORE, "embedding"),
            lambda: dock("embedding"),
        ),
    )
