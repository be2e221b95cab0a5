"""The settings of tracking as they were chosen last, for this window and for jobs over many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from tusk_core.config import TrackConfig

if TYPE_CHECKING:
    from tusk_app.settings import Settings

_KEY = "tracks/settings"


def chosen_settings(settings: Settings) -> TrackConfig:
    """Return the settings chosen last; the defaults where there are none or they are spoilt."""
    text = settings.value(_KEY, "")
    try:
        return TrackConfig.model_validate_json(text) if text else TrackConfig()
    except ValidationError:
        return TrackConfig()


def remember_settings(settings: Settings, config: TrackConfig) -> None:
    """Take settings for the next time."""
    settings.set_value(_KEY, config.model_dump_json(exclude_defaults=True))
