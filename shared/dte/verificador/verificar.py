"""One file, verified: the way through all of its checks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from lxml import etree

from shared.dte.caf import LLAVES_SII
from shared.dte.codigos import Codigo
from shared.dte.firma import extract_dtes
from shared.dte.verificador.archivo import Lectura, read_archivo
from shared.dte.verificador.documento import Pieza, verify_documento
from shared.dte.verificador.resultado import Verificacion
from shared.dte.verificador.sobre import ESQUEMAS, verify_sobre
from shared.dte.xml import check_atributos, local_name, parse_xml
from shared.errors import Invalid

LIMITE_ARCHIVO = 20_000_000
"""Bytes of a file that is verified; the SII takes envelopes of about five million."""
MAX_DOCUMENTOS = 2_000
"""In one file (EnvioDTE_v10.xsd)."""
MAX_XMLNS = 64
"""Namespaces in force around a document. Real files have four; each document carries them all when it is judged."""


def verify_archivo(datos: bytes, llaves: Mapping[int, RSAPublicKey] = LLAVES_SII) -> Verificacion:
    """Everything that can be told about the documents in a file, and about the envelope around them.

    `llaves`: whose CAFs count, by IDK. Takes an EnvioDTE, an EnvioBOLETA, a DTE with or without XML declaration, and
    any other XML that documents stand in. Invalid when it is not XML, has a DTD or entities, is too large, or has no
    document. What is wrong within a document is told, not raised.
    """
    lecturas = read_archivo(datos, LIMITE_ARCHIVO)
    return _best([partial(_verify, lectura, llaves) for lectura in lecturas])


def _best(intentos: list[partial[Verificacion]]) -> Verificacion:
    """The first reading that is valid, else the first that can be read at all."""
    primera, error = None, None
    for intento in intentos:
        try:
            verificacion = intento()
        except Invalid as ilegible:
            error = error or ilegible
            continue
        if verificacion.valido:
            return verificacion
        primera = primera or verificacion
    if primera is None:
        raise error or Codigo.DTE_ILEGIBLE.invalid(motivo="no tiene contenido")
    return primera


def _verify(lectura: Lectura, llaves: Mapping[int, RSAPublicKey]) -> Verificacion:
    xml = lectura.xml
    raiz = parse_xml(xml, LIMITE_ARCHIVO * 6)  # what ISO-8859-1 lacks has grown into character references
    check_atributos(raiz)
    documentos = tuple(verify_documento(pieza, llaves) for pieza in _find_piezas(xml, raiz))
    sobre = verify_sobre(xml, raiz, documentos) if local_name(raiz) in ESQUEMAS else None
    return Verificacion(sobre, documentos, lectura.codificacion, lectura.observacion)


def _find_piezas(xml: bytes, raiz: etree._Element) -> list[Pieza]:
    elementos = [elemento for elemento in raiz.iter(etree.Element) if local_name(elemento) == "DTE"]
    if not elementos:
        raise Codigo.DTE_ILEGIBLE.invalid(motivo=f"es un «{local_name(raiz)[:40]}» sin ningún DTE")
    if len(elementos) > MAX_DOCUMENTOS:
        raise Codigo.SOBRE_LLENO.invalid(dado=len(elementos), esperado=MAX_DOCUMENTOS)
    if any(len(elemento.nsmap) > MAX_XMLNS for elemento in elementos):
        raise Codigo.XML_PROHIBIDO.invalid(motivo=f"más de {MAX_XMLNS} espacios de nombres")
    fragmentos = extract_dtes(xml, len(xml))
    return [
        Pieza(fragmento, elemento, suelta=elemento is raiz)
        for fragmento, elemento in zip(fragmentos, elementos, strict=True)
    ]
