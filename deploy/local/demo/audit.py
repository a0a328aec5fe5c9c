"""Three books laid side by side: what the tills have, what Posta has stored, what the SII has received."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.local.demo.fetch import fetch, fetch_json
from deploy.local.demo.tills import Emission

Key = tuple[str, int, int]
"""emisor, tipo, folio: what a document is called by everybody."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What Posta holds of one document."""

    estado: str
    monto: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Books:
    """What Posta (`stored`, and `panel`: the monitor's figures) and the SII (every instance received, its sums) say."""

    stored: Mapping[Key, Stored]
    panel: Mapping[str, Any]
    received: Sequence[Mapping[str, Any]]
    resumen: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One statement about the run, and whether it holds."""

    statement: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of the sales, and everything that must hold."""

    aceptados: int
    rechazados: int
    perdidos: int
    duplicados_sii: int
    envios: int
    checks: tuple[Check, ...]

    @property
    def clean(self) -> bool:
        return all(check.holds for check in self.checks)


async def fetch_books(emissions: Sequence[Emission], addresses: Mapping[str, str], llave: str, token: str) -> Books:
    """Ask the emitter (`llave`) for every document, and the monitor (`token`) and the sandbox for their sums."""
    return Books(
        stored={key_of(emission): await _fetch_stored(addresses["emitter"], emission, llave) for emission in emissions},
        panel=await fetch_json(f"{addresses['monitor']}/api/stats?limit=0", token),
        received=await fetch_json(f"{addresses['sandbox']}/sandbox/documentos"),
        resumen=await fetch_json(f"{addresses['sandbox']}/sandbox/resumen"),
    )


async def _fetch_stored(emitter: str, emission: Emission, llave: str) -> Stored:
    enlaces = emission.documento.enlaces
    document = await fetch_json(f"{emitter}{enlaces['documento']}", llave)
    xml = await fetch(f"{emitter}{enlaces['xml']}", llave)
    return Stored(document["estado"], document["monto"], hashlib.sha256(xml).hexdigest())


def compare(emissions: Sequence[Emission], planned: int, books: Books) -> Audit:
    """What came of `planned` sales, of which the tills have these documents."""
    instances = Counter((one["emisor"], one["tipo"], one["folio"]) for one in books.received)
    at_sii = {(one["emisor"], one["tipo"], one["folio"]): one for one in books.received}
    ours = [at_sii[key] for key in map(key_of, emissions) if key in at_sii]
    accepted = sum(one["estado"] == "aceptado" for one in ours)
    duplicates = instances.total() - len(instances)
    checks = {
        "cada venta tiene su documento, con un folio que no tiene otra": len(books.stored) == planned,
        "cada total es el que calculó la caja": all(e.documento.monto == e.sale.total for e in emissions),
        "el SII aceptó cada documento": accepted == planned,
        "el SII no recibió ninguno dos veces, ni ninguno ajeno": duplicates == 0 and len(at_sii) == len(ours),
        "los bytes son los mismos en la caja, en Posta y en el SII": _same_bytes(emissions, books.stored, at_sii),
        "los montos suman lo mismo en la caja, en Posta y en el SII": _same_sums(emissions, books),
        "el monitor cuenta lo mismo, y su cuadratura cuadra": _panel_agrees(books.panel, planned),
    }
    return Audit(
        aceptados=accepted,
        rechazados=sum(one["estado"] == "rechazado" for one in ours),
        perdidos=planned - len(ours),
        duplicados_sii=duplicates,
        envios=books.resumen["envios"],
        checks=tuple(Check(statement, holds) for statement, holds in checks.items()),
    )


def key_of(emission: Emission) -> Key:
    documento = emission.documento
    return documento.emisor, documento.tipo, documento.folio


def _same_bytes(
    emissions: Sequence[Emission], stored: Mapping[Key, Stored], at_sii: Mapping[Key, Mapping[str, Any]]
) -> bool:
    return all(
        emission.documento.sha256 == stored[key].sha256 == at_sii.get(key, {}).get("sha256")
        for emission in emissions
        for key in [key_of(emission)]
    )


def _same_sums(emissions: Sequence[Emission], books: Books) -> bool:
    at_tills = sum(emission.sale.total for emission in emissions)
    in_posta = sum(document.monto for document in books.stored.values() if document.estado == "aceptado")
    return bool(at_tills == in_posta == books.resumen["monto_aceptado"])


def _panel_agrees(panel: Mapping[str, Any], planned: int) -> bool:
    return bool(panel["emitidos"] == panel["estados"].get("aceptado") == planned and panel["cuadratura"]["cuadra"])
