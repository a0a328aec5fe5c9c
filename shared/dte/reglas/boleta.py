"""Rules of the boleta (Formato Boletas Electrónicas v4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from shared.dte.codigos import Codigo
from shared.dte.modelo import Boleta
from shared.dte.moneda import to_pesos
from shared.dte.rut import RUT_CONSUMIDOR_FINAL
from shared.dte.totales import Cuenta
from shared.errors import Falla

MAX_UF = 135
"""Unidades de fomento beyond which a boleta names its buyer and how it was paid (Ley 21.713)."""


def check_servicio(venta: Boleta) -> Iterator[Falla]:
    """What periodic services need (IndServicio 1 and 2)."""
    servicio = venta.Encabezado.IdDoc.IndServicio
    if servicio in (1, 2) and venta.Encabezado.Receptor.DirRecep is None:
        yield Codigo.SERVICIO.falla("Encabezado.Receptor.DirRecep", servicio=servicio)
    if servicio == 2 and venta.Encabezado.IdDoc.FchVenc is None:
        yield Codigo.SERVICIO.falla("Encabezado.IdDoc.FchVenc", servicio=servicio)


def check_espectaculo(venta: Boleta) -> Iterator[Falla]:
    """What tickets to a show need (IndServicio 4)."""
    for posicion, linea in enumerate(venta.Detalle):
        if venta.Encabezado.IdDoc.IndServicio == 4 and linea.ItemEspectaculo is None:
            yield Codigo.ESPECTACULO.falla(f"Detalle[{posicion}].ItemEspectaculo")
        if linea.ItemEspectaculo == "01" and linea.InfoTicket is None:
            yield Codigo.ESPECTACULO.falla(f"Detalle[{posicion}].InfoTicket")


def check_uf(venta: Boleta, cuenta: Cuenta, uf: Decimal) -> Iterator[Falla]:
    """What a boleta beyond 135 UF must name; `uf` in pesos."""
    limite = to_pesos(MAX_UF * uf)
    if (cuenta.totales.MntTotal or 0) > MAX_UF * uf:
        for ruta in find_anonimos(venta):
            yield Codigo.SOBRE_UF.falla(ruta, limite=limite)


def find_anonimos(venta: Boleta) -> Iterator[str]:
    """Paths of what a large boleta needs and this one does not say."""
    receptor = venta.Encabezado.Receptor
    if receptor.RUTRecep == RUT_CONSUMIDOR_FINAL:
        yield "Encabezado.Receptor.RUTRecep"
    if receptor.RznSocRecep is None:
        yield "Encabezado.Receptor.RznSocRecep"
    if venta.Encabezado.IdDoc.MedioPago is None:
        yield "Encabezado.IdDoc.MedioPago"
