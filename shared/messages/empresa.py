"""Companies, and the tills that speak for them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from shared.dte.tipos import Canal
from shared.messages.record import Record


class Resolucion(Record):
    """The SII's permission for a company to issue through one channel: goes into the carátula."""

    fecha: date
    numero: int


class Proveedor(StrEnum):
    """Who takes a company's documents to the SII."""

    SII = "sii"
    DTEBOX = "dtebox"


class EmisorGuardado(Record):
    """One company. `datos` is what it writes into its documents (see `shared.dte.modelo.DatosEmisor`)."""

    rut: str
    datos: dict[str, Any]
    resoluciones: dict[Canal, Resolucion]
    certificado: bytes | None = None
    """PKCS#12 file, encrypted."""
    certificado_password: bytes | None = None
    """Its password, encrypted."""
    certificado_vence: datetime | None = None
    certificado_rut: str | None = None
    """Whose it is, in the clear like the date, so that it can be shown without the master key."""
    certificado_titular: str | None = None
    proveedor: Proveedor = Proveedor.SII
    """Who delivers what is signed from now on; what was signed before keeps its channel."""
    dtebox_url: str | None = None
    """Address of the company's DTEBox: the service `Core.svc/core`."""
    dtebox_llave: bytes | None = None
    """Its AuthKey, encrypted."""
    limite_por_minuto: int | None = None
    """Documents that all its tills together may issue in a minute, at each emitter."""


class TerminalGuardado(Record):
    """One till: speaks for one company, store and register."""

    id: str
    emisor: str
    tienda: str
    caja: str
    hash: str
    """SHA-256 of the key; the key itself has 256 random bits and is shown once."""
    revocado: bool = False
    por_segundo: float | None = None
    """Sales in a second, at each emitter, when it may not sell at the usual rate."""
