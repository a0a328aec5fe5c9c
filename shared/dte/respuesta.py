"""What an upload or a login came to, as a closed set, read from the SII's answer.

In doubt, `Incierto`: it costs one question to the SII; the other mistake costs a document that is lost or sent twice.
Whether a failure is permanent is decided here, where the answer is read, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from typing import Generic, TypeVar

from shared.dte.causa import Causa
from shared.dte.lectura import read_campos, read_objeto, read_retorno


@dataclass(frozen=True, slots=True)
class Recibido:
    """The file was taken; `track_id` asks for its verdict. A DTEBox gives none: it is asked by folio."""

    track_id: str | None


@dataclass(frozen=True, slots=True)
class YaRecibido:
    """The SII had these very bytes already, under this track id."""

    track_id: str


@dataclass(frozen=True, slots=True)
class Rechazado:
    """The file was refused as a whole and nothing of it was registered; the same bytes will be refused again."""

    causa: Causa
    codigo: str
    glosa: str


@dataclass(frozen=True, slots=True)
class NoAhora:
    """Nothing was taken: the same documents later. `espera` is the wait that the SII asked for."""

    causa: Causa
    codigo: str = ""
    glosa: str = ""
    espera: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Bloqueado:
    """Every upload of this company would fail until a person acts."""

    causa: Causa
    codigo: str
    glosa: str


@dataclass(frozen=True, slots=True)
class Incierto:
    """Bytes left and no verdict came: the file may have been registered."""

    causa: Causa
    codigo: str = ""
    glosa: str = ""


Resultado = Recibido | YaRecibido | Rechazado | NoAhora | Bloqueado | Incierto

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dicho(Generic[T]):
    """What an answer means, and the answer itself: HTTP status (None if none came) and the text."""

    valor: T
    http: int | None = None
    cuerpo: str = ""


@dataclass(frozen=True, slots=True)
class Semilla:
    """The seed of a login: single use, two minutes (Manual de Autenticación Automática)."""

    valor: str


@dataclass(frozen=True, slots=True)
class Token:
    """The key of a session. Its value never shows in a log or a crash report."""

    valor: str = field(repr=False)


MAX_GLOSA = 1000
"""Characters that are kept of what the SII said."""

# Manual DTEUpload, table of STATUS.
_SIN_PERMISO = {"1", "6", "106"}
_RECHAZOS = {"2": Causa.TAMANO, "7": Causa.ESQUEMA, "8": Causa.FIRMA}
_NO_AHORA = {"3": Causa.TRANSMISION, "5": Causa.TOKEN, "9": Causa.SII_CAIDO}

_TRACK_ORIGINAL = re.compile(r"track\s*id[^0-9]{0,20}([0-9]{1,20})", re.IGNORECASE)
_TRACK = re.compile(r"[0-9]{1,20}")


def read_dteupload(status: int, body: bytes) -> Resultado:
    """The outcome of a POST to DTEUpload (Manual DTEUpload)."""
    if status != 200:
        return _read_http(status, {}, body)
    campos = read_campos(body, "RECEPCIONDTE")
    if campos is None:
        return Incierto(Causa.SIN_RESPUESTA, "HTTP 200", read_glosa(body) or "respuesta vacía")
    codigo = _number(campos.first("STATUS"))
    track_id = campos.first("TRACKID")
    glosa = cut_glosa("; ".join(filter(None, campos.every("ERROR"))))
    if codigo == "0" and _TRACK.fullmatch(track_id):
        return Recibido(track_id)
    if codigo == "99":
        return _read_repeated(track_id, glosa)
    return _read_status(codigo, glosa)


def _read_repeated(track_id: str, glosa: str) -> Resultado:
    """STATUS 99: the original track id stands in the text of the error."""
    original = _TRACK_ORIGINAL.search(glosa)
    if original is not None:
        return YaRecibido(original[1])
    if _TRACK.fullmatch(track_id) and int(track_id):
        return YaRecibido(track_id)
    return Incierto(Causa.REPETIDO, "99", glosa)


def _read_status(codigo: str, glosa: str) -> Resultado:
    if codigo in _SIN_PERMISO:
        return Bloqueado(Causa.SIN_PERMISO, codigo, glosa)
    if codigo in _RECHAZOS:
        return Rechazado(_RECHAZOS[codigo], codigo, glosa)
    if codigo in _NO_AHORA:
        return NoAhora(_NO_AHORA[codigo], codigo, glosa)
    return Incierto(Causa.DESCONOCIDO, codigo, glosa)


def read_envio_boleta(status: int, headers: Mapping[str, str], body: bytes) -> Resultado:
    """The outcome of a POST to boleta.electronica.envio (API SII V1): only JSON with a track id means received."""
    if status != 200:
        return _read_http(status, headers, body)
    objeto = read_objeto(body)
    track_id = str(objeto.get("trackid", "")) if objeto is not None else ""
    if _TRACK.fullmatch(track_id) and int(track_id):
        return Recibido(track_id)
    return Incierto(Causa.SIN_RESPUESTA, "HTTP 200", read_glosa(body) or "respuesta vacía")


def _read_http(status: int, headers: Mapping[str, str], body: bytes) -> Resultado:
    """An upload that was not answered with 200. The body had been sent, so a server's failure says nothing about it."""
    codigo, glosa = f"HTTP {status}", read_glosa(body)
    if status == 400:
        return Rechazado(Causa.ESQUEMA, codigo, glosa)
    if status == 413:
        return Rechazado(Causa.TAMANO, codigo, glosa)
    if status == 401:
        return NoAhora(Causa.TOKEN, codigo, glosa)
    if status == 404:  # answered by the router in front of the service, which takes no file
        return NoAhora(Causa.SII_CAIDO, codigo, glosa)
    if status in (405, 429):  # the boleta gateway limits its callers with both
        return NoAhora(Causa.LIMITE, codigo, glosa, read_espera(headers))
    return Incierto(Causa.SIN_RESPUESTA, codigo, glosa)


def read_espera(headers: Mapping[str, str]) -> timedelta | None:
    """The wait in `X-Retry-After` or `Retry-After`, in whole seconds and at most a day; dates are not understood."""
    por_nombre = {nombre.lower(): valor.strip() for nombre, valor in headers.items()}
    segundos = por_nombre.get("x-retry-after") or por_nombre.get("retry-after") or ""
    if re.fullmatch(r"[0-9]{1,9}", segundos) is None:
        return None
    return timedelta(seconds=min(int(segundos), 86_400))


# Manual de Autenticación Automática, tables of ESTADO. 01 to 06, 11 and 21: what Posta sent is wrong in itself.
_TOKEN_MAL_PEDIDO = {"1", "2", "3", "4", "5", "6", "11", "21"}
_TOKEN_INTERNO = {"7", "9", "10", "12"}


def read_semilla(status: int, body: bytes) -> Semilla | NoAhora:
    """The seed in the answer of getSeed, or of boleta.electronica.semilla. A failed login has sent nothing."""
    campos = read_retorno(body) or read_campos(body, "RESPUESTA")
    if status != 200 or campos is None:
        return _read_login_http(status, body)
    valor, estado = campos.first("SEMILLA"), campos.first("ESTADO")
    if _number(estado) == "0" and re.fullmatch(r"[0-9A-Za-z]{1,64}", valor):
        return Semilla(valor)
    return NoAhora(Causa.SII_CAIDO, estado, cut_glosa(campos.first("GLOSA")))


def read_token(status: int, body: bytes) -> Token | NoAhora | Bloqueado:
    """The token in the answer of getToken, or of boleta.electronica.token."""
    campos = read_retorno(body) or read_campos(body, "RESPUESTA")
    if status != 200 or campos is None:
        return _read_login_http(status, body)
    estado, glosa = campos.first("ESTADO"), cut_glosa(campos.first("GLOSA"))
    codigo, valor = _number(estado), campos.first("TOKEN")
    if codigo == "0" and re.fullmatch(r"[\x21-\x3a\x3c-\x7e]{1,200}", valor):  # it becomes a cookie: no `;`, no blank
        return Token(valor)
    if codigo == "-7":
        return Bloqueado(Causa.SIN_PERMISO, estado, glosa)
    if codigo in _TOKEN_MAL_PEDIDO:
        return Bloqueado(Causa.CERTIFICADO, estado, glosa)
    return NoAhora(Causa.SII_CAIDO if codigo in _TOKEN_INTERNO else Causa.TOKEN, estado, glosa)


def _read_login_http(status: int, body: bytes) -> NoAhora:
    causa = {401: Causa.TOKEN, 403: Causa.TOKEN, 429: Causa.LIMITE}.get(status, Causa.SII_CAIDO)
    return NoAhora(causa, f"HTTP {status}", read_glosa(body))


def _number(codigo: str) -> str:
    """A numeric code without its leading zeros (`00`, `001`, `-07`); any other code as it is."""
    return str(int(codigo)) if re.fullmatch(r"-?[0-9]{1,9}", codigo) else codigo[:40]


def read_glosa(body: bytes) -> str:
    """The first words of an answer that is not what was expected, on one line and without markup."""
    texto = body[:4_000].decode("iso-8859-1")
    sin_marcas = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", texto, flags=re.IGNORECASE | re.DOTALL)
    return cut_glosa(" ".join(unescape(sin_marcas).split()))[:200]


def cut_glosa(texto: str) -> str:
    """What was said, without control characters, at most MAX_GLOSA of it."""
    return "".join(letra for letra in texto if letra.isprintable() or letra == "\n")[:MAX_GLOSA]
