"""The table of everything that can be wrong with a document: one stable code and one Spanish message for each.

A message names the field and says what to do. Codes are never reused or renumbered: POS systems switch on them.
01-19 shape of the sale, 20-39 and 100-119 rules of the trade, 40-49 XML, 50-59 CAF and TED, 60-69 signature,
70-79 certificate, 80-89 envelope, 120-139 what the SII takes and objects to (warnings).
"""

from __future__ import annotations

from enum import Enum

from shared.errors import Falla, Invalid


class Codigo(Enum):
    """One rule: its code and its message, a format string over `campo` (end of the path) and the rule's own data."""

    FALTA = "01", "falta «{campo}»: agréguelo"
    DESCONOCIDO = "02", "«{campo}» no es un campo de este documento: {sugerencia}"
    FORMA = "03", "«{campo}» debe ser {esperado}; se recibió {dado}"
    LARGO = "04", "«{campo}» admite {esperado}; acórtelo"
    RANGO = "05", "«{campo}» debe ser {esperado}; se recibió {dado}"
    OPCION = "06", "«{campo}» debe ser {esperado}; se recibió {dado}"
    RUT = "07", "«{campo}»: {motivo}"
    FECHA = "08", "«{campo}» debe ser {esperado}; se recibió {dado}"
    TIPO_DTE = "09", "el tipo de documento {dado} no se emite aquí: use uno de {esperado}"

    NO_CUADRA = "20", "«{campo}» no cuadra: se recibió {dado} y el cálculo da {calculado}; corríjalo u omítalo"
    TODO_EXENTO = "21", "un documento {tipo} necesita al menos una línea afecta: si todo es exento emita el tipo {otro}"
    EMISOR_DISTINTO = "22", "«{campo}» es {dado}, pero la empresa que emite es {esperado}; corríjalo u omítalo"
    RECEPTOR = "23", "falta «{campo}»: la factura lleva giro, dirección y comuna de quien la recibe"
    FOLIO_DADO = "24", "«{campo}» lo asigna Posta al emitir: quítelo"
    BRUTO_CON_IMPUESTO = (
        "25",
        "«MntBruto» no admite líneas con impuesto adicional («CodImpAdic»): informe precios netos",
    )
    DESCUENTO_MIXTO = (
        "26",
        "«{campo}» en pesos no se puede repartir entre líneas con distintos impuestos adicionales: expréselo en %",
    )
    MONTO_NEGATIVO = "27", "«{campo}» resulta negativo ({calculado}): los descuentos superan el monto; redúzcalos"
    IMPUESTO_SIN_MONTO = (
        "28",
        "el impuesto {impuesto} no se calcula con una tasa: informe su monto en «Totales.ImptoReten»",
    )
    SERVICIO = "29", "falta «{campo}»: es obligatorio en una boleta con IndServicio {servicio}"
    ESPECTACULO = "30", "falta «{campo}»: es obligatorio en una boleta de espectáculo"
    LINEA_SIN_MONTO = "31", "falta el monto de la línea: informe «PrcItem» (con «QtyItem») o «MontoItem»"
    REFERENCIA_GLOBAL = "32", "«FolioRef» 0 va sólo con «IndGlobal» 1, e «IndGlobal» 1 va sólo con «FolioRef» 0"
    REFERENCIA_TIPO = "33", "«{campo}» {dado} no está en la tabla de documentos de referencia del SII; corríjalo"
    PERIODO = "34", "«PeriodoDesde» es posterior a «PeriodoHasta»: corrija el período"
    INCOMPLETO = "35", "el documento no está completo: falta «{campo}»; complételo antes de firmarlo"
    IMPUESTO_AJENO = (
        "36",
        "el impuesto {impuesto} no corresponde a ninguna línea («CodImpAdic»): quítelo o márquelo allí",
    )
    REFERENCIA_FALTA = (
        "37",
        "una nota {tipo} dice qué documento corrige: agregue una «Referencia» a él, con «CodRef» 1, 2 o 3",
    )
    REFERENCIA_CODIGO = "38", "falta «{campo}»: 1 si anula el documento, 2 si corrige su texto, 3 si corrige montos"
    REFERENCIA_UNICA = (
        "39",
        "con «CodRef» {dado} la nota corrige un solo documento: deje una referencia y emita otra nota",
    )

    XML_ILEGIBLE = "40", "el XML no se puede leer: {motivo}"
    XML_GRANDE = "41", "el XML tiene {dado} bytes y se admiten {esperado}; divídalo"
    XML_PROHIBIDO = "42", "el XML trae {motivo}, que ningún documento del SII lleva: se rechaza"
    ESQUEMA = "43", "no cumple el esquema {esquema}: {motivo}"
    DTE_ILEGIBLE = "44", "no es un DTE que se entienda: {motivo}"
    ORDEN = "45", "«{campo}» está fuera de su lugar: va antes de «{otro}»"

    CAF_ILEGIBLE = "50", "no es un archivo CAF que se entienda: {motivo}; descárguelo otra vez del SII"
    CAF_LLAVE = "51", "la llave privada del CAF no corresponde a su llave pública: descárguelo otra vez del SII"
    CAF_FIRMA = "52", "la firma del SII sobre el CAF no es válida: el archivo fue alterado; descárguelo otra vez"
    CAF_IDK = "53", "el CAF está firmado con la llave {dado} del SII; este ambiente reconoce {esperado}"
    CAF_EMISOR = "54", "el CAF es de {dado} y el documento de {esperado}: importe el CAF de esta empresa"
    CAF_TIPO = "55", "el CAF es del tipo {dado} y el documento del tipo {esperado}: importe un CAF de ese tipo"
    CAF_RANGO = "56", "el folio {dado} está fuera del CAF, que autoriza del {desde} al {hasta}"
    CAF_FECHA = "57", "el documento es del {dado}, anterior al CAF ({esperado}): use un CAF más antiguo u otra fecha"
    CAF_VENCIDO = "58", "el CAF venció el {esperado}: anule sus folios en el SII e importe uno nuevo"
    TED = "59", "el timbre no es válido: {motivo}"

    FIRMA_FALTA = "60", "falta {motivo} en la firma electrónica"
    FIRMA_DIGEST = "61", "el contenido firmado fue alterado: su resumen (DigestValue) no corresponde"
    FIRMA_VALOR = "62", "el valor de la firma (SignatureValue) no corresponde a su contenido ni a su llave"
    FIRMA_LLAVE = "63", "la llave de la firma (KeyValue) no es la del certificado que la acompaña"
    FIRMA_ALGORITMO = "64", "la firma usa {dado}, que el SII no admite"
    FIRMA_REFERENCIA = "65", "la firma no cubre el elemento que debe cubrir: {motivo}"

    CERT_ILEGIBLE = "70", "el certificado no se puede abrir: {motivo}"
    CERT_CLAVE = "71", "la contraseña del certificado no es correcta"
    CERT_LLAVE = "72", "el certificado {motivo}: exporte el .p12 con su llave privada RSA"
    CERT_RUT = "73", "el certificado no trae el RUT de su titular: use uno de un prestador acreditado por el SII"
    CERT_VENCIDO = "74", "el certificado de {titular} venció el {esperado}: renuévelo e impórtelo"
    CERT_FUTURO = "75", "el certificado de {titular} rige desde el {esperado}: espere o use otro"
    CERT_FUERA = "76", "el certificado de {titular} rige del {desde} al {hasta} y la firma es del {dado}"
    CERT_ALTERADO = "77", "el certificado fue alterado: dice haberse firmado a sí mismo y su firma no corresponde"

    SOBRE_VACIO = "80", "el sobre no lleva documentos: agregue al menos uno"
    SOBRE_LLENO = "81", "el sobre lleva {dado} documentos y se admiten {esperado}: divídalo"
    SOBRE_MEZCLA = "82", "el documento {dado} no va en un sobre de {esperado}"
    SOBRE_ILEGIBLE = "83", "no es un sobre que se entienda: {motivo}"
    SOBRE_SUBTOTAL = "84", "la carátula dice {dado} documentos del tipo {tipo} y el sobre lleva {esperado}"
    SOBRE_EMISOR = "85", "el documento {dado} no es de {esperado}, la empresa del sobre: sepárelo"
    SOBRE_ENVIA = "86", "«RutEnvia» es {dado}, pero firma el certificado de {esperado}: deben ser la misma persona"
    SOBRE_RECEPTOR = "87", "el documento {dado} no es para {esperado}, a quien va la copia: sepárelo"
    SOBRE_COPIA = "88", "las boletas van sólo al SII: no se intercambian con quien compra"

    AFECTA_EN_EXENTO = "100", "un documento {tipo} no lleva líneas afectas: ponga «IndExe» 1, o emita el tipo {otro}"
    DESCUENTO_SIN_GRUPO = "101", "no hay líneas afectas, así que el descuento no rebaja nada: ponga «IndExeDR» 1"
    TRASLADO = "102", "falta «{campo}», obligatorio en una guía de despacho{motivo}: agréguelo"
    EXTRANJERO = "103", "«{campo}» de una exportación {motivo}: corríjalo"
    TURISTA = "104", "«{campo}» de una factura de turista («TipoFactEsp» 1) debe ser {esperado}: corríjalo"
    RETENCION = "105", "«{campo}»: {motivo}"
    SOBRE_UF = (
        "106",
        "falta «{campo}»: una boleta de más de 135 UF ({limite} pesos) nombra a quien compra, no 66666666-6; agréguelo",
    )
    REFERENCIA_FOLIO = "107", "«{campo}» de un documento {tipo} es su número de folio; se recibió {dado}"
    REFERENCIA_FECHA = "108", "«{campo}» ({dado}) es posterior a la emisión ({esperado}): corríjala"
    CREDITO_EXCESIVO = "109", "«{campo}» es {dado} y no puede pasar del 65 % del IVA ({esperado}): redúzcalo"
    AJENO = "110", "«{campo}» no va en un documento {tipo}: quítelo"
    REFERENCIA_AJENA = "111", "una nota {tipo} no corrige documentos {dado}: emita la nota que corresponde"
    REFERENCIA_PROPIA = "112", "«{campo}» es para documentos que emitió otro contribuyente: quítelo"

    RECEPTOR_REPARO = "120", "falta «{campo}»: el SII lo objeta (HED-1-844 a 846); agréguelo"
    SIN_FORMA_PAGO = "121", "falta «{campo}»: sin él se entiende que la venta es a crédito (2)"
    TRANSPORTE = (
        "122",
        "falta «{campo}»: desde mayo de 2026 acompaña a la mercadería en viaje (Res. Ex. SII 154 de 2025)",
    )
    FECHA_ANTIGUA = "123", "«{campo}» ({dado}) tiene más de 3 días: el SII lo objeta (DTE-1-650)"
    FECHA_FUTURA = "124", "«{campo}» ({dado}) es posterior a hoy: revísela"
    UF_DESCONOCIDA = (
        "125",
        "puede superar 135 UF y no se conoce la UF del día: si las supera, informe «{campo}» (Ley 21.713)",
    )
    SIN_RETENCION = "126", "la factura de compra no retiene IVA: si procede, ponga «CodImpAdic» 15 o el del producto"
    SIN_PESOS = "127", "falta «{campo}» en PESO CL, obligatoria desde 2017: informe «TpoCambio»"
    ADUANA = "128", "falta «{campo}»: Aduanas lo pide cuando se exportan mercaderías"
    ORIGEN = "129", "falta «{campo}»: el SII pide dirección y comuna de origen"
    TEXTO_CON_MONTO = "130", "una nota que corrige texto («CodRef» 2) lleva montos en 0; revise «{campo}»"
    SIN_NACIONALIDAD = "131", "falta «{campo}»: identifique a quien compra en el extranjero"
    LIQUIDADO = "132", "«{campo}» de notas de crédito liquidadas resta: indíquelo con signo menos"

    def __init__(self, numero: str, plantilla: str) -> None:
        self.codigo = f"POSTA-DTE-{numero}"
        self.plantilla = plantilla

    def falla(self, ruta: str, **datos: object) -> Falla:
        """This rule broken at `ruta`."""
        campo = ruta.rpartition(".")[2] or "el documento"
        return Falla(ruta, self.codigo, self.plantilla.format(campo=campo, **datos))

    def invalid(self, ruta: str = "", **datos: object) -> Invalid:
        """The exception for one single broken rule."""
        return Invalid(self.falla(ruta, **datos))
