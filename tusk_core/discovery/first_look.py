"""What a first look at some pictures proposes for them, before any discovery or training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tusk_core.control import Cancelled
from tusk_core.data.cache import build_cache
from tusk_core.data.cache_features import open_features
from tusk_core.data.source import open_source
from tusk_core.data.windows import window_size
from tusk_core.discovery.findings import find
from tusk_core.discovery.run import FIRST_LOOK, clusters_for, first_config, sizes_of
from tusk_core.nn.device import choose_device, limit_threads
from tusk_core.nn.trunk import Trunk
from tusk_core.results import DataProposal

if TYPE_CHECKING:
    from tusk_core.control import RunControl
    from tusk_core.discovery.run import Wanted

# The guide's rule: two to three times as many kinds as are expected.
_KINDS_FOR_EACH, _FEWEST_PROTOTYPES = 3, 16


def look_first(wanted: Wanted, control: RunControl) -> DataProposal:
    """Propose settings from the pictures that a discovery would look at first; writes nothing.

    Their features are kept, so that a discovery of the same pictures begins with them.

    Args:
        wanted: source and limits.
        control: a stop request ends it.

    Raises:
        SourceError: if no picture can be read.
        Cancelled: if ``control`` asked for it.
    """
    limit_threads(wanted.threads)
    trunk = Trunk().to(choose_device(wanted.device).name)
    with open_source(wanted.source, default_count=wanted.max_pictures) as source:
        source.prepare(None, control)
        sizes = sizes_of(source)
        config = first_config(source, sizes, wanted, control)
        are_few = min(len(source), wanted.max_pictures) <= 2 * FIRST_LOOK
        count = wanted.max_pictures if are_few else FIRST_LOOK
        data = config.data.model_copy(update={"max_pictures": count})
        pictures = build_cache(data, seed=wanted.seed, control=control)
        features = open_features(pictures, trunk, control=control)
        if control.stop_requested:
            raise Cancelled
        clusters = clusters_for(features, wanted, None)
        findings = find(features, clusters, source, crops=data.crops)
    width, height = config.data.width, config.data.height
    share = findings.proposal.keypoint_size / width
    if config.data.crops:
        window = window_size(config.data.crops, (width, height))[0]
        share *= window / float(np.median([size[0] for size in sizes]))
    recurring = int(findings.kept.sum())
    return DataProposal(
        num_pictures=len(np.unique(pictures.indices)),
        num_recurring=recurring,
        num_keypoints=findings.proposal.num_keypoints,
        num_prototypes=max(_FEWEST_PROTOTYPES, 8 * math.ceil(_KINDS_FOR_EACH * recurring / 8)),
        keypoint_share=share,
        size=(width, height),
    )
