"""One document of each type, as XML that nobody signed: what is printed does not depend on a signature.

Built from plain dictionaries, not from the models of what Posta issues, because any program's documents are printed.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from shared.dte.texto import escape
from shared.dte.xml import NS

Json = dict[str, Any]

EMISOR: Json = {
    "RUTEmisor": "77123456-9",
    "RznSoc": "Comercial Ñuñoa & Compañía Limitada",
    "GiroEmis": "Venta al por menor de artículos de ferretería y materiales de construcción",
    "Telefono": ["+56 2 2345 6789", "+56 9 8765 4321"],
    "CorreoEmisor": "ventas@nunoa.example",
    "Acteco": 475201,
    "Sucursal": "Local Plaza Ñuñoa",
    "CdgSIISucur": 81234567,
    "DirOrigen": "Av. Irarrázaval 3550, local 12",
    "CmnaOrigen": "Ñuñoa",
    "CiudadOrigen": "Santiago",
    "CdgVendedor": "M. Peña",
}
EMISOR_BOLETA: Json = {
    "RUTEmisor": "77123456-9",
    "RznSocEmisor": "Comercial Ñuñoa & Compañía Limitada",
    "GiroEmisor": "Venta al por menor de artículos de ferretería",
    "DirOrigen": "Av. Irarrázaval 3550, local 12",
    "CmnaOrigen": "Ñuñoa",
    "CiudadOrigen": "Santiago",
}
RECEPTOR: Json = {
    "RUTRecep": "76987654-5",
    "RznSocRecep": "Constructora Los Álamos del Maipo SpA",
    "GiroRecep": "Construcción de edificios",
    "Contacto": "Íñigo Muñoz",
    "CorreoRecep": "compras@alamos.example",
    "DirRecep": "Camino a Lonquén 1500, bodega 4",
    "CmnaRecep": "Maipú",
    "CiudadRecep": "Santiago",
}
EXTRANJERO: Json = {
    "RUTRecep": "55555555-5",
    "RznSocRecep": "Fruit & Wine Importers Inc.",
    "Extranjero": {"NumId": "US-99-1234567", "Nacionalidad": "225"},
    "GiroRecep": "Importadora",
    "DirRecep": "1200 Harbor Blvd.",
    "CiudadRecep": "Philadelphia",
}
LINEAS: list[Json] = [
    {
        "CdgItem": [{"TpoCodigo": "EAN13", "VlrCodigo": 7801234567890}, {"TpoCodigo": "INT1", "VlrCodigo": "CEM-25"}],
        "NmbItem": "Cemento especial saco 25 kg",
        "QtyItem": 40,
        "UnmdItem": "UN",
        "PrcItem": 4190,
        "DescuentoPct": 5,
        "DescuentoMonto": 8380,
        "MontoItem": 159220,
    },
    {
        "NmbItem": "Arena gruesa",
        "DscItem": "Lavada, puesta en obra\nDespacho en la mañana",
        "QtyItem": "3.5",
        "UnmdItem": "M3",
        "PrcItem": "18990.25",
        "RecargoMonto": 1500,
        "MontoItem": 67966,
    },
    {"NmbItem": "Flete", "IndExe": 1, "QtyItem": 1, "PrcItem": 25000, "MontoItem": 25000},
]
TOTALES: Json = {"MntNeto": 227186, "MntExe": 25000, "TasaIVA": 19, "IVA": 43165, "MntTotal": 295351}
EXENTAS: list[Json] = [{"NmbItem": "Asesoría", "IndExe": 1, "QtyItem": 2, "PrcItem": 150000, "MontoItem": 300000}]
TRANSPORTE: Json = {
    "Patente": "KZXR-21",
    "PatenteCarro": "JB1234",
    "RUTTrans": "77123456-9",
    "Chofer": {"RUTChofer": "12345678-5", "NombreChofer": "José Núñez"},
    "DirDest": "Camino a Lonquén 1500, bodega 4",
    "CmnaDest": "Maipú",
    "FchSalida": "2026-02-03",
    "HraSalida": "10:30:00",
    "FchLlegada": "2026-02-03",
}
ADUANA: Json = {
    "CodModVenta": 1,
    "CodClauVenta": 5,
    "TotClauVenta": "12500.50",
    "CodViaTransp": 1,
    "NombreTransp": "MSC Valparaíso",
    "NomCiaTransp": "Naviera del Pacífico",
    "Booking": "BK-77812",
    "CodPtoEmbarque": 905,
    "IdAdicPtoEmb": "Valparaíso",
    "CodPtoDesemb": 135,
    "PesoBruto": "21500.00",
    "CodUnidPesoBruto": 6,
    "PesoNeto": "20000.00",
    "CodUnidPesoNeto": 6,
    "TotBultos": 1200,
    "TipoBultos": {
        "CodTpoBultos": 22,
        "CantBultos": 1200,
        "Marcas": "VIÑA",
        "IdContainer": "MSCU1234567",
        "Sello": "S-9",
    },
    "MntFlete": "1800.0000",
    "MntSeguro": "150.5000",
    "CodPaisRecep": 225,
    "CodPaisDestin": 225,
}
EXPORTADAS: list[Json] = [
    {
        "NmbItem": "Vino tinto Carménère 750 cc",
        "IndExe": 1,
        "QtyItem": 1200,
        "UnmdItem": "CJ12",
        "PrcItem": "10.41",
        "MontoItem": "12492.00",
    }
]
TOTALES_USD: Json = {"TpoMoneda": "DOLAR USA", "MntExe": "12492.00", "MntTotal": "12492.00"}
OTRA_MONEDA: Json = {
    "TpoMoneda": "PESO CL",
    "TpoCambio": "942.1500",
    "MntExeOtrMnda": 11769338,
    "MntTotOtrMnda": 11769338,
}
ANULA: Json = {"TpoDocRef": 33, "FolioRef": 118, "FchRef": "2026-02-01", "CodRef": 1, "RazonRef": "Devolución total"}


def factura(tipo: int = 33, **cambios: Any) -> Json:
    """A document with everything that facturas have in common; `cambios` replace or add parts at the top."""
    encabezado = {
        "IdDoc": {"TipoDTE": tipo, "Folio": 12345, "FchEmis": "2026-02-03", "FmaPago": 2, "FchVenc": "2026-03-05"},
        "Emisor": EMISOR,
        "Receptor": RECEPTOR,
        "Totales": TOTALES,
    }
    encabezado |= cambios.pop("Encabezado", {})
    return {"Encabezado": encabezado, "Detalle": LINEAS, **cambios}


def boleta(tipo: int = 39, **cambios: Any) -> Json:
    """A shop's boleta."""
    encabezado = {
        "IdDoc": {"TipoDTE": tipo, "Folio": 987, "FchEmis": "2026-02-03", "IndServicio": 3, "MedioPago": 2},
        "Emisor": EMISOR_BOLETA,
        "Receptor": {"RUTRecep": "66666666-6"},
        "Totales": {"MntNeto": 5118, "IVA": 972, "MntTotal": 6090},
    }
    encabezado |= cambios.pop("Encabezado", {})
    detalle = [
        {"NmbItem": "Martillo carpintero", "QtyItem": 1, "PrcItem": 4590, "MontoItem": 4590},
        {"NmbItem": "Clavos 2½ pulgadas", "QtyItem": "0.5", "UnmdItem": "KG", "PrcItem": 3000, "MontoItem": 1500},
    ]
    return {"Encabezado": encabezado, "Detalle": detalle, **cambios}


def exportacion(tipo: int = 110, **cambios: Any) -> Json:
    """Goods that leave the country, in dollars."""
    encabezado = {
        "IdDoc": {"TipoDTE": tipo, "Folio": 55, "FchEmis": "2026-02-03", "FmaPagExp": 1},
        "Emisor": EMISOR,
        "Receptor": EXTRANJERO,
        "Transporte": {"Aduana": ADUANA},
        "Totales": TOTALES_USD,
        "OtraMoneda": OTRA_MONEDA,
    }
    return {"Encabezado": encabezado, "Detalle": EXPORTADAS, **cambios}


MUESTRAS: Mapping[int, Json] = {
    33: factura(
        Referencia=[
            {"TpoDocRef": 801, "FolioRef": "OC-2026/77", "FchRef": "2026-01-28"},
            {"TpoDocRef": 52, "FolioRef": 0, "IndGlobal": 1, "FchRef": "2026-01-31", "RazonRef": "Guías de enero"},
        ],
        DscRcgGlobal={"TpoMov": "D", "GlosaDR": "Cliente frecuente", "TpoValor": "%", "ValorDR": "2.5"},
        GeoRefEmision={"LatitudEmision": "-33.4569", "LongitudEmision": "-70.5975", "SistemaReferencia": 1},
    ),
    34: factura(34, Encabezado={"Totales": {"MntExe": 300000, "MntTotal": 300000}}, Detalle=EXENTAS),
    39: boleta(),
    41: boleta(
        41,
        Encabezado={"Totales": {"MntExe": 300000, "MntTotal": 300000}},
        Detalle=EXENTAS,
    ),
    43: factura(
        43,
        Encabezado={
            "Totales": {
                "MntNeto": 100000,
                "TasaIVA": 19,
                "IVA": 19000,
                "Comisiones": {"ValComNeto": 10000, "ValComExe": 0, "ValComIVA": 1900},
                "MntTotal": 107100,
            }
        },
        Detalle={"TpoDocLiq": 39, "NmbItem": "Ventas por cuenta del mandante", "MontoItem": 100000},
        Comisiones={
            "TipoMovim": "C",
            "Glosa": "Comisión por venta",
            "TasaComision": 10,
            "ValComNeto": 10000,
            "ValComExe": 0,
            "ValComIVA": 1900,
        },
    ),
    46: factura(
        46,
        Encabezado={
            "Totales": {
                "MntNeto": 10000,
                "TasaIVA": 19,
                "IVA": 1900,
                "ImptoReten": {"TipoImp": 15, "TasaImp": 19, "MontoImp": 1900},
                "MntTotal": 10000,
            }
        },
        Detalle={
            "Retenedor": {"IndAgente": "R"},
            "NmbItem": "Chatarra de cobre",
            "QtyItem": 2,
            "PrcItem": 5000,
            "CodImpAdic": 15,
            "MontoItem": 10000,
        },
    ),
    52: factura(
        52,
        Encabezado={
            "IdDoc": {"TipoDTE": 52, "Folio": 3021, "FchEmis": "2026-02-03", "TipoDespacho": 2, "IndTraslado": 1},
            "Transporte": TRANSPORTE,
        },
    ),
    56: factura(56, Referencia=ANULA | {"TpoDocRef": 61, "CodRef": 3, "RazonRef": "Diferencia de precio"}),
    61: factura(61, Referencia=ANULA),
    110: exportacion(),
    111: exportacion(111, Referencia=ANULA | {"TpoDocRef": 110, "CodRef": 3, "RazonRef": "Diferencia de flete"}),
    112: exportacion(112, Referencia=ANULA | {"TpoDocRef": 110}),
}

CUERPOS = dict.fromkeys((110, 111, 112), "Exportaciones") | {43: "Liquidacion"}


def to_dte(documento: Json) -> bytes:
    """The document as a file, with a stamp of ordinary length."""
    tipo = documento["Encabezado"]["IdDoc"]["TipoDTE"]
    folio = documento["Encabezado"]["IdDoc"]["Folio"]
    cuerpo = CUERPOS.get(tipo, "Documento")
    dentro = "".join(_write(nombre, valor) for nombre, valor in documento.items())
    return (
        f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<DTE xmlns="{NS}" version="1.0">\n'
        f'<{cuerpo} ID="T{tipo}F{folio}">{dentro}\n{make_ted(documento)}\n'
        f"<TmstFirma>2026-02-03T10:15:31</TmstFirma></{cuerpo}></DTE>"
    ).encode("iso-8859-1", "xmlcharrefreplace")


def make_ted(documento: Json) -> str:
    """`<TED …>` over several lines, as other programs write it; its signatures are noise."""
    encabezado = documento["Encabezado"]
    detalle = documento.get("Detalle") or [{}]
    primera = detalle if isinstance(detalle, dict) else detalle[0]
    tipo, folio = (encabezado["IdDoc"][campo] for campo in ("TipoDTE", "Folio"))
    receptor = escape(encabezado["Receptor"].get("RznSocRecep", "Consumidor final")[:40])
    return (
        f'<TED version="1.0">\n<DD><RE>{encabezado["Emisor"]["RUTEmisor"]}</RE><TD>{tipo}</TD><F>{folio}</F>'
        f"<FE>2026-02-03</FE>\n<RR>{encabezado['Receptor']['RUTRecep']}</RR><RSR>{receptor}</RSR>"
        f"<MNT>{encabezado['Totales']['MntTotal']}</MNT><IT1>{escape(str(primera.get('NmbItem', '-'))[:40])}</IT1>"
        f'<CAF version="1.0"><DA><RE>77123456-9</RE><RS>COMERCIAL ÑUÑOA &amp; CIA LTDA</RS><TD>{tipo}</TD>'
        f"<RNG><D>1</D><H>20000</H></RNG><FA>2026-01-05</FA><RSAPK><M>{noise('M')}</M><E>Aw==</E></RSAPK><IDK>300</IDK>"
        f'</DA><FRMA algoritmo="SHA1withRSA">{noise("FRMA")}</FRMA></CAF><TSTED>2026-02-03T10:15:30</TSTED></DD>\n'
        f'<FRMT algoritmo="SHA1withRSA">{noise(f"{tipo}-{folio}")}</FRMT>\n</TED>'
    )


def noise(semilla: str) -> str:
    """Sixty-four bytes in Base64: the length of the numbers in a real stamp."""
    return base64.b64encode(hashlib.sha512(semilla.encode()).digest()).decode()


def to_sobre(*dtes: bytes, raiz: str = "EnvioDTE") -> bytes:
    """An envelope of those documents, by resolution 80 of 2014."""
    fragmentos = b"\n".join(dte.split(b"\n", 1)[1] for dte in dtes)
    return (
        (
            f'<?xml version="1.0" encoding="ISO-8859-1"?>\n<{raiz} xmlns="{NS}" version="1.0"><SetDTE ID="S">'
            "<Caratula><FchResol>2014-08-22</FchResol><NroResol>80</NroResol></Caratula>\n"
        ).encode()
        + fragmentos
        + f"</SetDTE></{raiz}>".encode()
    )


def _write(nombre: str, valor: Any) -> str:
    if isinstance(valor, list):
        return "".join(_write(nombre, elemento) for elemento in valor)
    if isinstance(valor, dict):
        dentro = "".join(_write(hijo, suyo) for hijo, suyo in valor.items())
        return f"\n<{nombre}>{dentro}</{nombre}>"
    return f"<{nombre}>{escape(str(valor))}</{nombre}>"
