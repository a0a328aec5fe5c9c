"""The list of documents: from what was typed to a page of it, with all that a screen says about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from services.monitor.busqueda.campos import Campo
from services.monitor.busqueda.consulta import Consulta, parse_consulta
from services.monitor.busqueda.lectura import Pegado, read_id
from services.monitor.busqueda.vocabulario import Vocabulario
from services.monitor.documento import Documento, describe_documento
from shared.adapters.mongo.busqueda import CUENTA_MAX, Lugar, Pagina, Plan, plan_for
from shared.adapters.mongo.pegados import Pistas
from shared.clock import Clock
from shared.dte.plazo import Plazos
from shared.errors import Invalid
from shared.messages import Dte

if TYPE_CHECKING:
    from shared.adapters.mongo import Store

LIMITE = 50
_LOTE = 500
"""Documents of an export that are read together: half a megabyte without their bytes."""


class Lista(BaseModel):
    """One page of a search."""

    model_config = ConfigDict(frozen=True)

    documentos: tuple[Documento, ...]
    siguiente: str | None
    """Cursor of the page behind this one; null at the end."""
    anterior: str | None
    """Cursor of the page before this one; null at the beginning."""
    completa: bool
    """False when it is shorter than asked for, though more may follow: enough was looked at for one page."""
    cuantos: int | None
    """How many there are in all; null when that is more than is counted, or not counted."""
    mas_de: int | None
    """There are more than so many; null when they were counted to the end, or not counted."""
    avisos: tuple[str, ...] = ()
    """What a person may want to know about what is found, or why nothing is."""


class Buscador:
    """Searches in MongoDB. Unavailable when it is away."""

    def __init__(self, store: Store, plazos: Plazos, clock: Clock) -> None:
        self._store = store
        self._plazos = plazos
        self._clock = clock
        self._vocabulario = Vocabulario(store, clock)

    def read(self, texto: str) -> Consulta:
        """What a text asks for, with what is wrong with it; asks nobody."""
        return parse_consulta(texto, self._clock(), self._plazos)

    async def search(self, consulta: Consulta, *, limite: int = LIMITE, cursor: str | None = None) -> Lista:
        """One page. Invalid for a query that is wrong, names each of its terms that is, and shows nothing."""
        plan, avisos = await self._plan(consulta)
        if plan is None:
            empty = Pagina((), None, None)
            return _to_lista(empty, 0, (*avisos, "No hay documentos que cumplan todo lo que se pide."))
        lugar = None if cursor is None else parse_cursor(cursor)
        match lugar:
            case None:
                page = await self._store.busqueda.page(plan, limite)
            case "d", place:
                page = await self._store.busqueda.page(plan, limite, despues=place)
            case _, place:
                page = await self._store.busqueda.page(plan, limite, antes=place)
        whole = page.siguiente is None and page.anterior is None
        cuantos = len(page.dtes) if whole else await self._store.busqueda.count(plan)
        return _to_lista(page, cuantos, avisos)

    async def export(self, consulta: Consulta) -> AsyncIterator[list[Dte]]:
        """Everything that matches, a few at a time; the first of them is read before anything is given.

        Each part is a query of its own, so that neither a slow reader nor a long list holds anything open.
        """
        plan, _ = await self._plan(consulta)
        despues: Lugar | None = None
        while plan is not None:
            page = await self._store.busqueda.page(plan, _LOTE, despues=despues)
            yield list(page.dtes)
            despues = page.siguiente
            if despues is None:
                return

    async def tiendas(self) -> list[str]:
        """The names of all stores that have sold anything."""
        return (await self._vocabulario.palabras()).names()

    async def _plan(self, consulta: Consulta) -> tuple[Plan | None, tuple[str, ...]]:
        """How to serve a query, None if nothing can match, and what there is to say about it."""
        if consulta.fallas:
            raise Invalid(*consulta.fallas)
        criterio, avisos = consulta.criterio, []
        if criterio.tiendas:
            criterio = replace(criterio, tiendas=await self._vocabulario.find_tiendas(consulta))
        for group in consulta.pegados:
            ids = await self._store.pegados.find_ids(_to_pistas(group))
            criterio = criterio.narrowed(ids)
            if not ids:
                avisos.append(_not_found(group))
        emisores = (await self._vocabulario.palabras()).emisores
        avisos += [
            f"{rut} es una empresa de esta instalación: lo que emitió se busca con emisor:{rut}"
            for rut in criterio.receptores
            if rut in emisores
        ]
        return None if criterio.nothing_can_match else plan_for(criterio, emisores), tuple(avisos)


def format_cursor(direction: str, lugar: Lugar | None) -> str | None:
    """`d` for what is behind the place, `a` for what is before it."""
    return None if lugar is None else f"{direction}.{lugar.valor}.{lugar.id}"


def parse_cursor(cursor: str) -> tuple[str, Lugar]:
    """Direction and place. Invalid for what is no cursor of ours."""
    direction, _, rest = cursor.partition(".")
    valor, _, id_ = rest.partition(".")
    if direction not in ("a", "d") or not id_ or not valor.removeprefix("-").isdecimal() or len(valor) > 14:
        raise Invalid.one("cursor", "POSTA-MON-13", "no es un cursor: use «siguiente» o «anterior» de una respuesta")
    return direction, Lugar(int(valor), id_)


def _to_lista(page: Pagina, cuantos: int | None, avisos: tuple[str, ...]) -> Lista:
    more = cuantos is not None and cuantos > CUENTA_MAX
    return Lista(
        documentos=tuple(map(describe_documento, page.dtes)),
        siguiente=format_cursor("d", page.siguiente),
        anterior=format_cursor("a", page.anterior),
        completa=page.completa,
        cuantos=None if more else cuantos,
        mas_de=CUENTA_MAX if more else None,
        avisos=avisos,
    )


def _to_pistas(group: tuple[Pegado, ...]) -> Pistas:
    by_campo = {campo: [one.valor for one in group if campo in one.campos] for campo in Campo}
    return Pistas(
        ids=[read_id(valor) for valor in by_campo[Campo.ID]],
        folios=[int(plain) for valor in by_campo[Campo.FOLIO] if len(plain := valor.replace(".", "")) <= 10],
        claves=by_campo[Campo.CLAVE],
        track_ids=[valor.replace(".", "") for valor in by_campo[Campo.TRACK]],
        sobres=by_campo[Campo.SOBRE],
        referencias=by_campo[Campo.REFERENCIA],
    )


def _not_found(group: tuple[Pegado, ...]) -> str:
    campos = sorted({str(campo) for one in group for campo in one.campos})
    valores = ", ".join(f"«{one.valor}»" for one in group)
    return f"No hay documentos con {valores} como {' o '.join(campos)}."
