"""The words of the trade as closed sets: document types, channels, environments, priorities."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Final, Literal


class TipoDte(IntEnum):
    """Kinds of document that Posta issues, by the SII's number (DTE_v10.xsd, EnvioBOLETA_v11.xsd)."""

    FACTURA = 33
    FACTURA_EXENTA = 34
    BOLETA = 39
    BOLETA_EXENTA = 41
    LIQUIDACION = 43
    FACTURA_COMPRA = 46
    GUIA = 52
    NOTA_DEBITO = 56
    NOTA_CREDITO = 61
    EXPORTACION = 110
    EXPORTACION_DEBITO = 111
    EXPORTACION_CREDITO = 112

    @property
    def nombre(self) -> str:
        return _NOMBRES[self]

    @property
    def canal(self) -> CanalSii:
        """Which of the SII's own doors takes documents of this type."""
        return Canal.BOLETA if self in BOLETAS else Canal.FACTURA


POR_NUMERO: Final = {str(int(tipo)): tipo for tipo in TipoDte}
"""Each type by what `TpoDocRef` calls it."""
BOLETAS = frozenset({TipoDte.BOLETA, TipoDte.BOLETA_EXENTA})
"""Documents for consumers: another schema, and another door."""
EXPORTACIONES = frozenset({TipoDte.EXPORTACION, TipoDte.EXPORTACION_DEBITO, TipoDte.EXPORTACION_CREDITO})
"""Documents in foreign currency, without IVA."""
NOTAS = frozenset({TipoDte.NOTA_DEBITO, TipoDte.NOTA_CREDITO, TipoDte.EXPORTACION_DEBITO, TipoDte.EXPORTACION_CREDITO})
"""Documents that correct another one."""

_NOMBRES = {
    TipoDte.FACTURA: "Factura electrónica",
    TipoDte.FACTURA_EXENTA: "Factura no afecta o exenta electrónica",
    TipoDte.BOLETA: "Boleta electrónica",
    TipoDte.BOLETA_EXENTA: "Boleta no afecta o exenta electrónica",
    TipoDte.LIQUIDACION: "Liquidación factura electrónica",
    TipoDte.FACTURA_COMPRA: "Factura de compra electrónica",
    TipoDte.GUIA: "Guía de despacho electrónica",
    TipoDte.NOTA_DEBITO: "Nota de débito electrónica",
    TipoDte.NOTA_CREDITO: "Nota de crédito electrónica",
    TipoDte.EXPORTACION: "Factura de exportación electrónica",
    TipoDte.EXPORTACION_DEBITO: "Nota de débito de exportación electrónica",
    TipoDte.EXPORTACION_CREDITO: "Nota de crédito de exportación electrónica",
}


class Canal(StrEnum):
    """Which door of the authority a document goes through."""

    BOLETA = "boleta"
    """REST service for boletas (39, 41)."""
    FACTURA = "factura"
    """SOAP login and DTEUpload: everything else."""
    DTEBOX = "dtebox"
    """The company's DTEBox, which signs anew and delivers by itself: documents of all types."""


CanalSii = Literal[Canal.BOLETA, Canal.FACTURA]
CANALES_SII: Final[tuple[CanalSii, ...]] = (Canal.BOLETA, Canal.FACTURA)
"""The SII's own doors."""


class Prioridad(StrEnum):
    """Which of the two queues of a channel a document waits in."""

    ALTA = "alta"
    NORMAL = "normal"


class Ambiente(StrEnum):
    """The SII's two worlds. Companies, CAFs, folios, tokens and track ids of one mean nothing in the other."""

    CERTIFICACION = "certificacion"
    PRODUCCION = "produccion"
