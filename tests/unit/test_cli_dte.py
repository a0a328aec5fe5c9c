"""`posta dte build`, `verify` and `totals`, as a person runs them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import CliRunner, Result

from services.cli import app
from shared.dte.caf import parse_caf
from shared.dte.construccion import build_documento, complete_documento
from shared.dte.documento import read_dte
from shared.dte.tipos import TipoDte
from shared.errors import Invalid
from tests import dte_data
from tests.dte_data import venta_boleta, venta_factura
from tests.unit.dte.verificador.casos import FACTURA, SOBRE

EMISOR = {
    "RUTEmisor": dte_data.EMISOR_RUT,
    "RznSoc": "Comercial Ñuñoa SpA",
    "GiroEmis": "Ventas",
    "Acteco": 471990,
    "DirOrigen": "Calle Uno 123",
    "CmnaOrigen": "Ñuñoa",
}


@dataclass(frozen=True)
class Mesa:
    """A folder with all that a document needs."""

    carpeta: Path

    def path(self, nombre: str, contenido: bytes | object | None = None) -> str:
        destino = self.carpeta / nombre
        if contenido is not None:
            destino.write_bytes(contenido if isinstance(contenido, bytes) else json.dumps(contenido).encode())
        return str(destino)

    def build(self, datos: object, **cambios: str) -> Result:
        opciones = {
            "caf": self.path("caf.xml", dte_data.make_caf_xml(TipoDte.FACTURA)),
            "cert": self.path("cert.p12", dte_data.make_p12()),
            "password-file": self.path("clave", f"{dte_data.PASSWORD}\n".encode()),
            "folio": "7",
            "fecha": "2026-02-03",
        } | {nombre.replace("_", "-"): valor for nombre, valor in cambios.items()}
        dadas = [parte for nombre, valor in opciones.items() for parte in (f"--{nombre}", valor)]
        return CliRunner().invoke(app, ["dte", "build", self.path("doc.json", datos), *dadas])

    def verify(self, xml: bytes, *opciones: str) -> Result:
        publica = dte_data.authority_key().public_key()
        pem = publica.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        llaves = self.path("llaves.json", {"666": pem})
        return CliRunner().invoke(app, ["dte", "verify", self.path("dte.xml", xml), "--llaves", llaves, *opciones])


@pytest.fixture
def mesa(tmp_path: Path) -> Mesa:
    return Mesa(tmp_path)


def factura(**id_doc: Any) -> dict[str, Any]:
    datos = venta_factura()
    datos["Encabezado"]["Emisor"] = dict(EMISOR)
    datos["Encabezado"]["IdDoc"] |= id_doc
    return datos


def test_a_document_is_built_without_a_server_and_verifies(mesa: Mesa) -> None:
    built = mesa.build(factura(), output=mesa.path("salida.xml"))
    assert built.exit_code == 0
    assert "el CAF es de prueba (IDK 666)" in built.stderr
    xml = Path(mesa.path("salida.xml")).read_bytes()
    leido = read_dte(xml)
    assert (leido.emisor, leido.tipo, leido.folio, leido.monto) == (dte_data.EMISOR_RUT, 33, 7, 37485)
    assert str(leido.fecha) == "2026-02-03"
    assert mesa.verify(xml).exit_code == 0


def test_without_an_output_file_the_document_goes_to_standard_output(mesa: Mesa) -> None:
    built = mesa.build(factura(Folio=7))
    assert built.exit_code == 0
    assert built.stdout_bytes.startswith(b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<DTE ')
    assert mesa.verify(built.stdout_bytes).exit_code == 0


def test_the_given_date_wins_over_the_documents(mesa: Mesa) -> None:
    built = mesa.build(factura(FchEmis="2026-01-20"), fecha="2026-02-01")
    assert b"<FchEmis>2026-02-01<" in built.stdout_bytes


def test_an_expired_test_caf_still_signs_on_the_documents_own_date() -> None:
    """A CAF of a factura lives six months; the test's is of January 2026."""
    venta = factura(FchEmis="2026-01-20")
    caf = parse_caf(dte_data.make_caf_xml(TipoDte.FACTURA))
    tarde = datetime(2027, 1, 1, tzinfo=UTC)
    completa, _ = complete_documento(venta, caf, folio=7, fecha=None, hoy=tarde.date(), find_uf=lambda _: None)
    dte = build_documento(completa, caf, dte_data.firmante(), folio=7, ahora=tarde)
    assert b"<TmstFirma>2026-01-20T12:00:00<" in dte.xml


def test_a_boleta_takes_what_it_does_not_say_of_its_issuer_from_the_caf(mesa: Mesa) -> None:
    datos = venta_boleta()
    datos["Encabezado"]["Emisor"] = {"GiroEmisor": "Ventas"}
    built = mesa.build(datos, caf=mesa.path("39.xml", dte_data.make_caf_xml()))
    assert b"<RznSocEmisor>COMERCIAL \xd1U\xd1OA &amp; CIA LTDA<" in built.stdout_bytes
    assert mesa.verify(built.stdout_bytes).exit_code == 0


WRONG: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "a folio outside of the CAF": (factura(), {"folio": "700"}, "56"),
    "another folio in the document": (factura(Folio=8), {}, "20"),
    "an issuer without business": (venta_factura(), {}, "01"),
    "a CAF of another type": (venta_boleta(Encabezado={"IdDoc": {"TipoDTE": 39}}), {}, "01"),
    "a date before the CAF": (factura(), {"fecha": "2026-01-01"}, "57"),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_built_is_told_by_its_code(mesa: Mesa, case: tuple[dict[str, Any], dict[str, str], str]) -> None:
    datos, cambios, numero = case
    failed = mesa.build(datos, **cambios)
    assert isinstance(failed.exception, Invalid)
    assert failed.exception.fallas[0].codigo == f"POSTA-DTE-{numero}"


def test_wrong_files_are_told_apart(mesa: Mesa) -> None:
    clave = mesa.path("otra", b"no es")
    assert "contraseña" in str(mesa.build(factura(), password_file=clave).exception)
    boleta = mesa.path("39.xml", dte_data.make_caf_xml())
    assert "POSTA-DTE-55" in str(mesa.build(factura(), caf=boleta).exception)
    ajeno = mesa.path("ajeno.xml", dte_data.make_caf_xml(TipoDte.FACTURA, emisor="76192083-9"))
    assert "POSTA-DTE-54" in str(mesa.build(factura(), caf=ajeno).exception)
    falso = mesa.path("falso.xml", dte_data.make_caf_xml(TipoDte.FACTURA, idk=300))
    assert "POSTA-DTE-52" in str(mesa.build(factura(), caf=falso).exception)
    assert "JSON" in str(mesa.build(b"{").exception)


@pytest.mark.parametrize("opcion", ["caf", "cert", "password_file"])
def test_a_missing_file_is_named(mesa: Mesa, opcion: str) -> None:
    failed = mesa.build(factura(), **{opcion: mesa.path("nada")})
    assert failed.exit_code == 2
    assert "nada»: no existe" in failed.stderr


def test_an_unwritable_output_is_named(mesa: Mesa) -> None:
    failed = mesa.build(factura(), output=str(mesa.carpeta))
    assert failed.exit_code == 2
    assert "no se puede escribir" in failed.stderr


def test_a_valid_document_is_shown_as_a_table(mesa: Mesa) -> None:
    shown = mesa.verify(FACTURA.xml)
    assert shown.exit_code == 0
    assert "✔ vale" in shown.stdout
    assert "✔ VÁLIDO" in shown.stdout
    assert "Resultado" in shown.stdout


def test_an_invalid_one_ends_with_status_1_and_names_its_fault(mesa: Mesa) -> None:
    shown = mesa.verify(FACTURA.xml.replace(b"37485", b"37486"))
    assert shown.exit_code == 1
    assert "✘ falla" in shown.stdout
    assert "✘ NO VÁLIDO" in shown.stdout


def test_an_envelope_is_shown_in_both_views_with_remarks(mesa: Mesa) -> None:
    shown = mesa.verify(SOBRE)
    assert shown.exit_code == 0
    assert "Sobre EnvioDTE" in shown.stdout
    assert "contexto" in shown.stdout
    remarked = mesa.verify(SOBRE.decode("iso-8859-1").encode("utf-8"))
    assert "Aviso: el archivo se leyó en UTF-8" in remarked.stdout


def test_programs_get_the_same_as_json(mesa: Mesa) -> None:
    shown = mesa.verify(SOBRE, "--json")
    datos = json.loads(shown.stdout)
    assert datos["valido"] is True
    assert datos["sobre"]["controles"]["caratula"]["valor"] == "ok"
    assert [documento["folio"] for documento in datos["documentos"]] == ["1", "2"]
    assert datos["documentos"][0]["en_contexto"]["firma"]["valor"] == "ok"
    (documento,) = json.loads(mesa.verify(FACTURA.xml.replace(b"37485", b"37486"), "--json").stdout)["documentos"]
    assert documento["controles"]["digest"] == {
        "valor": "falla",
        "codigo": "POSTA-DTE-61",
        "motivo": documento["controles"]["digest"]["motivo"],
    }


@pytest.mark.parametrize("xml", [b"hola", b"<html/>", b"<!DOCTYPE x><DTE/>"])
def test_what_is_no_document_ends_with_status_2(mesa: Mesa, xml: bytes) -> None:
    shown = mesa.verify(xml)
    assert shown.exit_code == 2
    assert "POSTA-DTE-4" in shown.stderr


def test_unfit_keys_end_with_status_2(mesa: Mesa) -> None:
    dte, llaves = mesa.path("dte.xml", FACTURA.xml), mesa.path("llaves.txt", b"nada")
    shown = CliRunner().invoke(app, ["dte", "verify", dte, "--llaves", llaves])
    assert shown.exit_code == 2
    assert "--llaves: no se puede leer" in shown.stderr


def test_totals_have_the_siis_names_and_exact_numbers(mesa: Mesa) -> None:
    shown = CliRunner().invoke(app, ["dte", "totals", mesa.path("doc.json", factura())])
    assert json.loads(shown.stdout) == {"MntNeto": 31500, "TasaIVA": 19, "IVA": 5985, "MntTotal": 37485}
    assert shown.stderr == ""


def test_totals_with_additional_taxes_keep_their_decimals(mesa: Mesa) -> None:
    datos = venta_factura(Detalle=[{"NmbItem": "Pisco", "PrcItem": 1000, "CodImpAdic": 24}])
    shown = CliRunner().invoke(app, ["dte", "totals", mesa.path("doc.json", datos)])
    assert '"ImptoReten": [{"TipoImp": "24", "TasaImp": 31.5, "MontoImp": 315}]' in shown.stdout


def test_totals_that_are_given_are_compared(mesa: Mesa) -> None:
    datos = factura()
    datos["Encabezado"]["Totales"] = {"MntTotal": 1}
    shown = CliRunner().invoke(app, ["dte", "totals", mesa.path("doc.json", datos)])
    assert json.loads(shown.stdout)["MntTotal"] == 37485
    assert "Encabezado.Totales.MntTotal" in shown.stderr


def large_boleta() -> dict[str, Any]:
    """Of 5,000,000 pesos to nobody: beyond 135 UF of 37,000, within 135 of 38,000."""
    datos = venta_boleta()
    datos["Encabezado"]["Emisor"] = {"GiroEmisor": "Ventas"}
    datos["Detalle"] = [{"NmbItem": "Televisor", "QtyItem": 1, "PrcItem": 5_000_000}]
    return datos


def test_a_large_boleta_is_refused_by_the_days_uf_and_warned_of_without_it(
    mesa: Mesa, monkeypatch: pytest.MonkeyPatch
) -> None:
    caf = mesa.path("39.xml", dte_data.make_caf_xml())
    sobre = mesa.build(large_boleta(), caf=caf, uf="37.000,50")
    assert isinstance(sobre.exception, Invalid)
    assert "de más de 135 UF (4995068 pesos)" in str(sobre.exception)
    bajo = mesa.build(large_boleta(), caf=caf, uf="38000")
    assert (bajo.exit_code, "POSTA-DTE-125" in bajo.stderr) == (0, False)
    sin = mesa.build(large_boleta(), caf=caf)
    assert (sin.exit_code, "POSTA-DTE-125" in sin.stderr) == (0, True)
    monkeypatch.setenv("POSTA_UF_FILE", mesa.path("uf.csv", b"2026-02-03;37.000,50\n"))
    assert isinstance(mesa.build(large_boleta(), caf=caf).exception, Invalid)


def test_totals_tell_of_a_boleta_beyond_135_uf(mesa: Mesa) -> None:
    archivo = mesa.path("doc.json", large_boleta())
    totals = CliRunner().invoke(app, ["dte", "totals", archivo, "--uf", "37000"])
    assert (totals.exit_code, "POSTA-DTE-106" in totals.stderr) == (0, True)
    mal = CliRunner().invoke(app, ["dte", "totals", archivo, "--uf", "mucho"])
    assert (mal.exit_code, "escríbalo como 39.812,45" in mal.stderr) == (2, True)


def test_a_file_that_cannot_be_written_ends_with_2_and_says_why(mesa: Mesa, tmp_path: Path) -> None:
    nowhere = mesa.build(factura(), output=str(tmp_path / "nada" / "salida.xml"))
    assert (nowhere.exit_code, "no existe la carpeta" in nowhere.stderr) == (2, True)
    folder = mesa.build(factura(), output=str(tmp_path))
    assert (folder.exit_code, "es una carpeta" in folder.stderr) == (2, True)


def test_totals_tell_of_a_line_without_an_amount(mesa: Mesa) -> None:
    archivo = mesa.path("doc.json", venta_boleta(Detalle=[{"NmbItem": "Té"}]))
    totals = CliRunner().invoke(app, ["dte", "totals", archivo])
    assert (totals.exit_code, "POSTA-DTE-31" in totals.stderr) == (0, True)
