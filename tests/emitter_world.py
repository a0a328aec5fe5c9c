"""A company with certificate, folios and tills, made through administration; and the emitter that serves it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from deploy.local.environment import child_environment
from services.emitter.client import PosClient
from services.emitter.main import serve
from shared.adapters.mongo import Store
from shared.administracion.admin import Admin
from shared.administracion.main import open_admin
from shared.clock import chile, now
from shared.dte.tipos import CANALES_SII, Canal, TipoDte
from shared.messages import Resolucion
from shared.settings import Settings
from tests.conditions import LIMIT, eventually
from tests.dte_data import EMISOR, EMISOR_RUT, IDK, PASSWORD, authority_key, make_caf_xml, make_p12, venta_boleta

RESOLUCIONES: dict[Canal, Resolucion] = {canal: Resolucion(fecha=date(2026, 1, 2), numero=0) for canal in CANALES_SII}


@dataclass(frozen=True, slots=True)
class World:
    """What tests need to speak to an emitter: where it is, and a till's key."""

    settings: Settings
    llave: str
    terminal: str

    @property
    def url(self) -> str:
        return f"http://{self.settings.emitter_host}:{self.settings.emitter_port}"

    def http(self, **options: Any) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {self.llave}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=LIMIT, trust_env=False, **options)

    def pos(self, **options: Any) -> PosClient:
        return PosClient(self.url, self.llave, **options)


def with_authority(settings: Settings) -> Settings:
    """Settings whose environment believes the CAFs of `make_caf_xml`."""
    pem = authority_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    archivo = settings.carpeta / "caf_llaves.json"
    archivo.write_text(json.dumps({str(IDK): pem}), encoding="ascii")
    return settings.model_copy(update={"caf_llaves_file": archivo})


async def create_world(settings: Settings, *, boletas: int = 1000, facturas: int = 100) -> World:
    """The company `EMISOR` with one CAF of each type (from folio 1) and one till."""
    settings = with_authority(settings)
    async with open_admin(settings) as admin:
        await admin.create_emisor(EMISOR, RESOLUCIONES)
        await admin.set_certificado(EMISOR_RUT, make_p12(), PASSWORD)
        if boletas:
            await import_folios(admin, TipoDte.BOLETA, 1, boletas)
        if facturas:
            await import_folios(admin, TipoDte.FACTURA, 1, facturas)
        creado = await admin.create_terminal(EMISOR_RUT, "Centro", "7")
    return World(settings, creado.llave, creado.terminal.id)


async def import_folios(admin: Admin, tipo: TipoDte, desde: int, hasta: int, **para: str) -> None:
    """`para`: the `tienda` or `terminal` that the range is kept for."""
    ayer = chile(now()).date() - timedelta(days=1)
    await admin.cafs.import_caf(make_caf_xml(tipo, desde=desde, hasta=hasta, fecha=ayer), **para)


def request_of(clave: str, venta: dict[str, Any] | bytes | None = None) -> dict[str, Any]:
    """Keyword arguments of httpx for `POST /v1/dte`."""
    cuerpo = venta if isinstance(venta, bytes) else json.dumps(venta or venta_boleta()).encode()
    return {"content": cuerpo, "headers": {"Idempotency-Key": clave, "Content-Type": "application/json"}}


async def answers(url: str, path: str = "/health/ready") -> bool:
    """Whether the emitter serves and reaches its database."""
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(f"{url}{path}")).status_code == 200
    except httpx.TransportError:
        return False


async def _serves_or_ended(world: World, path: str, serving: asyncio.Task[None]) -> bool:
    if serving.done():
        serving.result()
    return await answers(world.url, path)


@asynccontextmanager
async def running_emitter(world: World, *, path: str = "/health/ready") -> AsyncIterator[None]:
    """The whole emitter inside this process and event loop, until the block ends."""
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(world.settings, stop))
    try:
        await eventually(lambda: _serves_or_ended(world, path, serving))
        yield
    finally:
        stop.set()
        await serving


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The test's own view of the database."""
    store = Store(settings, now, "prueba")
    try:
        await store.prepare()
        yield store
    finally:
        await store.close()


class EmitterProcess:
    """The emitter as the operating system sees it: started, stopped and killed like in production."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.settings = settings
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{self.settings.emitter_host}:{self.settings.emitter_port}"

    async def start(self) -> None:
        """Return once it serves."""
        self.launch()
        await eventually(lambda: answers(self.url), within=90)

    def launch(self) -> None:
        """Start it and do not wait."""
        command = [sys.executable, "-m", "services.cli", "run", "emitter"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=child_environment(self.settings), stdout=log, stderr=log)

    def kill(self) -> None:
        """SIGKILL, in the middle of whatever it is doing."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; gives the exit status."""
        return self._end(signal.SIGTERM)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def output(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        if process.poll() is None:
            os.kill(process.pid, number)
        return process.wait(timeout=LIMIT)
