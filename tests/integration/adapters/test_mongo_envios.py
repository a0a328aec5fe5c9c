"""`envios`: the intent before the upload, and what became of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.adapters.mongo import Store
from shared.dte.tipos import Canal
from shared.errors import Conflict
from shared.messages import EstadoEnvio, Respuesta
from tests.integration.adapters.conftest import Reloj

RESPUESTA_OK = "<STATUS>0</STATUS>"


async def _intend(store: Store, id_: str, *, trabajador: str = "w1", sha256: str = "ab") -> None:
    await store.envios.add_intent(
        id_=id_,
        emisor="77123456-9",
        canal=Canal.BOLETA,
        documentos=["d1", "d2"],
        archivo="sobre.xml",
        contenido=b"<EnvioBOLETA>\xd1</EnvioBOLETA>",
        sha256=sha256,
        trabajador=trabajador,
    )


def _respuesta(reloj: Reloj, cuerpo: str = RESPUESTA_OK) -> Respuesta:
    return Respuesta(momento=reloj.ahora, operacion="subida", http=200, cuerpo=cuerpo)


async def test_the_exact_bytes_are_on_record_before_they_leave(store: Store) -> None:
    await _intend(store, "s1")

    envio = await store.envios.get("s1")
    assert envio is not None
    assert (envio.estado, envio.subidas, envio.documentos) == (EstadoEnvio.SUBIENDO, 1, ("d1", "d2"))
    assert await store.envios.get_contenido("s1") == b"<EnvioBOLETA>\xd1</EnvioBOLETA>"
    assert await store.envios.get("s2") is None


async def test_writing_one_intent_twice_is_fine_and_somebody_elses_is_a_conflict(store: Store) -> None:
    await _intend(store, "s1")
    await _intend(store, "s1")
    for other in ({"trabajador": "w2"}, {"sha256": "cd"}):
        with pytest.raises(Conflict):
            await _intend(store, "s1", **other)


async def test_an_intent_that_was_given_up_cannot_come_any_more(store: Store) -> None:
    assert await store.envios.give_up("s1", ["d1"], emisor="77123456-9", canal=Canal.BOLETA) is True
    with pytest.raises(Conflict):
        await _intend(store, "s1")

    await _intend(store, "s2")
    assert await store.envios.give_up("s2", ["d1"], emisor="77123456-9", canal=Canal.BOLETA) is False


async def test_an_answer_is_recorded_only_from_the_states_it_is_about(store: Store, reloj: Reloj) -> None:
    await _intend(store, "s1")
    subiendo = [EstadoEnvio.SUBIENDO]

    first = await store.envios.record(
        "s1", EstadoEnvio.RECIBIDO, _respuesta(reloj), desde=subiendo, track_id="7", proxima_consulta=reloj.ahora
    )
    second = await store.envios.record("s1", EstadoEnvio.NO_RECIBIDO, _respuesta(reloj), desde=subiendo)

    envio = await store.envios.get("s1")
    assert envio is not None
    assert (first, second) == (True, False)
    assert (envio.estado, envio.track_id, len(envio.respuestas)) == (EstadoEnvio.RECIBIDO, "7", 1)


async def test_what_the_authority_says_is_kept_up_to_a_bound(store: Store, reloj: Reloj) -> None:
    await _intend(store, "s1")
    await store.envios.record(
        "s1", EstadoEnvio.RECIBIDO, _respuesta(reloj, "x" * 100_000), desde=[EstadoEnvio.SUBIENDO]
    )
    envio = await store.envios.get("s1")
    assert envio is not None
    assert 0 < len(envio.respuestas[0].cuerpo) < 10_000


async def test_one_that_is_due_is_leased_to_one_process_only(store: Store, reloj: Reloj) -> None:
    for id_ in ("s1", "s2"):
        await _intend(store, id_)
        await store.envios.record(
            id_,
            EstadoEnvio.RECIBIDO,
            _respuesta(reloj),
            desde=[EstadoEnvio.SUBIENDO],
            proxima_consulta=reloj.ahora + timedelta(seconds=10 if id_ == "s2" else 5),
        )

    async def lease() -> str | None:
        until = reloj.ahora + timedelta(minutes=1)
        envio = await store.envios.lease_due(EstadoEnvio.RECIBIDO, [Canal.BOLETA], until=until)
        return envio.id if envio else None

    assert await lease() is None
    reloj.advance(seconds=10)
    assert [await lease() for _ in range(3)] == ["s1", "s2", None]
    assert await store.envios.lease_due(EstadoEnvio.RECIBIDO, [Canal.FACTURA], until=reloj.ahora) is None


async def test_an_upload_whose_worker_is_gone_is_taken_over_once(store: Store, reloj: Reloj) -> None:
    await _intend(store, "s1")

    assert await store.envios.take_over("s1", reloj.ahora) is True
    assert await store.envios.take_over("s1", reloj.ahora) is False

    [envio] = await store.envios.find_by_estado(EstadoEnvio.INCIERTO)
    assert envio.id == "s1"
    assert (await store.envios.count())[EstadoEnvio.INCIERTO] == 1


async def test_every_upload_of_the_same_bytes_is_counted_and_on_record(store: Store, reloj: Reloj) -> None:
    await _intend(store, "s1")
    intencion = Respuesta(momento=reloj.ahora, operacion="reenvio")
    await store.envios.count_upload("s1", intencion)
    envio = await store.envios.get("s1")
    assert envio is not None
    assert (envio.subidas, envio.respuestas) == (2, (intencion,))


async def test_what_was_asked_in_doubt_does_not_count_once_the_sii_is_known_to_have_it(
    store: Store, reloj: Reloj
) -> None:
    await _intend(store, "s1")
    await store.envios.take_over("s1", reloj.ahora)
    for _ in range(3):
        leased = await store.envios.lease_due(EstadoEnvio.INCIERTO, [Canal.BOLETA], until=reloj.ahora)
        assert leased is not None
        asked = leased.consultas
    assert asked == 3
    said = Respuesta(momento=reloj.ahora, operacion="subida")
    await store.envios.record("s1", EstadoEnvio.RECIBIDO, said, desde=(EstadoEnvio.INCIERTO,))
    received = await store.envios.get("s1")
    assert received is not None
    assert received.consultas == 0
    await store.envios.record("s1", EstadoEnvio.TERMINADO, said, desde=(EstadoEnvio.RECIBIDO,))
