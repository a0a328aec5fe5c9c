"""One sale of each of the twelve documents, as a POS would send it. Names, RUTs and amounts are invented."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from shared.dte.tipos import TipoDte
from tests.dte_data import RECEPTOR_RUT, venta_boleta, venta_factura

Datos = dict[str, Any]

RECEPTOR = venta_factura()["Encabezado"]["Receptor"]
TRANSPORTE = {
    "Patente": "ABCD12",
    "PatenteCarro": "JKLM34",
    "RUTTrans": RECEPTOR_RUT,
    "Chofer": {"RUTChofer": "12345678-5", "NombreChofer": "Pedro Núñez"},
    "DirDest": "Bodega Norte 5",
    "CmnaDest": "Quilicura",
    "CiudadDest": "Santiago",
    "FchSalida": "2026-02-03",
    "HraSalida": "10:30:00",
    "FchLlegada": "2026-02-04",
}
_ADUANA = {
    "CodModVenta": 1,
    "CodClauVenta": 5,
    "TotClauVenta": "1234.56",
    "CodViaTransp": 4,
    "NombreTransp": "Vuelo LA 600",
    "CodPtoEmbarque": 992,
    "CodPtoDesemb": 284,
    "TotBultos": 3,
    "TipoBultos": {"CodTpoBultos": 22, "CantBultos": 3, "Marcas": "FRÁGIL"},
    "MntFlete": "80.5",
    "MntSeguro": "10.25",
    "CodPaisRecep": 225,
    "CodPaisDestin": 225,
}
_EXTRANJERO = {
    "RUTRecep": "55555555-5",
    "RznSocRecep": "Widgets & Co. Inc.",
    "Extranjero": {"NumId": "US-998877", "Nacionalidad": "225"},
    "GiroRecep": "Importer",
    "DirRecep": "5th Avenue 100, New York",
}
_MADERA = {
    "ComunaRolOrigen": 8101,
    "MnzRolOrigen": 12,
    "PrdRolOrigen": 34,
    "CodPlanConaf": "PM-2026/81",
    "LatitudOrigenMadera": "-37.1",
    "LongitudOrigenMadera": "-72.9",
    "SistemareferenciaMadera": 1,
}


def _factura(tipo: TipoDte, detalle: object, encabezado: Datos | None = None, **partes: Any) -> Datos:
    """A document of the factura's body; `encabezado` adds to the header, "IdDoc" to its first part."""
    extra = dict(encabezado or {})
    id_doc = {"TipoDTE": int(tipo), **extra.pop("IdDoc", {})}
    return {"Encabezado": {"IdDoc": id_doc, "Receptor": dict(RECEPTOR), **extra}, "Detalle": detalle, **partes}


def _export(tipo: TipoDte, **partes: Any) -> Datos:
    """Goods abroad, in dollars and in pesos."""
    encabezado = {
        "IdDoc": {"TipoDTE": int(tipo), "FmaPagExp": 1},
        "Receptor": dict(_EXTRANJERO),
        "Transporte": {"Patente": "ABCD12", "Aduana": _ADUANA},
        "Totales": {"TpoMoneda": "DOLAR USA"},
        "OtraMoneda": {"TpoMoneda": "PESO CL", "TpoCambio": "945.37"},
    }
    detalle = [
        {"NmbItem": "Arándanos frescos", "QtyItem": "120.5", "UnmdItem": "KG", "PrcItem": "9.8765", "DescuentoPct": 2},
        {"NmbItem": "Certificado fitosanitario", "PrcItem": "35.5"},
    ]
    return {"Encabezado": encabezado, "Detalle": detalle, **partes}


def _corrige(tipo: int, codigo: int, razon: str) -> Datos:
    return {"TpoDocRef": tipo, "FolioRef": 7, "FchRef": "2026-01-30", "CodRef": codigo, "RazonRef": razon}


_CONECTOR = {"NmbItem": "Conector", "QtyItem": 450, "PrcItem": 70}

VENTAS: Mapping[TipoDte, Datos] = {
    TipoDte.FACTURA: venta_factura(),
    TipoDte.FACTURA_EXENTA: _factura(
        TipoDte.FACTURA_EXENTA,
        [
            {"NmbItem": "Arriendo de bodega", "PrcItem": 450000, "IndExe": 1, "DescuentoPct": 5},
            {"NmbItem": "Garantía que se devuelve", "MontoItem": 100000, "IndExe": 2},
        ],
        {"IdDoc": {"FmaPago": 2, "PeriodoDesde": "2026-01-01", "PeriodoHasta": "2026-01-31"}},
        DscRcgGlobal={"TpoMov": "D", "TpoValor": "%", "ValorDR": 10, "IndExeDR": 1},
    ),
    TipoDte.BOLETA: venta_boleta(),
    TipoDte.BOLETA_EXENTA: {
        "Encabezado": {"IdDoc": {"TipoDTE": 41}},
        "Detalle": [{"NmbItem": "Pasaje Valparaíso - Santiago", "QtyItem": 2, "PrcItem": 4500, "IndExe": 1}],
    },
    TipoDte.LIQUIDACION: {
        "Encabezado": {"IdDoc": {"TipoDTE": 43, "FmaPago": 1}, "Receptor": dict(RECEPTOR)},
        "Detalle": [
            {"TpoDocLiq": "33", "NmbItem": "Facturas de enero", "QtyItem": 3, "PrcItem": 100000},
            {"TpoDocLiq": "61", "NmbItem": "Notas de crédito de enero", "MontoItem": -50000},
            {"TpoDocLiq": "34", "NmbItem": "Facturas exentas de enero", "MontoItem": 20000, "IndExe": 1},
        ],
        "Comisiones": [
            {"TipoMovim": "C", "Glosa": "Comisión", "TasaComision": 10, "ValComNeto": 25000, "ValComExe": 0},
            {"TipoMovim": "O", "Glosa": "Flete", "ValComNeto": 1000, "ValComExe": 500},
        ],
    },
    TipoDte.FACTURA_COMPRA: _factura(
        TipoDte.FACTURA_COMPRA,
        [
            {"NmbItem": "Trigo", "QtyItem": 2, "UnmdItem": "QQ", "PrcItem": 5000, "CodImpAdic": 34},
            {"NmbItem": "Chatarra", "MontoItem": 3000, "CodImpAdic": 38, "Retenedor": {"IndAgente": "R"}},
        ],
    ),
    TipoDte.GUIA: _factura(
        TipoDte.GUIA,
        [{"NmbItem": "Rollizo de pino", "QtyItem": 12, "UnmdItem": "M3"}, {"NmbItem": "Estiba", "QtyItem": 2}],
        {"IdDoc": {"IndTraslado": 5, "TipoDespacho": 2}, "Transporte": TRANSPORTE},
        ManejoMadera=_MADERA,
    ),
    TipoDte.NOTA_DEBITO: _factura(
        TipoDte.NOTA_DEBITO, _CONECTOR, Referencia=_corrige(61, 1, "Anula nota de crédito 7")
    ),
    TipoDte.NOTA_CREDITO: _factura(TipoDte.NOTA_CREDITO, _CONECTOR, Referencia=_corrige(33, 1, "Anula factura 7")),
    TipoDte.EXPORTACION: _export(
        TipoDte.EXPORTACION,
        DscRcgGlobal={"TpoMov": "R", "GlosaDR": "Embalaje", "TpoValor": "%", "ValorDR": "1.5"},
        Referencia={"TpoDocRef": 807, "FolioRef": "DUS-1", "FchRef": "2026-02-01"},
    ),
    TipoDte.EXPORTACION_DEBITO: _export(
        TipoDte.EXPORTACION_DEBITO, Referencia=_corrige(112, 1, "Anula nota de crédito 7")
    ),
    TipoDte.EXPORTACION_CREDITO: _export(TipoDte.EXPORTACION_CREDITO, Referencia=_corrige(110, 3, "Precio rebajado")),
}


def venta_de(tipo: TipoDte, **cambios: Any) -> Datos:
    """A fresh copy of the sale of that kind; `cambios` replace or add parts at the top (`Detalle=…`)."""
    return {**copy.deepcopy(VENTAS[tipo]), **cambios}


def with_campo(datos: Datos, ruta: str, valor: object) -> Datos:
    """A copy with the field at a dotted path replaced, or with None taken away; lists by position (`Detalle.0.X`)."""
    copia: Datos = copy.deepcopy(datos)
    *pasos, ultimo = ruta.split(".")
    nodo: Any = copia
    for paso in pasos:
        nodo = nodo[int(paso)] if isinstance(nodo, list) else nodo.setdefault(paso, {})
    nodo[int(ultimo) if isinstance(nodo, list) else ultimo] = valor
    return copia
