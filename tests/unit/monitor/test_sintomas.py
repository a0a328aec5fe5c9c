"""What counts as wrong, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.monitor.colas import describe_cola
from services.monitor.cortes import Corte
from services.monitor.cuadratura import Cuadratura
from services.monitor.paginas import CORTES
from services.monitor.panel import Fuente, Panel, Problema
from services.monitor.provisiones import CafPorVencer
from services.monitor.sintomas import Lectura, find_sintomas
from shared.adapters.mongo.envios import Desconocido
from shared.adapters.mongo.plazos import Aviso
from shared.dte.existencias import Destino, Existencia, Nivel
from shared.dte.tipos import Ambiente, Canal, TipoDte
from shared.messages import Alerta, ClaseAlerta, Gravedad

AHORA = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
EMISOR = "76192083-9"
COLA = "posta.envio.boleta.normal.v1"


def look(panel: Mapping[str, Any] | None = None, **found: Any) -> list[Alerta]:
    """What a look finds at a shop where nothing is wrong but this."""
    nothing: dict[str, Any] = {"existencias": (), "cafs": (), "certificados": {}, "plazos": {}}
    nothing |= {"desconocidos": {}, "rechazos": {}}
    seen = Panel(momento=AHORA, ambiente=Ambiente.CERTIFICACION, **(panel or {}))
    return find_sintomas(Lectura(ahora=AHORA, panel=seen, **{**nothing, **found}))


def test_where_nothing_is_wrong_nothing_is_told() -> None:
    whole = Cuadratura(documentos=5, folios_usados=5, folios_reservados=0, faltan=0, sobran=0)
    cola = describe_cola(COLA, 10, 1)
    corte = Corte(canal="boleta.subida", estado="cerrado", procesos=1)
    assert look({"cuadratura": whole, "colas": {COLA: cola}, "cortes": (corte,)}) == []


@pytest.mark.parametrize(
    ("nivel", "gravedad", "palabra"),
    [
        (Nivel.AVISO, Gravedad.AVISO, "Pocos folios"),
        (Nivel.CRITICO, Gravedad.GRAVE, "Pocos folios"),
        (Nivel.AGOTADO, Gravedad.GRAVE, "Sin folios"),
    ],
)
def test_folios_that_run_out_are_told_by_company_type_and_store(nivel: Nivel, gravedad: Gravedad, palabra: str) -> None:
    destino = Destino(EMISOR, TipoDte.BOLETA, "Maipú")
    [alerta] = look(existencias=[Existencia(destino, 1_200, 300.0, 4.0, nivel)])
    assert (alerta.clave, alerta.gravedad) == (f"folios:{EMISOR}:39:Maipú", gravedad)
    assert alerta.titulo.startswith(palabra)
    assert alerta.detalle == "76.192.083-9, Maipú: quedan 1.200, para 4 días."
    [alerta] = look(existencias=[Existencia(destino, 120, 80.0, 1.9, nivel)])
    assert alerta.detalle.endswith("quedan 120, para 1 día.")


@pytest.mark.parametrize(("vence", "verbo"), [(date(2026, 12, 1), "está por vencer"), (date(2026, 11, 23), "venció")])
def test_a_caf_is_told_of_before_and_after_its_last_day(vence: date, verbo: str) -> None:
    [alerta] = look(cafs=[CafPorVencer(f"{EMISOR}-33-1", EMISOR, TipoDte.FACTURA, 40, vence)])
    assert (alerta.clase, verbo in alerta.titulo) == (ClaseAlerta.CAF_VENCE, True)


@pytest.mark.parametrize(
    ("en", "gravedad"),
    [(timedelta(days=20), Gravedad.AVISO), (timedelta(days=3), Gravedad.GRAVE), (timedelta(days=-1), Gravedad.GRAVE)],
)
def test_a_certificate_grows_more_serious_towards_its_end(en: timedelta, gravedad: Gravedad) -> None:
    [alerta] = look(certificados={EMISOR: AHORA + en})
    assert (alerta.clave, alerta.gravedad) == (f"certificado:{EMISOR}", gravedad)


def test_an_open_breaker_is_told_once_however_many_processes_have_it() -> None:
    cortes = tuple(
        Corte(canal="factura.subida", estado="abierto", procesos=n, desde=AHORA, error="sii_caido 503") for n in (1, 2)
    )
    [alerta] = look({"cortes": cortes})
    assert (alerta.clave, alerta.detalle) == ("sii:factura.subida", "Desde las 12:00. sii_caido 503")


def test_a_mail_server_that_is_away_is_not_the_sii() -> None:
    canal = "correo.smtp.empresa.cl:587"
    cortes = [Corte(canal=canal, estado=estado, procesos=1, desde=AHORA, error="sin_conexion") for estado in CORTES]
    [alerta] = look({"cortes": tuple(cortes)})
    assert (alerta.clave, alerta.clase) == ("correo:smtp.empresa.cl:587", ClaseAlerta.CORREO_CAIDO)
    assert (alerta.gravedad, alerta.detalle) == (Gravedad.AVISO, "Desde las 12:00. sin_conexion")


def test_a_box_that_is_away_is_named_by_its_host() -> None:
    corte = Corte(canal="caja.caja.empresa.cl:8443.consulta", estado="abierto", procesos=1)
    [alerta] = look({"cortes": (corte,)})
    assert alerta.titulo == "Un DTEBox no responde: caja.empresa.cl:8443 (consultas)"


def test_deadlines_a_difference_missing_consumers_and_servers_are_told() -> None:
    uneven = Cuadratura(documentos=5, folios_usados=7, folios_reservados=0, faltan=2, sobran=0)
    away = Problema(fuente=Fuente.RABBITMQ, mensaje="RabbitMQ no responde", desde=AHORA)
    panel = {"cuadratura": uneven, "colas": {COLA: describe_cola(COLA, 7, 0)}, "problemas": (away,)}
    alertas = look(panel, plazos={(Canal.BOLETA, Aviso.POR_VENCER): 3})
    assert {alerta.clave for alerta in alertas} == {
        "cuadratura",
        "consumidores:sender",
        "servidor:RabbitMQ",
        "plazo:boleta:por_vencer",
    }
    assert all(alerta.gravedad is Gravedad.GRAVE and alerta.remedio for alerta in alertas)


def test_rejections_are_one_digest_by_cause() -> None:
    [alerta] = look(rechazos={"esquema": 1_200, "firma": 3})
    assert (alerta.titulo, alerta.detalle) == ("1.203 documentos rechazados", "Por causa: esquema 1.200, firma 3.")


def test_a_code_that_nobody_has_published_is_told_by_channel_with_what_hangs_on_it() -> None:
    hanging = {(Canal.BOLETA, "NUEVO\nX"): Desconocido(1, 50), (Canal.FACTURA, "(vacío)"): Desconocido(1_200, 1_300)}
    boleta, factura = look(desconocidos=hanging)
    assert (boleta.clave, boleta.clase) == ("codigo:boleta:NUEVO X", ClaseAlerta.CODIGO_DESCONOCIDO)
    assert boleta.titulo.endswith("no conoce: NUEVO X")
    assert "de 1 sobre con 50 documentos" in boleta.detalle
    assert "de 1.200 sobres con 1.300 documentos" in factura.detalle
