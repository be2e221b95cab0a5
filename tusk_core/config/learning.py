"""Settings of training: the objective, the optimisers, and the machine it runs on."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from tusk_core.config.settings import SettingsGroup, setting


class LossConfig(SettingsGroup):
    """The training objective (paper section 3.4); a weight of 0 switches a term off."""

    reconstruction: Literal["mse", "perceptual"] = setting(
        "mse", "Compare pixels, or VGG16 features.", symbol="L_recon"
    )
    reconstruction_weight: float = setting(1.0, "Weight of the reconstruction loss.", ge=0, le=1e6)
    pixel_weight: float = setting(
        0.0, "Weight of an added pixel term beside a perceptual loss.", ge=0, le=1e6
    )
    perceptual_side: int = setting(
        224,
        "Longer side at which VGG16 sees the pictures; 0 leaves them as they are.",
        unit="px",
        ge=0,
        le=1024,
    )
    kmeans_weight: float = setting(0.01, "Weight of the k-means loss.", symbol="λ_km", ge=0, le=1e6)
    kmeans_temperature: float = setting(
        0.1,
        "Temperature of the cosine in the k-means loss; 0.8 is the released code's.",
        gt=0,
        le=100,
    )
    kmeans_start: int = setting(0, "Step at which the k-means loss begins.", unit="steps", ge=0)
    kmeans_ramp: int = setting(0, "Steps over which it grows to its weight.", unit="steps", ge=0)
    equivariance_weight: float = setting(
        0.1, "Weight of the feature map's equivariance.", symbol="λ_eqv", ge=0, le=1e6
    )
    heatmap_equivariance_weight: float = setting(
        0.01, "Weight of the heat map's equivariance.", ge=0, le=1e6
    )
    equivariance_normalised: bool = setting(
        False, "Compare unit-length features, so that shrinking them does not help."
    )
    equivariance_masked: bool = setting(True, "Compare only where both views show the picture.")
    equivariance_stop_gradient: bool = setting(
        False, "Let only the second view learn from the comparison."
    )
    sliced_wasserstein_weight: float = setting(
        1.0,
        "Weight of the sliced Wasserstein loss; in iterative training only its sign matters.",
        symbol="λ_sw",
        ge=0,
        le=1e6,
    )
    information_weight: float = setting(
        0.0,
        "Weight of the mutual information between the assignments of a keypoint in both views.",
        ge=0,
        le=1e6,
    )
    information_start: int = setting(0, "Step at which that term begins.", unit="steps", ge=0)
    information_ramp: int = setting(
        0, "Steps over which it grows to its weight.", unit="steps", ge=0
    )
    binarity_weight: float = setting(0.0, "Weight that pushes alpha to 0 or 1.", ge=0, le=1e6)
    binarity_start: int = setting(0, "Step at which that term begins.", unit="steps", ge=0)
    idle_weight: float = setting(
        0.0,
        "Weight of the scores of keypoints whose layer draws nothing, from ``binarity_start`` on, "
        "so that spare keypoints do not settle on the picture's edge and crowd out things.",
        ge=0,
        le=1e6,
    )
    reconstruction_reaches: Literal["all", "places", "decoder"] = setting(
        "all",
        "How far the reconstruction teaches a model with a frozen network: everything, where "
        "keypoints lie but not what they mean, or the decoder alone.",
    )
    membership_weight: float = setting(
        1.0,
        "Weight of agreeing with the clusters of the frozen features; falls to "
        "membership_end of it.",
        ge=0,
        le=1e6,
    )
    membership_end: float = setting(
        0.1, "Share of that weight that is left after 60 % of the run.", ge=0, le=1
    )
    dense_information_weight: float = setting(
        0.5,
        "Weight of the mutual information between the kinds of two views of a place, at every "
        "place that both views show.",
        ge=0,
        le=1e6,
    )
    peaks_weight: float = setting(
        1.0, "Weight of turning each kind's blobs into peaks at their middles.", ge=0, le=1e6
    )
    peaks_start: float = setting(0.4, "Share of the run after which peaks are learned.", ge=0, le=1)
    peak_width: float = setting(
        1.5, "Deviation of a peak that is aimed at.", unit="map px", gt=0, le=20
    )
    peak_smoothing: float = setting(
        2.0, "Blur that finds the middle of a blob.", unit="map px", gt=0, le=20
    )
    peak_threshold: float = setting(
        0.3, "Least height of a blob, blurred, that gets a peak.", ge=0, le=1
    )
    empty_weight: float = setting(
        1.0, "Weight of finding no peak in the pictures of data.empty.", ge=0, le=1e6
    )
    motion_weight: float = setting(
        0.0,
        "Share of the losses of kinds and peaks, and of the places from which the first kinds are "
        "made, that belongs to what moves, in a video under a still camera; in pictures and under "
        "a moving camera every place counts alike. Needs encoder.backbone.",
        ge=0,
        le=1,
    )
    kind_stride: int = setting(
        1,
        "In each step, kinds are compared at every n-th place of a row and of a column, in turn; "
        "more saves time.",
        unit="map px",
        ge=1,
        le=8,
    )
    redraw_every: int = setting(
        1,
        "Steps from one redrawing of the pictures to the next, in models with a frozen network; "
        "more saves time where the decoder alone learns from it.",
        unit="steps",
        ge=1,
        le=1000,
    )
    joint: bool = setting(
        False, "Train network and prototypes in one step (Table 4's straightforward variant)."
    )


class OptimConfig(SettingsGroup):
    """The optimisers and how long they work."""

    batch_size: int = setting(
        16,
        "Pictures in a step; each gives two views.",
        unit="pictures",
        level="basic",
        ge=1,
        le=65_536,
    )
    steps: int = setting(
        20_000, "Stop after this many steps.", unit="steps", level="basic", ge=1, le=100_000_000
    )
    minutes: float = setting(
        0.0, "Stop after this time; 0 means no limit.", unit="min", level="basic", ge=0, le=1e6
    )
    learning_rate: float = setting(1e-3, "Adam step size of encoder and decoder.", gt=0, le=1)
    schedule: Literal["constant", "cosine"] = setting(
        "constant", "Keep the step size, or let it fall to a twentieth along a cosine."
    )
    warmup: int = setting(0, "Steps over which the step size rises from zero.", unit="steps", ge=0)
    clip: float = setting(0.0, "Largest gradient norm; 0 does not clip.", ge=0, le=1e6)
    accumulate: int = setting(
        1, "Split each batch into this many parts to save memory.", unit="parts", ge=1, le=4096
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.batch_size % self.accumulate:
            raise ValueError(
                f"batch_size ({self.batch_size}) must be divisible by accumulate "
                f"({self.accumulate})"
            )
        return self


class RunConfig(SettingsGroup):
    """Machine, seed and what is written while training."""

    seed: int = setting(0, "Seed of everything random.", level="basic", ge=0, le=2**31 - 1)
    device: str = setting("auto", "auto, cpu, cuda, cuda:N or mps.", level="basic")
    threads: int = setting(
        0,
        "CPU threads to compute with; 0 measures, at the start and while training, how many make a "
        "step fastest. A given number makes two runs agree bit for bit.",
        unit="threads",
        ge=0,
        le=1024,
    )
    precision: Literal["fp32", "bf16"] = setting(
        "fp32", "Arithmetic of the convolutions; bf16 needs CUDA or a CPU that has it."
    )
    compile: bool = setting(False, "torch.compile on CUDA: minutes of start-up, then faster.")
    checkpoint_every: int = setting(500, "Save a checkpoint every n steps.", unit="steps", ge=1)
    keep_checkpoints: int = setting(
        12, "Checkpoints kept beside the best and the latest, spread over the run.", ge=0, le=10_000
    )
    preview_every: float = setting(
        3.0, "Redraw the probe pictures at most every n seconds.", unit="s", ge=0, le=3600
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        kind, _, index = self.device.partition(":")
        if kind not in {"auto", "cpu", "cuda", "mps"} or (index and not index.isdigit()):
            raise ValueError(f"device must be auto, cpu, cuda, cuda:N or mps, got {self.device!r}")
        return self
