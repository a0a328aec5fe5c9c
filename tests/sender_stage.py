"""A whole way to the SII for tests of the sender: real servers, the sandbox, the relay, and documents ready to go."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from services.emitter.relay import Relay
from services.sender.main import serve
from shared.adapters.keystore import Boveda
from shared.adapters.mongo import Store
from shared.adapters.rabbit import DLQ, Consumer, Depths, Entrega, Publisher
from shared.clock import now
from shared.dte.caf import parse_caf
from shared.dte.documento import DteFirmado
from shared.dte.estado import FINALES, Estado
from shared.dte.tipos import Canal, Prioridad, TipoDte
from shared.messages import Dte, DteConXml, EmisorGuardado, Envio, EstadoEnvio, Resolucion, dte_id
from shared.settings import Settings, require_file
from tests.conditions import LIMIT, eventually
from tests.dte_data import EMISOR, EMISOR_RUT, FIRMANTE_RUT
from tests.sandbox_data import Empresa, Reloj
from tests.sandbox_server import SandboxServer, sandbox_server

PASSWORD = "clave-de-prueba"
RESOLUCION = Resolucion(fecha=date(2014, 8, 22), numero=0)


@dataclass(repr=False)
class Stage:
    """What a test of the sender plays with."""

    settings: Settings
    sandbox: SandboxServer
    store: Store
    publisher: Publisher
    depths: Depths
    empresa: Empresa
    stored: dict[str, bytes] = field(default_factory=dict)
    """Every document of the test by id, with the bytes that were stored."""

    def boletas(self, desde: int, cuantas: int) -> list[DteFirmado]:
        return [self.empresa.boleta(folio) for folio in range(desde, desde + cuantas)]

    def facturas(self, desde: int, cuantas: int) -> list[DteFirmado]:
        return [self.empresa.factura(folio) for folio in range(desde, desde + cuantas)]

    async def emit(self, documentos: Sequence[DteFirmado], **fields: Any) -> list[str]:
        """Store documents as the emitter does, with other `fields`; the relay publishes them. Gives their ids."""
        nuevos = [to_record(documento).model_copy(update=fields) for documento in documentos]
        assert await self.store.documents.insert(nuevos) == {}
        self.stored |= {nuevo.id: nuevo.xml for nuevo in nuevos}
        return [nuevo.id for nuevo in nuevos]

    async def dte(self, id_: str) -> Dte:
        dte = await self.store.documents.get(id_)
        assert dte is not None
        return dte

    async def estados(self) -> dict[Estado, int]:
        """The states that some document is in, and how many."""
        return {estado: n for estado, n in (await self.store.documents.count_by_estado()).items() if n}

    async def all_in(self, estado: Estado) -> bool:
        return await self.estados() == {estado: len(self.stored)}

    async def until_all(self, estado: Estado, within: float = LIMIT) -> None:
        try:
            await eventually(partial(self.all_in, estado), within)
        except AssertionError:
            raise AssertionError(await self.describe(estado)) from None

    async def describe(self, wanted: Estado) -> str:
        """What keeps some documents from being where they should be."""
        dtes = [d for d in await self.store.documents.find_by_ids(list(self.stored)) if d.estado is not wanted]
        envios = {envio.id: envio for envio in await self.envios()}
        rows = [f"{d.id} {d.estado} {d.envio} {envios.get(d.envio or '')!r:.600}" for d in dtes[:5]]
        return "\n".join([f"not all are {wanted}: {await self.estados()}", *rows])

    async def until(self, id_: str, estado: Estado, within: float = LIMIT) -> Dte:
        async def reached() -> bool:
            return (await self.dte(id_)).estado is estado

        await eventually(reached, within)
        return await self.dte(id_)

    async def envios(self) -> list[Envio]:
        """Every envelope, the oldest first."""
        return await self.store.envios.find_by_estado(*EstadoEnvio)

    async def all_envios_in(self, estado: EstadoEnvio) -> bool:
        return {envio.estado for envio in await self.envios()} == {estado}

    async def dead_letters(self) -> int:
        return (await self.depths.measure([DLQ]))[DLQ].mensajes

    async def read_dead_letters(self) -> list[Entrega]:
        """The messages in the dead-letter queue, which stay there."""
        consumer = Consumer(self.settings, "prueba", 100)
        await consumer.start([], _ignore)
        found: list[Entrega] = []
        while (entrega := await consumer.fetch_one(DLQ)) is not None:
            found.append(entrega)
        for entrega in found:
            await entrega.requeue()
        await consumer.close()
        return found

    async def check_invariants(self) -> None:
        """Everything that has to hold once the faults are over, whatever happened before."""
        dtes = await self.store.documents.find_by_ids(list(self.stored))
        assert len(dtes) == len(self.stored), "a document is lost"
        assert len({(dte.emisor, dte.tipo, dte.folio) for dte in dtes}) == len(dtes), "a folio was used twice"
        for id_, xml in self.stored.items():
            assert await self.store.documents.get_xml(id_) == xml, "signed bytes changed"
        unsettled = [dte.id for dte in dtes if dte.estado not in FINALES and not is_parked(dte)]
        assert unsettled == [], "a document was forgotten"
        held = [d for d in self.sandbox.documentos() if d["estado"] in ("aceptado", "reparo")]
        keys = Counter(dte_id(d["emisor"], TipoDte(d["tipo"]), d["folio"]) for d in held)
        assert [key for key, times in keys.items() if times > 1] == [], "the SII holds a document twice"
        valid = {dte.id for dte in dtes if dte.estado in (Estado.ACEPTADO, Estado.REPARO)}
        assert set(keys) == valid, "the SII and Posta do not agree"
        counted = Counter(d["estado"] for d in held)
        ours = Counter(dte.estado.value for dte in dtes if dte.id in valid)
        assert counted == ours, "the sums do not agree"


def is_parked(dte: Dte) -> bool:
    return dte.estado is Estado.PENDIENTE and dte.proximo_intento is None and dte.error_envio is not None


def to_record(documento: DteFirmado) -> DteConXml:
    """A signed document as the emitter stores it."""
    moment = now()
    id_ = dte_id(documento.emisor, documento.tipo, documento.folio)
    return DteConXml(
        id=id_,
        emisor=documento.emisor,
        tipo=documento.tipo,
        folio=documento.folio,
        canal=documento.tipo.canal,
        prioridad=Prioridad.NORMAL,
        terminal="caja-1",
        tienda="1",
        caja="1",
        clave=id_,
        huella="h",
        receptor=documento.receptor,
        fecha=documento.fecha,
        monto=documento.monto,
        sha256=documento.sha256,
        ted=documento.ted,
        creado=moment,
        cambiado=moment,
        xml=documento.xml,
    )


@asynccontextmanager
async def stage(settings: Settings, carpeta: Path, **escenario: Any) -> AsyncIterator[Stage]:
    """Servers, sandbox, a company with certificate and CAFs, and a relay that publishes. No sender yet."""
    async with sandbox_server(carpeta / "sii", **escenario) as sandbox:
        settings = settings.model_copy(update={"sii_url": sandbox.url})
        store, publisher = Store(settings, now, "prueba"), Publisher(settings, "prueba")
        depths = Depths(settings, "prueba")
        cafs = {tipo: parse_caf(sandbox.caf(EMISOR_RUT, tipo, 1, 1000)) for tipo in TipoDte}
        empresa = Empresa(sandbox.sii.authority, Reloj(now()), _cafs=cafs)
        try:
            await store.prepare()
            await save_company(store, settings, sandbox)
            await publisher.connect()
            async with relaying(store, publisher):
                yield Stage(settings, sandbox, store, publisher, depths, empresa)
        finally:
            await publisher.close()
            await depths.close()
            await store.close()


async def save_company(store: Store, settings: Settings, sandbox: SandboxServer, **changes: Any) -> None:
    """The company of the tests, with its encrypted certificate; `changes` replace fields."""
    boveda = Boveda.from_file(require_file(settings.llave_maestra_file, "llave_maestra_file"))
    emisor = EmisorGuardado(
        rut=EMISOR_RUT,
        datos=EMISOR.model_dump(mode="json"),
        resoluciones=dict.fromkeys(Canal, RESOLUCION),
        certificado=boveda.encrypt(sandbox.cert(FIRMANTE_RUT, PASSWORD)),
        certificado_password=boveda.encrypt(PASSWORD.encode()),
    )
    await store.companies.save_emisor(emisor.model_copy(update=changes))


async def found_company(s: Stage, rut: str) -> Empresa:
    """Another company, with the same certificate and CAFs of its own."""
    cafs = {tipo: parse_caf(s.sandbox.caf(rut, tipo, 1, 1000)) for tipo in TipoDte}
    await save_company(s.store, s.settings, s.sandbox, rut=rut)
    return Empresa(s.sandbox.sii.authority, Reloj(now()), rut=rut, _cafs=cafs)


@asynccontextmanager
async def relaying(store: Store, publisher: Publisher) -> AsyncIterator[None]:
    """The emitter's relay alone: whatever enters an outbox is published."""
    stop, nudge = asyncio.Event(), asyncio.Event()
    relay = Relay(store.documents, store.relevos, publisher, nudge)
    await relay.take_turn()
    listening = asyncio.create_task(relay.listen())
    running = asyncio.create_task(relay.run(stop))
    try:
        yield
    finally:
        stop.set()
        nudge.set()
        listening.cancel()
        await asyncio.gather(listening, running, return_exceptions=True)


@asynccontextmanager
async def sending(settings: Settings) -> AsyncIterator[None]:
    """A sender in this process, ready; stopped in order at the end."""
    stop = asyncio.Event()
    running = asyncio.create_task(serve(settings, stop))
    try:
        await eventually(partial(_is_ready, running, f"http://{settings.sender_host}:{settings.sender_port}"))
        yield
    finally:
        stop.set()
        await running


async def _is_ready(running: asyncio.Task[None], url: str) -> bool:
    if running.done():
        await running  # raises what ended it
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{url}/health/ready")).status_code == 200
        except httpx.TransportError:
            return False


async def _ignore(_entrega: Entrega) -> None:
    """Nothing is consumed."""
