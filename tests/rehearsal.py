"""The way from the till to the SII as real processes, for rehearsals: companies sell, the sandbox misbehaves."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from services.emitter.client import DocumentoEmitido, PosClient
from services.sandbox.ensayos import CALMA, Ensayo
from services.sandbox.main import llaves_file, write_caf, write_cert
from shared.adapters.mongo import Store
from shared.adapters.rabbit import DeadLetters, Depths
from shared.administracion.main import open_admin
from shared.clock import now
from shared.dte.estado import Estado
from shared.dte.rut import compute_dv
from shared.dte.tipos import Canal, TipoDte
from shared.messages import EstadoEnvio, Resolucion
from shared.settings import Settings
from tests.conditions import eventually
from tests.dte_data import EMISOR, FIRMANTE_RUT, venta_boleta, venta_factura
from tests.emitter_world import open_store
from tests.invariants import Libros, check_invariants
from tests.service_process import ServiceProcess

PASSWORD = "clave-de-prueba"
FOLIOS = 2_000
_TIPOS = (TipoDte.BOLETA, TipoDte.FACTURA, TipoDte.NOTA_DEBITO, TipoDte.NOTA_CREDITO)
_RESOLUCION = Resolucion(fecha=date(2014, 8, 22), numero=0)
_OPEN = {
    "$or": [
        {"estado": {"$in": [Estado.GENERADO, Estado.ENVIANDO, Estado.INCIERTO, Estado.ENVIADO]}},
        {"estado": Estado.PENDIENTE, "proximo_intento": {"$ne": None}},
    ]
}
_UNSENT = {"estado": {"$in": [Estado.GENERADO, Estado.ENVIANDO]}, "espera_a": {"$exists": False}}
_NOT_HELD = {"$or": [{"estado": {"$ne": Estado.GENERADO}}, {"espera_a": {"$exists": False}}]}
_ENVIOS_OPEN = (EstadoEnvio.SUBIENDO, EstadoEnvio.INCIERTO, EstadoEnvio.RECIBIDO)


@dataclass(frozen=True, slots=True)
class Processes:
    """The three processes that a document passes through, and the settings with which they run."""

    settings: Settings
    sandbox: ServiceProcess
    emitter: ServiceProcess
    sender: ServiceProcess
    companies: Iterator[int] = field(default_factory=lambda: itertools.count(77_300_001))
    ahead: list[float] = field(default_factory=lambda: [0.0])
    """How far the sandbox's clock is ahead: it never goes back, or verdicts that were told would be open again."""


@contextmanager
def running_processes(settings: Settings, carpeta: Path) -> Iterator[Processes]:
    """Sandbox, emitter and sender; killed at the end, for their data are thrown away."""
    url = f"http://{settings.sandbox_host}:{settings.sandbox_port}"
    own = settings.model_copy(update={"sii_url": url, "caf_llaves_file": llaves_file(settings.carpeta)})
    sandbox, emitter, sender = services = [
        ServiceProcess(own, name, carpeta / f"{name}.log") for name in ("sandbox", "emitter", "sender")
    ]
    write_cert(own.carpeta, FIRMANTE_RUT, PASSWORD, own.carpeta / "persona.p12")
    try:
        for service in services:
            service.launch()
        yield Processes(own, sandbox, emitter, sender)
    finally:
        for service in services:
            service.kill()


@dataclass(frozen=True, slots=True)
class Company:
    """A company with its certificate, folios of every type that is sold here, and one till."""

    rut: str
    terminal: str
    llave: str


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One test's hand in the processes."""

    processes: Processes
    store: Store
    depths: Depths
    sandbox: httpx.AsyncClient
    answers: dict[tuple[str, str], DocumentoEmitido]
    """What the tills have, by till and key."""

    async def play(self, cambios: Mapping[str, Any]) -> None:
        """The sandbox behaves so from now on."""
        ahead = self.processes.ahead
        ahead[0] = max(ahead[0], cambios.get("adelanto", 0.0))
        escenario = {**CALMA, **cambios, "adelanto": ahead[0]}
        (await self.sandbox.put("/sandbox/escenario", json=escenario)).raise_for_status()

    async def found(self, folios: int = FOLIOS) -> Company:
        """A fresh company."""
        number = next(self.processes.companies)
        rut, settings = f"{number}-{compute_dv(number)}", self.processes.settings
        async with open_admin(settings) as admin:
            await admin.create_emisor(EMISOR.model_copy(update={"rut": rut}), dict.fromkeys(Canal, _RESOLUCION))
            await admin.set_certificado(rut, (settings.carpeta / "persona.p12").read_bytes(), PASSWORD)
            for tipo in _TIPOS:
                caf = settings.carpeta / f"caf-{rut}-{tipo:d}.xml"
                await asyncio.to_thread(write_caf, settings.carpeta, rut, tipo, desde=1, hasta=folios, salida=caf)
                await admin.cafs.import_caf(caf.read_bytes())
            creado = await admin.create_terminal(rut, "Centro", "1")
        return Company(rut, creado.terminal.id, creado.llave)

    async def sell(self, company: Company, ventas: Sequence[Mapping[str, Any]], prefijo: str) -> list[DocumentoEmitido]:
        """Every sale, some at a time; the tills keep what they are answered."""
        slots = asyncio.Semaphore(8)
        async with PosClient(self.processes.emitter.url, company.llave, timeout=60) as pos:

            async def one(number: int, venta: Mapping[str, Any]) -> DocumentoEmitido:
                async with slots:
                    clave = f"{prefijo}-{number}"
                    documento = await pos.emit(venta, clave)
                    self.answers[company.terminal, clave] = documento
                    return documento

            return await asyncio.gather(*(one(number, venta) for number, venta in enumerate(ventas)))

    async def count(self, company: Company | None, condition: Mapping[str, Any]) -> int:
        """How many documents of a company, or of all, are so."""
        return await self.store._mongo.database.dtes.count_documents({**_of(company), **condition})

    async def until_sent(self, company: Company | None, within: float = 90) -> None:
        """Until each document has been sent once, whatever came of it."""
        await eventually(partial(self._is_none, company, _UNSENT), within)

    async def until_settled(
        self, company: Company | None, within: float = 150, *, also_held: bool = True, hasty: bool = False
    ) -> None:
        """Until each document has its verdict, or waits for a person, and no envelope is open.

        But for notes that wait for their document, unless `also_held`. If `hasty`, no question waits longer than a
        second: the minutes between them pass at once for the sender.
        """
        condition = _OPEN if also_held else {"$and": [_OPEN, _NOT_HELD]}

        async def settled() -> bool:
            if hasty:
                await self.ask_at_once(timedelta(seconds=1))
            return await self._is_none(company, condition) and await self._no_envio_open()

        try:
            await eventually(settled, within)
        except AssertionError:
            raise AssertionError(await self._describe_open(company)) from None

    async def ask_at_once(self, longest: timedelta = timedelta()) -> None:
        """The hours that the SII has taken have passed for the sender, too: its next questions are due, or soon are."""
        soon = now() + longest
        late = {"estado": {"$in": [EstadoEnvio.RECIBIDO, EstadoEnvio.INCIERTO]}, "consulta_de": {"$exists": False}}
        condition = {**late, "proxima_consulta": {"$gt": soon}}
        await self.store._mongo.database.envios.update_many(condition, {"$set": {"proxima_consulta": soon}})

    async def resend_parked(self, operacion: str) -> None:
        """A person has all that is parked sent again; each document once for an operation."""
        parked = [dte.id for dte in await self.store.documents.all_parked()]
        await self.store.moves.resend(parked, operacion)
        await DeadLetters(self.processes.settings, "ensayo").sweep_all(self.store.documents.still_parked)

    async def check(self) -> None:
        """All that must hold once the faults are over: the invariants of the architecture."""
        await check_invariants(
            self.store, self.depths, Libros(self.answers, (await self.sandbox.get("/sandbox/documentos")).json())
        )

    async def _is_none(self, company: Company | None, condition: Mapping[str, Any]) -> bool:
        return await self.count(company, condition) == 0

    async def _no_envio_open(self) -> bool:
        return not await self.store.envios.find_by_estado(*_ENVIOS_OPEN)

    async def _describe_open(self, company: Company | None) -> str:
        fields = {"xml": 0, "ted": 0, "salida": 0}
        dtes = await self.store._mongo.database.dtes.find({**_of(company), **_OPEN}, fields).to_list(3)
        envios = await self.store.envios.find_by_estado(*_ENVIOS_OPEN)
        rows = [f"{dte}" for dte in dtes] + [f"{envio!r:.1500}" for envio in envios[:3]]
        return "\n".join([f"not settled: {await self.store.documents.count_by_estado()}", *rows])


def _of(company: Company | None) -> dict[str, str]:
    return {} if company is None else {"emisor": company.rut}


@asynccontextmanager
async def rehearse(processes: Processes, answers: dict[tuple[str, str], DocumentoEmitido]) -> AsyncIterator[Rehearsal]:
    """Connections of this test to all parts, once these serve."""
    for service in (processes.sandbox, processes.emitter, processes.sender):
        await service.until_ready()
    depths = Depths(processes.settings, "prueba")
    async with (
        open_store(processes.settings) as store,
        httpx.AsyncClient(base_url=processes.sandbox.url, timeout=60, trust_env=False) as sandbox,
    ):
        try:
            yield Rehearsal(processes, store, depths, sandbox, answers)
        finally:
            await depths.close()


async def run_ensayo(r: Rehearsal, nombre: str, ensayo: Ensayo, cuantos: int = 8) -> Company:
    """A fresh company sells so many boletas and facturas while the sandbox plays; gives it when all is settled."""
    company = await r.found(folios=cuantos)
    await r.play(ensayo.escenario)
    await r.sell(company, [venta_boleta()] * cuantos + [venta_factura()] * cuantos, nombre)
    if ensayo.luego is not None:
        await r.until_sent(company)
        await r.play(ensayo.luego)
        await r.ask_at_once()
    await r.until_settled(company)
    return company
