"""Who signs and sends for a company, and under which resolution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.dte.causa import Causa
from shared.dte.firma import Firmante
from shared.dte.respuesta import Bloqueado
from shared.dte.rut import RUT_SII
from shared.dte.sobre import Caratula
from shared.dte.tipos import Canal
from shared.errors import Invalid

if TYPE_CHECKING:
    from shared.adapters.emisores import Emisores


@dataclass(frozen=True, slots=True)
class Emision:
    """What a company needs to send through one channel."""

    firmante: Firmante
    caratula: Caratula


class Firmantes:
    """What all companies need to send."""

    def __init__(self, emisores: Emisores) -> None:
        self._emisores = emisores

    async def get(self, rut: str, canal: Canal) -> Emision | Bloqueado:
        """Certificate and carátula of a company, or what a person has to put right first."""
        try:
            emisor, firmante = await self._emisores.get_firmante(rut)
        except Invalid as error:
            return Bloqueado(Causa.CERTIFICADO, error.fallas[0].codigo, str(error))
        resolucion = emisor.resoluciones.get(canal)
        if resolucion is None:
            return Bloqueado(Causa.CARATULA, "sin_resolucion", f"{rut} no tiene resolución del SII para {canal}")
        return Emision(firmante, Caratula(rut, firmante.rut, RUT_SII, resolucion.fecha, resolucion.numero))
