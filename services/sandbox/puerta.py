"""The door of DTEUpload: is this a file that can be looked at? Form, schema, and bytes unchanged since signing."""

from __future__ import annotations

import re

from services.sandbox.firmas import has_codigo
from services.sandbox.upload import Recepcion
from shared.dte.codigos import Codigo
from shared.dte.esquema import validate_esquema
from shared.dte.firma import verify_firma
from shared.dte.sobre import FORMAS
from shared.dte.tipos import Canal, CanalSii
from shared.errors import Invalid

MIN_BYTES, MAX_BYTES = 200, 5_000_000
"""Sizes of a file that DTEUpload takes; the SII does not publish its own."""

MAX_LINEA = 4090
"""Bytes of a line: the SII's reader works line by line, and longer ones are refused with CHR-00002."""

_DECLARACION = re.compile(rb'<\?xml version="1\.0" encoding="ISO-8859-1"\?>\r?\n')
_ALTERADA = (
    Codigo.FIRMA_FALTA,
    Codigo.FIRMA_DIGEST,
    Codigo.FIRMA_VALOR,
    Codigo.FIRMA_ALGORITMO,
    Codigo.FIRMA_REFERENCIA,
)


def check_puerta(contenido: bytes) -> Recepcion | None:
    """STATUS 2 (size), 3 (cut short), 7 (schema) or 8 (signature); None when the file comes in.

    Whose the signature is, is looked at later: that refuses the envelope with RFR.
    """
    if not MIN_BYTES <= len(contenido) <= MAX_BYTES:
        return Recepcion(2, errores=(f"Tamaño de archivo {len(contenido)} fuera de lo permitido",))
    if not contenido.rstrip().endswith(b">"):
        return Recepcion(3, errores=("Archivo cortado",))
    fallas = find_fallas_esquema(contenido, Canal.FACTURA)
    if fallas:
        return Recepcion(7, errores=fallas)
    try:
        verify_firma(contenido)
    except Invalid as error:
        if has_codigo(error, *_ALTERADA):
            return Recepcion(8, errores=(str(error),))
    return None


def find_fallas_esquema(contenido: bytes, canal: CanalSii) -> tuple[str, ...]:
    """Everything that the SII's reader and schema validator object to in a file of this channel."""
    forma = FORMAS[canal]
    if _DECLARACION.match(contenido) is None:
        return ('CHR-00001: first line must be <?xml version="1.0" encoding="ISO-8859-1"?>',)
    largas = [numero for numero, linea in enumerate(contenido.split(b"\n"), 1) if len(linea) > MAX_LINEA]
    if largas:
        return tuple(f"CHR-00002: Line too long (line {numero})" for numero in largas[:5])
    if f" {forma.esquema.value}".encode() not in contenido[:1000]:
        return (f"SCH-00001: Invalid Schema Name, expected {forma.esquema.value}",)
    try:
        validate_esquema(contenido, forma.esquema)
    except Invalid as error:
        return tuple(f"LPX-00200: {falla.ruta} {falla.mensaje}" for falla in error.fallas)
    return ()
