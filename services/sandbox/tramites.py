"""What a company gets at the SII's counter before it can issue: here, its folios."""

from __future__ import annotations

from datetime import date

from services.sandbox.authority import Authority, canonical_rut
from services.sandbox.store import Store
from shared.errors import Invalid


def issue_caf(
    authority: Authority, store: Store, rut: str, razon_social: str, tipo: int, *, desde: int, hasta: int, fecha: date
) -> bytes:
    """The CAF file for a range of folios. The same range again gives the same file, as the SII's portal does.

    Invalid when a part of the range was authorised before: a folio is never authorised twice.
    """
    rut = canonical_rut("rut", rut)
    existente = store.find_caf(rut, tipo, desde, hasta)
    if existente is None:
        archivo = authority.make_caf(rut, razon_social, tipo, desde=desde, hasta=hasta, fecha=fecha)
        store.add_caf(rut, tipo, desde, hasta, archivo)
        return archivo
    inicio, fin, archivo = existente
    if (inicio, fin) == (desde, hasta):
        return archivo
    libre = store.next_folio(rut, tipo)
    raise Invalid.one(
        "desde",
        "rango",
        f"los folios {inicio} a {fin} del tipo {tipo} ya fueron autorizados a {rut}: pida desde el {libre}",
    )
