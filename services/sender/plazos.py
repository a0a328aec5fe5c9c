"""The clock of each document that is not at the SII yet: somebody hears of it in time, and it becomes urgent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.sender.gate import Gate
from services.sender.reparto import has_room
from shared.administracion.umbrales import apply_to_plazos
from shared.clock import Clock
from shared.dte.plazo import CLASES, Plazos, compute_limites
from shared.dte.tipos import Canal, CanalSii, Prioridad
from shared.log import get_logger
from shared.metrics import PLAZO_POR_VENCER, PLAZO_VENCIDO

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.adapters.mongo import Store
    from shared.adapters.rabbit import Depths

log = get_logger("posta.sender")

BATCH = 50
"""Documents made urgent at one time: behind a long outage all are late, and most go by themselves as fast."""
_TOLD = 500


class RelojPlazos:
    """One of each sender; of each document one of them tells."""

    def __init__(
        self,
        store: Store,
        gate: Gate,
        plazos: Plazos,
        clock: Clock,
        depths: Depths,
        *,
        work_queue: Callable[[Canal, Prioridad], str],
    ) -> None:
        self._store = store
        self._depths = depths
        self._work_queue = work_queue
        self._gate = gate
        self._plazos = plazos
        self._clock = clock

    async def review(self) -> bool:
        """One look at each channel and kind of document; True if there is more to tell."""
        plazos = apply_to_plazos(self._plazos, await self._store.umbrales.valores())
        return any([await self._review(canal, clase, plazos) for canal, clase in CLASES])

    async def _review(self, canal: Canal, clase: CanalSii, plazos: Plazos) -> bool:
        limites = compute_limites(clase, self._clock(), plazos)
        vencidos = await self._store.plazos.mark_vencidos(canal, clase, limites.vencidos, _TOLD)
        if vencidos:
            PLAZO_VENCIDO.labels(canal).inc(vencidos)
            log.error("plazo_vencido", canal=canal, documentos=vencidos)
        cerca = await self._store.plazos.mark_por_vencer(canal, clase, limites.por_vencer, _TOLD)
        if cerca:
            PLAZO_POR_VENCER.labels(canal).inc(cerca)
            log.warning("plazo_por_vencer", canal=canal, documentos=cerca)
        if self._gate.flows(canal):
            await self._hurry(canal)
        return _TOLD in (vencidos, cerca)

    async def _hurry(self, canal: Canal) -> None:
        ids = await self._store.plazos.find_not_urgent(canal, BATCH)
        if ids and await has_room(self._depths, self._work_queue(canal, Prioridad.ALTA)):
            raised = await self._store.moves.raise_prioridad(ids)
            log.info("prioridad_subida", canal=canal, documentos=raised)
