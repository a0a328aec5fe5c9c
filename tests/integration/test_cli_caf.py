"""Folios at the command line."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.administracion.main import open_admin
from shared.clock import chile, now
from shared.dte.existencias import Destino
from shared.dte.tipos import TipoDte
from shared.settings import Settings
from tests.dte_data import EMISOR, EMISOR_RUT, make_caf_xml
from tests.emitter_world import RESOLUCIONES, import_folios, open_store, with_authority
from tests.integration.test_cli import Posta
from tests.records import make_record

AYER = chile(now()).date() - timedelta(days=1)


@pytest.fixture
async def posta(settings: Settings) -> Posta:
    """The command line of a company that has one till, in the store Centro."""
    ours = Posta(with_authority(settings))
    async with open_admin(ours.settings) as admin:
        await admin.create_emisor(EMISOR, RESOLUCIONES)
        await admin.create_terminal(EMISOR_RUT, "Centro", "7")
    return ours


def _write_caf(posta: Posta, name: str, desde: int, hasta: int) -> str:
    archivo = posta.carpeta / name
    archivo.write_bytes(make_caf_xml(desde=desde, hasta=hasta, fecha=AYER))
    return str(archivo)


async def test_one_bad_file_does_not_stop_the_others(posta: Posta) -> None:
    good = [_write_caf(posta, f"{desde}.xml", desde, desde + 9) for desde in (1, 11)]
    bad = posta.write("roto.xml", "<nada/>")
    said = await posta("caf", "import", good[0], bad, str(posta.carpeta / "ausente.xml"), good[0], good[1])

    assert said.status == 1
    assert [line.rpartition("/")[2] for line in said.salida.splitlines()] == [
        f"1.xml: {EMISOR_RUT}, tipo 39, folios 1 a 10, para toda la empresa",
        f"11.xml: {EMISOR_RUT}, tipo 39, folios 11 a 20, para toda la empresa",
    ]
    for words in ("roto.xml: ", "no es un archivo CAF", "ausente.xml: no se puede leer", "ya están importados"):
        assert words in said.error
    more = _write_caf(posta, "21.xml", 21, 30)
    [row] = (await posta("caf", "import", more, "--tienda", "Centro", "--json")).json
    assert (row["importado"], row["id"]) == (True, f"{EMISOR_RUT}-39-21")


async def test_ranges_are_assigned_voided_and_explained(posta: Posta) -> None:
    rango = f"{EMISOR_RUT}-39-1"
    await _sell_one_of_three(posta)
    assigned = await posta("caf", "assign", rango, "--tienda", "Centro")
    assert (assigned.status, "Los 9 folios que quedan" in assigned.salida) == (0, True)
    assert "para la tienda Centro" in assigned.salida

    voided = await posta("caf", "void", rango, "9-10", "--motivo", "talonario perdido")
    assert (voided.status, "sitio del SII" in voided.error) == (0, True)

    [gaps] = (await posta("caf", "gaps", "--json")).json
    assert gaps == {
        "rango": rango,
        "siguiente": 4,
        "usados": 1,
        "reservados": 0,
        "devueltos": [[2, 3]],
        "anulados": [[9, 10]],
        "rechazados": [],
        "vencidos": [],
        "contradictorios": [],
        "sin_explicacion": [],
        "motivos": ["talonario perdido"],
    }
    [row] = (await posta("caf", "list", "--json")).json
    assert {name: row[name] for name in ("id", "disponibles", "usados", "anulados", "por_dia", "dias", "nivel")} == {
        "id": rango,
        "disponibles": 7,
        "usados": 1,
        "anulados": 2,
        "por_dia": 1.0,
        "dias": 7.0,
        "nivel": "aviso",
    }


async def test_a_folio_that_nothing_explains_is_an_error_with_its_remedy(posta: Posta) -> None:
    await _sell_one_of_three(posta)
    assert f"{EMISOR_RUT}-39-1" in (await posta("caf", "list")).salida
    async with open_store(posta.settings) as store:
        await store._mongo.database.dtes.delete_many({})

    said = await posta("caf", "gaps")
    assert said.status == 1
    assert f"{EMISOR_RUT}-39-1: 1: entregados y en ningún documento" in said.error
    assert "posta caf void" in said.error


async def _sell_one_of_three(posta: Posta) -> None:
    """Of a range of ten, three folios are reserved, the first is used, the others are given back."""
    async with open_admin(posta.settings) as admin:
        await import_folios(admin, TipoDte.BOLETA, 1, 10)
    async with open_store(posta.settings) as store:
        reserva = await store.folios.reserve(Destino(EMISOR_RUT, TipoDte.BOLETA), 3)
        await store.documents.insert([make_record(reserva.folios[0])])
        await store.folios.settle([(reserva, reserva.folios[1:])])
