"""What a pause does to the panel and to the alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.monitor.clima import build_climas
from services.monitor.colas import describe_cola
from services.monitor.cortes import build_cortes
from services.monitor.panel import LecturaBroker, Panel, build_panel
from services.monitor.pausas import PausaVista, describe_pausa
from services.monitor.sintomas import Lectura, find_sintomas
from shared.adapters.mongo.plazos import Aviso
from shared.dte.tipos import Ambiente, Canal
from shared.messages import Alerta, ClasePausa, Pausa
from tests.unit.monitor.datos import AHORA, a_latido, a_reading

COLA = "posta.envio.factura.normal.v1"
DESDE = AHORA - timedelta(minutes=20)
EMISOR = "76192083-9"
AWAY = {"posicion": "abierto", "desde": AHORA - timedelta(hours=1), "error": "sii_caido HTTP 503"}
UP = {"posicion": "cerrado"}


def a_pausa(clase: ClasePausa, objeto: str) -> PausaVista:
    pausa = Pausa(clase=clase, objeto=objeto, motivo="mantención", quien="ana@10.0.0.7", desde=DESDE)
    return describe_pausa(pausa)


def panel_with(*pausas: PausaVista, consumidores: int = 0) -> Panel:
    sender = a_latido(
        "sender@a",
        cortes={"factura.subida": AWAY, "factura.consulta": UP, "boleta.subida": UP},
        ritmo={"factura": 2.0},
    )
    base = replace(a_reading(latidos=(sender,)), pausas=pausas, detenidos={EMISOR: 7})
    broker = LecturaBroker(momento=AHORA, colas=(describe_cola(COLA, 12, consumidores),))
    return build_panel(base, broker, (), ambiente=Ambiente.CERTIFICACION, ahora=AHORA, vencido=timedelta(seconds=30))


def alerts_of(panel: Panel, **found: object) -> dict[str, Alerta]:
    nothing: dict[str, object] = {"existencias": (), "cafs": (), "certificados": {}, "plazos": {}, "rechazos": {}}
    lectura = Lectura(ahora=AHORA, panel=panel, **{**nothing, **found})  # type: ignore[arg-type]
    return {alerta.clave: alerta for alerta in find_sintomas(lectura)}


def test_a_paused_channel_is_shown_as_paused_whatever_its_breaker_has_seen() -> None:
    panel = panel_with(a_pausa(ClasePausa.CANAL, "factura"))
    climas = {clima.canal: clima for clima in panel.climas}
    subida, consulta = climas[Canal.FACTURA].tratos
    assert (climas[Canal.FACTURA].estado, subida.estado, subida.desde, subida.error) == (
        "pausado",
        "pausado",
        DESDE,
        "",
    )
    assert consulta.estado == "cerrado"
    assert climas[Canal.BOLETA].estado == "cerrado"
    assert build_climas((), build_cortes((), {Canal.BOLETA: DESDE}), ())[0].estado == "pausado"  # and no sender lives
    (atraso,) = panel.atrasos
    assert (atraso.mensajes, atraso.termino) == (12, None)


def test_nobody_is_told_that_the_sii_is_away_or_that_nobody_consumes_where_somebody_has_paused() -> None:
    assert {"sii:factura.subida", "consumidores:sender"} <= set(alerts_of(panel_with()))
    assert alerts_of(panel_with(a_pausa(ClasePausa.CANAL, "factura"))) == {}
    assert panel_with(a_pausa(ClasePausa.EMISOR, EMISOR)).colas[COLA].sin_consumidores


def test_the_deadline_is_told_in_a_pause_too_and_that_there_is_one() -> None:
    plazos = {(Canal.FACTURA, Aviso.VENCIDO): 30, (Canal.BOLETA, Aviso.POR_VENCER): 4}
    paused = panel_with(a_pausa(ClasePausa.CANAL, "factura"), a_pausa(ClasePausa.EMISOR, EMISOR), consumidores=1)
    found = alerts_of(paused, plazos=plazos, plazos_en_pausa={(Canal.BOLETA, Aviso.POR_VENCER): 3})
    channel, company = found["plazo:factura:vencido"], found["plazo:boleta:por_vencer"]
    assert "pausado por ana desde las" in channel.detalle
    assert "mantención" in channel.detalle
    assert "3 son de empresas en pausa" in company.detalle
    assert {channel.enlace, company.enlace} == {"/pausas"}
    assert "Quite la pausa" in channel.remedio
    free = alerts_of(panel_with(consumidores=1), plazos=plazos)["plazo:boleta:por_vencer"]
    assert (free.enlace, "pausa" in free.detalle) == ("/", False)
