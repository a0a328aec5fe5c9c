"""What a schema found wrong, in Spanish and with the element's name: libxml2 says it in English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lxml import etree

from shared.dte.xml import local_name

_PREFIJO = "SCHEMAV_"
_ESPACIO = re.compile(r"\{[^{}]*\}")
"""The namespace of a name, as libxml2 writes it."""
_CITAS = re.compile(r"'((?:[^']|'(?! |\.|:|,|;|\)|$))*)'")
"""Quoted parts of a message; a quote inside of a value is not followed by what ends a quotation."""
_ESPERADOS = re.compile(r"Expected is (?:one of )?\( (.*?) \)")

_PLANTILLAS: Mapping[str, str] = {
    "CVC_DATATYPE_VALID_1_2_1": "tiene el valor «{valor}», que no es de la forma que se espera",
    "CVC_MAXLENGTH_VALID": "tiene {valor} caracteres y se admiten {limite}",
    "CVC_MINLENGTH_VALID": "tiene {valor} caracteres y se piden {limite} o más",
    "CVC_ENUMERATION_VALID": "tiene el valor «{valor}», que no está entre los admitidos",
    "CVC_PATTERN_VALID": "tiene el valor «{valor}», que no es de la forma que se espera",
    "CVC_MAXINCLUSIVE_VALID": "tiene el valor «{valor}» y se admite hasta {limite}",
    "CVC_MININCLUSIVE_VALID": "tiene el valor «{valor}» y se admite desde {limite}",
    "CVC_FRACTIONDIGITS_VALID": "tiene el valor «{valor}» y se admiten {limite} decimales",
    "CVC_TOTALDIGITS_VALID": "tiene el valor «{valor}» y se admiten {limite} dígitos",
    "CVC_COMPLEX_TYPE_2_3": "lleva texto donde sólo van otros elementos",
    "CVC_COMPLEX_TYPE_3_2_1": "lleva un atributo que no se admite",
    "CVC_COMPLEX_TYPE_4": "no lleva un atributo que es obligatorio",
    "CVC_TYPE_3_1_2": "lleva otros elementos donde sólo va texto",
    "CVC_ELT_1": "no es el elemento con que empieza este esquema",
}
"""By libxml2's name of the fault; the value comes first in its message, the limit last."""


def explain_falta(error: etree._LogEntry) -> str:
    """One fault as a Spanish sentence that begins with the element's name."""
    mensaje = _ESPACIO.sub("", error.message)
    tipo = error.type_name.removeprefix(_PREFIJO)
    citas = _CITAS.findall(mensaje.replace(f"[facet '{_facet(mensaje)}'] ", ""))
    elemento = f"«{citas[0]}»" if citas else "el documento"
    if tipo == "ELEMENT_CONTENT":
        return f"{elemento} {_explain_contenido(mensaje)}"
    plantilla = _PLANTILLAS.get(tipo, "tiene un contenido que no se admite")
    valores = citas[2 if ", attribute '" in mensaje else 1 :] or [""]
    return f"{elemento} {plantilla.format(valor=valores[0][:60], limite=valores[-1])}"


def find_camino(raiz: etree._Element, error: etree._LogEntry) -> str:
    """Names from the root down to the faulty element (`DTE.Documento.Detalle[2].PrcItem`); empty if it is not there."""
    hallados: Any = raiz.getroottree().xpath(error.path) if error.path else []
    antepasados = [*reversed(list(hallados[0].iterancestors())), hallados[0]] if hallados else []
    return ".".join(map(_paso, antepasados))


def _explain_contenido(mensaje: str) -> str:
    """An element out of place, or children that are missing."""
    hallado = _ESPERADOS.search(mensaje)
    esperados = f" de {hallado[1]}" if hallado else ""
    if "Missing child" in mensaje:
        return f"está incompleto: falta alguno{esperados}" if esperados else "está incompleto"
    return f"no va en ese lugar: se espera alguno{esperados}" if esperados else "no va en ese lugar"


def _paso(nodo: etree._Element) -> str:
    """The element's name, with its place among those of the same name."""
    antes = sum(1 for hermano in nodo.itersiblings(preceding=True) if hermano.tag == nodo.tag)
    varios = antes or any(hermano.tag == nodo.tag for hermano in nodo.itersiblings())
    return f"{local_name(nodo)}[{antes}]" if varios else local_name(nodo)


def _facet(mensaje: str) -> str:
    """The facet that a message names before the value."""
    return mensaje.partition("[facet '")[2].partition("'")[0]
