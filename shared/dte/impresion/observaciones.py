"""What a document says about other documents, and what else must be read on it."""

from __future__ import annotations

from collections.abc import Iterator

from shared.dte.impresion.cifras import format_fecha_corta, format_rut
from shared.dte.impresion.glosas import CORRECCIONES, DOCUMENTOS, say
from shared.dte.impresion.rama import Rama
from shared.dte.impresion.vista import Referencia


def list_referencias(documento: Rama) -> Iterator[Referencia]:
    """The other documents that this one names. Boletas name the till and the seller there too."""
    return map(_read_referencia, documento.each("Referencia"))


def _read_referencia(rama: Rama) -> Referencia:
    folio = rama.get("FolioRef")
    otro, vendedor, caja = format_rut(rama.get("RUTOtr")), rama.get("CodVndor"), rama.get("CodCaja")
    motivos = (
        say(CORRECCIONES, rama.get("CodRef")),
        rama.get("RazonRef"),
        f"emitido por {otro}" if otro else "",
        f"vendedor {vendedor}" if vendedor else "",
        f"caja {caja}" if caja else "",
    )
    return Referencia(
        documento=say(DOCUMENTOS, rama.get("TpoDocRef")),
        folio="Varios" if rama.get("IndGlobal") == "1" else folio,
        fecha=format_fecha_corta(rama.get("FchRef")),
        motivo=" - ".join(filter(None, motivos)),
    )


def list_observaciones(documento: Rama) -> Iterator[str]:
    """Indicators that change what a document is worth, and where it was issued."""
    idoc = documento.find("Encabezado/IdDoc")
    lugar = documento.find("GeoRefEmision")
    if idoc.get("MntBruto") == "1":
        yield "Los valores del detalle incluyen el IVA."
    if idoc.get("IndMntNeto") == "2":
        yield "Los valores del detalle no incluyen el IVA."
    if idoc.get("IndNoRebaja") == "1":
        yield "Nota de crédito sin derecho a rebajar el débito fiscal."
    if idoc.get("TipoFactEsp") == "1":
        yield "Factura a turista extranjero."
    if lugar.hijos:
        yield f"Emitido en {lugar.join('LatitudEmision', 'LongitudEmision')}."
