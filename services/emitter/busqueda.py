"""Documents that are there: one by its folio or its key, or a list of them, a page at a time."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from services.emitter.answers import Documentos, Problema, ProblemError, to_documento
from services.emitter.intake_http import PROBLEMS
from services.emitter.peticion import authenticate
from services.emitter.terminals import CLAVE_PATTERN, read_clave
from shared.adapters.mongo.listado import Filtro, Posicion
from shared.clock import CHILE
from shared.dte.estado import Estado
from shared.dte.rut import parse_rut
from shared.dte.tipos import TipoDte

if TYPE_CHECKING:
    from services.emitter.terminals import Terminals
    from shared.adapters.mongo import Documents, Listado
    from shared.messages import Dte, TerminalGuardado

_PRIMERO, _ULTIMO = date(2000, 1, 1), date(2999, 12, 31)
Dia = Annotated[date, Field(ge=_PRIMERO, le=_ULTIMO)]
Nombre = Annotated[str, Field(min_length=1, max_length=40)]


class Consulta(BaseModel):
    """What may be asked. Any two go together, except that `folio` and `caja` mean nothing by themselves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    emisor: str | None = Field(None, description="RUT; por omisión, la empresa del terminal, la única que ve")
    tipo: TipoDte | None = Field(None, description="Tipo de documento del SII")
    folio: Annotated[int, Field(ge=1, lt=10**10)] | None = Field(None, description="Junto con `tipo`: ese documento")
    clave: Annotated[str, Field(pattern=CLAVE_PATTERN)] | None = Field(
        None, description="La `Idempotency-Key` que usó este terminal: su documento"
    )
    estado: Estado | None = Field(None, description="Dónde va")
    tienda: Nombre | None = Field(None, description="Tienda del terminal que lo emitió")
    caja: Nombre | None = Field(None, description="Junto con `tienda`: una de sus cajas")
    receptor: str | None = Field(None, description="RUT del receptor")
    desde: Dia | None = Field(None, description="Primer día en que se emitió, hora de Chile")
    hasta: Dia | None = Field(None, description="Último día en que se emitió, inclusive, hora de Chile")
    limite: Annotated[int, Field(ge=1, le=200)] = Field(50, description="Documentos de una página")
    cursor: str | None = Field(None, description="El `siguiente` de la página anterior, con los mismos filtros")


class Busqueda:
    """The endpoint. A till sees the documents of its own company and no others."""

    def __init__(self, terminals: Terminals, documents: Documents, listado: Listado) -> None:
        self._terminals = terminals
        self._documents = documents
        self._listado = listado

    async def find(self, request: Request, consulta: Annotated[Consulta, Query()]) -> Documentos:
        """Uno por su folio (`tipo` y `folio`) o por la clave con que este terminal lo pidió; o una lista.

        La lista va del más nuevo al más antiguo. Mientras haya más trae `siguiente`, que se repite en `cursor`; los
        documentos que se emiten entre una página y otra no la mueven.
        """
        terminal = await authenticate(request, self._terminals)
        if consulta.clave is not None:
            key = (terminal.id, read_clave(consulta.clave))
            found = (await self._documents.find_by_claves([key])).get(key)
            return _answer([found] if found else [], terminal)
        emisor = _read_rut("emisor", consulta.emisor) or terminal.emisor
        if consulta.folio is not None:
            if consulta.tipo is None:
                raise _wrong("folio", "hay un folio en cada tipo de documento: indique también «tipo»")
            found = await self._documents.get_by_folio(emisor, consulta.tipo, consulta.folio)
            return _answer([found] if found else [], terminal)
        filtro, despues = _to_filtro(consulta, emisor), _read_cursor(consulta.cursor)
        if emisor != terminal.emisor:
            return Documentos(documentos=())
        page = await self._listado.page(filtro, consulta.limite, despues)
        return _answer(page, terminal, _write_cursor(page[-1]) if len(page) == consulta.limite else None)


def create_busqueda_router(busqueda: Busqueda) -> APIRouter:
    router = APIRouter()
    wrong = {"model": Problema, "description": "Un parámetro no sirve: cuál y por qué, en `errores`"}
    problems: dict[int | str, dict[str, Any]] = {400: wrong, 401: PROBLEMS[401], 503: PROBLEMS[503]}
    router.add_api_route("/v1/dte", busqueda.find, summary="Buscar documentos", responses=problems)
    return router


def _answer(dtes: list[Dte], terminal: TerminalGuardado, siguiente: str | None = None) -> Documentos:
    visible = (to_documento(dte) for dte in dtes if dte.emisor == terminal.emisor)
    return Documentos(documentos=tuple(visible), siguiente=siguiente)


def _to_filtro(consulta: Consulta, emisor: str) -> Filtro:
    if consulta.caja is not None and consulta.tienda is None:
        raise _wrong("caja", "hay una caja con ese nombre en cada tienda: indique también «tienda»")
    if consulta.desde and consulta.hasta and consulta.hasta < consulta.desde:
        raise _wrong("hasta", "es anterior a «desde»: indique un día igual o posterior")
    return Filtro(
        emisor=emisor,
        tipo=consulta.tipo,
        estado=consulta.estado,
        tienda=consulta.tienda,
        caja=consulta.caja,
        receptor=_read_rut("receptor", consulta.receptor),
        desde=_begin(consulta.desde) if consulta.desde else None,
        hasta=_begin(consulta.hasta + timedelta(days=1)) if consulta.hasta else None,
    )


def _begin(dia: date) -> datetime:
    """Midnight in Chile."""
    return datetime.combine(dia, time(), CHILE).astimezone(UTC)


def _read_rut(campo: str, texto: str | None) -> str | None:
    try:
        return None if texto is None else parse_rut(texto)
    except ValueError as error:
        raise _wrong(campo, str(error)) from error


def _write_cursor(dte: Dte) -> str:
    return base64.urlsafe_b64encode(json.dumps([dte.creado.isoformat(), dte.id]).encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> Posicion | None:
    if cursor is None:
        return None
    try:
        creado, id_ = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return Posicion(_aware(datetime.fromisoformat(creado)), str(id_))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _wrong("cursor", "no es el «siguiente» de una página: pida la primera, sin «cursor»") from error


def _aware(momento: datetime) -> datetime:
    if momento.tzinfo is None:
        raise ValueError("a cursor's moment has its offset")
    return momento.astimezone(UTC)


def _wrong(parametro: str, mensaje: str) -> ProblemError:
    return ProblemError.of_parametros({parametro: mensaje})
