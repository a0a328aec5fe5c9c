"""One document over HTTP: its page, its papers, its envelope."""

from __future__ import annotations

import asyncio
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse

from services.monitor.acceso.guardia import Quien, Ruta
from services.monitor.acceso.permisos import Permiso, exige
from services.monitor.documento import describe_documento
from services.monitor.expediente.archivo import Archivo
from services.monitor.expediente.legible import write_legible
from services.monitor.fallas import no_existe, no_hay_sobre
from services.monitor.paginas import Paginas
from shared.dte.impresion import Formato, timbre_png, timbre_svg
from shared.dte.xml import CODIFICACION
from shared.errors import Invalid
from shared.messages import Dte

T = TypeVar("T")
DocumentoId = Annotated[str, Path(max_length=40, description="Identidad: emisor-tipo-folio, como 76192083-9-39-1201")]
SobreId = Annotated[str, Path(max_length=80, description="Identidad del sobre")]
Papel = Annotated[Formato, Query(description="Papel para el que se dibuja")]
EN_MARCO = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'self'; sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""For pages that carry their own style, run nothing, and are shown inside of another page of this server."""


def create_expediente_router(archivo: Archivo, paginas: Paginas) -> APIRouter:
    """All of it is read; nothing here changes anything."""
    router = APIRouter()
    for part in (_pages(archivo, paginas), _papers(archivo), _sobres(archivo, paginas)):
        router.include_router(part)
    return router


def _pages(archivo: Archivo, paginas: Paginas) -> APIRouter:
    pages = APIRouter(route_class=Ruta, include_in_schema=False, default_response_class=HTMLResponse)

    @pages.get("/documentos/{documento}")
    @exige(Permiso.VER)
    async def ficha(documento: DocumentoId, actor: Quien) -> str:
        legajo = _found(await archivo.get_legajo(documento), documento)
        return paginas.render_ficha(legajo, actor)

    @pages.get("/documentos/{documento}/xml/ver")
    @exige(Permiso.VER)
    async def xml(documento: DocumentoId, actor: Quien) -> str:
        contenido = _found(await archivo.get_xml(documento), documento)
        camino = f"/documentos/{documento}"
        titulo = f"XML de {documento}"
        return paginas.render("xml.html", actor, titulo=titulo, camino=camino, xml=write_legible(contenido))

    @pages.get("/documentos/{documento}/impreso")
    @exige(Permiso.VER)
    async def impreso(documento: DocumentoId, formato: Papel = Formato.ROLLO) -> Response:
        draw = _found(await archivo.draw_html(documento, formato), documento)
        try:
            html = await asyncio.to_thread(draw)
        except Invalid as error:
            html = paginas.render("sin_dibujo.html", motivo=str(error))
        return HTMLResponse(html, headers=EN_MARCO)

    return pages


def _papers(archivo: Archivo) -> APIRouter:
    papers = APIRouter(
        route_class=Ruta, prefix="/documentos/{documento}", tags=["Datos"], default_response_class=Response
    )

    async def find(documento: str) -> Dte:
        return _found(await archivo.get_dte(documento), documento)

    @papers.get("/xml", summary="El XML firmado", responses=_in("application/xml"))
    @exige(Permiso.VER)
    async def xml(documento: DocumentoId) -> Response:
        """Los bytes firmados, exactamente como se guardaron."""
        contenido = _found(await archivo.get_xml(documento), documento)
        return _file(contenido, f"DTE-{documento}.xml", "application/xml; charset=ISO-8859-1")

    @papers.get("/pdf", summary="El documento impreso (PDF)", responses=_in("application/pdf"))
    @exige(Permiso.VER)
    async def pdf(documento: DocumentoId, formato: Papel = Formato.CARTA) -> Response:
        draw = _found(await archivo.draw_pdf(documento, formato), documento)
        return _file(await asyncio.to_thread(draw), f"DTE-{documento}.pdf", "application/pdf", show=True)

    @papers.get("/timbre.png", summary="El timbre (PNG)", responses=_in("image/png"))
    @exige(Permiso.VER)
    async def png(documento: DocumentoId) -> Response:
        ted = (await find(documento)).ted.encode(CODIFICACION)
        return _file(timbre_png(ted), f"timbre-{documento}.png", "image/png", show=True)

    @papers.get("/timbre.svg", summary="El timbre (SVG)", responses=_in("image/svg+xml"))
    @exige(Permiso.VER)
    async def svg(documento: DocumentoId) -> Response:
        ted = (await find(documento)).ted.encode(CODIFICACION)
        return _file(timbre_svg(ted).encode(), f"timbre-{documento}.svg", "image/svg+xml", show=True)

    return papers


def _sobres(archivo: Archivo, paginas: Paginas) -> APIRouter:
    sobres = APIRouter(route_class=Ruta, tags=["Datos"])

    @sobres.get("/sobres/{sobre}", include_in_schema=False, response_class=HTMLResponse)
    @exige(Permiso.VER)
    async def sobre(sobre: SobreId, actor: Quien) -> str:
        envio = await archivo.get_envio(sobre)
        if envio is None:
            raise no_hay_sobre(sobre)
        dtes = await archivo.find_dtes(envio)
        return paginas.render("sobre.html", actor, envio=envio, documentos=[describe_documento(dte) for dte in dtes])

    @sobres.get("/sobres/{sobre}/xml/ver", include_in_schema=False, response_class=HTMLResponse)
    @exige(Permiso.VER)
    async def ver(sobre: SobreId, actor: Quien) -> str:
        contenido = await archivo.get_sobre_xml(sobre)
        if contenido is None:
            raise no_hay_sobre(sobre)
        titulo, camino = f"XML del sobre {sobre}", f"/sobres/{sobre}"
        return paginas.render("xml.html", actor, titulo=titulo, camino=camino, xml=write_legible(contenido))

    @sobres.get("/sobres/{sobre}/xml", summary="Un sobre", response_class=Response, responses=_in("application/xml"))
    @exige(Permiso.VER)
    async def xml(sobre: SobreId) -> Response:
        """Los bytes exactos que se subieron, o se iban a subir."""
        contenido = await archivo.get_sobre_xml(sobre)
        if contenido is None:
            raise no_hay_sobre(sobre)
        return _file(contenido, f"sobre-{sobre}.xml", "application/xml; charset=ISO-8859-1")

    return sobres


def _found(value: T | None, id_: str) -> T:
    if value is None:
        raise no_existe(id_)
    return value


def _file(contenido: bytes, nombre: str, tipo: str, *, show: bool = False) -> Response:
    """`show` lets the browser show it; otherwise it is kept as a file."""
    how = "inline" if show else "attachment"
    return Response(contenido, media_type=tipo, headers={"Content-Disposition": f'{how}; filename="{nombre}"'})


def _in(media_type: str) -> dict[int | str, dict[str, object]]:
    """How OpenAPI says that an answer is not JSON."""
    return {200: {"content": {media_type: {"schema": {"type": "string"}}}}}
