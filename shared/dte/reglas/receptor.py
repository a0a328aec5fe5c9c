"""Rules about the two parties: what a buyer must say, buyers from abroad, and where tourists buy."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from shared.dte.codigos import Codigo
from shared.dte.modelo import Exportacion, Factura, Liquidacion
from shared.dte.rut import RUT_EXTRANJERO
from shared.errors import Falla

_RUTA = "Encabezado.Receptor"
_HOTEL = 4
_ZONA_TURISTA = frozenset({"arica", "camarones", "putre", "general lagos"})
"""Communes whose shops issue facturas to tourists (Formato DTE v2.5, `TipoFactEsp`)."""


def check_receptor(venta: Factura) -> Iterator[Falla]:
    """Giro, address and commune: without them the buyer has no VAT credit, and the SII objects (HED-1-844…846)."""
    for campo in ("GiroRecep", "DirRecep", "CmnaRecep"):
        if getattr(venta.Encabezado.Receptor, campo) is None and not _is_turista(venta):
            yield Codigo.RECEPTOR.falla(f"{_RUTA}.{campo}")


def check_origen(venta: Liquidacion) -> Iterator[Falla]:
    """The address that the schema of a liquidación-factura demands."""
    if venta.Encabezado.Emisor is None or venta.Encabezado.Emisor.DirOrigen is None:
        yield Codigo.FALTA.falla("Encabezado.Emisor.DirOrigen")


def check_exportacion(venta: Exportacion) -> Iterator[Falla]:
    """Buyers abroad share one RUT; hotels name the nationality of their guest."""
    receptor = venta.Encabezado.Receptor
    if receptor.RUTRecep != RUT_EXTRANJERO:
        yield Codigo.EXTRANJERO.falla(f"{_RUTA}.RUTRecep", motivo=f"es siempre {RUT_EXTRANJERO}")
    nacionalidad = receptor.Extranjero.Nacionalidad if receptor.Extranjero is not None else None
    if venta.Encabezado.IdDoc.IndServicio == _HOTEL and nacionalidad is None:
        yield Codigo.EXTRANJERO.falla(f"{_RUTA}.Extranjero.Nacionalidad", motivo="de hotelería es obligatoria")


def check_turista(venta: Factura) -> Iterator[Falla]:
    """Tourists have the RUT of foreigners and a document of identity, and buy in one of four communes."""
    if not _is_turista(venta):
        return
    receptor, emisor = venta.Encabezado.Receptor, venta.Encabezado.Emisor
    if receptor.RUTRecep != RUT_EXTRANJERO:
        yield Codigo.TURISTA.falla(f"{_RUTA}.RUTRecep", esperado=RUT_EXTRANJERO)
    if receptor.Extranjero is None or receptor.Extranjero.TipoDocID is None:
        yield Codigo.TURISTA.falla(f"{_RUTA}.Extranjero.TipoDocID", esperado="1 (pasaporte) o 2 (cédula)")
    if receptor.Extranjero is None or receptor.Extranjero.NumId is None:
        yield Codigo.TURISTA.falla(f"{_RUTA}.Extranjero.NumId", esperado="el número de su documento")
    if emisor is None or _plain(emisor.CmnaOrigen or "") not in _ZONA_TURISTA:
        esperado = "Arica, Camarones, Putre o General Lagos"
        yield Codigo.TURISTA.falla("Encabezado.Emisor.CmnaOrigen", esperado=esperado)


def _is_turista(venta: Factura) -> bool:
    return venta.Encabezado.IdDoc.TipoFactEsp is not None


def _plain(texto: str) -> str:
    """Lower case without accents."""
    return "".join(
        letra for letra in unicodedata.normalize("NFD", texto.casefold()) if not unicodedata.combining(letra)
    )
