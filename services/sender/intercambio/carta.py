"""The mail around an exchange copy. The same record always gives the same mail."""

from __future__ import annotations

from shared.correo import Adjunto, Mensaje
from shared.dte.copia import Destino
from shared.dte.impresion import Formato, Resolucion, render_pdf
from shared.errors import Invalid
from shared.messages import CorreoEmisor, Dte, Intercambio

_TEXTO = """\
Estimado cliente {receptor}:

Adjuntamos la copia electrónica de su documento, como la aceptó el Servicio de Impuestos Internos:

    {nombre} N° {folio}
    Emitida por {emisor}, RUT {rut}
    Fecha {fecha}

El archivo XML es el documento tributario para su sistema (EnvioDTE).{pdf}

Este correo se envía automáticamente.
"""


def compose(
    dte: Dte, copia: Intercambio, correo: CorreoEmisor, destino: Destino, *, sobre: bytes, pdf: bytes | None
) -> Mensaje:
    """The mail with the envelope and, if there is one, the printed representation."""
    nombre = dte.tipo.nombre
    adjuntos = [Adjunto(f"{copia.archivo}.xml", "application/xml", sobre)]
    adjuntos += [] if pdf is None else [Adjunto(f"{copia.archivo}.pdf", "application/pdf", pdf)]
    return Mensaje(
        id=copia.message_id,
        fecha=copia.creado,
        remitente=correo.remitente,
        nombre=destino.emisor or dte.emisor,
        destino=copia.correo,
        asunto=f"{nombre} N° {dte.folio} de {destino.emisor or dte.emisor}",
        texto=_TEXTO.format(
            receptor=destino.receptor or dte.receptor,
            nombre=nombre,
            folio=dte.folio,
            emisor=destino.emisor,
            rut=dte.emisor,
            fecha=f"{dte.fecha:%d-%m-%Y}",
            pdf=" El PDF es para leerlo e imprimirlo." if pdf is not None else "",
        ),
        adjuntos=adjuntos,
    )


def draw(xml: bytes, resolucion: Resolucion) -> bytes | None:
    """The printed representation; None when it cannot be drawn: the envelope is what the law asks for."""
    try:
        return render_pdf(xml, Formato.CARTA, resolucion=resolucion)
    except Invalid:
        return None
