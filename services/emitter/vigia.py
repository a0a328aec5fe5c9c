"""Looks after the stock of folios: who has some of their own, how many there are, and whether somebody must be told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.clock import Clock
from shared.dte.existencias import Cuenta, Destino, Existencia, Nivel, compute_existencias
from shared.log import get_logger
from shared.metrics import record_folios

if TYPE_CHECKING:
    from services.emitter.folios import FolioLedger
    from shared.adapters.mongo import Folios
    from shared.administracion.umbrales import ReadUmbrales

log = get_logger("posta.emitter.folios")


class Vigia:
    """One of each emitter. The log hears of each change of level once, from every emitter."""

    def __init__(self, folios: Folios, ledger: FolioLedger, umbrales: ReadUmbrales, clock: Clock) -> None:
        self._folios = folios
        self._ledger = ledger
        self._umbrales = umbrales
        self._clock = clock
        self._niveles: dict[Destino, Nivel] = {}

    async def review(self) -> bool:
        """One look; gives False, for there is no more to do until the next. Unavailable when MongoDB is away."""
        cuentas = await self._folios.count()
        self._ledger.propios = find_propios(cuentas)
        existencias = await asyncio.to_thread(compute_existencias, cuentas, await self._umbrales(), self._clock())
        disponibles: Counter[tuple[str, int]] = Counter()
        for existencia in existencias:
            disponibles[existencia.destino.emisor, existencia.destino.tipo] += existencia.disponibles
        record_folios(disponibles)
        for existencia in existencias:
            self._tell(existencia)
        self._niveles = {existencia.destino: existencia.nivel for existencia in existencias}
        return False

    def _tell(self, existencia: Existencia) -> None:
        antes, ahora = self._niveles.get(existencia.destino, Nivel.OK), existencia.nivel
        if antes is ahora:
            return
        destino = existencia.destino
        report = log.info if ahora is Nivel.OK else log.warning
        report(
            "folios_repuestos" if ahora is Nivel.OK else "folios_por_agotarse",
            emisor=destino.emisor,
            tipo=int(destino.tipo),
            tienda=destino.tienda,
            terminal=destino.terminal,
            nivel=ahora,
            disponibles=existencia.disponibles,
            por_dia=round(existencia.por_dia, 1),
            dias=None if existencia.dias is None else round(existencia.dias, 1),
        )


def find_propios(cuentas: Sequence[Cuenta]) -> frozenset[Destino]:
    """The stores and tills that have folios of their own left."""
    return frozenset(cuenta.destino for cuenta in cuentas if cuenta.destino.tienda is not None and cuenta.saldos)
