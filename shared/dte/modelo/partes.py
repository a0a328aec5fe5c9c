"""Elements that facturas and boletas write alike (DTE_v10.xsd and EnvioBOLETA_v11.xsd)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.dte.modelo.campos import Clave, Rango
from shared.dte.modelo.nodo import Nodo


class CodigoItem(Nodo):
    """One code of an item: which kind, and its value."""

    TpoCodigo: Annotated[str, Clave(10)] = Field(description="Tipo de código: INT1, EAN13, PLU…")
    VlrCodigo: Annotated[str, Clave(35)] = Field(description="Código del ítem")


class GeoReferencia(Nodo):
    """Where the document was issued."""

    LatitudEmision: Annotated[str, Clave(30)] = Field(description="Latitud")
    LongitudEmision: Annotated[str, Clave(30)] = Field(description="Longitud")
    SistemaReferencia: Annotated[int, Rango(1, 9)] = Field(description="Sistema de referencia")
