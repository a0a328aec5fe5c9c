"""The issuer of a document: what the sale says about it, and what its company's record adds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shared.dte.codigos import Codigo
from shared.dte.modelo import Boleta, DatosEmisor, Exportacion, Factura, Liquidacion, Venta
from shared.dte.modelo.boleta import EmisorBoleta
from shared.dte.modelo.encabezado import EmisorFactura
from shared.dte.modelo.exportacion import EmisorExportacion
from shared.dte.modelo.liquidacion import EmisorLiquidacion
from shared.dte.modelo.nodo import Nodo
from shared.errors import Falla

Emisor = EmisorFactura | EmisorLiquidacion | EmisorExportacion | EmisorBoleta

_SIN_DATOS: Mapping[type[Venta], Emisor] = {
    Factura: EmisorFactura(),
    Liquidacion: EmisorLiquidacion(),
    Exportacion: EmisorExportacion(),
    Boleta: EmisorBoleta(),
}
"""What a sale says that does not name its issuer."""


def check_emisor(venta: Venta, emisor: DatosEmisor) -> Iterator[Falla]:
    """A sale of another company than the one that is to issue it."""
    dado = venta.Encabezado.Emisor
    if dado is not None and dado.RUTEmisor not in (None, emisor.rut):
        yield Codigo.EMISOR_DISTINTO.falla("Encabezado.Emisor.RUTEmisor", dado=dado.RUTEmisor, esperado=emisor.rut)


def complete_emisor(venta: Venta, emisor: DatosEmisor) -> Nodo:
    """What the sale says about its issuer, filled up from the company's record.

    An address is taken whole from one of the two: a shop's street with the head office's commune would be neither.
    """
    dado = venta.Encabezado.Emisor or _SIN_DATOS[type(venta)]
    if isinstance(dado, EmisorBoleta):
        propios: dict[str, object] = {"RznSocEmisor": emisor.razon_social, "GiroEmisor": emisor.giro}
    else:
        propios = {"RznSoc": emisor.razon_social, "GiroEmis": emisor.giro, "Acteco": emisor.acteco}
    propios["RUTEmisor"] = emisor.rut
    if _is_casa_matriz(dado, emisor):
        propios |= {"DirOrigen": emisor.direccion, "CmnaOrigen": emisor.comuna, "CiudadOrigen": emisor.ciudad}
    faltan = {campo: valor for campo, valor in propios.items() if getattr(dado, campo) in (None, ())}
    return dado.model_copy(update=faltan)


def _is_casa_matriz(dado: Emisor, emisor: DatosEmisor) -> bool:
    """Whether what is said of the address, if anything, is the head office's."""
    return dado.DirOrigen in (None, emisor.direccion) and dado.CmnaOrigen in (None, emisor.comuna)
