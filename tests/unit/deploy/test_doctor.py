"""What `posta doctor` finds, on machines that lack one thing each."""

from __future__ import annotations

import importlib.util
import io
import json
import shutil
import socket
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
from rich.console import Console

from deploy.local import doctor, rabbit
from deploy.local.doctor import Hallazgo, examine, run_doctor
from deploy.local.lock import FolderLock
from deploy.local.ports import LOOPBACK


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTA_CARPETA", str(tmp_path / "datos"))


def found(que: str) -> Hallazgo:
    return next(hallazgo for hallazgo in examine() if hallazgo.que == que)


def write_script(archivo: Path, text: str) -> Path:
    archivo.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    archivo.chmod(0o755)
    return archivo


def test_on_a_machine_with_everything_all_is_well() -> None:
    output = io.StringIO()
    assert run_doctor(console=Console(file=output, width=200)) == 0
    assert "✘" not in output.getvalue()
    assert "Todo en orden" in output.getvalue()


def test_a_machine_gets_json_and_a_person_a_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POSTA_MONGOD", str(tmp_path))
    as_json, as_table = io.StringIO(), io.StringIO()

    assert run_doctor(en_json=True, console=Console(file=as_json, width=60)) == 1
    assert run_doctor(console=Console(file=as_table, width=200)) == 1

    report = json.loads(as_json.getvalue())
    assert not report["bien"]
    assert [h["remedio"] for h in report["hallazgos"] if not h["bien"]] == ["corrija POSTA_MONGOD, o quítela"]
    assert "corrija POSTA_MONGOD" in as_table.getvalue()


def test_without_rabbitmq_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("POSTA_RABBITMQ_SBIN", raising=False)
    monkeypatch.setattr(rabbit, "_INSTALLED", tmp_path)
    finding = found("RabbitMQ")
    assert not finding.bien
    assert "apt-get install rabbitmq-server" in finding.remedio
    assert "POSTA_RABBITMQ_SBIN" in finding.remedio


def test_a_rabbitmq_of_ones_own_is_found_where_the_setting_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_script(tmp_path / "rabbitmq-server", "")
    monkeypatch.setenv("POSTA_RABBITMQ_SBIN", str(tmp_path))
    assert found("RabbitMQ") == Hallazgo("RabbitMQ", True, str(tmp_path))


def test_without_mongod_it_says_where_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSTA_MONGOD", raising=False)
    monkeypatch.setattr(shutil, "which", _all_but("mongod", shutil.which))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    finding = found("MongoDB")
    assert (finding.bien, finding.detalle) == (False, "no hay mongod")
    assert "POSTA_MONGOD" in finding.remedio


def test_a_mongod_that_lacks_a_library_is_not_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = write_script(tmp_path / "mongod", "echo 'libcurl.so.4: cannot open shared object file' >&2; exit 127")
    monkeypatch.setenv("POSTA_MONGOD", str(broken))
    finding = found("MongoDB")
    assert not finding.bien
    assert "libcurl.so.4" in finding.detalle
    assert "apt-get install libcurl4" in finding.remedio


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTA_MAX_WORKERS", "muchos")
    finding = found("configuración")
    assert not finding.bien
    assert finding.detalle.startswith("POSTA_MAX_WORKERS: ")


def test_a_fixed_port_that_is_taken_is_named_by_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("POSTA_MONITOR_PORT", str(port))
        finding = found("POSTA_MONITOR_PORT")
        assert (finding.bien, finding.detalle) == (False, f"el puerto {port} está ocupado")
    assert found("POSTA_MONITOR_PORT").bien


async def test_the_ports_of_a_running_stack_are_no_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lock = FolderLock(tmp_path / "datos" / "up")
    await lock.acquire(patience=0)
    with socket.create_server((LOOPBACK, 0)) as server:
        monkeypatch.setenv("POSTA_MONITOR_PORT", str(server.getsockname()[1]))
        assert found("puertos").bien
    lock.release()


def test_a_folder_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "archivo").touch()
    monkeypatch.setenv("POSTA_CARPETA", str(tmp_path / "archivo"))  # root may write to any folder, but not into a file
    finding = found("carpeta de datos")
    assert not finding.bien
    assert str(tmp_path / "archivo") in finding.detalle
    assert "POSTA_CARPETA" in finding.remedio


def test_an_almost_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_DISK_BYTES", shutil.disk_usage("/").total * 2)
    assert not found("disco").bien


def test_missing_schemas_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_spec(name: str) -> ModuleSpec | None:
        return None if name == "facturacion_electronica" else original(name)

    original = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    assert not found("esquemas del SII").bien


def test_libraries_that_refuse_each_other_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    message = "xmlsec.InternalError: (-1, 'lxml & xmlsec libxml2 library version mismatch')"
    monkeypatch.setattr(sys, "executable", str(write_script(tmp_path / "python", f'echo "{message}" >&2; exit 1')))
    finding = found("lxml y xmlsec")
    assert (finding.bien, finding.detalle) == (False, message)


def test_an_old_python_and_a_wrong_clock_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_PYTHON", (9, 9))
    monkeypatch.setattr(doctor, "_FIRST_YEAR", 9999)
    assert not found("Python").bien
    assert not found("reloj").bien


def _all_but(hidden: str, which: Callable[[str], str | None]) -> Callable[[str], str | None]:
    return lambda name: None if name == hidden else which(name)
