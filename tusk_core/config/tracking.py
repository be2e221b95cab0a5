"""Settings of tracking: what a body is, how far it may move, when two tracks are one."""

from __future__ import annotations

from typing import Literal

from tusk_core.config.settings import SettingsGroup, setting


class TrackConfig(SettingsGroup):
    """How keypoints become individuals that keep their identity; 0 asks the data."""

    num_individuals: int = setting(
        0, "How many individuals there are at most; 0 leaves it free.", level="basic", ge=0, le=1000
    )
    min_score: float = setting(
        0.0, "Keypoints below this score belong to nobody.", level="basic", ge=0, le=1
    )
    bodies: Literal["auto", "single", "one"] = setting(
        "auto",
        "auto groups kinds that keep their place to each other, single makes each keypoint an "
        "individual, one takes everything in a picture as one individual.",
        level="basic",
    )
    kinds: tuple[int, ...] = setting(
        (), "Numbers of the kinds that are individuals; none named takes all.", level="basic"
    )
    still: float = setting(
        0.0,
        "Keypoints at places where their kind is seen in more than this share of the frames belong "
        "to the scenery and to nobody; 0 keeps them.",
        ge=0,
        le=1,
    )
    frames: Literal["auto", "successive", "separate"] = setting(
        "auto",
        "successive follows individuals from picture to picture, separate only groups the "
        "keypoints of each; auto follows in videos.",
    )
    min_keypoints: int = setting(
        0, "Fewest keypoints of an individual; 0 asks for half of its kinds.", ge=0, le=1000
    )
    reach: float = setting(
        0.0,
        "How far an individual may be from where its motion says; 0 measures it.",
        unit="px",
        level="basic",
        ge=0,
    )
    appearance: float = setting(
        1.0, "Weight of the descriptors beside the motion; 0 leaves them out.", ge=0, le=10
    )
    kind: float = setting(
        0.2, "Cost of taking up another kind than the last, as a share of the reach.", ge=0, le=1
    )
    max_gap: int = setting(
        15, "Frames that an individual may be unseen within one pass.", unit="frames", ge=0
    )
    min_length: int = setting(
        5, "Tracks with fewer sightings are dropped.", unit="frames", level="basic", ge=1
    )
    link_gap: int = setting(
        75,
        "A second pass joins tracks over gaps of up to this; 0 leaves it out.",
        unit="frames",
        ge=0,
    )
    doubtful: float = setting(
        0.2, "Assignments with a smaller margin than this are called doubtful.", ge=0, le=1
    )
