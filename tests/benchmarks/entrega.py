"""What both baselines of `posta bench deliver` share: a folder of signed documents, and one upload of one of them.

They sign, log in and read the SII's answers with the same code as Posta, and keep their token as Posta does: what is
compared is how documents are delivered, and nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import assert_never
from uuid import uuid4

import httpx

from shared.adapters.keystore import open_certificado
from shared.adapters.sii import soap
from shared.adapters.sii.endpoints import endpoints_for
from shared.clock import now
from shared.dte.firma import Firmante, sign_semilla
from shared.dte.respuesta import (
    Bloqueado,
    Incierto,
    NoAhora,
    Rechazado,
    Recibido,
    Semilla,
    Token,
    YaRecibido,
    read_dteupload,
    read_semilla,
    read_token,
)
from shared.dte.rut import RUT_SII, split_rut
from shared.dte.sobre import Caratula, sign_sobre
from shared.dte.tipos import Canal
from shared.settings import Settings

INTENTOS = 3
TRABAJADORES = 5
RESOLUCION = (date(2014, 8, 22), 0)


class NoRecibido(Exception):
    """The SII did not take the document at this attempt."""


@dataclass(frozen=True, slots=True)
class Encargo:
    """A folder that `posta bench deliver` has prepared: `emisor`, `clave`, `certificado.p12`, `documentos/*.xml`."""

    carpeta: Path

    def documentos(self) -> Sequence[Path]:
        return sorted((self.carpeta / "documentos").glob("*.xml"))

    def open_entrega(self, settings: Settings) -> Entrega:
        clave = (self.carpeta / "clave").read_text(encoding="utf-8")
        firmante = open_certificado((self.carpeta / "certificado.p12").read_bytes(), clave)
        return Entrega(settings, (self.carpeta / "emisor").read_text(encoding="utf-8"), firmante)


class Entrega:
    """Uploads single documents of one company. Safe for threads; its token is got once and kept."""

    def __init__(self, settings: Settings, emisor: str, firmante: Firmante) -> None:
        self._endpoints = endpoints_for(settings.ambiente, settings.sii_url)
        self._emisor = emisor
        self._firmante = firmante
        self._http = httpx.Client(timeout=settings.sii_timeout.total_seconds(), trust_env=False)
        self._lock = threading.Lock()
        self._token: str | None = None

    def log_in(self) -> str:
        """The token in use; the first caller gets it, the others wait for it."""
        with self._lock:
            if self._token is None:
                self._token = self._new_token()
            return self._token

    def upload(self, dte: bytes) -> str:
        """The track id of an envelope with this document alone. NoRecibido if the SII did not take it."""
        caratula = Caratula(self._emisor, self._firmante.rut, RUT_SII, *RESOLUCION)
        sobre = sign_sobre([dte], caratula, self._firmante, canal=Canal.FACTURA, ahora=now(), id=f"S{uuid4().hex}")
        campos: dict[str, str] = {}
        for sufijo, rut in (("Sender", self._firmante.rut), ("Company", self._emisor)):
            campos[f"rut{sufijo}"], campos[f"dv{sufijo}"] = split_rut(rut)
        respuesta = self._http.post(
            self._endpoints.dteupload,
            headers={"Cookie": f"TOKEN={self.log_in()}", "User-Agent": "Mozilla/4.0 (compatible; PROG 1.0; bench)"},
            data=campos,
            files={"archivo": (f"{uuid4().hex}.xml", sobre, "text/xml")},
        )
        resultado = read_dteupload(respuesta.status_code, respuesta.content)
        match resultado:
            case Recibido(str(track_id)) | YaRecibido(track_id):
                return track_id
            case Recibido() | NoAhora() | Incierto() | Rechazado() | Bloqueado():
                raise NoRecibido(repr(resultado))
            case _ as never:
                assert_never(never)

    def _new_token(self) -> str:
        dicho = self._http.post(
            self._endpoints.semilla, headers=soap.HEADERS, content=soap.get_seed(self._endpoints.semilla)
        )
        semilla = read_semilla(dicho.status_code, dicho.content)
        if not isinstance(semilla, Semilla):
            raise NoRecibido(repr(semilla))
        firmada = sign_semilla(semilla.valor, self._firmante)
        dicho = self._http.post(
            self._endpoints.token, headers=soap.HEADERS, content=soap.get_token(self._endpoints.token, firmada)
        )
        token = read_token(dicho.status_code, dicho.content)
        if not isinstance(token, Token):
            raise NoRecibido(repr(token))
        return token.valor
