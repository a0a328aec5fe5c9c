"""A document's life, its deadline and its references, as its page tells them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.monitor.expediente.legajo import Legajo, build_legajo
from services.monitor.expediente.legible import write_legible
from shared.dte.estado import Estado
from shared.dte.plazo import Plazos, compute_vencimiento
from shared.dte.tipos import Canal
from shared.messages import Dte, Envio, EstadoEnvio, Hito, Respuesta
from tests.unit.monitor.datos import AHORA, a_dte


def legajo_of(dte: Dte, **given: Any) -> Legajo:
    return build_legajo(dte, AHORA, Plazos(), **given)


def an_envio(*respuestas: Respuesta) -> Envio:
    fields: dict[str, Any] = {"id": "F1", "emisor": "76192083-9", "canal": Canal.BOLETA, "documentos": ("x",)}
    fields |= {"archivo": "a", "sha256": "", "trabajador": "", "estado": EstadoEnvio.RECIBIDO}
    return Envio(**fields, creado=AHORA, cambiado=AHORA, respuestas=respuestas)


def test_what_the_sii_said_stands_before_the_step_that_it_led_to() -> None:
    after = [AHORA + timedelta(seconds=n) for n in (0, 2, 5)]
    estados = (Estado.GENERADO, Estado.ENVIANDO, Estado.ENVIADO)
    pasos = tuple(
        Hito(estado=e, momento=m, envio=None if n == 0 else "F1")
        for n, (e, m) in enumerate(zip(estados, after, strict=True))
    )
    dicho = Respuesta(momento=after[2], operacion="subida", http=200, cuerpo="TRACKID 7")
    silent = Respuesta(momento=after[2], operacion="termino")
    legajo = legajo_of(a_dte(Estado.ENVIADO, historia=pasos), envios=(an_envio(dicho, silent),))
    told = [uno.paso.estado if uno.paso else uno.respuesta and uno.respuesta.cuerpo for uno in legajo.momentos]
    assert told == ["generado", "enviando", "TRACKID 7", "enviado"]
    assert [uno.tras for uno in legajo.momentos] == [None, timedelta(seconds=2), timedelta(seconds=3), timedelta(0)]
    assert (legajo.sobres, legajo.momentos[2].sobre) == (("F1",), "F1")


@pytest.mark.parametrize("estado", Estado)
def test_a_deadline_is_told_until_the_sii_has_the_document(estado: Estado) -> None:
    waits = estado in (Estado.GENERADO, Estado.ENVIANDO, Estado.INCIERTO, Estado.PENDIENTE)
    assert (legajo_of(a_dte(estado)).vence is not None) == waits


def test_a_deadline_passes_and_does_not_run_for_what_is_held_back() -> None:
    assert not legajo_of(a_dte(creado=AHORA - timedelta(minutes=59))).vencido
    assert legajo_of(a_dte(creado=AHORA - timedelta(minutes=61))).vencido
    assert legajo_of(a_dte(espera_a=("76192083-9-33-1",))).vence is None


def test_a_boleta_has_its_hour_and_the_others_their_chilean_day() -> None:
    late = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)  # 23:30 of the 24th in Santiago
    assert compute_vencimiento(Canal.BOLETA, late, Plazos()) == late + timedelta(hours=1)
    assert compute_vencimiento(Canal.FACTURA, late, Plazos()) == datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def test_xml_is_laid_out_to_be_read_and_keeps_its_text() -> None:
    inner = "<Vacio/><Uno>Ñuñoa &amp; Cía</Uno><Dos>\n<Tres>3</Tres>\n</Dos><Nada></Nada>"
    xml = f'<?xml version="1.0"?>\n<DTE a="1">{inner}</DTE>'
    assert write_legible(xml.encode("iso-8859-1")).splitlines() == [
        '<?xml version="1.0"?>',
        '<DTE a="1">',
        "  <Vacio/>",
        "  <Uno>Ñuñoa &amp; Cía</Uno>",
        "  <Dos>",
        "    <Tres>3</Tres>",
        "  </Dos>",
        "  <Nada></Nada>",
        "</DTE>",
    ]
    assert write_legible(b"</a></b>text<") == "</a>\n</b>\ntext", "what is no XML breaks nothing"
