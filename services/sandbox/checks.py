"""What the SII looks at in an envelope that it has received, step by step, until the first that fails.

schema (RSC; on the old channel the door did that) ─▶ carátula (RCT) ─▶ signature (RFR) ─▶ each document (EPR)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from services.sandbox.checks_dte import Juez, find_objeciones, identify
from services.sandbox.checks_ref import find_correcciones
from services.sandbox.firmas import check_firma, has_codigo
from services.sandbox.modelo import DocumentoRevisado, EstadoEnvio, Objecion, Revision, Subida
from services.sandbox.puerta import find_fallas_esquema
from shared.clock import chile
from shared.dte.codigos import Codigo
from shared.dte.documento import DteLeido, read_dte
from shared.dte.firma import extract_dtes
from shared.dte.rut import RUT_SII
from shared.dte.sobre import Caratula, read_sobre
from shared.dte.tipos import NOTAS, Canal
from shared.dte.xml import parse_xml
from shared.errors import Invalid

Pieza = tuple[bytes, DteLeido]
"""A document of an envelope: its literal fragment, and what identifies it."""


def review(subida: Subida, juez: Juez) -> Revision:
    """What becomes of an upload, but for documents that the SII has already: only the books know those."""
    fallas = find_fallas_esquema(subida.contenido, subida.canal) if subida.canal is Canal.BOLETA else ()
    if fallas:
        return Revision(EstadoEnvio.RSC, objeciones=tuple(Objecion("ENV", 3, 0, falla) for falla in fallas))
    try:
        piezas = tuple((fragmento, read_dte(fragmento)) for fragmento in extract_dtes(subida.contenido))
        caratula = read_sobre(subida.contenido).caratula
    except Invalid as error:
        return _refuse_ilegible(error)
    return _review_sobre(subida, caratula, piezas, juez)


def _refuse_ilegible(error: Invalid) -> Revision:
    """An envelope of the right schema that contradicts itself: miscounted (RCT), or of unknown documents (RSC)."""
    if has_codigo(error, Codigo.SOBRE_SUBTOTAL):
        return Revision(EstadoEnvio.RCT, objeciones=(Objecion("CRT", 3, 0, str(error)),))
    return Revision(EstadoEnvio.RSC, objeciones=(Objecion("ENV", 3, 0, str(error)),))


def _review_sobre(subida: Subida, caratula: Caratula, piezas: tuple[Pieza, ...], juez: Juez) -> Revision:
    documentos = tuple(identify(*pieza) for pieza in piezas)
    objeciones = tuple(_check_caratula(caratula, subida, juez))
    if objeciones:
        return Revision(EstadoEnvio.RCT, documentos, objeciones)
    objeciones = tuple(_check_firma(subida, juez))
    if objeciones:
        return Revision(EstadoEnvio.RFR, documentos, objeciones)
    return Revision(EstadoEnvio.EPR, tuple(_review_dtes(subida, documentos, piezas, juez)))


def _review_dtes(
    subida: Subida, documentos: tuple[DocumentoRevisado, ...], piezas: tuple[Pieza, ...], juez: Juez
) -> Iterator[DocumentoRevisado]:
    """Each document in turn: a note may refer to one that comes before it in its envelope."""
    propios: dict[tuple[str, int, int], DocumentoRevisado] = {}

    def find_recibido(emisor: str, tipo: int, folio: int) -> DocumentoRevisado | None:
        return propios.get((emisor, tipo, folio)) or juez.find_recibido(emisor, tipo, folio)

    con_propios = replace(juez, find_recibido=find_recibido)
    for documento, pieza in zip(documentos, piezas, strict=True):
        objeciones = find_objeciones(*pieza, subida.emisor, con_propios)
        corrige = tuple(find_correcciones(parse_xml(pieza[0])[0], pieza[1])) if pieza[1].tipo in NOTAS else ()
        revisado = replace(documento, objeciones=objeciones, corrige=corrige)
        if revisado.veredicto.registrado:
            propios[revisado.emisor, revisado.tipo, revisado.folio] = revisado
        yield revisado


def _check_caratula(caratula: Caratula, subida: Subida, juez: Juez) -> Iterator[Objecion]:
    registro, hoy = juez.registro, chile(juez.ahora).date()
    if caratula.emisor != subida.emisor:
        yield Objecion("CRT", 3, 0, "RutEmisor no es la empresa del envio", caratula.emisor)
    if caratula.envia != subida.envia:
        yield Objecion("CRT", 3, 0, "RutEnvia no es el usuario que envia", caratula.envia)
    if caratula.receptor != RUT_SII:
        yield Objecion("CRT", 3, 0, "RutReceptor no es el SII", caratula.receptor)
    if not registro.knows_empresa(caratula.emisor) or not registro.allows(caratula.envia, caratula.emisor):
        yield Objecion("ENV", 3, 6, "Usuario sin permiso de envio por la empresa", caratula.envia)
    if not registro.accepts_resolucion(caratula.emisor, caratula.fecha_resolucion, caratula.numero_resolucion, hoy):
        dada = f"{caratula.fecha_resolucion} {caratula.numero_resolucion}"
        yield Objecion("CRT", 3, 19, "Fecha/Numero Resolucion Invalido", dada)


def _check_firma(subida: Subida, juez: Juez) -> Iterator[Objecion]:
    try:
        firmante = check_firma(subida.contenido, juez.authority)
    except Invalid as error:
        yield Objecion("ENV", 3, 0, "Firma del envio incorrecta", str(error))
        return
    if firmante != subida.envia:
        yield Objecion("ENV", 3, 6, "El certificado del envio no es del usuario que envia", firmante)
