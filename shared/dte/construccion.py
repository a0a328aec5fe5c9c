"""A signed document from its JSON alone, without a company's record or a ledger of folios: for `posta dte build`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from shared.dte.advertencias import find_advertencias
from shared.dte.caf import LLAVES_SII, CafAbierto, verify_caf
from shared.dte.codigos import Codigo
from shared.dte.documento import DteFirmado, complete_venta, sign_documento
from shared.dte.firma import Firmante
from shared.dte.hora import CHILE, chile
from shared.dte.modelo import Boleta, DatosEmisor, Venta, parse_venta
from shared.errors import Falla, Invalid

FindUf = Callable[[date], Decimal | None]
"""Pesos of one unidad de fomento on a day, where somebody knows them."""


def complete_documento(
    datos: object, caf: CafAbierto, *, folio: int, fecha: date | None, hoy: date, find_uf: FindUf
) -> tuple[Venta, Sequence[Falla]]:
    """The complete sale of DTE-shaped JSON (decoded), issued on `fecha`, else on its own date, else today, and what the
    SII will object to.

    Its issuer is who the JSON and the CAF say. Invalid: as `parse_venta` and `complete_venta`.
    """
    venta = set_fecha(drop_folio(parse_venta(datos), folio), fecha or hoy, siempre=fecha is not None)
    uf = find_uf(venta.Encabezado.IdDoc.FchEmis or hoy)
    completa = complete_venta(venta, read_emisor(venta, caf), fecha=hoy, uf=uf)
    return completa, find_advertencias(completa, hoy=hoy, uf=uf)


def build_documento(completa: Venta, caf: CafAbierto, firmante: Firmante, *, folio: int, ahora: datetime) -> DteFirmado:
    """The complete sale, signed now.

    A CAF of the SII must be authentic; one for tests, which is of another authority, is taken as it is, and when it has
    expired the document is signed as if on its own date. Invalid: as `verify_caf` and `sign_documento`.
    """
    if not is_de_prueba(caf):
        verify_caf(caf.caf, LLAVES_SII)
    emitida = completa.Encabezado.IdDoc.FchEmis
    if is_de_prueba(caf) and is_vencido(caf, ahora) and emitida is not None:
        ahora = datetime.combine(emitida, time(12), CHILE)
    return sign_documento(completa, folio=folio, caf=caf, firmante=firmante, ahora=ahora)


def is_de_prueba(caf: CafAbierto) -> bool:
    """Whether no key of the SII signed the CAF, by what it says itself."""
    return caf.caf.idk not in LLAVES_SII


def is_vencido(caf: CafAbierto, ahora: datetime) -> bool:
    """Whether its folios may not be signed any more."""
    return caf.caf.vence is not None and chile(ahora).date() > caf.caf.vence


def drop_folio(venta: Venta, folio: int | None = None) -> Venta:
    """The sale without the folio that it names; Invalid when that is another one than `folio`."""
    dado = venta.Encabezado.IdDoc.Folio
    if None not in (dado, folio) and dado != folio:
        raise Codigo.NO_CUADRA.invalid("Encabezado.IdDoc.Folio", dado=dado, calculado=folio)
    return _update_id_doc(venta, Folio=None)


def set_fecha(venta: Venta, fecha: date, *, siempre: bool) -> Venta:
    """The sale issued on that date; with `siempre`, also where it names another."""
    if venta.Encabezado.IdDoc.FchEmis is not None and not siempre:
        return venta
    return _update_id_doc(venta, FchEmis=fecha)


def read_emisor(venta: Venta, caf: CafAbierto) -> DatosEmisor:
    """The issuer as the sale names it; RUT and name, where it does not, as in the CAF. Invalid names what is missing.

    An address that is missing stays so: the schema does not ask for one.
    """
    dado = venta.Encabezado.Emisor
    boleta = isinstance(venta, Boleta)
    razon, giro = ("RznSocEmisor", "GiroEmisor") if boleta else ("RznSoc", "GiroEmis")
    fallas = list(_find_faltantes(dado, (giro,) if boleta else (giro, "Acteco")))
    if fallas:
        raise Invalid(*fallas)
    datos: dict[str, Any] = {
        "rut": getattr(dado, "RUTEmisor", None) or caf.caf.emisor,
        "razon_social": getattr(dado, razon, None) or caf.caf.razon_social,
        "giro": getattr(dado, giro),
        "acteco": getattr(dado, "Acteco", ()),
        "direccion": getattr(dado, "DirOrigen", None),
        "comuna": getattr(dado, "CmnaOrigen", None),
        "ciudad": getattr(dado, "CiudadOrigen", None),
    }
    return DatosEmisor.model_construct(**datos)


def _find_faltantes(emisor: object, campos: Sequence[str]) -> list[Falla]:
    return [Codigo.FALTA.falla(f"Encabezado.Emisor.{campo}") for campo in campos if not getattr(emisor, campo, None)]


def _update_id_doc(venta: Venta, **cambios: object) -> Venta:
    encabezado = venta.Encabezado
    id_doc = encabezado.IdDoc.model_copy(update=cambios)
    return venta.model_copy(update={"Encabezado": encabezado.model_copy(update={"IdDoc": id_doc})})
