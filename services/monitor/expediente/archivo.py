"""Where documents and envelopes are fetched from, with all that belongs to them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from services.monitor.expediente.legajo import Legajo, build_legajo
from services.monitor.referencias import read_referencias
from shared.clock import Clock
from shared.dte.impresion import Formato, Resolucion, render_html, render_pdf
from shared.dte.plazo import Plazos
from shared.messages import Dte, Envio

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.adapters.mongo import Store

_SOBRES_MAX = 20
"""The latest envelopes of a document whose answers its page shows."""


class Archivo:
    """Reads in this moment. None means that there is nothing with this id; Unavailable that MongoDB is away."""

    def __init__(self, store: Store, plazos: Plazos, clock: Clock) -> None:
        self._store = store
        self._plazos = plazos
        self._clock = clock

    async def get_dte(self, id_: str) -> Dte | None:
        return await self._store.documents.get(id_)

    async def get_legajo(self, id_: str) -> Legajo | None:
        """Everything about one document."""
        dte = await self._store.documents.get(id_)
        if dte is None:
            return None
        return build_legajo(
            dte,
            self._clock(),
            self._plazos,
            envios=await self._envios(dte),
            referencias=await read_referencias(self._store, dte),
            copia=await self._store.intercambios.get(id_),
            frenos=await self._store.documents.all_parked(dte.espera_a),
        )

    async def get_xml(self, id_: str) -> bytes | None:
        """The signed bytes of a document."""
        return await self._store.documents.get_xml(id_)

    async def get_envio(self, id_: str) -> Envio | None:
        return await self._store.envios.get(id_)

    async def get_sobre_xml(self, id_: str) -> bytes | None:
        """The bytes of an envelope as they were uploaded; None, too, for one that was given up before it was made."""
        envio = await self._store.envios.get(id_)
        return await self._store.envios.get_contenido(id_) if envio is not None and envio.subidas else None

    async def find_dtes(self, envio: Envio) -> list[Dte]:
        """The documents that are, or were, in an envelope."""
        return await self._store.documents.find_by_ids(envio.documentos)

    async def draw_html(self, id_: str, formato: Formato) -> Callable[[], str] | None:
        """The printed document as a page, still to be drawn: in a thread. Drawing may be Invalid."""
        xml, resolucion = await self._for_print(id_)
        return None if xml is None else partial(render_html, xml, formato, resolucion=resolucion)

    async def draw_pdf(self, id_: str, formato: Formato) -> Callable[[], bytes] | None:
        """The same as a PDF."""
        xml, resolucion = await self._for_print(id_)
        return None if xml is None else partial(render_pdf, xml, formato, resolucion=resolucion)

    async def _for_print(self, id_: str) -> tuple[bytes | None, Resolucion | None]:
        dte, xml = await self._store.documents.get(id_), await self._store.documents.get_xml(id_)
        emisor = await self._store.companies.get_emisor(dte.emisor) if dte is not None else None
        guardada = emisor.resoluciones.get(dte.canal) if dte is not None and emisor is not None else None
        return xml, None if guardada is None else Resolucion(guardada.numero, guardada.fecha)

    async def _envios(self, dte: Dte) -> list[Envio]:
        """The envelopes of its history, in order."""
        ids = list(dict.fromkeys(hito.envio for hito in dte.historia if hito.envio))[-_SOBRES_MAX:]
        found = [await self._store.envios.get(id_) for id_ in ids]
        return [envio for envio in found if envio is not None]
