"""Rules of the guía de despacho (Formato DTE v2.5, `IndTraslado`)."""

from __future__ import annotations

from collections.abc import Iterator

from shared.dte.codigos import Codigo
from shared.dte.modelo import Factura
from shared.errors import Falla

_PARA_EXPORTAR = frozenset({8, 9})


def check_traslado(venta: Factura) -> Iterator[Falla]:
    """A guía says why goods move; towards an export, also who moves them."""
    motivo = venta.Encabezado.IdDoc.IndTraslado
    if motivo is None:
        yield Codigo.TRASLADO.falla("Encabezado.IdDoc.IndTraslado", motivo=" (1 venta … 5 traslado interno)")
    emisor = venta.Encabezado.Emisor
    guia = emisor.GuiaExport if emisor is not None else None
    if motivo in _PARA_EXPORTAR and (guia is None or guia.CdgTraslado is None):
        yield Codigo.TRASLADO.falla("Encabezado.Emisor.GuiaExport.CdgTraslado", motivo=f" con «IndTraslado» {motivo}")
