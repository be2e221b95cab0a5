"""How many keypoints of a picture can be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.results import TuskError

if TYPE_CHECKING:
    from tusk_core.nn.model import TuskModel


def most_keypoints(model: TuskModel) -> int:
    """Return the places that a model can find keypoints at, in a picture of its training size."""
    config = model.config
    if config.is_channel_wise:
        return config.keypoints.num_keypoints
    if config.most_keypoints is not None:
        return config.most_keypoints
    columns, rows = (-(-side // model.stride) for side in (config.data.width, config.data.height))
    return columns * rows * config.prototypes.num_prototypes


def check_count(model: TuskModel, num_keypoints: int | None) -> None:
    """Refuse more keypoints of a picture than the model has places for.

    Args:
        model: any.
        num_keypoints: K; None takes the training value.

    Raises:
        TuskError: with the limit.
    """
    most, data = most_keypoints(model), model.config.data
    if num_keypoints is not None and num_keypoints > most:
        raise TuskError(
            f"At most {most} keypoints can be found in a picture by this model, which sees it at "
            f"{data.width} × {data.height} px; {num_keypoints} were asked for. Ask for fewer, or "
            "search large pictures in tiles."
        )
