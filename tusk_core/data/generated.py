"""``sample:NAME``: pictures made on demand, with their ground truth."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from tusk_core.arrays import frozen
from tusk_core.data import digits, solids, tetrominoes
from tusk_core.data.base_source import BaseSource, PictureTruth
from tusk_core.data.folders import file_identity
from tusk_core.data.source_names import SourceName, check_options, one_of, user_path, whole_number
from tusk_core.results import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from tusk_core.data.sample import SampleBatch
    from tusk_core.results import SourceKind

SAMPLE_NAMES: tuple[str, ...] = ("tetrominoes", "digits", "solids")
DEFAULT_COUNTS: dict[str, int] = {"tetrominoes": 20_000, "digits": 10_000, "solids": 4_000}
_VERSION = 1
_BLOCK = {"tetrominoes": 256, "digits": 64, "solids": 8}
_KEPT_BLOCKS = 8
_MOST = 10_000_000


class Generator(Protocol):
    """One of the generators, its own options already given."""

    def __call__(self, count: int, *, seed: int, first_index: int = 0) -> SampleBatch:
        """Make a range of pictures."""


class GeneratedSource(BaseSource):
    """A made-up data set; picture i is made when it is asked for and depends on (seed, i)."""

    kind: ClassVar[SourceKind] = "sample"
    has_ground_truth = True

    def __init__(self, name: SourceName, generator: Generator, count: int) -> None:
        query = "&".join(f"{key}={value}" for key, value in name.options.items())
        super().__init__(f"sample:{name.target}" + (f"?{query}" if query else ""))
        self.sample_name = name.target
        self.seed = whole_number(name, "seed", 0, least=0, most=2**31 - 1)
        self._options = dict(name.options)
        self._generator = generator
        self._count = count
        self._block = _BLOCK[name.target]
        self._blocks: OrderedDict[int, SampleBatch] = OrderedDict()
        self.vocabulary = generator(0, seed=0).vocabulary

    def __len__(self) -> int:
        return self._count

    def name(self, index: int) -> str:
        """``tetrominoes 000123``."""
        self._check(index)
        return f"{self.sample_name} {index:06d}"

    def batch(self, start: int, stop: int) -> SampleBatch:
        """Return pictures ``start`` to ``stop`` - 1 with their objects as arrays."""
        return self._generator(stop - start, seed=self.seed, first_index=start)

    def read(self, index: int) -> NDArray[np.uint8]:
        """Return one picture; see ``PictureSource``."""
        batch, row = self._found(index)
        return frozen(batch.images[row])

    def truth(self, index: int) -> PictureTruth | None:
        """Return the objects and the mask of one picture."""
        batch, row = self._found(index)
        mask = None if batch.masks is None else frozen(batch.masks[row])
        return PictureTruth(batch.objects(row), mask)

    def size(self, index: int) -> tuple[int, int]:
        """Return (width, height), the same for every picture."""
        self._check(index)
        height, width = self._generator(0, seed=0).images.shape[1:3]
        return width, height

    def identity(self) -> object:
        """Version of the generators and every option."""
        path = self._options.get("digits")
        digits_file = file_identity(user_path(path)) if path else None
        return ["sample", _VERSION, self.sample_name, self._count, self._options, digits_file]

    def stream(
        self, indices: Sequence[int]
    ) -> Iterator[tuple[int, NDArray[np.uint8] | SourceError]]:
        """Make pictures block by block."""
        for index in indices:
            batch, row = self._found(index)
            yield index, batch.images[row]

    def _found(self, index: int) -> tuple[SampleBatch, int]:
        self._check(index)
        number, row = divmod(index, self._block)
        batch = self._blocks.get(number)
        if batch is None:
            start = number * self._block
            batch = self.batch(start, min(start + self._block, self._count))
            self._blocks[number] = batch
            while len(self._blocks) > _KEPT_BLOCKS:
                self._blocks.popitem(last=False)
        return batch, row


def make_generator(name: SourceName) -> Generator:
    """Return the generator of ``sample:NAME?options``.

    Raises:
        SourceError: if there is no such sample, or an option is wrong.
    """
    common = ("count", "seed")
    if name.target == "tetrominoes":
        check_options(name, common)
        return tetrominoes.generate
    if name.target == "digits":
        check_options(name, (*common, "digits", "split"))
        path = name.options.get("digits")
        split = one_of(name, "split", "all", ("all", "train", "test"))
        digits_file = user_path(path) if path else None
        return partial(digits.generate, digits=digits_file, split=split)  # type: ignore[arg-type]
    if name.target == "solids":
        check_options(name, (*common, "size"))
        size = whole_number(name, "size", solids.SIZE, least=16, most=1024)
        return partial(solids.generate, size=size)
    raise SourceError(
        f"There is no sample {name.target!r}; there are {', '.join(SAMPLE_NAMES)}, and cells and "
        "flies, which are real."
    )


def open_generated(name: SourceName, *, default_count: int = 0) -> GeneratedSource:
    """Open ``sample:NAME?count=N&seed=S``.

    Args:
        name: taken apart by ``parse_source``.
        default_count: pictures where no count is given; 0 takes the sample's own number.

    Raises:
        SourceError: if there is no such sample, or an option is wrong.
    """
    generator = make_generator(name)
    usual = default_count or DEFAULT_COUNTS[name.target]
    count = whole_number(name, "count", usual, least=1, most=_MOST)
    return GeneratedSource(name, generator, count)
