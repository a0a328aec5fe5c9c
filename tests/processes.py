"""Which processes of this machine belong to a test, told by a folder that they name."""

from __future__ import annotations

import os
from pathlib import Path


def processes_naming(text: str | Path) -> list[int]:
    """The living processes, ourselves excepted, that have `text` in their command line or environment."""
    wanted = os.fsencode(text)
    return sorted(
        pid for proc in Path("/proc").glob("[0-9]*") if (pid := int(proc.name)) != os.getpid() and _names(proc, wanted)
    )


def _names(proc: Path, wanted: bytes) -> bool:
    try:
        return any(wanted in (proc / source).read_bytes() for source in ("cmdline", "environ"))
    except (FileNotFoundError, ProcessLookupError, PermissionError):  # gone, or somebody else's
        return False
