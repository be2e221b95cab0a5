"""A ``SampleBatch`` on disk: written by appending, opened as memory-mapped arrays."""

from __future__ import annotations

import json
import secrets
import shutil
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.data.sample import SampleBatch, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_IMAGES, _MASKS, _OBJECTS, _FACTS = "images.u8", "masks.u8", "objects.npz", "facts.json"
_ATTRIBUTE = "attribute_"


def write_store(folder: Path, batches: Iterable[SampleBatch]) -> None:
    """Write batches of equal picture size, with masks, one after the other.

    Args:
        folder: to make; replaced when all is written.
        batches: at least one.

    Raises:
        OSError: if the disk is full or refuses.
        ValueError: if there is no batch.
    """
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.tmp")
    tables: dict[str, list[np.ndarray]] = {}
    shape: tuple[int, ...] = ()
    names = Vocabulary(())
    count = 0
    try:
        temporary.mkdir(parents=True)
        with (temporary / _IMAGES).open("wb") as images, (temporary / _MASKS).open("wb") as masks:
            for batch in batches:
                assert batch.masks is not None
                images.write(np.ascontiguousarray(batch.images).data)
                masks.write(np.ascontiguousarray(batch.masks).data)
                for name, values in _tables(batch).items():
                    tables.setdefault(name, []).append(values)
                shape, names, count = batch.images.shape[1:], batch.vocabulary, count + len(batch)
        if count == 0:
            raise ValueError("there are no pictures")
        joined = {name: np.concatenate(parts) for name, parts in tables.items()}
        np.savez(temporary / _OBJECTS, allow_pickle=False, **joined)
        facts = {
            "shape": [count, *shape],
            "categories": names.categories,
            "attributes": names.attributes,
        }
        (temporary / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _tables(batch: SampleBatch) -> dict[str, np.ndarray]:
    return {
        "present": batch.present,
        "xy": batch.xy,
        "boxes": batch.boxes,
        "categories": batch.categories,
        **{_ATTRIBUTE + name: values for name, values in batch.attributes.items()},
    }


def open_store(folder: Path) -> SampleBatch | None:
    """Open what ``write_store`` wrote; None if there is none or it is not whole."""
    try:
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        shape = tuple(int(side) for side in facts["shape"])
        images = np.memmap(folder / _IMAGES, np.uint8, "r", shape=shape)
        masks = np.memmap(folder / _MASKS, np.uint8, "r", shape=shape[:3])
        with np.load(folder / _OBJECTS, allow_pickle=False) as arrays:
            tables = {name: arrays[name] for name in arrays.files}
        vocabulary = Vocabulary(
            tuple(facts["categories"]),
            {name: tuple(values) for name, values in facts["attributes"].items()},
        )
        return SampleBatch(
            images=images,
            masks=masks,
            present=tables["present"],
            xy=tables["xy"],
            boxes=tables["boxes"],
            categories=tables["categories"],
            attributes={name: tables[_ATTRIBUTE + name] for name in vocabulary.attributes},
            vocabulary=vocabulary,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
