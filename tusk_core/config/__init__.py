"""Settings of a run: frozen, validated, serialisable, and the source of every form and flag.

Each field carries its range, unit, one-sentence description and, where there is one, the paper's
symbol (``json_schema_extra``: ``unit``, ``symbol``, ``level``). The command line, the training
dialog, the preset files and the error messages are all made from these models, so that nothing
is described twice. Nothing here imports torch.

``pictures``, ``networks`` and ``learning`` hold the groups, ``train_config`` joins them,
``reading`` checks plain values, ``bundled`` finds the presets. Import from here.
"""

from tusk_core.config.bundled import load_preset, preset_names
from tusk_core.config.learning import LossConfig, OptimConfig, RunConfig
from tusk_core.config.networks import DecoderConfig, EncoderConfig, KeypointConfig, PrototypeConfig
from tusk_core.config.pictures import DataConfig, PairConfig, WarpConfig
from tusk_core.config.reading import (
    describe_error,
    parse_assignment,
    parse_config,
    parse_stored,
    replaced,
)
from tusk_core.config.settings import Level, SettingsGroup, setting
from tusk_core.config.tracking import TrackConfig
from tusk_core.config.train_config import CONFIG_SCHEMA, TrainConfig
from tusk_core.errors import ConfigError

__all__ = [
    "CONFIG_SCHEMA",
    "ConfigError",
    "DataConfig",
    "DecoderConfig",
    "EncoderConfig",
    "KeypointConfig",
    "Level",
    "LossConfig",
    "OptimConfig",
    "PairConfig",
    "PrototypeConfig",
    "RunConfig",
    "SettingsGroup",
    "TrackConfig",
    "TrainConfig",
    "WarpConfig",
    "describe_error",
    "load_preset",
    "parse_assignment",
    "parse_config",
    "parse_stored",
    "preset_names",
    "replaced",
    "setting",
]
