"""One spoiled envelope for each step at which the SII refuses one, named by what was done to it."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from pathlib import Path

import pytest

from services.sandbox.authority import open_authority
from services.sandbox.checks import review
from services.sandbox.checks_dte import Juez
from services.sandbox.modelo import EstadoEnvio, Revision, Subida
from services.sandbox.puerta import check_puerta
from services.sandbox.registro import Empresa as EmpresaRegistrada
from services.sandbox.registro import Registro, Resolucion
from shared.dte.tipos import CANALES_SII, Canal, CanalSii
from shared.dte.xml import CODIFICACION
from tests.dte_data import FIRMANTE_RUT
from tests.sandbox_data import AHORA, Cambio, Empresa, Reloj, changed, replacing

OTRO_RUT = "76192083-9"


def _review(sobre: bytes, empresa: Empresa, registro: Registro | None = None, canal: Canal = Canal.BOLETA) -> Revision:
    sha256 = hashlib.sha256(sobre).hexdigest()
    subida = Subida(canal, empresa.persona, empresa.rut, "envio.xml", sobre, sha256)
    return review(subida, Juez(empresa.authority, registro or Registro(), lambda *_: None, AHORA))


def _codigos(revision: Revision) -> list[str]:
    return [f"{o.seccion}-{o.nivel}-{o.codigo}" for o in revision.objeciones]


def _status(sobre: bytes) -> int | None:
    recepcion = check_puerta(sobre)
    return None if recepcion is None else recepcion.status


@pytest.mark.parametrize("canal", list(CANALES_SII))
def test_a_good_envelope_is_processed(empresa: Empresa, canal: CanalSii) -> None:
    dtes = [empresa.boleta(f) if canal is Canal.BOLETA else empresa.factura(f) for f in (1, 2, 3)]
    revision = _review(empresa.sobre(*dtes, canal=canal), empresa, canal=canal)
    assert (revision.estado, revision.objeciones) == (EstadoEnvio.EPR, ())
    assert [(d.folio, d.sha256, d.veredicto) for d in revision.documentos] == [(d.folio, d.sha256, "DOK") for d in dtes]


def test_one_bad_document_does_not_touch_the_others(empresa: Empresa) -> None:
    malo = empresa.boleta(2).xml.replace(b"<MontoItem>1190<", b"<MontoItem>1191<")
    revision = _review(empresa.sobre(empresa.boleta(1), malo, empresa.boleta(3)), empresa)
    assert revision.estado is EstadoEnvio.EPR
    assert [d.veredicto for d in revision.documentos] == ["DOK", "RCH", "DOK"]


@pytest.mark.parametrize(
    ("cambio", "texto"),
    [
        pytest.param(replacing("<MntTotal>1190<", "<MntTotal>mucho<"), "MntTotal", id="amount that is no number"),
        pytest.param(replacing("EnvioBOLETA_v11.xsd", "Otro.xsd"), "SCH-00001", id="schema name"),
        pytest.param(replacing("<NmbItem>", "<NmbItem>" + " " * 4100), "CHR-00002", id="line too long"),
        pytest.param(replacing("<NroLinDet>", "<Sorpresa/><NroLinDet>"), "Sorpresa", id="unknown element"),
    ],
)
def test_an_envelope_that_breaks_the_schema(empresa: Empresa, cambio: Cambio, texto: str) -> None:
    revision = _review(empresa.respoil_sobre(empresa.sobre(empresa.boleta(1)), cambio), empresa)
    assert (revision.estado, revision.documentos) == (EstadoEnvio.RSC, ())
    assert texto in revision.objeciones[0].glosa
    assert _codigos(revision)[0] == "ENV-3-0"


@pytest.mark.parametrize(
    "declaracion", [b"", b'<?xml version="1.0" encoding="UTF-8"?>\n', b'<?xml version="1.0"?>\n', b"\xef\xbb\xbf"]
)
def test_an_envelope_that_does_not_begin_as_the_sii_wants(empresa: Empresa, declaracion: bytes) -> None:
    sobre = empresa.sobre(empresa.boleta(1))
    revision = _review(declaracion + sobre.split(b"\n", 1)[1], empresa)
    assert revision.estado is EstadoEnvio.RSC
    assert revision.objeciones[0].glosa.startswith("CHR-00001")


def test_an_envelope_of_the_other_channel_is_refused_by_its_schema(empresa: Empresa) -> None:
    assert _review(empresa.sobre(empresa.factura(1), canal=Canal.FACTURA), empresa).estado is EstadoEnvio.RSC
    assert _status(empresa.sobre(empresa.boleta(1))) == 7


@pytest.mark.parametrize(
    ("cambio", "codigo"),
    [
        pytest.param(replacing("<NroDTE>2<", "<NroDTE>3<"), "CRT-3-0", id="miscounted"),
        pytest.param(replacing("<TpoDTE>39<", "<TpoDTE>41<"), "CRT-3-0", id="counted as another type"),
        pytest.param(replacing("<RutEmisor>77123456-9<", f"<RutEmisor>{OTRO_RUT}<"), "CRT-3-0", id="other company"),
        pytest.param(replacing(f"<RutEnvia>{FIRMANTE_RUT}<", f"<RutEnvia>{OTRO_RUT}<"), "CRT-3-0", id="other sender"),
        pytest.param(replacing("60803000-K", OTRO_RUT), "CRT-3-0", id="not for the SII"),
        pytest.param(replacing("<FchResol>2014-08-22<", "<FchResol>2026-03-03<"), "CRT-3-19", id="resolution to come"),
        pytest.param(replacing("<FchResol>2014-08-22<", "<FchResol>2001-12-31<"), "CRT-3-19", id="too old a one"),
    ],
)
def test_an_envelope_with_a_wrong_caratula(empresa: Empresa, cambio: Cambio, codigo: str) -> None:
    sobre = empresa.sobre(empresa.boleta(1), empresa.boleta(2))
    revision = _review(empresa.respoil_sobre(sobre, cambio), empresa)
    assert revision.estado is EstadoEnvio.RCT
    assert codigo in _codigos(revision)


@pytest.mark.parametrize(
    ("registrada", "codigos"),
    [
        (EmpresaRegistrada(resolucion=Resolucion(fecha=date(2014, 8, 22), numero=0)), []),
        (EmpresaRegistrada(resolucion=Resolucion(fecha=date(2014, 8, 22), numero=80)), ["CRT-3-19"]),
        (EmpresaRegistrada(resolucion=Resolucion(fecha=date(2014, 8, 23), numero=0)), ["CRT-3-19"]),
        (EmpresaRegistrada(usuarios=(FIRMANTE_RUT,)), []),
        (EmpresaRegistrada(usuarios=(OTRO_RUT,)), ["ENV-3-6"]),
    ],
)
def test_the_register_knows_the_resolution_and_the_users_of_a_company(
    empresa: Empresa, registrada: EmpresaRegistrada, codigos: list[str]
) -> None:
    registro = Registro(empresas={empresa.rut: registrada})
    assert _codigos(_review(empresa.sobre(empresa.boleta(1)), empresa, registro)) == codigos


def test_a_closed_register_refuses_a_company_that_is_not_on_it(empresa: Empresa) -> None:
    revision = _review(empresa.sobre(empresa.boleta(1)), empresa, Registro(abierto=False))
    assert (revision.estado, _codigos(revision)) == (EstadoEnvio.RCT, ["ENV-3-6"])


def test_an_envelope_whose_documents_cannot_be_told_apart_is_refused_by_its_schema(empresa: Empresa) -> None:
    con_dos_timbres = replacing("<Detalle>", "<!-- <TED></TED> --><Detalle>")
    revision = _review(empresa.respoil_sobre(empresa.sobre(empresa.boleta(1)), con_dos_timbres), empresa)
    assert (revision.estado, revision.documentos) == (EstadoEnvio.RSC, ())


def test_an_envelope_changed_after_it_was_signed(empresa: Empresa) -> None:
    sobre = empresa.sobre(empresa.boleta(1)).replace(b"<NmbItem>T", b"<NmbItem>t")
    revision = _review(sobre, empresa)
    assert revision.estado is EstadoEnvio.RFR
    assert [d.folio for d in revision.documentos] == [1]


def test_an_envelope_signed_by_somebody_else(empresa: Empresa) -> None:
    otra = Empresa(empresa.authority, Reloj(), persona=OTRO_RUT)
    revision = _review(empresa.sobre(empresa.boleta(1), firmante=otra.firmante), empresa)
    assert (revision.estado, _codigos(revision)) == (EstadoEnvio.RFR, ["ENV-3-6"])


def test_an_envelope_signed_with_a_certificate_of_an_unknown_authority(empresa: Empresa, tmp_path: Path) -> None:
    ajena = Empresa(open_authority(tmp_path / "ajena", Reloj()), Reloj())
    revision = _review(empresa.sobre(empresa.boleta(1), firmante=ajena.firmante), empresa)
    assert revision.estado is EstadoEnvio.RFR


def test_the_door_lets_a_good_envelope_in(empresa: Empresa) -> None:
    assert _status(empresa.sobre(empresa.factura(1), canal=Canal.FACTURA)) is None


def _cut_short(sobre: str) -> str:
    return sobre[: len(sobre) // 2].rstrip(">") + "abc"


@pytest.mark.parametrize(
    ("cambio", "status"),
    [
        pytest.param(lambda _: "<corto/>", 2, id="too small"),
        pytest.param(lambda texto: texto + " " * 5_000_001 + ">", 2, id="too big"),
        pytest.param(_cut_short, 3, id="cut short"),
        pytest.param(replacing("<MntTotal>37485<", "<MntTotal>mucho<"), 7, id="schema"),
        pytest.param(replacing("</Caratula>", "</Carátula>"), 7, id="not well formed"),
        pytest.param(replacing("<PrcItem>70<", "<PrcItem>71<"), 8, id="content changed after signing"),
        pytest.param(replacing('URI="#SetDoc"', 'URI="#Otro"'), 8, id="signature over something else"),
    ],
)
def test_the_door_refuses_what_cannot_be_looked_at(empresa: Empresa, cambio: Cambio, status: int) -> None:
    sobre = empresa.sobre(empresa.factura(1), canal=Canal.FACTURA).decode(CODIFICACION)
    assert _status(cambio(sobre).encode(CODIFICACION)) == status


def test_the_door_lets_a_key_in_that_is_not_the_certificates_and_the_signature_is_refused(empresa: Empresa) -> None:
    otra = Empresa(empresa.authority, Reloj()).firmante
    suyo, ajeno = (re.findall("(?s)<X509Data>.*</X509Data>", f.key_info)[0] for f in (empresa.firmante, otra))
    cabeza, firma = empresa.sobre(empresa.factura(1), canal=Canal.FACTURA).decode(CODIFICACION).split("</SetDTE>")
    sobre = f"{cabeza}</SetDTE>{changed(firma, replacing(suyo, ajeno))}".encode(CODIFICACION)
    assert _status(sobre) is None
    assert _review(sobre, empresa, canal=Canal.FACTURA).estado is EstadoEnvio.RFR


def test_the_door_does_not_ask_whose_the_signature_is(empresa: Empresa, tmp_path: Path) -> None:
    ajena = Empresa(open_authority(tmp_path / "ajena", Reloj()), Reloj())
    sobre = empresa.sobre(empresa.factura(1), canal=Canal.FACTURA, firmante=ajena.firmante)
    assert _status(sobre) is None
    assert _review(sobre, empresa, canal=Canal.FACTURA).estado is EstadoEnvio.RFR
