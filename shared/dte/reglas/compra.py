"""Rules of the factura de compra: the buyer issues it and withholds the IVA (Formato DTE v2.5, `ImptoReten`)."""

from __future__ import annotations

from collections.abc import Iterator

from shared.dte.codigos import Codigo
from shared.dte.impuestos import TASA_IVA, Efecto, find_impuesto
from shared.dte.modelo import Factura
from shared.errors import Falla


def check_retenciones(venta: Factura) -> Iterator[Falla]:
    """Withholdings of one line are no more than its IVA, and an agent that withholds says which."""
    for posicion, linea in enumerate(venta.Detalle):
        retenciones = [uno for uno in map(find_impuesto, linea.CodImpAdic) if uno.efecto is Efecto.RESTA]
        if sum(uno.tasa or 0 for uno in retenciones) > TASA_IVA:
            motivo = "las retenciones de la línea superan el IVA: deje una"
            yield Codigo.RETENCION.falla(f"Detalle[{posicion}].CodImpAdic", motivo=motivo)
        if linea.Retenedor is not None and not retenciones:
            motivo = "la línea es de un agente retenedor y no dice qué retiene: ponga 15 o el código del producto"
            yield Codigo.RETENCION.falla(f"Detalle[{posicion}].CodImpAdic", motivo=motivo)
