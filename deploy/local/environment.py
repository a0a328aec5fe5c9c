"""What the stack's processes find in their environment: the caller's, with every `POSTA_` setting made explicit."""

from __future__ import annotations

import os
from pathlib import Path

from shared.settings import Settings

PREFIX = "POSTA_"


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment with which `load_settings()` gives exactly these settings again, from any working directory."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | settings_variables(settings)


def settings_variables(settings: Settings) -> dict[str, str]:
    """`{POSTA_NAME: value}` for every setting that has a value; paths are absolute."""
    absolute = {name: value.resolve() for name, value in settings if isinstance(value, Path)}
    values = settings.model_copy(update=absolute).model_dump(mode="json", exclude_none=True)
    return {f"{PREFIX}{name.upper()}": str(value) for name, value in values.items()}
