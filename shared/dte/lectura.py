"""Reads named values out of whatever the SII answered; None when it is not the expected kind of text.

The SII's services disagree on namespaces, on the order of header and body and on the encoding they declare, so values
are found by local name at any depth, and bytes that do not decode as declared are read as ISO-8859-1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from lxml import etree

from shared.dte.xml import local_name, parse_xml
from shared.errors import Invalid

MAX_RESPUESTA = 2_000_000
"""Bytes of an answer that are looked at: the largest real ones (REST detail of 500 boletas) stay far below."""

_UTF8 = '<?xml version="1.0" encoding="UTF-8"?>'
_DECLARACION = re.compile(r"^\s*<\?xml[^>]*\?>")
_RETORNO = re.compile(r"^get\w+Return$")


@dataclass(frozen=True, slots=True)
class Campos:
    """The leaf elements of an answer in document order, as (local name, text)."""

    hojas: tuple[tuple[str, str], ...]

    def first(self, *nombres: str) -> str:
        """The text of the first leaf with one of these names; empty when there is none."""
        return next((texto for nombre, texto in self.hojas if nombre in nombres), "")

    def every(self, nombre: str) -> tuple[str, ...]:
        return tuple(texto for hoja, texto in self.hojas if hoja == nombre)


def read_campos(body: bytes, raiz: str) -> Campos | None:
    """The leaves of an XML answer whose root has the local name `raiz`."""
    root = _parse(body)
    if root is None or local_name(root) != raiz:
        return None
    hojas = ((local_name(node), (node.text or "").strip()) for node in root.iter(etree.Element) if len(node) == 0)
    return Campos(tuple(hojas))


def read_retorno(body: bytes) -> Campos | None:
    """The leaves of the `RESPUESTA` that a SOAP service of the SII returns as a string of escaped XML."""
    root = _parse(body)
    if root is None:
        return None
    textos = (node.text for node in root.iter(etree.Element) if _RETORNO.match(local_name(node)) and node.text)
    texto = next(textos, None)
    return None if texto is None else read_campos(_as_utf8(texto), "RESPUESTA")


def read_objeto(body: bytes) -> Mapping[str, object] | None:
    """The JSON object of a REST answer."""
    try:
        valor: object = json.loads(body[:MAX_RESPUESTA])
    except (ValueError, RecursionError):
        return None
    return cast("Mapping[str, object]", valor) if isinstance(valor, dict) else None


def _parse(body: bytes) -> etree._Element | None:
    for intento in (body, _as_utf8(body.decode("iso-8859-1"))):
        try:
            return parse_xml(intento, MAX_RESPUESTA)
        except Invalid:
            continue
    return None


def _as_utf8(texto: str) -> bytes:
    return (_UTF8 + _DECLARACION.sub("", texto, count=1)).encode("utf-8", "replace")
