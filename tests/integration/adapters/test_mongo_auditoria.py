"""The audit's chain: whole whoever writes at once, and whatever is changed in it shows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.adapters.mongo import Store
from shared.adapters.mongo.auditoria import ORIGEN, Fase, Registro
from shared.errors import Conflict, Unavailable
from tests.integration.adapters.conftest import Reloj


def _registro(store: Store, quien: str = "ana@tienda") -> Registro:
    return Registro(store.auditoria, quien, "pedido 12")


async def _fill(store: Store, acts: int) -> None:
    for n in range(acts):
        async with _registro(store).act("terminal.create", f"t{n}", caja="7", por_segundo=2.5):
            pass


async def test_an_act_is_its_intent_and_what_became_of_it(store: Store, reloj: Reloj) -> None:
    async with _registro(store).act("terminal.revoke", "t1", caja="7"):
        [intento] = await store.auditoria.list()
        assert (intento.n, intento.fase, intento.anterior) == (1, Fase.INTENTO, ORIGEN)
        reloj.advance(seconds=1.2345)

    intento, hecho = await store.auditoria.list()
    assert (intento.quien, intento.motivo, intento.accion, intento.objeto) == (
        *("ana@tienda", "pedido 12"),
        *("terminal.revoke", "t1"),
    )
    assert intento.detalle == {"caja": "7"}
    assert (hecho.fase, hecho.intento, hecho.anterior) == (Fase.HECHO, 1, intento.hash)
    assert (await store.auditoria.verify()).cabeza == hecho.hash


async def test_what_failed_says_so_and_what_is_not_known_stays_an_intent(store: Store) -> None:
    for error in (Conflict("ya está"), Unavailable("MongoDB")):
        with pytest.raises(type(error)):
            async with _registro(store).act("caf.import", "x"):
                raise error
    assert [(asiento.fase, asiento.intento) for asiento in await store.auditoria.list()] == [
        (Fase.INTENTO, None),
        (Fase.FALLIDO, 1),
        (Fase.INTENTO, None),
    ]
    assert (await store.auditoria.verify()).falla == ""


async def test_many_at_once_make_one_chain(store: Store) -> None:
    async def act(n: int) -> None:
        async with _registro(store, f"persona-{n}").act("emisor.create", f"e{n}"):
            pass

    await asyncio.gather(*(act(n) for n in range(20)))

    verificacion = await store.auditoria.verify()
    assert (verificacion.asientos, verificacion.falla) == (40, "")
    asientos = await store.auditoria.list()
    assert len({asiento.quien for asiento in asientos}) == 20
    assert [asiento.n for asiento in await store.auditoria.list(desde=30, limite=5)] == [36, 37, 38, 39, 40]


@pytest.mark.parametrize(
    ("query", "update", "n", "said"),
    [
        ({"_id": 3}, {"$set": {"quien": "otro@tienda"}}, 3, "fue cambiado después de escrito"),
        ({"_id": 3}, {"$set": {"detalle.caja": "8"}}, 3, "fue cambiado después de escrito"),
        ({"_id": 1}, {"$set": {"hash": "f" * 64}}, 1, "fue cambiado después de escrito"),
        ({"_id": 2}, {"$set": {"anterior": "f" * 64}}, 2, "no sigue al 1"),
        ({"_id": 4}, {"$unset": {"quien": 1}}, 4, "no se puede leer"),
        ({"_id": 2}, None, 2, "falta el asiento 2: el siguiente es el 3"),
        ({"_id": 1}, None, 1, "falta el asiento 1: el siguiente es el 2"),
    ],
)
async def test_the_entry_that_breaks_the_chain_is_named(
    store: Store, query: dict[str, Any], update: dict[str, Any] | None, n: int, said: str
) -> None:
    await _fill(store, 3)
    asientos = store._mongo.database.auditoria
    await (asientos.delete_one(query) if update is None else asientos.update_one(query, update))

    verificacion = await store.auditoria.verify()
    assert (verificacion.n, verificacion.asientos) == (n, n - 1)
    assert said in verificacion.falla


async def test_a_chain_that_was_cut_off_at_its_end_lacks_the_hash_that_was_kept_elsewhere(store: Store) -> None:
    await _fill(store, 3)
    kept = (await store.auditoria.verify()).cabeza
    await _fill(store, 1)
    assert (await store.auditoria.verify(contiene=kept)).falla == ""

    await store._mongo.database.auditoria.delete_many({"_id": {"$gt": 4}})

    assert (await store.auditoria.verify()).falla == ""
    assert kept in (await store.auditoria.verify(contiene=kept)).falla


async def test_an_audit_that_was_never_written_is_whole(store: Store) -> None:
    verificacion = await store.auditoria.verify()
    assert (verificacion.asientos, verificacion.cabeza, verificacion.falla) == (0, ORIGEN, "")
