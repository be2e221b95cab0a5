"""The packages of maps, loaded so that UMAP's kernels are compiled once for a machine.

numba compiles a function when it is first called, and keeps the result on disk where it is asked to
(``cache=True``). umap-learn 0.5 asks for none of its functions, so that every process would compile
them again: tens of seconds before each first map.
"""

from __future__ import annotations

import functools
import os
import warnings
from typing import TYPE_CHECKING

from tusk_core.data.cache_folder import cache_root
from tusk_core.results import TuskError

if TYPE_CHECKING:
    from types import ModuleType


def load_umap() -> ModuleType:
    """Return umap-learn; takes seconds the first time in a process.

    Raises:
        TuskError: if it is not installed.
    """
    # numba otherwise writes beside the package, which may be read-only. It reads this once.
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_root() / "numba"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import numba  # noqa: PLC0415 - optional, as the next

            compiled = numba.njit
            numba.njit = functools.partial(compiled, cache=True)  # type: ignore[assignment]
            try:
                import umap  # noqa: PLC0415
            finally:
                numba.njit = compiled
    except ImportError as error:
        raise TuskError(
            "UMAP needs the package umap-learn, which is not installed. Run "
            "`pip install umap-learn`, or choose pca or tsne."
        ) from error
    loaded: ModuleType = umap
    return loaded


def load_tsne() -> ModuleType:
    """Return openTSNE.

    Raises:
        TuskError: if it is not installed.
    """
    try:
        import openTSNE  # noqa: PLC0415 - optional, and takes seconds
    except ImportError as error:
        raise TuskError(
            "t-SNE needs the package openTSNE, which is not installed. Run "
            "`pip install openTSNE`, or choose pca."
        ) from error
    loaded: ModuleType = openTSNE
    return loaded
