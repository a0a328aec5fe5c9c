"""What a DTEBox is sent: the document without what its own side adds, and the stamp that the customer already has.

Both are cut out of the stored signed bytes, so the same document always gives the same request (API of the DTEBox,
SendDocumentAsXML, offline stamp). The box signs with the company's certificate and makes the envelope itself.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import date

from shared.dte.codigos import Codigo
from shared.dte.ted import cut_ted
from shared.dte.tipos import Ambiente
from shared.dte.xml import CODIFICACION

NS_DTEBOX = "http://gdexpress.cl/api"
LETRA = {Ambiente.CERTIFICACION: "T", Ambiente.PRODUCCION: "P"}
"""How a DTEBox calls the SII's two worlds."""

_AGREGADO = {
    nombre: re.compile(rf"<{nombre}[\s>].*?</{nombre}\s*>\n?".encode("ascii"), re.DOTALL)
    for nombre in ("TED", "TmstFirma", "Signature")
}
"""What the box adds to a document by itself, or takes from the field TED."""


@dataclass(frozen=True, slots=True)
class Solicitud:
    """One document for the box: its file (ISO-8859-1) without stamp and signature, and its stamp."""

    documento: bytes
    ted: bytes


def cut_solicitud(firmado: bytes) -> Solicitud:
    """The two parts of a signed document; Invalid unless it has exactly one stamp, moment and signature."""
    documento = firmado
    for nombre, patron in _AGREGADO.items():
        documento, veces = patron.subn(b"", documento)
        if veces != 1:
            raise Codigo.DTE_ILEGIBLE.invalid(motivo=f"se espera un {nombre} y hay {veces}")
    return Solicitud(documento, cut_ted(firmado).encode(CODIFICACION))


def write_solicitud(solicitud: Solicitud, ambiente: Ambiente, *, fecha: date, numero: int) -> bytes:
    """The exact body of SendDocumentAsXML; `fecha` and `numero` are those of the company's resolution."""
    campos = {
        "Environment": LETRA[ambiente],
        "Content": _base64(solicitud.documento),
        "ResolutionDate": fecha.isoformat(),
        "ResolutionNumber": numero,
        "PDF417Columns": 5,
        "PDF417Level": 2,
        "PDF417Type": 1,
        "TED": _base64(solicitud.ted),
    }
    cuerpo = "".join(f"<{campo}>{valor}</{campo}>" for campo, valor in campos.items())
    declaracion = '<?xml version="1.0" encoding="utf-8"?>\n'
    raiz = "SendDocumentAsXMLRequest"
    return f'{declaracion}<{raiz} xmlns="{NS_DTEBOX}">{cuerpo}</{raiz}>'.encode("ascii")


def is_for(solicitud: bytes, ambiente: Ambiente) -> bool:
    """Whether a body that `write_solicitud` made belongs to this environment."""
    return f"<Environment>{LETRA[ambiente]}</Environment>".encode("ascii") in solicitud[:300]


def _base64(datos: bytes) -> str:
    return base64.b64encode(datos).decode("ascii")
