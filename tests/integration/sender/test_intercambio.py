"""The exchange copy on its way to the customer through real servers, and everything that may stand in its way."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from services.sandbox.averias_correo import AveriaCorreo, CorteCorreo, Rechaza
from services.sender.intercambio.admin import AdminCopias
from services.sender.intercambio.material import error_of
from shared.adapters.keystore import read_llaves
from shared.adapters.mongo.auditoria import Registro
from shared.adapters.mongo.intercambios import FiltroCopias
from shared.adapters.rabbit import INTERCAMBIO, INTERCAMBIO_DLQ
from shared.clock import now
from shared.correo import CausaCorreo, Seguridad
from shared.dte.estado import Estado
from shared.dte.sobre import read_sobre
from shared.dte.tipos import Canal
from shared.dte.verificador import verify_archivo
from shared.messages import CorreoEmisor, EstadoIntercambio, Intercambio
from shared.settings import Settings
from tests.conditions import eventually
from tests.dte_data import EMISOR_RUT, venta_factura
from tests.mail_server import ServidorPrueba, servidor_correo
from tests.sender_stage import Stage, sending, stage

COMPRADOR = "intercambio@comprador.cl"
LARGO = 60.0


@dataclass(frozen=True)
class Escena:
    """The whole way, with a customer's mail server at its end."""

    s: Stage
    servidor: ServidorPrueba

    async def company(self, *, activo: bool = True) -> None:
        """The company's own settings."""
        correo = CorreoEmisor(
            rut=EMISOR_RUT,
            activo=activo,
            host="127.0.0.1",
            puerto=self.servidor.port,
            seguridad=Seguridad.NINGUNA,
            remitente="dte@empresa.cl",
        )
        await self.s.store.correos.save(correo)

    async def emit(self, folio: int, correo: str | None = COMPRADOR) -> str:
        """A factura for a buyer with this address, taken up to its verdict."""
        venta = venta_factura()
        if correo is not None:
            venta["Encabezado"]["Receptor"]["CorreoRecep"] = correo
        [id_] = await self.s.emit([self.s.empresa.sign(folio, venta)])
        await self.s.until(id_, Estado.ACEPTADO, LARGO)
        return id_

    async def until(self, id_: str, *estados: EstadoIntercambio, intentos: int = 0) -> Intercambio:
        async def reached() -> Intercambio | None:
            copia = await self.s.store.intercambios.get(id_)
            return copia if copia and copia.estado in estados and copia.intentos >= intentos else None

        found = await eventually(reached, LARGO)
        assert found is not None
        return found

    async def make_due(self, id_: str) -> None:
        """The time of its wait is over: its work comes again at once, as from the wait queue."""
        await self.s.store.intercambios.put_off(id_, now() - timedelta(seconds=1))
        await self.s.publisher.publish_copia(id_, EMISOR_RUT)

    def admin(self) -> AdminCopias:
        return AdminCopias(self.s.store.intercambios, Registro(self.s.store.auditoria, "prueba", "ensayo"))

    async def dead_letters(self) -> int:
        return (await self.s.depths.measure([INTERCAMBIO_DLQ]))[INTERCAMBIO_DLQ].mensajes

    async def no_work_left(self) -> bool:
        return (await self.s.depths.measure([INTERCAMBIO]))[INTERCAMBIO].mensajes == 0


@asynccontextmanager
async def escena(settings: Settings, carpeta: Path, *averias: AveriaCorreo, **fields: Any) -> AsyncIterator[Escena]:
    settings = settings.model_copy(update=fields)
    async with servidor_correo(carpeta / "correos", *averias) as servidor, stage(settings, carpeta) as s:
        yield Escena(s, servidor)


def _xml(correo: EmailMessage) -> bytes:
    [parte] = [p for p in correo.iter_attachments() if p.get_content_type() == "application/xml"]
    contenido: bytes = parte.get_content()
    return contenido


async def test_an_accepted_document_reaches_its_buyer_in_a_valid_envelope(settings: Settings, tmp_path: Path) -> None:
    async with escena(settings, tmp_path) as e, sending(e.s.settings):
        await e.company()
        id_ = await e.emit(1)
        copia = await e.until(id_, EstadoIntercambio.ENTREGADO)
        [correo] = e.servidor.correos()
        assert correo["To"] == COMPRADOR
        assert correo["Message-ID"] == f"<{copia.message_id}>"
        assert [p.get_filename() for p in correo.iter_attachments()] == [
            f"DTE_{EMISOR_RUT}_33_1.xml",
            f"DTE_{EMISOR_RUT}_33_1.pdf",
        ]
        sobre = _xml(correo)
        assert hashlib.sha256(sobre).hexdigest() == copia.sha256
        leido = read_sobre(sobre)
        assert leido.canal is Canal.FACTURA
        assert leido.caratula.receptor == (await e.s.dte(id_)).receptor
        assert leido.dtes[0] in e.s.stored[id_]
        assert verify_archivo(sobre, read_llaves(e.s.sandbox.llaves_file, "caf_llaves_file")).valido
        assert copia.intentos == 1
        await eventually(e.no_work_left)
        await e.s.check_invariants()


async def test_nothing_is_made_of_it_while_the_company_has_it_off(settings: Settings, tmp_path: Path) -> None:
    async with escena(settings, tmp_path) as e, sending(e.s.settings):
        await e.company(activo=False)
        off = await e.emit(1)
        boleta = (await e.s.emit(e.s.boletas(1, 1)))[0]
        await e.s.until(boleta, Estado.ACEPTADO, LARGO)
        await eventually(e.no_work_left, LARGO)
        await e.company()
        on = await e.emit(2)
        await e.until(on, EstadoIntercambio.ENTREGADO)
        assert await e.s.store.intercambios.get(off) is None
        assert await e.s.store.intercambios.get(boleta) is None
        assert len(e.servidor.correos()) == 1


async def test_a_document_without_an_address_is_no_error(settings: Settings, tmp_path: Path) -> None:
    async with escena(settings, tmp_path) as e, sending(e.s.settings):
        await e.company()
        id_ = await e.emit(1, None)
        copia = await e.until(id_, EstadoIntercambio.SIN_CORREO)
        assert copia.error is None
        assert await e.dead_letters() == 0
        assert await e.admin().replay(FiltroCopias(ids=[id_]), COMPRADOR) == 1
        await e.until(id_, EstadoIntercambio.ENTREGADO)
        assert [c["To"] for c in e.servidor.correos()] == [COMPRADOR]


async def test_a_mail_that_is_wanted_later_is_the_same_mail_later(settings: Settings, tmp_path: Path) -> None:
    async with escena(settings, tmp_path, Rechaza(clase="rechaza", codigo=451)) as e, sending(e.s.settings):
        await e.company()
        id_ = await e.emit(1)
        waiting = await e.until(id_, EstadoIntercambio.PENDIENTE, intentos=1)
        assert waiting.error is not None
        assert (waiting.error.causa, waiting.error.codigo) == (CausaCorreo.POSPUESTO, "451")
        await e.make_due(id_)
        copia = await e.until(id_, EstadoIntercambio.ENTREGADO)
        assert (copia.intentos, copia.sha256, copia.error) == (2, waiting.sha256, None)
        assert hashlib.sha256(_xml(e.servidor.correos()[0])).hexdigest() == waiting.sha256


async def test_after_three_attempts_it_waits_for_a_person(settings: Settings, tmp_path: Path) -> None:
    averias = [Rechaza(clase="rechaza", codigo=451)] * 3
    async with escena(settings, tmp_path, *averias) as e, sending(e.s.settings):
        await e.company()
        id_ = await e.emit(1)
        for intentos in (1, 2):
            await e.until(id_, EstadoIntercambio.PENDIENTE, intentos=intentos)
            await e.make_due(id_)
        await e.until(id_, EstadoIntercambio.APARTADO, intentos=3)
        await eventually(lambda: _is(e.dead_letters, 1), LARGO)


async def test_an_unknown_address_is_parked_and_goes_after_the_remedy(settings: Settings, tmp_path: Path) -> None:
    async with escena(settings, tmp_path, Rechaza(clase="rechaza", codigo=550)) as e, sending(e.s.settings):
        await e.company()
        id_ = await e.emit(1)
        copia = await e.until(id_, EstadoIntercambio.APARTADO)
        assert copia.error is not None
        assert copia.error.causa == CausaCorreo.DIRECCION
        assert "--correo" in copia.error.remedio
        await eventually(lambda: _is(e.dead_letters, 1), LARGO)
        assert await e.admin().replay(FiltroCopias(ids=[id_]), "dte@otro.cl") == 1
        again = await e.until(id_, EstadoIntercambio.ENTREGADO)
        assert (again.sha256, again.message_id) == (copia.sha256, copia.message_id)
        assert e.servidor.correos()[0]["To"] == "dte@otro.cl"
        await eventually(lambda: _is(e.dead_letters, 0), LARGO)
        assert (await e.s.dte(id_)).estado is Estado.ACEPTADO


async def test_a_server_that_is_away_burns_no_attempt_and_gets_all_when_it_is_back(
    settings: Settings, tmp_path: Path
) -> None:
    async with stage(settings, tmp_path) as s, sending(s.settings):
        async with servidor_correo(tmp_path / "correos") as servidor:
            e = Escena(s, servidor)
            await e.company()
        ids = [await e.emit(folio) for folio in range(1, 6)]
        for id_ in ids:
            copia = await e.until(id_, EstadoIntercambio.PENDIENTE)
            assert copia.intentos == 0
        await eventually(lambda: _tried(e, ids), LARGO)
        breaker = f"correo.127.0.0.1:{servidor.port}"
        await eventually(lambda: _is_told(s, breaker), LARGO)
        async with servidor_correo(tmp_path / "correos", port=servidor.port):
            for id_ in ids:
                copia = await e.until(id_, EstadoIntercambio.ENTREGADO)
                assert copia.intentos == 1
        await eventually(lambda: _is_told(s, breaker, wanted=False), LARGO)
        assert len(servidor.correos()) == 5
        assert await e.dead_letters() == 0


async def test_a_mail_whose_answer_is_lost_goes_once_more_under_the_same_name(
    settings: Settings, tmp_path: Path
) -> None:
    async with escena(settings, tmp_path, CorteCorreo(clase="corte")) as e, sending(e.s.settings):
        await e.company()
        id_ = await e.emit(1)
        waiting = await e.until(id_, EstadoIntercambio.PENDIENTE, intentos=1)
        assert waiting.error is not None
        assert waiting.error.causa == CausaCorreo.INCIERTO
        await e.make_due(id_)
        await e.until(id_, EstadoIntercambio.ENTREGADO)
        first, second = e.servidor.correos()
        assert first["Message-ID"] == second["Message-ID"]
        assert first.as_bytes() == second.as_bytes()


async def test_a_company_that_switches_it_off_parks_what_waits(settings: Settings, tmp_path: Path) -> None:
    async with escena(settings, tmp_path, Rechaza(clase="rechaza", codigo=451)) as e, sending(e.s.settings):
        await e.company()
        id_ = await e.emit(1)
        await e.until(id_, EstadoIntercambio.PENDIENTE, intentos=1)
        await e.company(activo=False)
        await e.make_due(id_)
        copia = await e.until(id_, EstadoIntercambio.APARTADO)
        assert copia.error is not None
        assert copia.error.causa == CausaCorreo.APAGADO


async def test_an_envelope_that_could_not_be_made_is_made_when_it_is_sent_again(
    settings: Settings, tmp_path: Path
) -> None:
    async with escena(settings, tmp_path) as e, sending(e.s.settings):
        id_ = await e.emit(1)
        parked = EstadoIntercambio.APARTADO
        error = error_of(CausaCorreo.SOBRE, "", "sin certificado")
        copia = Intercambio(
            id=id_, emisor=EMISOR_RUT, correo="", estado=parked, creado=now(), cambiado=now(), error=error
        )
        await e.s.store.intercambios.add(copia, b"")
        await e.company()
        assert await e.admin().replay(FiltroCopias(ids=[id_]), COMPRADOR) == 1
        sent = await e.until(id_, EstadoIntercambio.ENTREGADO)
        [correo] = e.servidor.correos()
        assert correo["To"] == COMPRADOR
        assert hashlib.sha256(_xml(correo)).hexdigest() == sent.sha256
        assert await e.s.store.intercambios.get_contenido(id_) == _xml(correo)


async def _is(count: Any, n: int) -> bool:
    return bool(await count() == n)


async def _tried(e: Escena, ids: list[str]) -> bool:
    copias = await asyncio.gather(*(e.s.store.intercambios.get(id_) for id_ in ids))
    return any(copia and copia.error and copia.error.causa == CausaCorreo.CONEXION for copia in copias)


async def _is_told(s: Stage, breaker: str, *, wanted: bool = True) -> bool:
    """Whether the sender's heartbeat tells of this breaker, which it does while it is not closed."""
    latidos = await s.store.latidos.alive(now() - timedelta(minutes=5))
    return any(breaker in latido.cortes for latido in latidos) is wanted
