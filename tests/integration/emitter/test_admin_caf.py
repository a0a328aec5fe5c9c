"""What an operator does with folios: who may use them, which must not be issued, and what became of each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.adapters.mongo import Store
from shared.adapters.mongo.folio_records import Tramo
from shared.administracion.admin import Admin
from shared.administracion.main import open_admin
from shared.clock import chile, now
from shared.dte.estado import Estado
from shared.dte.existencias import Destino, Nivel
from shared.dte.tipos import TipoDte
from shared.errors import Conflict, FoliosExhausted, Invalid
from shared.settings import Settings
from tests.dte_data import EMISOR, EMISOR_RUT, make_caf_xml
from tests.emitter_world import RESOLUCIONES, import_folios, open_store, with_authority
from tests.invariants import check_folios
from tests.records import make_record

BOLETA = TipoDte.BOLETA
COMUN = Destino(EMISOR_RUT, BOLETA)
RANGO = f"{EMISOR_RUT}-39-1"


@pytest.fixture
async def admin(settings: Settings) -> AsyncIterator[Admin]:
    """Administration of a company that has one store, and one till in it."""
    async with open_admin(with_authority(settings)) as ours:
        await ours.create_emisor(EMISOR, RESOLUCIONES)
        await ours.create_terminal(EMISOR_RUT, "Centro", "7")
        yield ours


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    async with open_store(settings) as ours:
        yield ours


async def _till(admin: Admin) -> str:
    [till] = await admin.list_terminales()
    return till.id


async def _use(store: Store, *used: int, reserve: int) -> None:
    """Documents with these folios, of so many that were reserved; the others are given back."""
    reserva = await store.folios.reserve(COMUN, reserve)
    if used:
        await store.documents.insert([make_record(folio) for folio in used])
    await store.folios.settle([(reserva, [folio for folio in reserva.folios if folio not in used])])


async def test_folios_are_kept_for_a_store_or_a_till_when_they_come_or_later(admin: Admin) -> None:
    till = await _till(admin)
    ayer = chile(now()).date() - timedelta(days=1)
    of_store = await admin.cafs.import_caf(make_caf_xml(fecha=ayer), tienda="Centro")
    of_till = await admin.cafs.import_caf(make_caf_xml(desde=101, hasta=200, fecha=ayer), terminal=till)

    assert of_store.destino == Destino(EMISOR_RUT, BOLETA, "Centro")
    assert of_till.destino == Destino(EMISOR_RUT, BOLETA, "Centro", till)
    assert (await admin.cafs.assign(of_till.id)).destino == COMUN
    assert (await admin.cafs.assign(of_store.id, tienda="Centro", terminal=till)).destino == of_till.destino
    assert [caf.destino for caf in await admin.cafs.list_cafs()] == [of_till.destino, COMUN]


@pytest.mark.parametrize(
    ("destino", "said"),
    [
        ({"tienda": "Cetro"}, "ningún terminal de .* es de la tienda «Cetro».*posta terminal create"),
        ({"terminal": "nadie"}, "no tiene ahí un terminal «nadie».*posta terminal list"),
        ({"terminal": "suyo", "tienda": "Otra"}, "no tiene ahí un terminal"),
    ],
)
async def test_folios_are_kept_for_nobody_who_does_not_exist(admin: Admin, destino: dict[str, str], said: str) -> None:
    if destino.get("terminal") == "suyo":
        destino = {**destino, "terminal": await _till(admin)}
    with pytest.raises(Invalid, match=said):
        await import_folios(admin, BOLETA, 1, 10, **destino)
    assert await admin.cafs.list_cafs() == []
    await import_folios(admin, BOLETA, 1, 10)
    with pytest.raises(Invalid, match=said):
        await admin.cafs.assign(RANGO, **destino)


async def test_folios_of_a_till_that_was_revoked_are_named_until_somebody_else_has_them(admin: Admin) -> None:
    till = await _till(admin)
    await import_folios(admin, BOLETA, 1, 10, terminal=till)
    assert await admin.cafs.list_stranded() == []
    await admin.revoke_terminal(till)
    assert [caf.id for caf in await admin.cafs.list_stranded()] == [RANGO]
    await admin.cafs.assign(RANGO)
    assert await admin.cafs.list_stranded() == []


@pytest.mark.parametrize("rango", ["", "39-1", "77123456-8-39-1", f"{EMISOR_RUT}-38-1", f"{EMISOR_RUT}-39-2"])
async def test_a_range_that_is_not_there_is_not_assigned(admin: Admin, rango: str) -> None:
    await import_folios(admin, BOLETA, 1, 10)
    with pytest.raises(Invalid, match="posta caf list"):
        await admin.cafs.assign(rango)


async def test_only_folios_that_nobody_used_or_holds_are_voided(admin: Admin, store: Store) -> None:
    await import_folios(admin, BOLETA, 1, 20)
    await _use(store, 1, 3, reserve=4)
    await admin.cafs.void(RANGO, 2, 2, "quedó en un papel")
    held = await store.folios.reserve(COMUN, 2)
    assert held.folios == (4, 5)

    for desde, hasta, said in (
        (1, 4, "1 está en un documento, 2 ya está anulado, 3 está en un documento, 4 está reservado"),
        (5, 9, "5 está reservado"),
        (20, 21, "no están en un mismo CAF"),
        (21, 21, "no están en un mismo CAF"),
    ):
        with pytest.raises(Conflict, match=said):
            await admin.cafs.void(RANGO, desde, hasta, "prueba")
    for desde, hasta, motivo, field in ((9, 8, "prueba", "folio"), (0, 1, "prueba", "folio"), (9, 9, " ", "motivo")):
        with pytest.raises(Invalid, match=f"^{field}: "):
            await admin.cafs.void(RANGO, desde, hasta, motivo)
    await admin.cafs.void(f"{EMISOR_RUT}-39", 6, 20, "cierre de la tienda")

    with pytest.raises(FoliosExhausted):
        await store.folios.reserve(COMUN, 1)
    cuenta = await check_folios(store)
    assert (cuenta.usados, cuenta.reservados, cuenta.anulados) == (2, 2, 16)
    [revision] = await admin.cafs.review()
    assert [(a.desde, a.hasta, a.motivo) for a in revision.caf.anulados] == [
        (2, 2, "quedó en un papel"),
        (6, 20, "cierre de la tienda"),
    ]


async def test_what_a_long_list_of_used_folios_is_called_stays_short(admin: Admin, store: Store) -> None:
    await import_folios(admin, BOLETA, 1, 30)
    await _use(store, *range(1, 31), reserve=30)
    with pytest.raises(Conflict, match=r"10 está en un documento y 20 más$"):
        await admin.cafs.void(RANGO, 1, 30, "prueba")


async def test_every_folio_that_was_handed_out_is_explained_or_shown(admin: Admin, store: Store) -> None:
    await import_folios(admin, BOLETA, 1, 20)
    await _use(store, 1, 2, 5, reserve=6)
    await admin.cafs.void(RANGO, 4, 4, "prueba")
    await _mark_rejected(store, 2)
    [revision] = await admin.cafs.review()
    assert (revision.cuadra, revision.perdidos, revision.vencidos) == (True, (), ())
    assert (revision.devueltos, revision.rechazados) == ((Tramo(3, 3), Tramo(6, 6)), (Tramo(2, 2),))

    await store._mongo.database.dtes.delete_many({"folio": {"$in": [1, 2]}})  # as if restored from an old copy
    await store.documents.insert([make_record(4)])
    [revision] = await admin.cafs.review()
    assert (revision.cuadra, revision.perdidos, revision.contradictorios) == (False, (Tramo(1, 2),), (Tramo(4, 4),))

    await admin.cafs.void(RANGO, 1, 3, "se perdió su documento")
    [revision] = await admin.cafs.review()
    assert (revision.perdidos, revision.caf.libres) == ((), (6,))


async def test_what_is_left_of_a_range_that_expired_is_to_be_voided(admin: Admin, store: Store) -> None:
    factura = Destino(EMISOR_RUT, TipoDte.FACTURA)
    await import_folios(admin, TipoDte.FACTURA, 1, 20)
    reserva = await store.folios.reserve(factura, 3)
    await store.folios.settle([(reserva, [2, 3])])
    await store.documents.insert([make_record(1, tipo=TipoDte.FACTURA)])
    ayer = chile(now()).date() - timedelta(days=1)
    await store._mongo.database.cafs.update_one({}, {"$set": {"vence": ayer.isoformat()}})

    [revision] = await admin.cafs.review()
    assert (revision.cuadra, revision.vencidos) == (True, (Tramo(2, 3), Tramo(4, 20)))
    [existencia] = await admin.cafs.list_existencias()
    assert (existencia.destino, existencia.disponibles, existencia.nivel) == (factura, 0, Nivel.AGOTADO)


async def test_what_is_done_to_folios_is_in_the_audit(admin: Admin, store: Store) -> None:
    await import_folios(admin, BOLETA, 1, 20)
    await admin.cafs.assign(RANGO, tienda="Centro")
    await admin.cafs.void(RANGO, 20, 20, "prueba")
    with pytest.raises(Conflict):
        await admin.cafs.void(RANGO, 20, 20, "otra vez")

    asientos = [a for a in await store.auditoria.list() if a.accion.startswith("caf.")]
    assert [(a.accion, a.fase, a.objeto) for a in asientos] == [
        (f"caf.{accion}", fase, RANGO)
        for accion, fin in (("import", "hecho"), ("assign", "hecho"), ("void", "hecho"), ("void", "fallido"))
        for fase in ("intento", fin)
    ]


async def _mark_rejected(store: Store, folio: int) -> None:
    await store._mongo.database.dtes.update_one({"folio": folio}, {"$set": {"estado": Estado.RECHAZADO}})
