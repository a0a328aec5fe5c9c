"""Companies as they stand, asked now. It only reads, and needs no key: whoever may look sees this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.monitor.administracion.fichas import (
    Empresa,
    Ficha,
    canales_of,
    describe_correo,
    describe_empresa,
    describe_terminal,
    judge_rango,
)
from services.monitor.pausas import pausas_of
from shared.administracion.huecos import Huecos, Revision
from shared.clock import Clock, chile
from shared.dte.existencias import compute_existencias
from shared.dte.rut import parse_rut
from shared.dte.tipos import Ambiente

if TYPE_CHECKING:
    from shared.adapters.mongo import Store
    from shared.administracion.umbrales import ReadUmbrales

VENTAS = 1_000
"""Sales of a company in which its tills are looked for: a page costs the same at any size."""


class Vista:
    """Unavailable when MongoDB is away."""

    def __init__(self, store: Store, ambiente: Ambiente, umbrales: ReadUmbrales, clock: Clock) -> None:
        self._store = store
        self._huecos = Huecos(store.folios, store.usados)
        self._ambiente = ambiente
        self._umbrales = umbrales
        self._clock = clock

    async def list_empresas(self) -> list[Empresa]:
        """All of them, by RUT."""
        emisores = await self._store.companies.list_emisores()
        correos = {correo.rut: correo for correo in await self._store.correos.all()}
        ahora = self._clock()
        existencias = compute_existencias(await self._store.folios.count(), await self._umbrales(), ahora)
        return [
            describe_empresa(emisor, correos.get(emisor.rut), existencias, ambiente=self._ambiente, ahora=ahora)
            for emisor in emisores
        ]

    async def get_ficha(self, rut: str) -> Ficha | None:
        """One of them with all that is its own, however its RUT is written; None if there is none."""
        try:
            emisor = await self._store.companies.get_emisor(parse_rut(rut))
        except ValueError:
            return None
        if emisor is None:
            return None
        ahora = self._clock()
        correo = await self._store.correos.get(emisor.rut)
        existencias = compute_existencias(await self._store.folios.count(emisor.rut), await self._umbrales(), ahora)
        empresa = describe_empresa(emisor, correo, existencias, ambiente=self._ambiente, ahora=ahora)
        terminales = await self._store.companies.list_terminales(emisor.rut)
        ventas = await self._store.listado.last_sales(emisor.rut, [one.id for one in terminales], VENTAS)
        terminales.sort(key=lambda terminal: (terminal.revocado, terminal.tienda, terminal.caja))
        return Ficha(
            **dict(empresa),
            datos=emisor.datos,
            dtebox=emisor.dtebox_url,
            correo=correo and describe_correo(correo),
            pausas=pausas_of(await self._store.pausas.all(), emisor.rut, canales_of(emisor)),
            rangos=[judge_rango(caf, ahora) for caf in await self._store.folios.list(emisor.rut)],
            terminales=[describe_terminal(terminal, ventas) for terminal in terminales],
        )

    async def review(self, rut: str, rango: str) -> Revision | None:
        """What became of every folio of one range; None if the company has none of this name."""
        caf = next((caf for caf in await self._store.folios.list(rut) if caf.id == rango), None)
        return None if caf is None else await self._huecos.review_one(caf, chile(self._clock()).date())
