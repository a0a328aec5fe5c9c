"""The sender's real process dies with a mail in its hands, and stops in order: no copy is lost, and none is counted."""

from __future__ import annotations

import signal
from pathlib import Path

from services.sandbox.averias_correo import Lento
from shared.messages import EstadoIntercambio
from shared.settings import Settings
from tests.chaos.test_sender_killed import kill, process
from tests.conditions import eventually
from tests.integration.sender.test_intercambio import LARGO, escena


async def test_killed_after_the_mail_and_before_its_record_it_goes_once_more_under_the_same_name(
    settings: Settings, tmp_path: Path
) -> None:
    async with escena(settings, tmp_path, Lento(clase="lento", segundos=600)) as e:
        await e.company()
        async with process(e.s.settings) as child:
            id_ = await e.emit(1)
            await eventually(e.servidor.correos, LARGO)  # taken, and the sender has not been told
            intent = await e.until(id_, EstadoIntercambio.ENVIANDO)
            await kill(child)
        async with process(e.s.settings):
            copia = await e.until(id_, EstadoIntercambio.ENTREGADO)
        first, second = e.servidor.correos()
        assert first.as_bytes() == second.as_bytes()
        assert copia.message_id == intent.message_id
        assert copia.intentos == 1  # interrupted is not failed
        await eventually(e.no_work_left, LARGO)


async def test_stopped_in_order_it_leaves_what_waits_to_the_next(settings: Settings, tmp_path: Path) -> None:
    async with escena(settings, tmp_path, Lento(clase="lento", segundos=2)) as e:
        await e.company()
        async with process(e.s.settings) as child:
            id_ = await e.emit(1)
            await eventually(e.servidor.correos, LARGO)
            child.send_signal(signal.SIGTERM)
            assert await child.wait() == 0
        assert (await e.until(id_, EstadoIntercambio.ENTREGADO)).intentos == 1  # it was let end
        assert len(e.servidor.correos()) == 1
