"""The drop-in for a Django POS, inside Django: the same calls as before, and what they leave in the POS's table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import django
import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.db import connection, connections, transaction

from services.emitter.client.django_pos import BackgroundDTESender, get_background_sender
from shared.errors import Misconfigured
from shared.settings import Settings
from tests.dte_data import EMISOR_RUT, venta_boleta
from tests.emitter_world import World, create_world, open_store, running_emitter
from tests.invariants import check_folios

EMPRESA = 5


def _xml(precio: int = 1190) -> str:
    return f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<DTE xmlns="http://www.sii.cl/SiiDte" version="1.0"><Documento><Encabezado>
<IdDoc><TipoDTE>39</TipoDTE><Folio>900</Folio></IdDoc><Emisor><RUTEmisor>{EMISOR_RUT}</RUTEmisor></Emisor></Encabezado>
<Detalle><NmbItem>Té</NmbItem><QtyItem>1</QtyItem><PrcItem>{precio}</PrcItem></Detalle></Documento></DTE>"""


class Pos:
    """The POS: its table in a database of its own, and its sender. Django's calls run beside the event loop."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def run(self, work: Callable[[], Any]) -> Any:
        def within_django() -> Any:
            try:
                return work()
            finally:
                connections.close_all()

        return await asyncio.to_thread(within_django)

    async def sell(self, folio: int, xml: str | None = None, **campos: Any) -> int:
        """A row as the POS's view leaves it before it calls the sender."""
        row = {"empresa_id": EMPRESA, "tipo_dte": "39", "folio": folio, "xml_dte": xml or _xml(), **campos}
        return int(await self.run(lambda: _table().objects.create(**row).pk))

    async def row(self, pk: int) -> Any:
        return await self.run(lambda: _table().objects.get(pk=pk))


def _table() -> Any:
    return apps.get_model("facturacion_electronica.DocumentoTributarioElectronico")


@pytest.fixture(scope="module", autouse=True)
def _django() -> None:
    django_settings.configure(
        INSTALLED_APPS=["tests.django_pos.apps.FacturacionElectronica"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:", "OPTIONS": {"timeout": 30}}},
        USE_TZ=True,
    )
    django.setup()


@pytest.fixture
async def pos(settings: Settings) -> Pos:
    world = await create_world(settings)
    llave = settings.carpeta / "llave.txt"
    llave.write_text(world.llave, encoding="ascii")
    connections.settings["default"]["NAME"] = str(settings.carpeta / "pos.sqlite3")
    django_settings.POSTA_URL = world.url
    django_settings.POSTA_LLAVE_FILE = {EMPRESA: llave}
    django_settings.POSTA_SPOOL = settings.carpeta / "ventas.db"
    ours = Pos(world)

    def create_table() -> None:
        with connection.schema_editor() as editor:
            editor.create_model(_table())

    await ours.run(create_table)
    return ours


@pytest.fixture
def create_sender() -> Iterator[Callable[..., Any]]:
    made: list[BackgroundDTESender] = []

    def create() -> BackgroundDTESender:
        made.append(BackgroundDTESender())
        return made[-1]

    yield create
    for sender in made:
        sender.shutdown()


async def test_a_view_calls_the_sender_as_ever_and_finds_folio_and_stamp_in_the_row(
    pos: Pos, create_sender: Callable[..., Any]
) -> None:
    async with running_emitter(pos.world):
        sender = await pos.run(create_sender)
        uno, malo, otro = await pos.sell(900), await pos.sell(901, _xml(-5)), await pos.sell(902)

        assert await pos.run(lambda: sender.enviar_dte(uno, EMPRESA))
        assert await pos.run(lambda: sender.enviar_multiples([uno, malo, otro, 999], EMPRESA)) == 3
        assert await pos.run(lambda: sender.esperar_cola_vacia(timeout=60))

        issued, wrong = await pos.row(uno), await pos.row(malo)
        assert (issued.estado_sii, issued.folio, issued.error_envio) == ("enviado", 1, "")
        assert issued.timbre_electronico.startswith("<TED")
        assert issued.fecha_envio_sii is not None
        assert (wrong.estado_sii, wrong.folio) == ("pendiente", 901)
        assert "PrcItem" in wrong.error_envio
        assert (await pos.row(otro)).folio == 2
        stats = await pos.run(sender.get_stats)
        assert "PrcItem" in stats.pop("ultimo_error")
        assert stats == {"enviados": 2, "errores": 1, "en_cola": 0, "workers_activos": 1}

        def correct() -> None:
            _table().objects.filter(pk=malo).update(xml_dte=_xml(990))

        await pos.run(correct)
        assert await pos.run(lambda: sender.enviar_dte(malo, EMPRESA)), "«reenviar», as the monitor page has it"
        assert (await pos.row(malo)).estado_sii == "enviado"
        await pos.run(sender.shutdown)


async def test_without_the_emitter_the_row_says_pendiente_and_a_restart_of_the_pos_loses_nothing(
    pos: Pos, create_sender: Callable[..., Any]
) -> None:
    django_settings.POSTA_ESPERA = 0.1
    sender = await pos.run(create_sender)
    waiting = await pos.sell(900)
    died = await pos.sell(901, estado_sii="enviando")
    """As if the POS had died between the two writes."""
    assert await pos.run(lambda: sender.enviar_dte(waiting, EMPRESA)), "it is on its way"
    await pos.run(sender.shutdown)
    assert (await pos.row(waiting)).estado_sii == "pendiente"
    assert "no responde" in (await pos.row(waiting)).error_envio

    async with running_emitter(pos.world):
        again = await pos.run(create_sender)
        assert await pos.run(lambda: again.esperar_cola_vacia(timeout=60))
        assert {(await pos.row(pk)).estado_sii for pk in (waiting, died)} == {"enviado"}
        assert await pos.run(lambda: again.enviar_dte(waiting, EMPRESA)), "it is issued already"
        await pos.run(again.shutdown)
    async with open_store(pos.world.settings) as store:
        assert (await check_folios(store)).usados == 2
    del django_settings.POSTA_ESPERA


async def test_a_sale_whose_transaction_is_rolled_back_is_not_issued(
    pos: Pos, create_sender: Callable[..., Any]
) -> None:
    async with running_emitter(pos.world):
        sender = await pos.run(create_sender)
        kept, undone = await pos.sell(900), await pos.sell(901)

        def view(pk: int, *, fails: bool) -> None:
            with transaction.atomic():
                assert sender.enviar_dte(pk, EMPRESA)
                if fails:
                    transaction.set_rollback(True)

        await pos.run(lambda: view(undone, fails=True))
        await pos.run(lambda: view(kept, fails=False))
        assert await pos.run(lambda: sender.esperar_cola_vacia(timeout=60))

        assert (await pos.row(kept)).estado_sii == "enviado"
        assert (await pos.row(undone)).estado_sii == "generado"
        await pos.run(sender.shutdown)


async def test_a_folio_that_another_row_has_is_said_and_the_document_is_issued_all_the_same(
    pos: Pos, create_sender: Callable[..., Any]
) -> None:
    async with running_emitter(pos.world):
        sender = await pos.run(create_sender)
        await pos.sell(1, estado_sii="enviado")
        fresh = await pos.sell(900)
        assert await pos.run(lambda: sender.enviar_dte(fresh, EMPRESA))
        row = await pos.row(fresh)
        assert (row.estado_sii, row.folio) == ("enviado", 900)
        assert "folio 1" in row.error_envio
        await pos.run(sender.shutdown)


def venta_de(fila: Any) -> dict[str, Any]:
    """A POS's own way from a row to a sale."""
    return venta_boleta(Detalle=[{"NmbItem": f"Folio interno {fila.folio}", "PrcItem": 500}])


async def test_a_pos_may_make_the_sale_itself_and_its_views_share_one_sender(pos: Pos) -> None:
    django_settings.POSTA_VENTA = f"{__name__}.venta_de"
    async with running_emitter(pos.world), pos.world.http() as http:
        sender, again = await pos.run(get_background_sender), await pos.run(get_background_sender)
        assert sender is again
        row = await pos.sell(900, " ")
        assert await pos.run(lambda: sender.enviar_dte(row, EMPRESA))
        await pos.run(sender.shutdown)
        found = await http.get("/v1/dte", params={"clave": f"dte-{EMPRESA}-{row}"})
        assert [documento["monto"] for documento in found.json()["documentos"]] == [500]
    del django_settings.POSTA_VENTA


async def test_a_row_without_a_document_says_so_and_is_not_sent(pos: Pos, create_sender: Callable[..., Any]) -> None:
    sender = await pos.run(create_sender)
    row = await pos.sell(900, " ")
    assert not await pos.run(lambda: sender.enviar_dte(row, EMPRESA))
    assert (await pos.row(row)).estado_sii == "pendiente"
    assert "XML" in (await pos.row(row)).error_envio
    assert (await pos.run(sender.get_stats))["en_cola"] == 0
    await pos.run(sender.shutdown)


async def test_a_setting_that_is_missing_is_named(pos: Pos, create_sender: Callable[..., Any]) -> None:
    del django_settings.POSTA_SPOOL
    with pytest.raises(Misconfigured, match="POSTA_SPOOL"):
        await pos.run(create_sender)
