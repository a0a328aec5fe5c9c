"""How companies are described: what ends when, what a range is good for, and which check a fault is of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.monitor.administracion.chequeos import describe_fallas
from services.monitor.administracion.fichas import EstadoRango, Vigencia, describe_certificado, judge_rango
from services.monitor.administracion.formulario import read_formulario
from shared.adapters.mongo.folio_records import CafGuardado, Reserva, Tramo
from shared.dte.codigos import Codigo
from shared.dte.existencias import Destino
from shared.dte.tipos import Canal, TipoDte
from shared.errors import Conflict, Falla, Invalid, Misconfigured
from shared.messages import EmisorGuardado, Proveedor
from tests.dte_data import EMISOR, EMISOR_RUT

AHORA = datetime(2026, 11, 24, 15, tzinfo=UTC)
CAF = CafGuardado(
    id=f"{EMISOR_RUT}-33-1",
    destino=Destino(EMISOR_RUT, TipoDte.FACTURA, "Centro"),
    desde=1,
    hasta=100,
    fecha=date(2026, 6, 1),
    vence=date(2026, 11, 24),
    nuevos=(Tramo(51, 100),),
    libres=(7,),
    reservas=(Reserva("r", f"{EMISOR_RUT}-33-1", (49, 50)),),
    anulados=(),
)


@pytest.mark.parametrize(
    ("queda", "estado"),
    [
        (timedelta(days=31), Vigencia.VIGENTE),
        (timedelta(days=29), Vigencia.POR_VENCER),
        (timedelta(seconds=-1), Vigencia.VENCIDO),
    ],
)
def test_a_certificate_says_in_time_that_it_ends(queda: timedelta, estado: Vigencia) -> None:
    emisor = EmisorGuardado(
        rut=EMISOR_RUT, datos={}, resoluciones={}, certificado=b"x", certificado_vence=AHORA + queda
    )
    assert describe_certificado(emisor, AHORA).estado is estado
    assert describe_certificado(emisor.model_copy(update={"certificado": None}), AHORA).estado is Vigencia.FALTA


def test_a_range_is_in_use_until_its_last_day_has_passed_or_its_last_folio_is_gone() -> None:
    rango = judge_rango(CAF, AHORA)
    assert (rango.estado, rango.usados, rango.disponibles, rango.devueltos, rango.reservados) == (
        EstadoRango.EN_USO,
        47,
        51,
        1,
        2,
    )
    assert judge_rango(CAF, AHORA + timedelta(days=1)).estado is EstadoRango.VENCIDO
    assert judge_rango(replace(CAF, vence=None), AHORA + timedelta(days=900)).estado is EstadoRango.EN_USO
    held = replace(CAF, nuevos=(), libres=())
    assert judge_rango(held, AHORA).estado is EstadoRango.EN_USO, "a sale under way may give them back"
    assert judge_rango(replace(held, reservas=()), AHORA).estado is EstadoRango.AGOTADO


def test_every_fault_has_the_name_of_its_check() -> None:
    error = Invalid(
        Codigo.CAF_FIRMA.falla("FRMA"),
        Codigo.CERT_CLAVE.falla(""),
        Falla("razon_social", "x", "falta"),
        Falla("boleta.numero", "x", "falta"),
        Falla("", "x", "no llegó"),
    )
    names = [chequeo.nombre for chequeo in describe_fallas(error)]
    assert names == ["Firma del SII", "Contraseña", "Razón social", "Boleta numero", "Archivo"]
    for other, name in ((Conflict("ya está"), "Repetido"), (Misconfigured("falta la llave"), "Instalación")):
        assert [(one.nombre, one.mensaje) for one in describe_fallas(other)] == [(name, str(other))]


def test_a_form_is_read_whatever_separates_its_codes_and_without_what_nobody_filled_in() -> None:
    dado = {campo: str(valor) for campo, valor in EMISOR.model_dump(exclude={"acteco"}).items()}
    alta = read_formulario(
        dado | {"acteco": "471990,475201  477399", "factura_fecha": "2026-01-02", "factura_numero": "80", "ciudad": " "}
    )
    assert alta.datos == EMISOR.model_copy(update={"acteco": (471990, 475201, 477399), "ciudad": None})
    assert {canal: resolucion.numero for canal, resolucion in alta.resoluciones.items()} == {Canal.FACTURA: 80}
    assert (alta.proveedor, alta.limite_por_minuto) == (Proveedor.SII, None)
