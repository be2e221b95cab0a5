"""Settings of the model: encoder, keypoints, decoder and prototypes."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from tusk_core.config.settings import SettingsGroup, setting


class EncoderConfig(SettingsGroup):
    """The encoder U-Net with its feature and heat-map heads (paper section 3.1)."""

    stem_stride: Literal[1, 2, 4] = setting(
        2, "Stride of the first convolution; 2 makes the maps half the picture's size."
    )
    widths: tuple[int, ...] = setting(
        (16, 32, 64), "Channels at each level of the U-Net, finest first.", unit="channels"
    )
    num_features: int = setting(
        32, "Length of a descriptor.", unit="channels", symbol="C", ge=2, le=512
    )
    norm_groups: int = setting(4, "Groups of the group normalisation.", ge=1, le=64)
    backbone: Literal["none", "efficientnet-lite0"] = setting(
        "none",
        "none: the U-Net learns everything from the pictures; efficientnet-lite0: a frozen "
        "network that has seen photographs, for natural pictures.",
    )
    head: Literal["dense", "clusters"] = setting(
        "dense",
        "What reads the frozen features: a small network that is trained, or their clusters as "
        "they are.",
    )
    head_width: int = setting(64, "Channels of that small network.", unit="channels", ge=8, le=1024)
    from_clusters: bool = setting(
        False,
        "Let that small network also read the whitened frozen features at each place, and begin "
        "with their clusters as its kinds and peaks, instead of learning those first.",
    )
    colour_stem: bool = setting(
        False, "Let it see colours and edges beside the frozen features, as microscopy needs."
    )
    seed_components: int = setting(
        32, "Principal components of the frozen features that are clustered.", ge=2, le=112
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not 2 <= len(self.widths) <= 6:
            raise ValueError(f"widths needs 2 to 6 levels, got {len(self.widths)}")
        for width in (*self.widths, self.num_features, self.head_width):
            if width < 1 or width > 2048 or width % self.norm_groups:
                raise ValueError(
                    f"every width and num_features must be a multiple of norm_groups "
                    f"({self.norm_groups}) up to 2048, got {width}"
                )
        if self.from_clusters and self.num_features < self.seed_components:
            raise ValueError(
                f"from_clusters begins with descriptors of seed_components "
                f"({self.seed_components}) numbers, so num_features must be at least as many, got "
                f"{self.num_features}"
            )
        is_clusters = self.has_backbone and self.head == "clusters"
        if is_clusters and self.num_features != self.seed_components:
            raise ValueError(
                f'head = "clusters" has descriptors of seed_components ({self.seed_components}) '
                f"numbers, so num_features must be the same, got {self.num_features}"
            )
        return self

    @property
    def has_backbone(self) -> bool:
        """Whether features come from a frozen network."""
        return self.backbone != "none"


class KeypointConfig(SettingsGroup):
    """How keypoints are read from the heat map (paper section 3.1)."""

    detector: Literal["single-map", "channel-wise"] = setting(
        "single-map",
        "single-map: the K highest peaks of one heat map; channel-wise: one heat map per keypoint, "
        "the older way that the paper compares with.",
    )
    num_keypoints: int = setting(
        8, "Keypoints taken from each picture.", symbol="K", level="basic", ge=1, le=512
    )
    nms_window: int = setting(
        7, "Side of the non-maximum-suppression window.", unit="map px", ge=1, le=101
    )
    blob_width: float = setting(
        0.0,
        "Deviation of the blobs that are told apart: peaks are sought where the heat map stands "
        "out from its surroundings at this width, so that two whose blobs run together have a "
        "peak each; 0 seeks the peaks of the map itself.",
        unit="map px",
        ge=0,
        le=20,
    )
    refine_window: int = setting(7, "Side of the soft-argmax window.", unit="map px", ge=1, le=101)
    refine_temperature: float = setting(
        0.1, "Softness of the soft-argmax; the released code uses 0.2.", gt=0, le=10
    )
    explore_steps: int = setting(
        0,
        "Over so many first steps some keypoints are put at random where the picture is unlike "
        "the background, fewer and fewer, so that the heat map learns where keypoints help.",
        unit="steps",
        ge=0,
    )
    explore_missed: float = setting(
        0.0,
        "After that, the weakest keypoint is put where none is near, in pictures where more than "
        "this share of what is unlike the background has none; 0 does without.",
        ge=0,
        le=1,
    )
    min_score: float = setting(
        0.0,
        "Proposed threshold: keypoints that score less are taken for nothing. It means something "
        "where scores are absolute, in models with a frozen network.",
        ge=0,
        le=1,
    )
    across_window: int = setting(
        1,
        "Side of the window in which a keypoint must also be the highest of all kinds, in models "
        "with a frozen network; 1 lets different kinds lie together.",
        unit="map px",
        ge=1,
        le=101,
    )
    joined_blur: float = setting(
        0.0,
        "Kinds are read as one map, blurred by this deviation, so that one thing has one keypoint, "
        "in models with a frozen network; 0 reads each kind's own map.",
        unit="map px",
        ge=0,
        le=50,
    )
    thing_area: float = setting(
        0.0,
        "Where kinds are read as one map, a blob is shared out among as many keypoints as it has "
        "times this area, so that things that touch have one each; 0 gives each peak one.",
        unit="cells",
        ge=0,
        le=100_000,
    )
    thing_x: float = setting(
        0.0,
        "Where blobs are shared out, how far to the right of its part of a blob a thing's middle "
        "lies, as discovery has seen from what moves.",
        unit="cells",
        ge=-100,
        le=100,
    )
    thing_y: float = setting(
        0.0,
        "The same, how far below.",
        unit="cells",
        ge=-100,
        le=100,
    )
    vote_reach: int = setting(
        0,
        "Where kinds are read as one map, every place votes for the middle of its thing, within so "
        "many cells twice as wide as the map's, as discovery has learned; 0 does without.",
        unit="cells",
        ge=0,
        le=32,
    )
    descriptor_sampling: Literal["bilinear", "nearest"] = setting(
        "bilinear", "How a descriptor is read at a sub-pixel location."
    )
    channel_temperature: float = setting(
        0.3,
        "Softness of the channel-wise soft-argmax over the whole map, in standard deviations "
        "of the map.",
        gt=0,
        le=10,
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in ("nms_window", "refine_window", "across_window"):
            value = getattr(self, name)
            if value % 2 == 0:
                raise ValueError(f"{name} must be odd, got {value}; try {value + 1}")
        return self


class DecoderConfig(SettingsGroup):
    """How the picture is rebuilt from the keypoints alone (paper section 3.2)."""

    kind: Literal["unet", "patch", "none"] = setting(
        "patch",
        "unet: the paper's decoder over the whole picture; patch: one small picture per keypoint; "
        "none: keypoints only, nothing is redrawn.",
    )
    blend: Literal["sum", "alpha"] = setting(
        "alpha", "sum: score-weighted sum of splats; alpha: one RGB-A layer per keypoint."
    )
    background: Literal["none", "black", "learned", "latent"] = setting(
        "black",
        "What is behind the layers: nothing, black, one learned picture, or one from a "
        "small code of each picture.",
    )
    presence: bool = setting(
        True, "Multiply a layer's alpha by its keypoint's score, so that the score means something."
    )
    widths: tuple[int, ...] = setting(
        (16, 32, 64), "Channels at each level of a unet decoder.", unit="channels"
    )
    norm_groups: int = setting(4, "Groups of the group normalisation.", ge=1, le=64)
    splat_variance: float = setting(
        0.05,
        "Variance of the Gaussian that places a descriptor on the map.",
        unit="px²",
        gt=0,
        le=400,
    )
    patch_size: int = setting(
        24, "Side of the picture that one keypoint can draw.", unit="px", ge=4, le=512
    )
    patch_channels: int = setting(
        64, "Channels of the patch decoder.", unit="channels", ge=4, le=1024
    )
    background_code: int = setting(
        16, "Numbers that describe the background of one picture.", ge=1, le=1024
    )

    hint_hidden: float = setting(
        1.0,
        "While training, the decoder also sees the picture with this share of it hidden in blocks, "
        "so that keypoints need not carry the scenery; 1 shows nothing.",
        gt=0,
        le=1,
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.hint_hidden < 1 and self.blend != "sum":
            raise ValueError('hint_hidden below 1 needs blend = "sum"')
        if self.patch_size % 4:
            raise ValueError(f"patch_size must be a multiple of 4, got {self.patch_size}")
        if self.kind == "patch" and self.blend == "sum":
            raise ValueError('a patch decoder needs blend = "alpha"')
        if self.blend == "sum" and self.background != "none":
            raise ValueError('blend = "sum" has no layers, so background must be "none"')
        if not 2 <= len(self.widths) <= 6:
            raise ValueError(f"widths needs 2 to 6 levels, got {len(self.widths)}")
        if any(w < 1 or w > 2048 or w % self.norm_groups for w in self.widths):
            raise ValueError(f"every width must be a multiple of norm_groups ({self.norm_groups})")
        return self


class PrototypeConfig(SettingsGroup):
    """The prototypes and how they follow the descriptors (paper section 3.3)."""

    num_prototypes: int = setting(
        32,
        "Kinds of keypoint the model can tell apart: two to three times the kinds you expect.",
        symbol="M",
        level="basic",
        ge=2,
        le=4096,
    )
    kept: tuple[int, ...] = setting(
        (),
        "Kinds that become keypoints, in models with a frozen network; none named lets the ranking "
        "choose.",
    )
    method: Literal["sliced-wasserstein", "k-means", "vector-quantisation"] = setting(
        "sliced-wasserstein", "What moves the prototypes (Table 6 of the paper)."
    )
    sampling: Literal["floor", "systematic"] = setting(
        "systematic", "How mixture samples are shared out; floor is the released code's rule."
    )
    bank_size: int = setting(
        2048,
        "Descriptors of the last batches kept for the prototype steps; 0 uses the batch alone.",
        unit="descriptors",
        ge=0,
        le=1_000_000,
    )
    num_steps: int = setting(
        8, "Prototype steps of a round, after a network step.", symbol="n", ge=0, le=100
    )
    round_every: int = setting(
        1,
        "Network steps from one round of prototype steps to the next; more saves time.",
        unit="steps",
        ge=1,
        le=1000,
    )
    learning_rate: float = setting(0.1, "Adam step size of the prototypes.", gt=0, le=10)
    num_projections: int = setting(
        100, "Random directions of the sliced Wasserstein loss.", symbol="N", ge=1, le=10_000
    )
    noise: float = setting(
        0.02, "Standard deviation of a mixture component, per dimension.", symbol="σ", ge=0, le=1
    )
    smoothing: float = setting(
        0.01, "Share added to every prototype's weight, so that none dies at once.", ge=0, le=1
    )
    reseed_after: int = setting(
        0,
        "Move a prototype unused for so many steps to a badly served descriptor; 0 never does.",
        unit="steps",
        ge=0,
    )
    exchange_every: int = setting(
        0,
        "Every n steps the two kinds that overlap most become one, and the freed one divides the "
        "kind that is most clearly two, where that describes the descriptors better, until four "
        "fifths of the run are over; 0 never does. Needs three kinds.",
        unit="steps",
        ge=0,
    )
