"""Reads what the SII's status services answer into the sets of `veredicto.py`.

An unknown code never means rejected or accepted: the document stays in process and the code is flagged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.dte.causa import Causa, causa_for
from shared.dte.estado import Estado
from shared.dte.lectura import Campos, read_objeto, read_retorno
from shared.dte.veredicto import (
    ConsultaBloqueada,
    ConsultaDte,
    ConsultaEnvio,
    Contador,
    Detalle,
    Distinto,
    EnProceso,
    EnvioRechazado,
    FolioInvalido,
    NoRecibido,
    Perdido,
    Procesado,
    Registrado,
    SinVeredicto,
    TokenVencido,
)

MAX_GLOSA = 1000

# Manual Consulta Estado de Envío (QueryEstUp) and API SII V1, enumeration `estado`.
_EN_PROCESO = frozenset({"REC", "SOK", "CRT", "FOK", "PDR", "PRD", "PEN"})
_PROCESADO = frozenset({"EPR", "RPR", "RLV"})
_RECHAZO_TOTAL = {"RSC": Causa.ESQUEMA, "RFR": Causa.FIRMA, "RCT": Causa.CARATULA}
_RECHAZO_DUDOSO = {"RCH": Causa.CONTENIDO, "RCO": Causa.CONTENIDO, "RDC": Causa.CONTENIDO, "RPT": Causa.REPETIDO}
_TOKEN = frozenset({"001", "002", "003"})
_CONFIGURACION = frozenset({"-3", "-03", "-6", "-06", "-10", "-13", "106"})
_ERROR_DE_SERVICIO = re.compile(r"-[0-9]{1,2}|107")

# Manual Consulta Estado de DTE (QueryEstDte): ESTADO, and its numeric twin ERR_CODE.
_REGISTRADO = frozenset({"DOK", "TMD", "TMC", "MMD", "MMC", "AND", "ANC"})

_DETALLE = {
    "DOK": Estado.ACEPTADO,
    "RPR": Estado.REPARO,
    "RLV": Estado.REPARO,
    "RCH": Estado.RECHAZADO,
}


def read_estado_envio(status: int, body: bytes) -> ConsultaEnvio:
    """The state of an envelope, from the answer of getEstUp (Manual Consulta Estado de Envío)."""
    campos = read_retorno(body) if status == 200 else None
    if campos is None:
        return _read_http(status)
    codigo, glosa = campos.first("ESTADO"), campos.first("GLOSA")[:MAX_GLOSA]
    if codigo == "-11":  # ERR_CODE 2: not there yet; 1: not an envelope of this company
        en_cola = campos.first("ERR_CODE").strip() != "1"
        return EnProceso(codigo, glosa) if en_cola else ConsultaBloqueada(Causa.SIN_PERMISO, codigo, glosa)
    return _classify_envio(codigo, glosa, _read_contadores(campos), ())


def read_estado_envio_boleta(status: int, body: bytes) -> ConsultaEnvio:
    """The state of an envelope, from the REST service (API SII V1), which says what it objects to in which document."""
    objeto = read_objeto(body) if status == 200 else None
    if objeto is None:
        return _read_http(status)
    contadores = tuple(filter(None, map(_read_estadistica, _rows(objeto.get("estadistica")))))
    detalles = tuple(filter(None, map(_read_detalle, _rows(objeto.get("detalle_rep_rech")))))
    return _classify_envio(_text(objeto.get("estado")), "", contadores, detalles)


def _classify_envio(
    codigo: str, glosa: str, contadores: tuple[Contador, ...], detalles: tuple[Detalle, ...]
) -> ConsultaEnvio:
    if codigo in _EN_PROCESO:
        return EnProceso(codigo, glosa)
    if codigo in _PROCESADO:
        return Procesado(codigo, contadores, detalles)
    if codigo in _RECHAZO_TOTAL:
        return EnvioRechazado(_RECHAZO_TOTAL[codigo], codigo, glosa)
    if codigo in _RECHAZO_DUDOSO:
        return EnvioRechazado(_RECHAZO_DUDOSO[codigo], codigo, glosa, registrado=True)
    if codigo == "VOF":
        return Perdido(codigo, glosa)
    return _read_error(codigo, glosa) or EnProceso(codigo[:40], glosa, desconocido=True)


def read_estado_dte(status: int, body: bytes) -> ConsultaDte:
    """The state of one document, from the answer of getEstDte (Manual Consulta Estado de DTE)."""
    campos = read_retorno(body) if status == 200 else None
    if campos is None:
        return _read_http(status)
    glosa = campos.first("GLOSA_ESTADO", "GLOSA", "GLOSA_ERR")[:MAX_GLOSA]
    return _classify_dte(campos.first("ESTADO"), glosa)


def read_estado_dte_boleta(status: int, body: bytes) -> ConsultaDte:
    """The state of one document, from the REST service (API SII V1)."""
    objeto = read_objeto(body) if status == 200 else None
    if objeto is None:
        return _read_http(status)
    return _classify_dte(_text(objeto.get("codigo")), _text(objeto.get("descripcion"))[:MAX_GLOSA])


def _classify_dte(codigo: str, glosa: str) -> ConsultaDte:
    if codigo in _REGISTRADO:
        return Registrado(codigo, glosa)
    if codigo == "FAU":
        return NoRecibido(glosa)
    if codigo == "DNK":
        return Distinto(glosa)
    if codigo in ("FNA", "FAN"):
        return FolioInvalido(codigo, glosa)
    if codigo == "EMP":
        return ConsultaBloqueada(Causa.SIN_PERMISO, codigo, glosa)
    return _read_error(codigo, glosa) or SinVeredicto(Causa.DESCONOCIDO, codigo[:40], glosa)


def _read_error(codigo: str, glosa: str) -> TokenVencido | ConsultaBloqueada | SinVeredicto | None:
    """The codes that both services share when they did not look at the question; None for any other code."""
    if codigo in _TOKEN:
        return TokenVencido(codigo)
    if codigo in _CONFIGURACION:
        return ConsultaBloqueada(Causa.SIN_PERMISO, codigo, glosa)
    if _ERROR_DE_SERVICIO.fullmatch(codigo):
        return SinVeredicto(Causa.SERVICIO, codigo, glosa)
    return None


def _read_http(status: int) -> TokenVencido | SinVeredicto:
    if status == 401:
        return TokenVencido("HTTP 401")
    causa = Causa.LIMITE if status in (405, 429) else Causa.SII_CAIDO
    return SinVeredicto(causa, f"HTTP {status}")


_COLUMNAS = ("INFORMADOS", "ACEPTADOS", "RECHAZADOS", "REPAROS")


def _read_contadores(campos: Campos) -> tuple[Contador, ...]:
    """The flat siblings of RESP_BODY: each TIPO_DOCTO opens the counters of one type."""
    por_tipo: list[tuple[str, dict[str, str]]] = []
    for nombre, texto in campos.hojas:
        if nombre == "TIPO_DOCTO":
            por_tipo.append((texto, {}))
        elif nombre in _COLUMNAS and por_tipo:
            por_tipo[-1][1][nombre] = texto
    contadores = (_to_contador(tipo, *(cifras.get(n, "") for n in _COLUMNAS)) for tipo, cifras in por_tipo)
    return tuple(contador for contador in contadores if contador is not None)


def _read_estadistica(fila: Mapping[str, object]) -> Contador | None:
    nombres = ("tipo", "informados", "aceptados", "rechazados", "reparos")
    return _to_contador(*(_text(fila.get(nombre)) for nombre in nombres))


def _to_contador(*cifras: str) -> Contador | None:
    """None unless every figure is one: half-read counters would decide over documents."""
    if not all(re.fullmatch(r"[0-9]{1,9}", cifra) for cifra in cifras):
        return None
    return Contador(*map(int, cifras))


def _read_detalle(fila: Mapping[str, object]) -> Detalle | None:
    tipo, folio = _text(fila.get("tipo")), _text(fila.get("folio"))
    estado = _DETALLE.get(_text(fila.get("estado")))
    if estado is None or not all(re.fullmatch(r"[0-9]{1,10}", cifra) for cifra in (tipo, folio)):
        return None
    errores = sorted(_rows(fila.get("error")), key=_nivel, reverse=True)
    codigo = _to_codigo(errores[0]) if errores else ""
    glosas = map(_to_glosa, errores) if errores else (_text(fila.get("descripcion")),)
    return Detalle(int(tipo), int(folio), estado, causa_for(codigo), codigo, "; ".join(glosas)[:MAX_GLOSA])


def _nivel(error: Mapping[str, object]) -> str:
    """3 rejects, 2 objects, 1 remarks: the worst goes first."""
    return next((parte for parte in _to_codigo(error).split("-") if parte in ("1", "2", "3")), "")


def _to_codigo(error: Mapping[str, object]) -> str:
    """`SEC-NIVEL-CODIGO`, whether the service sends it in one piece or in three."""
    codigo = _text(error.get("codigo"))
    partes = (_text(error.get("seccion")), _text(error.get("nivel")), codigo)
    return ("-".join(partes) if codigo.isdecimal() and all(partes) else codigo)[:40]


def _to_glosa(error: Mapping[str, object]) -> str:
    partes = (_to_codigo(error), _text(error.get("descripcion")), _text(error.get("detalle")))
    return " ".join(filter(None, partes))


def _rows(valor: object) -> list[Mapping[str, object]]:
    return [fila for fila in valor if isinstance(fila, dict)] if isinstance(valor, list) else []


def _text(valor: object) -> str:
    return str(valor).strip() if isinstance(valor, str | int) and not isinstance(valor, bool) else ""
