"""A rehearsal: a running emitter, sender and sandbox, companies made on demand, tills that sell."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from deploy.local.demo.company import COMPANY, PERSON, PERSON_NAME
from deploy.local.drill.espera import until
from deploy.local.drill.invariantes import Hallazgo, Libros, Recibido
from deploy.local.drill.prueba import prove, read_libros
from deploy.local.empresa import Certificado, create_company, make_cert
from deploy.local.ports import LOOPBACK
from services.emitter.client import DocumentoEmitido, PosClient
from services.sandbox.ensayos import CALMA
from shared.adapters.mongo import Store
from shared.adapters.rabbit import Depths
from shared.clock import now
from shared.dte.rut import compute_dv
from shared.dte.tipos import TipoDte
from shared.errors import PostaError
from shared.messages import Dte, Envio, EstadoEnvio
from shared.settings import Settings

QUICK: Mapping[str, Any] = {
    "sobre_max_documentos": 4,
    "sii_timeout": timedelta(seconds=8),
    "consulta_espera": timedelta(seconds=0.2),
    "latido": timedelta(seconds=0.5),
    "latido_vencido": timedelta(seconds=3),
    "terminal_por_segundo": 100_000,
}
"""Settings under which a fault and its end take seconds: small envelopes, and an SII that is waited for shortly."""
TIPOS = (TipoDte.BOLETA, TipoDte.FACTURA)
_PASSWORD = "clave-de-prueba"  # noqa: S105 - of a certificate that is thrown away
_A_LA_VEZ = 8
_PATIENCE = 60
_ABIERTOS = (EstadoEnvio.SUBIENDO, EstadoEnvio.INCIERTO, EstadoEnvio.RECIBIDO)
_MUESTRA = 3


class SinTerminar(PostaError):
    """Documents have neither a verdict nor wait for a person after all the time that they were given."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company with its certificate, folios of every type that is sold, and one till."""

    rut: str
    terminal: str
    llave: str


@dataclass(slots=True)
class Site:
    """What outlives a connection to it: where everything is, which companies there are, what the tills have."""

    settings: Settings
    semilla: int | None = None
    """Of the sandbox's luck, instead of what each scenario says."""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(77_300_001))
    answers: dict[tuple[str, str], DocumentoEmitido] = field(default_factory=dict)
    """What the tills were answered, by till and key."""
    ahead: float = 0.0
    """How far the sandbox's clock is ahead: it never goes back, or verdicts that were told would be open again."""
    certificado: Certificado | None = None

    @property
    def emitter(self) -> str:
        return f"http://{LOOPBACK}:{self.settings.emitter_port}"

    @property
    def sandbox(self) -> str:
        return f"http://{LOOPBACK}:{self.settings.sandbox_port}"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One's hand in the processes of a `Site`."""

    site: Site
    store: Store
    depths: Depths
    sandbox: httpx.AsyncClient

    async def play(self, cambios: Mapping[str, Any]) -> None:
        """The sandbox behaves so from now on."""
        self.site.ahead = max(self.site.ahead, cambios.get("adelanto", 0.0))
        semilla = {} if self.site.semilla is None else {"semilla": self.site.semilla}
        escenario = {**CALMA, **cambios, **semilla, "adelanto": self.site.ahead}
        (await self.sandbox.put("/sandbox/escenario", json=escenario)).raise_for_status()

    async def count_strikes(self) -> int:
        """How often the faults of the scenario have struck so far."""
        resumen = (await self.sandbox.get("/sandbox/resumen")).raise_for_status().json()
        return sum(averia["veces"] for averia in resumen["averias_ocurridas"])

    async def found(self, folios: int, tipos: Collection[TipoDte] = TIPOS) -> Company:
        """A fresh company with folios from 1 on of each type."""
        if self.site.certificado is None:
            made = await asyncio.to_thread(make_cert, self.site.settings, PERSON, _PASSWORD, PERSON_NAME)
            self.site.certificado = made
        number = next(self.site.numbers)
        emisor = COMPANY.model_copy(update={"rut": f"{number}-{compute_dv(number)}"})
        rangos = dict.fromkeys(tipos, range(1, folios + 1))
        [caja] = await create_company(self.site.settings, emisor, self.site.certificado, rangos, [("Centro", "Caja 1")])
        return Company(emisor.rut, caja.terminal.id, caja.llave)

    async def sell(self, company: Company, ventas: Sequence[Mapping[str, Any]], prefijo: str) -> list[DocumentoEmitido]:
        """Every sale, some at a time; the tills keep what they are answered."""
        slots = asyncio.Semaphore(_A_LA_VEZ)
        async with PosClient(self.site.emitter, company.llave, timeout=_PATIENCE) as pos:

            async def one(number: int, venta: Mapping[str, Any]) -> DocumentoEmitido:
                async with slots:
                    clave = f"{prefijo}-{number}"
                    documento = await pos.emit(venta, clave)
                    self.site.answers[company.terminal, clave] = documento
                    return documento

            return await asyncio.gather(*(one(number, venta) for number, venta in enumerate(ventas)))

    async def until_sent(self, company: Company | None, within: float) -> None:
        """Until each document has been sent once, whatever came of it. SinTerminar after so many seconds."""

        async def sent() -> bool:
            return await self.store.inventario.count_unsent(_rut(company)) == 0

        if not await until(sent, within):
            raise SinTerminar(f"no se enviaron en {within:.0f} s:\n{await self._describe_open(company)}")

    async def until_settled(
        self, company: Company | None, within: float, *, also_held: bool = True, longest: timedelta | None = None
    ) -> None:
        """Until each document has its verdict, or waits for a person, and no envelope is open. SinTerminar if never.

        But for notes that wait for their document, unless `also_held`. With `longest`, no question waits longer than
        that: the minutes between them pass at once for the sender.
        """

        async def settled() -> bool:
            if longest is not None:
                await self.store.envios.hurry(now() + longest)
            rut = _rut(company)
            unsettled = await self.store.inventario.count_unsettled(rut, also_held=also_held)
            return unsettled == 0 and not await self._open_envios()

        if not await until(settled, within):
            raise SinTerminar(f"sin terminar en {within:.0f} s:\n{await self._describe_open(company)}")

    async def prove(self, within: float | None = None) -> list[Hallazgo]:
        """Which of the invariants does not hold, over everything that was sold so far."""
        return await (prove(self._read) if within is None else prove(self._read, within))

    async def read_sii(self, company: Company | None = None) -> list[Recibido]:
        """What the SII has received, of a company or of all."""
        params = {} if company is None else {"emisor": company.rut}
        received: list[Recibido] = (await self.sandbox.get("/sandbox/documentos", params=params)).json()
        return received

    async def _read(self) -> Libros:
        answers = {key: documento.model_dump() for key, documento in self.site.answers.items()}
        return await read_libros(self.store, self.depths, answers, await self.read_sii())

    async def _open_envios(self) -> list[Envio]:
        return await self.store.envios.find_by_estado(*_ABIERTOS)

    async def _describe_open(self, company: Company | None) -> str:
        dtes: list[Dte] = await self.store.inventario.some_unsettled(_rut(company), _MUESTRA)
        rows: list[object] = [*dtes, *(await self._open_envios())[:_MUESTRA]]
        return "\n".join(f"{row!r:.1500}" for row in rows)


def _rut(company: Company | None) -> str | None:
    return None if company is None else company.rut


@asynccontextmanager
async def open_rehearsal(site: Site) -> AsyncIterator[Rehearsal]:
    """Connections to all parts, which serve already."""
    depths, store = Depths(site.settings, "ensayo"), Store(site.settings, now, "ensayo")
    try:
        async with httpx.AsyncClient(base_url=site.sandbox, timeout=_PATIENCE, trust_env=False) as sandbox:
            await store.prepare()
            yield Rehearsal(site, store, depths, sandbox)
    finally:
        await depths.close()
        await store.close()
