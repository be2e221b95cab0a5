"""From what the door hands out to what the engine behind it works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tusk_core.data.base_source import BaseSource
    from tusk_core.inference.predictor import TorchPredictor
    from tusk_core.interfaces import PictureSource, Predictor


def own_predictor(predictor: Predictor) -> TorchPredictor:
    """Return the engine's own predictor.

    Raises:
        TypeError: if it was not opened by ``open_predictor``.
    """
    from tusk_core.inference.predictor import TorchPredictor

    if not isinstance(predictor, TorchPredictor):
        raise TypeError("A model is needed that open_predictor returned.")
    return predictor


def own_source(source: PictureSource) -> BaseSource:
    """Return the engine's own source.

    Raises:
        TypeError: if it was not opened by ``open_source``.
    """
    from tusk_core.data.base_source import BaseSource

    if not isinstance(source, BaseSource):
        raise TypeError("Pictures are needed that open_source returned.")
    return source
