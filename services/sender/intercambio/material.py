"""What an exchange copy is made of, and the making: the envelope with its exact bytes, and the mail around it."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from services.sender.intercambio.carta import compose, draw
from shared.correo import CausaCorreo, Mensaje
from shared.dte.copia import Destino, read_destino
from shared.dte.impresion import Resolucion
from shared.dte.respuesta import Bloqueado
from shared.dte.sobre import Caratula, sign_copia
from shared.dte.tipos import Canal
from shared.errors import Invalid
from shared.log import get_logger
from shared.messages import CorreoEmisor, Dte, ErrorEnvio, EstadoIntercambio, Intercambio

if TYPE_CHECKING:
    from services.sender.firmantes import Emision, Firmantes
    from shared.adapters.mongo import Store

log = get_logger("posta.intercambio")


@dataclass(frozen=True, slots=True)
class Material:
    """All of it, as it is now."""

    dte: Dte
    xml: bytes
    destino: Destino
    emision: Emision | Bloqueado


async def collect(store: Store, firmantes: Firmantes, id_: str) -> Material | None:
    """The material of this document's copy; None if it is not on record, or another one sends its copy."""
    dte, xml = await asyncio.gather(store.documents.get(id_), store.documents.get_xml(id_))
    if dte is None or xml is None:
        log.warning("copia_sin_documento", dte=id_)
        return None
    if dte.canal is Canal.DTEBOX:  # the box sends the copy: with its own signature, which is the one the SII holds
        return None
    emision = await firmantes.get(dte.emisor, Canal.FACTURA)
    return Material(dte, xml, read_destino(xml), emision)


def make(material: Material, correo: CorreoEmisor, ahora: datetime) -> tuple[Intercambio, bytes]:
    """The copy as it goes on record, and the exact bytes of its envelope; none, and the cause, if it cannot be made."""
    dte, direccion = material.dte, material.destino.correo or ""
    copia = Intercambio(
        id=dte.id,
        emisor=dte.emisor,
        correo=direccion,
        archivo=f"DTE_{dte.emisor}_{dte.tipo:d}_{dte.folio}",
        estado=EstadoIntercambio.PENDIENTE if direccion else EstadoIntercambio.SIN_CORREO,
        creado=ahora,
        cambiado=ahora,
        proximo_intento=ahora,
    )
    try:
        contenido = _seal(material, ahora)
    except Invalid as error:
        parked = {"estado": EstadoIntercambio.APARTADO, "proximo_intento": None}
        causa = error_of(CausaCorreo.SOBRE, error.fallas[0].codigo, str(error))
        return copia.model_copy(update={**parked, "error": causa}), b""
    sha256 = hashlib.sha256(contenido).hexdigest()
    dominio = correo.remitente.rpartition("@")[2]
    named = {"sha256": sha256, "message_id": f"{dte.id}.{sha256[:16]}@{dominio}"}
    return copia.model_copy(update=named), contenido


async def write(
    material: Material, caratula: Caratula, copia: Intercambio, correo: CorreoEmisor, *, sobre: bytes
) -> Mensaje:
    """The mail with the envelope and, if the company wants it, the printed representation."""
    resolucion = Resolucion(caratula.numero_resolucion, caratula.fecha_resolucion)
    pdf = await asyncio.to_thread(draw, material.xml, resolucion) if correo.pdf else None
    return compose(material.dte, copia, correo, material.destino, sobre=sobre, pdf=pdf)


def _seal(material: Material, ahora: datetime) -> bytes:
    emision, dte = material.emision, material.dte
    if isinstance(emision, Bloqueado):
        raise Invalid.one("certificado", emision.codigo, emision.glosa)
    id_ = f"C{dte.tipo:d}F{dte.folio}"
    return sign_copia([material.xml], emision.caratula, emision.firmante, ahora=ahora, id=id_)


def error_of(causa: CausaCorreo, codigo: str, glosa: str) -> ErrorEnvio:
    """What keeps a copy back, with the remedy that belongs to its cause."""
    return ErrorEnvio(causa=causa, codigo=codigo, glosa=glosa, remedio=causa.remedio)
