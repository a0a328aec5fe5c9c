"""Administration: everything is checked before anything is stored, and no secret lies in clear."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from shared.adapters.mongo import Store
from shared.administracion.admin import Admin
from shared.administracion.main import open_admin
from shared.clock import chile, now
from shared.dte.tipos import Ambiente, Canal, TipoDte
from shared.errors import Conflict, Invalid, Misconfigured, Unavailable
from shared.messages import Proveedor, Resolucion
from shared.settings import Settings
from tests.dte_data import EMISOR, EMISOR_RUT, FIRMANTE_RUT, PASSWORD, make_caf_xml, make_certificate, make_p12
from tests.emitter_world import RESOLUCIONES, open_store, with_authority

HOY = chile(now()).date()


@pytest.fixture
async def admin(settings: Settings) -> AsyncIterator[Admin]:
    async with open_admin(with_authority(settings)) as ours:
        yield ours


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    async with open_store(settings) as ours:
        yield ours


async def test_new_data_of_a_company_leave_its_certificate_alone(admin: Admin) -> None:
    await admin.create_emisor(EMISOR, RESOLUCIONES)
    await admin.set_certificado(EMISOR_RUT, make_p12(), PASSWORD)

    moved = EMISOR.model_copy(update={"direccion": "Calle Dos 456"})
    only_boletas = {Canal.BOLETA: Resolucion(fecha=date(2026, 5, 1), numero=99)}
    await admin.create_emisor(moved, only_boletas)

    [emisor] = await admin.list_emisores()
    assert emisor.datos["direccion"] == "Calle Dos 456"
    assert emisor.resoluciones == only_boletas
    assert emisor.certificado is not None


async def test_a_company_without_resolution_is_refused(admin: Admin) -> None:
    with pytest.raises(Invalid, match="necesita la resolución del SII"):
        await admin.create_emisor(EMISOR, {})
    assert await admin.list_emisores() == []


async def test_certificate_and_folios_are_stored_encrypted_and_the_key_of_a_till_as_a_hash(
    admin: Admin, store: Store
) -> None:
    p12, caf = make_p12(), make_caf_xml(fecha=HOY)
    await admin.create_emisor(EMISOR, RESOLUCIONES)
    firmante = await admin.set_certificado(EMISOR_RUT, p12, PASSWORD)
    await admin.cafs.import_caf(caf)
    till = await admin.create_terminal(EMISOR_RUT, "Centro", "7")

    assert firmante.rut == FIRMANTE_RUT
    everything = []
    for name in await store._mongo.database.list_collection_names():
        everything += [str(record) async for record in store._mongo.database[name].find({})]
    stored = "".join(everything)
    for secret in (PASSWORD, "RSA PRIVATE KEY", str(p12)[4:60], till.llave, till.llave.split("_", 2)[2]):
        assert secret not in stored
    assert till.llave not in repr(till)


async def test_a_certificate_that_cannot_sign_is_refused_and_the_old_one_stays(admin: Admin) -> None:
    await admin.create_emisor(EMISOR, RESOLUCIONES)
    await admin.set_certificado(EMISOR_RUT, make_p12(), PASSWORD)
    [before] = await admin.list_emisores()
    expired = make_certificate(desde=datetime(2020, 1, 1, tzinfo=UTC), vigencia=timedelta(days=30))
    for p12, password, said in (
        (make_p12(), "otra", "contraseña"),
        (b"no es un p12", PASSWORD, "no es un archivo .p12"),
        (make_p12(expired), PASSWORD, "venció"),
    ):
        with pytest.raises(Invalid, match=said):
            await admin.set_certificado(EMISOR_RUT, p12, password)
    assert await admin.list_emisores() == [before]


@pytest.mark.parametrize(
    ("archivo", "said"),
    [
        (make_caf_xml(fecha=HOY).replace(b"<H>100</H>", b"<H>900</H>"), "firma del SII sobre el CAF no es válida"),
        (make_caf_xml(fecha=HOY, idk=300), "llave 300"),
        (make_caf_xml(fecha=HOY, emisor="76987654-5"), "76987654-5 no está registrada.*posta emisor create"),
        (make_caf_xml(TipoDte.FACTURA, fecha=HOY - timedelta(days=200)), "venció"),
        (b"<nada/>", "no es un archivo CAF"),
    ],
)
async def test_a_caf_that_may_not_be_used_is_refused(admin: Admin, archivo: bytes, said: str) -> None:
    await admin.create_emisor(EMISOR, RESOLUCIONES)
    with pytest.raises(Invalid, match=said):
        await admin.cafs.import_caf(archivo)
    assert await admin.cafs.list_cafs() == []


async def test_a_caf_can_be_imported_once(admin: Admin) -> None:
    await admin.create_emisor(EMISOR, RESOLUCIONES)
    caf = await admin.cafs.import_caf(make_caf_xml(fecha=HOY))
    assert (caf.emisor, caf.tipo, caf.desde, caf.hasta) == (EMISOR_RUT, TipoDte.BOLETA, 1, 100)

    with pytest.raises(Conflict, match="ya están importados"):
        await admin.cafs.import_caf(make_caf_xml(fecha=HOY))
    with pytest.raises(Conflict, match="ya están importados"):
        await admin.cafs.import_caf(make_caf_xml(desde=100, hasta=200, fecha=HOY))

    [stored] = await admin.cafs.list_cafs()
    assert (stored.disponibles, stored.reservados) == (100, 0)


async def test_a_facturas_range_knows_its_last_day_and_a_boletas_has_none(admin: Admin) -> None:
    await admin.create_emisor(EMISOR, RESOLUCIONES)
    for tipo in (TipoDte.FACTURA, TipoDte.BOLETA):
        await admin.cafs.import_caf(make_caf_xml(tipo, fecha=HOY))
    assert {caf.tipo: caf.vence for caf in await admin.cafs.list_cafs()} == {
        TipoDte.FACTURA: HOY + timedelta(days=180),
        TipoDte.BOLETA: None,
    }


async def test_nothing_of_certificacion_can_meet_produccion(settings: Settings) -> None:
    produccion = settings.model_copy(update={"ambiente": Ambiente.PRODUCCION})
    with pytest.raises(Misconfigured, match="POSTA_CAF_LLAVES_FILE no se admite en producción"):
        async with open_admin(with_authority(produccion)):
            raise AssertionError
    async with open_admin(produccion) as admin:
        await admin.create_emisor(EMISOR, RESOLUCIONES)
        for idk in (100, 666):
            with pytest.raises(Invalid, match=f"llave {idk} .* este ambiente reconoce 300"):
                await admin.cafs.import_caf(make_caf_xml(fecha=HOY, idk=idk))


async def test_a_till_belongs_to_a_company_that_is_known(admin: Admin) -> None:
    await admin.create_emisor(EMISOR, RESOLUCIONES)
    till = (await admin.create_terminal("77.123.456-9", " Centro ", "7")).terminal
    assert (till.emisor, till.tienda, till.caja, till.revocado) == (EMISOR_RUT, "Centro", "7", False)
    for emisor, tienda, caja, said in (
        ("76987654-5", "Centro", "7", "posta emisor create"),
        ("77123456-8", "Centro", "7", "dígito verificador"),
        (EMISOR_RUT, "  ", "7", "«tienda» debe tener de 1 a 40"),
        (EMISOR_RUT, "Centro", "7\n8", "«caja» debe tener de 1 a 40 caracteres, en una línea"),
        (EMISOR_RUT, "Centro", "7" * 41, "«caja» debe tener de 1 a 40"),
    ):
        with pytest.raises(Invalid, match=said):
            await admin.create_terminal(emisor, tienda, caja)
    assert len(await admin.list_terminales()) == 1


async def test_every_till_has_a_key_of_its_own(admin: Admin) -> None:
    await admin.create_emisor(EMISOR, RESOLUCIONES)
    keys = {(await admin.create_terminal(EMISOR_RUT, "Centro", "7")).llave for _ in range(5)}
    assert len(keys) == 5


async def test_a_till_that_does_not_exist_cannot_be_revoked(admin: Admin) -> None:
    with pytest.raises(Invalid, match="posta terminal list"):
        await admin.revoke_terminal("nadie")


async def test_without_a_master_key_nothing_starts(settings: Settings) -> None:
    with pytest.raises(Misconfigured, match="POSTA_LLAVE_MAESTRA_FILE"):
        async with open_admin(settings.model_copy(update={"llave_maestra_file": None})):
            raise AssertionError


async def test_whatever_is_changed_is_in_the_audit_and_no_secret_with_it(settings: Settings) -> None:
    async with open_admin(with_authority(settings), "apertura de la tienda") as admin:
        await admin.create_emisor(EMISOR, RESOLUCIONES, limite_por_minuto=600)
        await admin.set_certificado(EMISOR_RUT, make_p12(), PASSWORD)
        await admin.cafs.import_caf(make_caf_xml(fecha=HOY))
        till = await admin.create_terminal(EMISOR_RUT, "Centro", "7", por_segundo=5)
        await admin.revoke_terminal(till.terminal.id)
        with pytest.raises(Invalid):
            await admin.revoke_terminal("nadie")
        with pytest.raises(Conflict):
            await admin.cafs.import_caf(make_caf_xml(fecha=HOY))
        asientos = await admin.registro.auditoria.list()
        assert (await admin.registro.auditoria.verify()).falla == ""
    assert [(asiento.accion, asiento.fase.value) for asiento in asientos] == [
        *(("emisor.create", "intento"), ("emisor.create", "hecho")),
        *(("cert.set", "intento"), ("cert.set", "hecho")),
        *(("caf.import", "intento"), ("caf.import", "hecho")),
        *(("terminal.create", "intento"), ("terminal.create", "hecho")),
        *(("terminal.revoke", "intento"), ("terminal.revoke", "hecho")),
        *(("terminal.revoke", "intento"), ("terminal.revoke", "fallido")),
        *(("caf.import", "intento"), ("caf.import", "fallido")),
    ]
    assert {asiento.motivo for asiento in asientos} == {"apertura de la tienda"}
    assert all("@" in asiento.quien for asiento in asientos)
    assert asientos[6].detalle == {"emisor": EMISOR_RUT, "tienda": "Centro", "caja": "7", "por_segundo": 5.0}
    assert till.llave not in str(asientos)
    assert till.terminal.hash not in str(asientos)


async def test_without_an_audit_nothing_is_changed(admin: Admin, store: Store) -> None:
    await store._mongo.database.create_collection("auditoria", validator={"nadie": "puede escribir"})
    with pytest.raises(Unavailable):
        await admin.create_emisor(EMISOR, RESOLUCIONES)
    assert await admin.list_emisores() == []


LLAVE = "llave-de-la-caja"


@pytest.mark.parametrize(
    ("url", "servicio"),
    [
        ("http://caja.cl", "http://caja.cl/api/Core.svc/core"),
        (" https://caja.cl:8443/ ", "https://caja.cl:8443/api/Core.svc/core"),
        ("https://caja.cl/api/Core.svc/Core/", "https://caja.cl/api/Core.svc/Core"),
    ],
)
async def test_the_box_of_a_company_is_kept_with_its_key_encrypted(
    admin: Admin, store: Store, url: str, servicio: str
) -> None:
    await admin.create_emisor(EMISOR, RESOLUCIONES, proveedor=Proveedor.DTEBOX)
    await admin.set_dtebox(EMISOR_RUT, url, LLAVE)
    await admin.create_emisor(EMISOR, RESOLUCIONES)  # other data leave the box alone: what was signed still goes there
    (emisor,) = await admin.list_emisores()
    assert (emisor.proveedor, emisor.dtebox_url) == (Proveedor.SII, servicio)
    assert emisor.dtebox_llave is not None
    assert LLAVE.encode() not in emisor.dtebox_llave
    assert LLAVE not in str(await store.auditoria.list())


@pytest.mark.parametrize(
    "url", ["caja.cl", "ftp://caja.cl", "https://yo:clave@caja.cl", "https://caja.cl/?a=1", "http://["]
)
async def test_what_is_no_address_of_a_box_is_refused(admin: Admin, url: str) -> None:
    await admin.create_emisor(EMISOR, RESOLUCIONES)
    with pytest.raises(Invalid, match="«url» debe ser la dirección"):
        await admin.set_dtebox(EMISOR_RUT, url, LLAVE)


@pytest.mark.parametrize("llave", ["", "corta", "con espacio", "línea\nnueva", "ñandúñandú"])
async def test_a_key_that_cannot_be_a_header_is_refused_and_not_repeated(admin: Admin, llave: str) -> None:
    await admin.create_emisor(EMISOR, RESOLUCIONES)
    with pytest.raises(Invalid, match="AuthKey") as refused:
        await admin.set_dtebox(EMISOR_RUT, "https://caja.cl", llave)
    assert not llave or llave not in str(refused.value)


async def test_a_limit_of_a_company_stands_until_it_is_taken_away(admin: Admin) -> None:
    await admin.create_emisor(EMISOR, RESOLUCIONES, limite_por_minuto=600)
    assert [emisor.limite_por_minuto for emisor in await admin.list_emisores()] == [600]
    await admin.create_emisor(EMISOR, RESOLUCIONES)
    assert [emisor.limite_por_minuto for emisor in await admin.list_emisores()] == [None]


@pytest.mark.parametrize("por_segundo", [0, -1, 1e9, float("nan")])
async def test_a_limit_that_is_none_is_refused(admin: Admin, por_segundo: float) -> None:
    await admin.create_emisor(EMISOR, RESOLUCIONES)
    with pytest.raises(Invalid, match="«por_segundo» debe ser mayor que 0"):
        await admin.create_terminal(EMISOR_RUT, "Centro", "7", por_segundo=por_segundo)
