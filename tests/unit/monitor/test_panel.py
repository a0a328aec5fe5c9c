"""The panel from whatever readings there are."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.monitor.colas import describe_cola
from services.monitor.cortes import Atraso, Corte
from services.monitor.cuadratura import Cuadratura
from services.monitor.panel import Fuente, LecturaBase, LecturaBroker, Panel, Problema, build_panel
from shared.adapters.mongo.esperas import Espera
from shared.dte.tipos import Ambiente, Canal
from tests.unit.monitor.datos import AHORA, a_latido, a_reading

VENCIDO = timedelta(seconds=15)


def panel_of(base: LecturaBase | None = None, broker: LecturaBroker | None = None, *problemas: Problema) -> Panel:
    return build_panel(base, broker, problemas, ambiente=Ambiente.CERTIFICACION, ahora=AHORA, vencido=VENCIDO)


def cuadratura_of(base: LecturaBase) -> Cuadratura:
    cuadratura = panel_of(base).cuadratura
    assert cuadratura is not None
    return cuadratura


def test_emitidos_is_the_sum_of_all_states() -> None:
    panel = panel_of(a_reading(generado=1, enviando=2, enviado=3, incierto=4, pendiente=5, aceptado=6, reparo=7))
    assert panel.emitidos == 28


def test_en_cola_counts_work_and_waits_but_not_what_is_parked() -> None:
    colas = (
        describe_cola("posta.envio.boleta.alta.v1", 3, 1),
        describe_cola("posta.espera.10m.v1", 4),
        describe_cola("posta.dlq.v1", 100),
        describe_cola("posta.ventas.v1", 1_000),
        describe_cola("posta.envio.factura.alta.v1", None),
    )
    panel = panel_of(None, LecturaBroker(momento=AHORA, colas=colas))
    assert panel.en_cola == 7
    assert panel_of(a_reading(espera=Espera(copias=3)), LecturaBroker(momento=AHORA, colas=colas)).en_cola == 4
    assert panel_of(a_reading(espera=Espera(copias=9)), LecturaBroker(momento=AHORA, colas=colas)).en_cola == 3
    assert list(panel.colas) == [cola.nombre for cola in colas]


def test_a_queue_tells_what_is_in_flight_and_since_when_the_oldest_waits() -> None:
    alta, dlq = "posta.envio.boleta.alta.v1", "posta.dlq.v1"
    hace = {n: AHORA - timedelta(minutes=n) for n in (3, 40)}
    latidos = (
        a_latido("sender@a", en_mano={alta: 7, "posta.intercambio.v1": 2}),
        a_latido("sender@b", en_mano={alta: 5}),
        a_latido("sender@muerto", hace=60, en_mano={alta: 500}),
    )
    base = a_reading(latidos=latidos, espera=Espera({("boleta", "alta"): hace[3]}, hace[40]))
    colas = (describe_cola(alta, 3, 1), describe_cola(dlq, 1), describe_cola("posta.envio.boleta.normal.v1", 0, 1))
    panel = panel_of(base, LecturaBroker(momento=AHORA, colas=colas))
    assert [(cola.en_vuelo, cola.desde) for cola in panel.colas.values()] == [(12, hace[3]), (0, hace[40]), (0, None)]


def test_what_no_source_ever_said_is_unknown_and_not_zero() -> None:
    panel = panel_of()
    assert (panel.emitidos, panel.estados, panel.en_cola, panel.salida, panel.cuadratura) == (None,) * 5
    assert panel.momento == AHORA


def test_the_panel_is_as_old_as_its_oldest_reading() -> None:
    broker = LecturaBroker(momento=AHORA - timedelta(seconds=40), colas=())
    assert panel_of(a_reading(), broker).momento == broker.momento


def test_workers_are_those_of_living_senders() -> None:
    latidos = (
        a_latido("sender@a", workers_activos=2, max_workers=5, en_vuelo=11),
        a_latido("sender@b", hace=15, workers_activos=1, max_workers=5, en_vuelo=7),
        a_latido("sender@muerto", hace=15.1, workers_activos=5, max_workers=5, en_vuelo=50),
        a_latido("emitter@c", workers_activos=9, max_workers=9),
    )
    panel = panel_of(a_reading(latidos=latidos))
    assert panel.workers.model_dump() == {"activos": 3, "max": 10, "procesos": 2, "en_vuelo": 18}
    assert [proceso.id for proceso in panel.procesos if not proceso.vivo] == ["sender@muerto"]


def a_corte(posicion: str, hace: float = 60, **fields: object) -> dict[str, object]:
    return {"posicion": posicion, "desde": AHORA - timedelta(seconds=hace), **fields}


def test_breakers_are_grouped_by_position_over_living_processes() -> None:
    probe = {"ultima_prueba": AHORA - timedelta(seconds=5), "proxima_prueba": AHORA, "error": "sii_caido HTTP 503"}
    latidos = (
        a_latido("sender@a", cortes={"boleta.subida": a_corte("cerrado"), "factura.subida": a_corte("abierto")}),
        a_latido("sender@b", cortes={"boleta.subida": a_corte("cerrado", 90)}),
        a_latido("sender@c", cortes={"factura.subida": a_corte("abierto", 30, **probe)}),
        a_latido("sender@d", cortes={"factura.subida": a_corte("probando")}),
        a_latido("sender@muerto", hace=60, cortes={"boleta.subida": a_corte("abierto")}),
    )
    assert panel_of(a_reading(latidos=latidos)).cortes == (
        Corte(canal="boleta.subida", estado="cerrado", procesos=2, desde=AHORA - timedelta(seconds=90)),
        Corte.model_validate(
            {"canal": "factura.subida", "estado": "abierto", "procesos": 2, "desde": AHORA - timedelta(minutes=1)}
            | probe
        ),
        Corte(canal="factura.subida", estado="probando", procesos=1, desde=AHORA - timedelta(minutes=1)),
    )


def test_the_end_of_a_backlog_follows_from_its_depth_and_the_rate_of_all_senders() -> None:
    colas = tuple(
        describe_cola(f"posta.envio.{canal}.{prioridad}.v1", mensajes, 1)
        for canal, prioridad, mensajes in (("boleta", "alta", 100), ("boleta", "normal", 500), ("factura", "normal", 9))
    )
    broker = LecturaBroker(momento=AHORA, colas=(*colas, describe_cola("posta.espera.1m.v1", 77)))
    away = {"boleta.subida": a_corte("abierto"), "factura.subida": a_corte("cerrado")}
    back = {"boleta.subida": a_corte("cerrado")}
    a = a_latido("sender@a", cortes=away, ritmo={"boleta": 4.0})
    b = a_latido("sender@b", cortes=back, ritmo={"boleta": 6.0})
    boleta = Atraso(canal=Canal.BOLETA, mensajes=600, por_segundo=4.0, segundos=150.0)
    factura = Atraso(canal=Canal.FACTURA, mensajes=9, por_segundo=0.0)
    assert panel_of(a_reading(latidos=(a,)), broker).atrasos == (boleta, factura)
    both = {"por_segundo": 10.0, "segundos": 60.0, "termino": AHORA + timedelta(minutes=1)}
    assert panel_of(a_reading(latidos=(a, b)), broker).atrasos == (boleta.model_copy(update=both), factura)


@pytest.mark.parametrize(("antes", "usados", "reservados"), [(10, 10, 0), (8, 12, 3), (9, 9, 1), (10, 9, 1)])
def test_the_sums_agree_while_documents_are_being_stored(antes: int, usados: int, reservados: int) -> None:
    cuadratura = cuadratura_of(a_reading(antes=antes, usados=usados, reservados=reservados, aceptado=10))
    assert (cuadratura.cuadra, cuadratura.faltan, cuadratura.sobran) == (True, 0, 0)


def test_a_folio_used_without_a_document_is_missing() -> None:
    cuadratura = cuadratura_of(a_reading(antes=12, usados=12, aceptado=10))
    assert (cuadratura.cuadra, cuadratura.faltan, cuadratura.sobran) == (False, 2, 0)


def test_a_document_whose_folio_nobody_handed_out_is_one_too_many() -> None:
    cuadratura = cuadratura_of(a_reading(antes=7, usados=7, reservados=1, aceptado=10))
    assert (cuadratura.cuadra, cuadratura.faltan, cuadratura.sobran) == (False, 0, 2)


def test_a_source_that_is_away_is_named() -> None:
    problema = Problema(fuente=Fuente.RABBITMQ, mensaje="RabbitMQ no responde", desde=AHORA)
    panel = panel_of(a_reading(), None, problema)
    assert panel.problema("RabbitMQ") == problema
    assert panel.problema("MongoDB") is None
