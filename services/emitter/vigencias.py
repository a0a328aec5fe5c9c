"""Looks after certificates: how long each is in force, and whether somebody must see to a new one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shared.clock import Clock
from shared.log import get_logger
from shared.metrics import CERTIFICADO_VENCE

if TYPE_CHECKING:
    from shared.adapters.mongo import Companies
    from shared.messages import EmisorGuardado

log = get_logger("posta.emitter.certificados")

_AVISO_DIAS = 30
_DIA = timedelta(days=1)


class Vigencias:
    """One of each emitter. The log hears of a certificate once a day, in its last month and after it."""

    def __init__(self, companies: Companies, clock: Clock) -> None:
        self._companies = companies
        self._clock = clock
        self._dichos: dict[str, int] = {}

    async def review(self) -> bool:
        """One look; gives False, for there is no more to do until the next. Unavailable when MongoDB is away."""
        for emisor in await self._companies.list_emisores():
            if emisor.certificado_vence is not None:
                dias = (emisor.certificado_vence - self._clock()) / _DIA
                CERTIFICADO_VENCE.labels(emisor.rut).set(round(dias, 2))
                self._tell(emisor, int(dias // 1))
        return False

    def _tell(self, emisor: EmisorGuardado, dias: int) -> None:
        """`dias`: whole ones left; negative when it has expired."""
        if dias >= _AVISO_DIAS:
            self._dichos.pop(emisor.rut, None)
        elif self._dichos.get(emisor.rut) != dias:
            self._dichos[emisor.rut] = dias
            report = log.error if dias < 0 else log.warning
            report(
                "certificado_vencido" if dias < 0 else "certificado_por_vencer",
                emisor=emisor.rut,
                dias=dias,
                remedio="pida uno nuevo a su prestador e impórtelo con «posta cert set»",
            )
