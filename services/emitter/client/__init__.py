"""A POS's side of the emitter: send sales, get their documents, and never get two of one.

    async with PosClient(url, llave) as pos:                    # a till with an event loop
        documento = await pos.emit(venta, clave="caja-7-000123")

    with SyncPosClient(url, llave) as pos:                      # a till without one
        documento = pos.emit(venta, clave="caja-7-000123")

`Despacho` keeps sales on the till's own disk while the emitter cannot be reached. `django_pos` stands in for the
`BackgroundDTESender` of a Django POS. Nothing here needs more than httpx and pydantic.
"""

from services.emitter.client.despacho import Despacho
from services.emitter.client.pos import PosClient
from services.emitter.client.respuestas import DocumentoEmitido, NotAuthorized, Resultado, SinFolios, SinRespuesta
from services.emitter.client.sincrono import SyncPosClient

__all__ = [
    "Despacho",
    "DocumentoEmitido",
    "NotAuthorized",
    "PosClient",
    "Resultado",
    "SinFolios",
    "SinRespuesta",
    "SyncPosClient",
]
