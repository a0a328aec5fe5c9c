"""The pages: every state has a face, and nothing that came from outside becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from services.monitor.colas import describe_cola
from services.monitor.documento import describe_documento
from services.monitor.expediente.legajo import Legajo, build_legajo
from services.monitor.paginas import CARPETA, EXPLICACIONES, FRAGMENTOS, NOMBRES, Paginas
from services.monitor.panel import Fuente, LecturaBase, LecturaBroker, Panel, Problema, build_panel
from shared.dte.estado import Estado
from shared.dte.plazo import Plazos
from shared.dte.tipos import Ambiente
from shared.messages import Dte, ErrorEnvio, EstadoIntercambio, Intercambio
from tests.unit.monitor.datos import AHORA, ERROR, a_dte, a_latido, a_reading

EVIL = '"><script>alert(1)</script>'
STATIC = CARPETA / "static"


def paginas(ambiente: Ambiente = Ambiente.CERTIFICACION) -> Paginas:
    return Paginas(ambiente, lambda: AHORA)


def panel_of(base: LecturaBase | None = None, broker: LecturaBroker | None = None, *problemas: Problema) -> Panel:
    return build_panel(
        base, broker, problemas, ambiente=Ambiente.CERTIFICACION, ahora=AHORA, vencido=timedelta(seconds=15)
    )


def legajo_of(dte: Dte) -> Legajo:
    return build_legajo(dte, AHORA, Plazos())


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("estado", Estado)
def test_every_state_has_a_word_an_explanation_an_icon_and_a_colour(estado: Estado) -> None:
    assert NOMBRES[estado]
    assert EXPLICACIONES[estado]
    assert f'<symbol id="{estado}"' in (STATIC / "iconos.svg").read_text()
    assert f".estado-{estado} {{" in (STATIC / "posta.css").read_text()


def test_the_page_is_the_same_html_as_its_fragments() -> None:
    panel = panel_of(a_reading(aceptado=3, usados=3, antes=3), LecturaBroker(momento=AHORA, colas=()))
    page = paginas().render_panel(panel)
    for nombre, html in paginas().render_fragmentos(panel).items():
        assert re.search(rf'id="{nombre}"[^>]*>{re.escape(html)}<', page), nombre
    assert set(FRAGMENTOS) == set(paginas().render_fragmentos(panel))


def test_no_page_has_inline_script_or_style() -> None:
    ficha = legajo_of(a_dte())
    pages = [
        paginas().render_panel(panel_of(a_reading(aceptado=1))),
        paginas().render_ficha(ficha),
        paginas().render_aviso("t", "d"),
    ]
    for page in pages:
        assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="/static/posta.js">']
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
        assert not re.search(r'(src|href)="(?!/|#)', page), "an address outside of this server"


def test_what_a_sale_brought_is_text_and_never_markup() -> None:
    error = ErrorEnvio(causa=EVIL, codigo=EVIL, glosa=EVIL, remedio=EVIL)
    dte = a_dte(Estado.PENDIENTE, tienda=EVIL, caja=EVIL, emisor=EVIL, receptor=EVIL, error_envio=error)
    latido = a_latido(f"sender@{EVIL}", cortes={"boleta.subida": {"posicion": EVIL, "error": EVIL}})
    base = a_reading(pendiente=1, latidos=(latido,), ultimos=(describe_documento(dte),))
    broker = LecturaBroker(momento=AHORA, colas=(describe_cola(EVIL, 1),))
    for page in (paginas().render_panel(panel_of(base, broker)), paginas().render_ficha(legajo_of(dte))):
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


def test_the_environment_is_said_in_words_and_in_another_colour() -> None:
    certificacion = paginas().render_panel(panel_of())
    produccion = paginas(Ambiente.PRODUCCION).render_panel(panel_of())
    assert 'class="certificacion"' in certificacion
    assert "Certificación pruebas sin validez tributaria" in text_of(certificacion)
    assert 'class="produccion"' in produccion
    assert "Producción con validez tributaria" in text_of(produccion)


def test_a_source_that_is_away_is_said_with_the_time_of_its_last_figures() -> None:
    problema = Problema(
        fuente=Fuente.MONGODB,
        mensaje="MongoDB no responde",
        desde=AHORA,
        datos_de=AHORA - timedelta(seconds=8),
    )
    fragmentos = paginas().render_fragmentos(panel_of(a_reading(aceptado=1_234), None, problema))
    assert "MongoDB no responde desde las 12:00:00" in text_of(fragmentos["avisos"])
    assert "Sus datos son de las 11:59:52 ; se pondrán al día solos" in text_of(fragmentos["avisos"])
    assert "1.234" in fragmentos["cifras"]
    for nombre in ("cifras", "documentos", "procesos", "sii", "caudal"):
        assert "datos de las 11:59:52" in text_of(fragmentos[nombre])
    assert "atrasados" in fragmentos["momento"]
    assert "datos de las" not in text_of(fragmentos["colas"])


def test_a_source_that_never_answered_shows_no_figure_at_all() -> None:
    problemas = [Problema(fuente=fuente, mensaje=f"{fuente} no responde", desde=AHORA) for fuente in Fuente]
    fragmentos = paginas().render_fragmentos(panel_of(None, None, *problemas))
    assert "Todavía no hay datos suyos" in text_of(fragmentos["avisos"])
    assert not re.search(r"data-cifra", fragmentos["cifras"])
    assert "Sin datos de RabbitMQ" in fragmentos["colas"]
    for nombre in ("documentos", "procesos", "cuadratura", "caudal"):
        assert "Sin datos de MongoDB" in fragmentos[nombre]


def test_an_empty_installation_says_so() -> None:
    fragmentos = paginas().render_fragmentos(panel_of(a_reading()))
    assert "Todavía no se ha emitido ningún documento" in fragmentos["documentos"]
    assert "Ningún proceso ha dado señales de vida" in fragmentos["procesos"]
    assert "todos publicados" in fragmentos["cifras"]
    assert "0 emitidos = 0" in text_of(fragmentos["cuadratura"])


def test_today_and_what_waits_for_a_person_are_told_by_cause() -> None:
    base = a_reading(pendiente=3, aceptado=1_200)
    assert base.conteo is not None
    base = replace(base, conteo=replace(base.conteo, apartados={"sin_permiso": 2, "caf": 1}))
    text = text_of(paginas().render_fragmentos(panel_of(base))["cifras"])
    assert "1.203 hoy" in text
    assert "Apartados para una persona: sin_permiso 2 , caf 1 ." in text


def test_a_difference_in_the_sums_is_said_with_its_size() -> None:
    faltan = paginas().render_fragmentos(panel_of(a_reading(antes=12, usados=12, aceptado=10)))["cuadratura"]
    sobran = paginas().render_fragmentos(panel_of(a_reading(aceptado=10, usados=8, reservados=1)))["cuadratura"]
    assert "No cuadra" in faltan
    assert "Faltan 2 documentos" in text_of(faltan)
    assert "1 documentos tienen un folio que el libro no entregó" in text_of(sobran)
    assert "y 1 apartados para ventas en curso" in text_of(sobran)


def test_a_document_in_trouble_shows_cause_gloss_and_remedy() -> None:
    dte = a_dte(Estado.PENDIENTE, error_envio=ERROR, proximo_intento=AHORA + timedelta(minutes=10), intentos=2)
    base = a_reading(pendiente=1, ultimos=(describe_documento(dte),))
    text = text_of(paginas().render_fragmentos(panel_of(base))["documentos"])
    for wanted in ("Boleta 39 1.201", "$12.990", "esquema ENV-3-0", "Falta GiroRecep", "Corrija y emita de nuevo."):
        assert wanted in text
    assert "Próximo intento 12:10:00" in text
    parked = paginas().render_ficha(legajo_of(a_dte(Estado.PENDIENTE)))
    assert "Apartado: espera a una persona." in parked


def test_a_document_that_is_held_says_until_when_and_for_whom() -> None:
    until, other = AHORA + timedelta(hours=2), "77123456-9-33-5"
    dte = a_dte(Estado.GENERADO, enviar_desde=until, espera_a=(other,))
    base = a_reading(generado=1, ultimos=(describe_documento(dte),))
    text = text_of(paginas().render_fragmentos(panel_of(base))["documentos"])
    assert f"Retenido: espera a {other} , hasta 14:00:00" in text
    ficha = paginas().render_ficha(legajo_of(a_dte(Estado.GENERADO, espera_a=(other,))))
    assert f'Retenido: espera a <a href="/documentos/{other}">{other}</a>.' in ficha


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_enough_contrast_on_its_ground(theme: str) -> None:
    tokens = _tokens(theme)
    words = [estado.value for estado in Estado] + ["bien", "aviso", "mal"]
    pairs = [(word, f"{word}-fondo") for word in words]
    pairs += [(word, "tarjeta") for word in words]
    pairs += [(text, ground) for text in ("texto", "tenue", "enlace") for ground in ("fondo", "tarjeta")]
    poor = {pair: ratio for pair in pairs if (ratio := _contrast(tokens[pair[0]], tokens[pair[1]])) < 4.5}
    assert poor == {}


def _tokens(theme: str) -> dict[str, str]:
    """The colours of one theme; the dark one overrides the light one."""
    light, _, rest = (STATIC / "posta.css").read_text().partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    if theme == "dark":
        found |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", rest))
    return found


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("estado", "dice"),
    [
        (EstadoIntercambio.ENTREGADO, "Copia enviada a dte@cliente.cl"),
        (EstadoIntercambio.PENDIENTE, "Copia por enviar a dte@cliente.cl"),
        (EstadoIntercambio.APARTADO, "Copia no entregada a dte@cliente.cl"),
        (EstadoIntercambio.SIN_CORREO, "Sin copia para el cliente"),
    ],
)
def test_the_history_ends_with_the_customers_copy(estado: EstadoIntercambio, dice: str) -> None:
    dte = a_dte(Estado.ACEPTADO)
    correo = "" if estado is EstadoIntercambio.SIN_CORREO else "dte@cliente.cl"
    error = ErrorEnvio(causa="correo_direccion", glosa=EVIL) if estado is EstadoIntercambio.APARTADO else None
    copia = Intercambio(
        id=dte.id, emisor=dte.emisor, correo=correo, estado=estado, creado=AHORA, cambiado=AHORA, error=error
    )
    ficha = build_legajo(dte, AHORA, Plazos(), copia=copia)
    page = paginas().render_ficha(ficha)
    assert dice in text_of(page)
    assert EVIL not in page
    assert ("correo_direccion" in page) == (estado is EstadoIntercambio.APARTADO)
    assert "Copia" not in text_of(paginas().render_ficha(legajo_of(dte)))


def test_only_the_panel_has_what_the_live_page_replaces() -> None:
    for template in (CARPETA / "templates").glob("*.html"):
        ids = set(re.findall(r'id="([^"{]+)"', template.read_text(encoding="utf-8")))
        if template.name != "panel.html":
            assert not ids.intersection(FRAGMENTOS), template.name
