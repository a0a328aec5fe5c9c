"""One short sale of each kind, for the API's documentation; each of them is issued as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.dte.tipos import TipoDte

Json = dict[str, Any]

_RECEPTOR: Json = {
    "RUTRecep": "76987654-5",
    "RznSocRecep": "Cliente Ltda.",
    "GiroRecep": "Servicios",
    "DirRecep": "Calle Dos 456",
    "CmnaRecep": "Santiago",
}
_EXTRANJERO: Json = {
    "RUTRecep": "55555555-5",
    "RznSocRecep": "Widgets Inc.",
    "Extranjero": {"Nacionalidad": "225"},
}
_CAFE: Json = {"NmbItem": "Café molido 250 g", "QtyItem": 2, "PrcItem": 3990}
_ALOJAMIENTO: Json = {"NmbItem": "Alojamiento", "QtyItem": 2, "PrcItem": 50.25}


def _venta(tipo: TipoDte, detalle: Json, id_doc: Json | None = None, **partes: Json) -> Json:
    encabezado = {"IdDoc": {"TipoDTE": int(tipo), **(id_doc or {})}, "Receptor": _RECEPTOR}
    return {"Encabezado": encabezado, "Detalle": [detalle], **partes}


def _exportacion(tipo: TipoDte, **partes: Json) -> Json:
    encabezado = {
        "IdDoc": {"TipoDTE": int(tipo), "IndServicio": 4},
        "Receptor": _EXTRANJERO,
        "Totales": {"TpoMoneda": "DOLAR USA"},
        "OtraMoneda": {"TpoMoneda": "PESO CL", "TpoCambio": 945.37},
    }
    return {"Encabezado": encabezado, "Detalle": [_ALOJAMIENTO], **partes}


def _corrige(tipo: TipoDte, codigo: int, razon: str) -> Json:
    return {"TpoDocRef": str(int(tipo)), "FolioRef": "7", "FchRef": "2026-02-02", "CodRef": codigo, "RazonRef": razon}


EJEMPLOS: Mapping[TipoDte, Json] = {
    TipoDte.BOLETA: {"Encabezado": {"IdDoc": {"TipoDTE": 39}}, "Detalle": [_CAFE]},
    TipoDte.BOLETA_EXENTA: {
        "Encabezado": {"IdDoc": {"TipoDTE": 41}},
        "Detalle": [{"NmbItem": "Pasaje", "PrcItem": 4500, "IndExe": 1}],
    },
    TipoDte.FACTURA: _venta(TipoDte.FACTURA, _CAFE, {"FmaPago": 1}),
    TipoDte.FACTURA_EXENTA: _venta(
        TipoDte.FACTURA_EXENTA, {"NmbItem": "Arriendo", "PrcItem": 450000, "IndExe": 1}, {"FmaPago": 2}
    ),
    TipoDte.LIQUIDACION: _venta(
        TipoDte.LIQUIDACION,
        {"TpoDocLiq": "33", "NmbItem": "Facturas de enero", "MontoItem": 300000},
        {"FmaPago": 1},
        Comisiones={"TipoMovim": "C", "Glosa": "Comisión", "TasaComision": 10, "ValComNeto": 30000, "ValComExe": 0},
    ),
    TipoDte.FACTURA_COMPRA: _venta(
        TipoDte.FACTURA_COMPRA, {"NmbItem": "Trigo", "QtyItem": 2, "PrcItem": 5000, "CodImpAdic": ["34"]}
    ),
    TipoDte.GUIA: _venta(TipoDte.GUIA, {"NmbItem": "Rollizo de pino", "QtyItem": 12}, {"IndTraslado": 5}),
    TipoDte.NOTA_DEBITO: _venta(
        TipoDte.NOTA_DEBITO, _CAFE, Referencia=_corrige(TipoDte.NOTA_CREDITO, 1, "Anula nota de crédito 7")
    ),
    TipoDte.NOTA_CREDITO: _venta(
        TipoDte.NOTA_CREDITO, _CAFE, Referencia=_corrige(TipoDte.FACTURA, 1, "Anula factura 7")
    ),
    TipoDte.EXPORTACION: _exportacion(TipoDte.EXPORTACION),
    TipoDte.EXPORTACION_DEBITO: _exportacion(
        TipoDte.EXPORTACION_DEBITO, Referencia=_corrige(TipoDte.EXPORTACION_CREDITO, 1, "Anula nota de crédito 7")
    ),
    TipoDte.EXPORTACION_CREDITO: _exportacion(
        TipoDte.EXPORTACION_CREDITO, Referencia=_corrige(TipoDte.EXPORTACION, 1, "Anula factura 7")
    ),
}
