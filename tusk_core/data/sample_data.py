"""Writing made-up data sets with ground truth: ``tusk sample-data``."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tusk_core.atomic import new_folder, write_text
from tusk_core.data.coco import ANNOTATIONS, coco_entries
from tusk_core.data.generated import SAMPLE_NAMES, open_generated
from tusk_core.data.pictures import encode_picture
from tusk_core.data.source_names import parse_source
from tusk_core.events import JobProgress
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tusk_core.data.generated import GeneratedSource

_BLOCK = 32
_MOST = 1_000_000


def write_sample_data(
    name: str, *, count: int, seed: int, out: Path, digits: Path | None = None
) -> Iterator[JobProgress]:
    """Write a COCO data set of made-up pictures; see ``coco`` for its layout.

    It appears under ``out`` when it is whole; a job given up leaves nothing behind.

    Args:
        name: ``tetrominoes``, ``digits`` or ``solids``; options may follow, as in
            ``digits?split=test`` or ``solids?size=256``.
        count: pictures.
        seed: of the set; the same seed gives the same pictures.
        out: folder to make; may exist if it is empty.
        digits: NPZ or IDX file for ``digits``; None takes the bundled ones.

    Raises:
        SourceError: if there is no such sample, ``out`` is in use or cannot be written.
    """
    source = _generator(name, count, seed, digits)
    with new_folder(out) as temporary:
        (temporary / "images").mkdir()
        yield from _written(source, temporary)
    yield JobProgress(count, count, f"{count} pictures are in {out}.", 0.0)


def _generator(name: str, count: int, seed: int, digits: Path | None) -> GeneratedSource:
    if not 1 <= count <= _MOST:
        raise SourceError(f"The number of pictures must be from 1 to {_MOST}, got {count}.")
    parsed = parse_source(f"sample:{name.removeprefix('sample:')}", frozenset({"sample"}))
    if parsed.target not in SAMPLE_NAMES:
        raise SourceError(f"There is no sample {name!r}; there are {', '.join(SAMPLE_NAMES)}.")
    parsed.options.update(count=str(count), seed=str(seed))
    if digits is not None:
        if parsed.target != "digits":
            raise SourceError(f"{parsed.target} have no digits; leave --digits out.")
        parsed.options["digits"] = str(digits)
    return open_generated(parsed)


def _written(source: GeneratedSource, folder: Path) -> Iterator[JobProgress]:
    started = time.monotonic()
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for start in range(0, len(source), _BLOCK):
        batch = source.batch(start, min(start + _BLOCK, len(source)))
        for row in range(len(batch)):
            file_name = f"{start + row:06d}.png"
            (folder / "images" / file_name).write_bytes(encode_picture(batch.images[row]))
            if batch.masks is not None:
                (folder / "masks").mkdir(exist_ok=True)
                (folder / "masks" / file_name).write_bytes(encode_picture(batch.masks[row]))
        more_images, more_annotations = coco_entries(batch, start, len(annotations) + 1)
        images += more_images
        annotations += more_annotations
        done = start + len(batch)
        remaining = (time.monotonic() - started) / done * (len(source) - done)
        yield JobProgress(done, len(source), f"Writing picture {done}.", remaining)
    categories = [
        {
            "id": index,
            "name": name,
            "supercategory": source.sample_name,
            "keypoints": ["centre"],
            "skeleton": [],
        }
        for index, name in enumerate(source.vocabulary.categories)
    ]
    content = {
        "info": {
            "description": f"{source.sample_name}, made by TUSK",
            "version": "1",
            "source": source.source,
        },
        "licenses": [],
        "images": images,
        "annotations": annotations,
        "categories": categories,
    }
    write_text(folder / ANNOTATIONS, json.dumps(content))
