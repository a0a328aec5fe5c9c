"""Golden documents: what comes out for fixed sales, byte for byte, but for the key that signs.

`python -m tests.unit.dte.golden --update` writes them again; the diff is the review.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.dte.documento import complete_venta, sign_documento
from shared.dte.modelo import parse_venta
from shared.dte.tipos import TipoDte
from shared.dte.xml import CODIFICACION
from tests import dte_data
from tests.dte_data import venta_boleta, venta_factura
from tests.ventas import VENTAS, venta_de, with_campo

FOLDER = Path(__file__).parents[2] / "data" / "golden"

_BEBIDAS = [
    {
        "NmbItem": "Pisco 35°",
        "QtyItem": 12,
        "UnmdItem": "UN",
        "PrcItem": "4990.5",
        "CodImpAdic": "24",
        "CdgItem": {"TpoCodigo": "EAN13", "VlrCodigo": 7801234567890},
        "DescuentoPct": 5,
    },
    {
        "NmbItem": "Gaseosa “light” <1,5 L> & hielo",
        "QtyItem": 24,
        "PrcItem": 890,
        "CodImpAdic": 27,
        "RecargoMonto": 100,
    },
    {"NmbItem": "Libro de recetas", "DscItem": "Tapa dura\r\nSegunda edición", "PrcItem": 15000, "IndExe": 1},
    {"NmbItem": "Envases retornables", "MontoItem": 2400, "IndExe": 3},
]

SALES: Mapping[str, dict[str, Any]] = {
    "boleta_simple": venta_boleta(),
    "boleta_mixta": venta_boleta(
        Encabezado={
            "IdDoc": {"TipoDTE": 39, "IndServicio": 3, "MedioPago": 2},
            "Receptor": {
                "RUTRecep": dte_data.RECEPTOR_RUT,
                "RznSocRecep": "Peña \"El Ñandú\" — 'Sucursal' Nº 5 & Cía.",
            },
        },
        Detalle=[
            {"NmbItem": "Té", "QtyItem": "0.25", "UnmdItem": "KG", "PrcItem": 9990},
            {"NmbItem": "Café", "QtyItem": 3, "PrcItem": 1590, "DescuentoPct": 10},
            {"NmbItem": "Diario", "PrcItem": 1200, "IndExe": 1},
            {"NmbItem": "Vale", "MontoItem": 500, "IndExe": 2},
        ],
        DscRcgGlobal={"TpoMov": "D", "GlosaDR": "Socio", "TpoValor": "$", "ValorDR": 100},
        Referencia={"CodRef": "SET", "RazonRef": "CASO-1", "CodVndor": "V12", "CodCaja": "3"},
    ),
    "factura_simple": venta_factura(),
    "factura_completa": venta_factura(
        Detalle=_BEBIDAS,
        SubTotInfo={"GlosaSTI": "Bebidas", "ValSubtotSTI": "78378.5", "LineasDeta": [1, 2]},
        DscRcgGlobal=[
            {"TpoMov": "D", "GlosaDR": "Volumen", "TpoValor": "%", "ValorDR": "2.5"},
            {"TpoMov": "R", "TpoValor": "$", "ValorDR": 300, "IndExeDR": 1},
        ],
        Referencia=[
            {"TpoDocRef": 801, "FolioRef": "OC-2026/7", "FchRef": "2026-01-28"},
            {"TpoDocRef": 52, "FolioRef": 0, "IndGlobal": 1, "FchRef": "2026-01-31", "RazonRef": "Guías de enero"},
        ],
        GeoRefEmision={"LatitudEmision": "-33.4372", "LongitudEmision": "-70.6506", "SistemaReferencia": 1},
    ),
    **{f"tipo_{tipo:d}": venta for tipo, venta in VENTAS.items() if tipo not in (33, 39)},
    "compra_retencion_total": with_campo(
        venta_de(TipoDte.FACTURA_COMPRA),
        "Detalle",
        {"NmbItem": "Servicio", "MontoItem": 45000, "CodImpAdic": 15, "Retenedor": {"IndAgente": "R"}},
    ),
    "credito_corrige_texto": venta_de(
        TipoDte.NOTA_CREDITO,
        Detalle={"NmbItem": "DICE: Giro Servicios DEBE DECIR: Giro Transporte"},
        Referencia={"TpoDocRef": 33, "FolioRef": 7, "FchRef": "2026-01-30", "CodRef": 2, "RazonRef": "Corrige giro"},
    ),
    "guia_para_exportar": with_campo(
        with_campo(venta_de(TipoDte.GUIA, ManejoMadera=None), "Encabezado.IdDoc.IndTraslado", 9),
        "Encabezado.Emisor.GuiaExport.CdgTraslado",
        1,
    ),
    "exportacion_de_hotel": {
        "Encabezado": {
            "IdDoc": {"TipoDTE": 110, "IndServicio": 4},
            "Receptor": {
                "RUTRecep": "55555555-5",
                "RznSocRecep": "Ann Smith",
                "Extranjero": {"NumId": "E12345", "Nacionalidad": 225},
            },
            "Totales": {"TpoMoneda": "DOLAR USA"},
        },
        "Detalle": {"NmbItem": "Alojamiento", "QtyItem": 2, "PrcItem": "50.25", "IndExe": 1},
        "Referencia": {"TpoDocRef": 813, "FolioRef": "E12345"},
    },
}


def write(nombre: str) -> str:
    """The document of that sale, with everything that depends on the key of the run replaced by its length."""
    venta = complete_venta(parse_venta(SALES[nombre]), dte_data.EMISOR, fecha=dte_data.FECHA)
    caf = dte_data.make_caf(venta.Encabezado.IdDoc.TipoDTE)
    signed = sign_documento(venta, folio=7, caf=caf, firmante=dte_data.firmante(), ahora=dte_data.AHORA)
    return _KEYED.sub(_measure, signed.xml.decode(CODIFICACION))


def path_of(nombre: str) -> Path:
    """Where that golden document is kept."""
    return FOLDER / f"{nombre}.xml"


_KEYED = re.compile(
    r"(?<=<FRMA algoritmo=\"SHA1withRSA\">)[^<]+|(?<=<FRMT algoritmo=\"SHA1withRSA\">)[^<]+"
    r"|(?<=<SignatureValue>)[^<]+|(?<=<DigestValue>)[^<]+|(?<=<Modulus>)[^<]+|(?<=<X509Certificate>)[^<]+"
)


def _measure(hallado: re.Match[str]) -> str:
    return f"[{len(hallado[0].splitlines())} líneas]"


def main() -> None:
    """Check the golden documents, or write them with --update."""
    for nombre in SALES:
        if "--update" in sys.argv[1:]:
            path_of(nombre).parent.mkdir(parents=True, exist_ok=True)
            path_of(nombre).write_text(write(nombre), encoding=CODIFICACION)
        elif path_of(nombre).read_text(encoding=CODIFICACION) != write(nombre):
            sys.exit(f"{nombre}: differs")


if __name__ == "__main__":
    main()
