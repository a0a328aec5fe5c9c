"""One spoiled document for each thing that the SII looks at, named by what was done to it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.sandbox.authority import Authority, open_authority
from services.sandbox.checks_dte import Juez, find_objeciones, identify
from services.sandbox.registro import Empresa as EmpresaRegistrada
from services.sandbox.registro import FolioAnulado, Registro
from shared.dte.caf import CafAbierto
from shared.dte.documento import DteFirmado, read_dte
from shared.dte.ted import DatosTed, sign_ted, verify_ted
from shared.dte.tipos import NOTAS, TipoDte
from shared.dte.xml import CODIFICACION, DECLARACION
from tests.dte_data import FIRMANTE_RUT, venta_boleta, venta_factura
from tests.sandbox_data import AHORA, Cambio, Empresa, Reloj, replacing, without
from tests.ventas import venta_de


def _objeciones(dte: DteFirmado | bytes, empresa: Empresa, registro: Registro | None = None) -> list[str]:
    xml = dte if isinstance(dte, bytes) else dte.xml
    juez = Juez(empresa.authority, registro or Registro(), lambda *_: None, AHORA)
    fragmento = xml.removeprefix(DECLARACION.encode())
    halladas = find_objeciones(fragmento, read_dte(fragmento), empresa.rut, juez)
    return [f"{o.seccion}-{o.nivel}-{o.codigo}" for o in halladas]


def _restamp(dte: DteFirmado, empresa: Empresa, caf: CafAbierto | None = None, **cambios: Any) -> bytes:
    """The document with another stamp, itself well signed by the CAF, and everything signed again."""
    datos, _ = verify_ted(dte.ted)
    campos = {campo: getattr(datos, campo) for campo in DatosTed.__slots__} | cambios
    ted = sign_ted(DatosTed(**campos), caf or empresa.caf(dte.tipo))
    return empresa.respoil(dte, lambda texto: re.sub("<TED.*</TED>", lambda _: ted, texto, flags=re.DOTALL))


@pytest.mark.parametrize("tipo", [tipo for tipo in TipoDte if tipo not in NOTAS])  # for those see test_checks_ref
def test_a_good_document_has_no_objections(empresa: Empresa, tipo: TipoDte) -> None:
    assert _objeciones(empresa.sign(1, venta_de(tipo)), empresa) == []


def test_a_document_is_known_by_what_it_says_and_by_the_hash_of_its_file(empresa: Empresa) -> None:
    dte = empresa.factura(7)
    fragmento = dte.xml.removeprefix(DECLARACION.encode())
    documento = identify(fragmento, read_dte(fragmento))
    assert (documento.emisor, documento.tipo, documento.folio) == (dte.emisor, 33, 7)
    assert (documento.receptor, documento.fecha, documento.monto) == (dte.receptor, dte.fecha, dte.monto)
    assert documento.sha256 == dte.sha256


@pytest.mark.parametrize(
    ("cambio", "codigo"),
    [
        pytest.param(replacing("<PrcItem>70<", "<PrcItem>71<"), "DTE-3-505", id="content changed after signing"),
        pytest.param(replacing("<SignatureValue>", "<SignatureValue>AAAA"), "DTE-3-505", id="signature value"),
        pytest.param(replacing(' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', ""), "DTE-3-505", id="no xsi"),
    ],
)
def test_a_document_changed_after_it_was_signed(empresa: Empresa, cambio: Cambio, codigo: str) -> None:
    dte = empresa.factura(2).xml.decode(CODIFICACION)
    assert _objeciones(cambio(dte).encode(CODIFICACION), empresa) == [codigo]


@pytest.mark.parametrize(
    ("cambio", "codigos"),
    [
        pytest.param(without("GiroRecep"), ["HED-1-844"], id="no giro"),
        pytest.param(without("DirRecep"), ["HED-1-845"], id="no address"),
        pytest.param(without("CmnaRecep"), ["HED-1-846"], id="no commune"),
        pytest.param(without("Acteco"), ["HED-3-861"], id="no activity"),
        pytest.param(replacing("<IVA>5985<", "<IVA>5986<"), ["HED-2-260"], id="totals off by one"),
        pytest.param(
            replacing("<MntTotal>", "<ImptoReten><TipoImp>24</TipoImp><MontoImp>1</MontoImp></ImptoReten><MntTotal>"),
            [],
            id="other taxes are not recalculated",
        ),
        pytest.param(replacing("76987654-5", "76987654-4"), ["DTE-3-0"], id="receptor with a wrong check digit"),
        pytest.param(replacing("<DD><RE>", "<DD><RE> "), ["TED-2-510"], id="stamp changed"),
        pytest.param(replacing("<H>1000</H>", "<H>2000</H>"), ["CAF-3-516"], id="range of the CAF changed"),
        pytest.param(
            lambda texto: replacing("<DD><RE>", "<DD><RE> ")(without("DirRecep")(texto)),
            ["TED-2-510", "HED-1-845"],
            id="objections that do not reject add up",
        ),
    ],
)
def test_a_document_that_says_something_wrong(empresa: Empresa, cambio: Cambio, codigos: list[str]) -> None:
    assert _objeciones(empresa.respoil(empresa.factura(3), cambio), empresa) == codigos


@pytest.mark.parametrize(
    ("cambios", "codigos"),
    [
        ({"monto": 1}, ["TED-3-640"]),
        ({"folio": 5}, ["TED-3-0"]),
        ({"receptor": "66666666-6"}, ["TED-3-0"]),
        ({"fecha": date(2026, 3, 1)}, ["TED-3-0"]),
        ({"nombre": "Otro"}, ["TED-3-0"]),
        ({"item": "Otra cosa"}, ["TED-3-0"]),
        ({"momento": "2026-01-04T10:00:00"}, ["TED-1-646"]),
        ({"momento": "2026-03-02T13:00:01"}, ["TED-1-647"]),
        ({"momento": "2026-03-02T12:59:00"}, []),
    ],
)
def test_a_stamp_that_says_something_else(empresa: Empresa, cambios: dict[str, Any], codigos: list[str]) -> None:
    assert _objeciones(_restamp(empresa.factura(4), empresa, **cambios), empresa) == codigos


@pytest.mark.parametrize(
    "nombre",
    [
        'Ferretería "El Clavo" de la señora O\'Higgins e hijos',
        "X" * 100,
        "Sociedad con cuarenta letras y un espacio más",
    ],
)
def test_a_long_or_quoted_name_in_the_document_is_the_same_in_the_stamp(empresa: Empresa, nombre: str) -> None:
    venta = venta_factura()
    venta["Encabezado"]["Receptor"]["RznSocRecep"] = nombre
    venta["Detalle"][0]["NmbItem"] = nombre[:80]
    assert _objeciones(empresa.sign(5, venta), empresa) == []


def test_a_stamp_by_a_caf_that_the_authority_did_not_sign(empresa: Empresa, tmp_path: Path) -> None:
    falsa = open_authority(tmp_path / "falsa", Reloj())
    caf = Empresa(falsa, Reloj()).caf(TipoDte.FACTURA)
    assert _objeciones(empresa.factura(6, caf=caf), empresa) == ["CAF-3-516"]


@pytest.mark.parametrize(
    "pedido", [{"tipo": TipoDte.BOLETA}, {"desde": 50, "hasta": 60}, {"rut": "76192083-9"}], ids=lambda p: next(iter(p))
)
def test_a_stamp_by_a_caf_of_something_else(empresa: Empresa, pedido: dict[str, Any]) -> None:
    otra = Empresa(empresa.authority, Reloj(), rut=pedido.pop("rut", empresa.rut))
    caf = otra.make_caf(pedido.pop("tipo", TipoDte.FACTURA), **pedido)
    assert _objeciones(_restamp(empresa.factura(6), empresa, caf), empresa) == ["CAF-3-516"]


def test_a_caf_younger_than_the_document(empresa: Empresa) -> None:
    caf = empresa.make_caf(TipoDte.FACTURA, fecha=date(2026, 3, 3))
    assert _objeciones(_restamp(empresa.factura(6), empresa, caf), empresa) == ["HED-3-305"]


def test_an_expired_caf_counts_for_invoices_and_not_for_boletas(empresa: Empresa) -> None:
    vieja = date(2025, 8, 1)
    factura = _restamp(empresa.factura(6), empresa, empresa.make_caf(TipoDte.FACTURA, fecha=vieja))
    boleta = _restamp(empresa.boleta(6), empresa, empresa.make_caf(TipoDte.BOLETA, fecha=vieja))
    assert (_objeciones(factura, empresa), _objeciones(boleta, empresa)) == (["CAF-3-517"], [])


def test_a_certificate_of_an_unknown_authority(empresa: Empresa, tmp_path: Path) -> None:
    ajena = Empresa(open_authority(tmp_path / "ajena", Reloj()), Reloj())
    assert _objeciones(empresa.factura(7, firmante=ajena.firmante), empresa) == ["DTE-3-700"]


def test_an_expired_certificate(empresa: Empresa, authority: Authority) -> None:
    vencida = Authority(authority.carpeta, lambda: AHORA + timedelta(days=4000), *_keys(authority))
    despues = Juez(vencida, Registro(), lambda *_: None, AHORA)
    fragmento = empresa.factura(7).xml.removeprefix(DECLARACION.encode())
    (objecion,) = find_objeciones(fragmento, read_dte(fragmento), empresa.rut, despues)
    assert str(objecion) == "(DTE-3-700) Certificado Invalido"


def _keys(authority: Authority) -> tuple[Any, ...]:
    return authority._ca_llave, authority._ca, authority._caf_llave


def test_a_signer_who_may_not_sign_for_the_company(empresa: Empresa) -> None:
    registro = Registro(empresas={empresa.rut: EmpresaRegistrada(usuarios=("76192083-9",))})
    assert _objeciones(empresa.factura(8), empresa, registro) == ["ENV-3-6"]
    registro = Registro(empresas={empresa.rut: EmpresaRegistrada(usuarios=(FIRMANTE_RUT,))})
    assert _objeciones(empresa.factura(8), empresa, registro) == []


def test_a_document_of_another_company(empresa: Empresa) -> None:
    otra = Empresa(empresa.authority, Reloj(), rut="76192083-9")
    assert _objeciones(otra.factura(8), empresa) == ["DTE-3-0"]


def test_an_annulled_folio(empresa: Empresa) -> None:
    registro = Registro(anulados=(FolioAnulado(emisor=empresa.rut, tipo=33, folio=9),))
    assert _objeciones(empresa.factura(9), empresa, registro) == ["DTE-3-601"]
    assert _objeciones(empresa.factura(10), empresa, registro) == []


def test_a_document_that_comes_after_three_days(empresa: Empresa) -> None:
    assert _objeciones(empresa.boleta(10, fecha=date(2026, 2, 27)), empresa) == []
    assert _objeciones(empresa.boleta(10, fecha=date(2026, 2, 26)), empresa) == ["DTE-1-650"]


def test_the_first_rejection_hides_the_later_ones(empresa: Empresa) -> None:
    caf = empresa.make_caf(TipoDte.FACTURA, fecha=date(2025, 8, 1))
    con_todo = _restamp(empresa.factura(11), empresa, caf, monto=1)
    assert _objeciones(con_todo.replace(b"<PrcItem>70<", b"<PrcItem>71<"), empresa) == ["CAF-3-517"]


def test_a_boleta_without_lines_or_name_still_has_a_stamp(empresa: Empresa) -> None:
    sin_lineas = empresa.respoil(
        empresa.sign(12, venta_boleta()), lambda t: re.sub("<Detalle>.*</Detalle>\n", "", t, flags=re.DOTALL)
    )
    assert _objeciones(sin_lineas, empresa) == []
