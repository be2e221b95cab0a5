"""Opening a source by what the user typed, and looking through one quickly.

================================  ===========================================================
``FOLDER``                        pictures in it and below it; a data set if it holds one
``flat:FOLDER``                   pictures in it, none of the folders inside it
``PICTURE``, ``VIDEO``            one file
``LIST.txt``                      picture files, one path on each line, relative to the list
``sample:NAME?count=N&seed=S``    made-up pictures: tetrominoes, digits, solids
``sample:cells``, ``sample:flies``  real ones that come with the program
``mnist-hard:FOLDER`` and others  published data sets; see ``registry``
================================  ===========================================================
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from tusk_core.data import folders, generated, registry, videos
from tusk_core.data.pictures import EXTENSIONS, KINDS, read_size
from tusk_core.data.source_names import check_options, parse_source, user_path
from tusk_core.data.stacks import page_labels
from tusk_core.data.survey import survey
from tusk_core.data.text_lists import lines_of
from tusk_core.resources import resource
from tusk_core.results import SourceError
from tusk_core.source_text import is_flat, path_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tusk_core.config import DataConfig
    from tusk_core.control import RunControl
    from tusk_core.data.base_source import BaseSource
    from tusk_core.results import SourceSummary

REAL_SAMPLES = {"cells": "samples/cells", "flies": "samples/flies.mp4"}
"""Pictures that come with the program, and where; ``resources/samples/README.md`` says whose."""

PREFIXES: frozenset[str] = frozenset({"sample", "camera", *registry.DATASETS})


def open_source(
    source: str | Path | Sequence[str | Path],
    *,
    default_count: int = 0,
    watch: folders.Watch | None = None,
) -> BaseSource:
    """Open a folder, picture, list of pictures, video, sample or data set.

    Args:
        source: see the table above; or a list of picture files.
        default_count: pictures of a sample whose count is not given; 0 takes the usual number.
        watch: told how far a folder is read.

    Raises:
        SourceError: if there is nothing readable there.
        Cancelled: if the watch was asked to stop.
    """
    if not isinstance(source, str | Path):
        paths = [Path(path) for path in source]
        return folders.open_files(f"{len(paths)} pictures", paths)
    text = str(source).strip()
    if not path_text(text):
        raise SourceError("No pictures were chosen. Name a folder, a video or sample:tetrominoes.")
    if is_flat(text):  # before options are looked for: a folder's name may hold a question mark
        return _open_path(text, path_text(text), recursive=False, watch=watch)
    name = parse_source(text, PREFIXES)
    if name.prefix == "camera":
        raise SourceError(
            f"{text} is a camera, which has no pictures to go through; use the camera panel, or "
            "record a video first."
        )
    if name.prefix == "sample" and name.target in REAL_SAMPLES:
        check_options(name, ())
        return _open_path(text, str(resource(REAL_SAMPLES[name.target])), recursive=True)
    if name.prefix == "sample":
        return generated.open_generated(name, default_count=default_count)
    if name.prefix:
        return registry.open_dataset(name)
    return _open_path(text, text, recursive=True, watch=watch)


def open_again(source: BaseSource) -> BaseSource:
    """Return another reader of the same pictures; a folder is not searched again.

    Raises:
        SourceError: if they are gone.
    """
    if type(source) is folders.FileSource:
        return folders.FileSource(source.source, source.root, source.listing, source.left_out)
    return open_source(source.source)


def summarise(
    source: str, control: RunControl | None = None, *, shown_as: DataConfig | None = None
) -> SourceSummary:
    """Look through a source; see ``SourceSummary``.

    Args:
        source: as for ``open_source``.
        control: a stop request ends the look early; what was seen so far is returned.
        shown_as: channels, and what is black and white; None leaves it to the pictures.

    Raises:
        SourceError: if there is nothing readable there.
        Cancelled: if the stop came while a large file was being unpacked.
    """
    with open_source(source) as opened:
        opened.prepare(None, control)
        if shown_as is not None:
            opened.use_settings(shown_as)
        return survey(opened, lambda: control is not None and control.stop_requested)


def _is_still(path: Path) -> bool:
    """Tell whether a GIF holds one picture, so that it has no times."""
    return path.suffix.lower() == ".gif" and not page_labels(path)


def _open_path(
    text: str, place: str, *, recursive: bool, watch: folders.Watch | None = None
) -> BaseSource:
    path = user_path(place)
    if path.is_dir():
        return registry.open_known_folder(text, path) or folders.open_folder(
            text,
            path,
            recursive=recursive,
            hint=videos.hint_for,
            known=functools.partial(registry.open_by_tables, text, path),
            watch=watch,
        )
    if not path.is_file():
        raise SourceError(f"There is no file or folder {path}. Check the name, or choose another.")
    if path.suffix.lower() in videos.EXTENSIONS and not _is_still(path):
        return videos.open_video(text, path)
    if path.suffix.lower() == ".txt":
        return folders.open_files(text, _listed(path))
    try:
        read_size(path)
    except SourceError as error:
        if path.suffix.lower() in EXTENSIONS:
            raise
        raise SourceError(
            f"{path} is neither a picture ({KINDS}) nor a video (MP4, AVI, MOV, MKV, WebM and "
            "others)."
        ) from error
    return folders.open_files(text, [path])


def _listed(path: Path) -> list[Path]:
    """Return the files that a list names, each once."""
    try:
        lines = lines_of(path)
    except OSError as error:
        raise SourceError(f"{path} cannot be opened ({error.strerror or error}).") from error
    except ValueError as error:
        raise SourceError(f"{path} cannot be read as a list of pictures: {error}.") from error
    if not lines:
        raise SourceError(f"{path} lists no pictures. Write the path of one on each line.")
    return list(dict.fromkeys(path.parent / user_path(line) for line in lines))
