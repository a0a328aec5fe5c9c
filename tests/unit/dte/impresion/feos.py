"""Documents that nobody wants to print: everything as long as the schema allows, and longer."""

from __future__ import annotations

from tests.unit.dte.impresion.muestras import EMISOR, RECEPTOR, Json, exportacion, factura

FEA: Json = {
    "CdgItem": {"TpoCodigo": "INT1", "VlrCodigo": "M" * 35},
    "NmbItem": "W" * 80,
    "DscItem": "x" * 1000,
    "QtyItem": "999999999999.999999",
    "UnmdItem": "WWWW",
    "PrcItem": "999999999999.999999",
    "DescuentoPct": "99.99",
    "DescuentoMonto": 999999999999999999,
    "MontoItem": 999999999999999999,
}
LARGA: Json = {"NmbItem": "lorem ipsum " * 6, "DscItem": "dolor sit amet " * 66, "QtyItem": 1, "MontoItem": 1}
FEOS: dict[str, Json] = {
    "nombres sin espacios": factura(
        Encabezado={
            "Emisor": EMISOR | {"RznSoc": "W" * 100, "GiroEmis": "M" * 80, "DirOrigen": "W" * 70},
            "Receptor": RECEPTOR | {"RznSocRecep": "W" * 100, "GiroRecep": "M" * 40, "DirRecep": "W" * 70},
        },
        Detalle=[FEA, LARGA],
    ),
    "montos enormes": factura(
        Encabezado={"Totales": dict.fromkeys(("MntNeto", "MntExe", "IVA", "MntTotal", "VlrPagar"), 10**18 - 1)},
        Detalle=[FEA] * 60,
    ),
    "todos los impuestos": factura(
        Encabezado={
            "Totales": {
                "MntNeto": 1,
                "ImptoReten": [{"TipoImp": codigo, "TasaImp": 10, "MontoImp": 1} for codigo in range(23, 43)],
                "MntTotal": 1,
            },
        }
    ),
    "cuarenta referencias": factura(
        Referencia=[
            {"TpoDocRef": 820, "FolioRef": "W" * 18, "FchRef": "2026-01-31", "CodRef": 1, "RazonRef": "M" * 90}
            for _ in range(40)
        ]
    ),
    "treinta pagos": factura(
        Encabezado={
            "IdDoc": {
                "TipoDTE": 33,
                "Folio": 9999999999,
                "FchEmis": "2026-02-03",
                "TermPagoGlosa": "W" * 100,
                "MntPagos": [{"FchPago": "2026-03-01", "MntPago": 10**17, "GlosaPagos": "W" * 40}] * 30,
            }
        }
    ),
    "exportación llena": exportacion(Detalle=[FEA] * 5),
    "fuera de todo límite": factura(
        Encabezado={
            "IdDoc": {"TipoDTE": 33, "Folio": "9" * 200, "FchEmis": "W" * 3000},
            "Emisor": dict.fromkeys(EMISOR, "W" * 3000) | {"RUTEmisor": "1-9"},
            "Receptor": dict.fromkeys(RECEPTOR, "W" * 3000) | {"RUTRecep": "1-9", "RznSocRecep": "W" * 3000},
        },
        Detalle={"NmbItem": "W", "DscItem": "a\n" * 900},
    ),
}
