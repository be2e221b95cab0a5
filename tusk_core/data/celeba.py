"""CelebA in the wild with the lists of MAFL, filtered by the size of the face.

``FOLDER`` (or ``FOLDER/CelebA``) holds ``img_celeba/``, ``Anno/list_bbox_celeba.txt``,
``Anno/list_landmarks_celeba.txt`` and ``Eval/list_eval_partition.txt``; the MAFL lists are
``MAFL_train.txt`` and ``MAFL_test.txt`` there, or ``MAFL/training.txt`` and ``MAFL/testing.txt``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tusk_core.data.landmarks import LandmarkSource, LandmarkTruth, numbered_groups
from tusk_core.data.pictures import read_size
from tusk_core.data.source_names import SourceName, check_options, one_of, user_path
from tusk_core.data.text_lists import inside, lines_of
from tusk_core.results import SourceError

LANDMARKS = ("left_eye", "right_eye", "nose", "left_mouth", "right_mouth")
_LEAST_SHARE = 0.3
_MAFL = {
    "mafl-train": ("MAFL_train.txt", "MAFL/training.txt", "training.txt"),
    "mafl-test": ("MAFL_test.txt", "MAFL/testing.txt", "testing.txt"),
}


def open_celeba(name: SourceName) -> LandmarkSource:
    """Open ``celeba:FOLDER?split=train|mafl-train|mafl-test``.

    ``train`` is CelebA's training part without MAFL's test pictures. In every split only pictures
    in which the face's box covers more than 0.3 of the picture are kept. ``test`` is short for
    ``mafl-test``.

    Raises:
        SourceError: if the files are not as published.
    """
    check_options(name, ("split",))
    split = one_of(name, "split", "train", ("train", "test", *_MAFL))
    split = "mafl-test" if split == "test" else split
    root = user_path(name.target)
    if not (root / "Anno").is_dir() and (root / "CelebA").is_dir():
        root /= "CelebA"
    try:
        landmarks = _table(root / "Anno" / "list_landmarks_celeba.txt", 10, header=True)
        boxes = _table(root / "Anno" / "list_bbox_celeba.txt", 4, header=True)
        listed = [one for one in inside(_listed(root, split)) if one in landmarks and one in boxes]
        names = _with_large_faces(root, listed, boxes)
        identities = root / "Anno" / "identity_CelebA.txt"
        people = _table(identities, 1, header=False) if identities.is_file() else {}
    except (OSError, ValueError, KeyError) as error:
        raise SourceError(
            f"CelebA cannot be read from {root} ({error}). It needs img_celeba/, Anno/, Eval/ and "
            "the lists of MAFL, as published."
        ) from error
    if not names:
        raise SourceError(f"No picture of CelebA in {root} passes the filter for {split}.")
    xy = np.array([landmarks[one] for one in names], np.float32).reshape(-1, 5, 2)
    persons = [str(int(people.get(one, [-1])[0])) for one in names]
    groups, known = numbered_groups(persons)
    if not people:
        groups, known = groups - 1, ()
    truth = LandmarkTruth(LANDMARKS, xy, groups, known)
    source = f"celeba:{name.target}?split={split}"
    return LandmarkSource(source, root / "img_celeba", names, truth)


def _table(path: Path, columns: int, *, header: bool) -> dict[str, list[float]]:
    """Return name -> numbers of one of CelebA's lists; two lines of header where there is one."""
    rows: dict[str, list[float]] = {}
    for line in lines_of(path)[2 if header else 0 :]:
        name, *values = line.split()
        if len(values) != columns:
            raise ValueError(f"{path.name} has {len(values)} numbers for {name}, not {columns}")
        rows[name] = [float(value) for value in values]
    return rows


def _listed(root: Path, split: str) -> list[str]:
    if split != "train":
        return _mafl(root, split)
    held_out = set(_mafl(root, "mafl-test"))
    parts = _table(root / "Eval" / "list_eval_partition.txt", 1, header=False)
    return [name for name, (part,) in parts.items() if part == 0 and name not in held_out]


def _mafl(root: Path, split: str) -> list[str]:
    places = [folder / name for folder in (root, root.parent) for name in _MAFL[split]]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise FileNotFoundError(f"the list {_MAFL[split][0]} is missing")
    return [line.split()[0] for line in lines_of(path)]


def _with_large_faces(root: Path, names: list[str], boxes: dict[str, list[float]]) -> list[str]:
    """Keep pictures whose face box covers enough; sizes from the list, or from the headers."""
    path = root / "list_imsize_celeba.txt"
    sizes = _table(path, 2, header=False) if path.is_file() else {}
    kept = []
    for name in names:
        if name in sizes:
            height, width = sizes[name]
        else:
            width, height = read_size(root / "img_celeba" / name)
        _, _, across, down = boxes[name]
        if across * down > _LEAST_SHARE * width * height:
            kept.append(name)
    return kept
