"""95 % confidence intervals: draw the pictures again with replacement, many times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

NUM_RESAMPLES = 1000


def picture_weights(
    num_pictures: int, num_resamples: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return (R, P) how often each picture is in each resample; every row adds up to P."""
    shares = np.full(num_pictures, 1 / max(1, num_pictures))
    return generator.multinomial(num_pictures, shares, size=num_resamples)


def interval(values: NDArray[np.floating]) -> tuple[float, float]:
    """Return the 2.5 and 97.5 % quantiles of the values that are finite; NaN if none is."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [0.025, 0.975])
    return float(low), float(high)


def ratio_interval(
    hits: NDArray[np.floating],
    totals: NDArray[np.floating],
    *,
    seed: int,
    num_resamples: int = NUM_RESAMPLES,
) -> tuple[float, float]:
    """Return the interval of Σ hits / Σ totals over pictures.

    Args:
        hits: (P,) numerator of each picture.
        totals: (P,) denominator of each picture.
        seed: of the resampling.
        num_resamples: R.
    """
    weights = picture_weights(len(hits), num_resamples, np.random.default_rng(seed))
    above, below = weights @ np.asarray(hits, float), weights @ np.asarray(totals, float)
    ratios = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return interval(ratios)


def counted_interval(
    score: Callable[[NDArray[np.float64]], float],
    picture: NDArray[np.integer],
    num_pictures: int,
    *,
    seed: int,
    num_resamples: int = 200,
) -> tuple[float, float]:
    """Return the interval of any score of weighted items.

    Args:
        score: takes (n,) weights of the items, how often each one's picture was drawn.
        picture: (n,) picture of each item.
        num_pictures: P.
        seed: of the resampling.
        num_resamples: R; few, since the score may be slow.
    """
    weights = picture_weights(num_pictures, num_resamples, np.random.default_rng(seed))
    values = [score(row[picture].astype(np.float64)) for row in weights]
    resampled = np.asarray(values, dtype=np.float64)
    low, high = interval(resampled)
    # Pictures drawn twice agree with themselves, which lifts measures of agreement: the interval
    # is moved so that its middle is the value itself.
    value = score(np.ones(len(picture)))
    if not np.isfinite([low, value]).all():
        return low, high
    shift = float(np.nanmedian(resampled)) - value
    return low - shift, min(high - shift, max(value, float(np.nanmax(resampled))))
