"""What the panel is to Prometheus."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.monitor.colas import describe_cola
from services.monitor.cuadratura import LadoBroker
from services.monitor.medidas import record_panel
from services.monitor.panel import Fuente, LecturaBase, LecturaBroker, Problema, build_panel
from services.monitor.pausas import PausaVista
from shared.adapters.mongo.esperas import Espera
from shared.dte.causa import Causa
from shared.dte.tipos import Ambiente, Canal
from shared.messages import ClasePausa
from shared.metrics import REGISTRY
from tests.unit.monitor.datos import AHORA, a_latido, a_reading

COLA = "posta.envio.boleta.alta.v1"


def record(
    base: LecturaBase | None, *problemas: Problema, broker: LecturaBroker | None = None, lado: LadoBroker | None = None
) -> None:
    panel = build_panel(
        base,
        broker,
        problemas,
        ambiente=Ambiente.CERTIFICACION,
        ahora=AHORA,
        vencido=timedelta(seconds=15),
        lados={"broker": lado},
    )
    record_panel(panel)


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(f"posta_{name}", labels)


def a_pausa(clase: ClasePausa, objeto: str) -> PausaVista:
    return PausaVista(clase=clase, objeto=objeto, motivo="prueba", quien="ana", desde=AHORA)


def test_a_paused_channel_is_named_and_paused_companies_are_only_counted() -> None:
    pausas = (
        a_pausa(ClasePausa.CANAL, "factura"),
        a_pausa(ClasePausa.EMISOR, "76192083-9"),
        a_pausa(ClasePausa.EMISOR, "11111111-1"),
    )
    record(replace(a_reading(), pausas=pausas))
    assert {canal: value("canal_en_pausa", canal=canal) for canal in Canal} == {"boleta": 0, "factura": 1, "dtebox": 0}
    assert value("empresas_en_pausa") == 2
    record(a_reading())
    assert {value("canal_en_pausa", canal=canal) for canal in Canal} == {0}
    assert value("empresas_en_pausa") == 0


def test_breakers_count_by_position_and_those_of_companies_count_together() -> None:
    away = {"posicion": "abierto"}
    cortes = dict.fromkeys(("boleta.subida", "correo.a.cl:25", "correo.b.cl:25", "caja.10.0.0.7.subida"), away)
    record(
        a_reading(latidos=(a_latido("sender@a", cortes=cortes), a_latido("sender@b", cortes={"boleta.subida": away})))
    )
    assert value("cortes", corte="boleta.subida", posicion="abierto") == 2
    assert value("cortes", corte="correo", posicion="abierto") == 2
    assert value("cortes", corte="caja", posicion="abierto") == 1
    record(a_reading(latidos=(a_latido("sender@a", cortes={"boleta.subida": {"posicion": "cerrado"}}),)))
    assert value("cortes", corte="boleta.subida", posicion="abierto") is None
    assert value("cortes", corte="boleta.subida", posicion="cerrado") == 1


def test_the_age_of_a_queue_is_the_moment_since_which_its_oldest_waits() -> None:
    broker = LecturaBroker(momento=AHORA, colas=(describe_cola(COLA, 3, 1),))
    desde = AHORA - timedelta(minutes=7)
    record(a_reading(espera=Espera({("boleta", "alta"): desde})), broker=broker)
    assert value("cola_desde_segundos", cola=COLA) == desde.timestamp()
    record(a_reading(), broker=broker)
    assert value("cola_desde_segundos", cola=COLA) is None


def test_every_cause_has_a_sample_before_anything_is_parked_for_it() -> None:
    base = a_reading()
    assert base.conteo is not None
    record(replace(base, conteo=replace(base.conteo, apartados={"caf": 3})))
    assert {causa: value("apartados", causa=causa) for causa in Causa} == {c: 3 * (c is Causa.CAF) for c in Causa}


def test_what_does_not_agree_is_told_by_side_and_not_before_it_was_compared() -> None:
    record(a_reading(antes=12, usados=12, aceptado=10), lado=LadoBroker(documentos=5, mensajes=4, faltan=1))
    assert value("descuadre", lado="folios") == 2
    assert value("descuadre", lado="broker") == 1
    assert value("descuadre", lado="sii") is None


def test_a_source_that_is_away_is_seen_beside_its_old_figures() -> None:
    record(a_reading(), Problema(fuente=Fuente.RABBITMQ, mensaje="no responde", desde=AHORA))
    assert value("fuente_responde", fuente="RabbitMQ") == 0
    assert value("fuente_responde", fuente="MongoDB") == 1


def test_a_source_that_nobody_has_asked_yet_neither_answers_nor_fails() -> None:
    record(None)
    assert [value("fuente_responde", fuente=fuente) for fuente in Fuente] == [None, None]
