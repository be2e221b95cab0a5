"""Settings of a run: frozen, validated, serialisable, and the source of every form and flag.

Each field carries its range, unit, one-sentence description and, where there is one, the paper's
symbol (``json_schema_extra``: ``unit``, ``symbol``, ``level``). The command line, the training
dialog, the preset files and the error messages are all made from these models, so that nothing
is described twice. Nothing here imports torch.
"""

from __future__ import annotations

import math
import tomllib
from importlib import resources
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

CONFIG_SCHEMA = 1
_MAX_MESSAGE = 300

Level = Literal["basic", "advanced"]


class ConfigError(ValueError):
    """A setting that cannot be used; the message is one or two sentences for the user."""


def setting(
    default: Any,
    description: str,
    *,
    unit: str = "",
    symbol: str = "",
    level: Level = "advanced",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
) -> Any:
    """Declare one setting: its default, range and what the form and the help say about it."""
    extra: dict[str, Any] = {"unit": unit, "symbol": symbol, "level": level}
    return Field(default, description=description, ge=ge, gt=gt, le=le, json_schema_extra=extra)


class Settings(BaseModel):
    """Base of every group: frozen, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataConfig(Settings):
    """Which pictures, and how they become network input."""

    source: str = setting("", "Folder, video or data set to learn from.", level="basic")
    width: int = setting(
        80, "Width of the network's input.", unit="px", symbol="W", level="basic", ge=8, le=2048
    )
    height: int = setting(
        80, "Height of the network's input.", unit="px", symbol="H", level="basic", ge=8, le=2048
    )
    channels: Literal[1, 3] = setting(3, "1 for grey pictures, 3 for colour.")
    fit: Literal["stretch", "crop", "pad"] = setting(
        "crop", "How a picture of another shape is brought to the input size."
    )
    max_pictures: int = setting(
        0, "Use at most this many pictures; 0 uses all of them.", unit="pictures", ge=0
    )
    frame_step: int = setting(
        1, "Of a video, use every n-th frame.", unit="frames", ge=1, le=10_000
    )
    held_out: float = setting(
        0.0,
        "Share of the pictures that is not learned from but measured on at every checkpoint; the "
        "best checkpoint is then the best on them. Of a video, its last frames.",
        ge=0,
        le=0.5,
    )


class EncoderConfig(Settings):
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

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not 2 <= len(self.widths) <= 6:
            raise ValueError(f"widths needs 2 to 6 levels, got {len(self.widths)}")
        for width in (*self.widths, self.num_features):
            if width < 1 or width > 2048 or width % self.norm_groups:
                raise ValueError(
                    f"every width and num_features must be a multiple of norm_groups "
                    f"({self.norm_groups}) up to 2048, got {width}"
                )
        return self


class KeypointConfig(Settings):
    """How keypoints are read from the heat map (paper section 3.1)."""

    detector: Literal["single-map", "channel-wise"] = setting(
        "single-map",
        "single-map: the K highest peaks of one heat map; channel-wise: one heat map a keypoint, "
        "the older way that the paper compares with.",
    )
    num_keypoints: int = setting(
        8, "Keypoints taken from each picture.", symbol="K", level="basic", ge=1, le=512
    )
    nms_window: int = setting(
        7, "Side of the non-maximum-suppression window.", unit="map px", ge=1, le=101
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
        for name in ("nms_window", "refine_window"):
            value = getattr(self, name)
            if value % 2 == 0:
                raise ValueError(f"{name} must be odd, got {value}; try {value + 1}")
        return self


class DecoderConfig(Settings):
    """How the picture is rebuilt from the keypoints alone (paper section 3.2)."""

    kind: Literal["unet", "patch"] = setting(
        "patch",
        "unet: the paper's decoder over the whole picture; patch: one small picture a keypoint.",
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


class PrototypeConfig(Settings):
    """The prototypes and how they follow the descriptors (paper section 3.3)."""

    num_prototypes: int = setting(
        32, "Kinds of keypoint the model can tell apart.", symbol="M", level="basic", ge=2, le=4096
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
        8, "Prototype steps after each network step.", symbol="n", ge=0, le=100
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


class LossConfig(Settings):
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
        False, "Compare unit-length features, so that shrinking them is no way out."
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
    joint: bool = setting(
        False, "Train network and prototypes in one step (Table 4's straightforward variant)."
    )


class WarpConfig(Settings):
    """One random thin-plate-spline warp: affine part and control-point noise (METHOD 1.7)."""

    scale: float = setting(0.98, "Mean of the zoom; below 1 zooms in.", gt=0.1, le=3)
    scale_jitter: float = setting(0.02, "Zoom is drawn within ± this, for each axis.", ge=0, le=0.9)
    bend: float = setting(0.03, "Control points move within ± this.", unit="half sides", ge=0, le=1)
    shift: float = setting(0.02, "Centre moves within ± this.", unit="half sides", ge=0, le=1)
    rotation: float = setting(0.05, "Turn within ± this.", unit="rad", ge=0, le=math.pi)


class PairConfig(Settings):
    """How the two views of one picture are made (paper section 3.4, equivariance)."""

    first: WarpConfig = setting(WarpConfig(), "Warp that makes the first view.")
    second: WarpConfig = setting(
        WarpConfig(scale=0.95, scale_jitter=0.05, bend=0.05, shift=0.02, rotation=0.2),
        "Warp that makes the second view from the first.",
    )
    padding: Literal["black", "white", "reflect"] = setting(
        "reflect", "What lies beyond the picture's edge."
    )


class OptimConfig(Settings):
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


class RunConfig(Settings):
    """Machine, seed and what is written while training."""

    seed: int = setting(0, "Seed of everything random.", level="basic", ge=0, le=2**31 - 1)
    device: str = setting("auto", "auto, cpu, cuda, cuda:N or mps.", level="basic")
    threads: int = setting(
        0, "CPU threads to compute with; 0 uses all cores but one.", unit="threads", ge=0, le=1024
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


class TrainConfig(Settings):
    """Everything needed to reproduce one run."""

    config_schema: int = setting(
        CONFIG_SCHEMA, "Version of this file's layout.", ge=1, le=CONFIG_SCHEMA
    )
    preset: str = setting("custom", "Name of the preset these settings began from.")
    description: str = setting("", "One sentence on what these settings are for.")
    data: DataConfig = setting(DataConfig(), "Pictures")
    encoder: EncoderConfig = setting(EncoderConfig(), "Encoder")
    keypoints: KeypointConfig = setting(KeypointConfig(), "Keypoints")
    decoder: DecoderConfig = setting(DecoderConfig(), "Decoder")
    prototypes: PrototypeConfig = setting(PrototypeConfig(), "Prototypes")
    losses: LossConfig = setting(LossConfig(), "Losses")
    pair: PairConfig = setting(PairConfig(), "Views")
    optim: OptimConfig = setting(OptimConfig(), "Optimisers")
    run: RunConfig = setting(RunConfig(), "Run")

    @model_validator(mode="after")
    def _check(self) -> Self:
        K, M = self.keypoints.num_keypoints, self.prototypes.num_prototypes
        if self.is_channel_wise and K != M:
            raise ValueError(
                f'keypoints.detector = "channel-wise" has one prototype for each keypoint, so '
                f"prototypes.num_prototypes ({M}) must equal keypoints.num_keypoints ({K})"
            )
        return self

    @property
    def is_channel_wise(self) -> bool:
        """Whether every keypoint has a heat map of its own."""
        return self.keypoints.detector == "channel-wise"

    @property
    def size_multiple(self) -> int:
        """Picture sides are padded to a multiple of this: stem stride times the poolings."""
        encoder = self.encoder.stem_stride * 2 ** (len(self.encoder.widths) - 1)
        decoder = 2 ** (len(self.decoder.widths) - 1) if self.decoder.kind == "unet" else 1
        return math.lcm(encoder, decoder)


def describe_error(error: ValidationError) -> str:
    """Return one sentence for each problem, naming the setting, what was wrong and what came."""
    parts = []
    for item in error.errors(include_url=False)[:5]:
        path = ".".join(str(part) for part in item["loc"]) or "settings"
        if item["type"] == "extra_forbidden":
            parts.append(f"There is no setting {path!r}; `tusk settings` lists them all.")
            continue
        message = item["msg"].removeprefix("Value error, ")
        given = repr(item.get("input"))
        shown = f" (got {given})" if len(given) <= 60 and given not in message else ""
        if len(message) > _MAX_MESSAGE:
            message = message[:_MAX_MESSAGE] + "…"
        parts.append(f"Setting {path!r}: {message}{shown}.")
    return " ".join(parts)


def parse_config(values: object) -> TrainConfig:
    """Validate plain values (from TOML or JSON) into a TrainConfig.

    Raises:
        ConfigError: naming each unknown key or bad value in one sentence.
    """
    if not isinstance(values, dict):
        raise ConfigError("Settings must be a table of groups such as [data] and [optim].")
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError(describe_error(error)) from error
    except RecursionError as error:
        raise ConfigError("The settings are nested too deeply to be a configuration.") from error


def replaced(config: TrainConfig, changes: dict[str, Any]) -> TrainConfig:
    """Return ``config`` with dotted settings changed, such as ``{"optim.steps": 100}``.

    Raises:
        ConfigError: if a name is unknown or a value cannot be used.
    """
    tree = config.model_dump(mode="json")
    for path, value in changes.items():
        node: Any = tree
        *groups, leaf = path.split(".")
        for group in groups:
            node = node.get(group) if isinstance(node, dict) else None
        if not isinstance(node, dict) or leaf not in node:
            raise ConfigError(f"There is no setting {path!r}; `tusk settings` lists them all.")
        node[leaf] = value
    return parse_config(tree)


def parse_assignment(text: str) -> tuple[str, Any]:
    """Split ``key.sub=value`` as typed after ``--set``; the value is read as TOML, else as text.

    Raises:
        ConfigError: if there is no ``=``.
    """
    path, equals, raw = text.partition("=")
    if not equals or not path.strip():
        raise ConfigError(f"--set needs name=value, such as optim.steps=500; got {text[:80]!r}.")
    try:
        value = tomllib.loads(f"value = {raw.strip()}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        value = raw.strip()
    return path.strip(), value


def preset_names() -> tuple[str, ...]:
    """Return the bundled presets: ``quick-*`` first, then ``tusk-*``, then ``paper-*``."""
    folder = resources.files("tusk_core") / "presets"
    names = [
        entry.name.removesuffix(".toml")
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    order = {"quick": 0, "tusk": 1, "paper": 2}
    return tuple(sorted(names, key=lambda name: (order.get(name.partition("-")[0], 3), name)))


def load_preset(name: str) -> TrainConfig:
    """Return the bundled preset ``name``.

    Raises:
        ConfigError: if there is no such preset; the message lists those there are.
    """
    if name not in preset_names():
        raise ConfigError(f"There is no preset {name!r}; there are {', '.join(preset_names())}.")
    text = (resources.files("tusk_core") / "presets" / f"{name}.toml").read_text(encoding="utf-8")
    return parse_config({**tomllib.loads(text), "preset": name})
