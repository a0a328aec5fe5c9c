"""The SII, seen from inside: who logs in, what is taken at the door, what was decided, what is answered to questions.

Nothing here knows HTTP. Verification is done once, when a file arrives, in worker threads; its outcome becomes visible
when its time has come, so no task runs in the background and a restart changes nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from services.sandbox.authority import open_authority
from services.sandbox.averias_correo import AveriaCorreo
from services.sandbox.checks import review
from services.sandbox.checks_dte import Juez
from services.sandbox.correo import Buzon
from services.sandbox.login import Negado, read_semilla_firmada
from services.sandbox.modelo import Envio, Revision, Subida
from services.sandbox.puerta import check_puerta
from services.sandbox.registro import Registro
from services.sandbox.scenarios import Escena, Escenario
from services.sandbox.sesiones import Sesiones, Token
from services.sandbox.store import Store
from services.sandbox.upload import Formulario, Recepcion, checked_rut
from shared.clock import Clock
from shared.dte.firma import Firmante
from shared.dte.tipos import Canal
from shared.errors import Conflict
from shared.log import get_logger

log = get_logger("posta.sandbox")

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Prohibido:
    """The boleta service does not take the upload (HTTP 400), and why."""

    texto: str


class Sii:
    """One SII with its books in `carpeta`. `close()` when done."""

    def __init__(self, carpeta: Path, clock: Clock) -> None:
        self._clock = clock
        self.store = Store(carpeta / "sii.sqlite3")
        self.escena = Escena(Escenario.model_validate_json(self.store.read_ajuste("escenario") or "{}"))
        self.registro = Registro.model_validate_json(self.store.read_ajuste("registro") or "{}")
        self.authority = open_authority(carpeta / "autoridad", self.clock)
        self.sesiones = Sesiones(self.clock)
        self.buzon = Buzon(carpeta / "correos")
        self.firmante_caja: Firmante | None = None
        """Whoever signs for the DTEBoxes."""
        self._hilos = ThreadPoolExecutor(2, thread_name_prefix="sii")

    def clock(self) -> datetime:
        """The SII's own time: as far ahead as the scenario says."""
        return self._clock() + timedelta(seconds=self.escena.escenario.adelanto)

    def close(self) -> None:
        self._hilos.shutdown()
        self.store.close()

    async def work(self, funcion: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a blocking function in a worker thread: the event loop goes on answering."""
        return await asyncio.get_running_loop().run_in_executor(self._hilos, lambda: funcion(*args, **kwargs))

    async def play(self, escenario: Escenario) -> None:
        """Misbehave from now on as the scenario says; it is kept for the next start too."""
        await self.work(self.store.write_ajuste, "escenario", escenario.model_dump_json())
        self.escena = Escena(escenario)

    def draw_correo(self) -> AveriaCorreo | None:
        """The fault of the next mail, in the scenario that is played at that moment."""
        return self.escena.draw_correo()

    async def register(self, registro: Registro) -> None:
        """Replace the books on companies and people; kept for the next start too."""
        await self.work(self.store.write_ajuste, "registro", registro.model_dump_json())
        self.registro = registro

    async def login(self, canal: Canal, semilla_firmada: bytes) -> str | Negado:
        """A new token for whoever signed a seed in force, or the ESTADO that says why not."""
        firmada = await self.work(read_semilla_firmada, semilla_firmada, self.authority)
        if isinstance(firmada, Negado):
            return firmada
        if not self.sesiones.use_semilla(firmada.semilla):
            return Negado("08", "SEMILLA NO EXISTE O EXPIRADA")
        if not self.registro.knows_persona(firmada.rut):
            return Negado("-07", "RUT NO AUTORIZADO A AUTENTICARSE CON CERTIFICADO")
        vida = timedelta(seconds=self.escena.escenario.vida_token)
        return self.sesiones.new_token(canal, firmada.rut, vida)

    async def upload_dte(self, token: str | None, formulario: Formulario) -> Recepcion:
        """What DTEUpload says to a file: STATUS 0 once it is registered, else why nothing was taken."""
        quien = self.sesiones.find_rut(Canal.FACTURA, token)
        if isinstance(quien, Token):
            return Recepcion(5, errores=("NO ESTA AUTENTICADO",))
        recepcion = self._check_permiso(quien, formulario)
        if recepcion is None:
            recepcion = await self.work(self._receive_dte, _to_subida(Canal.FACTURA, formulario))
        if recepcion.status != 0:
            log.info("envio_no_recibido", emisor=formulario.company, status=recepcion.status)
        return recepcion

    def _receive_dte(self, subida: Subida) -> Recepcion:
        repetida = self.store.find_repeated(subida)
        if repetida is not None:
            return _to_repetida(*repetida)
        negada = check_puerta(subida.contenido)
        if negada is not None:
            return negada
        try:
            return Recepcion(0, self._receive(subida).trackid)
        except Conflict:  # the same bytes came through the door at the same moment, and were first
            return self._receive_dte(subida)

    def _check_permiso(self, quien: str, formulario: Formulario) -> Recepcion | None:
        if formulario.sender != quien:
            return Recepcion(1, errores=("El RUT que envia no es el del certificado autenticado",))
        if checked_rut(formulario.company) is None or not self.registro.knows_empresa(formulario.company):
            return Recepcion(6, errores=("Empresa no autorizada a enviar archivos",))
        if not self.registro.allows(quien, formulario.company):
            return Recepcion(106, errores=("Usuario no autorizado a enviar por la empresa",))
        return None

    async def upload_boleta(self, quien: str, formulario: Formulario) -> Envio | Prohibido:
        """The registered upload of boletas, or why it was not taken. Identical bytes are taken again: no dedupe."""
        if None in (checked_rut(formulario.sender), checked_rut(formulario.company)) or not formulario.contenido:
            return Prohibido("RUT no valido o archivo vacio")
        if formulario.sender != quien:
            return Prohibido("rutSender no corresponde al usuario autenticado")
        return await self.work(self._receive, _to_subida(Canal.BOLETA, formulario))

    def receive_caja(self, subida: Subida) -> Envio:
        """What a DTEBox brings in an envelope of its own: looked at as any other, and on the books as the box's."""
        ahora = self.clock()
        juez = Juez(self.authority, self.registro, partial(self.store.find_documento, ahora=ahora), ahora)
        return self._decide(replace(subida, canal=Canal.DTEBOX), review(subida, juez), ahora)

    def _receive(self, subida: Subida) -> Envio:
        """Look at every document once and write the outcome down, to be told when the verdict is due."""
        ahora = self.clock()
        recibidos = partial(self.store.find_documento, ahora=ahora)
        juez = Juez(self.authority, self.registro, recibidos, ahora)
        return self._decide(subida, review(subida, juez), ahora)

    def _decide(self, subida: Subida, revisada: Revision, ahora: datetime) -> Envio:
        """On record with what the scenario adds, and when it will be told."""
        demora = timedelta(seconds=self.escena.escenario.demora_veredicto)
        fallo = self.escena.tribunal.sentence(subida.canal, revisada)
        revision = fallo.revision
        envio = self.store.register(subida, revision, ahora=ahora, demora=demora + fallo.demora)
        log.info(
            "envio_recibido",
            canal=subida.canal,
            emisor=subida.emisor,
            track_id=envio.trackid,
            documentos=len(revision.documentos),
            estado=revision.estado,
        )
        return envio


def _to_subida(canal: Canal, formulario: Formulario) -> Subida:
    return Subida(
        canal=canal,
        envia=formulario.sender,
        emisor=formulario.company,
        archivo=formulario.archivo,
        contenido=formulario.contenido,
        sha256=hashlib.sha256(formulario.contenido).hexdigest(),
    )


def _to_repetida(trackid: str, veces: int) -> Recepcion:
    texto = f"Archivo ya fue enviado {veces} veces con Trackid {trackid}. Debe esperar 900 segundos antes de reintentar"
    return Recepcion(99, errores=(texto,))
