"""Reading XML that came from outside, safely; and the little that all writers of XML here share."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping

from lxml import etree

from shared.dte.codigos import Codigo

NS = "http://www.sii.cl/SiiDte"
NS_FIRMA = "http://www.w3.org/2000/09/xmldsig#"
NS_XSI = "http://www.w3.org/2001/XMLSchema-instance"
DECLARACION = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
CODIFICACION = "iso-8859-1"
LIMITE = 5_000_000
"""Bytes that `parse_xml` takes unless told otherwise: a full envelope."""


def parse_xml(data: bytes, limit: int = LIMITE) -> etree._Element:
    """The root of well-formed XML. Invalid when it is junk, longer than `limit` bytes, or has a DTD or entities.

    Nothing is fetched and no entity is expanded. A fragment without a declaration is read as ISO-8859-1. Comments are
    dropped, as the signature's canonical form drops them: nobody reads `1<!-- -->0` as something else than was signed.
    """
    if len(data) > limit:
        raise Codigo.XML_GRANDE.invalid(dado=len(data), esperado=limit)
    if b"\x00" in data:  # also every UTF-16 and UTF-32 file, which would hide a DTD from the next check
        raise Codigo.XML_PROHIBIDO.invalid(motivo="bytes nulos")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise Codigo.XML_PROHIBIDO.invalid(motivo="una DTD o entidades propias")
    parser = etree.XMLParser(
        encoding=CODIFICACION if _is_fragment(data) else None,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        raiz = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise Codigo.XML_ILEGIBLE.invalid(motivo=_explain_sintaxis(error)) from error
    except (ValueError, LookupError) as error:
        raise Codigo.XML_ILEGIBLE.invalid(motivo="su declaración o su contenido no son de XML") from error
    if raiz.getroottree().docinfo.doctype:  # written in an encoding in which it does not look like one, e.g. UTF-7
        raise Codigo.XML_PROHIBIDO.invalid(motivo="una DTD")
    return raiz


_SINTAXIS: Mapping[int, str] = {
    etree.ErrorTypes.ERR_DOCUMENT_EMPTY: "no es XML: no empieza con una etiqueta",
    etree.ErrorTypes.ERR_DOCUMENT_END: "sigue algo después del último elemento",
    etree.ErrorTypes.ERR_TAG_NAME_MISMATCH: "una etiqueta se cierra con otro nombre",
    etree.ErrorTypes.ERR_TAG_NOT_FINISHED: "termina antes de cerrar todos sus elementos",
    etree.ErrorTypes.ERR_GT_REQUIRED: "termina antes de cerrar todos sus elementos",
    etree.ErrorTypes.ERR_UNDECLARED_ENTITY: "usa una entidad que XML no define",
    etree.ErrorTypes.ERR_INVALID_CHAR: "lleva un carácter que XML no admite",
    etree.ErrorTypes.ERR_NAME_REQUIRED: "lleva un «<» o «&» suelto: se escriben &lt; y &amp;",
    etree.ErrorTypes.ERR_RESERVED_XML_NAME: "su declaración <?xml …?> no está al principio",
    etree.ErrorTypes.ERR_UNSUPPORTED_ENCODING: "declara una codificación desconocida",
    etree.ErrorTypes.ERR_INVALID_ENCODING: "sus bytes no son de la codificación que declara",
    etree.ErrorTypes.ERR_ATTRIBUTE_REDEFINED: "un elemento repite un atributo",
    etree.ErrorTypes.ERR_RESOURCE_LIMIT: "tiene demasiados niveles o textos demasiado largos",
    etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE: "usa un prefijo que no declara",
}
"""What libxml2 says in English, by its number."""


def _explain_sintaxis(error: etree.XMLSyntaxError) -> str:
    """Why it is not XML, and about where."""
    que = _SINTAXIS.get(error.code, "está mal formado")
    return f"{que} (cerca de la línea {error.lineno})" if error.lineno else que


MAX_ATRIBUTOS = 32
"""Of one element, and as many namespaces declared on it; no element of the SII's has more than four."""


def check_atributos(raiz: etree._Element) -> None:
    """Nothing, unless an element has so many attributes that its canonical form, which sorts them, would take hours."""
    if raiz.xpath(f"boolean(descendant-or-self::*[count(@*) > {MAX_ATRIBUTOS}])"):
        raise Codigo.XML_PROHIBIDO.invalid(motivo=f"un elemento con más de {MAX_ATRIBUTOS} atributos")
    declarados = 0
    for evento, _ in etree.iterwalk(raiz, events=("start", "start-ns")):
        declarados = declarados + 1 if evento == "start-ns" else 0
        if declarados > MAX_ATRIBUTOS:
            raise Codigo.XML_PROHIBIDO.invalid(motivo=f"un elemento con más de {MAX_ATRIBUTOS} espacios de nombres")


def decode_xml(data: bytes) -> str:
    """The text of a file in the encoding that it declares (or UTF-8), and of a fragment in ISO-8859-1."""
    hallado = _ENCODING.match(data)
    declarada = hallado[1].decode("ascii") if hallado else "utf-8"
    try:
        return data.decode(CODIFICACION if _is_fragment(data) else declarada)
    except (LookupError, UnicodeDecodeError) as error:
        motivo = f"no está en «{declarada[:40]}», la codificación que declara"
        raise Codigo.XML_ILEGIBLE.invalid(motivo=motivo) from error


def _is_fragment(data: bytes) -> bool:
    return not data.startswith((_BOM, b"<?xml"))


_BOM = b"\xef\xbb\xbf"
_ENCODING = re.compile(rb"""(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding=["']([A-Za-z][A-Za-z0-9._-]*)["']""")


def read_base64(texto: str) -> bytes:
    """The bytes of a Base64 value, wrapped or not; ValueError when it is not one."""
    return base64.b64decode("".join(texto.split()), validate=True)


def local_name(elemento: etree._Element) -> str:
    """The tag without its namespace; empty for comments and processing instructions."""
    return elemento.tag.rpartition("}")[2] if isinstance(elemento.tag, str) else ""


def find_texto(elemento: etree._Element, camino: str) -> str | None:
    """The trimmed text at a path of local names (`Encabezado/IdDoc/Folio`), whatever the namespace; None if absent."""
    actual: etree._Element | None = elemento
    for nombre in camino.split("/"):
        actual = find_hijo(actual, nombre) if actual is not None else None
    return (actual.text or "").strip() if actual is not None else None


def find_hijo(elemento: etree._Element, nombre: str) -> etree._Element | None:
    """The first child with that local name, whatever the namespace."""
    return next((hijo for hijo in elemento if local_name(hijo) == nombre), None)
