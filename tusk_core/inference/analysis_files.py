"""The results file: names, types and checks; nothing else knows its layout.

HDF5 groups ``pictures`` (name, size, error, time, count), ``detections`` (xy, score, label,
descriptor, class), the data set ``prototypes``, and attributes ``schema``, ``kind``,
``model_fingerprint``, ``source``, ``class_names`` (JSON), ``note`` (JSON), ``coordinates`` and,
where it is known, ``shown_as`` (JSON: brightness and channels of the pictures).
An NPZ holds the same arrays by the same names.

Shapes: P pictures, N detections, C descriptor length, M prototypes.

A little longer than other files: what writes the layout and what reads it stay together.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import numpy as np

from tusk_core.atomic import PatientFile
from tusk_core.config import DataConfig
from tusk_core.data.looks import LOOK_SETTINGS
from tusk_core.inference import track_files
from tusk_core.inference.collect import Rows
from tusk_core.results import Analysis, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from tusk_core.results import UnreadableFile
    from tusk_core.tracks import Tracks

RESULTS_SCHEMA = 1
KIND = "tusk-detections"
COORDINATES = (
    "pixels of the original picture, (x, y), x right, y down, (0, 0) = centre of the top-left pixel"
)
_CHUNK = 4096
_MAX_DETECTIONS = 2**31 - 1

# name in the file -> (dtype, shape of one row; C is filled in)
_FIELDS: dict[str, tuple[str, tuple[str | int, ...]]] = {
    "pictures/size": ("int32", (2,)),
    "pictures/error": ("float32", ()),
    "pictures/time": ("float64", ()),
    "pictures/count": ("int32", ()),
    "detections/xy": ("float32", (2,)),
    "detections/score": ("float32", ()),
    "detections/label": ("int32", ()),
    "detections/descriptor": ("float16", ("C",)),
    "detections/class": ("int32", ()),
}
_NAMES = "pictures/name"


@dataclass(frozen=True, slots=True)
class Header:
    """What a results file says beside its rows.

    Attributes:
        model_fingerprint: of the model.
        source: as given.
        class_names: of the ground truth.
        note: JSON text for people.
        shown_as: brightness and channels that the pictures were shown at.
    """

    model_fingerprint: str
    source: str
    class_names: tuple[str, ...] = ()
    note: str = "{}"
    shown_as: DataConfig | None = None


def _values(rows: Rows) -> dict[str, NDArray[Any]]:
    return {
        "pictures/size": rows.sizes,
        "pictures/error": rows.errors,
        "pictures/time": rows.times,
        "pictures/count": rows.counts,
        "detections/xy": rows.xy,
        "detections/score": rows.scores,
        "detections/label": rows.labels,
        "detections/descriptor": rows.descriptors,
        "detections/class": rows.classes,
    }


def _h5py() -> Any:
    try:
        import h5py  # noqa: PLC0415 - not needed to detect, only to keep results
    except ImportError as error:
        raise SourceError(
            "Results files (.h5) need the package h5py, which is not installed. Run "
            "`pip install h5py`, or choose a name that ends in .npz, .csv or .json."
        ) from error
    return h5py


def check_writable(out: Path) -> None:
    """Refuse before hours of work what could not be written after them.

    Raises:
        SourceError: if ``out`` is a folder or its format needs a package that is missing.
    """
    if out.is_dir():
        raise SourceError(f"{out} is a folder; give the name of a file, such as {out}/results.h5.")
    if out.suffix.lower() != ".npz":
        _h5py()


def _attributes(header: Header) -> dict[str, Any]:
    known = {} if header.shown_as is None else {"shown_as": _look_text(header.shown_as)}
    return {
        **known,
        "schema": RESULTS_SCHEMA,
        "kind": KIND,
        "coordinates": COORDINATES,
        "model_fingerprint": header.model_fingerprint,
        "source": header.source,
        "class_names": json.dumps(list(header.class_names)),
        "note": header.note,
    }


def _look_text(data: DataConfig) -> str:
    return json.dumps(data.model_dump(include=LOOK_SETTINGS))


def _look_in(text: object) -> DataConfig | None:
    """Return how pictures were shown; None where it is not said, or in a way unknown here."""
    try:
        values = json.loads(str(text))
        return DataConfig(**{name: values[name] for name in LOOK_SETTINGS})
    except (ValueError, KeyError, TypeError):
        return None


class Hdf5Writer:
    """Appends rows to a results file; use it in a ``with`` block.

    Args:
        path: to write.
        header: what is known beforehand.
        prototypes: (M, C) float32.
    """

    def __init__(
        self, path: Path | BinaryIO, header: Header, prototypes: NDArray[np.float32]
    ) -> None:
        h5py = _h5py()
        self._raw = PatientFile(path, "w+b") if isinstance(path, Path) else None
        self._file = h5py.File(self._raw or path, "w")
        self._file.attrs.update(_attributes(header))
        self._file.create_dataset("prototypes", data=prototypes)
        for name, (dtype, row) in _FIELDS.items():
            shape = tuple(prototypes.shape[1] if part == "C" else int(part) for part in row)
            self._file.create_dataset(
                name,
                shape=(0, *shape),
                maxshape=(None, *shape),
                chunks=(_CHUNK, *shape),
                dtype=dtype,
                compression="gzip",
                compression_opts=1,
                shuffle=True,
            )
        text = h5py.string_dtype("utf-8")
        self._file.create_dataset(_NAMES, shape=(0,), maxshape=(None,), chunks=(1024,), dtype=text)

    def add(self, rows: Rows) -> None:
        """Append the rows of a batch."""
        for name, values in _values(rows).items():
            self._append(name, values)
        self._append(_NAMES, [_storable(name) for name in rows.names])
        if self._raw is not None:
            self._raw.raise_refusal()

    def _append(self, name: str, values: NDArray[Any] | Sequence[str]) -> None:
        if not len(values):
            return
        dataset = self._file[name]
        start = dataset.shape[0]
        dataset.resize(start + len(values), axis=0)
        dataset[start:] = values

    def add_tracks(self, tracks: Tracks) -> None:
        """Write who the detections are; all of them have been added."""
        track_files.write_tracks(self._file, tracks)

    def finish(self, skipped: Sequence[UnreadableFile], shown_as: DataConfig) -> None:
        """Write down which files could not be read, and how the others were shown."""
        self._file.attrs["shown_as"] = _look_text(shown_as)
        listed = [_storable(f"{item.path}: {item.reason}") for item in skipped[:1000]]
        self._file.attrs["num_skipped"] = len(skipped)
        self._file.attrs["skipped"] = json.dumps(listed)[:60_000]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._file.close()
        if self._raw is not None:
            self._raw.close()
            if kind is None:
                self._raw.raise_refusal()


def _storable(name: str) -> str:
    """Return a file name as valid Unicode; HDF5 has no zero bytes nor lone surrogates."""
    return name.encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def write_hdf5(analysis: Analysis, path: Path | BinaryIO, note: str = "{}") -> None:
    """Write an analysis as a results file.

    Raises:
        SourceError: if h5py is not installed.
    """
    with Hdf5Writer(path, header_of(analysis, note), analysis.prototypes) as writer:
        writer.add(rows_of(analysis))
        if analysis.tracks is not None:
            writer.add_tracks(analysis.tracks)


def write_npz(analysis: Analysis, header: Header, path: Path) -> None:
    """Write an analysis as NPZ, to any name."""
    arrays: dict[str, Any] = {
        "attributes": np.array(json.dumps(_attributes(header))),
        "prototypes": analysis.prototypes,
        _NAMES: np.array([_storable(name) for name in analysis.picture_names], np.str_),
        **_values(rows_of(analysis)),
    }
    if analysis.tracks is not None:
        arrays |= track_files.arrays_of(analysis.tracks)
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def header_of(analysis: Analysis, note: str = "{}") -> Header:
    """Return the header of an analysis."""
    return Header(
        analysis.model_fingerprint, analysis.source, analysis.class_names, note, analysis.shown_as
    )


def note_in(path: Path) -> str:
    """Return the note in a results file, JSON text."""
    return read(path)[1].note


def rows_of(analysis: Analysis) -> Rows:
    """Return an analysis as rows."""
    count = len(analysis.picture_names)
    return Rows(
        names=analysis.picture_names,
        sizes=analysis.picture_sizes,
        errors=analysis.picture_errors,
        times=analysis.times,
        counts=np.bincount(analysis.picture, minlength=count).astype(np.int32),
        xy=analysis.xy,
        scores=analysis.scores,
        labels=analysis.labels,
        descriptors=analysis.descriptors,
        classes=analysis.classes,
    )


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a results file, HDF5 or NPZ, for reading."""
    if path.suffix.lower() == ".npz":
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            yield arrays
        return
    with _h5py().File(path, "r") as file:
        yield file


@contextlib.contextmanager
def changing(path: Path) -> Iterator[Any]:
    """Open an HDF5 results file to write more into it.

    Raises:
        OSError: if not all of it could be written.
    """
    with contextlib.closing(PatientFile(path, "r+b")) as raw:
        try:
            with _h5py().File(raw, "r+") as file:
                yield file
        finally:
            raw.raise_refusal()


def read_tracks(path: Path, count: int) -> Tracks | None:
    """Return the tracks in a results file of ``count`` detections; None where there are none.

    Raises:
        SourceError: if they are damaged.
    """
    with opened(path) as file:
        return track_files.tracks_of(path, file, count)


def read(path: Path) -> tuple[Rows, Header, NDArray[np.float32]]:
    """Return rows, header and prototypes of a results file after checking them.

    Raises:
        SourceError: if it is not a results file, damaged or from a newer version.
    """
    if not path.is_file():
        raise SourceError(f"There is no results file {path}.")
    try:
        if path.suffix.lower() == ".npz":
            return _read_npz(path)
        return _read_hdf5(path)
    except SourceError:
        raise
    except Exception as error:  # damaged HDF5 and zip files raise almost anything
        raise SourceError(
            f"{path} is not a results file of TUSK, or it is damaged. Make one with `tusk detect`."
        ) from error


def _read_npz(path: Path) -> tuple[Rows, Header, NDArray[np.float32]]:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        attributes = json.loads(str(file["attributes"]))
        names = [str(name) for name in file[_NAMES]]
        return _checked(path, attributes, file, names)


def _read_hdf5(path: Path) -> tuple[Rows, Header, NDArray[np.float32]]:
    with _h5py().File(path, "r") as file:
        attributes = {key: _plain(value) for key, value in file.attrs.items()}
        _check_kind(path, attributes)
        names = [name.decode("utf-8", "replace") for name in file[_NAMES][()]]
        return _checked(path, attributes, file, names)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.item() if isinstance(value, np.generic) else value


def _check_kind(path: Path, attributes: Mapping[str, Any]) -> None:
    schema = attributes.get("schema")
    if attributes.get("kind") != KIND or not isinstance(schema, int):
        raise SourceError(
            f"{path} is not a results file of TUSK. Make one with `tusk detect MODEL SOURCE --out "
            "results.h5`."
        )
    if schema > RESULTS_SCHEMA:
        raise SourceError(
            f"{path} was written by a newer version of TUSK (layout {schema}, this program knows "
            f"{RESULTS_SCHEMA}). Update TUSK to open it."
        )


def _checked(
    path: Path, attributes: dict[str, Any], file: Any, names: list[str]
) -> tuple[Rows, Header, NDArray[np.float32]]:
    _check_kind(path, attributes)
    prototypes = np.asarray(file["prototypes"][()], np.float32)
    values: dict[str, Any] = {}
    for name, (dtype, row) in _FIELDS.items():
        if len(file[name].shape) != 1 + len(row) or file[name].shape[0] > _MAX_DETECTIONS:
            raise ValueError(name)
        values[name] = np.asarray(file[name][()], dtype)
    counts = values["pictures/count"]
    num_pictures, num_detections = len(names), int(counts.clip(0).sum(dtype=np.int64))
    for name, array in values.items():
        expected = num_pictures if name.startswith("pictures/") else num_detections
        if len(array) != expected:
            raise ValueError(f"{name} has {len(array)} rows, expected {expected}")
    labels = values["detections/label"]
    fits = prototypes.ndim == 2 and values["detections/descriptor"].shape[1] == prototypes.shape[1]
    if not fits or (counts < 0).any() or (len(labels) and not _in_range(labels, len(prototypes))):
        raise ValueError("prototypes, counts or labels do not fit")
    header = Header(
        str(attributes.get("model_fingerprint", "")),
        str(attributes.get("source", "")),
        tuple(str(name) for name in json.loads(attributes.get("class_names", "[]"))),
        str(attributes.get("note", "{}")),
        _look_in(attributes.get("shown_as", "")),
    )
    rows = Rows(
        names=tuple(names),
        sizes=values["pictures/size"],
        errors=values["pictures/error"],
        times=values["pictures/time"],
        counts=counts,
        xy=values["detections/xy"],
        scores=values["detections/score"],
        labels=labels,
        descriptors=values["detections/descriptor"],
        classes=values["detections/class"],
    )
    return rows, header, prototypes


def _in_range(labels: NDArray[np.int32], count: int) -> bool:
    return bool(labels.min() >= 0 and labels.max() < count)
