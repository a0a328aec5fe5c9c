"""The SII's XML schemas of 2026, read from the installed package and compiled once in each thread."""

from __future__ import annotations

import threading
from enum import Enum
from importlib.util import find_spec
from pathlib import Path

from lxml import etree

from shared.dte.codigos import Codigo
from shared.dte.glosas_esquema import explain_falta, find_camino
from shared.dte.tipos import Canal, TipoDte
from shared.dte.xml import NS, parse_xml
from shared.errors import Invalid, Misconfigured

_BOLETA_SUELTA = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NS}" targetNamespace="{NS}"
 elementFormDefault="qualified"><xs:include schemaLocation="EnvioBOLETA_v11.xsd"/>
<xs:element name="DTE" type="BOLETADefType"/></xs:schema>"""
"""EnvioBOLETA_v11.xsd declares the boleta only inside its envelope; this declares it alone."""


class Esquema(Enum):
    """Which schema a file is checked against."""

    DTE = "DTE_v10.xsd"
    """One document, of any type but boleta."""
    BOLETA = "boleta suelta de EnvioBOLETA_v11.xsd"
    ENVIO_DTE = "EnvioDTE_v10.xsd"
    ENVIO_BOLETA = "EnvioBOLETA_v11.xsd"


def esquema_for(tipo: TipoDte) -> Esquema:
    """The schema of one document of this type."""
    return Esquema.BOLETA if tipo.canal is Canal.BOLETA else Esquema.DTE


def validate_esquema(xml: bytes, esquema: Esquema) -> None:
    """Nothing, when the file obeys the schema; Invalid with its faults and their paths otherwise."""
    check_arbol(parse_xml(xml), esquema)


def check_arbol(raiz: etree._Element, esquema: Esquema) -> None:
    """`validate_esquema` for XML that has been parsed."""
    compilado = _compiled(esquema)
    if not compilado.validate(raiz):
        fallas = list(compilado.error_log)[:MAX_FALLAS]
        raise Invalid(
            *(
                Codigo.ESQUEMA.falla(find_camino(raiz, falla), esquema=esquema.value, motivo=explain_falta(falla))
                for falla in fallas
            )
        )


def compile_esquemas() -> None:
    """Compile this thread's schemas now, so that no document has to wait for it."""
    for esquema in Esquema:
        _compiled(esquema)


MAX_FALLAS = 20
"""Faults that are told: libxml2 repeats itself."""

_compilados = threading.local()
_COMPILANDO = threading.Lock()
"""libxml2 sets up its table of built-in types while it compiles its first schema, and does not expect company."""


def _compiled(esquema: Esquema) -> etree.XMLSchema:
    propio: etree.XMLSchema | None = getattr(_compilados, esquema.name, None)
    if propio is None:
        with _COMPILANDO:
            propio = _compile(esquema)
        setattr(_compilados, esquema.name, propio)
    return propio


def _compile(esquema: Esquema) -> etree.XMLSchema:
    carpeta = _folder()
    try:
        if esquema is Esquema.BOLETA:
            return etree.XMLSchema(etree.fromstring(_BOLETA_SUELTA, base_url=(carpeta / "boleta.xsd").as_uri()))
        return etree.XMLSchema(etree.parse(carpeta / esquema.value))
    except (OSError, etree.LxmlError) as error:
        raise Misconfigured(f"no se puede leer el esquema {esquema.value} en {carpeta}: {error}") from error


def _folder() -> Path:
    """Where the package keeps its schemas; the package is found, never imported: importing it runs foreign code."""
    spec = find_spec("facturacion_electronica")
    if spec is None or spec.origin is None:
        raise Misconfigured("falta el paquete facturacion_electronica, que trae los esquemas del SII: instálelo")
    return Path(spec.origin).parent / "xsd"
