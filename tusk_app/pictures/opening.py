"""A source opened once more, by a reader of its own, and shown as the open one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core import api

if TYPE_CHECKING:
    from tusk_core.config import DataConfig


def open_as(
    source: str, shown_as: DataConfig | None, like: api.PictureSource | None = None
) -> api.OpenedSource:
    """Open pictures.

    Args:
        source: as typed.
        shown_as: channels, and what is black and white; None leaves it to the pictures.
        like: the same pictures, open already, so that they need not be looked for.

    Raises:
        SourceError: if there is nothing readable there.
    """
    opened = api.open_source(source) if like is None else api.open_again(like)
    if shown_as is not None:
        opened.use_settings(shown_as)
    return opened
