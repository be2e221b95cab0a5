"""Published data sets by name. To add one: a file with an opener, a line here, a test.

==========================  ====================================================================
``mnist-hard:FOLDER``       ``?split=train|valid|test``: MIST's release
``tetrominoes:FILE``        ``?split=all|train|test``: .tfrecords or .h5
``clevr6:FILE``             the same, CLEVR with masks, at most six objects, middle 192 × 192
``clevr:FILE``              the same without that filter
``celeba:FOLDER``           ``?split=train|mafl-train|mafl-test``
``h36m:FOLDER``             ``?split=train|test``: Human3.6M as prepared
==========================  ====================================================================

A folder with ``annotations.json`` (COCO) or ``landmarks.csv`` needs no name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tusk_core.data.celeba import open_celeba
from tusk_core.data.coco import CocoSource, is_coco_folder
from tusk_core.data.h36m import open_h36m
from tusk_core.data.landmarks import (
    is_landmark_folder,
    labelled_frames_among,
    open_landmark_folder,
)
from tusk_core.data.mnist_hard import open_mnist_hard
from tusk_core.data.multi_object import open_multi_object
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tusk_core.data.base_source import BaseSource
    from tusk_core.data.folders import FileSource
    from tusk_core.data.source_names import SourceName

DATASETS: dict[str, Callable[[SourceName], BaseSource]] = {
    "mnist-hard": open_mnist_hard,
    "tetrominoes": open_multi_object,
    "clevr6": open_multi_object,
    "clevr": open_multi_object,
    "celeba": open_celeba,
    "h36m": open_h36m,
}


def open_dataset(name: SourceName) -> BaseSource:
    """Open ``NAME:PATH?split=train``.

    Raises:
        SourceError: if the files are not as published.
    """
    if not name.target:
        raise SourceError(
            f"{name.prefix}: needs the path of its files, such as {name.prefix}:PATH."
        )
    return DATASETS[name.prefix](name)


def open_known_folder(text: str, folder: Path) -> BaseSource | None:
    """Open a folder that holds a data set in a form this program knows; None if it does not.

    Raises:
        SourceError: if it does, but is damaged.
    """
    if is_coco_folder(folder):
        return CocoSource(text, folder)
    if is_landmark_folder(folder):
        return open_landmark_folder(text, folder)
    return None


def open_by_tables(text: str, folder: Path, tables: Sequence[str]) -> FileSource | None:
    """Open a folder whose CSV files are a data set; None if they are not.

    Raises:
        SourceError: if they are, but damaged.
    """
    table = labelled_frames_among(tables)
    return None if table is None else open_landmark_folder(text, folder, table)
