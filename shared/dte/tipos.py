"""The words of the trade as closed sets: document types, channels, environments, priorities."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class TipoDte(IntEnum):
    """Kinds of document that Posta issues, by the SII's number (DTE_v10.xsd, EnvioBOLETA_v11.xsd)."""

    FACTURA = 33
    BOLETA = 39

    @property
    def nombre(self) -> str:
        return _NOMBRES[self]

    @property
    def canal(self) -> Canal:
        return Canal.BOLETA if self is TipoDte.BOLETA else Canal.FACTURA


_NOMBRES = {TipoDte.FACTURA: "Factura electrónica", TipoDte.BOLETA: "Boleta electrónica"}


class Canal(StrEnum):
    """Which door of the authority a document goes through."""

    BOLETA = "boleta"
    """REST service for boletas (39, 41)."""
    FACTURA = "factura"
    """SOAP login and DTEUpload: everything else."""


class Prioridad(StrEnum):
    """Which of the two queues of a channel a document waits in."""

    ALTA = "alta"
    NORMAL = "normal"


class Ambiente(StrEnum):
    """The SII's two worlds. Companies, CAFs, folios, tokens and track ids of one mean nothing in the other."""

    CERTIFICACION = "certificacion"
    PRODUCCION = "produccion"
