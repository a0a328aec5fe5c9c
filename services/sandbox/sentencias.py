"""Verdicts on demand: a row of the scenario says which documents the SII refuses, objects to, or keeps waiting.

The luck of a document depends on the seed, the row and its folio: however often it comes, alone or in company, it meets
the same fate. So an envelope that is refused for one document is refused until that one stands alone.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.sandbox.modelo import DocumentoRevisado, EstadoEnvio, Objecion, Revision
from shared.dte.tipos import Canal, TipoDte

_USUALES = {"RSC": "ENV-3-0", "RCT": "CRT-3-0", "RFR": "ENV-3-0", "RCH": "DTE-3-0", "RPR": "DTE-2-0", "RLV": "DTE-1-0"}
"""What is objected unless the row says more. The digit is the level: 3 rejects."""
_SOBRE = (EstadoEnvio.RSC, EstadoEnvio.RCT, EstadoEnvio.RFR)
_GLOSA = "Simulado por el escenario"


class Sentencia(BaseModel):
    """Which documents, how often, and what the SII says of them; `demora` are seconds more until it says so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    veredicto: Literal["RSC", "RCT", "RFR", "RCH", "RPR", "RLV"] | None = None
    """The first three refuse the envelope, the others are of the document. Null: only late."""
    codigo: str | None = Field(default=None, pattern="^[A-Z]{3}-[123]-[0-9]{1,4}$")
    """What is objected, such as `CAF-3-517`."""
    canal: Canal | None = None
    emisor: str | None = None
    tipo: TipoDte | None = None
    folios: tuple[int, int] | None = None
    tasa: float = Field(default=1, ge=0, le=1)
    veces: int | None = Field(default=None, ge=1)
    demora: float = Field(default=0, ge=0, le=30 * 86400)

    @model_validator(mode="after")
    def _makes_sense(self) -> Sentencia:
        if self.veredicto is None and not self.demora:
            raise ValueError("dé un veredicto o una demora")
        if self.codigo is not None and self.codigo[4] != (nivel := _USUALES.get(self.veredicto or "", "    -")[4]):
            raise ValueError(f"codigo {self.codigo}: el nivel de {self.veredicto} es {nivel}, como en CAF-{nivel}-517")
        return self

    @property
    def objecion(self) -> Objecion | None:
        """What the SII objects to; None when it is only late."""
        if self.veredicto is None:
            return None
        seccion, nivel, codigo = (self.codigo or _USUALES[self.veredicto]).split("-")
        return Objecion(seccion, int(nivel), int(codigo), _GLOSA)

    def concerns(self, canal: Canal, documento: DocumentoRevisado) -> bool:
        desde, hasta = self.folios or (documento.folio, documento.folio)
        return (
            self.canal in (None, canal)
            and self.emisor in (None, documento.emisor)
            and self.tipo in (None, documento.tipo)
            and desde <= documento.folio <= hasta
        )


@dataclass(frozen=True, slots=True)
class Fallo:
    """What becomes of an envelope, and how much later that is told."""

    revision: Revision
    demora: timedelta


class Tribunal:
    """The rows of one scenario. The same seed sentences the same documents. Safe in worker threads."""

    def __init__(self, semilla: int, sentencias: Sequence[Sentencia]) -> None:
        self._semilla = semilla
        self._sentencias = sentencias
        self._dictadas: Counter[int] = Counter()
        self._lock = threading.Lock()

    def sentence(self, canal: Canal, revision: Revision) -> Fallo:
        """The outcome of an envelope that was looked at, with what the scenario adds; a refused one stays refused."""
        if revision.estado is not EstadoEnvio.EPR:
            return Fallo(revision, timedelta())
        drawn = [(documento, self._draw(canal, documento)) for documento in revision.documentos]
        demora = timedelta(seconds=max((s.demora for _, rows in drawn for s in rows), default=0))
        refused = next((s for _, rows in drawn for s in rows if s.veredicto in _SOBRE), None)
        if refused is not None:
            objeciones = tuple(filter(None, [refused.objecion]))
            return Fallo(Revision(EstadoEnvio(str(refused.veredicto)), revision.documentos, objeciones), demora)
        return Fallo(replace(revision, documentos=tuple(_object(*row) for row in drawn)), demora)

    def _draw(self, canal: Canal, documento: DocumentoRevisado) -> list[Sentencia]:
        with self._lock:
            return [s for fila, s in enumerate(self._sentencias) if self._strikes(fila, s, canal, documento)]

    def _strikes(self, fila: int, sentencia: Sentencia, canal: Canal, documento: DocumentoRevisado) -> bool:
        if not sentencia.concerns(canal, documento):
            return False
        if sentencia.veces is not None and self._dictadas[fila] >= sentencia.veces:
            return False
        clave = f"{self._semilla}/sentencia/{fila}/{documento.emisor}/{documento.tipo}/{documento.folio}"
        struck = Random(clave).random() < sentencia.tasa  # noqa: S311 - luck for a rehearsal
        self._dictadas[fila] += struck
        return struck


def _object(documento: DocumentoRevisado, sentencias: Sequence[Sentencia]) -> DocumentoRevisado:
    nuevas = tuple(s.objecion for s in sentencias if s.objecion is not None)
    return replace(documento, objeciones=(*documento.objeciones, *nuevas)) if nuevas else documento
