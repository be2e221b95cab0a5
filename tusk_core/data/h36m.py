"""Human3.6M as prepared for TUSK: cropped frames on white, lists, and ``cropped_pose.h5``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tusk_core.data.landmarks import LandmarkSource, LandmarkTruth, numbered_groups
from tusk_core.data.source_names import SourceName, check_options, one_of, user_path
from tusk_core.data.text_lists import inside, lines_of
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

JOINTS = 32


def import_h5py() -> Any:
    """Return h5py.

    Raises:
        SourceError: if it is not installed.
    """
    try:
        import h5py  # noqa: PLC0415 - the engine runs without it
    except ImportError as error:
        raise SourceError(
            "HDF5 files need the package h5py, which is not installed: pip install h5py."
        ) from error
    return h5py


def open_h36m(name: SourceName) -> LandmarkSource:
    """Open ``h36m:FOLDER?split=train|test``: 32 joints, pixels of the 224×224 pictures.

    ``FOLDER`` (or ``FOLDER/crop_foreground_h36m``) holds ``train_img_list.txt``,
    ``test_img_list.txt``, ``cropped_pose.h5`` and the pictures the lists name. Subjects are the
    groups, from ``S9`` and the like in the path.

    Raises:
        SourceError: if the files are not as prepared.
    """
    check_options(name, ("split",))
    split = one_of(name, "split", "train", ("train", "test"))
    root = user_path(name.target)
    if not (root / "cropped_pose.h5").is_file() and (root / "crop_foreground_h36m").is_dir():
        root /= "crop_foreground_h36m"
    h5py = import_h5py()
    try:
        names = inside(lines_of(root / f"{split}_img_list.txt"))
        with h5py.File(root / "cropped_pose.h5", "r") as file:
            poses = [_pose(file, one) for one in names]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"Human3.6M cannot be read from {root} ({error}). It needs {split}_img_list.txt and "
            "cropped_pose.h5 with 64 numbers for each picture."
        ) from error
    groups, known = numbered_groups([_subject(one) for one in names])
    joints = tuple(f"joint {number:02d}" for number in range(JOINTS))
    xy = np.array(poses, np.float32).reshape(-1, JOINTS, 2)
    source = f"h36m:{name.target}?split={split}"
    return LandmarkSource(source, root, names, LandmarkTruth(joints, xy, groups, known))


def _pose(file: Any, name: str) -> NDArray[np.float32]:
    values = np.asarray(file[name], np.float32).ravel()
    if values.size != 2 * JOINTS:
        raise ValueError(f"{name} has {values.size} numbers")
    return values


def _subject(name: str) -> str:
    parts = name.replace("\\", "/").replace("_", "/").split("/")
    return next((part for part in parts if part[:1] == "S" and part[1:].isdigit()), "")
