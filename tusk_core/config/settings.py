"""What every group of settings is made of: one declared setting and the frozen base."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["basic", "advanced"]


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


class SettingsGroup(BaseModel):
    """Base of every group: frozen, no unknown keys, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
