"""A sale from the XML that a POS made of it: the same fields, without what the emitter gives (folio, stamp)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from shared.errors import Invalid

_CUERPOS = ("Documento", "Exportaciones", "Liquidacion")
_DEL_EMISOR = frozenset({"TED", "TmstFirma", "Signature"})
_BOLETAS = frozenset({"39", "41"})


def read_venta_xml(texto: str) -> dict[str, Any]:
    """The sale in a `<DTE>`, in the form of `POST /v1/dte`. Invalid if there is none in it.

    Of the issuer only its RUT is kept, so that another company's key is refused: the emitter knows the rest.
    """
    try:
        raiz = ET.fromstring(texto)  # noqa: S314  the POS's own file
    except ET.ParseError as error:
        raise Invalid.one("", "POSTA-POS-03", f"el XML del documento no se puede leer: {error}") from error
    cuerpo = next((nodo for nodo in raiz.iter() if _name(nodo) in _CUERPOS), None)
    venta = _to_json(cuerpo) if cuerpo is not None else None
    if not isinstance(venta, dict) or not isinstance(venta.get("Encabezado"), dict):
        raise Invalid.one("", "POSTA-POS-03", "el XML no tiene un documento con «Encabezado»: regenérelo")
    venta = {nombre: valor for nombre, valor in venta.items() if nombre not in _DEL_EMISOR}
    _prune(venta["Encabezado"])
    return venta


def _prune(encabezado: dict[str, Any]) -> None:
    id_doc = encabezado.get("IdDoc") or {}
    id_doc.pop("Folio", None)
    rut = (encabezado.pop("Emisor", None) or {}).get("RUTEmisor")
    if rut:
        encabezado["Emisor"] = {"RUTEmisor": rut}
    if id_doc.get("TipoDTE") in _BOLETAS:  # a boleta has no place for these, and many a POS writes them all the same
        id_doc.pop("FmaPago", None)
        (encabezado.get("Receptor") or {}).pop("GiroRecep", None)


def _to_json(nodo: ET.Element) -> Any:
    """Text, or the children by name; those of one name are a list. What is empty is left out."""
    if not len(nodo):
        return (nodo.text or "").strip()
    hijos: dict[str, Any] = {}
    for hijo in nodo:
        nombre, valor = _name(hijo), _to_json(hijo)
        if valor in ("", {}):
            continue
        if nombre not in hijos:
            hijos[nombre] = valor
        elif isinstance(hijos[nombre], list):
            hijos[nombre].append(valor)
        else:
            hijos[nombre] = [hijos[nombre], valor]
    return hijos


def _name(nodo: ET.Element) -> str:
    return nodo.tag.rpartition("}")[2]
