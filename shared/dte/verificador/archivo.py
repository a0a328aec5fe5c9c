"""A file as somebody left it, brought into the one form that everything else reads: ISO-8859-1, LF, declared.

Neither the digest nor the stamp notices the encoding of a file, only its characters. Files that were copied through
other programs often declare one encoding and are in another; so a file has one reading or two.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.dte.codigos import Codigo
from shared.dte.xml import CODIFICACION, DECLARACION

_BOM = b"\xef\xbb\xbf"
_DECLARACION = re.compile(rb"""<\?xml\b(?:[^>]*?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["'])?[^>]*\?>""")
_AJENOS = {
    b"\xff\xfe": "está en UTF-16; conviértalo a ISO-8859-1",
    b"\xfe\xff": "está en UTF-16; conviértalo a ISO-8859-1",
    b"\x1f\x8b": "está comprimido (gzip); descomprímalo",
    b"PK\x03\x04": "está comprimido (zip); descomprímalo",
    b"%PDF": "es un PDF; se comprueba el XML del documento",
}
"""What people take for the file, by its first bytes."""
_UTF8 = "utf-8"
_ADMITIDAS = {
    "iso-8859-1": CODIFICACION,
    "latin1": CODIFICACION,
    "us-ascii": CODIFICACION,
    "ascii": CODIFICACION,
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
    "utf-8": _UTF8,
    "utf8": _UTF8,
}


@dataclass(frozen=True, slots=True)
class Lectura:
    """One reading of a file: its text in the form described above, the encoding it was read in, and a remark."""

    xml: bytes
    codificacion: str
    observacion: str = ""


def read_archivo(datos: bytes, limit: int) -> list[Lectura]:
    """The readings of a file, the one that it declares first; Invalid when it is too large or in none of them."""
    if len(datos) > limit:
        raise Codigo.XML_GRANDE.invalid(dado=len(datos), esperado=limit)
    for firma, remedio in _AJENOS.items():
        if datos.startswith(firma):
            raise Codigo.XML_ILEGIBLE.invalid(motivo=remedio)
    datos = datos.removeprefix(_BOM).lstrip()
    hallada = _DECLARACION.match(datos)
    declarada = _declared(hallada)
    cuerpo = datos[hallada.end() :] if hallada else datos
    return [
        Lectura(_normalize(texto), codificacion, _remark(codificacion, declarada, hallada))
        for codificacion in _candidates(declarada)
        if (texto := _decode(cuerpo, codificacion)) is not None and (codificacion == declarada or not cuerpo.isascii())
    ] or [Lectura(_normalize(cuerpo.decode(CODIFICACION)), CODIFICACION)]


def _declared(hallada: re.Match[bytes] | None) -> str:
    """The encoding that the file says it has: by XML's own rule UTF-8 where it says nothing."""
    nombre = hallada[1].decode("ascii").lower() if hallada and hallada[1] else _UTF8
    if nombre not in _ADMITIDAS:
        raise Codigo.XML_ILEGIBLE.invalid(motivo=f"está en «{nombre[:40]}»; conviértalo a ISO-8859-1")
    return _ADMITIDAS[nombre]


def _candidates(declarada: str) -> tuple[str, ...]:
    """ISO-8859-1 can be read from any bytes, UTF-8 only from its own: where both can, the text decides."""
    return (_UTF8, CODIFICACION) if declarada == _UTF8 else (declarada, _UTF8)


def _decode(cuerpo: bytes, codificacion: str) -> str | None:
    try:
        return cuerpo.decode(codificacion)
    except UnicodeDecodeError:
        return None


def _normalize(texto: str) -> bytes:
    limpio = texto.replace("\r\n", "\n").replace("\r", "\n")
    return (DECLARACION + limpio.lstrip()).encode(CODIFICACION, "xmlcharrefreplace")


def _remark(codificacion: str, declarada: str, hallada: re.Match[bytes] | None) -> str:
    if codificacion == declarada:
        return ""
    if hallada is None or not hallada[1]:
        return f"el archivo no dice su codificación; se leyó en {codificacion.upper()}"
    return f"el archivo se leyó en {codificacion.upper()}, aunque dice estar en {declarada.upper()}"
