"""The layout Hugging Face knows: weights, settings and a model card that tells how to use them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tusk_core import __version__
from tusk_core.atomic import filling, write_text
from tusk_core.inference.export.packages import ExportError
from tusk_core.inference.model_paths import find_model
from tusk_core.kind_edits import FILE_NAME as KIND_EDITS
from tusk_core.nn.model_files import CARD, SETTINGS, WEIGHTS, load_model
from tusk_core.prototype_names import FILE_NAME
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from pathlib import Path

    from tusk_core.nn.model_files import ModelMeta


def export_folder(model: str | Path, out: Path) -> list[Path]:
    """Copy a model and the names of its prototypes, not its training state; write its card.

    Args:
        model: folder, run or bundled name; checked before it is copied.
        out: folder, made if missing.

    Returns:
        the files written.

    Raises:
        ModelFileError: if the model cannot be opened.
        ExportError: if ``out`` is the model itself or a file.
        SourceError: if the disk refuses it.
    """
    source = find_model(model)
    _, meta = load_model(source)
    if out.is_file() or (out.exists() and out.resolve() == source.resolve()):
        raise ExportError(f"{out} cannot be the target; give a new folder.")
    try:
        with filling(out) as folder:
            for name in (WEIGHTS, SETTINGS, FILE_NAME, KIND_EDITS):
                if (source / name).is_file():
                    shutil.copyfile(source / name, folder / name)
            write_text(folder / CARD, model_card(meta, has_names=(folder / FILE_NAME).is_file()))
    except OSError as error:
        raise SourceError(f"{out} cannot be written: {error.strerror or error}.") from error
    written = [out / name for name in (WEIGHTS, SETTINGS, CARD, FILE_NAME, KIND_EDITS)]
    return [path for path in written if path.is_file()]


def model_card(meta: ModelMeta, *, has_names: bool) -> str:
    """Return a model card in Markdown with Hugging Face's header."""
    config = meta.config
    data, keypoints = config.data, config.keypoints
    used = sum(share > 0.2 / len(meta.usage) for share in meta.usage)
    colours = "grey" if data.channels == 1 else "RGB"
    names = f"Names of prototypes are in `{FILE_NAME}`" if has_names else "Prototypes have no names"
    return f"""---
library_name: tusk
pipeline_tag: keypoint-detection
tags:
- keypoint-detection
- unsupervised
- tusk
---

# {meta.name}

Keypoints found without labels by TUSK (task-agnostic unsupervised keypoints): an encoder reads
places and descriptors from a picture, a decoder rebuilds the picture from them alone, and
prototypes stand for the kinds of keypoint it met.

| | |
|---|---|
| learned from | `{data.source}` |
| preset | `{config.preset}`, step {meta.step}, seed {config.run.seed} |
| pictures | {data.width} × {data.height} px, {colours}, fitted by `{data.fit}` |
| keypoints per picture | {keypoints.num_keypoints} |
| prototypes | {config.prototypes.num_prototypes}, {used} in use |
| decoder | {config.decoder.kind}, {config.decoder.blend}, background {config.decoder.background} |
| fingerprint | `{meta.fingerprint}` |

## Use

With TUSK Studio installed:

```
tusk detect THIS_FOLDER PICTURES --out points.json
tusk reconstruct THIS_FOLDER PICTURE.png --out parts
```

```python
from tusk_core.api import open_predictor, open_source

predictor = open_predictor("THIS_FOLDER")
detection = predictor.detect(open_source("PICTURE.png").read(0))
print(detection.keypoints.xy, detection.keypoints.labels)
```

Coordinates are pixels of the original picture, (x, y), (0, 0) at the centre of the top-left pixel.

## Limits

Scores compare places within one picture; they do not say whether a picture shows anything the
model knows. {names}. Written by TUSK {__version__}.
"""
