"""A sandbox of a test's own: a real server on a free port of loopback, with its own folder, and no latency."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from deploy.local.ports import LOOPBACK, free_ports
from services.sandbox.app import Sii
from services.sandbox.faults import Conexion
from services.sandbox.informes import build_resumen, list_documentos
from services.sandbox.scenarios import Escenario
from services.sandbox.tramites import issue_caf
from services.sandbox.web import create_app
from shared.clock import Clock, chile, now
from shared.lifecycle import serve_http
from tests.conditions import eventually

RAPIDO: dict[str, Any] = {"latencia": {}, "demora_veredicto": 0}
"""A scenario in which nothing takes time and nothing goes wrong."""


@dataclass(frozen=True)
class SandboxServer:
    """A running sandbox: its address for `sii_url`, and what a test wants of it without going through HTTP."""

    url: str
    sii: Sii

    @property
    def llaves_file(self) -> Path:
        """For the setting `caf_llaves_file`."""
        return self.sii.authority.llaves_file

    def cert(self, rut: str, password: str = "secreta", titular: str = "Ana Núñez") -> bytes:  # noqa: S107
        """A PKCS#12 file for a person."""
        return self.sii.authority.make_cert(rut, titular, password)

    def caf(self, rut: str, tipo: int, desde: int, hasta: int, fecha: date | None = None) -> bytes:
        """A CAF file for a company, authorised today unless a date is given."""
        dia = fecha or chile(self.sii.clock()).date()
        return issue_caf(
            self.sii.authority, self.sii.store, rut, "COMERCIAL DE PRUEBA", tipo, desde=desde, hasta=hasta, fecha=dia
        )

    async def play(self, **cambios: Any) -> None:
        """Change the scenario: what is not named is as quick and faultless as at the start."""
        await self.sii.play(Escenario.model_validate(RAPIDO | cambios))

    def resumen(self) -> dict[str, Any]:
        """The same as GET /sandbox/resumen."""
        return build_resumen(self.sii.store, self.sii.clock())

    def documentos(self, **filtros: object) -> list[dict[str, Any]]:
        """The same as GET /sandbox/documentos."""
        return list_documentos(self.sii.store, self.sii.clock(), filtros)


@asynccontextmanager
async def sandbox_server(carpeta: Path, clock: Clock = now, **escenario: Any) -> AsyncIterator[SandboxServer]:
    """A sandbox that serves on this event loop until the block ends. `escenario` changes the quick, faultless one.

    The same folder again is the same SII: it has forgotten nothing but its tokens.
    """
    (port,) = free_ports(1)
    stop = asyncio.Event()
    with closing(Sii(carpeta, clock)) as sii:
        server = SandboxServer(f"http://{LOOPBACK}:{port}", sii)
        await server.play(**escenario)
        serving = asyncio.ensure_future(serve_http(create_app(sii), LOOPBACK, port, stop, protocol=Conexion))
        try:
            await eventually(partial(_is_up, serving, port))
            yield server
        finally:
            stop.set()
            await serving


async def _is_up(serving: asyncio.Future[None], port: int) -> bool:
    if serving.done():
        await serving  # raises what kept it from starting
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
