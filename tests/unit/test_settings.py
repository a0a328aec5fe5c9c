from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.dte.tipos import Ambiente
from shared.errors import Misconfigured
from shared.settings import Settings, load_settings, read_secret, require_file


def test_without_any_variable_there_are_settings() -> None:
    settings = load_settings()
    assert settings.ambiente is Ambiente.CERTIFICACION  # producción is never a default
    assert settings.model_fields_set == set()


def test_variables_overrule_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTA_MAX_INTENTOS", "7")
    monkeypatch.setenv("POSTA_SOBRE_ESPERA", "PT0.5S")
    monkeypatch.setenv("POSTA_SII_TIMEOUT", "90")
    monkeypatch.setenv("POSTA_ALGO_DE_OTRO", "x")
    settings = load_settings()
    assert settings.max_intentos == 7
    assert settings.sobre_espera == timedelta(milliseconds=500)
    assert settings.sii_timeout == timedelta(seconds=90)
    assert settings.model_fields_set == {"max_intentos", "sobre_espera", "sii_timeout"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("POSTA_TERMINAL_POR_SEGUNDO", "0"),
        ("POSTA_TERMINAL_POR_SEGUNDO", "muchas"),
        ("POSTA_PREFETCH", "uno"),
        ("POSTA_EMITTER_PORT", "70000"),
        ("POSTA_AMBIENTE", "prueba"),
        ("POSTA_LOG_LEVEL", "verbose"),
        ("POSTA_MAX_WORKERS", "0"),
        ("POSTA_CONSULTA_ESPERA", "pronto"),
        ("POSTA_LATIDO", "-1"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Misconfigured, match=f"^{variable}: debe ser "):
        load_settings()


def test_every_wrong_value_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTA_MAX_WORKERS", "0")
    monkeypatch.setenv("POSTA_PREFETCH", "mucho")
    with pytest.raises(Misconfigured, match=r"POSTA_MAX_WORKERS: .*; POSTA_PREFETCH: "):
        load_settings()


def test_settings_do_not_change_while_a_process_runs() -> None:
    with pytest.raises(ValidationError):
        Settings().max_workers = 9  # type: ignore[misc]


def test_a_secret_is_read_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "clave").write_text("¿ábrete?\n", encoding="utf-8")
    assert read_secret(tmp_path / "clave", "rabbit_password_file") == "¿ábrete?"


def test_a_missing_secret_is_told_by_its_setting(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="falta POSTA_MONGO_PASSWORD_FILE"):
        read_secret(None, "mongo_password_file")
    with pytest.raises(Misconfigured, match=r"POSTA_MONGO_PASSWORD_FILE: no se puede leer .*: no existe"):
        read_secret(tmp_path / "nada", "mongo_password_file")
    (tmp_path / "p12").write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured, match=r"^--llave-file: .* no es un archivo de texto"):
        read_secret(tmp_path / "p12", "--llave-file")


def test_a_required_file_is_told_by_its_setting(tmp_path: Path) -> None:
    assert require_file(tmp_path, "llave_maestra_file") == tmp_path
    with pytest.raises(Misconfigured, match="falta POSTA_LLAVE_MAESTRA_FILE"):
        require_file(None, "llave_maestra_file")


def test_no_setting_holds_a_secret_itself() -> None:
    telling = ("password", "clave", "secret", "token", "llave")
    named = {name for name in Settings.model_fields if any(word in name for word in telling)}
    assert all(name.endswith("_file") for name in named)
