"""`posta dte print`, as a person runs it."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from services.cli import app
from shared.dte.ted import cut_ted
from tests.unit.dte.impresion.lectores import draw_svg, read_barcode, read_pages, read_png
from tests.unit.dte.impresion.muestras import MUESTRAS, to_dte, to_sobre


@pytest.fixture
def factura(tmp_path: Path) -> Path:
    archivo = tmp_path / "factura.xml"
    archivo.write_bytes(to_dte(MUESTRAS[33]))
    return archivo


def print_dte(archivo: Path, salida: str, *opciones: str) -> tuple[Result, Path]:
    destino = archivo.parent / salida
    return CliRunner().invoke(app, ["dte", "print", str(archivo), *opciones, "-o", str(destino)]), destino


def test_a_document_becomes_a_pdf(factura: Path) -> None:
    resultado, pdf = print_dte(factura, "f.pdf")
    assert resultado.exit_code == 0
    assert f"({pdf.stat().st_size} bytes)" in resultado.output
    (texto,) = read_pages(pdf.read_bytes())
    assert "Res. 0 de 2026" in texto
    assert "CEDIBLE" not in texto


def test_paper_copy_resolution_and_office_can_be_chosen(factura: Path) -> None:
    opciones = ["--formato", "80mm", "--cedible", "--resolucion", "80", "--fecha-resolucion", "2014-08-22"]
    resultado, pdf = print_dte(factura, "F.PDF", *opciones, "--oficina", "Santiago Oriente")
    assert resultado.exit_code == 0
    (texto,) = read_pages(pdf.read_bytes())
    for dicho in ("Res. 80 de 2014", "CEDIBLE", "S.I.I. - SANTIAGO ORIENTE"):
        assert dicho in texto


def test_a_document_becomes_a_page_of_html(factura: Path) -> None:
    resultado, html = print_dte(factura, "f.html")
    assert resultado.exit_code == 0
    assert "Comercial Ñuñoa &amp; Compañía Limitada" in html.read_text(encoding="utf-8")


def test_the_stamp_alone_becomes_an_image(factura: Path) -> None:
    ted = cut_ted(factura.read_bytes()).encode("iso-8859-1")
    _, png = print_dte(factura, "t.png", "--formato", "80mm")
    _, svg = print_dte(factura, "t.svg")
    assert read_png(png.read_bytes()) == ted
    assert Image.open(BytesIO(png.read_bytes())).width <= 576
    assert read_barcode(draw_svg(svg.read_text(encoding="ascii"))).bytes == ted


def test_an_envelope_is_printed_whole_with_its_own_resolution(tmp_path: Path) -> None:
    archivo = tmp_path / "sobre.xml"
    archivo.write_bytes(to_sobre(to_dte(MUESTRAS[39]), to_dte(MUESTRAS[41]), raiz="EnvioBOLETA"))
    resultado, pdf = print_dte(archivo, "s.pdf")
    assert resultado.exit_code == 0
    assert [("Res. 80 de 2014" in texto) for texto in read_pages(pdf.read_bytes())] == [True, True]


@pytest.mark.parametrize(
    ("salida", "opciones", "dicho"),
    [
        ("f.doc", [], "use la extensión .pdf, .html, .png, .svg"),
        ("f", [], "use la extensión"),
        ("f.pdf", ["--resolucion", "80"], "van juntas"),
        ("f.pdf", ["--fecha-resolucion", "2014-08-22"], "van juntas"),
        ("f.pdf", ["--formato", "A4"], "carta"),
        ("no/hay/f.pdf", [], "no se puede escribir"),
    ],
)
def test_what_is_asked_wrongly_is_told(factura: Path, salida: str, opciones: list[str], dicho: str) -> None:
    resultado, destino = print_dte(factura, salida, *opciones)
    assert resultado.exit_code == 2
    assert dicho in " ".join(resultado.output.replace("│", " ").split())
    assert not destino.exists()


@pytest.mark.parametrize(
    ("contenido", "dicho"), [(b"hola", "el XML no se puede leer"), (b"<x/>", "no es un DTE que se entienda")]
)
def test_a_file_that_is_no_document_is_told_in_one_line(tmp_path: Path, contenido: bytes, dicho: str) -> None:
    archivo = tmp_path / "x.xml"
    archivo.write_bytes(contenido)
    orden = [sys.executable, "-m", "services.cli", "dte", "print", str(archivo), "-o", str(tmp_path / "x.pdf")]
    hecho = subprocess.run(orden, capture_output=True, text=True, check=False)
    assert hecho.returncode == 1
    assert hecho.stderr.startswith("posta: ")
    assert dicho in hecho.stderr
    assert hecho.stderr.count("\n") == 1
