"""What the SII answers to questions about envelopes and documents, the same books behind both channels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from services.sandbox.app import Sii
from services.sandbox.modelo import Contador, Envio, EstadoEnvio, estado_at
from services.sandbox.sesiones import Token
from services.sandbox.soap import Campo
from services.sandbox.upload import checked_rut
from shared.clock import chile
from shared.dte.tipos import Canal, TipoDte

Respuesta = tuple[list[Campo], list[Campo]]
"""Header and body of a RESPUESTA."""


@dataclass(frozen=True, slots=True)
class Pregunta:
    """A question about one document: what the asker believes to be in it."""

    emisor: str
    receptor: str
    tipo: int
    folio: int
    fecha: date
    monto: int


@dataclass(frozen=True, slots=True)
class EstadoDte:
    """What the SII holds under a folio, by the codes of Manual Consulta Estado de DTE."""

    codigo: str
    numero: int
    descripcion: str


DOK = EstadoDte("DOK", 0, "Documento Recibido por el SII. Datos Coinciden con los Registrados")
DNK = EstadoDte("DNK", 1, "Documento Recibido por el SII pero Datos NO Coinciden con los Registrados")
FAU = EstadoDte("FAU", 3, "Documento No Recibido por el SII")
FNA = EstadoDte("FNA", 4, "Documento No Autorizado")
FAN = EstadoDte("FAN", 5, "Documento Anulado")
EMP = EstadoDte("EMP", 6, "Empresa No Autorizada a Emitir Documentos Tributarios Electronicos")

_CORREGIDOS = {
    1: ("AN", 14, "Documento Recibido Pero Existe Nota de {nota} que lo Anula"),
    2: ("TM", 10, "Documento Recibido Pero Existe Nota de {nota} que Modifica Texto"),
    3: ("MM", 12, "Documento Recibido Pero Existe Nota de {nota} que Modifica Montos"),
}
"""By `CodRef`: the code's beginning, its number for a debit note, and its words."""
_CREDITOS = frozenset({int(TipoDte.NOTA_CREDITO), int(TipoDte.EXPORTACION_CREDITO)})


def _to_corregido(nota: int, codigo: int) -> EstadoDte:
    """The state of a document that a note of this type corrected."""
    inicio, numero, glosa = _CORREGIDOS[codigo]
    if nota in _CREDITOS:
        return EstadoDte(f"{inicio}C", numero + 1, glosa.format(nota="Credito"))
    return EstadoDte(f"{inicio}D", numero, glosa.format(nota="Debito"))


_GLOSAS_TOKEN = {
    Token.FALTA: "Cookie Inactiva",
    Token.VENCIDO: "Token Inactivo",
    Token.DESCONOCIDO: "Token No Existe",
}


def find_estado_dte(sii: Sii, pregunta: Pregunta, ahora: datetime) -> EstadoDte:
    """What the SII answers about a folio. A document in process, or rejected, has not been received."""
    if not sii.registro.knows_empresa(pregunta.emisor):
        return EMP
    clave = (pregunta.emisor, pregunta.tipo, pregunta.folio)
    documento = sii.store.find_documento(*clave, ahora)
    if documento is not None:
        dado = (pregunta.receptor, pregunta.fecha, pregunta.monto)
        if dado != (documento.receptor, documento.fecha, documento.monto):
            return DNK
        correccion = sii.store.find_correccion(*clave, ahora)
        return DOK if correccion is None else _to_corregido(*correccion)
    if sii.registro.is_anulado(*clave):
        return FAN
    autorizado = sii.store.find_caf(pregunta.emisor, pregunta.tipo, pregunta.folio, pregunta.folio)
    return FAU if autorizado else FNA


def find_envio(
    sii: Sii, canal: Canal, trackid: str, ahora: datetime
) -> tuple[Envio, EstadoEnvio, list[Contador]] | None:
    """An envelope, its state now, and its counters once it is processed."""
    envio = sii.store.find_envio(canal, trackid)
    if envio is None:
        return None
    estado = estado_at(envio, ahora)
    return envio, estado, sii.store.count_envio(envio) if estado is EstadoEnvio.EPR else []


def answer_est_up(sii: Sii, parametros: Mapping[str, str]) -> Respuesta:
    """getEstUp: the state of an envelope and its counters, or the code of what is wrong with the question."""
    negada = _check_pregunta(sii, parametros)
    if negada is not None:
        return negada
    ahora, trackid = sii.clock(), parametros["TrackId"]
    hallado = find_envio(sii, Canal.FACTURA, trackid, ahora)
    if hallado is None:
        return [("TRACKID", trackid), ("ESTADO", "VOF"), ("GLOSA", "Archivo No Encontrado")], []
    envio, estado, contadores = hallado
    if envio.emisor != _rut(parametros, "Compania"):
        return _error("-11", "Envio No Corresponde a la Empresa", err_code=1)
    hdr = [("TRACKID", envio.trackid), ("ESTADO", estado.value), ("GLOSA", estado.glosa), _atencion(ahora)]
    return hdr, [campo for contador in contadores for campo in _counters(contador)]


def answer_est_dte(sii: Sii, parametros: Mapping[str, str]) -> Respuesta:
    """getEstDte: what the SII holds under a folio, or the code of what is wrong with the question."""
    negada = _check_pregunta(sii, parametros)
    if negada is not None:
        return negada
    fecha = parse_fecha(parametros["FechaEmisionDte"])
    numeros = [parametros[nombre] for nombre in ("TipoDte", "FolioDte")]
    ruts_ok = all(checked_rut(_rut(parametros, quien)) for quien in ("Consultante", "Receptor"))
    es_monto = re.fullmatch("-?[0-9]{1,18}", parametros["MontoDte"])  # a liquidación's may be negative
    if fecha is None or not ruts_ok or not es_monto or not all(re.fullmatch("[0-9]{1,18}", uno) for uno in numeros):
        return _error("-3" if not ruts_ok else "-1", "Error en los Parametros de la Consulta")
    ahora, (tipo, folio, monto) = sii.clock(), map(int, (*numeros, parametros["MontoDte"]))
    pregunta = Pregunta(_rut(parametros, "Compania"), _rut(parametros, "Receptor"), tipo, folio, fecha, monto)
    estado = find_estado_dte(sii, pregunta, ahora)
    hdr = [
        ("ESTADO", estado.codigo),
        ("GLOSA_ESTADO", estado.descripcion),
        ("ERR_CODE", str(estado.numero)),
        ("GLOSA_ERR", estado.descripcion),
        _atencion(ahora),
    ]
    return hdr, []


def parse_fecha(texto: str) -> date | None:
    """A date of a question: `DDMMAAAA` as the manual says, or `DD-MM-AAAA` as the boleta service wants it."""
    partes = re.fullmatch(r"(\d{2})(-?)(\d{2})\2(\d{4})", texto)
    if partes is None:
        return None
    try:
        return date(int(partes[4]), int(partes[3]), int(partes[1]))
    except ValueError:
        return None


def _check_pregunta(sii: Sii, parametros: Mapping[str, str]) -> Respuesta | None:
    """The checks that both questions share: token, RUT of the company, permission of the asker."""
    quien = sii.sesiones.find_rut(Canal.FACTURA, parametros["Token"])
    empresa = _rut(parametros, "Compania")
    if isinstance(quien, Token):
        return _error(quien.value, _GLOSAS_TOKEN[quien])
    if empresa == "-":
        return _error("-13", "Rut Nulo")
    if checked_rut(empresa) is None:
        return _error("-10", "Error en Validacion de Rut")
    if not sii.registro.allows(quien, empresa):
        return _error("-6", "Usuario No Autorizado")
    return None


def _rut(parametros: Mapping[str, str], quien: str) -> str:
    return f"{parametros[f'Rut{quien}']}-{parametros[f'Dv{quien}']}"


def _error(estado: str, glosa: str, *, err_code: int = 2) -> Respuesta:
    return [
        ("ESTADO", estado),
        ("GLOSA", glosa),
        ("ERR_CODE", str(err_code)),
        ("SQL_CODE", "0"),
        ("SRV_CODE", "1"),
    ], []


def _counters(contador: Contador) -> list[Campo]:
    return [
        ("TIPO_DOCTO", str(contador.tipo)),
        ("INFORMADOS", str(contador.informados)),
        ("ACEPTADOS", str(contador.aceptados)),
        ("RECHAZADOS", str(contador.rechazados)),
        ("REPAROS", str(contador.reparos)),
    ]


def _atencion(ahora: datetime) -> Campo:
    """NUM_ATENCION: a number for the SII's help desk, and when."""
    return "NUM_ATENCION", f"{int(ahora.timestamp() * 1000) % 10**6} ( {chile(ahora):%Y/%m/%d %H:%M:%S})"
