"""Another master key while everything runs; and what is left when that is interrupted."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.adapters.keystore import LARGO_LLAVE, Boveda, create_llave_maestra
from shared.adapters.mongo import Store
from shared.administracion.main import open_admin
from shared.errors import Misconfigured
from shared.settings import Settings, require_file
from tests.dte_data import EMISOR_RUT, PASSWORD, make_certificate, make_p12
from tests.emitter_world import World, create_world, open_store, request_of, running_emitter


def _llave(world: World) -> Path:
    return require_file(world.settings.llave_maestra_file, "llave_maestra_file")


async def _secrets(store: Store) -> list[bytes]:
    """Everything encrypted that the database holds."""
    database = store._mongo.database
    emisores = await database.emisores.find({}).to_list(None)
    found = [record[name] for record in emisores for name in ("certificado", "certificado_password")]
    return found + [record["archivo"] for record in await database.cafs.find({}).to_list(None)]


async def test_a_running_emitter_sells_on_over_a_change_of_the_master_key(settings: Settings, tmp_path: Path) -> None:
    world = await create_world(settings)
    old = tmp_path / "anterior"
    old.write_bytes(_llave(world).read_bytes())
    old.chmod(0o600)
    async with running_emitter(world), world.http() as http, open_store(world.settings) as store:
        assert (await http.post("/v1/dte", **request_of("antes"))).status_code == 201
        async with open_admin(world.settings, "cambio anual") as admin:
            assert await admin.llave.rotate() == 4
            asientos = await admin.registro.auditoria.list()
            await admin.set_certificado(EMISOR_RUT, make_p12(make_certificate("11111111-1")), PASSWORD)
        assert [asiento.accion for asiento in asientos[-2:]] == ["llave.rotate"] * 2
        assert len(_llave(world).read_bytes()) == LARGO_LLAVE
        assert (await http.post("/v1/dte", **request_of("despues"))).status_code == 201
        boveda, before = Boveda.from_file(_llave(world)), Boveda.from_file(old)
        for secret in await _secrets(store):
            assert boveda.is_current(secret)
            with pytest.raises(Misconfigured):
                before.decrypt(secret)
    async with running_emitter(world), world.http() as http:  # from the new key alone
        assert (await http.post("/v1/dte", **request_of("de-nuevo"))).status_code == 201


async def test_an_interrupted_change_leaves_everything_readable_and_is_ended_by_the_next(settings: Settings) -> None:
    world = await create_world(settings)
    boveda = Boveda.from_file(_llave(world))
    boveda.add_llave()
    done: list[bytes] = []

    def renew_one(cifrado: bytes) -> bytes | None:
        if done:
            return None
        done.append(cifrado)
        return boveda.encrypt(boveda.decrypt(cifrado))

    async with open_store(world.settings) as store:
        assert await store.secretos.replace(renew_one) == 1  # and then the power went
        async with running_emitter(world), world.http() as http:
            assert (await http.post("/v1/dte", **request_of("mientras"))).status_code == 201
        async with open_admin(world.settings) as admin:
            assert await admin.llave.rotate() == 3
            assert await admin.llave.reencrypt() == 0
        assert len(_llave(world).read_bytes()) == LARGO_LLAVE
        assert all(Boveda.from_file(_llave(world)).is_current(secret) for secret in await _secrets(store))


async def test_a_secret_that_somebody_replaces_at_the_same_moment_stays_as_they_made_it(settings: Settings) -> None:
    world = await create_world(settings)
    async with open_store(world.settings) as store:
        boveda = Boveda.from_file(_llave(world))
        theirs = boveda.encrypt(b"de otro")
        [emisor] = await store.companies.list_emisores()
        raced = store._mongo.database.delegate.get_collection("emisores")

        def renew(cifrado: bytes) -> bytes | None:
            if cifrado == emisor.certificado:
                raced.update_one({"_id": EMISOR_RUT}, {"$set": {"certificado": theirs}})
                return boveda.encrypt(b"nuestro")
            return None

        assert await store.secretos.replace(renew) == 0
        [after] = await store.companies.list_emisores()
        assert after.certificado == theirs


async def test_with_a_key_that_is_another_one_nothing_is_replaced(settings: Settings, tmp_path: Path) -> None:
    world = await create_world(settings)
    create_llave_maestra(tmp_path / "ajena")
    foreign = world.settings.model_copy(update={"llave_maestra_file": tmp_path / "ajena"})
    async with open_store(world.settings) as store:
        before = await _secrets(store)
        async with open_admin(foreign) as admin:
            with pytest.raises(Misconfigured, match="la llave maestra es otra"):
                await admin.llave.reencrypt()
        assert await _secrets(store) == before
