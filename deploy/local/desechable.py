"""A stack for one piece of work: on a temporary folder, on free ports, and gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from deploy.local.screen import file_echo
from deploy.local.stack import Stack, local_stack
from shared.settings import Settings


@asynccontextmanager
async def throwaway_stack(
    settings: Settings,
    prefix: str,
    *,
    only: Collection[str] | None = None,
    sandbox: bool = True,
    registros: Path | None = None,
) -> AsyncIterator[Stack]:
    """Servers, sandbox and services (`only` these, or all) for as long as the block runs; then nothing is left.

    `sandbox`: whether there is an SII of our own; `registros`: the folder that keeps what the services say.
    """
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as carpeta:
        async with local_stack(
            settings,
            Path(carpeta),
            sandbox=sandbox,
            echo=_hush if registros is None else file_echo(registros),
            gracia=0,
            usual_ports=False,
            only=only,
        ) as stack:
            yield stack


def _hush(_nombre: str, _line: str) -> None:
    """Nobody reads it."""
