"""The two errands at the sandbox's counter: files of the right form, with the right permissions, or a clear refusal."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from services.sandbox.authority import open_authority
from services.sandbox.main import llaves_file, sandbox_folder, write_caf, write_cert
from services.sandbox.store import Store
from services.sandbox.tramites import issue_caf
from shared.adapters.keystore import open_certificado
from shared.clock import chile, now
from shared.dte.caf import parse_caf, verify_caf
from shared.errors import Conflict, Invalid
from tests.dte_data import EMISOR_RUT, FIRMANTE_RUT


def _caf(carpeta: Path, **cambios: Any) -> bytes:
    pedido: dict[str, Any] = {"rut": EMISOR_RUT, "tipo": 39, "desde": 1, "hasta": 50} | cambios
    write_caf(carpeta, pedido.pop("rut"), pedido.pop("tipo"), salida=carpeta / "caf.xml", **pedido)
    return (carpeta / "caf.xml").read_bytes()


def test_a_certificate_opens_with_its_password(tmp_path: Path) -> None:
    write_cert(tmp_path, "12.345.678-5", "clave", tmp_path / "ana.p12", titular="Ana Núñez")
    firmante = open_certificado((tmp_path / "ana.p12").read_bytes(), "clave", ahora=now())
    assert (firmante.rut, firmante.titular) == (FIRMANTE_RUT, "Ana Núñez")
    assert (tmp_path / "ana.p12").stat().st_mode & 0o777 == 0o600


def test_a_caf_is_of_today_and_signed_by_the_key_in_the_file_of_keys(tmp_path: Path) -> None:
    abierto = parse_caf(_caf(tmp_path, razon_social="ÑANDÚ & CIA"))
    assert (abierto.caf.emisor, abierto.caf.tipo, abierto.caf.desde, abierto.caf.hasta) == (EMISOR_RUT, 39, 1, 50)
    assert abierto.caf.fecha == chile(now()).date()
    assert abierto.caf.razon_social == "ÑANDÚ & CIA"
    assert llaves_file(tmp_path).is_file()
    verify_caf(abierto.caf, open_authority(sandbox_folder(tmp_path) / "autoridad", now).llaves)


def test_the_same_range_again_is_the_same_file(tmp_path: Path) -> None:
    assert _caf(tmp_path) == _caf(tmp_path)
    assert _caf(tmp_path, rut="77.123.456-9") == _caf(tmp_path)


def test_a_folio_is_never_authorised_twice(tmp_path: Path) -> None:
    _caf(tmp_path)
    with pytest.raises(Invalid, match="pida desde el 51"):
        _caf(tmp_path, desde=50, hasta=60)
    assert parse_caf(_caf(tmp_path, desde=51, hasta=60)).caf.desde == 51
    assert parse_caf(_caf(tmp_path, tipo=33)).caf.tipo == 33


@pytest.mark.parametrize(("cambio", "ruta"), [({"rut": "1-1"}, "rut"), ({"tipo": 7}, "tipo"), ({"hasta": 0}, "desde")])
def test_a_wrong_request_is_refused(tmp_path: Path, cambio: dict[str, Any], ruta: str) -> None:
    with pytest.raises(Invalid) as error:
        _caf(tmp_path, **cambio)
    assert error.value.fallas[0].ruta == ruta


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no/existe"):
        write_cert(tmp_path, FIRMANTE_RUT, "clave", tmp_path / "no" / "existe.p12")


def test_two_counters_at_one_moment_do_not_authorise_a_folio_twice(tmp_path: Path) -> None:
    autoridad = open_authority(tmp_path / "autoridad", now)
    uno, otro = Store(tmp_path / "sii.sqlite3"), Store(tmp_path / "sii.sqlite3")
    pedido: dict[str, Any] = {"desde": 1, "hasta": 10, "fecha": date(2026, 1, 5)}
    issue_caf(autoridad, uno, EMISOR_RUT, "X", 39, **pedido)
    with pytest.raises(Conflict):
        otro.add_caf(EMISOR_RUT, 39, 5, 15, b"")
    uno.close()
    otro.close()
