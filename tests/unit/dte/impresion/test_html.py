"""The HTML page: golden, escaped, and sufficient unto itself."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.dte.impresion import Formato, render_html
from tests.unit.dte.impresion import golden
from tests.unit.dte.impresion.muestras import MUESTRAS, RECEPTOR, factura, to_dte, to_sobre

HOSTIL = "</title><script>alert(1)</script><img src=x onerror=alert(1)> \" ' {{ 7*7 }} {% raise %} &amp; &lt;"


class Lector(HTMLParser):
    """The tags with their attributes, and the text outside of styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.etiquetas: list[tuple[str, dict[str, str | None]]] = []
        self.abiertas: list[str] = []
        self.textos: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.etiquetas.append((tag, dict(attrs)))
        if tag not in {"meta", "path"}:
            self.abiertas.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "path":
            assert self.abiertas.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.abiertas[-1:] != ["style"]:
            self.textos.append(data)


@pytest.mark.parametrize(("tipo", "formato"), golden.CASES)
def test_a_page_is_the_golden_one(tipo: int, formato: Formato) -> None:
    assert golden.write(tipo, formato) == golden.path_of(tipo, formato).read_text(encoding="utf-8")


@pytest.mark.parametrize(("tipo", "formato"), golden.CASES)
def test_a_page_is_well_formed_and_asks_no_other_address_for_anything(tipo: int, formato: Formato) -> None:
    html = render_html(to_dte(MUESTRAS[tipo]), formato, cedible=True)
    lector = Lector(html)
    assert not lector.abiertas
    assert "default-src 'none'" in html
    assert not {"script", "link", "img", "iframe", "object", "base", "a"} & {
        etiqueta for etiqueta, _ in lector.etiquetas
    }
    assert not re.findall(r"(?:https?:)?//|url\(|@import", html)


@pytest.mark.parametrize("formato", list(Formato))
def test_hostile_text_stays_text(formato: Formato) -> None:
    hostil = factura(
        Encabezado={"Receptor": RECEPTOR | {"RznSocRecep": HOSTIL, "GiroRecep": HOSTIL}},
        Detalle={"NmbItem": HOSTIL, "DscItem": HOSTIL, "UnmdItem": HOSTIL, "MontoItem": HOSTIL, "PrcItem": HOSTIL},
        Referencia={"TpoDocRef": HOSTIL, "FolioRef": HOSTIL, "FchRef": HOSTIL, "RazonRef": HOSTIL},
    )
    sano = Lector(render_html(to_dte(factura(Referencia={"TpoDocRef": 33})), formato))
    lector = Lector(render_html(to_dte(hostil), formato))
    assert {etiqueta for etiqueta, _ in lector.etiquetas} <= {etiqueta for etiqueta, _ in sano.etiquetas}
    assert "".join(lector.textos).count("<script>alert(1)</script>") >= 6
    assert "".join(lector.textos).count("{{ 7*7 }}") >= 6


@given(st.text(st.characters(codec="iso-8859-1", exclude_categories=["Cc"]), min_size=1, max_size=80))
def test_whatever_is_in_a_name_is_read_back_from_the_page(nombre: str) -> None:
    html = render_html(to_dte(factura(Detalle={"NmbItem": nombre, "MontoItem": 1})), Formato.CARTA)
    assert " ".join(nombre.split()) in "".join(Lector(html).textos)


def test_documents_of_an_envelope_follow_each_other_in_one_page() -> None:
    html = render_html(to_sobre(to_dte(MUESTRAS[33]), to_dte(MUESTRAS[61])), Formato.CARTA)
    assert html.count("<article>") == 2
    assert html.index("FACTURA ELECTRÓNICA</p>") < html.index("NOTA DE CRÉDITO ELECTRÓNICA</p>")
