"""What a line of text asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.monitor.busqueda.campos import EJEMPLOS, Campo
from services.monitor.busqueda.consulta import LARGO_MAX, TERMINOS_MAX, Consulta, parse_consulta
from services.monitor.busqueda.valores import ESTADOS
from services.monitor.busqueda.vistas import PREDEFINIDAS
from shared.adapters.mongo.criterio import TODOS, Criterio
from shared.dte.causa import Causa
from shared.dte.estado import Estado
from shared.dte.plazo import Plazos
from shared.dte.tipos import Canal, TipoDte

AHORA = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
"""12:00 in Chile."""
HOY = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
DIA = timedelta(days=1)


def read(texto: str) -> Consulta:
    return parse_consulta(texto, AHORA, Plazos())


def asked(texto: str) -> Criterio:
    consulta = read(texto)
    assert consulta.fallas == ()
    return consulta.criterio


@pytest.mark.parametrize(
    ("texto", "wanted"),
    [
        ("", {}),
        ("folio:1201", {"folios": ((1201, 1201),)}),
        ("FOLIO: 1.201", {"folios": ((1201, 1201),)}),
        ("folio:1201-1.300", {"folios": ((1201, 1300),)}),
        ("folio:1201..1300", {"folios": ((1201, 1300),)}),
        ("1201..1300", {"folios": ((1201, 1300),)}),
        ("folio:7,9 folio:11", {"folios": ((7, 7), (9, 9), (11, 11))}),
        ("rut:76.192.083-9", {"receptores": ("76192083-9",)}),
        ("Receptor:761920839", {"receptores": ("76192083-9",)}),
        ("76.192.083-9", {"receptores": ("76192083-9",)}),
        ("rut:10.000.013-k", {"receptores": ("10000013-K",)}),
        ("emisor:76192083-9", {"emisores": ("76192083-9",)}),
        ("tipo:39", {"tipos": (TipoDte.BOLETA,)}),
        ("tipo:Boletas", {"tipos": (TipoDte.BOLETA, TipoDte.BOLETA_EXENTA)}),
        ('tipo:"Nota de Crédito"', {"tipos": (TipoDte.NOTA_CREDITO,)}),
        ("tipo:nc,guía", {"tipos": (TipoDte.NOTA_CREDITO, TipoDte.EXPORTACION_CREDITO, TipoDte.GUIA)}),
        ("estado:RECHAZADO,Pendientes", {"estados": (Estado.RECHAZADO, Estado.PENDIENTE)}),
        ("estado:rech", {"estados": (Estado.RECHAZADO,)}),
        ("rechazados facturas", {"estados": (Estado.RECHAZADO,), "tipos": (TipoDte.FACTURA, TipoDte.FACTURA_EXENTA)}),
        ("causa:Sin-Permiso", {"causas": (Causa.SIN_PERMISO,)}),
        ("tienda:“Casa matriz”,Maipú caja:2", {"tiendas": ("Casa matriz", "Maipú"), "cajas": ("2",)}),
        ("fecha:hoy", {"desde": HOY, "hasta": HOY + DIA}),
        ("fecha:22-11..ayer", {"desde": HOY - 2 * DIA, "hasta": HOY}),
        ("desde:2026-11-20 hasta:22/11/26", {"desde": HOY - 4 * DIA, "hasta": HOY - DIA}),
        ("desde:24-12", {"desde": datetime(2025, 12, 24, 3, 0, tzinfo=UTC)}),
        ("desde:24-11T09:30", {"desde": datetime(2026, 11, 24, 12, 30, tzinfo=UTC)}),
        ("hasta:hoyT09:30", {"hasta": datetime(2026, 11, 24, 12, 31, tzinfo=UTC)}),
        ("desde:7d hasta:2h", {"desde": AHORA - 7 * DIA, "hasta": AHORA - timedelta(hours=2)}),
        ("fecha:hoy desde:30m", {"desde": AHORA - timedelta(minutes=30), "hasta": HOY + DIA}),
        ("espera:persona", {"apartado": True}),
        ("plazo:vencido", {"limites": ((Canal.BOLETA, AHORA - timedelta(hours=1)), (Canal.FACTURA, HOY))}),
        ("id:76.192.083-9-39-01201", {"ids": ("76192083-9-39-1201",)}),
    ],
)
def test_a_text_is_understood_however_it_is_written(texto: str, wanted: dict[str, Any]) -> None:
    assert asked(texto) == Criterio(**wanted)


@pytest.mark.parametrize(
    ("texto", "termino", "remedio"),
    [
        ("foliio:1", "foliio:1", "¿quiso decir «folio:»?"),
        ("color:rojo", "color:rojo", 'Si es parte del texto, escríbalo entre comillas: "color:rojo"'),
        ("folio:", "folio:", "falta el valor: escriba por ejemplo folio:1201-1300"),
        ("folio:doce", "folio:doce", "escriba un número, como folio:1201"),
        ("folio:9-5", "folio:9-5", "escriba folio:5-9"),
        ("folio:1-5,9", "folio:1-5,9", "un tramo de folios va solo"),
        ("rut:76192083-1", "rut:76192083-1", "debería ser 76192083-9"),
        ("rut:abc", "rut:abc", "se espera la forma 12345678-5"),
        ("estado:acetado", "estado:acetado", "¿quiso decir «aceptado»?"),
        ("estado:zzz", "estado:zzz", "escriba uno de estos: generado, enviando"),
        ("estado:envi", "estado:envi", "¿quiso decir «envia"),
        ("tipo:38", "tipo:38", "no es un tipo de documento"),
        ("fecha:31-02", "fecha:31-02", "«31-02» no es una fecha: escriba hoy, ayer"),
        ("fecha:ayer,hoy", "fecha:ayer,hoy", "aquí va un solo valor"),
        ("fecha:hoy..ayer", "fecha:hoy..ayer", "ponga primero la fecha más antigua"),
        ("desde:24-11 14:30", "14:30", "escríbala junto a su día, como desde:24-11T14:30"),
        ("desde:hoy hasta:ayer", "desde/hasta", "ningún momento cumple las dos"),
        ("folio 1201", "folio", "después de «folio» van dos puntos"),
        ("caja:2", "caja", "agregue de qué tienda es la caja"),
        ("plazo:mañana", "plazo:mañana", "escriba plazo:por_vencer o plazo:vencido"),
        ("espera:hora", "espera:hora", "sólo se puede buscar espera:persona"),
        ("id:1201", "id:1201", "es emisor-tipo-folio"),
        ("ref:1201", "ref:1201", "es emisor-tipo-folio"),
    ],
)
def test_a_wrong_term_is_named_with_its_remedy(texto: str, termino: str, remedio: str) -> None:
    (falla,) = read(texto).fallas
    assert falla.ruta == termino
    assert remedio in falla.mensaje


def test_every_wrong_term_is_named_and_the_good_ones_stay() -> None:
    consulta = read("folio:x estado:rechazado rut:y")
    assert [falla.ruta for falla in consulta.fallas] == ["folio:x", "rut:y"]
    assert consulta.texto == "folio:x estado:rechazado rut:y"


def test_what_is_too_long_is_refused_with_its_bounds() -> None:
    for texto in ("1" * (LARGO_MAX + 1), "1 " * (TERMINOS_MAX + 1)):
        assert f"caben {LARGO_MAX} letras y {TERMINOS_MAX} términos" in read(texto).fallas[0].mensaje


@pytest.mark.parametrize(
    ("texto", "campos"),
    [
        ("1201", {Campo.FOLIO, Campo.TRACK, Campo.CLAVE, Campo.SOBRE}),
        ("venta-7781", {Campo.CLAVE, Campo.SOBRE}),
        ("76192083-9-39-1201", {Campo.ID, Campo.CLAVE}),
        ('"14:30"', {Campo.CLAVE, Campo.SOBRE}),
        ("track:4512300", {Campo.TRACK}),
        ("refiere:76.192.083-9-33-07", {Campo.REFERENCIA}),
    ],
)
def test_a_pasted_value_is_all_that_it_may_be(texto: str, campos: set[Campo]) -> None:
    ((pegado,),) = read(texto).pegados
    assert pegado.campos == campos


def test_pasted_values_are_alternatives_and_named_ones_narrow() -> None:
    consulta = read("1201 1202\n1203 sobre:a,b")
    assert [[one.valor for one in group] for group in consulta.pegados] == [["a", "b"], ["1201", "1202", "1203"]]


def test_each_term_can_be_taken_away() -> None:
    fichas = read('tienda:"Casa matriz" estado:rechazado 1201').fichas
    assert [(f.campo, f.valor) for f in fichas] == [
        ("Tienda", "Casa matriz"),
        ("Estado", "rechazado"),
        ("Texto", "1201"),
    ]
    assert [f.sin for f in fichas] == [
        "estado:rechazado 1201",
        'tienda:"Casa matriz" 1201',
        'tienda:"Casa matriz" estado:rechazado',
    ]


@pytest.mark.parametrize("texto", [ejemplo for ejemplo, _ in EJEMPLOS.values()])
def test_every_example_is_a_good_search(texto: str) -> None:
    companion = "tienda:Sur" if texto.startswith("caja") else ""
    assert read(f"{texto} {companion}").fallas == ()


def test_every_predefined_view_is_a_good_search_and_reads_as_it_is_written() -> None:
    for vista in PREDEFINIDAS:
        assert read(vista.q).fallas == ()
        assert read(vista.q).texto == vista.q


def test_states_that_contradict_each_other_match_nothing() -> None:
    assert asked("plazo:vencido estado:aceptado").nothing_can_match
    assert asked("espera:persona estado:rechazado").nothing_can_match
    assert not asked("espera:persona plazo:vencido").nothing_can_match
    assert asked("id:76192083-9-39-1 id:76192083-9-39-2").nothing_can_match


WORDS = st.sampled_from(
    [*Campo, *ESTADOS, ":", '"', ",", "..", "-", "76192083-9", "12", "hoy", "T12:00", " ", "«", "ñ"]
)


@given(st.one_of(st.text(), st.lists(WORDS).map("".join)))
def test_no_text_whatever_breaks_the_reading(texto: str) -> None:
    consulta = read(texto)
    again = read(consulta.texto)
    assert (again.criterio, again.pegados) == (consulta.criterio, consulta.pegados)
    assert all(falla.mensaje for falla in consulta.fallas)
    if not texto.strip():
        assert consulta.criterio == TODOS
