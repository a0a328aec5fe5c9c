"""The SII's codes in words, as they are printed (Formato DTE v2.5, Formato Boletas Electrónicas v4.2)."""

from __future__ import annotations

from collections.abc import Mapping

TITULOS: Mapping[int, str] = {
    33: "FACTURA ELECTRÓNICA",
    34: "FACTURA NO AFECTA O EXENTA ELECTRÓNICA",
    39: "BOLETA ELECTRÓNICA",
    41: "BOLETA NO AFECTA O EXENTA ELECTRÓNICA",
    43: "LIQUIDACIÓN FACTURA ELECTRÓNICA",
    46: "FACTURA DE COMPRA ELECTRÓNICA",
    52: "GUÍA DE DESPACHO ELECTRÓNICA",
    56: "NOTA DE DÉBITO ELECTRÓNICA",
    61: "NOTA DE CRÉDITO ELECTRÓNICA",
    110: "FACTURA DE EXPORTACIÓN ELECTRÓNICA",
    111: "NOTA DE DÉBITO DE EXPORTACIÓN ELECTRÓNICA",
    112: "NOTA DE CRÉDITO DE EXPORTACIÓN ELECTRÓNICA",
}
"""What can be printed, and its name in the red frame."""

BOLETAS = frozenset({39, 41})
TODO_EXENTO = frozenset({34, 41, 110, 111, 112})
"""Types whose every line is exempt, which their name says."""
CEDIBLES: Mapping[int, str] = dict.fromkeys((33, 34, 43, 46), "CEDIBLE") | {52: "CEDIBLE CON SU FACTURA"}
"""Types with an assignable copy (Ley 19.983), and the word on it."""
ACUSE = (
    "El acuse de recibo que se declara en este acto, de acuerdo a lo dispuesto en la letra b) del Art. 4°, y la letra"
    " c) del Art. 5° de la Ley 19.983, acredita que la entrega de mercaderías o servicio(s) prestado(s) ha(n) sido"
    " recibido(s)."
)
ACUSE_CAMPOS = "Nombre", "R.U.T.", "Fecha", "Recinto", "Firma"

DOCUMENTOS: Mapping[str, str] = {
    "30": "Factura",
    "32": "Factura exenta",
    "33": "Factura electrónica",
    "34": "Factura exenta electrónica",
    "35": "Boleta",
    "38": "Boleta exenta",
    "39": "Boleta electrónica",
    "40": "Liquidación factura",
    "41": "Boleta exenta electrónica",
    "43": "Liquidación factura electrónica",
    "45": "Factura de compra",
    "46": "Factura de compra electrónica",
    "50": "Guía de despacho",
    "52": "Guía de despacho electrónica",
    "55": "Nota de débito",
    "56": "Nota de débito electrónica",
    "60": "Nota de crédito",
    "61": "Nota de crédito electrónica",
    "103": "Liquidación",
    "110": "Factura de exportación electrónica",
    "111": "Nota de débito de exportación electrónica",
    "112": "Nota de crédito de exportación electrónica",
    "801": "Orden de compra",
    "802": "Nota de pedido",
    "803": "Contrato",
    "804": "Resolución",
    "805": "Proceso ChileCompra",
    "806": "Ficha ChileCompra",
    "807": "DUS",
    "808": "Conocimiento de embarque (B/L)",
    "809": "Guía aérea (AWB)",
    "810": "MIC/DTA",
    "811": "Carta de porte",
    "812": "Resolución de Aduanas",
    "813": "Pasaporte",
    "814": "Certificado de depósito Bolsa Prod. Chile",
    "815": "Vale de prenda Bolsa Prod. Chile",
    "820": "Inscripción de acuerdo de plazo de pago excepcional",
    "SET": "Set de pruebas",
    "HES": "Hoja de entrada de servicios",
}
"""TpoDocRef. Other words are free, and printed as they are."""
CORRECCIONES: Mapping[str, str] = {
    "1": "Anula el documento",
    "2": "Corrige texto",
    "3": "Corrige montos",
}
"""CodRef of notes."""

FORMAS_PAGO: Mapping[str, str] = {"1": "Contado", "2": "Crédito", "3": "Sin costo (entrega gratuita)"}
FORMAS_PAGO_EXPORTACION: Mapping[str, str] = {
    "1": "Cobranza hasta 1 año",
    "2": "Cobranza a más de 1 año",
    "11": "Acreditivo hasta 1 año",
    "12": "Acreditivo a más de 1 año",
    "21": "Sin pago",
    "32": "Pago anticipado a la fecha de embarque",
}
MEDIOS_PAGO: Mapping[str, str] = {
    "CH": "Cheque",
    "CF": "Cheque a fecha",
    "LT": "Letra",
    "EF": "Efectivo",
    "PE": "Pago a cuenta corriente",
    "TC": "Tarjeta",
    "OT": "Otro",
}
MEDIOS_PAGO_BOLETA: Mapping[str, str] = {
    "1": "Efectivo",
    "2": "Pago electrónico",
    "3": "Transferencia",
    "4": "Cheque",
    "5": "Otro",
}
CUENTAS: Mapping[str, str] = {"AHORRO": "Cuenta de ahorro", "CORRIENTE": "Cuenta corriente", "VISTA": "Cuenta vista"}
SERVICIOS: Mapping[str, str] = {
    "1": "Servicios periódicos domiciliarios",
    "2": "Otros servicios periódicos",
    "3": "Servicios",
    "4": "Servicios de hotelería",
    "5": "Servicio de transporte terrestre internacional",
    "6": "Servicios utilizados en el extranjero",
}
SERVICIOS_EXPORTACION: Mapping[str, str] = {**SERVICIOS, "3": "Servicios calificados por Aduana"}
SERVICIOS_BOLETA: Mapping[str, str] = {
    "1": "Servicios periódicos",
    "2": "Servicios periódicos domiciliarios",
    "4": "Espectáculo emitido por cuenta de terceros",
}
"""3, an ordinary sale, goes without saying."""
DESPACHOS: Mapping[str, str] = {
    "1": "Por cuenta del receptor",
    "2": "Por cuenta del emisor, a instalaciones del cliente",
    "3": "Por cuenta del emisor, a otras instalaciones",
}
TRASLADOS: Mapping[str, str] = {
    "1": "Operación constituye venta",
    "2": "Venta por efectuar",
    "3": "Consignación",
    "4": "Entrega gratuita",
    "5": "Traslado interno",
    "6": "Otro traslado que no constituye venta",
    "7": "Guía de devolución",
    "8": "Traslado para exportación (no venta)",
    "9": "Venta para exportación",
}
TRASLADOS_EXPORTACION: Mapping[str, str] = {
    "1": "Exportador",
    "2": "Agente de aduana",
    "3": "Vendedor",
    "4": "Contribuyente autorizado por el SII",
}
"""CdgTraslado."""
IDENTIFICACIONES: Mapping[str, str] = {"1": "Pasaporte", "2": "DNI"}
"""TipoDocID."""

INDICADORES: Mapping[str, str] = {
    "1": "Exento",
    "2": "No facturable",
    "3": "Garantía de depósito por envases",
    "4": "No constituye venta",
    "5": "Ítem a rebajar",
    "6": "No facturable (rebaja)",
}
"""IndExe of a line."""
GRUPOS_AJUSTE: Mapping[str, str] = {"1": "sobre lo exento", "2": "sobre lo no facturable"}
"""IndExeDR."""

MODALIDADES: Mapping[str, str] = {
    "1": "A firme",
    "2": "Bajo condición",
    "3": "En consignación libre",
    "4": "En consignación con un mínimo a firme",
    "9": "Sin pago",
}
"""CodModVenta; this and the next ones are tables of the customs service (Compendio de Normas Aduaneras, anexo 51)."""
CLAUSULAS: Mapping[str, str] = {
    "1": "CIF",
    "2": "CFR",
    "3": "EXW",
    "4": "FAS",
    "5": "FOB",
    "6": "Sin cláusula",
    "8": "Otra",
    "9": "DDP",
    "10": "FCA",
    "11": "CPT",
    "12": "CIP",
    "17": "DAT",
    "18": "DAP",
}
VIAS: Mapping[str, str] = {
    "1": "Marítima, fluvial y lacustre",
    "4": "Aérea",
    "5": "Postal",
    "6": "Ferroviaria",
    "7": "Carretera",
    "8": "Oleoductos, gasoductos",
    "9": "Tendido eléctrico",
    "10": "Otra",
}
UNIDADES: Mapping[str, str] = {
    "1": "TMB",
    "2": "QMB",
    "3": "MKWH",
    "4": "TMN",
    "5": "KLT",
    "6": "KN",
    "7": "GN",
    "8": "HL",
    "9": "LT",
    "10": "U",
    "11": "DOC",
    "12": "U(JGO)",
    "13": "MU",
    "14": "MT",
    "15": "MT2",
    "16": "MCUB",
    "17": "PAR",
    "18": "KNFC",
    "19": "CARTON",
    "20": "KWH",
    "23": "BAR",
    "24": "M2/1MM",
}


def say(tabla: Mapping[str, str], codigo: str) -> str:
    """The code in words; a code that the table does not know, as it is."""
    return tabla.get(codigo.lstrip("0") or codigo, codigo)
