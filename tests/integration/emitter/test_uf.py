"""The till and the day's UF: what an operator writes into the file holds for the next sale."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from shared.clock import chile, now
from shared.settings import Settings
from tests.dte_data import venta_boleta
from tests.emitter_world import create_world, request_of, running_emitter


def _lines(archivo: Path, desde: date, valor: str) -> None:
    """The value for a week, so that midnight does not matter."""
    dias = (desde + timedelta(days=dia) for dia in range(-3, 4))
    archivo.write_text("".join(f"{dia};{valor}\n" for dia in dias), encoding="utf-8")


async def test_a_large_boleta_is_refused_as_soon_as_the_file_has_the_days_uf(
    settings: Settings, tmp_path: Path
) -> None:
    archivo, hoy = tmp_path / "uf.csv", chile(now()).date()
    archivo.write_text("fecha;valor\n", encoding="utf-8")
    world = await create_world(settings.model_copy(update={"uf_file": archivo}))
    venta = venta_boleta(Detalle=[{"NmbItem": "Televisor", "PrcItem": 5_000_000}])
    async with running_emitter(world), world.http() as http:
        warned = await http.post("/v1/dte", **request_of("sin-uf", venta))
        assert warned.status_code == 201
        assert [aviso.rpartition(" ")[2] for aviso in warned.json()["advertencias"]] == ["[POSTA-DTE-125]"] * 3
        _lines(archivo, hoy, "37.000,50")
        refused = await http.post("/v1/dte", **request_of("con-uf", venta))
        assert (refused.status_code, {error["codigo"] for error in refused.json()["errores"]}) == (
            422,
            {"POSTA-DTE-106"},
        )
        _lines(archivo, hoy, "38.000")
        taken = await http.post("/v1/dte", **request_of("uf-alta", venta))
        assert (taken.status_code, taken.json()["folio"], taken.json()["advertencias"]) == (201, 2, [])
