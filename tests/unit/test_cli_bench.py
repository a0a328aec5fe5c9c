"""`posta bench firma`: what it measures, and what it says where a peer cannot be had."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.cli import app, bench_firma
from services.cli.bench_firma import Cifras, Trabajo, rate
from shared.dte.caf import LLAVES_SII
from shared.dte.verificador import verify_archivo
from tests import dte_data

NINGUNO = Cifras(900.0, 400.0, 3000.0, None, None, None)


def test_the_ratios_are_those_of_the_rates() -> None:
    datos = Cifras(900.0, 400.0, 3000.0, 100.0, 8.0, 300.0).to_json()
    assert (datos["dps"], datos["dps_timbre"]) == (900, 400)
    assert (datos["razon_openssl"], datos["razon_par"], datos["razon_par_timbre"]) == (0.3, 9, 50)


def test_without_a_peer_its_ratios_are_null() -> None:
    assert (NINGUNO.to_json()["razon_par"], NINGUNO.to_json()["razon_par_timbre"]) == (None, None)


def test_a_rate_counts_processor_time() -> None:
    assert rate(lambda folio: sum(range(folio % 10)), segundos=0.01) > 1000


def test_what_is_measured_is_a_whole_valid_document() -> None:
    caf = dte_data.make_caf(emisor="76192083-9")
    xml = Trabajo(caf, dte_data.firmante()).sign(7).xml
    assert verify_archivo(xml, {**LLAVES_SII, **dte_data.llaves_autoridad()}).valido
    assert xml.count(b"<Detalle>") == 5


def test_a_peer_that_cannot_be_installed_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(1, "pip", stderr="ERROR: no network\n")

    monkeypatch.setattr(bench_firma, "SEGUNDOS", 0.01)
    monkeypatch.setattr(subprocess, "run", fail)
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(app, ["bench", "firma", "--json"])
    datos = json.loads(shown.stdout)
    assert datos["dps"] > 0
    assert (datos["razon_openssl"], datos["razon_par"], datos["razon_par_timbre"]) == (None, None, None)
    assert "facturacion_electronica no se pudo medir: ERROR: no network" in shown.stderr


def test_people_get_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_firma, "measure", lambda _: NINGUNO)
    shown = CliRunner().invoke(app, ["bench", "firma"])
    assert "Boletas por segundo" in shown.stdout
    assert "sin medir" in shown.stdout
