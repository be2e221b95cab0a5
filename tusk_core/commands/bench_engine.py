"""What ``tusk bench`` measures of the engine."""

from __future__ import annotations
