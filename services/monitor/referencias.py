"""What a document refers to, and what refers to it: for its page and for programs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING

from services.monitor.cortes import Vista
from shared.dte.citas import Cita, read_citas
from shared.dte.estado import Estado
from shared.dte.tipos import POR_NUMERO
from shared.errors import Invalid
from shared.messages import Dte, referred_id

if TYPE_CHECKING:
    from shared.adapters.mongo import Store

MOSTRADOS = 20
"""The latest documents that refer to one; of more there is only the number."""
_HACE = {"1": "anula", "2": "corrige el texto de", "3": "corrige los montos de"}
_RECIBE = {1: "anula", 2: "corrige texto", 3: "corrige montos"}


class Enlace(Vista):
    """A document that this one refers to."""

    relacion: str
    """A verb."""
    titulo: str
    fecha: str
    razon: str
    id: str | None
    """Of a document of ours; null for any other."""


class Referido(Vista):
    """A document of ours that refers to this one."""

    relacion: str
    """What it does, in words."""
    codigos: tuple[int, ...]
    """`CodRef`: 1 annuls, 2 corrects text, 3 corrects amounts; none only names it."""
    titulo: str
    id: str
    tipo: int
    folio: int
    fecha: date
    estado: Estado
    """What it does counts once the SII has accepted it."""


class Referencias(Vista):
    """Both sides."""

    hechas: tuple[Enlace, ...] = ()
    """In the order of the document."""
    recibidas: tuple[Referido, ...] = ()
    """The latest first."""
    otras: int = 0
    """Received ones beyond those."""


SIN_REFERENCIAS = Referencias()


async def read_referencias(store: Store, dte: Dte) -> Referencias:
    """Both sides, asked now. Unavailable when MongoDB is away."""
    citas = _citas(await store.documents.get_xml(dte.id) or b"")
    propios = await store.documents.estados_of(cited_ids(dte.emisor, citas))
    found = await store.referencias.find(dte.id, MOSTRADOS)
    total = await store.referencias.count(dte.id) if len(found) == MOSTRADOS else len(found)
    return describe_referencias(dte, citas, propios, found, total)


def describe_referencias(
    dte: Dte, citas: Sequence[Cita], propios: Collection[str], recibidas: Sequence[Dte] = (), total: int = 0
) -> Referencias:
    """`propios` are those of the documents it refers to that are ours, `total` counts all that refer to it."""
    return Referencias(
        hechas=tuple(_enlace(dte.emisor, cita, propios) for cita in citas),
        recibidas=tuple(_referido(dte.id, otro) for otro in recibidas),
        otras=max(0, total - len(recibidas)),
    )


def cited_ids(emisor: str, citas: Sequence[Cita]) -> list[str]:
    """What the references would be called if they were documents of the same company."""
    return [id_ for cita in citas if (id_ := _id_of(emisor, cita)) is not None]


def _citas(xml: bytes) -> tuple[Cita, ...]:
    try:
        return read_citas(xml)
    except Invalid:  # what was stored by others, and can be shown though not read
        return ()


def _id_of(emisor: str, cita: Cita) -> str | None:
    return referred_id(emisor, cita.tipo, cita.folio, cita.rut)


def _enlace(emisor: str, cita: Cita, propios: Collection[str]) -> Enlace:
    id_ = _id_of(emisor, cita)
    nombre = POR_NUMERO[cita.tipo].nombre if cita.tipo in POR_NUMERO else f"Documento {cita.tipo}"
    return Enlace(
        relacion=_HACE.get(cita.codigo, "se refiere a"),
        titulo=f"{nombre} N° {cita.folio}",
        fecha=cita.fecha,
        razon=cita.razon,
        id=id_ if id_ in propios else None,
    )


def _referido(id_: str, dte: Dte) -> Referido:
    codigos = tuple(uno.codigo for uno in dte.refiere_a if uno.dte == id_ and uno.codigo is not None)
    return Referido(
        relacion=" y ".join(_RECIBE[codigo] for codigo in codigos) or "se refiere a este documento",
        codigos=codigos,
        titulo=f"{dte.tipo.nombre} N° {dte.folio}",
        id=dte.id,
        tipo=int(dte.tipo),
        folio=dte.folio,
        fecha=dte.fecha,
        estado=dte.estado,
    )
