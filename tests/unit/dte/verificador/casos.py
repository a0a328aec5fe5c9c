"""A signed document of each kind and an envelope of them, and the ways in which files are changed on their way."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shared.dte.caf import LLAVES_SII
from shared.dte.documento import DteFirmado, complete_venta, sign_documento
from shared.dte.firma import sign_texto
from shared.dte.modelo import parse_venta
from shared.dte.rut import RUT_SII
from shared.dte.sobre import Caratula, sign_sobre
from shared.dte.tipos import Canal, TipoDte
from shared.dte.verificador import Control, Verificacion, verify_archivo
from shared.dte.xml import CODIFICACION, DECLARACION
from tests import dte_data

LLAVES = {**LLAVES_SII, **dte_data.llaves_autoridad()}
CARATULA = Caratula(dte_data.EMISOR_RUT, dte_data.FIRMANTE_RUT, RUT_SII, dte_data.FECHA, 0)


def sign(datos: object, folio: int = 7, tipo: TipoDte = TipoDte.FACTURA) -> DteFirmado:
    """The test company's document."""
    venta = complete_venta(parse_venta(datos), dte_data.EMISOR, fecha=dte_data.FECHA)
    caf = dte_data.make_caf(tipo)
    return sign_documento(venta, folio=folio, caf=caf, firmante=dte_data.firmante(), ahora=dte_data.AHORA)


FACTURA = sign(dte_data.venta_factura())
BOLETA = sign(dte_data.venta_boleta(), tipo=TipoDte.BOLETA)
FACTURAS = [sign(dte_data.venta_factura(), folio) for folio in (1, 2)]
SOBRE = sign_sobre(
    [dte.xml for dte in FACTURAS],
    CARATULA,
    dte_data.firmante(),
    canal=Canal.FACTURA,
    ahora=dte_data.AHORA,
    id="SetDoc",
)


def verify(xml: bytes) -> Verificacion:
    return verify_archivo(xml, LLAVES)


def controls(xml: bytes) -> Mapping[str, Control]:
    """The checks of the one document in a file, by name."""
    (documento,) = verify(xml).documentos
    return {control.nombre: control for control in documento.controles}


def broken(xml: bytes) -> dict[str, str]:
    """The codes of the checks that fail, by name."""
    return {nombre: control.codigo for nombre, control in controls(xml).items() if control.codigo}


def swap(old: bytes, new: bytes, xml: bytes = FACTURA.xml) -> bytes:
    """The file with the first `old` changed."""
    assert old in xml
    return xml.replace(old, new, 1)


def resign(cambio: tuple[str, str], dte: DteFirmado = FACTURA) -> bytes:
    """The document with its text changed and then signed, so that its signature holds."""
    texto = dte.xml.decode(CODIFICACION).removeprefix(DECLARACION)
    cuerpo = texto[: texto.index("</Documento>")] + "</Documento>"
    assert cambio[0] in cuerpo
    identificador = f"T{dte.tipo:d}F{dte.folio}"
    firmado = sign_texto(cuerpo.replace(*cambio), "</DTE>", identificador, dte_data.firmante())
    return (DECLARACION + firmado).encode(CODIFICACION)


def flip(xml: bytes, at: re.Pattern[bytes]) -> bytes:
    """The file with the last byte of what `at` finds changed into another digit or letter."""
    found = at.search(xml)
    assert found is not None
    end = found.end()
    last = xml[end - 1 : end]
    other = bytes([last[0] ^ 1]) if last.isdigit() else b"B" if last == b"A" else b"A"
    return xml[: end - 1] + other + xml[end:]
