"""Documents for people over HTTP: the stamp as an image, and the printed representation as a PDF."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response

from services.emitter.intake_http import PROBLEMS
from shared.dte.impresion import Formato, Resolucion, render_pdf, timbre_png, timbre_svg
from shared.dte.xml import CODIFICACION
from shared.errors import Unavailable
from shared.messages import Dte

if TYPE_CHECKING:
    from shared.adapters.mongo import Companies, Documents

FindOwn = Callable[[str, Request], Awaitable[Dte]]
Papel = Annotated[Formato, Query(description="Papel para el que se dibuja")]
_PNG, _SVG, _PDF = "image/png", "image/svg+xml", "application/pdf"


class Representaciones:
    """The endpoints. `find` gives a till its own company's documents and no others."""

    def __init__(self, find: FindOwn, documents: Documents, companies: Companies) -> None:
        self._find = find
        self._documents = documents
        self._companies = companies

    async def get_png(self, id_: str, request: Request, formato: Papel = Formato.CARTA) -> Response:
        """El timbre (PDF417) como imagen. Con `80mm` cada punto es uno del cabezal térmico: imprímala sin escalar."""
        dte = await self._find(id_, request)
        return _respond(dte, "png", timbre_png(dte.ted.encode(CODIFICACION), formato), _PNG)

    async def get_svg(self, id_: str, request: Request, formato: Papel = Formato.CARTA) -> Response:
        """El timbre (PDF417) como dibujo vectorial, en milímetros."""
        dte = await self._find(id_, request)
        return _respond(dte, "svg", timbre_svg(dte.ted.encode(CODIFICACION), formato).encode(), _SVG)

    async def get_pdf(
        self,
        id_: str,
        request: Request,
        formato: Papel = Formato.CARTA,
        cedible: Annotated[bool, Query(description="La copia cedible, de los tipos que la tienen")] = False,
        oficina: Annotated[
            str | None, Query(max_length=60, description="Unidad del SII del emisor; por omisión, su comuna")
        ] = None,
    ) -> Response:
        """La representación impresa del documento."""
        dte = await self._find(id_, request)
        xml, emisor = await asyncio.gather(self._documents.get_xml(dte.id), self._companies.get_emisor(dte.emisor))
        if xml is None or emisor is None:
            raise Unavailable("MongoDB", "el documento todavía no se puede leer completo")
        guardada = emisor.resoluciones.get(dte.tipo.canal)
        resolucion = Resolucion(guardada.numero, guardada.fecha) if guardada is not None else None
        dibujar = partial(render_pdf, xml, formato, resolucion=resolucion, cedible=cedible, oficina=oficina)
        return _respond(dte, "pdf", await asyncio.to_thread(dibujar), _PDF)


def create_router(representaciones: Representaciones) -> APIRouter:
    """The routes below `/v1/dte/{id}`."""
    router = APIRouter(prefix="/v1/dte/{id_}")
    for ruta, endpoint, tipo, resumen in (
        ("/timbre.png", representaciones.get_png, _PNG, "Dibujar el timbre (PNG)"),
        ("/timbre.svg", representaciones.get_svg, _SVG, "Dibujar el timbre (SVG)"),
        ("/pdf", representaciones.get_pdf, _PDF, "Dibujar el documento (PDF)"),
    ):
        router.add_api_route(
            ruta,
            endpoint,
            summary=resumen,
            response_class=Response,
            responses={200: {"content": {tipo: {}}}, **PROBLEMS},
        )
    return router


def _respond(dte: Dte, extension: str, datos: bytes, tipo: str) -> Response:
    return Response(
        datos, 200, {"Content-Disposition": f'inline; filename="{quote(dte.id)}.{extension}"'}, media_type=tipo
    )
